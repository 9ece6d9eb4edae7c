//! Rosters at the desk: one file, one transaction, and a report that says what became of every row.

use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::{Desk, DeskError, Done};
use crate::audit::Actor;
use crate::db::Tx;
use crate::place::{self, Place, PlaceId};
use crate::roster::import::{self, FileReport, ImportId, Imported, Incoming, Into, Listed, State};
use crate::roster::{self, Rules};
use crate::staff::{self, Right, Role};

/// Largest file that is read, in bytes.
pub const LARGEST_FILE: u64 = 100 * 1024 * 1024;
/// A file in the inbox whose size changes within this time is still being written.
const STILL: Duration = Duration::from_secs(1);

/// How a file is to be imported.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The place's code; without it the file itself must say.
    pub place: Option<String>,
    /// Does everything but keeps nothing.
    pub dry_run: bool,
    /// All rows or none.
    pub strict: bool,
}

impl Desk {
    /// Imports one file.
    pub async fn import_roster(&self, name: &str, bytes: Vec<u8>, options: &Options) -> Done<FileReport> {
        self.require(Right::Rosters)?;
        let rules = Rules { region: self.office.declaration.region.clone(), today: self.today() };
        let file = name.to_owned();
        let read = tokio::task::spawn_blocking(move || (roster::read(&bytes, &file, &rules), bytes)).await;
        let (reading, bytes) =
            read.map_err(|_| DeskError::refused("unreadable", format!("{name}: the file cannot be read")))?;
        let reading = reading.map_err(|error| DeskError::refused("unreadable", format!("{name}: {error}")))?;
        let mut tx = self.db.write().await?;
        let named = match &options.place {
            None => None,
            Some(code) => Some(place::find(&mut tx, self.office.id, code).await?.ok_or_else(|| unknown_place(code))?),
        };
        let place = match (self.own_place(&mut tx).await?, named) {
            (Some(own), Some(named)) if own.id != named.id => return Err(not_own(&own)),
            (Some(own), _) => Some(own),
            (None, named) => named,
        };
        let actor = self.actor.to_string();
        let to = Into {
            clock: &self.clock,
            vault: &self.vault,
            office: self.office.id,
            today: self.today(),
            leap_day: self.office.policies().leap_day,
            actor: &actor,
        };
        let incoming = Incoming { name, bytes: &bytes, reading, place, strict: options.strict };
        let Imported { mut report, touched } = import::import(&mut tx, to, incoming).await?;
        if options.dry_run {
            report.import = None;
            if report.state == State::Applied {
                report.state = State::DryRun;
            }
            return Ok(report);
        }
        let Some(id) = report.import else { return Ok(report) };
        let detail = format!(
            "{} new, {} changed, {} unchanged, {} rejected",
            report.new, report.changed, report.unchanged, report.rejected
        );
        self.audit(&mut tx, "roster.import", &format!("import:{id}"), &detail).await?;
        self.settle_many(&mut tx, &touched).await?;
        tx.commit().await?;
        Ok(report)
    }

    /// The one place whose roster this account may touch; `None` for whoever may touch all.
    pub(super) async fn own_place(&self, tx: &mut Tx) -> Done<Option<Place>> {
        let (Some(Role::School | Role::Village), Actor::Staff(name)) = (self.role, &self.actor) else {
            return Ok(None);
        };
        let id = staff::find(tx, self.office.id, name).await?.and_then(|account| account.place_id);
        let own = match id {
            Some(id) => place::load(tx, PlaceId(id)).await?,
            None => None,
        };
        let nowhere = || DeskError::refused("place_missing", "this account has no place; ask an admin of the office");
        own.map(Some).ok_or_else(nowhere)
    }

    /// Past imports, newest first, at most `limit` after the import `after`.
    pub async fn rosters(&self, after: Option<ImportId>, limit: i64) -> Done<Vec<Listed>> {
        self.require(Right::Rosters)?;
        let mut tx = self.db.read().await?;
        let own = self.own_place(&mut tx).await?;
        let mut imports = import::list(&mut tx, self.office.id, after, limit).await?;
        if let Some(own) = own {
            imports.retain(|one| one.place.as_deref() == Some(own.code.as_str()));
        }
        Ok(imports)
    }

