//! An import as a whole: it begins, takes batches of rows, and ends by what the file as a whole shows.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::apply::{Applier, Repeats};
use super::aside::Asides;
use super::gate::Verdict;
use super::incoming::{Incoming, Placed, Prepared, Rejected, Target};
use super::places::{Places, Whose};
use super::record::PartsBefore;
use super::report::FileReport;
use super::writer::Writer;
use super::{lookup, proposal, record};
use crate::db::{DbError, Tx};
use crate::fetch_all;
use crate::place::{self, PlaceId};
use crate::roster::ids::ImportId;
use crate::roster::parse::check::RosterRow;
use crate::roster::parse::field::Field;
use crate::roster::parse::line::Line;
use crate::roster::parse::problem::{Code, Problem};
use crate::student::{self, StudentError, StudentId};

/// So many schools that nobody knows are told by name.
const MOST_UNKNOWN: usize = 20;

/// A file after import.
#[derive(Debug)]
pub struct Imported {
    pub report: FileReport,
    /// Whose facts changed, so that their notices are looked at again.
    pub changed: Vec<StudentId>,
    /// The first and the last of those who came new; IDs between them are theirs, too.
    pub new: Option<(StudentId, StudentId)>,
}

/// How an import ended.
pub enum Finished {
    /// Only what was applied may be committed; of the others see [`record::set_aside`].
    Whole(Tx, Box<Imported>),
    /// These places' rows do not look right, and why: the transaction is given up, and the file gone through again without
    /// them.
    Doubtful(BTreeMap<PlaceId, String>),
}

/// An import under way.
pub struct Session<'a> {
    pub(super) applier: Applier<'a>,
    writer: Writer,
    pub(super) incoming: Incoming<'a>,
    pub(super) asides: Asides,
    /// Whether a row or a sheet names the place that was said.
    pub(super) is_named: bool,
    /// Schools in rows that nobody knows.
    unknown: HashSet<String>,
    /// Sheets of which it was told that they have no place.
    told_no_place: BTreeSet<usize>,
    /// Whom rows name that were not taken.
    named_only: HashSet<StudentId>,
}

impl<'a> Session<'a> {
    /// Begins: nobody else writes students until `tx` ends.
    pub async fn begin(mut tx: Tx, to: Target<'a>, incoming: Incoming<'a>) -> Result<Self, StudentError> {
        // First of all: what is read from here on must still be so when the last row is written.
        let table = student::lock_table(&mut tx).await?;
        if let Some(parked) = incoming.accepted
            && !record::is_parked(&mut tx, parked).await?
        {
            // Somebody else let it pass, or refused it, at the same moment.
            return Err(DbError::Interrupted.into());
        }
        let layouts = incoming.layouts;
        let places = Places::new(place::all(&mut tx, to.office).await?, incoming.place, layouts);
        let said = incoming.place.map(|place| place.id);
        // A part that is let pass is new, though the rest of its file is not.
        let again = incoming.part.is_none() && record::applied_before(&mut tx, to.office, incoming.hash, said).await?;
        let earlier =
            if again { record::parts_before(&mut tx, to.office, incoming.hash).await? } else { PartsBefore::default() };
        let id = incoming.accepted.unwrap_or_else(|| ImportId::new(to.clock));
        let has_tombstones = student::has_tombstones(&mut tx).await?;
        let asked = proposal::asked(&mut tx, to.office).await?;
        let mut report = FileReport::new(&incoming);
        report.import = Some(id);
        // Noted before its rows, which refer to it; what it came to is written over this at the end.
        record::write(&mut tx, to, &incoming, &report, None).await?;
        let is_named = said.is_some_and(|said| places.named().any(|named| named == said));
        let applier = Applier {
            to,
            id,
            table,
            layouts,
            places,
            again,
            has_tombstones,
            report,
            seen: HashSet::new(),
            shares: HashMap::new(),
            changed: Vec::new(),
            new: None,
            repeats: Repeats::default(),
            asked,
            answered: Vec::new(),
        };
        let writer = Writer::start(tx, to.clock, to.vault, id, again);
        let mut session = Self {
            applier,
            writer,
            incoming,
            asides: Asides::new(earlier),
            is_named,
            unknown: HashSet::new(),
            told_no_place: BTreeSet::new(),
            named_only: HashSet::new(),
        };
        session.tell_strangers();
        Ok(session)
    }

