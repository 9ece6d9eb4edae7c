//! What every errand at the desk has and ends with: who asks, for which office, with what right; the audit entry; the notices
//! brought up to date.

use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDate;

use super::refusal::{
    AccountRefusal, CardRefusal, ComplaintRefusal, FeedRefusal, LinkRefusal, NoticeRefusal, OfficeRefusal,
    OrderRefusal, PlaceRefusal, PlanRefusal, RecordRefusal, Refusal, RosterRefusal, SessionRefusal, StudentRefusal,
    VisitRefusal, WordsRefusal,
};
use crate::audit::{self, Actor, Deed, aside};
use crate::calendar::Holidays;
use crate::card::CardError;
use crate::clock::Clock;
use crate::coded;
use crate::db::{Db, DbError, Tx};
use crate::kept_file::OwnFile;
use crate::link::LinkError;
use crate::messages::Messages;
use crate::notice::ledger;
use crate::office::{self, Office, OfficeError};
use crate::place::{self, Place, PlaceError, PlaceId};
use crate::staff::{self, Right, Role};
use crate::student::{StudentError, StudentId};
use crate::vault::{Vault, VaultError};
use crate::visit::open::Obstacle;
use crate::words::{self, TextFault};

/// Longest reason, name or remark of staff, in characters.
const LONGEST_WORDS: usize = 500;
/// What the record calls a look at a NIK.
pub(super) const NIK_SEEN: &str = "nik.seen";
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
    pub(super) own_files: Arc<[OwnFile]>,
    pub(super) office: Office,
    pub(super) actor: Actor,
    /// The actor as the record names them; of an account that a command named, with whose process it was.
    pub(super) recorded_as: String,
    /// The account's role; `None` for siap17 itself and for whoever sits at the machine that holds key and database.
    pub(super) role: Option<Role>,
}

coded! {
    /// Why the desk did not do what it was asked. Nothing was changed then.
    pub enum DeskError {
        "not_allowed" => #[error("the role {} may not do this; ask an admin of the office", .role.word())]
            NotAllowed { role: Role },
    } wrapping {
        "office" => Office(OfficeError),
        "place" => Place(PlaceError),
        "link" => Link(LinkError),
        "key" => Vault(VaultError),
        "database" => Db(DbError),
    } of {
        Refused(Refusal),
        Student(StudentError),
        Card(CardError),
    }
}

/// Makes a refusal of one thing a refusal of the desk.
macro_rules! refused_by {
    ($( $refusal:ty ),* $(,)?) => {
        $(
            impl From<$refusal> for DeskError {
                fn from(refusal: $refusal) -> Self {
                    Self::Refused(refusal.into())
                }
            }
        )*
    };
}

refused_by![
    AccountRefusal,
    CardRefusal,
    ComplaintRefusal,
    FeedRefusal,
    LinkRefusal,
    NoticeRefusal,
    Obstacle,
    OfficeRefusal,
    OrderRefusal,
    PlaceRefusal,
    PlanRefusal,
    RecordRefusal,
    RosterRefusal,
    SessionRefusal,
    StudentRefusal,
    VisitRefusal,
    WordsRefusal,
];

/// Who only looks waits no longer for whoever writes.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);

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
        own.map(Some).ok_or_else(|| AccountRefusal::NoPlace.into())
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

    /// The files of this siap17 that nothing is written over.
    #[must_use]
    pub fn own_files(&self) -> &[OwnFile] {
        &self.own_files
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
        audit::record(tx, &self.vault, &self.clock, &self.deed(action, subject, detail)).await
    }

    /// Writes an audit entry of the same action for each of several students, so that each can be asked about: of a look at many
    /// NIKs each is somebody's.
    pub(super) async fn audit_students(
        &self,
        tx: &mut Tx,
        action: &str,
        students: &[StudentId],
        detail: &str,
    ) -> Result<(), DbError> {
        let subjects: Vec<String> = students.iter().map(|id| format!("student:{id}")).collect();
        audit::record_each(tx, &self.vault, &self.clock, &self.deed(action, "", detail), &subjects).await
    }

    fn deed<'a>(&'a self, action: &'a str, subject: &'a str, detail: &'a str) -> Deed<'a> {
        Deed { office: Some(self.office.id.0), actor: &self.recorded_as, action, subject, detail }
    }

    /// Writes the audit entry of a look, which was at what one moment showed; nobody waited for it. Nothing is shown whose look
    /// is not written down: while somebody else writes in the file for long, it is kept beside it, where the next sealer finds it.
    pub(super) async fn audit_look(&self, action: &str, subject: &str, detail: &str) -> Done<()> {
        if let Some(mut tx) = self.db.write_within(PATIENCE).await? {
            self.audit(&mut tx, action, subject, detail).await?;
            return Ok(tx.commit().await?);
        }
        let kept = (&self.db, &self.vault, &self.clock);
        if !aside::put(kept, &self.deed(action, subject, detail))? {
            return Err(DbError::Interrupted.into());
        }
        Ok(())
    }

    /// Writes down a look at NIKs at `subject` (a visit, an import, a list): of each student whose NIK was shown there is an entry, so
    /// that it can be told who has seen a child's NIK, and one more says how many they were.
    pub(super) async fn audit_niks(
        &self,
        tx: &mut Tx,
        subject: &str,
        students: &[StudentId],
        what: &str,
    ) -> Result<(), DbError> {
        let detail = format!("{what}; the NIK of {} students", students.len());
        self.audit(tx, NIK_SEEN, subject, &detail).await?;
        self.audit_students(tx, NIK_SEEN, students, &format!("{what} of {subject}")).await
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

/// Refuses words that are not kept: too long, not all of them to be seen, or with something like a NIK in them. They are kept in
/// clear, and some are sent (invariant 8).
pub(super) fn plain_words(what: &str, text: &str) -> Done<()> {
    match words::one_line(text, LONGEST_WORDS) {
        Ok(()) => Ok(()),
        Err(TextFault::HoldsNik) => Err(WordsRefusal::HoldsNik { what: what.to_owned() }.into()),
        Err(fault) => Err(WordsRefusal::NotKept { what: what.to_owned(), fault }.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::DeskError;

    #[test]
    fn every_code_for_programs_stands_in_the_list_and_stays() {
        let codes: BTreeSet<&str> = DeskError::codes().into_iter().collect();
        let known: BTreeSet<&str> = include_str!("../../tests/data/codes.txt").lines().collect();
        assert_eq!(
            codes, known,
            "tests/data/codes.txt lists what programs may rely on: codes are added to it, never taken away"
        );
    }
}
