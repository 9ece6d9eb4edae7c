//! What every errand at the desk has and ends with: who asks, for which office, with what right; the audit entry; the notices
//! brought up to date.

use std::sync::Arc;

use chrono::NaiveDate;

use crate::audit::{self, Actor};
use crate::calendar::Holidays;
use crate::card::CardError;
use crate::clock::Clock;
use crate::db::{Db, DbError, Tx};
use crate::link::LinkError;
use crate::messages::Messages;
use crate::notice::ledger;
use crate::office::{self, Office, OfficeError};
use crate::place::{self, Place, PlaceError, PlaceId};
use crate::staff::{self, Right, Role};
use crate::student::{StudentError, StudentId};
use crate::vault::{Vault, VaultError};

/// Pages of people whose notices are brought up to date while a person waits; of more, the daemon does the rest.
const PAGES_WAITED_FOR: usize = 4;

/// The desk of one office, for one person. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Desk {
    pub(super) db: Db,
    pub(super) vault: Vault,
    pub(super) clock: Clock,
    pub(super) holidays: Arc<Holidays>,
    pub(super) messages: Messages,
    pub(super) office: Office,
    pub(super) actor: Actor,
    /// The account's role; `None` for siap17 itself and for whoever sits at the machine that holds key and database.
    pub(super) role: Option<Role>,
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

    /// The one place whose roster this account may touch; `None` for whoever may touch all.
    pub(super) async fn own_place(&self, tx: &mut Tx) -> Done<Option<Place>> {
        let (Some(Role::School | Role::Village), Actor::Staff(name)) = (self.role, &self.actor) else {
            return Ok(None);
        };
        let id = staff::find(tx, self.office.id, name).await?.and_then(|account| account.place_id);
        let own = match id {
            Some(id) => place::load(tx, PlaceId(id)).await?,
            None => None,
        };
        let nowhere = || DeskError::refused("place_missing", "this account has no place; ask an admin of the office");
        own.map(Some).ok_or_else(nowhere)
    }

    /// The office as it was when the desk was opened.
    #[must_use]
    pub fn office(&self) -> &Office {
        &self.office
    }

    /// The clock that this desk reads.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The message catalogues.
    #[must_use]
    pub fn messages(&self) -> &Messages {
        &self.messages
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

    /// Has the whole office's notices brought up to date with what `tx` changed, once it is committed: by [`Self::catch_up`],
    /// and by the daemon's next look.
    pub async fn settle_office(&self, tx: &mut Tx) -> Done<()> {
        Ok(ledger::request_everybody(tx, &self.clock, self.office.id).await?)
    }

    /// Does of what [`Self::settle_office`] asked for as much as a person waits for: of a small office all of it.
    pub(super) async fn catch_up(&self) {
        let office = self.office.id;
        if let Err(error) = ledger::catch_up(&self.db, &self.clock, office, &self.holidays, PAGES_WAITED_FOR).await {
            // What the person wanted is done; the daemon's next look does the rest.
            tracing::warn!(error = &error as &dyn std::error::Error, "notices wait for the next look at the ledger");
        }
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
