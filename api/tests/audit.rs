//! Who of a clinic's staff looked at or did what stands in the audit log, before they are answered, and
//! without anybody's name but theirs.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what a test expects and does not find is the test's failure, in its helpers too"
)]

mod support;

use serde_json::{Value as Json, json};
use standby::domain::policy::Role;
use standby::domain::time::Span;
use std::time::Duration;
use support::{Arrived, Stage, next};

const LOG: &str = "query ($slug: String!, $first: Int, $after: String) { clinic(slug: $slug) { \
    auditLog(first: $first, after: $after) { edges { cursor node { id } } \
    nodes { id at by byId kind description subjectId subjectName } \
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }";
const BOARD: &str = "{ clinic(slug: \"north\") { waitingArea { callers { nodes { name } } } } }";
const CALLER: &str = "query ($id: ID!) { node(id: $id) { ...on Caller { name } } }";
const ACTIVITY: &str =
    "query ($id: ID!) { node(id: $id) { ...on Caller { activity { description } } } }";
const FOLLOW: &str = "subscription ($id: ID!) { waitingAreaChanged(clinicId: $id) { \
    ...on WaitingAreaSnapshot { callers { name } } } }";
const FOLLOW_ACTIVITY: &str = "subscription ($id: ID!) { waitingAreaChanged(clinicId: $id) { \
    ...on WaitingAreaSnapshot { callers { activity { description } } } } }";

/// The entries of a page, newest first.
async fn page(stage: &Stage, by: &str, slug: &str, first: i64, after: Option<&str>) -> Json {
    let variables = json!({ "slug": slug, "first": first, "after": after });
    let answer = stage.ask(Some(by), LOG, variables).await;
    assert!(answer.get("errors").is_none(), "{answer}");
    answer["data"]["clinic"]["auditLog"].clone()
}

/// Kind and subject of every entry, oldest first, as they stand in the table: asking is a look.
fn kept(stage: &Stage) -> Vec<String> {
    stage.read(
        "SELECT deed || coalesce(' ' || subject, '') AS value FROM audit_entry \
         ORDER BY clinic_id, number",
    )
}

/// How many entries there are, of all clinics.
fn count(stage: &Stage) -> usize {
    kept(stage).len()
}

async fn away(stage: &Stage, name: &str, number: &str) -> Arrived {
    let caller = stage.enter("north", name, Some(number)).await;
    stage.verify(&caller, number).await;
    stage.report(&caller, 1, "BACKGROUND").await;
    caller
}

#[tokio::test]
async fn every_command_of_staff_on_a_caller_is_recorded_with_who_and_whom() {
    let stage = Stage::new();
    let north = stage.clinic("north").await;
    let admin = stage.key(&north, Role::ClinicAdmin).await;
    let (member, session) = stage
        .member(&north, "Nadia Northcott", Role::TeamMember)
        .await;
    let by = Some(session.as_str());
    let ada = away(&stage, "Ada", "+61491570006").await;
    let on = |caller: &Arrived| json!({ "callerId": caller.id });
    stage.command(by, "recallCaller", on(&ada)).await;
    stage.report(&ada, 2, "FOREGROUND").await;
    stage.command(by, "joinCaller", on(&ada)).await;
    stage.command(by, "holdCaller", on(&ada)).await;
    stage.command(by, "joinCaller", on(&ada)).await;
    stage.command(by, "completeCall", on(&ada)).await;
    let ben = stage.enter("north", "Ben", Some("0491570156")).await;
    let vouch = json!({ "callerId": ben.id, "phone": "0491570156" });
    stage.command(by, "verifyCallerPhone", vouch).await;
    stage.command(by, "cancelCaller", on(&ben)).await;

    let log = page(&stage, &admin, "north", 50, None).await;
    let done: Vec<_> = log["nodes"].as_array().unwrap().iter().rev().collect();
    let done: Vec<_> = done
        .into_iter()
        .filter(|entry| entry["byId"] == member.as_str() && entry["kind"] != "SIGNED_IN")
        .map(|entry| {
            assert_eq!(entry["by"], "Nadia Northcott");
            assert!(!entry["description"].as_str().unwrap().is_empty());
            let text = |name: &str| entry[name].as_str().unwrap().to_owned();
            (text("kind"), text("subjectId"))
        })
        .collect();
    let wanted = [
        ("RECALLED", &ada),
        ("JOINED", &ada),
        ("HELD", &ada),
        ("JOINED", &ada),
        ("COMPLETED", &ada),
        ("VOUCHED_FOR_PHONE", &ben),
        ("CANCELLED", &ben),
    ];
    let wanted = wanted.map(|(kind, caller)| (kind.to_owned(), caller.id.clone()));
    assert_eq!(done, wanted);
}

