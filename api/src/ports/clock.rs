//! The time. Everything that depends on it is told it, so that a test about an expiring code is one
//! line.

use crate::domain::time::Timestamp;

/// Tells the time to the application, which tells it to the rules.
pub trait Clock: Send + Sync {
    /// The time now, never earlier than an answer before it.
    fn now(&self) -> Timestamp;
}
