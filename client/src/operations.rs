//! What is asked of the server. A query that does not fit `schema.graphql` does not compile.

use cynic::{Id, InlineFragments, InputObject, QueryFragment, QueryVariables};

use crate::access::Session;
use crate::caller::{Activity, Caller, CallerStatus, PresenceState, Room};
use crate::client_error::{ClientError, Refusal, UserErrorFragment};
use crate::clinic::{
    Clinic, ClinicSettings, EntryFieldInput, ReplyWordsInput, TeamRole, TextPreviewFragment,
};
use crate::instant::Instant;
use crate::schema;

pub(crate) mod access;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod documents;
pub(crate) mod reports;
pub(crate) mod webhooks;

/// What came of a command: `made` unless there are user errors.
pub(crate) fn unless_refused<T>(
    made: T,
    user_errors: Vec<UserErrorFragment>,
    caller: Option<Caller>,
) -> Result<T, ClientError> {
    if user_errors.is_empty() {
        return Ok(made);
    }
    Err(ClientError::Refused(Refusal {
        errors: user_errors.into_iter().map(Into::into).collect(),
        caller: caller.map(Box::new),
    }))
}

/// What the schema leaves nullable only for the sake of faults, which were read before.
pub(crate) fn given<T>(value: Option<T>, what: &'static str) -> Result<T, ClientError> {
    value.ok_or_else(|| ClientError::fault(format!("the answer is without {what}")))
}

/// Payloads that hold a caller and user errors, and nothing else that matters.
pub(crate) trait CallerPayload {
    fn settle(self) -> Result<Caller, ClientError>;
}

macro_rules! caller_payload {
    ($($payload:ident),* $(,)?) => {$(
        #[derive(QueryFragment)]
        pub(crate) struct $payload {
            pub caller: Option<Caller>,
            pub user_errors: Vec<UserErrorFragment>,
        }

        impl CallerPayload for $payload {
            fn settle(self) -> Result<Caller, ClientError> {
                if self.user_errors.is_empty() {
                    return given(self.caller, "the caller");
                }
                unless_refused((), self.user_errors, self.caller)?;
                Err(ClientError::fault("refused without a reason"))
            }
        }
    )*};
}

caller_payload!(
    VerifyPhonePayload,
    ReportPresencePayload,
    LeaveWaitingAreaPayload,
    ResumeWaitingPayload,
    RecallCallerPayload,
    CancelCallerPayload,
    VerifyCallerPhonePayload,
    HoldCallerPayload,
    CompleteCallPayload,
    EraseCallerPayload,
);

// Anybody.

#[derive(QueryVariables)]
pub(crate) struct ClinicVariables<'a> {
    pub slug: &'a str,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Query", variables = "ClinicVariables")]
pub(crate) struct ClinicBySlug {
    #[arguments(slug: $slug)]
    pub clinic: Option<Clinic>,
}

#[derive(InputObject)]
pub(crate) struct EntryAnswerInput {
    pub key: String,
    pub value: String,
}

#[derive(InputObject)]
pub(crate) struct EnterWaitingAreaInput {
    pub clinic_slug: String,
    pub name: String,
    pub phone: Option<String>,
    pub answers: Option<Vec<EntryAnswerInput>>,
    pub idempotency_key: String,
}

#[derive(QueryVariables)]
pub(crate) struct EnterWaitingAreaVariables {
    pub input: EnterWaitingAreaInput,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "EnterWaitingAreaVariables")]
pub(crate) struct EnterWaitingArea {
    #[arguments(input: $input)]
    pub enter_waiting_area: Option<EnterWaitingAreaPayload>,
}

#[derive(QueryFragment)]
pub(crate) struct EnterWaitingAreaPayload {
    pub caller: Option<Caller>,
    pub token: Option<String>,
    pub user_errors: Vec<UserErrorFragment>,
}

// The caller.

#[derive(QueryFragment)]
#[cynic(graphql_type = "Query")]
pub(crate) struct WhoIsCaller {
    pub viewer: CallerViewer,
}

