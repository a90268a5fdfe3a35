//! The order of the queue: arrival, and nothing else.

use super::caller::Caller;
use super::id::CallerId;
use super::status::Status;
use std::collections::HashMap;

/// Where a queued caller stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueuePosition {
    /// 1 is next.
    pub place: i64,
    /// Of those ahead, how many are Offline.
    pub ahead_offline: i64,
}

/// The position of everyone in the queue. `callers` are in order of arrival.
#[must_use]
pub fn positions<'a>(
    callers: impl IntoIterator<Item = &'a Caller>,
) -> HashMap<CallerId, QueuePosition> {
    let mut ahead = 0;
    let mut ahead_offline = 0;
    let mut positions = HashMap::new();
    for caller in callers {
        let status = caller.status();
        if !status.is_queued() {
            continue;
        }
        ahead += 1;
        positions.insert(
            caller.id.clone(),
            QueuePosition {
                place: ahead,
                ahead_offline,
            },
        );
        ahead_offline += i64::from(status == Status::Offline);
    }
    positions
}
