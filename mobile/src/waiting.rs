//! What the wait screen does, as a pure reducer: [`reduce`] takes what is so and what happens, and
//! gives what is so then and what is to be done. No Dioxus, no IO, no clock.
//!
//! What holds whatever the order of messages:
//! - An answer is for the visit that asked ([`State::visit`]); an answer to an earlier one is dropped.
//! - A stay's version never goes back, and a stay that was replaced by another never returns.
//! - What was typed stays until it has done its work or the reader clears it.
//! - Presence is reported exactly while there is a stay that is not over, and one stay is watched at a time.
//! - A link opens nothing in place of a stay that goes on until the reader has said so.
//! - Who comes back sees nothing of the stay before it was read anew ([`Latest`]).

mod step;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::language::Language;
use crate::notice::Notice;
use crate::stay::{
    Address, Caller, Clinic, Delivery, DeliveryFailure, End, LinkToken, Moment, MyClinic, Refusal,
    RefusalKind, Slug, Standing, Trouble, Unseen,
};

/// A break of the connection shorter than this is not worth a word. Milliseconds.
pub const CONNECTION_PATIENCE: i64 = 2_500;
/// How long the first word of the server may take. Milliseconds.
pub const FIRST_PATIENCE: i64 = 8_000;
/// How long after a failed read of the clinic it is read again. Milliseconds.
pub const READ_AGAIN: i64 = 4_000;
/// How often a closed clinic is looked at again. Milliseconds.
pub const CLOSED_AGAIN: i64 = 60_000;
/// How long after a failed try the place is asked back again. Milliseconds.
pub const RESUME_AGAIN: i64 = 4_000;
/// How long it may take, for one who comes back, until the stay is read anew. Milliseconds.
pub const RETURN_PATIENCE: i64 = 5_000;
/// How long after an asking without an answer the stay is asked for again. Milliseconds.
pub const RETURN_AGAIN: i64 = 2_000;
/// The longest that this wait grows to. Milliseconds.
pub const RETURN_LONGEST: i64 = 15_000;
/// A wait for another code that is longer than this is a clock gone wrong: the longest limit on codes to
/// a number looks back one hour. Milliseconds.
const LONGEST_RESEND: i64 = 3_600_000;
/// A wait that is longer than this is told by the minute. Milliseconds.
pub(crate) const TOLD_BY_THE_MINUTE: i64 = 3_600_000;
/// The longest that is sent: what is longer could not pass the server's limit on a request. Characters.
const LONGEST_TYPED: usize = 4_000;
/// How many digits a code has.
pub const CODE_DIGITS: usize = 6;

/// Everything that the wait screen shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// When the latest message came, by this device's clock.
    pub now: Moment,
    /// Grows with each scene that asks the server anew; answers bear the one that asked.
    pub visit: u32,
    /// In which language the reader is spoken to.
    pub language: Language,
    /// Whether the page is seen.
    pub is_visible: bool,
    /// Whether this device can keep its screen on.
    pub can_keep_awake: bool,
    /// What was given on an earlier arrival from this device.
    pub remembered: Details,
    /// Where this device arrived last.
    pub latest: Option<MyClinic>,
    /// Where the server is: whose links are the app's.
    pub origin: String,
    /// Notices while the app is away.
    pub notices: Notices,
    /// Which part of the story this is.
    pub scene: Scene,
    /// Whether no link led here, only what this device remembered.
    is_resumed: bool,
    /// The latest stay that this device keeps, to go back to wherever a link has led.
    pub kept: Option<LinkToken>,
    /// When a [`Effect::WakeIn`] that was asked for is due.
    wake_at: Option<Moment>,
}

/// What a device remembers of its patient.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Details {
    /// The name as typed.
    pub name: String,
    /// The number as typed.
    pub phone: String,
}

/// Notices while the app is away. The text message always goes out; a notice is beside it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notices {
    /// Whether this device shows any.
    pub are_possible: bool,
    /// Whether the system lets the app show them.
    pub permission: Permission,
    /// What the reader has chosen on this device.
    pub choice: NoticeChoice,
    /// Whether one may be on the screen now.
    is_out: bool,
}

impl Notices {
    /// Whether they are shown.
    pub fn are_on(&self) -> bool {
        self.are_possible
            && self.permission == Permission::Given
            && self.choice.is_wanted == Some(true)
    }
}

/// Whether the system lets the app show notices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Permission {
    /// Not known.
    #[default]
    Unknown,
    /// The reader is being asked by the system.
    Asking,
    /// It does.
    Given,
    /// It does not.
    Refused,
}

/// What the reader has chosen for notices. Remembered on the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeChoice {
    /// Whether they are wanted; `None` until the reader has said.
    pub is_wanted: Option<bool>,
    /// Whether they make a sound.
    pub sound: bool,
    /// Whether they shake the phone, as a provider who joins does.
    pub vibration: bool,
}

impl Default for NoticeChoice {
    fn default() -> NoticeChoice {
        NoticeChoice {
            is_wanted: None,
            sound: true,
            vibration: true,
        }
    }
}

