//! The words in which enums are stored: the same in every store, and for ever.

use crate::domain::access::SignInMethod;
use crate::domain::audit::Deed;
use crate::domain::delivery::{SmsFailure, SmsState};
use crate::domain::event::What;
use crate::domain::limits::LimitKind;
use crate::domain::policy::Role;
use crate::domain::presence::ScreenState;
use crate::domain::reply::Answer;
use crate::domain::report::{Beginning, Ending};
use crate::domain::status::Status;
use crate::domain::text::TextPurpose;
use crate::domain::webhook::{DisabledBecause, EventType, Problem};
use crate::ports::store::ChangeKind;

/// Something that is stored as one word.
pub(in crate::adapters) trait Word: Copy + Sized + 'static {
    /// Each value with its word.
    const ALL: &'static [(Self, &'static str)];

    fn word(self) -> &'static str;

    /// The value of a stored word; `None` for a word nobody knows.
    fn from_word(word: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(_, known)| *known == word)
            .map(|(value, _)| *value)
    }
}

/// Gives an enum its words. The match makes a value without one fail to compile.
macro_rules! words {
    ($type:ident { $($value:ident => $word:literal,)+ }) => {
        impl Word for $type {
            const ALL: &'static [(Self, &'static str)] = &[$((Self::$value, $word)),+];

            fn word(self) -> &'static str {
                match self {
                    $(Self::$value => $word,)+
                }
            }
        }
    };
}

words!(Status {
    Waiting => "WAITING",
    Offline => "OFFLINE",
    BeingSeen => "BEING_SEEN",
    OnHold => "ON_HOLD",
    Completed => "COMPLETED",
    Left => "LEFT",
    Cancelled => "CANCELLED",
});

words!(Role {
    Reporter => "REPORTER",
    TeamMember => "TEAM_MEMBER",
    ClinicAdmin => "CLINIC_ADMIN",
});

words!(SignInMethod {
    Link => "LINK",
    OpenIdConnect => "OPENID_CONNECT",
});

words!(ScreenState {
    Foreground => "FOREGROUND",
    Background => "BACKGROUND",
});

words!(SmsState {
    Queued => "QUEUED",
    Sending => "SENDING",
    Unknown => "UNKNOWN",
    Sent => "SENT",
    Failed => "FAILED",
    Delivered => "DELIVERED",
});

words!(SmsFailure {
    InvalidNumber => "INVALID_NUMBER",
    Landline => "LANDLINE",
    Unreachable => "UNREACHABLE",
    OptedOut => "OPTED_OUT",
    Blocked => "BLOCKED",
    ProviderUnavailable => "PROVIDER_UNAVAILABLE",
    Other => "OTHER",
});

words!(TextPurpose {
    Code => "CODE",
    Recall => "RECALL",
    Cancelled => "CANCELLED",
});

words!(Beginning {
    Arrived => "ARRIVED",
    Resumed => "RESUMED",
});

words!(Ending {
    Completed => "COMPLETED",
    Left => "LEFT",
    LostContact => "LOST_CONTACT",
    Cancelled => "CANCELLED",
});

words!(Answer {
    Coming => "COMING",
    Later => "LATER",
    Leaving => "LEAVING",
});

words!(ChangeKind {
    Arrived => "ARRIVED",
    Changed => "CHANGED",
    Ended => "ENDED",
});

words!(Deed {
    SignedIn => "SIGNED_IN",
    SignedOut => "SIGNED_OUT",
    SawWaitingArea => "SAW_WAITING_AREA",
    SawCaller => "SAW_CALLER",
    SawActivity => "SAW_ACTIVITY",
    SawReport => "SAW_REPORT",
    SawAuditLog => "SAW_AUDIT_LOG",
    Recalled => "RECALLED",
    Cancelled => "CANCELLED",
    Joined => "JOINED",
    Held => "HELD",
    Completed => "COMPLETED",
    VouchedForPhone => "VOUCHED_FOR_PHONE",
    ChangedSettings => "CHANGED_SETTINGS",
    AddedTeamMember => "ADDED_TEAM_MEMBER",
    ChangedTeamMember => "CHANGED_TEAM_MEMBER",
    RemovedTeamMember => "REMOVED_TEAM_MEMBER",
    MadeSignInLink => "MADE_SIGN_IN_LINK",
    EndedSession => "ENDED_SESSION",
    AddedKey => "ADDED_KEY",
    RevokedKey => "REVOKED_KEY",
    AddedWebhook => "ADDED_WEBHOOK",
    ChangedWebhook => "CHANGED_WEBHOOK",
    RemovedWebhook => "REMOVED_WEBHOOK",
    RedeliveredWebhook => "REDELIVERED_WEBHOOK",
    ErasedCaller => "ERASED_CALLER",
    ExportedCaller => "EXPORTED_CALLER",
});

words!(EventType {
    CallerArrived => "CALLER_ARRIVED",
    CallerChanged => "CALLER_CHANGED",
    CallerEnded => "CALLER_ENDED",
    RecallDelivered => "RECALL_DELIVERED",
});

words!(DisabledBecause {
    ByStaff => "BY_STAFF",
    Failing => "FAILING",
    Gone => "GONE",
});

