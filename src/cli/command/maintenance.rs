//! What keeps an office's data: the key, backups, the audit chain.

use std::path::Path;

use clap::Subcommand;
use serde_json::json;

use crate::audit::Noted;
use crate::cli::answer::{Answer, Failure, Outcome};
use crate::cli::caller::Caller;
use crate::clock::Clock;
use crate::config::Config;
use crate::desk::{self, Restorer, new_key};

/// What can be done with the audit chain.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Whether the record of who did what is whole.
    Verify {
        /// A head that was noted outside the database, as the daily report to the head of the office tells it: the record must
        /// hold it, too.
        #[arg(long, value_name = "NUMBER:HASH")]
        head: Option<Noted>,
    },
}

/// What can be done with the key.
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Make the key file; an existing one is never touched.
    New,
}

/// Makes the key file.
pub async fn make_key(config: &Config, clock: &Clock, answer: Answer) -> Outcome {
    let id = new_key(config, clock).await?;
    let file = config.key_file.display();
    let words = format!(
        "{file} is made (key {id}). Print it and lock the paper away: without the key every NIK, phone and chat is lost, \
         and no backup holds it"
    );
    answer.give(&json!({"key": id, "file": config.key_file}), |_| words)
}

/// Looks whether the audit chain is unbroken, and holds the head that was noted elsewhere.
pub async fn verify(caller: Caller<'_>, noted: Option<&Noted>, answer: Answer) -> Outcome {
    caller.administers().await?;
    let desks = caller.desks;
    // What is wrong is found below, with the place where it begins.
    desks.seal_audit().await?;
    let verdict = desks.verify_audit(noted).await?;
    if let Some(broken) = verdict.broken {
        return Err(Failure::new("audit_broken", format!("the audit chain is broken: {broken}")));
    }
    answer.give(&verdict, |verdict| {
        let mut text =
            format!("{} entries form an unbroken chain; {} not sealed yet", verdict.entries, verdict.unsealed);
        if let Some(head) = &verdict.head {
            text.push_str(&format!("\nIts head, to be noted outside this machine: {head}"));
        }
        if noted.is_some() {
            text.push_str("\nIt holds the head that was noted.");
        }
        text
    })
}

/// Writes a copy of the database, never of the key.
pub async fn backup(caller: Caller<'_>, file: &Path, answer: Answer) -> Outcome {
    caller.administers().await?;
    let desks = caller.desks;
    desks.back_up(&caller.actor(), file).await?;
    let value = json!({"done": true, "file": file, "holds_key": false, "key": desks.vault().key_id()});
    answer.give(&value, |_| {
        let key = desks.config().key_file.display();
        let file = file.display();
        format!(
            "{file} is written and was looked at. It does not hold the key {key}: keep that apart, a backup without it is lost. \
             However it comes back, it is in hold until `siap17 notice resume`"
        )
    })
}

/// Puts a copy in the place of the database, which is kept beside it under another name.
pub async fn restore(config: &Config, clock: &Clock, who: Restorer<'_>, file: &Path, answer: Answer) -> Outcome {
    let restored = desk::restore(config, clock, who, file).await?;
    answer.give(&restored, |restored| {
        let mut words = format!(
            "{} is restored and every office is in hold; look at `siap17 check`, then `siap17 notice resume`, which tells what may \
             have gone out since the copy was made",
            restored.restored.display()
        );
        if let Some(kept) = &restored.set_aside {
            words += &format!("\nWhat stood there before is {} now", kept.display());
        }
        if let Some(broken) = &restored.audit_broken {
            words += &format!("\nThe copy's audit chain is broken: {broken}");
        }
        words
    })
}
