//! An identity provider by OpenID Connect: the authorization code flow, as a client that has a secret.
//!
//! Tokens are read and checked by the crate `openidconnect`; this file says what it must insist on, keeps what the
//! provider publishes about itself, and asks over connections of ours ([`http`]).

mod http;
pub mod settings;
#[cfg(test)]
mod tests;

use crate::domain::secret::never_printed;
use crate::domain::time::{Span, Timestamp};
use crate::ports::identity_provider::{Identity, IdentityProvider, NotIdentified, SignInAttempt};
use async_trait::async_trait;
use http::{Http, Problem};
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreClientAuthMethod, CoreErrorResponseType, CoreGenderClaim,
    CoreJsonWebKey, CoreJsonWebKeySet, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm,
    CoreProviderMetadata, CoreResponseType, CoreRevocableToken, CoreRevocationErrorResponse,
    CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AccessToken, AdditionalClaims, AuthType, AuthenticationFlow, AuthorizationCode,
    ClaimsVerificationError, Client, CsrfToken, DiscoveryError, EmptyExtraTokenFields,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, IdToken, IdTokenClaims, IdTokenFields,
    IdTokenVerifier, IssuerUrl, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, RequestTokenError, SignatureVerificationError,
    StandardErrorResponse, StandardTokenResponse, SubjectIdentifier, TokenResponse as _,
    UserInfoClaims, UserInfoError,
};
use serde::{Deserialize, Serialize};
use settings::OpenIdSettings;
use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};
use tokio::sync::{Mutex, Semaphore};

/// How long what the provider publishes about itself is used before it is asked again.
const KEPT: Span = Span::hours(1);
/// How long it is used where asking again fails: a provider whose discovery is down for a while may well sign
/// people in. Our own: a key that it took back is believed no longer than a day.
const KEPT_AT_MOST: Span = Span::hours(24);
/// How long the provider is left alone after it could not be asked: everybody who signs in would wait for the
/// same time limit one after the other.
const LEFT_ALONE: Span = Span::seconds(5);
/// The same while what it published before is still used: nobody has to wait for it.
const ASKED_AGAIN_AFTER: Span = Span::minutes(1);
/// How often the keys are fetched because of a signature that none of them explains: such tokens cost nothing to
/// make up. Where that fails, the provider is only [`LEFT_ALONE`].
const KEYS_EVERY: Span = Span::minutes(1);
/// How far the provider's clock may be from ours.
const SKEW: Span = Span::seconds(60);
/// How many sign-ins are asked about at once; more are told to try again. Each is up to four requests, which
/// a stranger can have made with a made-up code.
const AT_ONCE: usize = 16;
/// The longest subject there is (OpenID Connect Core 1.0, section 2), in bytes.
const SUBJECT_BYTES: usize = 255;

/// Signatures that are believed: of public keys only, so that neither an unsigned token nor one signed with a key
/// that everybody has is among them.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// The claims that are none of the standard's, the roles among them.
#[derive(Clone, Default, Deserialize, Serialize)]
struct OtherClaims(serde_json::Map<String, serde_json::Value>);
never_printed!(OtherClaims, "OtherClaims(…)");
impl AdditionalClaims for OtherClaims {}

type Token = IdToken<
    OtherClaims,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;
type Tokens = StandardTokenResponse<
    IdTokenFields<
        OtherClaims,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;
/// With an authorization endpoint, and the token and `UserInfo` endpoints where the provider has them.
type OpenIdClient = Client<
    OtherClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;
type Claims = IdTokenClaims<OtherClaims, CoreGenderClaim>;

/// A provider, asked as one client of it.
pub struct OpenIdProvider {
    settings: OpenIdSettings,
    http: Http,
    known: Mutex<Known>,
    at_once: Semaphore,
    /// Whether the log says already that the roles claim is missing.
    has_warned_of_claim: AtomicBool,
}
never_printed!(OpenIdProvider, "OpenIdProvider(…)");

/// In words for the log.
type Why = Cow<'static, str>;

/// What is known of the provider.
#[derive(Default)]
struct Known {
    published: Option<Published>,
    /// When it could not be asked, and why.
    failed: Option<(Timestamp, Why)>,
}

