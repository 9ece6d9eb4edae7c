//! The day of a visit at the desk: the list that goes along, and what became of each student.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::recording::{Recording, person};
use crate::db::Tx;
use crate::desk::context::{Desk, Done, plain_words};
use crate::desk::refusal::RecordRefusal;
use crate::messages::{Arg, LANGUAGES};
use crate::nik::{Sex, looks_like_nik};
use crate::notice::text::long_date;
use crate::roster::import::matching::is_same_name;
use crate::staff::Right;
use crate::student::{self, StudentId, name_key};
use crate::vault::Purpose;
use crate::visit::record::{self, Line};
use crate::visit::schedule::{Listed, LockedVisit, Visit};
use crate::visit::sheet::{self, Filled, NikCell, Problem, Row, Vocabulary, Whom, Words};
use crate::visit::{DayResult, Ikd, VisitId, VisitState};
use crate::written::tidy;

/// The sheet's language: recorders work in Indonesian.
const LANGUAGE: &str = LANGUAGES[0];

/// What is written down of one student.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    pub result: DayResult,
    pub reason: Option<&'a str>,
    pub ikd: Option<Ikd>,
    /// The student came without standing on the list.
    pub walk_in: bool,
}

/// What a single result did.
#[derive(Debug, Clone, Serialize)]
pub struct SingleResult {
    pub visit: VisitId,
    pub state: VisitState,
    pub student: StudentId,
    pub name: String,
    pub result: DayResult,
    /// What was written before, if anything.
    pub before: Option<DayResult>,
    /// Whether the student came without standing on the list.
    pub walk_in: bool,
    pub open: i64,
}

impl Desk {
    /// The offline list of a visit as a spreadsheet; with `with_nik` the look at the NIKs is written down.
    pub async fn visit_sheet(&self, id: VisitId, with_nik: bool) -> Done<Vec<u8>> {
        self.require(Right::Record)?;
        let mut tx = self.db.read().await?;
        let visit = self.visit(&mut tx, id).await?;
        if visit.state == VisitState::Cancelled {
            return Err(RecordRefusal::Cancelled.into());
        }
        let listed = self.listed(&mut tx, id).await?;
        let lines = record::lines(&mut tx, id).await?;
        drop(tx);
        let with_known = lines.iter().filter(|line| line.nik_sealed.is_some()).map(|line| line.student_id);
        let shown: Vec<StudentId> = with_known.collect();
        let mut rows = Vec::with_capacity(lines.len());
        for line in lines {
            rows.push(self.sheet_row(line, with_nik)?);
        }
        let bytes = sheet::write(&self.sheet_words(&listed), id, &rows).map_err(RecordRefusal::Unwritable)?;
        let (subject, count) = (format!("visit:{id}"), format!("{} students", rows.len()));
        if with_nik {
            let mut tx = self.db.write().await?;
            self.audit_niks(&mut tx, &subject, &shown, &format!("the sheet with {count}")).await?;
            tx.commit().await?;
        } else {
            self.audit_look("visit.sheet", &subject, &count).await?;
        }
        Ok(bytes)
    }

