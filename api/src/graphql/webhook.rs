//! Webhooks as clinic admins see them, and events as receivers do.

use super::asking::{Asking, app, viewer};
use super::caller::Caller;
use super::date_time::DateTime;
use super::fault::{Failure, or_null};
use super::subscription::{CallerArrived, CallerChanged, CallerEnded, WaitingAreaEvent};
use crate::app::App;
use crate::domain::id::{ApiClientId, ClinicId};
use crate::domain::policy::{Act, Role, Staff, StaffId, Viewer};
use crate::domain::webhook::{self, Delivery, DeliveryState, Standing};
use crate::ports::Fault;
use crate::ports::webhook_sender::EventBodies;
use async_graphql::{
    Context, EmptyMutation, EmptySubscription, Enum, ID, Object, Request, SimpleObject,
};
use async_trait::async_trait;
use serde::Serialize;
use std::sync::{Arc, Mutex, PoisonError};

/// Deliveries answered when nobody says how many.
const DELIVERIES: i32 = 50;
/// Most deliveries answered at once.
const MOST_DELIVERIES: i32 = 200;

/// What counting the events that wait costs: as much as reading some hundred.
const COST_OF_COUNTING: usize = 100;

/// What a webhook can be told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "webhook::EventType")]
pub enum WebhookEventType {
    /// A caller came in, or took a place back: `caller.arrived`, with a `CallerArrived`.
    CallerArrived,
    /// A caller changed: `caller.changed`, with a `CallerChanged`.
    CallerChanged,
    /// A stay ended: `caller.ended`, with a `CallerEnded`.
    CallerEnded,
    /// The text of a recall was delivered: `recall.delivered`, with a `CallerChanged`. It is a change of
    /// the caller too; a webhook that wants both is told of it as this.
    RecallDelivered,
}

/// How far an event is on its way to a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum WebhookDeliveryState {
    /// To be tried, or tried again.
    Pending,
    /// The receiver answered with a status from 200 to 299.
    Delivered,
    /// Given up: for 24 hours it could not be delivered, or the webhook was disabled.
    Failed,
}

/// Where a clinic has events sent: what happens, as it happens, in order of version, without a name, a
/// number or an answer in it. How to receive them is in `docs/webhooks.md`.
#[derive(Clone, Debug)]
pub struct Webhook(pub webhook::Webhook);

/// Where a clinic has events sent. Only clinic admins see it, and the admins' keys.
#[Object]
impl Webhook {
    /// Names this webhook.
    pub async fn id(&self) -> ID {
        self.0.id.as_str().into()
    }

    /// Where events are sent, by POST.
    async fn url(&self) -> &str {
        self.0.url.as_str()
    }

    /// Which events are sent.
    async fn events(&self) -> Vec<WebhookEventType> {
        let events = self.0.events.as_slice().iter();
        events.copied().map(Into::into).collect()
    }

    /// Whether events are sent now.
    async fn is_enabled(&self) -> bool {
        self.0.is_enabled()
    }

