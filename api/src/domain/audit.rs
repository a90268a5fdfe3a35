//! The audit log: who of a clinic's staff looked at or did what, for a clinic admin to read.
//!
//! An entry names things by their ids and nobody by name or number: names are looked up when the log is
//! read, and those of callers are nowhere in it. What changes something is recorded each time, in the
//! transaction that changes it. A look is recorded at most once in
//! [`LOOK_RECORDED_EVERY`](super::limits::LOOK_RECORDED_EVERY) for who looked at what, before the answer
//! is given: a board that is asked every few seconds all day would fill the log, and say no more.

use super::event::What;

/// What somebody looked at or did. What each is about, if about one thing, is the entry's subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Deed {
    /// Opened a session.
    SignedIn,
    /// Ended the own session.
    SignedOut,
    /// Looked at the list of callers, or began to follow it.
    SawWaitingArea,
    /// Looked at one caller; the subject.
    SawCaller,
    /// Looked at a caller's activity log; the caller is the subject.
    SawActivity,
    /// Looked at reports.
    SawReport,
    /// Looked at this log.
    SawAuditLog,
    /// Recalled a caller, the subject; as for the commands that follow.
    Recalled,
    /// Cancelled a caller.
    Cancelled,
    /// Joined a caller.
    Joined,
    /// Put a caller on hold.
    Held,
    /// Completed a consultation.
    Completed,
    /// Vouched for a caller's number.
    VouchedForPhone,
    /// Changed the clinic's settings.
    ChangedSettings,
    /// Added a team member, the subject; as for those that follow.
    AddedTeamMember,
    /// Changed a team member's name or role.
    ChangedTeamMember,
    /// Removed a team member, whose sessions ended by it.
    RemovedTeamMember,
    /// Made a one-time sign-in link for a team member.
    MadeSignInLink,
    /// Ended a session of a team member.
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
    /// Had an event delivered to a webhook once more; the delivery is the subject.
    RedeliveredWebhook,
    /// Erased a caller's personal data before its time; the caller is the subject.
    ErasedCaller,
    /// Exported a caller's personal data; the caller is the subject.
    ExportedCaller,
}

impl Deed {
    /// What staff did when this happened to a caller; `None` for what the log does not hold: what callers
    /// did, and what came of itself.
    #[must_use]
    pub fn of(what: What) -> Option<Self> {
        match what {
            What::Recalled => Some(Self::Recalled),
            What::Cancelled => Some(Self::Cancelled),
            What::Joined => Some(Self::Joined),
            What::Held => Some(Self::Held),
            What::Completed => Some(Self::Completed),
            What::PhoneVouchedFor => Some(Self::VouchedForPhone),
            What::Arrived
            | What::Resumed
            | What::CodeSent
            | What::CodeEntered
            | What::CodeNotChecked
            | What::CodeRejected
            | What::PhoneVerified
            | What::WentOffline
            | What::CameBack
            | What::NotResponding
            | What::RespondingAgain
            | What::StoppedViewing
            | What::ViewingAgain
            | What::RecallLinkOpened
            | What::RepliedComing
            | What::RepliedLater
            | What::TextsStopped
            | What::TextsAllowed
            | What::SmsProgress { .. }
            | What::Left
            | What::LostContact => None,
        }
    }
}
