//! Bad input gets a clear user error with the path of the field, and loses nothing.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what a test expects and does not find is the test's failure, in its helpers too"
)]

mod support;

use serde_json::{Value as Json, json};
use standby::domain::clinic::Clinic;
use standby::domain::policy::{Role, Within};
use standby::domain::time::Span;
use support::{Arrived, Stage, another_code, assert_refused, error};

const NUMBER: &str = "+61491570006";
const OTHER_NUMBER: &str = "+61491570156";
const UNKNOWN_CALLER: &str = "caller_00000000000000000000000000";

/// What staff enter to do this with a caller.
fn attending(name: &str, caller: &str) -> Json {
    match name {
        "verifyCallerPhone" => json!({ "callerId": caller, "phone": NUMBER }),
        _ => json!({ "callerId": caller }),
    }
}

/// A clinic, and the keys of its staff.
struct Scene {
    stage: Stage,
    clinic: Clinic,
    staff: String,
    admin: String,
    reporter: String,
}

impl Scene {
    async fn new() -> Self {
        let stage = Stage::new();
        let clinic = stage.clinic("north").await;
        Self {
            staff: stage.key(&clinic, Role::TeamMember).await,
            admin: stage.key(&clinic, Role::ClinicAdmin).await,
            reporter: stage.key(&clinic, Role::Reporter).await,
            stage,
            clinic,
        }
    }

    /// What follows `#` in one-time links of somebody new in the team.
    async fn sign_in_links(&self, name: &str, role: Role, count: usize) -> Vec<String> {
        let (app, within) = (&self.stage.app, Within::system(self.clinic.id.clone()));
        let added = app.add_team_member(&within, name, role).await;
        let member = added.unwrap().unwrap().id;
        let mut links = Vec::new();
        for _ in 0..count {
            let link = app.sign_in_link(&within, &member).await.unwrap().unwrap();
            links.push(link.url.rsplit_once('#').unwrap().1.to_owned());
        }
        links
    }

    async fn enter(&self) -> Arrived {
        self.stage.enter("north", "Ana", Some("0491 570 006")).await
    }

    async fn own(&self, caller: &Arrived, name: &str, input: Json) -> Json {
        self.stage.command(Some(&caller.token), name, input).await
    }

    async fn attend(&self, name: &str, caller: &Arrived) -> Json {
        self.stage
            .command(Some(&self.staff), name, json!({ "callerId": caller.id }))
            .await
    }

    async fn send_code(&self, caller: &Arrived) -> String {
        let sent = self.own(caller, "sendVerificationCode", json!({})).await;
        assert_eq!(sent["userErrors"], json!([]), "{sent}");
        self.stage.codes(NUMBER).await.pop().unwrap()
    }

    async fn offline(&self) -> Arrived {
        let caller = self.enter().await;
        self.stage.verify(&caller, NUMBER).await;
        let hidden = self.stage.report(&caller, 1, "BACKGROUND").await;
        assert_eq!(hidden["caller"]["status"], "OFFLINE", "{hidden}");
        caller
    }

    /// How many callers there are, and in which statuses.
    async fn statuses(&self) -> Vec<String> {
        let query = "query ($id: ID!) { node(id: $id) { ...on Clinic { waitingArea { callers { \
                     nodes { status } } } } } }";
        let id = json!({ "id": self.clinic.id.as_str() });
        let answer = self.stage.ask(Some(&self.staff), query, id).await;
        let nodes = &answer["data"]["node"]["waitingArea"]["callers"]["nodes"];
        let nodes = nodes.as_array().unwrap();
        nodes
            .iter()
            .map(|node| node["status"].as_str().unwrap().to_owned())
            .collect()
    }
}

fn entering(changed: &Json) -> Json {
    let mut input = json!({ "clinicSlug": "north", "name": "Ana", "idempotencyKey": "k" });
    for (key, value) in changed.as_object().unwrap() {
        input[key] = value.clone();
    }
    input
}

// Arriving

#[tokio::test]
async fn empty_endless_and_invisible_names_are_refused_at_the_name() {
    let scene = Scene::new().await;
    let endless = "a".repeat(10_000);
    for name in [
        "",
        " \t\n",
        &endless,
        "a\0b",
        "a\u{7}",
        "a\u{202e}b",
        "\u{2066}a",
        "\u{200b}",
    ] {
        let input = entering(&json!({ "name": name }));
        let entered = scene.stage.command(None, "enterWaitingArea", input).await;
        assert_refused(&entered, "INVALID_INPUT", Some("name"));
        assert_eq!(error(&entered).0, "InvalidInputError");
        assert!(entered["caller"].is_null() && entered["token"].is_null());
    }
    assert!(scene.statuses().await.is_empty());
    // The key is not used up: the same person corrects the name and is in.
    let entered = scene
        .stage
        .command(None, "enterWaitingArea", entering(&json!({})))
        .await;
    assert_eq!(entered["caller"]["name"], "Ana");
}

