//! Forgetting what is no longer needed.

use super::App;
use crate::ports::Fault;
use std::time::Duration;

impl App {
    /// Forgets what is no longer needed, every so often, until the task is dropped.
    pub async fn forget_regularly(&self, every: Duration) {
        let mut ticks = tokio::time::interval(every);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Err(fault) = self.forget().await {
                tracing::error!(fault = fault.chain(), "what is old could not be forgotten");
            }
        }
    }

    /// Forgets what is no longer needed by now.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn forget(&self) -> Result<(), Fault> {
        self.store.forget(self.clock.now()).await
    }
}
