//! People whom an identity provider knows, as members of clinics' teams.

macro_rules! openid_queries {
    ($database:ident) => {
        mod openid {
            use super::access::change_team;
            use crate::adapters::queries::failed;
            use crate::adapters::queries::store::in_transaction;
            use crate::adapters::rows::clinic_id;
            use crate::adapters::tables::{team_member, used_openid_state};
            use crate::adapters::$database::{Connection, Database};
            use crate::domain::access::TeamMember;
            use crate::domain::grant::{Told, end_membership, renew_membership};
            use crate::domain::id::{ClinicId, TeamMemberId};
            use crate::domain::policy::Within;
            use crate::domain::secret::TokenHash;
            use crate::domain::time::Timestamp;
            use crate::ports::Fault;
            use crate::ports::store::openid::{Granted, Named, OpenIdStore, Person};
            use async_trait::async_trait;
            use diesel::prelude::{ExpressionMethods, QueryDsl};
            use diesel_async::RunQueryDsl;

            #[async_trait]
            impl OpenIdStore for Database {
                async fn use_openid_state(
                    &self,
                    state: &TokenHash,
                    until: Timestamp,
                    now: Timestamp,
                ) -> Result<bool, Fault> {
                    in_transaction!(self.writing(), connection => {
                        use_state(connection, state, until, now)
                    })
                }

                async fn renew_memberships(
                    &self,
                    person: &Person,
                    named: &Named,
                    now: Timestamp,
                ) -> Result<Vec<TeamMember>, Fault> {
                    in_transaction!(self.writing(), connection => {
                        renew_memberships(connection, person, named, now)
                    })
                }
            }

            async fn use_state(
                connection: &mut Connection,
                state: &TokenHash,
                until: Timestamp,
                now: Timestamp,
            ) -> Result<bool, Fault> {
                diesel::delete(used_openid_state::table)
                    .filter(used_openid_state::expires_at.le(now.as_millis()))
                    .execute(connection)
                    .await
                    .map_err(failed("forgetting sign-ins that came back"))?;
                let noted = diesel::insert_into(used_openid_state::table)
                    .values((
                        used_openid_state::state_hash.eq(&state.0),
                        used_openid_state::expires_at.eq(until.as_millis()),
                    ))
                    .on_conflict_do_nothing()
                    .execute(connection)
                    .await
                    .map_err(failed("noting that a sign-in came back"))?;
                Ok(noted == 1)
            }

            async fn renew_memberships(
                connection: &mut Connection,
                person: &Person,
                named: &Named,
                now: Timestamp,
            ) -> Result<Vec<TeamMember>, Fault> {
                let mut known = memberships(connection, person).await?;
                let mut granted: Vec<&Granted> = named.granted.iter().collect();
                // Each change locks its clinic: in one order, so that no two sign-ins wait for each other.
                granted.sort_by(|one, other| one.clinic.cmp(&other.clinic));
                known.sort();
                let mut members = Vec::new();
                for granted in &granted {
                    let own = known.iter().find(|(clinic, _)| *clinic == granted.clinic);
                    let told = Told {
                        new_id: granted.new_id.clone(),
                        clinic: granted.clinic.clone(),
                        name: person.name.clone(),
                        role: granted.role,
                        at: now,
                    };
                    let within = Within::system(granted.clinic.clone());
                    let decide = |team: &[TeamMember]| {
                        renew_membership(team, own.map(|(_, id)| id), told.clone())
                    };
                    let renewed = change_team(connection, &within, &decide, now).await?;
                    // The refusal is a full team: no member, and no fault.
                    let Ok(member) = renewed else { continue };
                    if own.is_none() {
                        recognise(connection, person, &member.id).await?;
                    }
                    members.push(member);
                }
                // What was not looked at is not known to have ended.
                let ending = if named.is_all { known } else { Vec::new() };
                for (clinic, own) in ending {
                    if granted.iter().any(|granted| granted.clinic == clinic) {
                        continue;
                    }
                    let decide = |team: &[TeamMember]| end_membership(team, &own, now);
                    // There is such a member, or it would not be known.
                    let _ = change_team(connection, &Within::system(clinic), &decide, now).await?;
                }
                Ok(members)
            }

            /// Where a person is or was a member, and as whom.
            async fn memberships(
                connection: &mut Connection,
                person: &Person,
            ) -> Result<Vec<(ClinicId, TeamMemberId)>, Fault> {
                let rows: Vec<(String, String)> = team_member::table
                    .filter(team_member::openid_issuer.eq(&person.issuer))
                    .filter(team_member::openid_subject.eq(&person.subject))
                    .select((team_member::clinic_id, team_member::id))
                    .load(connection)
                    .await
                    .map_err(failed("looking a person up"))?;
                rows.iter()
                    .map(|(clinic, id)| {
                        let id = TeamMemberId::parse(id);
                        let no_id = || Fault::new("looking a person up", "a member's id is none");
                        Ok((clinic_id(clinic)?, id.ok_or_else(no_id)?))
                    })
                    .collect()
            }

            /// Has a member recognised as this person from now on.
            async fn recognise(
                connection: &mut Connection,
                person: &Person,
                member: &TeamMemberId,
            ) -> Result<(), Fault> {
                diesel::update(team_member::table.find(member.as_str()))
                    .set((
                        team_member::openid_issuer.eq(&person.issuer),
                        team_member::openid_subject.eq(&person.subject),
                    ))
                    .execute(connection)
                    .await
                    .map(|_| ())
                    .map_err(failed("noting who a member is"))
            }
        }
    };
}
pub(in crate::adapters) use openid_queries;
