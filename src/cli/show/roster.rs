//! Rosters in words.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::list::{MOST_PROBLEMS, first, lines};
use super::word::word;
use crate::desk::{Review, Undone};
use crate::roster::Level;
use crate::roster::ids::{ImportId, State};
use crate::roster::import::proposal::{Kind, Standing};
use crate::roster::import::report::FileReport;
use crate::roster::review::history::{Listed, RowChange};
use crate::roster::review::undo::Obstacle;

/// Students that are named in one sentence.
const MOST_NAMED: usize = 5;

/// What became of files.
pub fn rosters(reports: &[FileReport]) -> String {
    let mut text = String::new();
    for report in reports {
        let head = match report.state {
            State::Applied => "imported",
            State::DryRun => "would be imported (dry run, nothing was kept)",
            State::Parked => "waits for a review",
            State::Refused => "REFUSED, nothing was taken",
        };
        let place = report.place.as_ref().map_or_else(String::new, |place| format!(" for {place}"));
        let _ = writeln!(text, "{}{place}: {head}", report.file);
        let _ = writeln!(
            text,
            "  {} rows: {} new, {} changed, {} unchanged, {} rejected; {} known students are not in it",
            report.rows, report.new, report.changed, report.unchanged, report.rejected, report.missing
        );
        if !report.sheets.is_empty() {
            let _ = writeln!(text, "  {} sheets: {}", report.sheets.len(), report.sheets.join(", "));
        }
        if !report.copies.is_empty() {
            let _ = writeln!(
                text,
                "  not read, for their students stand on another sheet, too: {}",
                report.copies.join(", ")
            );
        }
        for part in report.parts.iter().filter(|part| part.state == State::Parked) {
            let how = part.import.map_or_else(String::new, |import| format!(": siap17 roster review {import}"));
            let _ = writeln!(text, "  {} rows of {} wait for a person{how}", part.rows, part.place);
        }
        if let Some(import) = report.import.filter(|_| report.review > 0) {
            let _ = writeln!(text, "  {} wait for a person: siap17 roster review {import}", report.review);
        }
        for note in &report.notes {
            let _ = writeln!(text, "  look  {}", note.sentence());
        }
        text += &first(&report.problems, MOST_PROBLEMS, |problem| {
            let level = if problem.level == Level::Error { "ERROR" } else { "look " };
            format!("{level} {}", problem.message)
        });
    }
    if reports.len() > 1 {
        text += &total(reports);
    }
    text
}

/// Several files together, in one line.
fn total(reports: &[FileReport]) -> String {
    let of = |state| reports.iter().filter(|report| report.state == state).count();
    let states = [
        (State::Applied, "imported"),
        (State::DryRun, "would be imported"),
        (State::Parked, "wait for a review"),
        (State::Refused, "refused"),
    ];
    let files: Vec<String> = states
        .into_iter()
        .filter(|(state, _)| of(*state) > 0)
        .map(|(state, word)| format!("{} {word}", of(state)))
        .collect();
    let sum = |count: fn(&FileReport) -> usize| reports.iter().map(count).sum::<usize>();
    format!(
        "all {} files: {}; {} rows: {} new, {} changed, {} unchanged, {} rejected\n",
        reports.len(),
        files.join(", "),
        sum(|one| one.rows),
        sum(|one| one.new),
        sum(|one| one.changed),
        sum(|one| one.unchanged),
        sum(|one| one.rejected)
    )
}

/// What `roster undo` did.
pub fn undone(undone: &Undone) -> String {
    let mut text = format!("put back: {} students as before, {} gone", undone.restored, undone.removed);
    for sent in &undone.sent {
        let _ = write!(text, "\n  already out: {} to student {} (notice {})", sent.kind, sent.student, sent.notice);
    }
    text
}

