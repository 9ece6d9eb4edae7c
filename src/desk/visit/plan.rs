//! Planning at the desk: what the office knows becomes a problem, its answer becomes proposed visits.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use chrono::{Days, NaiveDate};

use super::facts::Facts;
use super::plan_report::{PlanReport, Summary, Unplaced, help_of, planned_changes, small_days, village_days};
use crate::db::Tx;
use crate::desk::context::{Desk, DeskError, Done};
use crate::desk::refusal::{PlanRefusal, Refusal};
use crate::office::{self, Office};
use crate::place::{Place, PlaceId};
use crate::staff::Right;
use crate::student::{Outline, StudentId};
use crate::visit::VisitState;
use crate::visit::open::Openness;
use crate::visit::plan::{self, Solution};
use crate::visit::schedule::{self, Changes, Entry, Filter, Listed, OnList, Slot};
use crate::visit::season::{Knowledge, Season};

/// How often a plan is made because the facts changed while it was made; after that it is refused.
const TRIES: usize = 3;

/// How far the search for a plan is: moves that are done, and of how many.
#[derive(Debug, Default)]
pub struct PlanProgress {
    pub done: AtomicU64,
    pub all: AtomicU64,
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
        self.plan_visits_watched(from, to, dry_run, &Arc::default()).await
    }

    /// Plans visits, for somebody who wants to see how far it is.
    pub async fn plan_visits_watched(
        &self,
        from: Option<NaiveDate>,
        to: Option<NaiveDate>,
        dry_run: bool,
        progress: &Arc<PlanProgress>,
    ) -> Done<PlanReport> {
        self.require(Right::Visits)?;
        let mut tx = self.db.read().await?;
        let mut facts = self.facts(&mut tx).await?;
        drop(tx);
        let range = self.range(&facts.office, from, to)?;
        let mut season = self.season(&facts, range);
        let mut solved = solve(&season, progress).await?;
        if dry_run {
            let slots = season.timetable(&solved.solution.plan);
            let visits = dry_visits(&facts, range, &slots);
            return Ok(self.report(&facts, range, &season, &solved, Made { slots, visits, changes: None }));
        }
        for _ in 0..TRIES {
            // Planning takes seconds in a large office; nobody has to wait for it in line at the database, the last time neither.
            let mut tx = self.visits_tx().await?;
            facts = self.facts(&mut tx).await?;
            let now = self.season(&facts, range);
            if now.is_same(&season) {
                return self.keep_plan(tx, &facts, range, &season, &solved).await;
            }
            drop(tx);
            season = now;
            solved = solve(&season, progress).await?;
        }
        Err(PlanRefusal::FactsKeepChanging.into())
    }

    /// Makes the proposed visits be those of the plan.
    async fn keep_plan(
        &self,
        mut tx: Tx,
        facts: &Facts,
        range: Range,
        season: &Season,
        solved: &Solved,
    ) -> Done<PlanReport> {
        let office = facts.office.id;
        let slots = season.timetable(&solved.solution.plan);
        let turn = office::lock_office(&mut tx, office).await?;
        schedule::renumber_settled(&mut tx, turn, &facts.settled).await?;
        let changes =
            schedule::replace_proposed(&mut tx, &self.clock, turn, range.today, &facts.proposed, &slots).await?;
        if changes.any() {
            let detail = format!(
                "{} to {}: {} added, {} changed, {} removed",
                range.from, range.to, changes.added, changes.changed, changes.removed
            );
            self.audit(&mut tx, "visit.plan", "visits", &detail).await?;
        }
        let visits = all_listed(&mut tx, office, range).await?;
        tx.commit().await?;
        Ok(self.report(facts, range, season, solved, Made { slots, visits, changes: Some(changes) }))
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
            Err(DeskError::Refused(Refusal::Plan(refusal @ PlanRefusal::HolidaysUnknown(_)))) => {
                Ok(format!("not planned: {refusal}"))
            }
            Err(error) => Err(error),
        }
    }

    fn range(&self, office: &Office, from: Option<NaiveDate>, to: Option<NaiveDate>) -> Done<Range> {
        let today = self.today();
        let from = from.unwrap_or(today + Days::new(1));
        let horizon = u64::from(office.declaration.planning.horizon_days.max(1));
        let to = to.or_else(|| from.checked_add_days(Days::new(horizon - 1))).unwrap_or(from);
        if from < today {
            return Err(PlanRefusal::Past(from).into());
        }
        if to < from {
            return Err(PlanRefusal::EndsBeforeBegin { from, to }.into());
        }
        let known = self.holidays.known_until(from).ok_or(PlanRefusal::HolidaysUnknown(from))?;
        let cut_at = (known < to).then_some(known);
        Ok(Range { today, from, to: to.min(known), cut_at })
    }

    fn season(&self, facts: &Facts, range: Range) -> Season {
        Season::new(&Knowledge {
            openness: Openness { office: &facts.office, holidays: &self.holidays, pauses: &facts.pauses },
            places: &facts.places,
            students: &facts.students,
            settled: &facts.settled,
            proposed: &facts.proposed,
            orders: &facts.orders,
            outsiders: &facts.outsiders,
            from: range.from,
            to: range.to,
        })
    }

    fn report(&self, facts: &Facts, range: Range, season: &Season, solved: &Solved, made: Made) -> PlanReport {
        let Made { slots, mut visits, changes } = made;
        let solution = &solved.solution;
        let students: HashMap<StudentId, &Outline> =
            facts.students.iter().map(|student| (student.id, student)).collect();
        let codes: HashMap<PlaceId, &str> = facts.places.iter().map(|place| (place.id, place.code.as_str())).collect();
        for student in visits.iter_mut().flat_map(|visit| &mut visit.students) {
            student.nisn = students.get(&student.id).and_then(|known| known.nisn.clone());
        }
        let reasons = plan::unplaced(&season.problem, &solution.plan);
        let reasons = reasons.into_iter().filter_map(|(pupil, reason)| Some((season.student(pupil)?, reason)));
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
        let village_days = village_days(facts, &visits);
        PlanReport {
            from: range.from,
            to: range.to,
            cut_at: range.cut_at,
            dry_run: changes.is_none(),
            difference: planned_changes(facts, &slots),
            small_days: small_days(&visits, &village_days),
            village_days,
            visits,
            unplaced,
            summary: Summary {
                due: totals.due,
                on_time: totals.on_time,
                late: totals.late,
                team_days: totals.team_days,
                stops: totals.stops,
                travel_minutes: totals.travel,
                help: solved.help.as_ref().and_then(|help| help_of(facts, season, help)),
            },
            changes,
            unknown: season.unknown,
        }
    }
}

