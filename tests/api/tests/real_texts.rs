//! Real texts: the server and a Twilio that Twilio's own description checks, where that is there.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "what a test expects and does not find is the test's failure, in its helpers too"
)]

use serde_json::{Value, json};
use standby_tests::{Caller, FakeTwilio, Server, Staff, TextMessage, refusal, until, until_within};
use std::time::Duration;

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

/// Has a code sent by the fake and enters it.
async fn verify(caller: &Caller, twilio: &FakeTwilio) {
    ask_for_a_code(caller).await;
    let message = twilio.message_to(&caller.number, 1).await;
    let text = TextMessage {
        to: message.to,
        body: message.body,
        at: String::new(),
    };
    let code = text.code().expect("the text ends in its code");
    let input = json!({ "code": code });
    let verified = caller
        .asker
        .accepted("verifyPhone", input, "caller { phone { isVerified } }");
    assert_eq!(verified.await["caller"]["phone"]["isVerified"], true);
}

async fn arrive_offline(server: &Server, twilio: &FakeTwilio, number: u32) -> Caller {
    let caller = Caller::arrive(server, number).await;
    verify(&caller, twilio).await;
    assert_eq!(caller.look_away().await["status"], "OFFLINE");
    caller
}

/// All that was told to the server was believed, and answered in under a second.
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
        assert!(told.milliseconds.is_some_and(|took| took < 1000.0));
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

/// Whether a line holds a secret by itself: six digits within a longer number are no code. The time that
/// a line begins with is left out.
fn holds(line: &str, secret: &str) -> bool {
    let (_, said) = line.split_once('Z').unwrap_or(("", line));
    said.match_indices(secret).any(|(place, _)| {
        let before = said[..place].chars().next_back();
        let after = said[place + secret.len()..].chars().next();
        let is_apart = |character: Option<char>| !character.is_some_and(char::is_alphanumeric);
        is_apart(before) && is_apart(after)
    })
}

#[tokio::test]
async fn no_number_code_name_or_token_is_in_a_log_an_error_an_address_or_a_metric() {
    let twilio = FakeTwilio::unchecked().await;
    let settings = [("STANDBY_LOG", "trace"), ("TEXT_REPLIES", "on")];
    let server = server_with(&twilio, &settings).await;
    let staff = server.admin().await;
    let mut secrets: Vec<String> = vec![twilio.auth_token().to_owned()];

    // Everything that can go wrong with texts, to callers with names and numbers of their own.
    let faults = [
        "none",
        "reset",
        "429",
        "500",
        "accept-then-garbage",
        "accept-then-reset",
    ];
    for (number, fault) in (1..).zip(faults) {
        let caller = arrive_offline(&server, &twilio, number).await;
        secrets.push(format!("Caller {number}"));
        secrets.push(caller.number.trim_start_matches('+').to_owned());
        if fault != "none" {
            let rule = json!({ "api": "messages", "to": caller.number, "fault": fault });
            twilio.fault(rule).await;
        }
        staff.attended("recallCaller", &caller.id).await;
        let inbound = format!("{}/twilio/inbound", server.origin());
        let words = format!("My name is Canary {number}");
        twilio.inbound(&inbound, &caller.number, &words, None).await;
        secrets.push(words);
    }
    // Refused ones, wrong ones, and ones that cannot be read.
    let refused = Caller::arrive(&server, 91).await;
    twilio.refuse("messages", &refused.number, 21211).await;
    ask_for_a_code(&refused).await;
    until_code_failed(&refused, "INVALID_NUMBER").await;
    let input = json!({ "code": "123456" });
    refused.asker.mutate("verifyPhone", input, "").await;
    let forged = reqwest::Client::new()
        .post(format!("{}/twilio/inbound", server.origin()))
        .header("X-Twilio-Signature", "AAAAAAAAAAAAAAAAAAAAAAAAAAA=")
        .form(&[("From", "+61491579999"), ("Body", "Canary forged")])
        .send()
        .await
        .expect("an answer");
    assert_eq!(forged.status(), 403);
    secrets.extend(["61491579999".to_owned(), "Canary forged".to_owned()]);
    server
        .until_texts_are_settled(Duration::from_secs(90))
        .await;

    for message in twilio.messages().await {
        let text = TextMessage {
            to: message.to,
            body: message.body,
            at: String::new(),
        };
        secrets.extend(text.code().map(str::to_owned));
        secrets.extend(text.caller_token().map(str::to_owned));
        // Numbers, codes and links are not in the addresses that Twilio keeps in its logs either.
        let address = message.status_callback.expect("a place for news");
        assert!(
            secrets
                .iter()
                .all(|secret| !address.contains(secret.as_str()))
        );
    }
    assert!(secrets.len() > 30, "there is something to look for");
    let metrics = reqwest::get(format!("{}/metrics", server.origin())).await;
    let metrics = metrics.expect("an answer").text().await.expect("metrics");
    let logged = server.logged();
    assert!(
        logged.contains("Twilio: a refusal"),
        "what went wrong is logged"
    );
    for secret in &secrets {
        for (place, words) in [("a log line", &logged), ("a metric", &metrics)] {
            let line = words.lines().find(|line| holds(line, secret));
            assert!(
                line.is_none(),
                "{place} holds what nobody may read: {line:?}"
            );
        }
    }
}
