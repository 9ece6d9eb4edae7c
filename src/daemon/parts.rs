//! The daemon's tasks.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_cron_scheduler::{Job as Tick, JobScheduler, JobSchedulerError};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Shared;
use crate::audit::{self, Actor};
use crate::db::{self, Db};
use crate::desk::Desk;
use crate::jobs::{self, Job, LONGEST_RUN, Schedule};
use crate::messenger::Messenger;
use crate::notice::send::{Obstacle, Sender, Step};
use crate::office;
use crate::telegram::{Wire, conversation, inbox};
use crate::web;

/// A lease is renewed this often; it lasts three times as long.
const RENEW: Duration = Duration::from_secs(5);
/// Pause after a part failed, before it tries again.
const AFTER_FAILURE: Duration = Duration::from_secs(5);
/// How often our clock is compared with the Bot API's.
const COMPARE_CLOCK: Duration = Duration::from_secs(300);
/// Longest wait of the sender when nothing is due.
const IDLE: Duration = Duration::from_millis(500);
const SEAL_EVERY: Duration = Duration::from_secs(2);
/// How long one call for updates waits for them.
const POLL: Duration = Duration::from_secs(20);

/// Starts the heartbeat: one tick a second. A tick that finds the last one unread is dropped, for ticks carry nothing.
pub async fn heartbeat() -> Result<(mpsc::Receiver<()>, JobScheduler), JobSchedulerError> {
    let (sender, receiver) = mpsc::channel(1);
    let scheduler = JobScheduler::new().await?;
    let tick = Tick::new_async("* * * * * *", move |_, _| {
        let sender = sender.clone();
        Box::pin(async move {
            let _ = sender.try_send(());
        })
    })?;
    scheduler.add(tick).await?;
    scheduler.start().await?;
    Ok((receiver, scheduler))
}

/// Runs each job at start, then whenever a slot is due.
pub async fn jobs(
    shared: Shared,
    schedule: Arc<Schedule>,
    mut beat: mpsc::Receiver<()>,
    stop: CancellationToken,
) {
    let running = TaskTracker::new();
    let mut looked = shared.clock.now();
    let mut first = true;
    while !stop.is_cancelled() {
        let now = shared.clock.now();
        match desks(&shared).await {
            Ok(desks) => {
                for desk in desks {
                    let due: Vec<(Job, DateTime<Utc>)> = if first {
                        Job::ALL.iter().map(|job| (*job, now)).collect()
                    } else {
                        schedule.due(desk.office.zone(), looked, now)
                    };
                    for (job, slot) in due {
                        running.spawn(run_job(shared.clone(), desk.clone(), job, slot));
                    }
                    first = false;
                }
                looked = now;
            }
            Err(error) => tracing::error!(error = %chain(&error), "the offices cannot be read; jobs wait"),
        }
        tokio::select! {
            _ = beat.recv() => {}
            () = stop.cancelled() => {}
        }
    }
    running.close();
    running.wait().await;
}

async fn desks(shared: &Shared) -> Result<Vec<Desk>, office::OfficeError> {
    let mut tx = shared.db.read().await?;
    let offices = office::all(&mut tx).await?;
    Ok(offices
        .into_iter()
        .map(|office| Desk {
            db: shared.db.clone(),
            vault: shared.vault.clone(),
            clock: shared.clock.clone(),
            holidays: Arc::clone(&shared.holidays),
            office,
            actor: Actor::Daemon,
            role: None,
        })
        .collect())
}

