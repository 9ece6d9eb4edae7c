//! Judges how siap17 is, by trying and not by believing: for `/healthz`, `/metrics`, the head's alarms and `siap17 check` alike.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use tokio::task::JoinHandle;

use super::{Job, LONGEST_RUN, Schedule, ran_before, runs_since};
use crate::db::{self, DbError, FileTrouble, Holder, Tx, look_at_copy};
use crate::desk::Desks;
use crate::desk::health::{Health, Level, Part};
use crate::notice::send;
use crate::office::{self, OfficeError};

/// The lease whose holder seals the audit.
pub const SEALER: &str = "sealer";
/// A backup that is older fails, in days.
pub const OLD_BACKUP: i64 = 3;
/// A slot counts as missed only after the longest run that began in time.
const LATE: TimeDelta = TimeDelta::minutes(15);
/// How long a missed report is made up for.
const REPORT_NEWS: TimeDelta = TimeDelta::days(1);
/// Who has only just begun, or woken, may not have come to what was due meanwhile.
const SETTLING: Duration = Duration::from_secs(30);
/// So soon after the start there is a backup.
const FIRST_BACKUP: Duration = Duration::from_secs(300);
/// Whoever takes a lease over needs so long for it.
const TAKE_OVER: Duration = Duration::from_secs(35);
/// The largest roster keeps every other writer of a SQLite file waiting for a minute.
const LONG_WRITER: Duration = Duration::from_secs(150);
/// So long a trial is waited for; then it goes on, and the look too.
const TRIAL: Duration = Duration::from_secs(2);
/// A database that does not answer a look within this does not answer.
const ANSWER: Duration = Duration::from_secs(3);
/// So long the reading through is waited for in one look.
const GLANCE: Duration = Duration::from_secs(1);
/// The file is read through only when so many times as long as the last time took have passed, and not more often than that.
const REST: u32 = 100;
const SELDOM: Duration = Duration::from_secs(30);
/// The Bot API is asked without a pause; an answer takes half a minute at most.
const UNHEARD: Duration = Duration::from_secs(180);

/// Looks again and again, and remembers what only time shows.
pub struct Judge {
    desks: Desks,
    schedule: Arc<Schedule>,
    has_token: bool,
    began: Instant,
    trial: Option<JoinHandle<Result<(), DbError>>>,
    written: Instant,
    unheld: HashMap<&'static str, Instant>,
    late: HashMap<Part, Instant>,
    /// Reads the file through; when it is to be read again, and what was found last.
    reading: Option<JoinHandle<(Duration, Option<String>)>>,
    again: Instant,
    damage: Option<String>,
}

/// What a look at the database found besides, or why it found nothing.
type Read = Result<Result<Vec<Holder>, OfficeError>, DbError>;

impl Judge {
    /// Of the process that serves.
    #[must_use]
    pub fn new(desks: Desks, schedule: Arc<Schedule>, has_token: bool) -> Self {
        let began = Instant::now();
        Self {
            desks,
            schedule,
            has_token,
            began,
            trial: None,
            written: began,
            unheld: HashMap::new(),
            late: HashMap::new(),
            reading: None,
            again: began,
            damage: None,
        }
    }

    /// Looks at everything. Takes seconds at most, whatever hangs.
    pub async fn look(&mut self) -> Health {
        let mut health = Health::default();
        let written = self.try_to_write().await;
        let mut found = Health::default();
        let read = tokio::time::timeout(ANSWER, read(&self.desks, &self.schedule, true, &mut found)).await;
        let read: Read = read.unwrap_or_else(|_| Err(DbError::no_answer()));
        match (&written, &read) {
            (Err(error), _) | (Ok(()), Err(error)) => health.found(Part::Database, Level::Failing, words(error)),
            (Ok(()), Ok(Err(error))) => health.found(Part::Database, Level::Failing, words(error)),
            (Ok(()), Ok(Ok(_))) => health.found(Part::Database, Level::Well, "takes changes and is read"),
        }
        self.look_at_file(&mut health).await;
        if let Ok(Ok(holders)) = &read {
            health.0.append(&mut found.0);
            self.look_at_leases(holders, &mut health);
        }
        let (desks, settled) = (&self.desks, self.began.elapsed() >= FIRST_BACKUP);
        if desks.db().is_served_alone() {
            let none = if settled { Level::Failing } else { Level::Note };
            backup(desks, &mut health, none, Level::Failing);
        }
        self.be_patient(Part::Jobs, &mut health);
        self.be_patient(Part::Backup, &mut health);
        health
    }

