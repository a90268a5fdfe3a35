//! Arrival and verification, sentence by sentence.

use crate::stay::{
    LANDLINE, MOBILE, OTHER_MOBILE, Outcome, START, Stay, clinic, hash, number, someone,
};
use standby::domain::arrive::arrive;
use standby::domain::caller::Arrival;
use standby::domain::clinic::Settings;
use standby::domain::decide::{Command, Decision, decide};
use standby::domain::event::What;
use standby::domain::id::TextId;
use standby::domain::limits::{LimitKind, Use};
use standby::domain::phone_number::Country;
use standby::domain::refusal::Why;
use standby::domain::status::Status;
use standby::domain::text::{TextPurpose, Words};
use standby::domain::time::{Span, Timestamp};

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
fn a_new_code_may_be_asked_for_after_a_minute_and_only_the_new_one_counts() {
    let mut stay = Stay::unverified();
    stay.asks_for_a_code();
    let old = stay.code_in_the_latest_text();
    let retry_at = stay.now + Span::minutes(1);
    stay.waits(Span::millis(59_999));
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
fn whoever_has_used_the_numbers_wrong_codes_up_is_told_from_when_another_code_is_really_sent() {
    let mut stay = Stay::unverified();
    stay.asks_for_a_code();
    let enter = |stay: &mut Stay, before: usize| {
        let uses = used(LimitKind::WrongCodeForNumber, vec![stay.now; before]);
        let typed = Some(hash("999999"));
        stay.asks(Command::VerifyPhone { typed, uses });
        stay.caller.phone().outstanding().unwrap().resend_at
    };
    let soon = enter(&mut stay, 3);
    assert_eq!(soon, stay.now + Span::minutes(1), "one more may be wrong");
    assert_eq!(enter(&mut stay, 4), stay.now + Span::hours(1));
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
        times: vec![stay.now; 5],
    }];
    let typed = Some(hash(&code));
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
    asked_again.waits(Span::minutes(1));
    asked_again.asks_for_a_code();
    assert!(asked_again.still_wants_the_latest_text());
    assert!(!asked_again.still_wants(&stay.texts[0]));

    stay.waits(Span::millis(10 * 60 * 1000 - 1));
    assert!(stay.still_wants_the_latest_text());
    stay.waits(Span::millis(1));
    assert!(!stay.still_wants_the_latest_text());
}

fn used(kind: LimitKind, times: Vec<Timestamp>) -> Vec<Use> {
    vec![Use { kind, times }]
}

