//! What whoever runs a server asks of it: `/healthz` (the process lives), `/readyz` (it can serve:
//! the store answers), `/metrics`.
//!
//! The first two are open to everybody; the figures are of all clinics together and say how many are waiting,
//! which each may know only of itself: [`MetricsFor`]. What the store has to be asked for is answered from what
//! it said less than [`KEPT_FOR`] ago, so that however many ask, it is asked once.

use super::door::Credential;
use crate::app::App;
use crate::domain::secret::never_printed;
use crate::metrics::Metrics;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::sync::Arc;
use std::time::{Duration, Instant};
use subtle::ConstantTimeEq as _;
use tokio::sync::Mutex;

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// To whom `/metrics` answers.
#[derive(Clone, Debug)]
pub enum MetricsFor {
    /// Whoever asks: nobody but this machine can.
    Everybody,
    /// Whoever has the token.
    Bearer(MetricsToken),
    /// Nobody: there is no such page.
    Nobody,
}

/// The credential of whatever collects the figures.
#[derive(Clone)]
pub struct MetricsToken(String);
never_printed!(MetricsToken, "MetricsToken(…)");

/// The shortest token, in characters: 120 bits, where it was made by chance.
const SHORTEST_TOKEN: usize = 20;

impl MetricsToken {
    /// `None` when it is so short that it could be guessed, or cannot be sent as a bearer token.
    #[must_use]
    pub fn parse(given: &str) -> Option<Self> {
        match Credential::from_token(given.trim()) {
            Credential::Bearer(token) if token.len() >= SHORTEST_TOKEN => Some(Self(token)),
            _ => None,
        }
    }

    /// In constant time: how long a wrong one takes tells nothing about the right one.
    fn came_with(&self, headers: &HeaderMap) -> bool {
        match Credential::from_headers(headers) {
            Credential::Bearer(given) => given.as_bytes().ct_eq(self.0.as_bytes()).into(),
            Credential::Missing | Credential::Malformed => false,
        }
    }
}

/// Serves the three, the last one to whom it is for.
pub fn router(app: Arc<App>, metrics: Metrics, metrics_for: MetricsFor) -> Router {
    let router = Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready).with_state((app, Recent::default())));
    let token = match metrics_for {
        MetricsFor::Nobody => return router,
        MetricsFor::Everybody => None,
        MetricsFor::Bearer(token) => Some(token),
    };
    let state = (token, metrics, Recent::default());
    router.route("/metrics", get(figures).with_state(state))
}

/// How old an answer may be. Whoever looks after servers asks every few seconds.
const KEPT_FOR: Duration = Duration::from_secs(1);

/// The latest answer, and when it was found. Cheap to clone.
struct Recent<T>(Arc<Mutex<Option<(Instant, T)>>>);

impl<T: Clone> Recent<T> {
    /// The latest answer or, where it is too old, the one that is found now, for all who wait.
    async fn or(&self, find: impl Future<Output = T>) -> T {
        let mut latest = self.0.lock().await;
        if let Some((found_at, answer)) = &*latest
            && found_at.elapsed() < KEPT_FOR
        {
            return answer.clone();
        }
        let answer = find.await;
        *latest = Some((Instant::now(), answer.clone()));
        answer
    }
}

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> Clone for Recent<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

async fn ready(State((app, recent)): State<(Arc<App>, Recent<bool>)>) -> Response {
    let ping = async {
        app.ping()
            .await
            .inspect_err(|fault| tracing::error!(fault = fault.chain(), "not ready"))
            .is_ok()
    };
    if recent.or(ping).await {
        return "ready\n".into_response();
    }
    let retry_after = [(header::RETRY_AFTER, super::IN_A_MOMENT)];
    let words = "the store does not answer\n";
    (StatusCode::SERVICE_UNAVAILABLE, retry_after, words).into_response()
}

async fn figures(
    State((token, metrics, recent)): State<(Option<MetricsToken>, Metrics, Recent<Arc<str>>)>,
    headers: HeaderMap,
) -> Response {
    if token.is_some_and(|token| !token.came_with(&headers)) {
        let challenge = [(header::WWW_AUTHENTICATE, "Bearer")];
        return (StatusCode::UNAUTHORIZED, challenge).into_response();
    }
    let text = recent.or(async { metrics.text().await.into() }).await;
    ([(header::CONTENT_TYPE, OPEN_METRICS)], text.to_string()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[tokio::test]
    async fn however_many_ask_the_store_is_asked_once_a_second() {
        let (recent, asked) = (Recent::default(), AtomicUsize::new(0));
        let find = async || {
            // As one that takes its time.
            tokio::task::yield_now().await;
            asked.fetch_add(1, Ordering::SeqCst)
        };
        let start = Instant::now();
        let at_once = futures_util::future::join_all((0..50).map(|_| recent.or(find())));
        assert_eq!(at_once.await, [0; 50]);
        while recent.or(find()).await == 0 {
            tokio::time::sleep(KEPT_FOR / 100).await;
        }
        assert!(start.elapsed() >= KEPT_FOR);
        assert_eq!(asked.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn a_token_for_figures_is_one_that_cannot_be_guessed_and_can_be_sent() {
        let token = "0123456789abcdef0123";
        for (given, is_one) in [
            (token, true),
            ("  0123456789abcdef0123\n", true),
            (&token[1..], false),
            ("0123456789 abcdef0123", false),
            ("", false),
        ] {
            assert_eq!(MetricsToken::parse(given).is_some(), is_one, "{given}");
        }
        let shown = format!("{:?}", MetricsToken::parse(token).unwrap());
        assert_eq!(shown, "MetricsToken(…)");
    }

    #[tokio::test]
    async fn whoever_asks_and_goes_away_leaves_nobody_waiting() {
        let recent = Recent::default();
        let gone = recent.or(std::future::pending::<bool>());
        let gone = tokio::time::timeout(KEPT_FOR / 100, gone).await;
        assert!(gone.is_err());
        assert!(recent.or(async { true }).await);
    }
}