/// What keeps an import from being undone, as one sentence.
pub fn not_undone(undone: &Undone) -> String {
    let why = |one: &Obstacle| match one.import {
        Some(import) => format!("{} (import {import})", one.why),
        None => one.why.to_string(),
    };
    let named = undone.standing.iter().take(MOST_NAMED).map(|one| match one.spot.row {
        0 => format!("a student whom the list no longer named: {}", why(one)),
        _ => format!("{}: {}", one.spot, why(one)),
    });
    let named = named.collect::<Vec<_>>().join("; ");
    let more = undone.standing.len().saturating_sub(MOST_NAMED);
    let more = if more > 0 { format!("; and {more} more, which --json lists") } else { String::new() };
    let imports: BTreeSet<ImportId> = undone.standing.iter().filter_map(|one| one.import).collect();
    let later: Vec<String> =
        imports.iter().rev().take(MOST_NAMED).map(|id| format!("`siap17 roster undo {id}`")).collect();
    let settle = match later.is_empty() {
        true => "settle those first".to_owned(),
        false => format!("settle those first: {}", later.join(", ")),
    };
    format!(
        "nothing was put back, for {} students stand on this import ({named}{more}); {settle}",
        undone.standing.len()
    )
}

/// Past imports, one a line.
pub fn imports(imports: &[Listed]) -> String {
    let line = |one: &Listed| {
        let place = one.place.clone().unwrap_or_default();
        let state = match (one.undone_at, one.state) {
            (Some(_), _) => "undone",
            (None, State::Parked) => "WAITS for review",
            (None, State::Refused) => "refused",
            (None, State::Applied | State::DryRun) => "applied",
        };
        let at = one.created_at.format("%Y-%m-%d %H:%M UTC");
        let waiting = if one.waiting > 0 { format!("  {} wait for review", one.waiting) } else { String::new() };
        format!("{}  {at}  {place}  {state}  {}  by {}{waiting}", one.id, one.file, one.actor)
    };
    lines(imports, "", line)
}

/// What each row of an import did, one a line.
pub fn changes(rows: &[RowChange]) -> String {
    let line = |one: &RowChange| {
        let by = one.matched_by.as_ref().map_or_else(String::new, |by| format!(", found by {by}"));
        let fields = one.fields.as_ref().map_or_else(String::new, |fields| format!(": {fields}"));
        format!("{}  {}  student {}{by}{fields}", one.spot, one.change, one.student)
    };
    lines(rows, "", line)
}

/// What an import left open.
pub fn reviewed(review: &Review, report: Option<&FileReport>) -> String {
    let state = word(&review.state);
    let mut text = format!("{}: {state}, imported by {}\n", review.file, review.actor);
    if let Some(reason) = &review.reason {
        let _ = writeln!(text, "  {reason}");
    }
    if let Some(report) = report {
        text += &rosters(std::slice::from_ref(report));
    }
    for part in &review.parts {
        let reason = part.reason.as_deref().unwrap_or_default();
        let _ = writeln!(text, "  [{}] OPEN  {} rows, import {}: {reason}", part.item, part.rows, part.import);
    }
    for one in &review.proposals {
        let what = match one.kind {
            Kind::Nik => "another NIK",
            Kind::BirthDate => "another birth date",
            Kind::Name => "another name",
            Kind::IdentityConflict => "a NIK that somebody else holds",
            Kind::LeftSchool => "not in the list any more: has left school?",
        };
        let values = match (&one.old, &one.new) {
            (Some(old), Some(new)) => format!(" ({old} → {new})"),
            (None, Some(new)) => format!(" ({new})"),
            _ => String::new(),
        };
        let state = match one.state {
            Standing::Open => "OPEN",
            Standing::Accepted => "accepted",
            Standing::Rejected => "rejected",
            Standing::OutOfDate => "out of date",
        };
        let _ = writeln!(text, "  [{}] {state}  {}: {what}{values}  student {}", one.item, one.name, one.student);
    }
    if !review.parts.is_empty() || review.proposals.iter().any(|one| one.state == Standing::Open) {
        text += "  settle with --accept or --reject and what stands in brackets; without that, all that are open\n";
    }
    text
}
