//! Staff: team members and API keys.

use super::words::Word;
use super::{Named, clinic_id};
use crate::adapters::tables;
use crate::domain::id::{ApiClientId, TeamMemberId};
use crate::domain::policy::{Staff, StaffId};
use crate::ports::Fault;
use crate::ports::store::{NewKey, NewTeamMember};
use diesel::prelude::{Insertable, Queryable, Selectable};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = tables::team_member)]
pub(in crate::adapters) struct TeamMemberRow {
    pub(in crate::adapters) id: String,
    pub(in crate::adapters) clinic_id: String,
    name: String,
    role: String,
    added_at: i64,
}

impl TeamMemberRow {
    pub(in crate::adapters) fn of(member: &NewTeamMember) -> Self {
        Self {
            id: member.id.to_string(),
            clinic_id: member.clinic.to_string(),
            name: member.name.clone(),
            role: member.role.word().to_owned(),
            added_at: member.at.as_millis(),
        }
    }

    pub(in crate::adapters) fn staff(self) -> Result<Staff, Fault> {
        let named = Named {
            table: "team member",
            id: &self.id,
        };
        Ok(Staff {
            clinic: clinic_id(&self.clinic_id)?,
            role: named.word(&self.role, "no such role")?,
            who: StaffId::TeamMember(named.need(TeamMemberId::parse(&self.id), "this is no id")?),
            name: self.name,
        })
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = tables::api_key)]
pub(in crate::adapters) struct ApiKeyRow {
    id: String,
    clinic_id: String,
    name: String,
    role: String,
    token_hash: String,
    added_at: i64,
}

impl ApiKeyRow {
    pub(in crate::adapters) fn of(key: &NewKey) -> Self {
        Self {
            id: key.id.to_string(),
            clinic_id: key.clinic.to_string(),
            name: key.name.clone(),
            role: key.role.word().to_owned(),
            token_hash: key.token.0.clone(),
            added_at: key.at.as_millis(),
        }
    }

    pub(in crate::adapters) fn staff(self) -> Result<Staff, Fault> {
        let named = Named {
            table: "API key",
            id: &self.id,
        };
        Ok(Staff {
            clinic: clinic_id(&self.clinic_id)?,
            role: named.word(&self.role, "no such role")?,
            who: StaffId::ApiClient(named.need(ApiClientId::parse(&self.id), "this is no id")?),
            name: self.name,
        })
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = tables::sign_in)]
pub(in crate::adapters) struct SignInRow {
    pub(in crate::adapters) token_hash: String,
    pub(in crate::adapters) clinic_id: String,
    pub(in crate::adapters) member_id: String,
    pub(in crate::adapters) expires_at: i64,
}

#[derive(Insertable)]
#[diesel(table_name = tables::staff_session)]
pub(in crate::adapters) struct StaffSessionRow {
    pub(in crate::adapters) token_hash: String,
    pub(in crate::adapters) clinic_id: String,
    pub(in crate::adapters) member_id: String,
    pub(in crate::adapters) expires_at: i64,
}
