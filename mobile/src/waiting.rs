//! What the wait screen does, as a pure reducer: [`reduce`] takes what is so and what happens, and
//! gives what is so then and what is to be done. No Dioxus, no IO, no clock.
//!
//! What holds whatever the order of messages:
//! - An answer is for the visit that asked ([`State::visit`]); an answer to an earlier one is dropped.
//! - A stay's version never goes back, and a stay that was replaced by another never returns.
//! - What was typed stays until it has done its work or the reader clears it.
//! - Presence is reported exactly while there is a stay that is not over, and one stay is watched at a time.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::stay::{
    Address, Caller, Clinic, End, LinkToken, Moment, MyClinic, Refusal, RefusalKind, Slug,
    Standing, Trouble,
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
/// A wait for another code that is longer than this is a clock gone wrong. Milliseconds.
const LONGEST_RESEND: i64 = 60_000;
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
    /// Whether the page is seen.
    pub is_visible: bool,
    /// Whether this device can keep its screen on.
    pub can_keep_awake: bool,
    /// What was given on an earlier arrival from this device.
    pub remembered: Details,
    /// Which part of the story this is.
    pub scene: Scene,
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

/// The parts of the story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scene {
    /// Nothing is known yet.
    Opening,
    /// At the clinic link.
    Arriving(Box<Arriving>),
    /// In the waiting area, or past it.
    Staying(Box<Staying>),
    /// The link leads nowhere.
    LinkBroken {
        /// Where this device arrived last.
        clinic: Option<Slug>,
    },
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
    GoesOn(LinkToken),
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
    /// The server's words.
    Said(String),
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
    /// Whether a code is being asked for.
    pub is_sending: bool,
    /// Whether the code is being checked.
    pub is_checking: bool,
    /// What is wrong with the number.
    pub number_problem: Option<Problem>,
    /// What is wrong with the code.
    pub code_problem: Option<Problem>,
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
debug_without_content!(Details, Entry, Draft, Verify);

