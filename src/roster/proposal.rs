//! What a roster proposes and a person decides: another NIK or birth date for somebody known, a NIK that somebody else holds,
//! a student no longer listed. When it is decided, it is checked again against what is there then.

use std::collections::HashSet;

use chrono::NaiveDate;
use serde::Serialize;

use super::changes::Claim;
use super::import::ImportId;
use crate::clock::Clock;
use crate::db::{DbError, Tx, run_all};
use crate::nik::Nik;
use crate::office::OfficeId;
use crate::place::PlaceId;
use crate::student::{self, Student, StudentError, StudentId};
use crate::vault::{Purpose, Vault};
use crate::{execute, fetch_all, fetch_among, fetch_optional, id_type, insert_many};

id_type!(
    /// One proposal of a roster.
    ProposalId
);

/// What is proposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Another NIK than the one on record.
    Nik,
    BirthDate,
    /// A NIK that somebody else holds: whoever accepts it takes it from them.
    IdentityConflict,
    /// The student is not in the new list.
    LeftSchool,
}

impl Kind {
    /// Whether whoever sent the roster may not decide it alone.
    #[must_use]
    pub fn needs_second_person(self) -> bool {
        self != Self::LeftSchool
    }
}

/// How a proposal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    Open,
    Accepted,
    Rejected,
    /// What it was about is no longer so.
    OutOfDate,
}

/// A proposal as it comes from a row.
pub(super) struct Proposed {
    pub row: i32,
    pub student: StudentId,
    pub claim: Claim,
    pub old_nik_index: Option<Vec<u8>>,
    pub old_birth_date: NaiveDate,
    pub nik: Option<Nik>,
    pub nik_index: Option<Vec<u8>>,
    pub birth_date: Option<NaiveDate>,
}

/// A stored proposal.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Proposal {
    pub id: ProposalId,
    pub import_id: ImportId,
    /// As the spreadsheet shows it; 0 for whoever is not in it.
    pub row_number: i32,
    pub student_id: StudentId,
    pub kind: Kind,
    pub old_nik_index: Option<Vec<u8>>,
    pub old_birth_date: Option<NaiveDate>,
    pub new_nik_sealed: Option<Vec<u8>>,
    pub new_nik_index: Option<Vec<u8>>,
    pub new_birth_date: Option<NaiveDate>,
    pub state: Standing,
    pub decided_by: Option<String>,
}

/// Notes proposals, but none that waits already or that a person has rejected before. Gives how many are new.
pub(super) async fn propose(
    tx: &mut Tx,
    vault: &Vault,
    clock: &Clock,
    import: ImportId,
    proposed: &[Proposed],
) -> Result<usize, StudentError> {
    if proposed.is_empty() {
        return Ok(0);
    }
    let students: Vec<StudentId> = proposed.iter().map(|one| one.student).collect();
    let known = of_students(tx, &students).await?;
    let mut new = Vec::new();
    for one in proposed {
        let kind = match one.claim {
            Claim::Nik => Kind::Nik,
            Claim::BirthDate => Kind::BirthDate,
            Claim::HeldNik => Kind::IdentityConflict,
        };
        let is_same = |other: &Proposal| {
            other.student_id == one.student
                && other.kind == kind
                && other.new_nik_index == one.nik_index
                && other.new_birth_date == one.birth_date
                && matches!(other.state, Standing::Open | Standing::Rejected)
        };
        if known.iter().any(is_same) {
            continue;
        }
        new.push(Proposal {
            id: ProposalId::new(clock),
            import_id: import,
            row_number: one.row,
            student_id: one.student,
            kind,
            old_nik_index: one.old_nik_index.clone(),
            old_birth_date: Some(one.old_birth_date),
            new_nik_sealed: one
                .nik
                .as_ref()
                .map(|nik| vault.seal(Purpose::Nik, nik.digits().as_bytes()))
                .transpose()?,
            new_nik_index: one.nik_index.clone(),
            new_birth_date: one.birth_date,
            state: Standing::Open,
            decided_by: None,
        });
    }
    write(tx, &new).await?;
    Ok(new.len())
}

/// Proposes that students have left their school, unless that waits already. Gives how many are new.
pub(super) async fn propose_leaving(
    tx: &mut Tx,
    clock: &Clock,
    import: ImportId,
    students: &[StudentId],
) -> Result<usize, DbError> {
    let known = of_students(tx, students).await?;
    let waits = |id: &StudentId| {
        known.iter().any(|one| one.student_id == *id && one.kind == Kind::LeftSchool && one.state == Standing::Open)
    };
    let new: Vec<Proposal> = students
        .iter()
        .filter(|id| !waits(id))
        .map(|id| Proposal {
            id: ProposalId::new(clock),
            import_id: import,
            row_number: 0,
            student_id: *id,
            kind: Kind::LeftSchool,
            old_nik_index: None,
            old_birth_date: None,
            new_nik_sealed: None,
            new_nik_index: None,
            new_birth_date: None,
            state: Standing::Open,
            decided_by: None,
        })
        .collect();
    write(tx, &new).await?;
    Ok(new.len())
}

async fn write(tx: &mut Tx, proposals: &[Proposal]) -> Result<(), DbError> {
    let statements = insert_many!(
        tx.engine(),
        "INSERT INTO roster_proposal (id, import_id, row_number, student_id, kind, old_nik_index, old_birth_date,
             new_nik_sealed, new_nik_index, new_birth_date, state) ",
        proposals,
        |one| [
            one.id,
            one.import_id,
            one.row_number,
            one.student_id,
            one.kind,
            &one.old_nik_index,
            one.old_birth_date,
            &one.new_nik_sealed,
            &one.new_nik_index,
            one.new_birth_date,
            one.state,
        ],
        ""
    );
    run_all(tx, statements).await
}

