//! The files that commands read and write.

use std::io::ErrorKind;
use std::path::Path;

use super::answer::Failure;
use crate::desk::refusal::{CardRefusal, OfficeRefusal, RecordRefusal, Refusal};
use crate::desk::{DeskError, LARGEST_FILE};
use crate::intake;
use crate::kept_file::{self, FileError, OwnFile};
use crate::place::PlaceError;

/// A file's bytes, if it is not too large.
pub fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    read(path, LARGEST_FILE)
}

fn read(path: &Path, most: u64) -> Result<Vec<u8>, Failure> {
    intake::bytes(path, most).map_err(|error| match error.kind() {
        ErrorKind::FileTooLarge => {
            let message =
                format!("{} has more than {most} bytes, which is the most that is read; split it", path.display());
            Failure::new("too_large", message)
        }
        _ => Failure::new("file", format!("{} cannot be read: {error}", path.display())),
    })
}

/// A refusal of what a file holds names the file.
pub fn of_file(path: &Path) -> impl FnOnce(DeskError) -> Failure {
    move |error| {
        let of_content = match &error {
            DeskError::Refused(
                Refusal::Card(CardRefusal::Unreadable(_))
                | Refusal::Office(OfficeRefusal::Declaration(_) | OfficeRefusal::Meaning(_))
                | Refusal::Record(RecordRefusal::OtherVisit(_) | RecordRefusal::Unreadable(_)),
            ) => true,
            DeskError::Place(error) => !matches!(error, PlaceError::Vault(_) | PlaceError::Db(_)),
            _ => false,
        };
        let failure = Failure::from(error);
        if of_content {
            Failure::new(failure.code, format!("{}: {}", path.display(), failure.message))
        } else {
            failure
        }
    }
}

/// A file's text.
pub fn text(path: &Path) -> Result<String, Failure> {
    String::from_utf8(read(path, intake::LARGEST_TEXT)?)
        .map_err(|_| Failure::new("encoding", format!("{} is not UTF-8 text", path.display())))
}

/// Writes a file that nobody else on the machine can read: what siap17 gives out holds names, birth dates, codes, NIK. It is there
/// whole or not at all, and never in the place of a link, a device, or a file of siap17's `own`.
pub fn write(own: &[OwnFile], path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    kept_file::write(path, bytes, own).map_err(not_written(path))
}

/// Why the file is not written.
pub fn not_written(path: &Path) -> impl FnOnce(FileError) -> Failure {
    move |error| {
        let code = if matches!(error, FileError::Exists) { "exists" } else { "file" };
        Failure::new(code, format!("{} cannot be written: {error}", path.display()))
    }
}
