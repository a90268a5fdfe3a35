//! Erasing who somebody was, and handing out what is kept.

use crate::home::{
    AtTheDoor, Home, World, at, cancel, changed, number, recall, report, see, send_code,
};
use crate::round_trip::{arriving, drawing, live_through, steps};
use proptest::prelude::{any, prop};
use proptest::test_runner::TestRunner;
use standby::domain::caller::Caller;
use standby::domain::decide::{Command, Decision};
use standby::domain::delivery::{Progress, SmsState};
use standby::domain::entry::Reason;
use standby::domain::id::{CallerId, TextId};
use standby::domain::limits::{ERASE_AFTER, ERASE_WAITS_FOR_TEXT};
use standby::domain::policy::Within;
use standby::domain::presence::ScreenState;
use standby::domain::status::Status;
use standby::domain::time::{Span, Timestamp};
use standby::ports::store::{Entered, Outcome, Settlement};

/// Long enough after everything for whoever has ended to be erased.
fn much_later() -> Timestamp {
    at(0) + Span::hours(48)
}

/// What says who it was: the name and what else is typed, and the number without its country.
const PERSONAL: [&str; 4] = ["Kim", "491570006", "1 May", "because"];

async fn personal_in(home: &impl Home) -> Vec<&'static str> {
    let rows = home.rows().await;
    let is_there = |personal: &&str| rows.contains(*personal);
    PERSONAL.into_iter().filter(is_there).collect()
}

async fn leave(world: &World, caller: &CallerId, now: Timestamp) -> Caller {
    let reason = Some(Reason("because".to_owned()));
    changed(world.command(caller, Command::Leave { reason }, now).await).caller
}

pub(crate) async fn whoever_is_due_is_erased_from_every_row_and_the_stay_is_kept(home: impl Home) {
    let world = World::new(&home).await;
    let away = world.arrive_and_step_away(at(0)).await;
    changed(world.command(&away.id, recall(), at(1)).await);
    world
        .change(
            &away.id,
            Some(report("phone", 1, ScreenState::Background)),
            at(1),
            &|_| Decision::Unchanged.into(),
        )
        .await;
    let other = world.arrive(at(2)).await;
    changed(world.command(&other.id, send_code(), at(2)).await);
    let before = leave(&world, &away.id, at(3)).await;
    assert_eq!(personal_in(&home).await, PERSONAL);
    let version = world.version().await;

    assert!(!world.store.erase_due(at(3)).await.unwrap(), "not yet");
    let due = at(3) + ERASE_AFTER;
    assert!(world.store.erase_due(due).await.unwrap());
    assert!(
        !world.store.erase_due(due).await.unwrap(),
        "it is done once"
    );

    let after = world.caller(&away.id).await.caller;
    assert_eq!(after.erased_at(), Some(due));
    assert_eq!(after.details(), None);
    assert_eq!(
        (after.phone().number(), after.texts_stopped_at),
        (None, None)
    );
    assert_eq!(after.status(), Status::Left);
    assert_eq!(
        (after.arrival, after.arrived_at, after.recalls),
        (before.arrival, before.arrived_at, 1)
    );
    assert_eq!(after.recall, before.recall, "when staff recalled is kept");
    assert_eq!(
        (after.version, world.version().await),
        (before.version, version),
        "nobody is told"
    );
    // The other one waits, and is known.
    assert_eq!(
        world.caller(&other.id).await.caller.details(),
        other.details()
    );
    leave(&world, &other.id, due).await;
    world.store.erase_due(due + ERASE_AFTER).await.unwrap();
    assert_eq!(personal_in(&home).await, [""; 0]);
}

pub(crate) async fn nobody_who_has_not_ended_is_erased(home: impl Home) {
    let world = World::new(&home).await;
    let waiting = world.arrive(at(0)).await;
    let away = world.arrive_and_step_away(at(0)).await;
    assert!(!world.store.erase_due(much_later()).await.unwrap());
    for caller in [&waiting, &away] {
        let outcome = world
            .store
            .erase_caller(&world.within, &caller.id, much_later());
        let Outcome::Refused(placed, refusal) = outcome.await.unwrap() else {
            panic!("somebody who waits was erased")
        };
        assert_eq!(placed.caller, *caller);
        assert!(
            refusal.message.contains("has not ended"),
            "{}",
            refusal.message
        );
        assert_eq!(world.caller(&caller.id).await.caller, *caller);
    }
}

