//! Reports: what happened in a clinic by day, in figures that can be worked out by hand, and nothing of
//! anybody in them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what a test expects and does not find is the test's failure, in its helpers too"
)]

mod support;

use async_trait::async_trait;
use reqwest::{Client, StatusCode};
use serde_json::{Value as Json, json};
use standby::app::outbox::Looked;
use standby::domain::delivery::{Progress, SmsFailure, SmsState};
use standby::domain::id::TextId;
use standby::domain::policy::Role;
use standby::domain::time::Span;
use standby::graphql::door::AppDoor;
use standby::http::fair_use::RateLimits;
use standby::http::origin::OriginPolicy;
use standby::http::report_csv;
use standby::http::transport::Transport;
use standby::ports::clock::Clock as _;
use standby::ports::texter::{Found, HandedOver, OutgoingText, Taken, Texter};
use std::sync::Arc;
use support::{Arrived, Stage, arrived};

const FIGURES: &str = "arrived completed left lostContact cancelled resumed medianWaitSeconds \
    longestWaitSeconds wentOffline timesOffline medianOfflineSeconds recalls recallsAnswered \
    medianRecallToReturnSeconds noShows codesSent phonesVerified \
    texts { purpose sent delivered failed unknown }";

async fn ask(stage: &Stage, by: Option<&str>, from: &str, to: &str) -> Json {
    let query = format!(
        "query ($from: Date!, $to: Date!) {{ clinic(slug: \"north\") {{ report(from: $from, to: $to) \
         {{ from to timeZone days {{ date figures {{ {FIGURES} }} }} total {{ {FIGURES} }} }} }} }}"
    );
    stage
        .ask(by, &query, json!({ "from": from, "to": to }))
        .await
}

async fn report(stage: &Stage, by: &str, from: &str, to: &str) -> Json {
    let answer = ask(stage, Some(by), from, to).await;
    assert!(answer.get("errors").is_none(), "{answer}");
    answer["data"]["clinic"]["report"].clone()
}

/// Lets it become a time of the day the clock is at, or of a later one.
fn go(stage: &Stage, time: &str) {
    let time: jiff::Timestamp = time.parse().unwrap();
    let now = stage.clock.now().as_millis();
    assert!(time.as_millisecond() >= now, "{time} is over");
    stage
        .clock
        .advance(Span::millis(time.as_millisecond() - now));
}

async fn ended(stage: &Stage, by: &str, command: &str, caller: &Arrived) {
    let input = json!({ "callerId": caller.id });
    let payload = stage.command(Some(by), command, input).await;
    assert_eq!(payload["userErrors"], json!([]), "{command}");
}

async fn leaves(stage: &Stage, caller: &Arrived) {
    stage
        .command(Some(&caller.token), "leaveWaitingArea", json!({}))
        .await;
}

/// Says the same of every text.
struct Answering(HandedOver);

#[async_trait]
impl Texter for Answering {
    async fn hand_over(&self, _: &OutgoingText) -> HandedOver {
        self.0.clone()
    }

    async fn find(&self, _: &OutgoingText) -> Found {
        Found::NotSeen
    }
}

async fn send(stage: &Stage, answer: HandedOver) {
    let answering = Answering(answer);
    while stage.app.send_next_text(&answering).await.unwrap() == Looked::AtOne {}
}

fn taken(state: SmsState) -> Taken {
    let failure = None;
    Taken {
        provider_id: "SM1".to_owned(),
        progress: Progress { state, failure },
    }
}

/// No figure at all, but for those given.
fn figures(given: &Json) -> Json {
    let none = |purpose: &str| json!({ "purpose": purpose, "sent": 0, "delivered": 0, "failed": 0, "unknown": 0 });
    let mut all = json!({
        "arrived": 0, "completed": 0, "left": 0, "lostContact": 0, "cancelled": 0, "resumed": 0,
        "medianWaitSeconds": null, "longestWaitSeconds": null, "wentOffline": 0, "timesOffline": 0,
        "medianOfflineSeconds": null, "recalls": 0, "recallsAnswered": 0,
        "medianRecallToReturnSeconds": null, "noShows": 0, "codesSent": 0, "phonesVerified": 0,
        "texts": [none("CODE"), none("RECALL"), none("CANCELLED")],
    });
    let mut given = given.as_object().unwrap().clone();
    if let Some(texts) = given.remove("texts") {
        for (text, [sent, delivered, failed, unknown]) in all["texts"]
            .as_array_mut()
            .unwrap()
            .iter_mut()
            .zip(serde_json::from_value::<[[i64; 4]; 3]>(texts).unwrap())
        {
            text["sent"] = json!(sent);
            text["delivered"] = json!(delivered);
            text["failed"] = json!(failed);
            text["unknown"] = json!(unknown);
        }
    }
    all.as_object_mut().unwrap().extend(given);
    all
}

