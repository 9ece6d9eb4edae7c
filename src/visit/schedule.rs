//! The visits and their lists, as the database keeps them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Deref;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use sqlx::FromRow;
use uuid::Uuid;

use super::{DayResult, VisitId, VisitState};
use crate::clock::{Clock, FIRST_DAY, LAST_DAY};
use crate::db::{DbError, Tx, run_all};
use crate::office::{self, OfficeId, TeamId, Turn};
use crate::place::PlaceId;
use crate::student::StudentId;
use crate::{execute, fetch_all, fetch_among, fetch_optional, insert_many};

/// A visit as stored.
#[derive(Debug, Clone, FromRow)]
pub struct Visit {
    pub id: VisitId,
    pub office_id: OfficeId,
    pub team_id: TeamId,
    pub place_id: PlaceId,
    pub visit_on: NaiveDate,
    pub day_order: i32,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub state: VisitState,
    /// Grows each time an announced visit moves, so that everybody is told of the new day once.
    pub revision: i32,
}

/// A visit that nobody else changes until the transaction ends. Visits are written by one of these, or by whoever has the
/// office's turn, and nothing but [`lock`] and [`add_announced`] makes one.
#[derive(Debug)]
pub struct LockedVisit(Visit);

impl Deref for LockedVisit {
    type Target = Visit;

    fn deref(&self) -> &Visit {
        &self.0
    }
}

/// A visit with its list.
#[derive(Debug, Clone)]
pub struct Entry {
    pub visit: Visit,
    pub students: Vec<StudentId>,
}

impl Entry {
    /// Whether the visit is the wanted one already, its list in any order.
    #[must_use]
    pub fn is_as(&self, slot: &Slot) -> bool {
        let visit = &self.visit;
        let times = (visit.day_order, visit.starts_at, visit.ends_at) == (slot.day_order, slot.starts_at, slot.ends_at);
        times && self.students.len() == slot.students.len() && {
            let known: HashSet<StudentId> = self.students.iter().copied().collect();
            slot.students.iter().all(|student| known.contains(student))
        }
    }
}

/// A visit that should exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    pub team_id: TeamId,
    pub place_id: PlaceId,
    pub visit_on: NaiveDate,
    pub day_order: i32,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub students: Vec<StudentId>,
}

/// What re-planning did to the proposed visits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Changes {
    pub added: usize,
    pub changed: usize,
    pub removed: usize,
    pub unchanged: usize,
}

impl Changes {
    #[must_use]
    pub fn any(&self) -> bool {
        self.added + self.changed + self.removed > 0
    }
}

/// A visit as people and scripts see it (`visit list`, `visit plan`).
#[derive(Debug, Clone, FromRow, Serialize)]
pub struct Listed {
    /// Null only in a dry run.
    pub id: Option<VisitId>,
    pub date: NaiveDate,
    pub team: String,
    #[serde(rename = "order")]
    pub day_order: i32,
    /// The place's code.
    pub place: String,
    pub place_name: String,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub state: VisitState,
    pub revision: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancel_reason: Option<String>,
    #[sqlx(skip)]
    pub students: Vec<OnList>,
}

/// A student on a visit's list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OnList {
    pub id: StudentId,
    pub nisn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<DayResult>,
}

/// Which visits to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub state: Option<VisitState>,
    pub place: Option<PlaceId>,
    /// Not before this day.
    pub from: Option<NaiveDate>,
    /// Not after this day.
    pub to: Option<NaiveDate>,
    /// Only what comes after this visit.
    pub after: Option<VisitId>,
    pub limit: i64,
}

const COLUMNS_OF_ONE: &str =
    "SELECT id, office_id, team_id, place_id, visit_on, day_order, starts_at, ends_at, state, revision
     FROM visit WHERE id = $1 AND office_id = $2";
const ACTIVE: &str = "SELECT id, office_id, team_id, place_id, visit_on, day_order, starts_at, ends_at, state, revision
     FROM visit WHERE office_id = $1 AND visit_on >= $2 AND state IN ('proposed', 'announced', 'confirmed')
     ORDER BY visit_on, team_id, starts_at, id";
const ACTIVE_LISTS: &str = "SELECT l.visit_id, l.student_id FROM visit_student l JOIN visit v ON v.id = l.visit_id
     WHERE v.office_id = $1 AND v.visit_on >= $2 AND v.state IN ('proposed', 'announced', 'confirmed')
     ORDER BY l.visit_id, l.student_id";
