//! What a file as a whole shows: whether it is applied, or waits, or only some places' rows of it do.

use std::collections::{BTreeMap, BTreeSet};

use super::gate::{self, Doubt, Suspicion, Verdict};
use super::session::Session;
use crate::place::PlaceId;
use crate::roster::ids::State;
use crate::roster::parse::problem::{Code, Level, Problem};

impl Session<'_> {
    /// Decides, and says it in the report.
    pub(super) fn judge(&mut self, touched: &BTreeSet<PlaceId>) -> Verdict {
        let was_let_pass = self.applier.again && !self.asides.has_earlier();
        let is_let_pass = self.incoming.accepted.is_some() || was_let_pass;
        let mut doubtful = BTreeMap::new();
        if !is_let_pass {
            if let Some(why) = self.suspicion_of_whole() {
                return self.park(&why);
            }
            doubtful = self.doubtful(touched);
            let is_all = doubtful.len() == touched.len() || self.incoming.strict;
            if let Some(why) = doubtful.values().next().filter(|_| is_all) {
                let more = match doubtful.len() - 1 {
                    0 => String::new(),
                    more => format!("; and so on for {more} more places"),
                };
                let why = format!("{why}{more}");
                return self.park(&why);
            }
        }
        if !doubtful.is_empty() {
            return Verdict::Doubtful(doubtful);
        }
        let report = &mut self.applier.report;
        if report.accepted == 0 || (self.incoming.strict && report.rejected > 0) {
            report.state = State::Refused;
            return Verdict::Whole;
        }
        if !is_let_pass {
            self.tell_doubts(touched);
        }
        Verdict::Applied
    }

    fn park(&mut self, why: &str) -> Verdict {
        let message = format!(
            "the file waits for a person: {why}. Look with `siap17 roster review`, then --accept or --reject it"
        );
        let told = self.of_the_whole(message);
        let report = &mut self.applier.report;
        report.state = State::Parked;
        // What was to wait by itself waits with the whole.
        report.accepted += self.asides.rows();
        report.problems.insert(0, told);
        Verdict::Whole
    }

    fn of_the_whole(&self, message: String) -> Problem {
        let first = self.applier.layouts.first();
        Problem {
            sheet: first.label(),
            row: first.header_row,
            cell: None,
            column: None,
            level: Level::Flag,
            code: Code::WrongFile,
            message,
        }
    }

    /// What speaks against the file before it is held against anybody, or for another school's.
    fn suspicion_of_whole(&mut self) -> Option<String> {
        let is_new = self.applier.shares.values().all(|share| share.known == 0);
        if let Some(suspicion) = gate::suspicion_of_file(self.incoming.totals, is_new) {
            return Some(self.told(None, &suspicion));
        }
        let (other, count) = self.asides.most_others()?;
        let accepted = self.applier.report.accepted;
        // Where some rows name the place that was said, the others are a list's of several schools.
        let is_anothers = !self.is_named && gate::is_anothers(count, accepted + self.asides.rows());
        if !is_anothers && accepted > 0 && !self.incoming.strict {
            return None;
        }
        self.applier.report.names_other = is_anothers || accepted == 0;
        Some(self.told(self.incoming.place.map(|place| place.id), &Suspicion::NamesOther(other)))
    }

    /// The places whose rows do not look right.
    fn doubtful(&self, touched: &BTreeSet<PlaceId>) -> BTreeMap<PlaceId, String> {
        let mut doubtful = BTreeMap::new();
        for place in touched.iter().filter(|place| !self.asides.was_let_pass(**place)) {
            let Some(share) = self.applier.shares.get(place) else { continue };
            let names_it = self.applier.places.named().any(|named| named == *place);
            if let Some(suspicion) = gate::suspicion(share, self.applier.places.is_school(*place), names_it) {
                doubtful.insert(*place, self.told(Some(*place), &suspicion));
            }
        }
        let rest = touched.iter().filter(|place| !doubtful.contains_key(place));
        let rest: Vec<PlaceId> = rest.copied().collect();
        let shares = rest.iter().filter_map(|place| self.applier.shares.get(place));
        if let Some(suspicion) = gate::suspicion_of_rest(shares) {
            doubtful.extend(rest.iter().map(|place| (*place, self.told(Some(*place), &suspicion))));
        }
        doubtful
    }

    /// Says what is worth a look of a list that passes.
    fn tell_doubts(&mut self, touched: &BTreeSet<PlaceId>) {
        for place in touched.iter().filter(|_| !self.applier.layouts.iter().all(|layout| layout.leavers)) {
            let is_school = self.applier.places.is_school(*place);
            let Some(doubt) = self.applier.shares.get(place).and_then(|share| gate::doubt(share, is_school)) else {
                continue;
            };
            let name = self.applier.places.get(*place).map_or("the place", |place| &place.name);
            let message = match doubt {
                Doubt::Tiny { .. } if touched.len() > 1 => continue,
                Doubt::Tiny { rows, known } => format!(
                    "the list has only {rows} rows, and {known} students of {name} are known; it was taken as a supplement, and \
                     nobody is taken to have left. If it is meant to be the whole list, send it whole"
                ),
                Doubt::Strangers { rows, known } => format!(
                    "none of the {rows} rows is among the {known} known students of {name}; they were taken as newcomers. If \
                     it is another school's list, undo the import"
                ),
            };
            let told = self.of_the_whole(message);
            self.applier.report.problems.insert(0, told);
        }
    }

    fn told(&self, place: Option<PlaceId>, suspicion: &Suspicion) -> String {
        let name = |id: PlaceId| self.applier.places.get(id).map_or_else(String::new, |place| place.name.clone());
        let place = place.map_or_else(|| "the place".to_owned(), name);
        match suspicion {
            Suspicion::FewKnown { here, rows, known } => {
                format!(
                    "only {here} of {rows} rows are among the {known} known students of {place}; perhaps it is another school's list"
                )
            }
            Suspicion::NamesOther(other) => format!("it says that it is from {}, not from {place}", name(*other)),
            Suspicion::OtherPlace { place: other, rows, of } => {
                format!("{rows} of {of} rows are students of {}, not of {place}", name(*other))
            }
            Suspicion::Shuffled { rows, of } => format!(
                "{rows} of {of} rows contradict themselves or our records (names, birth dates and NIK do not belong together); \
                 perhaps one column was sorted"
            ),
            Suspicion::Rejected { rejected, rows } => {
                format!("{rejected} of {rows} rows cannot be read as students; perhaps it is no roster")
            }
        }
    }
}
