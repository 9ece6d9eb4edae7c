//! Files on disk that hold people: only siap17's own account reads them, no link leads a write or a read elsewhere, and a file is
//! there whole or not at all.

use std::ffi::OsString;
use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

const PRIVATE: u32 = 0o600;
const PRIVATE_FOLDER: u32 = 0o700;

/// Why a file is not read or written.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error("it is a link, and links are not followed; name the file itself")]
    Link,
    #[error("it is {0}, not a file")]
    NoFile(&'static str),
    #[error("siap17 itself keeps its {0} there; name another file")]
    Own(&'static str),
    #[error("it exists already; name a new file")]
    Exists,
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A file of siap17's own, and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnFile {
    pub path: PathBuf,
    /// What a person calls it, such as `key`.
    pub what: &'static str,
}

/// What a directory entry is if it is neither a file nor a link.
fn kind(kind: std::fs::FileType) -> &'static str {
    match kind {
        kind if kind.is_dir() => "a folder",
        kind if kind.is_fifo() => "a pipe",
        kind if kind.is_socket() => "a socket",
        kind if kind.is_block_device() || kind.is_char_device() => "a device",
        _ => "nothing that is known",
    }
}

/// Opens a file for reading, without following a link and without waiting for anybody at a named pipe.
///
/// # Errors
/// If it is no file.
pub fn open(path: &Path) -> Result<File, FileError> {
    let found = std::fs::symlink_metadata(path)?.file_type();
    if found.is_symlink() {
        return Err(FileError::Link);
    }
    if !found.is_file() {
        return Err(FileError::NoFile(kind(found)));
    }
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    // Looked at above for a word about it; what is opened now is what counts.
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    let opened = file.metadata()?.file_type();
    if opened.is_file() { Ok(file) } else { Err(FileError::NoFile(kind(opened))) }
}

/// Makes a folder, and those above it, that nobody else reads; one that is there stays as it is.
pub fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(PRIVATE_FOLDER).create(path)
}

/// The same, and takes from others what they may do in a folder that is there.
///
/// # Errors
/// If a link stands in its place.
pub fn make_private_folder(path: &Path) -> Result<(), FileError> {
    make_folder(path)?;
    let found = std::fs::symlink_metadata(path)?;
    if found.is_symlink() {
        return Err(FileError::Link);
    }
    if found.mode() & 0o077 != 0 {
        std::fs::set_permissions(path, Permissions::from_mode(PRIVATE_FOLDER))?;
    }
    Ok(())
}

