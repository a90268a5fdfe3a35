//! Subscriptions: a snapshot, then every change once and in order.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what a test expects and does not find is the test's failure, in its helpers too"
)]

mod support;

use serde_json::{Value as Json, json};
use standby::domain::policy::Role;
use support::{Stage, next};

const WAITING_AREA: &str = "subscription ($clinic: ID!, $after: Int) { \
    waitingAreaChanged(clinicId: $clinic, afterVersion: $after) { __typename \
    ...on WaitingAreaSnapshot { version callers { id status position { place aheadOffline } } } \
    ...on CallerArrived { version caller { id status position { place } } } \
    ...on CallerChanged { version caller { id status position { place } recall { id } } } \
    ...on CallerEnded { version caller { id status } } } }";

const MY_CALLER: &str = "subscription { myCaller { id status version position { place } } }";

fn event(answer: Option<Json>) -> Json {
    answer.expect("an event")["data"]["waitingAreaChanged"].take()
}

#[tokio::test]
async fn staff_get_a_snapshot_then_every_change_once_and_in_order() {
    let stage = Stage::new();
    let clinic = stage.clinic("north").await;
    let staff = stage.key(&clinic, Role::TeamMember).await;
    let by = Some(staff.as_str());
    let ana = stage.enter("north", "Ana", Some("0491570006")).await;
    let variables = json!({ "clinic": clinic.id.as_str() });
    let mut events = stage.follow(by, WAITING_AREA, variables).await;
    let snapshot = event(next(&mut events).await);
    assert_eq!(snapshot["__typename"], "WaitingAreaSnapshot");
    assert_eq!(snapshot["version"], 1);
    assert_eq!(snapshot["callers"][0]["id"], ana.id.as_str());

    let ben = stage.enter("north", "Ben", None).await;
    let input = json!({ "callerId": ana.id });
    stage.command(by, "joinCaller", input.clone()).await;
    stage.command(by, "completeCall", input).await;
    for (version, kind, caller, status) in [
        (2, "CallerArrived", &ben, "WAITING"),
        (3, "CallerChanged", &ana, "BEING_SEEN"),
        (4, "CallerEnded", &ana, "COMPLETED"),
    ] {
        let change = event(next(&mut events).await);
        assert_eq!(change["version"], version, "{change}");
        assert_eq!(change["__typename"], kind);
        assert_eq!(change["caller"]["id"], caller.id.as_str());
        assert_eq!(change["caller"]["status"], status);
    }

    let variables = json!({ "clinic": clinic.id.as_str(), "after": 2 });
    let mut missed = stage.follow(by, WAITING_AREA, variables).await;
    for version in [3, 4] {
        assert_eq!(event(next(&mut missed).await)["version"], version);
    }
    // A version that never was: somebody made it up, or it is another store's.
    for after in [99, -1, i64::MIN, i64::MAX] {
        let variables = json!({ "clinic": clinic.id.as_str(), "after": after });
        let mut made_up = stage.follow(by, WAITING_AREA, variables).await;
        let snapshot = event(next(&mut made_up).await);
        assert_eq!(snapshot["__typename"], "WaitingAreaSnapshot", "{after}");
    }
}

#[tokio::test]
async fn a_caller_follows_the_own_stay_until_its_end() {
    let stage = Stage::new();
    let clinic = stage.clinic("north").await;
    let staff = stage.key(&clinic, Role::TeamMember).await;
    let (ana, ben) = (
        stage.enter("north", "Ana", None).await,
        stage.enter("north", "Ben", None).await,
    );
    let mut own = stage.follow(Some(&ben.token), MY_CALLER, json!({})).await;
    let mut place = async || {
        next(&mut own)
            .await
            .map(|answer| answer["data"]["myCaller"].clone())
    };
    assert_eq!(place().await.expect("as it is")["position"]["place"], 2);
    stage
        .command(Some(&ana.token), "leaveWaitingArea", json!({}))
        .await;
    assert_eq!(place().await.expect("moved up")["position"]["place"], 1);
    let input = json!({ "callerId": ben.id, "reason": "closing" });
    stage.command(Some(&staff), "cancelCaller", input).await;
    let cancelled = place().await.expect("cancelled");
    assert_eq!(cancelled["status"], "CANCELLED");
    assert!(cancelled["position"].is_null());
    assert_eq!(place().await, None);
}

#[tokio::test]
async fn a_clinic_that_does_not_tell_the_place_tells_it_to_staff_only() {
    let stage = Stage::new();
    let clinic = stage.clinic("north").await;
    let admin = stage.key(&clinic, Role::ClinicAdmin).await;
    let input = json!({ "clinicId": clinic.id.as_str(), "showQueuePosition": false });
    stage
        .command(Some(&admin), "updateClinicSettings", input)
        .await;
    let ana = stage.enter("north", "Ana", None).await;
    let query = "query ($id: ID!) { node(id: $id) { ...on Caller { position { place } } } }";
    let own = stage
        .ask(Some(&ana.token), query, json!({ "id": ana.id }))
        .await;
    assert_eq!(own["data"]["node"], json!({ "position": null }));
    let staff = stage
        .ask(Some(&admin), query, json!({ "id": ana.id }))
        .await;
    assert_eq!(staff["data"]["node"]["position"]["place"], 1);
}

#[tokio::test]
async fn the_activity_of_a_caller_is_told_in_words_without_a_name_or_a_number() {
    let stage = Stage::new();
    let clinic = stage.clinic("north").await;
    let staff = stage.key(&clinic, Role::TeamMember).await;
    let ana = stage.enter("north", "Ana", Some("0491570006")).await;
    stage.verify(&ana, "+61491570006").await;
    stage.report(&ana, 1, "BACKGROUND").await;
    stage
        .command(Some(&staff), "recallCaller", json!({ "callerId": ana.id }))
        .await;
    let query = "query ($id: ID!) { node(id: $id) { ...on Caller { activity { kind description by \
                 version } } } }";
    let answer = stage
        .ask(Some(&staff), query, json!({ "id": ana.id }))
        .await;
    let activity = answer["data"]["node"]["activity"]
        .as_array()
        .expect("activity");
    let kinds: Vec<_> = activity
        .iter()
        .map(|one| one["kind"].as_str().unwrap_or(""))
        .collect();
    assert_eq!(kinds.first(), Some(&"RECALLED"), "{kinds:?}");
    assert_eq!(kinds.last(), Some(&"ARRIVED"));
    assert_eq!(activity[0]["by"], "Test key");
    let told = answer.to_string();
    assert!(!told.contains("Ana") && !told.contains("570006"), "{told}");
    let own = stage
        .ask(Some(&ana.token), query, json!({ "id": ana.id }))
        .await;
    assert_eq!(own["data"]["node"], json!({ "activity": null }));
}
