//! Looking: waiting areas, pages, changes, and what happened.

use crate::home::{
    Home, World, at, bits, changed, join, leave, nothing, recall, report, right_code, see,
    send_code,
};
use standby::domain::decide::Command;
use standby::domain::event::{Actor, What};
use standby::domain::id::{CallerId, ClinicId, RoomId};
use standby::domain::order::positions;
use standby::domain::policy::{Role, Within};
use standby::domain::presence::ScreenState::{Background, Foreground};
use standby::domain::status::Status;
use standby::ports::store::{CallerPage, ChangeKind};

/// A waiting area with someone of every status, the nth arrived nth.
async fn everyone(world: &World) -> Vec<CallerId> {
    let mut ids = Vec::new();
    for caller in 0..10 {
        let now = at(caller);
        let id = match caller % 5 {
            0 | 1 => world.arrive(now).await.id,
            2 => world.arrive_and_step_away(now).await.id,
            3 => {
                let id = world.arrive(now).await.id;
                changed(world.command(&id, join(), now).await);
                id
            }
            _ => {
                let id = world.arrive(now).await.id;
                changed(world.command(&id, leave(), now).await);
                id
            }
        };
        ids.push(id);
    }
    ids
}

pub(crate) async fn a_waiting_area_is_in_order_of_arrival_without_those_who_have_ended(
    home: impl Home,
) {
    let world = World::new(&home).await;
    let ids = everyone(&world).await;
    let area = world.store.waiting_area(&world.within).await.unwrap();
    assert_eq!(area.clinic.version, world.version().await);
    let there: Vec<_> = area
        .callers
        .iter()
        .map(|caller| caller.id.clone())
        .collect();
    let expected: Vec<_> = [0, 1, 2, 3, 5, 6, 7, 8]
        .map(|place: usize| ids[place].clone())
        .into();
    assert_eq!(there, expected);
    let nowhere = Within::system(ClinicId::new([9; 16]));
    assert!(world.store.waiting_area(&nowhere).await.is_err());
}

pub(crate) async fn the_position_of_one_caller_is_the_position_in_the_whole_queue(home: impl Home) {
    let world = World::new(&home).await;
    let ids = everyone(&world).await;
    let area = world.store.waiting_area(&world.within).await.unwrap();
    let places = positions(&area.callers);
    for id in &ids {
        assert_eq!(world.caller(id).await.position, places.get(id).copied());
    }
    assert_eq!(world.caller(&ids[7]).await.position.unwrap().place, 6);
    assert_eq!(
        world.caller(&ids[7]).await.position.unwrap().ahead_offline,
        1
    );
    let all = world
        .store
        .callers(&world.within, &page(&[], 100, false))
        .await
        .unwrap();
    for placed in all.callers {
        assert_eq!(placed.position, places.get(&placed.caller.id).copied());
    }
}

fn page(statuses: &[Status], limit: i64, is_from_end: bool) -> CallerPage {
    CallerPage {
        statuses: statuses.to_vec(),
        after: None,
        before: None,
        limit,
        is_from_end,
    }
}

pub(crate) async fn pages_of_callers_join_up_from_either_end(home: impl Home) {
    let world = World::new(&home).await;
    let mut ids = everyone(&world).await;
    // A lost stay and the one in its place share an arrival; both are there.
    let lost = ids[0].clone();
    changed(world.command(&lost, see(false), at(20)).await);
    changed(world.command(&lost, Command::LoseContact, at(2000)).await);
    let taken_up = CallerId::new(bits());
    changed(world.resume(&lost, taken_up.clone(), at(2001)).await);
    ids.insert(usize::from(taken_up > lost), taken_up);
    for limit in [1, 2, 3, 11, 50] {
        for is_from_end in [false, true] {
            let mut read = Vec::new();
            let mut next = page(&[], limit, is_from_end);
            loop {
                let found = world.store.callers(&world.within, &next).await.unwrap();
                assert_eq!(found.total, 11);
                let part: Vec<_> = found
                    .callers
                    .iter()
                    .map(|placed| placed.caller.clone())
                    .collect();
                let edge = if is_from_end {
                    part.first()
                } else {
                    part.last()
                };
                let edge = edge.map(|caller| (caller.arrival, caller.id.clone()));
                let part = part.into_iter().map(|caller| caller.id);
                if is_from_end {
                    next.before = edge;
                    read.splice(0..0, part);
                } else {
                    next.after = edge;
                    read.extend(part);
                }
                if !found.has_more {
                    break;
                }
            }
            assert_eq!(read, ids, "by {limit}, from the end: {is_from_end}");
        }
    }
    let none = world
        .store
        .callers(&world.within, &page(&[], 0, false))
        .await
        .unwrap();
    assert!(none.callers.is_empty() && none.has_more && none.total == 11);
}

