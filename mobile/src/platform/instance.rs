//! One start of the program at a time: another hands its link to the one that runs, by a socket that
//! only its owner may use.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::runtime::Runtime;
use tokio::time::{sleep, timeout};

use super::private;
use crate::link::LONGEST;

/// How long a start waits for the one before it, which may only just be starting, too.
const HANDOVER: Duration = Duration::from_secs(3);
/// How long until it looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// The start that runs.
pub(super) struct Instance {
    listener: Option<UnixListener>,
    /// Locked for as long as the program runs, however it ends.
    _lock: Option<File>,
}

impl Instance {
    /// One that knows of no other.
    pub(super) fn alone() -> Instance {
        Instance {
            listener: None,
            _lock: None,
        }
    }

    /// Claims to be the one that runs, in a folder that only its owner may enter. `None` where another
    /// runs: that one has the link now.
    pub(super) fn claim(runtime: &Runtime, folder: &Path, link: Option<&str>) -> Option<Instance> {
        let lock = folder.join("lock");
        let Ok(lock) = private::file().create(true).truncate(false).open(lock) else {
            return Some(Instance::alone());
        };
        let socket = folder.join("socket");
        if lock.try_lock().is_err() {
            let handover = async { timeout(HANDOVER, hand_over(&socket, link)).await };
            // One that does not answer: better two than none.
            return match runtime.block_on(handover) {
                Ok(()) => None,
                Err(_) => Some(Instance::alone()),
            };
        }
        // Left by one that was killed.
        let _ = fs::remove_file(&socket);
        let _entered = runtime.enter();
        let listener = UnixListener::bind(&socket).ok();
        // The folder keeps everybody else out already.
        let _ = fs::set_permissions(&socket, Permissions::from_mode(private::FILE));
        Some(Instance {
            listener,
            _lock: Some(lock),
        })
    }

    /// Takes the links of later starts, for as long as the program runs: the claim goes with it.
    pub(super) async fn attend(self, open: impl Fn(String) + Clone + Send + 'static) {
        let Some(listener) = &self.listener else {
            return std::future::pending::<()>().await;
        };
        loop {
            let Ok((stream, _)) = listener.accept().await else {
                // Out of files for now.
                sleep(LOOK_AGAIN).await;
                continue;
            };
            let open = open.clone();
            tokio::spawn(async move {
                if let Ok(Some(link)) = timeout(HANDOVER, received(stream)).await {
                    open(link);
                }
            });
        }
    }
}

async fn hand_over(socket: &Path, link: Option<&str>) {
    let link = link.unwrap_or_default().as_bytes();
    loop {
        if let Ok(mut other) = UnixStream::connect(socket).await
            && other.write_all(link).await.is_ok()
            && other.shutdown().await.is_ok()
        {
            return;
        }
        sleep(LOOK_AGAIN).await;
    }
}

async fn received(stream: UnixStream) -> Option<String> {
    let mut bytes = Vec::new();
    let most = u64::try_from(LONGEST).unwrap_or(u64::MAX).saturating_add(1);
    stream.take(most).read_to_end(&mut bytes).await.ok()?;
    // What is no text is no link of ours either, and the screen says so.
    Some(String::from_utf8(bytes).unwrap_or_else(|_| "?".to_owned()))
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc::unbounded_channel;

    use super::*;

    #[test]
    fn a_later_start_hands_its_link_to_the_one_that_runs() {
        let folder = tempfile::tempdir().expect("a folder");
        let runtime = Runtime::new().expect("a runtime");
        let first = Instance::claim(&runtime, folder.path(), None).expect("nobody else runs");
        assert_eq!(private::mode(&folder.path().join("socket")), private::FILE);
        let (opened, mut links) = unbounded_channel();
        runtime.spawn(first.attend(move |link| {
            let _ = opened.send(link);
        }));
        let later = Runtime::new().expect("a runtime");
        for link in ["standby://w#abc", "standby://c/demo"] {
            assert!(Instance::claim(&later, folder.path(), Some(link)).is_none());
            assert_eq!(runtime.block_on(links.recv()).as_deref(), Some(link));
        }
    }

    #[test]
    fn a_start_that_was_killed_is_in_nobodys_way() {
        let folder = tempfile::tempdir().expect("a folder");
        let runtime = Runtime::new().expect("a runtime");
        let first = Instance::claim(&runtime, folder.path(), None).expect("nobody else runs");
        // Its socket stays where it was.
        drop(first);
        assert!(folder.path().join("socket").exists());
        let second = Instance::claim(&runtime, folder.path(), None).expect("nobody else runs");
        assert!(second.listener.is_some());
    }
}
