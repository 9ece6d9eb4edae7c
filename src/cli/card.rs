//! `siap17 card …`: from the national status to the hand.

use std::path::Path;

use serde_json::json;

use super::command::{CardCommand, StockCommand};
use super::run::{Answer, Outcome, bytes, of_file};
use super::{Failure, show};
use crate::card::QueueCursor;
use crate::desk::{Desk, DeskError, Named, Queued, StockEntry};

/// Runs one of the commands that need an office.
pub async fn card(desk: &Desk, command: &CardCommand, answer: Answer) -> Outcome {
    match command {
        CardCommand::Status { file } => {
            let report = desk.take_status(&bytes(file)?).await.map_err(of_file(file))?;
            answer.give(&report, show::status)
        }
        CardCommand::Queue { with_nik, page } => {
            let queue = desk.print_queue_page(*with_nik, page.after()?, page.limit).await?;
            let after = |line: &Queued| QueueCursor { print_from: Some(line.print_from), student: line.student };
            let next = page.next(&queue, |line| after(line).to_string());
            answer.give(&json!({"queue": queue, "next": next}), |_| show::queue(&queue))
        }
        CardCommand::Printed { students, at } => {
            let report = desk.printed(named(students)?, at.as_deref()).await.map_err(of_list(students))?;
            answer.give(&report, |report| show::list(report, "printed"))
        }
        CardCommand::Ready { students, at } => {
            let report = desk.ready(named(students)?, at).await.map_err(of_list(students))?;
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

/// One existing file, or students one by one.
fn named(texts: &[String]) -> Result<Named, Failure> {
    match texts {
        [only] if Path::new(only).is_file() => Ok(Named::File(bytes(Path::new(only))?)),
        _ => Ok(Named::Each(texts.to_vec())),
    }
}

/// The file that a list of students may be.
fn of_list(texts: &[String]) -> impl FnOnce(DeskError) -> Failure {
    of_file(Path::new(texts.first().map_or("", String::as_str)))
}
