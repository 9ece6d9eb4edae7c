//! From the printer to the hand. Each step is taken with the student locked, so that of many who take it at once one does.

use std::collections::HashSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::status::{NationalRecord, NationalStatus, write_records};
use super::{Card, CardError, CardId, CollectionId, Handed};
use crate::clock::Clock;
use crate::db::{DbError, Tx, run_all};
use crate::office::PointId;
use crate::student::{LockedStudent, StudentId};
use crate::{execute, fetch_among, fetch_optional, insert_many};

/// Who takes a card, and who hands it over.
#[derive(Debug, Clone)]
pub struct Collection {
    /// Name of whoever came, if it is not the holder.
    pub by: Option<String>,
    /// `self`, or what that person is to the holder.
    pub relation: String,
    /// What that person showed.
    pub document: Option<String>,
    pub handed_by: String,
    pub on: NaiveDate,
}

/// A card that was just handed out.
#[derive(Debug, Clone, Copy)]
pub struct Collected {
    pub card: CardId,
    pub collection: CollectionId,
}

/// Writes down that cards were printed; returns whose, without those who have one already.
pub async fn print(
    tx: &mut Tx,
    clock: &Clock,
    students: &[&LockedStudent],
    on: NaiveDate,
) -> Result<HashSet<StudentId>, DbError> {
    let new: Vec<(CardId, StudentId)> = students.iter().map(|student| (CardId::new(clock), student.id)).collect();
    let statements = insert_many!(
        tx.engine(),
        "INSERT INTO card (id, student_id, printed_on) ",
        new,
        |one| [one.0, one.1, on],
        " ON CONFLICT (student_id) WHERE spoiled_on IS NULL DO NOTHING"
    );
    run_all(&mut *tx, statements).await?;
    let ids: Vec<CardId> = new.iter().map(|one| one.0).collect();
    let made = fetch_among!(tx, (StudentId,), "SELECT student_id FROM card WHERE id", [], ids, "")?;
    Ok(made.into_iter().map(|row| row.0).collect())
}

/// Puts printed cards out at a counter, or moves them to another; returns whose that changed. A card that was handed out stays
/// as it is.
pub async fn put_out(
    tx: &mut Tx,
    students: &[&LockedStudent],
    point: PointId,
    on: NaiveDate,
) -> Result<HashSet<StudentId>, DbError> {
    let ids: Vec<StudentId> = students.iter().map(|student| student.id).collect();
    let changed = fetch_among!(
        tx,
        (StudentId,),
        "UPDATE card SET ready_on = COALESCE(ready_on, ",
        [
            (on, "), point_id = "),
            (point, " WHERE collected_at IS NULL AND (point_id IS NULL OR point_id <> "),
            (point, ") AND spoiled_on IS NULL AND student_id"),
        ],
        ids,
        " RETURNING student_id"
    )?;
    Ok(changed.into_iter().map(|row| row.0).collect())
}

/// Hands a student's card out, exactly once.
pub async fn collect(
    tx: &mut Tx,
    clock: &Clock,
    student: &LockedStudent,
    collection: &Collection,
) -> Result<Collected, CardError> {
    let card = live_card(tx, student).await?;
    match (handed(&card), card.ready_on) {
        (Some(handed), _) => return Err(CardError::AlreadyCollected(handed)),
        (None, None) => return Err(CardError::NotReady { student: student.id, printed_on: card.printed_on }),
        (None, Some(_)) => {}
    }
    let id = CollectionId::new(clock);
    let won = execute!(
        &mut *tx,
        "UPDATE card SET collection_id = $2, collected_at = $3, collected_on = $4, collected_by = $5, relation = $6,
             handed_by = $7, document = $8
         WHERE id = $1 AND collected_at IS NULL AND spoiled_on IS NULL",
        card.id,
        id,
        clock.now(),
        collection.on,
        &collection.by,
        &collection.relation,
        &collection.handed_by,
        &collection.document,
    )?;
    if won == 1 {
        return Ok(Collected { card: card.id, collection: id });
    }
    // Nobody was quicker, for the student is locked; the guard is for a row that was changed by hand.
    let card = live_card(tx, student).await?;
    Err(handed(&card).map_or(CardError::NotPrinted, CardError::AlreadyCollected))
}

