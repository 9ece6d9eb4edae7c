//! The rows of a list that are not taken with the rest: a doubtful school's, or those that name another school than the one that
//! was said. They wait as an import of their own, a part of the file's.

use std::collections::BTreeMap;

use super::incoming::{Incoming, Target};
use super::record::{self, PartsBefore};
use super::report::{FileReport, Part};
use crate::db::{DbError, Tx};
use crate::place::{Place, PlaceId};
use crate::roster::ids::{ImportId, State};
use crate::roster::parse::check;
use crate::roster::parse::field::Field;
use crate::roster::parse::line::Line;
use crate::roster::parse::problem::{Code, Problem};

/// What of a file stays aside, by whose rows it is.
pub(super) struct Asides {
    by_place: BTreeMap<PlaceId, Aside>,
    /// Parts of the very same file, from when it was applied before.
    earlier: PartsBefore,
}

/// One place's rows.
struct Aside {
    first: Line,
    rows: usize,
    /// Whether they name another school than the one that was said.
    are_others: bool,
}

impl Asides {
    pub(super) fn new(earlier: PartsBefore) -> Self {
        Self { by_place: BTreeMap::new(), earlier }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_place.is_empty()
    }

    /// Whether the very same file came before and left something aside.
    pub(super) fn has_earlier(&self) -> bool {
        self.earlier.any
    }

    /// Whether the place's part of the same file waits still, or was turned down.
    pub(super) fn waits(&self, place: PlaceId) -> bool {
        self.earlier.standing.get(&place).is_some_and(|(_, state)| *state != State::Applied)
    }

    /// Whether the place's part of the same file was let pass before.
    pub(super) fn was_let_pass(&self, place: PlaceId) -> bool {
        self.earlier.standing.get(&place).is_some_and(|(_, state)| *state == State::Applied)
    }

    pub(super) fn add(&mut self, place: PlaceId, row: Line, are_others: bool) {
        let aside = self.by_place.entry(place).or_insert(Aside { first: row, rows: 0, are_others });
        aside.rows += 1;
    }

    pub(super) fn rows(&self) -> usize {
        self.by_place.values().map(|aside| aside.rows).sum()
    }

    /// The other school that most rows name, and how many.
    pub(super) fn most_others(&self) -> Option<(PlaceId, usize)> {
        let others = self.by_place.iter().filter(|(_, aside)| aside.are_others);
        others.map(|(place, aside)| (*place, aside.rows)).max_by_key(|(place, rows)| (*rows, *place))
    }

    /// Notes each place's rows as an import that waits, and says so in the report of the file.
    pub(super) async fn note<'p>(
        &self,
        tx: &mut Tx,
        to: Target<'_>,
        incoming: &Incoming<'_>,
        place_of: impl Fn(PlaceId) -> Option<&'p Place>,
        report: &mut FileReport,
    ) -> Result<(), DbError> {
        for (id, aside) in &self.by_place {
            let Some(place) = place_of(*id) else { continue };
            let (import, state) =
                self.earlier.standing.get(id).copied().unwrap_or_else(|| (ImportId::new(to.clock), State::Parked));
            let why = match incoming.doubted.get(id) {
                Some(why) => why.clone(),
                None => format!("they name {}, and the list was sent for {}", place.name, said(incoming)),
            };
            let problem = told(incoming, aside, place, state, &why);
            if !self.earlier.standing.contains_key(id) {
                let part = FileReport {
                    import: Some(import),
                    part_of: report.import,
                    state: State::Parked,
                    place: Some(place.code.clone()),
                    rows: aside.rows,
                    problems: vec![problem.clone()],
                    ..FileReport::new(incoming)
                };
                record::write(&mut *tx, to, incoming, &part, Some(*id)).await?;
            }
            report.problems.insert(0, problem);
            report.parts.push(Part { place: place.code.clone(), import: Some(import), state, rows: aside.rows });
        }
        Ok(())
    }
}

fn said<'a>(incoming: &Incoming<'a>) -> &'a str {
    incoming.place.map_or("another place", |place| &place.name)
}

fn told(incoming: &Incoming<'_>, aside: &Aside, place: &Place, state: State, why: &str) -> Problem {
    let layout = incoming.layouts.of(aside.first);
    let field = [Field::Npsn, Field::SchoolName].into_iter().find(|field| layout.columns.contains_key(field));
    let what = match state {
        State::Refused => "were turned down".to_owned(),
        _ => format!("wait for a person: {why}. Look with `siap17 roster review`, then --accept or --reject them"),
    };
    let advice =
        format!("the {} rows of {} ({}) from here on were not taken and {what}", aside.rows, place.name, place.code);
    check::problem(layout, field.unwrap_or(Field::Npsn), aside.first.row(), Code::WrongFile, &advice)
}
