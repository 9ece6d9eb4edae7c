//! Files that are no roster, and files that attack.

use std::io::{Cursor, Read, Write};

use super::*;
use crate::roster::sheet::bounds::{
    MAX_COLUMNS, MAX_ODS_BYTES, MAX_RECODED_BYTES, MAX_TEXT_BYTES, MAX_XLS_BYTES, MAX_XLSX_BYTES,
};

pub(super) fn refusal(bytes: &[u8]) -> SheetError {
    match read(bytes, "roster.xlsx", &rules()).unwrap_err() {
        RosterError::Layout(LayoutError::Sheet(error)) => error,
        other => panic!("{other}"),
    }
}

fn zip(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ::zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        writer.start_file(*name, ::zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// The sample with one part replaced.
pub(super) fn sample_with(part: &str, content: &[u8]) -> Vec<u8> {
    with_part(SAMPLE, part, content)
}

/// A workbook with one part replaced.
pub(super) fn with_part(workbook: &[u8], part: &str, content: &[u8]) -> Vec<u8> {
    let mut archive = ::zip::ZipArchive::new(Cursor::new(workbook)).unwrap();
    let mut parts = Vec::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        parts.push((file.name().unwrap().into_owned(), bytes));
    }
    parts.retain(|(name, _)| name != part);
    parts.push((part.into(), content.to_vec()));
    zip(&parts.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect::<Vec<_>>())
}

/// A table of one column as the exam's old programs keep it.
fn dbf() -> Vec<u8> {
    let mut file = vec![3, 109, 5, 12, 1, 0, 0, 0, 65, 0, 9, 0];
    file.resize(32, 0);
    file.extend(b"NAMA\0\0\0\0\0\0\0C");
    file.resize(64, 0);
    file.extend(b"\x0d Siti    \x1a");
    file
}

#[test]
fn other_files_are_named_and_told_how_to_mend() {
    let old_excel = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 anything";
    let encrypted: Vec<u8> =
        old_excel.iter().copied().chain("EncryptedPackage".bytes().flat_map(|byte| [byte, 0])).collect();
    for (bytes, expected) in [
        (&b""[..], "empty"),
        (b" \r\n", "empty"),
        (old_excel, "without a workbook"),
        (&encrypted, "password"),
        (b"<?xml version=\"1.0\"?><siswa><nama>A</nama></siswa>", "an XML text"),
        (b"<html><p>Sesi berakhir, silakan masuk</p></html>", "a web page without a table"),
        (&zip(&[("mimetype", b"x"), ("content.xml", b"x")]), "an OpenDocument text"),
        (&zip(&[("xl/workbook.bin", b"x")]), ".xlsb"),
        (&zip(&[("word/document.xml", b"x")]), "a Word document (.docx)"),
        (&zip(&[("kelas/X-1.xlsx", b"x"), ("foto.jpg", b"x")]), "a zip archive with an .xlsx in it; unpack it"),
        (&zip(&[("Index/Document.iwa", b"x")]), "in Numbers choose File > Export To > Excel"),
        (b"Rar!\x1a\x07\x01\0", "a RAR archive; unpack it and send the file"),
        (b"7z\xbc\xaf\x27\x1c\0\x04", "a 7z archive; unpack it"),
        (b"\x1f\x8b\x08\0", "a compressed file; unpack it"),
        (b"\x09\0\x04\0\x02\0\x10\0", "a file of Excel 2, 3 or 4, which is not read; open it in a spreadsheet program"),
        (b"\0\x01\0\0Standard Jet DB\0", "an Access database"),
        (&dbf(), "a dBase file (.dbf), which is not read"),
        (b"{\\rtf1\\ansi Daftar, siswa}", "a Word document (.rtf)"),
        (b"\0\0\0\x18ftypheic\0\0", "a picture or a film"),
        (b"L\0\0\0\x01\x14\x02\0\0\0", "only a shortcut"),
        (b"[InternetShortcut]\r\nURL=https://example.org/a,b\r\n", "only a shortcut"),
        (b"{\"url\":\"https://docs.google.com/open?id=x\",\"doc_id\":\"x\",\"email\":\"x\"}", "Download > Microsoft Excel"),
        (b"[{\"nama\":\"x\",\"jk\":\"L\"}]", "a JSON text"),
        (b"<?xml version=\"1.0\"?><office:document xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\">", ".fods"),
        (b"<html><frameset><frame src=\"sheet001.htm\"></frameset></html>", "only the cover of a workbook"),
        (b"\x89PNG\r\n\x1a\n\0\0", "a picture"),
        (b"%PDF-1.7 \n", "a PDF"),
        (b"Dengan hormat\nbersama ini kami kirimkan\n", "without columns"),
        (b"\x01\x02\x03\x00\x05\x00\x01", "unknown kind"),
        (b"PK\x03\x04 cut off", "damaged"),
        (&SAMPLE[..SAMPLE.len() / 2], "damaged"),
    ] {
        let message = refusal(bytes).to_string();
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn every_bound_is_named() {
    let limit = |error: SheetError, what: &str| {
        let message = error.to_string();
        assert!(message.contains(what), "{message}");
    };
    let delimiters = ",".repeat(MAX_COLUMNS as usize);
    let wide = format!("{delimiters}nama,tanggal_lahir\n{delimiters}x,y\n");
    limit(refusal(wide.as_bytes()), "cell SS1 lies beyond column 512");
    let many: Vec<(String, &[u8])> = (0..=2000).map(|part| (format!("part{part}"), &b""[..])).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|(name, content)| (name.as_str(), *content)).collect();
    limit(refusal(&zip(&many)), "2000 zipped parts");
}

#[test]
fn a_zip_that_declares_too_much_is_refused_before_it_is_unzipped() {
    let sheet = zip(&[("xl/workbook.xml", b"x"), ("xl/big", &vec![0; 1000])]);
    let lie = |size: u32| {
        let mut bytes = sheet.clone();
        let name = bytes.windows(6).rposition(|window| window == b"xl/big").unwrap();
        // In the central directory the size stands 22 bytes before the name.
        bytes[name - 22..name - 18].copy_from_slice(&size.to_le_bytes());
        bytes
    };
    assert!(matches!(refusal(&lie(u32::MAX - 1)), SheetError::TooMuch { what: "bytes when unzipped", .. }));
}

#[test]
fn a_part_larger_than_declared_is_damaged() {
    let mut bytes = SAMPLE.to_vec();
    let part = b"xl/worksheets/sheet1.xml";
    let name = bytes.windows(part.len()).rposition(|window| window == part).unwrap();
    bytes[name - 22..name - 18].copy_from_slice(&20_000u32.to_le_bytes());
    assert_eq!(refusal(&bytes), SheetError::Damaged);
}

#[test]
fn each_form_has_its_own_size() {
    for (head, limit, expected) in [
        (&b"nama"[..], MAX_TEXT_BYTES, "a text file may have at most 256 MiB; split"),
        (b"\xe9", MAX_RECODED_BYTES, "encoding than UTF-8 may have at most 48 MiB; save it as UTF-8 or as .xlsx"),
        (b"PK", MAX_XLSX_BYTES, "a zipped workbook may have at most 96 MiB; split"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", MAX_XLS_BYTES, "an .xls file may have at most 96 MiB; save it as .xlsx"),
    ] {
        let mut bytes = vec![0; limit + 1];
        bytes[..head.len()].copy_from_slice(head);
        let message = refusal(&bytes).to_string();
        assert!(message.contains(expected), "{message}");
    }
    let filler = vec![0; MAX_ODS_BYTES];
    let kind = b"application/vnd.oasis.opendocument.spreadsheet";
    let mut ods = zip(&[("mimetype", kind), ("content.xml", b"x")]);
    // What stands before a zip belongs to nothing.
    ods = [b"PK".as_slice(), &filler, &ods].concat();
    let message = refusal(&ods).to_string();
    assert!(message.contains("an .ods file may have at most 32 MiB; save it as .xlsx"), "{message}");
}

#[test]
fn a_false_count_of_shared_texts_reserves_nothing() {
    for head in [
        r#"<sst uniqueCount="99999999999999">"#,
        r#"<sst uniqueCount = '00900000000'>"#,
        r#"<!-- sst> --><sst count="1" uniqueCount="30000000">"#,
    ] {
        let texts = format!(r#"<?xml version="1.0"?>{head}<si><t>a</t></si></sst>"#);
        let workbook = with_part(&xlsx(&[("Sheet1", &sample())]), "xl/sharedStrings.xml", texts.as_bytes());
        assert_eq!(refusal(&workbook), SheetError::Damaged, "its cells name other texts");
    }
}

#[test]
fn a_damaged_cell_is_never_quoted() {
    let sheet = br#"<worksheet><sheetData><row r="1"><c r="A1" t="b"><v>5271010101099801</v></c></row></sheetData></worksheet>"#;
    let error = refusal(&sample_with("xl/worksheets/sheet1.xml", sheet));
    assert!(!crate::nik::looks_like_nik(&error.to_string()));
    assert_eq!(error, SheetError::Damaged);
}

#[test]
fn a_digit_that_changed_on_the_way_is_noticed() {
    let workbook = xlsx(&[("Sheet1", &sample())]);
    for part in ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml", "xl/workbook.xml"] {
        let mut bytes = workbook.clone();
        let name = bytes.windows(part.len()).rposition(|window| window == part.as_bytes()).unwrap();
        // Stored or compressed, the checksum in the central directory no longer fits.
        bytes[name - 30] ^= 1;
        assert_eq!(refusal(&bytes), SheetError::Damaged, "{part}");
    }
}

#[test]
fn an_impossible_cell_address_costs_only_the_file() {
    let sheet = br#"<worksheet><sheetData><row r="1"><c r="ZZZZZZZZZZZZ1"><v>1</v></c></row></sheetData></worksheet>"#;
    let _ = read(&sample_with("xl/worksheets/sheet1.xml", sheet), "", &rules()).unwrap_err();
}

#[test]
fn rows_that_go_back_up_are_refused() {
    let sheet = br#"<worksheet><sheetData><row r="9"><c r="A9"><v>1</v></c></row><row r="2"><c r="A2"><v>1</v></c></row></sheetData></worksheet>"#;
    assert_eq!(refusal(&sample_with("xl/worksheets/sheet1.xml", sheet)), SheetError::Damaged);
}
