//! What each job does. All of it goes through the desk and the rooms, like everything else.

use std::path::PathBuf;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};

use super::{Job, forget_before};
use crate::audit::Actor;
use crate::db::look_at_copy;
use crate::desk::{Desk, Desks};
use crate::kept_file::make_folder;
use crate::mailbox;
use crate::messenger::Messenger;
use crate::notice::ledger::Reading;
use crate::roster::import::upload;

/// A job's failure, for the log.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Copies that are kept besides today's, however old they are.
const FEWEST: usize = 7;
/// What a job says that would do harm by a wrong clock.
const WAITS: &str = "waits until the clock is compared";
/// Days for which it is remembered which slots ran.
const SLOTS_KEPT: i64 = 30;

/// Runs `job` for the desk's office, for its `slot`; gives a few words on what it did. `far` has a clock to compare ours with.
pub async fn run(
    job: Job,
    desks: &Desks,
    desk: &Desk,
    slot: DateTime<Utc>,
    far: Option<&dyn Messenger>,
) -> Result<String, Failure> {
    let config = desks.config();
    match job {
        Job::Inbox => desk.import_drop_folder(&config.inbox_dir, config.retention.files).await.map_err(Into::into),
        Job::Plan => desk.plan_visits_nightly().await.map_err(Into::into),
        Job::Reconcile => reconcile(desk, far).await,
        Job::Sweep => sweep(desk, far).await,
        Job::Report => digest(desk, slot).await,
        Job::Backup => backup(desks, desk).await,
        Job::Retention => retention(desks, desk, far).await,
    }
}

async fn reconcile(desk: &Desk, far: Option<&dyn Messenger>) -> Result<String, Failure> {
    let (summary, reading) = desk.reconcile(far).await?;
    if reading == Reading::NotCompared {
        return Ok(WAITS.into());
    }
    Ok(format!("{} new, {} changed", summary.created, summary.changed))
}

async fn sweep(desk: &Desk, far: Option<&dyn Messenger>) -> Result<String, Failure> {
    let swept = desk.sweep(far).await?;
    Ok(format!("{} seen, {} mended", swept.seen, swept.mended))
}

/// The head reads the day's numbers in the chat.
async fn digest(desk: &Desk, slot: DateTime<Utc>) -> Result<String, Failure> {
    let today = slot.with_timezone(&desk.office().zone()).date_naive();
    desk.send_digest(today).await?;
    Ok(today.to_string())
}

/// What follows a job that did not end well: where it is told to nobody otherwise, the head is told.
pub async fn failed(job: Job, desks: &Desks, desk: &Desk) -> Result<(), Failure> {
    if job == Job::Backup {
        desks.tell_of_missing_copy(desk.today()).await?;
    }
    Ok(())
}

/// One copy a day of all offices, by the day of the first of them; PostgreSQL's own tools make its backups.
async fn backup(desks: &Desks, desk: &Desk) -> Result<String, Failure> {
    if !desks.db().is_served_alone() {
        return Ok("PostgreSQL is backed up with its own tools".into());
    }
    let first = desks.all().await?.into_iter().next();
    if first.is_some_and(|first| first.office().id != desk.office().id) {
        return Ok("the first office's copy holds this one, too".into());
    }
    let (config, today) = (desks.config(), desk.today());
    let folder = &config.backup_dir;
    make_folder(folder)?;
    let path = folder.join(format!("siap17-{today}.db"));
    if path.exists() {
        match look_at_copy(&path).await {
            Ok(_) => return Ok("there is one of today".into()),
            Err(fault) => {
                tracing::error!(error = &fault as &dyn std::error::Error, "today's copy is no good and is made anew");
                std::fs::remove_file(&path)?;
            }
        }
    }
    desks.back_up(&Actor::Daemon, &path).await?;
    let mut copies = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // Of a night in which the daemon was killed.
        if name.starts_with("siap17-") && name.ends_with(".db.unfinished") {
            std::fs::remove_file(entry.path())?;
            continue;
        }
        let date = name.strip_prefix("siap17-").and_then(|rest| rest.strip_suffix(".db"));
        copies.extend(date.and_then(|date| date.parse::<NaiveDate>().ok()).map(|date| (date, entry.path())));
    }
    let old = superseded(copies, today, config.retention.backups);
    for path in &old {
        std::fs::remove_file(path)?;
    }
    Ok(format!("written, {} old ones removed", old.len()))
}

/// The copies that need not be kept: older than so many days, but never one of the newest [`FEWEST`] besides today's. A clock that
/// is years ahead makes every copy old, and one that it has written is no newer than the others.
fn superseded(mut copies: Vec<(NaiveDate, PathBuf)>, today: NaiveDate, kept_days: u16) -> Vec<PathBuf> {
    let oldest = today.checked_sub_days(Days::new(kept_days.into())).unwrap_or(today);
    copies.retain(|(date, _)| *date < today);
    copies.sort_by_key(|(date, _)| std::cmp::Reverse(*date));
    copies.into_iter().skip(FEWEST).filter(|(date, _)| *date < oldest).map(|(_, path)| path).collect()
}

async fn retention(desks: &Desks, desk: &Desk, far: Option<&dyn Messenger>) -> Result<String, Failure> {
    // A clock that is years ahead makes everything old.
    if desk.read_clock(far).await? == Reading::NotCompared {
        return Ok(WAITS.into());
    }
    let (db, config, now) = (desks.db(), desks.config(), desks.clock().now());
    let slots = forget_before(db, now - TimeDelta::days(SLOTS_KEPT)).await?;
    let updates = mailbox::forget_before(db, now - TimeDelta::days(config.retention.updates.into())).await?;
    let files = upload::forget_before(db, now - TimeDelta::days(config.retention.files.into())).await?;
    let sealed = desks.seal_what_stands_open().await?;
    db.empty_log().await?;
    Ok(format!("{slots} job slots, {updates} updates, {files} pieces of rosters forgotten, {sealed} texts sealed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The days of copies that are left, newest first.
    fn left(days: &[&str], today: &str, kept_days: u16) -> Vec<String> {
        let copies = days.iter().map(|day| (day.parse().unwrap(), PathBuf::from(day))).collect();
        let gone = superseded(copies, today.parse().unwrap(), kept_days);
        let mut left: Vec<String> =
            days.iter().filter(|day| !gone.contains(&PathBuf::from(day))).map(|day| (*day).to_owned()).collect();
        left.sort_by(|a, b| b.cmp(a));
        left
    }

    #[test]
    fn old_copies_go_but_never_the_newest() {
        let november: Vec<String> = (1..=30).map(|day| format!("2026-11-{day:02}")).collect();
        let days: Vec<&str> = november.iter().map(String::as_str).collect();
        assert_eq!(left(&days, "2026-11-30", 14).len(), 15, "fourteen days and today");
        // A boot in 2099, and the right clock afterwards: by neither are the real copies old ones.
        let with_far: Vec<&str> = days.iter().copied().chain(["2099-01-01"]).collect();
        assert_eq!(left(&with_far, "2099-01-01", 14).len(), 8);
        assert!(left(&with_far, "2099-01-01", 14).contains(&"2026-11-24".to_owned()));
        assert_eq!(left(&with_far, "2026-11-30", 14).len(), 16);
        // Nobody was here for a year.
        assert_eq!(left(&["2025-11-01", "2025-11-02", "2026-11-30"], "2026-11-30", 14).len(), 3);
    }
}
