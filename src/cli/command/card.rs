//! `siap17 card …`: from the national status to the hand.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::json;

use crate::card::QueueCursor;
use crate::cli::answer::{Answer, Failure, Outcome};
use crate::cli::files::{bytes, of_file};
use crate::cli::show;
use crate::cli::values::{Page, words};
use crate::desk::{Desk, DeskError, Named, PrintedCards, Queued, StockEntry, Taker};

/// What can be done with cards.
#[derive(Debug, Subcommand)]
pub enum CardCommand {
    /// Take a sheet of NIK and national status.
    Status {
        file: PathBuf,
        /// Where cards are that the sheet calls printed and siap17 does not know: `in-hand`, or `at POINT`; say it behind the file.
        #[arg(long, value_name = "in-hand|at POINT", num_args = 1..=2)]
        printed_cards: Vec<String>,
    },
    /// Whose card can be printed.
    Queue {
        #[arg(long)]
        with_nik: bool,
        #[command(flatten)]
        page: Page,
    },
    /// Cards were printed: a file, or students by ID, NISN or name.
    Printed {
        #[arg(required = true)]
        students: Vec<String>,
        /// Where the blanks came from; the first pickup point otherwise.
        #[arg(long, value_name = "POINT")]
        at: Option<String>,
    },
    /// Printed cards lie ready at a pickup point.
    Ready {
        #[arg(required = true)]
        students: Vec<String>,
        #[arg(long, value_name = "POINT")]
        at: String,
    },
    /// Blanks.
    #[command(subcommand)]
    Stock(StockCommand),
    /// Whose card a pickup code finds, where it is, and in which chats the code shows: to judge by before it is handed out.
    Look { card: String },
    /// Hand a card out, by pickup code or student.
    Collect {
        card: String,
        /// Who came, if not the holder: the name as it stands on their document.
        #[arg(long, requires = "relation", value_parser = words)]
        by: Option<String>,
        /// What that person is to the holder.
        #[arg(long, value_parser = words)]
        relation: Option<String>,
        /// What that person has shown, such as KTP-el or KK.
        #[arg(long, requires = "by", value_parser = words)]
        document: Option<String>,
    },
    /// Take a handing-out back.
    CollectUndo {
        student: String,
        #[arg(long, value_parser = words)]
        reason: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum StockCommand {
    /// Blanks came.
    Receive {
        count: u32,
        #[arg(long, value_name = "POINT")]
        at: String,
    },
    /// Blanks were spoilt.
    Spoil {
        count: u32,
        #[arg(long, value_name = "POINT")]
        at: String,
    },
    /// So many blanks were counted by hand.
    Count {
        count: u32,
        #[arg(long, value_name = "POINT")]
        at: String,
    },
}

/// Runs one of the commands about cards.
pub async fn run(desk: &Desk, command: &CardCommand, answer: Answer) -> Outcome {
    match command {
        CardCommand::Status { file, printed_cards: said } => {
            let report = desk.take_status(&bytes(file)?, printed_cards(said)?).await.map_err(of_file(file))?;
            answer.give(&report, show::card::status)
        }
        CardCommand::Queue { with_nik, page } => {
            let queue = desk.print_queue_page(*with_nik, page.after()?, page.limit).await?;
            let after = |line: &Queued| QueueCursor { print_from: Some(line.print_from), student: line.student };
            let next = page.next(&queue, |line| after(line).to_string());
            answer.give(&json!({"queue": queue, "next": next}), |_| show::card::queue(&queue))
        }
        CardCommand::Printed { students, at } => {
            let report = desk.printed(named(students)?, at.as_deref()).await.map_err(of_list(students))?;
            answer.give(&report, |report| show::card::list(report, "printed"))
        }
        CardCommand::Ready { students, at } => {
            let report = desk.ready(named(students)?, at).await.map_err(of_list(students))?;
            answer.give(&report, |report| show::card::list(report, "put out"))
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
        CardCommand::Look { card } => {
            let (student, card, chats) = desk.look_at_card(card).await?;
            let value = json!({"student": student.id, "name": student.name, "class": student.class_name, "card": card, "chats": chats});
            answer.give(&value, |_| show::card::look(desk.office(), &student, card.as_ref(), &chats))
        }
        CardCommand::Collect { card, by, relation, document } => {
            let taker = match (by, relation.as_deref()) {
                (None, None | Some("self")) => None,
                (by, relation) => Some(Taker {
                    name: by.clone().unwrap_or_default(),
                    relation: relation.unwrap_or_default().to_owned(),
                    document: document.clone(),
                }),
            };
            let (student, collected, chats) = desk.collect(card, taker).await?;
            let value = json!({
                "student": student.id, "card": collected.card, "collection": collected.collection, "chats": chats
            });
            answer
                .give(&value, |_| format!("the card of {} is handed out\n{}", student.name, show::card::chats(&chats)))
        }
        CardCommand::CollectUndo { student, reason } => {
            let student = desk.undo_collect(student, reason).await?;
            answer.done(format!("the card of {} lies at the counter again", student.name))
        }
    }
}

/// Where cards are that were printed before siap17 knew of them; nothing, if that was not said.
fn printed_cards(said: &[String]) -> Result<Option<PrintedCards<'_>>, Failure> {
    let said: Vec<&str> = said.iter().map(|word| word.trim()).collect();
    match said[..] {
        [] => Ok(None),
        ["in-hand"] => Ok(Some(PrintedCards::InHand)),
        ["at", point] => Ok(Some(PrintedCards::At(point))),
        [both] if both.starts_with("at ") => Ok(Some(PrintedCards::At(both[3..].trim()))),
        _ => Err(Failure::new(
            "value",
            "--printed-cards is in-hand (the people have them) or at POINT (they lie there); it stands behind the file",
        )),
    }
}

/// One existing file, or students one by one.
fn named(texts: &[String]) -> Result<Named, Failure> {
    match texts {
        // A pipe or a device, and whatever is written as a path, is refused as the file that it is not.
        [only] if is_path(only) => Ok(Named::File(bytes(Path::new(only))?)),
        _ => Ok(Named::Each(texts.to_vec())),
    }
}

fn is_path(text: &str) -> bool {
    let path = Path::new(text);
    path.exists() && (!path.is_dir() || text.contains('/'))
}

/// The file that a list of students may be.
fn of_list(texts: &[String]) -> impl FnOnce(DeskError) -> Failure {
    of_file(Path::new(texts.first().map_or("", String::as_str)))
}