    /// Why the server disabled it, in words. Null while it is enabled, and where staff disabled it.
    async fn disabled_because(&self) -> Option<&'static str> {
        match self.0.standing {
            Standing::Enabled { .. } => None,
            Standing::Disabled(because) => because.words(),
        }
    }

    /// When it was added.
    async fn added_at(&self) -> DateTime {
        self.0.added_at.into()
    }

    /// Since when every attempt has failed because of the receiver. Null once one was taken, before the
    /// first, and while it is disabled.
    async fn failing_since(&self) -> Option<DateTime> {
        self.0.failing_since().map(Into::into)
    }

    /// How many events it has still to be told of, counted among the latest 10,000 of the clinic. None while
    /// it is disabled.
    #[graphql(complexity = "COST_OF_COUNTING")]
    async fn waiting_events(&self, ctx: &Context<'_>) -> Result<i64, Failure> {
        // Whoever has come as far as a webhook may see it.
        let Some(within) = viewer(ctx).within(&self.0.clinic, Act::Configure) else {
            return Ok(0);
        };
        Ok(app(ctx).events_waiting(&within, &self.0).await?)
    }

    /// What was sent, and what is on its way, the newest event first. Kept for 7 days, and 1,000 of
    /// them.
    #[graphql(complexity = "cost_of_deliveries(first, child_complexity)")]
    async fn deliveries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many; 50 unless given, at most 200.")] first: Option<i32>,
    ) -> Result<Vec<WebhookDelivery>, Failure> {
        let first = first.unwrap_or(DELIVERIES);
        if !(0..=MOST_DELIVERIES).contains(&first) {
            let message = format!("`first` is between 0 and {MOST_DELIVERIES}.");
            return Err(Failure::BadInput(message));
        }
        // Whoever has come as far as a webhook may see it.
        let Some(within) = viewer(ctx).within(&self.0.clinic, Act::Configure) else {
            return Ok(Vec::new());
        };
        let deliveries = app(ctx)
            .webhook_deliveries(&within, &self.0.id, i64::from(first))
            .await?;
        Ok(deliveries.into_iter().map(Into::into).collect())
    }
}

fn cost_of_deliveries(first: Option<i32>, child: usize) -> usize {
    let first = first.unwrap_or(DELIVERIES).clamp(0, MOST_DELIVERIES);
    usize::try_from(first)
        .unwrap_or_default()
        .saturating_mul(child)
}

/// One event on its way to a webhook.
#[derive(Clone, Debug, SimpleObject)]
pub struct WebhookDelivery {
    /// What the receiver is given as `webhook-id`: the same at each attempt.
    pub id: ID,
    /// The version of the waiting area that the event made.
    pub version: i64,
    /// What happened.
    pub event: WebhookEventType,
    /// How far it is.
    pub state: WebhookDeliveryState,
    /// How often it was tried; counted anew once somebody has it sent again.
    pub attempts: i64,
    /// When it was tried last. Null before the first attempt.
    pub last_attempt_at: Option<DateTime>,
    /// When it is tried next. Null unless `PENDING`.
    pub next_attempt_at: Option<DateTime>,
    /// HTTP's status of the receiver's last answer. Null where there was none.
    pub response_status: Option<i64>,
    /// Why the last attempt did not deliver it, in words. Null where it did, and before the first.
    pub problem: Option<String>,
}

impl From<Delivery> for WebhookDelivery {
    fn from(delivery: Delivery) -> Self {
        let (state, next_attempt_at) = match delivery.state {
            DeliveryState::Pending { next_attempt_at } => {
                (WebhookDeliveryState::Pending, Some(next_attempt_at.into()))
            }
            DeliveryState::Delivered => (WebhookDeliveryState::Delivered, None),
            DeliveryState::Failed => (WebhookDeliveryState::Failed, None),
        };
        Self {
            id: delivery.id.as_str().into(),
            version: delivery.version,
            event: delivery.event.into(),
            state,
            attempts: delivery.attempts,
            last_attempt_at: delivery.last_attempt_at.map(Into::into),
            next_attempt_at,
            response_status: delivery.response_status.map(i64::from),
            problem: delivery.problem.map(|problem| problem.words().to_owned()),
        }
    }
}

/// A clinic's webhooks; `None` for those who may not see them.
pub(super) async fn webhooks(ctx: &Context<'_>, clinic: &ClinicId) -> Option<Vec<Webhook>> {
    let within = viewer(ctx).within(clinic, Act::Configure)?;
    let webhooks = or_null(ctx, app(ctx).webhooks(&within).await)?;
    Some(webhooks.into_iter().map(Webhook).collect())
}

