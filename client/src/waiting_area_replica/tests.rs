//! A model of the server, of the socket and of all that goes wrong between them.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::*;
use crate::live::{Taken, WaitingAreaFeed};
use crate::sample::caller;

use CallerStatus::{BeingSeen, Cancelled, Completed, Offline, OnHold, Waiting};

fn changed(version: i32, caller: Caller) -> WaitingAreaEvent {
    WaitingAreaEvent::Changed { version, caller }
}

fn ids(replica: &WaitingAreaReplica) -> Vec<&str> {
    replica
        .callers()
        .iter()
        .map(|caller| caller.id.inner())
        .collect()
}

fn places(replica: &WaitingAreaReplica) -> Vec<Option<(i32, i32)>> {
    let pair = |position: QueuePosition| (position.place, position.ahead_offline);
    replica
        .callers()
        .iter()
        .map(|caller| caller.position.map(pair))
        .collect()
}

fn four() -> WaitingAreaReplica {
    let mut replica = WaitingAreaReplica::new();
    let callers = vec![
        caller("b", 2, Offline, 1),
        caller("a", 1, BeingSeen, 1),
        caller("d", 4, Waiting, 1),
        caller("c", 3, Waiting, 1),
    ];
    assert_eq!(
        replica.apply(WaitingAreaEvent::Snapshot {
            version: 10,
            callers
        }),
        Applied::Replaced
    );
    replica
}

#[test]
fn the_list_is_in_arrival_order_and_everyone_has_their_position() {
    let replica = four();
    assert_eq!(ids(&replica), ["a", "b", "c", "d"]);
    assert_eq!(
        places(&replica),
        [None, Some((1, 0)), Some((2, 1)), Some((3, 1))]
    );
    assert_eq!(replica.version(), Some(10));
}

#[test]
fn going_offline_and_coming_back_moves_nobody() {
    let mut replica = four();
    replica.apply(changed(11, caller("c", 3, Offline, 2)));
    assert_eq!(
        places(&replica),
        [None, Some((1, 0)), Some((2, 1)), Some((3, 2))]
    );
    replica.apply(changed(12, caller("c", 3, Waiting, 3)));
    assert_eq!(replica.callers()[2].position, four().callers()[2].position);
    assert_eq!(places(&replica), places(&four()));
}

#[test]
fn everyone_behind_moves_up_when_a_caller_is_joined_or_ends() {
    let mut replica = four();
    replica.apply(changed(11, caller("b", 2, BeingSeen, 2)));
    assert_eq!(places(&replica), [None, None, Some((1, 0)), Some((2, 0))]);
    let ended = WaitingAreaEvent::Ended {
        version: 12,
        caller: caller("c", 3, Cancelled, 2),
    };
    let Applied::Ended(caller) = replica.apply(ended) else {
        panic!("not ended")
    };
    assert_eq!(caller.id.inner(), "c");
    assert_eq!(
        (ids(&replica), places(&replica)),
        (vec!["a", "b", "d"], vec![None, None, Some((1, 0))])
    );
}

#[test]
fn a_place_taken_back_is_the_original_place() {
    let mut replica = four();
    replica.apply(WaitingAreaEvent::Ended {
        version: 11,
        caller: caller("b", 2, Cancelled, 2),
    });
    let again = WaitingAreaEvent::Arrived {
        version: 12,
        caller: caller("z", 2, Waiting, 1),
    };
    assert_eq!(replica.apply(again), Applied::Arrived(Id::new("z")));
    assert_eq!(ids(&replica), ["a", "z", "c", "d"]);
}

#[test]
fn whose_stay_has_ended_is_not_shown_though_the_end_is_yet_to_be_told() {
    let mut replica = four();
    let applied = replica.apply(changed(11, caller("b", 2, Cancelled, 3)));
    assert!(matches!(applied, Applied::Ended(_)), "{applied:?}");
    assert_eq!(ids(&replica), ["a", "c", "d"]);
    let arrived = WaitingAreaEvent::Arrived {
        version: 12,
        caller: caller("e", 5, Cancelled, 2),
    };
    assert!(matches!(replica.apply(arrived), Applied::Ended(_)));
    assert_eq!(ids(&replica), ["a", "c", "d"]);
}

