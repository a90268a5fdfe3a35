//! Arrival and verification, sentence by sentence.

use crate::stay::{LANDLINE, MOBILE, OTHER_MOBILE, Outcome, START, Stay, clinic, number, someone};
use standby::domain::arrive::arrive;
use standby::domain::caller::Arrival;
use standby::domain::decide::Command;
use standby::domain::event::What;
use standby::domain::limits::{LimitKind, Use};
use standby::domain::refusal::Why;
use standby::domain::status::Status;
use standby::domain::text::TextPurpose;
use standby::domain::time::Span;

fn rejected(attempts_left: u8) -> Why {
    Why::CodeRejected { attempts_left }
}

#[test]
fn verification_is_offered_never_forced() {
    let mut stay = Stay::arriving_at(clinic(), None);
    assert_eq!(stay.status(), Status::Waiting);
    assert_eq!(stay.is_joined(), Outcome::Changed(What::Joined));
}

#[test]
fn a_closed_clinic_takes_nobody_in_and_keeps_those_who_are_there() {
    let mut closed = clinic();
    closed.settings.is_open = false;
    let refusal = arrive(&closed, someone(1, None), Arrival(1), START).unwrap_err();
    assert_eq!(refusal.why, Why::Unavailable);

    let mut stay = Stay::offline().with_settings(|settings| settings.is_open = false);
    assert_eq!(stay.looks(), Outcome::Changed(What::CameBack));
}

#[test]
fn a_code_goes_to_the_number_given_on_arrival_and_entering_it_verifies_that_number() {
    let mut stay = Stay::unverified();
    assert_eq!(stay.asks_for_a_code(), Outcome::Changed(What::CodeSent));
    assert_eq!(stay.texts[0].to, number(MOBILE));
    let code = stay.code_in_the_latest_text();
    assert_eq!(stay.enters(&code), Outcome::Changed(What::PhoneVerified));
    assert_eq!(stay.proven(), Some(number(MOBILE)));
    assert_eq!(stay.status(), Status::Waiting);
}

#[test]
fn without_a_number_there_is_nothing_to_send_a_code_to() {
    let mut stay = Stay::arriving_at(clinic(), None);
    assert_eq!(stay.asks_for_a_code(), Outcome::Refused(Why::InvalidInput));
    let sent = stay.asks_for_a_code_to(Some(MOBILE), Vec::new());
    assert_eq!(sent, Outcome::Changed(What::CodeSent));
}

#[test]
fn no_code_goes_to_a_landline() {
    let mut stay = Stay::unverified();
    let sent = stay.asks_for_a_code_to(Some(LANDLINE), Vec::new());
    assert_eq!(sent, Outcome::Refused(Why::InvalidInput));
    assert!(stay.texts.is_empty());
}

#[test]
fn a_new_code_may_be_asked_for_after_thirty_seconds_and_only_the_new_one_counts() {
    let mut stay = Stay::unverified();
    stay.asks_for_a_code();
    let old = stay.code_in_the_latest_text();
    let retry_at = stay.now + Span::seconds(30);
    stay.waits(Span::millis(29_999));
    assert_eq!(
        stay.asks_for_a_code(),
        Outcome::Refused(Why::RateLimited { retry_at })
    );
    stay.waits(Span::millis(1));
    assert_eq!(stay.asks_for_a_code(), Outcome::Changed(What::CodeSent));
    assert_eq!(
        stay.enters(&old),
        Outcome::Counted(What::CodeRejected, rejected(4))
    );
    let new = stay.code_in_the_latest_text();
    assert_eq!(stay.enters(&new), Outcome::Changed(What::PhoneVerified));
}

#[test]
fn a_wrong_code_leaves_one_attempt_less_and_the_sixth_is_not_looked_at() {
    let mut stay = Stay::unverified();
    stay.asks_for_a_code();
    for left in [4, 3, 2, 1, 0] {
        assert_eq!(
            stay.enters("999999"),
            Outcome::Counted(What::CodeRejected, rejected(left))
        );
        assert_eq!(stay.attempts_left(), Some(left));
    }
    let right = stay.code_in_the_latest_text();
    assert_eq!(stay.enters(&right), Outcome::Refused(rejected(0)));
    assert_eq!(stay.proven(), None);
}

