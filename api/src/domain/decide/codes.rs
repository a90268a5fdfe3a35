//! Proving a number: codes are sent and entered, or staff vouch for it.

use super::{Decision, NewCode, SendCode, change, changed, edit_phone, enter, limited, over};
use crate::domain::caller::{Caller, Consultation, State, Waiting};
use crate::domain::clinic::Settings;
use crate::domain::event::{Actor, What};
use crate::domain::id::TextId;
use crate::domain::limits::{CODE_RESEND_AFTER, CODE_VALIDITY, Use, allowed_again_at};
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
        && now < outstanding.resend_at
    {
        let message = "A code was sent a moment ago. Another one can be sent shortly.";
        return limited(outstanding.resend_at, message).into();
    }
    if let Some(retry_at) = allowed_again_at(&send.uses, now) {
        let message = "Too many codes were sent. Please keep the page open, and try again later.";
        return limited(retry_at, message).into();
    }
    let (proof, words) = match send.code {
        NewCode::Ours { code, hash } => {
            let words = Words::Ours(TextBody::code(&code, &send.at));
            (CodeProof::Ours(hash), words)
        }
        NewCode::Providers => (CodeProof::Providers, Words::Providers),
    };
    let resend_at = now + CODE_RESEND_AFTER;
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

pub(super) fn verify_phone(
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
    let CodeProof::Ours(right) = &outstanding.proof else {
        // Only the provider can tell: `take_attempt` and `hear_of_code`.
        return Decision::Unchanged;
    };
    if typed != right {
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
            code: right.clone(),
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

pub(super) fn take_attempt(_caller: &Caller, _uses: &[Use], _now: Timestamp) -> Decision {
    Decision::Unchanged
}

pub(super) fn hear_of_code(
    _caller: &Caller,
    _text: &TextId,
    _typed: &CodeHash,
    _is_right: bool,
    _now: Timestamp,
) -> Decision {
    Decision::Unchanged
}

pub(super) fn vouch_for_phone(_caller: &Caller, _by: Actor, _now: Timestamp) -> Decision {
    Decision::Unchanged
}