#[tokio::test]
async fn numbers_that_are_none_and_numbers_of_other_countries_are_refused_at_the_phone() {
    let scene = Scene::new().await;
    let endless = "0".repeat(10_000);
    for phone in [
        "hello",
        "123",
        "+",
        "0491570006 ext 5",
        "\u{202e}0491",
        &endless,
        "+16502530000",
    ] {
        let input = entering(&json!({ "phone": phone }));
        let entered = scene.stage.command(None, "enterWaitingArea", input).await;
        assert_refused(&entered, "INVALID_INPUT", Some("phone"));
    }
    assert!(scene.statuses().await.is_empty());
    let caller = scene.enter().await;
    for phone in ["hello", "+16502530000", "02 9374 4000", &endless] {
        let sent = scene
            .own(&caller, "sendVerificationCode", json!({ "phone": phone }))
            .await;
        assert_refused(&sent, "INVALID_INPUT", Some("phone"));
    }
    assert_eq!(scene.statuses().await, ["WAITING"]);
    assert!(scene.stage.codes(NUMBER).await.is_empty());
}

#[tokio::test]
async fn a_blank_phone_is_none_and_a_code_then_needs_one() {
    let scene = Scene::new().await;
    let caller = scene.stage.enter("north", "Ana", Some("  ")).await;
    let sent = scene.own(&caller, "sendVerificationCode", json!({})).await;
    assert_refused(&sent, "INVALID_INPUT", Some("phone"));
}

#[tokio::test]
async fn answers_are_refused_at_the_answer_that_is_wrong() {
    let scene = Scene::new().await;
    let fields = json!([{ "key": "dob", "label": "Date of birth", "isRequired": true }]);
    let input = json!({ "clinicId": scene.clinic.id.as_str(), "entryFields": fields });
    let changed = scene
        .stage
        .command(Some(&scene.admin), "updateClinicSettings", input)
        .await;
    assert_eq!(changed["userErrors"], json!([]));
    let endless = "a".repeat(10_000);
    let dob = |value: &str| json!({ "key": "dob", "value": value });
    for (answers, field) in [
        (json!([]), "answers"),
        (json!([dob("")]), "answers.0.value"),
        (json!([dob(&endless)]), "answers.0.value"),
        (json!([dob("a\u{202e}b")]), "answers.0.value"),
        (json!([dob("1 May"), dob("2 May")]), "answers.1.key"),
        (
            json!([dob("1 May"), { "key": "shoe", "value": "41" }]),
            "answers.1.key",
        ),
    ] {
        let input = entering(&json!({ "answers": answers }));
        let entered = scene.stage.command(None, "enterWaitingArea", input).await;
        assert_refused(&entered, "INVALID_INPUT", Some(field));
    }
    assert!(scene.statuses().await.is_empty());
}

#[tokio::test]
async fn an_idempotency_key_brings_one_caller_in_and_no_other() {
    let scene = Scene::new().await;
    let endless = "k".repeat(10_000);
    for key in ["", &"k".repeat(256), &endless] {
        let input = entering(&json!({ "idempotencyKey": key }));
        let entered = scene.stage.command(None, "enterWaitingArea", input).await;
        assert_refused(&entered, "INVALID_INPUT", Some("idempotencyKey"));
    }
    let first = scene
        .stage
        .command(None, "enterWaitingArea", entering(&json!({})))
        .await;
    let again = scene
        .stage
        .command(None, "enterWaitingArea", entering(&json!({})))
        .await;
    assert_eq!(first, again);
    let input = entering(&json!({ "name": "Ben" }));
    let other = scene.stage.command(None, "enterWaitingArea", input).await;
    assert_refused(&other, "CONFLICT", Some("idempotencyKey"));
    assert_eq!(error(&other).0, "ConflictError");
    assert_eq!(scene.statuses().await, ["WAITING"]);
}

#[tokio::test]
async fn nobody_arrives_at_an_unknown_clinic_or_a_closed_one() {
    let scene = Scene::new().await;
    let endless = "a".repeat(10_000);
    for slug in ["south", "", "NORTH", "north/", "north\0", &endless] {
        let input = entering(&json!({ "clinicSlug": slug }));
        let entered = scene.stage.command(None, "enterWaitingArea", input).await;
        assert_refused(&entered, "NOT_FOUND", Some("clinicSlug"));
    }
    let input = json!({ "clinicId": scene.clinic.id.as_str(), "isOpen": false });
    scene
        .stage
        .command(Some(&scene.admin), "updateClinicSettings", input)
        .await;
    let entered = scene
        .stage
        .command(None, "enterWaitingArea", entering(&json!({})))
        .await;
    assert_refused(&entered, "UNAVAILABLE", None);
    assert_eq!(error(&entered).0, "UnavailableError");
}

// Verifying

#[tokio::test]
async fn a_wrong_code_costs_an_attempt_and_after_five_the_right_one_is_worth_nothing() {
    let scene = Scene::new().await;
    let caller = scene.enter().await;
    let code = scene.send_code(&caller).await;
    for left in (0..5).rev() {
        let wrong = json!({ "code": another_code(&code) });
        let refused = scene.own(&caller, "verifyPhone", wrong).await;
        assert_refused(&refused, "CODE_REJECTED", Some("code"));
        assert_eq!(error(&refused).0, "CodeRejectedError");
        assert_eq!(refused["userErrors"][0]["attemptsLeft"], left);
        assert_eq!(refused["caller"]["verification"]["attemptsLeft"], left);
    }
    let refused = scene
        .own(&caller, "verifyPhone", json!({ "code": code }))
        .await;
    assert_refused(&refused, "CODE_REJECTED", Some("code"));
    assert_eq!(refused["caller"]["status"], "WAITING");
    assert_eq!(refused["caller"]["phone"]["isVerified"], false);
}

