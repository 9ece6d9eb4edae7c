//! Codes: made, given out again, found, ended. One that has ended says why.

use std::collections::HashMap;
use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::FromRow;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{CodeId, LinkCode, LinkError, LinkRole};
use crate::clock::Clock;
use crate::db::{DbError, Tx, run_all};
use crate::office::OfficeId;
use crate::vault::{Purpose, Vault, VaultError, random};
use crate::{execute, fetch_among, fetch_optional, insert_many};

/// Wrong birth dates, of all chats together, after which a code is given up: whoever guesses with it has it in many chats. So
/// many that no family burns its own slip by mistyping (a chat waits after [`super::TRIES`]).
pub const TRIES_OF_CODE: i32 = 30;
/// Crockford's alphabet: no I, L, O, U, so that typed codes survive handwriting.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// 10 characters of 5 bits: 50 random bits.
const LENGTH: usize = 10;

/// What ended a code before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "snake_case")]
enum VoidReason {
    /// It linked a chat.
    Used,
    /// A newer code was made for the same person.
    Replaced,
    /// The office called it back.
    Reset,
}

/// Why a code that was given out is not good any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dead {
    /// It linked a chat.
    Used,
    /// A newer code was made for the same person.
    Replaced,
    /// The office called it back.
    Reset,
    /// It was good up to this day.
    Expired(NaiveDate),
    /// The birth date was guessed wrong too often.
    Burnt,
    /// It ended when nobody wrote down why.
    Ended,
}

impl Dead {
    /// Returns the word in the catalogue.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Used => "used",
            Self::Replaced => "replaced",
            Self::Reset => "reset",
            Self::Expired(_) => "expired",
            Self::Burnt => "burnt",
            Self::Ended => "ended",
        }
    }
}

impl fmt::Display for Dead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Used => f.write_str("was used already"),
            Self::Replaced => f.write_str("was replaced by a newer one"),
            Self::Reset => f.write_str("was called back by the office"),
            Self::Expired(day) => write!(f, "was good up to {day}"),
            Self::Burnt => f.write_str("was given up after too many wrong birth dates"),
            Self::Ended => f.write_str("was used or replaced"),
        }
    }
}

#[derive(Debug, FromRow)]
struct CodeRow {
    #[sqlx(flatten)]
    code: LinkCode,
    expires_on: NaiveDate,
    wrong_tries: i32,
    voided_at: Option<DateTime<Utc>>,
    void_reason: Option<VoidReason>,
}

impl CodeRow {
    fn dead(&self, today: NaiveDate) -> Option<Dead> {
        match (self.voided_at, self.void_reason) {
            (Some(_), Some(VoidReason::Used)) => Some(Dead::Used),
            (Some(_), Some(VoidReason::Replaced)) => Some(Dead::Replaced),
            (Some(_), Some(VoidReason::Reset)) => Some(Dead::Reset),
            (Some(_), None) => Some(Dead::Ended),
            (None, _) if self.wrong_tries >= TRIES_OF_CODE => Some(Dead::Burnt),
            (None, _) if self.expires_on < today => Some(Dead::Expired(self.expires_on)),
            (None, _) => None,
        }
    }
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

impl NewCode {
    /// Returns for whom it is.
    #[must_use]
    pub fn whose(&self) -> (LinkRole, Uuid) {
        (self.wanted.role, self.wanted.subject)
    }

    /// Returns the last day on which it is good.
    #[must_use]
    pub fn expires_on(&self) -> NaiveDate {
        self.wanted.expires_on
    }
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
        [
            (now, ", void_reason = "),
            (VoidReason::Replaced, " WHERE voided_at IS NULL AND role = "),
            (role, " AND subject_id"),
        ],
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
        TRIES_OF_CODE,
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
        [(today, " AND wrong_tries < "), (TRIES_OF_CODE, " AND role = "), (role, " AND subject_id")],
        subjects,
        ""
    )?;
    let open = |(subject, sealed): (Uuid, Vec<u8>)| Ok((subject, vault.open_text(Purpose::Code, &sealed)?));
    rows.into_iter().map(open).collect()
}

