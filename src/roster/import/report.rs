//! What became of a file, as scripts, people and the answer file read it.

use serde::{Deserialize, Serialize};

use super::incoming::Incoming;
use crate::roster::ids::{ImportId, State};
use crate::roster::parse::check;
use crate::roster::parse::layout::{Layout, LayoutKind};
use crate::roster::parse::problem::Problem;

/// So many problems are told row by row; of a file with more, the rest is counted.
const MOST_PROBLEMS: usize = 100_000;

/// One file's part of `roster import --json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FileReport {
    pub file: String,
    pub import: Option<ImportId>,
    pub state: State,
    /// The place's code; null when rows name several.
    pub place: Option<String>,
    pub layout: LayoutKind,
    /// The sheets, where the file has several rosters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sheets: Vec<String>,
    /// Sheets that were left out, since their students all stand on another sheet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub copies: Vec<String>,
    /// Rows about somebody.
    pub rows: usize,
    pub accepted: usize,
    pub new: usize,
    pub changed: usize,
    /// Of the changed ones, those who came from another place.
    pub moved: usize,
    pub unchanged: usize,
    pub rejected: usize,
    /// Students of the place whom the file no longer names.
    pub missing: usize,
    /// What waits for a second person (`roster review`).
    pub review: usize,
    pub problems: Vec<Problem>,
    /// Problems beyond those that are listed.
    pub more_problems: usize,
    /// Whether it was to be all rows or none, which holds when a person lets the file pass, too.
    #[serde(default)]
    pub strict: bool,
}

impl FileReport {
    pub(super) fn new(incoming: &Incoming<'_>) -> Self {
        let layouts = incoming.layouts;
        Self {
            file: incoming.name.to_owned(),
            import: None,
            state: State::Applied,
            place: None,
            layout: layouts.first().kind,
            sheets: layouts.iter().filter_map(Layout::label).collect(),
            copies: incoming.copies.to_vec(),
            rows: incoming.totals.rows,
            accepted: 0,
            new: 0,
            changed: 0,
            moved: 0,
            unchanged: 0,
            rejected: 0,
            missing: 0,
            review: 0,
            problems: check::check_sheets(layouts),
            more_problems: 0,
            strict: incoming.strict,
        }
    }

    pub(super) fn tell(&mut self, problem: Problem) {
        if self.problems.len() < MOST_PROBLEMS { self.problems.push(problem) } else { self.more_problems += 1 }
    }

    /// Counts nothing as taken: the transaction that took it is given up.
    pub(super) fn take_nothing(&mut self) {
        (self.new, self.changed, self.moved, self.unchanged, self.review) = (0, 0, 0, 0, 0);
    }

    /// Brings the problems into the file's order.
    pub(super) fn sort(&mut self) {
        let sheets = &self.sheets;
        let at = |problem: &Problem| sheets.iter().position(|sheet| Some(sheet) == problem.sheet.as_ref());
        self.problems.sort_by_key(|problem| (at(problem), problem.row));
    }

    /// Whether the sender's sheet has anything to be marked.
    #[must_use]
    pub fn has_marks(&self) -> bool {
        self.state == State::Parked || !self.problems.is_empty()
    }
}
