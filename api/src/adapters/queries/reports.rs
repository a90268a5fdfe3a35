//! Figures without personal data.

macro_rules! reports_queries {
    ($database:ident) => {
        mod reports {
            use crate::adapters::$database::Database;
            use crate::ports::store::reports::ReportStore;
            use async_trait::async_trait;

            #[async_trait]
            impl ReportStore for Database {}
        }
    };
}
pub(in crate::adapters) use reports_queries;
