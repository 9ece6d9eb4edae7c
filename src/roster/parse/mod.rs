//! Rows → a student's facts, or what is wrong with them. It knows a roster and no database.
//!
//! problem, line, field ← values, remark, school (which school a text names) ← lexicon ← heading (what a header's words say) ←
//! header (which column means what) ← preamble (what stands above) ← habits ← layout (the lists of a file) ← person (whether a row
//! is about one) ← table (the lists of a sheet) ← compose (rows with whole values) ← check (one row → student or problems) ←
//! observed (what a column shows as a column), census (what only all rows show) ← file (a file whose rows can be gone through
//! twice) ← reading (a file as a whole).

pub mod census;
pub mod check;
mod compose;
pub mod error;
pub mod field;
pub mod file;
pub mod habits;
pub mod header;
mod heading;
pub mod layout;
mod lexicon;
pub mod line;
mod observed;
pub mod person;
pub mod preamble;
pub mod problem;
pub mod reading;
pub mod remark;
pub(in crate::roster) mod school;
mod table;
pub mod values;
