//! Asking an Offline caller to come back, and what is heard of texts.

use super::{Decision, change, changed, edit_phone, limited, over};
use crate::domain::caller::{Caller, State, Waiting};
use crate::domain::delivery::{Delivery, Progress, SmsState};
use crate::domain::event::{Actor, What};
use crate::domain::id::{RecallId, TextId};
use crate::domain::limits::{RECALL_EVERY, RECALL_REPEAT, RECALLS_PER_STAY};
use crate::domain::recall::Recall;
use crate::domain::refusal::{Refusal, Why};
use crate::domain::status::Status;
use crate::domain::text::{Text, TextBody, TextPurpose, Words};
use crate::domain::time::Timestamp;

/// A recall, should it come to one.
pub(super) struct NewRecall {
    pub(super) by: Actor,
    pub(super) id: RecallId,
    pub(super) text: TextId,
    pub(super) words: TextBody,
}

pub(super) fn recall(caller: &Caller, new: NewRecall, now: Timestamp) -> Decision {
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
    }
    if caller.texts_stopped_at.is_some() {
        let message = "The holder of this number has asked for no texts: phone them.";
        return Refusal::new(Why::Unavailable, message).into();
    }
    if let Some(latest) = &caller.recall {
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
        id: new.id,
        requested_at: now,
        by: new.by.clone(),
        text: new.text.clone(),
        delivery: Delivery::queued(now),
        opened_at: None,
        returned_at: None,
        reply: None,
    };
    let text = Text {
        id: new.text,
        clinic: caller.clinic.clone(),
        caller: caller.id.clone(),
        purpose: TextPurpose::Recall,
        to: phone.number.clone(),
        words: Words::Ours(new.words),
    };
    let mut changed = changed(caller, What::Recalled, new.by, |next| {
        next.recall = Some(recall);
        next.recalls += 1;
    });
    changed.texts.push(text);
    changed.into()
}

pub(super) fn hear_of_text(
    caller: &Caller,
    text: &TextId,
    progress: Progress,
    now: Timestamp,
) -> Decision {
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
