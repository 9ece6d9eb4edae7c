//! The chain: entries are numbered and sealed, the head says where it ends, and everything can be proved again.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::FromRow;
use uuid::Uuid;

use super::{Entry, EntryId, aside};
use crate::db::{Db, DbError, Tx, meta, set_meta};
use crate::vault::Vault;
use crate::{execute, fetch_all, fetch_one, fetch_optional};

const HEAD: &str = "audit_head";
/// Before a head of today's form; one without it was written before entries had marks.
const HEAD_FORM: &str = "2:";
/// Whose turn it is to seal: the row that a sealer holds.
const TURN: &str = "audit_sealer";
/// Entries sealed in one transaction.
const BATCH: i64 = 1000;
/// Characters of a hash by which people note a head: fewer than a NIK has digits, for it stands in messages.
const NOTED: usize = 12;
/// The fewest of them that prove anything.
const FEWEST_NOTED: usize = 8;

#[derive(FromRow)]
struct Row {
    #[sqlx(flatten)]
    entry: Entry,
    sequence: Option<i64>,
    hash: Option<Vec<u8>>,
    mark: Option<Vec<u8>>,
}

impl Row {
    fn chained(&self, vault: &Vault, sequence: i64, before: &[u8]) -> [u8; 32] {
        vault.chain_hash(&[before, &sequence.to_be_bytes(), &self.entry.content()])
    }

    /// Refuses an entry that nobody with the key wrote. Before there were marks, none had one.
    fn check_mark(&self, vault: &Vault, is_marked: bool) -> Result<(), Fault> {
        let is_own = match &self.mark {
            Some(mark) => *mark == self.entry.mark(vault),
            None => !is_marked,
        };
        if is_own { Ok(()) } else { Err(Fault::Foreign { id: self.entry.id, at: self.entry.at }) }
    }
}

/// Where the record is not what siap17 wrote.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Entries, or the offices whose declaration is always recorded, show that a chain was begun.
    #[error("its head is gone, and entries may be gone with it: the newest numbered one is {last}")]
    HeadGone { last: i64 },
    #[error("the newest entries after number {last} are missing; the head stands at number {head}")]
    NewestGone { head: i64, last: i64 },
    #[error("the head does not belong to the newest entry, number {last}: one of both was put there by somebody else")]
    HeadDiffers { last: i64 },
    #[error("of the numbers up to {last} there are {numbered}: entries are missing, or lost their number")]
    Gap { numbered: i64, last: i64 },
    #[error("the entry {id} of {at} was not written by siap17, or was changed before it had a number")]
    Foreign { id: EntryId, at: DateTime<Utc> },
    #[error("entry {number}: is missing")]
    Missing { number: i64 },
    #[error("entry {number}: was changed after it was sealed")]
    Changed { number: i64 },
    #[error(
        "it ends at number {last}, before the noted number {number}: newer entries are missing, as after a backup was restored"
    )]
    NotedGone { number: i64, last: i64 },
    #[error("entry {number}: is not the one that was noted")]
    NotedDiffers { number: i64 },
}

impl Fault {
    /// About which number it is; 0 where it is none's.
    #[must_use]
    pub fn number(&self) -> i64 {
        match self {
            Self::HeadGone { last } | Self::HeadDiffers { last } | Self::Gap { last, .. } => *last,
            Self::NewestGone { last, .. } => *last,
            Self::Missing { number }
            | Self::Changed { number }
            | Self::NotedGone { number, .. }
            | Self::NotedDiffers { number } => *number,
            Self::Foreign { .. } => 0,
        }
    }

    /// Names the fault, so that it is told once.
    #[must_use]
    pub fn occasion(&self) -> String {
        match self {
            Self::Foreign { id, .. } => format!("audit:{id}"),
            other => format!("audit:{}", other.number()),
        }
    }
}

impl Serialize for Fault {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Where the chain ends, as people note it: `NUMBER:HASH`, the hash's first characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub number: i64,
    hash: String,
}

impl Head {
    fn of(number: i64, hash: &[u8]) -> Self {
        let mut hash = hex::encode(hash);
        hash.truncate(NOTED);
        Self { number, hash }
    }
}

impl std::fmt::Display for Head {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.number, self.hash)
    }
}

