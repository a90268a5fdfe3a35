//! Configure › Waiting Area.

use super::App;
use crate::domain::clinic::{Clinic, SettingsChange};
use crate::domain::policy::Within;
use crate::domain::refusal::Refusal;
use crate::ports::Fault;
use crate::ports::change_feed::Hint;

impl App {
    /// Changes a clinic's settings; all of the change or none of it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn change_settings(
        &self,
        within: &Within,
        change: SettingsChange,
    ) -> Result<Option<Result<Clinic, Refusal>>, Fault> {
        let apply = |settings: &crate::domain::clinic::Settings| settings.changed(change.clone());
        let outcome = self.store.change_settings(within, &apply).await?;
        if let Some(Ok(clinic)) = &outcome {
            // The version stays: no caller changed. Those who watch read the settings again.
            self.feed.tell(Hint {
                clinic: clinic.id.clone(),
                version: clinic.version,
            });
        }
        Ok(outcome)
    }
}
