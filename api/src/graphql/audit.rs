//! The audit log, in plain words. All of the words are here.

use super::asking::app;
use super::date_time::DateTime;
use super::fault::Failure;
use super::waiting_area::PageInfo;
use crate::domain::audit::Deed;
use crate::domain::event::Actor;
use crate::domain::policy::Within;
use crate::ports::store::audit;
use async_graphql::{Context, Enum, ID, SimpleObject};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Entries of a page when nobody says how many.
const PAGE: i64 = 50;
/// Most entries of a page.
const LARGEST_PAGE: i64 = 200;
/// What reading a page costs, beside its fields: a query to the store.
const COST_OF_PAGE: usize = 20;
/// The longest cursor that is looked at, in bytes. Ours have some 30.
const LONGEST_CURSOR: usize = 64;
/// Leads what a cursor is made from, so that one of another list is none of this.
const CURSOR: &str = "audit.";

/// Entries of the audit log, newest first.
#[derive(SimpleObject)]
pub struct AuditLogConnection {
    /// The entries with their cursors.
    pub edges: Vec<AuditLogEdge>,
    /// The entries without their cursors.
    pub nodes: Vec<AuditLogEntry>,
    /// Where this page is among the others.
    pub page_info: PageInfo,
}

/// An entry in a page.
#[derive(SimpleObject)]
pub struct AuditLogEdge {
    /// Where this entry is, for `after`. Opaque.
    pub cursor: String,
    /// The entry.
    pub node: AuditLogEntry,
}

/// Something that staff looked at or did. It names staff and their keys and nobody else: of a caller there
/// is the id.
#[derive(Clone, SimpleObject)]
pub struct AuditLogEntry {
    /// Names this entry among those of its clinic. Opaque.
    pub id: ID,
    /// When it was done. A look is recorded at most once in 10 minutes, when it began.
    pub at: DateTime,
    /// Who did it: the name of a team member or of an API key, as it is now. Null for whoever runs the
    /// server, and for Standby itself.
    pub by: Option<String>,
    /// The team member's or the API key's id. Null where `by` is.
    pub by_id: Option<ID>,
    /// What was done, for a program.
    pub kind: AuditLogEntryKind,
    /// What was done, in plain words; no name and no number in them.
    pub description: String,
    /// The id of what it was done to: a caller, a team member, an API key, a session, a webhook or one
    /// of its deliveries. Null where it is about no single thing.
    pub subject_id: Option<ID>,
    /// The name of the team member or of the API key that it was done to, as it is now, also once they are
    /// removed or it is revoked. Null for all else, callers too.
    pub subject_name: Option<String>,
}

/// What staff looked at or did. More may be added: show `description` for one that you do not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Deed")]
pub enum AuditLogEntryKind {
    /// Signed in; the session is the subject.
    SignedIn,
    /// Signed out; the session is the subject.
    SignedOut,
    /// Looked at the list of callers, or followed it.
    SawWaitingArea,
    /// Looked at one caller, the subject.
    SawCaller,
    /// Looked at the activity log of a caller, the subject; of everyone in the waiting area where there
    /// is none.
    SawActivity,
    /// Looked at a report.
    SawReport,
    /// Looked at this log.
    SawAuditLog,
    /// Recalled a caller, the subject.
    Recalled,
    /// Cancelled a caller, the subject.
    Cancelled,
    /// Joined a caller, the subject.
    Joined,
    /// Put a caller on hold, the subject.
    Held,
    /// Completed the consultation of a caller, the subject.
    Completed,
    /// Vouched for the number of a caller, the subject.
    VouchedForPhone,
    /// Changed the clinic's settings.
    ChangedSettings,
    /// Added a team member, the subject.
    AddedTeamMember,
    /// Changed the name or the role of a team member, the subject.
    ChangedTeamMember,
    /// Removed a team member, the subject, whose sessions ended by it.
    RemovedTeamMember,
    /// Made a one-time sign-in link for a team member, the subject.
    MadeSignInLink,
    /// Ended a session of a team member, the subject.
    EndedSession,
    /// Made an API key, the subject.
    AddedKey,
    /// Revoked an API key, the subject.
    RevokedKey,
    /// Added a webhook, the subject.
    AddedWebhook,
    /// Changed a webhook, the subject.
    ChangedWebhook,
    /// Removed a webhook, the subject.
    RemovedWebhook,
    /// Had an event delivered to a webhook once more; the subject is the delivery.
    RedeliveredWebhook,
    /// Erased who a caller was, the subject, before its time.
    ErasedCaller,
    /// Exported what is kept of a caller, the subject.
    ExportedCaller,
}

