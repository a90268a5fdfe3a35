//! What is guessed, repeated, too large or cut short gets nowhere.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "what a test expects and does not find is the test's failure, in its helpers too"
)]

use futures_util::future::join_all;
use reqwest::{Client, StatusCode, header::CONTENT_TYPE};
use serde_json::{Value, json};
use standby_tests::{
    Caller, Server, ServerMessage, Socket, milliseconds, refusal, until, wall_clock,
};

#[tokio::test]
async fn a_second_code_within_a_minute_is_refused_with_the_time_to_try_again() {
    let server = Server::start().await;
    let caller = Caller::arrive(&server, 1).await;
    let before = wall_clock();
    let selection = "expiresAt resendAt";
    let sent = caller
        .asker
        .accepted("sendVerificationCode", json!({}), selection)
        .await;
    let resend_at = milliseconds(&sent["resendAt"]);
    assert!(
        (60_000..62_000).contains(&(resend_at - before)),
        "{}",
        resend_at - before
    );
    let valid = milliseconds(&sent["expiresAt"]) - resend_at;
    assert_eq!(valid, 540_000, "valid 10 minutes");

    let refused = caller
        .asker
        .mutate("sendVerificationCode", json!({}), selection)
        .await;
    assert_eq!(refusal(&refused), "RATE_LIMITED");
    assert_eq!(refused["userErrors"][0]["retryAt"], sent["resendAt"]);
    assert_eq!(
        refused["expiresAt"], sent["expiresAt"],
        "the first one is still good"
    );
    // Another number is no way round it.
    let other = json!({ "phone": "0491 570 156" });
    assert_eq!(
        caller.asker.refused("sendVerificationCode", other).await,
        "RATE_LIMITED"
    );

    let witness = Caller::arrive(&server, 2).await;
    witness.have_code_sent(&server).await;
    assert_eq!(
        server.phone(&caller.number).messages().await.len(),
        1,
        "one text"
    );
    assert_eq!(server.phone("+61491570156").messages().await.len(), 0);
}

#[tokio::test]
async fn a_second_code_to_one_number_is_refused_whichever_caller_asks() {
    let server = Server::start().await;
    let same_number = |key: u32| {
        let anonymous = server.anonymous();
        async move {
            let mut input = Caller::arrival("demo", 1);
            input["idempotencyKey"] = json!(format!("key {key}"));
            let entered = anonymous
                .accepted("enterWaitingArea", input, "token caller { id }")
                .await;
            Caller::entered(&anonymous, &entered, 1)
        }
    };
    let first = same_number(0).await;
    first.have_code_sent(&server).await;
    let second = same_number(1).await;
    let asked_by = async |caller: &Caller| {
        let refused = caller
            .asker
            .mutate("sendVerificationCode", json!({}), "expiresAt")
            .await;
        assert_eq!(refusal(&refused), "RATE_LIMITED");
        let retry_at = milliseconds(&refused["userErrors"][0]["retryAt"]);
        (retry_at, refused["expiresAt"] == Value::Null)
    };
    let (retry_at, has_none) = asked_by(&second).await;
    assert!(has_none, "the code is the first caller's");
    assert_eq!(asked_by(&first).await, (retry_at, false));
    let wait = retry_at - wall_clock();
    assert!(
        (50_000..=60_000).contains(&wait),
        "a minute from the first: {wait}"
    );
}

#[tokio::test]
async fn a_second_recall_within_a_minute_is_refused_with_the_time_to_try_again() {
    let server = Server::start().await;
    let staff = server.admin().await;
    let caller = Caller::arrive_offline(&server, 1).await;
    let recalled = staff.attended("recallCaller", &caller.id).await;
    let requested_at = milliseconds(&recalled["recall"]["requestedAt"]);
    // Before that, a text that is still here when the caller is back is not sent at all.
    staff.until_recall_delivered(&caller.id).await;
    caller.look().await;
    let back = staff.attend("recallCaller", &caller.id).await;
    assert_eq!(
        refusal(&back),
        "WRONG_STATUS",
        "who came back is there, and no text goes out"
    );
    assert_eq!(back["userErrors"][0]["status"], "WAITING");
    caller.look_away().await;
    let again = staff.attend("recallCaller", &caller.id).await;
    assert_eq!(refusal(&again), "RATE_LIMITED");
    assert_eq!(
        milliseconds(&again["userErrors"][0]["retryAt"]),
        requested_at + 60_000
    );
    assert_eq!(again["recall"], Value::Null);

    let witness = Caller::arrive_offline(&server, 2).await;
    staff.attended("recallCaller", &witness.id).await;
    server.phone(&witness.number).message(2).await;
    assert_eq!(server.phone(&caller.number).messages().await.len(), 2);
}

