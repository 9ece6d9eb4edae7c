//! The table of jobs. A job asks "what should be true now?", so it is safe at any moment, twice, or late; each runs once for
//! each (office, slot), by whichever node gets there first, and once at every start.

pub mod health;
pub mod run;

use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use croner::Cron;
use sqlx::FromRow;

use crate::db::{Db, DbError, Tx};
use crate::office::OfficeId;
use crate::{execute, fetch_all, fetch_optional};

/// After this a job counts as hung: it is reported, and the next slot runs all the same.
pub const LONGEST_RUN: Duration = Duration::from_secs(600);

/// The jobs there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Job {
    /// Rosters dropped into `var/inbox/<PLACE>/` are imported.
    Inbox,
    /// Proposed visits are planned again.
    Plan,
    /// The ledger of notices is brought up to date for whoever's moment has come.
    Reconcile,
    /// Everybody is looked at, to prove that nobody was missed.
    Sweep,
    /// The day's report goes to the head's chat.
    Report,
    Backup,
    /// What is kept too long is deleted.
    Retention,
}

impl Job {
    pub const ALL: [Self; 7] =
        [Self::Inbox, Self::Plan, Self::Reconcile, Self::Sweep, Self::Report, Self::Backup, Self::Retention];

    /// The job's name in the configuration, the log and `job_run`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Inbox => "inbox",
            Self::Plan => "plan",
            Self::Reconcile => "reconcile",
            Self::Sweep => "sweep",
            Self::Report => "report",
            Self::Backup => "backup",
            Self::Retention => "retention",
        }
    }

    /// When it runs unless the configuration says otherwise: minute, hour, day, month, weekday in the office's zone.
    #[must_use]
    pub fn default_line(self) -> &'static str {
        match self {
            Self::Inbox | Self::Reconcile => "* * * * *",
            Self::Plan => "30 1 * * *",
            Self::Report => "30 16 * * 1-5",
            Self::Backup => "0 2 * * *",
            Self::Sweep => "0 3 * * *",
            Self::Retention => "30 2 * * *",
        }
    }
}

