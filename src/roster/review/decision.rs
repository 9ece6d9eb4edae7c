//! What a person decides of a roster's proposals. It is checked again against what is there then, and whom it changed is
//! kept as they were, so that undoing the import takes it back, too.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::history;
use crate::clock::Clock;
use crate::db::{DbError, Tx, run_all};
use crate::place::PlaceId;
use crate::roster::ids::ImportId;
use crate::roster::import::proposal::{Kind, LockedProposals, Proposal, ProposalId, Standing};
use crate::roster::parse::line::{Sheets, Spot};
use crate::student::{self, LockedStudent, Rewritten, Source, Student, StudentError, StudentId};
use crate::{execute, fetch_all, fetch_among, fetch_optional, insert_many};

/// Writes down what a person decided of those of an import's proposals that are `chosen` and open, in their order; accepted ones
/// are carried out if they still hold.
///
/// Returns the students whom the decisions concern.
///
/// # Errors
/// If the database fails.
pub async fn decide(
    tx: &mut Tx,
    clock: &Clock,
    locked: &LockedProposals,
    chosen: &[ProposalId],
    accepted: bool,
    by: &str,
) -> Result<BTreeSet<StudentId>, StudentError> {
    let chosen: HashSet<&ProposalId> = chosen.iter().collect();
    let open = locked.iter().filter(|one| one.state == Standing::Open && chosen.contains(&one.id));
    let proposals: Vec<&Proposal> = open.collect();
    let mut concerned: BTreeSet<StudentId> = proposals.iter().map(|one| one.student_id).collect();
    if !accepted {
        note(tx, clock, proposals.iter().map(|one| one.id).collect(), Standing::Rejected, by).await?;
        return Ok(concerned);
    }
    let mut facts = Facts::read(tx, locked.import(), &proposals).await?;
    let (mut carried_out, mut out_of_date) = (Vec::new(), Vec::new());
    for proposal in proposals {
        // Who holds the NIK is asked before it is taken from them.
        concerned.extend(facts.holder(proposal).filter(|_| proposal.kind == Kind::IdentityConflict).map(|one| one.id));
        if facts.carry_out(proposal) { carried_out.push(proposal.id) } else { out_of_date.push(proposal.id) }
    }
    facts.write(tx, clock).await?;
    note(tx, clock, carried_out, Standing::Accepted, by).await?;
    note(tx, clock, out_of_date, Standing::OutOfDate, by).await?;
    Ok(concerned)
}

/// Notes how proposals stand from now on.
async fn note(
    tx: &mut Tx,
    clock: &Clock,
    proposals: Vec<ProposalId>,
    standing: Standing,
    by: &str,
) -> Result<(), DbError> {
    fetch_among!(
        tx,
        (ProposalId,),
        "UPDATE roster_proposal SET state = ",
        [(standing, ", decided_by = "), (by, ", decided_at = "), (clock.now(), " WHERE id")],
        proposals,
        " RETURNING id"
    )
    .map(drop)
}

/// What accepted proposals rest on, and what becomes of it. Each is held against what those before it came to, as if each were
/// decided by itself; the database is read before the first and written after the last, so that a thousand take a few
/// statements.
struct Facts {
    /// Everyone concerned, locked.
    locked: HashMap<StudentId, LockedStudent>,
    /// The same as they are after the proposals so far.
    students: HashMap<StudentId, Student>,
    /// Whom each proposal's student has become by merging.
    kept: HashMap<StudentId, StudentId>,
    /// Who holds a NIK that is proposed, by its index.
    holders: HashMap<Vec<u8>, StudentId>,
    sheets: Sheets,
    /// The place whose list the import was, if it was one place's.
    listed_at: Option<PlaceId>,
    /// By which proposal somebody came to other facts: before and after.
    steps: Vec<(ProposalId, Student, Student)>,
    /// Whose NIK was taken or replaced.
    without_nik: BTreeSet<StudentId>,
    changed: BTreeSet<StudentId>,
}