    /// Work that is late fails only if it is late for a while: after a night's sleep all of it is, for moments.
    fn be_patient(&mut self, part: Part, health: &mut Health) {
        if !health.fails(part) {
            self.late.remove(&part);
        } else if self.late.entry(part).or_insert_with(Instant::now).elapsed() < SETTLING {
            let late = health.0.iter_mut().filter(|finding| finding.part == part && finding.level == Level::Failing);
            late.for_each(|finding| finding.level = Level::Note);
        }
    }

    fn is_settled(&self) -> bool {
        self.began.elapsed() >= SETTLING
    }

    /// Writes a little. A trial that waits for another writer is not given up, which would cost a connection, but asked again.
    async fn try_to_write(&mut self) -> Result<(), DbError> {
        let desks = self.desks.clone();
        let mut trial = self.trial.take().unwrap_or_else(|| {
            tokio::spawn(async move {
                let note = desks.clock().now().to_rfc3339();
                db::try_to_write(desks.db(), &note).await
            })
        });
        let is_alone = self.desks.db().is_served_alone();
        match tokio::time::timeout(TRIAL, &mut trial).await {
            Ok(Ok(Ok(()))) => self.written = Instant::now(),
            Ok(Ok(Err(error))) if is_alone && error.is_busy() && self.written.elapsed() < LONG_WRITER => {}
            Ok(Ok(Err(error))) => return Err(error),
            Ok(Err(_)) => return Err(DbError::Interrupted),
            Err(_) => {
                self.trial = Some(trial);
                if !is_alone || self.written.elapsed() >= LONG_WRITER {
                    return Err(DbError::no_answer());
                }
            }
        }
        Ok(())
    }

    async fn look_at_file(&mut self, health: &mut Health) {
        if !self.desks.db().is_served_alone() {
            return;
        }
        if let Some(trouble) = self.desks.db().file_trouble() {
            let what = match trouble {
                FileTrouble::Gone => {
                    "the database file is gone: nothing is read or written, and siap17 stops soon; put it back if it was moved, else \
                     restore the newest copy"
                }
                FileTrouble::Replaced => {
                    "another file lies in the place of the database that is open: nothing is read or written, and siap17 stops soon; \
                     put the first one back, or start again with the other"
                }
                FileTrouble::ChangesGone => {
                    "the file with the newest changes (-wal) is gone: what is written now is lost when siap17 stops; put it back if it \
                     was moved, else stop siap17 and restore the newest copy"
                }
            };
            health.found(Part::File, Level::Failing, what);
            return;
        }
        self.look_through().await;
        match &self.damage {
            None => health.found(Part::File, Level::Well, "is the one that was opened, and whole"),
            Some(damage) => {
                let text = format!(
                    "the database file is damaged ({damage}); stop siap17, keep the file as it is, and restore the newest copy"
                );
                health.found(Part::File, Level::Failing, text);
            }
        }
    }

    /// Reads the file through, if it is time; of a large one the end is not waited for.
    async fn look_through(&mut self) {
        if self.reading.is_none() && (self.damage.is_some() || Instant::now() >= self.again) {
            let db = self.desks.db().clone();
            self.reading = Some(tokio::spawn(async move {
                let began = Instant::now();
                let damage = match db.first_damage().await {
                    Ok(damage) => damage,
                    Err(DbError::Damaged(_)) => Some("its pages cannot be read".to_owned()),
                    Err(error) => Some(words(&error)),
                };
                (began.elapsed(), damage)
            }));
        }
        let Some(reading) = &mut self.reading else { return };
        if let Ok(done) = tokio::time::timeout(GLANCE, reading).await {
            let (took, damage) =
                done.unwrap_or_else(|_| (Duration::ZERO, Some("it cannot be read through".to_owned())));
            (self.reading, self.damage) = (None, damage);
            self.again = Instant::now() + (took * REST).max(SELDOM);
        }
    }