/// What is said of notices on the wait screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticesStep {
    /// Nothing: this device shows none, or there is no recall that could be told.
    NotOffered,
    /// The reader is asked whether they are wanted.
    Offered {
        /// Whether the reader wants them, and is being asked by the system.
        is_asking: bool,
    },
    /// They are shown, like this.
    On(NoticeChoice),
    /// The reader wants none.
    Declined,
    /// The system shows none.
    Refused,
}

impl NoticesStep {
    /// Whether the same things can be pressed.
    fn is_like(self, other: NoticesStep) -> bool {
        std::mem::discriminant(&self) == std::mem::discriminant(&other)
    }
}

/// The parts of the story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scene {
    /// Nothing is known yet.
    Opening,
    /// The app was started without a link, and there is nothing to go on with.
    Start(Start),
    /// At the clinic link.
    Arriving(Box<Arriving>),
    /// In the waiting area, or past it.
    Staying(Box<Staying>),
    /// The link leads nowhere.
    LinkBroken {
        /// Where this device arrived last.
        clinic: Option<MyClinic>,
    },
}

/// The app was started without a link.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Start {
    /// What was typed or pasted.
    pub link: Typed,
    /// Whether that is none of the app's links.
    pub is_wrong: bool,
}

/// At the clinic link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arriving {
    /// Which clinic.
    pub slug: Slug,
    /// Its public face.
    pub clinic: ClinicKnown,
    /// A stay of this device at this clinic.
    pub stored: Stored,
    /// Whether somebody else than the one of that stay arrives.
    pub is_someone_else: bool,
    /// What was typed.
    pub entry: Entry,
    /// Whether the server is being asked to let the caller in.
    pub is_entering: bool,
    /// Whether an earlier load of the page asked and got no answer: asked again as soon as possible.
    is_unanswered: bool,
    /// What is wrong, and where.
    pub problems: BTreeMap<Field, Problem>,
    /// When the clinic is read again.
    read_again_at: Option<Moment>,
}

/// What is known of the clinic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClinicKnown {
    /// Being read.
    NotYet,
    /// As read.
    Known(Clinic),
    /// There is no such clinic.
    NoSuch,
    /// No answer.
    Unreachable,
}

/// What is known of a stay that this device had at the clinic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored {
    /// None, or over, or set aside by the reader.
    None,
    /// Being asked for.
    Asking(LinkToken),
    /// It goes on, or nothing is known against it.
    GoesOn(LinkToken, Unwatched),
}

/// What becomes of a place in the queue once nobody looks at its wait screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unwatched {
    /// It is kept.
    Kept,
    /// It is lost: no number is verified.
    Lost {
        /// Whether one may be verified.
        may_verify: bool,
    },
    /// The server gave no answer.
    Unknown,
}

impl Unwatched {
    /// What becomes of the place of this caller.
    pub fn of(caller: &Caller) -> Unwatched {
        match caller.unseen() {
            Unseen::AtRisk => Unwatched::Lost {
                may_verify: caller.may_step_away,
            },
            // Only a place in the queue is lost for not being looked at.
            _ => Unwatched::Kept,
        }
    }
}

/// What is typed on arrival.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The name.
    pub name: String,
    /// The number.
    pub phone: String,
    /// The answers to the clinic's questions, by key.
    pub answers: BTreeMap<String, String>,
    /// Whether the clinic's text was agreed to.
    pub has_consented: bool,
}

impl Entry {
    /// The answers in the order of the clinic's questions; an empty one is none.
    pub fn answered(&self, clinic: &Clinic) -> Vec<(String, String)> {
        clinic
            .entry_fields
            .iter()
            .filter_map(|field| {
                let value = self.answers.get(&field.key)?.trim();
                (!value.is_empty()).then(|| (field.key.clone(), value.to_owned()))
            })
            .collect()
    }
}

impl Arriving {
    fn my_clinic(&self) -> Option<MyClinic> {
        match &self.clinic {
            ClinicKnown::Known(clinic) => Some(MyClinic {
                name: clinic.name.clone(),
                slug: self.slug.clone(),
            }),
            _ => None,
        }
    }
}

/// What was typed and not yet answered when the page was loaded.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Draft {
    /// What was typed.
    pub entry: Entry,
    /// Whether the server was asked and no answer came.
    pub is_unanswered: bool,
}

/// A place on the arrival form where something can be wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// The name.
    Name,
    /// The number.
    Phone,
    /// The answer with this key.
    Answer(String),
    /// The consent.
    Consent,
    /// No one place.
    Whole,
}

/// What is wrong. [`crate::words`] says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// No name.
    NameMissing,
    /// No number.
    NumberMissing,
    /// No answer to a question that needs one.
    AnswerMissing,
    /// Not agreed.
    ConsentMissing,
    /// More than can be sent.
    TooLong,
    /// Not a whole code.
    CodeIncomplete,
    /// Not the code.
    CodeWrong {
        /// How often it may still be tried.
        attempts_left: u32,
    },
    /// Too often; from this instant of this device's clock it may be tried again.
    TooOften {
        /// By this device's clock.
        until: Moment,
    },
    /// No answer.
    Unreachable,
    /// Not now.
    Unavailable,
    /// A reason of the server.
    Said(Refusal),
}

