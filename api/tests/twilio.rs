//! Twilio as this server asks it, over real sockets: what is asked, what becomes of each answer and of
//! each way not to answer, and what never shows.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what a test expects and does not find is the test's failure, in its helpers too"
)]

#[path = "twilio/answers.rs"]
mod answers;
#[path = "twilio/asking.rs"]
mod asking;
#[path = "twilio/checking.rs"]
mod checking;
#[path = "twilio/finding.rs"]
mod finding;
#[path = "twilio/landline.rs"]
mod landline;
#[path = "twilio/listener.rs"]
mod listener;
#[path = "twilio/nothing_shows.rs"]
mod nothing_shows;
#[path = "twilio/only_our_connections.rs"]
mod only_our_connections;
#[path = "twilio/setting_up.rs"]
mod setting_up;

use listener::{Listener, Then};
use standby::adapters::twilio::Twilio;
use standby::adapters::twilio::settings::{Address, TwilioSettings};
use standby::domain::delivery::{Progress, SmsState};
use standby::domain::id::TextId;
use standby::domain::phone_number::PhoneNumber;
use standby::domain::text::{PublicUrl, TextBody, TextPurpose, Words};
use standby::domain::time::Timestamp;
use standby::ports::texter::{OutgoingText, Taken};
use std::time::Duration;

const ACCOUNT: &str = "AC0123456789abcdef0123456789ABCDEF";
const TOKEN: &str = "5ecre7-5ecre7-5ecre7";
const SERVICE: &str = "VA0123456789abcdef0123456789abcdef";
const MESSAGE: &str = "SM0123456789abcdef0123456789abcdef";
const VERIFICATION: &str = "VE0123456789abcdef0123456789abcdef";
const NUMBER: &str = "+61491570006";
/// 2026-03-02T08:15:30Z
const COMMITTED: Timestamp = Timestamp::from_millis(1_772_439_330_000);

/// Settings with every API at one address.
fn settings(at: &str) -> TwilioSettings {
    let mut settings = settings_of(&[
        ("TWILIO_ACCOUNT_SID", ACCOUNT),
        ("TWILIO_AUTH_TOKEN", TOKEN),
        ("TWILIO_FROM", "+15005550006"),
        ("TWILIO_VERIFY_SERVICE_SID", SERVICE),
    ]);
    let at = Address::parse(at).unwrap();
    settings.addresses.api = at.clone();
    settings.addresses.verify = at.clone();
    settings.addresses.lookups = at;
    for limit in limits_of(&mut settings) {
        // No test waits for these; a busy machine has time to answer.
        *limit = Duration::from_secs(20);
    }
    settings
}

fn settings_of(variables: &[(&str, &str)]) -> TwilioSettings {
    let public_url = PublicUrl::parse("https://standby.example").unwrap();
    let read = |name: &str| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    TwilioSettings::read(read, &public_url).unwrap().unwrap()
}

fn limits_of(settings: &mut TwilioSettings) -> [&mut Duration; 3] {
    let connecting = &mut settings.connecting;
    [
        &mut connecting.answered_within,
        &mut connecting.looked_up_within,
        &mut connecting.looked_for_within,
    ]
}

fn twilio(at: &Listener) -> Twilio {
    Twilio::new(settings(&at.address())).unwrap()
}

/// The settings, with time limits that a test can wait for where it has to.
fn settings_for(at: &str, then: &Then) -> TwilioSettings {
    let mut settings = settings(at);
    if matches!(then, Then::Hangs | Then::WritesAndHangs(_)) {
        for limit in limits_of(&mut settings) {
            *limit = Duration::from_millis(300);
        }
    }
    settings
}

fn text(purpose: TextPurpose) -> OutgoingText {
    OutgoingText {
        id: TextId::new([7; 16]),
        purpose,
        to: PhoneNumber::from_stored(NUMBER.to_owned()),
        words: Words::Ours(TextBody(words_of(purpose))),
        committed_at: COMMITTED,
    }
}

fn words_of(purpose: TextPurpose) -> String {
    match purpose {
        TextPurpose::Code => {
            "042042 is your code & more: 100 %+é.\n\n@standby.example #042042".to_owned()
        }
        TextPurpose::Recall => "Come back: https://standby.example/w#ctoken".to_owned(),
        TextPurpose::Cancelled => "Cancelled.".to_owned(),
    }
}

/// A code that Twilio makes and words.
fn providers_code() -> OutgoingText {
    OutgoingText {
        words: Words::Providers,
        ..text(TextPurpose::Code)
    }
}

fn taken(provider_id: &str) -> Taken {
    Taken {
        provider_id: provider_id.to_owned(),
        progress: Progress {
            state: SmsState::Sent,
            failure: None,
        },
    }
}

/// What Twilio answers to a message that it has just taken.
fn message_taken() -> String {
    format!(
        r#"{{"sid":"{MESSAGE}","status":"queued","error_code":null,"to":"{NUMBER}","num_segments":"1"}}"#
    )
}

/// What Twilio answers when it refuses.
fn refusal(status: u16, code: i64) -> String {
    format!(
        r#"{{"code":{code},"message":"The number {NUMBER} …","more_info":"","status":{status}}}"#
    )
}
