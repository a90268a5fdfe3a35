//! The application as the transports see it.

use super::Schema;
use super::asking::Asking;
use crate::app::App;
use crate::app::credentials::Presented;
use crate::domain::id::DeviceId;
use crate::domain::policy::{AnonymousReason, Viewer};
use crate::http::door::{AnonymousBecause, Asker, Door, Refused};
use crate::http::proxies::TrustedProxies;
use async_graphql::Request;
use axum::http::HeaderMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// The door of the application: looks credentials up, and puts who asks into each request.
#[derive(Clone)]
pub struct AppDoor {
    app: Arc<App>,
    schema: Schema,
    proxies: TrustedProxies,
}

impl AppDoor {
    /// The door of `app`.
    #[must_use]
    pub fn new(app: Arc<App>) -> Self {
        Self {
            schema: super::schema(Arc::clone(&app)),
            app,
            proxies: TrustedProxies::default(),
        }
    }

    /// The same door behind proxies whose word on an address is taken.
    #[must_use]
    pub fn behind(mut self, proxies: TrustedProxies) -> Self {
        self.proxies = proxies;
        self
    }
}

impl Door for AppDoor {
    type Viewer = Presented;
    type Schema = Schema;

    fn schema(&self) -> &Schema {
        &self.schema
    }

    async fn viewer(&self, credential: &str) -> Result<Presented, Refused> {
        match self.app.present(credential).await {
            Ok(Some(presented)) => Ok(presented),
            Ok(None) => Err(Refused::Credential),
            Err(fault) => {
                tracing::error!(fault = fault.chain(), "a credential could not be looked up");
                Err(Refused::Unavailable)
            }
        }
    }

    fn anonymous(&self, because: AnonymousBecause) -> Presented {
        Presented::anonymous(match because {
            AnonymousBecause::NoCredential => AnonymousReason::NoCredential,
            AnonymousBecause::MalformedCredential | AnonymousBecause::RejectedCredential => {
                AnonymousReason::NotRecognised
            }
        })
    }

    fn prepare(&self, request: Request, viewer: &Presented, asker: &Asker) -> Request {
        request.data(Asking {
            presented: viewer.clone(),
            address: asker.address,
        })
    }

    async fn still_valid(&self, viewer: &Presented) -> bool {
        self.app.still_holds(viewer).await.unwrap_or_else(|fault| {
            // Every socket asks every few seconds: louder, a store that fails would fill the log.
            tracing::debug!(
                fault = fault.chain(),
                "a credential could not be looked up again"
            );
            true
        })
    }

    fn sign_of_life(&self, viewer: &Presented, asker: &Asker) {
        let Viewer::Caller { caller, .. } = &viewer.viewer else {
            return;
        };
        let device = asker.device_id.as_deref().and_then(DeviceId::parse);
        self.app.sign_of_life(caller, device.as_ref());
    }

    fn address(&self, peer: Option<SocketAddr>, headers: &HeaderMap) -> Option<IpAddr> {
        self.proxies.address(peer, headers)
    }
}