#[tokio::test]
async fn what_is_no_code_at_all_costs_nothing() {
    let scene = Scene::new().await;
    let caller = scene.enter().await;
    let code = scene.send_code(&caller).await;
    let endless = "1".repeat(10_000);
    for typed in [
        "",
        "12345",
        "1234567",
        "12345a",
        "１２３４５６",
        "\u{202e}123456",
        &endless,
    ] {
        let refused = scene
            .own(&caller, "verifyPhone", json!({ "code": typed }))
            .await;
        assert_refused(&refused, "CODE_REJECTED", Some("code"));
        assert_eq!(refused["userErrors"][0]["attemptsLeft"], 5, "{typed}");
    }
    let spaced = format!(" {} {} ", &code[..3], &code[3..]);
    let verified = scene
        .own(&caller, "verifyPhone", json!({ "code": spaced }))
        .await;
    assert_eq!(
        verified["caller"]["phone"]["isVerified"], true,
        "{verified}"
    );
}

#[tokio::test]
async fn an_expired_a_replaced_and_another_callers_code_are_refused() {
    let scene = Scene::new().await;
    let (caller, other) = (scene.enter().await, scene.enter().await);
    let none = scene
        .own(&other, "verifyPhone", json!({ "code": "123456" }))
        .await;
    assert_refused(&none, "CODE_REJECTED", Some("code"));
    let first = scene.send_code(&caller).await;
    scene.stage.clock.advance(Span::minutes(1));
    let second = scene.send_code(&caller).await;
    if first != second {
        let replaced = scene
            .own(&caller, "verifyPhone", json!({ "code": first }))
            .await;
        assert_refused(&replaced, "CODE_REJECTED", Some("code"));
    }
    scene.stage.clock.advance(Span::minutes(2));
    let others = scene.send_code(&other).await;
    if others != second {
        let refused = scene
            .own(&caller, "verifyPhone", json!({ "code": others }))
            .await;
        assert_refused(&refused, "CODE_REJECTED", Some("code"));
    }
    scene.stage.clock.advance(Span::minutes(10));
    let expired = scene
        .own(&caller, "verifyPhone", json!({ "code": second }))
        .await;
    assert_refused(&expired, "CODE_REJECTED", Some("code"));
    assert_eq!(expired["caller"]["phone"]["isVerified"], false);
}

#[tokio::test]
async fn a_used_code_is_a_retry_for_its_caller_and_nothing_for_anyone_else() {
    let scene = Scene::new().await;
    let (caller, other) = (scene.enter().await, scene.enter().await);
    let code = scene.send_code(&caller).await;
    let first = scene
        .own(&caller, "verifyPhone", json!({ "code": code }))
        .await;
    let again = scene
        .own(&caller, "verifyPhone", json!({ "code": code }))
        .await;
    assert_eq!(first["userErrors"], json!([]));
    assert_eq!(first, again);
    let refused = scene
        .own(&other, "verifyPhone", json!({ "code": code }))
        .await;
    assert_refused(&refused, "CODE_REJECTED", Some("code"));
    scene.stage.clock.advance(Span::minutes(10));
    let late = scene
        .own(&caller, "verifyPhone", json!({ "code": code }))
        .await;
    assert_refused(&late, "CODE_REJECTED", Some("code"));
    assert_eq!(late["caller"]["phone"]["isVerified"], true);
}

#[tokio::test]
async fn a_second_code_within_a_minute_is_refused_with_the_time_to_try_again() {
    let scene = Scene::new().await;
    let caller = scene.enter().await;
    scene.send_code(&caller).await;
    let sent = scene.own(&caller, "sendVerificationCode", json!({})).await;
    assert_refused(&sent, "RATE_LIMITED", None);
    assert_eq!(sent["userErrors"][0]["retryAt"], "2026-03-02T08:16:30.250Z");
    assert_eq!(sent["resendAt"], sent["userErrors"][0]["retryAt"]);
    assert_eq!(sent["expiresAt"], "2026-03-02T08:25:30.250Z");
    assert_eq!(scene.stage.codes(NUMBER).await.len(), 1);
}

#[tokio::test]
async fn guessing_with_ever_new_codes_is_stopped_for_the_number() {
    let scene = Scene::new().await;
    let caller = scene.enter().await;
    let mut wrong = 0;
    let (right, limited) = 'guessing: loop {
        let code = scene.send_code(&caller).await;
        for _ in 0..3 {
            let guess = json!({ "code": another_code(&code) });
            let refused = scene.own(&caller, "verifyPhone", guess).await;
            if error(&refused).1 == "RATE_LIMITED" {
                break 'guessing (code, refused);
            }
            wrong += 1;
        }
        scene.stage.clock.advance(Span::minutes(1));
    };
    assert_eq!(wrong, 5);
    assert_eq!(error(&limited).2.as_deref(), Some("code"));
    assert_eq!(limited["caller"]["status"], "WAITING");
    let right = scene
        .own(&caller, "verifyPhone", json!({ "code": right }))
        .await;
    assert_refused(&right, "RATE_LIMITED", Some("code"));
    // Nor does a code go out that could not be entered.
    scene.stage.clock.advance(Span::minutes(2));
    let sent = scene.own(&caller, "sendVerificationCode", json!({})).await;
    assert_refused(&sent, "RATE_LIMITED", None);
    assert_eq!(
        sent["userErrors"][0]["retryAt"], limited["userErrors"][0]["retryAt"],
        "{sent}"
    );
}

