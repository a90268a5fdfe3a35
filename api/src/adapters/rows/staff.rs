//! Staff: team members with their sign-in links and sessions, and API keys.

use super::words::Word;
use super::{Named, clinic_id};
use crate::adapters::tables;
use crate::domain::access::{ApiKey, Session, SignInMethod, TeamMember};
use crate::domain::id::{ApiClientId, SessionId, TeamMemberId};
use crate::domain::secret::TokenHash;
use crate::domain::time::Timestamp;
use crate::ports::Fault;
use diesel::prelude::{Insertable, Queryable, Selectable};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = tables::team_member)]
pub(in crate::adapters) struct TeamMemberRow {
    id: String,
    clinic_id: String,
    name: String,
    role: String,
    added_at: i64,
    removed_at: Option<i64>,
}

impl TeamMemberRow {
    pub(in crate::adapters) fn of(member: &TeamMember) -> Self {
        Self {
            id: member.id.to_string(),
            clinic_id: member.clinic.to_string(),
            name: member.name.clone(),
            role: member.role.word().to_owned(),
            added_at: member.added_at.as_millis(),
            removed_at: member.removed_at.map(Timestamp::as_millis),
        }
    }

    pub(in crate::adapters) fn member(self) -> Result<TeamMember, Fault> {
        let named = Named {
            table: "team member",
            id: &self.id,
        };
        Ok(TeamMember {
            id: named.need(TeamMemberId::parse(&self.id), "this is no id")?,
            clinic: clinic_id(&self.clinic_id)?,
            role: named.word(&self.role, "no such role")?,
            name: self.name,
            added_at: Timestamp::from_millis(self.added_at),
            removed_at: self.removed_at.map(Timestamp::from_millis),
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
    added_at: i64,
    added_by: Option<String>,
    last_used_at: Option<i64>,
    expires_at: Option<i64>,
    revoked_at: Option<i64>,
}

impl ApiKeyRow {
    pub(in crate::adapters) fn of(key: &ApiKey) -> Self {
        Self {
            id: key.id.to_string(),
            clinic_id: key.clinic.to_string(),
            name: key.name.clone(),
            role: key.role.word().to_owned(),
            added_at: key.added_at.as_millis(),
            added_by: key.added_by.as_ref().map(ToString::to_string),
            last_used_at: key.last_used_at.map(Timestamp::as_millis),
            expires_at: key.expires_at.map(Timestamp::as_millis),
            revoked_at: key.revoked_at.map(Timestamp::as_millis),
        }
    }

    pub(in crate::adapters) fn key(self) -> Result<ApiKey, Fault> {
        let named = Named {
            table: "API key",
            id: &self.id,
        };
        let added_by = match &self.added_by {
            Some(id) => Some(named.need(TeamMemberId::parse(id), "nobody has this id")?),
            None => None,
        };
        Ok(ApiKey {
            id: named.need(ApiClientId::parse(&self.id), "this is no id")?,
            clinic: clinic_id(&self.clinic_id)?,
            role: named.word(&self.role, "no such role")?,
            name: self.name,
            added_at: Timestamp::from_millis(self.added_at),
            added_by,
            last_used_at: self.last_used_at.map(Timestamp::from_millis),
            expires_at: self.expires_at.map(Timestamp::from_millis),
            revoked_at: self.revoked_at.map(Timestamp::from_millis),
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
    pub(in crate::adapters) method: String,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = tables::staff_session)]
pub(in crate::adapters) struct StaffSessionRow {
    token_hash: String,
    id: String,
    pub(in crate::adapters) clinic_id: String,
    pub(in crate::adapters) member_id: String,
    opened_at: i64,
    opened_by: String,
    last_used_at: i64,
    expires_at: i64,
    ended_at: Option<i64>,
}

impl StaffSessionRow {
    /// A session of the member a link was for.
    pub(in crate::adapters) fn of(session: &Session, link: &SignInRow, token: &TokenHash) -> Self {
        Self {
            token_hash: token.0.clone(),
            id: session.id.to_string(),
            clinic_id: link.clinic_id.clone(),
            member_id: link.member_id.clone(),
            opened_at: session.opened_at.as_millis(),
            opened_by: link.method.clone(),
            last_used_at: session.last_used_at.as_millis(),
            expires_at: session.expires_at.as_millis(),
            ended_at: None,
        }
    }

    /// Whether it opens anything.
    pub(in crate::adapters) fn is_good(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && self.expires_at > now.as_millis()
    }

    pub(in crate::adapters) fn session(&self) -> Result<Session, Fault> {
        let named = Named {
            table: "session",
            id: &self.id,
        };
        Ok(Session {
            id: named.need(SessionId::parse(&self.id), "this is no id")?,
            member: named.need(TeamMemberId::parse(&self.member_id), "nobody has this id")?,
            opened_at: Timestamp::from_millis(self.opened_at),
            opened_by: named.word(&self.opened_by, "no such way to sign in")?,
            last_used_at: Timestamp::from_millis(self.last_used_at),
            expires_at: Timestamp::from_millis(self.expires_at),
        })
    }
}

/// How a link's user was recognised.
pub(in crate::adapters) fn method(link: &SignInRow) -> Result<SignInMethod, Fault> {
    let named = Named {
        table: "sign-in link of",
        id: &link.member_id,
    };
    named.word(&link.method, "no such way to sign in")
}
