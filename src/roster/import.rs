//! Applying a checked roster: one transaction, batch by batch, each change with what was there before, so that it can be put
//! back. A dry run is the same work, not committed.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::apply::{Placed, Repeats};
use super::parse::check::problem;
use super::parse::field::Field;
use super::{history, proposal};
use super::gate::{self, Named, Share, Suspicion};
use super::parse::layout::{Kind, Layouts};
use super::parse::line::Line;
use super::places::Places;
use super::parse::problem::{Code, Level, Problem};
use super::writer::Writer;
use crate::db::{DbError, Tx};
use crate::office::OfficeId;
use crate::place::{self, PlaceId};
use crate::student::{self, StudentError, StudentId};
use crate::{execute, fetch_all, fetch_optional};

pub use super::ids::{ImportId, State};
pub use super::incoming::{Incoming, Into, Prepared, Sealed, hash_of};
pub use super::report::FileReport;

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
    pub(super) to: Into<'a>,
    pub(super) id: ImportId,
    pub(super) layouts: &'a Layouts,
    pub(super) places: Places,
    /// The very same file was applied before: whatever differs now was changed by somebody since.
    pub(super) again: bool,
    /// Whether anybody came with an import that was undone, and may come again.
    pub(super) has_tombstones: bool,
    pub(super) report: FileReport,
    /// Whom the file's rows meant so far.
    pub(super) seen: HashSet<StudentId>,
    pub(super) shares: HashMap<PlaceId, Share>,
    pub(super) changed: Vec<StudentId>,
    pub(super) new: Option<(StudentId, StudentId)>,
    pub(super) repeats: Repeats,
    /// What earlier lists left open, and what of it this one answers.
    pub(super) asked: proposal::Asked,
    pub(super) answered: Vec<(StudentId, proposal::Kind)>,
    /// Rows that name another place than the one that was said.
    named_others: HashMap<PlaceId, usize>,
    writer: Writer,
    incoming: Incoming<'a>,
    /// Sheets of which it was told that they have no place.
    told_no_place: BTreeSet<usize>,
}

impl<'a> Session<'a> {
    /// Begins: nobody else writes students until `tx` ends.
    pub async fn begin(mut tx: Tx, to: Into<'a>, incoming: Incoming<'a>) -> Result<Self, StudentError> {
        tx.alone_in("student").await?;
        let layouts = incoming.layouts;
        let places = Places::new(place::all(&mut tx, to.office).await?, incoming.place, layouts);
        let again = applied_before(&mut tx, to.office, incoming.hash, incoming.place.map(|place| place.id)).await?;
        let id = incoming.accepted.unwrap_or_else(|| ImportId::new(to.clock));
        let has_tombstones = student::has_tombstones(&mut tx).await?;
        let asked = proposal::asked(&mut tx, to.office).await?;
        let mut report = FileReport::new(&incoming);
        report.import = Some(id);
        write_import(&mut tx, to, &incoming, &report, None).await?;
        Ok(Self {
            to,
            id,
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
            named_others: HashMap::new(),
            writer: Writer::start(tx, to.clock, to.vault, id, again),
            incoming,
            told_no_place: BTreeSet::new(),
        })
    }

    /// Takes the next rows. `read` was begun after the import; false if something could not be written, which
    /// [`Session::finish`] then tells.
    pub async fn take(&mut self, read: &mut Tx, rows: Vec<Prepared>) -> Result<bool, StudentError> {
        let mut placed = Vec::with_capacity(rows.len());
        for Prepared { checked, sealed } in rows {
            for problem in checked.problems {
                self.report.tell(problem);
            }
            let (numbers, is_repeated) = (checked.numbers, checked.is_repeated);
            let Some(row) = checked.student else { continue };
            if let Some(other) = self.places.other_than_said(&row) {
                *self.named_others.entry(other).or_default() += 1;
                let advice = "the row names another school than the one that the list was imported for, which was taken; \
                              correct the NPSN, or import the list of that school by itself";
                self.report.tell(self.problem(Field::Npsn, row.row, Code::WrongFile, advice));
            }
            match self.places.of(&row) {
                Ok(place) => placed.push(Placed { place, row, sealed, numbers, is_repeated }),
                Err(why) if row.npsn.is_some() || self.places.rows_name_schools(&row) => {
                    self.report.tell(self.problem(Field::Npsn, row.row, Code::PlaceUnknown, &why));
                }
                // Where the sheet as a whole has no place, saying so once is enough.
                Err(why) if self.told_no_place.insert(row.row.sheet()) => {
                    let layout = self.layouts.of(row.row);
                    let header = layout.line(layout.header_row);
                    self.report.tell(self.problem(Field::Npsn, header, Code::PlaceUnknown, &why));
                }
                Err(_) => {}
            }
        }
        self.report.accepted += placed.len();
        let writes = self.apply(read, placed).await?;
        Ok(self.writer.take(writes).await)
    }

