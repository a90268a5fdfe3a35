//! Configure › Team and Configure › API keys.

use crate::app::access::{NewApiKey, SignInLink};
use crate::domain;
use crate::domain::id::{ApiClientId, SessionId, TeamMemberId};
use crate::domain::policy::{Act, StaffId, Within};
use crate::domain::refusal::Refusal;
use crate::graphql::asking::{app, viewer};
use crate::graphql::clinic::Clinic;
use crate::graphql::date_time::DateTime;
use crate::graphql::mutation::{Answer, answer, in_clinic};
use crate::graphql::team::{ApiClient, TeamMember, TeamRole};
use crate::graphql::user_error::{UserError, beyond_role};
use crate::ports::store::access::ListedKey;
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

/// What signed-in clinic admins do with the team, its sessions and the API keys.
#[derive(Default)]
pub struct AccessMutations;

#[Object]
impl AccessMutations {
    /// Signed-in clinic admin: adds a member to the team, with a one-time link to sign in by. Sent again,
    /// it is refused with `CONFLICT`: the name is taken by then, and `createSignInLink` makes another link.
    /// At most 1000 members.
    async fn add_team_member(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who is added.")] input: AddTeamMemberInput,
    ) -> Option<AddTeamMemberPayload> {
        let (added, user_errors) = answer(ctx, add_member(ctx, input).await)?;
        let (team_member, link) = added.unzip();
        let link: Option<SignInLink> = link.flatten();
        Some(AddTeamMemberPayload {
            team_member,
            sign_in_link_expires_at: link.as_ref().map(|link| link.expires_at.into()),
            sign_in_link: link.map(|link| link.url),
            user_errors,
        })
    }

    /// Signed-in clinic admin: changes a member's name or role. What is left out or null stays as it is.
    /// Sockets of a member whose role changes are closed within 5 seconds, with 4403; the session goes on
    /// with the new role. The last clinic admin stays one, and nobody changes their own role. With a clinic
    /// admin who becomes less, every unused sign-in link of the clinic ends. A member who signs in with OpenID
    /// Connect is at the next sign-in what the provider says, name and role: change it there.
    async fn update_team_member(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: UpdateTeamMemberInput,
    ) -> Option<UpdateTeamMemberPayload> {
        let (team_member, user_errors) = answer(ctx, change_member(ctx, input).await)?;
        Some(UpdateTeamMemberPayload {
            team_member,
            user_errors,
        })
    }

    /// Signed-in clinic admin: removes a member from the team. Sessions and sign-in links end at once,
    /// sockets are closed within 5 seconds, and what the member did stays in the logs. The last clinic
    /// admin cannot be removed, and nobody removes themself. With a clinic admin, every unused sign-in link
    /// of the clinic ends. A member who signs in with OpenID Connect is one again after the next sign-in for
    /// as long as the provider says so: take the role away there.
    async fn remove_team_member(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who is removed.")] input: RemoveTeamMemberInput,
    ) -> Option<RemoveTeamMemberPayload> {
        let removed = remove_member(ctx, &input.team_member_id).await;
        let (removed_team_member_id, user_errors) = answer(ctx, removed)?;
        Some(RemoveTeamMemberPayload {
            removed_team_member_id,
            user_errors,
        })
    }

    /// Signed-in clinic admin: makes a one-time link by which a member signs in. Those made before stay
    /// good until they are used or expire; at most 5.
    async fn create_sign_in_link(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom the link is for.")] input: CreateSignInLinkInput,
    ) -> Option<CreateSignInLinkPayload> {
        let made = make_sign_in_link(ctx, &input.team_member_id).await;
        let (link, user_errors) = answer(ctx, made)?;
        Some(CreateSignInLinkPayload {
            expires_at: link.as_ref().map(|link| link.expires_at.into()),
            sign_in_link: link.map(|link| link.url),
            user_errors,
        })
    }