const PROPOSED_BEFORE: &str =
    "SELECT id FROM visit WHERE office_id = $1 AND state = 'proposed' AND visit_on < $2 ORDER BY id";
/// Visits as people see them, those that the rest of the statement picks.
macro_rules! listed {
    ($($rest:literal),+) => {
        concat!(
            "SELECT v.id, v.visit_on AS date, t.name AS team, v.day_order, p.code AS place, p.name AS place_name, v.starts_at,
                 v.ends_at, v.state, v.revision, v.cancel_reason
             FROM visit v JOIN team t ON t.id = v.team_id JOIN place p ON p.id = v.place_id WHERE ",
            $($rest),+
        )
    };
}

/// A page of the visits to a day, behind a day, hour and ID.
macro_rules! page {
    ($only:literal) => {
        listed!(
            $only,
            " AND v.visit_on <= $2 AND (v.visit_on, v.starts_at, v.id) > ($3, $4, $5)",
            " ORDER BY v.visit_on, v.starts_at, v.id LIMIT $6"
        )
    };
}

pub(crate) const PAGE: &str = page!("v.office_id = $1");
pub(crate) const PAGE_OF_STATE: &str = page!("v.office_id = $1 AND v.state = $7");
// The office is the place's: asked of the visit, it would lead SQLite through every visit of the office.
pub(crate) const PAGE_OF_PLACE: &str = page!("v.place_id = $8 AND p.office_id = $1 AND ($7 IS NULL OR v.state = $7)");
const SHOW: &str = listed!("v.office_id = $1 AND v.id = $2");
// Each student is looked up: of a page's few hundred PostgreSQL would rather join all students there are.
pub(crate) const LISTS: &str =
    "SELECT l.visit_id, l.student_id, (SELECT s.nisn FROM student s WHERE s.id = l.student_id) AS nisn, l.result
     FROM visit_student l WHERE l.visit_id";

/// The visit with this ID.
pub async fn load(tx: &mut Tx, office: OfficeId, id: VisitId) -> Result<Option<Visit>, DbError> {
    fetch_optional!(tx, Visit, COLUMNS_OF_ONE, id, office)
}

/// The visits with these IDs.
pub async fn some(tx: &mut Tx, office: OfficeId, ids: &[VisitId]) -> Result<Vec<Visit>, DbError> {
    fetch_among!(
        tx,
        Visit,
        "SELECT id, office_id, team_id, place_id, visit_on, day_order, starts_at, ends_at, state, revision
         FROM visit WHERE office_id = ",
        [(office, " AND id")],
        ids,
        ""
    )
}

/// The visit with this ID, locked: whoever has the office's turn has all its visits.
pub async fn lock(tx: &mut Tx, office: OfficeId, id: VisitId) -> Result<Option<LockedVisit>, DbError> {
    office::lock_office(tx, office).await?;
    Ok(load(tx, office, id).await?.map(LockedVisit))
}

/// Proposed and settled visits from `from` on, with their lists, in order of day, team and hour.
pub async fn active(tx: &mut Tx, office: OfficeId, from: NaiveDate) -> Result<Vec<Entry>, DbError> {
    let visits = fetch_all!(tx, Visit, ACTIVE, office, from)?;
    let mut lists: HashMap<VisitId, Vec<StudentId>> = HashMap::new();
    for (visit, student) in fetch_all!(tx, (VisitId, StudentId), ACTIVE_LISTS, office, from)? {
        lists.entry(visit).or_default().push(student);
    }
    Ok(visits.into_iter().map(|visit| Entry { students: lists.remove(&visit.id).unwrap_or_default(), visit }).collect())
}

/// Proposed and settled visits to some places from `from` on, in order of day, team and hour.
pub async fn active_at(
    tx: &mut Tx,
    office: OfficeId,
    places: &[PlaceId],
    from: NaiveDate,
) -> Result<Vec<Visit>, DbError> {
    fetch_among!(
        tx,
        Visit,
        "SELECT id, office_id, team_id, place_id, visit_on, day_order, starts_at, ends_at, state, revision
         FROM visit WHERE state IN ('proposed', 'announced', 'confirmed') AND office_id = ",
        [(office, " AND visit_on >= "), (from, " AND place_id")],
        places,
        " ORDER BY visit_on, team_id, starts_at, id"
    )
}

