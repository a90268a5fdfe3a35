//! Forgetting, a little at a time: whoever waits behind a batch waits for milliseconds.

/// How many events of a clinic are kept: weeks of a quiet clinic and a day or two of the busiest, so
/// that whoever was cut off over night is told changes rather than everything, and staff can look up
/// what happened to a caller of today. At some 200 bytes each that is 2 MB a clinic. Our own figure.
pub(in crate::adapters) const EVENTS_KEPT: i64 = 10_000;

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
            use crate::adapters::queries::failed;
            use crate::adapters::queries::upkeep::{EVENTS_KEPT, FORGOTTEN_AT_ONCE, forget_oldest};
            use crate::adapters::rows::words::Word;
            use crate::adapters::tables::{
                event, idempotency_key, limit_use, sign_in, staff_session,
            };
            use crate::adapters::$database::Connection;
            use crate::domain::id::ClinicId;
            use crate::domain::limits::{IDEMPOTENCY_KEPT, LimitKind};
            use crate::domain::time::Timestamp;
            use crate::ports::Fault;
            use diesel::dsl::min;
            use diesel::prelude::{ExpressionMethods, OptionalExtension, QueryDsl};
            use diesel_async::RunQueryDsl;

            /// What is forgotten when its time is over.
            #[derive(Clone, Copy)]
            pub(super) enum Dated {
                IdempotencyKeys,
                SignIns,
                Sessions,
                Uses(LimitKind),
            }

            impl Dated {
                pub(super) fn all() -> impl Iterator<Item = Self> {
                    let uses = <LimitKind as Word>::ALL
                        .iter()
                        .map(|(kind, _)| Self::Uses(*kind));
                    [Self::IdempotencyKeys, Self::SignIns, Self::Sessions]
                        .into_iter()
                        .chain(uses)
                }
            }

            /// Forgets events of a clinic beyond those kept. True when there are more.
            pub(super) async fn forget_events(
                connection: &mut Connection,
                clinic: &ClinicId,
                version: i64,
            ) -> Result<bool, Fault> {
                let oldest: Option<i64> = event::table
                    .filter(event::clinic_id.eq(clinic.as_str()))
                    .select(min(event::version))
                    .get_result(connection)
                    .await
                    .map_err(failed("looking for old events"))?;
                let last = version - EVENTS_KEPT;
                let Some(oldest) = oldest.filter(|oldest| *oldest <= last) else {
                    return Ok(false);
                };
                // Versions have no gaps: a span of them is a number of rows.
                let batch = last.min(oldest + FORGOTTEN_AT_ONCE - 1);
                diesel::delete(event::table)
                    .filter(event::clinic_id.eq(clinic.as_str()))
                    .filter(event::version.le(batch))
                    .execute(connection)
                    .await
                    .map_err(failed("forgetting events"))?;
                Ok(batch < last)
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
