//! What came in, on disk before the next is asked for; and what goes back, on disk until it is done. So no update is lost,
//! none is handled twice, and an answer survives a crash. All of it is sealed, and emptied once handled.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use teloxide::types::{ChatMemberKind, MediaKind, Message, MessageKind, Update, UpdateKind};
use uuid::Uuid;

use super::{Act, Incoming, Line, TelegramError, What, Wire};
use crate::clock::Clock;
use crate::db::{Db, DbError, Tx};
use crate::desk::DeskError;
use crate::link::{LinkError, chat_index};
use crate::messages::{LANGUAGES, Messages};
use crate::messenger::{Outcome, Refusal};
use crate::nik::looks_like_nik;
use crate::notice::ledger;
use crate::office::{self, OfficeError};
use crate::vault::{Purpose, Vault, VaultError};
use crate::{execute, fetch_all, fetch_one};

/// Answers that are taken up at once.
const BATCH: i64 = 200;
/// Of these, so many for one chat: the gate lets one a second pass to a chat, and nobody else waits for a talkative one.
const BATCH_OF_CHAT: i64 = 2;
/// How long after an update the next one's number is surely greater (Bot API: *Update*, a week).
const NUMBERS_GROW_FOR: TimeDelta = TimeDelta::days(6);

/// Why the inbox does not work.
#[derive(Debug, thiserror::Error)]
pub enum InboxError {
    #[error(transparent)]
    Telegram(#[from] TelegramError),
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Office(#[from] OfficeError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Link(#[from] LinkError),
    #[error(transparent)]
    Desk(#[from] DeskError),
    #[error("a stored update cannot be read")]
    Stored(#[from] serde_json::Error),
}

impl InboxError {
    /// Whether somebody else polls with the same token.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Telegram(TelegramError::Conflict))
    }

    /// A name for the log; the message itself may hold what a person wrote or is called.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Telegram(_) => "telegram",
            Self::Db(_) | Self::Desk(DeskError::Db(_)) | Self::Link(LinkError::Db(_)) => "database",
            Self::Office(_) => "office",
            Self::Vault(_) | Self::Link(LinkError::Vault(_)) => "key",
            Self::Desk(error) => error.code(),
            Self::Stored(_) => "stored",
        }
    }
}

/// An answer that waits to be done.
#[derive(Debug, Serialize, Deserialize)]
struct Waiting {
    chat: i64,
    act: Act,
}

/// Fetches updates once and puts them on disk; gives how many there were.
///
/// The next update is asked for by number. After a week without any, Telegram may begin anew with any number, even a smaller
/// one, so numbers older than [`NUMBERS_GROW_FOR`] no longer count: then whatever waits is asked for, and what is on disk
/// already is not taken twice.
pub async fn poll_once(
    db: &Db,
    vault: &Vault,
    clock: &Clock,
    wire: &Wire,
    wait: Duration,
) -> Result<usize, InboxError> {
    let mut tx = db.read().await?;
    let newest = fetch_one!(
        &mut tx,
        (Option<i64>,),
        "SELECT MAX(update_id) FROM telegram_update WHERE received_at > $1",
        clock.now() - NUMBERS_GROW_FOR
    )?
    .0;
    drop(tx);
    let updates = wire.updates(newest.map_or(0, |id| id + 1), wait).await?;
    if updates.is_empty() {
        return Ok(0);
    }
    let mut tx = db.write().await?;
    for update in &updates {
        accept(&mut tx, vault, clock, &scrubbed(update)).await?;
    }
    tx.commit().await?;
    Ok(updates.len())
}

/// Puts one update on disk; one that is there already, handled or not, stays as it is.
pub(crate) async fn accept(tx: &mut Tx, vault: &Vault, clock: &Clock, incoming: &Incoming) -> Result<(), InboxError> {
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

/// What of an update may be kept at all.
fn scrubbed(update: &Update) -> Incoming {
    let mut incoming = Incoming {
        update_id: i64::from(update.id.0),
        chat: 0,
        is_private: true,
        language_code: update.from().and_then(|user| user.language_code.clone()),
        what: What::Other,
    };
    match &update.kind {
        UpdateKind::Message(message) => {
            incoming.chat = message.chat.id.0;
            incoming.is_private = message.chat.is_private();
            incoming.what = written(message);
        }
        UpdateKind::CallbackQuery(query) => {
            if let Some(message) = &query.message {
                incoming.chat = message.chat().id.0;
                incoming.is_private = message.chat().is_private();
            }
            incoming.what = What::Button {
                query_id: query.id.0.clone(),
                message_id: query.message.as_ref().map(|message| i64::from(message.id().0)),
                data: query.data.clone().unwrap_or_default(),
            };
        }
        UpdateKind::MyChatMember(change) => {
            incoming.chat = change.chat.id.0;
            incoming.is_private = change.chat.is_private();
            let gone = matches!(change.new_chat_member.kind, ChatMemberKind::Banned(_) | ChatMemberKind::Left);
            incoming.what = What::Membership { blocked: gone };
        }
        _ => {}
    }
    incoming
}

fn written(message: &Message) -> What {
    let message_id = i64::from(message.id.0);
    match &message.kind {
        MessageKind::Common(common) => match &common.media_kind {
            MediaKind::Text(text) if looks_like_nik(&text.text) => What::NikLike { message_id },
            MediaKind::Text(text) => What::Text { message_id, text: text.text.clone() },
            _ => What::Media { message_id },
        },
        _ => What::Other,
    }
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
pub async fn reply(tx: &mut Tx, clock: &Clock, vault: &Vault, chat: i64, act: Act) -> Result<(), InboxError> {
    let sealed = vault.seal(Purpose::Telegram, &serde_json::to_vec(&Waiting { chat, act })?)?;
    execute!(
        tx,
        "INSERT INTO telegram_reply (id, chat_index, sealed, created_at) VALUES ($1, $2, $3, $4)",
        clock.new_uuid(),
        chat_index(vault, chat),
        sealed,
        clock.now(),
    )?;
    Ok(())
}

/// Does what waits, in order within each chat; chats do not wait for each other. Gives how many acts were done.
pub async fn deliver(db: &Db, vault: &Vault, line: &dyn Line) -> Result<usize, InboxError> {
    let mut tx = db.read().await?;
    let rows = fetch_all!(
        &mut tx,
        (Uuid, Vec<u8>),
        "SELECT id, sealed FROM (
             SELECT id, sealed, ROW_NUMBER() OVER (PARTITION BY chat_index ORDER BY id) AS place FROM telegram_reply
         ) AS waiting WHERE place <= $2 ORDER BY id LIMIT $1",
        BATCH,
        BATCH_OF_CHAT,
    )?;
    drop(tx);
    let mut chats: BTreeMap<i64, Vec<(Uuid, Act)>> = BTreeMap::new();
    for (id, sealed) in rows {
        let opened = vault.open_sealed(Purpose::Telegram, &sealed).ok();
        let Some(waiting) = opened.and_then(|bytes| serde_json::from_slice::<Waiting>(&bytes).ok()) else {
            tracing::error!(reply = %id, "a stored answer cannot be read and is dropped");
            forget(db, id).await?;
            continue;
        };
        chats.entry(waiting.chat).or_default().push((id, waiting.act));
    }
    let work = chats.into_iter().map(|(chat, acts)| async move {
        let mut done = 0;
        for (id, act) in acts {
            if !perform(line, chat, &act).await {
                break;
            }
            forget(db, id).await?;
            done += 1;
        }
        Ok::<usize, InboxError>(done)
    });
    let mut done = 0;
    for result in join_all(work).await {
        done += result?;
    }
    Ok(done)
}

/// Does one thing; whether it is settled. What may not have arrived is not said twice; what certainly did not is tried again.
async fn perform(line: &dyn Line, chat: i64, act: &Act) -> bool {
    match act {
        Act::Send(message) => !matches!(
            line.send(chat, message).await,
            Outcome::Refused(
                Refusal::RetryAfter(_)
                    | Refusal::NotConnected
                    | Refusal::ServerError(_)
                    | Refusal::Unauthorized
                    | Refusal::Conflict
            )
        ),
        Act::Delete { message_id } => {
            line.delete(chat, *message_id).await;
            true
        }
        Act::AnswerButton { query_id } => {
            line.answer_button(query_id).await;
            true
        }
    }
}

async fn forget(db: &Db, id: Uuid) -> Result<(), DbError> {
    let mut tx = db.write().await?;
    execute!(&mut tx, "DELETE FROM telegram_reply WHERE id = $1", id)?;
    tx.commit().await
}

/// Tells every office that somebody else has the token.
pub async fn alarm_conflict(db: &Db, clock: &Clock, messages: &Messages) -> Result<(), InboxError> {
    let mut tx = db.write().await?;
    let text = messages.text(LANGUAGES[0], "alarm-conflict", &[]);
    for office in office::all(&mut tx).await? {
        let occasion = format!("conflict:{}", clock.today(office.zone()));
        ledger::raise_alarm(&mut tx, clock, &office, &occasion, &text).await?;
    }
    Ok(tx.commit().await?)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_picture_nothing_is_kept_and_an_unblocked_bot_is_noticed() {
        let user = r#"{"id":7,"is_bot":false,"first_name":"S","language_code":"id"}"#;
        let chat = r#"{"id":7,"type":"private","first_name":"S"}"#;
        let photo = format!(
            r#"{{"update_id":1,"message":{{"message_id":5,"date":1,"chat":{chat},"from":{user},"caption":"5271010101099801",
            "photo":[{{"file_id":"a","file_unique_id":"b","width":1,"height":1,"file_size":1}}]}}}}"#
        );
        let seen = scrubbed(&serde_json::from_str::<Update>(&photo).unwrap());
        assert_eq!((seen.chat, seen.what), (7, What::Media { message_id: 5 }));
        let member = format!(
            r#"{{"update_id":2,"my_chat_member":{{"chat":{chat},"from":{user},"date":1,
            "old_chat_member":{{"user":{user},"status":"kicked","until_date":0}},
            "new_chat_member":{{"user":{user},"status":"member"}}}}}}"#
        );
        let seen = scrubbed(&serde_json::from_str::<Update>(&member).unwrap());
        assert_eq!(seen.what, What::Membership { blocked: false });
    }
}
