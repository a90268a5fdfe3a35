//! People whom an identity provider knows, as members of clinics' teams.

use super::Fault;
use crate::domain::access::TeamMember;
use crate::domain::id::{ClinicId, TeamMemberId};
use crate::domain::policy::Role;
use crate::domain::secret::{TokenHash, never_printed};
use crate::domain::time::Timestamp;
use async_trait::async_trait;

/// People whom an identity provider knows, as members of clinics' teams.
#[async_trait]
pub trait OpenIdStore: Send + Sync {
    /// Notes that an attempt to sign in has come back. False when it has before. `until` is when it would not be
    /// believed any more in any case: then it is forgotten.
    async fn use_openid_state(
        &self,
        state: &TokenHash,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<bool, Fault>;

    /// Makes a person what the provider says, in one transaction: a member of these clinics by this name with
    /// these roles, and of no other where these are all. Who was one before is the same again. Answers with the memberships;
    /// without those in teams that are full.
    async fn renew_memberships(
        &self,
        person: &Person,
        named: &Named,
        now: Timestamp,
    ) -> Result<Vec<TeamMember>, Fault>;
}

/// Somebody whom a provider knows.
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    /// The provider.
    pub issuer: String,
    /// Its name for the person.
    pub subject: String,
    /// What colleagues read; `None` where the provider tells none.
    pub name: Option<String>,
}
never_printed!(Person, "Person(…)");

/// The clinics that a provider names for a person.
#[derive(Clone, Debug)]
pub struct Named {
    /// Those that there are, each once.
    pub granted: Vec<Granted>,
    /// Whether it names no other.
    pub is_all: bool,
}

/// A role that a person is to have.
#[derive(Clone, Debug)]
pub struct Granted {
    /// Where.
    pub clinic: ClinicId,
    /// What the person may do there.
    pub role: Role,
    /// What the person is recorded under, when new there.
    pub new_id: TeamMemberId,
}
