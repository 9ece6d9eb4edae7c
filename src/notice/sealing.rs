//! Texts of notices that an earlier siap17 wrote in clear are sealed.

use super::NoticeId;
use crate::db::{DbError, Tx};
use crate::vault::{Purpose, Vault, VaultError};
use crate::{execute, fetch_all, fetch_optional};

/// Why a text cannot be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Whether any text stands in clear.
pub async fn is_any_open(tx: &mut Tx) -> Result<bool, DbError> {
    Ok(fetch_optional!(tx, (NoticeId,), "SELECT id FROM notice WHERE text IS NOT NULL LIMIT 1")?.is_some())
}

/// Seals the texts of up to `most` notices that stand in clear.
///
/// Returns how many there were; with none, all are sealed.
pub async fn seal_open(tx: &mut Tx, vault: &Vault, most: i64) -> Result<usize, TextError> {
    let sql = "SELECT id, text FROM notice WHERE text IS NOT NULL ORDER BY id LIMIT $1";
    let open = fetch_all!(&mut *tx, (NoticeId, String), sql, most)?;
    for (id, text) in &open {
        // Where it goes out again meanwhile, the newer text is sealed already.
        execute!(
            &mut *tx,
            "UPDATE notice SET text_sealed = $2, text = NULL WHERE id = $1 AND text IS NOT NULL",
            *id,
            vault.seal(Purpose::Notice, text.as_bytes())?,
        )?;
    }
    Ok(open.len())
}
