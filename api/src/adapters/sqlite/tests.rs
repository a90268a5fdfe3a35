//! What is only true of the file: its tables, who may read it, and how it is searched.

mod erasing;
mod webhooks;

use super::connection::{Access, BUSY_TIMEOUT, Transaction};
use super::file::{self, MIGRATIONS};
use super::{Connection, Sqlite};
use crate::adapters::queries::upkeep::{EVENTS_KEPT, EVENTS_KEPT_FOR_FIGURES};
use crate::domain::access::{ApiKey, KeyChange, SignInMethod, TeamChange, TeamMember};
use crate::domain::arrive::{Arriving, arrive};
use crate::domain::audit::Deed;
use crate::domain::caller::Arrival;
use crate::domain::clinic::{Clinic, RoomUrlTemplate, Settings, Slug};
use crate::domain::decide::{Command, Decision, NewCode, SendCode, decide};
use crate::domain::delivery::{Progress, SmsState};
use crate::domain::entry::Name;
use crate::domain::event::Actor;
use crate::domain::id::{
    ApiClientId, CallerId, ClinicId, DeviceId, RoomId, SessionId, TeamMemberId, TextId,
};
use crate::domain::limits::LimitKind;
use crate::domain::phone_number::{Country, PhoneNumber};
use crate::domain::policy::{Act, Role, Staff, StaffId, Viewer, Within};
use crate::domain::presence::ScreenState;
use crate::domain::report::Days;
use crate::domain::secret::{CodeHash, SecureCode, TokenHash, TokenKind};
use crate::domain::status::Status;
use crate::domain::text::PublicUrl;
use crate::domain::time::{Span, Timestamp};
use crate::ports::store::access::{AccessStore as _, LastUse, NewSignIn, OpeningSession};
use crate::ports::store::audit::{AuditStore as _, Look};
use crate::ports::store::erasing::ErasingStore as _;
use crate::ports::store::reports::ReportStore as _;
use crate::ports::store::{
    CallerPage, Changing, Decided, Entered, Entering, Loaded, Report, Settlement, Store, Subject,
};
use diesel::connection::{InstrumentationEvent, SimpleConnection};
use diesel::prelude::QueryableByName;
use diesel::sqlite::SqliteConnection;
use diesel::{Connection as _, RunQueryDsl as _, sql_query, sql_types};
use diesel_async::AsyncConnection as _;
use diesel_migrations::MigrationHarness;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = sql_types::Text)]
    line: String,
}

fn lines(connection: &mut SqliteConnection, query: &str) -> Vec<String> {
    let lines: Vec<Line> = sql_query(query).load(connection).unwrap();
    lines.into_iter().map(|line| line.line).collect()
}

fn file_of(directory: &TempDir) -> String {
    directory
        .path()
        .join("standby.sqlite")
        .to_str()
        .unwrap()
        .to_owned()
}

/// Every table and index as it is, but for those of the migrations themselves.
fn schema(connection: &mut SqliteConnection) -> Vec<String> {
    let query = "SELECT coalesce(sql, name) AS line FROM sqlite_schema
                 WHERE tbl_name NOT LIKE '\\_\\_diesel%' ESCAPE '\\' ORDER BY name";
    lines(connection, query)
}

#[test]
fn down_undoes_up_and_up_again_makes_the_same_tables() {
    let directory = tempfile::tempdir().unwrap();
    let mut connection = file::connect_to_migrate(&file_of(&directory)).unwrap();
    assert_eq!(schema(&mut connection), [""; 0]);
    connection.run_pending_migrations(MIGRATIONS).unwrap();
    let made = schema(&mut connection);
    assert!(made.iter().any(|sql| sql.contains("CREATE TABLE caller ")));
    connection.revert_all_migrations(MIGRATIONS).unwrap();
    assert_eq!(schema(&mut connection), [""; 0]);
    connection.run_pending_migrations(MIGRATIONS).unwrap();
    assert_eq!(schema(&mut connection), made);
}

/// What the first release could have left behind: texts in every state, a code and a recall.
const OF_THE_FIRST_RELEASE: &str = "
    INSERT INTO clinic VALUES ('clinic', 'demo', 'Demo', 1, 2, 1, 1, 1, 'AU', '[\"AU\"]', '/{room}',
        NULL, NULL, 0, NULL, '[]', 120000);
    INSERT INTO caller VALUES ('clinic', 'caller', 1, 1, 'Ada', '[]', 1, 1, 'OFFLINE', 1, 1, 1,
        '+61491570006', 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0);
    INSERT INTO secure_code VALUES ('clinic', 'caller', '+61491570156', 'hash', 1000, 4, 'code',
        'SENT', NULL, 1);
    INSERT INTO recall VALUES ('clinic', 'caller', 'recall', 1, 'SYSTEM', NULL, 'text', 'QUEUED', NULL,
        1, NULL, NULL);
    INSERT INTO text VALUES ('queued', 'clinic', 'caller', 'RECALL', '+61491570006', 'words', 'QUEUED',
        NULL, 0, 5, NULL, NULL, 1, 1);
    INSERT INTO text VALUES ('sending', 'clinic', 'caller', 'CODE', '+61491570006', 'words', 'SENDING',
        NULL, 1, NULL, 9, NULL, 1, 1);
    INSERT INTO text VALUES ('withdrawn', 'clinic', 'caller', 'RECALL', '+61491570006', NULL,
        'WITHDRAWN', NULL, 1, NULL, NULL, NULL, 1, 1);
    INSERT INTO text VALUES ('failed', 'clinic', 'caller', 'CANCELLED', '+61491570006', NULL, 'FAILED',
        'LANDLINE', 1, NULL, NULL, NULL, 1, 1);
    INSERT INTO text VALUES ('delivered', 'clinic', 'caller', 'CODE', '+61491570006', NULL,
        'DELIVERED', NULL, 1, NULL, NULL, 'SM1', 1, 1);
