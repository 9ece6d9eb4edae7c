//! Codes that find someone, and the chats that belong to someone.
//!
//! A code *finds* a student, a contact, an account or a card; it never authorises by itself (invariant 12). Chat IDs are
//! sealed; a chat is looked up by its blind index.

mod code;
mod merge;
mod trust;

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use uuid::Uuid;

pub use code::{
    Dead, LivingCode, NewCode, TRIES_OF_CODE, WantedCode, call_back, chat_url, count_wrong_date, issue_code,
    keep_codes, living_codes, look_up, new_code, normalise_code, prolong, readable_code, standing_code, standing_codes,
    use_code,
};
pub use trust::{Standing, await_family, dispute, living_link, may_read_code, standing, vouch};

pub use merge::{MovedLinks, cut_chats_off, give_links_back, move_chats};

use crate::clock::Clock;
use crate::db::{self, Db, DbError, Tx};
use crate::office::OfficeId;
use crate::student::{self, Student, StudentId};
use crate::vault::{Purpose, Vault, VaultError};
use crate::{execute, fetch_all, fetch_among, fetch_locked, id_type};

id_type!(
    /// One printed or sent code.
    CodeId
);

/// Wrong answers after which a chat is no longer listened to for the day.
pub const TRIES: i32 = 5;
const BOT_NAME: &str = "bot_name";

/// What a code or a chat stands for; `subject_id` is a student's, a place's or an account's ID accordingly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum LinkRole {
    Student,
    Guardian,
    /// A school's or village's contact; the subject is the place.
    Contact,
    Staff,
    /// Shown at the counter to find the card; the subject is the student. No chat is ever linked as this.
    Pickup,
}

/// A code and what it stands for.
#[derive(Debug, Clone, FromRow)]
pub struct LinkCode {
    pub id: CodeId,
    pub office_id: OfficeId,
    pub role: LinkRole,
    pub subject_id: Uuid,
}

/// A chat linked to a subject.
#[derive(Debug, Clone, FromRow)]
pub struct ChatLink {
    pub id: Uuid,
    pub office_id: OfficeId,
    pub role: LinkRole,
    pub subject_id: Uuid,
    pub chat_index: Vec<u8>,
    pub chat_sealed: Vec<u8>,
    pub linked_at: DateTime<Utc>,
    /// Since when it is known to be the family's, because nobody else was linked or because one who was said so.
    pub vouched_at: Option<DateTime<Utc>>,
    /// Since when one of the student's chats says that it is not the family's.
    pub disputed_at: Option<DateTime<Utc>>,
    /// Language the chat chose, `id` or `en`.
    pub language: String,
    /// Why Telegram says that nothing arrives there (`blocked`, `chat_not_found`, `deactivated`), until the person writes again.
    pub unreachable: Option<String>,
}

impl ChatLink {
    /// The chat's number, for a call to Telegram.
    pub fn chat_id(&self, vault: &Vault) -> Result<i64, VaultError> {
        open_chat(vault, &self.chat_sealed)
    }
}

/// Opens a sealed chat ID.
pub fn open_chat(vault: &Vault, sealed: &[u8]) -> Result<i64, VaultError> {
    vault.open_text(Purpose::Chat, sealed)?.parse().map_err(|_| VaultError::Tampered)
}

/// The blind index of a chat.
#[must_use]
pub fn chat_index(vault: &Vault, chat: i64) -> Vec<u8> {
    vault.blind_index(Purpose::Chat, &chat.to_string())
}

/// Keeps the bot's user name, learned from the Bot API, for the links on printed slips.
pub async fn remember_bot(db: &Db, name: &str) -> Result<(), DbError> {
    let mut tx = db.write().await?;
    db::set_meta(&mut tx, BOT_NAME, name).await?;
    tx.commit().await
}

/// The bot's user name; `None` until somebody has spoken with the Bot API.
pub async fn bot_name(tx: &mut Tx) -> Result<Option<String>, DbError> {
    db::meta(tx, BOT_NAME).await
}

