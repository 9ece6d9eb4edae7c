//! The job runner: the scheduler's heartbeat asks once a second which slots are due, and each runs watched.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use tokio::sync::mpsc;
use tokio_cron_scheduler::{Job as Tick, JobScheduler, JobSchedulerError};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::part::chain;
use crate::desk::{Desk, Desks};
use crate::jobs::{self, Job, LONGEST_RUN, Schedule};
use crate::office::OfficeId;

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

/// What runs on this node just now: a job that takes longer than its interval is not begun a second time beside itself.
type Running = Arc<Mutex<HashSet<(OfficeId, Job)>>>;

/// Runs each job at start, then whenever a slot is due.
pub async fn run(
    desks: Desks,
    schedule: Arc<Schedule>,
    beat: Arc<tokio::sync::Mutex<mpsc::Receiver<()>>>,
    stop: CancellationToken,
) {
    let mut beat = beat.lock().await;
    let tasks = TaskTracker::new();
    let running = Running::default();
    let mut looked: Option<DateTime<Utc>> = None;
    while !stop.is_cancelled() {
        let now = desks.clock().now();
        match desks.all().await {
            Ok(all) => {
                for desk in all {
                    let due = match looked {
                        None => schedule.at_start(desk.office().zone(), now),
                        Some(after) => schedule.due(desk.office().zone(), after, now),
                    };
                    for (job, slot) in due {
                        tasks.spawn(one(desks.clone(), desk.clone(), job, slot, Arc::clone(&running)));
                    }
                }
                looked = Some(now);
            }
            Err(error) => tracing::error!(error = %chain(&error), "the offices cannot be read; jobs wait"),
        }
        tokio::select! {
            _ = beat.recv() => {}
            () = stop.cancelled() => {}
        }
    }
    tasks.close();
    tasks.wait().await;
}

/// One run of one job: claimed, watched, reported. A panic or a hang ends here.
async fn one(desks: Desks, desk: Desk, job: Job, slot: DateTime<Utc>, running: Running) {
    let office = desk.office().id;
    let set = || running.lock().unwrap_or_else(PoisonError::into_inner);
    if !set().insert((office, job)) {
        return;
    }
    watched(&desks, desk, job, slot).await;
    set().remove(&(office, job));
}

async fn watched(desks: &Desks, desk: Desk, job: Job, slot: DateTime<Utc>) {
    let office = desk.office().id;
    let node = &desks.config().node.name;
    match jobs::claim(desks.db(), office, job, slot, node, desks.clock().now()).await {
        Ok(true) => {}
        Ok(false) => return,
        Err(error) => {
            tracing::error!(job = job.name(), error = %chain(&error), "the job cannot be claimed");
            return;
        }
    }
    let all = desks.clone();
    let mut work = tokio::spawn(async move { jobs::run::run(job, &all, &desk, slot).await });
    let outcome = match tokio::time::timeout(LONGEST_RUN, &mut work).await {
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
            work.abort();
            tracing::error!(job = job.name(), "job hung and was stopped; the others go on");
            "hung".to_owned()
        }
    };
    if let Err(error) = jobs::finish(desks.db(), office, job, slot, desks.clock().now(), &outcome).await {
        tracing::error!(job = job.name(), error = %chain(&error), "the job's end cannot be written down");
    }
}
