//! Hints that a waiting area has changed. They carry no data and may be lost, doubled or late: who
//! hears one reads the store, and a periodic sweep of versions makes up for a lost one.

use crate::domain::id::ClinicId;
use tokio::sync::broadcast;

/// That a waiting area has come to a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// Whose waiting area.
    pub clinic: ClinicId,
    /// The version it has reached at least. The same again may mean that its settings changed,
    /// which have no version.
    pub version: i64,
}

/// Carries hints from who commits to who watches.
pub trait ChangeFeed: Send + Sync {
    /// Says that `hint.clinic` has reached `hint.version`. After the commit, never before.
    fn tell(&self, hint: Hint);

    /// Hears of every change from now on. A receiver that lags must look at every clinic it
    /// follows.
    fn listen(&self) -> broadcast::Receiver<Hint>;
}