/// In the waiting area, or past it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staying {
    /// The caller's key.
    pub link: LinkToken,
    /// As last told. `None` until the first word of the server.
    pub caller: Option<Caller>,
    /// Where. `None` until the server has told.
    pub clinic: Option<MyClinic>,
    /// Stays that this one replaced.
    replaced: Vec<String>,
    /// Whether the server is in touch.
    pub connection: Connection,
    /// Whether it was in touch before.
    was_live: bool,
    /// Whether what is known is what is so.
    pub latest: Latest,
    /// Counts the returns to the page: an answer to a question from before the latest is an old picture.
    returns: u32,
    /// A link that was opened while this stay went on.
    pub other_link: Option<OtherLink>,
    /// The verification of the number.
    pub verify: Verify,
    /// Leaving.
    pub leaving: Leaving,
    /// Taking a lost place back.
    pub resuming: Resuming,
    /// Whether a lost place was taken back on this page.
    pub has_place_back: bool,
    /// Whether the reader wants the screen kept on.
    pub keeps_awake: bool,
}

/// Whether what is known of a stay is what is so. A device that was away may have heard nothing for
/// hours, whatever its connection looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Latest {
    /// It is.
    Known,
    /// The page is not seen.
    Away,
    /// The page is seen again, and the stay is being read anew.
    Asked {
        /// Since when, by this device's clock.
        since: Moment,
        /// When it is asked for again, by this device's clock.
        again_at: Moment,
        /// The wait after that. Milliseconds.
        wait: i64,
        /// Whether a live change came meanwhile, which the answer may not know.
        is_overtaken: bool,
    },
}

/// A link that was opened while another stay went on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OtherLink {
    /// Where it leads is being asked: a recall's link is another one of the same stay.
    Asking(Box<Opened>),
    /// It leads elsewhere, where that could be found out. Only the reader can say whether that is wanted.
    Elsewhere(Box<Opened>, Option<Other>),
    /// It is the clinic link of this stay's clinic: somebody else may be arriving.
    SameClinic(Box<Opened>),
    /// It leads nowhere, or to a stay that is over.
    Broken,
}

/// Where another link leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Other {
    /// Its clinic's name.
    pub clinic: String,
    /// Of a wait screen's link: to which stay.
    pub stay: Option<OtherStay>,
}

/// The stay of another link.
#[derive(Clone, PartialEq, Eq)]
pub struct OtherStay {
    /// The caller's id.
    pub id: String,
    /// Whose it is, as given on arrival.
    pub name: Option<String>,
    /// Whether it is over.
    pub is_over: bool,
}

/// Whether the server is in touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connection {
    /// Changes arrive as they happen.
    Live,
    /// Not in touch; being restored all the time.
    Lost {
        /// Since when, by this device's clock.
        since: Moment,
    },
}

/// The verification of the number.
#[derive(Clone, Default, PartialEq, Eq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own; what follows from them is `VerifyStep`"
)]
pub struct Verify {
    /// What the reader typed; `None` while the number is as the server has it.
    pub number: Option<String>,
    /// The code as typed.
    pub code: String,
    /// Whether the reader asked to change the number.
    pub is_changing: bool,
    /// Whether a code was sent that the server's updates do not show yet.
    pub is_code_sent: bool,
    /// Whether the server said that the code takes no more tries.
    is_spent: bool,
    /// What was handed in of the code that was sent latest: nothing of it goes again by itself.
    tried: BTreeSet<String>,
    /// Whether a code is being asked for.
    pub is_sending: bool,
    /// Whether the code is being checked: where a provider does that, for at most 20 s.
    pub is_checking: bool,
    /// Whether the reader has done with this code and waits on the page, or with the old number.
    pub is_set_aside: bool,
    /// What is wrong with the number.
    pub number_problem: Option<Problem>,
    /// What is wrong with the code.
    pub code_problem: Option<Problem>,
    /// Why no other code was sent.
    pub send_problem: Option<Problem>,
    /// From when another code may be asked for, by this device's clock.
    pub resend_from: Option<Moment>,
    /// Which code `resend_from` belongs to: when it was sent, by the server's clock.
    resend_of: Option<Moment>,
}

// What was typed is nobody's business in a log.
macro_rules! debug_without_content {
    ($($name:ident),*) => { $(
        impl std::fmt::Debug for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )* };
}
debug_without_content!(Details, Entry, Draft, OtherStay, Verify, Typed);

/// A number, a code or a link that was typed. Never printed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Typed(String);

impl Typed {
    /// For the request or the field, and for nothing else.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl<T: Into<String>> From<T> for Typed {
    fn from(text: T) -> Typed {
        Typed(text.into())
    }
}

/// Where the verification stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerifyStep {
    /// Not offered to this caller, or not in this status.
    NotOffered,
    /// The number is asked for.
    Number,
    /// A code is outstanding.
    Code,
    /// A code is outstanding, and the reader waits on the page without it.
    SetAside,
    /// The number is verified.
    Done,
}

/// What can be done with the code that is outstanding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeStep {
    /// Enter it.
    Enter,
    /// Nothing: it takes no more tries.
    Spent,
    /// Nothing: it will not arrive.
    NotComing(DeliveryFailure),
}

