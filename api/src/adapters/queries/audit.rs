//! The audit log.

macro_rules! audit_queries {
    ($database:ident) => {
        pub(in crate::adapters) mod audit {
            use crate::adapters::queries::failed;
            use crate::adapters::queries::store::in_transaction;
            use crate::adapters::rows::audit::AuditEntryRow;
            use crate::adapters::rows::words::Word;
            use crate::adapters::rows::{actor_columns, readable};
            use crate::adapters::tables::{api_key, audit_entry, team_member};
            use crate::adapters::$database::{Connection, Database};
            use crate::domain::audit::Deed;
            use crate::domain::event::Actor;
            use crate::domain::id::ClinicId;
            use crate::domain::policy::Within;
            use crate::domain::time::Timestamp;
            use crate::ports::Fault;
            use crate::ports::store::audit::{AuditEntry, AuditStore, Look};
            use async_trait::async_trait;
            use diesel::dsl::max;
            use diesel::prelude::{
                BoolExpressionMethods, ExpressionMethods, JoinOnDsl, NullableExpressionMethods,
                OptionalExtension, QueryDsl, SelectableHelper,
            };
            use diesel_async::RunQueryDsl;

            /// Writes one entry, within the transaction of what it is about.
            pub(in crate::adapters) async fn record(
                connection: &mut Connection,
                within: &Within,
                deed: Deed,
                subject: Option<&str>,
                now: Timestamp,
            ) -> Result<(), Fault> {
                record_by(connection, within.clinic(), within.actor(), deed, subject, now).await
            }

            /// As [`record`], where who does it has shown it otherwise than by a right in the clinic.
            pub(in crate::adapters) async fn record_by(
                connection: &mut Connection,
                clinic: &ClinicId,
                by: &Actor,
                deed: Deed,
                subject: Option<&str>,
                now: Timestamp,
            ) -> Result<(), Fault> {
                let latest: Option<i64> = audit_entry::table
                    .filter(audit_entry::clinic_id.eq(clinic.as_str()))
                    .select(max(audit_entry::number))
                    .get_result(connection)
                    .await
                    .map_err(failed("numbering an entry of the audit log"))?;
                let (by_kind, by_id) = actor_columns(by);
                let row = AuditEntryRow {
                    clinic_id: clinic.to_string(),
                    number: latest.unwrap_or(0) + 1,
                    at: now.as_millis(),
                    by_kind: by_kind.to_owned(),
                    by_id,
                    deed: deed.word().to_owned(),
                    subject: subject.map(str::to_owned),
                };
                diesel::insert_into(audit_entry::table)
                    .values(row)
                    .execute(connection)
                    .await
                    .map(|_| ())
                    .map_err(failed("writing to the audit log"))
            }

            async fn record_looks(
                connection: &mut Connection,
                looks: &[Look],
                since: Timestamp,
                now: Timestamp,
            ) -> Result<Vec<Timestamp>, Fault> {
                let mut recorded = Vec::with_capacity(looks.len());
                for look in looks {
                    let subject = look.subject.as_deref();
                    let before = looked(connection, look, since, now).await?;
                    if before.is_none() {
                        record(connection, &look.within, look.deed, subject, now).await?;
                    }
                    recorded.push(before.unwrap_or(now));
                }
                Ok(recorded)
            }

            /// When a look was last recorded, in a time.
            async fn looked(
                connection: &mut Connection,
                look: &Look,
                since: Timestamp,
                now: Timestamp,
            ) -> Result<Option<Timestamp>, Fault> {
                let (_, by_id) = actor_columns(look.within.actor());
                let mut entries = audit_entry::table
                    .filter(audit_entry::clinic_id.eq(look.within.clinic().as_str()))
                    .filter(audit_entry::deed.eq(look.deed.word()))
                    .filter(audit_entry::at.gt(since.as_millis()))
                    .filter(audit_entry::at.le(now.as_millis()))
                    .order(audit_entry::at.desc())
                    .select(audit_entry::at)
                    .into_boxed();
                entries = match by_id {
                    Some(by) => entries.filter(audit_entry::by_id.eq(by)),
                    None => entries.filter(audit_entry::by_id.is_null()),
                };
                entries = match look.subject.as_deref() {
                    Some(subject) => entries.filter(audit_entry::subject.eq(subject)),
                    None => entries.filter(audit_entry::subject.is_null()),
                };
                let at: Option<i64> = entries
                    .first(connection)
                    .await
                    .optional()
                    .map_err(failed("looking for an earlier look"))?;
                Ok(at.map(Timestamp::from_millis))
            }

            /// The name of a team member, and of a key.
            type Names = (Option<String>, Option<String>);

            async fn audit_log(
                connection: &mut Connection,
                clinic: &ClinicId,
                before: Option<i64>,
                limit: i64,
            ) -> Result<Vec<AuditEntry>, Fault> {
                let by_member = team_member::clinic_id
                    .eq(audit_entry::clinic_id)
                    .and(team_member::id.nullable().eq(audit_entry::by_id));
                let by_key = api_key::clinic_id
                    .eq(audit_entry::clinic_id)
                    .and(api_key::id.nullable().eq(audit_entry::by_id));
                let (of_member, of_key) =
                    diesel::alias!(team_member as of_member, api_key as of_key);
                let about_member = of_member
                    .field(team_member::clinic_id)
                    .eq(audit_entry::clinic_id)
                    .and(of_member.field(team_member::id).nullable().eq(audit_entry::subject));
                let about_key = of_key
                    .field(api_key::clinic_id)
                    .eq(audit_entry::clinic_id)
                    .and(of_key.field(api_key::id).nullable().eq(audit_entry::subject));
                let rows: Vec<(AuditEntryRow, Names, Names)> = audit_entry::table
                    .left_join(team_member::table.on(by_member))
                    .left_join(api_key::table.on(by_key))
                    .left_join(of_member.on(about_member))
                    .left_join(of_key.on(about_key))
                    .filter(audit_entry::clinic_id.eq(clinic.as_str()))
                    .filter(audit_entry::number.lt(before.unwrap_or(i64::MAX)))
                    .order(audit_entry::number.desc())
                    .limit(limit.max(0))
                    .select((
                        AuditEntryRow::as_select(),
                        (team_member::name.nullable(), api_key::name.nullable()),
                        (
                            of_member.field(team_member::name).nullable(),
                            of_key.field(api_key::name).nullable(),
                        ),
                    ))
                    .load(connection)
                    .await
                    .map_err(failed("reading the audit log"))?;
                let entries = rows
                    .into_iter()
                    .map(|(entry, by, about)| entry.entry(by.0.or(by.1), about.0.or(about.1)));
                Ok(readable(entries))
            }

            #[async_trait]
            impl AuditStore for Database {
                async fn record_looks(
                    &self,
                    looks: &[Look],
                    since: Timestamp,
                    now: Timestamp,
                ) -> Result<Vec<Timestamp>, Fault> {
                    in_transaction!(self.writing(), connection => {
                        record_looks(connection, looks, since, now)
                    })
                }

                async fn audit_log(
                    &self,
                    within: &Within,
                    before: Option<i64>,
                    limit: i64,
                ) -> Result<Vec<AuditEntry>, Fault> {
                    in_transaction!(self.reading(), connection => {
                        audit_log(connection, within.clinic(), before, limit)
                    })
                }
            }
        }
    };
}
pub(in crate::adapters) use audit_queries;
