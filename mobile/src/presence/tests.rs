use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use Viewing::{Background, Foreground};

fn caller(name: &str) -> LinkToken {
    LinkToken::read(name).expect("a token")
}

fn send(name: &str, counter: i32, viewing: Viewing) -> Output {
    Output::Send {
        caller: caller(name),
        counter,
        viewing,
    }
}

fn arrived(counter: i32) -> Input {
    Input::Answered {
        counter,
        has_arrived: true,
    }
}

fn lost(counter: i32) -> Input {
    Input::Answered {
        counter,
        has_arrived: false,
    }
}

/// A device that shows this caller and has told the server that it is seen.
fn seen(name: &str) -> Presence {
    let mut presence = Presence::default();
    presence.take(Input::Viewing(Foreground), 0);
    presence.take(Input::Start(caller(name)), 0);
    presence.take(arrived(1), 0);
    presence
}

#[test]
fn nothing_is_said_before_the_app_gives_a_sign_and_shows_a_caller() {
    let mut presence = Presence::default();
    assert_eq!(presence.take(Input::Start(caller("a")), 0), []);
    let first = presence.take(Input::Viewing(Background), 0);
    assert_eq!(first, [send("a", 1, Background)]);

    let mut presence = Presence::default();
    assert_eq!(presence.take(Input::Viewing(Foreground), 0), []);
    let first = presence.take(Input::Start(caller("a")), 0);
    assert_eq!(first, [send("a", 1, Foreground)]);
}

#[test]
fn what_is_known_or_under_way_is_not_said_twice() {
    let mut presence = Presence::default();
    presence.take(Input::Viewing(Foreground), 0);
    presence.take(Input::Start(caller("a")), 0);
    assert_eq!(presence.take(Input::Viewing(Foreground), 0), []);
    assert_eq!(presence.take(Input::Start(caller("a")), 0), []);
    assert_eq!(presence.take(Input::Online, 0), []);
    assert_eq!(presence.take(arrived(1), 0), []);
    assert!(presence.is_settled());
    assert_eq!(presence.take(Input::Viewing(Foreground), 0), []);
}

#[test]
fn a_newer_report_does_not_wait_for_one_under_way() {
    let mut presence = seen("a");
    let away = presence.take(Input::Viewing(Background), 0);
    assert_eq!(away, [send("a", 2, Background)]);
    let back = presence.take(Input::Viewing(Foreground), 0);
    assert_eq!(back, [send("a", 3, Foreground)]);
    assert_eq!(presence.take(arrived(2), 0), []);
    assert!(!presence.is_settled());
    assert_eq!(presence.take(arrived(3), 0), []);
    assert!(presence.is_settled());
}

#[test]
fn a_lost_report_is_sent_again_after_waits_that_grow_up_to_the_longest() {
    let mut presence = seen("a");
    presence.take(Input::Viewing(Background), 0);
    let mut waits = Vec::new();
    for counter in 2..10 {
        let Output::WakeIn {
            counter: after,
            milliseconds,
        } = presence.take(lost(counter), 500)[0]
        else {
            panic!("it does not wait")
        };
        assert_eq!(after, counter);
        waits.push(milliseconds);
        let again = presence.take(Input::Woke { counter }, 0);
        assert_eq!(again, [send("a", counter + 1, Background)]);
    }
    assert_eq!(
        waits,
        [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]
    );
}

#[test]
fn waits_are_spread_by_a_quarter_to_both_sides() {
    assert_eq!(spread(1_000, 0), 750);
    assert_eq!(spread(1_000, 500), 1_000);
    assert_eq!(spread(1_000, 1_000), 1_250);
    assert_eq!(spread(1_000, u16::MAX), 1_250);
}

#[test]
fn a_change_and_the_networks_return_end_a_wait() {
    let mut presence = seen("a");
    presence.take(Input::Viewing(Background), 0);
    presence.take(lost(2), 0);
    let back = presence.take(Input::Viewing(Foreground), 0);
    assert_eq!(back, [send("a", 3, Foreground)]);
    presence.take(lost(3), 0);
    assert_eq!(presence.take(Input::Online, 0), [send("a", 4, Foreground)]);
    // The waits that were cut short end all the same.
    assert_eq!(presence.take(Input::Woke { counter: 2 }, 0), []);
    assert_eq!(presence.take(Input::Woke { counter: 3 }, 0), []);
}

#[test]
fn a_report_can_be_asked_for_where_nothing_has_changed() {
    let mut presence = seen("a");
    assert_eq!(presence.take(Input::Again, 0), [send("a", 2, Foreground)]);
}

#[test]
fn the_caller_that_is_no_longer_shown_is_not_looked_at_any_more() {
    let mut presence = seen("a");
    let other = presence.take(Input::Start(caller("b")), 0);
    assert_eq!(other, [send("a", 2, Background), send("b", 3, Foreground)]);
    // What is answered to the first decides nothing for the second.
    assert_eq!(presence.take(lost(2), 0), []);
    assert!(!presence.is_settled());
    presence.take(arrived(3), 0);
    assert!(presence.is_settled());
}

#[test]
fn a_stay_that_goes_on_by_another_of_its_links_is_looked_at_all_the_while() {
    let mut presence = seen("a");
    let by_recall = presence.take(Input::GoOn(caller("recall")), 0);
    assert_eq!(by_recall, [send("recall", 2, Foreground)]);
}

#[test]
fn a_stay_that_is_left_while_it_is_seen_is_not_looked_at_any_more() {
    let mut presence = seen("a");
    assert_eq!(presence.take(Input::Stop, 0), [send("a", 2, Background)]);
    assert!(presence.is_settled());
}

