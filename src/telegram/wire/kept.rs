//! A silence that outlives the process although the database could not take it up yet: a small file beside it.

use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::kept_file;

/// The file, and nothing of it in memory.
#[derive(Debug)]
pub(super) struct KeptSilence {
    file: PathBuf,
}

impl KeptSilence {
    pub fn new(file: PathBuf) -> Self {
        Self { file }
    }

    /// Writes down, and onto the disk itself, that from `now` on nothing may be sent for `wait`.
    pub fn keep(&self, now: DateTime<Utc>, wait: Duration) {
        let until = now + TimeDelta::from_std(wait).unwrap_or(TimeDelta::days(1));
        let times = format!("{} {}\n", now.to_rfc3339(), until.to_rfc3339());
        // Either the old content stands there after a power cut, or all of the new one.
        if let Err(error) = kept_file::write(&self.file, times.as_bytes(), &[]) {
            // In this process, and from the next commit on in the database, it holds all the same.
            tracing::error!(%error, "how long the Bot API asks to wait cannot be kept beside the database");
        }
    }

    /// How much of the silence is left at `now`; by a clock that was set back since, all of it.
    pub fn rest(&self, now: DateTime<Utc>) -> Option<Duration> {
        let text = std::fs::read_to_string(&self.file).ok()?;
        let mut times = text.split_whitespace().map(|time| time.parse::<DateTime<Utc>>().ok());
        let (since, until) = (times.next()??, times.next()??);
        (until - now.max(since)).to_std().ok().filter(|rest| !rest.is_zero())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_is_left_to_the_next_process_and_ends() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("siap17.silence");
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let noon = at("2026-12-01T12:00:00Z");
        assert_eq!(KeptSilence::new(file.clone()).rest(noon), None);
        KeptSilence::new(file.clone()).keep(noon, Duration::from_secs(600));
        let next = KeptSilence::new(file.clone());
        assert_eq!(next.rest(at("2026-12-01T12:04:00Z")), Some(Duration::from_secs(360)));
        assert_eq!(next.rest(at("2026-12-01T11:00:00Z")), Some(Duration::from_secs(600)), "a clock that was set back");
        assert_eq!(next.rest(at("2026-12-01T12:10:00Z")), None);
        std::fs::write(&file, "2026-12-01T12:0").unwrap();
        assert_eq!(next.rest(noon), None, "what cannot be read keeps nobody silent");
    }
}
