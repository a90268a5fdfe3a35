//! Slow, silent and many: raw connections against a real server.

use axum::body::Bytes;
use axum::routing::{get, post};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::*;
use crate::http::test_door::Server;

const SHORT: Duration = Duration::from_millis(200);
const PATIENCE: Duration = Duration::from_secs(20);

fn router() -> Router {
    Router::new()
        .route("/", get(|| async { "hello" }))
        .route(
            "/peer",
            get(|ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.to_string() }),
        )
        .route("/large", get(|| async { vec![b'x'; 64 * 1024 * 1024] }))
        .route(
            "/read",
            post(|body: Bytes| async move { body.len().to_string() }),
        )
}

/// Times that are never reached: a test shortens the one it is about.
fn patient() -> ListenLimits {
    let long = Duration::from_mins(10);
    ListenLimits {
        head_within: long,
        read_within: long,
        ..ListenLimits::default()
    }
}

async fn connect(server: &Server) -> TcpStream {
    TcpStream::connect(server.address).await.expect("a line")
}

/// Everything until the server closes. `None` when it cuts the line.
async fn to_the_end(line: &mut TcpStream) -> Option<String> {
    let mut read = Vec::new();
    let reading = timeout(PATIENCE, line.read_to_end(&mut read));
    let is_closed = reading.await.expect("the server closes").is_ok();
    is_closed.then(|| String::from_utf8_lossy(&read).into_owned())
}

#[tokio::test]
async fn whoever_sends_no_headers_in_time_is_closed_and_nobody_else_waits() {
    let server = Server::listening(
        router(),
        ListenLimits {
            // The others' own heads have no longer.
            head_within: Duration::from_secs(1),
            ..patient()
        },
    )
    .await;
    for said in [
        "",
        "GET / HTTP/1.1\r\n",
        "GET / HTTP/1.1\r\nhost: x\r\nx-slow: ",
    ] {
        let mut slow = connect(&server).await;
        slow.write_all(said.as_bytes()).await.expect("sent");
        // On a line of its own: one that was kept may be closed for its silence just now.
        let other = reqwest::get(server.url("/")).await.expect("an answer");
        assert_eq!(other.status(), 200);
        let answer = to_the_end(&mut slow).await.unwrap_or_default();
        assert!(!answer.contains("200 OK"), "{answer}");
    }
}

#[tokio::test]
async fn whoever_sends_headers_letter_by_letter_is_closed_all_the_same() {
    let server = Server::listening(
        router(),
        ListenLimits {
            head_within: SHORT,
            ..patient()
        },
    )
    .await;
    let mut slow = connect(&server).await;
    let cut = timeout(PATIENCE, async {
        let letters = b"GET / HTTP/1.1\r\nx-slow: "
            .iter()
            .chain(b"x".iter().cycle());
        for letter in letters {
            if slow.write_all(&[*letter]).await.is_err() {
                break;
            }
            sleep(Duration::from_millis(10)).await;
        }
    });
    cut.await.expect("the line is cut");
}

#[tokio::test]
async fn headers_that_are_too_large_are_refused() {
    let server = Server::listening(router(), patient()).await;
    let mut line = connect(&server).await;
    let head = format!(
        "GET / HTTP/1.1\r\nhost: x\r\nx-large: {}\r\n\r\n",
        "x".repeat(128 * 1024)
    );
    // What is not read any more may well break the line.
    let _ = line.write_all(head.as_bytes()).await;
    if let Some(answer) = to_the_end(&mut line).await {
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 431"),
            "{answer}"
        );
    }
    assert_eq!(server.get("/").await.status(), 200);
}

#[tokio::test]
async fn whoever_reads_nothing_of_the_answer_is_cut_off() {
    let limits = ListenLimits {
        read_within: SHORT,
        of_address: 1,
        ..patient()
    };
    let server = Server::listening(router(), limits).await;
    let mut stuck = connect(&server).await;
    let head = "GET /large HTTP/1.1\r\nhost: x\r\n\r\n";
    stuck.write_all(head.as_bytes()).await.expect("sent");
    // Its place is free again once it is cut off.
    let free = timeout(PATIENCE, async {
        while server.client.get(server.url("/")).send().await.is_err() {
            sleep(Duration::from_millis(10)).await;
        }
    });
    free.await.expect("it is cut off");
    assert!(
        to_the_end(&mut stuck)
            .await
            .is_none_or(|read| read.len() < 64 * 1024 * 1024)
    );
}

