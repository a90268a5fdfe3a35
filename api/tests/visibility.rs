//! Nothing of one clinic is visible to another, or to nobody in particular.
//!
//! Every field of the schema has a line in [`CASES`]: what a viewer of another clinic and an anonymous
//! one get when they ask for it of the clinic "north", run for real. A field without a line fails the
//! test, so whoever adds one has to say who may see it.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what a test expects and does not find is the test's failure, in its helpers too"
)]

mod support;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{TypeKind, TypeSystemDefinition};
use async_trait::async_trait;
use serde_json::{Value as Json, json};
use standby::app::replies::Inbound;
use standby::app::webhooks::Delivering;
use standby::domain::clinic::Clinic;
use standby::domain::id::{
    ApiClientId, CallerId, ClinicId, SessionId, TeamMemberId, WebhookDeliveryId, WebhookId,
};
use standby::domain::policy::Role;
use standby::domain::time::Span;
use standby::domain::webhook::{Answer, Problem};
use standby::graphql::webhook::GraphqlBodies;
use standby::ports::webhook_sender::{OutgoingEvent, WebhookSender};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use support::{Stage, next};

/// What strangers get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Get {
    /// What everybody gets, north's own staff too.
    Public,
    /// Byte for byte what they get for an id that does not exist, where somebody of north gets
    /// something.
    Nothing,
    /// A refusal or nothing at all, byte for byte as for an id that does not exist. Whoever is of
    /// north is not asked: it would change something.
    Refused,
    /// Something, but of themselves only.
    OwnOnly,
}
use Get::{Nothing, OwnOnly, Public, Refused};

struct Case {
    of: &'static str,
    /// The fields, by name.
    fields: &'static str,
    get: Get,
    /// How to ask, with the field for `FIELD`, and names of [`North`] for `$NAMES`.
    ask: &'static str,
}

const fn case(of: &'static str, fields: &'static str, get: Get, ask: &'static str) -> Case {
    Case {
        of,
        fields,
        get,
        ask,
    }
}

const AWAY: &str = "{ node(id: \"$AWAY\") { ...on Caller { FIELD } } }";
const WAITING: &str = "{ node(id: \"$WAITING\") { ...on Caller { FIELD } } }";
const PAGE: &str =
    "{ node(id: \"$CLINIC\") { ...on Clinic { waitingArea { callers { FIELD } } } } }";
const CLINIC: &str = "{ clinic(slug: \"north\") { FIELD } }";
const CLINIC_BY_ID: &str = "{ node(id: \"$CLINIC\") { ...on Clinic { FIELD } } }";
const REPORT: &str = "{ node(id: \"$CLINIC\") { ...on Clinic { report(from: \"2026-03-01\", \
                      to: \"2026-03-02\") { from } } } }";
const SETTINGS: &str = "{ node(id: \"$CLINIC\") { ...on Clinic { settings { FIELD } } } }";
const SNAPSHOT: &str = "subscription { waitingAreaChanged(clinicId: \"$CLINIC\") { __typename \
                        ...on WaitingAreaSnapshot { FIELD } } }";
const JOIN: &str = "mutation { joinCaller(input: { callerId: \"$AWAY\" }) { userErrors { \
                    __typename ...on UserError { FIELD } } } }";

