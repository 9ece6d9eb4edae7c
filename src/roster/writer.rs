//! Writes an import's batches beside: while the database works on one, the next is read and thought about.

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::apply::Batch;
use super::import::ImportId;
use crate::clock::Clock;
use crate::db::{DbError, Tx};
use crate::student::StudentError;
use crate::vault::Vault;

/// Batches that wait to be written.
const AHEAD: usize = 2;

/// Owns the import's transaction while batches come.
pub(super) struct Writer {
    /// None once no more come.
    batches: Option<mpsc::Sender<Batch>>,
    work: JoinHandle<(Tx, Result<usize, StudentError>)>,
}

impl Writer {
    /// `again` if the same file was applied before: then it proposes nothing new.
    pub(super) fn start(tx: Tx, clock: &Clock, vault: &Vault, import: ImportId, again: bool) -> Self {
        let (batches, waiting) = mpsc::channel(AHEAD);
        let work = tokio::spawn(write(tx, clock.clone(), vault.clone(), import, again, waiting));
        Self { batches: Some(batches), work }
    }

    /// Hands a batch over; false if an earlier one could not be written, which [`Writer::end`] then tells.
    pub(super) async fn take(&self, batch: Batch) -> bool {
        match &self.batches {
            Some(batches) => batches.send(batch).await.is_ok(),
            None => false,
        }
    }

    /// Waits until everything is written; gives the transaction back, and how many proposals are new.
    pub(super) async fn end(&mut self) -> Result<(Tx, usize), StudentError> {
        self.batches = None;
        // A writer that panicked has lost its transaction, so that nothing of the import is kept.
        let (tx, written) = (&mut self.work).await.map_err(|_| DbError::Interrupted)?;
        Ok((tx, written?))
    }
}

async fn write(
    mut tx: Tx,
    clock: Clock,
    vault: Vault,
    import: ImportId,
    again: bool,
    mut waiting: mpsc::Receiver<Batch>,
) -> (Tx, Result<usize, StudentError>) {
    let mut proposals = 0;
    while let Some(batch) = waiting.recv().await {
        match batch.write(&mut tx, &clock, &vault, import, again).await {
            Ok(new) => proposals += new,
            Err(error) => return (tx, Err(error)),
        }
    }
    (tx, Ok(proposals))
}
