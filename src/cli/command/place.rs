//! `siap17 place …`: schools, villages and communities.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::json;

use super::hits;
use crate::cli::answer::{Answer, Outcome};
use crate::cli::files::{bytes, of_file};
use crate::cli::show;
use crate::cli::values::Page;
use crate::desk::Desk;

/// What can be done with places.
#[derive(Debug, Subcommand)]
pub enum PlaceCommand {
    /// Add places from a CSV, and change those that are known.
    Import { file: PathBuf },
    /// Schools, villages and communities.
    List(Page),
}

/// Runs one of the commands about places.
pub async fn run(desk: &Desk, command: &PlaceCommand, answer: Answer) -> Outcome {
    match command {
        PlaceCommand::Import { file } => import(desk, file, answer).await,
        PlaceCommand::List(page) => {
            let places = desk.places(page.after()?, page.limit).await?;
            let next = page.next(&places, |place| place.id);
            answer.give(&json!({"places": places, "next": next}), |_| show::office::places(&places))
        }
    }
}

async fn import(desk: &Desk, file: &Path, answer: Answer) -> Outcome {
    let done = desk.import_places(&bytes(file)?).await.map_err(of_file(file))?;
    let hits = hits::hits(desk).await;
    let replanned = hits::replan(desk).await;
    let value = json!({"new": done.new, "updated": done.updated, "visits_hit": hits, "replanned": replanned});
    answer.give(&value, |_| {
        let text = format!("{} places added, {} updated", done.new, done.updated);
        show::visit::hits(&text, &hits, desk.office().zone()) + &show::visit::replanned(replanned.as_ref())
    })
}
