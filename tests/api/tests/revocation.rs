//! Whoever may no longer follow a waiting area is cut off within 5 s: sockets with 4403, streams with an
//! answer that says so. Waited for, and measured, with a real server.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "what a test expects and does not find is the test's failure, in its helpers too"
)]

use std::time::Duration;

use serde_json::{Value, json};
use standby_tests::{Asker, Role, Server, ServerMessage, Socket, Staff, milliseconds, wall_clock};
use tokio::time::{Instant, timeout};

/// From the moment that something is revoked, or expires, to the end.
const WITHIN: Duration = Duration::from_secs(5);

const FOLLOW: &str = "subscription ($id: ID!) { waitingAreaChanged(clinicId: $id) { __typename } }";

/// A server, a clinic admin who is signed in, and another member with a session.
struct Scene {
    server: Server,
    admin: Staff,
}

/// Somebody new in the team, with a session.
struct Member {
    id: String,
    session: Asker,
}

impl Scene {
    async fn new() -> Self {
        let server = Server::start().await;
        let admin = server.admin().await;
        Self { server, admin }
    }

    async fn member(&self, role: &str) -> Member {
        let input = json!({ "clinicId": self.admin.clinic, "name": "Robin", "role": role });
        let selection = "teamMember { id } signInLink";
        let added = self
            .admin
            .asker
            .accepted("addTeamMember", input, selection)
            .await;
        let session = self.sign_in(&added["signInLink"]).await;
        Member {
            id: text(&added["teamMember"]["id"]),
            session,
        }
    }

    async fn sign_in(&self, link: &Value) -> Asker {
        let link = text(link);
        let (_, token) = link.rsplit_once('#').expect("a token in the fragment");
        let anonymous = self.server.anonymous();
        let signed_in = anonymous
            .accepted("signIn", json!({ "token": token }), "token")
            .await;
        self.server.bearer(&text(&signed_in["token"]))
    }

    /// A key; its id and its bearer.
    async fn key(&self, expires_at: Option<i64>) -> (String, Asker) {
        let expires_at = expires_at.map(|millis| {
            let instant = jiff::Timestamp::from_millisecond(millis);
            instant.expect("an instant").to_string()
        });
        let input = json!({ "clinicId": self.admin.clinic, "name": "Dashboard",
            "role": "TEAM_MEMBER", "expiresAt": expires_at });
        let selection = "apiClient { id } token";
        let added = self
            .admin
            .asker
            .accepted("addApiClient", input, selection)
            .await;
        let key = self.server.bearer(&text(&added["token"]));
        (text(&added["apiClient"]["id"]), key)
    }

    /// A socket that follows the waiting area and has been told how it is.
    async fn follow(&self, who: &Asker) -> Socket {
        let mut socket = who.socket().await;
        socket
            .subscribe("1", FOLLOW, json!({ "id": self.admin.clinic }))
            .await;
        let first = socket.next_data().await;
        assert_eq!(
            first["waitingAreaChanged"]["__typename"],
            "WaitingAreaSnapshot"
        );
        socket
    }

    /// The same by server-sent events.
    async fn stream(&self, who: &Asker) -> Stream {
        let token = who.token().expect("a token");
        let request = reqwest::Client::new()
            .post(format!("{}/graphql/stream", who.origin()))
            .header("Accept", "text/event-stream")
            .header("Authorization", format!("Bearer {token}"))
            .json(&json!({ "query": FOLLOW, "variables": { "id": self.admin.clinic } }));
        let response = request.send().await.expect("the server answers");
        assert_eq!(response.status(), 200);
        let mut stream = Stream {
            response,
            said: String::new(),
        };
        while !stream.said.contains("WaitingAreaSnapshot") {
            assert!(stream.hear().await, "it ended at once: {}", stream.said);
        }
        stream
    }

    async fn do_as_admin(&self, mutation: &str, input: Value) {
        self.admin
            .asker
            .accepted(mutation, input, "__typename")
            .await;
    }
}

/// A stream of server-sent events.
struct Stream {
    response: reqwest::Response,
    said: String,
}

impl Stream {
    /// Waits for more; false when it has ended.
    async fn hear(&mut self) -> bool {
        let chunk = timeout(Duration::from_secs(20), self.response.chunk()).await;
        match chunk.expect("something in time").expect("a whole stream") {
            Some(bytes) => {
                self.said.push_str(&String::from_utf8_lossy(&bytes));
                true
            }
            None => false,
        }
    }

