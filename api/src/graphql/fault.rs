//! Errors of GraphQL: for faults, and for what is wrong with a request itself. A refusal is not one
//! of them: see [`user_error`](super::user_error).
//!
//! In async-graphql 7.2.1 a field whose resolver returns `Err` is missing from the answer. So a
//! resolver of a nullable field that fails says why beside it and answers with null: [`or_null`].
//!
//! Resolvers fail with a [`Failure`], never with async-graphql's own error: that one is made from
//! whatever can be displayed, so a `?` would show a client what went wrong inside.

use crate::domain::refusal::Refusal;
use crate::http::operation::INTERNAL_SERVER_ERROR;
use crate::ports::Fault;
use async_graphql::{Context, Error, ErrorExtensions as _};

/// `extensions.code` where an argument of a query or subscription is wrong.
pub const BAD_USER_INPUT: &str = "BAD_USER_INPUT";
/// `extensions.code` where a subscription is for something that the viewer may not see, or that is
/// not there.
pub const NOT_FOUND: &str = "NOT_FOUND";

/// Why a field cannot be resolved.
#[derive(Debug)]
pub enum Failure {
    /// Something broke on our side.
    Fault(Fault),
    /// An argument is wrong, in words for whoever wrote the query.
    BadInput(String),
    /// What a subscription is for is not there for this viewer.
    NotFound(Refusal),
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Failure> for Error {
    /// Logs a fault, and tells the client only that there was one.
    fn from(failure: Failure) -> Self {
        let (code, message) = match failure {
            Failure::Fault(fault) => {
                tracing::error!(
                    fault = fault.chain(),
                    "a GraphQL field could not be resolved"
                );
                let message = "Something went wrong on our side and was logged. Please try again.";
                (INTERNAL_SERVER_ERROR, message.to_owned())
            }
            Failure::BadInput(message) => (BAD_USER_INPUT, message),
            // The words of the refusal: a command and a subscription say the same.
            Failure::NotFound(refusal) => (NOT_FOUND, refusal.message),
        };
        Self::new(message).extend_with(|_, extensions| extensions.set("code", code))
    }
}

/// The value, or null with the error beside it.
pub(super) fn or_null<T>(ctx: &Context<'_>, result: Result<T, impl Into<Failure>>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(failure) => {
            let error = Error::from(failure.into()).into_server_error(ctx.item.pos);
            ctx.add_error(ctx.set_error_path(error));
            None
        }
    }
}
