//! The audit chain as the whole house sees it: sealed, proved, and told to the heads where it is broken.

use std::time::Duration;

use super::opening::Desks;
use crate::audit::{self, Fault, Head, Noted, Sealing, Verdict};
use crate::clock::Clock;
use crate::db::{Db, DbError, Tx};
use crate::messages::{LANGUAGES, Messages};
use crate::notice::ledger;
use crate::office;
use crate::vault::Vault;

impl Desks {
    /// Numbers and chains the audit entries that are not sealed yet, unless the chain is broken.
    ///
    /// # Errors
    /// The database refuses, or another sealer was quicker.
    pub async fn seal_audit(&self) -> Result<Sealing, DbError> {
        let mut tx = self.db.read().await?;
        let has_begun = has_begun(&mut tx).await?;
        drop(tx);
        audit::seal(&self.db, &self.vault, has_begun).await
    }

    /// The same, unless somebody else writes for longer than `patience`: then it is left to the next sealer.
    ///
    /// # Errors
    /// The database refuses, or another sealer was quicker.
    pub async fn seal_audit_within(&self, patience: Duration) -> Result<Sealing, DbError> {
        let mut tx = self.db.read().await?;
        let has_begun = has_begun(&mut tx).await?;
        drop(tx);
        audit::seal_within(&self.db, &self.vault, has_begun, patience).await
    }

    /// Tells the heads and admins of every office that the chain is broken; each fault once.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn alarm_audit(&self, fault: &Fault) -> Result<(), DbError> {
        let mut tx = self.db.write().await?;
        alarm(&mut tx, &self.clock, &self.messages, fault).await?;
        tx.commit().await
    }

    /// What can be seen of the chain without reading all of it: what is wrong with its end, and where that is.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn audit_fault(&self) -> Result<(Option<Fault>, Option<Head>), DbError> {
        let mut tx = self.db.read().await?;
        let has_begun = has_begun(&mut tx).await?;
        let fault = audit::fault(&mut tx, &self.vault, has_begun).await?;
        Ok((fault, audit::head(&mut tx).await?))
    }

    /// Reads the whole chain, and holds it against a head that was noted elsewhere.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn verify_audit(&self, noted: Option<&Noted>) -> Result<Verdict, DbError> {
        verify(&self.db, &self.vault, noted).await
    }
}

/// Reads the whole chain.
pub(super) async fn verify(db: &Db, vault: &Vault, noted: Option<&Noted>) -> Result<Verdict, DbError> {
    let mut tx = db.read().await?;
    let has_begun = has_begun(&mut tx).await?;
    drop(tx);
    audit::verify(db, vault, has_begun, noted).await
}

/// Tells the heads and admins of every office that the chain is broken.
pub(super) async fn alarm(tx: &mut Tx, clock: &Clock, messages: &Messages, fault: &Fault) -> Result<(), DbError> {
    let text = messages.text(LANGUAGES[0], "alarm-audit", &[("number", fault.number().to_string().into())]);
    for office in office::stored(tx).await?.into_iter().filter_map(|stored| stored.office.ok()) {
        ledger::raise_alarm(tx, clock, &office, &fault.occasion(), &text).await?;
    }
    Ok(())
}

/// Whether anything was ever recorded: an office's declaration always is, in the same transaction, and the first one's is sealed in
/// it. So the offices tell of a chain of which nothing is left.
async fn has_begun(tx: &mut Tx) -> Result<bool, DbError> {
    Ok(!office::codes(tx).await?.is_empty())
}
