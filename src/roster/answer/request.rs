//! What is asked of an answer, and why there may be none.

use chrono::NaiveDate;
use rust_xlsxwriter::XlsxError;

use crate::roster::parse::field::Headings;
use crate::roster::parse::layout::LayoutError;
use crate::roster::sheet::bounds::MAX_WORKBOOK_ROWS;
use crate::roster::sheet::cell::SheetError;

/// How NIKs stand in the answer. Each says what becomes of them after the import whose problems are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Masking {
    /// NIKs that we hold are masked, and those of parents and family cards; one that we do not keep stays, for only the
    /// school has it. Right for a roster that was applied.
    Kept,
    /// Every number that could be a NIK or a family card's is masked: for whatever leaves through Telegram. One that we do
    /// not keep is crossed out with another letter and must be typed again.
    All,
    /// Nothing is masked.
    None,
}

/// What cells can be mended with by a choice.
#[derive(Debug, Clone)]
pub struct Choices {
    /// The office's local date, by which years of two digits are read.
    pub today: NaiveDate,
    /// Code and name of the places that a row may name; may be empty.
    pub places: Vec<(String, String)>,
}

/// Why there is no answer to a roster.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    #[error(transparent)]
    Layout(#[from] LayoutError),
    #[error("the file has more than {MAX_WORKBOOK_ROWS} rows, and no workbook as long is read; mend the file itself")]
    TooManyRows,
    #[error("the answer would be larger than what is read; mend the file itself, or split it")]
    TooLarge,
    #[error("the answer cannot be written")]
    Write(#[from] XlsxError),
}

impl From<SheetError> for AnswerError {
    fn from(error: SheetError) -> Self {
        Self::Layout(error.into())
    }
}

/// The file that is answered.
#[derive(Debug, Clone, Copy)]
pub struct Original<'a> {
    pub bytes: &'a [u8],
    pub name: &'a str,
    pub headings: &'a Headings,
    /// Sheets that the import left out.
    pub copies: &'a [String],
}
