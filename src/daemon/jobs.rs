//! The job runner: the scheduler's heartbeat asks once a second which slots are due, and each runs watched.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use tokio::sync::mpsc;
use tokio_cron_scheduler::{Job as Tick, JobScheduler, JobSchedulerError};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::part::chain;
use crate::db::{is_conflict, retried};
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

/// What runs, each with the slot that came meanwhile.
type Slots = HashMap<(OfficeId, Job), Option<DateTime<Utc>>>;

/// What runs on this node just now. A job that takes longer than its interval is not begun a second time beside itself: the
/// latest slot that came meanwhile runs right after it.
#[derive(Debug, Clone, Default)]
struct Running(Arc<Mutex<Slots>>);

impl Running {
    /// Whether the job may begin with `slot`; else the slot waits for its end.
    fn begin(&self, office: OfficeId, job: Job, slot: DateTime<Utc>) -> bool {
        match self.0.lock().unwrap_or_else(PoisonError::into_inner).entry((office, job)) {
            Entry::Occupied(mut running) => {
                running.insert(Some(slot));
                false
            }
            Entry::Vacant(free) => {
                free.insert(None);
                true
            }
        }
    }

    /// The slot with which the job goes on; without one, it runs no more.
    fn next(&self, office: OfficeId, job: Job) -> Option<DateTime<Utc>> {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let next = running.get_mut(&(office, job)).and_then(Option::take);
        if next.is_none() {
            running.remove(&(office, job));
        }
        next
    }
}

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
        // Slots between now and what a clock that was set back showed before come anew.
        looked = looked.map(|looked| looked.min(now));
        match desks.all().await {
            Ok(all) => {
                for desk in all {
                    let due = match looked {
                        None => schedule.at_start(desk.office().zone(), now),
                        Some(after) => schedule.due(desk.office().zone(), after, now),
                    };
                    for (job, slot) in due {
                        tasks.spawn(one(desks.clone(), desk.clone(), job, slot, running.clone(), stop.clone()));
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

/// One run of one job, and of what came meanwhile: claimed, watched, reported. A panic or a hang ends here.
async fn one(desks: Desks, desk: Desk, job: Job, slot: DateTime<Utc>, running: Running, stop: CancellationToken) {
    let office = desk.office().id;
    if !running.begin(office, job, slot) {
        return;
    }
    let mut slot = Some(slot);
    while let Some(now) = slot.filter(|_| !stop.is_cancelled()) {
        watched(&desks, desk.clone(), job, now).await;
        slot = running.next(office, job);
    }
}

/// What the outcome of a job begins with that ended well.
const DONE: &str = "done";

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
    let (all, asked) = (desks.clone(), desk.clone());
    let is_met = |error: &jobs::run::Failure| is_conflict(error.as_ref());
    let mut work = tokio::spawn(async move { retried(is_met, || jobs::run::run(job, &all, &desk, slot)).await });
    let outcome = match tokio::time::timeout(LONGEST_RUN, &mut work).await {
        Ok(Ok(Ok(done))) => {
            tracing::debug!(job = job.name(), %done, "job done");
            format!("{DONE}: {done}")
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
    if !outcome.starts_with(DONE)
        && let Err(error) = jobs::run::failed(job, desks, &asked).await
    {
        tracing::error!(job = job.name(), error = %chain(error.as_ref()), "the head cannot be told that the job failed");
    }
    if let Err(error) = jobs::finish(desks.db(), office, job, slot, desks.clock().now(), &outcome).await {
        tracing::error!(job = job.name(), error = %chain(&error), "the job's end cannot be written down");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    #[test]
    fn a_slot_that_comes_while_its_job_runs_runs_right_after_it() {
        let clock = Clock::system();
        let (office, now) = (OfficeId::new(&clock), clock.now());
        let later = |minutes| now + chrono::TimeDelta::minutes(minutes);
        let running = Running::default();
        assert!(running.begin(office, Job::Reconcile, now));
        assert!(running.begin(office, Job::Plan, now), "another job does not wait");
        assert!(!running.begin(office, Job::Reconcile, later(1)));
        assert!(!running.begin(office, Job::Reconcile, later(2)));
        assert_eq!(running.next(office, Job::Reconcile), Some(later(2)), "missed slots melt into the latest");
        assert!(!running.begin(office, Job::Reconcile, later(3)), "it still runs");
        assert_eq!(running.next(office, Job::Reconcile), Some(later(3)));
        assert_eq!(running.next(office, Job::Reconcile), None);
        assert!(running.begin(office, Job::Reconcile, later(4)));
    }
}
