//! `siap17 visit …`: visits are planned, announced, moved, and their day is written down.

use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use chrono::NaiveDate;
use chrono_tz::Tz;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use serde_json::json;

use super::order;
use super::out::{print, say, say_bare};
use super::run::{Answer, Outcome, bytes, of_file, write};
use super::visit_command::VisitCommand;
use super::{Failure, feed, visit_talk};
use crate::clock::Clock;
use crate::config::Http;
use crate::desk::{
    Broken, Desk, Entry, Moved, PlanProgress, PlanReport, PlannedChange, PlannedSide, Recording, Replanned,
    VisitFilter, VisitHit,
};
use crate::staff::Right;
use crate::visit::DayResult;
use crate::visit::difference::Change;
use crate::visit::instance::{Instance, PrintedVisit};
use crate::visit::plan;
use crate::visit::schedule::Listed;

/// Problems of one sheet that are shown; the rest is counted.
const MOST_PROBLEMS: usize = 40;
/// Lines of one kind that are shown of a plan; the rest is counted.
const MOST_LINES: usize = 30;
/// How often the progress is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// Runs one of the commands that need an office.
pub async fn visit(desk: &Desk, command: &VisitCommand, http: &Http, answer: Answer) -> Outcome {
    let zone = desk.office().zone();
    match command {
        VisitCommand::Plan { from, to, dry_run, picture } => {
            let report = plan(desk, *from, *to, *dry_run).await?;
            if let Some(day) = report.cut_at {
                say(format_args!("the plan ends on {day}: the holidays of the year after that are not known yet"));
            }
            if let Some(file) = picture {
                write(file, desk.plan_picture(&report).await?.as_bytes())?;
                say(format_args!("{} is drawn", file.display()));
            }
            answer.give(&report, |report| planned(report, zone))
        }
        VisitCommand::List { state, place, from, to, page } => {
            let (after, limit) = (page.after()?, page.limit);
            let filter = VisitFilter { state: *state, place: place.clone(), from: *from, to: *to, after, limit };
            answer.give(&desk.visits(&filter).await?, |page| lines(&page.visits, zone))
        }
        VisitCommand::Announce { visit } => visit_talk::announce(desk, *visit, answer).await,
        VisitCommand::Invite { visit, sent } => visit_talk::invite(desk, *visit, *sent, answer).await,
        VisitCommand::Letter { visit, state, out } => visit_talk::letters(desk, *visit, *state, out, answer).await,
        VisitCommand::Feed(command) => feed::run(desk, command, http, answer).await,
        VisitCommand::Calls => visit_talk::calls(desk, answer).await,
        VisitCommand::Confirm { visit } => {
            let visit = desk.confirm_visit(*visit).await?;
            answer.give(&visit, |visit| format!("confirmed, its students are told: {}", line(visit, zone)))
        }
        VisitCommand::Move { visit, to } => answer.give(&desk.move_visit(*visit, *to).await?, |done| moved(done, zone)),
        VisitCommand::Cancel { visit, reason } => {
            let visit = desk.cancel_visit(*visit, reason).await?;
            answer.give(&visit, |visit| format!("cancelled, its students are planned again: {}", line(visit, zone)))
        }
        VisitCommand::Sheet { visit, out, with_nik } => {
            write(out, &desk.visit_sheet(*visit, *with_nik).await?)?;
            answer.done(format!("{} is written", out.display()))
        }
        VisitCommand::Record { visit, file: Some(file), .. } => {
            let report = desk.record_visit_sheet(*visit, &bytes(file)?).await.map_err(of_file(file))?;
            answer.give(&report, recorded)?;
            let nothing = report.written + report.unchanged + report.niks == 0;
            if nothing && !report.problems.is_empty() {
                say(format_args!("nothing of {} was written down; the answer says why for each row", file.display()));
                return Ok(ExitCode::FAILURE);
            }
            Ok(ExitCode::SUCCESS)
        }
        VisitCommand::Record { visit, file: None, student, result, reason, ikd, walk_in } => {
            let (Some(student), Some(result)) = (student, result) else {
                return Err(Failure::new("usage", "name a sheet, or a student with --student and --result"));
            };
            let entry = Entry { result: *result, reason: reason.as_deref(), ikd: *ikd, walk_in: *walk_in };
            let done = desk.record_visit_result(*visit, student, entry).await?;
            answer.give(&done, |done| {
                let before = done.before.map_or_else(String::new, |before| format!(" (was {})", before.word()));
                let open = if done.open > 0 {
                    format!("{} without a result", done.open)
                } else {
                    "the list is complete".into()
                };
                let go = if done.result == DayResult::Outsider {
                    "\nThe student is told to go to the Dukcapil of the region that issued the family card (KK)"
                } else {
                    ""
                };
                format!("{}: {}{before}; {open}{go}", done.name, done.result.word())
            })
        }
        VisitCommand::Order(command) => order::run(desk, command, answer).await,
        VisitCommand::Session(command) => super::session::session(desk, command, answer).await,
        VisitCommand::WhatIf { instance, moves, seconds } => what_if(instance, *moves, *seconds, desk.clock(), answer),
    }
}

