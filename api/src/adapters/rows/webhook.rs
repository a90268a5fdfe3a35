//! Webhooks and their deliveries.

use super::Named;
use super::words::Word;
use super::{caller_id, clinic_id};
use crate::adapters::tables;
use crate::domain::id::{ClinicId, WebhookDeliveryId, WebhookId};
use crate::domain::time::Timestamp;
use crate::domain::webhook::{
    Delivery, DeliveryState, Events, SecretSeed, SecretSeeds, Standing, Webhook, WebhookUrl,
};
use crate::ports::Fault;
use diesel::prelude::{AsChangeset, Identifiable, Insertable, Queryable, Selectable};

const PENDING: &str = "PENDING";
const DELIVERED: &str = "DELIVERED";
const FAILED: &str = "FAILED";

#[derive(Queryable, Selectable, Insertable, Identifiable, AsChangeset, PartialEq, Eq)]
#[diesel(
    table_name = tables::webhook,
    primary_key(clinic_id, id),
    treat_none_as_null = true,
    treat_none_as_default_value = false
)]
pub(in crate::adapters) struct WebhookRow {
    clinic_id: String,
    id: String,
    url: String,
    events: String,
    is_enabled: bool,
    disabled_because: Option<String>,
    failing_since: Option<i64>,
    secret_seed: String,
    old_secret_seed: Option<String>,
    old_secret_until: Option<i64>,
    delivered_version: i64,
    added_at: i64,
}

impl WebhookRow {
    pub(in crate::adapters) fn of(webhook: &Webhook) -> Result<Self, Fault> {
        let events: Vec<&str> = webhook
            .events
            .as_slice()
            .iter()
            .map(|event| event.word())
            .collect();
        let (disabled_because, failing_since) = match webhook.standing {
            Standing::Enabled { failing_since } => (None, failing_since),
            Standing::Disabled(because) => (Some(because.word().to_owned()), None),
        };
        let old = webhook.secrets.old.as_ref();
        Ok(Self {
            clinic_id: webhook.clinic.to_string(),
            id: webhook.id.to_string(),
            url: webhook.url.as_str().to_owned(),
            events: serde_json::to_string(&events)
                .map_err(|error| Fault::new("writing down which events are sent", error))?,
            is_enabled: webhook.is_enabled(),
            disabled_because,
            failing_since: failing_since.map(Timestamp::as_millis),
            secret_seed: webhook.secrets.current.0.clone(),
            old_secret_seed: old.map(|(seed, _)| seed.0.clone()),
            old_secret_until: old.map(|(_, until)| until.as_millis()),
            delivered_version: webhook.delivered_version,
            added_at: webhook.added_at.as_millis(),
        })
    }

    pub(in crate::adapters) fn webhook(self) -> Result<Webhook, Fault> {
        let named = Named {
            table: "webhook",
            id: &self.id,
        };
        let events: Vec<String> = named.need(
            serde_json::from_str(&self.events).ok(),
            "this is no list of events",
        )?;
        let events = events
            .iter()
            .map(|event| named.word(event, "no such event"))
            .collect::<Result<_, _>>()?;
        let standing =
            match named.optional_word(self.disabled_because.as_deref(), "no such reason")? {
                Some(because) => Standing::Disabled(because),
                None => Standing::Enabled {
                    failing_since: self.failing_since.map(Timestamp::from_millis),
                },
            };
        Ok(Webhook {
            id: named.need(WebhookId::parse(&self.id), "this is no id")?,
            clinic: clinic_id(&self.clinic_id)?,
            events: named.need(Events::new(events).ok(), "it has no events")?,
            standing,
            secrets: SecretSeeds {
                current: SecretSeed(self.secret_seed),
                old: self
                    .old_secret_seed
                    .zip(self.old_secret_until)
                    .map(|(seed, until)| (SecretSeed(seed), Timestamp::from_millis(until))),
            },
            delivered_version: self.delivered_version,
            added_at: Timestamp::from_millis(self.added_at),
            url: WebhookUrl::from_stored(self.url),
        })
    }
}

#[derive(Queryable, Selectable, Insertable, Identifiable, AsChangeset)]
#[diesel(
    table_name = tables::webhook_delivery,
    treat_none_as_null = true,
    treat_none_as_default_value = false
)]
pub(in crate::adapters) struct DeliveryRow {
    id: String,
    pub(in crate::adapters) clinic_id: String,
    pub(in crate::adapters) webhook_id: String,
    version: i64,
    event: String,
    caller_id: String,
    happened_at: i64,
    state: String,
    next_attempt_at: Option<i64>,
    attempts: i64,
    last_attempt_at: Option<i64>,
    give_up_at: i64,
    response_status: Option<i64>,
    problem: Option<String>,
    over_at: Option<i64>,
}

impl DeliveryRow {
    pub(in crate::adapters) fn of(
        clinic: &ClinicId,
        webhook: &WebhookId,
        delivery: &Delivery,
        now: Timestamp,
    ) -> Self {
        let (state, next_attempt_at) = match delivery.state {
            DeliveryState::Pending { next_attempt_at } => (PENDING, Some(next_attempt_at)),
            DeliveryState::Delivered => (DELIVERED, None),
            DeliveryState::Failed => (FAILED, None),
        };
        Self {
            id: delivery.id.to_string(),
            clinic_id: clinic.to_string(),
            webhook_id: webhook.to_string(),
            version: delivery.version,
            event: delivery.event.word().to_owned(),
            caller_id: delivery.caller.to_string(),
            happened_at: delivery.happened_at.as_millis(),
            state: state.to_owned(),
            next_attempt_at: next_attempt_at.map(Timestamp::as_millis),
            attempts: delivery.attempts,
            last_attempt_at: delivery.last_attempt_at.map(Timestamp::as_millis),
            give_up_at: delivery.give_up_at.as_millis(),
            response_status: delivery.response_status.map(i64::from),
            problem: delivery.problem.map(|problem| problem.word().to_owned()),
            over_at: next_attempt_at.is_none().then(|| now.as_millis()),
        }
    }

    pub(in crate::adapters) fn delivery(self) -> Result<Delivery, Fault> {
        let named = Named {
            table: "delivery",
            id: &self.id,
        };
        let state = match (self.state.as_str(), self.next_attempt_at) {
            (PENDING, Some(at)) => Some(DeliveryState::Pending {
                next_attempt_at: Timestamp::from_millis(at),
            }),
            (DELIVERED, None) => Some(DeliveryState::Delivered),
            (FAILED, None) => Some(DeliveryState::Failed),
            _ => None,
        };
        let status = match self.response_status {
            None => None,
            Some(status) => Some(named.need(u16::try_from(status).ok(), "no such status")?),
        };
        Ok(Delivery {
            id: named.need(WebhookDeliveryId::parse(&self.id), "this is no id")?,
            version: self.version,
            event: named.word(&self.event, "no such event")?,
            caller: caller_id(&self.caller_id)?,
            happened_at: Timestamp::from_millis(self.happened_at),
            state: named.need(state, "no such state")?,
            attempts: self.attempts,
            last_attempt_at: self.last_attempt_at.map(Timestamp::from_millis),
            give_up_at: Timestamp::from_millis(self.give_up_at),
            response_status: status,
            problem: named.optional_word(self.problem.as_deref(), "no such problem")?,
        })
    }
}
