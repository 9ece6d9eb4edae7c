//! A lease that is kept while its holder works.

use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::part::{chain, complain};
use crate::db::{self, Db, DbError};

/// A lease is renewed this often; it lasts three times as long.
const RENEW: Duration = Duration::from_secs(5);
/// A renewal that takes longer has failed: the connection may hang for minutes, and the lease runs out meanwhile.
const LONGEST_RENEWAL: Duration = Duration::from_secs(4);

/// Keeps a lease in the background, as soon as it can be had; dropping it stops that.
pub struct Lease {
    db: Db,
    name: &'static str,
    holder: String,
    token: watch::Receiver<Option<i64>>,
    keeper: JoinHandle<()>,
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

impl Lease {
    /// Begins to keep the lease `name` for the node `holder`.
    pub fn keep(db: &Db, name: &'static str, holder: &str) -> Self {
        let (sender, token) = watch::channel(None);
        let keeper = tokio::spawn(keep(db.clone(), name, holder.to_owned(), sender));
        Self { db: db.clone(), name, holder: holder.to_owned(), token, keeper }
    }

    /// Waits until the lease is ours; gives its fencing token and what is cancelled once the lease is another's or `stop` is
    /// said. `None` after `stop`.
    pub async fn held(&mut self, stop: &CancellationToken) -> Option<(i64, CancellationToken)> {
        let token = tokio::select! {
            held = self.token.wait_for(Option::is_some) => held.ok().and_then(|held| *held)?,
            () = stop.cancelled() => return None,
        };
        let until = stop.child_token();
        let (ended, mut watched) = (until.clone(), self.token.clone());
        tokio::spawn(async move {
            tokio::select! {
                _ = watched.wait_for(|now| *now != Some(token)) => ended.cancel(),
                () = ended.cancelled() => {}
            }
        });
        Some((token, until))
    }

    /// Gives the lease back, so that another node need not wait for it to run out.
    pub async fn give_back(self) {
        self.keeper.abort();
        if self.token.borrow().is_some()
            && let Err(error) = db::drop_lease(&self.db, self.name, &self.holder).await
        {
            tracing::warn!(lease = self.name, error = %chain(&error), "the lease runs out by itself");
        }
    }
}

/// Takes or renews the lease within the time that there is. On a file that one process serves nobody else can take it, and what a
/// renewal waits for is a long import.
async fn take(db: &Db, name: &'static str, holder: &str, fresh: bool) -> Result<Option<i64>, DbError> {
    let taken = db::take_lease(db, name, holder, fresh);
    if db.is_served_alone() {
        return taken.await;
    }
    tokio::time::timeout(LONGEST_RENEWAL, taken).await.unwrap_or_else(|_| Err(DbError::no_answer()))
}

async fn keep(db: Db, name: &'static str, holder: String, token: watch::Sender<Option<i64>>) {
    let mut renewed = Instant::now();
    loop {
        // A fresh start takes the lease back at once under its own name, with a new token: what the dead process began is
        // then known to be lost.
        let fresh = token.borrow().is_none();
        match take(&db, name, &holder, fresh).await {
            Ok(held) => {
                renewed = Instant::now();
                token.send_if_modified(|now| std::mem::replace(now, held) != held);
            }
            // Its holder is in the middle of something, or has stopped there and is cut off soon.
            Err(error) if error.is_busy() && fresh => {}
            Err(error) => {
                complain("the lease", &error, chain(&error));
                // Where nobody can have taken it, it is kept: a long import makes everybody wait, and what is under way is not
                // lost for that.
                if renewed.elapsed() > db::LEASE && !db.is_served_alone() {
                    token.send_if_modified(|now| now.take().is_some());
                }
            }
        }
        // Whoever waits for a dead holder's lease looks more often, so that it is taken over in time.
        let wait = if token.borrow().is_some() { RENEW } else { RENEW / 2 };
        tokio::time::sleep(wait).await;
    }
}
