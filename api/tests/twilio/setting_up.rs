//! What has to be set, and what is said when it is not right.

use super::{ACCOUNT, SERVICE, TOKEN, settings};
use standby::adapters::twilio::Twilio;
use standby::adapters::twilio::settings::{Sender, SenderName, TwilioSettings, WrongSetting};
use standby::domain::text::PublicUrl;
use std::process::Command;
use std::time::Duration;

const FROM: &str = "+15005550006";
const POOL: &str = "MG0123456789abcdef0123456789abcdef";

fn read(variables: &[(&str, &str)]) -> Result<Option<TwilioSettings>, WrongSetting> {
    read_at("https://standby.example", variables)
}

fn read_at(
    public_url: &str,
    variables: &[(&str, &str)],
) -> Result<Option<TwilioSettings>, WrongSetting> {
    let value = |name: &str| {
        // What is said last counts.
        let found = variables.iter().rev().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    TwilioSettings::read(value, &PublicUrl::parse(public_url).unwrap())
}

fn and(more: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    let mut variables = vec![
        ("TWILIO_ACCOUNT_SID", ACCOUNT),
        ("TWILIO_AUTH_TOKEN", TOKEN),
        ("TWILIO_FROM", FROM),
    ];
    variables.extend(more);
    variables
}

#[test]
fn without_settings_there_is_no_twilio() {
    assert!(read(&[]).unwrap().is_none());
    assert!(read(&[("TWILIO_ACCOUNT_SID", "  ")]).unwrap().is_none());
}

#[test]
fn an_account_a_token_and_a_sender_are_enough() {
    let settings = read(&and(&[])).unwrap().unwrap();
    assert_eq!(settings.addresses.api.as_str(), "https://api.twilio.com");
    assert_eq!(
        settings.addresses.verify.as_str(),
        "https://verify.twilio.com"
    );
    assert_eq!(
        settings.addresses.lookups.as_str(),
        "https://lookups.twilio.com"
    );
    assert_eq!(settings.auth_token.reveal(), TOKEN);
    assert_eq!(
        settings.sender,
        Sender::From(SenderName::parse(FROM).unwrap())
    );
    assert!(settings.looks_up);
    assert!(settings.verify_service.is_none());
    assert_eq!(settings.connecting.connected_within, Duration::from_secs(5));
    assert_eq!(settings.connecting.answered_within, Duration::from_secs(15));
    assert!(settings.connecting.by_way_of.is_none());
    Twilio::new(settings).unwrap();
    let more = and(&[
        ("TWILIO_FROM", ""),
        ("TWILIO_MESSAGING_SERVICE_SID", POOL),
        ("TWILIO_VERIFY_SERVICE_SID", SERVICE),
        ("TWILIO_LOOKUP", "off"),
        ("TWILIO_API_URL", "http://127.0.0.1:4010/"),
        ("TWILIO_VERIFY_URL", "http://[::1]:4011"),
        ("TWILIO_LOOKUPS_URL", "https://lookups.example:8443"),
    ]);
    let settings = read(&more).unwrap().unwrap();
    assert!(matches!(settings.sender, Sender::MessagingService(_)));
    assert!(!settings.looks_up);
    assert_eq!(settings.addresses.api.as_str(), "http://127.0.0.1:4010");
    assert_eq!(settings.addresses.verify.as_str(), "http://[::1]:4011");
    assert_eq!(
        settings.addresses.lookups.as_str(),
        "https://lookups.example:8443"
    );
}

#[test]
fn what_is_missing_or_wrong_is_named_and_not_repeated() {
    let half = ("TWILIO_ACCOUNT_SID", "AC0123");
    let cases: [(&str, Vec<(&str, &str)>); 22] = [
        ("TWILIO_ACCOUNT_SID", vec![("TWILIO_FROM", FROM)]),
        ("TWILIO_AUTH_TOKEN", vec![("TWILIO_ACCOUNT_SID", ACCOUNT)]),
        ("TWILIO_FROM", and(&[("TWILIO_FROM", "")])),
        (
            "TWILIO_FROM",
            and(&[("TWILIO_MESSAGING_SERVICE_SID", POOL)]),
        ),
        ("TWILIO_ACCOUNT_SID", and(&[half])),
        ("TWILIO_ACCOUNT_SID", and(&[("TWILIO_ACCOUNT_SID", POOL)])),
        (
            "TWILIO_AUTH_TOKEN",
            and(&[("TWILIO_AUTH_TOKEN", "two words")]),
        ),
        (
            "TWILIO_AUTH_TOKEN",
            and(&[("TWILIO_AUTH_TOKEN", "t\u{f6}ken")]),
        ),
        ("TWILIO_FROM", and(&[("TWILIO_FROM", "+1234")])),
        ("TWILIO_FROM", and(&[("TWILIO_FROM", "12")])),
        ("TWILIO_FROM", and(&[("TWILIO_FROM", "Twelve Chars")])),
        ("TWILIO_FROM", and(&[("TWILIO_FROM", "+ & -")])),
        (
            "TWILIO_MESSAGING_SERVICE_SID",
            and(&[("TWILIO_MESSAGING_SERVICE_SID", SERVICE)]),
        ),
        (
            "TWILIO_VERIFY_SERVICE_SID",
            and(&[("TWILIO_VERIFY_SERVICE_SID", POOL)]),
        ),
        ("TWILIO_LOOKUP", and(&[("TWILIO_LOOKUP", "no")])),
        (
            "TWILIO_API_URL",
            and(&[("TWILIO_API_URL", "http://api.twilio.com")]),
        ),
        (
            "TWILIO_API_URL",
            and(&[("TWILIO_API_URL", "ftp://127.0.0.1")]),
        ),
        (
            "TWILIO_API_URL",
            and(&[("TWILIO_API_URL", "twilio.example")]),
        ),
        (
            "TWILIO_VERIFY_URL",
            and(&[("TWILIO_VERIFY_URL", "https://a:b@127.0.0.1")]),
        ),
        (
            "TWILIO_VERIFY_URL",
            and(&[("TWILIO_VERIFY_URL", "https://127.0.0.1/v2")]),
        ),
        (
            "TWILIO_LOOKUPS_URL",
            and(&[("TWILIO_LOOKUPS_URL", "https://127.0.0.1/?a")]),
        ),
        (
            "TWILIO_LOOKUPS_URL",
            and(&[("TWILIO_LOOKUPS_URL", "http://127.0.0.1.example")]),
        ),
    ];
    for (variable, variables) in cases {
        let wrong = read(&variables).expect_err(variable);
        assert_eq!(wrong.variable, variable, "{variables:?}");
        let said = wrong.to_string();
        assert!(said.starts_with(variable), "{said}");
        for (_, value) in variables.iter().filter(|(_, value)| value.len() > 3) {
            assert!(!said.contains(value) || *value == FROM, "{said}");
        }
    }
}

#[test]
fn twilio_must_be_able_to_report_back() {
    for (public_url, api, is_wrong) in [
        ("http://127.0.0.1:8080", "https://api.twilio.com", true),
        ("http://localhost", "https://api.twilio.com", true),
        ("http://127.0.0.1:8080", "http://127.0.0.1:4010", false),
        ("https://standby.example", "http://127.0.0.1:4010", false),
    ] {
        let mut variables = and(&[]);
        variables.push(("TWILIO_API_URL", api));
        let wrong = read_at(public_url, &variables)
            .err()
            .map(|wrong| wrong.variable);
        assert_eq!(
            wrong,
            is_wrong.then_some("PUBLIC_URL"),
            "{public_url} {api}"
        );
    }
}

#[test]
fn a_name_cannot_be_answered() {
    for (sender, takes_replies) in [
        (FROM, true),
        ("12345", true),
        ("Clinic", false),
        ("My Clinic-1", false),
    ] {
        let sender = Sender::From(SenderName::parse(sender).unwrap());
        assert_eq!(sender.takes_replies(), takes_replies, "{sender:?}");
    }
}

/// In a process of its own: the certificates are read once in the life of one.
#[test]
fn a_machine_without_certificates_is_told_so_at_the_start() {
    for file in ["/nowhere/certificates.pem", "/dev/null"] {
        let told = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "setting_up::on_a_machine_without_certificates"])
            .args(["--ignored", "--nocapture"])
            .env("SSL_CERT_FILE", file)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&told.stdout);
        assert!(told.status.success(), "{said}");
        assert!(said.contains("1 passed"), "{said}");
        assert!(
            said.contains("install the package ca-certificates"),
            "{said}"
        );
    }
}

#[test]
#[ignore = "run by the test above, with the environment that it is about"]
fn on_a_machine_without_certificates() {
    let not_ready = Twilio::new(settings("https://api.twilio.com")).unwrap_err();
    println!("{not_ready}");
}
