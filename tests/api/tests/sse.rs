//! GraphQL over server-sent events, for tools that cannot hold a socket.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "what a test expects and does not find is the test's failure, in its helpers too"
)]

use std::time::Duration;

use reqwest::{Client, Response};
use serde_json::{Value, json};
use standby_tests::{Asker, Caller, PATIENCE, Role, Server, Staff};
use tokio::time::timeout;

const FOLLOW: &str = "subscription ($clinic: ID!, $after: Int) { \
    waitingAreaChanged(clinicId: $clinic, afterVersion: $after) { __typename \
    ...on WaitingAreaSnapshot { version callers { id status } } \
    ...on CallerArrived { version caller { id status } } \
    ...on CallerChanged { version caller { id status } } \
    ...on CallerEnded { version caller { id status } } } }";

/// A stream of events.
struct Stream {
    answer: Response,
    text: String,
}

impl Stream {
    async fn open(asker: &Asker, query: &str, variables: Value) -> Self {
        let request = Client::new().post(format!("{}/graphql/stream", asker.origin()));
        let request = request
            .header("accept", "text/event-stream")
            .bearer_auth(asker.token().expect("a token"))
            .json(&json!({ "query": query, "variables": variables }));
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
        assert_eq!(
            answer.headers()["content-type"],
            "text/event-stream; charset=utf-8"
        );
        Self {
            answer,
            text: String::new(),
        }
    }

    async fn follow(staff: &Staff, after: Option<&Value>) -> Self {
        let variables = json!({ "clinic": staff.clinic, "after": after });
        Self::open(&staff.asker, FOLLOW, variables).await
    }

    /// The next event and its data; none when the stream has ended. Comments are passed over.
    async fn next(&mut self) -> Option<(String, String)> {
        loop {
            while let Some((block, rest)) = self.text.split_once("\n\n") {
                let event = block
                    .strip_prefix("event: ")
                    .map(|event| event.split_once("\ndata:").expect("data"))
                    .map(|(event, data)| (event.to_owned(), data.trim_start().to_owned()));
                assert!(event.is_some() || block == ":", "{block}");
                let rest = String::from(rest);
                self.text = rest;
                if event.is_some() {
                    return event;
                }
            }
            let chunk = timeout(PATIENCE, self.answer.chunk())
                .await
                .expect("in time");
            let chunk = chunk.ok().flatten()?;
            self.text
                .push_str(std::str::from_utf8(&chunk).expect("UTF-8"));
        }
    }

    async fn next_answer(&mut self) -> Value {
        let (event, data) = self.next().await.expect("an event");
        assert_eq!(event, "next", "{data}");
        serde_json::from_str(&data).expect("JSON")
    }

    async fn change(&mut self) -> Value {
        let mut answer = self.next_answer().await;
        assert!(answer.get("errors").is_none(), "{answer}");
        answer["data"]["waitingAreaChanged"].take()
    }
}

#[tokio::test]
async fn a_tool_follows_a_waiting_area_by_a_stream_and_goes_on_after_a_gap() {
    let server = Server::start().await;
    let staff = server.staff(Role::TeamMember).await;
    let mut stream = Stream::follow(&staff, None).await;
    let snapshot = stream.change().await;
    assert_eq!(snapshot["__typename"], "WaitingAreaSnapshot");
    let caller = Caller::arrive(&server, 1).await;
    let arrived = stream.change().await;
    assert_eq!(arrived["__typename"], "CallerArrived");
    assert_eq!(arrived["caller"]["id"], caller.id);
    drop(stream);

    staff.attended("joinCaller", &caller.id).await;
    staff.attended("completeCall", &caller.id).await;
    let mut stream = Stream::follow(&staff, Some(&arrived["version"])).await;
    let mut versions = vec![arrived["version"].as_i64().expect("a version")];
    loop {
        let change = stream.change().await;
        versions.push(change["version"].as_i64().expect("a version"));
        if change["__typename"] == "CallerEnded" {
            assert_eq!(change["caller"]["status"], "COMPLETED");
            break;
        }
    }
    let gaps = versions.windows(2).filter(|pair| pair[1] != pair[0] + 1);
    assert_eq!(gaps.count(), 0, "{versions:?}");
}

