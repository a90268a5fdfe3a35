//! Team members and API keys.

use super::access::{Session, may_see_sessions, sessions};
use super::asking::app;
use super::clinic::Clinic;
use super::date_time::DateTime;
use super::fault::or_null;
use crate::domain::access;
use crate::domain::policy::{self, Act, Staff, StaffId, Within};
use crate::ports::Fault;
use crate::ports::store::access::ListedKey;
use async_graphql::{Context, Enum, ID, Object};
use std::sync::Arc;

/// What a team member or an API key may do in its clinic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "policy::Role")]
pub enum TeamRole {
    /// Reads only: the waiting area, its callers and their activity, but no room to enter.
    Reporter,
    /// Also recalls, cancels, joins, holds and completes.
    TeamMember,
    /// Also configures the clinic. A team member with this role, but no API key, also administers its team,
    /// sessions and API keys.
    ClinicAdmin,
}

/// A member of a clinic's team.
#[derive(Clone)]
pub struct TeamMember {
    member: Arc<access::TeamMember>,
    clinic: Clinic,
    /// Where they were read already.
    sessions: Option<Arc<Vec<Session>>>,
}

impl TeamMember {
    /// Wraps a member; `sessions` where they were read already.
    pub(super) fn new(
        member: access::TeamMember,
        clinic: Clinic,
        sessions: Option<Vec<Session>>,
    ) -> Self {
        Self {
            member: Arc::new(member),
            clinic,
            sessions: sessions.map(Arc::new),
        }
    }
}

/// A member of a clinic's team, signed in by a session.
#[Object]
impl TeamMember {
    /// Names this team member.
    pub async fn id(&self) -> ID {
        self.member.id.as_str().into()
    }

    /// The name the team knows this member by.
    async fn name(&self) -> &str {
        &self.member.name
    }

    /// What this member may do.
    async fn role(&self) -> TeamRole {
        self.member.role.into()
    }

    /// The clinic this member works for.
    async fn clinic(&self) -> &Clinic {
        &self.clinic
    }

    /// Since when this is a member of the team.
    async fn added_at(&self) -> DateTime {
        self.member.added_at.into()
    }

    /// Since when this is no member any more. Null for a member; who was removed is still named in logs.
    async fn removed_at(&self) -> Option<DateTime> {
        self.member.removed_at.map(Into::into)
    }

    /// Where this member is signed in, the latest used first; at most 20. Null unless the viewer is a
    /// signed-in clinic admin here, or this member.
    #[graphql(complexity = "5 * child_complexity")]
    async fn sessions(&self, ctx: &Context<'_>) -> Option<Vec<Session>> {
        let within = may_see_sessions(ctx, &self.member)?;
        if let Some(read) = &self.sessions {
            return Some(read.as_ref().clone());
        }
        or_null(ctx, sessions(ctx, &within, &self.member.id).await)
    }
}

/// A staff tool of others, by its API key.
#[derive(Clone)]
pub struct ApiClient {
    listed: Arc<ListedKey>,
    clinic: Clinic,
}

impl ApiClient {
    /// Wraps a key.
    pub(super) fn new(listed: ListedKey, clinic: Clinic) -> Self {
        Self {
            listed: Arc::new(listed),
            clinic,
        }
    }
}

/// A staff tool of others, known by its API key.
#[Object]
impl ApiClient {
    /// Names this key; it is not the key itself.
    pub async fn id(&self) -> ID {
        self.listed.key.id.as_str().into()
    }

    /// The name the key was given.
    async fn name(&self) -> &str {
        &self.listed.key.name
    }

    /// What this key may do.
    async fn role(&self) -> TeamRole {
        self.listed.key.role.into()
    }

    /// The clinic this key belongs to.
    async fn clinic(&self) -> &Clinic {
        &self.clinic
    }

    /// When the key was made.
    async fn added_at(&self) -> DateTime {
        self.listed.key.added_at.into()
    }

    /// The name of the clinic admin who made it. Null where whoever runs the server did.
    async fn added_by(&self) -> Option<&str> {
        self.listed.added_by_name.as_deref()
    }

    /// When it was last used, to about a minute. Null until it is.
    async fn last_used_at(&self) -> Option<DateTime> {
        self.listed.key.last_used_at.map(Into::into)
    }

    /// From when it opens nothing. Null for one that does not expire.
    async fn expires_at(&self) -> Option<DateTime> {
        self.listed.key.expires_at.map(Into::into)
    }

    /// Since when it opens nothing, before its time. Null unless it was revoked.
    async fn revoked_at(&self) -> Option<DateTime> {
        self.listed.key.revoked_at.map(Into::into)
    }
}

/// Either of the two.
pub enum TeamMemberOrApiClient {
    /// A person.
    TeamMember(TeamMember),
    /// A tool.
    ApiClient(ApiClient),
}

impl TeamMemberOrApiClient {
    /// Reads and wraps somebody who acts for a clinic; `None` when they or the clinic are gone.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) async fn wrap(ctx: &Context<'_>, staff: Staff) -> Result<Option<Self>, Fault> {
        let who = staff.who.clone();
        // Reading one's own name takes no other right than to be there.
        let within = policy::Viewer::Staff(staff).as_staff(Act::SeeWaitingArea);
        match within {
            Some(within) => Self::find(ctx, &within, &who).await,
            None => Ok(None),
        }
    }

    /// Reads and wraps somebody of a clinic's staff, also one who was removed or revoked; `None` when
    /// there never was anybody by this id.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) async fn find(
        ctx: &Context<'_>,
        within: &Within,
        who: &StaffId,
    ) -> Result<Option<Self>, Fault> {
        let app = app(ctx);
        let Some(clinic) = app.clinic(within.clinic()).await?.map(Clinic::new) else {
            return Ok(None);
        };
        Ok(match who {
            StaffId::TeamMember(id) => {
                let member = app.team_member(within, id).await?;
                member.map(|member| Self::TeamMember(TeamMember::new(member, clinic, None)))
            }
            StaffId::ApiClient(id) => {
                let key = app.api_key(within, id).await?;
                key.map(|key| Self::ApiClient(ApiClient::new(key, clinic)))
            }
        })
    }
}
