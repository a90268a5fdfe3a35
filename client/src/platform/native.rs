//! Native programs: reqwest, tokio-tungstenite, tokio's timer. TLS by rustls.

use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::{SinkExt, Stream, StreamExt};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::http::header::SEC_WEBSOCKET_PROTOCOL;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{
    Connector, MaybeTlsStream, WebSocketStream, connect_async_tls_with_config,
};

use super::{ANSWER_WITHIN, Frame, LONGEST_ANSWER};
use crate::answer::HttpAnswer;
use crate::instant::Instant;
use crate::live::SUB_PROTOCOL;

pub(crate) type BoxStream<T> = Pin<Box<dyn Stream<Item = T> + Send>>;

pub(crate) trait MaybeSend: Send {}
impl<T: Send> MaybeSend for T {}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where this crate reads a clock"
)]
pub(crate) fn now() -> Instant {
    let since_epoch = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Instant::from_epoch_milliseconds(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}

pub(crate) async fn sleep(duration: Duration) {
    tokio::time::sleep(duration).await;
}

#[derive(Clone)]
pub(crate) struct Http(reqwest::Client);

impl Http {
    pub(crate) fn new() -> Self {
        Self(reqwest::Client::new())
    }

    /// What went wrong is told without the address: it may lie behind a proxy with a password.
    ///
    /// Posts `body`, or gets where there is none.
    pub(crate) async fn send(
        &self,
        url: &str,
        accept: &str,
        token: Option<&str>,
        body: Option<String>,
    ) -> Result<HttpAnswer, String> {
        let request = match body {
            Some(body) => self
                .0
                .post(url)
                .header("content-type", "application/json")
                .body(body),
            None => self.0.get(url),
        };
        let mut request = request.timeout(ANSWER_WITHIN).header("accept", accept);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let told = |error: reqwest::Error| error.without_url().to_string();
        let mut response = request.send().await.map_err(told)?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(told)? {
            if body.len() + chunk.len() > LONGEST_ANSWER {
                return Err("the answer is too long".to_owned());
            }
            body.extend_from_slice(&chunk);
        }
        let body = String::from_utf8(body).map_err(|_| "the answer is not text".to_owned())?;
        Ok(HttpAnswer {
            status: response.status().as_u16(),
            body,
        })
    }
}

pub(crate) struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    pub(crate) async fn connect(url: &str) -> Result<Self, String> {
        let mut request = url.into_client_request().map_err(told)?;
        request.headers_mut().insert(
            SEC_WEBSOCKET_PROTOCOL,
            HeaderValue::from_static(SUB_PROTOCOL),
        );
        let limits = WebSocketConfig::default()
            .max_message_size(Some(LONGEST_ANSWER))
            .max_frame_size(Some(LONGEST_ANSWER));
        let send_small_messages_at_once = true;
        let (socket, _) = connect_async_tls_with_config(
            request,
            Some(limits),
            send_small_messages_at_once,
            Some(Connector::Rustls(Arc::new(tls()?))),
        )
        .await
        .map_err(told)?;
        Ok(Self(socket))
    }

    pub(crate) async fn send(&mut self, text: String) {
        // A failure shows in what is read next.
        let _ = self.0.send(Message::text(text)).await;
    }

    pub(crate) async fn next(&mut self) -> Frame {
        match self.0.next().await {
            Some(Ok(Message::Text(text))) => Frame::Text(text.as_str().to_owned()),
            Some(Ok(Message::Close(Some(frame)))) => Frame::Closed {
                code: Some(frame.code.into()),
                reason: frame.reason.as_str().to_owned(),
            },
            Some(Ok(Message::Close(None))) | None => Frame::Closed {
                code: None,
                reason: "closed without a reason".to_owned(),
            },
            Some(Ok(_)) => Frame::Other,
            Some(Err(error)) => Frame::Closed {
                code: None,
                reason: told(error),
            },
        }
    }
}

/// Without what the server sent along, which may be long and anything.
fn told(error: Error) -> String {
    match error {
        Error::Http(response) => format!("status {}", response.status().as_u16()),
        error => error.to_string(),
    }
}

fn tls() -> Result<ClientConfig, String> {
    let roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_connection_can_be_secured_whatever_cryptography_others_bring() {
        assert!(super::tls().is_ok());
    }
}
