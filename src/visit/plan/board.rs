//! The board on which a plan is laid out: who goes where on which day, how much room is left, and how to take a step back.

use super::problem::{Day, Legs, Need, Plan, Problem, Stop, TOLERANCE};

/// Pupils met at one site on one crew's day.
#[derive(Debug, Clone)]
pub struct Load {
    pub site: usize,
    pub pupils: Vec<usize>,
}

/// One crew's day.
#[derive(Debug, Clone)]
struct Route {
    /// Minutes that fixed visits take up, and the node where the last of them ends.
    begin: f64,
    from: usize,
    fixed_sites: Vec<usize>,
    stops: Vec<Load>,
    /// Driving minutes from `from` over the stops to the base.
    travel: u32,
    pupils: usize,
}

/// How long a due pupil may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Haste {
    /// With days to spare before the 17th birthday; and soon, where none are left.
    Easy,
    /// Just in time.
    InTime,
    /// Late, which is better than never.
    Late,
}

/// How a site can be served on one crew's day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// The crew stops there anyway.
    Join,
    /// One more stop of a day on which the crew drives out anyway.
    Insert,
    /// The crew drives out for it.
    Fresh,
}

/// A possible place for pupils of one site.
#[derive(Debug, Clone, Copy)]
pub struct Spot {
    pub route: usize,
    pub day: Day,
    pub way: Way,
    /// Pupils it has room for.
    pub room: usize,
    /// Additional driving minutes.
    pub extra: u32,
}

/// What never changes while plans for one problem are laid out.
#[derive(Debug)]
pub struct Ground<'a> {
    pub problem: &'a Problem,
    pub legs: Legs,
    pub needs: Vec<Need>,
    /// For each site the due pupils by their last day, then the overdue ones by age.
    pub musts: Vec<Vec<usize>>,
    /// For each site the others, oldest first.
    pub others: Vec<Vec<usize>>,
    fixed: Vec<bool>,
}

impl<'a> Ground<'a> {
    pub fn new(problem: &'a Problem) -> Self {
        let needs: Vec<Need> = (0..problem.pupils.len()).map(|pupil| problem.need(pupil)).collect();
        let mut fixed = vec![false; problem.pupils.len()];
        for visit in &problem.fixed {
            for pupil in &visit.pupils {
                fixed[*pupil] = true;
            }
        }
        let mut musts = vec![Vec::new(); problem.sites.len()];
        let mut others = musts.clone();
        for (index, pupil) in problem.pupils.iter().enumerate() {
            if !fixed[index] {
                let list = if needs[index] == Need::Other { &mut others } else { &mut musts };
                list[pupil.site].push(index);
            }
        }
        for list in &mut musts {
            list.sort_by_key(|&index| {
                let pupil = &problem.pupils[index];
                (needs[index] == Need::Overdue, pupil.last(), pupil.birthday, index)
            });
        }
        for list in &mut others {
            list.sort_by_key(|&index| (problem.pupils[index].birthday, index));
        }
        Self { problem, legs: Legs::new(problem), needs, musts, others, fixed }
    }

    /// The last day on which `pupil` may be met.
    pub fn deadline(&self, pupil: usize, haste: Haste) -> Day {
        let one = &self.problem.pupils[pupil];
        let last = match (haste, self.needs[pupil], self.problem.rolling) {
            (_, Need::Other, _) | (Haste::Late, _, _) => one.until,
            (Haste::Easy, Need::Due, Some(rolling)) if !self.is_pressing(pupil) => one.last() - rolling.margin,
            (Haste::Easy, need, Some(rolling)) => {
                let last = if need == Need::Due { one.last() } else { one.until };
                last.min(one.from.max(0).saturating_add(rolling.margin))
            }
            (_, Need::Due, _) => one.last(),
            (_, Need::Overdue, _) => one.until,
        };
        last.min(self.problem.days - 1)
    }

