//! Files in chats: what somebody sent, until it is read, and what is lent to a chat, until it is taken out again. Both are
//! rows, not timers, so an outage only makes them late. Of a file's content nothing is kept here.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{MailboxError, Sent};
use crate::clock::Clock;
use crate::db::{DbError, Tx};
use crate::link::{chat_index, open_chat};
use crate::staff::StaffId;
use crate::vault::{Purpose, Vault};
use crate::{execute, fetch_all, fetch_optional};

/// How long a file that holds children's data may lie in a chat.
pub const LENT_FOR: TimeDelta = TimeDelta::hours(24);

/// Longer than any upload rests before it is tried again, also where the Bot API says how long.
const LONGEST_REST: TimeDelta = TimeDelta::hours(2);

/// A roster that waits to be fetched and read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upload {
    pub chat: i64,
    /// Whose roster it is.
    pub account: StaffId,
    pub file: Sent,
}

/// An upload whose turn has come; without `upload` it cannot be read any more.
#[derive(Debug)]
pub struct Expected {
    pub id: Uuid,
    pub upload: Option<Upload>,
}

/// A message that is to be taken out of its chat; without `chat` it cannot be reached any more.
#[derive(Debug)]
pub struct Overdue {
    pub chat: Option<i64>,
    pub chat_index: Vec<u8>,
    pub message_id: i64,
    pub since: DateTime<Utc>,
}

/// Keeps an upload until it is read.
pub async fn expect(tx: &mut Tx, clock: &Clock, vault: &Vault, upload: &Upload) -> Result<(), MailboxError> {
    execute!(
        tx,
        "INSERT INTO telegram_upload (id, chat_index, sealed, tries, next_try_at, created_at, sequence)
         VALUES ($1, $2, $3, 0, $4, $5, (SELECT COALESCE(MAX(u.sequence), 0) + 1 FROM telegram_upload u))",
        clock.new_uuid(),
        chat_index(vault, upload.chat),
        vault.seal(Purpose::Telegram, &serde_json::to_vec(upload)?)?,
        clock.now(),
        clock.now(),
    )?;
    Ok(())
}

/// The first upload of each chat, as far as it may be tried now: of two versions of a roster the later one comes last.
pub async fn expected(tx: &mut Tx, clock: &Clock, vault: &Vault, limit: i64) -> Result<Vec<Expected>, DbError> {
    let rows = fetch_all!(
        tx,
        (Uuid, Vec<u8>),
        "SELECT id, sealed FROM (
             SELECT id, sealed, next_try_at, sequence,
                 ROW_NUMBER() OVER (PARTITION BY chat_index ORDER BY sequence, id) AS place
             FROM telegram_upload
         ) AS waiting WHERE place = 1 AND next_try_at <= $1 ORDER BY sequence, id LIMIT $2",
        clock.now(),
        limit,
    )?;
    let read = |sealed: &[u8]| {
        let bytes = vault.open_sealed(Purpose::Telegram, sealed).ok()?;
        serde_json::from_slice(&bytes).ok()
    };
    Ok(rows.into_iter().map(|(id, sealed)| Expected { id, upload: read(&sealed) }).collect())
}

/// Counts a try before it is made, so that one which takes the process with it counts, too. Gives its number, from 1, or
/// `None` if the upload is gone because somebody else read it.
pub async fn count_try(tx: &mut Tx, id: Uuid) -> Result<Option<i32>, DbError> {
    let row =
        fetch_optional!(tx, (i32,), "UPDATE telegram_upload SET tries = tries + 1 WHERE id = $1 RETURNING tries", id,)?;
    Ok(row.map(|row| row.0))
}

/// Takes back a try that could not be made at all.
pub async fn uncount_try(tx: &mut Tx, id: Uuid) -> Result<(), DbError> {
    execute!(tx, "UPDATE telegram_upload SET tries = tries - 1 WHERE id = $1", id)?;
    Ok(())
}

/// Lets an upload rest.
pub async fn put_off(tx: &mut Tx, id: Uuid, until: DateTime<Utc>) -> Result<(), DbError> {
    execute!(tx, "UPDATE telegram_upload SET next_try_at = $2 WHERE id = $1", id, until)?;
    Ok(())
}

/// Has every upload tried now that rests for longer than any does: a clock that was ahead has put it off.
pub async fn come_now(tx: &mut Tx, now: DateTime<Utc>) -> Result<(), DbError> {
    let sql = "UPDATE telegram_upload SET next_try_at = $1 WHERE next_try_at > $2";
    execute!(tx, sql, now, now + LONGEST_REST)?;
    Ok(())
}

/// Forgets an upload that is dealt with; `false` if somebody else did.
pub async fn forget(tx: &mut Tx, id: Uuid) -> Result<bool, DbError> {
    Ok(execute!(tx, "DELETE FROM telegram_upload WHERE id = $1", id)? == 1)
}

/// Notes that a message lies in a chat only for a time.
pub async fn lend(tx: &mut Tx, clock: &Clock, vault: &Vault, chat: i64, message_id: i64) -> Result<(), MailboxError> {
    execute!(
        tx,
        "INSERT INTO telegram_lent (chat_index, message_id, chat_sealed, since) VALUES ($1, $2, $3, $4)
         ON CONFLICT (chat_index, message_id) DO NOTHING",
        chat_index(vault, chat),
        message_id,
        vault.seal(Purpose::Chat, chat.to_string().as_bytes())?,
        clock.now(),
    )?;
    Ok(())
}

/// The messages whose time in their chats is over, the oldest first.
pub async fn overdue(tx: &mut Tx, clock: &Clock, vault: &Vault, limit: i64) -> Result<Vec<Overdue>, DbError> {
    let rows = fetch_all!(
        tx,
        (Vec<u8>, Vec<u8>, i64, DateTime<Utc>),
        "SELECT chat_index, chat_sealed, message_id, since FROM telegram_lent WHERE since <= $1 ORDER BY since LIMIT $2",
        clock.now() - LENT_FOR,
        limit,
    )?;
    let read = |(chat_index, sealed, message_id, since): (_, Vec<u8>, _, _)| Overdue {
        chat: open_chat(vault, &sealed).ok(),
        chat_index,
        message_id,
        since,
    };
    Ok(rows.into_iter().map(read).collect())
}

/// Forgets a lent message; `false` if there was none.
pub async fn give_back(tx: &mut Tx, chat_index: &[u8], message_id: i64) -> Result<bool, DbError> {
    let rows =
        execute!(tx, "DELETE FROM telegram_lent WHERE chat_index = $1 AND message_id = $2", chat_index, message_id,)?;
    Ok(rows == 1)
}
