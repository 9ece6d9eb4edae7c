//! From a parsed command to the desk and back.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde::Serialize;
use serde_json::json;

use super::command::{
    AuditCommand, CardCommand, Cli, Command, KeyCommand, LinkCommand, NoticeCommand, OfficeCommand, Page, PlaceCommand,
    ReportCommand, RosterCommand, StaffCommand, StockCommand, StudentCommand, TeamCommand, VisitCommand,
};
use super::{Failure, chain, check, complaint, serve, show, slips, visit};
use crate::audit::{self, Actor};
use crate::clock::Clock;
use crate::config::Config;
use crate::desk::{
    Desk, Desks, LARGEST_FILE, Named, NewStudent, RosterOptions, StockEntry, key_of, new_key, system_user,
};
use crate::nik::Sex;
use crate::notice::NoticeId;
use crate::notice::list::Filter;
use crate::office;
use crate::roster::import::State;

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
            println!("{text}");
        } else {
            let text = words(value);
            if !text.is_empty() {
                println!("{}", text.trim_end());
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
    let clock = Clock::from_setting(std::env::var("SIAP17_NOW").ok().as_deref())
        .map_err(|error| Failure::new("clock", chain(&error)))?;
    if let Command::Visit(VisitCommand::WhatIf { instance, moves, seconds }) = &cli.command {
        return visit::what_if(instance, *moves, *seconds, &clock, answer);
    }
    let path = cli.config.clone().unwrap_or_else(|| DEFAULT_CONFIG.into());
    let config =
        Config::load(&path, cli.config.is_some()).map_err(|error| Failure::new("configuration", chain(&error)))?;
    match &cli.command {
        Command::Key(KeyCommand::New) => return make_key(&config, answer).await,
        Command::Serve => return serve::serve(config, clock).await,
        Command::Check => return check::check(config, clock, answer).await,
        Command::Restore { file } => return restore(&config, clock, file, answer).await,
        _ => {}
    }
    let desks = Desks::open(config, clock).await?;
    let outcome = with_desks(&cli, &desks, answer).await;
    // The chain is sealed by the daemon; where none runs, whoever changed something seals it.
    if let Err(error) = audit::seal(&desks.db, &desks.vault).await
        && !error.is_duplicate()
    {
        eprintln!("siap17: the audit entries wait for the next sealer: {}", chain(&error));
    }
    desks.db.close().await;
    outcome
}

async fn with_desks(cli: &Cli, desks: &Desks, answer: Answer) -> Outcome {
    let desk = || desks.desk(cli.office.as_deref(), cli.staff.as_deref());
    match &cli.command {
        Command::Office(OfficeCommand::Apply { file }) => {
            let actor = cli.staff.clone().map_or_else(|| Actor::SystemUser(system_user()), Actor::Staff);
            if let Some(name) = &cli.staff {
                // Whoever acts under an account needs that account, here as everywhere.
                desks.desk(cli.office.as_deref(), Some(name)).await?.require(crate::staff::Right::Administer)?;
            }
            let text = text(file)?;
            let applied = desks.apply_office(&actor, &text).await?;
            let code = office::Declaration::parse(&text).ok().map(|declared| declared.code);
            let desk = desks.desk(code.as_deref(), cli.staff.as_deref()).await?;
            let hits = visit::hits(&desk).await?;
            answer.give(&json!({"applied": applied, "visits_hit": hits}), |_| {
                visit::hit_lines(&show::applied(applied), &hits, desk.office.zone())
            })
        }
        Command::Office(OfficeCommand::List) => {
            let mut tx = desks.db.read().await?;
            let offices = office::all(&mut tx).await.map_err(|error| Failure::new("office", chain(&error)))?;
            let lines: Vec<_> = offices.iter().map(show::OfficeLine::of).collect();
            answer.give(&json!({"offices": lines}), |_| show::offices(&lines))
        }
        Command::Office(OfficeCommand::Pause { kind, until, reason }) => {
            let desk = desk().await?;
            desk.pause(*kind, *until, reason).await?;
            let done =
                format!("{kind:?} is paused until {until}, that day included; whoever was invited and is hit is told");
            done_with_hits(&desk, answer, &done).await
        }
        Command::Office(OfficeCommand::Resume { kind }) => {
            desk().await?.resume(*kind).await?;
            answer.done(format!("{kind:?} goes on; whoever was told to wait is told"))
        }
        Command::Team(TeamCommand::Broken { name, until }) => {
            let desk = desk().await?;
            desk.team_broken(name, *until).await?;
            done_with_hits(&desk, answer, &format!("{name} stays at home until {until}, that day included")).await
        }
        Command::Team(TeamCommand::Repaired { name }) => {
            desk().await?.team_repaired(name).await?;
            answer.done(format!("{name} can go out again"))
        }
        Command::Place(PlaceCommand::Import { file }) => {
            let done = desk().await?.import_places(&bytes(file)?).await?;
            answer.give(&done, |done| format!("{} places added, {} updated", done.new, done.updated))
        }
        Command::Place(PlaceCommand::List) => {
            let places = desk().await?.places().await?;
            answer.give(&json!({"places": places}), |_| show::places(&places))
        }
        Command::Roster(command) => roster(&desk().await?, command, answer).await,
        Command::Student(command) => student(&desk().await?, command, answer).await,
        Command::Visit(command) => visit::visit(&desk().await?, command, answer).await,
        Command::Card(command) => card(&desk().await?, command, answer).await,
        Command::Notice(command) => notice(&desk().await?, command, answer).await,
        Command::Link(command) => link(&desk().await?, command, answer).await,
        Command::Report(ReportCommand::Daily { date, out }) => {
            let daily = desk().await?.daily(*date).await?;
            if let Some(out) = out {
                write(out, &show::daily_workbook(&daily)?)?;
            }
            answer.give(&daily, show::daily)
        }
        Command::Complaint(command) => complaint::run(&desk().await?, command, answer).await,
        Command::Staff(command) => staff(&desk().await?, command, answer).await,
        Command::Audit(AuditCommand::Verify) => {
            audit::seal(&desks.db, &desks.vault).await?;
            let verdict = audit::verify(&desks.db, &desks.vault).await?;
            answer.give(&verdict, |v| {
                format!("{} entries form an unbroken chain; {} not sealed yet", v.entries, v.unsealed)
            })?;
            match verdict.broken {
                None => Ok(ExitCode::SUCCESS),
                Some(broken) => Err(Failure::new("audit_broken", format!("the audit chain is broken: {broken}"))),
            }
        }
        Command::Backup { file } => {
            if file.exists() {
                return Err(Failure::new("exists", format!("{} exists already; name a new file", file.display())));
            }
            if !desks.db.copy_to(file).await? {
                return Err(Failure::new("postgres", "PostgreSQL is backed up with its own tools, such as pg_dump"));
            }
            let words = format!(
                "{} is written. It does not hold the key {}: keep that apart, a backup without it is lost",
                file.display(),
                desks.config.key_file.display()
            );
            answer.done(words)
        }
        Command::Serve | Command::Key(_) | Command::Check | Command::Restore { .. } | Command::ImportWorker => {
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Says that something was done, and which settled visits it makes impossible.
async fn done_with_hits(desk: &Desk, answer: Answer, done: &str) -> Outcome {
    let hits = visit::hits(desk).await?;
    let value = json!({"done": true, "visits_hit": hits});
    answer.give(&value, |_| visit::hit_lines(done, &hits, desk.office.zone()))
}

async fn roster(desk: &Desk, command: &RosterCommand, answer: Answer) -> Outcome {
    match command {
        RosterCommand::Import { files, place, dry_run, strict } => {
            let options = RosterOptions { place: place.clone(), dry_run: *dry_run, strict: *strict };
            let (mut reports, mut failure) = (Vec::new(), None);
            for file in files {
                let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                let imported = match bytes(file) {
                    Ok(bytes) => desk.import_roster(&name, bytes, &options).await.map_err(Failure::from),
                    Err(failure) => Err(failure),
                };
                match imported {
                    Ok(report) => reports.push(report),
                    Err(error) if files.len() == 1 => return Err(error),
                    Err(error) => {
                        eprintln!("siap17: {}", error.message);
                        failure = Some(error);
                    }
                }
            }
            let worst = reports.iter().map(|report| report.state).max();
            let worst = if failure.is_some() { Some(State::Refused) } else { worst };
            let only = if files.len() == 1 { reports.first().and_then(|report| report.import) } else { None };
            answer.give(&json!({"import": only, "state": worst, "files": reports}), |_| show::rosters(&reports))?;
            Ok(match worst {
                Some(State::Parked | State::Refused) => ExitCode::FAILURE,
                _ => ExitCode::SUCCESS,
            })
        }
        RosterCommand::List(page) => {
            let imports = desk.rosters(page.limit).await?;
            answer.give(&json!({"imports": imports, "next": null}), |_| show::imports(&imports))
        }
    }
}

async fn student(desk: &Desk, command: &StudentCommand, answer: Answer) -> Outcome {
    match command {
        StudentCommand::Find { text } => {
            let found = desk.find_students(text).await?;
            if found.is_empty() {
                return Err(Failure::new(
                    "student_unknown",
                    "nobody was found; try part of the name, the NISN or the NIK",
                ));
            }
            answer.give(&json!({"students": found}), |_| show::students(&found))
        }
        StudentCommand::Show { student, with_nik } => {
            answer.give(&desk.show_student(student, *with_nik).await?, show::student)
        }
        StudentCommand::Why { student } => {
            let zone = desk.office.zone();
            answer.give(&desk.why(student).await?, |why| show::why(why, zone))
        }
        StudentCommand::Add { name, birth_date, nik, nisn, sex, place, class, phone, ever_married } => {
            let sex = match sex.as_deref().map(str::to_uppercase).as_deref() {
                None => None,
                Some("L") => Some(Sex::Male),
                Some("P") => Some(Sex::Female),
                Some(_) => return Err(Failure::new("value", "--sex is L or P")),
            };
            let new = NewStudent {
                name: name.clone(),
                birth_date: Some(*birth_date),
                nik: nik.clone(),
                nisn: nisn.clone(),
                sex,
                place: place.clone(),
                class: class.clone(),
                phone: phone.clone(),
                ever_married: *ever_married,
            };
            let id = desk.add_student(new).await?;
            answer.give(&json!({"id": id}), |_| format!("added: {id}"))
        }
        StudentCommand::Set { student, field, value, reason } => {
            let changed = desk.set_student(student, field, value, reason).await?;
            answer.done(format!("{}: {field} is set", changed.name))
        }
        StudentCommand::Close { student, reason, note } => {
            let closed = desk.close_student(student, *reason, note).await?;
            answer.done(format!("{} is closed", closed.name))
        }
        StudentCommand::Merge { kept, duplicate } => {
            let (kept, duplicate) = desk.merge_students(kept, duplicate).await?;
            answer.done(format!("{} ({}) is merged into {} ({})", duplicate.name, duplicate.id, kept.name, kept.id))
        }
        StudentCommand::Export { student } => {
            let zone = desk.office.zone();
            answer.give(&desk.export_student(student).await?, |why| show::why(why, zone))
        }
    }
}

async fn card(desk: &Desk, command: &CardCommand, answer: Answer) -> Outcome {
    match command {
        CardCommand::Status { file } => answer.give(&desk.take_status(&bytes(file)?).await?, show::status),
        CardCommand::Queue { with_nik } => {
            let queue = desk.print_queue(*with_nik).await?;
            answer.give(&json!({"queue": queue}), |_| show::queue(&queue))
        }
        CardCommand::Printed { students, at } => {
            let report = desk.printed(named(students)?, at.as_deref()).await?;
            answer.give(&report, |report| show::list(report, "printed"))
        }
        CardCommand::Ready { students, at } => {
            let report = desk.ready(named(students)?, at).await?;
            answer.give(&report, |report| show::list(report, "put out"))
        }
        CardCommand::Stock(entry) => {
            let (entry, at) = match entry {
                StockCommand::Receive { count, at } => (StockEntry::Receive(*count), at),
                StockCommand::Spoil { count, at } => (StockEntry::Spoil(*count), at),
                StockCommand::Count { count, at } => (StockEntry::Count(*count), at),
            };
            let blanks = desk.change_stock(entry, at).await?;
            answer.give(&json!({"point": at, "blanks": blanks}), |_| format!("{at}: {blanks} blanks"))
        }
        CardCommand::Collect { card, by, relation } => {
            let relation = relation.as_deref().unwrap_or("self");
            let (student, collected) = desk.collect(card, by.clone(), relation).await?;
            let value = json!({"student": student.id, "card": collected.card, "collection": collected.collection});
            answer.give(&value, |_| format!("the card of {} is handed out", student.name))
        }
        CardCommand::CollectUndo { student, reason } => {
            let student = desk.undo_collect(student, reason).await?;
            answer.done(format!("the card of {} lies at the counter again", student.name))
        }
    }
}

async fn notice(desk: &Desk, command: &NoticeCommand, answer: Answer) -> Outcome {
    let zone = desk.office.zone();
    match command {
        NoticeCommand::List { state, lost, page } => {
            let filter = Filter { state: *state, lost: *lost, student: None, after: after(page)?, limit: page.limit };
            let notices = desk.notices(&filter).await?;
            let full = i64::try_from(notices.len()).is_ok_and(|count| count >= page.limit);
            let next = notices.last().filter(|_| full).map(|listed| listed.notice.id);
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
        StaffCommand::List => {
            let accounts = desk.staff().await?;
            answer.give(&json!({"staff": accounts}), |_| show::accounts(&accounts))
        }
        StaffCommand::Disable { name } => {
            desk.disable_staff(name).await?;
            answer.done(format!("{name} is closed, chats included"))
        }
        StaffCommand::Link { name } => answer.give(&desk.invite_staff(name).await?, show::invitation),
    }
}

async fn make_key(config: &Config, answer: Answer) -> Outcome {
    let id = new_key(config).await?;
    let file = config.key_file.display();
    let words = format!(
        "{file} is made (key {id}). Print it and lock the paper away: without the key every NIK, phone and chat is lost, \
         and no backup holds it"
    );
    answer.give(&json!({"key": id, "file": config.key_file}), |_| words)
}

/// Puts a copy in the place of the database, which is kept beside it under another name.
async fn restore(config: &Config, clock: Clock, file: &Path, answer: Answer) -> Outcome {
    let Some(target) = config.database.url.strip_prefix("sqlite://").map(PathBuf::from) else {
        return Err(Failure::new("postgres", "PostgreSQL is restored with its own tools, such as pg_restore"));
    };
    let wrong = |error: std::io::Error| Failure::new("file", format!("{}: {error}", target.display()));
    // The copy must open with this key before anything is replaced.
    let mut trial = config.clone();
    let unfinished = target.with_extension("restoring");
    if let Some(folder) = target.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(wrong)?;
    }
    std::fs::copy(file, &unfinished).map_err(|error| Failure::new("file", format!("{}: {error}", file.display())))?;
    trial.database.url = format!("sqlite://{}", unfinished.display());
    let desks = Desks::open(trial, clock).await?;
    desks.hold_everything("restored").await?;
    let key = key_of(&desks.db).await?;
    desks.db.close().await;
    let claim = crate::db::Db::open(&config.database.url).await?;
    let held = claim.claim_for_serving(&config.node.name).await?;
    claim.close().await;
    if target.exists() {
        let kept = target.with_extension("before-restore");
        std::fs::rename(&target, &kept).map_err(wrong)?;
    }
    for leftover in ["-wal", "-shm"] {
        let path = PathBuf::from(format!("{}{leftover}", target.display()));
        if path.exists() {
            std::fs::remove_file(&path).map_err(wrong)?;
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

fn after(page: &Page) -> Result<Option<NoticeId>, Failure> {
    page.after
        .as_deref()
        .map(str::parse)
        .transpose()
        .map_err(|_| Failure::new("after", "--after takes the ID that the last list gave as next"))
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

fn text(path: &Path) -> Result<String, Failure> {
    String::from_utf8(bytes(path)?)
        .map_err(|_| Failure::new("encoding", format!("{} is not UTF-8 text", path.display())))
}

/// Writes a file.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    std::fs::write(path, bytes)
        .map_err(|error| Failure::new("file", format!("{} cannot be written: {error}", path.display())))
}

/// One existing file, or students one by one.
fn named(texts: &[String]) -> Result<Named, Failure> {
    match texts {
        [only] if Path::new(only).is_file() => Ok(Named::File(bytes(Path::new(only))?)),
        _ => Ok(Named::Each(texts.to_vec())),
    }
}
