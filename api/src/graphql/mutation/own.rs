//! The caller's own commands. The token says which caller.

use super::refused;
use crate::app::Done;
use crate::app::arrival::AtTheDoor;
use crate::domain::entry::Reason;
use crate::domain::id::DeviceId;
use crate::domain::policy::Viewer;
use crate::domain::refusal::Refusal;
use crate::graphql::asking::{app, asking, viewer};
use crate::graphql::caller::{Caller, Verification};
use crate::graphql::date_time::DateTime;
use crate::graphql::fault::or_null;
use crate::graphql::user_error::{UserError, no_caller};
use crate::ports::Fault;
use crate::ports::store::{Placed, Report};
use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};

/// The caller's own commands.
#[derive(Default)]
pub struct OwnMutations;

#[Object]
impl OwnMutations {
    /// Takes a caller in, at the end of the queue, and answers with the token that opens this caller
    /// and nothing else. Whoever has the clinic link may do this.
    async fn enter_waiting_area(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who comes in, and where.")] input: EnterWaitingAreaInput,
    ) -> Option<EnterWaitingAreaPayload> {
        let answers = input.answers.unwrap_or_default();
        let entering = AtTheDoor {
            clinic_slug: input.clinic_slug,
            name: input.name,
            phone: input.phone,
            answers: answers
                .into_iter()
                .map(|answer| (answer.key, answer.value))
                .collect(),
            idempotency_key: input.idempotency_key,
        };
        let entered = app(ctx).enter(&entering, asking(ctx).address).await;
        Some(match or_null(ctx, entered)? {
            Ok((placed, token)) => EnterWaitingAreaPayload {
                caller: Some(Caller::own(placed)),
                token: Some(token.reveal().to_owned()),
                user_errors: Vec::new(),
            },
            Err(refusal) => EnterWaitingAreaPayload {
                caller: None,
                token: None,
                user_errors: vec![refusal.into()],
            },
        })
    }

    /// Caller: sends a secure code to a number. Entering it (`verifyPhone`) proves the number. Another
    /// code can be sent to the number after 60 seconds, then after 2, 5 and 10 minutes, whichever caller
    /// asks; at most 3 in 10 minutes and 5 in an hour. Only the latest one counts.
    async fn send_verification_code(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Where the code goes.")] input: SendVerificationCodeInput,
    ) -> Option<SendVerificationCodePayload> {
        let command = Own::SendCode { phone: input.phone };
        let (placed, user_errors) = or_null(ctx, act(ctx, command).await)?;
        let phone = placed.map(|placed| placed.caller.phone());
        let verification = phone.as_ref().and_then(Verification::of);
        Some(SendVerificationCodePayload {
            expires_at: verification
                .as_ref()
                .map(|verification| verification.expires_at),
            resend_at: verification
                .as_ref()
                .map(|verification| verification.resend_at),
            user_errors,
        })
    }

    /// Caller: enters the secure code. With it the number is verified: the caller may step away, and
    /// Recall uses this number. A code has 5 tries. For a number 5 wrong codes an hour and 20 a day are
    /// looked at, whatever new codes are sent; after 100 in a row only staff can verify it
    /// (`verifyCallerPhone`).
    async fn verify_phone(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code.")] input: VerifyPhoneInput,
    ) -> Option<VerifyPhonePayload> {
        let (caller, user_errors) = caller(ctx, Own::Verify { code: input.code }).await?;
        Some(VerifyPhonePayload {
            caller,
            user_errors,
        })
    }

    /// Caller: a screen says that it is seen, or hidden. Of a caller's screens, one that is seen is
    /// enough to be viewing.
    async fn report_presence(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the screen says.")] input: ReportPresenceInput,
    ) -> Option<ReportPresencePayload> {
        let (caller, user_errors) = caller(ctx, Own::Report(input)).await?;
        Some(ReportPresencePayload {
            caller,
            user_errors,
        })
    }

