//! What twilio-rs builds is sent from here, over reqwest.
//!
//! twilio-rs 0.1.1 sends through httpclient 0.15, whose own connections are not used: they have no time
//! limit, and their TLS (rustls 0.20 over ring 0.16) is out of date. Its generated writes send an empty
//! body. So each request has a middleware that never passes it on: it takes the request as it was built,
//! adds the form that belongs to it, sends it, and hands the answer back for twilio-rs to read.

use super::answers::known_failure_of;
use super::settings::{Address, TwilioSettings};
use crate::adapters::answer_body::read_body;
use crate::domain::delivery::SmsFailure;
use crate::domain::secret::never_printed;
use crate::ports::code_checker::Checked;
use crate::ports::texter::HandedOver;
use async_trait::async_trait;
use base64::Engine as _;
use httpclient::middleware::{Middleware, Next};
use httpclient::{InMemoryBody, InMemoryError, InMemoryResponse, InMemoryResult};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::time::Duration;
use twilio::{TwilioAuthentication, TwilioClient};

/// The longest answer that is read, in bytes. Our own: a page of 100 messages takes about 100 kB.
const ANSWER_BYTES: usize = 1024 * 1024;

/// What a request sends as its body.
pub(super) type Form = Vec<(&'static str, String)>;

/// Why nothing can be asked of Twilio from here.
#[derive(Debug, thiserror::Error)]
pub enum NotReady {
    /// twilio-rs cannot be made to work without a certificate, though it never uses one.
    #[error(
        "this machine has no certificates of authorities, without which the Twilio library does not \
         start: install the package ca-certificates, or name a file that holds some in SSL_CERT_FILE"
    )]
    NoCertificates,
    /// The connections of our own cannot be made.
    #[error("connections to Twilio cannot be made ready")]
    Connections(#[source] reqwest::Error),
}

/// Sends requests with one account's credentials.
pub(super) struct Transport {
    http: reqwest::Client,
    basic_auth: BasicAuth,
    answered_within: Duration,
}

#[derive(Clone)]
struct BasicAuth(String);
never_printed!(BasicAuth, "BasicAuth(…)");

