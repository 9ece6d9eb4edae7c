//! What a person decides of a roster's proposals. It is checked again against what is there then, and whom it changed is
//! kept as they were, so that undoing the import takes it back, too.

use chrono::{DateTime, Utc};

use super::history;
use crate::clock::Clock;
use crate::db::{DbError, Tx, run_all};
use crate::place::PlaceId;
use crate::roster::ids::ImportId;
use crate::roster::import::proposal::{Kind, Proposal, Standing};
use crate::roster::parse::line::Spot;
use crate::student::{self, Source, Student, StudentError, StudentId};
use crate::{execute, fetch_all, fetch_optional, insert_many};

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
        true if carry_out(tx, clock.now(), proposal).await? => Standing::Accepted,
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
async fn carry_out(tx: &mut Tx, now: DateTime<Utc>, proposal: &Proposal) -> Result<bool, StudentError> {
    let Some(before) = student::kept(tx, proposal.student_id).await? else { return Ok(false) };
    let holders = match &proposal.new_nik_index {
        Some(index) => student::with_niks(tx, &[index.as_slice()]).await?,
        None => Vec::new(),
    };
    let place = fetch_optional!(
        &mut *tx,
        (Option<PlaceId>,),
        "SELECT place_id FROM roster_import WHERE id = $1",
        proposal.import_id,
    )?;
    let Some((mut after, field)) = decided(proposal, &before, &holders, place.and_then(|row| row.0)) else {
        return Ok(false);
    };
    let mut sources = student::Sources::of(&after);
    let Spot { row, sheet } = history::sheets(&mut *tx, proposal.import_id).await?.spot(proposal.row_number);
    sources.set(field, Source::Import { import: proposal.import_id.0, sheet, row });
    after.sources = sources.text();
    let mut changed = vec![(before, after.clone())];
    for holder in holders {
        student::let_go_of_nik(tx, holder.id).await?;
        let without = Student { nik_sealed: None, nik_index: None, ..holder.clone() };
        changed.push((holder, without));
    }
    student::save_all(tx, now, &[after]).await?;
    keep(tx, proposal, &changed).await?;
    Ok(true)
}

/// The student's facts after the proposal, and which of them it is about; nothing if it no longer fits what is there.
fn decided(
    proposal: &Proposal,
    before: &Student,
    holders: &[Student],
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
            let is_free = holders.is_empty() || proposal.kind == Kind::IdentityConflict;
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

/// Keeps whom a decision changed, as they were before and as what they came to.
async fn keep(tx: &mut Tx, proposal: &Proposal, changed: &[(Student, Student)]) -> Result<(), DbError> {
    let statements = insert_many!(
        tx.engine(),
        "INSERT INTO roster_decision (proposal_id, student_id, before_facts, after_hash) ",
        changed,
        |one| [proposal.id, one.0.id, student::snapshot(&one.0), student::fingerprint(&one.1)],
        ""
    );
    run_all(tx, statements).await
}

/// What a decision did to one student.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Step {
    /// The proposal's row; 0 for whoever is not in the sheet.
    pub row_number: i32,
    pub student_id: StudentId,
    before_facts: String,
    after_hash: Vec<u8>,
    /// A later import that still stands names the student.
    pub is_named_elsewhere: bool,
}

/// What the decisions about an import's proposals did.
pub(super) async fn steps(tx: &mut Tx, import: ImportId) -> Result<Vec<Step>, DbError> {
    fetch_all!(
        tx,
        Step,
        "SELECT p.row_number, d.student_id, d.before_facts, d.after_hash,
             EXISTS (SELECT 1 FROM roster_change c JOIN roster_import j ON j.id = c.import_id
                     WHERE c.student_id = d.student_id AND j.id > p.import_id AND j.undone_at IS NULL)
                 AS is_named_elsewhere
         FROM roster_decision d JOIN roster_proposal p ON p.id = d.proposal_id
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