/// What one who waits may do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Now {
    /// Stay: back after a recall, it is nearly time.
    StayHere,
    /// Put the phone away: a text brings this caller back.
    FreeToGo,
    /// Keep the page open: the holder of the number has asked for no texts.
    TextsStopped,
    /// Keep the page open, or verify the number.
    KeepOpenOrVerify,
    /// Keep the page open.
    KeepOpen,
}

/// Leaving.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leaving {
    /// Not asked for.
    No,
    /// Asked for; to be confirmed. With what went wrong, if it was tried before.
    Confirming(Option<Problem>),
    /// Being done.
    UnderWay,
}

/// Taking a lost place back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resuming {
    /// Not needed, or not yet.
    No,
    /// Being done.
    UnderWay,
    /// No answer; tried again then.
    Again {
        /// By this device's clock.
        at: Moment,
    },
    /// Refused.
    Refused,
}

impl Staying {
    /// Whether there is nothing to go on with: it is over, or a lost place was asked for and not given back.
    pub fn has_ended(&self) -> bool {
        let Some(Standing::Ended(end)) = self.caller.as_ref().map(|caller| &caller.standing) else {
            return false;
        };
        !end.is_resumable() || self.resuming == Resuming::Refused
    }

    /// Where the verification stands.
    pub fn verify_step(&self) -> VerifyStep {
        let Some(caller) = &self.caller else {
            return VerifyStep::NotOffered;
        };
        let is_in_queue = matches!(
            caller.standing,
            Standing::Waiting { .. } | Standing::Offline { .. }
        );
        if !is_in_queue || !(caller.may_step_away || caller.is_verified()) {
            VerifyStep::NotOffered
        } else if self.verify.is_changing {
            VerifyStep::Number
        } else if caller.verification.is_some() || self.verify.is_code_sent {
            match (self.verify.is_set_aside, caller.is_verified()) {
                (false, _) => VerifyStep::Code,
                (true, false) => VerifyStep::SetAside,
                (true, true) => VerifyStep::Done,
            }
        } else if caller.is_verified() {
            VerifyStep::Done
        } else {
            VerifyStep::Number
        }
    }

    /// The number in the field: as typed, else as the server has it.
    pub fn number_shown(&self) -> String {
        if let Some(typed) = &self.verify.number {
            return typed.clone();
        }
        let caller = self.caller.as_ref();
        let outstanding = caller.and_then(|caller| caller.verification.as_ref());
        let given = caller.and_then(|caller| caller.phone.as_ref());
        outstanding
            .map(|verification| verification.number.clone())
            .or_else(|| given.map(|phone| phone.number.clone()))
            .unwrap_or_default()
    }

    /// The number that the code went to.
    pub fn code_number(&self) -> String {
        let outstanding = self
            .caller
            .as_ref()
            .and_then(|caller| caller.verification.as_ref());
        match outstanding {
            Some(verification) if !self.verify.is_code_sent => verification.number.clone(),
            _ => self.number_shown(),
        }
    }

    /// How far the text with the code has come.
    pub fn code_delivery(&self) -> Delivery {
        let outstanding = self
            .caller
            .as_ref()
            .and_then(|caller| caller.verification.as_ref());
        match outstanding {
            Some(verification) if !self.verify.is_code_sent => verification.delivery,
            _ => Delivery::Queued,
        }
    }

    /// What can be done with the code that is outstanding.
    pub fn code_step(&self) -> CodeStep {
        match self.code_delivery() {
            // Whatever is told of its text, a code that is being checked was there to be typed.
            _ if self.verify.is_checking => CodeStep::Enter,
            Delivery::Failed(failure) if failure.is_final() => CodeStep::NotComing(failure),
            _ if self.is_code_spent() => CodeStep::Spent,
            _ => CodeStep::Enter,
        }
    }

    /// Whether another code to the same number may do what this one did not.
    pub fn is_another_code_worth_a_try(&self) -> bool {
        match self.code_step() {
            CodeStep::NotComing(failure) => failure.is_worth_another_try(),
            CodeStep::Enter | CodeStep::Spent => true,
        }
    }

    /// Whether the code takes no more tries: only another one helps. Not while one is being checked: the
    /// last try is taken before it is known whether that was the right one.
    pub fn is_code_spent(&self) -> bool {
        let has_no_tries = self
            .caller
            .as_ref()
            .and_then(|caller| caller.verification.as_ref())
            .is_some_and(|verification| verification.attempts_left == 0);
        !self.verify.is_checking
            && !self.verify.is_code_sent
            && (self.verify.is_spent || has_no_tries)
    }

    /// Whether the connection has been lost for long enough to say so.
    pub fn is_out_of_touch(&self, now: Moment) -> bool {
        matches!(self.connection, Connection::Lost { since } if now.since(since) >= self.patience())
    }

    /// Whether the stay is being read anew, and has been for too long to go on waiting without a word.
    fn is_return_too_slow(&self, now: Moment) -> bool {
        matches!(self.latest, Latest::Asked { since, .. } if now.since(since) >= RETURN_PATIENCE)
    }

