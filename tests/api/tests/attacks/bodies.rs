//! Bodies that nobody can want, and requests that any page could have a browser send.

use reqwest::{Client, Method, StatusCode};
use serde_json::json;
use standby_tests::{Caller, FakeTwilio, PATIENCE, Role, Server, connect, memory, to_the_end};
use tokio::io::AsyncWriteExt as _;
use tokio::time::timeout;

use crate::wire::{MEGABYTE, PROVIDER};

const FIFTY_MEGABYTES: usize = 50 * MEGABYTE;
const CHUNK: usize = 64 * 1024;

/// All that is served, also where a body means nothing.
const PATHS: [&str; 22] = [
    "/",
    "/landing.css",
    "/c/demo",
    "/w",
    "/fixtures",
    "/console",
    "/console/configure/team",
    "/assets/none.js",
    "/dev/phone/messages",
    "/dev/room/1",
    "/sign-in/openid",
    "/sign-in/openid/callback",
    "/graphiql",
    "/graphql",
    "/graphql/stream",
    "/graphql/ws",
    "/healthz",
    "/metrics",
    "/clinics/demo/report.csv",
    "/twilio/inbound",
    "/twilio/status/1",
    "/nowhere",
];

/// A server that also hears from Twilio and an identity provider.
async fn server(twilio: &FakeTwilio) -> Server {
    let settings: Vec<_> = twilio.settings().into_iter().chain(PROVIDER).collect();
    Server::start_with(&settings).await
}