#[tokio::test]
async fn without_offline_queueing_a_code_is_not_offered() {
    let scene = Scene::new().await;
    let input = json!({ "clinicId": scene.clinic.id.as_str(), "offlineQueueing": false });
    scene
        .stage
        .command(Some(&scene.admin), "updateClinicSettings", input)
        .await;
    let caller = scene.enter().await;
    let sent = scene.own(&caller, "sendVerificationCode", json!({})).await;
    assert_refused(&sent, "NOT_OFFERED", None);
    assert_eq!(error(&sent).0, "NotOfferedError");
}

#[tokio::test]
async fn a_number_to_be_changed_serves_until_the_new_one_is_proven() {
    let scene = Scene::new().await;
    let caller = scene.enter().await;
    scene.stage.verify(&caller, NUMBER).await;
    let sent = scene
        .own(
            &caller,
            "sendVerificationCode",
            json!({ "phone": OTHER_NUMBER }),
        )
        .await;
    assert_eq!(sent["userErrors"], json!([]));
    let code = scene.stage.codes(OTHER_NUMBER).await.pop().unwrap();
    let wrong = json!({ "code": another_code(&code) });
    let refused = scene.own(&caller, "verifyPhone", wrong).await;
    assert_refused(&refused, "CODE_REJECTED", Some("code"));
    assert_eq!(
        refused["caller"]["phone"],
        json!({ "number": NUMBER, "isVerified": true })
    );
    assert_eq!(refused["caller"]["verification"]["number"], OTHER_NUMBER);
    let verified = scene
        .own(&caller, "verifyPhone", json!({ "code": code }))
        .await;
    assert_eq!(verified["caller"]["phone"]["number"], OTHER_NUMBER);
}

// Presence, leaving, coming back

#[tokio::test]
async fn a_report_of_no_device_is_refused_and_a_late_one_changes_nothing() {
    let scene = Scene::new().await;
    let caller = scene.enter().await;
    scene.stage.verify(&caller, NUMBER).await;
    let endless = "a".repeat(10_000);
    for device in ["", "a b", "a\0", "é", &endless] {
        let input = json!({ "deviceId": device, "counter": 1, "state": "BACKGROUND" });
        let refused = scene.own(&caller, "reportPresence", input).await;
        assert_refused(&refused, "INVALID_INPUT", Some("deviceId"));
        assert_eq!(refused["caller"]["status"], "WAITING");
    }
    scene.stage.report(&caller, 5, "FOREGROUND").await;
    let late = scene.stage.report(&caller, 4, "BACKGROUND").await;
    assert_eq!(late["userErrors"], json!([]));
    assert_eq!(late["caller"]["status"], "WAITING");
}

#[tokio::test]
async fn a_reason_too_long_or_with_hidden_characters_is_refused_and_nobody_leaves() {
    let scene = Scene::new().await;
    let caller = scene.enter().await;
    let endless = "a".repeat(10_000);
    for reason in [endless.as_str(), "a\u{202e}b", "a\0b"] {
        let left = scene
            .own(&caller, "leaveWaitingArea", json!({ "reason": reason }))
            .await;
        assert_refused(&left, "INVALID_INPUT", Some("reason"));
        assert_eq!(left["caller"]["status"], "WAITING");
        let input = json!({ "callerId": caller.id, "reason": reason });
        let cancelled = scene
            .stage
            .command(Some(&scene.staff), "cancelCaller", input)
            .await;
        assert_refused(&cancelled, "INVALID_INPUT", Some("reason"));
        assert_eq!(cancelled["caller"]["status"], "WAITING");
    }
    let left = scene
        .own(
            &caller,
            "leaveWaitingArea",
            json!({ "reason": " better  now " }),
        )
        .await;
    assert_eq!(left["caller"]["end"]["reason"], "better now");
    assert_eq!(left["caller"]["end"]["how"], "LEFT_BY_CALLER");
}

#[tokio::test]
async fn a_lost_place_is_taken_back_once_and_only_when_it_was_lost() {
    let scene = Scene::new().await;
    let (caller, behind) = (scene.enter().await, scene.enter().await);
    let still_here = scene.own(&caller, "resumeWaiting", json!({})).await;
    assert_eq!(still_here["userErrors"], json!([]));
    assert_eq!(still_here["caller"]["id"], caller.id.as_str());
    scene.stage.report(&caller, 1, "BACKGROUND").await;
    scene.stage.report(&behind, 1, "FOREGROUND").await;
    scene.stage.pass(Span::minutes(2)).await;
    scene.stage.report(&behind, 2, "FOREGROUND").await;
    assert_eq!(scene.statuses().await, ["LEFT", "WAITING"]);
    let back = scene.own(&caller, "resumeWaiting", json!({})).await;
    assert_eq!(back["userErrors"], json!([]), "{back}");
    assert_ne!(back["caller"]["id"], caller.id.as_str());
    assert_eq!(back["caller"]["position"]["place"], 1);
    assert_eq!(
        back["caller"]["arrivalNumber"],
        still_here["caller"]["arrivalNumber"]
    );
    // The token opens the new stay: it is not taken back twice.
    let again = scene.own(&caller, "resumeWaiting", json!({})).await;
    assert_eq!(again["userErrors"], json!([]));
    assert_eq!(again["caller"]["id"], back["caller"]["id"]);
    scene.own(&behind, "leaveWaitingArea", json!({})).await;
    let gone = scene.own(&behind, "resumeWaiting", json!({})).await;
    assert_refused(&gone, "WRONG_STATUS", None);
}