/// Whether any visit is proposed from `today` on.
pub async fn has_proposed(tx: &mut Tx, office: OfficeId, today: NaiveDate) -> Result<bool, DbError> {
    let found = fetch_optional!(
        tx,
        (VisitId,),
        "SELECT id FROM visit WHERE office_id = $1 AND state = $2 AND visit_on >= $3 LIMIT 1",
        office,
        VisitState::Proposed,
        today,
    )?;
    Ok(found.is_some())
}

/// One page of the visits that pass `filter`, by day and hour, with their lists.
pub async fn list(tx: &mut Tx, office: OfficeId, filter: &Filter) -> Result<Vec<Listed>, DbError> {
    let Filter { state, place, limit, .. } = *filter;
    let to = filter.to.unwrap_or(LAST_DAY);
    let mut behind = (filter.from.unwrap_or(FIRST_DAY), DateTime::UNIX_EPOCH, Uuid::nil());
    if let Some(after) = filter.after {
        let Some(visit) = load(&mut *tx, office, after).await? else { return Ok(Vec::new()) };
        behind = behind.max((visit.visit_on, visit.starts_at, after.0));
    }
    let (day, hour, id) = behind;
    // Each kind of page walks an index of its own, so that none reads what it does not show.
    let mut visits = match (place, state) {
        (Some(place), _) => {
            fetch_all!(&mut *tx, Listed, PAGE_OF_PLACE, office, to, day, hour, id, limit, state, place)?
        }
        (None, Some(state)) => fetch_all!(&mut *tx, Listed, PAGE_OF_STATE, office, to, day, hour, id, limit, state)?,
        (None, None) => fetch_all!(&mut *tx, Listed, PAGE, office, to, day, hour, id, limit)?,
    };
    let ids: Vec<VisitId> = visits.iter().filter_map(|visit| visit.id).collect();
    let mut lists = students_of(tx, &ids).await?;
    for visit in &mut visits {
        visit.students = visit.id.and_then(|id| lists.remove(&id)).unwrap_or_default();
    }
    Ok(visits)
}

/// One visit with its list.
pub async fn listed(tx: &mut Tx, office: OfficeId, id: VisitId) -> Result<Option<Listed>, DbError> {
    let Some(mut visit) = fetch_optional!(tx, Listed, SHOW, office, id)? else { return Ok(None) };
    visit.students = students(tx, id).await?;
    Ok(Some(visit))
}

/// A visit's list.
pub async fn students(tx: &mut Tx, visit: VisitId) -> Result<Vec<OnList>, DbError> {
    Ok(students_of(tx, &[visit]).await?.remove(&visit).unwrap_or_default())
}

/// The lists of several visits; a visit without anybody on it is not in the map.
async fn students_of(tx: &mut Tx, visits: &[VisitId]) -> Result<HashMap<VisitId, Vec<OnList>>, DbError> {
    type Row = (VisitId, StudentId, Option<String>, Option<DayResult>);
    let mut lists: HashMap<VisitId, Vec<OnList>> = HashMap::new();
    let order = " ORDER BY l.visit_id, l.student_id";
    for (visit, id, nisn, result) in fetch_among!(tx, Row, LISTS, [], visits, order)? {
        lists.entry(visit).or_default().push(OnList { id, nisn, result });
    }
    Ok(lists)
}