    /// Team member: ends one of the own sessions; a signed-in clinic admin: one of any member. Sockets that
    /// were opened by it are closed within 5 seconds, with 4403.
    async fn end_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which session.")] input: EndSessionInput,
    ) -> Option<EndSessionPayload> {
        let ended = end_session(ctx, &input.session_id).await;
        let (ended_session_id, user_errors) = answer(ctx, ended)?;
        Some(EndSessionPayload {
            ended_session_id,
            user_errors,
        })
    }

    /// Signed-in clinic admin: makes an API key for a staff tool. The key is shown once; sent again, this
    /// makes another, and the one that was not seen is to be revoked. At most 100 that are good.
    async fn add_api_client(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the key is for, and what it may do.")] input: AddApiClientInput,
    ) -> Option<AddApiClientPayload> {
        let (added, user_errors) = answer(ctx, add_key(ctx, input).await)?;
        let (api_client, token) = added.unzip();
        Some(AddApiClientPayload {
            api_client,
            token,
            user_errors,
        })
    }

    /// Signed-in clinic admin: revokes an API key. It opens nothing from then on, and its sockets are closed
    /// within 5 seconds, with 4403. What was done by it stays in the logs.
    async fn revoke_api_client(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which key.")] input: RevokeApiClientInput,
    ) -> Option<RevokeApiClientPayload> {
        let revoked = revoke_key(ctx, &input.api_client_id).await;
        let (api_client, user_errors) = answer(ctx, revoked)?;
        Some(RevokeApiClientPayload {
            api_client,
            user_errors,
        })
    }
}

fn beyond() -> Refusal {
    beyond_role("This takes a signed-in clinic admin.")
}

/// The right to administer the own clinic, for something that whoever asks may see, or is told that it is
/// not there.
async fn administering_own(ctx: &Context<'_>, who: Option<StaffId>, field: &str) -> Answer<Within> {
    let viewer = viewer(ctx);
    let nobody = || Ok(Err(Refusal::not_found(field)));
    let (Some(who), Some(seeing)) = (who, viewer.as_staff(Act::SeeWaitingArea)) else {
        return nobody();
    };
    if let Some(within) = viewer.as_staff(Act::Administer) {
        return Ok(Ok(within));
    }
    match app(ctx).staff(&seeing, &who).await? {
        Some(_) => Ok(Err(beyond())),
        None => nobody(),
    }
}

async fn administering_member(ctx: &Context<'_>, id: &ID) -> Answer<(Within, TeamMemberId)> {
    let member = TeamMemberId::parse(id);
    let who = member.clone().map(StaffId::TeamMember);
    let within = administering_own(ctx, who, "teamMemberId").await?;
    // Without an id, whoever asks was told that there is nobody.
    let not_found = || Refusal::not_found("teamMemberId");
    Ok(within.and_then(|within| Ok((within, member.ok_or_else(not_found)?))))
}

