//! Real texts: the server and a Twilio that Twilio's own description checks, where that is there.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "what a test expects and does not find is the test's failure, in its helpers too"
)]

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use serde_json::{Value, json};
use standby_tests::{
    Answer, Asker, Caller, FakeTwilio, Role, Server, Staff, TextMessage, TwilioMessage,
    TwilioRequest, refusal, until, until_within,
};
use std::time::Duration;

/// Where Twilio is to reach a server that stands behind a proxy.
const PUBLIC_URL: &str = "https://standby.example";

/// A server that takes the fake for Twilio.
async fn server_with(twilio: &FakeTwilio, more: &[(&str, &str)]) -> Server {
    let settings: Vec<(&str, &str)> = twilio
        .settings()
        .into_iter()
        .chain(more.iter().copied())
        .collect();
    Server::start_with(&settings).await
}

/// What staff see of a caller's texts.
async fn texts(staff: &Staff, caller: &Caller) -> Value {
    let query = "query ($id: ID!) { node(id: $id) { ...on Caller { status textsStopped \
                 phone { isVerified } recall { sms { state failure } reply { answer } } } } }";
    let mut data = staff.asker.data(query, json!({ "id": caller.id })).await;
    data["node"].take()
}

/// Waits until what staff see at `pointer` is `expected`.
async fn until_seen(staff: &Staff, caller: &Caller, pointer: &str, expected: &str) {
    let sentence = format!("{pointer} is {expected}");
    until(&sentence, async || {
        let texts = texts(staff, caller).await;
        (texts.pointer(pointer).and_then(Value::as_str) == Some(expected)).then_some(())
    })
    .await;
}

/// What the caller sees of the code that is outstanding.
async fn code(caller: &Caller) -> Value {
    let query = "{ viewer { ...on CallerSession { caller { verification { attemptsLeft \
                 sms { state failure } } } } } }";
    let mut data = caller.asker.data(query, json!({})).await;
    data["viewer"]["caller"]["verification"].take()
}

/// Waits until the caller sees why the text with the code has failed.
async fn until_code_failed(caller: &Caller, failure: &str) {
    let sentence = format!("the code's text has failed: {failure}");
    until(&sentence, async || {
        (code(caller).await["sms"]["failure"] == failure).then_some(())
    })
    .await;
}

async fn ask_for_a_code(caller: &Caller) {
    let asked = caller.asker.accepted("sendVerificationCode", json!({}), "");
    asked.await;
}

/// A message as a phone shows it.
fn text_of(message: TwilioMessage) -> TextMessage {
    TextMessage {
        to: message.to,
        body: message.body,
        at: String::new(),
    }
}

/// Has a code sent by the fake and enters it.
async fn verify(caller: &Caller, twilio: &FakeTwilio) {
    ask_for_a_code(caller).await;
    let text = text_of(twilio.message_to(&caller.number, 1).await);
    let code = text.code().expect("the text ends in its code");
    let input = json!({ "code": code });
    let verified = caller
        .asker
        .accepted("verifyPhone", input, "caller { phone { isVerified } }");
    assert_eq!(verified.await["caller"]["phone"]["isVerified"], true);
}

/// Has the number verified, and the screen hidden.
async fn go_offline(caller: &Caller, twilio: &FakeTwilio) {
    verify(caller, twilio).await;
    assert_eq!(caller.look_away().await["status"], "OFFLINE");
}

async fn arrive_offline(server: &Server, twilio: &FakeTwilio, number: u32) -> Caller {
    let caller = Caller::arrive(server, number).await;
    go_offline(&caller, twilio).await;
    caller
}

/// All that was told to the server was believed, and answered in time for Twilio. How soon the
/// server itself answers has a test of its own: here it shares the machine with all the others.
async fn assert_all_news_was_heard(twilio: &FakeTwilio) {
    twilio.until_callbacks_are_answered().await;
    for told in twilio.callbacks().await {
        assert!(
            told.answered
                .is_some_and(|status| (200..300).contains(&status)),
            "{} of {} was answered {:?}: {:?}",
            told.status,
            told.sid,
            told.answered,
            told.error
        );
        assert!(told.milliseconds.is_some_and(|took| took < 3000.0));
    }
}

