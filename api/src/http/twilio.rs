//! What Twilio tells us: what became of texts, and what callers text back.
//!
//! | path | what it is |
//! | --- | --- |
//! | `POST /twilio/status/{text id}` | news of a text, with our own name for it in the path |
//! | `POST /twilio/inbound` | a text to our sender |
//!
//! A request is believed by its [signature], over the address that `PUBLIC_URL` makes: what a
//! proxy, or anybody, says of the host changes nothing. It is answered in under a second, whatever
//! the store does; what it began is brought to its end nevertheless.

pub mod signature;

pub mod form;

use std::fmt::{self, Debug, Formatter};
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::to_bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use tokio::sync::Semaphore;

use form::Form;
use signature::AuthToken;

/// Where texts to our sender are told of.
pub const INBOUND_PATH: &str = "/twilio/inbound";

/// Where news of a text is told, for the `StatusCallback` of that text.
#[must_use]
pub fn status_path(text: &str) -> String {
    format!("/twilio/status/{text}")
}

/// Largest body, in bytes: a text of 1,600 characters, each of nine bytes when encoded, and the
/// rest.
const BODY_BYTES: usize = 16 * 1024;
/// How long a body may take to arrive.
const BODY_WITHIN: Duration = Duration::from_secs(5);
/// How long the application may take: with the way there and back, under a second.
const ANSWERED_WITHIN: Duration = Duration::from_millis(900);
/// Most requests that the application is at. When the store is slow, more of them would only get in each
/// other's way: they wait.
const AT_ONCE: usize = 64;
/// Most requests that wait for the others, by some thousand texts at once: news that is turned away may never
/// come again. At [`BODY_BYTES`] each, 16 MiB.
const WAITING: usize = 1024;
/// Requests whose signature is wrong are logged no more often than this.
const LOGGED_EVERY: Duration = Duration::from_mins(1);

/// What is told is taken in here.
pub trait ProviderNews: Clone + Send + Sync + 'static {
    /// News of a text, in whatever order it comes, and however often. That nobody knows the text is
    /// no fault: it would be unknown the next time too.
    ///
    /// # Errors
    /// When it could not be taken in and is worth telling again.
    fn hear_of_text(&self, news: TextNews) -> impl Future<Output = Result<(), NotHeard>> + Send;

    /// A text to our sender, perhaps told of before.
    ///
    /// # Errors
    /// When it could not be taken in and is worth telling again.
    fn hear_inbound(&self, text: InboundText) -> impl Future<Output = Result<(), NotHeard>> + Send;
}

/// It could not be taken in. Whoever says so has logged why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotHeard;

/// News of a text, in Twilio's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextNews {
    /// Our name for the text, as it came: not yet looked at.
    pub text: String,
    /// Twilio's name for it, `MessageSid`: 34 characters, `SM` or `MM` first.
    pub provider_id: String,
    /// `MessageStatus`, such as `delivered`.
    pub status: String,
    /// `ErrorCode`, where there is one.
    pub error_code: Option<u32>,
}

/// A text to our sender.
#[derive(Clone, PartialEq, Eq)]
pub struct InboundText {
    /// Twilio's name for it, `MessageSid`: the same when it is told of again.
    pub provider_id: String,
    /// Whom it is from: mostly a number in E.164, not yet looked at.
    pub from: String,
    /// What it says; empty for a picture alone.
    pub body: String,
    /// What Twilio took it for, where its Advanced Opt-Out is on (`OptOutType`).
    pub opt_out: Option<OptOut>,
}

/// A number and what its holder writes are never printed.
impl Debug for InboundText {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str("InboundText(…)")
    }
}

/// What Twilio took a text for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptOut {
    /// No more texts.
    Stop,
    /// Texts again.
    Start,
    /// Asks what this is.
    Help,
}

/// What is needed to believe Twilio.
#[derive(Clone, Debug)]
pub struct TwilioWebhooks {
    /// Of the account whose texts they are.
    pub auth_token: AuthToken,
    /// The address that Twilio was told to call, without a path: `PUBLIC_URL`.
    pub public_url: String,
    /// Counts requests that were not believed.
    pub refused: RefusedSignatures,
}

