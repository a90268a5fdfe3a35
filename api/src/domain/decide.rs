//! What a command does to a caller. Pure: the caller, the command and the time in; what changes, or
//! why nothing does, out.

mod codes;
mod recall;
mod replies;

use super::caller::{Caller, Consultation, End, Ended, State, Waiting};
use super::clinic::Settings;
use super::delivery::Progress;
use super::entry::Reason;
use super::event::{Actor, Event, What};
use super::id::{RecallId, RoomId, TextId};
use super::limits::Use;
use super::phone_number::PhoneNumber;
use super::refusal::{Refusal, Why};
use super::reply::Answer;
use super::secret::{CodeHash, SecureCode, Token};
use super::status::Status;
use super::text::{PublicUrl, Text, TextBody, TextPurpose, Words};
use super::time::Timestamp;
use super::verification::Phone;

/// What is asked of a caller. What must be random, or is made from a secret, comes along: the rules
/// make nothing up.
#[derive(Clone, Debug)]
pub enum Command {
    /// Presence as it is now: whether any screen is visible and in touch.
    SeeViewing {
        /// True when at least one screen is.
        is_viewing: bool,
        /// The recall whose link the viewing screen was opened by; `None` for the link of the
        /// arrival.
        by_recall: Option<RecallId>,
    },
    /// The grace time of an unverified caller may have passed.
    LoseContact,
    /// The caller asks for a secure code.
    SendCode(SendCode),
    /// The caller entered a secure code.
    VerifyPhone {
        /// The hash of what was typed; `None` when that was no code at all.
        typed: Option<CodeHash>,
        /// Wrong codes so far for the number, the address and the clinic.
        uses: Vec<Use>,
    },
    /// A code was entered that the provider is about to check: the attempt is taken before it is
    /// looked at, so that not one more than allowed ever is.
    TakeAttempt {
        /// Wrong codes so far for the number, the address and the clinic.
        uses: Vec<Use>,
    },
    /// The provider has looked at a code that was entered.
    HearOfCode {
        /// The text that took the code to the caller: a verdict on an earlier code changes nothing.
        text: TextId,
        /// What was typed, by which a retried request is recognised.
        typed: CodeHash,
        /// Whether it was the right one.
        is_right: bool,
    },
    /// The provider certainly was not asked about a code for which an attempt was taken.
    GiveAttemptBack {
        /// The text that took the code to the caller: an attempt at an earlier code gives none back.
        text: TextId,
    },
    /// Staff vouch for the number of a caller whom they have phoned.
    VouchForPhone {
        /// Who vouches.
        by: Actor,
        /// The number they phoned: a caller may have given another one while they did.
        number: PhoneNumber,
    },
    /// The caller has answered a recall's text.
    HearReply {
        /// What was answered.
        answer: Answer,
    },
    /// The holder of the caller's number asks for no more texts.
    StopTexts,
    /// The holder of the caller's number takes texts again.
    AllowTexts,
    /// Staff ask an Offline caller to come back.
    Recall {
        /// Who is shown as having recalled.
        by: Actor,
        /// The new recall, should it come to one.
        id: RecallId,
        /// The text it would send.
        text: TextId,
        /// Opens the wait screen from the text.
        token: Token,
        /// The address under which the link in the text reaches this server.
        at: PublicUrl,
        /// Whether the text can be answered, and so says how.
        takes_replies: bool,
    },
    /// Staff take a caller out of the waiting area.
    Cancel {
        /// Who is shown as having cancelled.
        by: Actor,
        /// In their own words, if they gave any.
        reason: Option<Reason>,
        /// The text that tells an Offline caller, where the clinic's settings ask for one.
        text: TextId,
    },
    /// A provider starts the consultation, or takes it up after a hold.
    Join {
        /// Who is shown as having joined.
        by: Actor,
        /// Used when the stay has no room yet.
        room: RoomId,
    },
    /// A provider interrupts the consultation.
    Hold {
        /// Who is shown as having interrupted it.
        by: Actor,
    },
    /// A provider ends the consultation, and the stay with it.
    Complete {
        /// Who is shown as having completed it.
        by: Actor,
    },
    /// The caller goes for good.
    Leave {
        /// In the caller's words, if they gave any.
        reason: Option<Reason>,
    },
    /// News of a text that was sent for this caller.
    HearOfText {
        /// Counts only when the latest recall or the outstanding code was sent by it.
        text: TextId,
        /// May be older than what is known: then it changes nothing.
        progress: Progress,
    },
}