#[test]
fn nothing_is_reported_of_a_stay_that_is_over() {
    let mut presence = seen("a");
    presence.take(Input::Viewing(Background), 0);
    assert_eq!(presence.take(Input::Stop, 0), []);
    assert!(presence.is_settled());
    assert_eq!(presence.take(lost(2), 0), []);
    assert_eq!(presence.take(Input::Viewing(Foreground), 0), []);
    assert_eq!(presence.take(Input::Again, 0), []);
    let again = presence.take(Input::Start(caller("a")), 0);
    assert_eq!(again, [send("a", 3, Foreground)]);
}

/// A network that loses, delays and repeats, and the server behind it.
#[derive(Default)]
struct World {
    presence: Presence,
    /// Reports that may still arrive. One that arrived stays: it may arrive again.
    reports: Vec<(String, i32, Viewing)>,
    /// Answers that may still arrive.
    answers: Vec<i32>,
    /// Waits that have not ended.
    waits: Vec<i32>,
    /// By caller: the greatest counter, and what that report said.
    server: BTreeMap<String, (i32, Viewing)>,
    greatest: i32,
}

#[derive(Clone, Debug)]
enum Step {
    Say(Input),
    Arrives(Index),
    ReportLost(Index),
    AnswerArrives(Index),
    GivenUp(Index),
    Wakes(Index),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let any_viewing = any::<bool>().prop_map(Viewing::of);
    let any_caller = prop_oneof![Just("a"), Just("b")].prop_map(caller);
    let step = prop_oneof![
        6 => any_viewing.prop_map(|viewing| Step::Say(Input::Viewing(viewing))),
        2 => any_caller.prop_map(|caller| Step::Say(Input::Start(caller))),
        1 => Just(caller("a")).prop_map(|caller| Step::Say(Input::GoOn(caller))),
        1 => Just(Step::Say(Input::Stop)),
        1 => Just(Step::Say(Input::Again)),
        1 => Just(Step::Say(Input::Online)),
        6 => any::<Index>().prop_map(Step::Arrives),
        2 => any::<Index>().prop_map(Step::ReportLost),
        4 => any::<Index>().prop_map(Step::AnswerArrives),
        3 => any::<Index>().prop_map(Step::GivenUp),
        3 => any::<Index>().prop_map(Step::Wakes),
    ];
    prop::collection::vec(step, 0..60)
}

impl World {
    fn say(&mut self, input: Input) {
        for output in self.presence.take(input, 500) {
            match output {
                Output::Send {
                    caller,
                    counter,
                    viewing,
                } => {
                    assert!(counter > self.greatest, "the counter grows");
                    self.greatest = counter;
                    let caller = caller.reveal().to_owned();
                    self.reports.push((caller, counter, viewing));
                }
                Output::WakeIn { counter, .. } => self.waits.push(counter),
            }
        }
    }

    fn arrives(&mut self, (caller, counter, viewing): (String, i32, Viewing)) {
        self.answers.push(counter);
        let newest = self.server.entry(caller).or_insert((counter, viewing));
        if counter > newest.0 {
            *newest = (counter, viewing);
        }
    }

    fn take(&mut self, step: &Step) {
        let pick = |index: &Index, from: usize| (from > 0).then(|| index.index(from));
        match step {
            Step::Say(input) => self.say(input.clone()),
            Step::Arrives(index) => {
                if let Some(at) = pick(index, self.reports.len()) {
                    self.arrives(self.reports[at].clone());
                }
            }
            Step::ReportLost(index) => {
                if let Some(at) = pick(index, self.reports.len()) {
                    self.reports.remove(at);
                }
            }
            Step::AnswerArrives(index) => {
                if let Some(at) = pick(index, self.answers.len()) {
                    self.say(arrived(self.answers[at]));
                }
            }
            // The driver lost patience, whatever became of the report.
            Step::GivenUp(index) => {
                if let Some(at) = pick(index, self.reports.len()) {
                    self.say(lost(self.reports[at].1));
                }
            }
            Step::Wakes(index) => {
                if let Some(at) = pick(index, self.waits.len()) {
                    let counter = self.waits.remove(at);
                    self.say(Input::Woke { counter });
                }
            }
        }
    }

    /// From now on the network holds. What is still on the way arrives, the oldest last; what was lost
    /// is given up, and every wait ends.
    fn hold(&mut self) {
        let gone = self.presence.counter;
        if !self.reports.iter().any(|(_, counter, _)| *counter == gone) {
            self.say(lost(gone));
        }
        for _ in 0..20 {
            for report in std::mem::take(&mut self.reports).into_iter().rev() {
                self.arrives(report);
            }
            for counter in std::mem::take(&mut self.answers) {
                self.say(arrived(counter));
            }
            for counter in std::mem::take(&mut self.waits) {
                self.say(Input::Woke { counter });
            }
        }
        assert!(self.reports.is_empty(), "it goes on reporting");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn once_the_network_holds_the_server_knows_the_last_sign(steps in steps()) {
        let mut world = World::default();
        let mut last = None;
        for step in &steps {
            world.take(step);
            if let Step::Say(Input::Viewing(viewing)) = step {
                last = Some(*viewing);
            }
        }
        world.hold();
        prop_assert!(world.presence.is_settled());
        if let (Some(shown), Some(last)) = (&world.presence.caller, last) {
            let known = world.server.get(shown.reveal()).map(|(_, viewing)| *viewing);
            prop_assert_eq!(known, Some(last));
        }
    }

    #[test]
    fn nothing_is_sent_once_everything_is_known(steps in steps()) {
        let mut world = World::default();
        for step in &steps {
            world.take(step);
        }
        world.hold();
        if let Some(wanted) = world.presence.wanted {
            world.say(Input::Viewing(wanted));
        }
        world.say(Input::Online);
        prop_assert!(world.reports.is_empty() && world.waits.is_empty());
    }
}
