//! The print queue: whose card can be printed and is not, by the first day on which it can.
//!
//! The table `print_queue` holds whoever waits; the database keeps it (see migration 0007). Since the day follows from the birth
//! date by the office's policies, it is not stored: people are ordered by birth date, which orders their days, too. Whoever is
//! or was married may have a card at any age, and waits since the record became print-ready.

use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;
use sqlx::FromRow;
use uuid::Uuid;

use crate::age;
use crate::clock::FIRST_DAY;
use crate::db::{DbError, Tx};
use crate::office::{OfficeId, Policies};
use crate::student::StudentId;
use crate::{fetch_all, fetch_optional};

/// One entry of the print queue.
#[derive(Debug, Clone)]
pub struct QueueEntry {
    pub student: StudentId,
    pub name: String,
    pub nisn: Option<String>,
    pub nik_sealed: Option<Vec<u8>>,
    pub birth_date: NaiveDate,
    pub print_ready_on: Option<NaiveDate>,
    /// First day on which the national system prints it.
    pub print_from: NaiveDate,
}

/// Where a page of the print queue ended. It names a place in the order and not a row, so that the next page begins behind it
/// also when that student's card was printed meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueCursor {
    /// `None` where only the student was named, as older versions did.
    pub print_from: Option<NaiveDate>,
    pub student: StudentId,
}

impl fmt::Display for QueueCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.print_from {
            Some(day) => write!(f, "{day}/{}", self.student),
            None => self.student.fmt(f),
        }
    }
}

/// What is neither `DAY/ID` nor an ID.
#[derive(Debug)]
pub struct NoCursor;

impl FromStr for QueueCursor {
    type Err = NoCursor;

    fn from_str(text: &str) -> Result<Self, NoCursor> {
        let (day, id) = match text.split_once('/') {
            Some((day, id)) => (Some(day.trim().parse().map_err(|_| NoCursor)?), id),
            None => (None, text),
        };
        Ok(Self { print_from: day, student: id.parse().map_err(|_| NoCursor)? })
    }
}

/// One of the two orders of the queue: by birth date, or of those who may have a card at any age by the day of their record.
pub(crate) const PAGE: &str =
    "SELECT q.student_id, s.name, s.nisn, s.nik_sealed, s.birth_date, r.print_ready_on, q.day, q.at_any_age
     FROM print_queue q CROSS JOIN student s CROSS JOIN national_record r
     WHERE q.office_id = $1 AND q.at_any_age = $2 AND (q.day, q.student_id) > ($3, $4)
         AND s.id = q.student_id AND r.student_id = q.student_id
     ORDER BY q.day, q.student_id LIMIT $5";
const NAMED: &str = "SELECT s.birth_date, s.ever_married, r.print_ready_on FROM student s
     LEFT JOIN national_record r ON r.student_id = s.id WHERE s.id = $1";

#[derive(FromRow)]
struct Row {
    student_id: StudentId,
    name: String,
    nisn: Option<String>,
    nik_sealed: Option<Vec<u8>>,
    birth_date: NaiveDate,
    print_ready_on: Option<NaiveDate>,
    day: NaiveDate,
    at_any_age: bool,
}

/// Behind which day and ID each of the two orders goes on.
struct Start {
    by_age: (NaiveDate, Uuid),
    at_any_age: (NaiveDate, Uuid),
}

/// One page of an office's print queue: up to `limit` entries after `after`.
pub async fn print_queue(
    tx: &mut Tx,
    office: OfficeId,
    policies: &Policies,
    after: Option<QueueCursor>,
    limit: i64,
) -> Result<Vec<QueueEntry>, DbError> {
    let start = match after {
        None => Start { by_age: (FIRST_DAY, Uuid::nil()), at_any_age: (FIRST_DAY, Uuid::nil()) },
        Some(cursor) => match start_after(&mut *tx, policies, cursor).await? {
            Some(start) => start,
            None => return Ok(Vec::new()),
        },
    };
    let ((birth, id), (ready, ready_id)) = (start.by_age, start.at_any_age);
    let mut rows = fetch_all!(&mut *tx, Row, PAGE, office, false, birth, id, limit)?;
    rows.extend(fetch_all!(tx, Row, PAGE, office, true, ready, ready_id, limit)?);
    let mut page: Vec<_> = rows.into_iter().map(|row| (print_from(policies, row.at_any_age, row.day), row)).collect();
    // Both have the same order in themselves; of one day, whoever waited for an age comes first.
    page.sort_by_key(|(day, row)| (*day, row.at_any_age, row.day, row.student_id));
    page.truncate(usize::try_from(limit).unwrap_or_default());
    let entry = |(print_from, row): (NaiveDate, Row)| QueueEntry {
        student: row.student_id,
        name: row.name,
        nisn: row.nisn,
        nik_sealed: row.nik_sealed,
        birth_date: row.birth_date,
        print_ready_on: row.print_ready_on,
        print_from,
    };
    Ok(page.into_iter().map(entry).collect())
}

fn print_from(policies: &Policies, at_any_age: bool, day: NaiveDate) -> NaiveDate {
    if at_any_age { day } else { age::print_from(day, policies.print_from_days_after_17, policies.leap_day) }
}