async fn add_member(
    ctx: &Context<'_>,
    input: AddTeamMemberInput,
) -> Answer<(TeamMember, Option<SignInLink>)> {
    let within = match in_clinic(ctx, &input.clinic_id, Act::Administer, beyond) {
        Ok(within) => within,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let app = app(ctx);
    let added = app
        .add_team_member(&within, &input.name, input.role.into())
        .await?;
    let member = match added {
        Ok(member) => member,
        Err(refusal) => return Ok(Err(refusal)),
    };
    // Whoever asks may be no clinic admin any more: the member is added all the same.
    let link = app.sign_in_link(&within, &member.id).await?.ok();
    let wrapped = wrap_member(ctx, member).await?;
    Ok(wrapped.map(|wrapped| (wrapped, link)))
}

async fn change_member(ctx: &Context<'_>, input: UpdateTeamMemberInput) -> Answer<TeamMember> {
    let (within, id) = match administering_member(ctx, &input.team_member_id).await? {
        Ok(right) => right,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let role = input.role.map(Into::into);
    let changed = app(ctx)
        .change_team_member(&within, &id, input.name.as_deref(), role)
        .await?;
    match changed {
        Ok(member) => wrap_member(ctx, member).await,
        Err(refusal) => Ok(Err(refusal)),
    }
}

async fn wrap_member(ctx: &Context<'_>, member: domain::access::TeamMember) -> Answer<TeamMember> {
    // A right within a clinic is only given where there is one.
    let clinic = app(ctx).clinic(&member.clinic).await?;
    Ok(clinic
        .map(|clinic| TeamMember::new(member, Clinic::new(clinic), None))
        .ok_or_else(|| Refusal::not_found("teamMemberId")))
}

async fn remove_member(ctx: &Context<'_>, id: &ID) -> Answer<ID> {
    let (within, id) = match administering_member(ctx, id).await? {
        Ok(right) => right,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let removed = app(ctx).remove_team_member(&within, &id).await?;
    Ok(removed.map(|member| member.id.as_str().into()))
}

async fn make_sign_in_link(ctx: &Context<'_>, id: &ID) -> Answer<SignInLink> {
    let (within, id) = match administering_member(ctx, id).await? {
        Ok(right) => right,
        Err(refusal) => return Ok(Err(refusal)),
    };
    app(ctx).sign_in_link(&within, &id).await
}

async fn end_session(ctx: &Context<'_>, id: &ID) -> Answer<ID> {
    let viewer = viewer(ctx);
    let nowhere = || Refusal::not_found("sessionId");
    let of = match viewer.staff().map(|staff| &staff.who) {
        Some(StaffId::TeamMember(member)) => member,
        // Only team members see sessions: to others there are none.
        Some(StaffId::ApiClient(_)) | None => return Ok(Err(nowhere())),
    };
    let (within, of) = match viewer.as_staff(Act::Administer) {
        Some(within) => (Some(within), None),
        None => (viewer.as_staff(Act::SeeWaitingArea), Some(of)),
    };
    let (Some(within), Some(session)) = (within, SessionId::parse(id)) else {
        return Ok(Err(nowhere()));
    };
    let is_ended = app(ctx).end_session(&within, &session, of).await?;
    Ok(is_ended
        .then(|| session.as_str().into())
        .ok_or_else(nowhere))
}

async fn add_key(ctx: &Context<'_>, input: AddApiClientInput) -> Answer<(ApiClient, String)> {
    let within = match in_clinic(ctx, &input.clinic_id, Act::Administer, beyond) {
        Ok(within) => within,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let expires_at = input.expires_at.map(|expires_at| expires_at.0);
    let added = app(ctx)
        .add_key(&within, &input.name, input.role.into(), expires_at)
        .await?;
    match added {
        Ok(NewApiKey { listed, token }) => {
            let wrapped = wrap_key(ctx, listed).await?;
            Ok(wrapped.map(|client| (client, token.reveal().to_owned())))
        }
        Err(refusal) => Ok(Err(refusal)),
    }
}

async fn wrap_key(ctx: &Context<'_>, listed: ListedKey) -> Answer<ApiClient> {
    let clinic = app(ctx).clinic(&listed.key.clinic).await?;
    Ok(clinic
        .map(|clinic| ApiClient::new(listed, Clinic::new(clinic)))
        .ok_or_else(|| Refusal::not_found("apiClientId")))
}

async fn revoke_key(ctx: &Context<'_>, id: &ID) -> Answer<ApiClient> {
    const FIELD: &str = "apiClientId";
    let key = ApiClientId::parse(id);
    let who = key.clone().map(StaffId::ApiClient);
    let (within, key) = match (administering_own(ctx, who, FIELD).await?, key) {
        (Ok(within), Some(key)) => (within, key),
        (Err(refusal), _) => return Ok(Err(refusal)),
        (Ok(_), None) => return Ok(Err(Refusal::not_found(FIELD))),
    };
    match app(ctx).revoke_key(&within, &key).await? {
        Ok(listed) => wrap_key(ctx, listed).await,
        Err(refusal) => Ok(Err(refusal)),
    }
}

/// Who is added to a team.
#[derive(InputObject)]
pub struct AddTeamMemberInput {
    /// The clinic's id.
    pub clinic_id: ID,
    /// As colleagues know them; unlike every other member's. At most 100 characters.
    pub name: String,
    /// What they may do.
    pub role: TeamRole,
}

/// The member who was added.
#[derive(SimpleObject)]
pub struct AddTeamMemberPayload {
    /// The new member. Null when refused.
    pub team_member: Option<TeamMember>,
    /// A one-time link to sign in by, shown this once: hand it to the member and to nobody else. Null when
    /// refused.
    pub sign_in_link: Option<String>,
    /// Until when the link can be used. Null when refused.
    pub sign_in_link_expires_at: Option<DateTime>,
    /// Why nobody was added. Empty when somebody was.
    pub user_errors: Vec<UserError>,
}

/// What to change of a team member.
#[derive(InputObject)]
pub struct UpdateTeamMemberInput {
    /// The member's id.
    pub team_member_id: ID,
    /// As colleagues know them; unlike every other member's. At most 100 characters. Left out or null, it
    /// stays.
    pub name: Option<String>,
    /// What they may do. Left out or null, it stays.
    pub role: Option<TeamRole>,
}

/// The member who was changed.
#[derive(SimpleObject)]
pub struct UpdateTeamMemberPayload {
    /// As it now is. Null when refused.
    pub team_member: Option<TeamMember>,
    /// Why nothing changed. Empty when it did, or was so already.
    pub user_errors: Vec<UserError>,
}

/// Who is removed from a team.
#[derive(InputObject)]
pub struct RemoveTeamMemberInput {
    /// The member's id.
    pub team_member_id: ID,
}

/// The member who was removed.
#[derive(SimpleObject)]
pub struct RemoveTeamMemberPayload {
    /// The id of who is no member any more. Null when refused.
    pub removed_team_member_id: Option<ID>,
    /// Why nobody was removed. Empty when somebody was, also before.
    pub user_errors: Vec<UserError>,
}

/// Whom a sign-in link is for.
#[derive(InputObject)]
pub struct CreateSignInLinkInput {
    /// The member's id.
    pub team_member_id: ID,
}

/// A one-time sign-in link.
#[derive(SimpleObject)]
pub struct CreateSignInLinkPayload {
    /// The link, shown this once: hand it to the member and to nobody else. Null when refused.
    pub sign_in_link: Option<String>,
    /// Until when it can be used. Null when refused.
    pub expires_at: Option<DateTime>,
    /// Why there is no link. Empty when there is.
    pub user_errors: Vec<UserError>,
}

/// Which session ends.
#[derive(InputObject)]
pub struct EndSessionInput {
    /// The session's id.
    pub session_id: ID,
}

/// The session that ended.
#[derive(SimpleObject)]
pub struct EndSessionPayload {
    /// The id of the session that opens nothing any more. Null when refused.
    pub ended_session_id: Option<ID>,
    /// Why nothing ended. Empty when it did, also before.
    pub user_errors: Vec<UserError>,
}

/// What an API key is for, and what it may do.
#[derive(InputObject)]
pub struct AddApiClientInput {
    /// The clinic's id.
    pub clinic_id: ID,
    /// What it is for, as staff read it in activity logs. At most 100 characters.
    pub name: String,
    /// What whoever has it may do.
    pub role: TeamRole,
    /// From when it opens nothing: at most 2 years ahead. Left out or null, it does not expire.
    pub expires_at: Option<DateTime>,
}

/// The key that was made.
#[derive(SimpleObject)]
pub struct AddApiClientPayload {
    /// The key, as it is listed. Null when refused.
    pub api_client: Option<ApiClient>,
    /// The key itself, a bearer token, shown this once. Null when refused.
    pub token: Option<String>,
    /// Why there is no key. Empty when there is.
    pub user_errors: Vec<UserError>,
}

/// Which key is revoked.
#[derive(InputObject)]
pub struct RevokeApiClientInput {
    /// The key's id.
    pub api_client_id: ID,
}

/// The key that was revoked.
#[derive(SimpleObject)]
pub struct RevokeApiClientPayload {
    /// As it now is. Null when refused.
    pub api_client: Option<ApiClient>,
    /// Why nothing was revoked. Empty when it was, also before.
    pub user_errors: Vec<UserError>,
}
