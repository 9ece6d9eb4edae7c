//! Putting an import back: what other rooms built on it is looked at first.

use std::collections::HashMap;

use serde::Serialize;
use uuid::Uuid;

use crate::card;
use crate::db::Tx;
use crate::desk::context::{Desk, DeskError, Done};
use crate::desk::refusal::RosterRefusal;
use crate::link;
use crate::notice::{NoticeId, list};
use crate::office;
use crate::roster::ids::ImportId;
use crate::roster::review::undo::{self, Obstacle, Touched, UndoError, Why};
use crate::staff::Right;
use crate::student::{self, StudentId};
use crate::visit::schedule;

/// What an undo did, or what kept it from being done.
#[derive(Debug, Clone, Serialize)]
pub struct Undone {
    pub import: ImportId,
    pub undone: bool,
    /// Students whose facts are as before.
    pub restored: usize,
    /// Students who came with the import and are gone.
    pub removed: usize,
    /// What stands on the import; then nothing was changed.
    pub standing: Vec<Obstacle>,
    /// Notices about removed students that are out already.
    pub sent: Vec<Sent>,
}

/// A notice that is out.
#[derive(Debug, Clone, Serialize)]
pub struct Sent {
    pub notice: NoticeId,
    pub student: StudentId,
    pub kind: &'static str,
}

impl From<UndoError> for DeskError {
    fn from(error: UndoError) -> Self {
        match error {
            UndoError::Student(error) => error.into(),
            UndoError::Db(error) => error.into(),
            UndoError::Unknown(id) => RosterRefusal::Unknown(id).into(),
            UndoError::Undone(_) => RosterRefusal::Undone(error).into(),
            UndoError::NotApplied(_) => RosterRefusal::NotApplied(error).into(),
        }
    }
}

impl Desk {
    /// Puts an import back: the facts of everyone are as before it, whoever came with it is gone but for the ID. If something
    /// stands on it, nothing is changed and the answer lists what.
    pub async fn undo_roster(&self, import: ImportId) -> Done<Undone> {
        self.require(Right::Rosters)?;
        let mut tx = self.db.write().await?;
        tx.widen().await?;
        if self.own_place(&mut tx).await?.is_some() {
            return Err(RosterRefusal::UndoIsTheOffices.into());
        }
        // Whoever came with it may stand on a list that is being planned.
        office::lock_office(&mut tx, self.office.id).await?;
        let (locked, touched) = undo::touched(&mut tx, self.office.id, import).await?;
        let added: Vec<StudentId> = touched.iter().filter(|one| one.is_new()).map(|one| one.student.id).collect();
        let removed = added.len();
        let mut undone = Undone {
            import,
            undone: false,
            restored: touched.len() - removed,
            removed,
            standing: standing(&mut tx, &touched, &added).await?,
            sent: Vec::new(),
        };
        if !undone.standing.is_empty() {
            return Ok(undone);
        }
        undo::put_back(&mut tx, &self.clock, &self.vault, locked, &touched, self.today()).await?;
        schedule::take_off_proposed(&mut tx, &added).await?;
        undone.sent = self.sent(&mut tx, &added).await?;
        let detail = format!("{} restored, {} removed", undone.restored, undone.removed);
        self.audit(&mut tx, "roster.undo", &format!("import:{import}"), &detail).await?;
        let students: Vec<StudentId> = touched.iter().map(|one| one.student.id).collect();
        self.settle_all(&mut tx, &students).await?;
        tx.commit().await?;
        undone.undone = true;
        // The names are gone; what the log holds of them goes, too. If a reader keeps it from that, the nightly clean-up does it.
        if let Err(error) = self.db.empty_log().await {
            tracing::warn!(error = &error as &dyn std::error::Error, "the database's log is emptied later");
        }
        Ok(undone)
    }

    /// What is out already of the notices to students who came with the import.
    async fn sent(&self, tx: &mut Tx, added: &[StudentId]) -> Done<Vec<Sent>> {
        let mut of_student: HashMap<StudentId, Vec<Sent>> = HashMap::new();
        for (notice, student, kind) in list::out_to(tx, self.office.id, added).await? {
            of_student.entry(student).or_default().push(Sent { notice, student, kind: kind.name() });
        }
        Ok(added.iter().filter_map(|id| of_student.remove(id)).flatten().collect())
    }
}

/// What stands on the import, in the file's order. An office waits for the write lock meanwhile, so that it is looked up for
/// all `added` at once.
async fn standing(tx: &mut Tx, touched: &[Touched], added: &[StudentId]) -> Done<Vec<Obstacle>> {
    let uuids: Vec<Uuid> = added.iter().map(|id| id.0).collect();
    let with_card = card::holders_among(tx, added).await?;
    let on_visit = schedule::on_settled(tx, added).await?;
    let with_chat = link::linked_among(tx, &uuids).await?;
    let ids: Vec<StudentId> = touched.iter().map(|one| one.student.id).collect();
    let merged = student::merged_among(tx, &ids).await?;
    let why = |one: &Touched| match one.standing() {
        // Undoing would leave somebody who is a student without facts, or nobody.
        Some(Why::Changed) if merged.contains(&one.student.id) => Some(Why::Merged),
        None if one.is_new() && merged.contains(&one.student.id) => Some(Why::Merged),
        Some(why) => Some(why),
        None if with_card.contains(&one.student.id) => Some(Why::Card),
        None if on_visit.contains(&one.student.id) => Some(Why::Visit),
        None if with_chat.contains(&one.student.id.0) => Some(Why::Chat),
        None => None,
    };
    let obstacle = |one: &Touched| {
        let why = why(one)?;
        let import = one.later_import().filter(|_| why == Why::LaterImport);
        Some(Obstacle { spot: one.spot.clone(), student: one.student.id, why, import })
    };
    Ok(touched.iter().filter_map(obstacle).collect())
}
