//! A crash repeats a delivery at most: it leaves none out and puts none before another.

use crate::receiver::{Answering, Received, Receiver};
use crate::scene::{ALL, Scene, Worker};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Every version once or more, never one before it again after a later one, each always under one id.
fn assert_in_order_and_whole(heard: &[Received], last: i64) {
    let mut ids = BTreeMap::new();
    let mut highest = 0;
    for event in heard {
        let version = event.version();
        assert!(
            version == highest || version == highest + 1,
            "{version} after {highest}"
        );
        highest = version;
        let id = ids.entry(version).or_insert_with(|| event.id.clone());
        assert_eq!(*id, event.id, "version {version} has one id");
    }
    assert_eq!(highest, last);
    let distinct: BTreeSet<_> = ids.values().collect();
    assert_eq!(distinct.len(), ids.len(), "and each its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_dies_between_sending_and_settling_sends_the_same_again_and_then_the_next() {
    let mut scene = Scene::new().await;
    let receiver = Receiver::new().await;
    let (webhook, _) = scene.webhook(&receiver.url(), &ALL).await;
    let let_go = Arc::new(Semaphore::new(0));
    receiver.answer(Answering::Once(Arc::clone(&let_go)));
    scene.arrive(1).await;
    scene.arrive(2).await;
    for life in 1..=3 {
        let worker = Worker::start(&scene.stage.app);
        // The receiver has it, and its answer is never heard.
        receiver.has(life).await;
        worker.kill().await;
        scene.restart();
    }
    assert_eq!(
        scene.states(&webhook).await,
        [(1, "PENDING".to_owned())],
        "what was not settled waits"
    );
    receiver.answer(Answering::Status(200));
    let worker = Worker::start(&scene.stage.app);
    let heard = receiver.has(5).await;
    worker.kill().await;
    assert_eq!(receiver.versions(), [1, 1, 1, 1, 2]);
    assert_in_order_and_whole(&heard, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn however_often_a_worker_dies_every_event_comes_and_none_before_another() {
    const EVENTS: u32 = 60;
    let mut scene = Scene::new().await;
    let receivers = [
        Receiver::new().await,
        Receiver::new().await,
        Receiver::new().await,
    ];
    for receiver in &receivers {
        scene.webhook(&receiver.url(), &ALL).await;
    }
    for number in 0..EVENTS {
        scene.arrive(number).await;
    }
    // Lives of 0 to 25 ms: each ends somewhere between looking, sending, hearing and settling.
    for life in 0..60 {
        let worker = Worker::start(&scene.stage.app);
        tokio::time::sleep(Duration::from_micros(life % 13 * 2000 + life * 17)).await;
        worker.kill().await;
        scene.restart();
    }
    let worker = Worker::start(&scene.stage.app);
    for receiver in &receivers {
        let is_whole = async || receiver.versions().last() == Some(&i64::from(EVENTS));
        crate::scene::until("the last event has come", is_whole).await;
        assert_in_order_and_whole(&receiver.received(), i64::from(EVENTS));
    }
    worker.kill().await;
}