words!(Problem {
    NoSuchHost => "NO_SUCH_HOST",
    PrivateAddress => "PRIVATE_ADDRESS",
    CannotBeReached => "CANNOT_BE_REACHED",
    Broken => "BROKEN",
    TimedOut => "TIMED_OUT",
    Redirected => "REDIRECTED",
    NotTaken => "NOT_TAKEN",
    Gone => "GONE",
    OurOwn => "OUR_OWN",
    NothingToTell => "NOTHING_TO_TELL",
    Disabled => "DISABLED",
});

words!(LimitKind {
    CodeToNumber => "CODE_TO_NUMBER",
    CodeFromAddress => "CODE_FROM_ADDRESS",
    CodeForClinic => "CODE_FOR_CLINIC",
    UnansweredCodeForClinic => "UNANSWERED_CODE_FOR_CLINIC",
    WrongCodeForNumber => "WRONG_CODE_FOR_NUMBER",
    WrongCodeInARow => "WRONG_CODE_IN_A_ROW",
    WrongCodeFromAddress => "WRONG_CODE_FROM_ADDRESS",
    WrongCodeForClinic => "WRONG_CODE_FOR_CLINIC",
    ArrivalFromAddress => "ARRIVAL_FROM_ADDRESS",
    ReplyHeard => "REPLY_HEARD",
});

/// The word of a text's progress.
const SMS_PROGRESS: &str = "SMS_PROGRESS";

/// Gives what happened its words; all but a text's progress, which carries more than a word.
macro_rules! what_words {
    ($($value:ident => $word:literal,)+) => {
        /// What happened that is said in one word.
        const PLAIN: &[(What, &str)] = &[$((What::$value, $word)),+];

        /// The word for what happened.
        pub(in crate::adapters) fn what_word(what: What) -> &'static str {
            match what {
                What::SmsProgress { .. } => SMS_PROGRESS,
                $(What::$value => $word,)+
            }
        }
    };
}

what_words! {
    Arrived => "ARRIVED",
    Resumed => "RESUMED",
    CodeSent => "CODE_SENT",
    CodeEntered => "CODE_ENTERED",
    CodeNotChecked => "CODE_NOT_CHECKED",
    CodeRejected => "CODE_REJECTED",
    PhoneVerified => "PHONE_VERIFIED",
    PhoneVouchedFor => "PHONE_VOUCHED_FOR",
    WentOffline => "WENT_OFFLINE",
    CameBack => "CAME_BACK",
    NotResponding => "NOT_RESPONDING",
    RespondingAgain => "RESPONDING_AGAIN",
    StoppedViewing => "STOPPED_VIEWING",
    ViewingAgain => "VIEWING_AGAIN",
    Recalled => "RECALLED",
    RecallLinkOpened => "RECALL_LINK_OPENED",
    RepliedComing => "REPLIED_COMING",
    RepliedLater => "REPLIED_LATER",
    TextsStopped => "TEXTS_STOPPED",
    TextsAllowed => "TEXTS_ALLOWED",
    Joined => "JOINED",
    Held => "HELD",
    Completed => "COMPLETED",
    Cancelled => "CANCELLED",
    Left => "LEFT",
    LostContact => "LOST_CONTACT",
}

/// What happened, of its word and the text's progress stored beside it.
pub(in crate::adapters) fn what_from_word(
    word: &str,
    progress: Option<(SmsState, Option<SmsFailure>)>,
) -> Option<What> {
    match progress {
        Some((state, failure)) => {
            (word == SMS_PROGRESS).then_some(What::SmsProgress { state, failure })
        }
        None => PLAIN
            .iter()
            .find(|(_, known)| *known == word)
            .map(|(what, _)| *what),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use std::fmt::Debug;

    fn round_trips<W: Word + PartialEq + Debug>() {
        let mut seen = HashSet::new();
        for (value, word) in W::ALL {
            assert_eq!(value.word(), *word);
            assert_eq!(W::from_word(word), Some(*value));
            assert!(seen.insert(*word), "{word} stands for two values");
        }
        assert_eq!(W::from_word(""), None);
        assert_eq!(W::from_word("waiting"), None);
    }

    #[test]
    fn every_stored_word_is_read_back_as_what_it_was() {
        round_trips::<Status>();
        round_trips::<Role>();
        round_trips::<SignInMethod>();
        round_trips::<ScreenState>();
        round_trips::<SmsState>();
        round_trips::<SmsFailure>();
        round_trips::<TextPurpose>();
        round_trips::<Answer>();
        round_trips::<Beginning>();
        round_trips::<Ending>();
        round_trips::<ChangeKind>();
        round_trips::<Deed>();
        round_trips::<LimitKind>();
        assert_eq!(Status::ALL.len(), <Status as Word>::ALL.len());
    }

    #[test]
    fn whatever_happened_is_read_back_as_what_it_was() {
        let mut seen = HashSet::new();
        for (what, word) in PLAIN {
            assert_eq!(what_word(*what), *word);
            assert_eq!(what_from_word(word, None), Some(*what));
            assert!(seen.insert(*word), "{word} stands for two things");
        }
        for (state, _) in <SmsState as Word>::ALL {
            for failure in [None, Some(SmsFailure::Landline)] {
                let what = What::SmsProgress {
                    state: *state,
                    failure,
                };
                assert_eq!(
                    what_from_word(what_word(what), Some((*state, failure))),
                    Some(what)
                );
            }
        }
        assert_eq!(what_from_word(SMS_PROGRESS, None), None);
        assert_eq!(
            what_from_word("ARRIVED", Some((SmsState::Sent, None))),
            None
        );
    }
}
