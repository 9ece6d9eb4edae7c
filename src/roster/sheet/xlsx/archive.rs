//! A zip from outside: what it is, how large its parts say they are, and its parts by their path. A part that is not of the
//! size and checksum that were written is damaged: for a part of an `.xlsx` that is found at its end when it is read, and an
//! `.ods`, of which another reader reads only what it needs, is looked through beforehand.

use std::collections::HashMap;
use std::io::{self, Cursor, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use zip::ZipArchive;
use zip::read::ZipFile;

use super::tokens::Tokens;
use crate::roster::sheet::bounds::{MAX_PART_BYTES, MAX_PARTS, MAX_UNZIPPED_BYTES, MAX_UNZIPPED_ODS_BYTES};
use crate::roster::sheet::cell::SheetError;
use crate::roster::sheet::foreign::foreign_zip;
use crate::roster::sheet::meter::Deadline;

/// How much of a large part is unzipped at a time, in bytes, and how many such blocks may wait to be read.
const BLOCK: usize = 64 << 10;
const BLOCKS_AHEAD: usize = 8;

/// What a zip is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::roster) enum Zipped {
    Xlsx,
    Ods,
}

/// A zip with its parts by path.
pub(in crate::roster) struct Archive<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    by_path: HashMap<String, usize>,
}

/// A part of a zip as it is read.
pub(super) type Part<'a, 'b> = Tokens<ZipFile<'b, Cursor<&'a [u8]>>>;

impl<'a> Archive<'a> {
    pub(in crate::roster) fn open(bytes: &'a [u8]) -> Result<Self, SheetError> {
        let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
        if zip.len() > MAX_PARTS {
            return Err(SheetError::TooMuch { what: "zipped parts", limit: MAX_PARTS as u64 });
        }
        let mut total: u64 = 0;
        let mut by_path = HashMap::new();
        for index in 0..zip.len() {
            let part = zip.by_index_raw(index).map_err(damaged)?;
            total = total.saturating_add(part.size());
            by_path.entry(same_path(&part.name().map_err(damaged)?)).or_insert(index);
        }
        let archive = Self { zip, by_path };
        archive.at_most(total, MAX_UNZIPPED_BYTES)
    }

    fn at_most(self, total: u64, limit: u64) -> Result<Self, SheetError> {
        if total > limit { Err(SheetError::TooMuch { what: "bytes when unzipped", limit }) } else { Ok(self) }
    }

    /// What this is, by the parts that it has.
    pub(in crate::roster) fn kind(&mut self) -> Result<Zipped, SheetError> {
        if self.by_path.keys().any(|path| path.ends_with("workbook.xml")) {
            return Ok(Zipped::Xlsx);
        }
        if self.find("xl/workbook.bin").is_some() {
            return Err(SheetError::OtherFormat("a binary workbook (.xlsb)"));
        }
        if self.find("content.xml").is_none() {
            return Err(foreign_zip(self.by_path.keys().map(String::as_str)));
        }
        let mut kind = Vec::new();
        if let Some(index) = self.find("mimetype") {
            let part = self.zip.by_index(index).map_err(damaged)?;
            part.take(100).read_to_end(&mut kind).map_err(|_| SheetError::Damaged)?;
        }
        if !kind.starts_with(b"application/vnd.oasis.opendocument.spreadsheet") {
            return Err(SheetError::NotATable("an OpenDocument text or drawing"));
        }
        Ok(Zipped::Ods)
    }

    /// Reads every part to its end, for a reader that does not.
    pub(in crate::roster) fn look_through(&mut self, deadline: Deadline) -> Result<(), SheetError> {
        let mut total: u64 = 0;
        for index in 0..self.zip.len() {
            deadline.check()?;
            // The zip reader fails at a part's end if it is not of the declared size and checksum.
            let mut part = self.zip.by_index(index).map_err(damaged)?;
            total = total.saturating_add(part.size());
            if total > MAX_UNZIPPED_ODS_BYTES {
                return Err(SheetError::TooMuch { what: "bytes when unzipped", limit: MAX_UNZIPPED_ODS_BYTES });
            }
            io::copy(&mut part, &mut io::sink()).map_err(|_| SheetError::Damaged)?;
        }
        Ok(())
    }

    /// The part at `path`, if there is one; programs do not agree on capitals and on which way a slash leans.
    pub(in crate::roster::sheet) fn find(&self, path: &str) -> Option<usize> {
        self.by_path.get(&same_path(path)).copied()
    }

    /// Reads a part of whatever size, which is only seen piece by piece: a thread beside unzips what comes next.
    pub(in crate::roster::sheet) fn large_part<T>(
        &mut self,
        index: usize,
        deadline: Deadline,
        read: impl FnOnce(Tokens<Blocks>) -> Result<T, SheetError>,
    ) -> Result<T, SheetError> {
        let part = self.zip.by_index(index).map_err(damaged)?;
        let size = part.size();
        std::thread::scope(|scope| {
            let (blocks, waiting) = sync_channel(BLOCKS_AHEAD);
            let beside = std::thread::Builder::new().spawn_scoped(scope, move || unzip(part, &blocks));
            beside.map_err(|_| SheetError::Interrupted)?;
            read(Tokens::new(Blocks { waiting, block: Vec::new(), at: 0, is_over: false }, size, deadline))
        })
    }

    /// A part that is read here.
    fn part<'b>(&'b mut self, index: usize, deadline: Deadline) -> Result<Part<'a, 'b>, SheetError> {
        let part = self.zip.by_index(index).map_err(damaged)?;
        let size = part.size();
        Ok(Tokens::new(part, size, deadline))
    }

    /// A part much of which is kept.
    pub(super) fn small_part<'b>(&'b mut self, index: usize, deadline: Deadline) -> Result<Part<'a, 'b>, SheetError> {
        if self.zip.by_index_raw(index).map_err(damaged)?.size() > MAX_PART_BYTES {
            return Err(SheetError::TooMuch { what: "bytes in its list of sheets or styles", limit: MAX_PART_BYTES });
        }
        self.part(index, deadline)
    }
}

/// A part as another thread unzips it.
pub(in crate::roster::sheet) struct Blocks {
    waiting: Receiver<io::Result<Vec<u8>>>,
    block: Vec<u8>,
    /// How much of the block has been read.
    at: usize,
    is_over: bool,
}

impl Read for Blocks {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.at == self.block.len() && !self.is_over {
            // Whoever ends without an empty block has failed.
            self.block = self.waiting.recv().map_err(|_| io::ErrorKind::UnexpectedEof)??;
            self.at = 0;
            self.is_over = self.block.is_empty();
        }
        let length = into.len().min(self.block.len() - self.at);
        into[..length].copy_from_slice(&self.block[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}

/// Sends a part block by block, an empty one at its end, until nobody wants more.
fn unzip(mut part: impl Read, blocks: &SyncSender<io::Result<Vec<u8>>>) {
    loop {
        let mut block = Vec::with_capacity(BLOCK);
        let read = part.by_ref().take(BLOCK as u64).read_to_end(&mut block).map(|_| block);
        let is_over = read.as_ref().map_or(true, Vec::is_empty);
        if blocks.send(read).is_err() || is_over {
            return;
        }
    }
}

fn damaged(_: zip::result::ZipError) -> SheetError {
    SheetError::Damaged
}

/// A path as paths are compared.
fn same_path(path: &str) -> String {
    path.trim_start_matches(['/', '\\']).replace('\\', "/").to_ascii_lowercase()
}
