//! One operation as somebody asks for it, and what executing it answers.

use std::time::Duration;

use async_graphql::parser::types::OperationType;
use async_graphql::{ErrorExtensionValues, Executor as _, Request, Response};

use super::door::{Asker, Door};
use super::fair_use::{Answering, Turn, whole_seconds};
use super::operation::{Operation, refusal, went_wrong};

/// An operation, and who asks for it.
pub(super) struct Asking<D: Door> {
    pub(super) door: D,
    pub(super) operation: Operation,
    pub(super) viewer: D::Viewer,
    pub(super) asker: Asker,
}

impl<D: Door> Asking<D> {
    /// A request to execute it, as often as needed.
    pub(super) fn request(&self) -> Request {
        self.door
            .prepare(self.operation.request(), &self.viewer, &self.asker)
    }
}

/// Executes a query or a mutation, or has it answered that it is too often.
///
/// A mutation runs to its end even when its asker hangs up meanwhile: otherwise the request would
/// be dropped at any await, in the middle of a command. It keeps its place until then: who asks and
/// hangs up, over and over, has no more under way than others.
pub(super) async fn execute<D: Door>(
    asking: &Asking<D>,
    turn: Turn,
    place: Option<Answering>,
) -> Response {
    let door = &asking.door;
    let mut request = asking.request();
    if asking.operation.kind() != OperationType::Mutation {
        return match turn.too_often_for {
            Some(wait) => *too_often(wait),
            None => door.schema().execute(request).await,
        };
    }
    if let Some(wait) = turn.too_often_for {
        request = door.turn_away(request, wait);
    }
    let door = door.clone();
    let running = tokio::spawn(async move {
        let _place = place;
        door.schema().execute(request).await
    });
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