/// Makes the proposed visits of an office be `wanted` and nothing else. A visit of the same day, team and place keeps its ID;
/// what is right already is not touched. `proposed` are the known ones from `today` on; older ones go.
pub async fn replace_proposed(
    tx: &mut Tx,
    clock: &Clock,
    turn: Turn,
    today: NaiveDate,
    proposed: &[Entry],
    wanted: &[Slot],
) -> Result<Changes, DbError> {
    let mut changes = Changes::default();
    for (id,) in fetch_all!(tx, (VisitId,), PROPOSED_BEFORE, turn.office(), today)? {
        delete(tx, id).await?;
        changes.removed += 1;
    }
    let mut known: HashMap<(NaiveDate, TeamId, PlaceId), &Entry> = HashMap::new();
    for entry in proposed {
        let visit = &entry.visit;
        if let Some(twin) = known.insert((visit.visit_on, visit.team_id, visit.place_id), entry) {
            delete(tx, twin.visit.id).await?;
            changes.removed += 1;
        }
    }
    for slot in wanted {
        match known.remove(&(slot.visit_on, slot.team_id, slot.place_id)) {
            Some(entry) if entry.is_as(slot) => changes.unchanged += 1,
            Some(entry) => {
                update(tx, clock, entry, slot).await?;
                changes.changed += 1;
            }
            None => {
                insert(tx, clock, turn, slot).await?;
                changes.added += 1;
            }
        }
    }
    // In an order that does not depend on the hash.
    let left: BTreeMap<VisitId, ()> = known.into_values().map(|entry| (entry.visit.id, ())).collect();
    for id in left.into_keys() {
        delete(tx, id).await?;
        changes.removed += 1;
    }
    Ok(changes)
}

/// Adds a visit that is announced from the first: somebody has ordered it.
pub async fn add_announced(tx: &mut Tx, clock: &Clock, turn: Turn, slot: &Slot) -> Result<LockedVisit, DbError> {
    let visit = insert(tx, clock, turn, slot).await?;
    announce(tx, clock, &visit).await?;
    Ok(visit)
}

async fn insert(tx: &mut Tx, clock: &Clock, turn: Turn, slot: &Slot) -> Result<LockedVisit, DbError> {
    let (id, office) = (VisitId::new(clock), turn.office());
    execute!(
        tx,
        "INSERT INTO visit (id, office_id, team_id, place_id, visit_on, day_order, starts_at, ends_at, state, revision,
             created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, $10, $10)",
        id,
        office,
        slot.team_id,
        slot.place_id,
        slot.visit_on,
        slot.day_order,
        slot.starts_at,
        slot.ends_at,
        VisitState::Proposed,
        clock.now(),
    )?;
    put_on_list(tx, id, &slot.students).await?;
    Ok(LockedVisit(Visit {
        id,
        office_id: office,
        team_id: slot.team_id,
        place_id: slot.place_id,
        visit_on: slot.visit_on,
        day_order: slot.day_order,
        starts_at: slot.starts_at,
        ends_at: slot.ends_at,
        state: VisitState::Proposed,
        revision: 1,
    }))
}

async fn update(tx: &mut Tx, clock: &Clock, entry: &Entry, slot: &Slot) -> Result<(), DbError> {
    let id = entry.visit.id;
    execute!(
        tx,
        "UPDATE visit SET day_order = $2, starts_at = $3, ends_at = $4, updated_at = $5 WHERE id = $1",
        id,
        slot.day_order,
        slot.starts_at,
        slot.ends_at,
        clock.now(),
    )?;
    let wanted: HashSet<StudentId> = slot.students.iter().copied().collect();
    let known: HashSet<StudentId> = entry.students.iter().copied().collect();
    for student in entry.students.iter().filter(|student| !wanted.contains(*student)) {
        execute!(tx, "DELETE FROM visit_student WHERE visit_id = $1 AND student_id = $2", id, *student)?;
    }
    let new: Vec<StudentId> = slot.students.iter().copied().filter(|student| !known.contains(student)).collect();
    put_on_list(tx, id, &new).await
}

async fn put_on_list(tx: &mut Tx, visit: VisitId, students: &[StudentId]) -> Result<(), DbError> {
    let head = "INSERT INTO visit_student (visit_id, student_id) ";
    let statements = insert_many!(tx.engine(), head, students, |one| [visit, *one], "");
    run_all(tx, statements).await
}

/// Forgets a visit that nobody was told of.
async fn delete(tx: &mut Tx, id: VisitId) -> Result<(), DbError> {
    execute!(tx, "DELETE FROM visit_student WHERE visit_id = $1", id)?;
    execute!(tx, "DELETE FROM visit WHERE id = $1", id)?;
    Ok(())
}

/// Forgets the proposed visits of a team on a day; gives how many there were.
pub async fn drop_proposed(tx: &mut Tx, turn: Turn, team: TeamId, date: NaiveDate) -> Result<usize, DbError> {
    let rows = fetch_all!(
        tx,
        (VisitId,),
        "SELECT id FROM visit WHERE office_id = $1 AND team_id = $2 AND visit_on = $3 AND state = 'proposed' ORDER BY id",
        turn.office(),
        team,
        date,
    )?;
    for (id,) in &rows {
        delete(tx, *id).await?;
    }
    Ok(rows.len())
}

