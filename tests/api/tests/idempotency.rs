//! A phone on a bad network asks twice, and staff click twice: once is what happens.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "what a test expects and does not find is the test's failure, in its helpers too"
)]

use std::collections::HashSet;

use futures_util::future::join_all;
use serde_json::{Value, json};
use standby_tests::{Caller, Role, Server, Staff, refusal};

const ENTERED: &str = "token caller { id name arrivalNumber }";

#[tokio::test]
async fn an_arrival_that_is_retried_is_the_same_caller_with_the_same_token() {
    let server = Server::start().await;
    let staff = server.admin().await;
    let anonymous = server.anonymous();
    let enter = || anonymous.accepted("enterWaitingArea", Caller::arrival("demo", 1), ENTERED);
    let first = enter().await;
    let retried = enter().await;
    assert_eq!(first, retried);
    let caller = Caller::entered(&anonymous, &retried, 1);
    assert_eq!(
        caller.look().await["id"],
        caller.id.as_str(),
        "the token works"
    );
    assert_eq!(staff.waiting_area().await.1.len(), 1);
    assert_eq!(staff.story(&caller.id).await, ["ARRIVED"]);
}

#[tokio::test]
async fn an_idempotency_key_with_other_input_is_a_conflict() {
    let server = Server::start().await;
    let anonymous = server.anonymous();
    Caller::arrive(&server, 1).await;
    for (field, other) in [
        ("name", json!("Somebody else")),
        ("phone", json!("+61491570156")),
        ("phone", Value::Null),
    ] {
        let mut input = Caller::arrival("demo", 1);
        input[field] = other;
        let payload = anonymous.mutate("enterWaitingArea", input, ENTERED).await;
        assert_eq!(refusal(&payload), "CONFLICT idempotencyKey");
        assert_eq!(payload["token"], Value::Null);
        assert_eq!(payload["caller"], Value::Null);
    }
    // Of another clinic it is another key.
    server.add_clinic("north");
    let mut elsewhere = Caller::arrival("demo", 1);
    elsewhere["clinicSlug"] = json!("north");
    anonymous
        .accepted("enterWaitingArea", elsewhere, ENTERED)
        .await;
}

#[tokio::test]
async fn twenty_requests_at_once_with_one_key_are_one_caller() {
    let server = Server::start().await;
    let staff = server.admin().await;
    let anonymous = server.anonymous();
    let requests = (0..20)
        .map(|_| anonymous.accepted("enterWaitingArea", Caller::arrival("demo", 1), ENTERED));
    let answers: HashSet<String> = join_all(requests)
        .await
        .iter()
        .map(Value::to_string)
        .collect();
    assert_eq!(answers.len(), 1, "one caller, one token");
    let (version, callers) = staff.waiting_area().await;
    assert_eq!((version, callers.len()), (1, 1));
}

#[tokio::test]
async fn a_double_recall_sends_one_text() {
    let server = Server::start().await;
    let (one, other) = (server.admin().await, server.staff(Role::TeamMember).await);
    let caller = Caller::arrive_offline(&server, 1).await;
    let (first, second) = tokio::join!(
        one.attended("recallCaller", &caller.id),
        other.attended("recallCaller", &caller.id),
    );
    assert_eq!(
        first["recall"]["id"], second["recall"]["id"],
        "two staff at once are one recall"
    );
    one.until_recall_delivered(&caller.id).await;
    let third = one.attended("recallCaller", &caller.id).await;
    assert_eq!(
        third["recall"]["id"], first["recall"]["id"],
        "a double click is one recall"
    );

    // A text to somebody else, sent after any second one would have been.
    let witness = Caller::arrive_offline(&server, 2).await;
    one.attended("recallCaller", &witness.id).await;
    server.phone(&witness.number).message(2).await;
    assert_eq!(
        server.phone(&caller.number).messages().await.len(),
        2,
        "the code and the recall"
    );
    let story = one.story(&caller.id).await;
    assert_eq!(story.iter().filter(|kind| *kind == "RECALLED").count(), 1);
}

#[tokio::test]
async fn a_command_that_repeats_what_is_already_so_succeeds_and_changes_nothing() {
    let server = Server::start().await;
    let staff = server.admin().await;
    let [consulted, cancelled, leaving] = [1, 2, 3].map(|number| Caller::arrive(&server, number));
    let consulted = consulted.await;
    let (cancelled, leaving) = (cancelled.await, leaving.await);

    for field in ["joinCaller", "holdCaller", "joinCaller", "completeCall"] {
        is_done_once(&staff, field, &consulted).await;
    }
    is_done_once(&staff, "cancelCaller", &cancelled).await;

    let first = leaving.leave().await;
    let version = staff.version().await;
    assert_eq!(leaving.leave().await, first);
    assert_eq!(staff.version().await, version);
}

async fn is_done_once(staff: &Staff, field: &str, caller: &Caller) {
    let first = staff.attended(field, &caller.id).await;
    let version = staff.version().await;
    let second = staff.attended(field, &caller.id).await;
    assert_eq!(first, second, "{field} repeated");
    assert_eq!(staff.version().await, version, "{field} repeated");
}

#[tokio::test]
async fn a_code_entered_twice_verifies_once() {
    let server = Server::start().await;
    let staff = server.admin().await;
    let caller = Caller::arrive(&server, 1).await;
    let code = caller.have_code_sent(&server).await;
    let enter = || {
        let input = json!({ "code": code });
        caller
            .asker
            .accepted("verifyPhone", input, "caller { phone { isVerified } }")
    };
    let (first, second) = tokio::join!(enter(), enter());
    assert_eq!(first["caller"]["phone"]["isVerified"], true);
    assert_eq!(first, second);
    enter().await;
    let story = staff.story(&caller.id).await;
    assert_eq!(story, ["ARRIVED", "CODE_SENT", "PHONE_VERIFIED"]);
}

#[tokio::test]
async fn of_cancel_and_join_at_once_one_wins_and_the_other_is_told_what_happened() {
    let server = Server::start().await;
    let (one, other) = (server.admin().await, server.staff(Role::TeamMember).await);
    let callers = join_all((0..12).map(|number| Caller::arrive(&server, number))).await;
    let (mut joins, mut cancels) = (0, 0);
    for (place, caller) in callers.iter().enumerate() {
        let (cancelled, joined) = if place % 2 == 0 {
            tokio::join!(
                one.attend("cancelCaller", &caller.id),
                other.attend("joinCaller", &caller.id),
            )
        } else {
            let (joined, cancelled) = tokio::join!(
                one.attend("joinCaller", &caller.id),
                other.attend("cancelCaller", &caller.id),
            );
            (cancelled, joined)
        };
        let is_done = |payload: &Value| payload["userErrors"] == json!([]);
        let (told, status) = match (is_done(&cancelled), is_done(&joined)) {
            (true, false) => (&joined, "CANCELLED"),
            (false, true) => (&cancelled, "BEING_SEEN"),
            both => panic!("cancelled, joined: {both:?}"),
        };
        assert_eq!(refusal(told), "WRONG_STATUS");
        assert_eq!(told["userErrors"][0]["status"], status);
        assert_eq!(
            told["caller"]["status"], status,
            "as it now stands, also when refused"
        );
        assert_eq!(one.caller(&caller.id).await["status"], status);
        assert_eq!(
            one.story(&caller.id).await.len(),
            2,
            "arrived, and one of both"
        );
        if status == "CANCELLED" {
            assert_eq!(joined["room"], Value::Null, "no room for who lost");
            cancels += 1;
        } else {
            joins += 1;
        }
    }
    assert_eq!(joins + cancels, callers.len());
}
