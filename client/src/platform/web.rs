//! Browsers: fetch and WebSocket through gloo-net, which costs the page less than any other client
//! tried.

use std::pin::Pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use futures_util::{SinkExt, Stream, StreamExt, pin_mut};
use gloo_net::http::Request;
use gloo_net::websocket::futures::WebSocket;
use gloo_net::websocket::{Message, WebSocketError};
use gloo_timers::future::TimeoutFuture;
use web_sys::AbortController;

use super::{ANSWER_WITHIN, Frame, LONGEST_ANSWER};
use crate::answer::HttpAnswer;
use crate::instant::Instant;
use crate::live::SUB_PROTOCOL;

pub(crate) type BoxStream<T> = Pin<Box<dyn Stream<Item = T>>>;

pub(crate) trait MaybeSend {}
impl<T> MaybeSend for T {}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where this crate reads a clock"
)]
pub(crate) fn now() -> Instant {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "whole milliseconds, within ±8.64e15 by the language's definition"
    )]
    let milliseconds = js_sys::Date::now() as i64;
    Instant::from_epoch_milliseconds(milliseconds)
}

pub(crate) async fn sleep(duration: Duration) {
    TimeoutFuture::new(u32::try_from(duration.as_millis()).unwrap_or(u32::MAX)).await;
}

#[derive(Clone)]
pub(crate) struct Http;

/// Ends a request that nobody waits for any more.
struct Abort(Option<AbortController>);

impl Drop for Abort {
    fn drop(&mut self) {
        if let Some(controller) = &self.0 {
            controller.abort();
        }
    }
}

impl Http {
    pub(crate) fn new() -> Self {
        Self
    }

    /// Posts `body`, or gets where there is none.
    pub(crate) async fn send(
        &self,
        url: &str,
        accept: &str,
        token: Option<&str>,
        body: Option<String>,
    ) -> Result<HttpAnswer, String> {
        let abort = Abort(AbortController::new().ok());
        let signal = abort.0.as_ref().map(AbortController::signal);
        let (answered, too_late) = (
            fetch(url, accept, token, body, signal.as_ref()),
            sleep(ANSWER_WITHIN),
        );
        pin_mut!(answered, too_late);
        match select(answered, too_late).await {
            Either::Left((answer, _)) => answer,
            Either::Right(_) => Err("no answer in time".to_owned()),
        }
    }
}

async fn fetch(
    url: &str,
    accept: &str,
    token: Option<&str>,
    body: Option<String>,
    signal: Option<&web_sys::AbortSignal>,
) -> Result<HttpAnswer, String> {
    let told = |error: gloo_net::Error| error.to_string();
    let mut request = match body {
        Some(_) => Request::post(url).header("content-type", "application/json"),
        None => Request::get(url),
    }
    .header("accept", accept)
    .abort_signal(signal);
    if let Some(token) = token {
        request = request.header("authorization", &format!("Bearer {token}"));
    }
    let request = match body {
        Some(body) => request.body(body),
        None => request.build(),
    };
    let response = request.map_err(told)?.send().await.map_err(told)?;
    let body = response.text().await.map_err(told)?;
    if body.len() > LONGEST_ANSWER {
        return Err("the answer is too long".to_owned());
    }
    Ok(HttpAnswer {
        status: response.status(),
        body,
    })
}

/// Closed when dropped.
pub(crate) struct Socket(WebSocket);

impl Socket {
    /// The connection may still be in the making: what is sent waits for it, and a failure shows in
    /// what is read next.
    #[allow(clippy::unused_async, reason = "the native side waits here")]
    pub(crate) async fn connect(url: &str) -> Result<Self, String> {
        WebSocket::open_with_protocol(url, SUB_PROTOCOL)
            .map(Self)
            .map_err(|error| error.to_string())
    }

    pub(crate) async fn send(&mut self, text: String) {
        // A failure shows in what is read next.
        let _ = self.0.send(Message::Text(text)).await;
    }

    pub(crate) async fn next(&mut self) -> Frame {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Text(text))) if text.len() > LONGEST_ANSWER => {
                    return Frame::Closed {
                        code: None,
                        reason: "a message is too long".to_owned(),
                    };
                }
                Some(Ok(Message::Text(text))) => return Frame::Text(text),
                Some(Ok(Message::Bytes(_))) => return Frame::Other,
                Some(Err(WebSocketError::ConnectionClose(event))) => {
                    return Frame::Closed {
                        code: Some(event.code),
                        reason: event.reason,
                    };
                }
                // A browser says `error` first, without saying what, and then always `close`.
                Some(Err(WebSocketError::ConnectionError)) => {}
                Some(Err(error)) => {
                    return Frame::Closed {
                        code: None,
                        reason: error.to_string(),
                    };
                }
                None => {
                    return Frame::Closed {
                        code: None,
                        reason: "closed".to_owned(),
                    };
                }
            }
        }
    }
}
