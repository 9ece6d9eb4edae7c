//! The inbox folder: `folder/<PLACE>/FILE` is imported, and an answer put into a folder beside it. A file that lies there by itself
//! must say whose it is.
//!
//! No roster stays there in clear: what the database has taken, it keeps as far as anybody needs it, and the file is removed; what
//! was refused unread is sealed. Links are not followed.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use serde::Serialize;
use serde_json::Value;

use super::import::{LARGEST_FILE, Options};
use super::sealed_file::{self, SealError};
use crate::desk::context::{Desk, DeskError};
use crate::desk::refusal::RosterRefusal;
use crate::intake;
use crate::kept_file::{self, FileError, make_private_folder};
use crate::nik::without_niks;
use crate::roster::ids::{ImportId, State};
use crate::roster::import::report::FileReport;
use crate::{office, place};

/// A file in the inbox whose size changes within this time is still being written.
const STILL: Duration = Duration::from_secs(1);
/// A copy that has not begun after so long failed: the file is refused, so that somebody learns of it.
const EMPTY: TimeDelta = TimeDelta::minutes(10);

/// Whose a file in the inbox is.
#[derive(Debug, Clone)]
enum Whose {
    /// It lies in the folder of the place with this code.
    Place(String),
    /// It lies in no folder, so that it must say so itself.
    Itself,
    /// It lies in a folder that is no place's.
    Nobody(String),
}

impl Desk {
    /// Imports what lies in `folder/<PLACE>/` and in `folder/` itself, puts the answer to each file into `done`, `parked` or `refused`
    /// beside it, removes or seals the file, and removes what lay there longer than `kept_days`. A crash between import and answer
    /// costs nothing: the same file again changes nothing.
    pub async fn import_drop_folder(&self, folder: &Path, kept_days: u16) -> Result<String, DropFolderError> {
        let (mut taken, mut refused) = (0, 0);
        let mut tx = self.db.read().await?;
        let codes: Vec<String> =
            place::all(&mut tx, self.office.id).await?.into_iter().map(|place| place.code).collect();
        let is_alone = office::codes(&mut tx).await.map_err(DeskError::from)?.len() == 1;
        drop(tx);
        let mut inboxes: Vec<(PathBuf, Whose)> =
            codes.iter().map(|code| (folder.join(code), Whose::Place(code.clone()))).collect();
        // Of several offices, a file or folder that this one does not know may be another's.
        if is_alone && folder.is_dir() {
            inboxes.push((folder.to_owned(), Whose::Itself));
            for name in folders_in(folder)?.into_iter().filter(|name| !codes.contains(name)) {
                inboxes.push((folder.join(&name), Whose::Nobody(without_niks(&name))));
            }
        }
        // A link to a folder is as little followed as one to a file; the inbox itself may be one.
        inboxes.retain(|(inbox, _)| if inbox == folder { inbox.is_dir() } else { is_folder(inbox) });
        let mut files = Vec::new();
        for (inbox, _) in &inboxes {
            files.extend(found_in(inbox)?.files);
        }
        let complete = complete(files, self.clock.now(), tokio::time::sleep(STILL)).await;
        for (inbox, whose) in inboxes {
            for path in complete.iter().filter(|path| path.parent() == Some(&*inbox)) {
                let went_well = match self.import_from_drop_folder(&inbox, path, &whose).await {
                    Ok(went_well) => went_well,
                    // One file that cannot be read or moved keeps no other school waiting.
                    Err(DropFolderError::File { source, .. }) => {
                        tracing::error!(?whose, error = %source, "a file in the inbox cannot be handled");
                        false
                    }
                    Err(error) => return Err(error),
                };
                taken += usize::from(went_well);
                refused += usize::from(!went_well);
            }
            for kind in MOVED {
                remove_old(&inbox.join(kind), self.clock.now() - TimeDelta::days(kept_days.into()))?;
            }
        }
        Ok(format!("{taken} files imported, {refused} refused"))
    }

