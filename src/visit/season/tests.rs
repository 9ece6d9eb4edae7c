//! An office's knowledge, put in the planner's terms.

use std::collections::HashSet;

use super::*;
use crate::calendar::Holidays;
use crate::clock::Clock;
use crate::office::Declaration;
use crate::visit::plan::{self, Need};
use crate::visit::schedule::Visit;
use crate::visit::{VisitId, VisitState};

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

struct World {
    clock: Clock,
    office: Office,
    holidays: Holidays,
    places: Vec<Place>,
    students: Vec<Outline>,
    settled: Vec<Entry>,
}

impl World {
    fn new() -> Self {
        let clock = Clock::starting_at("2026-11-23T00:00:00Z".parse().unwrap());
        let declaration = Declaration::parse(include_str!("../../../config/office.sample.toml")).unwrap();
        let team = |declared: &crate::office::DeclaredTeam| Team {
            id: TeamId::new(&clock),
            declared: declared.clone(),
            outages: Vec::new(),
        };
        let teams = declaration.teams.iter().map(team).collect();
        let id = crate::office::OfficeId::new(&clock);
        let office = Office { id, declaration, hold_reason: None, teams, points: Vec::new() };
        let holidays = Holidays::from_csv(include_str!("../../../config/holidays.csv")).unwrap();
        let place = Place {
            id: PlaceId::new(&clock),
            code: "50200001".into(),
            kind: PlaceKind::School,
            name: "SMA CONTOH".into(),
            level: None,
            kecamatan: Some("Ampenan".into()),
            latitude: Some(-8.57),
            longitude: Some(116.08),
            working_days: crate::place::Workdays("1-5".parse().unwrap()),
            last_day_grade_12: Some(date("2027-05-14")),
            contact_name: None,
        };
        Self { clock, office, holidays, places: vec![place], students: Vec::new(), settled: Vec::new() }
    }

    fn student(&mut self, birth: &str) -> &mut Outline {
        self.students.push(Outline {
            id: StudentId::new(&self.clock),
            place_id: Some(self.places[0].id),
            nisn: None,
            birth_date: date(birth),
            grade: Some(11),
            ever_married: false,
            recorded: Recorded::No,
            left_school: false,
            closed_reason: None,
            merged_into: None,
        });
        self.students.last_mut().unwrap()
    }

    fn season(&self, from: &str, to: &str) -> Season {
        Season::new(&Knowledge {
            openness: Openness { office: &self.office, holidays: &self.holidays, pauses: &[] },
            places: &self.places,
            students: &self.students,
            settled: &self.settled,
            proposed: &[],
            orders: &[],
            outsiders: &HashSet::new(),
            from: date(from),
            to: date(to),
        })
    }

    fn reasons(&self, season: &Season) -> Vec<Reason> {
        self.students
            .iter()
            .filter_map(|student| season.apart.iter().find(|(id, _)| *id == student.id).map(|(_, reason)| *reason))
            .collect()
    }
}

#[test]
fn closed_days_and_last_school_days_are_days_on_which_nobody_is_met() {
    let mut world = World::new();
    world.student("2010-01-15");
    world.student("2010-07-01").grade = Some(12);
    world.student("2009-12-01").ever_married = true;
    let season = world.season("2026-12-20", "2027-01-10");
    let open: Vec<Day> = (0..season.problem.days).filter(|day| season.problem.open(0, *day)).collect();
    // Term break to 3 January, 5 January is a holiday, and weekends.
    let expected = ["2026-12-21", "2027-01-04", "2027-01-06", "2027-01-07", "2027-01-08"];
    assert_eq!(open.iter().map(|day| season.problem.date(*day).to_string()).collect::<Vec<_>>(), expected);
    assert_eq!(season.problem.date(season.problem.pupils[1].last()), date("2027-05-14"));
    assert_eq!(season.problem.need(2), Need::Overdue, "the card is due at once for whoever was ever married");
}

#[test]
fn whoever_no_plan_can_hold_is_named_with_the_reason() {
    let mut world = World::new();
    world.student("2010-01-15").place_id = None;
    world.student("2010-01-15").left_school = true;
    world.student("2008-01-15").recorded = Recorded::Unknown;
    world.student("2010-01-15").recorded = Recorded::Yes;
    let season = world.season("2026-11-24", "2026-12-31");
    assert_eq!(world.reasons(&season), [Reason::NoPlace, Reason::LeftSchool]);
    assert_eq!((season.unknown, season.problem.pupils.len()), (1, 0));
    world.student("2010-01-15");
    world.places[0].latitude = None;
    assert_eq!(world.reasons(&world.season("2026-11-24", "2026-12-31"))[2], Reason::NoCoordinates);
    world.places[0].latitude = Some(-8.57);
    world.office.teams.clear();
    assert_eq!(world.reasons(&world.season("2026-11-24", "2026-12-31"))[2], Reason::NoTeams);
}

#[test]
fn a_settled_visit_holds_its_students_unless_they_are_out_of_reach_on_its_day() {
    let mut world = World::new();
    let held = world.student("2010-01-15").id;
    let too_young = world.student("2010-12-24").id;
    let begins = day_begins(&world.office, date("2026-12-01"));
    let visit = Visit {
        id: VisitId::new(&world.clock),
        office_id: world.office.id,
        team_id: world.office.teams[0].id,
        place_id: world.places[0].id,
        visit_on: date("2026-12-01"),
        day_order: 1,
        starts_at: begins + TimeDelta::minutes(57),
        ends_at: begins + TimeDelta::minutes(80),
        state: VisitState::Announced,
        revision: 1,
    };
    world.settled.push(Entry { visit, students: vec![held, too_young] });
    let season = world.season("2026-11-24", "2027-12-31");
    assert_eq!(season.problem.fixed[0].pupils, [0]);
    assert!((season.problem.fixed[0].ends - 80.0).abs() < 1e-9);
    let slots = season.timetable(&plan::solve(&season.problem, None, &|_, _| false).plan);
    assert_eq!(slots.iter().flat_map(|slot| slot.students.clone()).collect::<Vec<_>>(), [too_young]);
    assert!(slots[0].visit_on >= date("2026-12-24"));
    // Whoever stands on the list of a visit outside the plan's days is left alone.
    assert_eq!(world.season("2026-12-02", "2027-11-23").problem.pupils.len(), 1);
}

#[test]
fn a_stop_begins_when_the_team_is_there_and_has_set_up() {
    let mut world = World::new();
    for _ in 0..10 {
        world.student("2010-01-15");
    }
    let season = world.season("2026-11-24", "2026-11-24");
    let slots = season.timetable(&plan::solve(&season.problem, None, &|_, _| false).plan);
    assert_eq!(slots.len(), 1);
    let drive = leg(&season.problem.params, season.problem.crews[0].base, season.problem.sites[0].at);
    let begins = day_begins(&world.office, date("2026-11-24"));
    assert_eq!(slots[0].starts_at, begins + TimeDelta::minutes(i64::from(drive) + 45));
    // Two devices: five rounds of five minutes.
    assert_eq!(slots[0].ends_at - slots[0].starts_at, TimeDelta::minutes(25));
}
