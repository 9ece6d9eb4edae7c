//! What became of cards, in words.

use std::fmt::Write;

use super::list::{MOST_PROBLEMS, lines};
use crate::desk::{ListReport, Queued, StatusReport};

/// A sheet of national statuses that was taken.
pub fn status(report: &StatusReport) -> String {
    let mut text = format!(
        "{} rows: {} changed, {} unchanged, {} older than what is known\n",
        report.rows, report.changed, report.unchanged, report.older
    );
    for (status, count) in &report.by_status {
        let _ = writeln!(text, "  {status}: {count}");
    }
    if !report.unknown.is_empty() {
        let rows: Vec<String> = report.unknown.iter().take(MOST_PROBLEMS).map(ToString::to_string).collect();
        let _ =
            writeln!(text, "  {} rows are about nobody of this office: rows {}", report.unknown.len(), rows.join(", "));
    }
    for problem in report.problems.iter().take(MOST_PROBLEMS) {
        let _ = writeln!(text, "  look  {}", problem.message);
    }
    text
}

/// The print queue, one student a line.
pub fn queue(queue: &[Queued]) -> String {
    let line = |one: &Queued| {
        let number = one.nik.clone().or_else(|| one.nisn.clone()).unwrap_or_default();
        format!("{}  {number}  {}  printable from {}", one.student, one.name, one.print_from)
    };
    lines(queue, "nobody waits for printing", line)
}

/// A list of cards that were printed or put out.
pub fn list(report: &ListReport, what: &str) -> String {
    let mut text = format!("{} {what}, {} were already\n", report.done, report.unchanged);
    for problem in &report.problems {
        let _ = writeln!(text, "  look  {}", problem.message);
    }
    text
}
