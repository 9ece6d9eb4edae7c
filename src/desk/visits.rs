//! Visits at the desk: planned, listed, announced, confirmed, moved, cancelled.

use std::collections::{BTreeMap, HashMap};

use chrono::{Days, NaiveDate};
use serde::Serialize;

use super::{Desk, DeskError, Done};
use crate::db::Tx;
use crate::office::{self, Office, Pause};
use crate::place::{self, Place, PlaceId};
use crate::staff::Right;
use crate::student::{self, Recorded, Student, StudentId};
use crate::visit::open::{Obstacle, Openness};
use crate::visit::plan::{self, Reason, Solution};
use crate::visit::schedule::{self, Changes, Entry, Filter, Listed, OnList, Slot, Visit};
use crate::visit::season::{self, Knowledge, Season};
use crate::visit::{VisitId, VisitState};

/// So many days after its day a visit still holds its students, while its sheet is under way.
const SHEET_DAYS: u64 = 3;
/// How often a plan is made anew because the facts changed while it was made; after that they are held still.
const TRIES: usize = 3;

/// What `visit plan` found (`visit plan --json`).
#[derive(Debug, Clone, Serialize)]
pub struct PlanReport {
    pub from: NaiveDate,
    pub to: NaiveDate,
    /// The last day whose year's holidays are known, if the plan had to end there; else null.
    pub cut_at: Option<NaiveDate>,
    pub dry_run: bool,
    /// Settled and proposed visits of these days.
    pub visits: Vec<Listed>,
    pub unplaced: Vec<Unplaced>,
    pub summary: Summary,
    /// What happened to the proposed visits that were there before; null in a dry run.
    pub changes: Option<Changes>,
    /// Students over 17 of whom nobody has said whether they are recorded; they are not planned until somebody says no.
    pub unknown: usize,
}

/// A student whom the plan does not reach.
#[derive(Debug, Clone, Serialize)]
pub struct Unplaced {
    pub id: StudentId,
    pub nisn: Option<String>,
    /// The place's code.
    pub place: Option<String>,
    pub reason: Reason,
}

/// What a plan amounts to.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Summary {
    /// Students whose last day in time lies in the plan.
    pub due: usize,
    /// Due students met before they turn 17.
    pub on_time: usize,
    /// Students met at 17 or later.
    pub late: usize,
    pub team_days: usize,
    pub stops: usize,
    pub travel_minutes: u64,
}

/// A page of `visit list`.
#[derive(Debug, Clone, Serialize)]
pub struct VisitPage {
    pub visits: Vec<Listed>,
    /// What `--after` takes for the next page; null at the end.
    pub next: Option<VisitId>,
}

/// Which visits to list; the place by its code.
#[derive(Debug, Clone, Default)]
pub struct VisitFilter {
    pub state: Option<VisitState>,
    pub place: Option<String>,
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
    pub after: Option<VisitId>,
    pub limit: i64,
}

/// What a move of a visit means for its students.
#[derive(Debug, Clone, Serialize)]
pub struct Moved {
    pub visit: Listed,
    /// Will be 17 by the new day, but were not by the old one.
    pub turned_17: Vec<OnList>,
    /// Cannot be met on the new day; the next plan takes them up.
    pub out_of_reach: Vec<OnList>,
    /// Proposed visits of the team on that day, which the next plan proposes anew.
    pub dropped: usize,
}

/// A settled visit that cannot be kept.
#[derive(Debug, Clone, Serialize)]
pub struct VisitHit {
    pub visit: Listed,
    pub code: &'static str,
    pub reason: String,
}

/// Everything a plan is made from, as one moment knows it.
struct Facts {
    office: Office,
    pauses: Vec<Pause>,
    places: Vec<Place>,
    students: Vec<Student>,
    proposed: Vec<Entry>,
    settled: Vec<Entry>,
}

/// The days of a plan.
#[derive(Clone, Copy)]
struct Range {
    today: NaiveDate,
    from: NaiveDate,
    to: NaiveDate,
    cut_at: Option<NaiveDate>,
}

