//! The team, its sessions and the API keys, as a clinic admin has them in the API.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what a test expects and does not find is the test's failure, in its helpers too"
)]

mod support;

use serde_json::{Value as Json, json};
use standby::app::credentials::Holds;
use standby::domain::clinic::Clinic;
use standby::domain::id::TeamMemberId;
use standby::domain::policy::{Act, Role, Staff, StaffId, Viewer, Within};
use standby::domain::refusal::Why;
use standby::domain::time::Span;
use support::{Stage, assert_refused};

/// A clinic with a signed-in admin.
struct Scene {
    stage: Stage,
    clinic: Clinic,
    admin_id: String,
    admin: String,
}

impl Scene {
    async fn new() -> Self {
        let stage = Stage::new();
        let clinic = stage.clinic("north").await;
        let (admin_id, admin) = stage.member(&clinic, "Nadia", Role::ClinicAdmin).await;
        Self {
            stage,
            clinic,
            admin_id,
            admin,
        }
    }

    async fn member(&self, name: &str, role: Role) -> (String, String) {
        self.stage.member(&self.clinic, name, role).await
    }

    /// What a mutation of the admin's answers.
    async fn admin(&self, mutation: &str, input: Json) -> Json {
        self.stage.command(Some(&self.admin), mutation, input).await
    }

    /// The same where it must be accepted.
    async fn accepted(&self, mutation: &str, input: Json) -> Json {
        let payload = self.admin(mutation, input).await;
        assert_eq!(payload["userErrors"], json!([]), "{mutation} is refused");
        payload
    }

    async fn viewer(&self, by: &str) -> Json {
        let query = "{ viewer { __typename ...on TeamMember { id name role } \
                     ...on ApiClient { id name role } } }";
        let mut answer = self.stage.ask(Some(by), query, json!({})).await;
        answer["data"]["viewer"].take()
    }

    async fn assert_opens_nothing(&self, by: &str) {
        assert_eq!(self.viewer(by).await["__typename"], "Anonymous");
    }

    /// A field of the clinic, as somebody sees it.
    async fn of_clinic(&self, by: &str, field: &str) -> Json {
        let query =
            format!("query ($id: ID!) {{ node(id: $id) {{ ...on Clinic {{ seen: {field} }} }} }}");
        let variables = json!({ "id": self.clinic.id.as_str() });
        let mut answer = self.stage.ask(Some(by), &query, variables).await;
        assert!(answer.get("errors").is_none(), "{answer}");
        answer["data"]["node"]["seen"].take()
    }

    /// What is in the audit log: who, what and whom it is about, oldest first.
    fn audit(&self) -> Vec<String> {
        self.stage.read(
            "SELECT by_kind || ' ' || deed || ' ' || coalesce(subject, '') AS value
             FROM audit_entry WHERE deed NOT LIKE 'SAW%' ORDER BY number",
        )
    }
}

fn text(value: &Json) -> String {
    value.as_str().expect("text").to_owned()
}

#[tokio::test]
async fn a_member_who_is_added_signs_in_once_by_the_link() {
    let scene = Scene::new().await;
    let clinic = scene.clinic.id.as_str();
    let input = json!({ "clinicId": clinic, "name": "  Robin \t B. ", "role": "REPORTER" });
    let added = scene.accepted("addTeamMember", input.clone()).await;
    assert_eq!(added["teamMember"]["name"], "Robin B.");
    assert_eq!(added["signInLinkExpiresAt"], "2026-03-02T09:15:30.250Z");
    let link = text(&added["signInLink"]);
    assert!(
        link.starts_with("http://127.0.0.1:8080/console/sign-in#i"),
        "{link}"
    );
    let session = scene.stage.signed_in(&link).await;
    let mut expected = added["teamMember"].clone();
    expected["__typename"] = json!("TeamMember");
    assert_eq!(scene.viewer(&session).await, expected);
    // Sent again because its answer was lost: no second Robin.
    let again = scene.admin("addTeamMember", input).await;
    assert_refused(&again, "CONFLICT", Some("name"));
    assert_eq!(again["teamMember"], Json::Null);
    assert_eq!(again["signInLink"], Json::Null);
    let id = json!({ "teamMemberId": added["teamMember"]["id"] });
    let another = scene.accepted("createSignInLink", id).await;
    scene.stage.signed_in(&text(&another["signInLink"])).await;
    let team = scene.of_clinic(&scene.admin, "team { name role }").await;
    let expected = json!([
        { "name": "Nadia", "role": "CLINIC_ADMIN" },
        { "name": "Robin B.", "role": "REPORTER" },
    ]);
    assert_eq!(team, expected);
}

