//! Erasing who somebody was, and handing out what is kept of one person.

use super::{App, Done};
use crate::domain::id::{CallerId, ClinicId};
use crate::domain::limits::{ERASE_BYTES_EVERY, ERASE_BYTES_WITHIN, ERASE_EVERY};
use crate::domain::phone_number::PhoneNumber;
use crate::domain::policy::Within;
use crate::domain::time::{Span, Timestamp};
use crate::ports::Fault;
use crate::ports::store::Outcome;
use crate::ports::store::erasing::{Counted, Kept};
use crate::ports::texter::Texter;
use std::mem::replace;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// How often it is tried at once to erase the bytes too, and how long it is waited between.
const TRIES: (u32, Duration) = (20, Duration::from_millis(100));

/// What is known of bytes in the files that were erased in the rows.
#[derive(Default)]
pub(crate) struct BytesToErase {
    /// Rung when somebody was erased by name.
    asked: Notify,
    resisting: Mutex<Option<Resisting>>,
}

/// Bytes that could not be erased so far.
struct Resisting {
    since: Timestamp,
    is_told: bool,
    is_told_late: bool,
}

impl BytesToErase {
    fn resisting(&self) -> MutexGuard<'_, Option<Resisting>> {
        self.resisting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

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
                self.bytes_to_erase.asked.notify_one();
                Done::Done(placed)
            }
        })
    }

    /// Erases everybody whose time is over; true when there was anybody.
    ///
    /// # Errors
    /// When the store fails, or some cannot be erased; all others are.
    pub async fn erase_who_is_due(&self) -> Result<bool, Fault> {
        self.store.erase_due(self.clock.now()).await
    }

    /// Erases everybody whose time is over, every [`ERASE_EVERY`], until the task is dropped: from the
    /// rows, and every [`ERASE_BYTES_EVERY`] from the bytes on the disk and from what `texter` keeps on
    /// this machine. At once where somebody was erased by name.
    pub async fn erase_regularly(&self, texter: &dyn Texter) {
        let mut ticks = tokio::time::interval(lasting(ERASE_EVERY));
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        // What an earlier run has left is not known: the bytes are erased once in any case.
        let mut has_bytes = true;
        // By a command beside the server too, which cannot ring here: so it is looked although nobody
        // was erased by the server itself.
        let mut looked_at: Option<Instant> = None;
        let mut fault_told_at: Option<Instant> = None;
        loop {
            let is_asked = tokio::select! {
                _ = ticks.tick() => false,
                () = self.bytes_to_erase.asked.notified() => true,
            };
            match self.erase_who_is_due().await {
                Ok(_) => fault_told_at = None,
                // One that cannot be erased is tried for ever, and told of now and then.
                Err(_) if !is_time(fault_told_at) => {}
                Err(fault) => {
                    let fault = fault.chain();
                    tracing::error!(fault, "callers whose time is over could not be erased");
                    fault_told_at = Some(Instant::now());
                }
            }
            let is_to_look = is_asked || is_time(looked_at);
            if is_to_look {
                looked_at = Some(Instant::now());
                has_bytes = true;
            }
            if has_bytes {
                has_bytes = !self.erase_bytes_or_tell().await;
            }
            if is_to_look && let Err(fault) = self.forget_texts(texter).await {
                let fault = fault.chain();
                tracing::error!(fault, "texts to callers who are erased are still kept here");
            }
        }
    }

    /// Erases the bytes too of what was erased; true when that is done. When it cannot be done, it is
    /// remembered since when, and told: a fault once, and anything that lasts too long.
    pub async fn erase_bytes_or_tell(&self) -> bool {
        let outcome = self.erase_bytes().await;
        let now = self.clock.now();
        let mut resisting = self.bytes_to_erase.resisting();
        if let Ok(true) = outcome {
            let is_told = |one: Resisting| one.is_told || one.is_told_late;
            if resisting.take().is_some_and(is_told) {
                tracing::info!("what was erased is gone from the files too");
            }
            return true;
        }
        let resisting = resisting.get_or_insert(Resisting {
            since: now,
            is_told: false,
            is_told_late: false,
        });
        let resisted = now.since(resisting.since);
        let is_late = resisted >= ERASE_BYTES_WITHIN && !replace(&mut resisting.is_told_late, true);
        let seconds = resisted.as_seconds_rounded();
        match outcome {
            Err(fault) if is_late || !replace(&mut resisting.is_told, true) => {
                let fault = fault.chain();
                tracing::error!(fault, seconds, "what was erased still stands in the files");
            }
            Ok(_) if is_late => tracing::error!(
                seconds,
                "what was erased still stands in the files: somebody reads or writes them all the while"
            ),
            _ => {}
        }
        false
    }

    /// For how long what was erased in the rows could not be erased from the bytes of the files; `None`
    /// when nothing stands in the way.
    #[must_use]
    pub fn bytes_resist_for(&self) -> Option<Span> {
        let resisting = self.bytes_to_erase.resisting();
        let now = self.clock.now();
        resisting
            .as_ref()
            .map(|resisting| now.since(resisting.since))
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

fn lasting(span: Span) -> Duration {
    Duration::from_millis(u64::try_from(span.as_millis()).unwrap_or(u64::MAX))
}

/// Whether the turn of what comes every [`ERASE_BYTES_EVERY`] has come, that was last done then.
fn is_time(last: Option<Instant>) -> bool {
    last.is_none_or(|last| last.elapsed() >= lasting(ERASE_BYTES_EVERY))
}
