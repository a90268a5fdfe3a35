//! The wall clock: the only place that reads it.

use crate::domain::time::Timestamp;
use crate::ports::clock::Clock;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// The machine's clock, made to never go back: a step back of the machine's time (an NTP
/// correction) would let leases and codes live longer than they should, and order events wrongly.
#[derive(Default)]
pub struct WallClock {
    latest: AtomicI64,
}

impl Clock for WallClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    fn now(&self) -> Timestamp {
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let millis = i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX);
        let latest = self.latest.fetch_max(millis, Ordering::Relaxed);
        Timestamp::from_millis(millis.max(latest))
    }
}
