//! A caller, as the caller's own session and the clinic's staff see it.
//!
//! Enumerations have a variant for what this version of the client does not know, because an
//! installed app outlives many versions of the server. Names, numbers, answers and room addresses
//! are left out of `Debug`.

use std::fmt;

use cynic::{Enum, Id, QueryFragment};

use crate::instant::Instant;
use crate::schema;

/// Where the caller stands.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CallerStatus {
    /// Joinable now.
    Waiting,
    /// Verified, keeps the place, not looking.
    Offline,
    /// In the consultation.
    BeingSeen,
    /// In the consultation, put on hold by the provider.
    OnHold,
    /// Final: the consultation ended.
    Completed,
    /// Final: the caller left, or contact was lost.
    Left,
    /// Final: staff cancelled.
    Cancelled,
    /// A status that is newer than this client.
    #[cynic(fallback)]
    Unrecognised,
}

impl CallerStatus {
    /// Whether the stay is over.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Left | Self::Cancelled)
    }

    /// Whether the caller counts in the queue: Waiting or Offline.
    #[must_use]
    pub fn has_place(self) -> bool {
        matches!(self, Self::Waiting | Self::Offline)
    }
}

/// One person's stay in a waiting area, from arrival to an end.
#[derive(QueryFragment, Clone, PartialEq)]
pub struct Caller {
    /// Names this caller in every command.
    pub id: Id,
    /// Where the caller stands.
    pub status: CallerStatus,
    /// As given on arrival.
    pub name: Option<String>,
    /// The number that Recall uses, once it is verified.
    pub phone: Option<CallerPhone>,
    /// When the caller came in.
    pub arrived_at: Instant,
    /// Orders the callers of one waiting area strictly by arrival.
    pub arrival_number: i32,
    /// The place in the queue; none unless Waiting or Offline, or where the clinic does not tell
    /// callers.
    pub position: Option<QueuePosition>,
    /// Whether the caller is looking.
    pub presence: Presence,
    /// The latest recall, if any.
    pub recall: Option<Recall>,
    /// Whether the holder of the number has asked for no texts: they cannot be recalled.
    pub texts_stopped: bool,
    /// Where the consultation is, once joined.
    pub room: Option<Room>,
    /// When the stay ended.
    pub ended_at: Option<Instant>,
    /// How the stay ended; none while it goes on.
    pub end: Option<CallerEnd>,
    /// When the status last changed: for an Offline caller, since when they have been away.
    pub status_since: Instant,
    /// Whether this caller may step away once the number is verified.
    pub may_set_phone_aside: bool,
    /// The code that is outstanding, if any; only the caller's own session sees it.
    pub verification: Option<Verification>,
    /// What the caller answered to the clinic's entry fields.
    pub answers: Vec<EntryAnswer>,
    /// When name, number, answers and texts were erased; none while they are kept.
    pub erased_at: Option<Instant>,
    /// Counts this caller's changes. Erasing is none of them.
    pub version: i32,
}

impl fmt::Debug for Caller {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Caller")
            .field("id", &self.id.inner())
            .field("status", &self.status)
            .field("arrival_number", &self.arrival_number)
            .field("position", &self.position)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// A caller's mobile number.
#[derive(QueryFragment, Clone, PartialEq, Eq)]
pub struct CallerPhone {
    /// E.164, as in `+61491570156`.
    pub number: String,
    /// Whether its holder has given the code that was sent to it, or staff who phoned it vouch for it.
    pub is_verified: bool,
    /// When that was.
    pub verified_at: Option<Instant>,
}

impl fmt::Debug for CallerPhone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("CallerPhone")
            .field("is_verified", &self.is_verified)
            .finish_non_exhaustive()
    }
}

/// A place in the queue.
#[derive(QueryFragment, Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueuePosition {
    /// 1 is next.
    pub place: i32,
    /// Of those ahead, how many are Offline.
    pub ahead_offline: i32,
}

/// Whether the caller is looking.
#[derive(QueryFragment, Debug, Clone, Copy, PartialEq, Eq)]
pub struct Presence {
    /// At least one of the caller's screens is visible and in touch with the server.
    pub is_viewing: bool,
    /// The last sign of life.
    pub last_seen_at: Instant,
    /// An unverified caller who stopped viewing.
    pub not_responding: bool,
}

/// What a screen reports of itself.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum PresenceState {
    /// The wait screen is seen.
    Foreground,
    /// The wait screen is hidden.
    Background,
}

/// Staff asking an Offline caller to come back.
#[derive(QueryFragment, Debug, Clone, PartialEq, Eq)]
pub struct Recall {
    /// Names this recall.
    pub id: Id,
    /// When staff asked.
    pub requested_at: Instant,
    /// How far the SMS got.
    pub sms: SmsDelivery,
    /// When the link in the SMS was opened.
    pub opened_at: Option<Instant>,
    /// When the caller was viewing again.
    pub returned_at: Option<Instant>,
    /// What the caller texted back; the latest answer only.
    pub reply: Option<RecallReply>,
}

