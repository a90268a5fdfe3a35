//! Folders and files that only their owner may use.

use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// Only its owner may enter.
pub(super) const FOLDER: u32 = 0o700;
/// Only its owner may read or write.
pub(super) const FILE: u32 = 0o600;

/// Makes it, and those above it, where they are not there.
pub(super) fn folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(FOLDER)
        .create(folder)?;
    fs::set_permissions(folder, Permissions::from_mode(FOLDER))
}

/// To write to one that is made by it.
pub(super) fn file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).mode(FILE);
    options
}

/// What others may do with it, for tests.
#[cfg(test)]
pub(super) fn mode(path: &Path) -> u32 {
    let metadata = fs::metadata(path).expect("it is there");
    metadata.permissions().mode() & 0o777
}