/// A code to be sent.
#[derive(Clone, Debug)]
pub struct SendCode {
    /// To change the number; else the one given on arrival.
    pub number: Option<PhoneNumber>,
    /// Who makes it.
    pub code: NewCode,
    /// The text that takes it to the caller.
    pub text: TextId,
    /// The address on whose host alone browsers fill the code in.
    pub at: PublicUrl,
    /// Codes so far to the number, from the address and for the clinic, and wrong ones for the number.
    pub uses: Vec<Use>,
}

/// A code that is to be sent.
#[derive(Clone, Debug)]
pub enum NewCode {
    /// We have made it.
    Ours {
        /// Goes into the text and nowhere else.
        code: SecureCode,
        /// The hash of `code`: all that is kept of it.
        hash: CodeHash,
    },
    /// The provider makes it.
    Providers,
}

/// What becomes of a command.
#[derive(Clone, Debug)]
pub enum Decision {
    /// To be committed, all of it or nothing.
    Changed(Box<Changed>),
    /// What is asked for is so already: it succeeds and changes nothing.
    Unchanged,
    /// It no longer fits, or may not be: nothing is written.
    Refused(Refusal),
}

/// A caller as it is from now on, and what follows from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// With its version one higher than before, or 1 when it is new.
    pub caller: Caller,
    /// What the activity log says of the change: always one event.
    pub event: Event,
    /// To be committed with the change and sent after it.
    pub texts: Vec<Text>,
    /// A refusal that itself changed something: a wrong code leaves one attempt less.
    pub refusal: Option<Refusal>,
}

impl Changed {
    /// A change that sends nothing and refuses nothing.
    #[must_use]
    pub fn only(caller: Caller, event: Event) -> Self {
        Self {
            caller,
            event,
            texts: Vec::new(),
            refusal: None,
        }
    }
}

/// Decides a command.
#[must_use]
pub fn decide(caller: &Caller, command: Command, settings: &Settings, now: Timestamp) -> Decision {
    match command {
        Command::SeeViewing {
            is_viewing: true,
            by_recall,
        } => see(caller, by_recall.as_ref(), now),
        Command::SeeViewing {
            is_viewing: false, ..
        } => stop_seeing(caller, now),
        Command::LoseContact => lose_contact(caller, settings, now),
        Command::SendCode(send) => codes::send_code(caller, send, settings, now),
        Command::VerifyPhone { typed, uses } => {
            codes::verify_phone(caller, typed.as_ref(), &uses, now)
        }
        Command::TakeAttempt { uses } => codes::take_attempt(caller, &uses, now),
        Command::HearOfCode {
            text,
            typed,
            is_right,
        } => codes::hear_of_code(caller, &text, &typed, is_right, now),
        Command::GiveAttemptBack { text } => codes::give_attempt_back(caller, &text),
        Command::VouchForPhone { by, number } => {
            codes::vouch_for_phone(caller, by, number, settings, now)
        }
        Command::HearReply { answer } => replies::hear_reply(caller, answer, now),
        Command::StopTexts => replies::stop_texts(caller, now),
        Command::AllowTexts => replies::allow_texts(caller),
        Command::Recall {
            by,
            id,
            text,
            token,
            at,
            takes_replies,
        } => {
            let new = recall::NewRecall {
                by,
                id,
                text,
                words: TextBody::recall(&token, &at, settings, takes_replies),
            };
            recall::recall(caller, new, now)
        }
        Command::Cancel { by, reason, text } => cancel(caller, by, reason, text, settings, now),
        Command::Join { by, room } => join(caller, by, room, now),
        Command::Hold { by } => hold(caller, by, now),
        Command::Complete { by } => complete(caller, by, now),
        Command::Leave { reason } => leave(caller, reason, now),
        Command::HearOfText { text, progress } => {
            recall::hear_of_text(caller, &text, progress, now)
        }
    }
}

/// A change of `caller` by `edit`, with its version and event.
fn change(caller: &Caller, what: What, by: Actor, edit: impl FnOnce(&mut Caller)) -> Decision {
    changed(caller, what, by, edit).into()
}

fn changed(caller: &Caller, what: What, by: Actor, edit: impl FnOnce(&mut Caller)) -> Changed {
    let mut next = caller.clone();
    edit(&mut next);
    next.version += 1;
    Changed::only(next, Event { what, by })
}

