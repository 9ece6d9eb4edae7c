//! What a plan says: its visits, whom it does not reach, what it changes, what would help, which team-days are hardly worth
//! it.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use serde::Serialize;

use super::facts::Facts;
use crate::office::TeamId;
use crate::place::{Place, PlaceId, PlaceKind};
use crate::student::StudentId;
use crate::visit::VisitState;
use crate::visit::difference::{self, Change, Side};
use crate::visit::plan::{self, Reason};
use crate::visit::schedule::{Changes, Listed, Slot};
use crate::visit::season::Season;

/// A team-day for so few students is worth a telephone call instead.
const FEW: usize = 2;

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
    /// What is or, in a dry run, would be different from the visits that were proposed before.
    pub difference: Vec<PlannedChange>,
    /// Team-days for hardly anybody.
    pub small_days: Vec<SmallDay>,
    /// Visits to villages, communities and homes, with the orders that asked for them.
    pub village_days: Vec<VillageDay>,
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
#[derive(Debug, Clone, Default, Serialize)]
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
    /// What would help most; null when nobody is missed for want of devices.
    pub help: Option<Help>,
}

/// A visit that a new plan changes.
#[derive(Debug, Clone, Serialize)]
pub struct PlannedChange {
    pub change: Change,
    /// The place's code.
    pub place: String,
    pub place_name: String,
    pub before: Option<PlannedSide>,
    pub after: Option<PlannedSide>,
}

/// Where a visit was, or is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlannedSide {
    pub date: NaiveDate,
    pub team: String,
    pub students: usize,
}

/// What would help most: one more device.
#[derive(Debug, Clone, Serialize)]
pub struct Help {
    pub team: String,
    /// Additional devices.
    pub devices: u32,
    pub from: NaiveDate,
    pub to: NaiveDate,
    /// How many more would be met in time.
    pub on_time: usize,
}

/// A team-day for hardly anybody: calling these students in would save it.
#[derive(Debug, Clone, Serialize)]
pub struct SmallDay {
    pub date: NaiveDate,
    pub team: String,
    pub students: usize,
    /// The places' codes.
    pub places: Vec<String>,
}

/// A visit to a village, a community or a home.
#[derive(Debug, Clone, Serialize)]
pub struct VillageDay {
    pub date: NaiveDate,
    pub team: String,
    /// The place's code.
    pub place: String,
    pub place_name: String,
    /// Students of the register on its list; an order may expect more.
    pub students: usize,
    /// The number of the order that asks for it; null where the planner found by itself that youths live there.
    pub order: Option<String>,
}

/// What a plan changes, with the names of places and teams.
pub(super) fn planned_changes(facts: &Facts, slots: &[Slot]) -> Vec<PlannedChange> {
    let places: HashMap<PlaceId, &Place> = facts.places.iter().map(|place| (place.id, place)).collect();
    let teams: HashMap<TeamId, &str> =
        facts.office.teams.iter().map(|team| (team.id, team.declared.name.as_str())).collect();
    let side = |side: Side| PlannedSide {
        date: side.date,
        team: teams.get(&side.team).map(|name| (*name).to_owned()).unwrap_or_default(),
        students: side.students,
    };
    let changes = difference::difference(&facts.proposed, slots).into_iter();
    changes
        .map(|one| {
            let place = places.get(&one.place);
            PlannedChange {
                change: one.change,
                place: place.map(|place| place.code.clone()).unwrap_or_default(),
                place_name: place.map(|place| place.name.clone()).unwrap_or_default(),
                before: one.before.map(side),
                after: one.after.map(side),
            }
        })
        .collect()
}

/// What would help most, in the office's words.
pub(super) fn help_of(facts: &Facts, season: &Season, help: &plan::Help) -> Option<Help> {
    let team = season.team(help.crew);
    let team = facts.office.teams.iter().find(|one| one.id == team)?;
    Some(Help {
        team: team.declared.name.clone(),
        devices: 1,
        from: season.problem.date(help.from),
        to: season.problem.date(help.to),
        on_time: help.on_time,
    })
}

/// The plan's visits outside of schools, and the orders that they answer.
pub(super) fn village_days(facts: &Facts, visits: &[Listed]) -> Vec<VillageDay> {
    let places: HashMap<&str, &Place> = facts.places.iter().map(|place| (place.code.as_str(), place)).collect();
    let outside = visits.iter().filter_map(|visit| {
        let place = places.get(visit.place.as_str()).filter(|place| place.kind != PlaceKind::School)?;
        let order = facts.orders.iter().find(|order| order.place_id == place.id && order.wishes(visit.date));
        let accepted = visit.id.and_then(|id| facts.accepted.get(&id).copied());
        Some(VillageDay {
            date: visit.date,
            team: visit.team.clone(),
            place: visit.place.clone(),
            place_name: visit.place_name.clone(),
            students: visit.students.len(),
            order: order.map(|order| order.id).or(accepted).map(|id| id.number()),
        })
    });
    outside.collect()
}

/// Team-days of proposed visits alone on which hardly anybody is met; what somebody has ordered is worth its drive.
pub(super) fn small_days(visits: &[Listed], village_days: &[VillageDay]) -> Vec<SmallDay> {
    let is_ordered = |visit: &Listed| {
        let same = |day: &VillageDay| (day.date, &day.team, &day.place) == (visit.date, &visit.team, &visit.place);
        village_days.iter().any(|day| same(day) && day.order.is_some())
    };
    let mut days: BTreeMap<(NaiveDate, &str), Vec<&Listed>> = BTreeMap::new();
    for visit in visits {
        days.entry((visit.date, visit.team.as_str())).or_default().push(visit);
    }
    let small = days
        .into_iter()
        .filter(|(_, visits)| visits.iter().all(|visit| visit.state == VisitState::Proposed && !is_ordered(visit)));
    small
        .map(|((date, team), visits)| SmallDay {
            date,
            team: team.to_owned(),
            students: visits.iter().map(|visit| visit.students.len()).sum(),
            places: visits.iter().map(|visit| visit.place.clone()).collect(),
        })
        .filter(|day| day.students <= FEW)
        .collect()
}