/// Plans, and shows how far it is where somebody looks.
async fn plan(
    desk: &Desk,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
    dry_run: bool,
) -> Result<PlanReport, Failure> {
    let progress = Arc::new(PlanProgress::default());
    let bar = progress_bar();
    let work = desk.plan_visits_watched(from, to, dry_run, &progress);
    tokio::pin!(work);
    let mut ticks = tokio::time::interval(LOOK);
    loop {
        tokio::select! {
            done = &mut work => {
                bar.finish_and_clear();
                return Ok(done?);
            }
            _ = ticks.tick() => {
                bar.set_length(progress.all.load(Ordering::Relaxed));
                bar.set_position(progress.done.load(Ordering::Relaxed));
            }
        }
    }
}

/// A bar that is seen on a terminal and nowhere else.
fn progress_bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    match ProgressStyle::with_template("planning [{bar:30}] {human_pos}/{human_len} moves, {elapsed}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// Plans an instance from a file; needs neither office nor database.
pub fn what_if(file: &Path, moves: Option<u64>, seconds: Option<f64>, clock: &Clock, answer: Answer) -> Outcome {
    /// In the checker's form, and whether it could have been better with more time.
    #[derive(Serialize)]
    struct Printed<'a> {
        visits: Vec<PrintedVisit<'a>>,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        cut_off: bool,
    }
    let wrong = |error| Failure::new("instance", format!("{}: {error}", file.display()));
    let instance = Instance::parse(&bytes(file)?).map_err(wrong)?;
    let begun = clock.elapsed();
    let allowed = match seconds.map(Duration::try_from_secs_f64) {
        None => Duration::MAX,
        Some(Ok(allowed)) => allowed,
        Some(Err(_)) => return Err(Failure::new("seconds", "--seconds takes a number of seconds from 0 on")),
    };
    let bar = progress_bar();
    let watch = |done: u64, all: u64| {
        bar.set_length(all);
        bar.set_position(done);
        clock.elapsed().saturating_sub(begun) >= allowed
    };
    let solution = plan::solve(&instance.problem, moves, &watch);
    bar.finish_and_clear();
    let printed = Printed { visits: instance.printed(&solution.plan), cut_off: solution.cut_off };
    let text = serde_json::to_string(&printed).map_err(|error| Failure::new("internal", error.to_string()))?;
    print(&text)?;
    if !answer.json {
        let score = solution.score;
        let totals = plan::totals(&instance.problem, &solution.plan);
        say_bare(format_args!(
            "{} due: {} on time, {} missed; {} never met; {} team-days, {} stops, {} minutes on the road, {} ahead",
            totals.due,
            totals.on_time,
            score.missed,
            score.never,
            score.team_days,
            score.stops,
            score.travel,
            -score.ahead
        ));
        if let Some(help) = plan::help(&instance.problem, &solution.plan) {
            say_bare(format_args!(
                "1 more device for {} from {} to {}: {} more on time",
                instance.team(help.crew),
                instance.problem.date(help.from),
                instance.problem.date(help.to),
                help.on_time
            ));
        }
        let unplaced = plan::unplaced(&instance.problem, &solution.plan);
        let took = clock.elapsed().saturating_sub(begun).as_secs_f64();
        let reasons = by_reason(unplaced.into_iter().map(|(_, reason)| reason));
        say_bare(format_args!("{reasons}{} moves tried in {took:.2} s", solution.moves));
    }
    if solution.cut_off {
        say("cut off by --seconds; another run may give another plan");
    }
    Ok(ExitCode::SUCCESS)
}