#[tokio::test]
async fn after_five_wrong_codes_the_right_one_is_refused() {
    let server = Server::start().await;
    let caller = Caller::arrive(&server, 1).await;
    let code = caller.have_code_sent(&server).await;
    for left in (0..5).rev() {
        let payload = enter(&caller, &wrong(&code, left)).await;
        assert_eq!(refusal(&payload), "CODE_REJECTED code");
        assert_eq!(payload["userErrors"][0]["attemptsLeft"], left);
    }
    let payload = enter(&caller, &code).await;
    assert_eq!(refusal(&payload), "CODE_REJECTED code");
    assert_eq!(payload["caller"]["phone"]["isVerified"], false);
    assert_eq!(
        payload["caller"]["status"], "WAITING",
        "nothing else is lost"
    );
}

#[tokio::test]
async fn of_two_hundred_guesses_at_once_five_are_looked_at() {
    let server = Server::start().await;
    let staff = server.admin().await;
    let caller = Caller::arrive(&server, 1).await;
    let code = caller.have_code_sent(&server).await;
    let guesses: Vec<String> = (0..200).map(|guess| wrong(&code, guess)).collect();
    let payloads = join_all(guesses.iter().map(|guess| enter(&caller, guess))).await;
    for payload in &payloads {
        assert_eq!(refusal(payload), "CODE_REJECTED code");
        assert_eq!(payload["caller"]["phone"]["isVerified"], false);
    }
    let told = |left: i64| {
        let left_then = |payload: &&Value| payload["userErrors"][0]["attemptsLeft"] == left;
        payloads.iter().filter(left_then).count()
    };
    assert_eq!(
        [4, 3, 2, 1].map(told),
        [1; 4],
        "each look costs one attempt"
    );
    let story = staff.story(&caller.id).await;
    assert_eq!(
        story.iter().filter(|kind| *kind == "CODE_REJECTED").count(),
        5
    );
    assert_eq!(refusal(&enter(&caller, &code).await), "CODE_REJECTED code");
}

async fn enter(caller: &Caller, code: &str) -> Value {
    let input = json!({ "code": code });
    let selection = "caller { status phone { isVerified } }";
    caller.asker.mutate("verifyPhone", input, selection).await
}

/// Another code, a different one for each number below a million.
fn wrong(code: &str, number: u32) -> String {
    let code: u32 = code.parse().expect("digits");
    format!("{:06}", (code + 1 + number) % 1_000_000)
}

#[tokio::test]
async fn a_token_that_was_cut_short_or_changed_opens_nothing() {
    let server = Server::start().await;
    let staff = server.admin().await;
    let caller = Caller::arrive(&server, 1).await;
    for whole in [caller.asker.token(), staff.asker.token()] {
        let whole = whole.expect("a token");
        let last = if whole.ends_with('A') { "B" } else { "A" };
        for wrong in [
            &whole[..whole.len() - 1],
            &whole[..1],
            &whole[1..],
            &format!("{whole}A"),
            &format!("{}{last}", &whole[..whole.len() - 1]),
            &whole.to_uppercase(),
            &"c".repeat(8192),
        ] {
            let nobody = server.bearer(wrong);
            let query =
                "{ viewer { __typename } clinic(slug: \"demo\") { waitingArea { version } } }";
            let data = nobody.data(query, json!({})).await;
            assert_eq!(
                data["viewer"]["__typename"],
                "Anonymous",
                "{} characters",
                wrong.len()
            );
            assert_eq!(data["clinic"]["waitingArea"], Value::Null);
            assert_eq!(
                nobody.refused("leaveWaitingArea", json!({})).await,
                "NOT_FOUND"
            );
            let join = json!({ "callerId": caller.id });
            assert_eq!(
                nobody.refused("joinCaller", join).await,
                "NOT_FOUND callerId"
            );
            let mut socket = Socket::open(&server.origin()).await;
            let init = json!({ "type": "connection_init", "payload": { "token": wrong } });
            socket.send(init).await;
            let said = socket.next().await;
            assert!(
                matches!(said, ServerMessage::Closed { code: 4401, .. }),
                "{said:?}"
            );
        }
    }
    assert_eq!(caller.now().await["status"], "WAITING");
}

#[tokio::test]
async fn a_sign_in_link_is_good_for_one_session() {
    let server = Server::start().await;
    let link = server.sign_in_token().await;
    let anonymous = server.anonymous();
    let sign_in = || anonymous.mutate("signIn", json!({ "token": link }), "token viewer { role }");
    // At the same moment, too.
    let answers = join_all((0..5).map(|_| sign_in())).await;
    let (good, refused): (Vec<_>, Vec<_>) = answers
        .into_iter()
        .partition(|answer| answer["userErrors"] == json!([]));
    assert_eq!((good.len(), refused.len()), (1, 4));
    for answer in refused {
        assert_eq!(refusal(&answer), "NOT_FOUND token");
        assert_eq!(answer["token"], Value::Null);
    }
    assert_eq!(good[0]["viewer"]["role"], "CLINIC_ADMIN");
    // The link itself opens nothing.
    let data = server
        .bearer(&link)
        .data("{ viewer { __typename } }", json!({}))
        .await;
    assert_eq!(data["viewer"]["__typename"], "Anonymous");
}

