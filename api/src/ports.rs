//! What the application needs of the world, and nothing about how it is done. `adapters` does it.

pub mod change_feed;
pub mod clock;
pub mod code_checker;
pub mod identity_provider;
pub mod randomness;
pub mod store;
pub mod texter;
pub mod webhook_sender;

use std::error::Error;

/// Something failed that nobody asked for: a full disk, a lost connection, a row that cannot be. It
/// names what was being done; why it failed is its [`source`](Error::source).
#[derive(Debug, thiserror::Error)]
#[error("{doing}")]
pub struct Fault {
    doing: &'static str,
    #[source]
    source: Box<dyn Error + Send + Sync>,
}

impl Fault {
    /// A fault while `doing` something, such as "reading the caller".
    pub fn new(doing: &'static str, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            doing,
            source: source.into(),
        }
    }

    /// The whole chain of causes on one line, for the log.
    #[must_use]
    pub fn chain(&self) -> String {
        let mut line = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            line.push_str(": ");
            line.push_str(&error.to_string());
            cause = error.source();
        }
        line
    }
}
