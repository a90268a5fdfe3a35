//! What whoever runs a server asks of it: `/healthz` (the process lives), `/readyz` (it can serve:
//! the store answers), `/metrics`.
//!
//! All three are open to everybody. What the store has to be asked for is answered from what it said less
//! than [`KEPT_FOR`] ago, so that however many ask, it is asked once.

use crate::app::App;
use crate::metrics::Metrics;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Serves the three.
pub fn router(app: Arc<App>, metrics: Metrics) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready).with_state((app, Recent::default())))
        .route(
            "/metrics",
            get(figures).with_state((metrics, Recent::default())),
        )
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
    State((metrics, recent)): State<(Metrics, Recent<Arc<str>>)>,
) -> impl IntoResponse {
    let text = recent.or(async { metrics.text().await.into() }).await;
    ([(header::CONTENT_TYPE, OPEN_METRICS)], text.to_string())
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

    #[tokio::test]
    async fn whoever_asks_and_goes_away_leaves_nobody_waiting() {
        let recent = Recent::default();
        let gone = recent.or(std::future::pending::<bool>());
        let gone = tokio::time::timeout(KEPT_FOR / 100, gone).await;
        assert!(gone.is_err());
        assert!(recent.or(async { true }).await);
    }
}
