//! Why a command changed nothing: data with a code, a message a person understands and the field.

use super::caller::Status;
use super::time::Timestamp;

/// A refusal. Faults (a full disk, a bug) are not refusals; they are errors of the application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub why: Why,
    /// For a person: what is wrong and what may be done.
    pub message: String,
    /// Path of the offending input field, without the leading `input`.
    pub field: Option<Vec<String>>,
}

/// What kind of refusal, with the data that belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    InvalidInput,
    NotFound,
    WrongStatus { status: Status },
    CodeRejected { attempts_left: u8 },
    RateLimited { retry_at: Timestamp },
    /// The clinic does not offer this (verification without Offline Queueing).
    NotOffered,
    /// Not now: the clinic is closed, or nothing to send with.
    Unavailable,
    /// The same idempotency key with other input.
    Conflict,
}

impl Refusal {
    #[must_use]
    pub fn new(why: Why, message: impl Into<String>) -> Self {
        Self { why, message: message.into(), field: None }
    }

    #[must_use]
    pub fn at(mut self, field: &str) -> Self {
        self.field = Some(field.split('.').map(str::to_owned).collect());
        self
    }

    #[must_use]
    pub fn invalid(field: &str, message: impl Into<String>) -> Self {
        Self::new(Why::InvalidInput, message).at(field)
    }

    /// What may not be seen is as if it did not exist: the same words for both.
    #[must_use]
    pub fn not_found(field: &str) -> Self {
        Self::new(Why::NotFound, "There is nothing here by this id.").at(field)
    }

    #[must_use]
    pub fn wrong_status(status: Status, message: impl Into<String>) -> Self {
        Self::new(Why::WrongStatus { status }, message)
    }
}
