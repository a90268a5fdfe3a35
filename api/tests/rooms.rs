//! Rooms: where Join leads.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what a test expects and does not find is the test's failure, in its helpers too"
)]

mod support;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value as Json, json};
use standby::domain::policy::Role;
use support::Stage;

/// What the token in a room's address says.
fn claims(address: &str) -> Json {
    let token = address.split_once("?jwt=").unwrap().1;
    let claims = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap()
}

#[tokio::test]
async fn both_sides_get_one_room_each_with_a_token_of_its_own_and_nobody_gets_the_key() {
    let stage = Stage::new();
    let clinic = stage.clinic("north").await;
    let admin = stage.key(&clinic, Role::ClinicAdmin).await;
    let by = Some(admin.as_str());
    let key = "a-key-that-only-the-video-service-has";
    let settings = json!({
        "clinicId": clinic.id.as_str(),
        "roomUrlTemplate": "https://video.example/{room}?jwt={token}",
        "roomTokenKey": key,
        "roomTokenIssuer": "north-app",
    });
    let changed = stage.command(by, "updateClinicSettings", settings).await;
    assert_eq!(changed["settings"]["hasRoomTokenKey"], true, "{changed}");
    assert!(!changed.to_string().contains(key));

    let ana = stage.enter("north", "Ana", None).await;
    let input = json!({ "callerId": ana.id });
    let joined = stage.command(by, "joinCaller", input.clone()).await;
    let for_staff = joined["room"]["url"].as_str().unwrap().to_owned();
    let query = "{ viewer { ...on CallerSession { caller { room { url } } } } }";
    let own = stage.ask(Some(&ana.token), query, json!({})).await;
    let for_caller = own["data"]["viewer"]["caller"]["room"]["url"]
        .as_str()
        .unwrap();

    let room = |address: &str| address.split_once('?').unwrap().0.to_owned();
    assert_eq!(room(&for_staff), room(for_caller));
    for (address, is_moderator) in [(for_staff.as_str(), true), (for_caller, false)] {
        let claims = claims(address);
        assert_eq!(claims["moderator"], is_moderator);
        assert_eq!(claims["iss"], "north-app");
        assert!(address.contains(claims["room"].as_str().unwrap()));
        assert!(!claims.to_string().contains("Ana"));
    }

    // Joined again, by whomever: the same room by the same address.
    let again = stage.command(by, "joinCaller", input).await;
    assert_eq!(again["room"]["url"], for_staff);
}
