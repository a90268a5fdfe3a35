//! Sessions, team members and API keys: who has them, and how they end.

macro_rules! access_queries {
    ($database:ident) => {
        mod access {
            use super::audit::{record, record_by};
            use super::clinic_to_change;
            use crate::adapters::queries::failed;
            use crate::adapters::queries::store::in_transaction;
            use crate::adapters::rows::staff::{
                ApiKeyRow, SignInRow, StaffSessionRow, TeamMemberRow, method,
            };
            use crate::adapters::rows::words::Word;
            use crate::adapters::tables::{api_key, sign_in, staff_session, team_member};
            use crate::adapters::$database::{Connection, Database};
            use crate::domain::access::{
                ApiKey, KeyChange, Session, SignInMethod, TeamChange, TeamMember,
                still_administers,
            };
            use crate::domain::audit::Deed;
            use crate::domain::event::Actor;
            use crate::domain::id::{ApiClientId, ClinicId, SessionId, TeamMemberId};
            use crate::domain::limits::{
                API_KEYS_LISTED, SESSIONS_OF_MEMBER, SIGN_IN_LINKS_OF_MEMBER,
            };
            use crate::domain::policy::{Staff, Within};
            use crate::domain::refusal::Refusal;
            use crate::domain::secret::{TokenHash, TokenKind};
            use crate::domain::time::Timestamp;
            use crate::ports::Fault;
            use crate::ports::store::access::{
                AccessStore, LastUse, ListedKey, NewSignIn, OpeningSession,
            };
            use async_trait::async_trait;
            use diesel::prelude::{
                BoolExpressionMethods, ExpressionMethods, JoinOnDsl, NullableExpressionMethods,
                OptionalExtension, QueryDsl, SelectableHelper,
            };
            use diesel_async::RunQueryDsl;

            #[async_trait]
            impl AccessStore for Database {
                async fn team(&self, within: &Within) -> Result<Vec<TeamMember>, Fault> {
                    let team: Result<Vec<_>, Fault> = in_transaction!(
                        self.reading(), connection => team(connection, within.clinic())
                    );
                    Ok(team?.into_iter().filter(TeamMember::is_member).collect())
                }

                async fn team_member(
                    &self,
                    within: &Within,
                    id: &TeamMemberId,
                ) -> Result<Option<TeamMember>, Fault> {
                    in_transaction!(self.reading(), connection => {
                        member(connection, within.clinic(), id.as_str())
                    })
                }

                async fn change_team(
                    &self,
                    within: &Within,
                    decide: &(
                         dyn for<'t> Fn(&'t [TeamMember]) -> Result<TeamChange, Refusal>
                             + Send
                             + Sync
                     ),
                    now: Timestamp,
                ) -> Result<Result<TeamMember, Refusal>, Fault> {
                    in_transaction!(self.writing(), connection => {
                        change_team(connection, within, decide, now)
                    })
                }

                async fn add_sign_in(
                    &self,
                    within: &Within,
                    link: &NewSignIn,
                    now: Timestamp,
                ) -> Result<Result<(), Refusal>, Fault> {
                    in_transaction!(self.writing(), connection => {
                        add_sign_in(connection, within, link, now)
                    })
                }

                async fn sign_in(&self, opening: &OpeningSession) -> Result<Option<Staff>, Fault> {
                    in_transaction!(self.writing(), connection => use_sign_in(connection, opening))
                }

                async fn sign_out(&self, session: &TokenHash, now: Timestamp) -> Result<(), Fault> {
                    in_transaction!(self.writing(), connection => {
                        sign_out(connection, session, now)
                    })
                }

                async fn sessions(
                    &self,
                    within: &Within,
                    of: Option<&TeamMemberId>,
                    now: Timestamp,
                ) -> Result<Vec<Session>, Fault> {
                    in_transaction!(self.reading(), connection => {
                        sessions(connection, within.clinic(), of, now)
                    })
                }

                async fn end_session(
                    &self,
                    within: &Within,
                    id: &SessionId,
                    of: Option<&TeamMemberId>,
                    now: Timestamp,
                ) -> Result<bool, Fault> {
                    in_transaction!(self.writing(), connection => {
                        end_session(connection, within, id, of, now)
                    })
                }

                async fn api_keys(&self, within: &Within) -> Result<Vec<ListedKey>, Fault> {
                    in_transaction!(self.reading(), connection => {
                        listed_keys(connection, within.clinic())
                    })
                }

                async fn api_key(
                    &self,
                    within: &Within,
                    id: &ApiClientId,
                ) -> Result<Option<ListedKey>, Fault> {
                    in_transaction!(self.reading(), connection => {
                        listed_key(connection, within.clinic(), id)
                    })
                }

                async fn change_keys(
                    &self,
                    within: &Within,
                    decide: &(
                         dyn for<'k> Fn(&'k [ApiKey]) -> Result<KeyChange, Refusal>
                             + Send
                             + Sync
                     ),
                    token: Option<&TokenHash>,
                    now: Timestamp,
                ) -> Result<Result<ListedKey, Refusal>, Fault> {
                    in_transaction!(self.writing(), connection => {
                        change_keys(connection, within, decide, token, now)
                    })
                }

                async fn record_uses(&self, uses: &[LastUse]) -> Result<(), Fault> {
                    in_transaction!(self.writing(), connection => record_uses(connection, uses))
                }
            }

            /// Everyone who is or was a member, by name.
            async fn team(
                connection: &mut Connection,
                clinic: &ClinicId,
            ) -> Result<Vec<TeamMember>, Fault> {
                let rows = team_member::table
                    .filter(team_member::clinic_id.eq(clinic.as_str()))
                    .order((team_member::name, team_member::id))
                    .select(TeamMemberRow::as_select())
                    .load(connection)
                    .await
                    .map_err(failed("reading a team"))?;
                rows.into_iter().map(TeamMemberRow::member).collect()
            }

            async fn member(
                connection: &mut Connection,
                clinic: &ClinicId,
                id: &str,
            ) -> Result<Option<TeamMember>, Fault> {
                let row = team_member::table
                    .find(id)
                    .filter(team_member::clinic_id.eq(clinic.as_str()))
                    .select(TeamMemberRow::as_select())
                    .get_result(connection)
                    .await
                    .optional()
                    .map_err(failed("reading a team member"))?;
                row.map(TeamMemberRow::member).transpose()
            }

            /// The team of a clinic that nobody else changes before this transaction ends.
            async fn team_to_change(
                connection: &mut Connection,
                within: &Within,
            ) -> Result<Vec<TeamMember>, Fault> {
                clinic_to_change(connection, within.clinic()).await?;
                team(connection, within.clinic()).await
            }

            pub(super) async fn change_team(
                connection: &mut Connection,
                within: &Within,
                decide: &(
                     dyn Fn(&[TeamMember]) -> Result<TeamChange, Refusal> + Send + Sync
                 ),
                now: Timestamp,
            ) -> Result<Result<TeamMember, Refusal>, Fault> {
                let team = team_to_change(connection, within).await?;
                let change = match decide(&team) {
                    Ok(change) => change,
                    Err(refusal) => return Ok(Err(refusal)),
                };
                if change.member().clinic != *within.clinic() {
                    return Err(Fault::new("changing a team", "the member is of another"));
                }
                let was_admin = team
                    .iter()
                    .any(|one| one.id == change.member().id && one.is_admin());
                if was_admin && !change.member().is_admin() {
                    end_links(connection, within.clinic()).await?;
                }
                let (deed, after) = match change {
                    TeamChange::Unchanged(member) => return Ok(Ok(member)),
                    TeamChange::Added(member) => {
                        diesel::insert_into(team_member::table)
                            .values(TeamMemberRow::of(&member))
                            .execute(connection)
                            .await
                            .map_err(failed("adding a team member"))?;
                        (Deed::AddedTeamMember, member)
                    }
                    TeamChange::Changed(member) => {
                        write_member(connection, &member).await?;
                        (Deed::ChangedTeamMember, member)
                    }
                    TeamChange::Removed(member) => {
                        write_member(connection, &member).await?;
                        end_all(connection, &member, now).await?;
                        (Deed::RemovedTeamMember, member)
                    }
                };
                record(connection, within, deed, Some(after.id.as_str()), now).await?;
                Ok(Ok(after))
            }

            async fn write_member(
                connection: &mut Connection,
                member: &TeamMember,
            ) -> Result<(), Fault> {
                let row = team_member::table
                    .find(member.id.as_str())
                    .filter(team_member::clinic_id.eq(member.clinic.as_str()));
                diesel::update(row)
                    .set((
                        team_member::name.eq(&member.name),
                        team_member::role.eq(member.role.word()),
                        team_member::removed_at.eq(member.removed_at.map(Timestamp::as_millis)),
                    ))
                    .execute(connection)
                    .await
                    .map(|_| ())
                    .map_err(failed("changing a team member"))
            }

            /// Ends every link of a clinic that was not used. An admin may hold one that they made for
            /// another member, and would be that one after their own end.
            async fn end_links(
                connection: &mut Connection,
                clinic: &ClinicId,
            ) -> Result<(), Fault> {
                diesel::delete(sign_in::table)
                    .filter(sign_in::clinic_id.eq(clinic.as_str()))
                    .filter(sign_in::method.eq(SignInMethod::Link.word()))
                    .execute(connection)
                    .await
                    .map(|_| ())
                    .map_err(failed("ending the sign-in links of a clinic"))
            }

            /// Ends all by which a member gets in.
            async fn end_all(
                connection: &mut Connection,
                member: &TeamMember,
                now: Timestamp,
            ) -> Result<(), Fault> {
                diesel::delete(sign_in::table)
                    .filter(sign_in::clinic_id.eq(member.clinic.as_str()))
                    .filter(sign_in::member_id.eq(member.id.as_str()))
                    .execute(connection)
                    .await
                    .map_err(failed("ending the sign-in links of a member"))?;
                diesel::update(staff_session::table)
                    .filter(staff_session::clinic_id.eq(member.clinic.as_str()))
                    .filter(staff_session::member_id.eq(member.id.as_str()))
                    .filter(staff_session::ended_at.is_null())
                    .set(staff_session::ended_at.eq(now.as_millis()))
                    .execute(connection)
                    .await
                    .map(|_| ())
                    .map_err(failed("ending the sessions of a member"))
            }

            async fn add_sign_in(
                connection: &mut Connection,
                within: &Within,
                link: &NewSignIn,
                now: Timestamp,
            ) -> Result<Result<(), Refusal>, Fault> {
                let team = team_to_change(connection, within).await?;
                if let Err(refusal) = still_administers(&team, within.actor()) {
                    return Ok(Err(refusal));
                }
                let is_member = team
                    .iter()
                    .any(|one| one.id == link.member && one.is_member());
                if !is_member {
                    return Ok(Err(Refusal::not_found("teamMemberId")));
                }
                end_links_beyond(connection, within.clinic(), link).await?;
                let row = SignInRow {
                    token_hash: link.token.0.clone(),
                    clinic_id: within.clinic().to_string(),
                    member_id: link.member.to_string(),
                    expires_at: link.expires_at.as_millis(),
                    method: link.method.word().to_owned(),
                };
                diesel::insert_into(sign_in::table)
                    .values(row)
                    .execute(connection)
                    .await
                    .map_err(failed("adding a sign-in link"))?;
                // What an identity provider leads to is a step of signing in, which is recorded.
                if link.method == SignInMethod::Link {
                    let subject = Some(link.member.as_str());
                    record(connection, within, Deed::MadeSignInLink, subject, now).await?;
                }
                Ok(Ok(()))
            }

            /// Makes room for one more link of a member. What an identity provider leads to is counted on its
            /// own: signing in there must not end a link that was handed out.
            async fn end_links_beyond(
                connection: &mut Connection,
                clinic: &ClinicId,
                link: &NewSignIn,
            ) -> Result<(), Fault> {
                let links: Vec<(i64, String)> = sign_in::table
                    .filter(sign_in::clinic_id.eq(clinic.as_str()))
                    .filter(sign_in::member_id.eq(link.member.as_str()))
                    .filter(sign_in::method.eq(link.method.word()))
                    .select((sign_in::expires_at, sign_in::token_hash))
                    .load(connection)
                    .await
                    .map_err(failed("reading the sign-in links of a member"))?;
                for token in first_beyond(links, SIGN_IN_LINKS_OF_MEMBER - 1) {
                    diesel::delete(sign_in::table.find(token))
                        .execute(connection)
                        .await
                        .map_err(failed("ending a sign-in link"))?;
                }
                Ok(())
            }

            /// What comes first of more than there may be.
            fn first_beyond(mut all: Vec<(i64, String)>, most: usize) -> Vec<String> {
                all.sort();
                let beyond = all.len().saturating_sub(most);
                all.into_iter().take(beyond).map(|(_, token)| token).collect()
            }

            async fn use_sign_in(
                connection: &mut Connection,
                opening: &OpeningSession,
            ) -> Result<Option<Staff>, Fault> {
                let found = sign_in::table
                    .find(&opening.link.0)
                    .select(SignInRow::as_select())
                    .get_result(connection)
                    .await
                    .optional()
                    .map_err(failed("looking a sign-in link up"))?;
                let Some(link) = found else { return Ok(None) };
                let used_up = diesel::delete(sign_in::table.find(&opening.link.0))
                    .execute(connection)
                    .await
                    .map_err(failed("using a sign-in link up"))?;
                // The count tells who was first, where two read it at once.
                if used_up == 0 || link.expires_at <= opening.now.as_millis() {
                    return Ok(None);
                }
                let clinic = crate::adapters::rows::clinic_id(&link.clinic_id)?;
                let member = member(connection, &clinic, &link.member_id).await?;
                let Some(member) = member.filter(TeamMember::is_member) else {
                    return Ok(None);
                };
                end_sessions_beyond(connection, &member, opening.now).await?;
                let session = Session {
                    id: opening.id.clone(),
                    member: member.id.clone(),
                    opened_at: opening.now,
                    opened_by: method(&link)?,
                    last_used_at: opening.now,
                    expires_at: opening.expires_at,
                };
                diesel::insert_into(staff_session::table)
                    .values(StaffSessionRow::of(&session, &link, &opening.token))
                    .execute(connection)
                    .await
                    .map_err(failed("opening a session"))?;
                let by = Actor::TeamMember(member.id.clone());
                let subject = Some(session.id.as_str());
                record_by(connection, &clinic, &by, Deed::SignedIn, subject, opening.now).await?;
                Ok(Some(member.staff()))
            }

            /// Makes room for one more session of a member.
            async fn end_sessions_beyond(
                connection: &mut Connection,
                member: &TeamMember,
                now: Timestamp,
            ) -> Result<(), Fault> {
                let good: Vec<(i64, String)> = staff_session::table
                    .filter(staff_session::clinic_id.eq(member.clinic.as_str()))
                    .filter(staff_session::member_id.eq(member.id.as_str()))
                    .filter(staff_session::ended_at.is_null())
                    .filter(staff_session::expires_at.gt(now.as_millis()))
                    .select((staff_session::last_used_at, staff_session::token_hash))
                    .load(connection)
                    .await
                    .map_err(failed("reading the sessions of a member"))?;
                for token in first_beyond(good, SESSIONS_OF_MEMBER - 1) {
                    mark_ended(connection, &token, now).await?;
                }
                Ok(())
            }

            async fn mark_ended(
                connection: &mut Connection,
                token: &str,
                now: Timestamp,
            ) -> Result<(), Fault> {
                diesel::update(staff_session::table.find(token))
                    .set(staff_session::ended_at.eq(now.as_millis()))
                    .execute(connection)
                    .await
                    .map(|_| ())
                    .map_err(failed("ending a session"))
            }

            async fn sign_out(
                connection: &mut Connection,
                token: &TokenHash,
                now: Timestamp,
            ) -> Result<(), Fault> {
                let row = staff_session::table
                    .find(&token.0)
                    .select(StaffSessionRow::as_select())
                    .get_result(connection)
                    .await
                    .optional()
                    .map_err(failed("looking a session up to end it"))?;
                let Some(row) = row.filter(|row| row.is_good(now)) else {
                    return Ok(());
                };
                mark_ended(connection, &token.0, now).await?;
                let clinic = crate::adapters::rows::clinic_id(&row.clinic_id)?;
                let session = row.session()?;
                let by = Actor::TeamMember(session.member);
                let subject = Some(session.id.as_str());
                record_by(connection, &clinic, &by, Deed::SignedOut, subject, now).await
            }

            async fn sessions(
                connection: &mut Connection,
                clinic: &ClinicId,
                of: Option<&TeamMemberId>,
                now: Timestamp,
            ) -> Result<Vec<Session>, Fault> {
                let mut query = staff_session::table
                    .filter(staff_session::clinic_id.eq(clinic.as_str()))
                    .filter(staff_session::ended_at.is_null())
                    .filter(staff_session::expires_at.gt(now.as_millis()))
                    .order((staff_session::last_used_at.desc(), staff_session::id))
                    .select(StaffSessionRow::as_select())
                    .into_boxed();
                if let Some(member) = of {
                    query = query.filter(staff_session::member_id.eq(member.as_str()));
                }
                let rows: Vec<StaffSessionRow> = query
                    .load(connection)
                    .await
                    .map_err(failed("reading sessions"))?;
                rows.iter().map(StaffSessionRow::session).collect()
            }

            async fn end_session(
                connection: &mut Connection,
                within: &Within,
                id: &SessionId,
                of: Option<&TeamMemberId>,
                now: Timestamp,
            ) -> Result<bool, Fault> {
                let row = staff_session::table
                    .filter(staff_session::id.eq(id.as_str()))
                    .filter(staff_session::clinic_id.eq(within.clinic().as_str()))
                    .select((staff_session::token_hash, StaffSessionRow::as_select()))
                    .get_result::<(String, StaffSessionRow)>(connection)
                    .await
                    .optional()
                    .map_err(failed("looking a session up by its id"))?;
                let Some((token, row)) = row else {
                    return Ok(false);
                };
                match of {
                    Some(member) if row.member_id != member.as_str() => return Ok(false),
                    Some(_) => {}
                    None => {
                        let team = team_to_change(connection, within).await?;
                        if still_administers(&team, within.actor()).is_err() {
                            return Ok(false);
                        }
                    }
                }
                if row.is_good(now) {
                    mark_ended(connection, &token, now).await?;
                    let subject = Some(id.as_str());
                    record(connection, within, Deed::EndedSession, subject, now).await?;
                }
                Ok(true)
            }

            async fn listed_keys(
                connection: &mut Connection,
                clinic: &ClinicId,
            ) -> Result<Vec<ListedKey>, Fault> {
                let of_member = team_member::clinic_id
                    .eq(api_key::clinic_id)
                    .and(api_key::added_by.eq(team_member::id.nullable()));
                let rows = api_key::table
                    .left_join(team_member::table.on(of_member))
                    .filter(api_key::clinic_id.eq(clinic.as_str()))
                    .order((api_key::added_at.desc(), api_key::id.desc()))
                    .limit(i64::try_from(API_KEYS_LISTED).unwrap_or(i64::MAX))
                    .select((ApiKeyRow::as_select(), team_member::name.nullable()))
                    .load::<(ApiKeyRow, Option<String>)>(connection)
                    .await
                    .map_err(failed("reading API keys"))?;
                rows.into_iter().map(listed).collect()
            }

            async fn listed_key(
                connection: &mut Connection,
                clinic: &ClinicId,
                id: &ApiClientId,
            ) -> Result<Option<ListedKey>, Fault> {
                let of_member = team_member::clinic_id
                    .eq(api_key::clinic_id)
                    .and(api_key::added_by.eq(team_member::id.nullable()));
                let row = api_key::table
                    .left_join(team_member::table.on(of_member))
                    .filter(api_key::id.eq(id.as_str()))
                    .filter(api_key::clinic_id.eq(clinic.as_str()))
                    .select((ApiKeyRow::as_select(), team_member::name.nullable()))
                    .get_result::<(ApiKeyRow, Option<String>)>(connection)
                    .await
                    .optional()
                    .map_err(failed("reading an API key"))?;
                row.map(listed).transpose()
            }

            fn listed((row, name): (ApiKeyRow, Option<String>)) -> Result<ListedKey, Fault> {
                Ok(ListedKey {
                    key: row.key()?,
                    added_by_name: name,
                })
            }

            async fn change_keys(
                connection: &mut Connection,
                within: &Within,
                decide: &(
                     dyn Fn(&[ApiKey]) -> Result<KeyChange, Refusal> + Send + Sync
                 ),
                token: Option<&TokenHash>,
                now: Timestamp,
            ) -> Result<Result<ListedKey, Refusal>, Fault> {
                let team = team_to_change(connection, within).await?;
                if let Err(refusal) = still_administers(&team, within.actor()) {
                    return Ok(Err(refusal));
                }
                let rows = api_key::table
                    .filter(api_key::clinic_id.eq(within.clinic().as_str()))
                    .select(ApiKeyRow::as_select())
                    .load(connection)
                    .await
                    .map_err(failed("reading API keys to change them"))?;
                let keys: Result<Vec<_>, Fault> = rows.into_iter().map(ApiKeyRow::key).collect();
                let change = match decide(&keys?) {
                    Ok(change) => change,
                    Err(refusal) => return Ok(Err(refusal)),
                };
                if change.key().clinic != *within.clinic() {
                    return Err(Fault::new("changing API keys", "the key is another clinic's"));
                }
                let (deed, after) = match change {
                    KeyChange::Unchanged(key) => (None, key),
                    KeyChange::Added(key) => {
                        let Some(token) = token else {
                            return Err(Fault::new("adding an API key", "it has no token"));
                        };
                        let row = (ApiKeyRow::of(&key), api_key::token_hash.eq(&token.0));
                        diesel::insert_into(api_key::table)
                            .values(row)
                            .execute(connection)
                            .await
                            .map_err(failed("adding an API key"))?;
                        (Some(Deed::AddedKey), key)
                    }
                    KeyChange::Revoked(key) => {
                        let revoked_at = key.revoked_at.map(Timestamp::as_millis);
                        diesel::update(api_key::table.find(key.id.as_str()))
                            .filter(api_key::clinic_id.eq(within.clinic().as_str()))
                            .set(api_key::revoked_at.eq(revoked_at))
                            .execute(connection)
                            .await
                            .map_err(failed("revoking an API key"))?;
                        (Some(Deed::RevokedKey), key)
                    }
                };
                if let Some(deed) = deed {
                    record(connection, within, deed, Some(after.id.as_str()), now).await?;
                }
                let added_by_name = after
                    .added_by
                    .as_ref()
                    .and_then(|id| team.into_iter().find(|one| one.id == *id))
                    .map(|one| one.name);
                Ok(Ok(ListedKey {
                    key: after,
                    added_by_name,
                }))
            }

            async fn record_uses(
                connection: &mut Connection,
                uses: &[LastUse],
            ) -> Result<(), Fault> {
                for LastUse { kind, token, at } in uses {
                    let at = at.as_millis();
                    match kind {
                        TokenKind::Session => {
                            diesel::update(staff_session::table.find(&token.0))
                                .filter(staff_session::last_used_at.lt(at))
                                .set(staff_session::last_used_at.eq(at))
                                .execute(connection)
                                .await
                        }
                        TokenKind::Key => {
                            let is_later =
                                api_key::last_used_at.is_null().or(api_key::last_used_at.lt(at));
                            diesel::update(api_key::table)
                                .filter(api_key::token_hash.eq(&token.0))
                                .filter(is_later)
                                .set(api_key::last_used_at.eq(at))
                                .execute(connection)
                                .await
                        }
                        TokenKind::Caller | TokenKind::SignIn => Ok(0),
                    }
                    .map_err(failed("writing when a credential was last used"))?;
                }
                Ok(())
            }
        }
    };
}
pub(in crate::adapters) use access_queries;
