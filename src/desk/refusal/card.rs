//! Why nothing was done about cards and blanks.

use crate::card::SheetError;
use crate::coded;

coded! {
    /// Why nothing was done about cards and blanks.
    pub enum CardRefusal {
        "unreadable" => #[error("{0}")]
            Unreadable(SheetError),
        "stock" => #[error("only {known} blanks are on the books at {point}; count them with `siap17 card stock count`")]
            TooFewBlanks { known: i64, point: String },
        "printed_cards" => #[error(
            "row {row} and {count} in all say CARD_PRINTED of students whose card siap17 does not know, so that nothing of the \
             sheet was taken: are these cards in people's hands already (add --printed-cards in-hand), or do they lie at a pickup \
             point (add --printed-cards at \"{point}\")?"
        )]
            WhereAreTheCards { count: usize, row: u32, point: String },
        "no_point" => #[error("the office declares no pickup point")]
            NoPoint,
    }
}
