//! Streams of a real server, byte for byte.

use std::sync::atomic::Ordering;

use reqwest::Response as Answer;
use serde_json::{Value as Json, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::*;
use crate::domain::limits::REQUESTS_AT_A_TIME;
use crate::http::connections::Connections;
use crate::http::graphql_http::{self, HttpLimits};
use crate::http::listening::ListenLimits;
use crate::http::origin::OriginPolicy;
use crate::http::test_door::{Server, TestDoor};

const SHORT: Duration = Duration::from_millis(50);
const PATIENCE: Duration = Duration::from_secs(20);

/// Times that are never reached: a test shortens the one it is about.
fn patient() -> StreamLimits {
    let long = Duration::from_mins(10);
    StreamLimits {
        keep_alive_every: long,
        check_every: long,
        good_for: long,
    }
}

struct Stage {
    server: Server,
    door: TestDoor,
    connections: Connections,
}

async fn stage(limits: StreamLimits) -> Stage {
    limited(limits, "staff=20", ListenLimits::default()).await
}

async fn limited(limits: StreamLimits, connections: &str, listen: ListenLimits) -> Stage {
    let door = TestDoor::new();
    let connections = Connections::new(connections.parse().expect("limits"));
    let origins = OriginPolicy::new(["https://staff.example".parse().expect("an origin")]);
    let transport = Transport::new(door.clone(), origins).counting_in(connections.clone());
    let router = graphql_http::router(transport, HttpLimits::default(), limits);
    Stage {
        server: Server::listening(router, listen).await,
        door,
        connections,
    }
}

impl Stage {
    /// Asks for a stream as staff.
    async fn ask(&self, path: &str, query: &str) -> Answer {
        let request = self.server.client.post(self.server.url(path));
        let request = request
            .bearer_auth("staff")
            .header("accept", "text/event-stream")
            .json(&json!({ "query": query }));
        request.send().await.expect("an answer")
    }

    async fn stream(&self, query: &str) -> Events {
        let answer = self.ask(PATH, query).await;
        assert_eq!(answer.status(), 200);
        Events::of(answer).await
    }

    async fn until_open(&self, count: usize) {
        let mut open = self.connections.open();
        let reached = timeout(PATIENCE, open.wait_for(|open| *open == count)).await;
        reached.expect("in time").expect("a count");
    }
}

/// What comes on a stream, block by block.
struct Events {
    answer: Answer,
    text: String,
}

impl Events {
    fn from_the_start(answer: Answer) -> Self {
        Self {
            answer,
            text: String::new(),
        }
    }

    /// The first that comes is a comment: the stream is open.
    async fn of(answer: Answer) -> Self {
        let mut events = Self::from_the_start(answer);
        assert_eq!(events.block().await.as_deref(), Some(":"));
        events
    }

    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                return Some(block);
            }
            let chunk = timeout(PATIENCE, self.answer.chunk())
                .await
                .expect("in time");
            let Ok(Some(chunk)) = chunk else {
                assert_eq!(self.text, "", "the stream ends within an event");
                return None;
            };
            self.text
                .push_str(std::str::from_utf8(&chunk).expect("UTF-8"));
        }
    }

    /// The data of the next event, which is `next`.
    async fn next(&mut self) -> Json {
        let mut block = self.block().await.expect("an event");
        while block == ":" {
            block = self.block().await.expect("an event");
        }
        let data = block.strip_prefix("event: next\ndata: ").expect("next");
        serde_json::from_str(data).expect("JSON")
    }

    async fn completes(&mut self) {
        assert_eq!(
            self.block().await.as_deref(),
            Some("event: complete\ndata:")
        );
        assert_eq!(self.block().await, None);
    }
}

#[tokio::test]
async fn a_subscription_is_streamed_in_order_and_completes() {
    let stage = stage(patient()).await;
    for path in [PATH, graphql_http::PATH] {
        let answer = stage.ask(path, "subscription { count(upTo: 2) }").await;
        assert_eq!(answer.status(), 200);
        let header = |name: &str| answer.headers()[name].to_str().expect("text").to_owned();
        assert_eq!(header("content-type"), EVENT_STREAM);
        assert_eq!(header("cache-control"), "no-store");
        assert_eq!(header("x-accel-buffering"), "no");
        assert!(header("ratelimit").starts_with("\"key\";r="));
        let mut events = Events::of(answer).await;
        for count in 1..=2 {
            assert_eq!(events.next().await, json!({ "data": { "count": count } }));
        }
        events.completes().await;
    }
}

