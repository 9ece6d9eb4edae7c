//! What people may ask of the office about themselves: complaints and wishes for a correction (UU 27/2022 art. 30). Their
//! words and their chats are sealed; an anonymous complaint has no chat and no student at all.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::FromRow;
use uuid::Uuid;

use crate::clock::Clock;
use crate::db::{DbError, Tx};
use crate::ids::short_number;
use crate::link::open_chat;
use crate::office::OfficeId;
use crate::student::StudentId;
use crate::vault::{Purpose, Vault, VaultError};
use crate::{execute, fetch_all, fetch_optional, id_type};

id_type!(
    /// One complaint or wish for a correction.
    ComplaintId
);

impl ComplaintId {
    /// The short number that people are told.
    #[must_use]
    pub fn number(self) -> String {
        short_number(self.0)
    }
}

/// A complaint with its words opened, for those who may read it.
#[derive(Debug, Clone, Serialize)]
pub struct Complaint {
    pub id: ComplaintId,
    /// What the person was told to name it by.
    pub number: String,
    /// Whom it is about, if the person said so and is not anonymous.
    pub student: Option<StudentId>,
    pub text: String,
    /// Whether an answer can be sent to the chat it came from.
    pub anonymous: bool,
    pub created_at: DateTime<Utc>,
    pub answer: Option<String>,
    pub answered_by: Option<String>,
    pub answered_at: Option<DateTime<Utc>>,
    /// When the answer arrived in the chat; `None` while it waits, as it does for a chat that has the bot blocked.
    pub delivered_at: Option<DateTime<Utc>>,
}

/// Who complains, as far as it is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Complainant {
    pub student: Option<StudentId>,
    pub chat: Option<i64>,
}

