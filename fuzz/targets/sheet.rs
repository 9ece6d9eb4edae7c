//! Any markup as the sheet and as the shared texts of an `.xlsx`, divided by a zero byte → a roster or one sentence. What
//! stands in a zip is found damaged before a fuzzer gets far with it; this goes in behind the zip.

#![no_main]

use std::io::{Cursor, Write};

use libfuzzer_sys::fuzz_target;
use siap17::nik::looks_like_nik;
use siap17::roster::{Ages, Isolation, Rules, read_in};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

const PARTS: [(&str, &str); 3] = [
    ("xl/workbook.xml", "<workbook><sheets><sheet name=\"X\" r:id=\"1\"/></sheets></workbook>"),
    (
        "xl/_rels/workbook.xml.rels",
        "<Relationships><Relationship Id=\"1\" Type=\"/worksheet\" Target=\"sheet.xml\"/></Relationships>",
    ),
    ("xl/styles.xml", "<styleSheet><cellXfs><xf/><xf numFmtId=\"14\"/></cellXfs></styleSheet>"),
];

fn workbook(sheet: &[u8], texts: &[u8]) -> zip::result::ZipResult<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let usual = PARTS.into_iter().map(|(path, part)| (path, part.as_bytes()));
    for (path, part) in usual.chain([("xl/sheet.xml", sheet), ("xl/sharedStrings.xml", texts)]) {
        zip.start_file(path, stored)?;
        zip.write_all(part)?;
    }
    Ok(zip.finish()?.into_inner())
}

fuzz_target!(|bytes: &[u8]| {
    let middle = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let (sheet, texts) = bytes.split_at(middle);
    let file = workbook(sheet, texts.get(1..).unwrap_or_default()).expect("a zip in memory");
    let rules = Rules { region: "52.71".into(), today: "2026-11-23".parse().expect("a day"), ages: Ages::default() };
    if let Err(error) = read_in(&Isolation::Here, &file, "x", &rules) {
        assert!(!looks_like_nik(&error.to_string()), "a refusal holds what may be a NIK");
    }
});
