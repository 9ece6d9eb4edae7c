//! Counts what is read of a file, and the time that it takes, against the bounds.

use std::time::{Duration, Instant};

use super::bounds::{LAST_ROW, MAX_CELLS, MAX_COLUMNS, MAX_SECONDS, MAX_STEPS, SPLIT};
use super::cell::{SheetError, address};

/// How many steps pass between two looks at the clock.
const STEPS_BETWEEN_LOOKS: u32 = 1024;

/// When a file's time is over, and what to do then. It bounds work, so that it follows real time and not the office's clock.
#[derive(Debug, Clone, Copy)]
pub(in crate::roster) struct Deadline {
    /// `None` if there is all the time in the world.
    at: Option<Instant>,
    advice: &'static str,
}

impl Deadline {
    pub(in crate::roster) fn start(advice: &'static str) -> Self {
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
    pub(in crate::roster) fn over() -> Self {
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
    /// The first cell that lies too far to the right, and whether any lies where cells are read.
    beyond: Option<(usize, u32)>,
    has_within: bool,
}

impl Meter {
    pub(super) fn new(max_rows: u32, deadline: Deadline) -> Self {
        Self {
            rows_left: max_rows,
            max_rows,
            cells_left: MAX_CELLS,
            row: 0,
            deadline,
            steps: 0,
            beyond: None,
            has_within: false,
        }
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

    /// Counts one filled cell. What lies too far to the right is counted and not read.
    pub(super) fn filled(&mut self, column: usize, row: u32) -> Result<(), SheetError> {
        let full = |what, limit: u32| SheetError::TooMuch { what, limit: limit.into() };
        if row > LAST_ROW {
            return Err(full("rows, empty ones counted", LAST_ROW));
        }
        if row != self.row {
            self.row = row;
            self.rows_left = self.rows_left.checked_sub(1).ok_or_else(|| full("rows", self.max_rows))?;
        }
        self.cells_left = self.cells_left.checked_sub(1).ok_or_else(|| full("filled cells", MAX_CELLS))?;
        if column < MAX_COLUMNS as usize {
            self.has_within = true;
        } else if self.beyond.is_none() {
            self.beyond = Some((column, row));
        }
        Ok(())
    }

    /// At a sheet's end: refuses one of which all lies too far to the right.
    pub(super) fn finish(&self) -> Result<(), SheetError> {
        match self.beyond {
            Some((column, row)) if !self.has_within => {
                Err(SheetError::TooWide { cell: address(column, row), limit: MAX_COLUMNS })
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_rows_are_refused() {
        let mut meter = Meter::new(2, Deadline::start(SPLIT));
        for (row, column) in [(1, 0), (1, 1), (900_000, 0)] {
            assert_eq!(meter.filled(column, row), Ok(()));
        }
        assert_eq!(meter.filled(0, 900_001), Err(SheetError::TooMuch { what: "rows", limit: 2 }));
    }

    #[test]
    fn only_a_sheet_of_which_all_lies_too_far_to_the_right_is_refused() {
        let mut meter = Meter::new(2, Deadline::start(SPLIT));
        assert_eq!(meter.finish(), Ok(()));
        meter.filled(700, 1).unwrap();
        assert_eq!(meter.finish(), Err(SheetError::TooWide { cell: "ZY1".into(), limit: 512 }));
        meter.filled(511, 1).unwrap();
        assert_eq!(meter.finish(), Ok(()));
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
