//! What would help most: whether one more device, for one crew in one month, would spare somebody from being missed.

use std::collections::BTreeMap;

use chrono::Datelike;

use super::problem::{Day, Need, Plan, Problem};
use super::search;
use super::shares;
use super::verdict::{Reason, score, unplaced};

/// Crews and months that are tried.
const TRIED: usize = 6;
/// Moves with which each is tried, the plan that is there being the beginning.
const MOVES: u64 = 4_000;

/// One more device for one crew from a day to another, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Help {
    pub crew: usize,
    pub from: Day,
    pub to: Day,
    /// How many more would be met in time.
    pub on_time: usize,
}

/// The best help of this kind; `None` when nobody is missed for want of capacity or when one device would help nobody.
#[must_use]
pub fn help(problem: &Problem, plan: &Plan) -> Option<Help> {
    let bases = shares::bases(problem);
    let mut met = vec![None; problem.pupils.len()];
    for stop in &plan.stops {
        for pupil in &stop.pupils {
            met[*pupil] = Some(stop.day);
        }
    }
    // Whoever is met late is not among those without a place, but is missed as well.
    let late = (0..problem.pupils.len()).filter(|pupil| {
        problem.need(*pupil) == Need::Due && met[*pupil].is_some_and(|day| day > problem.pupils[*pupil].last())
    });
    let never = unplaced(problem, plan).into_iter().filter(|(_, reason)| *reason == Reason::NoCapacityBefore17);
    let months = months(problem);
    let mut missed: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for pupil in late.chain(never.map(|(pupil, _)| pupil)) {
        let one = &problem.pupils[pupil];
        let Some(base) = shares::base_of(&bases, one.site) else { continue };
        for (month, (from, to)) in months.iter().enumerate() {
            if one.from <= *to && *from <= one.last() {
                *missed.entry((base, month)).or_default() += 1;
            }
        }
    }
    let mut places: Vec<((usize, usize), usize)> = missed.into_iter().collect();
    places.sort_by_key(|((base, month), count)| (std::cmp::Reverse(*count), *month, *base));
    let before = score(problem, plan).missed;
    let mut best: Option<Help> = None;
    for ((base, month), _) in places.into_iter().take(TRIED) {
        let (from, to) = months[month];
        let goes_out = |crew: &usize| (from..=to).filter(|day| problem.devices(*crew, *day) > 0).count();
        let Some(crew) =
            bases[base].crews.iter().copied().max_by_key(|crew| (goes_out(crew), std::cmp::Reverse(*crew)))
        else {
            continue;
        };
        let mut more = problem.clone();
        for day in (from..=to).filter_map(|day| usize::try_from(day).ok()) {
            let devices = &mut more.crews[crew].devices[day];
            *devices += u32::from(*devices > 0);
        }
        let helped = search::go_on(&more, plan, &bases, base, MOVES);
        let on_time = before.saturating_sub(score(&more, &helped).missed);
        if on_time > best.map_or(0, |known| known.on_time) {
            best = Some(Help { crew, from, to, on_time });
        }
    }
    best
}

/// The months of a plan, each by its first and last day in it.
fn months(problem: &Problem) -> Vec<(Day, Day)> {
    let mut months: Vec<(Day, Day)> = Vec::new();
    for day in 0..problem.days {
        match months.last_mut() {
            Some(month) if problem.date(day).day() != 1 => month.1 = day,
            _ => months.push((day, day)),
        }
    }
    months
}
