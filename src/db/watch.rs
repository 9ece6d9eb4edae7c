//! Transactions that write are watched: one that is long keeps others waiting, so it is named and counted.

use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sqlx::{Database, Transaction};

use super::error::DbError;
use super::file::FileMark;

/// A transaction that writes for longer than this is slow.
const SLOW: Duration = Duration::from_secs(1);
/// Slow transactions since the start of the process.
static COUNT: AtomicU64 = AtomicU64::new(0);

/// How many transactions that wrote took more than a second since the start of the process.
#[must_use]
pub fn slow_transactions() -> u64 {
    COUNT.load(Ordering::Relaxed)
}

/// A transaction with what watches it.
#[derive(Debug)]
pub struct Held<D: Database> {
    transaction: Transaction<'static, D>,
    watch: Option<Watch>,
    /// The file that must still be there when this is committed.
    file: Option<Arc<FileMark>>,
}

impl<D: Database> Held<D> {
    /// One that reads keeps nobody waiting and is not watched.
    pub(super) fn reading(transaction: Transaction<'static, D>) -> Self {
        Self { transaction, watch: None, file: None }
    }

    /// Begins to watch: time spent waiting for its turn is another transaction's.
    pub(super) fn writing(
        transaction: Transaction<'static, D>,
        caller: &'static Location<'static>,
        file: Option<Arc<FileMark>>,
    ) -> Self {
        Self { transaction, watch: Some(Watch { caller, began: Instant::now() }), file }
    }

    /// Commits, unless the file has gone meanwhile: a long import must not end well in a file that nobody can open again.
    pub(super) async fn commit(self) -> Result<(), DbError> {
        let Self { transaction, watch, file } = self;
        if let Some(file) = file {
            file.check()?;
        }
        let done = transaction.commit().await;
        drop(watch);
        Ok(done?)
    }
}

impl<D: Database> Deref for Held<D> {
    type Target = D::Connection;

    fn deref(&self) -> &Self::Target {
        &self.transaction
    }
}

impl<D: Database> DerefMut for Held<D> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.transaction
    }
}

#[derive(Debug)]
struct Watch {
    caller: &'static Location<'static>,
    began: Instant,
}

impl Drop for Watch {
    fn drop(&mut self) {
        let took = self.began.elapsed();
        if took > SLOW {
            COUNT.fetch_add(1, Ordering::Relaxed);
            let (file, line) = (self.caller.file(), self.caller.line());
            tracing::warn!(caller = %format_args!("{file}:{line}"), seconds = took.as_secs_f64(), "a transaction was slow");
        }
    }
}
