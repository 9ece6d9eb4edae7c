//! Agreement to the optional Telegram notices (UU 27/2022 art. 25: for a child, a parent's or guardian's).

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use uuid::Uuid;

use super::{LockedStudent, StudentId};
use crate::clock::Clock;
use crate::db::{DbError, Tx};
use crate::office::ConsentPolicy;
use crate::{execute, fetch_all, fetch_among, fetch_optional};

/// Who agreed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum GivenBy {
    Student,
    /// By an own tap in the bot.
    Guardian,
    /// On a signed stub that the school ticked off.
    SignedStub,
}

/// One agreement, perhaps taken back since.
#[derive(Debug, Clone, FromRow, Serialize)]
pub struct Consent {
    pub given_by: GivenBy,
    pub evidence: String,
    pub given_at: DateTime<Utc>,
    pub withdrawn_at: Option<DateTime<Utc>>,
}

/// Writes down an agreement; `evidence` says how it was given.
pub async fn give_consent(
    tx: &mut Tx,
    clock: &Clock,
    student: StudentId,
    by: GivenBy,
    evidence: &str,
) -> Result<(), DbError> {
    execute!(
        tx,
        "INSERT INTO consent (id, student_id, given_by, evidence, given_at) VALUES ($1, $2, $3, $4, $5)",
        clock.new_uuid(),
        student,
        by,
        evidence,
        clock.now(),
    )?;
    Ok(())
}

/// Writes down an agreement that was tapped in a chat, unless it stands already; it goes when the chat turns out to be somebody
/// else's.
pub async fn agree_in_chat(
    tx: &mut Tx,
    clock: &Clock,
    student: StudentId,
    by: GivenBy,
    evidence: &str,
    chat_index: &[u8],
) -> Result<(), DbError> {
    execute!(
        tx,
        "INSERT INTO consent (id, student_id, given_by, evidence, given_at, chat_index)
         SELECT $1, $2, $3, $4, $5, $6 WHERE NOT EXISTS (
             SELECT 1 FROM consent c WHERE c.student_id = $2 AND c.given_by = $3 AND c.withdrawn_at IS NULL
                 AND c.chat_index = $6)",
        clock.new_uuid(),
        student,
        by,
        evidence,
        clock.now(),
        chat_index,
    )?;
    Ok(())
}

/// Takes back what was agreed in a chat as `by`; with `or_unknown` also that of which nobody wrote down the chat.
pub async fn withdraw_of_chat(
    tx: &mut Tx,
    clock: &Clock,
    student: StudentId,
    by: GivenBy,
    chat_index: &[u8],
    or_unknown: bool,
) -> Result<u64, DbError> {
    execute!(
        tx,
        "UPDATE consent SET withdrawn_at = $2 WHERE student_id = $1 AND withdrawn_at IS NULL AND given_by = $3
             AND (chat_index = $4 OR ($5 AND chat_index IS NULL))",
        student,
        clock.now(),
        by,
        chat_index,
        or_unknown,
    )
}

/// An agreement of one student's that became another's, too.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Copied {
    original: Uuid,
    copy: Uuid,
}

/// Gives a merged student's standing agreements to the one who is kept.
pub async fn copy_consents(
    tx: &mut Tx,
    clock: &Clock,
    kept: &LockedStudent,
    merged: &LockedStudent,
) -> Result<Vec<Copied>, DbError> {
    let sql = "SELECT id FROM consent WHERE student_id = $1 AND withdrawn_at IS NULL ORDER BY given_at, id";
    let mut copied = Vec::new();
    for (original,) in fetch_all!(&mut *tx, (Uuid,), sql, merged.id)? {
        let copy = clock.new_uuid();
        execute!(
            &mut *tx,
            "INSERT INTO consent (id, student_id, given_by, evidence, given_at)
             SELECT $1, $2, given_by, evidence, $3 FROM consent WHERE id = $4",
            copy,
            kept.id,
            clock.now(),
            original,
        )?;
        copied.push(Copied { original, copy });
    }
    Ok(copied)
}

/// Takes such copies away again. What was taken back meanwhile is taken back of the original, too.
pub async fn take_copies_back(tx: &mut Tx, copied: &[Copied]) -> Result<(), DbError> {
    for one in copied {
        execute!(
            &mut *tx,
            "UPDATE consent SET withdrawn_at = (SELECT c.withdrawn_at FROM consent c WHERE c.id = $2)
             WHERE id = $1 AND withdrawn_at IS NULL",
            one.original,
            one.copy,
        )?;
        execute!(&mut *tx, "DELETE FROM consent WHERE id = $1", one.copy)?;
    }
    Ok(())
}

/// Takes back every agreement for a student; gives how many there were.
pub async fn withdraw_consent(tx: &mut Tx, clock: &Clock, student: StudentId) -> Result<u64, DbError> {
    execute!(
        tx,
        "UPDATE consent SET withdrawn_at = $2 WHERE student_id = $1 AND withdrawn_at IS NULL",
        student,
        clock.now()
    )
}

/// Takes back what was agreed by a tap in the bot, since whoever tapped may not have been who they said; a signed stub stands.
pub async fn withdraw_taps(tx: &mut Tx, clock: &Clock, student: StudentId) -> Result<u64, DbError> {
    execute!(
        tx,
        "UPDATE consent SET withdrawn_at = $2 WHERE student_id = $1 AND withdrawn_at IS NULL AND given_by <> $3",
        student,
        clock.now(),
        GivenBy::SignedStub,
    )
}

/// Every agreement for a student, oldest first.
pub async fn consents(tx: &mut Tx, student: StudentId) -> Result<Vec<Consent>, DbError> {
    fetch_all!(
        tx,
        Consent,
        "SELECT given_by, evidence, given_at, withdrawn_at FROM consent WHERE student_id = $1 ORDER BY given_at",
        student,
    )
}

#[derive(FromRow)]
struct OfStudent {
    student_id: StudentId,
    #[sqlx(flatten)]
    consent: Consent,
}

/// Every agreement for several students, each's oldest first; a student without any is not in the map.
pub async fn consents_of(tx: &mut Tx, students: &[StudentId]) -> Result<HashMap<StudentId, Vec<Consent>>, DbError> {
    let head = "SELECT student_id, given_by, evidence, given_at, withdrawn_at FROM consent WHERE student_id";
    let mut consents: HashMap<StudentId, Vec<Consent>> = HashMap::new();
    for row in fetch_among!(tx, OfStudent, head, [], students, " ORDER BY given_at")? {
        consents.entry(row.student_id).or_default().push(row.consent);
    }
    Ok(consents)
}

/// Whether a standing agreement satisfies the office's policy.
pub async fn has_consent(tx: &mut Tx, student: StudentId, policy: ConsentPolicy) -> Result<bool, DbError> {
    let own_word = policy == ConsentPolicy::Student;
    let row = fetch_optional!(
        tx,
        (i64,),
        "SELECT COUNT(*) FROM consent WHERE student_id = $1 AND withdrawn_at IS NULL AND (given_by <> $2 OR $3)",
        student,
        GivenBy::Student,
        own_word,
    )?;
    Ok(row.is_some_and(|row| row.0 > 0))
}
