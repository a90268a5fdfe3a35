//! Why a request did not do what was asked.

use std::fmt;

use cynic::{Enum, InlineFragments, QueryFragment};
use serde::Deserialize;

use crate::caller::{Caller, CallerStatus};
use crate::instant::Instant;
use crate::schema;

/// Why a request did not do what was asked.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ClientError {
    /// The server understood and refused; nothing changed. Tell the person why.
    #[error("refused: {0}")]
    Refused(Refusal),
    /// Something is broken, here or there. Trying the same again may help later.
    #[error("fault: {}", first_message(.0))]
    Fault(Vec<Fault>),
    /// No answer came: the request may or may not have been done. Every command may be repeated
    /// safely.
    #[error("unreachable: {reason}")]
    Unreachable {
        /// For a log; not for the person.
        reason: String,
    },
    /// The token is missing, unknown, revoked or expired.
    #[error("unauthorized")]
    Unauthorized,
}

fn first_message(faults: &[Fault]) -> &str {
    faults
        .first()
        .map_or("without a message", |fault| &fault.message)
}

impl ClientError {
    pub(crate) fn fault(message: impl Into<String>) -> Self {
        Self::Fault(vec![Fault {
            message: message.into(),
            code: None,
            path: Vec::new(),
        }])
    }

    /// The first reason of a refusal, if this is one.
    #[must_use]
    pub fn user_error(&self) -> Option<&UserError> {
        match self {
            Self::Refused(refusal) => refusal.errors.first(),
            _ => None,
        }
    }

    /// Whether to send the same again after a pause.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Unreachable { .. })
    }
}

/// A refusal: why nothing changed, and how things now stand.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// Why; at least one.
    pub errors: Vec<UserError>,
    /// The caller as it now stands, where the command was about one that the viewer may see.
    pub caller: Option<Box<Caller>>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, error) in self.errors.iter().enumerate() {
            let separator = if at == 0 { "" } else { "; " };
            write!(formatter, "{separator}{:?}", error.code)?;
        }
        Ok(())
    }
}

/// Why nothing changed.
#[derive(Clone, PartialEq, Eq)]
pub struct UserError {
    /// What kind of reason.
    pub code: UserErrorCode,
    /// In plain words, for the person who asked.
    pub message: String,
    /// Path of the offending input field; empty if none.
    pub field: Vec<String>,
    /// With [`UserErrorCode::WrongStatus`]: the status as it now is.
    pub status: Option<CallerStatus>,
    /// With [`UserErrorCode::CodeRejected`]: how many more times a code may be tried.
    pub attempts_left: Option<i32>,
    /// With [`UserErrorCode::RateLimited`]: from when to try again.
    pub retry_at: Option<Instant>,
}

/// Without the message, which may repeat what was typed.
impl fmt::Debug for UserError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("UserError")
            .field("code", &self.code)
            .field("field", &self.field)
            .field("status", &self.status)
            .field("attempts_left", &self.attempts_left)
            .field("retry_at", &self.retry_at)
            .finish_non_exhaustive()
    }
}

/// What kind of reason.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UserErrorCode {
    /// Something given is not right; [`UserError::field`] says what.
    InvalidInput,
    /// There is no such thing, or it may not be seen.
    NotFound,
    /// The command does not fit the caller's status.
    WrongStatus,
    /// The secure code is not right.
    CodeRejected,
    /// Too often.
    RateLimited,
    /// The clinic does not offer this.
    NotOffered,
    /// It cannot be done just now.
    Unavailable,
    /// Something else got there first.
    Conflict,
    /// A reason that is newer than this client.
    #[cynic(fallback)]
    Unrecognised,
}

/// A GraphQL error: something is broken, no matter what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// For a log; not for the person.
    pub message: String,
    /// `extensions.code`, where the server gave one.
    pub code: Option<String>,
    /// The field of the answer that it struck, as in `["viewer", "caller"]`.
    pub path: Vec<String>,
}

/// A GraphQL error as it is on the wire. What else it has is of no use here.
#[derive(Deserialize)]
pub(crate) struct WireError {
    #[serde(default)]
    message: String,
    #[serde(default)]
    extensions: Option<WireExtensions>,
    #[serde(default)]
    path: Option<Vec<WirePathSegment>>,
}

#[derive(Deserialize)]
struct WireExtensions {
    #[serde(default)]
    code: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum WirePathSegment {
    Field(String),
    Index(u64),
}

impl From<WireError> for Fault {
    fn from(error: WireError) -> Self {
        let path = error
            .path
            .unwrap_or_default()
            .into_iter()
            .map(|segment| match segment {
                WirePathSegment::Field(name) => name,
                WirePathSegment::Index(index) => index.to_string(),
            });
        Self {
            message: error.message,
            code: error.extensions.and_then(|extensions| extensions.code),
            path: path.collect(),
        }
    }
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "WrongStatusError")]
pub(crate) struct WrongStatusError {
    code: UserErrorCode,
    message: String,
    field: Option<Vec<String>>,
    status: CallerStatus,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "CodeRejectedError")]
pub(crate) struct CodeRejectedError {
    code: UserErrorCode,
    message: String,
    field: Option<Vec<String>>,
    attempts_left: i32,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "RateLimitedError")]
pub(crate) struct RateLimitedError {
    code: UserErrorCode,
    message: String,
    field: Option<Vec<String>>,
    retry_at: Instant,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "UserError")]
pub(crate) struct PlainUserError {
    code: UserErrorCode,
    message: String,
    field: Option<Vec<String>>,
}

/// `userErrors` of every payload: the interface's fields, and those that only some types have.
#[derive(InlineFragments)]
#[cynic(graphql_type = "UserError")]
pub(crate) enum UserErrorFragment {
    WrongStatusError(WrongStatusError),
    CodeRejectedError(CodeRejectedError),
    RateLimitedError(RateLimitedError),
    #[cynic(fallback)]
    Plain(PlainUserError),
}

impl From<UserErrorFragment> for UserError {
    fn from(fragment: UserErrorFragment) -> Self {
        let plain = |code, message, field: Option<Vec<String>>| Self {
            code,
            message,
            field: field.unwrap_or_default(),
            status: None,
            attempts_left: None,
            retry_at: None,
        };
        match fragment {
            UserErrorFragment::WrongStatusError(error) => Self {
                status: Some(error.status),
                ..plain(error.code, error.message, error.field)
            },
            UserErrorFragment::CodeRejectedError(error) => Self {
                attempts_left: Some(error.attempts_left),
                ..plain(error.code, error.message, error.field)
            },
            UserErrorFragment::RateLimitedError(error) => Self {
                retry_at: Some(error.retry_at),
                ..plain(error.code, error.message, error.field)
            },
            UserErrorFragment::Plain(error) => plain(error.code, error.message, error.field),
        }
    }
}
