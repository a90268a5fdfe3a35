//! Whatever takes an event to a receiver, and whatever words it.

use super::Fault;
use crate::domain::id::{ClinicId, WebhookDeliveryId};
use crate::domain::webhook::{Answer, Delivery, WebhookUrl};
use async_trait::async_trait;

/// An event as it is sent. It holds no personal data, and its signature is of no use for another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutgoingEvent {
    /// Where to.
    pub url: WebhookUrl,
    /// The receiver's `webhook-id`.
    pub id: WebhookDeliveryId,
    /// When this attempt is made: seconds since 1970-01-01T00:00:00Z.
    pub timestamp: i64,
    /// One signature for each secret, with a space between.
    pub signature: String,
    /// JSON.
    pub body: String,
}

/// Takes events to receivers. That one cannot be delivered is an answer and not a fault. Each is answered
/// within a time limit of the sender's own.
#[async_trait]
pub trait WebhookSender: Send + Sync {
    /// Sends an event, once.
    async fn send(&self, event: &OutgoingEvent) -> Answer;
}

/// Words an event from how things stand, as staff who follow the waiting area would read it.
#[async_trait]
pub trait EventBodies: Send + Sync {
    /// The body of one delivery; `None` when there is nothing to tell any more.
    async fn body(&self, clinic: &ClinicId, delivery: &Delivery) -> Result<Option<String>, Fault>;
}
