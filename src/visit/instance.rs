//! Planning problems in a file (`"format": "siap17-planner/1"`): for questions like "one more team?", without any database.

use std::collections::HashMap;

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

use super::plan::{Crew, Day, Params, Plan, Point, Problem, Pupil, Site};
use crate::age::{self, LeapDayRule};
use crate::calendar::Weekdays;

const FORMAT: &str = "siap17-planner/1";
/// Age from which the instances allow recording.
const RECORDING_AGE: i32 = 16;
/// Ten years: longer than any plan, short enough for any memory.
const MOST_DAYS: u32 = 3660;
/// More places than a province has.
const MOST_PLACES: usize = 5000;
/// The planner's tables have a bit twice for each student, day and 64 of the school's students; a quarter of a gigabyte is
/// far more than a province needs.
const MOST_BYTES: usize = 1 << 28;

/// Why an instance cannot be planned.
#[derive(Debug, thiserror::Error)]
pub enum InstanceError {
    #[error("the instance cannot be read: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the instance's format is '{0}', but only {FORMAT} is known")]
    Format(String),
    #[error("{0}")]
    Meaning(String),
}

#[derive(Debug, Deserialize)]
struct File {
    start: NaiveDate,
    days: u32,
    params: FileParams,
    holidays: Vec<FileHoliday>,
    schools: Vec<FileSchool>,
    teams: Vec<FileTeam>,
    students: Vec<FileStudent>,
}

#[derive(Debug, Deserialize)]
struct FileParams {
    day_minutes: f64,
    setup_minutes: f64,
    minutes_per_student: f64,
    speed_kmh: f64,
    detour: f64,
}

#[derive(Debug, Deserialize)]
struct FileHoliday {
    date: NaiveDate,
}

#[derive(Debug, Deserialize)]
struct FileSpan {
    from: NaiveDate,
    to: NaiveDate,
}

#[derive(Debug, Deserialize)]
struct FileSchool {
    npsn: String,
    lat: f64,
    lon: f64,
    working_days: Vec<u8>,
    blackouts: Vec<FileSpan>,
}

#[derive(Debug, Deserialize)]
struct FileTeam {
    name: String,
    devices: u32,
    lat: f64,
    lon: f64,
    working_days: Vec<u8>,
    days_off: Vec<NaiveDate>,
    device_changes: Vec<FileChange>,
}

#[derive(Debug, Deserialize)]
struct FileChange {
    from: NaiveDate,
    to: NaiveDate,
    devices: u32,
}

#[derive(Debug, Deserialize)]
struct FileStudent {
    nisn: String,
    npsn: String,
    birth: NaiveDate,
    leaves: Option<NaiveDate>,
}

/// An instance with the names that its plan is written in.
#[derive(Debug)]
pub struct Instance {
    pub problem: Problem,
    schools: Vec<String>,
    teams: Vec<String>,
    students: Vec<String>,
}

/// A visit as the checker reads it.
#[derive(Debug, Serialize)]
pub struct PrintedVisit<'a> {
    pub date: NaiveDate,
    pub team: &'a str,
    pub order: usize,
    pub npsn: &'a str,
    pub students: Vec<&'a str>,
}

impl Instance {
    /// Reads and checks an instance.
    pub fn parse(bytes: &[u8]) -> Result<Self, InstanceError> {
        /// Looked at first, so that a file of another kind is told apart from a faulty one.
        #[derive(Deserialize)]
        struct Head {
            format: String,
        }
        let head: Head = serde_json::from_slice(bytes)?;
        if head.format != FORMAT {
            return Err(InstanceError::Format(head.format));
        }
        let file: File = serde_json::from_slice(bytes)?;
        file.problem().map_err(InstanceError::Meaning)
    }

    /// The name of a team.
    #[must_use]
    pub fn team(&self, crew: usize) -> &str {
        &self.teams[crew]
    }

    /// The plan in the checker's form.
    #[must_use]
    pub fn printed(&self, plan: &Plan) -> Vec<PrintedVisit<'_>> {
        let visit = |stop: &super::plan::Stop| PrintedVisit {
            date: self.problem.date(stop.day),
            team: &self.teams[stop.crew],
            order: stop.order,
            npsn: &self.schools[stop.site],
            students: stop.pupils.iter().map(|pupil| self.students[*pupil].as_str()).collect(),
        };
        plan.stops.iter().map(visit).collect()
    }
}