    /// Whether a plan that is made every night has no days to spare for `pupil`.
    pub fn is_pressing(&self, pupil: usize) -> bool {
        let one = &self.problem.pupils[pupil];
        self.problem.rolling.is_some_and(|rolling| match self.needs[pupil] {
            Need::Due => one.last() - rolling.margin < one.from.max(0),
            Need::Overdue => true,
            Need::Other => false,
        })
    }
}

/// A plan in the making.
#[derive(Debug)]
pub struct Board<'a> {
    pub ground: &'a Ground<'a>,
    routes: Vec<Route>,
    /// The route on which a pupil is; fixed pupils are on none.
    placed: Vec<Option<usize>>,
    /// Routes as they were before the trial that runs now.
    journal: Option<Vec<(usize, Route)>>,
}

impl<'a> Board<'a> {
    pub fn new(ground: &'a Ground<'a>) -> Self {
        let problem = ground.problem;
        let days = usize::try_from(problem.days).unwrap_or_default();
        let mut routes = Vec::with_capacity(problem.crews.len() * days);
        for crew in 0..problem.crews.len() {
            let base = ground.legs.base(crew);
            let route = Route { begin: 0.0, from: base, fixed_sites: vec![], stops: vec![], travel: 0, pupils: 0 };
            routes.extend(std::iter::repeat_n(route, days));
        }
        let mut board = Self { ground, routes, placed: vec![None; problem.pupils.len()], journal: None };
        for visit in &problem.fixed {
            if let Some(route) = board.route_of(visit.crew, visit.day) {
                let route = &mut board.routes[route];
                route.fixed_sites.push(visit.site);
                if visit.ends > route.begin {
                    route.begin = visit.ends;
                    route.from = visit.site;
                }
            }
        }
        board
    }

    fn days(&self) -> usize {
        usize::try_from(self.ground.problem.days).unwrap_or_default()
    }

    pub fn route_of(&self, crew: usize, day: Day) -> Option<usize> {
        let day = usize::try_from(day).ok().filter(|day| *day < self.days())?;
        Some(crew * self.days() + day)
    }

    pub fn crew_and_day(&self, route: usize) -> (usize, Day) {
        // A plan has fewer days than a Day can count.
        (route / self.days(), Day::try_from(route % self.days()).unwrap_or(Day::MAX))
    }

    pub fn is_placed(&self, pupil: usize) -> bool {
        self.placed[pupil].is_some() || self.ground.fixed[pupil]
    }

    pub fn stops(&self, route: usize) -> &[Load] {
        &self.routes[route].stops
    }

    /// Pupils on a route.
    pub fn size(&self, route: usize) -> usize {
        self.routes[route].pupils
    }

    /// Routes with stops.
    pub fn used(&self) -> Vec<usize> {
        (0..self.routes.len()).filter(|&route| !self.routes[route].stops.is_empty()).collect()
    }

    /// The share of the crew's minutes that is used.
    pub fn fullness(&self, route: usize) -> f64 {
        let params = &self.ground.problem.params;
        let (crew, day) = self.crew_and_day(route);
        let devices = f64::from(self.ground.problem.devices(crew, day).max(1));
        let one = &self.routes[route];
        let work = one.pupils as f64 * params.minutes_per_student / devices;
        (one.begin + f64::from(one.travel) + one.stops.len() as f64 * params.setup_minutes + work) / params.day_minutes
    }

    /// How many more pupils fit if `extra` minutes are driven and `stops` stops made in addition.
    fn room(&self, route: usize, extra: u32, stops: usize) -> usize {
        let params = &self.ground.problem.params;
        let (crew, day) = self.crew_and_day(route);
        let devices = f64::from(self.ground.problem.devices(crew, day));
        let one = &self.routes[route];
        let spent = one.begin + f64::from(one.travel + extra) + (one.stops.len() + stops) as f64 * params.setup_minutes;
        let free = params.day_minutes - spent + TOLERANCE / 2.0;
        if free < 0.0 {
            return 0;
        }
        // A cast from a float saturates, and nothing here is negative.
        let pupils = (free * devices / params.minutes_per_student).floor() as usize;
        pupils.saturating_sub(one.pupils)
    }

