//! Figures without personal data.

use async_trait::async_trait;

/// Figures without personal data.
#[async_trait]
pub trait ReportStore: Send + Sync {}
