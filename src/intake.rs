//! The one way in which a file's content comes into memory: bounded in bytes and in time *as it is read*, whatever the file says of
//! itself. A device has no end and a pipe may never say anything, so that neither is taken for a file.

use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Read, Result};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

/// Bytes of a file with one secret or one moment in it.
pub const LARGEST_SECRET: u64 = 4 << 10;
/// Bytes of what people write by hand: a configuration, a catalogue of messages, an office's declaration.
pub const LARGEST_TEXT: u64 = 4 << 20;
/// A file of which nothing comes for so long is given up: its disk is somewhere else, and gone.
const QUIET: Duration = Duration::from_secs(30);
/// Nobody waits longer for a file, even if its bytes drip.
const LONGEST: Duration = Duration::from_secs(600);
const PIECE: usize = 1 << 20;

/// Opens a file for reading, if it is one.
///
/// # Errors
/// It cannot be opened, or is a folder, a device, a pipe or a socket.
pub fn open(path: &Path) -> Result<File> {
    // Looked at before it is opened, for opening some devices does something, and once it is open, for it may be another by then.
    plain(&std::fs::metadata(path)?)?;
    let file = OpenOptions::new().read(true).custom_flags(NEVER_WAIT).open(path)?;
    plain(&file.metadata()?)?;
    Ok(file)
}

/// Reads a whole file of at most `most` bytes. Blocks for as long as the disk takes, but not for ever.
///
/// # Errors
/// As of [`open`]; of the kind [`ErrorKind::FileTooLarge`] if there is more, [`ErrorKind::TimedOut`] if it comes too slowly.
pub fn bytes(path: &Path, most: u64) -> Result<Vec<u8>> {
    bytes_of(open(path)?, most)
}

/// Reads what an opened file of at most `most` bytes holds, in the same way.
///
/// # Errors
/// As of [`bytes`].
pub fn bytes_of(file: File, most: u64) -> Result<Vec<u8>> {
    bytes_within(file, most, QUIET, LONGEST)
}

/// The same of a text.
///
/// # Errors
/// As of [`bytes`], or it is not UTF-8.
pub fn text(path: &Path, most: u64) -> Result<String> {
    String::from_utf8(bytes(path, most)?).map_err(|_| Error::new(ErrorKind::InvalidData, "it is not UTF-8 text"))
}

#[cfg(target_os = "linux")]
const NEVER_WAIT: i32 = 0o4000;
#[cfg(not(target_os = "linux"))]
const NEVER_WAIT: i32 = 0;

fn plain(found: &std::fs::Metadata) -> Result<()> {
    let kind = found.file_type();
    let what = if kind.is_file() {
        return Ok(());
    } else if kind.is_dir() {
        "a folder"
    } else if kind.is_fifo() {
        "a pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    };
    Err(Error::new(ErrorKind::InvalidInput, format!("it is {what}; name a file that lies on a disk")))
}

fn bytes_within(file: impl Read + Send + 'static, most: u64, quiet: Duration, longest: Duration) -> Result<Vec<u8>> {
    let read = Arc::new(AtomicUsize::new(0));
    let (sender, receiver) = sync_channel(1);
    let so_far = Arc::clone(&read);
    // A thread that waits for a disk that is gone cannot be stopped, only left.
    std::thread::Builder::new().name("intake".into()).spawn(move || {
        let _ = sender.send(gather(file, most, &so_far));
    })?;
    let (began, mut before) = (Instant::now(), 0);
    loop {
        match receiver.recv_timeout(quiet) {
            Ok(done) => return done,
            Err(RecvTimeoutError::Disconnected) => return Err(Error::other("it cannot be read to its end")),
            Err(RecvTimeoutError::Timeout) => {
                let now = read.load(Ordering::Relaxed);
                if now == before || began.elapsed() >= longest {
                    let words = "it comes too slowly; copy it to a disk of this machine first";
                    return Err(Error::new(ErrorKind::TimedOut, words));
                }
                before = now;
            }
        }
    }
}

fn gather(file: impl Read, most: u64, so_far: &AtomicUsize) -> Result<Vec<u8>> {
    let mut file = file.take(most.saturating_add(1));
    let mut bytes = Vec::new();
    loop {
        let piece = file.by_ref().take(PIECE as u64).read_to_end(&mut bytes)?;
        so_far.store(bytes.len(), Ordering::Relaxed);
        if bytes.len() as u64 > most {
            return Err(Error::new(ErrorKind::FileTooLarge, format!("it has more than {most} bytes")));
        }
        if piece == 0 {
            return Ok(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte after each pause, for ever.
    struct Drip(Duration);

    impl Read for Drip {
        fn read(&mut self, into: &mut [u8]) -> Result<usize> {
            std::thread::sleep(self.0);
            into[0] = b'x';
            Ok(1)
        }
    }

    #[test]
    fn what_is_no_file_is_refused_in_words_before_a_byte_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        let socket = folder.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        let cases = [
            (Path::new("/dev/zero"), "a device"),
            (folder.path(), "a folder"),
            (&pipe, "a pipe"),
            (&socket, "a socket"),
        ];
        for (path, what) in cases {
            let error = bytes(path, 10).unwrap_err();
            assert!(error.to_string().contains(what), "{}: {error}", path.display());
        }
    }

    #[test]
    fn bytes_are_counted_as_they_come_and_not_as_the_file_says() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "0123456789").unwrap();
        assert_eq!(bytes(&path, 10).unwrap(), b"0123456789");
        assert_eq!(bytes(&path, 9).unwrap_err().kind(), ErrorKind::FileTooLarge);
        // It says that it has none.
        assert_eq!(bytes(Path::new("/proc/self/status"), 9).unwrap_err().kind(), ErrorKind::FileTooLarge);
        let endless = bytes_within(std::io::repeat(0), 5 << 20, QUIET, LONGEST);
        assert_eq!(endless.unwrap_err().kind(), ErrorKind::FileTooLarge);
        std::fs::write(&path, b"\xff\xfe").unwrap();
        assert_eq!(text(&path, 10).unwrap_err().kind(), ErrorKind::InvalidData);
    }

    #[test]
    fn a_source_that_drips_or_says_nothing_is_given_up() {
        let in_time = |pause: u64, quiet: u64| {
            let times = (Duration::from_millis(quiet), Duration::from_millis(300));
            bytes_within(Drip(Duration::from_millis(pause)), 1000, times.0, times.1).unwrap_err().kind()
        };
        assert_eq!(in_time(10_000, 50), ErrorKind::TimedOut, "it says nothing");
        assert_eq!(in_time(5, 100), ErrorKind::TimedOut, "it never ends in time");
    }
}