    /// The cheapest position for one more stop at `site`, and what it costs in minutes.
    fn insertion(&self, route: usize, site: usize) -> (usize, u32) {
        let legs = &self.ground.legs;
        let one = &self.routes[route];
        let (crew, _) = self.crew_and_day(route);
        let base = legs.base(crew);
        if one.stops.is_empty() {
            return (0, legs.between(one.from, site) + legs.between(site, base));
        }
        let mut best = (0, u32::MAX);
        let mut before = one.from;
        for at in 0..=one.stops.len() {
            let after = one.stops.get(at).map_or(base, |stop| stop.site);
            // Rounded-up legs may break the triangle's rule by a minute.
            let cost =
                (legs.between(before, site) + legs.between(site, after)).saturating_sub(legs.between(before, after));
            if cost < best.1 {
                best = (at, cost);
            }
            before = after;
        }
        best
    }

    /// How pupils of `site` fit on one route; `None` when not a single one does.
    pub fn spot(&self, route: usize, site: usize) -> Option<Spot> {
        let (crew, day) = self.crew_and_day(route);
        let problem = self.ground.problem;
        if problem.devices(crew, day) == 0 || !problem.open(site, day) {
            return None;
        }
        let one = &self.routes[route];
        let (way, extra, room) = if one.stops.iter().any(|stop| stop.site == site) {
            (Way::Join, 0, self.room(route, 0, 0))
        } else if one.fixed_sites.contains(&site) {
            return None;
        } else {
            let extra = self.insertion(route, site).1;
            let fresh = one.stops.is_empty() && one.fixed_sites.is_empty();
            (if fresh { Way::Fresh } else { Way::Insert }, extra, self.room(route, extra, 1))
        };
        (room > 0).then_some(Spot { route, day, way, room, extra })
    }

    /// For each day, how many of `pupils` who are not placed can be met then.
    pub fn gains(&self, pupils: &[usize], haste: Haste) -> Vec<usize> {
        let days = self.days();
        let mut change = vec![0_i64; days + 1];
        for &pupil in pupils {
            let from = self.ground.problem.pupils[pupil].from.max(0);
            let last = self.ground.deadline(pupil, haste);
            if !self.is_placed(pupil) && from <= last {
                // Both lie between 0 and the number of days.
                change[usize::try_from(from).unwrap_or_default()] += 1;
                change[usize::try_from(last).unwrap_or_default() + 1] -= 1;
            }
        }
        let mut sum = 0;
        change[..days]
            .iter()
            .map(|step| {
                sum += step;
                usize::try_from(sum).unwrap_or_default()
            })
            .collect()
    }

    /// Those of `pupils` who are not placed and can be met on `day`.
    pub fn waiting<'b>(&'b self, pupils: &'b [usize], day: Day, haste: Haste) -> impl Iterator<Item = usize> + 'b {
        pupils.iter().copied().filter(move |&pupil| {
            !self.is_placed(pupil)
                && self.ground.problem.pupils[pupil].from <= day
                && day <= self.ground.deadline(pupil, haste)
        })
    }

    fn note(&mut self, route: usize) {
        if let Some(journal) = &mut self.journal
            && !journal.iter().any(|(known, _)| *known == route)
        {
            journal.push((route, self.routes[route].clone()));
        }
    }

    /// Puts pupils of `site` on a route, with a new stop where there is none.
    pub fn put(&mut self, route: usize, site: usize, pupils: &[usize]) {
        self.note(route);
        let (at, extra) = self.insertion(route, site);
        let one = &mut self.routes[route];
        match one.stops.iter_mut().find(|stop| stop.site == site) {
            Some(stop) => stop.pupils.extend_from_slice(pupils),
            None => {
                one.stops.insert(at, Load { site, pupils: pupils.to_vec() });
                one.travel += extra;
            }
        }
        one.pupils += pupils.len();
        for pupil in pupils {
            self.placed[*pupil] = Some(route);
        }
        self.measure(route);
    }

