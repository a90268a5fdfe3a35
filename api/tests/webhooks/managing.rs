//! What clinic admins do about webhooks, and others may not.

use crate::delivering::signature;
use crate::receiver::{Answering, Receiver};
use crate::scene::{ALL, Scene, WEBHOOK};
use crate::support::{Stage, assert_refused};
use serde_json::{Value as Json, json};
use standby::domain::policy::Role;
use standby::domain::time::Span;

fn input(scene: &Scene, url: &str) -> Json {
    json!({ "clinicId": scene.clinic.id.as_str(), "url": url, "events": ["CALLER_ENDED"] })
}

/// The deeds that the audit log has about webhooks, with what each is about.
fn deeds(stage: &Stage) -> Vec<String> {
    stage.read(
        "SELECT deed || ' ' || subject AS value FROM audit_entry WHERE deed LIKE '%WEBHOOK' \
         ORDER BY number",
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_added_changed_disabled_and_removed_and_the_audit_log_has_each_once() {
    let scene = Scene::new().await;
    let receiver = Receiver::new().await;
    let added = scene
        .command(
            "addWebhook",
            input(&scene, &receiver.url()),
            &format!("{WEBHOOK} secret"),
        )
        .await;
    let id = added["webhook"]["id"].as_str().unwrap().to_owned();
    assert_eq!(added["webhook"]["events"], json!(["CALLER_ENDED"]));
    assert_eq!(added["webhook"]["isEnabled"], true);
    assert_eq!(added["webhook"]["url"], receiver.url());
    assert!(added["secret"].as_str().unwrap().starts_with("whsec_"));

    let change = json!({ "webhookId": id, "url": "http://127.0.0.1:1/x",
        "events": ["RECALL_DELIVERED", "CALLER_ARRIVED", "CALLER_ARRIVED"], "isEnabled": false });
    // The same again is no second deed.
    for _ in 0..2 {
        let changed = scene
            .command("updateWebhook", change.clone(), WEBHOOK)
            .await;
        assert_eq!(changed["userErrors"], json!([]));
        assert_eq!(changed["webhook"]["url"], "http://127.0.0.1:1/x");
        assert_eq!(
            changed["webhook"]["events"],
            json!(["CALLER_ARRIVED", "RECALL_DELIVERED"])
        );
        assert_eq!(changed["webhook"]["isEnabled"], false);
        assert_eq!(changed["webhook"]["disabledBecause"], json!(null));
    }
    let remove = json!({ "webhookId": id });
    let removed = scene
        .command("removeWebhook", remove.clone(), "removedWebhookId")
        .await;
    assert_eq!(removed["removedWebhookId"], id);
    let again = scene
        .command("removeWebhook", remove, "removedWebhookId")
        .await;
    assert_refused(&again, "NOT_FOUND", Some("webhookId"));
    assert_eq!(
        deeds(&scene.stage),
        ["ADDED_WEBHOOK", "CHANGED_WEBHOOK", "REMOVED_WEBHOOK"].map(|deed| format!("{deed} {id}"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_a_webhook_is_refused_with_the_field() {
    let scene = Scene::new().await;
    for (url, events, field) in [
        ("nowhere", json!(["CALLER_ENDED"]), "url"),
        ("", json!(["CALLER_ENDED"]), "url"),
        ("ftp://127.0.0.1/", json!(["CALLER_ENDED"]), "url"),
        ("https://a:b@tools.example/", json!(["CALLER_ENDED"]), "url"),
        (
            "https://tools.example/\r\nx: y",
            json!(["CALLER_ENDED"]),
            "url",
        ),
        ("https://tools.example/", json!([]), "events"),
    ] {
        let input = json!({ "clinicId": scene.clinic.id.as_str(), "url": url, "events": events });
        let refused = scene
            .command("addWebhook", input, "webhook { id } secret")
            .await;
        assert_refused(&refused, "INVALID_INPUT", Some(field));
        assert_eq!(refused["webhook"], json!(null));
        assert_eq!(refused["secret"], json!(null));
    }
    let (id, _) = scene.webhook("https://tools.example/a", &ALL).await;
    let twice = scene
        .command(
            "addWebhook",
            input(&scene, "https://TOOLS.example/a"),
            "secret",
        )
        .await;
    assert_refused(&twice, "INVALID_INPUT", Some("url"));
    scene.webhook("https://tools.example/b", &ALL).await;
    for (change, field) in [
        (
            json!({ "webhookId": id, "url": "https://tools.example/b" }),
            "url",
        ),
        (json!({ "webhookId": id, "url": "http:" }), "url"),
        (json!({ "webhookId": id, "events": [] }), "events"),
    ] {
        let refused = scene.command("updateWebhook", change, WEBHOOK).await;
        assert_refused(&refused, "INVALID_INPUT", Some(field));
    }
    assert_eq!(deeds(&scene.stage).len(), 2, "what is refused is no deed");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_within_the_own_network_is_refused_unless_that_was_allowed() {
    let stage = Stage::new();
    let clinic = stage.clinic("north").await;
    let admin = stage.key(&clinic, Role::ClinicAdmin).await;
    let scene = Scene {
        stage,
        clinic,
        admin,
    };
    for url in [
        "http://tools.example/",
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://[::ffff:10.0.0.1]/",
        "https://localhost/",
        "https://metadata.google.internal./",
    ] {
        let refused = scene
            .command("addWebhook", input(&scene, url), "secret")
            .await;
        assert_refused(&refused, "INVALID_INPUT", Some("url"));
    }
    scene.webhook("https://tools.example/", &ALL).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clinic_has_at_most_ten_also_when_they_are_added_at_once() {
    let scene = Scene::new().await;
    let add = |number: u32| {
        let scene = &scene;
        async move {
            let url = format!("https://tools.example/{number}");
            scene
                .command("addWebhook", input(scene, &url), "secret")
                .await
        }
    };
    let added = futures_util::future::join_all((0..14).map(add)).await;
    let taken = added.iter().filter(|payload| payload["secret"].is_string());
    assert_eq!(taken.count(), 10);
    for payload in added.iter().filter(|payload| payload["secret"].is_null()) {
        assert_refused(payload, "UNAVAILABLE", None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_secret_signs_at_once_and_the_old_one_beside_it_for_a_day() {
    let scene = Scene::new().await;
    let receiver = Receiver::new().await;
    let (id, old) = scene.webhook(&receiver.url(), &ALL).await;
    let rotated = scene
        .command(
            "rotateWebhookSecret",
            json!({ "webhookId": id }),
            &format!("{WEBHOOK} secret"),
        )
        .await;
    let new = rotated["secret"].as_str().unwrap();
    assert_ne!(new, old);
    scene.arrive(1).await;
    scene.deliver().await;
    scene.stage.clock.advance(Span::hours(24));
    scene.arrive(2).await;
    scene.deliver().await;
    let heard = receiver.received();
    let signed = |place: usize, secret: &str| {
        let event = &heard[place];
        signature(secret, &event.id, &event.timestamp, &event.raw)
    };
    assert_eq!(
        heard[0].signature,
        format!("{} {}", signed(0, new), signed(0, &old))
    );
    assert_eq!(heard[1].signature, signed(1, new));
    assert_eq!(
        deeds(&scene.stage),
        ["ADDED_WEBHOOK", "CHANGED_WEBHOOK"].map(|deed| format!("{deed} {id}"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_a_webhook_that_staff_disable_is_given_up_and_can_be_had_later() {
    let scene = Scene::new().await;
    let receiver = Receiver::new().await;
    let (id, _) = scene.webhook(&receiver.url(), &ALL).await;
    receiver.answer(Answering::Status(500));
    scene.arrive(1).await;
    scene.deliver().await;
    let enable = async |is_enabled: bool| {
        let input = json!({ "webhookId": id, "isEnabled": is_enabled });
        scene.command("updateWebhook", input, WEBHOOK).await["webhook"].clone()
    };
    let disabled = enable(false).await;
    let delivery = &disabled["deliveries"][0];
    assert_eq!(delivery["state"], "FAILED");
    assert!(delivery["problem"].as_str().unwrap().contains("disabled"));
    let again = json!({ "deliveryId": delivery["id"] });
    let refused = scene
        .command("redeliverWebhookEvent", again.clone(), "delivery { id }")
        .await;
    assert_refused(&refused, "UNAVAILABLE", None);
    scene.arrive(2).await;
    enable(true).await;
    receiver.answer(Answering::Status(200));
    scene.deliver().await;
    assert_eq!(
        receiver.versions(),
        [1],
        "what happened meanwhile is not sent"
    );
    let due = scene
        .command("redeliverWebhookEvent", again, "delivery { state }")
        .await;
    assert_eq!(due["delivery"]["state"], "PENDING");
    scene.deliver().await;
    assert_eq!(receiver.versions(), [1, 1]);
    let log = deeds(&scene.stage);
    let subject = delivery["id"].as_str().unwrap();
    assert_eq!(
        log.last().unwrap(),
        &format!("REDELIVERED_WEBHOOK {subject}")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn only_clinic_admins_of_the_clinic_see_or_change_webhooks() {
    let scene = Scene::new().await;
    let receiver = Receiver::new().await;
    let (id, _) = scene.webhook(&receiver.url(), &ALL).await;
    scene.arrive(1).await;
    scene.deliver().await;
    let delivery = receiver.received()[0].id.clone();
    let south = scene.stage.clinic("south").await;
    let colleagues = [
        scene.stage.key(&scene.clinic, Role::Reporter).await,
        scene.stage.key(&scene.clinic, Role::TeamMember).await,
    ];
    let stranger = scene.stage.key(&south, Role::ClinicAdmin).await;
    let nobodys = id.replace(|c: char| c.is_ascii_digit(), "7");
    assert_ne!(id, nobodys);
    let commands = |id: &str, delivery: &str| {
        [
            (
                "updateWebhook",
                json!({ "webhookId": id, "isEnabled": false }),
                "webhook { id }",
            ),
            (
                "removeWebhook",
                json!({ "webhookId": id }),
                "removedWebhookId",
            ),
            ("rotateWebhookSecret", json!({ "webhookId": id }), "secret"),
            (
                "redeliverWebhookEvent",
                json!({ "deliveryId": delivery }),
                "delivery { id }",
            ),
        ]
    };
    let real = commands(&id, &delivery);
    let unreal = commands(&nobodys, &format!("delivery_{}", "0".repeat(26)));
    for ((name, input, selection), (_, unreal, _)) in real.into_iter().zip(unreal) {
        for colleague in &colleagues {
            let refused = scene
                .command_by(colleague, name, input.clone(), selection)
                .await;
            assert_refused(&refused, "UNAVAILABLE", None);
            let of_nothing = scene
                .command_by(colleague, name, unreal.clone(), selection)
                .await;
            assert_eq!(refused, of_nothing, "they may not learn what there is");
        }
        let refused = scene.command_by(&stranger, name, input, selection).await;
        let of_nothing = scene.command_by(&stranger, name, unreal, selection).await;
        let field = if name == "redeliverWebhookEvent" {
            "deliveryId"
        } else {
            "webhookId"
        };
        assert_refused(&refused, "NOT_FOUND", Some(field));
        assert_eq!(refused, of_nothing);
    }
    let see = format!(
        "{{ node(id: \"{id}\") {{ id }} clinic(slug: \"north\") {{ webhooks {{ id url }} }} }}"
    );
    for by in colleagues.iter().chain([&stranger]) {
        let seen = scene.stage.ask(Some(by), &see, json!({})).await;
        assert_eq!(
            seen["data"],
            json!({ "node": null, "clinic": { "webhooks": null } })
        );
    }
    let seen = scene.stage.ask(Some(&scene.admin), &see, json!({})).await;
    assert_eq!(seen["data"]["clinic"]["webhooks"][0]["id"], id);
    assert_eq!(seen["data"]["node"]["id"], id);
    let many = format!(
        "{{ node(id: \"{id}\") {{ ...on Webhook {{ deliveries(first: 201) {{ id }} }} }} }}"
    );
    let refused = scene.stage.ask(Some(&scene.admin), &many, json!({})).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
}