/// Why the job times cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ScheduleError {
    #[error("[jobs] names '{name}', which is no job; the jobs are {known}")]
    Unknown { name: String, known: String },
    #[error(
        "[jobs] {job} = \"{line}\" is not a cron line of five fields such as \"30 1 * * *\" (minute hour day month weekday)"
    )]
    Line { job: &'static str, line: String },
    #[error("[jobs] {job} = \"{line}\" never comes")]
    Never { job: &'static str, line: String },
}

/// When every job runs.
#[derive(Debug, Clone)]
pub struct Schedule(Vec<(Job, Cron)>);

impl Schedule {
    /// The configuration's lines, and the defaults for the rest.
    pub fn new(lines: &BTreeMap<String, String>, now: DateTime<Utc>) -> Result<Self, ScheduleError> {
        if let Some(name) = lines.keys().find(|name| !Job::ALL.iter().any(|job| job.name() == name.as_str())) {
            let known = Job::ALL.map(Job::name).join(", ");
            return Err(ScheduleError::Unknown { name: name.clone(), known });
        }
        let mut schedule = Vec::new();
        for job in Job::ALL {
            let line = lines.get(job.name()).map_or(job.default_line(), String::as_str);
            let wrong = || ScheduleError::Line { job: job.name(), line: line.to_owned() };
            if line.split_whitespace().count() != 5 {
                return Err(wrong());
            }
            let cron = Cron::from_str(line).map_err(|_| wrong())?;
            cron.find_next_occurrence(&now, false)
                .map_err(|_| ScheduleError::Never { job: job.name(), line: line.to_owned() })?;
            schedule.push((job, cron));
        }
        Ok(Self(schedule))
    }

    /// The latest slot of each job in (`after`, `now`], in the office's zone. Earlier ones that were missed need no run of
    /// their own, since a job looks at the state and not at the tick.
    #[must_use]
    pub fn due(&self, zone: Tz, after: DateTime<Utc>, now: DateTime<Utc>) -> Vec<(Job, DateTime<Utc>)> {
        let local_now = now.with_timezone(&zone);
        self.0
            .iter()
            .filter_map(|(job, cron)| {
                let slot = cron.find_previous_occurrence(&local_now, true).ok()?.with_timezone(&Utc);
                let slot = slot - TimeDelta::nanoseconds(i64::from(slot.timestamp_subsec_nanos()));
                (slot > after && slot <= now).then_some((*job, slot))
            })
            .collect()
    }
}

impl Schedule {
    /// The latest slot of `job` up to `before`, in the office's zone.
    #[must_use]
    pub fn last_slot(&self, job: Job, zone: Tz, before: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let (_, cron) = self.0.iter().find(|(one, _)| *one == job)?;
        let slot = cron.find_previous_occurrence(&before.with_timezone(&zone), true).ok()?.with_timezone(&Utc);
        Some(slot - TimeDelta::nanoseconds(i64::from(slot.timestamp_subsec_nanos())))
    }
}

/// How long a day's report that was missed is worth making up for.
const REPORT_NEWS: TimeDelta = TimeDelta::days(1);

impl Schedule {
    /// What runs when a daemon starts: every job now, but the day's report only if its hour was missed, for one written in the
    /// morning would take the place of the evening's.
    #[must_use]
    pub fn at_start(&self, zone: Tz, now: DateTime<Utc>) -> Vec<(Job, DateTime<Utc>)> {
        let missed = self.due(zone, now - REPORT_NEWS, now);
        let jobs = Job::ALL.iter().filter(|job| **job != Job::Report).map(|job| (*job, now));
        jobs.chain(missed.into_iter().filter(|(job, _)| *job == Job::Report)).collect()
    }
}

/// How the outcome of a run that went well begins.
pub const WENT_WELL: &str = "done";
/// A claim that lies so far ahead was made by a clock that was ahead, and is void.
const AHEAD: TimeDelta = TimeDelta::minutes(1);

/// Claims a slot: true for the one node that may run it.
pub async fn claim(
    db: &Db,
    office: OfficeId,
    job: Job,
    slot: DateTime<Utc>,
    node: &str,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    let mut tx = db.write().await?;
    let rows = execute!(
        &mut tx,
        "INSERT INTO job_run (office_id, job, slot, node, started_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (office_id, job, slot) DO UPDATE SET node = excluded.node, started_at = excluded.started_at,
             finished_at = NULL, outcome = NULL
         WHERE job_run.started_at > $6",
        office,
        job.name(),
        slot,
        node,
        now,
        now + AHEAD,
    )?;
    tx.commit().await?;
    Ok(rows == 1)
}

/// Writes down how a run ended.
pub async fn finish(
    db: &Db,
    office: OfficeId,
    job: Job,
    slot: DateTime<Utc>,
    now: DateTime<Utc>,
    outcome: &str,
) -> Result<(), DbError> {
    let mut tx = db.write().await?;
    execute!(
        &mut tx,
        "UPDATE job_run SET finished_at = $4, outcome = $5 WHERE office_id = $1 AND job = $2 AND slot = $3",
        office,
        job.name(),
        slot,
        now,
        outcome,
    )?;
    tx.commit().await
}

/// One run of a job.
#[derive(Debug, Clone, FromRow)]
pub struct Run {
    pub slot: DateTime<Utc>,
    pub started_at: DateTime<Utc>,
    pub outcome: Option<String>,
}

impl Run {
    /// Whether it did what it was to do.
    #[must_use]
    pub fn went_well(&self) -> bool {
        self.outcome.as_ref().is_some_and(|outcome| outcome.starts_with(WENT_WELL))
    }
}

/// The job's newest runs of `slot` and of later ones, the newest first.
pub async fn runs_since(tx: &mut Tx, office: OfficeId, job: Job, slot: DateTime<Utc>) -> Result<Vec<Run>, DbError> {
    fetch_all!(
        tx,
        Run,
        "SELECT slot, started_at, outcome FROM job_run WHERE office_id = $1 AND job = $2 AND slot >= $3
         ORDER BY slot DESC LIMIT 30",
        office,
        job.name(),
        slot,
    )
}

/// Whether the job ran for any slot before this one.
pub async fn ran_before(tx: &mut Tx, office: OfficeId, job: Job, slot: DateTime<Utc>) -> Result<bool, DbError> {
    let earlier = fetch_optional!(
        tx,
        (String,),
        "SELECT job FROM job_run WHERE office_id = $1 AND job = $2 AND slot < $3 LIMIT 1",
        office,
        job.name(),
        slot,
    )?;
    Ok(earlier.is_some())
}

/// Forgets runs that nobody asks about any more.
pub async fn forget_before(db: &Db, before: DateTime<Utc>) -> Result<u64, DbError> {
    let mut tx = db.write().await?;
    let rows = execute!(&mut tx, "DELETE FROM job_run WHERE slot < $1", before)?;
    tx.commit().await?;
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::testing::{postgres, sample_office, sqlite};

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_slot_comes_at_the_offices_own_time_and_missed_ones_melt_into_the_latest() {
        let schedule = Schedule::new(&BTreeMap::new(), at("2026-11-23T00:00:00Z")).unwrap();
        let due = schedule.due(Tz::Asia__Makassar, at("2026-11-20T00:00:00Z"), at("2026-11-23T00:00:30Z"));
        // 01:30 in Makassar is 17:30 UTC of the day before.
        assert!(due.contains(&(Job::Plan, at("2026-11-22T17:30:00Z"))));
        assert_eq!(due.iter().filter(|(job, _)| *job == Job::Plan).count(), 1);
        assert!(due.contains(&(Job::Reconcile, at("2026-11-23T00:00:00Z"))));
        let none = schedule.due(Tz::Asia__Makassar, at("2026-11-23T00:00:00Z"), at("2026-11-23T00:00:30Z"));
        assert!(none.is_empty());
    }

    #[test]
    fn a_start_makes_up_for_a_missed_report_and_writes_none_early() {
        let schedule = Schedule::new(&BTreeMap::new(), at("2026-11-23T00:00:00Z")).unwrap();
        let report = |now: &str| {
            let all = schedule.at_start(Tz::Asia__Makassar, at(now));
            all.into_iter().find(|(job, _)| *job == Job::Report).map(|(_, slot)| slot)
        };
        // Tuesday 07:00: Monday's of 16:30 was missed; Monday 07:00: nothing since Friday is news; Monday 17:00: today's.
        assert_eq!(report("2026-11-23T23:00:00Z"), Some(at("2026-11-23T08:30:00Z")));
        assert_eq!(report("2026-11-22T23:00:00Z"), None);
        assert_eq!(report("2026-11-23T09:00:00Z"), Some(at("2026-11-23T08:30:00Z")));
        assert_eq!(schedule.at_start(Tz::Asia__Makassar, at("2026-11-22T23:00:00Z")).len(), Job::ALL.len() - 1);
    }

    #[tokio::test]
    async fn a_slot_is_claimed_once_unless_a_clock_that_was_ahead_has_claimed_it() {
        for scratch in [sqlite().await, postgres().await] {
            let clock = Clock::starting_at(at("2026-11-23T00:00:00Z"));
            let office = sample_office(&scratch.db, &clock).await.id;
            let slot = at("2026-11-23T08:30:00Z");
            let claimed =
                async |now: &str| claim(&scratch.db, office, Job::Report, slot, "node", at(now)).await.unwrap();
            // A day ahead it ran, with nothing of the day in it.
            assert!(claimed("2026-11-24T08:30:00Z").await);
            assert!(claimed("2026-11-23T08:30:01Z").await, "the right clock's evening has its report");
            assert!(!claimed("2026-11-23T08:30:02Z").await, "and one");
        }
    }

    #[test]
    fn wrong_lines_are_told_apart() {
        let with = |job: &str, line: &str| {
            Schedule::new(&BTreeMap::from([(job.to_owned(), line.to_owned())]), at("2026-11-23T00:00:00Z")).unwrap_err()
        };
        assert!(matches!(with("plans", "* * * * *"), ScheduleError::Unknown { .. }));
        assert!(matches!(with("plan", "0 30 1 * * *"), ScheduleError::Line { .. }));
        assert!(matches!(with("plan", "0 0 31 2 *"), ScheduleError::Never { .. }));
    }
}