/// Takes a handing-out back: the card lies at its counter again.
pub async fn undo_collection(tx: &mut Tx, student: &LockedStudent) -> Result<CardId, CardError> {
    let card = live_card(tx, student).await?;
    let undone = execute!(
        tx,
        "UPDATE card SET collection_id = NULL, collected_at = NULL, collected_on = NULL, collected_by = NULL,
             relation = NULL, document = NULL, handed_by = NULL
         WHERE id = $1 AND collected_at IS NOT NULL",
        card.id,
    )?;
    if undone == 1 { Ok(card.id) } else { Err(CardError::NotCollected) }
}

/// What of a merged student's became the kept one's.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Moved {
    pub card: Option<CardId>,
    record: Option<MovedRecord>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct MovedRecord {
    status: NationalStatus,
    as_of: NaiveDate,
    print_ready_on: Option<NaiveDate>,
}

impl MovedRecord {
    fn of(record: &NationalRecord) -> Self {
        Self { status: record.status, as_of: record.as_of, print_ready_on: record.print_ready_on }
    }
}

/// Gives a merged student's card and national record to the one that is kept, where that one has none.
pub async fn move_to(tx: &mut Tx, kept: &LockedStudent, duplicate: &LockedStudent) -> Result<Moved, DbError> {
    let known = super::facts(&mut *tx, kept.id).await?;
    let other = super::facts(&mut *tx, duplicate.id).await?;
    let mut moved = Moved::default();
    if let (None, Some(record)) = (&known.national, &other.national) {
        move_record(&mut *tx, duplicate.id, kept.id).await?;
        moved.record = Some(MovedRecord::of(record));
    }
    if let (None, Some(card)) = (&known.card, &other.card) {
        execute!(tx, "UPDATE card SET student_id = $2 WHERE id = $1", card.id, kept.id)?;
        moved.card = Some(card.id);
    }
    Ok(moved)
}

async fn move_record(tx: &mut Tx, from: StudentId, to: StudentId) -> Result<(), DbError> {
    execute!(tx, "UPDATE national_record SET student_id = $2 WHERE student_id = $1", from, to)?;
    Ok(())
}

/// Gives back what [`move_to`] has moved: the card with whatever became of it, and the record. A record that has changed since
/// goes back if it `is_theirs`, else it stays and the old one is given back. Returns whether it stays.
pub async fn move_back(
    tx: &mut Tx,
    kept: &LockedStudent,
    merged: &LockedStudent,
    moved: &Moved,
    is_theirs: bool,
) -> Result<bool, DbError> {
    if let Some(card) = moved.card {
        execute!(&mut *tx, "UPDATE card SET student_id = $2 WHERE id = $1", card, merged.id)?;
    }
    let Some(then) = &moved.record else { return Ok(false) };
    let now = super::facts(&mut *tx, kept.id).await?.national;
    if is_theirs || now.as_ref().map(MovedRecord::of).as_ref() == Some(then) {
        move_record(tx, kept.id, merged.id).await?;
        return Ok(false);
    }
    let record = NationalRecord {
        student_id: merged.id,
        status: then.status,
        as_of: then.as_of,
        print_ready_on: then.print_ready_on,
    };
    write_records(tx, &[(merged, record)]).await?;
    Ok(true)
}

async fn live_card(tx: &mut Tx, student: &LockedStudent) -> Result<Card, CardError> {
    fetch_optional!(tx, Card, super::CARD, student.id)?.ok_or(CardError::NotPrinted)
}

/// When and by whom a card was handed out, if it was.
#[must_use]
pub fn handed(card: &Card) -> Option<Handed> {
    let (at, on) = card.collected_at.zip(card.collected_on)?;
    Some(Handed { at, on, by: card.handed_by.clone() })
}
