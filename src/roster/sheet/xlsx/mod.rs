//! `.xlsx` in this process, cell by cell: archive (which parts, unzipped on a thread beside) → tokens → package, shared_texts →
//! workbook.

pub(in crate::roster) mod archive;
mod package;
mod shared_texts;
pub(super) mod tokens;
pub(in crate::roster) mod workbook;