    /// Takes the next rows. `read` was begun after the import; false if something could not be written, which
    /// [`Session::finish`] then tells.
    pub async fn take(&mut self, read: &mut Tx, rows: Vec<Prepared>) -> Result<bool, StudentError> {
        let mut placed = Vec::with_capacity(rows.len());
        let mut rejected = Vec::new();
        for Prepared { checked, sealed } in rows {
            let (numbers, is_repeated) = (checked.numbers, checked.is_repeated);
            let Some(row) = checked.student else {
                if self.incoming.part.is_none() {
                    self.tell_all(checked.problems);
                    rejected.push(Rejected::new(numbers, checked.rejected_name));
                }
                continue;
            };
            let dates_differ = checked.problems.iter().any(|problem| problem.code == Code::NikDateDiffers);
            let Some(place) = self.place_of(&row, checked.problems) else {
                rejected.push(Rejected::new(numbers, Some(row.name)));
                continue;
            };
            placed.push(Placed { place, row, sealed, numbers, is_repeated, dates_differ });
        }
        self.applier.report.accepted += placed.len();
        self.named_only.extend(lookup::named_by_rejected(read, self.applier.to, &rejected).await?);
        let work = self.applier.apply(read, placed).await?;
        Ok(self.writer.take(work).await)
    }

    /// The place that a row goes to; none if it is not taken, which is told.
    fn place_of(&mut self, row: &RosterRow, problems: Vec<Problem>) -> Option<PlaceId> {
        let whose = self.applier.places.of(row);
        if let Some(part) = self.incoming.part {
            let is_part = matches!(whose, Ok(Whose::Here(place) | Whose::Others(place)) if place == part.place);
            if is_part {
                self.tell_all(problems);
            }
            return is_part.then_some(part.place);
        }
        let place = match whose {
            Ok(Whose::Here(place)) if !self.asides.waits(place) && !self.incoming.doubted.contains_key(&place) => {
                self.is_named = self.is_named || self.applier.places.names_what_was_said(row);
                self.tell_unknown_school(row);
                Some(place)
            }
            Ok(Whose::Here(place)) => {
                self.asides.add(place, row.row, false);
                return None;
            }
            Ok(Whose::Others(other)) => match self.said_holds() {
                Some(said) => {
                    let advice = "the row names another school than the one that the list was imported for, which was \
                                  taken; correct it, or import the list of that school by itself";
                    self.tell(Field::Npsn, row.row, Code::WrongFile, advice);
                    Some(said)
                }
                None if self.asides.was_let_pass(other) => Some(other),
                None => {
                    self.asides.add(other, row.row, true);
                    return None;
                }
            },
            Err(why) => {
                self.tell_no_place(row, &why);
                None
            }
        };
        self.tell_all(problems);
        place
    }

    /// The place that was said, if rows go there that name another: a person has let them pass so.
    fn said_holds(&self) -> Option<PlaceId> {
        let was_let_pass = self.applier.again && !self.asides.has_earlier();
        self.incoming.place.filter(|_| self.incoming.place_holds || was_let_pass).map(|place| place.id)
    }

    fn tell_no_place(&mut self, row: &RosterRow, why: &str) {
        let names = row.npsn.is_some() || row.school_name.is_some();
        if names || self.applier.places.rows_name_schools(row) {
            let field = if row.npsn.is_none() && row.school_name.is_some() { Field::SchoolName } else { Field::Npsn };
            self.tell(field, row.row, Code::PlaceUnknown, why);
        } else if self.told_no_place.insert(row.row.sheet()) {
            // Where the sheet as a whole has no place, saying so once is enough.
            let layout = self.applier.layouts.of(row.row);
            self.tell(Field::Npsn, layout.line(layout.header_row), Code::PlaceUnknown, why);
        }
    }

    /// Says of each school once that rows name it and nobody knows it.
    fn tell_unknown_school(&mut self, row: &RosterRow) {
        let Some(school) = self.applier.places.unknown_school(row) else { return };
        if self.unknown.len() >= MOST_UNKNOWN || self.unknown.contains(school) {
            return;
        }
        self.unknown.insert(school.to_owned());
        let field = if row.npsn.is_some() { Field::Npsn } else { Field::SchoolName };
        let advice = format!(
            "the row names the school \"{school}\", which is not in the register; the rows that name it were taken for the place \
             that was said. If they are another school's, add it with `siap17 place import`, and import its list by itself"
        );
        self.tell(field, row.row, Code::WrongFile, &advice);
    }

    /// Says that the rows above a list name a school that is not the place.
    fn tell_strangers(&mut self) {
        let strangers = self.applier.places.strangers();
        let named: Vec<(usize, String)> = strangers.map(|(sheet, school)| (sheet, school.to_owned())).collect();
        let Some((sheet, school)) = named.into_iter().next().filter(|_| self.incoming.accepted.is_none()) else {
            return;
        };
        let Some(layout) = self.applier.layouts.iter().nth(sheet) else { return };
        let place = self.incoming.place.map_or("", |place| &place.name);
        let advice = format!(
            "above the list stands the school \"{school}\", which is not {place} and not in the register; the list was taken \
             for {place}. If it is another school's, undo the import, and send the right list"
        );
        self.tell(Field::Name, layout.line(layout.header_row), Code::WrongFile, &advice);
    }

