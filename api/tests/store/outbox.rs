//! Texts on their way.

use crate::home::{Home, World, at, bits, changed, named, recall};
use standby::domain::caller::Caller;
use standby::domain::clinic::Settings;
use standby::domain::decide::{Command, Decision, decide};
use standby::domain::delivery::{Progress, SmsFailure, SmsState};
use standby::domain::id::TextId;
use standby::domain::text::TextPurpose;
use standby::domain::time::Timestamp;
use standby::ports::store::{Outcome, Settlement, TakenText};

fn settlement(state: SmsState) -> Settlement {
    let failure = (state == SmsState::Failed).then_some(SmsFailure::Landline);
    Settlement {
        progress: Progress { state, failure },
        provider_id: Some("SM1".to_owned()),
    }
}

/// Settles as the application does: the caller hears of the text.
async fn settle(world: &World, text: &TextId, state: SmsState, now: Timestamp) -> Option<Outcome> {
    let settlement = settlement(state);
    let progress = settlement.progress;
    let hear = |caller: &Caller, settings: &Settings| -> Decision {
        let command = Command::HearOfText {
            text: text.clone(),
            progress,
        };
        decide(caller, command, settings, now)
    };
    world
        .store
        .settle_text(text, settlement, &hear, now)
        .await
        .unwrap()
}

/// A caller who was recalled, and the text of it; the texts before it are done.
async fn recalled(world: &World, now: Timestamp) -> (Caller, TextId) {
    let away = world.arrive_and_step_away(now).await;
    for code in world.store.claim_texts(now, now, 100).await.unwrap() {
        settle(world, &code.text.id, SmsState::Delivered, now).await;
    }
    let caller = changed(world.command(&away.id, recall(), now).await).caller;
    let text = caller.recall.as_ref().unwrap().text.clone();
    (caller, text)
}

