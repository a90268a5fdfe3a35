//! Clinics and their settings.

use crate::home::{Home, World, a_clinic, at};
use standby::domain::clinic::{RoomKey, RoomSigning, TimeZone};
use standby::domain::entry::EntryField;
use standby::domain::id::ClinicId;
use standby::domain::phone_number::Country;
use standby::domain::policy::Within;
use standby::domain::refusal::{Refusal, Why};
use standby::domain::time::Span;

pub(crate) async fn a_clinic_is_found_by_its_id_and_by_its_slug_as_it_was_added(home: impl Home) {
    let World { store, clinic, .. } = World::new(&home).await;
    store.ping().await.unwrap();
    assert_eq!(
        store.clinic(&clinic.id).await.unwrap(),
        Some(clinic.clone())
    );
    assert_eq!(
        store.clinic_by_slug(&clinic.slug).await.unwrap(),
        Some(clinic.clone())
    );
    let other = a_clinic("another");
    assert!(store.add_clinic(&other).await.unwrap());
    assert_eq!(
        store.clinics().await.unwrap(),
        [other.clone(), clinic.clone()]
    );
    let mut versions = store.versions().await.unwrap();
    versions.sort();
    assert_eq!(versions, [(clinic.id, 0), (other.id, 0)]);
    assert_eq!(store.clinic(&ClinicId::new([9; 16])).await.unwrap(), None);
}

pub(crate) async fn a_slug_names_one_clinic(home: impl Home) {
    let World { store, clinic, .. } = World::new(&home).await;
    assert!(!store.add_clinic(&a_clinic("demo")).await.unwrap());
    assert_eq!(store.clinics().await.unwrap(), [clinic]);
}

pub(crate) async fn changed_settings_are_kept_and_refused_ones_are_not(home: impl Home) {
    let World {
        store,
        clinic,
        within,
    } = World::new(&home).await;
    let mut wanted = clinic.settings.clone();
    wanted.offline_queueing = false;
    wanted.show_queue_position = false;
    wanted.is_open = false;
    wanted.allowed_countries.push(Country::parse("NZ").unwrap());
    wanted.text_on_cancel = true;
    wanted.consent_text = Some("I “consent”\u{1f600}".to_owned());
    wanted.entry_fields = vec![EntryField {
        key: "dob".into(),
        label: "Née?".into(),
        is_required: true,
    }];
    wanted.lost_contact_grace = Span::seconds(45);
    wanted.erase_after = Span::hours(3);
    wanted.time_zone = TimeZone::from_known("Australia/Sydney".to_owned());
    let key = RoomKey::parse(&"key ".repeat(9)).unwrap();
    wanted.room_signing = Some(RoomSigning {
        key,
        issuer: Some("clinic-app".into()),
    });
    let answer = store
        .change_settings(&within, &|_| Ok(wanted.clone()), at(0))
        .await
        .unwrap();
    assert_eq!(answer.unwrap().unwrap().settings, wanted);
    let refuse = |_: &_| Err(Refusal::new(Why::InvalidInput, "no"));
    let answer = store
        .change_settings(&within, &refuse, at(0))
        .await
        .unwrap();
    assert_eq!(answer.unwrap().unwrap_err().message, "no");
    let unset = |settings: &standby::domain::clinic::Settings| {
        let mut settings = settings.clone();
        settings.consent_text = None;
        settings.room_signing = None;
        Ok(settings)
    };
    store
        .change_settings(&within, &unset, at(0))
        .await
        .unwrap()
        .unwrap()
        .unwrap();
    wanted.consent_text = None;
    wanted.room_signing = None;
    let kept = store.clinic(&clinic.id).await.unwrap().unwrap();
    assert_eq!(kept.settings, wanted);
    // Nothing happened in the waiting area.
    assert_eq!(kept.version, 0);
    let nowhere = Within::system(ClinicId::new([9; 16]));
    assert!(
        store
            .change_settings(&nowhere, &|same| Ok(same.clone()), at(0))
            .await
            .unwrap()
            .is_none()
    );
}
