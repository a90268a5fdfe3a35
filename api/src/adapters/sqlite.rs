//! The store in a file: SQLite, compiled in, so that nothing needs to be installed.
//!
//! One connection writes and a few read. A second writer would only wait inside SQLite, which takes
//! turns by sleeping; here writers queue in order. Every writing transaction begins as one
//! (`BEGIN IMMEDIATE`), because one that turns from reading to writing fails when another has written
//! in between. Readers see the last commit and never wait (WAL).

mod connection;
mod differences;
mod file;
mod leftovers;
#[cfg(test)]
mod tests;

pub(super) use connection::Connection;
pub(super) use differences::{clinic_to_change, due_texts};

use super::queries::{failed, queries};
use crate::ports::Fault;
use connection::{Access, Transaction};
use diesel_async::pooled_connection::deadpool::Pool;
use leftovers::PAGES_AT_ONCE;
use std::path::{Path, PathBuf};

/// How many transactions read at once; more wait in order. They are short: two a core would do.
const READERS: usize = 4;

/// A store in a directory of this machine.
pub struct Sqlite {
    readers: Pool<Connection>,
    writer: Pool<Connection>,
    /// The file of recent writes beside the file itself.
    log: PathBuf,
}

/// The name by which the query bodies know the store they are compiled for.
pub(super) use Sqlite as Database;

impl Sqlite {
    /// Opens the store in `directory`, which is made if need be, and brings its tables up to date.
    /// Several processes may do so at once. Only the owner can read what is kept.
    ///
    /// # Errors
    /// A fault when the directory cannot be written, or the tables are those of a newer version.
    pub fn open(directory: &Path) -> Result<Self, Fault> {
        let file = file::prepare(directory)?;
        Ok(Self {
            readers: connection::pool(&file, Access::Reading, READERS)?,
            writer: connection::pool(&file, Access::Writing, 1)?,
            log: PathBuf::from(format!("{file}-wal")),
        })
    }

    /// A transaction that sees one moment and changes nothing.
    async fn reading(&self) -> Result<Transaction, Fault> {
        Transaction::begin(&self.readers, Access::Reading).await
    }

    /// The one transaction that may write; the next waits until it is over.
    async fn writing(&self) -> Result<Transaction, Fault> {
        Transaction::begin(&self.writer, Access::Writing).await
    }

    /// Empties the log of recent writes: what was erased in the file still stands in there. Leaves it
    /// for the next time when somebody is reading, and says so. An empty log, of a time in which nothing
    /// was written, is left alone; that what an earlier run left there counts too is why the log itself
    /// is asked.
    async fn erase_what_was_forgotten(&self) -> Result<bool, Fault> {
        let is_empty = std::fs::metadata(&self.log).is_ok_and(|log| log.len() == 0);
        if is_empty {
            return Ok(true);
        }
        connection::empty_the_log(&self.writer).await
    }

    /// Erases what was erased in the rows from the bytes of the file too: from where SQLite has left
    /// copies, and from the log of recent writes. False when somebody was reading: to be tried again in a
    /// moment.
    async fn erase_bytes(&self) -> Result<bool, Fault> {
        let (looking, erasing) = (
            "looking for leftovers in the file",
            "erasing leftovers in the file",
        );
        let mut reading = self.reading().await?;
        let pages = reading.spawn_blocking(leftovers::pages);
        let pages = pages.await.map_err(failed(looking))?;
        reading.commit().await?;
        // One transaction for each part: a reading one keeps the log from being emptied, a writing one
        // keeps others waiting.
        for first in (1..=pages).step_by(PAGES_AT_ONCE) {
            let mut reading = self.reading().await?;
            let found =
                reading.spawn_blocking(move |connection| leftovers::find(connection, first));
            let found = found.await.map_err(failed(looking))?;
            reading.commit().await?;
            if !found.is_empty() {
                let mut writing = self.writing().await?;
                let erased = writing
                    .spawn_blocking(move |connection| leftovers::overwrite(connection, &found));
                erased.await.map_err(failed(erasing))?;
                writing.commit().await?;
            }
        }
        self.erase_what_was_forgotten().await
    }
}

queries!(sqlite);