/// A week of the clinic "north", told by the hour, with an admin's key.
#[expect(clippy::too_many_lines, reason = "a week")]
async fn a_week(stage: &Stage) -> String {
    let north = stage.clinic("north").await;
    let admin = stage.key(&north, Role::ClinicAdmin).await;
    let by = admin.as_str();
    let texting = json!({ "clinicId": north.id.as_str(), "textOnCancel": true });
    stage
        .command(Some(by), "updateClinicSettings", texting)
        .await;

    // Monday: Ada steps away and is recalled, Ben is joined twice, Cleo leaves.
    go(stage, "2026-03-02T09:00:00Z");
    let ada = stage.enter("north", "Ada", Some("0491570006")).await;
    stage.verify(&ada, "+61491570006").await;
    go(stage, "2026-03-02T09:01:00Z");
    stage.report(&ada, 1, "BACKGROUND").await;
    go(stage, "2026-03-02T09:05:00Z");
    ended(stage, by, "recallCaller", &ada).await;
    stage.texts("+61491570006").await;
    go(stage, "2026-03-02T09:07:30Z");
    stage.report(&ada, 2, "FOREGROUND").await;
    go(stage, "2026-03-02T09:10:00Z");
    ended(stage, by, "joinCaller", &ada).await;
    go(stage, "2026-03-02T09:20:00Z");
    ended(stage, by, "completeCall", &ada).await;
    go(stage, "2026-03-02T09:30:00Z");
    let ben = stage.enter("north", "Ben", None).await;
    go(stage, "2026-03-02T09:32:00Z");
    ended(stage, by, "joinCaller", &ben).await;
    ended(stage, by, "holdCaller", &ben).await;
    go(stage, "2026-03-02T09:34:00Z");
    ended(stage, by, "joinCaller", &ben).await;
    ended(stage, by, "completeCall", &ben).await;
    go(stage, "2026-03-02T10:00:00Z");
    let cleo = stage.enter("north", "Cleo", None).await;
    go(stage, "2026-03-02T10:05:00Z");
    leaves(stage, &cleo).await;

    // Tuesday: Emil steps away twice; Dora is recalled twice, does not come, and is cancelled.
    go(stage, "2026-03-03T09:00:00Z");
    let dora = stage.enter("north", "Dora", Some("0491570156")).await;
    stage.verify(&dora, "+61491570156").await;
    let emil = stage.enter("north", "Emil", Some("0491570157")).await;
    stage.verify(&emil, "+61491570157").await;
    go(stage, "2026-03-03T09:02:00Z");
    stage.report(&emil, 1, "BACKGROUND").await;
    go(stage, "2026-03-03T09:03:00Z");
    stage.report(&emil, 2, "FOREGROUND").await;
    go(stage, "2026-03-03T09:04:00Z");
    stage.report(&emil, 3, "BACKGROUND").await;
    go(stage, "2026-03-03T09:06:00.500Z");
    stage.report(&emil, 4, "FOREGROUND").await;
    go(stage, "2026-03-03T09:10:00Z");
    stage.report(&dora, 1, "BACKGROUND").await;
    go(stage, "2026-03-03T09:20:00Z");
    ended(stage, by, "recallCaller", &dora).await;
    send(stage, HandedOver::Refused(SmsFailure::Landline)).await;
    go(stage, "2026-03-03T09:21:30Z");
    ended(stage, by, "recallCaller", &dora).await;
    send(stage, HandedOver::Taken(taken(SmsState::Sent))).await;
    go(stage, "2026-03-03T09:30:00.001Z");
    ended(stage, by, "joinCaller", &emil).await;
    go(stage, "2026-03-03T09:45:00Z");
    ended(stage, by, "completeCall", &emil).await;
    go(stage, "2026-03-03T10:00:00Z");
    ended(stage, by, "cancelCaller", &dora).await;
    stage.texts("+61491570156").await;

    // Wednesday: Finn loses contact and takes the place back; Gina is away when staff vouch for her.
    go(stage, "2026-03-04T08:00:00Z");
    let finn = stage.enter("north", "Finn", None).await;
    go(stage, "2026-03-04T08:10:00Z");
    stage.report(&finn, 1, "BACKGROUND").await;
    stage.pass(Span::minutes(3)).await;
    go(stage, "2026-03-04T08:20:00Z");
    let resumed = stage
        .command(Some(&finn.token), "resumeWaiting", json!({}))
        .await;
    assert_eq!(resumed["userErrors"], json!([]));
    let id = resumed["caller"]["id"].as_str().unwrap().to_owned();
    let token = finn.token.clone();
    let finn_again = Arrived { id, token };
    go(stage, "2026-03-04T08:30:00Z");
    ended(stage, by, "joinCaller", &finn_again).await;
    go(stage, "2026-03-04T08:31:00Z");
    ended(stage, by, "completeCall", &finn_again).await;
    go(stage, "2026-03-04T11:00:00Z");
    let gina = stage.enter("north", "Gina", Some("0491570158")).await;
    go(stage, "2026-03-04T11:05:00Z");
    stage.report(&gina, 1, "BACKGROUND").await;
    go(stage, "2026-03-04T11:06:00Z");
    let vouch = json!({ "callerId": gina.id, "phone": "0491570158" });
    stage.command(Some(by), "verifyCallerPhone", vouch).await;
    go(stage, "2026-03-04T11:10:00Z");
    ended(stage, by, "recallCaller", &gina).await;
    send(stage, HandedOver::InDoubt).await;
    go(stage, "2026-03-04T11:11:30Z");
    send(stage, HandedOver::InDoubt).await;
    go(stage, "2026-03-04T11:20:00Z");
    stage.report(&gina, 2, "FOREGROUND").await;
    go(stage, "2026-03-04T11:25:00Z");
    leaves(stage, &gina).await;

    // Nobody on Thursday. Hal comes late on Friday, and is seen on Saturday.
    go(stage, "2026-03-06T23:50:00Z");
    let hal = stage.enter("north", "Hal", None).await;
    go(stage, "2026-03-07T00:10:00Z");
    ended(stage, by, "joinCaller", &hal).await;
    go(stage, "2026-03-07T00:20:00Z");
    ended(stage, by, "completeCall", &hal).await;
    // Ida comes on Saturday, and is still there.
    go(stage, "2026-03-07T12:00:00Z");
    stage.enter("north", "Ida", None).await;
    stage.app.take_figures().await.unwrap();
    admin
}

