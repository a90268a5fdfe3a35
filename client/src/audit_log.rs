//! Who looked at what in a clinic, and who changed what.

use cynic::{Enum, Id, QueryFragment};

use crate::instant::Instant;
use crate::schema;

/// Something that staff looked at or did.
#[derive(QueryFragment, Debug, Clone, PartialEq, Eq)]
pub struct AuditLogEntry {
    /// Names this entry.
    pub id: Id,
    /// When.
    pub at: Instant,
    /// The name of the team member or key, as it is now; none for the operator or the system.
    pub by: Option<String>,
    /// Who: tells two of one name apart.
    pub by_id: Option<Id>,
    /// What.
    pub kind: AuditLogEntryKind,
    /// In plain words; no caller's name, no number.
    pub description: String,
    /// The caller, team member, key or webhook that it was about.
    pub subject_id: Option<Id>,
    /// The name of the team member or key that it was about, as it is now; none for all else.
    pub subject_name: Option<String>,
}

/// What was looked at or done. Each is said in plain words by [`AuditLogEntry::description`].
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(
    missing_docs,
    reason = "the description of each entry says it in words"
)]
pub enum AuditLogEntryKind {
    SignedIn,
    SignedOut,
    SawWaitingArea,
    SawCaller,
    SawActivity,
    SawReport,
    SawAuditLog,
    Recalled,
    Cancelled,
    Joined,
    Held,
    Completed,
    VouchedForPhone,
    ChangedSettings,
    AddedTeamMember,
    ChangedTeamMember,
    RemovedTeamMember,
    MadeSignInLink,
    EndedSession,
    AddedKey,
    RevokedKey,
    AddedWebhook,
    ChangedWebhook,
    RemovedWebhook,
    RedeliveredWebhook,
    ErasedCaller,
    ExportedCaller,
    /// Something that is newer than this client.
    #[cynic(fallback)]
    Unrecognised,
}

/// Some entries of an audit log, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditLogPage {
    /// The entries.
    pub entries: Vec<AuditLogEntry>,
    /// Where the next page starts; none on the last page.
    pub next: Option<String>,
}
