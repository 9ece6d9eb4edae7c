//! Cards at the desk: the national status comes in, cards are printed, put out and handed over.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDate;
use serde::Serialize;

use super::context::{Desk, DeskError, Done, without_nik};
use crate::age;
use crate::card::{self, Card, Collected, Collection, MovementKind, NationalStatus, Problem, Reference, Written};
use crate::db::Tx;
use crate::link::{self, LinkRole};
use crate::office::{PointId, PrintPolicy};
use crate::staff::Right;
use crate::student::{self, ClosedReason, Recorded, Student, StudentId};
use crate::vault::Purpose;

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

/// One line of the print queue.
#[derive(Debug, Clone, Serialize)]
pub struct Queued {
    pub student: StudentId,
    pub name: String,
    pub nisn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nik: Option<String>,
    pub birthday_17: NaiveDate,
    pub print_ready_on: Option<NaiveDate>,
    /// First day on which the national system prints it.
    pub print_from: NaiveDate,
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

/// What changes the number of blanks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StockEntry {
    Receive(u32),
    Spoil(u32),
    /// So many were counted by hand.
    Count(u32),
}

impl Desk {
    /// Takes a sheet of NIK and national status.
    pub async fn take_status(&self, bytes: &[u8]) -> Done<StatusReport> {
        self.require(Right::Cards)?;
        let sheet = card::read_status(bytes).map_err(|error| DeskError::refused("unreadable", error.to_string()))?;
        let mut report = StatusReport {
            rows: sheet.rows.len() + sheet.problems.len(),
            problems: sheet.problems,
            ..StatusReport::default()
        };
        let today = self.today();
        let mut touched = Vec::new();
        let mut tx = self.db.write().await?;
        let mut said: HashMap<(String, NaiveDate), (u32, NationalStatus)> = HashMap::new();
        let mut contradicting = HashSet::new();
        for row in &sheet.rows {
            let key = (row.nik.digits().to_owned(), row.as_of.unwrap_or(today));
            let first = *said.entry(key).or_insert((row.row, row.status));
            if first.1 != row.status {
                contradicting.extend([first.0, row.row]);
            }
        }
        drop(said);
        for row in sheet.rows {
            let as_of = row.as_of.unwrap_or(today);
            if contradicting.contains(&row.row) {
                let message = format!(
                    "row {}: the NIK stands on several rows with different statuses, of which none was taken; leave the right one",
                    row.row
                );
                report.problems.push(Problem { row: row.row, code: "status_twice", message });
                continue;
            }
            if as_of > today {
                let message = format!("row {}: the status is dated {as_of}, which is not here yet", row.row);
                report.problems.push(Problem { row: row.row, code: "date_future", message });
                continue;
            }
            let Some(student) = student::by_nik(&mut tx, &self.vault, self.office.id, &row.nik).await? else {
                report.unknown.push(row.row);
                continue;
            };
            match card::write_status(&mut tx, student.id, row.status, as_of, student.recorded_on).await? {
                Written::Unchanged => report.unchanged += 1,
                Written::Older => report.older += 1,
                Written::Changed => {
                    report.changed += 1;
                    *report.by_status.entry(row.status.word()).or_default() += 1;
                    self.follow_status(&mut tx, &student, row.status, as_of).await?;
                    touched.push(student.id);
                }
            }
        }
        let detail = format!("{} changed, {} unknown", report.changed, report.unknown.len());
        self.audit(&mut tx, "card.status", "sheet", &detail).await?;
        self.settle_all(&mut tx, &touched).await?;
        tx.commit().await?;
        Ok(report)
    }

    /// What a national status says about the student.
    async fn follow_status(
        &self,
        tx: &mut Tx,
        student: &Student,
        status: NationalStatus,
        as_of: NaiveDate,
    ) -> Done<()> {
        if status.means_recorded() && student.recorded != Recorded::Yes {
            // When exactly is not known here, so no recording is named and nobody is thanked for one.
            student::set_recorded(tx, &self.clock, student.id, Recorded::Yes, None, None).await?;
        } else if status.needs_new_recording()
            || (status == NationalStatus::Unregistered && student.recorded == Recorded::Unknown)
        {
            student::set_recorded(tx, &self.clock, student.id, Recorded::No, None, None).await?;
        }
        if status == NationalStatus::CardIssued
            && student.closed_reason.is_none()
            && card::facts(tx, student.id).await?.card.is_none()
        {
            student::close(tx, &self.clock, student.id, ClosedReason::HasCard, as_of).await?;
        }
        Ok(())
    }

