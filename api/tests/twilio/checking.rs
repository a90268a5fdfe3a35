//! A code that Twilio made is checked by Twilio.

use super::listener::{Listener, Then, nobody};
use super::{NUMBER, SERVICE, VERIFICATION, refusal, settings, settings_for};
use standby::adapters::twilio::Twilio;
use standby::domain::phone_number::PhoneNumber;
use standby::domain::secret::SecureCode;
use standby::ports::code_checker::{Checked, CodeChecker as _};

fn number() -> PhoneNumber {
    PhoneNumber::from_stored(NUMBER.to_owned())
}

#[tokio::test]
async fn only_an_approved_code_is_right() {
    let says = |status: &str| {
        let body = format!(r#"{{"sid":"{VERIFICATION}","status":{status},"valid":true}}"#);
        Then::Answers(201, body)
    };
    for (answer, checked) in [
        (says(r#""approved""#), Checked::Right),
        (says(r#""pending""#), Checked::Wrong),
        (says(r#""canceled""#), Checked::Gone),
        (says(r#""max_attempts_reached""#), Checked::Gone),
        (says(r#""expired""#), Checked::Gone),
        (says(r#""deleted""#), Checked::Gone),
        (says(r#""failed""#), Checked::Gone),
        (says(r#""something new""#), Checked::NotNow),
        (says("null"), Checked::NotNow),
        (Then::Answers(201, "garbage".to_owned()), Checked::NotNow),
        (Then::Answers(404, refusal(404, 20404)), Checked::Gone),
        (Then::Answers(429, refusal(429, 60202)), Checked::Gone),
        (Then::Answers(400, refusal(400, 60200)), Checked::Wrong),
        (Then::Answers(429, refusal(429, 20429)), Checked::NotAsked),
        (Then::Answers(429, String::new()), Checked::NotAsked),
        (Then::Answers(429, refusal(429, 60203)), Checked::NotNow),
        (Then::Answers(401, refusal(401, 20003)), Checked::NotNow),
        (Then::Answers(403, refusal(403, 20003)), Checked::NotNow),
        (Then::Answers(408, String::new()), Checked::NotNow),
        (Then::Answers(503, String::new()), Checked::NotNow),
        (Then::Hangs, Checked::NotNow),
        (Then::Resets, Checked::NotNow),
    ] {
        let shown = format!("{answer:?}");
        let at = Listener::start().await;
        let twilio = Twilio::new(settings_for(&at.address(), &answer)).unwrap();
        at.when("POST", [answer]);
        let code = SecureCode::from_number(42_042);
        assert_eq!(twilio.check(&number(), &code).await, checked, "{shown}");
        let [heard] = at.heard().try_into().unwrap();
        assert_eq!(
            heard.asked,
            format!("POST /v2/Services/{SERVICE}/VerificationCheck")
        );
        let form = [("Code", "042042"), ("To", NUMBER)];
        assert_eq!(
            heard.form(),
            form.map(|(name, value)| (name.into(), value.into()))
        );
    }
}

#[tokio::test]
async fn a_code_that_never_reached_twilio_is_neither_right_nor_wrong() {
    let unreachable = Twilio::new(settings(&nobody())).unwrap();
    let code = SecureCode::from_number(1);
    assert_eq!(unreachable.check(&number(), &code).await, Checked::NotAsked);
    let mut settings = settings(&nobody());
    settings.verify_service = None;
    let without_service = Twilio::new(settings).unwrap();
    assert_eq!(
        without_service.check(&number(), &code).await,
        Checked::NotAsked
    );
}
