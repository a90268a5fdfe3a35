//! Coming in, and taking a lost place back.

use crate::home::{AtTheDoor, Home, World, at, bits, changed, named, report, see, send_code};
use standby::domain::arrive::arrive;
use standby::domain::caller::Arrival;
use standby::domain::clinic::Clinic;
use standby::domain::decide::Command;
use standby::domain::delivery::{Progress, SmsState};
use standby::domain::id::{CallerId, ClinicId};
use standby::domain::limits::{LimitKind, Use};
use standby::domain::presence::ScreenState;
use standby::domain::refusal::{Refusal, Why};
use standby::ports::store::{Entered, Entering, Outcome, Settlement, Subject};
use std::sync::Mutex;

pub(crate) async fn those_who_arrive_stand_in_order_and_know_who_is_ahead(home: impl Home) {
    let world = World::new(&home).await;
    for place in 1..=4 {
        let someone = AtTheDoor::at(at(place));
        let Entered::New { placed, version } = world.enter(&someone).await else {
            panic!()
        };
        assert_eq!(version, place);
        assert_eq!(placed.clinic.version, place);
        assert_eq!(placed.caller.arrival, Arrival(place));
        assert_eq!(placed.position.unwrap().place, place);
        let credential = world
            .store
            .caller_by_token(&someone.token)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(credential.caller, placed.caller.id);
        assert_eq!(credential.recall, None);
        assert_eq!(world.caller(&placed.caller.id).await.caller, placed.caller);
    }
}

pub(crate) async fn the_same_key_with_the_same_input_is_the_same_arrival(home: impl Home) {
    let world = World::new(&home).await;
    let someone = AtTheDoor::at(at(0));
    assert!(matches!(world.enter(&someone).await, Entered::New { .. }));
    let again = AtTheDoor {
        id: CallerId::new(bits()),
        now: at(5),
        ..someone
    };
    let Entered::Before { placed, .. } = world.enter(&again).await else {
        panic!()
    };
    assert_ne!(placed.caller.id, again.id);
    assert_eq!(placed.position.unwrap().place, 1);
    assert_eq!(world.version().await, 1);
}

pub(crate) async fn the_same_key_with_other_input_is_a_conflict(home: impl Home) {
    let world = World::new(&home).await;
    let someone = AtTheDoor::at(at(0));
    world.enter(&someone).await;
    let other = AtTheDoor {
        input: "other input".to_owned(),
        ..someone
    };
    assert!(matches!(world.enter(&other).await, Entered::Conflict));
    assert_eq!(world.version().await, 1);
}

pub(crate) async fn a_key_is_remembered_for_a_day(home: impl Home) {
    let world = World::new(&home).await;
    let someone = AtTheDoor::at(at(0));
    world.enter(&someone).await;
    let day = 24 * 3600;
    let again = |now| AtTheDoor {
        key: someone.key.clone(),
        input: "other input".to_owned(),
        ..AtTheDoor::at(now)
    };
    assert!(matches!(
        world.enter(&again(at(day - 1))).await,
        Entered::Conflict
    ));
    assert!(matches!(
        world.enter(&again(at(day))).await,
        Entered::New { .. }
    ));
    // And for a day from then on.
    assert!(matches!(
        world.enter(&again(at(day + 1))).await,
        Entered::Before { .. }
    ));
}

pub(crate) async fn a_refused_arrival_leaves_nothing(home: impl Home) {
    let world = World::new(&home).await;
    let close = |settings: &standby::domain::clinic::Settings| {
        let mut settings = settings.clone();
        settings.is_open = false;
        Ok(settings)
    };
    world
        .store
        .change_settings(&world.within, &close, at(0))
        .await
        .unwrap();
    let someone = AtTheDoor::at(at(0));
    let before = world.all().await;
    assert!(matches!(world.enter(&someone).await, Entered::Refused(_)));
    assert_eq!(world.all().await, before);
    assert_eq!(
        world.store.caller_by_token(&someone.token).await.unwrap(),
        None
    );
    let open = |settings: &standby::domain::clinic::Settings| {
        let mut settings = settings.clone();
        settings.is_open = true;
        Ok(settings)
    };
    world
        .store
        .change_settings(&world.within, &open, at(0))
        .await
        .unwrap();
    // The key is not used up, nor the place.
    let Entered::New { placed, .. } = world.enter(&someone).await else {
        panic!()
    };
    assert_eq!(placed.caller.arrival, Arrival(1));
}

pub(crate) async fn nobody_arrives_at_a_clinic_that_is_not_there(home: impl Home) {
    let mut world = World::new(&home).await;
    world.clinic.id = ClinicId::new([9; 16]);
    assert!(matches!(
        world.enter(&AtTheDoor::at(at(0))).await,
        Entered::NotFound
    ));
}

