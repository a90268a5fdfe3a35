//! What whoever runs a server asks of it: `/healthz` (the process lives), `/readyz` (it can serve:
//! the store answers), `/metrics`.

use crate::app::App;
use crate::metrics::Metrics;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use std::sync::Arc;

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Serves the three.
pub fn router(app: Arc<App>, metrics: Metrics) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready).with_state(app))
        .route("/metrics", get(figures).with_state(metrics))
}

async fn ready(State(app): State<Arc<App>>) -> (StatusCode, &'static str) {
    match app.ping().await {
        Ok(()) => (StatusCode::OK, "ready\n"),
        Err(fault) => {
            tracing::error!(fault = fault.chain(), "not ready");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "the store does not answer\n",
            )
        }
    }
}

async fn figures(State(metrics): State<Metrics>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, OPEN_METRICS)], metrics.text().await)
}
