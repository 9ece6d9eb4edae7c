//! Finds a plan: stops are taken away and found anew, again and again; what is worse is kept less and less often as the search
//! cools down (simulated annealing with ruin and recreate).
//!
//! A large problem is searched in shares, each some crews with the sites around their bases: first every base alone, then in
//! changing pairs of neighbours. Shares are searched beside each other; which thread takes which does not matter, since each
//! share's answer depends on its question only.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::board::Board;
use super::finish;
use super::ground::{Ground, Share};
use super::moves::Mover;
use super::problem::{Need, Plan, Problem, Score, Stop};
use super::shares::{self, Base};
use super::verdict::score;

/// Rounds of pairs that follow the search of single bases.
const ROUNDS: u64 = 4;
/// How much worse a move may make the plan at first, in the unit of [`super::price`]: half a team-day; less where a plan
/// is there already, and least where it is to be kept; at last next to nothing.
const HOT: f64 = 500.0;
const WARM: f64 = 100.0;
const STEADY: f64 = 20.0;
const COLD: f64 = 2.0;
/// Moves between two looks at heat and watch.
const WATCHED: u64 = 64;

/// A plan, and whether the search was cut off before it had used its moves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Solution {
    pub plan: Plan,
    pub score: Score,
    pub cut_off: bool,
    /// Moves that were tried.
    pub moves: u64,
}

/// Told now and then how many moves of how many are done; says whether to stop.
pub type Watch<'a> = &'a (dyn Fn(u64, u64) -> bool + Sync);

/// One search of one share.
struct Task {
    share: Share,
    start: Start,
    moves: u64,
    seed: u64,
}

/// Where a search begins.
#[derive(Clone)]
enum Start {
    /// With nothing, so that everything may come out differently.
    Afresh,
    /// With a plan to go on with, as far as its stops can still be.
    With(Plan),
}

/// Plans. `moves` bounds the search (by default it follows from the size); `watch` sees how far it is and may end it early. The
/// answer depends on nothing else.
#[must_use]
pub fn solve(problem: &Problem, moves: Option<u64>, watch: Watch) -> Solution {
    let needs: Vec<Need> = (0..problem.pupils.len()).map(|pupil| problem.need(pupil)).collect();
    let moves = moves.unwrap_or_else(|| shares::moves(problem, &needs));
    let cut_off = AtomicBool::new(false);
    let search = Search { problem, needs: &needs, moves, watch, done: AtomicU64::new(0), cut_off };
    let bases = shares::bases(problem);
    let is_split = shares::is_to_be_split(problem, &bases);
    let plan = if is_split { search.in_shares(&bases) } else { search.whole() };
    let plan = finish::finish(problem, &needs, plan);
    let score = score(problem, &plan);
    let (moves, cut_off) = (search.done.into_inner(), search.cut_off.into_inner());
    Solution { plan, score, cut_off, moves }
}

/// A plan that goes on from another one, as far as the crews of one base can make it better.
#[must_use]
pub fn go_on(problem: &Problem, plan: &Plan, bases: &[Base], base: usize, moves: u64) -> Plan {
    let needs: Vec<Need> = (0..problem.pupils.len()).map(|pupil| problem.need(pupil)).collect();
    let (done, cut_off) = (AtomicU64::new(0), AtomicBool::new(false));
    let search = Search { problem, needs: &needs, moves, watch: &|_, _| false, done, cut_off };
    let share = shares::share(problem, &needs, &Share::whole(problem), bases, &[base], plan);
    let mut stops: Vec<Stop> = plan.stops.iter().filter(|stop| !share.crews.contains(&stop.crew)).cloned().collect();
    let task = Task { share, start: Start::With(plan.clone()), moves, seed: 1 };
    stops.extend(search.one(&task).0.stops);
    stops.sort_by_key(|stop| (stop.day, stop.crew, stop.order));
    Plan { stops }
}

struct Search<'a> {
    problem: &'a Problem,
    needs: &'a [Need],
    /// Moves to be tried in all, and those that are done.
    moves: u64,
    done: AtomicU64,
    watch: Watch<'a>,
    cut_off: AtomicBool,
}

