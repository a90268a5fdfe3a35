//! Nothing of one clinic is visible to another.

use crate::home::{AtTheDoor, Home, World, at, bits, leave, named, settings};
use standby::domain::id::CallerId;
use standby::domain::policy::{Role, StaffId};
use standby::ports::store::{CallerPage, Entered};

/// The methods of the port that take a `Within`; a new one is missing here until it has its case.
const WITHIN: [&str; 9] = [
    "change_settings",
    "resume",
    "change_caller",
    "caller",
    "callers",
    "waiting_area",
    "changes_after",
    "activity",
    "staff",
];

fn methods_within() -> Vec<String> {
    let port = include_str!("../../src/ports/store.rs");
    port.split("async fn ")
        .skip(1)
        .filter_map(|method| {
            let (signature, _) = method.split_once(';')?;
            let (name, arguments) = signature.split_once('(')?;
            arguments
                .contains("within: &Within")
                .then(|| name.to_owned())
        })
        .collect()
}

#[expect(clippy::too_many_lines, reason = "a case for each method")]
pub(crate) async fn nothing_of_one_clinic_is_reached_from_another(home: impl Home) {
    assert_eq!(methods_within(), WITHIN);
    let ours = World::new(&home).await;
    let theirs = World::of(ours.store.clone(), "another").await;
    let store = &ours.store;
    let someone = AtTheDoor::at(at(0));
    ours.enter(&someone).await;
    let lost = ours.arrive(at(1)).await.id;
    ours.command(&lost, crate::home::see(false), at(1)).await;
    ours.command(
        &lost,
        standby::domain::decide::Command::LoseContact,
        at(9999),
    )
    .await;
    let member = ours.add_member("Robin", Role::ClinicAdmin).await;
    let (key, _) = ours.add_key("Dashboard", Role::ClinicAdmin).await;
    let before = ours.all().await;

    // change_settings: theirs change, and ours do not.
    let close = |settings: &standby::domain::clinic::Settings| {
        let mut settings = settings.clone();
        settings.is_open = false;
        Ok(settings)
    };
    store
        .change_settings(&theirs.within, &close, at(0))
        .await
        .unwrap();
    assert_eq!(
        store
            .clinic(&ours.clinic.id)
            .await
            .unwrap()
            .unwrap()
            .settings,
        settings()
    );
    store
        .change_settings(&theirs.within, &|_| Ok(settings()), at(0))
        .await
        .unwrap();
    // resume
    assert_eq!(
        named(&theirs.resume(&lost, CallerId::new(bits()), at(9999)).await),
        "not found"
    );
    // change_caller
    assert_eq!(
        named(&theirs.command(&someone.id, leave(), at(2)).await),
        "not found"
    );
    // caller
    assert!(
        store
            .caller(&theirs.within, &someone.id)
            .await
            .unwrap()
            .is_none()
    );
    // callers
    for is_from_end in [false, true] {
        let page = CallerPage {
            statuses: Vec::new(),
            after: None,
            before: None,
            limit: 100,
            is_from_end,
        };
        let found = store.callers(&theirs.within, &page).await.unwrap();
        assert!(found.callers.is_empty() && found.total == 0 && !found.has_more);
    }
    // waiting_area
    assert!(
        store
            .waiting_area(&theirs.within)
            .await
            .unwrap()
            .callers
            .is_empty()
    );
    // changes_after: their version is 0, so version 1 is in their future.
    assert!(
        store
            .changes_after(&theirs.within, 0, 10)
            .await
            .unwrap()
            .unwrap()
            .is_empty()
    );
    assert!(
        store
            .changes_after(&theirs.within, 1, 10)
            .await
            .unwrap()
            .is_none()
    );
    // activity
    assert!(
        store
            .activity(&theirs.within, &someone.id, 10)
            .await
            .unwrap()
            .is_empty()
    );
    // staff
    for who in [StaffId::TeamMember(member.id), StaffId::ApiClient(key.id)] {
        assert!(store.staff(&theirs.within, &who).await.unwrap().is_none());
        assert!(store.staff(&ours.within, &who).await.unwrap().is_some());
    }
    assert_eq!(ours.all().await, before);

    // A key of theirs that is the same as one of ours brings in another caller, who is first there.
    let same_key = AtTheDoor {
        key: someone.key.clone(),
        ..AtTheDoor::at(at(3))
    };
    let Entered::New { placed, version } = theirs.enter(&same_key).await else {
        panic!()
    };
    assert_eq!((version, placed.position.unwrap().place), (1, 1));
    assert_eq!(placed.clinic.id, theirs.clinic.id);
    let credential = store
        .caller_by_token(&same_key.token)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(credential.clinic, theirs.clinic.id);
}