impl Facts {
    async fn read(tx: &mut Tx, import: ImportId, proposals: &[&Proposal]) -> Result<Self, DbError> {
        let ids: Vec<StudentId> = proposals.iter().map(|one| one.student_id).collect();
        let niks: Vec<&[u8]> = proposals.iter().filter_map(|one| one.new_nik_index.as_deref()).collect();
        let kept = student::all_kept(&mut *tx, &ids).await?;
        let mut concerned: Vec<StudentId> = kept.values().map(|one| one.id).collect();
        concerned.extend(student::with_niks(&mut *tx, &niks).await?.iter().map(|one| one.id));
        let locked = student::lock(&mut *tx, &concerned).await?;
        let sheets = history::sheets(&mut *tx, import).await?;
        let sql = "SELECT place_id FROM roster_import WHERE id = $1";
        let place = fetch_optional!(tx, (Option<PlaceId>,), sql, import)?;
        let students: HashMap<StudentId, Student> = locked.iter().map(|one| (one.id, (**one).clone())).collect();
        let holders = students.values().filter_map(|one| Some((one.nik_index.clone()?, one.id))).collect();
        Ok(Self {
            locked: locked.into_iter().map(|one| (one.id, one)).collect(),
            students,
            kept: kept.into_iter().map(|(id, student)| (id, student.id)).collect(),
            holders,
            sheets,
            listed_at: place.and_then(|row| row.0),
            steps: Vec::new(),
            without_nik: BTreeSet::new(),
            changed: BTreeSet::new(),
        })
    }

    /// Who else holds the proposed NIK now.
    fn holder(&self, proposal: &Proposal) -> Option<&Student> {
        let id = self.holders.get(proposal.new_nik_index.as_ref()?)?;
        self.students.get(id).filter(|holder| self.kept.get(&proposal.student_id) != Some(&holder.id))
    }

    /// Does what is proposed; false if what it rests on is no longer so.
    fn carry_out(&mut self, proposal: &Proposal) -> bool {
        let kept = self.kept.get(&proposal.student_id);
        let before = kept.and_then(|id| self.students.get(id)).filter(|one| one.merged_into.is_none());
        let Some(before) = before.cloned() else { return false };
        let holder = self.holder(proposal).cloned();
        let is_free = holder.is_none() && before.nik_index != proposal.new_nik_index;
        let Some((mut after, field)) = decided(proposal, &before, is_free, self.listed_at) else { return false };
        let mut sources = student::Sources::of(&after);
        let Spot { row, sheet } = self.sheets.spot(proposal.row_number);
        sources.set(field, Source::Import { import: proposal.import_id.0, sheet, row });
        after.sources = sources.text();
        // Taken before it is given, as undoing takes both back from the last one on.
        if let Some(holder) = holder {
            let without = Student { nik_sealed: None, nik_index: None, ..holder.clone() };
            self.step(proposal.id, holder, without);
        }
        self.changed.insert(after.id);
        self.step(proposal.id, before, after);
        true
    }

    fn step(&mut self, proposal: ProposalId, before: Student, after: Student) {
        if before.nik_index != after.nik_index {
            self.without_nik.insert(after.id);
            if let Some(index) = &before.nik_index {
                self.holders.remove(index);
            }
            self.holders.extend(after.nik_index.clone().map(|index| (index, after.id)));
        }
        self.students.insert(after.id, after.clone());
        self.steps.push((proposal, before, after));
    }

    async fn write(self, tx: &mut Tx, clock: &Clock) -> Result<(), DbError> {
        // All NIKs that change hands are let go before the first is given: of two that change places, either order of writing
        // them would for a moment give one NIK to two.
        let without_nik: Vec<&LockedStudent> = self.without_nik.iter().filter_map(|id| self.locked.get(id)).collect();
        student::let_go_of_niks(&mut *tx, &without_nik).await?;
        let becomes = |id: &StudentId| Some(self.locked.get(id)?.with(self.students.get(id)?.clone()));
        let changed: Vec<Rewritten> = self.changed.iter().filter_map(becomes).collect();
        student::save_all(&mut *tx, clock.now(), &changed).await?;
        let statements = insert_many!(
            tx.engine(),
            "INSERT INTO roster_decision (proposal_id, student_id, before_facts, after_hash) ",
            self.steps,
            |one| [one.0, one.1.id, student::snapshot(&one.1), student::fingerprint(&one.2)],
            ""
        );
        run_all(tx, statements).await
    }
}

