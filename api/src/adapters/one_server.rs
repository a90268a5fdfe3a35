//! One server at a time on a data directory. Two would each take the callers of the other for silent,
//! because each hears only its own sockets, and would turn them Offline.

use crate::adapters::data_directory;
use crate::ports::Fault;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::time::Duration;

/// How often it is looked whether the other server has gone.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The right to be the server of a data directory, for as long as this is held. The operating system
/// takes it back when the process ends, however it ends.
pub struct OneServer {
    _locked: File,
}

impl OneServer {
    /// Waits up to `patience` for a server that is just ending; `None` when another one goes on.
    ///
    /// # Errors
    /// When the lock's file cannot be made or locked.
    pub async fn of(directory: &Path, patience: Duration) -> Result<Option<Self>, Fault> {
        let fault = |error| Fault::new("taking the data directory for this server", error);
        let mut options = OpenOptions::new();
        options.create(true).write(true).truncate(false);
        data_directory::only_for_the_owner(&mut options);
        let file = options.open(directory.join("serve.lock")).map_err(fault)?;
        let looks = patience.as_millis() / LOOK_EVERY.as_millis();
        for look in 0..=looks {
            match file.try_lock() {
                Ok(()) => return Ok(Some(Self { _locked: file })),
                Err(TryLockError::WouldBlock) => {
                    if look == 0 && looks > 0 {
                        tracing::info!(
                            "another server uses this data directory; waiting for its end"
                        );
                    }
                    tokio::time::sleep(LOOK_EVERY).await;
                }
                Err(TryLockError::Error(error)) => return Err(fault(error)),
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_second_server_is_kept_out_until_the_first_has_ended() {
        let directory = tempfile::tempdir().unwrap();
        let first = OneServer::of(directory.path(), Duration::ZERO)
            .await
            .unwrap();
        assert!(first.is_some());
        let second = OneServer::of(directory.path(), Duration::ZERO)
            .await
            .unwrap();
        assert!(second.is_none());
        drop(first);
        assert!(
            OneServer::of(directory.path(), Duration::ZERO)
                .await
                .unwrap()
                .is_some()
        );
    }
}
