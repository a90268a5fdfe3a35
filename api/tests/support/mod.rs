//! The whole application on a store in a temporary directory, with a clock that the test sets, asked
//! through the schema by whoever the test says.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "each test file uses a part; what a test expects and does not find is its failure"
)]

use async_graphql::{Request, Variables};
use diesel::Connection as _;
use diesel::RunQueryDsl as _;
use diesel::connection::SimpleConnection as _;
use diesel::sqlite::SqliteConnection;
use futures_util::{Stream, StreamExt as _};
use serde_json::{Value as Json, json};
use standby::adapters::change_feed::InProcessFeed;
use standby::adapters::dev_phone::DevPhone;
use standby::adapters::randomness::SystemRandomness;
use standby::adapters::sqlite::Sqlite;
use standby::app::keys::Keys;
use standby::app::outbox::Looked;
use standby::app::{App, Texting};
use standby::domain::clinic::Clinic;
use standby::domain::phone_number::PhoneNumber;
use standby::domain::policy::{Role, Within};
use standby::domain::text::PublicUrl;
use standby::domain::time::{Span, Timestamp};
use standby::graphql::door::AppDoor;
use standby::http::door::{AnonymousBecause, Asker, Door as _, Refused};
use standby::ports::clock::Clock;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::time::Duration;
use tempfile::TempDir;

/// A clock that stands still until the test moves it.
pub(crate) struct ManualClock(AtomicI64);

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

impl ManualClock {
    pub(crate) fn advance(&self, span: Span) {
        self.0.fetch_add(span.as_millis(), Ordering::SeqCst);
    }
}

pub(crate) struct Stage {
    pub(crate) app: Arc<App>,
    pub(crate) clock: Arc<ManualClock>,
    door: AppDoor,
    phone: DevPhone,
    arrivals: AtomicU32,
    directory: TempDir,
    texting: Texting,
}

fn app(directory: &TempDir, clock: &Arc<ManualClock>, texting: Texting) -> Arc<App> {
    App::new(
        Arc::new(Sqlite::open(directory.path()).unwrap()),
        Arc::<ManualClock>::clone(clock),
        Arc::new(SystemRandomness),
        Arc::new(InProcessFeed::default()),
        Keys::new([7; 32]),
        PublicUrl::parse("http://127.0.0.1:8080").unwrap(),
        texting,
    )
}

/// A place for a store that is gone with the test.
fn memory() -> TempDir {
    if is_memory_large() {
        tempfile::tempdir_in("/dev/shm").unwrap()
    } else {
        tempfile::tempdir().unwrap()
    }
}

/// Whether there is a file system in memory, and with more than the 64 MB that it has in some containers.
fn is_memory_large() -> bool {
    let mounts = std::fs::read_to_string("/proc/mounts").unwrap_or_default();
    let memory = mounts
        .lines()
        .find(|line| line.contains(" /dev/shm tmpfs "));
    let size = memory.and_then(|line| line.split_once("size=")?.1.split(['k', ',']).next());
    // Without a size of its own it has half of what the machine has.
    memory.is_some() && size.is_none_or(|size| size.parse().is_ok_and(|kb: u64| kb > 1024 * 1024))
}

/// A caller as the test knows one.
pub(crate) struct Arrived {
    pub(crate) id: String,
    pub(crate) token: String,
}

/// Somebody's bearer token, or none.
pub(crate) type By<'a> = Option<&'a str>;

impl Stage {
    pub(crate) fn new() -> Self {
        Self::texting(Texting::default())
    }

    /// A stage whose way of sending texts can do more.
    pub(crate) fn texting(texting: Texting) -> Self {
        Self::on(tempfile::tempdir().unwrap(), texting, 1_772_439_330_250)
    }

    /// A stage for tests that write much: the same store and the same files, in memory where the machine
    /// has a place for that.
    pub(crate) fn in_memory() -> Self {
        Self::on(memory(), Texting::default(), 1_772_439_330_250)
    }

    /// Another server on a copy of the store as it is, at the same time of day.
    pub(crate) fn copied(&self) -> Self {
        let directory = memory();
        let copy = directory.path().join("standby.sqlite");
        self.spoil(&format!("VACUUM INTO '{}'", copy.display()));
        Self::on(
            directory,
            self.texting.clone(),
            self.clock.now().as_millis(),
        )
    }

