//! Who asks: tokens, sessions and keys.

use super::App;
use crate::domain::id::SessionId;
use crate::domain::limits::SESSION;
use crate::domain::policy::{AnonymousReason, Staff, Viewer};
use crate::domain::refusal::{Refusal, Why};
use crate::domain::secret::{Token, TokenHash, TokenKind};
use crate::domain::time::Timestamp;
use crate::ports::Fault;
use crate::ports::store::access::OpeningSession;

/// A viewer, and the credential by which to ask again whether it still holds.
#[derive(Clone, Debug)]
pub struct Presented {
    /// Who it spoke for when it was presented.
    pub viewer: Viewer,
    credential: Option<(TokenKind, TokenHash)>,
    session: Option<SessionId>,
}

impl Presented {
    /// Nobody: there is no credential to ask again about, so it always holds.
    #[must_use]
    pub fn anonymous(reason: AnonymousReason) -> Self {
        Self {
            viewer: Viewer::Anonymous { reason },
            credential: None,
            session: None,
        }
    }

    /// The session it was presented by, if it was one.
    #[must_use]
    pub fn session(&self) -> Option<&SessionId> {
        self.session.as_ref()
    }
}

/// What a credential opens when it is asked about again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// The same as when it was presented.
    Same,
    /// A caller's, whose lost place was taken back: the stay in that place. Whatever was opened before
    /// still speaks for the one that is over.
    AnotherStay,
    /// That no longer: it was ended or revoked, has expired, or its role is another one.
    No,
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
        let found = self.bearer(kind, &hash).await?;
        Ok(found.map(|(viewer, session)| Presented {
            viewer,
            credential: Some((kind, hash)),
            session,
        }))
    }

    async fn bearer(
        &self,
        kind: TokenKind,
        hash: &TokenHash,
    ) -> Result<Option<(Viewer, Option<SessionId>)>, Fault> {
        let now = self.clock.now();
        let found = match kind {
            TokenKind::Caller => {
                let found = self.store.caller_by_token(hash).await?;
                let viewer = found.map(|found| Viewer::Caller {
                    clinic: found.clinic,
                    caller: found.caller,
                    by_recall: found.recall,
                });
                return Ok(viewer.map(|viewer| (viewer, None)));
            }
            TokenKind::Session => self.store.staff_by_session(hash, now).await?,
            TokenKind::Key => self.store.staff_by_key(hash, now).await?,
            // A sign-in link opens a session and nothing else.
            TokenKind::SignIn => None,
        };
        let Some(found) = found else { return Ok(None) };
        self.uses.note(kind, hash, found.last_used_at, now);
        Ok(Some((Viewer::Staff(found.staff), found.session)))
    }

    /// Whether a credential still opens the same. Asked every few seconds for every socket and stream:
    /// one whose session or key was ended, revoked or has expired, whose member was removed, or whose role
    /// is another one, is closed by it.
    ///
    /// A caller's token is handed on when a lost place is taken back, and nothing else becomes of it. So it is
    /// looked up for those alone whose stay is over: for the thousands who wait, the store is not asked.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn still_holds(&self, presented: &Presented) -> Result<Holds, Fault> {
        let Some((kind, hash)) = &presented.credential else {
            return Ok(Holds::Same);
        };
        if let Viewer::Caller { caller, .. } = &presented.viewer
            && self.presence.tracks(caller)
        {
            return Ok(Holds::Same);
        }
        let found = self.bearer(*kind, hash).await?;
        Ok(match found {
            Some((viewer, _)) if opens_the_same(&viewer, &presented.viewer) => Holds::Same,
            Some((Viewer::Caller { .. }, _)) => Holds::AnotherStay,
            _ => Holds::No,
        })
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
        let opening = OpeningSession {
            link: self.keys.token(&link),
            id: SessionId::new(self.randomness.bits()),
            token: self.keys.token(&token),
            expires_at,
            now,
        };
        let staff = self.store.sign_in(&opening).await?;
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
                self.store.sign_out(hash, self.clock.now()).await?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }
}

/// Whether two viewers may do the same, and act under the same id. A new name is no reason to cut anybody
/// off.
fn opens_the_same(now: &Viewer, then: &Viewer) -> bool {
    match (now, then) {
        (Viewer::Staff(now), Viewer::Staff(then)) => {
            (&now.clinic, now.role, &now.who) == (&then.clinic, then.role, &then.who)
        }
        _ => now == then,
    }
}