/// A change of the state itself.
fn enter(caller: &Caller, what: What, by: Actor, now: Timestamp, state: State) -> Changed {
    changed(caller, what, by, |next| {
        let before = next.status();
        next.state = state;
        if next.status() != before {
            next.status_since = now;
        }
    })
}

impl From<Changed> for Decision {
    fn from(changed: Changed) -> Self {
        Self::Changed(Box::new(changed))
    }
}

impl From<Refusal> for Decision {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

fn see(caller: &Caller, by_recall: Option<&RecallId>, now: Timestamp) -> Decision {
    let is_opening = caller
        .recall
        .as_ref()
        .is_some_and(|recall| recall.opened_at.is_none() && Some(&recall.id) == by_recall);
    let (what, state) = match &caller.state {
        State::Ended(_) => return Decision::Unchanged,
        State::Offline(phone) => (
            What::CameBack,
            State::Waiting(Waiting::Verified(phone.clone())),
        ),
        State::Waiting(Waiting::Unverified {
            phone,
            not_responding_since: Some(_),
        }) => {
            let phone = phone.clone();
            let state = State::Waiting(Waiting::Unverified {
                phone,
                not_responding_since: None,
            });
            (What::RespondingAgain, state)
        }
        State::BeingSeen(consultation) if !consultation.is_viewing => {
            let consultation = Consultation {
                is_viewing: true,
                ..consultation.clone()
            };
            (What::ViewingAgain, State::BeingSeen(consultation))
        }
        State::OnHold(consultation) if !consultation.is_viewing => {
            let consultation = Consultation {
                is_viewing: true,
                ..consultation.clone()
            };
            (What::ViewingAgain, State::OnHold(consultation))
        }
        _ if is_opening => (What::RecallLinkOpened, caller.state.clone()),
        _ => return Decision::Unchanged,
    };
    let mut changed = enter(caller, what, Actor::Caller, now, state);
    changed.caller.last_seen_at = now;
    if let Some(recall) = &mut changed.caller.recall {
        if is_opening {
            recall.opened_at = Some(now);
        }
        if what == What::CameBack && recall.returned_at.is_none() {
            recall.returned_at = Some(now);
        }
    }
    changed.into()
}

fn stop_seeing(caller: &Caller, now: Timestamp) -> Decision {
    let (what, state) = match &caller.state {
        State::Waiting(Waiting::Verified(phone)) => {
            (What::WentOffline, State::Offline(phone.clone()))
        }
        State::Waiting(Waiting::Unverified {
            phone,
            not_responding_since: None,
        }) => {
            let phone = phone.clone();
            let not_responding_since = Some(now);
            (
                What::NotResponding,
                State::Waiting(Waiting::Unverified {
                    phone,
                    not_responding_since,
                }),
            )
        }
        State::BeingSeen(consultation) if consultation.is_viewing => {
            let consultation = Consultation {
                is_viewing: false,
                ..consultation.clone()
            };
            (What::StoppedViewing, State::BeingSeen(consultation))
        }
        State::OnHold(consultation) if consultation.is_viewing => {
            let consultation = Consultation {
                is_viewing: false,
                ..consultation.clone()
            };
            (What::StoppedViewing, State::OnHold(consultation))
        }
        _ => return Decision::Unchanged,
    };
    let mut changed = enter(caller, what, Actor::Caller, now, state);
    changed.caller.last_seen_at = now;
    changed.into()
}

fn lose_contact(caller: &Caller, settings: &Settings, now: Timestamp) -> Decision {
    match caller.lost_at(settings) {
        Some(at) if at <= now => end(
            caller,
            What::LostContact,
            Actor::System,
            End::LostContact { is_resumed: false },
            now,
        )
        .into(),
        _ => Decision::Unchanged,
    }
}

/// The words for a stay that is over, whatever was asked.
fn over(caller: &Caller) -> Decision {
    has_ended(caller).into()
}

fn has_ended(caller: &Caller) -> Refusal {
    let message = match caller.status() {
        Status::Completed => "The consultation is completed.",
        Status::Cancelled => "The clinic has cancelled this place.",
        _ => "The caller has left the waiting area.",
    };
    Refusal::wrong_status(caller.status(), message)
}

fn limited(retry_at: Timestamp, message: &str) -> Refusal {
    Refusal::new(Why::RateLimited { retry_at }, message)
}

/// Edits what is known of the number, in whatever state; the kind of phone stays the same.
fn edit_phone(caller: &mut Caller, edit: impl FnOnce(&mut Phone)) {
    let mut phone = caller.phone();
    edit(&mut phone);
    match (&mut caller.state, phone) {
        (State::Waiting(Waiting::Verified(own)) | State::Offline(own), Phone::Verified(phone)) => {
            *own = phone;
        }
        (State::Waiting(Waiting::Unverified { phone: own, .. }), Phone::Unverified(phone)) => {
            *own = phone;
        }
        (State::BeingSeen(consultation) | State::OnHold(consultation), phone) => {
            consultation.phone = phone;
        }
        (State::Ended(ended), phone) => ended.phone = phone,
        // The kind never changes here, so these never meet.
        (State::Waiting(_) | State::Offline(_), _) => {}
    }
}

/// The end of a stay.
fn end(caller: &Caller, what: What, by: Actor, how: End, now: Timestamp) -> Changed {
    let phone = caller.phone();
    enter(
        caller,
        what,
        by,
        now,
        State::Ended(Ended {
            at: now,
            how,
            phone,
        }),
    )
}

fn cancel(
    caller: &Caller,
    by: Actor,
    reason: Option<Reason>,
    text: TextId,
    settings: &Settings,
    now: Timestamp,
) -> Decision {
    match &caller.state {
        State::Ended(Ended {
            how: End::Cancelled { .. },
            ..
        }) => return Decision::Unchanged,
        State::Ended(_) => return over(caller),
        State::BeingSeen(_) => {
            let message =
                "The caller is being seen. Complete the consultation, or put it on hold first.";
            return Refusal::wrong_status(Status::BeingSeen, message).into();
        }
        State::Waiting(_) | State::Offline(_) | State::OnHold(_) => {}
    }
    let mut changed = end(caller, What::Cancelled, by, End::Cancelled { reason }, now);
    if let State::Offline(phone) = &caller.state
        && settings.text_on_cancel
    {
        changed.texts.push(Text {
            id: text,
            clinic: caller.clinic.clone(),
            caller: caller.id.clone(),
            purpose: TextPurpose::Cancelled,
            to: phone.number.clone(),
            words: Words::Ours(TextBody::cancelled()),
        });
    }
    changed.into()
}

fn join(caller: &Caller, by: Actor, room: RoomId, now: Timestamp) -> Decision {
    let consultation = match &caller.state {
        State::BeingSeen(_) => return Decision::Unchanged,
        State::Ended(_) => return over(caller),
        State::Offline(_) => {
            let message = "The caller is away. Recall them first.";
            return Refusal::wrong_status(Status::Offline, message).into();
        }
        State::Waiting(_) => Consultation {
            phone: caller.phone(),
            room,
            is_viewing: caller.is_viewing(),
        },
        State::OnHold(consultation) => consultation.clone(),
    };
    enter(
        caller,
        What::Joined,
        by,
        now,
        State::BeingSeen(consultation),
    )
    .into()
}

fn hold(caller: &Caller, by: Actor, now: Timestamp) -> Decision {
    match &caller.state {
        State::OnHold(_) => Decision::Unchanged,
        State::BeingSeen(consultation) => enter(
            caller,
            What::Held,
            by,
            now,
            State::OnHold(consultation.clone()),
        )
        .into(),
        State::Ended(_) => over(caller),
        State::Waiting(_) | State::Offline(_) => {
            let message = "Only a caller who is being seen can be put on hold.";
            Refusal::wrong_status(caller.status(), message).into()
        }
    }
}

fn complete(caller: &Caller, by: Actor, now: Timestamp) -> Decision {
    match &caller.state {
        State::Ended(Ended {
            how: End::Completed { .. },
            ..
        }) => Decision::Unchanged,
        State::BeingSeen(consultation) => {
            let room = consultation.room.clone();
            end(caller, What::Completed, by, End::Completed { room }, now).into()
        }
        State::Ended(_) => over(caller),
        State::Waiting(_) | State::Offline(_) | State::OnHold(_) => {
            let message = "Only a consultation that is going on can be completed.";
            Refusal::wrong_status(caller.status(), message).into()
        }
    }
}

fn leave(caller: &Caller, reason: Option<Reason>, now: Timestamp) -> Decision {
    match &caller.state {
        State::Ended(Ended {
            how: End::Left { .. } | End::LostContact { .. },
            ..
        }) => Decision::Unchanged,
        State::Ended(_) => over(caller),
        _ => end(caller, What::Left, Actor::Caller, End::Left { reason }, now).into(),
    }
}
