//! The files that were sent, sealed, for as long as their sender may ask for them back with the wrong cells marked.

use chrono::{DateTime, Utc};
use zeroize::Zeroizing;

use crate::clock::Clock;
use crate::db::{Db, DbError, Tx};
use crate::place::PlaceId;
use crate::roster::ids::ImportId;
use crate::roster::parse::field::{Field, Headings};
use crate::vault::{Purpose, Vault, VaultError};
use crate::{execute, fetch_all};

/// A file is sealed in pieces of this many bytes, so that a large one needs little memory twice.
const PIECE: usize = 1 << 20;

/// Why a file cannot be kept or found.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Keeps a file; one that is kept already stays.
pub async fn keep(
    tx: &mut Tx,
    clock: &Clock,
    vault: &Vault,
    import: ImportId,
    bytes: &[u8],
) -> Result<(), UploadError> {
    for (piece, bytes) in (0_i32..).zip(bytes.chunks(PIECE)) {
        execute!(
            &mut *tx,
            "INSERT INTO roster_upload (import_id, piece, sealed, uploaded_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (import_id, piece) DO NOTHING",
            import,
            piece,
            vault.seal(Purpose::Roster, bytes)?,
            clock.now(),
        )?;
    }
    Ok(())
}

/// The bytes of a file that is still kept.
pub async fn find(tx: &mut Tx, vault: &Vault, import: ImportId) -> Result<Option<Zeroizing<Vec<u8>>>, UploadError> {
    let pieces =
        fetch_all!(tx, (Vec<u8>,), "SELECT sealed FROM roster_upload WHERE import_id = $1 ORDER BY piece", import,)?;
    if pieces.is_empty() {
        return Ok(None);
    }
    let mut bytes = Zeroizing::new(Vec::new());
    for (sealed,) in pieces {
        bytes.extend_from_slice(&vault.open_sealed(Purpose::Roster, &sealed)?);
    }
    Ok(Some(bytes))
}

/// Removes an import's file.
pub async fn forget(tx: &mut Tx, import: ImportId) -> Result<(), DbError> {
    execute!(tx, "DELETE FROM roster_upload WHERE import_id = $1", import)?;
    Ok(())
}

/// Removes files that came before `oldest`; gives of how many pieces.
pub async fn forget_before(db: &Db, oldest: DateTime<Utc>) -> Result<u64, DbError> {
    let mut tx = db.write().await?;
    let gone = execute!(&mut tx, "DELETE FROM roster_upload WHERE uploaded_at < $1", oldest)?;
    tx.commit().await?;
    Ok(gone)
}

/// The odd headers that somebody explained for a place.
pub async fn headings(tx: &mut Tx, place: PlaceId) -> Result<Headings, DbError> {
    let rows = fetch_all!(tx, (String, String), "SELECT title, field FROM roster_heading WHERE place_id = $1", place)?;
    let mut headings = Headings::default();
    for (title, field) in rows {
        if let Ok(field) = field.parse::<Field>() {
            headings.add(&title, field);
        }
    }
    Ok(headings)
}

/// Remembers odd headers for a place.
pub async fn remember_headings(
    tx: &mut Tx,
    clock: &Clock,
    place: PlaceId,
    headings: &Headings,
    actor: &str,
) -> Result<(), DbError> {
    for (title, field) in headings.iter() {
        execute!(
            &mut *tx,
            "INSERT INTO roster_heading (place_id, title, field, actor, created_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (place_id, title) DO UPDATE SET field = excluded.field, actor = excluded.actor,
                 created_at = excluded.created_at",
            place,
            title,
            field.name(),
            actor,
            clock.now(),
        )?;
    }
    Ok(())
}
