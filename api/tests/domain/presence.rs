//! Presence: reports in any order, and several screens.

use crate::property::{holds, regressions};
use crate::stay::START;
use proptest::prelude::*;
use standby::domain::id::DeviceId;
use standby::domain::limits::SCREENS_PER_CALLER;
use standby::domain::presence::ScreenState::{Background, Foreground};
use standby::domain::presence::{ScreenState, Screens};
use standby::domain::time::{Span, Timestamp};
use std::collections::BTreeMap;

/// A report as a screen makes it.
#[derive(Clone, Debug)]
struct Report {
    device: DeviceId,
    counter: i64,
    state: ScreenState,
}

/// What several screens report, each in its own order.
fn reports() -> impl Strategy<Value = Vec<Report>> {
    let state = prop_oneof![Just(Foreground), Just(Background)];
    let of_one_screen = prop::collection::vec((state, 1..5_i64), 0..8);
    prop::collection::vec(of_one_screen, 1..=4).prop_map(|screens| {
        let mut reports = Vec::new();
        for (name, screen) in screens.into_iter().enumerate() {
            let device = DeviceId::parse(&format!("screen-{name}")).unwrap();
            let mut counter = 0;
            for (state, step) in screen {
                counter += step;
                reports.push(Report {
                    device: device.clone(),
                    counter,
                    state,
                });
            }
        }
        reports
    })
}

/// The same reports as they are made and as they arrive: in any order, some of them twice.
fn reports_as_made_and_as_they_arrive() -> impl Strategy<Value = (Vec<Report>, Vec<Report>)> {
    reports().prop_flat_map(|made| {
        let again = prop::sample::subsequence(made.clone(), 0..=made.len());
        let arriving = again
            .prop_map({
                let made = made.clone();
                move |again| [made.clone(), again].concat()
            })
            .prop_shuffle();
        (Just(made), arriving)
    })
}

/// Delivers the reports a millisecond apart; those that are late or come again are told apart.
fn delivered(reports: &[Report]) -> (Screens, Timestamp) {
    let (mut screens, mut now) = (Screens::arriving(START), START);
    let mut latest = BTreeMap::new();
    for report in reports {
        now = now + Span::millis(1);
        let is_newer = latest
            .get(&report.device)
            .is_none_or(|counter| *counter < report.counter);
        if is_newer {
            latest.insert(report.device.clone(), report.counter);
        }
        let is_taken = screens.report(&report.device, report.counter, report.state, now);
        assert_eq!(
            is_taken, is_newer,
            "taken when newer than all this screen said before"
        );
    }
    (screens, now)
}

/// What is known of each screen, but for when it was heard.
fn known(screens: &Screens) -> BTreeMap<DeviceId, (i64, ScreenState)> {
    let reported = screens.reported().iter();
    reported
        .map(|screen| (screen.device.clone(), (screen.counter, screen.state)))
        .collect()
}

#[test]
fn reports_that_arrive_in_any_order_and_twice_end_as_if_they_arrived_in_order() {
    let strategy = reports_as_made_and_as_they_arrive();
    holds(
        regressions!("presence"),
        256,
        &strategy,
        |(made, arriving)| {
            let (in_order, _) = delivered(&made);
            let (as_arrived, now) = delivered(&arriving);
            assert_eq!(known(&as_arrived), known(&in_order));
            assert_eq!(as_arrived.is_viewing(now), in_order.is_viewing(now));

            let mut latest = BTreeMap::new();
            for report in made {
                latest.insert(report.device, report.state);
            }
            let is_looking = latest.is_empty() || latest.values().any(|state| *state == Foreground);
            assert_eq!(as_arrived.is_viewing(now), is_looking);
        },
    );
}

#[test]
fn a_sign_of_life_never_makes_a_hidden_caller_seen() {
    let signs = prop::collection::vec(prop::option::of(0..5_usize), 0..10);
    holds(
        regressions!("sign_of_life"),
        128,
        &(reports(), signs),
        |(reports, signs)| {
            let (mut screens, mut now) = delivered(&reports);
            if screens.is_viewing(now) {
                return;
            }
            for sign in signs {
                now = now + Span::seconds(7);
                let device = sign.map(|name| DeviceId::parse(&format!("screen-{name}")).unwrap());
                screens.sign_of_life(device.as_ref(), now);
                assert!(!screens.is_viewing(now));
            }
        },
    );
}

#[test]
fn viewing_ends_thirty_seconds_after_the_last_sign_of_life() {
    holds(regressions!("lease"), 128, &reports(), |reports| {
        let (screens, now) = delivered(&reports);
        let latest_seen = screens
            .reported()
            .iter()
            .filter(|screen| screen.state == Foreground)
            .map(|screen| screen.seen_at)
            .max();
        // Whoever has reported nothing yet was seen on arrival.
        let latest_seen = latest_seen.or((reports.is_empty()).then_some(START));
        assert_eq!(screens.is_viewing(now), latest_seen.is_some());
        if let Some(seen) = latest_seen {
            assert!(screens.is_viewing(seen + Span::millis(29_999)));
            assert!(!screens.is_viewing(seen + Span::seconds(30)));
        }
    });
}

#[test]
fn a_report_delivered_again_is_no_sign_of_life() {
    let mut screens = Screens::arriving(START);
    let phone = DeviceId::parse("phone").unwrap();
    assert!(screens.report(&phone, 1, Foreground, START));
    assert!(!screens.report(&phone, 1, Foreground, START + Span::seconds(20)));
    assert!(!screens.is_viewing(START + Span::seconds(30)));
}

#[test]
fn of_more_screens_than_are_remembered_the_least_recently_heard_goes() {
    let mut screens = Screens::arriving(START);
    let named = |name: usize| DeviceId::parse(&format!("screen-{name}")).unwrap();
    for name in 0..SCREENS_PER_CALLER {
        screens.report(
            &named(name),
            1,
            Background,
            START + Span::seconds(i64::try_from(name).unwrap()),
        );
    }
    let later = START + Span::minutes(1);
    screens.sign_of_life(Some(&named(0)), later);
    screens.report(&named(99), 1, Foreground, later);
    let known = known(&screens);
    assert_eq!(known.len(), SCREENS_PER_CALLER);
    assert!(known.contains_key(&named(0)) && !known.contains_key(&named(1)));
    assert!(screens.is_viewing(later));
}
