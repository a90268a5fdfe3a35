//! A clinic whose events go somewhere.

use crate::support::{Arrived, Stage};
use serde_json::{Value as Json, json};
use standby::adapters::webhook_sender::{HttpsSender, SystemNames};
use standby::app::App;
use standby::app::webhooks::Delivering;
use standby::domain::clinic::Clinic;
use standby::domain::policy::Role;
use standby::domain::webhook::Reach;
use standby::graphql::webhook::GraphqlBodies;
use std::sync::Arc;
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub(crate) const ALL: [&str; 4] = [
    "CALLER_ARRIVED",
    "CALLER_CHANGED",
    "CALLER_ENDED",
    "RECALL_DELIVERED",
];

/// What is asked of a webhook.
pub(crate) const WEBHOOK: &str = "webhook { id url events isEnabled disabledBecause addedAt failingSince waitingEvents \
    deliveries { id version event state attempts lastAttemptAt nextAttemptAt responseStatus \
    problem } }";
const ERRORS: &str = "userErrors { __typename code message field }";

pub(crate) struct Scene {
    pub(crate) stage: Stage,
    pub(crate) clinic: Clinic,
    pub(crate) admin: String,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        let stage = Stage::new();
        stage.app.let_webhooks_reach(Reach::PrivateToo);
        let clinic = stage.clinic("north").await;
        let admin = stage.key(&clinic, Role::ClinicAdmin).await;
        Self {
            stage,
            clinic,
            admin,
        }
    }

    /// The server ends and another one starts.
    pub(crate) fn restart(&mut self) {
        self.stage.restart();
        self.stage.app.let_webhooks_reach(Reach::PrivateToo);
    }

    /// A webhook command by the admin; its payload.
    pub(crate) async fn command(&self, name: &str, input: Json, selection: &str) -> Json {
        self.command_by(&self.admin, name, input, selection).await
    }

    pub(crate) async fn command_by(
        &self,
        by: &str,
        name: &str,
        input: Json,
        selection: &str,
    ) -> Json {
        let (first, rest) = name.split_at(1);
        let kind = format!("{}{rest}Input", first.to_uppercase());
        let query = format!(
            "mutation ($input: {kind}!) {{ {name}(input: $input) {{ {selection} {ERRORS} }} }}"
        );
        let mut answer = self
            .stage
            .ask(Some(by), &query, json!({ "input": input }))
            .await;
        assert!(answer.get("errors").is_none(), "{answer}");
        answer["data"][name].take()
    }

    /// Adds a webhook to this address: its id and its secret.
    pub(crate) async fn webhook(&self, url: &str, events: &[&str]) -> (String, String) {
        let input = json!({ "clinicId": self.clinic.id.as_str(), "url": url, "events": events });
        let added = self
            .command("addWebhook", input, &format!("{WEBHOOK} secret"))
            .await;
        assert_eq!(added["userErrors"], json!([]), "{added}");
        (
            added["webhook"]["id"].as_str().unwrap().to_owned(),
            added["secret"].as_str().unwrap().to_owned(),
        )
    }

    /// A webhook as the admin sees it.
    pub(crate) async fn seen(&self, id: &str) -> Json {
        let query = format!(
            "query ($id: ID!) {{ node(id: $id) {{ ...on Webhook {{ {} }} }} }}",
            WEBHOOK
                .strip_prefix("webhook {")
                .and_then(|fields| fields.strip_suffix('}'))
                .unwrap()
        );
        let mut answer = self
            .stage
            .ask(Some(&self.admin), &query, json!({ "id": id }))
            .await;
        assert!(answer.get("errors").is_none(), "{answer}");
        answer["data"]["node"].take()
    }

    /// How each delivery of a webhook stands, oldest first: version and state.
    pub(crate) async fn states(&self, id: &str) -> Vec<(i64, String)> {
        let seen = self.seen(id).await;
        let deliveries = seen["deliveries"].as_array().unwrap().iter().rev();
        deliveries
            .map(|delivery| {
                let state = delivery["state"].as_str().unwrap();
                (delivery["version"].as_i64().unwrap(), state.to_owned())
            })
            .collect()
    }

    /// Delivers everything that is due, one after the other.
    pub(crate) async fn deliver(&self) {
        let delivering = delivering(&self.stage.app);
        self.stage
            .app
            .deliver_all_due(&delivering, &self.clinic.id)
            .await
            .unwrap();
    }

    pub(crate) async fn arrive(&self, number: u32) -> Arrived {
        self.stage
            .enter("north", &format!("Caller {number}"), None)
            .await
    }

    /// A caller who is Offline and was recalled.
    pub(crate) async fn recalled(&self) -> Arrived {
        let caller = self
            .stage
            .enter("north", "Ada Canary", Some("0491570006"))
            .await;
        self.stage.verify(&caller, "+61491570006").await;
        self.stage.report(&caller, 1, "BACKGROUND").await;
        let input = json!({ "callerId": caller.id });
        let recalled = self
            .stage
            .command(Some(&self.admin), "recallCaller", input)
            .await;
        assert_eq!(recalled["userErrors"], json!([]));
        caller
    }
}

/// Over real connections, to anywhere.
pub(crate) fn delivering(app: &Arc<App>) -> Delivering {
    let sender = HttpsSender::new(Reach::PrivateToo, Arc::new(SystemNames)).unwrap();
    Delivering {
        sender: Arc::new(sender),
        bodies: Arc::new(GraphqlBodies::new(Arc::clone(app))),
    }
}

/// The worker as a server runs it.
pub(crate) struct Worker {
    pub(crate) stop: watch::Sender<bool>,
    pub(crate) running: JoinHandle<()>,
}

impl Worker {
    pub(crate) fn start(app: &Arc<App>) -> Self {
        let (stop, stopping) = watch::channel(false);
        let running = tokio::spawn(Arc::clone(app).deliver_webhooks(delivering(app), stopping));
        Self { stop, running }
    }

    /// Ends it as a crash would, in the middle of whatever it does.
    pub(crate) async fn kill(self) {
        self.running.abort();
        let _ = self.running.await;
    }
}

/// Waits until something is so.
pub(crate) async fn until(sentence: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let looking = async {
        while !is_so().await {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), looking)
        .await
        .unwrap_or_else(|_| panic!("not so within 20 s: {sentence}"));
}