// Tokens and ids

#[tokio::test]
async fn a_token_cut_short_is_nobodys() {
    let scene = Scene::new().await;
    let caller = scene.enter().await;
    for token in [caller.token.as_str(), &scene.staff] {
        for cut in (0..token.len()).chain([token.len() + 1]) {
            let presented: String = token.chars().chain(['A']).take(cut).collect();
            let query = "{ viewer { __typename ...on Anonymous { reason } } }";
            let answer = scene.stage.ask(Some(&presented), query, json!({})).await;
            assert_eq!(answer["data"]["viewer"]["__typename"], "Anonymous", "{cut}");
            let reason = answer["data"]["viewer"]["reason"].as_str().unwrap();
            assert!(reason.contains("not recognised"), "{reason}");
        }
    }
    let cut = &caller.token[..20];
    for (name, input) in [
        ("sendVerificationCode", json!({})),
        ("verifyPhone", json!({ "code": "123456" })),
        (
            "reportPresence",
            json!({ "deviceId": "a", "counter": 1, "state": "BACKGROUND" }),
        ),
        ("leaveWaitingArea", json!({})),
        ("resumeWaiting", json!({})),
    ] {
        for by in [Some(cut), None, Some(scene.staff.as_str())] {
            let refused = scene.stage.command(by, name, input.clone()).await;
            assert_refused(&refused, "NOT_FOUND", None);
            let message = refused["userErrors"][0]["message"].as_str().unwrap();
            assert!(message.contains("token"), "{message}");
        }
    }
    assert_eq!(scene.statuses().await, ["WAITING"]);
}

#[tokio::test]
async fn unknown_ids_foreign_ids_and_no_ids_get_one_and_the_same_answer() {
    let scene = Scene::new().await;
    let caller = scene.offline().await;
    let south = scene.stage.clinic("south").await;
    let stranger = scene.stage.key(&south, Role::ClinicAdmin).await;
    let endless = "caller_".repeat(2_000);
    for name in [
        "recallCaller",
        "cancelCaller",
        "joinCaller",
        "holdCaller",
        "completeCall",
        "verifyCallerPhone",
    ] {
        let by_stranger = Some(stranger.as_str());
        let input = attending(name, UNKNOWN_CALLER);
        let unknown = scene.stage.command(by_stranger, name, input).await;
        assert_refused(&unknown, "NOT_FOUND", Some("callerId"));
        for id in [
            caller.id.as_str(),
            "",
            "1",
            "'; drop table caller",
            &endless,
        ] {
            let input = attending(name, id);
            for by in [by_stranger, None, Some(caller.token.as_str())] {
                let refused = scene.stage.command(by, name, input.clone()).await;
                assert_eq!(refused, unknown, "{name}");
            }
        }
        let clinic_id = attending(name, scene.clinic.id.as_str());
        let refused = scene
            .stage
            .command(Some(&scene.staff), name, clinic_id)
            .await;
        assert_eq!(refused, unknown, "{name}");
    }
    assert_eq!(scene.statuses().await, ["OFFLINE"]);
}

#[tokio::test]
async fn a_reporter_is_told_that_the_role_may_only_read() {
    let scene = Scene::new().await;
    let caller = scene.offline().await;
    let by = Some(scene.reporter.as_str());
    for name in [
        "recallCaller",
        "cancelCaller",
        "joinCaller",
        "holdCaller",
        "completeCall",
        "verifyCallerPhone",
    ] {
        let input = attending(name, &caller.id);
        let refused = scene.stage.command(by, name, input).await;
        assert_refused(&refused, "UNAVAILABLE", None);
        assert_eq!(refused["caller"]["status"], "OFFLINE");
        let unknown = attending(name, UNKNOWN_CALLER);
        let refused = scene.stage.command(by, name, unknown).await;
        assert_refused(&refused, "NOT_FOUND", Some("callerId"));
    }
    let id = json!({ "clinicId": scene.clinic.id.as_str(), "isOpen": false });
    for by in [&scene.reporter, &scene.staff] {
        let refused = scene
            .stage
            .command(Some(by), "updateClinicSettings", id.clone())
            .await;
        assert_refused(&refused, "UNAVAILABLE", None);
    }
    assert_eq!(scene.statuses().await, ["OFFLINE"]);
}

// What staff do