impl File {
    fn problem(self) -> Result<Instance, String> {
        if !(1..=MOST_DAYS).contains(&self.days) {
            return Err(format!("days is {}; a plan covers 1 to {MOST_DAYS} days", self.days));
        }
        if self.schools.len() + self.teams.len() > MOST_PLACES {
            return Err(format!("the instance has more than {MOST_PLACES} schools and teams"));
        }
        let p = &self.params;
        let at_least_zero = [("day_minutes", p.day_minutes), ("setup_minutes", p.setup_minutes)];
        let positive =
            [("minutes_per_student", p.minutes_per_student), ("speed_kmh", p.speed_kmh), ("detour", p.detour)];
        if let Some((name, value)) = at_least_zero.iter().find(|(_, value)| !(value.is_finite() && *value >= 0.0)) {
            return Err(format!("params.{name} is {value}; it must not be negative"));
        }
        if let Some((name, value)) = positive.iter().find(|(_, value)| !(value.is_finite() && *value > 0.0)) {
            return Err(format!("params.{name} is {value}; it must be greater than 0"));
        }
        let mut at_school: HashMap<&str, usize> = HashMap::with_capacity(self.schools.len());
        for student in &self.students {
            *at_school.entry(student.npsn.as_str()).or_default() += 1;
        }
        let words: usize = at_school.values().map(|students| students.div_ceil(64)).sum();
        let days = usize::try_from(self.days).unwrap_or(usize::MAX);
        if words.saturating_mul(days).saturating_mul(2 * size_of::<u64>()) > MOST_BYTES {
            return Err(format!(
                "{} students over {} days are too many for one plan; plan a shorter time, or each office by itself",
                self.students.len(),
                self.days
            ));
        }
        let end = self.start.checked_add_days(Days::new(u64::from(self.days - 1)));
        let end = end.ok_or_else(|| format!("a plan from {} on leaves the calendar", self.start))?;
        let dates: Vec<NaiveDate> = self.start.iter_days().take_while(|date| *date <= end).collect();
        let holidays: std::collections::HashSet<NaiveDate> = self.holidays.iter().map(|day| day.date).collect();
        let params = Params {
            setup_minutes: p.setup_minutes,
            minutes_per_student: p.minutes_per_student,
            speed_kmh: p.speed_kmh,
            detour: p.detour,
        };
        let mut instance = Instance {
            problem: Problem {
                start: self.start,
                days: Day::try_from(self.days).unwrap_or(Day::MAX),
                rolling: None,
                params,
                day_minutes: vec![p.day_minutes; dates.len()],
                sites: Vec::with_capacity(self.schools.len()),
                crews: Vec::with_capacity(self.teams.len()),
                fixed: Vec::new(),
                pupils: Vec::with_capacity(self.students.len()),
                proposed: Vec::new(),
            },
            schools: self.schools.iter().map(|school| school.npsn.clone()).collect(),
            teams: self.teams.iter().map(|team| team.name.clone()).collect(),
            students: self.students.iter().map(|student| student.nisn.clone()).collect(),
        };
        let school_index = index("school", "npsn", &instance.schools)?;
        index("team", "name", &instance.teams)?;
        index("student", "nisn", &instance.students)?;
        for school in &self.schools {
            let working = weekdays(&format!("school {}", school.npsn), &school.working_days)?;
            let open = dates.iter().map(|date| {
                working.as_ref().is_some_and(|days| days.contains(*date))
                    && !holidays.contains(date)
                    && !school.blackouts.iter().any(|span| span.from <= *date && *date <= span.to)
            });
            let at = point(&format!("school {}", school.npsn), school.lat, school.lon)?;
            instance.problem.sites.push(Site { at, open: open.collect() });
        }
        for team in &self.teams {
            let working = weekdays(&format!("team {}", team.name), &team.working_days)?;
            let devices = dates.iter().map(|date| {
                let works = working.as_ref().is_some_and(|days| days.contains(*date)) && !team.days_off.contains(date);
                let change = team.device_changes.iter().find(|change| change.from <= *date && *date <= change.to);
                if works { change.map_or(team.devices, |change| change.devices) } else { 0 }
            });
            let base = point(&format!("team {}", team.name), team.lat, team.lon)?;
            instance.problem.crews.push(Crew { base, devices: devices.collect() });
        }
        for student in &self.students {
            let site = school_index.get(student.npsn.as_str()).copied();
            let site =
                site.ok_or_else(|| format!("student {} is at the unknown school {}", student.nisn, student.npsn))?;
            let day = |date| instance.problem.day(date);
            let birthday = |age| day(age::birthday(student.birth, age, LeapDayRule::March1));
            instance.problem.pupils.push(Pupil {
                site,
                from: birthday(RECORDING_AGE),
                until: student.leaves.map_or(Day::MAX, day),
                birthday: birthday(age::CARD_AGE),
            });
        }
        Ok(instance)
    }
}