#[rustfmt::skip]
const CASES: &[Case] = &[
    case("Query", "node", Nothing, "{ node(id: \"$AWAY\") { id } }"),
    case("Query", "viewer", OwnOnly, "{ viewer { __typename } }"),
    case("Query", "clinic", Public, "{ clinic(slug: \"north\") { id } }"),
    case("Query", "signInMethods", Public, "{ signInMethods }"),

    case("Clinic", "id slug name isOpen offlineQueueing entryFields consentText defaultCountry \
          showQueuePosition timeZone", Public, CLINIC),
    case("Clinic", "waitingArea settings", Nothing, CLINIC_BY_ID),
    case("Clinic", "team apiClients", Nothing, CLINIC_BY_ID),
    case("Clinic", "auditLog", Nothing, CLINIC_BY_ID),
    case("Clinic", "report", Nothing, REPORT),
    case("AuditLogConnection", "edges nodes pageInfo", Nothing, "{ node(id: \"$CLINIC\") { ...on Clinic { auditLog { FIELD } } } }"),
    case("AuditLogEdge", "cursor node", Nothing, "{ node(id: \"$CLINIC\") { ...on Clinic { auditLog { edges { FIELD } } } } }"),
    case("AuditLogEntry", "id at by byId kind description subjectId", Nothing, "{ node(id: \"$CLINIC\") { ...on Clinic { auditLog { nodes { FIELD } } } } }"),
    case("Report", "from to timeZone days total", Nothing, "{ node(id: \"$CLINIC\") { ...on Clinic { report(from: \"2026-03-01\", to: \"2026-03-02\") { FIELD } } } }"),
    case("ReportDay", "date figures", Nothing, "{ node(id: \"$CLINIC\") { ...on Clinic { report(from: \"2026-03-01\", to: \"2026-03-02\") { days { FIELD } } } } }"),
    case("ReportFigures", "arrived completed left lostContact cancelled resumed medianWaitSeconds \
          longestWaitSeconds wentOffline timesOffline medianOfflineSeconds recalls recallsAnswered \
          medianRecallToReturnSeconds noShows codesSent phonesVerified texts", Nothing, "{ node(id: \"$CLINIC\") { ...on Clinic { report(from: \"2026-03-01\", to: \"2026-03-02\") { total { FIELD } } } } }"),
    case("TextFigures", "purpose sent delivered failed unknown", Nothing, "{ node(id: \"$CLINIC\") { ...on Clinic { report(from: \"2026-03-01\", to: \"2026-03-02\") { total { texts { FIELD } } } } } }"),
    case("Node", "id", Nothing, "{ node(id: \"$MEMBER\") { FIELD } }"),
    case("EntryField", "key label isRequired", Public, "{ clinic(slug: \"north\") { entryFields { FIELD } } }"),
    case("ClinicSettings", "offlineQueueing showQueuePosition isOpen defaultCountry \
          allowedCountries roomUrlTemplate hasRoomTokenKey roomTokenIssuer textOnCancel consentText entryFields \
          lostContactGraceSeconds eraseAfterSeconds timeZone recallWords replyWords takesReplies usualRecallWords textPreviews", Nothing, SETTINGS),
    case("ReplyWords", "coming later leaving", Nothing, "{ node(id: \"$CLINIC\") { ...on Clinic { settings { replyWords { FIELD } } } } }"),
    case("TextPreview", "purpose body encoding characters room segments beyondGsm7 problem", Nothing, "{ node(id: \"$CLINIC\") { ...on Clinic { settings { textPreviews(recallWords: \"’ {link}, {link}\") { FIELD } } } } }"),

    case("WaitingArea", "version callers codesPausedUntil", Nothing, "{ node(id: \"$CLINIC\") { ...on Clinic { waitingArea { FIELD } } } }"),
    case("CallerConnection", "edges nodes pageInfo totalCount", Nothing, PAGE),
    case("CallerEdge", "cursor node", Nothing, "{ node(id: \"$CLINIC\") { ...on Clinic { waitingArea { callers { edges { FIELD } } } } } }"),
    case("PageInfo", "hasNextPage hasPreviousPage startCursor endCursor", Nothing, "{ node(id: \"$CLINIC\") { ...on Clinic { waitingArea { callers { pageInfo { FIELD } } } } } }"),

    case("Caller", "id status name phone arrivedAt arrivalNumber position presence recall \
          statusSince maySetPhoneAside textsStopped clinic activity version", Nothing, AWAY),
    case("Caller", "verification answers", Nothing, WAITING),
    case("Caller", "room", Nothing, "{ node(id: \"$SEEN\") { ...on Caller { FIELD } } }"),
    case("Caller", "endedAt end erasedAt", Nothing, "{ node(id: \"$ENDED\") { ...on Caller { FIELD } } }"),
    case("CallerPhone", "number isVerified verifiedAt", Nothing, "{ node(id: \"$AWAY\") { ...on Caller { phone { FIELD } } } }"),
    case("QueuePosition", "place aheadOffline", Nothing, "{ node(id: \"$AWAY\") { ...on Caller { position { FIELD } } } }"),
    case("Presence", "isViewing lastSeenAt notResponding", Nothing, "{ node(id: \"$AWAY\") { ...on Caller { presence { FIELD } } } }"),
    case("Recall", "id requestedAt sms", Nothing, "{ node(id: \"$AWAY\") { ...on Caller { recall { FIELD } } } }"),
    case("Recall", "openedAt returnedAt", Nothing, "{ node(id: \"$WAITING\") { ...on Caller { recall { FIELD } } } }"),
    case("Recall", "reply", Nothing, "{ node(id: \"$AWAY\") { ...on Caller { recall { FIELD } } } }"),
    case("RecallReply", "answer at", Nothing, "{ node(id: \"$AWAY\") { ...on Caller { recall { reply { FIELD } } } } }"),
    case("SmsDelivery", "state updatedAt failure", Nothing, "{ node(id: \"$AWAY\") { ...on Caller { recall { sms { FIELD } } } } }"),
    case("Room", "url", Nothing, "{ node(id: \"$SEEN\") { ...on Caller { room { FIELD } } } }"),
    case("CallerEnd", "how reason isResumable", Nothing, "{ node(id: \"$ENDED\") { ...on Caller { end { FIELD } } } }"),
    case("Verification", "number sentAt expiresAt resendAt attemptsLeft sms", Nothing, "{ node(id: \"$WAITING\") { ...on Caller { verification { FIELD } } } }"),
    case("EntryAnswer", "key label value", Nothing, "{ node(id: \"$WAITING\") { ...on Caller { answers { FIELD } } } }"),
    case("Activity", "at kind description by version", Nothing, "{ node(id: \"$AWAY\") { ...on Caller { activity { FIELD } } } }"),

    case("Anonymous", "reason", OwnOnly, "{ viewer { ...on Anonymous { FIELD } } }"),
    case("CallerSession", "caller", OwnOnly, "{ viewer { ...on CallerSession { FIELD } } }"),
    case("TeamMember", "id name role clinic addedAt removedAt sessions", Nothing, "{ node(id: \"$MEMBER\") { ...on TeamMember { FIELD } } }"),
    case("Session", "id openedAt openedBy lastUsedAt expiresAt isCurrent", Nothing, "{ node(id: \"$MEMBER\") { ...on TeamMember { sessions { FIELD } } } }"),
    case("ApiClient", "id name role clinic addedAt addedBy lastUsedAt expiresAt revokedAt", Nothing, "{ node(id: \"$KEY\") { ...on ApiClient { FIELD } } }"),

    // The caller's own: without a caller's token there is none to speak of.
    case("Mutation", "enterWaitingArea", OwnOnly, "mutation { enterWaitingArea(input: { clinicSlug: \"north\", name: \"\", idempotencyKey: \"k\" }) { caller { id } token userErrors { code } } }"),
    case("Mutation", "sendVerificationCode", Refused, "mutation { sendVerificationCode(input: {}) { expiresAt userErrors { code } } }"),
    case("Mutation", "verifyPhone", Refused, "mutation { verifyPhone(input: { code: \"123456\" }) { caller { id } userErrors { code } } }"),
    case("Mutation", "reportPresence", Refused, "mutation { reportPresence(input: { deviceId: \"d\", counter: 9, state: BACKGROUND }) { caller { id } userErrors { code } } }"),
    case("Mutation", "leaveWaitingArea", Refused, "mutation { leaveWaitingArea(input: {}) { caller { id } userErrors { code } } }"),
    case("Mutation", "resumeWaiting", Refused, "mutation { resumeWaiting(input: {}) { caller { id } userErrors { code } } }"),
    case("EnterWaitingAreaPayload", "caller token userErrors", OwnOnly, "mutation { enterWaitingArea(input: { clinicSlug: \"north\", name: \"\", idempotencyKey: \"k\" }) { FIELD } }"),
    case("SendVerificationCodePayload", "expiresAt resendAt userErrors", Refused, "mutation { sendVerificationCode(input: {}) { FIELD } }"),
    case("VerifyPhonePayload", "caller userErrors", Refused, "mutation { verifyPhone(input: { code: \"123456\" }) { FIELD } }"),
    case("ReportPresencePayload", "caller userErrors", Refused, "mutation { reportPresence(input: { deviceId: \"d\", counter: 9, state: BACKGROUND }) { FIELD } }"),
    case("LeaveWaitingAreaPayload", "caller userErrors", Refused, "mutation { leaveWaitingArea(input: {}) { FIELD } }"),
    case("ResumeWaitingPayload", "caller userErrors", Refused, "mutation { resumeWaiting(input: {}) { FIELD } }"),

    case("Mutation", "recallCaller", Refused, "mutation { recallCaller(input: { callerId: \"$AWAY\" }) { caller { id } userErrors { code message } } }"),
    case("Mutation", "cancelCaller", Refused, "mutation { cancelCaller(input: { callerId: \"$AWAY\" }) { caller { id } userErrors { code message } } }"),
    case("Mutation", "joinCaller", Refused, "mutation { joinCaller(input: { callerId: \"$WAITING\" }) { caller { id } userErrors { code message } } }"),
    case("Mutation", "holdCaller", Refused, "mutation { holdCaller(input: { callerId: \"$SEEN\" }) { caller { id } userErrors { code message } } }"),
    case("Mutation", "completeCall", Refused, "mutation { completeCall(input: { callerId: \"$SEEN\" }) { caller { id } userErrors { code message } } }"),
    case("Mutation", "verifyCallerPhone", Refused, "mutation { verifyCallerPhone(input: { callerId: \"$WAITING\", phone: \"+61491570157\" }) { caller { id } userErrors { code message } } }"),
    case("Mutation", "updateClinicSettings", Refused, "mutation { updateClinicSettings(input: { clinicId: \"$CLINIC\", isOpen: false }) { settings { isOpen } userErrors { code message } } }"),
    case("Mutation", "eraseCaller", Refused, "mutation { eraseCaller(input: { callerId: \"$ENDED\" }) { caller { id } userErrors { code message } } }"),
    case("EraseCallerPayload", "caller userErrors", Refused, "mutation { eraseCaller(input: { callerId: \"$ENDED\" }) { FIELD } }"),
    case("RecallCallerPayload", "caller recall userErrors", Refused, "mutation { recallCaller(input: { callerId: \"$AWAY\" }) { FIELD } }"),
    case("CancelCallerPayload", "caller userErrors", Refused, "mutation { cancelCaller(input: { callerId: \"$AWAY\" }) { FIELD } }"),
    case("JoinCallerPayload", "caller room userErrors", Refused, "mutation { joinCaller(input: { callerId: \"$WAITING\" }) { FIELD } }"),
    case("HoldCallerPayload", "caller userErrors", Refused, "mutation { holdCaller(input: { callerId: \"$SEEN\" }) { FIELD } }"),
    case("CompleteCallPayload", "caller userErrors", Refused, "mutation { completeCall(input: { callerId: \"$SEEN\" }) { FIELD } }"),
    case("VerifyCallerPhonePayload", "caller userErrors", Refused, "mutation { verifyCallerPhone(input: { callerId: \"$WAITING\", phone: \"+61491570157\" }) { FIELD } }"),
    case("UpdateClinicSettingsPayload", "settings userErrors", Refused, "mutation { updateClinicSettings(input: { clinicId: \"$CLINIC\", isOpen: false }) { FIELD } }"),

    case("Mutation", "addTeamMember", Refused, "mutation { addTeamMember(input: { clinicId: \"$CLINIC\", name: \"New\", role: REPORTER }) { teamMember { id } signInLink userErrors { code message } } }"),
    case("Mutation", "updateTeamMember", Refused, "mutation { updateTeamMember(input: { teamMemberId: \"$MEMBER\", name: \"New\" }) { teamMember { id } userErrors { code message } } }"),
    case("Mutation", "removeTeamMember", Refused, "mutation { removeTeamMember(input: { teamMemberId: \"$MEMBER\" }) { removedTeamMemberId userErrors { code message } } }"),
    case("Mutation", "createSignInLink", Refused, "mutation { createSignInLink(input: { teamMemberId: \"$MEMBER\" }) { signInLink userErrors { code message } } }"),
    case("Mutation", "endSession", Refused, "mutation { endSession(input: { sessionId: \"$SESSION\" }) { endedSessionId userErrors { code message } } }"),
    case("Mutation", "addApiClient", Refused, "mutation { addApiClient(input: { clinicId: \"$CLINIC\", name: \"New\", role: REPORTER }) { apiClient { id } token userErrors { code message } } }"),
    case("Mutation", "revokeApiClient", Refused, "mutation { revokeApiClient(input: { apiClientId: \"$KEY\" }) { apiClient { id } userErrors { code message } } }"),
    case("AddTeamMemberPayload", "teamMember signInLink signInLinkExpiresAt userErrors", Refused, "mutation { addTeamMember(input: { clinicId: \"$CLINIC\", name: \"New\", role: REPORTER }) { FIELD } }"),
    case("UpdateTeamMemberPayload", "teamMember userErrors", Refused, "mutation { updateTeamMember(input: { teamMemberId: \"$MEMBER\", name: \"New\" }) { FIELD } }"),
    case("RemoveTeamMemberPayload", "removedTeamMemberId userErrors", Refused, "mutation { removeTeamMember(input: { teamMemberId: \"$MEMBER\" }) { FIELD } }"),
    case("CreateSignInLinkPayload", "signInLink expiresAt userErrors", Refused, "mutation { createSignInLink(input: { teamMemberId: \"$MEMBER\" }) { FIELD } }"),
    case("EndSessionPayload", "endedSessionId userErrors", Refused, "mutation { endSession(input: { sessionId: \"$SESSION\" }) { FIELD } }"),
    case("AddApiClientPayload", "apiClient token userErrors", Refused, "mutation { addApiClient(input: { clinicId: \"$CLINIC\", name: \"New\", role: REPORTER }) { FIELD } }"),
    case("RevokeApiClientPayload", "apiClient userErrors", Refused, "mutation { revokeApiClient(input: { apiClientId: \"$KEY\" }) { FIELD } }"),

    case("Mutation", "signIn", Refused, "mutation { signIn(input: { token: \"i0000000000000000000000\" }) { token viewer { id } userErrors { code } } }"),
    case("Mutation", "signOut", OwnOnly, "mutation { signOut(input: {}) { signedOut } }"),
    case("SignInPayload", "token expiresAt viewer userErrors", Refused, "mutation { signIn(input: { token: \"i0000000000000000000000\" }) { FIELD } }"),
    case("SignOutPayload", "signedOut userErrors", OwnOnly, "mutation { signOut(input: {}) { FIELD } }"),

    case("Clinic", "webhooks", Nothing, CLINIC_BY_ID),
    case("Webhook", "id url events isEnabled addedAt deliveries", Nothing, "{ node(id: \"$WEBHOOK\") { ...on Webhook { FIELD } } }"),
    case("Webhook", "disabledBecause", Nothing, "{ node(id: \"$GONE\") { ...on Webhook { FIELD } } }"),
    case("WebhookDelivery", "id version event state attempts lastAttemptAt nextAttemptAt responseStatus problem", Nothing, "{ node(id: \"$WEBHOOK\") { ...on Webhook { deliveries { FIELD } } } }"),
    case("Mutation", "addWebhook", Refused, "mutation { addWebhook(input: { clinicId: \"$CLINIC\", url: \"https://new.example/\", events: [CALLER_ENDED] }) { webhook { id } secret userErrors { code message } } }"),
    case("Mutation", "updateWebhook", Refused, "mutation { updateWebhook(input: { webhookId: \"$WEBHOOK\", isEnabled: false }) { webhook { id } userErrors { code message } } }"),
    case("Mutation", "removeWebhook", Refused, "mutation { removeWebhook(input: { webhookId: \"$WEBHOOK\" }) { removedWebhookId userErrors { code message } } }"),
    case("Mutation", "redeliverWebhookEvent", Refused, "mutation { redeliverWebhookEvent(input: { deliveryId: \"$DELIVERY\" }) { delivery { id } userErrors { code message } } }"),
    case("Mutation", "rotateWebhookSecret", Refused, "mutation { rotateWebhookSecret(input: { webhookId: \"$WEBHOOK\" }) { webhook { id } secret userErrors { code message } } }"),
    case("AddWebhookPayload", "webhook secret userErrors", Refused, "mutation { addWebhook(input: { clinicId: \"$CLINIC\", url: \"https://new.example/\", events: [CALLER_ENDED] }) { FIELD } }"),
    case("UpdateWebhookPayload", "webhook userErrors", Refused, "mutation { updateWebhook(input: { webhookId: \"$WEBHOOK\", isEnabled: false }) { FIELD } }"),
    case("RemoveWebhookPayload", "removedWebhookId userErrors", Refused, "mutation { removeWebhook(input: { webhookId: \"$WEBHOOK\" }) { FIELD } }"),
    case("RedeliverWebhookEventPayload", "delivery userErrors", Refused, "mutation { redeliverWebhookEvent(input: { deliveryId: \"$DELIVERY\" }) { FIELD } }"),
    case("RotateWebhookSecretPayload", "webhook secret userErrors", Refused, "mutation { rotateWebhookSecret(input: { webhookId: \"$WEBHOOK\" }) { FIELD } }"),

    // What an error says is of whoever gets it; of a caller of north they get no other than this.
    case("UserError", "code message field", Refused, JOIN),
    case("NotFoundError", "code message field", Refused, "mutation { joinCaller(input: { callerId: \"$AWAY\" }) { userErrors { ...on NotFoundError { FIELD } } } }"),
    case("WrongStatusError", "code message field status", Refused, "mutation { joinCaller(input: { callerId: \"$AWAY\" }) { userErrors { __typename ...on WrongStatusError { FIELD } } } }"),
    case("CodeRejectedError", "code message field attemptsLeft", Refused, "mutation { verifyPhone(input: { code: \"123456\" }) { userErrors { __typename ...on CodeRejectedError { FIELD } } } }"),
    case("RateLimitedError", "code message field retryAt", Refused, "mutation { recallCaller(input: { callerId: \"$AWAY\" }) { userErrors { __typename ...on RateLimitedError { FIELD } } } }"),
    case("UnavailableError", "code message field", Refused, "mutation { updateClinicSettings(input: { clinicId: \"$CLINIC\", isOpen: false }) { userErrors { __typename ...on UnavailableError { FIELD } } } }"),
    case("NotOfferedError", "code message field", Refused, "mutation { sendVerificationCode(input: {}) { userErrors { __typename ...on NotOfferedError { FIELD } } } }"),
    case("InvalidInputError", "code message field", OwnOnly, "mutation { enterWaitingArea(input: { clinicSlug: \"north\", name: \"\", idempotencyKey: \"k\" }) { userErrors { __typename ...on InvalidInputError { FIELD } } } }"),
    case("ConflictError", "code message field", OwnOnly, "mutation { enterWaitingArea(input: { clinicSlug: \"north\", name: \"\", idempotencyKey: \"k\" }) { userErrors { __typename ...on ConflictError { FIELD } } } }"),

    case("Subscription", "myCaller", Refused, "subscription { myCaller { id } }"),
    case("Subscription", "waitingAreaChanged", Nothing, "subscription { waitingAreaChanged(clinicId: \"$CLINIC\") { __typename } }"),
    case("WaitingAreaSnapshot", "version callers", Nothing, SNAPSHOT),
    case("CallerArrived", "version caller", Nothing, "subscription { waitingAreaChanged(clinicId: \"$CLINIC\", afterVersion: 0) { __typename ...on CallerArrived { FIELD } } }"),
    case("CallerChanged", "version caller", Nothing, "subscription { waitingAreaChanged(clinicId: \"$CLINIC\", afterVersion: 0) { __typename ...on CallerChanged { FIELD } } }"),
    case("CallerEnded", "version caller", Nothing, "subscription { waitingAreaChanged(clinicId: \"$CLINIC\", afterVersion: 0) { __typename ...on CallerEnded { FIELD } } }"),
];

