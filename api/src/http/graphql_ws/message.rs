//! The messages of graphql-transport-ws, as they are on the wire.

use serde_json::{Map, Value as Json};

use crate::http::door::{Credential, LONGEST_DEVICE_ID};
use crate::http::operation::{Asked, Malformed};
use crate::http::outcome::Outcome;

/// The longest operation id, in bytes. Clients use UUIDs or counters.
const LONGEST_ID: usize = 128;

/// What a client says.
#[derive(Debug)]
pub enum FromClient {
    /// Introduces itself.
    ConnectionInit(Init),
    /// Wants a pong, with the same payload.
    Ping(Option<Json>),
    /// Answers a ping of ours.
    Pong,
    /// Wants an operation executed.
    Subscribe {
        /// The operation's name for as long as it runs.
        id: String,
        /// What to execute.
        asked: Asked,
    },
    /// Wants no more of an operation.
    Complete {
        /// Which one.
        id: String,
    },
}

/// What `connection_init` brings.
#[derive(Debug, PartialEq, Eq)]
pub struct Init {
    /// As it was sent, not yet looked up.
    pub credential: Credential,
    /// Which of a caller's screens it is.
    pub device_id: Option<String>,
}

/// Reads one message.
///
/// # Errors
/// When the protocol does not know it.
pub fn read(text: &str) -> Result<FromClient, Malformed> {
    let Ok(Json::Object(mut message)) = serde_json::from_str(text) else {
        return Err(Malformed("A message must be a JSON object"));
    };
    let kind = message.remove("type");
    match kind.as_ref().and_then(Json::as_str) {
        Some("connection_init") => read_init(object(&mut message)?).map(FromClient::ConnectionInit),
        Some("ping") => Ok(FromClient::Ping(object(&mut message)?.map(Json::Object))),
        Some("pong") => object(&mut message).map(|_| FromClient::Pong),
        Some("subscribe") => {
            let id = id(&mut message)?;
            let payload = message.remove("payload").unwrap_or_default();
            if !payload.is_object() {
                return Err(Malformed("The payload of subscribe must be an object"));
            }
            Ok(FromClient::Subscribe {
                id,
                asked: Asked::from_json(payload)?,
            })
        }
        Some("complete") => Ok(FromClient::Complete {
            id: id(&mut message)?,
        }),
        _ => Err(Malformed("The message has no known type")),
    }
}

fn id(message: &mut Map<String, Json>) -> Result<String, Malformed> {
    match message.remove("id") {
        Some(Json::String(id)) if (1..=LONGEST_ID).contains(&id.len()) => Ok(id),
        _ => Err(Malformed("The id must be a string of 1 to 128 bytes")),
    }
}

fn object(message: &mut Map<String, Json>) -> Result<Option<Map<String, Json>>, Malformed> {
    match message.remove("payload") {
        None | Some(Json::Null) => Ok(None),
        Some(Json::Object(payload)) => Ok(Some(payload)),
        Some(_) => Err(Malformed("The payload must be an object")),
    }
}

fn read_init(payload: Option<Map<String, Json>>) -> Result<Init, Malformed> {
    let mut payload = payload.unwrap_or_default();
    let mut take = |name: &str| match payload.remove(name) {
        Some(Json::String(value)) => Ok(Some(value)),
        None | Some(Json::Null) => Ok(None),
        Some(_) => Err(Malformed(
            "In connection_init, token and deviceId must be strings",
        )),
    };
    let token = take("token")?;
    let device_id = take("deviceId")?;
    // What tools send that know only HTTP headers.
    let header = match take("Authorization")? {
        Some(header) => Some(header),
        None => take("authorization")?,
    };
    if device_id
        .as_ref()
        .is_some_and(|id| id.is_empty() || id.len() > LONGEST_DEVICE_ID)
    {
        return Err(Malformed("The deviceId must have 1 to 64 bytes"));
    }
    let credential = match (token, header) {
        (Some(token), _) => Credential::from_token(&token),
        (None, Some(header)) => Credential::from_value(&header),
        (None, None) => Credential::Missing,
    };
    Ok(Init {
        credential,
        device_id,
    })
}

