//! `siap17 visit …`: visits are planned, announced, moved, and their day is written down.

mod feed;
mod letter;
mod order;
mod plan;
mod session;
mod talk;
pub mod what_if;

use std::path::PathBuf;
use std::process::ExitCode;

use chrono::NaiveDate;
use clap::Subcommand;

use crate::cli::answer::{Answer, Failure, Outcome, say};
use crate::cli::files::{bytes, of_file, write};
use crate::cli::show;
use crate::cli::show::visit::line;
use crate::cli::values::{Page, day, words};
use crate::config::Http;
use crate::desk::{Desk, Entry, VisitFilter};
use crate::visit::{DayResult, Ikd, VisitId, VisitState};

/// What can be done with visits.
#[derive(Debug, Subcommand)]
pub enum VisitCommand {
    /// Plan visits; settled ones stay, proposed ones are replaced.
    Plan {
        /// The first day; tomorrow otherwise.
        #[arg(long, value_parser = day)]
        from: Option<NaiveDate>,
        /// The last day; the office's horizon otherwise.
        #[arg(long, value_parser = day)]
        to: Option<NaiveDate>,
        /// Show the plan, and keep nothing.
        #[arg(long)]
        dry_run: bool,
        /// Also draw the season's calendar and the map of the places here, as SVG.
        #[arg(long, value_name = "F.svg")]
        picture: Option<PathBuf>,
    },
    /// Visits by day and hour.
    List {
        #[arg(long)]
        state: Option<VisitState>,
        /// The place's code.
        #[arg(long, value_name = "CODE")]
        place: Option<String>,
        #[arg(long, value_parser = day)]
        from: Option<NaiveDate>,
        #[arg(long, value_parser = day)]
        to: Option<NaiveDate>,
        #[command(flatten)]
        page: Page,
    },
    /// Settle a proposed visit: it stays as it is from now on.
    Announce { visit: VisitId },
    /// The words to send a place's contact by hand, with a link that opens WhatsApp.
    Invite {
        visit: VisitId,
        /// They were sent: nobody has to do so again.
        #[arg(long)]
        sent: bool,
    },
    /// Announced visits that nobody has answered: whom to call, whom to write to.
    Calls,
    /// The formal letter to a place, with the list of students, as a page to print.
    Letter {
        #[arg(required_unless_present = "state", conflicts_with = "state")]
        visit: Option<VisitId>,
        /// Every visit to come in this state, announced or confirmed, each on pages of its own.
        #[arg(long)]
        state: Option<VisitState>,
        #[arg(long, value_name = "F.html")]
        out: PathBuf,
    },
    /// The place has agreed; students are told.
    Confirm { visit: VisitId },
    /// Calendars to subscribe to, by links with a secret.
    #[command(subcommand)]
    Feed(feed::FeedCommand),
    /// Put a settled visit on another day.
    Move {
        visit: VisitId,
        #[arg(long, value_parser = day)]
        to: NaiveDate,
    },
    /// Call a visit off; its students are planned again.
    Cancel {
        visit: VisitId,
        #[arg(long, value_parser = words)]
        reason: String,
    },
    /// The offline list of a visit, as a spreadsheet.
    Sheet {
        visit: VisitId,
        #[arg(long, value_name = "F.xlsx")]
        out: PathBuf,
        /// Show NIKs too; the look is written down.
        #[arg(long)]
        with_nik: bool,
    },
    /// Write down the day: a list that came back, or one student's result.
    Record {
        visit: VisitId,
        #[arg(value_name = "F.xlsx", required_unless_present = "student")]
        file: Option<PathBuf>,
        #[arg(long, value_name = "ID", requires = "result", conflicts_with = "file")]
        student: Option<String>,
        #[arg(long, requires = "student")]
        result: Option<DayResult>,
        #[arg(long, requires = "student", value_parser = words)]
        reason: Option<String>,
        /// What the student said to the digital ID (IKD).
        #[arg(long, requires = "student")]
        ikd: Option<Ikd>,
        /// The student came without standing on the list.
        #[arg(long, requires = "student")]
        walk_in: bool,
    },
    /// Orders: somebody asks the office to come.
    #[command(subcommand)]
    Order(order::OrderCommand),
    /// Plan an instance from a file, without any database, and print the plan.
    WhatIf {
        instance: PathBuf,
        /// How many improvements are tried; from the size otherwise.
        #[arg(long)]
        moves: Option<u64>,
        /// Stop after so many seconds.
        #[arg(long)]
        seconds: Option<f64>,
    },
    /// Evenings, weekends and village days that are open to everybody.
    #[command(subcommand)]
    Session(session::SessionCommand),
}