/// The student's facts after the proposal, and which of them it is about; nothing if it no longer fits what is there.
fn decided(
    proposal: &Proposal,
    before: &Student,
    is_nik_free: bool,
    listed_at: Option<PlaceId>,
) -> Option<(Student, &'static str)> {
    let mut after = before.clone();
    match proposal.kind {
        Kind::LeftSchool => {
            let has_moved = listed_at.is_some_and(|place| before.place_id != Some(place));
            if has_moved || before.left_school || before.closed_reason.is_some() {
                return None;
            }
            after.left_school = true;
            Some((after, "left_school"))
        }
        Kind::BirthDate => {
            after.birth_date =
                proposal.new_birth_date.filter(|_| proposal.old_birth_date == Some(before.birth_date))?;
            Some((after, "birth_date"))
        }
        Kind::Name => {
            after.name = proposal.new_name.clone().filter(|_| proposal.old_name.as_ref() == Some(&before.name))?;
            Some((after, "name"))
        }
        Kind::Nik | Kind::IdentityConflict => {
            // Somebody else got this NIK meanwhile: that is another question than the one that was answered.
            let is_free = is_nik_free || proposal.kind == Kind::IdentityConflict;
            // Of two whose NIKs changed places, the other's question was answered first and took this one's.
            let was_taken = before.nik_index.is_none() && proposal.kind == Kind::IdentityConflict;
            let is_as_asked = before.nik_index == proposal.old_nik_index || was_taken;
            if !is_as_asked || !is_free || proposal.new_nik_index.is_none() {
                return None;
            }
            after.nik_sealed.clone_from(&proposal.new_nik_sealed);
            after.nik_index.clone_from(&proposal.new_nik_index);
            Some((after, "nik"))
        }
    }
}

/// What a decision did to one student.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Step {
    /// The proposal's row; 0 for whoever is not in the sheet.
    pub row_number: i32,
    pub student_id: StudentId,
    before_facts: String,
    after_hash: Vec<u8>,
    /// The first later import that still stands and names the student.
    pub named_by: Option<ImportId>,
}

/// What the decisions about an import's proposals did.
pub(super) async fn steps(tx: &mut Tx, import: ImportId) -> Result<Vec<Step>, DbError> {
    fetch_all!(
        tx,
        Step,
        "SELECT p.row_number, d.student_id, d.before_facts, d.after_hash,
             (SELECT j.id FROM roster_change c JOIN roster_import j ON j.id = c.import_id
              WHERE c.student_id = d.student_id AND j.sequence > i.sequence AND j.undone_at IS NULL
              ORDER BY j.sequence LIMIT 1) AS named_by
         FROM roster_decision d JOIN roster_proposal p ON p.id = d.proposal_id JOIN roster_import i ON i.id = p.import_id
         WHERE p.import_id = $1 ORDER BY p.row_number, d.proposal_id",
        import,
    )
}

/// Facts that were kept as text, if this version can read them.
pub(super) fn stored_facts(text: &str) -> Option<Student> {
    serde_json::from_str(text).ok()
}

/// A student's facts before the decisions, which are taken back from the last one on; nothing if somebody changed the facts
/// between or after them.
pub(super) fn unwound(now: &Student, steps: &[&Step]) -> Option<Student> {
    let mut facts = now.clone();
    let mut left: Vec<&Step> = steps.to_vec();
    while !left.is_empty() {
        let found = student::fingerprint(&facts);
        let last = left.iter().position(|step| step.after_hash == found)?;
        facts = stored_facts(&left.swap_remove(last).before_facts)?;
    }
    Some(facts)
}

/// Forgets what the decisions about an import's proposals did.
pub(super) async fn forget(tx: &mut Tx, import: ImportId) -> Result<(), DbError> {
    execute!(
        tx,
        "DELETE FROM roster_decision WHERE proposal_id IN (SELECT id FROM roster_proposal WHERE import_id = $1)",
        import,
    )?;
    Ok(())
}
