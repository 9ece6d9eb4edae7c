//! The job runner: the scheduler's heartbeat asks once a second which slots are due, and each runs watched.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use tokio::sync::mpsc;
use tokio_cron_scheduler::{Job as Tick, JobScheduler, JobSchedulerError};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::part::{chain, complain};
use crate::db::{is_conflict, retried};
use crate::desk::{Desk, Desks};
use crate::jobs::{self, Job, LONGEST_RUN, Schedule, WENT_WELL};
use crate::messenger::Messenger;
use crate::office::OfficeId;
use crate::telegram::Wire;

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

/// The ticks of the heartbeat; whoever runs the jobs holds them.
pub type Beat = Arc<tokio::sync::Mutex<mpsc::Receiver<()>>>;

/// Whose clock a job may compare ours with.
pub type Far = Option<Arc<Wire>>;

/// Runs each job at start, then whenever a slot is due.
pub async fn run(desks: Desks, far: Far, schedule: Arc<Schedule>, beat: Beat, stop: CancellationToken) {
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
                        let work = Work { desks: desks.clone(), desk: desk.clone(), job, far: far.clone() };
                        tasks.spawn(work.run(slot, running.clone(), stop.clone()));
                    }
                }
                looked = Some(now);
            }
            Err(error) => complain("looking for jobs", &error, chain(&error)),
        }
        tokio::select! {
            _ = beat.recv() => {}
            () = stop.cancelled() => {}
        }
    }
    tasks.close();
    tasks.wait().await;
}

/// One job of one office.
#[derive(Clone)]
struct Work {
    desks: Desks,
    desk: Desk,
    job: Job,
    far: Far,
}

impl Work {
    /// One run, and of what came meanwhile: claimed, watched, reported. A panic or a hang ends here.
    async fn run(self, slot: DateTime<Utc>, running: Running, stop: CancellationToken) {
        let office = self.desk.office().id;
        if !running.begin(office, self.job, slot) {
            return;
        }
        let mut slot = Some(slot);
        while let Some(now) = slot.filter(|_| !stop.is_cancelled()) {
            self.watched(now).await;
            slot = running.next(office, self.job);
        }
    }

    async fn watched(&self, slot: DateTime<Utc>) {
        let (desks, office, job) = (&self.desks, self.desk.office().id, self.job);
        let node = &desks.config().node.name;
        match jobs::claim(desks.db(), office, job, slot, node, desks.clock().now()).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => {
                complain("claiming a job", &error, chain(&error));
                return;
            }
        }
        let is_met = |error: &jobs::run::Failure| is_conflict(error.as_ref());
        let work = self.clone();
        let mut work = tokio::spawn(async move {
            let far = work.far.as_deref().map(|far| far as &dyn Messenger);
            retried(is_met, || jobs::run::run(job, &work.desks, &work.desk, slot, far)).await
        });
        let outcome = match tokio::time::timeout(LONGEST_RUN, &mut work).await {
            Ok(Ok(Ok(done))) => {
                tracing::debug!(job = job.name(), %done, "job done");
                format!("{WENT_WELL}: {done}")
            }
            Ok(Ok(Err(error))) => {
                complain(job.name(), error.as_ref(), chain(error.as_ref()));
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
        if !outcome.starts_with(WENT_WELL)
            && let Err(error) = jobs::run::failed(job, desks, &self.desk).await
        {
            complain("telling the head of a failed job", error.as_ref(), chain(error.as_ref()));
        }
        if let Err(error) = jobs::finish(desks.db(), office, job, slot, desks.clock().now(), &outcome).await {
            complain("writing down a job's end", &error, chain(&error));
        }
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