impl Transport {
    pub(super) fn new(settings: &TwilioSettings) -> Result<Self, NotReady> {
        let connecting = &settings.connecting;
        let mut http = reqwest::Client::builder()
            .user_agent(concat!("standby/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(connecting.connected_within)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            // What the environment says of proxies is for other programs: where credentials and numbers go
            // is said in this server's own settings.
            .no_proxy()
            // A connection that has idled may be closed just as a text is written to it: then the text
            // would be in doubt for nothing.
            .pool_max_idle_per_host(0);
        if let Some(proxy) = &connecting.by_way_of {
            let proxy = reqwest::Proxy::all(proxy.as_str()).map_err(NotReady::Connections)?;
            http = http.proxy(proxy);
        }
        let transport = Self {
            http: http
                .build()
                .map_err(|error| NotReady::Connections(error.without_url()))?,
            basic_auth: BasicAuth(base64::engine::general_purpose::STANDARD.encode(format!(
                "{}:{}",
                settings.account.as_str(),
                settings.auth_token.reveal()
            ))),
            answered_within: connecting.answered_within,
        };
        // The first client reads the machine's certificates, once for the life of the process, and panics
        // when there are none. Here that is an answer; later it would be somebody's lost text.
        let address = settings.addresses.api.as_str();
        std::panic::catch_unwind(|| {
            let basic_auth = String::new();
            TwilioClient::new(address, TwilioAuthentication::BasicAuth { basic_auth })
        })
        .map_err(|_| NotReady::NoCertificates)?;
        Ok(transport)
    }

    /// A client of twilio-rs for one request without a form.
    pub(super) fn reading(&self, from: &Address) -> TwilioClient {
        self.client(from, None, self.answered_within)
    }

    /// A client of twilio-rs for one request that sends this form.
    pub(super) fn sending(&self, to: &Address, form: Form) -> TwilioClient {
        self.client(to, Some(form), self.answered_within)
    }

    /// Reads what twilio-rs has no request for.
    pub(super) async fn get<Answer: DeserializeOwned>(
        &self,
        from: &Address,
        path: &str,
        within: Duration,
    ) -> Result<Answer, Problem> {
        let client = self.client(from, None, within).client;
        let request = client.get(path).basic_auth(&self.basic_auth.0);
        read(request.send_awaiting_body().await)
    }

    /// Sends what twilio-rs has no request for.
    pub(super) async fn post<Answer: DeserializeOwned>(
        &self,
        to: &Address,
        path: &str,
        form: Form,
    ) -> Result<Answer, Problem> {
        let client = self.sending(to, form).client;
        let request = client.post(path).basic_auth(&self.basic_auth.0);
        read(request.send_awaiting_body().await)
    }

    /// One client a request: the form goes with it. It costs two allocations and no connection.
    fn client(&self, address: &Address, form: Option<Form>, within: Duration) -> TwilioClient {
        let basic_auth = self.basic_auth.0.clone();
        let authentication = TwilioAuthentication::BasicAuth { basic_auth };
        let mut client =
            TwilioClient::new(address.as_str(), authentication).with_middleware(SendsItself {
                http: self.http.clone(),
                form,
                within,
            });
        // Else it would say that it is httpclient.
        client.client = client.client.no_default_headers();
        client
    }
}

fn read<Answer: DeserializeOwned>(
    answer: InMemoryResult<InMemoryResponse>,
) -> Result<Answer, Problem> {
    answer
        .and_then(InMemoryResponse::json)
        .map_err(|error| Problem::of(&error))
}

/// The end of the line for a request of twilio-rs: it is sent from here and goes no further.
struct SendsItself {
    http: reqwest::Client,
    form: Option<Form>,
    within: Duration,
}

#[async_trait]
impl Middleware for SendsItself {
    /// What comes next would be httpclient's own connection: it is never called.
    async fn handle(
        &self,
        request: httpclient::Request,
        _: Next<'_>,
    ) -> httpclient::Result<httpclient::Response> {
        match self.send(&request).await {
            Ok(answer) => Ok(answer.into()),
            Err(problem) => Err(httpclient::Error::IoError(std::io::Error::other(problem))),
        }
    }
}

impl SendsItself {
    async fn send(&self, request: &httpclient::Request) -> Result<InMemoryResponse, Problem> {
        let method = reqwest::Method::from_bytes(request.method().as_str().as_bytes())
            .map_err(|_| Problem::NotSent)?;
        let address = request.uri().to_string();
        let mut sent = self.http.request(method, address).timeout(self.within);
        for (name, value) in request.headers() {
            let mut value = reqwest::header::HeaderValue::from_bytes(value.as_bytes())
                .map_err(|_| Problem::NotSent)?;
            value.set_sensitive(true);
            sent = sent.header(name.as_str(), value);
        }
        if let Some(form) = &self.form {
            sent = sent.form(form);
        }
        let mut answer = sent
            .send()
            .await
            .map_err(|error| Problem::sending(&error))?;
        let status = answer.status();
        // What is neither done nor refused, such as a redirect, is no answer of Twilio's, whatever it holds.
        if !(status.is_success() || status.is_client_error() || status.is_server_error()) {
            return Err(Problem::Unreadable);
        }
        let body = read_body(&mut answer, ANSWER_BYTES)
            .await
            .map_err(|error| Problem::sending(&error))
            .and_then(|body| body.ok_or(Problem::Unreadable));
        let body = match body {
            Ok(body) => body,
            // A refusal is one without its words too.
            Err(_) if !status.is_success() => Vec::new(),
            Err(problem) => return Err(problem),
        };
        let status =
            httpclient::StatusCode::from_u16(status.as_u16()).map_err(|_| Problem::Unreadable)?;
        #[expect(
            clippy::default_trait_access,
            reason = "the type of the headers is of an `http` that httpclient does not export"
        )]
        let headers = Default::default();
        Ok(InMemoryResponse::new(
            status,
            headers,
            InMemoryBody::Bytes(body),
        ))
    }
}

