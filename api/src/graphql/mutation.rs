//! What may be changed: one field for each command, in three files by who gives it.

pub mod access;
pub mod configuration;
pub mod erasing;
pub mod own;
pub mod session;
pub mod staff;
pub mod too_often;
pub mod webhooks;

use crate::app::{App, Done};
use crate::domain::id::CallerId;
use crate::domain::policy::Within;
use crate::domain::refusal::Refusal;
use crate::ports::Fault;
use async_graphql::MergedObject;
pub use too_often::Mutation;

/// What may be changed. Each command answers with a payload: how things now stand, and `userErrors`
/// that say why nothing changed. A command that repeats what is already so succeeds and changes
/// nothing, so each may be sent again when its answer was lost. One command a request.
#[derive(Default, MergedObject)]
#[graphql(name = "Mutation")]
pub struct Commands(
    own::OwnMutations,
    staff::StaffMutations,
    configuration::ConfigurationMutations,
    access::AccessMutations,
    erasing::ErasingMutations,
    webhooks::WebhookMutations,
    session::SessionMutations,
);

/// Refuses before anything is decided, with the caller as it stands.
async fn refused(
    app: &App,
    within: &Within,
    caller: &CallerId,
    refusal: Refusal,
) -> Result<Done, Fault> {
    let placed = app.caller(within, caller).await?;
    Ok(placed.map_or(Done::NotFound, |placed| {
        Done::Refused(Box::new(placed), refusal)
    }))
}
