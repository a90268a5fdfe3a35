//! Hints that a waiting area has changed. They carry no data and may be lost, doubled or late: who
//! hears one reads the store, and a periodic sweep of versions makes up for a lost one.

use crate::domain::id::ClinicId;
use tokio::sync::broadcast;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    pub clinic: ClinicId,
    pub version: i64,
}

pub trait ChangeFeed: Send + Sync {
    /// Says that `hint.clinic` has reached `hint.version`. After the commit, never before.
    fn tell(&self, hint: Hint);

    /// Hears of every change from now on. A receiver that lags must look at every clinic it follows.
    fn listen(&self) -> broadcast::Receiver<Hint>;
}
