//! Who somebody was is kept for as long as the clinic says, and no longer: by the clock, through the API.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what a test expects and does not find is the test's failure, in its helpers too"
)]

#[path = "support/event_streams.rs"]
mod event_streams;
mod support;

use diesel::Connection as _;
use diesel::connection::SimpleConnection as _;
use diesel::sqlite::SqliteConnection;
use reqwest::{Client, header};
use serde_json::{Value as Json, json};
use standby::domain::limits::{ERASE_BYTES_WITHIN, ERASE_EVERY};
use standby::domain::policy::Role;
use standby::domain::time::Span;
use std::io;
use std::sync::{Arc, Mutex};
use support::{Arrived, Stage, arrived, assert_refused, error};

const NAME: &str = "Canary Nightingale";
const NUMBER: &str = "+61491570006";

/// A clinic that asks for something and cancels by text, its admin, and someone who has told all.
struct Scene {
    stage: Stage,
    admin: String,
    clinic: String,
    caller: Arrived,
}

impl Scene {
    async fn new() -> Self {
        Self::keeping(None).await
    }

    /// At a clinic that keeps people for so many seconds.
    async fn keeping(seconds: Option<i64>) -> Self {
        let stage = Stage::new();
        let clinic = stage.clinic("north").await;
        let admin = stage.key(&clinic, Role::ClinicAdmin).await;
        let fields = json!([{ "key": "dob", "label": "Date of birth", "isRequired": true }]);
        let input = json!({ "clinicId": clinic.id.as_str(), "entryFields": fields,
            "eraseAfterSeconds": seconds });
        let changed = stage
            .command(Some(&admin), "updateClinicSettings", input)
            .await;
        assert_eq!(changed["userErrors"], json!([]));
        let entered = stage.command(None, "enterWaitingArea", arrival()).await;
        Self {
            stage,
            admin,
            clinic: clinic.id.to_string(),
            caller: arrived(&entered),
        }
    }

    async fn caller(&self, by: &str) -> Json {
        let query = "query ($id: ID!) { node(id: $id) { ...on Caller { id status name phone { number } \
                     answers { value } end { how reason isResumable } endedAt erasedAt version \
                     activity { kind description by } textsStopped recall { requestedAt } } } }";
        let mut answer = self
            .stage
            .ask(Some(by), query, json!({ "id": self.caller.id }))
            .await;
        assert!(answer.get("errors").is_none(), "{answer}");
        answer["data"]["node"].take()
    }

    async fn cancel(&self) {
        let input = json!({ "callerId": self.caller.id, "reason": "canary reason" });
        let cancelled = self
            .stage
            .command(Some(&self.admin), "cancelCaller", input)
            .await;
        assert_eq!(cancelled["userErrors"], json!([]));
    }

    /// Lets time pass as the server lives through it; answers after how long the caller was erased.
    async fn until_erased(&self, patience: Span) -> Option<Span> {
        let mut passed = Span::seconds(0);
        while passed <= patience {
            self.stage.app.erase_who_is_due().await.unwrap();
            if !self.caller(&self.admin).await["erasedAt"].is_null() {
                return Some(passed);
            }
            self.stage.clock.advance(ERASE_EVERY);
            passed = Span::millis(passed.as_millis() + ERASE_EVERY.as_millis());
        }
        None
    }

    async fn erase(&self, by: &str) -> Json {
        let input = json!({ "callerId": self.caller.id });
        self.stage.command(Some(by), "eraseCaller", input).await
    }

    /// How often something is said to have been done, in the audit log.
    fn recorded(&self, deed: &str) -> usize {
        let sql = format!("SELECT subject AS value FROM audit_entry WHERE deed = '{deed}'");
        let subjects = self.stage.read(&sql);
        assert!(subjects.iter().all(|subject| *subject == self.caller.id));
        subjects.len()
    }
}

fn arrival() -> Json {
    json!({ "clinicSlug": "north", "name": NAME, "phone": "0491 570 006", "idempotencyKey": "once",
        "answers": [{ "key": "dob", "value": "canary birthday" }] })
}

