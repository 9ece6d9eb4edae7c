//! Finds a plan: several ways of laying one out, each improved for a while; the best one counts.
//!
//! Every way begins with whoever turns 17 first, sends a crew to that site on the day on which most of the site's pupils can be
//! met, and lets the crew go on to neighbouring sites while its day lasts. Days that are hardly used are then dissolved into
//! others, and what room is left is filled with pupils who could wait.

use super::board::{Board, Ground, Haste, Load, Spot, Way};
use super::problem::{Day, Need, Plan, Problem, Score};
use super::verdict::score;

/// How pressing a pupil is grows within so many days before the last day in time.
const PRESSING_DAYS: f64 = 14.0;
/// An overdue pupil counts so much of a due one where a site is chosen.
const OVERDUE_WEIGHT: f64 = 0.2;

/// One way of laying out a plan.
#[derive(Debug, Clone, Copy)]
struct Style {
    /// First, day by day, every crew goes where most is to be done, if that fills at least this share of its day.
    sweep: Option<f64>,
    /// How much more a pressing pupil counts in the sweep.
    pressing: f64,
    /// Of days that are equally good for those in need, the first; else the one on which most others can be met too.
    early: bool,
    /// The share of a neighbouring site's pupils that must fit before a crew goes on to it.
    share: f64,
}

/// Ways that go out only when much is to be done or time runs out: those of a plan that is made again every night.
const PATIENT: [Style; 3] = [
    Style { sweep: None, pressing: 0.0, early: false, share: 1.0 },
    Style { sweep: None, pressing: 0.0, early: false, share: 0.4 },
    Style { sweep: Some(0.9), pressing: 2.0, early: false, share: 0.4 },
];
const EAGER: [Style; 6] = [
    Style { sweep: None, pressing: 0.0, early: true, share: 1.0 },
    Style { sweep: None, pressing: 0.0, early: true, share: 0.4 },
    Style { sweep: Some(0.9), pressing: 2.0, early: true, share: 1.0 },
    Style { sweep: Some(0.5), pressing: 4.0, early: true, share: 0.4 },
    Style { sweep: Some(0.0), pressing: 0.0, early: true, share: 0.4 },
    Style { sweep: Some(0.0), pressing: 8.0, early: true, share: 0.4 },
];

/// A plan, and whether the search was cut off before it had used its moves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Solution {
    pub plan: Plan,
    pub score: Score,
    pub cut_off: bool,
    /// Moves that were tried.
    pub moves: u64,
}

/// Plans. `moves` bounds the improvement (by default it follows from the size); `stop` is asked now and then and ends the
/// search early. The answer depends on nothing else.
#[must_use]
pub fn solve(problem: &Problem, moves: Option<u64>, stop: &dyn Fn() -> bool) -> Solution {
    let ground = Ground::new(problem);
    let size = u64::try_from(problem.pupils.len() / 4 + problem.sites.len() * 20 + 2000).unwrap_or(u64::MAX);
    let budget = moves.unwrap_or(size);
    let each = budget / (PATIENT.len() + EAGER.len()) as u64;
    let mut best: Option<(Score, Plan)> = None;
    let (mut cut_off, mut tried) = (false, 0);
    let styles = PATIENT.into_iter().map(|style| (style, false)).chain(EAGER.into_iter().map(|style| (style, true)));
    for (style, eager) in styles {
        if let (true, true, Some((known, _))) = (eager, problem.rolling.is_some(), &best)
            && known.missed == 0
        {
            break;
        }
        // Whatever the haste, there is one plan.
        if best.is_some() && stop() {
            cut_off = true;
            break;
        }
        let mut search = Search { board: Board::new(&ground), style, left: each, stop, cut_off: false };
        search.run();
        tried += each - search.left;
        cut_off |= search.cut_off;
        let plan = search.board.plan();
        let score = score(problem, &plan);
        let better = best.as_ref().is_none_or(|(known, _)| match eager && problem.rolling.is_some() {
            // Going out early is worth it only for somebody who would be missed.
            true => (score.missed, score.never) < (known.missed, known.never),
            false => score < *known,
        });
        if better {
            best = Some((score, plan));
        }
    }
    let (score, plan) = best.unwrap_or_default();
    Solution { plan, score, cut_off, moves: tried }
}

