//! What each job does. All of it goes through the desk and the rooms, like everything else.

use std::path::Path;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};

use super::{Job, forget_before};
use crate::db::Db;
use crate::desk::{Desk, Desks};
use crate::mailbox;
use crate::roster::import::upload;

/// A job's failure, for the log.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Days for which it is remembered which slots ran.
const SLOTS_KEPT: i64 = 30;

/// Runs `job` for the desk's office, for its `slot`; gives a few words on what it did.
pub async fn run(job: Job, desks: &Desks, desk: &Desk, slot: DateTime<Utc>) -> Result<String, Failure> {
    let config = desks.config();
    match job {
        Job::Inbox => desk.import_drop_folder(&config.inbox_dir, config.retention.files).await.map_err(Into::into),
        Job::Plan => desk.plan_visits_nightly().await.map_err(Into::into),
        Job::Reconcile => reconcile(desk).await,
        Job::Sweep => sweep(desk).await,
        Job::Report => digest(desk, slot).await,
        Job::Backup => backup(desks.db(), desk.today(), &config.backup_dir, config.retention.backups).await,
        Job::Retention => retention(desks).await,
    }
}

async fn reconcile(desk: &Desk) -> Result<String, Failure> {
    let summary = desk.reconcile().await?;
    Ok(format!("{} new, {} changed", summary.created, summary.changed))
}

async fn sweep(desk: &Desk) -> Result<String, Failure> {
    let swept = desk.sweep().await?;
    Ok(format!("{} seen, {} mended", swept.seen, swept.mended))
}

/// The head reads the day's numbers in the chat.
async fn digest(desk: &Desk, slot: DateTime<Utc>) -> Result<String, Failure> {
    let today = slot.with_timezone(&desk.office().zone()).date_naive();
    desk.send_digest(today).await?;
    Ok(today.to_string())
}

/// One copy a day; PostgreSQL's own tools make its backups.
async fn backup(db: &Db, today: NaiveDate, folder: &Path, kept_days: u16) -> Result<String, Failure> {
    std::fs::create_dir_all(folder)?;
    let path = folder.join(format!("siap17-{today}.db"));
    if path.exists() {
        return Ok("there is one of today".into());
    }
    // Written under another name first, so that a copy cut short is never taken for a backup.
    let unfinished = path.with_extension("unfinished");
    if unfinished.exists() {
        std::fs::remove_file(&unfinished)?;
    }
    if !db.copy_to(&unfinished).await? {
        return Ok("PostgreSQL is backed up with its own tools".into());
    }
    std::fs::rename(&unfinished, &path)?;
    let oldest = today.checked_sub_days(Days::new(kept_days.into())).unwrap_or(today);
    let mut removed = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let date = name.strip_prefix("siap17-").and_then(|rest| rest.strip_suffix(".db"));
        if date.and_then(|date| date.parse::<NaiveDate>().ok()).is_some_and(|date| date < oldest) {
            std::fs::remove_file(entry.path())?;
            removed += 1;
        }
    }
    Ok(format!("written, {removed} old ones removed"))
}

async fn retention(desks: &Desks) -> Result<String, Failure> {
    let (db, config, now) = (desks.db(), desks.config(), desks.clock().now());
    let slots = forget_before(db, now - TimeDelta::days(SLOTS_KEPT)).await?;
    let updates = mailbox::forget_before(db, now - TimeDelta::days(config.retention.updates.into())).await?;
    let files = upload::forget_before(db, now - TimeDelta::days(config.retention.files.into())).await?;
    Ok(format!("{slots} job slots, {updates} updates, {files} pieces of rosters forgotten"))
}
