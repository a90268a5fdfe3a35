//! Sessions, team members and API keys: who has them, and how they end.

macro_rules! access_queries {
    ($database:ident) => {
        mod access {
            use crate::adapters::$database::Database;
            use crate::ports::store::access::AccessStore;
            use async_trait::async_trait;

            #[async_trait]
            impl AccessStore for Database {}
        }
    };
}
pub(in crate::adapters) use access_queries;