/// How many requests were not believed.
#[derive(Clone, Debug, Default)]
pub struct RefusedSignatures(Arc<Refused>);

#[derive(Debug, Default)]
struct Refused {
    count: AtomicU64,
    /// When it was last logged, and how many there were by then.
    logged: Mutex<Option<(Instant, u64)>>,
}

impl RefusedSignatures {
    /// Since the server started.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.count.load(Ordering::Relaxed)
    }

    fn add(&self) {
        if let Some(since) = self.count_one(Instant::now()) {
            tracing::warn!(
                refused = since,
                "requests to /twilio without a right signature: another's, or TWILIO_AUTH_TOKEN or \
                 PUBLIC_URL is not what Twilio has"
            );
        }
    }

    /// Counts one more: how many are to be logged with it, once in a while.
    fn count_one(&self, now: Instant) -> Option<u64> {
        let count = self.0.count.fetch_add(1, Ordering::Relaxed) + 1;
        let mut logged = self.0.logged.lock().unwrap_or_else(PoisonError::into_inner);
        let before = match *logged {
            Some((at, _)) if now.saturating_duration_since(at) < LOGGED_EVERY => return None,
            Some((_, before)) => before,
            None => 0,
        };
        *logged = Some((now, count));
        Some(count.saturating_sub(before))
    }
}

/// Serves `/twilio/…`.
pub fn router<N: ProviderNews>(news: N, webhooks: TwilioWebhooks) -> Router {
    let state = Arc::new(Webhooks {
        news,
        believed: webhooks,
        at_once: Arc::new(Semaphore::new(AT_ONCE)),
        taken_on: Arc::new(Semaphore::new(AT_ONCE + WAITING)),
    });
    Router::new()
        .route("/twilio/status/{text}", post(status::<N>))
        .route(INBOUND_PATH, post(inbound::<N>))
        .with_state(state)
}

struct Webhooks<N> {
    news: N,
    believed: TwilioWebhooks,
    /// What the application is at.
    at_once: Arc<Semaphore>,
    /// The same, and what waits for it.
    taken_on: Arc<Semaphore>,
}

async fn status<N: ProviderNews>(
    State(webhooks): State<Arc<Webhooks<N>>>,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    let form = match webhooks.signed(request).await {
        Ok(form) => form,
        Err(refused) => return refused,
    };
    let Ok(Path(text)) = path else {
        // No text of ours has such a name.
        return StatusCode::NO_CONTENT.into_response();
    };
    let value = |name, old_name| form.value(name).or_else(|| form.value(old_name));
    let (Some(provider_id), Some(status)) = (
        value("MessageSid", "SmsSid").filter(|id| is_message_id(id)),
        value("MessageStatus", "SmsStatus").filter(|status| is_word(status)),
    ) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let heard = TextNews {
        text,
        provider_id: provider_id.to_owned(),
        status: status.to_owned(),
        error_code: form.value("ErrorCode").and_then(|code| code.parse().ok()),
    };
    let news = webhooks.news.clone();
    let hearing = async move { news.hear_of_text(heard).await };
    match webhooks.in_time(hearing).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(NotHeard) => not_heard(),
    }
}

async fn inbound<N: ProviderNews>(
    State(webhooks): State<Arc<Webhooks<N>>>,
    request: Request,
) -> Response {
    let form = match webhooks.signed(request).await {
        Ok(form) => form,
        Err(refused) => return refused,
    };
    let provider_id = form.value("MessageSid").filter(|id| is_message_id(id));
    let (Some(provider_id), Some(from)) = (provider_id, form.value("From")) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let heard = InboundText {
        provider_id: provider_id.to_owned(),
        from: from.to_owned(),
        body: form.value("Body").unwrap_or_default().to_owned(),
        opt_out: match form.value("OptOutType") {
            Some("STOP") => Some(OptOut::Stop),
            Some("START") => Some(OptOut::Start),
            Some("HELP") => Some(OptOut::Help),
            _ => None,
        },
    };
    let news = webhooks.news.clone();
    let hearing = async move { news.hear_inbound(heard).await };
    match webhooks.in_time(hearing).await {
        // Nothing is texted back: each answer would cost, and say what staff say better.
        Ok(()) => {
            let nothing = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response/>";
            ([(header::CONTENT_TYPE, "text/xml")], nothing).into_response()
        }
        Err(NotHeard) => not_heard(),
    }
}