    /// Reads a visit's list back. Reading it again changes nothing; what contradicts an earlier result is reported and left.
    pub async fn record_visit_sheet(&self, id: VisitId, bytes: &[u8]) -> Done<Recording> {
        self.require(Right::Record)?;
        // The sheet is read before anything is locked; whether the visit can be written down is asked before and after.
        self.is_to_record(&self.visit(&mut self.db.read().await?, id).await?)?;
        let returned = sheet::read(bytes, id, &self.sheet_vocabulary()).map_err(|error| match error {
            sheet::SheetError::OtherVisit(_) => RecordRefusal::OtherVisit(error),
            _ => RecordRefusal::Unreadable(error),
        })?;
        let mut tx = self.visits_tx().await?;
        let visit = self.visit_to_record(&mut tx, id).await?;
        let mut report = Recording {
            visit: id,
            state: visit.state,
            rows: returned.rows.len(),
            written: 0,
            unchanged: 0,
            blank: 0,
            walk_ins: 0,
            niks: 0,
            results: BTreeMap::new(),
            open: 0,
            problems: returned.problems,
        };
        let lines = record::lines(&mut tx, id).await?;
        // All at once, for rows come in any order, and somebody else may hold some of them.
        student::lock(&mut tx, &lines.iter().map(person).collect::<Vec<_>>()).await?;
        let by_id: HashMap<StudentId, &Line> = lines.iter().map(|line| (line.student_id, line)).collect();
        for filled in &returned.rows {
            let Whom::OnList(student) = &filled.whom else { continue };
            let Some(line) = by_id.get(student) else {
                let message = format!("row {}: this student is not on the visit's list", filled.row);
                report.problems.push(Problem { row: filled.row, cell: None, code: "not_on_list", message });
                continue;
            };
            if let Some((column, shown)) = shows_another(filled, line, &lines, &returned.rows) {
                report.problems.push(another(filled, line, column, shown, id));
                continue;
            }
            self.take_row(&mut tx, &visit, line, filled, &mut report).await?;
        }
        self.take_walk_ins(&mut tx, &visit, &returned.rows, &mut report).await?;
        self.tally(&mut tx, &mut report).await?;
        let nothing = report.results.is_empty();
        if nothing && report.niks == 0 && report.problems.is_empty() {
            return Err(RecordRefusal::Empty.into());
        }
        let closed = !nothing && record::close(&mut tx, &self.clock, &visit).await?;
        if closed {
            report.state = VisitState::Done;
        }
        if closed || report.written + report.niks > 0 {
            let detail = format!("{} results, {} NIK, {} problems", report.written, report.niks, report.problems.len());
            self.audit(&mut tx, "visit.record", &format!("visit:{id}"), &detail).await?;
            let touched: Vec<StudentId> = record::lines(&mut tx, id).await?.iter().map(person).collect();
            self.settle_all(&mut tx, &touched).await?;
            self.settle_contact(&mut tx, visit.place_id).await?;
        }
        report.problems.sort_by_key(|problem| problem.row);
        tx.commit().await?;
        Ok(report)
    }

    /// Writes down one student's result; an earlier one is corrected.
    pub async fn record_visit_result(&self, id: VisitId, student: &str, entry: Entry<'_>) -> Done<SingleResult> {
        self.require(Right::Record)?;
        let result = entry.result;
        let reason = entry.reason.map(tidy).filter(|reason| !reason.is_empty());
        let reason = reason.as_deref();
        if reason.is_some_and(looks_like_nik) {
            return Err(RecordRefusal::ReasonHoldsNik.into());
        }
        plain_words("the reason", reason.unwrap_or_default())?;
        let mut tx = self.visits_tx().await?;
        let visit = self.visit_to_record(&mut tx, id).await?;
        let student = student::resolve(&mut tx, &self.vault, self.office.id, student).await?;
        let lines = record::lines(&mut tx, id).await?;
        let listed = |line: &&Line| line.student_id == student.id || person(line) == student.id;
        let walked_in = entry.walk_in && !lines.iter().any(|line| listed(&line));
        let lines = if walked_in { self.add_walk_in(&mut tx, &visit, &student).await? } else { lines };
        let missing = || RecordRefusal::NotOnList { name: student.name.clone() };
        let line = lines.iter().find(listed).ok_or_else(missing)?;
        let changed = line.result != Some(result) || (reason.is_some() && line.reason.as_deref() != reason);
        if changed {
            self.write_result(&mut tx, &visit, line, result, reason).await?;
        }
        let ikd = entry.ikd.filter(|ikd| line.ikd != Some(*ikd));
        if let Some(ikd) = ikd {
            record::set_ikd(&mut tx, &visit, line.student_id, ikd).await?;
        }
        let open = record::open_lines(&mut tx, id).await?;
        let closed = open == 0 && record::close(&mut tx, &self.clock, &visit).await?;
        if changed || closed || ikd.is_some() {
            let walked_in = if walked_in { " walk-in" } else { "" };
            let ikd = ikd.map_or_else(String::new, |ikd| format!(" IKD {}", ikd.word()));
            let detail = format!("student:{} {}{walked_in}{ikd}", line.student_id, result.word());
            self.audit(&mut tx, "visit.record", &format!("visit:{id}"), &detail).await?;
            let touched: Vec<StudentId> = if closed { lines.iter().map(person).collect() } else { vec![person(line)] };
            self.settle_all(&mut tx, &touched).await?;
            self.settle_contact(&mut tx, visit.place_id).await?;
        }
        tx.commit().await?;
        Ok(SingleResult {
            visit: id,
            state: if closed { VisitState::Done } else { visit.state },
            student: student.id,
            name: student.name,
            result,
            before: line.result,
            walk_in: walked_in,
            open,
        })
    }