    /// Imports one file and answers it. Returns whether all went well.
    async fn import_from_drop_folder(&self, inbox: &Path, path: &Path, whose: &Whose) -> Result<bool, DropFolderError> {
        // A NIK in a file's name is told nowhere, and kept nowhere.
        let name = without_niks(&path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default());
        let at = |source: FileError| DropFolderError::File { name: name.clone(), source };
        let before = version(path);
        let (outcome, no_file) = match kept_file::open(path) {
            Ok(file) => (self.take(&name, file, whose).await.map_err(|error| error.of(&name))?, None),
            Err(FileError::Link) => {
                (Err(RosterRefusal::Link { file: name.clone() }.into()), Some(Original::LinkRemoved))
            }
            // A pipe, a socket or a device: somebody has to put the roster there in another way.
            Err(error @ FileError::NoFile(_)) => {
                let refusal = RosterRefusal::Unreadable { file: name.clone(), why: error.to_string() };
                (Err(refusal.into()), Some(Original::Moved))
            }
            Err(error) => return Err(at(error)),
        };
        let (folder, mut answer, import) = said(&outcome);
        let target = inbox.join(folder);
        make_private_folder(&target).map_err(at)?;
        // A second file of the same name must not replace the first one's answer.
        let stamp = self.clock.now().format(STAMP);
        let end = end_of(&name);
        let original = match (&outcome, import) {
            // The database keeps of it what anybody needs: the students, and the whole file, sealed, if something is to be mended.
            (Ok(_), Some(_)) => Original::Removed,
            _ => no_file.unwrap_or(Original::Sealed),
        };
        if let Ok(answer) = &mut answer {
            answer["original"] = serde_json::json!({"is": original.code(), "message": original.words()});
        }
        let answer = answer.and_then(|answer| serde_json::to_vec_pretty(&answer)).unwrap_or_default();
        kept_file::write(&target.join(format!("{stamp} {end}.json")), &answer, &[]).map_err(at)?;
        if let Ok(report) = outcome {
            self.put_answer_file(&report, &target, &stamp.to_string()).await?;
        }
        if original == Original::Sealed {
            self.seal_beside(path, target.join(format!("{stamp} {end}.sealed"))).await.map_err(
                |error| match error {
                    SealError::Vault(error) => DropFolderError::Desk(error.into()),
                    SealError::File(error) => at(error),
                },
            )?;
        }
        // One that was put in its place meanwhile was not read: its turn comes next.
        if version(path) == before {
            let done = match original {
                Original::Moved => std::fs::rename(path, target.join(format!("{stamp} {end}"))),
                _ => std::fs::remove_file(path),
            };
            done.map_err(|error| at(error.into()))?;
        }
        Ok(folder == DONE)
    }

    async fn seal_beside(&self, path: &Path, sealed: PathBuf) -> Result<(), SealError> {
        let (file, vault) = (kept_file::open(path)?, self.vault.clone());
        tokio::task::spawn_blocking(move || sealed_file::seal(&vault, file, &sealed)).await.map_err(io::Error::other)?
    }

    /// Imports an opened file. Its refusal is an outcome; an error of the database is not.
    async fn take(&self, name: &str, file: File, whose: &Whose) -> Result<Result<FileReport, DeskError>, TakeError> {
        let place = if let Whose::Place(code) = whose { Some(code.clone()) } else { None };
        let options = Options { place, ..Options::default() };
        if let Whose::Nobody(folder) = whose {
            return Ok(Err(RosterRefusal::FolderOfNobody { file: name.to_owned(), folder: folder.clone() }.into()));
        }
        // On a thread that may block.
        let read = tokio::task::spawn_blocking(move || intake::bytes_of(file, LARGEST_FILE)).await;
        let bytes = match read.map_err(io::Error::other)? {
            Err(error) if error.kind() == ErrorKind::FileTooLarge => {
                return Ok(Err(RosterRefusal::TooLarge { file: name.to_owned(), most: LARGEST_FILE }.into()));
            }
            read => read?,
        };
        match self.import_roster(name, bytes, &options).await {
            Err(error @ DeskError::Db(_)) => Err(error.into()),
            outcome => Ok(outcome),
        }
    }

    /// Puts the sender's own sheet with the wrong cells marked into `target`, if there are any. No NIK stands in it.
    async fn put_answer_file(&self, report: &FileReport, target: &Path, stamp: &str) -> Result<(), DropFolderError> {
        let Some(import) = report.import.filter(|_| report.has_marks()) else { return Ok(()) };
        match self.roster_answer(import).await {
            Ok((name, bytes)) => {
                let path = target.join(format!("{stamp} {}", end_of(&name)));
                kept_file::write(&path, &bytes, &[]).map_err(|source| DropFolderError::File { name, source })
            }
            Err(error @ DeskError::Db(_)) => Err(error.into()),
            // The report beside it says everything, too.
            Err(error) => {
                tracing::warn!(%import, code = error.code(), "the file has no answer file");
                Ok(())
            }
        }
    }
}

