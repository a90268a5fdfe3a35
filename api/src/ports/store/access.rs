//! Sessions, team members and API keys: who has them, and how they end.

use super::Fault;
use crate::domain::access::{ApiKey, KeyChange, Session, SignInMethod, TeamChange, TeamMember};
use crate::domain::id::{ApiClientId, SessionId, TeamMemberId};
use crate::domain::policy::{Staff, Within};
use crate::domain::refusal::Refusal;
use crate::domain::secret::{TokenHash, TokenKind};
use crate::domain::time::Timestamp;
use async_trait::async_trait;

/// Sessions, team members and API keys: who has them, and how they end. Whatever changes one of them is in
/// the audit log in the same transaction, and is refused to a member who is no clinic admin any more.
#[async_trait]
pub trait AccessStore: Send + Sync {
    /// The members of a clinic's team, by name.
    async fn team(&self, within: &Within) -> Result<Vec<TeamMember>, Fault>;
    /// Someone who is or was a member of this clinic's team.
    async fn team_member(
        &self,
        within: &Within,
        id: &TeamMemberId,
    ) -> Result<Option<TeamMember>, Fault>;
    /// Decides a change of the team, by all who are or were members, and makes it. Answers with the
    /// member as it now is. With an admin who is removed or demoted, every unused sign-in link of the clinic
    /// ends: they may hold one that they made for another.
    async fn change_team(
        &self,
        within: &Within,
        decide: &(dyn for<'t> Fn(&'t [TeamMember]) -> Result<TeamChange, Refusal> + Send + Sync),
        now: Timestamp,
    ) -> Result<Result<TeamMember, Refusal>, Fault>;

    /// Keeps a one-time sign-in link. Refused when there is no such member.
    async fn add_sign_in(
        &self,
        within: &Within,
        link: &NewSignIn,
        now: Timestamp,
    ) -> Result<Result<(), Refusal>, Fault>;
    /// Uses a sign-in link up and opens a session, in one transaction.
    async fn sign_in(&self, opening: &OpeningSession) -> Result<Option<Staff>, Fault>;
    /// Ends a session by its token; ending one that is over is no fault.
    async fn sign_out(&self, session: &TokenHash, now: Timestamp) -> Result<(), Fault>;
    /// The sessions of a clinic's members that are not over at `now`, of one member or of all, the latest
    /// used first.
    async fn sessions(
        &self,
        within: &Within,
        of: Option<&TeamMemberId>,
        now: Timestamp,
    ) -> Result<Vec<Session>, Fault>;
    /// Ends a session of a clinic's member, of any or only of the one given. False when there is none by
    /// this id; true also for one that is over already.
    async fn end_session(
        &self,
        within: &Within,
        id: &SessionId,
        of: Option<&TeamMemberId>,
        now: Timestamp,
    ) -> Result<bool, Fault>;

    /// The keys of a clinic, revoked and expired ones too, the latest first.
    async fn api_keys(&self, within: &Within) -> Result<Vec<ListedKey>, Fault>;
    /// A key of this clinic, also one that opens nothing any more.
    async fn api_key(&self, within: &Within, id: &ApiClientId) -> Result<Option<ListedKey>, Fault>;
    /// Decides a change of the keys, by all that the clinic has or had, and makes it. `token` is that of a
    /// key which is added. Answers with the key as it now is.
    async fn change_keys(
        &self,
        within: &Within,
        decide: &(dyn for<'k> Fn(&'k [ApiKey]) -> Result<KeyChange, Refusal> + Send + Sync),
        token: Option<&TokenHash>,
        now: Timestamp,
    ) -> Result<Result<ListedKey, Refusal>, Fault>;

    /// Writes when credentials were last used. An earlier time than the one that is kept changes nothing.
    async fn record_uses(&self, uses: &[LastUse]) -> Result<(), Fault>;
}

/// A one-time sign-in link to be kept.
#[derive(Clone, Debug)]
pub struct NewSignIn {
    /// Whom it signs in.
    pub member: TeamMemberId,
    /// Of what leads the link's way.
    pub token: TokenHash,
    /// How whoever gets it was recognised.
    pub method: SignInMethod,
    /// Until when it can be used.
    pub expires_at: Timestamp,
}

/// A session to be opened by a link.
#[derive(Clone, Debug)]
pub struct OpeningSession {
    /// The link that is used up.
    pub link: TokenHash,
    /// Names the new session.
    pub id: SessionId,
    /// Opens it.
    pub token: TokenHash,
    /// Until when.
    pub expires_at: Timestamp,
    /// From when.
    pub now: Timestamp,
}

/// What a session or a key opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaffCredential {
    /// Who bears it.
    pub staff: Staff,
    /// The session; `None` for a key.
    pub session: Option<SessionId>,
    /// When it was last used, as far as that is written; `None` for a key that was never.
    pub last_used_at: Option<Timestamp>,
}

/// A key with the name of whoever added it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedKey {
    /// The key.
    pub key: ApiKey,
    /// The name of the member who added it, as it now is; `None` where a command did.
    pub added_by_name: Option<String>,
}

/// That a session or a key was used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastUse {
    /// A session or a key; others have no last use.
    pub kind: TokenKind,
    /// Which one.
    pub token: TokenHash,
    /// When.
    pub at: Timestamp,
}