#[tokio::test]
async fn codes_and_recalls_go_out_as_real_texts_and_staff_see_what_became_of_each() {
    let twilio = FakeTwilio::start().await;
    let server = server_with(&twilio, &[("TEXT_REPLIES", "on")]).await;
    let staff = server.admin().await;
    let inbound = format!("{}/twilio/inbound", server.origin());

    // A code: the line is looked up first, and the text says nothing but the code.
    let caller = Caller::arrive(&server, 1).await;
    verify(&caller, &twilio).await;
    let sent = twilio.message_to(&caller.number, 1).await;
    assert_eq!((sent.segments, sent.encoding.as_str()), (1, "GSM-7"));
    assert_eq!(sent.validity_period, Some(600));
    let asked: Vec<String> = twilio
        .requests()
        .await
        .into_iter()
        .map(|request| request.api)
        .collect();
    assert_eq!(asked, ["lookup", "messages"]);

    // A recall: a link, a short validity, and where news of it goes.
    assert_eq!(caller.look_away().await["status"], "OFFLINE");
    staff.attended("recallCaller", &caller.id).await;
    let recall = twilio.message_to(&caller.number, 2).await;
    assert_eq!((recall.segments, recall.encoding.as_str()), (1, "GSM-7"));
    assert_eq!(recall.validity_period, Some(300));
    assert!(recall.body.contains(&format!("{}/w#", server.origin())));
    let callback = recall.status_callback.expect("a place for news");
    assert!(callback.starts_with(&format!("{}/twilio/status/", server.origin())));
    until_seen(&staff, &caller, "/recall/sms/state", "DELIVERED").await;

    // Answers, as they come in.
    for (words, answer) in [("2", "LATER"), (" 1. ", "COMING")] {
        let told = twilio.inbound(&inbound, &caller.number, words, None).await;
        assert_eq!(told.answered, Some(200));
        assert_eq!(
            texts(&staff, &caller).await["recall"]["reply"]["answer"],
            answer
        );
    }
    let story = staff.story(&caller.id).await;
    assert_eq!(
        story[story.len() - 2..],
        ["REPLIED_LATER", "REPLIED_COMING"]
    );

    // Whoever leaves by text has left.
    let leaving = arrive_offline(&server, &twilio, 2).await;
    staff.attended("recallCaller", &leaving.id).await;
    twilio.message_to(&leaving.number, 2).await;
    twilio.inbound(&inbound, &leaving.number, "3", None).await;
    assert_eq!(texts(&staff, &leaving).await["status"], "LEFT");

    // Whoever asks for no texts gets none, and staff know.
    let stopped = arrive_offline(&server, &twilio, 3).await;
    twilio
        .inbound(&inbound, &stopped.number, "STOP", Some("STOP"))
        .await;
    assert_eq!(texts(&staff, &stopped).await["textsStopped"], true);
    let refused = staff.attend("recallCaller", &stopped.id).await;
    assert_eq!(refusal(&refused), "UNAVAILABLE");
    assert_eq!(twilio.messages_to(&stopped.number).await.len(), 1);
    twilio
        .inbound(&inbound, &stopped.number, "START", Some("START"))
        .await;
    assert_eq!(texts(&staff, &stopped).await["textsStopped"], false);
    staff.attended("recallCaller", &stopped.id).await;
    twilio.message_to(&stopped.number, 2).await;

    // A landline is told so before a text is paid for.
    let landline = Caller::arrive(&server, 4).await;
    twilio.line(&landline.number, "landline").await;
    ask_for_a_code(&landline).await;
    until_code_failed(&landline, "LANDLINE").await;
    assert!(twilio.messages_to(&landline.number).await.is_empty());

    // What Twilio refuses, at once or later, in words staff can act on.
    for (number, code, failure) in [
        (11, 21211, "INVALID_NUMBER"),
        (12, 21610, "OPTED_OUT"),
        (13, 21614, "LANDLINE"),
        (14, 21635, "LANDLINE"),
    ] {
        let caller = Caller::arrive(&server, number).await;
        twilio.refuse("messages", &caller.number, code).await;
        ask_for_a_code(&caller).await;
        until_code_failed(&caller, failure).await;
    }
    for (number, code, failure) in [
        (21, 30003, "UNREACHABLE"),
        (22, 30005, "INVALID_NUMBER"),
        (23, 30006, "LANDLINE"),
        (24, 30007, "BLOCKED"),
    ] {
        let caller = Caller::arrive(&server, number).await;
        let steps = json!([
            { "status": "sent", "afterMs": 20 },
            { "status": "undelivered", "errorCode": code, "afterMs": 40 },
        ]);
        twilio
            .plan(json!({ "to": caller.number, "steps": steps }))
            .await;
        ask_for_a_code(&caller).await;
        until_code_failed(&caller, failure).await;
    }
    assert_all_news_was_heard(&twilio).await;
    twilio.assert_no_violations().await;
}

#[tokio::test]
async fn twilio_verify_makes_sends_and_checks_codes_where_that_is_set() {
    let twilio = FakeTwilio::start().await;
    let service = twilio.verify_service_sid().to_owned();
    let settings = [
        ("VERIFY_WITH", "twilio-verify"),
        ("TWILIO_VERIFY_SERVICE_SID", service.as_str()),
    ];
    let server = server_with(&twilio, &settings).await;
    let caller = Caller::arrive(&server, 1).await;
    ask_for_a_code(&caller).await;
    let right = until("Twilio has made a code", async || {
        twilio.verification_code(&caller.number).await
    })
    .await;
    let enter = async |code: &str| {
        let input = json!({ "code": code });
        caller
            .asker
            .mutate("verifyPhone", input, "caller { phone { isVerified } }")
            .await
    };
    let wrong = if right == "123456" {
        "654321"
    } else {
        "123456"
    };
    assert_eq!(refusal(&enter(wrong).await), "CODE_REJECTED code");
    assert_eq!(code(&caller).await["attemptsLeft"], 4);
    let verified = enter(&right).await;
    assert_eq!(verified["userErrors"], json!([]));
    assert_eq!(verified["caller"]["phone"]["isVerified"], true);
    // A retried request is the same one.
    assert_eq!(enter(&right).await["userErrors"], json!([]));
    let checks = twilio.requests().await;
    assert_eq!(
        checks
            .iter()
            .filter(|request| request.api == "check")
            .count(),
        2
    );
    assert!(twilio.messages().await.is_empty(), "no text of our own");

    // No more than five are looked at, by Twilio or by anybody.
    let guesser = Caller::arrive(&server, 2).await;
    ask_for_a_code(&guesser).await;
    until("Twilio has made a code", async || {
        twilio.verification_code(&guesser.number).await
    })
    .await;
    for _ in 0..8 {
        let input = json!({ "code": "000000" });
        let payload = guesser.asker.mutate("verifyPhone", input, "").await;
        assert!(["CODE_REJECTED code", "RATE_LIMITED code"].contains(&refusal(&payload).as_str()));
    }
    let checks = twilio.requests().await;
    let of_guesser = checks.iter().filter(|request| {
        request.api == "check" && request.to.as_deref() == Some(guesser.number.as_str())
    });
    assert_eq!(of_guesser.count(), 5);
    twilio.assert_no_violations().await;
}