    /// Ends: what the file as a whole shows decides whether it is applied, parked or refused. Only an applied one may be
    /// committed; of the others see [`set_aside`].
    pub async fn finish(mut self) -> Result<(Tx, Imported), StudentError> {
        let (mut tx, proposals) = self.writer.end().await?;
        self.report.review = proposals;
        self.report.rejected = self.report.rows - self.report.accepted;
        let touched: BTreeSet<PlaceId> = self.shares.keys().copied().collect();
        let only = match touched.iter().collect::<Vec<_>>()[..] {
            [place] => self.places.get(*place),
            _ => self.incoming.place,
        };
        self.report.place = only.map(|place| place.code.clone());
        let place = only.map(|place| place.id);
        let is_incomplete = self.incoming.strict && self.report.rejected > 0;
        if self.incoming.accepted.is_none()
            && !self.again
            && let Some(why) = self.suspicion(&touched)
        {
            self.report.state = State::Parked;
            let first = self.layouts.first();
            let told = Problem {
                sheet: first.label(),
                row: first.header_row,
                cell: None,
                column: None,
                level: Level::Flag,
                code: Code::WrongFile,
                message: why,
            };
            self.report.problems.insert(0, told);
        } else if self.report.accepted == 0 || is_incomplete {
            self.report.state = State::Refused;
        }
        if matches!(self.report.state, State::Parked | State::Refused) {
            let counts = [&mut self.report.new, &mut self.report.changed, &mut self.report.moved];
            counts
                .into_iter()
                .chain([&mut self.report.unchanged, &mut self.report.review])
                .for_each(|count| *count = 0);
            self.report.sort();
            return Ok((tx, Imported { report: self.report, changed: Vec::new(), new: None }));
        }
        proposal::answer(&mut tx, self.to.clock, self.id, &self.answered).await?;
        if !self.layouts.iter().all(|layout| layout.leavers) {
            // Where nobody was known before, nobody can be missing.
            let known = |place: &PlaceId| self.shares.get(place).is_none_or(|share| share.known > 0);
            for place in touched.into_iter().filter(known) {
                let missing = missing(&mut tx, place, self.id, &self.seen).await?;
                self.report.missing += missing.len();
                // A list that names fewer than it leaves out is evidently a part.
                let named = self.shares.get(&place).map_or(0, |share| share.here);
                if !self.again && self.places.is_school(place) && named >= missing.len() {
                    self.report.review += proposal::propose_leaving(&mut tx, self.to.clock, self.id, &missing).await?;
                }
            }
        }
        self.report.sort();
        write_import(&mut tx, self.to, &self.incoming, &self.report, place).await?;
        if let Some((first, last)) = self.new {
            history::note_added(&mut tx, self.id, first, last).await?;
        }
        Ok((tx, Imported { report: self.report, changed: self.changed, new: self.new }))
    }

    /// A problem in one of the file's rows.
    pub(super) fn problem(&self, field: Field, line: Line, code: Code, advice: &str) -> Problem {
        problem(self.layouts.of(line), field, line.row(), code, advice)
    }

