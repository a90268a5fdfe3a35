use futures_util::FutureExt as _;
use reqwest::{RequestBuilder, Response as Answer};
use serde_json::{Value, json};

use super::*;
use crate::domain::limits::REQUESTS_AT_A_TIME;
use crate::http::fair_use::{FairUse, Party};
use crate::http::origin::OriginPolicy;
use crate::http::test_door::{Server, TestDoor};

const NEW: &str = "application/graphql-response+json";

async fn server() -> (Server, TestDoor) {
    let door = TestDoor::new();
    let origins = OriginPolicy::new(["https://staff.example".parse().expect("an origin")]);
    let limits = HttpLimits {
        body_within: Duration::from_millis(300),
        ..HttpLimits::default()
    };
    let transport = Transport::new(door.clone(), origins);
    let router = router(transport, limits, StreamLimits::default());
    (Server::start(router).await, door)
}

/// A server that answers so many requests a minute: of a key, and of an address.
async fn rated(of_key: usize, of_address: usize) -> Server {
    let limits = format!("key={of_key},address={of_address}");
    let transport = Transport::new(TestDoor::new(), OriginPolicy::default())
        .rated(limits.parse().expect("limits"));
    let router = router(transport, HttpLimits::default(), StreamLimits::default());
    Server::start(router).await
}

async fn sent(request: RequestBuilder) -> Answer {
    request.send().await.expect("an answer")
}

async fn post(server: &Server, body: Value) -> Answer {
    sent(server.client.post(server.url(PATH)).json(&body)).await
}

fn text<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer
        .headers()
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

async fn json(answer: Answer) -> Value {
    answer.json().await.expect("JSON")
}

