//! Takes connections, and lets nobody hold one for nothing.
//!
//! | who | what happens |
//! | --- | --- |
//! | sends its headers slowly, or none | closed after [`ListenLimits::head_within`] |
//! | sends headers that are too large | 431, and closed |
//! | reads nothing of what it asked for | closed after [`ListenLimits::read_within`] |
//! | opens very many | closed at once, above [`ListenLimits::of_address`] |
//!
//! Slow bodies are cut where they are read. What a connection holds in memory is bounded by
//! [`ListenLimits::buffer_bytes`] in each direction, whatever it asked for.

use std::collections::HashMap;
use std::future::{Future, pending};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, Sleep, sleep, sleep_until};

use super::proxies::TrustedProxies;
use crate::domain::network::network;

/// Limits of one connection, and of how many there are.
#[derive(Clone, Debug)]
pub struct ListenLimits {
    /// For the headers of a request, counted from when the connection could have begun to send them; so
    /// also how long one that is kept for the next request may be idle.
    pub head_within: Duration,
    /// Without the other side reading anything for so long, while there is something to read.
    pub read_within: Duration,
    /// The most of a request's headers and of an answer that waits to be read, in bytes. A query string
    /// of a GET and a credential may have 8 kB each.
    pub buffer_bytes: usize,
    /// At a time, from one address. Proxies that are trusted are not counted: behind them is everybody.
    pub of_address: usize,
    /// At a time, of everyone together: somewhat more than there may be for live updates, so that who
    /// holds those does not keep others out.
    pub all: usize,
    /// Whose connections are not counted by address.
    pub proxies: TrustedProxies,
}

impl Default for ListenLimits {
    fn default() -> Self {
        Self {
            head_within: Duration::from_secs(20),
            read_within: Duration::from_secs(20),
            buffer_bytes: 64 * 1024,
            of_address: 1_000,
            all: 24_000,
            proxies: TrustedProxies::default(),
        }
    }
}

/// Serves until `stopping` resolves, then finishes the requests that have begun. Dropped, it breaks
/// them off.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: ListenLimits,
    stopping: impl Future<Output = ()>,
) {
    let stop = watch::Sender::new(false);
    let crowd = Crowd::default();
    let mut connections = JoinSet::new();
    let mut stopping = pin!(stopping);
    loop {
        tokio::select! {
            biased;
            () = &mut stopping => break,
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            accepted = accept(&listener) => {
                let (stream, peer) = accepted;
                let Some(guest) = crowd.one_more(peer.ip(), &limits) else {
                    continue;
                };
                // Answers are written whole: waiting for more to send would only delay them.
                let _ = stream.set_nodelay(true);
                let line = Line::new(stream, guest, limits.read_within);
                let answering = answer(line, peer, router.clone(), &limits, stop.subscribe());
                connections.spawn(answering);
            }
        }
    }
    drop(listener);
    stop.send_replace(true);
    while connections.join_next().await.is_some() {}
}

/// The next connection. Where none can be taken, for there are no more file descriptors, one that ends
/// may leave its own.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if is_of_the_connection(&error) => {}
            Err(error) => {
                tracing::error!(%error, "no connection can be taken");
                sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

fn is_of_the_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}

fn answer(
    line: Line,
    peer: SocketAddr,
    router: Router,
    limits: &ListenLimits,
    mut stop: watch::Receiver<bool>,
) -> impl Future<Output = ()> + Send + 'static {
    let mut protocol = http1::Builder::new();
    protocol
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_within)
        .max_buf_size(limits.buffer_bytes);
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        router.call(request)
    });
    async move {
        let serving = protocol.serve_connection(TokioIo::new(line), service);
        let mut serving = pin!(serving.with_upgrades());
        let mut told = pin!(async move {
            if stop.wait_for(|is_so| *is_so).await.is_err() {
                pending::<()>().await;
            }
        });
        let mut is_told = false;
        loop {
            tokio::select! {
                // Why a connection ended is of no interest: it was closed, cut or was no HTTP.
                _ = &mut serving => break,
                () = &mut told, if !is_told => {
                    is_told = true;
                    serving.as_mut().graceful_shutdown();
                }
            }
        }
    }
}

/// Who is here: connections by address, those of an IPv6 network together.
#[derive(Clone, Default)]
struct Crowd(Arc<Mutex<Here>>);

#[derive(Default)]
struct Here {
    of: HashMap<IpAddr, usize>,
    all: usize,
}

impl Crowd {
    fn one_more(&self, address: IpAddr, limits: &ListenLimits) -> Option<Guest> {
        let mut here = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_proxy = limits.proxies.is_one(address.to_canonical());
        let address = network(address);
        let of_address = here.of.get(&address).copied().unwrap_or_default();
        if here.all >= limits.all || (!is_proxy && of_address >= limits.of_address) {
            return None;
        }
        here.all += 1;
        here.of.insert(address, of_address + 1);
        drop(here);
        Some(Guest {
            crowd: self.clone(),
            address,
        })
    }
}

/// One connection in the count.
struct Guest {
    crowd: Crowd,
    address: IpAddr,
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut here = self.crowd.0.lock().unwrap_or_else(PoisonError::into_inner);
        here.all -= 1;
        if let Some(count) = here.of.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                here.of.remove(&self.address);
            }
        }
    }
}

/// A connection that fails when the other side reads nothing for too long. It is counted for as long
/// as it lives, also as a socket.
struct Line {
    stream: TcpStream,
    read_within: Duration,
    /// Runs while there is something that cannot be written.
    stuck: Option<Pin<Box<Sleep>>>,
    _guest: Guest,
}

impl Line {
    fn new(stream: TcpStream, guest: Guest, read_within: Duration) -> Self {
        Self {
            stream,
            read_within,
            stuck: None,
            _guest: guest,
        }
    }

    fn unless_stuck<T>(
        &mut self,
        written: Poll<io::Result<T>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stuck = None;
            return written;
        }
        let deadline = Instant::now() + self.read_within;
        let stuck = self
            .stuck
            .get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        ready!(stuck.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.unless_stuck(written, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.unless_stuck(written, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests;
