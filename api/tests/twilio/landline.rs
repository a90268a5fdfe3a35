//! Before a code is sent, whether the number can take one.

use super::listener::{Listener, Then};
use super::{
    MESSAGE, NUMBER, VERIFICATION, message_taken, providers_code, refusal, settings, settings_for,
    taken, text, twilio,
};
use standby::adapters::twilio::Twilio;
use standby::domain::delivery::SmsFailure;
use standby::domain::text::TextPurpose;
use standby::domain::time::Span;
use standby::ports::texter::{HandedOver, OutgoingText, Texter as _};

fn line(kind: &str) -> Then {
    let body = format!(
        r#"{{"phone_number":"{NUMBER}","valid":true,"line_type_intelligence":{{"type":"{kind}"}}}}"#
    );
    Then::Answers(200, body)
}

async fn listener(lookup: Then) -> Listener {
    let at = Listener::start().await;
    at.when("PhoneNumbers", [lookup]);
    at.when("Messages", [Then::Answers(201, message_taken())]);
    let verification = format!(r#"{{"sid":"{VERIFICATION}","status":"pending"}}"#);
    at.when("Verifications", [Then::Answers(201, verification)]);
    at
}

#[tokio::test]
async fn a_landline_is_told_so_and_sent_nothing() {
    for code in [text(TextPurpose::Code), providers_code()] {
        let at = listener(line("landline")).await;
        let refused = HandedOver::Refused(SmsFailure::Landline);
        assert_eq!(twilio(&at).hand_over(&code).await, refused);
        let [heard] = at.heard().try_into().unwrap();
        assert_eq!(
            heard.asked,
            "GET /v2/PhoneNumbers/%2B61491570006?Fields=line_type_intelligence"
        );
        assert!(heard.header("authorization").is_some());
    }
}

#[tokio::test]
async fn a_number_that_nobody_has_is_told_so() {
    let body = r#"{"valid":false,"validation_errors":["TOO_SHORT"],"line_type_intelligence":null}"#;
    let at = listener(Then::Answers(200, body.to_owned())).await;
    let refused = HandedOver::Refused(SmsFailure::InvalidNumber);
    assert_eq!(
        twilio(&at).hand_over(&text(TextPurpose::Code)).await,
        refused
    );
    assert!(at.heard_of("Messages").is_empty());
}

#[tokio::test]
async fn whatever_else_is_answered_or_not_the_code_is_sent() {
    let unknown = r#"{"valid":true,"line_type_intelligence":{"type":null,"error_code":60601}}"#;
    for lookup in [
        line("mobile"),
        line("fixedVoip"),
        line("nonFixedVoip"),
        line("tollFree"),
        line("pager"),
        line("voicemail"),
        line("unknown"),
        line("something new"),
        Then::Answers(200, unknown.to_owned()),
        Then::Answers(200, "{}".to_owned()),
        Then::Answers(200, "garbage".to_owned()),
        Then::Answers(401, refusal(401, 20003)),
        Then::Answers(404, refusal(404, 20404)),
        Then::Answers(429, refusal(429, 20429)),
        Then::Answers(503, String::new()),
        Then::Hangs,
        Then::Resets,
    ] {
        let shown = format!("{lookup:?}");
        let limits = settings_for("https://localhost", &lookup).connecting;
        let at = listener(lookup).await;
        let mut settings = settings(&at.address());
        settings.connecting.looked_up_within = limits.looked_up_within;
        let twilio = Twilio::new(settings).unwrap();
        let handed_over = twilio.hand_over(&text(TextPurpose::Code)).await;
        assert_eq!(handed_over, HandedOver::Taken(taken(MESSAGE)), "{shown}");
    }
}

#[tokio::test]
async fn a_number_is_looked_up_once_a_day() {
    let at = listener(line("landline")).await;
    let twilio = twilio(&at);
    let first = text(TextPurpose::Code);
    twilio.hand_over(&first).await;
    let refused = HandedOver::Refused(SmsFailure::Landline);
    assert_eq!(twilio.hand_over(&first).await, refused);
    assert_eq!(at.heard_of("PhoneNumbers").len(), 1);
    let tomorrow = OutgoingText {
        committed_at: first.committed_at + Span::hours(24),
        ..first
    };
    twilio.hand_over(&tomorrow).await;
    assert_eq!(at.heard_of("PhoneNumbers").len(), 2);
}

#[tokio::test]
async fn what_could_not_be_answered_is_asked_again() {
    let at = listener(Then::Resets).await;
    let twilio = twilio(&at);
    twilio.hand_over(&text(TextPurpose::Code)).await;
    at.when("PhoneNumbers", [line("landline")]);
    let refused = HandedOver::Refused(SmsFailure::Landline);
    assert_eq!(twilio.hand_over(&text(TextPurpose::Code)).await, refused);
}

#[tokio::test]
async fn a_recall_or_a_cancel_goes_to_a_number_that_has_had_a_code() {
    let at = listener(line("landline")).await;
    for purpose in [TextPurpose::Recall, TextPurpose::Cancelled] {
        let handed_over = twilio(&at).hand_over(&text(purpose)).await;
        assert_eq!(handed_over, HandedOver::Taken(taken(MESSAGE)));
    }
    assert!(at.heard_of("PhoneNumbers").is_empty());
}

#[tokio::test]
async fn lookups_can_be_turned_off() {
    let at = listener(line("landline")).await;
    let mut settings = settings(&at.address());
    settings.looks_up = false;
    let twilio = Twilio::new(settings).unwrap();
    let handed_over = twilio.hand_over(&text(TextPurpose::Code)).await;
    assert_eq!(handed_over, HandedOver::Taken(taken(MESSAGE)));
    assert!(at.heard_of("PhoneNumbers").is_empty());
}
