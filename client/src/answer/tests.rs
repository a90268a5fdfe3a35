//! Answers as servers and what stands before them write them.

use serde_json::json;

use super::*;
use crate::caller::CallerStatus;
use crate::client_error::{UserError, UserErrorCode};
use crate::instant::Instant;
use crate::operations::{
    CallerPayload, CallerViewer, RecallCaller, SendVerificationCode, VerifyPhone, WhoIsCaller,
};
use crate::sample::{caller, caller_json};

fn answer<T: DeserializeOwned>(status: u16, body: &str) -> Result<T, ClientError> {
    read_http_answer(&HttpAnswer {
        status,
        body: body.to_owned(),
    })
}

fn error<T: DeserializeOwned>(status: u16, body: &str) -> ClientError {
    answer::<T>(status, body).err().expect("an error")
}

#[test]
fn errors_are_read_before_data_that_do_not_fit_because_of_them() {
    let body = r#"{"data":{"viewer":null},"errors":[{"message":"The store is not available",
        "locations":[{"line":2,"column":3}],"path":["viewer","callers",0],
        "extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}"#;
    let ClientError::Fault(faults) = error::<WhoIsCaller>(200, body) else {
        panic!("no fault")
    };
    assert_eq!(
        faults,
        [Fault {
            message: "The store is not available".to_owned(),
            code: Some("INTERNAL_SERVER_ERROR".to_owned()),
            path: vec!["viewer".to_owned(), "callers".to_owned(), "0".to_owned()],
        }]
    );
}

#[test]
fn errors_are_read_before_data_that_fit_all_the_same() {
    let data = json!({ "recallCaller": { "caller": null, "userErrors": [] } });
    let body = json!({ "data": data, "errors": [{ "message": "Half done" }] }).to_string();
    assert!(matches!(
        error::<RecallCaller>(200, &body),
        ClientError::Fault(_)
    ));
}

#[test]
fn an_empty_list_of_errors_is_no_error() {
    let body = r#"{"errors":[],"data":{"viewer":{"__typename":"Anonymous"}}}"#;
    let read = answer::<WhoIsCaller>(200, body).expect("data");
    assert!(matches!(read.viewer, CallerViewer::Other));
}

#[test]
fn a_refused_token_is_told_from_a_fault() {
    let with_code = r#"{"errors":[{"message":"no","extensions":{"code":"UNAUTHENTICATED"}}]}"#;
    for (status, body) in [
        (401, ""),
        (401, "<html>"),
        (200, with_code),
        (400, with_code),
    ] {
        let error = error::<WhoIsCaller>(status, body);
        assert_eq!(error, ClientError::Unauthorized, "{status} {body}");
    }
}

#[test]
fn a_server_that_is_full_or_starting_may_be_asked_again() {
    for status in [429, 502, 503, 504] {
        assert!(
            error::<WhoIsCaller>(status, "<html>Bad gateway</html>").may_pass(),
            "{status}"
        );
    }
}

#[test]
fn the_errors_of_an_answer_say_more_than_its_status() {
    let body = r#"{"errors":[{"message":"The query is too deep"}]}"#;
    for status in [400, 413, 500] {
        assert_eq!(
            error::<WhoIsCaller>(status, body),
            ClientError::fault("The query is too deep"),
            "{status}"
        );
    }
}

