//! What may be asked.

use super::access::SignInMethod;
use super::asking::{app, asking, viewer};
use super::caller::Caller;
use super::clinic::Clinic;
use super::fault::{Failure, or_null};
use super::team::{ApiClient, TeamMember, TeamMemberOrApiClient};
use super::there::There;
use super::webhook::Webhook;
use crate::domain::id::{ApiClientId, CallerId, ClinicId, TeamMemberId, WebhookId};
use crate::domain::policy::{self, Act, AnonymousReason, StaffId};
use crate::ports::Fault;
use async_graphql::{Context, ID, Interface, Object, SimpleObject, Union};

/// Anything that has an id of its own.
#[derive(Interface)]
#[graphql(field(
    name = "id",
    ty = "ID",
    desc = "Names this object among all of them, whatever its type. Opaque."
))]
pub enum Node {
    /// See the type.
    Clinic(Clinic),
    /// See the type.
    Caller(Caller),
    /// See the type.
    TeamMember(TeamMember),
    /// See the type.
    ApiClient(ApiClient),
    /// See the type.
    Webhook(Webhook),
}

/// Who asks: by the bearer token of the request or of the socket.
#[derive(Union)]
pub enum Viewer {
    /// Nobody in particular.
    Anonymous(Anonymous),
    /// A caller's own session.
    CallerSession(CallerSession),
    /// A signed-in team member.
    TeamMember(TeamMember),
    /// A staff tool by its key.
    ApiClient(ApiClient),
}

/// Nobody in particular: sees the public face of clinics, and can arrive.
#[derive(SimpleObject)]
pub struct Anonymous {
    /// Why the viewer is nobody: whether a token was missing or not recognised.
    pub reason: String,
}

/// A caller's own session: the token from `enterWaitingArea`, or the link in a recall's text.
#[derive(SimpleObject)]
pub struct CallerSession {
    /// The caller that the token opens, and the only one.
    pub caller: Caller,
}

/// What may be asked. Nothing here changes anything.
pub struct Query;

/// What may be asked. Nothing here changes anything.
#[Object]
impl Query {
    /// Any object the viewer may see, else null: what may not be seen is as if it did not exist.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The object's id.")] id: ID,
    ) -> Option<There<Node>> {
        or_null(ctx, node(ctx, &id).await)?.map(There)
    }

    /// Who asks.
    async fn viewer(&self, ctx: &Context<'_>) -> Result<There<Viewer>, Failure> {
        Ok(There(who_asks(ctx).await?))
    }

    /// The public face of a clinic, by the slug in its clinic link. Null when there is none.
    async fn clinic(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What follows `/c/` in the clinic link.")] slug: String,
    ) -> Option<Clinic> {
        let clinic = app(ctx).clinic_by_slug(&slug).await;
        or_null(ctx, clinic)?.map(Clinic::new)
    }

    /// How staff can sign in to this server. With `OPENID_CONNECT` a page of staff may lead to
    /// `/sign-in/openid` (`?clinic=<slug>` where one is meant), from which the browser comes back to
    /// `/console/sign-in` with a one-time token after `#`, as a sign-in link has.
    async fn sign_in_methods(&self, ctx: &Context<'_>) -> Vec<SignInMethod> {
        let methods = app(ctx).sign_in_methods();
        methods.into_iter().map(Into::into).collect()
    }
}

async fn node(ctx: &Context<'_>, id: &str) -> Result<Option<Node>, Fault> {
    if let Some(id) = ClinicId::parse(id) {
        // Its public face; the rest hides itself.
        return Ok(app(ctx)
            .clinic(&id)
            .await?
            .map(|clinic| Clinic::new(clinic).into()));
    }
    if let Some(id) = CallerId::parse(id) {
        return Ok(caller(ctx, &id).await?.map(Into::into));
    }
    if let Some(id) = WebhookId::parse(id) {
        let Some(within) = viewer(ctx).as_staff(Act::Configure) else {
            return Ok(None);
        };
        let webhook = app(ctx).webhook(&within, &id).await?;
        return Ok(webhook.map(|webhook| Webhook(webhook).into()));
    }
    let who = TeamMemberId::parse(id)
        .map(StaffId::TeamMember)
        .or_else(|| ApiClientId::parse(id).map(StaffId::ApiClient));
    let (Some(who), Some(within)) = (who, viewer(ctx).as_staff(Act::SeeWaitingArea)) else {
        return Ok(None);
    };
    let wrapped = TeamMemberOrApiClient::find(ctx, &within, &who).await?;
    Ok(wrapped.map(|wrapped| match wrapped {
        TeamMemberOrApiClient::TeamMember(member) => member.into(),
        TeamMemberOrApiClient::ApiClient(client) => client.into(),
    }))
}

/// A caller, as far as the viewer may see one by this id.
pub(super) async fn caller(ctx: &Context<'_>, id: &CallerId) -> Result<Option<Caller>, Fault> {
    let viewer = viewer(ctx);
    let within = match viewer.own() {
        Some((within, own)) => (own == *id).then_some(within),
        None => viewer.as_staff(Act::SeeWaitingArea),
    };
    let Some(within) = within else {
        return Ok(None);
    };
    let placed = app(ctx).caller(&within, id).await?;
    Ok(placed.and_then(|placed| Caller::seen_by(viewer, placed)))
}

async fn who_asks(ctx: &Context<'_>) -> Result<Viewer, Fault> {
    let not_recognised = || anonymous(AnonymousReason::NotRecognised);
    Ok(match &asking(ctx).presented.viewer {
        policy::Viewer::Anonymous { reason } => anonymous(*reason),
        policy::Viewer::Caller { caller: id, .. } => match caller(ctx, id).await? {
            Some(caller) => CallerSession { caller }.into(),
            None => not_recognised(),
        },
        policy::Viewer::Staff(staff) => {
            match TeamMemberOrApiClient::wrap(ctx, staff.clone()).await? {
                Some(TeamMemberOrApiClient::TeamMember(member)) => member.into(),
                Some(TeamMemberOrApiClient::ApiClient(client)) => client.into(),
                None => not_recognised(),
            }
        }
    })
}

fn anonymous(reason: AnonymousReason) -> Viewer {
    let reason = match reason {
        AnonymousReason::NoCredential => "No token was sent.",
        AnonymousReason::NotBearer => {
            "What was sent is no bearer token: send the header `Authorization: Bearer …`, once."
        }
        AnonymousReason::NotRecognised => {
            "The token that was sent is not recognised: it may have expired, been revoked, or been \
             cut short."
        }
    };
    Anonymous {
        reason: reason.to_owned(),
    }
    .into()
}