    /// Longer before the first word: on a slow network that takes a while, and nothing is lost yet.
    fn patience(&self) -> i64 {
        if self.caller.is_none() {
            FIRST_PATIENCE
        } else {
            CONNECTION_PATIENCE
        }
    }
}

/// What happens. Answers bear the visit that asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// The page was loaded, or its address changed.
    Opened(Box<Opened>),
    /// The page is seen, or no longer.
    Viewing(bool),
    /// The time that [`Effect::WakeIn`] asked for has come.
    Woke,
    /// The reader asks to try again.
    TryAgainPressed,
    /// The reader wants another language.
    LanguageChosen(Language),
    /// Typed or pasted, where the app was started without a link.
    LinkTyped(String),
    /// The reader opens that.
    OpenLinkPressed,
    /// The reader opens the other link in place of the stay.
    OpenOtherPressed,
    /// The reader wants notices while the app is away.
    NoticesWanted,
    /// The reader wants none, or no longer.
    NoticesDeclined,
    /// Whether the system lets the app show notices.
    MayNotify(Option<bool>),
    /// Notices with a sound, or without.
    SoundChosen(bool),
    /// The phone shakes, or not.
    VibrationChosen(bool),

    /// The clinic was read; `None`: there is none.
    ClinicRead(u32, Result<Option<Clinic>, Trouble>),
    /// The stay that this device had was asked for; `None`: it is over.
    StoredRead(u32, Result<Option<Unwatched>, Trouble>),
    /// The reader goes on with that stay.
    ContinuePressed,
    /// Somebody else arrives from this device.
    SomeoneElsePressed,
    /// The same, though the place of the first may be lost by it.
    ArriveAnywayPressed,
    /// Typed.
    NameTyped(String),
    /// Typed.
    PhoneTyped(String),
    /// Typed: key, value.
    AnswerTyped(String, String),
    /// Ticked, or no longer.
    ConsentGiven(bool),
    /// The reader does not want these details here.
    ClearDetailsPressed,
    /// The reader asks to be let in.
    JoinPressed,
    /// The answer to that.
    Entered(u32, Result<Entered, Trouble>),

    /// The server tells the stay, in the order of its changes.
    CallerSeen(u32, Caller),
    /// The stay was read anew, for the return with this number.
    StayRead(u32, u32, Result<Caller, Trouble>),
    /// Where this link leads was asked; `None`: there is no such clinic.
    OtherRead(u32, Address, Result<Option<Other>, Trouble>),
    /// The clinic of the stay was read.
    MyClinicRead(u32, Result<MyClinic, Trouble>),
    /// The live connection is there.
    LiveUp(u32),
    /// The live connection is lost.
    LiveLost(u32),
    /// The link opens nothing (any more).
    LinkRefused(u32),
    /// Typed.
    NumberTyped(String),
    /// The reader asks for a code.
    SendCodePressed,
    /// The answer to that: from when another may be asked for, by the server's clock.
    CodeSent(u32, Result<Option<Moment>, Trouble>),
    /// Typed.
    CodeTyped(String),
    /// The device read the code from the message, with the reader's consent.
    CodeRead(String),
    /// The reader hands the code in.
    VerifyPressed,
    /// The answer to that.
    Verified(u32, Result<Caller, Trouble>),
    /// The reader wants another number.
    ChangeNumberPressed,
    /// The reader keeps the number.
    KeepNumberPressed,
    /// The reader waits on the page, or with the old number, and not for the code.
    SetAsidePressed,
    /// The reader wants to verify after all.
    VerifyAfterAllPressed,
    /// The reader wants the screen kept on, or no longer.
    KeepAwakeChosen(bool),
    /// The reader asks to leave.
    LeavePressed,
    /// The reader stays.
    StayPressed,
    /// The reader is sure.
    LeaveConfirmed,
    /// The answer to that.
    Left(u32, Result<Caller, Trouble>),
    /// The place was asked back.
    Resumed(u32, Result<Caller, Trouble>),
    /// The reader wants to arrive again.
    ArriveAgainPressed,
    /// Back to what this device was at latest.
    BackPressed,
    /// The latest stay that this device keeps, now that one was forgotten.
    Kept(Option<LinkToken>),
}

/// What is so when the page is loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Where.
    pub address: Address,
    /// Whether the page is seen.
    pub is_visible: bool,
    /// Whether this device can keep its screen on.
    pub can_keep_awake: bool,
    /// What this device remembers.
    pub remembered: Details,
    /// The latest stay that this device has at the clinic of the address.
    pub stored: Option<LinkToken>,
    /// Where this device arrived last.
    pub latest: Option<MyClinic>,
    /// What was typed there before a reload.
    pub draft: Option<Draft>,
    /// Whether no link led there, only what this device remembers.
    pub is_resumed: bool,
    /// The latest stay that this device keeps, whatever the address.
    pub kept: Option<LinkToken>,
    /// Where the server is.
    pub origin: String,
    /// What the reader has chosen for notices. `None` where this device shows none.
    pub notices: Option<NoticeChoice>,
}

