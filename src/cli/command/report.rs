//! `siap17 report …`: the day's work and the funnel.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::Subcommand;

use crate::cli::answer::{Answer, Outcome};
use crate::cli::files::write;
use crate::cli::show;
use crate::cli::values::day;
use crate::desk::Desk;

/// What is reported.
#[derive(Debug, Subcommand)]
pub enum ReportCommand {
    /// The day's work and the funnel.
    Daily {
        #[arg(long, value_parser = day)]
        date: Option<NaiveDate>,
        #[arg(long, value_name = "F.xlsx")]
        out: Option<PathBuf>,
    },
}

/// Makes a report.
pub async fn run(desk: &Desk, command: &ReportCommand, answer: Answer) -> Outcome {
    let ReportCommand::Daily { date, out } = command;
    let daily = desk.daily(*date).await?;
    if let Some(out) = out {
        write(desk.own_files(), out, &show::daily::workbook(&daily)?)?;
    }
    let calls = if daily.calls.is_empty() { Vec::new() } else { desk.visit_calls().await? };
    answer.give(&daily, |daily| show::daily::daily(daily) + &show::calls::below_report(&calls))
}
