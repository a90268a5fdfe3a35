//! Why a command of `standby` failed, in words for whoever gave it.

use crate::domain::refusal::Refusal;
use crate::ports::Fault;

/// Why the command did not do what it was told.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// What was asked for cannot be; the words are for whoever asked.
    #[error("{0}")]
    Asked(String),
    /// Whoever was to read the answer has stopped reading (`… | head`), and is told nothing of it.
    #[error("nobody reads the answer")]
    Unread,
    /// Something failed; told with all its causes, as there may be no log to find them in.
    #[error("{}", .0.chain())]
    Fault(#[from] Fault),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Asked(refusal.message)
    }
}
