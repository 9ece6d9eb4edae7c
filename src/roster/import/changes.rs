//! What each row did, as it is written down: `roster_change`.

use std::collections::HashSet;

use crate::db::{DbError, Engine, Statement, Tx};
use crate::place::PlaceId;
use crate::roster::ids::{ImportId, RowOutcome};
use crate::student::StudentId;
use crate::{fetch_among, insert_many};

/// What a row did.
#[derive(Debug, Clone)]
pub(super) struct Change {
    pub row: i32,
    /// Which place's list the row is from.
    pub place: PlaceId,
    pub student: StudentId,
    pub outcome: RowOutcome,
    /// By what a known student was found.
    pub matched_by: Option<String>,
    /// The fields that changed, separated by commas.
    pub fields: Option<String>,
    /// The facts before.
    pub before: Option<String>,
    /// What the facts came to.
    pub after: Option<Vec<u8>>,
}

/// The statements that write changes down.
pub(super) fn writing(engine: Engine, import: ImportId, changes: &[Change]) -> Vec<Statement> {
    insert_many!(
        engine,
        "INSERT INTO roster_change (import_id, row_number, place_id, student_id, change, matched_by, fields, before_facts,
             after_hash) ",
        changes,
        |one| [
            import,
            one.row,
            one.place,
            one.student,
            one.outcome,
            &one.matched_by,
            &one.fields,
            &one.before,
            &one.after,
        ],
        ""
    )
}

/// Which of these students which places' lists have named before the import `now`.
pub(super) async fn listed(
    tx: &mut Tx,
    now: ImportId,
    students: &[StudentId],
) -> Result<HashSet<(PlaceId, StudentId)>, DbError> {
    let rows = fetch_among!(
        tx,
        (PlaceId, StudentId),
        "SELECT DISTINCT c.place_id, c.student_id FROM roster_change c JOIN roster_import i ON i.id = c.import_id
         WHERE i.undone_at IS NULL AND c.import_id <> ",
        [(now, " AND c.student_id")],
        students,
        ""
    )?;
    let added = fetch_among!(
        tx,
        (PlaceId, StudentId),
        "SELECT import_place, id FROM student WHERE import_place IS NOT NULL AND import_id <> ",
        [(now, " AND id")],
        students,
        ""
    )?;
    Ok(rows.into_iter().chain(added).collect())
}
