//! The audit log.

macro_rules! audit_queries {
    ($database:ident) => {
        pub(in crate::adapters) mod audit {
            use crate::adapters::queries::failed;
            use crate::adapters::queries::store::in_transaction;
            use crate::adapters::rows::actor_columns;
            use crate::adapters::rows::words::Word;
            use crate::adapters::tables::audit_entry;
            use crate::adapters::$database::{Connection, Database};
            use crate::domain::audit::Deed;
            use crate::domain::policy::Within;
            use crate::domain::time::Timestamp;
            use crate::ports::Fault;
            use crate::ports::store::audit::AuditStore;
            use async_trait::async_trait;
            use diesel::prelude::ExpressionMethods;
            use diesel_async::RunQueryDsl;

            /// Writes one entry, within the transaction of what it is about.
            pub(in crate::adapters) async fn record(
                connection: &mut Connection,
                within: &Within,
                deed: Deed,
                subject: Option<&str>,
                now: Timestamp,
            ) -> Result<(), Fault> {
                let (by_kind, by_id) = actor_columns(within.actor());
                diesel::insert_into(audit_entry::table)
                    .values((
                        audit_entry::clinic_id.eq(within.clinic().as_str()),
                        audit_entry::at.eq(now.as_millis()),
                        audit_entry::by_kind.eq(by_kind),
                        audit_entry::by_id.eq(by_id),
                        audit_entry::deed.eq(deed.word()),
                        audit_entry::subject.eq(subject),
                    ))
                    .execute(connection)
                    .await
                    .map(|_| ())
                    .map_err(failed("writing to the audit log"))
            }

            #[async_trait]
            impl AuditStore for Database {
                async fn record_deed(
                    &self,
                    within: &Within,
                    deed: Deed,
                    subject: Option<&str>,
                    now: Timestamp,
                ) -> Result<(), Fault> {
                    in_transaction!(self.writing(), connection => {
                        record(connection, within, deed, subject, now)
                    })
                }
            }
        }
    };
}
pub(in crate::adapters) use audit_queries;
