//! What stands in a sheet: cells and rows, and why a file gives none. A cell's text may be a NIK, so nothing here can be printed.

use calamine::DataType;
use chrono::{NaiveDate, NaiveDateTime, TimeDelta, Timelike};

use super::bounds::{MAX_CELL_BYTES, MAX_COLUMNS, MAX_MEMORY_MIB, MAX_SECONDS};
use crate::written::tidy;

/// Why a file gives no cells.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SheetError {
    #[error("the file is empty; export the roster again and send the new file")]
    Empty,
    #[error("{kind} may have at most {} MiB; {advice}", .bytes >> 20)]
    LargeFile { kind: &'static str, bytes: usize, advice: &'static str },
    #[error("the file holds more than {limit} {what}; split the roster into smaller files")]
    TooMuch { what: &'static str, limit: u64 },
    #[error("cell {cell} lies beyond column {limit}; delete what stands so far to the right and save again")]
    TooWide { cell: String, limit: u32 },
    #[error("the workbook is protected by a password; save it without one and send it again")]
    Password,
    #[error("this is {0}, which is not read; open it in a spreadsheet program and save it as .xlsx")]
    OtherFormat(&'static str),
    #[error("this is {0}; unpack it and send the file with the roster that is inside")]
    Archive(&'static str),
    #[error(
        "this is an Apple Numbers file; in Numbers choose File > Export To > Excel, and send the .xlsx that it makes"
    )]
    Numbers,
    #[error(
        "this is only a link to a Google document; open it, choose File > Download > Microsoft Excel (.xlsx), and send the file that \
         comes"
    )]
    GoogleLink,
    #[error("this is only a shortcut to a file, and not the file; send the file itself")]
    Shortcut,
    #[error("this is {0}, not a table; send the .xlsx that Dapodik or EMIS exports, or a CSV")]
    NotATable(&'static str),
    #[error(
        "reading the file takes more than {MAX_MEMORY_MIB} MiB of memory; delete what stands far below or to the right of the \
         roster, or save it as .xlsx, and send it again"
    )]
    TooLarge,
    #[error("reading the file takes more than {MAX_SECONDS} seconds; {advice}")]
    TooSlow { advice: &'static str },
    #[error("reading the file was interrupted; send it again")]
    Interrupted,
    #[error(
        "the process that reads .xls and .ods files cannot be started; save the file as .xlsx, and ask whoever runs siap17 to \
         restart it"
    )]
    NoWorker,
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
    /// Something that a person may see and the file does not say.
    Unread(Unread),
}

/// Why a filled cell has no value here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    /// A formula whose value the program that wrote the file did not work out.
    Formula,
    /// A text longer than a cell of a roster may hold.
    TooLong,
}

impl Unread {
    /// What is wrong with the cell, and what to do.
    #[must_use]
    pub fn advice(self) -> &'static str {
        match self {
            Self::Formula => {
                "the cell holds a formula whose value is not in the file; open the file in a spreadsheet program, save it once and \
                 send it again"
            }
            Self::TooLong => "the text in the cell is far too long and was not read; shorten it to what belongs there",
        }
    }
}

/// One row of a sheet, with its number as the spreadsheet shows it (from 1).
#[derive(Clone, PartialEq, Default)]
#[cfg_attr(test, derive(Debug))]
pub struct Row {
    pub number: u32,
    surplus: i32,
    cells: Vec<Cell>,
}

impl Cell {
    /// The cell as it is kept: a text without what people do not see, or nothing if nothing of it can be seen.
    pub(in crate::roster) fn tidied(self) -> Self {
        match self {
            Self::Text(text) => text_cell(&text),
            other => other,
        }
    }
}

impl Row {
    pub(in crate::roster) fn new(number: u32) -> Self {
        Self { number, surplus: 0, cells: Vec::new() }
    }