/// A clinic with somebody in every state, and those who are none of its business.
struct North {
    stage: Stage,
    /// `$NAMES` and what they stand for; and what stands for them where there is nothing.
    names: Vec<(&'static str, String, String)>,
    /// What must never be in an answer to a stranger.
    secrets: Vec<String>,
    /// How many changes there were.
    changes: usize,
    /// Those of north who may see something: an admin's key, a waiting caller's token, an admin's session.
    insiders: Vec<String>,
    /// A clinic admin and a caller of another clinic, anonymous, someone with a token cut short, and those
    /// who were of north.
    strangers: Vec<(&'static str, Option<String>)>,
}

impl North {
    #[expect(
        clippy::too_many_lines,
        reason = "one scene, told from beginning to end"
    )]
    async fn new() -> Self {
        let stage = Stage::new();
        let north = stage.clinic("north").await;
        let admin = stage.key(&north, Role::ClinicAdmin).await;
        let (member, session) = stage
            .member(&north, "Nadia Northcott", Role::ClinicAdmin)
            .await;
        let by = Some(admin.as_str());
        let fields = json!([{ "key": "medicare", "label": "Medicare", "isRequired": false }]);
        let input = json!({ "clinicId": north.id.as_str(), "entryFields": fields,
            "consentText": "We may call you." });
        stage.command(by, "updateClinicSettings", input).await;

        let webhook = add_webhook(&stage, &north, &admin, "https://failing.example/").await;
        let gone = add_webhook(&stage, &north, &admin, "https://gone.example/").await;
        let away = stage.enter("north", "Ada Away", Some("0491570006")).await;
        stage.verify(&away, "+61491570006").await;
        stage.report(&away, 1, "BACKGROUND").await;
        stage
            .command(by, "recallCaller", json!({ "callerId": away.id }))
            .await;
        let reply = Inbound {
            provider_id: "SM1".to_owned(),
            from: "+61491570006".to_owned(),
            body: "1".to_owned(),
            opt_out: None,
        };
        stage.app.hear_inbound(&reply).await.expect("a reply");
        let input = json!({ "clinicSlug": "north", "name": "Walter Waiting",
            "phone": "0491570156", "idempotencyKey": "w",
            "answers": [{ "key": "medicare", "value": "2951-31415" }] });
        let waiting = support::arrived(&stage.command(None, "enterWaitingArea", input).await);
        stage.verify(&waiting, "+61491570156").await;
        stage.report(&waiting, 1, "BACKGROUND").await;
        stage
            .command(by, "recallCaller", json!({ "callerId": waiting.id }))
            .await;
        stage.report(&waiting, 2, "FOREGROUND").await;
        stage.clock.advance(Span::seconds(40));
        let input = json!({ "phone": "0491570157" });
        stage
            .command(Some(&waiting.token), "sendVerificationCode", input)
            .await;
        stage.codes("+61491570157").await;
        let seen = stage.enter("north", "Sam Seen", None).await;
        let joined = stage
            .command(by, "joinCaller", json!({ "callerId": seen.id }))
            .await;
        let ended = stage.enter("north", "Edda Ended", None).await;
        let input = json!({ "callerId": ended.id, "reason": "wrong department" });
        stage.command(by, "cancelCaller", input).await;

        let delivery = deliver(&stage, &north, &admin, &webhook).await;

        let who = stage
            .ask(by, "{ viewer { ...on ApiClient { id } } }", json!({}))
            .await;
        let key = who["data"]["viewer"]["id"]
            .as_str()
            .expect("a key's id")
            .to_owned();
        let query = "{ viewer { ...on TeamMember { sessions { id } } } }";
        let own = stage.ask(Some(&session), query, json!({})).await;
        let session_id = own["data"]["viewer"]["sessions"][0]["id"]
            .as_str()
            .expect("a session's id")
            .to_owned();
        let (revoked, removed) = former_staff(&stage, &north, &session).await;
        let room = joined["room"]["url"].as_str().expect("a room").to_owned();

        let version = "{ clinic(slug: \"north\") { waitingArea { version } } }";
        let answer = stage.ask(by, version, json!({})).await;
        let changes = answer["data"]["clinic"]["waitingArea"]["version"].as_u64();
        let changes = changes
            .and_then(|changes| usize::try_from(changes).ok())
            .unwrap_or_default();

        let south = stage.clinic("south").await;
        let strange_admin = stage.key(&south, Role::ClinicAdmin).await;
        let strange_caller = stage.enter("south", "Sue South", Some("0491570158")).await;

        let nobody = || CallerId::new([9; 16]).to_string();
        let cut_short = admin[..admin.len() - 1].to_owned();
        let mut secrets: Vec<String> = [
            "Ada Away",
            "Walter Waiting",
            "Sam Seen",
            "Edda Ended",
            "Nadia Northcott",
            "491570006",
            "491570156",
            "491570157",
            "2951-31415",
            "wrong department",
            "video.example",
        ]
        .map(str::to_owned)
        .to_vec();
        secrets.extend([&away.id, &waiting.id, &seen.id, &ended.id, &room, &key].map(Clone::clone));
        secrets.push(member.clone());
        secrets.push(session_id.clone());
        secrets.extend([&webhook, &gone, &delivery].map(Clone::clone));
        secrets.extend(["failing.example", "gone.example"].map(str::to_owned));
        Self {
            names: vec![
                ("$AWAY", away.id, nobody()),
                ("$WAITING", waiting.id, nobody()),
                ("$SEEN", seen.id, nobody()),
                ("$ENDED", ended.id, nobody()),
                (
                    "$CLINIC",
                    north.id.to_string(),
                    ClinicId::new([9; 16]).to_string(),
                ),
                ("$MEMBER", member, TeamMemberId::new([9; 16]).to_string()),
                ("$KEY", key, ApiClientId::new([9; 16]).to_string()),
                ("$WEBHOOK", webhook, WebhookId::new([9; 16]).to_string()),
                ("$GONE", gone, WebhookId::new([9; 16]).to_string()),
                (
                    "$DELIVERY",
                    delivery,
                    WebhookDeliveryId::new([9; 16]).to_string(),
                ),
                ("$SESSION", session_id, SessionId::new([9; 16]).to_string()),
            ],
            secrets,
            changes,
            insiders: vec![admin, waiting.token, session],
            strangers: vec![
                ("admin of another clinic", Some(strange_admin)),
                ("caller of another clinic", Some(strange_caller.token)),
                ("anonymous", None),
                ("token cut short", Some(cut_short)),
                ("revoked key of north", Some(revoked)),
                ("member of north who was removed", Some(removed)),
            ],
            stage,
        }
    }

