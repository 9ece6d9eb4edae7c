//! What a new plan changes of the visits that were proposed before, as people want to read it. Pure.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;
use serde::Serialize;

use super::schedule::{Entry, Slot};
use crate::office::TeamId;
use crate::place::PlaceId;

/// What became of a proposed visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    Added,
    Removed,
    /// To another day or another team.
    Moved,
    /// Another list, another hour or another place in the team's day.
    Changed,
}

/// A visit's day, team and the number of students on its list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Side {
    pub date: NaiveDate,
    pub team: TeamId,
    pub students: usize,
}

/// One visit that the new plan changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Difference {
    pub place: PlaceId,
    pub change: Change,
    pub before: Option<Side>,
    pub after: Option<Side>,
}

impl Difference {
    fn key(&self) -> (Option<NaiveDate>, Change) {
        (self.after.or(self.before).map(|side| side.date), self.change)
    }
}

/// What changes from the proposed visits to the wanted ones, by day. A visit to a place that went and another that came are one
/// visit that moved.
#[must_use]
pub fn difference(proposed: &[Entry], wanted: &[Slot]) -> Vec<Difference> {
    let mut before: BTreeMap<PlaceId, Vec<&Entry>> = BTreeMap::new();
    for entry in proposed {
        before.entry(entry.visit.place_id).or_default().push(entry);
    }
    let mut after: BTreeMap<PlaceId, Vec<&Slot>> = BTreeMap::new();
    for slot in wanted {
        after.entry(slot.place_id).or_default().push(slot);
    }
    let places: BTreeSet<PlaceId> = before.keys().chain(after.keys()).copied().collect();
    let mut found = Vec::new();
    for place in places {
        let mut gone: HashMap<(NaiveDate, TeamId), &Entry> = HashMap::new();
        for entry in before.remove(&place).unwrap_or_default() {
            gone.insert((entry.visit.visit_on, entry.visit.team_id), entry);
        }
        let mut come: Vec<&Slot> = Vec::new();
        for slot in after.remove(&place).unwrap_or_default() {
            match gone.remove(&(slot.visit_on, slot.team_id)) {
                Some(entry) if entry.is_as(slot) => {}
                Some(entry) => found.push(Difference {
                    place,
                    change: Change::Changed,
                    before: Some(before_of(entry)),
                    after: Some(after_of(slot)),
                }),
                None => come.push(slot),
            }
        }
        let mut gone: Vec<Side> = gone.into_values().map(before_of).collect();
        gone.sort_by_key(|side| (side.date, side.team));
        let (mut gone, mut come) = (gone.into_iter(), come.into_iter().map(after_of));
        loop {
            let (before, after) = (gone.next(), come.next());
            let change = match (before, after) {
                (None, None) => break,
                (Some(_), Some(_)) => Change::Moved,
                (Some(_), None) => Change::Removed,
                (None, Some(_)) => Change::Added,
            };
            found.push(Difference { place, change, before, after });
        }
    }
    found.sort_by_key(Difference::key);
    found
}

fn before_of(Entry { visit, students }: &Entry) -> Side {
    Side { date: visit.visit_on, team: visit.team_id, students: students.len() }
}

fn after_of(slot: &Slot) -> Side {
    Side { date: slot.visit_on, team: slot.team_id, students: slot.students.len() }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;
    use crate::clock::Clock;
    use crate::office::OfficeId;
    use crate::visit::schedule::Visit;
    use crate::visit::{VisitId, VisitState};

    fn slot(place: PlaceId, team: TeamId, date: &str) -> Slot {
        let at: DateTime<Utc> = format!("{date}T01:00:00Z").parse().unwrap();
        let visit_on = date.parse().unwrap();
        Slot { team_id: team, place_id: place, visit_on, day_order: 1, starts_at: at, ends_at: at, students: vec![] }
    }

    #[test]
    fn what_went_and_came_back_elsewhere_has_moved() {
        let clock = Clock::starting_at("2026-11-23T00:00:00Z".parse().unwrap());
        let entry = |slot: &Slot| Entry {
            visit: Visit {
                id: VisitId::new(&clock),
                office_id: OfficeId::new(&clock),
                team_id: slot.team_id,
                place_id: slot.place_id,
                visit_on: slot.visit_on,
                day_order: slot.day_order,
                starts_at: slot.starts_at,
                ends_at: slot.ends_at,
                state: VisitState::Proposed,
                revision: 1,
            },
            students: vec![],
        };
        let (a, b, c, d) = (PlaceId::new(&clock), PlaceId::new(&clock), PlaceId::new(&clock), PlaceId::new(&clock));
        let (ours, theirs) = (TeamId::new(&clock), TeamId::new(&clock));
        let same = slot(a, ours, "2026-12-01");
        let proposed =
            [&same, &slot(b, ours, "2026-12-02"), &slot(c, ours, "2026-12-03"), &slot(a, ours, "2026-12-09")];
        let later = Slot { day_order: 2, ..slot(c, ours, "2026-12-03") };
        let wanted = [same.clone(), slot(b, theirs, "2026-12-04"), later, slot(d, ours, "2026-12-01")];
        let found: Vec<(PlaceId, Change)> =
            difference(&proposed.map(entry), &wanted).into_iter().map(|one| (one.place, one.change)).collect();
        let expected = [(d, Change::Added), (c, Change::Changed), (b, Change::Moved), (a, Change::Removed)];
        assert_eq!(found, expected);
    }
}
