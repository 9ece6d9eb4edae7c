//! `siap17 complaint`: what people complained of, and the office's answers.

use clap::Subcommand;
use serde_json::json;

use crate::cli::answer::{Answer, Outcome};
use crate::cli::show::list::lines;
use crate::cli::values::Page;
use crate::complaint::Complaint;
use crate::desk::Desk;

/// What can be done with complaints.
#[derive(Debug, Subcommand)]
pub enum ComplaintCommand {
    /// Complaints and wishes for a correction, in the order they came.
    List(Page),
    /// Answer one, by its ID or the number that the person was told.
    Answer {
        complaint: String,
        #[arg(required = true)]
        text: Vec<String>,
    },
}

/// Runs one of the commands about complaints.
pub async fn run(desk: &Desk, command: &ComplaintCommand, answer: Answer) -> Outcome {
    match command {
        ComplaintCommand::List(page) => {
            let complaints = desk.complaints(page.after()?, page.limit).await?;
            let next = page.next(&complaints, |complaint| complaint.id);
            let zone = desk.office().zone();
            answer.give(&json!({"complaints": complaints, "next": next}), |_| {
                lines(&complaints, "no complaints", |one| line(one, zone))
            })
        }
        ComplaintCommand::Answer { complaint, text } => {
            let (id, read) = desk.answer_complaint(complaint, &text.join(" ")).await?;
            let words = match read {
                true => "answered; the answer goes to the chat it came from",
                false => "answered; it came without a name, so nobody can be told",
            };
            answer.give(&json!({"id": id, "sent": read}), |_| words.to_owned())
        }
    }
}

fn line(complaint: &Complaint, zone: chrono_tz::Tz) -> String {
    let at = complaint.created_at.with_timezone(&zone).format("%Y-%m-%d %H:%M");
    let from = match (&complaint.student, complaint.anonymous) {
        (Some(student), _) => format!("student {student}"),
        (None, true) => "nameless".to_owned(),
        (None, false) => "can be answered".to_owned(),
    };
    let answer = match (&complaint.answer, &complaint.answered_by) {
        (Some(text), Some(by)) => {
            let is_on_its_way = !complaint.anonymous && complaint.delivered_at.is_none();
            let note = if is_on_its_way { " (not delivered yet; it waits for the chat)" } else { "" };
            format!("\n    answered by {by}{note}: {text}")
        }
        _ => String::new(),
    };
    format!("{}  {at}  {from}\n    {}{answer}", complaint.number, complaint.text.replace('\n', "\n    "))
}
