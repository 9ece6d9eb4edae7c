//! Puts back what an import did, row by row, or says what stands in the way. All or nothing.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::decision::{self, Step};
use super::history;
use crate::clock::Clock;
use crate::db::{DbError, Tx};
use crate::office::OfficeId;
use crate::roster::ids::{ImportId, RowOutcome, State};
use crate::roster::import::record::{self, LockedImport};
use crate::roster::import::{proposal, upload};
use crate::roster::parse::line::{Sheets, Spot};
use crate::student::{self, LockedStudent, Student, StudentError, StudentId};
use crate::vault::Vault;
use crate::{execute, fetch_all, fetch_optional};

/// Why an import cannot be undone.
#[derive(Debug, thiserror::Error)]
pub enum UndoError {
    #[error("there is no import {0}; `siap17 roster list` shows them")]
    Unknown(ImportId),
    #[error("the import {0} was undone already")]
    Undone(ImportId),
    #[error("nothing of the import {0} was taken, so there is nothing to put back")]
    NotApplied(ImportId),
    #[error(transparent)]
    Student(#[from] StudentError),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Something that stands on an import, so that it cannot be undone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Obstacle {
    /// The row of the undone file.
    #[serde(flatten)]
    pub spot: Spot,
    pub student: StudentId,
    pub why: Why,
    /// The first later import that names the student, if that is why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub import: Option<ImportId>,
}

/// What was built on the import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The student's facts were changed since: recorded, corrected, merged, closed.
    Changed,
    /// A later import names the student, too.
    LaterImport,
    /// A card was printed.
    Card,
    /// The student stands on a settled visit's list.
    Visit,
    /// A chat is linked.
    Chat,
    /// The student became somebody else by a merge, or somebody else became this student.
    Merged,
}

impl std::fmt::Display for Why {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Changed => "the facts were changed since",
            Self::LaterImport => "a later import names the student, too",
            Self::Card => "a card was printed",
            Self::Visit => "the student stands on a settled visit's list",
            Self::Chat => "a chat is linked",
            Self::Merged => "two students were merged; `siap17 student unmerge` makes them two again",
        })
    }
}

/// One student whom the import, or a decision about what it proposed, added or changed, as they are now.
#[derive(Debug, Clone)]
pub struct Touched {
    /// The row of the import.
    pub spot: Spot,
    pub student: LockedStudent,
    /// The facts before the import; `None` for whoever came with it.
    before: Option<Student>,
    changed_since: bool,
    /// The first later import that still stands and names the student.
    named_by: Option<ImportId>,
}

impl Touched {
    /// Whether the student came with the import.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.before.is_none()
    }

    /// The later import that stands in the way.
    #[must_use]
    pub fn later_import(&self) -> Option<ImportId> {
        self.named_by
    }

    /// What of the roster's own stands in the way. A student whom the import changed may be named by a later list that found
    /// nothing to change; one whom it added may not.
    #[must_use]
    pub fn standing(&self) -> Option<Why> {
        if self.changed_since && self.named_by.is_some() {
            Some(Why::LaterImport)
        } else if self.changed_since {
            Some(Why::Changed)
        } else if self.is_new() && self.named_by.is_some() {
            Some(Why::LaterImport)
        } else {
            None
        }
    }
}

#[derive(sqlx::FromRow)]
struct ChangeRow {
    row_number: i32,
    student_id: StudentId,
    change: RowOutcome,
    before_facts: Option<String>,
    after_hash: Option<Vec<u8>>,
    named_by: Option<ImportId>,
}

/// Everyone whom a standing import added or changed, by its rows, those last whom only a decision changed; locked, with the import.
///
/// # Errors
/// If the import is not there, was undone, or nothing of it was taken.
pub async fn touched(
    tx: &mut Tx,
    office: OfficeId,
    import: ImportId,
) -> Result<(LockedImport, Vec<Touched>), UndoError> {
    let locked = record::lock(tx, office, import).await?.ok_or(UndoError::Unknown(import))?;
    // A list that is being imported may name somebody of this one: what it does is seen first.
    tx.write_in("student").await?;
    check_applied(tx, office, import).await?;
    let rows = changes(tx, import).await?;
    let sheets = history::sheets(&mut *tx, import).await?;
    let decided = decision::steps(&mut *tx, import).await?;
    let mut steps: BTreeMap<StudentId, Vec<&Step>> = BTreeMap::new();
    for step in &decided {
        steps.entry(step.student_id).or_default().push(step);
    }
    let ids: HashSet<StudentId> = rows.iter().map(|row| row.student_id).chain(steps.keys().copied()).collect();
    let ids: Vec<StudentId> = ids.into_iter().collect();
    let students: HashMap<StudentId, LockedStudent> =
        student::lock(tx, &ids).await?.into_iter().map(|student| (student.id, student)).collect();
    let mut touched = Vec::with_capacity(ids.len());
    for row in rows {
        let Some(student) = students.get(&row.student_id).cloned() else { continue };
        let decided = steps.remove(&student.id).unwrap_or_default();
        touched.push(row.touched(student, &decided, &sheets));
    }
    // Whom the import itself left as they were, and a decision about it did not.
    for (id, decided) in steps {
        let Some(student) = students.get(&id).cloned() else { continue };
        let before = decision::unwound(&student, &decided);
        touched.push(Touched {
            spot: sheets.spot(decided.first().map_or(0, |step| step.row_number)),
            changed_since: before.is_none(),
            before: Some(before.unwrap_or_else(|| (*student).clone())),
            student,
            named_by: decided.iter().find_map(|step| step.named_by),
        });
    }
    Ok((locked, touched))
}

