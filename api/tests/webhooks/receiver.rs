//! A receiver of events on this machine, which answers as it is told.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Response, StatusCode};
use axum::routing::any;
use serde_json::Value as Json;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

/// How a receiver answers.
#[derive(Clone, Debug)]
pub(crate) enum Answering {
    /// With this status and no body.
    Status(u16),
    /// With 200 once it is let.
    Once(Arc<Semaphore>),
    /// With a redirect.
    Redirect(String),
    /// With 200 and a body that has no end.
    Endless,
    /// With 200 and a body that never comes.
    Stuck,
}

/// An event as it came in.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) id: String,
    pub(crate) timestamp: String,
    pub(crate) signature: String,
    pub(crate) raw: String,
    pub(crate) body: Json,
}

impl Received {
    pub(crate) fn version(&self) -> i64 {
        self.body["data"]["version"].as_i64().unwrap()
    }

    pub(crate) fn kind(&self) -> &str {
        self.body["type"].as_str().unwrap()
    }
}

struct Inner {
    answering: Mutex<Answering>,
    received: Mutex<Vec<Received>>,
    count: watch::Sender<usize>,
    sent: AtomicU64,
}

/// Listens until it is dropped.
pub(crate) struct Receiver {
    inner: Arc<Inner>,
    address: SocketAddr,
    serving: tokio::task::JoinHandle<()>,
}

impl Receiver {
    pub(crate) async fn new() -> Self {
        Self::at(Ipv4Addr::LOCALHOST, 0).await
    }

    pub(crate) async fn at(address: Ipv4Addr, port: u16) -> Self {
        let listener = TcpListener::bind((IpAddr::V4(address), port))
            .await
            .unwrap();
        let address = listener.local_addr().unwrap();
        let inner = Arc::new(Inner {
            answering: Mutex::new(Answering::Status(204)),
            received: Mutex::default(),
            count: watch::Sender::new(0),
            sent: AtomicU64::new(0),
        });
        let router = Router::new()
            .fallback(any(receive))
            .with_state(Arc::clone(&inner));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            inner,
            address,
            serving,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/events", self.address)
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    pub(crate) fn answer(&self, answering: Answering) {
        *self.inner.answering.lock().unwrap() = answering;
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.inner.received.lock().unwrap().clone()
    }

    /// How many bytes of endless bodies were taken from this side.
    pub(crate) fn sent(&self) -> u64 {
        self.inner.sent.load(Ordering::SeqCst)
    }

    /// The versions that came in, in order.
    pub(crate) fn versions(&self) -> Vec<i64> {
        self.received().iter().map(Received::version).collect()
    }

    /// Waits until so many events have come in, answered or not.
    pub(crate) async fn has(&self, count: usize) -> Vec<Received> {
        let mut counts = self.inner.count.subscribe();
        let waiting = counts.wait_for(|received| *received >= count);
        let waited = tokio::time::timeout(Duration::from_secs(20), waiting).await;
        let came = self.received().len();
        waited
            .unwrap_or_else(|_| panic!("{came} of {count} events came within 20 s"))
            .unwrap();
        self.received()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn receive(
    State(inner): State<Arc<Inner>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "application/json");
    let raw = String::from_utf8(body.to_vec()).unwrap();
    inner.received.lock().unwrap().push(Received {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
        body: serde_json::from_str(&raw).unwrap(),
        raw,
    });
    // Before the test hears of it, which may have the next one answered otherwise.
    let answering = inner.answering.lock().unwrap().clone();
    inner.count.send_modify(|count| *count += 1);
    let answer = Response::builder();
    match answering {
        Answering::Status(status) => answer
            .status(StatusCode::from_u16(status).unwrap())
            .body(Body::empty()),
        Answering::Once(let_go) => {
            let_go.acquire().await.unwrap().forget();
            answer.body(Body::from("OK"))
        }
        Answering::Redirect(to) => answer
            .status(StatusCode::TEMPORARY_REDIRECT)
            .header("location", to)
            .body(Body::empty()),
        Answering::Endless => {
            let parts = async_stream::stream! {
                loop {
                    inner.sent.fetch_add(64 * 1024, Ordering::SeqCst);
                    yield Ok::<_, std::io::Error>(Bytes::from(vec![b'a'; 64 * 1024]));
                }
            };
            answer.body(Body::from_stream(parts))
        }
        Answering::Stuck => answer.body(Body::from_stream(futures_util::stream::pending::<
            Result<Bytes, std::io::Error>,
        >())),
    }
    .unwrap()
}