#[tokio::test]
async fn a_reader_who_is_only_slow_gets_everything() {
    let read_within = Duration::from_secs(2);
    let limits = ListenLimits {
        read_within,
        ..patient()
    };
    let server = Server::listening(router(), limits).await;
    let mut slow = connect(&server).await;
    let head = "GET /large HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    slow.write_all(head.as_bytes()).await.expect("sent");
    let began = Instant::now();
    let mut total = 0;
    loop {
        let mut part = vec![0; 4 * 1024 * 1024];
        let count = slow.read(&mut part).await.expect("bytes");
        if count == 0 {
            break;
        }
        total += count;
        if began.elapsed() <= read_within * 2 {
            sleep(read_within / 4).await;
        }
    }
    assert!(total > 64 * 1024 * 1024, "{total}");
    assert!(began.elapsed() > read_within, "all was read at once");
}

#[tokio::test]
async fn an_address_has_no_more_connections_than_allowed_unless_it_is_a_proxy() {
    let limits = ListenLimits {
        of_address: 2,
        ..patient()
    };
    let server = Server::listening(router(), limits.clone()).await;
    let first = connect(&server).await;
    let _second = connect(&server).await;
    let mut third = connect(&server).await;
    assert_eq!(to_the_end(&mut third).await.unwrap_or_default(), "");
    drop(first);
    let free = timeout(PATIENCE, async {
        while server.client.get(server.url("/")).send().await.is_err() {
            sleep(Duration::from_millis(10)).await;
        }
    });
    free.await.expect("one that is closed counts no more");

    let proxies = TrustedProxies::parse("127.0.0.1").expect("a list");
    let server = Server::listening(router(), ListenLimits { proxies, ..limits }).await;
    let mut lines = Vec::new();
    for _ in 0..5 {
        lines.push(connect(&server).await);
    }
    assert_eq!(server.get("/").await.status(), 200);
}

/// One line has 2^64 of them.
#[test]
fn all_addresses_of_an_ipv6_network_count_as_one() {
    let limits = ListenLimits {
        of_address: 1,
        ..ListenLimits::default()
    };
    let crowd = Crowd::default();
    let come = |address: &str| crowd.one_more(address.parse().expect("an address"), &limits);
    let first = come("2001:db8:1:2::1").expect("room");
    assert!(come("2001:db8:1:2:ffff::9").is_none());
    let _neighbour = come("2001:db8:1:3::1").expect("room");
    let _older = come("192.0.2.1").expect("room");
    assert!(come("::ffff:192.0.2.1").is_none());
    drop(first);
    assert!(come("2001:db8:1:2:ffff::9").is_some());
}

#[tokio::test]
async fn a_handler_knows_who_is_at_the_other_end() {
    let server = Server::listening(router(), patient()).await;
    let answer = server.get("/peer").await.text().await.expect("text");
    assert!(answer.starts_with("127.0.0.1:"), "{answer}");
}

#[tokio::test]
async fn a_header_cannot_be_made_to_hold_another() {
    let server = Server::listening(router(), patient()).await;
    for target in ["/%0d%0aset-cookie:%20a=b", "/?a=%0d%0ax-injected:%20b"] {
        let answer = server.get(target).await;
        assert!(!answer.headers().contains_key("set-cookie"));
        assert!(!answer.headers().contains_key("x-injected"));
    }
    let mut line = connect(&server).await;
    let head = "GET / HTTP/1.1\r\nhost: x\r\nx-a: b\rset-cookie: c\r\n\r\n";
    line.write_all(head.as_bytes()).await.expect("sent");
    let answer = to_the_end(&mut line).await.unwrap_or_default();
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 400"),
        "{answer}"
    );
}

#[tokio::test]
async fn stopping_finishes_what_has_begun_and_takes_nothing_new() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (stop, stopping) = oneshot::channel::<()>();
    let running = tokio::spawn(serve(listener, router(), patient(), async {
        let _ = stopping.await;
    }));
    let mut line = TcpStream::connect(address).await.expect("a line");
    let head = "POST /read HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\na";
    line.write_all(head.as_bytes()).await.expect("sent");
    let mut idle = TcpStream::connect(address).await.expect("a line");
    // A whole request on the idle line: both have been taken by then.
    idle.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .expect("sent");
    let mut first = [0; 8];
    idle.read_exact(&mut first).await.expect("an answer");
    stop.send(()).expect("heard");
    to_the_end(&mut idle).await;
    assert!(TcpStream::connect(address).await.is_err());
    line.write_all(b"b").await.expect("sent");
    let answer = to_the_end(&mut line).await.expect("a whole answer");
    assert!(answer.ends_with("\r\n\r\n2"), "{answer}");
    timeout(PATIENCE, running)
        .await
        .expect("in time")
        .expect("an end");
}
