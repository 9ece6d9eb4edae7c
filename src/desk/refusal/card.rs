//! Why nothing was done about cards and blanks.

use crate::card::SheetError;
use crate::coded;
use crate::link::Dead;

coded! {
    /// Why nothing was done about cards and blanks.
    pub enum CardRefusal {
        "unreadable" => #[error("{0}")]
            Unreadable(SheetError),
        "stock" => #[error("only {known} blanks are on the books at {point}; count them with `siap17 card stock count`")]
            TooFewBlanks { known: i64, point: String },
        "code_ended" => #[error("this pickup code {0}; read the newest one in the family's chat, or look the student up by name")]
            CodeEnded(Dead),
        "no_pickup_code" => #[error(
            "this is the code of a slip or an invitation, which links a chat and fetches no card; ask for the pickup code, or look \
             the student up by name"
        )]
            NoPickupCode,
        "taker_unnamed" => #[error("say who came for the card with --by NAME, the name as it stands on their document")]
            TakerUnnamed,
        "no_relation" => #[error("say with --relation what whoever came is to the holder, such as ibu, ayah or wali")]
            NoRelation,
        "no_document" => #[error("say with --document what whoever came has shown, such as KTP-el or KK")]
            NoDocument,
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
