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
        "no_point" => #[error("the office declares no pickup point")]
            NoPoint,
    }
}
