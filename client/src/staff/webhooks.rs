//! Webhooks: for clinic admins, also by a key.

use cynic::{Id, MutationBuilder, QueryBuilder};

use super::Staff;
use crate::client_error::ClientError;
use crate::operations::webhooks as operations;
use crate::operations::{NodeVariables, given, unless_refused};
use crate::secret::WebhookSecret;
use crate::webhook::{
    Webhook, WebhookChange, WebhookDelivery, WebhookEventType, WebhookWithSecret,
};

impl Staff {
    /// The webhooks of a clinic with their latest deliveries; none unless the viewer is a clinic
    /// admin there.
    ///
    /// # Errors
    ///
    /// [`ClientError::Unauthorized`], [`ClientError::Fault`] and [`ClientError::Unreachable`].
    pub async fn webhooks(&self, clinic_id: &Id) -> Result<Option<Vec<Webhook>>, ClientError> {
        let question = operations::WebhooksOfClinic::build(NodeVariables { id: clinic_id });
        Ok(
            match self.endpoint.ask(&question, self.token()).await?.node {
                Some(operations::WebhooksNode::Clinic(clinic)) => clinic.webhooks,
                _ => None,
            },
        )
    }

    /// Has events sent to an address from now on. Sent again, it is refused because the address has a
    /// webhook: [`rotate_webhook_secret`](Self::rotate_webhook_secret) makes another secret.
    ///
    /// # Errors
    ///
    /// Any [`ClientError`]; refused with the offending field when the address may not be used.
    pub async fn add_webhook(
        &self,
        clinic_id: &Id,
        url: String,
        events: Vec<WebhookEventType>,
    ) -> Result<WebhookWithSecret, ClientError> {
        let input = operations::AddWebhookInput {
            clinic_id: clinic_id.clone(),
            url,
            events,
        };
        let question = operations::AddWebhook::build(operations::AddWebhookVariables { input });
        let answer = self.endpoint.ask(&question, self.token()).await?;
        let payload = given(answer.add_webhook, "what came of it")?;
        unless_refused((), payload.user_errors, None)?;
        Ok(WebhookWithSecret {
            webhook: given(payload.webhook, "the webhook")?,
            secret: WebhookSecret::new(given(payload.secret, "the secret")?),
        })
    }

    /// Changes a webhook; gives it as it now is.
    ///
    /// # Errors
    ///
    /// Any [`ClientError`]; refused with the offending field when something given is not right.
    pub async fn update_webhook(
        &self,
        webhook_id: &Id,
        change: WebhookChange,
    ) -> Result<Webhook, ClientError> {
        let input = operations::UpdateWebhookInput {
            webhook_id: webhook_id.clone(),
            url: change.url,
            events: change.events,
            is_enabled: change.is_enabled,
        };
        let variables = operations::UpdateWebhookVariables { input };
        let question = operations::UpdateWebhook::build(variables);
        let answer = self.endpoint.ask(&question, self.token()).await?;
        let payload = given(answer.update_webhook, "what came of it")?;
        unless_refused((), payload.user_errors, None)?;
        given(payload.webhook, "the webhook")
    }

    /// Sends nothing more to a webhook, and forgets it. Ask for confirmation first.
    ///
    /// # Errors
    ///
    /// Any [`ClientError`].
    pub async fn remove_webhook(&self, webhook_id: &Id) -> Result<(), ClientError> {
        let input = operations::RemoveWebhookInput {
            webhook_id: webhook_id.clone(),
        };
        let variables = operations::RemoveWebhookVariables { input };
        let question = operations::RemoveWebhook::build(variables);
        let answer = self.endpoint.ask(&question, self.token()).await?;
        let payload = given(answer.remove_webhook, "what came of it")?;
        unless_refused((), payload.user_errors, None)
    }

    /// Sends an event once more, as things stand now.
    ///
    /// # Errors
    ///
    /// Any [`ClientError`].
    pub async fn redeliver_webhook_event(
        &self,
        delivery_id: &Id,
    ) -> Result<WebhookDelivery, ClientError> {
        let input = operations::RedeliverWebhookEventInput {
            delivery_id: delivery_id.clone(),
        };
        let variables = operations::RedeliverWebhookEventVariables { input };
        let question = operations::RedeliverWebhookEvent::build(variables);
        let answer = self.endpoint.ask(&question, self.token()).await?;
        let payload = given(answer.redeliver_webhook_event, "what came of it")?;
        unless_refused((), payload.user_errors, None)?;
        given(payload.delivery, "the delivery")
    }

    /// Gives a webhook a new secret. The old one signs beside it for 24 h, so that a receiver can
    /// change over.
    ///
    /// # Errors
    ///
    /// Any [`ClientError`].
    pub async fn rotate_webhook_secret(
        &self,
        webhook_id: &Id,
    ) -> Result<WebhookWithSecret, ClientError> {
        let input = operations::RotateWebhookSecretInput {
            webhook_id: webhook_id.clone(),
        };
        let variables = operations::RotateWebhookSecretVariables { input };
        let question = operations::RotateWebhookSecret::build(variables);
        let answer = self.endpoint.ask(&question, self.token()).await?;
        let payload = given(answer.rotate_webhook_secret, "what came of it")?;
        unless_refused((), payload.user_errors, None)?;
        Ok(WebhookWithSecret {
            webhook: given(payload.webhook, "the webhook")?,
            secret: WebhookSecret::new(given(payload.secret, "the secret")?),
        })
    }
}
