//! Forgetting.

use crate::home::{AtTheDoor, Home, World, at, changed, hash, opening, see};
use standby::domain::limits::LimitKind;
use standby::domain::policy::Role;
use standby::ports::store::{Changing, Decided, Entered, Loaded, Subject};

pub(crate) async fn what_is_not_old_is_not_forgotten(home: impl Home) {
    let world = World::new(&home).await;
    let caller = world.arrive_and_step_away(at(0)).await;
    for step in 1..200 {
        changed(
            world
                .command(&caller.id, see(step % 2 == 1), at(step))
                .await,
        );
    }
    let before = world.all().await;
    world.store.forget(at(200)).await.unwrap();
    assert_eq!(world.all().await, before);
}

pub(crate) async fn what_is_over_is_forgotten(home: impl Home) {
    let world = World::new(&home).await;
    let store = &world.store;
    let day = 24 * 3600;
    let robin = world.add_member("Robin", Role::ClinicAdmin).await;
    let (used, unused, session) = (hash(), hash(), hash());
    world.add_sign_in(&robin, &used, at(60)).await;
    world.add_sign_in(&robin, &unused, at(day)).await;
    let opening_now = opening(&used, &session, at(day), at(0));
    store.sign_in(&opening_now).await.unwrap().unwrap();
    let address = Subject {
        kind: LimitKind::ArrivalFromAddress,
        key: "address".to_owned(),
    };
    let someone = AtTheDoor {
        subjects: vec![address.clone()],
        ..AtTheDoor::at(at(0))
    };
    world.enter(&someone).await;

    // While it is not over, nothing is lost.
    store.forget(at(60)).await.unwrap();
    assert!(matches!(
        world.enter(&someone).await,
        Entered::Before { .. }
    ));
    assert!(
        store
            .staff_by_session(&session, at(61))
            .await
            .unwrap()
            .is_some()
    );
    assert_eq!(uses(&world, &someone, &address, at(61)).await, 1);

    // Asked about the time when it was not over, it is gone all the same.
    store.forget(at(day)).await.unwrap();
    assert!(
        store
            .staff_by_session(&session, at(61))
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        store
            .sign_in(&opening(&unused, &hash(), at(day), at(61)))
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(uses(&world, &someone, &address, at(61)).await, 0);
    let again = AtTheDoor {
        key: someone.key.clone(),
        ..AtTheDoor::at(at(61))
    };
    assert!(matches!(world.enter(&again).await, Entered::New { .. }));
}

async fn uses(
    world: &World,
    someone: &AtTheDoor,
    subject: &Subject,
    now: standby::domain::time::Timestamp,
) -> usize {
    let seen = std::sync::atomic::AtomicUsize::new(0);
    let look = |loaded: Loaded<'_>| -> Decided {
        let count = loaded.uses.iter().map(|used| used.times.len()).sum();
        seen.store(count, std::sync::atomic::Ordering::Relaxed);
        standby::domain::decide::Decision::Unchanged.into()
    };
    let changing = Changing {
        caller: &someone.id,
        now,
        report: None,
        subjects: &|_| vec![subject.clone()],
        decide: &look,
    };
    world
        .store
        .change_caller(&world.within, changing)
        .await
        .unwrap();
    seen.load(std::sync::atomic::Ordering::Relaxed)
}
