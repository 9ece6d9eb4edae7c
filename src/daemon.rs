//! `siap17 serve`: starts everything, wires it, keeps it going, and stops it in order.
//!
//! Each part is a task of its own that may fail or panic without stopping the others. What only one node may do (send, poll,
//! answer; seal) is done by whoever holds the lease of that name.

mod jobs;
mod lease;
mod look;
mod memory;
mod part;
mod telegram;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::audit::{Fault, Sealing};
use crate::db::{self, Claim, DbError};
use crate::desk::{Desks, OpenError, health};
use crate::jobs::health::SEALER;
use crate::jobs::{Schedule, ScheduleError};
use crate::telegram::Wire;
use crate::web;
use part::{AFTER_FAILURE, chain, complain, rest};

/// How long a stop may take before what is still under way is left to the next start (10 s), less a margin for
/// closing the database.
const DRAIN: Duration = Duration::from_secs(8);
const CLOSE: Duration = Duration::from_secs(1);
/// How often it is made sure that the node's name is still ours.
const CONFIRM: Duration = Duration::from_secs(5);
/// An entry is sealed within 5 s (design: *audit*).
const SEAL_EVERY: Duration = Duration::from_secs(2);

/// Why the daemon cannot start.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    #[error("the address {address} cannot be listened on; is another siap17 serve running? (http.listen)")]
    Listen { address: std::net::SocketAddr, source: std::io::Error },
    #[error("the heartbeat cannot be started")]
    Heartbeat(#[source] tokio_cron_scheduler::JobSchedulerError),
}

/// Runs until `stop` is cancelled, then drains. Without `telegram` (no token) nothing is sent or read, and the log says so.
pub async fn serve(desks: Desks, telegram: Option<Arc<Wire>>, stop: CancellationToken) -> Result<(), DaemonError> {
    // Asked before anything is served: what a server puts in its place from here on is told from it.
    let served = desks.db().identity().await?;
    let mut claim = desks.db().claim_for_serving(&desks.config().node.name).await?;
    desks.note_serving().await?;
    let schedule = Arc::new(Schedule::new(&desks.config().jobs, desks.clock().now())?);
    let address = desks.config().http.listen;
    let listener = TcpListener::bind(address).await.map_err(|source| DaemonError::Listen { address, source })?;
    let address = listener.local_addr().unwrap_or(address);
    let (beat, mut heartbeat) = jobs::heartbeat().await.map_err(DaemonError::Heartbeat)?;
    let beat = Arc::new(tokio::sync::Mutex::new(beat));

    let tasks = TaskTracker::new();
    let watch = tokio::spawn(memory::watch(desks.clone(), served, stop.clone()));
    begin(&tasks, &desks, telegram, (schedule, beat), listener, &stop);
    let keeper = tokio::spawn({
        let (desks, stop) = (desks.clone(), stop.clone());
        async move {
            let lost = keep(&mut claim, &desks, &stop).await;
            (claim, lost)
        }
    });
    tracing::info!(%address, node = %desks.config().node.name, "siap17 serves");

    stop.cancelled().await;
    tracing::info!("stopping");
    tasks.close();
    if let Err(error) = heartbeat.shutdown().await {
        tracing::warn!(%error, "the heartbeat did not stop cleanly");
    }
    if tokio::time::timeout(DRAIN, tasks.wait()).await.is_err() {
        tracing::warn!("some work did not end in time; the next start takes it up");
    }
    let kept = tokio::time::timeout(CLOSE, keeper).await;
    let gone = tokio::time::timeout(CLOSE, watch).await.ok().and_then(Result::ok).flatten();
    let _ = tokio::time::timeout(CLOSE, desks.db().close()).await;
    tracing::info!("stopped");
    let lost = match kept {
        Ok(Ok((_claim, lost))) => lost,
        _ => None,
    };
    gone.or(lost).map_or(Ok(()), |error| Err(error.into()))
}

