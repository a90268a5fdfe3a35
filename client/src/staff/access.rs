//! The team, its sessions, and API keys: for signed-in clinic admins, never for a key.

use cynic::{Id, MutationBuilder, QueryBuilder};

use super::Staff;
use crate::access::{
    AddedApiClient, AddedTeamMember, ApiClient, MemberOfTeam, NewSignInLink, SignInMethod,
};
use crate::client_error::ClientError;
use crate::clinic::TeamRole;
use crate::endpoint::Endpoint;
use crate::instant::Instant;
use crate::operations::access as operations;
use crate::operations::{NodeVariables, given, unless_refused};
use crate::secret::{SessionToken, SignInLink};

impl Staff {
    /// How staff can sign in on a server.
    ///
    /// # Errors
    ///
    /// [`ClientError::Fault`] and [`ClientError::Unreachable`].
    pub async fn sign_in_methods(endpoint: &Endpoint) -> Result<Vec<SignInMethod>, ClientError> {
        let question = operations::SignInMethods::build(());
        Ok(endpoint.ask(&question, None).await?.sign_in_methods)
    }

    /// The team of a clinic, by name; none unless the viewer is a clinic admin signed in there.
    ///
    /// # Errors
    ///
    /// [`ClientError::Unauthorized`], [`ClientError::Fault`] and [`ClientError::Unreachable`].
    pub async fn team(&self, clinic_id: &Id) -> Result<Option<Vec<MemberOfTeam>>, ClientError> {
        let question = operations::TeamOfClinic::build(NodeVariables { id: clinic_id });
        Ok(
            match self.endpoint.ask(&question, self.token()).await?.node {
                Some(operations::TeamNode::Clinic(clinic)) => clinic.team,
                _ => None,
            },
        )
    }

    /// Adds a team member, and makes the link by which they sign in the first time. Sent again, it is
    /// refused because the name is taken: [`create_sign_in_link`](Self::create_sign_in_link) makes
    /// another link.
    ///
    /// # Errors
    ///
    /// Any [`ClientError`]; refused with the offending field when something given is not right.
    pub async fn add_team_member(
        &self,
        clinic_id: &Id,
        name: String,
        role: TeamRole,
    ) -> Result<AddedTeamMember, ClientError> {
        let input = operations::AddTeamMemberInput {
            clinic_id: clinic_id.clone(),
            name,
            role,
        };
        let variables = operations::AddTeamMemberVariables { input };
        let question = operations::AddTeamMember::build(variables);
        let answer = self.endpoint.ask(&question, self.token()).await?;
        let payload = given(answer.add_team_member, "what came of it")?;
        unless_refused((), payload.user_errors, None)?;
        Ok(AddedTeamMember {
            member: given(payload.team_member, "the team member")?,
            link: NewSignInLink {
                link: SignInLink::new(given(payload.sign_in_link, "the sign-in link")?),
                expires_at: payload.sign_in_link_expires_at,
            },
        })
    }

    /// Changes the name or the role of a team member; what is `None` stays. With another role their
    /// live connections end, and are made again.
    ///
    /// # Errors
    ///
    /// Any [`ClientError`]; refused for the clinic's last admin, who stays one, and for one's own role.
    pub async fn update_team_member(
        &self,
        team_member_id: &Id,
        name: Option<String>,
        role: Option<TeamRole>,
    ) -> Result<MemberOfTeam, ClientError> {
        let input = operations::UpdateTeamMemberInput {
            team_member_id: team_member_id.clone(),
            name,
            role,
        };
        let variables = operations::UpdateTeamMemberVariables { input };
        let question = operations::UpdateTeamMember::build(variables);
        let answer = self.endpoint.ask(&question, self.token()).await?;
        let payload = given(answer.update_team_member, "what came of it")?;
        unless_refused((), payload.user_errors, None)?;
        given(payload.team_member, "the team member")
    }

    /// Takes somebody off the team: their sessions and sign-in links end at once. Ask for
    /// confirmation first.
    ///
    /// # Errors
    ///
    /// Any [`ClientError`]; refused for oneself, and for the clinic's last admin.
    pub async fn remove_team_member(&self, team_member_id: &Id) -> Result<(), ClientError> {
        let input = operations::RemoveTeamMemberInput {
            team_member_id: team_member_id.clone(),
        };
        let variables = operations::RemoveTeamMemberVariables { input };
        let question = operations::RemoveTeamMember::build(variables);
        let answer = self.endpoint.ask(&question, self.token()).await?;
        let payload = given(answer.remove_team_member, "what came of it")?;
        unless_refused((), payload.user_errors, None)
    }

