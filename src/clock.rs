//! The only place where time comes from. Everything else asks a [`Clock`], so that a rehearsal or a test
//! can put the whole process on another day and let it run on from there.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveDate, NaiveTime, SubsecRound, TimeDelta, Utc};
use chrono_tz::Tz;
use uuid::{ContextV7, Timestamp, Uuid};

use crate::intake;

/// How often a clock that follows a file reads it again.
const FILE_INTERVAL: Duration = Duration::from_secs(1);

/// Before and after every day that is kept: what a list begins and ends with where nobody says. Years of four digits, for
/// SQLite keeps days as text.
pub const FIRST_DAY: NaiveDate = day(1, 1, 1);
pub const LAST_DAY: NaiveDate = day(9999, 12, 31);

const fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    match NaiveDate::from_ymd_opt(year, month, day) {
        Some(day) => day,
        None => NaiveDate::MIN,
    }
}

static UUID_CONTEXT: LazyLock<Mutex<ContextV7>> = LazyLock::new(|| Mutex::new(ContextV7::new()));

/// How far this clock may be from the Bot API's (invariant 11).
pub const TOLERANCE: TimeDelta = TimeDelta::minutes(10);
/// How far a clock may go its own way beside the stopwatch before what it was compared with counts for nothing.
const JUMP: TimeDelta = TimeDelta::minutes(1);

/// A source of the present. Cheap to clone; clones share one time, and what it was compared with.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    source: Source,
    is_rehearsal: bool,
    compared: Mutex<Option<Compared>>,
}

/// So far ahead of a clock that others keep this one was found.
#[derive(Debug, Clone, Copy)]
struct Compared {
    ahead: TimeDelta,
    mark: Mark,
}

/// What is known of whether a clock is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It was compared and has not been set since, or belongs to a rehearsal, which makes its own time.
    Right,
    /// It was found so many seconds ahead of the one that others keep; fewer than 0 are behind.
    Differs { seconds: i64 },
    /// It was never compared, or was set since.
    NotCompared,
}

#[derive(Debug)]
enum Source {
    System,
    Set(Mutex<Base>),
    File { path: PathBuf, seen: Mutex<Seen> },
}

/// "It was `at` when the stopwatch read `since`"; `jumped` is how far the clock was moved forward by hand.
#[derive(Debug, Clone, Copy)]
struct Base {
    at: DateTime<Utc>,
    since: Instant,
    jumped: Duration,
}

impl Base {
    fn new(at: DateTime<Utc>) -> Self {
        Self { at, since: Instant::now(), jumped: Duration::ZERO }
    }

    fn now(&self) -> DateTime<Utc> {
        self.at + TimeDelta::from_std(self.since.elapsed()).unwrap_or_default()
    }

    fn move_to(&mut self, at: DateTime<Utc>) {
        let forward = (at - self.now()).to_std().unwrap_or_default();
        *self = Self { at, since: Instant::now(), jumped: self.jumped + forward };
    }
}

/// A moment that something is measured from.
#[derive(Debug, Clone, Copy)]
pub struct Mark {
    at: DateTime<Utc>,
    since: Instant,
}

#[derive(Debug)]
struct Seen {
    text: String,
    read: Instant,
    base: Base,
}

/// Why `SIAP17_NOW` cannot be followed.
#[derive(Debug, thiserror::Error)]
pub enum ClockError {
    #[error("SIAP17_NOW is '{0}', which is not an RFC 3339 instant such as 2026-11-23T08:00:00+08:00")]
    NotAnInstant(String),
    #[error("SIAP17_NOW names the file {path}, which cannot be read")]
    File { path: PathBuf, source: std::io::Error },
}

impl Clock {
    /// The machine's own clock.
    #[must_use]
    pub fn system() -> Self {
        Self::of(Source::System, false)
    }

    fn of(source: Source, is_rehearsal: bool) -> Self {
        Self(Arc::new(Shared { source, is_rehearsal, compared: Mutex::default() }))
    }

