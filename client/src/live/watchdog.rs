//! Decides whether a connection on which nothing is heard is dead.
//!
//! A phone that changes networks, or a laptop that slept, holds a socket that nobody has closed and
//! on which nothing will ever come. The server pings every 10 s, so silence tells. Times are of the
//! wall clock, not of a monotonic one, because those stand still while a device sleeps.

use std::time::Duration;

use crate::instant::Instant;

/// Two of the server's pings may go missing, and half an interval more.
const SILENT_AFTER: Duration = Duration::from_secs(25);
/// How long the answer to our own ping may take, on a slow phone network.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, Copy)]
pub(super) struct Watchdog {
    heard: Instant,
    /// When an answer was asked for, if nothing was heard since.
    asked: Option<Instant>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Alive { look_again_in: Duration },
    Silent,
}

impl Watchdog {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            heard: now,
            asked: None,
        }
    }

    /// Something came, whatever it was.
    pub(super) fn heard(&mut self, now: Instant) {
        *self = Self::new(now);
    }

    /// A ping was sent. Asking again does not put the answer off.
    pub(super) fn asked(&mut self, now: Instant) {
        self.asked.get_or_insert(now);
    }

    pub(super) fn verdict(&self, now: Instant) -> Verdict {
        let left = |since: Instant, limit: Duration| {
            // A clock that was set back says nothing about the connection: count anew, and no
            // longer than the limit.
            limit
                .checked_sub(now.since(since))
                .filter(|left| !left.is_zero())
        };
        let silence = left(self.heard, SILENT_AFTER);
        let answer = self
            .asked
            .map_or(Some(SILENT_AFTER), |asked| left(asked, ANSWER_WITHIN));
        match (silence, answer) {
            (Some(silence), Some(answer)) => Verdict::Alive {
                look_again_in: silence.min(answer),
            },
            _ => Verdict::Silent,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> Instant {
        Instant::from_epoch_milliseconds(1_784_000_000_000 + seconds * 1000)
    }

    fn alive(seconds: u64) -> Verdict {
        Verdict::Alive {
            look_again_in: Duration::from_secs(seconds),
        }
    }

    #[test]
    fn a_connection_is_dead_after_25_seconds_of_silence() {
        let watchdog = Watchdog::new(at(0));
        assert_eq!(watchdog.verdict(at(0)), alive(25));
        assert_eq!(watchdog.verdict(at(24)), alive(1));
        assert_eq!(watchdog.verdict(at(25)), Verdict::Silent);
        assert_eq!(watchdog.verdict(at(4000)), Verdict::Silent);
    }

    #[test]
    fn whatever_is_heard_keeps_the_connection() {
        let mut watchdog = Watchdog::new(at(0));
        watchdog.heard(at(20));
        assert_eq!(watchdog.verdict(at(44)), alive(1));
    }

    #[test]
    fn a_ping_wants_an_answer_within_5_seconds() {
        let mut watchdog = Watchdog::new(at(0));
        watchdog.asked(at(10));
        assert_eq!(watchdog.verdict(at(10)), alive(5));
        watchdog.asked(at(14));
        assert_eq!(watchdog.verdict(at(15)), Verdict::Silent);

        watchdog.heard(at(15));
        assert_eq!(watchdog.verdict(at(16)), alive(24));
    }

    #[test]
    fn a_ping_does_not_lengthen_the_silence_allowed() {
        let mut watchdog = Watchdog::new(at(0));
        watchdog.asked(at(23));
        assert_eq!(watchdog.verdict(at(23)), alive(2));
    }

    #[test]
    fn a_clock_that_is_set_back_kills_no_connection() {
        assert_eq!(Watchdog::new(at(3600)).verdict(at(0)), alive(25));
    }

    proptest! {
        #[test]
        fn looking_again_when_told_finds_a_dead_connection_in_time(
            asked in proptest::option::of(0_i64..25_000), look in 0_i64..25_000,
        ) {
            let start = Instant::from_epoch_milliseconds(0);
            let mut watchdog = Watchdog::new(start);
            if let Some(asked) = asked {
                watchdog.asked(Instant::from_epoch_milliseconds(asked));
            }
            let limit = asked.map_or(25_000, |asked| (asked + 5_000).min(25_000));
            match watchdog.verdict(Instant::from_epoch_milliseconds(look)) {
                Verdict::Silent => prop_assert!(look >= limit),
                Verdict::Alive { look_again_in } if asked.is_none_or(|asked| asked <= look) => {
                    let end = Instant::from_epoch_milliseconds(limit);
                    let look = Instant::from_epoch_milliseconds(look);
                    prop_assert_eq!(look_again_in, end.since(look));
                }
                Verdict::Alive { .. } => {}
            }
        }
    }
}
