//! Webhooks: staff say where events go, and each event is taken there in order.
//!
//! What a webhook has not been told yet is in the events of its clinic, after the version it has come to.
//! The next event it wants gets a row, is sent, and is settled; only then comes the one after it. A crash
//! between any two of these leads to the same row again, so an event may come twice, under the same id,
//! and is never left out or overtaken.

mod attempts;
mod signature;
mod worker;

pub use attempts::Attempts;
pub use signature::WebhookSecret;
pub use worker::Delivering;

use super::App;
use crate::domain::audit::Deed;
use crate::domain::id::{CallerId, ClinicId, WebhookDeliveryId, WebhookId};
use crate::domain::policy::Within;
use crate::domain::refusal::{Refusal, Why};
use crate::domain::webhook::{
    Delivery, EventType, Events, Reach, SecretSeed, SecretSeeds, Standing, Webhook, WebhookChange,
    WebhookUrl,
};
use crate::ports::Fault;
use crate::ports::change_feed::Hint;
use crate::ports::store::Placed;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// A webhook with a secret that is shown this once.
#[derive(Debug)]
pub struct WithSecret {
    /// As it now stands.
    pub webhook: Webhook,
    /// What signs from now on.
    pub secret: WebhookSecret,
}

impl App {
    /// Says which addresses webhooks may lead to, once, before anybody asks; else only public ones.
    pub fn let_webhooks_reach(&self, reach: Reach) {
        // Said already: what was said first stays.
        let _ = self.webhook_reach.set(reach);
    }

    fn webhook_reach(&self) -> Reach {
        self.webhook_reach.get().copied().unwrap_or_default()
    }

