//! One batch of rows against the database: who is meant is looked up with a few statements, decided purely, and what is to be
//! written is gathered.

use std::collections::{HashMap, HashSet};

use super::changes::{self, Change};
use super::gate::Share;
use super::incoming::{Placed, Sealed, Target};
use super::matching::{Claim, FoundBy, Known, Match, Matched, is_same_name};
use super::places::Places;
use super::proposal::{Asked, Kind, Proposed};
use super::report::FileReport;
use super::writer::Work;
use super::{facts, lookup};
use crate::clock::Clock;
use crate::db::{Engine, Tx};
use crate::place::PlaceId;
use crate::roster::ids::{ImportId, RowOutcome};
use crate::roster::parse::check::{Numbers, RosterRow, problem};
use crate::roster::parse::field::Field;
use crate::roster::parse::layout::Layouts;
use crate::roster::parse::line::Line;
use crate::roster::parse::problem::{Code, Problem};
use crate::student::{self, ClosedReason, LockedTable, Source, Student, StudentError, StudentId};
use crate::vault::VaultError;

const CLOSED_ADVICE: &str = "our records say that this student has died or moved away for good, so nobody writes to them; tell the \
                             office if that is wrong (`siap17 student set ID closed no`)";

/// Students who came with this import and whom another of its rows may mean, too: the database that is looked at does not
/// have them yet.
#[derive(Default)]
pub(super) struct Repeats {
    by_nisn: HashMap<u64, Vec<Student>>,
    by_person: HashMap<u64, Vec<Student>>,
    /// Which row meant a student first, and the class that it says.
    earlier: HashMap<StudentId, (Line, Option<String>)>,
}

impl Repeats {
    fn add(&mut self, numbers: Numbers, student: &Student) {
        if let Some(number) = numbers.nisn {
            self.by_nisn.entry(number).or_default().push(student.clone());
        }
        if let Some(number) = numbers.person {
            self.by_person.entry(number).or_default().push(student.clone());
        }
    }

    fn note(&mut self, student: &Student, row: &RosterRow) {
        self.earlier.entry(student.id).or_insert_with(|| (row.row, row.class_name.clone()));
    }

    fn of(&self, numbers: Numbers) -> impl Iterator<Item = &Student> {
        let same_nisn = numbers.nisn.and_then(|number| self.by_nisn.get(&number));
        let same_person = numbers.person.and_then(|number| self.by_person.get(&number));
        same_nisn.into_iter().chain(same_person).flatten()
    }
}

/// What is to be written of a batch.
#[derive(Default)]
struct Writes {
    new: Vec<Student>,
    /// Known ones, and those who come again.
    students: Vec<Student>,
    revived: Vec<StudentId>,
    changes: Vec<Change>,
    proposed: Vec<Proposed>,
}

impl Writes {
    fn ready(self, table: LockedTable, engine: Engine, clock: &Clock, import: ImportId) -> Vec<Work> {
        let now = clock.now();
        let mut statements = student::adding(engine, &self.new);
        statements.extend(student::saving(table, engine, now, &self.students));
        statements.extend(changes::writing(engine, import, &self.changes));
        let mut work: Vec<Work> = statements.into_iter().map(Work::Statement).collect();
        if !self.revived.is_empty() {
            work.push(Work::Revived(self.revived));
        }
        if !self.proposed.is_empty() {
            work.push(Work::Proposed(self.proposed));
        }
        work
    }
}

/// A row, the place whose list it is from, and whom it means.
struct Found<'r> {
    place: PlaceId,
    row: &'r RosterRow,
    matched: &'r Matched,
}

/// What an import knows and has counted so far, from batch to batch.
pub(super) struct Applier<'a> {
    pub to: Target<'a>,
    pub id: ImportId,
    /// Nobody else writes students.
    pub table: LockedTable,
    pub layouts: &'a Layouts,
    pub places: Places,
    /// The very same file was applied before: whatever differs now was changed by somebody since.
    pub again: bool,
    /// Whether anybody came with an import that was undone, and may come again.
    pub has_tombstones: bool,
    pub report: FileReport,
    /// Whom the file's rows meant so far, but for those who came new and stand on one row only.
    pub seen: HashSet<StudentId>,
    pub shares: HashMap<PlaceId, Share>,
    pub changed: Vec<StudentId>,
    /// The first and the last of those who came new.
    pub new: Option<(StudentId, StudentId)>,
    pub repeats: Repeats,
    /// What earlier lists left open, and what of it this one answers.
    pub asked: Asked,
    pub answered: Vec<(StudentId, Kind)>,
}

