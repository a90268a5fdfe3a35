use std::sync::atomic::Ordering;

use serde_json::{Value as Json, json};

use super::*;
use crate::http::door::Asker;
use crate::http::operation::{Asked, refusal};
use crate::http::test_door::{TestDoor, Viewer};
use async_graphql::Value;
use tokio::sync::Notify;

const QUERY: &str = "subscription { changes { version text scope } }";

struct Follower(BoxStream<'static, Outcome>);

impl Follower {
    async fn text(&mut self) -> Arc<str> {
        match self.0.next().await {
            Some(Outcome::Next(text)) => text,
            other => panic!("{other:?}"),
        }
    }

    async fn change(&mut self) -> Json {
        let payload: Json = serde_json::from_str(&self.text().await).expect("JSON");
        payload["data"]["changes"].clone()
    }
}

async fn follower(
    door: &TestDoor,
    sharing: &Sharing,
    token: &str,
    query: &str,
    variables: Json,
) -> Follower {
    let asked = Asked::from_json(json!({ "query": query, "variables": variables }));
    let operation = asked
        .expect("a request")
        .into_operation()
        .expect("an operation");
    let viewer: Viewer = door.viewer(token).await.expect("a viewer");
    let asking = Asking {
        door: door.clone(),
        operation,
        viewer,
        asker: Asker::default(),
    };
    Follower(subscribe(asking, sharing.clone()))
}

#[tokio::test]
async fn whoever_asks_the_same_gets_the_same_bytes_of_one_execution() {
    let door = TestDoor::new();
    let sharing = Sharing::default();
    let mut followers = Vec::new();
    for token in ["staff", "other-staff"].iter().cycle().take(50) {
        followers.push(follower(&door, &sharing, token, QUERY, json!({})).await);
    }
    for version in 2..=4 {
        door.world.version.send_replace(version);
        let texts = futures_util::future::join_all(followers.iter_mut().map(Follower::text)).await;
        assert!(texts.iter().all(|text| Arc::ptr_eq(text, &texts[0])));
        assert!(texts[0].contains(&format!("\"version\":{version}")));
    }
    assert_eq!(door.world.executions.load(Ordering::SeqCst), 3);
    assert_eq!(sharing.groups(), 1);
}

#[tokio::test]
async fn who_may_see_other_things_is_executed_for_separately() {
    let door = TestDoor::new();
    let sharing = Sharing::default();
    let mut staff = follower(&door, &sharing, "staff", QUERY, json!({})).await;
    let mut admin = follower(&door, &sharing, "admin", QUERY, json!({})).await;
    assert_eq!(staff.change().await["scope"], "staff");
    assert_eq!(admin.change().await["scope"], "admin");
    assert_eq!(door.world.executions.load(Ordering::SeqCst), 2);
    assert_eq!(sharing.groups(), 2);
}

#[tokio::test]
async fn another_question_is_executed_separately_and_another_start_is_not() {
    let door = TestDoor::new();
    let sharing = Sharing::default();
    let query = "subscription ($after: Int, $times: Int!) {
        changes(after: $after) { version text(times: $times) } }";
    door.world.version.send_replace(9);
    let mut texts = Vec::new();
    for variables in [
        json!({ "after": 3, "times": 1 }),
        json!({ "after": 5, "times": 1 }),
        json!({ "times": 1 }),
        json!({ "after": 3, "times": 2 }),
    ] {
        let mut follower = follower(&door, &sharing, "staff", query, variables).await;
        texts.push((
            follower.change().await["text"].as_str().map(str::len),
            follower,
        ));
    }
    let lengths: Vec<_> = texts.iter().map(|(length, _)| *length).collect();
    assert_eq!(lengths, [Some(4), Some(4), Some(4), Some(8)]);
    assert_eq!(door.world.executions.load(Ordering::SeqCst), 2);
    assert_eq!(sharing.groups(), 2);
}

