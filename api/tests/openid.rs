//! Signing in by an identity provider, where it is about time and about many: what a real provider answers is
//! tested with a real one, in `tests/api/tests/openid.rs`.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what a test expects and does not find is the test's failure, in its helpers too"
)]

mod support;

use async_trait::async_trait;
use serde_json::{Value as Json, json};
use standby::app::App;
use standby::app::openid::{ATTEMPT, Returned, Returning};
use standby::domain::clinic::Clinic;
use standby::domain::grant::MOST_CLINICS;
use standby::domain::id::TeamMemberId;
use standby::domain::limits::{RETURNS_FROM_ADDRESS, SIGN_IN_LINKS_OF_MEMBER};
use standby::domain::policy::{Role, Within};
use standby::domain::time::{Span, Timestamp};
use standby::http::openid::{self, PATH, Reached};
use standby::http::proxies::TrustedProxies;
use standby::ports::identity_provider::{Identity, IdentityProvider, NotIdentified, SignInAttempt};
use std::sync::{Arc, Mutex};
use support::Stage;
use tokio::sync::{Semaphore, watch};

/// A provider that vouches for whomever the test says, whatever the code.
struct Vouching(Mutex<Identity>);

#[async_trait]
impl IdentityProvider for Vouching {
    async fn address(
        &self,
        attempt: &SignInAttempt,
        _: Timestamp,
    ) -> Result<String, NotIdentified> {
        Ok(attempt.state.clone())
    }

    async fn identify(
        &self,
        _: &SignInAttempt,
        _: &str,
        _: Timestamp,
    ) -> Result<Identity, NotIdentified> {
        Ok(self.0.lock().unwrap().clone())
    }

    fn is(&self, issuer: &str) -> bool {
        self.0.lock().unwrap().issuer == issuer
    }
}

fn person(issuer: &str, subject: &str, name: &str, roles: &[&str]) -> Identity {
    Identity {
        issuer: issuer.to_owned(),
        subject: subject.to_owned(),
        names: vec![name.to_owned()],
        roles: Some(roles.iter().map(|role| (*role).to_owned()).collect()),
    }
}

fn kim(roles: &[&str]) -> Identity {
    person("https://login.example", "kim", "Kim", roles)
}

struct World {
    stage: Stage,
    provider: Arc<Vouching>,
}

impl World {
    async fn new() -> Self {
        let stage = Stage::new();
        stage.clinic("north").await;
        let provider = Arc::new(Vouching(Mutex::new(kim(&[]))));
        stage.app.sign_in_by(Arc::clone(&provider));
        Self { stage, provider }
    }

    /// Sends a browser away: what it keeps, and the state it will come back with.
    async fn leave(&self) -> (String, String) {
        let leaving = self.stage.app.leave_for_provider(None).await.unwrap();
        (leaving.kept, leaving.address)
    }

    async fn sign_in(&self, identity: Identity) -> Returned {
        *self.provider.0.lock().unwrap() = identity;
        let (kept, state) = self.leave().await;
        come_back(&self.stage.app, &kept, &state).await
    }

    /// Signs in where it must work; the viewer of the session.
    async fn signed_in(&self, identity: Identity) -> Json {
        let Returned::SignedIn(token) = self.sign_in(identity).await else {
            panic!("not signed in")
        };
        let token = self.stage.signed_in(&format!("#{}", token.reveal())).await;
        let query = "{ viewer { ...on TeamMember { id name role } } }";
        let mut answer = self.stage.ask(Some(&token), query, json!({})).await;
        answer["data"]["viewer"].take()
    }

    async fn clinic(&self, slug: &str) -> Clinic {
        let clinic = self.stage.app.clinic_by_slug(slug).await.unwrap();
        clinic.unwrap()
    }

    fn count(&self, of: &str) -> String {
        let query = format!("SELECT CAST(count(*) AS TEXT) AS value FROM {of}");
        self.stage.read(&query).remove(0)
    }
}

async fn come_back(app: &App, kept: &str, state: &str) -> Returned {
    let returning = Returning {
        kept: Some(kept),
        state: Some(state),
        code: Some("a code"),
        ..Returning::default()
    };
    app.return_from_provider(returning).await.unwrap()
}

