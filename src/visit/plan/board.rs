//! The board on which a plan is laid out: who goes where on which day, how much room is left, and how to take a step back.

use std::collections::HashMap;

use super::ground::{Ground, Haste};
use super::price;
use super::problem::{Plan, Stop, TOLERANCE};
use super::route::{Load, Route, Spot, common, first, ones};

/// A plan in the making.
#[derive(Debug)]
pub struct Board<'g> {
    pub ground: &'g Ground<'g>,
    pub routes: Vec<Route>,
    /// Routes with stops, in no order, and the place of each route among them.
    pub used: Vec<u32>,
    place: Vec<u32>,
    /// Bits of the pupils who wait, of all sites one after the other.
    waiting: Vec<u64>,
    offsets: Vec<usize>,
    /// How many more pupils fit on each route as it is.
    free: Vec<u32>,
    /// For each day the crews that could drive out and do not.
    idle: Vec<u16>,
    /// For each site the routes that stop there.
    pub stops_at: Vec<Vec<u32>>,
    pub cost: i64,
    /// Routes as they were before the trial that runs now; the first `noted` count.
    journal: Vec<(u32, Route)>,
    noted: usize,
    stamps: Vec<u32>,
    stamp: u32,
    cost_before: i64,
}

const NOWHERE: u32 = u32::MAX;

impl<'g> Board<'g> {
    pub fn new(ground: &'g Ground<'g>) -> Self {
        let mut offsets = Vec::with_capacity(ground.classes.len() + 1);
        let mut waiting = Vec::new();
        let mut cost = 0;
        for (site, class) in ground.classes.iter().enumerate() {
            offsets.push(waiting.len());
            let due = i64::from(ones(&class.due));
            cost += due * price::MISSED + class.pupils.len() as i64 * price::NEVER;
            cost += ground.proposed[site].len() as i64 * price::MOVED;
            for word in 0..class.words {
                let bits = (class.pupils.len() - word * 64).min(64);
                waiting.push(u64::MAX >> (64 - bits));
            }
        }
        offsets.push(waiting.len());
        let routes = ground.devices.len();
        let mut board = Self {
            ground,
            routes: vec![Route::default(); routes],
            free: vec![0; routes],
            idle: vec![0; ground.days],
            used: Vec::new(),
            place: vec![NOWHERE; routes],
            waiting,
            offsets,
            stops_at: vec![Vec::new(); ground.classes.len()],
            cost,
            journal: Vec::new(),
            noted: 0,
            stamps: vec![0; routes],
            stamp: 0,
            cost_before: cost,
        };
        for route in 0..routes {
            board.weigh(route);
            if ground.devices[route] > 0 {
                board.idle[route % ground.days] += 1;
            }
        }
        board
    }

    /// Takes down how much room is left on a route.
    fn weigh(&mut self, route: usize) {
        self.free[route] = self.room(route, 0, 0);
    }

    /// Whether some crew could drive out on a day and does not.
    pub fn is_idle(&self, day: usize) -> bool {
        self.idle[day] > 0
    }

    /// How many more pupils fit on a route as it is.
    pub fn free(&self, route: usize) -> u32 {
        self.free[route]
    }

    pub fn waiting(&self, site: usize) -> &[u64] {
        &self.waiting[self.offsets[site]..self.offsets[site + 1]]
    }

    /// How many of those who wait at `site` can be met on `day`.
    pub fn gain(&self, site: usize, haste: Haste, day: usize) -> u32 {
        common(self.waiting(site), self.ground.suits(site, haste, day))
    }

    pub fn day_of(&self, route: usize) -> usize {
        route % self.ground.days
    }

    pub fn bits(&self, route: usize, stop: usize) -> &[u64] {
        let route = &self.routes[route];
        let at = route.stops[stop].at as usize;
        &route.bits[at..at + self.ground.classes[route.stops[stop].site as usize].words]
    }

