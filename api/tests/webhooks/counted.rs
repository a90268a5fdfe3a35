//! What whoever runs the server is told of deliveries.

use crate::receiver::{Answering, Receiver};
use crate::scene::{ALL, Scene};
use standby::domain::time::Span;
use standby::metrics::Metrics;
use std::sync::Arc;
use tokio::sync::watch;

/// Taken, refused, retried, failed, waiting.
async fn figures(scene: &Scene) -> [i64; 5] {
    let (_, sockets) = watch::channel(0);
    let text = Metrics::new(Arc::clone(&scene.stage.app), sockets, None)
        .text()
        .await;
    ["taken", "refused", "retried", "failed", "waiting"].map(|name| {
        let name = format!("standby_webhooks_{name} ");
        let mut values = text.lines().filter_map(|line| line.strip_prefix(&name));
        values.next().unwrap().parse().unwrap()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn attempts_are_counted_by_how_they_were_answered_and_what_became_of_the_event() {
    let scene = Scene::new().await;
    let receiver = Receiver::new().await;
    scene.webhook(&receiver.url(), &ALL).await;
    assert_eq!(figures(&scene).await, [0, 0, 0, 0, 0]);
    scene.arrive(1).await;
    scene.deliver().await;
    assert_eq!(figures(&scene).await, [1, 0, 0, 0, 0]);
    receiver.answer(Answering::Status(500));
    scene.arrive(2).await;
    scene.deliver().await;
    assert_eq!(figures(&scene).await, [1, 1, 1, 0, 1]);
    scene.stage.clock.advance(Span::hours(24));
    scene.deliver().await;
    assert_eq!(figures(&scene).await, [1, 2, 1, 1, 0]);
    // Nobody there who could refuse.
    drop(receiver);
    scene.arrive(3).await;
    scene.deliver().await;
    assert_eq!(figures(&scene).await, [1, 2, 2, 1, 1]);
}
