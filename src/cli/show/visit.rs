//! Visits in words, and what changes do to them.

use std::fmt::Write;

use chrono_tz::Tz;

use super::list::{self, MOST_PROBLEMS, first};
use crate::desk::{Moved, PlannedChange, PlannedSide, Recording, Replanned, SingleResult, VisitHit};
use crate::visit::DayResult;
use crate::visit::difference::Change;
use crate::visit::schedule::Listed;

/// Changes of a plan that are shown; the rest is counted.
const MOST_LINES: usize = 30;

/// A visit on one line.
pub fn line(visit: &Listed, zone: Tz) -> String {
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

/// Visits, one a line.
pub fn lines(visits: &[Listed], zone: Tz) -> String {
    list::lines(visits, "", |visit| line(visit, zone))
}

/// Hit visits in words, below what was done.
pub fn hits(done: &str, hits: &[VisitHit], zone: Tz) -> String {
    let mut text = done.to_owned();
    if !hits.is_empty() {
        let _ = write!(text, "\nVisits that cannot be kept (move or cancel them):");
    }
    for hit in hits {
        let _ = write!(text, "\n  {}\n      {}", line(&hit.visit, zone), hit.reason);
    }
    text
}

/// What planning anew changes, below what was done.
pub fn replanned(replanned: Option<&Replanned>) -> String {
    let Some(replanned) = replanned else { return String::new() };
    let c = &replanned.changes;
    if !c.any() {
        return "\nThe proposed visits stay as they were.".into();
    }
    let mut text = format!(
        "\nProposed visits were planned anew: {} added, {} changed, {} removed, {} as before\n",
        c.added, c.changed, c.removed, c.unchanged
    );
    text.push_str(&difference(&replanned.difference));
    text.trim_end().to_owned()
}

/// Each change of a plan on a line.
pub fn difference(difference: &[PlannedChange]) -> String {
    let side = |side: &Option<PlannedSide>| {
        side.as_ref().map_or_else(String::new, |side| {
            format!("{} {} ({} students)", side.date.format("%a %Y-%m-%d"), side.team, side.students)
        })
    };
    first(difference, MOST_LINES, |one| {
        let place = format!("{} {}", one.place, one.place_name);
        match one.change {
            Change::Added => format!("+ {place}: {}", side(&one.after)),
            Change::Removed => format!("- {place}: {}", side(&one.before)),
            Change::Moved | Change::Changed => format!("~ {place}: {} -> {}", side(&one.before), side(&one.after)),
        }
    })
}

/// A visit that was put on another day.
pub fn moved(moved: &Moved, zone: Tz) -> String {
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

/// A list that came back and was written down.
pub fn recorded(report: &Recording) -> String {
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
    text + &first(&report.problems, MOST_PROBLEMS, |problem| format!("look {}", problem.message))
}

/// One student's result.
pub fn result(done: &SingleResult) -> String {
    let before = done.before.map_or_else(String::new, |before| format!(" (was {})", before.word()));
    let open = if done.open > 0 { format!("{} without a result", done.open) } else { "the list is complete".into() };
    let go = if done.result == DayResult::Outsider {
        "\nThe student is told to go to the Dukcapil of the region that issued the family card (KK)"
    } else {
        ""
    };
    format!("{}: {}{before}; {open}{go}", done.name, done.result.word())
}
