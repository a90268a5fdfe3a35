//! What happened to a caller, in plain words. All of the words are here.

use super::date_time::DateTime;
use crate::domain::delivery::{SmsFailure, SmsState};
use crate::domain::event::What;
use crate::ports::store;
use async_graphql::{Enum, SimpleObject};

/// What happened to a caller. More may be added: show `description` for one that you do not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ActivityKind {
    /// Arrived by the clinic link.
    Arrived,
    /// A secure code was sent to a number.
    CodeSent,
    /// A secure code was entered, and the provider is asked whether it is right.
    CodeEntered,
    /// The provider could not be asked about a secure code that was entered; it counts for nothing.
    CodeNotChecked,
    /// A wrong secure code was entered.
    CodeRejected,
    /// The number was verified.
    PhoneVerified,
    /// Staff vouched for the number.
    PhoneVouchedFor,
    /// Stopped viewing: Offline, in the same place.
    WentOffline,
    /// Is viewing again: Waiting, in the same place.
    CameBack,
    /// Unverified, and stopped viewing.
    NotResponding,
    /// Unverified, and viewing again.
    RespondingAgain,
    /// Staff asked the caller to come back.
    Recalled,
    /// The wait screen was viewed by the link in a recall's text.
    RecallLinkOpened,
    /// Answered a recall's text: on the way.
    RepliedComing,
    /// Answered a recall's text: needs five more minutes.
    RepliedLater,
    /// The holder of the number asked for no more texts.
    TextsStopped,
    /// The holder of the number takes texts again.
    TextsAllowed,
    /// There was news of a text.
    SmsProgress,
    /// A provider joined, or went on after a hold.
    Joined,
    /// The consultation was put on hold.
    Held,
    /// The consultation was completed.
    Completed,
    /// Staff cancelled.
    Cancelled,
    /// The caller left.
    Left,
    /// Unverified, and not seen for the clinic's grace time.
    LostContact,
    /// Took the place back after contact was lost.
    Resumed,
    /// Stopped viewing during the consultation.
    StoppedViewing,
    /// Viewing again during the consultation.
    ViewingAgain,
}

/// Something that happened to a caller. Each made one version of the waiting area.
#[derive(Clone, Debug, SimpleObject)]
pub struct Activity {
    /// When it happened.
    pub at: DateTime,
    /// What happened, for a program.
    pub kind: ActivityKind,
    /// What happened, in plain words; no name and no number in them.
    pub description: String,
    /// Who did it: the name of a team member or of an API key. Null for the caller and for Standby
    /// itself.
    pub by: Option<String>,
    /// The version of the waiting area that this made.
    pub version: i64,
}

impl From<store::Activity> for Activity {
    fn from(activity: store::Activity) -> Self {
        let (kind, description) = told(activity.event.what);
        Self {
            at: activity.at.into(),
            kind,
            description: description.to_owned(),
            by: activity.by_name,
            version: activity.version,
        }
    }
}

fn told(what: What) -> (ActivityKind, &'static str) {
    use ActivityKind as Kind;
    match what {
        What::Arrived => (Kind::Arrived, "Arrived by the clinic link"),
        What::Resumed => (Kind::Resumed, "Took the place back after contact was lost"),
        What::CodeSent => (Kind::CodeSent, "Asked for a code to verify a number"),
        What::CodeEntered => (Kind::CodeEntered, "Entered a code, which is being checked"),
        What::CodeNotChecked => (
            Kind::CodeNotChecked,
            "The code could not be checked; it counts for nothing",
        ),
        What::CodeRejected => (Kind::CodeRejected, "Entered a wrong code"),
        What::PhoneVerified => (Kind::PhoneVerified, "Verified the number"),
        What::PhoneVouchedFor => (
            Kind::PhoneVouchedFor,
            "Number vouched for by staff, who have phoned it",
        ),
        What::WentOffline => (Kind::WentOffline, "Stepped away, and keeps the place"),
        What::CameBack => (Kind::CameBack, "Came back to the wait screen"),
        What::NotResponding => (
            Kind::NotResponding,
            "Stopped viewing, without a verified number",
        ),
        What::RespondingAgain => (Kind::RespondingAgain, "Is viewing the wait screen again"),
        What::StoppedViewing => (
            Kind::StoppedViewing,
            "Stopped viewing the wait screen during the consultation",
        ),
        What::ViewingAgain => (
            Kind::ViewingAgain,
            "Is viewing the wait screen again during the consultation",
        ),
        What::Recalled => (
            Kind::Recalled,
            "Recalled: a text with a link back is on its way",
        ),
        What::RecallLinkOpened => (
            Kind::RecallLinkOpened,
            "Opened the link in the recall's text",
        ),
        What::RepliedComing => (Kind::RepliedComing, "Replied by text: coming"),
        What::RepliedLater => (Kind::RepliedLater, "Replied by text: five more minutes"),
        What::TextsStopped => (
            Kind::TextsStopped,
            "Asked for no more texts to this number. Phone them",
        ),
        What::TextsAllowed => (Kind::TextsAllowed, "Takes texts to this number again"),
        What::SmsProgress { state, failure } => (Kind::SmsProgress, told_of_text(state, failure)),
        What::Joined => (Kind::Joined, "Joined by a provider"),
        What::Held => (Kind::Held, "Put on hold"),
        What::Completed => (Kind::Completed, "Consultation completed"),
        What::Cancelled => (Kind::Cancelled, "Cancelled by staff"),
        What::Left => (Kind::Left, "Left the waiting area"),
        What::LostContact => (
            Kind::LostContact,
            "Lost contact: not seen for too long, without a verified number",
        ),
    }
}

fn told_of_text(state: SmsState, failure: Option<SmsFailure>) -> &'static str {
    match (state, failure) {
        (SmsState::Queued, _) => "The text is waiting to be sent",
        (SmsState::Sending, _) => "The text is being sent",
        (SmsState::Sent, _) => "The text was sent",
        (SmsState::Delivered, _) => "The text was delivered",
        (SmsState::Unknown, _) => {
            "It is not known whether the text was sent. Phone them to be sure"
        }
        (SmsState::Failed, Some(SmsFailure::InvalidNumber)) => {
            "The text failed: there is no such number"
        }
        (SmsState::Failed, Some(SmsFailure::Landline)) => {
            "The text failed: this is a landline. Phone them"
        }
        (SmsState::Failed, Some(SmsFailure::Unreachable)) => {
            "The text failed: the phone is off or out of reach"
        }
        (SmsState::Failed, Some(SmsFailure::OptedOut)) => {
            "The text failed: this number has asked for no texts. Phone them"
        }
        (SmsState::Failed, Some(SmsFailure::Blocked)) => {
            "The text failed: it was blocked. Phone them"
        }
        (SmsState::Failed, Some(SmsFailure::ProviderUnavailable)) => {
            "The text failed: texts cannot be sent just now. Phone them"
        }
        (SmsState::Failed, Some(SmsFailure::Other) | None) => "The text failed. Phone them",
    }
}
