//! What a message of a socket or an event of a stream carries.

use std::sync::Arc;

use async_graphql::{Response, Value};

use super::operation::{is_request_error, to_json, unquoted};

/// What goes out for an operation: the JSON text of a message's payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// An answer: the payload of `next`.
    Next(Arc<str>),
    /// The operation is at its end: the payload of `error`, a list of errors.
    Error(Arc<str>),
}

impl Outcome {
    /// What the answer to a query or a mutation comes to.
    pub(super) fn of_answer(answer: &Response) -> Self {
        if is_request_error(answer) {
            Self::of_errors(answer)
        } else {
            Self::Next(to_json(answer).into())
        }
    }

    /// What one answer of a subscription comes to.
    ///
    /// An event of which nothing can be shown ends the subscription: a client that misses a change
    /// without knowing would be wrong for ever, one that asks again starts from a snapshot.
    pub(super) fn of_event(answer: &Response) -> Self {
        if answer.data == Value::Null && !answer.errors.is_empty() {
            Self::of_errors(answer)
        } else {
            Self::Next(to_json(answer).into())
        }
    }

    /// The errors of an answer, as the payload of an `error` message.
    pub(super) fn of_errors(answer: &Response) -> Self {
        let text = serde_json::to_string(&unquoted(&answer.errors)).unwrap_or_else(|error| {
            tracing::error!(%error, "errors could not be written as JSON");
            r#"[{"message":"Internal server error"}]"#.to_owned()
        });
        Self::Error(text.into())
    }
}