#[tokio::test]
async fn queries_and_mutations_are_streamed_to_who_accepts_nothing_else() {
    let stage = stage(patient()).await;
    let mut events = stage.stream("{ hello }").await;
    assert_eq!(
        events.next().await,
        json!({ "data": { "hello": "hello you" } })
    );
    events.completes().await;
    stage.door.world.adding.send_replace(true);
    let mut events = stage.stream("mutation { add(by: 2) }").await;
    assert_eq!(events.next().await, json!({ "data": { "add": 2 } }));
    events.completes().await;
}

#[tokio::test]
async fn over_all_streams_of_somebody_no_more_is_answered_at_a_time_than_allowed() {
    let stage = stage(patient()).await;
    let world = &stage.door.world;
    let mut streams = Vec::new();
    for _ in 0..REQUESTS_AT_A_TIME {
        streams.push(stage.stream("{ gated }").await);
    }
    let mut begun = world.begun.subscribe();
    let all = timeout(
        PATIENCE,
        begun.wait_for(|begun| *begun == REQUESTS_AT_A_TIME),
    );
    all.await.expect("in time").expect("a count");
    // While nobody is done, who waits is turned away in the end.
    let one_more = stage.ask(PATH, "{ gated }").await;
    assert_eq!(one_more.status(), 429);
    assert_eq!(*world.begun.borrow(), REQUESTS_AT_A_TIME);

    world.gate.send_replace(true);
    streams.push(stage.stream("{ gated }").await);
    for mut events in streams {
        let answer = events.next().await;
        assert_eq!(answer, json!({ "data": { "gated": true } }));
        events.completes().await;
    }
}

#[tokio::test]
async fn a_stream_can_be_asked_for_by_get_as_browsers_do() {
    let stage = stage(patient()).await;
    let get = |query: &'static str, accept: &'static str| {
        let request = stage.server.client.get(stage.server.url(PATH));
        let request = request.query(&[("query", query)]).header("accept", accept);
        async move { request.send().await.expect("an answer") }
    };
    for accept in ["text/event-stream", "*/*", "text/*;q=0.1"] {
        let mut events = Events::of(get("subscription { count(upTo: 1) }", accept).await).await;
        assert_eq!(events.next().await["data"]["count"], 1);
        events.completes().await;
    }
    let refused = get("mutation { add(by: 2) }", "text/event-stream").await;
    assert_eq!(refused.status(), 405);
    assert_eq!(*stage.door.world.sum.borrow(), 0);
    for accept in ["application/json", "text/event-stream;q=0"] {
        assert_eq!(get("{ hello }", accept).await.status(), 406, "{accept}");
    }
}

#[tokio::test]
async fn at_graphql_a_stream_is_for_who_prefers_it_or_subscribes() {
    let stage = stage(patient()).await;
    let both = "application/graphql-response+json, application/json, text/event-stream";
    for (query, accept, media_type) in [
        (
            "{ hello }",
            both,
            "application/graphql-response+json; charset=utf-8",
        ),
        ("subscription { count(upTo: 1) }", both, EVENT_STREAM),
        (
            "{ hello }",
            "application/json;q=0.5, text/event-stream",
            EVENT_STREAM,
        ),
        // Said of anything, it is not meant.
        (
            "subscription { count(upTo: 1) }",
            "*/*",
            "application/json; charset=utf-8",
        ),
    ] {
        let request = stage
            .server
            .client
            .post(stage.server.url(graphql_http::PATH));
        let request = request
            .header("accept", accept)
            .json(&json!({ "query": query }));
        let answer = request.send().await.expect("an answer");
        assert_eq!(
            answer.headers()["content-type"],
            media_type,
            "{query} {accept}"
        );
    }
}

