//! What tests need a caller for.

use serde_json::{Value, json};

use crate::caller::{Caller, CallerStatus};

/// A caller as the server writes it.
pub(crate) fn caller_json(
    id: &str,
    arrival_number: i32,
    status: CallerStatus,
    version: i32,
) -> Value {
    json!({
        "id": id,
        "status": status,
        "name": "Ana Lima",
        "phone": {
            "number": "+61491570156",
            "isVerified": true,
            "verifiedAt": "2026-07-14T09:06:00Z",
        },
        "arrivedAt": "2026-07-14T09:05:07.250Z",
        "arrivalNumber": arrival_number,
        "position": null,
        "presence": {
            "isViewing": false,
            "lastSeenAt": "2026-07-14T09:07:00.000Z",
            "notResponding": false,
        },
        "recall": {
            "id": "recall-1",
            "requestedAt": "2026-07-14T09:20:00Z",
            "sms": {
                "state": "FAILED",
                "failure": "LANDLINE",
                "updatedAt": "2026-07-14T09:20:02Z",
            },
            "openedAt": null,
            "returnedAt": null,
            "reply": { "answer": "COMING", "at": "2026-07-14T09:21:00Z" },
        },
        "textsStopped": false,
        "room": null,
        "endedAt": null,
        "end": null,
        "statusSince": "2026-07-14T09:07:30Z",
        "maySetPhoneAside": true,
        "verification": null,
        "answers": [{ "key": "reason", "label": "Reason for the visit", "value": "Cough" }],
        "erasedAt": null,
        "version": version,
    })
}

/// A caller as this crate reads it.
pub(crate) fn caller(id: &str, arrival_number: i32, status: CallerStatus, version: i32) -> Caller {
    serde_json::from_value(caller_json(id, arrival_number, status, version))
        .expect("the sample fits the type")
}
