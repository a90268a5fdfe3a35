//! The outbox as the model has it: a row of the `text` table and what each query of
//! `adapters/queries/texts.rs` does to it.
//!
//! What is pure is called from here (`what_follows`, `Delivery::advance`, the figures of
//! `domain/limits.rs`). What is SQL is written once more; each function names its original, and whoever
//! changes one changes both.

use crate::world::TextNumber;
use standby::domain::delivery::{Delivery, Progress, SmsState};
use standby::domain::limits::{TEXT_CLAIM, TEXT_TRIES};
use standby::domain::outbox::{Answer, Claim};
use standby::domain::time::Timestamp;

/// How often every text was turned away before the story begins: one try can be made again, and the
/// next is the last. Fewer tries would tell the same at the cost of states.
pub(crate) const TRIES_BEFORE: i64 = TEXT_TRIES - 2;

/// The state column of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum RowState {
    Known(SmsState),
    Withdrawn,
}

/// A row of the outbox; the columns that decide something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) state: RowState,
    pub(crate) tries: i64,
    pub(crate) next_try_at: Option<Timestamp>,
    pub(crate) claimed_until: Option<Timestamp>,
    pub(crate) in_doubt_since: Option<Timestamp>,
}

impl Row {
    /// `TextRow::queued`.
    pub(crate) fn queued(now: Timestamp) -> Self {
        Self {
            state: RowState::Known(SmsState::Queued),
            tries: TRIES_BEFORE,
            next_try_at: Some(now),
            claimed_until: None,
            in_doubt_since: None,
        }
    }

    pub(crate) fn is(&self, state: SmsState) -> bool {
        self.state == RowState::Known(state)
    }

    /// Whether anything is still to be done about it.
    pub(crate) fn is_at_rest(&self) -> bool {
        !self.is(SmsState::Queued) && !self.is(SmsState::Sending)
    }

    /// `due_texts`.
    pub(crate) fn is_due(&self, now: Timestamp) -> bool {
        let is_over = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
        is_over(self.claimed_until) || is_over(self.next_try_at)
    }

    /// `claim_texts` and `TextRow::claimed`.
    pub(crate) fn claim(&mut self, now: Timestamp) -> Claim {
        let tries = self.tries;
        if self.is(SmsState::Sending) && self.in_doubt_since.is_none() {
            self.in_doubt_since = Some(now);
        }
        self.state = RowState::Known(SmsState::Sending);
        self.tries += 1;
        self.next_try_at = None;
        self.claimed_until = Some(now + TEXT_CLAIM);
        Claim {
            tries,
            in_doubt_since: self.in_doubt_since,
        }
    }

    /// `TextRow::after`; false when the news is old.
    pub(crate) fn hear(&mut self, news: Progress, now: Timestamp) -> bool {
        let known = match self.state {
            RowState::Withdrawn => SmsState::Unknown,
            RowState::Known(state) => state,
        };
        let delivery = Delivery {
            state: known,
            failure: None,
            updated_at: now,
        };
        let Some(delivery) = delivery.advance(news, now) else {
            return false;
        };
        self.become_known(delivery.state, now);
        true
    }

    /// The row at a state that is known, with what the table holds in it.
    pub(crate) fn become_known(&mut self, state: SmsState, now: Timestamp) {
        let is_sending = state == SmsState::Sending;
        self.state = RowState::Known(state);
        self.next_try_at = None;
        self.claimed_until = is_sending.then_some(now);
        self.in_doubt_since = self.in_doubt_since.filter(|_| is_sending);
    }

    /// `try_text_again`.
    pub(crate) fn try_again(&mut self, at: Timestamp) {
        if self.is(SmsState::Sending) {
            self.state = RowState::Known(SmsState::Queued);
            self.next_try_at = Some(at);
            self.claimed_until = None;
            self.in_doubt_since = None;
        }
    }

    /// `look_for_text_again`.
    pub(crate) fn look_again(&mut self, now: Timestamp, at: Timestamp) {
        if self.is(SmsState::Sending) {
            self.in_doubt_since = self.in_doubt_since.or(Some(now));
            self.claimed_until = Some(at);
        }
    }

    /// `withdraw_text`.
    pub(crate) fn withdraw(&mut self) {
        if self.is(SmsState::Sending) {
            self.state = RowState::Withdrawn;
            self.claimed_until = None;
            self.in_doubt_since = None;
        }
    }

    /// `give_claims_up`.
    pub(crate) fn give_claim_up(&mut self, now: Timestamp) {
        self.claimed_until = self.claimed_until.map(|_| now);
        self.in_doubt_since = None;
        self.next_try_at = self.next_try_at.map(|at| at.min(now));
    }

    /// The constraints of the table.
    pub(crate) fn is_one_the_table_takes(&self) -> bool {
        self.next_try_at.is_some() == self.is(SmsState::Queued)
            && self.claimed_until.is_some() == self.is(SmsState::Sending)
            && (self.in_doubt_since.is_none() || self.is(SmsState::Sending))
    }
}

/// One of the two workers: nothing in hand, a claimed text, or an answer that is not yet recorded.
/// A crash at any of these leaves the row as the last query made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Worker {
    Idle,
    Claimed {
        text: TextNumber,
        claimed: Claim,
        /// What `Caller::still_wants` says of the caller as of the claim.
        is_wanted: bool,
        /// Told by the world and not by the code: whether the caller had been looking again since
        /// the recall when the text was claimed.
        is_answered: bool,
    },
    Knows {
        text: TextNumber,
        claimed: Claim,
        answer: Answer,
    },
}

impl Worker {
    /// The text in hand.
    pub(crate) fn text(&self) -> Option<TextNumber> {
        match self {
            Self::Idle => None,
            Self::Claimed { text, .. } | Self::Knows { text, .. } => Some(*text),
        }
    }

    /// Whether it is about to hand this text over.
    pub(crate) fn may_hand_over(&self, this: TextNumber) -> bool {
        matches!(self, Self::Claimed { text, claimed, .. }
            if *text == this && claimed.in_doubt_since.is_none())
    }
}
