//! Applying a checked roster: one transaction, each change with what was there before, so that it can be put back.

use std::collections::{BTreeMap, HashSet};

use chrono::NaiveDate;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::changes::{self, Known, Match};
use super::check::{Checked, RosterRow, problem};
use super::layout::{Field, Kind};
use super::problem::{Code, Problem};
use super::{Layout, Reading, undo};
use crate::age::LeapDayRule;
use crate::clock::Clock;
use crate::db::{DbError, Tx};
use crate::office::OfficeId;
use crate::place::{self, Place, PlaceId};
use crate::student::{self, Provenance, Student, StudentError, StudentId};
use crate::vault::{Purpose, Vault};
use crate::{execute, fetch_all, fetch_optional, id_type};

id_type!(
    /// One imported file.
    ImportId
);

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum State {
    Applied,
    DryRun,
    /// Kept aside for a person.
    Parked,
    Refused,
}

/// One file's part of `roster import --json`.
#[derive(Debug, Clone, Serialize)]
pub struct FileReport {
    pub file: String,
    pub import: Option<ImportId>,
    pub state: State,
    /// The place's code; null when rows name several.
    pub place: Option<String>,
    pub layout: Kind,
    /// Rows about somebody.
    pub rows: usize,
    pub accepted: usize,
    pub new: usize,
    pub changed: usize,
    pub unchanged: usize,
    pub rejected: usize,
    /// Students of the place whom the file no longer names.
    pub missing: usize,
    pub problems: Vec<Problem>,
}

/// A file after import.
#[derive(Debug)]
pub struct Imported {
    pub report: FileReport,
    /// Whoever is new or changed, so that their notices are looked at again.
    pub touched: Vec<StudentId>,
}

/// The office's side of an import.
#[derive(Debug, Clone, Copy)]
pub struct Into<'a> {
    pub clock: &'a Clock,
    pub vault: &'a Vault,
    pub office: OfficeId,
    pub today: NaiveDate,
    pub leap_day: LeapDayRule,
    pub actor: &'a str,
}

/// A file and where its students are, as far as the sender said.
#[derive(Debug)]
pub struct Incoming<'a> {
    pub name: &'a str,
    pub bytes: &'a [u8],
    pub reading: Reading,
    /// From `--place`, the inbox folder or the sender's account.
    pub place: Option<Place>,
    /// All rows or none.
    pub strict: bool,
}

/// Which place each row belongs to.
struct Places<'a> {
    all: &'a [Place],
    fixed: Option<&'a Place>,
    layout: &'a Layout,
}

impl<'a> Places<'a> {
    fn of(&self, row: &RosterRow) -> Result<&'a Place, String> {
        match (self.fixed, &row.npsn) {
            (Some(place), _) => Ok(place),
            (None, Some(npsn)) => self.all.iter().find(|place| place.code == *npsn).ok_or_else(|| {
                format!("no place has the code {npsn}; add it with `siap17 place import`, or import with --place")
            }),
            (None, None) => self.named_by_the_file(),
        }
    }

    /// The school that the rows above the header name, if exactly one in the register fits.
    fn named_by_the_file(&self) -> Result<&'a Place, String> {
        let preamble = &self.layout.preamble;
        let Some(school) = &preamble.school else {
            return Err("the file does not say which school it is from; import it with --place CODE".into());
        };
        let fits = |place: &&Place| {
            let near = |a: &str, b: &str| student::name_key(a) == student::name_key(b);
            let kecamatan = match (&place.kecamatan, &preamble.kecamatan) {
                (Some(ours), Some(theirs)) => near(ours, theirs),
                _ => true,
            };
            near(&place.name, school) && kecamatan
        };
        let mut found = self.all.iter().filter(fits);
        match (found.next(), found.next()) {
            (Some(place), None) => Ok(place),
            (Some(_), Some(_)) => {
                Err(format!("several places are named \"{school}\"; import the file with --place CODE"))
            }
            (None, _) => Err(format!(
                "no place is named \"{school}\"; import the file with --place CODE, or add the school with `siap17 place import`"
            )),
        }
    }
}

