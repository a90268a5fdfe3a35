//! The typed client of Standby's GraphQL API: the patient's app, the staff's console and staff
//! tools of others use it, in browsers and in native programs alike.
//!
//! - [`Patient`] is anybody at a clinic link: reads the clinic, and comes in.
//! - [`CallerSession`] is one caller at the wait screen.
//! - [`Staff`] is a team member's session or an API key.
//! - [`CallerSession::live`] and [`Staff::live`] stay connected by themselves ([`Live`]), and
//!   [`WaitingAreaReplica`] makes the waiting area's list out of what comes.
//!
//! A command refused by the server is data: [`ClientError::Refused`], with the reason and how
//! things now stand. In any answer the errors are read before the data. Every command may be
//! repeated safely, so after [`ClientError::Unreachable`] send the same again; for an arrival keep
//! the [`IdempotencyKey`].
//!
//! Native programs need a tokio runtime with time and IO enabled. In a browser nothing here is
//! `Send`.

#![allow(
    unused_qualifications,
    reason = "cynic's derives qualify what they generate"
)]

mod access;
mod answer;
mod audit_log;
mod caller;
mod client_error;
mod clinic;
mod date;
mod endpoint;
mod instant;
mod live;
mod operations;
mod patient;
mod platform;
mod report;
#[cfg(test)]
mod sample;
mod secret;
mod staff;
mod waiting_area_replica;
mod webhook;

pub use access::{
    AddedApiClient, AddedTeamMember, ApiClient, MemberOfTeam, NewSignInLink, Session, SignInMethod,
};
pub use audit_log::{AuditLogEntry, AuditLogEntryKind, AuditLogPage};
pub use caller::{
    Activity, ActivityKind, Caller, CallerEnd, CallerEndKind, CallerPhone, CallerStatus,
    EntryAnswer, Presence, PresenceState, QueuePosition, Recall, RecallAnswer, RecallReply, Room,
    SmsDelivery, SmsFailure, SmsState, Verification,
};
pub use client_error::{ClientError, Fault, Refusal, UserError, UserErrorCode};
pub use clinic::{
    Clinic, ClinicNow, ClinicSettings, ClinicSettingsChange, EntryField, ReplyWords, SignedIn,
    TeamMember, TeamRole, TextEncoding, TextPreview, TextPurpose,
};
/// Names an object. Opaque: compare it, keep it, send it back; never take it apart.
pub use cynic::Id;
pub use date::Date;
pub use endpoint::{Endpoint, InvalidEndpoint};
pub use instant::Instant;
pub use live::{Interruption, Live, LiveHandle, LiveUpdates};
pub use patient::{
    CallerSession, CodeSent, EnterWaitingArea, Entered, EntryAnswerGiven, Me, Patient,
};
pub use report::{Report, ReportDay, ReportFigures, TextFigures};
pub use secret::{
    CallerToken, DeviceId, IdempotencyKey, NoRandomness, SessionToken, SignInLink, SignInToken,
    WebhookSecret,
};
pub use staff::{CallerPage, Joined, Staff};
pub use waiting_area_replica::{Applied, WaitingAreaEvent, WaitingAreaReplica};
pub use webhook::{
    Webhook, WebhookChange, WebhookDelivery, WebhookDeliveryState, WebhookEventType,
    WebhookWithSecret,
};

#[cynic::schema("standby")]
#[allow(
    missing_docs,
    unreachable_pub,
    reason = "generated from the schema, where things are described"
)]
mod schema {}