#[tokio::test]
async fn a_text_that_may_have_gone_out_is_looked_for_and_never_sent_again() {
    let twilio = FakeTwilio::start().await;
    twilio.set(json!({ "listLagMs": 2500 })).await;
    let server = server_with(&twilio, &[]).await;
    let staff = server.admin().await;
    // Taken, and the answer lost, in three ways; no news comes.
    twilio.plan(json!({ "steps": [] })).await;
    let mut taken = Vec::new();
    for (number, fault) in [
        (1, "accept-then-reset"),
        (2, "accept-then-500"),
        (3, "accept-then-garbage"),
    ] {
        let caller = arrive_offline(&server, &twilio, number).await;
        twilio
            .fault(json!({ "api": "messages", "to": caller.number, "fault": fault }))
            .await;
        staff.attended("recallCaller", &caller.id).await;
        taken.push(caller);
    }
    // Not taken, and nobody can tell: only the list, which never shows it.
    let lost = arrive_offline(&server, &twilio, 4).await;
    twilio
        .fault(json!({ "api": "messages", "to": lost.number, "fault": "500" }))
        .await;
    staff.attended("recallCaller", &lost.id).await;
    // Turned away for now, and certainly not taken.
    let busy = arrive_offline(&server, &twilio, 5).await;
    twilio
        .fault(json!({ "api": "messages", "to": busy.number, "fault": "429", "count": 2 }))
        .await;
    staff.attended("recallCaller", &busy.id).await;
    // News settles it before the list does.
    let told = arrive_offline(&server, &twilio, 6).await;
    twilio
        .plan(json!({ "to": told.number, "steps": [{ "status": "delivered", "afterMs": 50 }] }))
        .await;
    twilio
        .fault(json!({ "api": "messages", "to": told.number, "fault": "accept-then-hang" }))
        .await;
    staff.attended("recallCaller", &told.id).await;

    until_seen(&staff, &told, "/recall/sms/state", "DELIVERED").await;
    for caller in &taken {
        let sentence = "the list shows it";
        until_within(Duration::from_secs(30), sentence, async || {
            let texts = texts(&staff, caller).await;
            (texts["recall"]["sms"]["state"] == "SENT").then_some(())
        })
        .await;
    }
    until_seen(&staff, &busy, "/recall/sms/state", "SENT").await;
    server
        .until_texts_are_settled(Duration::from_secs(90))
        .await;
    assert_eq!(
        texts(&staff, &lost).await["recall"]["sms"]["state"],
        "UNKNOWN"
    );
    for caller in taken.iter().chain([&busy, &told]) {
        let recalls = twilio.messages_to(&caller.number).await.len() - 1;
        assert_eq!(recalls, 1, "one recall, one text");
    }
    assert_eq!(
        twilio.messages_to(&lost.number).await.len(),
        1,
        "its code and no recall"
    );
    twilio.assert_no_violations().await;
}

#[tokio::test]
async fn a_failure_that_was_told_while_the_server_was_stopped_is_shown_after_its_start() {
    let twilio = FakeTwilio::start().await;
    let mut server = server_with(&twilio, &[]).await;
    let staff = server.admin().await;
    let caller = arrive_offline(&server, &twilio, 1).await;
    // The code's own news: else that is asked about, too.
    twilio.until_callbacks_are_answered().await;
    twilio.plan(json!({ "steps": [] })).await;
    staff.attended("recallCaller", &caller.id).await;
    until_seen(&staff, &caller, "/recall/sms/state", "SENT").await;
    assert!(server.stop().await);

    // As Twilio does: told once, to nobody, and never again.
    let recall = twilio.message_to(&caller.number, 2).await;
    let told = twilio.fail(&recall.sid, 30006).await;
    assert_eq!(told.answered, None);

    server.start_again().await;
    until_seen(&staff, &caller, "/recall/sms/failure", "LANDLINE").await;
    let seen = texts(&staff, &caller).await;
    assert_eq!(seen["recall"]["sms"]["state"], "FAILED");
    let asked = twilio.requests().await.into_iter();
    let about = asked.filter(|request| request.api == "message");
    assert_eq!(about.count(), 1);
    twilio.assert_no_violations().await;
}

