//! Sealing of what must not lie open at rest (NIK, phones, chat IDs) and the blind index by which a sealed value is found.
//!
//! A sealed value is `key id (4 bytes) ‖ nonce (24) ‖ ciphertext`, XChaCha20-Poly1305, bound by its associated data to the
//! purpose it was sealed for: a phone copied into a NIK's column does not open. The blind index is a keyed hash of the
//! normalised value, so equal values can be found without being read. The key file never enters the database or a backup.

use std::cell::RefCell;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::intake;
use crate::kept_file::make_folder;

const NONCE: usize = 24;
/// Nonces that are fetched at once.
const NONCES: usize = 64;
const KEY_ID: usize = 4;
const INDEX: usize = 16;

/// What a value is sealed for. The name is part of the associated data and of the index key: it must never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Nik,
    Phone,
    Chat,
    /// An incoming Telegram update or an answer to one, kept only until it is handled.
    Telegram,
    /// A link or pickup code, printable again only by those who may.
    Code,
    /// A roster file as it was sent.
    Roster,
    /// The secret in a calendar's link; only ever hashed.
    Feed,
    /// What somebody was known by whose facts are gone; only ever hashed.
    Tombstone,
    /// Why somebody asks to be visited at home.
    Order,
    /// Who looked at what, while it waits for the audit.
    Look,
    /// What a notice said; it may hold a pickup code.
    Notice,
    /// What the office answered to a complaint.
    Answer,
}

impl Purpose {
    fn name(self) -> &'static [u8] {
        match self {
            Self::Nik => b"nik",
            Self::Phone => b"phone",
            Self::Chat => b"chat",
            Self::Telegram => b"telegram",
            Self::Code => b"code",
            Self::Roster => b"roster",
            Self::Feed => b"feed",
            Self::Tombstone => b"tombstone",
            Self::Order => b"order",
            Self::Look => b"look",
            Self::Notice => b"notice",
            Self::Answer => b"answer",
        }
    }
}

/// Why a key file or a sealed value cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error("the key file {0} does not exist; make one with `siap17 key new`, or put the one from the safe there")]
    Missing(PathBuf),
    #[error("the key file {0} exists already and is never overwritten")]
    Exists(PathBuf),
    #[error("the key file {path} cannot be used: {reason}")]
    Malformed { path: PathBuf, reason: &'static str },
    #[error("the key file {0} may be read by others; set its mode to 0600 (chmod 600)")]
    OpenToOthers(PathBuf),
    #[error("the key file {path} cannot be read or written")]
    Io { path: PathBuf, source: std::io::Error },
    #[error("a sealed value was sealed with a key that is not in the key file")]
    UnknownKey,
    #[error("a sealed value does not open: it was changed, or sealed for something else")]
    Tampered,
    #[error("the operating system gives no random numbers")]
    NoRandomness,
}

/// The keys in use. Cheap to clone; `Debug` shows none of them.
#[derive(Clone)]
pub struct Vault(Arc<Keys>);

struct Keys {
    current: [u8; KEY_ID],
    seal: XChaCha20Poly1305,
    index: Zeroizing<[u8; 32]>,
    audit: Zeroizing<[u8; 32]>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Vault(key {})", self.key_id())
    }
}

impl Vault {
    /// Makes a new key file (mode 0600) and opens it. An existing file is never touched.
    pub fn create(path: &Path) -> Result<Self, VaultError> {
        let io = |source| VaultError::Io { path: path.into(), source };
        if let Some(folder) = path.parent() {
            make_folder(folder).map_err(io)?;
        }
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(
            |error| match error.kind() {
                std::io::ErrorKind::AlreadyExists => VaultError::Exists(path.into()),
                _ => io(error),
            },
        )?;
        let secret = random::<32>()?;
        let text = Zeroizing::new(format!("siap17-key-1 {}\n", hex::encode(*secret)));
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(io)?;
        Ok(Self::from_secret(&secret))
    }

