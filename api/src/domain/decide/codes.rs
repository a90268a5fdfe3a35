//! Proving a number: codes are sent and entered, or staff vouch for it.

use super::{
    Decision, NewCode, SendCode, change, changed, edit_phone, enter, has_ended, limited, over,
};
use crate::domain::breaker::{PAUSED_BY, codes_paused_until};
use crate::domain::caller::{Caller, Consultation, State, Waiting};
use crate::domain::clinic::Settings;
use crate::domain::event::{Actor, What};
use crate::domain::id::TextId;
use crate::domain::limits::{
    CODE_ATTEMPTS, CODE_VALIDITY, LimitKind, Use, allowed_again_at, only_staff_can_verify,
    pause_ends_at,
};
use crate::domain::phone_number::PhoneNumber;
use crate::domain::refusal::{Refusal, Why};
use crate::domain::secret::CodeHash;
use crate::domain::text::{Text, TextBody, TextPurpose, Words};
use crate::domain::time::Timestamp;
use crate::domain::verification::{CodeProof, OutstandingCode, Phone, UsedCode, VerifiedPhone};

pub(super) fn send_code(
    caller: &Caller,
    send: SendCode,
    settings: &Settings,
    now: Timestamp,
) -> Decision {
    let number = match may_send(caller, &send, settings, now) {
        Ok(number) => number,
        Err(refusal) => return refusal.into(),
    };
    let (proof, words) = match send.code {
        NewCode::Ours { code, hash } => {
            let words = Words::Ours(TextBody::code(&code, &send.at));
            (CodeProof::Ours(hash), words)
        }
        NewCode::Providers => (CodeProof::Providers, Words::Providers),
    };
    let resend_at = resend_at(&send.uses, now);
    let code = OutstandingCode::sent(number.clone(), proof, send.text.clone(), now, resend_at);
    let mut changed = changed(caller, What::CodeSent, Actor::Caller, |next| {
        edit_phone(next, |phone| *phone.outstanding_mut() = Some(code));
    });
    changed.texts.push(Text {
        id: send.text,
        clinic: caller.clinic.clone(),
        caller: caller.id.clone(),
        purpose: TextPurpose::Code,
        to: number,
        words,
    });
    changed.into()
}

/// The number a code may go to now.
fn may_send(
    caller: &Caller,
    send: &SendCode,
    settings: &Settings,
    now: Timestamp,
) -> Result<PhoneNumber, Refusal> {
    let status = caller.status();
    if status.is_final() {
        return Err(has_ended(caller));
    }
    if !status.is_queued() {
        let message = "A number can be verified while waiting, not during the consultation.";
        return Err(Refusal::wrong_status(status, message));
    }
    if !caller.may_step_away(settings) {
        let message = "This clinic does not offer to step away. Please keep the page open.";
        return Err(Refusal::new(Why::NotOffered, message));
    }
    let phone = caller.phone();
    let number = send.number.as_ref().or(phone.number());
    // Read again also when it was given on arrival: the clinic may take other countries since.
    let number = settings.read_phone(number.map(PhoneNumber::reveal))?;
    let Some(number) = number else {
        let message = "Enter the number the code should go to.";
        return Err(Refusal::invalid("phone", message));
    };
    if number.is_landline() {
        let message = "This is a landline, which cannot receive a text. Use a mobile number, or \
                       keep the page open.";
        return Err(Refusal::invalid("phone", message));
    }
    if only_staff_can_verify(&send.uses, now) {
        return Err(Refusal::new(Why::Unavailable, ONLY_STAFF));
    }
    may_send_again(phone.outstanding(), &send.uses, now)?;
    Ok(number)
}

/// Why nobody can prove this number by a code any more.
const ONLY_STAFF: &str = "Too many wrong codes were entered for this number. Only the clinic's \
                          staff can verify it now. Please keep the page open: you keep your place.";

