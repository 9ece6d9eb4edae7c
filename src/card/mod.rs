//! Cards: what the national system says of a person, what was printed, where it waits, and who took it.

mod custody;
mod queue;
mod sheet;
mod status;
mod stock;

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use sqlx::FromRow;

pub use custody::{Collected, Collection, Moved, collect, handed, move_back, move_to, print, put_out, undo_collection};
#[cfg(test)]
pub(crate) use queue::PAGE as QUEUE_PAGE;
pub use queue::{QueueCursor, QueueEntry, print_queue};
pub use sheet::{
    Name, Problem, Reference, ReferenceRow, SheetError, StatusRow, StatusSheet, read_references, read_status,
};
use status::RECORD;
#[cfg(test)]
pub(crate) use status::RECORDS;
pub use status::{NationalRecord, NationalStatus, Written, judge, records, write_records};
pub use stock::{MovementKind, PointStock, Stock, lock_stock, move_blanks, stock};

use crate::coded;
use crate::db::{DbError, Tx};
use crate::office::PointId;
use crate::student::StudentId;
use crate::{fetch_among, fetch_one, fetch_optional, id_type};

id_type!(
    /// One physical card.
    CardId
);
id_type!(
    /// One handing-out of a card; an undone one never comes back, so each has notices of its own.
    CollectionId
);

/// A printed card and where it is.
#[derive(Debug, Clone, FromRow, Serialize)]
pub struct Card {
    pub id: CardId,
    #[serde(skip)]
    pub student_id: StudentId,
    pub printed_on: NaiveDate,
    /// Since when it waits at `point_id`.
    pub ready_on: Option<NaiveDate>,
    pub point_id: Option<PointId>,
    pub collection_id: Option<CollectionId>,
    pub collected_at: Option<DateTime<Utc>>,
    /// The office's local date of `collected_at`.
    pub collected_on: Option<NaiveDate>,
    pub collected_by: Option<String>,
    pub relation: Option<String>,
    /// What whoever came for the holder showed.
    pub document: Option<String>,
    pub handed_by: Option<String>,
}

/// Everything this room knows of one student.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CardFacts {
    pub national: Option<NationalRecord>,
    pub card: Option<Card>,
}

coded! {
    /// Why a card cannot be read or written.
    pub enum CardError {
        "already_collected" => #[error("the card was handed out already, {0}")]
            AlreadyCollected(Handed),
        "card" => #[error("no card was printed yet")]
            NotPrinted,
        "card" => #[error(
            "the card was printed on {printed_on} but is not at a counter yet; say `siap17 card ready {student} --at POINT` first"
        )]
            NotReady { student: StudentId, printed_on: NaiveDate },
        "card" => #[error("the card has not been handed out, so there is nothing to undo")]
            NotCollected,
    } wrapping {
        "card" => Db(DbError),
    }
}

/// When and by whom a card was handed out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handed {
    pub at: DateTime<Utc>,
    pub on: NaiveDate,
    pub by: Option<String>,
}

impl std::fmt::Display for Handed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "on {} (recorded {})", self.on, self.at.format("%Y-%m-%d %H:%M:%S UTC"))?;
        self.by.as_ref().map_or(Ok(()), |by| write!(f, " by {by}"))
    }
}

pub(crate) const CARD: &str =
    "SELECT id, student_id, printed_on, ready_on, point_id, collection_id, collected_at, collected_on,
        collected_by, relation, document, handed_by
     FROM card WHERE student_id = $1 AND spoiled_on IS NULL";
pub(crate) const CARDS: &str =
    "SELECT id, student_id, printed_on, ready_on, point_id, collection_id, collected_at, collected_on,
        collected_by, relation, document, handed_by
     FROM card WHERE spoiled_on IS NULL AND student_id";
/// How many cards wait at a pickup point.
pub async fn waiting_at(tx: &mut Tx, point: PointId) -> Result<i64, DbError> {
    let sql = "SELECT COUNT(*) FROM card WHERE point_id = $1 AND collected_at IS NULL AND spoiled_on IS NULL";
    Ok(fetch_one!(tx, (i64,), sql, point)?.0)
}

/// What is known of one student's card.
pub async fn facts(tx: &mut Tx, student: StudentId) -> Result<CardFacts, DbError> {
    let national = fetch_optional!(&mut *tx, NationalRecord, RECORD, student)?;
    let card = fetch_optional!(tx, Card, CARD, student)?;
    Ok(CardFacts { national, card })
}

/// Which of these students have a card that was printed and not spoiled.
pub async fn holders_among(tx: &mut Tx, students: &[StudentId]) -> Result<HashSet<StudentId>, DbError> {
    let head = "SELECT student_id FROM card WHERE spoiled_on IS NULL AND student_id";
    let rows = fetch_among!(tx, (StudentId,), head, [], students, "")?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// What is known of several students' cards; a student of whom nothing is known is not in the map.
pub async fn facts_of(tx: &mut Tx, students: &[StudentId]) -> Result<HashMap<StudentId, CardFacts>, DbError> {
    let mut facts: HashMap<StudentId, CardFacts> = HashMap::new();
    for (student, record) in records(&mut *tx, students).await? {
        facts.entry(student).or_default().national = Some(record);
    }
    for (student, card) in live_cards(tx, students).await? {
        facts.entry(student).or_default().card = Some(card);
    }
    Ok(facts)
}

/// The cards of several students that are not spoiled.
pub async fn live_cards(tx: &mut Tx, students: &[StudentId]) -> Result<HashMap<StudentId, Card>, DbError> {
    let cards = fetch_among!(tx, Card, CARDS, [], students, "")?;
    Ok(cards.into_iter().map(|card| (card.student_id, card)).collect())
}