#[tokio::test]
async fn a_recall_goes_out_by_a_messaging_service_where_that_is_set_in_place_of_a_number() {
    let twilio = FakeTwilio::start().await;
    let mut settings = twilio.settings();
    settings.retain(|(name, _)| *name != "TWILIO_FROM");
    let service = twilio.messaging_service_sid();
    settings.push(("TWILIO_MESSAGING_SERVICE_SID", service));
    let server = Server::start_with(&settings).await;
    let staff = server.admin().await;
    let caller = arrive_offline(&server, &twilio, 1).await;
    staff.attended("recallCaller", &caller.id).await;
    until_seen(&staff, &caller, "/recall/sms/state", "DELIVERED").await;
    assert_eq!(twilio.messages_to(&caller.number).await.len(), 2);
    for request in twilio.requests().await {
        if request.api == "messages" {
            let sent_by = |name: &str| request.params.get(name).map(String::as_str);
            assert_eq!(sent_by("MessagingServiceSid"), Some(service));
            assert_eq!(sent_by("From"), None);
        }
    }
    assert_all_news_was_heard(&twilio).await;
    twilio.assert_no_violations().await;
}

/// A server that stands behind a proxy at a public address, with a clinic and somebody of its
/// staff.
async fn public_server(twilio: &FakeTwilio, public_url: &str) -> (Server, Staff) {
    let settings = [
        ("PUBLIC_URL", public_url),
        ("STANDBY_TRUSTED_PROXIES", "127.0.0.1"),
        ("TEXT_REPLIES", "on"),
    ];
    let server = server_with(twilio, &settings).await;
    server.add_clinic("seaside");
    let key = server.add_key("seaside", Role::TeamMember);
    let staff = Staff::new(server.bearer(&key)).await;
    (server, staff)
}

#[tokio::test]
async fn news_is_believed_by_the_public_address_whatever_a_proxy_says_of_host_and_protocol() {
    let twilio = FakeTwilio::start().await;
    let lies = [
        ("X-Forwarded-Host", "evil.example"),
        ("X-Forwarded-Proto", "http"),
        ("X-Forwarded-Port", "8080"),
        ("Forwarded", "host=evil.example;proto=http"),
    ];
    let (server, staff) = public_server(&twilio, PUBLIC_URL).await;
    twilio.connect_to(&server.origin(), &lies).await;
    let caller = Caller::arrive_at(&server, "seaside", 1).await;
    go_offline(&caller, &twilio).await;
    staff.attended("recallCaller", &caller.id).await;
    until_seen(&staff, &caller, "/recall/sms/state", "DELIVERED").await;
    let recall = twilio.message_to(&caller.number, 2).await;
    assert!(recall.body.contains(&format!("{PUBLIC_URL}/w#")));
    let callback = recall.status_callback.expect("a place for news");
    assert!(callback.starts_with(&format!("{PUBLIC_URL}/twilio/status/")));
    let inbound = format!("{PUBLIC_URL}/twilio/inbound");
    let told = twilio.inbound(&inbound, &caller.number, "1", None).await;
    assert_eq!(told.answered, Some(200));
    let seen = texts(&staff, &caller).await;
    assert_eq!(seen["recall"]["reply"]["answer"], "COMING");
    assert_all_news_was_heard(&twilio).await;

    // The same account's signature, for an address that is not this server's: even where that is
    // what the proxy says, and the host that was asked for.
    let elsewhere = "https://elsewhere.example";
    let (server, staff) = public_server(&twilio, elsewhere).await;
    let lies = [
        ("X-Forwarded-Host", "standby.example"),
        ("X-Forwarded-Proto", "https"),
    ];
    twilio.connect_to(&server.origin(), &lies).await;
    twilio.plan(json!({ "steps": [] })).await;
    let caller = Caller::arrive_at(&server, "seaside", 2).await;
    go_offline(&caller, &twilio).await;
    staff.attended("recallCaller", &caller.id).await;
    let recall = twilio.message_to(&caller.number, 2).await;
    until_seen(&staff, &caller, "/recall/sms/state", "SENT").await;
    let right = recall.status_callback.expect("a place for news");
    let wrong = right.replacen(elsewhere, PUBLIC_URL, 1);
    assert_ne!(right, wrong);
    let told = twilio.tell(&wrong, &recall.sid, "delivered").await;
    assert_eq!(told.answered, Some(403));
    let told = twilio.inbound(&inbound, &caller.number, "1", None).await;
    assert_eq!(told.answered, Some(403));
    let seen = texts(&staff, &caller).await;
    assert_eq!(seen["recall"]["sms"]["state"], "SENT");
    assert_eq!(seen["recall"]["reply"], Value::Null);
    let told = twilio.tell(&right, &recall.sid, "delivered").await;
    assert_eq!(told.answered, Some(204));
    until_seen(&staff, &caller, "/recall/sms/state", "DELIVERED").await;
    twilio.assert_no_violations().await;
}

