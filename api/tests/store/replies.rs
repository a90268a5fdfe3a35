//! Whose a number is, and who asks for no texts.

use crate::home::{Home, World, at, changed, number, recall};
use standby::domain::decide::Command;
use standby::domain::phone_number::PhoneNumber;

pub(crate) async fn whoever_has_a_number_is_found_the_latest_recalled_first(home: impl Home) {
    let north = World::new(&home).await;
    let south = World::of(north.store.clone(), "south").await;
    let never = north.arrive_and_step_away(at(0)).await;
    let first = north.arrive_and_step_away(at(1)).await;
    let second = south.arrive_and_step_away(at(2)).await;
    let gone = north.arrive_and_step_away(at(3)).await;
    changed(north.command(&first.id, recall(), at(10)).await);
    changed(south.command(&second.id, recall(), at(20)).await);
    changed(north.command(&gone.id, recall(), at(30)).await);
    let leave = Command::Leave { reason: None };
    changed(north.command(&gone.id, leave, at(31)).await);
    let found = north.store.callers_with_number(&number()).await.unwrap();
    let expected = [(&south, &second), (&north, &first), (&north, &never)];
    let expected = expected.map(|(world, caller)| (world.clinic.id.clone(), caller.id.clone()));
    assert_eq!(found, expected);
    let other = PhoneNumber::from_stored("+61491570156".to_owned());
    let none = north.store.callers_with_number(&other).await.unwrap();
    assert!(none.is_empty());
}

pub(crate) async fn a_number_that_takes_no_texts_is_remembered_until_it_does_again(
    home: impl Home,
) {
    let store = home.open().await;
    for _ in 0..2 {
        store.stop_texts("one", at(1)).await.unwrap();
    }
    assert!(store.has_stopped_texts("one").await.unwrap());
    assert!(!store.has_stopped_texts("other").await.unwrap());
    drop(store);
    let store = home.open().await;
    assert!(store.has_stopped_texts("one").await.unwrap());
    for _ in 0..2 {
        store.allow_texts("one").await.unwrap();
    }
    assert!(!store.has_stopped_texts("one").await.unwrap());
}
