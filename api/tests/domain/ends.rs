//! Cancel, join, leave and lost contact, sentence by sentence.

use crate::stay::{MOBILE, Outcome, Stay, clinic, number};
use standby::domain::event::What;
use standby::domain::refusal::Why;
use standby::domain::status::Status;
use standby::domain::text::TextPurpose;
use standby::domain::time::Span;

fn wrong(status: Status) -> Outcome {
    Outcome::Refused(Why::WrongStatus { status })
}

/// An unverified caller who looked away just now.
fn not_responding() -> Stay {
    let mut stay = Stay::unverified();
    stay.looks_away();
    stay
}

#[test]
fn a_cancelled_offline_caller_gets_one_text_where_the_clinic_wants_it() {
    let mut stay = Stay::offline().with_settings(|settings| settings.text_on_cancel = true);
    assert_eq!(stay.is_cancelled(), Outcome::Changed(What::Cancelled));
    assert_eq!(stay.is_cancelled(), Outcome::Unchanged);
    assert_eq!(stay.texts_for(TextPurpose::Cancelled), 1);
    assert_eq!(stay.texts.last().unwrap().to, number(MOBILE));
}

#[test]
fn a_cancelled_offline_caller_gets_no_text_where_the_clinic_does_not_want_it() {
    let mut stay = Stay::offline();
    stay.is_cancelled();
    assert_eq!(stay.texts_for(TextPurpose::Cancelled), 0);
}

#[test]
fn whoever_is_looking_or_was_never_verified_gets_no_text_about_a_cancel() {
    let mut on_hold = Stay::being_seen();
    on_hold.is_put_on_hold();
    for stay in [
        Stay::verified(),
        Stay::unverified(),
        not_responding(),
        on_hold,
    ] {
        let mut stay = stay.with_settings(|settings| settings.text_on_cancel = true);
        assert_eq!(stay.is_cancelled(), Outcome::Changed(What::Cancelled));
        assert_eq!(stay.texts_for(TextPurpose::Cancelled), 0);
    }
}

#[test]
fn of_cancel_and_join_at_the_same_moment_one_wins_and_the_other_is_told() {
    let mut cancelled_first = Stay::verified();
    cancelled_first.is_cancelled();
    assert_eq!(cancelled_first.is_joined(), wrong(Status::Cancelled));

    let mut joined_first = Stay::verified();
    joined_first.is_joined();
    assert_eq!(joined_first.is_cancelled(), wrong(Status::BeingSeen));
}

#[test]
fn join_needs_waiting_or_on_hold() {
    assert_eq!(Stay::verified().is_joined(), Outcome::Changed(What::Joined));
    assert_eq!(not_responding().is_joined(), Outcome::Changed(What::Joined));
    let mut on_hold = Stay::being_seen();
    on_hold.is_put_on_hold();
    assert_eq!(on_hold.is_joined(), Outcome::Changed(What::Joined));
    assert_eq!(Stay::offline().is_joined(), wrong(Status::Offline));
    assert_eq!(Stay::lost().is_joined(), wrong(Status::Left));
}

#[test]
fn a_stay_has_one_room() {
    let mut stay = Stay::being_seen();
    let room = stay.caller.room().cloned();
    assert!(room.is_some());
    assert_eq!(stay.is_joined(), Outcome::Unchanged);
    stay.is_put_on_hold();
    stay.is_joined();
    assert_eq!(stay.caller.room().cloned(), room);
}

#[test]
fn in_the_consultation_looking_away_makes_nobody_offline() {
    let mut stay = Stay::being_seen();
    assert_eq!(stay.looks_away(), Outcome::Changed(What::StoppedViewing));
    assert_eq!(stay.status(), Status::BeingSeen);
    assert!(!stay.caller.is_viewing());
    assert_eq!(stay.looks(), Outcome::Changed(What::ViewingAgain));
}

#[test]
fn an_unverified_caller_is_never_offline() {
    let mut stay = not_responding();
    assert_eq!(stay.status(), Status::Waiting);
    assert_eq!(stay.caller.not_responding_since(), Some(stay.now));
    assert_eq!(stay.looks(), Outcome::Changed(What::RespondingAgain));
    assert_eq!(stay.caller.not_responding_since(), None);
}

