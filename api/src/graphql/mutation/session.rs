//! Sessions of team members.

use crate::domain::policy::Viewer;
use crate::domain::refusal::{Refusal, Why};
use crate::graphql::asking::{app, asking};
use crate::graphql::date_time::DateTime;
use crate::graphql::fault::or_null;
use crate::graphql::team::{TeamMember, TeamMemberOrApiClient};
use crate::graphql::user_error::UserError;
use crate::ports::Fault;
use async_graphql::{Context, InputObject, Object, SimpleObject};

/// Sessions of team members.
#[derive(Default)]
pub struct SessionMutations;

#[Object]
impl SessionMutations {
    /// Exchanges the one-time sign-in link's token for a session.
    async fn sign_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The token of the link.")] input: SignInInput,
    ) -> Option<SignInPayload> {
        or_null(ctx, sign_in(ctx, &input.token).await)
    }

    /// Ends the session that asks. Its token opens nothing from then on.
    async fn sign_out(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Nothing that matters.")] input: SignOutInput,
    ) -> Option<SignOutPayload> {
        let _ = input;
        or_null(ctx, sign_out(ctx).await)
    }
}

async fn sign_in(ctx: &Context<'_>, link: &str) -> Result<SignInPayload, Fault> {
    let mut payload = SignInPayload {
        token: None,
        expires_at: None,
        viewer: None,
        user_errors: Vec::new(),
    };
    match app(ctx).sign_in(link).await? {
        Ok(signed_in) => {
            payload.token = Some(signed_in.token.reveal().to_owned());
            payload.expires_at = Some(signed_in.expires_at.into());
            let wrapped = TeamMemberOrApiClient::wrap(ctx, signed_in.staff).await?;
            if let Some(TeamMemberOrApiClient::TeamMember(member)) = wrapped {
                payload.viewer = Some(member);
            }
        }
        Err(refusal) => payload.user_errors.push(refusal.into()),
    }
    Ok(payload)
}

async fn sign_out(ctx: &Context<'_>) -> Result<SignOutPayload, Fault> {
    let presented = &asking(ctx).presented;
    let signed_out = app(ctx).sign_out(presented).await?
        // Sent again, its token is nobody's any more: what is asked for is so already.
        || matches!(presented.viewer, Viewer::Anonymous { .. });
    let message = "Only the session of a team member can be signed out.";
    let refusal = (!signed_out).then(|| Refusal::new(Why::Unavailable, message));
    Ok(SignOutPayload {
        signed_out,
        user_errors: refusal.map(Into::into).into_iter().collect(),
    })
}

/// A one-time sign-in link.
#[derive(InputObject)]
pub struct SignInInput {
    /// What follows # in the one-time sign-in link.
    pub token: String,
}

/// A session.
#[derive(SimpleObject)]
pub struct SignInPayload {
    /// Bearer token of the session, shown once. Null when refused.
    pub token: Option<String>,
    /// Until when the session lasts. Null when refused.
    pub expires_at: Option<DateTime>,
    /// Who is signed in. Null when refused.
    pub viewer: Option<TeamMember>,
    /// Why nobody is signed in. Empty when somebody is.
    pub user_errors: Vec<UserError>,
}

/// Nothing that matters: the token says whose session ends.
#[derive(InputObject)]
pub struct SignOutInput {
    /// Whatever helps a client to tell its requests apart. It is not looked at.
    pub client_mutation_id: Option<String>,
}

/// What became of the session.
#[derive(SimpleObject)]
pub struct SignOutPayload {
    /// Whether the token that was sent, if any, opens nothing (any more).
    pub signed_out: bool,
    /// Why nothing ended: the viewer is a caller or an API key. Empty when it did.
    pub user_errors: Vec<UserError>,
}
