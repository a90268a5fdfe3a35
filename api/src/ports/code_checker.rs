//! A provider that makes secure codes itself, sends them, and alone can say which is right.

use crate::domain::phone_number::PhoneNumber;
use crate::domain::secret::SecureCode;
use async_trait::async_trait;

/// What the provider says of a code that was entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    /// It is the one that was sent to the number.
    Right,
    /// It is not.
    Wrong,
    /// There is none to compare with (any more): expired, used up, or never sent.
    Gone,
    /// Nothing is known, and the provider may have looked at it: only its answer is missing.
    NotNow,
    /// The provider certainly has not looked at it: it was not reached, or too busy to take it.
    NotAsked,
}

/// Whoever knows the codes. Answers within 20 s, by a time limit of its own.
#[async_trait]
pub trait CodeChecker: Send + Sync {
    /// Asks whether `code` is the one that was sent to this number. Counts as a try with the
    /// provider too.
    async fn check(&self, number: &PhoneNumber, code: &SecureCode) -> Checked;
}
