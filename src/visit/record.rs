//! What became of each student on a visit's list.

use chrono::NaiveDate;
use sqlx::FromRow;

use super::{DayResult, VisitId, VisitState};
use crate::clock::Clock;
use crate::db::{DbError, Tx};
use crate::nik::Sex;
use crate::student::StudentId;
use crate::{execute, fetch_all, fetch_one};

/// A student on a visit's list, as the sheet shows them and as results are judged by.
#[derive(Debug, Clone, FromRow)]
pub struct Line {
    pub student_id: StudentId,
    pub result: Option<DayResult>,
    pub reason: Option<String>,
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
        "SELECT l.student_id, l.result, l.reason, s.name, s.class_name, s.sex, s.nisn, s.birth_date, s.nik_sealed,
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
    visit: VisitId,
    student: StudentId,
    result: DayResult,
    reason: Option<&str>,
) -> Result<(), DbError> {
    execute!(
        tx,
        "UPDATE visit_student SET result = $3, reason = $4, resulted_at = $5 WHERE visit_id = $1 AND student_id = $2",
        visit,
        student,
        result,
        reason,
        clock.now(),
    )?;
    Ok(())
}

/// How many on the list have no result yet.
pub async fn open_lines(tx: &mut Tx, visit: VisitId) -> Result<i64, DbError> {
    let row =
        fetch_one!(tx, (i64,), "SELECT COUNT(*) FROM visit_student WHERE visit_id = $1 AND result IS NULL", visit)?;
    Ok(row.0)
}

/// Closes the visit: its day is over and written down. Gives whether it was open.
pub async fn close(tx: &mut Tx, clock: &Clock, visit: VisitId) -> Result<bool, DbError> {
    let changed = execute!(
        tx,
        "UPDATE visit SET state = $2, updated_at = $3 WHERE id = $1 AND state <> $2",
        visit,
        VisitState::Done,
        clock.now(),
    )?;
    Ok(changed > 0)
}
