//! Forgetting, a little at a time: whoever waits behind a batch waits for milliseconds.

/// How many events of a clinic are kept: weeks of a quiet clinic and a day or two of the busiest, so
/// that whoever was cut off over night is told changes rather than everything, and staff can look up
/// what happened to a caller of today. At some 200 bytes each that is 2 MB a clinic. Our own figure.
pub(in crate::adapters) const EVENTS_KEPT: i64 = 10_000;

/// How many events of a clinic are kept at most, those of stays among them whose figures are not yet taken
/// because they go on: some weeks of the busiest clinic, in 10 MB. Our own figure.
pub(in crate::adapters) const EVENTS_KEPT_FOR_FIGURES: i64 = 50_000;

/// Most rows forgotten in one transaction.
pub(in crate::adapters) const FORGOTTEN_AT_ONCE: i64 = 500;

/// Deletes the oldest rows of a table whose `$time` is `$last` or earlier: about
/// [`FORGOTTEN_AT_ONCE`] of them. True when there may be more.
macro_rules! forget_oldest {
    ($connection:ident, $rows:expr, $time:expr, $last:expr) => {{
        let last: i64 = $last;
        let batch: Option<i64> = $rows
            .filter($time.le(last))
            .order($time)
            .offset(crate::adapters::queries::upkeep::FORGOTTEN_AT_ONCE - 1)
            .limit(1)
            .select($time)
            .get_result($connection)
            .await
            .optional()
            .map_err(failed("looking for what is over"))?;
        diesel::delete($rows.filter($time.le(batch.unwrap_or(last))))
            .execute($connection)
            .await
            .map_err(failed("forgetting what is over"))?;
        Ok(batch.is_some())
    }};
}
pub(in crate::adapters) use forget_oldest;

macro_rules! upkeep_queries {
    ($database:ident) => {
        mod upkeep {
            use super::webhooks;
            use crate::adapters::queries::failed;
            use crate::adapters::queries::upkeep::{
                EVENTS_KEPT, EVENTS_KEPT_FOR_FIGURES, FORGOTTEN_AT_ONCE, forget_oldest,
            };
            use crate::adapters::rows::words::Word;
            use crate::adapters::tables::{
                audit_entry, caller, event, idempotency_key, limit_use, sign_in, staff_session,
                stay_figures,
            };
            use crate::adapters::$database::Connection;
            use crate::domain::id::ClinicId;
            use crate::domain::limits::{
                AUDIT_LOG_KEPT, FIGURES_KEPT, IDEMPOTENCY_KEPT, LimitKind,
            };
            use crate::domain::time::Timestamp;
            use crate::ports::Fault;
            use diesel::dsl::exists;
            use diesel::prelude::{
                BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl,
            };
            use diesel_async::RunQueryDsl;

            /// What is forgotten when its time is over.
            #[derive(Clone, Copy)]
            pub(super) enum Dated {
                IdempotencyKeys,
                SignIns,
                Sessions,
                Uses(LimitKind),
                AuditEntries,
                StayFigures,
            }

            impl Dated {
                pub(super) fn all() -> impl Iterator<Item = Self> {
                    let uses = <LimitKind as Word>::ALL
                        .iter()
                        .map(|(kind, _)| Self::Uses(*kind));
                    [
                        Self::IdempotencyKeys,
                        Self::SignIns,
                        Self::Sessions,
                        Self::AuditEntries,
                        Self::StayFigures,
                    ]
                    .into_iter()
                    .chain(uses)
                }
            }

            /// Forgets events of a clinic beyond those kept, but not those of a stay whose figures are yet
            /// to be taken, or that a webhook was not told of, until there are too many of all. So those left may have gaps, behind which
            /// nobody is told changes. True when there are more.
            pub(super) async fn forget_events(
                connection: &mut Connection,
                clinic: &ClinicId,
                version: i64,
            ) -> Result<bool, Fault> {
                let told = webhooks::told_to_all(connection, clinic).await?;
                let is_told = event::version.le(told.unwrap_or(version));
                let of_counted_stay = caller::table
                    .filter(caller::clinic_id.eq(event::clinic_id))
                    .filter(caller::id.eq(event::caller_id))
                    .filter(caller::figures_taken_at.is_not_null());
                let is_too_old = event::version.le(version - EVENTS_KEPT_FOR_FIGURES);
                let batch: Vec<i64> = event::table
                    .filter(event::clinic_id.eq(clinic.as_str()))
                    .filter(event::version.le(version - EVENTS_KEPT))
                    .filter(is_too_old.or(is_told.and(exists(of_counted_stay))))
                    .order(event::version)
                    .limit(FORGOTTEN_AT_ONCE)
                    .select(event::version)
                    .load(connection)
                    .await
                    .map_err(failed("looking for old events"))?;
                diesel::delete(event::table)
                    .filter(event::clinic_id.eq(clinic.as_str()))
                    .filter(event::version.eq_any(&batch))
                    .execute(connection)
                    .await
                    .map_err(failed("forgetting events"))?;
                Ok(
                    i64::try_from(batch.len())
                        .is_ok_and(|forgotten| forgotten >= FORGOTTEN_AT_ONCE),
                )
            }

            pub(super) async fn forget_dated(
                connection: &mut Connection,
                what: Dated,
                now: Timestamp,
            ) -> Result<bool, Fault> {
                match what {
                    Dated::IdempotencyKeys => forget_oldest!(
                        connection,
                        idempotency_key::table,
                        idempotency_key::used_at,
                        (now - IDEMPOTENCY_KEPT).as_millis()
                    ),
                    Dated::SignIns => forget_oldest!(
                        connection,
                        sign_in::table,
                        sign_in::expires_at,
                        now.as_millis()
                    ),
                    Dated::Sessions => forget_oldest!(
                        connection,
                        staff_session::table,
                        staff_session::expires_at,
                        now.as_millis()
                    ),
                    Dated::AuditEntries => forget_oldest!(
                        connection,
                        audit_entry::table,
                        audit_entry::at,
                        (now - AUDIT_LOG_KEPT).as_millis()
                    ),
                    Dated::StayFigures => forget_oldest!(
                        connection,
                        stay_figures::table,
                        stay_figures::arrived_at,
                        (now - FIGURES_KEPT).as_millis()
                    ),
                    Dated::Uses(kind) => forget_oldest!(
                        connection,
                        limit_use::table.filter(limit_use::kind.eq(kind.word())),
                        limit_use::at,
                        (now - kind.longest()).as_millis()
                    ),
                }
            }
        }
    };
}
pub(in crate::adapters) use upkeep_queries;
