//! What happened to a caller: one event for each change, without a name or a number in it.

use super::delivery::{SmsFailure, SmsState};
use super::id::{ApiClientId, TeamMemberId};

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Actor {
    /// The caller the event is about, also where silence did it: a lease that ended.
    Caller,
    /// Standby itself: a grace time that passed, a text that was delivered.
    System,
    /// Someone signed in to the console.
    TeamMember(TeamMemberId),
    /// A staff tool, by its API key.
    ApiClient(ApiClientId),
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Took a place behind everyone who was there.
    Arrived,
    /// Took the place of a stay that lost contact.
    Resumed,
    /// A secure code was committed to be sent; whether it arrives is [`What::SmsProgress`].
    CodeSent,
    /// A code was entered that the provider has to check; it costs one attempt until then.
    CodeEntered,
    /// A code that was entered never reached the provider: the attempt it cost is given back.
    CodeNotChecked,
    /// A wrong code was entered, and cost one attempt.
    CodeRejected,
    /// The right code was entered; the status may have become Offline by it.
    PhoneVerified,
    /// Staff vouched for the number, having phoned it.
    PhoneVouchedFor,
    /// A verified caller stopped viewing.
    WentOffline,
    /// An Offline caller is viewing again, recalled or not.
    CameBack,
    /// An unverified caller stopped viewing.
    NotResponding,
    /// An unverified caller is viewing again, within the grace time.
    RespondingAgain,
    /// Stopped viewing while being seen or on hold.
    StoppedViewing,
    /// Views again while being seen or on hold.
    ViewingAgain,
    /// Staff asked an Offline caller to come back, and a text was committed.
    Recalled,
    /// A recall's link was opened by a caller who was viewing already. One whom it brings back is
    /// [`What::CameBack`].
    RecallLinkOpened,
    /// Answered a recall's text: on the way.
    RepliedComing,
    /// Answered a recall's text: five more minutes.
    RepliedLater,
    /// The holder of the number asked for no more texts.
    TextsStopped,
    /// The holder of the number takes texts again.
    TextsAllowed,
    /// The text of the latest recall or of the outstanding code got further.
    SmsProgress {
        /// How far; never [`SmsState::Sending`], which is over in a moment.
        state: SmsState,
        /// Only with [`SmsState::Failed`].
        failure: Option<SmsFailure>,
    },
    /// The consultation began, or went on after a hold.
    Joined,
    /// The consultation was interrupted.
    Held,
    /// The consultation, and so the stay, ended as it should.
    Completed,
    /// Staff took the caller out of the waiting area.
    Cancelled,
    /// The caller went, on purpose.
    Left,
    /// An unverified caller's grace time passed. The status is LEFT; the place can be taken back.
    LostContact,
}

/// A line of the activity log, as it is decided: when and at which version is the store's to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The one thing that happened.
    pub what: What,
    /// By whose doing. An identifier: the name is looked up when the log is read.
    pub by: Actor,
}
