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
        "merged" => #[error(
            "{name} was merged into another student; `siap17 student show {id}` shows into whom, and \
             `siap17 student unmerge {id}` takes that back"
        )]
            Merged { name: String, id: StudentId },
        "merged_later" => #[error(
            "somebody else was merged into {name} later; take that back first: `siap17 student unmerge {later}`"
        )]
            MergedLater { name: String, later: StudentId },
        "not_merged" => #[error("{name} is merged into nobody; `siap17 student find TEXT` shows who is whom")]
            NotMerged { name: String },
        "reason_missing" => #[error(
            "these may be two people: {differ} differ; say why they are one (--reason \"…\"), and let a second person \
             (--as STAFF) say the same"
        )]
            ReasonMissing { differ: String },
        "not_closed" => #[error("{name} is not closed, so there is nothing to open")]
            NotClosed { name: String },
        "import_undone" => #[error(
            "only a roster named this student, and its import was undone; import the roster again \
             (`siap17 roster import FILE`), and the student comes back under the same ID"
        )]
            ImportUndone,
        "two_cards" => #[error("both have a card; undo or correct one before they are merged")]
            TwoCards,
    }
}