#[tokio::test]
async fn what_twilio_tells_is_answered_in_under_a_second() {
    let twilio = FakeTwilio::unchecked().await;
    let server = server_with(&twilio, &[("TEXT_REPLIES", "on")]).await;
    let staff = server.admin().await;
    twilio.plan(json!({ "steps": [] })).await;
    let caller = arrive_offline(&server, &twilio, 1).await;
    staff.attended("recallCaller", &caller.id).await;
    let recall = twilio.message_to(&caller.number, 2).await;
    let status = recall.status_callback.expect("a place for news");
    let inbound = format!("{}/twilio/inbound", server.origin());
    let mut took = Vec::new();
    for turn in 0..8 {
        for news in ["sending", "sent", "delivered"] {
            let told = twilio.tell(&status, &recall.sid, news).await;
            assert_eq!(told.answered, Some(204));
            took.push(told.milliseconds.expect("it was answered"));
        }
        let words = ["2", "1"][turn % 2];
        let told = twilio.inbound(&inbound, &caller.number, words, None).await;
        assert_eq!(told.answered, Some(200));
        took.push(told.milliseconds.expect("it was answered"));
    }
    // The middle one: of a machine that does much else at the time, a single one may have to wait.
    took.sort_by(f64::total_cmp);
    let middle = took[took.len() / 2];
    assert!(middle < 1000.0, "half of them took {middle} ms or more");
}

/// What nobody may read.
#[derive(Debug)]
enum Secret {
    /// Six digits. Within a longer number, or a word, they are no code.
    Code(String),
    /// Anything that is in no text by chance.
    Words(String),
}

/// Everything that nobody may read.
#[derive(Default)]
struct Secrets(Vec<Secret>);

impl Secrets {
    fn add(&mut self, words: &str) {
        assert!(words.len() > 7, "that may be in a text by chance");
        self.0.push(Secret::Words(words.to_owned()));
    }

    /// A number, by the nine digits that it has in every way of writing it: `+61491570001`,
    /// `%2B61491570001`, `0491570001`.
    fn add_number(&mut self, number: &str) {
        let digits = number.strip_prefix("+61").expect("an Australian number");
        assert_eq!(digits.len(), 9);
        self.add(digits);
    }

    fn add_code(&mut self, code: &str) {
        assert_eq!(code.len(), 6);
        self.0.push(Secret::Code(code.to_owned()));
    }

    /// A whole text, the code in it and the link's token.
    fn add_text(&mut self, text: &TextMessage) {
        self.add_number(&text.to);
        self.add(&text.body);
        if let Some(code) = text.code() {
            self.add_code(code);
        }
        if let Some(token) = text.caller_token() {
            self.add(token);
        }
    }

    /// Nothing of it is in there.
    fn assert_in_none(&self, place: &str, words: &str) {
        let readings = readings(words);
        for secret in &self.0 {
            assert!(
                !holds(&readings, secret),
                "{place} holds what nobody may read, {secret:?}: {:?}",
                words
                    .lines()
                    .find(|line| holds(&self::readings(line), secret))
            );
        }
    }
}

/// How words can be read: as they are, and as an address or a form.
fn readings(words: &str) -> [String; 2] {
    let said: Vec<String> = words.lines().map(without_time).collect();
    let said = said.join("\n");
    [decoded(&said), said]
}

/// Whether a secret is in there, as it is or printed as a string.
fn holds(readings: &[String; 2], secret: &Secret) -> bool {
    readings.iter().any(|words| match secret {
        Secret::Words(secret) => {
            let printed = format!("{secret:?}");
            words.contains(secret.as_str()) || words.contains(printed.trim_matches('"'))
        }
        Secret::Code(code) => words.match_indices(code.as_str()).any(|(place, _)| {
            let (before, after) = (&words[..place], &words[place + code.len()..]);
            is_apart(before.chars().rev()) && is_apart(after.chars())
        }),
    })
}

/// Whether digits end where this begins: neither a word nor a number with a fraction goes on.
fn is_apart(mut further: impl Iterator<Item = char>) -> bool {
    match further.next() {
        Some('.') => !further.next().is_some_and(|next| next.is_ascii_digit()),
        next => !next.is_some_and(char::is_alphanumeric),
    }
}

/// A log line without its colours and without the time it begins with, whose digits are nobody's
/// code.
fn without_time(line: &str) -> String {
    let mut parts = line.split('\u{1b}');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        // `[2m`: parameters, and a letter that ends them. What is no colour stays.
        let colour = part
            .strip_prefix('[')
            .and_then(|part| part.split_once('m'))
            .filter(|(parameters, _)| {
                let mut bytes = parameters.bytes();
                bytes.all(|byte| byte.is_ascii_digit() || byte == b';')
            });
        plain.push_str(colour.map_or(part, |(_, rest)| rest));
    }
    match plain.split_once(' ') {
        Some((first, rest)) if first.parse::<jiff::Timestamp>().is_ok() => rest.to_owned(),
        _ => plain,
    }
}

/// What `%2B` and `+` stand for in an address or a form.
fn decoded(words: &str) -> String {
    let mut bytes = Vec::with_capacity(words.len());
    let mut rest = words.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let escaped = after
            .get(..2)
            .filter(|_| first == b'%')
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(escaped.unwrap_or(first));
        rest = if escaped.is_some() {
            &after[2..]
        } else {
            after
        };
    }
    String::from_utf8_lossy(&bytes).replace('+', " ")
}