/// Where each name stands; a name may stand only once.
fn index(what: &str, key: &str, names: &[String]) -> Result<HashMap<String, usize>, String> {
    let mut index = HashMap::with_capacity(names.len());
    for (at, name) in names.iter().enumerate() {
        if index.insert(name.clone(), at).is_some() {
            return Err(format!("two {what}s have the {key} {name}"));
        }
    }
    Ok(index)
}

/// ISO weekdays; an empty list is somebody who never works.
fn weekdays(what: &str, days: &[u8]) -> Result<Option<Weekdays>, String> {
    if days.is_empty() {
        return Ok(None);
    }
    let text = days.iter().map(u8::to_string).collect::<Vec<_>>().join(",");
    text.parse().map(Some).map_err(|error| format!("{what}: working_days {error}"))
}

fn point(what: &str, latitude: f64, longitude: f64) -> Result<Point, String> {
    if latitude.abs() <= 90.0 && longitude.abs() <= 180.0 {
        Ok(Point { latitude, longitude })
    } else {
        Err(format!("{what}: {latitude}, {longitude} is no place on earth"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::visit::plan;

    const SMALL: &str = r#"{"format": "siap17-planner/1", "name": "x", "start": "2026-11-23", "days": 5,
        "params": {"day_minutes": 360, "setup_minutes": 45, "minutes_per_student": 5, "speed_kmh": 30, "detour": 1.3},
        "holidays": [{"date": "2026-11-23", "name": "x"}],
        "schools": [{"npsn": "50200001", "name": "A", "kecamatan": "K", "lat": -8.57, "lon": 116.08,
            "working_days": [1, 2, 3, 4, 5], "blackouts": [{"from": "2026-11-24", "to": "2026-11-24", "reason": "x"}]}],
        "teams": [{"name": "Tim A", "devices": 2, "lat": -8.58, "lon": 116.11, "working_days": [1, 2, 3],
            "days_off": [], "device_changes": [{"from": "2026-11-26", "to": "2026-11-30", "devices": 0}]}],
        "students": [{"nisn": "0091234567", "npsn": "50200001", "birth": "2009-11-26", "grade": 12, "leaves": null}]}"#;

    #[test]
    fn an_instance_is_planned_in_the_checkers_form() {
        let instance = Instance::parse(SMALL.as_bytes()).unwrap();
        let solution = plan::solve(&instance.problem, None, &|_, _| false);
        let printed = serde_json::to_string(&instance.printed(&solution.plan)).unwrap();
        let expected =
            r#"[{"date":"2026-11-25","team":"Tim A","order":1,"npsn":"50200001","students":["0091234567"]}]"#;
        assert_eq!(printed, expected);
    }

    #[test]
    fn a_bad_instance_gets_one_clear_sentence() {
        let error = |text: &str| Instance::parse(text.as_bytes()).unwrap_err().to_string();
        assert!(error("[]").starts_with("the instance cannot be read"));
        assert!(error(r#"{"format": "x"}"#).contains("'x'"));
        assert!(error(r#"{"format": "siap17-planner/1"}"#).contains("missing field `start`"));
        assert!(
            error(&SMALL.replace("\"npsn\": \"50200001\", \"birth\"", "\"npsn\": \"1\", \"birth\""))
                .contains("unknown school 1")
        );
        // A student at each of nearly five thousand schools, over ten years.
        let school = |n: usize| {
            format!(
                r#"{{"npsn": "{n:08}", "name": "A", "kecamatan": "K", "lat": -8, "lon": 116, "working_days": [1], "blackouts": []}}"#
            )
        };
        let student = |n: usize| {
            format!(r#"{{"nisn": "{n:010}", "npsn": "{n:08}", "birth": "2009-11-26", "grade": 12, "leaves": null}}"#)
        };
        let schools: Vec<String> = (0..4900).map(school).collect();
        let students: Vec<String> = (0..4900).map(student).collect();
        let many = SMALL
            .replace("\"days\": 5", "\"days\": 3660")
            .replace("\"schools\": [", &format!("\"schools\": [{},", schools.join(",")))
            .replace("\"students\": [", &format!("\"students\": [{},", students.join(",")));
        assert!(error(&many).contains("too many for one plan"));
        assert!(error(&SMALL.replace("\"days\": 5", "\"days\": 0")).starts_with("days is 0"));
        assert!(error(&SMALL.replace("\"speed_kmh\": 30", "\"speed_kmh\": 0")).contains("speed_kmh"));
        assert!(error(&SMALL.replace("[1, 2, 3]", "[9]")).contains("team Tim A"));
    }
}
