use std::time::Duration;

use tokio::time::{Instant, sleep};

/// How long a state may take that nobody promised to be quick.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Between two looks: short enough not to be felt, long enough to leave the server its time.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Looks again and again until `look` has found something, and returns that.
///
/// `sentence` says what is waited for: the words of the failure when it does not come within
/// [`PATIENCE`].
pub async fn until<T>(sentence: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
    until_within(PATIENCE, sentence, look).await
}

/// The same for a state that the product itself gives more time.
pub async fn until_within<T>(
    patience: Duration,
    sentence: &str,
    mut look: impl AsyncFnMut() -> Option<T>,
) -> T {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(
            Instant::now() < deadline,
            "not so within {patience:?}: {sentence}"
        );
        sleep(LOOK_EVERY).await;
    }
}