#[tokio::test]
async fn a_command_that_changes_nothing_but_shows_a_caller_is_a_look() {
    let stage = Stage::new();
    let north = stage.clinic("north").await;
    let staff = stage.key(&north, Role::TeamMember).await;
    let reporter = stage.key(&north, Role::Reporter).await;
    let ana = stage.enter("north", "Ana", None).await;
    let before = count(&stage);
    let refused = [
        ("recallCaller", json!({ "callerId": ana.id }), &staff),
        ("holdCaller", json!({ "callerId": ana.id }), &staff),
        (
            "cancelCaller",
            json!({ "callerId": ana.id, "reason": "x".repeat(10_000) }),
            &staff,
        ),
        (
            "verifyCallerPhone",
            json!({ "callerId": ana.id, "phone": "no number" }),
            &staff,
        ),
        ("joinCaller", json!({ "callerId": ana.id }), &reporter),
    ];
    for (command, input, by) in refused {
        let payload = stage.command(Some(by), command, input).await;
        assert_eq!(payload["caller"]["name"], "Ana", "{command}");
        // Each for itself: a look within the ten minutes after another is none more.
        stage.clock.advance(Span::minutes(10));
    }
    assert_eq!(
        kept(&stage)[before..],
        vec![format!("SAW_CALLER {}", ana.id); 5]
    );
}

#[tokio::test]
async fn whatever_staff_look_at_is_recorded_for_what_it_is() {
    let stage = Stage::new();
    let north = stage.clinic("north").await;
    let admin = stage.key(&north, Role::ClinicAdmin).await;
    let by = Some(admin.as_str());
    let ana = stage.enter("north", "Ana", None).await;
    let id = json!({ "id": ana.id });
    let looked = |before: usize| kept(&stage)[before..].to_vec();

    let before = count(&stage);
    stage.ask(by, BOARD, json!({})).await;
    assert_eq!(looked(before), ["SAW_WAITING_AREA"]);
    let before = count(&stage);
    stage.ask(by, CALLER, id.clone()).await;
    assert_eq!(looked(before), [format!("SAW_CALLER {}", ana.id)]);
    let before = count(&stage);
    stage.ask(by, ACTIVITY, id).await;
    assert_eq!(looked(before), [format!("SAW_ACTIVITY {}", ana.id)]);
    let report = "{ clinic(slug: \"north\") { report(from: \"2026-03-01\", to: \"2026-03-02\") { \
                  from } } }";
    let before = count(&stage);
    stage.ask(by, report, json!({})).await;
    assert_eq!(looked(before), ["SAW_REPORT"]);
    let before = count(&stage);
    page(&stage, &admin, "north", 1, None).await;
    assert_eq!(looked(before), ["SAW_AUDIT_LOG"]);

    // Following is looking, for each who follows and for as long as they do.
    let other = stage.key(&north, Role::Reporter).await;
    let before = count(&stage);
    let clinic = json!({ "id": north.id.as_str() });
    let mut followed = stage.follow(Some(&other), FOLLOW, clinic.clone()).await;
    assert!(next(&mut followed).await.is_some());
    assert_eq!(looked(before), ["SAW_WAITING_AREA"]);
    stage.clock.advance(Span::hours(1));
    let before = count(&stage);
    stage.enter("north", "Ben", None).await;
    assert!(next(&mut followed).await.is_some());
    assert_eq!(looked(before), ["SAW_WAITING_AREA"]);
    let before = count(&stage);
    let mut followed = stage.follow(Some(&other), FOLLOW_ACTIVITY, clinic).await;
    assert!(next(&mut followed).await.is_some());
    let seen = looked(before);
    assert!(seen.contains(&"SAW_ACTIVITY".to_owned()), "{seen:?}");
}

