//! `siap17 check`: everything that could go wrong later, looked at now.

use std::process::ExitCode;

use chrono::{Datelike, TimeDelta};
use serde::Serialize;

use crate::audit;
use crate::cli::answer::{Answer, Failure, Outcome, chain, say};
use crate::cli::bot;
use crate::clock::{Clock, TOLERANCE};
use crate::config::Config;
use crate::db::Tx;
use crate::desk::{Desks, health};
use crate::jobs::Schedule;
use crate::jobs::health::look_once;
use crate::messenger::{FarClock, Messenger};
use crate::notice::ledger;
use crate::notice::silence::{self, Obstacle};
use crate::office::{self, Stored};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Level {
    Ok,
    Warning,
    Error,
}

#[derive(Debug, Serialize)]
struct Finding {
    what: &'static str,
    level: Level,
    message: String,
}

/// Looks at everything; 1 if anything would fail.
pub async fn check(config: Config, clock: Clock, answer: Answer) -> Outcome {
    let mut findings = Vec::new();
    let mut found = |what, level, message: String| findings.push(Finding { what, level, message });
    let schedule = Schedule::new(&config.jobs, clock.now());
    match &schedule {
        Ok(_) => found("configuration", Level::Ok, "every key is known, every job has a time".into()),
        Err(error) => found("configuration", Level::Error, chain(error)),
    }
    let telegram = config.telegram.clone();
    let rehearsal = clock.is_rehearsal();
    match Desks::open(config, clock.clone()).await {
        Err(error) => found("database", Level::Error, chain(&error)),
        Ok(desks) => {
            found("key", Level::Ok, format!("key {} is this database's", desks.vault().key_id()));
            match check_database(&desks, &clock).await {
                Ok(more) => more.into_iter().for_each(|(what, level, message)| found(what, level, message)),
                Err(failure) => found("database", Level::Error, failure.message),
            }
            if let Ok(schedule) = &schedule {
                match look_once(&desks, schedule).await {
                    Ok(health) => {
                        health.0.into_iter().for_each(|one| found(one.part.name(), level(one.level), one.message))
                    }
                    Err(error) => found("database", Level::Error, chain(&error)),
                }
            }
            match check_telegram(&telegram, &desks, &clock).await {
                Ok(message) => found("telegram", Level::Ok, message),
                Err(message) => found("telegram", Level::Error, message),
            }
            desks.db().close().await;
        }
    }
    if rehearsal {
        found("clock", Level::Warning, format!("SIAP17_NOW is set: for siap17 it is {}", clock.now().to_rfc3339()));
    }
    let wrong: Vec<&str> =
        findings.iter().filter(|finding| finding.level == Level::Error).map(|finding| finding.what).collect();
    answer.give(&serde_json::json!({"ok": wrong.is_empty(), "findings": findings}), |_| words(&findings))?;
    if wrong.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    say(format_args!("not everything is right: {}; the answer says what to do", wrong.join(", ")));
    Ok(ExitCode::FAILURE)
}

/// What a look at a running siap17 finds, as this command says it.
fn level(found: health::Level) -> Level {
    match found {
        health::Level::Well => Level::Ok,
        health::Level::Note => Level::Warning,
        health::Level::Failing => Level::Error,
    }
}