fn the_week() -> Vec<(&'static str, Json)> {
    vec![
        (
            "2026-03-02",
            // Waits of 600 s and 120 s; away for 390 s, of which the last 150 s recalled.
            figures(&json!({
                "arrived": 3, "completed": 2, "left": 1, "medianWaitSeconds": 360,
                "longestWaitSeconds": 600, "wentOffline": 1, "timesOffline": 1,
                "medianOfflineSeconds": 390, "recalls": 1, "recallsAnswered": 1,
                "medianRecallToReturnSeconds": 150, "codesSent": 1, "phonesVerified": 1,
                "texts": [[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0]],
            })),
        ),
        (
            "2026-03-03",
            // A wait of 1800.001 s; away for 60 s, 120.5 s and 3000 s.
            figures(&json!({
                "arrived": 2, "completed": 1, "cancelled": 1, "medianWaitSeconds": 1800,
                "longestWaitSeconds": 1800, "wentOffline": 2, "timesOffline": 3,
                "medianOfflineSeconds": 121, "recalls": 2, "noShows": 1, "codesSent": 2,
                "phonesVerified": 2,
                "texts": [[2, 2, 0, 0], [2, 0, 1, 0], [1, 1, 0, 0]],
            })),
        ),
        (
            "2026-03-04",
            // Finn's wait of 1800 s counts from the first arrival; Gina was away for 840 s, of which
            // the last 600 s recalled.
            figures(&json!({
                "arrived": 2, "completed": 1, "left": 1, "lostContact": 1, "resumed": 1,
                "medianWaitSeconds": 1800, "longestWaitSeconds": 1800, "wentOffline": 1,
                "timesOffline": 1, "medianOfflineSeconds": 840, "recalls": 1, "recallsAnswered": 1,
                "medianRecallToReturnSeconds": 600, "phonesVerified": 1,
                "texts": [[0, 0, 0, 0], [1, 0, 0, 1], [0, 0, 0, 0]],
            })),
        ),
        ("2026-03-05", figures(&json!({}))),
        (
            "2026-03-06",
            figures(&json!({
                "arrived": 1, "completed": 1, "medianWaitSeconds": 1200, "longestWaitSeconds": 1200,
            })),
        ),
        ("2026-03-07", figures(&json!({}))),
        ("2026-03-08", figures(&json!({}))),
    ]
}

