//! Where a store under test lives, and the few people and things that the sentences speak of.

use async_trait::async_trait;
use diesel::sqlite::SqliteConnection;
use diesel::{Connection as _, RunQueryDsl as _};
use standby::adapters::sqlite::Sqlite;
use standby::domain::access::{ApiKey, KeyChange, SignInMethod, TeamChange, TeamMember};
use standby::domain::arrive::{Arriving, arrive};
use standby::domain::caller::{Arrival, Caller};
use standby::domain::clinic::{Clinic, RoomUrlTemplate, Settings, Slug};
use standby::domain::decide::{Command, Decision, NewCode, SendCode, decide};
use standby::domain::entry::{Answer, Name};
use standby::domain::event::Actor;
use standby::domain::id::{
    ApiClientId, CallerId, ClinicId, DeviceId, RecallId, RoomId, SessionId, TeamMemberId, TextId,
};
use standby::domain::phone_number::{Country, PhoneNumber};
use standby::domain::policy::{Role, Within};
use standby::domain::presence::ScreenState;
use standby::domain::secret::{CodeHash, SecureCode, Token, TokenHash, TokenKind};
use standby::domain::text::PublicUrl;
use standby::domain::time::{Span, Timestamp};
use standby::ports::store::access::{NewSignIn, OpeningSession};
use standby::ports::store::{
    Changing, Decided, Entered, Entering, Loaded, Outcome, Placed, Report, Resuming, Store, Subject,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tempfile::TempDir;

/// A place in which a store keeps what it is told.
#[async_trait]
pub(crate) trait Home: Send + Sync {
    /// Opens the store that lives here: for the first time, once more, or again after a restart.
    async fn open(&self) -> Arc<dyn Store>;
    /// Everything in every row, as text to be searched.
    async fn rows(&self) -> String;
}

/// A directory with a SQLite file in it.
pub(crate) struct SqliteHome(TempDir);

impl SqliteHome {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }
}

#[async_trait]
impl Home for SqliteHome {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(Sqlite::open(self.0.path()).unwrap())
    }

    async fn rows(&self) -> String {
        let file = self.0.path().join("standby.sqlite");
        let mut connection = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
        let mut lines = |query: &str| -> Vec<String> {
            let lines: Vec<Line> = diesel::sql_query(query).load(&mut connection).unwrap();
            lines.into_iter().map(|line| line.line).collect()
        };
        let mut rows = String::new();
        for table in lines("SELECT name AS line FROM sqlite_schema WHERE type = 'table'") {
            let columns = lines(&format!(
                "SELECT group_concat('coalesce(\"' || name || '\", '''')', ' || '' '' || ') AS line
                 FROM pragma_table_info('{table}')"
            ));
            let columns = columns.concat();
            rows.push_str(&lines(&format!("SELECT {columns} AS line FROM \"{table}\"")).join("\n"));
        }
        rows
    }
}

#[derive(diesel::QueryableByName)]
struct Line {
    #[diesel(sql_type = diesel::sql_types::Text)]
    line: String,
}

/// Bits for ids and tokens: each different, and the same in every run.
static BITS: AtomicU64 = AtomicU64::new(1);

pub(crate) fn bits() -> [u8; 16] {
    u128::from(BITS.fetch_add(1, Ordering::Relaxed)).to_be_bytes()
}

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000) + Span::seconds(seconds)
}

pub(crate) fn hash() -> TokenHash {
    TokenHash(format!("hash of {:?}", bits()))
}

pub(crate) fn number() -> PhoneNumber {
    PhoneNumber::from_stored("+61491570006".to_owned())
}

pub(crate) fn settings() -> Settings {
    let template = RoomUrlTemplate::parse("https://video.example/{room}", "f").unwrap();
    Settings::new(Country::parse("AU").unwrap(), template)
}

pub(crate) fn a_clinic(slug: &str) -> Clinic {
    Clinic {
        id: ClinicId::new(bits()),
        slug: Slug::parse(slug).unwrap(),
        name: format!("Clinic {slug}"),
        version: 0,
        settings: settings(),
    }
}

pub(crate) fn report(device: &str, counter: i64, state: ScreenState) -> Report {
    Report {
        device: DeviceId::parse(device).unwrap(),
        counter,
        state,
    }
}

/// A caller at the door, with what is remembered of the request.
pub(crate) struct AtTheDoor {
    pub(crate) id: CallerId,
    pub(crate) name: String,
    pub(crate) key: String,
    pub(crate) input: String,
    pub(crate) token: TokenHash,
    pub(crate) subjects: Vec<Subject>,
    pub(crate) now: Timestamp,
}

