//! What callers text back.

use super::{Decision, change};
use crate::domain::caller::Caller;
use crate::domain::event::{Actor, What};
use crate::domain::reply::Answer;
use crate::domain::time::Timestamp;

pub(super) fn hear_reply(_caller: &Caller, _answer: Answer, _now: Timestamp) -> Decision {
    Decision::Unchanged
}

/// The holder of the number asks for no more texts.
pub(super) fn stop_texts(caller: &Caller, now: Timestamp) -> Decision {
    if caller.status().is_final() || caller.texts_stopped_at.is_some() {
        return Decision::Unchanged;
    }
    change(caller, What::TextsStopped, Actor::Caller, |next| {
        next.texts_stopped_at = Some(now);
    })
}

/// The holder of the number takes texts again.
pub(super) fn allow_texts(caller: &Caller) -> Decision {
    if caller.status().is_final() || caller.texts_stopped_at.is_none() {
        return Decision::Unchanged;
    }
    change(caller, What::TextsAllowed, Actor::Caller, |next| {
        next.texts_stopped_at = None;
    })
}
