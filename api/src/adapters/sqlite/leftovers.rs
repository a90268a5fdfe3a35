//! What SQLite leaves lying about in its file.
//!
//! `secure_delete` overwrites what is deleted where it stands. It does not overwrite what is *moved*: when
//! a page is full, SQLite moves rows to another page and lays those that stay out anew, and between them
//! the bytes of some that have gone stay behind (`rebuildPage` in `btree.c`). Nobody can ask for them,
//! but whoever reads the file finds names in it of people who were erased long since: in a few of a
//! thousand. A test that searches the file of thousands of callers found them.
//!
//! So the part of each page that nothing uses, between the list of its rows and the rows themselves, is
//! overwritten here. `VACUUM` would do it too, and write the whole file anew each time while everybody
//! waits. Writing beside SQLite is safe because of what is written and when:
//! - only bytes that are no part of any row: whoever reads the page meanwhile does not look at them;
//! - only while nobody else can write, and while nothing is in the log of recent writes: then what is in
//!   the file is what holds, and nobody copies a page from the log over it;
//! - whoever was to write next opens the file anew: a page it remembers would bring the bytes back;
//! - the file is opened once, and never closed: closing it would take away the locks that SQLite holds
//!   for this process (POSIX has them so).

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::mem::ManuallyDrop;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// How many pages are overwritten while others wait to write.
pub(super) const PAGES_AT_ONCE: usize = 500;

/// Above this many pages, the first byte of a page that holds the rest of a long row could be taken for
/// that of a page of rows. With pages of 4 KiB a file of 64 GiB has so many.
const MOST_PAGES: u64 = 1 << 24;

/// A page of rows begins with one of these, and then has a head of so many bytes.
const KINDS: [(u8, usize); 4] = [(2, 12), (5, 12), (10, 8), (13, 8)];

/// The file's own head, before that of its first page.
const FILE_HEAD: usize = 100;

/// The file, beside SQLite.
pub(super) struct Leftovers {
    path: PathBuf,
    /// Never closed: see above.
    file: Mutex<Option<ManuallyDrop<File>>>,
}

impl Leftovers {
    pub(super) fn of(path: PathBuf) -> Self {
        Self {
            path,
            file: Mutex::default(),
        }
    }

    /// The pages in which something lies about, by their number from 0.
    pub(super) fn find(&self) -> io::Result<Vec<u64>> {
        self.with_file(|file| {
            let Some(pages) = Pages::of(file)? else {
                return Ok(Vec::new());
            };
            let mut page = vec![0; pages.size];
            let mut found = Vec::new();
            file.seek(SeekFrom::Start(0))?;
            let mut reader = io::BufReader::with_capacity(1 << 18, file);
            for number in 0..pages.count {
                match reader.read_exact(&mut page) {
                    // Another process has made the file shorter.
                    Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => break,
                    read => read?,
                }
                found.extend(unused(number, &page).map(|_| number));
            }
            Ok(found)
        })
    }

    /// Overwrites what lies about in these pages. Only while nobody can write and the log is empty.
    pub(super) fn overwrite(&self, numbers: &[u64]) -> io::Result<()> {
        self.with_file(|file| {
            let Some(pages) = Pages::of(file)? else {
                return Ok(());
            };
            let mut page = vec![0; pages.size];
            for &number in numbers.iter().filter(|number| **number < pages.count) {
                let begin = number * pages.size as u64;
                file.seek(SeekFrom::Start(begin))?;
                file.read_exact(&mut page)?;
                // As it is now: it may have changed since it was found.
                if let Some(unused) = unused(number, &page) {
                    file.seek(SeekFrom::Start(begin + unused.start as u64))?;
                    file.write_all(&vec![0; unused.len()])?;
                }
            }
            file.sync_data()
        })
    }

    fn with_file<T>(&self, act: impl FnOnce(&mut File) -> io::Result<T>) -> io::Result<T> {
        let mut held = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if held.is_none() {
            let file = OpenOptions::new().read(true).write(true).open(&self.path)?;
            *held = Some(ManuallyDrop::new(file));
        }
        match held.as_mut() {
            Some(file) => act(file),
            None => Err(io::Error::other("the file was not opened")),
        }
    }
}

/// How the file is divided.
struct Pages {
    size: usize,
    count: u64,
}

impl Pages {
    /// `None` when this is not a file whose pages can be told apart.
    fn of(file: &mut File) -> io::Result<Option<Self>> {
        let length = file.metadata()?.len();
        if length < FILE_HEAD as u64 {
            return Ok(None);
        }
        let mut head = [0; 18];
        file.seek(SeekFrom::Start(0))?;
        file.read_exact(&mut head)?;
        let size = match u16::from_be_bytes([head[16], head[17]]) {
            1 => 65_536,
            size => usize::from(size),
        };
        let is_sqlite = head.starts_with(b"SQLite format 3\0") && size >= 512;
        if !is_sqlite {
            return Ok(None);
        }
        let count = length / size as u64;
        if count >= MOST_PAGES {
            tracing::warn!(
                "the file is too large to overwrite what SQLite leaves lying about in it"
            );
            return Ok(None);
        }
        Ok(Some(Self { size, count }))
    }
}

/// The bytes of a page that no row uses, when anything is in them; `None` for a page that holds no rows.
fn unused(number: u64, page: &[u8]) -> Option<Range<usize>> {
    let head = if number == 0 { FILE_HEAD } else { 0 };
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
        assert_eq!(unused(1, &leaf), None, "nothing lies about");
        leaf[49] = 1;
        assert_eq!(unused(1, &leaf), Some(12..50));
        let mut above = page(5);
        above[49] = 1;
        assert_eq!(unused(1, &above), Some(16..50));
    }

    #[test]
    fn a_page_that_holds_no_rows_or_makes_no_sense_is_left_alone() {
        for kind in [0, 1, 7, 255] {
            let mut other = page(kind);
            other[49] = 1;
            assert_eq!(unused(1, &other), None);
        }
        let mut beyond = page(13);
        beyond[49] = 1;
        beyond[5] = 1;
        assert_eq!(unused(1, &beyond), None, "its rows begin after its end");
        let mut crowded = page(13);
        crowded[49] = 1;
        crowded[4] = 200;
        assert_eq!(unused(1, &crowded), None, "more rows than have room");
        assert_eq!(unused(1, &[]), None);
        assert_eq!(unused(0, &[13; 64]), None);
    }
}
