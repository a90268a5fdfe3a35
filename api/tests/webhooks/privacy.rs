//! What a receiver is told names nobody.

use crate::receiver::Receiver;
use crate::scene::{ALL, Scene};
use crate::support;
use serde_json::json;
use standby::domain::time::Span;

/// What must be in no body.
const CANARIES: [&str; 6] = [
    "Ada Canary",
    "491570006",
    "0491 570 006",
    "medicare-canary",
    "reason-canary",
    "video.example",
];

#[tokio::test(flavor = "multi_thread")]
async fn no_body_holds_a_name_a_number_an_answer_or_a_reason_before_or_after_erasure() {
    let scene = Scene::new().await;
    let receiver = Receiver::new().await;
    scene.webhook(&receiver.url(), &ALL).await;
    let by = Some(scene.admin.as_str());
    let fields = json!([{ "key": "medicare", "label": "Medicare", "isRequired": false }]);
    let input = json!({ "clinicId": scene.clinic.id.as_str(), "entryFields": fields });
    scene.stage.command(by, "updateClinicSettings", input).await;
    let input = json!({ "clinicSlug": "north", "name": "Ada Canary", "phone": "0491570156",
        "idempotencyKey": "k", "answers": [{ "key": "medicare", "value": "medicare-canary" }] });
    let entered = scene.stage.command(None, "enterWaitingArea", input).await;
    let first = support::arrived(&entered);
    let second = scene.recalled().await;
    scene.stage.texts("+61491570006").await;
    scene
        .stage
        .command(by, "joinCaller", json!({ "callerId": first.id }))
        .await;
    scene.deliver().await;
    for caller in [&first, &second] {
        let input = json!({ "callerId": caller.id, "reason": "reason-canary" });
        scene.stage.command(by, "cancelCaller", input).await;
    }
    scene
        .stage
        .command(by, "completeCall", json!({ "callerId": first.id }))
        .await;
    scene.deliver().await;
    let before = receiver.received();
    assert!(before.len() > 8, "{}", before.len());

    // Erased, by whatever has been made of it: the row that is told from is what counts.
    scene.stage.clock.advance(Span::minutes(20));
    let input = json!({ "input": { "callerId": second.id } });
    let erase = "mutation ($input: EraseCallerInput!) { eraseCaller(input: $input) { \
                 caller { erasedAt } userErrors { message } } }";
    let erased = scene.stage.ask(by, erase, input).await;
    assert!(
        erased["data"]["eraseCaller"]["caller"]["erasedAt"].is_string(),
        "{erased}"
    );
    for event in &before {
        let input = json!({ "deliveryId": event.id });
        let again = scene
            .command("redeliverWebhookEvent", input, "delivery { state }")
            .await;
        assert_eq!(again["userErrors"], json!([]));
    }
    scene.deliver().await;
    let all = receiver.received();
    assert_eq!(all.len(), 2 * before.len());
    for event in &all {
        for canary in CANARIES {
            assert!(!event.raw.contains(canary), "{canary}: {}", event.raw);
        }
        let told = event.body["data"]["caller"].as_object().unwrap();
        for field in [
            "name",
            "phone",
            "answers",
            "room",
            "activity",
            "verification",
        ] {
            assert!(!told.contains_key(field), "{field}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_what_was_sent_and_no_secret_is_kept() {
    let scene = Scene::new().await;
    let receiver = Receiver::new().await;
    let (_, secret) = scene.webhook(&receiver.url(), &ALL).await;
    scene.arrive(1).await;
    scene.deliver().await;
    let event = receiver.received().remove(0);
    let rows = scene.stage.read(
        "SELECT quote(id) || quote(url) || quote(events) || quote(secret_seed) AS value FROM webhook
         UNION ALL SELECT quote(id) || quote(event) || quote(caller_id) || quote(problem) AS value
         FROM webhook_delivery",
    );
    let key = secret.strip_prefix("whsec_").unwrap();
    for row in rows {
        assert!(!row.contains(key), "{row}");
        assert!(!row.contains(&event.signature), "{row}");
        assert!(!row.contains("CallerArrived"), "{row}");
    }
}