fn the_whole_week() -> Json {
    // Waits: 120, 600, 1200, 1800, 1800.001. Away: 60, 120.5, 390, 840, 3000. To return: 150, 600.
    figures(&json!({
        "arrived": 8, "completed": 5, "left": 2, "lostContact": 1, "cancelled": 1, "resumed": 1,
        "medianWaitSeconds": 1200, "longestWaitSeconds": 1800, "wentOffline": 4, "timesOffline": 5,
        "medianOfflineSeconds": 390, "recalls": 4, "recallsAnswered": 2,
        "medianRecallToReturnSeconds": 375, "noShows": 1, "codesSent": 3, "phonesVerified": 4,
        "texts": [[3, 3, 0, 0], [4, 1, 1, 1], [1, 1, 0, 0]],
    }))
}

#[tokio::test]
async fn every_figure_of_a_week_is_the_one_worked_out_by_hand() {
    let stage = Stage::new();
    let admin = a_week(&stage).await;
    let week = report(&stage, &admin, "2026-03-02", "2026-03-08").await;
    assert_eq!(week["from"], "2026-03-02");
    assert_eq!(week["to"], "2026-03-08");
    assert_eq!(week["timeZone"], "UTC");
    let days: Vec<Json> = the_week()
        .into_iter()
        .map(|(date, figures)| json!({ "date": date, "figures": figures }))
        .collect();
    for (day, wanted) in week["days"].as_array().unwrap().iter().zip(&days) {
        assert_eq!(day, wanted);
    }
    assert_eq!(week["days"], json!(days));
    assert_eq!(week["total"], the_whole_week());
    // Any part of it is the same.
    let part = report(&stage, &admin, "2026-03-03", "2026-03-03").await;
    assert_eq!(part["days"], json!([days[1]]));
    assert_eq!(part["total"], days[1]["figures"]);
}

#[tokio::test]
async fn what_is_heard_of_a_text_after_the_stay_still_counts() {
    let stage = Stage::new();
    let admin = a_week(&stage).await;
    let of_tuesday = async || {
        let day = report(&stage, &admin, "2026-03-03", "2026-03-03").await;
        day["total"]["texts"][1].clone()
    };
    assert_eq!(of_tuesday().await["delivered"], 0);
    let text = stage.read("SELECT id AS value FROM text WHERE state = 'SENT'");
    let text = TextId::parse(&text[0]).unwrap();
    stage
        .app
        .hear_of_text(&text, taken(SmsState::Delivered))
        .await
        .unwrap();
    let wanted =
        json!({ "purpose": "RECALL", "sent": 2, "delivered": 1, "failed": 1, "unknown": 0 });
    assert_eq!(of_tuesday().await, wanted);
}

#[tokio::test]
async fn figures_outlive_the_events_and_whoever_is_erased() {
    let stage = Stage::new();
    let admin = a_week(&stage).await;
    while stage.app.erase_who_is_due().await.unwrap() {}
    assert_eq!(
        stage
            .read("SELECT name AS value FROM caller WHERE name = 'Ada'")
            .len(),
        0
    );
    stage.spoil("DELETE FROM event");
    let week = report(&stage, &admin, "2026-03-02", "2026-03-08").await;
    assert_eq!(week["total"], the_whole_week());
    // Taken once, they are not taken again.
    stage.app.take_figures().await.unwrap();
    let week = report(&stage, &admin, "2026-03-02", "2026-03-08").await;
    assert_eq!(week["total"], the_whole_week());
}