/// What the provider has published about itself, its keys among it.
struct Published {
    metadata: Arc<CoreProviderMetadata>,
    at: Timestamp,
    /// When the keys were last fetched because of a signature that none of them explains, and why in vain.
    keys_again: Option<(Timestamp, Result<(), Why>)>,
}

impl OpenIdProvider {
    /// The provider of these settings. It is not asked anything yet: this server starts without it.
    ///
    /// # Errors
    /// When connections cannot be made ready at all.
    pub fn new(settings: OpenIdSettings) -> Result<Self, reqwest::Error> {
        Ok(Self {
            http: Http::new(settings.issuer.clone())?,
            settings,
            known: Mutex::default(),
            at_once: Semaphore::new(AT_ONCE),
            has_warned_of_claim: AtomicBool::new(false),
        })
    }

    /// Asks the provider about itself, so that a wrong setting is known before somebody signs in.
    ///
    /// # Errors
    /// In words for the log.
    pub async fn look_up(&self, now: Timestamp) -> Result<(), Cow<'static, str>> {
        self.published(now).await.map(|_| ())
    }

    async fn published(&self, now: Timestamp) -> Result<Arc<CoreProviderMetadata>, Why> {
        // Held while the provider is asked: everybody else who wants to know waits for the one answer.
        let mut known = self.known.lock().await;
        if let Some(published) = &known.published
            && now.since(published.at) < KEPT
        {
            return Ok(Arc::clone(&published.metadata));
        }
        let before = known
            .published
            .as_ref()
            .filter(|published| now.since(published.at) < KEPT_AT_MOST)
            .map(|published| Arc::clone(&published.metadata));
        let left_alone = match before {
            Some(_) => ASKED_AGAIN_AFTER,
            None => LEFT_ALONE,
        };
        if let Some((at, why)) = &known.failed
            && now.since(*at) < left_alone
        {
            return before.ok_or_else(|| why.clone());
        }
        match self.discover().await {
            Ok(metadata) => {
                let metadata = Arc::new(metadata);
                *known = Known {
                    published: Some(Published {
                        metadata: Arc::clone(&metadata),
                        at: now,
                        keys_again: None,
                    }),
                    failed: None,
                };
                Ok(metadata)
            }
            Err(why) => {
                known.failed = Some((now, why.clone()));
                if before.is_some() {
                    tracing::warn!(
                        reason = &*why,
                        "the identity provider could not be asked about itself; what it said before holds"
                    );
                }
                before.ok_or(why)
            }
        }
    }

    async fn discover(&self) -> Result<CoreProviderMetadata, Why> {
        let issuer = self.settings.issuer.url().clone();
        let metadata = CoreProviderMetadata::discover_async(issuer, &self.http)
            .await
            .map_err(|error| not_published(&error, self.settings.issuer.url()))?;
        let authorization = metadata.authorization_endpoint().url();
        if !self.settings.issuer.may_lead_to(authorization) {
            return Err("people would sign in there without https".into());
        }
        Ok(metadata)
    }

    /// The provider with its keys as they are now; `None` when they were fetched for the same reason just before.
    async fn with_keys_of_now(
        &self,
        now: Timestamp,
    ) -> Result<Option<Arc<CoreProviderMetadata>>, Why> {
        let mut known = self.known.lock().await;
        let Some(published) = &mut known.published else {
            return Ok(None);
        };
        match &published.keys_again {
            // Perhaps by somebody else, after the keys that this one looked through.
            Some((at, Ok(()))) if now.since(*at) < KEYS_EVERY => {
                return Ok(Some(Arc::clone(&published.metadata)));
            }
            Some((at, Err(why))) if now.since(*at) < LEFT_ALONE => return Err(why.clone()),
            _ => {}
        }
        let keys = CoreJsonWebKeySet::fetch_async(published.metadata.jwks_uri(), &self.http)
            .await
            .map_err(|error| not_published(&error, self.settings.issuer.url()));
        published.keys_again = Some((now, keys.as_ref().map(|_| ()).map_err(Clone::clone)));
        published.metadata = Arc::new(published.metadata.as_ref().clone().set_jwks(keys?));
        Ok(Some(Arc::clone(&published.metadata)))
    }

    fn client(&self, metadata: &CoreProviderMetadata) -> OpenIdClient {
        let secret = Some(self.settings.secret.clone());
        let client = OpenIdClient::from_provider_metadata(
            metadata.clone(),
            self.settings.client.clone(),
            secret,
        );
        let methods = metadata.token_endpoint_auth_methods_supported();
        let only_by_form = methods.is_some_and(|methods| {
            methods.contains(&CoreClientAuthMethod::ClientSecretPost)
                && !methods.contains(&CoreClientAuthMethod::ClientSecretBasic)
        });
        // The standard's own choice is the header.
        let auth = if only_by_form {
            AuthType::RequestBody
        } else {
            AuthType::BasicAuth
        };
        client.set_auth_type(auth)
    }

    async fn exchange(
        &self,
        client: &OpenIdClient,
        attempt: &SignInAttempt,
        code: &str,
    ) -> Result<Tokens, NotIdentified> {
        client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(|_| NotIdentified::Unavailable("it has no token endpoint".into()))?
            .set_pkce_verifier(PkceCodeVerifier::new(attempt.verifier.clone()))
            .request_async(&self.http)
            .await
            .map_err(|error| match error {
                RequestTokenError::ServerResponse(refusal) => match refusal.error() {
                    CoreErrorResponseType::InvalidGrant => NotIdentified::CodeRefused,
                    CoreErrorResponseType::InvalidClient
                    | CoreErrorResponseType::UnauthorizedClient => {
                        let why = "it refuses this server's client ID or secret";
                        NotIdentified::Unavailable(why.into())
                    }
                    _ => NotIdentified::Unavailable("it refuses to exchange a code".into()),
                },
                RequestTokenError::Request(problem) => NotIdentified::Unavailable(problem.words()),
                // Among these is an ID token that is none, an unsigned one too short of a part.
                RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
                    NotIdentified::NotBelieved("its answer to a code cannot be read")
                }
            })
    }

    /// What the token says, once everything about it is right.
    fn claims<'t>(
        &self,
        metadata: &CoreProviderMetadata,
        token: &'t Token,
        attempt: &SignInAttempt,
        now: Timestamp,
    ) -> Result<&'t Claims, ClaimsVerificationError> {
        // One that has expired within the skew may have expired by the provider's clock only.
        let not_expired_at = now - SKEW;
        let not_issued_after = now + SKEW;
        let not_issued_before = attempt.begun_at - SKEW;
        // Without the client's secret, which would be a key for signatures that anybody with it can make.
        let verifier = IdTokenVerifier::new_public_client(
            self.settings.client.clone(),
            metadata.issuer().clone(),
            metadata.jwks().clone(),
        )
        .set_allowed_algs(ALGORITHMS)
        .set_other_audience_verifier_fn(|other| self.settings.audiences.contains(other))
        .set_time_fn(move || system_time(not_expired_at).into())
        .set_issue_time_verifier_fn(move |issued| {
            let issued = Timestamp::from_millis(issued.timestamp_millis());
            if (not_issued_before..=not_issued_after).contains(&issued) {
                Ok(())
            } else {
                Err(OUT_OF_TIME.to_owned())
            }
        });
        let claims = token.claims(&verifier, &Nonce::new(attempt.nonce.clone()))?;
        // The crate leaves this to whoever uses it. A token for several says for whom it was made; one that
        // says so was made for us.
        let is_for_us = match claims.authorized_party() {
            Some(party) => *party == self.settings.client,
            None => claims.audiences().len() == 1,
        };
        if !is_for_us {
            let party = "the authorized party is another".to_owned();
            return Err(ClaimsVerificationError::InvalidAudience(party));
        }
        let not_before = claims.additional_claims().0.get("nbf");
        let is_of_now = not_before.is_none_or(|not_before| {
            let seconds = not_before.as_f64();
            // Any number of seconds is small enough to be compared as it is.
            #[expect(
                clippy::cast_precision_loss,
                reason = "milliseconds of this century are exact"
            )]
            let latest = not_issued_after.as_millis() as f64 / 1000.0;
            seconds.is_some_and(|seconds| seconds <= latest)
        });
        if is_of_now {
            Ok(claims)
        } else {
            Err(ClaimsVerificationError::Other(OUT_OF_TIME.to_owned()))
        }
    }

    /// The claims, with the provider's keys as they are now where those that are known do not explain the
    /// signature: a new key may have a new name, or that of the one it replaces.
    async fn believed_claims<'t>(
        &self,
        metadata: Arc<CoreProviderMetadata>,
        token: &'t Token,
        attempt: &SignInAttempt,
        now: Timestamp,
    ) -> Result<&'t Claims, NotIdentified> {
        match self.claims(&metadata, token, attempt, now) {
            Err(ClaimsVerificationError::SignatureVerification(
                SignatureVerificationError::NoMatchingKey
                | SignatureVerificationError::CryptoError(_),
            )) => {}
            read => return read.map_err(|error| NotIdentified::NotBelieved(disbelief(&error))),
        }
        let metadata = self
            .with_keys_of_now(now)
            .await
            .map_err(NotIdentified::Unavailable)?
            .unwrap_or(metadata);
        self.claims(&metadata, token, attempt, now)
            .map_err(|error| NotIdentified::NotBelieved(disbelief(&error)))
    }

    async fn user_info(
        &self,
        client: &OpenIdClient,
        access: &AccessToken,
        subject: &SubjectIdentifier,
    ) -> Result<Option<UserInfoClaims<OtherClaims, CoreGenderClaim>>, NotIdentified> {
        // About this person: another's answer is not believed.
        let Ok(asking) = client.user_info(access.clone(), Some(subject.clone())) else {
            return Ok(None);
        };
        let told = asking.request_async(&self.http).await;
        told.map(Some).map_err(|error| match error {
            UserInfoError::Request(problem) => NotIdentified::Unavailable(problem.words()),
            UserInfoError::Response(..) => {
                NotIdentified::Unavailable("it tells no user info".into())
            }
            _ => NotIdentified::NotBelieved("its user info cannot be read, or is another person's"),
        })
    }
}

