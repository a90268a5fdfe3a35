//! A webhook's life, with every query that belongs to it.

use super::{NOW, Sqlite};
use crate::domain::audit::Deed;
use crate::domain::clinic::Clinic;
use crate::domain::id::{WebhookDeliveryId, WebhookId};
use crate::domain::policy::Within;
use crate::domain::refusal::Refusal;
use crate::domain::time::Span;
use crate::domain::webhook::{
    Answer, Delivery, DeliveryState, EventType, Events, Jitter, Problem, SecretSeed, SecretSeeds,
    Standing, Webhook, WebhookUrl, settle,
};
use crate::ports::store::webhooks::{NextDelivery, WebhookStore as _};

fn seed(name: &str) -> SecretSeed {
    SecretSeed(name.to_owned())
}

/// Adds a webhook, which hears of everything that happened: the first event fails and is delivered at
/// the second attempt, the rest waits.
pub(super) async fn deliver(store: &Sqlite, clinic: &Clinic, within: &Within) {
    let id = WebhookId::new([1; 16]);
    let add = |others: &[Webhook], _: i64| -> Result<Webhook, Refusal> {
        assert!(others.is_empty());
        Ok(Webhook {
            id: id.clone(),
            clinic: clinic.id.clone(),
            url: WebhookUrl::from_stored("https://tools.example/".to_owned()),
            events: Events::new(EventType::ALL.to_vec()).unwrap(),
            standing: Standing::Enabled {
                failing_since: None,
            },
            secrets: SecretSeeds {
                current: seed("one"),
                old: None,
            },
            delivered_version: 0,
            added_at: NOW,
        })
    };
    let added = store.add_webhook(within, &add, NOW).await.unwrap().unwrap();
    let rotate = |all: &[Webhook], _: i64| Ok(all[0].with_new_secret(seed("two"), NOW));
    let deed = Deed::ChangedWebhook;
    let changed = store.change_webhook(within, &id, &rotate, deed, NOW);
    let changed = changed.await.unwrap().unwrap().unwrap();
    assert_ne!(changed, added);
    assert_eq!(
        store.webhooks(within).await.unwrap(),
        std::slice::from_ref(&changed)
    );
    let waiting = store.events_waiting(within, &changed).await.unwrap();
    assert!(waiting > 0);
    assert_eq!(store.deliveries_waiting().await.unwrap(), 0);
    assert_eq!(store.webhook(within, &id).await.unwrap(), Some(changed));

    let clinics = [clinic.id.clone()];
    let found = store.webhooks_to_look_at(&clinics, NOW).await.unwrap();
    assert_eq!(found, [(clinic.id.clone(), id.clone())]);
    let new = WebhookDeliveryId::new([1; 16]);
    let failed = Answer::NotTaken {
        status: Some(500),
        problem: Problem::NotTaken,
    };
    let mut now = NOW;
    for answer in [failed, Answer::Taken { status: 200 }] {
        let next = store.next_delivery(&clinic.id, &id, &new, now);
        let NextDelivery::Due(due) = next.await.unwrap() else {
            panic!("something is due")
        };
        assert_eq!(
            (due.delivery.id.clone(), due.delivery.version),
            (new.clone(), 1)
        );
        let settle = |webhook: &Webhook, delivery: &Delivery| {
            settle(webhook, delivery, answer, now, Jitter(0))
        };
        store
            .settle_delivery(&clinic.id, &new, &settle, now)
            .await
            .unwrap();
        if answer == failed {
            let other = WebhookDeliveryId::new([2; 16]);
            let waiting = store.next_delivery(&clinic.id, &id, &other, now).await;
            assert!(matches!(waiting.unwrap(), NextDelivery::Nothing));
        }
        now = now + Span::seconds(10);
    }
    let deliveries = store.webhook_deliveries(within, &id, 10).await.unwrap();
    let delivered = deliveries.last().unwrap();
    assert_eq!(delivered.state, DeliveryState::Delivered);
    assert_eq!(
        (delivered.attempts, delivered.response_status),
        (2, Some(200))
    );
    let as_it_is = |_: &Webhook, delivery: &Delivery| Ok(delivery.clone());
    let same = store.redeliver(within, &new, &as_it_is, now).await.unwrap();
    assert_eq!(same, Some(Ok(delivered.clone())));
    store.forget_deliveries(NOW).await.unwrap();
}
