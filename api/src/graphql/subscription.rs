//! What may be followed.

use super::asking::{app, asking, viewer};
use super::caller::Caller;
use super::fault::Failure;
use super::there::There;
use super::user_error::no_caller;
use crate::app::credentials::Presented;
use crate::app::live::{Board, Seen, Step};
use crate::domain::audit::Deed;
use crate::domain::id::ClinicId;
use crate::domain::policy::{self, Act};
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;
use crate::http::shared_subscriptions::{ItemKey, LiveFeed, live};
use crate::ports::Fault;
use crate::ports::store::ChangeKind;
use async_graphql::{Context, Error, ID, SimpleObject, Subscription, Union};
use futures_util::{Stream, StreamExt as _, TryStreamExt as _};
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::sync::Arc;

/// What a list of callers of unknown length is taken to cost, in callers.
const CALLERS_OF_A_SNAPSHOT: usize = 200;

/// What staff who follow a waiting area are told.
#[derive(Union)]
pub enum WaitingAreaEvent {
    /// Everything as it is.
    Snapshot(WaitingAreaSnapshot),
    /// Somebody arrived.
    Arrived(CallerArrived),
    /// Somebody changed.
    Changed(CallerChanged),
    /// A stay ended.
    Ended(CallerEnded),
}

/// The waiting area as it is: at first, and wherever changes would be missing. It replaces whatever
/// was known before.
#[derive(SimpleObject)]
pub struct WaitingAreaSnapshot {
    /// The version of the waiting area.
    pub version: i64,
    /// Everyone whose stay has not ended, in arrival order.
    #[graphql(complexity = "cost_of_snapshot(child_complexity)")]
    pub callers: Vec<Caller>,
}

/// A caller came in, or took a place back. Those behind have moved back by one.
#[derive(SimpleObject)]
pub struct CallerArrived {
    /// The version of the waiting area that this made.
    pub version: i64,
    /// The caller.
    pub caller: Caller,
}

/// A caller changed.
#[derive(SimpleObject)]
pub struct CallerChanged {
    /// The version of the waiting area that this made.
    pub version: i64,
    /// The caller as it is now.
    pub caller: Caller,
}

/// A stay ended. Those behind have moved up by one if the caller was in the queue.
#[derive(SimpleObject)]
pub struct CallerEnded {
    /// The version of the waiting area that this made.
    pub version: i64,
    /// The caller as it is now.
    pub caller: Caller,
}

fn cost_of_snapshot(child: usize) -> usize {
    CALLERS_OF_A_SNAPSHOT.saturating_mul(child)
}

impl WaitingAreaEvent {
    /// `None` only for a viewer who may not see the waiting area, and such a one does not get here.
    fn new(viewer: &policy::Viewer, seen: &Seen) -> Option<Self> {
        Some(match seen {
            Seen::Snapshot(board) => {
                let caller = |caller: &Arc<_>| Caller::on_board(viewer, board, Arc::clone(caller));
                let callers = board.callers.iter().map(caller).collect::<Option<_>>()?;
                Self::Snapshot(WaitingAreaSnapshot {
                    version: board.version,
                    callers,
                })
            }
            Seen::Step(step) => {
                let Step { change, board } = &**step;
                let caller = Caller::on_board(viewer, board, Arc::new(change.caller.clone()))?;
                let version = change.version;
                match change.kind {
                    ChangeKind::Arrived => Self::Arrived(CallerArrived { version, caller }),
                    ChangeKind::Changed => Self::Changed(CallerChanged { version, caller }),
                    ChangeKind::Ended => Self::Ended(CallerEnded { version, caller }),
                }
            }
        })
    }
}

/// What may be followed, over a WebSocket (graphql-transport-ws) or as server-sent events (graphql-sse).
pub struct Subscription;

/// What may be followed, over a WebSocket (graphql-transport-ws) or as server-sent events (graphql-sse).
#[Subscription]
impl Subscription {
    /// The viewer's own caller: as it is now, then after every change to it or to its position. It
    /// completes with the end of the stay.
    async fn my_caller(
        &self,
        ctx: &Context<'_>,
    ) -> Result<impl Send + Stream<Item = Caller> + use<>, Failure> {
        let viewer = viewer(ctx);
        let nobody = || Failure::NotFound(no_caller(viewer));
        let (within, id) = viewer.own().ok_or_else(nobody)?;
        let placed = app(ctx)
            .watch_caller(&within, &id)
            .await?
            .ok_or_else(nobody)?;
        Ok(placed.map(Caller::own))
    }

