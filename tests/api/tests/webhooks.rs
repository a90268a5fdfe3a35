//! Webhooks: a real server, and receivers on Node and Python as their makers would write them.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "what a test expects and does not find is the test's failure, in its helpers too"
)]

use serde_json::{Value, json};
use standby_tests::{Asker, Caller, Role, Server, Staff, until, until_within};
use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver as Lines, channel};
use std::thread;
use std::time::{Duration, Instant};

const INSIDE: (&str, &str) = ("STANDBY_WEBHOOKS_TO_PRIVATE_ADDRESSES", "on");
const ALL: [&str; 4] = [
    "CALLER_ARRIVED",
    "CALLER_CHANGED",
    "CALLER_ENDED",
    "RECALL_DELIVERED",
];

/// A program that receives events; ended when this is dropped.
struct Program {
    process: Child,
    lines: Lines<String>,
}

impl Program {
    fn start(program: &str, file: &str, variables: &[(&str, &str)]) -> Self {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut process = Command::new(program)
            .arg(repository.join(file))
            .current_dir(repository)
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{program} cannot be started: {error}"));
        let said = process.stdout.take().expect("its output");
        let (line, lines) = channel();
        thread::spawn(move || {
            for said in BufReader::new(said).lines().map_while(Result::ok) {
                if line.send(said).is_err() {
                    return;
                }
            }
        });
        Self { process, lines }
    }

    fn line(&self) -> String {
        let line = self.lines.recv_timeout(Duration::from_secs(20));
        line.expect("it says something within 20 s")
    }