/// Imports a file that was read. Everything happens in `tx`: a dry run is the same work, not committed.
pub async fn import(tx: &mut Tx, to: Into<'_>, incoming: Incoming<'_>) -> Result<Imported, StudentError> {
    let Incoming { name, bytes, reading, place, strict } = incoming;
    let Reading { layout, rows, problems } = reading;
    let all = place::all(tx, to.office).await?;
    let places = Places { all: &all, fixed: place.as_ref(), layout: &layout };
    let hash = Sha256::digest(bytes).to_vec();
    let mut report = FileReport {
        file: name.to_owned(),
        import: None,
        state: State::Applied,
        place: None,
        layout: layout.kind,
        rows: rows.len(),
        accepted: 0,
        new: 0,
        changed: 0,
        unchanged: 0,
        rejected: 0,
        missing: 0,
        problems,
    };
    let sorted = sort_by_place(&layout, rows, &places, &mut report);
    report.accepted = sorted.values().map(Vec::len).sum();
    report.rejected = report.rows - report.accepted;
    let only = match sorted.keys().collect::<Vec<_>>()[..] {
        [place] => all.iter().find(|one| one.id == *place),
        _ => place.as_ref(),
    };
    report.place = only.map(|place| place.code.clone());
    if report.accepted == 0 || (strict && report.rejected > 0) {
        report.state = State::Refused;
        return Ok(Imported { report, touched: Vec::new() });
    }
    let id = ImportId::new(to.clock);
    report.import = Some(id);
    let again = applied_before(tx, to.office, &hash).await?;
    insert_import(tx, to, id, only.map(|place| place.id), name, &hash, &layout).await?;
    let mut work = Work { tx, to, id, layout: &layout, again, report: &mut report, touched: Vec::new() };
    for (place, rows) in sorted {
        work.place(place, rows).await?;
    }
    let touched = work.touched;
    report.problems.sort_by_key(|problem| problem.row);
    finish_import(tx, id, &report).await?;
    Ok(Imported { report, touched })
}

/// Puts each accepted row with its place; one whose place is not known is rejected.
fn sort_by_place(
    layout: &Layout,
    rows: Vec<Checked>,
    places: &Places<'_>,
    report: &mut FileReport,
) -> BTreeMap<PlaceId, Vec<RosterRow>> {
    let mut sorted: BTreeMap<PlaceId, Vec<RosterRow>> = BTreeMap::new();
    let mut told = false;
    for checked in rows {
        report.problems.extend(checked.problems);
        let Some(student) = checked.student else { continue };
        match places.of(&student) {
            Ok(place) => sorted.entry(place.id).or_default().push(student),
            Err(why) => {
                // Where the file as a whole has no place, saying so once is enough.
                if student.npsn.is_some() || !told {
                    let row = if student.npsn.is_some() { student.row } else { layout.header_row };
                    report.problems.push(problem(layout, Field::Npsn, row, Code::PlaceUnknown, &why));
                    told = true;
                }
            }
        }
    }
    sorted
}

struct Work<'a> {
    tx: &'a mut Tx,
    to: Into<'a>,
    id: ImportId,
    layout: &'a Layout,
    /// The very same file was applied before: whatever differs now was changed by somebody since.
    again: bool,
    report: &'a mut FileReport,
    touched: Vec<StudentId>,
}

