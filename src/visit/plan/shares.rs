//! How a large problem is split: by the bases from which crews drive out.

use super::ground::Share;
use super::problem::{Need, Plan, Point, Problem, leg};

/// Up to so many sites a problem is searched in one piece.
const MOST_SITES: usize = 150;

/// So many pupils of a site are worth as many moves as a stop is.
const MUSTS_A_STOP: u64 = 20;
const MOVES_A_MUST: u64 = 80;
const LEAST_MOVES: u64 = 2_000;
/// Some seconds of the largest problems.
const MOST_MOVES: u64 = 400_000;

/// Crews with one base, and the sites nearest to it.
#[derive(Debug)]
pub struct Base {
    at: Point,
    pub crews: Vec<usize>,
    sites: Vec<usize>,
    /// The other bases, the nearest first.
    near: Vec<usize>,
}

/// The bases of a problem with the sites nearest to each.
pub fn bases(problem: &Problem) -> Vec<Base> {
    let mut bases: Vec<Base> = Vec::new();
    for (crew, one) in problem.crews.iter().enumerate() {
        match bases.iter_mut().find(|base| base.at == one.base) {
            Some(base) => base.crews.push(crew),
            None => bases.push(Base { at: one.base, crews: vec![crew], sites: Vec::new(), near: Vec::new() }),
        }
    }
    for (index, site) in problem.sites.iter().enumerate() {
        let nearest = (0..bases.len()).min_by_key(|base| (leg(&problem.params, bases[*base].at, site.at), *base));
        if let Some(nearest) = nearest {
            bases[nearest].sites.push(index);
        }
    }
    let points: Vec<Point> = bases.iter().map(|base| base.at).collect();
    for (index, base) in bases.iter_mut().enumerate() {
        base.near = (0..points.len()).filter(|other| *other != index).collect();
        base.near.sort_by_key(|other| (leg(&problem.params, points[index], points[*other]), *other));
    }
    bases
}

/// The base that a site is nearest to.
pub fn base_of(bases: &[Base], site: usize) -> Option<usize> {
    bases.iter().position(|base| base.sites.contains(&site))
}

pub fn is_to_be_split(problem: &Problem, bases: &[Base]) -> bool {
    bases.len() > 1 && problem.sites.len() > MOST_SITES
}

/// The moves that a problem is worth unless somebody says otherwise: some thousand for every stop that it may need.
pub fn moves(problem: &Problem, needs: &[Need]) -> u64 {
    let mut musts = vec![0_u64; problem.sites.len()];
    for (pupil, need) in problem.pupils.iter().zip(needs) {
        musts[pupil.site] += u64::from(*need != Need::Other);
    }
    let sites = musts.iter().filter(|musts| **musts > 0).count() as u64;
    let worth = musts.iter().sum::<u64>().min(sites * MUSTS_A_STOP) * MOVES_A_MUST;
    worth.clamp(LEAST_MOVES, MOST_MOVES)
}

/// The bases that are searched together in a round: alone in the first, then in changing pairs of neighbours.
pub fn groups(bases: &[Base], round: u64) -> Vec<Vec<usize>> {
    if round == 0 {
        return (0..bases.len()).map(|base| vec![base]).collect();
    }
    let mut free = vec![true; bases.len()];
    let mut groups = Vec::new();
    let rank = usize::try_from(round - 1).unwrap_or_default();
    for at in 0..bases.len() {
        let base = (at + rank) % bases.len();
        if !free[base] {
            continue;
        }
        free[base] = false;
        let others: Vec<usize> = bases[base].near.iter().copied().filter(|other| free[*other]).collect();
        let mut group = vec![base];
        if let Some(other) = others.get(rank.min(others.len().saturating_sub(1))) {
            free[*other] = false;
            group.push(*other);
        }
        groups.push(group);
    }
    groups
}

/// The share of a group of bases: its crews, the sites nearest to it or visited by its crews, and of their pupils those whom no
/// other crew meets.
pub fn share(problem: &Problem, needs: &[Need], whole: &Share, bases: &[Base], group: &[usize], plan: &Plan) -> Share {
    let mut crews: Vec<usize> = group.iter().flat_map(|base| bases[*base].crews.iter().copied()).collect();
    crews.sort_unstable();
    let mut ours = vec![false; problem.sites.len()];
    for site in group.iter().flat_map(|base| &bases[*base].sites) {
        ours[*site] = true;
    }
    let mut taken = whole.taken.clone();
    for stop in &plan.stops {
        if crews.contains(&stop.crew) {
            ours[stop.site] = true;
        } else {
            for pupil in &stop.pupils {
                taken[*pupil] = true;
            }
        }
    }
    // Whoever waits at a site that lies nearest to another base is that base's.
    let mut homes = vec![usize::MAX; problem.sites.len()];
    for (index, base) in bases.iter().enumerate() {
        for site in &base.sites {
            homes[*site] = index;
        }
    }
    let mut met = vec![false; problem.pupils.len()];
    for pupil in plan.stops.iter().flat_map(|stop| &stop.pupils) {
        met[*pupil] = true;
    }
    for visit in &problem.fixed {
        ours[visit.site] |= crews.contains(&visit.crew);
    }
    for (pupil, one) in problem.pupils.iter().enumerate() {
        if !met[pupil] && needs[pupil] != Need::Other && !group.contains(&homes[one.site]) {
            taken[pupil] = true;
        }
    }
    let sites = (0..problem.sites.len()).filter(|site| ours[*site]).collect();
    Share { crews, sites, taken }
}
