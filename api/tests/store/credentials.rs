//! Tokens, sessions, keys and the team.

use crate::home::{AtTheDoor, Home, World, at, bits, hash, opening};
use standby::domain::access::{ApiKey, KeyChange, Session, SignInMethod, TeamChange, TeamMember};
use standby::domain::id::{ApiClientId, SessionId, TeamMemberId};
use standby::domain::limits::{SESSIONS_OF_MEMBER, SIGN_IN_LINKS_OF_MEMBER};
use standby::domain::policy::{Act, Role, StaffId, Viewer};
use standby::domain::refusal::Refusal;
use standby::domain::secret::{TokenHash, TokenKind};
use standby::ports::store::access::{LastUse, ListedKey, NewSignIn, StaffCredential};

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
    let robin = world.add_member("Robin", Role::ClinicAdmin).await;
    let (link, session, second) = (hash(), hash(), hash());
    let store = &world.store;
    world.add_sign_in(&robin, &link, at(60)).await;
    let first = opening(&link, &session, at(3600), at(1));
    assert_eq!(store.sign_in(&first).await.unwrap(), Some(robin.staff()));
    let again = opening(&link, &second, at(3600), at(2));
    assert_eq!(store.sign_in(&again).await.unwrap(), None);
    let found = store.staff_by_session(&session, at(3)).await.unwrap();
    let expected = StaffCredential {
        staff: robin.staff(),
        session: Some(first.id),
        last_used_at: Some(at(1)),
    };
    assert_eq!(found, Some(expected));
    // Neither what was not opened nor a link is a session.
    for none in [&second, &link] {
        assert_eq!(store.staff_by_session(none, at(3)).await.unwrap(), None);
    }
}

pub(crate) async fn a_link_that_is_over_opens_nothing(home: impl Home) {
    let world = World::new(&home).await;
    let robin = world.add_member("Robin", Role::ClinicAdmin).await;
    let (link, session) = (hash(), hash());
    let store = &world.store;
    world.add_sign_in(&robin, &link, at(60)).await;
    for (link, now) in [(&link, at(60)), (&hash(), at(1))] {
        let opening = opening(link, &session, at(3600), now);
        assert_eq!(store.sign_in(&opening).await.unwrap(), None);
    }
    let found = store.staff_by_session(&session, at(61)).await.unwrap();
    assert_eq!(found, None);
}

/// Opens a session of somebody; its hash and id.
async fn open_session(
    world: &World,
    member: &TeamMember,
    until: i64,
    now: i64,
) -> (TokenHash, SessionId) {
    let (link, session) = (hash(), hash());
    world.add_sign_in(member, &link, at(now + 60)).await;
    let opening = opening(&link, &session, at(until), at(now));
    let signed_in = world.store.sign_in(&opening).await.unwrap();
    assert_eq!(signed_in, Some(member.staff()));
    (session, opening.id)
}

async fn is_good(world: &World, session: &TokenHash, now: i64) -> bool {
    let found = world.store.staff_by_session(session, at(now)).await;
    found.unwrap().is_some()
}

async fn remove(world: &World, member: &TeamMember) {
    let gone = TeamMember {
        removed_at: Some(at(5)),
        ..member.clone()
    };
    let decide = |_: &[TeamMember]| Ok(TeamChange::Removed(gone.clone()));
    let removed = world.store.change_team(&world.within, &decide, at(5)).await;
    assert_eq!(removed.unwrap().unwrap(), gone);
}

pub(crate) async fn a_session_ends_by_signing_out_or_by_its_time(home: impl Home) {
    let world = World::new(&home).await;
    let robin = world.add_member("Robin", Role::TeamMember).await;
    let (one, _) = open_session(&world, &robin, 100, 1).await;
    let (other, _) = open_session(&world, &robin, 100, 1).await;
    for _ in 0..2 {
        world.store.sign_out(&one, at(2)).await.unwrap();
    }
    assert!(!is_good(&world, &one, 2).await);
    assert!(is_good(&world, &other, 99).await);
    assert!(!is_good(&world, &other, 100).await);
}

