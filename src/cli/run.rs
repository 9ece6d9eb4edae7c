//! From a parsed command to the desk and back.

use std::process::ExitCode;
use std::time::Duration;

use super::answer::{Answer, Failure, Outcome, chain, say};
use super::caller::Caller;
use super::command::maintenance::{AuditCommand, KeyCommand};
use super::command::visit::VisitCommand;
use super::command::{
    Cli, Command, card, check, complaint, link, maintenance, notice, office, place, report, roster, serve, staff,
    student, team, visit,
};
use crate::audit;
use crate::clock::Clock;
use crate::config::Config;
use crate::db::retried;
use crate::desk::Desks;
use crate::rehearsal::demo::{self, Voice};

/// So long a command waits for its turn to seal; a daemon, or the next command, seals as well.
const SEAL_WITHIN: Duration = Duration::from_secs(1);
const DEFAULT_CONFIG: &str = "config/siap17.toml";

/// Runs one command.
pub async fn run(cli: Cli) -> Outcome {
    let answer = Answer { json: cli.json };
    if let Command::Demo { .. } = &cli.command {
        return demonstrate(answer).await;
    }
    let clock = Clock::from_setting(std::env::var("SIAP17_NOW").ok().as_deref())
        .map_err(|error| Failure::new("clock", chain(&error)))?;
    if let Command::Visit(VisitCommand::WhatIf { instance, moves, seconds }) = &cli.command {
        return visit::what_if::what_if(instance, *moves, *seconds, &clock, answer);
    }
    let path = cli.config.clone().unwrap_or_else(|| DEFAULT_CONFIG.into());
    let config =
        Config::load(&path, cli.config.is_some()).map_err(|error| Failure::new("configuration", chain(&error)))?;
    match &cli.command {
        Command::Key(KeyCommand::New) => return maintenance::make_key(&config, answer).await,
        Command::Serve => return serve::serve(config, clock).await,
        Command::Check => return check::check(config, clock, answer).await,
        Command::Restore { file } => return maintenance::restore(&config, clock, file, answer).await,
        _ => {}
    }
    let desks = Desks::open(config, clock).await?;
    let caller = Caller { desks: &desks, office: cli.office.as_deref(), staff: cli.staff.as_deref() };
    let conflict = |failure: &Failure| failure.is_conflict;
    let outcome = retried(conflict, || with_desks(&cli.command, caller, answer)).await;
    // The chain is sealed by the daemon; where none runs, whoever changed something seals it.
    if let Err(error) = audit::seal_within(desks.db(), desks.vault(), SEAL_WITHIN).await
        && !error.is_duplicate()
    {
        say(format_args!("the audit entries wait for the next sealer: {}", chain(&error)));
    }
    desks.db().close().await;
    outcome
}

/// Plays the demonstration through; a verdict too few or too many is a failure.
async fn demonstrate(answer: Answer) -> Outcome {
    let played = demo::play(Voice::new(answer.json)).await;
    let summary = played
        .map_err(|error| Failure::new("demo", format!("the demonstration broke off: {}", chain(error.as_ref()))))?;
    answer.give(&summary, |_| String::new())?;
    let holds =
        summary.with_one_verdict == summary.turned_17 && summary.broken_bounds.is_empty() && summary.audit_unbroken;
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs a command that needs the database.
async fn with_desks(command: &Command, caller: Caller<'_>, answer: Answer) -> Outcome {
    match command {
        Command::Office(command) => office::run(caller, command, answer).await,
        Command::Team(command) => team::run(&caller.desk().await?, command, answer).await,
        Command::Place(command) => place::run(&caller.desk().await?, command, answer).await,
        Command::Roster(command) => roster::run(&caller.desk().await?, command, answer).await,
        Command::Student(command) => student::run(&caller.desk().await?, command, answer).await,
        Command::Visit(command) => {
            visit::run(&caller.desk().await?, command, &caller.desks.config().http, answer).await
        }
        Command::Card(command) => card::run(&caller.desk().await?, command, answer).await,
        Command::Notice(command) => notice::run(&caller.desk().await?, command, answer).await,
        Command::Link(command) => link::run(caller, command, answer).await,
        Command::Report(command) => report::run(&caller.desk().await?, command, answer).await,
        Command::Complaint(command) => complaint::run(&caller.desk().await?, command, answer).await,
        Command::Staff(command) => staff::run(caller, command, answer).await,
        Command::Audit(AuditCommand::Verify) => maintenance::verify(caller, answer).await,
        Command::Backup { file } => maintenance::backup(caller, file, answer).await,
        // These were run before there was a database to open.
        Command::Serve
        | Command::Demo { .. }
        | Command::Key(_)
        | Command::Check
        | Command::Restore { .. }
        | Command::ImportWorker => Ok(ExitCode::SUCCESS),
    }
}