    /// Ends: what the file as a whole shows decides whether it is applied, parked or refused.
    pub async fn finish(mut self) -> Result<Finished, StudentError> {
        let (mut tx, proposals) = self.writer.end().await?;
        let report = &mut self.applier.report;
        report.review = proposals;
        if self.incoming.part.is_some() {
            report.rows = report.accepted;
        }
        report.rejected = report.rows - report.accepted - self.asides.rows();
        let touched: BTreeSet<PlaceId> = self.applier.shares.keys().copied().collect();
        let only = match touched.iter().collect::<Vec<_>>()[..] {
            // What waits of the file is gone through again as the file was.
            [place] if self.asides.is_empty() => self.applier.places.get(*place),
            _ => self.incoming.place,
        };
        report.place = only.map(|place| place.code.clone());
        let place = only.map(|place| place.id);
        match self.judge(&touched) {
            Verdict::Doubtful(places) => return Ok(Finished::Doubtful(places)),
            Verdict::Whole => {
                let mut report = self.applier.report;
                report.take_nothing();
                report.sort();
                return Ok(Finished::Whole(tx, Box::new(Imported { report, changed: Vec::new(), new: None })));
            }
            Verdict::Applied => {}
        }
        let Applier { to, id, table, places, report, .. } = &mut self.applier;
        let (to, id, table) = (*to, *id, *table);
        self.asides.note(&mut tx, to, &self.incoming, |id| places.get(id), report).await?;
        // Before leavers are proposed: an answered question is open no more, so that it may be asked anew.
        proposal::answer(&mut tx, to.clock, id, &self.applier.answered).await?;
        self.propose_missing(&mut tx, touched).await?;
        self.applier.report.sort();
        record::write(&mut tx, to, &self.incoming, &self.applier.report, place).await?;
        record::number(&mut tx, table, id).await?;
        if let Some((first, last)) = self.applier.new {
            record::note_added(&mut tx, id, first, last).await?;
        }
        let Applier { report, changed, new, .. } = self.applier;
        Ok(Finished::Whole(tx, Box::new(Imported { report, changed, new })))
    }

    /// Proposes that whom a school's list no longer names has left it.
    async fn propose_missing(&mut self, tx: &mut Tx, touched: BTreeSet<PlaceId>) -> Result<(), DbError> {
        let Applier { to, id, layouts, again, places, shares, seen, report, .. } = &mut self.applier;
        // Whoever stands on a row that cannot be read is on the list all the same.
        seen.extend(self.named_only.drain());
        if layouts.iter().all(|layout| layout.leavers) {
            return Ok(());
        }
        // Where nobody was known before, nobody can be missing.
        let is_known = |place: &PlaceId| shares.get(place).is_none_or(|share| share.known > 0);
        for place in touched.into_iter().filter(is_known) {
            let missing = missing(tx, place, *id, seen).await?;
            report.missing += missing.len();
            // A list that names fewer than it leaves out is evidently a part.
            let named = shares.get(&place).map_or(0, |share| share.here);
            if !*again && places.is_school(place) && named >= missing.len() {
                report.review += proposal::propose_leaving(tx, to.clock, *id, &missing).await?;
            }
        }
        Ok(())
    }

    fn tell(&mut self, field: Field, line: Line, code: Code, advice: &str) {
        let problem = self.applier.problem(field, line, code, advice);
        self.applier.report.tell(problem);
    }

    fn tell_all(&mut self, problems: Vec<Problem>) {
        for problem in problems {
            self.applier.report.tell(problem);
        }
    }
}

/// Returns the place's open students whom its list no longer names. They are proposed for review, never dropped.
async fn missing(
    tx: &mut Tx,
    place: PlaceId,
    now: ImportId,
    seen: &HashSet<StudentId>,
) -> Result<Vec<StudentId>, DbError> {
    let open = fetch_all!(
        tx,
        (StudentId,),
        "SELECT id FROM student WHERE place_id = $1 AND closed_reason IS NULL AND NOT left_school AND merged_into IS NULL
             AND (import_id IS NULL OR import_id <> $2)
         ORDER BY id",
        place,
        now,
    )?;
    Ok(open.iter().map(|row| row.0).filter(|id| !seen.contains(id)).collect())
}
