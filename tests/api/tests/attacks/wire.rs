//! Bytes as nobody's library would send them, and what the server is seen to do.

use std::time::{Duration, Instant};

use serde_json::json;
use standby_tests::{Asker, Server, connect, to_the_end};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpSocket, TcpStream};

pub(crate) const MEGABYTE: usize = 1024 * 1024;

/// An identity provider that is down, so that the addresses of signing in are there. Answers of one that is
/// up are attacked in `openid.rs`.
pub(crate) const PROVIDER: [(&str, &str); 3] = [
    ("OPENID_ISSUER", "http://127.0.0.1:9"),
    ("OPENID_CLIENT_ID", "standby"),
    ("OPENID_CLIENT_SECRET", "none that anybody was given"),
];

/// A line whose own side keeps as little as can be, so that what it does not read stays with the server.
pub(crate) async fn connect_narrowly(server: &Server) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a small buffer");
    let address = server.origin().replacen("http://", "", 1);
    let address = address.parse().expect("an address");
    socket.connect(address).await.expect("a line")
}

/// Sends these bytes, and returns all that comes back until the server closes.
pub(crate) async fn exchange(server: &Server, sent: &[u8]) -> String {
    let mut line = connect(server).await;
    // Of what is refused early, not all may be taken.
    let _ = line.write_all(sent).await;
    to_the_end(&mut line).await
}

/// Half of 25 answers to somebody else took no longer than this.
pub(crate) async fn usual_time(asker: &Asker) -> Duration {
    let query = "{ viewer { __typename } clinic(slug: \"demo\") { name isOpen } }";
    let mut took = Vec::new();
    for _ in 0..25 {
        let begin = Instant::now();
        asker.data(query, json!({})).await;
        took.push(begin.elapsed());
    }
    took.sort();
    took[took.len() / 2]
}

/// Whether others are answered about as fast as before. Not to the millisecond: the machine has more to
/// do than this test, and who waits for somebody who is stuck waits for ten seconds or more.
pub(crate) fn assert_unaffected(before: Duration, during: Duration) {
    let most = before * 5 + Duration::from_millis(250);
    assert!(
        during <= most,
        "others wait: {before:?} before, {during:?} now"
    );
}
