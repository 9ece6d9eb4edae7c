//! What a roster proposes and a person decides: another NIK, birth date or name for somebody known, a NIK that somebody else
//! holds, a student no longer listed.

use std::collections::{HashMap, HashSet};
use std::ops::Deref;

use chrono::NaiveDate;
use serde::Serialize;

use super::matching::Claim;
use super::record::LockedImport;
use crate::clock::Clock;
use crate::db::{DbError, Tx, run_all};
use crate::nik::Nik;
use crate::office::OfficeId;
use crate::roster::ids::ImportId;
use crate::student::{self, StudentError, StudentId, name_key};
use crate::vault::{Purpose, Vault};
use crate::{execute, fetch_all, fetch_among, fetch_locked, id_type, insert_many};

id_type!(
    /// One proposal of a roster.
    ProposalId
);

/// What is proposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Another NIK than the one on record.
    Nik,
    BirthDate,
    /// Quite another name than the one on record.
    Name,
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
    pub old_name: String,
    pub nik: Option<Nik>,
    pub nik_index: Option<Vec<u8>>,
    pub birth_date: Option<NaiveDate>,
    pub name: Option<String>,
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
    pub old_name: Option<String>,
    pub new_name: Option<String>,
    pub state: Standing,
    pub decided_by: Option<String>,
}

/// Notes proposals, but none that waits already or that a person has rejected before.
///
/// Returns how many are new.
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
    let mut known: HashMap<StudentId, Vec<Proposal>> = HashMap::new();
    for one in of_students(tx, &students).await? {
        known.entry(one.student_id).or_default().push(one);
    }
    let mut new = Vec::new();
    for one in proposed {
        let kind = match one.claim {
            Claim::Nik => Kind::Nik,
            Claim::BirthDate => Kind::BirthDate,
            Claim::Name => Kind::Name,
            Claim::HeldNik => Kind::IdentityConflict,
        };
        let is_same = |other: &Proposal| {
            other.kind == kind
                && other.new_nik_index == one.nik_index
                && other.new_birth_date == one.birth_date
                && other.new_name.as_deref().map(name_key) == one.name.as_deref().map(name_key)
                && matches!(other.state, Standing::Open | Standing::Rejected)
        };
        if known.get(&one.student).is_some_and(|known| known.iter().any(is_same)) {
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
            old_name: Some(one.old_name.clone()),
            new_name: one.name.clone(),
            state: Standing::Open,
            decided_by: None,
        });
    }
    write(tx, &new).await?;
    Ok(new.len())
}

/// Proposes that students have left their school, unless that waits already.
///
/// Returns how many are new.
pub(super) async fn propose_leaving(
    tx: &mut Tx,
    clock: &Clock,
    import: ImportId,
    students: &[StudentId],
) -> Result<usize, DbError> {
    let known = of_students(tx, students).await?;
    let open = known.into_iter().filter(|one| one.kind == Kind::LeftSchool && one.state == Standing::Open);
    let waiting: HashSet<StudentId> = open.map(|one| one.student_id).collect();
    let new: Vec<Proposal> = students
        .iter()
        .filter(|id| !waiting.contains(id))
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
            old_name: None,
            new_name: None,
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
             new_nik_sealed, new_nik_index, new_birth_date, old_name, new_name, state) ",
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
            &one.old_name,
            &one.new_name,
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

/// What an import proposed, locked with the students that it is about, so that it can be decided.
#[derive(Debug)]
pub struct LockedProposals {
    import: LockedImport,
    proposals: Vec<Proposal>,
}

impl LockedProposals {
    /// The import that proposed them.
    #[must_use]
    pub fn import(&self) -> ImportId {
        self.import.id()
    }
}

impl Deref for LockedProposals {
    type Target = [Proposal];

    fn deref(&self) -> &[Proposal] {
        &self.proposals
    }
}

/// Locks the students whom an import's proposals would change, then the proposals, and only then reads those.
pub async fn lock(tx: &mut Tx, import: LockedImport) -> Result<LockedProposals, DbError> {
    let asked = of_import(tx, import.id()).await?;
    let niks: Vec<&[u8]> = asked.iter().filter_map(|one| one.new_nik_index.as_deref()).collect();
    let mut students: Vec<StudentId> = asked.iter().map(|one| one.student_id).collect();
    students.extend(student::with_niks(tx, &niks).await?.iter().map(|holder| holder.id));
    // A list that is being imported may answer some of them: it has the students first, too.
    student::lock(tx, &students).await?;
    let sql = "SELECT * FROM roster_proposal WHERE import_id = $1 ORDER BY id";
    let mut proposals = fetch_locked!(tx, Proposal, sql, import.id())?;
    proposals.sort_by_key(|one| (one.row_number == 0, one.row_number, one.id));
    Ok(LockedProposals { import, proposals })
}

/// The questions that nobody has decided yet.
#[derive(Debug, Default)]
pub(super) struct Asked(HashSet<(StudentId, Kind)>);

impl Asked {
    pub(super) fn has(&self, student: StudentId, kind: Kind) -> bool {
        self.0.contains(&(student, kind))
    }
}

/// What is asked in the office.
pub(super) async fn asked(tx: &mut Tx, office: OfficeId) -> Result<Asked, DbError> {
    let rows = fetch_all!(
        tx,
        (StudentId, Kind),
        "SELECT p.student_id, p.kind FROM roster_proposal p JOIN roster_import i ON i.id = p.import_id
         WHERE i.office_id = $1 AND p.state = $2",
        office,
        Standing::Open,
    )?;
    Ok(Asked(rows.into_iter().collect()))
}

/// A newer list answers what was asked: it names them again, or has what is on record. So it is no question any more, unless
/// the list is undone.
pub(super) async fn answer(
    tx: &mut Tx,
    clock: &Clock,
    import: ImportId,
    answered: &[(StudentId, Kind)],
) -> Result<(), DbError> {
    let mut students: HashMap<Kind, Vec<StudentId>> = HashMap::new();
    for (student, kind) in answered {
        students.entry(*kind).or_default().push(*student);
    }
    for (kind, students) in students {
        fetch_among!(
            &mut *tx,
            (ProposalId,),
            "UPDATE roster_proposal SET state = ",
            [
                (Standing::OutOfDate, ", decided_by = "),
                (decider(import), ", decided_at = "),
                (clock.now(), " WHERE state = "),
                (Standing::Open, " AND kind = "),
                (kind, " AND import_id <> "),
                (import, " AND student_id")
            ],
            students,
            " RETURNING id"
        )?;
    }
    Ok(())
}

/// By what a question that an import answered is known.
fn decider(import: ImportId) -> String {
    format!("import:{import}")
}

/// Takes back what an undone import proposed, with what was accepted of it, and asks again what it had answered. What was
/// rejected stays so.
pub(in crate::roster) async fn withdraw(tx: &mut Tx, import: ImportId) -> Result<(), DbError> {
    for state in [Standing::Open, Standing::Accepted] {
        execute!(
            &mut *tx,
            "UPDATE roster_proposal SET state = $2, new_nik_sealed = NULL, new_nik_index = NULL, new_birth_date = NULL,
                 new_name = NULL
             WHERE import_id = $1 AND state = $3",
            import,
            Standing::OutOfDate,
            state,
        )?;
    }
    execute!(
        tx,
        "UPDATE roster_proposal SET state = $2, decided_by = NULL, decided_at = NULL WHERE decided_by = $1 AND state = $3",
        decider(import),
        Standing::Open,
        Standing::OutOfDate,
    )?;
    Ok(())
}
