//! The outbox as the model has it: a row of the `text` table and what each query of
//! `adapters/queries/texts.rs` does to it, and what the worker of `app/outbox.rs` makes of an answer.
//!
//! What is pure there is called from here (`Delivery::advance`, the figures of `domain/limits.rs`).
//! What is SQL, or private to the worker, is written once more; each function names its original,
//! and whoever changes one changes both.

use crate::world::TextNumber;
use standby::domain::delivery::{Delivery, Progress, SmsFailure, SmsState};
use standby::domain::limits::{TEXT_IN_DOUBT, TEXT_TRIES};
use standby::domain::time::{Span, Timestamp};

/// `app/outbox.rs`: how long a claim holds.
pub(crate) const CLAIM: Span = Span::seconds(45);

/// `app/outbox.rs`: the shortest and the longest wait until a text in doubt is looked for again.
const LOOK_FOR_IT_AFTER: (Span, Span) = (Span::seconds(1), Span::seconds(15));

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

/// What a worker has claimed: `ports::store::ClaimedText`, as far as it decides something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Claimed {
    pub(crate) tries: i64,
    pub(crate) in_doubt_since: Option<Timestamp>,
}

/// `ports::texter::HandedOver` without the provider's name for the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum HandedOver {
    Taken(SmsState),
    Refused,
    NotNow,
    InDoubt,
}

/// What the worker does with an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Settle(Progress),
    LookAgain { at: Timestamp },
    TryAgain { at: Timestamp },
}

/// `app/outbox.rs`, `send_text`: what follows from an answer.
pub(crate) fn what_follows(
    answer: HandedOver,
    claimed: Claimed,
    now: Timestamp,
    wait: Span,
) -> Next {
    let came_to = |state| {
        Next::Settle(Progress {
            state,
            failure: None,
        })
    };
    let failed = |failure| {
        Next::Settle(Progress {
            state: SmsState::Failed,
            failure: Some(failure),
        })
    };
    match answer {
        HandedOver::Taken(state) => came_to(state),
        HandedOver::Refused => failed(SmsFailure::InvalidNumber),
        HandedOver::InDoubt => {
            let since = claimed.in_doubt_since.unwrap_or(now);
            if now.since(since) < TEXT_IN_DOUBT {
                let (shortest, longest) = LOOK_FOR_IT_AFTER;
                let at =
                    (now + now.since(since).clamp(shortest, longest)).min(since + TEXT_IN_DOUBT);
                return Next::LookAgain { at };
            }
            came_to(SmsState::Unknown)
        }
        HandedOver::NotNow if claimed.tries + 1 >= TEXT_TRIES => {
            failed(SmsFailure::ProviderUnavailable)
        }
        // There the wait is drawn: some seconds, which here are one step of time.
        HandedOver::NotNow => Next::TryAgain { at: now + wait },
    }
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
    pub(crate) fn claim(&mut self, now: Timestamp) -> Claimed {
        let tries = self.tries;
        if self.is(SmsState::Sending) && self.in_doubt_since.is_none() {
            self.in_doubt_since = Some(now);
        }
        self.state = RowState::Known(SmsState::Sending);
        self.tries += 1;
        self.next_try_at = None;
        self.claimed_until = Some(now + CLAIM);
        Claimed {
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
        self.claimed_until = self.claimed_until.map(|until| until.min(now));
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
        claimed: Claimed,
        /// What `Caller::still_wants` says of the caller as of the claim.
        is_wanted: bool,
        /// Told by the world and not by the code: whether the caller had been looking again since
        /// the recall when the text was claimed.
        is_answered: bool,
    },
    Knows {
        text: TextNumber,
        claimed: Claimed,
        answer: HandedOver,
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