    fn measure(&mut self, route: usize) {
        let (crew, _) = self.crew_and_day(route);
        let base = self.ground.legs.base(crew);
        let one = &self.routes[route];
        let path = std::iter::once(one.from).chain(one.stops.iter().map(|stop| stop.site)).chain([base]);
        let travel = if one.stops.is_empty() { 0 } else { self.ground.legs.along(path) };
        self.routes[route].travel = travel;
    }

    /// Takes every stop off a route.
    pub fn clear(&mut self, route: usize) -> Vec<Load> {
        self.note(route);
        let one = &mut self.routes[route];
        one.pupils = 0;
        one.travel = 0;
        let stops = std::mem::take(&mut one.stops);
        for pupil in stops.iter().flat_map(|stop| &stop.pupils) {
            self.placed[*pupil] = None;
        }
        stops
    }

    /// Takes one stop off a route.
    pub fn remove(&mut self, route: usize, at: usize) -> Load {
        self.note(route);
        let load = self.routes[route].stops.remove(at);
        self.routes[route].pupils -= load.pupils.len();
        for pupil in &load.pupils {
            self.placed[*pupil] = None;
        }
        self.measure(route);
        load
    }

    /// Begins a trial that [`Board::keep`] makes stand or [`Board::undo`] takes back.
    pub fn begin_trial(&mut self) {
        self.journal = Some(Vec::new());
    }

    pub fn keep(&mut self) {
        self.journal = None;
    }

    pub fn undo(&mut self) {
        let journal = self.journal.take().unwrap_or_default();
        for (route, _) in &journal {
            for pupil in self.routes[*route].stops.iter().flat_map(|stop| &stop.pupils) {
                self.placed[*pupil] = None;
            }
        }
        for (route, before) in journal {
            for pupil in before.stops.iter().flat_map(|stop| &stop.pupils) {
                self.placed[*pupil] = Some(route);
            }
            self.routes[route] = before;
        }
    }

    /// Orders a route's stops so that the least is driven.
    pub fn shorten(&mut self, route: usize) {
        /// More stops than fit into a day in earnest; beyond, the order stays.
        const MOST: usize = 7;
        let (crew, _) = self.crew_and_day(route);
        let legs = &self.ground.legs;
        let base = legs.base(crew);
        let one = &self.routes[route];
        if !(2..=MOST).contains(&one.stops.len()) {
            return;
        }
        let sites: Vec<usize> = one.stops.iter().map(|stop| stop.site).collect();
        let mut order: Vec<usize> = (0..sites.len()).collect();
        let mut best = (one.travel, order.clone());
        permute(&mut order, 0, &mut |order| {
            let path = std::iter::once(one.from).chain(order.iter().map(|at| sites[*at])).chain([base]);
            let travel = legs.along(path);
            if travel < best.0 {
                best = (travel, order.to_vec());
            }
        });
        let (travel, order) = best;
        let one = &mut self.routes[route];
        let mut stops: Vec<Option<Load>> = std::mem::take(&mut one.stops).into_iter().map(Some).collect();
        one.stops = order.into_iter().filter_map(|at| stops[at].take()).collect();
        one.travel = travel;
    }

    /// The plan as it stands.
    pub fn plan(&self) -> Plan {
        let mut stops = Vec::new();
        for route in self.used() {
            let (crew, day) = self.crew_and_day(route);
            for (at, load) in self.routes[route].stops.iter().enumerate() {
                let mut pupils = load.pupils.clone();
                pupils.sort_unstable();
                stops.push(Stop { day, crew, order: at + 1, site: load.site, pupils });
            }
        }
        stops.sort_by_key(|stop| (stop.day, stop.crew, stop.order));
        Plan { stops }
    }
}

/// Calls `seen` with every order of `items[at..]`.
fn permute(items: &mut [usize], at: usize, seen: &mut dyn FnMut(&[usize])) {
    if at == items.len() {
        return seen(items);
    }
    for other in at..items.len() {
        items.swap(at, other);
        permute(items, at + 1, seen);
        items.swap(at, other);
    }
}
