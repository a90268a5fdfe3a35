//! Webhooks: where a clinic has events sent to, and what became of each.

use cynic::{Enum, Id, QueryFragment};

use crate::instant::Instant;
use crate::schema;
use crate::secret::WebhookSecret;

/// An address to which a clinic's events are sent, without the secret that signs them: that is shown
/// once.
#[derive(QueryFragment, Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Names this webhook in every command.
    pub id: Id,
    /// Where events are sent to; https.
    pub url: String,
    /// Which events are sent.
    pub events: Vec<WebhookEventType>,
    /// Whether events are sent now.
    pub is_enabled: bool,
    /// Why it was disabled, in plain words, if the server did.
    pub disabled_because: Option<String>,
    /// When it was added.
    pub added_at: Instant,
    /// Since when nothing gets through; none while it does, and while it is disabled.
    pub failing_since: Option<Instant>,
    /// How many events it has still to be told of; no more than 10,000 are counted.
    pub waiting_events: i32,
    /// The latest deliveries, newest first; at most 20.
    #[arguments(first: 20)]
    pub deliveries: Vec<WebhookDelivery>,
}

/// Something that happens to a caller and can be sent to a webhook.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WebhookEventType {
    /// A caller came in, or took a place back.
    CallerArrived,
    /// Something about a caller who is there is another now.
    CallerChanged,
    /// A stay ended.
    CallerEnded,
    /// The text of a recall was delivered. Where it is not asked for, that is a change of the caller.
    RecallDelivered,
    /// An event that is newer than this client.
    #[cynic(fallback)]
    Unrecognised,
}

impl WebhookEventType {
    /// All that this client knows.
    pub const ALL: [Self; 4] = [
        Self::CallerArrived,
        Self::CallerChanged,
        Self::CallerEnded,
        Self::RecallDelivered,
    ];
}

/// An event on its way to a webhook, or there.
#[derive(QueryFragment, Debug, Clone, PartialEq, Eq)]
pub struct WebhookDelivery {
    /// The `webhook-id` that the receiver gets; the same at each attempt.
    pub id: Id,
    /// The version of the waiting area that the event made.
    pub version: i32,
    /// What happened.
    pub event: WebhookEventType,
    /// How far it is.
    pub state: WebhookDeliveryState,
    /// How often it was tried.
    pub attempts: i32,
    /// When it was last tried.
    pub last_attempt_at: Option<Instant>,
    /// When it is tried again.
    pub next_attempt_at: Option<Instant>,
    /// The HTTP status of the last answer, if there was one.
    pub response_status: Option<i32>,
    /// Why the last attempt did not deliver, in plain words.
    pub problem: Option<String>,
}

/// How far a delivery is.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WebhookDeliveryState {
    /// To be tried, perhaps again.
    Pending,
    /// The receiver took it.
    Delivered,
    /// Given up.
    Failed,
    /// A state that is newer than this client.
    #[cynic(fallback)]
    Unrecognised,
}

/// A change of a [`Webhook`]: what is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(
    missing_docs,
    reason = "each field is described where it is, in Webhook"
)]
pub struct WebhookChange {
    pub url: Option<String>,
    pub events: Option<Vec<WebhookEventType>>,
    pub is_enabled: Option<bool>,
}

/// A webhook with a new secret.
#[derive(Debug, Clone, PartialEq)]
pub struct WebhookWithSecret {
    /// As it now is.
    pub webhook: Webhook,
    /// What its deliveries are signed with from now on; shown this once.
    pub secret: WebhookSecret,
}