    /// Whose card can be printed and is not, earliest 17th birthday first; with NIK only for who prints, and written down.
    pub async fn print_queue(&self, with_nik: bool) -> Done<Vec<Queued>> {
        self.print_queue_page(with_nik, None, i64::MAX).await
    }

    /// The same, at most `limit` lines after that of the student `after`.
    pub async fn print_queue_page(&self, with_nik: bool, after: Option<StudentId>, limit: i64) -> Done<Vec<Queued>> {
        self.require(Right::Cards)?;
        let policies = self.office.policies();
        let mut tx = self.db.write().await?;
        let facts = card::facts_of_office(&mut tx, self.office.id).await?;
        let mut waiting = Vec::new();
        for student in student::all(&mut tx, self.office.id).await? {
            let Some(known) = facts.get(&student.id).filter(|known| known.awaits_printing()) else { continue };
            if student.closed_reason.is_some() {
                continue;
            }
            let at_17 = age::print_from(student.birth_date, policies.print_from_days_after_17, policies.leap_day);
            let print_from = if student.ever_married { self.today() } else { at_17 };
            waiting.push((print_from, known, student));
        }
        waiting.sort_by_key(|(print_from, _, student)| (*print_from, student.id));
        let first = waiting.iter().position(|(_, _, student)| Some(student.id) == after).map_or(0, |at| at + 1);
        let mut queue = Vec::new();
        for (print_from, known, student) in waiting.iter().skip(first).take(usize::try_from(limit).unwrap_or_default())
        {
            let nik = match (&student.nik_sealed, with_nik) {
                (Some(sealed), true) => Some(self.vault.open_text(Purpose::Nik, sealed)?.to_string()),
                _ => None,
            };
            queue.push(Queued {
                student: student.id,
                name: student.name.clone(),
                nisn: student.nisn.clone(),
                nik,
                birthday_17: student.birthday_17(policies.leap_day),
                print_ready_on: known.national.as_ref().and_then(|record| record.print_ready_on),
                print_from: *print_from,
            });
        }
        if with_nik {
            self.audit(&mut tx, "nik.seen", "print queue", &format!("{} students", queue.len())).await?;
            tx.commit().await?;
        }
        Ok(queue)
    }

    /// Writes down that cards were printed; each takes a blank from the stock at `at` (or the first point).
    pub async fn printed(&self, named: Named, at: Option<&str>) -> Done<ListReport> {
        self.require(Right::Cards)?;
        let point = self.point(at)?;
        let today = self.today();
        let mut tx = self.db.write().await?;
        let (students, mut report) = self.read_named(&mut tx, named).await?;
        let mut touched = Vec::new();
        let leap_day = self.office.policies().leap_day;
        for student in students {
            // A wrong row would have a student told at 17 to collect a card that nobody printed.
            let birthday = student.birthday_17(leap_day);
            if today < birthday && !student.ever_married {
                let message = format!(
                    "{}: 17 only on {birthday}, before which no card is due; written down, but look whether another student is meant",
                    student.name
                );
                report.problems.push(Problem { row: 0, code: "not_17_yet", message });
            }
            if card::print(&mut tx, &self.clock, student.id, today).await?.is_none() {
                report.unchanged += 1;
                continue;
            }
            let kind = MovementKind::Printed;
            card::move_blanks(&mut tx, &self.clock, self.office.id, point, kind, -1, today, &self.actor).await?;
            report.done += 1;
            touched.push(student.id);
        }
        let left = card::stock(&mut tx, self.office.id).await?.at(point);
        let taken = i64::try_from(report.done).unwrap_or(i64::MAX);
        if self.office.policies().print == PrintPolicy::OnArrival && left <= 0 && left + taken > 0 {
            // The last blank is gone: nobody else is to come for a card that is printed on arrival.
            self.settle_office(&mut tx).await?;
        }
        if report.done > 0 && left < 0 {
            let message = format!(
                "the books now say {left} blanks where these were printed; count them with `siap17 card stock count`"
            );
            report.problems.push(Problem { row: 0, code: "stock", message });
        }
        self.audit_each(&mut tx, "card.printed", &touched).await?;
        self.settle_all(&mut tx, &touched).await?;
        tx.commit().await?;
        self.catch_up().await;
        Ok(report)
    }

