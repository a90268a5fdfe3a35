//! The directory in which everything is kept. Names, numbers and the secret key are in its files, so
//! it and they are the owner's alone, from the first moment and whoever makes them first.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

/// What the database is called in it.
pub(super) const DATABASE: &str = "standby.sqlite";

/// Whether something is kept in the directory.
pub fn is_in_use(directory: &Path) -> bool {
    directory.join(DATABASE).is_file()
}

/// Makes the directory, and those above it, unless it is there: then it stays as it is.
///
/// # Errors
/// When it cannot be made, or is no directory.
pub fn make(directory: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(directory)
}

/// Makes a file that is made by these options readable for its owner only.
#[cfg(unix)]
pub fn only_for_the_owner(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(0o600);
}

/// Makes a file that is made by these options readable for its owner only.
#[cfg(not(unix))]
pub fn only_for_the_owner(_: &mut OpenOptions) {}

/// Puts the names of the directory's files on the disk: a file that was synced can still be nameless
/// after a power cut.
///
/// # Errors
/// When the disk does not take them.
#[cfg(unix)]
pub fn keep_names(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

/// Puts the names of the directory's files on the disk, which the system does by itself here.
///
/// # Errors
/// Never.
#[cfg(not(unix))]
pub fn keep_names(_: &Path) -> io::Result<()> {
    Ok(())
}
