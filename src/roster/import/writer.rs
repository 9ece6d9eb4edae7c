//! Writes an import beside: while the database works on some rows, the next are read and thought about.

use std::ops::ControlFlow;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::proposal::{self, Proposed};
use crate::clock::Clock;
use crate::db::{Copied, DbError, Statement, Tx, copy_while, run_all};
use crate::roster::ids::ImportId;
use crate::student::{self, StudentError, StudentId};
use crate::vault::Vault;

/// Pieces of work that wait: those of two batches or so.
const AHEAD: usize = 4;

/// A piece of what is to be written, in its order.
pub(super) enum Work {
    Statement(Statement),
    /// They came with an import that was undone, and come again.
    Revived(Vec<StudentId>),
    Proposed(Vec<Proposed>),
}

impl Work {
    /// Rows that may follow others in one `COPY`; anything else breaks it.
    fn rows(self) -> ControlFlow<Self, Copied> {
        match self {
            Self::Statement(Statement::Copy(rows)) => ControlFlow::Continue(rows),
            other => ControlFlow::Break(other),
        }
    }
}

/// Owns the import's transaction while work comes.
pub(super) struct Writer {
    /// None once no more comes.
    work: Option<mpsc::Sender<Work>>,
    writing: JoinHandle<(Tx, Result<usize, StudentError>)>,
}

impl Writer {
    /// `again` if the same file was applied before: then it proposes nothing new.
    pub(super) fn start(mut tx: Tx, clock: &Clock, vault: &Vault, import: ImportId, again: bool) -> Self {
        let (work, waiting) = mpsc::channel(AHEAD);
        let (clock, vault) = (clock.clone(), vault.clone());
        let writing = tokio::spawn(async move {
            let written = write(&mut tx, &clock, &vault, import, again, waiting).await;
            (tx, written)
        });
        Self { work: Some(work), writing }
    }

    /// Hands work over; false if earlier work could not be written, which [`Writer::end`] then tells.
    pub(super) async fn take(&self, work: Vec<Work>) -> bool {
        let Some(sender) = &self.work else { return false };
        for piece in work {
            if sender.send(piece).await.is_err() {
                return false;
            }
        }
        true
    }

    /// Waits until everything is written; gives the transaction back, and how many proposals are new.
    pub(super) async fn end(&mut self) -> Result<(Tx, usize), StudentError> {
        self.work = None;
        // A writer that panicked has lost its transaction, so that nothing of the import is kept.
        let (tx, written) = (&mut self.writing).await.map_err(|_| DbError::Interrupted)?;
        Ok((tx, written?))
    }
}

async fn write(
    tx: &mut Tx,
    clock: &Clock,
    vault: &Vault,
    import: ImportId,
    again: bool,
    mut waiting: mpsc::Receiver<Work>,
) -> Result<usize, StudentError> {
    let mut proposals = 0;
    let mut next = waiting.recv().await;
    while let Some(work) = next {
        next = match work.rows() {
            ControlFlow::Continue(rows) => copy_while(tx, rows, &mut waiting, Work::rows).await?,
            ControlFlow::Break(work) => {
                match work {
                    Work::Statement(statement) => run_all(tx, vec![statement]).await?,
                    Work::Revived(students) => student::forget_tombstones(tx, &students).await?,
                    Work::Proposed(_) if again => {}
                    Work::Proposed(claims) => proposals += proposal::propose(tx, vault, clock, import, &claims).await?,
                }
                waiting.recv().await
            }
        };
    }
    Ok(proposals)
}
