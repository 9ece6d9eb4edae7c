//! What a file from outside may cost: every bound is checked before memory or time is spent beyond it, and each refusal
//! names it.

use std::time::{Duration, Instant};

use super::sheet::{SheetError, address};

/// Largest file, in bytes.
pub const MAX_FILE_BYTES: usize = 32 << 20;
/// Largest workbook once unzipped, in bytes: about 240,000 rows of a Dapodik export.
pub const MAX_UNZIPPED_BYTES: u64 = 512 << 20;
/// Largest table of shared texts in a workbook, in bytes; it is held in memory as a whole.
pub(super) const MAX_SHARED_TEXT_BYTES: u64 = 128 << 20;
/// Largest of the other parts that are held in memory as a whole (list of sheets, styles), in bytes.
pub(super) const MAX_PART_BYTES: u64 = 16 << 20;
/// Most parts that a workbook may be zipped from; a real one has tens.
pub(super) const MAX_PARTS: usize = 2_000;
/// Most sheets in a workbook.
pub const MAX_SHEETS: usize = 200;
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
/// Longest time that one file may take, in seconds; 200,000 rows of a Dapodik export take less than five.
pub const MAX_SECONDS: u64 = 60;
/// Most memory for reading a file that can only be held as a whole (`.xls`, `.ods`), in MiB.
pub const MAX_MEMORY_MIB: u64 = 1024;

/// How many steps pass between two looks at the clock.
const STEPS_BETWEEN_LOOKS: u32 = 1024;

/// When a file's time is over. It bounds work, so that it follows real time and not the office's clock.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline(Instant);

impl Deadline {
    pub(super) fn start() -> Self {
        Self(Instant::now() + Duration::from_secs(MAX_SECONDS))
    }

    pub(super) fn check(self) -> Result<(), SheetError> {
        if Instant::now() < self.0 { Ok(()) } else { Err(SheetError::TooSlow) }
    }

    #[cfg(test)]
    pub(super) fn over() -> Self {
        Self(Instant::now())
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

    /// Counts a step that may have found nothing, so that emptiness without end takes no time without end.
    pub(super) fn step(&mut self) -> Result<(), SheetError> {
        if self.steps.is_multiple_of(STEPS_BETWEEN_LOOKS) {
            self.deadline.check()?;
        }
        self.steps = self.steps.wrapping_add(1);
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_rows_are_refused() {
        let mut meter = Meter::new(2, Deadline::start());
        for (row, column) in [(1, 0), (1, 1), (900_000, 0)] {
            assert_eq!(meter.filled(column, row, 1), Ok(()));
        }
        assert_eq!(meter.filled(0, 900_001, 1), Err(SheetError::TooMuch { what: "rows", limit: 2 }));
    }

    #[test]
    fn time_that_is_over_is_noticed_while_nothing_is_found() {
        let mut meter = Meter::new(2, Deadline::over());
        let slow = (0..=STEPS_BETWEEN_LOOKS).find_map(|_| meter.step().err());
        assert_eq!(slow, Some(SheetError::TooSlow));
        assert!(SheetError::TooSlow.to_string().contains("60 seconds"));
    }
}
