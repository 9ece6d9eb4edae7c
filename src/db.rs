//! One database interface over SQLite and PostgreSQL.
//!
//! Rooms write SQL once, with `$1` placeholders, in a dialect that both engines read, and run it on a [`Tx`] with the macros
//! below. Every statement runs in a transaction: a read sees one moment, and a write takes SQLite's write lock at its start,
//! because a lock taken half-way fails at once instead of waiting.

mod many;

use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

pub use many::{Copied, Engine, FEWEST_COPIED, MOST_BINDS, Statement, copy_while, run_all, run_counted};
use sqlx::migrate::MigrateError;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Executor, Postgres, Sqlite, Transaction};

/// How long a writer waits for another before it gives up: longer than the largest roster takes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(60);
/// Memory in which a writer keeps pages, in KiB as SQLite counts it (negative): a roster touches every index at random.
const WRITER_CACHE: &str = "-49152";
/// The same for a reader: a roster's students are looked for while it is written.
const READER_CACHE: &str = "-8192";
/// Belt against a connection that keeps a transaction open after its owner went away.
const IDLE_IN_TRANSACTION: &str = "60s";

/// A database. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Db {
    Sqlite { read: SqlitePool, write: SqlitePool, path: PathBuf },
    Postgres(PgPool),
}

/// A transaction on either engine. Dropped without [`Tx::commit`], it is undone.
#[derive(Debug)]
pub enum Tx {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// The right to serve; dropping it gives it back.
#[derive(Debug)]
pub enum Claim {
    File(std::fs::File),
    Connection(sqlx::PgConnection),
}

/// Why the database did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    #[error("the database address must begin with sqlite:// or postgres://, but begins otherwise")]
    Scheme,
    #[error("the database was made by a newer siap17; install that version or restore a backup of this one's")]
    Newer,
    #[error("the database {0} is in use by another siap17 serve; stop that one first")]
    Locked(PathBuf),
    #[error("another live siap17 serves under the node name '{0}'; give this one its own (node.name or SIAP17_NODE)")]
    NodeTaken(String),
    #[error("the database {0} cannot be opened")]
    Open(String, #[source] sqlx::Error),
    #[error("the database {0} cannot be opened; make sure that its folder may be written and the disk is not full")]
    OpenStorage(String, #[source] sqlx::Error),
    #[error("the file {path} cannot be used")]
    File { path: PathBuf, source: std::io::Error },
    #[error("the database schema cannot be brought up to date")]
    Migrate(#[source] MigrateError),
    #[error(
        "the database cannot be read or written; make sure that its folder may be written and the disk is not full"
    )]
    Storage(#[source] sqlx::Error),
    #[error("what was being written was interrupted; nothing of it is kept, so do it again")]
    Interrupted,
    #[error("the database refused a statement")]
    Statement(#[source] sqlx::Error),
}

impl From<sqlx::Error> for DbError {
    fn from(error: sqlx::Error) -> Self {
        if is_of_storage(&error) { Self::Storage(error) } else { Self::Statement(error) }
    }
}

/// SQLite's READONLY, IOERR, FULL and CANTOPEN: nothing is wrong with what was asked. The higher bits say it in more detail.
fn is_of_storage(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(error) = error else { return false };
    let of_sqlite = error.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some();
    let code = error.code().and_then(|code| code.parse::<u32>().ok());
    of_sqlite && code.is_some_and(|code| matches!(code & 0xff, 8 | 10 | 13 | 14))
}

impl DbError {
    /// Whether a UNIQUE rule stopped the statement.
    #[must_use]
    pub fn is_duplicate(&self) -> bool {
        matches!(self, Self::Statement(sqlx::Error::Database(error)) if error.is_unique_violation())
    }
}

/// Whether `error` comes of the database's state (locked, gone, too busy), so that the same errand may succeed later, and
/// not of the errand itself.
#[must_use]
pub fn is_passing(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<sqlx::Error>() {
            return match error {
                sqlx::Error::Database(error) => matches!(error.kind(), sqlx::error::ErrorKind::Other),
                sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::Protocol(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed => true,
                _ => false,
            };
        }
        cause = error.source();
    }
    false
}

/// Runs `$sql` and reads every row as `$row`.
#[macro_export]
macro_rules! fetch_all {
    ($tx:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {{
        $crate::db::count_statement();
        match $tx {
            $crate::db::Tx::Sqlite(tx) => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_all(&mut **tx).await,
            $crate::db::Tx::Postgres(tx) => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_all(&mut **tx).await,
        }
        .map_err($crate::db::DbError::from)
    }};
}

/// Runs `$sql` and reads the first row, if there is one.
#[macro_export]
macro_rules! fetch_optional {
    ($tx:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {{
        $crate::db::count_statement();
        match $tx {
            $crate::db::Tx::Sqlite(tx) => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_optional(&mut **tx).await,
            $crate::db::Tx::Postgres(tx) => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_optional(&mut **tx).await,
        }
        .map_err($crate::db::DbError::from)
    }};
}

/// Runs `$sql` and reads the one row that it must give.
#[macro_export]
macro_rules! fetch_one {
    ($tx:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {{
        $crate::db::count_statement();
        match $tx {
            $crate::db::Tx::Sqlite(tx) => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_one(&mut **tx).await,
            $crate::db::Tx::Postgres(tx) => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_one(&mut **tx).await,
        }
        .map_err($crate::db::DbError::from)
    }};
}

/// Runs `$sql` and gives the number of rows it touched.
#[macro_export]
macro_rules! execute {
    ($tx:expr, $sql:expr $(, $bind:expr)* $(,)?) => {{
        $crate::db::count_statement();
        match $tx {
            $crate::db::Tx::Sqlite(tx) => {
                sqlx::query($sql)$(.bind($bind))*.execute(&mut **tx).await.map(|done| done.rows_affected())
            }
            $crate::db::Tx::Postgres(tx) => {
                sqlx::query($sql)$(.bind($bind))*.execute(&mut **tx).await.map(|done| done.rows_affected())
            }
        }
        .map_err($crate::db::DbError::from)
    }};
}

#[cfg(test)]
thread_local! {
    /// How many statements this thread has run; a test has a thread of its own.
    static STATEMENTS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Counts a statement where tests run, and does nothing elsewhere. How many an operation takes is, unlike its time, the same on
/// every machine.
pub fn count_statement() {
    #[cfg(test)]
    STATEMENTS.with(|statements| statements.set(statements.get() + 1));
}

/// Returns how many statements this test has run.
#[cfg(test)]
pub fn statements() -> usize {
    STATEMENTS.with(std::cell::Cell::get)
}

impl Db {
    /// Opens (and for SQLite creates) the database and brings its schema up to date.
    pub async fn open(url: &str) -> Result<Self, DbError> {
        let db = match url.split_once("://").map(|(scheme, _)| scheme) {
            Some("sqlite") => open_sqlite(url).await?,
            Some("postgres" | "postgresql") => open_postgres(url).await?,
            _ => return Err(DbError::Scheme),
        };
        db.migrate().await?;
        Ok(db)
    }

    async fn migrate(&self) -> Result<(), DbError> {
        match self {
            Self::Sqlite { write, .. } => sqlx::migrate!("migrations/sqlite").run(write).await,
            Self::Postgres(pool) => sqlx::migrate!("migrations/postgres").run(pool).await,
        }
        .map_err(|error| match error {
            MigrateError::VersionMissing(_) | MigrateError::VersionMismatch(_) => DbError::Newer,
            other => DbError::Migrate(other),
        })
    }

    /// Whether no other node can take anything over: a SQLite file is served by the one process that has claimed it.
    #[must_use]
    pub fn is_served_alone(&self) -> bool {
        matches!(self, Self::Sqlite { .. })
    }

    /// A transaction for reading.
    pub async fn read(&self) -> Result<Tx, DbError> {
        Ok(match self {
            Self::Sqlite { read, .. } => Tx::Sqlite(read.begin().await?),
            Self::Postgres(pool) => {
                Tx::Postgres(pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?)
            }
        })
    }

    /// A transaction for writing.
    pub async fn write(&self) -> Result<Tx, DbError> {
        count_statement();
        Ok(match self {
            Self::Sqlite { write, .. } => Tx::Sqlite(write.begin_with("BEGIN IMMEDIATE").await?),
            Self::Postgres(pool) => Tx::Postgres(pool.begin().await?),
        })
    }

    /// Claims the right to serve, for as long as the returned claim is kept: on SQLite the whole file, since one process
    /// writes it; on PostgreSQL the node's name. A crash frees either at once.
    pub async fn claim_for_serving(&self, node: &str) -> Result<Claim, DbError> {
        match self {
            Self::Sqlite { path, .. } => claim_file(path),
            Self::Postgres(pool) => {
                let mut connection = pool.acquire().await?.detach();
                let (free,): (bool,) =
                    sqlx::query_as("SELECT pg_try_advisory_lock(hashtextextended('siap17-node:' || $1, 0))")
                        .bind(node)
                        .fetch_one(&mut connection)
                        .await?;
                if free { Ok(Claim::Connection(connection)) } else { Err(DbError::NodeTaken(node.to_owned())) }
            }
        }
    }

    /// Writes a whole copy of a SQLite database to a new file; `false` on PostgreSQL, whose own tools do that.
    pub async fn copy_to(&self, path: &Path) -> Result<bool, DbError> {
        let Self::Sqlite { read, .. } = self else { return Ok(false) };
        make_private(path)?;
        let copied = sqlx::query("VACUUM INTO $1").bind(path.to_string_lossy().into_owned()).execute(read).await;
        if copied.is_err() {
            // Half a copy must not be taken for a backup.
            let _ = std::fs::remove_file(path);
        }
        copied?;
        Ok(true)
    }

    /// Closes every connection, waiting for those in use.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { read, write, .. } => {
                read.close().await;
                write.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

impl Tx {
    /// Which engine this is on.
    #[must_use]
    pub fn engine(&self) -> Engine {
        match self {
            Self::Sqlite(_) => Engine::Sqlite,
            Self::Postgres(_) => Engine::Postgres,
        }
    }

    /// Makes PostgreSQL use indexes in this transaction, whatever it believes of a table's size: of one that has just been
    /// filled it knows nothing yet, and would read all of it for each look-up. SQLite does so anyway.
    pub async fn prefer_indexes(&mut self) -> Result<(), DbError> {
        if let Self::Postgres(tx) = self {
            tx.execute("SET LOCAL enable_seqscan = off").await?;
        }
        Ok(())
    }

    /// Keeps every other writer off `table` until this transaction ends; on SQLite a writer is alone anyway.
    pub async fn alone_in(&mut self, table: &'static str) -> Result<(), DbError> {
        if let Self::Postgres(tx) = self {
            let statement = format!("LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE");
            tx.execute(sqlx::AssertSqlSafe(statement)).await?;
        }
        Ok(())
    }

    pub async fn commit(self) -> Result<(), DbError> {
        count_statement();
        match self {
            Self::Sqlite(tx) => tx.commit().await,
            Self::Postgres(tx) => tx.commit().await,
        }
        .map_err(DbError::from)
    }
}

/// Claims the database file at `path`, which need not exist or be in order.
pub fn claim_file(path: &Path) -> Result<Claim, DbError> {
    let lock = path.with_extension("lock");
    let file = std::fs::File::create(&lock).map_err(|source| DbError::File { path: lock.clone(), source })?;
    match file.try_lock() {
        Ok(()) => Ok(Claim::File(file)),
        Err(std::fs::TryLockError::WouldBlock) => Err(DbError::Locked(path.to_owned())),
        Err(std::fs::TryLockError::Error(source)) => Err(DbError::File { path: lock, source }),
    }
}

/// Makes a file that nobody else on the machine can read: names, birth dates and schools of children stand in it in clear.
/// SQLite gives the files that it keeps beside a database the same mode.
fn make_private(path: &Path) -> Result<(), DbError> {
    let made = std::fs::OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path);
    made.map(drop).map_err(|source| DbError::File { path: path.into(), source })
}

async fn open_sqlite(url: &str) -> Result<Db, DbError> {
    let failed = |error| {
        if is_of_storage(&error) {
            DbError::OpenStorage(url.to_owned(), error)
        } else {
            DbError::Open(url.to_owned(), error)
        }
    };
    let options = SqliteConnectOptions::from_str(url).map_err(failed)?;
    let path = options.get_filename().to_path_buf();
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|source| DbError::File { path: folder.into(), source })?;
    }
    // SQLite says in its own way why a file that is there cannot be opened.
    if !path.exists() {
        make_private(&path)?;
    }
    let options = options
        .journal_mode(SqliteJournalMode::Wal)
        // A power cut must not turn a sent notice back into a due one.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(true)
        .disable_statement_logging();
    let write = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(BUSY_TIMEOUT)
        // After some errors, such as a full disk, SQLite has rolled back by itself; sqlx then counts a transaction that is not
        // there any more, and would never begin another on this connection.
        .after_release(|connection, _| {
            Box::pin(async move { connection.ping().await.map(|()| !connection.is_in_transaction()) })
        })
        .connect_with(options.clone().pragma("cache_size", WRITER_CACHE).pragma("temp_store", "MEMORY"))
        .await
        .map_err(failed)?;
    let read = SqlitePoolOptions::new()
        .max_connections(4)
        .connect_lazy_with(options.read_only(true).pragma("cache_size", READER_CACHE));
    Ok(Db::Sqlite { read, write, path })
}

async fn open_postgres(url: &str) -> Result<Db, DbError> {
    // The address holds a password, so errors name only the engine.
    let failed = |error| DbError::Open("PostgreSQL".to_owned(), error);
    let options = PgConnectOptions::from_str(url)
        .map_err(failed)?
        .options([("idle_in_transaction_session_timeout", IDLE_IN_TRANSACTION)])
        .disable_statement_logging();
    PgPoolOptions::new()
        .max_connections(10)
        .acquire_timeout(Duration::from_secs(10))
        // A caller dropped inside `begin` leaves an open transaction on the connection (sqlx #4385).
        .after_release(|connection, _| Box::pin(async move { connection.execute("ROLLBACK").await.map(|_| true) }))
        .connect_with(options)
        .await
        .map(Db::Postgres)
        .map_err(failed)
}

/// How long a lease lasts unless renewed; with renewal every 5 s another node takes over within 30 s.
pub const LEASE: Duration = Duration::from_secs(15);

const NOW_MS_SQLITE: &str = "SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER)";
const NOW_MS_POSTGRES: &str = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)";

/// The database's own time in milliseconds since 1970: the one clock that all nodes share.
async fn database_ms(tx: &mut Tx) -> Result<i64, DbError> {
    let sql = match tx {
        Tx::Sqlite(_) => NOW_MS_SQLITE,
        Tx::Postgres(_) => NOW_MS_POSTGRES,
    };
    fetch_one!(tx, (i64,), sql).map(|row| row.0)
}

/// Takes or renews the lease `name` for `holder`. Gives the fencing token, which grows with each change of holder,
/// or `None` while another holds it. A holder that comes back under its own name gets a new token at once when `fresh`.
pub async fn take_lease(db: &Db, name: &str, holder: &str, fresh: bool) -> Result<Option<i64>, DbError> {
    let mut tx = db.write().await?;
    let now = database_ms(&mut tx).await?;
    let expires = now + i64::try_from(LEASE.as_millis()).unwrap_or(i64::MAX);
    let row = fetch_optional!(
        &mut tx,
        (i64,),
        "INSERT INTO lease (name, holder, token, expires_ms) VALUES ($1, $2, 1, $3)
         ON CONFLICT (name) DO UPDATE SET
             token = CASE WHEN lease.holder = excluded.holder AND NOT $5 THEN lease.token ELSE lease.token + 1 END,
             holder = excluded.holder,
             expires_ms = excluded.expires_ms
         WHERE lease.holder = excluded.holder OR lease.expires_ms < $4
         RETURNING token",
        name,
        holder,
        expires,
        now,
        fresh,
    )?;
    tx.commit().await?;
    Ok(row.map(|row| row.0))
}

/// Whether the lease `name` still carries this fencing token. Nobody else can take it before `tx` ends: what a holder writes
/// in the same transaction is seen by the next one.
pub async fn holds_lease(tx: &mut Tx, name: &str, token: i64) -> Result<bool, DbError> {
    let rows = execute!(tx, "UPDATE lease SET token = token WHERE name = $1 AND token = $2", name, token)?;
    Ok(rows == 1)
}

/// How long the lease `name` lasts from now on unless it is renewed, if it still carries this fencing token; as with
/// [`holds_lease`], nobody else can take it before `tx` ends. What only one process can hold lasts its full time.
pub async fn lease_left(tx: &mut Tx, name: &str, token: i64) -> Result<Option<Duration>, DbError> {
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
    execute!(&mut tx, "UPDATE lease SET expires_ms = 0 WHERE name = $1 AND holder = $2", name, holder)?;
    tx.commit().await
}

/// Reads a value of the `meta` table.
pub async fn meta(tx: &mut Tx, name: &str) -> Result<Option<String>, DbError> {
    Ok(fetch_optional!(tx, (String,), "SELECT value FROM meta WHERE name = $1", name)?.map(|row| row.0))
}

/// Writes a value of the `meta` table.
pub async fn set_meta(tx: &mut Tx, name: &str, value: &str) -> Result<(), DbError> {
    execute!(
        tx,
        "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        name,
        value,
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insert_many;
    use crate::testing::{Scratch, postgres, sqlite};

    async fn names(db: &Db) -> Vec<String> {
        let mut tx = db.read().await.unwrap();
        let rows = fetch_all!(&mut tx, (String,), "SELECT name FROM meta WHERE value = 'bulk' ORDER BY name").unwrap();
        rows.into_iter().map(|row| row.0).collect()
    }

    async fn write(tx: &mut Tx, rows: &[&str]) -> Result<(), DbError> {
        let statements = insert_many!(tx.engine(), "INSERT INTO meta (name, value) ", rows, |one| [*one, "bulk"], "");
        run_all(tx, statements).await
    }

    async fn a_failed_bulk_is_given_up_and_the_next_writer_works(scratch: Scratch) {
        let many: Vec<String> = (0..FEWEST_COPIED + 1).map(|number| format!("n{number}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let mut tx = scratch.db.write().await.unwrap();
        write(&mut tx, &["a", "b"]).await.unwrap();
        assert!(write(&mut tx, &["c", "a"]).await.unwrap_err().is_duplicate());
        drop(tx);
        let mut tx = scratch.db.write().await.unwrap();
        write(&mut tx, &many).await.unwrap();
        assert!(write(&mut tx, &many).await.unwrap_err().is_duplicate());
        drop(tx);
        assert_eq!(names(&scratch.db).await, [""; 0], "nothing of it is kept");
        let mut tx = scratch.db.write().await.unwrap();
        write(&mut tx, &["d"]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(names(&scratch.db).await, ["d"]);
        let mut tx = scratch.db.write().await.unwrap();
        write(&mut tx, &many).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(names(&scratch.db).await.len(), many.len() + 1);
    }

    #[tokio::test]
    async fn a_failed_bulk_on_sqlite() {
        a_failed_bulk_is_given_up_and_the_next_writer_works(sqlite().await).await;
    }

    #[tokio::test]
    async fn a_failed_bulk_on_postgres() {
        a_failed_bulk_is_given_up_and_the_next_writer_works(postgres().await).await;
    }

    #[tokio::test]
    async fn what_sqlite_rolls_back_by_itself_stops_no_later_writer() {
        let scratch = sqlite().await;
        let mut tx = scratch.db.write().await.unwrap();
        let twice = "INSERT OR ROLLBACK INTO meta (name, value) VALUES ('a', 'bulk'), ('a', 'bulk')";
        execute!(&mut tx, twice).unwrap_err();
        drop(tx);
        let mut tx = scratch.db.write().await.unwrap();
        write(&mut tx, &["b"]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(names(&scratch.db).await, ["b"]);
    }

    #[test]
    fn both_engines_have_the_same_schema() {
        let pairs = [
            (
                include_str!("../migrations/postgres/0001_first.sql"),
                include_str!("../migrations/sqlite/0001_first.sql"),
            ),
            (
                include_str!("../migrations/postgres/0003_decisions_put_back.sql"),
                include_str!("../migrations/sqlite/0002_decisions_put_back.sql"),
            ),
            (
                include_str!("../migrations/postgres/0005_moments.sql"),
                include_str!("../migrations/sqlite/0005_moments.sql"),
            ),
            (
                include_str!("../migrations/postgres/0006_sending_queue.sql"),
                include_str!("../migrations/sqlite/0006_sending_queue.sql"),
            ),
        ];
        let words = [("UUID", "BLOB"), ("BYTEA", "BLOB"), ("TIMESTAMPTZ", "DATETIME"), ("BIGINT", "INTEGER")];
        let body = |text: &str| text.split_once("CREATE").unwrap().1.to_owned();
        for (postgres, sqlite) in pairs {
            let translated = words.iter().fold(body(postgres), |text, (from, to)| text.replace(from, to));
            assert_eq!(translated, body(sqlite));
        }
    }
}
