//! What is remembered of a database outside of it: beside the key lies a small file that says which databases were opened with
//! the key, and how far each was served. A database that is missing, or one that is older than what was last served, is known
//! by it. The same count stands in the database; it grows with every start, every round of sending and every minute of serving.
//!
//! Several nodes on one PostgreSQL each have their own file: the count in the database only grows, so none is ever ahead of it
//! but where the database went back. Whoever finds that, and puts everything into hold, begins a new epoch; for the other nodes
//! that is later than all they remember.

use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::identity::address;
use super::{DbError, Tx, meta, set_meta};
use crate::fetch_locked;
use crate::intake;

/// Where the database keeps how far it was served, and what it was called then.
const SERVED: &str = "served";
const IDENTITY: &str = "identity";

/// How far a database was served. A later one is greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Mark {
    /// Milliseconds since 1970 at which this line of counting began.
    epoch: i64,
    count: i64,
    /// When it was written.
    pub at: DateTime<Utc>,
}

/// What is strange about a database that was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strange {
    /// More was served than it knows of.
    Older,
    /// It was served elsewhere, and nothing beside the key says whether this is all.
    Copied,
}

impl Strange {
    /// The reason for which an office is held then.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::Older => "older_copy",
            Self::Copied => "copied",
        }
    }
}

/// What is remembered of one database beside the key. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Memory(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    file: PathBuf,
    address: String,
    known: Mutex<Option<Mark>>,
}

/// The file's content: how far each database was served, by its address.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Book {
    databases: BTreeMap<String, Mark>,
}

impl Memory {
    /// What is remembered beside `key_file` of the database with the address `url`.
    #[must_use]
    pub fn beside(key_file: &Path, url: &str) -> Self {
        let file = PathBuf::from(format!("{}.mark", key_file.display()));
        let memory = Self(Arc::new(Inner { file, address: address(url), known: Mutex::default() }));
        let mark = memory.book().and_then(|book| book.databases.get(&memory.0.address).copied());
        *memory.known() = mark;
        memory
    }

    /// The file in which it stands.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.0.file
    }

    /// Which databases were opened with this key, as far as the file can be read; `None` if there never was one.
    #[must_use]
    pub fn databases(&self) -> Option<Vec<String>> {
        if !self.0.file.exists() {
            return None;
        }
        Some(self.book().unwrap_or_default().databases.into_keys().collect())
    }

    /// How far this database was served.
    #[must_use]
    pub fn mark(&self) -> Option<Mark> {
        *self.known()
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Option<Mark>> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn book(&self) -> Option<Book> {
        serde_json::from_str(&intake::text(&self.0.file, intake::LARGEST_TEXT).ok()?).ok()
    }

    /// Remembers that the database was served as far as `mark`, unless something later is known. Called once the transaction
    /// that wrote it is committed.
    ///
    /// # Errors
    /// The file cannot be written: what goes out from now on is not known outside of the database.
    pub fn note(&self, mark: Mark) -> Result<(), DbError> {
        let mut known = self.known();
        if known.is_none_or(|known| known < mark) {
            *known = Some(mark);
        }
        let mut book = self.book().unwrap_or_default();
        if book.databases.get(&self.0.address).is_some_and(|written| *written >= mark) {
            return Ok(());
        }
        book.databases.insert(self.0.address.clone(), mark);
        self.write(&book).map_err(|source| DbError::File { path: self.0.file.clone(), source })
    }

    /// In one piece, so that whoever reads it at the same moment sees what was or what is.
    fn write(&self, book: &Book) -> std::io::Result<()> {
        let text = serde_json::to_string(book)?;
        let next = PathBuf::from(format!("{}.{}", self.0.file.display(), std::process::id()));
        let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&next)?;
        let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_data());
        let written = written.and_then(|()| std::fs::rename(&next, &self.0.file));
        if written.is_err() {
            let _ = std::fs::remove_file(&next);
        }
        written
    }

    /// Counts one step further in `tx`; what it gives is noted once `tx` is committed.
    ///
    /// # Errors
    /// [`DbError::Older`] if the database does not know how far it was served already.
    pub async fn step(&self, tx: &mut Tx, now: DateTime<Utc>) -> Result<Mark, DbError> {
        let there = locked(tx).await?;
        if there < self.mark() {
            return Err(DbError::Older);
        }
        let next = match there {
            Some(there) => Mark { count: there.count + 1, at: now, ..there },
            None => Mark { epoch: now.timestamp_millis(), count: 0, at: now },
        };
        write(tx, next).await?;
        Ok(next)
    }

    /// Begins a new line of counting in `tx`, later than all that is known, for a database called `identity`; noted once `tx` is
    /// committed.
    pub async fn begin(&self, tx: &mut Tx, identity: &str, now: DateTime<Utc>) -> Result<Mark, DbError> {
        let epoch = [locked(tx).await?, self.mark()].into_iter().flatten().map(|mark| mark.epoch + 1).max();
        let epoch = now.timestamp_millis().max(epoch.unwrap_or_default());
        let next = Mark { epoch, count: 0, at: now };
        write(tx, next).await?;
        set_meta(tx, IDENTITY, identity).await?;
        Ok(next)
    }

    /// Compares a database with what is remembered of it. `identity` is what it is called now, and `is_server` whether any number
    /// of nodes, each with its own memory, share it.
    pub async fn compare(&self, tx: &mut Tx, identity: &str, is_server: bool) -> Result<Option<Strange>, DbError> {
        let there = written(tx).await?;
        let remembered = self.mark();
        if there < remembered {
            return Ok(Some(Strange::Older));
        }
        let called = meta(tx, IDENTITY).await?;
        // A file may be moved to another disk, and what is remembered beside the key says that it is the newest; a server's
        // database that is another one may be served by others where it came from.
        let decides = remembered.is_none() || is_server;
        let is_other = there.is_some() && called.is_some_and(|called| called != identity);
        Ok((decides && is_other).then_some(Strange::Copied))
    }

    /// Waits until nobody else counts, and keeps them from it until the transaction ends.
    pub async fn wait_turn(&self, tx: &mut Tx) -> Result<(), DbError> {
        locked(tx).await.map(drop)
    }

    /// Whether the database has not been counted yet, or is called otherwise by now.
    pub async fn is_new(&self, tx: &mut Tx, identity: &str) -> Result<bool, DbError> {
        Ok(written(tx).await?.is_none() || meta(tx, IDENTITY).await?.as_deref() != Some(identity))
    }
}

