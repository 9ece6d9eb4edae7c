//! A zip from outside, looked at before it is read: what it is, how large its parts say they are, and whether each part is
//! what was written. Reading alone would not tell, for it stops at the last cell, before the checksum.

use std::io::{self, Cursor, Read};

use super::bounds::{MAX_CELLS, MAX_PART_BYTES, MAX_PARTS, MAX_SHARED_TEXT_BYTES, MAX_UNZIPPED_BYTES};
use super::sheet::SheetError;

/// A workbook that is a zip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Zipped {
    Xlsx,
    Ods,
}

/// Looks through a zip.
pub(super) fn inspect(bytes: &[u8]) -> Result<Zipped, SheetError> {
    let damaged = |_| SheetError::Damaged;
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    if zip.len() > MAX_PARTS {
        return Err(SheetError::TooMuch { what: "zipped parts", limit: MAX_PARTS as u64 });
    }
    let mut total: u64 = 0;
    for index in 0..zip.len() {
        total = total.saturating_add(zip.by_index_raw(index).map_err(damaged)?.size());
    }
    if total > MAX_UNZIPPED_BYTES {
        return Err(SheetError::TooMuch { what: "bytes when unzipped", limit: MAX_UNZIPPED_BYTES });
    }
    let mut kind = Err(SheetError::NotATable("a zip file of something else"));
    let mut is_spreadsheet = false;
    for index in 0..zip.len() {
        // The zip reader fails at a part's end if it is not of the declared size and checksum.
        let mut part = zip.by_index(index).map_err(damaged)?;
        let name = part.name().map_err(damaged)?.to_ascii_lowercase();
        if let Some((what, limit)) = held_as_a_whole(&name)
            && part.size() > limit
        {
            return Err(SheetError::TooMuch { what, limit });
        }
        let mut head = Vec::new();
        part.by_ref().take(4096).read_to_end(&mut head).map_err(|_| SheetError::Damaged)?;
        if name.ends_with("sharedstrings.xml") {
            check_declared_texts(&head)?;
        }
        io::copy(&mut part, &mut io::sink()).map_err(|_| SheetError::Damaged)?;
        if name == "mimetype" {
            is_spreadsheet = head.starts_with(b"application/vnd.oasis.opendocument.spreadsheet");
        }
        if name.ends_with("workbook.xml") {
            kind = Ok(Zipped::Xlsx);
        } else if kind.is_err() && name == "content.xml" {
            kind = Ok(Zipped::Ods);
        } else if kind.is_err() && name == "xl/workbook.bin" {
            kind = Err(SheetError::OtherFormat("a binary workbook (.xlsb)"));
        }
    }
    if kind == Ok(Zipped::Ods) && !is_spreadsheet {
        return Err(SheetError::NotATable("an OpenDocument text or drawing"));
    }
    kind
}

/// The parts that calamine holds in memory as a whole, and how large each may be.
fn held_as_a_whole(name: &str) -> Option<(&'static str, u64)> {
    if name.ends_with("sharedstrings.xml") {
        return Some(("bytes of shared texts", MAX_SHARED_TEXT_BYTES));
    }
    let held = ["workbook.xml", "styles.xml", ".rels", "theme1.xml", "metadata.xml", "manifest.xml"];
    held.iter().any(|end| name.ends_with(end)).then_some(("bytes in its list of sheets or styles", MAX_PART_BYTES))
}

/// calamine reserves memory for as many shared texts as the file claims; a false claim would end the process.
fn check_declared_texts(head: &[u8]) -> Result<(), SheetError> {
    let head: String = head.iter().filter(|byte| **byte != 0).map(|byte| char::from(*byte)).collect();
    let start = head.find("sst").ok_or(SheetError::Damaged)?;
    if head[..start].contains("<!") {
        return Err(SheetError::Damaged);
    }
    let end = head[start..].find('>').ok_or(SheetError::Damaged)?;
    for (at, name) in head[start..start + end].match_indices("uniqueCount") {
        let digits = head[start + at + name.len()..]
            .trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '=' | '"' | '\''))
            .split(|c: char| !c.is_ascii_digit())
            .next()
            .unwrap_or_default();
        if digits.trim_start_matches('0').len() > 8 || digits.parse::<u32>().is_ok_and(|count| count > MAX_CELLS) {
            return Err(SheetError::TooMuch { what: "shared texts", limit: MAX_CELLS.into() });
        }
    }
    Ok(())
}