#[test]
fn what_is_known_changes_nothing() {
    let mut replica = four();
    for version in [-1, 0, 9, 10] {
        assert_eq!(
            replica.apply(changed(version, caller("d", 4, Offline, 9))),
            Applied::Known
        );
    }
    assert_eq!(replica, four());
}

#[test]
fn after_a_gap_nothing_is_guessed() {
    let mut replica = four();
    assert_eq!(
        replica.apply(changed(12, caller("d", 4, Offline, 9))),
        Applied::Gap
    );
    assert_eq!(replica, four());
    let before_anything = &mut WaitingAreaReplica::new();
    assert_eq!(
        before_anything.apply(changed(1, caller("a", 1, Waiting, 1))),
        Applied::Gap
    );
}

#[test]
fn the_greatest_version_does_not_overflow() {
    let mut replica = WaitingAreaReplica::new();
    replica.apply(WaitingAreaEvent::Snapshot {
        version: i32::MAX,
        callers: Vec::new(),
    });
    let event = changed(i32::MIN, caller("a", 1, Waiting, 1));
    assert_eq!(replica.apply(event), Applied::Known);
}

#[test]
fn a_commands_answer_is_shown_before_its_event_and_not_undone_by_an_older_one() {
    let mut replica = four();
    assert!(replica.take_newer(&caller("b", 2, OnHold, 3)));
    assert_eq!(replica.callers()[1].status, OnHold);
    assert_eq!(places(&replica), [None, None, Some((1, 0)), Some((2, 0))]);

    replica.apply(changed(11, caller("b", 2, Waiting, 2)));
    assert_eq!(replica.callers()[1].status, OnHold);
    replica.apply(changed(12, caller("b", 2, OnHold, 3)));
    assert_eq!(replica.callers()[1].status, OnHold);
}

#[test]
fn a_commands_answer_brings_nobody_in_and_takes_nobody_out() {
    let mut replica = four();
    assert!(!replica.take_newer(&caller("gone", 0, Waiting, 9)));
    assert!(!replica.take_newer(&caller("b", 2, Completed, 9)));
    assert!(!replica.take_newer(&caller("b", 2, Waiting, 1)));
    assert_eq!(replica, four());
}

/// A row of the list, as far as it matters here.
type Row = (String, CallerStatus, Option<QueuePosition>);

/// The server: the truth, and the history that led to it.
#[derive(Default)]
struct Server {
    callers: Vec<Caller>,
    ended: Vec<Caller>,
    /// The arrival numbers of the places that may be taken back, each once.
    left: Vec<i32>,
    history: Vec<WaitingAreaEvent>,
    /// What staff should see at each version but the first.
    truths: Vec<Vec<Row>>,
    arrivals: i32,
    stays: u32,
}

/// What happens next.
#[derive(Debug, Clone)]
enum Step {
    Arrive,
    Change(usize, CallerStatus),
    End(usize, CallerStatus),
    TakeBack(usize),
    /// The next frame reaches the client.
    Deliver,
    /// A change from before reaches the client once more.
    Repeat(usize),
    /// The next frame is lost on the way.
    Lose,
    /// The connection breaks, what is under way is lost, and another is made. Whether the server
    /// still keeps the changes since the client's version is its own affair.
    Cut {
        changes_are_kept: bool,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let goes_on = prop::sample::select(vec![Waiting, Offline, BeingSeen, OnHold]);
    let is_over = prop::sample::select(vec![Completed, CallerStatus::Left, Cancelled]);
    prop_oneof![
        3 => Just(Step::Arrive),
        4 => (any::<usize>(), goes_on).prop_map(|(which, status)| Step::Change(which, status)),
        2 => (any::<usize>(), is_over).prop_map(|(which, status)| Step::End(which, status)),
        1 => any::<usize>().prop_map(Step::TakeBack),
        8 => Just(Step::Deliver),
        2 => any::<usize>().prop_map(Step::Repeat),
        1 => Just(Step::Lose),
        1 => any::<bool>().prop_map(|changes_are_kept| Step::Cut { changes_are_kept }),
    ]
}

impl Server {
    fn version(&self) -> i32 {
        i32::try_from(self.history.len()).expect("a short history")
    }

