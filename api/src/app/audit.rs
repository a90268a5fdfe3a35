//! The audit log: who of a clinic's staff looked at or did what.
//!
//! What changes something is recorded by the store, with the change. Looks are recorded here, before
//! their answer is given, and at most once in [`LOOK_RECORDED_EVERY`] for who looks at what. So a board
//! that is asked every second all day costs six entries an hour and nothing in between: that a look was
//! recorded is remembered, and those who come at the same moment are recorded in one transaction.

use super::App;
use crate::domain::audit::Deed;
use crate::domain::event::Actor;
use crate::domain::limits::LOOK_RECORDED_EVERY;
use crate::domain::policy::Within;
use crate::domain::time::Timestamp;
use crate::ports::Fault;
use crate::ports::store::Outcome;
use crate::ports::store::audit::{AuditEntry, AuditStore, Look};
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Looks remembered: of hundreds of staff at the callers of a busy day, in a few megabytes. One that is
/// forgotten costs a look into the log, and no second entry. Our own figure.
const LOOKS_REMEMBERED: usize = 20_000;
/// Most looks recorded in one transaction, so that callers are not kept waiting. Our own figure.
const LOOKS_AT_ONCE: usize = 200;

/// The looks that were recorded lately.
#[derive(Default)]
pub(crate) struct Looks {
    /// With when each was recorded.
    recorded: Mutex<HashMap<Look, Timestamp>>,
    /// Those whose answer waits for the log.
    waiting: Mutex<HashSet<Look>>,
    /// Held by whoever writes, for all who wait by then.
    writing: tokio::sync::Mutex<()>,
}

impl Looks {
    /// Makes sure that a look is in the log.
    ///
    /// # Errors
    /// When it could not be written: then nothing must be shown.
    async fn record(
        &self,
        store: &(impl AuditStore + ?Sized),
        look: Look,
        now: Timestamp,
    ) -> Result<(), Fault> {
        if self.is_recorded(&look, now) {
            return Ok(());
        }
        held(&self.waiting).insert(look.clone());
        let _turn = self.writing.lock().await;
        // Whoever had the turn before may have written this one too.
        if self.is_recorded(&look, now) {
            return Ok(());
        }
        let mut batch = vec![look];
        {
            let mut waiting = held(&self.waiting);
            waiting.remove(&batch[0]);
            let others: Vec<Look> = waiting.iter().take(LOOKS_AT_ONCE - 1).cloned().collect();
            for other in others {
                batch.extend(waiting.take(&other));
            }
        }
        // Where this fails, the others fail by their own attempt: each has its turn.
        let since = now - LOOK_RECORDED_EVERY;
        let times = store.record_looks(&batch, since, now).await?;
        let mut recorded = held(&self.recorded);
        if recorded.len() + batch.len() > LOOKS_REMEMBERED {
            recorded.retain(|_, at| is_recent(*at, now));
        }
        if recorded.len() + batch.len() > LOOKS_REMEMBERED {
            recorded.clear();
        }
        recorded.extend(batch.into_iter().zip(times));
        Ok(())
    }

    fn is_recorded(&self, look: &Look, now: Timestamp) -> bool {
        held(&self.recorded)
            .get(look)
            .is_some_and(|at| is_recent(*at, now))
    }
}

