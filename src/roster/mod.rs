//! The roster room: what schools send, read and checked. sheet (any file → cells) → layout (find the header, map the
//! columns) → check (row → student or problems) → changes (against what is known) → import (apply) → undo (put back).
//!
//! Below sheet, one file for each thing that can come: archive → tokens → package, shared_texts → xlsx (in this process, cell
//! by cell) · text → records → delimited (CSV) · text → markup → spreadsheet_ml (XML named `.xls`) · isolated ⇄ worker → held
//! (`.xls` and `.ods`, in a child process, by calamine). bounds holds what a file may cost.

mod archive;
pub mod bounds;
pub mod changes;
pub mod check;
mod delimited;
mod held;
pub mod import;
pub mod isolated;
pub mod layout;
mod markup;
mod package;
pub mod problem;
mod records;
mod shared_texts;
pub mod sheet;
mod spreadsheet_ml;
#[cfg(test)]
mod tests;
mod text;
mod tokens;
pub mod undo;
pub mod values;
pub mod worker;
mod xlsx;

use std::collections::BTreeSet;
use std::ops::ControlFlow;

pub use check::{Checked, Left, RosterRow, Rules};
pub use isolated::Isolation;
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
    read_book(sheet::Book::open(bytes)?, file_name, rules)
}

/// The same, with old workbooks read where `isolation` says.
pub fn read_in(isolation: &Isolation, bytes: &[u8], file_name: &str, rules: &Rules) -> Result<Reading, RosterError> {
    read_book(sheet::Book::open_in(bytes, Some(isolation))?, file_name, rules)
}

fn read_book(mut book: sheet::Book<'_>, file_name: &str, rules: &Rules) -> Result<Reading, RosterError> {
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
