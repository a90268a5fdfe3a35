//! Sessions, team members and API keys: who has them, and how they end.

use async_trait::async_trait;

/// Sessions, team members and API keys: who has them, and how they end.
#[async_trait]
pub trait AccessStore: Send + Sync {}
