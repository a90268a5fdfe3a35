//! No connection is ever made by the stack that twilio-rs brings with it.

use super::listener::{Listener, Then};
use super::{NUMBER, message_taken, providers_code, refusal, settings, settings_for, text};
use standby::adapters::twilio::Twilio;
use standby::adapters::twilio::settings::Address;
use standby::domain::phone_number::PhoneNumber;
use standby::domain::secret::SecureCode;
use standby::domain::text::TextPurpose;
use standby::ports::code_checker::CodeChecker as _;
use standby::ports::texter::{Found, HandedOver, Texter as _};
use std::process::Command;

/// Twilio's address is a place where somebody listens, and our own connections are told to go by way of
/// another. Whatever the library's stack connects to is the address itself: it knows of no other way. So
/// each connection there is one of its.
#[tokio::test]
async fn whatever_is_asked_and_however_it_ends_nobody_goes_around_our_transport() {
    let (address, way) = (Listener::start().await, Listener::start().await);
    address.when("/", [Then::Answers(201, message_taken())]);
    let mut asked = 0;
    for then in [
        Then::Answers(201, message_taken()),
        Then::Answers(400, refusal(400, 21211)),
        Then::Answers(302, String::new()),
        Then::Answers(401, refusal(401, 20003)),
        Then::Answers(407, String::new()),
        Then::Answers(429, refusal(429, 20429)),
        Then::Answers(503, String::new()),
        Then::Writes(b"garbage".to_vec()),
        Then::Hangs,
        Then::HangsUp,
        Then::Resets,
    ] {
        let mut settings = settings_for(&address.address(), &then);
        way.when("/", [then]);
        settings.connecting.by_way_of = Address::parse(&way.address());
        let twilio = Twilio::new(settings).unwrap();
        for purpose in [
            TextPurpose::Code,
            TextPurpose::Recall,
            TextPurpose::Cancelled,
        ] {
            twilio.hand_over(&text(purpose)).await;
            twilio.find(&text(purpose)).await;
        }
        twilio.hand_over(&providers_code()).await;
        twilio.find(&providers_code()).await;
        let number = PhoneNumber::from_stored(NUMBER.to_owned());
        twilio.check(&number, &SecureCode::from_number(1)).await;
        // Of the lookups, that of the second code may be remembered.
        let heard = way.heard().len();
        assert!((asked + 8..=asked + 10).contains(&heard), "{heard}");
        asked = heard;
    }
    for what in [
        "Messages.json",
        "Messages.json?",
        "PhoneNumbers",
        "Verifications",
        "Check",
    ] {
        assert!(!way.heard_of(what).is_empty(), "{what} was never asked");
    }
    assert_eq!(address.connections(), 0, "not by way of our transport");
}

/// The same when our way is closed: there is no other to fall back to.
#[tokio::test]
async fn when_our_way_is_closed_there_is_no_other() {
    let address = Listener::start().await;
    address.when("/", [Then::Answers(201, message_taken())]);
    let mut settings = settings(&address.address());
    settings.connecting.by_way_of = Address::parse(&super::listener::nobody());
    let twilio = Twilio::new(settings).unwrap();
    let recall = text(TextPurpose::Recall);
    assert_eq!(twilio.hand_over(&recall).await, HandedOver::NotNow);
    assert_eq!(twilio.find(&recall).await, Found::NotSeen);
    assert_eq!(address.connections(), 0);
}

/// One that has idled may be closed in the moment in which a text is written to it.
#[tokio::test]
async fn a_connection_is_used_once() {
    let at = Listener::start().await;
    let body = message_taken();
    let answer = format!(
        "HTTP/1.1 201 Created\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    at.when("/", [Then::WritesAndHangs(answer.into_bytes())]);
    let twilio = super::twilio(&at);
    for used in 1..=3 {
        let handed_over = twilio.hand_over(&text(TextPurpose::Recall)).await;
        assert!(
            matches!(handed_over, HandedOver::Taken(_)),
            "{handed_over:?}"
        );
        assert_eq!(at.connections(), used);
    }
}

/// In a process of its own, which is told of proxies where nobody is.
#[test]
fn what_the_environment_says_of_proxies_is_for_others() {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg("asking::");
    for name in [
        "http_proxy",
        "HTTP_PROXY",
        "https_proxy",
        "HTTPS_PROXY",
        "all_proxy",
        "ALL_PROXY",
    ] {
        command.env(name, "http://127.0.0.1:1");
    }
    let asked = command
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&asked.stdout);
    assert!(asked.status.success(), "{said}");
    assert!(
        said.contains(" 0 failed") && !said.contains(" 0 passed"),
        "{said}"
    );
}

/// And by the source: the library's clients are made in one function, which gives each our middleware,
/// and that middleware does not even name what it is given to pass a request on with.
#[test]
fn the_librarys_clients_are_made_in_one_place_and_pass_nothing_on() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![folder];
    let (mut made, mut named) = (Vec::new(), Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let source = std::fs::read_to_string(&path).unwrap_or_default();
            let code: String = source
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"))
                .flat_map(|line| [line.trim(), " "])
                .collect();
            let is_transport = path.ends_with("adapters/twilio/transport.rs");
            if code.contains("httpclient") && !is_transport {
                named.push(path.display().to_string());
            }
            for maker in [
                "TwilioClient::new",
                "TwilioClient::from_env",
                "httpclient::Client",
            ] {
                made.extend(code.matches(maker).map(|_| (maker, is_transport)));
            }
            if is_transport {
                assert_eq!(code.matches("Next").count(), 2, "an import and a parameter");
                assert!(code.contains("_: Next<'_>"), "a parameter without a name");
                assert_eq!(code.matches(".with_middleware(SendsItself").count(), 1);
            }
        }
    }
    assert_eq!(named, Vec::<String>::new());
    // One that asks nothing, to see that one can be made, and the one for all requests.
    assert_eq!(made, [("TwilioClient::new", true); 2]);
}