    /// How many more pupils fit if `extra` minutes are driven and `stops` stops made in addition.
    pub fn room(&self, route: usize, extra: u32, stops: usize) -> u32 {
        let params = &self.ground.problem.params;
        let one = &self.routes[route];
        let spent = self.ground.begins[route].minutes
            + f64::from(one.travel + extra)
            + (one.stops.len() + stops) as f64 * params.setup_minutes;
        let free = self.ground.problem.day_minutes[self.day_of(route)] - spent + TOLERANCE / 2.0;
        if free < 0.0 {
            return 0;
        }
        // A cast from a float saturates, and nothing here is negative.
        let pupils = (free * f64::from(self.ground.devices[route]) / params.minutes_per_student) as u32;
        pupils.saturating_sub(one.count)
    }

    /// How pupils of `site` fit on one route; `None` when not a single one does.
    pub fn spot(&self, route: usize, site: usize) -> Option<Spot> {
        let ground = self.ground;
        let free = self.free[route];
        if free == 0 {
            return None;
        }
        let one = &self.routes[route];
        if one.stops.iter().any(|stop| stop.site as usize == site) {
            return Some(Spot { route, position: 0, joins: true, room: free, extra: 0 });
        }
        // Even without any driving a further stop takes the time of some pupils.
        if free <= ground.setup_pupils * ground.devices[route] {
            return None;
        }
        let begin = &ground.begins[route];
        if begin.sites.contains(&site) {
            return None;
        }
        let base = ground.base(route / ground.days);
        let from = begin.from.unwrap_or(base);
        let mut best = (0, u32::MAX);
        if one.stops.is_empty() {
            best.1 = ground.leg(from, site) + ground.leg(site, base);
        } else {
            let mut before = from;
            for position in 0..=one.stops.len() {
                let after = one.stops.get(position).map_or(base, |stop| stop.site as usize);
                // Rounded-up legs may break the triangle's rule by a minute.
                let extra =
                    (ground.leg(before, site) + ground.leg(site, after)).saturating_sub(ground.leg(before, after));
                if extra < best.1 {
                    best = (position, extra);
                }
                before = after;
            }
        }
        let room = self.room(route, best.1, 1);
        (room > 0).then_some(Spot { route, position: best.0, joins: false, room, extra: best.1 })
    }

    /// What it costs that the pupils of one word of a stop are met then, rather than in time and with days to spare.
    fn price_of_word(&self, route: usize, site: usize, word: usize, bits: u64) -> i64 {
        let ground = self.ground;
        let (class, day) = (&ground.classes[site], self.day_of(route));
        let late = bits & class.due[word] & !ground.suits(site, Haste::InTime, day)[word];
        let mut price = i64::from(late.count_ones()) * price::MISSED;
        if ground.spares {
            let hasty = bits & !ground.suits(site, Haste::Easy, day)[word];
            price += i64::from(hasty.count_ones()) * price::HASTY;
            price += i64::from((bits & class.pressing[word]).count_ones()) * day as i64 * price::WAIT;
        }
        price
    }

    fn price_of(&self, route: usize, site: usize, bits: &[u64]) -> i64 {
        bits.iter().enumerate().map(|(word, bits)| self.price_of_word(route, site, word, *bits)).sum()
    }

    /// What it costs that pupils wait.
    fn price_of_waiting(&self, site: usize, bits: &[u64]) -> i64 {
        let due = common(bits, &self.ground.classes[site].due);
        i64::from(due) * price::MISSED + i64::from(ones(bits)) * price::NEVER
    }

    fn note(&mut self, route: usize) {
        if self.stamps[route] == self.stamp {
            return;
        }
        self.stamps[route] = self.stamp;
        if self.noted == self.journal.len() {
            self.journal.push((0, Route::default()));
        }
        let entry = &mut self.journal[self.noted];
        // A board has far fewer routes than a u32 can count.
        entry.0 = route as u32;
        entry.1.clone_from(&self.routes[route]);
        self.noted += 1;
    }

    fn out(&self, route: usize) -> i64 {
        let free = self.ground.begins[route].out;
        if free { 0 } else { price::DAY }
    }

