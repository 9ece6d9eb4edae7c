//! The right to serve under a name, for as long as a process lives: on SQLite the whole file, since one process writes it; on
//! PostgreSQL the node's name, which a session holds. A session can be lost while its process lives, and the name with it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::postgres::PgPool;
use sqlx::{Connection, PgConnection};

use super::health::beside;
use super::{Db, DbError, make_private};

/// A server that does not answer within this has lost the session, as far as anybody can know.
const ANSWER: Duration = Duration::from_secs(5);

const TAKE: &str = "SELECT pg_try_advisory_lock(hashtextextended('siap17-node:' || $1, 0)), pg_backend_pid(),
     (SELECT CAST(EXTRACT(EPOCH FROM backend_start) * 1000000 AS BIGINT) FROM pg_stat_activity WHERE pid = pg_backend_pid())";
/// Ends a session that was ours and of which the server has not noticed that nobody is there any more.
const END_OWN: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE pid = $1 AND CAST(EXTRACT(EPOCH FROM backend_start) * 1000000 AS BIGINT) = $2 AND usename = current_user";

/// The right to serve; dropping it gives it back.
#[derive(Debug)]
pub enum Claim {
    /// The file's lock.
    File(std::fs::File),
    /// The node's name.
    Name(Name),
}

/// A node's name, held by a session.
#[derive(Debug)]
pub struct Name {
    node: String,
    session: Option<PgConnection>,
    /// The session by its process on the server, and when that began.
    number: i32,
    began: Option<i64>,
}

impl Db {
    /// Claims the right to serve, for as long as the returned claim is kept. A crash frees it at once.
    pub async fn claim_for_serving(&self, node: &str) -> Result<Claim, DbError> {
        match self {
            Self::Sqlite { file, .. } => claim_file(file.path()),
            Self::Postgres(pool) => Ok(Claim::Name(claim_name(pool, node).await?)),
        }
    }
}

/// Claims the database file at `path`, which need not exist or be in order.
pub fn claim_file(path: &Path) -> Result<Claim, DbError> {
    let lock = lock_of(path);
    let file = make_private(&lock)?;
    match file.try_lock() {
        Ok(()) => Ok(Claim::File(file)),
        Err(std::fs::TryLockError::WouldBlock) => Err(DbError::Locked(path.to_owned())),
        Err(std::fs::TryLockError::Error(source)) => Err(DbError::File { path: lock, source }),
    }
}

/// The files beside a SQLite database that belong to it, whether or not they are there: what SQLite has not yet put into it, and the
/// lock of whoever serves it.
#[must_use]
pub fn files_beside(path: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = ["-wal", "-shm", "-journal"].map(|ending| beside(path, ending)).into();
    files.push(lock_of(path));
    files
}

/// The file whose lock says who serves the database file at `path`.
fn lock_of(path: &Path) -> PathBuf {
    path.with_extension("lock")
}

async fn claim_name(pool: &PgPool, node: &str) -> Result<Name, DbError> {
    let options = pool.connect_options();
    let mut session = PgConnection::connect_with(&options).await?;
    let (is_free, number, began): (bool, i32, Option<i64>) =
        sqlx::query_as(TAKE).bind(node).fetch_one(&mut session).await?;
    if !is_free {
        let _ = session.close().await;
        return Err(DbError::NodeTaken(node.to_owned()));
    }
    Ok(Name { node: node.to_owned(), session: Some(session), number, began })
}

impl Claim {
    /// Makes sure that the claim still stands, and claims anew what was lost with its session; gives whether that was so.
    ///
    /// # Errors
    /// [`DbError::NodeTaken`] if another has the name by now; whatever else keeps the server from answering, after which it is to
    /// be asked again.
    pub async fn confirm(&mut self, db: &Db) -> Result<bool, DbError> {
        let (Self::Name(name), Db::Postgres(pool)) = (self, db) else { return Ok(false) };
        if let Some(session) = &mut name.session {
            let alive = tokio::time::timeout(ANSWER, sqlx::query("SELECT 1").execute(session)).await;
            if matches!(alive, Ok(Ok(_))) {
                return Ok(false);
            }
            name.session = None;
        }
        let again = tokio::time::timeout(2 * ANSWER, name.claim_anew(pool)).await;
        again.unwrap_or_else(|_| Err(DbError::no_answer())).map(|()| true)
    }
}

impl Name {
    async fn claim_anew(&mut self, pool: &PgPool) -> Result<(), DbError> {
        if let Some(began) = self.began {
            let mut other = PgConnection::connect_with(&pool.connect_options()).await?;
            sqlx::query(END_OWN).bind(self.number).bind(began).execute(&mut other).await?;
            let _ = other.close().await;
        }
        // What was ended a moment ago lets go of its locks a moment later.
        for _ in 0..10 {
            match claim_name(pool, &self.node).await {
                Err(DbError::NodeTaken(_)) => tokio::time::sleep(Duration::from_millis(200)).await,
                Err(error) => return Err(error),
                Ok(name) => {
                    *self = name;
                    return Ok(());
                }
            }
        }
        Err(DbError::NodeTaken(self.node.clone()))
    }
}
