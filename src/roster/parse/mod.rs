//! Rows → a student's facts, or what is wrong with them. It knows a roster and no database.
//!
//! problem, line, field ← values ← preamble ← layout (which sheets, where the header is, which column means what) ← check (one
//! row → student or problems) ← habits (what a column shows as a column) ← census (what only all rows show) ← file (a file whose rows can be gone through twice) ←
//! reading (a file as a whole).

pub mod census;
pub mod check;
pub mod error;
pub mod field;
pub mod file;
pub mod habits;
pub mod layout;
pub mod line;
pub mod preamble;
pub mod problem;
pub mod reading;
pub mod values;