impl Desk {
    /// Plans visits from `from` (tomorrow unless said) to `to` (as far as the office's horizon unless said). Proposed visits are
    /// replaced by the new plan, settled ones stay with their students and their time. In a dry run nothing is kept.
    pub async fn plan_visits(&self, from: Option<NaiveDate>, to: Option<NaiveDate>, dry_run: bool) -> Done<PlanReport> {
        self.require(Right::Visits)?;
        let mut tx = self.db.read().await?;
        let mut facts = self.facts(&mut tx).await?;
        drop(tx);
        let range = self.range(&facts.office, from, to)?;
        let mut season = self.season(&facts, range);
        let mut solution = solve(&season).await?;
        if dry_run {
            let visits = dry_visits(&facts, range, &season.timetable(&solution.plan));
            return Ok(self.report(&facts, range, &season, &solution, visits, None));
        }
        let mut tries = 1;
        loop {
            // Planning takes seconds in a large office; nobody has to wait for it in line at the database.
            let mut tx = self.db.write().await?;
            facts = self.facts(&mut tx).await?;
            let now = self.season(&facts, range);
            if !now.is_same(&season) {
                season = now;
                if tries < TRIES {
                    tries += 1;
                    drop(tx);
                    solution = solve(&season).await?;
                    continue;
                }
                solution = solve(&season).await?;
            }
            return self.keep_plan(tx, &facts, range, &season, &solution).await;
        }
    }

    /// Makes the proposed visits be those of the plan.
    async fn keep_plan(
        &self,
        mut tx: Tx,
        facts: &Facts,
        range: Range,
        season: &Season,
        solution: &Solution,
    ) -> Done<PlanReport> {
        let office = facts.office.id;
        let slots = season.timetable(&solution.plan);
        schedule::renumber_settled(&mut tx, &facts.settled).await?;
        let changes =
            schedule::replace_proposed(&mut tx, &self.clock, office, range.today, &facts.proposed, &slots).await?;
        if changes.any() {
            let detail = format!(
                "{} to {}: {} added, {} changed, {} removed",
                range.from, range.to, changes.added, changes.changed, changes.removed
            );
            self.audit(&mut tx, "visit.plan", "visits", &detail).await?;
        }
        let visits = all_listed(&mut tx, office, range).await?;
        tx.commit().await?;
        Ok(self.report(facts, range, season, solution, visits, Some(changes)))
    }

    /// What the nightly job does: plans from tomorrow as far as the office looks ahead; gives a few words.
    pub async fn plan_visits_nightly(&self) -> Done<String> {
        match self.plan_visits(None, None, false).await {
            Ok(report) => {
                let changes = report.changes.unwrap_or_default();
                let cut = report.cut_at.map_or_else(String::new, |day| {
                    format!("; cut at {day}, for the holidays of the next year are not known")
                });
                Ok(format!(
                    "{} visits to {}: {} added, {} changed, {} removed; {} students unplaced{cut}",
                    report.visits.len(),
                    report.to,
                    changes.added,
                    changes.changed,
                    changes.removed,
                    report.unplaced.len()
                ))
            }
            Err(DeskError::Refused { code: "holidays_unknown", message }) => Ok(format!("not planned: {message}")),
            Err(error) => Err(error),
        }
    }

    /// Visits by day and hour.
    pub async fn visits(&self, filter: &VisitFilter) -> Done<VisitPage> {
        self.require(Right::Visits)?;
        let mut tx = self.db.read().await?;
        let place = match &filter.place {
            None => None,
            Some(code) => {
                let unknown = || {
                    let message = format!("there is no place '{code}'; `siap17 place list` shows them");
                    DeskError::refused("place_unknown", message)
                };
                Some(place::find(&mut tx, self.office.id, code).await?.ok_or_else(unknown)?.id)
            }
        };
        if let Some(after) = filter.after
            && schedule::load(&mut tx, self.office.id, after).await?.is_none()
        {
            let message = format!("there is no visit {after} any more; list again from the beginning");
            return Err(DeskError::refused("after", message));
        }
        let known = Filter {
            state: filter.state,
            place,
            from: filter.from,
            to: filter.to,
            after: filter.after,
            limit: filter.limit.max(0),
        };
        let visits = schedule::list(&mut tx, self.office.id, &known).await?;
        let full = i64::try_from(visits.len()).is_ok_and(|count| count > 0 && count >= known.limit);
        let next = visits.last().filter(|_| full).and_then(|visit| visit.id);
        Ok(VisitPage { visits, next })
    }

