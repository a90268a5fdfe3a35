//! What SQLite does in its own way. The whole file has one writer at a time, so what a writing
//! transaction has read nobody else changes before it ends: no row needs a lock of its own.

use super::connection::Connection;
use crate::adapters::queries::failed;
use crate::adapters::rows::clinic::ClinicRow;
use crate::adapters::rows::text::TextRow;
use crate::adapters::tables::{clinic, text};
use crate::domain::id::ClinicId;
use crate::domain::time::Timestamp;
use crate::ports::Fault;
use diesel::prelude::{ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;

/// A clinic, which nobody else changes until this transaction ends.
pub(in crate::adapters) async fn clinic_to_change(
    connection: &mut Connection,
    id: &ClinicId,
) -> Result<Option<ClinicRow>, Fault> {
    clinic::table
        .find(id.as_str())
        .select(ClinicRow::as_select())
        .get_result(connection)
        .await
        .optional()
        .map_err(failed("reading a clinic to change it"))
}

/// Texts to be sent, then those whose claim ran out; nobody else claims them until this
/// transaction ends.
pub(in crate::adapters) async fn due_texts(
    connection: &mut Connection,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<TextRow>, Fault> {
    // Two queries, each off its own index: with OR, SQLite would sort all of both.
    let mut due = text::table
        .filter(text::claimed_until.le(now.as_millis()))
        .order(text::claimed_until)
        .limit(limit)
        .select(TextRow::as_select())
        .load(connection)
        .await
        .map_err(failed("reading texts whose claim ran out"))?;
    let queued = text::table
        .filter(text::next_try_at.le(now.as_millis()))
        .order(text::next_try_at)
        .limit(limit)
        .select(TextRow::as_select())
        .load(connection)
        .await
        .map_err(failed("reading texts to send"))?;
    due.extend(queued);
    due.sort_by_key(TextRow::turn);
    due.truncate(usize::try_from(limit).unwrap_or(0));
    Ok(due)
}
