//! From a parsed command to the desk and back.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;
use serde_json::json;

use super::command::{
    AuditCommand, Cli, Command, KeyCommand, LinkCommand, NoticeCommand, OfficeCommand, PlaceCommand, ReportCommand,
    StaffCommand, TeamCommand,
};
use super::out::{print, say};
use super::visit_command::VisitCommand;
use super::{Failure, card, chain, check, complaint, keep, roster, serve, show, slips, student, visit, visit_talk};
use crate::audit::{self, Actor};
use crate::clock::Clock;
use crate::config::Config;
use crate::desk::refusal::{CardRefusal, OfficeRefusal, RecordRefusal, Refusal};
use crate::desk::{Desk, DeskError, Desks, LARGEST_FILE, system_user};
use crate::notice::list::Filter;
use crate::office::{self, OfficeId, PauseKind};
use crate::place::PlaceError;
use crate::rehearsal::demo::Voice;
use crate::staff::Right;

const DEFAULT_CONFIG: &str = "config/siap17.toml";

/// What a command gives back.
pub type Outcome = Result<ExitCode, Failure>;

/// How a command answers: one JSON document, or words.
#[derive(Debug, Clone, Copy)]
pub struct Answer {
    pub json: bool,
}

impl Answer {
    /// Prints `value` as JSON, or what `words` makes of it.
    pub fn give<T: Serialize>(self, value: &T, words: impl FnOnce(&T) -> String) -> Outcome {
        if self.json {
            let text = serde_json::to_string(value).map_err(|error| Failure::new("internal", error.to_string()))?;
            print(&text)?;
        } else {
            let text = words(value);
            if !text.is_empty() {
                print(text.trim_end())?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Says that something was done.
    pub fn done(self, words: impl Into<String>) -> Outcome {
        self.give(&json!({"done": true}), |_| words.into())
    }
}

/// Runs one command.
pub async fn run(cli: Cli) -> Outcome {
    let answer = Answer { json: cli.json };
    if let Command::Demo { .. } = &cli.command {
        return demo(answer).await;
    }
    let clock = Clock::from_setting(std::env::var("SIAP17_NOW").ok().as_deref())
        .map_err(|error| Failure::new("clock", chain(&error)))?;
    if let Command::Visit(VisitCommand::WhatIf { instance, moves, seconds }) = &cli.command {
        return visit::what_if(instance, *moves, *seconds, &clock, answer);
    }
    let path = cli.config.clone().unwrap_or_else(|| DEFAULT_CONFIG.into());
    let config =
        Config::load(&path, cli.config.is_some()).map_err(|error| Failure::new("configuration", chain(&error)))?;
    match &cli.command {
        Command::Key(KeyCommand::New) => return keep::make_key(&config, answer).await,
        Command::Serve => return serve::serve(config, clock).await,
        Command::Check => return check::check(config, clock, answer).await,
        Command::Restore { file } => return keep::restore(&config, clock, file, answer).await,
        _ => {}
    }
    let desks = Desks::open(config, clock).await?;
    let outcome = with_desks(&cli, &desks, answer).await;
    // The chain is sealed by the daemon; where none runs, whoever changed something seals it.
    if let Err(error) = audit::seal(desks.db(), desks.vault()).await
        && !error.is_duplicate()
    {
        say(format_args!("the audit entries wait for the next sealer: {}", chain(&error)));
    }
    desks.db().close().await;
    outcome
}

/// Plays the demonstration through; a verdict too few or too many is a failure.
async fn demo(answer: Answer) -> Outcome {
    let played = crate::rehearsal::demo::play(Voice::new(answer.json)).await;
    let summary = played
        .map_err(|error| Failure::new("demo", format!("the demonstration broke off: {}", chain(error.as_ref()))))?;
    answer.give(&summary, |_| String::new())?;
    let holds =
        summary.with_one_verdict == summary.turned_17 && summary.broken_bounds.is_empty() && summary.audit_unbroken;
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn with_desks(cli: &Cli, desks: &Desks, answer: Answer) -> Outcome {
    let desk = || desks.desk(cli.office.as_deref(), cli.staff.as_deref());
    match &cli.command {
        Command::Office(OfficeCommand::Apply { file }) => {
            let actor = cli.staff.clone().map_or_else(|| Actor::SystemUser(system_user()), Actor::Staff);
            administers(cli, desks).await?;
            let text = text(file)?;
            let applied = desks.apply_office(&actor, &text).await.map_err(of_file(file))?;
            let code = office::Declaration::parse(&text).ok().map(|declared| declared.code);
            let desk = desks.desk(code.as_deref(), cli.staff.as_deref()).await?;
            let hits = visit::hits(&desk).await?;
            let replanned = visit::replan(&desk).await?;
            answer.give(&json!({"applied": applied, "visits_hit": hits, "replanned": replanned}), |_| {
                let text = visit::hit_lines(&show::applied(applied), &hits, desk.office().zone());
                text + &visit::replanned_lines(replanned.as_ref())
            })
        }
        Command::Office(OfficeCommand::List(page)) => {
            if let Some(name) = &cli.staff {
                desks.desk(cli.office.as_deref(), Some(name)).await?;
            }
            let after = page.after::<OfficeId>()?;
            let mut tx = desks.db().read().await?;
            let offices = office::all(&mut tx).await.map_err(|error| Failure::new("office", chain(&error)))?;
            let first = offices.iter().position(|office| Some(office.id) == after).map_or(0, |at| at + 1);
            let rest = offices.iter().skip(first).take(usize::try_from(page.limit).unwrap_or(usize::MAX));
            let lines: Vec<_> = rest.map(show::OfficeLine::of).collect();
            let next = page.next(&lines, |line| line.id);
            answer.give(&json!({"offices": lines, "next": next}), |_| show::offices(&lines))
        }
        Command::Office(OfficeCommand::Pause { kind, until, reason }) => {
            let desk = desk().await?;
            desk.pause(*kind, *until, reason).await?;
            let done =
                format!("{kind:?} is paused until {until}, that day included; whoever was invited and is hit is told");
            done_with_hits(&desk, answer, &done, *kind == PauseKind::Recording).await
        }
        Command::Office(OfficeCommand::Resume { kind }) => {
            let desk = desk().await?;
            desk.resume(*kind).await?;
            done_with_hits(
                &desk,
                answer,
                &format!("{kind:?} goes on; whoever was told to wait is told"),
                *kind == PauseKind::Recording,
            )
            .await
        }
        Command::Team(TeamCommand::Broken { name, until }) => {
            let desk = desk().await?;
            let broken = desk.team_broken(name, *until).await?;
            visit::broken(&desk, answer, &broken, &format!("{name} stays at home until {until}, that day included"))
                .await
        }
        Command::Team(TeamCommand::Repaired { name }) => {
            let desk = desk().await?;
            desk.team_repaired(name).await?;
            done_with_hits(&desk, answer, &format!("{name} can go out again"), true).await
        }
        Command::Place(PlaceCommand::Import { file }) => {
            let desk = desk().await?;
            let done = desk.import_places(&bytes(file)?).await.map_err(of_file(file))?;
            let hits = visit::hits(&desk).await?;
            let replanned = visit::replan(&desk).await?;
            let value = json!({"new": done.new, "updated": done.updated, "visits_hit": hits, "replanned": replanned});
            answer.give(&value, |_| {
                let text = format!("{} places added, {} updated", done.new, done.updated);
                visit::hit_lines(&text, &hits, desk.office().zone()) + &visit::replanned_lines(replanned.as_ref())
            })
        }
        Command::Place(PlaceCommand::List(page)) => {
            let places = desk().await?.places(page.after()?, page.limit).await?;
            let next = page.next(&places, |place| place.id);
            answer.give(&json!({"places": places, "next": next}), |_| show::places(&places))
        }
        Command::Roster(command) => roster::run(&desk().await?, command, answer).await,
        Command::Student(command) => student::student(&desk().await?, command, answer).await,
        Command::Visit(command) => visit::visit(&desk().await?, command, &desks.config().http, answer).await,
        Command::Card(command) => card::card(&desk().await?, command, answer).await,
        Command::Notice(command) => notice(&desk().await?, command, answer).await,
        Command::Link(command) => {
            learn_bot(desks).await?;
            link(&desk().await?, command, answer).await
        }
        Command::Report(ReportCommand::Daily { date, out }) => {
            let daily = desk().await?.daily(*date).await?;
            if let Some(out) = out {
                write(out, &show::daily_workbook(&daily)?)?;
            }
            let calls = if daily.calls.is_empty() { Vec::new() } else { desk().await?.visit_calls().await? };
            answer.give(&daily, |daily| show::daily(daily) + &visit_talk::report_lines(&calls))
        }
        Command::Complaint(command) => complaint::run(&desk().await?, command, answer).await,
        Command::Staff(command) => {
            if let StaffCommand::Link { .. } = command {
                learn_bot(desks).await?;
            }
            staff(&desk().await?, command, answer).await
        }
        Command::Audit(AuditCommand::Verify) => {
            administers(cli, desks).await?;
            keep::verify(desks, answer).await
        }
        Command::Backup { file } => {
            administers(cli, desks).await?;
            keep::backup(desks, file, answer).await
        }
        Command::Serve
        | Command::Demo { .. }
        | Command::Key(_)
        | Command::Check
        | Command::Restore { .. }
        | Command::ImportWorker => Ok(ExitCode::SUCCESS),
    }
}

/// Whoever acts under an account needs that account and its right, also where no office is asked for.
async fn administers(cli: &Cli, desks: &Desks) -> Result<(), Failure> {
    if let Some(name) = &cli.staff {
        desks.desk(cli.office.as_deref(), Some(name)).await?.require(Right::Administer)?;
    }
    Ok(())
}

/// Says that something was done, which settled visits it makes impossible and, where it `plans`, how the others are planned
/// anew.
async fn done_with_hits(desk: &Desk, answer: Answer, done: &str, plans: bool) -> Outcome {
    let hits = visit::hits(desk).await?;
    let replanned = if plans { visit::replan(desk).await? } else { None };
    let value = json!({"done": true, "visits_hit": hits, "replanned": replanned});
    answer.give(&value, |_| {
        visit::hit_lines(done, &hits, desk.office().zone()) + &visit::replanned_lines(replanned.as_ref())
    })
}

async fn notice(desk: &Desk, command: &NoticeCommand, answer: Answer) -> Outcome {
    let zone = desk.office().zone();
    match command {
        NoticeCommand::List { state, lost, page } => {
            let filter = Filter { state: *state, lost: *lost, student: None, after: page.after()?, limit: page.limit };
            let notices = desk.notices(&filter).await?;
            let next = page.next(&notices, |listed| listed.notice.id);
            answer.give(&json!({"notices": notices, "next": next}), |_| show::notices(&notices, zone))
        }
        NoticeCommand::Preview { date } => {
            let previews = desk.preview(date.unwrap_or_else(|| desk.today())).await?;
            answer.give(&json!({"notices": previews}), |_| show::previews(&previews, zone))
        }
        NoticeCommand::Retry { notice } => {
            desk.retry(*notice).await?;
            answer.done("the notice goes out with the next ones")
        }
        NoticeCommand::Told { notice, by } => {
            desk.told(*notice, by).await?;
            answer.done(format!("told by {by}"))
        }
        NoticeCommand::Hold => {
            desk.hold().await?;
            answer.done("everything is held back but replies and alarms")
        }
        NoticeCommand::Resume { clock } => {
            desk.let_go(*clock).await?;
            answer.done("notices go out from now on, in delivery hours")
        }
    }
}

/// Without the bot's name a slip has no picture to scan; whoever holds the token can ask for it.
async fn learn_bot(desks: &Desks) -> Result<(), Failure> {
    let mut tx = desks.db().read().await?;
    let known = crate::link::bot_name(&mut tx).await?.is_some();
    drop(tx);
    let met = if known { None } else { check::meet_bot(&desks.config().telegram, desks, desks.clock()).await.err() };
    if let Some(problem) = met {
        say(format_args!("the bot's name is not known yet, so codes come without links: {problem}"));
    }
    Ok(())
}

async fn link(desk: &Desk, command: &LinkCommand, answer: Answer) -> Outcome {
    match command {
        LinkCommand::Slips { place, students, out } => {
            let slips = desk.slips(place, students).await?;
            if let Some(out) = out {
                let page = slips::page(desk, &slips).map_err(|error| Failure::new("qr", error.to_string()))?;
                write(out, page.as_bytes())?;
            }
            answer.give(&slips::lines(&slips), |lines| format!("{} slips written", lines.len() / 2))
        }
        LinkCommand::Contact { place } => answer.give(&desk.invite_contact(place).await?, show::invitation),
        LinkCommand::Reset { student } => {
            let ended = desk.reset_links(student).await?;
            answer.done(format!("{ended} chats are no longer linked"))
        }
    }
}

async fn staff(desk: &Desk, command: &StaffCommand, answer: Answer) -> Outcome {
    match command {
        StaffCommand::Add { name, role, place } => {
            let account = desk.add_staff(name, *role, place.as_deref()).await?;
            answer.give(&account, |account| format!("{} may act as {:?} now", account.name, account.role))
        }
        StaffCommand::List(page) => {
            let accounts = desk.staff(page.after()?, page.limit).await?;
            let next = page.next(&accounts, |account| account.id);
            answer.give(&json!({"staff": accounts, "next": next}), |_| show::accounts(&accounts))
        }
        StaffCommand::Disable { name } => {
            desk.disable_staff(name).await?;
            answer.done(format!("{name} is closed, chats included"))
        }
        StaffCommand::Link { name } => answer.give(&desk.invite_staff(name).await?, show::invitation),
    }
}

/// A file's bytes, if it is not too large.
pub fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    let wrong = |error: std::io::Error| Failure::new("file", format!("{} cannot be read: {error}", path.display()));
    let size = std::fs::metadata(path).map_err(wrong)?.len();
    if size > LARGEST_FILE {
        let message = format!("{} has {size} bytes; at most {LARGEST_FILE} are read, so split it", path.display());
        return Err(Failure::new("too_large", message));
    }
    std::fs::read(path).map_err(wrong)
}

/// A refusal of what a file holds names the file.
pub fn of_file(path: &Path) -> impl FnOnce(DeskError) -> Failure {
    move |error| {
        let of_content = match &error {
            DeskError::Refused(
                Refusal::Card(CardRefusal::Unreadable(_))
                | Refusal::Office(OfficeRefusal::Declaration(_))
                | Refusal::Record(RecordRefusal::OtherVisit(_) | RecordRefusal::Unreadable(_)),
            ) => true,
            DeskError::Place(error) => !matches!(error, PlaceError::Vault(_) | PlaceError::Db(_)),
            _ => false,
        };
        let failure = Failure::from(error);
        if of_content {
            Failure::new(failure.code, format!("{}: {}", path.display(), failure.message))
        } else {
            failure
        }
    }
}

fn text(path: &Path) -> Result<String, Failure> {
    String::from_utf8(bytes(path)?)
        .map_err(|_| Failure::new("encoding", format!("{} is not UTF-8 text", path.display())))
}

/// Writes a file that nobody else on the machine can read: what siap17 gives out holds names, birth dates, codes, NIK.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let made = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    made.and_then(|mut file| file.write_all(bytes))
        .map_err(|error| Failure::new("file", format!("{} cannot be written: {error}", path.display())))
}