#[tokio::test]
async fn a_session_that_was_ended_is_closed_on_its_sockets_too() {
    let server = Server::start().await;
    let staff = server.admin().await;
    let mut follower = staff.asker.socket().await;
    staff
        .asker
        .accepted("signOut", json!({}), "signedOut")
        .await;
    let data = staff
        .asker
        .data("{ viewer { __typename } }", json!({}))
        .await;
    assert_eq!(data["viewer"]["__typename"], "Anonymous");
    let closed = follower.keep_alive().await;
    assert!(
        matches!(closed, ServerMessage::Closed { code: 4403, .. }),
        "{closed:?}"
    );
}

#[tokio::test]
async fn what_is_larger_than_sixty_four_kilobytes_is_not_read() {
    let server = Server::start().await;
    let post = |bytes: usize| {
        let frame = r#"{"query":"{ viewer { __typename } }","padding":""}"#.len();
        let padding = "x".repeat(bytes - frame);
        let body = format!(r#"{{"query":"{{ viewer {{ __typename }} }}","padding":"{padding}"}}"#);
        assert_eq!(body.len(), bytes);
        Client::new()
            .post(format!("{}/graphql", server.origin()))
            .header(CONTENT_TYPE, "application/json")
            .body(body)
            .send()
    };
    let largest = post(64 * 1024).await.expect("an answer");
    assert_eq!(largest.status(), StatusCode::OK);
    for bytes in [64 * 1024 + 1, 128 * 1024] {
        let refused = post(bytes).await.expect("an answer");
        assert_eq!(refused.status(), StatusCode::PAYLOAD_TOO_LARGE);
    }
    // Who goes on sending is cut off, and may not even see the answer.
    if let Ok(refused) = post(10 * 1024 * 1024).await {
        assert_eq!(refused.status(), StatusCode::PAYLOAD_TOO_LARGE);
    }
    let mut socket = server.anonymous().socket().await;
    let padding = "x".repeat(64 * 1024);
    socket
        .send(json!({ "type": "ping", "payload": { "padding": padding } }))
        .await;
    let said = socket.next_said().await;
    assert!(
        matches!(said, ServerMessage::Closed { code: 4400, .. }),
        "{said:?}"
    );
}

#[tokio::test]
async fn what_a_page_of_others_could_send_is_refused() {
    let server = Server::start().await;
    let graphql = format!("{}/graphql", server.origin());
    let http = Client::new();
    let body = r#"{"query":"{ viewer { __typename } }"}"#;
    let form = http
        .post(&graphql)
        .header(CONTENT_TYPE, "text/plain")
        .body(body);
    let answer = form.send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let mutation = [("query", "mutation { signOut(input: {}) { signedOut } }")];
    let answer = http
        .get(&graphql)
        .query(&mutation)
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
    let foreign = http.post(&graphql).header("origin", "https://evil.example");
    let foreign = foreign.header(CONTENT_TYPE, "application/json").body(body);
    let answer = foreign.send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    let socket = Socket::try_open(&server.origin(), &[("Origin", "https://evil.example")]).await;
    assert!(socket.is_err(), "no socket for a page of others");
    let phone = http.get(format!("{}/dev/phone/messages", server.origin()));
    let answer = phone
        .header("host", "evil.example")
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), StatusCode::MISDIRECTED_REQUEST);
}

#[tokio::test]
async fn names_that_cannot_be_taken_are_refused_at_their_field_and_lose_nothing() {
    let server = Server::start().await;
    let anonymous = server.anonymous();
    let caller = Caller::arrive(&server, 1).await;
    for (field, wrong, expected) in [
        ("name", json!(""), "INVALID_INPUT name"),
        ("name", json!("x".repeat(10_000)), "INVALID_INPUT name"),
        ("name", json!("a\u{202e}b"), "INVALID_INPUT name"),
        ("name", json!("a\u{0}b"), "INVALID_INPUT name"),
        ("phone", json!("not a number"), "INVALID_INPUT phone"),
        ("phone", json!("+1 202 555 0143"), "INVALID_INPUT phone"),
        ("clinicSlug", json!("nowhere"), "NOT_FOUND clinicSlug"),
        ("idempotencyKey", json!(""), "INVALID_INPUT idempotencyKey"),
        (
            "idempotencyKey",
            json!("k".repeat(256)),
            "INVALID_INPUT idempotencyKey",
        ),
    ] {
        let mut input = Caller::arrival("demo", 2);
        input[field] = wrong;
        assert_eq!(anonymous.refused("enterWaitingArea", input).await, expected);
    }
    let now = until("the caller is there", async || Some(caller.now().await)).await;
    assert_eq!(now["position"]["place"], 1);
    // The key was not used up by what was refused.
    Caller::arrive(&server, 2).await;
}
