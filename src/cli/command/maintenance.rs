//! What keeps an office's data: the key, backups, the audit chain.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::json;

use crate::audit;
use crate::cli::answer::{Answer, Failure, Outcome, chain};
use crate::cli::caller::Caller;
use crate::cli::files::not_written;
use crate::clock::Clock;
use crate::config::Config;
use crate::db::{Db, claim_file, file_of};
use crate::desk::{Desks, key_of, new_key};
use crate::intake;
use crate::kept_file::{FileError, Unfinished, make_folder};

/// What can be done with the audit chain.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Whether the record of who did what is whole.
    Verify,
}

/// What can be done with the key.
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Make the key file; an existing one is never touched.
    New,
}

/// Makes the key file.
pub async fn make_key(config: &Config, answer: Answer) -> Outcome {
    let id = new_key(config).await?;
    let file = config.key_file.display();
    let words = format!(
        "{file} is made (key {id}). Print it and lock the paper away: without the key every NIK, phone and chat is lost, \
         and no backup holds it"
    );
    answer.give(&json!({"key": id, "file": config.key_file}), |_| words)
}

/// Looks whether the audit chain is unbroken.
pub async fn verify(caller: Caller<'_>, answer: Answer) -> Outcome {
    caller.administers().await?;
    let desks = caller.desks;
    audit::seal(desks.db(), desks.vault()).await?;
    let verdict = audit::verify(desks.db(), desks.vault()).await?;
    if let Some(broken) = verdict.broken {
        return Err(Failure::new("audit_broken", format!("the audit chain is broken: {broken}")));
    }
    answer.give(&verdict, |v| format!("{} entries form an unbroken chain; {} not sealed yet", v.entries, v.unsealed))
}

/// Writes a copy of the database, never of the key.
pub async fn backup(caller: Caller<'_>, file: &Path, answer: Answer) -> Outcome {
    caller.administers().await?;
    let desks = caller.desks;
    if file.exists() {
        return Err(not_written(file)(FileError::Exists));
    }
    let unfinished = Unfinished::begin(file, desks.own_files()).map_err(not_written(file))?;
    if !desks.db().copy_to(unfinished.path()).await? {
        return Err(Failure::new("postgres", "PostgreSQL is backed up with its own tools, such as pg_dump"));
    }
    unfinished.finish_new().map_err(not_written(file))?;
    let value = json!({"done": true, "file": file, "holds_key": false, "key": desks.vault().key_id()});
    answer.give(&value, |_| {
        let key = desks.config().key_file.display();
        let file = file.display();
        format!("{file} is written. It does not hold the key {key}: keep that apart, a backup without it is lost")
    })
}

/// Puts a copy in the place of the database, which is kept beside it under another name.
pub async fn restore(config: &Config, clock: Clock, file: &Path, answer: Answer) -> Outcome {
    let Some(target) = file_of(&config.database.url) else {
        return Err(Failure::new("postgres", "PostgreSQL is restored with its own tools, such as pg_restore"));
    };
    let wrong = |error: std::io::Error| Failure::new("file", format!("{}: {error}", target.display()));
    let unfinished = target.with_extension("restoring");
    if let Some(folder) = target.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        make_folder(folder).map_err(wrong)?;
    }
    let copied = try_out(config, clock, file, &unfinished).await;
    if copied.is_err() {
        remove_with_leftovers(&unfinished);
    }
    let key = copied?;
    let held = claim_file(&target)?;
    // What the old one has not yet put into its file goes there; one that cannot be opened is no reason to keep it.
    if target.exists()
        && let Ok(old) = Db::open(&config.database.url).await
    {
        old.close().await;
    }
    let kept = set_aside(&target);
    for leftover in ["", "-wal", "-shm"] {
        let path = beside(&target, leftover);
        if path.exists() {
            std::fs::rename(&path, beside(&kept, leftover)).map_err(wrong)?;
        }
    }
    std::fs::rename(&unfinished, &target).map_err(wrong)?;
    drop(held);
    answer.give(&json!({"restored": target, "key": key}), |_| {
        format!(
            "{} is restored and every office is in hold; look at `siap17 check`, then `siap17 notice resume`",
            target.display()
        )
    })
}

/// Where the database that is replaced goes: never over one that was set aside before.
fn set_aside(target: &Path) -> PathBuf {
    let numbered = (2..).map(|number: u32| target.with_extension(format!("before-restore-{number}")));
    let mut names = std::iter::once(target.with_extension("before-restore")).chain(numbered);
    names.find(|name| !name.exists()).unwrap_or_else(|| target.with_extension("before-restore"))
}

/// Copies a backup to `unfinished`, and opens it with this key before anything is replaced; gives the key's name.
async fn try_out(config: &Config, clock: Clock, file: &Path, unfinished: &Path) -> Result<Option<String>, Failure> {
    let wrong = |error: std::io::Error| Failure::new("file", format!("{} cannot be copied: {error}", file.display()));
    copy(file, unfinished).map_err(wrong)?;
    let mut trial = config.clone();
    trial.database.url = format!("sqlite://{}", unfinished.display());
    let desks = Desks::open(trial, clock).await.map_err(|error| {
        let text = format!("{} cannot be restored: {}", file.display(), chain(&error));
        Failure::new(Failure::from(error).code, text)
    })?;
    desks.hold_everything("restored").await?;
    let key = key_of(desks.db()).await?;
    desks.db().close().await;
    Ok(key)
}

/// Copies a file to one that was not there, so that no link leads the copy elsewhere, and nobody else reads it.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    let mut read = intake::open(from)?;
    // What an earlier try has left.
    remove_with_leftovers(to);
    let mut written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to)?;
    std::io::copy(&mut read, &mut written)?;
    written.sync_all()
}

/// What SQLite keeps beside a database has the same name and an ending.
fn beside(path: &Path, ending: &str) -> PathBuf {
    PathBuf::from(format!("{}{ending}", path.display()))
}

/// A copy that is no good is not left lying about.
fn remove_with_leftovers(path: &Path) {
    for ending in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(beside(path, ending));
    }
}
