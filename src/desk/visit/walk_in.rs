//! Who came to a visit without standing on its list.

use std::collections::HashSet;

use super::recording::{Recording, person};
use crate::db::Tx;
use crate::desk::context::{Desk, DeskError, Done};
use crate::desk::refusal::RecordRefusal;
use crate::roster::import::matching::is_same_name;
use crate::student::{self, Student, StudentId};
use crate::visit::record::{self, Line};
use crate::visit::schedule::LockedVisit;
use crate::visit::sheet::{Filled, Problem, Whom};

impl Desk {
    /// Puts somebody of the register on the list of a visit; gives the list with them. A closed case is refused.
    pub(super) async fn add_walk_in(&self, tx: &mut Tx, visit: &LockedVisit, student: &Student) -> Done<Vec<Line>> {
        if student.closed_reason.is_some() {
            return Err(RecordRefusal::Closed { name: student.name.clone() }.into());
        }
        record::add_walk_in(tx, visit, student.id).await?;
        Ok(record::lines(tx, visit.id).await?)
    }

    /// Takes the rows for people who are not on the list. Who is not in the register is reported, never invented.
    pub(super) async fn take_walk_ins(
        &self,
        tx: &mut Tx,
        visit: &LockedVisit,
        rows: &[Filled],
        report: &mut Recording,
    ) -> Done<()> {
        let mut seen: HashSet<StudentId> = HashSet::new();
        for filled in rows {
            let Whom::WalkIn { nisn } = &filled.whom else { continue };
            let row = filled.row;
            let found = match self.walked_in(tx, nisn.as_deref(), filled).await? {
                Ok(student) if filled.result.is_none() => {
                    Err(("walk_in_without_result", format!("there is no result for {}; choose one", student.name)))
                }
                Ok(student) if !seen.insert(student.id) => {
                    Err(("twice", "this student stands on an earlier row too; only that one is taken".to_owned()))
                }
                other => other,
            };
            let student = match found {
                Ok(student) => student,
                Err((code, why)) => {
                    report.problems.push(Problem { row, cell: None, code, message: format!("row {row}: {why}") });
                    continue;
                }
            };
            if filled.shown.name.as_ref().is_some_and(|name| !is_same_name(name, &student.name)) {
                let cell = format!("{}{row}", filled.columns.name);
                let message = format!(
                    "{cell}: the number on this row is {}'s, and the name is another; look at the family card (KK). The row is not \
                     taken",
                    student.name
                );
                report.problems.push(Problem { row, cell: Some(cell), code: "another_student", message });
                continue;
            }
            let of_student = |line: &&Line| person(line) == student.id;
            let mut lines = record::lines(tx, visit.id).await?;
            if !lines.iter().any(|line| of_student(&line)) {
                lines = match self.add_walk_in(tx, visit, &student).await {
                    Ok(lines) => lines,
                    Err(DeskError::Refused(refusal)) => {
                        let message = format!("row {row}: {refusal}");
                        report.problems.push(Problem { row, cell: None, code: refusal.code(), message });
                        continue;
                    }
                    Err(error) => return Err(error),
                };
                report.walk_ins += 1;
            }
            if let Some(line) = lines.iter().find(of_student) {
                self.take_row(tx, visit, line, filled, report).await?;
            }
        }
        Ok(())
    }

    /// Whom a row means, by NISN or NIK; otherwise a code and why not.
    async fn walked_in(
        &self,
        tx: &mut Tx,
        nisn: Option<&str>,
        filled: &Filled,
    ) -> Done<Result<Student, (&'static str, String)>> {
        let by_nik = match &filled.nik {
            Some(nik) => student::by_nik(tx, &self.vault, self.office.id, nik).await?,
            None => None,
        };
        let by_nisn = match nisn {
            Some(nisn) => student::by_nisn(tx, self.office.id, nisn).await?,
            None => Vec::new(),
        };
        let found = match (by_nik, &by_nisn[..]) {
            (Some(one), [other, ..]) if one.id != other.id => {
                let why = "NISN and NIK belong to two students; look at the family card (KK)";
                return Ok(Err(("walk_in_conflict", why.to_owned())));
            }
            (Some(one), _) => one,
            (None, [only]) => only.clone(),
            (None, [_, _, ..]) => {
                let why = "several students have this NISN; write the NIK from the family card (KK)";
                return Ok(Err(("walk_in_ambiguous", why.to_owned())));
            }
            (None, []) if nisn.is_none() && filled.nik.is_none() => {
                return Ok(Err(("walk_in_nameless", "write the NISN or the NIK of who came".to_owned())));
            }
            (None, []) => {
                let why = "nobody in the register has this NISN or NIK; add the student with `siap17 student add`, then \
                           read the list again";
                return Ok(Err(("walk_in_unknown", why.to_owned())));
            }
        };
        Ok(student::kept(tx, found.id)
            .await?
            .ok_or(("walk_in_unknown", "this student is erased; leave the row out".to_owned())))
    }
}