#[derive(InlineFragments)]
#[cynic(graphql_type = "Viewer")]
pub(crate) enum CallerViewer {
    CallerSession(Box<CallerSessionFragment>),
    #[cynic(fallback)]
    Other,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "CallerSession")]
pub(crate) struct CallerSessionFragment {
    pub caller: CallerAndClinic,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Caller")]
pub(crate) struct CallerAndClinic {
    #[cynic(spread)]
    pub caller: Caller,
    pub clinic: Clinic,
}

#[derive(InputObject)]
pub(crate) struct SendVerificationCodeInput {
    pub phone: Option<String>,
}

#[derive(QueryVariables)]
pub(crate) struct SendVerificationCodeVariables {
    pub input: SendVerificationCodeInput,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "SendVerificationCodeVariables")]
pub(crate) struct SendVerificationCode {
    #[arguments(input: $input)]
    pub send_verification_code: Option<SendVerificationCodePayload>,
}

#[derive(QueryFragment)]
pub(crate) struct SendVerificationCodePayload {
    pub expires_at: Option<Instant>,
    pub resend_at: Option<Instant>,
    pub user_errors: Vec<UserErrorFragment>,
}

#[derive(InputObject)]
pub(crate) struct VerifyPhoneInput {
    pub code: String,
}

#[derive(QueryVariables)]
pub(crate) struct VerifyPhoneVariables {
    pub input: VerifyPhoneInput,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "VerifyPhoneVariables")]
pub(crate) struct VerifyPhone {
    #[arguments(input: $input)]
    pub verify_phone: Option<VerifyPhonePayload>,
}

#[derive(InputObject)]
pub(crate) struct ReportPresenceInput {
    pub device_id: Id,
    pub counter: i32,
    pub state: PresenceState,
}

#[derive(QueryVariables)]
pub(crate) struct ReportPresenceVariables {
    pub input: ReportPresenceInput,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "ReportPresenceVariables")]
pub(crate) struct ReportPresence {
    #[arguments(input: $input)]
    pub report_presence: Option<ReportPresencePayload>,
}

#[derive(InputObject)]
pub(crate) struct LeaveWaitingAreaInput {
    pub reason: Option<String>,
}

#[derive(QueryVariables)]
pub(crate) struct LeaveWaitingAreaVariables {
    pub input: LeaveWaitingAreaInput,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "LeaveWaitingAreaVariables")]
pub(crate) struct LeaveWaitingArea {
    #[arguments(input: $input)]
    pub leave_waiting_area: Option<LeaveWaitingAreaPayload>,
}

#[derive(InputObject)]
pub(crate) struct ResumeWaitingInput {
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub client_mutation_id: Option<String>,
}

#[derive(QueryVariables)]
pub(crate) struct ResumeWaitingVariables {
    pub input: ResumeWaitingInput,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "ResumeWaitingVariables")]
pub(crate) struct ResumeWaiting {
    #[arguments(input: $input)]
    pub resume_waiting: Option<ResumeWaitingPayload>,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Subscription")]
pub(crate) struct MyCaller {
    pub my_caller: Caller,
}

// Staff.

#[derive(InputObject)]
pub(crate) struct SignInInput {
    pub token: String,
}

#[derive(QueryVariables)]
pub(crate) struct SignInVariables {
    pub input: SignInInput,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "SignInVariables")]
pub(crate) struct SignIn {
    #[arguments(input: $input)]
    pub sign_in: Option<SignInPayload>,
}

#[derive(QueryFragment)]
pub(crate) struct SignInPayload {
    pub token: Option<String>,
    pub expires_at: Option<Instant>,
    pub viewer: Option<TeamMemberFragment>,
    pub user_errors: Vec<UserErrorFragment>,
}

#[derive(InputObject)]
pub(crate) struct SignOutInput {
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub client_mutation_id: Option<String>,
}

#[derive(QueryVariables)]
pub(crate) struct SignOutVariables {
    pub input: SignOutInput,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "SignOutVariables")]
