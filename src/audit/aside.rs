//! Looks that are written down beside a SQLite file while somebody else writes in it for long.
//!
//! Nothing is shown whose look is not written down, and nobody who only looks waits for an import. So such a look goes, sealed, into a
//! file beside the database, on the disk before anything is shown; the next sealer brings it into the audit, with its own ID and
//! time. A crash between that and the file's end brings the same entry twice, which its ID makes one.

use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::{Deed, Entry};
use crate::clock::Clock;
use crate::db::{Db, DbError, Tx};
use crate::execute;
use crate::intake;
use crate::vault::{Purpose, Vault};

/// What the name of the looks' file has behind that of the database.
pub const LOOKS: &str = "-looks";
const TAKEN: &str = "-looks.";
const LOCK: &str = "-looks-lock";
/// More than the looks of any import's time.
const MOST: u64 = 64 << 20;

/// Writes a look down beside the database; `false` where there is no such place, as of a server's database.
///
/// # Errors
/// The disk does not take it.
pub fn put((db, vault, clock): (&Db, &Vault, &Clock), deed: &Deed<'_>) -> Result<bool, DbError> {
    let Some(path) = db.beside(LOOKS) else { return Ok(false) };
    let failed = |source| DbError::File { path: path.clone(), source };
    let look = Entry::of(clock, deed);
    let sealed = serde_json::to_vec(&look)
        .map_err(Error::other)
        .and_then(|text| vault.seal(Purpose::Look, &text).map_err(Error::other))
        .map_err(failed)?;
    let lock = locked(db).map_err(failed)?;
    let written = private(&path, true).and_then(|mut file| {
        file.write_all(format!("{}\n", hex::encode(sealed)).as_bytes())?;
        file.sync_all()
    });
    drop(lock);
    written.map_err(failed)?;
    Ok(true)
}

/// Takes what was written down since the last time out of the way of who writes more; gives the files that are to be brought in.
pub(super) fn taken(db: &Db) -> Result<Vec<PathBuf>, DbError> {
    let (Some(path), Some(beginning)) = (db.beside(LOOKS), db.beside(TAKEN)) else { return Ok(Vec::new()) };
    let failed = |source| DbError::File { path: path.clone(), source };
    if path.exists() {
        let lock = locked(db).map_err(failed)?;
        // Under a name of its own, so that whoever removes it later removes no other.
        let own = PathBuf::from(format!("{}{}", beginning.display(), Uuid::now_v7().simple()));
        match std::fs::rename(&path, own) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        drop(lock);
    }
    let (Some(folder), Some(start)) = (folder_of(&path), beginning.file_name()) else { return Ok(Vec::new()) };
    let start = start.to_string_lossy().into_owned();
    let entries = std::fs::read_dir(folder).map_err(failed)?.flatten().map(|entry| entry.path());
    Ok(entries.filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&start))).collect())
}

/// Brings the looks of these files into the audit. The files are to be removed once that is committed.
pub(super) async fn bring_in(tx: &mut Tx, vault: &Vault, files: &[PathBuf]) -> Result<(), DbError> {
    for path in files {
        let text = match intake::text(path, MOST) {
            Ok(text) => text,
            // Another sealer was quicker.
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(source) => return Err(DbError::File { path: path.clone(), source }),
        };
        for line in text.lines() {
            let Some(look) = opened(vault, line) else {
                // The end of a line that a crash cut short, before anything was shown.
                tracing::error!(file = %path.display(), "a look that was kept aside cannot be read");
                continue;
            };
            execute!(
                &mut *tx,
                "INSERT INTO audit_entry (id, office_id, at, actor, action, subject, detail, mark)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING",
                look.id,
                look.office_id,
                look.at,
                &look.actor,
                &look.action,
                &look.subject,
                &look.detail,
                look.mark(vault),
            )?;
        }
    }
    Ok(())
}

fn opened(vault: &Vault, line: &str) -> Option<Entry> {
    let sealed = hex::decode(line).ok()?;
    serde_json::from_slice(&vault.open_sealed(Purpose::Look, &sealed).ok()?).ok()
}

/// Whoever has this is alone with the file's name; it is held for moments.
fn locked(db: &Db) -> Result<File, Error> {
    let path = db.beside(LOCK).ok_or_else(|| Error::from(ErrorKind::Unsupported))?;
    let file = private(&path, false)?;
    file.lock()?;
    Ok(file)
}

fn private(path: &Path, append: bool) -> Result<File, Error> {
    OpenOptions::new().create(true).append(append).write(true).truncate(false).mode(0o600).open(path)
}

fn folder_of(path: &Path) -> Option<&Path> {
    path.parent().map(|folder| if folder.as_os_str().is_empty() { Path::new(".") } else { folder })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Sealing, seal, verify};
    use crate::testing::{postgres, sqlite};

    #[tokio::test]
    async fn a_look_beside_the_database_is_brought_in_once_with_its_own_time() {
        let (scratch, vault) = (sqlite().await, Vault::from_secret(&[7; 32]));
        let clock = Clock::starting_at("2026-11-23T00:00:00Z".parse().unwrap());
        let put = |detail: &str| {
            let deed = Deed { office: None, actor: "siap17", action: "student.find", subject: "students", detail };
            put((&scratch.db, &vault, &clock), &deed).unwrap()
        };
        assert!(put("1 found") && put("2 found"));
        let kept = std::fs::read_to_string(scratch.db.beside(LOOKS).unwrap()).unwrap();
        assert!(!kept.contains("student"), "what lies beside the database is sealed");
        // A crash after the commit and before the removal.
        let files = taken(&scratch.db).unwrap();
        let mut tx = scratch.db.write().await.unwrap();
        bring_in(&mut tx, &vault, &files).await.unwrap();
        tx.commit().await.unwrap();
        assert!(put("3 found"), "one more meanwhile");
        assert_eq!(seal(&scratch.db, &vault, false).await.unwrap(), Sealing::Sealed(3));
        let verdict = verify(&scratch.db, &vault, true, None).await.unwrap();
        assert_eq!((verdict.entries, verdict.unsealed, verdict.broken), (3, 0, None));
        assert!(taken(&scratch.db).unwrap().is_empty(), "nothing is left");
        let server = postgres().await;
        let deed = Deed { office: None, actor: "siap17", action: "student.find", subject: "students", detail: "" };
        assert!(!super::put((&server.db, &vault, &clock), &deed).unwrap());
    }
}
