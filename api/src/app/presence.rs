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
use crate::domain::limits::{LOST_CONTACT_GRACE_SECONDS, PRESENCE_LEASE};
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

/// A sweep that comes so much later than the one before was kept from running: a machine that slept, a
/// disk that hung. Nobody could be heard meanwhile, so the silence says nothing about callers.
const PAUSED: Span = Span::seconds(5);

/// The screens of every caller who has not ended.
#[derive(Default)]
pub struct Presence {
    state: Mutex<State>,
    /// Rung when a sign of life brought somebody back: they should not wait for the next sweep.
    came_back: Notify,
}

#[derive(Default)]
struct State {
    callers: HashMap<CallerId, Tracked>,
    /// Since when this server can hear callers, without a pause.
    hearing_since: Option<Timestamp>,
    swept_at: Option<Timestamp>,
}

struct Tracked {
    clinic: ClinicId,
    screens: Screens,
    /// What the store was last told; `None` where that is not known.
    told: Option<bool>,
}

impl Presence {
    fn state(&self) -> MutexGuard<'_, State> {
        // A panic while holding it leaves a map that is still a map.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A caller who has just come in is looking.
    pub(super) fn arrived(&self, caller: &Caller, now: Timestamp) {
        let screens = Screens::arriving(now);
        let tracked = Tracked {
            clinic: caller.clinic.clone(),
            screens,
            told: Some(true),
        };
        self.state().callers.insert(caller.id.clone(), tracked);
    }

    pub(super) fn forget(&self, caller: &CallerId) {
        self.state().callers.remove(caller);
    }

    /// A frame came in from a caller's socket. In memory only: this is called very often.
    pub fn sign_of_life(&self, caller: &CallerId, device: Option<&DeviceId>, now: Timestamp) {
        if let Some(tracked) = self.state().callers.get_mut(caller) {
            tracked.screens.sign_of_life(device, now);
            if tracked.screens.is_viewing(now) && tracked.told != Some(true) {
                self.came_back.notify_one();
            }
        }
    }

    fn report(&self, caller: &CallerId, report: &Report, now: Timestamp) {
        if let Some(tracked) = self.state().callers.get_mut(caller) {
            tracked
                .screens
                .report(&report.device, report.counter, report.state, now);
        }
    }

    /// Whether a caller's stay goes on, as far as is known here without a look into the store.
    pub(super) fn tracks(&self, caller: &CallerId) -> bool {
        self.state().callers.contains_key(caller)
    }

    /// Whether a caller is viewing; `None` for one who is not tracked (any more).
    fn is_viewing(&self, caller: &CallerId, now: Timestamp) -> Option<bool> {
        self.state()
            .callers
            .get(caller)
            .map(|tracked| tracked.screens.is_viewing(now))
    }

    fn told(&self, caller: &CallerId, is_viewing: Option<bool>) {
        if let Some(tracked) = self.state().callers.get_mut(caller) {
            tracked.told = is_viewing;
        }
    }

    /// Begins a sweep: takes up those who were kept from being heard by a pause, and answers whether
    /// callers have had the time to be heard since.
    fn begin_sweep(&self, now: Timestamp) -> bool {
        let mut state = self.state();
        let before = state.swept_at;
        let is_after_pause = before.is_none_or(|at| now.since(at) > PAUSED);
        if is_after_pause {
            state.hearing_since = Some(now);
            let before = before.unwrap_or(now);
            for tracked in state.callers.values_mut() {
                let reported = tracked.screens.reported().to_vec();
                // By what was heard, and not by what the store was told: the pause may have been a sweep
                // that took long, or a store that hung, and callers were heard all the while.
                let was_viewing =
                    tracked.screens.is_viewing(before) || tracked.screens.is_viewing(now);
                tracked.screens = Screens::restored(reported, was_viewing, now);
            }
        }
        state.swept_at = Some(now);
        let hearing_since = state.hearing_since.unwrap_or(now);
        now.since(hearing_since) >= PRESENCE_LEASE
    }

    /// Those of whom the store has been told something else than what is so.
    fn to_settle(&self, now: Timestamp) -> Vec<(ClinicId, CallerId)> {
        self.state()
            .callers
            .iter()
            .filter(|(_, tracked)| Some(tracked.screens.is_viewing(now)) != tracked.told)
            .map(|(caller, tracked)| (tracked.clinic.clone(), caller.clone()))
            .collect()
    }

