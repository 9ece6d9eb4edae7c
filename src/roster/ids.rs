//! By what an import is known, how it stands, and what its rows did: the words that every part of the room shares.

use serde::{Deserialize, Serialize};

use crate::id_type;

id_type!(
    /// One imported file.
    ImportId
);

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum State {
    Applied,
    DryRun,
    /// Kept aside for a person.
    Parked,
    Refused,
}

/// What a row did to the student whom it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum RowOutcome {
    /// The student came with the row.
    New,
    Changed,
    /// The row has what was on record already, or nothing of it was taken.
    Unchanged,
}

impl std::fmt::Display for RowOutcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::New => "new",
            Self::Changed => "changed",
            Self::Unchanged => "unchanged",
        })
    }
}
