//! Where a database's file is. One that was removed, or whose place another file took, is neither read nor written any more:
//! what is written into a file that has no name is lost with the process.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::error::DbError;

/// A file as it was when it was opened: the place, and what the file system calls the file that stood there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whereabouts {
    path: PathBuf,
    device: u64,
    number: u64,
}

impl Whereabouts {
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

    /// Refuses once another file, or none, stands at the place.
    pub(super) fn check(&self) -> Result<(), DbError> {
        match at(&self.path) {
            Ok(now) if now == (self.device, self.number) => Ok(()),
            _ => Err(DbError::Gone(self.path.clone())),
        }
    }
}

fn at(path: &Path) -> std::io::Result<(u64, u64)> {
    let file = std::fs::metadata(path)?;
    Ok((file.dev(), file.ino()))
}
