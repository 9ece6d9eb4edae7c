//! One database interface over SQLite and PostgreSQL.
//!
//! Rooms write SQL once, with `$1` placeholders, in a dialect that both engines read, and run it on a [`Tx`] with the macros
//! below. Every statement runs in a transaction: a read sees one moment, and a write takes SQLite's write lock at its start,
//! because a lock taken half-way fails at once instead of waiting.

mod again;
mod claim;
mod copy;
mod error;
mod file;
mod health;
mod identity;
mod lease;
mod many;
mod memory;
#[cfg(test)]
mod tests;
mod watch;

use std::os::unix::fs::OpenOptionsExt;
use std::panic::Location;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

pub use again::retried;
pub use claim::{Claim, claim_file, files_beside};
pub use copy::{CopyFault, Looked, look_at_copy, put_in_place, sync_folder};
pub use error::{DbError, Trouble, is_conflict, is_passing, waits_for_lock};
use file::FileMark;
pub use file::FileTrouble;
pub use health::{Holder, beside, holders, try_to_write, try_to_write_within};
pub use lease::{LEASE, drop_lease, holds_lease, lease_left, take_lease};
pub use many::{Copied, FEWEST_COPIED, MOST_BINDS, Statement, copy_while, run_all, run_counted};
pub use memory::{Mark, Memory, Strange, written};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, Postgres, SqlSafeStr, Sqlite};
use watch::Held;
pub use watch::slow_transactions;

use crate::kept_file::make_folder;

/// What a log leaves out of what the driver says by itself: a server that goes away is told of once, in our own words.
pub const DRIVER_IS_QUIET: [&str; 2] = ["sqlx_core::pool::connection=error", "sqlx::postgres::notice=error"];

/// How long a writer waits for another before it gives up: longer than the largest roster takes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(60);
/// Memory in which a writer keeps pages, in KiB as SQLite counts it (negative). Not more: after a commit SQLite may look through
/// all of them, and an idle daemon holds them.
const WRITER_CACHE: &str = "-4096";
/// How a writer is before and after each transaction.
const NARROW: &str = "PRAGMA cache_size = -4096; PRAGMA busy_timeout = 60000";
/// How long the log's emptying waits for those who read an older moment: everybody who writes waits with it.
const BRIEFLY: &str = "PRAGMA busy_timeout = 500";
/// The same for a reader: a roster's students are looked for while it is written.
const READER_CACHE: &str = "-8192";
/// A reader that nobody uses any more gives its memory back after this long.
const READER_RESTS: Duration = Duration::from_secs(60);
/// For a roster, which touches every index at random.
const WIDE: &str = "PRAGMA cache_size = -49152";
/// Belt against a connection that keeps a transaction open after its owner went away.
const IDLE_IN_TRANSACTION: &str = "60s";
/// How long the reason is looked for why there is no connection.
const WHY: Duration = Duration::from_secs(2);
/// How long a statement waits for another's lock, as a writer of SQLite waits for the file: longer than the largest roster takes.
const LOCK_TIMEOUT: &str = "60s";

/// Rows that SQLite's thread may be ahead of whoever reads them: so seldom does it stop and have to be woken again.
const ROWS_AHEAD: usize = 512;

static OF_SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static OF_POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// A database. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Db {
    Sqlite { read: SqlitePool, write: SqlitePool, file: Arc<FileMark> },
    Postgres(PgPool),
}