async fn check_applied(tx: &mut Tx, office: OfficeId, import: ImportId) -> Result<(), UndoError> {
    let known = fetch_optional!(
        tx,
        (Option<DateTime<Utc>>, State),
        "SELECT undone_at, state FROM roster_import WHERE id = $1 AND office_id = $2",
        import,
        office,
    )?;
    match known {
        None => Err(UndoError::Unknown(import)),
        Some((Some(_), _)) => Err(UndoError::Undone(import)),
        Some((None, State::Applied)) => Ok(()),
        Some((None, _)) => Err(UndoError::NotApplied(import)),
    }
}

/// What an import's rows added or changed, in the file's order.
async fn changes(tx: &mut Tx, import: ImportId) -> Result<Vec<ChangeRow>, DbError> {
    fetch_all!(
        tx,
        ChangeRow,
        "SELECT c.row_number, c.student_id, c.change, c.before_facts, c.after_hash,
             COALESCE(
                 (SELECT j.id FROM roster_change d JOIN roster_import j ON j.id = d.import_id
                  WHERE d.student_id = c.student_id AND j.sequence > i.sequence AND j.undone_at IS NULL
                  ORDER BY j.sequence LIMIT 1),
                 (SELECT j.id FROM student s JOIN roster_import j ON j.id = s.import_id
                  WHERE s.id = c.student_id AND s.import_place IS NOT NULL AND j.sequence > i.sequence)
             ) AS named_by
         FROM roster_change c JOIN roster_import i ON i.id = c.import_id
         WHERE c.import_id = $1 AND c.change <> $2 AND c.student_id IS NOT NULL
         UNION ALL
         SELECT s.import_row, s.id, $3, NULL, s.import_hash,
             (SELECT j.id FROM roster_change d JOIN roster_import j ON j.id = d.import_id
              WHERE d.student_id = s.id AND j.undone_at IS NULL ORDER BY j.sequence LIMIT 1)
         FROM roster_import i JOIN student s ON s.id BETWEEN i.first_student AND i.last_student
         WHERE i.id = $1 AND s.import_id = i.id AND s.import_place IS NOT NULL
         ORDER BY 1",
        import,
        RowOutcome::Unchanged,
        RowOutcome::New,
    )
}

impl ChangeRow {
    fn touched(self, student: LockedStudent, decided: &[&Step], sheets: &Sheets) -> Touched {
        let is_changed = self.change == RowOutcome::Changed;
        let before = self.before_facts.as_deref().filter(|_| is_changed).and_then(decision::stored_facts);
        let is_unreadable = is_changed && before.is_none();
        // Decisions came after the row, so that they are taken back first; what is left must be what the row came to.
        let as_imported = decision::unwound(&student, decided).map(|facts| student::fingerprint(&facts));
        Touched {
            spot: sheets.spot(self.row_number),
            student,
            before,
            changed_since: is_unreadable || as_imported.is_none() || as_imported != self.after_hash,
            named_by: self.named_by,
        }
    }
}

/// Puts everyone back and marks the import as undone.
pub async fn put_back(
    tx: &mut Tx,
    clock: &Clock,
    vault: &Vault,
    import: LockedImport,
    touched: &[Touched],
    today: NaiveDate,
) -> Result<(), UndoError> {
    let import = import.id();
    let (mut restored, mut changed, mut added) = (Vec::new(), Vec::new(), Vec::new());
    for one in touched {
        match &one.before {
            Some(before) => {
                changed.push(&one.student);
                restored.push(one.student.with(before.clone()));
            }
            None => added.push(one.student.clone()),
        }
    }
    // A NIK has one holder at any moment, so all are let go before any goes back to where it was.
    student::let_go_of_niks(tx, &changed).await?;
    // While the facts are still there: the history of those who came new is told from them.
    history::keep_added(tx, import).await?;
    student::insert_tombstones(tx, clock, vault, &added, today).await?;
    student::save_all(tx, clock.now(), &restored).await?;
    if !added.is_empty() {
        student::rewrite_name_index(tx).await?;
    }
    decision::forget(tx, import).await?;
    proposal::withdraw(tx, import).await?;
    record::refuse_parts(tx, import).await?;
    upload::forget(tx, import).await?;
    execute!(tx, "UPDATE roster_import SET undone_at = $2 WHERE id = $1", import, clock.now())?;
    Ok(())
}
