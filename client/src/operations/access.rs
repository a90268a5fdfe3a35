//! The team, its sessions, and API keys.

use cynic::{Id, InlineFragments, InputObject, QueryFragment, QueryVariables};

use super::{NodeVariablesFields, UserErrorFragment};
use crate::access::{ApiClient, MemberOfTeam, SignInMethod};
use crate::clinic::TeamRole;
use crate::instant::Instant;
use crate::schema;

#[derive(QueryFragment)]
#[cynic(graphql_type = "Query")]
pub(crate) struct SignInMethods {
    pub sign_in_methods: Vec<SignInMethod>,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Query", variables = "NodeVariables")]
pub(crate) struct TeamOfClinic {
    #[arguments(id: $id)]
    pub node: Option<TeamNode>,
}

#[derive(InlineFragments)]
#[cynic(graphql_type = "Node")]
pub(crate) enum TeamNode {
    Clinic(TeamClinic),
    #[cynic(fallback)]
    Other,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Clinic")]
pub(crate) struct TeamClinic {
    pub team: Option<Vec<MemberOfTeam>>,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Query", variables = "NodeVariables")]
pub(crate) struct ApiClientsOfClinic {
    #[arguments(id: $id)]
    pub node: Option<ApiClientsNode>,
}

#[derive(InlineFragments)]
#[cynic(graphql_type = "Node")]
pub(crate) enum ApiClientsNode {
    Clinic(ApiClientsClinic),
    #[cynic(fallback)]
    Other,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Clinic")]
pub(crate) struct ApiClientsClinic {
    pub api_clients: Option<Vec<ApiClient>>,
}

#[derive(InputObject)]
pub(crate) struct AddTeamMemberInput {
    pub clinic_id: Id,
    pub name: String,
    pub role: TeamRole,
}

#[derive(QueryVariables)]
pub(crate) struct AddTeamMemberVariables {
    pub input: AddTeamMemberInput,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "AddTeamMemberVariables")]
pub(crate) struct AddTeamMember {
    #[arguments(input: $input)]
    pub add_team_member: Option<AddTeamMemberPayload>,
}

#[derive(QueryFragment)]
pub(crate) struct AddTeamMemberPayload {
    pub team_member: Option<MemberOfTeam>,
    pub sign_in_link: Option<String>,
    pub sign_in_link_expires_at: Option<Instant>,
    pub user_errors: Vec<UserErrorFragment>,
}

#[derive(InputObject)]
pub(crate) struct UpdateTeamMemberInput {
    pub team_member_id: Id,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub role: Option<TeamRole>,
}

#[derive(QueryVariables)]
pub(crate) struct UpdateTeamMemberVariables {
    pub input: UpdateTeamMemberInput,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "UpdateTeamMemberVariables")]
pub(crate) struct UpdateTeamMember {
    #[arguments(input: $input)]
    pub update_team_member: Option<UpdateTeamMemberPayload>,
}

#[derive(QueryFragment)]
pub(crate) struct UpdateTeamMemberPayload {
    pub team_member: Option<MemberOfTeam>,
    pub user_errors: Vec<UserErrorFragment>,
}

#[derive(InputObject)]
pub(crate) struct RemoveTeamMemberInput {
    pub team_member_id: Id,
}

#[derive(QueryVariables)]
pub(crate) struct RemoveTeamMemberVariables {
    pub input: RemoveTeamMemberInput,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "RemoveTeamMemberVariables")]
pub(crate) struct RemoveTeamMember {
    #[arguments(input: $input)]
    pub remove_team_member: Option<RemoveTeamMemberPayload>,
}

#[derive(QueryFragment)]
pub(crate) struct RemoveTeamMemberPayload {
    pub user_errors: Vec<UserErrorFragment>,
}

#[derive(InputObject)]
pub(crate) struct CreateSignInLinkInput {
    pub team_member_id: Id,
}

#[derive(QueryVariables)]
pub(crate) struct CreateSignInLinkVariables {
    pub input: CreateSignInLinkInput,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "CreateSignInLinkVariables")]
pub(crate) struct CreateSignInLink {
    #[arguments(input: $input)]
    pub create_sign_in_link: Option<CreateSignInLinkPayload>,
}

#[derive(QueryFragment)]
pub(crate) struct CreateSignInLinkPayload {
    pub sign_in_link: Option<String>,
    pub expires_at: Option<Instant>,
    pub user_errors: Vec<UserErrorFragment>,
}

#[derive(InputObject)]
pub(crate) struct EndSessionInput {
    pub session_id: Id,
}

#[derive(QueryVariables)]
pub(crate) struct EndSessionVariables {
    pub input: EndSessionInput,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "EndSessionVariables")]
pub(crate) struct EndSession {
    #[arguments(input: $input)]
    pub end_session: Option<EndSessionPayload>,
}

#[derive(QueryFragment)]
pub(crate) struct EndSessionPayload {
    pub user_errors: Vec<UserErrorFragment>,
}

#[derive(InputObject)]
pub(crate) struct AddApiClientInput {
    pub clinic_id: Id,
    pub name: String,
    pub role: TeamRole,
    pub expires_at: Option<Instant>,
}

#[derive(QueryVariables)]
pub(crate) struct AddApiClientVariables {
    pub input: AddApiClientInput,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "AddApiClientVariables")]
pub(crate) struct AddApiClient {
    #[arguments(input: $input)]
    pub add_api_client: Option<AddApiClientPayload>,
}

#[derive(QueryFragment)]
pub(crate) struct AddApiClientPayload {
    pub api_client: Option<ApiClient>,
    pub token: Option<String>,
    pub user_errors: Vec<UserErrorFragment>,
}

#[derive(InputObject)]
pub(crate) struct RevokeApiClientInput {
    pub api_client_id: Id,
}

#[derive(QueryVariables)]
pub(crate) struct RevokeApiClientVariables {
    pub input: RevokeApiClientInput,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "RevokeApiClientVariables")]
pub(crate) struct RevokeApiClient {
    #[arguments(input: $input)]
    pub revoke_api_client: Option<RevokeApiClientPayload>,
}

#[derive(QueryFragment)]
pub(crate) struct RevokeApiClientPayload {
    pub api_client: Option<ApiClient>,
    pub user_errors: Vec<UserErrorFragment>,
}
