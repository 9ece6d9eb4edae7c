//! The append-only record of who did or saw what.
//!
//! An operation writes its entry in its own transaction, unnumbered and with a keyed mark, so that operations never wait for each
//! other. A sealer, one at a time, numbers the entries and chains each to the one before by a keyed hash; the keyed head says where
//! the chain ends. Whoever has the database but not the key can then neither write an entry nor change, remove, reorder or renumber
//! one without the sealer or [`verify`] noticing. What that leaves, an older state of the whole database put back, is found by a head
//! that was noted elsewhere ([`Noted`]).

pub mod aside;
mod chain;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use uuid::Uuid;

pub use chain::{Fault, Head, Noted, Sealing, Verdict, fault, head, seal, seal_in, seal_within, unsealed, verify};

use crate::clock::Clock;
use crate::db::{DbError, Tx, run_all};
use crate::vault::Vault;
use crate::{execute, id_type, insert_many};

id_type!(
    /// One audit entry.
    EntryId
);

/// Bytes of an entry's mark.
const MARK: usize = 16;

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

/// What somebody did or saw. `subject` names what was touched (`student:ID`); `detail` never holds a NIK, a phone or a chat ID.
#[derive(Debug, Clone, Copy)]
pub struct Deed<'a> {
    /// The office's ID; none where the deed concerns all of them.
    pub office: Option<Uuid>,
    /// Who acted, in words that name them.
    pub actor: &'a str,
    pub action: &'a str,
    pub subject: &'a str,
    pub detail: &'a str,
}

/// An entry as it stands in the database, before it has a number.
#[derive(Debug, FromRow, Serialize, Deserialize)]
struct Entry {
    id: EntryId,
    office_id: Option<Uuid>,
    at: DateTime<Utc>,
    actor: String,
    action: String,
    subject: String,
    detail: String,
}

impl Entry {
    fn of(clock: &Clock, deed: &Deed<'_>) -> Self {
        Self {
            id: EntryId::new(clock),
            office_id: deed.office,
            at: clock.now(),
            actor: deed.actor.to_owned(),
            action: deed.action.to_owned(),
            subject: deed.subject.to_owned(),
            detail: deed.detail.to_owned(),
        }
    }

    /// Everything that the entry says, for a keyed hash.
    fn content(&self) -> Vec<u8> {
        let office = self.office_id.map(|id| id.to_string()).unwrap_or_default();
        let at = self.at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
        let fields = [&self.id.to_string(), &office, &at, &self.actor, &self.action, &self.subject, &self.detail];
        let mut content = Vec::new();
        for field in fields {
            // The length goes in front, so that text cannot wander from one field to the next.
            content.extend_from_slice(&(field.len() as u64).to_be_bytes());
            content.extend_from_slice(field.as_bytes());
        }
        content
    }

    /// Proves that whoever wrote the entry had the key.
    fn mark(&self, vault: &Vault) -> Vec<u8> {
        vault.chain_hash(&[b"entry", &self.content()])[..MARK].to_vec()
    }
}

/// Appends an entry.
///
/// # Errors
/// The database refuses.
pub async fn record(tx: &mut Tx, vault: &Vault, clock: &Clock, deed: &Deed<'_>) -> Result<(), DbError> {
    let entry = Entry::of(clock, deed);
    execute!(
        tx,
        "INSERT INTO audit_entry (id, office_id, at, actor, action, subject, detail, mark)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        entry.id,
        entry.office_id,
        entry.at,
        &entry.actor,
        &entry.action,
        &entry.subject,
        &entry.detail,
        entry.mark(vault),
    )?;
    Ok(())
}

/// Appends the same entry for each of several subjects; the deed's own subject is not used.
///
/// # Errors
/// The database refuses.
pub async fn record_each(
    tx: &mut Tx,
    vault: &Vault,
    clock: &Clock,
    deed: &Deed<'_>,
    subjects: &[String],
) -> Result<(), DbError> {
    let entries: Vec<(Entry, Vec<u8>)> = subjects
        .iter()
        .map(|subject| {
            let entry = Entry::of(clock, &Deed { subject, ..*deed });
            let mark = entry.mark(vault);
            (entry, mark)
        })
        .collect();
    let statements = insert_many!(
        tx.engine(),
        "INSERT INTO audit_entry (id, office_id, at, actor, action, subject, detail, mark) ",
        entries,
        |one| [
            one.0.id,
            one.0.office_id,
            one.0.at,
            &one.0.actor,
            &one.0.action,
            &one.0.subject,
            &one.0.detail,
            &one.1[..]
        ],
        ""
    );
    run_all(tx, statements).await
}
