//! Bytes as nobody's library would send them, and the memory that they cost the server.

use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::Server;
use crate::until::PATIENCE;

/// A line to the server, on which nothing is said yet.
pub async fn connect(server: &Server) -> TcpStream {
    let address = server.origin().replacen("http://", "", 1);
    TcpStream::connect(address).await.expect("a line")
}

/// What the server says until it closes, or breaks the line.
pub async fn to_the_end(line: &mut TcpStream) -> String {
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

/// The memory of the server's process that is really there, in bytes.
#[cfg(target_os = "linux")]
pub fn memory(server: &Server) -> usize {
    let id = server.process_id().expect("it runs");
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("its status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().split(' ').next()?.parse::<usize>().ok());
    kilobytes.expect("a figure") * 1024
}

/// Elsewhere than on Linux nobody says it.
#[cfg(not(target_os = "linux"))]
pub fn memory(_: &Server) -> usize {
    0
}
