//! The filled cells of a sheet that the office's own people fill in: status sheets, lists of students, the day's list. XLSX or
//! CSV text, within bounds that a damaged or hostile file cannot break. (What schools send has a reader of its own.)

use std::collections::BTreeMap;
use std::io::Cursor;

use calamine::{Data, DataRef, Reader, Xlsx};
use chrono::NaiveDate;

use crate::written::tidy;

/// Cells that a sheet may hold: several whole regencies, yet no bomb.
const MAX_CELLS: usize = 2_000_000;
/// Largest workbook once unzipped, in bytes.
const MAX_UNZIPPED: u64 = 256 << 20;

/// Lines by which the separator of a text is found.
const FIRST_LINES: usize = 20;

/// Why a sheet gives no cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CellsError {
    #[error("the file is neither CSV text nor an XLSX workbook that can be read; save it again as .xlsx or CSV UTF-8")]
    Unreadable,
    #[error("the file holds more than {MAX_CELLS} cells, or unzips to more than {MAX_UNZIPPED} bytes; split it")]
    TooLarge,
}

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Never empty, without space around it. A number of few digits is its digits.
    Text(String),
    /// A number of so many digits that a spreadsheet no longer holds them exactly.
    Rounded,
    Date(NaiveDate),
}

/// A row's number as the spreadsheet shows it, and its filled cells by column (from 0).
pub type Row = (u32, BTreeMap<u32, Cell>);

/// The filled cells of the first sheet, row by row; empty rows are left out.
pub fn read(bytes: &[u8]) -> Result<Vec<Row>, CellsError> {
    if bytes.starts_with(b"PK") { of_workbook(bytes) } else { of_text(bytes) }
}

/// A column's letters: 0 is A, 26 is AA.
#[must_use]
pub fn letters(column: u32) -> String {
    let mut text = String::new();
    let mut left = column + 1;
    while left > 0 {
        let digit = (left - 1) % 26;
        text.insert(0, char::from(b'A' + u8::try_from(digit).unwrap_or_default()));
        left = (left - 1) / 26;
    }
    text
}

fn of_workbook(bytes: &[u8]) -> Result<Vec<Row>, CellsError> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| CellsError::Unreadable)?;
    let mut unzipped = 0_u64;
    for at in 0..archive.len() {
        unzipped += archive.by_index_raw(at).map_err(|_| CellsError::Unreadable)?.size();
    }
    if unzipped > MAX_UNZIPPED {
        return Err(CellsError::TooLarge);
    }
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|_| CellsError::Unreadable)?;
    let name = book.sheet_names().into_iter().next().ok_or(CellsError::Unreadable)?;
    // Cell by cell: a range would be allocated as wide and high as the file claims to be.
    let mut reader = book.worksheet_cells_reader(&name).map_err(|_| CellsError::Unreadable)?;
    let mut rows: BTreeMap<u32, BTreeMap<u32, Cell>> = BTreeMap::new();
    let mut count = 0;
    while let Some(cell) = reader.next_cell().map_err(|_| CellsError::Unreadable)? {
        count += 1;
        if count > MAX_CELLS {
            return Err(CellsError::TooLarge);
        }
        let (row, column) = cell.get_position();
        if let Some(value) = value(cell.get_value()) {
            rows.entry(row + 1).or_default().insert(column, value);
        }
    }
    Ok(rows.into_iter().collect())
}

fn value(value: &DataRef<'_>) -> Option<Cell> {
    // Up to here a double, and the spreadsheet's own 15 digits, hold a number exactly.
    const EXACT: f64 = 1e15;
    match Data::from(value.clone()) {
        Data::String(text) => text_cell(&text),
        Data::Int(number) => text_cell(&number.to_string()),
        Data::Float(number) if number.abs() >= EXACT => Some(Cell::Rounded),
        Data::Float(number) => text_cell(&number.to_string()),
        Data::DateTime(date) => date.as_datetime().map(|moment| Cell::Date(moment.date())),
        Data::DateTimeIso(text) => text.get(..10).and_then(|day| day.parse().ok()).map(Cell::Date),
        Data::Bool(_) | Data::DurationIso(_) | Data::Error(_) | Data::Empty => None,
    }
}

fn of_text(bytes: &[u8]) -> Result<Vec<Row>, CellsError> {
    let text = std::str::from_utf8(bytes).map_err(|_| CellsError::Unreadable)?;
    let text = text.trim_start_matches('\u{feff}');
    if text.contains('\0') {
        return Err(CellsError::Unreadable);
    }
    // Titles above the table hold no separators, so the first lines are looked at together.
    let count = |byte: &u8| text.lines().take(FIRST_LINES).flat_map(str::bytes).filter(|b| b == byte).count();
    let separator = [b',', b';', b'\t'].into_iter().max_by_key(count);
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator.unwrap_or(b','))
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let (mut rows, mut count) = (Vec::new(), 0);
    for record in reader.records() {
        let record = record.map_err(|_| CellsError::Unreadable)?;
        count += record.len();
        if count > MAX_CELLS {
            return Err(CellsError::TooLarge);
        }
        let row = record.position().map_or(0, |position| line_of(text, position));
        let cells: BTreeMap<u32, Cell> =
            (0..).zip(record.iter()).filter_map(|(column, text)| Some((column, text_cell(text)?))).collect();
        if !cells.is_empty() {
            rows.push((row, cells));
        }
    }
    Ok(rows)
}

/// The line that a record begins on: the reader tells where it began to look, which may be at empty lines before.
fn line_of(text: &str, position: &csv::Position) -> u32 {
    let at = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let before = text.as_bytes().get(at..).unwrap_or_default().iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    let empty = before.filter(|byte| **byte == b'\n').count();
    u32::try_from(position.line()).unwrap_or(u32::MAX).saturating_add(u32::try_from(empty).unwrap_or(u32::MAX))
}

fn text_cell(text: &str) -> Option<Cell> {
    let text = tidy(text);
    (!text.is_empty()).then_some(Cell::Text(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workbook_and_a_text_of_the_same_cells_read_alike() {
        let mut book = rust_xlsxwriter::Workbook::new();
        let sheet = book.add_worksheet();
        sheet.write(1, 0, " NIK ").unwrap().write(1, 27, 17).unwrap();
        sheet.write(3, 0, 5_271_010_101_099_801.0).unwrap();
        let rows = read(&book.save_to_buffer().unwrap()).unwrap();
        let text = |text: &str| Cell::Text(text.to_owned());
        assert_eq!(rows[0], (2, BTreeMap::from([(0, text("NIK")), (27, text("17"))])));
        assert_eq!(rows[1], (4, BTreeMap::from([(0, Cell::Rounded)])));
        assert_eq!(read(b"\r\n NIK ;17\r\n").unwrap(), [(2, BTreeMap::from([(0, text("NIK")), (1, text("17"))]))]);
        let titled = read(b"Rekap Status, Kota Contoh\n\nNIK;STATUS;TANGGAL\n1;2;3\n").unwrap();
        assert_eq!(titled.iter().map(|(row, cells)| (*row, cells.len())).collect::<Vec<_>>(), [(1, 1), (3, 3), (4, 3)]);
        assert_eq!(read(b"PK\x03\x04junk"), Err(CellsError::Unreadable));
        assert_eq!((letters(0), letters(26), letters(701)), ("A".into(), "AA".into(), "ZZ".into()));
    }
}