    async fn ask(&self, by: Option<&str>, query: &str) -> Json {
        if !query.starts_with("subscription") {
            return self.stage.ask(by, query, json!({})).await;
        }
        // Strangers get one answer and the end, insiders a snapshot or all changes.
        let most = if query.contains("afterVersion") {
            self.changes
        } else {
            1
        };
        let mut answers = self.stage.follow(by, query, json!({})).await;
        let mut all = Vec::new();
        while all.len() < most
            && let Some(answer) = next(&mut answers).await
        {
            all.push(answer);
        }
        Json::Array(all)
    }

    fn real(&self, query: &str) -> String {
        self.names
            .iter()
            .fold(query.to_owned(), |query, (name, real, _)| {
                query.replace(name, real)
            })
    }

    fn unreal(&self, query: &str) -> String {
        let query = query.replace("\"north\"", "\"nowhere\"");
        self.names.iter().fold(query, |query, (name, _, unreal)| {
            query.replace(name, unreal)
        })
    }
}

/// A webhook of a clinic: its id.
async fn add_webhook(stage: &Stage, clinic: &Clinic, admin: &str, url: &str) -> String {
    let add =
        "mutation ($input: AddWebhookInput!) { addWebhook(input: $input) { webhook { id } } }";
    let input = json!({ "clinicId": clinic.id.as_str(), "url": url,
        "events": ["CALLER_ARRIVED", "CALLER_ENDED"] });
    let added = stage.ask(Some(admin), add, json!({ "input": input })).await;
    added["data"]["addWebhook"]["webhook"]["id"]
        .as_str()
        .expect("a webhook's id")
        .to_owned()
}

