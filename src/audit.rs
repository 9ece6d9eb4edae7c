//! The append-only record of who did or saw what.
//!
//! An operation writes its entry in its own transaction, unnumbered, so that operations never wait for each other. A sealer,
//! one at a time, numbers the entries and chains each to the one before by a keyed hash. Whoever has the database but not the
//! key can then neither change, remove nor insert a sealed entry without [`verify`] noticing.

pub mod aside;

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use crate::clock::Clock;
use crate::db::{Db, DbError, Tx, meta, run_all, set_meta};
use crate::vault::Vault;
use crate::{execute, fetch_all, fetch_one, fetch_optional, id_type, insert_many};

id_type!(
    /// One audit entry.
    EntryId
);

const HEAD: &str = "audit_head";
/// Whose turn it is to seal: the row that a sealer holds.
const TURN: &str = "audit_sealer";
/// Entries sealed in one transaction.
const BATCH: i64 = 1000;

/// Who acts: a staff account, the operating system's user, or siap17 itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    Staff(String),
    SystemUser(String),
    Daemon,
}

impl std::fmt::Display for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Staff(name) => write!(f, "{name}"),
            Self::SystemUser(name) => write!(f, "os:{name}"),
            Self::Daemon => f.write_str("siap17"),
        }
    }
}

/// Appends an entry. `subject` names what was touched (`student:ID`); `detail` never holds a NIK, a phone or a chat ID.
pub async fn record(
    tx: &mut Tx,
    clock: &Clock,
    office: Option<Uuid>,
    actor: &Actor,
    action: &str,
    subject: &str,
    detail: &str,
) -> Result<(), DbError> {
    execute!(
        tx,
        "INSERT INTO audit_entry (id, office_id, at, actor, action, subject, detail) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        EntryId::new(clock),
        office,
        clock.now(),
        actor.to_string(),
        action,
        subject,
        detail,
    )?;
    Ok(())
}

/// Appends an entry of the same action for each of several subjects.
pub async fn record_each(
    tx: &mut Tx,
    clock: &Clock,
    office: Option<Uuid>,
    actor: &Actor,
    action: &str,
    subjects: &[String],
) -> Result<(), DbError> {
    let entries: Vec<(EntryId, &String)> = subjects.iter().map(|subject| (EntryId::new(clock), subject)).collect();
    let (now, actor) = (clock.now(), actor.to_string());
    let statements = insert_many!(
        tx.engine(),
        "INSERT INTO audit_entry (id, office_id, at, actor, action, subject, detail) ",
        entries,
        |one| [one.0, office, now, &actor, action, one.1, ""],
        ""
    );
    run_all(tx, statements).await
}

#[derive(FromRow)]
struct Row {
    id: EntryId,
    office_id: Option<Uuid>,
    at: DateTime<Utc>,
    actor: String,
    action: String,
    subject: String,
    detail: String,
    sequence: Option<i64>,
    hash: Option<Vec<u8>>,
}

impl Row {
    fn chained(&self, vault: &Vault, sequence: i64, before: &[u8]) -> [u8; 32] {
        let office = self.office_id.map(|id| id.to_string()).unwrap_or_default();
        let at = self.at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
        let fields = [&self.id.to_string(), &office, &at, &self.actor, &self.action, &self.subject, &self.detail];
        let mut parts: Vec<Vec<u8>> = vec![before.to_vec(), sequence.to_be_bytes().to_vec()];
        for field in fields {
            // The length goes in front, so that text cannot wander from one field to the next.
            parts.push((field.len() as u64).to_be_bytes().to_vec());
            parts.push(field.as_bytes().to_vec());
        }
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        vault.chain_hash(&parts)
    }
}