    /// Announces a proposed visit to its place: from now on it is not planned anew.
    pub async fn announce_visit(&self, id: VisitId) -> Done<Listed> {
        self.require(Right::Visits)?;
        let mut tx = self.db.write().await?;
        let visit = self.visit(&mut tx, id).await?;
        self.expect(&visit, &[VisitState::Proposed], "announced")?;
        self.not_past(visit.visit_on)?;
        schedule::announce(&mut tx, &self.clock, id).await?;
        self.audit(&mut tx, "visit.announce", &format!("visit:{id}"), &visit.visit_on.to_string()).await?;
        self.finish(tx, id, &[]).await
    }

    /// Writes down that the place has agreed; its students are told now.
    pub async fn confirm_visit(&self, id: VisitId) -> Done<Listed> {
        self.require(Right::Visits)?;
        let mut tx = self.db.write().await?;
        let visit = self.visit(&mut tx, id).await?;
        self.expect(&visit, &[VisitState::Announced], "confirmed")?;
        self.not_past(visit.visit_on)?;
        schedule::confirm(&mut tx, &self.clock, id).await?;
        self.audit(&mut tx, "visit.confirm", &format!("visit:{id}"), &visit.visit_on.to_string()).await?;
        let told = ids(&schedule::students(&mut tx, id).await?);
        self.finish(tx, id, &told).await
    }

    /// Cancels a visit that has not been; its students are planned again, and whoever was told of it is told.
    pub async fn cancel_visit(&self, id: VisitId, reason: &str) -> Done<Listed> {
        self.require(Right::Visits)?;
        if reason.trim().is_empty() {
            return Err(DeskError::refused("reason", "say why the visit is cancelled"));
        }
        let mut tx = self.db.write().await?;
        let visit = self.visit(&mut tx, id).await?;
        let states = [VisitState::Proposed, VisitState::Announced, VisitState::Confirmed];
        self.expect(&visit, &states, "cancelled")?;
        schedule::cancel(&mut tx, &self.clock, id, reason.trim()).await?;
        self.audit(&mut tx, "visit.cancel", &format!("visit:{id}"), reason.trim()).await?;
        let told = ids(&schedule::students(&mut tx, id).await?);
        self.finish(tx, id, &told).await
    }

    /// Moves a settled visit to another day; the place has to agree again, and whoever was told of it is told.
    pub async fn move_visit(&self, id: VisitId, to: NaiveDate) -> Done<Moved> {
        self.require(Right::Visits)?;
        let mut tx = self.db.write().await?;
        let visit = self.visit(&mut tx, id).await?;
        if visit.state == VisitState::Proposed {
            let message = "the visit is only proposed and is planned anew every night; announce it first, then move it";
            return Err(DeskError::refused("state", message));
        }
        self.expect(&visit, &[VisitState::Announced, VisitState::Confirmed], "moved")?;
        self.not_past(to)?;
        if to == visit.visit_on {
            return Err(DeskError::refused("same_day", format!("the visit is on {to} already")));
        }
        let facts = self.facts(&mut tx).await?;
        let openness = Openness { office: &facts.office, holidays: &self.holidays, pauses: &facts.pauses };
        let place = facts.places.iter().find(|place| place.id == visit.place_id);
        let place =
            place.ok_or_else(|| DeskError::refused("place_unknown", "the visit's place is not known any more"))?;
        let team = facts.office.teams.iter().find(|team| team.id == visit.team_id);
        let obstacle = openness.obstacle(place, to).or_else(|| openness.team_obstacle(team, to));
        if let Some(Obstacle { code, message }) = obstacle {
            return Err(DeskError::refused(code, message));
        }
        let list = schedule::students(&mut tx, id).await?;
        let slot = self.slot_on(&facts, &visit, place, to, &list)?;
        schedule::move_to(&mut tx, &self.clock, id, &slot).await?;
        let dropped = schedule::drop_proposed(&mut tx, facts.office.id, visit.team_id, to).await?;
        self.audit(&mut tx, "visit.move", &format!("visit:{id}"), &format!("{} to {to}", visit.visit_on)).await?;
        let by_id: HashMap<StudentId, &Student> = facts.students.iter().map(|student| (student.id, student)).collect();
        let (mut turned_17, mut out_of_reach) = (Vec::new(), Vec::new());
        for one in &list {
            let Some(student) = by_id.get(&one.id).filter(|student| student.recorded != Recorded::Yes) else {
                continue;
            };
            let span = season::span(&facts.office, student, place);
            if !span.contains(to) {
                out_of_reach.push(one.clone());
            } else if visit.visit_on < span.late_from && span.late_from <= to {
                turned_17.push(one.clone());
            }
        }
        let visit = self.finish(tx, id, &ids(&list)).await?;
        Ok(Moved { visit, turned_17, out_of_reach, dropped })
    }