#[test]
fn the_fifth_attempt_may_be_the_right_one() {
    let mut stay = Stay::unverified();
    stay.asks_for_a_code();
    for _ in 0..4 {
        stay.enters("999999");
    }
    let right = stay.code_in_the_latest_text();
    assert_eq!(stay.enters(&right), Outcome::Changed(What::PhoneVerified));
}

#[test]
fn what_is_not_six_digits_costs_no_attempt() {
    let mut stay = Stay::unverified();
    stay.asks_for_a_code();
    for slip in ["", "12345", "12345a"] {
        assert_eq!(stay.enters(slip), Outcome::Refused(rejected(5)));
    }
    assert_eq!(stay.attempts_left(), Some(5));
}

#[test]
fn a_code_is_valid_for_ten_minutes_and_no_longer() {
    let mut in_time = Stay::unverified();
    in_time.asks_for_a_code();
    let code = in_time.code_in_the_latest_text();
    let mut late = in_time.clone();

    in_time.waits(Span::millis(599_999));
    assert_eq!(in_time.enters(&code), Outcome::Changed(What::PhoneVerified));

    late.waits(Span::minutes(10));
    assert_eq!(late.enters(&code), Outcome::Refused(rejected(0)));
    assert_eq!(late.enters("999999"), Outcome::Refused(rejected(0)));
    assert_eq!(
        late.attempts_left(),
        Some(5),
        "what is expired is not looked at"
    );
}

#[test]
fn the_used_code_once_more_succeeds_and_changes_nothing_while_it_would_be_valid() {
    let mut stay = Stay::unverified();
    stay.verifies();
    let used = stay.code_in_the_latest_text();
    assert_eq!(stay.enters(&used), Outcome::Unchanged);
    stay.waits(Span::millis(599_999));
    assert_eq!(stay.enters(&used), Outcome::Unchanged);
    stay.waits(Span::millis(1));
    assert_eq!(stay.enters(&used), Outcome::Refused(rejected(0)));
    assert_eq!(stay.enters("999999"), Outcome::Refused(rejected(0)));
}

#[test]
fn the_used_code_is_rejected_once_a_new_one_is_outstanding() {
    let mut stay = Stay::verified();
    let used = stay.code_in_the_latest_text();
    stay.waits(Span::minutes(1));
    stay.asks_for_a_code_to(Some(OTHER_MOBILE), Vec::new());
    assert_eq!(
        stay.enters(&used),
        Outcome::Counted(What::CodeRejected, rejected(4))
    );
}

#[test]
fn changing_the_number_keeps_the_old_one_until_the_new_one_is_verified() {
    let mut stay = Stay::offline();
    stay.waits(Span::minutes(1));
    stay.asks_for_a_code_to(Some(OTHER_MOBILE), Vec::new());
    assert_eq!(stay.texts.last().unwrap().to, number(OTHER_MOBILE));
    let code = stay.code_in_the_latest_text();
    assert_eq!(stay.proven(), Some(number(MOBILE)));

    let mut recalled_before = stay.clone();
    recalled_before.is_recalled();
    assert_eq!(recalled_before.texts.last().unwrap().to, number(MOBILE));

    assert_eq!(stay.enters(&code), Outcome::Changed(What::PhoneVerified));
    assert_eq!(stay.status(), Status::Offline);
    stay.is_recalled();
    assert_eq!(stay.texts.last().unwrap().to, number(OTHER_MOBILE));
}

#[test]
fn a_new_number_that_is_never_verified_takes_nothing_away() {
    let mut stay = Stay::verified();
    stay.waits(Span::minutes(1));
    stay.asks_for_a_code_to(Some(OTHER_MOBILE), Vec::new());
    for _ in 0..5 {
        stay.enters("999999");
    }
    stay.waits(Span::hours(1));
    assert_eq!(stay.proven(), Some(number(MOBILE)));
    assert_eq!(stay.looks_away(), Outcome::Changed(What::WentOffline));
}

#[test]
fn a_number_may_be_shared_and_every_caller_is_separate() {
    let parent = Stay::verified();
    let mut child = Stay::unverified();
    assert_eq!(
        parent.caller.phone().number(),
        child.caller.phone().number()
    );
    assert_eq!(child.looks_away(), Outcome::Changed(What::NotResponding));
}