pub(crate) async fn a_page_of_some_statuses_holds_only_those(home: impl Home) {
    let world = World::new(&home).await;
    let ids = everyone(&world).await;
    let some = [Status::Offline, Status::Left, Status::Offline];
    let found = world
        .store
        .callers(&world.within, &page(&some, 3, false))
        .await
        .unwrap();
    let read: Vec<_> = found
        .callers
        .iter()
        .map(|placed| placed.caller.id.clone())
        .collect();
    assert_eq!(read, [2, 4, 7].map(|place: usize| ids[place].clone()));
    assert!(found.has_more);
    assert_eq!(found.total, 4);
    let mut behind = page(&some, 3, false);
    let last = &found.callers[2].caller;
    behind.after = Some((last.arrival, last.id.clone()));
    let rest = world.store.callers(&world.within, &behind).await.unwrap();
    assert_eq!(rest.callers.len(), 1);
    assert_eq!(rest.callers[0].caller.id, ids[9]);
    assert!(!rest.has_more);
}

pub(crate) async fn changes_after_a_version_are_told_oldest_first(home: impl Home) {
    let world = World::new(&home).await;
    let one = world.arrive(at(0)).await;
    let other = world.arrive(at(1)).await;
    changed(world.command(&one.id, see(false), at(2)).await);
    changed(world.command(&other.id, leave(), at(3)).await);
    let after = |version, limit| world.store.changes_after(&world.within, version, limit);
    let told: Vec<_> = after(0, 10).await.unwrap().unwrap();
    let brief: Vec<_> = told
        .iter()
        .map(|change| (change.version, change.kind, change.caller.id.clone()))
        .collect();
    let expected = [
        (1, ChangeKind::Arrived, one.id.clone()),
        (2, ChangeKind::Arrived, other.id.clone()),
        (3, ChangeKind::Changed, one.id.clone()),
        (4, ChangeKind::Ended, other.id.clone()),
    ];
    assert_eq!(brief, expected);
    // As it now stands, which may be newer.
    assert_eq!(told[0].caller, world.caller(&one.id).await.caller);
    let part: Vec<_> = after(1, 2).await.unwrap().unwrap();
    assert_eq!(
        part.iter().map(|change| change.version).collect::<Vec<_>>(),
        [2, 3]
    );
    assert!(after(4, 10).await.unwrap().unwrap().is_empty());
}

pub(crate) async fn changes_that_are_gone_or_to_come_are_not_told(home: impl Home) {
    let world = World::new(&home).await;
    world.arrive(at(0)).await;
    assert!(
        world
            .store
            .changes_after(&world.within, 2, 10)
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        world
            .store
            .changes_after(&world.within, -5, 10)
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        world
            .store
            .changes_after(&world.within, i64::MAX, 10)
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        world
            .store
            .changes_after(&world.within, i64::MIN, 10)
            .await
            .unwrap()
            .is_none()
    );
    let nowhere = Within::system(ClinicId::new([9; 16]));
    assert!(
        world
            .store
            .changes_after(&nowhere, 0, 10)
            .await
            .unwrap()
            .is_none()
    );
}

