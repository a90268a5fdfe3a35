//! Whose a number is, and who asks for no texts.

macro_rules! reply_queries {
    ($database:ident) => {
        mod replies {
            use crate::adapters::queries::failed;
            use crate::adapters::rows::{caller_id, clinic_id, readable};
            use crate::adapters::tables::{caller, recall, stopped_number};
            use crate::adapters::$database::Connection;
            use crate::domain::id::{CallerId, ClinicId};
            use crate::domain::phone_number::PhoneNumber;
            use crate::domain::time::Timestamp;
            use crate::ports::Fault;
            use diesel::prelude::{
                BoolExpressionMethods, ExpressionMethods, JoinOnDsl, OptionalExtension, QueryDsl,
            };
            use diesel_async::RunQueryDsl;

            /// Most callers that one number is asked for: a family, not a switchboard.
            const CALLERS_WITH_NUMBER: i64 = 50;

            pub(super) async fn callers_with_number(
                connection: &mut Connection,
                number: &PhoneNumber,
            ) -> Result<Vec<(ClinicId, CallerId)>, Fault> {
                let whose = caller::clinic_id
                    .eq(recall::clinic_id)
                    .and(caller::id.eq(recall::caller_id));
                let rows: Vec<(String, String)> = caller::table
                    .left_join(recall::table.on(whose))
                    .filter(caller::phone.eq(number.reveal()))
                    .filter(caller::ended_at.is_null())
                    // Anybody can type a number: it is theirs once it is proven.
                    .filter(caller::verified_at.is_not_null())
                    // NULL comes last: who was never recalled is not who answers a recall.
                    .order((recall::requested_at.desc(), caller::arrived_at.desc()))
                    .limit(CALLERS_WITH_NUMBER)
                    .select((caller::clinic_id, caller::id))
                    .load(connection)
                    .await
                    .map_err(failed("looking for whose number it is"))?;
                let callers = rows
                    .into_iter()
                    .map(|(clinic, caller)| Ok((clinic_id(&clinic)?, caller_id(&caller)?)));
                Ok(readable(callers))
            }

            pub(super) async fn stop_texts(
                connection: &mut Connection,
                number: &str,
                now: Timestamp,
            ) -> Result<(), Fault> {
                if has_stopped_texts(connection, number).await? {
                    return Ok(());
                }
                diesel::insert_into(stopped_number::table)
                    .values((
                        stopped_number::number_hash.eq(number),
                        stopped_number::stopped_at.eq(now.as_millis()),
                    ))
                    .execute(connection)
                    .await
                    .map(|_| ())
                    .map_err(failed("stopping texts to a number"))
            }

            pub(super) async fn allow_texts(
                connection: &mut Connection,
                number: &str,
            ) -> Result<(), Fault> {
                diesel::delete(stopped_number::table.find(number))
                    .execute(connection)
                    .await
                    .map(|_| ())
                    .map_err(failed("allowing texts to a number"))
            }

            pub(super) async fn has_stopped_texts(
                connection: &mut Connection,
                number: &str,
            ) -> Result<bool, Fault> {
                stopped_number::table
                    .find(number)
                    .select(stopped_number::stopped_at)
                    .get_result::<i64>(connection)
                    .await
                    .optional()
                    .map(|stopped| stopped.is_some())
                    .map_err(failed("looking whether a number takes texts"))
            }
        }
    };
}
pub(in crate::adapters) use reply_queries;