struct Search<'a> {
    board: Board<'a>,
    style: Style,
    /// Moves left.
    left: u64,
    stop: &'a dyn Fn() -> bool,
    cut_off: bool,
}

/// How good a spot is, the least the best: the way to it, who is left out, driving, who could not come along, when.
type Rank = (usize, usize, u32, usize, Day);

impl Search<'_> {
    fn run(&mut self) {
        if let Some(fullness) = self.style.sweep {
            self.sweep(fullness);
        }
        if self.board.ground.problem.rolling.is_some() {
            self.serve(Haste::Easy);
        }
        self.serve(Haste::InTime);
        self.serve(Haste::Late);
        while self.dissolve_days() {}
        self.dissolve_stops();
        for route in self.board.used() {
            self.board.shorten(route);
        }
        self.fill();
    }

    fn spend(&mut self) -> bool {
        if self.left == 0 || self.cut_off {
            return false;
        }
        self.left -= 1;
        if self.left.is_multiple_of(64) && (self.stop)() {
            self.cut_off = true;
        }
        !self.cut_off
    }

    /// Day by day, every crew goes where most is to be done.
    fn sweep(&mut self, fullness: f64) {
        let problem = self.board.ground.problem;
        for day in 0..problem.days {
            let mut crews: Vec<usize> =
                (0..problem.crews.len()).filter(|&crew| problem.devices(crew, day) > 0).collect();
            crews.sort_by_key(|&crew| (std::cmp::Reverse(problem.devices(crew, day)), crew));
            for crew in crews {
                let Some(route) = self.board.route_of(crew, day) else { continue };
                if !self.board.stops(route).is_empty() {
                    continue;
                }
                self.board.begin_trial();
                self.grow(route, self.style.pressing);
                if self.board.size(route) > 0 && self.board.fullness(route) >= fullness {
                    self.board.keep();
                } else {
                    self.board.undo();
                }
            }
        }
    }

    /// Lets a crew go on to further sites while its day lasts.
    fn grow(&mut self, route: usize, pressing: f64) {
        let ground = self.board.ground;
        let problem = ground.problem;
        let params = &problem.params;
        let (crew, day) = self.board.crew_and_day(route);
        let devices = f64::from(problem.devices(crew, day).max(1));
        // What is to be done at each site: how many, and how much that counts.
        let mut work: Vec<(usize, usize, f64)> = Vec::new();
        for site in 0..problem.sites.len() {
            if !problem.open(site, day) {
                continue;
            }
            let (mut count, mut weight) = (0, 0.0);
            for pupil in self.board.waiting(&ground.musts[site], day, Haste::InTime) {
                count += 1;
                weight += match ground.needs[pupil] {
                    Need::Due => {
                        1.0 + pressing * (-f64::from(problem.pupils[pupil].last() - day) / PRESSING_DAYS).exp()
                    }
                    _ => OVERDUE_WEIGHT,
                };
            }
            if count > 0 {
                work.push((site, count, weight));
            }
        }
        loop {
            let mut best: Option<(f64, usize, Spot)> = None;
            let first = self.board.stops(route).is_empty();
            for &(site, count, weight) in &work {
                let Some(spot) = self.board.spot(route, site).filter(|spot| spot.way != Way::Join) else { continue };
                let fit = spot.room.min(count);
                if !first && (fit as f64) < self.style.share * count as f64 {
                    continue;
                }
                let minutes =
                    f64::from(spot.extra) + params.setup_minutes + fit as f64 * params.minutes_per_student / devices;
                let value = weight * fit as f64 / count as f64 / minutes.max(1.0);
                if best.is_none_or(|(known, _, _)| value > known) {
                    best = Some((value, site, spot));
                }
            }
            let Some((_, site, spot)) = best else { return };
            let pupils: Vec<usize> =
                self.board.waiting(&ground.musts[site], day, Haste::InTime).take(spot.room).collect();
            self.board.put(route, site, &pupils);
            work.retain(|(known, _, _)| *known != site);
        }
    }

    /// Finds a place for everybody who needs one, whoever turns 17 first first.
    fn serve(&mut self, haste: Haste) {
        let ground = self.board.ground;
        let mut queue: Vec<usize> = ground.musts.iter().flatten().copied().collect();
        queue.sort_by_key(|&pupil| {
            let one = &ground.problem.pupils[pupil];
            let overdue = ground.needs[pupil] == Need::Overdue && ground.problem.rolling.is_none();
            (!ground.is_pressing(pupil), overdue, ground.deadline(pupil, haste), one.birthday, pupil)
        });
        // For each site, spans of days in which nothing is left: room only shrinks.
        let mut hopeless: Vec<Vec<(Day, Day)>> = vec![Vec::new(); ground.problem.sites.len()];
        for pupil in queue {
            if self.board.is_placed(pupil) {
                continue;
            }
            let one = ground.problem.pupils[pupil];
            let span = (one.from.max(0), ground.deadline(pupil, haste));
            if span.1 < span.0 {
                continue;
            }
            if hopeless[one.site].iter().any(|known| known.0 <= span.0 && span.1 <= known.1) {
                continue;
            }
            let mut gains = self.board.gains(&ground.musts[one.site], haste);
            let ahead = self.board.gains(&ground.others[one.site], Haste::Late);
            // In a plan that is made every night, whoever could not be met with days to spare is met soon, if that can be.
            let hurry = ground.problem.rolling.filter(|_| haste != Haste::Easy);
            let soon = hurry.map(|rolling| (span.0, span.1.min(span.0.saturating_add(rolling.margin))));
            let early = self.style.early || hurry.is_some() || ground.is_pressing(pupil);
            if ground.is_pressing(pupil) {
                // Nor does it wait for those who turn 16 tomorrow, tomorrow again, and so for ever.
                let now = gain(&gains, span.0);
                gains.iter_mut().for_each(|later| *later = now.min(*later));
            }
            let spot = soon.and_then(|soon| self.choose(one.site, soon, &gains, &ahead, early));
            let Some(spot) = spot.or_else(|| self.choose(one.site, span, &gains, &ahead, early)) else {
                hopeless[one.site].push(span);
                continue;
            };
            let mut pupils = vec![pupil];
            let others = self.board.waiting(&ground.musts[one.site], spot.day, haste).filter(|other| *other != pupil);
            pupils.extend(others.take(spot.room - 1));
            self.board.put(spot.route, one.site, &pupils);
            if spot.way == Way::Fresh {
                self.grow(spot.route, 0.0);
            }
        }
    }

    /// The best spot for a site within a span of days: one that needs no further team-day if it takes everybody, else the one
    /// that takes most.
    fn choose(&self, site: usize, span: (Day, Day), gains: &[usize], ahead: &[usize], early: bool) -> Option<Spot> {
        let problem = self.board.ground.problem;
        let mut best: Option<(Rank, Spot)> = None;
        let days = span.0..=span.1;
        let all = days.clone().filter(|day| problem.open(site, *day)).map(|day| gain(gains, day)).max()?;
        for day in days {
            if !problem.open(site, day) || gain(gains, day) == 0 {
                continue;
            }
            for crew in 0..problem.crews.len() {
                let Some(spot) = self.board.route_of(crew, day).and_then(|route| self.board.spot(route, site)) else {
                    continue;
                };
                let fit = spot.room.min(gain(gains, day));
                let rank = match spot.way {
                    Way::Join if fit == all => 0,
                    Way::Insert if fit == all => 1,
                    _ => 2,
                };
                let others = if early { 0 } else { gain(ahead, day).min(spot.room - fit) };
                let when = if early { day } else { -day };
                let key = (rank, all - fit, spot.extra, usize::MAX - others, when);
                if best.as_ref().is_none_or(|(known, _)| key < *known) {
                    best = Some((key, spot));
                }
            }
        }
        best.map(|(_, spot)| spot)
    }

    /// Tries to spread each team-day, the emptiest first, over the others; gives whether one could be spared.
    fn dissolve_days(&mut self) -> bool {
        let mut routes = self.board.used();
        routes.sort_by_key(|&route| (self.board.size(route), route));
        let mut spared = false;
        for route in routes {
            if !self.spend() {
                return false;
            }
            self.board.begin_trial();
            let loads = self.board.clear(route);
            if loads.iter().all(|load| self.rehome(load, route, Way::Insert)) {
                self.board.keep();
                spared = true;
            } else {
                self.board.undo();
            }
        }
        spared
    }

    /// Tries to spread each stop over other stops at the same site.
    fn dissolve_stops(&mut self) {
        for route in self.board.used() {
            let mut at = 0;
            while at < self.board.stops(route).len() {
                if !self.spend() {
                    return;
                }
                self.board.begin_trial();
                let load = self.board.remove(route, at);
                if self.rehome(&load, route, Way::Join) {
                    self.board.keep();
                } else {
                    self.board.undo();
                    at += 1;
                }
            }
        }
    }

    /// Finds other places for the pupils of a stop that was taken off the route `gone`, in ways up to `most`.
    fn rehome(&mut self, load: &Load, gone: usize, most: Way) -> bool {
        let ground = self.board.ground;
        let problem = ground.problem;
        let (_, day) = self.board.crew_and_day(gone);
        // Whoever was in time stays in time.
        let within = |haste: Haste| move |pupil: &&usize| day <= ground.deadline(**pupil, haste);
        let (easy, rest): (Vec<usize>, Vec<usize>) = load.pupils.iter().partition(within(Haste::Easy));
        let (in_time, late): (Vec<usize>, Vec<usize>) = rest.iter().partition(within(Haste::InTime));
        for (pupils, haste) in [(easy, Haste::Easy), (in_time, Haste::InTime), (late, Haste::Late)] {
            let mut waiting = pupils;
            while !waiting.is_empty() {
                let gains = self.board.gains(&waiting, haste);
                let mut best: Option<((usize, Way, u32), Spot)> = None;
                for (day, &gain) in (0..).zip(&gains) {
                    if gain == 0 || !problem.open(load.site, day) {
                        continue;
                    }
                    for crew in 0..problem.crews.len() {
                        let Some(route) = self.board.route_of(crew, day).filter(|&route| route != gone) else {
                            continue;
                        };
                        let Some(spot) = self.board.spot(route, load.site).filter(|spot| spot.way <= most) else {
                            continue;
                        };
                        let key = (waiting.len() - spot.room.min(gain), spot.way, spot.extra);
                        if best.as_ref().is_none_or(|(known, _)| key < *known) {
                            best = Some((key, spot));
                        }
                    }
                }
                let Some((_, spot)) = best else { return false };
                let moved: Vec<usize> = self.board.waiting(&waiting, spot.day, haste).take(spot.room).collect();
                self.board.put(spot.route, load.site, &moved);
                waiting.retain(|pupil| !self.board.is_placed(*pupil));
            }
        }
        true
    }

    /// Fills what room is left with pupils who could wait.
    fn fill(&mut self) {
        let ground = self.board.ground;
        let mut routes = self.board.used();
        routes.sort_by_key(|&route| (self.board.crew_and_day(route).1, route));
        for route in routes {
            let day = self.board.crew_and_day(route).1;
            let sites: Vec<usize> = self.board.stops(route).iter().map(|stop| stop.site).collect();
            for site in sites {
                let Some(spot) = self.board.spot(route, site) else { continue };
                let pupils: Vec<usize> =
                    self.board.waiting(&ground.others[site], day, Haste::Late).take(spot.room).collect();
                if !pupils.is_empty() {
                    self.board.put(route, site, &pupils);
                }
            }
        }
    }
}

fn gain(gains: &[usize], day: Day) -> usize {
    usize::try_from(day).ok().and_then(|day| gains.get(day)).copied().unwrap_or(0)
}
