//! What planning asks about a student, without what is sealed and what only people read: an office's plan is made from everybody.

use chrono::NaiveDate;
use sqlx::FromRow;

use super::{ClosedReason, Recorded, StudentId};
use crate::age::{self, LeapDayRule};
use crate::db::{DbError, Tx};
use crate::office::OfficeId;
use crate::place::PlaceId;
use crate::{fetch_all, fetch_among};

/// A student as a plan sees one.
#[derive(Debug, Clone, FromRow)]
pub struct Outline {
    pub id: StudentId,
    pub place_id: Option<PlaceId>,
    pub nisn: Option<String>,
    pub birth_date: NaiveDate,
    pub grade: Option<i32>,
    pub ever_married: bool,
    pub recorded: Recorded,
    pub left_school: bool,
    pub closed_reason: Option<ClosedReason>,
    pub merged_into: Option<StudentId>,
}

impl Outline {
    /// The 17th birthday.
    #[must_use]
    pub fn birthday_17(&self, rule: LeapDayRule) -> NaiveDate {
        age::birthday(self.birth_date, age::CARD_AGE, rule)
    }
}

const TO_PLAN: &str =
    "SELECT id, place_id, nisn, birth_date, grade, ever_married, recorded, left_school, closed_reason, merged_into
     FROM student WHERE office_id = $1 AND (merged_into IS NOT NULL OR (closed_reason IS NULL AND recorded <> 'yes'))
     ORDER BY id";

/// Everybody whom a plan may have to do with: the open cases that are not recorded, and whoever stands on a list under another
/// ID than the one that was kept.
pub async fn outlines_to_plan(tx: &mut Tx, office: OfficeId) -> Result<Vec<Outline>, DbError> {
    fetch_all!(tx, Outline, TO_PLAN, office)
}

/// The students with these IDs.
pub async fn outlines(tx: &mut Tx, ids: &[StudentId]) -> Result<Vec<Outline>, DbError> {
    fetch_among!(
        tx,
        Outline,
        "SELECT id, place_id, nisn, birth_date, grade, ever_married, recorded, left_school, closed_reason, merged_into
         FROM student WHERE id",
        [],
        ids,
        " ORDER BY id"
    )
}
