//! What came in from chats, on disk before the next is asked for; and what goes back, on disk until it is done. So no update
//! is lost, none is handled twice, and an answer survives a crash. All of it is sealed, and emptied once handled. What has to
//! do with [`files`] outlives its update.

pub mod files;

use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::clock::Clock;
use crate::complaint::ComplaintId;
use crate::db::{Db, DbError, Tx};
use crate::link::chat_index;
use crate::messenger::Outgoing;
use crate::roster::ids::ImportId;
use crate::staff::StaffId;
use crate::vault::{Purpose, Vault, VaultError};
use crate::{execute, fetch_all, fetch_one, fetch_optional};

/// How often an answer is sent again of which nobody knows whether it arrived.
const SENT_AGAIN: i32 = 5;
/// Answers of this process that were sent again, and that were given up, because nobody knows whether they arrived.
static REPEATED: AtomicU64 = AtomicU64::new(0);
static GIVEN_UP: AtomicU64 = AtomicU64::new(0);

/// Answers that this process has sent again, and that it has given up, because nobody knows whether they arrived.
#[must_use]
pub fn repeated_and_given_up() -> (u64, u64) {
    (REPEATED.load(Ordering::Relaxed), GIVEN_UP.load(Ordering::Relaxed))
}

/// How long after an update the next one's number is surely greater (Bot API: *Update*, a week).
const NUMBERS_GROW_FOR: TimeDelta = TimeDelta::days(6);

/// Something a person did in a chat with the bot, scrubbed: it holds neither a NIK nor anything of what a picture or a file
/// shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incoming {
    pub update_id: i64,
    pub chat: i64,
    /// Only private chats are talked with; a group gets one sentence and nothing else.
    pub is_private: bool,
    /// The language that the person's Telegram is set to, such as `id` or `en`.
    pub language_code: Option<String>,
    pub what: What,
}

/// A file as its message names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    pub message_id: i64,
    /// By which Telegram hands it out.
    pub file_id: String,
    /// What the sender calls it; dropped if it holds something like a NIK.
    pub name: Option<String>,
    pub size: Option<u64>,
}

/// What the person did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    Text {
        message_id: i64,
        text: String,
    },
    /// A button of an earlier message was tapped.
    Button {
        query_id: String,
        message_id: Option<i64>,
        data: String,
    },
    /// A text that holds something like a NIK; the text itself was dropped before anything was stored.
    NikLike {
        message_id: i64,
    },
    /// A picture, voice, contact or place; nothing of it was stored.
    Media {
        message_id: i64,
    },
    /// A file. Nothing of its content was fetched; whether it ever is, the office decides.
    Document(Sent),
    /// `my_chat_member`: the person blocked or unblocked the bot.
    Membership {
        blocked: bool,
    },
    Other,
}

/// One thing the bot does in answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Act {
    Send(Outgoing),
    /// Sends the answer to a complaint, which is never dropped: what cannot arrive waits until the chat writes again.
    AnswerComplaint {
        complaint: ComplaintId,
        message: Outgoing,
    },
    /// Takes a message out of the chat, as far as Telegram lets a bot.
    Delete {
        message_id: i64,
    },
    /// Ends the waiting mark on a tapped button.
    AnswerButton {
        query_id: String,
    },
    /// Sends the day's numbers, counted when its turn comes: nobody waits at the database while they are.
    SendReport {
        /// Who asked, and may read them.
        account: StaffId,
        language: String,
    },
    /// Sends the answer file of an import, made when its turn comes, so that nothing of it lies here. It is lent to the chat.
    SendAnswer {
        /// Who sent the roster, and may read the answer.
        account: StaffId,
        import: ImportId,
        /// What stands below the file.
        words: Outgoing,
        /// What is said where nobody knows whether the file arrived, or where there is none.
        otherwise: String,
    },
}

/// Why something cannot be put on disk.
#[derive(Debug, thiserror::Error)]
pub enum MailboxError {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error("a message cannot be written as it is kept")]
    Form(#[from] serde_json::Error),
}

/// An answer that waits to be done.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    chat: i64,
    act: Act,
}

/// An answer whose turn has come; without `act` it cannot be read any more.
#[derive(Debug)]
pub struct Waiting {
    pub id: Uuid,
    pub act: Option<(i64, Act)>,
    /// How often it was sent without anybody knowing whether it arrived.
    pub lost: i32,
    /// The chat's language.
    pub language: String,
}

