//! The messages of graphql-transport-ws, as far as one subscription needs them.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::client_error::WireError;

/// The name by which both sides know the protocol.
pub(crate) const SUB_PROTOCOL: &str = "graphql-transport-ws";

/// What the server says.
pub(super) enum ServerMessage<'a> {
    ConnectionAck,
    Ping,
    Pong,
    Next {
        id: Cow<'a, str>,
        payload: &'a str,
    },
    Error {
        id: Cow<'a, str>,
        errors: Vec<WireError>,
    },
    Complete {
        id: Cow<'a, str>,
    },
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    payload: Option<&'a RawValue>,
}

/// Reads a message; none if it is not one.
pub(super) fn read(text: &str) -> Option<ServerMessage<'_>> {
    let Envelope { kind, id, payload } = serde_json::from_str(text).ok()?;
    Some(match kind.as_ref() {
        "connection_ack" => ServerMessage::ConnectionAck,
        "ping" => ServerMessage::Ping,
        "pong" => ServerMessage::Pong,
        "next" => ServerMessage::Next {
            id: id?,
            payload: payload?.get(),
        },
        "error" => ServerMessage::Error {
            id: id?,
            errors: serde_json::from_str(payload?.get()).ok()?,
        },
        "complete" => ServerMessage::Complete { id: id? },
        _ => return None,
    })
}

/// The first message: who asks.
pub(super) fn connection_init(token: &str, device_id: Option<&str>) -> String {
    let mut payload = serde_json::Map::new();
    payload.insert("token".to_owned(), token.into());
    if let Some(device_id) = device_id {
        payload.insert("deviceId".to_owned(), device_id.into());
    }
    serde_json::json!({ "type": "connection_init", "payload": payload }).to_string()
}

/// `question` is JSON already.
pub(super) fn subscribe(id: &str, question: String) -> Result<String, serde_json::Error> {
    #[derive(Serialize)]
    struct Subscribe<'a> {
        r#type: &'static str,
        id: &'a str,
        payload: Box<RawValue>,
    }

    let payload = RawValue::from_string(question)?;
    serde_json::to_string(&Subscribe {
        r#type: "subscribe",
        id,
        payload,
    })
}

pub(super) fn complete(id: &str) -> String {
    serde_json::json!({ "type": "complete", "id": id }).to_string()
}

pub(super) fn ping() -> String {
    r#"{"type":"ping"}"#.to_owned()
}

pub(super) fn pong() -> String {
    r#"{"type":"pong"}"#.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_message_says_who_asks() {
        let message: serde_json::Value =
            serde_json::from_str(&connection_init("to\"ken", Some("device"))).expect("JSON");
        assert_eq!(
            message,
            serde_json::json!({
                "type": "connection_init",
                "payload": { "token": "to\"ken", "deviceId": "device" },
            })
        );
    }

    #[test]
    fn a_question_is_sent_as_it_is() {
        let message = subscribe("7", r#"{"query":"{ a }","variables":{}}"#.to_owned());
        assert_eq!(
            message.expect("JSON"),
            r#"{"type":"subscribe","id":"7","payload":{"query":"{ a }","variables":{}}}"#
        );
    }

    #[test]
    fn what_is_no_message_is_not_read() {
        for text in [
            "",
            "null",
            "[]",
            "{}",
            r#"{"type":"next"}"#,
            r#"{"type":"next","id":"1"}"#,
            r#"{"type":"dance"}"#,
            r#"{"type":"error","id":"1","payload":7}"#,
            r#"{"type":"complete"}"#,
        ] {
            assert!(read(text).is_none(), "{text}");
        }
    }

    #[test]
    fn pings_are_read_with_and_without_a_payload() {
        for text in [
            r#"{"type":"ping"}"#,
            r#"{"type":"ping","payload":null}"#,
            r#"{"payload":{"a":1},"type":"ping"}"#,
        ] {
            assert!(matches!(read(text), Some(ServerMessage::Ping)), "{text}");
        }
    }
}