/// Why a file could not be taken, when that is no refusal.
#[derive(Debug)]
enum TakeError {
    Read(io::Error),
    Desk(DeskError),
}

impl TakeError {
    fn of(self, name: &str) -> DropFolderError {
        match self {
            Self::Read(source) => DropFolderError::File { name: name.to_owned(), source: source.into() },
            Self::Desk(error) => error.into(),
        }
    }
}

impl From<io::Error> for TakeError {
    fn from(error: io::Error) -> Self {
        Self::Read(error)
    }
}

impl From<DeskError> for TakeError {
    fn from(error: DeskError) -> Self {
        Self::Desk(error)
    }
}

/// Into which folder a file goes, what its answer says, and which import it became.
fn said(outcome: &Result<FileReport, DeskError>) -> (&'static str, serde_json::Result<Value>, Option<ImportId>) {
    match outcome {
        Ok(report) => {
            let folder = match report.state {
                State::Applied | State::DryRun => DONE,
                State::Parked => PARKED,
                State::Refused => REFUSED,
            };
            (folder, serde_json::to_value(report), report.import)
        }
        Err(error) => (REFUSED, serde_json::to_value(Answer { code: error.code(), message: error.to_string() }), None),
    }
}

/// What became of the file that was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Original {
    Removed,
    Sealed,
    LinkRemoved,
    /// It was no file; there was nothing to read.
    Moved,
}

impl Original {
    /// Its name for programs.
    fn code(self) -> &'static str {
        match self {
            Self::Removed => "removed",
            Self::Sealed => "sealed",
            Self::LinkRemoved => "link_removed",
            Self::Moved => "moved",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Removed => {
                "the file was read and removed from here; if something in it is to be mended, siap17 keeps it sealed for the days of \
                 retention.files (`siap17 roster answer`)"
            }
            Self::Sealed => {
                "the file lies beside this answer, sealed, for the days of retention.files; `siap17 roster unseal FILE --out F` opens it"
            }
            Self::LinkRemoved => "the link was removed; what it led to was neither read nor changed",
            Self::Moved => "what was no file lies beside this answer, unread",
        }
    }
}

/// So much of a file's name is kept, in bytes; a name may have 255.
const LONGEST_NAME: usize = 180;
const DONE: &str = "done";
const REFUSED: &str = "refused";
/// Files that wait for a person (`siap17 roster review`).
const PARKED: &str = "parked";
/// What the name of an answer, and of what is sealed, begins with: when it was put there.
const STAMP: &str = "%Y%m%dT%H%M%S%.6f";
const MOVED: [&str; 3] = [DONE, REFUSED, PARKED];

#[derive(Serialize)]
struct Answer {
    code: &'static str,
    message: String,
}

