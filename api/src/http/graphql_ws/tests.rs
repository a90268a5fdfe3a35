//! Raw sockets against a real server: what the protocol says, message by message.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message as Frame};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::*;
use crate::domain::limits::REQUESTS_AT_A_TIME;
use crate::http::connections::Connections;
use crate::http::origin::OriginPolicy;
use crate::http::test_door::{Server, TestDoor};

struct Stage {
    server: Server,
    door: TestDoor,
    connections: Connections,
}

/// Times that are never reached: a test shortens the one it is about.
fn patient() -> SocketLimits {
    let long = Duration::from_mins(10);
    SocketLimits {
        init_within: long,
        ping_every: long,
        silence: long,
        send_within: long,
        check_every: long,
        ..SocketLimits::default()
    }
}

const SHORT: Duration = Duration::from_millis(50);

async fn stage(limits: SocketLimits) -> Stage {
    let door = TestDoor::new();
    let origins = OriginPolicy::new(["https://staff.example".parse().expect("an origin")]);
    let transport = Transport::new(door.clone(), origins).patient();
    stage_of(door, transport, limits).await
}

/// A stage on which so many sockets may be open, and so many requests come in a minute.
async fn limited(connections: &str, rates: &str) -> Stage {
    let door = TestDoor::new();
    let connections = Connections::new(connections.parse().expect("limits"));
    let transport = Transport::new(door.clone(), OriginPolicy::default())
        .counting_in(connections)
        .rated(rates.parse().expect("limits"));
    stage_of(door, transport, patient()).await
}

async fn stage_of(door: TestDoor, transport: Transport<TestDoor>, limits: SocketLimits) -> Stage {
    let connections = transport.connections.clone();
    let server = Server::start(Sockets::new(transport, limits).router()).await;
    Stage {
        server,
        door,
        connections,
    }
}