/// What follows for an answer of which nobody knows whether it arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterLost {
    /// It is sent once more; so often nobody knows by now.
    Again(i32),
    /// It was sent often enough.
    GivenUp,
}

/// The number to ask for next.
///
/// After a week without any update, Telegram may begin anew with any number, even a smaller one, so old numbers no longer
/// count: then whatever waits is asked for, and what is on disk already is not taken twice.
pub async fn next_number(tx: &mut Tx, clock: &Clock) -> Result<i64, DbError> {
    let newest = fetch_one!(
        tx,
        (Option<i64>,),
        "SELECT MAX(update_id) FROM telegram_update WHERE received_at > $1",
        clock.now() - NUMBERS_GROW_FOR
    )?;
    Ok(newest.0.map_or(0, |id| id + 1))
}

/// Puts one update on disk; one that is there already, handled or not, stays as it is.
pub async fn accept(tx: &mut Tx, vault: &Vault, clock: &Clock, incoming: &Incoming) -> Result<(), MailboxError> {
    let sealed = vault.seal(Purpose::Telegram, &serde_json::to_vec(incoming)?)?;
    execute!(
        tx,
        "INSERT INTO telegram_update (update_id, sealed, received_at) VALUES ($1, $2, $3)
         ON CONFLICT (update_id) DO NOTHING",
        incoming.update_id,
        sealed,
        clock.now(),
    )?;
    Ok(())
}

/// The oldest updates that nobody handled yet, by number; `None` for one that cannot be read any more.
pub async fn unhandled(tx: &mut Tx, vault: &Vault, limit: i64) -> Result<Vec<(i64, Option<Incoming>)>, DbError> {
    let rows = fetch_all!(
        tx,
        (i64, Option<Vec<u8>>),
        "SELECT update_id, sealed FROM telegram_update WHERE handled_at IS NULL ORDER BY update_id LIMIT $1",
        limit,
    )?;
    let read = |sealed: &[u8]| {
        let bytes = vault.open_sealed(Purpose::Telegram, sealed).ok()?;
        serde_json::from_slice(&bytes).ok()
    };
    Ok(rows.into_iter().map(|(number, sealed)| (number, sealed.as_deref().and_then(read))).collect())
}

/// Counts a try of an update that failed for a reason that may pass. Returns its number, from 1, or `None` if the update was handled
/// meanwhile.
pub async fn count_try(tx: &mut Tx, update: i64) -> Result<Option<i32>, DbError> {
    let sql =
        "UPDATE telegram_update SET tries = tries + 1 WHERE update_id = $1 AND handled_at IS NULL RETURNING tries";
    Ok(fetch_optional!(tx, (i32,), sql, update)?.map(|row| row.0))
}

/// Takes an update to be handled in this very transaction, and empties it. `false` if somebody else did.
pub async fn take(tx: &mut Tx, clock: &Clock, update: i64) -> Result<bool, DbError> {
    let taken = execute!(
        tx,
        "UPDATE telegram_update SET sealed = NULL, handled_at = $2 WHERE update_id = $1 AND handled_at IS NULL",
        update,
        clock.now(),
    )?;
    Ok(taken == 1)
}

/// Keeps one thing to be done in a chat.
pub async fn reply(tx: &mut Tx, clock: &Clock, vault: &Vault, chat: i64, act: Act) -> Result<(), MailboxError> {
    let sealed = vault.seal(Purpose::Telegram, &serde_json::to_vec(&Kept { chat, act })?)?;
    execute!(
        tx,
        "INSERT INTO telegram_reply (id, chat_index, sealed, created_at, sequence)
         VALUES ($1, $2, $3, $4, (SELECT COALESCE(MAX(r.sequence), 0) + 1 FROM telegram_reply r))",
        clock.new_uuid(),
        chat_index(vault, chat),
        sealed,
        clock.now(),
    )?;
    Ok(())
}

