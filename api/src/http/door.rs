//! What the transports need of the application.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use async_graphql::{Executor, Request};
use axum::http::{HeaderMap, header};

use super::fair_use::Party;
use crate::app::credentials::Holds;

/// The longest credential that is looked at, in bytes. Ours have 43; a token of an OpenID
/// provider with many claims has some thousand.
pub const LONGEST_CREDENTIAL: usize = 8 * 1024;

/// The longest device id that is kept, in bytes. A UUID has 36.
pub const LONGEST_DEVICE_ID: usize = 64;

/// Why a request is answered as from an anonymous viewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnonymousBecause {
    /// No credential came with the request.
    NoCredential,
    /// An `Authorization` header came, but not `Bearer` and one token.
    MalformedCredential,
    /// The credential is unknown, revoked or expired.
    RejectedCredential,
}

/// Why a credential did not open the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Unknown, revoked or expired: HTTP answers as to an anonymous viewer, a socket closes 4401.
    Credential,
    /// It could not be found out. The door has logged why. HTTP answers 503, a socket closes 1013,
    /// and clients try again.
    Unavailable,
}

/// From where a request comes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asker {
    /// The network address, as [`Door::address`] sees it.
    pub address: Option<IpAddr>,
    /// `deviceId` of `connection_init`: which of a caller's screens this is. Only sockets say.
    pub device_id: Option<String>,
}

/// The application as the transports see it. Cheap to clone.
pub trait Door: Clone + Send + Sync + 'static {
    /// Who asks.
    type Viewer: Clone + Send + Sync + 'static;
    /// What executes.
    type Schema: Executor;

    /// The executor.
    fn schema(&self) -> &Self::Schema;

    /// Who bears this credential.
    ///
    /// # Errors
    ///
    /// See [`Refused`].
    fn viewer(
        &self,
        credential: &str,
    ) -> impl Future<Output = Result<Self::Viewer, Refused>> + Send;

    /// The viewer that nobody in particular is.
    fn anonymous(&self, because: AnonymousBecause) -> Self::Viewer;

    /// Makes a request ready to execute: the viewer and whatever else resolvers look for goes into
    /// its data. Called once for each execution.
    fn prepare(&self, request: Request, viewer: &Self::Viewer, asker: &Asker) -> Request;

    /// Whether the credential by which this viewer came in still opens the same. Asked every few seconds
    /// for every socket, so it must be cheap; the same when it cannot be found out.
    fn still_holds(&self, viewer: &Self::Viewer) -> impl Future<Output = Holds> + Send;

    /// A message of the page's own making arrived on the viewer's socket: whoever it belongs to is
    /// alive. Called very often: in memory only. A socket that closes says nothing: networks drop,
    /// pages reload. A page that is hidden or closed reports so itself, and the lease ends for one
    /// that cannot.
    fn sign_of_life(&self, viewer: &Self::Viewer, asker: &Asker);

    /// For whom the requests and connections of this viewer are counted.
    fn party(&self, viewer: &Self::Viewer, asker: &Asker) -> Party;

    /// Makes a mutation answer, in its own payload, that it is too often and can be sent again after
    /// `wait`, instead of doing anything.
    fn turn_away(&self, request: Request, wait: Duration) -> Request;

    /// The address a request came from. Behind a proxy that is trusted, one of its headers says;
    /// headers of anyone else are not believed, so the default looks at none.
    fn address(&self, peer: Option<SocketAddr>, headers: &HeaderMap) -> Option<IpAddr> {
        let _ = headers;
        peer.map(|peer| peer.ip())
    }
}

/// The credential of a request or a socket, as it was sent.
#[derive(Clone, PartialEq, Eq)]
pub enum Credential {
    /// None was sent.
    Missing,
    /// Something was sent that cannot be one.
    Malformed,
    /// A bearer token, not yet looked up.
    Bearer(String),
}

/// A credential is never printed.
impl std::fmt::Debug for Credential {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Missing => "Missing",
            Self::Malformed => "Malformed",
            Self::Bearer(_) => "Bearer(…)",
        })
    }
}

impl Credential {
    /// Reads the `Authorization` header.
    pub fn from_headers(headers: &HeaderMap) -> Self {
        let mut values = headers.get_all(header::AUTHORIZATION).iter();
        match (values.next(), values.next()) {
            (None, _) => Self::Missing,
            (Some(value), None) => value.to_str().map_or(Self::Malformed, Self::from_value),
            // Two of them: which one a proxy in front looked at cannot be known.
            (Some(_), Some(_)) => Self::Malformed,
        }
    }

    /// Reads what an `Authorization` header says: the scheme in any case, one token.
    pub fn from_value(value: &str) -> Self {
        match value.trim().split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
                Self::from_token(token.trim())
            }
            _ => Self::Malformed,
        }
    }

    /// Takes a bare token: RFC 6750's characters, nothing else.
    pub fn from_token(token: &str) -> Self {
        let fits = !token.is_empty()
            && token.len() <= LONGEST_CREDENTIAL
            && token.bytes().all(|byte| {
                byte.is_ascii_alphanumeric()
                    || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=')
            });
        if fits {
            Self::Bearer(token.to_owned())
        } else {
            Self::Malformed
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn of(values: &[&'static str]) -> Credential {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::AUTHORIZATION, HeaderValue::from_static(value));
        }
        Credential::from_headers(&headers)
    }

    #[test]
    fn the_scheme_is_read_in_any_case() {
        for value in ["Bearer abc_1", "bearer abc_1", "BEARER   abc_1 "] {
            assert!(
                of(&[value]) == Credential::Bearer("abc_1".into()),
                "{value}"
            );
        }
    }

    #[test]
    fn what_cannot_be_a_bearer_token_is_malformed() {
        for value in [
            "",
            "abc_1",
            "Basic abc",
            "Bearer",
            "Bearer ",
            "Bearer a b",
            "Bearer a\"b",
        ] {
            assert!(of(&[value]) == Credential::Malformed, "{value}");
        }
        assert!(of(&["Bearer a", "Bearer b"]) == Credential::Malformed);
        assert!(
            Credential::from_token(&"a".repeat(LONGEST_CREDENTIAL + 1)) == Credential::Malformed
        );
        assert!(of(&[]) == Credential::Missing);
    }

    #[test]
    fn a_credential_is_never_printed() {
        assert_eq!(format!("{:?}", of(&["Bearer secret"])), "Bearer(…)");
    }
}
