//! What never changes while plans are laid out: who can be met where and when, and how far it is.
//!
//! The pupils of a site are the bits of a few words, in the order of their last day in time. So one `and` with the pupils whom a
//! day suits tells how many of those who wait a stop would serve; the search asks that some ten million times a second.

use super::problem::{Day, Need, Problem, TOLERANCE, legs};

/// How long a pupil may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Haste {
    /// With days to spare before the 17th birthday; and soon, where none are left.
    Easy,
    /// Just in time.
    InTime,
    /// Late, which is better than never.
    Late,
}

impl Haste {
    pub const ALL: [Self; 3] = [Self::Easy, Self::InTime, Self::Late];
}

/// The pupils of one site who need this plan.
#[derive(Debug)]
pub struct Class {
    /// The site's index in the problem.
    pub site: usize,
    /// The pupil of each bit: the due ones by their last day in time, then the overdue ones by age.
    pub pupils: Vec<usize>,
    /// The words that hold a bit for each pupil.
    pub words: usize,
    /// The due ones.
    pub due: Vec<u64>,
    /// Those for whom a plan that is made every night has no days to spare.
    pub pressing: Vec<u64>,
    /// For each haste and day the words of those who can be met then.
    suits: [Vec<u64>; 3],
    /// The days on which anybody can be met.
    pub days: Vec<u16>,
    /// Other sites of the share, the nearest first.
    pub near: Vec<u16>,
}

/// Crews, sites and pupils that are planned together; the rest of the problem is as if it were not there.
#[derive(Debug, Clone, Default)]
pub struct Share {
    pub crews: Vec<usize>,
    pub sites: Vec<usize>,
    /// Pupils whom somebody else meets already, by their index in the problem.
    pub taken: Vec<bool>,
}

impl Share {
    /// The whole problem.
    #[must_use]
    pub fn whole(problem: &Problem) -> Self {
        let mut taken = vec![false; problem.pupils.len()];
        for pupil in problem.fixed.iter().flat_map(|visit| &visit.pupils) {
            taken[*pupil] = true;
        }
        Self { crews: (0..problem.crews.len()).collect(), sites: (0..problem.sites.len()).collect(), taken }
    }
}

/// Where a crew's day begins for the planner: at its base, or after what is settled.
#[derive(Debug, Clone, Default)]
pub struct Begin {
    pub minutes: f64,
    /// The node of the last settled site; `None` at the base.
    pub from: Option<usize>,
    /// Settled sites, by their index in the share.
    pub sites: Vec<usize>,
    /// Whether anything is settled, so that the crew drives out anyway.
    pub out: bool,
}

/// The ground on which boards stand. Sites and crews are named by their index in the share, routes by `crew * days + day`.
#[derive(Debug)]
pub struct Ground<'a> {
    pub problem: &'a Problem,
    pub crews: Vec<usize>,
    pub classes: Vec<Class>,
    pub days: usize,
    /// Whether a plan that is made every night keeps days to spare.
    pub spares: bool,
    pub begins: Vec<Begin>,
    pub devices: Vec<u32>,
    /// Stops of the plan that is there already: for each site the routes.
    pub proposed: Vec<Vec<u32>>,
    /// Pupils on an average day of one crew.
    pub a_day: i64,
    /// Pupils whom one device could record in the time that a stop takes.
    pub setup_pupils: u32,
    legs: Vec<u16>,
    nodes: usize,
}

/// Other sites that a site knows as near.
const MOST_NEAR: usize = 64;