    /// How many callers are tracked, for the metrics.
    #[must_use]
    pub fn count(&self) -> usize {
        self.state().callers.len()
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
        let mut state = self.presence.state();
        // The first sweep need not do the same once more.
        state.hearing_since = Some(now);
        state.swept_at = Some(now);
        for stored in stored {
            let screens = Screens::restored(stored.screens, stored.was_viewing, now);
            let told = Some(stored.was_viewing);
            state.callers.insert(
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
            // In here too, so that of two at once the one that commits last has the last word.
            self.presence.told(caller, Some(is_viewing));
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
        match self.store.change_caller(within, changing).await {
            Ok(outcome) => Ok(self.follow_up(outcome)),
            Err(fault) => {
                // Perhaps nothing was written: the next sweep asks again.
                self.presence.told(caller, None);
                Err(fault)
            }
        }
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

    /// One look at every lease and grace time. One caller who cannot be settled keeps nobody else from
    /// it.
    ///
    /// # Errors
    /// When the store cannot say who is not responding; the next sweep asks again.
    pub async fn sweep_presence(&self) -> Result<(), Fault> {
        let now = self.clock.now();
        let callers_could_be_heard = self.presence.begin_sweep(now);
        for (clinic, caller) in self.presence.to_settle(now) {
            match self
                .settle(&Within::system(clinic), &caller, None, None)
                .await
            {
                Ok(Done::NotFound) => self.presence.forget(&caller),
                Ok(_) => {}
                Err(fault) => {
                    tracing::error!(%caller, fault = fault.chain(), "a caller could not be settled");
                }
            }
        }
        if !callers_could_be_heard {
            return Ok(());
        }
        let shortest_grace = Span::seconds(*LOST_CONTACT_GRACE_SECONDS.start());
        for (clinic, caller) in self.store.not_responding(now - shortest_grace).await? {
            if let Err(fault) = self
                .lose_contact(&Within::system(clinic), &caller, now)
                .await
            {
                tracing::error!(%caller, fault = fault.chain(), "a caller could not be looked at");
            }
        }
        Ok(())
    }

    /// Ends the stay of a caller whose grace time has passed.
    async fn lose_contact(
        &self,
        within: &Within,
        caller: &CallerId,
        now: Timestamp,
    ) -> Result<(), Fault> {
        // Read first: most are within their grace time, and a command takes the writer.
        let lost_at = self
            .store
            .caller(within, caller)
            .await?
            .and_then(|placed| placed.caller.lost_at(&placed.clinic.settings));
        if lost_at.is_some_and(|at| at <= now) {
            self.command(within, caller, Command::LoseContact).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::presence::ScreenState;

    const CALLER: [u8; 16] = [1; 16];

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    /// A caller whose one screen was seen at 0 s, when leases were last looked at.
    fn looking() -> (Presence, CallerId) {
        let (presence, caller) = (Presence::default(), CallerId::new(CALLER));
        let mut screens = Screens::arriving(at(0));
        let device = DeviceId::parse("phone").unwrap();
        screens.report(&device, 1, ScreenState::Foreground, at(0));
        let tracked = Tracked {
            clinic: ClinicId::new([2; 16]),
            screens,
            told: Some(true),
        };
        let mut state = presence.state();
        state.callers.insert(caller.clone(), tracked);
        state.hearing_since = Some(at(0));
        state.swept_at = Some(at(0));
        drop(state);
        (presence, caller)
    }

    #[test]
    fn who_is_heard_again_during_a_sweep_that_takes_long_is_looking() {
        let (presence, caller) = looking();
        let device = DeviceId::parse("phone").unwrap();
        for seconds in (4..=32).step_by(4) {
            presence.begin_sweep(at(seconds));
        }
        // The lease is over and the store is told so; the screen speaks while others are settled.
        presence.told(&caller, Some(false));
        presence.sign_of_life(&caller, Some(&device), at(33));
        presence.begin_sweep(at(40));
        assert_eq!(presence.is_viewing(&caller, at(40)), Some(true));
        assert_eq!(presence.to_settle(at(40)).len(), 1, "the store is told");
    }

    #[test]
    fn who_is_looking_while_the_store_fails_goes_on_looking() {
        let (presence, caller) = looking();
        presence.told(&caller, None);
        presence.begin_sweep(at(10));
        assert_eq!(presence.is_viewing(&caller, at(39)), Some(true));
        assert_eq!(presence.is_viewing(&caller, at(40)), Some(false));
    }

    #[test]
    fn who_had_gone_silent_before_a_pause_is_not_looking_after_it() {
        let (presence, caller) = looking();
        for seconds in (4..=32).step_by(4) {
            presence.begin_sweep(at(seconds));
        }
        presence.begin_sweep(at(1000));
        assert_eq!(presence.is_viewing(&caller, at(1000)), Some(false));
    }

    #[test]
    fn who_was_looking_before_a_pause_has_the_whole_lease_to_be_heard_again() {
        let (presence, caller) = looking();
        assert!(!presence.begin_sweep(at(1000)), "no grace time ends yet");
        assert_eq!(presence.is_viewing(&caller, at(1029)), Some(true));
        assert_eq!(presence.is_viewing(&caller, at(1030)), Some(false));
    }
}
