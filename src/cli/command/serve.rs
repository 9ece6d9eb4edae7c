//! `siap17 serve`: opens everything, then hands over to the daemon until SIGTERM or Ctrl-C.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use crate::cli::answer::{Failure, Outcome, chain};
use crate::clock::Clock;
use crate::config::{Config, Log, LogFormat};
use crate::daemon;
use crate::db::{DRIVER_IS_QUIET, file_of};
use crate::desk::Desks;
use crate::telegram::{Wire, wire};

/// Serves until it is told to stop.
pub async fn serve(config: Config, clock: Clock) -> Outcome {
    start_log(&config.log)?;
    let token = wire::read_token(&config.telegram).map_err(|error| Failure::new("telegram", chain(&error)))?;
    let wire = match token {
        None => None,
        Some(token) => {
            let wire = Wire::connect(&config.telegram, token, clock.clone());
            let wire = wire.map_err(|error| Failure::new("telegram", chain(&error)))?;
            Some(Arc::new(wire.remembering(silence_file(&config))))
        }
    };
    let desks = Desks::open(config, clock).await?;
    let stop = CancellationToken::new();
    tokio::spawn(stopped_by_signal(stop.clone(), hear(SignalKind::terminate())?, hear(SignalKind::interrupt())?));
    daemon::serve(desks, wire, stop).await.map_err(|error| Failure::new("serve", chain(&error)))?;
    Ok(ExitCode::SUCCESS)
}

/// Where a wait that the Bot API asks for outlives a kill: beside the database if that is a file, else beside the key.
fn silence_file(config: &Config) -> PathBuf {
    file_of(&config.database.url).unwrap_or_else(|| config.key_file.clone()).with_extension("silence")
}

fn start_log(log: &Log) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(&log.filter).map_err(|error| {
        Failure::new("configuration", format!("log.filter = \"{}\" is no filter: {error}", log.filter))
    })?;
    // What becomes of each connection when a server goes away is said once, in our own words.
    let filter = DRIVER_IS_QUIET.iter().filter_map(|one| one.parse().ok()).fold(filter, EnvFilter::add_directive);
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match log.format {
        LogFormat::Text => subscriber.with_ansi(false).try_init(),
        LogFormat::Json => subscriber.json().try_init(),
    };
    started.map_err(|error| Failure::new("log", format!("the log cannot be started: {error}")))
}

fn hear(kind: SignalKind) -> Result<Signal, Failure> {
    signal(kind).map_err(|error| Failure::new("signal", format!("signals cannot be heard: {error}")))
}

async fn stopped_by_signal(stop: CancellationToken, mut terminate: Signal, mut interrupt: Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    stop.cancel();
}