    /// A clinic's webhooks, oldest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn webhooks(&self, within: &Within) -> Result<Vec<Webhook>, Fault> {
        self.store.webhooks(within).await
    }

    /// One of a clinic's webhooks.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn webhook(&self, within: &Within, id: &WebhookId) -> Result<Option<Webhook>, Fault> {
        self.store.webhook(within, id).await
    }

    /// A webhook's deliveries, newest event first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn webhook_deliveries(
        &self,
        within: &Within,
        of: &WebhookId,
        first: i64,
    ) -> Result<Vec<Delivery>, Fault> {
        self.store.webhook_deliveries(within, of, first).await
    }

    /// How many events a webhook has still to be told of, among the clinic's latest; none while it is
    /// disabled.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn events_waiting(&self, within: &Within, of: &Webhook) -> Result<i64, Fault> {
        if !of.is_enabled() {
            return Ok(0);
        }
        self.store.events_waiting(within, of).await
    }

    /// Adds a webhook, which is told of what happens from now on.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn add_webhook(
        &self,
        within: &Within,
        url: &str,
        events: Vec<EventType>,
    ) -> Result<Result<WithSecret, Refusal>, Fault> {
        let now = self.clock.now();
        let url = match WebhookUrl::parse(url, self.webhook_reach()) {
            Ok(url) => url,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let events = match Events::new(events) {
            Ok(events) => events,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let id = WebhookId::new(self.randomness.bits());
        let seed = self.new_seed();
        let decide = |others: &[Webhook], version: i64| {
            let webhook = Webhook {
                id: id.clone(),
                clinic: within.clinic().clone(),
                url: url.clone(),
                events: events.clone(),
                standing: Standing::Enabled {
                    failing_since: None,
                },
                secrets: SecretSeeds {
                    current: seed.clone(),
                    old: None,
                },
                delivered_version: version,
                added_at: now,
            };
            webhook.may_join(others).map(|()| webhook)
        };
        let added = self.store.add_webhook(within, &decide, now).await?;
        Ok(added.map(|webhook| self.with_secret(webhook)))
    }

    /// Changes a webhook; all of the change or none of it. `None` when there is no such webhook.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn change_webhook(
        &self,
        within: &Within,
        id: &WebhookId,
        change: &WebhookChange,
    ) -> Result<Option<Result<Webhook, Refusal>>, Fault> {
        let reach = self.webhook_reach();
        let decide =
            |all: &[Webhook], version: i64| of(all, id)?.changed(change, all, version, reach);
        let deed = Deed::ChangedWebhook;
        let changed = self
            .store
            .change_webhook(within, id, &decide, deed, self.clock.now())
            .await?;
        if let Some(Ok(webhook)) = &changed {
            self.look_at_webhooks_of(&webhook.clinic, webhook.delivered_version);
        }
        Ok(changed)
    }

    /// Makes a webhook a new secret; the one it had signs beside it for a day. `None` when there is no
    /// such webhook.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn rotate_webhook_secret(
        &self,
        within: &Within,
        id: &WebhookId,
    ) -> Result<Option<Result<WithSecret, Refusal>>, Fault> {
        let (now, seed) = (self.clock.now(), self.new_seed());
        let decide = |all: &[Webhook], _: i64| Ok(of(all, id)?.with_new_secret(seed.clone(), now));
        let deed = Deed::ChangedWebhook;
        let changed = self.store.change_webhook(within, id, &decide, deed, now);
        Ok(changed
            .await?
            .map(|changed| changed.map(|webhook| self.with_secret(webhook))))
    }

    /// Removes a webhook with all that is known of its deliveries; false when there is none.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn remove_webhook(&self, within: &Within, id: &WebhookId) -> Result<bool, Fault> {
        self.store
            .remove_webhook(within, id, self.clock.now())
            .await
    }

    /// Has an event delivered once more, under the same id. `None` when there is no such delivery.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn redeliver(
        &self,
        within: &Within,
        id: &WebhookDeliveryId,
    ) -> Result<Option<Result<Delivery, Refusal>>, Fault> {
        let now = self.clock.now();
        let again = |webhook: &Webhook, delivery: &Delivery| {
            if !webhook.is_enabled() {
                let message = "The webhook is disabled. Enable it first.";
                return Err(Refusal::new(Why::Unavailable, message));
            }
            Ok(delivery.again(now))
        };
        let outcome = self.store.redeliver(within, id, &again, now).await?;
        if let Some(Ok(delivery)) = &outcome {
            self.look_at_webhooks_of(within.clinic(), delivery.version);
        }
        Ok(outcome)
    }

    /// How many deliveries are to be tried, of all clinics.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn deliveries_waiting(&self) -> Result<i64, Fault> {
        self.store.deliveries_waiting().await
    }

    /// How attempts to deliver have ended.
    #[must_use]
    pub fn webhook_attempts(&self) -> &Attempts {
        &self.webhook_attempts
    }

    /// Whom an event is about, as they now stand. `None` when there is nobody any more.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn told_of(
        &self,
        clinic: &ClinicId,
        caller: &CallerId,
    ) -> Result<Option<Placed>, Fault> {
        self.store
            .caller(&Within::system(clinic.clone()), caller)
            .await
    }

    /// Rings whoever delivers. The version is no news: nobody else does anything about it.
    fn look_at_webhooks_of(&self, clinic: &ClinicId, version: i64) {
        self.feed.tell(Hint {
            clinic: clinic.clone(),
            version,
        });
    }

    fn new_seed(&self) -> SecretSeed {
        SecretSeed(URL_SAFE_NO_PAD.encode(self.randomness.bits()))
    }

    fn with_secret(&self, webhook: Webhook) -> WithSecret {
        let secret = self
            .keys
            .webhook_secret(&webhook.id, &webhook.secrets.current);
        WithSecret { webhook, secret }
    }
}

fn of<'w>(all: &'w [Webhook], id: &WebhookId) -> Result<&'w Webhook, Refusal> {
    all.iter()
        .find(|webhook| webhook.id == *id)
        .ok_or_else(|| Refusal::not_found("webhookId"))
}