pub(crate) async fn uses_are_counted_with_an_arrival_and_only_those_that_matter_are_told(
    home: impl Home,
) {
    let world = World::new(&home).await;
    let address = Subject {
        kind: LimitKind::ArrivalFromAddress,
        key: "address".to_owned(),
    };
    let other = Subject {
        key: "other".to_owned(),
        ..address.clone()
    };
    // Twice in one millisecond, then once more; the same key again counts nothing.
    let subjects = vec![address.clone()];
    for seconds in [0, 0, 60] {
        let someone = AtTheDoor {
            subjects: subjects.clone(),
            ..AtTheDoor::at(at(seconds))
        };
        assert!(matches!(world.enter(&someone).await, Entered::New { .. }));
        assert!(matches!(
            world.enter(&someone).await,
            Entered::Before { .. }
        ));
    }
    let told = |seconds| {
        let (world, subjects) = (&world, [other.clone(), address.clone()]);
        async move {
            let seen: Mutex<Vec<Use>> = Mutex::new(Vec::new());
            let look = |_: &Clinic, _: Arrival, uses: &[Use]| {
                seen.lock().unwrap().extend_from_slice(uses);
                Err(Refusal::new(Why::Unavailable, "only looking"))
            };
            let entering = Entering {
                clinic: &world.clinic.id,
                key: "looking",
                input: "",
                token: &crate::home::hash(),
                subjects: &subjects,
                now: at(seconds),
                arrive: &look,
            };
            world.store.enter(entering).await.unwrap();
            let mut seen = seen.into_inner().unwrap();
            for used in &mut seen {
                used.times.sort_unstable();
            }
            seen.into_iter().map(|used| used.times).collect::<Vec<_>>()
        }
    };
    assert_eq!(told(61).await, [vec![], vec![at(0), at(0), at(60)]]);
    // An hour later those of the beginning matter no more.
    assert_eq!(told(3600).await, [vec![], vec![at(60)]]);
}

pub(crate) async fn a_lost_stay_is_taken_up_again_in_its_place_with_all_that_was_its_own(
    home: impl Home,
) {
    let world = World::new(&home).await;
    let someone = AtTheDoor::at(at(0));
    world.enter(&someone).await;
    let behind = world.arrive(at(1)).await;
    let lost = someone.id.clone();
    let reported = report("phone", 7, ScreenState::Background);
    changed(
        world
            .change(&lost, Some(reported), at(2), &|loaded| {
                standby::domain::decide::decide(
                    loaded.caller,
                    see(false),
                    &loaded.clinic.settings,
                    at(2),
                )
                .into()
            })
            .await,
    );
    changed(world.command(&lost, send_code(), at(3)).await);
    let text = world
        .caller(&lost)
        .await
        .caller
        .phone()
        .outstanding()
        .unwrap()
        .text
        .clone();
    changed(world.command(&lost, Command::LoseContact, at(2000)).await);
    assert_eq!(world.caller(&behind.id).await.position.unwrap().place, 1);

    let id = CallerId::new(bits());
    let version = world.version().await;
    let resumed = changed(world.resume(&lost, id.clone(), at(2001)).await);
    assert_eq!(resumed.caller.id, id);
    assert_eq!(resumed.caller.arrival, Arrival(1));
    assert_eq!(resumed.position.unwrap().place, 1);
    assert_eq!(world.version().await, version + 1);
    assert_eq!(world.caller(&behind.id).await.position.unwrap().place, 2);
    assert_eq!(world.caller(&id).await.caller, resumed.caller);

    let credential = world
        .store
        .caller_by_token(&someone.token)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(credential.caller, id);
    let screens = world.store.screens().await.unwrap();
    let own = screens.iter().find(|of| of.caller == id).unwrap();
    assert_eq!(own.screens[0].counter, 7);
    let Entered::Before { placed, .. } = world.enter(&someone).await else {
        panic!()
    };
    assert_eq!(placed.caller.id, id);
    let progress = Progress {
        state: SmsState::Sent,
        failure: None,
    };
    let settlement = Settlement {
        progress,
        provider_id: None,
    };
    let unchanged = |_: &_, _: &_| standby::domain::decide::Decision::Unchanged;
    let outcome = world
        .store
        .settle_text(&text, settlement, &unchanged, at(2002))
        .await
        .unwrap()
        .unwrap();
    let Outcome::Unchanged(placed) = outcome else {
        panic!()
    };
    assert_eq!(placed.caller.id, id);

    // Once only.
    let again = world.resume(&lost, CallerId::new(bits()), at(2003)).await;
    assert_eq!(named(&again), "refused");
    assert_eq!(world.version().await, version + 1);
}

pub(crate) async fn a_stay_that_is_not_lost_is_not_taken_up_again(home: impl Home) {
    let world = World::new(&home).await;
    let caller = world.arrive(at(0)).await;
    let before = world.all().await;
    let outcome = world.resume(&caller.id, CallerId::new(bits()), at(1)).await;
    assert_eq!(named(&outcome), "refused");
    let outcome = world
        .resume(&CallerId::new(bits()), CallerId::new(bits()), at(1))
        .await;
    assert_eq!(named(&outcome), "not found");
    assert_eq!(world.all().await, before);
    // Neither is a stay taken up in another place than its own.
    let wrong = |clinic: &Clinic, lost: &standby::domain::caller::Caller| {
        let arriving = standby::domain::arrive::Arriving {
            id: CallerId::new(bits()),
            name: lost.details().unwrap().name.clone(),
            phone: None,
            answers: Vec::new(),
        };
        let resumed = arrive(clinic, arriving, Arrival(77), at(1))?;
        Ok(standby::domain::arrive::Resumed {
            lost: lost.clone(),
            resumed,
        })
    };
    let resuming = standby::ports::store::Resuming {
        lost: &caller.id,
        now: at(1),
        resume: &wrong,
    };
    assert!(world.store.resume(&world.within, resuming).await.is_err());
    assert_eq!(world.all().await, before);
}
