//! Where a clinic has events sent.

use crate::domain::id::{ClinicId, WebhookDeliveryId, WebhookId};
use crate::domain::policy::{Act, Viewer, Within};
use crate::domain::refusal::Refusal;
use crate::domain::webhook::WebhookChange;
use crate::graphql::asking::{app, viewer};
use crate::graphql::fault::or_null;
use crate::graphql::user_error::{UserError, beyond_role};
use crate::graphql::webhook::{Webhook, WebhookDelivery, WebhookEventType};
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
        let refused = |refusal: Refusal| AddWebhookPayload {
            webhook: None,
            secret: None,
            user_errors: vec![refusal.into()],
        };
        let viewer = viewer(ctx);
        let nowhere = || refused(Refusal::not_found("clinicId"));
        let Some(clinic) = ClinicId::parse(&input.clinic_id) else {
            return Some(nowhere());
        };
        let Some(within) = viewer.within(&clinic, Act::Configure) else {
            let is_staff = viewer.within(&clinic, Act::SeeWaitingArea).is_some();
            return Some(if is_staff {
                refused(beyond())
            } else {
                nowhere()
            });
        };
        let events = input.events.into_iter().map(Into::into).collect();
        let added = app(ctx).add_webhook(&within, &input.url, events).await;
        Some(match or_null(ctx, added)? {
            Err(refusal) => refused(refusal),
            Ok(added) => AddWebhookPayload {
                secret: Some(added.secret.reveal()),
                webhook: Some(Webhook(added.webhook)),
                user_errors: Vec::new(),
            },
        })
    }

    /// Clinic admin: changes where events are sent, which, and whether. One that is enabled again is told
    /// of what happens from then on; what happened while it was disabled is not sent.
    async fn update_webhook(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: UpdateWebhookInput,
    ) -> Option<UpdateWebhookPayload> {
        let refused = |refusal: Refusal| UpdateWebhookPayload {
            webhook: None,
            user_errors: vec![refusal.into()],
        };
        let (within, id) = match its(
            viewer(ctx),
            WebhookId::parse(&input.webhook_id),
            "webhookId",
        ) {
            Ok(found) => found,
            Err(refusal) => return Some(refused(refusal)),
        };
        let change = WebhookChange {
            url: input.url,
            events: input
                .events
                .map(|events| events.into_iter().map(Into::into).collect()),
            is_enabled: input.is_enabled,
        };
        let changed = app(ctx).change_webhook(&within, &id, &change).await;
        Some(match or_null(ctx, changed)? {
            None => refused(Refusal::not_found("webhookId")),
            Some(Err(refusal)) => refused(refusal),
            Some(Ok(webhook)) => UpdateWebhookPayload {
                webhook: Some(Webhook(webhook)),
                user_errors: Vec::new(),
            },
        })
    }

    /// Clinic admin: ends a webhook, and forgets its deliveries.
    async fn remove_webhook(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: RemoveWebhookInput,
    ) -> Option<RemoveWebhookPayload> {
        let refused = |refusal: Refusal| RemoveWebhookPayload {
            removed_webhook_id: None,
            user_errors: vec![refusal.into()],
        };
        let (within, id) = match its(
            viewer(ctx),
            WebhookId::parse(&input.webhook_id),
            "webhookId",
        ) {
            Ok(found) => found,
            Err(refusal) => return Some(refused(refusal)),
        };
        let removed = app(ctx).remove_webhook(&within, &id).await;
        Some(if or_null(ctx, removed)? {
            RemoveWebhookPayload {
                removed_webhook_id: Some(id.as_str().into()),
                user_errors: Vec::new(),
            }
        } else {
            refused(Refusal::not_found("webhookId"))
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
        let refused = |refusal: Refusal| RedeliverWebhookEventPayload {
            delivery: None,
            user_errors: vec![refusal.into()],
        };
        let id = WebhookDeliveryId::parse(&input.delivery_id);
        let (within, id) = match its(viewer(ctx), id, "deliveryId") {
            Ok(found) => found,
            Err(refusal) => return Some(refused(refusal)),
        };
        let redelivered = app(ctx).redeliver(&within, &id).await;
        Some(match or_null(ctx, redelivered)? {
            None => refused(Refusal::not_found("deliveryId")),
            Some(Err(refusal)) => refused(refusal),
            Some(Ok(delivery)) => RedeliverWebhookEventPayload {
                delivery: Some(delivery.into()),
                user_errors: Vec::new(),
            },
        })
    }

    /// Clinic admin: makes a webhook a new secret. The one it had signs beside the new one for 24 hours,
    /// so that the receiver can be given the new one meanwhile.
    async fn rotate_webhook_secret(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose secret.")] input: RotateWebhookSecretInput,
    ) -> Option<RotateWebhookSecretPayload> {
        let refused = |refusal: Refusal| RotateWebhookSecretPayload {
            webhook: None,
            secret: None,
            user_errors: vec![refusal.into()],
        };
        let (within, id) = match its(
            viewer(ctx),
            WebhookId::parse(&input.webhook_id),
            "webhookId",
        ) {
            Ok(found) => found,
            Err(refusal) => return Some(refused(refusal)),
        };
        let rotated = app(ctx).rotate_webhook_secret(&within, &id).await;
        Some(match or_null(ctx, rotated)? {
            None => refused(Refusal::not_found("webhookId")),
            Some(Err(refusal)) => refused(refusal),
            Some(Ok(rotated)) => RotateWebhookSecretPayload {
                secret: Some(rotated.secret.reveal()),
                webhook: Some(Webhook(rotated.webhook)),
                user_errors: Vec::new(),
            },
        })
    }
}

fn beyond() -> Refusal {
    beyond_role("Your role may not see or change webhooks.")
}

/// The right over the viewer's own clinic, with an id that may be of something there. What staff of a
/// lower role are told does not depend on the id: they may not know whether there is such a thing.
fn its<Id>(viewer: &Viewer, id: Option<Id>, field: &str) -> Result<(Within, Id), Refusal> {
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