/// Begins every part of the daemon, each as a task of its own.
fn begin(
    tasks: &TaskTracker,
    desks: &Desks,
    telegram: Option<Arc<Wire>>,
    (schedule, beat): (Arc<Schedule>, jobs::Beat),
    listener: TcpListener,
    stop: &CancellationToken,
) {
    let timetable = Arc::clone(&schedule);
    {
        let (desks, far, stop) = (desks.clone(), telegram.clone(), stop.clone());
        tasks.spawn(supervised("jobs", stop.clone(), move || {
            jobs::run(desks.clone(), far.clone(), Arc::clone(&schedule), Arc::clone(&beat), stop.clone())
        }));
    }
    {
        let (desks, stop) = (desks.clone(), stop.clone());
        tasks.spawn(supervised("sealer", stop.clone(), move || sealer(desks.clone(), stop.clone())));
    }
    {
        let (desks, stop) = (desks.clone(), stop.clone());
        tasks.spawn(async move { stop.run_until_cancelled(seal_what_stands_open(desks)).await });
    }
    let (watchman, monitor) = health::monitor();
    let watchman = Arc::new(watchman);
    {
        let (desks, stop, wire, schedule) = (desks.clone(), stop.clone(), telegram.clone(), Arc::clone(&timetable));
        tasks.spawn(supervised("health", stop.clone(), move || {
            let (schedule, watchman) = (Arc::clone(&schedule), Arc::clone(&watchman));
            look::run(desks.clone(), schedule, wire.clone(), watchman, stop.clone())
        }));
    }
    tasks.spawn(web::serve(listener, web::router(desks.clone(), monitor), stop.clone()));
    if let Some(wire) = telegram {
        let (desks, stop) = (desks.clone(), stop.clone());
        tasks.spawn(supervised("telegram", stop.clone(), move || {
            telegram::run(desks.clone(), Arc::clone(&wire), stop.clone())
        }));
    } else {
        tracing::warn!("no Telegram token is configured: notices wait, and the bot does not answer");
    }
}

/// Keeps the right to serve under this node's name. Gives why it is lost for good, after which nobody here may go on; another has the
/// name then.
async fn keep(claim: &mut Claim, desks: &Desks, stop: &CancellationToken) -> Option<DbError> {
    loop {
        rest(stop, CONFIRM).await;
        if stop.is_cancelled() {
            return None;
        }
        match claim.confirm(desks.db()).await {
            Ok(false) => {}
            Ok(true) => tracing::info!("the session that held the node's name was lost; the name is ours again"),
            Err(error @ DbError::NodeTaken(_)) => {
                tracing::error!(error = %chain(&error), "this node stops");
                stop.cancel();
                return Some(error);
            }
            Err(error) => complain("the node's name", &error, chain(&error)),
        }
    }
}

/// Runs a part until it ends by itself; one that panics is reported and begun again.
async fn supervised<F>(name: &'static str, stop: CancellationToken, part: impl Fn() -> F + Send)
where
    F: Future<Output = ()> + Send + 'static,
{
    loop {
        match tokio::spawn(part()).await {
            Ok(()) => return,
            Err(_) if stop.is_cancelled() => return,
            Err(_) => {
                tracing::error!(part = name, "a part of the daemon panicked and is begun again; the others go on");
                rest(&stop, AFTER_FAILURE).await;
            }
        }
    }
}

/// Seals the audit chain, and tells the heads once of each fault that it meets.
async fn sealer(desks: Desks, stop: CancellationToken) {
    let mut told = None;
    loop {
        if let Err(error) = seal(&desks, &mut told).await
            // A command line that sealed at the same moment was quicker.
            && !error.is_duplicate()
        {
            complain("sealing the audit", &error, chain(&error));
        }
        if stop.is_cancelled() {
            return;
        }
        rest(&stop, SEAL_EVERY).await;
    }
}

async fn seal(desks: &Desks, told: &mut Option<Fault>) -> Result<(), DbError> {
    if db::take_lease(desks.db(), SEALER, &desks.config().node.name, false).await?.is_none() {
        return Ok(());
    }
    match desks.seal_audit().await? {
        Sealing::Sealed(_) => *told = None,
        Sealing::Refused(fault) if told.as_ref() == Some(&fault) => {}
        Sealing::Refused(fault) => {
            tracing::error!(%fault, "the audit chain is broken, and nothing more is sealed");
            desks.alarm_audit(&fault).await?;
            *told = Some(fault);
        }
    }
    Ok(())
}

/// Seals what an earlier siap17 wrote in clear; what it does not come to, the nightly clean-up or the next start does.
async fn seal_what_stands_open(desks: Desks) {
    match desks.seal_what_stands_open().await {
        Ok(0) => {}
        Ok(count) => tracing::info!(count, "texts that stood in clear are sealed"),
        Err(error) => tracing::error!(error = %chain(&error), "texts in clear cannot be sealed yet"),
    }
}
