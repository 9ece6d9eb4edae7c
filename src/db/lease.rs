//! Leases: who may do alone what only one node at a time may do. Each carries a fencing token, and its time is the database's own,
//! the one clock that all nodes share.

use std::time::Duration;

use sqlx::Executor;

use super::{Db, DbError, Tx};
use crate::{execute, fetch_one, fetch_optional};

/// How long a lease lasts unless renewed; with renewal every 5 s another node takes over within 30 s.
pub const LEASE: Duration = Duration::from_secs(15);

const NOW_MS_SQLITE: &str = "SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER)";
const NOW_MS_POSTGRES: &str = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)";

/// Nobody waits longer for a lease's row: whoever does not get it asks again a little later.
const PATIENCE: &str = "SET LOCAL lock_timeout = '2s'";
/// A node that stops in the middle of a transaction that holds the row is cut off after this, long before its lease would be of
/// use to nobody for a minute. What it was about to write is then not written.
const STOPPED: &str = "SET LOCAL idle_in_transaction_session_timeout = '5s'";

/// The database's own time in milliseconds since 1970.
pub(super) async fn database_ms(tx: &mut Tx) -> Result<i64, DbError> {
    let sql = match tx {
        Tx::Sqlite(_) => NOW_MS_SQLITE,
        Tx::Postgres(_) => NOW_MS_POSTGRES,
    };
    fetch_one!(tx, (i64,), sql).map(|row| row.0)
}

/// Bounds how long the transaction waits for a lease's row, and how long others wait for it. SQLite's writer is alone, and its
/// file is served by one process.
async fn be_brief(tx: &mut Tx) -> Result<(), DbError> {
    if let Tx::Postgres(tx) = tx {
        tx.execute(PATIENCE).await?;
        tx.execute(STOPPED).await?;
    }
    Ok(())
}

/// Takes or renews the lease `name` for `holder`. Returns the fencing token, which grows with each change of holder, or `None`
/// while another holds it. A holder that comes back under its own name gets a new token at once when `fresh`.
///
/// # Errors
/// Busy (see [`DbError::is_busy`]) if a transaction that proved to hold the lease goes on for more than 2 s.
pub async fn take_lease(db: &Db, name: &str, holder: &str, fresh: bool) -> Result<Option<i64>, DbError> {
    let mut tx = db.write().await?;
    be_brief(&mut tx).await?;
    let now = database_ms(&mut tx).await?;
    let expires = now + i64::try_from(LEASE.as_millis()).unwrap_or(i64::MAX);
    let taken = fetch_optional!(
        &mut tx,
        (i64,),
        "INSERT INTO lease (name, holder, token, expires_ms) VALUES ($1, $2, 1, $3)
         ON CONFLICT (name) DO UPDATE SET
             token = CASE WHEN lease.holder = excluded.holder AND NOT $5 THEN lease.token ELSE lease.token + 1 END,
             holder = excluded.holder,
             expires_ms = excluded.expires_ms
         WHERE lease.holder = excluded.holder OR lease.expires_ms < $4 OR lease.expires_ms > $6
         RETURNING token",
        name,
        holder,
        expires,
        now,
        fresh,
        // Nobody renews a lease for so long: a clock was ahead, and is right again.
        expires + i64::try_from(LEASE.as_millis()).unwrap_or(i64::MAX),
    )?;
    tx.commit().await?;
    Ok(taken.map(|row| row.0))
}

/// Whether the lease `name` still carries this fencing token. Nobody else can take it before `tx` ends: what a holder writes
/// in the same transaction is seen by the next one. Whoever stops for some seconds before `tx` ends loses it.
pub async fn holds_lease(tx: &mut Tx, name: &str, token: i64) -> Result<bool, DbError> {
    be_brief(tx).await?;
    let rows = execute!(tx, "UPDATE lease SET token = token WHERE name = $1 AND token = $2", name, token)?;
    Ok(rows == 1)
}

/// Returns how long the lease `name` lasts from now on unless it is renewed, if it still carries this fencing token; as with
/// [`holds_lease`], nobody else can take it before `tx` ends. What only one process can hold lasts its full time.
pub async fn lease_left(tx: &mut Tx, name: &str, token: i64) -> Result<Option<Duration>, DbError> {
    be_brief(tx).await?;
    let sql = match tx {
        // A file is served by one process, which may be late to renew: nobody takes anything over meanwhile.
        Tx::Sqlite(_) => return Ok(holds_lease(tx, name, token).await?.then_some(LEASE)),
        Tx::Postgres(_) => {
            "UPDATE lease SET token = token WHERE name = $1 AND token = $2
             RETURNING expires_ms - CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)"
        }
    };
    let left = fetch_optional!(tx, (i64,), sql, name, token)?;
    Ok(left.map(|left| Duration::from_millis(u64::try_from(left.0).unwrap_or_default())))
}

/// Gives a lease back, so that another node need not wait for it to run out.
pub async fn drop_lease(db: &Db, name: &str, holder: &str) -> Result<(), DbError> {
    let mut tx = db.write().await?;
    be_brief(&mut tx).await?;
    execute!(&mut tx, "UPDATE lease SET expires_ms = 0 WHERE name = $1 AND holder = $2", name, holder)?;
    tx.commit().await
}
