//! Lists about cards at the desk: a sheet of national statuses, students whose cards were printed or put out. Each is read before
//! anything is locked, and written with a few statements, however long it is.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;
use serde::Serialize;

use super::context::{Desk, Done};
use super::refusal::CardRefusal;
use crate::card::{
    self, Card, CardError, MovementKind, NationalRecord, NationalStatus, Problem, Reference, ReferenceRow, StatusRow,
    Written,
};
use crate::db::Tx;
use crate::office::PrintPolicy;
use crate::staff::Right;
use crate::student::{self, ClosedReason, LockedStudent, Recorded, Student, StudentId};

/// What a status sheet did.
#[derive(Debug, Clone, Default, Serialize)]
pub struct StatusReport {
    pub rows: usize,
    pub changed: usize,
    pub unchanged: usize,
    /// A newer status was known.
    pub older: usize,
    /// Rows whose NIK no student of the office has; the sheet's row numbers.
    pub unknown: Vec<u32>,
    /// Students by the status that was written.
    pub by_status: BTreeMap<&'static str, usize>,
    pub problems: Vec<Problem>,
}

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

/// What a status sheet says of the students of the office, followed row by row before anything is written.
struct Followed {
    locked: HashMap<StudentId, LockedStudent>,
    /// As they will be; by the blind index of their NIK.
    students: HashMap<Vec<u8>, Student>,
    records: HashMap<StudentId, NationalRecord>,
    cards: HashMap<StudentId, Card>,
    written: BTreeSet<StudentId>,
    recorded: BTreeMap<StudentId, Recorded>,
    closed: BTreeMap<StudentId, NaiveDate>,
    touched: Vec<StudentId>,
}

impl Desk {
    /// Takes a sheet of NIK and national status.
    pub async fn take_status(&self, bytes: &[u8]) -> Done<StatusReport> {
        self.require(Right::Cards)?;
        let sheet = card::read_status(bytes).map_err(CardRefusal::Unreadable)?;
        let mut report = StatusReport {
            rows: sheet.rows.len() + sheet.problems.len(),
            problems: sheet.problems,
            ..StatusReport::default()
        };
        let rows = usable(sheet.rows, self.today(), &mut report.problems);
        let niks: Vec<Vec<u8>> =
            rows.iter().map(|row| student::nik_index(&self.vault, self.office.id, &row.nik)).collect();
        let mut tx = self.db.write().await?;
        let mut followed = Followed::read(&mut tx, &niks).await?;
        for (row, nik) in rows.iter().zip(&niks) {
            followed.follow(row, nik, row.as_of.unwrap_or(self.today()), &mut report);
        }
        self.write_followed(&mut tx, &followed).await?;
        let detail = format!("{} changed, {} unknown", report.changed, report.unknown.len());
        self.audit(&mut tx, "card.status", "sheet", &detail).await?;
        self.settle_all(&mut tx, &followed.touched).await?;
        tx.commit().await?;
        Ok(report)
    }

