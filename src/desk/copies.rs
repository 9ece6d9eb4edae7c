//! Copies of the database: made whole and in hold, looked at before they take its place, and put back with a trace.

use std::fs::Permissions;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::context::DeskError;
use super::opening::{Desks, OpenError, at_this_machine, system_user};
use super::refusal::CopyRefusal;
use crate::audit::{self, Actor};
use crate::clock::Clock;
use crate::config::Config;
use crate::db::{Db, DbError, Memory, claim_file, file_of, look_at_copy, put_in_place, sync_folder};
use crate::intake;
use crate::messages::LANGUAGES;
use crate::notice::ledger;
use crate::office;
use crate::staff::Right;
use crate::vault::{Vault, VaultError};

/// What SQLite keeps beside a database has the same name and an ending.
const PARTS: [&str; 3] = ["", "-wal", "-shm"];
/// Databases that were set aside and are kept, the newest of them.
const SET_ASIDE: usize = 3;

/// Why a copy is not made or not put back. The database stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    #[error(transparent)]
    Refused(#[from] DeskError),
    #[error(transparent)]
    Open(#[from] OpenError),
}

impl From<CopyRefusal> for CopyError {
    fn from(refusal: CopyRefusal) -> Self {
        Self::Refused(DeskError::Refused(refusal.into()))
    }
}

impl From<DbError> for CopyError {
    fn from(error: DbError) -> Self {
        Self::Open(error.into())
    }
}

impl From<VaultError> for CopyError {
    fn from(error: VaultError) -> Self {
        Self::Open(error.into())
    }
}

/// Who puts a copy back: the account named, of the office named.
#[derive(Debug, Clone, Copy)]
pub struct Restorer<'a> {
    pub office: Option<&'a str>,
    /// The operating system's user where no account is named.
    pub staff: Option<&'a str>,
}

/// A copy that was put back.
#[derive(Debug, Clone, Serialize)]
pub struct Restored {
    pub restored: PathBuf,
    /// The key that its sealed values belong to.
    pub key: String,
    /// When the copy was made, as far as it knows: of what happened since, it knows nothing.
    pub copy_of: Option<DateTime<Utc>>,
    /// Where the database is now that stood there before.
    pub set_aside: Option<PathBuf>,
    /// Where its audit chain is broken, if it is.
    pub audit_broken: Option<String>,
}

impl Desks {
    /// Writes a copy of the database into a new file, in hold, and looks at it; `actor` stands in the audit.
    pub async fn back_up(&self, actor: &Actor, file: &Path) -> Result<(), CopyError> {
        if !self.db.is_served_alone() {
            return Err(CopyRefusal::DumpedByServer.into());
        }
        // A link is not followed, wherever it leads.
        if file.symlink_metadata().is_ok() {
            return Err(CopyRefusal::Exists { file: shown(file) }.into());
        }
        let unfinished = beside(file, ".unfinished");
        // One that was cut short by a kill or a power cut.
        remove(&unfinished);
        let written = self.write_copy(&unfinished).await;
        if written.is_err() {
            remove(&unfinished);
        }
        written?;
        put_in_place(&unfinished, file).map_err(|source| CopyRefusal::File { file: shown(file), source })?;
        let mut tx = self.db.write().await?;
        let deed = audit::Deed {
            office: None,
            actor: &at_this_machine(actor),
            action: "database.backup",
            subject: &subject(file),
            detail: "",
        };
        audit::record(&mut tx, &self.vault, &self.clock, &deed).await?;
        Ok(tx.commit().await?)
    }

    /// A copy knows nothing of what happens from now on; opened in whichever way, it is in hold.
    async fn write_copy(&self, path: &Path) -> Result<(), CopyError> {
        let since = self.clock.now();
        self.db.copy_to(path).await?;
        let copy = Self { db: Db::open_copy(path).await?, memory: None, ..self.clone() };
        let mut tx = copy.db.write().await?;
        copy.hold_as_copy(&mut tx, "copy", Some(since)).await?;
        tx.commit().await?;
        copy.db.close_copy(path).await?;
        look_at_copy(path).await.map_err(|source| CopyRefusal::Badly { file: shown(path), source })?;
        Ok(())
    }

