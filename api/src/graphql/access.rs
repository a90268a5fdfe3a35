//! Sessions of team members, and lists of a clinic's team and keys.

use super::asking::{app, asking, viewer};
use super::clinic::Clinic;
use super::date_time::DateTime;
use super::team::{ApiClient, TeamMember};
use crate::domain::access;
use crate::domain::id::TeamMemberId;
use crate::domain::policy::{Act, StaffId, Within};
use crate::ports::Fault;
use async_graphql::{Context, Enum, ID, Object};
use std::collections::HashMap;

/// How a team member is recognised when signing in. More may be added: treat one that you do not know as one
/// that you cannot offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "access::SignInMethod")]
pub enum SignInMethod {
    /// By a one-time link that a clinic admin, or whoever runs the server, has made.
    Link,
    /// By the identity provider that the server is set up with.
    #[graphql(name = "OPENID_CONNECT")]
    OpenIdConnect,
}

/// A session of a team member.
#[derive(Clone)]
pub struct Session(access::Session);

impl From<access::Session> for Session {
    fn from(session: access::Session) -> Self {
        Self(session)
    }
}

/// A team member who is signed in somewhere. It ends by signing out, by `endSession`, by its time, and with
/// its member's removal; sockets that were opened by it are closed within 5 seconds.
#[Object]
impl Session {
    /// Names this session; it is not its token.
    async fn id(&self) -> ID {
        self.0.id.as_str().into()
    }

    /// When it was opened.
    async fn opened_at(&self) -> DateTime {
        self.0.opened_at.into()
    }

    /// How its member was recognised.
    async fn opened_by(&self) -> SignInMethod {
        self.0.opened_by.into()
    }

    /// When it was last used, to about a minute.
    async fn last_used_at(&self) -> DateTime {
        self.0.last_used_at.into()
    }

    /// When it ends by itself. Use does not prolong it.
    async fn expires_at(&self) -> DateTime {
        self.0.expires_at.into()
    }

    /// Whether it is the one that asks.
    async fn is_current(&self, ctx: &Context<'_>) -> bool {
        asking(ctx).presented.session() == Some(&self.0.id)
    }
}

/// The right to see the sessions of a clinic's member: a signed-in clinic admin's, and everybody's to see
/// the own.
pub(super) fn may_see_sessions(ctx: &Context<'_>, of: &access::TeamMember) -> Option<Within> {
    let viewer = viewer(ctx);
    viewer.within(&of.clinic, Act::Administer).or_else(|| {
        let is_own = viewer.staff()?.who == StaffId::TeamMember(of.id.clone());
        is_own.then(|| viewer.within(&of.clinic, Act::SeeWaitingArea))?
    })
}

/// The sessions of one member, the latest used first.
pub(super) async fn sessions(
    ctx: &Context<'_>,
    within: &Within,
    of: &TeamMemberId,
) -> Result<Vec<Session>, Fault> {
    let sessions = app(ctx).sessions(within, Some(of)).await?;
    Ok(sessions.into_iter().map(Into::into).collect())
}

/// The members of a clinic's team, by name; with their sessions, all at once, where those are asked for.
pub(super) async fn team(
    ctx: &Context<'_>,
    within: &Within,
    clinic: &Clinic,
) -> Result<Vec<TeamMember>, Fault> {
    let app = app(ctx);
    let team = app.team(within).await?;
    let mut sessions: Option<HashMap<TeamMemberId, Vec<Session>>> = None;
    if ctx.look_ahead().field("sessions").exists() {
        let all = sessions.insert(HashMap::new());
        for session in app.sessions(within, None).await? {
            let of = all.entry(session.member.clone()).or_default();
            of.push(session.into());
        }
    }
    let wrapped = team.into_iter().map(|member| {
        let own = sessions
            .as_mut()
            .map(|all| all.remove(&member.id).unwrap_or_default());
        TeamMember::new(member, clinic.clone(), own)
    });
    Ok(wrapped.collect())
}

/// The keys of a clinic, the latest first.
pub(super) async fn api_clients(
    ctx: &Context<'_>,
    within: &Within,
    clinic: &Clinic,
) -> Result<Vec<ApiClient>, Fault> {
    let keys = app(ctx).api_keys(within).await?;
    let wrap = |key| ApiClient::new(key, clinic.clone());
    Ok(keys.into_iter().map(wrap).collect())
}