    fn enlist(&mut self, route: usize) {
        if self.place[route] == NOWHERE {
            self.place[route] = self.used.len() as u32;
            self.used.push(route as u32);
            if self.ground.devices[route] > 0 {
                self.idle[route % self.ground.days] -= 1;
            }
        }
    }

    fn delist(&mut self, route: usize) {
        let place = self.place[route];
        if place != NOWHERE {
            self.used.swap_remove(place as usize);
            if let Some(moved) = self.used.get(place as usize) {
                self.place[*moved as usize] = place;
            }
            self.place[route] = NOWHERE;
            if self.ground.devices[route] > 0 {
                self.idle[route % self.ground.days] += 1;
            }
        }
    }

    /// Adds the first `most` of those who wait at `site` and whom the day suits; gives how many that are.
    pub fn put(&mut self, spot: &Spot, site: usize, haste: Haste, most: u32) -> u32 {
        let Spot { route, position, joins, .. } = *spot;
        self.note(route);
        let ground = self.ground;
        let words = ground.classes[site].words;
        let suits = ground.suits(site, haste, self.day_of(route));
        let stop = if joins {
            self.routes[route].stops.iter().position(|stop| stop.site as usize == site).unwrap_or(0)
        } else {
            let one = &mut self.routes[route];
            if one.stops.is_empty() {
                self.cost += if ground.begins[route].out { 0 } else { price::DAY };
            }
            let at = one.bits.len() as u32;
            one.bits.resize(one.bits.len() + words, 0);
            one.stops.insert(position, Load { site: site as u32, at, count: 0 });
            self.cost += price::STOP - i64::from(one.travel) * price::MINUTE;
            one.travel = 0;
            let travel = ground.along(route, self.routes[route].stops.iter().map(|stop| stop.site as usize));
            self.routes[route].travel = travel;
            self.cost += i64::from(travel) * price::MINUTE;
            self.stops_at[site].push(route as u32);
            if !ground.proposed[site].is_empty() && ground.proposed[site].contains(&(route as u32)) {
                self.cost -= price::MOVED;
            }
            self.enlist(route);
            position
        };
        let at = self.routes[route].stops[stop].at as usize;
        let offset = self.offsets[site];
        let mut left = most;
        for (word, suits) in suits.iter().enumerate() {
            let mut bits = self.waiting[offset + word] & suits;
            if bits.count_ones() > left {
                bits = first(bits, left);
            }
            left -= bits.count_ones();
            self.waiting[offset + word] &= !bits;
            self.routes[route].bits[at + word] |= bits;
            let due = i64::from((bits & ground.classes[site].due[word]).count_ones());
            self.cost += self.price_of_word(route, site, word, bits)
                - due * price::MISSED
                - i64::from(bits.count_ones()) * price::NEVER;
        }
        let took = most - left;
        self.routes[route].stops[stop].count += took;
        self.routes[route].count += took;
        self.weigh(route);
        took
    }

    /// Takes one stop off a route; its pupils wait again.
    pub fn remove(&mut self, route: usize, stop: usize) {
        self.note(route);
        let ground = self.ground;
        let load = self.routes[route].stops[stop];
        let (site, at) = (load.site as usize, load.at as usize);
        let words = ground.classes[site].words;
        let offset = self.offsets[site];
        let bits = &self.routes[route].bits[at..at + words];
        self.cost += self.price_of_waiting(site, bits) - self.price_of(route, site, bits);
        for word in 0..words {
            self.waiting[offset + word] |= self.routes[route].bits[at + word];
        }
        let one = &mut self.routes[route];
        one.bits.drain(at..at + words);
        one.stops.remove(stop);
        for other in &mut one.stops {
            if other.at > load.at {
                other.at -= words as u32;
            }
        }
        one.count -= load.count;
        self.cost -= price::STOP + i64::from(one.travel) * price::MINUTE;
        one.travel = 0;
        if one.stops.is_empty() {
            self.cost -= self.out(route);
            self.delist(route);
        } else {
            let travel = ground.along(route, self.routes[route].stops.iter().map(|stop| stop.site as usize));
            self.routes[route].travel = travel;
            self.cost += i64::from(travel) * price::MINUTE;
        }
        self.weigh(route);
        forget(&mut self.stops_at[site], route);
        if ground.proposed[site].contains(&(route as u32)) {
            self.cost += price::MOVED;
        }
    }

