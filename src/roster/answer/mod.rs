//! The answer to a roster: the school's own sheet as .xlsx, each cell where it was, with the wrong ones marked, so that it
//! can be mended where people know it and sent again.
//!
//! Each sheet is read twice, never held: survey (how wide, which rows are spoken of) → marks (problem → cell and reason) →
//! grid (the sheet, row by row, masked by mask) → guide (a last sheet that says what to do and leads to each cell). The answer
//! is a roster like any other: same header rows, same columns, same rows.

mod grid;
mod guide;
mod looks;
mod marks;
mod mask;
mod request;
mod survey;
mod words;
mod write;

pub use request::{AnswerError, Choices, Masking, Original};
pub use write::write;
