//! What each job does. All of it goes through the desk and the rooms, like everything else.

use std::path::Path;

use chrono::{DateTime, Days, TimeDelta, Utc};

use super::{Job, forget_before};
use crate::config::Config;
use crate::desk::Desk;
use crate::mailbox;
use crate::messages::LANGUAGES;
use crate::notice::Kind;
use crate::notice::ledger;
use crate::roster::upload;
use crate::staff::Role;

/// A job's failure, for the log.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Days for which it is remembered which slots ran.
const SLOTS_KEPT: i64 = 30;

/// Runs `job` for the desk's office, for its `slot`; gives a few words on what it did.
pub async fn run(job: Job, desk: &Desk, config: &Config, slot: DateTime<Utc>) -> Result<String, Failure> {
    match job {
        Job::Inbox => desk.import_drop_folder(&config.inbox_dir, config.retention.files).await.map_err(Into::into),
        Job::Plan => desk.plan_visits_nightly().await.map_err(Into::into),
        Job::Reconcile => reconcile(desk).await,
        Job::Report => digest(desk, slot).await,
        Job::Backup => backup(desk, &config.backup_dir, config.retention.backups).await,
        Job::Retention => retention(desk, config).await,
    }
}

async fn reconcile(desk: &Desk) -> Result<String, Failure> {
    let people = ledger::reconcile_office(&desk.db, &desk.clock, &desk.office).await?;
    let contacts = ledger::reconcile_all_contacts(&desk.db, &desk.clock, &desk.office, &desk.holidays).await?;
    Ok(format!("{} new, {} changed", people.created + contacts.created, people.changed + contacts.changed))
}

/// The head reads the day's numbers in the chat.
async fn digest(desk: &Desk, slot: DateTime<Utc>) -> Result<String, Failure> {
    let today = slot.with_timezone(&desk.office.zone()).date_naive();
    let mut tx = desk.db.write().await?;
    let daily = desk.daily_in(&mut tx, Some(today)).await?;
    let text = desk.digest_text(&daily, LANGUAGES[0]);
    let occasion = today.to_string();
    ledger::tell_staff(&mut tx, &desk.clock, &desk.office, Kind::Digest, &occasion, &text, &[Role::Head]).await?;
    tx.commit().await?;
    Ok(occasion)
}

/// One copy a day; PostgreSQL's own tools make its backups.
async fn backup(desk: &Desk, folder: &Path, kept_days: u16) -> Result<String, Failure> {
    std::fs::create_dir_all(folder)?;
    let today = desk.clock.today(desk.office.zone());
    let path = folder.join(format!("siap17-{today}.db"));
    if path.exists() {
        return Ok("there is one of today".into());
    }
    // Written under another name first, so that a copy cut short is never taken for a backup.
    let unfinished = path.with_extension("unfinished");
    if unfinished.exists() {
        std::fs::remove_file(&unfinished)?;
    }
    if !desk.db.copy_to(&unfinished).await? {
        return Ok("PostgreSQL is backed up with its own tools".into());
    }
    std::fs::rename(&unfinished, &path)?;
    let oldest = today.checked_sub_days(Days::new(kept_days.into())).unwrap_or(today);
    let mut removed = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let date = name.strip_prefix("siap17-").and_then(|rest| rest.strip_suffix(".db"));
        if date.and_then(|date| date.parse::<chrono::NaiveDate>().ok()).is_some_and(|date| date < oldest) {
            std::fs::remove_file(entry.path())?;
            removed += 1;
        }
    }
    Ok(format!("written, {removed} old ones removed"))
}

async fn retention(desk: &Desk, config: &Config) -> Result<String, Failure> {
    let now = desk.clock.now();
    let slots = forget_before(&desk.db, now - TimeDelta::days(SLOTS_KEPT)).await?;
    let updates = mailbox::forget_before(&desk.db, now - TimeDelta::days(config.retention.updates.into())).await?;
    let files = upload::forget_before(&desk.db, now - TimeDelta::days(config.retention.files.into())).await?;
    Ok(format!("{slots} job slots, {updates} updates, {files} pieces of rosters forgotten"))
}