    fn suspicion(&self, touched: &BTreeSet<PlaceId>) -> Option<String> {
        let is_new = self.shares.values().all(|share| share.known == 0);
        let totals = self.incoming.totals;
        if let Some(suspicion) = gate::suspicion_of_file(totals, is_new) {
            return Some(self.told(None, &suspicion));
        }
        let most = self.named_others.iter().max_by_key(|(place, count)| (**count, **place));
        if let Some((other, count)) = most
            && gate::is_anothers(*count, self.report.accepted)
        {
            return Some(self.told(None, &Suspicion::NamesOther(*other)));
        }
        touched.iter().find_map(|place| {
            let named = match self.places.named().find(|named| named != place) {
                _ if self.places.named().any(|named| named == *place) => Named::ThisPlace,
                Some(other) if self.incoming.place.is_some() => Named::Other(other),
                _ => Named::Nothing,
            };
            let suspicion = gate::suspicion(self.shares.get(place)?, self.places.is_school(*place), named)?;
            Some(self.told(Some(*place), &suspicion))
        })
    }

    fn told(&self, place: Option<PlaceId>, suspicion: &Suspicion) -> String {
        let name = |id: PlaceId| self.places.get(id).map_or_else(String::new, |place| place.name.clone());
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

/// Students of the place whom its list no longer names. They are proposed for review, never dropped.
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

/// Notes a file of which nothing was taken: parked, or refused. The very same file is noted once; gives whether it is new.
pub async fn set_aside(
    tx: &mut Tx,
    to: Into<'_>,
    incoming: &Incoming<'_>,
    report: &mut FileReport,
) -> Result<bool, DbError> {
    let noted = fetch_optional!(
        &mut *tx,
        (ImportId,),
        "SELECT id FROM roster_import WHERE office_id = $1 AND file_hash = $2 AND state = $3 ORDER BY id DESC LIMIT 1",
        to.office,
        incoming.hash,
        report.state,
    )?;
    let is_new = noted.is_none();
    if let Some((id,)) = noted {
        report.import = Some(id);
    }
    write_import(tx, to, incoming, report, incoming.place.map(|place| place.id)).await?;
    Ok(is_new)
}

/// Refuses a parked file for good.
pub async fn refuse(tx: &mut Tx, id: ImportId) -> Result<(), DbError> {
    execute!(
        tx,
        "UPDATE roster_import SET state = $2 WHERE id = $1 AND state = $3",
        id,
        State::Refused,
        State::Parked,
    )?;
    Ok(())
}

/// Whether this very file was applied before, for the same place if one is said, and still stands.
async fn applied_before(tx: &mut Tx, office: OfficeId, hash: &[u8], place: Option<PlaceId>) -> Result<bool, DbError> {
    let row = fetch_optional!(
        tx,
        (ImportId,),
        "SELECT id FROM roster_import WHERE office_id = $1 AND file_hash = $2 AND state = $3 AND undone_at IS NULL
             AND ($4 IS NULL OR place_id = $4) LIMIT 1",
        office,
        hash,
        State::Applied,
        place,
    )?;
    Ok(row.is_some())
}

async fn write_import(
    tx: &mut Tx,
    to: Into<'_>,
    incoming: &Incoming<'_>,
    report: &FileReport,
    place: Option<PlaceId>,
) -> Result<(), DbError> {
    let kind = match report.layout {
        Kind::Dapodik => "dapodik",
        Kind::Emis => "emis",
        Kind::Csv => "csv",
    };
    let text = serde_json::to_string(report).unwrap_or_default();
    let sheets =
        Some(&report.sheets).filter(|sheets| !sheets.is_empty()).and_then(|sheets| serde_json::to_string(sheets).ok());
    execute!(
        tx,
        "INSERT INTO roster_import (id, office_id, place_id, file_name, file_hash, layout, state, report, actor, created_at, sheets)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         ON CONFLICT (id) DO UPDATE SET place_id = excluded.place_id, state = excluded.state, report = excluded.report",
        report.import,
        to.office,
        place,
        incoming.name,
        incoming.hash,
        kind,
        report.state,
        text,
        to.actor,
        to.clock.now(),
        sheets,
    )?;
    Ok(())
}
