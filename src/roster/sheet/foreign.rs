//! What is sent instead of a table, told by what stands in it and never by its name; each has the one thing to do about it.

use super::cell::SheetError;

/// How an OLE file begins: the cabinet in which old Office programs keep everything.
pub(super) const OLE: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
/// How far into a text its kind is looked for, in bytes.
const KIND_WITHIN: usize = 4 << 10;

const PICTURE: SheetError = SheetError::NotATable("a picture");
const PACKED: SheetError = SheetError::Archive("a compressed file");
const OLDEST_EXCEL: SheetError = SheetError::OtherFormat("a file of Excel 2, 3 or 4");
const ACCESS: SheetError = SheetError::NotATable("an Access database");

/// How files begin that are no tables.
const HEADS: [(&[u8], SheetError); 28] = [
    (b"\x89PNG", PICTURE),
    (b"\xff\xd8\xff", PICTURE),
    (b"GIF8", PICTURE),
    (b"II*\0", PICTURE),
    (b"MM\0*", PICTURE),
    (b"RIFF", PICTURE),
    (b"8BPS", PICTURE),
    (b"%PDF", SheetError::NotATable("a PDF")),
    (b"\xef\xbb\xbf%PDF", SheetError::NotATable("a PDF")),
    (b"{\\rtf", SheetError::NotATable("a Word document (.rtf)")),
    (b"Rar!\x1a\x07", SheetError::Archive("a RAR archive")),
    (b"7z\xbc\xaf\x27\x1c", SheetError::Archive("a 7z archive")),
    (b"\x1f\x8b", PACKED),
    (b"BZh", PACKED),
    (b"\xfd7zXZ\0", PACKED),
    (b"\x28\xb5\x2f\xfd", PACKED),
    (b"MSCF", PACKED),
    (b"\x09\0\x04\0", OLDEST_EXCEL),
    (b"\x09\x02\x06\0", OLDEST_EXCEL),
    (b"\x09\x04\x06\0", OLDEST_EXCEL),
    (b"\0\x01\0\0Standard Jet DB", ACCESS),
    (b"\0\x01\0\0Standard ACE DB", ACCESS),
    (b"SQLite format 3\0", SheetError::NotATable("a database")),
    (b"L\0\0\0\x01\x14\x02\0", SheetError::Shortcut),
    (b"[InternetShortcut]", SheetError::Shortcut),
    (b"\x7fELF", SheetError::NotATable("a program")),
    (b"MZ\x90\0", SheetError::NotATable("a program")),
    (b"ID3", SheetError::NotATable("a recording")),
];

/// The refusal for a file that its first bytes show to be something else than a table.
pub(super) fn foreign(bytes: &[u8]) -> Option<SheetError> {
    if let Some((_, refusal)) = HEADS.iter().find(|(head, _)| bytes.starts_with(head)) {
        return Some(refusal.clone());
    }
    if bytes.get(4..8) == Some(b"ftyp") {
        return Some(SheetError::NotATable("a picture or a film"));
    }
    if bytes.starts_with(b"BM") && bytes.contains(&0) {
        return Some(PICTURE);
    }
    is_dbase(bytes).then_some(SheetError::OtherFormat("a dBase file (.dbf)"))
}

/// A dBase file says the day on which it was written, and its head ends with a sign of its own where it says.
fn is_dbase(bytes: &[u8]) -> bool {
    let Some(head) = bytes.first_chunk::<32>() else { return false };
    let is_kind = matches!(head[0], 0x02 | 0x03 | 0x04 | 0x05 | 0x30 | 0x31 | 0x43 | 0x83 | 0x8b | 0xf5);
    let length = usize::from(u16::from_le_bytes([head[8], head[9]]));
    let is_end = |at: usize| matches!(bytes.get(at), Some(0x0d | 0));
    is_kind && matches!(head[2], 1..=12) && matches!(head[3], 1..=31) && length > 32 && is_end(length - 1)
}

