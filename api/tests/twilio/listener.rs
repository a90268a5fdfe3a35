//! A server that hears requests and does what it is told then.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// What happens once a request has been read.
#[derive(Clone, Debug)]
pub(crate) enum Then {
    /// It is answered.
    Answers(u16, String),
    /// These bytes are written, and the connection is closed.
    Writes(Vec<u8>),
    /// These bytes are written, and nothing more ever.
    WritesAndHangs(Vec<u8>),
    /// Nothing, ever.
    Hangs,
    /// The connection is closed.
    HangsUp,
    /// The connection is reset.
    Resets,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    /// Method and target.
    pub(crate) asked: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Heard {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The form's fields, by name.
    pub(crate) fn form(&self) -> Vec<(String, String)> {
        let mut fields: Vec<_> = pairs(&self.body);
        fields.sort();
        fields
    }

    /// The query's fields, by name.
    pub(crate) fn query(&self) -> Vec<(String, String)> {
        let mut fields = pairs(self.asked.split_once('?').map_or("", |(_, query)| query));
        fields.sort();
        fields
    }
}

fn pairs(encoded: &str) -> Vec<(String, String)> {
    let url = reqwest::Url::parse(&format!("http://localhost/?{encoded}")).unwrap();
    url.query_pairs().into_owned().collect()
}

struct Shared {
    /// What happens to requests that hold the word, one after the other; the last goes on for ever.
    rules: Mutex<Vec<(String, VecDeque<Then>)>>,
    heard: Mutex<Vec<Heard>>,
    connections: AtomicUsize,
}

pub(crate) struct Listener {
    address: SocketAddr,
    shared: Arc<Shared>,
    serving: tokio::task::JoinHandle<()>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Listener {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            rules: Mutex::default(),
            heard: Mutex::default(),
            connections: AtomicUsize::new(0),
        });
        let serving = tokio::spawn({
            let shared = Arc::clone(&shared);
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    shared.connections.fetch_add(1, Ordering::SeqCst);
                    tokio::spawn(serve(stream, Arc::clone(&shared)));
                }
            }
        });
        Self {
            address,
            shared,
            serving,
        }
    }

    pub(crate) fn address(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What happens to requests whose method and target hold `word`; said again, instead of what was
    /// said before.
    pub(crate) fn when(&self, word: &str, then: impl Into<Vec<Then>>) -> &Self {
        let mut rules = self.shared.rules.lock().unwrap();
        rules.retain(|(known, _)| known != word);
        rules.push((word.to_owned(), then.into().into()));
        drop(rules);
        self
    }

    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.shared.heard.lock().unwrap().clone()
    }

    /// The requests whose method and target hold `word`.
    pub(crate) fn heard_of(&self, word: &str) -> Vec<Heard> {
        let heard = self.heard().into_iter();
        heard.filter(|heard| heard.asked.contains(word)).collect()
    }

    pub(crate) fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }
}

/// An address where nobody listens. Its port is held: given back, it might become somebody's.
pub(crate) fn nobody() -> String {
    static HELD: LazyLock<TcpSocket> = LazyLock::new(|| {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        socket
    });
    format!("http://{}", HELD.local_addr().unwrap())
}

async fn serve(mut stream: TcpStream, shared: Arc<Shared>) {
    let Some(heard) = read(&mut stream).await else {
        return;
    };
    let then = {
        let mut rules = shared.rules.lock().unwrap();
        let rule = rules
            .iter_mut()
            .find(|(word, _)| heard.asked.contains(word));
        match rule {
            None => Then::Answers(500, "{}".to_owned()),
            Some((_, then)) if then.len() > 1 => then.pop_front().unwrap(),
            Some((_, then)) => then.front().unwrap().clone(),
        }
    };
    shared.heard.lock().unwrap().push(heard);
    match then {
        Then::Answers(status, body) => {
            let answer = format!(
                "HTTP/1.1 {status} Whatever\r\nContent-Type: application/json\r\n\
                 Content-Length: {}\r\n\r\n{body}",
                body.len()
            );
            let _ = stream.write_all(answer.as_bytes()).await;
        }
        Then::Writes(bytes) => {
            let _ = stream.write_all(&bytes).await;
        }
        Then::WritesAndHangs(bytes) => {
            let _ = stream.write_all(&bytes).await;
            std::future::pending::<()>().await;
        }
        Then::Hangs => std::future::pending::<()>().await,
        Then::HangsUp => {}
        Then::Resets => stream.set_zero_linger().unwrap(),
    }
}

/// One request; `None` when it ends before its end, or is none.
async fn read(stream: &mut TcpStream) -> Option<Heard> {
    let mut bytes = Vec::new();
    loop {
        let mut part = [0; 4096];
        let length = stream
            .read(&mut part)
            .await
            .ok()
            .filter(|length| *length > 0)?;
        bytes.extend_from_slice(&part[..length]);
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
            continue;
        };
        let head = String::from_utf8(bytes[..end].to_vec()).ok()?;
        let mut lines = head.lines();
        let mut first = lines.next()?.split(' ');
        let asked = format!("{} {}", first.next()?, first.next()?);
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let length = length.map_or(0, |(_, length)| length.parse().unwrap());
        if bytes.len() >= end + 4 + length {
            let body = String::from_utf8(bytes[end + 4..].to_vec()).ok()?;
            return Some(Heard {
                asked,
                headers,
                body,
            });
        }
    }
}
