//! What becomes of the notices of two who are made one, and of one who is made two again.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use uuid::Uuid;

use super::moment;
use super::steps::Recipient;
use crate::db::{DbError, Tx};
use crate::notice::case::{About, Person};
use crate::notice::{Kind, NoticeId, State};
use crate::office::OfficeId;
use crate::student::StudentId;
use crate::{execute, fetch_all};

/// The rows of both as they were, and which of them changed hands.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct TakenOver {
    /// Every row that either had.
    known: Vec<NoticeId>,
    taken: Vec<Taken>,
}

/// A row that went to the kept one, and the one for the same thing that went the other way.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Taken {
    out: NoticeId,
    instead_of: Option<NoticeId>,
}

/// By what a notice belongs to the merged one, although it came when the two were one.
#[derive(Debug, Clone, Default)]
pub struct Theirs {
    /// The card that goes back to them.
    pub card: Option<Uuid>,
    /// The recording that is theirs.
    pub recording: Option<Uuid>,
}

#[derive(FromRow)]
struct Row {
    id: NoticeId,
    recipient_id: Uuid,
    kind: Kind,
    occasion: String,
    state: State,
    facts: String,
    has_attempts: bool,
}

impl Row {
    /// Whether a person has it, or may have.
    fn is_out(&self) -> bool {
        matches!(self.state, State::Sent | State::Told | State::Uncertain | State::Sending)
    }

    fn is_about(&self, other: &Self) -> bool {
        self.kind == other.kind && self.occasion == other.occasion
    }
}

async fn rows(tx: &mut Tx, office: OfficeId, both: [StudentId; 2]) -> Result<Vec<Row>, DbError> {
    // Whoever sends or settles waits, and sees whose they are then.
    moment::lock(&mut *tx, office, Person::KIND, &both.map(|id| id.0)).await?;
    fetch_all!(
        tx,
        Row,
        "SELECT n.id, n.recipient_id, n.kind, n.occasion, n.state, n.facts,
             EXISTS (SELECT 1 FROM attempt a WHERE a.notice_id = n.id) AS has_attempts
         FROM notice n WHERE n.recipient_kind = 'student' AND n.recipient_id IN ($1, $2) ORDER BY n.id",
        both[0],
        both[1],
    )
}

/// Hands what is out of a merged student's notices over to the one who is kept, so that nobody is told again what that
/// person has read. Where both have a row for the same thing, the one that is out goes to the kept one. Unless both `are_one` for
/// whoever reads, nothing changes hands: what one chat was told another does not know.
pub async fn take_over(
    tx: &mut Tx,
    office: OfficeId,
    kept: StudentId,
    merged: StudentId,
    are_one: bool,
) -> Result<TakenOver, DbError> {
    let rows = rows(&mut *tx, office, [kept, merged]).await?;
    let mut over = TakenOver { known: rows.iter().map(|row| row.id).collect(), taken: Vec::new() };
    for row in rows.iter().filter(|row| are_one && row.recipient_id == merged.0 && row.is_out()) {
        let known = rows.iter().find(|other| other.recipient_id == kept.0 && other.is_about(row));
        if known.is_some_and(Row::is_out) {
            continue;
        }
        let taken = Taken { out: row.id, instead_of: known.map(|known| known.id) };
        change_hands(&mut *tx, taken, kept, merged).await?;
        over.taken.push(taken);
    }
    Ok(over)
}

/// Gives back what [`take_over`] took. What came meanwhile and never left is forgotten, for the facts of the two say anew what
/// each should be told; what left and was about what is `theirs` goes with it.
pub async fn give_back(
    tx: &mut Tx,
    office: OfficeId,
    kept: StudentId,
    merged: StudentId,
    over: &TakenOver,
    theirs: &Theirs,
) -> Result<(), DbError> {
    let mut rows = rows(&mut *tx, office, [kept, merged]).await?;
    let known: HashSet<NoticeId> = over.known.iter().copied().collect();
    let is_forgotten = |row: &Row| !known.contains(&row.id) && !row.is_out() && !row.has_attempts;
    for row in rows.iter().filter(|row| is_forgotten(row)) {
        execute!(&mut *tx, "DELETE FROM notice WHERE id = $1", row.id)?;
    }
    rows.retain(|row| !is_forgotten(row));
    let is_free = |row: &Row| !rows.iter().any(|other| other.recipient_id == merged.0 && other.is_about(row));
    for taken in &over.taken {
        let Some(out) = rows.iter().find(|row| row.id == taken.out && row.recipient_id == kept.0) else { continue };
        if taken.instead_of.is_some() || is_free(out) {
            change_hands(&mut *tx, *taken, merged, kept).await?;
        }
    }
    for row in rows.iter().filter(|row| row.recipient_id == kept.0 && !known.contains(&row.id) && is_free(row)) {
        let about: About = serde_json::from_str(&row.facts).unwrap_or_default();
        let is_of_recording = theirs.recording.is_some_and(|id| row.occasion == id.to_string());
        if is_of_recording || (theirs.card.is_some() && about.card == theirs.card) {
            give(&mut *tx, row.id, merged.0).await?;
        }
    }
    Ok(())
}

/// Gives a row to somebody, and the other row for the same thing to whoever had it.
async fn change_hands(tx: &mut Tx, taken: Taken, to: StudentId, from: StudentId) -> Result<(), DbError> {
    let Some(other) = taken.instead_of else { return give(tx, taken.out, to.0).await };
    // A row stands under its own ID meanwhile, since no two may stand under one.
    give(&mut *tx, other, other.0).await?;
    give(&mut *tx, taken.out, to.0).await?;
    give(tx, other, from.0).await
}

async fn give(tx: &mut Tx, notice: NoticeId, recipient: Uuid) -> Result<(), DbError> {
    execute!(tx, "UPDATE notice SET recipient_id = $2 WHERE id = $1", notice, recipient)?;
    Ok(())
}
