//! `siap17 visit what-if`: an instance is planned from a file, without office and database.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use serde::Serialize;

use crate::cli::answer::{Answer, Failure, Outcome, print, say, say_bare};
use crate::cli::files::bytes;
use crate::cli::progress::planning;
use crate::cli::show::plan::by_reason;
use crate::clock::Clock;
use crate::visit::instance::{Instance, PrintedVisit};
use crate::visit::plan;

/// Plans an instance from a file; needs neither office nor database.
pub fn what_if(file: &Path, moves: Option<u64>, seconds: Option<f64>, clock: &Clock, answer: Answer) -> Outcome {
    /// In the checker's form, and whether it could have been better with more time.
    #[derive(Serialize)]
    struct Printed<'a> {
        visits: Vec<PrintedVisit<'a>>,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        cut_off: bool,
    }
    let wrong = |error| Failure::new("instance", format!("{}: {error}", file.display()));
    let instance = Instance::parse(&bytes(file)?).map_err(wrong)?;
    let begun = clock.elapsed();
    let allowed = match seconds.map(Duration::try_from_secs_f64) {
        None => Duration::MAX,
        Some(Ok(allowed)) => allowed,
        Some(Err(_)) => return Err(Failure::new("seconds", "--seconds takes a number of seconds from 0 on")),
    };
    let bar = planning();
    let watch = |done: u64, all: u64| {
        bar.set_length(all);
        bar.set_position(done);
        clock.elapsed().saturating_sub(begun) >= allowed
    };
    let solution = plan::solve(&instance.problem, moves, &watch);
    bar.finish_and_clear();
    let printed = Printed { visits: instance.printed(&solution.plan), cut_off: solution.cut_off };
    let text = serde_json::to_string(&printed).map_err(|error| Failure::new("internal", error.to_string()))?;
    print(&text)?;
    if !answer.json {
        let score = solution.score;
        let totals = plan::totals(&instance.problem, &solution.plan);
        say_bare(format_args!(
            "{} due: {} on time, {} missed; {} never met; {} team-days, {} stops, {} minutes on the road, {} ahead",
            totals.due,
            totals.on_time,
            score.missed,
            score.never,
            score.team_days,
            score.stops,
            score.travel,
            -score.ahead
        ));
        if let Some(help) = plan::help(&instance.problem, &solution.plan) {
            say_bare(format_args!(
                "1 more device for {} from {} to {}: {} more on time",
                instance.team(help.crew),
                instance.problem.date(help.from),
                instance.problem.date(help.to),
                help.on_time
            ));
        }
        let unplaced = plan::unplaced(&instance.problem, &solution.plan);
        let took = clock.elapsed().saturating_sub(begun).as_secs_f64();
        let reasons = by_reason(unplaced.into_iter().map(|(_, reason)| reason));
        say_bare(format_args!("{reasons}{} moves tried in {took:.2} s", solution.moves));
    }
    if solution.cut_off {
        say("cut off by --seconds; another run may give another plan");
    }
    Ok(ExitCode::SUCCESS)
}
