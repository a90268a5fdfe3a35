//! What staff do with a caller.

use crate::app::Done;
use crate::domain::entry::Reason;
use crate::domain::id::CallerId;
use crate::domain::policy::Act;
use crate::domain::refusal::Refusal;
use crate::graphql::asking::{app, viewer};
use crate::graphql::caller::{Caller, Room};
use crate::graphql::fault::or_null;
use crate::graphql::query;
use crate::graphql::recall::Recall;
use crate::graphql::user_error::{UserError, beyond_role};
use crate::ports::Fault;
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

/// What staff do with a caller.
#[derive(Default)]
pub struct StaffMutations;

#[Object]
impl StaffMutations {
    /// Staff: asks an Offline caller to come back, by one text with a link. The status stays `OFFLINE`
    /// until the caller is viewing again. Repeated within 10 seconds it sends nothing; at most one text
    /// a minute and 5 for a stay.
    async fn recall_caller(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom to recall.")] input: RecallCallerInput,
    ) -> Option<RecallCallerPayload> {
        let Attended {
            caller,
            user_errors,
        } = attend(ctx, &input.caller_id, Do::Recall).await?;
        let recalled = caller.as_ref().filter(|_| user_errors.is_empty());
        let recall = recalled.and_then(Caller::latest_recall);
        Some(RecallCallerPayload {
            caller,
            recall,
            user_errors,
        })
    }

    /// Staff: takes a caller out of the waiting area. An open wait screen says so at once; an Offline
    /// caller gets one text where the clinic has set that.
    async fn cancel_caller(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom to cancel, and why.")] input: CancelCallerInput,
    ) -> Option<CancelCallerPayload> {
        let cancel = Do::Cancel {
            reason: input.reason,
        };
        let Attended {
            caller,
            user_errors,
        } = attend(ctx, &input.caller_id, cancel).await?;
        Some(CancelCallerPayload {
            caller,
            user_errors,
        })
    }

    /// Staff: starts the consultation with a caller who is Waiting, or goes on with one who is On
    /// Hold. Both sides get the address of a room, one a stay.
    async fn join_caller(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom to join.")] input: JoinCallerInput,
    ) -> Option<JoinCallerPayload> {
        let Attended {
            caller,
            user_errors,
        } = attend(ctx, &input.caller_id, Do::Join).await?;
        let joined = caller.as_ref().filter(|_| user_errors.is_empty());
        let room = joined.and_then(|caller| caller.room_to_enter(app(ctx).public_url()));
        Some(JoinCallerPayload {
            caller,
            room,
            user_errors,
        })
    }

    /// Staff: puts a caller who is Being Seen on hold. Join goes on with the consultation.
    async fn hold_caller(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom to put on hold.")] input: HoldCallerInput,
    ) -> Option<HoldCallerPayload> {
        let Attended {
            caller,
            user_errors,
        } = attend(ctx, &input.caller_id, Do::Hold).await?;
        Some(HoldCallerPayload {
            caller,
            user_errors,
        })
    }

    /// Staff: vouches for a caller's number, having phoned it: it becomes verified as if the caller had
    /// entered a code. For callers who get no text, or for whose number too many wrong codes were
    /// entered. An unverified caller who is not viewing becomes Offline by it. Refused with the field
    /// `phone` when the caller's number is another one by now, when it is a landline by its numbering plan,
    /// and when it is of a country that the clinic does not take.
    async fn verify_caller_phone(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose number was phoned.")] input: VerifyCallerPhoneInput,
    ) -> Option<VerifyCallerPhonePayload> {
        let vouch = Do::VouchForPhone { phone: input.phone };
        let Attended {
            caller,
            user_errors,
        } = attend(ctx, &input.caller_id, vouch).await?;
        Some(VerifyCallerPhonePayload {
            caller,
            user_errors,
        })
    }

    /// Staff: completes the consultation with a caller who is Being Seen.
    async fn complete_call(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose consultation is complete.")] input: CompleteCallInput,
    ) -> Option<CompleteCallPayload> {
        let Attended {
            caller,
            user_errors,
        } = attend(ctx, &input.caller_id, Do::Complete).await?;
        Some(CompleteCallPayload {
            caller,
            user_errors,
        })
    }
}

/// What is done with a caller.
enum Do {
    Recall,
    Cancel { reason: Option<String> },
    Join,
    Hold,
    Complete,
    VouchForPhone { phone: String },
}

/// The caller as it now stands, and why nothing changed.
struct Attended {
    caller: Option<Caller>,
    user_errors: Vec<UserError>,
}

async fn attend(ctx: &Context<'_>, caller: &ID, what: Do) -> Option<Attended> {
    or_null(ctx, try_to_attend(ctx, caller, what).await)
}