fn may_send_again(
    outstanding: Option<&OutstandingCode>,
    uses: &[Use],
    now: Timestamp,
) -> Result<(), Refusal> {
    let is_wrong = |used: &&Use| used.kind == LimitKind::WrongCodeForNumber;
    let is_other = |used: &&Use| !is_wrong(used) && !PAUSED_BY.contains(&used.kind);
    let resend_at = outstanding.map(|outstanding| outstanding.resend_at);
    let a_moment_ago = "A code was sent a moment ago. Another one can be sent shortly.";
    // Where several stand in the way, the one that does so longest says why.
    let refused = [
        (resend_at.filter(|at| now < *at), a_moment_ago),
        // Perhaps at the wish of another caller, whose number it is too.
        (pause_ends_at(uses, now), a_moment_ago),
        (
            allowed_again_at(uses.iter().filter(is_other), now),
            "Too many codes were sent. Please keep the page open, and try again later.",
        ),
        (
            // One that goes out now could not be entered.
            allowed_again_at(uses.iter().filter(is_wrong), now),
            "Too many wrong codes were entered. Please keep the page open, and try again later.",
        ),
        (
            codes_paused_until(uses, now),
            "This clinic cannot send codes just now. Please keep the page open: you keep your \
             place.",
        ),
    ];
    let refused = refused
        .into_iter()
        .filter_map(|(retry_at, message)| Some((retry_at?, message)));
    match refused.max_by_key(|(retry_at, _)| *retry_at) {
        Some((retry_at, message)) => Err(limited(retry_at, message)),
        None => Ok(()),
    }
}

/// From when another code may follow the one that is sent now: by all limits on its number, so that a
/// screen that counts down to it does not promise what is then refused.
fn resend_at(uses: &[Use], now: Timestamp) -> Timestamp {
    let to_number = uses
        .iter()
        .find(|used| used.kind == LimitKind::CodeToNumber);
    let mut to_number = to_number.cloned().unwrap_or(Use {
        kind: LimitKind::CodeToNumber,
        times: Vec::new(),
    });
    to_number.times.push(now);
    let to_number = [to_number];
    let pause = pause_ends_at(&to_number, now);
    pause.max(allowed_again_at(&to_number, now)).unwrap_or(now)
}

/// What becomes of a code that was entered and cannot be looked at, or is not the one.
fn rejected(attempts_left: u8, message: &str) -> Refusal {
    Refusal::new(Why::CodeRejected { attempts_left }, message).at("code")
}

/// Whether this code has proved the number already, with nothing asked since: a retried request.
fn is_repeat(phone: &Phone, typed: Option<&CodeHash>, now: Timestamp) -> bool {
    phone.outstanding().is_none()
        && phone
            .verified()
            .and_then(|phone| phone.used.as_ref())
            .is_some_and(|used| now < used.expires_at && Some(&used.code) == typed)
}

/// The outstanding code, if one that is entered now may be compared with it.
fn may_look<'p>(
    caller: &Caller,
    phone: &'p Phone,
    uses: &[Use],
    now: Timestamp,
) -> Result<&'p OutstandingCode, Refusal> {
    if caller.status().is_final() {
        return Err(has_ended(caller));
    }
    let Some(outstanding) = phone.outstanding() else {
        let message = "There is no code to enter. Ask for a code first.";
        return Err(rejected(0, message));
    };
    if only_staff_can_verify(uses, now) {
        return Err(Refusal::new(Why::Unavailable, ONLY_STAFF).at("code"));
    }
    if outstanding.attempts_left == 0 {
        let message = "Too many wrong codes. Ask for a new one, or keep the page open.";
        return Err(rejected(0, message));
    }
    if now >= outstanding.expires_at() {
        return Err(rejected(0, EXPIRED));
    }
    if let Some(retry_at) = allowed_again_at(uses, now) {
        let message = "Too many wrong codes. Please keep the page open, and try again later.";
        return Err(limited(retry_at, message).at("code"));
    }
    Ok(outstanding)
}

const EXPIRED: &str = "This code has expired. Ask for a new one.";