pub(crate) struct SignOut {
    #[arguments(input: $input)]
    pub sign_out: Option<SignOutPayload>,
}

#[derive(QueryFragment)]
pub(crate) struct SignOutPayload {
    pub user_errors: Vec<UserErrorFragment>,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "TeamMember")]
pub(crate) struct TeamMemberFragment {
    pub id: Id,
    pub name: String,
    pub role: TeamRole,
    pub clinic: Clinic,
}

/// A team member as they are told of themselves.
#[derive(QueryFragment)]
#[cynic(graphql_type = "TeamMember")]
pub(crate) struct StaffMemberFragment {
    pub id: Id,
    pub name: String,
    pub role: TeamRole,
    pub clinic: Clinic,
    pub sessions: Option<Vec<Session>>,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "ApiClient")]
pub(crate) struct ApiClientFragment {
    pub id: Id,
    pub name: String,
    pub role: TeamRole,
    pub clinic: Clinic,
}

#[derive(InlineFragments)]
#[cynic(graphql_type = "Viewer")]
pub(crate) enum StaffViewer {
    TeamMember(StaffMemberFragment),
    ApiClient(ApiClientFragment),
    #[cynic(fallback)]
    Other,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Query")]
pub(crate) struct WhoIsStaff {
    pub viewer: StaffViewer,
}

#[derive(InputObject)]
pub(crate) struct RecallCallerInput {
    pub caller_id: Id,
}

#[derive(QueryVariables)]
pub(crate) struct RecallCallerVariables {
    pub input: RecallCallerInput,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "RecallCallerVariables")]
pub(crate) struct RecallCaller {
    #[arguments(input: $input)]
    pub recall_caller: Option<RecallCallerPayload>,
}

#[derive(InputObject)]
pub(crate) struct CancelCallerInput {
    pub caller_id: Id,
    pub reason: Option<String>,
}

#[derive(QueryVariables)]
pub(crate) struct CancelCallerVariables {
    pub input: CancelCallerInput,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "CancelCallerVariables")]
pub(crate) struct CancelCaller {
    #[arguments(input: $input)]
    pub cancel_caller: Option<CancelCallerPayload>,
}

#[derive(InputObject)]
pub(crate) struct VerifyCallerPhoneInput {
    pub caller_id: Id,
    pub phone: String,
}

#[derive(QueryVariables)]
pub(crate) struct VerifyCallerPhoneVariables {
    pub input: VerifyCallerPhoneInput,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "VerifyCallerPhoneVariables")]
pub(crate) struct VerifyCallerPhone {
    #[arguments(input: $input)]
    pub verify_caller_phone: Option<VerifyCallerPhonePayload>,
}

#[derive(InputObject)]
pub(crate) struct JoinCallerInput {
    pub caller_id: Id,
}

#[derive(QueryVariables)]
pub(crate) struct JoinCallerVariables {
    pub input: JoinCallerInput,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "JoinCallerVariables")]
pub(crate) struct JoinCaller {
    #[arguments(input: $input)]
    pub join_caller: Option<JoinCallerPayload>,
}

#[derive(QueryFragment)]
pub(crate) struct JoinCallerPayload {
    pub caller: Option<Caller>,
    pub room: Option<Room>,
    pub user_errors: Vec<UserErrorFragment>,
}

#[derive(InputObject)]
pub(crate) struct EraseCallerInput {
    pub caller_id: Id,
}

#[derive(QueryVariables)]
pub(crate) struct EraseCallerVariables {
    pub input: EraseCallerInput,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "EraseCallerVariables")]
pub(crate) struct EraseCaller {
    #[arguments(input: $input)]
    pub erase_caller: Option<EraseCallerPayload>,
}

#[derive(InputObject)]
pub(crate) struct HoldCallerInput {
    pub caller_id: Id,
}

#[derive(QueryVariables)]
pub(crate) struct HoldCallerVariables {
    pub input: HoldCallerInput,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "HoldCallerVariables")]
