//! The moves of the search: take some stops away, then find places for everybody who waits.

use super::board::Board;
use super::dice::Dice;
use super::ground::Haste;
use super::price;
use super::route::{Spot, ones};

/// Candidates that are overlooked on purpose, one in so many, so that a rebuilt plan is not always the same.
const BLINK: u32 = 48;
/// Stops that one move takes away at most.
const MOST_STOPS: usize = 12;
/// Routes that one move takes away at most.
const MOST_ROUTES: usize = 4;

/// What a search keeps between its moves, so that nothing is allocated anew.
#[derive(Debug)]
pub struct Mover {
    pub dice: Dice,
    order: Vec<(i64, u32)>,
    /// Sites at which somebody waits, as far as the last look told.
    needy: Vec<u32>,
    is_needy: Vec<bool>,
    paths: Paths,
}

/// Where a shift of pupils from route to route came from.
#[derive(Debug)]
struct Paths {
    seen: Vec<u32>,
    stamp: u32,
    /// Route, index of the one before, and the pupil (site, bit) that would move here from there.
    queue: Vec<(u32, u32, u32, u32)>,
}

impl Mover {
    pub fn new(board: &Board, seed: u64) -> Self {
        let mut mover = Self {
            dice: Dice::new(seed),
            order: Vec::new(),
            needy: Vec::new(),
            is_needy: vec![false; board.ground.classes.len()],
            paths: Paths { seen: vec![0; board.routes.len()], stamp: 0, queue: Vec::new() },
        };
        for site in 0..board.ground.classes.len() {
            mover.notice(board, site);
        }
        mover
    }

    /// Looks again who waits, after a step was taken back.
    pub fn renew(&mut self, board: &Board) {
        let mut needy = std::mem::take(&mut self.needy);
        needy.retain(|site| {
            let waits = board.waiting(*site as usize).iter().any(|word| *word != 0);
            self.is_needy[*site as usize] = waits;
            waits
        });
        self.needy = needy;
        for at in 0..self.order.len() {
            self.notice(board, self.order[at].1 as usize);
        }
    }

    /// Takes down that somebody may wait at a site.
    fn notice(&mut self, board: &Board, site: usize) {
        if !self.is_needy[site] && board.waiting(site).iter().any(|word| *word != 0) {
            self.is_needy[site] = true;
            self.needy.push(site as u32);
        }
    }

    fn take(&mut self, board: &mut Board, route: usize, stop: usize) {
        let site = board.routes[route].stops[stop].site as usize;
        board.remove(route, stop);
        self.notice(board, site);
    }

    fn take_all(&mut self, board: &mut Board, route: usize) {
        while let Some(last) = board.routes[route].stops.len().checked_sub(1) {
            self.take(board, route, last);
        }
    }

    /// One move.
    pub fn step(&mut self, board: &mut Board) {
        match self.dice.below(20) {
            0..=8 => self.ruin_around(board),
            9..=13 => self.ruin_days(board),
            14..=16 => self.ruin_near_days(board),
            _ => self.ruin_and_shift(board),
        }
        self.rebuild(board);
    }

    /// A site from which a ruin starts: one that waits, now and then, else one that is served.
    fn some_site(&mut self, board: &Board) -> Option<usize> {
        if !self.needy.is_empty() && self.dice.one_in(3) {
            return Some(self.needy[self.dice.below(self.needy.len())] as usize);
        }
        let route = self.some_route(board)?;
        let stops = &board.routes[route].stops;
        Some(stops[self.dice.below(stops.len())].site as usize)
    }

    fn some_route(&mut self, board: &Board) -> Option<usize> {
        if board.used.is_empty() {
            return None;
        }
        Some(board.used[self.dice.below(board.used.len())] as usize)
    }