#[tokio::test]
async fn a_caller_is_recalled_joined_held_and_completed_and_each_repeat_changes_nothing() {
    let scene = Scene::new().await;
    let caller = scene.offline().await;
    let joined = scene.attend("joinCaller", &caller).await;
    assert_refused(&joined, "WRONG_STATUS", None);
    assert_eq!(joined["userErrors"][0]["status"], "OFFLINE");
    assert!(joined["room"].is_null());
    let recalled = scene.attend("recallCaller", &caller).await;
    assert_eq!(recalled["userErrors"], json!([]), "{recalled}");
    assert_eq!(recalled["recall"]["sms"]["state"], "QUEUED");
    assert_eq!(scene.attend("recallCaller", &caller).await, recalled);
    scene.stage.clock.advance(Span::seconds(20));
    let soon = scene.attend("recallCaller", &caller).await;
    assert_refused(&soon, "RATE_LIMITED", None);
    assert_eq!(soon["userErrors"][0]["retryAt"], "2026-03-02T08:16:30.250Z");
    assert!(soon["recall"].is_null());
    let back = scene.stage.report(&caller, 2, "FOREGROUND").await;
    assert_eq!(back["caller"]["status"], "WAITING");
    let recalled = scene.attend("recallCaller", &caller).await;
    assert_refused(&recalled, "WRONG_STATUS", None);
    for early in ["holdCaller", "completeCall"] {
        let refused = scene.attend(early, &caller).await;
        assert_refused(&refused, "WRONG_STATUS", None);
        assert_eq!(refused["caller"]["status"], "WAITING");
    }
    let joined = scene.attend("joinCaller", &caller).await;
    assert_eq!(joined["userErrors"], json!([]));
    assert!(
        joined["room"]["url"]
            .as_str()
            .unwrap()
            .starts_with("https://video.example/room_")
    );
    assert_eq!(scene.attend("joinCaller", &caller).await, joined);
    let cancelled = scene.attend("cancelCaller", &caller).await;
    assert_refused(&cancelled, "WRONG_STATUS", None);
    let held = scene.attend("holdCaller", &caller).await;
    assert_eq!(held["caller"]["status"], "ON_HOLD");
    assert_eq!(scene.attend("holdCaller", &caller).await, held);
    let joined_again = scene.attend("joinCaller", &caller).await;
    assert_eq!(joined_again["room"], joined["room"]);
    let completed = scene.attend("completeCall", &caller).await;
    assert_eq!(completed["caller"]["end"]["how"], "COMPLETED");
    assert_eq!(scene.attend("completeCall", &caller).await, completed);
}

#[tokio::test]
async fn nothing_moves_a_final_caller_and_each_refusal_says_the_status() {
    let scene = Scene::new().await;
    let completed = scene.enter().await;
    scene.attend("joinCaller", &completed).await;
    scene.attend("completeCall", &completed).await;
    let cancelled = scene.enter().await;
    scene.attend("cancelCaller", &cancelled).await;
    let left = scene.enter().await;
    scene.own(&left, "leaveWaitingArea", json!({})).await;
    for (caller, status, repeats) in [
        (&completed, "COMPLETED", "completeCall"),
        (&cancelled, "CANCELLED", "cancelCaller"),
        (&left, "LEFT", "leaveWaitingArea"),
    ] {
        for name in [
            "recallCaller",
            "cancelCaller",
            "joinCaller",
            "holdCaller",
            "completeCall",
        ] {
            let payload = scene.attend(name, caller).await;
            assert_eq!(payload["caller"]["status"], status);
            if name == repeats {
                assert_eq!(payload["userErrors"], json!([]));
            } else {
                assert_refused(&payload, "WRONG_STATUS", None);
                assert_eq!(payload["userErrors"][0]["status"], status);
            }
        }
        for (name, input) in [
            ("verifyPhone", json!({ "code": "123456" })),
            ("leaveWaitingArea", json!({})),
            ("resumeWaiting", json!({})),
        ] {
            let payload = scene.own(caller, name, input).await;
            assert_eq!(payload["caller"]["status"], status);
            if name != repeats {
                assert_refused(&payload, "WRONG_STATUS", None);
            }
        }
        let sent = scene.own(caller, "sendVerificationCode", json!({})).await;
        assert_refused(&sent, "WRONG_STATUS", None);
        // Not a refusal: a page that is still open goes on reporting.
        let reported = scene.stage.report(caller, 1, "BACKGROUND").await;
        assert_eq!(reported["userErrors"], json!([]));
        assert_eq!(reported["caller"]["status"], status);
    }
}

// Settings

#[tokio::test]
async fn a_setting_that_cannot_be_is_refused_at_its_field_and_none_of_the_change_is_taken() {
    let scene = Scene::new().await;
    let by = Some(scene.admin.as_str());
    let endless = "a".repeat(10_000);
    let field = |key: &str, label: &str| json!({ "key": key, "label": label, "isRequired": false });
    let many: Vec<_> = (0..13)
        .map(|number| field(&format!("k{number}"), "Label"))
        .collect();
    let before = {
        let id = json!({ "clinicId": scene.clinic.id.as_str() });
        scene.stage.command(by, "updateClinicSettings", id).await
    };
    for (name, value, path) in [
        ("defaultCountry", json!("NZ"), "allowedCountries"),
        ("allowedCountries", json!([]), "allowedCountries"),
        (
            "allowedCountries",
            json!(["AU", "Australia"]),
            "allowedCountries.1",
        ),
        (
            "roomUrlTemplate",
            json!("http://video.example/{room}"),
            "roomUrlTemplate",
        ),
        (
            "roomUrlTemplate",
            json!("https://video.example/"),
            "roomUrlTemplate",
        ),
        (
            "roomUrlTemplate",
            json!("javascript:alert('{room}')"),
            "roomUrlTemplate",
        ),
        ("roomTokenKey", json!("too short"), "roomTokenKey"),
        ("roomTokenIssuer", json!(endless), "roomTokenIssuer"),
        (
            "roomUrlTemplate",
            json!("https://video.example/{room}?jwt={token}"),
            "roomTokenKey",
        ),
        ("consentText", json!(endless), "consentText"),
        ("consentText", json!("a\u{202e}b"), "consentText"),
        (
            "entryFields",
            json!([field("Date", "Date")]),
            "entryFields.0.key",
        ),
        (
            "entryFields",
            json!([field("a", "A"), field("a", "B")]),
            "entryFields.1.key",
        ),
        (
            "entryFields",
            json!([field("a", " ")]),
            "entryFields.0.label",
        ),
        (
            "entryFields",
            json!([field("a", &endless)]),
            "entryFields.0.label",
        ),
        ("entryFields", json!(many), "entryFields"),
        (
            "lostContactGraceSeconds",
            json!(0),
            "lostContactGraceSeconds",
        ),
        (
            "lostContactGraceSeconds",
            json!(-1),
            "lostContactGraceSeconds",
        ),
        (
            "lostContactGraceSeconds",
            json!(3601),
            "lostContactGraceSeconds",
        ),
        ("eraseAfterSeconds", json!(-1), "eraseAfterSeconds"),
        ("eraseAfterSeconds", json!(86_401), "eraseAfterSeconds"),
        ("timeZone", json!("Mars/Olympus"), "timeZone"),
        ("timeZone", json!(""), "timeZone"),
        ("timeZone", json!(endless), "timeZone"),
    ] {
        let mut input = json!({ "clinicId": scene.clinic.id.as_str(), "isOpen": false });
        input[name] = value;
        let refused = scene.stage.command(by, "updateClinicSettings", input).await;
        assert_refused(&refused, "INVALID_INPUT", Some(path));
        assert!(refused["settings"].is_null());
    }
    let id = json!({ "clinicId": scene.clinic.id.as_str() });
    assert_eq!(
        scene.stage.command(by, "updateClinicSettings", id).await,
        before
    );
}

