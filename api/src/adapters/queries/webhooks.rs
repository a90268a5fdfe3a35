//! Webhooks, and what is delivered to them.

macro_rules! webhooks_queries {
    ($database:ident) => {
        mod webhooks {
            use crate::adapters::$database::Database;
            use crate::ports::store::webhooks::WebhookStore;
            use async_trait::async_trait;

            #[async_trait]
            impl WebhookStore for Database {}
        }
    };
}
pub(in crate::adapters) use webhooks_queries;
