//! Bytes as nobody's library would send them, and what the server is seen to do.

use std::time::{Duration, Instant};

use serde_json::json;
use standby_tests::{Asker, PATIENCE, Server};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

pub(crate) const MEGABYTE: usize = 1024 * 1024;

pub(crate) fn address(server: &Server) -> String {
    server.origin().replacen("http://", "", 1)
}

pub(crate) async fn connect(server: &Server) -> TcpStream {
    TcpStream::connect(address(server)).await.expect("a line")
}

/// A line whose own side keeps as little as can be, so that what it does not read stays with the server.
pub(crate) async fn connect_narrowly(server: &Server) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a small buffer");
    let address = address(server).parse().expect("an address");
    socket.connect(address).await.expect("a line")
}

/// What the server says until it closes, or breaks the line.
pub(crate) async fn to_the_end(line: &mut TcpStream) -> String {
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

/// Sends these bytes, and returns all that comes back until the server closes.
pub(crate) async fn exchange(server: &Server, sent: &[u8]) -> String {
    let mut line = connect(server).await;
    // Of what is refused early, not all may be taken.
    let _ = line.write_all(sent).await;
    to_the_end(&mut line).await
}

/// The memory of the server's process that is really there, in bytes.
#[cfg(target_os = "linux")]
pub(crate) fn memory(server: &Server) -> usize {
    let id = server.process_id().expect("it runs");
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("its status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().split(' ').next()?.parse::<usize>().ok());
    kilobytes.expect("a figure") * 1024
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn memory(_: &Server) -> usize {
    0
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
/// do than this test.
pub(crate) fn assert_unaffected(before: Duration, during: Duration) {
    let most = before * 5 + Duration::from_millis(30);
    assert!(
        during <= most,
        "others wait: {before:?} before, {during:?} now"
    );
}
