//! What differs between a browser and a native program: HTTP, sockets, time.
//!
//! Both sides offer the same names with the same meaning; nothing else in this crate knows where it
//! runs, except that nothing in a browser is `Send`.

#[cfg(not(target_arch = "wasm32"))]
mod native;
#[cfg(target_arch = "wasm32")]
mod web;

#[cfg(not(target_arch = "wasm32"))]
pub(crate) use native::{BoxStream, Http, MaybeSend, Socket, now, sleep};
#[cfg(target_arch = "wasm32")]
pub(crate) use web::{BoxStream, Http, MaybeSend, Socket, now, sleep};

use std::time::Duration;

use cynic::Operation;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::answer::{read_http_answer, read_http_text};
use crate::client_error::ClientError;
use crate::endpoint::Endpoint;

/// A request must be answered within this time: longer than the 20 s within which the server knows what an
/// SMS provider says of a code, so that its answer is not missed by giving up first.
const ANSWER_WITHIN: Duration = Duration::from_secs(25);
/// The longest answer and the longest message taken, in bytes: some ten thousand callers.
const LONGEST_ANSWER: usize = 16 * 1024 * 1024;
/// What is taken as an answer: the media type of GraphQL over HTTP, and what servers sent before
/// it.
const ACCEPT: &str = "application/graphql-response+json, application/json;q=0.9";

/// Something that came over a socket.
pub(crate) enum Frame {
    Text(String),
    /// A sign of life and nothing more.
    Other,
    /// Nothing follows.
    Closed {
        code: Option<u16>,
        reason: String,
    },
}

/// 64 bits from the system's cryptographic generator, if it has any to give.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place where this crate draws random numbers"
)]
pub(crate) fn random_u64() -> Option<u64> {
    getrandom::u64().ok()
}

/// Evenly spread in `0..1`. Without randomness always the same: good enough for jitter, and for
/// nothing else.
pub(crate) fn random_fraction() -> f64 {
    // The upper 32 bits, because a floating-point number holds those exactly.
    random_u64().map_or(0.5, |random| {
        f64::from((random >> 32) as u32) / (f64::from(u32::MAX) + 1.0)
    })
}

impl Endpoint {
    /// Asks the server, as the holder of `token` if there is one.
    pub(crate) async fn ask<T, V>(
        &self,
        question: &Operation<T, V>,
        token: Option<&str>,
    ) -> Result<T, ClientError>
    where
        T: DeserializeOwned,
        V: Serialize,
    {
        let body = serde_json::to_string(question)
            .map_err(|_| ClientError::fault("the question cannot be written"))?;
        let answer = self
            .http
            .send(&self.graphql, ACCEPT, token, Some(body))
            .await;
        read_http_answer(&answer.map_err(|reason| ClientError::Unreachable { reason })?)
    }

    /// What stands at a path of the server, as text of the media type `accept`; none where there is
    /// nothing that the holder of `token` may see.
    pub(crate) async fn fetch_text(
        &self,
        path: &str,
        accept: &str,
        token: Option<&str>,
    ) -> Result<Option<String>, ClientError> {
        let url = format!("{}{path}", self.base_url());
        let answer = self.http.send(&url, accept, token, None).await;
        read_http_text(answer.map_err(|reason| ClientError::Unreachable { reason })?)
    }
}