/// Why a code or a chat cannot be handled.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Links a chat to a subject; linking twice is linking once. It is the subject's own as far as anybody knows, unless
/// [`await_family`] says otherwise.
pub async fn link_chat(
    tx: &mut Tx,
    clock: &Clock,
    vault: &Vault,
    office: OfficeId,
    role: LinkRole,
    subject: Uuid,
    chat: i64,
) -> Result<(), LinkError> {
    execute!(
        tx,
        "INSERT INTO chat_link (id, office_id, role, subject_id, chat_index, chat_sealed, linked_at, vouched_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
         ON CONFLICT (subject_id, role, chat_index) WHERE unlinked_at IS NULL DO NOTHING",
        clock.new_uuid(),
        office,
        role,
        subject,
        chat_index(vault, chat),
        vault.seal(Purpose::Chat, chat.to_string().as_bytes())?,
        clock.now(),
    )?;
    Ok(())
}

/// Ends every link of a subject (staff's reset); gives how many there were.
pub async fn unlink(tx: &mut Tx, clock: &Clock, subject: Uuid) -> Result<u64, DbError> {
    execute!(
        tx,
        "UPDATE chat_link SET unlinked_at = $2 WHERE subject_id = $1 AND unlinked_at IS NULL",
        subject,
        clock.now(),
    )
}

/// Ends the links of a subject with one chat; gives how many there were.
pub async fn unlink_chat(tx: &mut Tx, clock: &Clock, subject: Uuid, chat_index: &[u8]) -> Result<u64, DbError> {
    execute!(
        tx,
        "UPDATE chat_link SET unlinked_at = $3 WHERE subject_id = $1 AND chat_index = $2 AND unlinked_at IS NULL",
        subject,
        chat_index,
        clock.now(),
    )
}

pub(crate) const OF_SUBJECT: &str =
    "SELECT l.id, l.office_id, l.role, l.subject_id, l.chat_index, l.chat_sealed, l.linked_at, l.vouched_at,
        l.disputed_at, COALESCE(c.language, 'id') AS language, c.unreachable
    FROM chat_link l LEFT JOIN chat c ON c.chat_index = l.chat_index
    WHERE l.subject_id = $1 AND l.unlinked_at IS NULL ORDER BY l.linked_at, l.id";
const OF_CHAT: &str =
    "SELECT l.id, l.office_id, l.role, l.subject_id, l.chat_index, l.chat_sealed, l.linked_at, l.vouched_at,
        l.disputed_at, COALESCE(c.language, 'id') AS language, c.unreachable
    FROM chat_link l LEFT JOIN chat c ON c.chat_index = l.chat_index
    WHERE l.chat_index = $1 AND l.unlinked_at IS NULL ORDER BY l.linked_at, l.id";
/// The chats of a student (own and guardian's), a place's contact or an account, oldest link first.
pub async fn chats_of(tx: &mut Tx, subject: Uuid) -> Result<Vec<ChatLink>, DbError> {
    fetch_all!(tx, ChatLink, OF_SUBJECT, subject)
}

/// How many chats several subjects have; a subject without any is not in the map.
pub async fn count_chats(tx: &mut Tx, subjects: &[Uuid]) -> Result<HashMap<Uuid, usize>, DbError> {
    let head = "SELECT subject_id, COUNT(*) FROM chat_link WHERE unlinked_at IS NULL AND subject_id";
    let counts = fetch_among!(tx, (Uuid, i64), head, [], subjects, " GROUP BY subject_id")?;
    Ok(counts.into_iter().map(|(subject, count)| (subject, usize::try_from(count).unwrap_or_default())).collect())
}