/// What a caller texted back.
#[derive(QueryFragment, Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecallReply {
    /// What was answered.
    pub answer: RecallAnswer,
    /// When.
    pub at: Instant,
}

/// What a caller can text back to a recall.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RecallAnswer {
    /// On the way to the wait screen.
    Coming,
    /// Five more minutes.
    Later,
    /// Will not come: the stay has ended.
    Leaving,
    /// An answer that is newer than this client.
    #[cynic(fallback)]
    Unrecognised,
}

/// How far an SMS got.
#[derive(QueryFragment, Debug, Clone, Copy, PartialEq, Eq)]
pub struct SmsDelivery {
    /// How far.
    pub state: SmsState,
    /// Why it failed, where it did.
    pub failure: Option<SmsFailure>,
    /// Since when.
    pub updated_at: Instant,
}

/// How far an SMS got.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SmsState {
    /// Committed with the change that wants it.
    Queued,
    /// Being handed to the provider.
    Sending,
    /// The provider took it.
    Sent,
    /// The phone has it.
    Delivered,
    /// It will not arrive.
    Failed,
    /// Neither the provider's list nor its callbacks say.
    Unknown,
    /// A state that is newer than this client.
    #[cynic(fallback)]
    Unrecognised,
}

/// Why an SMS failed.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SmsFailure {
    /// There is no such number.
    InvalidNumber,
    /// A landline takes no SMS: phone them.
    Landline,
    /// The phone is off or out of reach.
    Unreachable,
    /// The holder asked for no messages.
    OptedOut,
    /// The carrier refused it.
    Blocked,
    /// The provider could not be reached.
    ProviderUnavailable,
    /// Another reason.
    Other,
    /// A reason that is newer than this client.
    #[cynic(fallback)]
    Unrecognised,
}

/// How a stay ended.
#[derive(QueryFragment, Debug, Clone, PartialEq, Eq)]
pub struct CallerEnd {
    /// How.
    pub how: CallerEndKind,
    /// As staff or the caller put it.
    pub reason: Option<String>,
    /// Whether this caller may still take the place back.
    pub is_resumable: bool,
}

/// How a stay ended.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CallerEndKind {
    /// The consultation ended.
    Completed,
    /// The caller left.
    LeftByCaller,
    /// An unverified caller was not viewing for longer than the clinic's grace time.
    LostContact,
    /// Staff cancelled.
    CancelledByStaff,
    /// An end that is newer than this client.
    #[cynic(fallback)]
    Unrecognised,
}

/// A secure code that is outstanding.
#[derive(QueryFragment, Clone, PartialEq, Eq)]
pub struct Verification {
    /// The number the code went to.
    pub number: String,
    /// When it was sent.
    pub sent_at: Instant,
    /// Until when it is taken.
    pub expires_at: Instant,
    /// From when another code may be asked for.
    pub resend_at: Instant,
    /// How many more times a code may be tried.
    pub attempts_left: i32,
    /// How far the SMS with the code got.
    pub sms: SmsDelivery,
}

impl fmt::Debug for Verification {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Verification")
            .field("expires_at", &self.expires_at)
            .field("resend_at", &self.resend_at)
            .field("attempts_left", &self.attempts_left)
            .field("sms", &self.sms)
            .finish_non_exhaustive()
    }
}

/// An answer to one of the clinic's entry fields.
#[derive(QueryFragment, Clone, PartialEq, Eq)]
pub struct EntryAnswer {
    /// The entry field's key.
    pub key: String,
    /// The entry field's label as it was on arrival.
    pub label: String,
    /// What the caller wrote.
    pub value: String,
}

impl fmt::Debug for EntryAnswer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("EntryAnswer")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// Where the consultation is.
#[derive(QueryFragment, Clone, PartialEq, Eq)]
pub struct Room {
    /// The address, signed where the clinic's video service wants that: as secret as a token.
    pub url: String,
}

impl fmt::Debug for Room {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Room(…)")
    }
}

/// Something that happened to a caller.
#[derive(QueryFragment, Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// When.
    pub at: Instant,
    /// What.
    pub kind: ActivityKind,
    /// In plain words; no name, no number.
    pub description: String,
    /// The team member's or key's name; none for the caller or the system.
    pub by: Option<String>,
    /// The version of the waiting area that this made.
    pub version: i32,
}

/// What happened to a caller. Each is said in plain words by [`Activity::description`].
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(
    missing_docs,
    reason = "the description of each activity says it in words"
)]
pub enum ActivityKind {
    Arrived,
    CodeSent,
    CodeEntered,
    CodeNotChecked,
    CodeRejected,
    PhoneVerified,
    PhoneVouchedFor,
    WentOffline,
    CameBack,
    NotResponding,
    RespondingAgain,
    Recalled,
    RecallLinkOpened,
    RepliedComing,
    RepliedLater,
    TextsStopped,
    TextsAllowed,
    SmsProgress,
    Joined,
    Held,
    Completed,
    Cancelled,
    Left,
    LostContact,
    Resumed,
    StoppedViewing,
    ViewingAgain,
    /// Something that is newer than this client.
    #[cynic(fallback)]
    Unrecognised,
}