#[test]
fn an_unverified_caller_who_stops_viewing_is_lost_after_two_minutes() {
    let mut stay = not_responding();
    stay.waits(Span::millis(119_999));
    assert_eq!(stay.may_be_lost(), Outcome::Unchanged);
    stay.waits(Span::millis(1));
    assert_eq!(stay.may_be_lost(), Outcome::Changed(What::LostContact));
    assert_eq!(stay.status(), Status::Left);
}

#[test]
fn after_the_clinics_own_grace_where_it_set_one() {
    let mut stay =
        not_responding().with_settings(|settings| settings.lost_contact_grace = Span::minutes(20));
    stay.waits(Span::millis(20 * 60_000 - 1));
    assert_eq!(stay.may_be_lost(), Outcome::Unchanged);
    stay.waits(Span::millis(1));
    assert_eq!(stay.may_be_lost(), Outcome::Changed(What::LostContact));
}

#[test]
fn while_a_code_is_outstanding_the_grace_is_ten_minutes() {
    let mut stay = Stay::unverified();
    stay.asks_for_a_code();
    stay.looks_away();
    stay.waits(Span::millis(599_999));
    assert_eq!(stay.may_be_lost(), Outcome::Unchanged);
    stay.waits(Span::millis(1));
    assert_eq!(stay.may_be_lost(), Outcome::Changed(What::LostContact));
}

#[test]
fn a_code_that_expires_while_the_caller_is_away_no_longer_keeps_the_place() {
    let mut stay = Stay::unverified();
    stay.asks_for_a_code();
    stay.waits(Span::minutes(5));
    stay.looks_away();
    stay.waits(Span::millis(299_999));
    assert_eq!(stay.may_be_lost(), Outcome::Unchanged);
    stay.waits(Span::millis(1));
    assert_eq!(stay.may_be_lost(), Outcome::Changed(What::LostContact));
}

#[test]
fn a_code_about_to_expire_does_not_shorten_the_two_minutes() {
    let mut stay = Stay::unverified();
    stay.asks_for_a_code();
    stay.waits(Span::minutes(9));
    stay.looks_away();
    stay.waits(Span::millis(119_999));
    assert_eq!(stay.may_be_lost(), Outcome::Unchanged);
    stay.waits(Span::millis(1));
    assert_eq!(stay.may_be_lost(), Outcome::Changed(What::LostContact));
}

#[test]
fn a_code_with_no_attempt_left_does_not_keep_the_place() {
    let mut stay = Stay::unverified();
    stay.asks_for_a_code();
    for _ in 0..5 {
        stay.enters("999999");
    }
    stay.looks_away();
    stay.waits(Span::minutes(2));
    assert_eq!(stay.may_be_lost(), Outcome::Changed(What::LostContact));
}

#[test]
fn whoever_looks_again_in_time_is_not_lost_and_has_the_whole_grace_anew() {
    let mut stay = not_responding();
    stay.waits(Span::seconds(119));
    stay.looks();
    stay.looks_away();
    stay.waits(Span::seconds(119));
    assert_eq!(stay.may_be_lost(), Outcome::Unchanged);
}

#[test]
fn a_verified_caller_is_never_lost_however_long_away() {
    let mut stay = Stay::offline();
    stay.waits(Span::hours(1000));
    assert_eq!(stay.may_be_lost(), Outcome::Unchanged);
}

#[test]
fn whoever_verifies_while_not_looking_is_offline_at_once() {
    let mut stay = Stay::unverified();
    stay.asks_for_a_code();
    stay.looks_away();
    let code = stay.code_in_the_latest_text();
    assert_eq!(stay.enters(&code), Outcome::Changed(What::PhoneVerified));
    assert_eq!(stay.status(), Status::Offline);
}

#[test]
fn a_caller_may_leave_from_wherever_they_are() {
    for mut stay in [Stay::unverified(), Stay::offline(), Stay::being_seen()] {
        assert_eq!(stay.leaves(), Outcome::Changed(What::Left));
        assert_eq!(stay.status(), Status::Left);
        assert!(!stay.caller.is_resumable(&clinic().settings));
    }
}

#[test]
fn the_text_about_a_cancel_is_wanted_however_late() {
    let mut stay = Stay::offline().with_settings(|settings| settings.text_on_cancel = true);
    stay.is_cancelled();
    assert_eq!(stay.texts_for(TextPurpose::Cancelled), 1);
    stay.waits(Span::hours(9));
    assert!(stay.still_wants_the_latest_text());
}
