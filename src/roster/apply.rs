//! One batch of rows against the database: who is meant is looked up, and what changes is written, with a few statements each.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::changes::{Claim, Known, Match, Matched, closing_reason, is_same_name};
use super::check::{Numbers, RosterRow};
use super::field::Field;
use super::import::{ImportId, Sealed, Session};
use super::problem::Code;
use super::proposal::{Kind, Proposed};
use super::writer::Work;
use super::{history, undo};
use crate::clock::Clock;
use crate::db::{DbError, Engine, Tx};
use crate::place::PlaceId;
use crate::student::{self, ClosedReason, Source, Student, StudentError, StudentId, name_key};
use crate::vault::{Purpose, VaultError};

/// So many times over somebody may have been merged and is still found.
const MOST_MERGES: usize = 5;

const CLOSED_ADVICE: &str = "our records say that this student has died or moved away for good, so nobody writes to them; tell the \
                             office if that is wrong (`siap17 student set ID closed no`)";

/// An accepted row with its place.
pub(super) struct Placed {
    pub place: PlaceId,
    pub row: RosterRow,
    pub sealed: Sealed,
    pub numbers: Numbers,
    pub is_repeated: bool,
}

/// Students who came with this import and whom another of its rows may mean, too: the database that is looked at does not
/// have them yet.
#[derive(Default)]
pub(super) struct Repeats {
    by_nisn: HashMap<u64, Vec<Student>>,
    by_person: HashMap<u64, Vec<Student>>,
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
    changes: Vec<history::Change>,
    proposed: Vec<Proposed>,
}