    /// A clock of a test that counts as the machine's own, and can be set to any time as that can.
    #[cfg(test)]
    pub(crate) fn like_the_machines(at: DateTime<Utc>) -> Self {
        Self::of(Source::Set(Mutex::new(Base::new(at))), false)
    }

    /// A clock that shows `at` now and runs on from there.
    #[must_use]
    pub fn starting_at(at: DateTime<Utc>) -> Self {
        Self::of(Source::Set(Mutex::new(Base::new(at))), true)
    }

    /// What `SIAP17_NOW` asks for: unset = the machine's clock, an instant = start there, `@FILE` = follow the file.
    pub fn from_setting(setting: Option<&str>) -> Result<Self, ClockError> {
        let Some(setting) = setting.filter(|text| !text.is_empty()) else { return Ok(Self::system()) };
        let Some(path) = setting.strip_prefix('@') else { return parse(setting).map(Self::starting_at) };
        let text = read(Path::new(path))?;
        let base = Base::new(parse(text.trim())?);
        let seen = Mutex::new(Seen { text, read: Instant::now(), base });
        Ok(Self::of(Source::File { path: path.into(), seen }, true))
    }

    /// Looks at the file that this clock follows at once. For whoever judges by the time what another process did, which may
    /// have looked just before.
    pub fn catch_up(&self) {
        if let Source::File { path, seen } = &self.0.source {
            follow(path, &mut lock(seen));
        }
    }

    /// The present, cut to microseconds, because PostgreSQL keeps no more and a value must come back as it went.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        match &self.0.source {
            Source::System => Utc::now(),
            Source::Set(base) => lock(base).now(),
            Source::File { path, seen } => followed(path, seen).now(),
        }
        .trunc_subsecs(6)
    }

    /// Time that never goes back, for pacing. A clock moved forward by hand counts as time that has passed.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        let real = START.elapsed();
        match &self.0.source {
            Source::System => real,
            Source::Set(base) => real + lock(base).jumped,
            Source::File { path, seen } => real + followed(path, seen).jumped,
        }
    }

    /// Notes the present, to ask later how long ago it was.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark { at: self.now(), since: Instant::now() }
    }

    /// How long ago a mark was made, at most: by the stopwatch, which stands still while the machine sleeps, or by the time of
    /// day, which does not.
    #[must_use]
    pub fn since(&self, mark: &Mark) -> Duration {
        mark.since.elapsed().max((self.now() - mark.at).to_std().unwrap_or_default())
    }

    /// Whether this clock was set by hand. A rehearsal never speaks to the real Telegram (invariant 11).
    #[must_use]
    pub fn is_rehearsal(&self) -> bool {
        self.0.is_rehearsal
    }

    /// Notes what a clock that others keep says now.
    pub fn compare(&self, theirs: DateTime<Utc>) {
        let mark = self.mark();
        *lock(&self.0.compared) = Some(Compared { ahead: mark.at - theirs, mark });
    }

    /// Whether this clock is right, as far as it is known.
    #[must_use]
    pub fn standing(&self) -> Standing {
        if self.0.is_rehearsal {
            return Standing::Right;
        }
        match *lock(&self.0.compared) {
            Some(Compared { mark, .. }) if self.was_set_since(&mark) => Standing::NotCompared,
            Some(Compared { ahead, .. }) if ahead.abs() > TOLERANCE => {
                Standing::Differs { seconds: ahead.num_seconds() }
            }
            Some(_) => Standing::Right,
            None => Standing::NotCompared,
        }
    }

    /// Whether this clock went another way than the stopwatch since a mark was made: it was set, or the machine slept.
    #[must_use]
    pub fn was_set_since(&self, mark: &Mark) -> bool {
        let passed = TimeDelta::from_std(mark.since.elapsed()).unwrap_or_default();
        (self.now() - mark.at - passed).abs() > JUMP
    }

    /// Moves a clock made by [`Clock::starting_at`]; any other clock stays as it is.
    pub fn move_to(&self, at: DateTime<Utc>) {
        if let Source::Set(base) = &self.0.source {
            lock(base).move_to(at);
        }
    }

    /// The local date in `zone`.
    #[must_use]
    pub fn today(&self, zone: Tz) -> NaiveDate {
        self.now().with_timezone(&zone).date_naive()
    }

    /// A UUIDv7 of this moment; those of one process sort in the order they were made.
    #[must_use]
    pub fn new_uuid(&self) -> Uuid {
        let now = self.now();
        let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
        let context = UUID_CONTEXT.lock().unwrap_or_else(PoisonError::into_inner);
        Uuid::new_v7(Timestamp::from_unix(&*context, seconds, now.timestamp_subsec_nanos()))
    }
}