#[tokio::test]
async fn what_shows_no_caller_is_no_look() {
    let stage = Stage::new();
    let north = stage.clinic("north").await;
    let staff = stage.key(&north, Role::ClinicAdmin).await;
    let south = stage.clinic("south").await;
    let stranger = stage.key(&south, Role::ClinicAdmin).await;
    let ana = stage.enter("north", "Ana", None).await;
    let before = count(&stage);
    let version = "{ clinic(slug: \"north\") { name waitingArea { version } } }";
    stage.ask(Some(&staff), version, json!({})).await;
    let id = json!({ "id": ana.id });
    // The own stay, and what strangers do not get to see.
    for by in [Some(ana.token.as_str()), Some(stranger.as_str()), None] {
        stage.ask(by, CALLER, id.clone()).await;
        stage.ask(by, BOARD, json!({})).await;
        stage.ask(by, LOG, json!({ "slug": "north" })).await;
    }
    let nobody = json!({ "id": "caller_00000000000000000000000000" });
    stage.ask(Some(&staff), CALLER, nobody).await;
    assert_eq!(count(&stage), before);
}

#[tokio::test]
async fn a_board_that_is_asked_and_followed_by_many_costs_a_write_for_each_in_ten_minutes() {
    let mut stage = Stage::new();
    let north = stage.clinic("north").await;
    let mut staff = Vec::new();
    for _ in 0..20 {
        staff.push(stage.key(&north, Role::TeamMember).await);
    }
    stage.enter("north", "Ana", None).await;
    let before = count(&stage);
    let clinic = json!({ "id": north.id.as_str() });
    for _ in 0..10 {
        stage.clock.advance(Span::seconds(5));
        for by in &staff {
            stage.ask(Some(by), BOARD, json!({})).await;
            let mut followed = stage.follow(Some(by), FOLLOW, clinic.clone()).await;
            assert!(next(&mut followed).await.is_some());
        }
    }
    assert_eq!(count(&stage) - before, staff.len());
    // A restart remembers nothing, and asks the log.
    stage.restart();
    for by in &staff {
        stage.ask(Some(by), BOARD, json!({})).await;
    }
    assert_eq!(count(&stage) - before, staff.len());
    stage.clock.advance(Span::minutes(10));
    stage.ask(Some(&staff[0]), BOARD, json!({})).await;
    assert_eq!(count(&stage) - before, staff.len() + 1);
}

