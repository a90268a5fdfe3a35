//! GraphQL over server-sent events, for tools that cannot hold a socket: the protocol graphql-sse in its
//! distinct connections mode. At `/graphql/stream`, and at `/graphql` for whoever accepts
//! `text/event-stream`; by POST, and but for mutations by GET.
//!
//! Each answer is an event `next`, whose data is what would be the body of a response; `complete`
//! follows the last. What is wrong with the document or its variables is such an answer too. What is
//! wrong with the request (its method, media type, origin, credential, or that it is too often) is a
//! status, with the error as JSON, and no stream begins.
//!
//! A stream ends without `complete` when the server shuts down, or when its token was handed on to another
//! stay: the client is to ask again. When its credential was revoked or has expired it ends with an answer
//! that says so, and `complete`.
//!
//! Nothing is produced ahead of the reader: the next answer is made when the network has taken the one
//! before. Nothing comes from the page once it has asked, so a stream is no sign that a caller is
//! there: whoever follows a stay by one reports presence by `reportPresence`.

use std::convert::Infallible;
use std::time::Duration;

use async_graphql::Response as Answer;
use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::{FutureExt, Stream, StreamExt};
use tokio::time::Instant;

use super::connections::Place;
use super::door::Door;
use super::execution::Asking;
use super::fair_use::Turn;
use super::graphql_ws::{every, pending_or};
use super::operation::{refusal, to_json};
use super::outcome::Outcome;
use super::transport::Transport;
use crate::app::credentials::Holds;

/// Where nothing else is served.
pub const PATH: &str = "/graphql/stream";

const EVENT_STREAM: &str = "text/event-stream; charset=utf-8";

/// A comment: the client sees no event. Tells both sides and all between that the line is alive, and as
/// the first thing said that the stream is open.
const COMMENT: Bytes = Bytes::from_static(b":\n\n");

/// With an empty line of data: a browser passes over an event without any.
const COMPLETE: Bytes = Bytes::from_static(b"event: complete\ndata:\n\n");

/// Limits of one stream. How many there may be is for [`connections`](super::connections) to say.
#[derive(Clone, Copy, Debug)]
pub struct StreamLimits {
    /// Between the comments that keep the line alive. Proxies cut one that is silent for 30 s or more.
    pub keep_alive_every: Duration,
    /// Between checks that the credential is still good.
    pub check_every: Duration,
    /// For so long after it was found good. A reader that stands still stops the checks too: what comes
    /// next is only sent after another.
    pub good_for: Duration,
}

impl Default for StreamLimits {
    fn default() -> Self {
        Self {
            keep_alive_every: Duration::from_secs(10),
            check_every: Duration::from_secs(3),
            good_for: Duration::from_secs(5),
        }
    }
}

/// Streams the answers of an operation.
pub(super) fn stream<D: Door>(
    transport: &Transport<D>,
    asking: Asking<D>,
    turn: Turn,
    place: Place,
    limits: StreamLimits,
) -> Response {
    let events = events(transport.clone(), asking, turn, place, limits);
    respond(Body::from_stream(events.map(Ok::<_, Infallible>)))
}

/// Streams one answer that is there already.
pub(super) fn answer_once(answer: &Answer) -> Response {
    let mut events = next(&to_json(answer)).to_vec();
    events.extend_from_slice(&COMPLETE);
    respond(Body::from(events))
}

fn respond(body: Body) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(EVENT_STREAM)),
        // nginx would keep answers back until it has a bufferful of them.
        (
            HeaderName::from_static("x-accel-buffering"),
            HeaderValue::from_static("no"),
        ),
    ];
    (headers, body).into_response()
}

/// What the stream does next.
enum Step {
    Outcome(Option<Outcome>),
    KeepAlive,
    Revoked,
    /// Without `complete`.
    AskAgain,
}

fn events<D: Door>(
    transport: Transport<D>,
    asking: Asking<D>,
    turn: Turn,
    place: Place,
    limits: StreamLimits,
) -> impl Stream<Item = Bytes> + Send + 'static {
    async_stream::stream! {
        let _place = place;
        let started = Instant::now();
        let (door, viewer) = (asking.door.clone(), asking.viewer.clone());
        let mut shutting_down = transport.connections.shutting_down();
        let mut outcomes = transport.answers(asking, turn);
        let mut keep_alives = every(limits.keep_alive_every, started);
        let mut checks = every(limits.check_every, started);
        let mut check = None;
        let mut good_at = started;
        yield COMMENT;
        loop {
            let step = tokio::select! {
                // In this order: an end is never kept waiting by traffic.
                biased;
                _ = shutting_down.wait_for(|is_so| *is_so) => Step::AskAgain,
                holds = pending_or(&mut check) => {
                    check = None;
                    match holds {
                        Holds::Same => {
                            good_at = Instant::now();
                            continue;
                        }
                        Holds::AnotherStay => Step::AskAgain,
                        Holds::No => Step::Revoked,
                    }
                }
                _ = checks.tick(), if check.is_none() => {
                    let (door, viewer) = (door.clone(), viewer.clone());
                    check = Some(async move { door.still_holds(&viewer).await }.boxed());
                    continue;
                }
                outcome = outcomes.next(), if good_at.elapsed() < limits.good_for => {
                    Step::Outcome(outcome)
                }
                _ = keep_alives.tick() => Step::KeepAlive,
            };
            match step {
                Step::Outcome(Some(Outcome::Next(payload))) => yield next(&payload),
                Step::KeepAlive => yield COMMENT,
                Step::Outcome(Some(Outcome::Error(errors))) => {
                    yield next(&format!("{{\"errors\":{errors}}}"));
                    yield COMPLETE;
                    break;
                }
                Step::Outcome(None) => {
                    yield COMPLETE;
                    break;
                }
                Step::Revoked => {
                    let message = "The credential was revoked or has expired".to_owned();
                    yield next(&to_json(&refusal("FORBIDDEN", message)));
                    yield COMPLETE;
                    break;
                }
                Step::AskAgain => break,
            }
        }
    }
}

/// The event of one answer. JSON has no line break outside of texts, and in them writes it `\n`, so it
/// is always one line of data.
fn next(payload: &str) -> Bytes {
    Bytes::from(["event: next\ndata: ", payload, "\n\n"].concat())
}

#[cfg(test)]
mod tests;