/// Why a complaint cannot be kept, read or answered.
#[derive(Debug, thiserror::Error)]
pub enum ComplaintError {
    #[error("there is no complaint {0}; `siap17 complaint list` shows them")]
    Unknown(String),
    #[error("several complaints have the number {0}; name the one by the ID that `siap17 complaint list --json` shows")]
    Several(String),
    #[error("the complaint {0} was answered already; `siap17 complaint list` shows by whom")]
    Answered(ComplaintId),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Db(#[from] DbError),
}

#[derive(FromRow)]
struct Row {
    id: ComplaintId,
    student_id: Option<StudentId>,
    chat_sealed: Option<Vec<u8>>,
    text_sealed: Vec<u8>,
    created_at: DateTime<Utc>,
    /// Of an earlier siap17, until it is sealed.
    answer: Option<String>,
    answer_sealed: Option<Vec<u8>>,
    answered_by: Option<String>,
    answered_at: Option<DateTime<Utc>>,
    delivered_at: Option<DateTime<Utc>>,
}

/// Keeps a complaint.
pub async fn complain(
    tx: &mut Tx,
    clock: &Clock,
    vault: &Vault,
    office: OfficeId,
    by: Complainant,
    text: &str,
) -> Result<ComplaintId, ComplaintError> {
    let id = ComplaintId::new(clock);
    let chat = by.chat.map(|chat| vault.seal(Purpose::Chat, chat.to_string().as_bytes())).transpose()?;
    execute!(
        tx,
        "INSERT INTO complaint (id, office_id, student_id, chat_sealed, text_sealed, created_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        id,
        office,
        by.student,
        chat,
        vault.seal(Purpose::Telegram, text.as_bytes())?,
        clock.now(),
    )?;
    Ok(id)
}

/// The complaints of an office in the order they came, from the one after `after` on.
pub async fn complaints(
    tx: &mut Tx,
    vault: &Vault,
    office: OfficeId,
    after: Option<ComplaintId>,
    limit: i64,
) -> Result<Vec<Complaint>, ComplaintError> {
    let rows = fetch_all!(
        tx,
        Row,
        "SELECT id, student_id, chat_sealed, text_sealed, created_at, answer, answer_sealed, answered_by, answered_at,
             delivered_at
         FROM complaint WHERE office_id = $1 AND id > $2 ORDER BY id LIMIT $3",
        office,
        after.unwrap_or(ComplaintId(Uuid::nil())),
        limit,
    )?;
    rows.into_iter()
        .map(|row| {
            Ok(Complaint {
                id: row.id,
                number: row.id.number(),
                student: row.student_id,
                text: vault.open_text(Purpose::Telegram, &row.text_sealed)?.to_string(),
                anonymous: row.chat_sealed.is_none(),
                created_at: row.created_at,
                answer: match row.answer_sealed {
                    Some(sealed) => Some(vault.open_text(Purpose::Answer, &sealed)?.to_string()),
                    None => row.answer,
                },
                answered_by: row.answered_by,
                answered_at: row.answered_at,
                delivered_at: row.delivered_at,
            })
        })
        .collect()
}

/// The complaint that `text`, an ID or a number that somebody was told, means.
pub async fn complaint_named(tx: &mut Tx, office: OfficeId, text: &str) -> Result<ComplaintId, ComplaintError> {
    let text = text.trim();
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let rows = fetch_all!(tx, (ComplaintId,), "SELECT id FROM complaint WHERE office_id = $1", office)?;
    let mut named = rows.into_iter().map(|row| row.0).filter(|id| id.number().eq_ignore_ascii_case(text));
    match (named.next(), named.next()) {
        (Some(id), None) => Ok(id),
        (None, _) => Err(ComplaintError::Unknown(text.to_owned())),
        (Some(_), Some(_)) => Err(ComplaintError::Several(text.to_owned())),
    }
}

/// Writes the answer to a complaint, once; gives the chat it can be sent to, which an anonymous one has not.
pub async fn answer(
    tx: &mut Tx,
    clock: &Clock,
    vault: &Vault,
    office: OfficeId,
    id: ComplaintId,
    by: &str,
    text: &str,
) -> Result<Option<i64>, ComplaintError> {
    let row = fetch_optional!(
        &mut *tx,
        (Option<Vec<u8>>,),
        "SELECT chat_sealed FROM complaint WHERE office_id = $1 AND id = $2",
        office,
        id,
    )?;
    let Some((chat_sealed,)) = row else { return Err(ComplaintError::Unknown(id.to_string())) };
    let answered = execute!(
        tx,
        "UPDATE complaint SET answer_sealed = $2, answered_by = $3, answered_at = $4 WHERE id = $1 AND answered_at IS NULL",
        id,
        vault.seal(Purpose::Answer, text.as_bytes())?,
        by,
        clock.now(),
    )?;
    if answered == 0 {
        return Err(ComplaintError::Answered(id));
    }
    Ok(chat_sealed.as_deref().map(|sealed| open_chat(vault, sealed)).transpose()?)
}

/// Whether any answer stands in clear.
pub async fn is_any_open(tx: &mut Tx) -> Result<bool, DbError> {
    Ok(fetch_optional!(tx, (ComplaintId,), "SELECT id FROM complaint WHERE answer IS NOT NULL LIMIT 1")?.is_some())
}

/// Seals up to `most` answers that an earlier siap17 wrote in clear.
///
/// Returns how many there were; with none, all are sealed.
pub async fn seal_open(tx: &mut Tx, vault: &Vault, most: i64) -> Result<usize, ComplaintError> {
    let sql = "SELECT id, answer FROM complaint WHERE answer IS NOT NULL ORDER BY id LIMIT $1";
    let open = fetch_all!(&mut *tx, (ComplaintId, String), sql, most)?;
    for (id, answer) in &open {
        execute!(
            &mut *tx,
            "UPDATE complaint SET answer_sealed = $2, answer = NULL WHERE id = $1",
            *id,
            vault.seal(Purpose::Answer, answer.as_bytes())?,
        )?;
    }
    Ok(open.len())
}

/// Notes that the answer to a complaint arrived.
pub async fn delivered(tx: &mut Tx, clock: &Clock, id: ComplaintId) -> Result<(), DbError> {
    let sql = "UPDATE complaint SET delivered_at = $2 WHERE id = $1 AND delivered_at IS NULL";
    execute!(tx, sql, id, clock.now())?;
    Ok(())
}