/// Which of these subjects have a chat.
pub async fn linked_among(tx: &mut Tx, subjects: &[Uuid]) -> Result<HashSet<Uuid>, DbError> {
    let head = "SELECT DISTINCT subject_id FROM chat_link WHERE unlinked_at IS NULL AND subject_id";
    let rows = fetch_among!(tx, (Uuid,), head, [], subjects, "")?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// In which roles these subjects have a chat.
pub async fn roles_linked(tx: &mut Tx, subjects: &[Uuid]) -> Result<HashSet<(Uuid, LinkRole)>, DbError> {
    let head = "SELECT DISTINCT subject_id, role FROM chat_link WHERE unlinked_at IS NULL AND subject_id";
    Ok(fetch_among!(tx, (Uuid, LinkRole), head, [], subjects, "")?.into_iter().collect())
}

/// Whom a chat belongs to: several students for twins' or a guardian's chat.
pub async fn subjects_of(tx: &mut Tx, vault: &Vault, chat: i64) -> Result<Vec<ChatLink>, DbError> {
    fetch_all!(tx, ChatLink, OF_CHAT, chat_index(vault, chat))
}

/// The students of those of these chats that have several, by the chat's index.
pub async fn students_in(tx: &mut Tx, chats: &[&[u8]]) -> Result<HashMap<Vec<u8>, Vec<Student>>, DbError> {
    let head = "SELECT DISTINCT chat_index, subject_id FROM chat_link WHERE unlinked_at IS NULL AND role IN ('student', 'guardian')
         AND chat_index";
    let links = fetch_among!(&mut *tx, (Vec<u8>, StudentId), head, [], chats, "")?;
    let mut of_chats: HashMap<Vec<u8>, Vec<StudentId>> = HashMap::new();
    for (chat, id) in links {
        of_chats.entry(chat).or_default().push(id);
    }
    of_chats.retain(|_, ids| ids.len() > 1);
    let ids: Vec<StudentId> = of_chats.values().flatten().copied().collect();
    let students: HashMap<StudentId, Student> =
        student::with_ids(tx, &ids).await?.into_iter().map(|student| (student.id, student)).collect();
    let known = |ids: Vec<StudentId>| ids.iter().filter_map(|id| students.get(id).cloned()).collect();
    Ok(of_chats.into_iter().map(|(chat, ids)| (chat, known(ids))).collect())
}

/// Says whether a chat can be reached: `Some(reason)` after Telegram's final refusal, `None` once the person writes again.
pub async fn set_unreachable(tx: &mut Tx, chat_index: &[u8], reason: Option<&str>) -> Result<(), DbError> {
    execute!(tx, "UPDATE chat SET unreachable = $2 WHERE chat_index = $1", chat_index, reason)?;
    Ok(())
}

/// Where a chat's conversation stands.
#[derive(Debug, Clone, FromRow)]
pub struct Chat {
    pub language: String,
    pub unreachable: Option<String>,
    pub wrong_tries: i32,
    pub wrong_on: Option<NaiveDate>,
    /// The conversation's step, sealed, in the bot's own form.
    pub step_sealed: Option<Vec<u8>>,
}

impl Chat {
    /// Whether the chat has used up its tries for `today`.
    #[must_use]
    pub fn is_locked(&self, today: NaiveDate) -> bool {
        self.wrong_on == Some(today) && self.wrong_tries >= TRIES
    }

    /// Counts a wrong code or birth date of `today`.
    pub fn count_wrong_try(&mut self, today: NaiveDate) {
        let earlier = if self.wrong_on == Some(today) { self.wrong_tries } else { 0 };
        self.wrong_tries = earlier.saturating_add(1);
        self.wrong_on = Some(today);
    }
}

/// The chat's row, locked, and made if this is the first time it writes: [`save_chat`] writes it back whole.
pub async fn chat(tx: &mut Tx, clock: &Clock, vault: &Vault, chat: i64) -> Result<Chat, LinkError> {
    let index = chat_index(vault, chat);
    execute!(
        tx,
        "INSERT INTO chat (chat_index, chat_sealed, language, wrong_tries, updated_at) VALUES ($1, $2, 'id', 0, $3)
         ON CONFLICT (chat_index) DO NOTHING",
        &index[..],
        vault.seal(Purpose::Chat, chat.to_string().as_bytes())?,
        day(clock),
    )?;
    let sql = "SELECT language, unreachable, wrong_tries, wrong_on, step_sealed FROM chat WHERE chat_index = $1";
    let found = fetch_locked!(tx, Chat, sql, &index[..])?.pop();
    found.ok_or(LinkError::Db(DbError::Interrupted))
}

/// Writes a chat's row back.
pub async fn save_chat(tx: &mut Tx, clock: &Clock, vault: &Vault, id: i64, chat: &Chat) -> Result<(), DbError> {
    execute!(
        tx,
        "UPDATE chat SET language = $2, unreachable = $3, wrong_tries = $4, wrong_on = $5, step_sealed = $6, updated_at = $7
         WHERE chat_index = $1",
        chat_index(vault, id),
        &chat.language,
        &chat.unreachable,
        chat.wrong_tries,
        chat.wrong_on,
        &chat.step_sealed,
        day(clock),
    )?;
    Ok(())
}

/// When a chat last wrote is kept by the day: the very moment would tell whose a nameless complaint is.
fn day(clock: &Clock) -> DateTime<Utc> {
    clock.now().date_naive().and_time(NaiveTime::MIN).and_utc()
}
