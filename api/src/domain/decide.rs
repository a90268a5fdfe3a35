//! What a command does to a caller. Pure: the caller, the command and the time in; what changes, or
//! why nothing does, out.

use super::caller::{Caller, Consultation, End, Ended, State, Waiting};
use super::clinic::Settings;
use super::delivery::{Delivery, Progress, SmsState};
use super::entry::Reason;
use super::event::{Actor, Event, What};
use super::id::{RecallId, RoomId, TextId};
use super::limits::{
    CODE_VALIDITY, RECALL_EVERY, RECALL_REPEAT, RECALLS_PER_STAY, Use, allowed_again_at,
};
use super::phone_number::PhoneNumber;
use super::recall::Recall;
use super::refusal::{Refusal, Why};
use super::secret::{CodeHash, SecureCode, Token};
use super::status::Status;
use super::text::{PublicUrl, Text, TextBody, TextPurpose};
use super::time::Timestamp;
use super::verification::{OutstandingCode, Phone, UsedCode, VerifiedPhone};

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
    /// Goes into the text and nowhere else.
    pub code: SecureCode,
    /// The hash of `code`: all that is kept of it.
    pub hash: CodeHash,
    /// The text that takes it to the caller.
    pub text: TextId,
    /// The address on whose host alone browsers fill the code in.
    pub at: PublicUrl,
    /// Codes so far to the number, from the address and for the clinic.
    pub uses: Vec<Use>,
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
        Command::SendCode(send) => send_code(caller, send, settings, now),
        Command::VerifyPhone { typed, uses } => verify_phone(caller, typed.as_ref(), &uses, now),
        Command::Recall {
            by,
            id,
            text,
            token,
            at,
        } => recall(caller, by, id, text, &token, &at, now),
        Command::Cancel { by, reason, text } => cancel(caller, by, reason, text, settings, now),
        Command::Join { by, room } => join(caller, by, room, now),
        Command::Hold { by } => hold(caller, by, now),
        Command::Complete { by } => complete(caller, by, now),
        Command::Leave { reason } => leave(caller, reason, now),
        Command::HearOfText { text, progress } => hear_of_text(caller, &text, progress, now),
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
    let message = match caller.status() {
        Status::Completed => "The consultation is completed.",
        Status::Cancelled => "The clinic has cancelled this place.",
        _ => "The caller has left the waiting area.",
    };
    Refusal::wrong_status(caller.status(), message).into()
}

fn limited(retry_at: Timestamp, message: &str) -> Refusal {
    Refusal::new(Why::RateLimited { retry_at }, message)
}

fn send_code(caller: &Caller, send: SendCode, settings: &Settings, now: Timestamp) -> Decision {
    if caller.status().is_final() {
        return over(caller);
    }
    if !caller.status().is_queued() {
        let message = "A number can be verified while waiting, not during the consultation.";
        return Refusal::wrong_status(caller.status(), message).into();
    }
    if !caller.may_step_away(settings) {
        let message = "This clinic does not offer to step away. Please keep the page open.";
        return Refusal::new(Why::NotOffered, message).into();
    }
    let phone = caller.phone();
    let Some(number) = send.number.or_else(|| phone.number().cloned()) else {
        return Refusal::invalid("phone", "Enter the number the code should go to.").into();
    };
    if number.is_landline() {
        let message = "This is a landline, which cannot receive a text. Use a mobile number, or \
                       keep the page open.";
        return Refusal::invalid("phone", message).into();
    }
    if let Some(outstanding) = phone.outstanding()
        && now < outstanding.resend_at()
    {
        let message = "A code was sent a moment ago. Another one can be sent shortly.";
        return limited(outstanding.resend_at(), message).into();
    }
    if let Some(retry_at) = allowed_again_at(&send.uses, now) {
        let message = "Too many codes were sent. Please keep the page open, and try again later.";
        return limited(retry_at, message).into();
    }
    let code = OutstandingCode::sent(number.clone(), send.hash, send.text.clone(), now);
    let mut changed = changed(caller, What::CodeSent, Actor::Caller, |next| {
        edit_phone(next, |phone| *phone.outstanding_mut() = Some(code));
    });
    changed.texts.push(Text {
        id: send.text,
        clinic: caller.clinic.clone(),
        caller: caller.id.clone(),
        purpose: TextPurpose::Code,
        to: number,
        body: TextBody::code(&send.code, &send.at),
    });
    changed.into()
}