";

#[derive(QueryableByName, Debug, PartialEq)]
struct TextOnItsWay {
    #[diesel(sql_type = sql_types::Text)]
    id: String,
    #[diesel(sql_type = sql_types::Text)]
    state: String,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Text>)]
    body: Option<String>,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Text>)]
    provider_id: Option<String>,
}

#[test]
fn what_the_release_before_has_left_is_kept_and_the_way_back_too() {
    let directory = tempfile::tempdir().unwrap();
    let mut connection = file::connect_to_migrate(&file_of(&directory)).unwrap();
    let first = connection.pending_migrations(MIGRATIONS).unwrap();
    connection.run_migration(&*first[0]).unwrap();
    connection.batch_execute(OF_THE_FIRST_RELEASE).unwrap();
    let texts = |connection: &mut SqliteConnection| -> Vec<TextOnItsWay> {
        let query = "SELECT id, state, body, provider_id FROM text ORDER BY id";
        sql_query(query).load(connection).unwrap()
    };
    let before = texts(&mut connection);
    assert_eq!(before.len(), 5);
    connection.run_pending_migrations(MIGRATIONS).unwrap();
    assert_eq!(texts(&mut connection), before);
    connection
        .batch_execute(
            "CREATE TEMP TABLE asked (answer TEXT CHECK (answer = 'hash 31000 1 2 3'));
             INSERT INTO asked SELECT code_hash || ' ' || resend_at || ' ' || reply_coming || ' ' ||
                 reply_later || ' ' || reply_leaving FROM secure_code, clinic",
        )
        .unwrap();
    for migration in first[1..].iter().rev() {
        connection.revert_migration(&**migration).unwrap();
    }
    assert_eq!(texts(&mut connection), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_and_sessions_of_the_release_before_go_on() {
    let directory = tempfile::tempdir().unwrap();
    let mut connection = file::connect_to_migrate(&file_of(&directory)).unwrap();
    let first = connection.pending_migrations(MIGRATIONS).unwrap();
    connection.run_migration(&*first[0]).unwrap();
    let (clinic, member, key) = (
        ClinicId::new([1; 16]),
        TeamMemberId::new([2; 16]),
        ApiClientId::new([3; 16]),
    );
    let ends_at = NOW + Span::hours(12);
    let left = format!(
        "INSERT INTO clinic VALUES ('{clinic}', 'demo', 'Demo', 0, 1, 1, 1, 1, 'AU', '[\"AU\"]',
             '/{{room}}', NULL, NULL, 0, NULL, '[]', 120000);
         INSERT INTO team_member VALUES ('{member}', '{clinic}', 'Robin', 'CLINIC_ADMIN', 1);
         INSERT INTO api_key VALUES ('{key}', '{clinic}', 'Dashboard', 'REPORTER', 'key', 1, NULL);
         INSERT INTO staff_session VALUES ('session', '{clinic}', '{member}', {});
         INSERT INTO staff_session VALUES ('other', '{clinic}', '{member}', {0});",
        ends_at.as_millis()
    );
    connection.batch_execute(&left).unwrap();
    drop(connection);

    let store = Sqlite::open(directory.path()).unwrap();
    let within = Within::system(clinic);
    let years_later = NOW + Span::hours(100 * 365 * 24);
    let key = TokenHash("key".to_owned());
    let found = store.staff_by_key(&key, years_later);
    assert_eq!(found.await.unwrap().unwrap().staff.name, "Dashboard");
    let session = TokenHash("session".to_owned());
    let found = store
        .staff_by_session(&session, NOW)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found.staff.name, "Robin");
    let sessions = store.sessions(&within, Some(&member), NOW).await.unwrap();
    let [one, other] = &sessions[..] else {
        panic!("{} sessions", sessions.len())
    };
    assert_ne!(one.id, other.id);
    assert_eq!((one.opened_at, one.expires_at), (NOW, ends_at));

    // And back: what has ended or expired meanwhile stays so.
    store.sign_out(&session, NOW).await.unwrap();
    drop(store);
    let mut connection = file::connect_to_migrate(&file_of(&directory)).unwrap();
    let expire = "UPDATE api_key SET expires_at = 5";
    connection.batch_execute(expire).unwrap();
    let table = "SELECT sql AS line FROM sqlite_schema WHERE name = 'api_key'";
    while lines(&mut connection, table)[0].contains("expires_at") {
        connection.revert_last_migration(MIGRATIONS).unwrap();
    }
    let kept = "SELECT token_hash AS line FROM staff_session
                UNION ALL SELECT CAST(revoked_at AS TEXT) FROM api_key";
    assert_eq!(lines(&mut connection, kept), ["other", "5"]);
}

#[test]
fn tables_of_a_newer_version_are_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    drop(Sqlite::open(directory.path()).unwrap());
    let mut connection = file::connect_to_migrate(&file_of(&directory)).unwrap();
    let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000000')";
    connection.batch_execute(newer).unwrap();
    let Err(fault) = Sqlite::open(directory.path()) else {
        panic!("opened")
    };
    assert!(
        fault
            .chain()
            .contains("newer version of Standby (29990101000000)")
    );
}

