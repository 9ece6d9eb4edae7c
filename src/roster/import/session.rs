//! An import as a whole: it begins, takes batches of rows, and ends by what the file as a whole shows.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::apply::{Applier, Repeats};
use super::gate::{self, Named, Suspicion};
use super::incoming::{Incoming, Placed, Prepared, Target};
use super::places::Places;
use super::report::FileReport;
use super::writer::Writer;
use super::{proposal, record};
use crate::db::{DbError, Tx};
use crate::fetch_all;
use crate::place::{self, PlaceId};
use crate::roster::ids::{ImportId, State};
use crate::roster::parse::field::Field;
use crate::roster::parse::line::Line;
use crate::roster::parse::problem::{Code, Level, Problem};
use crate::student::{self, StudentError, StudentId};

/// A file after import.
#[derive(Debug)]
pub struct Imported {
    pub report: FileReport,
    /// Whose facts changed, so that their notices are looked at again.
    pub changed: Vec<StudentId>,
    /// The first and the last of those who came new; IDs between them are theirs, too.
    pub new: Option<(StudentId, StudentId)>,
}

/// An import under way.
pub struct Session<'a> {
    applier: Applier<'a>,
    writer: Writer,
    incoming: Incoming<'a>,
    /// Rows that name another place than the one that was said.
    named_others: HashMap<PlaceId, usize>,
    /// Sheets of which it was told that they have no place.
    told_no_place: BTreeSet<usize>,
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
        let again = record::applied_before(&mut tx, to.office, incoming.hash, said).await?;
        let id = incoming.accepted.unwrap_or_else(|| ImportId::new(to.clock));
        let has_tombstones = student::has_tombstones(&mut tx).await?;
        let asked = proposal::asked(&mut tx, to.office).await?;
        let mut report = FileReport::new(&incoming);
        report.import = Some(id);
        // Noted before its rows, which refer to it; what it came to is written over this at the end.
        record::write(&mut tx, to, &incoming, &report, None).await?;
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
        Ok(Self { applier, writer, incoming, named_others: HashMap::new(), told_no_place: BTreeSet::new() })
    }

    /// Takes the next rows. `read` was begun after the import; false if something could not be written, which
    /// [`Session::finish`] then tells.
    pub async fn take(&mut self, read: &mut Tx, rows: Vec<Prepared>) -> Result<bool, StudentError> {
        let mut placed = Vec::with_capacity(rows.len());
        for Prepared { checked, sealed } in rows {
            for problem in checked.problems {
                self.applier.report.tell(problem);
            }
            let (numbers, is_repeated) = (checked.numbers, checked.is_repeated);
            let Some(row) = checked.student else { continue };
            if let Some(other) = self.applier.places.other_than_said(&row) {
                *self.named_others.entry(other).or_default() += 1;
                let advice = "the row names another school than the one that the list was imported for, which was taken; \
                              correct the NPSN, or import the list of that school by itself";
                self.tell(Field::Npsn, row.row, Code::WrongFile, advice);
            }
            match self.applier.places.of(&row) {
                Ok(place) => placed.push(Placed { place, row, sealed, numbers, is_repeated }),
                Err(why) if row.npsn.is_some() || self.applier.places.rows_name_schools(&row) => {
                    self.tell(Field::Npsn, row.row, Code::PlaceUnknown, &why);
                }
                // Where the sheet as a whole has no place, saying so once is enough.
                Err(why) if self.told_no_place.insert(row.row.sheet()) => {
                    let layout = self.applier.layouts.of(row.row);
                    self.tell(Field::Npsn, layout.line(layout.header_row), Code::PlaceUnknown, &why);
                }
                Err(_) => {}
            }
        }
        self.applier.report.accepted += placed.len();
        let work = self.applier.apply(read, placed).await?;
        Ok(self.writer.take(work).await)
    }

    /// Ends: what the file as a whole shows decides whether it is applied, parked or refused. Only an applied one may be
    /// committed; of the others see [`record::set_aside`].
    pub async fn finish(mut self) -> Result<(Tx, Imported), StudentError> {
        let (mut tx, proposals) = self.writer.end().await?;
        let report = &mut self.applier.report;
        report.review = proposals;
        report.rejected = report.rows - report.accepted;
        let touched: BTreeSet<PlaceId> = self.applier.shares.keys().copied().collect();
        let only = match touched.iter().collect::<Vec<_>>()[..] {
            [place] => self.applier.places.get(*place),
            _ => self.incoming.place,
        };
        self.applier.report.place = only.map(|place| place.code.clone());
        let place = only.map(|place| place.id);
        self.judge(&touched);
        if self.applier.report.state != State::Applied {
            let mut report = self.applier.report;
            report.take_nothing();
            report.sort();
            return Ok((tx, Imported { report, changed: Vec::new(), new: None }));
        }
        let Applier { to, id, table, .. } = self.applier;
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
        Ok((tx, Imported { report, changed, new }))
    }

    /// Decides whether the file is applied, parked or refused.
    fn judge(&mut self, touched: &BTreeSet<PlaceId>) {
        let is_let_pass = self.incoming.accepted.is_some() || self.applier.again;
        let why = if is_let_pass { None } else { self.suspicion(touched) };
        let report = &mut self.applier.report;
        if let Some(message) = why {
            report.state = State::Parked;
            let first = self.applier.layouts.first();
            let told = Problem {
                sheet: first.label(),
                row: first.header_row,
                cell: None,
                column: None,
                level: Level::Flag,
                code: Code::WrongFile,
                message,
            };
            report.problems.insert(0, told);
        } else if report.accepted == 0 || (self.incoming.strict && report.rejected > 0) {
            report.state = State::Refused;
        }
    }

    /// Proposes that whom a school's list no longer names has left it.
    async fn propose_missing(&mut self, tx: &mut Tx, touched: BTreeSet<PlaceId>) -> Result<(), DbError> {
        let Applier { to, id, layouts, again, places, shares, seen, report, .. } = &mut self.applier;
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

    fn suspicion(&self, touched: &BTreeSet<PlaceId>) -> Option<String> {
        let is_new = self.applier.shares.values().all(|share| share.known == 0);
        let totals = self.incoming.totals;
        if let Some(suspicion) = gate::suspicion_of_file(totals, is_new) {
            return Some(self.told(None, &suspicion));
        }
        let most = self.named_others.iter().max_by_key(|(place, count)| (**count, **place));
        if let Some((other, count)) = most
            && gate::is_anothers(*count, self.applier.report.accepted)
        {
            return Some(self.told(None, &Suspicion::NamesOther(*other)));
        }
        touched.iter().find_map(|place| {
            let named = match self.applier.places.named().find(|named| named != place) {
                _ if self.applier.places.named().any(|named| named == *place) => Named::ThisPlace,
                Some(other) if self.incoming.place.is_some() => Named::Other(other),
                _ => Named::Nothing,
            };
            let suspicion =
                gate::suspicion(self.applier.shares.get(place)?, self.applier.places.is_school(*place), named)?;
            Some(self.told(Some(*place), &suspicion))
        })
    }

    fn told(&self, place: Option<PlaceId>, suspicion: &Suspicion) -> String {
        let name = |id: PlaceId| self.applier.places.get(id).map_or_else(String::new, |place| place.name.clone());
        let place = place.map_or_else(|| "the place".to_owned(), name);
        let what = match suspicion {
            Suspicion::FewKnown { here, rows, known } => {
                format!(
                    "only {here} of {rows} rows are among the {known} known students of {place}; perhaps it is another school's list"
                )
            }
            Suspicion::NamesOther(other) => format!("it says that it is from {}, not from {place}", name(*other)),
            Suspicion::OtherPlace { place: other, rows, of } => {
                format!("{rows} of {of} rows are students of {}, not of {place}", name(*other))
            }
            Suspicion::Shuffled { rows, of } => format!(
                "{rows} of {of} rows contradict themselves or our records (names, birth dates and NIK do not belong together); \
                 perhaps one column was sorted"
            ),
            Suspicion::Rejected { rejected, rows } => {
                format!("{rejected} of {rows} rows cannot be read as students; perhaps it is no roster")
            }
        };
        format!("the file waits for a person: {what}. Look with `siap17 roster review`, then --accept or --reject it")
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