#[tokio::test]
async fn what_cannot_be_recorded_is_not_shown_and_not_done() {
    let stage = Stage::new();
    let north = stage.clinic("north").await;
    let admin = stage.key(&north, Role::ClinicAdmin).await;
    let by = Some(admin.as_str());
    let ana = stage.enter("north", "Ana", None).await;
    stage.spoil("ALTER TABLE audit_entry RENAME TO elsewhere");
    let id = json!({ "id": ana.id });
    let report = "{ clinic(slug: \"north\") { report(from: \"2026-03-01\", to: \"2026-03-02\") { \
                  total { arrived } } } }";
    for (query, variables) in [
        (BOARD, json!({})),
        (CALLER, id.clone()),
        (ACTIVITY, id),
        (report, json!({})),
    ] {
        let answer = stage.ask(by, query, variables).await;
        assert_eq!(
            answer["errors"][0]["extensions"]["code"],
            "INTERNAL_SERVER_ERROR"
        );
        let text = answer.to_string();
        assert!(!text.contains("Ana") && !text.contains("Arrived"), "{text}");
        assert!(!text.contains("\"arrived\""), "{text}");
    }
    let clinic = json!({ "id": north.id.as_str() });
    let mut followed = stage.follow(by, FOLLOW, clinic).await;
    let answer = next(&mut followed).await.unwrap().to_string();
    assert!(
        answer.contains("INTERNAL_SERVER_ERROR") && !answer.contains("Ana"),
        "{answer}"
    );

    let join = "mutation ($id: ID!) { joinCaller(input: { callerId: $id }) { caller { id } } }";
    let answer = stage.ask(by, join, json!({ "id": ana.id })).await;
    assert_eq!(
        answer["errors"][0]["extensions"]["code"],
        "INTERNAL_SERVER_ERROR"
    );
    let closing = "mutation ($id: ID!) { updateClinicSettings(input: { clinicId: $id, \
                   isOpen: false }) { settings { isOpen } } }";
    let answer = stage
        .ask(by, closing, json!({ "id": north.id.as_str() }))
        .await;
    assert_eq!(
        answer["errors"][0]["extensions"]["code"],
        "INTERNAL_SERVER_ERROR"
    );

    stage.spoil("ALTER TABLE elsewhere RENAME TO audit_entry");
    let status = "query ($id: ID!) { node(id: $id) { ...on Caller { status clinic { isOpen } } } }";
    let answer = stage.ask(by, status, json!({ "id": ana.id })).await;
    assert_eq!(answer["data"]["node"]["status"], "WAITING");
    assert_eq!(answer["data"]["node"]["clinic"]["isOpen"], true);
}

#[tokio::test]
async fn settings_are_recorded_when_they_change_and_not_when_they_do_not() {
    let stage = Stage::new();
    let north = stage.clinic("north").await;
    let admin = stage.key(&north, Role::ClinicAdmin).await;
    let by = Some(admin.as_str());
    let before = count(&stage);
    let change = |what: Json| {
        let mut input = json!({ "clinicId": north.id.as_str() });
        input
            .as_object_mut()
            .unwrap()
            .extend(what.as_object().unwrap().clone());
        stage.command(by, "updateClinicSettings", input)
    };
    change(json!({ "isOpen": false })).await;
    change(json!({ "isOpen": false })).await;
    let refused = change(json!({ "lostContactGraceSeconds": 1 })).await;
    assert_eq!(refused["userErrors"][0]["code"], "INVALID_INPUT");
    assert_eq!(kept(&stage)[before..], ["CHANGED_SETTINGS"]);
}

#[tokio::test]
async fn signing_in_and_out_is_recorded_as_the_members() {
    let stage = Stage::new();
    let north = stage.clinic("north").await;
    let admin = stage.key(&north, Role::ClinicAdmin).await;
    let (member, session) = stage
        .member(&north, "Nadia Northcott", Role::TeamMember)
        .await;
    stage.command(Some(&session), "signOut", json!({})).await;
    let log = page(&stage, &admin, "north", 50, None).await;
    let of_member: Vec<_> = log["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["byId"] == member.as_str())
        .map(|entry| entry["kind"].as_str().unwrap())
        .collect();
    assert_eq!(of_member, ["SIGNED_OUT", "SIGNED_IN"]);
}

#[tokio::test]
async fn pages_of_the_log_join_up_newest_first() {
    let stage = Stage::new();
    let north = stage.clinic("north").await;
    let admin = stage.key(&north, Role::ClinicAdmin).await;
    for change in 0..23 {
        let input = json!({ "clinicId": north.id.as_str(), "isOpen": change % 2 == 1 });
        stage
            .command(Some(&admin), "updateClinicSettings", input)
            .await;
        stage.clock.advance(Span::seconds(1));
    }
    page(&stage, &admin, "north", 0, None).await;
    let whole = page(&stage, &admin, "north", 200, None).await;
    let whole = whole["nodes"].as_array().unwrap().clone();
    let times: Vec<_> = whole
        .iter()
        .map(|entry| entry["at"].as_str().unwrap())
        .collect();
    assert!(
        times.is_sorted_by(|newer, older| newer >= older),
        "{times:?}"
    );
    assert!(whole.len() >= 24);
    let mut joined = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let part = page(&stage, &admin, "north", 7, after.as_deref()).await;
        let nodes = part["nodes"].as_array().unwrap();
        assert_eq!(part["pageInfo"]["hasPreviousPage"], after.is_some());
        assert_eq!(part["edges"][0]["cursor"], part["pageInfo"]["startCursor"]);
        assert_eq!(part["edges"][0]["node"]["id"], nodes[0]["id"]);
        joined.extend(nodes.clone());
        after = part["pageInfo"]["endCursor"].as_str().map(str::to_owned);
        if part["pageInfo"]["hasNextPage"] == false {
            break;
        }
        assert_eq!(nodes.len(), 7);
    }
    assert_eq!(joined, whole);

    for (first, after) in [
        (json!(-1), Json::Null),
        (json!(201), Json::Null),
        (json!(5), json!("x")),
    ] {
        let variables = json!({ "slug": "north", "first": first, "after": after });
        let answer = stage.ask(Some(&admin), LOG, variables).await;
        assert_eq!(answer["data"]["clinic"]["auditLog"], Json::Null);
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
    }
}