impl Work<'_> {
    async fn place(&mut self, place: PlaceId, rows: Vec<RosterRow>) -> Result<(), StudentError> {
        let students = student::all(self.tx, self.to.office).await?;
        let known = Known::new(students, listed_before(self.tx, place).await?);
        let mut seen: HashSet<StudentId> = HashSet::new();
        for row in rows {
            let index = row.nik.as_ref().map(|nik| self.to.vault.blind_index(Purpose::Nik, nik.digits()));
            let matched = known.find(&row, index.as_deref(), place);
            for (field, code, advice) in matched.doubts {
                self.report.problems.push(problem(self.layout, field, row.row, code, advice));
            }
            let Match::Same(at) = matched.who else {
                self.add(place, &row, matched.without_nik).await?;
                continue;
            };
            let Some(student) = known.get(at) else { continue };
            if !seen.insert(student.id) {
                let advice = "this row means a student whom an earlier row of this file means too; it was passed over";
                self.report.problems.push(problem(self.layout, Field::Name, row.row, Code::PossibleDuplicate, advice));
                self.report.unchanged += 1;
                continue;
            }
            let stays = self.again || known.is_elsewhere(student, place);
            self.known(place, student, &row, matched.without_nik, stays).await?;
        }
        if !self.layout.leavers {
            self.report.missing += known.missing(place, &seen);
        }
        Ok(())
    }

    async fn add(&mut self, place: PlaceId, row: &RosterRow, without_nik: bool) -> Result<(), StudentError> {
        let Into { clock, vault, office, today, leap_day, .. } = self.to;
        let particulars = changes::merged(None, row, place, without_nik);
        let recorded = student::first_recorded_state(row.birth_date, today, leap_day);
        let provenance = Provenance { import: self.id.0, row: number(row.row) };
        let id = match student::revive(self.tx, vault, office, &particulars).await? {
            Some(id) => {
                student::write_particulars(self.tx, clock, vault, id, &particulars).await?;
                student::reopen(self.tx, clock, id).await?;
                student::forget_tombstones(self.tx, id).await?;
                student::set_recorded(self.tx, clock, id, recorded, None, None).await?;
                student::set_provenance(self.tx, id, provenance).await?;
                id
            }
            None => student::insert(self.tx, clock, vault, office, &particulars, recorded, Some(provenance)).await?,
        };
        self.leaves(id, row).await?;
        self.report.new += 1;
        self.touched.push(id);
        self.write(row.row, place, id, undo::ADDED, None).await
    }

    async fn known(
        &mut self,
        place: PlaceId,
        student: &Student,
        row: &RosterRow,
        without_nik: bool,
        stays: bool,
    ) -> Result<(), StudentError> {
        let Into { clock, vault, .. } = self.to;
        let before = student::particulars(vault, student)?;
        let after = changes::merged(Some(&before), row, place, without_nik);
        let leaves = row.left.is_some() && !student.left_school;
        let returns = row.left.is_none() && student.left_school && student.place_id != Some(place);
        if stays || (before == after && !leaves && !returns) {
            self.report.unchanged += 1;
            return Ok(write_change(self.tx, self.id, row.row, place, student.id, undo::SAME, None, None).await?);
        }
        student::write_particulars(self.tx, clock, vault, student.id, &after).await?;
        if returns {
            // A new school lists them: they are reached there again.
            student::set_left_school(self.tx, clock, student.id, false).await?;
        }
        self.leaves(student.id, row).await?;
        self.report.changed += 1;
        self.touched.push(student.id);
        let facts = student::snapshot(student);
        self.write(row.row, place, student.id, undo::CHANGED, Some(&facts)).await
    }

    /// Notes a change with what was there before and what it came to.
    async fn write(
        &mut self,
        row: u32,
        place: PlaceId,
        id: StudentId,
        change: &str,
        before: Option<&str>,
    ) -> Result<(), StudentError> {
        let after = student::load(self.tx, id).await?.map(|student| undo::hash(&student));
        Ok(write_change(self.tx, self.id, row, place, id, change, before, after).await?)
    }

    /// A leavers' list hands the student over to the village list.
    async fn leaves(&mut self, id: StudentId, row: &RosterRow) -> Result<(), DbError> {
        let Some(left) = &row.left else { return Ok(()) };
        student::set_left_school(self.tx, self.to.clock, id, true).await?;
        if let Some(reason) = changes::closing_reason(left.reason.as_deref()) {
            let on = left.on.unwrap_or(self.to.today);
            student::close(self.tx, self.to.clock, id, reason, on).await?;
        }
        Ok(())
    }
}