/// What goes to a client. Written as text only when it is its turn, so that what waits for a slow
/// reader is shared with everyone else's.
#[derive(Debug)]
pub(super) enum ToClient {
    ConnectionAck,
    Ping,
    /// With the payload of the ping it answers.
    Pong(Option<Json>),
    Outcome(Id, Outcome),
    Complete(Id),
}

/// An operation's id as JSON text.
pub(super) type Id = std::sync::Arc<str>;

impl ToClient {
    pub(super) fn into_text(self) -> String {
        match self {
            Self::ConnectionAck => r#"{"type":"connection_ack"}"#.to_owned(),
            Self::Ping => r#"{"type":"ping"}"#.to_owned(),
            Self::Pong(None) => r#"{"type":"pong"}"#.to_owned(),
            Self::Pong(Some(payload)) => format!(r#"{{"type":"pong","payload":{payload}}}"#),
            Self::Outcome(id, Outcome::Next(payload)) => framed(&id, "next", &payload),
            Self::Outcome(id, Outcome::Error(payload)) => framed(&id, "error", &payload),
            Self::Complete(id) => format!(r#"{{"id":{id},"type":"complete"}}"#),
        }
    }
}

fn framed(id: &str, kind: &str, payload: &str) -> String {
    let mut text = String::with_capacity(id.len() + kind.len() + payload.len() + 32);
    for part in [
        r#"{"id":"#,
        id,
        r#","type":""#,
        kind,
        r#"","payload":"#,
        payload,
        "}",
    ] {
        text.push_str(part);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_malformed(text: &str) -> bool {
        read(text).is_err()
    }

    #[test]
    fn what_the_protocol_does_not_know_is_malformed() {
        for text in [
            "",
            "null",
            "[]",
            "{",
            "\"ping\"",
            "{}",
            r#"{"type":"start"}"#,
            r#"{"type":1}"#,
            r#"{"type":"ping","payload":"now"}"#,
            r#"{"type":"connection_init","payload":[]}"#,
            r#"{"type":"connection_init","payload":{"token":1}}"#,
            r#"{"type":"subscribe","payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","id":"","payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","id":1,"payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","id":"1"}"#,
            r#"{"type":"subscribe","id":"1","payload":[]}"#,
            r#"{"type":"subscribe","id":"1","payload":{}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":"{a}","variables":"{}"}}"#,
            r#"{"type":"complete"}"#,
            r#"{"type":"next","id":"1","payload":{}}"#,
        ] {
            assert!(is_malformed(text), "{text}");
        }
        let long = "x".repeat(LONGEST_ID + 1);
        assert!(is_malformed(&format!(
            r#"{{"type":"complete","id":"{long}"}}"#
        )));
        let long = "x".repeat(LONGEST_DEVICE_ID + 1);
        let init = format!(r#"{{"type":"connection_init","payload":{{"deviceId":"{long}"}}}}"#);
        assert!(is_malformed(&init));
    }

    #[test]
    fn a_credential_is_taken_as_a_token_or_as_a_header() {
        let of = |payload: &str| match read(&format!(
            r#"{{"type":"connection_init","payload":{payload}}}"#
        )) {
            Ok(FromClient::ConnectionInit(init)) => init.credential,
            other => panic!("{other:?}"),
        };
        let bearer = Credential::Bearer("abc".into());
        assert_eq!(of(r#"{"token":"abc"}"#), bearer);
        assert_eq!(of(r#"{"Authorization":"Bearer abc"}"#), bearer);
        assert_eq!(of(r#"{"authorization":"bearer abc"}"#), bearer);
        assert_eq!(of(r#"{"authorization":"abc"}"#), Credential::Malformed);
        assert_eq!(of(r#"{"token":""}"#), Credential::Malformed);
        assert_eq!(of(r#"{"token":null}"#), Credential::Missing);
        assert_eq!(of("null"), Credential::Missing);
    }

    #[test]
    fn a_payload_is_framed_as_it_is() {
        let outcome = Outcome::Next(r#"{"data":{"a":1}}"#.into());
        assert_eq!(
            ToClient::Outcome(r#""x\"""#.into(), outcome).into_text(),
            r#"{"id":"x\"","type":"next","payload":{"data":{"a":1}}}"#
        );
    }
}
