//! The wall clock: the only place that reads it.

use crate::domain::time::Timestamp;
use crate::ports::clock::Clock;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How far the machine's time may run ahead of ours before it is taken over. The machine's time jumps
/// ahead when it has slept, or was set right.
const AHEAD: Duration = Duration::from_secs(1);

/// The machine's time at the start, and from then on as much later as time has passed. It never goes
/// back and never stands still, whatever is done to the machine's time: a lease that stood still would
/// show callers as Waiting who are long gone. When the machine's time is set back, ours stays ahead of
/// it until the next start.
pub struct WallClock {
    reckoned: Mutex<Reckoned>,
}

/// A time, and the moment it was taken at.
struct Reckoned {
    since_epoch: Duration,
    at: Instant,
}

impl Default for WallClock {
    fn default() -> Self {
        let reckoned = Reckoned {
            since_epoch: machine_time(),
            at: Instant::now(),
        };
        Self {
            reckoned: Mutex::new(reckoned),
        }
    }
}

impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        let mut reckoned = self.reckoned.lock().unwrap_or_else(PoisonError::into_inner);
        let now = reckoned.now(machine_time(), Instant::now());
        Timestamp::from_millis(i64::try_from(now.as_millis()).unwrap_or(i64::MAX))
    }
}

impl Reckoned {
    fn now(&mut self, machine: Duration, moment: Instant) -> Duration {
        let now = self.since_epoch + moment.saturating_duration_since(self.at);
        if machine > now + AHEAD {
            *self = Self {
                since_epoch: machine,
                at: moment,
            };
            return machine;
        }
        now
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place")]
fn machine_time() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_passes_whatever_is_done_to_the_machine_s_time() {
        let start = Instant::now();
        let seconds = Duration::from_secs;
        let mut reckoned = Reckoned {
            since_epoch: seconds(1000),
            at: start,
        };
        // As it should be, and a little off.
        assert_eq!(
            reckoned.now(seconds(1010), start + seconds(10)),
            seconds(1010)
        );
        assert_eq!(
            reckoned.now(seconds(1020), start + seconds(21)),
            seconds(1021)
        );
        // Set back by a quarter of an hour: ours goes on.
        assert_eq!(
            reckoned.now(seconds(130), start + seconds(30)),
            seconds(1030)
        );
        assert_eq!(
            reckoned.now(seconds(131), start + seconds(31)),
            seconds(1031)
        );
        // The machine slept for an hour, in which no moments passed.
        assert_eq!(
            reckoned.now(seconds(4632), start + seconds(32)),
            seconds(4632)
        );
        assert_eq!(
            reckoned.now(seconds(4633), start + seconds(33)),
            seconds(4633)
        );
    }
}