#[tokio::test]
async fn an_attempt_may_take_ten_minutes_and_no_longer() {
    let world = World::new().await;
    *world.provider.0.lock().unwrap() = kim(&["north:REPORTER"]);
    let (kept, state) = world.leave().await;
    let (other_kept, other_state) = world.leave().await;
    world
        .stage
        .clock
        .advance(Span::millis(ATTEMPT.as_millis() - 1));
    let returned = come_back(&world.stage.app, &kept, &state).await;
    assert!(matches!(returned, Returned::SignedIn(_)));
    world.stage.clock.advance(Span::millis(1));
    let returned = come_back(&world.stage.app, &other_kept, &other_state).await;
    assert!(matches!(returned, Returned::StartAgain));
}

#[tokio::test]
async fn an_attempt_of_a_server_whose_clock_has_gone_back_is_not_believed() {
    let world = World::new().await;
    let (kept, state) = world.leave().await;
    world.stage.clock.advance(Span::millis(-1));
    let returned = come_back(&world.stage.app, &kept, &state).await;
    assert!(matches!(returned, Returned::StartAgain));
}

#[tokio::test]
async fn of_many_that_come_back_with_one_attempt_at_once_one_is_taken_in() {
    let world = World::new().await;
    *world.provider.0.lock().unwrap() = kim(&["north:REPORTER"]);
    let (kept, state) = world.leave().await;
    let coming = (0..20).map(|_| come_back(&world.stage.app, &kept, &state));
    let returned = futures_util::future::join_all(coming).await;
    let taken_in = returned
        .iter()
        .filter(|returned| matches!(returned, Returned::SignedIn(_)));
    assert_eq!(taken_in.count(), 1);
}

#[tokio::test]
async fn what_came_back_is_forgotten_once_it_would_not_be_believed_any_more() {
    let world = World::new().await;
    for _ in 0..5 {
        world.signed_in(kim(&["north:REPORTER"])).await;
    }
    assert_eq!(world.count("used_openid_state"), "5");
    world.stage.clock.advance(ATTEMPT);
    world.signed_in(kim(&["north:REPORTER"])).await;
    assert_eq!(world.count("used_openid_state"), "1");
}

#[tokio::test]
async fn a_person_is_known_by_issuer_and_subject_and_not_by_a_name() {
    let world = World::new().await;
    let roles = ["north:TEAM_MEMBER"];
    let one = world.signed_in(kim(&roles)).await;
    let renamed = world
        .signed_in(person("https://login.example", "kim", "Kimberley", &roles))
        .await;
    assert_eq!(one["id"], renamed["id"]);
    for (issuer, subject) in [
        ("https://login.example", "Kim"),
        ("https://login.example/", "kim"),
        ("https://other.example", "kim"),
    ] {
        let other = world
            .signed_in(person(issuer, subject, "Kimberley", &roles))
            .await;
        assert_ne!(one["id"], other["id"], "{issuer} {subject}");
        assert_ne!(other["name"], "Kimberley", "told apart in logs");
    }
    assert_eq!(world.count("team_member"), "4");
}

#[tokio::test]
async fn whoever_has_a_link_is_not_taken_over_by_a_name() {
    let world = World::new().await;
    let north = world.clinic("north").await;
    let (by_link, _) = world.stage.member(&north, "Kim", Role::ClinicAdmin).await;
    let viewer = world.signed_in(kim(&["north:REPORTER"])).await;
    assert_ne!(viewer["id"], by_link);
    assert_eq!(
        viewer,
        json!({ "id": viewer["id"], "name": "Kim (2)", "role": "REPORTER" })
    );
}

#[tokio::test]
async fn the_provider_may_demote_the_last_clinic_admin_and_take_everybody_out() {
    let world = World::new().await;
    let admin = world.signed_in(kim(&["north:CLINIC_ADMIN"])).await;
    let demoted = world.signed_in(kim(&["north:REPORTER"])).await;
    assert_eq!(
        (&demoted["id"], &demoted["role"]),
        (&admin["id"], &json!("REPORTER"))
    );
    assert!(matches!(world.sign_in(kim(&[])).await, Returned::NoRole));
    assert_eq!(world.count("team_member WHERE removed_at IS NULL"), "0");
    let deeds = world
        .stage
        .read("SELECT deed AS value FROM audit_entry ORDER BY number");
    let of_team: Vec<&str> = deeds
        .iter()
        .map(String::as_str)
        .filter(|deed| deed.ends_with("TEAM_MEMBER"))
        .collect();
    assert_eq!(
        of_team,
        [
            "ADDED_TEAM_MEMBER",
            "CHANGED_TEAM_MEMBER",
            "REMOVED_TEAM_MEMBER"
        ]
    );
}