/// One run of one job: claimed, watched, reported. A panic or a hang ends here.
async fn run_job(shared: Shared, desk: Desk, job: Job, slot: DateTime<Utc>) {
    let office = desk.office.id;
    let node = &shared.config.node.name;
    match jobs::claim(&shared.db, office, job, slot, node, shared.clock.now()).await {
        Ok(true) => {}
        Ok(false) => return,
        Err(error) => {
            tracing::error!(job = job.name(), error = %chain(&error), "the job cannot be claimed");
            return;
        }
    }
    let config = Arc::clone(&shared.config);
    let work = tokio::spawn(async move { jobs::run::run(job, &desk, &config).await });
    let abort = work.abort_handle();
    let outcome = match tokio::time::timeout(LONGEST_RUN, work).await {
        Ok(Ok(Ok(done))) => {
            tracing::debug!(job = job.name(), %done, "job done");
            format!("done: {done}")
        }
        Ok(Ok(Err(error))) => {
            tracing::error!(job = job.name(), error = %chain(error.as_ref()), "job failed");
            "failed".to_owned()
        }
        Ok(Err(_)) => {
            tracing::error!(job = job.name(), "job panicked; the others go on");
            "panicked".to_owned()
        }
        Err(_) => {
            abort.abort();
            tracing::error!(job = job.name(), "job hung and was stopped; the others go on");
            "hung".to_owned()
        }
    };
    if let Err(error) = jobs::finish(&shared.db, office, job, slot, shared.clock.now(), &outcome).await {
        tracing::error!(job = job.name(), error = %chain(&error), "the job's end cannot be written down");
    }
}

/// Seals the audit chain.
pub async fn sealer(shared: Shared, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Ok(Some(_)) = db::take_lease(&shared.db, "sealer", &shared.config.node.name, false).await
            && let Err(error) = audit::seal(&shared.db, &shared.vault).await
        {
            tracing::error!(error = %chain(&error), "audit entries cannot be sealed");
        }
        rest(&stop, SEAL_EVERY).await;
    }
}

/// Serves `/healthz` and `/metrics`.
pub async fn http(db: Db, listener: TcpListener, stop: CancellationToken) {
    let served = axum::serve(listener, web::router(db)).with_graceful_shutdown(stop.cancelled_owned());
    if let Err(error) = served.await {
        tracing::error!(%error, "the HTTP port failed");
    }
}

/// A lease that is renewed while its holder works.
struct Held<'a> {
    shared: &'a Shared,
    name: &'static str,
    token: Option<i64>,
    renewed: Instant,
}

impl<'a> Held<'a> {
    fn new(shared: &'a Shared, name: &'static str) -> Self {
        Self { shared, name, token: None, renewed: Instant::now() }
    }

    /// The fencing token if the lease is ours, taking or renewing it when that is due.
    async fn token(&mut self) -> Option<i64> {
        if self.token.is_some() && self.renewed.elapsed() < RENEW {
            return self.token;
        }
        let holder = &self.shared.config.node.name;
        // A fresh start takes the lease back at once under its own name, with a new token: what the dead process began is
        // then known to be lost.
        match db::take_lease(&self.shared.db, self.name, holder, self.token.is_none()).await {
            Ok(token) => {
                self.token = token;
                self.renewed = Instant::now();
            }
            Err(error) => {
                tracing::error!(lease = self.name, error = %chain(&error), "the lease cannot be renewed");
                if self.renewed.elapsed() > db::LEASE {
                    self.token = None;
                }
            }
        }
        self.token
    }

    async fn give_back(self) {
        if self.token.is_some() {
            let holder = &self.shared.config.node.name;
            if let Err(error) = db::drop_lease(&self.shared.db, self.name, holder).await {
                tracing::warn!(lease = self.name, error = %chain(&error), "the lease runs out by itself");
            }
        }
    }
}

