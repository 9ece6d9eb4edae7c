//! The inbox folder: `folder/<PLACE>/FILE` is imported, and moved with its answer beside it. A file that lies there by itself
//! must say whose it is.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use serde::Serialize;

use super::import::{LARGEST_FILE, Options};
use crate::desk::context::{Desk, DeskError};
use crate::desk::refusal::RosterRefusal;
use crate::intake;
use crate::nik::without_niks;
use crate::roster::ids::State;
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
    /// Imports what lies in `folder/<PLACE>/` and in `folder/` itself, moves each file to `done` or `refused` beside it, with its
    /// report, and removes what lay there longer than `kept_days`. A crash between import and move costs nothing: the same file again changes nothing.
    pub async fn import_drop_folder(&self, folder: &Path, kept_days: u16) -> Result<String, DropFolderError> {
        let (mut taken, mut refused) = (0, 0);
        let mut tx = self.db.read().await?;
        let codes: Vec<String> =
            place::all(&mut tx, self.office.id).await?.into_iter().map(|place| place.code).collect();
        let is_alone = office::all(&mut tx).await.map_err(DeskError::from)?.len() == 1;
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
        inboxes.retain(|(inbox, _)| inbox.is_dir());
        let mut files = Vec::new();
        for (inbox, _) in &inboxes {
            files.extend(files_in(inbox)?);
        }
        let complete = complete(files, self.clock.now(), tokio::time::sleep(STILL)).await;
        for (inbox, whose) in inboxes {
            for path in complete.iter().filter(|path| path.parent() == Some(&*inbox)) {
                let went_well = match self.import_from_drop_folder(&inbox, path, &whose).await {
                    Ok(went_well) => went_well,
                    // One file that cannot be read or moved keeps no other school waiting.
                    Err(DropFolderError::Io { source, .. }) => {
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

    async fn import_from_drop_folder(&self, inbox: &Path, path: &Path, whose: &Whose) -> Result<bool, DropFolderError> {
        let at = |source| DropFolderError::Io { path: path.into(), source };
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let place = if let Whose::Place(code) = whose { Some(code.clone()) } else { None };
        let options = Options { place, ..Options::default() };
        let outcome = if let Whose::Nobody(folder) = whose {
            Err(RosterRefusal::FolderOfNobody { file: name.clone(), folder: folder.clone() }.into())
        } else {
            match read(path.to_owned(), &name).await.map_err(at)? {
                Ok(bytes) => self.import_roster(&name, bytes, &options).await,
                Err(refusal) => Err(refusal.into()),
            }
        };
        let marked = match &outcome {
            Ok(report) if report.has_marks() => report.import,
            _ => None,
        };
        let (folder, answer) = match outcome {
            Ok(report) => {
                let folder = match report.state {
                    State::Applied | State::DryRun => DONE,
                    State::Parked => PARKED,
                    State::Refused => REFUSED,
                };
                (folder, serde_json::to_string_pretty(&report))
            }
            Err(error @ DeskError::Db(_)) => return Err(error.into()),
            Err(error) => {
                (REFUSED, serde_json::to_string_pretty(&Answer { code: error.code(), message: error.to_string() }))
            }
        };
        let target = inbox.join(folder);
        std::fs::create_dir_all(&target).map_err(at)?;
        // A second file of the same name must not replace the first one's answer.
        let stamp = self.clock.now().format(STAMP);
        let end = end_of(&name);
        let answer_path = target.join(format!("{stamp} {end}.json"));
        std::fs::write(&answer_path, answer.unwrap_or_default()).map_err(at)?;
        if let Some(import) = marked {
            match self.roster_answer_file(import, false).await {
                Ok((name, bytes)) => {
                    std::fs::write(target.join(format!("{stamp} {}", end_of(&name))), bytes).map_err(at)?;
                }
                Err(error @ DeskError::Db(_)) => return Err(error.into()),
                // The report beside it says everything, too.
                Err(error) => tracing::warn!(%import, code = error.code(), "the file has no answer file"),
            }
        }
        std::fs::rename(path, target.join(format!("{stamp} {end}"))).map_err(at)?;
        Ok(folder == DONE)
    }
}

/// So much of a file's name is kept, in bytes; a name may have 255.
const LONGEST_NAME: usize = 180;
const DONE: &str = "done";
const REFUSED: &str = "refused";
/// Files that wait for a person (`siap17 roster review`).
const PARKED: &str = "parked";
/// What a moved file's name begins with: when it was moved.
const STAMP: &str = "%Y%m%dT%H%M%S%.6f";
const MOVED: [&str; 3] = [DONE, REFUSED, PARKED];

#[derive(Serialize)]
struct Answer {
    code: &'static str,
    message: String,
}

/// A file's bytes, read on a thread that may block, or why there is nothing to read.
async fn read(path: PathBuf, name: &str) -> Result<Result<Vec<u8>, RosterRefusal>, std::io::Error> {
    let read = tokio::task::spawn_blocking(move || intake::bytes(&path, LARGEST_FILE)).await;
    match read.unwrap_or_else(|_| Err(std::io::Error::other("it cannot be read to its end"))) {
        Ok(bytes) => Ok(Ok(bytes)),
        Err(error) => match error.kind() {
            ErrorKind::FileTooLarge => Ok(Err(RosterRefusal::TooLarge { file: name.to_owned(), most: LARGEST_FILE })),
            // A pipe, a device, or a disk that does not answer: somebody has to put it there in another way.
            ErrorKind::InvalidInput | ErrorKind::TimedOut => {
                Ok(Err(RosterRefusal::Unreadable { file: name.to_owned(), why: error.to_string() }))
            }
            _ => Err(error),
        },
    }
}

/// Why the inbox folder could not be worked through.
#[derive(Debug, thiserror::Error)]
pub enum DropFolderError {
    #[error("the inbox file {path} cannot be handled")]
    Io { path: PathBuf, source: std::io::Error },
    #[error(transparent)]
    Desk(#[from] DeskError),
    #[error(transparent)]
    Db(#[from] crate::db::DbError),
}

/// The end of a file's name, so that it still is a name with what is put around it.
fn end_of(name: &str) -> &str {
    &name[name.ceil_char_boundary(name.len().saturating_sub(LONGEST_NAME))..]
}

fn files_in(folder: &Path) -> Result<Vec<PathBuf>, DropFolderError> {
    let at = |source| DropFolderError::Io { path: folder.into(), source };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(at)? {
        let path = entry.map_err(at)?.path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(['.', '~']));
        // A pipe or a device is answered like any file that is none.
        if !path.is_dir() && !hidden {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// The folders in an inbox, but for those into which files are moved.
fn folders_in(folder: &Path) -> Result<Vec<String>, DropFolderError> {
    let at = |source| DropFolderError::Io { path: folder.into(), source };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(at)? {
        let path = entry.map_err(at)?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if path.is_dir() && !name.starts_with('.') && !MOVED.contains(&name.as_str()) {
            names.push(name);
        }
    }
    Ok(names)
}

/// Those of the files that nobody is writing any more: they do not grow, and an empty one has been so for a while. They are
/// looked at before and after one `wait`, however many there are. One that is gone meanwhile was taken by somebody else.
async fn complete(files: Vec<PathBuf>, now: DateTime<Utc>, wait: impl Future<Output = ()>) -> Vec<PathBuf> {
    let size = |path: &Path| std::fs::metadata(path).and_then(|data| Ok((data.len(), data.modified()?))).ok();
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

/// Removes files that were moved here before `oldest`, or written before it if that is not known.
fn remove_old(folder: &Path, oldest: DateTime<Utc>) -> Result<(), DropFolderError> {
    if !folder.is_dir() {
        return Ok(());
    }
    for path in files_in(folder)? {
        let at = |source| DropFolderError::Io { path: path.clone(), source };
        let written: DateTime<Utc> =
            std::fs::symlink_metadata(&path).and_then(|data| data.modified()).map_err(at)?.into();
        if moved_at(&path).unwrap_or(written) < oldest {
            std::fs::remove_file(&path).map_err(at)?;
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
