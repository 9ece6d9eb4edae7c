//! Who is looked at, and who is not: moments, requests and the sweep.

use chrono::{DateTime, NaiveDate, Utc};

use super::*;
use crate::calendar::Holidays;
use crate::clock::Clock;
use crate::db::{Db, run_all};
use crate::messenger::{FarClock, Messenger, Outcome, Outgoing};
use crate::notice::NoticeId;
use crate::notice::silence::{self, Obstacle};
use crate::office::Office;
use crate::student::{self, Recorded, Student, StudentId};
use crate::testing::{Scratch, postgres, sample_office, sqlite};
use crate::{execute, fetch_one};

struct World {
    db: Db,
    clock: Clock,
    office: Office,
    holidays: Holidays,
}

impl World {
    async fn new(scratch: &Scratch) -> Self {
        let clock = Clock::starting_at("2026-11-23T01:00:00Z".parse().unwrap());
        let office = sample_office(&scratch.db, &clock).await;
        let holidays = Holidays::from_csv(include_str!("../../../config/holidays.csv")).unwrap();
        Self { db: scratch.db.clone(), clock, office, holidays }
    }

    /// So many students who were born on `birth`, as an import writes them that settles nobody.
    async fn students(&self, count: usize, birth: &str) -> Vec<StudentId> {
        let birth: NaiveDate = birth.parse().unwrap();
        let now = self.clock.now();
        let one = |_| Student::unknown(StudentId::new(&self.clock), self.office.id, birth, Recorded::No, now);
        let students: Vec<Student> = (0..count).map(one).collect();
        let mut tx = self.db.write().await.unwrap();
        let statements = student::adding(tx.engine(), &students);
        run_all(&mut tx, statements).await.unwrap();
        tx.commit().await.unwrap();
        students.iter().map(|one| one.id).collect()
    }

