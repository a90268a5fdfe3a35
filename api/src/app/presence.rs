//! Who is looking: signs of life in memory, and what follows when they begin or end.
//!
//! Signs of life come by the thousand and are kept in memory only; a caller's row changes when what
//! staff see changes, so the cost grows with changes and not with time. Reports are kept in the
//! store with their counters: a restart must not make a late one look new. A plain mutex is right
//! here: it is held for a look-up, never across an await.

use super::{App, Done};
use crate::domain::caller::Caller;
use crate::domain::decide::{Command, decide};
use crate::domain::id::{CallerId, ClinicId, DeviceId, RecallId};
use crate::domain::limits::LOST_CONTACT_GRACE_SECONDS;
use crate::domain::policy::Within;
use crate::domain::presence::Screens;
use crate::domain::time::{Span, Timestamp};
use crate::ports::Fault;
use crate::ports::store::{Changing, Decided, Loaded, Report};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// How often leases are looked at. Short beside the lease, so that "after 30 s" is not 31.
const SWEEP_EVERY: Duration = Duration::from_millis(500);

/// The screens of every caller who has not ended.
#[derive(Default)]
pub struct Presence {
    tracked: Mutex<HashMap<CallerId, Tracked>>,
    /// Rung when a sign of life brought somebody back: they should not wait for the next sweep.
    came_back: Notify,
}

struct Tracked {
    clinic: ClinicId,
    screens: Screens,
    /// What the store was last told.
    told: bool,
}

impl Presence {
    fn tracked(&self) -> MutexGuard<'_, HashMap<CallerId, Tracked>> {
        // A panic while holding it leaves a map that is still a map.
        self.tracked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A caller who has just come in is looking.
    pub(super) fn arrived(&self, caller: &Caller, now: Timestamp) {
        let screens = Screens::arriving(now);
        let tracked = Tracked {
            clinic: caller.clinic.clone(),
            screens,
            told: true,
        };
        self.tracked().insert(caller.id.clone(), tracked);
    }

    pub(super) fn forget(&self, caller: &CallerId) {
        self.tracked().remove(caller);
    }

    /// A frame came in from a caller's socket. In memory only: this is called very often.
    pub fn sign_of_life(&self, caller: &CallerId, device: Option<&DeviceId>, now: Timestamp) {
        let mut all = self.tracked();
        if let Some(tracked) = all.get_mut(caller) {
            tracked.screens.sign_of_life(device, now);
            if tracked.screens.is_viewing(now) && !tracked.told {
                self.came_back.notify_one();
            }
        }
    }

    fn report(&self, caller: &CallerId, report: &Report, now: Timestamp) {
        if let Some(tracked) = self.tracked().get_mut(caller) {
            tracked
                .screens
                .report(&report.device, report.counter, report.state, now);
        }
    }

    /// Whether a caller is viewing; `None` for one who is not tracked (any more).
    fn is_viewing(&self, caller: &CallerId, now: Timestamp) -> Option<bool> {
        self.tracked()
            .get(caller)
            .map(|tracked| tracked.screens.is_viewing(now))
    }

    fn told(&self, caller: &CallerId, is_viewing: bool) {
        if let Some(tracked) = self.tracked().get_mut(caller) {
            tracked.told = is_viewing;
        }
    }

    /// Those of whom the store has been told something else than what is so.
    fn to_settle(&self, now: Timestamp) -> Vec<(ClinicId, CallerId)> {
        self.tracked()
            .iter()
            .filter(|(_, tracked)| tracked.screens.is_viewing(now) != tracked.told)
            .map(|(caller, tracked)| (tracked.clinic.clone(), caller.clone()))
            .collect()
    }

    /// How many callers are tracked, for the metrics.
    #[must_use]
    pub fn count(&self) -> usize {
        self.tracked().len()
    }
}

