//! Figures without personal data.

use super::Fault;
use crate::domain::policy::Within;
use crate::domain::report::Days;
use crate::domain::time::Timestamp;
use async_trait::async_trait;

/// Figures without personal data.
#[async_trait]
pub trait ReportStore: Send + Sync {
    /// Takes the figures of ended stays that have none, those that ended first before others: at most
    /// `limit`, in one transaction. Answers with how many it looked at. A stay whose figures cannot be
    /// taken any more counts nowhere, and is not looked at again.
    async fn take_figures(&self, limit: i64, now: Timestamp) -> Result<usize, Fault>;
    /// Adds the figures of a clinic's stays and of their texts to the days on which they arrived, all
    /// as of one moment.
    async fn add_figures(&self, within: &Within, days: Days) -> Result<Days, Fault>;
}