#[test]
fn a_secret_is_found_however_it_is_written() {
    let mut secrets = Secrets::default();
    secrets.add_number("+61491570001");
    let [number] = secrets.0.as_slice() else {
        panic!("one secret");
    };
    let token = Secret::Words("cAAAZbbb".to_owned());
    let name = Secret::Words("Canaryname7".to_owned());
    let body = Secret::Words("Come \"back\" now:\n@standby.example #314159".to_owned());
    let code = Secret::Code("314159".to_owned());
    for (line, secret) in [
        ("POST /x?To=%2B61491570001&y=1", number),
        ("to=\"+61491570001\"", number),
        ("2026-11-22T12:00:00.123456Z DEBUG 61491570001Z", number),
        ("typed: 0491570001.", number),
        ("token=\"cAAAZbbb\"", &token),
        ("Zebra /w#cAAAZbbb", &token),
        (
            "{\"timestamp\":\"2026-11-22T12:00:00Z\",\"token\":\"cAAAZbbb\"}",
            &token,
        ),
        ("name=Canaryname7Z", &name),
        (
            "Body=Come+%22back%22+now%3A%0A%40standby.example+%23314159",
            &body,
        ),
        (
            "body: \"Come \\\"back\\\" now:\\n@standby.example #314159\"",
            &body,
        ),
        ("Come \"back\" now:\n@standby.example #314159", &body),
        ("Code=314159&To=x", &code),
        ("Body=x%23314159", &code),
        (
            "\u{1b}[2m2026-11-22T12:00:00.1Z\u{1b}[0m code=\u{1b}[1m314159\u{1b}[0m",
            &code,
        ),
        ("314159 is not a time", &code),
    ] {
        let among = format!("a line\n{line}\nanother");
        for words in [line, among.as_str()] {
            assert!(holds(&readings(words), secret), "{words} holds {secret:?}");
        }
    }
    for line in [
        "2026-11-22T12:00:00.314159Z  INFO served",
        "\u{1b}[2m2026-11-22T12:00:00.314159Z\u{1b}[0m served",
        "bytes=13141590",
        "id=a314159",
    ] {
        assert!(!holds(&readings(line), &code), "{line} holds no code");
    }
}

/// What was said to whoever was refused, or met a fault, with the headers.
struct Answers {
    http: reqwest::Client,
    heard: Vec<String>,
}

impl Answers {
    fn new() -> Self {
        // The first answer is the one to be looked at.
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        Self {
            http: http.build().expect("a client"),
            heard: Vec::new(),
        }
    }

    /// Sends a request, and keeps all of its answer; returns the HTTP status.
    async fn send(&mut self, request: reqwest::RequestBuilder) -> u16 {
        let answer = request.send().await.expect("an answer");
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = answer.text().await.expect("a whole answer");
        self.heard.push(format!("{status} {headers:?}\n{body}"));
        status.as_u16()
    }

    /// Why something was refused, of a payload that may hold more.
    fn refused(&mut self, payload: &Value) {
        assert_ne!(payload["userErrors"], json!([]), "it is refused");
        self.heard.push(payload["userErrors"].to_string());
    }

    /// What is wrong with a question.
    fn wrong(&mut self, answer: &Answer) {
        assert!(!answer.errors.is_empty(), "it is wrong");
        self.heard.push(json!(answer.errors).to_string());
    }
}

/// A canary: a caller with a name that is nowhere else.
async fn arrive_as_canary(server: &Server, secrets: &mut Secrets, number: u32) -> Caller {
    let anonymous = server.anonymous();
    let mut input = Caller::arrival("demo", number);
    let name = format!("Canaryname{number}");
    input["name"] = json!(name);
    let entered = anonymous
        .accepted("enterWaitingArea", input, "token caller { id }")
        .await;
    let caller = Caller::entered(&anonymous, &entered, number);
    secrets.add(&name);
    secrets.add_number(&caller.number);
    secrets.add(caller.asker.token().expect("a caller's token"));
    caller
}

