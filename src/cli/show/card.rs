//! What became of cards, in words.

use std::fmt::Write;

use chrono::Datelike;

use super::list::{MOST_PROBLEMS, lines};
use crate::card::{self, Card};
use crate::desk::{CodeReader, ListReport, Queued, StatusReport};
use crate::link::LinkRole;
use crate::office::Office;
use crate::student::Student;

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

/// Whose card it is, where it is, and in which chats its code shows.
pub fn look(office: &Office, student: &Student, card: Option<&Card>, readers: &[CodeReader]) -> String {
    let class = student.class_name.as_deref().map_or_else(String::new, |class| format!(", {class}"));
    let state = match card {
        None => "no card was printed yet".to_owned(),
        Some(card) => match (card::handed(card), card.point_id.and_then(|id| office.point(id))) {
            (Some(handed), _) => format!("the card was handed out already, {handed}"),
            (None, Some(point)) => format!("the card is at {}", point.declared.name),
            (None, None) => "the card is printed and not at a counter yet".to_owned(),
        },
    };
    format!("{}{class}, born {}: {state}\n{}", student.name, student.birth_date.year(), chats(readers))
}

/// In which chats a pickup code shows.
pub fn chats(readers: &[CodeReader]) -> String {
    if readers.is_empty() {
        return "  no chat is linked now".to_owned();
    }
    let line = |reader: &CodeReader| {
        let whose = if reader.role == LinkRole::Guardian { "the parent's or guardian's" } else { "the student's" };
        let standing = match reader.standing {
            "asked" => "; the family has not confirmed it yet, so the code does not show there",
            "disputed" => "; SOMEBODY SAYS THAT IT IS NOT THE FAMILY'S",
            _ => "; the code shows there",
        };
        format!("  {whose} chat, linked {}{standing}", reader.linked_on)
    };
    readers.iter().map(line).collect::<Vec<_>>().join("\n")
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
