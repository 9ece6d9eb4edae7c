//! Codes that find someone, and the chats that belong to someone.
//!
//! A code *finds* a student, a contact, an account or a card; it never authorises by itself (invariant 12). Chat IDs are
//! sealed; a chat is looked up by its blind index.

mod merge;

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use uuid::Uuid;
use zeroize::Zeroizing;

pub use merge::{MovedLinks, cut_chats_off, give_links_back, move_chats};

use crate::clock::Clock;
use crate::db::{self, Db, DbError, Tx, run_all};
use crate::office::OfficeId;
use crate::student::{self, Student, StudentId};
use crate::vault::{Purpose, Vault, VaultError, random};
use crate::{execute, fetch_all, fetch_among, fetch_locked, fetch_optional, id_type, insert_many};

id_type!(
    /// One printed or sent code.
    CodeId
);

/// Wrong answers after which a code, or for the day a chat, is no longer listened to.
pub const TRIES: i32 = 5;
/// Crockford's alphabet: no I, L, O, U, so that typed codes survive handwriting.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const BOT_NAME: &str = "bot_name";
/// 10 characters of 5 bits: 50 random bits.
const LENGTH: usize = 10;

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

/// A code that is still good.
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
    pub office_id: OfficeId,
    pub role: LinkRole,
    pub subject_id: Uuid,
    pub chat_index: Vec<u8>,
    pub chat_sealed: Vec<u8>,
    pub linked_at: DateTime<Utc>,
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

/// A typed or scanned code as it is compared: upper case, without dashes and spaces, O as 0, I and L as 1.
/// `None` if it cannot be a code.
#[must_use]
pub fn normalise_code(text: &str) -> Option<String> {
    let code: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .map(|c| match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        })
        .collect();
    (code.len() == LENGTH && code.bytes().all(|b| ALPHABET.contains(&b))).then_some(code)
}

/// A code as people read it: `K7QM2-XPD4N`.
#[must_use]
pub fn readable_code(code: &str) -> String {
    match code.split_at_checked(LENGTH / 2) {
        Some((head, tail)) => format!("{head}-{tail}"),
        None => code.to_owned(),
    }
}

/// The address that opens a chat with the bot and hands it a code.
#[must_use]
pub fn chat_url(bot: &str, code: &str) -> String {
    format!("https://t.me/{bot}?start={code}")
}

/// Makes a new code and voids the earlier ones for the same role and subject.
pub async fn issue_code(
    tx: &mut Tx,
    clock: &Clock,
    vault: &Vault,
    office: OfficeId,
    role: LinkRole,
    subject: Uuid,
    expires_on: NaiveDate,
) -> Result<String, LinkError> {
    let new = new_code(vault, WantedCode { role, subject, expires_on })?;
    keep_codes(tx, clock, office, role, std::slice::from_ref(&new)).await?;
    Ok(new.code)
}

/// A code to be made.
#[derive(Debug, Clone, Copy)]
pub struct WantedCode {
    pub role: LinkRole,
    pub subject: Uuid,
    pub expires_on: NaiveDate,
}

/// A code that was made and is not kept yet.
#[derive(Debug)]
pub struct NewCode {
    wanted: WantedCode,
    pub code: String,
    index: Vec<u8>,
    sealed: Vec<u8>,
}

/// Makes a code, which finds nobody before it is kept.
pub fn new_code(vault: &Vault, wanted: WantedCode) -> Result<NewCode, VaultError> {
    let bytes = random::<LENGTH>()?;
    let code: String = bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
    let index = vault.blind_index(Purpose::Code, &code);
    let sealed = vault.seal(Purpose::Code, code.as_bytes())?;
    Ok(NewCode { wanted, code, index, sealed })
}

/// Keeps new codes of one role, and voids the earlier ones of the same role for the same subjects.
pub async fn keep_codes(
    tx: &mut Tx,
    clock: &Clock,
    office: OfficeId,
    role: LinkRole,
    codes: &[NewCode],
) -> Result<(), DbError> {
    let now = clock.now();
    let codes: Vec<(CodeId, &NewCode)> =
        codes.iter().filter(|code| code.wanted.role == role).map(|code| (CodeId::new(clock), code)).collect();
    let subjects: Vec<Uuid> = codes.iter().map(|(_, code)| code.wanted.subject).collect();
    fetch_among!(
        &mut *tx,
        (CodeId,),
        "UPDATE link_code SET voided_at = ",
        [(now, " WHERE voided_at IS NULL AND role = "), (role, " AND subject_id")],
        subjects,
        " RETURNING id"
    )?;
    let statements = insert_many!(
        tx.engine(),
        "INSERT INTO link_code (id, office_id, code_index, code_sealed, role, subject_id, expires_on, wrong_tries, created_at) ",
        codes,
        |one| [
            one.0,
            office,
            &one.1.index,
            &one.1.sealed,
            role,
            one.1.wanted.subject,
            one.1.wanted.expires_on,
            0_i32,
            now,
        ],
        ""
    );
    run_all(tx, statements).await
}