/// A transaction on either engine. Dropped without [`Tx::commit`], it is undone.
#[derive(Debug)]
pub enum Tx {
    Sqlite(Held<Sqlite>),
    Postgres(Held<Postgres>),
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

/// Runs `$sql` and reads every row as `$row`, kept from every other writer until the transaction ends (see [`locking`]).
#[macro_export]
macro_rules! fetch_locked {
    ($tx:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {{
        $crate::db::count_statement();
        match $tx {
            $crate::db::Tx::Sqlite(tx) => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_all(&mut **tx).await,
            $crate::db::Tx::Postgres(tx) => {
                sqlx::query_as::<_, $row>($crate::db::locking($sql))$(.bind($bind))*.fetch_all(&mut **tx).await
            }
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
        let db = Self::connect(url).await?;
        db.migrate(i64::MAX).await?;
        Ok(db)
    }

    /// Opens the database and brings its schema up to date, if there is one: on SQLite a file that is not empty, on either engine
    /// one that siap17 has a table in. Nothing is made where there is none.
    pub async fn open_begun(url: &str) -> Result<Option<Self>, DbError> {
        if let Some(file) = file_of(url) {
            match std::fs::metadata(&file) {
                Ok(known) if known.is_file() && known.len() == 0 => return Ok(None),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
                _ => {}
            }
        }
        let db = Self::connect(url).await?;
        if !db.is_begun().await.map_err(|error| DbError::of_opening(&shown(url), error))? {
            db.close().await;
            return Ok(None);
        }
        db.migrate(i64::MAX).await?;
        Ok(Some(db))
    }

    async fn is_begun(&self) -> Result<bool, sqlx::Error> {
        let row: (bool,) = match self {
            Self::Sqlite { write, .. } => {
                let sql = "SELECT COUNT(*) > 0 FROM sqlite_master WHERE type = 'table' AND name = 'meta'";
                sqlx::query_as(sql).fetch_one(write).await?
            }
            Self::Postgres(pool) => sqlx::query_as("SELECT to_regclass('meta') IS NOT NULL").fetch_one(pool).await?,
        };
        Ok(row.0)
    }

    /// The same, whatever its schema.
    async fn connect(url: &str) -> Result<Self, DbError> {
        match url.split_once("://").map(|(scheme, _)| scheme) {
            Some("sqlite") => open_sqlite(url).await,
            Some("postgres" | "postgresql") => open_postgres(url).await,
            _ => Err(DbError::Scheme),
        }
    }

    /// The migrations of this engine.
    fn migrations(&self) -> &'static Migrator {
        match self {
            Self::Sqlite { .. } => &OF_SQLITE,
            Self::Postgres(_) => &OF_POSTGRES,
        }
    }

    /// Brings the schema up to `version`.
    async fn migrate(&self, version: i64) -> Result<(), DbError> {
        let known = self.migrations().iter().map(|migration| migration.version).filter(|known| *known <= version);
        let version = known.max().unwrap_or_default();
        match self {
            Self::Sqlite { write, .. } => self.migrations().run_to(version, write).await,
            Self::Postgres(pool) => self.migrations().run_to(version, pool).await,
        }
        .map_err(|error| match error {
            MigrateError::VersionMissing(_) | MigrateError::VersionMismatch(_) => DbError::Newer,
            // A disk or a server that takes no change is no matter of the schema.
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => match DbError::from(error) {
                DbError::Statement(error) => DbError::Migrate(MigrateError::Execute(error)),
                told => told,
            },
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
            Self::Sqlite { read, file, .. } => {
                file.check()?;
                Tx::Sqlite(Held::reading(read.begin().await?))
            }
            Self::Postgres(pool) => {
                let begun = pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await;
                Tx::Postgres(Held::reading(explained(pool, begun).await?))
            }
        })
    }

    /// A transaction for writing. Whoever holds one for more than a second is named in the log.
    // Not an `async fn`, which would not know its caller.
    #[track_caller]
    pub fn write(&self) -> impl Future<Output = Result<Tx, DbError>> + Send {
        let caller = Location::caller();
        async move {
            count_statement();
            Ok(match self {
                Self::Sqlite { write, file, .. } => {
                    file.check()?;
                    let transaction = write.begin_with("BEGIN IMMEDIATE").await?;
                    Tx::Sqlite(Held::writing(transaction, caller, Some(Arc::clone(file))))
                }
                Self::Postgres(pool) => {
                    Tx::Postgres(Held::writing(explained(pool, pool.begin().await).await?, caller, None))
                }
            })
        }
    }

    /// The same, if nobody else writes in a SQLite file for longer than `patience`; else `None`. On PostgreSQL writers meet only where
    /// they change the same, and nobody is waited for.
    #[track_caller]
    pub fn write_within(&self, patience: Duration) -> impl Future<Output = Result<Option<Tx>, DbError>> + Send {
        let caller = Location::caller();
        async move {
            let Self::Sqlite { write, file, .. } = self else { return self.write().await.map(Some) };
            count_statement();
            file.check()?;
            // This process's own writer first, and then everybody else's. The connection forgets its patience when it goes back.
            let Ok(taken) = tokio::time::timeout(patience, write.acquire()).await else { return Ok(None) };
            let mut connection = taken?;
            let bound = format!("PRAGMA busy_timeout = {}", patience.as_millis());
            connection.execute(AssertSqlSafe(bound)).await?;
            match sqlx::Transaction::begin(connection, Some("BEGIN IMMEDIATE".into_sql_str())).await {
                Ok(transaction) => Ok(Some(Tx::Sqlite(Held::writing(transaction, caller, Some(Arc::clone(file)))))),
                Err(error) => match DbError::from(error) {
                    error if error.is_busy() => Ok(None),
                    error => Err(error),
                },
            }
        }
    }

    /// Puts what SQLite has written into its log into the database file and empties the log, in which what was removed since still
    /// stands. PostgreSQL removes such rows by its own `VACUUM`.
    ///
    /// Returns whether it is empty; whoever reads an older moment keeps it from that.
    pub async fn empty_log(&self) -> Result<bool, DbError> {
        let Self::Sqlite { write, .. } = self else { return Ok(true) };
        let mut connection = write.acquire().await?;
        connection.execute(BRIEFLY).await?;
        let (busy, _, _): (i64, i64, i64) =
            sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut *connection).await?;
        Ok(busy == 0)
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

/// Which engine a statement is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
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
    pub async fn lock_table(&mut self, table: &'static str) -> Result<(), DbError> {
        if let Self::Postgres(tx) = self {
            let statement = format!("LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE");
            tx.execute(AssertSqlSafe(statement)).await?;
        }
        Ok(())
    }

    /// Waits until nobody keeps `table` for themselves, and keeps it from being so kept until this transaction ends.
    pub async fn write_in(&mut self, table: &'static str) -> Result<(), DbError> {
        if let Self::Postgres(tx) = self {
            let statement = format!("LOCK TABLE {table} IN ROW EXCLUSIVE MODE");
            tx.execute(AssertSqlSafe(statement)).await?;
        }
        Ok(())
    }

    /// Gives a transaction that touches rows all over the database the memory for it, until it ends.
    pub async fn widen(&mut self) -> Result<(), DbError> {
        if let Self::Sqlite(tx) = self {
            tx.execute(WIDE).await?;
        }
        Ok(())
    }

    pub async fn commit(self) -> Result<(), DbError> {
        count_statement();
        match self {
            Self::Sqlite(tx) => tx.commit().await,
            Self::Postgres(tx) => tx.commit().await,
        }?;
        again::committed();
        Ok(())
    }
}

/// A statement that keeps the rows that it reads from every other writer until the transaction ends: the one place where PostgreSQL
/// is told so. It locks rows one after the other, so `sql` orders them by ID and nobody meets another half-way. References to them,
/// such as a card's to its student, may still be made. SQLite's writer is alone, and it knows no such words.
#[must_use]
pub fn locking(sql: &str) -> AssertSqlSafe<String> {
    // Nothing but what stands in the program's own statements.
    AssertSqlSafe(format!("{sql} FOR NO KEY UPDATE"))
}

/// The file of a SQLite database with this address, whatever else the address says; `None` of another engine's.
#[must_use]
pub fn file_of(url: &str) -> Option<PathBuf> {
    if !url.starts_with("sqlite://") {
        return None;
    }
    Some(SqliteConnectOptions::from_str(url).ok()?.get_filename().to_path_buf())
}

/// A database's address without anything secret in it, for people.
#[must_use]
pub fn shown(url: &str) -> String {
    file_of(url).map_or_else(|| "PostgreSQL".to_owned(), |file| file.display().to_string())
}

/// Makes a file that nobody else on the machine can read: names, birth dates and schools of children stand in it in clear.
/// SQLite gives the files that it keeps beside a database the same mode.
fn make_private(path: &Path) -> Result<std::fs::File, DbError> {
    let made = std::fs::OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path);
    made.map_err(|source| DbError::File { path: path.into(), source })
}

async fn open_sqlite(url: &str) -> Result<Db, DbError> {
    let options = SqliteConnectOptions::from_str(url).map_err(|error| DbError::of_opening(url, error))?;
    open_file(options.get_filename().to_path_buf(), options, url).await
}

/// Opens, and if need be makes, the file at `path`, which errors call `name`.
async fn open_file(path: PathBuf, options: SqliteConnectOptions, name: &str) -> Result<Db, DbError> {
    let failed = |error| DbError::of_opening(name, error);
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        make_folder(folder).map_err(|source| DbError::File { path: folder.into(), source })?;
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
        .row_buffer_size(ROWS_AHEAD)
        .pragma("temp_store", "MEMORY")
        // What is removed or changed leaves no name behind in pages that are free.
        .pragma("secure_delete", "ON")
        .disable_statement_logging();
    let write = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(BUSY_TIMEOUT)
        // After some errors, such as a full disk, SQLite has rolled back by itself; sqlx then counts a transaction that is not
        // there any more, and would never begin another on this connection.
        .after_release(|connection, _| {
            Box::pin(async move { connection.execute(NARROW).await.map(|_| !connection.is_in_transaction()) })
        })
        .connect_with(options.clone().pragma("cache_size", WRITER_CACHE))
        .await
        .map_err(failed)?;
    let read = SqlitePoolOptions::new()
        .max_connections(4)
        .idle_timeout(READER_RESTS)
        .connect_lazy_with(options.read_only(true).pragma("cache_size", READER_CACHE));
    let file = Arc::new(FileMark::of(&path)?);
    Ok(Db::Sqlite { read, write, file })
}

async fn open_postgres(url: &str) -> Result<Db, DbError> {
    // The address holds a password, so errors name only the engine.
    let failed = |error| DbError::of_opening("PostgreSQL", error);
    let options = PgConnectOptions::from_str(url)
        .map_err(failed)?
        .options([
            ("idle_in_transaction_session_timeout", IDLE_IN_TRANSACTION),
            ("lock_timeout", LOCK_TIMEOUT),
            // A report of a second or two is not worth a compiler.
            ("jit", "off"),
            // Few databases lie on disks that turn: an index leads to the rows of one subject in a small table, too.
            ("random_page_cost", "1.1"),
        ])
        .disable_statement_logging();
    let pool = PgPoolOptions::new()
        .max_connections(10)
        .acquire_timeout(Duration::from_secs(10))
        // A caller dropped inside `begin` leaves an open transaction on the connection (sqlx #4385).
        .after_release(|connection, _| Box::pin(async move { connection.execute("ROLLBACK").await.map(|_| true) }))
        .connect_with(options.clone())
        .await;
    match pool {
        Ok(pool) => Ok(Db::Postgres(pool)),
        Err(sqlx::Error::PoolTimedOut) => Err(failed(why(&options).await)),
        Err(error) => Err(failed(error)),
    }
}

/// A pool waits for a server that starts, and then tells only that it waited: one connection more tells why.
async fn why(options: &PgConnectOptions) -> sqlx::Error {
    let tried = tokio::time::timeout(WHY, sqlx::PgConnection::connect_with(options)).await;
    tried.ok().and_then(Result::err).unwrap_or(sqlx::Error::PoolTimedOut)
}

/// What was begun, or the reason for which the pool could not.
async fn explained<T>(pool: &PgPool, begun: Result<T, sqlx::Error>) -> Result<T, DbError> {
    match begun {
        Err(sqlx::Error::PoolTimedOut) => Err(why(&pool.connect_options()).await.into()),
        begun => Ok(begun?),
    }
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