pub(crate) async fn a_session_is_listed_and_ended_by_its_id(home: impl Home) {
    let world = World::new(&home).await;
    let store = &world.store;
    let robin = world.add_member("Robin", Role::TeamMember).await;
    let alex = world.add_member("Alex", Role::TeamMember).await;
    let (one, id) = open_session(&world, &robin, 100, 1).await;
    let (other, other_id) = open_session(&world, &robin, 200, 2).await;
    let (_, of_alex) = open_session(&world, &alex, 300, 3).await;
    let listed = async |of: Option<&TeamMember>, now| -> Vec<SessionId> {
        let of = of.map(|member| &member.id);
        let sessions = store.sessions(&world.within, of, at(now)).await.unwrap();
        sessions.into_iter().map(|session| session.id).collect()
    };
    let all = [of_alex.clone(), other_id.clone(), id.clone()];
    assert_eq!(listed(None, 4).await, all);
    assert_eq!(listed(Some(&robin), 4).await, all[1..]);
    let first = store.sessions(&world.within, Some(&alex.id), at(4)).await;
    let expected = Session {
        id: of_alex.clone(),
        member: alex.id.clone(),
        opened_at: at(3),
        opened_by: SignInMethod::Link,
        last_used_at: at(3),
        expires_at: at(300),
    };
    assert_eq!(first.unwrap(), [expected]);

    let end = async |id: &SessionId, of: Option<&TeamMember>| {
        let of = of.map(|member| &member.id);
        store
            .end_session(&world.within, id, of, at(5))
            .await
            .unwrap()
    };
    assert!(!end(&id, Some(&alex)).await, "it is somebody else's");
    assert!(is_good(&world, &one, 5).await);
    for _ in 0..2 {
        assert!(end(&id, Some(&robin)).await);
    }
    assert!(!is_good(&world, &one, 5).await);
    assert!(end(&other_id, None).await);
    assert!(!is_good(&world, &other, 5).await);
    assert!(!end(&SessionId::new(bits()), None).await);
    assert_eq!(listed(None, 5).await, [of_alex]);
    assert!(listed(None, 300).await.is_empty());
}

pub(crate) async fn a_session_says_by_what_it_was_opened(home: impl Home) {
    let world = World::new(&home).await;
    let robin = world.add_member("Robin", Role::TeamMember).await;
    let link = NewSignIn {
        member: robin.id.clone(),
        token: hash(),
        method: SignInMethod::OpenIdConnect,
        expires_at: at(60),
    };
    let store = &world.store;
    assert!(
        store
            .add_sign_in(&world.within, &link, at(0))
            .await
            .unwrap()
            .is_ok()
    );
    let opening = opening(&link.token, &hash(), at(100), at(1));
    store.sign_in(&opening).await.unwrap().unwrap();
    let sessions = store.sessions(&world.within, None, at(2)).await.unwrap();
    let ways: Vec<_> = sessions.iter().map(|session| session.opened_by).collect();
    assert_eq!(ways, [SignInMethod::OpenIdConnect]);
}

pub(crate) async fn whoever_is_removed_is_out_at_once_and_keeps_the_name(home: impl Home) {
    let world = World::new(&home).await;
    let store = &world.store;
    let robin = world.add_member("Robin", Role::ClinicAdmin).await;
    let alex = world.add_member("Alex", Role::ClinicAdmin).await;
    let (session, id) = open_session(&world, &robin, 100, 1).await;
    let (of_alex, _) = open_session(&world, &alex, 100, 1).await;
    let unused = hash();
    world.add_sign_in(&robin, &unused, at(60)).await;
    remove(&world, &robin).await;
    assert!(!is_good(&world, &session, 6).await);
    assert!(is_good(&world, &of_alex, 6).await);
    let late = opening(&unused, &hash(), at(100), at(6));
    assert_eq!(store.sign_in(&late).await.unwrap(), None);
    let link = NewSignIn {
        member: robin.id.clone(),
        token: hash(),
        method: SignInMethod::Link,
        expires_at: at(60),
    };
    assert!(
        store
            .add_sign_in(&world.within, &link, at(6))
            .await
            .unwrap()
            .is_err()
    );
    assert_eq!(store.team(&world.within).await.unwrap(), [alex]);
    let kept = store.team_member(&world.within, &robin.id).await.unwrap();
    assert_eq!(kept.unwrap().removed_at, Some(at(5)));
    let who = StaffId::TeamMember(robin.id.clone());
    let named = store.staff(&world.within, &who).await.unwrap();
    assert_eq!(named.unwrap().name, "Robin");

    // What an admin asked for just before being removed comes too late.
    let by_robin = Viewer::Staff(robin.staff());
    let within = by_robin.within(&world.clinic.id, Act::Administer).unwrap();
    assert!(!store.end_session(&within, &id, None, at(6)).await.unwrap());
    let decide = |_: &[ApiKey]| -> Result<KeyChange, Refusal> { panic!("it was asked") };
    let changed = store.change_keys(&within, &decide, None, at(6)).await;
    assert!(changed.unwrap().is_err());
}

