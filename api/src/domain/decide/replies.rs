//! What callers text back.

use super::{Changed, Decision, change, changed, end};
use crate::domain::caller::{Caller, End, State};
use crate::domain::event::{Actor, What};
use crate::domain::refusal::Refusal;
use crate::domain::reply::{Answer, Reply};
use crate::domain::time::Timestamp;

/// A reply to the latest recall; a later one takes the place of an earlier one.
pub(super) fn hear_reply(caller: &Caller, answer: Answer, now: Timestamp) -> Decision {
    let Some(recall) = &caller.recall else {
        // Nobody has asked.
        return Decision::Unchanged;
    };
    match (&caller.state, answer) {
        (State::BeingSeen(_) | State::OnHold(_), Answer::Leaving) => {
            let message = "The consultation has begun: only who is in it can end it.";
            return Refusal::wrong_status(caller.status(), message).into();
        }
        // It is over, or they have come: whoever looks at the wait screen can leave there, and a text that
        // was late must not throw them out.
        (State::Ended(_) | State::BeingSeen(_) | State::OnHold(_), _)
        | (State::Waiting(_), Answer::Leaving) => {
            return Decision::Unchanged;
        }
        (State::Waiting(_) | State::Offline(_), _) => {}
    }
    if recall.reply.is_some_and(|reply| reply.answer == answer) {
        return Decision::Unchanged;
    }
    let by = Actor::Caller;
    let mut changed: Changed = match answer {
        Answer::Coming => changed(caller, What::RepliedComing, by, |_| {}),
        Answer::Later => changed(caller, What::RepliedLater, by, |_| {}),
        Answer::Leaving => end(caller, What::Left, by, End::Left { reason: None }, now),
    };
    if let Some(recall) = &mut changed.caller.recall {
        recall.reply = Some(Reply { answer, at: now });
    }
    changed.into()
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
