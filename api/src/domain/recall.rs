//! A recall: staff asking an Offline caller to come back, and what became of its text.

use super::event::Actor;
use super::id::{RecallId, TextId};
use super::time::Timestamp;

/// The latest recall of a caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recall {
    /// Tells the link of this recall from that of an earlier one.
    pub id: RecallId,
    /// When staff asked: the wait until the next recall counts from here.
    pub requested_at: Timestamp,
    /// Who of staff asked.
    pub by: Actor,
    /// The text with the link, to know its news by.
    pub text: TextId,
    /// How far that text is.
    pub delivery: Delivery,
    /// When the link in the text was opened.
    pub opened_at: Option<Timestamp>,
    /// When the caller was viewing again, by whatever way.
    pub returned_at: Option<Timestamp>,
}

/// What is known of a text on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The furthest that was heard of.
    pub state: SmsState,
    /// Only with [`SmsState::Failed`].
    pub failure: Option<SmsFailure>,
    /// When `state` was heard of.
    pub updated_at: Timestamp,
}

/// How far a text is. The order is the order in which states may follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SmsState {
    /// Committed, not yet handed over.
    Queued,
    /// Being handed over right now.
    Sending,
    /// It is not known whether it was taken; nobody sends it again blindly.
    Unknown,
    /// Taken by the provider.
    Sent,
    /// Not delivered, and never will be.
    Failed,
    /// On the phone.
    Delivered,
}

/// Why a text failed, as far as staff can act on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SmsFailure {
    /// Nobody has this number.
    InvalidNumber,
    /// It takes no texts, but can be phoned.
    Landline,
    /// The phone was off or out of reach until the carrier gave up.
    Unreachable,
    /// Whoever holds the number has asked for no more texts; it can be phoned.
    OptedOut,
    /// The carrier or the provider would not pass it on.
    Blocked,
    /// The provider took no texts, however often it was tried.
    ProviderUnavailable,
    /// None of these.
    Other,
}

/// A piece of news about a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How far the text was when this was sent, which may be behind what is known.
    pub state: SmsState,
    /// Ignored unless `state` is [`SmsState::Failed`].
    pub failure: Option<SmsFailure>,
}

impl Delivery {
    /// A text just committed.
    #[must_use]
    pub fn queued(now: Timestamp) -> Self {
        Self {
            state: SmsState::Queued,
            failure: None,
            updated_at: now,
        }
    }

    /// The delivery after a piece of news; `None` when the news is old: states only move forward,
    /// in whatever order the news arrives.
    #[must_use]
    pub fn advance(self, news: Progress, now: Timestamp) -> Option<Self> {
        (news.state > self.state).then_some(Self {
            state: news.state,
            failure: news.failure.filter(|_| news.state == SmsState::Failed),
            updated_at: now,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_whatever_order_the_news_arrives_a_delivery_ends_at_the_furthest() {
        let now = Timestamp::from_millis(0);
        let news = [SmsState::Sending, SmsState::Sent, SmsState::Delivered];
        for order in [
            [0, 1, 2],
            [0, 2, 1],
            [1, 0, 2],
            [1, 2, 0],
            [2, 0, 1],
            [2, 1, 0],
        ] {
            let mut delivery = Delivery::queued(now);
            for place in order {
                let progress = Progress {
                    state: news[place],
                    failure: None,
                };
                delivery = delivery.advance(progress, now).unwrap_or(delivery);
            }
            assert_eq!(delivery.state, SmsState::Delivered);
        }
    }
}
