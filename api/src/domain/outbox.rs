//! What is done about a text once it is known, or not known, what became of handing it over.

use super::delivery::{Delivery, Progress, SmsFailure, SmsState};
use super::limits::{
    TEXT_ASKED_AFTER, TEXT_ASKED_EVERY, TEXT_ASKED_FOR, TEXT_IN_DOUBT, TEXT_LOOK_EVERY, TEXT_TRIES,
};
use super::text::TextPurpose;
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

/// When the provider is next asked how far a text is, of which `known` is all that was heard; `None` when
/// never (again). Its news is told once or twice and is lost where nobody heard it; a state that may still
/// change is asked for ever more seldom, so that a text of which no carrier ever tells costs few questions, and
/// not so seldom that a question asked in vain hides a failure for long.
#[must_use]
pub fn ask_at(purpose: TextPurpose, known: Delivery, now: Timestamp) -> Option<Timestamp> {
    let may_change = known.state == SmsState::Sent;
    let is_shown = match purpose {
        TextPurpose::Code | TextPurpose::Recall => true,
        // Its stay is over: nobody waits to see whether it arrived.
        TextPurpose::Cancelled => false,
    };
    let taken_at = known.updated_at;
    let so_far = now.since(taken_at);
    if !may_change || !is_shown || so_far >= TEXT_ASKED_FOR {
        return None;
    }
    // As long from now as it has been silent, within bounds, and a last time at the end.
    let at = now + so_far.max(TEXT_ASKED_AFTER).min(TEXT_ASKED_EVERY);
    Some(at.min(taken_at + TEXT_ASKED_FOR))
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

    /// What is known of a text that was taken at the beginning of time.
    fn known(state: SmsState) -> Delivery {
        Delivery {
            state,
            failure: None,
            updated_at: Timestamp::from_millis(0),
        }
    }

    #[test]
    fn the_provider_is_asked_about_a_silent_text_ever_more_seldom_for_a_day() {
        let mut now = Timestamp::from_millis(0);
        let mut questions = Vec::new();
        while let Some(at) = ask_at(TextPurpose::Recall, known(SmsState::Sent), now) {
            now = at;
            questions.push(at.as_millis() / 1000);
        }
        assert_eq!(questions[..8], [30, 60, 120, 240, 480, 960, 1860, 2760]);
        assert_eq!(questions.last(), Some(&86_400));
        assert_eq!(questions.len(), 101);
    }

    #[test]
    fn nothing_is_asked_of_which_the_answer_could_change_nothing() {
        let now = Timestamp::from_millis(1);
        for state in [
            SmsState::Queued,
            SmsState::Sending,
            SmsState::Unknown,
            SmsState::Failed,
            SmsState::Delivered,
        ] {
            assert_eq!(ask_at(TextPurpose::Code, known(state), now), None);
        }
        let told = known(SmsState::Sent);
        assert_eq!(ask_at(TextPurpose::Cancelled, told, now), None);
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