    async fn assert_ended_since(mut self, since: Instant) {
        while self.hear().await {}
        let took = since.elapsed();
        assert!(took < WITHIN, "it took {took:?}");
        assert!(self.said.contains("event: complete"), "{}", self.said);
        assert!(
            self.said.contains("revoked or has expired"),
            "{}",
            self.said
        );
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}

/// Waits until the server closes the socket: with 4403, and soon enough after `since`.
async fn assert_closed_since(socket: &mut Socket, since: Instant) {
    let said = socket.keep_alive().await;
    let took = since.elapsed();
    let is_forbidden = matches!(said, ServerMessage::Closed { code: 4403, .. });
    assert!(is_forbidden, "{said:?}");
    assert!(took < WITHIN, "it took {took:?}");
}

/// That a socket still tells what happens: somebody arrives, and it says so.
async fn assert_open(scene: &Scene, socket: &mut Socket) {
    standby_tests::Caller::arrive(&scene.server, 1).await;
    let told = socket.next_data().await;
    assert_eq!(told["waitingAreaChanged"]["__typename"], "CallerArrived");
}

async fn assert_opens_nothing(who: &Asker) {
    let data = who.data("{ viewer { __typename } }", json!({})).await;
    assert_eq!(data["viewer"]["__typename"], "Anonymous");
}

#[tokio::test]
async fn a_socket_and_a_stream_end_when_their_key_is_revoked() {
    let scene = Scene::new().await;
    let (id, key) = scene.key(None).await;
    let (_, other) = scene.key(None).await;
    let (mut socket, stream) = (scene.follow(&key).await, scene.stream(&key).await);
    let mut untouched = scene.follow(&other).await;
    scene
        .do_as_admin("revokeApiClient", json!({ "apiClientId": id }))
        .await;
    let since = Instant::now();
    tokio::join!(
        assert_closed_since(&mut socket, since),
        stream.assert_ended_since(since)
    );
    assert_opens_nothing(&key).await;
    assert_open(&scene, &mut untouched).await;
}

#[tokio::test]
async fn a_socket_ends_when_its_key_is_revoked_by_the_command() {
    let scene = Scene::new().await;
    let key = scene
        .server
        .bearer(&scene.server.add_key("demo", Role::Reporter));
    let mut socket = scene.follow(&key).await;
    let revoke = ["key", "revoke", "--clinic", "demo", "--name", "Test"];
    scene.server.command(&revoke);
    assert_closed_since(&mut socket, Instant::now()).await;
    assert_opens_nothing(&key).await;
}

#[tokio::test]
async fn a_socket_and_a_stream_end_when_their_key_expires() {
    let scene = Scene::new().await;
    let expires_at = wall_clock() + 4000;
    let (_, key) = scene.key(Some(expires_at)).await;
    let (mut socket, stream) = (scene.follow(&key).await, scene.stream(&key).await);
    let left = expires_at - wall_clock();
    let left = Duration::from_millis(u64::try_from(left).expect("it is good for a while yet"));
    let since = Instant::now() + left;
    tokio::join!(
        assert_closed_since(&mut socket, since),
        stream.assert_ended_since(since)
    );
    assert!(wall_clock() >= expires_at, "not before its time");
    assert_opens_nothing(&key).await;
}

#[tokio::test]
async fn a_socket_and_a_stream_end_when_their_session_is_ended() {
    let scene = Scene::new().await;
    let member = scene.member("TEAM_MEMBER").await;
    let input = json!({ "teamMemberId": member.id });
    let link = scene
        .admin
        .asker
        .accepted("createSignInLink", input, "signInLink")
        .await;
    let other = scene.sign_in(&link["signInLink"]).await;
    let (mut socket, stream) = (
        scene.follow(&member.session).await,
        scene.stream(&member.session).await,
    );
    let mut untouched = scene.follow(&other).await;
    let query = "{ viewer { ...on TeamMember { sessions { id isCurrent } } } }";
    let data = member.session.data(query, json!({})).await;
    let sessions = data["viewer"]["sessions"].as_array().expect("sessions");
    assert_eq!(sessions.len(), 2);
    let current = sessions.iter().find(|session| session["isCurrent"] == true);
    let current = current.expect("the one that asks");
    scene
        .do_as_admin("endSession", json!({ "sessionId": current["id"] }))
        .await;
    let since = Instant::now();
    tokio::join!(
        assert_closed_since(&mut socket, since),
        stream.assert_ended_since(since)
    );
    assert_opens_nothing(&member.session).await;
    assert_open(&scene, &mut untouched).await;
}

#[tokio::test]
async fn a_socket_ends_when_its_member_signs_out() {
    let scene = Scene::new().await;
    let member = scene.member("TEAM_MEMBER").await;
    let mut socket = scene.follow(&member.session).await;
    member
        .session
        .accepted("signOut", json!({}), "signedOut")
        .await;
    assert_closed_since(&mut socket, Instant::now()).await;
}

#[tokio::test]
async fn every_socket_and_stream_of_a_member_ends_when_the_member_is_removed() {
    let scene = Scene::new().await;
    let member = scene.member("CLINIC_ADMIN").await;
    let input = json!({ "teamMemberId": member.id });
    let made = scene
        .admin
        .asker
        .accepted("createSignInLink", input.clone(), "signInLink expiresAt")
        .await;
    assert!(milliseconds(&made["expiresAt"]) > wall_clock());
    let other = scene.sign_in(&made["signInLink"]).await;
    let (mut one, mut two, stream) = (
        scene.follow(&member.session).await,
        scene.follow(&other).await,
        scene.stream(&other).await,
    );
    let mut untouched = scene.follow(&scene.admin.asker).await;
    scene.do_as_admin("removeTeamMember", input).await;
    let since = Instant::now();
    tokio::join!(
        assert_closed_since(&mut one, since),
        assert_closed_since(&mut two, since),
        stream.assert_ended_since(since)
    );
    assert_opens_nothing(&member.session).await;
    assert_opens_nothing(&other).await;
    assert_open(&scene, &mut untouched).await;
}

#[tokio::test]
async fn a_socket_ends_when_its_member_is_removed_by_the_command() {
    let scene = Scene::new().await;
    let member = scene.member("TEAM_MEMBER").await;
    let mut socket = scene.follow(&member.session).await;
    scene
        .server
        .command(&["team", "remove", "--clinic", "demo", "--name", &member.id]);
    assert_closed_since(&mut socket, Instant::now()).await;
}

#[tokio::test]
async fn a_socket_and_a_stream_end_when_a_role_changes_and_the_session_goes_on_with_the_new_one() {
    let scene = Scene::new().await;
    let member = scene.member("TEAM_MEMBER").await;
    let (mut socket, stream) = (
        scene.follow(&member.session).await,
        scene.stream(&member.session).await,
    );
    let mut untouched = scene.follow(&scene.admin.asker).await;
    let input = json!({ "teamMemberId": member.id, "role": "REPORTER" });
    scene.do_as_admin("updateTeamMember", input).await;
    let since = Instant::now();
    tokio::join!(
        assert_closed_since(&mut socket, since),
        stream.assert_ended_since(since)
    );
    let query = "{ viewer { ...on TeamMember { role } } }";
    let data = member.session.data(query, json!({})).await;
    assert_eq!(data["viewer"]["role"], "REPORTER");
    let mut again = scene.follow(&member.session).await;
    assert_open(&scene, &mut untouched).await;
    let told = again.next_data().await;
    assert_eq!(told["waitingAreaChanged"]["__typename"], "CallerArrived");
}

#[tokio::test]
async fn a_new_name_cuts_nobody_off() {
    let scene = Scene::new().await;
    let member = scene.member("TEAM_MEMBER").await;
    let (_, witness) = scene.key(Some(wall_clock() + 4000)).await;
    let (mut socket, mut witness) = (
        scene.follow(&member.session).await,
        scene.follow(&witness).await,
    );
    let input = json!({ "teamMemberId": member.id, "name": "Robin B." });
    scene.do_as_admin("updateTeamMember", input).await;
    // Opened later, the witness is asked about later: by its end, the member was asked about twice.
    for _ in 0..2 {
        let closed = witness.keep_alive().await;
        assert!(
            matches!(closed, ServerMessage::Closed { code: 4403, .. }),
            "{closed:?}"
        );
        let (_, next) = scene.key(Some(wall_clock() + 4000)).await;
        witness = scene.follow(&next).await;
    }
    assert_open(&scene, &mut socket).await;
}