    /// Opens a key file.
    pub fn open(path: &Path) -> Result<Self, VaultError> {
        use std::os::unix::fs::PermissionsExt;
        let io = |source: std::io::Error| match source.kind() {
            std::io::ErrorKind::NotFound => VaultError::Missing(path.into()),
            _ => VaultError::Io { path: path.into(), source },
        };
        let mode = std::fs::metadata(path).map_err(io)?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(VaultError::OpenToOthers(path.into()));
        }
        let text = Zeroizing::new(intake::text(path, intake::LARGEST_SECRET).map_err(io)?);
        let malformed = |reason| VaultError::Malformed { path: path.into(), reason };
        let digits = text
            .trim()
            .strip_prefix("siap17-key-1 ")
            .ok_or_else(|| malformed("its line does not begin with 'siap17-key-1'"))?;
        let mut secret = Zeroizing::new([0; 32]);
        hex::decode_to_slice(digits.trim(), secret.as_mut_slice())
            .map_err(|_| malformed("the key is not 64 hexadecimal digits"))?;
        Ok(Self::from_secret(&secret))
    }

    /// A vault from 32 secret bytes; every working key is derived from them.
    #[must_use]
    pub fn from_secret(secret: &[u8; 32]) -> Self {
        let derive = |label: &[u8]| Zeroizing::new(keyed_hash(secret, &[b"siap17/", label]));
        let mut current = [0; KEY_ID];
        current.copy_from_slice(&derive(b"key-id")[..KEY_ID]);
        Self(Arc::new(Keys {
            current,
            seal: XChaCha20Poly1305::new(&(*derive(b"seal")).into()),
            index: derive(b"index"),
            audit: derive(b"audit"),
        }))
    }

    /// Names the key without giving anything of it away; stored beside sealed values to refuse a wrong key early.
    #[must_use]
    pub fn key_id(&self) -> String {
        hex::encode(self.0.current)
    }

    /// Seals `value` for `purpose`.
    pub fn seal(&self, purpose: Purpose, value: &[u8]) -> Result<Vec<u8>, VaultError> {
        let nonce = nonce()?;
        let payload = Payload { msg: value, aad: purpose.name() };
        let sealed = self.0.seal.encrypt(&XNonce::from(nonce), payload).map_err(|_| VaultError::Tampered)?;
        Ok([&self.0.current[..], &nonce[..], &sealed].concat())
    }

    /// Opens a value sealed for the same purpose.
    pub fn open_sealed(&self, purpose: Purpose, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let (key, rest) = sealed.split_at_checked(KEY_ID).ok_or(VaultError::Tampered)?;
        let (nonce, text) = rest.split_at_checked(NONCE).ok_or(VaultError::Tampered)?;
        if key != self.0.current {
            return Err(VaultError::UnknownKey);
        }
        let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| VaultError::Tampered)?;
        let payload = Payload { msg: text, aad: purpose.name() };
        self.0.seal.decrypt(&XNonce::from(nonce), payload).map(Zeroizing::new).map_err(|_| VaultError::Tampered)
    }

    /// Opens a sealed text.
    pub fn open_text(&self, purpose: Purpose, sealed: &[u8]) -> Result<Zeroizing<String>, VaultError> {
        let bytes = self.open_sealed(purpose, sealed)?;
        String::from_utf8(bytes.to_vec()).map(Zeroizing::new).map_err(|_| VaultError::Tampered)
    }

    /// The blind index of `value`: the same value for the same purpose always gives the same 16 bytes. That is enough to tell
    /// any two values apart, and half as much to look through.
    #[must_use]
    pub fn blind_index(&self, purpose: Purpose, value: &str) -> Vec<u8> {
        keyed_hash(&self.0.index, &[purpose.name(), b"/", value.as_bytes()])[..INDEX].to_vec()
    }

    /// Keyed hash that chains audit entries; whoever has only the database cannot forge it.
    #[must_use]
    pub fn chain_hash(&self, parts: &[&[u8]]) -> [u8; 32] {
        keyed_hash(&self.0.audit, parts)
    }
}

/// A fresh nonce. The operating system is asked for many at once, since a roster needs hundreds of thousands; none is ever given
/// twice.
fn nonce() -> Result<[u8; NONCE], VaultError> {
    thread_local! {
        static AHEAD: RefCell<Vec<[u8; NONCE]>> = const { RefCell::new(Vec::new()) };
    }
    AHEAD.with_borrow_mut(|ahead| {
        if let Some(nonce) = ahead.pop() {
            return Ok(nonce);
        }
        let bytes = random::<{ NONCE * NONCES }>()?;
        ahead.extend_from_slice(bytes.as_chunks().0);
        ahead.pop().ok_or(VaultError::NoRandomness)
    })
}

/// `N` random bytes of the operating system.
pub fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>, VaultError> {
    let mut bytes = Zeroizing::new([0; N]);
    getrandom::fill(bytes.as_mut_slice()).map_err(|_| VaultError::NoRandomness)?;
    Ok(bytes)
}

fn keyed_hash(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC pads a short key with zeros to the block of 64 bytes; doing it here leaves no length to go wrong.
    let mut block = Zeroizing::new([0; 64]);
    block[..32].copy_from_slice(key);
    let mut mac = <Hmac<Sha256> as KeyInit>::new(&(*block).into());
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_opens_only_for_the_purpose_and_with_the_key_it_was_sealed_for() {
        let vault = Vault::from_secret(&[7; 32]);
        let sealed = vault.seal(Purpose::Phone, b"0812").unwrap();
        assert_eq!(vault.open_text(Purpose::Phone, &sealed).unwrap().as_str(), "0812");
        assert!(matches!(vault.open_sealed(Purpose::Nik, &sealed), Err(VaultError::Tampered)));
        let other = Vault::from_secret(&[8; 32]);
        assert!(matches!(other.open_sealed(Purpose::Phone, &sealed), Err(VaultError::UnknownKey)));
        assert!(matches!(vault.open_sealed(Purpose::Phone, b"short"), Err(VaultError::Tampered)));
    }

    #[test]
    fn sealing_twice_differs_and_indexing_twice_agrees() {
        let vault = Vault::from_secret(&[7; 32]);
        assert_ne!(vault.seal(Purpose::Nik, b"1").unwrap(), vault.seal(Purpose::Nik, b"1").unwrap());
        assert_eq!(vault.blind_index(Purpose::Nik, "1"), vault.blind_index(Purpose::Nik, "1"));
        assert_ne!(vault.blind_index(Purpose::Nik, "1"), vault.blind_index(Purpose::Chat, "1"));
    }

    #[test]
    fn a_key_file_is_private_never_overwritten_and_opens_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("var/siap17.key");
        let made = Vault::create(&path).unwrap();
        assert_eq!(Vault::open(&path).unwrap().key_id(), made.key_id());
        assert!(matches!(Vault::create(&path), Err(VaultError::Exists(_))));
        std::fs::write(&path, "siap17-key-1 12").unwrap();
        assert!(matches!(Vault::open(&path), Err(VaultError::Malformed { .. })));
        assert!(matches!(Vault::open(&folder.path().join("none")), Err(VaultError::Missing(_))));
    }
}
