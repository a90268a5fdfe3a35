//! Everything that a store holds, to be compared before and after.

use crate::support::Stage;
use diesel::connection::SimpleConnection as _;
use diesel::sqlite::SqliteConnection;
use diesel::{Connection as _, QueryableByName, RunQueryDsl as _, sql_query, sql_types};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Reads all rows of all tables of one store, but for what a look may leave behind: when a credential was
/// last used, and that somebody looked.
pub(crate) struct Everything {
    connection: SqliteConnection,
    query: String,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = sql_types::Text)]
    value: String,
}

fn read(connection: &mut SqliteConnection, query: &str) -> Vec<String> {
    let rows: Vec<Row> = sql_query(query).load(connection).unwrap();
    rows.into_iter().map(|row| row.value).collect()
}

impl Everything {
    pub(crate) fn of(stage: &Stage) -> Self {
        let mut connection = SqliteConnection::establish(&stage.file()).unwrap();
        connection
            .batch_execute("PRAGMA busy_timeout = 5000; PRAGMA query_only = ON")
            .unwrap();
        let tables = "SELECT name AS value FROM sqlite_master WHERE type = 'table' \
                      AND name NOT LIKE 'sqlite%' AND name NOT LIKE '\\_\\_%' ESCAPE '\\'";
        let mut query = String::new();
        for table in read(&mut connection, tables) {
            let columns = format!(
                "SELECT '\"' || name || '\"' AS value FROM pragma_table_info('{table}') \
                 WHERE name <> 'last_used_at'"
            );
            let columns = read(&mut connection, &columns).join(", ");
            let but = match table.as_str() {
                "audit_entry" => "WHERE deed NOT LIKE 'SAW%'",
                _ => "",
            };
            let joined = if query.is_empty() { "" } else { "UNION ALL " };
            let rows = format!("'{table} ' || json_array({columns})");
            write!(query, "{joined}SELECT {rows} AS value FROM {table} {but} ").unwrap();
        }
        Self { connection, query }
    }

    /// Each row as its table's name and its values.
    pub(crate) fn rows(&mut self) -> BTreeSet<String> {
        read(&mut self.connection, &self.query)
            .into_iter()
            .collect()
    }
}

/// What is in one and not in the other, as text for whoever reads that a test has failed.
pub(crate) fn difference(before: &BTreeSet<String>, after: &BTreeSet<String>) -> String {
    let gone = before.difference(after).map(|row| format!("- {row}\n"));
    let new = after.difference(before).map(|row| format!("+ {row}\n"));
    gone.chain(new).collect()
}
