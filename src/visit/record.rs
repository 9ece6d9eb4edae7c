//! What became of each student on a visit's list.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::FromRow;

use super::schedule::LockedVisit;
use super::{DayResult, Ikd, VisitId, VisitState};
use crate::clock::Clock;
use crate::db::{DbError, Tx};
use crate::nik::Sex;
use crate::office::{OfficeId, TeamId};
use crate::student::StudentId;
use crate::{execute, fetch_all, fetch_one, fetch_optional};

/// A student on a visit's list, as the sheet shows them and as results are judged by.
#[derive(Debug, Clone, FromRow)]
pub struct Line {
    pub student_id: StudentId,
    pub result: Option<DayResult>,
    pub reason: Option<String>,
    /// Nobody said this result: siap17 wrote it down when the team broke. What a list says goes before it.
    pub presumed: bool,
    pub ikd: Option<Ikd>,
    pub name: String,
    pub class_name: Option<String>,
    pub sex: Option<Sex>,
    pub nisn: Option<String>,
    pub birth_date: NaiveDate,
    pub nik_sealed: Option<Vec<u8>>,
    pub merged_into: Option<StudentId>,
}

/// A visit's list by class and name.
pub async fn lines(tx: &mut Tx, visit: VisitId) -> Result<Vec<Line>, DbError> {
    let mut lines = fetch_all!(
        tx,
        Line,
        "SELECT l.student_id, l.result, l.reason, l.presumed, l.ikd, s.name, s.class_name, s.sex, s.nisn, s.birth_date, s.nik_sealed,
             s.merged_into
         FROM visit_student l JOIN student s ON s.id = l.student_id WHERE l.visit_id = $1",
        visit,
    )?;
    // Sorted here, so that the order is the same on every database, whatever its collation.
    lines.sort_by(|a, b| (&a.class_name, &a.name, a.student_id).cmp(&(&b.class_name, &b.name, b.student_id)));
    Ok(lines)
}

/// Writes a result.
pub async fn set_result(
    tx: &mut Tx,
    clock: &Clock,
    visit: &LockedVisit,
    student: StudentId,
    result: DayResult,
    reason: Option<&str>,
) -> Result<(), DbError> {
    execute!(
        tx,
        "UPDATE visit_student SET result = $3, reason = $4, resulted_at = $5, presumed = FALSE
         WHERE visit_id = $1 AND student_id = $2",
        visit.id,
        student,
        result,
        reason,
        clock.now(),
    )?;
    Ok(())
}

/// The day on which somebody was recorded by their own line of a list, if that was written down since an instant.
pub async fn recorded_since(
    tx: &mut Tx,
    student: StudentId,
    since: DateTime<Utc>,
) -> Result<Option<NaiveDate>, DbError> {
    let row = fetch_optional!(
        tx,
        (NaiveDate,),
        "SELECT v.visit_on FROM visit_student l JOIN visit v ON v.id = l.visit_id
         WHERE l.student_id = $1 AND l.result = $2 AND l.resulted_at >= $3 ORDER BY l.resulted_at DESC LIMIT 1",
        student,
        DayResult::Recorded,
        since,
    )?;
    Ok(row.map(|row| row.0))
}

/// Puts somebody on the list who came without standing on it.
pub async fn add_walk_in(tx: &mut Tx, visit: &LockedVisit, student: StudentId) -> Result<(), DbError> {
    execute!(tx, "INSERT INTO visit_student (visit_id, student_id, walk_in) VALUES ($1, $2, TRUE)", visit.id, student,)?;
    Ok(())
}

/// Writes down what a student said to the digital ID.
pub async fn set_ikd(tx: &mut Tx, visit: &LockedVisit, student: StudentId, ikd: Ikd) -> Result<(), DbError> {
    execute!(tx, "UPDATE visit_student SET ikd = $3 WHERE visit_id = $1 AND student_id = $2", visit.id, student, ikd)?;
    Ok(())
}

/// Presumes `device_failed` of everybody on the list without a result; gives how many those were.
pub async fn presume_device_failed(tx: &mut Tx, clock: &Clock, visit: &LockedVisit) -> Result<u64, DbError> {
    execute!(
        tx,
        "UPDATE visit_student SET result = $2, resulted_at = $3, presumed = TRUE
         WHERE visit_id = $1 AND result IS NULL",
        visit.id,
        DayResult::DeviceFailed,
        clock.now(),
    )
}

/// A team's visits of a day that are settled and not written down yet.
pub async fn open_visits(tx: &mut Tx, team: TeamId, date: NaiveDate) -> Result<Vec<VisitId>, DbError> {
    let rows = fetch_all!(
        tx,
        (VisitId,),
        "SELECT id FROM visit WHERE team_id = $1 AND visit_on = $2 AND state IN ('announced', 'confirmed')
         ORDER BY starts_at, id",
        team,
        date,
    )?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// How many on the list have no result yet.
pub async fn open_lines(tx: &mut Tx, visit: VisitId) -> Result<i64, DbError> {
    let row =
        fetch_one!(tx, (i64,), "SELECT COUNT(*) FROM visit_student WHERE visit_id = $1 AND result IS NULL", visit)?;
    Ok(row.0)
}

/// Closes the visit: its day is over and written down. Gives whether it was open.
pub async fn close(tx: &mut Tx, clock: &Clock, visit: &LockedVisit) -> Result<bool, DbError> {
    let changed = execute!(
        tx,
        "UPDATE visit SET state = $2, updated_at = $3 WHERE id = $1 AND state <> $2",
        visit.id,
        VisitState::Done,
        clock.now(),
    )?;
    Ok(changed > 0)
}

/// Students whose last result says that another regency records them.
pub async fn outsiders(tx: &mut Tx, office: OfficeId) -> Result<Vec<StudentId>, DbError> {
    let rows = fetch_all!(
        tx,
        (StudentId,),
        "SELECT DISTINCT l.student_id FROM visit_student l JOIN visit v ON v.id = l.visit_id
         WHERE v.office_id = $1 AND l.result = $2 AND NOT EXISTS (
             SELECT 1 FROM visit_student n WHERE n.student_id = l.student_id AND n.resulted_at > l.resulted_at)
         ORDER BY l.student_id",
        office,
        DayResult::Outsider,
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}