    /// Takes stops at neighbouring sites away, sometimes with all of their day.
    fn ruin_around(&mut self, board: &mut Board) {
        let Some(seed) = self.some_site(board) else { return };
        let ground = board.ground;
        let mut left = 1 + self.dice.below(MOST_STOPS);
        let whole = self.dice.below(3);
        let sites = std::iter::once(seed as u16).chain(ground.classes[seed].near.iter().copied());
        for site in sites.map(usize::from) {
            while let Some(&route) = board.stops_at[site].first() {
                let route = route as usize;
                if whole == 0 || (whole == 1 && self.dice.one_in(2)) {
                    left = left.saturating_sub(board.routes[route].stops.len());
                    self.take_all(board, route);
                } else {
                    left -= 1;
                    let stop = board.routes[route].stops.iter().position(|stop| stop.site as usize == site);
                    self.take(board, route, stop.unwrap_or(0));
                }
                if left == 0 {
                    return;
                }
            }
            // A gap now and then lets the ruin reach further.
            if self.dice.one_in(64) {
                return;
            }
        }
    }

    /// Takes whole days away that lead to the same neighbourhood.
    fn ruin_days(&mut self, board: &mut Board) {
        let Some(first) = self.some_route(board) else { return };
        let seed = board.routes[first].stops[0].site as usize;
        self.take_all(board, first);
        let mut left = self.dice.below(MOST_ROUTES);
        for site in board.ground.classes[seed].near.iter().map(|site| usize::from(*site)) {
            if left == 0 {
                return;
            }
            if let Some(&route) = board.stops_at[site].first()
                && !self.dice.one_in(4)
            {
                self.take_all(board, route as usize);
                left -= 1;
            }
        }
    }

    /// Takes whole days away that lie near each other in time.
    fn ruin_near_days(&mut self, board: &mut Board) {
        let Some(first) = self.some_route(board) else { return };
        let day = board.day_of(first);
        let mut left = 1 + self.dice.below(MOST_ROUTES - 1);
        self.take_all(board, first);
        let reach = 2 + self.dice.below(12);
        for _ in 0..12 {
            let Some(other) = self.some_route(board) else { return };
            if board.day_of(other).abs_diff(day) <= reach {
                self.take_all(board, other);
                left -= 1;
                if left == 0 {
                    return;
                }
            }
        }
    }

    /// Puts a whole day on another one; what stood there goes back in exchange, if it was anything.
    fn ruin_and_shift(&mut self, board: &mut Board) {
        let Some(from) = self.some_route(board) else { return };
        let ground = board.ground;
        let seed = board.routes[from].stops[0].site as usize;
        let days = &ground.classes[seed].days;
        if days.is_empty() {
            return;
        }
        let to = if self.dice.one_in(3) {
            match self.some_route(board) {
                Some(to) => to,
                None => return,
            }
        } else {
            let crew = if self.dice.one_in(2) { from / ground.days } else { self.dice.below(ground.crews.len()) };
            crew * ground.days + usize::from(days[self.dice.below(days.len())])
        };
        if to == from || ground.devices[to] == 0 {
            return;
        }
        let sites = |board: &Board, route: usize| -> Vec<u32> {
            board.routes[route].stops.iter().map(|stop| stop.site).collect()
        };
        let (ours, theirs) = (sites(board, from), sites(board, to));
        self.take_all(board, from);
        self.take_all(board, to);
        for (route, sites) in [(to, ours), (from, theirs)] {
            for site in sites {
                self.serve_on(board, route, site as usize);
            }
        }
    }

    /// Meets as many of a site's pupils as one route can.
    fn serve_on(&mut self, board: &mut Board, route: usize, site: usize) {
        let day = board.day_of(route);
        for haste in [Haste::Easy, Haste::InTime] {
            let gain = board.gain(site, haste, day);
            if gain > 0
                && let Some(spot) = board.spot(route, site)
            {
                board.put(&spot, site, haste, gain.min(spot.room));
            }
        }
    }

