//! What is done about a text once it is known, or not known, what became of handing it over.

use super::delivery::{Progress, SmsFailure, SmsState};
use super::limits::{TEXT_IN_DOUBT, TEXT_LOOK_EVERY, TEXT_TRIES};
use super::time::{Span, Timestamp};

/// What became of handing a text over, or of looking for one that perhaps was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// The provider has it, and says how far it is.
    Taken(Progress),
    /// Not taken, and never will be.
    Refused(SmsFailure),
    /// Certainly not taken, and worth trying again.
    NotNow,
    /// It may have been taken; nobody knows.
    InDoubt,
}

/// What was known of the text when it was claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// How often handing it over was tried before.
    pub tries: i64,
    /// Since when it may have been taken and nobody knows.
    pub in_doubt_since: Option<Timestamp>,
}

/// What is done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// This is what became of it: nobody sends it any more.
    Settle(Progress),
    /// It is looked for again, and not sent.
    LookAgain {
        /// When.
        at: Timestamp,
    },
    /// It is handed over again.
    TryAgain {
        /// When.
        at: Timestamp,
    },
}

/// What follows from an answer. `wait` is how long the next try is put off, should there be one.
#[must_use]
pub fn what_follows(answer: Answer, claim: Claim, now: Timestamp, wait: Span) -> Next {
    let failed = |failure| {
        Next::Settle(Progress {
            state: SmsState::Failed,
            failure: Some(failure),
        })
    };
    match answer {
        Answer::Taken(progress) => Next::Settle(progress),
        Answer::Refused(failure) => failed(failure),
        Answer::NotNow if claim.tries + 1 >= TEXT_TRIES => failed(SmsFailure::ProviderUnavailable),
        Answer::NotNow => Next::TryAgain { at: now + wait },
        Answer::InDoubt => {
            let since = claim.in_doubt_since.unwrap_or(now);
            if now.since(since) >= TEXT_IN_DOUBT {
                return Next::Settle(Progress {
                    state: SmsState::Unknown,
                    failure: None,
                });
            }
            // As long from now as the doubt has lasted: the first looks are soon, the later ones cost
            // little, and the last comes when the doubt ends.
            let (shortest, longest) = TEXT_LOOK_EVERY;
            let wait = now.since(since).clamp(shortest, longest);
            let at = (now + wait).min(since + TEXT_IN_DOUBT);
            Next::LookAgain { at }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_in_doubt_is_looked_for_soon_then_seldom_and_a_last_time_when_the_doubt_ends() {
        let since = Timestamp::from_millis(0);
        let claim = Claim {
            tries: 1,
            in_doubt_since: Some(since),
        };
        let mut now = since;
        let mut looks = Vec::new();
        while let Next::LookAgain { at } =
            what_follows(Answer::InDoubt, claim, now, Span::seconds(1))
        {
            now = at;
            looks.push(at.as_millis() / 1000);
        }
        assert_eq!(looks, [1, 2, 4, 8, 16, 31, 46, 60]);
    }

    #[test]
    fn what_may_have_been_taken_is_never_handed_over_again() {
        for tries in 0..=TEXT_TRIES {
            for seconds in 0..200 {
                let claim = Claim {
                    tries,
                    in_doubt_since: Some(Timestamp::from_millis(0)),
                };
                let now = Timestamp::from_millis(seconds * 1000);
                let next = what_follows(Answer::InDoubt, claim, now, Span::seconds(1));
                assert!(!matches!(next, Next::TryAgain { .. }), "{next:?}");
            }
        }
    }
}