#[tokio::test]
async fn a_log_is_read_by_clinic_admins_of_its_own_clinic_alone() {
    let stage = Stage::new();
    let north = stage.clinic("north").await;
    let south = stage.clinic("south").await;
    let ours = stage.key(&north, Role::ClinicAdmin).await;
    let theirs = stage.key(&south, Role::ClinicAdmin).await;
    for _ in 0..5 {
        stage.key(&south, Role::Reporter).await;
    }
    let ana = stage.enter("north", "Ana", None).await;
    let member = stage.key(&north, Role::TeamMember).await;
    let reporter = stage.key(&north, Role::Reporter).await;
    // A wrong cursor is an error to those who may read, and to nobody else.
    let variables = json!({ "slug": "north", "after": "x" });
    for by in [&theirs, &ana.token, &member, &reporter] {
        let answer = stage.ask(Some(by), LOG, variables.clone()).await;
        assert_eq!(
            answer,
            json!({ "data": { "clinic": { "auditLog": null } } })
        );
    }
    // The numbers of a clinic's entries tell nothing of what is done in another.
    let log = page(&stage, &ours, "north", 200, None).await;
    let entries = log["nodes"].as_array().unwrap();
    let first = entries.last().unwrap();
    let log = page(&stage, &theirs, "south", 200, None).await;
    let their_first = log["nodes"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(first["id"], their_first["id"]);
    let in_order: Vec<i64> = (1..=i64::try_from(entries.len()).unwrap()).rev().collect();
    let ids: Vec<i64> = entries
        .iter()
        .map(|entry| {
            entry["id"]
                .as_str()
                .unwrap()
                .rsplit('_')
                .next()
                .unwrap()
                .parse()
                .unwrap()
        })
        .collect();
    assert_eq!(ids, in_order);
}

#[tokio::test]
async fn an_entry_about_staff_or_a_key_names_them_also_once_they_are_gone_and_no_other_does() {
    let stage = Stage::new();
    let north = stage.clinic("north").await;
    let (admin, session) = stage
        .member(&north, "Nadia Northcott", Role::ClinicAdmin)
        .await;
    let by = Some(session.as_str());
    let (member, _) = stage.member(&north, "Tom", Role::TeamMember).await;
    let change = json!({ "teamMemberId": member, "name": "Tom Northcott" });
    stage.command(by, "updateTeamMember", change).await;
    let remove = json!({ "teamMemberId": member });
    stage.command(by, "removeTeamMember", remove).await;
    let new = json!({ "clinicId": north.id.as_str(), "name": "Ward display", "role": "REPORTER" });
    let added = stage.command(by, "addApiClient", new).await;
    let revoke = json!({ "apiClientId": added["apiClient"]["id"] });
    stage.command(by, "revokeApiClient", revoke).await;
    let ana = stage.enter("north", "Ana", None).await;
    stage.ask(by, CALLER, json!({ "id": ana.id })).await;
    // What has another clinic's people has their names too, in that clinic alone.
    let south = stage.clinic("south").await;
    stage.member(&south, "Sara Southey", Role::TeamMember).await;

    let log = page(&stage, &session, "north", 200, None).await;
    let entries = log["nodes"].as_array().unwrap();
    let named = |kind: &str| -> Vec<&Json> {
        let of_kind = entries.iter().filter(|entry| entry["kind"] == kind);
        of_kind.map(|entry| &entry["subjectName"]).collect()
    };
    assert_eq!(
        named("ADDED_TEAM_MEMBER"),
        ["Tom Northcott", "Nadia Northcott"],
        "as they are called now"
    );
    assert_eq!(named("REMOVED_TEAM_MEMBER"), ["Tom Northcott"]);
    assert_eq!(named("ADDED_KEY"), ["Ward display"]);
    assert_eq!(named("REVOKED_KEY"), ["Ward display"]);
    assert_eq!(named("SAW_CALLER"), [&Json::Null]);
    for entry in entries {
        let subject = entry["subjectId"].as_str().unwrap_or_default();
        let is_staff = subject.starts_with("member_") || subject.starts_with("key_");
        assert_eq!(entry["subjectName"].is_string(), is_staff, "{entry}");
    }
    assert!(admin.starts_with("member_"));
    assert!(!log.to_string().contains("Southey"));
}

#[tokio::test]
async fn no_name_of_a_caller_and_no_number_stands_in_the_log() {
    let stage = Stage::new();
    let north = stage.clinic("north").await;
    let admin = stage.key(&north, Role::ClinicAdmin).await;
    let by = Some(admin.as_str());
    let ada = away(&stage, "Ada Lovelace", "+61491570006").await;
    stage.ask(by, BOARD, json!({})).await;
    stage.ask(by, CALLER, json!({ "id": ada.id })).await;
    let input = json!({ "callerId": ada.id, "reason": "wrong department" });
    stage.command(by, "cancelCaller", input).await;
    let log = page(&stage, &admin, "north", 200, None).await.to_string();
    let rows = stage.read(
        "SELECT clinic_id || number || at || by_kind || coalesce(by_id, '') || deed \
         || coalesce(subject, '') AS value FROM audit_entry",
    );
    let all = format!("{log} {rows:?}");
    assert!(all.contains(&ada.id));
    for secret in ["Ada", "Lovelace", "491570006", "department"] {
        assert!(!all.contains(secret), "{secret} in {all}");
    }
}

#[tokio::test]
async fn the_log_is_kept_for_four_hundred_days_and_forgotten_in_batches() {
    let stage = Stage::new();
    let north = stage.clinic("north").await;
    let admin = stage.key(&north, Role::ClinicAdmin).await;
    page(&stage, &admin, "north", 1, None).await;
    // More than a batch of it.
    stage.spoil(
        "WITH RECURSIVE more (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM more WHERE n < 1200) \
         INSERT INTO audit_entry SELECT clinic_id, number + n, at + n, by_kind, by_id, deed, subject \
         FROM audit_entry, more WHERE deed = 'SAW_AUDIT_LOG'",
    );
    let all = count(&stage);
    assert!(all > 1200);
    // What the store forgets in one go, begun anew each time.
    let forget = async |stage: &Stage, until: &dyn Fn(usize) -> bool| {
        let app = std::sync::Arc::clone(&stage.app);
        let forgetting =
            tokio::spawn(async move { app.forget_regularly(Duration::from_hours(1)).await });
        let waiting = async {
            while !until(count(stage)) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), waiting)
            .await
            .expect("within 20 s");
        forgetting.abort();
    };
    stage.clock.advance(Span::minutes(400 * 24 * 60 - 1));
    stage.enter("north", "Ana", None).await;
    page(&stage, &admin, "north", 1, None).await;
    assert_eq!(count(&stage), all + 1);
    forget(&stage, &|count| count == all + 1).await;
    stage.clock.advance(Span::minutes(2));
    forget(&stage, &|count| count == 1).await;
    assert_eq!(kept(&stage), ["SAW_AUDIT_LOG"]);
}