impl Applier<'_> {
    /// Matches one batch of accepted rows and gives what is to be written of it. `read` sees what was there before the import.
    pub(super) async fn apply(&mut self, read: &mut Tx, rows: Vec<Placed>) -> Result<Vec<Work>, StudentError> {
        // Everything is looked up before the first row is decided: a statement for each row would cost a round trip for each,
        // and the writer works on the batch before meanwhile, so that `read` must not need what it writes.
        lookup::count_known(read, &mut self.shares, &rows).await?;
        let known = lookup::candidates(read, self.to.office, &self.shares, &rows).await?;
        let revivable =
            if self.has_tombstones { lookup::revivable(read, self.to, &rows).await? } else { HashMap::new() };
        let listed = lookup::listed_before(read, self.id, &self.shares, &known).await?;
        let writes = self.decide(rows, known, &revivable, &listed)?;
        Ok(writes.ready(self.table, read.engine(), self.to.clock, self.id))
    }

    /// A problem in one of the file's rows.
    pub(super) fn problem(&self, field: Field, line: Line, code: Code, advice: &str) -> Problem {
        problem(self.layouts.of(line), field, line.row(), code, advice)
    }

    /// What each row does. `listed` names whom which places have listed before.
    fn decide(
        &mut self,
        rows: Vec<Placed>,
        mut known: Known,
        revivable: &HashMap<i32, StudentId>,
        listed: &HashSet<(PlaceId, StudentId)>,
    ) -> Result<Writes, VaultError> {
        let mut writes = Writes::default();
        for Placed { place, row, sealed, numbers, is_repeated, dates_differ } in rows {
            // Whoever came with an earlier row is not in the database that was looked at. Remembering all of a million would
            // cost their memory, so that only those are whose numbers the census saw on several rows.
            if is_repeated {
                self.repeats.of(numbers).for_each(|student| known.add(student.clone()));
            }
            let matched = known.find(&row, sealed.nik_index.as_deref(), place, &self.seen);
            self.tell_doubts(&row, &matched, &known);
            let share = self.shares.entry(place).or_default();
            share.rows += 1;
            share.with_nik += usize::from(numbers.nik.is_some());
            share.nik_dates_differ += usize::from(dates_differ);
            let found = Found { place, row: &row, matched: &matched };
            match matched.who {
                Match::Again(_) => self.report.unchanged += 1,
                Match::New => {
                    let id = revivable.get(&row.row.number()).copied().filter(|id| !self.seen.contains(id));
                    let student = self.add(id, &found, sealed, &mut writes)?;
                    if is_repeated || id.is_some() {
                        self.seen.insert(student.id);
                    }
                    if is_repeated {
                        self.repeats.add(numbers, &student);
                        self.repeats.note(&student, &row);
                    }
                    if id.is_none() { writes.new.push(student) } else { writes.students.push(student) }
                }
                Match::Same(at, by) => {
                    let Some(student) = known.get(at).cloned() else { continue };
                    self.seen.insert(student.id);
                    if is_repeated {
                        self.repeats.note(&student, &row);
                    }
                    self.meet(student, by, &found, sealed, listed, &mut writes)?;
                }
            }
        }
        Ok(writes)
    }

    fn tell_doubts(&mut self, row: &RosterRow, matched: &Matched, known: &Known) {
        let again = match matched.who {
            Match::Again(at) => known.get(at).and_then(|student| self.told_again(student, row)),
            _ => None,
        };
        for (field, code, advice) in &matched.doubts {
            let advice = again.as_deref().filter(|_| *code == Code::PossibleDuplicate).unwrap_or(advice);
            self.report.tell(self.problem(*field, row.row, *code, advice));
        }
    }

    /// What a row has otherwise than the earlier one that means the same student.
    fn told_again(&self, student: &Student, row: &RosterRow) -> Option<String> {
        let (earlier, class) = self.repeats.earlier.get(&student.id)?;
        let mut advice = format!(
            "the same student stands in row {} already, so that this row was passed over; delete one of the two",
            self.layouts.named_beside(*earlier, row.row)
        );
        if let (Some(class), Some(here)) = (class, &row.class_name)
            && class != here
        {
            advice += &format!("; the class is {class} there, which was taken, and {here} here: keep the right one");
        }
        if row.nik.is_some() && student.nik_index.is_none() {
            advice += "; only this row has a NIK, which was not taken: write it in the other";
        }
        Some(advice)
    }

    /// Adds somebody whom nobody knew, to be written later; `revived` is the ID of whoever came with an
    /// import that was undone.
    fn add(
        &mut self,
        revived: Option<StudentId>,
        found: &Found<'_>,
        sealed: Sealed,
        writes: &mut Writes,
    ) -> Result<Student, VaultError> {
        let Found { place, row, matched } = *found;
        if row.nik_is_masked {
            self.tell_unknown_mask(row);
        }
        let student = self.new_student(revived, found, sealed)?;
        self.count_contradiction(place, matched, false);
        writes.revived.extend(revived);
        self.report.new += 1;
        if revived.is_some() {
            // The row in `student` is from long ago, so that it cannot stand for the history's entry as a new one's does.
            self.changed.push(student.id);
            writes.changes.push(Change {
                row: row.row.number(),
                place,
                student: student.id,
                outcome: RowOutcome::New,
                matched_by: None,
                fields: None,
                before: None,
                after: Some(student::fingerprint(&student)),
            });
        } else {
            let (first, last) = self.new.unwrap_or((student.id, student.id));
            self.new = Some((first.min(student.id), last.max(student.id)));
        }
        self.claim(&student, row, matched, writes);
        Ok(student)
    }

    fn new_student(
        &self,
        revived: Option<StudentId>,
        found: &Found<'_>,
        sealed: Sealed,
    ) -> Result<Student, VaultError> {
        let Found { place, row, matched } = *found;
        let to = self.to;
        let id = revived.unwrap_or_else(|| StudentId::new(to.clock));
        let recorded = student::first_recorded_state(row.birth_date, to.today, to.leap_day);
        let mut student = Student::unknown(id, to.office, row.birth_date, recorded, to.clock.now());
        student.import_id = Some(self.id.0);
        student.import_row = Some(row.row.number());
        facts::fill(to.vault, &mut student, place, row, sealed, matched)?;
        facts::leave(&mut student, row, to.today);
        Ok(student)
    }

    /// A row about somebody known.
    fn meet(
        &mut self,
        before: Student,
        by: FoundBy,
        found: &Found<'_>,
        sealed: Sealed,
        listed: &HashSet<(PlaceId, StudentId)>,
        writes: &mut Writes,
    ) -> Result<(), VaultError> {
        let Found { place, row, matched } = *found;
        if row.nik_is_masked && before.nik_sealed.is_none() {
            self.tell_unknown_mask(row);
        }
        self.count_contradiction(place, matched, !is_same_name(&before.name, &row.name));
        // An older list's question is about what is on record, so it is answered by what that is before this row changes it.
        if !self.again {
            self.answer(&before, row, sealed.nik_index.as_deref());
        }
        self.count_share(&before, place, row);
        let mut after = before.clone();
        let mut fields = Vec::new();
        let mut is_changed = false;
        if !self.stays(&before, found, listed) {
            fields = facts::fill(self.to.vault, &mut after, place, row, sealed, matched)?;
            if row.left.is_none() && before.left_school && self.places.is_school(place) {
                // A school lists them: they are reached there again.
                after.left_school = false;
                is_changed = true;
            }
            is_changed |= facts::leave(&mut after, row, self.to.today) || !fields.is_empty();
        }
        let mut change = Change {
            row: row.row.number(),
            place,
            student: before.id,
            outcome: RowOutcome::Unchanged,
            matched_by: Some(by.to_string()),
            fields: None,
            before: None,
            after: None,
        };
        if is_changed {
            self.note_sources(&mut after, row, &fields);
            change.outcome = RowOutcome::Changed;
            change.fields = Some(fields.join(","));
            change.before = Some(student::snapshot(&before));
            // Taken last: undoing compares it with what is on record then, the sources included.
            change.after = Some(student::fingerprint(&after));
            self.report.changed += 1;
            self.report.moved += usize::from(before.place_id.is_some_and(|at| at != place));
            self.changed.push(before.id);
            writes.students.push(after);
        } else {
            self.report.unchanged += 1;
        }
        // Rows that change nothing are written, too: by them is known whom a place's list names.
        writes.changes.push(change);
        self.claim(&before, row, matched, writes);
        Ok(())
    }

    /// Whether a row changes nothing of somebody known. Tells the sender where the row and the records are at odds.
    fn stays(&mut self, before: &Student, found: &Found<'_>, listed: &HashSet<(PlaceId, StudentId)>) -> bool {
        let Found { place, row, matched } = *found;
        let is_elsewhere = before.place_id.is_some_and(|at| at != place);
        let is_at_school = before.place_id.is_some_and(|at| self.places.is_school(at));
        // A list of youths out of school does not take away whom a school lists.
        let stays_at_school = is_elsewhere && !self.places.is_school(place) && !before.left_school && is_at_school;
        // What an old school says of whoever has gone elsewhere since is old news.
        let is_old_news = is_elsewhere && row.left.is_some();
        // Of two schools whose lists both name a child, the one that named them last keeps them until it lets them go.
        let is_let_go = before.left_school || self.asked.has(before.id, Kind::LeftSchool);
        let is_claimed_by_both = is_elsewhere && !is_let_go && listed.contains(&(place, before.id));
        if row.left.is_none() && self.places.is_school(place) {
            if !is_claimed_by_both && self.asked.has(before.id, Kind::LeftSchool) {
                self.answered.push((before.id, Kind::LeftSchool));
            }
            if matches!(before.closed_reason, Some(ClosedReason::Died | ClosedReason::Moved)) {
                self.report.tell(self.problem(Field::Name, row.row, Code::ListedThoughClosed, CLOSED_ADVICE));
            }
        }
        if is_claimed_by_both && !self.again && !stays_at_school && row.left.is_none() {
            self.tell_claimed_by_both(row, before);
        }
        // Nobody goes to another school under a name that is not theirs.
        let is_doubtful = matched.is_doubtful || (matched.keeps_name && is_elsewhere);
        self.again || is_doubtful || stays_at_school || is_old_news || is_claimed_by_both
    }

    /// Counts for the gate whether the row's student is one of the place that sent the list.
    fn count_share(&mut self, before: &Student, place: PlaceId, row: &RosterRow) {
        let share = self.shares.entry(place).or_default();
        match before.place_id.filter(|at| *at != place) {
            None => share.here += 1,
            Some(at) => {
                // Whoever moves up to the next school takes a class along that no list had before.
                let grade = row.grade.map(i32::from);
                let moved_up = grade.is_some_and(|grade| before.grade.is_some_and(|known| grade > known));
                if !moved_up {
                    *share.elsewhere.entry(at).or_default() += 1;
                }
            }
        }
    }

    fn count_contradiction(&mut self, place: PlaceId, matched: &Matched, is_renamed: bool) {
        let share = self.shares.entry(place).or_default();
        share.contradicting += usize::from(is_renamed || !matched.claims.is_empty());
    }

    /// A masked NIK stands for the one that we hold; here we hold none.
    fn tell_unknown_mask(&mut self, row: &RosterRow) {
        let advice = "the NIK is masked, and we do not know it; copy it from the family card (KK)";
        self.report.tell(self.problem(Field::Nik, row.row, Code::NikMissing, advice));
    }

    fn tell_claimed_by_both(&mut self, row: &RosterRow, student: &Student) {
        let other =
            student.place_id.and_then(|place| self.places.get(place)).map_or("another place", |place| &place.name);
        let advice = format!(
            "this student is on the list of {other}, too, and stays there; if they are here, {other} must send its list of \
             leavers (Daftar Peserta Didik Keluar), or the office moves them"
        );
        self.report.tell(self.problem(Field::Name, row.row, Code::ListedElsewhere, &advice));
    }

    /// Where the row has what is on record, an older list's other claim is no question any more.
    fn answer(&mut self, student: &Student, row: &RosterRow, nik_index: Option<&[u8]>) {
        let has_nik = nik_index.is_some() && student.nik_index.as_deref() == nik_index;
        let agrees = [
            (Kind::Nik, has_nik),
            (Kind::IdentityConflict, has_nik),
            (Kind::BirthDate, student.birth_date == row.birth_date),
            (Kind::Name, is_same_name(&student.name, &row.name)),
        ];
        let answered = agrees.into_iter().filter(|(kind, agrees)| *agrees && self.asked.has(student.id, *kind));
        self.answered.extend(answered.map(|(kind, _)| (student.id, kind)));
    }

    /// Notes where the changed `fields` came from.
    fn note_sources(&self, student: &mut Student, row: &RosterRow, fields: &[&'static str]) {
        let mut sources = student::Sources::of(student);
        for field in fields {
            let sheet = self.layouts.of(row.row).label();
            sources.set(field, Source::Import { import: self.id.0, sheet, row: row.row.row().cast_signed() });
        }
        student.sources = sources.text();
    }

    /// Notes what only a second person may let pass.
    fn claim(&self, student: &Student, row: &RosterRow, matched: &Matched, writes: &mut Writes) {
        for claim in &matched.claims {
            let nik = row.nik.as_ref().filter(|_| matches!(claim, Claim::Nik | Claim::HeldNik));
            writes.proposed.push(Proposed {
                row: row.row.number(),
                student: student.id,
                claim: *claim,
                old_nik_index: student.nik_index.clone(),
                old_birth_date: student.birth_date,
                old_name: student.name.clone(),
                nik_index: nik.map(|nik| student::nik_index(self.to.vault, self.to.office, nik)),
                nik: nik.cloned(),
                birth_date: (*claim == Claim::BirthDate).then_some(row.birth_date),
                name: (*claim == Claim::Name).then(|| row.name.clone()),
            });
        }
    }
}