/// Numbers and chains what is not sealed yet; gives how many entries that were. Sealers wait for each other: one that reads
/// while another writes would number anew what that one has numbered.
pub async fn seal(db: &Db, vault: &Vault) -> Result<usize, DbError> {
    let mut sealed = 0;
    let files = aside::taken(db)?;
    if !files.is_empty() {
        let mut tx = db.write().await?;
        aside::bring_in(&mut tx, vault, &files).await?;
        tx.commit().await?;
        files.iter().for_each(|path| drop(std::fs::remove_file(path)));
    }
    // Mostly there is nothing to do, and nobody need wait for that.
    while unsealed(db).await? > 0 {
        let mut tx = db.write().await?;
        // The row is locked until the transaction ends, and what is read after it is what the one before left.
        set_meta(&mut tx, TURN, "").await?;
        let rows = fetch_all!(
            &mut tx,
            Row,
            "SELECT id, office_id, at, actor, action, subject, detail, sequence, hash FROM audit_entry
             WHERE sequence IS NULL ORDER BY id LIMIT $1",
            BATCH,
        )?;
        let (mut sequence, mut hash) = last(&mut tx).await?;
        for row in &rows {
            sequence += 1;
            hash = row.chained(vault, sequence, &hash).to_vec();
            execute!(
                &mut tx,
                "UPDATE audit_entry SET sequence = $2, hash = $3 WHERE id = $1 AND sequence IS NULL",
                row.id,
                sequence,
                &hash[..]
            )?;
        }
        if !rows.is_empty() {
            set_meta(&mut tx, HEAD, &head(vault, sequence, &hash)).await?;
        }
        tx.commit().await?;
        sealed += rows.len();
    }
    Ok(sealed)
}

/// The same, unless somebody else writes for longer than `patience`: then it is left to the next sealer.
pub async fn seal_within(db: &Db, vault: &Vault, patience: Duration) -> Result<(), DbError> {
    if unsealed(db).await? == 0 && aside::taken(db)?.is_empty() {
        return Ok(());
    }
    match db.write_within(patience).await? {
        None => Ok(()),
        Some(free) => {
            drop(free);
            seal(db, vault).await.map(drop)
        }
    }
}

async fn last(tx: &mut Tx) -> Result<(i64, Vec<u8>), DbError> {
    let row = fetch_optional!(
        tx,
        (i64, Vec<u8>),
        "SELECT sequence, hash FROM audit_entry WHERE sequence IS NOT NULL ORDER BY sequence DESC LIMIT 1",
    )?;
    Ok(row.unwrap_or_default())
}

/// The chain's end, keyed, kept apart: without it the newest entries could be cut off unnoticed.
fn head(vault: &Vault, sequence: i64, hash: &[u8]) -> String {
    format!("{sequence}:{}", hex::encode(vault.chain_hash(&[b"head", &sequence.to_be_bytes(), hash])))
}

/// What [`verify`] found.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Verdict {
    /// Sealed entries checked.
    pub entries: i64,
    /// Entries not sealed yet; more than a few seconds old, they mean that no sealer runs.
    pub unsealed: i64,
    /// The first place where the chain is broken, in words.
    pub broken: Option<String>,
}

/// How many entries wait to be sealed.
pub async fn unsealed(db: &Db) -> Result<i64, DbError> {
    let mut tx = db.read().await?;
    Ok(fetch_one!(&mut tx, (i64,), "SELECT COUNT(*) FROM audit_entry WHERE sequence IS NULL")?.0)
}

/// Walks the whole chain.
pub async fn verify(db: &Db, vault: &Vault) -> Result<Verdict, DbError> {
    let mut tx = db.read().await?;
    let unsealed = fetch_one!(&mut tx, (i64,), "SELECT COUNT(*) FROM audit_entry WHERE sequence IS NULL")?.0;
    let (mut sequence, mut hash) = (0, Vec::new());
    loop {
        let rows = fetch_all!(
            &mut tx,
            Row,
            "SELECT id, office_id, at, actor, action, subject, detail, sequence, hash FROM audit_entry
             WHERE sequence > $1 ORDER BY sequence LIMIT $2",
            sequence,
            BATCH,
        )?;
        for row in &rows {
            let broken = |what: &str| {
                Ok(Verdict { entries: sequence, unsealed, broken: Some(format!("entry {}: {what}", sequence + 1)) })
            };
            if row.sequence != Some(sequence + 1) {
                return broken("is missing");
            }
            let expected = row.chained(vault, sequence + 1, &hash);
            if row.hash.as_deref() != Some(&expected[..]) {
                return broken("was changed after it was sealed");
            }
            sequence += 1;
            hash = expected.to_vec();
        }
        if rows.is_empty() {
            break;
        }
    }
    let expected = (sequence > 0).then(|| head(vault, sequence, &hash));
    let broken = (meta(&mut tx, HEAD).await? != expected)
        .then(|| format!("the newest entries after number {sequence} are missing"));
    Ok(Verdict { entries: sequence, unsealed, broken })
}