/// Words for what was done.
fn told(deed: Deed) -> &'static str {
    match deed {
        Deed::SignedIn => "Signed in",
        Deed::SignedOut => "Signed out",
        Deed::SawWaitingArea => "Looked at the waiting area",
        Deed::SawCaller => "Looked at a caller",
        Deed::SawActivity => "Looked at what happened to a caller",
        Deed::SawReport => "Looked at a report",
        Deed::SawAuditLog => "Looked at this log",
        Deed::Recalled => "Recalled a caller",
        Deed::Cancelled => "Cancelled a caller",
        Deed::Joined => "Joined a caller",
        Deed::Held => "Put a caller on hold",
        Deed::Completed => "Completed a consultation",
        Deed::VouchedForPhone => "Vouched for a caller's number",
        Deed::ChangedSettings => "Changed the settings",
        Deed::AddedTeamMember => "Added a team member",
        Deed::ChangedTeamMember => "Changed a team member's name or role",
        Deed::RemovedTeamMember => "Removed a team member",
        Deed::MadeSignInLink => "Made a sign-in link for a team member",
        Deed::EndedSession => "Ended a session of a team member",
        Deed::AddedKey => "Made an API key",
        Deed::RevokedKey => "Revoked an API key",
        Deed::AddedWebhook => "Added a webhook",
        Deed::ChangedWebhook => "Changed a webhook",
        Deed::RemovedWebhook => "Removed a webhook",
        Deed::RedeliveredWebhook => "Had an event delivered to a webhook once more",
        Deed::ErasedCaller => "Erased who a caller was",
        Deed::ExportedCaller => "Exported what is kept of a caller",
    }
}

impl From<audit::AuditEntry> for AuditLogEntry {
    fn from(entry: audit::AuditEntry) -> Self {
        let by_id = match &entry.by {
            Actor::TeamMember(id) => Some(id.as_str().into()),
            Actor::ApiClient(id) => Some(id.as_str().into()),
            Actor::Caller | Actor::System => None,
        };
        Self {
            id: format!("entry_{}", entry.number).into(),
            at: entry.at.into(),
            by: entry.by_name,
            by_id,
            kind: entry.deed.into(),
            description: told(entry.deed).to_owned(),
            subject_id: entry.subject.map(Into::into),
            subject_name: entry.subject_name,
        }
    }
}

impl AuditLogConnection {
    /// Reads a page.
    ///
    /// # Errors
    /// When an argument is wrong, or the store fails.
    pub(super) async fn read(
        ctx: &Context<'_>,
        within: &Within,
        first: Option<i64>,
        after: Option<&str>,
    ) -> Result<Self, Failure> {
        let first = first.unwrap_or(PAGE);
        if !(0..=LARGEST_PAGE).contains(&first) {
            let message = format!("`first` is between 0 and {LARGEST_PAGE}.");
            return Err(Failure::BadInput(message));
        }
        let before = match after {
            None => None,
            Some(cursor) => {
                let wrong = || Failure::BadInput("`after` is no cursor of this list.".to_owned());
                Some(read_cursor(cursor).ok_or_else(wrong)?)
            }
        };
        let mut entries = app(ctx).audit_log(within, before, first + 1).await?;
        let first = usize::try_from(first).unwrap_or_default();
        let has_next_page = entries.len() > first;
        entries.truncate(first);
        let edges: Vec<AuditLogEdge> = entries
            .into_iter()
            .map(|entry| AuditLogEdge {
                cursor: cursor(entry.number),
                node: entry.into(),
            })
            .collect();
        Ok(Self {
            nodes: edges.iter().map(|edge| edge.node.clone()).collect(),
            page_info: PageInfo {
                has_next_page,
                has_previous_page: before.is_some(),
                start_cursor: edges.first().map(|edge| edge.cursor.clone()),
                end_cursor: edges.last().map(|edge| edge.cursor.clone()),
            },
            edges,
        })
    }
}

fn cursor(number: i64) -> String {
    URL_SAFE_NO_PAD.encode(format!("{CURSOR}{number}"))
}

fn read_cursor(cursor: &str) -> Option<i64> {
    if cursor.len() > LONGEST_CURSOR {
        return None;
    }
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    text.strip_prefix(CURSOR)?.parse().ok()
}

/// What a page costs whose entries cost `child` each.
pub(super) fn cost_of_page(first: Option<i64>, child: usize) -> usize {
    let first = first.unwrap_or(PAGE).clamp(0, LARGEST_PAGE);
    let first = usize::try_from(first).unwrap_or_default();
    first.saturating_mul(child).saturating_add(COST_OF_PAGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_leads_back_to_its_place_and_nothing_else_is_one() {
        assert_eq!(read_cursor(&cursor(42)), Some(42));
        let long = "A".repeat(10_000);
        for wrong in ["", "x", "NDI", "ä", &long] {
            assert_eq!(read_cursor(wrong), None, "{wrong}");
        }
    }
}
