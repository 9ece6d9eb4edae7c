//! Bytes → rows of cells. It knows sheets and no student: what a file is, which sheets it has, what stands in each cell, and
//! what a file from outside may cost.
//!
//! bounds ← cell ← meter ← one reader for each thing that can come ← book, which recognises them: `xlsx/` (in this process,
//! cell by cell) · `csv/` · spreadsheet_ml (XML named `.xls`) · `legacy/` (`.xls` and `.ods`, by calamine, in a child process).

pub mod book;
pub mod bounds;
pub mod cell;
mod csv;
mod encoding;
pub mod legacy;
mod markup;
pub(super) mod meter;
mod spreadsheet_ml;
pub(super) mod xlsx;
