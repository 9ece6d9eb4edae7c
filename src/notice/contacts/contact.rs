//! A place's contact with the visits that it is asked about, and what the ledger calls the notices about them.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::FromRow;

use crate::link::ChatLink;
use crate::notice::Kind;
use crate::notice::case::NoticeRow;
use crate::office::PauseId;
use crate::place::{Place, PlaceId};
use crate::visit::{VisitId, VisitState};

/// Stands before the pause in occasions.
const PAUSED: &str = "paused:";
const ON_AGAIN: &str = "on_again:";

/// A place with all that belongs to its contact's case.
#[derive(Debug)]
pub struct Contact {
    pub place: Place,
    /// Visits that are not merely proposed, soonest first.
    pub visits: Vec<Asked>,
    pub notices: Vec<NoticeRow>,
    pub chats: Vec<ChatLink>,
}

/// A visit that a place was, or is to be, asked about.
#[derive(Debug, Clone, FromRow)]
pub struct Asked {
    pub id: VisitId,
    pub place_id: PlaceId,
    pub revision: i32,
    pub visit_on: NaiveDate,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub state: VisitState,
    /// When this day was announced.
    pub announced_at: Option<DateTime<Utc>>,
    pub team: String,
    pub students: i64,
    /// The place agreed to this day, whether in the chat or otherwise.
    pub agreed: bool,
    /// The contact said of this day that none of those offered in its place suits.
    pub unsuited: bool,
}

impl Asked {
    /// What the ledger calls the notices about this day of this visit.
    #[must_use]
    pub fn occasion(&self) -> String {
        occasion(self.id, self.revision)
    }

    /// Kind and occasion of what its place's contact has to know of it as it stands.
    #[must_use]
    pub fn news(&self) -> (Kind, String) {
        match self.state {
            VisitState::Cancelled => (Kind::VisitChanged, cancelled(self.id)),
            _ => (Kind::VisitRequest, self.occasion()),
        }
    }
}

/// What the ledger calls the notice that a visit was called off.
#[must_use]
pub fn cancelled(visit: VisitId) -> String {
    format!("{visit}:cancelled")
}

/// What the ledger calls the notice that a pause keeps a visit from its day, and the one that it no longer does.
#[must_use]
pub fn paused(visit: VisitId, pause: PauseId) -> [String; 2] {
    [format!("{visit}:{PAUSED}{pause}"), format!("{visit}:{ON_AGAIN}{pause}")]
}

/// Whether an occasion is one of those, and says nothing of the day itself.
#[must_use]
pub fn is_of_a_pause(occasion: &str) -> bool {
    let rest = occasion.split_once(':').map_or("", |(_, rest)| rest);
    rest.starts_with(PAUSED) || rest.starts_with(ON_AGAIN)
}

/// What the ledger calls the notices about one day of a visit.
#[must_use]
pub fn occasion(visit: VisitId, revision: i32) -> String {
    format!("{visit}:{revision}")
}

impl Contact {
    /// Whether a message can arrive.
    #[must_use]
    pub fn is_reachable(&self) -> bool {
        self.chats.iter().any(|chat| chat.unreachable.is_none())
    }

    /// The row of what the contact has to know of a visit as it stands: the question whether the day suits, or that it was
    /// called off.
    #[must_use]
    pub fn notice_of(&self, visit: &Asked) -> Option<&NoticeRow> {
        let (kind, occasion) = visit.news();
        self.notices.iter().find(|row| row.kind == kind && row.occasion == occasion)
    }
}
