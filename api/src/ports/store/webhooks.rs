//! Webhooks, and what is delivered to them.

use super::Fault;
use crate::domain::audit::Deed;
use crate::domain::id::{ClinicId, WebhookDeliveryId, WebhookId};
use crate::domain::policy::Within;
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;
use crate::domain::webhook::{Delivery, DeliveryState, Settled, Webhook};
use async_trait::async_trait;

/// Decides about a webhook from all that its clinic has, itself among them once it is there, and the
/// version of the waiting area.
pub type DecideWebhook<'a> =
    dyn for<'s> Fn(&'s [Webhook], i64) -> Result<Webhook, Refusal> + Send + Sync + 'a;

/// A delivery whose turn it is, with its webhook as it stands.
#[derive(Clone, Debug)]
pub struct DueDelivery {
    /// Enabled.
    pub webhook: Webhook,
    /// To be tried now.
    pub delivery: Delivery,
}

/// What a look at a webhook shows.
#[derive(Clone, Debug)]
pub enum NextDelivery {
    /// It has nothing to do now.
    Nothing,
    /// This is to be tried.
    Due(Box<DueDelivery>),
    /// Many events were passed over that it does not want, and there are more.
    LookAgain,
}

/// Webhooks, and what is delivered to them. The events of a clinic are what is to be delivered; a
/// webhook has come as far as its `delivered_version`. The one event that is tried next has a row of its
/// own before it is sent: what a crash leaves unsettled is found again under the same id.
#[async_trait]
pub trait WebhookStore: Send + Sync {
    /// All of a clinic, oldest first.
    async fn webhooks(&self, within: &Within) -> Result<Vec<Webhook>, Fault>;
    /// One of this clinic.
    async fn webhook(&self, within: &Within, id: &WebhookId) -> Result<Option<Webhook>, Fault>;
    /// Adds what `decide` makes; the audit log has it in the same transaction.
    async fn add_webhook(
        &self,
        within: &Within,
        decide: &DecideWebhook<'_>,
        now: Timestamp,
    ) -> Result<Result<Webhook, Refusal>, Fault>;
    /// Makes a webhook what `decide` makes of it; the audit log has `deed` in the same transaction,
    /// unless nothing changes. What waits for a webhook that is disabled by it is given up.
    async fn change_webhook(
        &self,
        within: &Within,
        id: &WebhookId,
        decide: &DecideWebhook<'_>,
        deed: Deed,
        now: Timestamp,
    ) -> Result<Option<Result<Webhook, Refusal>>, Fault>;
    /// Removes a webhook with its deliveries; false when there is none.
    async fn remove_webhook(
        &self,
        within: &Within,
        id: &WebhookId,
        now: Timestamp,
    ) -> Result<bool, Fault>;
    /// Deliveries of a webhook, newest event first.
    async fn webhook_deliveries(
        &self,
        within: &Within,
        of: &WebhookId,
        first: i64,
    ) -> Result<Vec<Delivery>, Fault>;
    /// How many events a webhook has still to be told of, as it stood when it was read, among the latest
    /// [`WEBHOOK_EVENTS_COUNTED`](crate::domain::limits::WEBHOOK_EVENTS_COUNTED) of the clinic.
    async fn events_waiting(&self, within: &Within, of: &Webhook) -> Result<i64, Fault>;
    /// Makes a delivery due again as `decide` says, from its webhook and itself; the audit log has it in
    /// the same transaction. `None` when there is no such delivery.
    async fn redeliver(
        &self,
        within: &Within,
        id: &WebhookDeliveryId,
        decide: &(
             dyn for<'w, 'd> Fn(&'w Webhook, &'d Delivery) -> Result<Delivery, Refusal>
                 + Send
                 + Sync
         ),
        now: Timestamp,
    ) -> Result<Option<Result<Delivery, Refusal>>, Fault>;

    // For whoever delivers

    /// Enabled webhooks for which there may be something to do: those of `clinics` that are behind, and
    /// those of any clinic with a delivery that is due. Each once.
    async fn webhooks_to_look_at(
        &self,
        clinics: &[ClinicId],
        now: Timestamp,
    ) -> Result<Vec<(ClinicId, WebhookId)>, Fault>;
    /// The delivery of a webhook whose turn it is; one that is begun gets the id `new`.
    async fn next_delivery(
        &self,
        clinic: &ClinicId,
        webhook: &WebhookId,
        new: &WebhookDeliveryId,
        now: Timestamp,
    ) -> Result<NextDelivery, Fault>;
    /// Records how an attempt ended, as `settle` says from how things stand by then, and answers with what
    /// became of the delivery; nothing when the webhook is gone.
    async fn settle_delivery(
        &self,
        clinic: &ClinicId,
        id: &WebhookDeliveryId,
        settle: &(dyn for<'w, 'd> Fn(&'w Webhook, &'d Delivery) -> Settled + Send + Sync),
        now: Timestamp,
    ) -> Result<Option<DeliveryState>, Fault>;
    /// The number of deliveries that are to be tried, for the metrics.
    async fn deliveries_waiting(&self) -> Result<i64, Fault>;
    /// Forgets deliveries that are over and old, or too many.
    async fn forget_deliveries(&self, now: Timestamp) -> Result<(), Fault>;
}
