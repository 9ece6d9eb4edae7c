//! What a plan is worth, and why somebody is not in it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::ground::reaches;
use super::problem::{Crew, Day, Need, Plan, Point, Problem, Score, Totals, leg};

/// Why nobody meets a student. The names are fixed; scripts read them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The student belongs to no place.
    NoPlace,
    /// Nobody has said where the student's place lies.
    NoCoordinates,
    /// The office has no team.
    NoTeams,
    /// Left school; the village list is the way.
    LeftSchool,
    /// Belongs to another regency, as was found on a visit's day; that regency's office records the student.
    OutsideTheRegion,
    /// The recording age comes after the plan's last day.
    OutsideTheHorizon,
    /// Grade XII has had its last school day before the student could be met.
    AfterLastSchoolDay,
    /// The place is closed on every day that would do.
    PlaceClosed,
    /// Driving and setting up leave no minute for a single student.
    Unreachable,
    /// No team goes out on a day that would do.
    NoTeamDay,
    /// Place and teams have no common day before the 17th birthday.
    NoOpenDayBefore17,
    /// The teams are busy with others on every day before the 17th birthday.
    NoCapacityBefore17,
    /// The teams are busy with others; the student is 17 already.
    NoCapacity,
    /// Turns 17 after this plan, and no team comes by with time to spare.
    NotDueYet,
}

impl Reason {
    /// The reason as scripts read it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::NoPlace => "no_place",
            Self::NoCoordinates => "no_coordinates",
            Self::NoTeams => "no_teams",
            Self::LeftSchool => "left_school",
            Self::OutsideTheRegion => "outside_the_region",
            Self::OutsideTheHorizon => "outside_the_horizon",
            Self::AfterLastSchoolDay => "after_last_school_day",
            Self::PlaceClosed => "place_closed",
            Self::Unreachable => "unreachable",
            Self::NoTeamDay => "no_team_day",
            Self::NoOpenDayBefore17 => "no_open_day_before_17",
            Self::NoCapacityBefore17 => "no_capacity_before_17",
            Self::NoCapacity => "no_capacity",
            Self::NotDueYet => "not_due_yet",
        }
    }
}

/// The day on which each pupil is met, by the plan or by a fixed visit.
fn met(problem: &Problem, plan: &Plan) -> Vec<Option<Day>> {
    let mut met = vec![None; problem.pupils.len()];
    for visit in &problem.fixed {
        for pupil in &visit.pupils {
            met[*pupil] = Some(visit.day);
        }
    }
    for stop in &plan.stops {
        for pupil in &stop.pupils {
            met[*pupil] = Some(stop.day);
        }
    }
    met
}

/// Team-days, stops and minutes on the road.
fn effort(problem: &Problem, plan: &Plan) -> (usize, usize, u64) {
    let mut days: BTreeMap<(Day, usize), Vec<usize>> = BTreeMap::new();
    let mut fixed: Vec<_> = problem.fixed.iter().collect();
    fixed.sort_by(|a, b| a.ends.total_cmp(&b.ends));
    for visit in fixed {
        days.entry((visit.day, visit.crew)).or_default().push(visit.site);
    }
    // A plan's stops are in order, and come after what is fixed.
    for stop in &plan.stops {
        days.entry((stop.day, stop.crew)).or_default().push(stop.site);
    }
    let (mut stops, mut travel) = (0, 0);
    for ((_, crew), sites) in &days {
        stops += sites.len();
        let base = problem.crews[*crew].base;
        let points: Vec<Point> =
            std::iter::once(base).chain(sites.iter().map(|site| problem.sites[*site].at)).chain([base]).collect();
        travel += points.windows(2).map(|pair| u64::from(leg(&problem.params, pair[0], pair[1]))).sum::<u64>();
    }
    (days.len(), stops, travel)
}