fn number(row: u32) -> i32 {
    i32::try_from(row).unwrap_or(i32::MAX)
}

/// Whether this very file was applied before and still stands.
async fn applied_before(tx: &mut Tx, office: OfficeId, hash: &[u8]) -> Result<bool, DbError> {
    let row = fetch_optional!(
        tx,
        (ImportId,),
        "SELECT id FROM roster_import WHERE office_id = $1 AND file_hash = $2 AND state = $3 AND undone_at IS NULL LIMIT 1",
        office,
        hash,
        State::Applied,
    )?;
    Ok(row.is_some())
}

/// Everyone whom a list of `place` has named.
async fn listed_before(tx: &mut Tx, place: PlaceId) -> Result<HashSet<StudentId>, DbError> {
    let rows = fetch_all!(
        tx,
        (StudentId,),
        "SELECT DISTINCT c.student_id FROM roster_change c JOIN roster_import i ON i.id = c.import_id
         WHERE c.place_id = $1 AND c.student_id IS NOT NULL AND i.undone_at IS NULL",
        place,
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

async fn insert_import(
    tx: &mut Tx,
    to: Into<'_>,
    id: ImportId,
    place: Option<PlaceId>,
    name: &str,
    hash: &[u8],
    layout: &Layout,
) -> Result<(), DbError> {
    let kind = match layout.kind {
        Kind::Dapodik => "dapodik",
        Kind::Emis => "emis",
        Kind::Csv => "csv",
    };
    execute!(
        tx,
        "INSERT INTO roster_import (id, office_id, place_id, file_name, file_hash, layout, state, report, actor, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, '', $8, $9)",
        id,
        to.office,
        place,
        name,
        hash,
        kind,
        State::Applied,
        to.actor,
        to.clock.now(),
    )?;
    Ok(())
}

async fn finish_import(tx: &mut Tx, id: ImportId, report: &FileReport) -> Result<(), DbError> {
    let text = serde_json::to_string(report).unwrap_or_default();
    execute!(tx, "UPDATE roster_import SET report = $2 WHERE id = $1", id, text)?;
    Ok(())
}

#[expect(clippy::too_many_arguments, reason = "the columns of one row")]
async fn write_change(
    tx: &mut Tx,
    import: ImportId,
    row: u32,
    place: PlaceId,
    student: StudentId,
    change: &str,
    before: Option<&str>,
    after: Option<Vec<u8>>,
) -> Result<(), DbError> {
    execute!(
        tx,
        "INSERT INTO roster_change (import_id, row_number, place_id, student_id, change, before_facts, after_hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        import,
        number(row),
        place,
        student,
        change,
        before,
        after,
    )?;
    Ok(())
}

/// A line of `roster list`.
#[derive(Debug, Clone, sqlx::FromRow, Serialize)]
pub struct Listed {
    pub id: ImportId,
    pub file: String,
    pub state: State,
    pub layout: Option<String>,
    pub place: Option<String>,
    pub actor: String,
    pub created_at: chrono::DateTime<chrono::Utc>,
    pub undone_at: Option<chrono::DateTime<chrono::Utc>>,
    #[serde(skip)]
    pub report: String,
}

/// Imports, newest first: at most `limit` after the import `after`.
pub async fn list(tx: &mut Tx, office: OfficeId, after: Option<ImportId>, limit: i64) -> Result<Vec<Listed>, DbError> {
    fetch_all!(
        tx,
        Listed,
        "SELECT i.id, i.file_name AS file, i.state, i.layout, p.code AS place, i.actor, i.created_at, i.undone_at, i.report
         FROM roster_import i LEFT JOIN place p ON p.id = i.place_id
         WHERE i.office_id = $1
             AND ($2 IS NULL OR (i.created_at, i.id) < (SELECT a.created_at, a.id FROM roster_import a WHERE a.id = $2))
         ORDER BY i.created_at DESC, i.id DESC LIMIT $3",
        office,
        after,
        limit,
    )
}