    async fn write_followed(&self, tx: &mut Tx, followed: &Followed) -> Done<()> {
        let of = |id: &StudentId| followed.locked.get(id);
        let written = followed.written.iter().filter_map(|id| Some((of(id)?, followed.records.get(id)?.clone())));
        card::write_records(tx, &written.collect::<Vec<_>>()).await?;
        for state in [Recorded::Yes, Recorded::No] {
            let of_state = followed.recorded.iter().filter(|(_, recorded)| **recorded == state);
            let students: Vec<&LockedStudent> = of_state.filter_map(|(id, _)| of(id)).collect();
            // When exactly is not known here, so no recording is named and nobody is thanked for one.
            student::set_recorded_all(tx, &self.clock, &students, state).await?;
        }
        let mut by_day: BTreeMap<NaiveDate, Vec<&LockedStudent>> = BTreeMap::new();
        for (id, day) in &followed.closed {
            by_day.entry(*day).or_default().extend(of(id));
        }
        for (day, students) in by_day {
            student::close_all(tx, &self.clock, &students, ClosedReason::HasCard, day).await?;
        }
        Ok(())
    }

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
                report.problems.push(Problem { row: 0, code: "not_17_yet", message });
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
                report.problems.push(Problem { row: 0, code: "stock", message });
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
            report.problems.push(Problem { row: 0, code, message: format!("{}: {why}", student.name) });
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
        self.audit_students(&mut tx, action, &touched, "").await?;
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
        for ((row, reference), student) in rows.into_iter().zip(found) {
            match (reference, student) {
                (Err(problem), _) => report.problems.push(problem),
                (Ok(_), Some(student)) => students.push(student),
                (Ok(_), None) => report.problems.push(Problem {
                    row,
                    code: "student_unknown",
                    message: format!("row {row}: no student of the office has this number"),
                }),
            }
        }
        Ok((students, report))
    }

    /// The student whom each row of a list names, if there is exactly one.
    async fn find_referenced(&self, tx: &mut Tx, rows: &[ReferenceRow]) -> Done<Vec<Option<Student>>> {
        let office = self.office.id;
        let (mut ids, mut niks, mut nisns) = (Vec::new(), Vec::new(), Vec::new());
        for (_, reference) in rows {
            match reference {
                Ok(Reference::Id(id)) => ids.push(*id),
                Ok(Reference::Nik(nik)) => niks.push(student::nik_index(&self.vault, office, nik)),
                Ok(Reference::Nisn(nisn)) => nisns.push(nisn.as_str()),
                Err(_) => {}
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
        let found = rows.iter().map(|(_, reference)| match reference {
            Err(_) => None,
            Ok(Reference::Id(id)) => by_id.get(id).filter(|student| student.office_id == office).cloned(),
            Ok(Reference::Nik(_)) => niks.next().and_then(|nik| by_nik.get(&nik).cloned()),
            Ok(Reference::Nisn(nisn)) => {
                let same = by_nisn.get(nisn).map(Vec::as_slice).unwrap_or_default();
                student::only_one(same).cloned()
            }
        });
        Ok(found.collect())
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

/// The rows of a status sheet that are taken: what contradicts itself or is not here yet is a problem.
fn usable(rows: Vec<StatusRow>, today: NaiveDate, problems: &mut Vec<Problem>) -> Vec<StatusRow> {
    let mut said: HashMap<(String, NaiveDate), (u32, NationalStatus)> = HashMap::new();
    let mut contradicting = HashSet::new();
    for row in &rows {
        let key = (row.nik.digits().to_owned(), row.as_of.unwrap_or(today));
        let first = *said.entry(key).or_insert((row.row, row.status));
        if first.1 != row.status {
            contradicting.extend([first.0, row.row]);
        }
    }
    let mut taken = Vec::with_capacity(rows.len());
    for row in rows {
        let as_of = row.as_of.unwrap_or(today);
        if contradicting.contains(&row.row) {
            let message = format!(
                "row {}: the NIK stands on several rows with different statuses, of which none was taken; leave the right one",
                row.row
            );
            problems.push(Problem { row: row.row, code: "status_twice", message });
        } else if as_of > today {
            let message = format!("row {}: the status is dated {as_of}, which is not here yet", row.row);
            problems.push(Problem { row: row.row, code: "date_future", message });
        } else {
            taken.push(row);
        }
    }
    taken
}

impl Followed {
    async fn read(tx: &mut Tx, niks: &[Vec<u8>]) -> Done<Self> {
        let indexes: Vec<&[u8]> = niks.iter().map(Vec::as_slice).collect();
        let ids: Vec<StudentId> = student::with_niks(tx, &indexes).await?.iter().map(|student| student.id).collect();
        let locked = student::lock(tx, &ids).await?;
        let by_nik = |student: &LockedStudent| Some((student.nik_index.clone()?, (**student).clone()));
        let students = locked.iter().filter_map(by_nik).collect();
        Ok(Self {
            locked: locked.into_iter().map(|student| (student.id, student)).collect(),
            students,
            records: card::records(tx, &ids).await?,
            cards: card::live_cards(tx, &ids).await?,
            written: BTreeSet::new(),
            recorded: BTreeMap::new(),
            closed: BTreeMap::new(),
            touched: Vec::new(),
        })
    }

    /// Takes one row, as if it were the only one: what an earlier row changed counts.
    fn follow(&mut self, row: &StatusRow, nik: &[u8], as_of: NaiveDate, report: &mut StatusReport) {
        let Some(student) = self.students.get_mut(nik) else {
            report.unknown.push(row.row);
            return;
        };
        let (id, status) = (student.id, row.status);
        let (written, record) = card::judge(self.records.get(&id), id, status, as_of, student.recorded_on);
        if let Some(record) = record {
            self.records.insert(id, record);
            self.written.insert(id);
        }
        match written {
            Written::Unchanged => report.unchanged += 1,
            Written::Older => report.older += 1,
            Written::Changed => {
                report.changed += 1;
                *report.by_status.entry(status.word()).or_default() += 1;
                if let Some(recorded) = recorded_by(status, student.recorded) {
                    student.recorded = recorded;
                    student.recorded_on = None;
                    self.recorded.insert(id, recorded);
                }
                let is_open = student.closed_reason.is_none() && !self.cards.contains_key(&id);
                if status == NationalStatus::CardIssued && is_open {
                    student.closed_reason = Some(ClosedReason::HasCard);
                    self.closed.insert(id, as_of);
                }
                self.touched.push(id);
            }
        }
    }
}

/// What a new national status says about whether a student is recorded, if anything.
fn recorded_by(status: NationalStatus, known: Recorded) -> Option<Recorded> {
    if status.means_recorded() && known != Recorded::Yes {
        Some(Recorded::Yes)
    } else if status.needs_new_recording() || (status == NationalStatus::Unregistered && known == Recorded::Unknown) {
        Some(Recorded::No)
    } else {
        None
    }
}