#[tokio::test]
async fn a_query_is_answered_by_post_and_by_get() {
    let (server, _) = server().await;
    let expected = json!({ "data": { "hello": "hello Ada" } });
    let query = "query Hello($name: String!) { hello(name: $name) }";
    let posted = post(
        &server,
        json!({
            "query": query, "operationName": "Hello", "variables": { "name": "Ada" }
        }),
    );
    let posted = posted.await;
    assert_eq!(text(&posted, "content-type"), JSON);
    assert_eq!(text(&posted, "cache-control"), "no-store");
    assert_eq!(json(posted).await, expected);
    let got = server.client.get(server.url(PATH)).query(&[
        ("query", query),
        ("operationName", "Hello"),
        ("variables", r#"{"name":"Ada"}"#),
    ]);
    assert_eq!(json(sent(got).await).await, expected);
}

#[tokio::test]
async fn only_queries_are_answered_by_get() {
    let (server, door) = server().await;
    for query in [
        "mutation { add(by: 1) }",
        "query Q { hello } mutation M { add(by: 1) }",
    ] {
        let asking = server.client.get(server.url(PATH));
        let answer = sent(asking.query(&[
            ("query", query),
            (
                "operationName",
                if query.starts_with('q') { "M" } else { "" },
            ),
        ]))
        .await;
        assert_eq!(answer.status(), 405, "{query}");
        assert_eq!(text(&answer, "allow"), "POST");
    }
    assert_eq!(*door.world.sum.borrow(), 0);
}

#[tokio::test]
async fn other_methods_are_told_which_there_are() {
    let (server, _) = server().await;
    for method in [Method::PUT, Method::DELETE, Method::PATCH] {
        let answer = sent(server.client.request(method, server.url(PATH))).await;
        assert_eq!(answer.status(), 405);
        assert_eq!(text(&answer, "allow"), METHODS);
    }
    let options = sent(server.client.request(Method::OPTIONS, server.url(PATH))).await;
    assert_eq!(options.status(), 204);
}

#[tokio::test]
async fn only_json_is_read() {
    let (server, door) = server().await;
    let body = r#"{"query":"mutation { add(by: 1) }"}"#;
    for media_type in [
        "text/plain",
        "text/plain; charset=application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/graphql",
        "application/json; charset=latin1",
        "application/jsonx",
    ] {
        let asking = server
            .client
            .post(server.url(PATH))
            .header("content-type", media_type);
        assert_eq!(sent(asking.body(body)).await.status(), 415, "{media_type}");
    }
    let unnamed = server.client.post(server.url(PATH)).body(body);
    assert_eq!(sent(unnamed).await.status(), 415);
    assert_eq!(*door.world.sum.borrow(), 0);
}

#[tokio::test]
async fn what_is_no_request_is_400_in_either_format() {
    let (server, _) = server().await;
    for body in [
        "",
        "{",
        "null",
        "[]",
        "[{\"query\":\"{hello}\"}]",
        "{}",
        "{\"query\":1}",
    ] {
        for accept in [NEW, "application/json"] {
            let asking = server
                .client
                .post(server.url(PATH))
                .header("accept", accept);
            let asking = asking.header("content-type", "application/json").body(body);
            let answer = sent(asking).await;
            assert_eq!(answer.status(), 400, "{body} {accept}");
            assert_eq!(
                text(&answer, "content-type"),
                format!("{accept}; charset=utf-8")
            );
            let answer = json(answer).await;
            assert!(answer["errors"][0]["message"].is_string() && answer.get("data").is_none());
        }
    }
    for query in [
        "query={hello}&variables=x",
        "query={hello}&query={hello}",
        "",
    ] {
        assert_eq!(
            server.get(&format!("{PATH}?{query}")).await.status(),
            400,
            "{query}"
        );
    }
}

#[tokio::test]
async fn what_cannot_be_executed_is_400_only_where_the_format_says_so() {
    let (server, _) = server().await;
    for (query, variables) in [
        ("{", json!({})),
        ("{ unknown }", json!({})),
        ("query A { hello } query B { hello }", json!({})),
        (
            "query ($name: String!) { hello(name: $name) }",
            json!({ "name": null }),
        ),
        (
            "query ($name: String!) { hello(name: $name) }",
            json!({ "name": 1 }),
        ),
        (
            "query ($color: [Int!]!) { pick(color: $color) }",
            json!({ "color": ["red"] }),
        ),
        ("subscription { count(upTo: 1) }", json!({})),
    ] {
        for (accept, status) in [(NEW, 400), ("application/json", 200)] {
            let asking = server
                .client
                .post(server.url(PATH))
                .header("accept", accept);
            let answer =
                sent(asking.json(&json!({ "query": query, "variables": variables }))).await;
            assert_eq!(answer.status(), status, "{query} {accept}");
            let answer = json(answer).await;
            assert!(
                answer["errors"].is_array() && answer.get("data").is_none(),
                "{answer}"
            );
        }
    }
}

#[tokio::test]
async fn a_fault_while_executing_is_200_with_data() {
    let (server, _) = server().await;
    for (query, data) in [
        (
            "{ faulty hello }",
            json!({ "faulty": null, "hello": "hello you" }),
        ),
        ("{ broken }", json!(null)),
    ] {
        let asking = server.client.post(server.url(PATH)).header("accept", NEW);
        let answer = sent(asking.json(&json!({ "query": query }))).await;
        assert_eq!(answer.status(), 200, "{query}");
        let answer = json(answer).await;
        assert_eq!(answer.get("data"), Some(&data), "{answer}");
        assert!(answer["errors"].is_array());
    }
}

#[tokio::test]
async fn the_format_is_the_one_the_client_likes_best() {
    let (server, _) = server().await;
    for (accept, expected) in [
        ("application/graphql-response+json", GRAPHQL_RESPONSE),
        (
            "application/graphql-response+json, application/json",
            GRAPHQL_RESPONSE,
        ),
        (
            "application/json, application/graphql-response+json",
            GRAPHQL_RESPONSE,
        ),
        (
            "application/graphql-response+json;q=0.5, application/json",
            JSON,
        ),
        (
            "application/graphql-response+json; charset=utf-8, application/json; q=0.9",
            GRAPHQL_RESPONSE,
        ),
        (
            "application/graphql-response+json;charset=latin1, application/json;q=0.1",
            JSON,
        ),
        ("application/*", JSON),
        ("*/*", JSON),
        ("text/html, */*;q=0.1", JSON),
        ("application/json;q=0, */*", GRAPHQL_RESPONSE),
        ("", JSON),
    ] {
        let asking = server
            .client
            .post(server.url(PATH))
            .header("accept", accept);
        let answer = sent(asking.json(&json!({ "query": "{ hello }" }))).await;
        assert_eq!(
            (answer.status().as_u16(), text(&answer, "content-type")),
            (200, expected),
            "{accept}"
        );
        assert!(text(&answer, "vary").contains("accept"));
    }
    for accept in ["text/html", "application/json;q=0", "image/*"] {
        let asking = server
            .client
            .post(server.url(PATH))
            .header("accept", accept);
        let answer = sent(asking.json(&json!({ "query": "{ hello }" }))).await;
        assert_eq!(answer.status(), 406, "{accept}");
    }
}

#[tokio::test]
async fn a_credential_says_who_asks_and_a_bad_one_why_nobody() {
    let (server, _) = server().await;
    for (header, expected) in [
        (None, "nobody Some(NoCredential)"),
        (Some("Bearer staff"), "staff None"),
        (Some("bearer staff"), "staff None"),
        (Some("Basic staff"), "nobody Some(MalformedCredential)"),
        (Some("Bearer"), "nobody Some(MalformedCredential)"),
        (Some("Bearer revoked"), "nobody Some(RejectedCredential)"),
    ] {
        let mut asking = server
            .client
            .post(server.url(PATH))
            .json(&json!({ "query": "{ who }" }));
        if let Some(header) = header {
            asking = asking.header("authorization", header);
        }
        assert_eq!(json(sent(asking).await).await["data"]["who"], expected);
    }
    let asking = server.client.post(server.url(PATH));
    let asking = asking.bearer_auth("unavailable");
    let answer = sent(asking.json(&json!({ "query": "{ who }" }))).await;
    assert_eq!(
        (answer.status().as_u16(), text(&answer, "retry-after")),
        (503, "1")
    );
}

#[tokio::test]
async fn the_asker_has_an_address() {
    let (server, _) = server().await;
    let answer = json(post(&server, json!({ "query": "{ from }" })).await).await;
    assert_eq!(answer["data"]["from"], "Some(127.0.0.1)");
}

#[tokio::test]
async fn pages_of_other_origins_are_turned_away() {
    let (server, door) = server().await;
    door.world.adding.send_replace(true);
    let ask = |origin: String| {
        let asking = server
            .client
            .post(server.url(PATH))
            .header("origin", origin);
        asking.json(&json!({ "query": "mutation { add(by: 1) }" }))
    };
    for origin in ["https://evil.example", "null"] {
        let answer = sent(ask(origin.into())).await;
        assert_eq!(answer.status(), 403, "{origin}");
        assert_eq!(text(&answer, "access-control-allow-origin"), "");
    }
    assert_eq!(*door.world.sum.borrow(), 0);
    let own = sent(ask(server.url(""))).await;
    assert_eq!(
        (
            own.status().as_u16(),
            text(&own, "access-control-allow-origin")
        ),
        (200, "")
    );
    let listed = sent(ask("https://staff.example".into())).await;
    assert_eq!(listed.status(), 200);
    assert_eq!(
        text(&listed, "access-control-allow-origin"),
        "https://staff.example"
    );
    assert_eq!(*door.world.sum.borrow(), 2);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_whether_announced_or_not() {
    let (server, _) = server().await;
    let body = format!(
        "{{\"query\":\"{{hello}}\",\"pad\":\"{}\"}}",
        "x".repeat(64 * 1024)
    );
    let asking = || {
        server
            .client
            .post(server.url(PATH))
            .header("content-type", "application/json")
    };
    assert_eq!(sent(asking().body(body.clone())).await.status(), 413);
    // Without a length, in chunks. By hand: the client would announce it.
    let mut raw = tokio::net::TcpStream::connect(server.address)
        .await
        .expect("a connection");
    let head = "POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
                transfer-encoding: chunked\r\n\r\n";
    let chunk = format!("{:x}\r\n{body}\r\n", body.len());
    assert!(
        said(&mut raw, &format!("{head}{chunk}"))
            .await
            .starts_with("HTTP/1.1 413")
    );
    let longest = format!("{PATH}?query={{hello}}&pad={}", "x".repeat(8 * 1024));
    assert_eq!(server.get(&longest).await.status(), 414);
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let (server, _) = server().await;
    let mut raw = tokio::net::TcpStream::connect(server.address)
        .await
        .expect("a connection");
    let head = "POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
                content-length: 10\r\n\r\n{";
    assert!(said(&mut raw, head).await.starts_with("HTTP/1.1 408"));
}

async fn said(raw: &mut tokio::net::TcpStream, request: &str) -> String {
    raw.writable().await.expect("a connection");
    let mut rest = request.as_bytes();
    while !rest.is_empty() {
        raw.writable().await.expect("a connection");
        match raw.try_write(rest) {
            Ok(written) => rest = &rest[written..],
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(error) => panic!("{error}"),
        }
    }
    let mut answer = vec![0; 1024];
    loop {
        raw.readable().await.expect("a connection");
        match raw.try_read(&mut answer) {
            Ok(read) => return String::from_utf8_lossy(&answer[..read]).into_owned(),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test]
async fn a_mutation_runs_to_its_end_when_its_asker_hangs_up() {
    let (server, door) = server().await;
    let mut signs = door.world.signs.subscribe();
    let asking = tokio::spawn(
        server
            .client
            .post(server.url(PATH))
            .json(&json!({ "query": "mutation { add(by: 7) }" }))
            .send(),
    );
    signs
        .wait_for(|signs| *signs >= 100)
        .await
        .expect("a running mutation");
    asking.abort();
    let _ = asking.await;
    let mut sum = door.world.sum.subscribe();
    door.world.adding.send_replace(true);
    sum.wait_for(|sum| *sum == 7).await.expect("a sum");
}

// ---- how often ----

#[tokio::test]
async fn every_answer_says_how_many_more_there_are() {
    let server = rated(2, 240).await;
    let hello = || {
        let request = server.client.post(server.url(PATH)).bearer_auth("staff");
        sent(request.json(&json!({ "query": "{ hello }" })))
    };
    let answer = hello().await;
    assert_eq!(text(&answer, "ratelimit-policy"), "\"key\";q=2;w=60");
    assert_eq!(text(&answer, "ratelimit"), "\"key\";r=1;t=30");
    assert_eq!(text(&answer, "retry-after"), "");
    // Whoever shows no credential is counted by address.
    let answer = post(&server, json!({ "query": "{" })).await;
    assert_eq!(text(&answer, "ratelimit"), "\"address\";r=239;t=1");
}

#[tokio::test]
async fn a_query_that_is_too_often_is_429_with_a_code_and_a_time() {
    let server = rated(1, 240).await;
    let ask = |query: &'static str, accept: &'static str| {
        let request = server.client.post(server.url(PATH)).bearer_auth("staff");
        sent(
            request
                .header("accept", accept)
                .json(&json!({ "query": query })),
        )
    };
    assert_eq!(ask("{ hello }", NEW).await.status(), 200);
    for (query, accept) in [
        ("{ hello }", NEW),
        ("{ hello }", "application/json"),
        ("{", NEW),
        ("subscription { endless }", "text/event-stream"),
    ] {
        let answer = ask(query, accept).await;
        assert_eq!(answer.status(), 429, "{query}");
        let wait: u64 = text(&answer, "retry-after").parse().expect("seconds");
        assert!((55..=60).contains(&wait), "{wait}");
        assert!(text(&answer, "ratelimit").contains(";r=0;"));
        let answer = json(answer).await;
        let extensions = &answer["errors"][0]["extensions"];
        assert_eq!(extensions["code"], "RATE_LIMITED");
        assert!(answer.get("data").is_none());
    }
    // Others are not kept from asking.
    assert_eq!(
        post(&server, json!({ "query": "{ hello }" }))
            .await
            .status(),
        200
    );
}

#[tokio::test]
async fn a_mutation_that_is_too_often_is_answered_in_its_payload() {
    let server = rated(1, 1).await;
    let _ = post(&server, json!({ "query": "{ hello }" })).await;
    let answer = post(&server, json!({ "query": "mutation { add(by: 1) }" })).await;
    assert_eq!(answer.status(), 200);
    assert!((55..=60).contains(&text(&answer, "retry-after").parse().expect("seconds")));
    let added = json(answer).await["data"]["add"].as_i64();
    assert!(added.is_some_and(|wait| wait < 0), "{added:?}");
}

#[tokio::test]
async fn what_cannot_be_read_is_counted_as_well() {
    let server = rated(240, 7).await;
    let url = server.url(PATH);
    let json_post = || {
        let request = server.client.post(&url);
        request.header("content-type", "application/json")
    };
    let wrong = || {
        [
            (json_post().body("{"), 400),
            (json_post().body("[]"), 400),
            (json_post().body("x".repeat(64 * 1024 + 1)), 413),
            (server.client.post(&url).body("{}"), 415),
            (server.client.put(&url), 405),
            (server.client.get(&url), 400),
            (json_post().header("accept", "image/png").body("{}"), 406),
        ]
    };
    for (left, (request, status)) in (0..7).rev().zip(wrong()) {
        let answer = sent(request).await;
        assert_eq!(answer.status(), status);
        let standing = text(&answer, "ratelimit");
        assert!(
            standing.starts_with(&format!("\"address\";r={left};")),
            "{status}: {standing}"
        );
    }
    let server = rated(240, 1).await;
    let url = server.url(PATH);
    assert_eq!(sent(server.client.put(&url)).await.status(), 405);
    for request in [
        server.client.put(&url),
        server.client.get(&url),
        server.client.post(&url),
    ] {
        let answer = sent(request).await;
        assert_eq!(answer.status(), 429);
        assert_ne!(text(&answer, "retry-after"), "");
        assert_eq!(
            json(answer).await["errors"][0]["extensions"]["code"],
            "RATE_LIMITED"
        );
    }
}

#[tokio::test]
async fn no_more_requests_of_somebody_are_answered_at_a_time_than_allowed_and_the_others_wait() {
    let door = TestDoor::new();
    let transport = Transport::new(door.clone(), OriginPolicy::default());
    let router = router(transport, HttpLimits::default(), StreamLimits::default());
    let server = Server::start(router).await;
    let ask = |token: &str, query: &str| {
        let request = server.client.post(server.url(PATH)).bearer_auth(token);
        request.json(&json!({ "query": query })).send()
    };
    let mut signs = door.world.signs.subscribe();
    let adding: Vec<_> = (0..REQUESTS_AT_A_TIME)
        .map(|_| tokio::spawn(ask("staff", "mutation { add(by: 1) }")))
        .collect();
    let all = signs.wait_for(|signs| *signs >= 100 * REQUESTS_AT_A_TIME);
    let all = tokio::time::timeout(Duration::from_secs(20), all).await;
    all.expect("in time").expect("all are being answered");

    let other = ask("admin", "{ hello }").await.expect("an answer");
    assert_eq!(other.status(), 200);
    // While nobody is done, those who wait are turned away in the end: a query as one, a mutation as one.
    let (query, mutation) = tokio::join!(
        ask("staff", "{ hello }"),
        ask("staff", "mutation { add(by: 1) }")
    );
    let query = query.expect("an answer");
    assert_eq!(query.status(), 429);
    assert_eq!(text(&query, "retry-after"), "1");
    let query = json(query).await;
    assert_eq!(query["errors"][0]["extensions"]["code"], "RATE_LIMITED");
    let mutation = mutation.expect("an answer");
    assert_eq!(text(&mutation, "retry-after"), "1");
    assert_eq!(json(mutation).await["data"]["add"], -1);

    let waiting = tokio::spawn(ask("staff", "{ hello }"));
    door.world.adding.send_replace(true);
    for added in adding {
        let added = added.await.expect("no panic").expect("an answer");
        assert_eq!(json(added).await["errors"], Value::Null);
    }
    let answer = waiting.await.expect("no panic").expect("an answer");
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn a_long_answer_takes_a_place_until_all_but_the_last_of_it_is_taken() {
    let fair_use = FairUse::default();
    let party = || Party::Key("a".into());
    let place = fair_use.begin(party()).await;
    let mut others = Vec::new();
    for _ in 1..REQUESTS_AT_A_TIME {
        others.push(fair_use.begin(party()).await.expect("room"));
    }
    let long = vec![b'x'; 3 * PART_BYTES + 1];
    let body = written(Body::from(long), place);
    assert_eq!(body.size_hint().exact(), Some(3 * PART_BYTES as u64 + 1));
    let mut sent = body.into_data_stream();
    for bytes in [PART_BYTES, PART_BYTES, PART_BYTES, 1] {
        assert!(fair_use.begin(party()).now_or_never().is_none(), "it waits");
        let part = sent.next().await.expect("a part").expect("bytes");
        assert_eq!(part.len(), bytes);
    }
    drop(sent);
    assert!(fair_use.begin(party()).await.is_some());
}

// ---- documents by name ----

#[tokio::test]
async fn a_document_may_be_named_by_post_and_by_get() {
    let (server, _) = server().await;
    let unknown = "0".repeat(64);
    let by_hash = json!({ "extensions": { "persistedQuery": { "sha256Hash": unknown } } });
    for (parameters, code) in [
        (
            json!({ "documentId": "unknown" }),
            "PERSISTED_DOCUMENT_NOT_FOUND",
        ),
        (by_hash, "PERSISTED_QUERY_NOT_FOUND"),
    ] {
        let answer = json(post(&server, parameters).await).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], code);
    }
    let got = server.client.get(server.url(PATH));
    let got = sent(
        got.query(&[("documentId", "unknown")])
            .header("accept", NEW),
    )
    .await;
    assert_eq!(got.status(), 400);
    let both = json!({ "query": "{ hello }", "documentId": "unknown" });
    assert_eq!(post(&server, both).await.status(), 400);
}
