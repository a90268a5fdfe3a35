//! Reads a GraphQL answer: the errors first, then the data.
//!
//! A server may answer with errors and half of the data. Read as data first, that half looks like
//! an answer from another version of the schema, and what really happened is lost.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::client_error::{ClientError, Fault, WireError};

/// `extensions.code` of a fault that means that the token is missing, unknown, revoked or expired.
const UNAUTHORIZED_CODES: [&str; 2] = ["UNAUTHENTICATED", "UNAUTHORIZED"];

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(default)]
    errors: Option<Vec<WireError>>,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
}

/// What the server answered over HTTP.
pub(crate) struct HttpAnswer {
    pub status: u16,
    pub body: String,
}

/// The data of an answer over HTTP.
pub(crate) fn read_http_answer<T: DeserializeOwned>(answer: &HttpAnswer) -> Result<T, ClientError> {
    match answer.status {
        401 => Err(ClientError::Unauthorized),
        // What stands between here and the server, or a server that is starting or full.
        429 | 502..=504 => Err(ClientError::Unreachable {
            reason: format!("status {}", answer.status),
        }),
        // Any other status may come with a GraphQL answer, which says more than the status.
        status => match read_answer(&answer.body) {
            Err(Unread::NotGraphQl) => Err(ClientError::fault(format!(
                "no GraphQL answer; status {status}"
            ))),
            Err(Unread::Error(error)) => Err(error),
            Ok(data) => Ok(data),
        },
    }
}

/// The text of an answer over HTTP that is not GraphQL; none where there is nothing to be seen.
pub(crate) fn read_http_text(answer: HttpAnswer) -> Result<Option<String>, ClientError> {
    match answer.status {
        200 => Ok(Some(answer.body)),
        401 => Err(ClientError::Unauthorized),
        404 => Ok(None),
        429 | 502..=504 => Err(ClientError::Unreachable {
            reason: format!("status {}", answer.status),
        }),
        status => Err(ClientError::fault(format!("status {status}"))),
    }
}

/// Why there is no data to read.
#[derive(Debug)]
pub(crate) enum Unread {
    /// The text is no GraphQL answer at all.
    NotGraphQl,
    /// The answer has errors, or its data do not fit the question.
    Error(ClientError),
}

impl From<Unread> for ClientError {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::NotGraphQl => Self::fault("no GraphQL answer"),
            Unread::Error(error) => error,
        }
    }
}

/// The data of a GraphQL answer.
pub(crate) fn read_answer<T: DeserializeOwned>(text: &str) -> Result<T, Unread> {
    let data = data_unless_errors(text)?;
    // Where it failed, never what was there: a name may have been.
    serde_json::from_str(data.get()).map_err(|error| {
        Unread::Error(ClientError::fault(format!(
            "the data do not fit the question at line {} column {}",
            error.line(),
            error.column()
        )))
    })
}

/// Not generic, so that it exists once and not once for every question.
fn data_unless_errors(text: &str) -> Result<&RawValue, Unread> {
    let answer: Answer<'_> = serde_json::from_str(text).map_err(|_| Unread::NotGraphQl)?;
    match (answer.errors, answer.data) {
        (Some(errors), _) if !errors.is_empty() => Err(Unread::Error(error_of(errors))),
        (_, Some(data)) => Ok(data),
        (_, None) => Err(Unread::NotGraphQl),
    }
}

/// What GraphQL errors mean.
pub(crate) fn error_of(errors: Vec<WireError>) -> ClientError {
    let faults: Vec<Fault> = errors.into_iter().map(Fault::from).collect();
    let is_unauthorized = |fault: &Fault| {
        fault
            .code
            .as_deref()
            .is_some_and(|code| UNAUTHORIZED_CODES.contains(&code))
    };
    if faults.iter().any(is_unauthorized) {
        ClientError::Unauthorized
    } else {
        ClientError::Fault(faults)
    }
}

#[cfg(test)]
mod tests;
