//! Cards: what the national system says of a person, what was printed, where it waits, and who took it.

mod custody;
mod sheet;
mod status;
mod stock;

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use sqlx::FromRow;

pub use custody::{Collected, Collection, collect, move_to, print, put_out, undo_collection};
pub use sheet::{Problem, Reference, ReferenceRow, SheetError, StatusRow, StatusSheet, read_references, read_status};
pub use status::{NationalStatus, Written, write_status};
pub use stock::{MovementKind, PointStock, Stock, move_blanks, stock};

use crate::db::{DbError, Tx};
use crate::office::{OfficeId, PointId};
use crate::student::StudentId;
use crate::{fetch_all, fetch_among, fetch_one, fetch_optional, id_type};

id_type!(
    /// One physical card.
    CardId
);
id_type!(
    /// One handing-out of a card; an undone one never comes back, so each has notices of its own.
    CollectionId
);

/// What the national system last said of a student.
#[derive(Debug, Clone, FromRow, Serialize)]
pub struct NationalRecord {
    #[serde(skip)]
    pub student_id: StudentId,
    pub status: NationalStatus,
    /// The day the status is from.
    pub as_of: NaiveDate,
    /// Since when a card may be printed as far as the national record is concerned; `None` while it may not.
    pub print_ready_on: Option<NaiveDate>,
}

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
    pub handed_by: Option<String>,
}

/// Everything this room knows of one student.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CardFacts {
    pub national: Option<NationalRecord>,
    pub card: Option<Card>,
}

impl CardFacts {
    /// Whether a card may be printed and none was: the record is print-ready and not printed elsewhere.
    #[must_use]
    pub fn awaits_printing(&self) -> bool {
        let ready = |record: &NationalRecord| record.status.is_printable() && record.print_ready_on.is_some();
        self.card.is_none() && self.national.as_ref().is_some_and(ready)
    }
}

/// Why a card cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum CardError {
    #[error("the card was handed out already, {0}")]
    AlreadyCollected(Handed),
    #[error("no card was printed yet")]
    NotPrinted,
    #[error(
        "the card was printed on {printed_on} but is not at a counter yet; say `siap17 card ready {student} --at POINT` first"
    )]
    NotReady { student: StudentId, printed_on: NaiveDate },
    #[error("the card has not been handed out, so there is nothing to undo")]
    NotCollected,
    #[error(transparent)]
    Db(#[from] DbError),
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

const CARD: &str = "SELECT id, student_id, printed_on, ready_on, point_id, collection_id, collected_at, collected_on,
        collected_by, relation, handed_by
     FROM card WHERE student_id = $1 AND spoiled_on IS NULL";
const CARDS_OF_OFFICE: &str = "SELECT c.id, c.student_id, c.printed_on, c.ready_on, c.point_id, c.collection_id,
        c.collected_at, c.collected_on, c.collected_by, c.relation, c.handed_by
     FROM card c JOIN student s ON s.id = c.student_id WHERE s.office_id = $1 AND c.spoiled_on IS NULL";
const RECORD: &str = "SELECT student_id, status, as_of, print_ready_on FROM national_record WHERE student_id = $1";
const RECORDS_OF_OFFICE: &str = "SELECT n.student_id, n.status, n.as_of, n.print_ready_on
     FROM national_record n JOIN student s ON s.id = n.student_id WHERE s.office_id = $1";

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

/// The same for a whole office at once; a student of whom nothing is known is not in the map.
pub async fn facts_of_office(tx: &mut Tx, office: OfficeId) -> Result<HashMap<StudentId, CardFacts>, DbError> {
    let mut facts: HashMap<StudentId, CardFacts> = HashMap::new();
    for record in fetch_all!(&mut *tx, NationalRecord, RECORDS_OF_OFFICE, office)? {
        let known = facts.entry(record.student_id).or_default();
        known.national = Some(record);
    }
    for card in fetch_all!(tx, Card, CARDS_OF_OFFICE, office)? {
        let known = facts.entry(card.student_id).or_default();
        known.card = Some(card);
    }
    Ok(facts)
}