/// Runs one of the commands about visits.
pub async fn run(desk: &Desk, command: &VisitCommand, http: &Http, answer: Answer) -> Outcome {
    let zone = desk.office().zone();
    match command {
        VisitCommand::Plan { from, to, dry_run, picture } => {
            plan::plan(desk, (*from, *to), *dry_run, picture.as_deref(), answer).await
        }
        VisitCommand::List { state, place, from, to, page } => {
            let (after, limit) = (page.after()?, page.limit);
            let filter = VisitFilter { state: *state, place: place.clone(), from: *from, to: *to, after, limit };
            answer.give(&desk.visits(&filter).await?, |page| show::visit::lines(&page.visits, zone))
        }
        VisitCommand::Announce { visit } => talk::announce(desk, *visit, answer).await,
        VisitCommand::Invite { visit, sent } => talk::invite(desk, *visit, *sent, answer).await,
        VisitCommand::Letter { visit, state, out } => talk::letters(desk, *visit, *state, out, answer).await,
        VisitCommand::Feed(command) => feed::run(desk, command, http, answer).await,
        VisitCommand::Calls => talk::calls(desk, answer).await,
        VisitCommand::Confirm { visit } => {
            let visit = desk.confirm_visit(*visit).await?;
            answer.give(&visit, |visit| format!("confirmed, its students are told: {}", line(visit, zone)))
        }
        VisitCommand::Move { visit, to } => {
            answer.give(&desk.move_visit(*visit, *to).await?, |done| show::visit::moved(done, zone))
        }
        VisitCommand::Cancel { visit, reason } => {
            let visit = desk.cancel_visit(*visit, reason).await?;
            answer.give(&visit, |visit| format!("cancelled, its students are planned again: {}", line(visit, zone)))
        }
        VisitCommand::Sheet { visit, out, with_nik } => {
            write(desk.own_files(), out, &desk.visit_sheet(*visit, *with_nik).await?)?;
            answer.done(format!("{} is written", out.display()))
        }
        VisitCommand::Record { visit, file: Some(file), .. } => {
            let report = desk.record_visit_sheet(*visit, &bytes(file)?).await.map_err(of_file(file))?;
            answer.give(&report, show::visit::recorded)?;
            let nothing = report.written + report.unchanged + report.niks == 0;
            if nothing && !report.problems.is_empty() {
                say(format_args!("nothing of {} was written down; the answer says why for each row", file.display()));
                return Ok(ExitCode::FAILURE);
            }
            Ok(ExitCode::SUCCESS)
        }
        VisitCommand::Record { visit, file: None, student, result, reason, ikd, walk_in } => {
            let (Some(student), Some(result)) = (student, result) else {
                return Err(Failure::new("usage", "name a sheet, or a student with --student and --result"));
            };
            let entry = Entry { result: *result, reason: reason.as_deref(), ikd: *ikd, walk_in: *walk_in };
            let done = desk.record_visit_result(*visit, student, entry).await?;
            answer.give(&done, show::visit::result)
        }
        VisitCommand::Order(command) => order::run(desk, command, answer).await,
        VisitCommand::Session(command) => session::run(desk, command, answer).await,
        VisitCommand::WhatIf { instance, moves, seconds } => {
            what_if::what_if(instance, *moves, *seconds, desk.clock(), answer)
        }
    }
}