impl Serialize for Head {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A head as it was noted outside this database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted {
    number: i64,
    hash: String,
}

impl std::str::FromStr for Noted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "a noted head is NUMBER:HASH, with at least {FEWEST_NOTED} hexadecimal digits of the hash, such as 1204:9f3c01d2"
            )
        };
        let (number, hash) = text.trim().split_once(':').ok_or_else(wrong)?;
        let number = number.parse().ok().filter(|number| *number > 0).ok_or_else(wrong)?;
        let is_hash = (FEWEST_NOTED..=64).contains(&hash.len()) && hash.bytes().all(|b| b.is_ascii_hexdigit());
        if is_hash { Ok(Self { number, hash: hash.to_ascii_lowercase() }) } else { Err(wrong()) }
    }
}

/// What a sealer did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sealing {
    /// So many entries have a number now that had none.
    Sealed(usize),
    /// The record is not what siap17 wrote: nothing more is sealed, so that what is left of it stays as it was found.
    Refused(Fault),
}

/// The newest numbered entry.
#[derive(FromRow, Default)]
struct Last {
    id: Option<EntryId>,
    sequence: i64,
    hash: Option<Vec<u8>>,
}

/// Where a chain that is in order ends, and whether the entries that have no number yet must have marks.
struct End {
    sequence: i64,
    hash: Vec<u8>,
    is_marked: bool,
}

/// Numbers and chains what is not sealed yet, unless the record is not what siap17 wrote. Sealers wait for each other: one that
/// reads while another writes would number anew what that one has numbered. `has_begun` says that there was an entry once,
/// whatever the table holds now.
///
/// # Errors
/// The database refuses, or another sealer was quicker.
pub async fn seal(db: &Db, vault: &Vault, has_begun: bool) -> Result<Sealing, DbError> {
    let mut sealed = 0;
    let files = aside::taken(db)?;
    if !files.is_empty() {
        let mut tx = db.write().await?;
        aside::bring_in(&mut tx, vault, &files).await?;
        tx.commit().await?;
        files.iter().for_each(|path| drop(std::fs::remove_file(path)));
    }
    loop {
        // Mostly there is nothing to do, and nobody need wait for that.
        let mut tx = db.read().await?;
        if let Some(fault) = fault(&mut tx, vault, has_begun).await? {
            return Ok(Sealing::Refused(fault));
        }
        if waiting(&mut tx).await? == 0 {
            return Ok(Sealing::Sealed(sealed));
        }
        drop(tx);
        let mut tx = db.write().await?;
        match seal_in(&mut tx, vault, has_begun).await? {
            Sealing::Sealed(count) => sealed += count,
            refused @ Sealing::Refused(_) => return Ok(refused),
        }
        tx.commit().await?;
    }
}

/// The same, unless somebody else writes for longer than `patience`: then it is left to the next sealer.
///
/// # Errors
/// The database refuses, or another sealer was quicker.
pub async fn seal_within(db: &Db, vault: &Vault, has_begun: bool, patience: Duration) -> Result<Sealing, DbError> {
    let waits = unsealed(db).await? > 0 || !aside::taken(db)?.is_empty();
    if waits && db.write_within(patience).await?.is_none() {
        return Ok(Sealing::Sealed(0));
    }
    seal(db, vault, has_begun).await
}

/// Seals up to a thousand entries in a transaction, which is to be dropped where the sealing is refused.
///
/// # Errors
/// The database refuses.
pub async fn seal_in(tx: &mut Tx, vault: &Vault, has_begun: bool) -> Result<Sealing, DbError> {
    // The row is locked until the transaction ends, and what is read after it is what the one before left.
    set_meta(tx, TURN, "").await?;
    let end = match end(tx, vault, has_begun).await? {
        Ok(end) => end,
        Err(fault) => return Ok(Sealing::Refused(fault)),
    };
    let rows = waiting_page(tx, EntryId(Uuid::nil())).await?;
    let (mut sequence, mut hash) = (end.sequence, end.hash);
    for row in &rows {
        if let Err(fault) = row.check_mark(vault, end.is_marked) {
            return Ok(Sealing::Refused(fault));
        }
        sequence += 1;
        hash = row.chained(vault, sequence, &hash).to_vec();
        execute!(
            &mut *tx,
            "UPDATE audit_entry SET sequence = $2, hash = $3 WHERE id = $1 AND sequence IS NULL",
            row.entry.id,
            sequence,
            &hash[..]
        )?;
    }
    if !rows.is_empty() {
        set_meta(tx, HEAD, &head_text(vault, sequence, &hash)).await?;
    }
    Ok(Sealing::Sealed(rows.len()))
}

