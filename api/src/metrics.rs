//! Figures for those who run a server, as `application/openmetrics-text`.

use crate::app::App;
use crate::domain::time::Span;
use crate::http::twilio::RefusedSignatures;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use std::sync::Arc;
use tokio::sync::watch;

/// The figures, read when they are asked for.
#[derive(Clone)]
pub struct Metrics {
    app: Arc<App>,
    sockets: watch::Receiver<usize>,
    refused: Option<RefusedSignatures>,
}

impl Metrics {
    /// Figures of `app`, of `sockets` (how many are open), and of `refused`: what came as a provider's
    /// news without a right signature.
    #[must_use]
    pub fn new(
        app: Arc<App>,
        sockets: watch::Receiver<usize>,
        refused: Option<RefusedSignatures>,
    ) -> Self {
        Self {
            app,
            sockets,
            refused,
        }
    }

    /// All figures as text. What cannot be read is left out, so that the rest is still there.
    pub async fn text(&self) -> String {
        let mut registry = Registry::with_prefix("standby");
        let mut figure = |name: &str, help: &str, value: i64| {
            let gauge: Gauge = Gauge::default();
            gauge.set(value);
            registry.register(name, help, gauge);
        };
        let callers = i64::try_from(self.app.callers_tracked()).unwrap_or(i64::MAX);
        figure("callers", "Callers whose stay has not ended", callers);
        let sockets = i64::try_from(*self.sockets.borrow()).unwrap_or(i64::MAX);
        figure(
            "sockets",
            "WebSockets and event streams that are open",
            sockets,
        );
        let resist = self.app.bytes_resist_for();
        figure(
            "bytes_to_erase_seconds",
            "For how long what was erased could not be erased from the files; 0 when nothing is in the way",
            resist.map_or(0, Span::as_seconds_rounded),
        );
        if let Some(refused) = &self.refused {
            let count = i64::try_from(refused.count()).unwrap_or(i64::MAX);
            figure(
                "signatures_refused",
                "Requests to /twilio without a right signature",
                count,
            );
        }
        let attempts = self.app.webhook_attempts();
        for (name, help, count) in [
            (
                "webhooks_taken",
                "Attempts of a webhook since the server started whose receiver took the event",
                attempts.taken(),
            ),
            (
                "webhooks_refused",
                "The same whose receiver answered that it does not take the event",
                attempts.refused(),
            ),
            (
                "webhooks_retried",
                "The same after which the event is tried again, answered or not",
                attempts.retried(),
            ),
            (
                "webhooks_failed",
                "The same after which the event was given up, answered or not",
                attempts.failed(),
            ),
        ] {
            figure(name, help, i64::try_from(count).unwrap_or(i64::MAX));
        }
        match self.app.texts_waiting().await {
            Ok(texts) => figure(
                "texts_waiting",
                "Texts committed and not yet settled",
                texts,
            ),
            Err(fault) => tracing::error!(fault = fault.chain(), "a figure could not be read"),
        }
        match self.app.deliveries_waiting().await {
            Ok(deliveries) => figure(
                "webhooks_waiting",
                "Events that are to be tried, or are being tried: the next one of each webhook that is behind",
                deliveries,
            ),
            Err(fault) => tracing::error!(fault = fault.chain(), "a figure could not be read"),
        }
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = encode(&mut text, &registry);
        text
    }
}
