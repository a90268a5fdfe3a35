//! Who sends slowly, sends too much or reads nothing costs the server nothing, and others do not notice.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "what a test expects and does not find is the test's failure, in its helpers too"
)]

use std::time::Duration;

use serde_json::json;
use standby_tests::{Caller, PATIENCE, Role, Server, connect, memory, to_the_end};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

const FIFTY_MEGABYTES: usize = 50 * 1024 * 1024;

#[tokio::test]
async fn fifty_megabytes_are_refused_before_they_are_sent() {
    let server = Server::start().await;
    for path in ["/graphql", "/graphql/stream"] {
        let mut line = connect(&server).await;
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
             content-length: {FIFTY_MEGABYTES}\r\n\r\n{{"
        );
        line.write_all(head.as_bytes()).await.expect("sent");
        let answer = to_the_end(&mut line).await;
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
        assert!(answer.contains("PAYLOAD_TOO_LARGE"), "{answer}");
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn fifty_megabytes_that_nobody_announced_are_cut_and_take_no_memory() {
    let server = Server::start().await;
    let before = memory(&server);
    let mut sending = Vec::new();
    for _ in 0..20 {
        let mut line = connect(&server).await;
        sending.push(tokio::spawn(async move {
            let head = "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
                        transfer-encoding: chunked\r\n\r\n";
            line.write_all(head.as_bytes()).await.expect("sent");
            let chunk = [b"10000\r\n", "x".repeat(0x10000).as_bytes(), b"\r\n"].concat();
            let mut sent = 0;
            while sent < FIFTY_MEGABYTES && line.write_all(&chunk).await.is_ok() {
                sent += 0x10000;
            }
            sent
        }));
    }
    for sending in sending {
        let sent = timeout(PATIENCE, sending)
            .await
            .expect("it is cut")
            .expect("no panic");
        assert!(sent < FIFTY_MEGABYTES, "all of it was taken");
    }
    let grown = memory(&server).saturating_sub(before);
    assert!(grown < 20 * 1024 * 1024, "{grown} bytes more");
    Caller::arrive(&server, 1).await;
}

#[tokio::test]
async fn a_hundred_who_send_slowly_keep_nobody_waiting_and_are_cut() {
    let server = Server::start().await;
    let mut slow = Vec::new();
    for number in 0..100 {
        let mut line = connect(&server).await;
        let said = if number % 2 == 0 {
            "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
             content-length: 100\r\n\r\n{"
        } else {
            "POST /graphql HTTP/1.1\r\nhost: "
        };
        line.write_all(said.as_bytes()).await.expect("sent");
        slow.push(line);
    }
    let arrival = timeout(Duration::from_secs(5), Caller::arrive(&server, 1)).await;
    arrival.expect("nobody waits for the slow");
    // 10 s for a body, 20 s for a head.
    let (mut body, mut head) = (slow.swap_remove(0), slow.swap_remove(1));
    assert!(to_the_end(&mut body).await.starts_with("HTTP/1.1 408 "));
    let cut = timeout(Duration::from_secs(25), head.read(&mut [0; 64])).await;
    assert!(matches!(cut, Ok(Ok(0) | Err(_))), "{cut:?}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn readers_that_stand_still_take_no_memory_and_others_get_every_change() {
    let server = Server::start().await;
    let staff = server.staff(Role::ClinicAdmin).await;
    for number in 0..50 {
        Caller::arrive(&server, number).await;
    }
    let query = "subscription ($clinic: ID!) { waitingAreaChanged(clinicId: $clinic) { \
                 ...on WaitingAreaSnapshot { callers { id name status position { place } } } \
                 ...on CallerChanged { version caller { id name status position { place } } } } }";
    let body = json!({ "query": query, "variables": { "clinic": staff.clinic } }).to_string();
    let head = format!(
        "POST /graphql/stream HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
         authorization: Bearer {}\r\ncontent-length: {}\r\n\r\n{body}",
        staff.asker.token().expect("a token"),
        body.len()
    );
    let mut still = Vec::new();
    for _ in 0..15 {
        let mut line = connect(&server).await;
        line.write_all(head.as_bytes()).await.expect("sent");
        let mut first = [0; 12];
        line.read_exact(&mut first).await.expect("an answer");
        assert_eq!(&first, b"HTTP/1.1 200");
        still.push(line);
    }
    let mut follower = staff.follow(None).await;
    let caller = Caller::arrive(&server, 60).await;
    staff.attended("joinCaller", &caller.id).await;
    let before = memory(&server);
    for _ in 0..150 {
        staff.attended("holdCaller", &caller.id).await;
        staff.attended("joinCaller", &caller.id).await;
    }
    let grown = memory(&server).saturating_sub(before);
    assert!(grown < 30 * 1024 * 1024, "{grown} bytes more");
    let ended = staff.attended("completeCall", &caller.id).await;
    assert_eq!(ended["caller"]["status"], "COMPLETED");
    let version = staff.version().await;
    let told = timeout(PATIENCE, follower.until_version(version)).await;
    assert!(told.expect("in time").len() > 300, "every change was told");
}

/// Asks whether the server lives, over a connection that is kept; none when it was closed instead.
#[cfg(unix)]
async fn answered(server: &Server) -> Option<tokio::net::TcpStream> {
    let mut line = connect(server).await;
    let head = "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n";
    let _ = line.write_all(head.as_bytes()).await;
    let mut first = [0; 12];
    let read = timeout(PATIENCE, line.read_exact(&mut first)).await;
    read.expect("answered or closed").ok()?;
    assert_eq!(&first, b"HTTP/1.1 200");
    Some(line)
}

#[cfg(unix)]
#[tokio::test]
async fn one_address_cannot_take_all_the_connections_that_the_system_allows() {
    let server = Server::start_with_open_files(256).await;
    let mut lines = Vec::new();
    while let Some(line) = answered(&server).await {
        lines.push(line);
        assert!(lines.len() < 200, "it is never refused");
    }
    assert!(
        lines.len() >= 16,
        "{} are too few for a browser",
        lines.len()
    );
    let other = reqwest::Client::builder().local_address(Some([127, 0, 0, 2].into()));
    let other = other.build().expect("a client");
    let ready = other.get(format!("{}/readyz", server.origin())).send();
    let ready = timeout(PATIENCE, ready).await.expect("in time");
    assert_eq!(ready.expect("an answer").status(), 200);
    let logged = server.logged();
    assert!(
        logged.contains("ulimit") && logged.contains("LimitNOFILE="),
        "{logged}"
    );
    assert!(!logged.contains("no connection can be taken"), "{logged}");
}