impl AtTheDoor {
    pub(crate) fn at(now: Timestamp) -> Self {
        let id = CallerId::new(bits());
        Self {
            key: format!("key of {id}"),
            input: "input".to_owned(),
            name: "Kim".to_owned(),
            token: hash(),
            subjects: Vec::new(),
            now,
            id,
        }
    }
}

/// A clinic in a store, and whoever acts in it.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clinic: Clinic,
    pub(crate) within: Within,
}

impl World {
    pub(crate) async fn new(home: &impl Home) -> Self {
        Self::of(home.open().await, "demo").await
    }

    pub(crate) async fn of(store: Arc<dyn Store>, slug: &str) -> Self {
        let clinic = a_clinic(slug);
        assert!(store.add_clinic(&clinic).await.unwrap());
        let within = Within::system(clinic.id.clone());
        Self {
            store,
            clinic,
            within,
        }
    }

    /// Someone new in the team.
    pub(crate) async fn add_member(&self, name: &str, role: Role) -> TeamMember {
        let new = TeamMember {
            id: TeamMemberId::new(bits()),
            clinic: self.clinic.id.clone(),
            name: name.to_owned(),
            role,
            added_at: at(0),
            removed_at: None,
        };
        let decide = |_: &[TeamMember]| Ok(TeamChange::Added(new.clone()));
        let added = self.store.change_team(&self.within, &decide, at(0)).await;
        added.unwrap().unwrap()
    }

    /// A new key that does not expire, with the hash of its token.
    pub(crate) async fn add_key(&self, name: &str, role: Role) -> (ApiKey, TokenHash) {
        let new = ApiKey {
            id: ApiClientId::new(bits()),
            clinic: self.clinic.id.clone(),
            name: name.to_owned(),
            role,
            added_at: at(0),
            added_by: None,
            last_used_at: None,
            expires_at: None,
            revoked_at: None,
        };
        let token = hash();
        let decide = |_: &[ApiKey]| Ok(KeyChange::Added(new.clone()));
        let store = &self.store;
        let added = store.change_keys(&self.within, &decide, Some(&token), at(0));
        (added.await.unwrap().unwrap().key, token)
    }

    /// A one-time sign-in link of a member.
    pub(crate) async fn add_sign_in(
        &self,
        member: &TeamMember,
        token: &TokenHash,
        expires_at: Timestamp,
    ) {
        let link = NewSignIn {
            member: member.id.clone(),
            token: token.clone(),
            method: SignInMethod::Link,
            expires_at,
        };
        let added = self.store.add_sign_in(&self.within, &link, at(0)).await;
        assert!(added.unwrap().is_ok(), "no such member");
    }

    pub(crate) async fn enter(&self, someone: &AtTheDoor) -> Entered {
        let arrive = |clinic: &Clinic, arrival: Arrival, _: &[_]| {
            let arriving = Arriving {
                id: someone.id.clone(),
                name: Name::from_stored(someone.name.clone()),
                phone: Some(number()),
                answers: vec![Answer {
                    key: "dob".to_owned(),
                    label: "Date of “birth”".to_owned(),
                    value: "1 May\u{200d}".to_owned(),
                }],
            };
            arrive(clinic, arriving, arrival, someone.now)
        };
        let entering = Entering {
            clinic: &self.clinic.id,
            key: &someone.key,
            input: &someone.input,
            token: &someone.token,
            subjects: &someone.subjects,
            now: someone.now,
            arrive: &arrive,
        };
        self.store.enter(entering).await.unwrap()
    }

    /// A caller who arrives at `now`.
    pub(crate) async fn arrive(&self, now: Timestamp) -> Caller {
        match self.enter(&AtTheDoor::at(now)).await {
            Entered::New { placed, .. } => placed.caller,
            _ => panic!("not taken in"),
        }
    }

    /// A caller who has arrived, verified and gone away, from `now` on.
    pub(crate) async fn arrive_and_step_away(&self, now: Timestamp) -> Caller {
        let caller = self.arrive(now).await;
        changed(self.command(&caller.id, send_code(), now).await);
        changed(self.command(&caller.id, right_code(), now).await);
        changed(self.command(&caller.id, see(false), now).await).caller
    }

    pub(crate) async fn command(
        &self,
        caller: &CallerId,
        command: Command,
        now: Timestamp,
    ) -> Outcome {
        self.change(caller, None, now, &|loaded| {
            decide(loaded.caller, command.clone(), &loaded.clinic.settings, now).into()
        })
        .await
    }

