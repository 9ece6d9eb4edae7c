//! The roster room: what schools send, read and checked. sheet (any file → cells) → layout (find the header, map the
//! columns) → check (row → student or problems) → changes (against what is known) → import (apply) → undo (put back).

pub mod changes;
pub mod check;
mod delimited;
pub mod import;
pub mod layout;
pub mod problem;
pub mod sheet;
#[cfg(test)]
mod tests;
pub mod undo;
pub mod values;

use std::collections::BTreeSet;
use std::ops::ControlFlow;

pub use check::{Checked, Left, RosterRow, Rules};
pub use layout::{Field, Kind, Layout, LayoutError, Preamble};
pub use problem::{Code, Level, Problem};
pub use sheet::SheetError;

/// A roster file, read and checked.
#[derive(Debug)]
pub struct Reading {
    pub layout: Layout,
    /// Every row below the header that is about somebody, in the file's order.
    pub rows: Vec<Checked>,
    /// What concerns the file as a whole, at its header row.
    pub problems: Vec<Problem>,
}

/// Why a file gives no roster; nothing of it was taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RosterError {
    #[error(transparent)]
    Layout(#[from] LayoutError),
    #[error("the header in row {header_row} has no student below it; export the roster again, with its students")]
    NoStudents { header_row: u32 },
}

impl From<SheetError> for RosterError {
    fn from(error: SheetError) -> Self {
        Self::Layout(error.into())
    }
}

/// Reads a roster from a file's bytes. The content decides what the file is; `file_name` only helps to tell the school
/// and the day of the export. It blocks, for seconds if the file is large.
pub fn read(bytes: &[u8], file_name: &str, rules: &Rules) -> Result<Reading, RosterError> {
    let mut book = sheet::Book::open(bytes)?;
    let layout = Layout::find(&mut book, file_name)?;
    let wanted: BTreeSet<usize> = layout.columns.values().map(|column| column.index).collect();
    let mut check = check::FileCheck::new(&layout, rules);
    book.rows(
        &layout.sheet,
        |column| wanted.contains(&column),
        |row| {
            if row.number >= layout.first_data_row {
                check.see(&row);
            }
            ControlFlow::Continue(())
        },
    )?;
    let rows = check.finish();
    if rows.is_empty() {
        return Err(RosterError::NoStudents { header_row: layout.header_row });
    }
    Ok(Reading { problems: check::check_columns(&layout), layout, rows })
}