pub(crate) async fn one_is_erased_before_the_time_and_it_is_recorded_once(home: impl Home) {
    let world = World::new(&home).await;
    let caller = world.arrive(at(0)).await;
    leave(&world, &caller.id, at(1)).await;
    for is_first in [true, false] {
        let outcome = world
            .store
            .erase_caller(&world.within, &caller.id, at(2))
            .await
            .unwrap();
        assert_eq!(matches!(outcome, Outcome::Changed { .. }), is_first);
    }
    assert_eq!(personal_in(&home).await, [""; 0]);
    assert_eq!(home.rows().await.matches("ERASED_CALLER").count(), 1);
    let nobody = CallerId::new([9; 16]);
    let outcome = world
        .store
        .erase_caller(&world.within, &nobody, at(2))
        .await
        .unwrap();
    assert!(matches!(outcome, Outcome::NotFound));
    let elsewhere = World::of(world.store.clone(), "elsewhere").await;
    let outcome = world
        .store
        .erase_caller(&elsewhere.within, &caller.id, at(2))
        .await
        .unwrap();
    assert!(matches!(outcome, Outcome::NotFound));
}

pub(crate) async fn each_clinic_keeps_people_for_as_long_as_it_has_set(home: impl Home) {
    let long = World::new(&home).await;
    let none = World::of(long.store.clone(), "none").await;
    for (world, seconds) in [(&long, 86_400), (&none, 0)] {
        let keep = |settings: &standby::domain::clinic::Settings| {
            let mut settings = settings.clone();
            settings.erase_after = Span::seconds(seconds);
            Ok(settings)
        };
        let changed = world
            .store
            .change_settings(&world.within, &keep, at(0))
            .await;
        assert!(changed.unwrap().unwrap().is_ok());
    }
    let (kept, gone) = (long.arrive(at(0)).await, none.arrive(at(0)).await);
    leave(&long, &kept.id, at(1)).await;
    leave(&none, &gone.id, at(1)).await;
    assert!(long.store.erase_due(at(1)).await.unwrap());
    assert!(none.caller(&gone.id).await.caller.erased_at().is_some());
    assert!(!long.store.erase_due(at(1) + Span::hours(23)).await.unwrap());
    assert!(long.caller(&kept.id).await.caller.erased_at().is_none());
    assert!(long.store.erase_due(at(1) + Span::hours(24)).await.unwrap());
    assert!(long.caller(&kept.id).await.caller.erased_at().is_some());
}

pub(crate) async fn a_text_on_its_way_is_waited_for_and_not_for_ever(home: impl Home) {
    let world = World::new(&home).await;
    let at_once = |settings: &standby::domain::clinic::Settings| {
        let mut settings = settings.clone();
        settings.erase_after = Span::seconds(0);
        settings.text_on_cancel = true;
        Ok(settings)
    };
    world
        .store
        .change_settings(&world.within, &at_once, at(0))
        .await
        .unwrap();
    let is_erased = async |id: &CallerId| world.caller(id).await.caller.erased_at().is_some();
    // Told that the place is cancelled, and then forgotten.
    let told = world.arrive_and_step_away(at(0)).await;
    withdraw_all(&world, at(0)).await;
    changed(world.command(&told.id, cancel(), at(1)).await);
    world.store.erase_due(at(1)).await.unwrap();
    assert!(!is_erased(&told.id).await);
    let claimed = world.store.claim_texts(at(2), at(40), 9).await.unwrap();
    assert_eq!(claimed.len(), 1);
    world.store.erase_due(at(2)).await.unwrap();
    assert!(!is_erased(&told.id).await, "it is being handed over");
    settle(&world, &claimed[0].text.id, SmsState::Sent, at(3)).await;
    world.store.erase_due(at(3)).await.unwrap();
    assert!(is_erased(&told.id).await);
    // A provider that never takes it is no reason to keep anybody.
    let never = world.arrive_and_step_away(at(10)).await;
    withdraw_all(&world, at(10)).await;
    changed(world.command(&never.id, cancel(), at(11)).await);
    world
        .store
        .erase_due(at(11) + ERASE_WAITS_FOR_TEXT - Span::seconds(1))
        .await
        .unwrap();
    assert!(!is_erased(&never.id).await);
    world
        .store
        .erase_due(at(11) + ERASE_WAITS_FOR_TEXT)
        .await
        .unwrap();
    assert!(is_erased(&never.id).await);
    assert_eq!(world.store.texts_waiting().await.unwrap(), 0);
    assert!(
        world
            .store
            .claim_texts(much_later(), much_later(), 9)
            .await
            .unwrap()
            .is_empty()
    );
}

