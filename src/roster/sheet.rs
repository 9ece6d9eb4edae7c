//! Any file → rows of cells. The content decides what a file is, never its name; every bound that a file can break is
//! checked before memory is spent on it, because these files come from outside.

use std::io::{self, Cursor, Read};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{DataRef, Reader, SheetType, SheetVisible, Xlsx};
use chrono::NaiveDate;

use super::delimited::Delimited;

/// Largest file, in bytes.
pub const MAX_FILE_BYTES: usize = 32 << 20;
/// Largest workbook once unzipped, in bytes: about 240,000 rows of a Dapodik export.
pub const MAX_UNZIPPED_BYTES: u64 = 512 << 20;
/// Largest part of a workbook that is held in memory as a whole (the table of shared texts), in bytes.
const MAX_SHARED_TEXT_BYTES: u64 = 128 << 20;
/// Most parts that a workbook may be zipped from; a real one has tens.
const MAX_PARTS: usize = 2_000;
/// Most rows with something in them, in a workbook.
pub const MAX_WORKBOOK_ROWS: u32 = 200_000;
/// Most rows with something in them, in a CSV.
pub const MAX_CSV_ROWS: u32 = 1_000_000;
/// Last column that may hold something; Dapodik has 66.
pub const MAX_COLUMNS: u32 = 512;
/// Most filled cells in a sheet.
pub const MAX_CELLS: u32 = 20_000_000;
/// Longest text in one cell, in bytes.
pub const MAX_CELL_BYTES: usize = 4 << 10;

/// Why a file gives no cells.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SheetError {
    #[error("the file is empty; export the roster again and send the new file")]
    Empty,
    #[error("the file holds more than {limit} {what}; split the roster into smaller files")]
    TooMuch { what: &'static str, limit: u64 },
    #[error("cell {cell} lies beyond column {limit}; delete what stands so far to the right and save again")]
    TooWide { cell: String, limit: u32 },
    #[error("cell {cell} holds a text longer than {limit} bytes; shorten it, or look for a quote that is never closed")]
    LongText { cell: String, limit: usize },
    #[error("the workbook is protected by a password; save it without one and send it again")]
    Password,
    #[error("this is {0}, which is not read; open it in a spreadsheet program and save it as .xlsx")]
    OtherFormat(&'static str),
    #[error("this is {0}, not a table; send the .xlsx that Dapodik or EMIS exports, or a CSV")]
    NotATable(&'static str),
    #[error("the workbook is damaged and cannot be read to its end; open it in a spreadsheet program and save it anew")]
    Damaged,
}

/// What stands in one cell. Text is already tidy: see [`tidy`]. It may be a NIK, so that there is no `Debug` by which it
/// could slip into a log.
#[derive(Clone, PartialEq, Default)]
#[cfg_attr(test, derive(Debug))]
pub enum Cell {
    #[default]
    Empty,
    Text(String),
    Number(f64),
    Date(NaiveDate),
    Bool(bool),
}

/// One row of a sheet, with its number as the spreadsheet shows it (from 1).
#[derive(Clone, PartialEq, Default)]
#[cfg_attr(test, derive(Debug))]
pub struct Row {
    pub number: u32,
    cells: Vec<Cell>,
}

impl Row {
    pub(super) fn new(number: u32) -> Self {
        Self { number, cells: Vec::new() }
    }

    /// The cell in `column` (from 0).
    #[must_use]
    pub fn cell(&self, column: usize) -> &Cell {
        self.cells.get(column).unwrap_or(&Cell::Empty)
    }

    /// The text in `column`, or nothing if there is none or it is no text.
    #[must_use]
    pub fn text(&self, column: usize) -> &str {
        match self.cell(column) {
            Cell::Text(text) => text,
            _ => "",
        }
    }

    /// The columns up to the last filled one.
    #[must_use]
    pub fn width(&self) -> usize {
        self.cells.len()
    }

    pub(super) fn put(&mut self, column: usize, cell: Cell) {
        if self.cells.len() <= column {
            self.cells.resize(column + 1, Cell::Empty);
        }
        self.cells[column] = cell;
    }
}

/// The address of a cell as the spreadsheet shows it: column from 0, row from 1 → `H7`.
#[must_use]
pub fn address(column: usize, row: u32) -> String {
    let mut letters = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        rest -= 1;
        letters.push(char::from(b'A' + (rest % 26) as u8));
        rest /= 26;
    }
    letters.iter().rev().collect::<String>() + &row.to_string()
}

/// A text without what people do not see: white space at the ends, runs of it (non-breaking too), zero-width and
/// direction marks, control characters, and the apostrophe by which spreadsheets mark a number as text.
#[must_use]
pub fn tidy(text: &str) -> String {
    let text = text.trim_start().strip_prefix('\'').unwrap_or(text);
    let mut tidy = String::with_capacity(text.len());
    for c in text.chars() {
        let invisible =
            matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{feff}');
        if c.is_whitespace() || (c.is_control() && !invisible) {
            if !tidy.is_empty() && !tidy.ends_with(' ') {
                tidy.push(' ');
            }
        } else if !invisible {
            tidy.push(c);
        }
    }
    tidy.truncate(tidy.trim_end().len());
    tidy
}

/// An opened file: one or more sheets whose rows are streamed, never held as a whole.
pub struct Book<'a>(Source<'a>);

