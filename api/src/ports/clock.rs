//! The time. Everything that depends on it is told it, so that a test about an expiring code is one
//! line.

use crate::domain::time::Timestamp;

pub trait Clock: Send + Sync {
    /// The time now, never earlier than an answer before it.
    fn now(&self) -> Timestamp;
}