#[test]
fn several_processes_may_start_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let path: Arc<Path> = directory.path().into();
    let starting: Vec<_> = (0..8)
        .map(|_| {
            let path = Arc::clone(&path);
            std::thread::spawn(move || Sqlite::open(&path).map(|_| ()))
        })
        .collect();
    for started in starting {
        started.join().unwrap().unwrap();
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn only_the_owner_can_read_what_is_kept() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let inner = directory.path().join("data/inner");
    let rights = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    let store = Sqlite::open(&inner).unwrap();
    a_clinic(&store).await;
    assert_eq!(rights(&inner), 0o700);
    for name in [
        "standby.sqlite",
        "standby.sqlite-wal",
        "standby.sqlite-shm",
        "standby.lock",
    ] {
        assert_eq!(rights(&inner.join(name)), 0o600, "{name}");
    }
    // A file that somebody opened up is closed again.
    let path = inner.join("standby.sqlite");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    Sqlite::open(&inner).unwrap();
    assert_eq!(rights(&path), 0o600);
}

#[test]
fn a_directory_that_cannot_be_is_a_fault() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    std::fs::write(&file, "not a directory").unwrap();
    assert!(Sqlite::open(&file).is_err());
    assert!(Sqlite::open(&file.join("below")).is_err());
    std::fs::remove_file(&file).unwrap();
    std::fs::write(directory.path().join("standby.sqlite"), [7; 4096]).unwrap();
    assert!(Sqlite::open(directory.path()).is_err());
}

async fn a_clinic(store: &Sqlite) -> Clinic {
    let template = RoomUrlTemplate::parse("https://video.example/{room}", "f").unwrap();
    let clinic = Clinic {
        id: ClinicId::new([1; 16]),
        slug: Slug::parse("demo").unwrap(),
        name: "Demo".to_owned(),
        version: 0,
        settings: Settings::new(Country::parse("AU").unwrap(), template),
    };
    assert!(store.add_clinic(&clinic).await.unwrap());
    clinic
}

async fn a_caller(store: &Sqlite, clinic: &Clinic, which: u8) -> CallerId {
    let id = CallerId::new([which; 16]);
    let arrive = |clinic: &Clinic, arrival: Arrival, _: &[_]| {
        let arriving = Arriving {
            id: id.clone(),
            name: Name::from_stored("Kim".to_owned()),
            phone: Some(PhoneNumber::from_stored("+61491570006".to_owned())),
            answers: Vec::new(),
        };
        arrive(clinic, arriving, arrival, NOW)
    };
    let entering = Entering {
        clinic: &clinic.id,
        key: &format!("key {which}"),
        input: "input",
        token: &TokenHash(format!("token {which}")),
        subjects: &[Subject {
            kind: LimitKind::ArrivalFromAddress,
            key: "address".to_owned(),
        }],
        now: NOW,
        arrive: &arrive,
    };
    assert!(matches!(
        store.enter(entering).await.unwrap(),
        Entered::New { .. }
    ));
    id
}

async fn command(store: &Sqlite, clinic: &Clinic, caller: &CallerId, command: Command) {
    let decide = |loaded: Loaded<'_>| -> Decided {
        Decided {
            decision: decide(loaded.caller, command.clone(), &loaded.clinic.settings, NOW),
            tokens: Vec::new(),
            uses: vec![Subject {
                kind: LimitKind::CodeForClinic,
                key: "clinic".to_owned(),
            }],
            forgiven: Vec::new(),
        }
    };
    let changing = Changing {
        caller,
        now: NOW,
        report: Some(Report {
            device: DeviceId::parse("phone").unwrap(),
            counter: 1,
            state: ScreenState::Foreground,
        }),
        subjects: &|_| {
            vec![Subject {
                kind: LimitKind::CodeForClinic,
                key: "clinic".to_owned(),
            }]
        },
        decide: &decide,
    };
    store
        .change_caller(&Within::system(clinic.id.clone()), changing)
        .await
        .unwrap();
}

