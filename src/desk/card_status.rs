//! A sheet of national statuses at the desk: read before anything is locked, followed row by row, and written with a few
//! statements, however long it is.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;
use serde::Serialize;

use super::context::{Desk, Done};
use super::refusal::CardRefusal;
use crate::card::{self, Card, NationalRecord, NationalStatus, Problem, StatusRow, Written};
use crate::db::Tx;
use crate::office::PointId;
use crate::roster::import::matching::is_same_name;
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
    /// The rows of each word that is no status that is known.
    pub unknown_words: BTreeMap<String, Vec<u32>>,
    /// Students whose printed card is in their hands: their cases are closed.
    pub cards_in_hand: usize,
    /// Students whose printed card lies at a pickup point now.
    pub cards_put_out: usize,
    pub problems: Vec<Problem>,
}

/// Where cards are of which the national system says that they are printed, and siap17 knows nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrintedCards<'a> {
    /// In the hands of those whose they are.
    InHand,
    /// At this pickup point.
    At(&'a str),
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
    /// Whose card is printed, they say, and siap17 knows of none: by the rows.
    printed: BTreeMap<StudentId, u32>,
    touched: Vec<StudentId>,
}

impl Desk {
    /// Takes a sheet of NIK and national status. Where it says of cards that siap17 does not know that they are printed,
    /// `printed` says where those are; nobody is told that a card that lies there is still being made.
    pub async fn take_status(&self, bytes: &[u8], printed: Option<PrintedCards<'_>>) -> Done<StatusReport> {
        self.require(Right::Cards)?;
        let point = match printed {
            Some(PrintedCards::At(point)) => Some(self.point(Some(point))?),
            _ => None,
        };
        let sheet = card::read_status(bytes).map_err(CardRefusal::Unreadable)?;
        let mut report = StatusReport {
            rows: sheet.rows.len() + sheet.problems.len(),
            problems: sheet.problems,
            unknown_words: sheet.unknown_words,
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
        let printed_cards = followed.printed_cards();
        if let (None, Some(row)) = (printed, printed_cards.first()) {
            let point = self.office.points.first().map_or("POINT", |point| point.declared.name.as_str());
            let (count, row, point) = (printed_cards.len(), row.1, point.to_owned());
            return Err(CardRefusal::WhereAreTheCards { count, row, point }.into());
        }
        if printed == Some(PrintedCards::InHand) {
            followed.close(&printed_cards);
            report.cards_in_hand = printed_cards.len();
        }
        self.write_followed(&mut tx, &followed).await?;
        if let Some(point) = point {
            report.cards_put_out = self.put_printed_out(&mut tx, &followed, &printed_cards, point).await?;
        }
        report.problems.sort_by_key(|problem| problem.row);
        let detail = format!("{} changed, {} unknown", report.changed, report.unknown.len());
        self.audit(&mut tx, "card.status", "sheet", &detail).await?;
        self.settle_all(&mut tx, &followed.touched).await?;
        tx.commit().await?;
        Ok(report)
    }

    /// Writes down cards that were printed before siap17 knew of them, and that they lie at a point. No blank of today was taken
    /// for them.
    async fn put_printed_out(
        &self,
        tx: &mut Tx,
        followed: &Followed,
        cards: &[(StudentId, u32)],
        point: PointId,
    ) -> Done<usize> {
        let mut by_day: BTreeMap<NaiveDate, Vec<&LockedStudent>> = BTreeMap::new();
        for (id, _) in cards {
            let Some((student, record)) = followed.locked.get(id).zip(followed.records.get(id)) else { continue };
            by_day.entry(record.as_of).or_default().push(student);
        }
        let mut put_out = 0;
        for (day, students) in by_day {
            card::print(tx, &self.clock, &students, day).await?;
            put_out += card::put_out(tx, &students, point, self.today()).await?.len();
        }
        Ok(put_out)
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
            problems.push(Problem { row: row.row, cell: Some(row.cell.clone()), code: "status_twice", message });
        } else if as_of > today {
            let message = format!("row {}: the status is dated {as_of}, which is not here yet", row.row);
            problems.push(Problem { row: row.row, cell: None, code: "date_future", message });
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
            printed: BTreeMap::new(),
            touched: Vec::new(),
        })
    }

    /// Takes one row, as if it were the only one: what an earlier row changed counts.
    fn follow(&mut self, row: &StatusRow, nik: &[u8], as_of: NaiveDate, report: &mut StatusReport) {
        let Some(student) = self.students.get_mut(nik) else {
            report.unknown.push(row.row);
            return;
        };
        if let Some(name) = row.name.as_ref().filter(|name| !is_same_name(&name.text, &student.name)) {
            let message = format!(
                "{}: the NIK on this row is that of {}, and the name is another; perhaps only some columns were sorted. The row is \
                 not taken: put right what stands there, and read the sheet again",
                name.cell, student.name
            );
            let cell = Some(name.cell.clone());
            report.problems.push(Problem { row: row.row, cell, code: "another_student", message });
            return;
        }
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
        // Also of what was taken before anybody asked where the card is.
        let is_open = student.closed_reason.is_none() && !self.cards.contains_key(&id);
        match written {
            Written::Older => {}
            _ if status == NationalStatus::CardPrinted && is_open => {
                self.printed.insert(id, row.row);
                self.touched.push(id);
            }
            _ => {
                self.printed.remove(&id);
            }
        }
    }

    /// Whose card is printed and nowhere, with the rows that say so, in the sheet's order.
    fn printed_cards(&self) -> Vec<(StudentId, u32)> {
        let mut cards: Vec<(StudentId, u32)> = self.printed.iter().map(|(id, row)| (*id, *row)).collect();
        cards.sort_by_key(|card| card.1);
        cards
    }

    /// Closes the cases of those who have their cards.
    fn close(&mut self, cards: &[(StudentId, u32)]) {
        for (id, _) in cards {
            if let Some(record) = self.records.get(id) {
                self.closed.insert(*id, record.as_of);
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