    fn on(directory: TempDir, texting: Texting, now: i64) -> Self {
        let clock = Arc::new(ManualClock(AtomicI64::new(now)));
        let app = app(&directory, &clock, texting.clone());
        let phone = DevPhone::open(directory.path(), Arc::<ManualClock>::clone(&clock)).unwrap();
        let door = AppDoor::new(Arc::clone(&app));
        Self {
            app,
            clock,
            door,
            phone,
            arrivals: AtomicU32::new(0),
            directory,
            texting,
        }
    }

    /// The server ends and another one starts: what is not in the store is gone.
    pub(crate) fn restart(&mut self) {
        self.app = app(&self.directory, &self.clock, self.texting.clone());
        self.door = AppDoor::new(Arc::clone(&self.app));
    }

    /// The path of the store's file.
    pub(crate) fn file(&self) -> String {
        let file = self.directory.path().join("standby.sqlite");
        file.to_str().unwrap().to_owned()
    }

    /// Runs SQL on the store's file, past the server.
    pub(crate) fn spoil(&self, sql: &str) {
        let mut connection = SqliteConnection::establish(&self.file()).unwrap();
        let ignoring = "PRAGMA busy_timeout = 5000; PRAGMA ignore_check_constraints = ON";
        connection.batch_execute(ignoring).unwrap();
        connection.batch_execute(sql).unwrap();
    }

    /// The column `value` of what a query answers, as text.
    pub(crate) fn read(&self, sql: &str) -> Vec<String> {
        #[derive(diesel::QueryableByName)]
        struct Row {
            #[diesel(sql_type = diesel::sql_types::Text)]
            value: String,
        }
        let mut connection = SqliteConnection::establish(&self.file()).unwrap();
        connection
            .batch_execute("PRAGMA busy_timeout = 5000")
            .unwrap();
        let rows: Vec<Row> = diesel::sql_query(sql).load(&mut connection).unwrap();
        rows.into_iter().map(|row| row.value).collect()
    }

    pub(crate) async fn clinic(&self, slug: &str) -> Clinic {
        let name = format!("Clinic {slug}");
        let template = "https://video.example/{room}";
        self.app
            .add_clinic(slug, &name, "AU", template)
            .await
            .unwrap()
            .unwrap()
    }

    pub(crate) async fn key(&self, clinic: &Clinic, role: Role) -> String {
        let within = Within::system(clinic.id.clone());
        let added = self.app.add_key(&within, "Test key", role, None).await;
        added.unwrap().unwrap().token.reveal().to_owned()
    }

    /// Someone new in the team: the id, and the token of a session.
    pub(crate) async fn member(&self, clinic: &Clinic, name: &str, role: Role) -> (String, String) {
        let within = Within::system(clinic.id.clone());
        let added = self.app.add_team_member(&within, name, role).await;
        let id = added.unwrap().unwrap().id;
        let link = self.app.sign_in_link(&within, &id).await.unwrap().unwrap();
        (id.to_string(), self.signed_in(&link.url).await)
    }

    /// The token of a session that a one-time link opens.
    pub(crate) async fn signed_in(&self, link: &str) -> String {
        let (_, token) = link.rsplit_once('#').unwrap();
        let input = json!({ "token": token });
        let signed_in = self.command(None, "signIn", input).await;
        signed_in["token"].as_str().expect("a session").to_owned()
    }

    /// Asks by this credential; the answer as JSON, errors and all.
    pub(crate) async fn ask(&self, by: By<'_>, query: &str, variables: Json) -> Json {
        let request = self.request(by, query, variables).await;
        serde_json::to_value(self.door.schema().execute(request).await).unwrap()
    }

    /// Follows a subscription by this credential.
    pub(crate) async fn follow(
        &self,
        by: By<'_>,
        query: &str,
        variables: Json,
    ) -> Pin<Box<dyn Stream<Item = Json> + Send>> {
        let request = self.request(by, query, variables).await;
        let answers = self.door.schema().execute_stream(request);
        Box::pin(answers.map(|answer| serde_json::to_value(answer).unwrap()))
    }

