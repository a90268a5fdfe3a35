//! A caller who was lost, and comes back.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what a test expects and does not find is the test's failure, in its helpers too"
)]

mod support;

use serde_json::{Value as Json, json};
use standby::app::credentials::Holds;
use standby::domain::policy::Role;
use standby::domain::time::Span;
use support::{Arrived, Stage, arrived};

fn arriving(key: &str) -> Json {
    json!({ "clinicSlug": "north", "name": "Ana", "phone": "0491570006", "idempotencyKey": key })
}

async fn own_status(stage: &Stage, token: &str) -> String {
    let query = "{ viewer { ...on CallerSession { caller { id status arrivalNumber } } } }";
    let answer = stage.ask(Some(token), query, json!({})).await;
    answer["data"]["viewer"]["caller"]["status"]
        .as_str()
        .unwrap_or("nobody")
        .to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_arrival_retried_after_the_place_was_taken_back_gets_the_token_that_opens_it() {
    let stage = Stage::new();
    stage.clinic("north").await;
    let first = stage
        .command(None, "enterWaitingArea", arriving("once"))
        .await;
    let Arrived { id, token } = arrived(&first);

    stage.pass(Span::seconds(31)).await;
    stage.pass(Span::minutes(3)).await;
    assert_eq!(own_status(&stage, &token).await, "LEFT");
    let back = stage
        .command(Some(&token), "resumeWaiting", json!({}))
        .await;
    let new_id = back["caller"]["id"].as_str().unwrap();
    assert_ne!(new_id, id);

    let again = arrived(
        &stage
            .command(None, "enterWaitingArea", arriving("once"))
            .await,
    );
    assert_eq!(
        (again.id.as_str(), again.token.as_str()),
        (new_id, token.as_str())
    );
    assert_eq!(own_status(&stage, &again.token).await, "WAITING");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_token_opened_before_the_place_was_taken_back_is_told_that_it_opens_another_stay() {
    let stage = Stage::new();
    stage.clinic("north").await;
    let ana = stage.enter("north", "Ana", None).await;
    let ben = stage.enter("north", "Ben", None).await;
    let before = stage.app.present(&ana.token).await.unwrap().unwrap();
    let bens = stage.app.present(&ben.token).await.unwrap().unwrap();
    let holds = async |presented| stage.app.still_holds(presented).await.unwrap();
    assert_eq!(holds(&before).await, Holds::Same);

    stage.pass(Span::seconds(31)).await;
    stage.pass(Span::minutes(3)).await;
    assert_eq!(own_status(&stage, &ana.token).await, "LEFT");
    assert_eq!(holds(&before).await, Holds::Same, "the end can be read");
    stage
        .command(Some(&ana.token), "resumeWaiting", json!({}))
        .await;
    assert_eq!(holds(&before).await, Holds::AnotherStay);
    let after = stage.app.present(&ana.token).await.unwrap().unwrap();
    assert_eq!(holds(&after).await, Holds::Same);
    assert_eq!(holds(&bens).await, Holds::Same, "nobody else is told");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verified_phone_that_goes_silent_is_offline_after_thirty_seconds_and_keeps_the_place() {
    let stage = Stage::new();
    let clinic = stage.clinic("north").await;
    let staff = stage.key(&clinic, Role::TeamMember).await;
    let ana = stage.enter("north", "Ana", Some("0491570006")).await;
    stage.enter("north", "Ben", None).await;
    stage.verify(&ana, "+61491570006").await;
    stage.report(&ana, 1, "FOREGROUND").await;

    stage.pass(Span::seconds(29)).await;
    assert_eq!(own_status(&stage, &ana.token).await, "WAITING");
    stage.pass(Span::seconds(1)).await;
    assert_eq!(own_status(&stage, &ana.token).await, "OFFLINE");
    // However long it takes.
    stage.pass(Span::hours(1)).await;
    assert_eq!(own_status(&stage, &ana.token).await, "OFFLINE");
    let query = "{ clinic(slug: \"north\") { waitingArea { callers { nodes { name status \
                 position { place } } } } } }";
    let answer = stage.ask(Some(&staff), query, json!({})).await;
    let callers = &answer["data"]["clinic"]["waitingArea"]["callers"]["nodes"];
    assert_eq!(callers[0]["name"], "Ana");
    assert_eq!(callers[0]["position"]["place"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unverified_caller_who_left_to_read_the_code_has_ten_minutes() {
    let stage = Stage::new();
    stage.clinic("north").await;
    let ana = stage.enter("north", "Ana", Some("0491570006")).await;
    stage.report(&ana, 1, "FOREGROUND").await;
    let sent = stage
        .command(Some(&ana.token), "sendVerificationCode", json!({}))
        .await;
    assert_eq!(sent["userErrors"], json!([]));
    stage.report(&ana, 2, "BACKGROUND").await;

    stage.pass(Span::minutes(9)).await;
    assert_eq!(own_status(&stage, &ana.token).await, "WAITING");
    stage.pass(Span::minutes(1)).await;
    assert_eq!(own_status(&stage, &ana.token).await, "LEFT");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_that_slept_turns_nobody_offline_who_comes_back_at_once() {
    let stage = Stage::new();
    stage.clinic("north").await;
    let ana = stage.enter("north", "Ana", Some("0491570006")).await;
    stage.verify(&ana, "+61491570006").await;
    stage.report(&ana, 1, "FOREGROUND").await;
    stage.pass(Span::seconds(1)).await;

    stage.clock.advance(Span::minutes(5));
    stage.app.sweep_presence().await.unwrap();
    assert_eq!(own_status(&stage, &ana.token).await, "WAITING");
    // Nothing is heard of her even now that she could be.
    stage.pass(Span::seconds(30)).await;
    assert_eq!(own_status(&stage, &ana.token).await, "OFFLINE");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unverified_caller_is_not_lost_by_a_pause_of_the_server() {
    let stage = Stage::new();
    stage.clinic("north").await;
    let ana = stage.enter("north", "Ana", None).await;
    stage.report(&ana, 1, "FOREGROUND").await;
    stage.report(&ana, 2, "BACKGROUND").await;
    stage.pass(Span::seconds(60)).await;

    stage.clock.advance(Span::minutes(5));
    stage.pass(Span::seconds(20)).await;
    assert_eq!(own_status(&stage, &ana.token).await, "WAITING");
    let back = stage.report(&ana, 3, "FOREGROUND").await;
    assert_eq!(back["caller"]["presence"]["notResponding"], false);
    stage.pass(Span::seconds(25)).await;
    assert_eq!(own_status(&stage, &ana.token).await, "WAITING");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_arrival_retried_under_new_settings_still_gets_the_token() {
    let stage = Stage::new();
    let clinic = stage.clinic("north").await;
    let admin = stage.key(&clinic, Role::ClinicAdmin).await;
    let first = arrived(
        &stage
            .command(None, "enterWaitingArea", arriving("once"))
            .await,
    );
    let settings = json!({
        "clinicId": clinic.id.as_str(),
        "isOpen": false,
        "entryFields": [{ "key": "dob", "label": "Date of birth", "isRequired": true }],
    });
    let changed = stage
        .command(Some(&admin), "updateClinicSettings", settings)
        .await;
    assert_eq!(changed["userErrors"], json!([]));
    let again = arrived(
        &stage
            .command(None, "enterWaitingArea", arriving("once"))
            .await,
    );
    assert_eq!((again.id, again.token), (first.id, first.token));
}
