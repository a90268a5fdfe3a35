//! What GraphQL's transports have in common: who may come in, what is executed, and how often.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use async_graphql::Response;
use async_graphql::parser::types::OperationType;
use axum::extract::ConnectInfo;
use axum::http::{Extensions, HeaderMap};
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};

use super::connections::Connections;
use super::door::{Asker, Door};
use super::execution::{Asking, execute, too_often};
use super::fair_use::{Answering, FairUse, RateLimits, Turn};
use super::operation::{Asked, Operation, refusal};
use super::origin::OriginPolicy;
use super::outcome::Outcome;
use super::persisted::Documents;
use super::shared_subscriptions::{Sharing, subscribe};

/// How long until another request is worth sending while as many wait as may: many have been answered by
/// then.
const ANSWERED_WITHIN: Duration = Duration::from_secs(1);

/// What GraphQL is served with, whatever it comes by. Cheap to clone.
#[derive(Clone)]
pub struct Transport<D: Door> {
    pub(super) door: D,
    pub(super) origins: OriginPolicy,
    pub(super) connections: Connections,
    sharing: Sharing,
    fair_use: FairUse,
    documents: Documents,
    introspection: bool,
}

impl<D: Door> Transport<D> {
    /// Behind `origins`, with the usual limits.
    pub fn new(door: D, origins: OriginPolicy) -> Self {
        Self {
            door,
            origins,
            connections: Connections::default(),
            sharing: Sharing::default(),
            fair_use: FairUse::default(),
            documents: Documents::default(),
            introspection: true,
        }
    }

    /// With other limits on how often a party may ask.
    #[must_use]
    pub fn rated(mut self, limits: RateLimits) -> Self {
        self.fair_use = FairUse::new(limits);
        self
    }

    /// Letting a request wait for its turn for as long as a test may last.
    #[cfg(test)]
    #[must_use]
    pub(super) fn patient(mut self) -> Self {
        self.fair_use = self.fair_use.patient();
        self
    }

    /// Counting what stays open in `connections`.
    #[must_use]
    pub fn counting_in(mut self, connections: Connections) -> Self {
        self.connections = connections;
        self
    }

    /// Knowing these documents beforehand.
    #[must_use]
    pub fn knowing(mut self, documents: Documents) -> Self {
        self.documents = documents;
        self
    }

    /// Answering no question about the schema. The executor would leave a hole where the answer belongs.
    #[must_use]
    pub fn without_introspection(mut self) -> Self {
        self.introspection = false;
        self
    }

    /// From where a request comes.
    pub(super) fn asker(&self, headers: &HeaderMap, extensions: &Extensions) -> Asker {
        let peer = extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map(|info| info.0);
        Asker {
            address: self.door.address(peer, headers),
            device_id: None,
        }
    }

    /// Counts one request.
    pub(super) fn turn(&self, viewer: &D::Viewer, asker: &Asker) -> Turn {
        self.fair_use
            .take(self.door.party(viewer, asker), Instant::now())
    }

    /// Begins to answer a request when its turn has come. Where too many of the party wait for theirs, it is
    /// as one that is too often.
    pub(super) async fn begin(
        &self,
        viewer: &D::Viewer,
        asker: &Asker,
        turn: Turn,
    ) -> (Turn, Option<Answering>) {
        match self.fair_use.begin(self.door.party(viewer, asker)).await {
            None => (turn.put_off(ANSWERED_WITHIN), None),
            answering => (turn, answering),
        }
    }

    /// What is to be executed.
    pub(super) fn operation(&self, asked: Asked) -> Result<Operation, Box<Response>> {
        let operation = self.documents.look_up(asked)?.into_operation()?;
        if operation.introspects() && !self.introspection {
            let message = "The schema cannot be asked about itself here".to_owned();
            return Err(refusal("INTROSPECTION_OFF", message));
        }
        Ok(operation)
    }

    /// An operation, asked for by this viewer.
    pub(super) fn asking(
        &self,
        operation: Operation,
        viewer: D::Viewer,
        asker: Asker,
    ) -> Asking<D> {
        Asking {
            door: self.door.clone(),
            operation,
            viewer,
            asker,
        }
    }

    /// The outcomes of an operation that was asked for over a socket or to be streamed, whatever its kind.
    ///
    /// A query or a mutation waits for its turn beside all others of that party, whatever those came by. A
    /// subscription takes no place among them, because it lasts; what many follow is executed for all of
    /// them once.
    pub(super) fn answers(&self, asking: Asking<D>, turn: Turn) -> BoxStream<'static, Outcome> {
        if asking.operation.kind() == OperationType::Subscription {
            return match turn.too_often_for {
                Some(wait) => {
                    let refused = Outcome::of_errors(&too_often(wait));
                    stream::once(std::future::ready(refused)).boxed()
                }
                None => subscribe(asking, self.sharing.clone()),
            };
        }
        let transport = self.clone();
        let answer = async move {
            let (turn, place) = transport.begin(&asking.viewer, &asking.asker, turn).await;
            Outcome::of_answer(&execute(&asking, turn, place).await)
        };
        stream::once(answer).boxed()
    }
}
