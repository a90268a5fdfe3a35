//! Webhooks and their deliveries.

use cynic::{Id, InlineFragments, InputObject, QueryFragment, QueryVariables};

use super::{NodeVariablesFields, UserErrorFragment};
use crate::schema;
use crate::webhook::{Webhook, WebhookDelivery, WebhookEventType};

#[derive(QueryFragment)]
#[cynic(graphql_type = "Query", variables = "NodeVariables")]
pub(crate) struct WebhooksOfClinic {
    #[arguments(id: $id)]
    pub node: Option<WebhooksNode>,
}

#[derive(InlineFragments)]
#[cynic(graphql_type = "Node")]
pub(crate) enum WebhooksNode {
    Clinic(WebhooksClinic),
    #[cynic(fallback)]
    Other,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Clinic")]
pub(crate) struct WebhooksClinic {
    pub webhooks: Option<Vec<Webhook>>,
}

#[derive(InputObject)]
pub(crate) struct AddWebhookInput {
    pub clinic_id: Id,
    pub url: String,
    pub events: Vec<WebhookEventType>,
}

#[derive(QueryVariables)]
pub(crate) struct AddWebhookVariables {
    pub input: AddWebhookInput,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "AddWebhookVariables")]
pub(crate) struct AddWebhook {
    #[arguments(input: $input)]
    pub add_webhook: Option<AddWebhookPayload>,
}

#[derive(QueryFragment)]
pub(crate) struct AddWebhookPayload {
    pub webhook: Option<Webhook>,
    pub secret: Option<String>,
    pub user_errors: Vec<UserErrorFragment>,
}

#[derive(InputObject)]
pub(crate) struct UpdateWebhookInput {
    pub webhook_id: Id,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<WebhookEventType>>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub is_enabled: Option<bool>,
}

#[derive(QueryVariables)]
pub(crate) struct UpdateWebhookVariables {
    pub input: UpdateWebhookInput,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "UpdateWebhookVariables")]
pub(crate) struct UpdateWebhook {
    #[arguments(input: $input)]
    pub update_webhook: Option<UpdateWebhookPayload>,
}

#[derive(QueryFragment)]
pub(crate) struct UpdateWebhookPayload {
    pub webhook: Option<Webhook>,
    pub user_errors: Vec<UserErrorFragment>,
}

#[derive(InputObject)]
pub(crate) struct RemoveWebhookInput {
    pub webhook_id: Id,
}

#[derive(QueryVariables)]
pub(crate) struct RemoveWebhookVariables {
    pub input: RemoveWebhookInput,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "RemoveWebhookVariables")]
pub(crate) struct RemoveWebhook {
    #[arguments(input: $input)]
    pub remove_webhook: Option<RemoveWebhookPayload>,
}

#[derive(QueryFragment)]
pub(crate) struct RemoveWebhookPayload {
    pub user_errors: Vec<UserErrorFragment>,
}

#[derive(InputObject)]
pub(crate) struct RedeliverWebhookEventInput {
    pub delivery_id: Id,
}

#[derive(QueryVariables)]
pub(crate) struct RedeliverWebhookEventVariables {
    pub input: RedeliverWebhookEventInput,
}

#[derive(QueryFragment)]
#[cynic(
    graphql_type = "Mutation",
    variables = "RedeliverWebhookEventVariables"
)]
pub(crate) struct RedeliverWebhookEvent {
    #[arguments(input: $input)]
    pub redeliver_webhook_event: Option<RedeliverWebhookEventPayload>,
}

#[derive(QueryFragment)]
pub(crate) struct RedeliverWebhookEventPayload {
    pub delivery: Option<WebhookDelivery>,
    pub user_errors: Vec<UserErrorFragment>,
}

#[derive(InputObject)]
pub(crate) struct RotateWebhookSecretInput {
    pub webhook_id: Id,
}

#[derive(QueryVariables)]
pub(crate) struct RotateWebhookSecretVariables {
    pub input: RotateWebhookSecretInput,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "RotateWebhookSecretVariables")]
pub(crate) struct RotateWebhookSecret {
    #[arguments(input: $input)]
    pub rotate_webhook_secret: Option<RotateWebhookSecretPayload>,
}

#[derive(QueryFragment)]
pub(crate) struct RotateWebhookSecretPayload {
    pub webhook: Option<Webhook>,
    pub secret: Option<String>,
    pub user_errors: Vec<UserErrorFragment>,
}
