//! The order of arrival: positions, and a lost place taken back.

use crate::stay::{MOBILE, Outcome, START, Stay, clinic, number, someone};
use standby::domain::arrive::arrive;
use standby::domain::caller::{Arrival, Caller};
use standby::domain::event::{Actor, Event, What};
use standby::domain::order::{QueuePosition, positions};
use standby::domain::refusal::Why;
use standby::domain::status::Status;
use standby::domain::time::Span;

fn numbered(stay: Stay, id: u8) -> Caller {
    Caller {
        id: someone(id, None).id,
        arrival: Arrival(id.into()),
        ..stay.caller
    }
}

#[test]
fn position_counts_everyone_ahead_and_says_how_many_are_away() {
    let queue = [
        numbered(Stay::offline(), 1),
        numbered(Stay::being_seen(), 2),
        numbered(Stay::unverified(), 3),
        numbered(Stay::lost(), 4),
        numbered(Stay::offline(), 5),
        numbered(Stay::verified(), 6),
    ];
    let positions = positions(&queue);
    let of = |place: usize| {
        positions
            .get(&queue[place].id)
            .map(|at| (at.place, at.ahead_offline))
    };
    assert_eq!(of(0), Some((1, 0)));
    assert_eq!(of(1), None);
    assert_eq!(of(2), Some((2, 1)));
    assert_eq!(of(3), None);
    assert_eq!(of(4), Some((3, 1)));
    assert_eq!(of(5), Some((4, 2)));
}

#[test]
fn going_offline_and_coming_back_never_changes_the_position() {
    let ahead = numbered(Stay::unverified(), 1);
    let behind = numbered(Stay::unverified(), 30);
    let mut stay = Stay::verified();
    stay.caller.arrival = Arrival(2);
    for step in [Stay::looks_away, Stay::is_recalled, Stay::looks] {
        step(&mut stay);
        let queue = [ahead.clone(), stay.caller.clone(), behind.clone()];
        assert_eq!(
            positions(&queue)[&stay.caller.id],
            QueuePosition {
                place: 2,
                ahead_offline: 0
            }
        );
        assert_eq!(positions(&queue)[&behind.id].place, 3);
    }
}

#[test]
fn whoever_arrives_waits_is_looking_and_has_what_was_entered() {
    let arrived = arrive(&clinic(), someone(1, Some(MOBILE)), Arrival(7), START).unwrap();
    let caller = arrived.caller;
    assert_eq!(
        (caller.status(), caller.is_viewing(), caller.version),
        (Status::Waiting, true, 1)
    );
    assert_eq!((caller.arrival, caller.arrived_at), (Arrival(7), START));
    assert_eq!(caller.phone().number(), Some(&number(MOBILE)));
    assert_eq!(caller.phone().verified(), None);
    assert_eq!(
        arrived.event,
        Event {
            what: What::Arrived,
            by: Actor::Caller
        }
    );
    assert!(arrived.texts.is_empty());
}

#[test]
fn a_lost_caller_takes_the_original_place_back() {
    let mut stay = Stay::lost();
    stay.waits(Span::hours(2));
    assert!(stay.caller.is_resumable(&stay.clinic.settings));
    let (lost, resumed) = stay.resumes().unwrap();
    assert_eq!(resumed.caller.arrival, stay.caller.arrival);
    assert_eq!(resumed.caller.arrived_at, stay.caller.arrived_at);
    assert_eq!(resumed.caller.person, stay.caller.person);
    assert_ne!(
        resumed.caller.id, stay.caller.id,
        "a new stay: the lost one is final"
    );
    assert_eq!(
        (resumed.status(), resumed.caller.is_viewing()),
        (Status::Waiting, true)
    );
    assert_eq!(
        (resumed.caller.version, resumed.caller.status_since),
        (1, stay.now)
    );
    assert_eq!(lost.status(), Status::Left);
    assert_eq!(
        lost.caller.version,
        stay.caller.version + 1,
        "it can no longer be resumed: a change"
    );
}

#[test]
fn a_lost_place_is_taken_back_once() {
    let stay = Stay::lost();
    let (lost, resumed) = stay.resumes().unwrap();
    assert!(!lost.caller.is_resumable(&stay.clinic.settings));
    assert_eq!(
        lost.resumes().unwrap_err().why,
        Why::WrongStatus {
            status: Status::Left
        }
    );
    assert_eq!(
        resumed.resumes().unwrap_err().why,
        Why::WrongStatus {
            status: Status::Waiting
        }
    );
}

#[test]
fn a_place_taken_back_and_lost_again_can_be_taken_back_again() {
    let (_, mut resumed) = Stay::lost().resumes().unwrap();
    resumed.looks_away();
    resumed.waits(Span::minutes(2));
    assert_eq!(resumed.may_be_lost(), Outcome::Changed(What::LostContact));
    let (_, again) = resumed.resumes().unwrap();
    assert_eq!(again.caller.arrival, resumed.caller.arrival);
}

#[test]
fn a_resumed_caller_can_verify_the_number_given_on_arrival_and_step_away() {
    let (_, mut resumed) = Stay::lost().resumes().unwrap();
    resumed.verifies();
    assert_eq!(resumed.proven(), Some(number(MOBILE)));
    assert_eq!(resumed.looks_away(), Outcome::Changed(What::WentOffline));
}

#[test]
fn a_place_can_be_taken_back_while_the_clinic_is_open_and_not_otherwise() {
    let stay = Stay::lost().with_settings(|settings| settings.is_open = false);
    assert!(!stay.caller.is_resumable(&stay.clinic.settings));
    assert_eq!(stay.resumes().unwrap_err().why, Why::Unavailable);
}

#[test]
fn only_lost_contact_can_be_resumed() {
    let mut left = Stay::verified();
    left.leaves();
    let mut cancelled = Stay::verified();
    cancelled.is_cancelled();
    let mut completed = Stay::being_seen();
    completed.is_completed();
    for stay in [left, cancelled, completed] {
        let status = stay.status();
        assert_eq!(stay.resumes().unwrap_err().why, Why::WrongStatus { status });
    }
}