fn words(findings: &[Finding]) -> String {
    let lines = findings.iter().map(|finding| {
        let mark = match finding.level {
            Level::Ok => "ok     ",
            Level::Warning => "WARNING",
            Level::Error => "ERROR  ",
        };
        format!("{mark} {:<13} {}", finding.what, finding.message)
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Why an office is held back, with what that means for whoever lets go.
fn held_for(reason: &str) -> String {
    let words = match reason {
        "copy" => "this is a copy that was put in the place of the database otherwise than by `restore`",
        "restored" => "a copy was put back",
        "older_copy" => "the database is older than what was last served; an older copy was put in its place",
        "copied" => "the database was brought here from elsewhere, where it may have been served since",
        _ => return reason.to_owned(),
    };
    format!(
        "{reason}: {words}; what may have gone out since the copy was made then goes out as a repeat, or is asked about"
    )
}

type Found = (&'static str, Level, String);

/// Whether the database would be known if it were lost or older.
fn check_memory(desks: &Desks) -> Option<Found> {
    let memory = desks.memory().filter(|memory| !memory.file().exists())?;
    let message = format!(
        "{} cannot be written: neither a missing database nor an older copy would be known as one; let siap17 write into that \
         folder",
        memory.file().display()
    );
    Some(("memory", Level::Warning, message))
}

async fn check_database(desks: &Desks, clock: &Clock) -> Result<Vec<Found>, Failure> {
    let mut found = Vec::new();
    let engine = if matches!(desks.db(), crate::db::Db::Postgres(_)) { "PostgreSQL" } else { "SQLite" };
    let unsealed = audit::unsealed(desks.db()).await?;
    found.push(("database", Level::Ok, format!("{engine} answers; {unsealed} audit entries not sealed yet")));
    found.push(match desks.audit_fault().await? {
        (Some(fault), _) => {
            let message = format!(
                "the chain is broken: {fault}; nothing more is sealed. Keep a copy of the database as it is, and look with \
                 `siap17 audit verify` where it breaks"
            );
            ("audit", Level::Error, message)
        }
        (None, Some(head)) => ("audit", Level::Ok, format!("the chain ends at {head}, and its head belongs to it")),
        (None, None) => ("audit", Level::Ok, "nothing is recorded yet".into()),
    });
    found.extend(check_memory(desks));
    let mut tx = desks.db().read().await?;
    match silence::obstacle(&mut tx, clock).await? {
        Some(Obstacle::Silenced { until, why }) => {
            found.push(("sending", Level::Warning, format!("nothing is sent before {}: {why}", until.to_rfc3339())));
        }
        Some(Obstacle::ClockBehind { newest }) => {
            let message = format!(
                "our clock is behind the newest attempt ({}); set it, or say `siap17 notice resume --clock` if it is right",
                newest.to_rfc3339()
            );
            found.push(("clock", Level::Error, message));
        }
        Some(Obstacle::ClockDiffers { .. } | Obstacle::ClockNotCompared) | None => {}
    }
    let offices = office::stored(&mut tx).await?;
    if offices.is_empty() {
        found.push((
            "office",
            Level::Warning,
            "there is none; `siap17 office apply config/office.sample.toml` shows how".into(),
        ));
    }
    for stored in &offices {
        found.extend(check_office(desks, &mut tx, stored, clock).await?);
    }
    Ok(found)
}

/// What stands in the way of one office.
async fn check_office(desks: &Desks, tx: &mut Tx, stored: &Stored, clock: &Clock) -> Result<Vec<Found>, Failure> {
    let mut found: Vec<Found> = Vec::new();
    let code = &stored.code;
    let office = match &stored.office {
        Ok(office) => office,
        Err(error) => {
            found.push(("office", Level::Error, format!("{code}: nothing of it works: {}", chain(error))));
            return Ok(found);
        }
    };
    if let Some((last, seen)) = ledger::waits_for_clock(tx, office.id).await? {
        let message = format!(
            "{code}: the clock said {} and was last read at {}: whether it is right is not known, and notices wait; connect to \
             Telegram, or say `siap17 notice resume --clock` if it is right",
            seen.to_rfc3339(),
            last.to_rfc3339()
        );
        found.push(("clock", Level::Error, message));
    }
    for kind in silence::silenced_kinds(tx, office.id).await? {
        let message = format!("{code}: Telegram refused the text of {kind}; mend it, then `siap17 notice resume`");
        found.push(("sending", Level::Error, message));
    }
    let today = clock.today(office.zone());
    found.push(match &office.hold_reason {
        None => ("hold", Level::Ok, format!("{code}: notices go out")),
        Some(reason) => (
            "hold",
            Level::Warning,
            format!("{code}: everything is held back ({}); `siap17 notice resume` lets go", held_for(reason)),
        ),
    });
    found.push(match desks.holidays().known_until(today) {
        None => {
            let message =
                format!("{code}: the holidays of {} are not known; add them to the holiday file", today.year());
            ("holidays", Level::Error, message)
        }
        Some(last) if last - today < TimeDelta::days(office.declaration.planning.horizon_days.into()) => {
            let message =
                format!("{code}: holidays are known until {last}; plans are cut there until the next decree is added");
            ("holidays", Level::Warning, message)
        }
        Some(last) => ("holidays", Level::Ok, format!("{code}: known until {last}")),
    });
    Ok(found)
}

async fn check_telegram(config: &crate::config::Telegram, desks: &Desks, clock: &Clock) -> Result<String, String> {
    let Some((wire, name)) = bot::meet(config, desks, clock).await? else {
        return Err(format!(
            "there is no token: put the one @BotFather gave into {} (mode 0600)",
            config.token_file.display()
        ));
    };
    match wire.server_time().await {
        _ if clock.is_rehearsal() => Ok(format!("@{name} answers")),
        FarClock::At(theirs) => match clock.now() - theirs {
            ahead if ahead.abs() > TOLERANCE => Err(format!(
                "@{name} answers, but our clock differs from Telegram's by {} minutes: set the machine's clock",
                ahead.num_minutes()
            )),
            _ => Ok(format!("@{name} answers, and its clock is ours")),
        },
        FarClock::Untold => {
            Ok(format!("@{name} answers, without saying the time, so that our clock is compared with nothing"))
        }
        FarClock::Silent => Err(format!(
            "@{name} answered and does not any more: our clock is compared with nothing, and nothing is sent until it is"
        )),
    }
}