    async fn request(&self, by: By<'_>, query: &str, variables: Json) -> Request {
        let viewer = match by {
            None => self.door.anonymous(AnonymousBecause::NoCredential),
            Some(credential) => match self.door.viewer(credential).await {
                Ok(viewer) => viewer,
                Err(Refused::Credential) => {
                    self.door.anonymous(AnonymousBecause::RejectedCredential)
                }
                Err(other) => panic!("the door failed: {other:?}"),
            },
        };
        let request = Request::new(query).variables(Variables::from_json(variables));
        self.door.prepare(request, &viewer, &Asker::default())
    }

    /// What a mutation's payload holds. Faults fail the test.
    pub(crate) async fn command(&self, by: By<'_>, name: &str, input: Json) -> Json {
        let query = format!(
            "mutation ($input: {}Input!) {{ {name}(input: $input) {{ {} userErrors {{ __typename \
             code message field ...on WrongStatusError {{ status }} ...on CodeRejectedError \
             {{ attemptsLeft }} ...on RateLimitedError {{ retryAt }} }} }} }}",
            capitalised(name),
            selection(name),
        );
        let mut answer = self.ask(by, &query, json!({ "input": input })).await;
        assert!(answer.get("errors").is_none(), "{answer}");
        answer["data"][name].take()
    }

    pub(crate) async fn enter(&self, slug: &str, name: &str, phone: Option<&str>) -> Arrived {
        let key = format!("arrival {}", self.arrivals.fetch_add(1, Ordering::SeqCst));
        let input =
            json!({ "clinicSlug": slug, "name": name, "phone": phone, "idempotencyKey": key });
        let entered = self.command(None, "enterWaitingArea", input).await;
        arrived(&entered)
    }

    /// The texts that a number was sent, oldest first.
    pub(crate) async fn texts(&self, number: &str) -> Vec<String> {
        while self.app.send_next_text(&self.phone).await.unwrap() == Looked::AtOne {}
        let number = PhoneNumber::from_stored(number.to_owned());
        let messages = self.phone.messages(Some(number.reveal()));
        messages.into_iter().map(|message| message.body).collect()
    }

    /// The codes that a number was sent, oldest first.
    pub(crate) async fn codes(&self, number: &str) -> Vec<String> {
        let texts = self.texts(number).await;
        texts
            .iter()
            .filter_map(|text| text.rsplit_once(" #"))
            .map(|(_, code)| code.to_owned())
            .collect()
    }

    /// Has the dev phone forget what went to those who are erased.
    pub(crate) async fn forget_texts(&self) {
        self.app.forget_texts(&self.phone).await.unwrap();
    }

    /// The files of the data directory in which any of these stands, in upper or lower case.
    pub(crate) fn files_with(&self, canaries: &[&str]) -> Vec<String> {
        let files = std::fs::read_dir(self.directory.path()).unwrap();
        let has_any = |path: &std::path::Path| {
            let content = std::fs::read(path).unwrap().to_ascii_lowercase();
            canaries.iter().any(|canary| {
                let canary = canary.to_ascii_lowercase();
                content
                    .windows(canary.len())
                    .any(|bytes| bytes == canary.as_bytes())
            })
        };
        files
            .map(|file| file.unwrap().path())
            .filter(|path| has_any(path))
            .map(|path| path.display().to_string())
            .collect()
    }

    /// Sends a code to the caller's number and enters it.
    pub(crate) async fn verify(&self, caller: &Arrived, number: &str) {
        let by = Some(caller.token.as_str());
        let sent = self.command(by, "sendVerificationCode", json!({})).await;
        assert_eq!(sent["userErrors"], json!([]));
        let code = self.codes(number).await.pop().unwrap();
        let verified = self
            .command(by, "verifyPhone", json!({ "code": code }))
            .await;
        assert_eq!(
            verified["caller"]["phone"]["isVerified"], true,
            "{verified}"
        );
    }

    /// Lets a time pass as the server lives through it, with a look at every lease each second.
    pub(crate) async fn pass(&self, span: Span) {
        let step = Span::seconds(1);
        self.app.sweep_presence().await.unwrap();
        for _ in 0..span.as_millis() / step.as_millis() {
            self.clock.advance(step);
            self.app.sweep_presence().await.unwrap();
        }
    }

