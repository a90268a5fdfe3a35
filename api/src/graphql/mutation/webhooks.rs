//! Where a clinic has events sent.

use crate::app::webhooks::WithSecret;
use crate::domain::id::{WebhookDeliveryId, WebhookId};
use crate::domain::policy::{Act, Within};
use crate::domain::refusal::Refusal;
use crate::domain::webhook::WebhookChange;
use crate::graphql::asking::{app, viewer};
use crate::graphql::mutation::{Answer, answer, in_clinic};
use crate::graphql::user_error::{UserError, beyond_role};
use crate::graphql::webhook::{Webhook, WebhookDelivery, WebhookEventType};
use crate::ports::Fault;
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

/// What clinic admins do about webhooks.
#[derive(Default)]
pub struct WebhookMutations;

#[Object]
impl WebhookMutations {
    /// Clinic admin: has events of the clinic sent to an address from now on. At most 10 webhooks a
    /// clinic.
    async fn add_webhook(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Where to, and which events.")] input: AddWebhookInput,
    ) -> Option<AddWebhookPayload> {
        let (added, user_errors) = answer(ctx, add_webhook(ctx, input).await)?;
        let (webhook, secret) = added.map(shown_once).unzip();
        Some(AddWebhookPayload {
            webhook,
            secret,
            user_errors,
        })
    }

    /// Clinic admin: changes where events are sent, which, and whether. One that is enabled again is told
    /// of what happens from then on; what happened while it was disabled is not sent.
    async fn update_webhook(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: UpdateWebhookInput,
    ) -> Option<UpdateWebhookPayload> {
        let id = WebhookId::parse(&input.webhook_id);
        let change = WebhookChange {
            url: input.url,
            events: input
                .events
                .map(|events| events.into_iter().map(Into::into).collect()),
            is_enabled: input.is_enabled,
        };
        let changed = match its(ctx, id, "webhookId") {
            Ok((within, id)) => {
                let changed = app(ctx).change_webhook(&within, &id, &change).await;
                found(changed, "webhookId")
            }
            Err(refusal) => Ok(Err(refusal)),
        };
        let (webhook, user_errors) = answer(ctx, changed)?;
        Some(UpdateWebhookPayload {
            webhook: webhook.map(Webhook),
            user_errors,
        })
    }

    /// Clinic admin: ends a webhook, and forgets its deliveries.
    async fn remove_webhook(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: RemoveWebhookInput,
    ) -> Option<RemoveWebhookPayload> {
        let removed = match its(ctx, WebhookId::parse(&input.webhook_id), "webhookId") {
            Ok((within, id)) => {
                let removed = app(ctx).remove_webhook(&within, &id).await;
                found(
                    removed.map(|is_removed| is_removed.then_some(Ok(id))),
                    "webhookId",
                )
            }
            Err(refusal) => Ok(Err(refusal)),
        };
        let (removed, user_errors) = answer(ctx, removed)?;
        Some(RemoveWebhookPayload {
            removed_webhook_id: removed.map(|id| id.as_str().into()),
            user_errors,
        })
    }

    /// Clinic admin: has an event sent once more, or sooner than its next attempt, with the same
    /// `webhook-id` and the caller as it now is. Tried for 24 hours, as any other; it holds up none that
    /// is newer.
    async fn redeliver_webhook_event(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which delivery.")] input: RedeliverWebhookEventInput,
    ) -> Option<RedeliverWebhookEventPayload> {
        let id = WebhookDeliveryId::parse(&input.delivery_id);
        let redelivered = match its(ctx, id, "deliveryId") {
            Ok((within, id)) => found(app(ctx).redeliver(&within, &id).await, "deliveryId"),
            Err(refusal) => Ok(Err(refusal)),
        };
        let (delivery, user_errors) = answer(ctx, redelivered)?;
        Some(RedeliverWebhookEventPayload {
            delivery: delivery.map(Into::into),
            user_errors,
        })
    }

    /// Clinic admin: makes a webhook a new secret. The one it had signs beside the new one for 24 hours,
    /// so that the receiver can be given the new one meanwhile.
    async fn rotate_webhook_secret(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose secret.")] input: RotateWebhookSecretInput,
    ) -> Option<RotateWebhookSecretPayload> {
        let rotated = match its(ctx, WebhookId::parse(&input.webhook_id), "webhookId") {
            Ok((within, id)) => {
                let rotated = app(ctx).rotate_webhook_secret(&within, &id).await;
                found(rotated, "webhookId")
            }
            Err(refusal) => Ok(Err(refusal)),
        };
        let (rotated, user_errors) = answer(ctx, rotated)?;
        let (webhook, secret) = rotated.map(shown_once).unzip();
        Some(RotateWebhookSecretPayload {
            webhook,
            secret,
            user_errors,
        })
    }
}