impl App {
    /// Takes up the screens of everyone as they were before a restart.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn restore_presence(&self) -> Result<(), Fault> {
        let now = self.clock.now();
        let stored = self.store.screens().await?;
        let mut tracked = self.presence.tracked();
        for stored in stored {
            let screens = Screens::restored(stored.screens, stored.was_viewing, now);
            let told = stored.was_viewing;
            tracked.insert(
                stored.caller,
                Tracked {
                    clinic: stored.clinic,
                    screens,
                    told,
                },
            );
        }
        Ok(())
    }

    /// A screen says that it is seen, or hidden.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn report_presence(
        &self,
        within: &Within,
        caller: &CallerId,
        by_recall: Option<&RecallId>,
        report: Report,
    ) -> Result<Done, Fault> {
        self.settle(within, caller, by_recall, Some(report)).await
    }

    /// A sign of life on a caller's socket.
    pub fn sign_of_life(&self, caller: &CallerId, device: Option<&DeviceId>) {
        self.presence.sign_of_life(caller, device, self.clock.now());
    }

    /// Lets the caller's row say what is so. Whether the caller is viewing is asked inside of the
    /// transaction: of two reports at once, the last to commit sees both.
    async fn settle(
        &self,
        within: &Within,
        caller: &CallerId,
        by_recall: Option<&RecallId>,
        report: Option<Report>,
    ) -> Result<Done, Fault> {
        let now = self.clock.now();
        let decided = Mutex::new(None);
        let taken = report.clone();
        let decide = |loaded: Loaded<'_>| -> Decided {
            // Only here: the store, which remembers every screen, has found that it is not late.
            if let Some(report) = &taken {
                self.presence.report(caller, report, now);
            }
            let is_viewing = self
                .presence
                .is_viewing(caller, now)
                .unwrap_or_else(|| loaded.caller.is_viewing());
            *decided.lock().unwrap_or_else(PoisonError::into_inner) = Some(is_viewing);
            let command = Command::SeeViewing {
                is_viewing,
                by_recall: by_recall.cloned(),
            };
            decide(loaded.caller, command, &loaded.clinic.settings, now).into()
        };
        let changing = Changing {
            caller,
            now,
            report,
            subjects: &|_| Vec::new(),
            decide: &decide,
        };
        let outcome = self.store.change_caller(within, changing).await?;
        if let Some(is_viewing) = decided.into_inner().unwrap_or_else(PoisonError::into_inner) {
            self.presence.told(caller, is_viewing);
        }
        Ok(self.follow_up(outcome))
    }

    /// Ends leases and grace times as they pass, until the task is dropped.
    pub async fn watch_presence(&self) {
        let mut sweep = tokio::time::interval(SWEEP_EVERY);
        sweep.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = sweep.tick() => {}
                () = self.presence.came_back.notified() => {}
            }
            if let Err(fault) = self.sweep_presence().await {
                tracing::error!(fault = fault.chain(), "presence could not be swept");
            }
        }
    }

    /// One look at every lease and grace time.
    ///
    /// # Errors
    /// When the store fails; what was not done is done by the next sweep.
    pub async fn sweep_presence(&self) -> Result<(), Fault> {
        let now = self.clock.now();
        for (clinic, caller) in self.presence.to_settle(now) {
            let outcome = self
                .settle(&Within::system(clinic), &caller, None, None)
                .await?;
            if matches!(outcome, Done::NotFound) {
                self.presence.forget(&caller);
            }
        }
        let shortest_grace = Span::seconds(*LOST_CONTACT_GRACE_SECONDS.start());
        for (clinic, caller) in self.store.not_responding(now - shortest_grace).await? {
            let within = Within::system(clinic);
            // Read first: most of these are within their grace time, and a command takes the
            // writer.
            let lost_at = self
                .store
                .caller(&within, &caller)
                .await?
                .and_then(|placed| placed.caller.lost_at(&placed.clinic.settings));
            if lost_at.is_some_and(|at| at <= now) {
                self.command(&within, &caller, Command::LoseContact).await?;
            }
        }
        Ok(())
    }
}
