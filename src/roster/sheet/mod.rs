//! Bytes → rows of cells. It knows sheets and no student: what a file is, which sheets it has, what stands in each cell, and
//! what a file from outside may cost.
//!
//! bounds ← cell, merges ← meter ← one reader for each thing that can come ← book, which recognises them: `xlsx/` (in this process,
//! cell by cell) · `csv/` · spreadsheet_ml (XML named `.xls`) · `html/` (web pages named so) · `legacy/` (`.xls` and `.ods`, by calamine, in a child process; the
//! merged cells of an `.ods`, which calamine does not tell, by open_document).

pub mod book;
pub mod bounds;
pub mod cell;
mod csv;
mod encoding;
mod foreign;
mod html;
pub mod legacy;
mod markup;
pub mod merges;
pub(super) mod meter;
mod open_document;
mod spreadsheet_ml;
pub(super) mod xlsx;