/// Asks in every wrong way, with what nobody may read: what a caller asks, and anybody.
async fn ask_wrongly(server: &Server, caller: &Caller, secrets: &mut Secrets) -> Answers {
    let mut answers = Answers::new();
    let anonymous: Asker = server.anonymous();
    let token = caller.asker.token().expect("a caller's token").to_owned();
    let (number, stranger) = (caller.number.as_str(), "+61491579999");
    secrets.add_number(stranger);
    secrets.add("Canarywrong");

    // GraphQL: refusals.
    for (field, value) in [
        ("phone", json!("+61491579999123456")),
        ("phone", json!("Canarywrong")),
        ("name", json!(" ")),
        ("name", json!("Canarywrong".repeat(100))),
        ("clinicSlug", json!("Canarywrong")),
        ("idempotencyKey", json!("Canarywrong".repeat(100))),
    ] {
        let mut input = Caller::arrival("demo", 9999);
        input["name"] = json!("Canarywrong");
        input[field] = value;
        answers.refused(&anonymous.mutate("enterWaitingArea", input, "").await);
    }
    for code in ["314159", "Canarywrong", number] {
        let input = json!({ "code": code });
        answers.refused(&caller.asker.mutate("verifyPhone", input, "").await);
    }
    secrets.add_code("314159");
    let input = json!({ "token": token });
    answers.refused(&anonymous.mutate("signIn", input, "").await);

    // GraphQL: what cannot be asked.
    let mutation = "mutation ($input: EnterWaitingAreaInput!) { \
                    enterWaitingArea(input: $input) { token } }";
    let question = "query ($id: ID!) { node(id: $id) { id } }";
    let input = json!({ "phone": [number], "name": { "is": "Canarywrong" } });
    let query = format!("{number} {token}");
    for (query, variables) in [
        (mutation, json!({ "input": input })),
        (mutation, json!({ "input": number })),
        (question, json!({ "id": [token] })),
        (query.as_str(), json!({})),
    ] {
        answers.wrong(&anonymous.ask(query, variables).await);
    }

    // HTTP: wrong bodies, wrong tokens, unknown and known addresses.
    let origin = server.origin();
    let http = answers.http.clone();
    let json = (CONTENT_TYPE, "application/json");
    for request in [
        http.post(format!("{origin}/graphql"))
            .header(json.0, json.1)
            .body(format!("{{ \"query\": {number} {token} Canarywrong")),
        http.post(format!("{origin}/graphql"))
            .bearer_auth(format!("{token}Canarywrong"))
            .json(&json!({ "query": "{ viewer { __typename } }" })),
        http.get(format!("{origin}/graphql")).query(&[
            ("query", "{ viewer { id } }"),
            ("token", &token),
            ("to", stranger),
        ]),
        http.get(format!(
            "{origin}/nowhere/{token}?token={token}&name=Canarywrong"
        )),
        http.get(format!("{origin}/w/{token}")),
        http.get(format!("{origin}/console/{token}/%2B61491579999/")),
        http.get(format!("{origin}//evil.example/{token}")),
        http.post(format!("{origin}/twilio/{token}"))
            .form(&[("From", stranger)]),
        http.get(format!("{origin}/twilio/status/{token}")),
        http.get(format!("{origin}/dev/phone/messages?to=%2B61491579999")),
    ] {
        answers.send(request).await;
    }
    // Forged ones, ones without a signature, of a wrong type and too long.
    let forged = [("From", stranger), ("Body", "Canarywrong")];
    let long = "Canarywrong".repeat(10_000);
    for path in ["inbound".to_owned(), format!("status/{token}")] {
        let address = format!("{origin}/twilio/{path}");
        let signed = |signature: &str| {
            http.post(&address)
                .header("X-Twilio-Signature", signature)
                .basic_auth(&token, Some("Canarywrong"))
        };
        let request = signed("AAAAAAAAAAAAAAAAAAAAAAAAAAA=").form(&forged);
        assert_eq!(answers.send(request).await, 403);
        let request = signed("Canarywrong").form(&forged);
        assert_eq!(answers.send(request).await, 403);
        let request = http.post(&address).form(&forged);
        assert_eq!(answers.send(request).await, 403);
        let request = signed("x").json(&json!({ "From": stranger }));
        assert_eq!(answers.send(request).await, 415);
        let request = signed("x").form(&[("Body", &long)]);
        assert_eq!(answers.send(request).await, 413);
    }
    answers
}

/// The addresses of a request to Twilio: its own, but for the two places where Twilio has numbers
/// in them, and the one that Twilio is given.
fn addresses(request: &TwilioRequest) -> String {
    let mut path = request.path.as_str();
    let mut query = request.query.clone();
    match request.api.as_str() {
        "lookup" | "verification" => {
            let (before, last) = path.rsplit_once('/').expect("a path");
            let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
            if last.strip_prefix("%2B").is_some_and(is_number) {
                path = before;
            }
        }
        "list" => {
            query.remove("To");
        }
        _ => {}
    }
    let callback = request.params.get("StatusCallback");
    format!("{path}\n{query:?}\n{}", callback.map_or("", String::as_str))
}

/// How an account's token goes with each request: base64 of a name, a colon and the token.
fn basic_credential(name: &str, token: &str) -> String {
    let request = reqwest::Client::new().get("http://localhost/");
    let request = request.basic_auth(name, Some(token)).build();
    let request = request.expect("a request");
    let header = request.headers()[AUTHORIZATION].to_str();
    let credential = header.ok().and_then(|value| value.strip_prefix("Basic "));
    credential.expect("a credential").to_owned()
}