#[tokio::test]
async fn what_cannot_be_executed_is_an_answer_on_the_stream() {
    let stage = stage(patient()).await;
    for (query, part) in [
        ("subscription {", "cannot be read"),
        ("subscription { unknown }", "Unknown field"),
        (
            "subscription { count(upTo: 1) endless }",
            "TOO_MANY_ROOT_FIELDS",
        ),
        ("{ unknown }", "Unknown field"),
        ("subscription { refused }", "not yours"),
    ] {
        let answer = stage.ask(PATH, query).await;
        assert_eq!(answer.status(), 200, "{query}");
        let mut events = Events::from_the_start(answer);
        let answer = events.next().await;
        assert!(answer["errors"].to_string().contains(part), "{answer}");
        assert!(answer["data"].is_null(), "{answer}");
        events.completes().await;
    }
}

#[tokio::test]
async fn what_is_wrong_with_the_request_is_a_status() {
    let stage = stage(patient()).await;
    let url = stage.server.url(PATH);
    let body = json!({ "query": "subscription { endless }" });
    let post = || stage.server.client.post(&url);
    for (request, status) in [
        (
            post()
                .header("content-type", "text/plain")
                .body(body.to_string()),
            415,
        ),
        (
            post().header("content-type", "application/json").body("{"),
            400,
        ),
        (post().json(&json!([body])), 400),
        (post().json(&body).bearer_auth("unknown"), 401),
        (post().json(&body).header("authorization", "Basic x"), 401),
        (post().json(&body).bearer_auth("unavailable"), 503),
        (
            post().json(&body).header("origin", "https://evil.example"),
            403,
        ),
        (stage.server.client.put(&url).json(&body), 405),
        (stage.server.client.delete(&url), 405),
        (
            stage
                .server
                .client
                .head(&url)
                .query(&[("query", "{ hello }")]),
            405,
        ),
    ] {
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), status);
        assert_ne!(answer.headers()["content-type"], EVENT_STREAM);
    }
    let listed = post().json(&json!({ "query": "{ hello }" }));
    let listed = listed.header("origin", "https://staff.example");
    let listed = listed.send().await.expect("an answer");
    assert_eq!(
        listed.headers()["access-control-allow-origin"],
        "https://staff.example"
    );
    stage.until_open(0).await;
}

#[tokio::test]
async fn streams_and_their_bytes_are_shared_with_all_who_ask_the_same() {
    let stage = stage(patient()).await;
    let query = "subscription { changes { version text } }";
    let mut streams = Vec::new();
    for _ in 0..10 {
        streams.push(stage.stream(query).await);
    }
    for version in 2..=3 {
        stage.door.world.version.send_replace(version);
        for events in &mut streams {
            while events.next().await["data"]["changes"]["version"] != version {}
        }
    }
    assert!(stage.door.world.executions.load(Ordering::SeqCst) <= 3);
}

#[tokio::test]
async fn the_line_is_kept_alive_by_comments() {
    let limits = StreamLimits {
        keep_alive_every: SHORT,
        ..patient()
    };
    let stage = stage(limits).await;
    let mut events = stage.stream("subscription { endless }").await;
    for _ in 0..3 {
        assert_eq!(events.block().await.as_deref(), Some(":"));
    }
}

#[tokio::test]
async fn a_credential_that_is_revoked_ends_the_stream() {
    let limits = StreamLimits {
        check_every: SHORT,
        ..patient()
    };
    let stage = stage(limits).await;
    let mut events = stage.stream("subscription { endless }").await;
    stage.door.world.holds.send_replace(Holds::No);
    let answer = events.next().await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
    events.completes().await;
    stage.until_open(0).await;
}

#[tokio::test]
async fn a_stream_whose_token_was_handed_on_to_another_stay_ends_and_is_not_complete() {
    let limits = StreamLimits {
        check_every: SHORT,
        ..patient()
    };
    let stage = stage(limits).await;
    let mut events = stage.stream("subscription { endless }").await;
    stage.door.world.holds.send_replace(Holds::AnotherStay);
    assert_eq!(events.block().await, None);
    stage.until_open(0).await;
}

#[tokio::test]
async fn a_stream_ends_with_the_server_and_is_not_complete() {
    let stage = stage(patient()).await;
    let mut events = stage.stream("subscription { endless }").await;
    stage.connections.shut_down().await;
    assert_eq!(events.block().await, None);
    let refused = stage.ask(PATH, "subscription { endless }").await;
    assert_eq!(refused.status(), 503);
}