/// Where the verification stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerifyStep {
    /// Not offered to this caller, or not in this status.
    NotOffered,
    /// The number is asked for.
    Number,
    /// A code is outstanding.
    Code,
    /// The number is verified.
    Done,
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
            VerifyStep::Code
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

    /// Whether the connection has been lost for long enough to say so.
    pub fn is_out_of_touch(&self, now: Moment) -> bool {
        matches!(self.connection, Connection::Lost { since } if now.since(since) >= self.patience())
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

    /// The clinic was read; `None`: there is none.
    ClinicRead(u32, Result<Option<Clinic>, Trouble>),
    /// The stay that this device had was asked for; `None`: it is over.
    StoredRead(u32, Result<Option<()>, Trouble>),
    /// The reader goes on with that stay.
    ContinuePressed,
    /// Somebody else arrives from this device.
    SomeoneElsePressed,
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
    /// The stay that this device had at the clinic of the address.
    pub stored: Option<LinkToken>,
    /// Where this device arrived last.
    pub latest: Option<Slug>,
    /// What was typed there before a reload.
    pub draft: Option<Draft>,
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
    /// For the next opening of the clinic link.
    RememberStay(Slug, LinkToken),
    /// It is over.
    ForgetStay(LinkToken),
    /// Put this into the address bar, in place of what is there.
    ShowAddress(Address),
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
    /// No longer.
    StopPresence,
    /// Report once more.
    ReportPresenceAgain,
    /// Ask for a code, to this number.
    SendCode(u32, LinkToken, String),
    /// Hand the code in.
    CheckCode(u32, LinkToken, String),
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
    /// A field of the arrival form, or what is said above it.
    Entry(Field),
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
    /// Nothing is known and the server gives no answer.
    Unreachable,
    /// There is no such clinic.
    ClinicUnknown,
    /// The clinic takes nobody now.
    ClinicClosed,
    /// This device has a stay at this clinic.
    AlreadyWaiting,
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
            is_visible: true,
            can_keep_awake: false,
            remembered: Details::default(),
            scene: Scene::Opening,
            wake_at: None,
        }
    }

    /// Which screen this is.
    pub fn screen(&self) -> Screen {
        match &self.scene {
            Scene::Opening => Screen::Opening,
            Scene::LinkBroken { .. } => Screen::LinkBroken,
            Scene::Arriving(arriving) => match (&arriving.clinic, &arriving.stored) {
                (ClinicKnown::NoSuch, _) => Screen::ClinicUnknown,
                (_, Stored::GoesOn(_)) => Screen::AlreadyWaiting,
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
            Standing::Ended(End::LeftByCaller) => Screen::Left,
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

    /// When something shown changes by time alone.
    fn next_wake(&self) -> Option<Moment> {
        let mut soonest: Option<Moment> = None;
        let mut at = |moment: Moment| {
            if moment > self.now {
                soonest = Some(soonest.map_or(moment, |other| other.min(moment)));
            }
        };
        // A countdown is shown by the second.
        let mut counts_down = |until: Moment| {
            let left = until.since(self.now);
            at(self.now.plus(if left % 1_000 == 0 {
                left.min(1_000)
            } else {
                left % 1_000
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
            }
            Scene::Arriving(arriving) => {
                for problem in arriving.problems.values() {
                    if let Problem::TooOften { until } = problem {
                        counts_down(*until);
                    }
                }
                arriving.read_again_at.into_iter().for_each(at);
            }
            Scene::Opening | Scene::LinkBroken { .. } => {}
        }
        soonest
    }
}

/// What is so after `message`, and what is to be done about it.
pub fn reduce(state: State, message: Message, now: Moment) -> (State, Vec<Effect>) {
    let before_screen = state.screen();
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
        effects.push(Effect::Focus(Focus::Heading));
        if screen == Screen::ReadyToJoin && before_visit == state.visit {
            effects.push(Effect::Signal);
        }
    } else if verify_step != before_step && before_visit == state.visit {
        // What had the focus is gone: it must not fall back to the top of the page.
        effects.push(Effect::Focus(match verify_step {
            VerifyStep::Code => Focus::Code,
            VerifyStep::Number if state.is_changing_number() => Focus::Number,
            _ => Focus::Now,
        }));
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

/// One step of the reducer.
struct Step {
    state: State,
    effects: Vec<Effect>,
}

impl Step {
    fn take(&mut self, message: Message) {
        match message {
            Message::Opened(opened) => self.open(*opened),
            Message::Viewing(is_visible) => self.viewing(is_visible),
            Message::Woke => self.woke(),
            Message::TryAgainPressed => self.try_again(),
            Message::ArriveAgainPressed => self.arrive_again(),
            message if matches!(self.state.scene, Scene::Arriving(_)) => self.arriving(message),
            message if matches!(self.state.scene, Scene::Staying(_)) => self.staying(message),
            _ => {}
        }
    }

    fn open(&mut self, opened: Opened) {
        if let (Scene::Staying(staying), Address::Wait(link)) = (&self.state.scene, &opened.address)
            && staying.link == *link
        {
            return;
        }
        self.close_stay();
        self.state.is_visible = opened.is_visible;
        self.state.can_keep_awake = opened.can_keep_awake;
        self.state.remembered = opened.remembered;
        match opened.address {
            Address::Wait(link) => self.stay(link, None, None),
            Address::Clinic(slug) => self.arrive(slug, opened.stored, opened.draft),
            Address::Unknown => {
                self.state.visit += 1;
                self.state.scene = Scene::LinkBroken {
                    clinic: opened.latest,
                };
            }
        }
    }

    /// What goes with a stay ends with it.
    fn close_stay(&mut self) {
        if let Scene::Staying(staying) = &self.state.scene {
            if staying.keeps_awake {
                self.effects.push(Effect::KeepAwake(false));
            }
            if !staying.caller.as_ref().is_some_and(Caller::is_over) {
                self.effects.push(Effect::StopPresence);
            }
            self.effects.push(Effect::StopWatching);
        }
    }

    fn arrive(&mut self, slug: Slug, stored: Option<LinkToken>, draft: Option<Draft>) {
        self.state.visit += 1;
        let visit = self.state.visit;
        let Draft {
            entry,
            is_unanswered,
        } = draft.unwrap_or_else(|| Draft {
            entry: Entry {
                name: self.state.remembered.name.clone(),
                phone: self.state.remembered.phone.clone(),
                ..Entry::default()
            },
            is_unanswered: false,
        });
        self.effects.push(Effect::ReadClinic(visit, slug.clone()));
        // An arrival that got no answer comes first: what it gives is the stay to go on with.
        let stored = match stored {
            Some(link) if !is_unanswered => {
                self.effects.push(Effect::ReadStored(visit, link.clone()));
                Stored::Asking(link)
            }
            _ => Stored::None,
        };
        self.state.scene = Scene::Arriving(Box::new(Arriving {
            slug,
            clinic: ClinicKnown::NotYet,
            stored,
            entry,
            is_entering: false,
            is_unanswered,
            problems: BTreeMap::new(),
            read_again_at: None,
        }));
    }

    fn stay(&mut self, link: LinkToken, caller: Option<Caller>, clinic: Option<MyClinic>) {
        self.state.visit += 1;
        self.effects.push(Effect::StartPresence(link.clone()));
        self.effects
            .push(Effect::Watch(self.state.visit, link.clone()));
        if clinic.is_none() {
            self.effects
                .push(Effect::ReadMyClinic(self.state.visit, link.clone()));
        }
        self.state.scene = Scene::Staying(Box::new(Staying {
            link,
            caller: None,
            clinic,
            replaced: Vec::new(),
            connection: Connection::Lost {
                since: self.state.now,
            },
            verify: Verify::default(),
            leaving: Leaving::No,
            resuming: Resuming::No,
            has_place_back: false,
            keeps_awake: false,
        }));
        if let Some(caller) = caller {
            self.see(caller, Told::Answer);
        }
    }

    fn viewing(&mut self, is_visible: bool) {
        self.state.is_visible = is_visible;
        if !is_visible {
            return;
        }
        match &mut self.state.scene {
            Scene::Staying(staying) => {
                if staying.keeps_awake {
                    // A device lets go of it whenever the page is hidden.
                    self.effects.push(Effect::KeepAwake(true));
                }
                if !staying.caller.as_ref().is_some_and(Caller::is_over) {
                    self.effects.push(Effect::Reconnect);
                }
                if matches!(staying.resuming, Resuming::Again { .. }) {
                    staying.resuming = Resuming::No;
                }
            }
            Scene::Arriving(arriving) => {
                if arriving.read_again_at.take().is_some() {
                    self.effects
                        .push(Effect::ReadClinic(self.state.visit, arriving.slug.clone()));
                }
            }
            Scene::Opening | Scene::LinkBroken { .. } => {}
        }
    }

    fn woke(&mut self) {
        let now = self.state.now;
        self.state.wake_at = None;
        match &mut self.state.scene {
            Scene::Staying(staying) => {
                if matches!(staying.resuming, Resuming::Again { at } if at <= now) {
                    staying.resuming = Resuming::No;
                }
                let verify = &mut staying.verify;
                for problem in [&mut verify.number_problem, &mut verify.code_problem] {
                    if matches!(problem, Some(Problem::TooOften { until }) if *until <= now) {
                        *problem = None;
                    }
                }
            }
            Scene::Arriving(arriving) => {
                arriving.problems.retain(
                    |_, problem| !matches!(problem, Problem::TooOften { until } if *until <= now),
                );
                if arriving.read_again_at.is_some_and(|at| at <= now) {
                    arriving.read_again_at = None;
                    self.effects
                        .push(Effect::ReadClinic(self.state.visit, arriving.slug.clone()));
                }
            }
            Scene::Opening | Scene::LinkBroken { .. } => {}
        }
    }

    fn try_again(&mut self) {
        match &mut self.state.scene {
            Scene::Staying(_) => self.effects.push(Effect::Reconnect),
            Scene::Arriving(arriving) => {
                arriving.read_again_at = None;
                self.effects
                    .push(Effect::ReadClinic(self.state.visit, arriving.slug.clone()));
            }
            Scene::Opening | Scene::LinkBroken { .. } => {}
        }
    }

    fn arrive_again(&mut self) {
        let slug = match &self.state.scene {
            Scene::Staying(staying) => staying
                .caller
                .as_ref()
                .filter(|caller| matches!(caller.standing, Standing::Ended(_)))
                .and(staying.clinic.as_ref())
                .map(|clinic| clinic.slug.clone()),
            Scene::LinkBroken { clinic } => clinic.clone(),
            Scene::Opening | Scene::Arriving(_) => None,
        };
        if let Some(slug) = slug {
            self.close_stay();
            self.effects
                .push(Effect::ShowAddress(Address::Clinic(slug.clone())));
            self.arrive(slug, None, None);
        }
    }

    fn arriving(&mut self, message: Message) {
        let State {
            scene,
            visit,
            now,
            remembered,
            ..
        } = &mut self.state;
        let (visit, now) = (*visit, *now);
        let Scene::Arriving(arriving) = scene else {
            return;
        };
        match message {
            Message::ClinicRead(asked, answer) if asked == visit => {
                match answer {
                    Ok(Some(clinic)) => {
                        arriving.read_again_at = (!clinic.is_open).then(|| now.plus(CLOSED_AGAIN));
                        arriving.clinic = ClinicKnown::Known(clinic);
                    }
                    Ok(None) => arriving.clinic = ClinicKnown::NoSuch,
                    Err(_) => {
                        arriving.read_again_at = Some(now.plus(READ_AGAIN));
                        // What is known stays on screen, with all that was typed there.
                        if !matches!(arriving.clinic, ClinicKnown::Known(_)) {
                            arriving.clinic = ClinicKnown::Unreachable;
                        }
                    }
                }
                if arriving.is_unanswered && matches!(arriving.clinic, ClinicKnown::Known(_)) {
                    self.enter();
                }
            }
            Message::StoredRead(asked, answer) if asked == visit => {
                if let Stored::Asking(link) = arriving.stored.clone() {
                    arriving.stored = match answer {
                        Ok(None) | Err(Trouble::LinkUnknown) => {
                            self.effects.push(Effect::ForgetStay(link));
                            Stored::None
                        }
                        Ok(Some(())) | Err(_) => Stored::GoesOn(link),
                    };
                }
            }
            Message::ContinuePressed => {
                if let Stored::GoesOn(link) = arriving.stored.clone() {
                    self.effects
                        .push(Effect::ShowAddress(Address::Wait(link.clone())));
                    let clinic = arriving.my_clinic();
                    self.stay(link, None, clinic);
                }
            }
            Message::SomeoneElsePressed => {
                if matches!(arriving.stored, Stored::GoesOn(_)) {
                    arriving.stored = Stored::None;
                    // A parent with two children: the number is the same, the name is not.
                    if arriving.entry.name == remembered.name {
                        arriving.entry.name.clear();
                    }
                }
            }
            Message::NameTyped(text) => {
                arriving.entry.name = text;
                self.typed(&Field::Name);
            }
            Message::PhoneTyped(text) => {
                arriving.entry.phone = text;
                self.typed(&Field::Phone);
            }
            Message::AnswerTyped(key, text) => {
                arriving.entry.answers.insert(key.clone(), text);
                self.typed(&Field::Answer(key));
            }
            Message::ConsentGiven(has_consented) => {
                arriving.entry.has_consented = has_consented;
                self.typed(&Field::Consent);
            }
            Message::ClearDetailsPressed => {
                *remembered = Details::default();
                arriving.entry.name.clear();
                arriving.entry.phone.clear();
                self.effects.push(Effect::ForgetDetails);
                self.effects.push(Effect::Focus(Focus::Entry(Field::Name)));
                self.typed(&Field::Name);
            }
            Message::JoinPressed => self.enter(),
            Message::Entered(asked, answer) if asked == visit => self.entered(answer),
            _ => {}
        }
    }

    /// What was wrong there is being put right; what was typed outlives a reload.
    fn typed(&mut self, field: &Field) {
        if let Scene::Arriving(arriving) = &mut self.state.scene {
            arriving.problems.remove(field);
            self.effects.push(Effect::KeepDraft(
                arriving.slug.clone(),
                arriving.entry.clone(),
            ));
        }
    }

    fn enter(&mut self) {
        let visit = self.state.visit;
        let Scene::Arriving(arriving) = &mut self.state.scene else {
            return;
        };
        let ClinicKnown::Known(clinic) = &arriving.clinic else {
            return;
        };
        if arriving.is_entering || arriving.stored != Stored::None {
            return;
        }
        arriving.is_unanswered = false;
        arriving.problems = problems_before_asking(&arriving.entry, clinic);
        if let Some(field) = first_of(&arriving.problems, clinic) {
            self.effects.push(Effect::Focus(Focus::Entry(field)));
            return;
        }
        arriving.is_entering = true;
        let answers = arriving.entry.answered(clinic);
        self.effects.push(Effect::KeepDraft(
            arriving.slug.clone(),
            arriving.entry.clone(),
        ));
        self.effects.push(Effect::Enter(
            visit,
            arriving.slug.clone(),
            arriving.entry.clone(),
            answers,
        ));
    }

    fn entered(&mut self, answer: Result<Entered, Trouble>) {
        let now = self.state.now;
        let Scene::Arriving(arriving) = &mut self.state.scene else {
            return;
        };
        if !arriving.is_entering {
            return;
        }
        arriving.is_entering = false;
        let Entered { link, caller } = match answer {
            Ok(entered) => entered,
            Err(trouble) => {
                if let ClinicKnown::Known(clinic) = &arriving.clinic {
                    arriving.problems = problems_of(&trouble, &arriving.entry, clinic, now);
                    if let Some(field) = first_of(&arriving.problems, clinic) {
                        self.effects.push(Effect::Focus(Focus::Entry(field)));
                    }
                }
                return;
            }
        };
        let slug = arriving.slug.clone();
        let details = Details {
            name: arriving.entry.name.trim().to_owned(),
            phone: arriving.entry.phone.trim().to_owned(),
        };
        let clinic = arriving.my_clinic();
        self.state.remembered = details.clone();
        self.effects.push(Effect::RememberDetails(details));
        self.effects
            .push(Effect::RememberStay(slug.clone(), link.clone()));
        self.effects.push(Effect::DropDraft(slug));
        self.effects
            .push(Effect::ShowAddress(Address::Wait(link.clone())));
        self.stay(link, Some(caller), clinic);
    }

    fn staying(&mut self, message: Message) {
        let State {
            scene, visit, now, ..
        } = &mut self.state;
        let (visit, now) = (*visit, *now);
        let Scene::Staying(staying) = scene else {
            return;
        };
        match message {
            Message::CallerSeen(asked, caller) if asked == visit => {
                // It came by the live connection: that is there.
                self.live_up();
                self.see(caller, Told::Live);
            }
            Message::MyClinicRead(asked, Ok(clinic)) if asked == visit => {
                let is_new = staying.clinic.is_none();
                let slug = clinic.slug.clone();
                staying.clinic = Some(clinic);
                let goes_on = staying
                    .caller
                    .as_ref()
                    .is_some_and(|caller| !caller.is_over());
                if is_new && goes_on {
                    let link = staying.link.clone();
                    self.effects.push(Effect::RememberStay(slug, link));
                }
            }
            Message::LiveUp(asked) if asked == visit => self.live_up(),
            Message::LiveLost(asked)
                if asked == visit && staying.connection == Connection::Live =>
            {
                staying.connection = Connection::Lost { since: now };
            }
            Message::LinkRefused(asked) if asked == visit => self.link_refused(),
            Message::NumberTyped(text) => {
                staying.verify.number = Some(text);
                staying.verify.number_problem = None;
            }
            Message::SendCodePressed => self.send_code(),
            Message::CodeSent(asked, answer) if asked == visit => self.code_sent(answer),
            Message::CodeTyped(text) => {
                staying.verify.code = text;
                staying.verify.code_problem = None;
            }
            Message::CodeRead(code) if staying.verify_step() == VerifyStep::Code => {
                staying.verify.code = code;
                self.check_code();
            }
            Message::VerifyPressed => self.check_code(),
            Message::Verified(asked, answer) if asked == visit => self.verified(answer),
            Message::ChangeNumberPressed => {
                if matches!(staying.verify_step(), VerifyStep::Code | VerifyStep::Done) {
                    staying.verify.is_changing = true;
                    staying.verify.number_problem = None;
                }
            }
            Message::KeepNumberPressed => {
                staying.verify.is_changing = false;
                staying.verify.number = None;
                staying.verify.number_problem = None;
            }
            Message::KeepAwakeChosen(keeps_awake) if staying.keeps_awake != keeps_awake => {
                staying.keeps_awake = keeps_awake;
                self.effects.push(Effect::KeepAwake(keeps_awake));
            }
            Message::LeavePressed if staying.leaving == Leaving::No && staying.may_leave() => {
                staying.leaving = Leaving::Confirming(None);
                self.effects.push(Effect::Focus(Focus::Leaving));
            }
            Message::StayPressed if matches!(staying.leaving, Leaving::Confirming(_)) => {
                staying.leaving = Leaving::No;
                self.effects.push(Effect::Focus(Focus::Leave));
            }
            Message::LeaveConfirmed if matches!(staying.leaving, Leaving::Confirming(_)) => {
                staying.leaving = Leaving::UnderWay;
                self.effects
                    .push(Effect::Leave(visit, staying.link.clone()));
            }
            Message::Left(asked, answer) if asked == visit => self.left(answer),
            Message::Resumed(asked, answer) if asked == visit => self.resumed(answer),
            _ => {}
        }
    }

    fn live_up(&mut self) {
        let visit = self.state.visit;
        let Scene::Staying(staying) = &mut self.state.scene else {
            return;
        };
        if staying.connection != Connection::Live {
            staying.connection = Connection::Live;
            if staying.clinic.is_none() {
                // It may have been asked for in vain while nothing could be reached.
                self.effects
                    .push(Effect::ReadMyClinic(visit, staying.link.clone()));
            }
        }
    }

    fn link_refused(&mut self) {
        let Scene::Staying(staying) = &self.state.scene else {
            return;
        };
        let clinic = staying.clinic.as_ref().map(|clinic| clinic.slug.clone());
        self.effects.push(Effect::ForgetStay(staying.link.clone()));
        self.close_stay();
        self.state.visit += 1;
        self.state.scene = Scene::LinkBroken { clinic };
    }

    /// Takes what the server tells, unless something newer is known.
    fn see(&mut self, told: Caller, how: Told) {
        let now = self.state.now;
        let Scene::Staying(staying) = &mut self.state.scene else {
            return;
        };
        if staying.replaced.contains(&told.id) {
            return;
        }
        let was_over = staying.caller.as_ref().is_some_and(Caller::is_over);
        if let Some(known) = &staying.caller {
            if known.id == told.id {
                // Of equal versions the live one is taken: a place in the queue changes without the
                // stay changing. An answer may have been overtaken by a live change of the place.
                let is_old = match how {
                    Told::Live => told.version < known.version,
                    Told::Answer => told.version <= known.version,
                };
                if is_old {
                    return;
                }
            } else {
                staying.replaced.push(known.id.clone());
            }
        }
        let is_new = staying
            .caller
            .as_ref()
            .is_none_or(|known| known.id != told.id);
        let had_code = staying
            .caller
            .as_ref()
            .is_some_and(|caller| caller.verification.is_some());
        let was_verified_as = staying.verified_number();

        let is_over = told.is_over();
        let slug = staying.clinic.as_ref().map(|clinic| clinic.slug.clone());
        if let Some(verification) = &told.verification {
            staying.verify.is_code_sent = false;
            if staying.verify.resend_of != Some(verification.sent_at) {
                // Between two clocks only the length of the wait is sure.
                let longest = verification.resend_at.since(verification.sent_at);
                let wait = verification.resend_at.since(now).min(longest);
                staying.verify.resend_of = Some(verification.sent_at);
                staying.verify.resend_from = Some(now.plus(wait));
            }
        } else if had_code {
            staying.verify.is_code_sent = false;
        }
        let has_left_queue = !matches!(
            told.standing,
            Standing::Waiting { .. } | Standing::Offline { .. }
        );
        staying.caller = Some(told);
        if staying.verified_number() != was_verified_as && staying.verified_number().is_some() {
            // Verified here or on another screen: nothing of it is left to do.
            let resend_of = staying.verify.resend_of;
            staying.verify = Verify {
                resend_of,
                ..Verify::default()
            };
        }
        if has_left_queue
            && matches!(staying.leaving, Leaving::Confirming(_))
            && !staying.may_leave()
        {
            staying.leaving = Leaving::No;
        }
        if !matches!(
            staying.caller.as_ref().map(|caller| &caller.standing),
            Some(Standing::Ended(_))
        ) && staying.resuming != Resuming::UnderWay
        {
            staying.resuming = Resuming::No;
        }
        let needs_no_light = has_left_queue || staying.verified_number().is_some();
        if staying.keeps_awake && needs_no_light {
            staying.keeps_awake = false;
            self.effects.push(Effect::KeepAwake(false));
        }
        let link = staying.link.clone();
        if is_over {
            if !was_over {
                self.effects.push(Effect::ForgetStay(link));
                self.effects.push(Effect::StopPresence);
                self.effects.push(Effect::StopWatching);
            }
        } else {
            if was_over {
                self.effects.push(Effect::StartPresence(link.clone()));
                self.effects
                    .push(Effect::Watch(self.state.visit, link.clone()));
            }
            if let (true, Some(slug)) = (is_new, slug) {
                self.effects.push(Effect::RememberStay(slug, link));
            }
        }
    }

    fn send_code(&mut self) {
        let (visit, now) = (self.state.visit, self.state.now);
        let Scene::Staying(staying) = &mut self.state.scene else {
            return;
        };
        let step = staying.verify_step();
        if staying.verify.is_sending
            || staying.verify.is_checking
            || !matches!(step, VerifyStep::Number | VerifyStep::Code)
        {
            return;
        }
        if step == VerifyStep::Code && staying.verify.resend_from.is_some_and(|from| from > now) {
            return;
        }
        let number = staying.number_shown().trim().to_owned();
        let problem = if number.is_empty() {
            Some(Problem::NumberMissing)
        } else if number.chars().count() > LONGEST_TYPED {
            Some(Problem::TooLong)
        } else {
            None
        };
        if problem.is_some() {
            staying.verify.number_problem = problem;
            self.effects.push(Effect::Focus(Focus::Number));
            return;
        }
        staying.verify.is_sending = true;
        staying.verify.number_problem = None;
        staying.verify.code_problem = None;
        self.effects
            .push(Effect::SendCode(visit, staying.link.clone(), number));
    }

    fn code_sent(&mut self, answer: Result<Option<Moment>, Trouble>) {
        let now = self.state.now;
        let Scene::Staying(staying) = &mut self.state.scene else {
            return;
        };
        if !staying.verify.is_sending {
            return;
        }
        let was_code_step = staying.verify_step() == VerifyStep::Code;
        let verify = &mut staying.verify;
        verify.is_sending = false;
        match answer {
            Ok(resend_at) => {
                verify.is_changing = false;
                verify.number_problem = None;
                verify.code_problem = None;
                // The old code is worth nothing any more.
                verify.code.clear();
                let is_shown = staying
                    .caller
                    .as_ref()
                    .and_then(|caller| caller.verification.as_ref())
                    .is_some_and(|shown| Some(shown.resend_at) == resend_at);
                let verify = &mut staying.verify;
                verify.is_code_sent = !is_shown;
                if !is_shown && let Some(resend_at) = resend_at {
                    verify.resend_from = Some(now.plus(resend_at.since(now).min(LONGEST_RESEND)));
                }
                self.effects.push(Effect::Focus(Focus::Code));
            }
            Err(trouble) => {
                let problem = problem_of(&trouble, now);
                if was_code_step {
                    verify.code_problem = Some(problem);
                    self.effects.push(Effect::Focus(Focus::Code));
                } else {
                    verify.number_problem = Some(problem);
                    self.effects.push(Effect::Focus(Focus::Number));
                }
                self.learn_from(trouble);
            }
        }
    }

    fn check_code(&mut self) {
        let visit = self.state.visit;
        let Scene::Staying(staying) = &mut self.state.scene else {
            return;
        };
        if staying.verify_step() != VerifyStep::Code
            || staying.verify.is_checking
            || staying.verify.is_sending
        {
            return;
        }
        let code = digits_of(&staying.verify.code);
        if code.len() != CODE_DIGITS {
            staying.verify.code_problem = Some(Problem::CodeIncomplete);
            self.effects.push(Effect::Focus(Focus::Code));
            return;
        }
        staying.verify.is_checking = true;
        staying.verify.code_problem = None;
        self.effects
            .push(Effect::CheckCode(visit, staying.link.clone(), code));
    }

    fn verified(&mut self, answer: Result<Caller, Trouble>) {
        let now = self.state.now;
        let Scene::Staying(staying) = &mut self.state.scene else {
            return;
        };
        if !staying.verify.is_checking {
            return;
        }
        staying.verify.is_checking = false;
        match answer {
            Ok(caller) => {
                if caller.is_verified() && caller.verification.is_none() {
                    staying.verify.is_code_sent = false;
                    staying.verify.code.clear();
                }
                self.see(caller, Told::Answer);
            }
            Err(trouble) => {
                staying.verify.code_problem = Some(problem_of(&trouble, now));
                self.effects.push(Effect::Focus(Focus::Code));
                self.learn_from(trouble);
            }
        }
    }

    fn left(&mut self, answer: Result<Caller, Trouble>) {
        let now = self.state.now;
        let Scene::Staying(staying) = &mut self.state.scene else {
            return;
        };
        if staying.leaving != Leaving::UnderWay {
            return;
        }
        match answer {
            Ok(caller) => {
                staying.leaving = Leaving::No;
                self.see(caller, Told::Answer);
            }
            Err(trouble) => {
                staying.leaving = if staying.may_leave() {
                    self.effects.push(Effect::Focus(Focus::Leaving));
                    Leaving::Confirming(Some(problem_of(&trouble, now)))
                } else {
                    Leaving::No
                };
                self.learn_from(trouble);
            }
        }
    }

    /// A lost place is taken back as soon as the page is seen.
    fn resume_where_lost(&mut self) {
        let visit = self.state.visit;
        if !self.state.is_visible {
            return;
        }
        let Scene::Staying(staying) = &mut self.state.scene else {
            return;
        };
        let is_lost = staying.caller.as_ref().is_some_and(
            |caller| matches!(&caller.standing, Standing::Ended(end) if end.is_resumable()),
        );
        if is_lost && staying.resuming == Resuming::No {
            staying.resuming = Resuming::UnderWay;
            self.effects
                .push(Effect::Resume(visit, staying.link.clone()));
        }
    }

    fn resumed(&mut self, answer: Result<Caller, Trouble>) {
        let (now, visit) = (self.state.now, self.state.visit);
        let Scene::Staying(staying) = &mut self.state.scene else {
            return;
        };
        if staying.resuming != Resuming::UnderWay {
            return;
        }
        match answer {
            Ok(caller) => {
                staying.resuming = Resuming::No;
                self.see(caller, Told::Answer);
                let Scene::Staying(staying) = &mut self.state.scene else {
                    return;
                };
                let standing = staying.caller.as_ref().map(|caller| &caller.standing);
                match standing {
                    // Yes, and yet it is over: asked again, but not in a loop.
                    Some(Standing::Ended(end)) if end.is_resumable() => {
                        staying.resuming = Resuming::Again {
                            at: now.plus(RESUME_AGAIN),
                        };
                    }
                    Some(Standing::Ended(_)) | None => {}
                    Some(_) => {
                        staying.has_place_back = true;
                        // The reports of a stay that was over counted for nothing, and what was told
                        // live was that stay.
                        self.effects.push(Effect::ReportPresenceAgain);
                        self.effects
                            .push(Effect::Watch(visit, staying.link.clone()));
                    }
                }
            }
            Err(Trouble::Unreachable | Trouble::Broken) => {
                staying.resuming = Resuming::Again {
                    at: now.plus(RESUME_AGAIN),
                };
            }
            Err(trouble) => {
                staying.resuming = Resuming::Refused;
                let link = staying.link.clone();
                self.effects.push(Effect::ForgetStay(link));
                self.learn_from(trouble);
            }
        }
    }

    /// What a refusal tells besides its reason.
    fn learn_from(&mut self, trouble: Trouble) {
        match trouble {
            Trouble::LinkUnknown => self.link_refused(),
            Trouble::Refused(_, Some(caller)) => self.see(*caller, Told::Answer),
            Trouble::Refused(_, None) | Trouble::Unreachable | Trouble::Broken => {}
        }
    }
}

/// How a stay was told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    /// By the live connection, in order.
    Live,
    /// In the answer to a request, which a live change may have overtaken.
    Answer,
}

impl Staying {
    /// Whether the caller may leave: not once a provider is there.
    pub fn may_leave(&self) -> bool {
        self.caller.as_ref().is_some_and(|caller| {
            matches!(
                caller.standing,
                Standing::Waiting { .. } | Standing::Offline { .. } | Standing::OnHold { .. }
            )
        })
    }

    fn verified_number(&self) -> Option<String> {
        let phone = self.caller.as_ref()?.phone.as_ref()?;
        phone.is_verified.then(|| phone.number.clone())
    }
}

/// The digits of a code as typed: people type spaces, and some keyboards type digits of their own.
fn digits_of(text: &str) -> String {
    text.chars()
        .filter_map(|character| match character {
            '0'..='9' => Some(character),
            // Arabic-Indic, Extended Arabic-Indic, Devanagari and full-width digits.
            '\u{660}'..='\u{669}' => digit_from(character, 0x660),
            '\u{6F0}'..='\u{6F9}' => digit_from(character, 0x6F0),
            '\u{966}'..='\u{96F}' => digit_from(character, 0x966),
            '\u{FF10}'..='\u{FF19}' => digit_from(character, 0xFF10),
            _ => None,
        })
        .take(CODE_DIGITS + 1)
        .collect()
}

fn digit_from(character: char, zero: u32) -> Option<char> {
    char::from_digit(u32::from(character) - zero, 10)
}

/// What can be told without asking the server.
fn problems_before_asking(entry: &Entry, clinic: &Clinic) -> BTreeMap<Field, Problem> {
    let mut problems = BTreeMap::new();
    let is_too_long = |text: &str| text.chars().count() > LONGEST_TYPED;
    if entry.name.trim().is_empty() {
        problems.insert(Field::Name, Problem::NameMissing);
    } else if is_too_long(&entry.name) {
        problems.insert(Field::Name, Problem::TooLong);
    }
    if is_too_long(&entry.phone) {
        problems.insert(Field::Phone, Problem::TooLong);
    }
    for field in &clinic.entry_fields {
        let answer = entry.answers.get(&field.key).map_or("", String::as_str);
        if field.is_required && answer.trim().is_empty() {
            problems.insert(Field::Answer(field.key.clone()), Problem::AnswerMissing);
        } else if is_too_long(answer) {
            problems.insert(Field::Answer(field.key.clone()), Problem::TooLong);
        }
    }
    if clinic.consent_text.is_some() && !entry.has_consented {
        problems.insert(Field::Consent, Problem::ConsentMissing);
    }
    problems
}

/// Puts each refusal where it belongs.
fn problems_of(
    trouble: &Trouble,
    entry: &Entry,
    clinic: &Clinic,
    now: Moment,
) -> BTreeMap<Field, Problem> {
    let Trouble::Refused(refusals, _) = trouble else {
        return BTreeMap::from([(Field::Whole, problem_of(trouble, now))]);
    };
    let sent = entry.answered(clinic);
    let mut problems = BTreeMap::new();
    for refusal in refusals {
        // The first reason for a field is the one to put right first.
        problems
            .entry(field_of(refusal, &sent, clinic))
            .or_insert_with(|| problem_of_refusal(refusal, now));
    }
    if problems.is_empty() {
        problems.insert(Field::Whole, Problem::Unavailable);
    }
    problems
}

fn field_of(refusal: &Refusal, sent: &[(String, String)], clinic: &Clinic) -> Field {
    let mut path = refusal
        .field
        .iter()
        .map(String::as_str)
        .skip_while(|step| *step == "input");
    match path.next() {
        Some("name") => Field::Name,
        Some("phone") => Field::Phone,
        Some("answers") => {
            // Named by its position in what was sent, or by its key.
            let answer = path.next().and_then(|step| match step.parse::<usize>() {
                Ok(position) => sent.get(position).map(|(key, _)| key.clone()),
                Err(_) => Some(step.to_owned()),
            });
            // A question that is not on the form has no place there for what is wrong with it.
            answer
                .filter(|key| clinic.entry_fields.iter().any(|field| field.key == *key))
                .map_or(Field::Whole, Field::Answer)
        }
        _ => Field::Whole,
    }
}

fn problem_of(trouble: &Trouble, now: Moment) -> Problem {
    match trouble {
        Trouble::Unreachable => Problem::Unreachable,
        Trouble::Broken | Trouble::LinkUnknown => Problem::Unavailable,
        Trouble::Refused(refusals, _) => refusals.first().map_or(Problem::Unavailable, |refusal| {
            problem_of_refusal(refusal, now)
        }),
    }
}

fn problem_of_refusal(refusal: &Refusal, now: Moment) -> Problem {
    match refusal.kind {
        RefusalKind::CodeRejected { attempts_left } => Problem::CodeWrong { attempts_left },
        RefusalKind::RateLimited { retry_at } => {
            // At least a moment, so that a clock that is behind does not invite another refusal.
            Problem::TooOften {
                until: now.plus(retry_at.since(now).max(1_000)),
            }
        }
        _ if refusal.message.trim().is_empty() => Problem::Unavailable,
        _ => Problem::Said(refusal.message.clone()),
    }
}

/// The topmost field with a problem.
fn first_of(problems: &BTreeMap<Field, Problem>, clinic: &Clinic) -> Option<Field> {
    let questions = clinic
        .entry_fields
        .iter()
        .map(|field| Field::Answer(field.key.clone()));
    [Field::Whole, Field::Name, Field::Phone]
        .into_iter()
        .chain(questions)
        .chain([Field::Consent])
        .find(|field| problems.contains_key(field))
}

#[cfg(test)]
mod tests;