    /// Staff: a snapshot, then every change once and in order of `version`. With `afterVersion`, the
    /// changes since that version instead of a snapshot, or a snapshot where they are more than 500.
    ///
    /// A snapshot may also come later, wherever changes would be missing. A caller in a change is as
    /// it is now, which may be newer than the change: keep the one with the higher `version`.
    async fn waiting_area_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The clinic whose waiting area it is.")] clinic_id: ID,
        #[graphql(desc = "The version of the last snapshot or change that was seen.")]
        after_version: Option<i64>,
    ) -> Result<impl Send + Stream<Item = Result<There<WaitingAreaEvent>, Error>> + use<>, Error>
    {
        let viewer = viewer(ctx);
        let open = || async { Ok(follow(ctx, &clinic_id, after_version).await?) };
        let events = live(ctx, open).await?;
        let viewer = viewer.clone();
        let event = move |seen: &Seen| WaitingAreaEvent::new(&viewer, seen).ok_or_else(nowhere);
        Ok(events.map(move |seen| Ok(There(event(&seen?)?))))
    }
}

async fn follow(
    ctx: &Context<'_>,
    clinic: &str,
    after_version: Option<i64>,
) -> Result<LiveFeed<Seen>, Failure> {
    let viewer = viewer(ctx);
    let within = ClinicId::parse(clinic)
        .and_then(|clinic| viewer.within(&clinic, Act::SeeWaitingArea))
        .ok_or_else(nowhere)?;
    let seen = app(ctx)
        .watch(&within, after_version)
        .await?
        .ok_or_else(nowhere)?;
    let shown = Shown::of(ctx);
    let mut scope = scope(&asking(ctx).presented);
    if shown.more {
        let _ = write!(scope, " {:?}", within.actor());
    }
    let app = Arc::clone(app(ctx));
    // One answer serves all who ask the same, so what each of them is shown is recorded here.
    let items = seen.and_then(move |seen| {
        let (app, within) = (Arc::clone(&app), within.clone());
        async move {
            if shown.activity {
                app.look(&within, Deed::SawActivity, None).await?;
            }
            Ok((key(&seen), seen))
        }
    });
    let items = items.map_err(|fault: Fault| Failure::from(fault).into());
    Ok(LiveFeed {
        scope,
        items: items.boxed(),
    })
}

/// What is shown beside callers to those who follow.
#[derive(Clone, Copy)]
struct Shown {
    /// Their activity logs.
    activity: bool,
    /// Whatever else can be reached from a caller's clinic. Those who look at it are recorded where it is
    /// read, so nobody shares it.
    more: bool,
}

impl Shown {
    fn of(ctx: &Context<'_>) -> Self {
        let events = ctx.look_ahead();
        let shows = |what| {
            ["callers", "caller"]
                .iter()
                .any(|callers| events.field(callers).field(what).exists())
        };
        Self {
            activity: shows("activity"),
            more: shows("clinic"),
        }
    }
}

/// The same for a clinic of others as for none at all.
fn nowhere() -> Failure {
    Failure::NotFound(Refusal::not_found("clinicId"))
}

/// All by which the answers of two viewers can differ: the clinic and the role, and for clinic admins
/// who they are and in which session, as what an admin can reach from a caller's clinic (the team, its
/// sessions, the keys) is not the same for a key as for a person, nor for two persons. There are few
/// admins; everybody else shares.
fn scope(presented: &Presented) -> String {
    let Some(staff) = presented.viewer.staff() else {
        return String::new();
    };
    let shared = format!("{} {:?}", staff.clinic, staff.role);
    if staff.role < policy::Role::ClinicAdmin {
        return shared;
    }
    format!("{shared} {:?} {:?}", staff.who, presented.session())
}

/// Names what is seen by its content.
fn key(seen: &Seen) -> ItemKey {
    match seen {
        Seen::Step(step) => {
            let Step { change, board } = &**step;
            // Erasing makes no version, so that somebody is erased is named too.
            let erased_at = change.caller.erased_at().map(Timestamp::as_millis);
            if change.version == board.version && erased_at.is_none() {
                return ItemKey {
                    version: change.version,
                    kind: "step",
                };
            }
            // A change from before, shown on a newer board.
            let caller = (change.caller.version, erased_at);
            ItemKey {
                version: digest(&(board.version, change.version, caller, settings(board))),
                kind: "earlier step",
            }
        }
        Seen::Snapshot(board) => ItemKey {
            version: digest(&(board.version, settings(board))),
            kind: "snapshot",
        },
    }
}

/// Settings change without a new version, and are part of what can be asked.
fn settings(board: &Board) -> String {
    format!("{:?}", board.clinic)
}

fn digest(content: &impl Hash) -> i64 {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    hasher.finish().cast_signed()
}
