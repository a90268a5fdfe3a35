use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{
    net::TcpStream,
    time::{Instant, timeout_at},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{
        Error, Message, client::IntoClientRequest, http::HeaderValue, protocol::CloseFrame,
    },
};

use crate::PATIENCE;

/// A ping is shorter than this, and a result is longer. Bytes.
const SHORTEST_RESULT: usize = 32;

/// What the server says on a socket.
#[derive(Debug, Clone, PartialEq)]
pub enum ServerMessage {
    /// The connection is accepted.
    ConnectionAck,
    /// The server asks for a sign of life.
    Ping,
    /// The answer to a `ping` of ours.
    Pong,
    /// One result of an operation.
    Next {
        /// Which operation.
        id: String,
        /// `data`.
        data: Value,
        /// `errors`: faults.
        errors: Vec<Value>,
    },
    /// The operation was not accepted.
    Error {
        /// Which operation.
        id: String,
        /// Why.
        errors: Vec<Value>,
    },
    /// The operation has ended.
    Complete {
        /// Which operation.
        id: String,
    },
    /// The server has closed the connection.
    Closed {
        /// The close code; 1006 when the connection ended without one.
        code: u16,
        /// The words with it.
        reason: String,
    },
}

/// A connection that speaks graphql-transport-ws.
pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Socket {
    /// Opens a connection, and says nothing on it.
    pub async fn open(origin: &str) -> Self {
        Self::try_open(origin, &[])
            .await
            .expect("the server takes the connection")
    }

    /// Opens a connection with more headers, `Origin` for one, and returns what hinders it.
    pub async fn try_open(
        origin: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<Self, Box<Error>> {
        let address = format!("{}/graphql/ws", origin.replacen("http", "ws", 1));
        let mut request = address.into_client_request().map_err(Box::new)?;
        let protocol = HeaderValue::from_static("graphql-transport-ws");
        request
            .headers_mut()
            .insert("Sec-WebSocket-Protocol", protocol);
        for (name, value) in headers {
            let value = HeaderValue::from_str(value).expect("a header's value");
            request.headers_mut().insert(*name, value);
        }
        let (stream, _) = connect_async(request).await.map_err(Box::new)?;
        Ok(Self { stream })
    }

    /// Says who is there, and waits until the server has acknowledged it.
    pub async fn init(&mut self, payload: Value) {
        self.send(json!({ "type": "connection_init", "payload": payload }))
            .await;
        assert_eq!(self.next().await, ServerMessage::ConnectionAck);
    }

    /// Starts an operation.
    pub async fn subscribe(&mut self, id: &str, query: &str, variables: Value) {
        let payload = json!({ "query": query, "variables": variables });
        self.send(json!({ "type": "subscribe", "id": id, "payload": payload }))
            .await;
    }

    /// Sends a message as it is.
    pub async fn send(&mut self, message: Value) {
        self.send_text(message.to_string()).await;
    }

    /// Sends any text at all.
    pub async fn send_text(&mut self, text: String) {
        self.stream
            .send(Message::text(text))
            .await
            .expect("the connection takes a message");
    }

    /// The next message, once it is there.
    pub async fn next(&mut self) -> ServerMessage {
        self.next_before(Instant::now() + PATIENCE).await.0
    }

    /// The data of the next result; pings before it are answered. Anything else is a failure.
    pub async fn next_data(&mut self) -> Value {
        self.next_data_and_text().await.0
    }

    /// The same, with the message as it came over the wire.
    pub(crate) async fn next_data_and_text(&mut self) -> (Value, String) {
        match self.next_but_pings().await {
            (ServerMessage::Next { data, errors, .. }, text) => {
                assert!(errors.is_empty(), "a fault: {errors:?}");
                (data, text)
            }
            (other, _) => panic!("the server says {other:?} where a result was due"),
        }
    }

    /// The next result as it came over the wire, and when it came; pings before it are answered.
    pub(crate) async fn next_unread(&mut self) -> (Instant, String) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let frame = timeout_at(deadline, self.stream.next()).await;
            let came = Instant::now();
            match frame.expect("the server says something in time") {
                Some(Ok(Message::Text(text))) if text.len() >= SHORTEST_RESULT => {
                    return (came, text.to_string());
                }
                Some(Ok(Message::Text(text))) => match message_in(&text) {
                    ServerMessage::Ping => self.send(json!({ "type": "pong" })).await,
                    other => panic!("the server says {other:?} where a result was due"),
                },
                // The library answers the protocol's own pings.
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("the connection ended where a result was due: {other:?}"),
            }
        }
    }

    /// The next message that is no ping; pings before it are answered.
    pub async fn next_said(&mut self) -> ServerMessage {
        self.next_but_pings().await.0
    }

    /// Answers pings, as a screen does that has nothing else to say, until the connection ends;
    /// returns how it ended.
    pub async fn keep_alive(&mut self) -> ServerMessage {
        loop {
            let said = self.next_but_pings_before(None).await.0;
            if matches!(said, ServerMessage::Closed { .. }) {
                return said;
            }
        }
    }

    async fn next_but_pings(&mut self) -> (ServerMessage, String) {
        // Pings are no progress: with them alone, a result that never comes would be waited for
        // for ever.
        self.next_but_pings_before(Some(Instant::now() + PATIENCE))
            .await
    }

    async fn next_but_pings_before(
        &mut self,
        deadline: Option<Instant>,
    ) -> (ServerMessage, String) {
        loop {
            let deadline = deadline.unwrap_or_else(|| Instant::now() + PATIENCE);
            match self.next_before(deadline).await {
                (ServerMessage::Ping, _) => {
                    // If the connection is gone meanwhile, that is what comes next.
                    let pong = Message::text(r#"{"type":"pong"}"#);
                    let _ = self.stream.send(pong).await;
                }
                (ServerMessage::Pong, _) => {}
                said => return said,
            }
        }
    }

    async fn next_before(&mut self, deadline: Instant) -> (ServerMessage, String) {
        loop {
            let frame = timeout_at(deadline, self.stream.next()).await;
            let frame = frame.expect("the server says something in time");
            return match frame {
                Some(Ok(Message::Text(text))) => (message_in(&text), text.to_string()),
                Some(Ok(Message::Close(frame))) => (closed(frame), String::new()),
                // The library answers the protocol's own pings.
                Some(Ok(_)) => continue,
                Some(Err(_)) | None => (closed(None), String::new()),
            };
        }
    }
}

fn message_in(text: &str) -> ServerMessage {
    let mut message: Value = serde_json::from_str(text).expect("the server speaks JSON");
    let id = || message["id"].as_str().expect("an id").to_owned();
    match message["type"].as_str() {
        Some("connection_ack") => ServerMessage::ConnectionAck,
        Some("ping") => ServerMessage::Ping,
        Some("pong") => ServerMessage::Pong,
        Some("complete") => ServerMessage::Complete { id: id() },
        Some("error") => ServerMessage::Error {
            id: id(),
            errors: list(&message["payload"]),
        },
        Some("next") => ServerMessage::Next {
            id: id(),
            errors: list(&message["payload"]["errors"]),
            data: message["payload"]["data"].take(),
        },
        _ => panic!("the server says what the protocol does not know: {text}"),
    }
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

fn closed(frame: Option<CloseFrame>) -> ServerMessage {
    let (code, reason) = frame.map_or((1006, String::new()), |frame| {
        (frame.code.into(), frame.reason.to_string())
    });
    ServerMessage::Closed { code, reason }
}