pub(crate) struct HoldCaller {
    #[arguments(input: $input)]
    pub hold_caller: Option<HoldCallerPayload>,
}

#[derive(InputObject)]
pub(crate) struct CompleteCallInput {
    pub caller_id: Id,
}

#[derive(QueryVariables)]
pub(crate) struct CompleteCallVariables {
    pub input: CompleteCallInput,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "CompleteCallVariables")]
pub(crate) struct CompleteCall {
    #[arguments(input: $input)]
    pub complete_call: Option<CompleteCallPayload>,
}

#[derive(QueryVariables)]
pub(crate) struct NodeVariables<'a> {
    pub id: &'a Id,
}

#[derive(QueryVariables)]
pub(crate) struct ActivityVariables<'a> {
    pub id: &'a Id,
    pub first: i32,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Query", variables = "ActivityVariables")]
pub(crate) struct ActivityOfCaller {
    #[arguments(id: $id)]
    pub node: Option<ActivityNode>,
}

#[derive(InlineFragments)]
#[cynic(graphql_type = "Node", variables = "ActivityVariables")]
pub(crate) enum ActivityNode {
    Caller(CallerActivity),
    #[cynic(fallback)]
    Other,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Caller", variables = "ActivityVariables")]
pub(crate) struct CallerActivity {
    #[arguments(first: $first)]
    pub activity: Option<Vec<Activity>>,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Query", variables = "NodeVariables")]
pub(crate) struct ClinicNow {
    #[arguments(id: $id)]
    pub node: Option<ClinicNowNode>,
}

#[derive(InlineFragments)]
#[cynic(graphql_type = "Node")]
pub(crate) enum ClinicNowNode {
    Clinic(ClinicNowFragment),
    #[cynic(fallback)]
    Other,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Clinic")]
pub(crate) struct ClinicNowFragment {
    pub is_open: bool,
    pub time_zone: String,
    pub waiting_area: Option<ClinicNowWaitingArea>,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "WaitingArea")]
pub(crate) struct ClinicNowWaitingArea {
    pub codes_paused_until: Option<Instant>,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Query", variables = "NodeVariables")]
pub(crate) struct SettingsOfClinic {
    #[arguments(id: $id)]
    pub node: Option<SettingsNode>,
}

#[derive(InlineFragments)]
#[cynic(graphql_type = "Node")]
pub(crate) enum SettingsNode {
    Clinic(Box<SettingsClinic>),
    #[cynic(fallback)]
    Other,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Clinic")]
pub(crate) struct SettingsClinic {
    pub settings: Option<ClinicSettings>,
}

#[derive(QueryVariables)]
pub(crate) struct TextPreviewsVariables<'a> {
    pub id: &'a Id,
    pub recall_words: &'a str,
    pub reply_words: ReplyWordsInput,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Query", variables = "TextPreviewsVariables")]
pub(crate) struct TextPreviewsOfClinic {
    #[arguments(id: $id)]
    pub node: Option<TextPreviewsNode>,
}

#[derive(InlineFragments)]
#[cynic(graphql_type = "Node", variables = "TextPreviewsVariables")]
pub(crate) enum TextPreviewsNode {
    Clinic(TextPreviewsClinic),
    #[cynic(fallback)]
    Other,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Clinic", variables = "TextPreviewsVariables")]
pub(crate) struct TextPreviewsClinic {
    pub settings: Option<TextPreviewsSettings>,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "ClinicSettings", variables = "TextPreviewsVariables")]
pub(crate) struct TextPreviewsSettings {
    #[arguments(recallWords: $recall_words, replyWords: $reply_words)]
    pub text_previews: Vec<TextPreviewFragment>,
}

#[derive(InputObject)]
pub(crate) struct UpdateClinicSettingsInput {
    pub clinic_id: Id,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub offline_queueing: Option<bool>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub show_queue_position: Option<bool>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub is_open: Option<bool>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub default_country: Option<String>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub allowed_countries: Option<Vec<String>>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub room_url_template: Option<String>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub room_token_key: Option<String>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub room_token_issuer: Option<String>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub text_on_cancel: Option<bool>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub recall_words: Option<String>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub reply_words: Option<ReplyWordsInput>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub consent_text: Option<String>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub entry_fields: Option<Vec<EntryFieldInput>>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub lost_contact_grace_seconds: Option<i32>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub erase_after_seconds: Option<i32>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
}

#[derive(QueryVariables)]
pub(crate) struct UpdateClinicSettingsVariables {
    pub input: UpdateClinicSettingsInput,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "UpdateClinicSettingsVariables")]
pub(crate) struct UpdateClinicSettings {
    #[arguments(input: $input)]
    pub update_clinic_settings: Option<UpdateClinicSettingsPayload>,
}

#[derive(QueryFragment)]
pub(crate) struct UpdateClinicSettingsPayload {
    pub settings: Option<ClinicSettings>,
    pub user_errors: Vec<UserErrorFragment>,
}

#[derive(QueryVariables)]
pub(crate) struct WaitingAreaChangedVariables {
    pub clinic_id: Id,
    pub after_version: Option<i32>,
}

#[derive(QueryFragment)]
#[cynic(
    graphql_type = "Subscription",
    variables = "WaitingAreaChangedVariables"
)]
pub(crate) struct WaitingAreaChanged {
    #[arguments(clinicId: $clinic_id, afterVersion: $after_version)]
    pub waiting_area_changed: WaitingAreaEventFragment,
}

#[derive(InlineFragments)]
#[cynic(graphql_type = "WaitingAreaEvent")]
pub(crate) enum WaitingAreaEventFragment {
    Snapshot(WaitingAreaSnapshot),
    Arrived(CallerArrived),
    Changed(CallerChanged),
    Ended(CallerEnded),
    #[cynic(fallback)]
    Unrecognised,
}

#[derive(QueryFragment)]
pub(crate) struct WaitingAreaSnapshot {
    pub version: i32,
    pub callers: Vec<Caller>,
}

#[derive(QueryFragment)]
pub(crate) struct CallerArrived {
    pub version: i32,
    pub caller: Caller,
}

#[derive(QueryFragment)]
pub(crate) struct CallerChanged {
    pub version: i32,
    pub caller: Caller,
}

#[derive(QueryFragment)]
pub(crate) struct CallerEnded {
    pub version: i32,
    pub caller: Caller,
}

// A page of callers, ended ones too.

#[derive(QueryVariables)]
pub(crate) struct CallersVariables<'a> {
    pub id: &'a Id,
    pub first: Option<i32>,
    pub after: Option<&'a str>,
    pub last: Option<i32>,
    pub statuses: Option<Vec<CallerStatus>>,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Query", variables = "CallersVariables")]
pub(crate) struct CallersOfClinic {
    #[arguments(id: $id)]
    pub node: Option<CallersNode>,
}

#[derive(InlineFragments)]
#[cynic(graphql_type = "Node", variables = "CallersVariables")]
pub(crate) enum CallersNode {
    Clinic(CallersClinic),
    #[cynic(fallback)]
    Other,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "Clinic", variables = "CallersVariables")]
pub(crate) struct CallersClinic {
    pub waiting_area: Option<CallersWaitingArea>,
}

#[derive(QueryFragment)]
#[cynic(graphql_type = "WaitingArea", variables = "CallersVariables")]
pub(crate) struct CallersWaitingArea {
    pub version: i32,
    #[arguments(first: $first, after: $after, last: $last, statuses: $statuses)]
    pub callers: CallerConnection,
}

#[derive(QueryFragment)]
pub(crate) struct CallerConnection {
    pub nodes: Vec<Caller>,
    pub page_info: PageInfo,
    pub total_count: i32,
}

#[derive(QueryFragment)]
pub(crate) struct PageInfo {
    pub has_next_page: bool,
    pub end_cursor: Option<String>,
}