async fn of_students(tx: &mut Tx, students: &[StudentId]) -> Result<Vec<Proposal>, DbError> {
    fetch_among!(tx, Proposal, "SELECT * FROM roster_proposal WHERE student_id", [], students, "")
}

/// What an import proposed, in the sheet's order, those who are missing last.
pub async fn of_import(tx: &mut Tx, import: ImportId) -> Result<Vec<Proposal>, DbError> {
    fetch_all!(
        tx,
        Proposal,
        "SELECT * FROM roster_proposal WHERE import_id = $1 ORDER BY CASE WHEN row_number = 0 THEN 1 ELSE 0 END, row_number, id",
        import,
    )
}

/// Writes a decision down; an accepted proposal is carried out if it still holds. Gives how it stands then.
pub async fn decide(
    tx: &mut Tx,
    clock: &Clock,
    proposal: &Proposal,
    accepted: bool,
    by: &str,
) -> Result<Standing, StudentError> {
    let standing = match accepted {
        false => Standing::Rejected,
        true if carry_out(tx, clock, proposal).await? => Standing::Accepted,
        true => Standing::OutOfDate,
    };
    execute!(
        tx,
        "UPDATE roster_proposal SET state = $2, decided_by = $3, decided_at = $4 WHERE id = $1",
        proposal.id,
        standing,
        by,
        clock.now(),
    )?;
    Ok(standing)
}

/// Does what is proposed; false if what it rests on is no longer so.
async fn carry_out(tx: &mut Tx, clock: &Clock, proposal: &Proposal) -> Result<bool, StudentError> {
    let Some(mut student) = student::kept(tx, proposal.student_id).await? else { return Ok(false) };
    match proposal.kind {
        Kind::LeftSchool => {
            let listed_at = fetch_optional!(
                &mut *tx,
                (Option<PlaceId>,),
                "SELECT place_id FROM roster_import WHERE id = $1",
                proposal.import_id,
            )?;
            let has_moved = listed_at.and_then(|row| row.0).is_some_and(|place| student.place_id != Some(place));
            if has_moved || student.left_school || student.closed_reason.is_some() {
                return Ok(false);
            }
            student.left_school = true;
        }
        Kind::BirthDate => {
            let (Some(new), true) = (proposal.new_birth_date, proposal.old_birth_date == Some(student.birth_date))
            else {
                return Ok(false);
            };
            student.birth_date = new;
        }
        Kind::Nik | Kind::IdentityConflict => {
            let Some(index) = &proposal.new_nik_index else { return Ok(false) };
            if student.nik_index != proposal.old_nik_index {
                return Ok(false);
            }
            let holders: Vec<Student> = student::with_niks(tx, &[index.as_slice()]).await?;
            for holder in holders {
                // Somebody else got this NIK meanwhile: that is another question than the one that was answered.
                if proposal.kind == Kind::Nik {
                    return Ok(false);
                }
                student::let_go_of_nik(tx, holder.id).await?;
            }
            student.nik_sealed.clone_from(&proposal.new_nik_sealed);
            student.nik_index.clone_from(&proposal.new_nik_index);
        }
    }
    student::save_all(tx, clock.now(), &[student]).await?;
    Ok(true)
}

/// Whom a list did not name any more, and nobody has decided yet what that means.
pub(super) async fn said_missing(tx: &mut Tx, office: OfficeId) -> Result<HashSet<StudentId>, DbError> {
    let rows = fetch_all!(
        tx,
        (StudentId,),
        "SELECT p.student_id FROM roster_proposal p JOIN roster_import i ON i.id = p.import_id
         WHERE i.office_id = $1 AND p.kind = $2 AND p.state = $3",
        office,
        Kind::LeftSchool,
        Standing::Open,
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// A list names them again: that they are missing is no question any more, unless the list is undone.
pub(super) async fn found_again(
    tx: &mut Tx,
    clock: &Clock,
    import: ImportId,
    students: &[StudentId],
) -> Result<(), DbError> {
    for student in students {
        execute!(
            &mut *tx,
            "UPDATE roster_proposal SET state = $4, decided_by = $5, decided_at = $6
             WHERE student_id = $1 AND kind = $2 AND state = $3 AND import_id <> $7",
            student,
            Kind::LeftSchool,
            Standing::Open,
            Standing::OutOfDate,
            decider(import),
            clock.now(),
            import,
        )?;
    }
    Ok(())
}

/// By what a question that an import answered is known.
fn decider(import: ImportId) -> String {
    format!("import:{import}")
}

/// Takes back what an undone import proposed and nobody has decided, and asks again what it had answered.
pub(super) async fn withdraw(tx: &mut Tx, import: ImportId) -> Result<(), DbError> {
    execute!(
        &mut *tx,
        "UPDATE roster_proposal SET state = $2 WHERE import_id = $1 AND state = $3",
        import,
        Standing::OutOfDate,
        Standing::Open,
    )?;
    execute!(
        tx,
        "UPDATE roster_proposal SET state = $2, decided_by = NULL, decided_at = NULL WHERE decided_by = $1 AND state = $3",
        decider(import),
        Standing::Open,
        Standing::OutOfDate,
    )?;
    Ok(())
}
