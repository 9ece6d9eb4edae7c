//! `siap17 link …`: codes that link chats.

use std::path::PathBuf;

use clap::Subcommand;

use super::slips;
use crate::cli::answer::{Answer, Failure, Outcome};
use crate::cli::bot;
use crate::cli::caller::Caller;
use crate::cli::files::write;
use crate::cli::show;
use crate::cli::values::words;
use crate::desk::WantedSlips;

/// What can be done with codes.
#[derive(Debug, Subcommand)]
pub enum LinkCommand {
    /// Printable slips for a place's students: one code for the student, one for a guardian. Codes that are good are given out
    /// again, so that the slips which families have stay good.
    Slips {
        place: String,
        /// Only this class, as the roster writes it.
        #[arg(long, value_name = "C", value_parser = words)]
        class: Option<String>,
        /// Only students who have neither a slip that is good nor a chat.
        #[arg(long, conflicts_with = "replace")]
        new: bool,
        /// Only these students, by ID, NISN or name.
        #[arg(long = "student", value_name = "ID", num_args = 1..)]
        students: Vec<String>,
        /// New codes for all of them: every slip handed out earlier is void.
        #[arg(long)]
        replace: bool,
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
        LinkCommand::Slips { place, class, new, students, replace, out } => {
            let wanted = WantedSlips { only: students.clone(), class: class.clone(), new: *new, replace: *replace };
            let slips = desk.slips(place, &wanted).await?;
            // Nobody's slips are no page: an empty one would look as if it had to be printed.
            if let Some(out) = out.as_ref().filter(|_| !slips.slips.is_empty()) {
                let page = slips::page(&desk, &slips).map_err(|error| Failure::new("qr", error.to_string()))?;
                write(desk.own_files(), out, page.as_bytes())?;
            }
            answer.give(&slips::lines(&slips), |_| show::office::slips(&slips, *replace))
        }
        LinkCommand::Contact { place } => answer.give(&desk.invite_contact(place).await?, show::office::invitation),
        LinkCommand::Reset { student } => {
            let ended = desk.reset_links(student).await?;
            answer.done(format!("{ended} chats are no longer linked"))
        }
    }
}