    fn look_at_leases(&mut self, holders: &[Holder], health: &mut Health) {
        let is_alone = self.desks.db().is_served_alone();
        let node = &self.desks.config().node.name;
        for (lease, part) in [(send::LEASE, Part::Sender), (SEALER, Part::Sealer)] {
            let holder = holders.iter().find(|holder| holder.lease == lease && holder.is_running);
            let Some(holder) = holder else {
                let since = self.unheld.entry(lease).or_insert_with(Instant::now).elapsed();
                let patience = if is_alone { LONG_WRITER } else { TAKE_OVER };
                let is_without_token = part == Part::Sender && !self.has_token;
                let text = match part {
                    Part::Sender if is_without_token => "there is no Telegram token, so that nothing is sent",
                    Part::Sender => "nobody holds the right to send, so that nothing is sent",
                    _ => "nobody seals the audit",
                };
                let is_late = is_without_token || since >= patience;
                health.found(part, if is_late { Level::Failing } else { Level::Note }, text);
                continue;
            };
            self.unheld.remove(lease);
            health.found(part, Level::Well, format!("node {} does it", holder.node));
            if part == Part::Sender && holder.node == *node {
                if send::heard_within(UNHEARD) || self.began.elapsed() < UNHEARD {
                    health.found(Part::Telegram, Level::Well, "answers");
                } else {
                    let text =
                        "the Bot API has not answered for minutes; look at the network, the token and telegram.proxy";
                    health.found(Part::Telegram, Level::Failing, text);
                }
                if send::clock_is_right() {
                    health.found(Part::Clock, Level::Well, "is right");
                } else if self.is_settled() {
                    health.found(Part::Clock, Level::Note, "is not known to be right, so that no notice is sent");
                }
            }
        }
    }
}

/// Looks once, for whoever serves nothing: what a daemon should do is a failure only where one runs.
///
/// # Errors
/// The database cannot be read.
pub async fn look_once(desks: &Desks, schedule: &Schedule) -> Result<Health, DbError> {
    let mut health = Health::default();
    match db::try_to_write_within(desks.db(), &desks.clock().now().to_rfc3339(), TRIAL).await {
        Ok(true) => {}
        Ok(false) => {
            health.found(Part::Database, Level::Note, "somebody writes for long, such as an import; nothing else can")
        }
        Err(error) => health.found(Part::Database, Level::Failing, words(&error)),
    }
    if let Some(damage) = desks.db().first_damage().await? {
        health.found(
            Part::File,
            Level::Failing,
            format!("the database file is damaged ({damage}); restore the newest copy"),
        );
    }
    let mut tx = desks.db().read().await?;
    let holders = db::holders(&mut tx).await?;
    drop(tx);
    let is_held = |lease: &str| holders.iter().any(|holder| holder.lease == lease && holder.is_running);
    let is_served = is_held(SEALER) || is_held(send::LEASE);
    let mut found = Health::default();
    if let Err(error) = read(desks, schedule, is_served, &mut found).await? {
        found.found(Part::Jobs, Level::Note, words(&error));
    }
    health.0.extend(found.0.into_iter().filter(|finding| finding.part != Part::Hold));
    if is_served && !is_held(send::LEASE) {
        health.found(Part::Sender, Level::Failing, "nobody holds the right to send, so that nothing is sent");
    } else if !is_served {
        health.found(Part::Sender, Level::Note, "`siap17 serve` is not running, so that nothing is sent");
    }
    if desks.db().is_served_alone() {
        let old = if is_served { Level::Failing } else { Level::Note };
        backup(desks, &mut health, Level::Note, old);
        look_at_newest(desks, &mut health).await;
    } else {
        let text = "PostgreSQL's own tools make the copies (pg_dump); siap17 makes none";
        health.found(Part::Backup, Level::Well, text);
    }
    Ok(health)
}

