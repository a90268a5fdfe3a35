//! Connections to the file, and transactions on them.

use crate::adapters::queries::failed;
use crate::ports::Fault;
use diesel::connection::AnsiTransactionManager;
use diesel::sqlite::SqliteConnection;
use diesel::{ConnectionError, ConnectionResult, QueryableByName, sql_query, sql_types};
use diesel_async::pooled_connection::deadpool::{Object, Pool};
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod,
};
use diesel_async::sync_connection_wrapper::{SyncConnectionWrapper, SyncTransactionManagerWrapper};
use diesel_async::{AsyncConnection, RunQueryDsl, SimpleAsyncConnection, TransactionManager};
use futures_util::FutureExt;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

/// A connection whose statements run on threads that may wait for the disk.
pub(in crate::adapters) type Connection = SyncConnectionWrapper<SqliteConnection>;

/// How long a transaction waits for its turn within this process before it is a fault. Each takes
/// milliseconds, so by then the disk has stopped answering.
const TURN: Duration = Duration::from_secs(10);

/// How long a statement waits for another process that is writing, in milliseconds.
pub(super) const BUSY_TIMEOUT: u32 = 5000;

/// What a connection is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Reading,
    Writing,
}

/// Said to every connection, each line for a reason:
/// - `busy_timeout`: waits for another process, such as `standby key add`;
/// - `synchronous`: a commit is on the disk before it is told, even when the power goes;
/// - `foreign_keys`: off in SQLite unless asked for;
/// - `secure_delete`: what is erased is overwritten;
/// - `temp_store`: no names and numbers in files elsewhere;
/// - `trusted_schema`: a file somebody else has written runs no code.
const SETTINGS: &str = "
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON;
    PRAGMA secure_delete = ON;
    PRAGMA temp_store = MEMORY;
    PRAGMA trusted_schema = OFF;
";

/// Connections to `file`, opened as they are needed.
pub(super) fn pool(file: &str, access: Access, size: usize) -> Result<Pool<Connection>, Fault> {
    let mut config = ManagerConfig::default();
    config.custom_setup = Box::new(move |file| connect(file, access).boxed());
    // One that was not left clean is never given back (see `Transaction`).
    config.recycling_method = RecyclingMethod::Fast;
    Pool::builder(AsyncDieselConnectionManager::new_with_config(file, config))
        .max_size(size)
        .build()
        .map_err(|error| Fault::new("preparing connections", error))
}

async fn connect(file: &str, access: Access) -> ConnectionResult<Connection> {
    let mut connection = Connection::establish(file).await?;
    let set = async {
        let patience = format!("PRAGMA busy_timeout = {BUSY_TIMEOUT}");
        connection.batch_execute(&patience).await?;
        connection.batch_execute(SETTINGS).await?;
        if access == Access::Reading {
            connection.batch_execute("PRAGMA query_only = ON").await?;
        }
        Ok(())
    };
    set.await
        .map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(connection)
}

async fn take(pool: &Pool<Connection>) -> Result<Object<Connection>, Fault> {
    let doing = "waiting for a connection";
    tokio::time::timeout(TURN, pool.get())
        .await
        .map_err(|late| Fault::new(doing, late))?
        .map_err(|error| Fault::new(doing, error))
}

/// A connection within a transaction. Unless it is committed, the connection is closed, which takes
/// back all that was done: whether by a fault, a panic in a decision, or a request nobody waits for any
/// more, nothing is left half-written and no lock stays behind.
pub(in crate::adapters) struct Transaction {
    /// `None` only once it is over.
    connection: Option<Object<Connection>>,
}

impl Transaction {
    pub(super) async fn begin(pool: &Pool<Connection>, access: Access) -> Result<Self, Fault> {
        let mut transaction = Self {
            connection: Some(take(pool).await?),
        };
        let begin = match access {
            Access::Reading => "BEGIN DEFERRED",
            Access::Writing => "BEGIN IMMEDIATE",
        };
        transaction
            .spawn_blocking(move |connection| {
                AnsiTransactionManager::begin_transaction_sql(connection, begin)
            })
            .await
            .map_err(failed("beginning a transaction"))?;
        Ok(transaction)
    }

    /// Makes all that was done last, or none of it.
    pub(in crate::adapters) async fn commit(mut self) -> Result<(), Fault> {
        type Manager = SyncTransactionManagerWrapper<AnsiTransactionManager>;
        Manager::commit_transaction(&mut *self)
            .await
            .map_err(failed("committing"))?;
        // Back to the others, clean.
        drop(self.connection.take());
        Ok(())
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            drop(Object::take(connection));
        }
    }
}

impl Deref for Transaction {
    type Target = Connection;

    #[expect(
        clippy::expect_used,
        reason = "it is taken only where the transaction itself ends"
    )]
    fn deref(&self) -> &Connection {
        self.connection
            .as_ref()
            .expect("the transaction is not over")
    }
}

impl DerefMut for Transaction {
    #[expect(
        clippy::expect_used,
        reason = "it is taken only where the transaction itself ends"
    )]
    fn deref_mut(&mut self) -> &mut Connection {
        self.connection
            .as_mut()
            .expect("the transaction is not over")
    }
}

/// What SQLite says of a checkpoint.
#[derive(QueryableByName)]
struct Checkpoint {
    /// 1 when somebody's reading kept it from being whole.
    #[diesel(sql_type = sql_types::Integer)]
    busy: i32,
}

/// Moves what is in the write-ahead log into the file and empties the log. When a reader still needs
/// the log, SQLite does as much as it can, and the answer is false. It does not wait for that reader: it
/// would do so as the one who may write, and nobody else could.
pub(super) async fn empty_the_log(writer: &Pool<Connection>) -> Result<bool, Fault> {
    let mut connection = take(writer).await?;
    let emptied = async {
        connection.batch_execute("PRAGMA busy_timeout = 0").await?;
        let checkpoint: Checkpoint = sql_query("PRAGMA wal_checkpoint(TRUNCATE)")
            .get_result(&mut *connection)
            .await?;
        let patience = format!("PRAGMA busy_timeout = {BUSY_TIMEOUT}");
        connection.batch_execute(&patience).await?;
        Ok(checkpoint.busy == 0)
    };
    let emptied = emptied.await;
    if emptied.is_err() {
        // It may have stopped before it was patient again: the next one that writes opens another.
        drop(Object::take(connection));
    }
    emptied.map_err(failed("emptying the log of recent writes"))
}
