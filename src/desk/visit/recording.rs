//! What one row of a visit's list does: a result, an answer to the digital ID, a NIK from the family card.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::db::Tx;
use crate::desk::context::{Desk, Done};
use crate::nik::Nik;
use crate::student::{self, Recorded, StudentId};
use crate::visit::record::{self, Line};
use crate::visit::schedule::LockedVisit;
use crate::visit::sheet::{Filled, Problem};
use crate::visit::{DayResult, Ikd, VisitId, VisitState};

/// What reading a sheet back did (`visit record --json`).
#[derive(Debug, Clone, Serialize)]
pub struct Recording {
    pub visit: VisitId,
    pub state: VisitState,
    /// Students' rows in the sheet.
    pub rows: usize,
    /// Results, notes and answers to the digital ID that were new.
    pub written: usize,
    pub unchanged: usize,
    /// Rows without a result.
    pub blank: usize,
    /// People who were written down without standing on the list.
    pub walk_ins: usize,
    /// NIKs taken over from family cards.
    pub niks: usize,
    /// Results of the whole list by now.
    pub results: BTreeMap<&'static str, usize>,
    /// Students on the list without a result; the next plan takes them up.
    pub open: i64,
    pub problems: Vec<Problem>,
}

impl Desk {
    /// Takes one row for one student of the list; what contradicts an earlier result is reported and left.
    pub(super) async fn take_row(
        &self,
        tx: &mut Tx,
        visit: &LockedVisit,
        line: &Line,
        filled: &Filled,
        report: &mut Recording,
    ) -> Done<()> {
        let row = filled.row;
        match (filled.result, line.result) {
            (None, _) => report.blank += 1,
            (Some(new), Some(old)) if new != old && !line.presumed => {
                let cell = format!("{}{row}", filled.columns.result);
                let message = format!(
                    "{cell}: {} is written down as {}, the list says {}; if the list is right, correct it with \
                     `siap17 visit record {} --student {} --result {}`",
                    line.name,
                    old.word(),
                    new.word(),
                    visit.id,
                    line.student_id,
                    new.word()
                );
                report.problems.push(Problem { row, cell: Some(cell), code: "result_conflict", message });
            }
            (Some(new), old) => {
                // A note is only ever added, so that an older copy of the list cannot take a newer one back.
                let note = filled.note.as_deref().filter(|_| line.reason.is_none());
                if old != Some(new) || note.is_some() {
                    self.write_result(tx, visit, line, new, note.or(line.reason.as_deref())).await?;
                    report.written += 1;
                } else {
                    report.unchanged += 1;
                }
            }
        }
        self.take_ikd(tx, visit, line, filled, report).await?;
        if let Some(nik) = &filled.nik {
            match self.take_nik(tx, line, nik).await? {
                Taken::New => {
                    report.niks += 1;
                    if !nik.agrees_with_birth(line.birth_date) {
                        let cell = format!("{}{row}", filled.columns.nik);
                        let message = format!(
                            "{cell}: the NIK is taken, but its date is not the student's birth date; compare both with the \
                             family card (KK)"
                        );
                        report.problems.push(Problem { row, cell: Some(cell), code: "nik_date_differs", message });
                    }
                }
                Taken::Known => {}
                Taken::Not(code, why) => {
                    let cell = format!("{}{row}", filled.columns.nik);
                    let message = format!("{cell}: the NIK is not taken: {why}");
                    report.problems.push(Problem { row, cell: Some(cell), code, message });
                }
            }
        }
        Ok(())
    }

    /// Takes what a student said to the digital ID. Between active and refused a person decides; an older copy that still says
    /// "offered" takes nothing back.
    async fn take_ikd(
        &self,
        tx: &mut Tx,
        visit: &LockedVisit,
        line: &Line,
        filled: &Filled,
        report: &mut Recording,
    ) -> Done<()> {
        let Some(new) = filled.ikd else { return Ok(()) };
        match line.ikd {
            Some(old) if old == new || new == Ikd::Offered => {}
            Some(old) if old != Ikd::Offered => {
                let (row, cell) = (filled.row, format!("{}{}", filled.columns.ikd, filled.row));
                let message = format!(
                    "{cell}: the digital ID of {} is written down as {}, the list says {}; correct it with `siap17 visit \
                     record … --ikd`",
                    line.name,
                    old.word(),
                    new.word()
                );
                report.problems.push(Problem { row, cell: Some(cell), code: "ikd_conflict", message });
            }
            _ => {
                record::set_ikd(tx, visit, line.student_id, new).await?;
                report.written += 1;
            }
        }
        Ok(())
    }

    /// Takes a NIK read from a family card, if ours is missing and nobody else has it.
    async fn take_nik(&self, tx: &mut Tx, line: &Line, nik: &Nik) -> Done<Taken> {
        let id = person(line);
        let Some(student) = student::lock_one(tx, id).await? else { return Ok(Taken::Known) };
        if let Some(index) = &student.nik_index {
            let same = *index == student::nik_index(&self.vault, self.office.id, nik);
            let why = "another one is known; if that one is wrong, correct it with `siap17 student set`";
            return Ok(if same { Taken::Known } else { Taken::Not("nik_known", why) });
        }
        if student::by_nik(tx, &self.vault, self.office.id, nik).await?.is_some() {
            let why =
                "another student has it; find both with `siap17 student find` and merge them if they are one person";
            return Ok(Taken::Not("nik_taken", why));
        }
        let mut particulars = student::particulars(&self.vault, &student)?;
        particulars.nik = Some(nik.clone());
        student::write_particulars(tx, &self.clock, &self.vault, &student, &particulars).await?;
        Ok(Taken::New)
    }

    /// Writes a result with what follows from it for the student.
    pub(super) async fn write_result(
        &self,
        tx: &mut Tx,
        visit: &LockedVisit,
        line: &Line,
        result: DayResult,
        reason: Option<&str>,
    ) -> Done<()> {
        record::set_result(tx, &self.clock, visit, line.student_id, result, reason).await?;
        let id = person(line);
        let Some(student) = student::lock_one(tx, id).await? else { return Ok(()) };
        let recorded_here = student.recorded == Recorded::Yes && student.recorded_on == Some(visit.visit_on);
        if result == DayResult::Recorded && student.recorded != Recorded::Yes {
            let recording = Some(self.clock.new_uuid());
            let on = Some(visit.visit_on);
            student::set_recorded(tx, &self.clock, &student, Recorded::Yes, on, recording).await?;
        } else if line.result == Some(DayResult::Recorded) && result != DayResult::Recorded && recorded_here {
            student::set_recorded(tx, &self.clock, &student, Recorded::No, None, None).await?;
        }
        Ok(())
    }

    /// Counts the results of the whole list.
    pub(super) async fn tally(&self, tx: &mut Tx, report: &mut Recording) -> Done<()> {
        for line in record::lines(tx, report.visit).await? {
            match line.result {
                Some(result) => *report.results.entry(result.word()).or_default() += 1,
                None => report.open += 1,
            }
        }
        Ok(())
    }
}

/// What became of a NIK from a sheet.
enum Taken {
    New,
    Known,
    Not(&'static str, &'static str),
}

/// Who a line is about today: a merged student is the one who was kept.
pub(super) fn person(line: &Line) -> StudentId {
    line.merged_into.unwrap_or(line.student_id)
}