#[async_trait]
impl IdentityProvider for OpenIdProvider {
    async fn address(
        &self,
        attempt: &SignInAttempt,
        now: Timestamp,
    ) -> Result<String, NotIdentified> {
        let metadata = self
            .published(now)
            .await
            .map_err(NotIdentified::Unavailable)?;
        let verifier = PkceCodeVerifier::new(attempt.verifier.clone());
        let (state, nonce) = (attempt.state.clone(), attempt.nonce.clone());
        let client = self.client(&metadata).set_redirect_uri(redirect(attempt)?);
        let asking = client.authorize_url(
            AuthenticationFlow::<CoreResponseType>::AuthorizationCode,
            move || CsrfToken::new(state),
            move || Nonce::new(nonce),
        );
        let asking = match self.settings.prompt.clone() {
            Some(prompt) => asking.add_prompt(prompt),
            None => asking,
        };
        let (address, _, _) = asking
            .add_scopes(self.settings.scopes.iter().cloned())
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .url();
        Ok(address.into())
    }

    async fn identify(
        &self,
        attempt: &SignInAttempt,
        code: &str,
        now: Timestamp,
    ) -> Result<Identity, NotIdentified> {
        let _one_of_few = self
            .at_once
            .try_acquire()
            .map_err(|_| NotIdentified::Unavailable("too many sign in at once".into()))?;
        let metadata = self
            .published(now)
            .await
            .map_err(NotIdentified::Unavailable)?;
        let client = self.client(&metadata).set_redirect_uri(redirect(attempt)?);
        let tokens = self.exchange(&client, attempt, code).await?;
        let token = tokens
            .id_token()
            .ok_or(NotIdentified::NotBelieved("it gave no ID token"))?;
        let claims = self.believed_claims(metadata, token, attempt, now).await?;
        let subject = claims.subject();
        if subject.is_empty() || subject.len() > SUBJECT_BYTES {
            return Err(NotIdentified::NotBelieved(
                "its name for the person is none",
            ));
        }
        let mut roles = self
            .settings
            .roles_claim
            .values(&claims.additional_claims().0);
        let mut names = names(
            claims.name().and_then(|name| name.get(None)),
            claims.preferred_username(),
        );
        // Many providers keep ID tokens short and tell the rest on request.
        let told = if roles.is_none() || names.is_empty() {
            let told = self.user_info(&client, tokens.access_token(), subject);
            match told.await {
                // Only a name is missing, which keeps nobody out.
                Err(_) if roles.is_some() => {
                    tracing::warn!(
                        "the identity provider tells no user info, and the ID token no name"
                    );
                    None
                }
                told => told?,
            }
        } else {
            None
        };
        if let Some(told) = told {
            roles = roles.or_else(|| {
                self.settings
                    .roles_claim
                    .values(&told.additional_claims().0)
            });
            names.extend(self::names(
                told.name().and_then(|name| name.get(None)),
                told.preferred_username(),
            ));
        }
        if roles.is_none() && !self.has_warned_of_claim.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "the claim of OPENID_ROLES_CLAIM is missing or no list of texts: whoever it is missing for is not \
                 signed in, and stays what they were (logged once)"
            );
        }
        Ok(Identity {
            issuer: claims.issuer().to_string(),
            subject: subject.to_string(),
            names,
            roles,
        })
    }

    fn is(&self, issuer: &str) -> bool {
        self.settings.issuer.url().as_str() == issuer
    }
}