pub(super) fn verify_phone(
    caller: &Caller,
    typed: Option<&CodeHash>,
    uses: &[Use],
    now: Timestamp,
) -> Decision {
    let phone = caller.phone();
    if !caller.status().is_final() && is_repeat(&phone, typed, now) {
        return Decision::Unchanged;
    }
    let outstanding = match may_look(caller, &phone, uses, now) {
        Ok(outstanding) => outstanding,
        Err(refusal) => return refusal.into(),
    };
    let Some(typed) = typed else {
        // Not six digits: a slip of the finger, not a guess.
        let message = "The code is the six digits in the text we sent you.";
        return rejected(outstanding.attempts_left, message).into();
    };
    let CodeProof::Ours(right) = &outstanding.proof else {
        // The provider knows of none any more, or is no longer the provider.
        return rejected(0, EXPIRED).into();
    };
    if typed == right {
        return prove(caller, outstanding, right, now);
    }
    let left = outstanding.attempts_left - 1;
    let mut changed = changed(caller, What::CodeRejected, Actor::Caller, |next| {
        leave_attempts(next, left);
        put_resend_off(next, uses, now);
    });
    changed.refusal = Some(wrong(left));
    changed.into()
}

/// The attempt is taken before the provider is asked. Were it taken after, any number of guesses could
/// be on their way to the provider at once, each of which it would look at.
pub(super) fn take_attempt(caller: &Caller, uses: &[Use], now: Timestamp) -> Decision {
    let phone = caller.phone();
    let outstanding = match may_look(caller, &phone, uses, now) {
        Ok(outstanding) => outstanding,
        Err(refusal) => return refusal.into(),
    };
    let left = outstanding.attempts_left - 1;
    change(caller, What::CodeEntered, Actor::Caller, |next| {
        leave_attempts(next, left);
    })
}

/// Nobody has looked at what was entered, so it was no guess.
pub(super) fn give_attempt_back(caller: &Caller, text: &TextId) -> Decision {
    let phone = caller.phone();
    let outstanding = phone.outstanding().filter(|code| code.text == *text);
    let taken = outstanding.filter(|code| code.attempts_left < CODE_ATTEMPTS);
    let Some(taken) = taken.filter(|_| !caller.status().is_final()) else {
        return Decision::Unchanged;
    };
    let left = taken.attempts_left + 1;
    change(caller, What::CodeNotChecked, Actor::System, |next| {
        leave_attempts(next, left);
    })
}

pub(super) fn hear_of_code(
    caller: &Caller,
    text: &TextId,
    typed: &CodeHash,
    is_right: bool,
    now: Timestamp,
) -> Decision {
    if caller.status().is_final() {
        return over(caller);
    }
    let phone = caller.phone();
    if is_repeat(&phone, Some(typed), now) {
        // The same code twice at once: the other one was heard of first.
        return Decision::Unchanged;
    }
    let Some(outstanding) = phone.outstanding() else {
        let message = "There is no code to enter. Ask for a code first.";
        return rejected(0, message).into();
    };
    if outstanding.text != *text {
        let message = "Another code was sent in the meantime. Enter that one.";
        return rejected(outstanding.attempts_left, message).into();
    }
    if is_right {
        // Whatever time it took: the attempt was taken while the code was valid.
        return prove(caller, outstanding, typed, now);
    }
    let mut changed = changed(caller, What::CodeRejected, Actor::Caller, |_| {});
    changed.refusal = Some(wrong(outstanding.attempts_left));
    changed.into()
}

