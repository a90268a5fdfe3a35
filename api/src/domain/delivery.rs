//! How far a text is on its way, and what the news about it changes.

use super::time::Timestamp;

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
///
/// Delivered is last: "the carrier has confirmed it" is evidence that no failure told of later
/// undoes (of a text in several parts one may fail; callbacks overtake each other), and one thought
/// lost may show up on the phone after all. To Twilio both are final (Message resource, status
/// values), so where both are told, one of them is late or about a part of it. That a carrier may
/// confirm what nobody got (Twilio, "SMS messages show the status Delivered but aren't showing up")
/// no order of news can tell: staff see that the caller has not returned.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
