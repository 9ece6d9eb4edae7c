//! Why nothing was done about the office, its places and its accounts.

use chrono::NaiveDate;

use crate::coded;
use crate::office::DeclarationError;

coded! {
    /// Why the office stays as it is.
    pub enum OfficeRefusal {
        "declaration" => #[error("{0}")]
            Declaration(DeclarationError),
        "declaration" => #[error("{0}")]
            Meaning(String),
        "other_office" => #[error(
            "'{name}' is no admin of the office '{code}', and only such an account changes it; nothing was changed"
        )]
            OtherOffice { name: String, code: String },
        "point_in_use" => #[error(
            "{waiting} cards wait at the pickup point '{point}', which the file no longer declares; move them first with \
             `siap17 card ready … --at POINT`, or keep the point"
        )]
            PointInUse { waiting: i64, point: String },
        "reason" => #[error("the reason stands in messages to people; at most {longest} characters")]
            ReasonTooLong { longest: usize },
        "past" => #[error("{0} is past; the last day of a pause is today or later")]
            PausePast(NaiveDate),
        "not_paused" => #[error("nothing of that kind is paused")]
            NotPaused,
        "not_broken" => #[error("the team '{team}' is not out of service")]
            NotBroken { team: String },
    }
}

coded! {
    /// Why a place is not found.
    pub enum PlaceRefusal {
        "place_unknown" => #[error("there is no place '{code}'; `siap17 place list` shows them")]
            Unknown { code: String },
    }
}

coded! {
    /// Why an account is not opened, closed, found, or of no use for this.
    pub enum AccountRefusal {
        "staff_unknown" => #[error("there is no active account '{name}'; `siap17 staff list` shows them")]
            Unknown { name: String },
        "name" => #[error("an account's name has at most {longest} characters that can be seen")]
            NameTooLong { longest: usize },
        "name" => #[error("an account needs a name of its own")]
            NameMissing,
        "place_missing" => #[error("this role sees only its own place; name it with --place CODE")]
            PlaceMissing,
        "place_missing" => #[error("this account has no place; ask an admin of the office")]
            NoPlace,
        "exists" => #[error("there is an account '{name}' already")]
            Exists { name: String },
        "disabled" => #[error("the account '{name}' is disabled already")]
            Disabled { name: String },
    }
}