/// Puts the settled visits of each team and day into the order of their hours.
pub async fn renumber_settled(tx: &mut Tx, _: Turn, settled: &[Entry]) -> Result<(), DbError> {
    let mut count: HashMap<(TeamId, NaiveDate), i32> = HashMap::new();
    for visit in settled.iter().map(|entry| &entry.visit) {
        let order = count.entry((visit.team_id, visit.visit_on)).or_default();
        *order += 1;
        if visit.day_order != *order {
            execute!(tx, "UPDATE visit SET day_order = $2 WHERE id = $1", visit.id, *order)?;
        }
    }
    Ok(())
}

/// Announces a proposed visit: from now on it stays.
pub async fn announce(tx: &mut Tx, clock: &Clock, visit: &LockedVisit) -> Result<(), DbError> {
    execute!(
        tx,
        "UPDATE visit SET state = $2, announced_at = $3, updated_at = $3 WHERE id = $1",
        visit.id,
        VisitState::Announced,
        clock.now(),
    )?;
    Ok(())
}

/// Writes down that the place has agreed.
pub async fn confirm(tx: &mut Tx, clock: &Clock, visit: &LockedVisit) -> Result<(), DbError> {
    execute!(
        tx,
        "UPDATE visit SET state = $2, confirmed_at = $3, updated_at = $3 WHERE id = $1",
        visit.id,
        VisitState::Confirmed,
        clock.now(),
    )?;
    Ok(())
}

/// Moves a settled visit; the place has to agree again.
pub async fn move_to(tx: &mut Tx, clock: &Clock, visit: &LockedVisit, slot: &Slot) -> Result<(), DbError> {
    execute!(
        tx,
        "UPDATE visit SET visit_on = $2, day_order = $3, starts_at = $4, ends_at = $5, state = $6, revision = revision + 1,
             announced_at = $7, confirmed_at = NULL, updated_at = $7, team_id = $8
         WHERE id = $1",
        visit.id,
        slot.visit_on,
        slot.day_order,
        slot.starts_at,
        slot.ends_at,
        VisitState::Announced,
        clock.now(),
        slot.team_id,
    )?;
    Ok(())
}

/// Writes down that a place's contact found none of the days suitable that were offered in place of this one.
pub async fn no_day_suits(tx: &mut Tx, clock: &Clock, visit: &LockedVisit) -> Result<(), DbError> {
    execute!(
        tx,
        "INSERT INTO visit_unsuited (visit_id, revision, said_at) VALUES ($1, $2, $3)
         ON CONFLICT (visit_id, revision) DO NOTHING",
        visit.id,
        visit.revision,
        clock.now(),
    )?;
    Ok(())
}

/// Cancels a visit; its students are planned again.
pub async fn cancel(tx: &mut Tx, clock: &Clock, visit: &LockedVisit, reason: &str) -> Result<(), DbError> {
    execute!(
        tx,
        "UPDATE visit SET state = $2, cancel_reason = $3, updated_at = $4 WHERE id = $1",
        visit.id,
        VisitState::Cancelled,
        reason,
        clock.now(),
    )?;
    Ok(())
}

/// Which of these students stand on the list of a visit that is announced, confirmed or done.
pub async fn on_settled(tx: &mut Tx, students: &[StudentId]) -> Result<HashSet<StudentId>, DbError> {
    let rows = fetch_among!(
        tx,
        (StudentId,),
        "SELECT DISTINCT l.student_id FROM visit_student l JOIN visit v ON v.id = l.visit_id WHERE v.state NOT IN (",
        [(VisitState::Proposed, ", "), (VisitState::Cancelled, ") AND l.student_id")],
        students,
        ""
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Takes students off the lists of proposed visits; the next plan mends what that leaves.
pub async fn take_off_proposed(tx: &mut Tx, students: &[StudentId]) -> Result<(), DbError> {
    fetch_among!(
        tx,
        (StudentId,),
        "DELETE FROM visit_student WHERE visit_id IN (SELECT id FROM visit WHERE state = ",
        [(VisitState::Proposed, ") AND student_id")],
        students,
        " RETURNING student_id"
    )
    .map(drop)
}