    /// Settled visits that cannot be kept as things stand now.
    pub async fn visits_hit(&self) -> Done<Vec<VisitHit>> {
        self.require(Right::Visits)?;
        let mut tx = self.db.read().await?;
        let office = office::load(&mut tx, self.office.id).await?;
        let pauses = office::pauses(&mut tx, office.id).await?;
        let places = place::all(&mut tx, office.id).await?;
        let openness = Openness { office: &office, holidays: &self.holidays, pauses: &pauses };
        let mut hits = Vec::new();
        for Entry { visit, .. } in schedule::active(&mut tx, office.id, self.today()).await? {
            if !visit.state.is_settled() {
                continue;
            }
            let place = places.iter().find(|place| place.id == visit.place_id);
            let team = office.teams.iter().find(|team| team.id == visit.team_id);
            let obstacle = place
                .and_then(|place| openness.obstacle(place, visit.visit_on))
                .or_else(|| openness.team_obstacle(team, visit.visit_on));
            if let Some(Obstacle { code, message }) = obstacle {
                hits.push(VisitHit { visit: self.listed(&mut tx, visit.id).await?, code, reason: message });
            }
        }
        Ok(hits)
    }

    /// The office's visit with this ID.
    pub(super) async fn visit(&self, tx: &mut Tx, id: VisitId) -> Done<Visit> {
        schedule::load(tx, self.office.id, id).await?.ok_or_else(|| {
            let message = format!("there is no visit {id}; `siap17 visit list` shows them (proposed ones change)");
            DeskError::refused("visit_unknown", message)
        })
    }

    /// The same as people see it.
    pub(super) async fn listed(&self, tx: &mut Tx, id: VisitId) -> Done<Listed> {
        let listed = schedule::listed(tx, self.office.id, id).await?;
        listed.ok_or_else(|| DeskError::refused("visit_unknown", format!("there is no visit {id}")))
    }

    /// Brings notices up to date, commits, and shows the visit.
    async fn finish(&self, mut tx: Tx, id: VisitId, touched: &[StudentId]) -> Done<Listed> {
        self.settle_many(&mut tx, touched).await?;
        let listed = self.listed(&mut tx, id).await?;
        tx.commit().await?;
        Ok(listed)
    }

    fn expect(&self, visit: &Visit, states: &[VisitState], what: &str) -> Done<()> {
        if states.contains(&visit.state) {
            return Ok(());
        }
        let known: Vec<&str> = states.iter().map(|state| state.word()).collect();
        let message =
            format!("the visit is {}; only one that is {} can be {what}", visit.state.word(), known.join(" or "));
        Err(DeskError::refused("state", message))
    }

    fn not_past(&self, date: NaiveDate) -> Done<()> {
        if date >= self.today() {
            return Ok(());
        }
        Err(DeskError::refused("past", format!("{date} is past")))
    }

    async fn facts(&self, tx: &mut Tx) -> Done<Facts> {
        // Team outages and closures may have come since this desk was opened.
        let office = office::load(tx, self.office.id).await?;
        let today = self.today();
        let since = today.checked_sub_days(Days::new(SHEET_DAYS)).unwrap_or(today);
        let active = schedule::active(tx, office.id, since).await?;
        let (settled, proposed): (Vec<Entry>, Vec<Entry>) =
            active.into_iter().partition(|entry| entry.visit.state.is_settled());
        Ok(Facts {
            pauses: office::pauses(tx, office.id).await?,
            places: place::all(tx, office.id).await?,
            students: student::all(tx, office.id).await?,
            proposed: proposed.into_iter().filter(|entry| entry.visit.visit_on >= today).collect(),
            settled,
            office,
        })
    }

