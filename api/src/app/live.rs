//! A waiting area as it is now, and then every change of it, once and in order.
//!
//! One task for each clinic that is watched keeps a board: it hears hints, reads the changes after
//! the version it has, and hands each on with the board after it. Who begins to watch gets the
//! board and then the steps after it; both come out of one lock, so nothing falls between them.
//! Hints may be lost: the versions of all clinics are looked at from time to time.

use super::App;
use crate::domain::audit::Deed;
use crate::domain::caller::Caller;
use crate::domain::clinic::Clinic;
use crate::domain::id::{CallerId, ClinicId};
use crate::domain::order::{QueuePosition, positions};
use crate::domain::policy::Within;
use crate::ports::Fault;
use crate::ports::change_feed::{ChangeFeed, Hint};
use crate::ports::store::{Change, Placed, Store};
use futures_util::{Stream, StreamExt as _};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::{broadcast, oneshot};

/// How many steps a watcher may be behind before it gets a new snapshot instead.
const STEPS_BEHIND: usize = 1024;
/// How many changes are read at once.
const CHANGES_READ: i64 = 500;
/// How often the versions of all clinics are looked at for a lost hint.
const SWEEP_EVERY: Duration = Duration::from_secs(5);
/// How long a reader waits after the store failed it.
const AFTER_FAULT: Duration = Duration::from_millis(500);

/// A waiting area at one version.
pub struct Board {
    /// For its settings. Its own version may be behind: a step does not read the clinic again.
    pub clinic: Arc<Clinic>,
    /// The clinic's version up to which every change is in here.
    pub version: i64,
    /// Those who have not ended, in order of arrival.
    pub callers: Vec<Arc<Caller>>,
    positions: OnceLock<HashMap<CallerId, QueuePosition>>,
}

/// One change, and a board with it in.
pub struct Step {
    /// Its version is one higher than that of the step before.
    pub change: Change,
    /// Right after the change; for changes made before the watching began, as it was by then.
    pub board: Arc<Board>,
}

/// What somebody who watches a waiting area is told.
#[derive(Clone)]
pub enum Seen {
    /// Everything as it is: at first, and wherever steps would be missing.
    Snapshot(Arc<Board>),
    /// What has changed since what was told before.
    Step(Arc<Step>),
}

impl Board {
    fn new(clinic: Arc<Clinic>, version: i64, callers: Vec<Arc<Caller>>) -> Self {
        Self {
            clinic,
            version,
            callers,
            positions: OnceLock::new(),
        }
    }

    /// Where a caller stands; worked out for all at the first question.
    #[must_use]
    pub fn position(&self, caller: &CallerId) -> Option<QueuePosition> {
        let positions = self
            .positions
            .get_or_init(|| positions(self.callers.iter().map(Arc::as_ref)));
        positions.get(caller).copied()
    }

    /// A caller on this board; `None` for one who has ended, or has not come yet.
    #[must_use]
    pub fn caller(&self, id: &CallerId) -> Option<&Arc<Caller>> {
        self.callers.iter().find(|caller| caller.id == *id)
    }

    /// A caller with the place on this board.
    #[must_use]
    pub fn placed(&self, caller: &Caller) -> Placed {
        let position = self.position(&caller.id);
        Placed {
            caller: caller.clone(),
            position,
            clinic: Clinic::clone(&self.clinic),
        }
    }

    fn after(&self, change: &Change) -> Self {
        let mut callers = self.callers.clone();
        let caller = &change.caller;
        callers.retain(|other| other.id != caller.id);
        if !caller.status().is_final() {
            let place = callers.partition_point(|other| other.arrival < caller.arrival);
            callers.insert(place, Arc::new(caller.clone()));
        }
        Self::new(Arc::clone(&self.clinic), change.version, callers)
    }
}

/// The waiting areas that are being watched.
pub struct Live {
    store: Arc<dyn Store>,
    feed: Arc<dyn ChangeFeed>,
    watched: Mutex<HashMap<ClinicId, Weak<Watched>>>,
}

/// One waiting area that is being watched. The reader's task ends with the last who holds it.
struct Watched {
    state: Mutex<State>,
    steps: broadcast::Sender<Seen>,
    _ends_the_reader: oneshot::Sender<()>,
}

struct State {
    board: Arc<Board>,
}

impl Watched {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn show(&self, board: Arc<Board>, seen: Seen) {
        // Under the lock: who begins to watch meanwhile has either this in the board or in the
        // steps.
        let mut state = self.state();
        state.board = board;
        // Nobody may be listening at this moment.
        let _ = self.steps.send(seen);
    }
}