impl Search<'_> {
    /// The plan before this one.
    fn proposed(&self) -> Option<Plan> {
        let stops = self.problem.proposed.clone();
        (!stops.is_empty()).then_some(Plan { stops })
    }

    /// Searches the problem in one piece, twice; the better answer counts.
    fn whole(&self) -> Plan {
        let share = Share::whole(self.problem);
        let starts = [self.proposed().map_or(Start::Afresh, Start::With), Start::Afresh];
        let moves = self.moves / starts.len() as u64;
        let task = |(start, seed)| Task { share: share.clone(), start, moves, seed };
        let answers = self.run(starts.into_iter().zip(1..).map(task).collect());
        self.best(answers)
    }

    /// The better one of two plans: nobody is missed for the sake of anything else that the search weighs.
    fn best(&self, answers: Vec<(Plan, i64)>) -> Plan {
        answers.into_iter().min_by_key(|(plan, cost)| (score(self.problem, plan).needs(), *cost)).unwrap_or_default().0
    }

    fn in_shares(&self, bases: &[Base]) -> Plan {
        let whole = Share::whole(self.problem);
        let mut plan = self.proposed().unwrap_or_default();
        for round in 0..=ROUNDS {
            let groups = shares::groups(bases, round);
            let moves = self.moves / (ROUNDS + 1) / groups.len() as u64;
            let mut starts = Vec::with_capacity(2);
            if !plan.stops.is_empty() {
                starts.push(Start::With(plan.clone()));
            }
            if round == 0 || starts.is_empty() {
                starts.push(Start::Afresh);
            }
            let mut tasks = Vec::with_capacity(groups.len() * starts.len());
            for (at, group) in groups.iter().enumerate() {
                let share = shares::share(self.problem, self.needs, &whole, bases, group, &plan);
                tasks.extend(starts.iter().zip(0..).map(|(start, nth)| Task {
                    share: share.clone(),
                    start: start.clone(),
                    moves: moves / starts.len() as u64,
                    seed: round * 1000 + at as u64 * 2 + nth,
                }));
            }
            let mut answers = self.run(tasks).into_iter();
            let mut stops = Vec::new();
            for _ in &groups {
                stops.extend(self.best(answers.by_ref().take(starts.len()).collect()).stops);
            }
            stops.sort_by_key(|stop| (stop.day, stop.crew, stop.order));
            plan = Plan { stops };
        }
        plan
    }

    /// Works on the tasks on as many threads as there are cores; the answers and their costs come in the tasks' order.
    fn run(&self, tasks: Vec<Task>) -> Vec<(Plan, i64)> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let next = AtomicUsize::new(0);
        let answers: Vec<Mutex<Option<(Plan, i64)>>> = tasks.iter().map(|_| Mutex::new(None)).collect();
        let work = || {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(task) = tasks.get(at) else { return };
                let answer = self.one(task);
                *answers[at].lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..cores.min(tasks.len()) {
                scope.spawn(work);
            }
            work();
        });
        answers.into_iter().filter_map(|answer| answer.into_inner().unwrap_or_else(PoisonError::into_inner)).collect()
    }

    fn one(&self, task: &Task) -> (Plan, i64) {
        let ground = Ground::new(self.problem, self.needs, &task.share);
        let mut board = Board::new(&ground);
        let mut mover = Mover::new(&board, task.seed);
        let hot = match &task.start {
            Start::Afresh => HOT,
            Start::With(plan) => {
                board.lay(&plan.stops);
                if self.problem.proposed.is_empty() { WARM } else { STEADY }
            }
        };
        mover.rebuild(&mut board);
        self.anneal(&mut board, &mut mover, task.moves, hot);
        (board.plan(), board.cost)
    }

    /// Leaves the board as it was at its best.
    fn anneal(&self, board: &mut Board, mover: &mut Mover, moves: u64, hot: f64) {
        let mut best = (board.picture(), board.cost);
        let mut heat = hot;
        for step in 0..moves {
            if step.is_multiple_of(WATCHED) {
                // Each step cools by the same share.
                heat = hot * (COLD / hot).powf(step as f64 / moves as f64);
                let done = self.done.fetch_add(WATCHED.min(moves - step), Ordering::Relaxed);
                if (self.watch)(done, self.moves) {
                    self.cut_off.store(true, Ordering::Relaxed);
                    break;
                }
            }
            let before = board.cost;
            board.begin();
            mover.step(board);
            let more = board.cost - before;
            if more > 0 && more as f64 > -heat * mover.dice.share().ln() {
                board.undo();
                mover.renew(board);
            } else if board.cost < best.1 {
                best = (board.picture(), board.cost);
            }
        }
        board.restore(&best.0, best.1);
    }
}
