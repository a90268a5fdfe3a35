//! How often somebody may ask: no more than is ever needed, and nobody at the expense of others.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "what a test expects and does not find is the test's failure, in its helpers too"
)]

use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use standby_tests::{Asker, Caller, Server, ServerMessage, milliseconds, refusal, wall_clock};

/// As they are when nothing is set.
const AS_EVER: (&str, &str) = (
    "STANDBY_RATE_LIMITS",
    "address=240,caller=120,session=600,key=600",
);

async fn ask(client: &Client, asker: &Asker, query: &str) -> Response {
    let mut request = client
        .post(format!("{}/graphql", asker.origin()))
        .json(&json!({ "query": query }));
    if let Some(token) = asker.token() {
        request = request.bearer_auth(token);
    }
    request.send().await.expect("an answer")
}

/// Asks until it is too often, and returns how many were answered, and the refusal.
async fn ask_until_refused(asker: &Asker) -> (usize, Response) {
    let client = Client::new();
    for answered in 0..2_000 {
        let answer = ask(&client, asker, "{ viewer { __typename } }").await;
        if answer.status() != StatusCode::OK {
            return (answered, answer);
        }
    }
    panic!("never too often");
}

#[tokio::test]
async fn a_caller_who_asks_too_often_is_told_when_to_ask_again_and_others_are_answered() {
    let server = Server::start_with(&[AS_EVER]).await;
    let (caller, other) = (
        Caller::arrive(&server, 1).await,
        Caller::arrive(&server, 2).await,
    );
    let (answered, refused) = ask_until_refused(&caller.asker).await;
    // 120, and one more for each half of a second that it took.
    assert!((119..240).contains(&answered), "{answered}");
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    let header = |name: &str| refused.headers()[name].to_str().expect("text").to_owned();
    assert_eq!(header("ratelimit-policy"), "\"caller\";q=120;w=60");
    assert!(header("ratelimit").starts_with("\"caller\";r=0;t="));
    assert_eq!(header("retry-after"), "1");
    let refused: Value = refused.json().await.expect("JSON");
    assert_eq!(refused["errors"][0]["extensions"]["code"], "RATE_LIMITED");
    assert!(refused.get("data").is_none());

    assert_eq!(
        other
            .asker
            .data("{ viewer { __typename } }", json!({}))
            .await["viewer"]["__typename"],
        "CallerSession"
    );
    assert_eq!(
        server.admin().await.caller(&caller.id).await["id"],
        caller.id
    );
}

#[tokio::test]
async fn a_command_that_is_too_often_is_refused_as_data_and_does_nothing() {
    let server = Server::start_with(&[("STANDBY_RATE_LIMITS", "caller=2")]).await;
    let caller = Caller::arrive(&server, 1).await;
    ask_until_refused(&caller.asker).await;
    let payload = caller
        .asker
        .mutate("leaveWaitingArea", json!({}), "__typename caller { id }")
        .await;
    assert_eq!(refusal(&payload), "RATE_LIMITED");
    assert_eq!(payload["__typename"], "LeaveWaitingAreaPayload");
    assert_eq!(payload["caller"], Value::Null);
    let error = &payload["userErrors"][0];
    assert_eq!(error["__typename"], "RateLimitedError");
    let wait = milliseconds(&error["retryAt"]) - wall_clock();
    assert!((1..=30_000).contains(&wait), "{wait}");
    let staff = server.admin().await;
    assert_eq!(staff.caller(&caller.id).await["status"], "WAITING");
}

#[tokio::test]
async fn a_socket_is_no_way_round() {
    let server = Server::start_with(&[("STANDBY_RATE_LIMITS", "caller=2")]).await;
    let caller = Caller::arrive(&server, 1).await;
    let mut socket = caller.asker.socket().await;
    for number in 0..3 {
        let id = number.to_string();
        socket
            .subscribe(&id, "{ viewer { __typename } }", json!({}))
            .await;
        match socket.next_said().await {
            ServerMessage::Next { .. } => {
                let complete = ServerMessage::Complete { id };
                assert_eq!(socket.next_said().await, complete);
            }
            ServerMessage::Error { errors, .. } => {
                assert_eq!(number, 2);
                assert_eq!(errors[0]["extensions"]["code"], "RATE_LIMITED");
            }
            other => panic!("{other:?}"),
        }
    }
    // What was counted on the socket is counted over HTTP as well.
    let answer = ask(&Client::new(), &caller.asker, "{ viewer { __typename } }").await;
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn guesses_at_tokens_are_counted_by_address() {
    let server = Server::start_with(&[("STANDBY_RATE_LIMITS", "address=5")]).await;
    let client = Client::new();
    let mut statuses = Vec::new();
    for guess in 0..7 {
        let guesser = server.bearer(&format!("guess{guess}"));
        statuses.push(
            ask(&client, &guesser, "{ viewer { __typename } }")
                .await
                .status()
                .as_u16(),
        );
    }
    assert_eq!(statuses, [200, 200, 200, 200, 200, 429, 429]);
    // Whoever has a good one is not kept out by those who share the address.
    let staff = server.staff(standby_tests::Role::Reporter).await;
    staff
        .asker
        .data("{ viewer { __typename } }", json!({}))
        .await;
}

#[tokio::test]
async fn guesses_at_tokens_on_sockets_are_counted_by_address_too() {
    let server = Server::start_with(&[("STANDBY_RATE_LIMITS", "address=3")]).await;
    let staff = server.staff(standby_tests::Role::Reporter).await;
    let mut codes = Vec::new();
    for guess in 0..5 {
        let mut socket = standby_tests::Socket::open(&server.origin()).await;
        let payload = json!({ "token": format!("guess{guess}") });
        socket
            .send(json!({ "type": "connection_init", "payload": payload }))
            .await;
        match socket.next_said().await {
            ServerMessage::Closed { code, .. } => codes.push(code),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(codes, [4401, 4401, 4401, 1013, 1013]);
    let answer = ask(
        &Client::new(),
        &server.anonymous(),
        "{ viewer { __typename } }",
    )
    .await;
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    let mut socket = standby_tests::Socket::open(&server.origin()).await;
    socket.init(json!({ "token": staff.asker.token() })).await;
}

#[tokio::test]
async fn somebody_s_sockets_are_as_many_as_needed_and_no_more() {
    let server = Server::start_with(&[("STANDBY_CONNECTIONS", "caller=2,address=4")]).await;
    let caller = Caller::arrive(&server, 1).await;
    let _two = (caller.asker.socket().await, caller.asker.socket().await);
    let mut third = standby_tests::Socket::open(&server.origin()).await;
    let init = json!({ "type": "connection_init", "payload": { "token": caller.asker.token() } });
    third.send(init).await;
    let closed = third.next_said().await;
    assert!(
        matches!(closed, ServerMessage::Closed { code: 1013, .. }),
        "{closed:?}"
    );
    // The address has room for one more, and then for none.
    let other = Caller::arrive(&server, 2).await;
    let mut more = Vec::new();
    let refused = loop {
        match standby_tests::Socket::try_open(&server.origin(), &[]).await {
            Ok(socket) => more.push(socket),
            Err(refused) => break refused.to_string(),
        }
        assert!(more.len() < 5);
    };
    assert!(refused.contains("429"), "{refused}");
    drop(more);
    let opened = standby_tests::until("there is room again", async || {
        standby_tests::Socket::try_open(&server.origin(), &[])
            .await
            .ok()
    });
    let mut opened = opened.await;
    opened.init(json!({ "token": other.asker.token() })).await;
}
