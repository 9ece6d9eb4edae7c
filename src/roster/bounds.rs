//! What a file from outside may cost: every bound is checked before memory or time is spent beyond it, and each refusal
//! names it.

use std::time::{Duration, Instant};

use super::line::LAST_ROW;
use super::sheet::{SheetError, address};

/// Largest file of any form, in bytes: see the bounds of each.
pub const MAX_FILE_BYTES: usize = MAX_TEXT_BYTES;
/// Largest delimited or XML text, in bytes; it is read where it lies. 1,000,000 rows of the contract's CSV have 130 MB.
pub const MAX_TEXT_BYTES: usize = 256 << 20;
/// Largest text in another encoding than UTF-8, in bytes; a copy of it must be held, up to three times as long.
pub const MAX_RECODED_BYTES: usize = 48 << 20;
/// Largest `.xlsx`, in bytes; 200,000 rows of a Dapodik export with all 66 columns filled have 66 MB.
pub const MAX_XLSX_BYTES: usize = 96 << 20;
/// Largest `.xls`, in bytes, that a child process can hold within [`MAX_MEMORY_MIB`].
pub const MAX_XLS_BYTES: usize = 96 << 20;
/// Largest `.ods`, in bytes, that a child process can hold within [`MAX_MEMORY_MIB`].
pub const MAX_ODS_BYTES: usize = 32 << 20;
/// Largest `.xlsx` once unzipped, in bytes: 200,000 rows of a Dapodik export with all 66 columns filled have 625 MB.
pub const MAX_UNZIPPED_BYTES: u64 = 768 << 20;
/// Largest `.ods` once unzipped, in bytes.
pub(super) const MAX_UNZIPPED_ODS_BYTES: u64 = 512 << 20;
/// Largest table of shared texts in an `.xlsx`, in bytes; it is held in memory as a whole. 200,000 rows of a Dapodik export
/// have 70 MB.
pub(super) const MAX_SHARED_TEXT_BYTES: usize = 96 << 20;
/// Most shared texts in an `.xlsx`, each of which costs four bytes more; 200,000 rows of a Dapodik export have 4,400,000.
pub(super) const MAX_SHARED_TEXTS: usize = 8_000_000;
/// Largest of the other parts of an `.xlsx` of which much is kept (list of sheets, styles), in bytes.
pub(super) const MAX_PART_BYTES: u64 = 16 << 20;
/// Most parts that a workbook may be zipped from; a real one has tens.
pub(super) const MAX_PARTS: usize = 2_000;
/// Most sheets in a workbook.
pub const MAX_SHEETS: usize = 200;
/// Most rows with something in them, in a workbook.
pub const MAX_WORKBOOK_ROWS: u32 = 250_000;
/// Most rows with something in them, in a CSV: a million students, and what stands above them.
pub const MAX_CSV_ROWS: u32 = 1 << 20;
/// Last column that may hold something; Dapodik has 66.
pub const MAX_COLUMNS: u32 = 512;
/// Most filled cells in a sheet.
pub const MAX_CELLS: u32 = 20_000_000;
/// Last row of a sheet, as in every spreadsheet program; empty ones count.
pub(super) const MAX_SHEET_ROWS: u32 = 1 << 20;
/// Most rows and cells that are walked in one sheet, empty ones too: every row of a sheet with fifty cells that only have a
/// colour.
pub(super) const MAX_STEPS: u32 = 60_000_000;
/// Longest row of a delimited text, in bytes, and the most columns that it may have, empty ones too.
pub(super) const MAX_RECORD_BYTES: usize = 8 << 20;
pub(super) const MAX_RECORD_FIELDS: usize = 1 << 16;
/// Longest text in one cell, in bytes.
pub const MAX_CELL_BYTES: usize = 4 << 10;
/// Longest time that one file may take, in seconds; the largest that the other bounds let through take less than ten.
pub const MAX_SECONDS: u64 = 60;
/// Most memory for reading a file that can only be held as a whole (`.xls`, `.ods`), in MiB.
pub const MAX_MEMORY_MIB: u64 = 1024;
/// Most files that are held in child processes at once; whoever comes later waits.
pub(super) const MAX_WORKERS: usize = 2;

