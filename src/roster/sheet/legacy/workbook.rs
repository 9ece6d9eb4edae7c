//! Old Excel files (`.xls`, BIFF) and OpenDocument sheets (`.ods`) through calamine, which holds them in memory as a whole,
//! as a dense grid: a kilobyte can claim gigabytes. Outside tests this runs only in a child process with little memory.

use std::io::Cursor;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{Data, DataType, Ods, OdsError, Range, Reader, SheetType, SheetVisible, Xls, XlsError};

use super::protocol::Format;
use crate::roster::sheet::bounds::{MAX_CELL_BYTES, MAX_COLUMNS};
use crate::roster::sheet::cell::{Cell, RawRow, SheetError, raw};
use crate::roster::sheet::merges::{Merge, Merges};

/// An opened file.
pub(in crate::roster::sheet) struct LegacyWorkbook<'a> {
    book: Calamine<'a>,
    /// The sheet that was asked for last.
    grid: Option<(String, Range<Data>)>,
}

enum Calamine<'a> {
    Xls(Box<Xls<Cursor<&'a [u8]>>>),
    Ods(Ods<Cursor<&'a [u8]>>),
}

impl<'a> LegacyWorkbook<'a> {
    pub(in crate::roster::sheet) fn open(format: Format, bytes: &'a [u8]) -> Result<Self, SheetError> {
        let book = match format {
            Format::Xls => {
                let known = |error: &_| matches!(error, XlsError::Password).then_some(SheetError::Password);
                Calamine::Xls(Box::new(guarded(known, || Xls::new(Cursor::new(bytes)))?))
            }
            Format::Ods => {
                let known = |error: &_| match error {
                    OdsError::Password => Some(SheetError::Password),
                    // calamine's own bound is above ours.
                    OdsError::CellLimitExceeded { .. } => Some(SheetError::TooLarge),
                    _ => None,
                };
                Calamine::Ods(guarded(known, || Ods::new(Cursor::new(bytes)))?)
            }
        };
        Ok(Self { book, grid: None })
    }

    /// The names of the sheets that a person sees.
    pub(in crate::roster::sheet) fn sheets(&self) -> Vec<String> {
        self.named(|visible| visible == SheetVisible::Visible)
    }

    /// The names of the sheets that a person does not see.
    pub(in crate::roster::sheet) fn hidden(&self) -> Vec<String> {
        self.named(|visible| visible != SheetVisible::Visible)
    }

    fn named(&self, is_wanted: impl Fn(SheetVisible) -> bool) -> Vec<String> {
        let sheets = match &self.book {
            Calamine::Xls(book) => book.sheets_metadata(),
            Calamine::Ods(book) => book.sheets_metadata(),
        };
        let wanted = sheets.iter().filter(|sheet| sheet.typ == SheetType::WorkSheet && is_wanted(sheet.visible));
        wanted.map(|sheet| sheet.name.clone()).collect()
    }

    /// The merged cells of `sheet`; of an `.ods` calamine tells none.
    pub(in crate::roster::sheet) fn merges(&self, sheet: &str) -> Result<Vec<Merge>, SheetError> {
        let Calamine::Xls(book) = &self.book else { return Ok(Vec::new()) };
        let told = guarded(|_| None, || book.merge_cells_by_sheet_name(sheet))?;
        let mut merges = Merges::default();
        let place = |(row, column): (u32, u32)| (row.saturating_add(1), column as usize);
        told.iter().for_each(|told| merges.take(place(told.start), place(told.end)));
        Ok(merges.into_all())
    }

    /// Shows the filled rows of `sheet` below row `after` to `visit`, until it breaks. A text too long is cut where it
    /// still is too long, and a row too wide ends with its first cell beyond the last column.
    pub(in crate::roster::sheet) fn rows(
        &mut self,
        sheet: &str,
        after: u32,
        mut visit: impl FnMut(RawRow) -> Result<ControlFlow<()>, SheetError>,
    ) -> Result<(), SheetError> {
        let grid = match self.grid.take() {
            Some((name, grid)) if name == sheet => grid,
            _ => match &mut self.book {
                Calamine::Xls(book) => guarded(|_| None, || book.worksheet_range(sheet))?,
                Calamine::Ods(book) => guarded(|_| None, || book.worksheet_range(sheet))?,
            },
        };
        let (top, left) = grid.start().unwrap_or_default();
        let skipped = after.saturating_sub(top);
        for (number, values) in
            (top.saturating_add(skipped).saturating_add(1)..).zip(grid.rows().skip(skipped as usize))
        {
            let row = filled(values, left as usize);
            if !row.is_empty() && visit((number, row))?.is_break() {
                break;
            }
        }
        self.grid = Some((sheet.to_owned(), grid));
        Ok(())
    }
}

/// The filled cells of a row whose first one stands in column `left`.
fn filled(values: &[Data], left: usize) -> Vec<(usize, Cell)> {
    let mut row = Vec::new();
    for (column, value) in (left..).zip(values) {
        if value.is_empty() || value.get_string().is_some_and(|text| text.trim().is_empty()) {
            continue;
        }
        let mut cell = raw(value);
        if let Cell::Text(text) = &mut cell
            && text.len() > MAX_CELL_BYTES
        {
            text.truncate(text.ceil_char_boundary(MAX_CELL_BYTES + 1));
        }
        row.push((column, cell));
        if column >= MAX_COLUMNS as usize {
            break;
        }
    }
    row
}

/// Calls calamine. Its words may quote a cell, and a cell may hold a NIK, so they are not passed on; and a crafted file
/// can make its arithmetic panic, which must not cost more than that file. `known` tells what more an error says.
fn guarded<T, E>(
    known: impl Fn(&E) -> Option<SheetError>,
    call: impl FnOnce() -> Result<T, E>,
) -> Result<T, SheetError> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(result) => result.map_err(|error| known(&error).unwrap_or(SheetError::Damaged)),
        Err(_) => Err(SheetError::Damaged),
    }
}
