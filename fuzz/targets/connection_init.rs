//! What a client introduces itself with: a credential and a device, or neither.

use serde_json::{Value, json};
use standby::http::door::{Credential, LONGEST_CREDENTIAL, LONGEST_DEVICE_ID};
use standby::http::graphql_ws::message::{FromClient, read};

/// Lines: the token, the Authorization header, the device id; and the whole once more as the payload.
pub(crate) fn hold(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut lines = text.split('\n');
    let mut line = || lines.next().map_or(Value::Null, Value::from);
    let payloads = [
        json!({ "token": line(), "Authorization": line(), "deviceId": line() }),
        serde_json::from_str(&text).unwrap_or_default(),
    ];
    for payload in payloads {
        let message = json!({ "type": "connection_init", "payload": payload });
        let Ok(FromClient::ConnectionInit(init)) = read(&message.to_string()) else {
            continue;
        };
        if let Credential::Bearer(token) = &init.credential {
            assert!(!token.is_empty() && token.len() <= LONGEST_CREDENTIAL);
            let printed = format!("{:?}", init.credential);
            assert!(!printed.contains(&format!("{token:?}")), "{printed}");
        }
        if let Some(device) = &init.device_id {
            assert!((1..=LONGEST_DEVICE_ID).contains(&device.len()));
        }
    }
}