fn redirect(attempt: &SignInAttempt) -> Result<RedirectUrl, NotIdentified> {
    RedirectUrl::new(attempt.returns_to.clone())
        .map_err(|_| NotIdentified::Unavailable("PUBLIC_URL is no address to come back to".into()))
}

fn names(
    name: Option<&openidconnect::EndUserName>,
    username: Option<&openidconnect::EndUserUsername>,
) -> Vec<String> {
    let name = name.map(|name| name.to_string());
    let username = username.map(|username| username.to_string());
    name.into_iter().chain(username).collect()
}

fn system_time(at: Timestamp) -> SystemTime {
    let millis = u64::try_from(at.as_millis()).unwrap_or(0);
    SystemTime::UNIX_EPOCH + Duration::from_millis(millis)
}

const OUT_OF_TIME: &str = "not of this time";

/// Why what a provider publishes cannot be used, in words for the log. The error's own would hold what was
/// received.
fn not_published(error: &DiscoveryError<Problem>, issuer: &IssuerUrl) -> Why {
    Cow::Borrowed(match error {
        DiscoveryError::Request(problem) => return problem.words(),
        DiscoveryError::Response(..) => "it does not answer with what it should publish",
        DiscoveryError::Parse(_) => "what it publishes cannot be read",
        DiscoveryError::Validation(mismatch) => {
            // The one thing received that is logged, cut to what a name may be: without it nobody sees the slash
            // that is missing. The crate's words quote the provider's name first.
            let own: String = mismatch
                .split('`')
                .nth(1)
                .unwrap_or_default()
                .chars()
                .take(200)
                .collect();
            let issuer = issuer.as_str();
            return format!(
                "it calls itself {own}, which is not to the letter OPENID_ISSUER, {issuer}"
            )
            .into();
        }
        _ => "it cannot be asked",
    })
}

/// Why an ID token is not believed, in words for the log. The error's own would hold what is in it.
fn disbelief(error: &ClaimsVerificationError) -> &'static str {
    use SignatureVerificationError as Signature;
    match error {
        ClaimsVerificationError::Expired(_) => "its ID token has expired",
        ClaimsVerificationError::InvalidAudience(_) => "its ID token is for somebody else",
        ClaimsVerificationError::InvalidIssuer(_) => "its ID token names another issuer",
        ClaimsVerificationError::InvalidNonce(_) => "its ID token is for another sign-in",
        ClaimsVerificationError::Unsupported(_) => "its ID token is of a kind that is not read",
        ClaimsVerificationError::SignatureVerification(signature) => match signature {
            Signature::NoSignature => "its ID token is not signed",
            Signature::DisallowedAlg(_) => "its ID token is signed in a way that is not believed",
            Signature::NoMatchingKey => {
                "its ID token is signed with a key that it does not publish"
            }
            _ => "its ID token's signature is wrong",
        },
        _ => "its ID token is not of this time, or is contradictory",
    }
}