    /// A visit whose results may be written down: settled or over, and not before its day.
    async fn visit_to_record(&self, tx: &mut Tx, id: VisitId) -> Done<LockedVisit> {
        let visit = self.locked_visit(tx, id).await?;
        self.is_to_record(&visit)?;
        Ok(visit)
    }

    /// Refuses a visit whose results cannot be written down: one that is not settled, or has not come.
    fn is_to_record(&self, visit: &Visit) -> Done<()> {
        if !visit.state.is_settled() && visit.state != VisitState::Done {
            return Err(RecordRefusal::NotSettled { state: visit.state }.into());
        }
        if self.today() < visit.visit_on {
            return Err(RecordRefusal::TooEarly(visit.visit_on).into());
        }
        Ok(())
    }

    fn sheet_row(&self, line: Line, with_nik: bool) -> Done<Row> {
        let nik = match &line.nik_sealed {
            None => NikCell::Missing,
            Some(sealed) if with_nik => NikCell::Shown(self.vault.open_text(Purpose::Nik, sealed)?.to_string()),
            Some(_) => NikCell::Known,
        };
        let birthday = crate::age::birthday(line.birth_date, crate::age::CARD_AGE, self.office.policies().leap_day);
        Ok(Row {
            student: line.student_id,
            name: line.name,
            class: line.class_name.unwrap_or_default(),
            sex: match line.sex {
                Some(Sex::Male) => "L".into(),
                Some(Sex::Female) => "P".into(),
                None => String::new(),
            },
            birthday_17: birthday.format("%d/%m/%Y").to_string(),
            nisn: line.nisn.unwrap_or_default(),
            result: line.result,
            nik,
            ikd: line.ikd,
            note: line.reason.unwrap_or_default(),
        })
    }

    fn sheet_words(&self, visit: &Listed) -> Words {
        let word = |id: &str| self.messages.text(LANGUAGE, id, &[]);
        let with = |id: &str, arguments: &[(&str, Arg)]| self.messages.text(LANGUAGE, id, arguments);
        let zone = self.office.zone();
        let time = |at: chrono::DateTime<chrono::Utc>| at.with_timezone(&zone).format("%H.%M").to_string();
        Words {
            sheet_name: word("sheet-name"),
            head: vec![
                with("sheet-title", &[("office", self.office.declaration.name.clone().into())]),
                with(
                    "sheet-place",
                    &[("place", visit.place_name.clone().into()), ("code", visit.place.clone().into())],
                ),
                with(
                    "sheet-when",
                    &[
                        ("day", long_date(&self.messages, LANGUAGE, visit.date).into()),
                        ("from", time(visit.starts_at).into()),
                        ("until", time(visit.ends_at).into()),
                        ("team", visit.team.clone().into()),
                    ],
                ),
                word("sheet-how"),
            ],
            number: word("sheet-column-number"),
            name: word("sheet-column-name"),
            class: word("sheet-column-class"),
            sex: word("sheet-column-sex"),
            birthday_17: word("sheet-column-birthday"),
            nisn: word("sheet-column-nisn"),
            result: word("sheet-column-result"),
            nik: word("sheet-column-nik"),
            ikd: word("sheet-column-ikd"),
            note: word("sheet-column-note"),
            walk_in: word("sheet-walk-in"),
            nik_known: word("sheet-nik-known"),
            results: DayResult::ALL.into_iter().map(|result| (result, word(&result_name(result)))).collect(),
            ikds: Ikd::ALL.into_iter().map(|ikd| (ikd, word(&ikd_name(ikd)))).collect(),
        }
    }

