//! The audit log, as the application writes and reads it.

use super::Fault;
use crate::domain::audit::Deed;
use crate::domain::policy::Within;
use crate::domain::time::Timestamp;
use async_trait::async_trait;

/// Who looked at or did what. What changes something is recorded by the query that changes it, in the
/// same transaction; looks, which change nothing, are recorded here.
#[async_trait]
pub trait AuditStore: Send + Sync {
    /// Records that who acts within the clinic looked at something.
    async fn record_deed(
        &self,
        within: &Within,
        deed: Deed,
        subject: Option<&str>,
        now: Timestamp,
    ) -> Result<(), Fault>;
}
