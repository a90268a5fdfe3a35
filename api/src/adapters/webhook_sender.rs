//! Takes events to receivers, over reqwest, and nowhere that is not public.
//!
//! Where to is said by a clinic's admin, and a name may lead anywhere, to another place at each look-up
//! too. So every connection is made to addresses that were looked at after the name was resolved, and to
//! no others: what is not public refuses the whole name. Nothing an answer says leads anywhere: redirects
//! are not followed, and what is in its body is not looked at.

use crate::domain::public_address::is_public;
use crate::domain::webhook::{Answer, Problem, Reach, WebhookUrl};
use crate::ports::webhook_sender::{OutgoingEvent, WebhookSender};
use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use std::error::Error;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// How long a receiver has for its whole answer.
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);
/// How much of an answer's body is taken in before the connection is closed, in bytes. It is thrown away:
/// a receiver that is not cut off while it says "OK" has no error in its log.
const ANSWER_BYTES: usize = 64 * 1024;

/// Knows the addresses of names.
#[async_trait]
pub trait Names: Send + Sync {
    /// All addresses of a host, as they are at this moment.
    ///
    /// # Errors
    /// When it has none.
    async fn addresses(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// What this machine's resolver knows.
pub struct SystemNames;

#[async_trait]
impl Names for SystemNames {
    async fn addresses(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        let found = tokio::net::lookup_host((host, 0)).await?;
        Ok(found.map(|address| address.ip()).collect())
    }
}

/// Sends events over https.
pub struct HttpsSender {
    http: reqwest::Client,
    reach: Reach,
}

impl HttpsSender {
    /// A sender that goes as far as `reach`.
    ///
    /// # Errors
    /// When connections cannot be made ready.
    pub fn new(reach: Reach, names: Arc<dyn Names>) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .user_agent(concat!("standby/", env!("CARGO_PKG_VERSION")))
            .timeout(ANSWERED_WITHIN)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            // A proxy would resolve names by itself, and then nobody has looked at where they lead.
            .no_proxy()
            // Each event over a connection of its own, to an address that was looked at for it.
            .pool_max_idle_per_host(0)
            .dns_resolver(Arc::new(LookedAt { names, reach }))
            .build()
            .map_err(reqwest::Error::without_url)?;
        Ok(Self { http, reach })
    }
}

#[async_trait]
impl WebhookSender for HttpsSender {
    async fn send(&self, event: &OutgoingEvent) -> Answer {
        match self.try_to_send(event).await {
            Ok(answer) => answer,
            Err(error) => Answer::NotTaken {
                status: None,
                problem: problem(&error),
            },
        }
    }
}

impl HttpsSender {
    async fn try_to_send(&self, event: &OutgoingEvent) -> Result<Answer, reqwest::Error> {
        // Again: it may have been stored when more was allowed. Literal addresses are never resolved, so
        // this is where they are refused.
        let Ok(url) = WebhookUrl::parse(event.url.as_str(), self.reach) else {
            return Ok(Answer::NotTaken {
                status: None,
                problem: Problem::PrivateAddress,
            });
        };
        let mut answer = self
            .http
            .post(url.as_str())
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header("webhook-id", event.id.as_str())
            .header("webhook-timestamp", event.timestamp)
            .header("webhook-signature", &event.signature)
            .body(event.body.clone())
            .send()
            .await?;
        let status = answer.status();
        let mut taken_in = 0;
        // Whatever becomes of the body: the receiver has answered.
        while let Ok(Some(part)) = answer.chunk().await {
            taken_in += part.len();
            if taken_in >= ANSWER_BYTES {
                break;
            }
        }
        let problem = match status.as_u16() {
            status @ 200..=299 => return Ok(Answer::Taken { status }),
            300..=399 => Problem::Redirected,
            410 => Problem::Gone,
            _ => Problem::NotTaken,
        };
        Ok(Answer::NotTaken {
            status: Some(status.as_u16()),
            problem,
        })
    }
}

/// What went wrong before there was an answer.
fn problem(error: &reqwest::Error) -> Problem {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(refused) = error.downcast_ref::<Refused>() {
            return match refused {
                Refused::NoSuchHost => Problem::NoSuchHost,
                Refused::NotPublic => Problem::PrivateAddress,
            };
        }
        cause = error.source();
    }
    if error.is_timeout() {
        Problem::TimedOut
    } else if error.is_connect() || error.is_builder() {
        Problem::CannotBeReached
    } else {
        Problem::Broken
    }
}

/// Why nothing is connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum Refused {
    #[error("the name leads nowhere")]
    NoSuchHost,
    #[error("the name leads to what is not public")]
    NotPublic,
}

/// Resolves names for the client, which connects to these addresses and asks nobody else.
struct LookedAt {
    names: Arc<dyn Names>,
    reach: Reach,
}

impl Resolve for LookedAt {
    fn resolve(&self, name: Name) -> Resolving {
        let (names, reach) = (Arc::clone(&self.names), self.reach);
        Box::pin(async move {
            let found = names.addresses(name.as_str()).await;
            let found = found.map_err(|_| Refused::NoSuchHost)?;
            if found.is_empty() {
                return Err(Refused::NoSuchHost.into());
            }
            // One that is not is enough: a name of an honest receiver has no such address, and which of
            // several is tried first is not ours to say.
            if reach == Reach::PublicOnly && !found.iter().copied().all(is_public) {
                return Err(Refused::NotPublic.into());
            }
            let addresses = found.into_iter().map(|address| SocketAddr::new(address, 0));
            let addresses: Addrs = Box::new(addresses);
            Ok(addresses)
        })
    }
}
