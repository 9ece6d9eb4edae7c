//! What imports did: which row meant whom and what it changed, and the list of imports.

use std::collections::HashMap;

use chrono::{DateTime, NaiveTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::clock::LAST_DAY;
use crate::db::{DbError, Tx};
use crate::office::OfficeId;
use crate::place::PlaceId;
use crate::roster::ids::{ImportId, RowOutcome, State};
use crate::roster::parse::line::{Sheets, Spot};
use crate::student::StudentId;
use crate::{execute, fetch_all, fetch_among, fetch_optional};

/// The rows of an import that added somebody are told from the students themselves until it is undone; this writes them down,
/// for then nothing else of them is left.
pub(super) async fn keep_added(tx: &mut Tx, import: ImportId) -> Result<(), DbError> {
    execute!(
        &mut *tx,
        "INSERT INTO roster_change (import_id, row_number, place_id, student_id, change, after_hash)
         SELECT i.id, s.import_row, s.import_place, s.id, $2, s.import_hash
         FROM roster_import i JOIN student s ON s.id BETWEEN i.first_student AND i.last_student
         WHERE i.id = $1 AND s.import_id = i.id AND s.import_place IS NOT NULL",
        import,
        RowOutcome::New,
    )?;
    execute!(
        tx,
        "UPDATE student SET import_place = NULL, import_hash = NULL
         WHERE id BETWEEN (SELECT first_student FROM roster_import WHERE id = $1)
                 AND (SELECT last_student FROM roster_import WHERE id = $1)
             AND import_id = $1",
        import,
    )?;
    Ok(())
}

/// The names of an import's sheets.
pub async fn sheets(tx: &mut Tx, import: ImportId) -> Result<Sheets, DbError> {
    let text = fetch_optional!(tx, (Option<String>,), "SELECT sheets FROM roster_import WHERE id = $1", import)?;
    Ok(Sheets::parse(text.and_then(|row| row.0).as_deref()))
}

/// The names of the sheets of several imports.
pub async fn sheets_of(tx: &mut Tx, imports: &[ImportId]) -> Result<HashMap<ImportId, Sheets>, DbError> {
    let head = "SELECT id, sheets FROM roster_import WHERE id";
    let rows = fetch_among!(tx, (ImportId, Option<String>), head, [], imports, "")?;
    Ok(rows.into_iter().map(|(id, text)| (id, Sheets::parse(text.as_deref()))).collect())
}

/// A line of `roster changes`.
#[derive(Debug, Clone, sqlx::FromRow, Serialize)]
pub struct RowChange {
    #[sqlx(rename = "row")]
    #[serde(skip)]
    pub number: i32,
    /// Where the row stands.
    #[sqlx(skip)]
    #[serde(flatten)]
    pub spot: Spot,
    pub student: StudentId,
    pub change: RowOutcome,
    /// By what the student was found, with the score of a name.
    pub matched_by: Option<String>,
    /// The fields that changed, separated by commas; never their values.
    pub fields: Option<String>,
}

/// What an import's rows did, in the file's order: at most `limit` after the row with the stored number `after`.
pub async fn changes(tx: &mut Tx, import: ImportId, after: i32, limit: i64) -> Result<Vec<RowChange>, DbError> {
    let sheets = sheets(&mut *tx, import).await?;
    let mut changes = fetch_all!(
        tx,
        RowChange,
        "SELECT row_number AS \"row\", student_id AS student, change, matched_by, fields FROM roster_change
         WHERE import_id = $1 AND row_number > $2
         UNION ALL
         SELECT s.import_row, s.id, $4, NULL, NULL
         FROM roster_import i JOIN student s ON s.id BETWEEN i.first_student AND i.last_student
         WHERE i.id = $1 AND s.import_id = i.id AND s.import_place IS NOT NULL AND s.import_row > $2
         ORDER BY 1 LIMIT $3",
        import,
        after,
        limit,
        RowOutcome::New,
    )?;
    for change in &mut changes {
        change.spot = sheets.spot(change.number);
    }
    Ok(changes)
}

/// A line of `roster list`.
#[derive(Debug, Clone, sqlx::FromRow, Serialize)]
pub struct Listed {
    pub id: ImportId,
    pub file: String,
    pub state: State,
    pub layout: Option<String>,
    pub place: Option<String>,
    pub actor: String,
    pub created_at: DateTime<Utc>,
    pub undone_at: Option<DateTime<Utc>>,
    /// The import of the file, where this is only one place's part of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part_of: Option<ImportId>,
    /// Proposals that wait for a person.
    pub waiting: i64,
    #[serde(skip)]
    pub report: String,
}

macro_rules! listed {
    ($report:literal, $rest:literal) => {
        concat!(
            "SELECT i.id, i.file_name AS file, i.state, i.layout, p.code AS place, i.actor, i.created_at, i.undone_at, i.part_of, ",
            $report,
            " AS report, (SELECT COUNT(*) FROM roster_proposal r WHERE r.import_id = i.id AND r.state = 'open') AS waiting
             FROM roster_import i LEFT JOIN place p ON p.id = i.place_id WHERE i.office_id = $1 AND ",
            $rest
        )
    };
}

pub(crate) const PAGE: &str =
    listed!("''", "(i.created_at, i.id) < ($2, $3) ORDER BY i.created_at DESC, i.id DESC LIMIT $4");
pub(crate) const PAGE_OF_PLACE: &str =
    listed!("''", "i.place_id = $5 AND (i.created_at, i.id) < ($2, $3) ORDER BY i.created_at DESC, i.id DESC LIMIT $4");
const ONE: &str = listed!("i.report", "i.id = $2");

/// One page of the imports, newest first, of one place if it is named: up to `limit` after the import `after`.
pub async fn list(
    tx: &mut Tx,
    office: OfficeId,
    place: Option<PlaceId>,
    after: Option<ImportId>,
    limit: i64,
) -> Result<Vec<Listed>, DbError> {
    let after = match after {
        Some(id) => find(&mut *tx, office, id).await?.map(|import| (import.created_at, id.0)),
        None => Some((LAST_DAY.and_time(NaiveTime::MIN).and_utc(), Uuid::max())),
    };
    let Some((at, id)) = after else { return Ok(Vec::new()) };
    match place {
        Some(place) => fetch_all!(tx, Listed, PAGE_OF_PLACE, office, at, id, limit, place),
        None => fetch_all!(tx, Listed, PAGE, office, at, id, limit),
    }
}

/// The parts of an import's file that wait for a person.
pub async fn waiting_parts(tx: &mut Tx, office: OfficeId, import: ImportId) -> Result<Vec<Listed>, DbError> {
    let ids = fetch_all!(
        &mut *tx,
        (ImportId,),
        "SELECT id FROM roster_import WHERE part_of = $1 AND state = $2 ORDER BY id",
        import,
        State::Parked,
    )?;
    let mut parts = Vec::new();
    for (id,) in ids {
        parts.extend(find(&mut *tx, office, id).await?);
    }
    Ok(parts)
}

/// One import of the office, with its report.
pub async fn find(tx: &mut Tx, office: OfficeId, id: ImportId) -> Result<Option<Listed>, DbError> {
    fetch_optional!(tx, Listed, ONE, office, id)
}
