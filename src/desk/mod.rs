//! The desk: what a person wants done, one function and one transaction each, where it crosses rooms. It asks for the right,
//! does the thing, writes the audit entry and brings the notices up to date, all or nothing. A face has no other way to a change.

mod cards;
mod chats;
mod complaints;
mod inbox;
mod notices;
mod opening;
mod orders;
mod plan_picture;
mod replan;
mod review;
mod roster_answer;
mod roster_by_bot;
mod rosters;
mod sessions;
mod setup;
mod slips;
mod students;
mod team_trouble;
#[cfg(test)]
mod tests;
mod undo;
mod visit_calls;
mod visit_day;
mod visit_feed;
mod visit_letter;
mod visit_plan;
mod visit_talk;
mod visits;
mod walk_in;

use std::sync::Arc;

use chrono::NaiveDate;

pub use cards::{ListReport, Named, Queued, StatusReport, StockEntry};
pub use inbox::InboxError;
pub use notices::Preview;
pub use opening::{Desks, OpenError, key_of, new_key, system_user};
pub use orders::{Answered, OrderAnswer, OrderRequest, OrderShown};
pub use replan::{PlannedChange, PlannedSide, Replanned, SmallDay, VillageDay};
pub use review::Review;
pub use rosters::{LARGEST_FILE, Options as RosterOptions, Progress};
pub use sessions::{AddedSession, SessionPage, SessionWarning, WantedSession};
pub use setup::{Invitation, PlacesImported};
pub use slips::{Slip, Slips};
pub use students::{NewStudent, Shown, Why};
pub use team_trouble::Broken;
pub(crate) use team_trouble::OutToday;
pub use undo::{Sent, Undone};
pub use visit_calls::{ByHand, Unanswered};
pub use visit_day::{Entry, Recording, SingleResult};
pub use visit_feed::{Calendar, FeedOf, NewFeed};
pub use visit_letter::Letter;
pub use visit_plan::{PlanProgress, PlanReport};
pub(crate) use visit_talk::{Heard, Talked};
pub use visits::{Moved, VisitFilter, VisitHit, VisitPage};

use crate::audit::{self, Actor};
use crate::calendar::Holidays;
use crate::card::CardError;
use crate::clock::Clock;
use crate::db::{Db, DbError, Tx};
use crate::link::LinkError;
use crate::messages::Messages;
use crate::notice::ledger;
use crate::office::{self, Office, OfficeError};
use crate::place::{PlaceError, PlaceId};
use crate::staff::{Right, Role};
use crate::student::{StudentError, StudentId};
use crate::vault::{Vault, VaultError};

/// The desk of one office, for one person. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Desk {
    pub db: Db,
    pub vault: Vault,
    pub clock: Clock,
    pub holidays: Arc<Holidays>,
    pub messages: Messages,
    pub office: Office,
    pub actor: Actor,
    /// The account's role; `None` for siap17 itself and for whoever sits at the machine that holds key and database.
    pub role: Option<Role>,
}

/// Why the desk did not do what it was asked. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// A reason that belongs to one errand; `code` is for programs, the message for people.
    #[error("{message}")]
    Refused { code: &'static str, message: String },
    #[error("the role {role:?} may not do this; ask an admin of the office")]
    NotAllowed { role: Role },
    #[error(transparent)]
    Office(#[from] OfficeError),
    #[error(transparent)]
    Place(#[from] PlaceError),
    #[error(transparent)]
    Student(#[from] StudentError),
    #[error(transparent)]
    Card(#[from] CardError),
    #[error(transparent)]
    Link(#[from] LinkError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl DeskError {
    /// A refusal with its code and its sentence.
    #[must_use]
    pub fn refused(code: &'static str, message: impl Into<String>) -> Self {
        Self::Refused { code, message: message.into() }
    }

    /// A short name for programs (`{"error":{"code",…}}`).
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused { code, .. } => code,
            Self::NotAllowed { .. } => "not_allowed",
            Self::Office(_) => "office",
            Self::Place(_) => "place",
            Self::Student(StudentError::Unknown(_)) => "student_unknown",
            Self::Student(StudentError::Ambiguous { .. }) => "student_ambiguous",
            Self::Student(_) => "student",
            Self::Card(CardError::AlreadyCollected(_)) => "already_collected",
            Self::Card(_) => "card",
            Self::Link(_) => "link",
            Self::Vault(_) => "key",
            Self::Db(_) => "database",
        }
    }
}

/// What a desk's function gives.
pub type Done<T> = Result<T, DeskError>;

impl Desk {
    /// Refuses whoever lacks `right`.
    pub fn require(&self, right: Right) -> Done<()> {
        match self.role {
            Some(role) if !role.may(right) => Err(DeskError::NotAllowed { role }),
            _ => Ok(()),
        }
    }

    /// The office's local date.
    #[must_use]
    pub fn today(&self) -> NaiveDate {
        self.clock.today(self.office.zone())
    }

    /// Writes the audit entry of the operation that `tx` is.
    pub async fn audit(&self, tx: &mut Tx, action: &str, subject: &str, detail: &str) -> Result<(), DbError> {
        audit::record(tx, &self.clock, Some(self.office.id.0), &self.actor, action, subject, detail).await
    }

    /// Brings one student's notices up to date with what `tx` changed.
    pub async fn settle(&self, tx: &mut Tx, student: StudentId) -> Done<()> {
        self.settle_all(tx, &[student]).await
    }

    /// Brings any number of students' notices up to date with what `tx` changed.
    pub async fn settle_all(&self, tx: &mut Tx, students: &[StudentId]) -> Done<()> {
        ledger::reconcile_some(tx, &self.clock, self.office.id, students).await?;
        Ok(())
    }

    /// Brings the notices of a place's contact up to date with what `tx` changed.
    pub(super) async fn settle_contact(&self, tx: &mut Tx, place: PlaceId) -> Done<()> {
        let office = office::load(tx, self.office.id).await?;
        ledger::reconcile_contacts(tx, &self.clock, &office, &self.holidays, Some(place)).await?;
        Ok(())
    }

    /// Brings the whole office's notices up to date with what `tx` changed.
    pub async fn settle_office(&self, tx: &mut Tx) -> Done<()> {
        let office = office::load(tx, self.office.id).await?;
        ledger::reconcile_all(tx, &self.clock, &office).await?;
        ledger::reconcile_contacts(tx, &self.clock, &office, &self.holidays, None).await?;
        Ok(())
    }
}

/// Refuses words that hold something like a NIK: they are kept in clear, and some are sent (invariant 8).
pub(super) fn without_nik(what: &str, words: &str) -> Done<()> {
    if crate::nik::looks_like_nik(words) {
        return Err(DeskError::refused(
            "holds_nik",
            format!("{what} holds something like a NIK; leave the number out"),
        ));
    }
    Ok(())
}
