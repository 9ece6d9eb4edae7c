//! The planning of visits, pure: who is met where, when and by which team, so that as many as possible are recorded before 17.
//!
//! The order of what matters: nobody missed, nobody left out, then few team-days, few stops, little driving, many recorded
//! ahead, and early. [`problem`] says what is asked, [`search`] answers it, [`verdict`] says how good an answer is and why
//! somebody is not in it. The same problem always gives the same plan.

mod board;
mod dice;
mod finish;
mod ground;
mod help;
mod moves;
mod price;
pub mod problem;
mod route;
mod search;
mod shares;
mod verdict;

#[cfg(test)]
mod tests;

pub use help::{Help, help};
pub use problem::{Crew, Day, Fixed, Need, Params, Plan, Point, Problem, Pupil, Rolling, Score, Site, Stop, Totals};
pub use search::{Solution, Watch, solve};
pub use verdict::{Reason, score, totals, unplaced};
