//! Erasing personal data, and handing out what is kept of one person.

use async_trait::async_trait;

/// Erasing personal data, and handing out what is kept of one person.
#[async_trait]
pub trait ErasingStore: Send + Sync {}
