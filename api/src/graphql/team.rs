//! Team members and API keys.

use super::asking::app;
use super::clinic::Clinic;
use crate::domain::policy::{Staff, StaffId};
use crate::ports::Fault;
use async_graphql::{Context, Enum, ID, Object};

/// What a team member or an API key may do in its clinic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::policy::Role")]
pub enum TeamRole {
    /// Reads only: the waiting area, its callers and their activity, but no room to enter.
    Reporter,
    /// Also recalls, cancels, joins, holds and completes.
    TeamMember,
    /// Also configures the clinic.
    ClinicAdmin,
}

/// A member of a clinic's team.
#[derive(Clone)]
pub struct TeamMember {
    id: ID,
    staff: Staff,
    clinic: Clinic,
}

/// A member of a clinic's team, signed in by a session.
#[Object]
impl TeamMember {
    /// Names this team member.
    pub async fn id(&self) -> ID {
        self.id.clone()
    }

    /// The name the team knows this member by.
    async fn name(&self) -> &str {
        &self.staff.name
    }

    /// What this member may do.
    async fn role(&self) -> TeamRole {
        self.staff.role.into()
    }

    /// The clinic this member works for.
    async fn clinic(&self) -> &Clinic {
        &self.clinic
    }
}

/// A staff tool of others, by its API key.
#[derive(Clone)]
pub struct ApiClient {
    id: ID,
    staff: Staff,
    clinic: Clinic,
}

/// A staff tool of others, known by its API key.
#[Object]
impl ApiClient {
    /// Names this key; it is not the key itself.
    pub async fn id(&self) -> ID {
        self.id.clone()
    }

    /// The name the key was given.
    async fn name(&self) -> &str {
        &self.staff.name
    }

    /// What this key may do.
    async fn role(&self) -> TeamRole {
        self.staff.role.into()
    }

    /// The clinic this key belongs to.
    async fn clinic(&self) -> &Clinic {
        &self.clinic
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
    /// Wraps somebody of a clinic's staff; `None` when the clinic is gone.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) async fn wrap(ctx: &Context<'_>, staff: Staff) -> Result<Option<Self>, Fault> {
        let Some(clinic) = app(ctx).clinic(&staff.clinic).await? else {
            return Ok(None);
        };
        let clinic = Clinic::new(clinic);
        Ok(Some(match &staff.who {
            StaffId::TeamMember(id) => Self::TeamMember(TeamMember {
                id: id.as_str().into(),
                staff,
                clinic,
            }),
            StaffId::ApiClient(id) => Self::ApiClient(ApiClient {
                id: id.as_str().into(),
                staff,
                clinic,
            }),
        }))
    }
}
