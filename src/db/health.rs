//! What only trying shows of a database: whether it takes a change, whether its file is still the one that was opened, whether its
//! pages are whole, and who holds what only one may hold.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::file::FileTrouble;
use super::lease::database_ms;
use super::{Db, DbError, Tx, set_meta};
use crate::fetch_all;

/// Where the last trial is noted.
const TRIED: &str = "health";

/// A lease, and whether it runs.
#[derive(Debug, Clone)]
pub struct Holder {
    pub lease: String,
    pub node: String,
    pub is_running: bool,
}

/// Writes a few bytes, for good: the only proof that a change can be written.
///
/// # Errors
/// As of any change.
pub async fn try_to_write(db: &Db, note: &str) -> Result<(), DbError> {
    let mut tx = db.write().await?;
    set_meta(&mut tx, TRIED, note).await?;
    tx.commit().await
}

/// The same, if nobody else writes for longer than `patience`; gives whether it was written.
///
/// # Errors
/// As of any change.
pub async fn try_to_write_within(db: &Db, note: &str, patience: Duration) -> Result<bool, DbError> {
    let Some(mut tx) = db.write_within(patience).await? else { return Ok(false) };
    set_meta(&mut tx, TRIED, note).await?;
    tx.commit().await?;
    Ok(true)
}

/// Every lease that was ever taken.
///
/// # Errors
/// The database cannot be read.
pub async fn holders(tx: &mut Tx) -> Result<Vec<Holder>, DbError> {
    let now = database_ms(tx).await?;
    let rows = fetch_all!(tx, (String, String, i64), "SELECT name, holder, expires_ms FROM lease ORDER BY name")?;
    let running = |(lease, node, expires): (String, String, i64)| Holder { lease, node, is_running: expires >= now };
    Ok(rows.into_iter().map(running).collect())
}

impl Db {
    /// Looks whether the file is still the one that was opened, and the newest changes beside it; of a server's database there is
    /// nothing to look at.
    #[must_use]
    pub fn file_trouble(&self) -> Option<FileTrouble> {
        let Self::Sqlite { file, .. } = self else { return None };
        let changes_gone = || (!beside(file.path(), "-wal").exists()).then_some(FileTrouble::ChangesGone);
        file.trouble().or_else(changes_gone)
    }

    /// Refuses once the database's file is gone, or another stands in its place. A server says so by itself.
    pub fn still_there(&self) -> Result<(), DbError> {
        match self {
            Self::Sqlite { file, .. } => file.check(),
            Self::Postgres(_) => Ok(()),
        }
    }

    /// Reads every page of a SQLite file; gives what is wrong with it, in SQLite's words. On PostgreSQL the server looks itself.
    ///
    /// # Errors
    /// The file cannot be read at all.
    pub async fn first_damage(&self) -> Result<Option<String>, DbError> {
        let Self::Sqlite { read, .. } = self else { return Ok(None) };
        let (found,): (String,) = sqlx::query_as("PRAGMA quick_check(1)").fetch_one(read).await?;
        Ok((found != "ok").then_some(found))
    }
}

impl Db {
    /// The file beside a SQLite database whose name goes on with `ending`; `None` of a server's.
    #[must_use]
    pub fn beside(&self, ending: &str) -> Option<PathBuf> {
        let Self::Sqlite { file, .. } = self else { return None };
        Some(beside(file.path(), ending))
    }
}

/// The file beside the one at `path` whose name goes on with `ending`, as SQLite names what it keeps beside a database.
#[must_use]
pub fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::sqlite;

    #[tokio::test]
    async fn a_file_that_is_gone_or_another_is_told_from_the_one_that_was_opened() {
        let scratch = sqlite().await;
        try_to_write(&scratch.db, "now").await.unwrap();
        let Db::Sqlite { file: mark, .. } = &scratch.db else { panic!("SQLite") };
        assert_eq!(scratch.db.file_trouble(), None);
        let aside = mark.path().with_extension("aside");
        std::fs::rename(mark.path(), &aside).unwrap();
        assert_eq!(scratch.db.file_trouble(), Some(FileTrouble::Gone));
        std::fs::write(mark.path(), "").unwrap();
        assert_eq!(scratch.db.file_trouble(), Some(FileTrouble::Replaced));
        std::fs::rename(&aside, mark.path()).unwrap();
        std::fs::remove_file(beside(mark.path(), "-wal")).unwrap();
        assert_eq!(scratch.db.file_trouble(), Some(FileTrouble::ChangesGone));
    }

    #[tokio::test]
    async fn damaged_pages_are_found() {
        use std::os::unix::fs::FileExt;
        let scratch = sqlite().await;
        assert_eq!(scratch.db.first_damage().await.unwrap(), None);
        let Db::Sqlite { write, file: mark, .. } = &scratch.db else { panic!("SQLite") };
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(write).await.unwrap();
        let file = std::fs::OpenOptions::new().write(true).open(mark.path()).unwrap();
        let length = file.metadata().unwrap().len();
        file.write_all_at(&vec![0xa5; usize::try_from(length / 2).unwrap()], length / 2).unwrap();
        try_to_write(&scratch.db, "now").await.ok();
        assert!(!matches!(scratch.db.first_damage().await, Ok(None)));
    }
}
