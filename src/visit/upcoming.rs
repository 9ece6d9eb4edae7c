//! Visits that a place's own people may be told of: those that it has confirmed.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::FromRow;

use crate::db::{DbError, Tx};
use crate::fetch_all;
use crate::office::OfficeId;
use crate::place::PlaceId;

/// More than this many dates help nobody in a chat.
const SHOWN: i64 = 8;

/// A confirmed visit that has not been yet.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Upcoming {
    pub place_name: String,
    pub visit_on: NaiveDate,
    pub starts_at: DateTime<Utc>,
}

const OF_PLACE: &str =
    "SELECT p.name AS place_name, v.visit_on, v.starts_at FROM visit v JOIN place p ON p.id = v.place_id
     WHERE v.office_id = $1 AND v.state = 'confirmed' AND v.visit_on >= $2 AND v.place_id = $4
     ORDER BY v.visit_on, v.starts_at, v.id LIMIT $3";

/// The next confirmed visits of one place, `today`'s included, soonest first.
pub async fn upcoming(
    tx: &mut Tx,
    office: OfficeId,
    place: PlaceId,
    today: NaiveDate,
) -> Result<Vec<Upcoming>, DbError> {
    fetch_all!(tx, Upcoming, OF_PLACE, office, today, SHOWN, place)
}
