//! Why nothing was done about a student.

use chrono::NaiveDate;

use crate::coded;
use crate::student::StudentId;

coded! {
    /// Why a student is not added, changed, closed or merged.
    pub enum StudentRefusal {
        "birth_date_missing" => #[error("a student needs a birth date")]
            BirthDateMissing,
        "birth_date" => #[error("{0} is still to come")]
            BirthDateToCome(NaiveDate),
        "name_missing" => #[error("a student needs a name")]
            NameMissing,
        "possible_duplicate" => #[error(
            "{name} ({id}) has this NISN, or this name and birth date, already; if they are one person, change that one \
             (`siap17 student set`), else add --although-known"
        )]
            PossibleDuplicate { name: String, id: StudentId },
        "value" => #[error("{0}")]
            Value(String),
        "field" => #[error("there is no field '{field}'; did you mean '{near}'? The fields are {fields}")]
            FieldUnknown { field: String, near: &'static str, fields: &'static str },
        "closed" => #[error("{name} is closed already")]
            Closed { name: String },
        "same" => #[error("both are the same student")]
            Same,
        "merged" => #[error("{name} was merged before")]
            Merged { name: String },
        "two_cards" => #[error("both have a card; undo or correct one before they are merged")]
            TwoCards,
    }
}