impl Writes {
    fn ready(self, engine: Engine, clock: &Clock, import: ImportId) -> Vec<Work> {
        let now = clock.now();
        let mut statements = student::adding(engine, &self.new);
        statements.extend(student::saving(engine, now, &self.students));
        statements.extend(history::writing(engine, import, &self.changes));
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

impl Session<'_> {
    /// Matches one batch of accepted rows and gives what is to be written of it. `read` sees what was there before the import.
    pub(super) async fn apply(&mut self, read: &mut Tx, rows: Vec<Placed>) -> Result<Vec<Work>, StudentError> {
        self.count_known(read, &rows).await?;
        let known = self.candidates(read, &rows).await?;
        let revivable = self.revivable(read, &rows).await?;
        let elsewhere = self.listed_before(read, &known).await?;
        let writes = self.decide(rows, known, &revivable, &elsewhere)?;
        Ok(writes.ready(read.engine(), self.to.clock, self.id))
    }

    /// What each row does.
    fn decide(
        &mut self,
        rows: Vec<Placed>,
        mut known: Known,
        revivable: &HashMap<i32, StudentId>,
        elsewhere: &HashSet<(PlaceId, StudentId)>,
    ) -> Result<Writes, VaultError> {
        let mut writes = Writes::default();
        for Placed { place, row, sealed, numbers, is_repeated } in rows {
            if is_repeated {
                self.repeats.of(numbers).for_each(|student| known.add(student.clone()));
            }
            let matched = known.find(&row, sealed.nik_index.as_deref(), place, &self.seen);
            for (field, code, advice) in &matched.doubts {
                self.report.tell(self.problem(*field, row.row, *code, advice));
            }
            let share = self.shares.entry(place).or_default();
            share.rows += 1;
            match matched.who {
                Match::Again => self.report.unchanged += 1,
                Match::New => {
                    if row.nik_is_masked {
                        self.tell_unknown_mask(&row);
                    }
                    let id = revivable.get(&row.row.number()).copied().filter(|id| !self.seen.contains(id));
                    let student = self.new_student(id, place, &row, sealed, &matched)?;
                    share_of_claims(self, place, &matched, false);
                    writes.revived.extend(id);
                    self.note_new(&student, id.is_some(), place, &mut writes);
                    self.claim(&student, &row, &matched, &mut writes);
                    if is_repeated || id.is_some() {
                        self.seen.insert(student.id);
                    }
                    if is_repeated {
                        self.repeats.add(numbers, &student);
                    }
                    if id.is_none() { writes.new.push(student) } else { writes.students.push(student) }
                }
                Match::Same(at, _) => {
                    let Some(student) = known.get(at).cloned() else { continue };
                    if row.nik_is_masked && student.nik_sealed.is_none() {
                        self.tell_unknown_mask(&row);
                    }
                    let renamed = !is_same_name(&student.name, &row.name);
                    share_of_claims(self, place, &matched, renamed);
                    self.seen.insert(student.id);
                    self.known_student(student, place, &row, sealed, &matched, elsewhere, &mut writes)?;
                }
            }
        }
        Ok(writes)
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

    /// Counts the open students of places that the file names for the first time.
    async fn count_known(&mut self, tx: &mut Tx, rows: &[Placed]) -> Result<(), DbError> {
        let places: HashSet<PlaceId> = rows.iter().map(|one| one.place).collect();
        for place in places {
            if let std::collections::hash_map::Entry::Vacant(entry) = self.shares.entry(place) {
                let (known, ever) = student::count_at(tx, place).await?;
                entry.insert(super::gate::Share { known, has_students: ever > 0, ..Default::default() });
            }
        }
        Ok(())
    }

    /// Whoever the rows may mean, looked up from the surest name to the least sure one, each only where the one before did not do.
    async fn candidates(&self, tx: &mut Tx, rows: &[Placed]) -> Result<Known, DbError> {
        let office = self.to.office;
        let mut known = Known::default();
        let niks: Vec<&[u8]> = rows.iter().filter_map(|one| one.sealed.nik_index.as_deref()).collect();
        for student in student::with_niks(tx, &niks).await? {
            known.add(student);
        }
        let open: Vec<&Placed> = rows
            .iter()
            .filter(|one| !one.sealed.nik_index.as_ref().is_some_and(|index| known.is_settled_by_nik(&one.row, index)))
            .collect();
        let nisns: Vec<&str> = open.iter().filter_map(|one| one.row.nisn.as_deref()).collect();
        let mut found = student::with_nisns(tx, office, &nisns).await?;
        let mut days: BTreeMap<PlaceId, Vec<chrono::NaiveDate>> = BTreeMap::new();
        for one in open.iter().filter(|one| self.shares.get(&one.place).is_none_or(|share| share.has_students)) {
            days.entry(one.place).or_default().push(one.row.birth_date);
        }
        for (place, mut days) in days {
            days.sort_unstable();
            days.dedup();
            found.extend(student::born_at(tx, place, &days).await?);
        }
        let keys: Vec<String> = open.iter().map(|one| name_key(&one.row.name)).collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        found.extend(student::with_names(tx, office, &keys).await?);
        for student in found {
            known.add(student);
        }
        // Who was kept may have been merged, too.
        for _ in 0..MOST_MERGES {
            let kept = known.kept_elsewhere();
            if kept.is_empty() {
                break;
            }
            for student in student::with_ids(tx, &kept).await? {
                known.add(student);
            }
        }
        Ok(known)
    }

    /// Rows whose person came with an import that was undone: they get their ID back.
    async fn revivable(&self, tx: &mut Tx, rows: &[Placed]) -> Result<HashMap<i32, StudentId>, StudentError> {
        if !self.has_tombstones {
            return Ok(HashMap::new());
        }
        let named: Vec<(i32, Vec<Vec<u8>>)> = rows
            .iter()
            .map(|Placed { place, row, .. }| {
                let nik = row.nik.as_ref().map(crate::nik::Nik::digits);
                let person = student::TombstoneKey {
                    nik,
                    nisn: row.nisn.as_deref(),
                    name: &row.name,
                    born: row.birth_date,
                    place: Some(*place),
                };
                (row.row.number(), person.keys(self.to.vault, self.to.office))
            })
            .collect();
        Ok(student::revivable(tx, &named).await?)
    }

    /// Which candidates another place than theirs has listed: a list that names them again says nothing new about where
    /// they are.
    async fn listed_before(&self, tx: &mut Tx, known: &Known) -> Result<HashSet<(PlaceId, StudentId)>, DbError> {
        let ids: Vec<StudentId> = known.all().filter(|one| !self.is_at_named_place(one)).map(|one| one.id).collect();
        history::listed(tx, self.id, &ids).await
    }

    fn is_at_named_place(&self, student: &Student) -> bool {
        self.shares.len() == 1 && student.place_id.is_some_and(|place| self.shares.contains_key(&place))
    }

    fn new_student(
        &mut self,
        revived: Option<StudentId>,
        place: PlaceId,
        row: &RosterRow,
        sealed: Sealed,
        matched: &Matched,
    ) -> Result<Student, VaultError> {
        let to = self.to;
        let id = revived.unwrap_or_else(|| StudentId::new(to.clock));
        let recorded = student::first_recorded_state(row.birth_date, to.today, to.leap_day);
        let mut student = Student::unknown(id, to.office, row.birth_date, recorded, to.clock.now());
        student.import_id = Some(self.id.0);
        student.import_row = Some(row.row.number());
        self.fill(&mut student, place, row, sealed, matched)?;
        self.leaves(&mut student, row);
        Ok(student)
    }

    /// Whoever is added is the history's entry, too; whoever comes again has a row from long ago.
    fn note_new(&mut self, student: &Student, revived: bool, place: PlaceId, writes: &mut Writes) {
        self.report.new += 1;
        if !revived {
            let (first, last) = self.new.unwrap_or((student.id, student.id));
            self.new = Some((first.min(student.id), last.max(student.id)));
            return;
        }
        self.changed.push(student.id);
        writes.changes.push(history::Change {
            row: student.import_row.unwrap_or_default(),
            place,
            student: student.id,
            change: undo::ADDED,
            matched_by: None,
            fields: None,
            before: None,
            after: Some(student::fingerprint(student)),
        });
    }

    #[expect(clippy::too_many_arguments, reason = "one row, whom it means, and where what follows is gathered")]
    fn known_student(
        &mut self,
        before: Student,
        place: PlaceId,
        row: &RosterRow,
        sealed: Sealed,
        matched: &Matched,
        elsewhere: &HashSet<(PlaceId, StudentId)>,
        writes: &mut Writes,
    ) -> Result<(), VaultError> {
        let is_elsewhere = before.place_id.is_some_and(|at| at != place);
        if !self.again {
            self.answer(&before, row, sealed.nik_index.as_deref());
        }
        let share = self.shares.entry(place).or_default();
        if is_elsewhere {
            // Whoever moves up to the next school takes a class along that no list had before.
            let moved_up = row.grade.is_some_and(|grade| before.grade.is_some_and(|known| i32::from(grade) > known));
            if let Some(at) = before.place_id.filter(|_| !moved_up) {
                *share.elsewhere.entry(at).or_default() += 1;
            }
        } else {
            share.here += 1;
        }
        // A list of youths out of school does not take away whom a school lists.
        let stays_at_school = is_elsewhere
            && !self.places.is_school(place)
            && !before.left_school
            && before.place_id.is_some_and(|at| self.places.is_school(at));
        // What an old school says of whoever has gone elsewhere since is old news.
        let is_old_news = is_elsewhere && row.left.is_some();
        // Of two schools whose lists both name a child, the one that named them last keeps them until it lets them go.
        let is_let_go = before.left_school || self.asked.has(before.id, Kind::LeftSchool);
        let is_claimed_by_both = is_elsewhere && !is_let_go && elsewhere.contains(&(place, before.id));
        if row.left.is_none() && self.places.is_school(place) {
            if !is_claimed_by_both && self.asked.has(before.id, Kind::LeftSchool) {
                self.answered.push((before.id, Kind::LeftSchool));
            }
            if matches!(before.closed_reason, Some(ClosedReason::Died | ClosedReason::Moved)) {
                self.report.tell(self.problem(Field::Name, row.row, Code::ListedThoughClosed, CLOSED_ADVICE));
            }
        }
        // Nobody goes to another school under a name that is not theirs.
        let is_doubtful = matched.is_doubtful || (matched.keeps_name && is_elsewhere);
        let stays = self.again || is_doubtful || stays_at_school || is_old_news || is_claimed_by_both;
        if is_claimed_by_both && !self.again && !stays_at_school && row.left.is_none() {
            self.tell_claimed_by_both(row, &before);
        }
        let mut after = before.clone();
        let fields = if stays { Vec::new() } else { self.fill(&mut after, place, row, sealed, matched)? };
        let mut changed = !fields.is_empty();
        if !stays {
            if row.left.is_none() && before.left_school && self.places.is_school(place) {
                // A school lists them: they are reached there again.
                after.left_school = false;
                changed = true;
            }
            changed |= self.leaves(&mut after, row);
        }
        let by = match matched.who {
            Match::Same(_, by) => Some(by.to_string()),
            _ => None,
        };
        let mut change = history::Change {
            row: row.row.number(),
            place,
            student: before.id,
            change: undo::SAME,
            matched_by: by,
            fields: None,
            before: None,
            after: None,
        };
        if changed {
            let mut sources = student::Sources::of(&after);
            for field in &fields {
                sources.set(field, self.source(row));
            }
            after.sources = sources.text();
            change.change = undo::CHANGED;
            change.fields = Some(fields.join(","));
            change.before = Some(student::snapshot(&before));
            change.after = Some(student::fingerprint(&after));
            self.report.changed += 1;
            self.report.moved += usize::from(is_elsewhere);
            self.changed.push(before.id);
            writes.students.push(after);
        } else {
            self.report.unchanged += 1;
        }
        writes.changes.push(change);
        self.claim(&before, row, matched, writes);
        Ok(())
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

    /// Where a field of the row came from.
    fn source(&self, row: &RosterRow) -> Source {
        let sheet = self.layouts.of(row.row).label();
        Source::Import { import: self.id.0, sheet, row: row.row.row().cast_signed() }
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

    /// The particulars after the row: what it says, over what is known; nothing is ever erased by an empty cell, and the
    /// birth date and NIK of a known student stay until a person settles them. Gives the fields that changed.
    fn fill(
        &self,
        student: &mut Student,
        place: PlaceId,
        row: &RosterRow,
        sealed: Sealed,
        matched: &Matched,
    ) -> Result<Vec<&'static str>, VaultError> {
        let vault = self.to.vault;
        let mut changed = Vec::new();
        fn put<T: PartialEq>(old: &mut Option<T>, new: Option<T>, name: &'static str, changed: &mut Vec<&'static str>) {
            if new.is_some() && *old != new {
                *old = new;
                changed.push(name);
            }
        }
        let padded = |value: Option<u16>| value.map(|value| format!("{value:03}"));
        put(&mut student.place_id, Some(place), "place", &mut changed);
        put(&mut student.nisn, row.nisn.clone(), "nisn", &mut changed);
        if student.name != row.name && !matched.keeps_name {
            student.name.clone_from(&row.name);
            changed.push("name");
        }
        put(&mut student.sex, row.sex, "sex", &mut changed);
        put(&mut student.birth_place, row.birth_place.clone(), "birth_place", &mut changed);
        put(&mut student.class_name, row.class_name.clone(), "class_name", &mut changed);
        put(&mut student.grade, row.grade.map(i32::from), "grade", &mut changed);
        put(&mut student.rt, padded(row.rt), "rt", &mut changed);
        put(&mut student.rw, padded(row.rw), "rw", &mut changed);
        put(&mut student.kelurahan, row.kelurahan.clone(), "kelurahan", &mut changed);
        put(&mut student.kecamatan, row.kecamatan.clone(), "kecamatan", &mut changed);
        if student.nik_sealed.is_none() && sealed.nik.is_some() && !matched.without_nik {
            student.nik_sealed = sealed.nik;
            student.nik_index = sealed.nik_index;
            changed.push("nik");
        }
        if let Some(phone) = &row.phone {
            let known = student.phone_sealed.as_deref().map(|sealed| vault.open_text(Purpose::Phone, sealed));
            if known.transpose()?.is_none_or(|known| *known != *phone) {
                student.phone_sealed = sealed.phone;
                changed.push("phone");
            }
        }
        Ok(changed)
    }

    /// A leavers' list hands the student over to the village list, and closes the case where its reason does.
    fn leaves(&self, student: &mut Student, row: &RosterRow) -> bool {
        let Some(left) = &row.left else { return false };
        let mut changed = !student.left_school;
        student.left_school = true;
        if student.closed_reason.is_none()
            && let Some(reason) = closing_reason(left.reason.as_deref())
        {
            student.closed_reason = Some(reason);
            student.closed_on = Some(left.on.unwrap_or(self.to.today));
            changed = true;
        }
        changed
    }
}

fn share_of_claims(session: &mut Session<'_>, place: PlaceId, matched: &Matched, renamed: bool) {
    let share = session.shares.entry(place).or_default();
    share.contradicting += usize::from(renamed || !matched.claims.is_empty());
}