    /// Caller: leaves the waiting area, for good.
    async fn leave_waiting_area(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Why, if the caller says so.")] input: LeaveWaitingAreaInput,
    ) -> Option<LeaveWaitingAreaPayload> {
        let (caller, user_errors) = caller(
            ctx,
            Own::Leave {
                reason: input.reason,
            },
        )
        .await?;
        Some(LeaveWaitingAreaPayload {
            caller,
            user_errors,
        })
    }

    /// Caller: takes the original place back after contact was lost (`LEFT` with `LOST_CONTACT`), by
    /// the same link. It is a new stay with an id of its own; the token opens that one from now on. What was
    /// opened by it before is closed within 5 s, to be opened again: a WebSocket with 1012, a stream without
    /// `complete`.
    async fn resume_waiting(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Nothing that matters.")] input: ResumeWaitingInput,
    ) -> Option<ResumeWaitingPayload> {
        let _ = input;
        let (caller, user_errors) = caller(ctx, Own::Resume).await?;
        Some(ResumeWaitingPayload {
            caller,
            user_errors,
        })
    }
}

/// What a caller does, as it came in.
enum Own {
    SendCode { phone: Option<String> },
    Verify { code: String },
    Report(ReportPresenceInput),
    Leave { reason: Option<String> },
    Resume,
}

/// Does what the caller asks: the caller as it now stands, and why nothing changed.
async fn act(ctx: &Context<'_>, command: Own) -> Result<(Option<Placed>, Vec<UserError>), Fault> {
    let (app, viewer, address) = (app(ctx), viewer(ctx), asking(ctx).address);
    let nobody = || (None, vec![no_caller(viewer).into()]);
    let Some((within, id)) = viewer.own() else {
        return Ok(nobody());
    };
    let done = match command {
        Own::SendCode { phone } => {
            app.send_code(&within, &id, phone.as_deref(), address)
                .await?
        }
        Own::Verify { code } => app.verify_phone(&within, &id, &code, address).await?,
        Own::Resume => app.resume(&within, &id).await?,
        Own::Leave { reason } => match Reason::parse(reason.as_deref(), "reason") {
            Ok(reason) => app.leave(&within, &id, reason).await?,
            Err(refusal) => refused(app, &within, &id, refusal).await?,
        },
        Own::Report(report) => match read(&report) {
            Ok(report) => {
                let by_recall = match viewer {
                    Viewer::Caller { by_recall, .. } => by_recall.as_ref(),
                    _ => None,
                };
                app.report_presence(&within, &id, by_recall, report).await?
            }
            Err(refusal) => refused(app, &within, &id, refusal).await?,
        },
    };
    Ok(match done {
        Done::NotFound => nobody(),
        Done::Done(placed) => (Some(*placed), Vec::new()),
        Done::Refused(placed, refusal) => (Some(*placed), vec![refusal.into()]),
    })
}

async fn caller(ctx: &Context<'_>, command: Own) -> Option<(Option<Caller>, Vec<UserError>)> {
    let (placed, user_errors) = or_null(ctx, act(ctx, command).await)?;
    Some((placed.map(Caller::own), user_errors))
}

fn read(report: &ReportPresenceInput) -> Result<Report, Refusal> {
    let device = DeviceId::parse(&report.device_id).ok_or_else(|| {
        let message = "A device id has 1 to 64 of the letters A to Z, digits, and . _ : -";
        Refusal::invalid("deviceId", message)
    })?;
    Ok(Report {
        device,
        counter: report.counter,
        state: report.state.into(),
    })
}

/// Who comes in, and where.
#[derive(InputObject)]
pub struct EnterWaitingAreaInput {
    /// What follows `/c/` in the clinic link.
    pub clinic_slug: String,
    /// What staff call the caller by. At most 200 characters.
    pub name: String,
    /// As typed; the clinic's country is the default. It may be left out: verification is offered,
    /// never forced.
    pub phone: Option<String>,
    /// To the clinic's entry fields. Those that are required must be there.
    pub answers: Option<Vec<EntryAnswerInput>>,
    /// Makes a retry return the same caller. At most 255 characters, remembered 24 h. Whoever knows it
    /// together with all that was entered gets the same token: make it from random bits.
    pub idempotency_key: String,
}

