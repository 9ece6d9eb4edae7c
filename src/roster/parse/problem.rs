//! What can be wrong with a roster's row. The codes are read by scripts and offices: they may be added to, never changed.

use serde::{Deserialize, Serialize};

/// Whether a problem keeps the row out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// The student cannot be named, dated or placed: the row is rejected.
    Error,
    /// The student is kept, and staff or the school are asked to look.
    Flag,
}

/// A kind of problem. Those from `nik_duplicate` to `wrong_file` need the database or the whole file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    #[serde(rename = "nik_not_16_digits")]
    NikNot16Digits,
    NikUnreadable,
    NikImpossibleDate,
    NikMissing,
    NikDateDiffers,
    NikSexDiffers,
    NikOtherRegion,
    NisnPadded,
    NisnMissing,
    BirthDateImplausible,
    BirthDateMissing,
    BirthDateUnreadable,
    BirthDateAmbiguous,
    NameMissing,
    NameDamaged,
    SexUnreadable,
    ClassDoubtful,
    ColumnImplausible,
    /// Behind the name stands a remark, which was left out of it.
    NameRemark,
    /// Some rows name no class, though there is a column for it.
    ClassMissing,
    /// A header holds a word that matters, and others that are not understood.
    HeaderUnknown,
    /// A sheet gave nobody.
    SheetUnread,
    NikDuplicate,
    NisnDuplicate,
    IdentityConflict,
    PlaceUnknown,
    PossibleDuplicate,
    ListedElsewhere,
    ListedThoughClosed,
    WrongFile,
    /// A cell is filled and its value is not in the file, or too long to be read.
    CellUnread,
    /// A row of a delimited text has more or fewer fields than the header.
    RowShifted,
}

impl Code {
    /// Only what makes a student impossible to name, date or place rejects a row: a child with a broken NIK must still
    /// be called at 17.
    #[must_use]
    pub fn level(self) -> Level {
        match self {
            Self::NameMissing | Self::BirthDateMissing | Self::BirthDateUnreadable | Self::PlaceUnknown => Level::Error,
            _ => Level::Flag,
        }
    }

    /// Whether there is nothing to be done about it, as a rule: it is noted, and nobody is asked.
    #[must_use]
    pub fn is_note(self) -> bool {
        matches!(self, Self::NikOtherRegion | Self::NisnPadded)
    }
}

/// One problem, told to the sender of the file. It never holds a NIK or a birth date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The sheet, where the file has several rosters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// As the spreadsheet shows it.
    pub row: u32,
    /// As the spreadsheet shows it (`H7`); none if the sheet has no such column.
    pub cell: Option<String>,
    /// The column's header, in the sender's own words.
    pub column: Option<String>,
    pub level: Level,
    pub code: Code,
    pub message: String,
}

/// What a file lacks as a whole and nobody can mend cell by cell: it is said once, and is no problem of any row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// A list has neither NIK nor NISN: its students are known by name and birth date only.
    NoNumbers,
    /// A column for the NIK is there, and empty.
    NikColumnEmpty,
}

impl Note {
    /// The note's name in JSON and in the catalogues.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NoNumbers => "no_numbers",
            Self::NikColumnEmpty => "nik_column_empty",
        }
    }

    /// The note in words.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::NoNumbers => {
                "the list has neither NIK nor NISN; the students are known by name and birth date only; send a list with both"
            }
            Self::NikColumnEmpty => {
                "the NIK column is empty; the students are kept without a NIK; fill it in from the family cards (KK)"
            }
        }
    }
}
