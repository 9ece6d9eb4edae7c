//! What every part of the daemon does when something fails: it says so with all causes, and waits.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// Pause after a part failed, before it tries again.
pub const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// Waits, but not past a stop.
pub async fn rest(stop: &CancellationToken, duration: Duration) {
    tokio::select! {
        () = tokio::time::sleep(duration) => {}
        () = stop.cancelled() => {}
    }
}

/// An error with its sources, for the log.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
