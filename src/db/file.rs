//! Where a database's file is. One that was removed, or whose place another file took, is neither read nor written any more.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::error::DbError;

/// A file as it was when it was opened: the place, and what the file system calls the file that stood there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileMark {
    path: PathBuf,
    device: u64,
    number: u64,
}

/// What is wrong with a database's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileTrouble {
    /// Nothing has its name any more: what is written now is gone when the process ends.
    Gone,
    /// Another file has its name now.
    Replaced,
    /// The file of the newest changes is gone.
    ChangesGone,
}

impl FileMark {
    /// The file that stands at `path` now.
    pub(super) fn of(path: &Path) -> Result<Self, DbError> {
        let (device, number) = at(path).map_err(|source| DbError::File { path: path.into(), source })?;
        Ok(Self { path: path.into(), device, number })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The number of the file in its file system.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Refuses once another file, or none, stands at the place: what is written into a file that has no name is lost with the
    /// process.
    pub(super) fn check(&self) -> Result<(), DbError> {
        match self.trouble() {
            Some(_) => Err(DbError::Gone(self.path.clone())),
            None => Ok(()),
        }
    }

    /// The file is not opened: whoever closes a file of a process takes all its locks away.
    pub(super) fn trouble(&self) -> Option<FileTrouble> {
        match at(&self.path) {
            Err(_) => Some(FileTrouble::Gone),
            Ok(now) if now != (self.device, self.number) => Some(FileTrouble::Replaced),
            Ok(_) => None,
        }
    }
}

fn at(path: &Path) -> std::io::Result<(u64, u64)> {
    let file = std::fs::metadata(path)?;
    Ok((file.dev(), file.ino()))
}
