//! Erasing: the stay stays, the person goes. What is left says that somebody was there, when, and how it
//! ended; nothing says who.

use super::caller::{Caller, End, Person, State};
use super::limits::{ERASE_AHEAD, ERASE_WAITS_FOR_TEXT};
use super::refusal::Refusal;
use super::time::{Span, Timestamp};
use super::verification::{Phone, UnverifiedPhone};

/// That a person was erased, and when. Only [`erase`] makes one, and only of a stay that has ended: a
/// caller who is waiting cannot be written down without a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Erased {
    at: Timestamp,
}

impl Erased {
    /// When nothing was known of the person any more.
    #[must_use]
    pub fn at(self) -> Timestamp {
        self.at
    }
}

/// What becomes of an order to erase a caller.
#[derive(Clone, Debug)]
pub enum Erasing {
    /// The caller without the person.
    Erased(Box<Caller>),
    /// It was so already.
    Unchanged,
    /// The stay goes on.
    Refused(Refusal),
}

/// Erases the person behind a stay that has ended. Nothing that anybody follows changes by it: no event,
/// and no version.
#[must_use]
pub fn erase(caller: &Caller, now: Timestamp) -> Erasing {
    let State::Ended(ended) = &caller.state else {
        let message = "The stay has not ended: only an ended one can be erased. Cancel or complete it \
                       first.";
        return Erasing::Refused(Refusal::wrong_status(caller.status(), message));
    };
    if caller.erased_at().is_some() {
        return Erasing::Unchanged;
    }
    let mut ended = ended.clone();
    ended.phone = Phone::Unverified(UnverifiedPhone::default());
    if let End::Left { reason } | End::Cancelled { reason } = &mut ended.how {
        *reason = None;
    }
    Erasing::Erased(Box::new(Caller {
        person: Person::Erased(Erased { at: now }),
        texts_stopped_at: None,
        state: State::Ended(ended),
        ..caller.clone()
    }))
}

/// Stays that ended then or before are erased now. A little before their time is over, because who
/// erases comes by only every so often: what is promised is when they are gone, not when that begins.
///
/// A clinic that keeps people for a few minutes only still has them for half of that: there the rows are
/// emptied in time, and the bytes of the files follow with their next turn.
#[must_use]
pub fn erased_if_ended_by(erase_after: Span, now: Timestamp) -> Timestamp {
    let half = Span::millis(erase_after.as_millis() / 2);
    now - erase_after + ERASE_AHEAD.min(half)
}

/// A text that is still on its way holds the erasing of its caller up when it was committed after this:
/// that a place was cancelled is told although nothing is to be kept. What is older is withdrawn.
#[must_use]
pub fn waits_for_texts_since(now: Timestamp) -> Timestamp {
    now - ERASE_WAITS_FOR_TEXT
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::limits::{ERASE_AFTER, ERASE_BYTES_EVERY, ERASE_EVERY};

    #[test]
    fn whoever_comes_by_every_so_often_is_never_late() {
        let ended = Timestamp::from_millis(1_000_000_000);
        for after in [
            Span::seconds(0),
            Span::seconds(7),
            Span::minutes(1),
            Span::minutes(3),
            ERASE_AFTER,
            Span::hours(24),
        ] {
            let is_due = |now| ended <= erased_if_ended_by(after, now);
            // At the worst moment to come by: just before it became due, and then only twice later.
            let due = (0..1_000_000)
                .map(|tick| ended + Span::millis(tick * 500))
                .find(|now| is_due(*now));
            let due = due.unwrap();
            let in_rows = due + ERASE_EVERY + ERASE_EVERY;
            let in_bytes = in_rows + ERASE_BYTES_EVERY;
            assert!(
                in_rows <= ended + after.max(Span::seconds(15)),
                "{after:?}: {due:?}"
            );
            // What is promised of the files: fifteen minutes after the end, and the clinic's time from
            // there on.
            assert!(
                in_bytes <= ended + after.max(ERASE_AFTER),
                "{after:?}: {due:?}"
            );
            assert!(
                after < Span::minutes(3) || in_bytes <= ended + after,
                "{after:?}: {due:?}"
            );
            assert!(
                due >= ended + after - ERASE_AHEAD,
                "not long before its time"
            );
        }
    }
}
