//! What GraphQL's transports have in common: who may come in, what is executed, and how often.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use async_graphql::parser::types::OperationType;
use async_graphql::{ErrorExtensionValues, Response};
use axum::extract::ConnectInfo;
use axum::http::{Extensions, HeaderMap};

use super::connections::Connections;
use super::door::{Asker, Door};
use super::fair_use::{Answering, FairUse, RateLimits, Turn, whole_seconds};
use super::graphql_ws::shared::Sharing;
use super::operation::{Asked, Operation, refusal, went_wrong};
use super::origin::OriginPolicy;
use super::persisted::Documents;

/// How long until another request is worth sending while as many wait as may: many have been answered by
/// then.
const ANSWERED_WITHIN: Duration = Duration::from_secs(1);

/// What GraphQL is served with, whatever it comes by. Cheap to clone.
#[derive(Clone)]
pub struct Transport<D: Door> {
    pub(super) door: D,
    pub(super) origins: OriginPolicy,
    pub(super) connections: Connections,
    pub(super) sharing: Sharing,
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
}

/// Executes a query or a mutation, or has it answered that it is too often.
///
/// A mutation runs to its end even when its asker hangs up meanwhile: otherwise the request would
/// be dropped at any await, in the middle of a command.
pub(super) async fn execute<D: Door>(
    door: &D,
    operation: &Operation,
    viewer: &D::Viewer,
    asker: &Asker,
    turn: Turn,
) -> Response {
    use async_graphql::Executor as _;

    let mut request = door.prepare(operation.request(), viewer, asker);
    if operation.kind() != OperationType::Mutation {
        return match turn.too_often_for {
            Some(wait) => *too_often(wait),
            None => door.schema().execute(request).await,
        };
    }
    if let Some(wait) = turn.too_often_for {
        request = door.turn_away(request, wait);
    }
    let door = door.clone();
    let running = tokio::spawn(async move { door.schema().execute(request).await });
    running.await.unwrap_or_else(|error| {
        tracing::error!(%error, "a mutation was cut off");
        *went_wrong()
    })
}

/// What is answered instead of a query or a subscription that is too often.
pub(super) fn too_often(wait: Duration) -> Box<Response> {
    let seconds = whole_seconds(wait);
    let message = format!("Too many requests. Try again in {seconds} s");
    let mut answer = refusal("RATE_LIMITED", message);
    for error in &mut answer.errors {
        error
            .extensions
            .get_or_insert_with(ErrorExtensionValues::default)
            .set("retryAfterSeconds", seconds);
    }
    answer
}