/// How good a plan is.
#[must_use]
pub fn score(problem: &Problem, plan: &Plan) -> Score {
    let (team_days, stops, travel) = effort(problem, plan);
    let mut score = Score { team_days, stops, travel, ..Score::default() };
    for (index, day) in met(problem, plan).into_iter().enumerate() {
        let pupil = &problem.pupils[index];
        match (problem.need(index), day) {
            (Need::Due, Some(day)) if day <= pupil.last() => score.slack -= i64::from(pupil.birthday - day),
            (Need::Due, Some(_)) => score.missed += 1,
            (Need::Due, None) => {
                score.missed += 1;
                score.never += 1;
            }
            (Need::Overdue, None) => score.never += 1,
            (Need::Other, Some(_)) => score.ahead -= 1,
            (Need::Overdue, Some(_)) | (Need::Other, None) => {}
        }
    }
    score
}

/// What a plan amounts to.
#[must_use]
pub fn totals(problem: &Problem, plan: &Plan) -> Totals {
    let (team_days, stops, travel) = effort(problem, plan);
    let mut totals = Totals { team_days, stops, travel, ..Totals::default() };
    for (index, day) in met(problem, plan).into_iter().enumerate() {
        let due = problem.need(index) == Need::Due;
        totals.due += usize::from(due);
        match day {
            Some(day) if day >= problem.pupils[index].birthday => totals.late += 1,
            Some(_) => totals.on_time += usize::from(due),
            None => {}
        }
    }
    totals
}

/// Whoever is not in the plan, and why.
#[must_use]
pub fn unplaced(problem: &Problem, plan: &Plan) -> Vec<(usize, Reason)> {
    // For each site, its open days, those with a team, and those on which a team could meet one pupil.
    let sites: Vec<[Vec<bool>; 3]> = (0..problem.sites.len()).map(|site| days_of(problem, site)).collect();
    let met = met(problem, plan);
    let missing = met.iter().enumerate().filter(|(_, day)| day.is_none());
    missing.map(|(index, _)| (index, reason(problem, &sites[problem.pupils[index].site], index))).collect()
}

fn days_of(problem: &Problem, site: usize) -> [Vec<bool>; 3] {
    let params = &problem.params;
    let there = |crew: &Crew| 2 * leg(params, crew.base, problem.sites[site].at);
    let drives: Vec<u32> = problem.crews.iter().map(there).collect();
    let reaches =
        |crew: usize, day: Day| reaches(problem, drives[crew], problem.devices(crew, day), problem.minutes(day));
    let crews = 0..problem.crews.len();
    let open: Vec<bool> = (0..problem.days).map(|day| problem.open(site, day)).collect();
    let goes_out = |crew: &usize, day: Day| problem.devices(*crew, day) > 0;
    let staffed = (0..).zip(&open).map(|(day, open)| *open && crews.clone().any(|crew| goes_out(&crew, day))).collect();
    let reached = (0..).zip(&open).map(|(day, open)| *open && crews.clone().any(|crew| reaches(crew, day))).collect();
    [open, staffed, reached]
}

fn reason(problem: &Problem, [open, staffed, reached]: &[Vec<bool>; 3], index: usize) -> Reason {
    let pupil = &problem.pupils[index];
    let from = pupil.from.max(0);
    if pupil.until < from {
        return Reason::AfterLastSchoolDay;
    }
    if from >= problem.days {
        return Reason::OutsideTheHorizon;
    }
    let any = |days: &[bool], last: Day| {
        let last = last.min(problem.days - 1);
        from <= last && (from..=last).any(|day| usize::try_from(day).is_ok_and(|day| days[day]))
    };
    if !any(open, pupil.until) {
        Reason::PlaceClosed
    } else if !any(staffed, pupil.until) {
        Reason::NoTeamDay
    } else if !any(reached, pupil.until) {
        Reason::Unreachable
    } else {
        match problem.need(index) {
            Need::Due if !any(reached, pupil.last()) => Reason::NoOpenDayBefore17,
            Need::Due => Reason::NoCapacityBefore17,
            Need::Overdue => Reason::NoCapacity,
            Need::Other => Reason::NotDueYet,
        }
    }
}