async fn try_to_attend(ctx: &Context<'_>, caller: &ID, what: Do) -> Result<Attended, Fault> {
    let refused = |caller, refusal: Refusal| Attended {
        caller,
        user_errors: vec![refusal.into()],
    };
    let nobody = || refused(None, Refusal::not_found("callerId"));
    let (app, viewer) = (app(ctx), viewer(ctx));
    if viewer.staff().is_none() {
        // Before anything is looked up: not even the time it takes tells whether there is one.
        return Ok(nobody());
    }
    let Some(id) = CallerId::parse(caller) else {
        return Ok(nobody());
    };
    let Some(within) = viewer.as_staff(Act::AttendCallers) else {
        let seen = query::caller(ctx, &id).await?;
        let beyond = || beyond_role("Your role may read only.");
        return Ok(seen.map_or_else(nobody, |caller| refused(Some(caller), beyond())));
    };
    let done = match what {
        Do::Recall => app.recall(&within, &id).await?,
        Do::Join => app.join(&within, &id).await?,
        Do::Hold => app.hold(&within, &id).await?,
        Do::Complete => app.complete(&within, &id).await?,
        Do::VouchForPhone { phone } => app.vouch_for_phone(&within, &id, &phone).await?,
        Do::Cancel { reason } => match Reason::parse(reason.as_deref(), "reason") {
            Ok(reason) => app.cancel(&within, &id, reason).await?,
            Err(refusal) => super::refused(app, &within, &id, refusal).await?,
        },
    };
    Ok(match done {
        Done::NotFound => nobody(),
        Done::Done(placed) => Attended {
            caller: Caller::seen_by(viewer, *placed),
            user_errors: Vec::new(),
        },
        Done::Refused(placed, refusal) => refused(Caller::seen_by(viewer, *placed), refusal),
    })
}

/// Whom to recall.
#[derive(InputObject)]
pub struct RecallCallerInput {
    /// The caller's id.
    pub caller_id: ID,
}

/// The caller who was recalled.
#[derive(SimpleObject)]
pub struct RecallCallerPayload {
    /// As it now stands, also when refused; null if not visible.
    pub caller: Option<Caller>,
    /// The recall that is under way. Null when refused.
    pub recall: Option<Recall>,
    /// Why nobody was recalled. Empty when somebody was.
    pub user_errors: Vec<UserError>,
}

/// Whom to cancel, and why.
#[derive(InputObject)]
pub struct CancelCallerInput {
    /// The caller's id.
    pub caller_id: ID,
    /// Why; the caller sees it. At most 300 characters.
    pub reason: Option<String>,
}

/// The caller who was cancelled.
#[derive(SimpleObject)]
pub struct CancelCallerPayload {
    /// As it now stands, also when refused; null if not visible.
    pub caller: Option<Caller>,
    /// Why nobody was cancelled. Empty when somebody was.
    pub user_errors: Vec<UserError>,
}

/// Whom to join.
#[derive(InputObject)]
pub struct JoinCallerInput {
    /// The caller's id.
    pub caller_id: ID,
}

/// The caller who was joined, and the room.
#[derive(SimpleObject)]
pub struct JoinCallerPayload {
    /// As it now stands, also when refused; null if not visible.
    pub caller: Option<Caller>,
    /// Where to go. Null when refused.
    pub room: Option<Room>,
    /// Why nobody was joined. Empty when somebody was.
    pub user_errors: Vec<UserError>,
}

/// Whom to put on hold.
#[derive(InputObject)]
pub struct HoldCallerInput {
    /// The caller's id.
    pub caller_id: ID,
}

/// The caller who is on hold.
#[derive(SimpleObject)]
pub struct HoldCallerPayload {
    /// As it now stands, also when refused; null if not visible.
    pub caller: Option<Caller>,
    /// Why nobody was put on hold. Empty when somebody was.
    pub user_errors: Vec<UserError>,
}

/// Whose consultation is complete.
#[derive(InputObject)]
pub struct CompleteCallInput {
    /// The caller's id.
    pub caller_id: ID,
}

/// The caller whose consultation is complete.
#[derive(SimpleObject)]
pub struct CompleteCallPayload {
    /// As it now stands, also when refused; null if not visible.
    pub caller: Option<Caller>,
    /// Why nothing was completed. Empty when it was.
    pub user_errors: Vec<UserError>,
}

/// Whose number was phoned.
#[derive(InputObject)]
pub struct VerifyCallerPhoneInput {
    /// The caller's id.
    pub caller_id: ID,
    /// The number that was phoned, as `Caller.phone.number` showed it when it was; also as people write
    /// it, without the country code if it is the clinic's own. A caller may give another number
    /// meanwhile, and that one was not phoned.
    pub phone: String,
}

/// The caller whose number is verified.
#[derive(SimpleObject)]
pub struct VerifyCallerPhonePayload {
    /// As it now stands, also when refused; null if not visible.
    pub caller: Option<Caller>,
    /// Why the number is not verified. Empty when it is, also when it was before.
    pub user_errors: Vec<UserError>,
}
