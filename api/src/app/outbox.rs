//! Sends the texts that were committed. Committed, claimed, handed over, settled: whichever step a
//! crash comes between, a text is neither lost nor sent twice. One that may have gone out is looked for
//! and never sent again on a guess; when nothing is found out, staff are shown that it is unknown.

use super::App;
use crate::domain::caller::Caller;
use crate::domain::clinic::Settings;
use crate::domain::decide::{Command, decide};
use crate::domain::delivery::{Progress, SmsFailure};
use crate::domain::id::{ClinicId, TextId};
use crate::domain::limits::{TEXT_CLAIM, TEXT_TRIES};
use crate::domain::outbox::{Answer, Claim, Next, what_follows};
use crate::domain::time::{Span, Timestamp};
use crate::ports::Fault;
use crate::ports::store::{ClaimedText, Outcome, Settlement, TakenText};
use crate::ports::texter::{Found, HandedOver, Taken, Texter};
use futures_util::future::join_all;
use std::time::Duration;
use tokio::sync::{Mutex, watch};

/// How many texts are handed over at once: one that hangs must not hold up everybody's recall.
const AT_ONCE: usize = 8;
/// How often the outbox is looked at without having been rung.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The longest wait for a store that fails.
const LOOK_AGAIN_AT_MOST: Duration = Duration::from_secs(30);
/// How long the first wait is after "not now"; it doubles with every try.
const FIRST_WAIT: Span = Span::seconds(1);
/// How long a store that fails is left alone: twice as long after each fault in a row.
fn wait_after(faults_in_a_row: u32) -> Duration {
    let doubled = 2_u32.saturating_pow(faults_in_a_row.saturating_sub(1));
    LOOK_EVERY.saturating_mul(doubled).min(LOOK_AGAIN_AT_MOST)
}