/// The standing code for a role and subject, to show it again.
pub async fn standing_code(
    tx: &mut Tx,
    vault: &Vault,
    role: LinkRole,
    subject: Uuid,
    today: NaiveDate,
) -> Result<Option<Zeroizing<String>>, LinkError> {
    let row = fetch_optional!(
        tx,
        (Vec<u8>,),
        "SELECT code_sealed FROM link_code
         WHERE subject_id = $1 AND role = $2 AND voided_at IS NULL AND expires_on >= $3 AND wrong_tries < $4",
        subject,
        role,
        today,
        TRIES,
    )?;
    Ok(row.map(|row| vault.open_text(Purpose::Code, &row.0)).transpose()?)
}

/// The standing codes of several subjects for a role; whoever has none is left out.
pub async fn standing_codes(
    tx: &mut Tx,
    vault: &Vault,
    role: LinkRole,
    subjects: &[Uuid],
    today: NaiveDate,
) -> Result<HashMap<Uuid, Zeroizing<String>>, LinkError> {
    let rows = fetch_among!(
        tx,
        (Uuid, Vec<u8>),
        "SELECT subject_id, code_sealed FROM link_code WHERE voided_at IS NULL AND expires_on >= ",
        [(today, " AND wrong_tries < "), (TRIES, " AND role = "), (role, " AND subject_id")],
        subjects,
        ""
    )?;
    let open = |(subject, sealed): (Uuid, Vec<u8>)| Ok((subject, vault.open_text(Purpose::Code, &sealed)?));
    rows.into_iter().map(open).collect()
}

/// What a typed code stands for, if it is still good.
pub async fn find_code(tx: &mut Tx, vault: &Vault, text: &str, today: NaiveDate) -> Result<Option<LinkCode>, DbError> {
    let Some(code) = normalise_code(text) else { return Ok(None) };
    fetch_optional!(
        tx,
        LinkCode,
        "SELECT id, office_id, role, subject_id FROM link_code
         WHERE code_index = $1 AND voided_at IS NULL AND expires_on >= $2 AND wrong_tries < $3",
        vault.blind_index(Purpose::Code, &code),
        today,
        TRIES,
    )
}

/// What a typed code stands or once stood for, used, void or expired as it may be. It links nothing; it only tells a chat that
/// it is linked already.
pub async fn what_was(tx: &mut Tx, vault: &Vault, text: &str) -> Result<Option<LinkCode>, DbError> {
    let Some(code) = normalise_code(text) else { return Ok(None) };
    fetch_optional!(
        tx,
        LinkCode,
        "SELECT id, office_id, role, subject_id FROM link_code WHERE code_index = $1",
        vault.blind_index(Purpose::Code, &code),
    )
}

/// Counts a wrong birth date against a code.
pub async fn count_wrong_try(tx: &mut Tx, code: CodeId) -> Result<(), DbError> {
    execute!(tx, "UPDATE link_code SET wrong_tries = wrong_tries + 1 WHERE id = $1", code)?;
    Ok(())
}

/// Voids a code that served its purpose.
pub async fn void_code(tx: &mut Tx, clock: &Clock, code: CodeId) -> Result<(), DbError> {
    execute!(tx, "UPDATE link_code SET voided_at = $2 WHERE id = $1", code, clock.now())?;
    Ok(())
}

/// Voids every code that links a chat to `subject`.
pub async fn void_codes(tx: &mut Tx, clock: &Clock, subject: Uuid) -> Result<u64, DbError> {
    execute!(
        tx,
        "UPDATE link_code SET voided_at = $2 WHERE subject_id = $1 AND voided_at IS NULL AND role <> $3",
        subject,
        clock.now(),
        LinkRole::Pickup,
    )
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

/// Links a chat to a subject; linking twice is linking once.
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
        "INSERT INTO chat_link (id, office_id, role, subject_id, chat_index, chat_sealed, linked_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
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
    "SELECT l.office_id, l.role, l.subject_id, l.chat_index, l.chat_sealed, l.linked_at,
        COALESCE(c.language, 'id') AS language, c.unreachable
    FROM chat_link l LEFT JOIN chat c ON c.chat_index = l.chat_index
    WHERE l.subject_id = $1 AND l.unlinked_at IS NULL ORDER BY l.linked_at, l.id";
const OF_CHAT: &str = "SELECT l.office_id, l.role, l.subject_id, l.chat_index, l.chat_sealed, l.linked_at,
        COALESCE(c.language, 'id') AS language, c.unreachable
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_codes_are_forgiven_their_form() {
        assert_eq!(normalise_code(" k7qm2-xpd4n ").as_deref(), Some("K7QM2XPD4N"));
        assert_eq!(normalise_code("OIL00 00000").as_deref(), Some("0110000000"));
        assert_eq!(normalise_code("K7QM2"), None);
        assert_eq!(normalise_code("K7QM2-XPD4ñ"), None);
        assert_eq!(readable_code("K7QM2XPD4N"), "K7QM2-XPD4N");
    }
}
