//! Many at once, and after a restart.

use crate::home::{
    AtTheDoor, Home, World, at, cancel, changed, join, named, recall, report, see, send_code,
};
use standby::domain::caller::Caller;
use standby::domain::decide::decide;
use standby::domain::id::CallerId;
use standby::domain::presence::ScreenState;
use standby::domain::status::Status;
use std::collections::HashMap;

pub(crate) async fn two_commands_on_one_caller_follow_each_other(home: impl Home) {
    let world = World::new(&home).await;
    let mut winners: HashMap<Status, u32> = HashMap::new();
    for round in 0..40 {
        let caller = world.arrive(at(0)).await;
        let version = world.version().await;
        let run = |command| {
            let (world, id) = (world.clone(), caller.id.clone());
            tokio::spawn(async move { world.command(&id, command, at(1)).await })
        };
        // Both orders, and whatever the scheduler makes of them.
        let (one, other) = if round % 2 == 0 {
            (run(join()), run(cancel()))
        } else {
            (run(cancel()), run(join()))
        };
        let outcomes = [one.await.unwrap(), other.await.unwrap()];
        let mut kinds = outcomes.each_ref().map(named);
        kinds.sort_unstable();
        assert_eq!(kinds, ["changed", "refused"]);
        assert_eq!(world.version().await, version + 1);
        let status = world.caller(&caller.id).await.caller.status();
        *winners.entry(status).or_default() += 1;
        for outcome in outcomes {
            use standby::ports::store::Outcome;
            if let Outcome::Changed { placed, .. } | Outcome::Refused(placed, _) = outcome {
                assert_eq!(placed.caller.status(), status, "told as it now stands");
            }
        }
    }
    assert_eq!(winners.values().sum::<u32>(), 40);
    assert!(
        winners
            .keys()
            .all(|s| matches!(s, Status::BeingSeen | Status::Cancelled))
    );
}

pub(crate) async fn many_recalls_at_once_send_one_text(home: impl Home) {
    let world = World::new(&home).await;
    let away = world.arrive_and_step_away(at(0)).await;
    world.store.claim_texts(at(0), at(9999), 10).await.unwrap();
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let (world, id) = (world.clone(), away.id.clone());
            tokio::spawn(async move { world.command(&id, recall(), at(1)).await })
        })
        .collect();
    let mut changes = 0;
    for task in tasks {
        changes += usize::from(named(&task.await.unwrap()) == "changed");
    }
    assert_eq!(changes, 1);
    assert_eq!(
        world
            .store
            .claim_texts(at(2), at(99), 100)
            .await
            .unwrap()
            .len(),
        1
    );
}

pub(crate) async fn versions_have_no_gaps_however_many_write(home: impl Home) {
    const WRITERS: i64 = 8;
    const COMMANDS: i64 = 12;
    let world = World::new(&home).await;
    let other = World::of(world.store.clone(), "another").await;
    let worlds = [world.clone(), other.clone()];
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let world = worlds[usize::from(writer % 2 == 1)].clone();
            tokio::spawn(async move {
                let caller = world.arrive(at(0)).await;
                for step in 1..COMMANDS {
                    changed(
                        world
                            .command(&caller.id, see(step % 2 == 0), at(step))
                            .await,
                    );
                    world.command(&caller.id, recall(), at(step)).await;
                }
            })
        })
        .collect();
    // Meanwhile somebody follows: a snapshot, then changes, and never a gap.
    let follower = {
        let world = world.clone();
        tokio::spawn(async move {
            let area = world.store.waiting_area(&world.within).await.unwrap();
            let mut version = area.clinic.version;
            let mut seen: HashMap<CallerId, Caller> = area
                .callers
                .into_iter()
                .map(|caller| (caller.id.clone(), caller))
                .collect();
            while version < WRITERS / 2 * COMMANDS {
                let changes = world
                    .store
                    .changes_after(&world.within, version, 7)
                    .await
                    .unwrap();
                for change in changes.expect("no change is gone") {
                    assert_eq!(change.version, version + 1);
                    version = change.version;
                    seen.insert(change.caller.id.clone(), change.caller);
                }
                tokio::task::yield_now().await;
            }
            seen
        })
    };
    for writer in writers {
        writer.await.unwrap();
    }
    let seen = follower.await.unwrap();
    let area = world.store.waiting_area(&world.within).await.unwrap();
    assert_eq!(seen.len(), area.callers.len());
    for caller in &area.callers {
        assert_eq!(seen.get(&caller.id), Some(caller));
    }
    for world in worlds {
        let count = WRITERS / 2 * COMMANDS;
        assert_eq!(world.version().await, count);
        let changes = world
            .store
            .changes_after(&world.within, 0, 10_000)
            .await
            .unwrap()
            .unwrap();
        let versions: Vec<_> = changes.iter().map(|change| change.version).collect();
        assert_eq!(versions, (1..=count).collect::<Vec<_>>());
    }
}

pub(crate) async fn all_is_there_after_a_restart(home: impl Home) {
    let world = World::new(&home).await;
    let someone = AtTheDoor::at(at(0));
    world.enter(&someone).await;
    let away = world.arrive_and_step_away(at(1)).await;
    changed(world.command(&away.id, recall(), at(2)).await);
    changed(world.command(&someone.id, send_code(), at(3)).await);
    let reported = Some(report("phone", 9, ScreenState::Foreground));
    let see = |loaded: standby::ports::store::Loaded<'_>| -> standby::ports::store::Decided {
        decide(loaded.caller, see(true), &loaded.clinic.settings, at(4)).into()
    };
    world.change(&away.id, reported, at(4), &see).await;
    let before = world.all().await;
    let World {
        store,
        clinic,
        within,
    } = world;
    drop(store);
    let world = World {
        store: home.open().await,
        clinic,
        within,
    };
    assert_eq!(world.all().await, before);
    let credential = world
        .store
        .caller_by_token(&someone.token)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(credential.caller, someone.id);
    assert_eq!(
        world
            .store
            .claim_texts(at(5), at(99), 10)
            .await
            .unwrap()
            .len(),
        3
    );
    let late = Some(report("phone", 9, ScreenState::Background));
    let never = |_: standby::ports::store::Loaded<'_>| panic!("nothing is decided");
    assert_eq!(
        named(&world.change(&away.id, late, at(6), &never).await),
        "unchanged"
    );
}

pub(crate) async fn two_stores_in_one_place_see_the_same(home: impl Home) {
    // As when `standby key add` runs beside the server.
    let world = World::new(&home).await;
    let beside = World {
        store: home.open().await,
        ..world.clone()
    };
    let mut tasks = Vec::new();
    for round in 0..10 {
        for world in [world.clone(), beside.clone()] {
            tasks.push(tokio::spawn(async move { world.arrive(at(round)).await }));
        }
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(world.version().await, 20);
    assert_eq!(world.all().await, beside.all().await);
}
