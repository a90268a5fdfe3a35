//! Why a command changed nothing: data with a code, a message a person understands and the field.

use super::status::Status;
use super::time::Timestamp;

/// A refusal. Faults (a full disk, a bug) are not refusals; they are errors of the application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// For a program: what it may do next depends on this and not on the words.
    pub why: Why,
    /// For a person: what is wrong and what may be done.
    pub message: String,
    /// Path of the offending input field, without the leading `input`.
    pub field: Option<Vec<String>>,
}

/// What kind of refusal, with the data that belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// What was entered cannot be taken; the field says which part of it.
    InvalidInput,
    /// Not there, or not to be seen by whoever asks: the two are never told apart.
    NotFound,
    /// The command no longer fits.
    WrongStatus {
        /// The status that stands in its way: the one the caller has now.
        status: Status,
    },
    /// A code that is wrong, used up or expired.
    CodeRejected {
        /// How many more tries the same code has; at 0 a new one must be asked for.
        attempts_left: u8,
    },
    /// Too often.
    RateLimited {
        /// From when the same would be allowed, if nobody else uses the limit up until then.
        retry_at: Timestamp,
    },
    /// The clinic does not offer this (verification without Offline Queueing).
    NotOffered,
    /// Not now: the clinic is closed, or nothing to send with.
    Unavailable,
    /// It clashes with what is there: the same idempotency key with other input, a name or a slug that is taken.
    Conflict,
}

impl Refusal {
    /// A refusal of the command as a whole; [`at`](Self::at) gives it a field.
    #[must_use]
    pub fn new(why: Why, message: impl Into<String>) -> Self {
        Self {
            why,
            message: message.into(),
            field: None,
        }
    }

    /// The same refusal, at a field given as a path with dots: `answers.0.value`.
    #[must_use]
    pub fn at(mut self, field: &str) -> Self {
        self.field = Some(field.split('.').map(str::to_owned).collect());
        self
    }

    /// What was entered in `field` cannot be taken.
    #[must_use]
    pub fn invalid(field: &str, message: impl Into<String>) -> Self {
        Self::new(Why::InvalidInput, message).at(field)
    }

    /// What may not be seen is as if it did not exist: the same words for both.
    #[must_use]
    pub fn not_found(field: &str) -> Self {
        Self::new(Why::NotFound, "There is nothing here by this id.").at(field)
    }

    /// The command does not fit a caller who is in `status`.
    #[must_use]
    pub fn wrong_status(status: Status, message: impl Into<String>) -> Self {
        Self::new(Why::WrongStatus { status }, message)
    }
}
