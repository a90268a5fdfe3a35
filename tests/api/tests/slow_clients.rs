//! Who sends slowly, sends too much or reads nothing costs the server nothing, and others do not notice.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "what a test expects and does not find is the test's failure, in its helpers too"
)]

use std::time::Duration;

use serde_json::json;
use standby_tests::{Caller, PATIENCE, Role, Server};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

const FIFTY_MEGABYTES: usize = 50 * 1024 * 1024;

async fn connect(server: &Server) -> TcpStream {
    let address = server.origin().replacen("http://", "", 1);
    TcpStream::connect(address).await.expect("a line")
}

/// What the server says until it closes, or breaks the line.
async fn said(line: &mut TcpStream) -> String {
    let mut said = Vec::new();
    let mut part = [0; 4096];
    let reading = async {
        while let Ok(count) = line.read(&mut part).await
            && count > 0
        {
            said.extend_from_slice(&part[..count]);
        }
    };
    timeout(PATIENCE, reading).await.expect("it closes");
    String::from_utf8_lossy(&said).into_owned()
}

#[cfg(target_os = "linux")]
fn memory(server: &Server) -> usize {
    let id = server.process_id().expect("it runs");
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("its status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().split(' ').next()?.parse::<usize>().ok());
    kilobytes.expect("a figure") * 1024
}

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
        let answer = said(&mut line).await;
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
    assert!(said(&mut body).await.starts_with("HTTP/1.1 408 "));
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