    /// What it has said by now.
    fn more(&self) -> Vec<String> {
        self.lines.try_iter().collect()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The receiver that verifies with the published library.
struct Receiver {
    origin: String,
    http: reqwest::Client,
    _program: Program,
}

impl Receiver {
    fn start() -> Self {
        let program = Program::start("node", "tests/webhooks/receiver.mjs", &[]);
        let ready: Value = serde_json::from_str(&program.line()).expect("JSON");
        Self {
            origin: ready["origin"].as_str().expect("its address").to_owned(),
            http: reqwest::Client::new(),
            _program: program,
        }
    }

    fn url(&self) -> String {
        format!("{}/events", self.origin)
    }

    async fn order(&self, order: Value) {
        let control = self.http.post(format!("{}/control", self.origin));
        let answer = control.json(&order).send().await.expect("it answers");
        assert!(answer.status().is_success());
    }

    async fn state(&self) -> Value {
        let control = self.http.get(format!("{}/control", self.origin));
        let answer = control.send().await.expect("it answers");
        answer.json().await.expect("JSON")
    }

    /// What has come in so far, each verified.
    async fn received(&self) -> Vec<Value> {
        let mut state = self.state().await;
        let heard = state["received"].take();
        let heard = heard.as_array().expect("a list").clone();
        for event in &heard {
            assert_eq!(event["wrong"], Value::Null, "not genuine: {event}");
            assert_eq!(event["isFooled"], false, "{event}");
        }
        heard
    }

    async fn has(&self, count: usize) -> Vec<Value> {
        until(&format!("{count} events have come"), async || {
            let heard = self.received().await;
            (heard.len() >= count).then_some(heard)
        })
        .await
    }
}

async fn add_webhook(staff: &Staff, url: &str) -> (String, String) {
    let input = json!({ "clinicId": staff.clinic, "url": url, "events": ALL });
    let added = staff
        .asker
        .accepted("addWebhook", input, "webhook { id } secret")
        .await;
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    (text(&added["webhook"]["id"]), text(&added["secret"]))
}

async fn deliveries(asker: &Asker, webhook: &str) -> Vec<Value> {
    let query = "query ($id: ID!) { node(id: $id) { ...on Webhook { deliveries(first: 200) { id \
                 version event state attempts responseStatus problem } } } }";
    let mut data = asker.data(query, json!({ "id": webhook })).await;
    let found = data["node"]["deliveries"].take();
    found.as_array().expect("deliveries").clone()
}

fn versions(heard: &[Value]) -> Vec<i64> {
    let version = |event: &Value| event["version"].as_i64().expect("a version");
    heard.iter().map(version).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_story_is_told_in_order_and_verified_by_the_published_library() {
    let server = Server::start_with(&[INSIDE]).await;
    let receiver = Receiver::start();
    let staff = server.staff(Role::ClinicAdmin).await;
    let (webhook, secret) = add_webhook(&staff, &receiver.url()).await;
    receiver.order(json!({ "secret": secret })).await;
    let caller = Caller::arrive_offline(&server, 1).await;
    staff.attended("recallCaller", &caller.id).await;
    let recalled = until("the recall's delivery is told", async || {
        let heard = receiver.received().await;
        let is_it = |event: &&Value| event["type"] == "recall.delivered";
        heard.iter().find(is_it).cloned()
    })
    .await;
    let told: Value =
        serde_json::from_str(recalled["raw"].as_str().expect("a body")).expect("JSON");
    assert_eq!(
        told["data"]["caller"]["recall"]["sms"]["state"],
        "DELIVERED"
    );
    assert_eq!(told["data"]["caller"]["id"], caller.id.as_str());
    staff.attended("cancelCaller", &caller.id).await;
    let heard = until("the end is told", async || {
        let heard = receiver.received().await;
        let is_told = heard
            .last()
            .is_some_and(|event| event["type"] == "caller.ended");
        is_told.then_some(heard)
    })
    .await;
    let versions = versions(&heard);
    assert_eq!(heard[0]["type"], "caller.arrived");
    assert!(
        versions.windows(2).all(|two| two[1] == two[0] + 1),
        "every version once and in order: {versions:?}"
    );
    for event in &heard {
        let raw = event["raw"].as_str().expect("a body");
        assert!(!raw.contains(&caller.number[3..]), "{raw}");
        assert!(!raw.contains("Caller 1\""), "{raw}");
        let agent = event["headers"]["user-agent"].as_str();
        assert!(agent.is_some_and(|agent| agent.starts_with("standby/")));
    }
    // A new secret signs; whoever has only the old one still verifies, and both do.
    let rotated = staff.asker.accepted(
        "rotateWebhookSecret",
        json!({ "webhookId": webhook }),
        "secret",
    );
    let new = rotated.await["secret"].clone();
    let count = heard.len();
    Caller::arrive(&server, 2).await;
    receiver.has(count + 1).await;
    receiver.order(json!({ "secret": new })).await;
    Caller::arrive(&server, 3).await;
    receiver.has(count + 2).await;
    let logged = server.logged();
    assert!(
        !logged.contains("whsec_") && !logged.contains("v1,"),
        "no secret is logged"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_is_slow_fails_hangs_redirects_or_answers_without_end_loses_nothing() {
    let server = Server::start_with(&[
        INSIDE,
        // Events go where the webhook says, whatever the environment says of proxies.
        ("HTTP_PROXY", "http://127.0.0.1:9"),
        ("HTTPS_PROXY", "http://127.0.0.1:9"),
        ("ALL_PROXY", "http://127.0.0.1:9"),
    ])
    .await;
    let receiver = Receiver::start();
    let other = Receiver::start();
    let staff = server.staff(Role::ClinicAdmin).await;
    let (webhook, secret) = add_webhook(&staff, &receiver.url()).await;
    let (_, secret_of_other) = add_webhook(&staff, &other.url()).await;
    receiver.order(json!({ "secret": secret })).await;
    other.order(json!({ "secret": secret_of_other })).await;

    // 50 MB: its status counts, and the rest is not taken in.
    receiver.order(json!({ "answer": { "how": "big" } })).await;
    let before = memory(&server);
    Caller::arrive(&server, 1).await;
    receiver.has(1).await;
    until_settled(&staff, &webhook, 1).await;
    let after = memory(&server);
    assert!(
        after < before + 20_000,
        "{before} kB before, {after} kB after"
    );

    let slow = json!({ "answer": { "how": "slow", "milliseconds": 2000 } });
    receiver.order(slow).await;
    Caller::arrive(&server, 2).await;
    until_settled(&staff, &webhook, 2).await;

    let to = format!("{}/stray", other.origin);
    receiver
        .order(json!({ "answer": { "how": "redirect", "to": to } }))
        .await;
    Caller::arrive(&server, 3).await;
    receiver.has(3).await;
    let problem = until("the redirect is written down", async || {
        let deliveries = deliveries(&staff.asker, &webhook).await;
        let problem = deliveries[0]["problem"].as_str()?;
        problem.contains("redirect").then(|| deliveries[0].clone())
    })
    .await;
    assert_eq!(problem["responseStatus"], 302);
    assert_eq!(other.state().await["strayed"], 0);

    receiver.order(json!({ "answer": { "how": "fail" } })).await;
    receiver.has(4).await;
    receiver.order(json!({ "answer": { "how": "hang" } })).await;
    receiver.has(5).await;
    let begin = Instant::now();
    // Meanwhile the other hears of everything.
    for number in 4..=10 {
        Caller::arrive(&server, number).await;
    }
    let heard = other.has(10).await;
    assert_eq!(versions(&heard), (1..=10).collect::<Vec<_>>());
    assert!(begin.elapsed() < Duration::from_secs(9));
    receiver.order(json!({ "answer": { "how": "ok" } })).await;
    let heard = until_within(Duration::from_mins(2), "all has come", async || {
        let heard = receiver.received().await;
        versions(&heard).contains(&10).then_some(heard)
    })
    .await;
    let versions = versions(&heard);
    assert!(versions.is_sorted(), "{versions:?}");
    // What follows is of callers who fell silent meanwhile.
    let distinct: BTreeSet<_> = versions.iter().filter(|version| **version <= 10).collect();
    assert_eq!(distinct.len(), 10, "{versions:?}");
    let third: BTreeSet<_> = heard
        .iter()
        .filter(|event| event["version"] == 3)
        .map(|event| event["id"].to_string())
        .collect();
    assert_eq!(third.len(), 1, "one event has one id");
    let strays = receiver.state().await;
    assert_eq!(strays["strayed"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_leaves_no_event_out() {
    let mut server = Server::start_with(&[INSIDE]).await;
    let receiver = Receiver::start();
    let staff = server.staff(Role::ClinicAdmin).await;
    let (_, secret) = add_webhook(&staff, &receiver.url()).await;
    receiver
        .order(json!({ "secret": secret, "answer": { "how": "hang" } }))
        .await;
    Caller::arrive(&server, 1).await;
    Caller::arrive(&server, 2).await;
    receiver.has(1).await;
    server.kill();
    receiver.order(json!({ "answer": { "how": "ok" } })).await;
    server.start_again().await;
    let heard = receiver.has(3).await;
    assert_eq!(versions(&heard), [1, 1, 2]);
    assert_eq!(heard[0]["id"], heard[1]["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_setting_nothing_inside_is_called() {
    let server = Server::start().await;
    let receiver = Receiver::start();
    let staff = server.staff(Role::ClinicAdmin).await;
    let port = receiver
        .origin
        .rsplit(':')
        .next()
        .expect("a port")
        .to_owned();
    for url in [
        receiver.url(),
        format!("https://127.0.0.1:{port}/events"),
        format!("https://localhost:{port}/events"),
        format!("https://2130706433:{port}/events"),
        format!("https://[::ffff:127.0.0.1]:{port}/events"),
    ] {
        let input = json!({ "clinicId": staff.clinic, "url": url, "events": ALL });
        assert_eq!(
            staff.asker.refused("addWebhook", input).await,
            "INVALID_INPUT url"
        );
    }
    assert_eq!(receiver.received().await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_of_a_time_when_more_was_allowed_is_not_called_any_more() {
    let mut server = Server::start_with(&[INSIDE]).await;
    let receiver = Receiver::start();
    let staff = server.staff(Role::ClinicAdmin).await;
    let (webhook, secret) = add_webhook(&staff, &receiver.url()).await;
    receiver.order(json!({ "secret": secret })).await;
    Caller::arrive(&server, 1).await;
    receiver.has(1).await;
    until_settled(&staff, &webhook, 1).await;
    assert!(server.stop().await);
    server.set(INSIDE.0, "off");
    server.start_again().await;
    Caller::arrive(&server, 2).await;
    until("it is refused", async || {
        let deliveries = deliveries(&staff.asker, &webhook).await;
        let problem = deliveries[0]["problem"].as_str()?;
        problem.contains("public internet").then_some(())
    })
    .await;
    assert_eq!(receiver.received().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_receivers_of_the_documentation_take_each_event_once_and_nothing_forged() {
    for (program, file) in [
        ("node", "docs/examples/receive_events.mjs"),
        ("python3", "docs/examples/receive_events.py"),
    ] {
        let server = Server::start_with(&[INSIDE]).await;
        let staff = server.staff(Role::ClinicAdmin).await;
        // Where it will listen is only known once it does, and what verifies only once it is added.
        let port = standby_tests::free_port().to_string();
        let url = format!("http://127.0.0.1:{port}/");
        let (webhook, secret) = add_webhook(&staff, &url).await;
        let variables = [("WEBHOOK_SECRET", secret.as_str()), ("PORT", port.as_str())];
        let receiver = Program::start(program, file, &variables);
        assert_eq!(receiver.line(), format!("listening on {port}"));
        let caller = Caller::arrive(&server, 1).await;
        assert_eq!(receiver.line(), "1 caller.arrived WAITING");
        staff.attended("joinCaller", &caller.id).await;
        assert_eq!(receiver.line(), "2 caller.changed BEING_SEEN");
        staff.attended("completeCall", &caller.id).await;
        assert_eq!(receiver.line(), "3 caller.ended COMPLETED");
        until_settled(&staff, &webhook, 3).await;
        let of_first = deliveries(&staff.asker, &webhook).await[2]["id"].clone();
        let input = json!({ "deliveryId": of_first });
        let again = staff
            .asker
            .accepted("redeliverWebhookEvent", input, "delivery { id }")
            .await;
        assert_eq!(again["delivery"]["id"], of_first);
        until_settled(&staff, &webhook, 3).await;
        // Forged, and without a time.
        for (signature, timestamp) in [("v1,AAAA", "1772439330"), ("", "x")] {
            let forged = reqwest::Client::new()
                .post(&url)
                .header("webhook-id", "delivery_1")
                .header("webhook-timestamp", timestamp)
                .header("webhook-signature", signature)
                .body("{\"data\":{}}")
                .send()
                .await
                .expect("an answer");
            assert_eq!(forged.status().as_u16(), 401);
        }
        Caller::arrive(&server, 2).await;
        // Nothing in between: what came twice was taken once.
        assert_eq!(receiver.line(), "4 caller.arrived WAITING");
        assert_eq!(receiver.more(), Vec::<String>::new());
    }
}

/// Waits until so many events are delivered, and none is on its way.
async fn until_settled(staff: &Staff, webhook: &str, count: usize) {
    until("what is on its way is delivered", async || {
        let deliveries = deliveries(&staff.asker, webhook).await;
        let are_delivered = deliveries
            .iter()
            .all(|delivery| delivery["state"] == "DELIVERED");
        (are_delivered && deliveries.len() == count).then_some(())
    })
    .await;
}

/// How much memory the server has in use, in kB.
fn memory(server: &Server) -> u64 {
    let id = server.process_id().expect("it runs");
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("its status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let words = line.expect("its memory").split_whitespace().next();
    words
        .and_then(|words| words.parse().ok())
        .expect("a number")
}