#[tokio::test]
async fn a_provider_that_does_not_say_changes_nothing_and_signs_nobody_in() {
    let world = World::new().await;
    world.signed_in(kim(&["north:CLINIC_ADMIN"])).await;
    let unsaid = Identity {
        roles: None,
        names: vec!["Another name".to_owned()],
        ..kim(&[])
    };
    assert!(matches!(world.sign_in(unsaid).await, Returned::NoRole));
    let as_before = "team_member WHERE removed_at IS NULL AND name = 'Kim'";
    assert_eq!(world.count(as_before), "1");
    assert_eq!(world.count("staff_session WHERE ended_at IS NULL"), "1");
}

#[tokio::test]
async fn a_way_in_that_was_not_used_ends_with_the_membership() {
    let world = World::new().await;
    let Returned::SignedIn(token) = world.sign_in(kim(&["north:REPORTER"])).await else {
        panic!("not signed in")
    };
    world.sign_in(kim(&[])).await;
    let input = json!({ "token": token.reveal() });
    let refused = world.stage.command(None, "signIn", input).await;
    assert_eq!(refused["token"], Json::Null);
}

#[tokio::test]
async fn a_full_team_takes_nobody_new() {
    let world = World::new().await;
    world.signed_in(kim(&["north:REPORTER"])).await;
    world.stage.spoil(
        "INSERT INTO team_member (id, clinic_id, name, role, added_at) \
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 999) \
         SELECT printf('member_%026d', i), (SELECT id FROM clinic), 'Member ' || i, 'REPORTER', 0 FROM n",
    );
    let full = world
        .sign_in(person(
            "https://login.example",
            "new",
            "New",
            &["north:REPORTER"],
        ))
        .await;
    assert!(matches!(full, Returned::TeamIsFull));
    world.signed_in(kim(&["north:TEAM_MEMBER"])).await;
}

#[tokio::test]
async fn signing_in_by_the_provider_uses_up_no_link() {
    let world = World::new().await;
    let roles = ["north:REPORTER"];
    let viewer = world.signed_in(kim(&roles)).await;
    let north = world.clinic("north").await;
    let member = TeamMemberId::parse(viewer["id"].as_str().unwrap()).unwrap();
    let within = Within::system(north.id);
    let app = &world.stage.app;
    let link = app.sign_in_link(&within, &member).await.unwrap().unwrap();
    // Each leaves a way in that is not used.
    for _ in 0..SIGN_IN_LINKS_OF_MEMBER {
        world.sign_in(kim(&roles)).await;
    }
    world.stage.signed_in(&link.url).await;
    assert_eq!(
        world.count("sign_in"),
        SIGN_IN_LINKS_OF_MEMBER.to_string(),
        "and those have a bound too"
    );
    world.sign_in(kim(&roles)).await;
    assert_eq!(world.count("sign_in"), SIGN_IN_LINKS_OF_MEMBER.to_string());
}

#[tokio::test]
async fn a_clinic_that_is_not_looked_at_is_not_one_that_is_no_longer_named() {
    let world = World::new().await;
    let mut roles: Vec<String> = (0..MOST_CLINICS)
        .map(|at| format!("clinic-{at}:REPORTER"))
        .collect();
    for at in 0..MOST_CLINICS {
        world.stage.clinic(&format!("clinic-{at}")).await;
    }
    let as_of_north = "team_member WHERE removed_at IS NULL \
                       AND clinic_id = (SELECT id FROM clinic WHERE slug = 'north')";
    world.signed_in(kim(&["north:REPORTER"])).await;
    roles.push("north:REPORTER".to_owned());
    let named: Vec<&str> = roles.iter().map(String::as_str).collect();
    let Returned::Choose(ways) = world.sign_in(kim(&named)).await else {
        panic!("no choice")
    };
    assert_eq!(ways.len(), MOST_CLINICS);
    assert_eq!(world.count(as_of_north), "1");
    // Where all that is named was looked at, it is.
    world.sign_in(kim(&named[..MOST_CLINICS])).await;
    assert_eq!(world.count(as_of_north), "0");
}

#[tokio::test]
async fn clinics_that_there_are_not_leave_room_for_those_that_there_are() {
    let world = World::new().await;
    let mut roles: Vec<String> = (0..MOST_CLINICS)
        .map(|at| format!("nowhere-{at}:REPORTER"))
        .collect();
    roles.push("north:REPORTER".to_owned());
    let named: Vec<&str> = roles.iter().map(String::as_str).collect();
    world.signed_in(kim(&named)).await;
}

