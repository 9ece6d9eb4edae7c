//! Small files that claim to be large, and large ones that hold nothing: each costs little, and the refusal names the bound.

use std::time::Instant;

use super::refusals::{refusal, sample_with};
use super::*;
use crate::roster::sheet::bounds::{MAX_COLUMNS, MAX_SHEETS};
use crate::roster::sheet::cell::Wanted;

/// Longest that a refusal may take here, in seconds: tests run unoptimised, beside each other.
const SOON: u64 = 20;

fn soon<T>(work: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let result = work();
    assert!(began.elapsed().as_secs() < SOON, "it took {:?}", began.elapsed());
    result
}

fn xml(table: &str) -> Vec<u8> {
    format!("<Workbook><Worksheet ss:Name=\"X\"><Table>{table}</Table></Worksheet></Workbook>").into_bytes()
}

#[test]
fn deep_xml_costs_nothing() {
    let deep = "<a>".repeat(3_000_000);
    soon(|| read(&xml(&deep), "", &rules()).unwrap_err());
    let rows = "<Row>".repeat(1_000_000) + &"<Cell>".repeat(1_000_000);
    soon(|| read(&xml(&rows), "", &rules()).unwrap_err());
}

#[test]
fn far_away_and_countless_xml_cells_cost_nothing() {
    let cell = |index: u64| xml(&format!("<Row><Cell ss:Index=\"{index}\"><Data>x</Data></Cell></Row>"));
    assert!(refusal(&cell(4_000_000_000)).to_string().contains("beyond column 512"));
    assert!(matches!(refusal(&cell(u64::from(MAX_COLUMNS) + 1)), SheetError::TooWide { .. }));
    let merged = "<Row ss:Index=\"4294967295\"><Cell ss:MergeDown=\"4294967295\" ss:MergeAcross=\"4294967295\">\
                  <Data>x</Data></Cell></Row>";
    soon(|| read(&xml(merged), "", &rules()).unwrap_err());
    soon(|| read(&xml(&format!("{merged}<Row><Cell><Data>y</Data></Cell></Row>")), "", &rules()).unwrap_err());
    let twice = "<Cell ss:Index=\"1\"><Data>x</Data></Cell>".repeat(10_000);
    assert_eq!(refusal(&xml(&format!("<Row>{twice}</Row>"))), SheetError::Damaged);
}

#[test]
fn pages_without_end_cost_nothing() {
    for body in [
        "<table><tr><td>".repeat(300_000),
        "<table><tr><td>x<td>y<td>".repeat(100_000),
        "<td colspan=100000>x".repeat(300_000),
        "<tr><td rowspan=4294967295 colspan=4294967295>x".repeat(100_000),
        "<td>x".repeat(1_000_000),
        "<div>".repeat(1_000_000),
        "</table>".repeat(500_000),
        "<caption>".repeat(500_000),
        "x<br>".repeat(300_000),
        format!("<td>{}", "&amp;".repeat(2_000_000)),
        format!("<table><tr><td>1<td>2<td>{}", "<table>".repeat(500_000)),
        "<!--".repeat(500_000),
        "<style>".repeat(500_000),
    ] {
        let began = &body[..body.len().min(30)];
        let error = soon(|| read(format!("<html><table>{body}").as_bytes(), "", &rules()).unwrap_err());
        assert!(!error.to_string().is_empty(), "{began}");
    }
    let part = "--b\nContent-Type: text/html\n\n<table><tr><td>x\n".repeat(50_000);
    let head = "MIME-Version: 1.0\nContent-Type: multipart/related; boundary=b\n\n";
    assert!(soon(|| refusal(format!("{head}{part}").as_bytes())).to_string().contains("200 sheets"));
    soon(|| read(format!("{head}{}", "--b\n".repeat(1_000_000)).as_bytes(), "", &rules()).unwrap_err());
}

#[test]
fn a_text_without_end_costs_its_cell() {
    let long = format!("<Row><Cell><Data>{}</Data></Cell></Row>", "&amp;".repeat(1_000_000));
    assert!(soon(|| refusal_of_layout(&xml(&long))).contains("no roster was found"));
}