/// Why a request was not answered as it should be. Holds nothing of the request or the answer but
/// numbers of Twilio's own, so that it may be logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Problem {
    /// No connection was made.
    #[error("it cannot be reached")]
    NotSent,
    /// Sent, or perhaps sent.
    #[error("no answer in time")]
    TimedOut,
    /// Sent, or perhaps sent.
    #[error("the connection broke before an answer")]
    Broken,
    /// It was answered, but not with what it should have been.
    #[error("an answer that cannot be read")]
    Unreadable,
    /// Something on the way, or Twilio itself, has failed.
    #[error("a failure of its own")]
    Failed {
        /// HTTP's.
        status: u16,
        /// Twilio's.
        code: Option<i64>,
    },
    /// It was understood, and not done.
    #[error("a refusal")]
    Refused {
        /// HTTP's.
        status: u16,
        /// Twilio's.
        code: Option<i64>,
    },
    /// What is wanted has not been set up.
    #[error("asked for what is not set up")]
    NotSetUp,
}

impl Problem {
    /// What went wrong, of all that the error holds.
    pub(super) fn of(error: &InMemoryError) -> Self {
        match error {
            httpclient::Error::HttpError(answer) => Self::answered(answer),
            httpclient::Error::IoError(error) => error
                .get_ref()
                .and_then(|inner| inner.downcast_ref::<Self>())
                .copied()
                .unwrap_or(Self::Broken),
            _ => Self::Unreadable,
        }
    }

    fn answered(answer: &InMemoryResponse) -> Self {
        #[derive(Deserialize)]
        struct Said {
            code: Option<i64>,
        }
        let code = match &answer.body {
            InMemoryBody::Bytes(body) => serde_json::from_slice::<Said>(body).ok(),
            _ => None,
        }
        .and_then(|said| said.code);
        let status = answer.status().as_u16();
        // 408 is what something in between says that has perhaps passed the request on.
        if status >= 500 || status == 408 {
            Self::Failed { status, code }
        } else {
            Self::Refused { status, code }
        }
    }

    fn sending(error: &reqwest::Error) -> Self {
        // In this order: a connection that is not made in time is not made.
        if error.is_connect() || error.is_builder() {
            Self::NotSent
        } else if error.is_timeout() {
            Self::TimedOut
        } else {
            Self::Broken
        }
    }

    /// HTTP's status and Twilio's code, as far as there was an answer.
    pub(super) fn answer(self) -> (Option<u16>, Option<i64>) {
        match self {
            Self::Failed { status, code } | Self::Refused { status, code } => (Some(status), code),
            _ => (None, None),
        }
    }

    /// Why a text failed that was answered with this; `None` when it may yet go, or have gone.
    pub(super) fn failure(self) -> Option<SmsFailure> {
        let (status, code) = match self {
            Self::Refused { status, code } => (status, code),
            Self::NotSetUp => return Some(SmsFailure::ProviderUnavailable),
            _ => return None,
        };
        match (code.and_then(known_failure_of), status) {
            (Some(failure), _) => Some(failure),
            // Never processed, and always safe to try again: twilio.com/docs/api/errors/20429
            (None, 429) => None,
            // Our credentials, or an account or a service that is not there.
            (None, 401 | 403 | 404) => Some(SmsFailure::ProviderUnavailable),
            (None, _) => Some(SmsFailure::Other),
        }
    }

    /// What became of a text that was answered with this.
    pub(super) fn handed_over(self) -> HandedOver {
        match (self, self.failure()) {
            (_, Some(failure)) => HandedOver::Refused(failure),
            (Self::NotSent | Self::Refused { .. } | Self::NotSetUp, None) => HandedOver::NotNow,
            _ => HandedOver::InDoubt,
        }
    }

    /// What is known of a code whose check was answered with this.
    pub(super) fn checked(self) -> Checked {
        match self {
            // No verification (any more); too many tries at it.
            Self::Refused { status: 404, .. }
            | Self::Refused {
                code: Some(60202), ..
            } => Checked::Gone,
            // No code that Verify could have sent.
            Self::Refused { status: 400, .. } => Checked::Wrong,
            // A 429 was never processed (twilio.com/docs/api/errors/20429), unless it has another code:
            // then Verify itself has said it.
            Self::NotSent
            | Self::NotSetUp
            | Self::Refused {
                status: 429,
                code: None | Some(20429),
            } => Checked::NotAsked,
            _ => Checked::NotNow,
        }
    }
}
