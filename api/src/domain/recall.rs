//! A recall: staff asking an Offline caller to come back, and what became of its text.

use super::event::Actor;
use super::id::{RecallId, TextId};
use super::time::Timestamp;

/// The latest recall of a caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recall {
    pub id: RecallId,
    pub requested_at: Timestamp,
    pub by: Actor,
    pub text: TextId,
    pub delivery: Delivery,
    /// When the link in the text was opened.
    pub opened_at: Option<Timestamp>,
    /// When the caller was viewing again, by whatever way.
    pub returned_at: Option<Timestamp>,
}

/// What is known of a text on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub state: SmsState,
    /// Only with [`SmsState::Failed`].
    pub failure: Option<SmsFailure>,
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
    InvalidNumber,
    Landline,
    Unreachable,
    OptedOut,
    Blocked,
    ProviderUnavailable,
    Other,
}

/// A piece of news about a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub state: SmsState,
    pub failure: Option<SmsFailure>,
}

impl Delivery {
    /// A text just committed.
    #[must_use]
    pub fn queued(now: Timestamp) -> Self {
        Self { state: SmsState::Queued, failure: None, updated_at: now }
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
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let mut delivery = Delivery::queued(now);
            for place in order {
                let progress = Progress { state: news[place], failure: None };
                delivery = delivery.advance(progress, now).unwrap_or(delivery);
            }
            assert_eq!(delivery.state, SmsState::Delivered);
        }
    }
}