    fn range(&self, office: &Office, from: Option<NaiveDate>, to: Option<NaiveDate>) -> Done<Range> {
        let today = self.today();
        let from = from.unwrap_or(today + Days::new(1));
        let horizon = u64::from(office.declaration.planning.horizon_days.max(1));
        let to = to.or_else(|| from.checked_add_days(Days::new(horizon - 1))).unwrap_or(from);
        if from < today {
            return Err(DeskError::refused("past", format!("{from} is past; a plan begins today or later")));
        }
        if to < from {
            return Err(DeskError::refused("range", format!("the plan ends on {to}, before it begins on {from}")));
        }
        let known = self.holidays.known_until(from).ok_or_else(|| {
            let message = format!(
                "the holidays of the year of {from} are not known; add them to the holiday file before planning that far"
            );
            DeskError::refused("holidays_unknown", message)
        })?;
        let cut_at = (known < to).then_some(known);
        Ok(Range { today, from, to: to.min(known), cut_at })
    }

    fn season(&self, facts: &Facts, range: Range) -> Season {
        Season::new(&Knowledge {
            openness: Openness { office: &facts.office, holidays: &self.holidays, pauses: &facts.pauses },
            places: &facts.places,
            students: &facts.students,
            settled: &facts.settled,
            from: range.from,
            to: range.to,
        })
    }

    fn report(
        &self,
        facts: &Facts,
        range: Range,
        season: &Season,
        solution: &Solution,
        mut visits: Vec<Listed>,
        changes: Option<Changes>,
    ) -> PlanReport {
        let students: HashMap<StudentId, &Student> =
            facts.students.iter().map(|student| (student.id, student)).collect();
        let codes: HashMap<PlaceId, &str> = facts.places.iter().map(|place| (place.id, place.code.as_str())).collect();
        for student in visits.iter_mut().flat_map(|visit| &mut visit.students) {
            student.nisn = students.get(&student.id).and_then(|known| known.nisn.clone());
        }
        let reasons = plan::unplaced(&season.problem, &solution.plan);
        let reasons = reasons.into_iter().map(|(pupil, reason)| (season.student(pupil), reason));
        let mut unplaced: Vec<Unplaced> = reasons
            .chain(season.apart.iter().copied())
            .map(|(id, reason)| {
                let student = students.get(&id);
                let place = student.and_then(|student| student.place_id).and_then(|place| codes.get(&place));
                Unplaced {
                    id,
                    nisn: student.and_then(|student| student.nisn.clone()),
                    place: place.map(|code| (*code).to_owned()),
                    reason,
                }
            })
            .collect();
        unplaced.sort_by_key(|one| (one.reason, one.id));
        let totals = plan::totals(&season.problem, &solution.plan);
        PlanReport {
            from: range.from,
            to: range.to,
            cut_at: range.cut_at,
            dry_run: changes.is_none(),
            visits,
            unplaced,
            summary: Summary {
                due: totals.due,
                on_time: totals.on_time,
                late: totals.late,
                team_days: totals.team_days,
                stops: totals.stops,
                travel_minutes: totals.travel,
            },
            changes,
            unknown: season.unknown,
        }
    }