    /// Imports what lies in `folder/<PLACE>/`, moves each file to `done` or `refused` beside it, with its report, and removes
    /// what lay there longer than `kept_days`. A crash between import and move costs nothing: the same file again changes nothing.
    pub async fn import_inbox(&self, folder: &Path, kept_days: u16) -> Result<String, InboxError> {
        let (mut taken, mut refused) = (0, 0);
        let mut tx = self.db.read().await?;
        let codes: Vec<String> =
            place::all(&mut tx, self.office.id).await?.into_iter().map(|place| place.code).collect();
        drop(tx);
        for code in codes {
            let inbox = folder.join(&code);
            if !inbox.is_dir() {
                continue;
            }
            for path in files_in(&inbox)? {
                if !is_complete(&path).await? {
                    continue;
                }
                let went_well = self.import_from_inbox(&inbox, &path, &code).await?;
                taken += usize::from(went_well);
                refused += usize::from(!went_well);
            }
            for kind in [DONE, REFUSED] {
                remove_old(&inbox.join(kind), self.clock.now() - TimeDelta::days(kept_days.into()))?;
            }
        }
        Ok(format!("{taken} files imported, {refused} refused"))
    }

    async fn import_from_inbox(&self, inbox: &Path, path: &Path, code: &str) -> Result<bool, InboxError> {
        let at = |source| InboxError::Io { path: path.into(), source };
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let size = std::fs::metadata(path).map_err(at)?.len();
        let options = Options { place: Some(code.to_owned()), ..Options::default() };
        let outcome = if size > LARGEST_FILE {
            Err(DeskError::refused(
                "too_large",
                format!("{name}: the file is larger than {LARGEST_FILE} bytes; split it"),
            ))
        } else {
            self.import_roster(&name, std::fs::read(path).map_err(at)?, &options).await
        };
        let (folder, answer) = match outcome {
            Ok(report) if report.state == State::Applied => (DONE, serde_json::to_string_pretty(&report)),
            Ok(report) => (REFUSED, serde_json::to_string_pretty(&report)),
            Err(error @ DeskError::Db(_)) => return Err(error.into()),
            Err(error) => {
                (REFUSED, serde_json::to_string_pretty(&Answer { code: error.code(), message: error.to_string() }))
            }
        };
        let target = inbox.join(folder);
        std::fs::create_dir_all(&target).map_err(at)?;
        // A second file of the same name must not replace the first one's answer.
        let stamp = self.clock.now().format("%Y%m%dT%H%M%S%.6f");
        let answer_path = target.join(format!("{stamp} {name}.json"));
        std::fs::write(&answer_path, answer.unwrap_or_default()).map_err(at)?;
        std::fs::rename(path, target.join(format!("{stamp} {name}"))).map_err(at)?;
        Ok(folder == DONE)
    }
}

const DONE: &str = "done";
const REFUSED: &str = "refused";

#[derive(Serialize)]
struct Answer {
    code: &'static str,
    message: String,
}

/// Why the inbox folder could not be worked through.
#[derive(Debug, thiserror::Error)]
pub enum InboxError {
    #[error("the inbox file {path} cannot be handled")]
    Io { path: PathBuf, source: std::io::Error },
    #[error(transparent)]
    Desk(#[from] DeskError),
    #[error(transparent)]
    Db(#[from] crate::db::DbError),
}

fn not_own(own: &Place) -> DeskError {
    DeskError::refused("not_allowed", format!("this account sends the roster of {} ({}) only", own.name, own.code))
}

fn unknown_place(code: &str) -> DeskError {
    DeskError::refused("place_unknown", format!("there is no place '{code}'; `siap17 place list` shows them"))
}

fn files_in(folder: &Path) -> Result<Vec<PathBuf>, InboxError> {
    let at = |source| InboxError::Io { path: folder.into(), source };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(at)? {
        let path = entry.map_err(at)?.path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(['.', '~']));
        if path.is_file() && !hidden {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Whether nobody is writing the file any more: it is not empty and does not grow.
async fn is_complete(path: &Path) -> Result<bool, InboxError> {
    let size = || std::fs::metadata(path).map(|data| data.len());
    let at = |source| InboxError::Io { path: path.into(), source };
    let before = size().map_err(at)?;
    tokio::time::sleep(STILL).await;
    Ok(before > 0 && size().map_err(at)? == before)
}

/// Removes files that were last written before `oldest`.
fn remove_old(folder: &Path, oldest: DateTime<Utc>) -> Result<(), InboxError> {
    if !folder.is_dir() {
        return Ok(());
    }
    for path in files_in(folder)? {
        let at = |source| InboxError::Io { path: path.clone(), source };
        let written: DateTime<Utc> = std::fs::metadata(&path).and_then(|data| data.modified()).map_err(at)?.into();
        if written < oldest {
            std::fs::remove_file(&path).map_err(at)?;
        }
    }
    Ok(())
}