pub(crate) async fn of_very_many_sessions_the_least_recently_used_ends(home: impl Home) {
    let world = World::new(&home).await;
    let robin = world.add_member("Robin", Role::TeamMember).await;
    let mut sessions = Vec::new();
    for step in 0..=i64::try_from(SESSIONS_OF_MEMBER).unwrap() {
        sessions.push(open_session(&world, &robin, 1000, step).await.0);
        if step == 1 {
            // The first is used again: now the second is the one that was not for longest.
            let last_use = LastUse {
                kind: TokenKind::Session,
                token: sessions[0].clone(),
                at: at(500),
            };
            world.store.record_uses(&[last_use]).await.unwrap();
        }
    }
    let mut good = Vec::new();
    for session in &sessions {
        good.push(is_good(&world, session, 600).await);
    }
    assert_eq!(good.iter().filter(|good| !**good).count(), 1);
    assert!(good[0] && !good[1]);
}

pub(crate) async fn of_very_many_links_the_one_that_ends_first_goes(home: impl Home) {
    let world = World::new(&home).await;
    let robin = world.add_member("Robin", Role::TeamMember).await;
    let mut links = Vec::new();
    for step in 0..=i64::try_from(SIGN_IN_LINKS_OF_MEMBER).unwrap() {
        let link = hash();
        world.add_sign_in(&robin, &link, at(100 + step)).await;
        links.push(link);
    }
    for (step, link) in links.iter().enumerate() {
        let opening = opening(link, &hash(), at(1000), at(1));
        let opened = world.store.sign_in(&opening).await.unwrap();
        assert_eq!(opened.is_some(), step > 0, "link {step}");
    }
}

pub(crate) async fn a_key_speaks_for_its_clinic_with_its_role(home: impl Home) {
    let world = World::new(&home).await;
    let store = &world.store;
    let (key, token) = world.add_key("Dashboard", Role::Reporter).await;
    let found = store.staff_by_key(&token, at(1)).await.unwrap().unwrap();
    assert_eq!(found.staff, key.staff());
    assert_eq!((found.session, found.last_used_at), (None, None));
    let staff = store.staff(&world.within, &key.staff().who).await.unwrap();
    assert_eq!(staff, Some(key.staff()));
    assert_eq!(store.staff_by_key(&hash(), at(1)).await.unwrap(), None);
    // A key is of somebody's clinic, and none opens two.
    let other = ApiKey {
        id: ApiClientId::new(bits()),
        ..key
    };
    let decide = |_: &[ApiKey]| Ok(KeyChange::Added(other.clone()));
    let added = store.change_keys(&world.within, &decide, Some(&token), at(1));
    assert!(added.await.is_err());
}