#[tokio::test]
async fn names_and_expiries_that_cannot_be_taken_are_refused_at_their_field() {
    let scene = Scene::new().await;
    let clinic = scene.clinic.id.as_str();
    let (robin, _) = scene.member("Robin", Role::TeamMember).await;
    let long = "x".repeat(101);
    let endless = "x".repeat(20_000);
    for name in [
        "",
        " \n ",
        "\u{202e}nibor",
        "\u{200b}\u{200b}",
        "a\0b",
        &long,
        &endless,
    ] {
        let role = "REPORTER";
        let (new, same) = (
            json!({ "clinicId": clinic, "name": name, "role": role }),
            json!({ "teamMemberId": robin, "name": name }),
        );
        for (mutation, input) in [
            ("addTeamMember", &new),
            ("addApiClient", &new),
            ("updateTeamMember", &same),
        ] {
            let refused = scene.admin(mutation, input.clone()).await;
            assert_refused(&refused, "INVALID_INPUT", Some("name"));
        }
    }
    for expires_at in [
        "2026-03-02T08:15:30.250Z",
        "1970-01-01T00:00:00Z",
        "2028-03-01T08:15:30.251Z",
        "9999-12-01T00:00:00Z",
    ] {
        let input = json!({ "clinicId": clinic, "name": "Dashboard", "role": "REPORTER",
            "expiresAt": expires_at });
        let refused = scene.admin("addApiClient", input).await;
        assert_refused(&refused, "INVALID_INPUT", Some("expiresAt"));
        assert_eq!(refused["token"], Json::Null);
    }
    assert_eq!(
        scene.of_clinic(&scene.admin, "apiClients { id }").await,
        json!([])
    );
}

