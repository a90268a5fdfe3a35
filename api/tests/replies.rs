//! What callers text to our sender, as the application hears it.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what a test expects and does not find is the test's failure, in its helpers too"
)]

mod support;

use serde_json::{Value as Json, json};
use standby::app::Texting;
use standby::app::keys::Keys;
use standby::app::replies::{Inbound, OptOut};
use standby::domain::policy::Role;
use standby::domain::time::Span;
use std::sync::atomic::{AtomicU32, Ordering};
use support::{Arrived, Stage, assert_refused};

const MOBILE: &str = "+61491570006";
const OTHER: &str = "+61491570156";

static MESSAGES: AtomicU32 = AtomicU32::new(0);

fn stage() -> Stage {
    Stage::texting(Texting {
        takes_replies: true,
        code_checker: None,
    })
}

fn text(from: &str, body: &str, opt_out: Option<OptOut>) -> Inbound {
    let message = MESSAGES.fetch_add(1, Ordering::Relaxed);
    Inbound {
        provider_id: format!("SM{message:032x}"),
        from: from.to_owned(),
        body: body.to_owned(),
        opt_out,
    }
}

async fn hears(stage: &Stage, from: &str, body: &str) {
    let text = text(from, body, None);
    stage.app.hear_inbound(&text).await.unwrap();
}

/// Somebody who has verified this number and stepped away.
async fn away(stage: &Stage, slug: &str, number: &str) -> Arrived {
    let caller = stage.enter(slug, "Ana", Some(number)).await;
    stage.verify(&caller, number).await;
    stage.report(&caller, 1, "BACKGROUND").await;
    caller
}

async fn recalls(stage: &Stage, staff: &str, caller: &Arrived) -> Json {
    let input = json!({ "callerId": caller.id });
    stage.command(Some(staff), "recallCaller", input).await
}

async fn recalled(stage: &Stage, staff: &str, caller: &Arrived) {
    assert_eq!(recalls(stage, staff, caller).await["userErrors"], json!([]));
}

async fn seen(stage: &Stage, by: &str, caller: &Arrived) -> Json {
    let query = "query ($id: ID!) { node(id: $id) { ...on Caller { status version textsStopped \
                 end { how } recall { reply { answer at } } activity { kind } } } }";
    let mut answer = stage.ask(Some(by), query, json!({ "id": caller.id })).await;
    assert!(answer.get("errors").is_none(), "{answer}");
    answer["data"]["node"].take()
}