    /// Tells the head of every office that there is no good copy of `night`; once.
    pub async fn tell_of_missing_copy(&self, night: NaiveDate) -> Result<(), OpenError> {
        let text = self.messages.text(LANGUAGES[0], "alarm-backup", &[("day", night.to_string().into())]);
        let mut tx = self.db.write().await?;
        for office in office::all(&mut tx).await? {
            ledger::raise_alarm(&mut tx, &self.clock, &office, &format!("backup:{night}"), &text).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Who may put a copy in the place of this database; `None` while it has no office, and so nobody to say so.
    async fn restorer(&self, who: Restorer<'_>) -> Result<Option<Actor>, CopyError> {
        if self.all().await?.is_empty() {
            return Ok(None);
        }
        let Some(name) = who.staff else { return Ok(Some(Actor::SystemUser(system_user()))) };
        self.desk(who.office, Some(name)).await?.require(Right::Administer)?;
        Ok(Some(Actor::Staff(name.to_owned())))
    }
}

/// Puts a copy in the place of the database, which is kept beside it under another name. Before that the copy is looked at from
/// its first page to its last, and whoever asks must be an admin of the database that is there, or of the copy where none opens.
pub async fn restore(config: &Config, clock: &Clock, who: Restorer<'_>, file: &Path) -> Result<Restored, CopyError> {
    let target = file_of(&config.database.url).ok_or(CopyRefusal::RestoredByServer)?;
    let wrong = |source| CopyRefusal::File { file: shown(&target), source };
    if let Some(folder) = target.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(wrong)?;
    }
    let mut actor = None;
    match Desks::open(config.clone(), clock.clone()).await {
        Ok(there) => {
            let may = there.restorer(who).await;
            there.db.close().await;
            actor = may?;
        }
        Err(error @ OpenError::Rehearsal) => return Err(error.into()),
        // What does not open is what a copy is for.
        Err(_) => {}
    }
    let unfinished = target.with_extension("restoring");
    remove(&unfinished);
    let prepared = prepare(config, clock, who, actor, file, &unfinished).await;
    if prepared.is_err() {
        remove(&unfinished);
    }
    let mut restored = prepared?;
    let placed = place(config, &unfinished, &target).await;
    if placed.is_err() {
        remove(&unfinished);
    }
    (restored.set_aside, restored.restored) = (placed?, target);
    Ok(restored)
}

/// Puts what is prepared where the database is, unless somebody serves it; gives where that is now.
async fn place(config: &Config, unfinished: &Path, target: &Path) -> Result<Option<PathBuf>, CopyError> {
    let wrong = |source| CopyRefusal::File { file: shown(target), source };
    let held = claim_file(target)?;
    // What the old one has not yet put into its file goes there; one that cannot be opened is no reason to keep it.
    if let Ok(Some(old)) = Db::open_begun(&config.database.url).await {
        old.close().await;
    }
    let kept = set_aside(target).map_err(wrong)?;
    put_in_place(unfinished, target).map_err(wrong)?;
    remember(config).await?;
    forget_set_aside(target).map_err(wrong)?;
    drop(held);
    Ok(kept)
}

/// Copies a backup to `unfinished`, looks at it, and makes it what the database is to be.
async fn prepare(
    config: &Config,
    clock: &Clock,
    who: Restorer<'_>,
    actor: Option<Actor>,
    file: &Path,
    unfinished: &Path,
) -> Result<Restored, CopyError> {
    // A file that was copied while it was open has a part of it in another one beside.
    for part in ["", "-wal"] {
        let (from, to) = (beside(file, part), beside(unfinished, part));
        if part.is_empty() || from.exists() {
            let copied = intake::open(&from)
                .and_then(|_| std::fs::copy(&from, &to))
                .and_then(|_| std::fs::set_permissions(&to, Permissions::from_mode(0o600)));
            copied.map_err(|source| CopyRefusal::File { file: shown(&from), source })?;
        }
    }
    let hash = hash_of(unfinished).map_err(|source| CopyRefusal::File { file: shown(file), source })?;
    let looked =
        look_at_copy(unfinished).await.map_err(|source| CopyRefusal::Unusable { file: shown(file), source })?;
    let key = Vault::open(&config.key_file)?.key_id();
    if let Some(expected) = looked.key.filter(|expected| *expected != key) {
        return Err(CopyRefusal::OtherKey { file: shown(file), expected, key }.into());
    }
    if looked.offices == 0 {
        return Err(CopyRefusal::NoOffice { file: shown(file) }.into());
    }
    let copy = Desks::over_copy(config.clone(), clock.clone(), unfinished).await?;
    let actor = match actor {
        Some(actor) => actor,
        None => copy.restorer(who).await?.ok_or_else(|| CopyRefusal::NoOffice { file: shown(file) })?,
    };
    let audit_broken = super::audit::verify(&copy.db, &copy.vault, None).await?.broken.map(|fault| fault.to_string());
    let mut tx = copy.db.write().await?;
    copy.hold_as_copy(&mut tx, "restored", None).await?;
    let mut copy_of = None;
    for office in office::all(&mut tx).await.map_err(OpenError::from)? {
        copy_of = office::copied_at(&mut tx, &office).await?.or(copy_of);
    }
    let made = copy_of.map_or_else(|| "nobody knows when".to_owned(), |at| at.to_rfc3339());
    let detail = format!("made {made}, sha256 {hash}");
    let deed = audit::Deed {
        office: None,
        actor: &at_this_machine(&actor),
        action: "database.restore",
        subject: &subject(file),
        detail: &detail,
    };
    audit::record(&mut tx, &copy.vault, clock, &deed).await?;
    let memory = Memory::beside(&config.key_file, &config.database.url);
    memory.begin(&mut tx, &copy.db.identity().await?, clock.now()).await?;
    tx.commit().await?;
    if audit_broken.is_none() {
        copy.seal_audit().await?;
    }
    copy.db.close_copy(unfinished).await?;
    Ok(Restored { restored: PathBuf::new(), key, copy_of, set_aside: None, audit_broken })
}

/// Remembers beside the key what stands there now, so that it is not taken for an older one.
async fn remember(config: &Config) -> Result<(), CopyError> {
    if let Some(db) = Db::open_begun(&config.database.url).await? {
        let mut tx = db.read().await?;
        let mark = crate::db::written(&mut tx).await?;
        drop(tx);
        db.close().await;
        if let Some(mark) = mark {
            // The next command remembers it otherwise.
            let _ = Memory::beside(&config.key_file, &config.database.url).note(mark);
        }
    }
    Ok(())
}

/// Gives the database another name, never that of one that was set aside before; it stays under its own, too, until the copy
/// takes that, so that at no moment there is none.
fn set_aside(target: &Path) -> std::io::Result<Option<PathBuf>> {
    if !target.exists() {
        return Ok(None);
    }
    let number = aside(target)?.last().map_or(1, |(number, _)| number + 1);
    let kept = target.with_extension(if number == 1 { ASIDE.to_owned() } else { format!("{ASIDE}-{number}") });
    for part in PARTS {
        let (from, to) = (beside(target, part), beside(&kept, part));
        if !from.exists() {
            continue;
        }
        // Not every file system knows two names for a file.
        if !part.is_empty() || std::fs::hard_link(&from, &to).is_err() {
            std::fs::rename(&from, &to)?;
        }
    }
    sync_folder(target)?;
    Ok(Some(kept))
}

const ASIDE: &str = "before-restore";

/// The databases that were set aside, in the order of their numbers.
fn aside(target: &Path) -> std::io::Result<Vec<(u32, PathBuf)>> {
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let first = target.with_extension(ASIDE);
    let stem = first.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(rest) = name.strip_prefix(&stem) else { continue };
        let number = if rest.is_empty() { Some(1) } else { rest.strip_prefix('-').and_then(|rest| rest.parse().ok()) };
        found.extend(number.map(|number| (number, entry.path())));
    }
    found.sort();
    Ok(found)
}

/// Removes what was set aside, but for the newest.
fn forget_set_aside(target: &Path) -> std::io::Result<()> {
    let known = aside(target)?;
    for (_, old) in known.iter().take(known.len().saturating_sub(SET_ASIDE)) {
        remove(old);
    }
    Ok(())
}

fn hash_of(path: &Path) -> std::io::Result<String> {
    let (mut hash, mut file, mut piece) = (Sha256::new(), std::fs::File::open(path)?, vec![0; 1 << 16]);
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(hex::encode(hash.finalize())),
            read => hash.update(&piece[..read]),
        }
    }
}

/// What an audit entry calls a copy: its name, without the folders that may say more.
fn subject(file: &Path) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    format!("copy:{}", name.chars().filter(|one| !one.is_control()).collect::<String>())
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// A copy that is no good is not left lying about, nor what SQLite keeps beside it.
fn remove(path: &Path) {
    for part in PARTS {
        let _ = std::fs::remove_file(beside(path, part));
    }
}
