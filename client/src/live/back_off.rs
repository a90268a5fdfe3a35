//! How long to wait before connecting again.

use std::time::Duration;

/// The longest first pause.
const FIRST: Duration = Duration::from_millis(500);
/// The longest of all pauses: a person who looks at a screen for that long believes that it hangs.
const LONGEST: Duration = Duration::from_secs(10);
/// A connection that lasted this long was a good one. One that breaks sooner counts as another
/// failure, so that a server that takes connections and drops them is not flooded.
const GOOD: Duration = Duration::from_secs(5);

/// Pauses that double up to a limit, with jitter: after a server's restart its clients must not
/// come all at once.
#[derive(Debug, Default)]
pub(super) struct BackOff {
    failures: u32,
}

impl BackOff {
    /// The pause after one more failure. `random` is in `0..1`; the pause is at least half of its
    /// longest.
    pub(super) fn next(&mut self, random: f64) -> Duration {
        let longest = FIRST
            .saturating_mul(1 << self.failures.min(16))
            .min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        longest.mul_f64(0.5 + 0.5 * random.clamp(0.0, 1.0))
    }

    /// Takes note of a connection that is no more.
    pub(super) fn connection_lasted(&mut self, duration: Duration) {
        if duration >= GOOD {
            self.start_over();
        }
    }

    /// The world has changed: earlier failures mean nothing any more.
    pub(super) fn start_over(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pauses_double_up_to_ten_seconds() {
        let mut back_off = BackOff::default();
        let pauses: Vec<_> = (0..7).map(|_| back_off.next(1.0).as_millis()).collect();
        assert_eq!(pauses, [500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
    }

    #[test]
    fn after_a_good_connection_the_first_pause_is_short_again() {
        let mut back_off = BackOff::default();
        for _ in 0..9 {
            back_off.next(0.3);
        }
        back_off.connection_lasted(GOOD);
        assert_eq!(back_off.next(1.0), FIRST);
    }

    #[test]
    fn a_server_that_drops_connections_at_once_is_asked_ever_less_often() {
        let mut back_off = BackOff::default();
        let mut last = Duration::ZERO;
        for _ in 0..5 {
            back_off.connection_lasted(Duration::from_millis(20));
            let pause = back_off.next(1.0);
            assert!(pause > last);
            last = pause;
        }
    }

    proptest! {
        #[test]
        fn no_pause_is_shorter_than_a_quarter_second_or_longer_than_ten_seconds(
            failures in any::<u32>(),
            random in 0.0..1.0,
        ) {
            let pause = BackOff { failures }.next(random);
            prop_assert!((Duration::from_millis(250)..=LONGEST).contains(&pause), "{pause:?}");
        }
    }
}