    /// Takes stops off a route at which nobody is met any more.
    pub fn drop_empty(&mut self, route: usize) {
        while let Some(stop) = self.routes[route].stops.iter().position(|stop| stop.count == 0) {
            self.remove(route, stop);
        }
    }

    /// Moves one pupil of `site`, a bit of `from`, to the stop that `to` has there.
    pub fn hand_over(&mut self, site: usize, bit: usize, from: usize, to: usize) {
        self.note(from);
        self.note(to);
        self.cost += self.price_of_bit(to, site, bit) - self.price_of_bit(from, site, bit);
        self.flip(from, site, bit);
        self.flip(to, site, bit);
    }

    /// Lets one pupil of `site`, a bit of `route`, wait again.
    pub fn release(&mut self, site: usize, bit: usize, route: usize) {
        self.note(route);
        let due = self.ground.classes[site].due[bit / 64] >> (bit % 64) & 1;
        self.cost += price::NEVER + due as i64 * price::MISSED - self.price_of_bit(route, site, bit);
        self.flip(route, site, bit);
        self.waiting[self.offsets[site] + bit / 64] |= 1 << (bit % 64);
    }

    fn price_of_bit(&self, route: usize, site: usize, bit: usize) -> i64 {
        self.price_of_word(route, site, bit / 64, 1 << (bit % 64))
    }

    fn flip(&mut self, route: usize, site: usize, bit: usize) {
        let one = &mut self.routes[route];
        let Some(stop) = one.stops.iter_mut().find(|stop| stop.site as usize == site) else { return };
        let word = &mut one.bits[stop.at as usize + bit / 64];
        *word ^= 1 << (bit % 64);
        if *word >> (bit % 64) & 1 == 1 {
            stop.count += 1;
            one.count += 1;
        } else {
            stop.count -= 1;
            one.count -= 1;
        }
        self.weigh(route);
    }

    /// Begins a trial that stands unless [`Board::undo`] takes it back.
    pub fn begin(&mut self) {
        self.noted = 0;
        self.stamp += 1;
        self.cost_before = self.cost;
    }

    /// Makes everything be as it was when the trial began.
    pub fn undo(&mut self) {
        for at in 0..self.noted {
            self.let_wait(self.journal[at].0 as usize);
        }
        for at in 0..self.noted {
            let (route, _) = self.journal[at];
            let route = route as usize;
            let before = std::mem::take(&mut self.journal[at].1);
            let now = std::mem::replace(&mut self.routes[route], before);
            self.journal[at].1 = now;
            self.settle(route);
        }
        self.cost = self.cost_before;
        self.noted = 0;
        self.stamp += 1;
    }

    fn let_wait(&mut self, route: usize) {
        for stop in 0..self.routes[route].stops.len() {
            let load = self.routes[route].stops[stop];
            let (site, at) = (load.site as usize, load.at as usize);
            for word in 0..self.ground.classes[site].words {
                self.waiting[self.offsets[site] + word] |= self.routes[route].bits[at + word];
            }
            forget(&mut self.stops_at[site], route);
        }
    }

    fn settle(&mut self, route: usize) {
        for stop in 0..self.routes[route].stops.len() {
            let load = self.routes[route].stops[stop];
            let (site, at) = (load.site as usize, load.at as usize);
            for word in 0..self.ground.classes[site].words {
                self.waiting[self.offsets[site] + word] &= !self.routes[route].bits[at + word];
            }
            self.stops_at[site].push(route as u32);
        }
        self.weigh(route);
        if self.routes[route].stops.is_empty() {
            self.delist(route);
        } else {
            self.enlist(route);
        }
    }

    /// The stops as they stand, to come back to.
    pub fn picture(&self) -> Vec<(u32, Route)> {
        let mut used = self.used.clone();
        used.sort_unstable();
        used.into_iter().map(|route| (route, self.routes[route as usize].clone())).collect()
    }