/// The instant of a local date and time in `zone` (Indonesia has no daylight saving, so there is exactly one;
/// elsewhere the earlier one is taken).
#[must_use]
pub fn local_instant(date: NaiveDate, time: NaiveTime, zone: Tz) -> DateTime<Utc> {
    let local = date.and_time(time);
    local.and_local_timezone(zone).earliest().map_or_else(|| local.and_utc(), |instant| instant.with_timezone(&Utc))
}

fn followed(path: &Path, seen: &Mutex<Seen>) -> Base {
    let mut seen = lock(seen);
    if seen.read.elapsed() >= FILE_INTERVAL {
        follow(path, &mut seen);
    }
    seen.base
}

fn follow(path: &Path, seen: &mut Seen) {
    seen.read = Instant::now();
    // A file caught half-written keeps the last good time; the next second reads it whole.
    if let Ok(text) = read(path)
        && text != seen.text
        && let Ok(at) = parse(text.trim())
    {
        seen.text = text;
        seen.base.move_to(at);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn read(path: &Path) -> Result<String, ClockError> {
    // Once a second, and of a few bytes: no thread is worth that.
    let mut text = String::new();
    let read = intake::open(path).and_then(|file| file.take(intake::LARGEST_SECRET).read_to_string(&mut text));
    read.map(|_| text).map_err(|source| ClockError::File { path: path.into(), source })
}

fn parse(text: &str) -> Result<DateTime<Utc>, ClockError> {
    DateTime::parse_from_rfc3339(text)
        .map(|instant| instant.with_timezone(&Utc))
        .map_err(|_| ClockError::NotAnInstant(text.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moved_clock_counts_the_jump_as_elapsed_time() {
        let clock = Clock::starting_at(parse("2026-11-23T00:00:00Z").unwrap());
        let before = clock.elapsed();
        clock.move_to(parse("2026-11-24T00:00:00Z").unwrap());
        assert!(clock.elapsed() - before > Duration::from_secs(86_000));
        assert_eq!(clock.today(Tz::Asia__Makassar), NaiveDate::from_ymd_opt(2026, 11, 24).unwrap());
    }

    #[test]
    fn what_a_clock_was_compared_with_holds_until_it_is_set() {
        let now = parse("2026-11-23T00:00:00Z").unwrap();
        let clock = Clock::like_the_machines(now);
        assert_eq!(clock.standing(), Standing::NotCompared);
        clock.compare(now + TimeDelta::minutes(9));
        assert_eq!(clock.standing(), Standing::Right);
        clock.compare(now - TimeDelta::hours(2));
        assert!(matches!(clock.standing(), Standing::Differs { seconds: 7200.. }));
        clock.compare(now);
        clock.move_to(now + TimeDelta::minutes(2));
        assert_eq!(clock.standing(), Standing::NotCompared);
        assert_eq!(Clock::starting_at(now).standing(), Standing::Right, "a rehearsal makes its own time");
    }

    #[test]
    fn a_setting_that_is_no_instant_is_named() {
        let error = Clock::from_setting(Some("tomorrow")).unwrap_err();
        assert!(error.to_string().contains("tomorrow"));
    }

    #[test]
    fn uuids_sort_in_the_order_they_were_made() {
        let clock = Clock::system();
        let ids: Vec<_> = (0..1000).map(|_| clock.new_uuid()).collect();
        assert!(ids.is_sorted());
    }
}