#[tokio::test]
async fn a_stay_whose_beginning_is_forgotten_counts_nowhere_and_holds_up_no_other() {
    let stage = Stage::new();
    let north = stage.clinic("north").await;
    let admin = stage.key(&north, Role::ClinicAdmin).await;
    go(&stage, "2026-03-02T09:00:00Z");
    for _ in 0..3 {
        let caller = stage.enter("north", "Kim", None).await;
        leaves(&stage, &caller).await;
    }
    // One lost its arrival, one happened as nothing can.
    stage.spoil(
        "DELETE FROM event WHERE version = 1; \
         UPDATE event SET what = 'DANCED' WHERE version = 4",
    );
    stage.app.take_figures().await.unwrap();
    let day = report(&stage, &admin, "2026-03-02", "2026-03-02").await;
    assert_eq!(day["total"], figures(&json!({ "arrived": 1, "left": 1 })));
}

#[tokio::test]
async fn a_day_is_the_clinics_own_also_where_clocks_change() {
    let stage = Stage::new();
    let north = stage.clinic("north").await;
    let admin = stage.key(&north, Role::ClinicAdmin).await;
    // On 29 March, Berlin's day lasts from 23:00 to 22:00, 23 hours; on 25 October 25.
    for (time, day) in [
        ("2026-03-28T22:59:59.999Z", "2026-03-28"),
        ("2026-03-28T23:00:00Z", "2026-03-29"),
        ("2026-03-29T00:59:59.999Z", "2026-03-29"),
        ("2026-03-29T01:00:00Z", "2026-03-29"),
        ("2026-03-29T21:59:59.999Z", "2026-03-29"),
        ("2026-03-29T22:00:00Z", "2026-03-30"),
        ("2026-10-24T21:59:59.999Z", "2026-10-24"),
        ("2026-10-24T22:00:00Z", "2026-10-25"),
        ("2026-10-25T22:59:59.999Z", "2026-10-25"),
        ("2026-10-25T23:00:00Z", "2026-10-26"),
    ] {
        go(&stage, time);
        let caller = stage.enter("north", "Kim", None).await;
        leaves(&stage, &caller).await;
        stage.app.take_figures().await.unwrap();
        let zone = json!({ "clinicId": north.id.as_str(), "timeZone": "Europe/Berlin" });
        stage
            .command(Some(&admin), "updateClinicSettings", zone)
            .await;
        let before = day
            .parse::<jiff::civil::Date>()
            .unwrap()
            .yesterday()
            .unwrap();
        let after = day
            .parse::<jiff::civil::Date>()
            .unwrap()
            .tomorrow()
            .unwrap();
        let days = report(&stage, &admin, &before.to_string(), &after.to_string()).await;
        assert_eq!(days["timeZone"], "Europe/Berlin");
        let arrived = |day: &str| {
            let days = days["days"].as_array().unwrap();
            let day = days.iter().find(|other| other["date"] == day).unwrap();
            day["figures"]["arrived"].as_i64().unwrap()
        };
        let known = stage.read(&format!(
            "SELECT count(*) || '' AS value FROM stay_figures WHERE arrived_at >= {}",
            stage.clock.now().as_millis()
        ));
        assert_eq!(known, ["1"], "{time}");
        assert!(arrived(day) >= 1, "{time}");
        assert_eq!(arrived(&after.to_string()), 0, "{time}");
    }
    let spring = report(&stage, &admin, "2026-03-28", "2026-03-30").await;
    let autumn = report(&stage, &admin, "2026-10-24", "2026-10-26").await;
    let arrived = |report: &Json| -> Vec<i64> {
        let days = report["days"].as_array().unwrap();
        let figures = days.iter().map(|day| &day["figures"]["arrived"]);
        figures.map(|arrived| arrived.as_i64().unwrap()).collect()
    };
    assert_eq!(arrived(&spring), [1, 4, 1]);
    assert_eq!(arrived(&autumn), [1, 2, 1]);
}

#[tokio::test]
async fn days_that_cannot_be_reported_are_refused_and_strangers_are_told_nothing_of_it() {
    let stage = Stage::new();
    let north = stage.clinic("north").await;
    let south = stage.clinic("south").await;
    let reporter = stage.key(&north, Role::Reporter).await;
    let stranger = stage.key(&south, Role::ClinicAdmin).await;
    let kim = stage.enter("north", "Kim", None).await;
    for (from, to) in [
        ("2026-03-02", "2026-03-01"),
        ("2025-01-01", "2026-02-05"),
        ("0000-01-01", "9999-12-31"),
    ] {
        let answer = ask(&stage, Some(&reporter), from, to).await;
        assert_eq!(answer["data"]["clinic"]["report"], Json::Null);
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
        for by in [Some(stranger.as_str()), Some(kim.token.as_str()), None] {
            let answer = ask(&stage, by, from, to).await;
            assert_eq!(answer, json!({ "data": { "clinic": { "report": null } } }));
        }
    }
    let answer = ask(&stage, Some(&reporter), "2026-03-02", "2026-3-2").await;
    assert!(answer["errors"].is_array(), "{answer}");
    let year = report(&stage, &reporter, "2025-01-01", "2026-02-04").await;
    assert_eq!(year["days"].as_array().unwrap().len(), 400);
}