    /// Titles and results in every language, and the results' own names.
    fn sheet_vocabulary(&self) -> Vocabulary {
        let all = |id: &str| LANGUAGES.map(|language| self.messages.text(language, id, &[])).to_vec();
        let labels = |language: &'static str| {
            DayResult::ALL.map(|result| (self.messages.text(language, &result_name(result), &[]), result))
        };
        let words = DayResult::ALL.map(|result| (result.word().to_owned(), result));
        let ikds =
            |language: &'static str| Ikd::ALL.map(|ikd| (self.messages.text(language, &ikd_name(ikd), &[]), ikd));
        Vocabulary {
            result: all("sheet-column-result"),
            nik: all("sheet-column-nik"),
            nisn: all("sheet-column-nisn"),
            name: all("sheet-column-name"),
            ikd: all("sheet-column-ikd"),
            note: all("sheet-column-note"),
            nik_known: all("sheet-nik-known"),
            walk_in: all("sheet-walk-in"),
            results: LANGUAGES.into_iter().flat_map(labels).chain(words).collect(),
            ikds: LANGUAGES
                .into_iter()
                .flat_map(ikds)
                .chain(Ikd::ALL.map(|ikd| (ikd.word().to_owned(), ikd)))
                .collect(),
        }
    }
}

/// The cell of a row, by its column and what it shows, in which somebody else stands than the hidden ID says. Name and NISN must
/// both be the student's: of two that changed places with the results, either may have stayed.
fn shows_another<'a>(
    filled: &'a Filled,
    line: &Line,
    lines: &[Line],
    rows: &[Filled],
) -> Option<(&'a str, &'static str)> {
    let digits = |text: &str| text.trim_start_matches('0').to_owned();
    let (columns, shown) = (&filled.columns, &filled.shown);
    let is_anothers =
        |is: &dyn Fn(&Line) -> bool| lines.iter().any(|other| other.student_id != line.student_id && is(other));
    if !columns.name.is_empty() {
        let Some(name) = &shown.name else { return Some((&columns.name, "no name")) };
        let exactly = |other: &Line| name_key(&other.name) == name_key(name);
        // A name that was written better by hand is the same; one that is somebody else's on the list is not, however alike.
        if !exactly(line) && (is_anothers(&exactly) || !is_same_name(name, &line.name)) {
            return Some((&columns.name, "another name"));
        }
    }
    if columns.nisn.is_empty() {
        return None;
    }
    let differs = match (&shown.nisn, &line.nisn) {
        (Some(shown), Some(known)) => digits(shown) != digits(known),
        // It may have come in since the list was printed; unless it has gone to another row.
        (None, Some(known)) => {
            rows.iter().any(|row| row.row != filled.row && row.shown.nisn.as_deref().map(digits) == Some(digits(known)))
        }
        (None, None) => false,
        // Written by hand, where ours is missing; unless it is somebody else's.
        (Some(shown), None) => is_anothers(&|other| other.nisn.as_deref().map(digits) == Some(digits(shown))),
    };
    let what = if shown.nisn.is_some() { "another NISN" } else { "no NISN" };
    differs.then_some((columns.nisn.as_str(), what))
}

/// What is said of such a row.
fn another(filled: &Filled, line: &Line, column: &str, shown: &str, visit: VisitId) -> Problem {
    let row = filled.row;
    let cell = format!("{column}{row}");
    let nisn = line.nisn.as_deref().unwrap_or("none");
    let message = format!(
        "{cell}: the row is that of {} (NISN {nisn}) by its hidden ID, and shows {shown}; perhaps only some columns were sorted. \
         The row is not taken: fill in a fresh list, or write the result down with `siap17 visit record {visit} --student S \
         --result R`",
        line.name
    );
    Problem { row, cell: Some(cell), code: "another_student", message }
}

fn ikd_name(ikd: Ikd) -> String {
    format!("sheet-ikd-{}", ikd.word())
}

fn result_name(result: DayResult) -> String {
    format!("sheet-result-{}", result.word())
}