fn latest(seen: &Json) -> &str {
    seen["activity"][0]["kind"].as_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_is_shown_to_staff_and_to_the_caller() {
    let stage = stage();
    let clinic = stage.clinic("north").await;
    let staff = stage.key(&clinic, Role::TeamMember).await;
    let caller = away(&stage, "north", MOBILE).await;
    recalled(&stage, &staff, &caller).await;
    stage.clock.advance(Span::seconds(20));
    hears(&stage, MOBILE, " 1. ").await;
    let shown = seen(&stage, &staff, &caller).await;
    assert_eq!(shown["recall"]["reply"]["answer"], "COMING");
    assert_eq!(
        (latest(&shown), &shown["status"]),
        ("REPLIED_COMING", &json!("OFFLINE"))
    );
    let own = seen(&stage, &caller.token, &caller).await;
    assert_eq!(own["recall"], shown["recall"]);

    // Again, in words that nobody understands, and from another number.
    for (from, body) in [
        (MOBILE, "1"),
        (MOBILE, "on my way"),
        (MOBILE, ""),
        (OTHER, "2"),
    ] {
        hears(&stage, from, body).await;
        assert_eq!(seen(&stage, &staff, &caller).await, shown, "{body}");
    }
    hears(&stage, MOBILE, "2").await;
    let later = seen(&stage, &staff, &caller).await;
    assert_eq!(later["recall"]["reply"]["answer"], "LATER");
    assert_eq!(latest(&later), "REPLIED_LATER");
    hears(&stage, MOBILE, "3").await;
    let left = seen(&stage, &staff, &caller).await;
    assert_eq!((&left["status"], latest(&left)), (&json!("LEFT"), "LEFT"));
    assert_eq!(left["end"]["how"], "LEFT_BY_CALLER");
    assert_eq!(left["recall"]["reply"]["answer"], "LEAVING");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parent_with_two_children_replies_for_the_one_recalled_last() {
    let stage = stage();
    let clinic = stage.clinic("north").await;
    let staff = stage.key(&clinic, Role::TeamMember).await;
    let first = away(&stage, "north", MOBILE).await;
    stage.clock.advance(Span::minutes(2));
    let second = away(&stage, "north", MOBILE).await;
    recalled(&stage, &staff, &first).await;
    stage.clock.advance(Span::seconds(1));
    recalled(&stage, &staff, &second).await;
    let untouched = seen(&stage, &staff, &first).await;
    hears(&stage, MOBILE, "1").await;
    assert_eq!(
        seen(&stage, &staff, &second).await["recall"]["reply"]["answer"],
        "COMING"
    );
    assert_eq!(seen(&stage, &staff, &first).await, untouched);

    // Told of again, a reply that took one child out of the queue must not take the other out too.
    let leaving = text(MOBILE, "3", None);
    for _ in 0..3 {
        stage.app.hear_inbound(&leaving).await.unwrap();
        assert_eq!(seen(&stage, &staff, &second).await["status"], "LEFT");
        assert_eq!(seen(&stage, &staff, &first).await, untouched);
    }
    hears(&stage, MOBILE, "2").await;
    assert_eq!(
        seen(&stage, &staff, &first).await["recall"]["reply"]["answer"],
        "LATER"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn stop_is_honoured_in_every_clinic_until_texts_are_welcome_again() {
    let stage = stage();
    let mut staff = Vec::new();
    let mut callers = Vec::new();
    for slug in ["north", "south"] {
        let clinic = stage.clinic(slug).await;
        staff.push(stage.key(&clinic, Role::TeamMember).await);
        callers.push(away(&stage, slug, MOBILE).await);
        stage.clock.advance(Span::minutes(2));
    }
    let other = away(&stage, "north", OTHER).await;
    // Only typed, so perhaps not theirs.
    let typed = stage.enter("north", "Ben", Some(MOBILE)).await;
    for (words, is_stopped) in [("Stop.", true), ("STOP", true), ("start", false)] {
        hears(&stage, MOBILE, words).await;
        for (staff, caller) in staff.iter().zip(&callers) {
            let shown = seen(&stage, staff, caller).await;
            assert_eq!(shown["textsStopped"], is_stopped, "{words}");
            let kind = if is_stopped {
                "TEXTS_STOPPED"
            } else {
                "TEXTS_ALLOWED"
            };
            assert_eq!(latest(&shown), kind);
            let recalled = recalls(&stage, staff, caller).await;
            if is_stopped {
                assert_refused(&recalled, "UNAVAILABLE", None);
                let message = recalled["userErrors"][0]["message"].as_str().unwrap();
                assert!(message.contains("phone them"), "{message}");
            } else {
                assert_eq!(recalled["userErrors"], json!([]));
            }
        }
        for caller in [&other, &typed] {
            assert_eq!(seen(&stage, &staff[0], caller).await["textsStopped"], false);
        }
    }
    recalled(&stage, &staff[0], &other).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_stopped_texts_before_they_came_is_not_recalled() {
    let stage = stage();
    let clinic = stage.clinic("north").await;
    let staff = stage.key(&clinic, Role::TeamMember).await;
    let caller = away(&stage, "north", MOBILE).await;
    // As it is where staff vouch for a number that takes no texts.
    let hash = Keys::new([7; 32]).subject(MOBILE);
    stage.spoil(&format!("INSERT INTO stopped_number VALUES ('{hash}', 1)"));
    assert_refused(&recalls(&stage, &staff, &caller).await, "UNAVAILABLE", None);
    assert_eq!(seen(&stage, &staff, &caller).await["textsStopped"], true);
    stage.spoil("DELETE FROM stopped_number");
    recalled(&stage, &staff, &caller).await;
    assert_eq!(seen(&stage, &staff, &caller).await["textsStopped"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clinics_own_word_goes_before_one_that_starts_texts_and_none_before_stop() {
    let stage = stage();
    let clinic = stage.clinic("north").await;
    let staff = stage.key(&clinic, Role::TeamMember).await;
    stage.spoil("UPDATE clinic SET reply_coming = 'Yes', reply_later = 'cancel'");
    let caller = away(&stage, "north", MOBILE).await;
    recalled(&stage, &staff, &caller).await;
    let has_stopped = || async { seen(&stage, &staff, &caller).await["textsStopped"] == true };
    let reply =
        || async { seen(&stage, &staff, &caller).await["recall"]["reply"]["answer"].clone() };

    // STOP, whatever a clinic made of the word, and whatever is written beside Twilio's verdict.
    hears(&stage, MOBILE, "CANCEL").await;
    assert!(has_stopped().await);
    let verdict = text(MOBILE, "yes", Some(OptOut::Stop));
    stage.app.hear_inbound(&verdict).await.unwrap();
    assert_eq!(reply().await, Json::Null);

    // A reply, and nothing else: nobody has asked for texts again.
    hears(&stage, MOBILE, "YES").await;
    assert_eq!(reply().await, "COMING");
    assert!(has_stopped().await);
    // Where Twilio itself says that they did, both.
    let verdict = text(MOBILE, "yes", Some(OptOut::Start));
    stage.app.hear_inbound(&verdict).await.unwrap();
    assert!(!has_stopped().await);
    let help = text(MOBILE, "help", Some(OptOut::Help));
    let before = seen(&stage, &staff, &caller).await;
    stage.app.hear_inbound(&help).await.unwrap();
    assert_eq!(seen(&stage, &staff, &caller).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_leaves_a_consultation_by_a_text() {
    let stage = stage();
    let clinic = stage.clinic("north").await;
    let staff = stage.key(&clinic, Role::TeamMember).await;
    let caller = away(&stage, "north", MOBILE).await;
    recalled(&stage, &staff, &caller).await;
    stage.report(&caller, 2, "FOREGROUND").await;
    let input = json!({ "callerId": caller.id });
    stage.command(Some(&staff), "joinCaller", input).await;
    let before = seen(&stage, &staff, &caller).await;
    assert_eq!(before["status"], "BEING_SEEN");
    hears(&stage, MOBILE, "3").await;
    assert_eq!(seen(&stage, &staff, &caller).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_from_no_number_is_nobodys() {
    let stage = stage();
    for from in [
        "",
        "CLINIC",
        "12345",
        "whatsapp:+61491570006",
        "+61 491 570 006",
    ] {
        hears(&stage, from, "STOP").await;
        hears(&stage, from, "1").await;
    }
}