#[tokio::test]
async fn figures_are_kept_for_four_hundred_days() {
    let stage = Stage::new();
    let admin = a_week(&stage).await;
    let forget = async |left: &str| {
        let app = Arc::clone(&stage.app);
        let every = std::time::Duration::from_hours(1);
        let forgetting = tokio::spawn(async move { app.forget_regularly(every).await });
        let kept = "SELECT count(*) || '' AS value FROM stay_figures";
        let waiting = async {
            while stage.read(kept) != [left] {
                tokio::task::yield_now().await;
            }
        };
        let within = std::time::Duration::from_secs(20);
        tokio::time::timeout(within, waiting)
            .await
            .expect("within 20 s");
        forgetting.abort();
    };
    forget("9").await;
    // Monday's three are over, Tuesday's are not.
    go(&stage, "2027-04-06T10:00:01Z");
    forget("6").await;
    let day = report(&stage, &admin, "2026-03-03", "2026-03-03").await;
    assert_eq!(day["total"], the_week()[1].1);
}

/// Serves the file of `stage` on a port of this machine.
async fn serve(stage: &Stage) -> String {
    serve_rated(stage, RateLimits::off()).await
}

async fn serve_rated(stage: &Stage, limits: RateLimits) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let door = AppDoor::new(Arc::clone(&stage.app));
    let transport = Transport::new(door, OriginPolicy::new(Vec::new())).rated(limits);
    let router = report_csv::router(Arc::clone(&stage.app), transport);
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{at}")
}

