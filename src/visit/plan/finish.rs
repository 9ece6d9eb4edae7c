//! The last touches on a plan: of the days that are equally good for those in need the one that suits most others, too; and the
//! room that is left is filled with them.

use std::collections::{BTreeMap, BTreeSet};

use super::ground::{Haste, deadline, is_pressing};
use super::problem::{Day, Need, Plan, Point, Problem, Stop, TOLERANCE, leg};

/// A crew's day of the plan.
struct Outing {
    crew: usize,
    day: Day,
    stops: Vec<Stop>,
    /// The days on which everybody is met no worse than now.
    from: Day,
    until: Day,
    /// Whether somebody has no days to spare.
    presses: bool,
    /// Whether the day may be another one.
    moves: bool,
    drive: u32,
}

struct Finish<'a> {
    problem: &'a Problem,
    needs: &'a [Need],
    /// For each site the others who are not met yet, the oldest first.
    others: Vec<Vec<usize>>,
    /// Days of crews that are used, settled ones included.
    busy: BTreeSet<(usize, Day)>,
}

/// Chooses among equal days and fills what room is left with pupils who could wait.
pub fn finish(problem: &Problem, needs: &[Need], plan: Plan) -> Plan {
    let mut met = vec![false; problem.pupils.len()];
    for pupil in problem.fixed.iter().flat_map(|visit| &visit.pupils) {
        met[*pupil] = true;
    }
    let mut others: Vec<Vec<usize>> = vec![Vec::new(); problem.sites.len()];
    for (index, pupil) in problem.pupils.iter().enumerate() {
        if needs[index] == Need::Other && !met[index] {
            others[pupil.site].push(index);
        }
    }
    for list in &mut others {
        list.sort_by_key(|&index| (problem.pupils[index].birthday, index));
    }
    let mut days: BTreeMap<(Day, usize), Vec<Stop>> = BTreeMap::new();
    for stop in plan.stops {
        days.entry((stop.day, stop.crew)).or_default().push(stop);
    }
    let settled: BTreeSet<(usize, Day)> = problem.fixed.iter().map(|visit| (visit.crew, visit.day)).collect();
    let busy = days.keys().map(|(day, crew)| (*crew, *day)).chain(settled.iter().copied()).collect();
    let mut finish = Finish { problem, needs, others, busy };
    let mut outings: Vec<Outing> =
        days.into_iter().map(|((day, crew), stops)| finish.outing(crew, day, stops, &settled)).collect();
    for outing in &mut outings {
        finish.choose_day(outing);
        finish.fill(outing);
    }
    let mut stops: Vec<Stop> = outings.into_iter().flat_map(|outing| outing.stops).collect();
    stops.sort_by_key(|stop| (stop.day, stop.crew, stop.order));
    Plan { stops }
}