#[tokio::test]
async fn only_a_signed_in_clinic_admin_administers() {
    let scene = Scene::new().await;
    let stage = &scene.stage;
    let (robin, robins) = scene.member("Robin", Role::TeamMember).await;
    let (_, reporters) = scene.member("Rae", Role::Reporter).await;
    let key = stage.key(&scene.clinic, Role::ClinicAdmin).await;
    let key_id = text(&scene.viewer(&key).await["id"]);
    let caller = stage.enter("north", "Ana", None).await;
    let south = stage.clinic("south").await;
    let (_, of_south) = stage.member(&south, "Sue", Role::ClinicAdmin).await;
    let clinic = scene.clinic.id.as_str();
    let sessions = scene
        .of_clinic(&scene.admin, "team { sessions { id } }")
        .await;
    let session = &sessions[0]["sessions"][0]["id"];
    let mutations = [
        (
            "addTeamMember",
            json!({ "clinicId": clinic, "name": "New", "role": "REPORTER" }),
            "clinicId",
        ),
        (
            "updateTeamMember",
            json!({ "teamMemberId": robin, "role": "CLINIC_ADMIN" }),
            "teamMemberId",
        ),
        (
            "removeTeamMember",
            json!({ "teamMemberId": robin }),
            "teamMemberId",
        ),
        (
            "createSignInLink",
            json!({ "teamMemberId": robin }),
            "teamMemberId",
        ),
        ("endSession", json!({ "sessionId": session }), "sessionId"),
        (
            "addApiClient",
            json!({ "clinicId": clinic, "name": "New", "role": "REPORTER" }),
            "clinicId",
        ),
        (
            "revokeApiClient",
            json!({ "apiClientId": key_id }),
            "apiClientId",
        ),
    ];
    let before = (
        scene
            .of_clinic(&scene.admin, "team { id name role sessions { id } }")
            .await,
        scene
            .of_clinic(&scene.admin, "apiClients { id revokedAt }")
            .await,
        scene.audit(),
    );
    for (mutation, input, field) in mutations {
        // Staff who may not are told so, but for sessions, which they do not see either.
        for by in [&robins, &reporters, &key] {
            let refused = stage.command(Some(by), mutation, input.clone()).await;
            if mutation == "endSession" {
                assert_refused(&refused, "NOT_FOUND", Some(field));
            } else {
                assert_refused(&refused, "UNAVAILABLE", None);
            }
        }
        for by in [Some(of_south.as_str()), Some(&caller.token), None] {
            let refused = stage.command(by, mutation, input.clone()).await;
            assert_refused(&refused, "NOT_FOUND", Some(field));
        }
        // What does not exist is the same to everybody.
        let mut nothing = input.clone();
        let id = text(&nothing[field]);
        let last = if id.ends_with('0') { '1' } else { '0' };
        nothing[field] = json!(format!("{}{last}", &id[..id.len() - 1]));
        for by in [&robins, &key, &of_south, &scene.admin] {
            let refused = stage.command(Some(by), mutation, nothing.clone()).await;
            assert_refused(&refused, "NOT_FOUND", Some(field));
        }
    }
    let after = (
        scene
            .of_clinic(&scene.admin, "team { id name role sessions { id } }")
            .await,
        scene
            .of_clinic(&scene.admin, "apiClients { id revokedAt }")
            .await,
        scene.audit(),
    );
    assert_eq!(before, after);
    for by in [&robins, &reporters, &key, &of_south, &caller.token] {
        for field in ["team { id }", "apiClients { id }"] {
            assert_eq!(scene.of_clinic(by, field).await, Json::Null, "{field}");
        }
    }
}

#[tokio::test]
async fn the_last_clinic_admin_and_oneself_are_neither_removed_nor_demoted() {
    let scene = Scene::new().await;
    let own = json!({ "teamMemberId": scene.admin_id });
    let refused = scene.admin("removeTeamMember", own.clone()).await;
    assert_refused(&refused, "UNAVAILABLE", Some("teamMemberId"));
    let demoting = json!({ "teamMemberId": scene.admin_id, "role": "TEAM_MEMBER" });
    let refused = scene.admin("updateTeamMember", demoting.clone()).await;
    assert_refused(&refused, "UNAVAILABLE", Some("role"));
    // By whoever runs the server as little.
    let within = Within::system(scene.clinic.id.clone());
    let app = &scene.stage.app;
    let admin = app.team(&within).await.unwrap().remove(0).id;
    let removing = app.remove_team_member(&within, &admin).await.unwrap();
    assert!(removing.is_err());
    // Another admin may, and then is the last.
    let (other_id, other) = scene.member("Olga", Role::ClinicAdmin).await;
    let by_other = |mutation, input| scene.stage.command(Some(&other), mutation, input);
    let demoted = by_other("updateTeamMember", demoting).await;
    assert_eq!(demoted["teamMember"]["role"], "TEAM_MEMBER");
    let removed = by_other("removeTeamMember", own.clone()).await;
    assert_eq!(removed["removedTeamMemberId"], own["teamMemberId"]);
    let itself = json!({ "teamMemberId": other_id });
    let refused = by_other("removeTeamMember", itself).await;
    assert_refused(&refused, "UNAVAILABLE", Some("teamMemberId"));
}