/// Refuses to write where a link, a folder or a device stands, and over a file of siap17's own, by whatever name or link.
pub fn check_target(path: &Path, own: &[OwnFile]) -> Result<(), FileError> {
    let there = match std::fs::symlink_metadata(path) {
        Ok(found) if found.is_symlink() => return Err(FileError::Link),
        Ok(found) if !found.is_file() => return Err(FileError::NoFile(kind(found.file_type()))),
        Ok(found) => Some((found.dev(), found.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error.into()),
    };
    let place = place_of(path)?;
    for OwnFile { path: known, what } in own {
        let is_same_file =
            there.is_some() && std::fs::metadata(known).is_ok_and(|known| Some((known.dev(), known.ino())) == there);
        // One that is not there yet, such as what SQLite keeps beside a database, has a place all the same.
        let is_same_place = place_of(known).is_ok_and(|known| known == place);
        if is_same_file || is_same_place {
            return Err(FileError::Own(what));
        }
    }
    Ok(())
}

/// A file's folder as it really is, and its name in it.
fn place_of(path: &Path) -> io::Result<(PathBuf, OsString)> {
    let name = path.file_name().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
    Ok((folder_of(path).canonicalize()?, name.to_owned()))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A file that is being written, under another name beside the one that it gets once it is whole. Dropped before, it is gone.
#[derive(Debug)]
pub struct Unfinished {
    file: File,
    path: PathBuf,
    target: PathBuf,
    is_kept: bool,
}

impl Unfinished {
    /// Begins a file that is to stand at `target`; only siap17's own account may read it.
    ///
    /// # Errors
    /// As [`check_target`], or if the folder cannot be written.
    pub fn begin(target: &Path, own: &[OwnFile]) -> Result<Self, FileError> {
        check_target(target, own)?;
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let mut number = [0; 8];
        getrandom::fill(&mut number).map_err(|_| io::Error::other("the operating system gives no random numbers"))?;
        // A name may have 255 bytes; hidden, so that nobody takes it for the file.
        let name = &name[..name.floor_char_boundary(180)];
        let path = folder_of(target).join(format!(".{name}.{}.unfinished", hex::encode(number)));
        let flags = OFlags::NOFOLLOW.bits().cast_signed();
        let file = OpenOptions::new().write(true).create_new(true).mode(PRIVATE).custom_flags(flags).open(&path)?;
        Ok(Self { file, path, target: target.to_owned(), is_kept: false })
    }

    /// Where it stands while it is being written.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts the file where it is to stand, in the place of what stood there, once all of it is on the disk.
    pub fn finish(mut self) -> Result<(), FileError> {
        self.file.sync_all()?;
        std::fs::rename(&self.path, &self.target)?;
        self.is_kept = true;
        sync_folder(&self.target)
    }

    /// The same, but never in the place of anything.
    pub fn finish_new(self) -> Result<(), FileError> {
        self.file.sync_all()?;
        // A link, unlike a renaming, replaces nothing that was made meanwhile.
        match std::fs::hard_link(&self.path, &self.target) {
            Ok(()) => sync_folder(&self.target),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(FileError::Exists),
            // Not every file system has links.
            Err(_) if !self.target.try_exists()? => self.finish(),
            Err(error) => Err(error.into()),
        }
    }
}

impl Write for Unfinished {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.is_kept {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// A name stands on the disk only once its folder does.
fn sync_folder(path: &Path) -> Result<(), FileError> {
    Ok(File::open(folder_of(path))?.sync_all()?)
}

/// Writes a whole file that nobody else on the machine reads, in the place of a file that stood there.
///
/// # Errors
/// As [`Unfinished::begin`]; what stood there then stands there still.
pub fn write(target: &Path, bytes: &[u8], own: &[OwnFile]) -> Result<(), FileError> {
    let mut unfinished = Unfinished::begin(target, own)?;
    unfinished.write_all(bytes)?;
    unfinished.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().mode() & 0o777
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_private_whole_and_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("surat.html");
        std::fs::write(&path, "an old one that is longer").unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        write(&path, b"Siti", &[]).unwrap();
        assert_eq!((std::fs::read(&path).unwrap().as_slice(), mode(&path)), (&b"Siti"[..], 0o600));
        let unfinished = Unfinished::begin(&path, &[]).unwrap();
        assert_eq!((mode(unfinished.path()), names(folder.path()).len()), (0o600, 2));
        drop(unfinished);
        assert_eq!(names(folder.path()), ["surat.html"], "what was not finished is gone");
        let long = folder.path().join(format!("{}.csv", "á".repeat(120)));
        write(&long, b"x", &[]).unwrap();
        assert!(write(&folder.path().join("none/x"), b"", &[]).is_err());
    }

    #[test]
    fn a_link_a_device_and_what_is_our_own_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let key = at("siap17.key");
        std::fs::write(&key, "the key").unwrap();
        let own = [OwnFile { path: key.clone(), what: "key" }, OwnFile { path: at("siap17.db-wal"), what: "database" }];
        std::fs::write(at("real"), "real").unwrap();
        symlink(at("real"), at("link")).unwrap();
        symlink(at("nowhere"), at("dangling")).unwrap();
        symlink(folder.path(), at("elsewhere")).unwrap();
        std::fs::hard_link(&key, at("second-name")).unwrap();
        for (name, expected) in [
            ("link", "link"),
            ("dangling", "link"),
            ("", "folder"),
            ("siap17.key", "key"),
            ("second-name", "key"),
            ("siap17.db-wal", "database"),
            ("elsewhere/siap17.key", "key"),
            ("elsewhere/siap17.db-wal", "database"),
        ] {
            let refused = write(&at(name), b"overwritten", &own).unwrap_err().to_string();
            assert!(refused.contains(expected), "{name}: {refused}");
        }
        assert!(matches!(write(Path::new("/dev/null"), b"", &own), Err(FileError::NoFile("a device"))));
        assert_eq!(std::fs::read_to_string(at("real")).unwrap(), "real");
        assert_eq!(std::fs::read_to_string(&key).unwrap(), "the key");
        assert!(!at("nowhere").exists() && names(folder.path()).iter().all(|name| !name.contains("unfinished")));
        assert!(matches!(open(&at("link")), Err(FileError::Link)) && open(&at("real")).is_ok());
        assert!(matches!(open(folder.path()), Err(FileError::NoFile("a folder"))));
    }

    #[test]
    fn a_new_file_replaces_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("copy.db");
        Unfinished::begin(&path, &[]).unwrap().finish_new().unwrap();
        let second = Unfinished::begin(&path, &[]).unwrap();
        assert!(matches!(second.finish_new(), Err(FileError::Exists)));
        assert_eq!(names(folder.path()), ["copy.db"]);
    }

    #[test]
    fn a_folder_is_taken_from_others() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/done");
        make_folder(&path).unwrap();
        assert_eq!(mode(&path), 0o700);
        std::fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        make_private_folder(&path).unwrap();
        assert_eq!(mode(&path), 0o700);
        symlink(&path, folder.path().join("link")).unwrap();
        assert!(matches!(make_private_folder(&folder.path().join("link")), Err(FileError::Link)));
    }
}