/// Where the page after `cursor` begins; `None` if it names nobody.
async fn start_after(tx: &mut Tx, policies: &Policies, cursor: QueueCursor) -> Result<Option<Start>, DbError> {
    type Named = (NaiveDate, bool, Option<NaiveDate>);
    let Some((birth, at_any_age, ready)) = fetch_optional!(tx, Named, NAMED, cursor.student)? else { return Ok(None) };
    let by_age = print_from(policies, false, birth);
    let Some(day) = cursor.print_from.or(if at_any_age { ready } else { Some(by_age) }) else { return Ok(None) };
    let (id, last) = (cursor.student.0, Uuid::max());
    let latest = age::latest_printable_birth(day, policies.print_from_days_after_17, policies.leap_day);
    Ok(Some(if at_any_age {
        Start { by_age: (latest, last), at_any_age: (day, id) }
    } else {
        // Two birth dates around 29 February share a day, so the student's own is the surer one, unless it was corrected since.
        let birth = if by_age == day { birth } else { latest };
        Start { by_age: (birth, id), at_any_age: (day.pred_opt().unwrap_or(day), last) }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::{self, CardFacts, NationalRecord, NationalStatus};
    use crate::clock::Clock;
    use crate::db::run_all;
    use crate::execute;
    use crate::student::{self, ClosedReason, Recorded, Student};
    use crate::testing::{Dice, Scratch, postgres, sample_office, sqlite};

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// Who should be in the queue, by the facts of each.
    async fn expected(tx: &mut Tx, students: &[StudentId]) -> Vec<StudentId> {
        let mut waiting = Vec::new();
        for id in students {
            let student = student::load(&mut *tx, *id).await.unwrap().unwrap();
            let CardFacts { national, card } = card::facts(&mut *tx, *id).await.unwrap();
            let printable =
                national.is_some_and(|record| record.status.is_printable() && record.print_ready_on.is_some());
            if printable && card.is_none() && student.closed_reason.is_none() {
                waiting.push(*id);
            }
        }
        waiting.sort();
        waiting
    }

    async fn change(tx: &mut Tx, clock: &Clock, dice: &mut Dice, id: StudentId, other: StudentId) {
        let today = day("2026-11-23");
        let locked = student::lock_one(tx, id).await.unwrap().unwrap();
        match dice.below(9) {
            0 | 1 => {
                let status = [NationalStatus::PrintReadyRecord, NationalStatus::Processing, NationalStatus::CardIssued]
                    [usize::try_from(dice.below(3)).unwrap()];
                let print_ready_on = (status != NationalStatus::Processing).then_some(today);
                let record = NationalRecord { student_id: id, status, as_of: today, print_ready_on };
                card::write_records(tx, &[(&locked, record)]).await.unwrap();
            }
            2 => drop(card::print(tx, clock, &[&locked], today).await.unwrap()),
            3 => drop(execute!(tx, "UPDATE card SET spoiled_on = $2 WHERE student_id = $1", id, today).unwrap()),
            4 => {
                let other = student::lock_one(tx, other).await.unwrap().unwrap();
                card::move_to(tx, &other, &locked).await.unwrap();
            }
            5 => student::close(tx, clock, &locked, ClosedReason::Moved, today).await.unwrap(),
            6 => student::reopen(tx, clock, &locked).await.unwrap(),
            7 => student::set_ever_married(tx, clock, &locked, dice.chance(50)).await.unwrap(),
            _ => {
                let born = day("2008-02-27") + chrono::Days::new(dice.below(5));
                execute!(tx, "UPDATE student SET birth_date = $2 WHERE id = $1", id, born).map(drop).unwrap();
            }
        }
    }

    async fn the_queue_is_whoever_waits_and_is_read_page_by_page(scratch: Scratch) {
        let clock = Clock::starting_at(day("2026-11-23").and_hms_opt(8, 0, 0).unwrap().and_utc());
        let office = sample_office(&scratch.db, &clock).await;
        let policies = office.policies();
        let mut dice = Dice::new(29);
        let mut tx = scratch.db.write().await.unwrap();
        let ids: Vec<StudentId> = (0..40).map(|_| StudentId::new(&clock)).collect();
        let people: Vec<Student> = ids
            .iter()
            .map(|id| Student::unknown(*id, office.id, day("2008-02-29"), Recorded::Unknown, clock.now()))
            .collect();
        let statements = student::adding(tx.engine(), &people);
        run_all(&mut tx, statements).await.unwrap();
        for round in 0..600 {
            let [one, other] = [0, 1].map(|_| ids[usize::try_from(dice.below(40)).unwrap()]);
            change(&mut tx, &clock, &mut dice, one, other).await;
            if round % 20 > 0 {
                continue;
            }
            let all = print_queue(&mut tx, office.id, policies, None, i64::MAX).await.unwrap();
            let mut known: Vec<StudentId> = all.iter().map(|entry| entry.student).collect();
            assert!(all.is_sorted_by_key(|entry| entry.print_from));
            let mut paged = Vec::new();
            let mut after = None;
            loop {
                let page = print_queue(&mut tx, office.id, policies, after, 3).await.unwrap();
                let Some(last) = page.last() else { break };
                let cursor = QueueCursor { print_from: Some(last.print_from), student: last.student };
                after = Some(cursor.to_string().parse().unwrap());
                assert_eq!(after, Some(cursor));
                paged.extend(page.iter().map(|entry| entry.student));
            }
            assert_eq!(paged, known, "nobody is shown twice or left out");
            known.sort();
            assert_eq!(known, expected(&mut tx, &ids).await);
        }
    }

    #[tokio::test]
    async fn the_queue_on_sqlite() {
        the_queue_is_whoever_waits_and_is_read_page_by_page(sqlite().await).await;
    }

    #[tokio::test]
    async fn the_queue_on_postgres() {
        the_queue_is_whoever_waits_and_is_read_page_by_page(postgres().await).await;
    }
}
