//! Who somebody is: tokens, sessions, keys, and the team. Everything is looked up by its hash.

macro_rules! credential_queries {
    ($database:ident) => {
        mod credentials {
            use crate::adapters::queries::failed;
            use crate::adapters::rows::CallerTokenRow;
            use crate::adapters::rows::staff::{
                ApiKeyRow, SignInRow, StaffSessionRow, TeamMemberRow,
            };
            use crate::adapters::tables::{
                api_key, caller_token, sign_in, staff_session, team_member,
            };
            use crate::adapters::$database::Connection;
            use crate::domain::id::{ClinicId, TeamMemberId};
            use crate::domain::policy::{Staff, StaffId};
            use crate::domain::secret::TokenHash;
            use crate::domain::time::Timestamp;
            use crate::ports::Fault;
            use crate::ports::store::{CallerCredential, NewKey, NewTeamMember};
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
            ) -> Result<Option<Staff>, Fault> {
                let of_session = team_member::clinic_id
                    .eq(staff_session::clinic_id)
                    .and(team_member::id.eq(staff_session::member_id));
                let row = staff_session::table
                    .inner_join(team_member::table.on(of_session))
                    .filter(staff_session::token_hash.eq(&token.0))
                    .filter(staff_session::expires_at.gt(now.as_millis()))
                    .select(TeamMemberRow::as_select())
                    .get_result(connection)
                    .await
                    .optional()
                    .map_err(failed("looking a session up"))?;
                row.map(TeamMemberRow::staff).transpose()
            }

            pub(super) async fn staff_by_key(
                connection: &mut Connection,
                token: &TokenHash,
            ) -> Result<Option<Staff>, Fault> {
                let row = api_key::table
                    .filter(api_key::token_hash.eq(&token.0))
                    .filter(api_key::revoked_at.is_null())
                    .select(ApiKeyRow::as_select())
                    .get_result(connection)
                    .await
                    .optional()
                    .map_err(failed("looking an API key up"))?;
                row.map(ApiKeyRow::staff).transpose()
            }

            pub(super) async fn add_team_member(
                connection: &mut Connection,
                member: &NewTeamMember,
            ) -> Result<(), Fault> {
                diesel::insert_into(team_member::table)
                    .values(TeamMemberRow::of(member))
                    .execute(connection)
                    .await
                    .map(|_| ())
                    .map_err(failed("adding a team member"))
            }

            pub(super) async fn team(
                connection: &mut Connection,
                clinic: &ClinicId,
            ) -> Result<Vec<Staff>, Fault> {
                let rows = team_member::table
                    .filter(team_member::clinic_id.eq(clinic.as_str()))
                    .order((team_member::name, team_member::id))
                    .select(TeamMemberRow::as_select())
                    .load(connection)
                    .await
                    .map_err(failed("reading a team"))?;
                rows.into_iter().map(TeamMemberRow::staff).collect()
            }

            pub(super) async fn add_key(
                connection: &mut Connection,
                key: &NewKey,
            ) -> Result<(), Fault> {
                diesel::insert_into(api_key::table)
                    .values(ApiKeyRow::of(key))
                    .execute(connection)
                    .await
                    .map(|_| ())
                    .map_err(failed("adding an API key"))
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
                        row.map(TeamMemberRow::staff).transpose()
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
                        row.map(ApiKeyRow::staff).transpose()
                    }
                }
            }

            pub(super) async fn add_sign_in(
                connection: &mut Connection,
                member: &TeamMemberId,
                token: &TokenHash,
                expires_at: Timestamp,
            ) -> Result<(), Fault> {
                let Some(row) = team_member_row(connection, member.as_str()).await? else {
                    return Err(Fault::new("adding a sign-in link", "it is for nobody"));
                };
                let row = SignInRow {
                    token_hash: token.0.clone(),
                    clinic_id: row.clinic_id,
                    member_id: row.id,
                    expires_at: expires_at.as_millis(),
                };
                diesel::insert_into(sign_in::table)
                    .values(row)
                    .execute(connection)
                    .await
                    .map(|_| ())
                    .map_err(failed("adding a sign-in link"))
            }

            pub(super) async fn use_sign_in(
                connection: &mut Connection,
                link: &TokenHash,
                session: &TokenHash,
                expires_at: Timestamp,
                now: Timestamp,
            ) -> Result<Option<Staff>, Fault> {
                let found = sign_in::table
                    .find(&link.0)
                    .select(SignInRow::as_select())
                    .get_result(connection)
                    .await
                    .optional()
                    .map_err(failed("looking a sign-in link up"))?;
                let Some(found) = found else { return Ok(None) };
                let used_up = diesel::delete(sign_in::table.find(&link.0))
                    .execute(connection)
                    .await
                    .map_err(failed("using a sign-in link up"))?;
                // The count tells who was first, where two read it at once.
                if used_up == 0 || found.expires_at <= now.as_millis() {
                    return Ok(None);
                }
                let Some(member) = team_member_row(connection, &found.member_id).await? else {
                    return Ok(None);
                };
                let row = StaffSessionRow {
                    token_hash: session.0.clone(),
                    clinic_id: found.clinic_id,
                    member_id: found.member_id,
                    expires_at: expires_at.as_millis(),
                };
                diesel::insert_into(staff_session::table)
                    .values(row)
                    .execute(connection)
                    .await
                    .map_err(failed("opening a session"))?;
                member.staff().map(Some)
            }

            async fn team_member_row(
                connection: &mut Connection,
                id: &str,
            ) -> Result<Option<TeamMemberRow>, Fault> {
                team_member::table
                    .find(id)
                    .select(TeamMemberRow::as_select())
                    .get_result(connection)
                    .await
                    .optional()
                    .map_err(failed("reading a team member"))
            }

            pub(super) async fn sign_out(
                connection: &mut Connection,
                session: &TokenHash,
            ) -> Result<(), Fault> {
                diesel::delete(staff_session::table.find(&session.0))
                    .execute(connection)
                    .await
                    .map(|_| ())
                    .map_err(failed("ending a session"))
            }
        }
    };
}
pub(in crate::adapters) use credential_queries;