/// A code that is good, and can be given out again.
#[derive(Debug, FromRow)]
pub struct LivingCode {
    id: CodeId,
    pub role: LinkRole,
    pub subject_id: Uuid,
    code_sealed: Vec<u8>,
    pub expires_on: NaiveDate,
}

impl LivingCode {
    /// The code itself.
    pub fn open(&self, vault: &Vault) -> Result<Zeroizing<String>, VaultError> {
        vault.open_text(Purpose::Code, &self.code_sealed)
    }
}

/// The codes of several subjects that are good today, by role and subject.
pub async fn living_codes(
    tx: &mut Tx,
    subjects: &[Uuid],
    today: NaiveDate,
) -> Result<HashMap<(LinkRole, Uuid), LivingCode>, DbError> {
    let rows = fetch_among!(
        tx,
        LivingCode,
        "SELECT id, role, subject_id, code_sealed, expires_on FROM link_code
         WHERE voided_at IS NULL AND expires_on >= ",
        [(today, " AND wrong_tries < "), (TRIES_OF_CODE, " AND subject_id")],
        subjects,
        ""
    )?;
    Ok(rows.into_iter().map(|code| ((code.role, code.subject_id), code)).collect())
}

/// Lets codes be good up to `until` where they would end earlier.
pub async fn prolong(tx: &mut Tx, codes: &mut [&mut LivingCode], until: NaiveDate) -> Result<(), DbError> {
    let ids: Vec<CodeId> = codes.iter().map(|code| code.id).collect();
    fetch_among!(tx, (CodeId,), "UPDATE link_code SET expires_on = ", [(until, " WHERE id")], ids, " RETURNING id")?;
    for code in codes {
        code.expires_on = until;
    }
    Ok(())
}

/// What a typed code stands for, and why it is not good any more, if it is not.
pub async fn look_up(
    tx: &mut Tx,
    vault: &Vault,
    text: &str,
    today: NaiveDate,
) -> Result<Option<(LinkCode, Option<Dead>)>, DbError> {
    let Some(code) = normalise_code(text) else { return Ok(None) };
    let row = fetch_optional!(
        tx,
        CodeRow,
        "SELECT id, office_id, role, subject_id, expires_on, wrong_tries, voided_at, void_reason FROM link_code
         WHERE code_index = $1",
        vault.blind_index(Purpose::Code, &code),
    )?;
    Ok(row.map(|row| {
        let dead = row.dead(today);
        (row.code, dead)
    }))
}

/// Counts a wrong birth date against a code. Returns whether that was one too many.
pub async fn count_wrong_date(tx: &mut Tx, code: CodeId) -> Result<bool, DbError> {
    let sql = "UPDATE link_code SET wrong_tries = wrong_tries + 1 WHERE id = $1 RETURNING wrong_tries";
    let tries = fetch_optional!(tx, (i32,), sql, code)?;
    Ok(tries.is_some_and(|(tries,)| tries == TRIES_OF_CODE))
}

/// Ends a code that serves its purpose now. Returns whether it was still good for that.
pub async fn use_code(tx: &mut Tx, clock: &Clock, code: CodeId) -> Result<bool, DbError> {
    let used = execute!(
        tx,
        "UPDATE link_code SET voided_at = $2, void_reason = $3 WHERE id = $1 AND voided_at IS NULL",
        code,
        clock.now(),
        VoidReason::Used,
    )?;
    Ok(used == 1)
}

/// Calls back every code that links a chat to `subject`.
pub async fn call_back(tx: &mut Tx, clock: &Clock, subject: Uuid) -> Result<u64, DbError> {
    execute!(
        tx,
        "UPDATE link_code SET voided_at = $2, void_reason = $4 WHERE subject_id = $1 AND voided_at IS NULL AND role <> $3",
        subject,
        clock.now(),
        LinkRole::Pickup,
        VoidReason::Reset,
    )
}

/// Calls one code back.
pub(super) async fn call_back_one(tx: &mut Tx, clock: &Clock, code: CodeId) -> Result<(), DbError> {
    let sql = "UPDATE link_code SET voided_at = $2, void_reason = $3 WHERE id = $1 AND voided_at IS NULL";
    execute!(tx, sql, code, clock.now(), VoidReason::Reset)?;
    Ok(())
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
