//! Erasing who a caller was.

use crate::app::Done;
use crate::domain::id::CallerId;
use crate::domain::policy::Act;
use crate::domain::refusal::Refusal;
use crate::graphql::asking::{app, viewer};
use crate::graphql::caller::Caller;
use crate::graphql::fault::or_null;
use crate::graphql::user_error::{UserError, beyond_role};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

/// What clinic admins do about what is kept of callers.
#[derive(Default)]
pub struct ErasingMutations;

#[Object]
impl ErasingMutations {
    /// Clinic admin: erases who a caller was, before the time that the clinic has set: the name, the
    /// number, the answers, the reason of the end and the texts, for good. Only of a stay that has ended;
    /// the stay itself, when it was and how it ended, is kept. A text that has not gone out yet is
    /// withdrawn.
    async fn erase_caller(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom to erase.")] input: EraseCallerInput,
    ) -> Option<EraseCallerPayload> {
        let refused = |refusal: Refusal| EraseCallerPayload {
            caller: None,
            user_errors: vec![refusal.into()],
        };
        let nobody = || refused(Refusal::not_found("callerId"));
        let viewer = viewer(ctx);
        let Some(caller) = CallerId::parse(&input.caller_id) else {
            return Some(nobody());
        };
        let (app, may_see) = (app(ctx), viewer.as_staff(Act::SeeWaitingArea));
        let Some(within) = viewer.as_staff(Act::Configure) else {
            // Whoever may see the caller is told that the role does not go so far, and nobody else.
            let Some(within) = may_see else {
                return Some(nobody());
            };
            let placed = or_null(ctx, app.caller(&within, &caller).await)?;
            return Some(match placed {
                None => nobody(),
                Some(placed) => EraseCallerPayload {
                    caller: Caller::seen_by(viewer, placed),
                    user_errors: vec![beyond_role("Your role may not erase callers.").into()],
                },
            });
        };
        let (placed, user_errors) = match or_null(ctx, app.erase_caller(&within, &caller).await)? {
            Done::NotFound => return Some(nobody()),
            Done::Done(placed) => (placed, Vec::new()),
            Done::Refused(placed, refusal) => (placed, vec![refusal.into()]),
        };
        Some(EraseCallerPayload {
            caller: Caller::seen_by(viewer, *placed),
            user_errors,
        })
    }
}

/// Whom to erase.
#[derive(InputObject)]
pub struct EraseCallerInput {
    /// The caller's id.
    pub caller_id: ID,
}

/// The caller, without who it was.
#[derive(SimpleObject)]
pub struct EraseCallerPayload {
    /// As it now stands. Null when there is no such caller for whoever asks.
    pub caller: Option<Caller>,
    /// Why nothing was erased. Empty when it was.
    pub user_errors: Vec<UserError>,
}