impl<'a> Ground<'a> {
    #[must_use]
    pub fn new(problem: &'a Problem, needs: &[Need], share: &Share) -> Self {
        let days = usize::try_from(problem.days).unwrap_or_default();
        let mut index = vec![usize::MAX; problem.sites.len()];
        for (at, site) in share.sites.iter().enumerate() {
            index[*site] = at;
        }
        let mut pupils: Vec<Vec<usize>> = vec![Vec::new(); share.sites.len()];
        for (pupil, one) in problem.pupils.iter().enumerate() {
            if let Some(list) = pupils.get_mut(index[one.site])
                && !share.taken[pupil]
                && needs[pupil] != Need::Other
            {
                list.push(pupil);
            }
        }
        let points: Vec<_> = (share.sites.iter().map(|site| problem.sites[*site].at))
            .chain(share.crews.iter().map(|crew| problem.crews[*crew].base))
            .collect();
        let (nodes, legs) = (points.len(), legs(&problem.params, &points));
        let mut devices = Vec::with_capacity(share.crews.len() * days);
        for crew in &share.crews {
            devices.extend((0..problem.days).map(|day| problem.devices(*crew, day)));
        }
        let mut begins = vec![Begin::default(); devices.len()];
        for visit in &problem.fixed {
            let crew = share.crews.iter().position(|crew| *crew == visit.crew);
            let (Some(crew), Ok(day)) = (crew, usize::try_from(visit.day)) else { continue };
            if day >= days {
                continue;
            }
            let begin = &mut begins[crew * days + day];
            begin.out = true;
            let site = index[visit.site];
            if site < share.sites.len() {
                begin.sites.push(site);
            }
            if visit.ends > begin.minutes {
                begin.minutes = visit.ends;
                begin.from = (site < share.sites.len()).then_some(site);
            }
        }
        let mut classes: Vec<Class> = Vec::with_capacity(share.sites.len());
        for (at, (site, pupils)) in share.sites.iter().zip(pupils).enumerate() {
            let mut near: Vec<u16> = (0..share.sites.len()).filter(|other| *other != at).map(narrow).collect();
            near.sort_by_key(|&other| (legs[at * nodes + usize::from(other)], other));
            near.truncate(MOST_NEAR);
            let base = |crew: usize| at * nodes + share.sites.len() + crew;
            let drives: Vec<u32> = (0..share.crews.len()).map(|crew| 2 * u32::from(legs[base(crew)])).collect();
            let meets = |crew: usize, day: usize| {
                reaches(problem, drives[crew], devices[crew * days + day], problem.day_minutes[day])
            };
            let open = (0..days)
                .map(|day| problem.sites[*site].open[day] && (0..share.crews.len()).any(|crew| meets(crew, day)));
            classes.push(class(problem, needs, &open.collect::<Vec<bool>>(), *site, pupils, near));
        }
        let mut proposed = vec![Vec::new(); share.sites.len()];
        for stop in &problem.proposed {
            let crew = share.crews.iter().position(|crew| *crew == stop.crew);
            let day = usize::try_from(stop.day).ok().filter(|day| *day < days);
            if let (Some(crew), Some(day), Some(list)) = (crew, day, proposed.get_mut(index[stop.site])) {
                // Crews times days is far below what a u32 can count.
                list.push((crew * days + day) as u32);
            }
        }
        let params = &problem.params;
        let some = devices.iter().copied().filter(|n| *n > 0).max().unwrap_or(1);
        let long = problem.day_minutes.iter().copied().fold(0.0, f64::max);
        let a_day = ((long - 2.0 * params.setup_minutes) * f64::from(some) / params.minutes_per_student) as i64;
        Self {
            problem,
            crews: share.crews.clone(),
            classes,
            days,
            spares: problem.rolling.is_some(),
            begins,
            devices,
            proposed,
            a_day: a_day.max(1),
            setup_pupils: (params.setup_minutes / params.minutes_per_student) as u32,
            legs,
            nodes,
        }
    }

    /// Driving minutes between two nodes; a site's node is its index.
    #[must_use]
    pub fn leg(&self, a: usize, b: usize) -> u32 {
        u32::from(self.legs[a * self.nodes + b])
    }

    /// The node of a crew's base.
    #[must_use]
    pub fn base(&self, crew: usize) -> usize {
        self.classes.len() + crew
    }

    #[must_use]
    pub fn suits(&self, site: usize, haste: Haste, day: usize) -> &[u64] {
        let class = &self.classes[site];
        // A plan that keeps no days to spare has no table of them.
        let haste = if haste == Haste::Easy && !self.spares { Haste::InTime } else { haste };
        &class.suits[haste as usize][day * class.words..(day + 1) * class.words]
    }

