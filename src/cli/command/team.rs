//! `siap17 team …`: a mobile team breaks down and goes out again.

use std::fmt::Write;

use chrono::NaiveDate;
use clap::Subcommand;
use serde_json::json;

use super::hits;
use crate::cli::answer::{Answer, Outcome};
use crate::cli::show;
use crate::cli::values::day;
use crate::desk::{Broken, Desk};

/// What can be done with teams.
#[derive(Debug, Subcommand)]
pub enum TeamCommand {
    /// The team cannot go out until a day, that day included.
    Broken {
        name: String,
        #[arg(long, value_parser = day)]
        until: NaiveDate,
    },
    /// The team goes out again.
    Repaired { name: String },
}

/// Runs one of the commands about teams.
pub async fn run(desk: &Desk, command: &TeamCommand, answer: Answer) -> Outcome {
    match command {
        TeamCommand::Broken { name, until } => {
            let done = desk.team_broken(name, *until).await?;
            broken(desk, answer, &done, &format!("{name} stays at home until {until}, that day included")).await
        }
        TeamCommand::Repaired { name } => {
            desk.team_repaired(name).await?;
            hits::done(desk, answer, &format!("{name} can go out again"), true).await
        }
    }
}

/// A team broke: what became of its visits of today, which others are hit, and the new plan.
async fn broken(desk: &Desk, answer: Answer, broken: &Broken, done: &str) -> Outcome {
    let hits = hits::hits(desk).await;
    let replanned = hits::replan(desk).await;
    let value = json!({
        "done": true, "device_failed": broken.device_failed, "visits_ended": broken.visits, "visits_hit": hits,
        "replanned": replanned,
    });
    answer.give(&value, |_| {
        let mut text = done.to_owned();
        if !broken.visits.is_empty() {
            let _ = write!(
                text,
                "\n{} visits of today end; {} students without a result are device_failed and planned again",
                broken.visits.len(),
                broken.device_failed
            );
        }
        show::visit::hits(&text, &hits, desk.office().zone()) + &show::visit::replanned(replanned.as_ref())
    })
}