#[test]
fn what_is_no_answer_is_a_fault() {
    let without_data = [r#"{"data":null}"#, r#"{"errors":null}"#];
    for body in ["", "<html></html>", "null", "[]", "{}"]
        .into_iter()
        .chain(without_data)
    {
        let error = error::<WhoIsCaller>(200, body);
        assert_eq!(
            error,
            ClientError::fault("no GraphQL answer; status 200"),
            "{body}"
        );
    }
}

#[test]
fn data_that_do_not_fit_are_a_fault_that_does_not_repeat_them() {
    let body = r#"{"data":{"viewer":{"__typename":"CallerSession","caller":"Ana Lima"}}}"#;
    let error = error::<WhoIsCaller>(200, body);
    assert!(matches!(error, ClientError::Fault(_)), "{error}");
    assert!(!format!("{error} {error:?}").contains("Ana"), "{error:?}");
}

#[test]
fn a_caller_and_the_clinic_are_read_together() {
    let mut ana = caller_json("caller-1", 7, CallerStatus::Offline, 3);
    ana["clinic"] = json!({
        "id": "clinic-1", "slug": "riverside", "name": "Riverside Clinic", "isOpen": true,
        "offlineQueueing": true, "consentText": null, "defaultCountry": "AU",
        "showQueuePosition": true,
        "entryFields": [{ "key": "reason", "label": "Reason for the visit", "isRequired": false }],
    });
    let viewer = json!({ "__typename": "CallerSession", "caller": ana });
    let body = json!({ "data": { "viewer": viewer } }).to_string();
    let read = answer::<WhoIsCaller>(200, &body).expect("data");
    let CallerViewer::CallerSession(session) = read.viewer else {
        panic!("not the caller")
    };
    assert_eq!(
        session.caller.caller,
        caller("caller-1", 7, CallerStatus::Offline, 3)
    );
    assert_eq!(session.caller.clinic.slug, "riverside");
}

#[test]
fn a_refusal_says_why_and_how_the_caller_now_stands() {
    let body = json!({ "data": { "recallCaller": {
        "caller": caller_json("caller-1", 7, CallerStatus::Waiting, 4),
        "userErrors": [{
            "__typename": "WrongStatusError", "code": "WRONG_STATUS",
            "message": "Ana is back already", "field": null, "status": "WAITING",
        }],
    } } });
    let payload = answer::<RecallCaller>(200, &body.to_string())
        .expect("data")
        .recall_caller;
    let Err(ClientError::Refused(refusal)) = payload.expect("a payload").settle() else {
        panic!("not refused");
    };
    assert_eq!(
        refusal.caller.as_deref(),
        Some(&caller("caller-1", 7, CallerStatus::Waiting, 4))
    );
    assert_eq!(
        refusal.errors,
        [UserError {
            code: UserErrorCode::WrongStatus,
            message: "Ana is back already".to_owned(),
            field: Vec::new(),
            status: Some(CallerStatus::Waiting),
            attempts_left: None,
            retry_at: None,
        }]
    );
    assert!(
        !format!("{refusal} {refusal:?}").contains("Ana"),
        "{refusal:?}"
    );
}

#[test]
fn a_rejected_code_says_how_many_attempts_are_left() {
    let body = r#"{"data":{"verifyPhone":{"caller":null,"userErrors":[{"__typename":
        "CodeRejectedError","code":"CODE_REJECTED","message":"m","field":["code"],
        "attemptsLeft":2}]}}}"#;
    let payload = answer::<VerifyPhone>(200, body).expect("data").verify_phone;
    let error = payload.expect("a payload").settle().expect_err("a refusal");
    let error = error.user_error().expect("a reason");
    assert_eq!(
        (error.attempts_left, error.code),
        (Some(2), UserErrorCode::CodeRejected)
    );
    assert_eq!(error.field, ["code"]);
}

#[test]
fn a_rate_limit_says_from_when_to_try_again() {
    let body = r#"{"data":{"sendVerificationCode":{"expiresAt":null,"resendAt":null,"userErrors":[
        {"__typename":"RateLimitedError","code":"RATE_LIMITED","message":"m","field":null,
        "retryAt":"1970-01-01T00:00:30Z"}]}}}"#;
    let payload = answer::<SendVerificationCode>(200, body)
        .expect("data")
        .send_verification_code;
    let errors = payload.expect("a payload").user_errors;
    let errors: Vec<UserError> = errors.into_iter().map(Into::into).collect();
    assert_eq!(
        errors[0].retry_at,
        Some(Instant::from_epoch_milliseconds(30_000))
    );
}

#[test]
fn what_is_newer_than_this_client_is_read_as_far_as_it_is_known() {
    let body = r#"{"data":{"verifyPhone":{"caller":null,"userErrors":[{"__typename":"QuotaError",
        "code":"QUOTA_EXCEEDED","message":"m","field":null,"quota":3}]}}}"#;
    let payload = answer::<VerifyPhone>(200, body).expect("data").verify_phone;
    let error = payload.expect("a payload").settle().expect_err("a refusal");
    assert_eq!(
        error.user_error().map(|error| error.code),
        Some(UserErrorCode::Unrecognised)
    );

    let mut caller = caller_json("caller-1", 7, CallerStatus::Waiting, 4);
    caller["status"] = "DREAMING".into();
    let caller: crate::Caller = serde_json::from_value(caller).expect("a caller");
    assert_eq!(caller.status, CallerStatus::Unrecognised);
}

#[test]
fn what_is_private_is_not_printed() {
    let mut json = caller_json("caller-1", 7, CallerStatus::Waiting, 4);
    json["room"] = json!({ "url": "https://video.example/secret-room" });
    json["verification"] = json!({
        "number": "+61491570157", "sentAt": "2026-07-14T09:05:08Z",
        "expiresAt": "2026-07-14T09:15:08Z", "resendAt": "2026-07-14T09:05:38Z", "attemptsLeft": 5,
        "sms": { "state": "SENT", "failure": null, "updatedAt": "2026-07-14T09:05:09Z" },
    });
    let caller: crate::Caller = serde_json::from_value(json).expect("a caller");
    let printed = format!(
        "{caller:?} {:?} {:?} {:?} {:?}",
        caller.phone, caller.room, caller.verification, caller.answers
    );
    for private in ["Ana", "Lima", "6149", "Cough", "secret-room"] {
        assert!(!printed.contains(private), "{printed}");
    }
}