    /// Minutes along a crew's day over `sites`.
    pub fn along(&self, route: usize, sites: impl Iterator<Item = usize>) -> u32 {
        let base = self.base(route / self.days);
        let mut at = self.begins[route].from.unwrap_or(base);
        let mut minutes = 0;
        for site in sites.chain([base]) {
            minutes += self.leg(at, site);
            at = site;
        }
        minutes
    }
}

/// A share has at most some thousands of sites and a plan some thousands of days.
fn narrow(index: usize) -> u16 {
    index as u16
}

/// The last day on which `pupil` may be met.
#[must_use]
pub fn deadline(problem: &Problem, need: Need, pupil: usize, haste: Haste) -> Day {
    let one = &problem.pupils[pupil];
    let last = match (haste, need, problem.rolling) {
        (_, Need::Other, _) | (Haste::Late, _, _) => one.until,
        (Haste::Easy, Need::Due, Some(rolling)) if !is_pressing(problem, need, pupil) => one.last() - rolling.margin,
        (Haste::Easy, need, Some(rolling)) => {
            let last = if need == Need::Due { one.last() } else { one.until };
            last.min(one.from.max(0).saturating_add(rolling.margin))
        }
        (_, Need::Due, _) => one.last(),
        (_, Need::Overdue, _) => one.until,
    };
    last.min(problem.days - 1)
}

/// Whether a plan that is made every night has no days to spare for `pupil`.
#[must_use]
pub fn is_pressing(problem: &Problem, need: Need, pupil: usize) -> bool {
    let one = &problem.pupils[pupil];
    problem.rolling.is_some_and(|rolling| match need {
        Need::Due => one.last() - rolling.margin < one.from.max(0),
        Need::Overdue => true,
        Need::Other => false,
    })
}

/// Whether a crew with so many devices and minutes can drive so far and meet one pupil.
#[must_use]
pub fn reaches(problem: &Problem, drive: u32, devices: u32, day: f64) -> bool {
    let params = &problem.params;
    let minutes = f64::from(drive) + params.setup_minutes + params.minutes_per_student / f64::from(devices.max(1));
    devices > 0 && minutes <= day + TOLERANCE
}

/// The degrees of haste that a problem tells apart.
fn hastes(problem: &Problem) -> &'static [Haste] {
    if problem.rolling.is_some() { &Haste::ALL } else { &[Haste::InTime, Haste::Late] }
}

/// The class of one site, where crews can be on the days that are `open`. Whoever cannot be met at all is left out.
fn class(
    problem: &Problem,
    needs: &[Need],
    open: &[bool],
    site: usize,
    mut pupils: Vec<usize>,
    near: Vec<u16>,
) -> Class {
    let span = |pupil: usize, haste: Haste| {
        let from = usize::try_from(problem.pupils[pupil].from).unwrap_or(0);
        let last = usize::try_from(deadline(problem, needs[pupil], pupil, haste));
        from..last.map_or(0, |last| open.len().min(last + 1))
    };
    pupils.retain(|pupil| span(*pupil, Haste::Late).any(|day| open[day]));
    pupils.sort_by_key(|&pupil| {
        let one = &problem.pupils[pupil];
        (needs[pupil] == Need::Overdue, one.last(), one.birthday, pupil)
    });
    let words = pupils.len().div_ceil(64);
    let (mut due, mut pressing) = (vec![0; words], vec![0; words]);
    let mut suits = [Vec::new(), Vec::new(), Vec::new()];
    for haste in hastes(problem) {
        suits[*haste as usize] = vec![0; words * open.len()];
    }
    for (bit, &pupil) in pupils.iter().enumerate() {
        let (word, mask) = (bit / 64, 1u64 << (bit % 64));
        if needs[pupil] == Need::Due {
            due[word] |= mask;
        }
        if is_pressing(problem, needs[pupil], pupil) {
            pressing[word] |= mask;
        }
        for haste in hastes(problem) {
            for day in span(pupil, *haste).filter(|day| open[*day]) {
                suits[*haste as usize][day * words + word] |= mask;
            }
        }
    }
    let anybody =
        |day: &usize| suits[Haste::Late as usize][day * words..(day + 1) * words].iter().any(|word| *word != 0);
    let days = (0..open.len()).filter(anybody).map(narrow).collect();
    Class { site, pupils, words, due, pressing, suits, days, near }
}