/// Settled visits that cannot be kept any more, for whoever may see visits.
pub async fn hits(desk: &Desk) -> Result<Vec<VisitHit>, Failure> {
    if desk.require(Right::Visits).is_err() {
        return Ok(Vec::new());
    }
    Ok(desk.visits_hit().await?)
}

/// Plans anew what is only proposed, for whoever may plan.
pub async fn replan(desk: &Desk) -> Result<Option<Replanned>, Failure> {
    if desk.require(Right::Visits).is_err() {
        return Ok(None);
    }
    Ok(desk.replan().await?)
}

/// A team broke: what became of its visits of today, which others are hit, and the new plan.
pub async fn broken(desk: &Desk, answer: Answer, broken: &Broken, done: &str) -> Outcome {
    let hits = hits(desk).await?;
    let replanned = replan(desk).await?;
    let value = json!({
        "done": true, "device_failed": broken.device_failed, "visits_ended": broken.visits, "visits_hit": hits,
        "replanned": replanned,
    });
    answer.give(&value, |_| {
        let mut text = done.to_owned();
        if !broken.visits.is_empty() {
            let _ = write!(
                text,
                "\n{} visits of today end; {} students without a result are device_failed and planned again",
                broken.visits.len(),
                broken.device_failed
            );
        }
        hit_lines(&text, &hits, desk.office().zone()) + &replanned_lines(replanned.as_ref())
    })
}

/// Hit visits in words, below what was done.
pub fn hit_lines(done: &str, hits: &[VisitHit], zone: Tz) -> String {
    let mut text = done.to_owned();
    if !hits.is_empty() {
        let _ = write!(text, "\nVisits that cannot be kept (move or cancel them):");
    }
    for hit in hits {
        let _ = write!(text, "\n  {}\n      {}", line(&hit.visit, zone), hit.reason);
    }
    text
}

pub(super) fn line(visit: &Listed, zone: Tz) -> String {
    let time = |at: chrono::DateTime<chrono::Utc>| at.with_timezone(&zone).format("%H:%M").to_string();
    let id = visit.id.map_or_else(|| "(dry run)".to_owned(), |id| id.to_string());
    let reason = visit.cancel_reason.as_ref().map_or_else(String::new, |reason| format!(" ({reason})"));
    format!(
        "{id}  {} {}-{}  {} #{}  {} {}  {} students  {}{reason}",
        visit.date.format("%a %Y-%m-%d"),
        time(visit.starts_at),
        time(visit.ends_at),
        visit.team,
        visit.day_order,
        visit.place,
        visit.place_name,
        visit.students.len(),
        visit.state.word(),
    )
}

fn lines(visits: &[Listed], zone: Tz) -> String {
    visits.iter().map(|visit| line(visit, zone)).collect::<Vec<_>>().join("\n")
}

fn by_reason(reasons: impl Iterator<Item = plan::Reason>) -> String {
    let mut counts = std::collections::BTreeMap::<plan::Reason, usize>::new();
    for reason in reasons {
        *counts.entry(reason).or_default() += 1;
    }
    counts.into_iter().fold(String::new(), |mut text, (reason, count)| {
        let _ = writeln!(text, "  not met: {count} {}", reason.word());
        text
    })
}

