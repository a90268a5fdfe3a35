//! Who somebody is: tokens, sessions and keys, each looked up by its hash.

macro_rules! credential_queries {
    ($database:ident) => {
        mod credentials {
            use crate::adapters::queries::failed;
            use crate::adapters::rows::CallerTokenRow;
            use crate::adapters::rows::staff::{ApiKeyRow, StaffSessionRow, TeamMemberRow};
            use crate::adapters::tables::{api_key, caller_token, staff_session, team_member};
            use crate::adapters::$database::Connection;
            use crate::domain::id::ClinicId;
            use crate::domain::policy::{Staff, StaffId};
            use crate::domain::secret::TokenHash;
            use crate::domain::time::Timestamp;
            use crate::ports::Fault;
            use crate::ports::store::CallerCredential;
            use crate::ports::store::access::StaffCredential;
            use diesel::prelude::{
                BoolExpressionMethods, ExpressionMethods, JoinOnDsl, OptionalExtension, QueryDsl,
                SelectableHelper,
            };
            use diesel_async::RunQueryDsl;

            pub(super) async fn caller_by_token(
                connection: &mut Connection,
                token: &TokenHash,
            ) -> Result<Option<CallerCredential>, Fault> {
                let row = caller_token::table
                    .find(&token.0)
                    .select(CallerTokenRow::as_select())
                    .get_result(connection)
                    .await
                    .optional()
                    .map_err(failed("looking a caller's token up"))?;
                row.map(CallerTokenRow::credential).transpose()
            }

            pub(super) async fn staff_by_session(
                connection: &mut Connection,
                token: &TokenHash,
                now: Timestamp,
            ) -> Result<Option<StaffCredential>, Fault> {
                let of_session = team_member::clinic_id
                    .eq(staff_session::clinic_id)
                    .and(team_member::id.eq(staff_session::member_id));
                let row = staff_session::table
                    .inner_join(team_member::table.on(of_session))
                    .filter(staff_session::token_hash.eq(&token.0))
                    .filter(staff_session::expires_at.gt(now.as_millis()))
                    .filter(staff_session::ended_at.is_null())
                    .filter(team_member::removed_at.is_null())
                    .select((StaffSessionRow::as_select(), TeamMemberRow::as_select()))
                    .get_result::<(StaffSessionRow, TeamMemberRow)>(connection)
                    .await
                    .optional()
                    .map_err(failed("looking a session up"))?;
                let Some((session, member)) = row else {
                    return Ok(None);
                };
                let session = session.session()?;
                Ok(Some(StaffCredential {
                    staff: member.member()?.staff(),
                    session: Some(session.id),
                    last_used_at: Some(session.last_used_at),
                }))
            }

            pub(super) async fn staff_by_key(
                connection: &mut Connection,
                token: &TokenHash,
                now: Timestamp,
            ) -> Result<Option<StaffCredential>, Fault> {
                let row = api_key::table
                    .filter(api_key::token_hash.eq(&token.0))
                    .select(ApiKeyRow::as_select())
                    .get_result(connection)
                    .await
                    .optional()
                    .map_err(failed("looking an API key up"))?;
                let key = row.map(ApiKeyRow::key).transpose()?;
                Ok(key
                    .filter(|key| key.is_good(now))
                    .map(|key| StaffCredential {
                        staff: key.staff(),
                        session: None,
                        last_used_at: key.last_used_at,
                    }))
            }

            pub(super) async fn staff(
                connection: &mut Connection,
                clinic: &ClinicId,
                who: &StaffId,
            ) -> Result<Option<Staff>, Fault> {
                match who {
                    StaffId::TeamMember(id) => {
                        let row = team_member::table
                            .find(id.as_str())
                            .filter(team_member::clinic_id.eq(clinic.as_str()))
                            .select(TeamMemberRow::as_select())
                            .get_result(connection)
                            .await
                            .optional()
                            .map_err(failed("reading a team member"))?;
                        Ok(row
                            .map(TeamMemberRow::member)
                            .transpose()?
                            .map(|one| one.staff()))
                    }
                    StaffId::ApiClient(id) => {
                        let row = api_key::table
                            .find(id.as_str())
                            .filter(api_key::clinic_id.eq(clinic.as_str()))
                            .select(ApiKeyRow::as_select())
                            .get_result(connection)
                            .await
                            .optional()
                            .map_err(failed("reading an API key"))?;
                        Ok(row.map(ApiKeyRow::key).transpose()?.map(|key| key.staff()))
                    }
                }
            }
        }
    };
}
pub(in crate::adapters) use credential_queries;
