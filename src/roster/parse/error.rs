//! Why a file gives no roster.

use super::layout::LayoutError;
use crate::roster::sheet::cell::SheetError;

/// Why a file gives no roster; nothing of it was taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RosterError {
    #[error(transparent)]
    Layout(#[from] LayoutError),
    #[error("the header in row {header_row} has no student below it; export the roster again, with its students")]
    NoStudents { header_row: u32 },
    #[error(
        "the names or birth dates below row {header_row} are formulas whose values are not in the file; open it in a spreadsheet \
         program, save it once and send it again"
    )]
    OnlyFormulas { header_row: u32 },
}

impl From<SheetError> for RosterError {
    fn from(error: SheetError) -> Self {
        Self::Layout(error.into())
    }
}