pub(crate) async fn a_text_is_claimed_once_until_its_claim_runs_out(home: impl Home) {
    let world = World::new(&home).await;
    let (caller, text) = recalled(&world, at(0)).await;
    let store = &world.store;
    assert_eq!(store.texts_waiting().await.unwrap(), 1);
    let claimed = store.claim_texts(at(1), at(31), 10).await.unwrap();
    assert_eq!(claimed.len(), 1);
    assert_eq!(claimed[0].text.id, text);
    assert_eq!(claimed[0].caller, caller);
    assert_eq!(claimed[0].text.purpose, TextPurpose::Recall);
    assert_eq!(claimed[0].text.to.reveal(), "+61491570006");
    assert!(
        claimed[0]
            .text
            .words
            .ours()
            .unwrap()
            .0
            .contains("https://standby.example/w#")
    );
    assert_eq!(
        (claimed[0].tries, claimed[0].in_doubt_since.is_some()),
        (0, false)
    );
    assert!(
        store
            .claim_texts(at(30), at(60), 10)
            .await
            .unwrap()
            .is_empty()
    );
    let again = store.claim_texts(at(31), at(60), 10).await.unwrap();
    assert_eq!(
        (again[0].tries, again[0].in_doubt_since.is_some()),
        (1, true)
    );
    assert_eq!(again[0].text.words, claimed[0].text.words);
    assert_eq!(store.texts_waiting().await.unwrap(), 1);
    // Nobody knows what became of it: nobody sends it again.
    assert_eq!(
        named(
            &settle(&world, &text, SmsState::Unknown, at(32))
                .await
                .unwrap()
        ),
        "changed"
    );
    assert!(
        store
            .claim_texts(at(9999), at(99999), 10)
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(store.texts_waiting().await.unwrap(), 0);
    store.try_text_again(&text, at(40)).await.unwrap();
    assert!(
        store
            .claim_texts(at(9999), at(99999), 10)
            .await
            .unwrap()
            .is_empty()
    );
}

pub(crate) async fn a_text_put_back_is_due_again_at_its_time(home: impl Home) {
    let world = World::new(&home).await;
    let (_, text) = recalled(&world, at(0)).await;
    let store = &world.store;
    store.claim_texts(at(1), at(31), 10).await.unwrap();
    store.try_text_again(&text, at(20)).await.unwrap();
    assert!(
        store
            .claim_texts(at(19), at(60), 10)
            .await
            .unwrap()
            .is_empty()
    );
    let again = store.claim_texts(at(20), at(60), 10).await.unwrap();
    assert_eq!(
        (again[0].tries, again[0].in_doubt_since.is_some()),
        (1, false)
    );
}

pub(crate) async fn news_of_a_text_changes_its_caller_in_the_same_moment(home: impl Home) {
    let world = World::new(&home).await;
    let (caller, text) = recalled(&world, at(0)).await;
    world.store.claim_texts(at(1), at(31), 10).await.unwrap();
    let version = world.version().await;
    for (step, state) in (1..).zip([SmsState::Sent, SmsState::Failed, SmsState::Delivered]) {
        let outcome = settle(&world, &text, state, at(10 + step)).await.unwrap();
        let Outcome::Changed {
            placed,
            version: now,
            ..
        } = outcome
        else {
            panic!()
        };
        assert_eq!(now, version + step);
        let delivery = placed.caller.recall.as_ref().unwrap().delivery;
        assert_eq!(
            (delivery.state, delivery.updated_at),
            (state, at(10 + step))
        );
        assert_eq!(delivery.failure.is_some(), state == SmsState::Failed);
        assert_eq!(world.caller(&caller.id).await.caller, placed.caller);
        assert_eq!(world.store.texts_waiting().await.unwrap(), 0);
    }
}

pub(crate) async fn old_news_of_a_text_changes_nothing(home: impl Home) {
    let world = World::new(&home).await;
    let (_, text) = recalled(&world, at(0)).await;
    world.store.claim_texts(at(1), at(31), 10).await.unwrap();
    settle(&world, &text, SmsState::Delivered, at(2)).await;
    let before = world.all().await;
    for state in [
        SmsState::Queued,
        SmsState::Sending,
        SmsState::Unknown,
        SmsState::Sent,
        SmsState::Failed,
        SmsState::Delivered,
    ] {
        let outcome = settle(&world, &text, state, at(3)).await.unwrap();
        assert_eq!(named(&outcome), "unchanged", "{state:?}");
    }
    world.store.try_text_again(&text, at(3)).await.unwrap();
    assert!(
        world
            .store
            .claim_texts(at(9999), at(99999), 10)
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(world.all().await, before);
}

pub(crate) async fn news_of_a_text_nobody_knows_is_nothing(home: impl Home) {
    let world = World::new(&home).await;
    recalled(&world, at(0)).await;
    let before = world.all().await;
    let unknown = TextId::new(bits());
    assert!(
        settle(&world, &unknown, SmsState::Sent, at(1))
            .await
            .is_none()
    );
    world.store.try_text_again(&unknown, at(1)).await.unwrap();
    assert_eq!(world.all().await, before);
}

pub(crate) async fn texts_are_claimed_oldest_first_and_by_one_worker_each(home: impl Home) {
    let world = World::new(&home).await;
    let mut callers = Vec::new();
    for _ in 0..12 {
        callers.push(world.arrive_and_step_away(at(0)).await);
    }
    for code in world.store.claim_texts(at(0), at(0), 100).await.unwrap() {
        settle(&world, &code.text.id, SmsState::Delivered, at(0)).await;
    }
    let mut texts = Vec::new();
    for (caller, seconds) in callers.iter().zip(1..) {
        let recalled = changed(world.command(&caller.id, recall(), at(seconds)).await).caller;
        texts.push(recalled.recall.unwrap().text);
    }
    assert!(
        world
            .store
            .claim_texts(at(99), at(999), 0)
            .await
            .unwrap()
            .is_empty()
    );
    let first = world.store.claim_texts(at(99), at(999), 2).await.unwrap();
    let ids: Vec<_> = first.into_iter().map(|claimed| claimed.text.id).collect();
    assert_eq!(ids, texts[..2]);
    // Two workers at once share what is left.
    let claim = || {
        let store = world.store.clone();
        tokio::spawn(async move { store.claim_texts(at(99), at(999), 7).await.unwrap() })
    };
    let (one, other) = (claim(), claim());
    let mut rest: Vec<_> = one
        .await
        .unwrap()
        .into_iter()
        .chain(other.await.unwrap())
        .collect();
    rest.sort_by_key(|claimed| texts.iter().position(|text| *text == claimed.text.id));
    let ids: Vec<_> = rest.into_iter().map(|claimed| claimed.text.id).collect();
    assert_eq!(ids, texts[2..]);
}

pub(crate) async fn a_withdrawn_text_is_not_sent_and_its_caller_stays_as_it_is(home: impl Home) {
    let world = World::new(&home).await;
    let (caller, text) = recalled(&world, at(0)).await;
    let store = &world.store;
    store.claim_texts(at(1), at(31), 10).await.unwrap();
    let version = world.version().await;
    store.withdraw_text(&text, at(2)).await.unwrap();
    store.try_text_again(&text, at(2)).await.unwrap();
    let later = store.claim_texts(at(9999), at(99999), 10).await.unwrap();
    assert!(later.is_empty());
    assert_eq!(store.texts_waiting().await.unwrap(), 0);
    assert_eq!(world.version().await, version);
    assert_eq!(world.caller(&caller.id).await.caller, caller);
}

pub(crate) async fn a_text_that_is_not_claimed_is_not_withdrawn(home: impl Home) {
    let world = World::new(&home).await;
    let (_, text) = recalled(&world, at(0)).await;
    let store = &world.store;
    store.withdraw_text(&text, at(1)).await.unwrap();
    let claimed = store.claim_texts(at(1), at(31), 10).await.unwrap();
    assert_eq!(claimed.len(), 1);
    settle(&world, &text, SmsState::Sent, at(2)).await;
    store.withdraw_text(&text, at(3)).await.unwrap();
    let outcome = settle(&world, &text, SmsState::Sent, at(4)).await.unwrap();
    assert_eq!(named(&outcome), "unchanged");
}

pub(crate) async fn news_of_a_withdrawn_text_counts_all_the_same(home: impl Home) {
    let world = World::new(&home).await;
    let (_, text) = recalled(&world, at(0)).await;
    world.store.claim_texts(at(1), at(31), 10).await.unwrap();
    world.store.withdraw_text(&text, at(2)).await.unwrap();
    for (state, becomes) in [
        (SmsState::Sending, "unchanged"),
        (SmsState::Unknown, "unchanged"),
        (SmsState::Delivered, "changed"),
    ] {
        let outcome = settle(&world, &text, state, at(3)).await.unwrap();
        assert_eq!(named(&outcome), becomes, "{state:?}");
    }
    let later = world.store.claim_texts(at(9999), at(99999), 10).await;
    assert!(later.unwrap().is_empty());
}

pub(crate) async fn a_text_in_doubt_is_due_at_its_time_and_remembers_since_when(home: impl Home) {
    let world = World::new(&home).await;
    let (_, text) = recalled(&world, at(0)).await;
    let store = &world.store;
    store.claim_texts(at(1), at(45), 10).await.unwrap();
    store
        .look_for_text_again(&text, at(2), at(5))
        .await
        .unwrap();
    assert!(
        store
            .claim_texts(at(4), at(45), 10)
            .await
            .unwrap()
            .is_empty()
    );
    for (now, next) in [(5, 10), (10, 20)] {
        let again = store.claim_texts(at(now), at(60), 10).await.unwrap();
        assert_eq!(
            again[0].in_doubt_since,
            Some(at(2)),
            "not since the latest look"
        );
        store
            .look_for_text_again(&text, at(now), at(next))
            .await
            .unwrap();
    }
    // Certainly not taken after all: it is in no doubt any more.
    store.claim_texts(at(20), at(60), 10).await.unwrap();
    store.try_text_again(&text, at(21)).await.unwrap();
    let again = store.claim_texts(at(21), at(60), 10).await.unwrap();
    assert_eq!(again[0].in_doubt_since, None);
    // Of one that was settled meanwhile something is known: nobody looks for it.
    settle(&world, &text, SmsState::Sent, at(22)).await;
    store
        .look_for_text_again(&text, at(22), at(23))
        .await
        .unwrap();
    assert!(
        store
            .claim_texts(at(9999), at(99999), 10)
            .await
            .unwrap()
            .is_empty()
    );
}

pub(crate) async fn claims_given_up_come_back_in_doubt_at_once(home: impl Home) {
    let world = World::new(&home).await;
    let (_, claimed) = recalled(&world, at(0)).await;
    let store = &world.store;
    store.claim_texts(at(1), at(45), 10).await.unwrap();
    let (_, queued) = recalled(&world, at(2)).await;
    store.give_claims_up(at(3)).await.unwrap();
    let again = store.claim_texts(at(3), at(45), 10).await.unwrap();
    let doubts: Vec<_> = again
        .iter()
        .map(|text| (text.text.id.clone(), text.in_doubt_since))
        .collect();
    // What was never handed over goes first.
    assert_eq!(doubts, [(queued, None), (claimed, Some(at(3)))]);
}

/// What is asked about at a moment.
async fn asked_about(world: &World, now: Timestamp) -> Vec<TakenText> {
    world.store.texts_to_ask_about(now, 10).await.unwrap()
}

pub(crate) async fn a_silent_text_is_asked_about_at_its_times_until_something_is_heard(
    home: impl Home,
) {
    let world = World::new(&home).await;
    let (_, text) = recalled(&world, at(0)).await;
    world.store.claim_texts(at(1), at(31), 10).await.unwrap();
    assert_eq!(asked_about(&world, at(9999)).await, [], "not yet taken");
    settle(&world, &text, SmsState::Sent, at(2)).await;
    let taken = [TakenText {
        id: text.clone(),
        provider_id: "SM1".to_owned(),
    }];
    for (silent, due) in [(31, 32), (61, 62), (121, 122)] {
        assert_eq!(asked_about(&world, at(silent)).await, []);
        assert_eq!(asked_about(&world, at(due)).await, taken);
        assert_eq!(asked_about(&world, at(due)).await, [], "once");
    }
    // That nothing has changed is no news: it goes on as before.
    settle(&world, &text, SmsState::Sent, at(123)).await;
    assert_eq!(asked_about(&world, at(241)).await, []);
    assert_eq!(asked_about(&world, at(242)).await, taken);
    settle(&world, &text, SmsState::Failed, at(243)).await;
    assert_eq!(asked_about(&world, at(999_999)).await, []);
}

pub(crate) async fn what_could_not_be_heard_while_nobody_ran_is_asked_about_at_once(
    home: impl Home,
) {
    let world = World::new(&home).await;
    let (_, silent) = recalled(&world, at(0)).await;
    world.store.claim_texts(at(1), at(31), 10).await.unwrap();
    settle(&world, &silent, SmsState::Sent, at(2)).await;
    let (_, heard) = recalled(&world, at(3)).await;
    settle(&world, &heard, SmsState::Sent, at(4)).await;
    settle(&world, &heard, SmsState::Delivered, at(5)).await;
    world.store.give_claims_up(at(6)).await.unwrap();
    let asked = asked_about(&world, at(6)).await;
    let ids: Vec<_> = asked.iter().map(|text| text.id.clone()).collect();
    assert_eq!(ids, [silent]);
    assert_eq!(asked_about(&world, at(6)).await, [], "once");
}