/// Delivers nothing, to receivers of which one fails and one is gone.
struct Failing;

#[async_trait]
impl WebhookSender for Failing {
    async fn send(&self, event: &OutgoingEvent) -> Answer {
        let (status, problem) = if event.url.as_str().contains("gone") {
            (410, Problem::Gone)
        } else {
            (500, Problem::NotTaken)
        };
        Answer::NotTaken {
            status: Some(status),
            problem,
        }
    }
}

/// Tries to deliver what happened: the id of the failing webhook's delivery.
async fn deliver(stage: &Stage, clinic: &Clinic, admin: &str, webhook: &str) -> String {
    let delivering = Delivering {
        sender: Arc::new(Failing),
        bodies: Arc::new(GraphqlBodies::new(Arc::clone(&stage.app))),
    };
    stage
        .app
        .deliver_all_due(&delivering, &clinic.id)
        .await
        .expect("it is tried");
    let query =
        format!("{{ node(id: \"{webhook}\") {{ ...on Webhook {{ deliveries {{ id }} }} }} }}");
    let seen = stage.ask(Some(admin), &query, json!({})).await;
    seen["data"]["node"]["deliveries"][0]["id"]
        .as_str()
        .expect("a delivery's id")
        .to_owned()
}

/// An admin's key and an admin's session that open nothing any more.
async fn former_staff(stage: &Stage, clinic: &Clinic, admin: &str) -> (String, String) {
    let key = stage.key(clinic, Role::ClinicAdmin).await;
    let query = "{ viewer { ...on ApiClient { id } } }";
    let who = stage.ask(Some(&key), query, json!({})).await;
    let input = json!({ "apiClientId": who["data"]["viewer"]["id"] });
    let revoked = stage.command(Some(admin), "revokeApiClient", input).await;
    assert_eq!(revoked["userErrors"], json!([]));
    let (member, session) = stage
        .member(clinic, "Norman Former", Role::ClinicAdmin)
        .await;
    let input = json!({ "teamMemberId": member });
    let removed = stage.command(Some(admin), "removeTeamMember", input).await;
    assert_eq!(removed["userErrors"], json!([]));
    (key, session)
}