/// What can be seen of the record without reading all of it: whether its head belongs to its newest entry, whether siap17 wrote
/// what waits for a number, and where some of that is older than what has one, whether none has lost it.
///
/// # Errors
/// The database refuses.
pub async fn fault(tx: &mut Tx, vault: &Vault, has_begun: bool) -> Result<Option<Fault>, DbError> {
    let end = match end(tx, vault, has_begun).await? {
        Ok(end) => end,
        Err(fault) => return Ok(Some(fault)),
    };
    let waiting = waiting_page(tx, EntryId(Uuid::nil())).await?;
    if let Some(fault) = waiting.iter().find_map(|row| row.check_mark(vault, end.is_marked).err()) {
        return Ok(Some(fault));
    }
    let newest = last(tx).await?;
    // Of two that are written at once, the older one may come to be seen later, and a clock may be set back: only then are numbers
    // counted.
    let sql = "SELECT COUNT(*) FROM audit_entry WHERE sequence IS NULL AND id < $1";
    let late = fetch_one!(&mut *tx, (i64,), sql, newest.id)?.0;
    Ok(if late > 0 { gap(tx, newest.sequence).await? } else { None })
}

async fn gap(tx: &mut Tx, last: i64) -> Result<Option<Fault>, DbError> {
    let sql = "SELECT COUNT(*) FROM audit_entry WHERE sequence IS NOT NULL";
    let numbered = fetch_one!(tx, (i64,), sql)?.0;
    Ok((numbered != last).then_some(Fault::Gap { numbered, last }))
}

async fn last(tx: &mut Tx) -> Result<Last, DbError> {
    let sql = "SELECT id, sequence, hash FROM audit_entry WHERE sequence IS NOT NULL ORDER BY sequence DESC LIMIT 1";
    Ok(fetch_optional!(tx, Last, sql)?.unwrap_or_default())
}

/// Holds the head against the newest entry.
async fn end(tx: &mut Tx, vault: &Vault, has_begun: bool) -> Result<Result<End, Fault>, DbError> {
    let newest = last(tx).await?;
    let head = meta(tx, HEAD).await?;
    Ok(judged(vault, has_begun, newest, head.as_deref()))
}

fn judged(vault: &Vault, has_begun: bool, newest: Last, head: Option<&str>) -> Result<End, Fault> {
    let Last { id, sequence: last, hash } = newest;
    let Some(head) = head else {
        let is_fresh = id.is_none() && !has_begun;
        let fresh = End { sequence: 0, hash: Vec::new(), is_marked: true };
        return if is_fresh { Ok(fresh) } else { Err(Fault::HeadGone { last }) };
    };
    let hash = hash.unwrap_or_default();
    let belongs = |text: String| id.is_some() && head == text;
    if belongs(head_text(vault, last, &hash)) {
        return Ok(End { sequence: last, hash, is_marked: true });
    }
    if belongs(early_head_text(vault, last, &hash)) {
        return Ok(End { sequence: last, hash, is_marked: false });
    }
    let number = head.strip_prefix(HEAD_FORM).unwrap_or(head).split(':').next().and_then(|text| text.parse().ok());
    Err(match number {
        Some(head) if head > last => Fault::NewestGone { head, last },
        _ => Fault::HeadDiffers { last },
    })
}

/// The chain's end, keyed, kept apart: without it the newest entries could be cut off unnoticed.
fn head_text(vault: &Vault, sequence: i64, hash: &[u8]) -> String {
    let proof = vault.chain_hash(&[b"head 2", &sequence.to_be_bytes(), hash]);
    format!("{HEAD_FORM}{sequence}:{}", hex::encode(proof))
}

/// The same as it was written before entries had marks.
fn early_head_text(vault: &Vault, sequence: i64, hash: &[u8]) -> String {
    format!("{sequence}:{}", hex::encode(vault.chain_hash(&[b"head", &sequence.to_be_bytes(), hash])))
}

/// Where the chain ends, whether or not it is in order; none before the first entry is sealed.
///
/// # Errors
/// The database refuses.
pub async fn head(tx: &mut Tx) -> Result<Option<Head>, DbError> {
    let newest = last(tx).await?;
    Ok(newest.hash.map(|hash| Head::of(newest.sequence, &hash)))
}