/// What a body is said to be where there is more than one way.
fn media_type(path: &str) -> &'static str {
    if path.starts_with("/twilio") {
        "application/x-www-form-urlencoded"
    } else {
        "application/json"
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_megabytes_that_are_announced_are_refused_on_every_address_before_they_come() {
    let twilio = FakeTwilio::unchecked().await;
    let server = server(&twilio).await;
    for path in PATHS {
        for method in ["POST", "PUT"] {
            let mut line = connect(&server).await;
            let head = format!(
                "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: {}\r\n\
                 content-length: {FIFTY_MEGABYTES}\r\n\r\n",
                media_type(path)
            );
            line.write_all(head.as_bytes()).await.expect("sent");
            // Nothing of it is sent: an answer that waits for it would never come.
            let answer = to_the_end(&mut line).await;
            let status = answer.strip_prefix("HTTP/1.1 4").unwrap_or_else(|| {
                panic!(
                    "{method} {path}: {}",
                    answer.lines().next().unwrap_or("nothing")
                );
            });
            if method == "POST" && path.starts_with("/graphql") && path != "/graphql/ws" {
                assert!(status.starts_with("13 "), "{method} {path}: {answer}");
            }
        }
    }
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn fifty_megabytes_that_nobody_announced_are_cut_on_every_address_and_take_no_memory() {
    let twilio = FakeTwilio::unchecked().await;
    let server = server(&twilio).await;
    let before = memory(&server);
    let mut sending = Vec::new();
    for path in PATHS {
        let mut line = connect(&server).await;
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: {}\r\n\
             transfer-encoding: chunked\r\n\r\n",
            media_type(path)
        );
        sending.push(tokio::spawn(async move {
            line.write_all(head.as_bytes()).await.expect("sent");
            let chunk = [b"10000\r\n", "x".repeat(CHUNK).as_bytes(), b"\r\n"].concat();
            let mut sent = 0;
            while sent < FIFTY_MEGABYTES && line.write_all(&chunk).await.is_ok() {
                sent += CHUNK;
            }
            (path, sent)
        }));
    }
    let mut most = before;
    for sending in sending {
        let sent = timeout(PATIENCE, sending).await.expect("it is cut");
        let (path, sent) = sent.expect("no panic");
        assert!(sent < FIFTY_MEGABYTES, "{path} took all of it");
        most = most.max(memory(&server));
    }
    let grown = most - before;
    assert!(grown < 20 * MEGABYTE, "{grown} bytes more");
    Caller::arrive(&server, 1).await;
}

/// The arrival that a page of somebody else would like to make.
fn arrival() -> serde_json::Value {
    json!({
        "query": "mutation ($input: EnterWaitingAreaInput!) { enterWaitingArea(input: $input) { token } }",
        "variables": { "input": Caller::arrival("demo", 1) },
    })
}

#[tokio::test]
async fn no_mutation_comes_in_but_as_json_by_post() {
    let server = Server::start().await;
    let client = Client::new();
    let body = arrival().to_string();
    let operations = format!(
        "--x\r\ncontent-disposition: form-data; name=\"operations\"\r\n\
         content-type: application/json\r\n\r\n{body}\r\n--x\r\n\
         content-disposition: form-data; name=\"map\"\r\n\r\n{{}}\r\n--x--\r\n"
    );
    let form = format!("query={}", body.replace('&', "%26"));
    let bodies = [
        (None, body.as_str()),
        (Some(""), &body),
        (Some("text/plain"), &body),
        (Some("text/plain;charset=UTF-8"), &body),
        (Some("text/plain; application/json"), &body),
        (Some("text/plain, application/json"), &body),
        (Some("application/x-www-form-urlencoded"), &form),
        (
            Some("application/x-www-form-urlencoded; application/json"),
            &body,
        ),
        (Some("multipart/form-data; boundary=x"), &operations),
        (Some("multipart/mixed; boundary=application/json"), &body),
        (Some("application/graphql"), &body),
        (Some("application/jsonp"), &body),
        (Some("application/json-patch+json"), &body),
        (Some("application/json; charset=utf-16"), &body),
        (Some("json"), &body),
    ];
    for path in ["/graphql", "/graphql/stream"] {
        let url = format!("{}{path}", server.origin());
        for (media_type, body) in &bodies {
            let mut request = client.post(&url).body((*body).to_owned());
            if let Some(media_type) = media_type {
                request = request.header("content-type", *media_type);
            }
            let status = request.send().await.expect("an answer").status();
            assert_eq!(
                status,
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "{path} {media_type:?}"
            );
        }
        // Compressed, it could be anything.
        let request = client.post(&url).header("content-encoding", "gzip");
        let request = request.header("content-type", "application/json");
        let status = request
            .body(body.clone())
            .send()
            .await
            .expect("an answer")
            .status();
        assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{path}");

        // In the address, whatever is said of the method.
        let query = [
            (
                "query",
                arrival()["query"].as_str().expect("text").to_owned(),
            ),
            ("variables", arrival()["variables"].to_string()),
        ];
        for name in [
            "x-http-method-override",
            "x-http-method",
            "x-method-override",
            "_method",
        ] {
            let request = client.get(&url).header(name, "POST").query(&query);
            let request = request.query(&[("_method", "POST")]);
            let status = request.send().await.expect("an answer").status();
            assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED, "{path} {name}");
        }
        for method in [
            "GET", "HEAD", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "post",
        ] {
            let method = Method::from_bytes(method.as_bytes()).expect("a method");
            let request = client.request(method.clone(), &url).query(&query);
            let status = request
                .json(&arrival())
                .send()
                .await
                .expect("an answer")
                .status();
            assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED, "{path} {method}");
        }
        // With nothing but the address, a POST asks nothing.
        let request = client
            .post(&url)
            .query(&query)
            .header("content-type", "application/json");
        let status = request.body("").send().await.expect("an answer").status();
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path}");
    }
    let staff = server.staff(Role::Reporter).await;
    assert_eq!(staff.waiting_area().await.1.len(), 0, "nobody came in");
    let request = client.post(format!("{}/graphql", server.origin()));
    let request = request.header("content-type", "Application/JSON; charset=UTF-8");
    let answer = request.body(body).send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(
        staff.waiting_area().await.1.len(),
        1,
        "that is how one comes in"
    );
}
