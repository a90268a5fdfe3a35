//! Tokens, sessions, keys and the team.

use crate::home::{AtTheDoor, Home, World, at, bits, hash};
use standby::domain::id::{ApiClientId, TeamMemberId};
use standby::domain::policy::{Role, Staff, StaffId};
use standby::ports::store::{NewKey, NewTeamMember};

async fn add_member(world: &World, name: &str, role: Role) -> Staff {
    let id = TeamMemberId::new(bits());
    let clinic = world.clinic.id.clone();
    let name = name.to_owned();
    let new = NewTeamMember {
        id: id.clone(),
        clinic: clinic.clone(),
        name: name.clone(),
        role,
        at: at(0),
    };
    world.store.add_team_member(&new).await.unwrap();
    Staff {
        clinic,
        role,
        who: StaffId::TeamMember(id),
        name,
    }
}

fn member_id(staff: &Staff) -> &TeamMemberId {
    match &staff.who {
        StaffId::TeamMember(id) => id,
        StaffId::ApiClient(_) => panic!("a key"),
    }
}

pub(crate) async fn a_token_opens_its_own_caller_and_says_which_recall_carried_it(home: impl Home) {
    let world = World::new(&home).await;
    let (one, other) = (AtTheDoor::at(at(0)), AtTheDoor::at(at(0)));
    world.enter(&one).await;
    world.enter(&other).await;
    for someone in [one, other] {
        let found = world
            .store
            .caller_by_token(&someone.token)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(found.caller, someone.id);
        assert_eq!(found.clinic, world.clinic.id);
        assert_eq!(found.recall, None);
    }
    assert_eq!(world.store.caller_by_token(&hash()).await.unwrap(), None);
}

pub(crate) async fn a_sign_in_link_opens_one_session_once(home: impl Home) {
    let world = World::new(&home).await;
    let robin = add_member(&world, "Robin", Role::ClinicAdmin).await;
    let (link, session, second) = (hash(), hash(), hash());
    let store = &world.store;
    store
        .add_sign_in(member_id(&robin), &link, at(60))
        .await
        .unwrap();
    let signed_in = store
        .sign_in(&link, &session, at(3600), at(1))
        .await
        .unwrap();
    assert_eq!(signed_in.as_ref(), Some(&robin));
    assert_eq!(
        store
            .sign_in(&link, &second, at(3600), at(2))
            .await
            .unwrap(),
        None
    );
    assert_eq!(
        store.staff_by_session(&session, at(3)).await.unwrap(),
        Some(robin)
    );
    assert_eq!(store.staff_by_session(&second, at(3)).await.unwrap(), None);
    // A link is no session.
    assert_eq!(store.staff_by_session(&link, at(3)).await.unwrap(), None);
}

pub(crate) async fn a_link_that_is_over_opens_nothing(home: impl Home) {
    let world = World::new(&home).await;
    let robin = add_member(&world, "Robin", Role::ClinicAdmin).await;
    let (link, session) = (hash(), hash());
    world
        .store
        .add_sign_in(member_id(&robin), &link, at(60))
        .await
        .unwrap();
    assert_eq!(
        world
            .store
            .sign_in(&link, &session, at(3600), at(60))
            .await
            .unwrap(),
        None
    );
    assert_eq!(
        world
            .store
            .sign_in(&hash(), &session, at(3600), at(1))
            .await
            .unwrap(),
        None
    );
    assert_eq!(
        world
            .store
            .staff_by_session(&session, at(61))
            .await
            .unwrap(),
        None
    );
}

pub(crate) async fn a_session_ends_by_signing_out_or_by_its_time(home: impl Home) {
    let world = World::new(&home).await;
    let robin = add_member(&world, "Robin", Role::TeamMember).await;
    let mut sessions = Vec::new();
    for _ in 0..2 {
        let (link, session) = (hash(), hash());
        world
            .store
            .add_sign_in(member_id(&robin), &link, at(60))
            .await
            .unwrap();
        world
            .store
            .sign_in(&link, &session, at(100), at(1))
            .await
            .unwrap()
            .unwrap();
        sessions.push(session);
    }
    world.store.sign_out(&sessions[0]).await.unwrap();
    world.store.sign_out(&sessions[0]).await.unwrap();
    assert_eq!(
        world
            .store
            .staff_by_session(&sessions[0], at(2))
            .await
            .unwrap(),
        None
    );
    assert!(
        world
            .store
            .staff_by_session(&sessions[1], at(99))
            .await
            .unwrap()
            .is_some()
    );
    assert_eq!(
        world
            .store
            .staff_by_session(&sessions[1], at(100))
            .await
            .unwrap(),
        None
    );
}

pub(crate) async fn a_key_speaks_for_its_clinic_with_its_role(home: impl Home) {
    let world = World::new(&home).await;
    let new = NewKey {
        id: ApiClientId::new(bits()),
        clinic: world.clinic.id.clone(),
        name: "Dashboard".to_owned(),
        role: Role::Reporter,
        token: hash(),
        at: at(0),
    };
    world.store.add_key(&new).await.unwrap();
    let staff = world.store.staff_by_key(&new.token).await.unwrap().unwrap();
    assert_eq!(staff.role, Role::Reporter);
    assert_eq!(staff.clinic, world.clinic.id);
    assert_eq!(staff.who, StaffId::ApiClient(new.id.clone()));
    assert_eq!(
        world.store.staff(&world.within, &staff.who).await.unwrap(),
        Some(staff)
    );
    assert_eq!(world.store.staff_by_key(&hash()).await.unwrap(), None);
    // A key is of somebody's clinic, and none opens two.
    let other = NewKey {
        id: ApiClientId::new(bits()),
        ..new
    };
    assert!(world.store.add_key(&other).await.is_err());
}

pub(crate) async fn a_team_is_listed_by_name(home: impl Home) {
    let world = World::new(&home).await;
    let robin = add_member(&world, "Robin", Role::TeamMember).await;
    let alex = add_member(&world, "Alex", Role::ClinicAdmin).await;
    assert_eq!(
        world.store.team(&world.within).await.unwrap(),
        [alex.clone(), robin]
    );
    assert_eq!(
        world.store.staff(&world.within, &alex.who).await.unwrap(),
        Some(alex)
    );
    let nobody = StaffId::TeamMember(TeamMemberId::new(bits()));
    assert_eq!(
        world.store.staff(&world.within, &nobody).await.unwrap(),
        None
    );
}

pub(crate) async fn a_sign_in_link_for_nobody_is_a_fault(home: impl Home) {
    let world = World::new(&home).await;
    let nobody = TeamMemberId::new(bits());
    assert!(
        world
            .store
            .add_sign_in(&nobody, &hash(), at(60))
            .await
            .is_err()
    );
}
