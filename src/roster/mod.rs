//! The roster room: what schools send, read and checked. sheet (any file → cells) → layout (find the header, map the
//! columns) → check (row → student or problems) → changes (against what is known) → import (apply) → undo (put back).

pub mod answer;
mod apply;
mod census;
pub mod changes;
pub mod check;
pub mod decision;
mod field;
mod gate;
pub mod history;
pub mod ids;
pub mod import;
mod incoming;
pub mod layout;
pub mod line;
mod places;
mod preamble;
pub mod problem;
pub mod proposal;
mod report;
pub mod sheet;
mod source;
pub mod stream;
#[cfg(test)]
mod tests;
pub mod undo;
pub mod upload;
pub mod values;
mod writer;

use std::ops::ControlFlow;

pub use census::Totals;
pub use check::{Checked, Left, RosterRow, Rules};
pub use field::{Field, Headings};
pub use layout::{Kind, Layout, LayoutError, Layouts};
pub use line::Line;
pub use preamble::Preamble;
pub use problem::{Code, Level, Problem};
pub use sheet::cell::SheetError;
pub use sheet::legacy::parent::Isolation;
pub use source::Source;

/// A roster file, read and checked as a whole.
#[derive(Debug)]
pub struct Reading {
    pub layouts: Layouts,
    /// Every row below a header that is about somebody, in the file's order.
    pub rows: Vec<Checked>,
    /// What concerns a sheet as a whole, at its header row.
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
    gather(Source::open(None, bytes, file_name, rules, &Headings::default())?)
}

/// The same, with old workbooks read where `isolation` says.
pub fn read_in(isolation: &Isolation, bytes: &[u8], file_name: &str, rules: &Rules) -> Result<Reading, RosterError> {
    gather(Source::open(Some(isolation), bytes, file_name, rules, &Headings::default())?)
}

fn gather(mut source: Source<'_>) -> Result<Reading, RosterError> {
    let mut rows = Vec::with_capacity(source.totals().rows);
    source.rows(|checked| {
        rows.push(checked);
        ControlFlow::Continue(())
    })?;
    let layouts = source.layouts().clone();
    Ok(Reading { problems: layouts.iter().flat_map(check::check_columns).collect(), layouts, rows })
}
