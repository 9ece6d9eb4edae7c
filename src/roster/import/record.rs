//! A file as it is noted: `roster_import`.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::incoming::{Incoming, Target};
use super::report::FileReport;
use crate::db::{DbError, Tx};
use crate::office::OfficeId;
use crate::place::PlaceId;
use crate::roster::ids::{ImportId, State};
use crate::roster::parse::layout::LayoutKind;
use crate::student::{LockedTable, StudentId};
use crate::{execute, fetch_all, fetch_locked, fetch_optional};

/// Notes a file of which nothing was taken: parked, or refused. The very same file is noted once.
///
/// Returns whether it is new.
pub async fn set_aside(
    tx: &mut Tx,
    to: Target<'_>,
    incoming: &Incoming<'_>,
    report: &mut FileReport,
) -> Result<bool, DbError> {
    if let Some(part) = incoming.part {
        write(tx, to, incoming, report, Some(part.place)).await?;
        return Ok(false);
    }
    let noted = fetch_optional!(
        &mut *tx,
        (ImportId,),
        "SELECT id FROM roster_import WHERE office_id = $1 AND file_hash = $2 AND state = $3 AND part_of IS NULL
         ORDER BY created_at DESC, id DESC LIMIT 1",
        to.office,
        incoming.hash,
        report.state,
    )?;
    let is_new = noted.is_none();
    if let Some((id,)) = noted {
        report.import = Some(id);
    }
    write(tx, to, incoming, report, incoming.place.map(|place| place.id)).await?;
    Ok(is_new)
}

/// An import whose review and undoing wait for each other until the transaction ends.
#[derive(Debug, Clone, Copy)]
pub struct LockedImport(ImportId);

impl LockedImport {
    /// Which import it is.
    #[must_use]
    pub fn id(self) -> ImportId {
        self.0
    }
}

/// Locks an import, before any student of it is; `None` if the office has none with this ID.
pub async fn lock(tx: &mut Tx, office: OfficeId, id: ImportId) -> Result<Option<LockedImport>, DbError> {
    let sql = "SELECT id FROM roster_import WHERE id = $1 AND office_id = $2";
    Ok(fetch_locked!(tx, (ImportId,), sql, id, office)?.pop().map(|row| LockedImport(row.0)))
}

/// Whether the import still waits for a person.
pub(super) async fn is_parked(tx: &mut Tx, id: ImportId) -> Result<bool, DbError> {
    let state = fetch_optional!(tx, (State,), "SELECT state FROM roster_import WHERE id = $1", id)?;
    Ok(state.is_some_and(|(state,)| state == State::Parked))
}

/// Gives an import that is applied its number: one with a greater number came later, whatever the clocks of the nodes say.
pub(super) async fn number(tx: &mut Tx, _: LockedTable, import: ImportId) -> Result<(), DbError> {
    execute!(
        tx,
        "UPDATE roster_import SET sequence = (SELECT COALESCE(MAX(i.sequence), 0) + 1 FROM roster_import i)
         WHERE id = $1 AND sequence IS NULL",
        import,
    )?;
    Ok(())
}

/// Refuses a parked file for good.
pub async fn refuse(tx: &mut Tx, id: ImportId) -> Result<(), DbError> {
    execute!(
        tx,
        "UPDATE roster_import SET state = $2 WHERE id = $1 AND state = $3",
        id,
        State::Refused,
        State::Parked,
    )?;
    Ok(())
}

/// Whether this very file was applied before, for the same place if one is said, and still stands.
pub(super) async fn applied_before(
    tx: &mut Tx,
    office: OfficeId,
    hash: &[u8],
    place: Option<PlaceId>,
) -> Result<bool, DbError> {
    let row = fetch_optional!(
        tx,
        (ImportId,),
        "SELECT id FROM roster_import WHERE office_id = $1 AND file_hash = $2 AND state = $3 AND undone_at IS NULL
             AND part_of IS NULL AND ($4 IS NULL OR place_id = $4) LIMIT 1",
        office,
        hash,
        State::Applied,
        place,
    )?;
    Ok(row.is_some())
}

/// What of a file was left aside when it was applied before.
#[derive(Default)]
pub(super) struct PartsBefore {
    /// Whether there was anything.
    pub any: bool,
    /// Each place's part, and what became of it; one that was undone counts for nothing.
    pub standing: HashMap<PlaceId, (ImportId, State)>,
}

/// What the very same file left aside of each place's rows, if it was applied before and still stands.
pub(super) async fn parts_before(tx: &mut Tx, office: OfficeId, hash: &[u8]) -> Result<PartsBefore, DbError> {
    let rows = fetch_all!(
        tx,
        (PlaceId, ImportId, State, Option<DateTime<Utc>>),
        "SELECT p.place_id, p.id, p.state, p.undone_at FROM roster_import p JOIN roster_import i ON i.id = p.part_of
         WHERE p.office_id = $1 AND p.file_hash = $2 AND p.place_id IS NOT NULL AND i.undone_at IS NULL
         ORDER BY p.created_at, p.id",
        office,
        hash,
    )?;
    let any = !rows.is_empty();
    let standing = rows.into_iter().filter(|row| row.3.is_none());
    Ok(PartsBefore { any, standing: standing.map(|(place, id, state, _)| (place, (id, state))).collect() })
}

/// Turns down what still waits of an import's file: the import is undone.
pub(in crate::roster) async fn refuse_parts(tx: &mut Tx, import: ImportId) -> Result<(), DbError> {
    execute!(
        tx,
        "UPDATE roster_import SET state = $2 WHERE part_of = $1 AND state = $3",
        import,
        State::Refused,
        State::Parked,
    )?;
    Ok(())
}

/// Notes the file as it stands now.
pub(super) async fn write(
    tx: &mut Tx,
    to: Target<'_>,
    incoming: &Incoming<'_>,
    report: &FileReport,
    place: Option<PlaceId>,
) -> Result<(), DbError> {
    let kind = match report.layout {
        LayoutKind::Dapodik => "dapodik",
        LayoutKind::Emis => "emis",
        LayoutKind::Csv => "csv",
    };
    let text = serde_json::to_string(report).unwrap_or_default();
    let sheets =
        Some(&report.sheets).filter(|sheets| !sheets.is_empty()).and_then(|sheets| serde_json::to_string(sheets).ok());
    execute!(
        tx,
        "INSERT INTO roster_import (id, office_id, place_id, file_name, file_hash, layout, state, report, actor, created_at, sheets,
             part_of)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         ON CONFLICT (id) DO UPDATE SET place_id = excluded.place_id, state = excluded.state, report = excluded.report",
        report.import,
        to.office,
        place,
        incoming.name,
        incoming.hash,
        kind,
        report.state,
        text,
        to.actor,
        to.clock.now(),
        sheets,
        report.part_of,
    )?;
    Ok(())
}

/// Notes the first and the last ID that an import gave.
pub(super) async fn note_added(
    tx: &mut Tx,
    import: ImportId,
    first: StudentId,
    last: StudentId,
) -> Result<(), DbError> {
    execute!(tx, "UPDATE roster_import SET first_student = $2, last_student = $3 WHERE id = $1", import, first, last,)?;
    Ok(())
}