async fn withdraw_all(world: &World, now: Timestamp) {
    for claimed in world
        .store
        .claim_texts(now, now + Span::seconds(40), 99)
        .await
        .unwrap()
    {
        world
            .store
            .withdraw_text(&claimed.text.id, now)
            .await
            .unwrap();
    }
}

async fn settle(world: &World, text: &TextId, state: SmsState, now: Timestamp) {
    let settlement = Settlement {
        progress: Progress {
            state,
            failure: None,
        },
        provider_id: Some("SMbecause".to_owned()),
    };
    let unchanged = |_: &_, _: &_| Decision::Unchanged;
    world
        .store
        .settle_text(text, settlement, &unchanged, now)
        .await
        .unwrap();
}

pub(crate) async fn nothing_that_comes_late_brings_anything_back(home: impl Home) {
    let world = World::new(&home).await;
    let caller = world.arrive_and_step_away(at(0)).await;
    changed(world.command(&caller.id, recall(), at(1)).await);
    let claimed = world.store.claim_texts(at(1), at(40), 9).await.unwrap();
    leave(&world, &caller.id, at(2)).await;
    assert!(world.store.erase_due(much_later()).await.unwrap());
    // The worker that had the text all the while, and the provider's news of it.
    for claimed in &claimed {
        for state in [SmsState::Sent, SmsState::Delivered, SmsState::Delivered] {
            settle(&world, &claimed.text.id, state, much_later()).await;
        }
        world
            .store
            .try_text_again(&claimed.text.id, much_later())
            .await
            .unwrap();
        world
            .store
            .look_for_text_again(&claimed.text.id, much_later(), much_later())
            .await
            .unwrap();
    }
    // A screen that was asleep, with the number of reports that it has made.
    let late = Some(report("because", 7, ScreenState::Foreground));
    world
        .change(&caller.id, late, much_later(), &|loaded| {
            let command = see(true);
            standby::domain::decide::decide(
                loaded.caller,
                command,
                &loaded.clinic.settings,
                loaded.caller.arrived_at,
            )
            .into()
        })
        .await;
    assert_eq!(personal_in(&home).await, [""; 0]);
    let texts: Vec<TextId> = claimed.into_iter().map(|claimed| claimed.text.id).collect();
    assert!(!texts.is_empty());
    assert_eq!(world.store.texts_with_a_number(&texts).await.unwrap(), []);
}

pub(crate) async fn a_lost_place_is_taken_back_until_who_had_it_is_erased(home: impl Home) {
    let world = World::new(&home).await;
    let mut lost = Vec::new();
    for _ in 0..2 {
        let caller = world.arrive(at(0)).await;
        changed(world.command(&caller.id, see(false), at(0)).await);
        lost.push(
            changed(
                world
                    .command(&caller.id, Command::LoseContact, at(130))
                    .await,
            )
            .caller,
        );
    }
    let back = world
        .resume(&lost[0].id, CallerId::new([7; 16]), at(140))
        .await;
    let Outcome::Changed { placed: back, .. } = back else {
        panic!("not taken back")
    };
    assert!(world.store.erase_due(much_later()).await.unwrap());
    // Who is back is known, though the stay before it is erased.
    assert_eq!(
        world.caller(&back.caller.id).await.caller.details(),
        lost[0].details()
    );
    assert!(world.caller(&lost[0].id).await.caller.erased_at().is_some());
    let outcome = world
        .resume(&lost[1].id, CallerId::new([8; 16]), much_later())
        .await;
    let Outcome::Refused(placed, refusal) = outcome else {
        panic!("nobody was taken back")
    };
    assert!(refusal.message.contains("erased"), "{}", refusal.message);
    assert!(
        refusal.message.contains("arrive again"),
        "{}",
        refusal.message
    );
    assert!(!placed.caller.is_resumable(&placed.clinic.settings));
}

