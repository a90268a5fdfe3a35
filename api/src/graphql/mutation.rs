//! What may be changed: one field for each command, in a file for each kind of command.

pub mod access;
pub mod configuration;
pub mod erasing;
pub mod own;
pub mod session;
pub mod staff;
pub mod too_often;
pub mod webhooks;

use super::asking::viewer;
use super::fault::or_null;
use super::user_error::UserError;
use crate::app::{App, Done};
use crate::domain::id::{CallerId, ClinicId};
use crate::domain::policy::{Act, Within};
use crate::domain::refusal::Refusal;
use crate::ports::Fault;
use async_graphql::{Context, ID, MergedObject};
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

/// What a command answers: what it did, or why it did nothing.
type Answer<T> = Result<Result<T, Refusal>, Fault>;

/// The two halves of a payload; `None`, with the error beside it, after a fault.
fn answer<T>(ctx: &Context<'_>, answer: Answer<T>) -> Option<(Option<T>, Vec<UserError>)> {
    Some(match or_null(ctx, answer)? {
        Ok(done) => (Some(done), Vec::new()),
        Err(refusal) => (None, vec![refusal.into()]),
    })
}

/// The right to `act` in the clinic given at `clinicId`. Whoever may see the clinic, and no more, is told
/// `beyond`; to everybody else there is none.
fn in_clinic(
    ctx: &Context<'_>,
    clinic: &ID,
    act: Act,
    beyond: fn() -> Refusal,
) -> Result<Within, Refusal> {
    let nowhere = || Refusal::not_found("clinicId");
    let viewer = viewer(ctx);
    let clinic = ClinicId::parse(clinic).ok_or_else(nowhere)?;
    viewer.within(&clinic, act).ok_or_else(|| {
        let is_staff = viewer.within(&clinic, Act::SeeWaitingArea).is_some();
        if is_staff { beyond() } else { nowhere() }
    })
}

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