/// What a person is told who is refused.
fn told(stay: &Stay) -> String {
    let command = stay.asked.clone().unwrap();
    match decide(&stay.caller, command, &stay.clinic.settings, stay.now) {
        Decision::Refused(refusal) => refusal.message,
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_code_to_a_number_is_waited_for_longer_whoever_asked_for_the_one_before() {
    // The soonest that six codes can go to a number: 1, 2 and then 5 minutes after each other, no more
    // than three in ten minutes; then ten minutes after the fourth; and no more than five in an hour.
    let soonest = [0, 60, 180, 600, 1200, 3600].map(|seconds| START + Span::seconds(seconds));
    let mut times = Vec::new();
    for (now, next) in soonest.into_iter().zip(&soonest[1..]) {
        // Each time for another caller, who shares the number.
        let mut stay = Stay::unverified();
        if let Some(latest) = times.last() {
            stay.now = now - Span::millis(1);
            let retry_at = now;
            let too_soon =
                stay.asks_for_a_code_to(None, used(LimitKind::CodeToNumber, times.clone()));
            let refused = Outcome::Refused(Why::RateLimited { retry_at });
            assert_eq!(too_soon, refused, "after the one at {latest:?}");
        }
        stay.now = now;
        let sent = stay.asks_for_a_code_to(None, used(LimitKind::CodeToNumber, times.clone()));
        assert_eq!(sent, Outcome::Changed(What::CodeSent), "at {now:?}");
        // And the screen counts down to just that.
        assert_eq!(stay.caller.phone().outstanding().unwrap().resend_at, *next);
        times.push(now);
    }
}

#[test]
fn no_code_goes_out_that_could_not_be_entered() {
    let mut stay = Stay::unverified();
    let wrong = vec![stay.now; 5];
    let retry_at = stay.now + Span::hours(1);
    let sent = stay.asks_for_a_code_to(None, used(LimitKind::WrongCodeForNumber, wrong));
    assert_eq!(sent, Outcome::Refused(Why::RateLimited { retry_at }));
    assert!(told(&stay).contains("keep the page open"));
}

#[test]
fn five_wrong_codes_an_hour_and_twenty_a_day_are_looked_at_for_a_number() {
    let mut stay = Stay::unverified();
    stay.asks_for_a_code();
    let code = stay.code_in_the_latest_text();
    let before = |hours: i64, count| vec![stay.now - Span::hours(hours); count];
    let (of_the_hour, of_the_day) = (before(0, 4), [before(0, 4), before(23, 15)].concat());
    let typed = Some(hash(&code));
    for (times, retry_at) in [
        (of_the_hour, None),
        (before(0, 5), Some(stay.now + Span::hours(1))),
        (of_the_day.clone(), None),
        (
            [of_the_day, before(23, 1)].concat(),
            Some(stay.now + Span::hours(1)),
        ),
    ] {
        let mut stay = stay.clone();
        let command = Command::VerifyPhone {
            typed: typed.clone(),
            uses: used(LimitKind::WrongCodeForNumber, times),
        };
        let expected = match retry_at {
            Some(retry_at) => Outcome::Refused(Why::RateLimited { retry_at }),
            None => Outcome::Changed(What::PhoneVerified),
        };
        assert_eq!(stay.asks(command), expected);
    }
}

#[test]
fn after_a_hundred_wrong_codes_in_a_row_it_is_left_to_staff() {
    let mut stay = Stay::unverified();
    let row = |stay: &Stay, count| {
        let long_ago = stay.now - Span::hours(300 * 24);
        used(LimitKind::WrongCodeInARow, vec![long_ago; count])
    };
    let uses = row(&stay, 99);
    let sent = stay.asks_for_a_code_to(None, uses);
    assert_eq!(sent, Outcome::Changed(What::CodeSent));
    let code = stay.code_in_the_latest_text();

    let command = Command::VerifyPhone {
        typed: Some(hash(&code)),
        uses: row(&stay, 100),
    };
    assert_eq!(stay.asks(command), Outcome::Refused(Why::Unavailable));
    assert!(told(&stay).contains("staff can verify it"));
    let uses = row(&stay, 100);
    let taken = stay.asks(Command::TakeAttempt { uses });
    assert_eq!(taken, Outcome::Refused(Why::Unavailable));
    stay.waits(Span::minutes(1));
    let uses = row(&stay, 100);
    let sent = stay.asks_for_a_code_to(None, uses);
    assert_eq!(sent, Outcome::Refused(Why::Unavailable));
    assert!(told(&stay).contains("you keep your place"));
    assert_eq!(stay.status(), Status::Waiting);

    assert_eq!(
        stay.is_vouched_for(),
        Outcome::Changed(What::PhoneVouchedFor)
    );
}

#[test]
fn while_a_clinics_codes_are_paused_a_caller_is_told_to_keep_the_page_open() {
    let mut stay = Stay::unverified();
    let unanswered = vec![stay.now - Span::minutes(20); 20];
    let uses = vec![
        Use {
            kind: LimitKind::CodeForClinic,
            times: unanswered.clone(),
        },
        Use {
            kind: LimitKind::UnansweredCodeForClinic,
            times: unanswered,
        },
    ];
    let retry_at = stay.now + Span::minutes(40);
    let sent = stay.asks_for_a_code_to(None, uses.clone());
    assert_eq!(sent, Outcome::Refused(Why::RateLimited { retry_at }));
    assert!(told(&stay).contains("keep the page open"));
    assert_eq!(stay.status(), Status::Waiting);
    stay.waits(Span::minutes(40));
    let sent = stay.asks_for_a_code_to(None, uses);
    assert_eq!(sent, Outcome::Changed(What::CodeSent));
}

#[test]
fn a_number_given_on_arrival_is_refused_when_its_country_is_no_longer_taken() {
    let mut stay = Stay::unverified();
    stay.clinic.settings.allowed_countries = vec![Country::parse("NZ").unwrap()];
    assert_eq!(stay.asks_for_a_code(), Outcome::Refused(Why::InvalidInput));
    assert!(told(&stay).contains("numbers of this country"));
    let sent = stay.asks_for_a_code_to(Some("+64211234567"), Vec::new());
    assert_eq!(sent, Outcome::Changed(What::CodeSent));
}

#[test]
fn an_attempt_is_taken_before_the_provider_is_asked_and_a_sixth_is_not() {
    let mut stay = Stay::unverified();
    stay.asks_the_provider_for_a_code();
    assert_eq!(stay.texts[0].words, Words::Providers);
    for left in [4, 3, 2, 1, 0] {
        let taken = stay.has_an_attempt_taken();
        assert_eq!(taken, Outcome::Changed(What::CodeEntered));
        assert_eq!(stay.attempts_left(), Some(left));
    }
    assert_eq!(stay.has_an_attempt_taken(), Outcome::Refused(rejected(0)));
    // What they said of the fifth still counts, whenever it comes.
    stay.waits(Span::minutes(11));
    let heard = stay.hears_of_the_code("123456", true);
    assert_eq!(heard, Outcome::Changed(What::PhoneVerified));
    assert_eq!(stay.proven(), Some(number(MOBILE)));
}

#[test]
fn the_providers_code_is_not_looked_at_when_it_is_over_or_there_is_none() {
    let mut stay = Stay::unverified();
    assert_eq!(stay.has_an_attempt_taken(), Outcome::Refused(rejected(0)));
    stay.asks_the_provider_for_a_code();
    stay.waits(Span::minutes(10));
    assert_eq!(stay.has_an_attempt_taken(), Outcome::Refused(rejected(0)));
    assert_eq!(stay.attempts_left(), Some(5));
    let mut left = Stay::unverified();
    left.asks_the_provider_for_a_code();
    left.leaves();
    let taken = left.has_an_attempt_taken();
    let status = Status::Left;
    assert_eq!(taken, Outcome::Refused(Why::WrongStatus { status }));
}

#[test]
fn a_code_that_the_provider_finds_wrong_is_refused_with_the_attempts_that_are_left() {
    let mut stay = Stay::unverified();
    stay.asks_the_provider_for_a_code();
    stay.has_an_attempt_taken();
    let heard = stay.hears_of_the_code("000000", false);
    assert_eq!(heard, Outcome::Counted(What::CodeRejected, rejected(4)));
    assert_eq!(stay.attempts_left(), Some(4), "it was taken before");
    assert_eq!(stay.proven(), None);
}

#[test]
fn a_verdict_on_an_earlier_code_changes_nothing() {
    let mut stay = Stay::unverified();
    stay.asks_the_provider_for_a_code();
    let earlier = stay.texts[0].id.clone();
    stay.has_an_attempt_taken();
    stay.waits(Span::minutes(1));
    stay.asks_the_provider_for_a_code();
    for is_right in [true, false] {
        let heard = stay.asks(Command::HearOfCode {
            text: earlier.clone(),
            typed: hash("123456"),
            is_right,
        });
        assert_eq!(heard, Outcome::Refused(rejected(5)));
    }
    assert_eq!((stay.proven(), stay.attempts_left()), (None, Some(5)));
    let heard = stay.asks(Command::HearOfCode {
        text: TextId::new([0; 16]),
        typed: hash("123456"),
        is_right: true,
    });
    assert_eq!(heard, Outcome::Refused(rejected(5)));
}

#[test]
fn the_providers_code_once_more_succeeds_without_being_looked_at() {
    let mut stay = Stay::unverified();
    stay.asks_the_provider_for_a_code();
    stay.has_an_attempt_taken();
    stay.hears_of_the_code("123456", true);
    assert_eq!(stay.enters("123456"), Outcome::Unchanged);
    // Entered twice at once, both were looked at.
    assert_eq!(stay.hears_of_the_code("123456", true), Outcome::Unchanged);
    assert_eq!(stay.hears_of_the_code("123456", false), Outcome::Unchanged);
    assert_eq!(stay.enters("000000"), Outcome::Refused(rejected(0)));
}

#[test]
fn a_number_that_staff_vouch_for_is_verified_as_by_a_code() {
    let mut looking = Stay::unverified();
    assert_eq!(
        looking.is_vouched_for(),
        Outcome::Changed(What::PhoneVouchedFor)
    );
    assert_eq!(looking.status(), Status::Waiting);
    assert_eq!(looking.proven(), Some(number(MOBILE)));
    assert_eq!(looking.looks_away(), Outcome::Changed(What::WentOffline));
    assert_eq!(looking.is_recalled(), Outcome::Changed(What::Recalled));

    let mut away = Stay::unverified();
    away.looks_away();
    away.is_vouched_for();
    assert_eq!(away.status(), Status::Offline);

    let mut in_the_room = Stay::unverified();
    in_the_room.is_joined();
    in_the_room.is_vouched_for();
    assert_eq!(in_the_room.status(), Status::BeingSeen);
    assert_eq!(in_the_room.proven(), Some(number(MOBILE)));
}

#[test]
fn staff_vouch_for_the_number_that_is_being_proven_and_its_code_is_of_no_more_use() {
    let mut stay = Stay::unverified();
    stay.asks_for_a_code_to(Some(OTHER_MOBILE), Vec::new());
    let code = stay.code_in_the_latest_text();
    stay.is_vouched_for();
    assert_eq!(stay.proven(), Some(number(OTHER_MOBILE)));
    assert!(!stay.still_wants_the_latest_text());
    assert_eq!(stay.enters(&code), Outcome::Refused(rejected(0)));
    assert_eq!(stay.is_vouched_for(), Outcome::Unchanged);
}

#[test]
fn staff_vouch_for_no_number_where_there_is_none_to_vouch_for() {
    let mut without = Stay::arriving_at(clinic(), None);
    assert_eq!(
        without.is_vouched_for(),
        Outcome::Refused(Why::InvalidInput)
    );

    let mut off = clinic();
    off.settings.offline_queueing = false;
    let mut not_offered = Stay::arriving_at(off, Some(MOBILE));
    assert_eq!(
        not_offered.is_vouched_for(),
        Outcome::Refused(Why::NotOffered)
    );

    // Verified already: a code to another number is that caller's own affair.
    let mut changing = Stay::verified();
    changing.waits(Span::minutes(1));
    changing.asks_for_a_code_to(Some(OTHER_MOBILE), Vec::new());
    assert_eq!(changing.is_vouched_for_at(MOBILE), Outcome::Unchanged);
    let not_theirs_yet = changing.is_vouched_for_at(OTHER_MOBILE);
    assert_eq!(not_theirs_yet, Outcome::Refused(Why::InvalidInput));
    assert_eq!(changing.proven(), Some(number(MOBILE)));
}

#[test]
fn staff_vouch_only_for_the_number_they_phoned() {
    let mut stay = Stay::unverified();
    stay.asks_for_a_code_to(Some(OTHER_MOBILE), Vec::new());
    let phoned = stay.is_vouched_for_at(MOBILE);
    assert_eq!(phoned, Outcome::Refused(Why::InvalidInput));
    assert!(told(&stay).contains("another one now"));
    assert_eq!(stay.proven(), None);
    let phoned = stay.is_vouched_for_at(OTHER_MOBILE);
    assert_eq!(phoned, Outcome::Changed(What::PhoneVouchedFor));
    assert_eq!(stay.proven(), Some(number(OTHER_MOBILE)));
}

#[test]
fn staff_vouch_for_no_number_that_no_recall_could_go_to() {
    let mut at_home = Stay::arriving_at(clinic(), Some(LANDLINE));
    let phoned = at_home.is_vouched_for();
    assert_eq!(phoned, Outcome::Refused(Why::InvalidInput));
    assert!(told(&at_home).contains("landline"));
    assert_eq!(at_home.proven(), None);

    let no_longer = |settings: &mut Settings| {
        settings.allowed_countries = vec![Country::parse("NZ").unwrap()];
    };
    let mut abroad = Stay::unverified().with_settings(no_longer);
    let phoned = abroad.is_vouched_for();
    assert_eq!(phoned, Outcome::Refused(Why::InvalidInput));
    assert!(told(&abroad).contains("numbers of this country"));
    // What is verified stays so.
    let mut verified = Stay::verified().with_settings(no_longer);
    assert_eq!(verified.is_vouched_for(), Outcome::Unchanged);
}

#[test]
fn an_attempt_at_which_nobody_has_looked_is_given_back_once_each() {
    let mut stay = Stay::unverified();
    stay.asks_the_provider_for_a_code();
    for left in [4, 3] {
        stay.has_an_attempt_taken();
        assert_eq!(stay.attempts_left(), Some(left));
    }
    for left in [4, 5] {
        let given = stay.is_given_the_attempt_back();
        assert_eq!(given, Outcome::Changed(What::CodeNotChecked));
        assert_eq!(stay.attempts_left(), Some(left));
    }
    assert_eq!(stay.is_given_the_attempt_back(), Outcome::Unchanged);
    assert_eq!(stay.attempts_left(), Some(5));
}

#[test]
fn an_attempt_at_an_earlier_code_gives_the_later_one_none_back() {
    let mut stay = Stay::unverified();
    stay.asks_the_provider_for_a_code();
    let earlier = stay.texts[0].id.clone();
    stay.has_an_attempt_taken();
    stay.waits(Span::minutes(1));
    stay.asks_the_provider_for_a_code();
    stay.has_an_attempt_taken();
    let given = stay.asks(Command::GiveAttemptBack { text: earlier });
    assert_eq!(given, Outcome::Unchanged);
    assert_eq!(stay.attempts_left(), Some(4));
    stay.leaves();
    assert_eq!(stay.is_given_the_attempt_back(), Outcome::Unchanged);
}
