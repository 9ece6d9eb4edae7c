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
        let rows = numbers(&report.unknown);
        let _ = writeln!(text, "  {} rows are about nobody of this office: rows {rows}", report.unknown.len());
    }
    if report.cards_in_hand > 0 {
        let _ = writeln!(text, "  {} cards are in people's hands; these cases are closed", report.cards_in_hand);
    }
    if report.cards_put_out > 0 {
        let _ = writeln!(text, "  {} cards lie at the pickup point", report.cards_put_out);
    }
    for (word, rows) in &report.unknown_words {
        let _ = writeln!(
            text,
            "  {} rows say '{word}', which is no status that is known: rows {}",
            rows.len(),
            numbers(rows)
        );
    }
    for problem in report.problems.iter().take(MOST_PROBLEMS) {
        let _ = writeln!(text, "  look  {}", problem.message);
    }
    if let Some(more @ 1..) = report.problems.len().checked_sub(MOST_PROBLEMS) {
        let _ = writeln!(text, "  and {more} more; --json lists all");
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

/// Rows by their numbers; of many the first, and that there are more.
fn numbers(rows: &[u32]) -> String {
    let shown: Vec<String> = rows.iter().take(MOST_PROBLEMS).map(ToString::to_string).collect();
    let more = if rows.len() > MOST_PROBLEMS { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}