/// Why the inbox folder could not be worked through.
#[derive(Debug, thiserror::Error)]
pub enum DropFolderError {
    /// The name is without whatever looks like a NIK.
    #[error("{name} in the inbox cannot be handled")]
    File { name: String, source: FileError },
    #[error(transparent)]
    Desk(#[from] DeskError),
    #[error(transparent)]
    Db(#[from] crate::db::DbError),
}

/// The end of a file's name, so that it still is a name with what is put around it.
fn end_of(name: &str) -> &str {
    &name[name.ceil_char_boundary(name.len().saturating_sub(LONGEST_NAME))..]
}

/// What lies in a folder besides folders.
#[derive(Default)]
struct Found {
    /// Files; and links and what is no file, which are refused when their turn comes.
    files: Vec<PathBuf>,
    /// Those of which the name says that they are not for siap17: hidden ones, and what spreadsheet programs leave.
    hidden: Vec<PathBuf>,
}

fn found_in(folder: &Path) -> Result<Found, DropFolderError> {
    let at = |source| unlisted(folder, source);
    let mut found = Found::default();
    for entry in std::fs::read_dir(folder).map_err(at)? {
        let entry = entry.map_err(at)?;
        let kind = entry.file_type().map_err(at)?;
        if kind.is_dir() {
            continue;
        }
        let is_hidden = entry.file_name().to_string_lossy().starts_with(['.', '~']);
        if is_hidden {
            found.hidden.push(entry.path());
        } else {
            // What a link leads to is not looked at; one that stands for a folder is refused, too.
            found.files.push(entry.path());
        }
    }
    found.files.sort();
    Ok(found)
}

fn unlisted(folder: &Path, source: io::Error) -> DropFolderError {
    DropFolderError::File { name: without_niks(&folder.display().to_string()), source: source.into() }
}

/// What tells a file from one that is put in its place.
fn version(path: &Path) -> Option<(u64, u64, i64, i64)> {
    let data = std::fs::symlink_metadata(path).ok()?;
    Some((data.ino(), data.len(), data.mtime(), data.mtime_nsec()))
}

/// Whether a folder stands there, and no link to one.
fn is_folder(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|found| found.is_dir())
}

/// The folders in an inbox, but for those into which answers are put.
fn folders_in(folder: &Path) -> Result<Vec<String>, DropFolderError> {
    let at = |source| unlisted(folder, source);
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(at)? {
        let entry = entry.map_err(at)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type().map_err(at)?.is_dir() && !name.starts_with('.') && !MOVED.contains(&name.as_str()) {
            names.push(name);
        }
    }
    Ok(names)
}

/// Those of the files that nobody is writing any more: they do not grow, and an empty one has been so for a while. They are
/// looked at before and after one `wait`, however many there are. One that is gone meanwhile was taken by somebody else.
async fn complete(files: Vec<PathBuf>, now: DateTime<Utc>, wait: impl Future<Output = ()>) -> Vec<PathBuf> {
    // Of a link itself, never of what it leads to.
    let size = |path: &Path| std::fs::symlink_metadata(path).and_then(|data| Ok((data.len(), data.modified()?))).ok();
    let looked: Vec<_> = files.into_iter().filter_map(|path| Some((size(&path)?, path))).collect();
    if looked.iter().any(|((size, _), _)| *size > 0) {
        wait.await;
    }
    let is_still = |((before, written), path): &((u64, SystemTime), PathBuf)| match before {
        0 => DateTime::<Utc>::from(*written) < now - EMPTY,
        _ => size(path).is_some_and(|(after, _)| after == *before),
    };
    looked.into_iter().filter(is_still).map(|(_, path)| path).collect()
}

/// When a file was moved, by its name. By then it may have been old: a copy keeps the time at which the original was written.
fn moved_at(path: &Path) -> Option<DateTime<Utc>> {
    let name = path.file_name()?.to_str()?;
    NaiveDateTime::parse_from_str(name.split(' ').next()?, STAMP).ok().map(|at| at.and_utc())
}

/// Removes what was put here before `oldest`, or written before it if that is not known; and keeps others out of what is here.
fn remove_old(folder: &Path, oldest: DateTime<Utc>) -> Result<(), DropFolderError> {
    if !is_folder(folder) {
        return Ok(());
    }
    let at = |source| DropFolderError::File { name: without_niks(&folder.display().to_string()), source };
    make_private_folder(folder).map_err(at)?;
    let found = found_in(folder)?;
    for path in found.files.into_iter().chain(found.hidden) {
        let data = std::fs::symlink_metadata(&path).map_err(|error| at(error.into()))?;
        let written: DateTime<Utc> = data.modified().map_err(|error| at(error.into()))?.into();
        if moved_at(&path).unwrap_or(written) < oldest {
            std::fs::remove_file(&path).map_err(|error| at(error.into()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn all_files_are_waited_for_once() {
        let folder = tempfile::tempdir().unwrap();
        let files: Vec<PathBuf> = (0..40).map(|number| folder.path().join(format!("{number:02}.csv"))).collect();
        for file in &files {
            std::fs::write(file, "x").unwrap();
        }
        let empty = folder.path().join("empty.csv");
        std::fs::File::create(&empty).unwrap();
        let meanwhile = async {
            std::fs::write(&files[0], "xx").unwrap();
            std::fs::remove_file(&files[1]).unwrap();
        };
        let all = files.iter().cloned().chain([empty]).collect();
        // What is waited for can be waited for only once.
        let complete = complete(all, crate::clock::Clock::system().now(), meanwhile).await;
        assert_eq!(complete, files[2..], "neither the one that grows, nor the one that is gone, nor the empty one");
    }

    #[test]
    fn a_moved_file_is_as_old_as_its_move() {
        let folder = tempfile::tempdir().unwrap();
        let moved: DateTime<Utc> = "2026-11-23T00:30:00.25Z".parse().unwrap();
        let path = folder.path().join(format!("{} daftar lama.xlsx", moved.format(STAMP)));
        std::fs::File::create(&path).unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
        remove_old(folder.path(), moved).unwrap();
        assert!(path.exists(), "however old the file itself is");
        remove_old(folder.path(), moved + TimeDelta::microseconds(1)).unwrap();
        assert!(!path.exists());
    }
}