enum Source<'a> {
    Workbook(Box<Xlsx<Cursor<&'a [u8]>>>),
    Delimited(Delimited<'a>),
}

impl<'a> Book<'a> {
    /// Recognises and opens a file.
    pub fn open(bytes: &'a [u8]) -> Result<Self, SheetError> {
        if bytes.iter().all(|byte| byte.is_ascii_whitespace() || *byte == 0) {
            return Err(SheetError::Empty);
        }
        if bytes.len() > MAX_FILE_BYTES {
            return Err(SheetError::TooMuch { what: "bytes", limit: MAX_FILE_BYTES as u64 });
        }
        if let Some(refusal) = foreign(bytes) {
            return Err(refusal);
        }
        if !bytes.starts_with(b"PK") {
            return Delimited::open(bytes).map(|text| Self(Source::Delimited(text)));
        }
        inspect_zip(bytes)?;
        let workbook = guarded(|| Xlsx::new(Cursor::new(bytes)))?;
        Ok(Self(Source::Workbook(Box::new(workbook))))
    }

    /// The names of the sheets that a person sees; a delimited text has one, without a name.
    #[must_use]
    pub fn sheets(&self) -> Vec<String> {
        match &self.0 {
            Source::Delimited(_) => vec![String::new()],
            Source::Workbook(workbook) => workbook
                .sheets_metadata()
                .iter()
                .filter(|sheet| sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible)
                .map(|sheet| sheet.name.clone())
                .collect(),
        }
    }

    /// Shows the rows of `sheet` to `visit`, from the top, until it breaks. Only the columns that `wanted` names (from
    /// 0) are ever copied out of the file; rows without anything in them are left out.
    pub fn rows(
        &mut self,
        sheet: &str,
        wanted: impl Fn(usize) -> bool,
        visit: impl FnMut(Row) -> ControlFlow<()>,
    ) -> Result<(), SheetError> {
        match &mut self.0 {
            Source::Delimited(text) => text.rows(wanted, visit),
            Source::Workbook(workbook) => workbook_rows(workbook, sheet, wanted, visit),
        }
    }
}

/// Counts what a sheet holds against the bounds.
pub(super) struct Meter {
    rows_left: u32,
    max_rows: u32,
    cells_left: u32,
    row: u32,
}

impl Meter {
    pub(super) fn new(max_rows: u32) -> Self {
        Self { rows_left: max_rows, max_rows, cells_left: MAX_CELLS, row: 0 }
    }

    /// Counts one filled cell of `bytes` length.
    pub(super) fn filled(&mut self, column: usize, row: u32, bytes: usize) -> Result<(), SheetError> {
        let full = |what, limit: u32| SheetError::TooMuch { what, limit: limit.into() };
        if row != self.row {
            self.row = row;
            self.rows_left = self.rows_left.checked_sub(1).ok_or_else(|| full("rows", self.max_rows))?;
        }
        self.cells_left = self.cells_left.checked_sub(1).ok_or_else(|| full("filled cells", MAX_CELLS))?;
        if column >= MAX_COLUMNS as usize {
            return Err(SheetError::TooWide { cell: address(column, row), limit: MAX_COLUMNS });
        }
        if bytes > MAX_CELL_BYTES {
            return Err(SheetError::LongText { cell: address(column, row), limit: MAX_CELL_BYTES });
        }
        Ok(())
    }
}

/// Calls calamine. Its words may quote a cell, and a cell may hold a NIK, so they are not passed on; and a crafted file
/// can make its arithmetic panic, which must not cost more than that file.
fn guarded<T>(call: impl FnOnce() -> Result<T, calamine::XlsxError>) -> Result<T, SheetError> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(calamine::XlsxError::Password)) => Err(SheetError::Password),
        Ok(Err(_)) | Err(_) => Err(SheetError::Damaged),
    }
}