struct Client(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Stage {
    fn url(&self) -> String {
        format!("ws://{}{PATH}", self.server.address)
    }

    async fn knock(&self, headers: &[(&'static str, &str)]) -> Result<Client, Error> {
        let mut request = self.url().into_client_request()?;
        for (name, value) in headers {
            request
                .headers_mut()
                .insert(*name, value.parse().expect("a header"));
        }
        connect_async(request)
            .await
            .map(|(socket, _)| Client(socket))
    }

    async fn connect(&self) -> Client {
        self.knock(&[("sec-websocket-protocol", PROTOCOL)])
            .await
            .expect("a socket")
    }

    async fn connect_as(&self, token: Option<&str>) -> Client {
        let mut client = self.connect().await;
        client
            .say(json!({ "type": "connection_init", "payload": { "token": token } }))
            .await;
        assert_eq!(client.hear().await, json!({ "type": "connection_ack" }));
        client
    }

    async fn status_of_knocking(&self, headers: &[(&'static str, &str)]) -> u16 {
        match self.knock(headers).await {
            Err(Error::Http(answer)) => answer.status().as_u16(),
            Ok(_) => 101,
            Err(error) => panic!("{error}"),
        }
    }

    async fn none_is_open(&self) {
        let mut open = self.connections.open();
        let closed = timeout(Duration::from_secs(20), open.wait_for(|open| *open == 0)).await;
        closed.expect("in time").expect("a count");
    }
}

impl Client {
    async fn say(&mut self, message: Value) {
        self.say_text(&message.to_string()).await;
    }

    async fn say_text(&mut self, text: &str) {
        self.0.send(Frame::text(text)).await.expect("sent");
    }

    async fn frame(&mut self) -> Option<Frame> {
        let frame = timeout(Duration::from_secs(20), self.0.next())
            .await
            .expect("in time");
        frame.map(|frame| frame.expect("a frame"))
    }

    async fn hear_text(&mut self) -> String {
        match self.frame().await {
            Some(Frame::Text(text)) => text.as_str().to_owned(),
            other => panic!("{other:?}"),
        }
    }

    async fn hear(&mut self) -> Value {
        serde_json::from_str(&self.hear_text().await).expect("JSON")
    }

    async fn subscribe(&mut self, id: &str, query: &str) {
        self.ask(id, json!({ "query": query })).await;
    }

    async fn ask(&mut self, id: &str, payload: Value) {
        self.say(json!({ "type": "subscribe", "id": id, "payload": payload }))
            .await;
    }

    /// The close frame that comes next but for messages.
    async fn close(&mut self) -> (u16, String) {
        loop {
            match self.frame().await {
                Some(Frame::Close(Some(close))) => {
                    return (close.code.into(), close.reason.as_str().to_owned());
                }
                Some(Frame::Text(_)) => {}
                other => panic!("{other:?}"),
            }
        }
    }
}

// ---- opening ----

#[tokio::test]
async fn the_sub_protocol_is_required_and_is_the_only_one() {
    let stage = stage(patient()).await;
    assert_eq!(stage.status_of_knocking(&[]).await, 400);
    for other in ["graphql-ws", "graphql", ""] {
        assert_eq!(
            stage
                .status_of_knocking(&[("sec-websocket-protocol", other)])
                .await,
            400
        );
    }
    let several = [("sec-websocket-protocol", "graphql-ws, graphql-transport-ws")];
    assert_eq!(stage.status_of_knocking(&several).await, 101);
    assert!(stage.server.get(PATH).await.status().is_client_error());
}

#[tokio::test]
async fn pages_of_other_origins_get_no_socket() {
    let stage = stage(patient()).await;
    let protocol = ("sec-websocket-protocol", PROTOCOL);
    for (origin, status) in [
        ("https://evil.example", 403),
        ("null", 403),
        ("https://staff.example", 101),
        (&stage.server.url(""), 101),
    ] {
        assert_eq!(
            stage
                .status_of_knocking(&[protocol, ("origin", origin)])
                .await,
            status
        );
    }
}

#[tokio::test]
async fn there_are_no_more_sockets_than_allowed() {
    let protocol = [("sec-websocket-protocol", PROTOCOL)];
    for (limits, status) in [("all=1", 503), ("address=1", 429)] {
        let stage = limited(limits, "off").await;
        let first = stage.connect().await;
        let Err(Error::Http(refused)) = stage.knock(&protocol).await else {
            panic!("there is room: {limits}")
        };
        assert_eq!(refused.status().as_u16(), status);
        assert_eq!(refused.headers()["retry-after"], "10");
        drop(first);
        stage.none_is_open().await;
        assert_eq!(stage.status_of_knocking(&protocol).await, 101);
    }
}

#[tokio::test]
async fn a_bearer_has_no_more_sockets_than_allowed() {
    let stage = limited("staff=2", "off").await;
    let first = stage.connect_as(Some("staff")).await;
    let _second = stage.connect_as(Some("other-staff")).await;
    let _another = stage.connect_as(Some("admin")).await;
    let _nobody = stage.connect_as(None).await;
    let mut third = stage.connect().await;
    let init = json!({ "type": "connection_init", "payload": { "token": "staff" } });
    third.say(init).await;
    assert_eq!(
        third.close().await,
        (1013, "Too many sockets are open".into())
    );
    drop((first, third));
    let mut open = stage.connections.open();
    let closed = timeout(Duration::from_secs(20), open.wait_for(|open| *open == 3)).await;
    closed.expect("in time").expect("a count");
    stage.connect_as(Some("staff")).await;
}

#[tokio::test]
async fn operations_that_are_too_often_are_refused_and_the_socket_lives() {
    let stage = limited("all=10", "key=1").await;
    let mut client = stage.connect_as(Some("staff")).await;
    client.subscribe("1", "{ hello }").await;
    assert_eq!(client.hear().await["type"], "next");
    assert_eq!(client.hear().await["type"], "complete");
    for query in ["{ hello }", "subscription { endless }"] {
        client.subscribe("2", query).await;
        let error = client.hear().await;
        assert_eq!(error["type"], "error", "{error}");
        let extensions = &error["payload"][0]["extensions"];
        assert_eq!(extensions["code"], "RATE_LIMITED");
        assert!((1..=60).contains(&extensions["retryAfterSeconds"].as_u64().expect("a number")));
    }
    // A mutation says so in its payload, and does nothing.
    client.subscribe("3", "mutation { add(by: 1) }").await;
    let refused = client.hear().await;
    assert!(
        refused["payload"]["data"]["add"]
            .as_i64()
            .is_some_and(|wait| wait < 0),
        "{refused}"
    );
    assert_eq!(*stage.door.world.sum.borrow(), 0);
}

#[tokio::test]
async fn a_document_may_be_named_instead_of_being_sent() {
    let stage = stage(patient()).await;
    let mut client = stage.connect_as(None).await;
    client.ask("1", json!({ "documentId": "unknown" })).await;
    let error = client.hear().await;
    assert_eq!(
        error["payload"][0]["extensions"]["code"],
        "PERSISTED_DOCUMENT_NOT_FOUND"
    );
}

// ---- close codes ----

#[tokio::test]
async fn a_message_that_the_protocol_does_not_know_closes_4400() {
    let stage = stage(patient()).await;
    for text in [
        "",
        "{",
        "[]",
        r#"{"type":"start"}"#,
        r#"{"type":"subscribe","id":1}"#,
    ] {
        let mut client = stage.connect().await;
        client.say_text(text).await;
        assert_eq!(client.close().await.0, 4400, "{text}");
    }
    let mut client = stage.connect().await;
    client.0.send(Frame::binary(vec![1])).await.expect("sent");
    assert_eq!(client.close().await.0, 4400);
}

#[tokio::test]
async fn a_message_that_is_too_large_closes_4400() {
    let stage = stage(patient()).await;
    for bytes in [64 * 1024 + 1, 200_000] {
        let mut client = stage.connect_as(None).await;
        client.say_text(&"x".repeat(bytes)).await;
        assert_eq!(client.close().await.0, 4400, "{bytes}");
    }
}

#[tokio::test]
async fn a_reason_that_is_too_long_is_cut_between_characters() {
    let stage = stage(patient()).await;
    let mut client = stage.connect_as(None).await;
    let id = "é".repeat(64);
    client.subscribe(&id, "subscription { endless }").await;
    client.subscribe(&id, "subscription { endless }").await;
    let (code, reason) = client.close().await;
    assert_eq!(code, 4409);
    assert!(
        reason.starts_with("Subscriber for é") && reason.len() <= 123,
        "{reason}"
    );
    assert_eq!(cut(&format!("a{}", "é".repeat(62))).len(), 123);
    assert_eq!(cut(&"é".repeat(62)).len(), 122);
}

#[tokio::test]
async fn subscribing_before_the_acknowledgement_closes_4401() {
    let stage = stage(patient()).await;
    let mut client = stage.connect().await;
    client.subscribe("1", "{ hello }").await;
    assert_eq!(client.close().await, (4401, "Unauthorized".into()));
    let mut client = stage.connect().await;
    client
        .say(json!({ "type": "connection_init", "payload": { "token": "slow" } }))
        .await;
    client.subscribe("1", "{ hello }").await;
    assert_eq!(client.close().await.0, 4401);
}

#[tokio::test]
async fn a_credential_that_does_not_open_the_door_says_why() {
    let stage = stage(patient()).await;
    for (payload, code) in [
        (json!({ "token": "unknown" }), 4401),
        (json!({ "token": "" }), 4401),
        (json!({ "authorization": "Basic x" }), 4401),
        (json!({ "token": "unavailable" }), 1013),
    ] {
        let mut client = stage.connect().await;
        client
            .say(json!({ "type": "connection_init", "payload": payload }))
            .await;
        assert_eq!(client.close().await.0, code, "{payload}");
    }
}

#[tokio::test]
async fn guesses_at_credentials_are_counted_by_address() {
    let stage = limited("all=10", "address=2").await;
    for (token, code) in [
        ("guess1", 4401),
        ("", 4401),
        ("guess2", 1013),
        ("a b", 1013),
    ] {
        let mut client = stage.connect().await;
        let init = json!({ "type": "connection_init", "payload": { "token": token } });
        client.say(init).await;
        assert_eq!(client.close().await.0, code, "{token}");
    }
    // Nobody who guesses keeps those out who share the address.
    stage.connect_as(Some("staff")).await;
}

#[tokio::test]
async fn a_credential_that_is_revoked_closes_4403() {
    let stage = stage(SocketLimits {
        check_every: SHORT,
        ..patient()
    })
    .await;
    let mut client = stage.connect_as(Some("staff")).await;
    client.subscribe("1", "subscription { endless }").await;
    stage.door.world.holds.send_replace(Holds::No);
    assert_eq!(client.close().await, (4403, "Forbidden".into()));
}

#[tokio::test]
async fn a_token_that_was_handed_on_to_another_stay_closes_1012() {
    let stage = stage(SocketLimits {
        check_every: SHORT,
        ..patient()
    })
    .await;
    let mut client = stage.connect_as(Some("staff")).await;
    client.subscribe("1", "subscription { endless }").await;
    stage.door.world.holds.send_replace(Holds::AnotherStay);
    assert_eq!(client.close().await, (1012, ANOTHER_STAY.into()));
}

#[tokio::test]
async fn without_connection_init_in_time_it_closes_4408() {
    let stage = stage(SocketLimits {
        init_within: SHORT,
        ..patient()
    })
    .await;
    let mut client = stage.connect().await;
    assert_eq!(
        client.close().await,
        (4408, "Connection initialisation timeout".into())
    );
    // Pings do not put it off.
    let mut client = stage.connect().await;
    client.say(json!({ "type": "ping" })).await;
    assert_eq!(client.close().await.0, 4408);
}

#[tokio::test]
async fn a_second_operation_with_a_running_id_closes_4409() {
    let stage = stage(patient()).await;
    let mut client = stage.connect_as(None).await;
    client.subscribe("same", "subscription { endless }").await;
    client.subscribe("same", "{ hello }").await;
    assert_eq!(
        client.close().await,
        (4409, "Subscriber for same already exists".into())
    );
}

#[tokio::test]
async fn an_id_may_be_used_again_when_its_operation_is_over() {
    let stage = stage(patient()).await;
    let mut client = stage.connect_as(None).await;
    for _ in 0..2 {
        client.subscribe("same", "{ hello }").await;
        assert_eq!(client.hear().await["type"], "next");
        assert_eq!(client.hear().await["type"], "complete");
        client.subscribe("same", "{ unknown }").await;
        assert_eq!(client.hear().await["type"], "error");
    }
}

#[tokio::test]
async fn a_second_connection_init_closes_4429() {
    let stage = stage(patient()).await;
    let mut client = stage.connect_as(None).await;
    client.say(json!({ "type": "connection_init" })).await;
    assert_eq!(
        client.close().await,
        (4429, "Too many initialisation requests".into())
    );
    // Also while the first is still being looked at.
    let mut client = stage.connect().await;
    let init = json!({ "type": "connection_init", "payload": { "token": "slow" } });
    client.say(init.clone()).await;
    client.say(init).await;
    assert_eq!(client.close().await.0, 4429);
}

#[tokio::test]
async fn a_client_that_is_silent_for_too_long_is_closed() {
    let stage = stage(SocketLimits {
        silence: SHORT,
        ..patient()
    })
    .await;
    let mut client = stage.connect_as(None).await;
    assert_eq!(client.close().await, (1001, "Nothing heard".into()));
}

// One thread runs both sides: while it is blocked, the server stands still as a stopped process does.
#[tokio::test(flavor = "current_thread")]
#[expect(
    clippy::disallowed_methods,
    reason = "a process that stands still waits for nothing"
)]
async fn a_server_that_stood_still_does_not_take_its_clients_for_silent() {
    let silence = Duration::from_millis(400);
    let stage = stage(SocketLimits {
        silence,
        ..patient()
    })
    .await;
    let mut spoke = stage.connect_as(Some("staff")).await;
    let mut could_not_speak = stage.connect_as(Some("staff")).await;
    // Sent, and not yet read.
    spoke.say(json!({ "type": "ping" })).await;
    std::thread::sleep(silence * 3);
    could_not_speak.say(json!({ "type": "ping" })).await;
    for client in [&mut spoke, &mut could_not_speak] {
        assert_eq!(client.hear().await, json!({ "type": "pong" }));
    }
    // And silence is silence as before.
    for client in [&mut spoke, &mut could_not_speak] {
        assert_eq!(client.close().await, (1001, "Nothing heard".into()));
    }
}

#[tokio::test]
async fn shutting_down_closes_all_with_1001_and_takes_no_more() {
    let stage = stage(patient()).await;
    let mut guest = stage.connect_as(Some("staff")).await;
    let mut stranger = stage.connect().await;
    let sockets = stage.connections.clone();
    let shutting_down = tokio::spawn(async move { sockets.shut_down().await });
    for client in [&mut guest, &mut stranger] {
        assert_eq!(client.close().await, (1001, "Going away".into()));
        assert_eq!(client.frame().await, None);
    }
    shutting_down.await.expect("shut down");
    let protocol = [("sec-websocket-protocol", PROTOCOL)];
    assert_eq!(stage.status_of_knocking(&protocol).await, 503);
}

// ---- life ----

#[tokio::test]
async fn a_ping_is_answered_with_its_payload() {
    let stage = stage(patient()).await;
    let mut client = stage.connect().await;
    client.say(json!({ "type": "ping" })).await;
    assert_eq!(client.hear().await, json!({ "type": "pong" }));
    client
        .say(json!({ "type": "ping", "payload": { "at": [1] } }))
        .await;
    assert_eq!(
        client.hear().await,
        json!({ "type": "pong", "payload": { "at": [1] } })
    );
}

#[tokio::test]
async fn the_server_pings_and_a_client_that_answers_stays() {
    let limits = SocketLimits {
        ping_every: SHORT,
        silence: Duration::from_millis(400),
        ..patient()
    };
    let stage = stage(limits).await;
    let mut client = stage.connect_as(None).await;
    for _ in 0..12 {
        assert_eq!(client.hear().await, json!({ "type": "ping" }));
        client.say(json!({ "type": "pong" })).await;
    }
    assert_eq!(*stage.connections.open().borrow(), 1);
}

#[tokio::test]
async fn every_message_of_a_guest_is_a_sign_of_life_and_control_frames_are_not() {
    let stage = stage(patient()).await;
    let mut client = stage.connect().await;
    client
        .say(json!({ "type": "connection_init", "payload": { "token": "staff", "deviceId": "phone" } }))
        .await;
    client.hear().await;
    assert_eq!(*stage.door.world.signs.borrow(), 1);
    client
        .0
        .send(Frame::Ping(Vec::new().into()))
        .await
        .expect("sent");
    client.say(json!({ "type": "ping" })).await;
    while !matches!(client.frame().await, Some(Frame::Text(_))) {}
    assert_eq!(*stage.door.world.signs.borrow(), 2);
    let asker = stage.door.world.alive.borrow().clone().expect("an asker");
    assert_eq!(asker.device_id.as_deref(), Some("phone"));
    assert!(asker.address.is_some_and(|address| address.is_loopback()));
}

#[tokio::test]
async fn the_socket_of_a_client_that_breaks_off_is_closed_at_once() {
    let stage = stage(patient()).await;
    let client = stage.connect_as(Some("staff")).await;
    drop(client);
    stage.none_is_open().await;
}

// ---- operations ----

#[tokio::test]
async fn queries_and_mutations_are_answered_once() {
    let stage = stage(patient()).await;
    stage.door.world.adding.send_replace(true);
    let mut client = stage.connect_as(Some("staff")).await;
    for (query, data) in [
        (
            "{ hello who }",
            json!({ "hello": "hello you", "who": "staff None" }),
        ),
        ("mutation { add(by: 2) }", json!({ "add": 2 })),
    ] {
        client.subscribe("1", query).await;
        let next = json!({ "id": "1", "type": "next", "payload": { "data": data } });
        assert_eq!(client.hear().await, next);
        assert_eq!(
            client.hear().await,
            json!({ "id": "1", "type": "complete" })
        );
    }
}

#[tokio::test]
async fn over_all_sockets_of_somebody_no_more_is_answered_at_a_time_than_allowed() {
    let stage = stage(patient()).await;
    let world = &stage.door.world;
    let mut sockets = [
        stage.connect_as(Some("staff")).await,
        stage.connect_as(Some("staff")).await,
    ];
    let asked = REQUESTS_AT_A_TIME + 1;
    for number in 0..asked {
        let socket = &mut sockets[number % 2];
        socket.subscribe(&number.to_string(), "{ gated }").await;
    }
    let mut begun = world.begun.subscribe();
    let all = begun.wait_for(|begun| *begun >= REQUESTS_AT_A_TIME);
    let all = timeout(Duration::from_secs(20), all).await;
    all.expect("in time").expect("a count");
    // What is followed takes no place. It was asked for last: each of the others has had its chance.
    for socket in &mut sockets {
        socket
            .subscribe("last", "subscription { count(upTo: 1) }")
            .await;
        for kind in ["next", "complete"] {
            let said = socket.hear().await;
            assert_eq!((&said["type"], &said["id"]), (&json!(kind), &json!("last")));
        }
    }
    assert_eq!(*world.begun.borrow(), REQUESTS_AT_A_TIME);
    let mut other = stage.connect_as(Some("admin")).await;
    other.subscribe("1", "{ hello }").await;
    assert_eq!(other.hear().await["type"], "next");

    world.gate.send_replace(true);
    for number in 0..asked {
        let socket = &mut sockets[number % 2];
        let mut said = socket.hear().await;
        while said["type"] == "complete" {
            said = socket.hear().await;
        }
        assert_eq!(said["payload"], json!({ "data": { "gated": true } }));
    }
    assert_eq!(*world.begun.borrow(), asked);
}

#[tokio::test]
async fn a_subscription_is_answered_in_order_and_completes() {
    let stage = stage(patient()).await;
    let mut client = stage.connect_as(None).await;
    let query = "subscription Count($to: Int!) { count(upTo: $to) }";
    client
        .ask(
            "a\"b",
            json!({ "query": query, "variables": { "to": 3 }, "operationName": "Count" }),
        )
        .await;
    for count in 1..=3 {
        let payload = json!({ "data": { "count": count } });
        assert_eq!(
            client.hear().await,
            json!({ "id": "a\"b", "type": "next", "payload": payload })
        );
    }
    assert_eq!(
        client.hear().await,
        json!({ "id": "a\"b", "type": "complete" })
    );
}

#[tokio::test]
async fn what_cannot_be_executed_is_an_error_and_the_socket_lives() {
    let stage = stage(patient()).await;
    let mut client = stage.connect_as(None).await;
    for query in [
        "{",
        "{ unknown }",
        "subscription { unknown }",
        "subscription { refused }",
        "subscription { changes { version } }",
        "subscription { count(upTo: 1) endless }",
        "query ($name: String!) { hello(name: $name) }",
    ] {
        client.subscribe("1", query).await;
        let answer = client.hear().await;
        assert_eq!(
            (&answer["type"], &answer["id"]),
            (&json!("error"), &json!("1")),
            "{query}"
        );
        assert!(answer["payload"][0]["message"].is_string(), "{answer}");
    }
    client.subscribe("1", "{ hello }").await;
    assert_eq!(client.hear().await["type"], "next");
}

#[tokio::test]
async fn a_fault_in_an_answer_is_sent_with_it_and_one_that_leaves_nothing_ends_it() {
    let stage = stage(patient()).await;
    let mut client = stage.connect_as(None).await;
    client.subscribe("1", "{ faulty }").await;
    let answer = client.hear().await;
    assert_eq!(answer["type"], "next");
    assert_eq!(answer["payload"]["data"], json!({ "faulty": null }));
    assert!(answer["payload"]["errors"].is_array());
    assert_eq!(client.hear().await["type"], "complete");
    client.subscribe("2", "subscription { breaking }").await;
    assert_eq!(client.hear().await["type"], "next");
    assert_eq!(client.hear().await["type"], "error");
    client.say(json!({ "type": "ping" })).await;
    assert_eq!(
        client.hear().await["type"],
        "pong",
        "nothing comes after an error"
    );
}

#[tokio::test]
async fn complete_stops_an_operation_at_once() {
    let stage = stage(patient()).await;
    let mut client = stage.connect_as(None).await;
    let mut running = stage.door.world.endless.subscribe();
    client.subscribe("1", "subscription { endless }").await;
    running
        .wait_for(|running| *running == 1)
        .await
        .expect("running");
    client
        .say(json!({ "type": "complete", "id": "unknown" }))
        .await;
    client.say(json!({ "type": "complete", "id": "1" })).await;
    running
        .wait_for(|running| *running == 0)
        .await
        .expect("stopped");
    client.subscribe("1", "{ hello }").await;
    assert_eq!(client.hear().await["type"], "next");
}

#[tokio::test]
async fn a_mutation_runs_to_its_end_when_the_socket_is_gone() {
    let stage = stage(patient()).await;
    let mut client = stage.connect_as(None).await;
    let mut signs = stage.door.world.signs.subscribe();
    client.subscribe("1", "mutation { add(by: 5) }").await;
    signs
        .wait_for(|signs| *signs >= 100)
        .await
        .expect("running");
    drop(client);
    stage.none_is_open().await;
    stage.door.world.adding.send_replace(true);
    stage
        .door
        .world
        .sum
        .subscribe()
        .wait_for(|sum| *sum == 5)
        .await
        .expect("a sum");
}

#[tokio::test]
async fn who_asks_and_hangs_up_has_no_more_under_way_than_others() {
    let stage = stage(patient()).await;
    let world = &stage.door.world;
    let mut client = stage.connect_as(Some("staff")).await;
    let mut signs = world.signs.subscribe();
    for number in 0..REQUESTS_AT_A_TIME {
        client
            .subscribe(&number.to_string(), "mutation { add(by: 1) }")
            .await;
    }
    let all = signs.wait_for(|signs| *signs >= 100 * REQUESTS_AT_A_TIME);
    let all = timeout(Duration::from_secs(20), all).await;
    all.expect("in time").expect("all are being executed");
    drop(client);
    stage.none_is_open().await;

    let mut client = stage.connect_as(Some("staff")).await;
    client.subscribe("1", "{ gated }").await;
    // Asked for after it: the other has had its chance.
    client
        .subscribe("2", "subscription { count(upTo: 1) }")
        .await;
    assert_eq!(client.hear().await["id"], "2");
    assert_eq!(*world.begun.borrow(), 0);
    world.adding.send_replace(true);
    let mut begun = world.begun.subscribe();
    let waited = timeout(Duration::from_secs(20), begun.wait_for(|begun| *begun == 1));
    waited.await.expect("in time").expect("its turn");
}

#[tokio::test]
async fn a_socket_has_no_more_operations_than_allowed() {
    let stage = stage(SocketLimits {
        operations: 2,
        ..patient()
    })
    .await;
    let mut client = stage.connect_as(None).await;
    for id in ["1", "2", "3"] {
        client.subscribe(id, "subscription { endless }").await;
    }
    let answer = client.hear().await;
    assert_eq!(
        (&answer["type"], &answer["id"]),
        (&json!("error"), &json!("3"))
    );
    assert_eq!(
        answer["payload"][0]["extensions"]["code"],
        "TOO_MANY_OPERATIONS"
    );
    client.say(json!({ "type": "complete", "id": "1" })).await;
    client.subscribe("3", "{ hello }").await;
    assert_eq!(client.hear().await["type"], "next");
}

#[tokio::test]
async fn a_busy_operation_does_not_silence_the_others() {
    let stage = stage(patient()).await;
    let mut client = stage.connect_as(None).await;
    client
        .subscribe("busy", "subscription { count(upTo: 1000000) }")
        .await;
    client.hear().await;
    client.subscribe("other", "{ hello }").await;
    let mut before = 0;
    while client.hear().await["id"] != "other" {
        before += 1;
        assert!(before < 100_000);
    }
}

// ---- readers ----

#[tokio::test]
async fn a_reader_that_is_stuck_is_dropped() {
    let stage = stage(SocketLimits {
        send_within: SHORT,
        ..patient()
    })
    .await;
    stage
        .door
        .world
        .text_bytes
        .store(64 * 1024, Ordering::SeqCst);
    let mut client = stage.connect_as(Some("staff")).await;
    client
        .subscribe("1", "subscription { changes { version text } }")
        .await;
    client.hear().await;
    // From here on the client reads nothing, and there is always something new.
    let world = Arc::clone(&stage.door.world);
    let changing = tokio::spawn(async move {
        let mut tick = tokio::time::interval(Duration::from_millis(1));
        loop {
            tick.tick().await;
            world.version.send_modify(|version| *version += 1);
        }
    });
    stage.none_is_open().await;
    changing.abort();
    drop(client);
}

/// Else it would stand still with what it holds, a connection to the store among it, and all others would wait.
#[tokio::test]
async fn what_has_begun_comes_to_its_end_though_its_asker_reads_nothing() {
    let stage = stage(patient()).await;
    let world = &stage.door.world;
    world.text_bytes.store(64 * 1024, Ordering::SeqCst);
    let mut stuck = stage.connect_as(Some("staff")).await;
    let mut quick = stage.connect_as(Some("admin")).await;
    for client in [&mut stuck, &mut quick] {
        client
            .subscribe("1", "subscription { changes { version text } }")
            .await;
        client.hear().await;
    }
    stuck.subscribe("2", "{ gated }").await;
    let mut begun = world.begun.subscribe();
    let waited = timeout(Duration::from_secs(20), begun.wait_for(|begun| *begun == 1));
    waited.await.expect("in time").expect("begun");
    // Until nothing more can be said to the one who reads nothing: of many changes none is taken for them.
    let (mut version, mut taken, mut in_vain) = (1, 0, 0);
    while in_vain < 50 {
        version += 1;
        world.version.send_replace(version);
        quick.hear().await;
        // One of them is the quick one's.
        let before = std::mem::replace(&mut taken, world.taken.load(Ordering::SeqCst));
        in_vain = if taken == before + 1 { in_vain + 1 } else { 0 };
    }
    world.gate.send_replace(true);
    let mut ended = world.ended.subscribe();
    let waited = timeout(Duration::from_secs(20), ended.wait_for(|ended| *ended == 1));
    waited.await.expect("in time").expect("ended");
}

#[tokio::test]
async fn what_a_slow_reader_misses_does_not_pile_up() {
    let stage = stage(patient()).await;
    stage
        .door
        .world
        .text_bytes
        .store(64 * 1024, Ordering::SeqCst);
    let mut slow = stage.connect_as(Some("staff")).await;
    let mut quick = stage.connect_as(Some("admin")).await;
    for client in [&mut slow, &mut quick] {
        client
            .subscribe("1", "subscription { changes { version text } }")
            .await;
        client.hear().await;
    }
    let last = 600;
    for version in 2..=last {
        stage.door.world.version.send_replace(version);
        // The quick one follows every step while the slow one reads nothing.
        let next = quick.hear().await;
        assert_eq!(next["payload"]["data"]["changes"]["version"], version);
    }
    let (mut got, mut before) = (0, 1);
    while before < last {
        let version = slow.hear().await["payload"]["data"]["changes"]["version"]
            .as_i64()
            .expect("a version");
        assert!(version > before, "in order, none twice");
        (got, before) = (got + 1, version);
    }
    assert!(
        got < 400,
        "{got} of {last} changes were kept for a reader that read none"
    );
}