impl Opened {
    /// At this address, on a device that is looked at, can nothing and remembers nothing.
    pub fn at(address: Address) -> Opened {
        Opened {
            address,
            is_visible: true,
            can_keep_awake: false,
            remembered: Details::default(),
            stored: None,
            latest: None,
            draft: None,
            is_resumed: false,
            kept: None,
            origin: String::new(),
            notices: None,
        }
    }
}

/// Let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entered {
    /// The caller's key.
    pub link: LinkToken,
    /// The new stay.
    pub caller: Caller,
}

/// What is to be done. [`crate::effects`] does it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Read the clinic.
    ReadClinic(u32, Slug),
    /// Ask whether this stay goes on.
    ReadStored(u32, LinkToken),
    /// Ask to be let in.
    Enter(u32, Slug, Entry, Vec<(String, String)>),
    /// Keep what was typed over a reload.
    KeepDraft(Slug, Entry),
    /// It has done its work.
    DropDraft(Slug),
    /// For the next arrival.
    RememberDetails(Details),
    /// The reader does not want them here.
    ForgetDetails,
    /// For the next opening of the clinic link: the caller with this id.
    RememberStay(MyClinic, LinkToken, String),
    /// The stay of this link, and of this caller where that is known, is over. What was given for it is
    /// forgotten with it.
    ForgetStay(LinkToken, Option<String>),
    /// For the next opening of the app on this device.
    RememberLanguage(Language),
    /// Put this into the address bar, in place of what is there.
    ShowAddress(Address),
    /// Open this, as if by a link, with these details at hand.
    Open(Address, Details),
    /// Open this kept stay, or else what this device was at latest, as if without a link.
    OpenKept(Option<LinkToken>),
    /// Ask where this link leads. Nothing is changed by it.
    ReadOther(u32, Address),
    /// Read the stay anew, for the return with this number.
    ReadStay(u32, u32, LinkToken),
    /// Read the clinic of this stay.
    ReadMyClinic(u32, LinkToken),
    /// Tell this stay live, from now on.
    Watch(u32, LinkToken),
    /// No longer.
    StopWatching,
    /// Bring a live connection that may be dead to life at once.
    Reconnect,
    /// Report whether the page is seen, from now on.
    StartPresence(LinkToken),
    /// Go on reporting, by another link of the same stay.
    ReportPresenceBy(LinkToken),
    /// No longer.
    StopPresence,
    /// Report once more.
    ReportPresenceAgain,
    /// Ask for a code, to this number.
    SendCode(u32, LinkToken, Typed),
    /// Hand the code in.
    CheckCode(u32, LinkToken, Typed),
    /// Let the device read the code from the message, where it can.
    ListenForCode,
    /// No longer.
    StopListeningForCode,
    /// Leave.
    Leave(u32, LinkToken),
    /// Ask the place back.
    Resume(u32, LinkToken),
    /// Keep the screen on, or no longer.
    KeepAwake(bool),
    /// A provider is there: make the phone say so.
    Signal,
    /// Ask the reader, by the system, whether notices may be shown.
    AskToNotify,
    /// Find out whether they may, without asking.
    ReadMayNotify,
    /// For the next stay on this device.
    RememberNotices(NoticeChoice),
    /// Show this while the app is away.
    Notify(Notice),
    /// Show it no longer.
    WithdrawNotice,
    /// Send [`Message::Woke`] in so many milliseconds.
    WakeIn(i64),
    /// Move the focus.
    Focus(Focus),
}

/// Where the focus can be moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Focus {
    /// The heading of the screen.
    Heading,
    /// What may be done now, on the wait screen.
    Now,
    /// What is said of notices there.
    Notices,
    /// A field of the arrival form, or what is said above it.
    Entry(Field),
    /// The field for a link.
    Link,
    /// The number to verify.
    Number,
    /// The code.
    Code,
    /// The question whether to leave.
    Leaving,
    /// What asks that question.
    Leave,
}

/// Which screen is shown. [`crate::screens`] has one for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Screen {
    /// Nothing is known yet.
    Opening,
    /// The app was started without a link.
    Start,
    /// The page is seen again, and what is so is being asked.
    GettingLatest,
    /// A link leads elsewhere while a stay goes on.
    OtherLink,
    /// Nothing is known and the server gives no answer.
    Unreachable,
    /// There is no such clinic.
    ClinicUnknown,
    /// The clinic takes nobody now.
    ClinicClosed,
    /// This device has a stay at this clinic.
    AlreadyWaiting,
    /// Somebody else arrives, and the place of the first would be lost.
    PlaceAtRisk,
    /// The arrival form.
    Arriving,
    /// Waiting.
    Waiting,
    /// Waiting again, after a recall.
    WelcomeBack,
    /// Offline by the server's latest word, though the page is seen.
    ComingBack,
    /// A provider has joined.
    ReadyToJoin,
    /// On hold.
    OnHold,
    /// Over: seen.
    Completed,
    /// Over: ended by staff.
    Cancelled,
    /// Over: left.
    Left,
    /// A lost place is being taken back.
    TakingBack,
    /// Over: lost.
    LostContact,
    /// The link leads nowhere.
    LinkBroken,
}

