//! Which days are offered first.

use super::*;
use crate::calendar::Holidays;
use crate::clock::Clock;
use crate::office::{Declaration, DeclaredTeam, Office, OfficeId, TeamId};
use crate::place::{PlaceId, PlaceKind, Workdays};
use crate::visit::{VisitId, VisitState};

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// The sample office's two teams (Monday to Thursday), one school, and a visit of Tim A on Tuesday, 8 December 2026.
struct World {
    clock: Clock,
    office: Office,
    holidays: Holidays,
    place: Place,
    visit: Visit,
    students: Vec<Outline>,
    settled: Vec<Entry>,
    proposed: Vec<Entry>,
}

impl World {
    fn new(births: &[&str]) -> Self {
        let clock = Clock::starting_at("2026-11-23T00:00:00Z".parse().unwrap());
        let declaration = Declaration::parse(include_str!("../../../config/office.sample.toml")).unwrap();
        let team =
            |declared: &DeclaredTeam| Team { id: TeamId::new(&clock), declared: declared.clone(), outages: Vec::new() };
        let teams: Vec<Team> = declaration.teams.iter().map(team).collect();
        let office = Office { id: OfficeId::new(&clock), declaration, hold_reason: None, teams, points: Vec::new() };
        let place = Place {
            id: PlaceId::new(&clock),
            code: "50200001".into(),
            kind: PlaceKind::School,
            name: "SMA CONTOH".into(),
            level: None,
            kecamatan: Some("Ampenan".into()),
            latitude: Some(-8.57),
            longitude: Some(116.08),
            working_days: Workdays("1-5".parse().unwrap()),
            last_day_grade_12: None,
            contact_name: None,
        };
        let students = births.iter().map(|birth| {
            let id = StudentId::new(&clock);
            Outline {
                id,
                place_id: None,
                nisn: None,
                birth_date: date(birth),
                grade: None,
                ever_married: false,
                recorded: Recorded::No,
                left_school: false,
                closed_reason: None,
                merged_into: None,
            }
        });
        let students = students.collect();
        let visit = entry(&clock, &office, &place, 0, "2026-12-08", VisitState::Announced).visit;
        let holidays = Holidays::from_csv(include_str!("../../../config/holidays.csv")).unwrap();
        Self { clock, office, holidays, place, visit, students, settled: Vec::new(), proposed: Vec::new() }
    }

    /// Another visit of the team with this number, from 8 in the morning until half past one.
    fn busy(&self, team: usize, on: &str, state: VisitState) -> Entry {
        entry(&self.clock, &self.office, &self.place, team, on, state)
    }

    fn days(&self, today: &str) -> Vec<Offer> {
        Question {
            openness: Openness { office: &self.office, holidays: &self.holidays, pauses: &[] },
            places: std::slice::from_ref(&self.place),
            settled: &self.settled,
            proposed: &self.proposed,
            visit: &self.visit,
            place: &self.place,
            students: &self.students,
        }
        .days(date(today))
    }

    fn best(&self, today: &str, count: usize) -> Vec<String> {
        self.days(today).iter().take(count).map(|offer| offer.slot.visit_on.to_string()).collect()
    }
}

fn entry(clock: &Clock, office: &Office, place: &Place, team: usize, on: &str, state: VisitState) -> Entry {
    let begins = season::day_begins(office, date(on));
    let visit = Visit {
        id: VisitId::new(clock),
        office_id: office.id,
        team_id: office.teams[team].id,
        place_id: place.id,
        visit_on: date(on),
        day_order: 1,
        starts_at: begins,
        ends_at: begins + chrono::TimeDelta::minutes(330),
        state,
        revision: 1,
    };
    Entry { visit, students: Vec::new() }
}

#[test]
fn days_near_the_planned_one_come_first_and_only_such_as_can_be() {
    let world = World::new(&["2010-06-01"]);
    assert_eq!(world.best("2026-11-23", 4), ["2026-12-07", "2026-12-09", "2026-12-10", "2026-12-03"]);
    let all = world.best("2026-11-23", 100);
    assert!(all.iter().all(|day| day.as_str() >= "2026-11-25"), "two days to prepare");
    for closed in ["2026-12-08", "2026-12-11", "2026-12-12", "2026-12-24", "2027-01-01", "2027-01-05"] {
        assert!(!all.iter().any(|day| day == closed), "{closed} is the day itself, a day off, a holiday or a break");
    }
    assert!(world.days("2026-11-23").iter().all(|offer| offer.slot.team_id == world.office.teams[0].id));
}

#[test]
fn before_the_earliest_birthday_comes_first_even_if_it_is_further_away() {
    let world = World::new(&["2009-12-09", "2010-06-01"]);
    let days = world.days("2026-11-30");
    let late: Vec<usize> = days.iter().map(|offer| offer.late).collect();
    assert!(late.is_sorted(), "{late:?}");
    assert_eq!(world.best("2026-11-30", 4), ["2026-12-07", "2026-12-03", "2026-12-02", "2026-12-09"]);
}

#[test]
fn a_day_on_which_somebody_cannot_be_met_at_all_comes_last() {
    // Turns 16 on 10 December: nobody may be recorded before.
    let world = World::new(&["2010-12-10"]);
    assert_eq!(world.best("2026-11-23", 1), ["2026-12-10"]);
    assert!(world.days("2026-11-23").last().unwrap().out_of_reach == 1);
}

#[test]
fn another_team_goes_where_its_own_has_no_room_and_proposed_visits_are_spared() {
    let mut world = World::new(&["2010-06-01"]);
    world.settled.push(world.busy(0, "2026-12-07", VisitState::Confirmed));
    world.proposed.push(world.busy(0, "2026-12-09", VisitState::Proposed));
    let days = world.days("2026-11-23");
    let on = |day: &str| days.iter().find(|offer| offer.slot.visit_on == date(day)).unwrap();
    assert_eq!(on("2026-12-07").slot.team_id, world.office.teams[1].id);
    assert_eq!((on("2026-12-09").slot.team_id, on("2026-12-09").displaced), (world.office.teams[1].id, 0));
    assert_eq!(world.best("2026-11-23", 2), ["2026-12-10", "2026-12-03"], "its own team, with nothing else to do");
    world.settled.push(world.busy(1, "2026-12-07", VisitState::Confirmed));
    assert!(world.days("2026-11-23").iter().all(|offer| offer.slot.visit_on != date("2026-12-07")));
}

#[test]
fn a_place_nobody_has_located_is_offered_nothing() {
    let mut world = World::new(&["2010-06-01"]);
    world.place.latitude = None;
    assert!(world.days("2026-11-23").is_empty());
}
