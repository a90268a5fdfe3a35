//! What becomes of a text by what is answered, or is not.

use super::listener::{Listener, Then, nobody};
use super::{MESSAGE, message_taken, refusal, settings, settings_for, taken, text, twilio};
use standby::adapters::twilio::Twilio;
use standby::adapters::twilio::answers::{failure_of, progress_of};
use standby::adapters::twilio::settings::Address;
use standby::domain::delivery::{SmsFailure, SmsState};
use standby::domain::text::TextPurpose;
use standby::ports::texter::{HandedOver, Taken, Texter as _};
use std::time::Duration;

async fn handed_over_when(then: Then) -> HandedOver {
    let at = Listener::start().await;
    let twilio = Twilio::new(settings_for(&at.address(), &then)).unwrap();
    at.when("POST", [then]);
    let handed_over = twilio.hand_over(&text(TextPurpose::Recall)).await;
    // Whatever came of it: asked once, never again behind anybody's back.
    assert_eq!(at.connections(), 1);
    handed_over
}

#[tokio::test]
async fn each_refusal_is_told_by_what_staff_can_do_about_it() {
    for (status, code, failure) in [
        (400, 21211, SmsFailure::InvalidNumber),
        (400, 21214, SmsFailure::InvalidNumber),
        (400, 21217, SmsFailure::InvalidNumber),
        (400, 60200, SmsFailure::InvalidNumber),
        (400, 30005, SmsFailure::InvalidNumber),
        (400, 21614, SmsFailure::Landline),
        (400, 21635, SmsFailure::Landline),
        (400, 30006, SmsFailure::Landline),
        (403, 60205, SmsFailure::Landline),
        (400, 21610, SmsFailure::OptedOut),
        (400, 30003, SmsFailure::Unreachable),
        (400, 21408, SmsFailure::Blocked),
        (400, 21612, SmsFailure::Blocked),
        (429, 60202, SmsFailure::Blocked),
        (429, 60203, SmsFailure::Blocked),
        (403, 60410, SmsFailure::Blocked),
        (401, 20003, SmsFailure::ProviderUnavailable),
        (403, 20003, SmsFailure::ProviderUnavailable),
        (401, 1, SmsFailure::ProviderUnavailable),
        (403, 1, SmsFailure::ProviderUnavailable),
        (404, 20404, SmsFailure::ProviderUnavailable),
        (400, 21606, SmsFailure::ProviderUnavailable),
        (400, 1, SmsFailure::Other),
        (422, -1, SmsFailure::Other),
    ] {
        let handed_over = handed_over_when(Then::Answers(status, refusal(status, code))).await;
        let refused = HandedOver::Refused(failure);
        assert_eq!(handed_over, refused, "{status} {code}");
    }
    for words in ["", "no", "[]", r#"{"code":"21610"}"#] {
        let handed_over = handed_over_when(Then::Answers(400, words.to_owned())).await;
        assert_eq!(
            handed_over,
            HandedOver::Refused(SmsFailure::Other),
            "{words}"
        );
    }
}

#[tokio::test]
async fn what_twilio_is_too_busy_for_is_tried_again() {
    for body in [refusal(429, 20429), String::new()] {
        let handed_over = handed_over_when(Then::Answers(429, body)).await;
        assert_eq!(handed_over, HandedOver::NotNow);
    }
    let half = b"HTTP/1.1 429 Busy\r\nContent-Length: 100\r\n\r\n{".to_vec();
    assert_eq!(
        handed_over_when(Then::Writes(half.clone())).await,
        HandedOver::NotNow
    );
    assert_eq!(
        handed_over_when(Then::WritesAndHangs(half)).await,
        HandedOver::NotNow
    );
}

