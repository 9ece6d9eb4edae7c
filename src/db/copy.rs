//! Copies of a SQLite database: written under another name first, looked at, and only then put where they belong.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode};
use sqlx::{ConnectOptions, Connection, Row};

use super::{Db, DbError, OF_SQLITE, make_private};
use crate::intake;

/// What every SQLite database begins with.
const HEADER: &[u8; 16] = b"SQLite format 3\0";

/// Why a file cannot take the place of a database.
#[derive(Debug, thiserror::Error)]
pub enum CopyFault {
    #[error("it cannot be read")]
    Io(#[source] std::io::Error),
    #[error("it is empty; it was probably never written to its end")]
    Empty,
    #[error("it is no SQLite database")]
    NotSqlite,
    #[error("it is cut short or damaged: {0}; take another copy")]
    Damaged(String),
    #[error("it is a database, but none of siap17's")]
    NotOurs,
    #[error("it was made by a newer siap17 (schema {found}, this one knows {known}); install that version")]
    Newer { found: i64, known: i64 },
    #[error("its schema {0} is not the one that this siap17 knows by that number")]
    OtherSchema(i64),
    #[error("{0} of its rows refer to what is not there; take another copy")]
    Dangling(usize),
}

/// What stands in a copy that is whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    /// The key that its sealed values belong to.
    pub key: Option<String>,
    pub offices: i64,
}

/// Looks at a copy without changing it: all of its pages, indexes and references, its schema, whose it is.
///
/// # Errors
/// What is wrong with it.
pub async fn look_at_copy(path: &Path) -> Result<Looked, CopyFault> {
    let mut head = [0; HEADER.len()];
    let mut file = intake::open(path).map_err(CopyFault::Io)?;
    let length = file.metadata().map_err(CopyFault::Io)?.len();
    if length == 0 {
        return Err(CopyFault::Empty);
    }
    if file.read_exact(&mut head).is_err() || head != *HEADER {
        return Err(CopyFault::NotSqlite);
    }
    drop(file);
    let options = SqliteConnectOptions::new().filename(path).read_only(true).disable_statement_logging();
    let mut connection = options.connect().await.map_err(damaged)?;
    let looked = look(&mut connection).await;
    let _ = connection.close().await;
    looked
}

async fn look(connection: &mut SqliteConnection) -> Result<Looked, CopyFault> {
    let faults: Vec<String> = sqlx::query("PRAGMA integrity_check(3)")
        .fetch_all(&mut *connection)
        .await
        .map_err(damaged)?
        .iter()
        .map(|row| row.get(0))
        .collect();
    if faults != ["ok"] {
        return Err(CopyFault::Damaged(faults.join("; ")));
    }
    let sql =
        "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name IN ('_sqlx_migrations', 'meta', 'office')";
    let tables: (i64,) = sqlx::query_as(sql).fetch_one(&mut *connection).await.map_err(damaged)?;
    if tables.0 != 3 {
        return Err(CopyFault::NotOurs);
    }
    let applied: Vec<(i64, Vec<u8>)> =
        sqlx::query_as("SELECT version, checksum FROM _sqlx_migrations ORDER BY version")
            .fetch_all(&mut *connection)
            .await
            .map_err(damaged)?;
    let known = OF_SQLITE.iter().map(|migration| migration.version).max().unwrap_or_default();
    for (version, checksum) in &applied {
        match OF_SQLITE.iter().find(|migration| migration.version == *version) {
            Some(migration) if migration.checksum.as_ref() == checksum.as_slice() => {}
            None if *version > known => return Err(CopyFault::Newer { found: *version, known }),
            _ => return Err(CopyFault::OtherSchema(*version)),
        }
    }
    let dangling = sqlx::query("PRAGMA foreign_key_check").fetch_all(&mut *connection).await.map_err(damaged)?;
    if !dangling.is_empty() {
        return Err(CopyFault::Dangling(dangling.len()));
    }
    let sql = "SELECT (SELECT value FROM meta WHERE name = 'key_id'), (SELECT COUNT(*) FROM office)";
    let (key, offices) = sqlx::query_as(sql).fetch_one(connection).await.map_err(damaged)?;
    Ok(Looked { key, offices })
}

fn damaged(error: sqlx::Error) -> CopyFault {
    match error {
        sqlx::Error::Database(error) => CopyFault::Damaged(error.message().to_owned()),
        error => CopyFault::Damaged(error.to_string()),
    }
}

impl Db {
    /// Writes a whole copy of a SQLite database to a new file; `false` on PostgreSQL, whose own tools do that.
    pub async fn copy_to(&self, path: &Path) -> Result<bool, DbError> {
        let Self::Sqlite { read, .. } = self else { return Ok(false) };
        self.still_there()?;
        make_private(path)?;
        let copied = sqlx::query("VACUUM INTO $1").bind(path.to_string_lossy().into_owned()).execute(read).await;
        if copied.is_err() {
            // Half a copy must not be taken for a backup.
            let _ = std::fs::remove_file(path);
        }
        copied?;
        Ok(true)
    }

    /// Opens a copy, to write into it what sets it apart from the database that it was made of. Its schema is brought up to date.
    pub async fn open_copy(path: &Path) -> Result<Self, DbError> {
        let options = SqliteConnectOptions::new().filename(path);
        let db = super::open_file(path.to_path_buf(), options, &path.display().to_string()).await?;
        db.migrate(i64::MAX).await?;
        Ok(db)
    }

    /// Closes a copy so that all of it is in the one file and on disk, with nothing beside it.
    pub async fn close_copy(self, path: &Path) -> Result<(), DbError> {
        self.close().await;
        let failed = |source| DbError::File { path: path.into(), source };
        let options = SqliteConnectOptions::new().filename(path).journal_mode(SqliteJournalMode::Delete);
        options.disable_statement_logging().connect().await?.close().await?;
        File::open(path).and_then(|file| file.sync_all()).map_err(failed)
    }
}

/// Gives an unfinished file its name, so that it is there after a power cut, too.
pub fn put_in_place(unfinished: &Path, path: &Path) -> std::io::Result<()> {
    File::open(unfinished)?.sync_all()?;
    std::fs::rename(unfinished, path)?;
    sync_folder(path)
}

/// Has the names in a file's folder on disk.
pub fn sync_folder(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(PathBuf::from(folder))?.sync_all()
}