/// The clinic and the time of a code of which it has just been heard that the provider could not be used
/// for it. One that failed for its number was asked for, and paid for, all the same.
fn unsent_code(
    outcome: &Outcome,
    text: &TextId,
    progress: Progress,
) -> Option<(ClinicId, Timestamp)> {
    let Outcome::Changed { placed, .. } = outcome else {
        return None;
    };
    let phone = placed.caller.phone();
    let code = phone.outstanding().filter(|code| code.text == *text)?;
    let is_unsent = progress.failure == Some(SmsFailure::ProviderUnavailable);
    is_unsent.then(|| (placed.caller.clinic.clone(), code.sent_at))
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
    /// Sends texts as they are committed, some at once, until `stopping` turns true or nobody can turn
    /// it any more. Then no other text is begun; those that are being handed over are settled first.
    pub async fn send_texts(&self, texter: &dyn Texter, stopping: watch::Receiver<bool>) {
        let lookout = Mutex::new(());
        let senders = (0..AT_ONCE).map(|_| self.send_in_turn(texter, &lookout, stopping.clone()));
        join_all(senders).await;
    }

    /// Sends one text after the other. Each sender is a future of its own, so that one that waits for
    /// the store is never kept from going on by another that waits for it too.
    async fn send_in_turn(
        &self,
        texter: &dyn Texter,
        lookout: &Mutex<()>,
        mut stopping: watch::Receiver<bool>,
    ) {
        while let Some(claimed) = self.next_to_send(lookout, &mut stopping).await {
            self.send_claimed(texter, claimed).await;
        }
    }

    /// The next text, claimed; `None` once `stopping`. Whoever of those who are free has the lookout
    /// watches the outbox, and gives it up with a text in hand: somebody watches for as long as anybody
    /// is free, and the store is asked once a second and not by each.
    async fn next_to_send(
        &self,
        lookout: &Mutex<()>,
        stopping: &mut watch::Receiver<bool>,
    ) -> Option<ClaimedText> {
        let _lookout = tokio::select! {
            biased;
            // Also when nobody is left who could say so.
            _ = stopping.wait_for(|is_stopping| *is_stopping) => return None,
            lookout = lookout.lock() => lookout,
        };
        let mut faults_in_a_row = 0_u32;
        while !*stopping.borrow() {
            match self.claim_next_text().await {
                Ok(Some(claimed)) => return Some(claimed),
                Ok(None) => faults_in_a_row = 0,
                Err(fault) => {
                    tracing::error!(fault = fault.chain(), "the outbox could not be looked at");
                    faults_in_a_row = faults_in_a_row.saturating_add(1);
                }
            }
            let pause = async {
                if faults_in_a_row == 0 {
                    let rung = self.texts_to_send.notified();
                    let _ = tokio::time::timeout(LOOK_EVERY, rung).await;
                } else {
                    // Rung or not: what fails does not get better by being asked more often.
                    tokio::time::sleep(wait_after(faults_in_a_row)).await;
                }
            };
            tokio::select! {
                biased;
                _ = stopping.wait_for(|is_stopping| *is_stopping) => return None,
                () = pause => {}
            }
        }
        None
    }

    /// Sends the text that has been due the longest.
    ///
    /// # Errors
    /// When the store cannot be asked for texts.
    pub async fn send_next_text(&self, texter: &dyn Texter) -> Result<Looked, Fault> {
        let Some(claimed) = self.claim_next_text().await? else {
            return Ok(Looked::AtNothing);
        };
        self.send_claimed(texter, claimed).await;
        Ok(Looked::AtOne)
    }

    /// Says what is known of texts whose sender has died: for a server that has just started and is the
    /// only one. They are looked for at once instead of when their claims run out.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn take_texts_up_again(&self) -> Result<(), Fault> {
        self.store.give_claims_up(self.clock.now()).await
    }

    /// News of a text from its provider, in whatever order it comes, and however often.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn hear_of_text(&self, text: &TextId, news: Taken) -> Result<(), Fault> {
        self.settle_text(text, news.progress, Some(news.provider_id))
            .await
    }

    /// Asks the provider about texts as they become due, every so often, until the task is dropped.
    pub async fn ask_about_texts_regularly(&self, texter: &dyn Texter, every: Duration) {
        let mut ticks = tokio::time::interval(every);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Err(fault) = self.ask_about_texts(texter).await {
                tracing::error!(fault = fault.chain(), "no text could be asked about");
            }
        }
    }

    /// Asks the provider about every text that it has taken and has told nothing of for too long: its news
    /// may have come while nobody heard it.
    ///
    /// # Errors
    /// When the store cannot be asked for them. A fault with one is logged: it is asked about again.
    pub async fn ask_about_texts(&self, texter: &dyn Texter) -> Result<(), Fault> {
        let limit = i64::try_from(AT_ONCE).unwrap_or(i64::MAX);
        loop {
            let due = self
                .store
                .texts_to_ask_about(self.clock.now(), limit)
                .await?;
            if due.is_empty() {
                return Ok(());
            }
            join_all(due.into_iter().map(|text| self.ask_about(texter, text))).await;
        }
    }

    async fn ask_about(&self, texter: &dyn Texter, text: TakenText) {
        let TakenText { id, provider_id } = text;
        let Some(progress) = texter.news_of(&provider_id).await else {
            return;
        };
        let news = Taken {
            provider_id,
            progress,
        };
        if let Err(fault) = self.hear_of_text(&id, news).await {
            tracing::error!(fault = fault.chain(), text = %id, "what was asked could not be taken in");
        }
    }

    /// One at a time, so that each has the whole time of its claim.
    async fn claim_next_text(&self) -> Result<Option<ClaimedText>, Fault> {
        let now = self.clock.now();
        let claimed = self.store.claim_texts(now, now + TEXT_CLAIM, 1).await?;
        Ok(claimed.into_iter().next())
    }

    /// A fault with one text is logged and holds no other up: its claim keeps it out of the way, and it
    /// comes back in doubt.
    async fn send_claimed(&self, texter: &dyn Texter, claimed: ClaimedText) {
        let id = claimed.text.id.clone();
        if let Err(fault) = self.send_text(texter, claimed).await {
            tracing::error!(fault = fault.chain(), text = %id, "a text could not be settled");
        }
    }

    async fn send_text(&self, texter: &dyn Texter, claimed: ClaimedText) -> Result<(), Fault> {
        let id = &claimed.text.id;
        let found = match claimed.in_doubt_since {
            Some(_) => texter.find(&claimed.text).await,
            None => Found::NotTaken,
        };
        let handed_over = match found {
            Found::Taken(taken) => HandedOver::Taken(taken),
            Found::NotSeen => HandedOver::InDoubt,
            // Asked only now: what may have gone out is settled as what it is, wanted or not.
            Found::NotTaken => {
                let (purpose, now) = (claimed.text.purpose, self.clock.now());
                if !claimed.caller.still_wants(id, purpose, now) {
                    return self.store.withdraw_text(id, now).await;
                }
                let number = self.keys.subject(claimed.text.to.reveal());
                match self.store.has_stopped_texts(&number).await {
                    Ok(true) => HandedOver::Refused(SmsFailure::OptedOut),
                    Ok(false) => texter.hand_over(&claimed.text).await,
                    // Nothing was handed over: it is in no doubt.
                    Err(fault) => {
                        let fault = fault.chain();
                        tracing::error!(fault, text = %id, "a text is tried again later");
                        HandedOver::NotNow
                    }
                }
            }
        };
        let (answer, provider_id) = match handed_over {
            HandedOver::Taken(taken) => (Answer::Taken(taken.progress), Some(taken.provider_id)),
            HandedOver::Refused(failure) => (Answer::Refused(failure), None),
            HandedOver::NotNow => (Answer::NotNow, None),
            HandedOver::InDoubt => (Answer::InDoubt, None),
        };
        let claim = Claim {
            tries: claimed.tries,
            in_doubt_since: claimed.in_doubt_since,
        };
        let now = self.clock.now();
        match what_follows(answer, claim, now, self.wait_before_try(claim.tries)) {
            Next::Settle(progress) => self.settle_text(id, progress, provider_id).await,
            Next::LookAgain { at } => self.store.look_for_text_again(id, now, at).await,
            Next::TryAgain { at } => self.store.try_text_again(id, at).await,
        }
    }

    /// Twice as long with every try, and never the same for two texts: all that were turned away
    /// together would come back together.
    fn wait_before_try(&self, tries: i64) -> Span {
        let wait = FIRST_WAIT.as_millis() << tries.clamp(0, TEXT_TRIES);
        let half = wait / 2;
        let chance = self
            .randomness
            .below(u32::try_from(half).unwrap_or(u32::MAX));
        Span::millis(half + i64::from(chance))
    }

    async fn settle_text(
        &self,
        text: &TextId,
        progress: Progress,
        provider_id: Option<String>,
    ) -> Result<(), Fault> {
        let now = self.clock.now();
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
        let Some(outcome) = self.store.settle_text(text, settlement, &hear, now).await? else {
            return Ok(());
        };
        let unsent = unsent_code(&outcome, text, progress);
        self.follow_up(outcome);
        match unsent {
            Some((clinic, sent_at)) => self.forgive_unsent_code(&clinic, sent_at).await,
            None => Ok(()),
        }
    }
}
