//! Other days for a settled visit: those on which the place is open and a team has room, the best first. Pure.

use chrono::{Days, NaiveDate};

use super::open::Openness;
use super::schedule::{Entry, Slot, Visit};
use super::season;
use crate::office::Team;
use crate::place::Place;
use crate::student::{Outline, Recorded, StudentId};

/// A day is offered only if that many days remain to prepare it and to tell students.
const NOTICE: Days = Days::new(2);
/// How far ahead days are looked for: two months, the longest of school breaks and Ramadan together.
const AHEAD: usize = 62;

/// What is known around the visit.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    pub openness: Openness<'a>,
    pub places: &'a [Place],
    pub settled: &'a [Entry],
    pub proposed: &'a [Entry],
    pub visit: &'a Visit,
    pub place: &'a Place,
    /// Those on its list.
    pub students: &'a [Outline],
}

/// A day that can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    pub slot: Slot,
    /// Students who cannot be met at all on that day.
    pub out_of_reach: usize,
    /// Students who will be 17 by then.
    pub late: usize,
    /// Proposed visits that would have to be planned anew.
    pub displaced: usize,
}

impl Question<'_> {
    /// The visit on `date` by `team`, after what that team has promised for the day; `None` where the day is too short or
    /// nobody has said where the place lies.
    #[must_use]
    pub fn slot(&self, team: &Team, date: NaiveDate) -> Option<Slot> {
        let office = self.openness.office;
        let here = season::point_of(self.place)?;
        let (others, busy) = season::promised(office, self.places, self.settled, team, date, Some(self.visit.id));
        let planning = &office.declaration.planning;
        let (starts, ends) = season::slot_after(planning, team, date, busy, here, self.waiting().count())?;
        let begins = season::day_begins(office, date);
        Some(Slot {
            team_id: team.id,
            place_id: self.visit.place_id,
            visit_on: date,
            day_order: i32::try_from(others + 1).unwrap_or(i32::MAX),
            starts_at: begins + starts,
            ends_at: begins + ends,
            students: self.students.iter().map(|student| student.id).collect(),
        })
    }

    /// The best way to have the visit on `date`: by its own team, or else by another one; `None` if there is none.
    #[must_use]
    pub fn on(&self, date: NaiveDate) -> Option<Offer> {
        if self.openness.obstacle(self.place, date).is_some() {
            return None;
        }
        let mut teams: Vec<&Team> = self.openness.office.teams.iter().collect();
        teams.sort_by_key(|team| team.id != self.visit.team_id);
        let free = teams.into_iter().filter(|team| self.openness.team_obstacle(Some(team), date).is_none());
        let slots = free.filter_map(|team| self.slot(team, date));
        // Of equal teams the first, which is its own.
        slots.map(|slot| self.offer(slot)).min_by_key(|offer| offer.displaced)
    }

    /// Every day that can be, the best first: nobody out of reach, nobody late, nobody's plan upset, the same team, near the
    /// day that was planned.
    #[must_use]
    pub fn days(&self, today: NaiveDate) -> Vec<Offer> {
        let first = today.checked_add_days(NOTICE).unwrap_or(today);
        let from = first.max(self.visit.visit_on.checked_sub_days(Days::new(AHEAD as u64 / 2)).unwrap_or(first));
        let days = from.iter_days().take(AHEAD).filter(|date| *date != self.visit.visit_on);
        let mut offers: Vec<Offer> = days.filter_map(|date| self.on(date)).collect();
        offers.sort_by_key(|offer| {
            let slot = &offer.slot;
            let away = (slot.visit_on - self.visit.visit_on).num_days().abs();
            let other_team = slot.team_id != self.visit.team_id;
            (offer.out_of_reach, offer.late, offer.displaced, other_team, away, slot.visit_on)
        });
        offers
    }

    fn offer(&self, slot: Slot) -> Offer {
        let date = slot.visit_on;
        let spans = self.waiting().map(|student| season::span(self.openness.office, student, self.place));
        let (mut out_of_reach, mut late) = (0, 0);
        for span in spans {
            if !span.contains(date) {
                out_of_reach += 1;
            } else if span.late_from <= date {
                late += 1;
            }
        }
        let displaced = self.proposed.iter().filter(|entry| {
            let visit = &entry.visit;
            (visit.team_id, visit.visit_on) == (slot.team_id, date)
        });
        let displaced = displaced.count();
        Offer { slot, out_of_reach, late, displaced }
    }

    /// Those whom the team still has to meet.
    fn waiting(&self) -> impl Iterator<Item = &Outline> {
        self.students.iter().filter(|student| student.recorded != Recorded::Yes)
    }

    /// Students of whom a move to `to` makes somebody late, and those whom it puts out of reach.
    #[must_use]
    pub fn hit_by(&self, to: NaiveDate) -> (Vec<StudentId>, Vec<StudentId>) {
        let (mut late, mut out_of_reach) = (Vec::new(), Vec::new());
        for student in self.waiting() {
            let span = season::span(self.openness.office, student, self.place);
            if !span.contains(to) {
                out_of_reach.push(student.id);
            } else if self.visit.visit_on < span.late_from && span.late_from <= to {
                late.push(student.id);
            }
        }
        (late, out_of_reach)
    }
}

#[cfg(test)]
mod tests;