/// What [`verify`] found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Sealed entries checked.
    pub entries: i64,
    /// Entries not sealed yet; more than a few seconds old, they mean that no sealer runs.
    pub unsealed: i64,
    /// The first place where the chain is broken, in words.
    pub broken: Option<Fault>,
    /// Where it ends, to be noted outside this database.
    pub head: Option<Head>,
}

/// How many entries wait to be sealed.
///
/// # Errors
/// The database refuses.
pub async fn unsealed(db: &Db) -> Result<i64, DbError> {
    waiting(&mut db.read().await?).await
}

async fn waiting(tx: &mut Tx) -> Result<i64, DbError> {
    Ok(fetch_one!(tx, (i64,), "SELECT COUNT(*) FROM audit_entry WHERE sequence IS NULL")?.0)
}

/// Walks the whole chain, looks at what is not sealed yet, and holds it against a head that was noted elsewhere.
///
/// # Errors
/// The database refuses.
pub async fn verify(db: &Db, vault: &Vault, has_begun: bool, noted: Option<&Noted>) -> Result<Verdict, DbError> {
    let mut tx = db.read().await?;
    let unsealed = waiting(&mut tx).await?;
    let (mut entries, mut hash) = (0, Vec::new());
    let mut broken = walk(&mut tx, vault, &mut entries, &mut hash, noted).await?;
    let head = (entries > 0).then(|| Head::of(entries, &hash));
    if broken.is_none() {
        broken = match end(&mut tx, vault, has_begun).await? {
            Err(fault) => Some(fault),
            // Numbers below 1 are not walked.
            Ok(end) => match gap(&mut tx, end.sequence).await? {
                None => check_waiting(&mut tx, vault, end.is_marked).await?,
                found => found,
            },
        };
    }
    if broken.is_none() {
        let missing = noted.filter(|noted| noted.number > entries);
        broken = missing.map(|noted| Fault::NotedGone { number: noted.number, last: entries });
    }
    Ok(Verdict { entries, unsealed, broken, head })
}

/// Walks the numbered entries, and counts them and keeps the last one's hash as far as they are in order.
async fn walk(
    tx: &mut Tx,
    vault: &Vault,
    entries: &mut i64,
    hash: &mut Vec<u8>,
    noted: Option<&Noted>,
) -> Result<Option<Fault>, DbError> {
    loop {
        let rows = fetch_all!(
            &mut *tx,
            Row,
            "SELECT id, office_id, at, actor, action, subject, detail, sequence, hash, mark FROM audit_entry
             WHERE sequence > $1 ORDER BY sequence LIMIT $2",
            *entries,
            BATCH,
        )?;
        for row in &rows {
            let number = *entries + 1;
            if row.sequence != Some(number) {
                return Ok(Some(Fault::Missing { number }));
            }
            let expected = row.chained(vault, number, hash);
            if row.hash.as_deref() != Some(&expected[..]) {
                return Ok(Some(Fault::Changed { number }));
            }
            (*entries, *hash) = (number, expected.to_vec());
            let is_noted =
                noted.is_none_or(|noted| noted.number != number || hex::encode(expected).starts_with(&noted.hash));
            if !is_noted {
                return Ok(Some(Fault::NotedDiffers { number }));
            }
        }
        if rows.is_empty() {
            return Ok(None);
        }
    }
}

/// The entries without a number after `after`, as many as are sealed at once.
async fn waiting_page(tx: &mut Tx, after: EntryId) -> Result<Vec<Row>, DbError> {
    fetch_all!(
        tx,
        Row,
        "SELECT id, office_id, at, actor, action, subject, detail, sequence, hash, mark FROM audit_entry
         WHERE sequence IS NULL AND id > $1 ORDER BY id LIMIT $2",
        after,
        BATCH,
    )
}

/// Looks at the marks of what is not sealed yet, page by page.
async fn check_waiting(tx: &mut Tx, vault: &Vault, is_marked: bool) -> Result<Option<Fault>, DbError> {
    let mut after = EntryId(Uuid::nil());
    loop {
        let rows = waiting_page(tx, after).await?;
        let Some(last) = rows.last() else { return Ok(None) };
        after = last.entry.id;
        if let Some(fault) = rows.iter().find_map(|row| row.check_mark(vault, is_marked).err()) {
            return Ok(Some(fault));
        }
    }
}

#[cfg(test)]
mod tests;