fn planned(report: &PlanReport, zone: Tz) -> String {
    let mut text = lines(&report.visits, zone);
    if !text.is_empty() {
        text.push('\n');
    }
    let s = &report.summary;
    let _ = writeln!(
        text,
        "{} to {}: {} due, {} of them on time; {} at 17 or later; {} team-days, {} stops, {} minutes on the road",
        report.from, report.to, s.due, s.on_time, s.late, s.team_days, s.stops, s.travel_minutes
    );
    text.push_str(&by_reason(report.unplaced.iter().map(|one| one.reason)));
    if let Some(help) = &s.help {
        let _ = writeln!(
            text,
            "  would help most: {} more device for {} from {} to {}: {} more on time",
            help.devices, help.team, help.from, help.to, help.on_time
        );
    }
    for day in report.small_days.iter().take(MOST_LINES) {
        let _ = writeln!(
            text,
            "  hardly worth a drive: {} on {} meets {} student{} ({}); called in, they would save the day",
            day.team,
            day.date,
            day.students,
            if day.students == 1 { "" } else { "s" },
            day.places.join(", ")
        );
    }
    for day in &report.village_days {
        let order = day.order.as_ref().map_or_else(|| "not ordered".to_owned(), |order| format!("order {order}"));
        let _ = writeln!(
            text,
            "  village day: {} {} {} {} ({order}), {} students known",
            day.date, day.team, day.place, day.place_name, day.students
        );
    }
    text.push_str(&difference_lines(&report.difference));
    if report.unknown > 0 {
        let _ = writeln!(
            text,
            "  not planned: {} over 17 of whom nobody has said whether they are recorded (card status, or student set … recorded no)",
            report.unknown
        );
    }
    match report.changes {
        None => text.push_str("dry run: nothing was kept"),
        Some(c) if !c.any() => text.push_str("the plan is as it was"),
        Some(c) => {
            let _ = write!(
                text,
                "{} visits added, {} changed, {} removed, {} as before",
                c.added, c.changed, c.removed, c.unchanged
            );
        }
    }
    text
}

/// What planning anew changes, below what was done.
pub fn replanned_lines(replanned: Option<&Replanned>) -> String {
    let Some(replanned) = replanned else { return String::new() };
    let c = &replanned.changes;
    if !c.any() {
        return "\nThe proposed visits stay as they were.".into();
    }
    let mut text = format!(
        "\nProposed visits were planned anew: {} added, {} changed, {} removed, {} as before\n",
        c.added, c.changed, c.removed, c.unchanged
    );
    text.push_str(&difference_lines(&replanned.difference));
    text.trim_end().to_owned()
}

fn difference_lines(difference: &[PlannedChange]) -> String {
    let side = |side: &Option<PlannedSide>| {
        side.as_ref().map_or_else(String::new, |side| {
            format!("{} {} ({} students)", side.date.format("%a %Y-%m-%d"), side.team, side.students)
        })
    };
    let mut text = String::new();
    for one in difference.iter().take(MOST_LINES) {
        let _ = match one.change {
            Change::Added => writeln!(text, "  + {} {}: {}", one.place, one.place_name, side(&one.after)),
            Change::Removed => writeln!(text, "  - {} {}: {}", one.place, one.place_name, side(&one.before)),
            Change::Moved | Change::Changed => {
                writeln!(text, "  ~ {} {}: {} -> {}", one.place, one.place_name, side(&one.before), side(&one.after))
            }
        };
    }
    if difference.len() > MOST_LINES {
        let _ = writeln!(text, "  … and {} more; --json lists them all", difference.len() - MOST_LINES);
    }
    text
}

fn moved(moved: &Moved, zone: Tz) -> String {
    let mut text = format!("moved; the place has to confirm again: {}", line(&moved.visit, zone));
    for (what, list) in [
        ("will be 17 by then", &moved.turned_17),
        ("cannot be met on that day; the next plan takes them up", &moved.out_of_reach),
    ] {
        for student in list {
            let _ = write!(text, "\n  {what}: {} {}", student.id, student.nisn.clone().unwrap_or_default());
        }
    }
    if moved.dropped > 0 {
        let _ = write!(text, "\n  {} proposed visits of the team on that day are planned anew", moved.dropped);
    }
    text
}

fn recorded(report: &Recording) -> String {
    let mut text = format!(
        "{} rows: {} results written, {} known already, {} without a result; {} NIK taken over; the visit is {}\n",
        report.rows,
        report.written,
        report.unchanged,
        report.blank,
        report.niks,
        report.state.word()
    );
    let results: Vec<String> = report.results.iter().map(|(result, count)| format!("{count} {result}")).collect();
    let _ = writeln!(text, "the whole list: {}; {} open", results.join(", "), report.open);
    for problem in report.problems.iter().take(MOST_PROBLEMS) {
        let _ = writeln!(text, "  look {}", problem.message);
    }
    if report.problems.len() > MOST_PROBLEMS {
        let _ = writeln!(text, "  … and {} more; --json lists them all", report.problems.len() - MOST_PROBLEMS);
    }
    text
}