/// What helps where a file is already of the kind that takes least.
pub(super) const SPLIT: &str = "split the roster into smaller files";
/// What helps where another form of the file takes less.
pub(super) const SAVE_ANEW: &str = "save it as .xlsx, or split the roster into smaller files";

/// How many steps pass between two looks at the clock.
const STEPS_BETWEEN_LOOKS: u32 = 1024;

/// When a file's time is over, and what to do then. It bounds work, so that it follows real time and not the office's clock.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline {
    /// `None` if there is all the time in the world.
    at: Option<Instant>,
    advice: &'static str,
}

impl Deadline {
    pub(super) fn start(advice: &'static str) -> Self {
        Self { at: Some(Instant::now() + Duration::from_secs(MAX_SECONDS)), advice }
    }

    /// For what has been read in time once, and is read again as fast as somebody takes it.
    pub(super) fn never() -> Self {
        Self { at: None, advice: SPLIT }
    }

    pub(super) fn check(self) -> Result<(), SheetError> {
        if self.at.is_none_or(|at| Instant::now() < at) {
            Ok(())
        } else {
            Err(SheetError::TooSlow { advice: self.advice })
        }
    }

    #[cfg(test)]
    pub(super) fn over() -> Self {
        Self { at: Some(Instant::now()), advice: SPLIT }
    }
}

/// Counts what a sheet holds against the bounds.
pub(super) struct Meter {
    rows_left: u32,
    max_rows: u32,
    cells_left: u32,
    row: u32,
    deadline: Deadline,
    steps: u32,
}

impl Meter {
    pub(super) fn new(max_rows: u32, deadline: Deadline) -> Self {
        Self { rows_left: max_rows, max_rows, cells_left: MAX_CELLS, row: 0, deadline, steps: 0 }
    }

    /// Counts a row or cell in which there may be nothing, so that emptiness without end takes no time without end.
    pub(super) fn step(&mut self) -> Result<(), SheetError> {
        if self.steps.is_multiple_of(STEPS_BETWEEN_LOOKS) {
            self.deadline.check()?;
        }
        self.steps += 1;
        if self.steps > MAX_STEPS {
            return Err(SheetError::TooMuch { what: "rows and cells, empty ones counted", limit: MAX_STEPS.into() });
        }
        Ok(())
    }

    /// Counts one filled cell of `bytes` length.
    pub(super) fn filled(&mut self, column: usize, row: u32, bytes: usize) -> Result<(), SheetError> {
        let full = |what, limit: u32| SheetError::TooMuch { what, limit: limit.into() };
        if row > LAST_ROW {
            return Err(full("rows, empty ones counted", LAST_ROW));
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_rows_are_refused() {
        let mut meter = Meter::new(2, Deadline::start(SPLIT));
        for (row, column) in [(1, 0), (1, 1), (900_000, 0)] {
            assert_eq!(meter.filled(column, row, 1), Ok(()));
        }
        assert_eq!(meter.filled(0, 900_001, 1), Err(SheetError::TooMuch { what: "rows", limit: 2 }));
    }

    #[test]
    fn time_that_is_over_is_noticed_while_nothing_is_found() {
        let mut meter = Meter::new(2, Deadline::over());
        let slow = (0..=STEPS_BETWEEN_LOOKS).find_map(|_| meter.step().err());
        let expected = "reading the file takes more than 60 seconds; split the roster into smaller files";
        assert_eq!(slow.map(|error| error.to_string()).as_deref(), Some(expected));
    }

    #[test]
    fn emptiness_has_an_end() {
        let mut meter = Meter::new(2, Deadline::start(SPLIT));
        let full = (0..=MAX_STEPS).find_map(|_| meter.step().err());
        assert!(matches!(full, Some(SheetError::TooMuch { what: "rows and cells, empty ones counted", .. })));
    }
}
