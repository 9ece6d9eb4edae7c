//! Lists about cards at the desk: students whose cards were printed or put out. Each is read before anything is locked, and
//! written with a few statements, however long it is.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use super::context::{Desk, Done};
use super::refusal::CardRefusal;
use crate::audit;
use crate::card::{self, CardError, MovementKind, Problem, Reference, ReferenceRow};
use crate::db::Tx;
use crate::office::PrintPolicy;
use crate::roster::import::matching::is_same_name;
use crate::staff::Right;
use crate::student::{self, LockedStudent, Student, StudentId};

/// What became of a list of students.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ListReport {
    pub done: usize,
    pub unchanged: usize,
    pub problems: Vec<Problem>,
}

/// Students named in a file or one by one.
#[derive(Debug, Clone)]
pub enum Named {
    File(Vec<u8>),
    /// IDs, NISN or names.
    Each(Vec<String>),
}

/// Students as a list names them, read.
enum Wanted {
    Each(Vec<String>),
    Rows(Vec<ReferenceRow>),
}

impl Desk {
    /// Writes down that cards were printed; each takes a blank from the stock at `at` (or the first point).
    pub async fn printed(&self, named: Named, at: Option<&str>) -> Done<ListReport> {
        self.require(Right::Cards)?;
        let point = self.point(at)?;
        let wanted = Wanted::read(named)?;
        let today = self.today();
        let mut tx = self.db.write().await?;
        let (students, mut report) = self.find_wanted(&mut tx, wanted).await?;
        let leap_day = self.office.policies().leap_day;
        for student in &students {
            // A wrong row would have a student told at 17 to collect a card that nobody printed.
            let birthday = student.birthday_17(leap_day);
            if today < birthday && !student.ever_married {
                let message = format!(
                    "{}: 17 only on {birthday}, before which no card is due; written down, but look whether another student is meant",
                    student.name
                );
                report.problems.push(Problem { row: 0, cell: None, code: "not_17_yet", message });
            }
        }
        let ids: Vec<StudentId> = students.iter().map(|student| student.id).collect();
        let locked = student::lock(&mut tx, &ids).await?;
        // After the students, as everybody locks.
        card::lock_stock(&mut tx, point).await?;
        let printed = card::print(&mut tx, &self.clock, &locked.iter().collect::<Vec<_>>(), today).await?;
        report.done = printed.len();
        report.unchanged = students.len() - printed.len();
        if report.done > 0 {
            let (kind, amount) = (MovementKind::Printed, -i64::try_from(report.done).unwrap_or(i64::MAX));
            card::move_blanks(&mut tx, &self.clock, self.office.id, point, kind, amount, today, &self.actor).await?;
            let left = card::stock(&mut tx, self.office.id).await?.at(point);
            if self.office.policies().print == PrintPolicy::OnArrival && left <= 0 && left - amount > 0 {
                // The last blank is gone: nobody else is to come for a card that is printed on arrival.
                self.settle_office(&mut tx).await?;
            }
            if left < 0 {
                let message = format!(
                    "the books now say {left} blanks where these were printed; count them with `siap17 card stock count`"
                );
                report.problems.push(Problem { row: 0, cell: None, code: "stock", message });
            }
        }
        self.finish_list(tx, "card.printed", &ids, &printed).await?;
        self.catch_up().await;
        Ok(report)
    }

    /// Puts printed cards out at a pickup point, or moves them there.
    pub async fn ready(&self, named: Named, at: &str) -> Done<ListReport> {
        self.require(Right::Cards)?;
        let point = self.point(Some(at))?;
        let wanted = Wanted::read(named)?;
        let mut tx = self.db.write().await?;
        let (students, mut report) = self.find_wanted(&mut tx, wanted).await?;
        let ids: Vec<StudentId> = students.iter().map(|student| student.id).collect();
        let locked: HashMap<StudentId, LockedStudent> =
            student::lock(&mut tx, &ids).await?.into_iter().map(|student| (student.id, student)).collect();
        let cards = card::live_cards(&mut tx, &ids).await?;
        let mut waiting: Vec<&LockedStudent> = Vec::new();
        for student in &students {
            let problem = match cards.get(&student.id).map(card::handed) {
                None => ("not_printed", "no card was printed yet; say `siap17 card printed` first".to_owned()),
                Some(Some(handed)) => ("already_collected", CardError::AlreadyCollected(handed).to_string()),
                Some(None) => {
                    waiting.extend(locked.get(&student.id));
                    continue;
                }
            };
            let (code, why) = problem;
            report.problems.push(Problem { row: 0, cell: None, code, message: format!("{}: {why}", student.name) });
        }
        let moved = card::put_out(&mut tx, &waiting, point, self.today()).await?;
        report.done = moved.len();
        report.unchanged = waiting.len() - moved.len();
        self.finish_list(tx, "card.ready", &ids, &moved).await?;
        Ok(report)
    }

