//! Erasing who somebody was, and handing out what is kept of one person.

use super::{App, Done};
use crate::domain::id::{CallerId, ClinicId};
use crate::domain::limits::ERASE_EVERY;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::policy::Within;
use crate::ports::Fault;
use crate::ports::store::Outcome;
use crate::ports::store::erasing::{Counted, Kept};
use crate::ports::texter::Texter;
use std::time::Duration;

/// How often it is tried at once to erase the bytes too, and how long it is waited between.
const TRIES: (u32, Duration) = (20, Duration::from_millis(100));

/// Every so many looks for who is to be erased it is looked whether a command beside the server has
/// erased somebody: once a minute.
const LOOK_EVERY: u32 = 12;

/// What is kept of a number by itself, not of any stay. Each is found by a keyed hash of the number.
#[derive(Clone, Debug)]
pub struct KeptOfNumber {
    /// Whether its holder has asked for no texts.
    pub has_stopped_texts: bool,
    /// What the limits on codes have counted.
    pub counted: Vec<Counted>,
}

impl App {
    /// Erases who was behind a stay before its time. Live stays are refused.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn erase_caller(&self, within: &Within, caller: &CallerId) -> Result<Done, Fault> {
        let now = self.clock.now();
        Ok(match self.store.erase_caller(within, caller, now).await? {
            Outcome::NotFound => Done::NotFound,
            Outcome::Refused(placed, refusal) => Done::Refused(placed, refusal),
            Outcome::Unchanged(placed) => Done::Done(placed),
            Outcome::Changed { placed, .. } => {
                self.bytes_to_erase.notify_one();
                Done::Done(placed)
            }
        })
    }

    /// Erases everybody whose time is over; true when there was anybody.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn erase_who_is_due(&self) -> Result<bool, Fault> {
        self.store.erase_due(self.clock.now()).await
    }

    /// Erases everybody whose time is over, every [`ERASE_EVERY`], until the task is dropped: from the
    /// rows, from the bytes on the disk, and from what `texter` keeps on this machine.
    pub async fn erase_regularly(&self, texter: &dyn Texter) {
        let every = u64::try_from(ERASE_EVERY.as_millis()).unwrap_or(u64::MAX);
        let mut ticks = tokio::time::interval(Duration::from_millis(every));
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        // What an earlier run has left is not known: the bytes are erased once in any case.
        let mut has_bytes = true;
        let mut looks: u32 = 0;
        loop {
            let is_asked = tokio::select! {
                _ = ticks.tick() => false,
                () = self.bytes_to_erase.notified() => true,
            };
            let has_erased = match self.erase_who_is_due().await {
                Ok(has_erased) => has_erased || is_asked,
                Err(fault) => {
                    let fault = fault.chain();
                    tracing::error!(fault, "callers whose time is over could not be erased");
                    is_asked
                }
            };
            // By a command beside the server too: it cannot ring here.
            let is_time_to_look = looks.is_multiple_of(LOOK_EVERY);
            looks = looks.wrapping_add(1);
            has_bytes |= has_erased || is_time_to_look;
            if has_bytes {
                match self.erase_bytes().await {
                    Ok(is_done) => has_bytes = !is_done,
                    Err(fault) => {
                        let fault = fault.chain();
                        tracing::error!(fault, "what was erased still stands on the disk");
                    }
                }
            }
            if (has_erased || is_time_to_look)
                && let Err(fault) = self.forget_texts(texter).await
            {
                let fault = fault.chain();
                tracing::error!(fault, "texts to callers who are erased are still kept here");
            }
        }
    }

    /// Has a texter that keeps texts on this machine forget those to callers who are erased.
    ///
    /// # Errors
    /// When the store fails, or the texter cannot forget.
    pub async fn forget_texts(&self, texter: &dyn Texter) -> Result<(), Fault> {
        let kept = texter.kept_here().await;
        if kept.is_empty() {
            return Ok(());
        }
        let wanted = self.store.texts_with_a_number(&kept).await?;
        let gone: Vec<_> = kept.into_iter().filter(|id| !wanted.contains(id)).collect();
        texter.forget(&gone).await
    }

    /// Erases the bytes too of what was erased; false when somebody was reading or writing all the while.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn erase_bytes(&self) -> Result<bool, Fault> {
        let (tries, wait) = TRIES;
        for _ in 0..tries {
            if self.store.erase_bytes().await? {
                return Ok(true);
            }
            tokio::time::sleep(wait).await;
        }
        Ok(false)
    }

    /// The clinic of a stay, for whoever has the whole database before them.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn clinic_of(&self, caller: &CallerId) -> Result<Option<ClinicId>, Fault> {
        self.store.clinic_of(caller).await
    }

    /// Every stay of which this number is kept.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn stays_with_number(
        &self,
        number: &PhoneNumber,
        clinic: Option<&ClinicId>,
    ) -> Result<Vec<(ClinicId, CallerId)>, Fault> {
        self.store.stays_with_number(number, clinic).await
    }

    /// All that is kept of one stay; that it was handed out is recorded.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn export(&self, within: &Within, caller: &CallerId) -> Result<Option<Kept>, Fault> {
        self.store.export(within, caller, self.clock.now()).await
    }

    /// What is kept of a number by itself.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn kept_of_number(&self, number: &PhoneNumber) -> Result<KeptOfNumber, Fault> {
        let key = self.keys.subject(number.reveal());
        Ok(KeptOfNumber {
            has_stopped_texts: self.store.has_stopped_texts(&key).await?,
            counted: self.store.counted(&key).await?,
        })
    }
}