pub(crate) async fn a_key_opens_nothing_once_it_has_expired_or_is_revoked(home: impl Home) {
    let world = World::new(&home).await;
    let store = &world.store;
    let (key, token) = world.add_key("Dashboard", Role::Reporter).await;
    let expiring = ApiKey {
        id: ApiClientId::new(bits()),
        expires_at: Some(at(100)),
        ..key.clone()
    };
    let expiring_token = hash();
    let decide = |_: &[ApiKey]| Ok(KeyChange::Added(expiring.clone()));
    let added = store.change_keys(&world.within, &decide, Some(&expiring_token), at(1));
    assert_eq!(added.await.unwrap().unwrap().key, expiring);
    let opens = async |token: &TokenHash, now| {
        let found = store.staff_by_key(token, at(now)).await;
        found.unwrap().is_some()
    };
    assert!(opens(&expiring_token, 99).await);
    assert!(!opens(&expiring_token, 100).await);
    assert!(opens(&token, i64::from(i32::MAX)).await);
    let revoked = ApiKey {
        revoked_at: Some(at(50)),
        ..key.clone()
    };
    let decide = |_: &[ApiKey]| Ok(KeyChange::Revoked(revoked.clone()));
    let changed = store.change_keys(&world.within, &decide, None, at(50));
    changed.await.unwrap().unwrap();
    assert!(!opens(&token, 50).await);
    // It is still listed, and named where it did something.
    let listed = store.api_keys(&world.within).await.unwrap();
    assert!(listed.iter().any(|listed| listed.key == revoked));
    assert_eq!(listed.len(), 2);
    let named = store.staff(&world.within, &key.staff().who).await.unwrap();
    assert_eq!(named.unwrap().name, "Dashboard");
}

pub(crate) async fn a_key_says_who_added_it(home: impl Home) {
    let world = World::new(&home).await;
    let store = &world.store;
    let robin = world.add_member("Robin", Role::ClinicAdmin).await;
    let (by_command, _) = world.add_key("Old", Role::Reporter).await;
    let by_robin = ApiKey {
        id: ApiClientId::new(bits()),
        added_at: at(1),
        added_by: Some(robin.id.clone()),
        ..by_command.clone()
    };
    let decide = |_: &[ApiKey]| Ok(KeyChange::Added(by_robin.clone()));
    let token = hash();
    let added = store.change_keys(&world.within, &decide, Some(&token), at(1));
    let of_robin = ListedKey {
        key: by_robin.clone(),
        added_by_name: Some("Robin".to_owned()),
    };
    assert_eq!(added.await.unwrap().unwrap(), of_robin);
    let of_command = ListedKey {
        key: by_command,
        added_by_name: None,
    };
    // The latest first.
    assert_eq!(
        store.api_keys(&world.within).await.unwrap(),
        [of_robin.clone(), of_command]
    );
    let one = store.api_key(&world.within, &by_robin.id).await.unwrap();
    assert_eq!(one, Some(of_robin));
}

pub(crate) async fn the_last_use_is_written_and_only_moves_forward(home: impl Home) {
    let world = World::new(&home).await;
    let store = &world.store;
    let robin = world.add_member("Robin", Role::TeamMember).await;
    let (session, _) = open_session(&world, &robin, 1000, 1).await;
    let (_, key) = world.add_key("Dashboard", Role::Reporter).await;
    for (written, expected) in [(100, 100), (50, 100), (200, 200)] {
        let last_use = |kind, token: &TokenHash| LastUse {
            kind,
            token: token.clone(),
            at: at(written),
        };
        let uses = [
            last_use(TokenKind::Session, &session),
            last_use(TokenKind::Key, &key),
            // Of nobody, and of what has no last use: neither is a fault.
            last_use(TokenKind::Key, &hash()),
            last_use(TokenKind::Caller, &hash()),
        ];
        store.record_uses(&uses).await.unwrap();
        let of_session = store.staff_by_session(&session, at(300)).await.unwrap();
        let of_key = store.staff_by_key(&key, at(300)).await.unwrap();
        for found in [of_session, of_key] {
            assert_eq!(found.unwrap().last_used_at, Some(at(expected)));
        }
    }
}

pub(crate) async fn a_team_is_listed_by_name(home: impl Home) {
    let world = World::new(&home).await;
    let robin = world.add_member("Robin", Role::TeamMember).await;
    let alex = world.add_member("Alex", Role::ClinicAdmin).await;
    let store = &world.store;
    assert_eq!(
        store.team(&world.within).await.unwrap(),
        [alex.clone(), robin]
    );
    let staff = store.staff(&world.within, &alex.staff().who).await.unwrap();
    assert_eq!(staff, Some(alex.staff()));
    let nobody = StaffId::TeamMember(TeamMemberId::new(bits()));
    assert_eq!(store.staff(&world.within, &nobody).await.unwrap(), None);
}

