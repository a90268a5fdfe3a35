//! Signing in with OpenID Connect: by way of the clinic's identity provider, and back.
//!
//! What an attempt needs (state, nonce, PKCE verifier) is made from a secret that only the browser keeps and the
//! server's key: nothing is kept here while somebody types a password there, a restart loses no attempt, and a
//! flood of attempts fills nothing. That an attempt came back is kept until it would have expired: each counts
//! once.
//!
//! **The provider is the authority on whoever signs in through it.** At each sign-in the person's name and role
//! are what it says, in every clinic it names; membership of a clinic that it no longer names ends, with its
//! sessions, also when nothing else is left. What it does not say is not taken for a no: without the claim that
//! holds roles, or with more clinics in it than are looked at, no membership ends. So a member who was removed in the console is one again after
//! signing in for as long as the provider says so: to keep somebody out, take the role away there.

use super::App;
use crate::domain::access::SignInMethod;
use crate::domain::clinic::{Clinic, Slug};
use crate::domain::grant::{Grants, MOST_CLINICS, name_of_person};
use crate::domain::id::TeamMemberId;
use crate::domain::policy::Within;
use crate::domain::secret::{Token, TokenHash, never_printed};
use crate::domain::time::{Span, Timestamp};
use crate::ports::Fault;
use crate::ports::identity_provider::{IdentityProvider, NotIdentified, SignInAttempt};
use crate::ports::store::openid::{Granted, Named, Person};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::sync::Arc;
use subtle::ConstantTimeEq as _;

/// How long signing in at the provider may take.
pub const ATTEMPT: Span = Span::minutes(10);

/// How long the console has to exchange what it is handed, or the person to choose a clinic.
const EXCHANGED_WITHIN: Span = Span::minutes(5);

/// Where the provider sends the browser back to, after the public address.
pub const RETURN_PATH: &str = "/sign-in/openid/callback";

/// The longest code that is taken, in bytes. Our own: those of common providers have a few hundred, some 2,000.
const CODE_BYTES: usize = 4096;

/// A browser that is sent to the provider.
pub struct Leaving {
    /// Where to.
    pub address: String,
    /// What it keeps until it comes back.
    pub kept: String,
}
never_printed!(Leaving, "Leaving(…)");