async fn add_webhook(ctx: &Context<'_>, input: AddWebhookInput) -> Answer<WithSecret> {
    let within = match in_clinic(ctx, &input.clinic_id, Act::Configure, beyond) {
        Ok(within) => within,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let events = input.events.into_iter().map(Into::into).collect();
    app(ctx).add_webhook(&within, &input.url, events).await
}

fn shown_once(added: WithSecret) -> (Webhook, String) {
    (Webhook(added.webhook), added.secret.reveal())
}

fn beyond() -> Refusal {
    beyond_role("Your role may not see or change webhooks.")
}

/// The right over the viewer's own clinic, with an id that may be of something there. What staff of a
/// lower role are told does not depend on the id: they may not know whether there is such a thing.
fn its<Id>(ctx: &Context<'_>, id: Option<Id>, field: &str) -> Result<(Within, Id), Refusal> {
    let viewer = viewer(ctx);
    let Some(within) = viewer.as_staff(Act::Configure) else {
        let is_staff = viewer.as_staff(Act::SeeWaitingArea).is_some();
        return Err(if is_staff {
            beyond()
        } else {
            Refusal::not_found(field)
        });
    };
    id.map(|id| (within, id))
        .ok_or_else(|| Refusal::not_found(field))
}

/// What became of something that may not be there.
fn found<T>(outcome: Result<Option<Result<T, Refusal>>, Fault>, field: &str) -> Answer<T> {
    Ok(outcome?.unwrap_or_else(|| Err(Refusal::not_found(field))))
}

/// A webhook to add.
#[derive(InputObject)]
pub struct AddWebhookInput {
    /// Whose events: the clinic's id.
    pub clinic_id: ID,
    /// Where to: `https://` and an address of the public internet, without a user name. At most 2,000
    /// characters.
    pub url: String,
    /// Which events; at least one.
    pub events: Vec<WebhookEventType>,
}

/// The webhook that was added.
#[derive(SimpleObject)]
pub struct AddWebhookPayload {
    /// As it is. Null when refused.
    pub webhook: Option<Webhook>,
    /// What the receiver tells by that an event comes from here (`whsec_…`, Standard Webhooks). Shown this
    /// once. Null when refused.
    pub secret: Option<String>,
    /// Why none was added. Empty when one was.
    pub user_errors: Vec<UserError>,
}

/// What to change of a webhook. What is left out or null stays as it is.
#[derive(InputObject)]
pub struct UpdateWebhookInput {
    /// The webhook's id.
    pub webhook_id: ID,
    /// Where to, as when it was added.
    pub url: Option<String>,
    /// Which events; at least one.
    pub events: Option<Vec<WebhookEventType>>,
    /// Whether events are sent.
    pub is_enabled: Option<bool>,
}

/// The webhook after the change.
#[derive(SimpleObject)]
pub struct UpdateWebhookPayload {
    /// As it now is. Null when refused.
    pub webhook: Option<Webhook>,
    /// Why nothing changed. Empty when it did.
    pub user_errors: Vec<UserError>,
}

/// A webhook to remove.
#[derive(InputObject)]
pub struct RemoveWebhookInput {
    /// The webhook's id.
    pub webhook_id: ID,
}

/// Which webhook was removed.
#[derive(SimpleObject)]
pub struct RemoveWebhookPayload {
    /// The id it had. Null when refused.
    pub removed_webhook_id: Option<ID>,
    /// Why none was removed. Empty when one was.
    pub user_errors: Vec<UserError>,
}

/// An event to send once more.
#[derive(InputObject)]
pub struct RedeliverWebhookEventInput {
    /// The delivery's id.
    pub delivery_id: ID,
}

/// The delivery, which is due again.
#[derive(SimpleObject)]
pub struct RedeliverWebhookEventPayload {
    /// As it now is. Null when refused.
    pub delivery: Option<WebhookDelivery>,
    /// Why it is not sent again. Empty when it is.
    pub user_errors: Vec<UserError>,
}

/// A webhook that needs a new secret.
#[derive(InputObject)]
pub struct RotateWebhookSecretInput {
    /// The webhook's id.
    pub webhook_id: ID,
}

/// The new secret.
#[derive(SimpleObject)]
pub struct RotateWebhookSecretPayload {
    /// The webhook. Null when refused.
    pub webhook: Option<Webhook>,
    /// What signs from now on. Shown this once. Null when refused.
    pub secret: Option<String>,
    /// Why there is none. Empty when there is.
    pub user_errors: Vec<UserError>,
}
