//! Who has access to a clinic: its team, their sessions, its API keys.

use cynic::{Enum, Id, QueryFragment};

use crate::clinic::TeamRole;
use crate::instant::Instant;
use crate::schema;
use crate::secret::{SessionToken, SignInLink};

/// How somebody signs in.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SignInMethod {
    /// By a one-time sign-in link.
    Link,
    /// At the organisation's identity provider; `/sign-in/openid` on the server leads there.
    #[cynic(rename = "OPENID_CONNECT")]
    OpenidConnect,
    /// A way that is newer than this client.
    #[cynic(fallback)]
    Unrecognised,
}

/// A member of a clinic's team, as its clinic admins see them.
#[derive(QueryFragment, Debug, Clone, PartialEq, Eq)]
#[cynic(graphql_type = "TeamMember")]
pub struct MemberOfTeam {
    /// Names this team member in every command.
    pub id: Id,
    /// As the activity log shows it.
    pub name: String,
    /// What they may do.
    pub role: TeamRole,
    /// Since when they are on the team.
    pub added_at: Instant,
    /// Where they are signed in; none unless the viewer may see it.
    pub sessions: Option<Vec<Session>>,
}

/// A place where a team member is signed in.
#[derive(QueryFragment, Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Names this session.
    pub id: Id,
    /// When they signed in.
    pub opened_at: Instant,
    /// How they signed in.
    pub opened_by: SignInMethod,
    /// When something was last asked with it, to about a minute.
    pub last_used_at: Instant,
    /// Until when it lasts.
    pub expires_at: Instant,
    /// Whether it is the session that asks.
    pub is_current: bool,
}

/// An API key of a clinic, without the key itself: that is shown once.
#[derive(QueryFragment, Debug, Clone, PartialEq, Eq)]
pub struct ApiClient {
    /// Names this key in every command.
    pub id: Id,
    /// As the activity log shows it.
    pub name: String,
    /// What it may do.
    pub role: TeamRole,
    /// When it was made.
    pub added_at: Instant,
    /// The team member who made it; none when the operator's command did.
    pub added_by: Option<String>,
    /// When something was last asked with it, to about a minute; none when nothing was yet.
    pub last_used_at: Option<Instant>,
    /// Until when it works; none when it does not expire.
    pub expires_at: Option<Instant>,
    /// When it was revoked; none while it was not.
    pub revoked_at: Option<Instant>,
}

/// What adding a team member gave.
#[derive(Debug, Clone, PartialEq)]
pub struct AddedTeamMember {
    /// As they now are.
    pub member: MemberOfTeam,
    /// By what they sign in the first time.
    pub link: NewSignInLink,
}

/// A one-time sign-in link that was just made.
#[derive(Debug, Clone, PartialEq)]
pub struct NewSignInLink {
    /// Shown this once.
    pub link: SignInLink,
    /// Until when it can be used.
    pub expires_at: Option<Instant>,
}

/// What making an API key gave.
#[derive(Debug, Clone, PartialEq)]
pub struct AddedApiClient {
    /// As it now is.
    pub client: ApiClient,
    /// The key itself; shown this once.
    pub token: SessionToken,
}
