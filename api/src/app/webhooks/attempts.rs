use crate::domain::webhook::{Answer, DeliveryState};
use std::sync::atomic::{AtomicU64, Ordering};

/// How attempts to deliver events have ended, since the server started.
#[derive(Debug, Default)]
pub struct Attempts {
    taken: AtomicU64,
    refused: AtomicU64,
    retried: AtomicU64,
    failed: AtomicU64,
}

impl Attempts {
    /// Those whose receiver took the event.
    pub fn taken(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }

    /// Those whose receiver answered that it does not take the event.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Those after which the event is tried again, for whatever reason.
    pub fn retried(&self) -> u64 {
        self.retried.load(Ordering::Relaxed)
    }

    /// Those after which the event was given up.
    pub fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }

    /// Counts one: how it was answered, and what became of the delivery.
    pub(super) fn count(&self, answer: Answer, state: DeliveryState) {
        if let Answer::NotTaken {
            status: Some(_), ..
        } = answer
        {
            self.refused.fetch_add(1, Ordering::Relaxed);
        }
        let became = match state {
            DeliveryState::Delivered => &self.taken,
            DeliveryState::Pending { .. } => &self.retried,
            DeliveryState::Failed => &self.failed,
        };
        became.fetch_add(1, Ordering::Relaxed);
    }
}
