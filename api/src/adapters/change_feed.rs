//! Hints within one process: all there is to tell when the store is one file.

use crate::ports::change_feed::{ChangeFeed, Hint};
use tokio::sync::broadcast;

/// How many hints a listener may be behind before it has to look for itself.
const HINTS_BEHIND: usize = 4096;

/// Hands each hint to whoever listens in this process; nothing is kept for who does not.
pub struct InProcessFeed {
    hints: broadcast::Sender<Hint>,
}

impl Default for InProcessFeed {
    fn default() -> Self {
        Self {
            hints: broadcast::channel(HINTS_BEHIND).0,
        }
    }
}

impl ChangeFeed for InProcessFeed {
    fn tell(&self, hint: Hint) {
        // Nobody may be listening: then nobody needs to know.
        let _ = self.hints.send(hint);
    }

    fn listen(&self) -> broadcast::Receiver<Hint> {
        self.hints.subscribe()
    }
}