fn workbook_rows(
    workbook: &mut Xlsx<Cursor<&[u8]>>,
    sheet: &str,
    wanted: impl Fn(usize) -> bool,
    mut visit: impl FnMut(Row) -> ControlFlow<()>,
) -> Result<(), SheetError> {
    let mut reader = guarded(|| workbook.worksheet_cells_reader(sheet))?;
    let mut meter = Meter::new(MAX_WORKBOOK_ROWS);
    let mut row = Row::default();
    while let Some(found) = guarded(|| reader.next_cell())? {
        let (index, column) = found.get_position();
        let number = index.checked_add(1).ok_or(SheetError::Damaged)?;
        if number < row.number {
            return Err(SheetError::Damaged);
        }
        if number > row.number {
            let done = std::mem::replace(&mut row, Row::new(number));
            if done.width() > 0 && visit(done).is_break() {
                return Ok(());
            }
        }
        let (column, value) = (column as usize, found.get_value());
        let bytes = match value {
            DataRef::String(text) => text.len(),
            DataRef::SharedString(text) => text.len(),
            _ => 0,
        };
        if is_blank(value) {
            continue;
        }
        meter.filled(column, number, bytes)?;
        if wanted(column) {
            match read_value(value) {
                Cell::Empty => {}
                cell => row.put(column, cell),
            }
        }
    }
    if row.width() > 0 {
        let _ = visit(row);
    }
    Ok(())
}

fn is_blank(value: &DataRef<'_>) -> bool {
    match value {
        DataRef::Empty => true,
        DataRef::String(text) => text.trim().is_empty(),
        DataRef::SharedString(text) => text.trim().is_empty(),
        _ => false,
    }
}

fn read_value(value: &DataRef<'_>) -> Cell {
    match value {
        DataRef::Empty => Cell::Empty,
        DataRef::String(text) => text_cell(text),
        DataRef::SharedString(text) => text_cell(text),
        DataRef::Int(number) => Cell::Number(*number as f64),
        DataRef::Float(number) => Cell::Number(*number),
        DataRef::Bool(value) => Cell::Bool(*value),
        // The serials that Excel itself shows as a date, 1900 to 9999; chrono panics far outside them.
        DataRef::DateTime(date) if date.is_datetime() && (1.0..2_958_466.0).contains(&date.as_f64()) => {
            date.as_datetime().map_or(Cell::Number(date.as_f64()), |date| Cell::Date(date.date()))
        }
        DataRef::DateTime(date) => Cell::Number(date.as_f64()),
        DataRef::DateTimeIso(text) => {
            text.get(..10).and_then(|date| date.parse().ok()).map_or_else(|| text_cell(text), Cell::Date)
        }
        DataRef::DurationIso(text) => text_cell(text),
        DataRef::Error(error) => text_cell(&error.to_string()),
    }
}

/// A text, or nothing if nothing of it can be seen.
pub(super) fn text_cell(text: &str) -> Cell {
    let text = tidy(text);
    if text.is_empty() { Cell::Empty } else { Cell::Text(text) }
}

/// The refusal for a file that its first bytes show to be something else than a workbook or a CSV.
fn foreign(bytes: &[u8]) -> Option<SheetError> {
    const PICTURES: [&[u8]; 7] = [b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"RIFF"];
    if bytes.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        // A password turns a workbook into an OLE file with a stream of this name; names there are UTF-16.
        let encrypted: Vec<u8> = "EncryptedPackage".bytes().flat_map(|byte| [byte, 0]).collect();
        let protected = bytes.windows(encrypted.len()).any(|window| window == encrypted);
        return Some(if protected {
            SheetError::Password
        } else {
            SheetError::OtherFormat("an old Excel file (.xls)")
        });
    }
    if PICTURES.iter().any(|magic| bytes.starts_with(magic) && (magic.len() > 2 || bytes.contains(&0)))
        || bytes.get(4..8) == Some(b"ftyp")
    {
        return Some(SheetError::NotATable("a picture"));
    }
    if bytes.starts_with(b"%PDF") {
        return Some(SheetError::NotATable("a PDF"));
    }
    None
}

/// Looks at a zip before it is read: what it is, how large its parts say they are, and whether each part is what was
/// written. Reading alone would not tell, for it stops at the last cell, before the checksum.
fn inspect_zip(bytes: &[u8]) -> Result<(), SheetError> {
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
    for index in 0..zip.len() {
        // The zip reader fails at a part's end if it is not of the declared size and checksum.
        let mut part = zip.by_index(index).map_err(damaged)?;
        let name = part.name().map_err(damaged)?.to_ascii_lowercase();
        if name.ends_with("sharedstrings.xml") {
            if part.size() > MAX_SHARED_TEXT_BYTES {
                return Err(SheetError::TooMuch { what: "bytes of shared texts", limit: MAX_SHARED_TEXT_BYTES });
            }
            let mut head = Vec::new();
            part.by_ref().take(4096).read_to_end(&mut head).map_err(|_| SheetError::Damaged)?;
            check_declared_texts(&head)?;
        }
        io::copy(&mut part, &mut io::sink()).map_err(|_| SheetError::Damaged)?;
        if name.ends_with("workbook.xml") {
            kind = Ok(());
        } else if kind.is_err() && name == "content.xml" {
            kind = Err(SheetError::OtherFormat("an OpenDocument file (.ods)"));
        } else if kind.is_err() && name == "xl/workbook.bin" {
            kind = Err(SheetError::OtherFormat("a binary workbook (.xlsb)"));
        }
    }
    kind
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