#[tokio::test]
async fn the_file_holds_the_figures_that_the_api_gives() {
    let stage = Stage::new();
    let admin = a_week(&stage).await;
    let at = serve(&stage).await;
    let url = format!("{at}/clinics/north/report.csv?from=2026-03-02&to=2026-03-08");
    let answer = Client::new()
        .get(&url)
        .bearer_auth(&admin)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(
        header("content-type"),
        "text/csv; charset=utf-8; header=present"
    );
    assert_eq!(
        header("content-disposition"),
        "attachment; filename=\"north-2026-03-02-2026-03-08.csv\""
    );
    assert_eq!(header("cache-control"), "no-store");
    let file = answer.text().await.unwrap();
    let mut lines = file.split_terminator("\r\n");
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    let wanted = the_week();
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    assert_eq!(rows.len(), wanted.len());
    for (row, (date, figures)) in rows.iter().zip(&wanted) {
        assert_eq!(row.len(), names.len());
        for (name, value) in names.iter().zip(row) {
            let expected = match (*name, name.split('.').collect::<Vec<_>>().as_slice()) {
                ("date", _) => (*date).to_owned(),
                ("timeZone", _) => "UTC".to_owned(),
                (_, ["texts", purpose, what]) => {
                    let texts = figures["texts"].as_array().unwrap();
                    let of_purpose = texts.iter().find(|texts| texts["purpose"] == *purpose);
                    of_purpose.unwrap()[*what].to_string()
                }
                (name, _) if figures[name].is_null() => String::new(),
                (name, _) => figures[name].to_string(),
            };
            assert_eq!(*value, expected, "{name} on {date}");
        }
    }
    // And nothing of anybody.
    for secret in ["Ada", "49157", "caller_", "clinic_", "text_"] {
        assert!(!file.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn a_file_that_may_not_be_seen_is_byte_for_byte_one_that_does_not_exist() {
    let stage = Stage::new();
    let north = stage.clinic("north").await;
    let south = stage.clinic("south").await;
    let stranger = stage.key(&south, Role::ClinicAdmin).await;
    let reporter = stage.key(&north, Role::Reporter).await;
    let kim = stage.enter("north", "Kim", None).await;
    let at = serve(&stage).await;
    let client = Client::new();
    let get = async |path: &str, authorization: Option<&str>| {
        let mut request = client.get(format!("{at}{path}"));
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let mut headers = answer.headers().clone();
        headers.remove("date");
        (status, format!("{headers:?}"), answer.text().await.unwrap())
    };
    let bearer = |token: &str| format!("Bearer {token}");
    let days = "from=2026-03-02&to=2026-03-08";
    let nowhere = get(&format!("/clinics/nowhere/report.csv?{days}"), None).await;
    assert_eq!(nowhere.0, StatusCode::NOT_FOUND);
    assert!(nowhere.1.contains("text/plain"), "{}", nowhere.1);
    let words = "No such report: the clinic's link name or the credential is not right.\n";
    assert_eq!(nowhere.2, words);
    for query in [days, "", "from=2026-03-02&to=2026-03-01", "from=x"] {
        for authorization in [
            None,
            Some(bearer(&stranger)),
            Some(bearer(&kim.token)),
            Some(bearer(&reporter[1..])),
            Some("Basic abc".to_owned()),
        ] {
            for slug in ["north", "nowhere", "North", "%20"] {
                let path = format!("/clinics/{slug}/report.csv?{query}");
                let answer = get(&path, authorization.as_deref()).await;
                assert_eq!(answer, nowhere, "{path} {authorization:?}");
            }
        }
        // Staff of north get nothing of another clinic either.
        let path = format!("/clinics/south/report.csv?{query}");
        assert_eq!(get(&path, Some(&bearer(&reporter))).await, nowhere);
    }
    let path = |query: &str| format!("/clinics/north/report.csv?{query}");
    let reporter = bearer(&reporter);
    assert_eq!(get(&path(days), Some(&reporter)).await.0, StatusCode::OK);
    for query in [
        "",
        "from=2026-03-02&to=2026-03-01",
        "from=x&to=y",
        "from=2026-03-02",
    ] {
        let answer = get(&path(query), Some(&reporter)).await;
        assert_eq!(answer.0, StatusCode::BAD_REQUEST, "{query}");
    }
    // A token is taken from the header alone: an address stands in logs.
    let with_token = format!(
        "{days}&token={}&access_token={}",
        &reporter[7..],
        &reporter[7..]
    );
    assert_eq!(get(&path(&with_token), None).await, nowhere);
}

#[tokio::test]
async fn every_answer_says_where_the_asker_stands_also_where_there_is_nothing() {
    let stage = Stage::new();
    let north = stage.clinic("north").await;
    let reporter = stage.key(&north, Role::Reporter).await;
    let at = serve_rated(&stage, "key=5".parse().unwrap()).await;
    let client = Client::new();
    for (slug, query, status) in [
        ("north", "?from=2026-03-02&to=2026-03-08", StatusCode::OK),
        ("north", "", StatusCode::BAD_REQUEST),
        ("nowhere", "", StatusCode::NOT_FOUND),
        ("%20", "", StatusCode::NOT_FOUND),
    ] {
        let url = format!("{at}/clinics/{slug}/report.csv{query}");
        let answer = client.get(url).bearer_auth(&reporter).send().await.unwrap();
        assert_eq!(answer.status(), status, "{slug} {query}");
        assert_eq!(answer.headers()["ratelimit-policy"], "\"key\";q=5;w=60");
        assert!(answer.headers().contains_key("ratelimit"), "{slug} {query}");
    }
}

#[tokio::test]
async fn reports_of_one_clinic_hold_nothing_of_another() {
    let stage = Stage::new();
    a_week(&stage).await;
    let south = stage.clinic("south").await;
    let theirs = stage.key(&south, Role::ClinicAdmin).await;
    let input = json!({ "clinicSlug": "south", "name": "Sue", "idempotencyKey": "s" });
    let sue = arrived(&stage.command(None, "enterWaitingArea", input).await);
    leaves(&stage, &sue).await;
    stage.app.take_figures().await.unwrap();
    let query = format!(
        "{{ clinic(slug: \"south\") {{ report(from: \"2026-03-01\", to: \"2026-03-31\") {{ \
         total {{ {FIGURES} }} }} }} }}"
    );
    let answer = stage.ask(Some(&theirs), &query, json!({})).await;
    let total = &answer["data"]["clinic"]["report"]["total"];
    assert_eq!(*total, figures(&json!({ "arrived": 1, "left": 1 })));
}
