//! Erasing, as far as it is about the bytes of the file and its tables.

use super::{Line, NOW, a_clinic, code, command, file_of, lines};
use crate::adapters::sqlite::Sqlite;
use crate::adapters::sqlite::file::{self, MIGRATIONS};
use crate::domain::clinic::{Clinic, Slug};
use crate::domain::id::{CallerId, ClinicId, TextId};
use crate::domain::time::Span;
use crate::ports::store::Store as _;
use crate::ports::store::erasing::ErasingStore as _;
use diesel::connection::SimpleConnection;
use diesel::sqlite::SqliteConnection;
use diesel::{Connection as _, RunQueryDsl as _, sql_query};
use diesel_migrations::MigrationHarness;
use std::fmt::Write as _;
use std::path::Path;
use tempfile::TempDir;

/// Stands in everything that is personal in these tests, and nowhere else.
const CANARY: &[u8] = b"CANARY";

/// How often it stands in the files of a directory.
fn canaries(directory: &Path) -> usize {
    let files = std::fs::read_dir(directory).unwrap();
    let contents = files.map(|file| std::fs::read(file.unwrap().path()).unwrap());
    contents
        .map(|content| {
            content
                .windows(CANARY.len())
                .filter(|bytes| *bytes == CANARY)
                .count()
        })
        .sum()
}

/// Numbers without chance: the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }

    fn text(&mut self, most: u64) -> String {
        let length = usize::try_from(self.below(most)).unwrap();
        "x".repeat(length)
    }
}