    /// When a visit would be on another day: after what its team has promised for that day.
    fn slot_on(&self, facts: &Facts, visit: &Visit, place: &Place, to: NaiveDate, list: &[OnList]) -> Done<Slot> {
        let no_point = || DeskError::refused("no_coordinates", format!("nobody has said where {} lies", place.name));
        let here = season::point_of(place).ok_or_else(no_point)?;
        let no_team = || DeskError::refused("team_unknown", "the office no longer declares the visit's team");
        let team = facts.office.teams.iter().find(|team| team.id == visit.team_id).ok_or_else(no_team)?;
        let others: Vec<&Visit> = facts
            .settled
            .iter()
            .map(|entry| &entry.visit)
            .filter(|other| other.team_id == visit.team_id && other.visit_on == to && other.id != visit.id)
            .collect();
        let busy = others.iter().max_by_key(|other| other.ends_at).map(|last| {
            let known = facts.places.iter().find(|place| place.id == last.place_id);
            let at = known.and_then(season::point_of).unwrap_or_else(|| season::base_of(team));
            (season::minutes_into(&facts.office, to, last.ends_at), at)
        });
        let waiting = list.iter().filter(|one| one.result.is_none()).count();
        let times = season::slot_after(&facts.office.declaration.planning, team, busy, here, waiting);
        let (starts, ends) = times.ok_or_else(|| {
            let message = format!(
                "{} has no time for {waiting} students at {} on {to} besides its other visits",
                team.declared.name, place.name
            );
            DeskError::refused("no_time", message)
        })?;
        let begins = season::day_begins(&facts.office, to);
        Ok(Slot {
            team_id: visit.team_id,
            place_id: visit.place_id,
            visit_on: to,
            day_order: i32::try_from(others.len() + 1).unwrap_or(i32::MAX),
            starts_at: begins + starts,
            ends_at: begins + ends,
            students: ids(list),
        })
    }
}

/// Plans on a thread of its own, so that nothing else waits.
async fn solve(season: &Season) -> Done<Solution> {
    let problem = season.problem.clone();
    let solved = tokio::task::spawn_blocking(move || plan::solve(&problem, None, &|| false)).await;
    solved.map_err(|_| DeskError::refused("planner", "the planner failed; please report this"))
}

fn ids(list: &[OnList]) -> Vec<StudentId> {
    list.iter().map(|one| one.id).collect()
}

/// Every visit that stands in the range, whatever their number.
async fn all_listed(tx: &mut Tx, office: office::OfficeId, range: Range) -> Done<Vec<Listed>> {
    let filter = Filter { from: Some(range.from), to: Some(range.to), limit: i64::from(u32::MAX), ..Filter::default() };
    let mut visits = schedule::list(tx, office, &filter).await?;
    visits.retain(|visit| visit.state == VisitState::Proposed || visit.state.is_settled());
    Ok(visits)
}

/// The visits as they would be, settled ones included.
fn dry_visits(facts: &Facts, range: Range, slots: &[Slot]) -> Vec<Listed> {
    let teams: BTreeMap<_, &str> =
        facts.office.teams.iter().map(|team| (team.id, team.declared.name.as_str())).collect();
    let places: HashMap<PlaceId, &Place> = facts.places.iter().map(|place| (place.id, place)).collect();
    let listed = |id, slot: &Slot, state, revision| {
        let place = places.get(&slot.place_id);
        let student = |id: &StudentId| OnList { id: *id, nisn: None, result: None };
        Listed {
            id,
            date: slot.visit_on,
            team: teams.get(&slot.team_id).map(|name| (*name).to_owned()).unwrap_or_default(),
            day_order: slot.day_order,
            place: place.map(|place| place.code.clone()).unwrap_or_default(),
            place_name: place.map(|place| place.name.clone()).unwrap_or_default(),
            starts_at: slot.starts_at,
            ends_at: slot.ends_at,
            state,
            revision,
            cancel_reason: None,
            students: slot.students.iter().map(student).collect(),
        }
    };
    let settled = facts.settled.iter().filter(|entry| (range.from..=range.to).contains(&entry.visit.visit_on));
    let mut visits: Vec<Listed> = settled
        .map(|Entry { visit, students }| {
            let slot = Slot {
                team_id: visit.team_id,
                place_id: visit.place_id,
                visit_on: visit.visit_on,
                day_order: visit.day_order,
                starts_at: visit.starts_at,
                ends_at: visit.ends_at,
                students: students.clone(),
            };
            listed(Some(visit.id), &slot, visit.state, visit.revision)
        })
        .chain(slots.iter().map(|slot| listed(None, slot, VisitState::Proposed, 1)))
        .collect();
    visits
        .sort_by(|a, b| (a.date, a.starts_at, &a.team, a.day_order).cmp(&(b.date, b.starts_at, &b.team, b.day_order)));
    visits
}