    /// Puts a picture back.
    pub fn restore(&mut self, picture: &[(u32, Route)], cost: i64) {
        while let Some(&route) = self.used.last() {
            let route = route as usize;
            self.let_wait(route);
            self.routes[route] = Route::default();
            self.settle(route);
        }
        for (route, stops) in picture {
            self.routes[*route as usize] = stops.clone();
            self.settle(*route as usize);
        }
        self.cost = cost;
    }

    /// Lays out those stops of a plan that belong to this ground and can still be; of their pupils those who can still be met.
    pub fn lay(&mut self, stops: &[Stop]) {
        let ground = self.ground;
        let mut bits: HashMap<usize, (usize, usize)> = HashMap::new();
        for (site, class) in ground.classes.iter().enumerate() {
            bits.extend(class.pupils.iter().enumerate().map(|(bit, pupil)| (*pupil, (site, bit))));
        }
        for stop in stops {
            let crew = ground.crews.iter().position(|crew| *crew == stop.crew);
            let day = usize::try_from(stop.day).ok().filter(|day| *day < ground.days);
            let (Some(crew), Some(day)) = (crew, day) else { continue };
            let route = crew * ground.days + day;
            let known: Vec<(usize, usize)> = stop.pupils.iter().filter_map(|pupil| bits.get(pupil).copied()).collect();
            let Some(&(site, _)) = known.first() else { continue };
            let suits = ground.suits(site, Haste::Late, day);
            let waiting = self.waiting(site);
            let can = |bit: usize| (suits[bit / 64] & waiting[bit / 64]) >> (bit % 64) & 1 == 1;
            let known: Vec<usize> = known.into_iter().map(|(_, bit)| bit).filter(|bit| can(*bit)).collect();
            let Some(spot) = self.spot(route, site).filter(|spot| !spot.joins && !known.is_empty()) else { continue };
            // An empty stop, at the end of the day if it fits there, which then gets its pupils.
            let last = self.routes[route].stops.len();
            let drive =
                ground.along(route, self.routes[route].stops.iter().map(|stop| stop.site as usize).chain([site]));
            let extra = drive.saturating_sub(self.routes[route].travel);
            let (position, room) = match self.room(route, extra, 1) {
                0 => (spot.position, spot.room),
                room => (last, room),
            };
            self.put(&Spot { position, ..spot }, site, Haste::Late, 0);
            // A room is a number of pupils.
            for bit in known.into_iter().take(room as usize) {
                self.waiting[self.offsets[site] + bit / 64] &= !(1 << (bit % 64));
                let due = ground.classes[site].due[bit / 64] >> (bit % 64) & 1;
                self.cost -= price::NEVER + due as i64 * price::MISSED - self.price_of_bit(route, site, bit);
                self.flip(route, site, bit);
            }
        }
    }

    /// The plan as it stands.
    pub fn plan(&self) -> Plan {
        let mut stops = Vec::new();
        for &route in &self.used {
            let route = route as usize;
            for (at, load) in self.routes[route].stops.iter().enumerate() {
                let class = &self.ground.classes[load.site as usize];
                let bits = self.bits(route, at);
                let mut pupils: Vec<usize> = (0..class.pupils.len())
                    .filter(|bit| bits[bit / 64] >> (bit % 64) & 1 == 1)
                    .map(|bit| class.pupils[bit])
                    .collect();
                pupils.sort_unstable();
                let crew = self.ground.crews[route / self.ground.days];
                // A plan has fewer days than a Day can count.
                stops.push(Stop { day: self.day_of(route) as i32, crew, order: at + 1, site: class.site, pupils });
            }
        }
        stops.sort_by_key(|stop| (stop.day, stop.crew, stop.order));
        Plan { stops }
    }
}

fn forget(routes: &mut Vec<u32>, route: usize) {
    if let Some(at) = routes.iter().position(|known| *known as usize == route) {
        routes.swap_remove(at);
    }
}