#[tokio::test]
async fn two_letters_that_are_no_country_are_refused_at_their_field() {
    let scene = Scene::new().await;
    for code in ["ZZ", "XX", "", "A", "AUS", "ÄÖ", "\u{202e}AU"] {
        for (name, value, path) in [
            ("defaultCountry", json!(code), "defaultCountry"),
            (
                "allowedCountries",
                json!(["AU", code]),
                "allowedCountries.1",
            ),
        ] {
            let input = json!({ "clinicId": scene.clinic.id.as_str(), name: value });
            let by = Some(scene.admin.as_str());
            let refused = scene.stage.command(by, "updateClinicSettings", input).await;
            assert_refused(&refused, "INVALID_INPUT", Some(path));
        }
    }
}

#[tokio::test]
async fn a_consent_text_is_set_kept_when_left_out_and_removed_by_null() {
    let scene = Scene::new().await;
    for (change, text) in [
        (
            json!({ "consentText": "We call you back." }),
            json!("We call you back."),
        ),
        (
            json!({ "showQueuePosition": false }),
            json!("We call you back."),
        ),
        (json!({ "consentText": null }), json!(null)),
    ] {
        let mut input = change;
        input["clinicId"] = json!(scene.clinic.id.as_str());
        let changed = scene
            .stage
            .command(Some(&scene.admin), "updateClinicSettings", input)
            .await;
        assert_eq!(changed["userErrors"], json!([]));
        assert_eq!(changed["settings"]["consentText"], text);
    }
}

#[tokio::test]
async fn settings_of_an_unknown_clinic_and_of_others_get_the_same_answer() {
    let scene = Scene::new().await;
    let south = scene.stage.clinic("south").await;
    let stranger = scene.stage.key(&south, Role::ClinicAdmin).await;
    let unknown = json!({ "clinicId": "clinic_00000000000000000000000000", "isOpen": false });
    let unknown = scene
        .stage
        .command(Some(&stranger), "updateClinicSettings", unknown)
        .await;
    assert_refused(&unknown, "NOT_FOUND", Some("clinicId"));
    for id in [scene.clinic.id.as_str(), "", "north"] {
        let input = json!({ "clinicId": id, "isOpen": false });
        for by in [Some(stranger.as_str()), None] {
            let refused = scene
                .stage
                .command(by, "updateClinicSettings", input.clone())
                .await;
            assert_eq!(refused, unknown);
        }
    }
}

// Sessions

#[tokio::test]
async fn a_sign_in_link_opens_one_session_and_signing_out_ends_it() {
    let scene = Scene::new().await;
    let link = scene
        .sign_in_links("Nadia", Role::ClinicAdmin, 1)
        .await
        .remove(0);
    let endless = "i".repeat(10_000);
    for wrong in [
        "",
        &link[..10],
        "i0000000000000000000000",
        &scene.admin,
        &endless,
    ] {
        let refused = scene
            .stage
            .command(None, "signIn", json!({ "token": wrong }))
            .await;
        assert_refused(&refused, "NOT_FOUND", Some("token"));
    }
    let signed_in = scene
        .stage
        .command(None, "signIn", json!({ "token": link }))
        .await;
    assert_eq!(signed_in["viewer"]["name"], "Nadia", "{signed_in}");
    assert_eq!(signed_in["viewer"]["role"], "CLINIC_ADMIN");
    assert_eq!(signed_in["expiresAt"], "2026-03-02T20:15:30.250Z");
    let again = scene
        .stage
        .command(None, "signIn", json!({ "token": link }))
        .await;
    assert_refused(&again, "NOT_FOUND", Some("token"));
    let session = signed_in["token"].as_str().unwrap();
    for _ in 0..2 {
        let signed_out = scene
            .stage
            .command(Some(session), "signOut", json!({}))
            .await;
        assert_eq!(signed_out, json!({ "signedOut": true, "userErrors": [] }));
        let viewer = scene
            .stage
            .ask(Some(session), "{ viewer { __typename } }", json!({}))
            .await;
        assert_eq!(viewer["data"]["viewer"]["__typename"], "Anonymous");
    }
    let refused = scene
        .stage
        .command(Some(&scene.admin), "signOut", json!({}))
        .await;
    assert_refused(&refused, "UNAVAILABLE", None);
    assert_eq!(refused["signedOut"], false);
}

