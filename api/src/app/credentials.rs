//! Who asks: tokens, sessions and keys.

use super::App;
use crate::domain::policy::{AnonymousReason, Staff, Viewer};
use crate::domain::refusal::{Refusal, Why};
use crate::domain::secret::{Token, TokenHash, TokenKind};
use crate::domain::time::{Span, Timestamp};
use crate::ports::Fault;

/// How long a session lasts. A long shift, so that nobody is signed out in the middle of one.
pub const SESSION: Span = Span::hours(12);
/// How long a one-time sign-in link can be used.
pub const SIGN_IN_LINK: Span = Span::minutes(60);

/// A viewer, and the credential by which to ask again whether it still holds.
#[derive(Clone, Debug)]
pub struct Presented {
    /// Who it spoke for when it was presented.
    pub viewer: Viewer,
    credential: Option<(TokenKind, TokenHash)>,
}

impl Presented {
    /// Nobody: there is no credential to ask again about, so it always holds.
    #[must_use]
    pub fn anonymous(reason: AnonymousReason) -> Self {
        Self {
            viewer: Viewer::Anonymous { reason },
            credential: None,
        }
    }
}

/// A session just opened.
pub struct SignedIn {
    /// The team member the link was made for.
    pub staff: Staff,
    /// The session's own; the link's is used up.
    pub token: Token,
    /// [`SESSION`] from now; a session is not prolonged by being used.
    pub expires_at: Timestamp,
}

impl App {
    /// Who bears this credential; `None` when it is nobody's: unknown, expired, revoked or cut
    /// short.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn present(&self, credential: &str) -> Result<Option<Presented>, Fault> {
        let Some((kind, token)) = Token::parse(credential) else {
            return Ok(None);
        };
        let hash = self.keys.token(&token);
        let viewer = self.viewer(kind, &hash).await?;
        Ok(viewer.map(|viewer| Presented {
            viewer,
            credential: Some((kind, hash)),
        }))
    }

    async fn viewer(&self, kind: TokenKind, hash: &TokenHash) -> Result<Option<Viewer>, Fault> {
        let staff = match kind {
            TokenKind::Caller => {
                let found = self.store.caller_by_token(hash).await?;
                return Ok(found.map(|found| Viewer::Caller {
                    clinic: found.clinic,
                    caller: found.caller,
                    by_recall: found.recall,
                }));
            }
            TokenKind::Session => self.store.staff_by_session(hash, self.clock.now()).await?,
            TokenKind::Key => self.store.staff_by_key(hash).await?,
            // A sign-in link opens a session and nothing else.
            TokenKind::SignIn => None,
        };
        Ok(staff.map(Viewer::Staff))
    }

    /// Whether a credential still speaks for the same viewer. Asked every few seconds for every
    /// socket, and a caller's token is never taken back, so only staff's are looked up.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn still_holds(&self, presented: &Presented) -> Result<bool, Fault> {
        match &presented.credential {
            None | Some((TokenKind::Caller, _)) => Ok(true),
            Some((kind, hash)) => {
                Ok(self.viewer(*kind, hash).await?.as_ref() == Some(&presented.viewer))
            }
        }
    }

    /// Uses a one-time sign-in link up and opens a session.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn sign_in(&self, link: &str) -> Result<Result<SignedIn, Refusal>, Fault> {
        let refused = || {
            let message = "This sign-in link was used already or has expired. Ask for a new one.";
            Refusal::new(Why::NotFound, message).at("token")
        };
        let Some((TokenKind::SignIn, link)) = Token::parse(link.trim()) else {
            return Ok(Err(refused()));
        };
        let now = self.clock.now();
        let token = Token::new(TokenKind::Session, self.randomness.bits());
        let expires_at = now + SESSION;
        let (link, session) = (self.keys.token(&link), self.keys.token(&token));
        let staff = self.store.sign_in(&link, &session, expires_at, now).await?;
        Ok(staff
            .map(|staff| SignedIn {
                staff,
                token,
                expires_at,
            })
            .ok_or_else(refused))
    }

    /// Ends the session that asks.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn sign_out(&self, presented: &Presented) -> Result<bool, Fault> {
        match &presented.credential {
            Some((TokenKind::Session, hash)) => {
                self.store.sign_out(hash).await?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }
}
