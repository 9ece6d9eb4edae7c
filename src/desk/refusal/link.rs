//! Why no code is printed, or a code links nothing.

use crate::coded;

coded! {
    /// Why no code is printed, or a code links nothing.
    pub enum LinkRefusal {
        "nobody" => #[error("{place} has no such students")]
            Nobody { place: String },
        "pickup_code" => #[error("a pickup code links no chat")]
            PickupCode,
    }
}
