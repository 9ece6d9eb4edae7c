//! What an office as large as a country's costs on both engines: 500,000 students and 1,500,000 notices, measured through the
//! desk and the program itself. `cargo bench --bench office -- [heartbeat|lists|report|collect|startup]… [sqlite|postgres]…
//! [--students N]`; without an argument all of it. Everything is measured in processes of their own, so that each line tells
//! the memory of what it names. PostgreSQL is the server that `SIAP17_TEST_POSTGRES` names. The numbers are for people;
//! nothing fails. `docs/performance.md` says what they were.

#[path = "office/build.rs"]
mod build;
#[path = "office/collect.rs"]
mod collect;
#[path = "office/facts.rs"]
mod facts;
#[path = "office/lists.rs"]
mod lists;
#[path = "office/measure.rs"]
mod measure;
#[path = "office/population.rs"]
mod population;
#[path = "office/sections.rs"]
mod sections;
#[path = "office/stage.rs"]
mod stage;
#[path = "office/startup.rs"]
mod startup;

use stage::{Engine, Stage};

/// What a part of the bench gives.
type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// A country's office.
const STUDENTS: u64 = 500_000;
/// What is measured, in this order.
const SECTIONS: [&str; 5] = ["heartbeat", "lists", "report", "collect", "startup"];
/// Begins the arguments of the processes that this one starts.
const INSIDE: &str = "--inside";

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let Some([section, folder, url]) = arguments.strip_prefix(&[INSIDE.to_owned()][..]) {
        return inside(section, &Stage::at(folder, url));
    }
    let mut students = STUDENTS;
    let mut words = Vec::new();
    let mut rest = arguments.into_iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--students" => students = rest.next().ok_or("--students takes a number")?.parse()?,
            word if SECTIONS.contains(&word) || Engine::NAMES.contains(&word) => words.push(argument),
            "memory" => {} // Every line tells it.
            word => return Err(format!("'{word}' is neither a section ({}) nor an engine", SECTIONS.join(", ")).into()),
        }
    }
    let chosen = |names: &[&'static str]| -> Vec<&'static str> {
        let named: Vec<_> = names.iter().copied().filter(|name| words.iter().any(|word| word == name)).collect();
        if named.is_empty() { names.to_vec() } else { named }
    };
    for engine in chosen(&Engine::NAMES) {
        let Some(engine) = Engine::of(engine) else {
            println!("SIAP17_TEST_POSTGRES is not set: nothing is measured on PostgreSQL");
            continue;
        };
        let built = build::built(&engine, students)?;
        println!("\n{students} students on {}", engine.name());
        let mut most = 0;
        for section in chosen(&SECTIONS) {
            let stage = built.copy()?;
            most = most.max(stage.run_inside(section)?);
            stage.take_down()?;
        }
        measure::tell_memory("most memory of any part's own process", most, measure::MOST_MEMORY);
    }
    Ok(())
}

/// A part in a process of its own.
fn inside(section: &str, stage: &Stage) -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match section {
            "build" => build::build(stage).await,
            "heartbeat" => sections::heartbeat(stage).await,
            "lists" => lists::lists(stage).await,
            "report" => sections::report(stage).await,
            "collect" => collect::collect(stage).await,
            "startup" => startup::startup(stage).await,
            other => Err(format!("there is no section {other}").into()),
        }
    })
}