fn code(text: &TextId) -> Command {
    Command::SendCode(SendCode {
        number: None,
        code: NewCode::Ours {
            code: SecureCode::from_number(123_456),
            hash: CodeHash("hash".to_owned()),
        },
        text: text.clone(),
        at: PublicUrl::parse("https://standby.example").unwrap(),
        uses: Vec::new(),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_words_of_a_sent_text_are_nowhere_on_the_disk() {
    let directory = tempfile::tempdir().unwrap();
    let store = Sqlite::open(directory.path()).unwrap();
    let clinic = a_clinic(&store).await;
    let caller = a_caller(&store, &clinic, 1).await;
    let text = TextId::new([1; 16]);
    command(&store, &clinic, &caller, code(&text)).await;
    let is_on_disk = || {
        std::fs::read_dir(directory.path()).unwrap().any(|file| {
            let content = std::fs::read(file.unwrap().path()).unwrap();
            content.windows(14).any(|bytes| bytes == b"123456 is your")
        })
    };
    assert!(is_on_disk());
    let progress = Progress {
        state: SmsState::Sent,
        failure: None,
    };
    let settlement = Settlement {
        progress,
        provider_id: None,
    };
    let unchanged = |_: &_, _: &_| Decision::Unchanged;
    store
        .settle_text(&text, settlement, &unchanged, NOW)
        .await
        .unwrap();
    store.forget(NOW).await.unwrap();
    assert!(!is_on_disk());
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_reads_holds_nobody_up_while_the_log_is_emptied() {
    let directory = tempfile::tempdir().unwrap();
    let store = Sqlite::open(directory.path()).unwrap();
    let clinic = a_clinic(&store).await;
    // Another process that reads, and takes its time.
    let mut reader = SqliteConnection::establish(&file_of(&directory)).unwrap();
    let begin = "BEGIN; SELECT count(*) FROM clinic";
    reader.batch_execute(begin).unwrap();
    a_caller(&store, &clinic, 1).await;
    let log = directory.path().join("standby.sqlite-wal");
    let is_empty = || log.metadata().unwrap().len() == 0;

    let patience = Duration::from_millis(u64::from(BUSY_TIMEOUT) / 2);
    let forgotten = tokio::time::timeout(patience, store.forget(NOW));
    forgotten.await.expect("without waiting for it").unwrap();
    assert!(!is_empty());
    // Whoever writes is as patient as before.
    let mut writer = Transaction::begin(&store.writer, Access::Writing)
        .await
        .unwrap();
    let connection: &mut Connection = &mut writer;
    let query = "SELECT timeout || '' AS line FROM pragma_busy_timeout";
    let patience: Line = diesel_async::RunQueryDsl::get_result(sql_query(query), connection)
        .await
        .unwrap();
    assert_eq!(patience.line, BUSY_TIMEOUT.to_string());
    writer.commit().await.unwrap();

    // Once nobody reads, it is done.
    reader.batch_execute("COMMIT").unwrap();
    store.forget(NOW).await.unwrap();
    assert!(is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_cannot_be_is_a_fault_and_not_a_panic() {
    let directory = tempfile::tempdir().unwrap();
    let store = Sqlite::open(directory.path()).unwrap();
    let clinic = a_clinic(&store).await;
    let caller = a_caller(&store, &clinic, 1).await;
    let mut connection = SqliteConnection::establish(&file_of(&directory)).unwrap();
    let spoil = "PRAGMA ignore_check_constraints = ON; UPDATE caller SET status = 'OFFLINE'";
    connection.batch_execute(spoil).unwrap();
    let within = Within::system(clinic.id);
    let Err(fault) = store.caller(&within, &caller).await else {
        panic!("it was taken")
    };
    assert!(fault.chain().contains(caller.as_str()), "{}", fault.chain());
    assert!(!fault.chain().contains("Kim"));
}

/// Changes the file as nobody should.
fn spoil(directory: &TempDir, how: &str) {
    let mut connection = SqliteConnection::establish(&file_of(directory)).unwrap();
    connection
        .batch_execute("PRAGMA ignore_check_constraints = ON")
        .unwrap();
    connection.batch_execute(how).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_cannot_be_read_holds_no_other_up() {
    let directory = tempfile::tempdir().unwrap();
    let store = Sqlite::open(directory.path()).unwrap();
    let clinic = a_clinic(&store).await;
    for which in 1..=4 {
        let caller = a_caller(&store, &clinic, which).await;
        command(&store, &clinic, &caller, code(&TextId::new([which; 16]))).await;
    }
    let unreadable = |column: &str, value: &str, which: u8| {
        let id = TextId::new([which; 16]);
        format!("UPDATE text SET {column} = '{value}' WHERE id = '{id}'")
    };
    // Two texts, of one of which the table refuses to change anything; and the caller of a third.
    spoil(&directory, &unreadable("purpose", "REMINDER", 1));
    spoil(&directory, &unreadable("state", "LOST", 2));
    let answers = "UPDATE caller SET answers = '[1]' WHERE id =";
    let caller = CallerId::new([3; 16]);
    spoil(&directory, &format!("{answers} '{caller}'"));

    let soon = Timestamp::from_millis(NOW.as_millis() + 1000);
    let claimed = store.claim_texts(NOW, soon, 1).await.unwrap();
    assert_eq!(claimed.len(), 1);
    assert_eq!(claimed[0].text.id, TextId::new([4; 16]));
    assert!(store.claim_texts(NOW, soon, 9).await.unwrap().is_empty());

    // What can be read again is sent, as if nothing had been.
    spoil(&directory, &unreadable("purpose", "CODE", 1));
    let later = Timestamp::from_millis(NOW.as_millis() + 2000);
    store
        .withdraw_text(&claimed[0].text.id, soon)
        .await
        .unwrap();
    let claimed = store.claim_texts(soon, later, 9).await.unwrap();
    let found: Vec<_> = claimed
        .iter()
        .map(|text| {
            (
                text.text.id.clone(),
                text.tries,
                text.in_doubt_since.is_some(),
            )
        })
        .collect();
    assert_eq!(found, [(TextId::new([1; 16]), 0, false)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_takes_up_everyone_who_can_be_read() {
    let directory = tempfile::tempdir().unwrap();
    let store = Sqlite::open(directory.path()).unwrap();
    let clinic = a_clinic(&store).await;
    for which in 1..=4 {
        let caller = a_caller(&store, &clinic, which).await;
        command(&store, &clinic, &caller, code(&TextId::new([which; 16]))).await;
    }
    let of = |which: u8| CallerId::new([which; 16]);
    let spoiled = format!(
        "UPDATE caller SET status = 'AWAY' WHERE id = '{}';
         UPDATE caller SET answers = '[1]' WHERE id = '{}';
         UPDATE screen SET state = 'SIDEWAYS' WHERE caller_id = '{}'",
        of(1),
        of(2),
        of(3)
    );
    spoil(&directory, &spoiled);
    let taken_up: Vec<_> = store
        .screens()
        .await
        .unwrap()
        .into_iter()
        .map(|of| (of.caller, of.screens.len(), of.was_viewing))
        .collect();
    let expected = [(of(2), 1, true), (of(3), 0, true), (of(4), 1, true)];
    assert_eq!(taken_up, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clinic_that_cannot_be_read_keeps_no_other_from_being_found() {
    let directory = tempfile::tempdir().unwrap();
    let store = Sqlite::open(directory.path()).unwrap();
    let clinic = a_clinic(&store).await;
    let other = Clinic {
        id: ClinicId::new([2; 16]),
        slug: Slug::parse("other").unwrap(),
        ..clinic.clone()
    };
    assert!(store.add_clinic(&other).await.unwrap());
    spoil(
        &directory,
        "UPDATE clinic SET default_country = 'nowhere' WHERE slug = 'demo'",
    );
    assert!(store.clinic(&clinic.id).await.is_err());
    assert_eq!(store.clinics().await.unwrap(), [other]);
    assert_eq!(store.versions().await.unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "a list: one line for each thing")]
async fn the_tables_refuse_what_must_never_be() {
    let directory = tempfile::tempdir().unwrap();
    let store = Sqlite::open(directory.path()).unwrap();
    let clinic = a_clinic(&store).await;
    let caller = a_caller(&store, &clinic, 1).await;
    a_caller(&store, &clinic, 2).await;
    command(&store, &clinic, &caller, code(&TextId::new([1; 16]))).await;
    administer(&store, &clinic, &Within::system(clinic.id.clone())).await;
    webhooks::deliver(&store, &clinic, &Within::system(clinic.id.clone())).await;
    let mut connection = SqliteConnection::establish(&file_of(&directory)).unwrap();
    connection
        .batch_execute("PRAGMA foreign_keys = ON")
        .unwrap();
    for (never, why) in [
        ("UPDATE caller SET arrival = 1", "UNIQUE"),
        (
            "UPDATE caller SET status = 'OFFLINE'",
            "offline_only_verified",
        ),
        (
            "UPDATE caller SET phone = NULL, verified_at = 1",
            "verified_with_a_number",
        ),
        (
            "UPDATE caller SET status = 'BEING_SEEN', is_viewing = 1",
            "room_in_a_consultation",
        ),
        (
            "UPDATE caller SET status = 'ON_HOLD', room_id = 'r'",
            "viewing_in_a_consultation",
        ),
        ("UPDATE caller SET room_id = 'r'", "room_in_a_consultation"),
        ("UPDATE caller SET status = 'LEFT'", "ended_is_final"),
        ("UPDATE caller SET ended_at = 1", "ended_is_final"),
        ("UPDATE caller SET end_reason = 'r'", "reason_of_an_end"),
        (
            "UPDATE caller SET lost_contact = 1",
            "lost_contact_has_left",
        ),
        ("UPDATE caller SET is_resumed = 1", "resumed_was_lost"),
        (
            "UPDATE caller SET verified_at = 1, not_responding_since = 1",
            "not_responding_only_unverified_waiting",
        ),
        ("UPDATE caller SET used_code_hash = 'h'", "used_code"),
        (
            "UPDATE caller SET used_code_hash = 'h', used_code_expires_at = 1",
            "used_code_only",
        ),
        ("UPDATE caller SET status = 'AWAY'", "CHECK"),
        ("UPDATE caller SET answers = 'none'", "CHECK"),
        ("UPDATE caller SET arrived_at = 'yesterday'", "INTEGER"),
        (
            "UPDATE secure_code SET delivery_failure = 'LANDLINE'",
            "failure_only_when_failed",
        ),
        ("UPDATE secure_code SET delivery = 'LOST'", "CHECK"),
        (
            "UPDATE text SET body = NULL, purpose = 'RECALL'",
            "a_body_while_it_may_be_sent",
        ),
        ("UPDATE text SET in_doubt_since = 1", "doubt_while_sending"),
        ("UPDATE clinic SET reply_coming = ''", "CHECK"),
        (
            "UPDATE text SET state = 'SENT', next_try_at = NULL",
            "a_body_while_it_may_be_sent",
        ),
        (
            "UPDATE text SET state = 'SENDING', next_try_at = NULL",
            "a_claim_while_sending",
        ),
        ("UPDATE text SET next_try_at = NULL", "a_time_while_queued"),
        ("UPDATE text SET ask_at = 1", "asked_about_while_sent"),
        (
            "UPDATE event SET by_kind = 'TEAM_MEMBER'",
            "staff_have_an_id",
        ),
        (
            "UPDATE event SET sms_state = 'SENT'",
            "progress_has_a_state",
        ),
        (
            "UPDATE caller_token SET caller_id = 'nobody'",
            "FOREIGN KEY",
        ),
        ("DELETE FROM caller", "FOREIGN KEY"),
        ("UPDATE event SET sms_purpose = 'RECALL'", "CHECK"),
        ("UPDATE webhook SET events = 'all'", "CHECK"),
        ("UPDATE webhook SET is_enabled = 0", "disabled_for_a_reason"),
        (
            "UPDATE webhook SET is_enabled = 0, disabled_because = 'GONE', failing_since = 1",
            "failing_while_enabled",
        ),
        (
            "UPDATE webhook SET old_secret_until = NULL, old_secret_seed = 's'",
            "old_secret_whole",
        ),
        (
            "UPDATE webhook_delivery SET next_attempt_at = 1",
            "a_time_while_pending",
        ),
        (
            "UPDATE webhook_delivery SET over_at = NULL",
            "over_when_not_pending",
        ),
        (
            "UPDATE webhook_delivery SET problem = 'GONE'",
            "no_problem_when_delivered",
        ),
        (
            "INSERT INTO webhook_delivery SELECT 'another', clinic_id, webhook_id, version, event,
                 caller_id, happened_at, state, next_attempt_at, attempts, last_attempt_at,
                 give_up_at, response_status, problem, over_at FROM webhook_delivery",
            "UNIQUE",
        ),
        ("DELETE FROM webhook", "FOREIGN KEY"),
        ("UPDATE api_key SET added_by = 'nobody'", "FOREIGN KEY"),
        ("UPDATE staff_session SET opened_by = 'WORD'", "CHECK"),
    ] {
        let Err(error) = connection.batch_execute(never) else {
            panic!("taken: {never}")
        };
        assert!(error.to_string().contains(why), "{never}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_row_points_into_another_clinic() {
    let directory = tempfile::tempdir().unwrap();
    let store = Sqlite::open(directory.path()).unwrap();
    let clinic = a_clinic(&store).await;
    let caller = a_caller(&store, &clinic, 1).await;
    command(&store, &clinic, &caller, code(&TextId::new([1; 16]))).await;
    webhooks::deliver(&store, &clinic, &Within::system(clinic.id.clone())).await;
    let other = ClinicId::new([2; 16]);
    let slug = Slug::parse("other").unwrap();
    let another = Clinic {
        id: other.clone(),
        slug,
        ..clinic.clone()
    };
    assert!(store.add_clinic(&another).await.unwrap());
    let mut connection = SqliteConnection::establish(&file_of(&directory)).unwrap();
    connection
        .batch_execute("PRAGMA foreign_keys = ON")
        .unwrap();
    for table in [
        "caller_token",
        "event",
        "text",
        "secure_code",
        "screen",
        "idempotency_key",
        "webhook_delivery",
    ] {
        let never = format!("UPDATE {table} SET clinic_id = '{other}'");
        let error = connection.batch_execute(&never).unwrap_err().to_string();
        assert!(error.contains("FOREIGN KEY"), "{never}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn old_events_are_forgotten_and_the_latest_are_kept() {
    let directory = tempfile::tempdir().unwrap();
    let store = Sqlite::open(directory.path()).unwrap();
    let clinic = a_clinic(&store).await;
    let within = Within::system(clinic.id.clone());
    let caller = a_caller(&store, &clinic, 1).await;
    // As many as a day or two would bring; more than a batch of them too many.
    let extra = 1203;
    let version = EVENTS_KEPT + extra;
    let happen = format!(
        "WITH RECURSIVE step (version) AS
             (SELECT 2 UNION ALL SELECT version + 1 FROM step WHERE version < {version})
         INSERT INTO event (clinic_id, version, caller_id, kind, what, by_kind, at)
             SELECT clinic_id, step.version, caller_id, 'CHANGED', 'CAME_BACK', 'CALLER', at
             FROM step, event WHERE event.version = 1;
         UPDATE clinic SET version = {version};
         UPDATE caller SET status = 'LEFT', ended_at = 1, figures_taken_at = 1"
    );
    let mut connection = SqliteConnection::establish(&file_of(&directory)).unwrap();
    connection.batch_execute(&happen).unwrap();
    let after = |version| store.changes_after(&within, version, 20_000);
    assert_eq!(
        after(0).await.unwrap().unwrap().len(),
        usize::try_from(version).unwrap()
    );
    store.forget(NOW).await.unwrap();
    assert!(after(0).await.unwrap().is_none());
    assert!(after(extra - 1).await.unwrap().is_none());
    assert_eq!(
        after(extra).await.unwrap().unwrap().len(),
        usize::try_from(EVENTS_KEPT).unwrap()
    );
    assert!(after(version).await.unwrap().unwrap().is_empty());
    let told = store.activity(&within, &caller, 20_000).await.unwrap();
    assert_eq!(told.len(), usize::try_from(EVENTS_KEPT).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_a_stay_without_figures_are_kept_until_there_are_too_many() {
    let directory = tempfile::tempdir().unwrap();
    let store = Sqlite::open(directory.path()).unwrap();
    let clinic = a_clinic(&store).await;
    let within = Within::system(clinic.id.clone());
    let goes_on = a_caller(&store, &clinic, 1).await;
    let counted = a_caller(&store, &clinic, 2).await;
    let mut connection = SqliteConnection::establish(&file_of(&directory)).unwrap();
    let end = format!(
        "UPDATE caller SET status = 'LEFT', ended_at = 1, figures_taken_at = 1 WHERE id = '{counted}'"
    );
    connection.batch_execute(&end).unwrap();
    let mut happens_until = |version: i64| {
        let happen = format!(
            "WITH RECURSIVE step (version) AS
                 (SELECT version + 1 FROM clinic
                  UNION ALL SELECT version + 1 FROM step WHERE version < {version})
             INSERT INTO event (clinic_id, version, caller_id, kind, what, by_kind, at)
             SELECT '{}', version, '{counted}', 'CHANGED', 'CAME_BACK', 'CALLER', 1 FROM step;
             UPDATE clinic SET version = {version}",
            clinic.id
        );
        connection.batch_execute(&happen).unwrap();
    };
    let kept = async |caller: &CallerId| {
        let told = store.activity(&within, caller, 100_000).await.unwrap();
        i64::try_from(told.len()).unwrap()
    };
    happens_until(EVENTS_KEPT + 1203);
    store.forget(NOW).await.unwrap();
    assert_eq!(
        (kept(&goes_on).await, kept(&counted).await),
        (1, EVENTS_KEPT)
    );
    // Behind the gap nobody is told changes.
    assert!(
        store
            .changes_after(&within, 1, 100)
            .await
            .unwrap()
            .is_none()
    );
    happens_until(EVENTS_KEPT_FOR_FIGURES);
    store.forget(NOW).await.unwrap();
    assert_eq!(
        (kept(&goes_on).await, kept(&counted).await),
        (1, EVENTS_KEPT)
    );
    happens_until(EVENTS_KEPT_FOR_FIGURES + 1);
    store.forget(NOW).await.unwrap();
    assert_eq!(
        (kept(&goes_on).await, kept(&counted).await),
        (0, EVENTS_KEPT)
    );
}

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = sql_types::Text)]
    detail: String,
}

/// Writes down every query that one of the store's connections runs from now on.
async fn listen(store: &Sqlite, heard: &Arc<Mutex<Vec<String>>>) {
    for (pool, access) in [
        (&store.readers, Access::Reading),
        (&store.writer, Access::Writing),
    ] {
        let mut transaction = Transaction::begin(pool, access).await.unwrap();
        let heard = Arc::clone(heard);
        let connection: &mut Connection = &mut transaction;
        connection.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if let InstrumentationEvent::StartQuery { query, .. } = event {
                heard.lock().unwrap().push(query.to_string());
            }
        });
        transaction.commit().await.unwrap();
    }
}

/// All that is asked of credentials and the team.
async fn administer(store: &Sqlite, clinic: &Clinic, within: &Within) {
    let member = TeamMember {
        id: TeamMemberId::new([1; 16]),
        clinic: clinic.id.clone(),
        name: "Robin".to_owned(),
        role: Role::TeamMember,
        added_at: NOW,
        removed_at: None,
    };
    let later = NOW + Span::hours(1);
    let hash = |word: &str| TokenHash(word.to_owned());
    let (link, session, key) = (hash("link"), hash("session"), hash("key"));
    let change_team = async |change: fn(TeamMember) -> TeamChange| {
        let decide = |_: &[TeamMember]| Ok(change(member.clone()));
        store
            .change_team(within, &decide, NOW)
            .await
            .unwrap()
            .unwrap();
    };
    change_team(TeamChange::Added).await;
    change_team(TeamChange::Changed).await;
    for token in [link.clone(), hash("unused")] {
        let new = NewSignIn {
            member: member.id.clone(),
            token,
            method: SignInMethod::Link,
            expires_at: later,
        };
        let added = store.add_sign_in(within, &new, NOW).await.unwrap();
        assert_eq!(added, Ok(()));
    }
    let opening = OpeningSession {
        link,
        id: SessionId::new([1; 16]),
        token: session.clone(),
        expires_at: later,
        now: NOW,
    };
    store.sign_in(&opening).await.unwrap().unwrap();
    store
        .staff_by_session(&session, NOW)
        .await
        .unwrap()
        .unwrap();
    let who = StaffId::TeamMember(member.id.clone());
    store.staff(within, &who).await.unwrap().unwrap();
    store.team(within).await.unwrap();
    store.team_member(within, &member.id).await.unwrap();
    let new = ApiKey {
        id: ApiClientId::new([1; 16]),
        clinic: clinic.id.clone(),
        name: "Dashboard".to_owned(),
        role: Role::Reporter,
        added_at: NOW,
        added_by: Some(member.id.clone()),
        last_used_at: None,
        expires_at: None,
        revoked_at: None,
    };
    for change in [KeyChange::Added, KeyChange::Revoked] {
        let decide = |_: &[ApiKey]| Ok(change(new.clone()));
        let changed = store.change_keys(within, &decide, Some(&key), NOW).await;
        changed.unwrap().unwrap();
    }
    store.staff_by_key(&key, NOW).await.unwrap();
    let who = StaffId::ApiClient(new.id.clone());
    store.staff(within, &who).await.unwrap().unwrap();
    store.api_keys(within).await.unwrap();
    store.api_key(within, &new.id).await.unwrap().unwrap();
    let last_use = |kind, token| LastUse {
        kind,
        token,
        at: later,
    };
    let uses = [
        last_use(TokenKind::Session, session.clone()),
        last_use(TokenKind::Key, key),
    ];
    store.record_uses(&uses).await.unwrap();
    store.sessions(within, None, NOW).await.unwrap();
    let of = Some(&member.id);
    assert_eq!(store.sessions(within, of, NOW).await.unwrap().len(), 1);
    let ended = store.end_session(within, &opening.id, of, NOW).await;
    assert!(ended.unwrap());
    store.sign_out(&session, NOW).await.unwrap();
    change_team(TeamChange::Removed).await;
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "a list of all that is asked")]
async fn no_hot_query_reads_a_whole_table() {
    let directory = tempfile::tempdir().unwrap();
    let store = Sqlite::open(directory.path()).unwrap();
    let clinic = a_clinic(&store).await;
    let within = Within::system(clinic.id.clone());
    let heard: Arc<Mutex<Vec<String>>> = Arc::default();
    listen(&store, &heard).await;

    let caller = a_caller(&store, &clinic, 1).await;
    let other = a_caller(&store, &clinic, 2).await;
    let text = TextId::new([1; 16]);
    command(&store, &clinic, &caller, code(&text)).await;
    let typed = Some(CodeHash("hash".to_owned()));
    command(
        &store,
        &clinic,
        &caller,
        Command::VerifyPhone {
            typed,
            uses: Vec::new(),
        },
    )
    .await;
    let seen = Command::SeeViewing {
        is_viewing: false,
        by_recall: None,
    };
    command(&store, &clinic, &other, seen).await;
    store.caller(&within, &other).await.unwrap();
    store.waiting_area(&within).await.unwrap();
    store.changes_after(&within, 0, 100).await.unwrap();
    store.activity(&within, &caller, 10).await.unwrap();
    let place = Some((Arrival(1), caller.clone()));
    for statuses in [vec![], vec![Status::Waiting], Status::ALL.to_vec()] {
        for (after, before) in [(None, None), (place.clone(), None), (None, place.clone())] {
            for is_from_end in [false, true] {
                let (statuses, after, before) = (statuses.clone(), after.clone(), before.clone());
                let page = CallerPage {
                    statuses,
                    after,
                    before,
                    limit: 10,
                    is_from_end,
                };
                store.callers(&within, &page).await.unwrap();
            }
        }
    }
    store.screens().await.unwrap();
    store.not_responding(NOW).await.unwrap();
    store
        .caller_by_token(&TokenHash("token 1".to_owned()))
        .await
        .unwrap();
    administer(&store, &clinic, &within).await;
    store.clinic_by_slug(&clinic.slug).await.unwrap();
    store.claim_texts(NOW, NOW, 10).await.unwrap();
    store.try_text_again(&text, NOW).await.unwrap();
    store.look_for_text_again(&text, NOW, NOW).await.unwrap();
    store.give_claims_up(NOW).await.unwrap();
    store.texts_to_ask_about(NOW, 10).await.unwrap();
    let number = PhoneNumber::from_stored("+61491570006".to_owned());
    store.callers_with_number(&number).await.unwrap();
    store.stop_texts("number", NOW).await.unwrap();
    store.has_stopped_texts("number").await.unwrap();
    store.allow_texts("number").await.unwrap();
    store.texts_waiting().await.unwrap();
    let progress = Progress {
        state: SmsState::Sent,
        failure: None,
    };
    let settlement = Settlement {
        progress,
        provider_id: Some("SM1".to_owned()),
    };
    let unchanged = |_: &_, _: &_| Decision::Unchanged;
    store
        .settle_text(&text, settlement.clone(), &unchanged, NOW)
        .await
        .unwrap();
    store
        .settle_text(&text, settlement, &unchanged, NOW)
        .await
        .unwrap();
    let room = RoomId::new([1; 16]);
    command(
        &store,
        &clinic,
        &other,
        Command::Join {
            by: Actor::System,
            room,
        },
    )
    .await;
    let gone = a_caller(&store, &clinic, 3).await;
    command(&store, &clinic, &gone, Command::Leave { reason: None }).await;
    store.take_figures(10, NOW).await.unwrap();
    let days = Days::new(vec![NOW - Span::hours(24), NOW + Span::hours(24)]);
    let (_, total) = store.add_figures(&within, days).await.unwrap().figures();
    assert_eq!(total.left, 1);
    for subject in [None, Some(other.to_string())] {
        let by_key = Viewer::Staff(Staff {
            clinic: clinic.id.clone(),
            role: Role::Reporter,
            who: StaffId::ApiClient(ApiClientId::new([1; 16])),
            name: "Robin".to_owned(),
        });
        for within in [Some(within.clone()), by_key.as_staff(Act::SeeWaitingArea)] {
            let look = Look {
                within: within.unwrap(),
                deed: Deed::SawCaller,
                subject: subject.clone(),
            };
            store.record_looks(&[look], NOW, NOW).await.unwrap();
        }
    }
    for before in [None, Some(2)] {
        store.audit_log(&within, before, 10).await.unwrap();
    }
    store.forget(NOW).await.unwrap();
    store.erase_due(NOW).await.unwrap();
    command(&store, &clinic, &caller, Command::Leave { reason: None }).await;
    assert!(store.erase_due(NOW + Span::hours(1)).await.unwrap());
    store.texts_with_a_number(&[text]).await.unwrap();

    webhooks::deliver(&store, &clinic, &within).await;

    let mut connection = SqliteConnection::establish(&file_of(&directory)).unwrap();
    let mut checked = std::collections::BTreeSet::new();
    for query in heard.lock().unwrap().iter() {
        let query = query.split("-- binds").next().unwrap().trim().to_owned();
        let is_query = ["SELECT", "UPDATE", "DELETE", "INSERT"]
            .iter()
            .any(|verb| query.to_uppercase().starts_with(verb));
        if !is_query || !checked.insert(query.clone()) {
            continue;
        }
        let plan = format!("EXPLAIN QUERY PLAN {query}");
        let plan: Vec<Step> = sql_query(plan).load(&mut connection).unwrap();
        for Step { detail } in plan {
            let is_scan = detail.starts_with("SCAN");
            // Whole on purpose: all clinics; all who have not ended and all texts that wait, each off
            // an index that holds no others.
            let is_meant = [
                "clinic",
                "caller USING INDEX caller_live",
                "text USING COVERING INDEX text_queued",
                "text USING COVERING INDEX text_claimed",
                "text USING COVERING INDEX text_to_ask_about",
            ]
            .iter()
            .any(|whole| {
                detail
                    .strip_prefix("SCAN ")
                    .is_some_and(|it| it.starts_with(whole))
            });
            assert!(!is_scan || is_meant, "{detail}\n{query}");
            // What stops at a limit is read in order: sorting would read all of it first.
            // Those with one number are a family.
            let is_of_one_number = query.contains("`caller`.`phone` = ?");
            let sorts =
                detail.contains("TEMP B-TREE") && query.contains("LIMIT") && !is_of_one_number;
            assert!(!sorts, "{detail}\n{query}");
        }
    }
    assert!(
        checked.len() > 60,
        "only {} queries were heard",
        checked.len()
    );
}