pub(crate) async fn a_member_is_changed_as_decided_and_not_when_refused(home: impl Home) {
    let world = World::new(&home).await;
    let store = &world.store;
    let robin = world.add_member("Robin", Role::TeamMember).await;
    let (session, _) = open_session(&world, &robin, 100, 1).await;
    let after = TeamMember {
        name: "Robin B.".to_owned(),
        role: Role::Reporter,
        ..robin.clone()
    };
    let decide = |team: &[TeamMember]| {
        assert_eq!(team, std::slice::from_ref(&robin));
        Ok(TeamChange::Changed(after.clone()))
    };
    let changed = store.change_team(&world.within, &decide, at(2)).await;
    assert_eq!(changed.unwrap().unwrap(), after);
    // The session goes on with what its member now may.
    let found = store.staff_by_session(&session, at(3)).await.unwrap();
    assert_eq!(found.unwrap().staff, after.staff());
    let refusal = || Refusal::invalid("name", "No.");
    let decide = |_: &[TeamMember]| Err(refusal());
    let refused = store.change_team(&world.within, &decide, at(4)).await;
    assert_eq!(refused.unwrap(), Err(refusal()));
    assert_eq!(store.team(&world.within).await.unwrap(), [after]);
}

pub(crate) async fn a_sign_in_link_for_nobody_is_not_kept(home: impl Home) {
    let world = World::new(&home).await;
    let link = NewSignIn {
        member: TeamMemberId::new(bits()),
        token: hash(),
        method: SignInMethod::Link,
        expires_at: at(60),
    };
    let store = &world.store;
    assert!(
        store
            .add_sign_in(&world.within, &link, at(0))
            .await
            .unwrap()
            .is_err()
    );
    let opening = opening(&link.token, &hash(), at(100), at(1));
    assert_eq!(store.sign_in(&opening).await.unwrap(), None);
}

pub(crate) async fn nobody_of_one_clinic_is_reached_from_another(home: impl Home) {
    let ours = World::new(&home).await;
    let theirs = World::of(ours.store.clone(), "another").await;
    let store = &ours.store;
    let robin = ours.add_member("Robin", Role::ClinicAdmin).await;
    let (key, token) = ours.add_key("Dashboard", Role::ClinicAdmin).await;
    let (session, id) = open_session(&ours, &robin, 100, 1).await;
    let within = &theirs.within;

    assert!(store.team(within).await.unwrap().is_empty());
    assert_eq!(store.team_member(within, &robin.id).await.unwrap(), None);
    // A decision that names somebody of another clinic all the same is a fault.
    for change in [TeamChange::Changed, TeamChange::Removed] {
        let decide = |team: &[TeamMember]| {
            assert!(team.is_empty());
            Ok(change(robin.clone()))
        };
        assert!(store.change_team(within, &decide, at(2)).await.is_err());
    }
    let link = NewSignIn {
        member: robin.id.clone(),
        token: hash(),
        method: SignInMethod::Link,
        expires_at: at(60),
    };
    let added = store.add_sign_in(within, &link, at(2)).await;
    assert!(added.unwrap().is_err());
    assert!(
        store
            .sessions(within, None, at(2))
            .await
            .unwrap()
            .is_empty()
    );
    let of = Some(&robin.id);
    assert!(store.sessions(within, of, at(2)).await.unwrap().is_empty());
    assert!(!store.end_session(within, &id, None, at(2)).await.unwrap());
    assert!(!store.end_session(within, &id, of, at(2)).await.unwrap());
    assert!(store.api_keys(within).await.unwrap().is_empty());
    assert_eq!(store.api_key(within, &key.id).await.unwrap(), None);
    let decide = |keys: &[ApiKey]| {
        assert!(keys.is_empty());
        Ok(KeyChange::Revoked(ApiKey {
            revoked_at: Some(at(2)),
            ..key.clone()
        }))
    };
    let changed = store.change_keys(within, &decide, None, at(2)).await;
    assert!(changed.is_err());

    assert!(is_good(&ours, &session, 3).await);
    assert!(store.staff_by_key(&token, at(3)).await.unwrap().is_some());
    assert_eq!(store.team(&ours.within).await.unwrap(), [robin]);
}