/// Every type with fields, each field with whether it needs a selection of its own.
fn fields_of_the_schema() -> BTreeMap<String, BTreeMap<String, bool>> {
    let schema = parse_schema(standby::graphql::sdl()).expect("the schema");
    let definitions = || {
        schema
            .definitions
            .iter()
            .filter_map(|definition| match definition {
                TypeSystemDefinition::Type(definition) => Some(&definition.node),
                _ => None,
            })
    };
    let composite: BTreeSet<String> = definitions()
        .filter(|definition| {
            matches!(
                definition.kind,
                TypeKind::Object(_) | TypeKind::Interface(_) | TypeKind::Union(_)
            )
        })
        .map(|definition| definition.name.node.to_string())
        .collect();
    definitions()
        .filter_map(|definition| {
            let fields = match &definition.kind {
                TypeKind::Object(object) => &object.fields,
                TypeKind::Interface(interface) => &interface.fields,
                _ => return None,
            };
            let fields = fields.iter().map(|field| {
                let kind = field.node.ty.node.to_string().replace(['[', ']', '!'], "");
                (field.node.name.node.to_string(), composite.contains(&kind))
            });
            Some((definition.name.node.to_string(), fields.collect()))
        })
        .collect()
}

#[tokio::test]
async fn every_field_of_the_schema_has_a_case_for_a_stranger_and_for_anonymous() {
    let schema = fields_of_the_schema();
    let mut wrong = Vec::new();
    let mut listed = BTreeSet::new();
    let north = North::new().await;
    let before = waiting_area(&north).await;
    for case in CASES {
        for field in case.fields.split_whitespace() {
            let Some(&is_composite) = schema.get(case.of).and_then(|fields| fields.get(field))
            else {
                wrong.push(format!(
                    "{}.{field} has a case and is not in the schema",
                    case.of
                ));
                continue;
            };
            if !listed.insert((case.of, field)) {
                wrong.push(format!("{}.{field} has two cases", case.of));
            }
            let query = case.ask.replace("FIELD", &selected(field, is_composite));
            for problem in problems(&north, case.get, field, &query).await {
                wrong.push(format!("{}.{field}: {problem}\n  {query}", case.of));
            }
        }
    }
    for (of, fields) in &schema {
        for field in fields.keys() {
            if !listed.contains(&(of.as_str(), field.as_str())) {
                wrong.push(format!(
                    "{of}.{field} has no case: say in CASES who may see it"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(
        waiting_area(&north).await,
        before,
        "a stranger has changed something"
    );
}

fn selected(field: &str, is_composite: bool) -> String {
    if is_composite {
        format!("{field} {{ __typename }}")
    } else {
        field.to_owned()
    }
}

async fn waiting_area(north: &North) -> Json {
    let query = "{ node(id: \"$CLINIC\") { ...on Clinic { isOpen waitingArea { version callers { \
                 nodes { id status version } } } } } }";
    north
        .ask(
            north.insiders.first().map(String::as_str),
            &north.real(query),
        )
        .await
}

async fn problems(north: &North, get: Get, field: &str, query: &str) -> Vec<String> {
    let (real, unreal) = (north.real(query), north.unreal(query));
    let mut problems = Vec::new();
    let mut insiders = Vec::new();
    if matches!(get, Public | Nothing) {
        for insider in &north.insiders {
            insiders.push(north.ask(Some(insider), &real).await);
        }
        if insiders
            .iter()
            .any(|answer| answer.to_string().contains("\"errors\""))
            && get == Public
        {
            problems.push(format!("north itself gets errors: {insiders:?}"));
        }
    }
    for (who, credential) in &north.strangers {
        let by = credential.as_deref();
        if *who == "caller of another clinic" && changes_the_own(query) {
            continue;
        }
        let answer = north.ask(by, &real).await;
        let text = answer.to_string();
        problems.extend(
            north
                .secrets
                .iter()
                .filter(|secret| text.contains(secret.as_str()))
                .map(|secret| format!("{who} reads {secret}: {text}")),
        );
        match get {
            Public => {
                if insiders.iter().any(|insider| *insider != answer) {
                    problems.push(format!("{who} gets {text}, north {insiders:?}"));
                }
            }
            Nothing | Refused => {
                let nowhere = north.ask(by, &unreal).await;
                // A clinic has a public face, so only what is asked of it can be nothing.
                let (text, nowhere) = (hidden(&text), hidden(&nowhere.to_string()));
                if text != nowhere {
                    problems.push(format!("{who} gets {text}, for no such id {nowhere}"));
                }
                // Somebody must get it, or the case proves nothing.
                let key = format!("\"{field}\":");
                let is_shown = |insider: &Json| {
                    let insider = hidden(&insider.to_string());
                    insider != text && insider.contains(&key)
                };
                if get == Nothing && !insiders.iter().any(is_shown) {
                    problems.push(format!("north does not get it either: {insiders:?}"));
                }
            }
            OwnOnly => {}
        }
    }
    problems
}

/// Whether the query is a caller's own command, which a caller of another clinic may well give, or
/// follows the own stay.
fn changes_the_own(query: &str) -> bool {
    let own = [
        "sendVerification",
        "verifyPhone",
        "reportPresence",
        "leaveWaiting",
        "resumeWaiting",
        "myCaller",
    ];
    own.iter().any(|name| query.contains(name))
}

/// The same for a clinic of which something is null as for no clinic at all.
fn hidden(answer: &str) -> String {
    answer
        .replace(r#"{"node":{"waitingArea":null}}"#, r#"{"node":null}"#)
        .replace(r#"{"node":{"settings":null}}"#, r#"{"node":null}"#)
        .replace(r#"{"node":{"team":null}}"#, r#"{"node":null}"#)
        .replace(r#"{"node":{"webhooks":null}}"#, r#"{"node":null}"#)
        .replace(r#"{"node":{"auditLog":null}}"#, r#"{"node":null}"#)
        .replace(r#"{"node":{"report":null}}"#, r#"{"node":null}"#)
        .replace(r#"{"node":{"apiClients":null}}"#, r#"{"node":null}"#)
}

#[tokio::test]
async fn another_caller_of_the_same_clinic_sees_nothing_of_a_caller() {
    let north = North::new().await;
    let other = north.stage.enter("north", "Olga Other", None).await;
    let by = Some(other.token.as_str());
    let schema = fields_of_the_schema();
    for case in CASES
        .iter()
        .filter(|case| case.get == Nothing && case.ask.starts_with('{'))
    {
        for field in case.fields.split_whitespace() {
            let query = case
                .ask
                .replace("FIELD", &selected(field, schema[case.of][field]));
            let answer = north.ask(by, &north.real(&query)).await.to_string();
            let reads = north
                .secrets
                .iter()
                .find(|secret| answer.contains(secret.as_str()));
            assert!(reads.is_none(), "{}.{field}: {answer}", case.of);
        }
    }
}

#[tokio::test]
async fn a_reporter_reads_but_gets_no_room_to_enter() {
    let stage = Stage::new();
    let clinic = stage.clinic("north").await;
    let (staff, reporter) = (
        stage.key(&clinic, Role::TeamMember).await,
        stage.key(&clinic, Role::Reporter).await,
    );
    let caller = stage.enter("north", "Ana", None).await;
    stage
        .command(Some(&staff), "joinCaller", json!({ "callerId": caller.id }))
        .await;
    let query = "query ($id: ID!) { node(id: $id) { ...on Caller { name room { url } } } }";
    for (by, has_room) in [(&staff, true), (&caller.token, true), (&reporter, false)] {
        let answer = stage.ask(Some(by), query, json!({ "id": caller.id })).await;
        assert_eq!(answer["data"]["node"]["name"], "Ana");
        assert_eq!(answer["data"]["node"]["room"].is_object(), has_room);
    }
}
