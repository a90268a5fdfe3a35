//! Answers about a clinic's access, webhooks, reports and audit log, as servers write them.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::access::{ApiClient, MemberOfTeam, SignInMethod};
use crate::answer::{HttpAnswer, read_http_answer, read_http_text};
use crate::audit_log::AuditLogEntryKind;
use crate::client_error::ClientError;
use crate::clinic::TextPurpose;
use crate::operations::access::{AddApiClient, SignInMethods, TeamNode, TeamOfClinic};
use crate::operations::reports::{AuditLogNode, AuditLogOfClinic, ReportNode, ReportOfClinic};
use crate::operations::webhooks::{WebhooksNode, WebhooksOfClinic};
use crate::webhook::{WebhookDeliveryState, WebhookEventType};

fn data<T: DeserializeOwned>(data: &Value) -> T {
    let body = json!({ "data": data }).to_string();
    read_http_answer(&HttpAnswer { status: 200, body }).expect("data")
}

fn text(status: u16) -> Result<Option<String>, ClientError> {
    read_http_text(HttpAnswer {
        status,
        body: "date,arrived\r\n".to_owned(),
    })
}

#[test]
fn a_team_is_read_with_the_sessions_that_the_viewer_may_see_and_without_the_others() {
    let member = |sessions: Value| {
        json!({
            "id": "member-1", "name": "Front desk", "role": "TEAM_MEMBER",
            "addedAt": "2026-07-14T09:05:07Z", "sessions": sessions,
        })
    };
    let session = json!({
        "id": "session-1", "openedAt": "2026-07-14T09:05:07Z", "openedBy": "OPENID_CONNECT",
        "lastUsedAt": "2026-07-14T09:06:00Z", "expiresAt": "2026-07-21T09:05:07Z",
        "isCurrent": true,
    });
    let team = json!([member(json!([session])), member(Value::Null)]);
    let node = json!({ "node": { "__typename": "Clinic", "team": team } });
    let Some(TeamNode::Clinic(clinic)) = data::<TeamOfClinic>(&node).node else {
        panic!("no clinic")
    };
    let [first, second]: [MemberOfTeam; 2] = clinic.team.expect("a team").try_into().expect("two");
    let sessions = first.sessions.expect("sessions");
    assert_eq!(sessions[0].opened_by, SignInMethod::OpenidConnect);
    assert_eq!(second.sessions, None);
}

#[test]
fn what_is_newer_than_this_client_is_read_all_the_same() {
    let methods = data::<SignInMethods>(&json!({ "signInMethods": ["LINK", "PASSKEY"] }));
    assert_eq!(
        methods.sign_in_methods,
        [SignInMethod::Link, SignInMethod::Unrecognised]
    );
    let entry = json!({
        "id": "7", "at": "2026-07-14T09:05:07Z", "by": null, "byId": null,
        "kind": "SOMETHING_NEW", "description": "Did something new.", "subjectId": null,
        "subjectName": null,
    });
    let connection = json!({
        "nodes": [entry],
        "pageInfo": { "hasNextPage": false, "endCursor": "7" },
    });
    let node = json!({ "node": { "__typename": "Clinic", "auditLog": connection } });
    let Some(AuditLogNode::Clinic(clinic)) = data::<AuditLogOfClinic>(&node).node else {
        panic!("no clinic")
    };
    let entries = clinic.audit_log.expect("a log").nodes;
    assert_eq!(entries[0].kind, AuditLogEntryKind::Unrecognised);
}