    /// Finds places for everybody who waits, as far as there are any.
    pub fn rebuild(&mut self, board: &mut Board) {
        let manner = self.dice.below(5);
        let worth = [1, 2, 4][self.dice.below(3)];
        let mut order = std::mem::take(&mut self.order);
        order.clear();
        for site in std::mem::take(&mut self.needy) {
            self.is_needy[site as usize] = false;
            let bits = board.waiting(site as usize);
            let count = i64::from(ones(bits));
            if count == 0 {
                continue;
            }
            let key = match manner {
                0 => -count,
                1 => {
                    // The first bit is whoever has to be met first.
                    let class = &board.ground.classes[site as usize];
                    let bit = (0..)
                        .zip(bits)
                        .find(|(_, word)| **word != 0)
                        .map_or(0, |(at, word)| at * 64 + word.trailing_zeros() as usize);
                    let pupil = class.pupils[bit];
                    i64::from(board.ground.problem.pupils[pupil].last())
                }
                2 => -i64::from(board.ground.leg(site as usize, board.ground.base(0))),
                3 => (board.ground.classes[site as usize].days.len() as i64) * 8 + self.dice.below(16) as i64,
                _ => (self.dice.roll() >> 2) as i64,
            };
            order.push((key, site));
        }
        order.sort_unstable();
        for haste in Haste::ALL {
            if haste == Haste::Easy && !board.ground.spares {
                continue;
            }
            for &(_, site) in &order {
                self.serve(board, site as usize, haste, worth);
            }
            if haste == Haste::InTime {
                for &(_, site) in &order {
                    self.press_in(board, site as usize);
                }
            }
        }
        for &(_, site) in &order {
            self.notice(board, site as usize);
        }
        self.order = order;
    }

    /// Finds stops for those who wait at a site, the cheapest first.
    fn serve(&mut self, board: &mut Board, site: usize, haste: Haste, worth: i64) {
        loop {
            let waiting = ones(board.waiting(site));
            if waiting == 0 {
                return;
            }
            let Some((spot, gain)) = self.choose(board, site, haste, waiting, worth) else { return };
            board.put(&spot, site, haste, gain.min(spot.room));
        }
    }

    fn choose(&mut self, board: &Board, site: usize, haste: Haste, waiting: u32, worth: i64) -> Option<(Spot, u32)> {
        let ground = board.ground;
        let class = &ground.classes[site];
        let mut best: Option<(i64, Spot, u32)> = None;
        let left_costs = |left: u32| match left {
            0 => 0,
            left => price::STOP + 30 + i64::from(left) * worth * price::DAY / ground.a_day,
        };
        for at in 0..board.used.len() {
            let route = board.used[at] as usize;
            if board.free(route) == 0 {
                continue;
            }
            let gain = board.gain(site, haste, board.day_of(route));
            if gain == 0 || self.dice.one_in(BLINK) {
                continue;
            }
            let Some(spot) = board.spot(route, site) else { continue };
            let mut value = left_costs(waiting - gain.min(spot.room)) + i64::from(spot.extra) * price::MINUTE;
            if !spot.joins {
                value += price::STOP;
            }
            if best.is_none_or(|(known, _, _)| value < known) {
                best = Some((value, spot, gain));
            }
        }
        if best.is_some_and(|(value, _, _)| value < price::STOP + 90) && !self.dice.one_in(40) {
            return best.map(|(_, spot, gain)| (spot, gain));
        }
        // A day on which nobody drives out so far: one of those that suit most.
        let crews = ground.crews.len();
        let mut most = 0;
        let mut picks = [0u16; 3];
        let mut equal = 0usize;
        for &day in &class.days {
            if !board.is_idle(usize::from(day)) {
                continue;
            }
            let gain = board.gain(site, haste, usize::from(day));
            if gain == 0 || gain < most {
                continue;
            }
            if gain > most {
                most = gain;
                equal = 0;
            }
            equal += 1;
            if equal <= picks.len() {
                picks[equal - 1] = day;
            } else {
                let at = self.dice.below(equal);
                if at < picks.len() {
                    picks[at] = day;
                }
            }
        }
        if most > 0 {
            for day in &picks[..equal.min(picks.len())] {
                for crew in 0..crews {
                    let route = crew * ground.days + usize::from(*day);
                    if !board.routes[route].stops.is_empty() {
                        continue;
                    }
                    let Some(spot) = board.spot(route, site) else { continue };
                    let fresh = if ground.begins[route].out { 0 } else { price::DAY };
                    let value = left_costs(waiting - most.min(spot.room))
                        + i64::from(spot.extra) * price::MINUTE
                        + price::STOP
                        + fresh
                        + self.dice.below(64) as i64;
                    if best.is_none_or(|(known, _, _)| value < known) {
                        best = Some((value, spot, most));
                    }
                }
            }
        }
        best.map(|(_, spot, gain)| (spot, gain))
    }

