//! `.xlsx` through calamine, cell by cell: the one workbook that streams, so that it may be read in the daemon itself.

use std::io::Cursor;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{DataType, Reader, SheetType, SheetVisible, Xlsx, XlsxError};

use super::bounds::{Deadline, MAX_WORKBOOK_ROWS, Meter};
use super::sheet::{Cell, Row, SheetError, text_cell};

/// An opened workbook.
pub(super) struct Workbook<'a>(Xlsx<Cursor<&'a [u8]>>);

impl<'a> Workbook<'a> {
    /// Opens a file that [`super::archive::inspect`] has passed.
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, SheetError> {
        let known = |error: &XlsxError| matches!(error, XlsxError::Password).then_some(SheetError::Password);
        guarded(known, || Xlsx::new(Cursor::new(bytes))).map(Self)
    }

    pub(super) fn sheets(&self) -> Vec<String> {
        visible(self.0.sheets_metadata())
    }

    pub(super) fn rows(
        &mut self,
        sheet: &str,
        deadline: Deadline,
        wanted: impl Fn(usize) -> bool,
        mut visit: impl FnMut(Row) -> ControlFlow<()>,
    ) -> Result<(), SheetError> {
        let unknown = |_: &XlsxError| None;
        let mut reader = guarded(unknown, || self.0.worksheet_cells_reader(sheet))?;
        let mut meter = Meter::new(MAX_WORKBOOK_ROWS, deadline);
        let mut row = Row::default();
        while let Some(found) = guarded(unknown, || reader.next_cell())? {
            meter.step()?;
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
            let text = value.get_string();
            if value.is_empty() || text.is_some_and(|text| text.trim().is_empty()) {
                continue;
            }
            meter.filled(column, number, text.map_or(0, str::len))?;
            if wanted(column) {
                match text.map_or_else(|| raw(value).tidied(), text_cell) {
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
}

/// Calls calamine. Its words may quote a cell, and a cell may hold a NIK, so they are not passed on; and a crafted file
/// can make its arithmetic panic, which must not cost more than that file. `known` tells what more an error says.
pub(super) fn guarded<T, E>(
    known: impl Fn(&E) -> Option<SheetError>,
    call: impl FnOnce() -> Result<T, E>,
) -> Result<T, SheetError> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(result) => result.map_err(|error| known(&error).unwrap_or(SheetError::Damaged)),
        Err(_) => Err(SheetError::Damaged),
    }
}

/// The names of the sheets that a person sees.
pub(super) fn visible(sheets: &[calamine::Sheet]) -> Vec<String> {
    let is_visible =
        |sheet: &&calamine::Sheet| sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible;
    sheets.iter().filter(is_visible).map(|sheet| sheet.name.clone()).collect()
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
        return day.map_or(Cell::Number(date.as_f64()), |date| Cell::Date(date.date()));
    }
    if let Some(text) = value.get_datetime_iso() {
        let day = text.get(..10).and_then(|date| date.parse().ok());
        return day.map_or_else(|| Cell::Text(text.to_owned()), Cell::Date);
    }
    if let Some(error) = value.get_error() {
        return Cell::Text(error.to_string());
    }
    let number = value.get_float().or_else(|| value.get_int().map(|number| number as f64));
    number.map(Cell::Number).or_else(|| value.get_bool().map(Cell::Bool)).unwrap_or_default()
}