/// What a receiver is told of a caller. No name, no number, no answers and no reason: those are read with
/// a key, by whoever needs them, for as long as they are kept. A receiver's log must not become another
/// place where they are.
const TOLD: &str = "\
{
  event {
    __typename
    ...on CallerArrived { version caller { ...Told } }
    ...on CallerChanged { version caller { ...Told } }
    ...on CallerEnded { version caller { ...Told } }
  }
}
fragment Told on Caller {
  id
  version
  status
  statusSince
  arrivedAt
  arrivalNumber
  position { place aheadOffline }
  presence { isViewing lastSeenAt notResponding }
  recall { id requestedAt sms { state failure updatedAt } openedAt returnedAt }
  endedAt
  end { how isResumable }
}";

/// Words events by the schema's own types, so that a receiver reads what a subscriber reads.
pub struct GraphqlBodies {
    app: Arc<App>,
    schema: async_graphql::Schema<Told, EmptyMutation, EmptySubscription>,
}

/// The one thing that can be asked: the event.
struct Told;

/// The event that is being told; taken by whoever asks.
struct ToTell(Mutex<Option<WaitingAreaEvent>>);

/// What receivers are told.
#[Object]
impl Told {
    /// The event.
    async fn event(&self, ctx: &Context<'_>) -> Option<WaitingAreaEvent> {
        let to_tell = &ctx.data_opt::<ToTell>()?.0;
        to_tell
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }
}

impl GraphqlBodies {
    /// Words events of this application.
    #[must_use]
    pub fn new(app: Arc<App>) -> Self {
        let schema = async_graphql::Schema::build(Told, EmptyMutation, EmptySubscription)
            .data(Arc::clone(&app))
            .finish();
        Self { app, schema }
    }
}

/// A body, as Standard Webhooks has it: what kind of event, when it happened, and the rest.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    r#type: &'a str,
    timestamp: String,
    clinic_id: &'a str,
    data: serde_json::Value,
}

#[async_trait]
impl EventBodies for GraphqlBodies {
    async fn body(&self, clinic: &ClinicId, delivery: &Delivery) -> Result<Option<String>, Fault> {
        let Some(placed) = self.app.told_of(clinic, &delivery.caller).await? else {
            return Ok(None);
        };
        let viewer = reader(clinic);
        let Some(caller) = Caller::seen_by(&viewer, placed) else {
            return Ok(None);
        };
        let version = delivery.version;
        let event = match delivery.event {
            webhook::EventType::CallerArrived => {
                WaitingAreaEvent::Arrived(CallerArrived { version, caller })
            }
            webhook::EventType::CallerChanged | webhook::EventType::RecallDelivered => {
                WaitingAreaEvent::Changed(CallerChanged { version, caller })
            }
            webhook::EventType::CallerEnded => {
                WaitingAreaEvent::Ended(CallerEnded { version, caller })
            }
        };
        let mut asking = Asking::anonymous();
        asking.presented.viewer = viewer;
        let request = Request::new(TOLD)
            .data(asking)
            .data(ToTell(Mutex::new(Some(event))));
        let wording = "wording an event";
        let mut answer = self.schema.execute(request).await;
        if let Some(error) = answer.errors.pop() {
            return Err(Fault::new(wording, error.message));
        }
        let mut told = answer
            .data
            .into_json()
            .map_err(|error| Fault::new(wording, error))?;
        let body = Body {
            r#type: delivery.event.name(),
            timestamp: DateTime::from(delivery.happened_at).to_string(),
            clinic_id: clinic.as_str(),
            data: told["event"].take(),
        };
        let body = serde_json::to_string(&body).map_err(|error| Fault::new(wording, error))?;
        Ok(Some(body))
    }
}

/// Someone who reads what staff read and may do nothing: the receiver.
fn reader(clinic: &ClinicId) -> Viewer {
    Viewer::Staff(Staff {
        clinic: clinic.clone(),
        role: Role::Reporter,
        who: StaffId::ApiClient(ApiClientId::new([0; 16])),
        name: String::new(),
    })
}