#[tokio::test]
async fn half_of_who_somebody_is_cannot_be_stored_nor_the_same_person_twice_in_a_clinic() {
    let world = World::new().await;
    let roles = ["north:REPORTER"];
    world.signed_in(kim(&roles)).await;
    world
        .signed_in(person("https://login.example", "robin", "Robin", &roles))
        .await;
    // What a constraint keeps from being written is passed over by `OR IGNORE`.
    for wrong in [
        "openid_issuer = NULL",
        "openid_subject = NULL",
        "openid_subject = 'robin'",
    ] {
        world.stage.spoil(&format!(
            "PRAGMA ignore_check_constraints = OFF; \
             UPDATE OR IGNORE team_member SET {wrong} WHERE openid_subject = 'kim'"
        ));
        let kim =
            "team_member WHERE openid_issuer = 'https://login.example' AND openid_subject = 'kim'";
        assert_eq!(world.count(kim), "1", "{wrong}");
    }
}

/// A provider that answers when the test lets it.
struct Slow {
    begun: watch::Sender<usize>,
    lets: Semaphore,
}

#[async_trait]
impl IdentityProvider for Slow {
    async fn address(
        &self,
        attempt: &SignInAttempt,
        _: Timestamp,
    ) -> Result<String, NotIdentified> {
        Ok(attempt.state.clone())
    }

    async fn identify(
        &self,
        _: &SignInAttempt,
        _: &str,
        _: Timestamp,
    ) -> Result<Identity, NotIdentified> {
        self.begun.send_modify(|begun| *begun += 1);
        self.lets.acquire().await.unwrap().forget();
        Err(NotIdentified::CodeRefused)
    }

    fn is(&self, _: &str) -> bool {
        true
    }
}

#[tokio::test]
async fn made_up_codes_from_one_address_keep_nobody_else_from_signing_in() {
    let stage = Stage::new();
    let provider = Arc::new(Slow {
        begun: watch::Sender::new(0),
        lets: Semaphore::new(0),
    });
    stage.app.sign_in_by(Arc::clone(&provider));
    let reached = Reached {
        proxies: TrustedProxies::parse("127.0.0.1").unwrap(),
        ..Reached::default()
    };
    let router = openid::router(Arc::clone(&stage.app), reached);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let service = router.into_make_service_with_connect_info::<std::net::SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    let redirects = reqwest::redirect::Policy::none();
    let client = reqwest::Client::builder()
        .redirect(redirects)
        .build()
        .unwrap();
    let get = |path: &str, from: &str| {
        let request = client.get(format!("{origin}{path}"));
        request.header("x-forwarded-for", from)
    };
    let way_back = async |from: &str| {
        let leaving = get(PATH, from).send().await.unwrap();
        let header = |name: &str| leaving.headers()[name].to_str().unwrap();
        let path = format!("{PATH}/callback?code=made-up&state={}", header("location"));
        let cookie = header("set-cookie").split(';').next().unwrap();
        get(&path, from).header("cookie", cookie)
    };
    let mut begun = provider.begun.subscribe();
    let mut until = async |count: usize| {
        begun.wait_for(|begun| *begun == count).await.unwrap();
    };

    let mut asking = Vec::new();
    for _ in 0..RETURNS_FROM_ADDRESS {
        asking.push(tokio::spawn(way_back("192.0.2.1").await.send()));
    }
    until(RETURNS_FROM_ADDRESS).await;
    let one_more = way_back("192.0.2.1").await;
    let refused = one_more.try_clone().unwrap().send().await.unwrap();
    assert_eq!(refused.status(), 429);
    assert!(refused.headers().contains_key("retry-after"));
    assert!(
        !refused.headers().contains_key("set-cookie"),
        "it may come back"
    );
    let elsewhere = tokio::spawn(way_back("192.0.2.2").await.send());
    until(RETURNS_FROM_ADDRESS + 1).await;
    provider.lets.add_permits(RETURNS_FROM_ADDRESS + 2);
    for asking in asking.into_iter().chain([elsewhere]) {
        assert_eq!(asking.await.unwrap().unwrap().status(), 400);
    }
    // The attempt that had to wait is not used up.
    assert_eq!(one_more.send().await.unwrap().status(), 400);
    until(RETURNS_FROM_ADDRESS + 2).await;
}
