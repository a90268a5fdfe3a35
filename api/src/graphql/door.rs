//! The application as the transports see it.

use super::Schema;
use super::asking::Asking;
use super::mutation::too_often::TooOften;
use crate::app::App;
use crate::app::credentials::{Holds, Presented};
use crate::domain::id::DeviceId;
use crate::domain::policy::{AnonymousReason, StaffId, Viewer};
use crate::domain::time::Span;
use crate::http::door::{AnonymousBecause, Asker, Door, Refused};
use crate::http::fair_use::Party;
use crate::http::proxies::TrustedProxies;
use async_graphql::Request;
use axum::http::HeaderMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

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

    /// The same door, through which the schema cannot be asked about itself; nor do its errors name what
    /// was not asked for.
    #[must_use]
    pub fn without_introspection(mut self) -> Self {
        self.schema = super::schema_without_introspection(Arc::clone(&self.app));
        self
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
            AnonymousBecause::MalformedCredential => AnonymousReason::NotBearer,
            AnonymousBecause::RejectedCredential => AnonymousReason::NotRecognised,
        })
    }

    fn prepare(&self, request: Request, viewer: &Presented, asker: &Asker) -> Request {
        request.data(Asking {
            presented: viewer.clone(),
            address: asker.address,
        })
    }

    async fn still_holds(&self, viewer: &Presented) -> Holds {
        self.app.still_holds(viewer).await.unwrap_or_else(|fault| {
            // Every socket asks every few seconds: louder, a store that fails would fill the log.
            tracing::debug!(
                fault = fault.chain(),
                "a credential could not be looked up again"
            );
            Holds::Same
        })
    }

    fn sign_of_life(&self, viewer: &Presented, asker: &Asker) {
        let Viewer::Caller { caller, .. } = &viewer.viewer else {
            return;
        };
        let device = asker.device_id.as_deref().and_then(DeviceId::parse);
        self.app.sign_of_life(caller, device.as_ref());
    }

    fn party(&self, viewer: &Presented, asker: &Asker) -> Party {
        match &viewer.viewer {
            Viewer::Anonymous { .. } => Party::at(asker.address),
            Viewer::Caller { caller, .. } => Party::Caller(caller.as_str().into()),
            Viewer::Staff(staff) => match &staff.who {
                StaffId::TeamMember(id) => Party::Session(id.as_str().into()),
                StaffId::ApiClient(id) => Party::Key(id.as_str().into()),
            },
        }
    }

    fn turn_away(&self, request: Request, wait: Duration) -> Request {
        let wait = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
        request.data(TooOften {
            retry_at: self.app.clock.now() + Span::millis(wait),
        })
    }

    fn address(&self, peer: Option<SocketAddr>, headers: &HeaderMap) -> Option<IpAddr> {
        self.proxies.address(peer, headers)
    }
}