fn says_who(caller: &Json) -> bool {
    let text = caller.to_string().to_lowercase();
    text.contains("canary") || text.contains("491570006")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_stands_in_the_list_of_what_is_kept() {
    let page = include_str!("../../docs/privacy.md");
    let (_, list) = page.split_once("## In the database").unwrap();
    let (list, _) = list.split_once("\n\n**").unwrap();
    let tables = Stage::new().read(
        "SELECT name AS value FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' \
         ESCAPE '!' AND name NOT LIKE '!_!_diesel!_%' ESCAPE '!'",
    );
    assert!(tables.len() > 15, "{tables:?}");
    for table in tables {
        assert!(list.contains(&format!("`{table}`")), "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_it_was_is_gone_no_later_than_fifteen_minutes_after_the_end() {
    let scene = Scene::new().await;
    assert_eq!(
        scene.until_erased(Span::hours(2)).await,
        None,
        "nobody who waits is erased"
    );
    scene.cancel().await;
    assert!(says_who(&scene.caller(&scene.admin).await));
    let after = scene
        .until_erased(Span::minutes(15))
        .await
        .expect("erased in time");
    assert!(after >= Span::minutes(13), "and not long before: {after:?}");
    let caller = scene.caller(&scene.admin).await;
    assert!(!says_who(&caller), "{caller}");
    assert_eq!(
        (&caller["name"], &caller["phone"]),
        (&Json::Null, &Json::Null)
    );
    assert_eq!(caller["answers"], json!([]));
    let end = json!({ "how": "CANCELLED_BY_STAFF", "reason": null, "isResumable": false });
    assert_eq!(caller["end"], end, "how it ended is kept");
    assert_eq!(caller["status"], "CANCELLED");
    assert!(
        caller["activity"].as_array().unwrap().len() >= 2,
        "what happened is kept: {caller}"
    );
    // The caller's own link says the same, and opens the way to arrive again.
    let own = scene.caller(&scene.caller.token).await;
    assert!(!says_who(&own));
    assert_eq!(own["end"], end);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clinic_may_keep_nobody_or_everybody_for_a_day() {
    for (seconds, not_before, at_most) in [
        (0, Span::seconds(0), Span::seconds(5)),
        (60, Span::seconds(25), Span::seconds(60)),
        (86_400, Span::minutes(24 * 60 - 2), Span::hours(24)),
    ] {
        let scene = Scene::keeping(Some(seconds)).await;
        scene.cancel().await;
        if not_before.as_millis() > 0 {
            assert_eq!(scene.until_erased(Span::seconds(5)).await, None);
            // Two looks have passed.
            let passed = Span::millis(2 * ERASE_EVERY.as_millis());
            let rest = Span::millis(not_before.as_millis() - passed.as_millis());
            scene.stage.clock.advance(rest);
        }
        let rest = Span::millis(at_most.as_millis() - not_before.as_millis());
        let after = scene.until_erased(rest).await;
        assert!(after.is_some(), "{seconds} s");
        assert!(
            seconds == 0 || after != Some(Span::seconds(0)),
            "too soon: {seconds} s"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_time_that_is_set_now_holds_for_whoever_has_ended_before() {
    let scene = Scene::keeping(Some(86_400)).await;
    scene.cancel().await;
    assert_eq!(scene.until_erased(Span::minutes(20)).await, None);
    let input = json!({ "clinicId": scene.clinic, "eraseAfterSeconds": 0 });
    scene
        .stage
        .command(Some(&scene.admin), "updateClinicSettings", input)
        .await;
    assert_eq!(
        scene.until_erased(Span::seconds(5)).await,
        Some(Span::seconds(0))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_was_lost_can_be_taken_back_until_who_had_it_is_erased() {
    let scene = Scene::new().await;
    scene.stage.pass(Span::minutes(3)).await;
    assert_eq!(scene.caller(&scene.admin).await["end"]["isResumable"], true);
    scene
        .until_erased(Span::minutes(15))
        .await
        .expect("erased in time");
    let own = scene.caller(&scene.caller.token).await;
    assert_eq!(
        own["end"],
        json!({ "how": "LOST_CONTACT", "reason": null, "isResumable": false })
    );
    let by = Some(scene.caller.token.as_str());
    let refused = scene.stage.command(by, "resumeWaiting", json!({})).await;
    assert_eq!(error(&refused).1, "WRONG_STATUS");
    let message = refused["userErrors"][0]["message"].as_str().unwrap();
    assert!(
        message.contains("erased") && message.contains("arrive again"),
        "{message}"
    );
    // A retry of the arrival still finds the stay, and nobody in it.
    let again = scene
        .stage
        .command(None, "enterWaitingArea", arrival())
        .await;
    assert_eq!(arrived(&again).id, scene.caller.id);
    assert!(!says_who(&again), "{again}");
    // Another arrival is another stay.
    let mut anew = arrival();
    anew["idempotencyKey"] = json!("anew");
    let anew = arrived(&scene.stage.command(None, "enterWaitingArea", anew).await);
    assert_ne!(anew.id, scene.caller.id);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clinic_admin_erases_a_caller_before_the_time_and_it_is_recorded() {
    let scene = Scene::new().await;
    let refused = scene.erase(&scene.admin).await;
    assert_eq!(error(&refused).1, "WRONG_STATUS");
    assert_eq!(refused["userErrors"][0]["status"], "WAITING");
    assert_eq!(refused["caller"]["name"], NAME, "whoever waits is kept");
    scene.cancel().await;
    for _ in 0..2 {
        let erased = scene.erase(&scene.admin).await;
        assert_eq!(erased["userErrors"], json!([]));
        assert!(!says_who(&erased), "{erased}");
    }
    assert_eq!(
        scene.recorded("ERASED_CALLER"),
        1,
        "the second time there was nobody to erase"
    );
    assert!(scene.stage.app.erase_bytes().await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_erases_a_caller() {
    let scene = Scene::new().await;
    scene.cancel().await;
    let north = scene
        .stage
        .app
        .clinic_by_slug("north")
        .await
        .unwrap()
        .unwrap();
    for role in [Role::TeamMember, Role::Reporter] {
        let key = scene.stage.key(&north, role).await;
        let refused = scene.erase(&key).await;
        assert_refused(&refused, "UNAVAILABLE", None);
        assert_eq!(refused["caller"]["name"], NAME);
    }
    let south = scene.stage.clinic("south").await;
    let stranger = scene.stage.key(&south, Role::ClinicAdmin).await;
    for by in [&stranger, &scene.caller.token] {
        let refused = scene.erase(by).await;
        assert_refused(&refused, "NOT_FOUND", Some("callerId"));
        assert!(refused["caller"].is_null());
    }
    let anonymous =
        scene
            .stage
            .command(None, "eraseCaller", json!({ "callerId": scene.caller.id }));
    assert_refused(&anonymous.await, "NOT_FOUND", Some("callerId"));
    let nonsense = scene.stage.command(
        Some(&scene.admin),
        "eraseCaller",
        json!({ "callerId": "x" }),
    );
    assert_refused(&nonsense.await, "NOT_FOUND", Some("callerId"));
    assert!(says_who(&scene.caller(&scene.admin).await));
    assert_eq!(scene.recorded("ERASED_CALLER"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_texts_on_the_dev_phone_go_with_whom_they_went_to() {
    let scene = Scene::new().await;
    let (stage, caller) = (&scene.stage, &scene.caller);
    stage.verify(caller, NUMBER).await;
    assert_eq!(stage.texts(NUMBER).await.len(), 1);
    stage.forget_texts().await;
    assert_eq!(stage.texts(NUMBER).await.len(), 1, "the stay goes on");
    scene.cancel().await;
    scene
        .until_erased(Span::minutes(15))
        .await
        .expect("erased in time");
    stage.forget_texts().await;
    assert_eq!(stage.texts(NUMBER).await, [""; 0]);
    assert!(stage.app.erase_bytes().await.unwrap());
    assert_eq!(
        stage.files_with(&["canary", "491570006", "is your"]),
        [""; 0]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn both_settings_are_read_and_changed_and_the_time_zone_is_public() {
    let scene = Scene::new().await;
    let query = "{ clinic(slug: \"north\") { timeZone settings { eraseAfterSeconds timeZone } } }";
    let read = async |by: Option<&str>| {
        let mut answer = scene.stage.ask(by, query, json!({})).await;
        answer["data"]["clinic"].take()
    };
    let settings = json!({ "eraseAfterSeconds": 900, "timeZone": "UTC" });
    let by = Some(scene.admin.as_str());
    assert_eq!(
        read(by).await,
        json!({ "timeZone": "UTC", "settings": settings })
    );
    let input = json!({ "clinicId": scene.clinic, "eraseAfterSeconds": 0,
        "timeZone": "australia/sydney" });
    let changed = scene.stage.command(by, "updateClinicSettings", input).await;
    assert_eq!(
        changed["settings"]["timeZone"], "Australia/Sydney",
        "{changed}"
    );
    assert_eq!(changed["settings"]["eraseAfterSeconds"], 0);
    assert_eq!(
        read(None).await,
        json!({ "timeZone": "Australia/Sydney", "settings": null })
    );
    for (name, value) in [
        ("timeZone", json!("Sydney")),
        ("eraseAfterSeconds", json!(86_401)),
    ] {
        let input = json!({ "clinicId": scene.clinic, name: value, "isOpen": false });
        let refused = scene.stage.command(by, "updateClinicSettings", input).await;
        assert_refused(&refused, "INVALID_INPUT", Some(name));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_follows_later_is_not_told_what_others_were_told_before_somebody_was_erased() {
    let scene = Scene::new().await;
    let at = event_streams::serve(&scene.stage).await;
    let ask = async || {
        let query = "subscription ($clinic: ID!, $after: Int) { waitingAreaChanged(clinicId: $clinic, \
                     afterVersion: $after) { __typename ...on CallerEnded { version caller { id name \
                     answers { value } end { reason } phone { number } erasedAt } } } }";
        let variables = json!({ "clinic": scene.clinic, "after": 1 });
        let asked = Client::new()
            .post(&at)
            .bearer_auth(&scene.admin)
            .header(header::ACCEPT, "text/event-stream")
            .header(header::CONTENT_TYPE, "application/json")
            .body(json!({ "query": query, "variables": variables }).to_string());
        let mut stream = asked.send().await.unwrap();
        let mut event = event_streams::first(&mut stream).await;
        (stream, event["data"]["waitingAreaChanged"].take())
    };
    scene.cancel().await;
    // Both stay: what they share is kept as long as one of them follows.
    let (_stream, before) = ask().await;
    assert_eq!(before["__typename"], "CallerEnded", "{before}");
    assert!(says_who(&before), "{before}");
    assert_eq!(scene.erase(&scene.admin).await["userErrors"], json!([]));
    let (_other, after) = ask().await;
    assert_eq!(after["version"], before["version"]);
    assert!(!after["caller"]["erasedAt"].is_null(), "{after}");
    assert!(!says_who(&after), "{after}");
}

/// What is logged while a test runs, on its own thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn errors(&self) -> usize {
        let log = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        log.matches("still stands in the files").count()
    }
}

#[tokio::test]
async fn bytes_that_cannot_be_erased_for_minutes_are_told_of_once() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(move || writer.clone())
        .finish();
    let _logging = tracing::subscriber::set_default(subscriber);
    let scene = Scene::new().await;
    let app = &scene.stage.app;
    assert!(app.erase_bytes_or_tell().await);
    assert_eq!(app.bytes_resist_for(), None);
    let mut reader = SqliteConnection::establish(&scene.stage.file()).unwrap();
    reader
        .batch_execute("BEGIN; SELECT count(*) FROM caller")
        .unwrap();
    scene.cancel().await;
    scene.erase(&scene.admin).await;
    for (passes, errors) in [
        (Span::seconds(0), 0),
        (ERASE_BYTES_WITHIN, 1),
        (Span::minutes(1), 1),
    ] {
        scene.stage.clock.advance(passes);
        assert!(!app.erase_bytes_or_tell().await, "somebody reads");
        assert_eq!(log.errors(), errors);
    }
    assert_eq!(app.bytes_resist_for(), Some(Span::minutes(3)));
    reader.batch_execute("ROLLBACK").unwrap();
    assert!(app.erase_bytes_or_tell().await);
    assert_eq!(app.bytes_resist_for(), None);
    assert_eq!(log.errors(), 1);
}