/// A time that lies ahead is of a clock that was set back since: it says nothing.
fn is_recent(at: Timestamp, now: Timestamp) -> bool {
    at <= now && now < at + LOOK_RECORDED_EVERY
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl App {
    /// Records that staff look at something, before they are shown it. Callers, who see themselves, and
    /// Standby's own work are not recorded.
    ///
    /// # Errors
    /// When it cannot be recorded: then nothing may be shown.
    pub(crate) async fn look(
        &self,
        within: &Within,
        deed: Deed,
        subject: Option<&str>,
    ) -> Result<(), Fault> {
        if !matches!(within.actor(), Actor::TeamMember(_) | Actor::ApiClient(_)) {
            return Ok(());
        }
        let look = Look {
            within: within.clone(),
            deed,
            subject: subject.map(str::to_owned),
        };
        self.looks
            .record(&*self.store, look, self.clock.now())
            .await
    }

    /// Records a look where a command showed a caller and changed nothing. One that changed something is
    /// recorded with the change.
    ///
    /// # Errors
    /// When it cannot be recorded.
    pub(crate) async fn look_of(&self, within: &Within, outcome: &Outcome) -> Result<(), Fault> {
        match outcome {
            Outcome::Unchanged(placed) | Outcome::Refused(placed, _) => {
                let subject = Some(placed.caller.id.as_str());
                self.look(within, Deed::SawCaller, subject).await
            }
            Outcome::NotFound | Outcome::Changed { .. } => Ok(()),
        }
    }

    /// The entries of a clinic's audit log, newest first: those numbered below `before`.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn audit_log(
        &self,
        within: &Within,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<AuditEntry>, Fault> {
        self.look(within, Deed::SawAuditLog, None).await?;
        self.store.audit_log(within, before, limit).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::ClinicId;
    use async_trait::async_trait;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    /// A log that counts what it costs.
    #[derive(Default)]
    struct Counting {
        entries: Mutex<HashMap<Look, Vec<Timestamp>>>,
        transactions: AtomicUsize,
        fails: AtomicBool,
    }

    #[async_trait]
    impl AuditStore for Counting {
        async fn record_looks(
            &self,
            looks: &[Look],
            since: Timestamp,
            now: Timestamp,
        ) -> Result<Vec<Timestamp>, Fault> {
            self.transactions.fetch_add(1, Ordering::SeqCst);
            // As long as a commit lets others come.
            tokio::task::yield_now().await;
            if self.fails.load(Ordering::SeqCst) {
                return Err(Fault::new("writing", "the disk is full"));
            }
            let mut entries = held(&self.entries);
            let record = |look: &Look| {
                let times = entries.entry(look.clone()).or_default();
                let before = times.iter().rev().find(|at| **at > since && **at <= now);
                let at = before.copied();
                if at.is_none() {
                    times.push(now);
                }
                at.unwrap_or(now)
            };
            Ok(looks.iter().map(record).collect())
        }

        async fn audit_log(
            &self,
            _: &Within,
            _: Option<i64>,
            _: i64,
        ) -> Result<Vec<AuditEntry>, Fault> {
            Ok(Vec::new())
        }
    }

    impl Counting {
        fn transactions(&self) -> usize {
            self.transactions.load(Ordering::SeqCst)
        }

        fn entries(&self) -> usize {
            held(&self.entries).values().map(Vec::len).sum()
        }
    }

    fn look(who: u16) -> Look {
        let mut bits = [0; 16];
        bits[..2].copy_from_slice(&who.to_be_bytes());
        Look {
            within: Within::system(ClinicId::new(bits)),
            deed: Deed::SawWaitingArea,
            subject: None,
        }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    #[tokio::test]
    async fn a_board_asked_every_second_for_an_hour_costs_six_writes() {
        let (looks, log) = (Looks::default(), Counting::default());
        for second in 0..3600 {
            looks.record(&log, look(1), at(second)).await.unwrap();
        }
        assert_eq!((log.transactions(), log.entries()), (6, 6));
    }

    #[tokio::test]
    async fn three_hundred_staff_who_come_back_at_once_cost_three_transactions() {
        let (looks, log) = (Arc::new(Looks::default()), Arc::new(Counting::default()));
        let tasks: Vec<_> = (0..300)
            .map(|who| {
                let (looks, log) = (Arc::clone(&looks), Arc::clone(&log));
                tokio::spawn(async move { looks.record(&*log, look(who), at(0)).await })
            })
            .collect();
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        assert_eq!(log.entries(), 300);
        assert!(log.transactions() <= 3, "{}", log.transactions());
        assert!(held(&looks.waiting).is_empty());
    }

    #[tokio::test]
    async fn what_the_log_does_not_take_is_not_shown_to_anybody_who_waited_for_it() {
        let (looks, log) = (Arc::new(Looks::default()), Arc::new(Counting::default()));
        log.fails.store(true, Ordering::SeqCst);
        let tasks: Vec<_> = (0..5)
            .map(|who| {
                let (looks, log) = (Arc::clone(&looks), Arc::clone(&log));
                tokio::spawn(async move { looks.record(&*log, look(who % 2), at(0)).await })
            })
            .collect();
        for task in tasks {
            assert!(task.await.unwrap().is_err());
        }
        log.fails.store(false, Ordering::SeqCst);
        looks.record(&*log, look(0), at(1)).await.unwrap();
        assert_eq!(log.entries(), 1);
    }

    #[tokio::test]
    async fn however_many_look_at_however_much_no_more_is_remembered_than_fits() {
        let (looks, log) = (Looks::default(), Counting::default());
        let most = u16::try_from(LOOKS_REMEMBERED).unwrap();
        for who in 0..most + 500 {
            looks.record(&log, look(who), at(0)).await.unwrap();
            assert!(held(&looks.recorded).len() <= LOOKS_REMEMBERED);
        }
        // Forgotten ones are looked up, and not recorded twice.
        for who in 0..100 {
            looks.record(&log, look(who), at(1)).await.unwrap();
        }
        assert_eq!(log.entries(), LOOKS_REMEMBERED + 500);
    }

    #[tokio::test]
    async fn a_clock_that_was_set_back_keeps_no_look_out_of_the_log() {
        let (looks, log) = (Looks::default(), Counting::default());
        looks.record(&log, look(1), at(1_000_000)).await.unwrap();
        looks.record(&log, look(1), at(5)).await.unwrap();
        assert_eq!(log.entries(), 2);
    }
}