#[tokio::test]
async fn what_may_have_been_taken_is_in_doubt() {
    let long = format!(
        r#"{{"sid":"{MESSAGE}","body":"{}"}}"#,
        "x".repeat(1024 * 1024)
    );
    let half = |answer: &str| format!("HTTP/1.1 {answer}\r\nContent-Length: 100\r\n\r\n{{\"sid\":");
    for then in [
        Then::Hangs,
        Then::HangsUp,
        Then::Resets,
        Then::Writes(b"garbage\r\n\r\n".to_vec()),
        Then::Writes(b"HTTP/1.1 201".to_vec()),
        Then::Writes(half("201 Created").into_bytes()),
        Then::WritesAndHangs(half("201 Created").into_bytes()),
        Then::WritesAndHangs(b"HTTP/1.1 201 Created\r\n".to_vec()),
        Then::Answers(201, String::new()),
        Then::Answers(201, "<html>".to_owned()),
        Then::Answers(201, "{}".to_owned()),
        Then::Answers(201, r#"{"sid":null,"status":"queued"}"#.to_owned()),
        Then::Answers(201, r#"{"sid":"../..","status":"queued"}"#.to_owned()),
        Then::Answers(201, long),
        Then::Answers(204, String::new()),
        Then::Answers(302, message_taken()),
        Then::Answers(408, String::new()),
        Then::Answers(500, refusal(500, 20500)),
        Then::Answers(502, "<html>".to_owned()),
        Then::Answers(503, refusal(503, 21610)),
    ] {
        let shown = format!("{then:?}").chars().take(80).collect::<String>();
        assert_eq!(handed_over_when(then).await, HandedOver::InDoubt, "{shown}");
    }
}

#[tokio::test]
async fn what_has_not_left_this_machine_is_tried_again() {
    let nobody = nobody();
    let refused = Twilio::new(settings(&nobody)).unwrap();
    let recall = text(TextPurpose::Recall);
    assert_eq!(refused.hand_over(&recall).await, HandedOver::NotNow);

    // No name: no server of this name can be (RFC 6761).
    let nowhere = Twilio::new(settings("https://twilio.invalid")).unwrap();
    assert_eq!(nowhere.hand_over(&recall).await, HandedOver::NotNow);

    // No TLS: the request itself is never written.
    let at = Listener::start().await;
    let mut unencrypted = settings(&at.address());
    unencrypted.addresses.api = Address::parse(&at.address().replace("http:", "https:")).unwrap();
    unencrypted.connecting.connected_within = Duration::from_millis(100);
    let unencrypted = Twilio::new(unencrypted).unwrap();
    assert_eq!(unencrypted.hand_over(&recall).await, HandedOver::NotNow);
    assert_eq!(at.connections(), 1);
    assert!(at.heard().is_empty());
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (at, elsewhere) = (Listener::start().await, Listener::start().await);
    for status in [301, 302, 303, 307, 308] {
        let redirect = format!(
            "HTTP/1.1 {status} There\r\nLocation: {}/x\r\nContent-Length: 0\r\n\r\n",
            elsewhere.address()
        );
        at.when("POST", [Then::Writes(redirect.into_bytes())]);
        let handed_over = twilio(&at).hand_over(&text(TextPurpose::Recall)).await;
        assert_eq!(handed_over, HandedOver::InDoubt, "{status}");
    }
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn an_answer_may_already_say_how_far_a_message_is() {
    for (status, state) in [
        ("accepted", SmsState::Sent),
        ("delivered", SmsState::Delivered),
        ("something new", SmsState::Sent),
    ] {
        let body = format!(r#"{{"sid":"{MESSAGE}","status":"{status}"}}"#);
        let HandedOver::Taken(Taken { progress, .. }) =
            handed_over_when(Then::Answers(201, body)).await
        else {
            panic!("not taken: {status}");
        };
        assert_eq!(progress.state, state, "{status}");
    }
    let body = format!(r#"{{"sid":"{MESSAGE}","status":"failed","error_code":21610}}"#);
    let mut failed = taken(MESSAGE);
    failed.progress = progress_of("failed", Some(21610)).unwrap();
    assert_eq!(failed.progress.failure, Some(SmsFailure::OptedOut));
    let handed_over = handed_over_when(Then::Answers(201, body)).await;
    assert_eq!(handed_over, HandedOver::Taken(failed));
}

#[test]
fn each_word_for_a_message_of_ours_says_how_far_it_is() {
    for (word, state) in [
        ("accepted", Some(SmsState::Sent)),
        ("scheduled", Some(SmsState::Sent)),
        ("queued", Some(SmsState::Sent)),
        ("sending", Some(SmsState::Sent)),
        ("sent", Some(SmsState::Sent)),
        ("delivered", Some(SmsState::Delivered)),
        ("read", Some(SmsState::Delivered)),
        ("undelivered", Some(SmsState::Failed)),
        ("failed", Some(SmsState::Failed)),
        ("canceled", Some(SmsState::Failed)),
        ("receiving", None),
        ("received", None),
        ("partially_delivered", None),
        ("", None),
        ("Delivered", None),
    ] {
        let progress = progress_of(word, Some(30003));
        assert_eq!(progress.map(|progress| progress.state), state, "{word}");
        let failure = (state == Some(SmsState::Failed)).then_some(SmsFailure::Unreachable);
        assert_eq!(
            progress.and_then(|progress| progress.failure),
            failure,
            "{word}"
        );
    }
    let failed = progress_of("failed", None).unwrap();
    assert_eq!(failed.failure, Some(SmsFailure::Other));
    assert_eq!(failure_of(99_999), SmsFailure::Other);
}
