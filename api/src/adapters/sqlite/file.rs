//! The file itself: where it is, who may read it, and its tables.

use super::leftovers;
use crate::adapters::data_directory;
use crate::ports::Fault;
use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource};
use diesel::sqlite::{Sqlite, SqliteConnection};
use diesel::{Connection, QueryableByName, RunQueryDsl, sql_query, sql_types};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use std::error::Error;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

pub(super) const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../migrations/sqlite");

/// Held while the file is made and its tables are brought up to date. Not the file itself: to open and
/// close that beside SQLite would drop the locks SQLite holds on it.
const LOCK: &str = "standby.lock";

/// Makes sure the file is there with today's tables, and answers with its path.
pub(super) fn prepare(directory: &Path) -> Result<String, Fault> {
    data_directory::make(directory)
        .map_err(|error| Fault::new("making the data directory", error))?;
    let lock = lock(&directory.join(LOCK))
        .map_err(|error| Fault::new("locking the data directory", error))?;
    // Absolute, so that no name is taken for an address of another form.
    let path = std::path::absolute(directory.join(data_directory::DATABASE))
        .map_err(|error| Fault::new("finding the data directory", error))?;
    make_file(&path).map_err(|error| Fault::new("making the data file", error))?;
    let path = path.into_os_string().into_string().map_err(|_| {
        Fault::new(
            "finding the data directory",
            "its path is not readable as Unicode text",
        )
    })?;
    migrate(&path).map_err(|error| Fault::new("bringing the tables up to date", error))?;
    drop(lock);
    Ok(path)
}

fn lock(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    data_directory::only_for_the_owner(&mut options);
    let file = options.open(path)?;
    file.lock()?;
    Ok(file)
}

/// Makes an empty file before SQLite would, so that it is the owner's from the first moment. The files
/// beside it (`-wal`, `-shm`) get the same rights from SQLite.
fn make_file(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    data_directory::only_for_the_owner(&mut options);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => keep_for_the_owner(path),
        Err(error) => Err(error),
    }
}

/// Takes the file back from others, such as one that a restored copy brought along.
#[cfg(unix)]
fn keep_for_the_owner(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    for suffix in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        match fs::metadata(&name) {
            Ok(found) if found.permissions().mode() & 0o077 != 0 => {
                fs::set_permissions(&name, fs::Permissions::from_mode(0o600))?;
            }
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(not(unix))]
fn keep_for_the_owner(_: &Path) -> io::Result<()> {
    Ok(())
}

#[derive(Debug, thiserror::Error)]
enum Mismatch {
    #[error("they were made by a newer version of Standby ({0}); start that one")]
    Newer(String),
    #[error("after the change, rows of {0} would point nowhere")]
    PointingNowhere(String),
}

/// A connection for changing tables: as SQLite wants it for rebuilding one, without foreign keys.
pub(super) fn connect_to_migrate(
    path: &str,
) -> Result<SqliteConnection, Box<dyn Error + Send + Sync>> {
    let mut connection = SqliteConnection::establish(path)?;
    connection.batch_execute(
        "PRAGMA busy_timeout = 5000;
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA secure_delete = ON;
         PRAGMA foreign_keys = OFF;",
    )?;
    Ok(connection)
}

/// Runs what has not been run, all of it or none.
pub(super) fn migrate(path: &str) -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut connection = connect_to_migrate(path)?;
    leftovers::prepare(&mut connection)?;
    connection.exclusive_transaction(|connection| {
        let known = MigrationSource::<Sqlite>::migrations(&MIGRATIONS)?;
        let applied = connection.applied_migrations()?;
        for version in &applied {
            if !known
                .iter()
                .any(|migration| migration.name().version() == *version)
            {
                return Err(Mismatch::Newer(version.to_string()).into());
            }
        }
        let pending: Vec<_> = known
            .iter()
            .filter(|migration| !applied.contains(&migration.name().version()))
            .collect();
        if pending.is_empty() {
            return Ok(());
        }
        for migration in pending {
            connection.run_migration(migration)?;
        }
        points_somewhere(connection)
    })
}

#[derive(QueryableByName)]
struct Violation {
    #[diesel(sql_type = sql_types::Text)]
    table: String,
}

/// Foreign keys are not enforced while tables change, so they are checked before it is committed.
fn points_somewhere(connection: &mut SqliteConnection) -> Result<(), Box<dyn Error + Send + Sync>> {
    let check = "SELECT \"table\" FROM pragma_foreign_key_check LIMIT 1";
    let wrong: Vec<Violation> = sql_query(check).load(connection)?;
    match wrong.into_iter().next() {
        Some(Violation { table }) => Err(Mismatch::PointingNowhere(table).into()),
        None => Ok(()),
    }
}
