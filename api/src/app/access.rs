//! The team, its sessions and the API keys: who gets in, and how that ends.

use super::App;
use crate::domain::access::{
    ApiKey, Session, SignInMethod, TeamChange, TeamMember, add_key, add_member, change_member,
    parse_staff_name, remove_member, revoke_key,
};
use crate::domain::event::Actor;
use crate::domain::id::{ApiClientId, SessionId, TeamMemberId};
use crate::domain::limits::{LAST_USE_EVERY, SIGN_IN_LINK};
use crate::domain::policy::{Role, Within};
use crate::domain::refusal::Refusal;
use crate::domain::secret::{Token, TokenHash, TokenKind};
use crate::domain::time::{Span, Timestamp};
use crate::ports::Fault;
use crate::ports::store::access::{LastUse, ListedKey, NewSignIn};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A one-time sign-in link, as it is handed to its member.
pub struct SignInLink {
    /// The whole address; its token stands in the fragment.
    pub url: String,
    /// Until when it can be used.
    pub expires_at: Timestamp,
}

/// An API key just made.
pub struct NewApiKey {
    /// As it is listed.
    pub listed: ListedKey,
    /// The key itself, which nobody can show again.
    pub token: Token,
}

impl App {
    /// The members of a clinic's team, by name.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn team(&self, within: &Within) -> Result<Vec<TeamMember>, Fault> {
        self.store.team(within).await
    }

    /// Someone who is or was a member of this clinic's team.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn team_member(
        &self,
        within: &Within,
        id: &TeamMemberId,
    ) -> Result<Option<TeamMember>, Fault> {
        self.store.team_member(within, id).await
    }

    /// Adds a member to the team, who cannot sign in before a link is made.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn add_team_member(
        &self,
        within: &Within,
        name: &str,
        role: Role,
    ) -> Result<Result<TeamMember, Refusal>, Fault> {
        let name = match parse_staff_name(name) {
            Ok(name) => name,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let now = self.clock.now();
        let new = TeamMember {
            id: TeamMemberId::new(self.randomness.bits()),
            clinic: within.clinic().clone(),
            name,
            role,
            added_at: now,
            removed_at: None,
        };
        self.change_team(within, now, &|team| {
            add_member(team, within.actor(), new.clone())
        })
        .await
    }

    /// Changes a member's name, role or both; what is `None` stays.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn change_team_member(
        &self,
        within: &Within,
        id: &TeamMemberId,
        name: Option<&str>,
        role: Option<Role>,
    ) -> Result<Result<TeamMember, Refusal>, Fault> {
        let name = match name.map(parse_staff_name).transpose() {
            Ok(name) => name,
            Err(refusal) => return Ok(Err(refusal)),
        };
        self.change_team(within, self.clock.now(), &|team| {
            change_member(team, within.actor(), id, name.clone(), role)
        })
        .await
    }

    /// Removes a member: sessions, sockets and sign-in links end.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn remove_team_member(
        &self,
        within: &Within,
        id: &TeamMemberId,
    ) -> Result<Result<TeamMember, Refusal>, Fault> {
        let now = self.clock.now();
        self.change_team(within, now, &|team| {
            remove_member(team, within.actor(), id, now)
        })
        .await
    }

    async fn change_team(
        &self,
        within: &Within,
        now: Timestamp,
        decide: &(dyn for<'t> Fn(&'t [TeamMember]) -> Result<TeamChange, Refusal> + Send + Sync),
    ) -> Result<Result<TeamMember, Refusal>, Fault> {
        self.store.change_team(within, decide, now).await
    }

    /// A one-time link by which a team member signs in. Refused when there is no such member, or whoever asks
    /// is no clinic admin any more.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn sign_in_link(
        &self,
        within: &Within,
        member: &TeamMemberId,
    ) -> Result<Result<SignInLink, Refusal>, Fault> {
        let expires_at = self.clock.now() + SIGN_IN_LINK;
        let token = self
            .sign_in_token(within, member, SignInMethod::Link, SIGN_IN_LINK)
            .await?;
        Ok(token.map(|token| SignInLink {
            url: self.sign_in_address(&token),
            expires_at,
        }))
    }

    /// The address of the console that uses a sign-in token up. The token stands in the fragment, which
    /// browsers send to nobody.
    #[must_use]
    pub fn sign_in_address(&self, token: &Token) -> String {
        format!(
            "{}/console/sign-in#{}",
            self.public_url.as_str(),
            token.reveal()
        )
    }

    /// A token that opens one session of a member who was recognised by `method`, within `valid_for`. Refused
    /// as a link is.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) async fn sign_in_token(
        &self,
        within: &Within,
        member: &TeamMemberId,
        method: SignInMethod,
        valid_for: Span,
    ) -> Result<Result<Token, Refusal>, Fault> {
        let now = self.clock.now();
        let token = Token::new(TokenKind::SignIn, self.randomness.bits());
        let link = NewSignIn {
            member: member.clone(),
            token: self.keys.token(&token),
            method,
            expires_at: now + valid_for,
        };
        let added = self.store.add_sign_in(within, &link, now).await?;
        Ok(added.map(|()| token))
    }

    /// The sessions of a clinic's members, of one or of all, the latest used first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn sessions(
        &self,
        within: &Within,
        of: Option<&TeamMemberId>,
    ) -> Result<Vec<Session>, Fault> {
        self.store.sessions(within, of, self.clock.now()).await
    }

    /// Ends a session of any member, or only of the one given. False when there is none by this id.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn end_session(
        &self,
        within: &Within,
        id: &SessionId,
        of: Option<&TeamMemberId>,
    ) -> Result<bool, Fault> {
        let now = self.clock.now();
        self.store.end_session(within, id, of, now).await
    }

    /// The keys of a clinic, revoked and expired ones too, the latest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn api_keys(&self, within: &Within) -> Result<Vec<ListedKey>, Fault> {
        self.store.api_keys(within).await
    }

    /// A key of this clinic, also one that opens nothing any more.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn api_key(
        &self,
        within: &Within,
        id: &ApiClientId,
    ) -> Result<Option<ListedKey>, Fault> {
        self.store.api_key(within, id).await
    }

    /// Makes an API key; it is shown once.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn add_key(
        &self,
        within: &Within,
        name: &str,
        role: Role,
        expires_at: Option<Timestamp>,
    ) -> Result<Result<NewApiKey, Refusal>, Fault> {
        let name = match parse_staff_name(name) {
            Ok(name) => name,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let now = self.clock.now();
        let token = Token::new(TokenKind::Key, self.randomness.bits());
        let hash = self.keys.token(&token);
        let new = ApiKey {
            id: ApiClientId::new(self.randomness.bits()),
            clinic: within.clinic().clone(),
            name,
            role,
            added_at: now,
            added_by: match within.actor() {
                Actor::TeamMember(id) => Some(id.clone()),
                Actor::System | Actor::ApiClient(_) | Actor::Caller => None,
            },
            last_used_at: None,
            expires_at,
            revoked_at: None,
        };
        let decide = |keys: &[ApiKey]| add_key(keys, new.clone(), now);
        let added = self
            .store
            .change_keys(within, &decide, Some(&hash), now)
            .await?;
        Ok(added.map(|listed| NewApiKey { listed, token }))
    }

    /// Revokes an API key: it opens nothing any more, and its sockets are closed.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn revoke_key(
        &self,
        within: &Within,
        id: &ApiClientId,
    ) -> Result<Result<ListedKey, Refusal>, Fault> {
        let now = self.clock.now();
        let decide = |keys: &[ApiKey]| revoke_key(keys, id, now);
        self.store.change_keys(within, &decide, None, now).await
    }

    /// Writes down which sessions and keys were used, every so often, until the task is dropped.
    pub async fn record_uses_regularly(&self, every: Duration) {
        let mut ticks = tokio::time::interval(every);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Err(fault) = self.record_uses().await {
                tracing::error!(fault = fault.chain(), "uses could not be written down");
            }
        }
    }

    /// Writes down which sessions and keys were used since the last time. What cannot be written is
    /// forgotten: the next use is noted again.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn record_uses(&self) -> Result<(), Fault> {
        let uses = self.uses.take();
        if uses.is_empty() {
            return Ok(());
        }
        self.store.record_uses(&uses).await
    }
}

/// Uses that are not written down yet: no request waits for the writer. Only good credentials come in
/// here, each once, so there are never more than there are of them.
#[derive(Default)]
pub(crate) struct Uses(Mutex<HashMap<TokenHash, (TokenKind, Timestamp)>>);

impl Uses {
    /// Notes a use, where the one that is written down is old.
    pub(crate) fn note(
        &self,
        kind: TokenKind,
        token: &TokenHash,
        written: Option<Timestamp>,
        now: Timestamp,
    ) {
        let is_due = written.is_none_or(|written| written + LAST_USE_EVERY <= now);
        if is_due {
            self.noted().insert(token.clone(), (kind, now));
        }
    }

    fn take(&self) -> Vec<LastUse> {
        let noted = std::mem::take(&mut *self.noted());
        let last_use = |(token, (kind, at))| LastUse { kind, token, at };
        noted.into_iter().map(last_use).collect()
    }

    fn noted(&self) -> MutexGuard<'_, HashMap<TokenHash, (TokenKind, Timestamp)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