#[tokio::test]
async fn a_reader_that_goes_away_ends_its_operation() {
    let stage = stage(patient()).await;
    let events = stage.stream("subscription { endless }").await;
    let mut endless = stage.door.world.endless.subscribe();
    let begun = timeout(PATIENCE, endless.wait_for(|running| *running == 1)).await;
    begun.expect("in time").expect("a count");
    drop(events);
    let ended = timeout(PATIENCE, endless.wait_for(|running| *running == 0)).await;
    ended.expect("in time").expect("a count");
    stage.until_open(0).await;
}

#[tokio::test]
async fn there_are_no_more_streams_than_allowed() {
    for (limits, status) in [("all=1", 503), ("address=1", 429), ("staff=1", 429)] {
        let stage = limited(patient(), limits, ListenLimits::default()).await;
        let first = stage.stream("subscription { endless }").await;
        let refused = stage.ask(PATH, "subscription { endless }").await;
        assert_eq!(refused.status(), status, "{limits}");
        assert_eq!(refused.headers()["retry-after"], "10", "{limits}");
        drop(first);
        stage.until_open(0).await;
        stage.stream("subscription { endless }").await;
    }
}

/// A reader that asks for a stream of large changes, and then reads nothing.
async fn stuck(stage: &Stage) -> TcpStream {
    let body = json!({ "query": "subscription { changes { version text } }" }).to_string();
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n\
         authorization: Bearer staff\r\ncontent-length: {}\r\n\r\n",
        stage.server.host(),
        body.len()
    );
    let mut raw = TcpStream::connect(stage.server.address)
        .await
        .expect("a line");
    raw.write_all(format!("{head}{body}").as_bytes())
        .await
        .expect("sent");
    raw
}

/// Makes changes until a stuck reader takes no more, and returns how many it was given.
async fn changes_until_it_is_full(stage: &Stage) -> usize {
    stage
        .door
        .world
        .text_bytes
        .store(1024 * 1024, Ordering::SeqCst);
    let taken = || stage.door.world.taken.load(Ordering::SeqCst);
    let mut version = 1;
    let full = async {
        loop {
            let before = taken();
            version += 1;
            stage.door.world.version.send_replace(version);
            let moved = async {
                while taken() == before {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            };
            if timeout(Duration::from_millis(500), moved).await.is_err() {
                return before;
            }
        }
    };
    timeout(PATIENCE, full).await.expect("it is full at last")
}

#[tokio::test]
async fn nothing_is_produced_ahead_of_a_reader_that_is_stuck_and_it_is_dropped() {
    let listen = ListenLimits {
        read_within: Duration::from_secs(2),
        ..ListenLimits::default()
    };
    let stage = limited(patient(), "all=10", listen).await;
    let _stuck = stuck(&stage).await;
    stage.until_open(1).await;
    // What the network holds on its own way, and a change or two.
    let changes = changes_until_it_is_full(&stage).await;
    assert!(changes < 20, "{changes} MB");
    stage.until_open(0).await;
}

#[tokio::test]
async fn a_reader_that_was_stuck_gets_nothing_new_when_its_credential_is_gone() {
    let limits = StreamLimits {
        check_every: SHORT,
        good_for: SHORT * 2,
        ..patient()
    };
    let stage = limited(limits, "all=10", ListenLimits::default()).await;
    let mut raw = stuck(&stage).await;
    stage.until_open(1).await;
    changes_until_it_is_full(&stage).await;
    stage.door.world.holds.send_replace(Holds::No);
    tokio::time::sleep(SHORT * 3).await;
    let newest = i64::MAX / 2;
    stage.door.world.version.send_replace(newest);
    let mut read = Vec::new();
    let to_the_end = timeout(PATIENCE, async {
        while !read.ends_with(b"0\r\n\r\n") {
            let mut part = vec![0; 256 * 1024];
            let count = raw.read(&mut part).await.expect("bytes");
            assert!(count > 0, "the stream is cut");
            read.extend_from_slice(&part[..count]);
        }
    });
    to_the_end.await.expect("in time");
    let read = String::from_utf8_lossy(&read);
    assert!(read.contains("FORBIDDEN"));
    assert!(!read.contains(&newest.to_string()));
}