fn verify_phone(
    caller: &Caller,
    typed: Option<&CodeHash>,
    uses: &[Use],
    now: Timestamp,
) -> Decision {
    if caller.status().is_final() {
        return over(caller);
    }
    let rejected = |attempts_left: u8, message: &str| {
        Refusal::new(Why::CodeRejected { attempts_left }, message).at("code")
    };
    let phone = caller.phone();
    let Some(outstanding) = phone.outstanding() else {
        // The same code once more, with nothing asked since: a retried request.
        let is_repeat = phone
            .verified()
            .and_then(|phone| phone.used.as_ref())
            .is_some_and(|used| now < used.expires_at && Some(&used.code) == typed);
        if is_repeat {
            return Decision::Unchanged;
        }
        return rejected(0, "There is no code to enter. Ask for a code first.").into();
    };
    if outstanding.attempts_left == 0 {
        return rejected(0, "Too many wrong codes. Ask for a new one.").into();
    }
    if now >= outstanding.expires_at() {
        return rejected(0, "This code has expired. Ask for a new one.").into();
    }
    if let Some(retry_at) = allowed_again_at(uses, now) {
        let message = "Too many wrong codes. Please keep the page open, and try again later.";
        return limited(retry_at, message).at("code").into();
    }
    let Some(typed) = typed else {
        // Not six digits: a slip of the finger, not a guess.
        let message = "The code is the six digits in the text we sent you.";
        return rejected(outstanding.attempts_left, message).into();
    };
    if *typed != outstanding.code {
        let left = outstanding.attempts_left - 1;
        let message = if left == 0 {
            "That is not the code. Ask for a new one."
        } else {
            "That is not the code. Check the latest text we sent you."
        };
        let mut changed = changed(caller, What::CodeRejected, Actor::Caller, |next| {
            edit_phone(next, |phone| {
                if let Some(outstanding) = phone.outstanding_mut() {
                    outstanding.attempts_left = left;
                }
            });
        });
        changed.refusal = Some(rejected(left, message));
        return changed.into();
    }
    let proven = VerifiedPhone {
        number: outstanding.number.clone(),
        verified_at: now,
        outstanding: None,
        used: Some(UsedCode {
            code: outstanding.code.clone(),
            expires_at: outstanding.sent_at + CODE_VALIDITY,
        }),
    };
    let state = match &caller.state {
        // Verified and not viewing is Offline, whatever it was before.
        State::Waiting(_) if !caller.is_viewing() => State::Offline(proven),
        State::Waiting(_) => State::Waiting(Waiting::Verified(proven)),
        State::Offline(_) => State::Offline(proven),
        State::BeingSeen(consultation) => State::BeingSeen(with_phone(consultation, proven)),
        State::OnHold(consultation) => State::OnHold(with_phone(consultation, proven)),
        State::Ended(_) => return over(caller),
    };
    enter(caller, What::PhoneVerified, Actor::Caller, now, state).into()
}

fn with_phone(consultation: &Consultation, phone: VerifiedPhone) -> Consultation {
    Consultation {
        phone: Phone::Verified(phone),
        ..consultation.clone()
    }
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

fn recall(
    caller: &Caller,
    by: Actor,
    id: RecallId,
    text: TextId,
    token: &Token,
    at: &PublicUrl,
    now: Timestamp,
) -> Decision {
    let phone = match &caller.state {
        State::Offline(phone) => phone,
        State::Waiting(Waiting::Verified(_)) => {
            let message =
                "The caller is back on the wait screen and can be joined. No text was sent.";
            return Refusal::wrong_status(Status::Waiting, message).into();
        }
        State::Waiting(Waiting::Unverified { .. }) => {
            let message = "The caller has no verified number to text, and has not stepped away.";
            return Refusal::wrong_status(Status::Waiting, message).into();
        }
        State::BeingSeen(_) | State::OnHold(_) => {
            let message = "The caller is in a consultation already.";
            return Refusal::wrong_status(caller.status(), message).into();
        }
        State::Ended(_) => return over(caller),
    };
    if let Some(latest) = &caller.recall {
        let is_since_away = latest.returned_at.is_none();
        if is_since_away && now < latest.requested_at + RECALL_REPEAT {
            return Decision::Unchanged;
        }
        if caller.recalls >= RECALLS_PER_STAY {
            let message = format!(
                "This caller has had {RECALLS_PER_STAY} texts, the most for one stay. Phone them."
            );
            // No later time makes it fit: the stay has had its texts.
            return Refusal::new(Why::Unavailable, message).into();
        }
        let next = latest.requested_at + RECALL_EVERY;
        if now < next {
            let message = "A text went out less than a minute ago. Wait a moment before the next.";
            return limited(next, message).into();
        }
    }
    let recall = Recall {
        id,
        requested_at: now,
        by: by.clone(),
        text: text.clone(),
        delivery: Delivery::queued(now),
        opened_at: None,
        returned_at: None,
    };
    let text = Text {
        id: text,
        clinic: caller.clinic.clone(),
        caller: caller.id.clone(),
        purpose: TextPurpose::Recall,
        to: phone.number.clone(),
        body: TextBody::recall(token, at),
    };
    let mut changed = changed(caller, What::Recalled, by, |next| {
        next.recall = Some(recall);
        next.recalls += 1;
    });
    changed.texts.push(text);
    changed.into()
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
            body: TextBody::cancelled(),
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

fn hear_of_text(caller: &Caller, text: &TextId, progress: Progress, now: Timestamp) -> Decision {
    if caller.status().is_final() {
        return Decision::Unchanged;
    }
    // Being handed over is over in a moment: staff are told what came of it.
    if progress.state == SmsState::Sending {
        return Decision::Unchanged;
    }
    let what = What::SmsProgress {
        state: progress.state,
        failure: progress.failure,
    };
    if let Some(recall) = caller.recall.as_ref().filter(|recall| recall.text == *text) {
        let Some(delivery) = recall.delivery.advance(progress, now) else {
            return Decision::Unchanged;
        };
        return change(caller, what, Actor::System, |next| {
            if let Some(recall) = &mut next.recall {
                recall.delivery = delivery;
            }
        });
    }
    let phone = caller.phone();
    let Some(outstanding) = phone.outstanding().filter(|code| code.text == *text) else {
        return Decision::Unchanged;
    };
    let Some(delivery) = outstanding.delivery.advance(progress, now) else {
        return Decision::Unchanged;
    };
    change(caller, what, Actor::System, |next| {
        edit_phone(next, |phone| {
            if let Some(outstanding) = phone.outstanding_mut() {
                outstanding.delivery = delivery;
            }
        });
    })
}