/// A browser that comes back from the provider.
#[derive(Default)]
pub struct Returning<'r> {
    /// What it kept.
    pub kept: Option<&'r str>,
    /// Which attempt the provider answers.
    pub state: Option<&'r str>,
    /// What the provider gave out for the person.
    pub code: Option<&'r str>,
    /// Why it gave out nothing.
    pub error: Option<&'r str>,
    /// Which provider this is, by its own account.
    pub issuer: Option<&'r str>,
}
never_printed!(Returning<'_>, "Returning(…)");

/// How an attempt to sign in ended.
pub enum Returned {
    /// With one clinic: a one-time sign-in token, for the console to exchange.
    SignedIn(Token),
    /// With several clinics, by name: the person chooses.
    Choose(Vec<WayIn>),
    /// The provider knows the person, and of no role anywhere, or does not say.
    NoRole,
    /// The provider knows the person, and of no role at the clinic that was wanted.
    NoRoleThere,
    /// The clinic's team has as many members as it may have.
    TeamIsFull,
    /// It is not this browser's attempt, took too long, or has come back before.
    StartAgain,
    /// The person, or the provider, has broken it off.
    Declined,
    /// What came back cannot be believed. Logged, where it is the provider's doing.
    NotBelieved,
    /// The provider cannot be asked. Logged, where it is the provider's doing.
    Unavailable,
}

/// A clinic that somebody may sign in to.
pub struct WayIn {
    /// Its name.
    pub clinic: String,
    /// A one-time sign-in token for it.
    pub token: Token,
}

impl App {
    /// Lets staff sign in by this provider, from now on. Of several calls the first counts.
    pub fn sign_in_by(&self, provider: Arc<impl IdentityProvider + 'static>) {
        // The only error is that there is one already.
        let _ = self.identity_provider.set(provider);
    }

    /// How staff can sign in.
    #[must_use]
    pub fn sign_in_methods(&self) -> Vec<SignInMethod> {
        let provider = self.identity_provider.get();
        let openid = provider.map(|_| SignInMethod::OpenIdConnect);
        [SignInMethod::Link].into_iter().chain(openid).collect()
    }

    /// Sends a browser to the provider, to sign in at a clinic or wherever the person has a role. `None` when
    /// there is no provider, or it cannot be asked, which is logged.
    pub async fn leave_for_provider(&self, clinic: Option<&Slug>) -> Option<Leaving> {
        let provider = self.identity_provider.get()?;
        let now = self.clock.now();
        let kept = Kept {
            begun_at: now,
            secret: URL_SAFE_NO_PAD.encode(self.randomness.bits()),
            clinic: clinic.cloned(),
        };
        match provider.address(&self.attempt(&kept), now).await {
            Ok(address) => Some(Leaving {
                address,
                kept: kept.written(),
            }),
            Err(why) => {
                log(&why);
                None
            }
        }
    }

    /// Takes a browser back from the provider, and whoever is looking at it in.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn return_from_provider(&self, returning: Returning<'_>) -> Result<Returned, Fault> {
        let Some(provider) = self.identity_provider.get() else {
            return Ok(Returned::Unavailable);
        };
        let now = self.clock.now();
        let (Some(kept), Some(state)) = (returning.kept.and_then(Kept::read), returning.state)
        else {
            return Ok(Returned::StartAgain);
        };
        let attempt = self.attempt(&kept);
        let is_own: bool = attempt.state.as_bytes().ct_eq(state.as_bytes()).into();
        let is_in_time = kept.begun_at <= now && now.since(kept.begun_at) < ATTEMPT;
        if !is_own || !is_in_time {
            return Ok(Returned::StartAgain);
        }
        let used = TokenHash(self.keys.sign_in_attempt("used state", &[state]));
        let until = kept.begun_at + ATTEMPT;
        if !self.store.use_openid_state(&used, until, now).await? {
            return Ok(Returned::StartAgain);
        }
        // A provider that is not ours has got hold of the browser: what it says is not passed on to ours.
        if returning.issuer.is_some_and(|issuer| !provider.is(issuer)) {
            tracing::debug!("a browser came back from another identity provider");
            return Ok(Returned::NotBelieved);
        }
        if let Some(error) = returning.error {
            return Ok(broken_off(error));
        }
        let code = returning.code.unwrap_or_default();
        if code.is_empty() || code.len() > CODE_BYTES {
            return Ok(Returned::StartAgain);
        }
        let identity = match provider.identify(&attempt, code, now).await {
            Ok(identity) => identity,
            Err(why) => {
                log(&why);
                return Ok(match why {
                    NotIdentified::Unavailable(_) => Returned::Unavailable,
                    NotIdentified::CodeRefused => Returned::StartAgain,
                    NotIdentified::NotBelieved(_) => Returned::NotBelieved,
                });
            }
        };
        let Some(roles) = identity.roles else {
            return Ok(Returned::NoRole);
        };
        let person = Person {
            name: name_of_person(identity.names.iter().map(String::as_str)),
            issuer: identity.issuer,
            subject: identity.subject,
        };
        let grants = Grants::among(roles.iter().map(String::as_str));
        let returned = self.take_in(&person, &grants, kept.clinic.as_ref()).await?;
        if matches!(returned, Returned::NoRole) {
            // A misspelled value would otherwise leave nothing to look for. Nobody is named.
            tracing::warn!(
                "somebody was not signed in: of {} values of OPENID_ROLES_CLAIM {} are of the form \
                 <clinic slug>:<ROLE>, and none names a clinic of this server",
                roles.len(),
                grants.list.len(),
            );
        }
        Ok(returned)
    }

    /// Renews what a person is a member of, and makes the ways in.
    async fn take_in(
        &self,
        person: &Person,
        grants: &Grants,
        wanted: Option<&Slug>,
    ) -> Result<Returned, Fault> {
        let now = self.clock.now();
        let mut clinics = Vec::new();
        let mut granted = Vec::new();
        let mut is_all = grants.are_all;
        for grant in &grants.list {
            if let Some(clinic) = self.store.clinic_by_slug(&grant.clinic).await? {
                if clinics.len() == MOST_CLINICS {
                    is_all = false;
                    break;
                }
                granted.push(Granted {
                    clinic: clinic.id.clone(),
                    role: grant.role,
                    new_id: TeamMemberId::new(self.randomness.bits()),
                });
                clinics.push(clinic);
            }
        }
        let named = Named { granted, is_all };
        let members = self.store.renew_memberships(person, &named, now).await?;
        if clinics.is_empty() {
            return Ok(Returned::NoRole);
        }
        clinics.retain(|clinic| wanted.is_none_or(|wanted| *wanted == clinic.slug));
        if clinics.is_empty() {
            return Ok(Returned::NoRoleThere);
        }
        let mut ways = Vec::new();
        for clinic in clinics {
            let member = members.iter().find(|member| member.clinic == clinic.id);
            if let Some(member) = member {
                ways.extend(self.way_in(clinic, &member.id).await?);
            }
        }
        ways.sort_by(|one, other| one.clinic.cmp(&other.clinic));
        Ok(match ways.len() {
            0 => Returned::TeamIsFull,
            1 => Returned::SignedIn(ways.remove(0).token),
            _ => Returned::Choose(ways),
        })
    }

    /// A one-time sign-in token; `None` when the membership has ended in the meantime.
    async fn way_in(&self, clinic: Clinic, member: &TeamMemberId) -> Result<Option<WayIn>, Fault> {
        let within = Within::system(clinic.id);
        let method = SignInMethod::OpenIdConnect;
        let made = self
            .sign_in_token(&within, member, method, EXCHANGED_WITHIN)
            .await?;
        Ok(made.ok().map(|token| WayIn {
            clinic: clinic.name,
            token,
        }))
    }

    fn attempt(&self, kept: &Kept) -> SignInAttempt {
        let begun_at = kept.begun_at.as_millis().to_string();
        let clinic = kept.clinic.as_ref().map_or("", Slug::as_str);
        let from = [begun_at.as_str(), kept.secret.as_str(), clinic];
        SignInAttempt {
            state: self.keys.sign_in_attempt("state", &from),
            nonce: self.keys.sign_in_attempt("nonce", &from),
            verifier: self.keys.sign_in_attempt("verifier", &from),
            returns_to: format!("{}{RETURN_PATH}", self.public_url.as_str()),
            begun_at: kept.begun_at,
        }
    }
}