impl State {
    /// Before anything is known.
    pub fn new(now: Moment) -> State {
        State {
            now,
            visit: 0,
            language: Language::default(),
            is_visible: true,
            can_keep_awake: false,
            remembered: Details::default(),
            latest: None,
            origin: String::new(),
            notices: Notices::default(),
            scene: Scene::Opening,
            is_resumed: false,
            kept: None,
            wake_at: None,
        }
    }

    /// The same in this language.
    #[must_use]
    pub fn in_language(self, language: Language) -> State {
        State { language, ..self }
    }

    /// Which screen this is.
    pub fn screen(&self) -> Screen {
        let Scene::Staying(staying) = &self.scene else {
            return self.known_screen();
        };
        match (&staying.caller, staying.latest, &staying.other_link) {
            // Only what has ended stays as it was.
            (Some(caller), Latest::Asked { .. } | Latest::Away, _) if !caller.is_over() => {
                if staying.is_return_too_slow(self.now) {
                    Screen::Unreachable
                } else {
                    Screen::GettingLatest
                }
            }
            (_, _, Some(OtherLink::Elsewhere(..))) => Screen::OtherLink,
            (_, _, Some(OtherLink::SameClinic(_))) => Screen::AlreadyWaiting,
            (_, _, Some(OtherLink::Broken)) => Screen::LinkBroken,
            (_, _, None | Some(OtherLink::Asking(_))) => self.known_screen(),
        }
    }

    /// The same by what was known last, and whatever is asked.
    pub(crate) fn known_screen(&self) -> Screen {
        match &self.scene {
            Scene::Opening => Screen::Opening,
            Scene::Start(_) => Screen::Start,
            Scene::LinkBroken { .. } => Screen::LinkBroken,
            Scene::Arriving(arriving) => match (&arriving.clinic, &arriving.stored) {
                (ClinicKnown::NoSuch, _) => Screen::ClinicUnknown,
                (_, Stored::GoesOn(..)) if arriving.is_someone_else => Screen::PlaceAtRisk,
                (_, Stored::GoesOn(..)) => Screen::AlreadyWaiting,
                (ClinicKnown::Unreachable, _) => Screen::Unreachable,
                (ClinicKnown::NotYet, _) | (_, Stored::Asking(_)) => Screen::Opening,
                (ClinicKnown::Known(clinic), Stored::None) if clinic.is_open => Screen::Arriving,
                (ClinicKnown::Known(_), Stored::None) => Screen::ClinicClosed,
            },
            Scene::Staying(staying) => match &staying.caller {
                None if staying.is_out_of_touch(self.now) => Screen::Unreachable,
                None => Screen::Opening,
                Some(caller) => Self::screen_of(caller, staying.resuming),
            },
        }
    }

    fn screen_of(caller: &Caller, resuming: Resuming) -> Screen {
        match &caller.standing {
            Standing::Waiting { is_back: true, .. } => Screen::WelcomeBack,
            Standing::Waiting { .. } => Screen::Waiting,
            Standing::Offline { .. } => Screen::ComingBack,
            Standing::BeingSeen { .. } => Screen::ReadyToJoin,
            Standing::OnHold { .. } => Screen::OnHold,
            Standing::Ended(End::Completed) => Screen::Completed,
            Standing::Ended(End::Cancelled { .. }) => Screen::Cancelled,
            Standing::Ended(End::LeftByCaller { .. }) => Screen::Left,
            Standing::Ended(End::LostContact { is_resumable }) => {
                if *is_resumable && resuming != Resuming::Refused {
                    Screen::TakingBack
                } else {
                    Screen::LostContact
                }
            }
        }
    }

    /// Where the verification stands.
    fn verify_step(&self) -> VerifyStep {
        match &self.scene {
            Scene::Staying(staying) => staying.verify_step(),
            _ => VerifyStep::NotOffered,
        }
    }

    /// What one who waits may do now; `None` where the screen says it otherwise, or not yet.
    pub fn what_now(&self) -> Option<Now> {
        let Scene::Staying(staying) = &self.scene else {
            return None;
        };
        let caller = staying.caller.as_ref()?;
        match (self.screen(), staying.verify_step()) {
            (Screen::WelcomeBack, _) => Some(Now::StayHere),
            (Screen::Waiting, _) if caller.is_recallable() => Some(Now::FreeToGo),
            (Screen::Waiting, step) if caller.texts_stopped && step != VerifyStep::Code => {
                Some(Now::TextsStopped)
            }
            // Said beside the code: the page may be left to read it.
            (Screen::Waiting, VerifyStep::Code) => None,
            (Screen::Waiting, VerifyStep::Number) => Some(Now::KeepOpenOrVerify),
            (Screen::Waiting, _) => Some(Now::KeepOpen),
            _ => None,
        }
    }

    /// What is said of notices: nothing before a text would bring this caller back, and nothing beside the
    /// question for a number or a code.
    pub fn notices_step(&self) -> NoticesStep {
        let notices = &self.notices;
        let is_offered = notices.are_possible
            && self.what_now() == Some(Now::FreeToGo)
            && self.verify_step() == VerifyStep::Done;
        if !is_offered {
            return NoticesStep::NotOffered;
        }
        if notices.are_on() {
            return NoticesStep::On(notices.choice);
        }
        match (notices.permission, notices.choice.is_wanted) {
            (Permission::Refused, _) => NoticesStep::Refused,
            (_, Some(false)) => NoticesStep::Declined,
            (permission, _) => NoticesStep::Offered {
                is_asking: permission == Permission::Asking,
            },
        }
    }

