//! Rosters that were refused before the database kept anything of them: sealed on disk, so that nobody reads them in passing, and
//! opened again by whoever may see rosters.
//!
//! A sealed file is its first line and then pieces, each as its length (4 bytes, big-endian) and the sealed bytes. What is sealed
//! begins with the piece's number (4 bytes) and whether it is the last (1 byte), so that none can be left out, moved or cut off.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::path::Path;

use super::import::LARGEST_FILE;
use crate::desk::context::{Desk, Done};
use crate::desk::refusal::RosterRefusal;
use crate::kept_file::{self, FileError, Unfinished};
use crate::staff::Right;
use crate::vault::{Purpose, Vault, VaultError};

/// What a sealed file begins with.
const FIRST_LINE: &[u8] = b"siap17-sealed-roster-1\n";
/// A file is sealed in pieces of this many bytes, so that a large one needs little memory.
const PIECE: usize = 1 << 20;
/// What sealing adds to a piece is less than this.
const MOST_ADDED: usize = 1 << 10;

/// Why a file is not sealed.
#[derive(Debug, thiserror::Error)]
pub(super) enum SealError {
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    File(#[from] FileError),
}

impl From<std::io::Error> for SealError {
    fn from(error: std::io::Error) -> Self {
        Self::File(error.into())
    }
}

/// Seals what `file` holds into a file at `target`, piece by piece.
pub(super) fn seal(vault: &Vault, file: File, target: &Path) -> Result<(), SealError> {
    let mut sealed = Unfinished::begin(target, &[])?;
    sealed.write_all(FIRST_LINE)?;
    let mut number = 0_u32;
    loop {
        let mut piece = [&number.to_be_bytes()[..], &[0]].concat();
        (&file).take(PIECE as u64).read_to_end(&mut piece)?;
        let is_last = piece.len() < PIECE + 5;
        piece[4] = u8::from(is_last);
        let bytes = vault.seal(Purpose::Roster, &piece)?;
        sealed.write_all(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes())?;
        sealed.write_all(&bytes)?;
        if is_last {
            return Ok(sealed.finish()?);
        }
        number = number.checked_add(1).ok_or_else(|| std::io::Error::from(ErrorKind::FileTooLarge))?;
    }
}

/// Opens a sealed file.
fn open(vault: &Vault, mut file: impl Read) -> Result<Vec<u8>, RosterRefusal> {
    let damaged = |_| RosterRefusal::SealedDamaged;
    let mut first = [0; FIRST_LINE.len()];
    file.read_exact(&mut first).map_err(|_| RosterRefusal::NotSealed)?;
    if first != FIRST_LINE {
        return Err(RosterRefusal::NotSealed);
    }
    let mut opened = Vec::new();
    for number in 0_u32.. {
        let mut length = [0; 4];
        file.read_exact(&mut length).map_err(damaged)?;
        let length = u32::from_be_bytes(length) as usize;
        if length > PIECE + MOST_ADDED {
            return Err(RosterRefusal::SealedDamaged);
        }
        let mut sealed = vec![0; length];
        file.read_exact(&mut sealed).map_err(damaged)?;
        let piece = vault.open_sealed(Purpose::Roster, &sealed).map_err(|error| match error {
            VaultError::UnknownKey => RosterRefusal::SealedByAnother,
            _ => RosterRefusal::SealedDamaged,
        })?;
        let (head, rest) = piece.split_at_checked(5).ok_or(RosterRefusal::SealedDamaged)?;
        if head[..4] != number.to_be_bytes() || opened.len() as u64 > LARGEST_FILE * 4 {
            return Err(RosterRefusal::SealedDamaged);
        }
        opened.extend_from_slice(rest);
        if head[4] == 1 {
            break;
        }
    }
    Ok(opened)
}

impl Desk {
    /// What a sealed roster holds, for whoever may see rosters; the look is written down.
    pub async fn open_sealed_roster(&self, path: &Path) -> Done<Vec<u8>> {
        self.require(Right::Rosters)?;
        let mut tx = self.db.read().await?;
        if self.own_place(&mut tx).await?.is_some() {
            return Err(RosterRefusal::SealedAreTheOffices.into());
        }
        drop(tx);
        let unread = |error: FileError| RosterRefusal::SealedUnread { why: error.to_string() };
        let opened = open(&self.vault, std::io::BufReader::new(kept_file::open(path).map_err(unread)?))?;
        self.audit_look("roster.unseal", "inbox", "a file that was refused").await?;
        Ok(opened)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let (vault, other) = (Vault::from_secret(&[7; 32]), Vault::from_secret(&[8; 32]));
        let (from, to) = (folder.path().join("from"), folder.path().join("to.sealed"));
        for size in [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE] {
            let bytes: Vec<u8> = b"Siti;5271010101099801\n".iter().copied().cycle().take(size).collect();
            std::fs::write(&from, &bytes).unwrap();
            seal(&vault, File::open(&from).unwrap(), &to).unwrap();
            let sealed = std::fs::read(&to).unwrap();
            assert!(!sealed.windows(10).any(|part| part == b"5271010101"));
            assert!(open(&vault, &sealed[..]).unwrap() == bytes, "{size}");
            assert!(matches!(open(&other, &sealed[..]), Err(RosterRefusal::SealedByAnother)));
            assert!(matches!(open(&vault, &sealed[..sealed.len() - 1]), Err(RosterRefusal::SealedDamaged)));
            if size == 2 * PIECE {
                // Without the first piece, and without all behind it.
                let first = FIRST_LINE.len();
                let second = first + 4 + u32::from_be_bytes(sealed[first..first + 4].try_into().unwrap()) as usize;
                let without = [&sealed[..first], &sealed[second..]].concat();
                assert!(matches!(open(&vault, &without[..]), Err(RosterRefusal::SealedDamaged)));
                assert!(matches!(open(&vault, &sealed[..second]), Err(RosterRefusal::SealedDamaged)));
            }
        }
        assert!(matches!(open(&vault, &b"nisn,nik"[..]), Err(RosterRefusal::NotSealed)));
    }
}
