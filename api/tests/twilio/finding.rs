//! A text in doubt is looked for, and never found where it is not.

use super::listener::{Listener, Then};
use super::{
    ACCOUNT, MESSAGE, NUMBER, SERVICE, VERIFICATION, providers_code, refusal, settings_for, taken,
    text, twilio, words_of,
};
use serde_json::{Value as Json, json};
use standby::adapters::twilio::Twilio;
use standby::domain::delivery::{Progress, SmsFailure, SmsState};
use standby::domain::text::TextPurpose;
use standby::ports::texter::{Found, Texter as _};

/// As Twilio lists a message. The text is committed at 08:15:30.
fn message(sid: &str, at: &str, body: &str) -> Json {
    json!({
        "sid": sid, "to": NUMBER, "body": body, "status": "sent", "error_code": null,
        "date_created": format!("Mon, 02 Mar 2026 {at} +0000"), "direction": "outbound-api",
        "num_segments": "1", "price": "-0.00750",
    })
}

fn recall(sid: &str, at: &str) -> Json {
    message(sid, at, &words_of(TextPurpose::Recall))
}

fn page(messages: &[Json], next: Option<&str>) -> Then {
    let body = json!({ "messages": messages, "next_page_uri": next, "page": 0 });
    Then::Answers(200, body.to_string())
}

async fn found_in(pages: Vec<Then>, purpose: TextPurpose) -> Found {
    let at = Listener::start().await;
    let twilio = Twilio::new(settings_for(&at.address(), &pages[0])).unwrap();
    at.when("GET", pages);
    twilio.find(&text(purpose)).await
}

#[tokio::test]
async fn a_text_that_twilio_lists_is_found_by_its_number_words_and_time() {
    let at = Listener::start().await;
    at.when("GET", [page(&[recall(MESSAGE, "08:15:31")], None)]);
    let found = twilio(&at).find(&text(TextPurpose::Recall)).await;
    assert_eq!(found, Found::Taken(taken(MESSAGE)));
    let [heard] = at.heard().try_into().unwrap();
    let asked = format!("GET /2010-04-01/Accounts/{ACCOUNT}/Messages.json?");
    assert!(heard.asked.starts_with(&asked));
    let asked = [("PageSize", "100"), ("To", NUMBER)];
    assert_eq!(
        heard.query(),
        asked.map(|(name, value)| (name.into(), value.into()))
    );
    assert_eq!(heard.body, "");
}

#[tokio::test]
async fn what_twilio_does_not_list_may_still_have_been_taken() {
    let older = "08:14:29";
    let mut elsewhere = recall(MESSAGE, "08:15:31");
    elsewhere["to"] = json!("+61491570157");
    let mut nameless = recall(MESSAGE, "08:15:31");
    nameless["sid"] = Json::Null;
    let mut timeless = recall(MESSAGE, "08:15:31");
    timeless["date_created"] = Json::Null;
    for pages in [
        vec![page(&[], None)],
        vec![page(&[recall(MESSAGE, older)], None)],
        vec![page(&[message(MESSAGE, "08:15:31", "Come back")], None)],
        vec![page(&[message(MESSAGE, "08:15:31", "")], None)],
        vec![page(&[elsewhere], None)],
        vec![page(&[nameless], None)],
        vec![page(&[timeless, json!(7)], None)],
        vec![Then::Answers(200, "{}".to_owned())],
        vec![Then::Answers(200, "garbage".to_owned())],
        vec![Then::Answers(401, refusal(401, 20003))],
        vec![Then::Answers(404, refusal(404, 20404))],
        vec![Then::Answers(429, refusal(429, 20429))],
        vec![Then::Answers(503, String::new())],
        vec![Then::Hangs],
        vec![Then::Resets],
    ] {
        let shown = format!("{pages:?}");
        assert_eq!(
            found_in(pages, TextPurpose::Recall).await,
            Found::NotSeen,
            "{shown}"
        );
    }
}

#[tokio::test]
async fn a_clock_that_is_a_minute_late_hides_no_text() {
    let pages = vec![page(&[recall(MESSAGE, "08:14:30")], None)];
    let found = found_in(pages, TextPurpose::Recall).await;
    assert_eq!(found, Found::Taken(taken(MESSAGE)));
}

#[tokio::test]
async fn of_several_the_newest_is_the_text_and_says_how_far_it_is() {
    let newest = "SMffffffffffffffffffffffffffffffff";
    let mut failed = recall(newest, "08:15:40");
    failed["status"] = json!("undelivered");
    failed["error_code"] = json!(30003);
    let messages = [recall(MESSAGE, "08:15:31"), failed, json!(null)];
    let Found::Taken(found) = found_in(vec![page(&messages, None)], TextPurpose::Recall).await
    else {
        panic!("not found");
    };
    assert_eq!(found.provider_id, newest);
    assert_eq!(found.progress.state, SmsState::Failed);
    assert_eq!(found.progress.failure, Some(SmsFailure::Unreachable));
}