/// A clinic's weeks: thousands of callers who arrive, get codes and texts, verify, are seen again and
/// end, of every length, so that pages of the file fill up, are divided and laid out anew.
fn weeks(connection: &mut SqliteConnection, numbers: &mut Numbers, first: u64, last: u64) {
    let id = |number: u64| {
        CallerId::new(u128::from(number.wrapping_mul(0x9e37_79b9_7f4a_7c15)).to_be_bytes())
    };
    let mut sql = "BEGIN;".to_owned();
    for number in first..last {
        let arrived = id(number);
        let (name, answer) = (numbers.text(60), numbers.text(500));
        write!(
            sql,
            "INSERT INTO caller (clinic_id, id, arrival, arrived_at, name, answers,
                 arrived_with_offline_queueing, version, status, status_since, last_seen_at, recalls,
                 phone, lost_contact, is_resumed)
             SELECT id, '{arrived}', {number} + 1, 1, 'CANARY {name}',
                 '[{{\"key\":\"k\",\"label\":\"l\",\"value\":\"CANARY {answer}\"}}]', 1, 1, 'WAITING', 1, 1, 0,
                 '+61CANARY{number}', 0, 0 FROM clinic;
             INSERT INTO screen SELECT id, '{arrived}', 'CANARY{number}', 1, 'FOREGROUND', 1 FROM clinic;"
        )
        .unwrap();
        for _ in 0..numbers.below(5) {
            let (of, chance) = (id(numbers.below(number + 1)), numbers.below(1 << 40));
            match numbers.below(5) {
                0 => write!(
                    sql,
                    "INSERT OR REPLACE INTO secure_code SELECT clinic_id, id, '+61CANARY{chance}', 'h', 1, 1,
                         5, 't', 'QUEUED', NULL, 1 FROM caller WHERE id = '{of}' AND ended_at IS NULL;
                     INSERT INTO text SELECT 'text {number} {chance}', clinic_id, id, 'CODE',
                         '+61CANARY{chance}', 'CANARY {name}', 'QUEUED', NULL, 0, 1, NULL, NULL, NULL, 1, 1,
                         NULL FROM caller WHERE id = '{of}' AND ended_at IS NULL;"
                ),
                1 => write!(
                    sql,
                    "DELETE FROM secure_code WHERE caller_id = '{of}';
                     UPDATE caller SET verified_at = {chance}, phone = '+61CANARY{chance}',
                         used_code_hash = 'CANARY', used_code_expires_at = {chance}
                         WHERE id = '{of}' AND ended_at IS NULL;"
                ),
                2 => write!(
                    sql,
                    "UPDATE text SET body = NULL, state = 'SENT', next_try_at = NULL,
                         provider_id = 'SMCANARY{chance}' WHERE caller_id = '{of}' AND phone IS NOT NULL;"
                ),
                3 => write!(
                    sql,
                    "UPDATE caller SET version = version + 1, last_seen_at = {chance} WHERE id = '{of}';"
                ),
                _ => write!(
                    sql,
                    "UPDATE caller SET status = 'LEFT', ended_at = 1, end_reason = 'CANARY {name}'
                         WHERE id = '{of}' AND ended_at IS NULL;"
                ),
            }
            .unwrap();
        }
    }
    sql.push_str("COMMIT;");
    connection.batch_execute(&sql).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_thousands_who_are_erased_not_one_byte_is_left_in_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let store = Sqlite::open(directory.path()).unwrap();
    a_clinic(&store).await;
    let mut numbers = Numbers(1);
    let mut connection = SqliteConnection::establish(&file_of(&directory)).unwrap();
    connection
        .batch_execute("PRAGMA busy_timeout = 5000; PRAGMA secure_delete = ON")
        .unwrap();
    for week in 0..40 {
        weeks(&mut connection, &mut numbers, week * 60, (week + 1) * 60);
        store.erase_due(NOW).await.unwrap();
    }
    assert!(
        canaries(directory.path()) > 1000,
        "those who have not ended are still known"
    );
    let end = "UPDATE caller SET status = 'LEFT', ended_at = 1, not_responding_since = NULL
               WHERE ended_at IS NULL";
    connection.batch_execute(end).unwrap();
    drop(connection);
    assert!(store.erase_due(NOW).await.unwrap());
    assert!(
        !store.erase_due(NOW).await.unwrap(),
        "nobody is left to be erased"
    );

    // What SQLite does by itself is not enough, or this test shows nothing.
    assert!(store.erase_what_was_forgotten().await.unwrap());
    assert!(
        canaries(directory.path()) > 0,
        "SQLite has left nothing lying about"
    );
    assert!(store.erase_bytes().await.unwrap());
    assert_eq!(canaries(directory.path()), 0);

    // The file is whole, and goes on.
    let mut connection = SqliteConnection::establish(&file_of(&directory)).unwrap();
    assert_eq!(
        lines(
            &mut connection,
            "SELECT integrity_check AS line FROM pragma_integrity_check"
        ),
        ["ok"]
    );
    weeks(&mut connection, &mut numbers, 2400, 2500);
    drop(connection);
    drop(store);
    let store = Sqlite::open(directory.path()).unwrap();
    let mut connection = SqliteConnection::establish(&file_of(&directory)).unwrap();
    connection.batch_execute(end).unwrap();
    drop(connection);
    store.erase_due(NOW).await.unwrap();
    assert!(store.erase_bytes().await.unwrap());
    assert_eq!(
        canaries(directory.path()),
        0,
        "what was remembered of a page came back"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_be_read_is_erased_too() {
    let directory = tempfile::tempdir().unwrap();
    let store = Sqlite::open(directory.path()).unwrap();
    let clinic = a_clinic(&store).await;
    for which in 1..=3 {
        let caller = super::a_caller(&store, &clinic, which).await;
        command(&store, &clinic, &caller, code(&TextId::new([which; 16]))).await;
    }
    super::spoil(
        &directory,
        "UPDATE caller SET status = 'LEFT', ended_at = 1, not_responding_since = NULL, name = 'CANARY';
         UPDATE caller SET answers = 'CANARY', status = 'GONE' WHERE arrival = 1;
         UPDATE clinic SET allowed_countries = 'none'",
    );
    assert!(store.erase_due(NOW + Span::hours(1)).await.unwrap());
    assert!(store.erase_bytes().await.unwrap());
    assert_eq!(canaries(directory.path()), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_cannot_be_erased_keeps_nobody_else() {
    let directory = tempfile::tempdir().unwrap();
    let store = Sqlite::open(directory.path()).unwrap();
    let clinic = a_clinic(&store).await;
    let mut connection = SqliteConnection::establish(&file_of(&directory)).unwrap();
    connection
        .batch_execute("PRAGMA busy_timeout = 5000")
        .unwrap();
    // More than are erased at once, of whom the first cannot be.
    weeks(&mut connection, &mut Numbers(1), 0, 250);
    let other = Clinic {
        id: ClinicId::new([2; 16]),
        slug: Slug::parse("other").unwrap(),
        ..clinic.clone()
    };
    assert!(store.add_clinic(&other).await.unwrap());
    super::a_caller(&store, &other, 1).await;
    connection
        .batch_execute(
            "UPDATE caller SET status = 'LEFT', ended_at = arrival, not_responding_since = NULL;
             CREATE TRIGGER refuses BEFORE UPDATE OF erased_at ON caller WHEN old.name LIKE 'CANARY%'
                 AND old.arrival <= 120 BEGIN SELECT RAISE(ABORT, 'planted'); END",
        )
        .unwrap();
    let by_hand = |sql: &str| {
        let mut connection = SqliteConnection::establish(&file_of(&directory)).unwrap();
        lines(&mut connection, sql)
    };
    let left = "SELECT clinic_id AS line FROM caller WHERE erased_at IS NULL";
    for _ in 0..2 {
        let fault = store.erase_due(NOW + Span::hours(1)).await.unwrap_err();
        assert!(fault.chain().contains("planted"), "{}", fault.chain());
        let left = by_hand(left);
        assert_eq!(left.len(), 120, "all others are erased");
        assert!(left.iter().all(|of| of == clinic.id.as_str()));
    }
    connection.batch_execute("DROP TRIGGER refuses").unwrap();
    assert!(store.erase_due(NOW + Span::hours(1)).await.unwrap());
    assert_eq!(by_hand(left), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_says_in_pages_where_others_are_is_made_anew_without() {
    let directory = tempfile::tempdir().unwrap();
    drop(Sqlite::open(directory.path()).unwrap());
    let mut connection = SqliteConnection::establish(&file_of(&directory)).unwrap();
    connection
        .batch_execute(
            "PRAGMA journal_mode = DELETE; PRAGMA auto_vacuum = FULL; VACUUM;
             PRAGMA journal_mode = WAL;",
        )
        .unwrap();
    let auto_vacuum = "SELECT CAST(auto_vacuum AS TEXT) AS line FROM pragma_auto_vacuum";
    assert_eq!(lines(&mut connection, auto_vacuum), ["1"]);
    drop(connection);

    let store = Sqlite::open(directory.path()).unwrap();
    let mut connection = SqliteConnection::establish(&file_of(&directory)).unwrap();
    assert_eq!(lines(&mut connection, auto_vacuum), ["0"]);
    a_clinic(&store).await;
    assert!(store.erase_bytes().await.unwrap());
}

/// What a release that erased nobody has left: someone who waits, someone who has ended, and their texts.
const OF_THE_RELEASE_BEFORE: &str = "
    INSERT INTO clinic (id, slug, name, version, next_arrival, offline_queueing, show_queue_position,
        is_open, default_country, allowed_countries, room_url_template, text_on_cancel, entry_fields,
        lost_contact_grace) VALUES ('clinic', 'demo', 'Demo', 1, 3, 1, 1, 1, 'AU', '[\"AU\"]', '/{room}',
        0, '[]', 120000);
    INSERT INTO caller (clinic_id, id, arrival, arrived_at, name, answers,
        arrived_with_offline_queueing, version, status, status_since, last_seen_at, recalls, phone,
        lost_contact, is_resumed, ended_at, end_reason)
    VALUES
        ('clinic', 'waiting', 1, 1, 'Ada', '[]', 1, 1, 'WAITING', 1, 1, 0, '+61491570006', 0, 0, NULL, NULL),
        ('clinic', 'ended', 2, 1, 'Ben', '[]', 1, 1, 'CANCELLED', 1, 1, 0, '+61491570156', 0, 0, 1, 'why');
    INSERT INTO text VALUES
        ('queued', 'clinic', 'waiting', 'CODE', '+61491570006', 'words', 'QUEUED', NULL, 0, 5, NULL, NULL,
            NULL, 1, 1),
        ('sent', 'clinic', 'ended', 'CANCELLED', '+61491570156', NULL, 'SENT', NULL, 1, NULL, NULL, NULL,
            'SM1', 1, 1);
";

const ALL_OF_IT: &str = "
    SELECT id || ' ' || name || ' ' || coalesce(phone, '-') || ' ' || coalesce(end_reason, '-') AS line
        FROM caller
    UNION ALL
    SELECT id || ' ' || coalesce(nullif(phone, ''), '-') || ' ' || coalesce(body, '-') || ' ' || state
        || ' ' || coalesce(provider_id, '-') FROM text
    ORDER BY 1";

#[test]
fn who_the_release_before_has_left_is_kept_and_who_is_erased_stays_erased_on_the_way_back() {
    let directory: TempDir = tempfile::tempdir().unwrap();
    let mut connection = file::connect_to_migrate(&file_of(&directory)).unwrap();
    let all = connection.pending_migrations(MIGRATIONS).unwrap();
    let (before, since): (Vec<_>, Vec<_>) = all
        .iter()
        .partition(|migration| migration.name().to_string().as_str() < "20261122130100");
    for migration in &before {
        connection.run_migration(&***migration).unwrap();
    }
    connection.batch_execute(OF_THE_RELEASE_BEFORE).unwrap();
    let left = lines(&mut connection, ALL_OF_IT);
    assert_eq!(left.len(), 4);
    let erasing = since.first().unwrap();
    connection.run_migration(&***erasing).unwrap();
    assert_eq!(lines(&mut connection, ALL_OF_IT), left);
    let settings = "SELECT erase_after || ' ' || time_zone AS line FROM clinic";
    assert_eq!(lines(&mut connection, settings), ["900000 UTC"]);
    connection.revert_migration(&***erasing).unwrap();
    assert_eq!(lines(&mut connection, ALL_OF_IT), left);

    connection.run_migration(&***erasing).unwrap();
    let erase = "UPDATE caller SET name = '', phone = NULL, end_reason = NULL, erased_at = 2 WHERE id = 'ended';
                 UPDATE text SET phone = NULL, provider_id = NULL WHERE caller_id = 'ended'";
    connection.batch_execute(erase).unwrap();
    let erased = lines(&mut connection, ALL_OF_IT);
    assert_eq!(erased[0], "ended  - -");
    for _ in 0..2 {
        connection.revert_migration(&***erasing).unwrap();
        assert_eq!(lines(&mut connection, ALL_OF_IT), erased);
        connection.run_migration(&***erasing).unwrap();
        assert_eq!(lines(&mut connection, ALL_OF_IT), erased);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tables_refuse_to_erase_by_half() {
    let directory = tempfile::tempdir().unwrap();
    let store = Sqlite::open(directory.path()).unwrap();
    let clinic = a_clinic(&store).await;
    let caller = super::a_caller(&store, &clinic, 1).await;
    command(&store, &clinic, &caller, code(&TextId::new([1; 16]))).await;
    let mut connection = SqliteConnection::establish(&file_of(&directory)).unwrap();
    for (never, why) in [
        ("UPDATE caller SET erased_at = 1", "erased_whole"),
        (
            "UPDATE caller SET erased_at = 1, name = '', phone = NULL",
            "erased_whole",
        ),
        (
            "UPDATE caller SET status = 'LEFT', ended_at = 1, erased_at = 1, name = ''",
            "erased_whole",
        ),
        (
            "UPDATE text SET phone = NULL",
            "a_number_while_it_may_be_sent",
        ),
        (
            "UPDATE text SET phone = NULL, body = NULL, state = 'SENT', next_try_at = NULL,
             provider_id = 'SM1'",
            "erased_whole",
        ),
        ("UPDATE clinic SET erase_after = -1", "CHECK"),
        ("UPDATE clinic SET erase_after = 86400001", "CHECK"),
        ("UPDATE clinic SET time_zone = ''", "CHECK"),
    ] {
        let Err(error) = connection.batch_execute(never) else {
            panic!("taken: {never}")
        };
        assert!(error.to_string().contains(why), "{never}: {error}");
    }
    let whole =
        "UPDATE caller SET status = 'LEFT', ended_at = 1, erased_at = 1, name = '', phone = NULL";
    connection.batch_execute(whole).unwrap();
    let left: Vec<Line> = sql_query("SELECT name AS line FROM caller")
        .load(&mut connection)
        .unwrap();
    assert_eq!(left.len(), 1);
}
