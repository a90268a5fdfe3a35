//! The identity provider, where there is one.

use crate::adapters::openid::OpenIdProvider;
use crate::app::App;
use crate::configuration::Configuration;
use crate::failure::Failure;
use crate::http::openid;
use crate::ports::Fault;
use crate::ports::clock::Clock;
use axum::Router;
use std::sync::Arc;

/// Lets staff sign in by the provider of the settings; without settings there is no such way. The provider is
/// asked about itself at once, so that a wrong setting is in the log before somebody signs in, and not
/// waited for: it may be down while this server starts.
pub(super) fn way_in(
    configuration: &Configuration,
    app: &Arc<App>,
    clock: &Arc<dyn Clock>,
) -> Result<Router, Failure> {
    let Some(settings) = &configuration.openid else {
        return Ok(Router::new());
    };
    let provider = OpenIdProvider::new(settings.clone()).map_err(|error| {
        Fault::new(
            "making connections to the identity provider ready",
            error.without_url(),
        )
    })?;
    let provider = Arc::new(provider);
    app.sign_in_by(Arc::clone(&provider));
    let now = clock.now();
    tokio::spawn(async move {
        match provider.look_up(now).await {
            Ok(()) => tracing::info!("staff can sign in by the identity provider"),
            Err(reason) => {
                tracing::error!(reason = &*reason, "the identity provider cannot be used");
            }
        }
    });
    let reached = openid::Reached {
        is_https: configuration.public_url.as_str().starts_with("https:"),
        rate_limits: configuration.rate_limits,
        proxies: configuration.trusted_proxies.clone(),
    };
    Ok(openid::router(Arc::clone(app), reached))
}