    /// An empty row with room for `width` columns.
    pub(super) fn with_room(number: u32, width: usize) -> Self {
        Self { number, surplus: 0, cells: Vec::with_capacity(width) }
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

    /// How many fields more than the header a row of a delimited text has; below zero, how many fewer. Of a workbook always 0.
    #[must_use]
    pub fn surplus(&self) -> i32 {
        self.surplus
    }

    pub(super) fn set_surplus(&mut self, surplus: i32) {
        self.surplus = surplus;
    }

    /// The columns up to the last filled one.
    #[must_use]
    pub fn width(&self) -> usize {
        self.cells.len()
    }

    pub(in crate::roster) fn put(&mut self, column: usize, cell: Cell) {
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

/// Whether nothing of a text can be seen.
pub(super) fn is_blank(text: &str) -> bool {
    match text.as_bytes().first() {
        None => true,
        Some(first) => !first.is_ascii_alphanumeric() && tidy(text).is_empty(),
    }
}

/// The columns of which anything is copied out of a file.
pub(in crate::roster) struct Wanted([bool; MAX_COLUMNS as usize]);

impl Wanted {
    pub(in crate::roster) fn new(wanted: impl Fn(usize) -> bool) -> Self {
        Self(std::array::from_fn(wanted))
    }

    /// Returns the wanted column indexes (zero-based), ascending.
    pub(super) fn columns(&self) -> Vec<usize> {
        (0..self.0.len()).filter(|column| self.0[*column]).collect()
    }

    /// Whether `column` (zero-based) is wanted.
    pub(super) fn has(&self, column: usize) -> bool {
        self.0.get(column).copied().unwrap_or(false)
    }
}

/// A row as it stands in the file: its number as the spreadsheet shows it, and its filled cells by column (from 0).
pub(super) type RawRow = (u32, Vec<(usize, Cell)>);

/// A text, or nothing if nothing of it can be seen.
pub(super) fn text_cell(text: &str) -> Cell {
    if text.len() > MAX_CELL_BYTES {
        return if is_blank(text) { Cell::Empty } else { Cell::Unread(Unread::TooLong) };
    }
    let text = tidy(text);
    match text.strip_prefix("=\"").and_then(|text| text.strip_suffix('"')) {
        _ if text.is_empty() => Cell::Empty,
        // `="0091"`: how programs keep a spreadsheet from taking a text for a number.
        Some(inner) if !inner.contains('"') => text_cell(inner),
        _ => Cell::Text(text),
    }
}

/// A date, without its time of day unless that may be a midnight that a program moved: in UTC from an eastern zone, or by the
/// seconds that a clock had before it had zones. Whoever reads the cell shall see it then.
fn moment(moment: NaiveDateTime) -> Cell {
    let rounded = moment + TimeDelta::milliseconds(500);
    match (rounded.hour(), rounded.minute(), rounded.second()) {
        (15..=17, 0, 0) | (23, 59, _) | (16, 52, 48) => Cell::Text(rounded.format("%Y-%m-%dT%H:%M:%S").to_string()),
        _ => Cell::Date(moment.date()),
    }
}

/// A cell as it stands in the file; its text is not tidy yet.
pub(super) fn raw(value: &impl DataType) -> Cell {
    if let Some(text) = value.get_string().or_else(|| value.get_duration_iso()) {
        return Cell::Text(text.to_owned());
    }
    if let Some(date) = value.get_datetime() {
        // The serials that Excel itself shows as a date, 1900 to 9999; chrono panics far outside them.
        let is_date = date.is_datetime() && (1.0..2_958_466.0).contains(&date.as_f64());
        let day = is_date.then(|| date.as_datetime()).flatten();
        return day.map_or(Cell::Number(date.as_f64()), moment);
    }
    if let Some(text) = value.get_datetime_iso() {
        let day = text.get(..10).and_then(|date| date.parse().ok());
        let is_midnight = text.get(11..16).is_none_or(|time| time == "00:00");
        return day.filter(|_| is_midnight).map_or_else(|| Cell::Text(text.to_owned()), Cell::Date);
    }
    if let Some(error) = value.get_error() {
        return Cell::Text(error.to_string());
    }
    let number = value.get_float().or_else(|| value.get_int().map(|number| number as f64));
    number.map(Cell::Number).or_else(|| value.get_bool().map(Cell::Bool)).unwrap_or_default()
}