pub(crate) async fn what_happened_to_a_caller_is_told_newest_first_with_who_did_it(
    home: impl Home,
) {
    let world = World::new(&home).await;
    let member = world.add_member("Robin", Role::TeamMember).await;
    let (key, _) = world.add_key("Dashboard", Role::TeamMember).await;
    let caller = world.arrive(at(1)).await;
    world.arrive(at(1)).await;
    let by = Actor::TeamMember(member.id.clone());
    let room = RoomId::new(bits());
    changed(
        world
            .command(
                &caller.id,
                Command::Join {
                    by: by.clone(),
                    room,
                },
                at(2),
            )
            .await,
    );
    let by_key = Actor::ApiClient(key.id.clone());
    changed(
        world
            .command(&caller.id, Command::Hold { by: by_key.clone() }, at(3))
            .await,
    );
    let told = world
        .store
        .activity(&world.within, &caller.id, 10)
        .await
        .unwrap();
    let brief: Vec<_> = told
        .into_iter()
        .map(|told| {
            (
                told.version,
                told.at,
                told.event.what,
                told.event.by,
                told.by_name,
            )
        })
        .collect();
    let expected = [
        (4, at(3), What::Held, by_key, Some("Dashboard".to_owned())),
        (3, at(2), What::Joined, by, Some("Robin".to_owned())),
        (1, at(1), What::Arrived, Actor::Caller, None),
    ];
    assert_eq!(brief, expected);
    assert_eq!(
        world
            .store
            .activity(&world.within, &caller.id, 1)
            .await
            .unwrap()
            .len(),
        1
    );
    assert!(
        world
            .store
            .activity(&world.within, &caller.id, -1)
            .await
            .unwrap()
            .is_empty()
    );
}

pub(crate) async fn everyone_who_has_not_ended_has_screens(home: impl Home) {
    let world = World::new(&home).await;
    let silent = world.arrive(at(0)).await;
    let away = world.arrive_and_step_away(at(1)).await;
    let gone = world.arrive(at(2)).await;
    for (id, screen, state) in [
        (&away.id, "phone", Background),
        (&away.id, "laptop", Foreground),
        (&gone.id, "phone", Foreground),
    ] {
        world
            .change(id, Some(report(screen, 1, state)), at(3), &nothing)
            .await;
    }
    changed(world.command(&gone.id, leave(), at(4)).await);
    let screens = world.store.screens().await.unwrap();
    let brief: Vec<_> = screens
        .iter()
        .map(|of| {
            (
                of.clinic.clone(),
                of.caller.clone(),
                of.screens.len(),
                of.was_viewing,
            )
        })
        .collect();
    let clinic = &world.clinic.id;
    let expected = [
        (clinic.clone(), silent.id, 0, true),
        (clinic.clone(), away.id, 2, false),
    ];
    assert_eq!(brief, expected);
}

pub(crate) async fn whoever_does_not_respond_is_found_by_since_when(home: impl Home) {
    let world = World::new(&home).await;
    let mut ids = Vec::new();
    for seconds in [10, 20, 30] {
        let caller = world.arrive(at(0)).await;
        changed(world.command(&caller.id, see(false), at(seconds)).await);
        ids.push((world.clinic.id.clone(), caller.id));
    }
    // One who is viewing, one who is verified and away, one who is back.
    world.arrive(at(0)).await;
    let away = world.arrive_and_step_away(at(0)).await;
    changed(world.command(&away.id, recall(), at(1)).await);
    let back = world.arrive(at(0)).await;
    changed(world.command(&back.id, see(false), at(1)).await);
    changed(world.command(&back.id, send_code(), at(1)).await);
    changed(world.command(&back.id, see(true), at(2)).await);
    changed(world.command(&back.id, right_code(), at(2)).await);
    assert!(world.store.not_responding(at(9)).await.unwrap().is_empty());
    assert_eq!(world.store.not_responding(at(20)).await.unwrap(), ids[..2]);
    assert_eq!(world.store.not_responding(at(99)).await.unwrap(), ids);
}
