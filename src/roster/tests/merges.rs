//! What a table's cells tell beside their texts: which are shown as one, and which sheets nobody sees.

use rust_xlsxwriter::{Format, Workbook};

use super::*;
use crate::roster::sheet::merges::Merge;

macro_rules! file {
    ($name:literal) => {
        include_bytes!(concat!("../../../tests/data/rosters/", $name)).as_slice()
    };
}

/// A merge as the spreadsheet would write it down: rows from 1, columns from 0.
fn merge(rows: std::ops::RangeInclusive<u32>, columns: std::ops::RangeInclusive<usize>) -> Merge {
    Merge { rows, columns }
}

fn merges(book: &mut Book<'_>, sheet: &str) -> Vec<Merge> {
    let mut merges = book.merges(sheet).unwrap();
    merges.sort_by_key(|merge| (*merge.rows.start(), *merge.columns.start()));
    merges
}

#[test]
fn merged_cells_are_told_alike_in_every_form() {
    let expected = merges(&mut Book::open(SAMPLE).unwrap(), "Daftar Peserta Didik");
    assert!(expected.contains(&merge(5..=6, 0..=0)) && expected.len() > 10, "{expected:?}");
    for (name, file) in [
        ("dapodik.xls", file!("dapodik.xls")),
        ("dapodik.ods", file!("dapodik.ods")),
        ("dapodik_xml.xls", file!("dapodik_xml.xls")),
    ] {
        let mut book = Book::open(file).unwrap();
        let sheet = book.sheets().pop().unwrap();
        assert_eq!(merges(&mut book, &sheet), expected, "{name}");
        // And its rows are there as before.
        let mut rows = 0;
        let count = |_| {
            rows += 1;
            ControlFlow::Continue(())
        };
        book.rows(&sheet, |_| true, count).unwrap();
        assert!(rows > 37, "{name}");
    }
}

#[test]
fn a_text_has_no_merged_cells_and_no_hidden_sheets() {
    let mut book = Book::open(b"nama;tanggal lahir\n").unwrap();
    assert_eq!((book.merges(""), book.hidden()), (Ok(Vec::new()), Vec::new()));
}

#[test]
fn hidden_sheets_are_named_and_read_like_others() {
    let mut workbook = Workbook::new();
    let bold = Format::new();
    for (name, hidden) in [("Kelas", false), ("Lama", true), ("Arsip", true)] {
        let sheet = workbook.add_worksheet().set_name(name).unwrap();
        sheet.merge_range(2, 0, 4, 1, name, &bold).unwrap();
        if hidden && name == "Arsip" {
            sheet.set_very_hidden(true);
        } else {
            sheet.set_hidden(hidden);
        }
    }
    let bytes = workbook.save_to_buffer().unwrap();
    let mut book = Book::open(&bytes).unwrap();
    assert_eq!((book.sheets(), book.hidden()), (vec!["Kelas".into()], vec!["Lama".into(), "Arsip".into()]));
    for name in ["Kelas", "Lama", "Arsip"] {
        let mut first = String::new();
        book.rows(
            name,
            |_| true,
            |row| {
                first = row.text(0).to_owned();
                ControlFlow::Break(())
            },
        )
        .unwrap();
        assert_eq!(first, name);
        assert_eq!(merges(&mut book, name), [merge(3..=5, 0..=1)], "{name}");
    }
}

#[test]
fn hidden_xml_sheets_are_named() {
    let sheet = |name: &str, hidden: &str| {
        format!(
            "<Worksheet ss:Name=\"{name}\"><Table><Row ss:Index=\"3\"><Cell/><Cell ss:MergeAcross=\"2\" ss:MergeDown=\"1\">\
             <Data>{name}</Data></Cell></Row></Table><WorksheetOptions>{hidden}</WorksheetOptions></Worksheet>"
        )
    };
    let hidden = sheet("Lama", "<Visible>SheetVeryHidden</Visible>");
    let file = format!("<Workbook>{hidden}{}</Workbook>", sheet("Baru", ""));
    let mut book = Book::open(file.as_bytes()).unwrap();
    assert_eq!((book.sheets(), book.hidden()), (vec!["Baru".into()], vec!["Lama".into()]));
    assert_eq!(merges(&mut book, "Lama"), [merge(3..=4, 1..=3)]);
}

#[test]
fn a_merge_that_makes_no_sense_is_none() {
    let sheet = "<worksheet><sheetData><row><c t=\"inlineStr\"><is><t>mergeCell</t></is></c></row></sheetData>\
                 <x:mergeCells><x:mergeCell ref=\"A1\"/><x:mergeCell ref=\"B9:A1\"/><x:mergeCell ref=\"?:C3\"/>\
                 <x:mergeCell/><x:mergeCell ref=\"B2:XFD1048576\"/></x:mergeCells></worksheet>";
    let bytes = super::refusals::sample_with("xl/worksheets/sheet1.xml", sheet.as_bytes());
    let mut book = Book::open(&bytes).unwrap();
    let sheet = book.sheets().remove(0);
    assert_eq!(merges(&mut book, &sheet), [merge(2..=1_048_576, 1..=511)]);
}