/// Reads who holds what, and finds jobs that are late and offices in hold.
async fn read(desks: &Desks, schedule: &Schedule, is_served: bool, health: &mut Health) -> Read {
    let mut tx = desks.db().read().await?;
    let holders = db::holders(&mut tx).await?;
    let offices = match office::all(&mut tx).await {
        Ok(offices) => offices,
        Err(OfficeError::Db(error)) => return Err(error),
        Err(error) => return Ok(Err(error)),
    };
    let now = desks.clock().now();
    let mut late = Vec::new();
    for office in &offices {
        let code = &office.declaration.code;
        if office.hold_reason.is_some() {
            health.found(Part::Hold, Level::Note, format!("{code} holds every notice back"));
        }
        for job in Job::ALL {
            let Some(slot) = schedule.last_slot(job, office.zone(), now - LATE) else { continue };
            let text = missed(&mut tx, office.id, job, slot, now).await?;
            late.extend(text.map(|text| format!("{code}: {text}")));
        }
    }
    if late.is_empty() {
        health.found(Part::Jobs, Level::Well, "none is late");
    }
    let level = if is_served { Level::Failing } else { Level::Note };
    late.into_iter().for_each(|text| health.found(Part::Jobs, level, text));
    Ok(Ok(holders))
}

/// What is wrong with a job that should have run for `slot`.
async fn missed(
    tx: &mut Tx,
    office: office::OfficeId,
    job: Job,
    slot: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Option<String>, DbError> {
    if job == Job::Report && slot < now - REPORT_NEWS {
        return Ok(None);
    }
    let runs = runs_since(tx, office, job, slot).await?;
    let longest = TimeDelta::from_std(LONGEST_RUN).unwrap_or_default() + TimeDelta::minutes(1);
    let is_under_way = |run: &super::Run| run.outcome.is_none() && run.started_at > now - longest;
    if runs.iter().any(|run| run.went_well() || is_under_way(run)) {
        return Ok(None);
    }
    let name = job.name();
    Ok(match runs.first() {
        Some(run) => {
            let how = run.outcome.as_deref().unwrap_or("not ended");
            Some(format!("the job {name} of {} has {how}; the log says why", run.slot.format("%F %H:%M UTC")))
        }
        // Of an office that is new nothing was missed yet.
        None if !ran_before(tx, office, job, slot).await? => None,
        None => Some(format!("the job {name} of {} has not run", slot.format("%F %H:%M UTC"))),
    })
}

/// Looks how old the newest copy is that the nightly job wrote.
fn backup(desks: &Desks, health: &mut Health, none: Level, old: Level) {
    let folder = &desks.config().backup_dir;
    let today = desks.clock().now().date_naive();
    let (level, text) = match newest(folder).map(|(date, _)| date) {
        // A day ahead is today where the office is.
        Some(date) if (date - today).num_days() > 1 => (
            Level::Failing,
            format!(
                "there is one of {date}, which has not come: the clock was wrong when it was written; look at the copies in {} and \
                 remove it",
                folder.display()
            ),
        ),
        Some(date) if (today - date).num_days() <= OLD_BACKUP => (Level::Well, format!("the newest is of {date}")),
        Some(date) => (
            old,
            format!(
                "the newest is of {date}; look at the disk of {}, and whether `siap17 serve` runs",
                folder.display()
            ),
        ),
        None => (none, format!("there is none yet in {}; `siap17 serve` writes one a day", folder.display())),
    };
    health.found(Part::Backup, level, text);
}

/// The newest of the nightly copies in a folder, by its name.
fn newest(folder: &Path) -> Option<(NaiveDate, PathBuf)> {
    let copies = std::fs::read_dir(folder).ok()?.flatten().filter_map(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        let date = name.strip_prefix("siap17-")?.strip_suffix(".db")?.parse().ok()?;
        Some((date, entry.path()))
    });
    copies.max()
}

/// Reads the newest copy through, which takes as long as it is large: whoever serves does so when it is made.
async fn look_at_newest(desks: &Desks, health: &mut Health) {
    let Some((date, path)) = newest(&desks.config().backup_dir) else { return };
    let (level, text) = match look_at_copy(&path).await {
        Ok(_) => (Level::Well, format!("the newest, of {date}, was looked at, and it is whole")),
        Err(fault) => {
            (Level::Failing, format!("the newest, {}, cannot be restored: {}", path.display(), words(&fault)))
        }
    };
    health.found(Part::Backup, level, text);
}

/// An error with its causes that add something, in one line.
fn words(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    for cause in std::iter::successors(error.source(), |error| error.source()) {
        let next = cause.to_string();
        if !text.contains(&next) {
            text.push_str(": ");
            text.push_str(&next);
        }
    }
    text.split(char::is_control).collect::<Vec<_>>().join(" ")
}