#[tokio::test]
async fn of_two_admins_who_remove_each_other_at_once_one_stays() {
    let scene = Scene::new().await;
    let (other_id, other) = scene.member("Olga", Role::ClinicAdmin).await;
    let (ours, theirs) = tokio::join!(
        scene.admin("removeTeamMember", json!({ "teamMemberId": other_id })),
        scene.stage.command(
            Some(&other),
            "removeTeamMember",
            json!({ "teamMemberId": scene.admin_id })
        ),
    );
    let done = [&ours, &theirs].map(|payload| payload["removedTeamMemberId"].is_string());
    assert_ne!(done[0], done[1], "{ours} {theirs}");
    let within = Within::system(scene.clinic.id.clone());
    assert_eq!(scene.stage.app.team(&within).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_member_who_is_removed_is_out_and_stays_named() {
    let scene = Scene::new().await;
    let (robin, session) = scene.member("Robin", Role::TeamMember).await;
    let input = json!({ "teamMemberId": robin });
    let link = scene.accepted("createSignInLink", input.clone()).await;
    let caller = scene.stage.enter("north", "Ana", None).await;
    let joining = json!({ "callerId": caller.id });
    scene
        .stage
        .command(Some(&session), "joinCaller", joining)
        .await;
    for _ in 0..2 {
        let removed = scene.accepted("removeTeamMember", input.clone()).await;
        assert_eq!(removed["removedTeamMemberId"], json!(robin));
    }
    scene.assert_opens_nothing(&session).await;
    let link = text(&link["signInLink"]);
    let (_, token) = link.rsplit_once('#').unwrap();
    let refused = scene
        .stage
        .command(None, "signIn", json!({ "token": token }))
        .await;
    assert_refused(&refused, "NOT_FOUND", Some("token"));
    for (mutation, input) in [
        ("createSignInLink", input.clone()),
        (
            "updateTeamMember",
            json!({ "teamMemberId": robin, "name": "Other" }),
        ),
    ] {
        let refused = scene.admin(mutation, input).await;
        assert_refused(&refused, "NOT_FOUND", Some("teamMemberId"));
    }
    let query = "query ($caller: ID!, $robin: ID!) { \
                 caller: node(id: $caller) { ...on Caller { activity { by } } } \
                 robin: node(id: $robin) { ...on TeamMember { name removedAt sessions { id } } } }";
    let variables = json!({ "caller": caller.id, "robin": robin });
    let answer = scene.stage.ask(Some(&scene.admin), query, variables).await;
    assert_eq!(answer["data"]["caller"]["activity"][0]["by"], "Robin");
    let expected = json!({ "name": "Robin", "removedAt": "2026-03-02T08:15:30.250Z",
        "sessions": [] });
    assert_eq!(answer["data"]["robin"], expected);
    let team = scene.of_clinic(&scene.admin, "team { name }").await;
    assert_eq!(team, json!([{ "name": "Nadia" }]));
    // The name is free again.
    let clinic = scene.clinic.id.as_str();
    let input = json!({ "clinicId": clinic, "name": "Robin", "role": "REPORTER" });
    scene.accepted("addTeamMember", input).await;
}

#[tokio::test]
async fn an_admin_who_is_removed_or_demoted_keeps_no_link_that_was_made_for_somebody_else() {
    let scene = Scene::new().await;
    for (name, mutation, role, is_still_good) in [
        ("Olga", "removeTeamMember", None, false),
        ("Owen", "updateTeamMember", Some("TEAM_MEMBER"), false),
        ("Orla", "updateTeamMember", Some("CLINIC_ADMIN"), true),
    ] {
        let (other_id, other) = scene.member(name, Role::ClinicAdmin).await;
        let made = scene
            .stage
            .command(
                Some(&other),
                "createSignInLink",
                json!({ "teamMemberId": scene.admin_id }),
            )
            .await;
        let link = text(&made["signInLink"]);
        let mut input = json!({ "teamMemberId": other_id });
        if let Some(role) = role {
            input["role"] = json!(role);
            input["name"] = json!(format!("{name} O."));
        }
        scene.accepted(mutation, input).await;
        let (_, token) = link.rsplit_once('#').unwrap();
        let used = scene
            .stage
            .command(None, "signIn", json!({ "token": token }))
            .await;
        assert_eq!(used["token"].is_string(), is_still_good, "{name}");
    }
}

#[tokio::test]
async fn an_admin_who_was_demoted_meanwhile_is_told_so_and_not_that_there_is_nobody() {
    let scene = Scene::new().await;
    let (other_id, _) = scene.member("Olga", Role::ClinicAdmin).await;
    let other_id = TeamMemberId::parse(&other_id).unwrap();
    // What a request of hers holds that came in before.
    let held = Viewer::Staff(Staff {
        clinic: scene.clinic.id.clone(),
        role: Role::ClinicAdmin,
        who: StaffId::TeamMember(other_id.clone()),
        name: "Olga".to_owned(),
    });
    let within = held.as_staff(Act::Administer).unwrap();
    let input = json!({ "teamMemberId": other_id.as_str(), "role": "REPORTER" });
    scene.accepted("updateTeamMember", input).await;
    let admin_id = TeamMemberId::parse(&scene.admin_id).unwrap();
    let link = scene.stage.app.sign_in_link(&within, &admin_id);
    let refusal = link.await.unwrap().map(|_| ()).unwrap_err();
    assert_eq!(refusal.why, Why::Unavailable, "{refusal:?}");
}

#[tokio::test]
async fn a_role_that_changes_holds_from_the_next_request_on() {
    let scene = Scene::new().await;
    let (robin, session) = scene.member("Robin", Role::TeamMember).await;
    let admin = json!({ "teamMemberId": robin, "role": "CLINIC_ADMIN", "name": null });
    let changed = scene.accepted("updateTeamMember", admin).await;
    let expected = json!({ "id": robin, "name": "Robin", "role": "CLINIC_ADMIN" });
    assert_eq!(changed["teamMember"], expected);
    let team = scene.of_clinic(&session, "team { id }").await;
    assert_eq!(team.as_array().map(Vec::len), Some(2));
    let reporter = json!({ "teamMemberId": robin, "role": "REPORTER" });
    scene.accepted("updateTeamMember", reporter).await;
    assert_eq!(scene.of_clinic(&session, "team { id }").await, Json::Null);
    let caller = scene.stage.enter("north", "Ana", None).await;
    let joining = json!({ "callerId": caller.id });
    let refused = scene
        .stage
        .command(Some(&session), "joinCaller", joining)
        .await;
    assert_refused(&refused, "UNAVAILABLE", None);
}

const SESSIONS: &str = "{ viewer { ...on TeamMember { sessions { id openedAt openedBy lastUsedAt \
                        expiresAt isCurrent } } } }";

#[tokio::test]
async fn a_member_sees_and_ends_the_own_sessions_and_an_admin_everybodys() {
    let scene = Scene::new().await;
    let (robin, first) = scene.member("Robin", Role::Reporter).await;
    let (_, alexs) = scene.member("Alex", Role::TeamMember).await;
    scene.stage.clock.advance(Span::minutes(5));
    let input = json!({ "teamMemberId": robin });
    let link = scene.accepted("createSignInLink", input).await;
    let second = scene.stage.signed_in(&text(&link["signInLink"])).await;
    let answer = scene.stage.ask(Some(&second), SESSIONS, json!({})).await;
    let sessions = answer["data"]["viewer"]["sessions"]
        .as_array()
        .unwrap()
        .clone();
    assert_eq!(sessions.len(), 2);
    let mut current = sessions[0].clone();
    let current_id = current["id"].take();
    let expected = json!({ "id": null, "openedAt": "2026-03-02T08:20:30.250Z", "openedBy": "LINK",
        "lastUsedAt": "2026-03-02T08:20:30.250Z", "expiresAt": "2026-03-02T20:20:30.250Z",
        "isCurrent": true });
    assert_eq!(current, expected);
    assert_eq!(sessions[1]["isCurrent"], false);
    let first_id = sessions[1]["id"].clone();

    // Colleagues see none of them; an admin sees everybody's, at one or at all.
    let of_robin = "query ($id: ID!) { node(id: $id) { ...on TeamMember { sessions { id } } } }";
    let variables = json!({ "id": robin });
    let seen = scene
        .stage
        .ask(Some(&alexs), of_robin, variables.clone())
        .await;
    assert_eq!(seen["data"]["node"], json!({ "sessions": null }));
    let seen = scene
        .stage
        .ask(Some(&scene.admin), of_robin, variables)
        .await;
    assert_eq!(
        seen["data"]["node"]["sessions"],
        json!([{ "id": current_id }, { "id": first_id }])
    );
    let all = scene
        .of_clinic(&scene.admin, "team { name sessions { isCurrent } }")
        .await;
    let expected = json!([
        { "name": "Alex", "sessions": [{ "isCurrent": false }] },
        { "name": "Nadia", "sessions": [{ "isCurrent": true }] },
        { "name": "Robin", "sessions": [{ "isCurrent": false }, { "isCurrent": false }] },
    ]);
    assert_eq!(all, expected);

    let ending = json!({ "sessionId": first_id });
    let refused = scene
        .stage
        .command(Some(&alexs), "endSession", ending.clone())
        .await;
    assert_refused(&refused, "NOT_FOUND", Some("sessionId"));
    for _ in 0..2 {
        let ended = scene
            .stage
            .command(Some(&second), "endSession", ending.clone())
            .await;
        assert_eq!(
            ended,
            json!({ "endedSessionId": first_id, "userErrors": [] })
        );
    }
    scene.assert_opens_nothing(&first).await;
    let ending = json!({ "sessionId": current_id });
    let ended = scene.accepted("endSession", ending).await;
    assert_eq!(ended["endedSessionId"], current_id);
    scene.assert_opens_nothing(&second).await;
    let times = scene.audit();
    let times = times.iter().filter(|entry| entry.contains("ENDED_SESSION"));
    assert_eq!(times.count(), 2, "what is over already is not ended again");
}

#[tokio::test]
async fn a_key_opens_its_clinic_until_it_expires_or_is_revoked() {
    let scene = Scene::new().await;
    let clinic = scene.clinic.id.as_str();
    let input = json!({ "clinicId": clinic, "name": "Dashboard", "role": "TEAM_MEMBER",
        "expiresAt": "2026-03-03T08:15:30.250Z" });
    let expiring = scene.accepted("addApiClient", input).await;
    let id = expiring["apiClient"]["id"].clone();
    let expected = json!({ "id": id, "name": "Dashboard", "role": "TEAM_MEMBER",
        "addedBy": "Nadia", "expiresAt": "2026-03-03T08:15:30.250Z", "revokedAt": null });
    assert_eq!(expiring["apiClient"], expected);
    let input = json!({ "clinicId": clinic, "name": "Screen", "role": "REPORTER" });
    let lasting = scene.accepted("addApiClient", input).await;
    assert_eq!(lasting["apiClient"]["expiresAt"], Json::Null);
    let (expiring, lasting_key) = (text(&expiring["token"]), text(&lasting["token"]));
    assert_eq!(scene.viewer(&expiring).await["name"], "Dashboard");
    scene.stage.clock.advance(Span::hours(11));
    assert_eq!(scene.viewer(&expiring).await["name"], "Dashboard");
    // The admin's session has ended by tomorrow: another one is opened.
    scene.stage.clock.advance(Span::hours(13));
    scene.assert_opens_nothing(&expiring).await;
    scene.assert_opens_nothing(&scene.admin).await;
    assert_eq!(scene.viewer(&lasting_key).await["name"], "Screen");
    let (_, admin) = scene.member("Olga", Role::ClinicAdmin).await;
    let input = json!({ "apiClientId": lasting["apiClient"]["id"] });
    for _ in 0..2 {
        let by = Some(admin.as_str());
        let revoked = scene
            .stage
            .command(by, "revokeApiClient", input.clone())
            .await;
        assert_eq!(
            revoked["apiClient"]["revokedAt"],
            "2026-03-03T08:15:30.250Z"
        );
        scene.stage.clock.advance(Span::minutes(1));
    }
    scene.assert_opens_nothing(&lasting_key).await;
    let listed = scene
        .of_clinic(&admin, "apiClients { name expiresAt revokedAt }")
        .await;
    assert_eq!(listed.as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn the_last_use_is_written_at_most_once_a_minute_and_not_by_the_request() {
    let scene = Scene::new().await;
    let key = scene.stage.key(&scene.clinic, Role::Reporter).await;
    let app = &scene.stage.app;
    let last_use = async || {
        let seen = scene
            .of_clinic(&scene.admin, "apiClients { lastUsedAt }")
            .await;
        seen[0]["lastUsedAt"].clone()
    };
    scene.viewer(&key).await;
    assert_eq!(
        last_use().await,
        Json::Null,
        "no request waits for the writer"
    );
    app.record_uses().await.unwrap();
    assert_eq!(last_use().await, "2026-03-02T08:15:30.250Z");
    scene.stage.clock.advance(Span::seconds(59));
    scene.viewer(&key).await;
    app.record_uses().await.unwrap();
    assert_eq!(last_use().await, "2026-03-02T08:15:30.250Z");
    scene.stage.clock.advance(Span::seconds(1));
    scene.viewer(&key).await;
    app.record_uses().await.unwrap();
    assert_eq!(last_use().await, "2026-03-02T08:16:30.250Z");
    // A session too, and a socket that is asked about is in use.
    let presented = app.present(&scene.admin).await.unwrap().unwrap();
    scene.stage.clock.advance(Span::hours(1));
    assert_eq!(app.still_holds(&presented).await.unwrap(), Holds::Same);
    app.record_uses().await.unwrap();
    let answer = scene
        .stage
        .ask(Some(&scene.admin), SESSIONS, json!({}))
        .await;
    let used = &answer["data"]["viewer"]["sessions"][0]["lastUsedAt"];
    assert_eq!(used, "2026-03-02T09:16:30.250Z");
}

#[tokio::test]
async fn what_a_credential_held_holds_until_it_is_taken_back() {
    let scene = Scene::new().await;
    let app = &scene.stage.app;
    let (robin, session) = scene.member("Robin", Role::TeamMember).await;
    let key = scene.stage.key(&scene.clinic, Role::Reporter).await;
    let of_session = app.present(&session).await.unwrap().unwrap();
    let of_key = app.present(&key).await.unwrap().unwrap();
    let renaming = json!({ "teamMemberId": robin, "name": "Robin B." });
    scene.accepted("updateTeamMember", renaming).await;
    let renamed = app.still_holds(&of_session).await.unwrap();
    assert_eq!(renamed, Holds::Same, "a new name ends nothing");
    let demoting = json!({ "teamMemberId": robin, "role": "REPORTER" });
    scene.accepted("updateTeamMember", demoting).await;
    assert_eq!(app.still_holds(&of_session).await.unwrap(), Holds::No);
    let again = app.present(&session).await.unwrap().unwrap();
    assert_eq!(app.still_holds(&again).await.unwrap(), Holds::Same);
    scene.stage.clock.advance(Span::hours(12));
    let expired = app.still_holds(&again).await.unwrap();
    assert_eq!(expired, Holds::No, "it has expired");
    assert_eq!(app.still_holds(&of_key).await.unwrap(), Holds::Same);
}

#[tokio::test]
async fn every_change_is_in_the_audit_log_with_who_did_it() {
    let scene = Scene::new().await;
    let clinic = scene.clinic.id.as_str();
    let before = scene.audit().len();
    let input = json!({ "clinicId": clinic, "name": "Robin", "role": "REPORTER" });
    let added = scene.accepted("addTeamMember", input).await;
    let robin = text(&added["teamMember"]["id"]);
    let session = scene.stage.signed_in(&text(&added["signInLink"])).await;
    let answer = scene.stage.ask(Some(&session), SESSIONS, json!({})).await;
    let session_id = text(&answer["data"]["viewer"]["sessions"][0]["id"]);
    let renaming = json!({ "teamMemberId": robin, "name": "Robin B." });
    for _ in 0..2 {
        scene.accepted("updateTeamMember", renaming.clone()).await;
    }
    scene
        .accepted("endSession", json!({ "sessionId": session_id }))
        .await;
    let id = json!({ "teamMemberId": robin });
    let link = scene.accepted("createSignInLink", id.clone()).await;
    let session = scene.stage.signed_in(&text(&link["signInLink"])).await;
    let answer = scene.stage.ask(Some(&session), SESSIONS, json!({})).await;
    let second_id = text(&answer["data"]["viewer"]["sessions"][0]["id"]);
    scene
        .stage
        .command(Some(&session), "signOut", json!({}))
        .await;
    let input = json!({ "clinicId": clinic, "name": "Dashboard", "role": "REPORTER" });
    let key = scene.accepted("addApiClient", input).await;
    let key = text(&key["apiClient"]["id"]);
    for _ in 0..2 {
        scene
            .accepted("revokeApiClient", json!({ "apiClientId": key }))
            .await;
        scene.accepted("removeTeamMember", id.clone()).await;
    }
    // Refused: nothing is recorded.
    scene
        .admin(
            "removeTeamMember",
            json!({ "teamMemberId": scene.admin_id }),
        )
        .await;
    let within = Within::system(scene.clinic.id.clone());
    let by_command = scene
        .stage
        .app
        .add_key(&within, "Screen", Role::Reporter, None);
    let by_command = by_command.await.unwrap().unwrap().listed.key.id;
    let expected = [
        format!("TEAM_MEMBER ADDED_TEAM_MEMBER {robin}"),
        format!("TEAM_MEMBER MADE_SIGN_IN_LINK {robin}"),
        format!("TEAM_MEMBER SIGNED_IN {session_id}"),
        format!("TEAM_MEMBER CHANGED_TEAM_MEMBER {robin}"),
        format!("TEAM_MEMBER ENDED_SESSION {session_id}"),
        format!("TEAM_MEMBER MADE_SIGN_IN_LINK {robin}"),
        format!("TEAM_MEMBER SIGNED_IN {second_id}"),
        format!("TEAM_MEMBER SIGNED_OUT {second_id}"),
        format!("TEAM_MEMBER ADDED_KEY {key}"),
        format!("TEAM_MEMBER REVOKED_KEY {key}"),
        format!("TEAM_MEMBER REMOVED_TEAM_MEMBER {robin}"),
        format!("SYSTEM ADDED_KEY {by_command}"),
    ];
    assert_eq!(scene.audit()[before..], expected);
}

#[tokio::test]
async fn no_token_is_kept_as_it_is() {
    let scene = Scene::new().await;
    let clinic = scene.clinic.id.as_str();
    let input = json!({ "clinicId": clinic, "name": "Robin", "role": "REPORTER" });
    let added = scene.accepted("addTeamMember", input.clone()).await;
    let link = text(&added["signInLink"]);
    let (_, link) = link.rsplit_once('#').unwrap();
    let key = scene.accepted("addApiClient", input).await;
    let key = text(&key["token"]);
    let kept = scene.stage.read(
        "SELECT token_hash AS value FROM sign_in UNION ALL SELECT token_hash FROM api_key
         UNION ALL SELECT token_hash FROM staff_session UNION ALL SELECT id FROM staff_session",
    );
    assert_eq!(kept.len(), 4);
    for token in [link, &key, &scene.admin] {
        assert!(kept.iter().all(|kept| !kept.contains(&token[1..])));
    }
}