    fn stay(&mut self, arrival_number: i32) -> Caller {
        self.stays += 1;
        caller(&format!("stay-{}", self.stays), arrival_number, Waiting, 1)
    }

    fn snapshot(&self) -> WaitingAreaEvent {
        // The events tell everything, so the order in which a server happens to list them does not
        // matter.
        let callers = self.callers.iter().rev().cloned().collect();
        WaitingAreaEvent::Snapshot {
            version: self.version(),
            callers,
        }
    }

    /// Does a step of the server's; gives the event that it makes.
    fn act(&mut self, step: &Step) -> Option<WaitingAreaEvent> {
        let version = self.version() + 1;
        let event = match *step {
            Step::Arrive => {
                self.arrivals += 1;
                let caller = self.stay(self.arrivals);
                self.callers.push(caller.clone());
                WaitingAreaEvent::Arrived { version, caller }
            }
            Step::Change(which, status) => {
                let at = which.checked_rem(self.callers.len())?;
                self.callers[at].status = status;
                self.callers[at].version += 1;
                WaitingAreaEvent::Changed {
                    version,
                    caller: self.callers[at].clone(),
                }
            }
            Step::End(which, status) => {
                let at = which.checked_rem(self.callers.len())?;
                let mut caller = self.callers.remove(at);
                caller.status = status;
                caller.version += 1;
                self.left.push(caller.arrival_number);
                self.ended.push(caller.clone());
                WaitingAreaEvent::Ended { version, caller }
            }
            Step::TakeBack(which) => {
                let at = which.checked_rem(self.left.len())?;
                let arrival_number = self.left.remove(at);
                let caller = self.stay(arrival_number);
                self.callers.push(caller.clone());
                WaitingAreaEvent::Arrived { version, caller }
            }
            _ => return None,
        };
        self.history.push(event.clone());
        self.truths.push(self.truth());
        Some(event)
    }

    fn bring_up_to_now(&self, event: &mut WaitingAreaEvent) {
        let (WaitingAreaEvent::Arrived { caller, .. }
        | WaitingAreaEvent::Changed { caller, .. }
        | WaitingAreaEvent::Ended { caller, .. }) = event
        else {
            return;
        };
        let mut everyone = self.callers.iter().chain(&self.ended);
        if let Some(now) = everyone.find(|other| other.id == caller.id) {
            *caller = now.clone();
        }
    }

    fn truth_at(&self, version: i32) -> &[Row] {
        let index = usize::try_from(version)
            .expect("not negative")
            .checked_sub(1);
        index.map_or(&[], |index| &self.truths[index])
    }

    /// What staff should see now, counted the plain way.
    fn truth(&self) -> Vec<Row> {
        let mut callers: Vec<_> = self.callers.iter().collect();
        callers.sort_by_key(|caller| caller.arrival_number);
        let position = |caller: &Caller| {
            let ahead = callers.iter().filter(|other| {
                other.status.has_place() && other.arrival_number < caller.arrival_number
            });
            let offline = ahead.clone().filter(|other| other.status == Offline);
            Some(QueuePosition {
                place: 1 + i32::try_from(ahead.count()).expect("few"),
                ahead_offline: i32::try_from(offline.count()).expect("few"),
            })
            .filter(|_| caller.status.has_place())
        };
        let row = |caller: &&Caller| {
            (
                caller.id.inner().to_owned(),
                caller.status,
                position(caller),
            )
        };
        callers.iter().map(row).collect()
    }
}

/// The client, and the frames under way to it.
struct Client {
    feed: WaitingAreaFeed,
    replica: WaitingAreaReplica,
    under_way: VecDeque<WaitingAreaEvent>,
    /// Whether the server shows a caller in a change as it is now, which may be newer than the
    /// change, and not as the change left it. It may do either.
    shows_callers_as_they_are_now: bool,
}

impl Client {
    fn connect(&mut self, server: &Server, changes_are_kept: bool) {
        self.under_way.clear();
        match self.feed.seen() {
            Some(seen) if changes_are_kept => {
                let seen = usize::try_from(seen).expect("not negative");
                self.under_way
                    .extend(server.history[seen..].iter().cloned());
            }
            _ => self.under_way.push_back(server.snapshot()),
        }
    }