impl Live {
    /// Reads nothing until somebody watches.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, feed: Arc<dyn ChangeFeed>) -> Self {
        Self {
            store,
            feed,
            watched: Mutex::default(),
        }
    }

    /// The watched waiting area of a clinic, with a reader begun when there is none.
    async fn watched(&self, within: &Within) -> Result<Option<Arc<Watched>>, Fault> {
        let clinic = within.clinic();
        let find = || self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(watched) = find().get(clinic).and_then(Weak::upgrade) {
            return Ok(Some(watched));
        }
        // Hints first, then the board: a change between the two is heard of.
        let hints = self.feed.listen();
        if self.store.clinic(clinic).await?.is_none() {
            return Ok(None);
        }
        let board = read_board(&*self.store, within).await?;
        let mut all = find();
        if let Some(watched) = all.get(clinic).and_then(Weak::upgrade) {
            // Somebody else was faster.
            return Ok(Some(watched));
        }
        let (steps, _) = broadcast::channel(STEPS_BEHIND);
        let (ends_the_reader, ended) = oneshot::channel();
        let state = Mutex::new(State { board });
        let watched = Arc::new(Watched {
            state,
            steps,
            _ends_the_reader: ends_the_reader,
        });
        all.retain(|_, watched| watched.strong_count() > 0);
        all.insert(clinic.clone(), Arc::downgrade(&watched));
        let reader = Reader {
            store: Arc::clone(&self.store),
            within: Within::system(clinic.clone()),
            watched: Arc::downgrade(&watched),
            hints,
        };
        tokio::spawn(reader.read(ended));
        Ok(Some(watched))
    }
}

async fn read_board(store: &dyn Store, within: &Within) -> Result<Arc<Board>, Fault> {
    let area = store.waiting_area(within).await?;
    let version = area.clinic.version;
    let callers = area.callers.into_iter().map(Arc::new).collect();
    Ok(Arc::new(Board::new(
        Arc::new(area.clinic),
        version,
        callers,
    )))
}

struct Reader {
    store: Arc<dyn Store>,
    within: Within,
    watched: Weak<Watched>,
    hints: broadcast::Receiver<Hint>,
}

impl Reader {
    async fn read(mut self, mut ended: oneshot::Receiver<()>) {
        loop {
            let hint = tokio::select! {
                _ = &mut ended => return,
                hint = self.hints.recv() => hint,
            };
            let is_of_interest = match hint {
                Ok(hint) => hint.clinic == *self.within.clinic(),
                Err(broadcast::error::RecvError::Lagged(_)) => true,
                Err(broadcast::error::RecvError::Closed) => return,
            };
            if !is_of_interest {
                continue;
            }
            while let Err(fault) = self.catch_up().await {
                tracing::error!(fault = fault.chain(), "a waiting area could not be read");
                tokio::select! {
                    _ = &mut ended => return,
                    () = tokio::time::sleep(AFTER_FAULT) => {}
                }
            }
        }
    }

    /// Reads until the board is as new as the store.
    async fn catch_up(&self) -> Result<(), Fault> {
        loop {
            let Some(watched) = self.watched.upgrade() else {
                return Ok(());
            };
            let board = Arc::clone(&watched.state().board);
            let changes = self
                .store
                .changes_after(&self.within, board.version, CHANGES_READ)
                .await?;
            match changes {
                None => {
                    let board = read_board(&*self.store, &self.within).await?;
                    watched.show(Arc::clone(&board), Seen::Snapshot(board));
                    return Ok(());
                }
                Some(changes) if changes.is_empty() => {
                    return self.take_settings(&watched, &board).await;
                }
                Some(changes) => {
                    let mut board = board;
                    for change in changes {
                        board = Arc::new(board.after(&change));
                        let step = Step {
                            change,
                            board: Arc::clone(&board),
                        };
                        watched.show(Arc::clone(&board), Seen::Step(Arc::new(step)));
                    }
                }
            }
        }
    }

    /// Takes over changed settings, which have no version of their own.
    async fn take_settings(&self, watched: &Watched, board: &Board) -> Result<(), Fault> {
        let Some(clinic) = self.store.clinic(self.within.clinic()).await? else {
            return Ok(());
        };
        if clinic.settings != board.clinic.settings && clinic.version == board.version {
            let board = Board::new(Arc::new(clinic), board.version, board.callers.clone());
            watched.state().board = Arc::new(board);
        }
        Ok(())
    }
}

impl App {
    /// A waiting area as it is, then every change once and in order of version. With `after`, the
    /// changes since that version instead of a snapshot, where they are still kept.
    ///
    /// `None` when there is no such clinic. That staff see it is recorded before each item: they follow
    /// for hours, and whom they saw in the evening is not told by a look in the morning.
    ///
    /// # Errors
    /// When the store fails; as an item, when it could not be recorded.
    pub async fn watch(
        self: &Arc<Self>,
        within: &Within,
        after: Option<i64>,
    ) -> Result<Option<impl Stream<Item = Result<Seen, Fault>> + Send + use<>>, Fault> {
        let Some(seen) = self.follow(within, after).await? else {
            return Ok(None);
        };
        let (app, within) = (Arc::clone(self), within.clone());
        Ok(Some(seen.then(move |seen| {
            let (app, within) = (Arc::clone(&app), within.clone());
            async move {
                app.look(&within, Deed::SawWaitingArea, None).await?;
                Ok(seen)
            }
        })))
    }

