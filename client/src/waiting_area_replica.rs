//! The waiting area's list, made from the events of [`Staff::live`](crate::Staff::live).
//!
//! Pure: no socket, no clock. Every change in a waiting area has a version, one greater than the
//! one before, so what is known already, what comes next and what is missing can always be told
//! apart.

use cynic::Id;

use crate::caller::{Caller, CallerStatus, QueuePosition};

/// Something that happened in a waiting area.
#[derive(Debug, Clone, PartialEq)]
pub enum WaitingAreaEvent {
    /// All callers whose stay goes on, at this version.
    Snapshot {
        /// The version that this shows.
        version: i32,
        /// In arrival order.
        callers: Vec<Caller>,
    },
    /// A caller came in, or took the place back.
    Arrived {
        /// The version that this made.
        version: i32,
        /// As it stands after the change.
        caller: Caller,
    },
    /// A caller changed.
    Changed {
        /// The version that this made.
        version: i32,
        /// As it stands after the change.
        caller: Caller,
    },
    /// A caller's stay ended.
    Ended {
        /// The version that this made.
        version: i32,
        /// As it stands after the change.
        caller: Caller,
    },
}

impl WaitingAreaEvent {
    /// The version of the waiting area after this event.
    #[must_use]
    pub fn version(&self) -> i32 {
        match self {
            Self::Snapshot { version, .. }
            | Self::Arrived { version, .. }
            | Self::Changed { version, .. }
            | Self::Ended { version, .. } => *version,
        }
    }
}

/// How an event's version stands to what is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Continuity {
    /// It comes next.
    Next,
    /// It is known already.
    Known,
    /// Something before it is missing.
    Gap,
}

/// How `event` stands to the `seen` version, if any was seen.
///
/// A snapshot always comes next, an older one too: it is the first thing the server says in answer
/// to a subscription, and a server whose data were restored from a backup starts at a smaller
/// version than was seen.
pub(crate) fn continuity(seen: Option<i32>, event: &WaitingAreaEvent) -> Continuity {
    match (event, seen) {
        (WaitingAreaEvent::Snapshot { .. }, _) => Continuity::Next,
        (event, Some(seen)) if event.version() <= seen => Continuity::Known,
        (event, Some(seen)) if Some(event.version()) == seen.checked_add(1) => Continuity::Next,
        _ => Continuity::Gap,
    }
}

/// What an event did to the list.
#[derive(Debug, Clone, PartialEq)]
pub enum Applied {
    /// The list is another: draw all of it.
    Replaced,
    /// This caller is new in the list.
    Arrived(Id),
    /// This caller changed. Positions of others may have changed with it.
    Changed(Id),
    /// This caller is no longer in the list.
    Ended(Box<Caller>),
    /// Nothing: the event is known already.
    Known,
    /// Nothing: something before the event is missing, and only a snapshot helps.
    /// [`Staff::live`](crate::Staff::live) sees to that itself, so that this is not met with its
    /// events.
    Gap,
}

/// The waiting area's list: everyone whose stay goes on, in arrival order, each with their
/// position.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WaitingAreaReplica {
    version: Option<i32>,
    callers: Vec<Caller>,
}

impl WaitingAreaReplica {
    /// Nothing known yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The version of the waiting area that this shows; none before the first snapshot.
    #[must_use]
    pub fn version(&self) -> Option<i32> {
        self.version
    }

    /// Everyone whose stay goes on, in arrival order.
    #[must_use]
    pub fn callers(&self) -> &[Caller] {
        &self.callers
    }

    /// The caller so named, if the stay goes on.
    #[must_use]
    pub fn caller(&self, id: &Id) -> Option<&Caller> {
        self.callers.iter().find(|caller| caller.id == *id)
    }

    /// Takes an event into the list.
    pub fn apply(&mut self, event: WaitingAreaEvent) -> Applied {
        match continuity(self.version, &event) {
            Continuity::Known => return Applied::Known,
            Continuity::Gap => return Applied::Gap,
            Continuity::Next => self.version = Some(event.version()),
        }
        let applied = match event {
            WaitingAreaEvent::Snapshot { callers, .. } => {
                self.callers = callers;
                self.callers.retain(|caller| !caller.status.is_final());
                self.callers
                    .sort_by(|one, other| arrival(one).cmp(&arrival(other)));
                Applied::Replaced
            }
            WaitingAreaEvent::Arrived { caller, .. } | WaitingAreaEvent::Changed { caller, .. }
                if !caller.status.is_final() =>
            {
                self.put(caller)
            }
            WaitingAreaEvent::Arrived { caller, .. }
            | WaitingAreaEvent::Changed { caller, .. }
            | WaitingAreaEvent::Ended { caller, .. } => {
                self.callers.retain(|other| other.id != caller.id);
                Applied::Ended(Box::new(caller))
            }
        };
        self.recount();
        applied
    }

    /// Takes in the caller as a command's answer or refusal showed it, ahead of the event that
    /// brings the same. Says whether anything changed. Comings and goings are left to the events:
    /// taken out of turn, an older event could bring back who has left.
    pub fn take_newer(&mut self, caller: &Caller) -> bool {
        let Some(at) = self.callers.iter().position(|other| other.id == caller.id) else {
            return false;
        };
        if self.callers[at].version >= caller.version || caller.status.is_final() {
            return false;
        }
        self.callers[at] = caller.clone();
        self.recount();
        true
    }

    fn put(&mut self, caller: Caller) -> Applied {
        let id = caller.id.clone();
        let applied = match self.callers.iter_mut().find(|other| other.id == id) {
            // Known newer by `take_newer`: the event of that is yet to come.
            Some(known) if known.version > caller.version => Applied::Changed(id),
            Some(known) => {
                *known = caller;
                Applied::Changed(id)
            }
            None => {
                self.callers.push(caller);
                Applied::Arrived(id)
            }
        };
        self.sort();
        applied
    }

    /// Cheap where almost everything is in order already, as it is after one event.
    fn sort(&mut self) {
        self.callers
            .sort_by(|one, other| arrival(one).cmp(&arrival(other)));
    }

    /// An event brings one caller, but moves everyone behind: positions follow from the order
    /// alone.
    fn recount(&mut self) {
        let (mut place, mut ahead_offline) = (0, 0);
        for caller in &mut self.callers {
            if !caller.status.has_place() {
                caller.position = None;
                continue;
            }
            place += 1;
            caller.position = Some(QueuePosition {
                place,
                ahead_offline,
            });
            if caller.status == CallerStatus::Offline {
                ahead_offline += 1;
            }
        }
    }
}

/// What orders the list. A place taken back bears its old number again, so the name makes the order
/// strict.
fn arrival(caller: &Caller) -> (i32, &str) {
    (caller.arrival_number, caller.id.inner())
}

#[cfg(test)]
mod tests;
