//! What is set up from the command line: clinics, team members, sign-in links, API keys.

use super::App;
use super::credentials::SIGN_IN_LINK;
use crate::domain::clinic::{Clinic, RoomUrlTemplate, Settings, Slug, parse_clinic_name};
use crate::domain::id::{ApiClientId, ClinicId, TeamMemberId};
use crate::domain::phone_number::Country;
use crate::domain::policy::{Role, StaffId, Within};
use crate::domain::refusal::{Refusal, Why};
use crate::domain::secret::{Token, TokenKind};
use crate::ports::Fault;
use crate::ports::store::{NewKey, NewTeamMember};

impl App {
    /// Every clinic, by slug.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn clinics(&self) -> Result<Vec<Clinic>, Fault> {
        self.store.clinics().await
    }

    /// Adds a clinic.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn add_clinic(
        &self,
        slug: &str,
        name: &str,
        country: &str,
        room_url_template: &str,
    ) -> Result<Result<Clinic, Refusal>, Fault> {
        let read = || {
            let slug = Slug::parse(slug).ok_or_else(|| {
                let message = "A slug is 1 to 60 of the lower-case letters, digits and hyphens.";
                Refusal::invalid("slug", message)
            })?;
            let country = Country::parse(country)
                .ok_or_else(|| Refusal::invalid("country", "Use the two letters of a country."))?;
            let template = RoomUrlTemplate::parse(room_url_template, "roomUrlTemplate")?;
            Ok((
                slug,
                parse_clinic_name(name)?,
                Settings::new(country, template),
            ))
        };
        let (slug, name, settings) = match read() {
            Ok(read) => read,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let id = ClinicId::new(self.randomness.bits());
        let clinic = Clinic {
            id,
            slug,
            name,
            version: 0,
            settings,
        };
        if self.store.add_clinic(&clinic).await? {
            Ok(Ok(clinic))
        } else {
            let message = "There is a clinic by this slug already.";
            Ok(Err(Refusal::new(Why::Conflict, message).at("slug")))
        }
    }

    /// Adds a member to a clinic's team.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn add_team_member(
        &self,
        clinic: &ClinicId,
        name: &str,
        role: Role,
    ) -> Result<TeamMemberId, Fault> {
        let id = TeamMemberId::new(self.randomness.bits());
        let member = NewTeamMember {
            id: id.clone(),
            clinic: clinic.clone(),
            name: name.to_owned(),
            role,
            at: self.clock.now(),
        };
        self.store.add_team_member(&member).await?;
        Ok(id)
    }

    /// The member of a clinic's team by this name, if there is one.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn team_member(
        &self,
        clinic: &ClinicId,
        name: &str,
    ) -> Result<Option<TeamMemberId>, Fault> {
        let team = self.store.team(&Within::system(clinic.clone())).await?;
        Ok(team
            .into_iter()
            .find(|staff| staff.name == name)
            .and_then(|staff| match staff.who {
                StaffId::TeamMember(id) => Some(id),
                StaffId::ApiClient(_) => None,
            }))
    }

    /// A one-time link by which a team member signs in.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn sign_in_link(&self, member: &TeamMemberId) -> Result<String, Fault> {
        let token = Token::new(TokenKind::SignIn, self.randomness.bits());
        let expires_at = self.clock.now() + SIGN_IN_LINK;
        self.store
            .add_sign_in(member, &self.keys.token(&token), expires_at)
            .await?;
        Ok(format!(
            "{}/console/sign-in#{}",
            self.public_url.as_str(),
            token.reveal()
        ))
    }

    /// Makes an API key; it is shown once.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn add_key(&self, clinic: &ClinicId, name: &str, role: Role) -> Result<Token, Fault> {
        let token = Token::new(TokenKind::Key, self.randomness.bits());
        let key = NewKey {
            id: ApiClientId::new(self.randomness.bits()),
            clinic: clinic.clone(),
            name: name.to_owned(),
            role,
            token: self.keys.token(&token),
            at: self.clock.now(),
        };
        self.store.add_key(&key).await?;
        Ok(token)
    }
}
