//! What a program keeps, in a file that only its owner may read.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::native::Storage;
use super::private;

/// The most that is read of what was kept. Bytes.
const LARGEST_STORE: u64 = 1_048_576;

/// Everything kept, in one file. Without one it is kept as long as the app runs.
pub(super) struct FileStorage {
    file: Option<PathBuf>,
    kept: Mutex<BTreeMap<String, String>>,
}

impl FileStorage {
    /// With what is in the file, if there is one.
    pub(super) fn open(file: Option<PathBuf>) -> FileStorage {
        let kept = file.as_deref().and_then(|file| {
            let mut text = String::new();
            let file = File::open(file).ok()?;
            file.take(LARGEST_STORE).read_to_string(&mut text).ok()?;
            // What cannot be read any more counts as not there.
            serde_json::from_str(&text).ok()
        });
        FileStorage {
            file,
            kept: Mutex::new(kept.unwrap_or_default()),
        }
    }

    fn change(&self, change: impl FnOnce(&mut BTreeMap<String, String>)) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut kept);
        if let Some(file) = &self.file
            && let Ok(text) = serde_json::to_vec(&*kept)
        {
            // A full disk: then it is kept as long as the app runs.
            let _ = replace(file, &text);
        }
    }
}

/// All of it or nothing: a crash in between leaves what was there before.
fn replace(file: &Path, content: &[u8]) -> io::Result<()> {
    let new = file.with_extension("new");
    // One that a crash left may be anybody's to read.
    let _ = fs::remove_file(&new);
    let mut written = private::file().create_new(true).open(&new)?;
    written.write_all(content)?;
    written.sync_all()?;
    fs::rename(&new, file)
}

impl Storage for FileStorage {
    fn read(&self, name: &str) -> Option<String> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(name).cloned()
    }

    fn write(&self, name: &str, text: &str) {
        self.change(|kept| {
            kept.insert(name.to_owned(), text.to_owned());
        });
    }

    fn remove(&self, name: &str) {
        self.change(|kept| {
            kept.remove(name);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_outlives_the_program_and_is_nobody_elses_to_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let own = folder.path().join("standby");
        private::folder(&own).expect("a folder of its own");
        let file = own.join("kept.json");
        let storage = FileStorage::open(Some(file.clone()));
        storage.write("token", "secret");
        storage.write("name", "Amara");
        storage.remove("name");
        assert_eq!(private::mode(&own), private::FOLDER);
        assert_eq!(private::mode(&file), private::FILE);
        assert!(!fs::read_to_string(&file).expect("text").contains("Amara"));

        let again = FileStorage::open(Some(file));
        assert_eq!(again.read("token").as_deref(), Some("secret"));
        assert_eq!(again.read("name"), None);
    }

    #[test]
    fn what_was_spoilt_counts_as_not_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("kept.json");
        fs::write(&file, "{\"a\":").expect("a file");
        let storage = FileStorage::open(Some(file.clone()));
        assert_eq!(storage.read("a"), None);
        storage.write("a", "b");
        assert_eq!(
            FileStorage::open(Some(file)).read("a").as_deref(),
            Some("b")
        );
    }
}