/// Why the provider sent somebody back with nothing. What it says matters no further than this, and is no fault
/// in the log: it can be made up by whoever gets the browser to open an address.
fn broken_off(error: &str) -> Returned {
    match error {
        "access_denied"
        | "login_required"
        | "interaction_required"
        | "consent_required"
        | "account_selection_required" => Returned::Declined,
        _ => {
            let reason = match error {
                "temporarily_unavailable" | "server_error" => "a fault of its own",
                "invalid_scope" => "it does not know one of OPENID_SCOPES",
                _ => "it refuses what this server asks",
            };
            tracing::debug!(reason, "a browser came back without a code");
            Returned::Unavailable
        }
    }
}

/// For whoever runs the server. Nobody is named: who could not sign in is not known.
fn log(why: &NotIdentified) {
    match why {
        NotIdentified::Unavailable(reason) => {
            tracing::error!(reason = &**reason, "the identity provider cannot be used");
        }
        NotIdentified::NotBelieved(reason) => {
            tracing::warn!(reason, "a sign-in by the identity provider was refused");
        }
        // A double click, or somebody who guesses.
        NotIdentified::CodeRefused => tracing::debug!("the identity provider refused a code"),
    }
}

/// What a browser keeps of its attempt.
struct Kept {
    begun_at: Timestamp,
    /// 128 bits. With the server's key, all that the attempt's own secrets are made from.
    secret: String,
    clinic: Option<Slug>,
}

impl Kept {
    /// Cookie-safe: digits, base64url and a slug, with dots between.
    fn written(&self) -> String {
        let clinic = self.clinic.as_ref().map_or("", Slug::as_str);
        format!("{}.{}.{clinic}", self.begun_at.as_millis(), self.secret)
    }

    /// `None` when it is nothing that was written here. One that was changed gives another state.
    fn read(written: &str) -> Option<Self> {
        if written.len() > 200 {
            return None;
        }
        let (begun_at, rest) = written.split_once('.')?;
        let (secret, clinic) = rest.split_once('.')?;
        let clinic = match clinic {
            "" => None,
            slug => Some(Slug::parse(slug)?),
        };
        Some(Self {
            begun_at: Timestamp::from_millis(begun_at.parse().ok()?),
            secret: secret.to_owned(),
            clinic,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_browser_keeps_is_read_as_it_was_written() {
        for clinic in [None, Slug::parse("north-clinic")] {
            let kept = Kept {
                begun_at: Timestamp::from_millis(1_700_000_000_000),
                secret: "A-_a0".to_owned(),
                clinic,
            };
            let read = Kept::read(&kept.written()).unwrap();
            assert_eq!(read.begun_at, kept.begun_at);
            assert_eq!(read.secret, kept.secret);
            assert_eq!(read.clinic, kept.clinic);
        }
    }

    #[test]
    fn anything_else_is_nothing_that_was_kept() {
        let long = format!("1.{}.", "a".repeat(300));
        for written in ["", ".", "1", "1.a", "x.a.", "1.a.North", "1.a.a.b", &long] {
            assert!(Kept::read(written).is_none(), "{written}");
        }
    }

    #[test]
    fn an_attempt_can_be_broken_off_and_only_that_is_the_persons_doing() {
        assert!(matches!(broken_off("access_denied"), Returned::Declined));
        for error in [
            "server_error",
            "invalid_scope",
            "invalid_request",
            "<script>",
            "",
        ] {
            assert!(
                matches!(broken_off(error), Returned::Unavailable),
                "{error}"
            );
        }
    }
}
