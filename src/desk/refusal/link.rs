//! Why no code is printed, or a code links nothing.

use crate::coded;

coded! {
    /// Why no code is printed, or a code links nothing.
    pub enum LinkRefusal {
        "nobody" => #[error("{place} has no such students")]
            Nobody { place: String },
        "class_unknown" => #[error("{place} has no class '{class}'; its classes are: {known}")]
            NoClass { place: String, class: String, known: String },
        "not_here" => #[error(
            "{student} is no open student of {place}; ask `siap17 student show` for the place, and print the slip there"
        )]
            NotHere { student: String, place: String },
        "code_used" => #[error("the code was used by somebody else just now; send it again to read what became of it")]
            UsedMeanwhile,
        "pickup_code" => #[error("a pickup code links no chat")]
            PickupCode,
    }
}