#[test]
fn without_offline_queueing_a_code_is_not_offered() {
    let mut off = clinic();
    off.settings.offline_queueing = false;
    let mut stay = Stay::arriving_at(off, Some(MOBILE));
    assert_eq!(stay.asks_for_a_code(), Outcome::Refused(Why::NotOffered));
    stay.clinic.settings.offline_queueing = true;
    assert_eq!(stay.asks_for_a_code(), Outcome::Changed(What::CodeSent));
}

#[test]
fn turning_offline_queueing_off_affects_new_arrivals_only() {
    let mut there_before =
        Stay::unverified().with_settings(|settings| settings.offline_queueing = false);
    there_before.verifies();
    assert_eq!(
        there_before.looks_away(),
        Outcome::Changed(What::WentOffline)
    );

    let mut verified = Stay::verified().with_settings(|settings| settings.offline_queueing = false);
    assert_eq!(verified.looks_away(), Outcome::Changed(What::WentOffline));
    assert_eq!(verified.is_recalled(), Outcome::Changed(What::Recalled));
    assert_eq!(verified.looks(), Outcome::Changed(What::CameBack));
    verified.waits(Span::minutes(1));
    let changed = verified.asks_for_a_code_to(Some(OTHER_MOBILE), Vec::new());
    assert_eq!(changed, Outcome::Changed(What::CodeSent));

    let mut off = clinic();
    off.settings.offline_queueing = false;
    let mut arrived_after = Stay::arriving_at(off, Some(MOBILE));
    assert_eq!(
        arrived_after.asks_for_a_code(),
        Outcome::Refused(Why::NotOffered)
    );
    assert_eq!(
        arrived_after.looks_away(),
        Outcome::Changed(What::NotResponding)
    );
}

#[test]
fn too_many_codes_to_a_number_wait_whoever_asks() {
    let mut stay = Stay::unverified();
    let used = Use {
        kind: LimitKind::CodeToNumber,
        times: vec![stay.now; 3],
    };
    let retry_at = stay.now + Span::minutes(10);
    let refused = stay.asks_for_a_code_to(None, vec![used]);
    assert_eq!(refused, Outcome::Refused(Why::RateLimited { retry_at }));
    assert_eq!(stay.texts_for(TextPurpose::Code), 0);
}

#[test]
fn after_too_many_wrong_codes_not_even_the_right_one_is_looked_at() {
    let mut stay = Stay::unverified();
    stay.asks_for_a_code();
    let code = stay.code_in_the_latest_text();
    let retry_at = stay.now + Span::hours(1);
    let uses = vec![Use {
        kind: LimitKind::WrongCodeForNumber,
        times: vec![stay.now; 10],
    }];
    let typed = Some(crate::stay::hash(&code));
    let refused = stay.asks(Command::VerifyPhone { typed, uses });
    assert_eq!(refused, Outcome::Refused(Why::RateLimited { retry_at }));
    assert_eq!(stay.attempts_left(), Some(5));
}

#[test]
fn a_code_is_wanted_only_while_entering_it_can_succeed() {
    let mut stay = Stay::unverified();
    stay.asks_for_a_code();
    assert!(stay.still_wants_the_latest_text());

    let mut left = stay.clone();
    left.leaves();
    assert!(!left.still_wants_the_latest_text());
    let mut guessed = stay.clone();
    for _ in 0..5 {
        assert!(guessed.still_wants_the_latest_text());
        guessed.enters("999999");
    }
    assert!(!guessed.still_wants_the_latest_text());
    let mut entered = stay.clone();
    entered.enters(&entered.code_in_the_latest_text());
    assert!(!entered.still_wants_the_latest_text());
    let mut asked_again = stay.clone();
    asked_again.waits(Span::seconds(30));
    asked_again.asks_for_a_code();
    assert!(asked_again.still_wants_the_latest_text());
    assert!(!asked_again.still_wants(&stay.texts[0]));

    stay.waits(Span::millis(10 * 60 * 1000 - 1));
    assert!(stay.still_wants_the_latest_text());
    stay.waits(Span::millis(1));
    assert!(!stay.still_wants_the_latest_text());
}
