//! What every part of the daemon does when something fails: it says so with all causes, and waits.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use crate::db::is_passing;

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

/// A line of the log is not said again before this is over.
const SAY: Duration = Duration::from_secs(60);

/// What was said of one topic.
struct Said {
    at: Instant,
    words: String,
    unsaid: u64,
}

static SAID: Mutex<BTreeMap<&'static str, Said>> = Mutex::new(BTreeMap::new());

/// Says that `what` failed, in `words` that hold no secret. While the database is away everything fails by it, again and again: that
/// is said once a minute for all parts together, and of anything else the same words once a minute.
pub fn complain(what: &'static str, error: &(dyn std::error::Error + 'static), words: String) {
    let is_away = is_passing(error);
    let topic = if is_away { "database" } else { what };
    let mut said = SAID.lock().unwrap_or_else(PoisonError::into_inner);
    let unsaid = match said.get_mut(topic) {
        Some(said) if said.at.elapsed() < SAY && (is_away || said.words == words) => {
            said.unsaid += 1;
            tracing::debug!(what, error = %words, "failed again");
            return;
        }
        Some(said) => said.unsaid,
        None => 0,
    };
    said.insert(topic, Said { at: Instant::now(), words: words.clone(), unsaid: 0 });
    drop(said);
    if is_away {
        tracing::error!(what, error = %words, unsaid, "the database cannot be used; everything waits and tries again");
    } else {
        tracing::error!(what, error = %words, unsaid, "failed");
    }
}