/// An answer to one of the clinic's entry fields.
#[derive(InputObject)]
pub struct EntryAnswerInput {
    /// The entry field's key.
    pub key: String,
    /// The answer. At most 500 characters.
    pub value: String,
}

/// The caller who came in, and the token.
#[derive(SimpleObject)]
pub struct EnterWaitingAreaPayload {
    /// The caller who came in. Null when refused.
    pub caller: Option<Caller>,
    /// Bearer token of this caller, shown once: the HTTP Authorization header, or `token` in
    /// `connection_init`.
    pub token: Option<String>,
    /// Why nobody came in. Empty when somebody did.
    pub user_errors: Vec<UserError>,
}

/// Where a secure code goes.
#[derive(InputObject)]
pub struct SendVerificationCodeInput {
    /// To change the number; else the one given on arrival. Until the new one is verified, a verified
    /// old one serves.
    pub phone: Option<String>,
}

/// The code that is outstanding.
#[derive(SimpleObject)]
pub struct SendVerificationCodePayload {
    /// Until when the code that is outstanding is valid, also when another was refused.
    pub expires_at: Option<DateTime>,
    /// From when another code may be asked for.
    pub resend_at: Option<DateTime>,
    /// Why no code was sent. Empty when one was.
    pub user_errors: Vec<UserError>,
}

/// A secure code.
#[derive(InputObject)]
pub struct VerifyPhoneInput {
    /// The six digits, as typed: spaces and hyphens do not matter.
    pub code: String,
}

/// The caller with the verified number.
#[derive(SimpleObject)]
pub struct VerifyPhonePayload {
    /// As it now stands, also when refused. Null without a caller's token.
    pub caller: Option<Caller>,
    /// Why the number is not verified. Empty when it is.
    pub user_errors: Vec<UserError>,
}

/// Whether a screen can be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::presence::ScreenState")]
pub enum PresenceState {
    /// The screen is seen.
    Foreground,
    /// The screen is hidden, or about to be.
    Background,
}

/// What a screen says.
#[derive(InputObject)]
pub struct ReportPresenceInput {
    /// Names the screen: made up by the screen itself and kept. 1 to 64 of the letters A to Z, digits,
    /// and `. _ : -`. The same as `deviceId` in `connection_init`.
    pub device_id: ID,
    /// Grows with every report of this device: a late report never overrides a newer one.
    pub counter: i64,
    /// Whether the screen can be seen.
    pub state: PresenceState,
}

/// The caller whose screen it is.
#[derive(SimpleObject)]
pub struct ReportPresencePayload {
    /// As it now stands. Null without a caller's token.
    pub caller: Option<Caller>,
    /// Why the report was not taken. Empty when it was, or was late.
    pub user_errors: Vec<UserError>,
}

/// Why a caller leaves.
#[derive(InputObject)]
pub struct LeaveWaitingAreaInput {
    /// In the caller's own words; staff see it. At most 300 characters.
    pub reason: Option<String>,
}

/// The caller who left.
#[derive(SimpleObject)]
pub struct LeaveWaitingAreaPayload {
    /// As it now stands, also when refused. Null without a caller's token.
    pub caller: Option<Caller>,
    /// Why the caller has not left. Empty when that is so.
    pub user_errors: Vec<UserError>,
}

/// Nothing that matters: the token says whose place is taken back.
#[derive(InputObject)]
pub struct ResumeWaitingInput {
    /// Whatever helps a client to tell its requests apart. It is not looked at.
    pub client_mutation_id: Option<String>,
}

/// The caller in the place taken back.
#[derive(SimpleObject)]
pub struct ResumeWaitingPayload {
    /// The new stay, in the original place; when refused, the old one as it stands.
    pub caller: Option<Caller>,
    /// Why the place was not taken back. Empty when it was.
    pub user_errors: Vec<UserError>,
}