/// Another server, where Twilio makes the codes: one in doubt, which is looked for by its number,
/// and wrong ones.
async fn have_codes_made(
    twilio: &FakeTwilio,
    secrets: &mut Secrets,
    answers: &mut Answers,
) -> Server {
    let service = twilio.verify_service_sid();
    let settings = [
        ("STANDBY_LOG", "trace"),
        ("VERIFY_WITH", "twilio-verify"),
        ("TWILIO_VERIFY_SERVICE_SID", service),
    ];
    let server = server_with(twilio, &settings).await;
    let caller = arrive_as_canary(&server, secrets, 93).await;
    twilio
        .fault(json!({ "api": "verify", "fault": "accept-then-500" }))
        .await;
    ask_for_a_code(&caller).await;
    let looked_for = until("Twilio is asked about the code", async || {
        let mut requests = twilio.requests().await.into_iter();
        requests.find(|request| request.api == "verification")
    });
    looked_for.await;
    let code = twilio.verification_code(&caller.number).await;
    let code = code.expect("Twilio has made a code");
    secrets.add_code(&code);
    for (fault, entered) in [
        (None, "271828"),
        (Some("500"), code.as_str()),
        (None, &code),
    ] {
        secrets.add_code(entered);
        if let Some(fault) = fault {
            let rule = json!({ "api": "check", "fault": fault });
            twilio.fault(rule).await;
        }
        let input = json!({ "code": entered });
        let entered = caller.asker.mutate("verifyPhone", input, "").await;
        answers.heard.push(entered["userErrors"].to_string());
    }
    server
}

#[tokio::test]
async fn no_number_code_name_or_token_is_in_a_log_an_error_an_address_or_a_metric() {
    let twilio = FakeTwilio::start().await;
    let settings = [("STANDBY_LOG", "trace"), ("TEXT_REPLIES", "on")];
    let server = server_with(&twilio, &settings).await;
    let mut secrets = Secrets::default();
    secrets.add(twilio.auth_token());
    secrets.add(&basic_credential(twilio.account_sid(), twilio.auth_token()));
    secrets.add(&server.sign_in_token().await);
    let staff = server.admin().await;
    secrets.add(staff.asker.token().expect("a session's token"));
    let key = server.add_key("demo", Role::Reporter);
    secrets.add(&key);
    let reporter = Staff::new(server.bearer(&key)).await;

    // Everything that can go wrong with texts, to callers with names and numbers of their own.
    let faults = [
        "none",
        "reset",
        "429",
        "500",
        "accept-then-garbage",
        "accept-then-reset",
    ];
    let inbound = format!("{}/twilio/inbound", server.origin());
    for (number, fault) in (1..).zip(faults) {
        let caller = arrive_as_canary(&server, &mut secrets, number).await;
        go_offline(&caller, &twilio).await;
        if fault != "none" {
            let rule = json!({ "api": "messages", "to": caller.number, "fault": fault });
            twilio.fault(rule).await;
        }
        staff.attended("recallCaller", &caller.id).await;
        let words = format!("Canarywords{number}");
        twilio.inbound(&inbound, &caller.number, &words, None).await;
        secrets.add(&words);
    }
    // Refused ones, wrong ones, and ones that cannot be read.
    let refused = arrive_as_canary(&server, &mut secrets, 91).await;
    twilio.refuse("messages", &refused.number, 21211).await;
    ask_for_a_code(&refused).await;
    until_code_failed(&refused, "INVALID_NUMBER").await;
    let mut answers = ask_wrongly(&server, &refused, &mut secrets).await;
    let stopped = arrive_as_canary(&server, &mut secrets, 92).await;
    go_offline(&stopped, &twilio).await;
    twilio
        .inbound(&inbound, &stopped.number, "STOP", Some("STOP"))
        .await;
    answers.refused(&staff.attend("recallCaller", &stopped.id).await);
    answers.refused(&reporter.attend("recallCaller", &stopped.id).await);
    answers.refused(&staff.attend("joinCaller", &refused.number).await);
    let twice = stopped.asker.mutate("sendVerificationCode", json!({}), "");
    answers.heard.push(twice.await.to_string());

    let by_verify = have_codes_made(&twilio, &mut secrets, &mut answers).await;
    for server in [&server, &by_verify] {
        server
            .until_texts_are_settled(Duration::from_secs(90))
            .await;
    }
    twilio.until_callbacks_are_answered().await;

    // Now that everything is known, everything is looked through.
    for message in twilio.messages().await {
        secrets.add_text(&text_of(message));
    }
    for request in twilio.requests().await {
        if let (Some(to), Some(body)) = (request.params.get("To"), request.params.get("Body")) {
            // Also of one that was not taken.
            secrets.add_text(&TextMessage {
                to: to.clone(),
                body: body.clone(),
                at: String::new(),
            });
        }
    }
    assert!(secrets.0.len() > 60, "there is something to look for");
    for request in twilio.requests().await {
        secrets.assert_in_none("an address", &addresses(&request));
    }
    for told in twilio.callbacks().await {
        secrets.assert_in_none("the address of news", &told.url);
        let answer = told.body.expect("it was answered");
        secrets.assert_in_none("an answer to Twilio", &answer);
    }
    assert!(
        answers.heard.len() > 28,
        "there is something to look through"
    );
    for answer in &answers.heard {
        secrets.assert_in_none("an answer", answer);
    }
    for server in [&server, &by_verify] {
        let metrics = reqwest::get(format!("{}/metrics", server.origin())).await;
        let metrics = metrics.expect("an answer").text().await.expect("metrics");
        secrets.assert_in_none("a metric", &metrics);
        let logged = server.logged();
        assert!(logged.contains("Twilio: "), "what went wrong is logged");
        secrets.assert_in_none("a log line", &logged);
    }
    twilio.assert_no_violations().await;
}
