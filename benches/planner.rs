//! How good plans are and how long they take: `cargo bench --bench planner -- FILE…` for instances in the form of
//! `siap17 visit what-if`; without files a province of our own making. Beside each plan stands what the same planner lays out
//! without any search, as the baseline of the same run.

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use siap17::visit::instance::Instance;
use siap17::visit::plan::{self, Crew, Day, Point, Problem, Pupil, Score, Site};

/// A year.
const DAYS: usize = 365;
const SITES: usize = 300;
const PUPILS: usize = 20_000;

fn main() -> Result<(), Box<dyn Error>> {
    println!(
        "{:<12} {:>7} {:>7} {:>9} {:>6} {:>9} {:>7} {:>8} {:>9} {:>9}",
        "instance", "missed", "never", "team-days", "stops", "minutes", "ahead", "seconds", "moves", "moves/s"
    );
    let files: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    for file in &files {
        let name = Path::new(file).file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        measure(&name, &Instance::parse(&std::fs::read(file)?)?.problem);
    }
    if files.is_empty() {
        measure("province", &province());
    }
    println!("peak {} MiB resident", peak_mib());
    Ok(())
}

fn measure(name: &str, problem: &Problem) {
    for (name, moves) in [(format!("{name} (0)"), Some(0)), (name.to_owned(), None)] {
        let began = Instant::now();
        let solution = plan::solve(problem, moves, &|_, _| false);
        let seconds = began.elapsed().as_secs_f64();
        let Score { missed, never, team_days, stops, travel, ahead, .. } = solution.score;
        println!(
            "{name:<12} {missed:>7} {never:>7} {team_days:>9} {stops:>6} {travel:>9} {:>7} {seconds:>8.2} {:>9} {:>9.0}",
            -ahead,
            solution.moves,
            solution.moves as f64 / seconds
        );
    }
}

/// Schools around four bases, with pupils who turn 17 all over the year.
fn province() -> Problem {
    let mut state = 1_u64;
    let mut random = |end: u64| {
        // A step of Knuth's MMIX generator; good enough to scatter schools.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % end
    };
    let bases = [(-8.4, 116.0), (-8.9, 116.1), (-8.5, 116.6), (-9.0, 116.8)];
    let bases = bases.map(|(latitude, longitude)| Point { latitude, longitude });
    let working = |days: usize| (0..DAYS).map(move |day| day % 7 < days);
    let sites = (0..SITES).map(|site| {
        let base = bases[site % bases.len()];
        let shift = |random: u64| random as f64 / 1000.0 * 0.5 - 0.25;
        let at =
            Point { latitude: base.latitude + shift(random(1000)), longitude: base.longitude + shift(random(1000)) };
        Site { at, open: working(5).collect() }
    });
    let sites: Vec<Site> = sites.collect();
    let crew =
        |base: &Point| Crew { base: *base, devices: working(4).map(|works| if works { 2 } else { 0 }).collect() };
    let pupil = || {
        // A year of birthdays and half a year more; no number here is too large for a day.
        let birthday = Day::try_from(random(540)).unwrap_or_default() + 20;
        let site = usize::try_from(random(SITES as u64)).unwrap_or_default();
        Pupil { site, from: birthday - 365, until: Day::MAX, birthday }
    };
    let pupils = std::iter::repeat_with(pupil).take(PUPILS).collect();
    Problem {
        start: chrono::NaiveDate::from_ymd_opt(2026, 7, 20).unwrap_or_default(),
        days: Day::try_from(DAYS).unwrap_or_default(),
        rolling: None,
        params: plan::Params { setup_minutes: 45.0, minutes_per_student: 5.0, speed_kmh: 30.0, detour: 1.3 },
        day_minutes: vec![360.0; DAYS],
        sites,
        crews: bases.iter().chain(&bases).map(crew).collect(),
        fixed: Vec::new(),
        pupils,
        proposed: Vec::new(),
    }
}

/// The most memory that the process ever had, as Linux counts it.
fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}