/// Whether an OLE file is an Excel file that can be opened; the names of its streams tell, and they are UTF-16.
pub(super) fn old_excel(bytes: &[u8]) -> Result<(), SheetError> {
    let has = |name: &str| {
        let name: Vec<u8> = name.bytes().flat_map(|byte| [byte, 0]).collect();
        bytes.windows(name.len()).any(|window| window == name)
    };
    if has("EncryptedPackage") {
        // A password turns an .xlsx into this.
        Err(SheetError::Password)
    } else if has("Workbook") || has("Book") {
        Ok(())
    } else if has("WordDocument") {
        Err(SheetError::NotATable("a Word document (.doc)"))
    } else if has("PowerPoint Document") {
        Err(SheetError::NotATable("a presentation (.ppt)"))
    } else {
        Err(SheetError::NotATable("an old Office file without a workbook"))
    }
}

/// The refusal for a text that is something else than a table, though it may have commas in it.
pub(super) fn foreign_text(text: &str) -> Option<SheetError> {
    let head = text[..text.floor_char_boundary(KIND_WITHIN)].trim_start();
    if head.starts_with("[InternetShortcut]") {
        return Some(SheetError::Shortcut);
    }
    if !(head.starts_with('{') || head.starts_with("[{") || head.starts_with("[\n")) || !head.contains("\":") {
        return None;
    }
    let is_google =
        ["docs.google.com", "drive.google.com", "\"doc_id\"", "\"resource_id\""].iter().any(|sign| head.contains(sign));
    Some(if is_google { SheetError::GoogleLink } else { SheetError::NotATable("a JSON text") })
}

/// The refusal for a zip that is no workbook, by the paths of its parts, in small letters.
pub(super) fn foreign_zip<'p>(paths: impl Iterator<Item = &'p str> + Clone) -> SheetError {
    let has = |wanted: &dyn Fn(&str) -> bool| paths.clone().any(wanted);
    let count = |ends: &[&str]| paths.clone().filter(|path| ends.iter().any(|end| path.ends_with(end))).count();
    if has(&|path| path == "word/document.xml") {
        return SheetError::NotATable("a Word document (.docx)");
    }
    if has(&|path| path == "ppt/presentation.xml") {
        return SheetError::NotATable("a presentation (.pptx)");
    }
    if has(&|path| path.ends_with(".iwa")) || has(&|path| path.ends_with("index.zip")) {
        return SheetError::Numbers;
    }
    // The name of what is inside may be a person's.
    SheetError::Archive(
        match (count(&[".xlsx", ".xlsm"]), count(&[".xls"]), count(&[".csv", ".txt"]), count(&[".ods"])) {
            (1, 0, 0, 0) => "a zip archive with an .xlsx in it",
            (0, 1, 0, 0) => "a zip archive with an .xls in it",
            (0, 0, 1, 0) => "a zip archive with a CSV in it",
            (0, 0, 0, 1) => "a zip archive with an .ods in it",
            _ => "a zip archive",
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_only_begins_like_something_else_is_left_alone() {
        for text in ["{nama},tanggal lahir\n", "[daftar] nama;tanggal lahir", "nama,\"doc_id\":1", "BM,nama"] {
            assert_eq!(foreign_text(text), None, "{text}");
            assert_eq!(foreign(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn zips_are_told_by_what_is_in_them() {
        for (paths, expected) in [
            (&["index/document.iwa", "preview.jpg"][..], SheetError::Numbers),
            (&["word/document.xml"], SheetError::NotATable("a Word document (.docx)")),
            (&["ppt/presentation.xml"], SheetError::NotATable("a presentation (.pptx)")),
            (&["data/siswa.xlsx", "data/foto.jpg"], SheetError::Archive("a zip archive with an .xlsx in it")),
            (&["siswa.csv"], SheetError::Archive("a zip archive with a CSV in it")),
            (&["a.xls", "b.xls"], SheetError::Archive("a zip archive")),
        ] {
            assert_eq!(foreign_zip(paths.iter().copied()), expected);
        }
    }
}