#[tokio::test]
async fn a_caller_follows_the_own_stay_and_nobody_else_s() {
    let server = Server::start().await;
    let caller = Caller::arrive(&server, 1).await;
    let query = "subscription { myCaller { id status } }";
    let mut stream = Stream::open(&caller.asker, query, json!({})).await;
    assert_eq!(
        stream.next_answer().await["data"]["myCaller"]["id"],
        caller.id
    );
    let staff = server.admin().await;
    let variables = json!({ "clinic": staff.clinic, "after": null });
    let mut stream = Stream::open(&caller.asker, FOLLOW, variables).await;
    let refused = stream.next_answer().await;
    assert!(refused["data"].is_null(), "{refused}");
    assert_eq!(refused["errors"][0]["extensions"]["code"], "NOT_FOUND");
    assert_eq!(
        stream.next().await,
        Some(("complete".to_owned(), String::new()))
    );
    assert_eq!(stream.next().await, None);
}

#[tokio::test]
async fn a_stream_ends_within_five_seconds_of_its_session() {
    let server = Server::start().await;
    let staff = server.admin().await;
    let mut stream = Stream::follow(&staff, None).await;
    stream.change().await;
    staff
        .asker
        .accepted("signOut", json!({}), "__typename")
        .await;
    let ended = timeout(Duration::from_secs(5), stream.next_answer()).await;
    let ended = ended.expect("within 5 s");
    assert_eq!(ended["errors"][0]["extensions"]["code"], "FORBIDDEN");
    assert_eq!(
        stream.next().await,
        Some(("complete".to_owned(), String::new()))
    );
    // Who comes again is told that the credential is no good.
    let request = Client::new().post(format!("{}/graphql/stream", server.origin()));
    let request = request.bearer_auth(staff.asker.token().expect("a token"));
    let again = request.json(&json!({ "query": "{ viewer { __typename } }" }));
    assert_eq!(again.send().await.expect("an answer").status(), 401);
}

#[tokio::test]
async fn an_open_stream_ends_with_the_server_and_is_not_complete() {
    let mut server = Server::start().await;
    let staff = server.staff(Role::Reporter).await;
    let mut stream = Stream::follow(&staff, None).await;
    stream.change().await;
    assert!(server.stop().await, "it ends in order");
    assert_eq!(stream.next().await, None);
}

#[tokio::test]
async fn a_key_that_is_sent_without_bearer_is_told_how() {
    let server = Server::start().await;
    let key = server.add_key("demo", Role::Reporter);
    let url = format!("{}/graphql", server.origin());
    let ask = async |url: &str, authorization: &str| {
        let query = json!({ "query": "{ viewer { ... on Anonymous { reason } } }" });
        let request = Client::new().post(url).json(&query);
        let answer = request.header("authorization", authorization).send().await;
        let answer = answer.expect("an answer").text().await;
        answer.expect("a whole answer")
    };
    for authorization in [
        key.clone(),
        format!("Basic {key}"),
        format!("Bearer: {key}"),
    ] {
        for url in [url.clone(), format!("{url}/stream")] {
            let said = ask(&url, &authorization).await;
            assert!(said.contains("`Authorization: Bearer …`"), "{url}: {said}");
            assert!(!said.contains(&key), "{said}");
        }
    }
    let good = ask(&url, &format!("Bearer {key}")).await;
    assert_eq!(good, "{\"data\":{\"viewer\":{}}}");
    let other = ask(&format!("{url}/stream"), &format!("Bearer {key}x")).await;
    assert!(other.contains("not good"), "{other}");
}