pub(super) fn vouch_for_phone(
    caller: &Caller,
    by: Actor,
    phoned: PhoneNumber,
    settings: &Settings,
    now: Timestamp,
) -> Decision {
    if caller.status().is_final() {
        return over(caller);
    }
    let phone = caller.phone();
    if phone
        .verified()
        .is_some_and(|proven| proven.number == phoned)
    {
        return Decision::Unchanged;
    }
    if !caller.may_step_away(settings) {
        let message = "This clinic does not offer to step away, so no number is verified.";
        return Refusal::new(Why::NotOffered, message).into();
    }
    let Some(number) = phone.number() else {
        let message = "This caller has given no number that could be verified.";
        return Refusal::invalid("callerId", message).into();
    };
    if *number != phoned {
        // Whoever answered there says nothing about the number that Recall would text now.
        let message = "The caller's number is another one now. Phone that one, and verify it then.";
        return Refusal::invalid("phone", message).into();
    }
    if phoned.is_landline() {
        let message = "This is a landline, which no recall could reach. The caller can give a \
                       mobile number, or keep the page open.";
        return Refusal::invalid("phone", message).into();
    }
    // Read again: the clinic may take other countries since it was given.
    if settings.read_phone(Some(phoned.reveal())).is_err() {
        let message = "The clinic does not take numbers of this country. The caller can give \
                       another number, or keep the page open.";
        return Refusal::invalid("phone", message).into();
    }
    let proven = VerifiedPhone {
        number: phoned,
        verified_at: now,
        outstanding: None,
        used: None,
    };
    verified(caller, What::PhoneVouchedFor, by, proven, now)
}

fn leave_attempts(caller: &mut Caller, left: u8) {
    edit_phone(caller, |phone| {
        if let Some(outstanding) = phone.outstanding_mut() {
            outstanding.attempts_left = left;
        }
    });
}

/// Another code is sent no sooner than one more wrong code at `now` leaves the number's limit: whoever
/// was told an earlier time would ask in vain.
fn put_resend_off(caller: &mut Caller, uses: &[Use], now: Timestamp) {
    let of_number = uses
        .iter()
        .filter(|used| used.kind == LimitKind::WrongCodeForNumber)
        .map(|used| Use {
            times: used.times.iter().copied().chain([now]).collect(),
            ..used.clone()
        });
    let Some(opens) = allowed_again_at(&of_number.collect::<Vec<_>>(), now) else {
        return;
    };
    edit_phone(caller, |phone| {
        if let Some(outstanding) = phone.outstanding_mut() {
            outstanding.resend_at = outstanding.resend_at.max(opens);
        }
    });
}

fn wrong(attempts_left: u8) -> Refusal {
    let message = if attempts_left == 0 {
        "That is not the code, and no more are looked at. Keep the page open: you can ask for \
         another code later, or the clinic can phone you and verify your number."
    } else {
        "That is not the code. Check the latest text we sent you."
    };
    rejected(attempts_left, message)
}

/// The right code was entered.
fn prove(caller: &Caller, code: &OutstandingCode, entered: &CodeHash, now: Timestamp) -> Decision {
    let proven = VerifiedPhone {
        number: code.number.clone(),
        verified_at: now,
        outstanding: None,
        used: Some(UsedCode {
            code: entered.clone(),
            expires_at: code.sent_at + CODE_VALIDITY,
        }),
    };
    verified(caller, What::PhoneVerified, Actor::Caller, proven, now)
}

fn verified(
    caller: &Caller,
    what: What,
    by: Actor,
    proven: VerifiedPhone,
    now: Timestamp,
) -> Decision {
    let state = match &caller.state {
        // Verified and not viewing is Offline, whatever it was before.
        State::Waiting(_) if !caller.is_viewing() => State::Offline(proven),
        State::Waiting(_) => State::Waiting(Waiting::Verified(proven)),
        State::Offline(_) => State::Offline(proven),
        State::BeingSeen(consultation) => State::BeingSeen(with_phone(consultation, proven)),
        State::OnHold(consultation) => State::OnHold(with_phone(consultation, proven)),
        State::Ended(_) => return over(caller),
    };
    enter(caller, what, by, now, state).into()
}

fn with_phone(consultation: &Consultation, phone: VerifiedPhone) -> Consultation {
    Consultation {
        phone: Phone::Verified(phone),
        ..consultation.clone()
    }
}