#[tokio::test]
async fn a_text_is_looked_for_on_three_pages_and_as_far_back_as_it_can_be() {
    let other = |at| message(MESSAGE, at, "something else");
    let next = "/2010-04-01/Accounts/AC/Messages.json?To=%2B61&Page=1&PageToken=PAa%2Fb";
    let at = Listener::start().await;
    let pages = [
        page(&[other("08:15:50")], Some(next)),
        page(&[recall(MESSAGE, "08:15:31")], Some(next)),
    ];
    at.when("GET", pages);
    let found = twilio(&at).find(&text(TextPurpose::Recall)).await;
    assert_eq!(found, Found::Taken(taken(MESSAGE)));
    let [_, second] = at.heard().try_into().unwrap();
    let asked = [
        ("Page", "1"),
        ("PageSize", "100"),
        ("PageToken", "PAa/b"),
        ("To", NUMBER),
    ];
    assert_eq!(
        second.query(),
        asked.map(|(name, value)| (name.into(), value.into()))
    );

    for (page, pages) in [
        (page(&[other("08:15:50")], Some(next)), 3),
        (page(&[other("08:14:00")], Some(next)), 1),
        (page(&[other("08:15:50")], Some("/?Page=x&PageToken=y")), 1),
    ] {
        let at = Listener::start().await;
        at.when("GET", [page]);
        assert_eq!(
            twilio(&at).find(&text(TextPurpose::Recall)).await,
            Found::NotSeen
        );
        assert_eq!(at.connections(), pages);
    }
}

#[tokio::test]
async fn words_that_everybody_gets_are_never_taken_for_a_text() {
    let at = Listener::start().await;
    let words = words_of(TextPurpose::Cancelled);
    at.when("GET", [page(&[message(MESSAGE, "08:15:31", &words)], None)]);
    assert_eq!(
        twilio(&at).find(&text(TextPurpose::Cancelled)).await,
        Found::NotSeen
    );
    assert_eq!(at.connections(), 0);
}

#[tokio::test]
async fn a_code_of_twilios_own_is_found_when_it_is_open_and_new() {
    let verification = |status: &str, created: &str| {
        let body = json!({ "sid": VERIFICATION, "status": status, "date_created": created });
        Then::Answers(200, body.to_string())
    };
    for (answer, is_found) in [
        (verification("pending", "2026-03-02T08:15:31Z"), true),
        (verification("approved", "2026-03-02T08:14:30Z"), true),
        (
            verification("pending", "Mon, 02 Mar 2026 08:15:31 +0000"),
            true,
        ),
        (verification("pending", "2026-03-02T08:14:29Z"), false),
        (verification("pending", "yesterday"), false),
        (verification("canceled", "2026-03-02T08:15:31Z"), false),
        (verification("expired", "2026-03-02T08:15:31Z"), false),
        (Then::Answers(404, refusal(404, 20404)), false),
        (Then::Answers(429, refusal(429, 20429)), false),
        (Then::Answers(500, String::new()), false),
        (Then::Answers(200, "{}".to_owned()), false),
        (Then::Hangs, false),
    ] {
        let shown = format!("{answer:?}");
        let at = Listener::start().await;
        let twilio = Twilio::new(settings_for(&at.address(), &answer)).unwrap();
        at.when("GET", [answer]);
        let expected = if is_found {
            Found::Taken(taken(VERIFICATION))
        } else {
            Found::NotSeen
        };
        assert_eq!(twilio.find(&providers_code()).await, expected, "{shown}");
        let [heard] = at.heard().try_into().unwrap();
        let asked = format!("GET /v2/Services/{SERVICE}/Verifications/%2B61491570006");
        assert_eq!(heard.asked, asked);
    }
}

#[tokio::test]
async fn how_far_a_message_is_is_asked_by_its_name() {
    let said = |status: &str, code: Option<i64>| {
        let mut message = recall(MESSAGE, "08:15:31");
        message["status"] = json!(status);
        message["error_code"] = json!(code);
        Then::Answers(200, message.to_string())
    };
    let progress = |state, failure| Some(Progress { state, failure });
    for (answer, expected) in [
        (said("sent", None), progress(SmsState::Sent, None)),
        (said("delivered", None), progress(SmsState::Delivered, None)),
        (
            said("undelivered", Some(30006)),
            progress(SmsState::Failed, Some(SmsFailure::Landline)),
        ),
        (said("received", None), None),
        (Then::Answers(200, "garbage".to_owned()), None),
        (Then::Answers(404, refusal(404, 20404)), None),
        (Then::Answers(429, refusal(429, 20429)), None),
        (Then::Answers(503, String::new()), None),
        (Then::Hangs, None),
        (Then::Resets, None),
    ] {
        let shown = format!("{answer:?}");
        let at = Listener::start().await;
        let twilio = Twilio::new(settings_for(&at.address(), &answer)).unwrap();
        at.when("GET", [answer]);
        assert_eq!(twilio.news_of(MESSAGE).await, expected, "{shown}");
        let [heard] = at.heard().try_into().unwrap();
        let asked = format!("GET /2010-04-01/Accounts/{ACCOUNT}/Messages/{MESSAGE}.json");
        assert_eq!(heard.asked, asked);
    }
}

#[tokio::test]
async fn nothing_is_asked_about_what_is_no_message() {
    let at = Listener::start().await;
    for name in [VERIFICATION, "", "SM/../x", "SM%2e"] {
        assert_eq!(twilio(&at).news_of(name).await, None, "{name}");
    }
    assert_eq!(at.connections(), 0);
}
