//! Whoever knows staff by OpenID Connect.

use crate::domain::secret::never_printed;
use crate::domain::time::Timestamp;
use async_trait::async_trait;
use std::borrow::Cow;

/// One attempt to sign in, from the browser's leaving for the provider to its coming back.
pub struct SignInAttempt {
    /// Comes back with the browser: the answer belongs to this attempt.
    pub state: String,
    /// Comes back in the ID token: the token was made for this attempt.
    pub nonce: String,
    /// Proof Key for Code Exchange: only who has it can use the code.
    pub verifier: String,
    /// Where the browser comes back to.
    pub returns_to: String,
    /// When the browser was sent away: no honest ID token for this attempt is older.
    pub begun_at: Timestamp,
}
never_printed!(SignInAttempt, "SignInAttempt(…)");

/// A person, as the provider vouches for one.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// The provider.
    pub issuer: String,
    /// Its name for the person, which it gives to nobody else.
    pub subject: String,
    /// What the person is called, best first. Nobody is recognised by it.
    pub names: Vec<String>,
    /// What the configured claim holds; `None` where there is no such claim, or it is none of texts. That is
    /// not known then: it is another thing than a claim without a role.
    pub roles: Option<Vec<String>>,
}
never_printed!(Identity, "Identity(…)");

/// Why it is not known who somebody is. The words are for the log: they are ours, and hold nothing of what the
/// provider or the browser sent, but the addresses by which the provider is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotIdentified {
    /// The provider cannot be asked, or does not do what a provider does. It may be right in a while.
    Unavailable(Cow<'static, str>),
    /// The code was used already, has expired, or never was one.
    CodeRefused,
    /// What the provider answered cannot be believed.
    NotBelieved(&'static str),
}

/// A provider of identities. Answers within 40 s, by time limits of its own.
#[async_trait]
pub trait IdentityProvider: Send + Sync {
    /// Where the browser has to go, for the person to sign in there.
    async fn address(
        &self,
        attempt: &SignInAttempt,
        now: Timestamp,
    ) -> Result<String, NotIdentified>;

    /// Who the person is for whom the provider gave out this code.
    async fn identify(
        &self,
        attempt: &SignInAttempt,
        code: &str,
        now: Timestamp,
    ) -> Result<Identity, NotIdentified>;

    /// Whether this is the provider: some name themselves in their answer.
    fn is(&self, issuer: &str) -> bool;
}
