//! Sends the texts that were committed. Committed, claimed, handed over, settled: whichever step a
//! crash comes between, a text is neither lost nor sent twice.

use super::App;
use crate::domain::caller::Caller;
use crate::domain::clinic::Settings;
use crate::domain::decide::{Command, decide};
use crate::domain::delivery::{Progress, SmsFailure, SmsState};
use crate::domain::id::TextId;
use crate::domain::time::Span;
use crate::ports::Fault;
use crate::ports::store::{ClaimedText, Settlement};
use crate::ports::texter::{Found, HandedOver, Texter};
use std::time::Duration;
use tokio::sync::watch;

/// How long a claim holds: longer than any hand-over takes, so that only a crash lets one run out.
const CLAIM: Span = Span::seconds(30);
/// How often the outbox is looked at without having been rung.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The longest wait for a store that fails.
const LOOK_AGAIN_AT_MOST: Duration = Duration::from_secs(30);
/// How long the first wait is after "not now"; it doubles with every try.
const FIRST_WAIT: Span = Span::seconds(1);
/// How often a text is tried before it is given up as failed.
const TRIES: i64 = 6;

/// How long a store that fails is left alone: twice as long after each fault in a row.
fn wait_after(faults_in_a_row: u32) -> Duration {
    let doubled = 2_u32.saturating_pow(faults_in_a_row.saturating_sub(1));
    LOOK_EVERY.saturating_mul(doubled).min(LOOK_AGAIN_AT_MOST)
}

/// What became of a look into the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Looked {
    /// A text was due, and its turn is over: there may be more.
    AtOne,
    /// None is due.
    AtNothing,
}

impl App {
    /// Sends texts as they are committed, until `stopping` turns true or nobody can turn it any
    /// more. Then no other text is begun; the one that is being handed over is settled first.
    pub async fn send_texts(&self, texter: &dyn Texter, mut stopping: watch::Receiver<bool>) {
        let mut faults_in_a_row = 0_u32;
        while !*stopping.borrow() {
            let looked = self.send_next_text(texter).await;
            faults_in_a_row = match &looked {
                Ok(_) => 0,
                Err(fault) => {
                    tracing::error!(fault = fault.chain(), "the outbox could not be looked at");
                    faults_in_a_row.saturating_add(1)
                }
            };
            let pause = async {
                match looked {
                    Ok(Looked::AtOne) => {}
                    Ok(Looked::AtNothing) => {
                        let rung = self.texts_to_send.notified();
                        let _ = tokio::time::timeout(LOOK_EVERY, rung).await;
                    }
                    // Rung or not: what fails does not get better by being asked more often.
                    Err(_) => tokio::time::sleep(wait_after(faults_in_a_row)).await,
                }
            };
            tokio::select! {
                biased;
                // Also when nobody is left who could say so.
                _ = stopping.wait_for(|is_stopping| *is_stopping) => return,
                () = pause => {}
            }
        }
    }

    /// Sends the text that has been due the longest. One at a time, so that each has the whole time
    /// of its claim. A fault with one text is logged and holds no other up: its claim keeps it out
    /// of the way, and it comes back in doubt.
    ///
    /// # Errors
    /// When the store cannot be asked for texts.
    pub async fn send_next_text(&self, texter: &dyn Texter) -> Result<Looked, Fault> {
        let now = self.clock.now();
        let claimed = self.store.claim_texts(now, now + CLAIM, 1).await?;
        let Some(claimed) = claimed.into_iter().next() else {
            return Ok(Looked::AtNothing);
        };
        let id = claimed.text.id.clone();
        if let Err(fault) = self.send_text(texter, claimed).await {
            tracing::error!(fault = fault.chain(), text = %id, "a text could not be settled");
        }
        Ok(Looked::AtOne)
    }

    async fn send_text(&self, texter: &dyn Texter, claimed: ClaimedText) -> Result<(), Fault> {
        let found = if claimed.is_in_doubt {
            texter.find(&claimed.text).await
        } else {
            Found::NotTaken
        };
        let handed_over = match found {
            Found::Taken { provider_id } => HandedOver::Taken { provider_id },
            Found::Unknown => HandedOver::InDoubt,
            // Asked only now: what may have gone out is settled as what it is, wanted or not.
            Found::NotTaken => {
                let (id, now) = (&claimed.text.id, self.clock.now());
                if !claimed.caller.still_wants(id, claimed.purpose, now) {
                    return self.store.withdraw_text(id, now).await;
                }
                texter.hand_over(&claimed.text).await
            }
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
