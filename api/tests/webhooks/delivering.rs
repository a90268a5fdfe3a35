//! Which events are told, in which order, and how often.

use crate::receiver::{Answering, Receiver};
use crate::scene::{ALL, Scene, WEBHOOK, Worker, until};
use crate::support::Stage;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::json;
use sha2::Sha256;
use standby::domain::policy::Role;
use standby::domain::time::Span;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// What Standard Webhooks says a signature is, worked out anew.
pub(crate) fn signature(secret: &str, id: &str, timestamp: &str, body: &str) -> String {
    let key = STANDARD
        .decode(secret.strip_prefix("whsec_").unwrap())
        .unwrap();
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(&key);
    let mut mac = Hmac::<Sha256>::new(&block.into());
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_is_told_in_order_signed_and_in_the_shape_of_the_subscription() {
    let scene = Scene::new().await;
    let receiver = Receiver::new().await;
    scene.arrive(0).await;
    let (webhook, secret) = scene.webhook(&receiver.url(), &ALL).await;
    let caller = scene.arrive(1).await;
    let by = Some(scene.admin.as_str());
    let input = json!({ "callerId": caller.id });
    scene.stage.command(by, "joinCaller", input.clone()).await;
    scene.stage.command(by, "completeCall", input).await;
    scene.deliver().await;

    let heard = receiver.received();
    let kinds: Vec<_> = heard.iter().map(super::receiver::Received::kind).collect();
    assert_eq!(kinds, ["caller.arrived", "caller.changed", "caller.ended"]);
    assert_eq!(receiver.versions(), [2, 3, 4], "and nothing from before");
    for event in &heard {
        let expected = signature(&secret, &event.id, &event.timestamp, &event.raw);
        assert_eq!(event.signature, expected);
        assert_eq!(event.timestamp, "1772439330");
    }
    let first = &heard[0].body;
    assert_eq!(first["timestamp"], "2026-03-02T08:15:30.250Z");
    assert_eq!(first["clinicId"], scene.clinic.id.as_str());
    assert_eq!(first["data"]["__typename"], "CallerArrived");
    assert_eq!(first["data"]["caller"]["id"], caller.id);
    // As things stand when it is told.
    assert_eq!(first["data"]["caller"]["status"], "COMPLETED");
    assert_eq!(heard[2].body["data"]["__typename"], "CallerEnded");
    let seen = scene.seen(&webhook).await;
    let delivery = &seen["deliveries"][0];
    assert_eq!(delivery["id"], heard[2].id);
    assert_eq!(delivery["state"], "DELIVERED");
    assert_eq!(delivery["attempts"], 1);
    assert_eq!(delivery["responseStatus"], 204);
    assert_eq!(delivery["nextAttemptAt"], json!(null));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_webhook_is_told_what_it_wants_and_a_recalls_delivery_once() {
    let scene = Scene::new().await;
    let (all, recalls, changes, ends) = (
        Receiver::new().await,
        Receiver::new().await,
        Receiver::new().await,
        Receiver::new().await,
    );
    scene.webhook(&all.url(), &ALL).await;
    scene.webhook(&recalls.url(), &["RECALL_DELIVERED"]).await;
    scene.webhook(&changes.url(), &["CALLER_CHANGED"]).await;
    scene.webhook(&ends.url(), &["CALLER_ENDED"]).await;
    let caller = scene.recalled().await;
    // The texts go out, the code's news and the recall's in the same moment of this clock.
    scene.stage.texts("+61491570006").await;
    scene.deliver().await;

    let recalls = recalls.received();
    assert_eq!(recalls.len(), 1, "{recalls:?}");
    assert_eq!(recalls[0].kind(), "recall.delivered");
    let told = &recalls[0].body["data"];
    assert_eq!(told["__typename"], "CallerChanged");
    assert_eq!(told["caller"]["id"], caller.id);
    assert_eq!(told["caller"]["recall"]["sms"]["state"], "DELIVERED");
    assert_eq!(ends.received().len(), 0);
    let versions = all.versions();
    assert!(
        versions.windows(2).all(|two| two[1] == two[0] + 1),
        "{versions:?}"
    );
    let of_recall = recalls[0].version();
    let kind_in = |receiver: &Receiver| {
        let heard = receiver.received();
        let event = heard.iter().find(|event| event.version() == of_recall);
        event.unwrap().kind().to_owned()
    };
    assert_eq!(kind_in(&all), "recall.delivered");
    assert_eq!(kind_in(&changes), "caller.changed");
    assert_eq!(
        all.received()
            .iter()
            .filter(|event| event.kind() == "recall.delivered")
            .count(),
        1,
        "a code that was delivered is no recall"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_holds_back_what_comes_after_it_and_comes_again_under_the_same_id() {
    let scene = Scene::new().await;
    let receiver = Receiver::new().await;
    let (webhook, _) = scene.webhook(&receiver.url(), &ALL).await;
    receiver.answer(Answering::Status(500));
    scene.arrive(1).await;
    scene.arrive(2).await;
    scene.deliver().await;
    scene.deliver().await;
    assert_eq!(receiver.versions(), [1], "not before its time");
    let seen = scene.seen(&webhook).await;
    let delivery = &seen["deliveries"][0];
    assert_eq!(delivery["state"], "PENDING");
    assert_eq!(delivery["responseStatus"], 500);
    assert!(delivery["problem"].as_str().unwrap().contains("error"));
    assert!(delivery["nextAttemptAt"].is_string());
    scene.stage.clock.advance(Span::seconds(5));
    scene.deliver().await;
    receiver.answer(Answering::Status(200));
    scene.stage.clock.advance(Span::seconds(10));
    scene.deliver().await;
    assert_eq!(receiver.versions(), [1, 1, 1, 2]);
    let ids: Vec<_> = receiver
        .received()
        .into_iter()
        .map(|event| event.id)
        .collect();
    assert!(ids[0] == ids[1] && ids[1] == ids[2] && ids[2] != ids[3]);
    let times: Vec<_> = receiver
        .received()
        .into_iter()
        .map(|event| event.timestamp)
        .collect();
    assert_ne!(times[0], times[1], "each attempt says when it was made");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_tells_since_when_it_fails_and_how_many_of_the_events_it_wants_wait() {
    let scene = Scene::new().await;
    let receiver = Receiver::new().await;
    let (webhook, _) = scene.webhook(&receiver.url(), &["CALLER_ARRIVED"]).await;
    let (elsewhere, _) = scene
        .webhook(&Receiver::new().await.url(), &["CALLER_ENDED"])
        .await;
    let stands = async || {
        let seen = scene.seen(&webhook).await;
        (seen["failingSince"].clone(), seen["waitingEvents"].clone())
    };
    assert_eq!(stands().await, (json!(null), json!(0)));
    scene.arrive(1).await;
    scene.deliver().await;
    assert_eq!(stands().await, (json!(null), json!(0)), "it was told");

    receiver.answer(Answering::Status(500));
    let failing_since = json!("2026-03-02T08:15:30.250Z");
    for number in 2..=4 {
        let arrived = scene.arrive(number).await;
        scene.stage.report(&arrived, 1, "BACKGROUND").await;
    }
    assert_eq!(stands().await, (json!(null), json!(3)), "not tried yet");
    scene.deliver().await;
    scene.stage.clock.advance(Span::hours(1));
    scene.deliver().await;
    assert_eq!(stands().await, (failing_since.clone(), json!(3)));
    let other = scene.seen(&elsewhere).await;
    assert_eq!(
        (&other["failingSince"], &other["waitingEvents"]),
        (&json!(null), &json!(0))
    );

    // What was told before and is asked for again waits as well.
    let seen = scene.seen(&webhook).await;
    let told = json!({ "deliveryId": seen["deliveries"][1]["id"] });
    let redeliver = "redeliverWebhookEvent";
    scene.command(redeliver, told, "delivery { state }").await;
    assert_eq!(stands().await, (failing_since, json!(4)));

    let enable = async |is_enabled: bool| {
        let input = json!({ "webhookId": webhook, "isEnabled": is_enabled });
        scene.command("updateWebhook", input, WEBHOOK).await;
    };
    enable(false).await;
    assert_eq!(stands().await, (json!(null), json!(0)), "nothing is sent");
    enable(true).await;
    assert_eq!(stands().await, (json!(null), json!(0)), "begun anew");
    receiver.answer(Answering::Status(204));
    scene.arrive(5).await;
    scene.deliver().await;
    assert_eq!(stands().await, (json!(null), json!(0)));

    // Beyond what is counted they are no more.
    happen(&scene.stage, 20_000);
    let all = scene.command(
        "updateWebhook",
        json!({ "webhookId": webhook, "events": ALL }),
        "webhook { waitingEvents }",
    );
    assert_eq!(all.await["webhook"]["waitingEvents"], 10_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_day_an_event_is_given_up_and_the_next_is_told() {
    let scene = Scene::new().await;
    let receiver = Receiver::new().await;
    let (webhook, _) = scene.webhook(&receiver.url(), &ALL).await;
    receiver.answer(Answering::Status(503));
    scene.arrive(1).await;
    scene.deliver().await;
    scene.stage.clock.advance(Span::hours(23));
    scene.arrive(2).await;
    scene.deliver().await;
    assert_eq!(receiver.versions(), [1, 1]);
    scene.stage.clock.advance(Span::hours(1));
    scene.deliver().await;
    // The first a last time, then the second for the first.
    assert_eq!(receiver.versions(), [1, 1, 1, 2]);
    let states = scene.states(&webhook).await;
    assert_eq!(
        states,
        [(1, "FAILED".to_owned()), (2, "PENDING".to_owned())]
    );
    receiver.answer(Answering::Status(200));
    scene.stage.clock.advance(Span::minutes(1));
    scene.deliver().await;
    assert_eq!(receiver.versions(), [1, 1, 1, 2, 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_five_days_of_nothing_but_failures_a_webhook_is_disabled_and_says_why() {
    let scene = Scene::new().await;
    let receiver = Receiver::new().await;
    let (webhook, _) = scene.webhook(&receiver.url(), &ALL).await;
    receiver.answer(Answering::Status(500));
    for day in 0..6 {
        scene.arrive(day).await;
        scene.deliver().await;
        scene.stage.clock.advance(Span::hours(24));
        scene.deliver().await;
    }
    let seen = scene.seen(&webhook).await;
    assert_eq!(seen["isEnabled"], false);
    assert!(seen["disabledBecause"].as_str().unwrap().contains("5 days"));
    let count = receiver.received().len();
    scene.arrive(7).await;
    scene.deliver().await;
    assert_eq!(receiver.received().len(), count, "it is left alone");
    // Enabled again, it begins with what happens then.
    receiver.answer(Answering::Status(200));
    let input = json!({ "webhookId": webhook, "isEnabled": true });
    let enabled = scene.command(
        "updateWebhook",
        input,
        "webhook { isEnabled disabledBecause }",
    );
    assert_eq!(
        enabled.await["webhook"],
        json!({ "isEnabled": true, "disabledBecause": null })
    );
    scene.deliver().await;
    assert_eq!(receiver.received().len(), count);
    scene.arrive(8).await;
    scene.deliver().await;
    assert_eq!(receiver.received().len(), count + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_says_it_is_gone_is_called_no_more() {
    let scene = Scene::new().await;
    let receiver = Receiver::new().await;
    let (webhook, _) = scene.webhook(&receiver.url(), &ALL).await;
    receiver.answer(Answering::Status(410));
    scene.arrive(1).await;
    scene.arrive(2).await;
    scene.deliver().await;
    assert_eq!(receiver.versions(), [1]);
    let seen = scene.seen(&webhook).await;
    assert_eq!(seen["isEnabled"], false);
    assert!(seen["disabledBecause"].as_str().unwrap().contains("410"));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_hangs_holds_up_no_other() {
    let scene = Scene::new().await;
    let let_go = Arc::new(Semaphore::new(0));
    let mut hanging = Vec::new();
    for _ in 0..9 {
        let receiver = Receiver::new().await;
        receiver.answer(Answering::Once(Arc::clone(&let_go)));
        scene.webhook(&receiver.url(), &ALL).await;
        hanging.push(receiver);
    }
    let quick = Receiver::new().await;
    scene.webhook(&quick.url(), &ALL).await;
    let worker = Worker::start(&scene.stage.app);
    scene.arrive(0).await;
    for receiver in &hanging {
        receiver.has(1).await;
    }
    for number in 1..=50 {
        scene.arrive(number).await;
    }
    quick.has(51).await;
    assert_eq!(quick.versions(), (1..=51).collect::<Vec<_>>());
    for receiver in &hanging {
        assert_eq!(receiver.versions(), [1], "one at a time");
    }
    let_go.add_permits(10_000);
    for receiver in &hanging {
        receiver.has(51).await;
        assert_eq!(receiver.versions(), (1..=51).collect::<Vec<_>>());
    }
    worker.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_on_its_way_when_the_server_stops_is_settled_and_nothing_else_is_begun() {
    let mut scene = Scene::new().await;
    let receiver = Receiver::new().await;
    let (webhook, _) = scene.webhook(&receiver.url(), &ALL).await;
    let let_go = Arc::new(Semaphore::new(0));
    receiver.answer(Answering::Once(Arc::clone(&let_go)));
    let worker = Worker::start(&scene.stage.app);
    scene.arrive(1).await;
    scene.arrive(2).await;
    receiver.has(1).await;
    worker.stop.send_replace(true);
    let_go.add_permits(1);
    tokio::time::timeout(std::time::Duration::from_secs(10), worker.running)
        .await
        .expect("it ends")
        .unwrap();
    assert_eq!(scene.states(&webhook).await, [(1, "DELIVERED".to_owned())]);
    receiver.answer(Answering::Status(200));
    scene.restart();
    let worker = Worker::start(&scene.stage.app);
    receiver.has(2).await;
    assert_eq!(receiver.versions(), [1, 2]);
    worker.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_can_be_had_again_beside_what_is_new() {
    let scene = Scene::new().await;
    let receiver = Receiver::new().await;
    let (webhook, _) = scene.webhook(&receiver.url(), &ALL).await;
    scene.arrive(1).await;
    scene.arrive(2).await;
    scene.deliver().await;
    let first = receiver.received()[0].id.clone();
    let again = async || {
        let selection = "delivery { id version state attempts nextAttemptAt }";
        let input = json!({ "deliveryId": first });
        scene
            .command("redeliverWebhookEvent", input, selection)
            .await
    };
    let due = again().await;
    assert_eq!(due["userErrors"], json!([]));
    assert_eq!(due["delivery"]["state"], "PENDING");
    assert!(due["delivery"]["nextAttemptAt"].is_string());
    // Asked for twice, it is sent once.
    again().await;
    scene.deliver().await;
    assert_eq!(receiver.versions(), [1, 2, 1]);
    assert_eq!(receiver.received()[2].id, first);
    // One that fails waits for its own next attempt, and holds up nothing new.
    receiver.answer(Answering::Status(500));
    again().await;
    scene.deliver().await;
    receiver.answer(Answering::Status(200));
    scene.arrive(3).await;
    scene.deliver().await;
    assert_eq!(receiver.versions(), [1, 2, 1, 1, 3]);
    scene.stage.clock.advance(Span::seconds(10));
    scene.deliver().await;
    assert_eq!(receiver.versions(), [1, 2, 1, 1, 3, 1]);
    let states = scene.states(&webhook).await;
    assert!(
        states.iter().all(|(_, state)| state == "DELIVERED"),
        "{states:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_one_clinic_reaches_the_webhook_of_another() {
    let scene = Scene::new().await;
    let (north, south) = (Receiver::new().await, Receiver::new().await);
    let other = scene.stage.clinic("south").await;
    let admin = scene.stage.key(&other, Role::ClinicAdmin).await;
    scene.webhook(&north.url(), &ALL).await;
    let input = json!({ "clinicId": other.id.as_str(), "url": south.url(), "events": ALL });
    let added = scene
        .command_by(&admin, "addWebhook", input, "webhook { id }")
        .await;
    assert_eq!(added["userErrors"], json!([]));
    let worker = Worker::start(&scene.stage.app);
    for number in 0..20 {
        scene.arrive(number).await;
        scene.stage.enter("south", "Sue South", None).await;
    }
    for (receiver, clinic) in [(&north, &scene.clinic), (&south, &other)] {
        receiver.has(20).await;
        let heard = receiver.received();
        assert_eq!(receiver.versions(), (1..=20).collect::<Vec<_>>());
        for event in &heard {
            assert_eq!(event.body["clinicId"], clinic.id.as_str());
        }
        let mut ids: Vec<_> = heard
            .iter()
            .map(|event| {
                event.body["data"]["caller"]["id"]
                    .as_str()
                    .unwrap()
                    .to_owned()
            })
            .collect();
        for id in &ids {
            let of = scene.stage.read(&format!(
                "SELECT clinic_id AS value FROM caller WHERE id = '{id}'"
            ));
            assert_eq!(of, [clinic.id.to_string()]);
        }
        ids.dedup();
        assert_eq!(ids.len(), 20);
    }
    worker.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_worker_delivers_what_comes_due_and_what_was_missed_without_being_told() {
    let mut scene = Scene::new().await;
    let receiver = Receiver::new().await;
    let (webhook, _) = scene.webhook(&receiver.url(), &ALL).await;
    scene.arrive(1).await;
    scene.restart();
    // Nobody was listening when it happened.
    let worker = Worker::start(&scene.stage.app);
    receiver.has(1).await;
    receiver.answer(Answering::Status(500));
    scene.arrive(2).await;
    receiver.has(2).await;
    until("the failure is written down", async || {
        scene.states(&webhook).await.len() == 2
            && scene.seen(&webhook).await["deliveries"][0]["attempts"] == 1
    })
    .await;
    receiver.answer(Answering::Status(200));
    scene.stage.clock.advance(Span::minutes(1));
    let heard = receiver.has(3).await;
    assert_eq!(heard[1].id, heard[2].id);
    worker.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_a_webhook_was_not_told_of_outlive_those_that_are_forgotten() {
    let scene = Scene::new().await;
    let receiver = Receiver::new().await;
    scene.webhook(&receiver.url(), &ALL).await;
    receiver.answer(Answering::Status(500));
    scene.arrive(1).await;
    scene.deliver().await;
    happen(&scene.stage, 11_000);
    scene.stage.app.forget().await.unwrap();
    receiver.answer(Answering::Status(200));
    scene.stage.clock.advance(Span::seconds(10));
    let first: Vec<i64> = scene
        .stage
        .read("SELECT CAST(min(version) AS TEXT) AS value FROM event")
        .iter()
        .map(|version| version.parse().unwrap())
        .collect();
    assert_eq!(first, [1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_are_kept_for_a_week_and_a_thousand_of_them() {
    let scene = Scene::new().await;
    let receiver = Receiver::new().await;
    let (webhook, _) = scene.webhook(&receiver.url(), &["CALLER_ARRIVED"]).await;
    scene.arrive(1).await;
    scene.deliver().await;
    let count = || {
        let sql = "SELECT CAST(count(*) AS TEXT) AS value FROM webhook_delivery";
        scene.stage.read(sql)[0].parse::<i64>().unwrap()
    };
    let more = "WITH RECURSIVE step (version) AS
             (SELECT 2 UNION ALL SELECT version + 1 FROM step WHERE version < 1700)
         INSERT INTO webhook_delivery SELECT 'delivery_' || step.version, clinic_id, webhook_id,
             step.version, event, caller_id, happened_at, state, next_attempt_at, attempts,
             last_attempt_at, give_up_at, response_status, problem, over_at
             FROM step, webhook_delivery WHERE webhook_delivery.version = 1";
    scene.stage.spoil(more);
    assert_eq!(count(), 1700);
    scene.stage.app.forget().await.unwrap();
    assert_eq!(count(), 1000);
    let oldest = "SELECT CAST(min(version) AS TEXT) AS value FROM webhook_delivery";
    assert_eq!(scene.stage.read(oldest), ["701"]);
    scene.stage.clock.advance(Span::hours(7 * 24));
    scene.stage.app.forget().await.unwrap();
    assert_eq!(count(), 0);
    // Forgetting what was delivered delivers nothing again.
    scene.deliver().await;
    assert_eq!(receiver.received().len(), 1);
    assert_eq!(scene.seen(&webhook).await["deliveries"], json!([]));
}

/// Changes of the first caller, up to a version.
fn happen(stage: &Stage, version: i64) {
    stage.spoil(&format!(
        "WITH RECURSIVE step (version) AS
             (SELECT version + 1 FROM clinic UNION ALL
              SELECT version + 1 FROM step WHERE version < {version})
         INSERT INTO event (clinic_id, version, caller_id, kind, what, by_kind, at)
             SELECT clinic_id, step.version, caller_id, 'CHANGED', 'CAME_BACK', 'CALLER', at
             FROM step, event WHERE event.version = 1;
         UPDATE caller SET figures_taken_at = 1;
         UPDATE clinic SET version = {version}"
    ));
}