/// A plan and what would help most.
struct Solved {
    solution: Solution,
    help: Option<plan::Help>,
}

/// What became of a plan.
struct Made {
    slots: Vec<Slot>,
    visits: Vec<Listed>,
    /// `None` in a dry run.
    changes: Option<Changes>,
}

/// Says that nobody waits for a plan any more.
struct StopWhenDropped(Arc<AtomicBool>);

impl Drop for StopWhenDropped {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Plans on a thread of its own, so that nothing else waits. The thread ends soon after whoever waits for it went away.
async fn solve(season: &Season, progress: &Arc<PlanProgress>) -> Done<Solved> {
    let problem = season.problem.clone();
    let progress = Arc::clone(progress);
    let stopped = StopWhenDropped(Arc::default());
    let is_stopped = Arc::clone(&stopped.0);
    let solve = move || {
        let watch = |done, all| {
            progress.done.store(done, Ordering::Relaxed);
            progress.all.store(all, Ordering::Relaxed);
            is_stopped.load(Ordering::Relaxed)
        };
        let solution = plan::solve(&problem, None, &watch);
        let help = plan::help(&problem, &solution.plan);
        Solved { solution, help }
    };
    tokio::task::spawn_blocking(solve).await.map_err(|_| PlanRefusal::Failed.into())
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