#[tokio::test]
async fn a_session_and_a_sign_in_link_end_in_time() {
    let scene = Scene::new().await;
    let links = scene.sign_in_links("Nadia", Role::TeamMember, 2).await;
    let signed_in = scene
        .stage
        .command(None, "signIn", json!({ "token": links[0] }))
        .await;
    scene.stage.clock.advance(Span::hours(1));
    let late = scene
        .stage
        .command(None, "signIn", json!({ "token": links[1] }))
        .await;
    assert_refused(&late, "NOT_FOUND", Some("token"));
    scene.stage.clock.advance(Span::hours(11));
    let session = signed_in["token"].as_str();
    let viewer = scene
        .stage
        .ask(session, "{ viewer { __typename } }", json!({}))
        .await;
    assert_eq!(viewer["data"]["viewer"]["__typename"], "Anonymous");
}

// Arguments of queries

#[tokio::test]
async fn a_page_that_cannot_be_is_an_error_of_its_own_and_null() {
    let scene = Scene::new().await;
    scene.enter().await;
    let endless = "A".repeat(10_000);
    for arguments in [
        "first: -1",
        "first: 501",
        "last: 501",
        "first: 1, last: 1",
        "after: \"\"",
        "before: \"nonsense\"",
        &format!("after: \"{endless}\""),
    ] {
        let query = format!(
            "{{ clinic(slug: \"north\") {{ name waitingArea {{ version callers({arguments}) \
             {{ totalCount }} }} }} }}"
        );
        let answer = scene.stage.ask(Some(&scene.staff), &query, json!({})).await;
        assert_eq!(
            answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT",
            "{arguments}"
        );
        let clinic = &answer["data"]["clinic"];
        assert_eq!(
            *clinic,
            json!({ "name": "Clinic north", "waitingArea": null })
        );
    }
    let query = "query ($n: Int) { viewer { ...on ApiClient { clinic { waitingArea { callers { \
                 nodes { id activity(first: $n) { kind } } } } } } } }";
    let answer = scene
        .stage
        .ask(Some(&scene.staff), query, json!({ "n": 201 }))
        .await;
    assert_eq!(
        answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT",
        "{answer}"
    );
    let nodes = &answer["data"]["viewer"]["clinic"]["waitingArea"]["callers"]["nodes"];
    assert!(nodes[0]["activity"].is_null() && nodes[0]["id"].is_string());
}

#[tokio::test]
async fn pages_meet_without_a_gap_in_both_directions() {
    let scene = Scene::new().await;
    let mut ids = Vec::new();
    for number in 0..5 {
        ids.push(
            scene
                .stage
                .enter("north", &format!("Caller {number}"), None)
                .await
                .id,
        );
    }
    let query = "query ($first: Int, $after: String, $last: Int, $before: String) { \
                 clinic(slug: \"north\") { waitingArea { callers(first: $first, after: $after, \
                 last: $last, before: $before, statuses: [WAITING]) { totalCount nodes { id } \
                 edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } \
                 } } } }";
    for (count, place, to, more) in [
        ("first", "after", "endCursor", "hasNextPage"),
        ("last", "before", "startCursor", "hasPreviousPage"),
    ] {
        let mut seen = Vec::new();
        let mut cursor = Json::Null;
        loop {
            let variables = json!({ count: 2, place: cursor });
            let answer = scene
                .stage
                .ask(Some(&scene.reporter), query, variables)
                .await;
            let page = &answer["data"]["clinic"]["waitingArea"]["callers"];
            assert_eq!(page["totalCount"], 5, "{answer}");
            let mut nodes: Vec<_> = page["nodes"].as_array().unwrap().clone();
            if count == "last" {
                nodes.reverse();
            }
            seen.extend(
                nodes
                    .iter()
                    .map(|node| node["id"].as_str().unwrap().to_owned()),
            );
            if page["pageInfo"][more] == false {
                break;
            }
            cursor = page["pageInfo"][to].clone();
        }
        if count == "last" {
            seen.reverse();
        }
        assert_eq!(seen, ids, "{count}");
    }
}

#[tokio::test]
async fn a_number_that_staff_cannot_have_phoned_for_this_caller_is_refused_at_its_field() {
    let scene = Scene::new().await;
    let caller = scene.enter().await;
    let endless = "0".repeat(10_000);
    for phone in [
        "",
        "  ",
        "hello",
        "123",
        OTHER_NUMBER,
        "+12025550123",
        &endless,
    ] {
        let input = json!({ "callerId": caller.id, "phone": phone });
        let by = Some(scene.staff.as_str());
        let refused = scene.stage.command(by, "verifyCallerPhone", input).await;
        assert_refused(&refused, "INVALID_INPUT", Some("phone"));
        assert_eq!(refused["caller"]["phone"]["isVerified"], false, "{phone}");
    }
    for phone in ["0491 570 006", NUMBER] {
        let input = json!({ "callerId": caller.id, "phone": phone });
        let by = Some(scene.staff.as_str());
        let vouched = scene.stage.command(by, "verifyCallerPhone", input).await;
        assert_eq!(vouched["userErrors"], json!([]), "{phone}");
        assert_eq!(vouched["caller"]["phone"]["isVerified"], true, "{phone}");
    }
}