impl Finish<'_> {
    fn outing(&self, crew: usize, day: Day, mut stops: Vec<Stop>, settled: &BTreeSet<(usize, Day)>) -> Outing {
        let problem = self.problem;
        let base = problem.crews[crew].base;
        // There and back is as far as back and there: of both the one that begins nearer, so that hours do not change for nothing.
        let end =
            |stop: Option<&Stop>| stop.map(|stop| (leg(&problem.params, base, problem.sites[stop.site].at), stop.site));
        if !settled.contains(&(crew, day)) && end(stops.last()) < end(stops.first()) {
            stops.reverse();
            (1..).zip(&mut stops).for_each(|(order, stop)| stop.order = order);
        }
        let (mut from, mut until, mut presses) = (0, problem.days - 1, false);
        for &pupil in stops.iter().flat_map(|stop| &stop.pupils) {
            let need = self.needs[pupil];
            from = from.max(problem.pupils[pupil].from);
            // Whoever is late is not met later still.
            let kept = Haste::ALL.iter().map(|haste| deadline(problem, need, pupil, *haste)).find(|last| day <= *last);
            let late = need == Need::Due && day > problem.pupils[pupil].last();
            until = until.min(if late { day } else { kept.unwrap_or(day) });
            presses |= is_pressing(problem, need, pupil);
        }
        let stays = problem
            .proposed
            .iter()
            .any(|stay| (stay.crew, stay.day) == (crew, day) && stops.iter().any(|stop| stop.site == stay.site));
        let points: Vec<Point> =
            std::iter::once(base).chain(stops.iter().map(|stop| problem.sites[stop.site].at)).chain([base]).collect();
        let drive = points.windows(2).map(|pair| leg(&problem.params, pair[0], pair[1])).sum();
        let moves = !stays && !settled.contains(&(crew, day));
        Outing { crew, day, stops, from, until, presses, moves, drive }
    }

    /// How many more pupils a crew could meet on this outing if it were on `day`; `None` when it cannot be then.
    fn room(&self, outing: &Outing, day: Day) -> Option<usize> {
        let params = &self.problem.params;
        let devices = f64::from(self.problem.devices(outing.crew, day));
        let count: usize = outing.stops.iter().map(|stop| stop.pupils.len()).sum();
        let settled = self.problem.fixed.iter().filter(|visit| (visit.crew, visit.day) == (outing.crew, day));
        let last = settled.max_by(|a, b| a.ends.total_cmp(&b.ends));
        let (mut begins, mut drive) = (0.0, f64::from(outing.drive));
        if let (Some(last), Some(first)) = (last, outing.stops.first()) {
            let base = self.problem.crews[outing.crew].base;
            let at = self.problem.sites[first.site].at;
            begins = last.ends;
            drive += f64::from(leg(params, self.problem.sites[last.site].at, at)) - f64::from(leg(params, base, at));
        }
        let free = self.problem.minutes(day) + TOLERANCE / 2.0
            - begins
            - drive
            - outing.stops.len() as f64 * params.setup_minutes;
        if free < 0.0 || devices == 0.0 {
            return None;
        }
        // A cast from a float saturates, and nothing here is negative.
        ((free * devices / params.minutes_per_student) as usize).checked_sub(count)
    }

    fn choose_day(&mut self, outing: &mut Outing) {
        if !outing.moves {
            return;
        }
        let problem = self.problem;
        let mut best = None;
        for day in outing.from.max(0)..=outing.until {
            let is_open = outing.stops.iter().all(|stop| problem.open(stop.site, day));
            if !is_open || (day != outing.day && self.busy.contains(&(outing.crew, day))) {
                continue;
            }
            let Some(room) = self.room(outing, day) else { continue };
            let can =
                |stop: &Stop| self.others[stop.site].iter().filter(|pupil| problem.pupils[**pupil].can(day)).count();
            let others: usize = outing.stops.iter().map(can).sum();
            // A plan that is made every night goes out as late as it can, for ever more can then be met, but nobody who has no
            // days to spare waits for them; all others go out early.
            let key = match problem.rolling {
                Some(_) if outing.presses => (0, -day),
                Some(_) => (others.min(room), day),
                None => (others.min(room), -day),
            };
            if best.is_none_or(|(known, _)| key > known) {
                best = Some((key, day));
            }
        }
        if let Some((_, day)) = best {
            self.busy.remove(&(outing.crew, outing.day));
            self.busy.insert((outing.crew, day));
            outing.day = day;
            outing.stops.iter_mut().for_each(|stop| stop.day = day);
        }
    }

    fn fill(&mut self, outing: &mut Outing) {
        let Some(mut room) = self.room(outing, outing.day) else { return };
        for stop in &mut outing.stops {
            let can = |pupil: &usize| self.problem.pupils[*pupil].can(outing.day);
            let more: Vec<usize> = self.others[stop.site].iter().copied().filter(can).take(room).collect();
            if !more.is_empty() {
                room -= more.len();
                self.others[stop.site].retain(|pupil| !more.contains(pupil));
                stop.pupils.extend(more);
                stop.pupils.sort_unstable();
            }
        }
    }
}