    /// Where the stops of a site are full, makes room by moving others to their site's other stops, pupil by pupil; whoever
    /// would be late anyway gives way to whoever would be in time.
    fn press_in(&mut self, board: &mut Board, site: usize) {
        let ground = board.ground;
        let mut at = 0;
        while at < board.stops_at[site].len() {
            let route = board.stops_at[site][at] as usize;
            let day = board.day_of(route);
            let suits = ground.suits(site, Haste::InTime, day);
            let due = &ground.classes[site].due;
            let wanted = |board: &Board| -> u32 {
                board
                    .waiting(site)
                    .iter()
                    .zip(suits)
                    .zip(due)
                    .map(|((waits, suits), due)| (waits & suits & due).count_ones())
                    .sum()
            };
            while wanted(board) > 0 && self.make_room(board, route) {
                // Whoever is due comes first among the bits.
                if let Some(spot) = board.spot(route, site) {
                    board.put(&spot, site, Haste::InTime, 1);
                } else {
                    break;
                }
            }
            at += 1;
        }
    }

    /// Makes room for one more pupil on a full route; gives whether that was possible.
    fn make_room(&mut self, board: &mut Board, full: usize) -> bool {
        if board.free(full) > 0 {
            return true;
        }
        let ground = board.ground;
        let paths = &mut self.paths;
        paths.stamp += 1;
        paths.queue.clear();
        paths.queue.push((full as u32, 0, 0, 0));
        paths.seen[full] = paths.stamp;
        let mut head = 0;
        let mut end = None;
        'search: while head < paths.queue.len() {
            let route = paths.queue[head].0 as usize;
            for stop in 0..board.routes[route].stops.len() {
                let site = board.routes[route].stops[stop].site as usize;
                if board.stops_at[site].len() < 2 {
                    continue;
                }
                for &other in &board.stops_at[site] {
                    if paths.seen[other as usize] == paths.stamp {
                        continue;
                    }
                    let suits = ground.suits(site, Haste::InTime, board.day_of(other as usize));
                    let bits = board.bits(route, stop);
                    let movable = (0..).zip(bits.iter().zip(suits)).find(|(_, (bits, suits))| **bits & **suits != 0);
                    let Some((word, (bits, suits))) = movable else { continue };
                    let bit = word * 64 + (bits & suits).trailing_zeros();
                    paths.seen[other as usize] = paths.stamp;
                    paths.queue.push((other, head as u32, site as u32, bit));
                    if board.free(other as usize) > 0 {
                        end = Some((paths.queue.len() - 1, None));
                        break 'search;
                    }
                }
            }
            head += 1;
        }
        if end.is_none() {
            // Somebody who is overdue, or late here, gives way: the first route on the way with one.
            'give: for (at, entry) in paths.queue.iter().enumerate() {
                let route = entry.0 as usize;
                for stop in 0..board.routes[route].stops.len() {
                    let site = board.routes[route].stops[stop].site as usize;
                    let time = ground.suits(site, Haste::InTime, board.day_of(route));
                    let due = &ground.classes[site].due;
                    let bits = board.bits(route, stop);
                    for (word, bits) in bits.iter().enumerate() {
                        let spare = bits & !(due[word] & time[word]);
                        if spare != 0 {
                            end = Some((at, Some((site, word * 64 + spare.trailing_zeros() as usize))));
                            break 'give;
                        }
                    }
                }
            }
        }
        let Some((mut at, gives_way)) = end else { return false };
        if let Some((site, bit)) = gives_way {
            board.release(site, bit, paths.queue[at].0 as usize);
            if !self.is_needy[site] {
                self.is_needy[site] = true;
                self.needy.push(site as u32);
            }
        }
        while at > 0 {
            let (to, before, site, bit) = self.paths.queue[at];
            let from = self.paths.queue[before as usize].0;
            board.hand_over(site as usize, bit as usize, from as usize, to as usize);
            at = before as usize;
        }
        for at in 0..self.paths.queue.len() {
            board.drop_empty(self.paths.queue[at].0 as usize);
        }
        true
    }
}