    /// Makes a one-time sign-in link for a team member.
    ///
    /// # Errors
    ///
    /// Any [`ClientError`].
    pub async fn create_sign_in_link(
        &self,
        team_member_id: &Id,
    ) -> Result<NewSignInLink, ClientError> {
        let input = operations::CreateSignInLinkInput {
            team_member_id: team_member_id.clone(),
        };
        let variables = operations::CreateSignInLinkVariables { input };
        let question = operations::CreateSignInLink::build(variables);
        let answer = self.endpoint.ask(&question, self.token()).await?;
        let payload = given(answer.create_sign_in_link, "what came of it")?;
        unless_refused((), payload.user_errors, None)?;
        Ok(NewSignInLink {
            link: SignInLink::new(given(payload.sign_in_link, "the sign-in link")?),
            expires_at: payload.expires_at,
        })
    }

    /// Signs a team member out of one place.
    ///
    /// # Errors
    ///
    /// Any [`ClientError`].
    pub async fn end_session(&self, session_id: &Id) -> Result<(), ClientError> {
        let input = operations::EndSessionInput {
            session_id: session_id.clone(),
        };
        let question = operations::EndSession::build(operations::EndSessionVariables { input });
        let answer = self.endpoint.ask(&question, self.token()).await?;
        let payload = given(answer.end_session, "what came of it")?;
        unless_refused((), payload.user_errors, None)
    }

    /// The API keys of a clinic, newest first, revoked ones too; none unless the viewer is a clinic
    /// admin signed in there.
    ///
    /// # Errors
    ///
    /// [`ClientError::Unauthorized`], [`ClientError::Fault`] and [`ClientError::Unreachable`].
    pub async fn api_clients(&self, clinic_id: &Id) -> Result<Option<Vec<ApiClient>>, ClientError> {
        let question = operations::ApiClientsOfClinic::build(NodeVariables { id: clinic_id });
        Ok(
            match self.endpoint.ask(&question, self.token()).await?.node {
                Some(operations::ApiClientsNode::Clinic(clinic)) => clinic.api_clients,
                _ => None,
            },
        )
    }

    /// Makes an API key. Without `expires_at` it works until it is revoked. Sent again, it makes
    /// another: revoke the one that was not seen.
    ///
    /// # Errors
    ///
    /// Any [`ClientError`]; refused with the offending field when something given is not right.
    pub async fn add_api_client(
        &self,
        clinic_id: &Id,
        name: String,
        role: TeamRole,
        expires_at: Option<Instant>,
    ) -> Result<AddedApiClient, ClientError> {
        let input = operations::AddApiClientInput {
            clinic_id: clinic_id.clone(),
            name,
            role,
            expires_at,
        };
        let question = operations::AddApiClient::build(operations::AddApiClientVariables { input });
        let answer = self.endpoint.ask(&question, self.token()).await?;
        let payload = given(answer.add_api_client, "what came of it")?;
        unless_refused((), payload.user_errors, None)?;
        Ok(AddedApiClient {
            client: given(payload.api_client, "the key's entry")?,
            token: SessionToken::new(given(payload.token, "the key")?),
        })
    }

    /// Revokes an API key: nothing asked with it is answered any more. Ask for confirmation first.
    ///
    /// # Errors
    ///
    /// Any [`ClientError`]. Revoking what is revoked already is none.
    pub async fn revoke_api_client(&self, api_client_id: &Id) -> Result<ApiClient, ClientError> {
        let input = operations::RevokeApiClientInput {
            api_client_id: api_client_id.clone(),
        };
        let variables = operations::RevokeApiClientVariables { input };
        let question = operations::RevokeApiClient::build(variables);
        let answer = self.endpoint.ask(&question, self.token()).await?;
        let payload = given(answer.revoke_api_client, "what came of it")?;
        unless_refused((), payload.user_errors, None)?;
        given(payload.api_client, "the key's entry")
    }
}
