//! Erasing personal data, and handing out what is kept of one person.

macro_rules! erasing_queries {
    ($database:ident) => {
        mod erasing {
            use crate::adapters::$database::Database;
            use crate::ports::store::erasing::ErasingStore;
            use async_trait::async_trait;

            #[async_trait]
            impl ErasingStore for Database {}
        }
    };
}
pub(in crate::adapters) use erasing_queries;
