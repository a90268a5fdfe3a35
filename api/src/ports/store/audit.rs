//! The audit log, as the application writes and reads it.

use super::Fault;
use crate::domain::audit::Deed;
use crate::domain::event::Actor;
use crate::domain::policy::Within;
use crate::domain::time::Timestamp;
use async_trait::async_trait;

/// Who looked at or did what. What changes something is recorded by the query that changes it, in the
/// same transaction; looks, which change nothing, are recorded here.
#[async_trait]
pub trait AuditStore: Send + Sync {
    /// Records looks, all in one transaction, each only if there is no such look after `since` and up
    /// to `now`. Answers, in their order, with when each was recorded, now or before.
    async fn record_looks(
        &self,
        looks: &[Look],
        since: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<Timestamp>, Fault>;
    /// A clinic's entries, newest first: those numbered below `before`, at most `limit`. One that
    /// cannot be read is logged and left out.
    async fn audit_log(
        &self,
        within: &Within,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<AuditEntry>, Fault>;
}

/// Somebody who looks at something.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Look {
    /// Who looks, and where.
    pub within: Within,
    /// At what kind of thing.
    pub deed: Deed,
    /// The id of the thing, if it is one thing.
    pub subject: Option<String>,
}

/// An entry of the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Counts the entries of the clinic, from 1.
    pub number: i64,
    /// When it was recorded.
    pub at: Timestamp,
    /// Who it was.
    pub by: Actor,
    /// The name of the team member or key, as it is now.
    pub by_name: Option<String>,
    /// What was looked at or done.
    pub deed: Deed,
    /// The id of what it is about, if it is about one thing.
    pub subject: Option<String>,
    /// The name of the team member or key that it is about, as it is now. Never a caller's.
    pub subject_name: Option<String>,
}
