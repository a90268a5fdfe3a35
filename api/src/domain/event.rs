//! What happened to a caller: one event for each change, without a name or a number in it.

use super::id::{ApiClientId, TeamMemberId};
use super::recall::{SmsFailure, SmsState};

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    Caller,
    /// Standby itself: a lease that ended, a text that was delivered.
    System,
    TeamMember(TeamMemberId),
    ApiClient(ApiClientId),
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Arrived,
    /// Took the place of a stay that lost contact.
    Resumed,
    CodeSent,
    CodeRejected,
    PhoneVerified,
    WentOffline,
    CameBack,
    /// An unverified caller stopped viewing.
    NotResponding,
    RespondingAgain,
    /// Stopped viewing while being seen or on hold.
    StoppedViewing,
    ViewingAgain,
    Recalled,
    RecallLinkOpened,
    SmsProgress { state: SmsState, failure: Option<SmsFailure> },
    Joined,
    Held,
    Completed,
    Cancelled,
    Left,
    LostContact,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub what: What,
    pub by: Actor,
}