/// The first waiting answer of each chat, oldest first: a talkative chat holds up nobody, and each reads in order. What waits for
/// its chat to write again keeps nothing else waiting.
pub async fn waiting(tx: &mut Tx, vault: &Vault, limit: i64) -> Result<Vec<Waiting>, DbError> {
    let rows = fetch_all!(
        tx,
        (Uuid, Vec<u8>, i32, String),
        "SELECT waiting.id, waiting.sealed, waiting.lost, COALESCE(c.language, 'id') FROM (
             SELECT id, sealed, sequence, lost, chat_index,
                 ROW_NUMBER() OVER (PARTITION BY chat_index ORDER BY sequence, id) AS place
             FROM telegram_reply WHERE NOT aside
         ) AS waiting LEFT JOIN chat c ON c.chat_index = waiting.chat_index
         WHERE waiting.place = 1 ORDER BY waiting.sequence, waiting.id LIMIT $1",
        limit,
    )?;
    let read = |sealed: &[u8]| {
        let bytes = vault.open_sealed(Purpose::Telegram, sealed).ok()?;
        let kept: Kept = serde_json::from_slice(&bytes).ok()?;
        Some((kept.chat, kept.act))
    };
    let waiting =
        |(id, sealed, lost, language): (Uuid, Vec<u8>, _, _)| Waiting { id, act: read(&sealed), lost, language };
    Ok(rows.into_iter().map(waiting).collect())
}

/// Whether an answer is one to a complaint.
pub async fn is_answer_to_complaint(tx: &mut Tx, vault: &Vault, id: Uuid) -> Result<bool, DbError> {
    let row = fetch_optional!(tx, (Vec<u8>,), "SELECT sealed FROM telegram_reply WHERE id = $1", id)?;
    let bytes = row.and_then(|row| vault.open_sealed(Purpose::Telegram, &row.0).ok());
    let kept = bytes.and_then(|bytes| serde_json::from_slice::<Kept>(&bytes).ok());
    Ok(matches!(kept, Some(Kept { act: Act::AnswerComplaint { .. }, .. })))
}

/// Whether an answer still waits: another node may have done it.
pub async fn waits(tx: &mut Tx, id: Uuid) -> Result<bool, DbError> {
    Ok(fetch_one!(tx, (i64,), "SELECT COUNT(*) FROM telegram_reply WHERE id = $1", id)?.0 > 0)
}

/// Counts that nobody knows whether an answer arrived. It is sent again, at least once being better than never for whoever has
/// asked; but not for ever.
pub async fn lost(tx: &mut Tx, id: Uuid) -> Result<AfterLost, DbError> {
    let sql = "UPDATE telegram_reply SET lost = lost + 1 WHERE id = $1 RETURNING lost";
    match fetch_optional!(tx, (i32,), sql, id)? {
        Some((lost,)) if lost <= SENT_AGAIN => {
            REPEATED.fetch_add(1, Ordering::Relaxed);
            Ok(AfterLost::Again(lost))
        }
        Some(_) => {
            GIVEN_UP.fetch_add(1, Ordering::Relaxed);
            Ok(AfterLost::GivenUp)
        }
        // Another node has done it.
        None => Ok(AfterLost::GivenUp),
    }
}

/// Puts an answer aside until its chat [writes again](take_up).
pub async fn put_aside(tx: &mut Tx, id: Uuid) -> Result<(), DbError> {
    execute!(tx, "UPDATE telegram_reply SET aside = TRUE WHERE id = $1", id)?;
    Ok(())
}

/// What waits for this chat goes out: the person is there again.
pub async fn take_up(tx: &mut Tx, vault: &Vault, chat: i64) -> Result<(), DbError> {
    let sql = "UPDATE telegram_reply SET aside = FALSE, lost = 0 WHERE chat_index = $1 AND aside";
    execute!(tx, sql, chat_index(vault, chat))?;
    Ok(())
}

/// Forgets an answer that is done.
pub async fn done(tx: &mut Tx, id: Uuid) -> Result<(), DbError> {
    execute!(tx, "DELETE FROM telegram_reply WHERE id = $1", id)?;
    Ok(())
}

/// Forgets the numbers of updates handled before `before`; the newest stays, so that the next poll does not go back.
pub async fn forget_before(db: &Db, before: DateTime<Utc>) -> Result<u64, DbError> {
    let mut tx = db.write().await?;
    let rows = execute!(
        &mut tx,
        "DELETE FROM telegram_update WHERE handled_at < $1
             AND update_id < (SELECT MAX(update_id) FROM telegram_update)",
        before,
    )?;
    tx.commit().await?;
    Ok(rows)
}
