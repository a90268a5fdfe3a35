//! Names, numbers, codes, links and credentials are in no log line and in nothing that can be printed.

use super::listener::{Listener, Then, nobody};
use super::{NUMBER, TOKEN, providers_code, refusal, settings, settings_for, text, words_of};
use base64::Engine as _;
use standby::adapters::twilio::Twilio;
use standby::domain::phone_number::PhoneNumber;
use standby::domain::secret::SecureCode;
use standby::domain::text::TextPurpose;
use standby::ports::code_checker::CodeChecker as _;
use standby::ports::texter::Texter as _;
use std::io::Write;
use std::sync::{Arc, Mutex};
use tracing_subscriber::fmt::MakeWriter;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Lines {
    fn read(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// Everything that is logged at all, by whoever logs it.
fn listen() -> (Lines, tracing::subscriber::DefaultGuard) {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(lines.clone())
        .with_ansi(false)
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    (lines, guard)
}

fn secrets() -> Vec<String> {
    let account = super::ACCOUNT;
    let encode = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
    vec![
        NUMBER.trim_start_matches('+').to_owned(),
        "491570006".to_owned(),
        "5005550006".to_owned(),
        "042042".to_owned(),
        "ctoken".to_owned(),
        words_of(TextPurpose::Recall),
        TOKEN.to_owned(),
        encode(&format!("{account}:{TOKEN}")),
        "Basic ".to_owned(),
    ]
}

#[tokio::test]
async fn no_secret_is_logged_whatever_goes_wrong() {
    let (lines, _guard) = listen();
    let echo = format!(r#"{{"code":21211,"message":"{NUMBER} {TOKEN} 042042 ctoken"}}"#);
    let (mut listening, mut asked) = (Vec::new(), Vec::new());
    for then in [
        Then::Answers(400, echo.clone()),
        Then::Answers(201, echo.clone()),
        Then::Answers(401, refusal(401, 20003)),
        Then::Answers(404, echo.clone()),
        Then::Answers(429, echo.clone()),
        Then::Answers(500, echo.clone()),
        Then::Writes(echo.into_bytes()),
        Then::Hangs,
        Then::HangsUp,
        Then::Resets,
    ] {
        let at = Listener::start().await;
        asked.push(settings_for(&at.address(), &then));
        at.when("/", [then]);
        listening.push(at);
    }
    // Where nobody listens, and where nobody understands.
    asked.push(settings(&nobody()));
    let unencrypted = listening[0].address().replace("http:", "https:");
    asked.push(settings_for(&unencrypted, &Then::Hangs));
    for settings in asked {
        let twilio = Twilio::new(settings).unwrap();
        for purpose in [TextPurpose::Code, TextPurpose::Recall] {
            twilio.hand_over(&text(purpose)).await;
            twilio.find(&text(purpose)).await;
        }
        twilio.hand_over(&providers_code()).await;
        twilio.find(&providers_code()).await;
        let number = PhoneNumber::from_stored(NUMBER.to_owned());
        let code = SecureCode::from_number(42_042);
        twilio.check(&number, &code).await;
    }
    let logged = lines.read();
    // Else nothing was listened to.
    assert!(
        logged.contains("a refusal") && logged.contains("no answer in time"),
        "{logged}"
    );
    assert!(logged.contains("21211"), "{logged}");
    for secret in secrets() {
        assert!(!logged.contains(&secret), "{secret} is logged");
    }
}

#[tokio::test]
async fn whoever_runs_the_server_is_told_once_that_twilio_turns_it_away() {
    let (lines, _guard) = listen();
    let at = Listener::start().await;
    at.when("POST", [Then::Answers(401, refusal(401, 20003))]);
    let twilio = super::twilio(&at);
    for _ in 0..3 {
        twilio.hand_over(&text(TextPurpose::Recall)).await;
    }
    let logged = lines.read();
    assert_eq!(logged.matches("ERROR").count(), 1, "{logged}");
    assert_eq!(
        logged.matches("turns this server away").count(),
        1,
        "{logged}"
    );
    assert_eq!(logged.matches("WARN").count(), 2, "{logged}");
}

#[tokio::test]
async fn nothing_that_can_be_printed_holds_a_secret() {
    let settings = settings("https://api.twilio.com");
    let code = text(TextPurpose::Code);
    let twilio = Twilio::new(settings.clone()).unwrap();
    let shown = format!("{settings:?} {twilio:?} {code:?}");
    for secret in secrets() {
        assert!(!shown.contains(&secret), "{secret} is shown");
    }
}