    pub(crate) async fn change(
        &self,
        caller: &CallerId,
        report: Option<Report>,
        now: Timestamp,
        decide: &(dyn Fn(Loaded<'_>) -> Decided + Send + Sync),
    ) -> Outcome {
        let changing = Changing {
            caller,
            now,
            report,
            subjects: &|_| Vec::new(),
            decide,
        };
        self.store
            .change_caller(&self.within, changing)
            .await
            .unwrap()
    }

    pub(crate) async fn resume(&self, lost: &CallerId, id: CallerId, now: Timestamp) -> Outcome {
        let resume = |clinic: &Clinic, lost: &Caller| {
            standby::domain::arrive::resume(clinic, lost, id.clone(), now)
        };
        let resuming = Resuming {
            lost,
            now,
            resume: &resume,
        };
        self.store.resume(&self.within, resuming).await.unwrap()
    }

    pub(crate) async fn caller(&self, id: &CallerId) -> Placed {
        self.store.caller(&self.within, id).await.unwrap().unwrap()
    }

    pub(crate) async fn version(&self) -> i64 {
        self.store
            .clinic(&self.clinic.id)
            .await
            .unwrap()
            .unwrap()
            .version
    }

    /// All that can be seen of this clinic, as text to compare.
    pub(crate) async fn all(&self) -> String {
        use standby::ports::store::CallerPage;
        let everyone = CallerPage {
            statuses: Vec::new(),
            after: None,
            before: None,
            limit: 1000,
            is_from_end: false,
        };
        let callers = self.store.callers(&self.within, &everyone).await.unwrap();
        let store = &self.store;
        let area = store.waiting_area(&self.within).await.unwrap();
        let changes = store.changes_after(&self.within, 0, 10_000).await.unwrap();
        let screens = store.screens().await.unwrap();
        let team = store.team(&self.within).await.unwrap();
        let waiting = store.texts_waiting().await.unwrap();
        let mut all = vec![format!(
            "{callers:?} {area:?} {changes:?} {screens:?} {team:?} {waiting}"
        )];
        for placed in callers.callers {
            // What is never printed, compared all the same.
            if let Some(details) = placed.caller.details() {
                all.push(details.name.reveal().to_owned());
                all.extend(details.answers.iter().map(|answer| answer.value.clone()));
            }
            let activity = store
                .activity(&self.within, &placed.caller.id, 1000)
                .await
                .unwrap();
            all.push(format!("{activity:?}"));
        }
        all.join("\n")
    }
}

/// A session that a link opens at `now`.
pub(crate) fn opening(
    link: &TokenHash,
    token: &TokenHash,
    expires_at: Timestamp,
    now: Timestamp,
) -> OpeningSession {
    OpeningSession {
        link: link.clone(),
        id: SessionId::new(bits()),
        token: token.clone(),
        expires_at,
        now,
    }
}

pub(crate) fn see(is_viewing: bool) -> Command {
    Command::SeeViewing {
        is_viewing,
        by_recall: None,
    }
}

pub(crate) fn send_code() -> Command {
    Command::SendCode(SendCode {
        number: None,
        code: NewCode::Ours {
            code: SecureCode::from_number(123_456),
            hash: CodeHash("right".to_owned()),
        },
        text: TextId::new(bits()),
        at: public_url(),
        uses: Vec::new(),
    })
}

pub(crate) fn right_code() -> Command {
    Command::VerifyPhone {
        typed: Some(CodeHash("right".to_owned())),
        uses: Vec::new(),
    }
}

pub(crate) fn wrong_code() -> Command {
    Command::VerifyPhone {
        typed: Some(CodeHash("wrong".to_owned())),
        uses: Vec::new(),
    }
}

pub(crate) fn recall() -> Command {
    Command::Recall {
        by: Actor::System,
        id: RecallId::new(bits()),
        text: TextId::new(bits()),
        token: Token::new(TokenKind::Caller, bits()),
        at: public_url(),
        takes_replies: false,
    }
}

pub(crate) fn join() -> Command {
    Command::Join {
        by: Actor::System,
        room: RoomId::new(bits()),
    }
}

pub(crate) fn cancel() -> Command {
    Command::Cancel {
        by: Actor::System,
        reason: None,
        text: TextId::new(bits()),
    }
}

pub(crate) fn leave() -> Command {
    Command::Leave { reason: None }
}

pub(crate) fn public_url() -> PublicUrl {
    PublicUrl::parse("https://standby.example").unwrap()
}

/// The caller of an outcome that is a change.
pub(crate) fn changed(outcome: Outcome) -> Placed {
    match outcome {
        Outcome::Changed { placed, .. } => *placed,
        other => panic!("not changed: {}", named(&other)),
    }
}

/// What kind of outcome this is.
pub(crate) fn named(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::NotFound => "not found",
        Outcome::Changed { .. } => "changed",
        Outcome::Unchanged(_) => "unchanged",
        Outcome::Refused(..) => "refused",
    }
}

pub(crate) fn nothing(_: Loaded<'_>) -> Decided {
    Decision::Unchanged.into()
}
