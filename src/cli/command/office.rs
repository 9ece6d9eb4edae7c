//! `siap17 office …`: offices are declared, listed, and their work pauses.

use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use clap::Subcommand;
use serde_json::json;

use super::hits;
use crate::cli::answer::{Answer, Outcome, chain, say};
use crate::cli::caller::Caller;
use crate::cli::files::{of_file, text};
use crate::cli::show;
use crate::cli::show::word::word;
use crate::cli::values::{Page, day, words};
use crate::desk::Desk;
use crate::office::{self, Applied, Declaration, OfficeId, PauseKind};

/// What can be done with offices.
#[derive(Debug, Subcommand)]
pub enum OfficeCommand {
    /// Declare an office, or change it; applying twice changes nothing.
    Apply { file: PathBuf },
    /// The declared offices.
    List(Page),
    /// Pause printing, recording or the counter until a day, that day included.
    Pause {
        kind: PauseKind,
        #[arg(long, value_parser = day)]
        until: NaiveDate,
        #[arg(long, value_parser = words)]
        reason: String,
    },
    /// End a pause today.
    Resume { kind: PauseKind },
}

/// Runs one of the commands about offices.
pub async fn run(caller: Caller<'_>, command: &OfficeCommand, answer: Answer) -> Outcome {
    match command {
        OfficeCommand::Apply { file } => apply(caller, file, answer).await,
        OfficeCommand::List(page) => list(caller, page, answer).await,
        OfficeCommand::Pause { kind, until, reason } => {
            let desk = caller.desk().await?;
            desk.pause(*kind, *until, reason).await?;
            let done = format!(
                "{} is paused until {until}, that day included; whoever was invited and is hit is told",
                word(kind)
            );
            hits::done(&desk, answer, &done, *kind == PauseKind::Recording).await
        }
        OfficeCommand::Resume { kind } => {
            let desk = caller.desk().await?;
            desk.resume(*kind).await?;
            let done = format!("{} goes on; whoever was told to wait is told", word(kind));
            hits::done(&desk, answer, &done, *kind == PauseKind::Recording).await
        }
    }
}

async fn apply(caller: Caller<'_>, file: &Path, answer: Answer) -> Outcome {
    let text = text(file)?;
    let applied = caller.desks.apply_office(&caller.actor(), caller.office, &text).await.map_err(of_file(file))?;
    // From here on the office is as its file says, and nothing is a failure any more. A new one has no visits yet.
    let desk = if applied == Applied::Created { None } else { declared(caller, &text).await };
    let Some(desk) = desk else {
        let value = json!({"applied": applied, "visits_hit": [], "replanned": null});
        return answer.give(&value, |_| show::office::applied(applied));
    };
    let hits = hits::hits(&desk).await;
    let replanned = hits::replan(&desk).await;
    answer.give(&json!({"applied": applied, "visits_hit": hits, "replanned": replanned}), |_| {
        show::visit::hits(&show::office::applied(applied), &hits, desk.office().zone())
            + &show::visit::replanned(replanned.as_ref())
    })
}

/// The desk of the office that the file declares, not of the one that the command line may name.
async fn declared(caller: Caller<'_>, text: &str) -> Option<Desk> {
    let code = Declaration::parse(text).ok()?.code;
    let desk = caller.desks.desk(Some(&code), caller.staff).await;
    desk.inspect_err(|error| say(format_args!("it is done, but its visits were not looked at: {}", chain(error)))).ok()
}

async fn list(caller: Caller<'_>, page: &Page, answer: Answer) -> Outcome {
    if caller.staff.is_some() {
        caller.desk().await?;
    }
    let after = page.after::<OfficeId>()?;
    let mut tx = caller.desks.db().read().await?;
    let offices = office::stored(&mut tx).await?;
    let first = offices.iter().position(|office| Some(office.id) == after).map_or(0, |at| at + 1);
    let rest = offices.iter().skip(first).take(usize::try_from(page.limit).unwrap_or(usize::MAX));
    let lines: Vec<_> = rest.map(show::office::OfficeLine::of).collect();
    let next = page.next(&lines, |line| line.id);
    answer.give(&json!({"offices": lines, "next": next}), |_| show::office::offices(&lines))
}
