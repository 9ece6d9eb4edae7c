//! `siap17 visit plan`.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use chrono::NaiveDate;

use crate::cli::answer::{Answer, Failure, Outcome, say};
use crate::cli::files::write;
use crate::cli::progress::{LOOK, planning};
use crate::cli::show;
use crate::desk::{Desk, PlanProgress, PlanReport};

/// Plans the days from one to another, and draws the plan into `picture`.
pub async fn plan(
    desk: &Desk,
    days: (Option<NaiveDate>, Option<NaiveDate>),
    dry_run: bool,
    picture: Option<&Path>,
    answer: Answer,
) -> Outcome {
    let report = watched(desk, days, dry_run).await?;
    if let Some(day) = report.cut_at {
        say(format_args!("the plan ends on {day}: the holidays of the year after that are not known yet"));
    }
    if let Some(file) = picture {
        write(desk.own_files(), file, desk.plan_picture(&report).await?.as_bytes())?;
        say(format_args!("{} is drawn", file.display()));
    }
    answer.give(&report, |report| show::plan::planned(report, desk.office().zone()))
}

/// Plans, and shows how far it is where somebody looks.
async fn watched(
    desk: &Desk,
    (from, to): (Option<NaiveDate>, Option<NaiveDate>),
    dry_run: bool,
) -> Result<PlanReport, Failure> {
    let progress = Arc::new(PlanProgress::default());
    let bar = planning();
    let work = desk.plan_visits_watched(from, to, dry_run, &progress);
    tokio::pin!(work);
    let mut ticks = tokio::time::interval(LOOK);
    loop {
        tokio::select! {
            done = &mut work => {
                bar.finish_and_clear();
                return Ok(done?);
            }
            _ = ticks.tick() => {
                bar.set_length(progress.all.load(Ordering::Relaxed));
                bar.set_position(progress.done.load(Ordering::Relaxed));
            }
        }
    }
}
