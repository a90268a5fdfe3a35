//! What is asked of the provider goes over these connections.

use super::settings::Issuer;
use crate::adapters::answer_body::read_body;
use openidconnect::http::{HeaderName, HeaderValue};
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use std::borrow::Cow;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

/// Until there is a connection.
const CONNECTED_WITHIN: Duration = Duration::from_secs(5);
/// Until a request is answered in full, the connecting included. Somebody is looking at an empty page meanwhile.
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);
/// The longest answer that is read, in bytes. Our own: discovery documents and key sets of common providers
/// stay below 20 kB, a token with a thousand roles below 100 kB.
const ANSWER_BYTES: usize = 256 * 1024;

/// Connections to the provider, and to nothing that it may only lead to in the open. Redirects are not followed:
/// what is sent holds the client's secret, a code or an access token, and what comes back is believed because
/// it comes from there.
#[derive(Clone, Debug)]
pub(super) struct Http {
    http: reqwest::Client,
    issuer: Issuer,
}

/// Why there is no answer. Holds nothing of what was sent or received: of an address the host and the port.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Problem {
    /// The provider leads to an address that would be asked in the open.
    #[error("it leads to an address without https")]
    NotPrivate,
    /// No connection, or none in time.
    #[error("it cannot be reached at {0}")]
    NotReached(String),
    /// Too slow.
    #[error("no answer in time")]
    TimedOut,
    /// The connection broke, or the answer is none.
    #[error("the connection broke before an answer")]
    Broken,
    /// It has a fault of its own.
    #[error("a fault of its own")]
    Failed,
    /// It sends us elsewhere.
    #[error("a redirect, where none is followed")]
    Redirected,
    /// Too long, or not HTTP as it should be.
    #[error("an answer that cannot be read")]
    Unreadable,
}

impl Problem {
    fn sending(error: &reqwest::Error, host: &str) -> Self {
        if error.is_connect() {
            Self::NotReached(host.to_owned())
        } else if error.is_timeout() {
            Self::TimedOut
        } else {
            Self::Broken
        }
    }

    /// For the log.
    pub(super) fn words(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::NotPrivate => "it leads to an address without https",
            Self::NotReached(host) => return format!("it cannot be reached at {host}").into(),
            Self::TimedOut => "it does not answer in time",
            Self::Broken => "the connection broke before an answer",
            Self::Failed => "it has a fault of its own",
            Self::Redirected => "it redirects, where no redirect is followed",
            Self::Unreadable => "its answer is too long, or no HTTP",
        })
    }
}

impl Http {
    pub(super) fn new(issuer: Issuer) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .user_agent(concat!("standby/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECTED_WITHIN)
            .timeout(ANSWERED_WITHIN)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            // What the environment says of proxies is for other programs: the client's secret goes where this
            // server's own settings say.
            .no_proxy()
            .build()?;
        Ok(Self { http, issuer })
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, Problem> {
        let (asked, body) = request.into_parts();
        let address =
            reqwest::Url::parse(&asked.uri.to_string()).map_err(|_| Problem::Unreadable)?;
        if !self.issuer.may_lead_to(&address) {
            return Err(Problem::NotPrivate);
        }
        let host = address.origin().ascii_serialization();
        let sent = self
            .http
            .request(asked.method, address)
            .headers(asked.headers)
            .body(body);
        let mut answer = sent
            .send()
            .await
            .map_err(|error| Problem::sending(&error, &host))?;
        if answer.status().is_server_error() {
            return Err(Problem::Failed);
        }
        if answer.status().is_redirection() {
            return Err(Problem::Redirected);
        }
        let body = read_body(&mut answer, ANSWER_BYTES)
            .await
            .map_err(|error| Problem::sending(&error, &host))?
            .ok_or(Problem::Unreadable)?;
        let mut read = HttpResponse::new(body);
        *read.status_mut() = answer.status();
        let kind = HeaderName::from_static("content-type");
        if let Some(value) = answer.headers().get(&kind) {
            read.headers_mut().insert(kind, HeaderValue::from(value));
        }
        Ok(read)
    }
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Problem>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}