/// Sends notices while this node holds the sender's lease.
pub async fn sender(shared: Shared, messenger: Arc<dyn Messenger>, stop: CancellationToken) {
    let mut lease = Held::new(&shared, "sender");
    let mut current: Option<(i64, Sender)> = None;
    let mut compared: Option<Instant> = None;
    while !stop.is_cancelled() {
        let Some(token) = lease.token().await else {
            current = None;
            rest(&stop, Duration::from_secs(1)).await;
            continue;
        };
        if current.as_ref().is_none_or(|(held, _)| *held != token) {
            let mut sender = Sender::new(
                shared.db.clone(),
                shared.vault.clone(),
                shared.clock.clone(),
                Arc::clone(&shared.holidays),
                shared.messages.clone(),
                Arc::clone(&messenger),
                token,
            );
            match sender.recover().await {
                Ok(0) => {}
                Ok(lost) => tracing::warn!(lost, "attempts of an interrupted sender are lost; `notice list --lost` shows them"),
                Err(error) => {
                    tracing::error!(error = %chain(&error), "the sender cannot start");
                    rest(&stop, AFTER_FAILURE).await;
                    continue;
                }
            }
            current = Some((token, sender));
            compared = None;
        }
        let Some((_, sender)) = current.as_mut() else { continue };
        if compared.is_none_or(|at| at.elapsed() > COMPARE_CLOCK) {
            match sender.obstacle().await {
                Ok(Some(obstacle @ (Obstacle::ClockDiffers { .. } | Obstacle::ClockBehind { .. }))) => {
                    tracing::error!(?obstacle, "the clock is wrong: nothing is sent until it is right (`siap17 check`)");
                    rest(&stop, Duration::from_secs(30)).await;
                    continue;
                }
                Ok(_) => compared = Some(Instant::now()),
                Err(error) => {
                    tracing::error!(error = %chain(&error), "the clock cannot be compared");
                    rest(&stop, AFTER_FAILURE).await;
                    continue;
                }
            }
        }
        let worked = match sender.step().await {
            Ok(Step::Began(_)) => sender.wait(IDLE).await,
            Ok(Step::Idle) => {
                rest(&stop, IDLE).await;
                Ok(())
            }
            Err(error) => Err(error),
        };
        if let Err(error) = worked {
            tracing::error!(error = %chain(&error), "the sender failed and tries again");
            rest(&stop, AFTER_FAILURE).await;
        }
    }
    if let Some((_, mut sender)) = current
        && let Err(error) = sender.drain().await
    {
        tracing::error!(error = %chain(&error), "the last answers cannot be written down");
    }
    lease.give_back().await;
}

/// Fetches updates while this node holds the poller's lease, and puts them on disk before the next are asked for.
pub async fn poller(shared: Shared, wire: Arc<Wire>, stop: CancellationToken) {
    let mut lease = Held::new(&shared, "poller");
    let mut conflict_since: Option<DateTime<Utc>> = None;
    while !stop.is_cancelled() {
        if lease.token().await.is_none() {
            rest(&stop, Duration::from_secs(1)).await;
            continue;
        }
        let polled = tokio::select! {
            polled = inbox::poll_once(&shared.db, &shared.vault, &shared.clock, &wire, POLL) => polled,
            () = stop.cancelled() => break,
        };
        match polled {
            Ok(_) => conflict_since = None,
            Err(error) if error.is_conflict() => {
                let since = *conflict_since.get_or_insert_with(|| shared.clock.now());
                if shared.clock.now() - since > TimeDelta::minutes(1) {
                    tracing::error!("somebody else polls with this bot's token");
                    if let Err(error) = inbox::alarm_conflict(&shared.db, &shared.clock, &shared.messages).await {
                        tracing::error!(error = %chain(&error), "the alarm cannot be written down");
                    }
                }
                rest(&stop, AFTER_FAILURE).await;
            }
            Err(error) => {
                tracing::warn!(error = %chain(&error), "updates cannot be fetched");
                rest(&stop, AFTER_FAILURE).await;
            }
        }
    }
    lease.give_back().await;
}

/// Answers what was fetched, in order, and sends the answers.
pub async fn conversations(shared: Shared, wire: Arc<Wire>, stop: CancellationToken) {
    let mut lease = Held::new(&shared, "conversations");
    while !stop.is_cancelled() {
        if lease.token().await.is_none() {
            rest(&stop, Duration::from_secs(1)).await;
            continue;
        }
        let hall = conversation::Hall {
            db: shared.db.clone(),
            vault: shared.vault.clone(),
            clock: shared.clock.clone(),
            holidays: Arc::clone(&shared.holidays),
            messages: shared.messages.clone(),
        };
        match conversation::run_once(&hall, &wire).await {
            Ok(0) => rest(&stop, Duration::from_millis(200)).await,
            Ok(_) => {}
            Err(error) => {
                tracing::error!(error = %chain(&error), "a conversation failed and is tried again");
                rest(&stop, AFTER_FAILURE).await;
            }
        }
    }
    lease.give_back().await;
}

/// Waits, but not past a stop.
async fn rest(stop: &CancellationToken, duration: Duration) {
    tokio::select! {
        () = tokio::time::sleep(duration) => {}
        () = stop.cancelled() => {}
    }
}

/// An error with its sources, for the log.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
