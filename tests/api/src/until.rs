use std::time::Duration;

use tokio::time::{Instant, sleep};

/// How long a state may take that nobody promised to be quick.
pub const PATIENCE: Duration = Duration::from_secs(15);

/// Looks again and again until `look` has found something, and returns that.
///
/// `sentence` says what is waited for: the words of the failure when it does not come within
/// [`PATIENCE`].
pub async fn until<T>(sentence: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(
            Instant::now() < deadline,
            "not so within {PATIENCE:?}: {sentence}"
        );
        sleep(Duration::from_millis(20)).await;
    }
}