    async fn settle(&self, ids: &[StudentId]) {
        let mut tx = self.db.write().await.unwrap();
        reconcile_some(&mut tx, &self.clock, self.office.id, ids).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn everybody(&self) {
        let mut tx = self.db.write().await.unwrap();
        request_everybody(&mut tx, &self.clock, self.office.id).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn beat(&self) -> Summary {
        beat(&self.db, &self.clock, self.office.id, &self.holidays, None).await.unwrap().0
    }

    async fn sweep(&self) -> Swept {
        sweep(&self.db, &self.clock, self.office.id, None).await.unwrap()
    }

    /// Changes a birth date behind everybody's back.
    async fn born_on(&self, id: StudentId, birth: &str) {
        let birth: NaiveDate = birth.parse().unwrap();
        let mut tx = self.db.write().await.unwrap();
        execute!(&mut tx, "UPDATE student SET birth_date = $2 WHERE id = $1", id, birth).unwrap();
        tx.commit().await.unwrap();
    }

    async fn rows(&self) -> i64 {
        let mut tx = self.db.read().await.unwrap();
        fetch_one!(&mut tx, (i64,), "SELECT COUNT(*) FROM notice").unwrap().0
    }

    fn move_to(&self, at: &str) {
        self.clock.move_to(at.parse::<DateTime<Utc>>().unwrap());
    }
}

#[tokio::test]
async fn a_beat_looks_at_those_whose_moment_has_come_and_at_nobody_else() {
    for scratch in [sqlite().await, postgres().await] {
        let world = World::new(&scratch).await;
        let ids = world.students(3, "2009-11-25").await;
        world.settle(&ids).await;
        world.born_on(ids[2], "2009-11-24").await;
        world.move_to("2026-11-24T02:00:00Z");
        assert_eq!(world.beat().await, Summary::default(), "nobody's moment has come");
        world.move_to("2026-11-24T16:00:00Z");
        assert_eq!(world.beat().await.created, 3, "midnight in Makassar");
        assert_eq!(world.beat().await, Summary::default());
        assert_eq!(world.sweep().await, Swept { seen: 3, mended: 0 });
    }
}

#[tokio::test]
async fn what_nothing_explains_is_mended_by_the_sweep_and_counted() {
    for scratch in [sqlite().await, postgres().await] {
        let world = World::new(&scratch).await;
        let ids = world.students(2, "2010-03-01").await;
        world.beat().await;
        world.settle(&ids).await;
        world.born_on(ids[0], "2009-11-01").await;
        world.beat().await;
        assert_eq!(world.rows().await, 0);
        assert_eq!(world.sweep().await, Swept { seen: 2, mended: 1 });
        assert_eq!(world.rows().await, 1);
        assert_eq!(world.sweep().await.mended, 0);
        let mut tx = world.db.read().await.unwrap();
        assert_eq!(mended(&mut tx, world.office.id).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn what_concerns_everybody_is_worked_off_page_by_page_and_by_whoever_comes_next() {
    for scratch in [sqlite().await, postgres().await] {
        let world = World::new(&scratch).await;
        world.students(1100, "2009-11-01").await;
        world.everybody().await;
        catch_up(&world.db, &world.clock, world.office.id, &world.holidays, 1).await.unwrap();
        assert_eq!(world.rows().await, 500, "a page, while somebody waits");
        assert_eq!(world.beat().await.created, 600, "another process does the rest");
        assert_eq!(world.beat().await, Summary::default());
        assert_eq!(world.sweep().await, Swept { seen: 1100, mended: 0 });
    }
}

#[tokio::test]
async fn only_the_newcomers_of_a_long_list_are_looked_at_for_it() {
    for scratch in [sqlite().await, postgres().await] {
        let world = World::new(&scratch).await;
        let old = world.students(2, "2009-11-01").await;
        let new = world.students(3, "2009-11-01").await;
        let mut tx = world.db.write().await.unwrap();
        request_range(&mut tx, &world.clock, world.office.id, old[1], new[2]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(world.beat().await.created, 3);
        let mut tx = world.db.write().await.unwrap();
        look_soon(&mut tx, &world.clock, world.office.id, &old[..1]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(world.beat().await.created, 1);
    }
}

#[tokio::test]
async fn a_clock_that_was_set_back_has_everybody_looked_at_and_is_nobodys_miss() {
    for scratch in [sqlite().await, postgres().await] {
        let world = World::new(&scratch).await;
        let ids = world.students(2, "2009-12-01").await;
        world.settle(&ids).await;
        world.move_to("2027-01-01T02:00:00Z");
        assert_eq!(world.beat().await.created, 2);
        // `move_to` never goes back; another process reads a clock that was mended.
        let mended = World { clock: Clock::starting_at("2026-11-24T02:00:00Z".parse().unwrap()), ..world };
        assert_eq!(mended.beat().await.changed, 2, "they are not 17 yet");
        assert_eq!(mended.sweep().await.mended, 0);
        mended.move_to("2026-12-01T02:00:00Z");
        assert_eq!(mended.beat().await.changed, 2, "now they are");
    }
}

/// The state of a person's only notice, and whether it may go out now.
async fn only_notice(world: &World, id: StudentId) -> (String, bool) {
    let mut tx = world.db.read().await.unwrap();
    let sql = "SELECT state, due_at FROM notice WHERE recipient_id = $1";
    let (state, due_at) = fetch_one!(&mut tx, (String, DateTime<Utc>), sql, id).unwrap();
    (state, due_at <= world.clock.now())
}

#[tokio::test]
async fn whom_a_clock_that_was_ahead_gave_up_is_told_on_the_day() {
    for scratch in [sqlite().await, postgres().await] {
        let world = World::new(&scratch).await;
        // By each of these clocks the birthday is long past, or was today.
        for ahead in ["2027-11-23T02:00:00Z", "2027-03-01T02:00:00Z", "2026-12-24T01:30:00Z"] {
            world.move_to("2026-11-23T01:00:00Z");
            let id = world.students(1, "2009-12-24").await[0];
            world.settle(&[id]).await;
            world.move_to(ahead);
            world.beat().await;
            world.move_to("2026-11-23T01:10:00Z");
            world.beat().await;
            world.move_to("2026-12-24T02:00:00Z");
            world.beat().await;
            let (state, is_due) = only_notice(&world, id).await;
            assert_eq!((state.as_str(), is_due), ("waiting", true), "after a clock of {ahead}");
            world.move_to("2026-11-23T01:20:00Z");
            world.beat().await;
        }
    }
}

#[tokio::test]
async fn what_a_clock_that_was_ahead_put_off_comes_with_the_right_one() {
    for scratch in [sqlite().await, postgres().await] {
        let world = World::new(&scratch).await;
        world.move_to("2027-11-23T01:00:00Z");
        world.beat().await;
        let mut tx = world.db.write().await.unwrap();
        let now = world.clock.now();
        execute!(
            &mut tx,
            "INSERT INTO notice (id, office_id, recipient_kind, recipient_id, kind, occasion, state, due_at, next_attempt_at,
                 refusals, ever_lost, facts, created_at, changed_at)
             VALUES ($1, $2, 'staff', $3, 'alarm', 'disk', 'due', $4, $5, 1, FALSE, '{}', $4, $4)",
            NoticeId::new(&world.clock),
            world.office.id,
            world.clock.new_uuid(),
            now,
            now + chrono::TimeDelta::minutes(10),
        )
        .unwrap();
        silence::silence(&mut tx, &world.clock, std::time::Duration::from_secs(3000), "retry_after").await.unwrap();
        tx.commit().await.unwrap();
        world.move_to("2026-11-23T01:10:00Z");
        world.beat().await;
        let mut tx = world.db.read().await.unwrap();
        let Some(Obstacle::Silenced { until, .. }) = silence::obstacle(&mut tx, &world.clock).await.unwrap() else {
            panic!("a wait that was told holds under any clock");
        };
        assert!(until - world.clock.now() <= chrono::TimeDelta::seconds(3000), "and no longer than it was told");
        let sql = "SELECT COUNT(*) FROM notice WHERE state = 'due' AND (next_attempt_at > $1 OR due_at > $1)";
        assert_eq!(fetch_one!(&mut tx, (i64,), sql, world.clock.now()).unwrap().0, 0);
        assert_eq!(world.rows().await, 1);
    }
}

/// A Bot API that says one time, or nothing.
struct Far(FarClock);

#[async_trait::async_trait]
impl Messenger for Far {
    async fn turn(&self, _: i64) -> Result<(), std::time::Duration> {
        Ok(())
    }

    async fn send(&self, _: i64, _: &Outgoing) -> Outcome {
        Outcome::Lost("not asked".into())
    }

    async fn server_time(&self) -> FarClock {
        self.0
    }

    fn silence(&self, _: std::time::Duration) {}
}

#[tokio::test]
async fn by_a_clock_far_from_its_last_reading_nothing_is_brought_up_to_date_until_it_is_compared() {
    for scratch in [sqlite().await, postgres().await] {
        let mut world = World::new(&scratch).await;
        world.clock = Clock::like_the_machines("2026-11-23T01:00:00Z".parse().unwrap());
        let office = world.office.id;
        let reading = async |world: &World, far: FarClock| {
            beat(&world.db, &world.clock, office, &world.holidays, Some(&Far(far))).await.unwrap().1
        };
        let waits =
            async |world: &World| waits_for_clock(&mut world.db.read().await.unwrap(), office).await.unwrap().is_some();
        let right: DateTime<Utc> = "2026-11-23T01:00:00Z".parse().unwrap();
        assert_eq!(reading(&world, FarClock::Silent).await, Reading::GoesOn, "a new office has no other clock");
        let id = world.students(1, "2009-12-24").await[0];
        world.settle(&[id]).await;
        world.move_to("2027-11-23T01:00:00Z");
        for far in [FarClock::Silent, FarClock::At(right)] {
            assert_eq!(reading(&world, far).await, Reading::NotCompared);
            assert!(waits(&world).await);
        }
        assert_eq!(world.rows().await, 0, "nobody is given up");
        world.move_to("2026-11-23T01:05:00Z");
        assert_eq!(reading(&world, FarClock::Silent).await, Reading::WasSetBack);
        assert!(!waits(&world).await);
        // The office was closed for ten days, and then there is no network.
        world.move_to("2026-12-03T01:05:00Z");
        assert_eq!(reading(&world, FarClock::Silent).await, Reading::NotCompared);
        assert_eq!(reading(&world, FarClock::At(world.clock.now())).await, Reading::GoesOn);
        world.move_to("2026-12-24T02:05:00Z");
        assert_eq!(reading(&world, FarClock::Silent).await, Reading::NotCompared);
        let mut tx = world.db.write().await.unwrap();
        accept_clock(&mut tx, office, world.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(reading(&world, FarClock::Silent).await, Reading::GoesOn, "somebody looked at it");
        assert_eq!(only_notice(&world, id).await.0, "waiting");
    }
}