    async fn follow(
        &self,
        within: &Within,
        after: Option<i64>,
    ) -> Result<Option<impl Stream<Item = Seen> + Send + use<>>, Fault> {
        let Some(watched) = self.live.watched(within).await? else {
            return Ok(None);
        };
        let (mut steps, board) = {
            let state = watched.state();
            (watched.steps.subscribe(), Arc::clone(&state.board))
        };
        // Whoever has seen more than the board, which may be a moment behind the store, must not be
        // thrown back. What this board has is dropped from the steps below.
        let board = if after.is_some_and(|after| after > board.version) {
            read_board(&*self.store, within).await?
        } else {
            board
        };
        let mut missed = Vec::new();
        let mut is_snapshot = true;
        // Whoever is further behind than one read is better served by a snapshot: a console that was
        // closed overnight wants the list, not the night.
        let kept = (board.version - CHANGES_READ).max(0)..=board.version;
        if let Some(after) = after.filter(|after| kept.contains(after)) {
            let limit = board.version - after;
            let changes = self.store.changes_after(within, after, limit).await?;
            // Fewer than there must be are as good as none.
            if let Some(changes) = changes
                && changes.last().map_or(after, |change| change.version) == board.version
            {
                missed = changes;
                is_snapshot = false;
            }
        }
        Ok(Some(async_stream::stream! {
            let mut version = board.version;
            if is_snapshot {
                yield Seen::Snapshot(Arc::clone(&board));
            }
            for change in missed {
                yield Seen::Step(Arc::new(Step { change, board: Arc::clone(&board) }));
            }
            drop(board);
            loop {
                let seen = match steps.recv().await {
                    Ok(seen) => seen,
                    Err(broadcast::error::RecvError::Lagged(_)) => {
                        // The steps that come next are in this board already, and are dropped
                        // below.
                        Seen::Snapshot(Arc::clone(&watched.state().board))
                    }
                    Err(broadcast::error::RecvError::Closed) => return,
                };
                // A snapshot of the same version stands for steps that were missed; one of an older
                // version was overtaken by another on the way.
                let (next, is_news) = match &seen {
                    Seen::Snapshot(board) => (board.version, board.version >= version),
                    Seen::Step(step) => (step.change.version, step.change.version > version),
                };
                if is_news {
                    version = next;
                    yield seen;
                }
            }
        }))
    }

    /// One caller as it is, then after every change to it or to its position, until the end.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn watch_caller(
        &self,
        within: &Within,
        id: &CallerId,
    ) -> Result<Option<impl Stream<Item = Placed> + Send + use<>>, Fault> {
        let Some(first) = self.store.caller(within, id).await? else {
            return Ok(None);
        };
        let Some(seen) = self.follow(within, None).await? else {
            return Ok(None);
        };
        let (store, within, id) = (Arc::clone(&self.store), within.clone(), id.clone());
        Ok(Some(async_stream::stream! {
            let mut last = (first.caller.version, first.position);
            let mut is_over = first.caller.status().is_final();
            let read_at = first.clinic.version;
            yield first;
            let mut seen = std::pin::pin!(seen);
            while !is_over {
                let Some(seen) = seen.next().await else { return };
                let (board, changed) = match &seen {
                    Seen::Step(step) => (&step.board, Some(&step.change.caller)),
                    Seen::Snapshot(board) => (board, None),
                };
                // The board may be a moment behind what was read first: that place is newer.
                if board.version < read_at {
                    continue;
                }
                let own = changed
                    .filter(|caller| caller.id == id)
                    .or_else(|| board.caller(&id).map(Arc::as_ref));
                let placed = match own {
                    // Most steps are about others and move nobody: nothing is copied for those.
                    Some(own) if (own.version, board.position(&id)) == last => continue,
                    Some(own) => board.placed(own),
                    // Not on the board any more: it ended while steps were missed.
                    None => match store.caller(&within, &id).await {
                        Ok(Some(placed)) => placed,
                        Ok(None) => return,
                        Err(fault) => {
                            tracing::error!(fault = fault.chain(), "a caller could not be read");
                            return;
                        }
                    },
                };
                let now = (placed.caller.version, placed.position);
                if placed.caller.version >= last.0 && now != last {
                    last = now;
                    is_over = placed.caller.status().is_final();
                    yield placed;
                }
            }
        }))
    }

    /// Tells of every clinic whose version may not have been heard of, until the task is dropped.
    pub async fn sweep_versions(&self) {
        let mut told: HashMap<ClinicId, i64> = HashMap::new();
        let mut sweep = tokio::time::interval(SWEEP_EVERY);
        sweep.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            sweep.tick().await;
            match self.store.versions().await {
                Ok(versions) => {
                    for (clinic, version) in versions {
                        if told.insert(clinic.clone(), version) != Some(version) {
                            self.feed.tell(Hint { clinic, version });
                        }
                    }
                }
                Err(fault) => {
                    tracing::error!(fault = fault.chain(), "versions could not be swept");
                }
            }
        }
    }
}