#[tokio::test]
async fn no_answer_is_kept_for_long_however_long_somebody_follows() {
    let door = TestDoor::new();
    let sharing = Sharing::default();
    let mut one = follower(&door, &sharing, "staff", QUERY, json!({})).await;
    one.change().await;
    let group = lock(&sharing.groups)
        .values()
        .find_map(Weak::upgrade)
        .expect("a group");
    assert_eq!(lock(&group.answers).len(), 1);
    let is_forgotten = async {
        while !lock(&group.answers).is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let patience = KEPT_FOR + Duration::from_secs(10);
    assert!(tokio::time::timeout(patience, is_forgotten).await.is_ok());
    let mut other = follower(&door, &sharing, "staff", QUERY, json!({})).await;
    other.change().await;
    assert_eq!(door.world.executions.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_group_goes_with_its_last_follower() {
    let door = TestDoor::new();
    let sharing = Sharing::default();
    let mut one = follower(&door, &sharing, "staff", QUERY, json!({})).await;
    let mut other = follower(&door, &sharing, "staff", QUERY, json!({})).await;
    one.change().await;
    other.change().await;
    drop(one);
    assert_eq!(sharing.groups(), 1);
    drop(other);
    assert_eq!(sharing.groups(), 0);
}

fn group() -> Arc<Group> {
    Arc::new(Group {
        sharing: Sharing::default(),
        question: Question {
            document: String::new(),
            operation_name: None,
            variables: String::new(),
            scope: String::new(),
        },
        answers: Mutex::default(),
    })
}

#[tokio::test]
async fn a_group_keeps_few_answers_and_none_with_errors() {
    let group = group();
    let key = |version| ItemKey {
        version,
        kind: "change",
    };
    let good = || async { Response::new(Value::from(1)) };
    let bad = || async { *refusal("X", "x".into()) };
    assert!(matches!(group.answer(key(1), bad).await, Outcome::Error(_)));
    assert!(matches!(group.answer(key(1), good).await, Outcome::Next(_)));
    assert!(
        matches!(group.answer(key(1), bad).await, Outcome::Next(_)),
        "kept"
    );
    for version in 2..200 {
        group.answer(key(version), good).await;
    }
    assert!(lock(&group.answers).len() <= KEPT_ANSWERS);
    let large = || async { Response::new(Value::from("x".repeat(KEPT_BYTES / 2))) };
    for version in 200..210 {
        group.answer(key(version), large).await;
    }
    let bytes: usize = lock(&group.answers)
        .iter()
        .filter_map(|(_, cell)| cell.get())
        .map(|text| text.len())
        .sum();
    assert!(bytes <= 2 * KEPT_BYTES, "{bytes}");
}

#[tokio::test]
async fn when_the_first_to_ask_goes_away_another_executes() {
    let group = group();
    let key = ItemKey {
        version: 1,
        kind: "change",
    };
    let first = {
        let group = Arc::clone(&group);
        tokio::spawn(async move { group.answer(key, std::future::pending::<Response>).await })
    };
    tokio::task::yield_now().await;
    let second = {
        let group = Arc::clone(&group);
        tokio::spawn(async move {
            group
                .answer(key, || async { Response::new(Value::from(1)) })
                .await
        })
    };
    tokio::task::yield_now().await;
    first.abort();
    assert!(matches!(second.await, Ok(Outcome::Next(_))));
}

#[tokio::test]
async fn who_is_first_and_reads_no_further_keeps_nobody_waiting() {
    let group = group();
    let key = ItemKey {
        version: 1,
        kind: "change",
    };
    let (begun, gate) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let execute = {
        let (begun, gate) = (Arc::clone(&begun), Arc::clone(&gate));
        async move || {
            begun.notify_one();
            gate.notified().await;
            Response::new(Value::from(1))
        }
    };
    let mut first = Box::pin(group.answer(key, execute));
    // Asked once, and kept without being asked again: its outbox has no room.
    assert!(futures_util::poll!(&mut first).is_pending());
    begun.notified().await;
    let twice = async || panic!("executed twice");
    let mut second = Box::pin(group.answer(key, twice));
    assert!(futures_util::poll!(&mut second).is_pending());
    gate.notify_one();
    assert!(matches!(second.await, Outcome::Next(_)));
    assert!(matches!(first.await, Outcome::Next(_)));
}
