//! Sends the texts that were committed. Committed, claimed, handed over, settled: whichever step a
//! crash comes between, a text is neither lost nor sent twice.

use super::App;
use crate::domain::caller::Caller;
use crate::domain::clinic::Settings;
use crate::domain::decide::{Command, decide};
use crate::domain::id::TextId;
use crate::domain::recall::{Progress, SmsFailure, SmsState};
use crate::domain::time::Span;
use crate::ports::Fault;
use crate::ports::store::{ClaimedText, Settlement};
use crate::ports::texter::{Found, HandedOver, Texter};
use std::time::Duration;

/// How long a claim holds: longer than any hand-over takes, so that only a crash lets one run out.
const CLAIM: Span = Span::seconds(30);
/// How many texts are claimed at once.
const CLAIMED_AT_ONCE: i64 = 16;
/// How often the outbox is looked at without having been rung.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long the first wait is after "not now"; it doubles with every try.
const FIRST_WAIT: Span = Span::seconds(1);
/// How often a text is tried before it is given up as failed.
const TRIES: i64 = 6;

impl App {
    /// Sends texts as they are committed, until the task is dropped.
    pub async fn send_texts(&self, texter: &dyn Texter) {
        loop {
            match self.send_due_texts(texter).await {
                Ok(0) => {
                    let _ = tokio::time::timeout(LOOK_EVERY, self.texts_to_send.notified()).await;
                }
                Ok(_) => {}
                Err(fault) => {
                    tracing::error!(fault = fault.chain(), "texts could not be sent");
                    tokio::time::sleep(LOOK_EVERY).await;
                }
            }
        }
    }

    /// Sends what is due now; answers how many texts were looked at.
    ///
    /// # Errors
    /// When the store fails. What was claimed comes back in doubt.
    pub async fn send_due_texts(&self, texter: &dyn Texter) -> Result<usize, Fault> {
        let now = self.clock.now();
        let claimed = self
            .store
            .claim_texts(now, now + CLAIM, CLAIMED_AT_ONCE)
            .await?;
        let count = claimed.len();
        for text in claimed {
            self.send_text(texter, text).await?;
        }
        Ok(count)
    }

    async fn send_text(&self, texter: &dyn Texter, claimed: ClaimedText) -> Result<(), Fault> {
        let handed_over = if claimed.is_in_doubt {
            match texter.find(&claimed.text).await {
                Found::Taken { provider_id } => HandedOver::Taken { provider_id },
                Found::NotTaken => texter.hand_over(&claimed.text).await,
                Found::Unknown => HandedOver::InDoubt,
            }
        } else {
            texter.hand_over(&claimed.text).await
        };
        let id = &claimed.text.id;
        match handed_over {
            HandedOver::Taken { provider_id } => {
                self.settle_text(id, SmsState::Sent, None, Some(provider_id))
                    .await
            }
            HandedOver::Delivered { provider_id } => {
                self.settle_text(id, SmsState::Delivered, None, Some(provider_id))
                    .await
            }
            HandedOver::Refused(failure) => {
                self.settle_text(id, SmsState::Failed, Some(failure), None)
                    .await
            }
            HandedOver::InDoubt => self.settle_text(id, SmsState::Unknown, None, None).await,
            HandedOver::NotNow if claimed.tries + 1 >= TRIES => {
                let failure = Some(SmsFailure::ProviderUnavailable);
                self.settle_text(id, SmsState::Failed, failure, None).await
            }
            HandedOver::NotNow => {
                let wait = FIRST_WAIT.as_millis() << claimed.tries.clamp(0, TRIES);
                self.store
                    .try_text_again(id, self.clock.now() + Span::millis(wait))
                    .await
            }
        }
    }

    async fn settle_text(
        &self,
        text: &TextId,
        state: SmsState,
        failure: Option<SmsFailure>,
        provider_id: Option<String>,
    ) -> Result<(), Fault> {
        let now = self.clock.now();
        let progress = Progress { state, failure };
        let hear = |caller: &Caller, settings: &Settings| {
            let command = Command::HearOfText {
                text: text.clone(),
                progress,
            };
            decide(caller, command, settings, now)
        };
        let settlement = Settlement {
            progress,
            provider_id,
        };
        if let Some(outcome) = self.store.settle_text(text, settlement, &hear, now).await? {
            self.follow_up(outcome);
        }
        Ok(())
    }
}