#[test]
fn too_many_sheets_are_refused() {
    let sheets = "<Worksheet ss:Name=\"X\"><Table></Table></Worksheet>".repeat(MAX_SHEETS + 1);
    let message = refusal(format!("<Workbook>{sheets}</Workbook>").as_bytes()).to_string();
    assert!(message.contains("200 sheets"), "{message}");
    let many: String = (0..=MAX_SHEETS).map(|n| format!("<sheet name=\"{n}\" sheetId=\"1\" r:id=\"rId1\"/>")).collect();
    let workbook = format!("<workbook xmlns:r=\"r\"><sheets>{many}</sheets></workbook>");
    assert!(refusal(&sample_with("xl/workbook.xml", workbook.as_bytes())).to_string().contains("200 sheets"));
}

fn refusal_of_layout(bytes: &[u8]) -> String {
    read(bytes, "", &rules()).unwrap_err().to_string()
}

/// The sample with another sheet.
fn with_sheet(data: &str) -> Vec<u8> {
    let sheet = format!("<worksheet><sheetData>{data}</sheetData></worksheet>");
    sample_with("xl/worksheets/sheet1.xml", sheet.as_bytes())
}

#[test]
fn a_workbook_of_empty_rows_or_cells_ends_at_a_bound() {
    let of_each = |row: &str| soon(|| read(&with_sheet(&row.repeat(2_000_000)), "", &rules()).unwrap_err()).to_string();
    for row in ["<row/>", "<row></row>"] {
        let message = of_each(row);
        assert!(message.contains("more than 1048576 rows, empty ones counted"), "{message}");
    }
    // A sheet that says over and over that it is in its first row is read to its end and found empty.
    for row in ["<row r=\"1\"/>", "<row r=\"1\"><c/></row>", "<c r=\"A1\"/>", "<c r=\"A1\" t=\"s\"><v/></c>"] {
        assert!(of_each(row).contains("no roster was found"), "{row}");
    }
    let message = refusal(&with_sheet("<row r=\"1048577\"><c><v>1</v></c></row>")).to_string();
    assert!(message.contains("1048576 rows"), "{message}");
}

#[test]
fn a_workbook_whose_time_is_over_is_left_within_one_call() {
    use crate::roster::sheet::bounds::SPLIT;
    use crate::roster::sheet::meter::Deadline;
    use crate::roster::sheet::xlsx::archive::Archive;
    use crate::roster::sheet::xlsx::workbook::XlsxWorkbook;
    // Nothing in it ever reaches the loop that shows rows.
    let bytes = with_sheet(&"<row r=\"1\"/>".repeat(1_000_000));
    let mut workbook = XlsxWorkbook::open(Archive::open(&bytes).unwrap(), Deadline::start(SPLIT)).unwrap();
    let sheet = workbook.sheets().remove(0);
    let mut rows = |deadline| workbook.rows(&sheet, deadline, &Wanted::new(|_| true), |_| ControlFlow::Continue(()));
    assert_eq!(rows(Deadline::start(SPLIT)), Ok(()));
    assert_eq!(rows(Deadline::over()), Err(SheetError::TooSlow { advice: SPLIT }));
    let opened = XlsxWorkbook::open(Archive::open(&bytes).unwrap(), Deadline::over()).err();
    assert_eq!(opened, Some(SheetError::TooSlow { advice: SPLIT }));
}

#[test]
fn a_list_of_styles_that_fills_the_memory_is_refused() {
    let styles = " ".repeat(17 << 20);
    let message = refusal(&sample_with("xl/styles.xml", styles.as_bytes())).to_string();
    assert!(message.contains("16777216 bytes in its list of sheets or styles"), "{message}");
}

#[test]
fn csv_made_of_quotes_delimiters_or_line_ends_takes_no_time() {
    for text in [
        "\"".repeat(4_000_000),
        "\"\n".repeat(2_000_000),
        ",\"".repeat(500),
        "\n".repeat(4_000_000),
        "a,\"\"\n".repeat(500_000),
        format!("{},\n", "x".repeat(4_000_000)),
        ",\"a\n".repeat(500_000),
    ] {
        let _ = soon(|| read(format!("nama,tanggal_lahir\n{text}").as_bytes(), "", &rules()));
    }
}

#[test]
fn a_csv_row_without_end_is_refused() {
    for (row, expected) in [
        (",".repeat(4_000_000), "65536 columns in one row"),
        ("x".repeat(9_000_000), "8388608 bytes in one row"),
        ("\"x\",".repeat(70_000), "65536 columns in one row"),
    ] {
        let message = soon(|| refusal(format!("nama,tanggal_lahir\n{row}\n").as_bytes())).to_string();
        assert!(message.contains(expected), "{message}");
    }
}