#[test]
fn a_key_that_was_made_is_read_with_its_token_and_a_refused_one_without() {
    let client = json!({
        "id": "key-1", "name": "Ward display", "role": "REPORTER",
        "addedAt": "2026-07-14T09:05:07Z", "addedBy": null, "lastUsedAt": null,
        "expiresAt": null, "revokedAt": null,
    });
    let made = json!({ "apiClient": client, "token": "secret", "userErrors": [] });
    let payload = data::<AddApiClient>(&json!({ "addApiClient": made })).add_api_client;
    let payload = payload.expect("a payload");
    let key: ApiClient = payload.api_client.expect("the key");
    assert_eq!(
        (key.expires_at, payload.token.as_deref()),
        (None, Some("secret"))
    );
    let error = json!({
        "__typename": "InvalidInputError", "code": "INVALID_INPUT",
        "message": "Write a name.", "field": ["input", "name"],
    });
    let refused = json!({ "apiClient": null, "token": null, "userErrors": [error] });
    let payload = data::<AddApiClient>(&json!({ "addApiClient": refused })).add_api_client;
    assert_eq!(payload.expect("a payload").user_errors.len(), 1);
}

#[test]
fn a_webhook_is_read_with_what_became_of_its_deliveries() {
    let delivery = json!({
        "id": "delivery-1", "version": 7, "event": "RECALL_DELIVERED", "state": "PENDING",
        "attempts": 2, "lastAttemptAt": "2026-07-14T09:05:07Z",
        "nextAttemptAt": "2026-07-14T09:07:07Z", "responseStatus": 503,
        "problem": "The receiver answered 503.",
    });
    let webhook = json!({
        "id": "webhook-1", "url": "https://hooks.example.org/", "events": ["CALLER_ARRIVED"],
        "isEnabled": false, "disabledBecause": "Nothing arrived for 5 days.",
        "addedAt": "2026-07-14T09:05:07Z", "failingSince": null, "waitingEvents": 3,
        "deliveries": [delivery],
    });
    let node = json!({ "node": { "__typename": "Clinic", "webhooks": [webhook] } });
    let Some(WebhooksNode::Clinic(clinic)) = data::<WebhooksOfClinic>(&node).node else {
        panic!("no clinic")
    };
    let webhook = clinic.webhooks.expect("webhooks").remove(0);
    assert_eq!(webhook.events, [WebhookEventType::CallerArrived]);
    assert_eq!(webhook.deliveries[0].state, WebhookDeliveryState::Pending);
    assert_eq!(webhook.deliveries[0].response_status, Some(503));
}

#[test]
fn a_report_is_read_day_by_day() {
    let figures = json!({
        "arrived": 2, "completed": 1, "left": 1, "lostContact": 0, "cancelled": 0, "resumed": 0,
        "medianWaitSeconds": 90, "longestWaitSeconds": 90, "wentOffline": 1, "timesOffline": 1,
        "medianOfflineSeconds": null, "recalls": 1, "recallsAnswered": 1,
        "medianRecallToReturnSeconds": 42, "noShows": 0, "codesSent": 1, "phonesVerified": 1,
        "texts": [{ "purpose": "RECALL", "sent": 1, "delivered": 1, "failed": 0, "unknown": 0 }],
    });
    let report = json!({
        "from": "2026-07-14", "to": "2026-07-14", "timeZone": "Australia/Melbourne",
        "days": [{ "date": "2026-07-14", "figures": figures }], "total": figures,
    });
    let node = json!({ "node": { "__typename": "Clinic", "report": report } });
    let Some(ReportNode::Clinic(clinic)) = data::<ReportOfClinic>(&node).node else {
        panic!("no clinic")
    };
    let report = clinic.report.expect("a report");
    assert_eq!(report.days[0].date.to_string(), "2026-07-14");
    assert_eq!(report.days[0].figures, report.total);
    assert_eq!(report.total.texts[0].purpose, TextPurpose::Recall);
    assert_eq!(report.total.median_offline_seconds, None);
}

#[test]
fn a_file_is_read_or_not_there_or_not_to_be_had_now() {
    assert_eq!(text(200), Ok(Some("date,arrived\r\n".to_owned())));
    assert_eq!(text(404), Ok(None));
    assert_eq!(text(401), Err(ClientError::Unauthorized));
    assert!(matches!(text(503), Err(ClientError::Unreachable { .. })));
    assert!(matches!(text(400), Err(ClientError::Fault(_))));
}
