//! Webhooks, and what is delivered to them.

use async_trait::async_trait;

/// Webhooks, and what is delivered to them.
#[async_trait]
pub trait WebhookStore: Send + Sync {}
