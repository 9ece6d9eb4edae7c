//! `siap17 link …`: codes that link chats.

use std::path::PathBuf;

use clap::Subcommand;

use super::slips;
use crate::cli::answer::{Answer, Failure, Outcome};
use crate::cli::bot;
use crate::cli::caller::Caller;
use crate::cli::files::write;
use crate::cli::show;

/// What can be done with codes.
#[derive(Debug, Subcommand)]
pub enum LinkCommand {
    /// Printable slips for a place's students: one code for the student, one for a guardian.
    Slips {
        place: String,
        #[arg(long = "student", value_name = "ID")]
        students: Vec<String>,
        /// The page to print; may be left out with --json.
        #[arg(long, value_name = "F.html")]
        out: Option<PathBuf>,
    },
    /// A code for a place's contact.
    Contact { place: String },
    /// End every chat link of a student.
    Reset { student: String },
}

/// Runs one of the commands about codes.
pub async fn run(caller: Caller<'_>, command: &LinkCommand, answer: Answer) -> Outcome {
    bot::learn(caller.desks).await?;
    let desk = caller.desk().await?;
    match command {
        LinkCommand::Slips { place, students, out } => {
            let slips = desk.slips(place, students).await?;
            if let Some(out) = out {
                let page = slips::page(&desk, &slips).map_err(|error| Failure::new("qr", error.to_string()))?;
                write(desk.own_files(), out, page.as_bytes())?;
            }
            answer.give(&slips::lines(&slips), |lines| format!("{} slips written", lines.len() / 2))
        }
        LinkCommand::Contact { place } => answer.give(&desk.invite_contact(place).await?, show::office::invitation),
        LinkCommand::Reset { student } => {
            let ended = desk.reset_links(student).await?;
            answer.done(format!("{ended} chats are no longer linked"))
        }
    }
}