    /// Puts printed cards out at a pickup point, or moves them there.
    pub async fn ready(&self, named: Named, at: &str) -> Done<ListReport> {
        self.require(Right::Cards)?;
        let point = self.point(Some(at))?;
        let mut tx = self.db.write().await?;
        let (students, mut report) = self.read_named(&mut tx, named).await?;
        let mut touched = Vec::new();
        for student in students {
            let Some(card) = card::facts(&mut tx, student.id).await?.card else {
                let message = format!("{}: no card was printed yet; say `siap17 card printed` first", student.name);
                report.problems.push(Problem { row: 0, code: "not_printed", message });
                continue;
            };
            match card::put_out(&mut tx, &card, point, self.today()).await {
                Ok(true) => {
                    report.done += 1;
                    touched.push(student.id);
                }
                Ok(false) => report.unchanged += 1,
                Err(card::CardError::Db(error)) => return Err(error.into()),
                Err(error) => {
                    let message = format!("{}: {error}", student.name);
                    report.problems.push(Problem { row: 0, code: "already_collected", message });
                }
            }
        }
        self.audit_each(&mut tx, "card.ready", &touched).await?;
        self.settle_all(&mut tx, &touched).await?;
        tx.commit().await?;
        Ok(report)
    }

    /// Writes down blanks; gives the number at the point afterwards.
    pub async fn change_stock(&self, entry: StockEntry, at: &str) -> Done<i64> {
        self.require(Right::Cards)?;
        let point = self.point(Some(at))?;
        let mut tx = self.db.write().await?;
        let known = card::stock(&mut tx, self.office.id).await?.at(point);
        let (kind, amount) = match entry {
            StockEntry::Receive(count) => (MovementKind::Received, i64::from(count)),
            StockEntry::Spoil(count) => (MovementKind::Spoiled, -i64::from(count)),
            StockEntry::Count(count) => (MovementKind::Counted, i64::from(count) - known),
        };
        if known + amount < 0 {
            let message =
                format!("only {known} blanks are on the books at {at}; count them with `siap17 card stock count`");
            return Err(DeskError::refused("stock", message));
        }
        let today = self.today();
        card::move_blanks(&mut tx, &self.clock, self.office.id, point, kind, amount, today, &self.actor).await?;
        self.audit(&mut tx, "card.stock", &format!("point:{point}"), &format!("{entry:?}")).await?;
        // Where cards are printed on arrival, the first blank opens the counter for everybody.
        if self.office.policies().print == PrintPolicy::OnArrival {
            self.settle_office(&mut tx).await?;
        }
        tx.commit().await?;
        self.catch_up().await;
        Ok(known + amount)
    }

    /// Hands a card out, exactly once, to the holder or to `by`, who is `relation` to the holder.
    pub async fn collect(
        &self,
        code_or_student: &str,
        by: Option<String>,
        relation: &str,
    ) -> Done<(Student, Collected)> {
        let mut tx = self.db.write().await?;
        let student = self.find_by_code(&mut tx, code_or_student).await?;
        let collected = self.collect_in(&mut tx, student.id, by, relation).await?;
        tx.commit().await?;
        Ok((student, collected))
    }

    /// [`Desk::collect`] inside a transaction that does more.
    pub async fn collect_in(
        &self,
        tx: &mut Tx,
        student: StudentId,
        by: Option<String>,
        relation: &str,
    ) -> Done<Collected> {
        self.require(Right::HandOut)?;
        without_nik("the name of whoever came", by.as_deref().unwrap_or_default())?;
        without_nik("the relation", relation)?;
        if self.office.policies().print == PrintPolicy::OnArrival
            && let Some(card) = card::facts(tx, student).await?.card
            && card.ready_on.is_none()
        {
            // Printed while the person waits: it never lay anywhere.
            card::put_out(tx, &card, self.point(None)?, self.today()).await?;
        }
        let handed_by = self.actor.to_string();
        let collection = Collection { by, relation: relation.to_owned(), handed_by, on: self.today() };
        let collected = card::collect(tx, &self.clock, student, &collection).await?;
        self.audit(tx, "card.collect", &format!("student:{student}"), relation).await?;
        self.settle(tx, student).await?;
        Ok(collected)
    }

