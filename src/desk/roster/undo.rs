//! Putting an import back: what other rooms built on it is looked at first.

use serde::Serialize;

use crate::card;
use crate::db::Tx;
use crate::desk::context::{Desk, DeskError, Done};
use crate::link;
use crate::notice::list::{self, Filter};
use crate::notice::{NoticeId, State};
use crate::roster::import::ImportId;
use crate::roster::undo::{self, Standing, Touched, UndoError, Why};
use crate::staff::Right;
use crate::student::StudentId;
use crate::visit::schedule;

/// Students of an undone import whose sent notices are listed; a roster has some hundreds of rows.
const MOST_NOTICES: i64 = 100;

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
    pub standing: Vec<Standing>,
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
            UndoError::Unknown(_) => Self::refused("import_unknown", error.to_string()),
            UndoError::Undone(_) => Self::refused("undone", error.to_string()),
            UndoError::NotApplied(_) => Self::refused("not_applied", error.to_string()),
        }
    }
}

impl Desk {
    /// Puts an import back: the facts of everyone are as before it, whoever came with it is gone but for the ID. If something
    /// stands on it, nothing is changed and the answer lists what.
    pub async fn undo_roster(&self, import: ImportId) -> Done<Undone> {
        self.require(Right::Rosters)?;
        let mut tx = self.db.write().await?;
        if self.own_place(&mut tx).await?.is_some() {
            return Err(DeskError::refused("not_allowed", "an import is undone by the office; ask an officer there"));
        }
        let touched = undo::touched(&mut tx, self.office.id, import).await?;
        let removed = touched.iter().filter(|one| one.is_new()).count();
        let mut undone = Undone {
            import,
            undone: false,
            restored: touched.len() - removed,
            removed,
            standing: self.standing(&mut tx, &touched).await?,
            sent: Vec::new(),
        };
        if !undone.standing.is_empty() {
            return Ok(undone);
        }
        undo::put_back(&mut tx, &self.clock, &self.vault, import, &touched, self.today()).await?;
        for one in touched.iter().filter(|one| one.is_new()) {
            schedule::take_off_proposed(&mut tx, one.student.id).await?;
        }
        undone.sent = self.sent(&mut tx, &touched).await?;
        let detail = format!("{} restored, {} removed", undone.restored, undone.removed);
        self.audit(&mut tx, "roster.undo", &format!("import:{import}"), &detail).await?;
        let students: Vec<StudentId> = touched.iter().map(|one| one.student.id).collect();
        self.settle_many(&mut tx, &students).await?;
        tx.commit().await?;
        undone.undone = true;
        Ok(undone)
    }

    async fn standing(&self, tx: &mut Tx, touched: &[Touched]) -> Done<Vec<Standing>> {
        let mut standing = Vec::new();
        for one in touched {
            let id = one.student.id;
            let why = match one.standing() {
                Some(why) => Some(why),
                None if !one.is_new() => None,
                None if card::facts(tx, id).await?.card.is_some() => Some(Why::Card),
                None if schedule::is_on_settled(tx, id).await? => Some(Why::Visit),
                None if !link::chats_of(tx, id.0).await?.is_empty() => Some(Why::Chat),
                None => None,
            };
            standing.extend(why.map(|why| Standing { spot: one.spot.clone(), student: id, why }));
        }
        Ok(standing)
    }

    async fn sent(&self, tx: &mut Tx, touched: &[Touched]) -> Done<Vec<Sent>> {
        let mut sent = Vec::new();
        for one in touched.iter().filter(|one| one.is_new()) {
            let filter = Filter { student: Some(one.student.id), limit: MOST_NOTICES, ..Filter::default() };
            for listed in list::list(tx, self.office.id, &filter).await? {
                if matches!(listed.notice.state, State::Sent | State::Told | State::Uncertain) {
                    let kind = listed.notice.kind.name();
                    sent.push(Sent { notice: listed.notice.id, student: one.student.id, kind });
                }
            }
        }
        Ok(sent)
    }
}
