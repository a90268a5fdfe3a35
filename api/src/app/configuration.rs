//! Configure › Waiting Area.

use super::App;
use crate::domain::clinic::{Clinic, Settings, SettingsChange};
use crate::domain::policy::Within;
use crate::domain::refusal::Refusal;
use crate::domain::text::{RecallWords, Sender, TextPreview};
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
        let sender = self.sender();
        let apply = |settings: &Settings| settings.changed(change.clone(), &sender);
        let outcome = self
            .store
            .change_settings(within, &apply, self.clock.now())
            .await?;
        if let Some(Ok(clinic)) = &outcome {
            // The version stays: no caller changed. Those who watch read the settings again.
            self.feed.tell(Hint {
                clinic: clinic.id.clone(),
                version: clinic.version,
            });
        }
        Ok(outcome)
    }

    /// Every text as it would be sent after a change of its words, of which nothing is saved.
    #[must_use]
    pub fn preview_texts(&self, settings: &Settings, typed: SettingsChange) -> Vec<TextPreview> {
        let codes_are_ours = self.texting.code_checker.is_none();
        TextPreview::all(settings, typed, &self.sender(), codes_are_ours)
    }

    /// The words for recalls of clinics that have none of their own.
    #[must_use]
    pub fn usual_recall_words(&self, settings: &Settings) -> RecallWords {
        RecallWords::usual(&self.sender(), &settings.reply_words)
    }

    /// Whether callers can answer texts.
    #[must_use]
    pub fn takes_replies(&self) -> bool {
        self.texting.takes_replies
    }

    fn sender(&self) -> Sender<'_> {
        Sender {
            at: &self.public_url,
            takes_replies: self.texting.takes_replies,
        }
    }
}