    /// The student's live card, for whoever stands at the counter; the look is written down.
    pub(crate) async fn look_at_card_in(&self, tx: &mut Tx, student: StudentId) -> Done<Option<Card>> {
        self.require(Right::HandOut)?;
        let card = card::facts(tx, student).await?.card;
        self.audit(tx, "card.seen", &format!("student:{student}"), "at the counter").await?;
        Ok(card)
    }

    /// Takes a handing-out back.
    pub async fn undo_collect(&self, text: &str, reason: &str) -> Done<Student> {
        self.require(Right::HandOut)?;
        without_nik("the reason", reason)?;
        let mut tx = self.db.write().await?;
        let student = student::resolve(&mut tx, &self.vault, self.office.id, text).await?;
        card::undo_collection(&mut tx, student.id).await?;
        self.audit(&mut tx, "card.collect_undo", &format!("student:{}", student.id), reason).await?;
        self.settle(&mut tx, student.id).await?;
        tx.commit().await?;
        Ok(student)
    }

    /// The student that a pickup code finds, or whom an ID, NISN or name means.
    pub async fn find_by_code(&self, tx: &mut Tx, text: &str) -> Done<Student> {
        if let Some(code) = link::find_code(tx, &self.vault, text, self.today()).await?
            && code.role == LinkRole::Pickup
            && code.office_id == self.office.id
            && let Some(student) = student::kept(tx, StudentId(code.subject_id)).await?
        {
            return Ok(student);
        }
        Ok(student::resolve(tx, &self.vault, self.office.id, text).await?)
    }

    fn point(&self, name: Option<&str>) -> Done<PointId> {
        match name {
            Some(name) => Ok(self.office.point_named(name)?.id),
            None => self
                .office
                .points
                .first()
                .map(|point| point.id)
                .ok_or_else(|| DeskError::refused("no_point", "the office declares no pickup point")),
        }
    }

    /// Finds the students of a list; whoever cannot be found is a problem of the report, and stops nobody else.
    async fn read_named(&self, tx: &mut Tx, named: Named) -> Done<(Vec<Student>, ListReport)> {
        let mut report = ListReport::default();
        let mut students: Vec<Student> = Vec::new();
        match named {
            Named::Each(texts) => {
                for text in texts {
                    students.push(self.find_by_code(tx, &text).await?);
                }
            }
            Named::File(bytes) => {
                let rows = card::read_references(&bytes)
                    .map_err(|error| DeskError::refused("unreadable", error.to_string()))?;
                for (row, reference) in rows {
                    let unknown = || Problem {
                        row,
                        code: "student_unknown",
                        message: format!("row {row}: no student of the office has this number"),
                    };
                    let found = match reference {
                        Err(problem) => Err(problem),
                        Ok(Reference::Id(id)) => {
                            let own = student::kept(tx, id).await?.filter(|one| one.office_id == self.office.id);
                            own.ok_or_else(unknown)
                        }
                        Ok(Reference::Nik(nik)) => {
                            student::by_nik(tx, &self.vault, self.office.id, &nik).await?.ok_or_else(unknown)
                        }
                        Ok(Reference::Nisn(nisn)) => {
                            let mut same = student::by_nisn(tx, self.office.id, &nisn).await?;
                            match (same.pop(), same.is_empty()) {
                                (Some(student), true) => Ok(student),
                                _ => Err(unknown()),
                            }
                        }
                    };
                    match found {
                        Ok(student) => students.push(student),
                        Err(problem) => report.problems.push(problem),
                    }
                }
            }
        }
        Ok((students, report))
    }

    async fn audit_each(&self, tx: &mut Tx, action: &str, students: &[StudentId]) -> Done<()> {
        for student in students {
            self.audit(tx, action, &format!("student:{student}"), "").await?;
        }
        Ok(())
    }
}