    fn shown(&self) -> Vec<Row> {
        let row = |caller: &Caller| (caller.id.inner().to_owned(), caller.status, caller.position);
        self.replica.callers().iter().map(row).collect()
    }

    fn receive(&mut self, server: &Server, mut event: WaitingAreaEvent) {
        if self.shows_callers_as_they_are_now {
            server.bring_up_to_now(&mut event);
        }
        match self.feed.take_event(event) {
            Taken::Item(event) => {
                let version = event.version();
                assert!(
                    Some(version) >= self.replica.version(),
                    "the list never goes back"
                );
                let applied = self.replica.apply(event);
                assert!(
                    !matches!(applied, Applied::Gap | Applied::Known),
                    "{applied:?}"
                );
                if !self.shows_callers_as_they_are_now {
                    let truth = server.truth_at(version);
                    assert_eq!(self.shown(), truth, "the list is never wrong");
                }
            }
            Taken::Nothing => {}
            // Frames of the subscription that was given up are not taken any more.
            Taken::AskAnew => self.connect(server, false),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_repeated_lost_or_cut_the_list_is_never_wrong_and_ends_as_the_servers(
        steps in prop::collection::vec(step(), 0..120),
        changes_are_kept in any::<bool>(),
        shows_callers_as_they_are_now in any::<bool>(),
    ) {
        let mut server = Server::default();
        let mut client = Client {
            feed: WaitingAreaFeed::new(Id::new("clinic-1")),
            replica: WaitingAreaReplica::new(),
            under_way: VecDeque::new(),
            shows_callers_as_they_are_now,
        };
        client.connect(&server, true);
        for step in steps {
            match step {
                Step::Deliver => if let Some(event) = client.under_way.pop_front() {
                    client.receive(&server, event);
                },
                Step::Lose => drop(client.under_way.pop_front()),
                Step::Repeat(which) => {
                    let seen = client.feed.seen().and_then(|seen| usize::try_from(seen).ok());
                    if let Some(at) = seen.and_then(|seen| which.checked_rem(seen)) {
                        let event = server.history[at].clone();
                        client.receive(&server, event);
                    }
                }
                Step::Cut { changes_are_kept } => client.connect(&server, changes_are_kept),
                step => client.under_way.extend(server.act(&step)),
            }
        }
        // A frame lost at the very end shows with the next change, or with the next connection.
        client.connect(&server, changes_are_kept);
        while let Some(event) = client.under_way.pop_front() {
            client.receive(&server, event);
        }

        prop_assert_eq!(client.shown(), server.truth());
        prop_assert_eq!(client.replica.version(), Some(server.version()));
    }

    #[test]
    fn no_event_leaves_the_list_out_of_order(
        events in prop::collection::vec((0_i32..6, 0_u8..6, 0_i32..4, any::<bool>()), 0..40),
    ) {
        let mut replica = four();
        for (version, id, arrival_number, is_snapshot) in events {
            let version = version + 8;
            let caller = caller(&id.to_string(), arrival_number, Waiting, version);
            replica.apply(if is_snapshot {
                WaitingAreaEvent::Snapshot { version, callers: vec![caller] }
            } else {
                changed(version, caller)
            });
            prop_assert!(replica.callers().is_sorted_by_key(arrival));
        }
    }
}