/// How far the database says that it was served.
pub async fn written(tx: &mut Tx) -> Result<Option<Mark>, DbError> {
    Ok(meta(tx, SERVED).await?.and_then(|text| serde_json::from_str(&text).ok()))
}

/// The same, kept from others until the transaction ends.
async fn locked(tx: &mut Tx) -> Result<Option<Mark>, DbError> {
    let rows = fetch_locked!(tx, (String,), "SELECT value FROM meta WHERE name = $1", SERVED)?;
    Ok(rows.first().and_then(|row| serde_json::from_str(&row.0).ok()))
}

async fn write(tx: &mut Tx, mark: Mark) -> Result<(), DbError> {
    set_meta(tx, SERVED, &serde_json::to_string(&mark).unwrap_or_default()).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::db::Db;
    use crate::testing::{postgres, sqlite};

    /// What a node with its own key file remembers of the database.
    fn node(folder: &Path) -> Memory {
        std::fs::create_dir_all(folder).unwrap();
        Memory::beside(&folder.join("siap17.key"), "postgres://server/siap17")
    }

    async fn step(db: &Db, node: &Memory, clock: &Clock) {
        let mut tx = db.write().await.unwrap();
        let mark = node.step(&mut tx, clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        node.note(mark).unwrap();
    }

    async fn compare(db: &Db, node: &Memory) -> Option<Strange> {
        let mut tx = db.read().await.unwrap();
        node.compare(&mut tx, "here", true).await.unwrap()
    }

    #[tokio::test]
    async fn an_older_database_is_known_by_each_node_and_held_by_one() {
        for scratch in [sqlite().await, postgres().await] {
            let (db, clock, folder) = (&scratch.db, Clock::system(), tempfile::tempdir().unwrap());
            let (first, second) = (node(&folder.path().join("first")), node(&folder.path().join("second")));
            let begin = async |node: &Memory| {
                let mut tx = db.write().await.unwrap();
                let mark = node.begin(&mut tx, "here", clock.now()).await.unwrap();
                tx.commit().await.unwrap();
                node.note(mark).unwrap();
            };
            begin(&first).await;
            step(db, &first, &clock).await;
            let mut tx = db.read().await.unwrap();
            let copy = meta(&mut tx, SERVED).await.unwrap().unwrap();
            drop(tx);
            assert_eq!(compare(db, &second).await, None, "a node that comes new knows nothing else");
            for _ in 0..3 {
                step(db, &first, &clock).await;
                step(db, &second, &clock).await;
                assert_eq!((compare(db, &first).await, compare(db, &second).await), (None, None));
            }
            let mut tx = db.write().await.unwrap();
            set_meta(&mut tx, SERVED, &copy).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(compare(db, &first).await, Some(Strange::Older));
            // Also whoever starts anew, and reads only what lies beside the key.
            assert_eq!(compare(db, &node(&folder.path().join("second"))).await, Some(Strange::Older));
            let mut tx = db.write().await.unwrap();
            assert!(matches!(first.step(&mut tx, clock.now()).await, Err(DbError::Older)), "nothing is sent from it");
            drop(tx);
            begin(&first).await;
            assert_eq!((compare(db, &first).await, compare(db, &second).await), (None, None), "it was held once");
            let mut tx = db.read().await.unwrap();
            let elsewhere = first.compare(&mut tx, "elsewhere", true).await.unwrap();
            assert_eq!(elsewhere, Some(Strange::Copied), "a dump restored on another server");
            assert_eq!(first.compare(&mut tx, "moved", false).await.unwrap(), None, "a file may be moved");
        }
    }
}
