//! What SQLite leaves lying about in its file.
//!
//! `secure_delete` overwrites what is deleted where it stands. It does not overwrite what is *moved*: when
//! a page is full, SQLite moves rows to another page and lays those that stay out anew, and between them
//! the bytes of some that have gone stay behind (`rebuildPage` in `btree.c`). Nobody can ask for them,
//! but whoever reads the file finds names in it of people who were erased long since: in a few of a
//! thousand. A test that searches the file of thousands of callers found them.
//!
//! So the part of each page that nothing uses, between the list of its rows and the rows themselves, is
//! overwritten here, by SQLite itself and in its transactions: its table `sqlite_dbpage` holds the file's
//! pages. `VACUUM` would do it too, and write the whole file anew each time while everybody waits.

use diesel::connection::SimpleConnection;
use diesel::sqlite::SqliteConnection;
use diesel::{
    OptionalExtension as _, QueryResult, QueryableByName, RunQueryDsl, sql_query, sql_types,
};
use std::error::Error;
use std::ops::Range;

/// How many pages are looked at, or overwritten, in one transaction: some milliseconds, as others wait to
/// write or the log grows meanwhile.
pub(super) const PAGES_AT_ONCE: usize = 500;

/// From this page on, the first byte of a page that holds the rest of a long row could be taken for that of
/// a page of rows: it begins with the number of another page. With pages of 4 KiB a file of 64 GiB has so
/// many.
const MOST_PAGES: i64 = 1 << 24;

/// A page of rows begins with one of these, and then has a head of so many bytes.
const KINDS: [(u8, usize); 4] = [(2, 12), (5, 12), (10, 8), (13, 8)];

/// The file's own head, before that of its first page.
const FILE_HEAD: usize = 100;

#[derive(QueryableByName)]
struct Page {
    #[diesel(sql_type = sql_types::Binary)]
    data: Vec<u8>,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = sql_types::BigInt)]
    count: i64,
}

#[derive(Debug, thiserror::Error)]
#[error(
    "SQLite was built without SQLITE_ENABLE_DBPAGE_VTAB and could not erase what it leaves lying about; \
     build within the project's folder, whose .cargo/config.toml asks for it"
)]
struct Unerasable;

/// Makes sure that pages can be overwritten.
pub(super) fn prepare(
    connection: &mut SqliteConnection,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut count = |of: &str| -> QueryResult<i64> {
        let found: Count = sql_query(of).get_result(connection)?;
        Ok(found.count)
    };
    if count("SELECT count(*) AS count FROM pragma_module_list WHERE name = 'sqlite_dbpage'")? == 0
    {
        return Err(Unerasable.into());
    }
    // A copy made by another program may have pages that say where other pages are, and that can not be
    // told from those that hold rows. It is made anew without.
    if count("SELECT auto_vacuum AS count FROM pragma_auto_vacuum")? != 0 {
        connection.batch_execute("PRAGMA auto_vacuum = NONE; VACUUM;")?;
    }
    Ok(())
}

/// How many pages the file has. None, with a word in the log, for a file in which pages of rows can not be
/// told from others.
pub(super) fn pages(connection: &mut SqliteConnection) -> QueryResult<i64> {
    let pages = "SELECT page_count AS count FROM pragma_page_count";
    let pages: Count = sql_query(pages).get_result(connection)?;
    if pages.count >= MOST_PAGES {
        tracing::warn!("the file is too large to overwrite what SQLite leaves lying about in it");
        return Ok(0);
    }
    Ok(pages.count)
}

/// Those of [`PAGES_AT_ONCE`] pages, beginning with this one, in which something lies about.
pub(super) fn find(connection: &mut SqliteConnection, first: i64) -> QueryResult<Vec<i64>> {
    let mut found = Vec::new();
    for number in (first..).take(PAGES_AT_ONCE) {
        let page = read(connection, number)?;
        found.extend(page.and_then(|page| unused(number, &page)).map(|_| number));
    }
    Ok(found)
}

/// Overwrites what lies about in these pages.
pub(super) fn overwrite(connection: &mut SqliteConnection, numbers: &[i64]) -> QueryResult<()> {
    for &number in numbers {
        // As it is now: it may have changed since it was found.
        let Some(mut page) = read(connection, number)? else {
            continue;
        };
        let Some(unused) = unused(number, &page) else {
            continue;
        };
        page[unused].fill(0);
        sql_query("UPDATE sqlite_dbpage SET data = ? WHERE pgno = ?")
            .bind::<sql_types::Binary, _>(page)
            .bind::<sql_types::BigInt, _>(number)
            .execute(connection)?;
    }
    Ok(())
}

/// `None` beyond the end of the file.
fn read(connection: &mut SqliteConnection, number: i64) -> QueryResult<Option<Vec<u8>>> {
    sql_query("SELECT data FROM sqlite_dbpage WHERE pgno = ?")
        .bind::<sql_types::BigInt, _>(number)
        .get_result(connection)
        .optional()
        .map(|page: Option<Page>| page.map(|page| page.data))
}

/// The bytes of a page that no row uses, when anything is in them; `None` for a page that holds no rows.
/// Pages are numbered from 1.
fn unused(number: i64, page: &[u8]) -> Option<Range<usize>> {
    let head = if number == 1 { FILE_HEAD } else { 0 };
    let at = |place: usize| {
        Some(usize::from(u16::from_be_bytes([
            *page.get(place)?,
            *page.get(place + 1)?,
        ])))
    };
    let kind = page.get(head)?;
    let (_, length) = KINDS.iter().find(|(known, _)| known == kind)?;
    let rows = at(head + 3)?;
    let first_row = match at(head + 5)? {
        0 => 65_536,
        first => first,
    };
    let unused = head + length + 2 * rows..first_row;
    let is_used = |bytes: &[u8]| bytes.iter().any(|byte| *byte != 0);
    page.get(unused.clone())
        .is_some_and(is_used)
        .then_some(unused)
}

#[cfg(test)]
mod tests {
    use super::unused;

    /// A page of 64 bytes with two rows, the first at 50.
    fn page(kind: u8) -> Vec<u8> {
        let mut page = vec![0; 64];
        page[0] = kind;
        page[4] = 2;
        page[6] = 50;
        page[50..].fill(7);
        page
    }

    #[test]
    fn what_lies_between_the_list_of_rows_and_the_rows_is_unused() {
        let mut leaf = page(13);
        assert_eq!(unused(2, &leaf), None, "nothing lies about");
        leaf[49] = 1;
        assert_eq!(unused(2, &leaf), Some(12..50));
        let mut above = page(5);
        above[49] = 1;
        assert_eq!(unused(2, &above), Some(16..50));
    }

    #[test]
    fn a_page_that_holds_no_rows_or_makes_no_sense_is_left_alone() {
        for kind in [0, 1, 7, 255] {
            let mut other = page(kind);
            other[49] = 1;
            assert_eq!(unused(2, &other), None);
        }
        let mut beyond = page(13);
        beyond[49] = 1;
        beyond[5] = 1;
        assert_eq!(unused(2, &beyond), None, "its rows begin after its end");
        let mut crowded = page(13);
        crowded[49] = 1;
        crowded[4] = 200;
        assert_eq!(unused(2, &crowded), None, "more rows than have room");
        assert_eq!(unused(2, &[]), None);
        assert_eq!(unused(0, &[13; 64]), None);
    }
}