pub(crate) async fn a_repeated_arrival_finds_the_stay_without_the_person(home: impl Home) {
    let world = World::new(&home).await;
    let someone = AtTheDoor::at(at(0));
    let Entered::New { placed, .. } = world.enter(&someone).await else {
        panic!("not taken in")
    };
    leave(&world, &placed.caller.id, at(1)).await;
    world.store.erase_due(at(1) + ERASE_AFTER).await.unwrap();
    let again = AtTheDoor {
        now: at(2) + ERASE_AFTER,
        ..someone
    };
    let Entered::Before { placed: before, .. } = world.enter(&again).await else {
        panic!("another arrival")
    };
    assert_eq!(before.caller.id, placed.caller.id);
    assert_eq!(before.caller.details(), None);
}

pub(crate) async fn all_that_is_kept_of_a_stay_is_handed_out_and_nothing_of_another(
    home: impl Home,
) {
    let world = World::new(&home).await;
    let one = world.arrive_and_step_away(at(0)).await;
    let other = world.arrive(at(1)).await;
    changed(world.command(&one.id, recall(), at(2)).await);
    changed(world.command(&other.id, send_code(), at(2)).await);
    let found = world
        .store
        .stays_with_number(&number(), None)
        .await
        .unwrap();
    let mut both = vec![
        (world.clinic.id.clone(), one.id.clone()),
        (world.clinic.id.clone(), other.id.clone()),
    ];
    both.sort();
    assert_eq!(found, both, "a number may be shared");
    let elsewhere = World::of(world.store.clone(), "elsewhere").await;
    let of = Some(&elsewhere.clinic.id);
    assert_eq!(
        world.store.stays_with_number(&number(), of).await.unwrap(),
        []
    );
    assert_eq!(
        world.store.clinic_of(&one.id).await.unwrap(),
        Some(world.clinic.id.clone())
    );
    assert_eq!(
        world
            .store
            .clinic_of(&CallerId::new([9; 16]))
            .await
            .unwrap(),
        None
    );

    let kept = world
        .store
        .export(&world.within, &one.id, at(3))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(kept.caller, world.caller(&one.id).await.caller);
    assert_eq!(kept.texts.len(), 2, "the code's and the recall's");
    assert!(kept.texts.iter().all(|text| text.to == Some(number())));
    assert_eq!(
        kept.events.len(),
        5,
        "arrived, code, verified, offline, recalled"
    );
    assert_eq!(kept.links, 1);
    assert_eq!(kept.arrival_remembered_since, Some(at(0)));
    assert!(kept.deeds.is_empty());
    let again = world
        .store
        .export(&world.within, &one.id, at(4))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(again.deeds, [(at(3), "EXPORTED_CALLER".to_owned())]);
    let not_there = Within::system(elsewhere.clinic.id.clone());
    assert!(
        world
            .store
            .export(&not_there, &one.id, at(4))
            .await
            .unwrap()
            .is_none()
    );
}

pub(crate) async fn after_any_sequence_of_commands_nothing_of_the_person_is_in_any_row(
    home: impl Home + 'static,
) {
    let world = World::new(&home).await;
    let runtime = tokio::runtime::Handle::current();
    let prove = move || {
        let answers = prop::collection::vec("canary[a-z]{0,9}", 0..3);
        let cases = (any::<bool>(), answers, steps("canary[a-z]{0,9}"));
        TestRunner::new(drawing(64))
            .run(&cases, |(phone, answers, steps)| {
                runtime.block_on(async {
                    let caller = arriving(&world, "canary", phone, &answers).await;
                    live_through(&world, caller, &steps).await;
                    end_all(&world).await;
                    world.store.erase_due(much_later()).await.unwrap();
                    let rows = home.rows().await;
                    for personal in ["canary", "491570006", "491570156"] {
                        assert!(!rows.contains(personal), "{personal} is left");
                    }
                });
                Ok(())
            })
            .unwrap();
    };
    tokio::task::spawn_blocking(prove).await.unwrap();
}

/// Ends whoever has not ended, each as it can be.
async fn end_all(world: &World) {
    let area = world.store.waiting_area(&world.within).await.unwrap();
    for caller in area.callers {
        let leave = Command::Leave {
            reason: Some(Reason("canary".to_owned())),
        };
        changed(world.command(&caller.id, leave, at(30_000)).await);
    }
}
