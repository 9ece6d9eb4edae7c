//! What an earlier siap17 wrote in clear is sealed, a little at a time, while everything else goes on.

#[cfg(test)]
mod tests;

use super::context::{DeskError, Done};
use super::opening::Desks;
use crate::notice::sealing::TextError;
use crate::{complaint, notice};

/// Rows that are sealed in one transaction.
const AT_ONCE: i64 = 500;

impl From<TextError> for DeskError {
    fn from(error: TextError) -> Self {
        match error {
            TextError::Vault(error) => Self::Vault(error),
            TextError::Db(error) => Self::Db(error),
        }
    }
}

impl Desks {
    /// Seals what still stands in clear of what is sealed by now: texts of notices, answers to complaints. Whatever keeps it from its
    /// end, the next call goes on there.
    ///
    /// Returns how many rows were sealed.
    pub async fn seal_what_stands_open(&self) -> Done<usize> {
        let mut sealed = 0;
        loop {
            // A look first: a database that is in order is not written.
            let mut tx = self.db.read().await?;
            let is_any = notice::sealing::is_any_open(&mut tx).await? || complaint::is_any_open(&mut tx).await?;
            drop(tx);
            if !is_any {
                break;
            }
            let mut tx = self.db.write().await?;
            sealed += notice::sealing::seal_open(&mut tx, &self.vault, AT_ONCE).await?;
            sealed += complaint::seal_open(&mut tx, &self.vault, AT_ONCE).await?;
            tx.commit().await?;
        }
        if sealed > 0 {
            self.db.empty_log().await?;
        }
        Ok(sealed)
    }
}
