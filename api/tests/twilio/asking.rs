//! What Twilio is asked.

use super::listener::{Listener, Then};
use super::{
    ACCOUNT, MESSAGE, NUMBER, SERVICE, TOKEN, VERIFICATION, message_taken, providers_code,
    settings, taken, text, twilio, words_of,
};
use base64::Engine as _;
use standby::adapters::twilio::Twilio;
use standby::adapters::twilio::settings::{MessagingServiceSid, Sender};
use standby::domain::delivery::SmsFailure;
use standby::domain::phone_number::PhoneNumber;
use standby::domain::text::TextPurpose;
use standby::ports::texter::{HandedOver, OutgoingText, Texter as _};

fn fields(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut fields: Vec<_> = fields
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    fields.sort();
    fields
}

fn callback() -> String {
    format!(
        "https://standby.example/twilio/status/{}",
        text(TextPurpose::Recall).id
    )
}

#[tokio::test]
async fn a_recall_is_a_message_that_waits_five_minutes_at_most_and_reports_under_its_own_id() {
    let at = Listener::start().await;
    at.when("POST", [Then::Answers(201, message_taken())]);
    let handed_over = twilio(&at).hand_over(&text(TextPurpose::Recall)).await;
    assert_eq!(handed_over, HandedOver::Taken(taken(MESSAGE)));
    let [heard] = at.heard().try_into().unwrap();
    assert_eq!(
        heard.asked,
        format!("POST /2010-04-01/Accounts/{ACCOUNT}/Messages.json")
    );
    assert_eq!(
        heard.form(),
        fields(&[
            ("To", NUMBER),
            ("From", "+15005550006"),
            ("Body", &words_of(TextPurpose::Recall)),
            ("StatusCallback", &callback()),
            ("ValidityPeriod", "300"),
        ])
    );
    let signed_in = base64::engine::general_purpose::STANDARD.encode(format!("{ACCOUNT}:{TOKEN}"));
    let authorization = heard
        .headers
        .iter()
        .filter(|(name, _)| name == "authorization");
    assert_eq!(authorization.count(), 1);
    assert_eq!(
        heard.header("authorization"),
        Some(&*format!("Basic {signed_in}"))
    );
    assert_eq!(
        heard.header("content-type"),
        Some("application/x-www-form-urlencoded")
    );
    assert!(heard.header("user-agent").unwrap().starts_with("standby/"));
    assert_eq!(heard.header("cookie"), None);
}

#[tokio::test]
async fn a_code_arrives_letter_for_letter_and_waits_no_longer_than_it_is_valid() {
    let at = Listener::start().await;
    at.when("POST", [Then::Answers(201, message_taken())]);
    let mut settings = settings(&at.address());
    settings.looks_up = false;
    let service = MessagingServiceSid::parse("MG0123456789abcdef0123456789abcdef").unwrap();
    settings.sender = Sender::MessagingService(service.clone());
    let twilio = Twilio::new(settings).unwrap();
    twilio.hand_over(&text(TextPurpose::Code)).await;
    let [heard] = at.heard().try_into().unwrap();
    assert_eq!(
        heard.form(),
        fields(&[
            ("To", NUMBER),
            ("MessagingServiceSid", service.as_str()),
            ("Body", &words_of(TextPurpose::Code)),
            ("StatusCallback", &callback()),
            ("ValidityPeriod", "600"),
        ])
    );
}

#[tokio::test]
async fn what_a_cancel_tells_may_come_late() {
    let at = Listener::start().await;
    at.when("POST", [Then::Answers(201, message_taken())]);
    twilio(&at).hand_over(&text(TextPurpose::Cancelled)).await;
    let [heard] = at.heard().try_into().unwrap();
    assert!(
        heard
            .form()
            .iter()
            .all(|(name, _)| name != "ValidityPeriod")
    );
}

#[tokio::test]
async fn a_code_of_twilios_own_is_asked_of_verify() {
    let at = Listener::start().await;
    let verification = format!(r#"{{"sid":"{VERIFICATION}","status":"pending"}}"#);
    at.when("POST", [Then::Answers(201, verification)]);
    let mut settings = settings(&at.address());
    settings.looks_up = false;
    let handed_over = Twilio::new(settings)
        .unwrap()
        .hand_over(&providers_code())
        .await;
    assert_eq!(handed_over, HandedOver::Taken(taken(VERIFICATION)));
    let [heard] = at.heard().try_into().unwrap();
    assert_eq!(
        heard.asked,
        format!("POST /v2/Services/{SERVICE}/Verifications")
    );
    assert_eq!(heard.form(), fields(&[("To", NUMBER), ("Channel", "sms")]));
    assert!(heard.header("authorization").unwrap().starts_with("Basic "));
}

#[tokio::test]
async fn nothing_is_asked_for_what_is_no_number() {
    let at = Listener::start().await;
    for number in [
        "",
        "61491570006",
        "+1234567",
        "+1234567890123456",
        "+61491/../x",
        "+6149157000６",
    ] {
        let text = OutgoingText {
            to: PhoneNumber::from_stored(number.to_owned()),
            ..text(TextPurpose::Code)
        };
        let refused = HandedOver::Refused(SmsFailure::InvalidNumber);
        assert_eq!(twilio(&at).hand_over(&text).await, refused, "{number}");
    }
    assert_eq!(at.connections(), 0);
}

#[tokio::test]
async fn without_a_verify_service_no_code_of_twilios_own_is_asked_for() {
    let at = Listener::start().await;
    let mut settings = settings(&at.address());
    settings.verify_service = None;
    settings.looks_up = false;
    let refused = HandedOver::Refused(SmsFailure::ProviderUnavailable);
    let handed_over = Twilio::new(settings)
        .unwrap()
        .hand_over(&providers_code())
        .await;
    assert_eq!(handed_over, refused);
    assert_eq!(at.connections(), 0);
}
