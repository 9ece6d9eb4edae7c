//! The roster room: what schools send, as far as tables and back. Arrows run down only:
//!
//! answer (the school's file back, marked) → review (what people decide afterwards, undo, history) → import (facts → tables) →
//! parse (rows → a student's facts, or problems) → sheet (bytes → rows) → ids (the words that all share).

pub mod answer;
pub mod ids;
pub mod import;
pub mod parse;
pub mod review;
pub mod sheet;
#[cfg(test)]
mod tests;

pub use parse::census::Totals;
pub use parse::check::{Checked, Left, RosterRow, Rules};
pub use parse::error::RosterError;
pub use parse::field::{Field, Headings};
pub use parse::file::RosterFile;
pub use parse::layout::{Layout, LayoutError, LayoutKind, Layouts};
pub use parse::line::Line;
pub use parse::preamble::Preamble;
pub use parse::problem::{Code, Level, Problem};
pub use parse::reading::{Reading, read, read_in};
pub use parse::values::Ages;
pub use sheet::cell::SheetError;
pub use sheet::legacy::parent::Isolation;