    /// The caller hides the wait screen, or looks at it again.
    pub(crate) async fn report(&self, caller: &Arrived, counter: i64, state: &str) -> Json {
        let input = json!({ "deviceId": "phone", "counter": counter, "state": state });
        self.command(Some(&caller.token), "reportPresence", input)
            .await
    }
}

pub(crate) fn arrived(entered: &Json) -> Arrived {
    assert_eq!(entered["userErrors"], json!([]));
    Arrived {
        id: entered["caller"]["id"].as_str().unwrap().to_owned(),
        token: entered["token"].as_str().unwrap().to_owned(),
    }
}

/// A code of six digits that is another one.
pub(crate) fn another_code(code: &str) -> String {
    let number: u32 = code.parse().unwrap();
    format!("{:06}", (number + 1) % 1_000_000)
}

/// The next item of a stream, or `None` when it is at its end.
pub(crate) async fn next(stream: &mut Pin<Box<dyn Stream<Item = Json> + Send>>) -> Option<Json> {
    let next = tokio::time::timeout(Duration::from_secs(10), stream.next());
    next.await.expect("something comes within 10 s")
}

/// The one error of a payload: its type, code and field path.
#[track_caller]
pub(crate) fn error(payload: &Json) -> (String, String, Option<String>) {
    let errors = payload["userErrors"].as_array().unwrap();
    assert_eq!(errors.len(), 1, "{payload}");
    let text = |name: &str| errors[0][name].as_str().unwrap_or_default().to_owned();
    assert!(!text("message").is_empty());
    let field = errors[0]["field"].as_array().map(|path| {
        let path: Vec<_> = path.iter().map(|step| step.as_str().unwrap()).collect();
        path.join(".")
    });
    (text("__typename"), text("code"), field)
}

/// Asserts that a payload holds one error of this code at this field.
#[track_caller]
pub(crate) fn assert_refused(payload: &Json, code: &str, field: Option<&str>) {
    let (_, given_code, given_field) = error(payload);
    assert_eq!(
        (given_code.as_str(), given_field.as_deref()),
        (code, field),
        "{payload}"
    );
}

fn capitalised(name: &str) -> String {
    let mut characters = name.chars();
    characters
        .next()
        .map(|first| first.to_ascii_uppercase())
        .into_iter()
        .chain(characters)
        .collect()
}

fn selection(mutation: &str) -> String {
    const CALLER: &str = "caller { id status version arrivalNumber name \
        phone { number isVerified } position { place aheadOffline } \
        presence { isViewing notResponding } verification { number attemptsLeft } \
        end { how reason isResumable } recall { id sms { state } openedAt returnedAt } }";
    match mutation {
        "enterWaitingArea" => format!("{CALLER} token"),
        "sendVerificationCode" => "expiresAt resendAt".to_owned(),
        "recallCaller" => format!("{CALLER} recall {{ id sms {{ state }} }}"),
        "joinCaller" => format!("{CALLER} room {{ url }}"),
        "updateClinicSettings" => {
            "settings { offlineQueueing showQueuePosition isOpen defaultCountry allowedCountries \
             roomUrlTemplate hasRoomTokenKey roomTokenIssuer textOnCancel consentText \
             entryFields { key label isRequired } \
             lostContactGraceSeconds eraseAfterSeconds timeZone }"
                .to_owned()
        }
        "signIn" => "token expiresAt viewer { id name role clinic { slug } }".to_owned(),
        "signOut" => "signedOut".to_owned(),
        "addTeamMember" => "teamMember { id name role } signInLink signInLinkExpiresAt".to_owned(),
        "updateTeamMember" => "teamMember { id name role }".to_owned(),
        "removeTeamMember" => "removedTeamMemberId".to_owned(),
        "createSignInLink" => "signInLink expiresAt".to_owned(),
        "endSession" => "endedSessionId".to_owned(),
        "addApiClient" => "apiClient { id name role addedBy expiresAt revokedAt } token".to_owned(),
        "revokeApiClient" => "apiClient { id name role addedBy expiresAt revokedAt }".to_owned(),
        _ => CALLER.to_owned(),
    }
}