impl<N: ProviderNews> Webhooks<N> {
    /// The form of a request that Twilio has signed, or how one is answered that it has not.
    async fn signed(&self, request: Request) -> Result<Form, Response> {
        let (parts, body) = request.into_parts();
        if !is_form(&parts.headers) {
            return Err(StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response());
        }
        let Some(signature) = the_only(&parts.headers, "x-twilio-signature") else {
            return Err(self.refuse());
        };
        let body = tokio::time::timeout(BODY_WITHIN, to_bytes(body, BODY_BYTES));
        let body = match body.await {
            Ok(Ok(body)) => body,
            Ok(Err(_)) => return Err(StatusCode::PAYLOAD_TOO_LARGE.into_response()),
            Err(_) => return Err(StatusCode::REQUEST_TIMEOUT.into_response()),
        };
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let is_signed = |form: &Form| {
            let TwilioWebhooks {
                auth_token,
                public_url,
                ..
            } = &self.believed;
            auth_token.has_signed(public_url, path, &form.0, signature)
        };
        // With bodySHA256 the signature says nothing of the parameters. It comes with JSON only.
        let has_other_signature = path.contains("bodySHA256");
        match Form::read(&body) {
            Some(form) if !has_other_signature && is_signed(&form) => Ok(form),
            _ => Err(self.refuse()),
        }
    }

    fn refuse(&self) -> Response {
        self.believed.refused.add();
        StatusCode::FORBIDDEN.into_response()
    }

    /// Waits for `hearing` as long as there is time. It goes on by itself, also one that has yet to begin:
    /// half of it would be a change of which those who watch were not told, and news may never be told
    /// again.
    async fn in_time(
        &self,
        hearing: impl Future<Output = Result<(), NotHeard>> + Send + 'static,
    ) -> Result<(), NotHeard> {
        let Ok(taken_on) = Arc::clone(&self.taken_on).try_acquire_owned() else {
            return Err(NotHeard);
        };
        let at_once = Arc::clone(&self.at_once);
        let hearing = tokio::spawn(async move {
            let Ok(_turn) = at_once.acquire().await else {
                return Err(NotHeard);
            };
            let heard = hearing.await;
            drop(taken_on);
            heard
        });
        match tokio::time::timeout(ANSWERED_WITHIN, hearing).await {
            Ok(Ok(heard)) => heard,
            Ok(Err(_)) | Err(_) => Err(NotHeard),
        }
    }
}

fn not_heard() -> Response {
    let retry_after = [(header::RETRY_AFTER, super::IN_A_MOMENT)];
    (StatusCode::SERVICE_UNAVAILABLE, retry_after).into_response()
}

fn is_form(headers: &HeaderMap) -> bool {
    let essence = the_only(headers, header::CONTENT_TYPE.as_str())
        .and_then(|value| std::str::from_utf8(value).ok())
        .and_then(|value| value.split(';').next());
    essence.is_some_and(|essence| {
        let form = "application/x-www-form-urlencoded";
        essence.trim().eq_ignore_ascii_case(form)
    })
}

/// The value of a header that comes once: of two, a proxy may have looked at the other.
fn the_only<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h [u8]> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => Some(value.as_bytes()),
        _ => None,
    }
}

/// Whether it has the form of a message's name: `SM` or `MM` and 32 hexadecimal digits (Twilio's
/// own API description).
fn is_message_id(given: &str) -> bool {
    let digits = given.strip_prefix("SM").or(given.strip_prefix("MM"));
    digits.is_some_and(|digits| {
        digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

/// Whether it has the form of a status: words such as `partially_delivered`.
fn is_word(given: &str) -> bool {
    (1..=40).contains(&given.len())
        && given
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

#[cfg(test)]
mod tests;
