//! A server that executes only documents that are known beforehand.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "what a test expects and does not find is the test's failure, in its helpers too"
)]

use std::collections::BTreeMap;

use futures_util::StreamExt as _;
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use standby_client::{
    CallerSession, DeviceId, Endpoint, EnterWaitingArea, IdempotencyKey, Live, Patient,
    PresenceState, SignInToken, Staff,
};
use standby_tests::{PATIENCE, Server, ServerMessage, mobile_number};
use tempfile::TempDir;

/// A server whose list has this one document, by this name.
async fn server(name: &str, document: &str) -> (Server, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let list = folder.path().join("operations.json");
    std::fs::write(&list, json!({ name: document }).to_string()).expect("a file");
    let setting = ("STANDBY_OPERATIONS", list.to_str().expect("text"));
    (Server::start_with(&[setting]).await, folder)
}

async fn answer(request: RequestBuilder) -> Value {
    let answer = request.send().await.expect("an answer");
    answer.json().await.expect("JSON")
}

fn code(answer: &Value) -> &str {
    answer["errors"][0]["extensions"]["code"]
        .as_str()
        .unwrap_or_default()
}

#[tokio::test]
async fn nothing_else_executes_over_any_transport() {
    let document = "{ viewer { __typename } }";
    let (server, _folder) = server("who", document).await;
    let url = format!("{}/graphql", server.origin());
    let stream = format!("{url}/stream");
    let client = Client::new();
    let post = |body: Value| client.post(&url).json(&body);
    let listed = json!({ "viewer": { "__typename": "Anonymous" } });
    for request in [
        post(json!({ "query": document })),
        post(json!({ "documentId": "who" })),
        client.get(&url).query(&[("documentId", "who")]),
    ] {
        assert_eq!(answer(request).await["data"], listed);
    }
    let other = json!({ "query": "{ viewer { __typename  } }" });
    for request in [
        post(other.clone()),
        client.get(&url).query(&[("query", "{ __typename }")]),
        post(json!({ "query": "mutation { signOut(input: {}) { __typename } }" })),
    ] {
        assert_eq!(code(&answer(request).await), "DOCUMENT_NOT_ALLOWED");
    }
    assert_eq!(
        code(&answer(post(json!({ "documentId": "x" }))).await),
        "PERSISTED_DOCUMENT_NOT_FOUND"
    );

    let streamed = client
        .post(&stream)
        .json(&other)
        .send()
        .await
        .expect("an answer");
    let streamed = streamed.text().await.expect("text");
    assert!(streamed.contains("DOCUMENT_NOT_ALLOWED"), "{streamed}");
    let streamed = client.post(&stream).json(&json!({ "documentId": "who" }));
    let streamed = streamed
        .send()
        .await
        .expect("an answer")
        .text()
        .await
        .expect("text");
    assert!(streamed.contains("\"Anonymous\""), "{streamed}");

    let mut socket = server.anonymous().socket().await;
    let mut subscribe = async |id: &str, payload: Value| {
        socket
            .send(json!({ "type": "subscribe", "id": id, "payload": payload }))
            .await;
        socket.next_said().await
    };
    let refused = subscribe("1", other).await;
    let ServerMessage::Error { errors, .. } = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(errors[0]["extensions"]["code"], "DOCUMENT_NOT_ALLOWED");
    let answered = subscribe("2", json!({ "documentId": "who" })).await;
    assert!(
        matches!(answered, ServerMessage::Next { .. }),
        "{answered:?}"
    );
}

#[tokio::test]
async fn our_own_apps_work_as_ever() {
    let (server, _folder) = server("none", "{ __typename }").await;
    let endpoint = Endpoint::new(&server.origin()).expect("an address");
    let patient = Patient::new(endpoint.clone());
    let clinic = patient.clinic("demo").await.expect("an answer");
    assert!(clinic.is_some());
    let arrival = EnterWaitingArea {
        clinic_slug: "demo".to_owned(),
        name: "Caller 1".to_owned(),
        phone: Some(mobile_number(1)),
        answers: Vec::new(),
        idempotency_key: IdempotencyKey::random().expect("randomness"),
    };
    let entered = patient.enter(arrival).await.expect("comes in");
    let device = DeviceId::random().expect("randomness");
    let caller = CallerSession::new(endpoint.clone(), entered.token, device);
    caller.me().await.expect("the own stay");
    caller
        .report_presence(1, PresenceState::Foreground)
        .await
        .expect("a report");
    let mut screen = caller.live();
    let first = tokio::time::timeout(PATIENCE, async {
        loop {
            if let Some(Live::Item(caller)) = screen.next().await {
                return caller;
            }
        }
    });
    assert_eq!(first.await.expect("in time").id, entered.caller.id);

    let link = SignInToken::new(server.sign_in_token().await);
    let signed_in = Staff::sign_in(&endpoint, &link).await.expect("signs in");
    let staff = Staff::new(endpoint, signed_in.session);
    let member = staff.viewer().await.expect("staff");
    staff.settings(&member.clinic.id).await.expect("settings");
    staff
        .callers(&member.clinic.id, &[], 10, None)
        .await
        .expect("callers");
    staff.join(&entered.caller.id).await.expect("joined");
    staff.complete(&entered.caller.id).await.expect("completed");
    staff
        .activity(&entered.caller.id)
        .await
        .expect("the activity");
    staff.sign_out().await.expect("signed out");
}

#[tokio::test]
async fn every_document_of_our_own_apps_is_good_for_the_schema_and_within_its_limits() {
    let (server, _folder) = server("none", "{ __typename }").await;
    let url = format!("{}/graphql", server.origin());
    let own: BTreeMap<String, String> =
        serde_json::from_str(include_str!("../../../client/operations.json")).expect("a list");
    for (id, document) in own {
        let request = Client::new().post(&url).json(&json!({ "documentId": id }));
        let answer = answer(request).await;
        // It gets as far as its variables, or is executed.
        let errors = answer["errors"].to_string();
        let is_good = answer.get("data").is_some()
            || errors.contains("is required and has no value")
            || errors.contains("WRONG_TRANSPORT");
        assert!(is_good, "{document}\n{errors}");
    }
}

/// What a server complains of that does not start with this list.
async fn complained(list: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().to_str().expect("text");
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--data", data];
    let settings = [("STANDBY_OPERATIONS", list)];
    let ended = standby_tests::run_to_the_end(&arguments, &settings).await;
    assert!(!ended.is_success());
    ended.complained
}

#[tokio::test]
async fn a_list_that_cannot_be_read_ends_the_start_and_is_named() {
    let said = complained("/nowhere/operations.json").await;
    let words = "STANDBY_OPERATIONS: /nowhere/operations.json";
    assert!(said.contains(words), "{said}");
}

#[tokio::test]
async fn a_document_that_does_not_fit_the_schema_ends_the_start_and_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("operations.json");
    let list = json!({
        "good": "query ($slug: String!) { clinic(slug: $slug) { name } }",
        "wrong": "{ viewer { __typename } clinics { name } }",
    });
    std::fs::write(&path, list.to_string()).expect("a file");
    let path = path.to_str().expect("text");
    let said = complained(path).await;
    for words in [
        path,
        "cannot be executed, wrong:",
        "\"clinics\"",
        "column 25",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
}