    /// When something shown changes by time alone.
    fn next_wake(&self) -> Option<Moment> {
        let mut soonest: Option<Moment> = None;
        let mut at = |moment: Moment| {
            if moment > self.now {
                soonest = Some(soonest.map_or(moment, |other| other.min(moment)));
            }
        };
        // A countdown is shown by the second, a long one by the minute.
        let mut counts_down = |until: Moment| {
            let left = until.since(self.now);
            let unit = if left > TOLD_BY_THE_MINUTE {
                60_000
            } else {
                1_000
            };
            at(self.now.plus(if left % unit == 0 {
                left.min(unit)
            } else {
                left % unit
            }));
        };
        match &self.scene {
            Scene::Staying(staying) => {
                let verify = &staying.verify;
                let step = staying.verify_step();
                if step == VerifyStep::Code {
                    verify.resend_from.into_iter().for_each(&mut counts_down);
                }
                if matches!(step, VerifyStep::Code | VerifyStep::Number) {
                    for problem in [&verify.number_problem, &verify.code_problem] {
                        if let Some(Problem::TooOften { until }) = problem {
                            counts_down(*until);
                        }
                    }
                }
                if let Connection::Lost { since } = staying.connection {
                    at(since.plus(staying.patience()));
                }
                if let Resuming::Again { at: again } = staying.resuming {
                    at(again);
                }
                if let Latest::Asked {
                    since, again_at, ..
                } = staying.latest
                {
                    at(since.plus(RETURN_PATIENCE));
                    at(again_at);
                }
            }
            Scene::Arriving(arriving) => {
                for problem in arriving.problems.values() {
                    if let Problem::TooOften { until } = problem {
                        counts_down(*until);
                    }
                }
                arriving.read_again_at.into_iter().for_each(at);
            }
            Scene::Opening | Scene::Start(_) | Scene::LinkBroken { .. } => {}
        }
        soonest
    }

    /// Where one who comes back goes on: in the field where the code belongs, or at the question that was open.
    fn focus_on_return(&self) -> Focus {
        let is_leaving =
            matches!(&self.scene, Scene::Staying(staying) if staying.leaving != Leaving::No);
        match self.screen() {
            Screen::Waiting | Screen::WelcomeBack | Screen::ComingBack if is_leaving => {
                Focus::Leaving
            }
            Screen::Waiting if self.verify_step() == VerifyStep::Code => Focus::Code,
            _ => Focus::Heading,
        }
    }
}

use step::Step;

/// What is so after `message`, and what is to be done about it.
pub fn reduce(state: State, message: Message, now: Moment) -> (State, Vec<Effect>) {
    let before_screen = state.screen();
    let before_known = state.known_screen();
    let before_step = state.verify_step();
    let before_visit = state.visit;
    let mut step = Step {
        state,
        effects: Vec::new(),
    };
    // A clock that was set back must not turn a countdown into a long one: time only goes on.
    step.state.now = step.state.now.max(now);
    step.take(message);
    step.resume_where_lost();

    let Step {
        mut state,
        mut effects,
    } = step;
    let screen = state.screen();
    let verify_step = state.verify_step();
    if verify_step != before_step {
        match (before_step, verify_step) {
            (_, VerifyStep::Code) => effects.push(Effect::ListenForCode),
            (VerifyStep::Code, _) => effects.push(Effect::StopListeningForCode),
            _ => {}
        }
    }
    if screen != before_screen {
        effects.retain(|effect| !matches!(effect, Effect::Focus(_)));
        if before_screen == Screen::GettingLatest {
            effects.push(Effect::Focus(state.focus_on_return()));
        } else if screen != Screen::GettingLatest {
            effects.push(Effect::Focus(Focus::Heading));
        }
    } else if screen == Screen::GettingLatest {
        // Nothing to go to.
        effects.retain(|effect| !matches!(effect, Effect::Focus(_)));
    } else if verify_step != before_step && before_visit == state.visit {
        // What had the focus is gone: it must not fall back to the top of the page.
        effects.push(Effect::Focus(match verify_step {
            VerifyStep::Code => Focus::Code,
            VerifyStep::Number if state.is_changing_number() => Focus::Number,
            _ => Focus::Now,
        }));
    }
    let is_ready = state.known_screen() == Screen::ReadyToJoin;
    if is_ready
        && before_known != Screen::ReadyToJoin
        && before_visit == state.visit
        && state.notices.choice.vibration
    {
        effects.push(Effect::Signal);
    }
    if let Some(wake_at) = state.next_wake()
        && state
            .wake_at
            .is_none_or(|set| set <= state.now || wake_at < set)
    {
        state.wake_at = Some(wake_at);
        effects.push(Effect::WakeIn(wake_at.since(state.now)));
    }
    (state, effects)
}

impl State {
    fn is_changing_number(&self) -> bool {
        matches!(&self.scene, Scene::Staying(staying) if staying.verify.is_changing)
    }
}

#[cfg(test)]
mod tests;