    /// Writes an entry for each student of a list whose card changed, settles their notices, and commits.
    async fn finish_list(
        &self,
        mut tx: Tx,
        action: &str,
        listed: &[StudentId],
        changed: &HashSet<StudentId>,
    ) -> Done<()> {
        let mut seen = HashSet::new();
        let touched: Vec<StudentId> =
            listed.iter().copied().filter(|id| changed.contains(id) && seen.insert(*id)).collect();
        let subjects: Vec<String> = touched.iter().map(|id| format!("student:{id}")).collect();
        let office = Some(self.office.id.0);
        audit::record_each(&mut tx, &self.clock, office, &self.actor, action, &subjects).await?;
        self.settle_all(&mut tx, &touched).await?;
        Ok(tx.commit().await?)
    }

    /// Finds the students of a list; whoever cannot be found is a problem of the report, and stops nobody else.
    async fn find_wanted(&self, tx: &mut Tx, wanted: Wanted) -> Done<(Vec<Student>, ListReport)> {
        let mut report = ListReport::default();
        let mut students: Vec<Student> = Vec::new();
        let rows = match wanted {
            Wanted::Each(texts) => {
                for text in texts {
                    students.push(self.find_by_code(tx, &text).await?);
                }
                return Ok((students, report));
            }
            Wanted::Rows(rows) => rows,
        };
        let found = self.find_referenced(tx, &rows).await?;
        for (row, found) in rows.into_iter().zip(found) {
            match meant(row, found) {
                Ok(student) => students.push(student),
                Err(problem) => report.problems.push(problem),
            }
        }
        Ok((students, report))
    }

    /// Whom each number of each row means, if that is exactly one student.
    async fn find_referenced(&self, tx: &mut Tx, rows: &[ReferenceRow]) -> Done<Vec<Vec<Option<Student>>>> {
        let office = self.office.id;
        let (mut ids, mut niks, mut nisns) = (Vec::new(), Vec::new(), Vec::new());
        for (reference, _) in rows.iter().filter_map(|row| row.by.as_ref().ok()).flatten() {
            match reference {
                Reference::Id(id) => ids.push(*id),
                Reference::Nik(nik) => niks.push(student::nik_index(&self.vault, office, nik)),
                Reference::Nisn(nisn) => nisns.push(nisn.as_str()),
            }
        }
        let by_id = student::all_kept(tx, &ids).await?;
        let indexes: Vec<&[u8]> = niks.iter().map(Vec::as_slice).collect();
        let by_nik: HashMap<Vec<u8>, Student> = student::with_niks(tx, &indexes)
            .await?
            .into_iter()
            .filter_map(|student| Some((student.nik_index.clone()?, student)))
            .collect();
        let mut by_nisn: HashMap<String, Vec<Student>> = HashMap::new();
        for student in student::with_nisns(tx, office, &nisns).await? {
            if let Some(nisn) = student.nisn.clone() {
                by_nisn.entry(nisn).or_default().push(student);
            }
        }
        let mut niks = niks.into_iter();
        let mut find = |reference: &Reference| match reference {
            Reference::Id(id) => by_id.get(id).filter(|student| student.office_id == office).cloned(),
            Reference::Nik(_) => niks.next().and_then(|nik| by_nik.get(&nik).cloned()),
            Reference::Nisn(nisn) => {
                let same = by_nisn.get(nisn).map(Vec::as_slice).unwrap_or_default();
                student::only_one(same).cloned()
            }
        };
        let of_row = |row: &ReferenceRow| row.by.iter().flatten().map(|(reference, _)| find(reference)).collect();
        Ok(rows.iter().map(of_row).collect())
    }
}

/// The student whom a row means: the one of its first number, if nothing else on the row is somebody else's. A list of which only
/// one column was sorted is nobody's card.
fn meant(row: ReferenceRow, found: Vec<Option<Student>>) -> Result<Student, Problem> {
    let ReferenceRow { row, by, name } = row;
    let by = by?;
    let mut found = found.into_iter();
    let problem = |cell: Option<String>, code, message| Problem { row, cell, code, message };
    let Some(student) = found.next().flatten() else {
        let message = format!("row {row}: no student of the office has this number");
        return Err(problem(by.first().map(|(_, cell)| cell.clone()), "student_unknown", message));
    };
    let another = |cell: &str| {
        let message = format!(
            "{cell}: the row is that of {} by its first number, and this is somebody else's; perhaps only some columns were \
             sorted. The row is not taken: put right what stands there, and read the list again",
            student.name
        );
        problem(Some(cell.to_owned()), "another_student", message)
    };
    for ((_, cell), other) in by.iter().skip(1).zip(found) {
        if other.is_some_and(|other| other.id != student.id) {
            return Err(another(cell));
        }
    }
    match name {
        Some(name) if !is_same_name(&name.text, &student.name) => Err(another(&name.cell)),
        _ => Ok(student),
    }
}

impl Wanted {
    fn read(named: Named) -> Done<Self> {
        Ok(match named {
            Named::Each(texts) => Self::Each(texts),
            Named::File(bytes) => Self::Rows(card::read_references(&bytes).map_err(CardRefusal::Unreadable)?),
        })
    }
}
