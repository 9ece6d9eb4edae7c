//! The planning problem of an office: what it knows of places, teams, students and settled visits, put in the planner's terms;
//! and the planner's answer put back into dates and hours. Pure.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::VisitId;
use super::open::Openness;
use super::order::Order;
use super::plan::problem::leg;
use super::plan::{Crew, Day, Fixed, Params, Plan, Point, Problem, Pupil, Reason, Rolling, Site, Stop};
use super::schedule::{Entry, Slot};
use crate::age;
use crate::clock::local_instant;
use crate::office::{Office, Planning, Team, TeamId};
use crate::place::{Place, PlaceId, PlaceKind};
use crate::student::{Outline, Recorded, StudentId};

/// Grades from this one on leave school in summer.
const LEAVING_GRADE: i32 = 12;
/// From 16 to 17: however short a plan is, whoever turns 17 within a year is not put off.
const YEAR: Day = 365;

/// What a season is made from.
#[derive(Debug, Clone, Copy)]
pub struct Knowledge<'a> {
    pub openness: Openness<'a>,
    pub places: &'a [Place],
    /// All who may be planned for, and whoever was merged into somebody else.
    pub students: &'a [Outline],
    /// Settled visits that still hold their students, with their lists; those of past days too, while their sheets are out.
    pub settled: &'a [Entry],
    /// The visits that the plan before this one proposed.
    pub proposed: &'a [Entry],
    /// Orders that nobody has answered yet.
    pub orders: &'a [Order],
    /// Students of whom a visit's day has shown that another regency records them.
    pub outsiders: &'a HashSet<StudentId>,
    pub from: NaiveDate,
    /// The plan's last day; not before `from`.
    pub to: NaiveDate,
}

/// The problem, with the identities behind its numbers.
#[derive(Debug, Clone)]
pub struct Season {
    pub problem: Problem,
    sites: Vec<PlaceId>,
    crews: Vec<TeamId>,
    /// The student behind each pupil; `None` for somebody of whom an order says only that he comes.
    pupils: Vec<Option<StudentId>>,
    /// Unrecorded students whom no plan can hold.
    pub apart: Vec<(StudentId, Reason)>,
    /// Students of whom nobody has said whether they are recorded.
    pub unknown: usize,
    /// How many settled visits each crew has on a day.
    before: BTreeMap<(usize, Day), usize>,
    /// When a team's day begins, for each day of the plan.
    starts: Vec<DateTime<Utc>>,
}

/// For each student on settled lists the days, and the visit's number where it is in the plan.
type Holders = HashMap<StudentId, Vec<(NaiveDate, Option<usize>)>>;

/// The planner's figures in an office's file.
#[must_use]
pub fn params(planning: &Planning) -> Params {
    Params {
        setup_minutes: planning.setup_minutes.into(),
        minutes_per_student: planning.minutes_per_student,
        speed_kmh: planning.speed_kmh,
        detour: planning.detour,
    }
}

/// Where a place lies, if anybody has said.
#[must_use]
pub fn point_of(place: &Place) -> Option<Point> {
    Some(Point { latitude: place.latitude?, longitude: place.longitude? })
}

/// Where a team starts and ends its days.
#[must_use]
pub fn base_of(team: &Team) -> Point {
    Point { latitude: team.declared.latitude, longitude: team.declared.longitude }
}

/// The instant at which a team's day begins.
#[must_use]
pub fn day_begins(office: &Office, date: NaiveDate) -> DateTime<Utc> {
    local_instant(date, office.declaration.planning.day_starts, office.zone())
}

/// Minutes from the beginning of a team's day to `at`.
#[must_use]
pub fn minutes_into(office: &Office, date: NaiveDate, at: DateTime<Utc>) -> f64 {
    (at - day_begins(office, date)).num_seconds().max(0) as f64 / 60.0
}

/// Days on which one student can be met, as the office's rules and the place's calendar have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// From the recording age on; whoever was ever married may always be recorded.
    pub from: NaiveDate,
    /// The last school day, where there is one.
    pub until: Option<NaiveDate>,
    /// The day from which the student is late: the 17th birthday, or at once for whoever was ever married.
    pub late_from: NaiveDate,
}

/// When a student can be met at `place`.
#[must_use]
pub fn span(office: &Office, student: &Outline, place: &Place) -> Span {
    let policies = office.policies();
    let leaves = place.kind == PlaceKind::School && student.grade.is_some_and(|grade| grade >= LEAVING_GRADE);
    let until = if leaves { place.last_day_grade_12 } else { None };
    if student.ever_married {
        return Span { from: student.birth_date, until, late_from: student.birth_date };
    }
    Span {
        from: age::birthday(student.birth_date, policies.recording_age.into(), policies.leap_day),
        until,
        late_from: student.birthday_17(policies.leap_day),
    }
}

impl Span {
    #[must_use]
    pub fn contains(&self, date: NaiveDate) -> bool {
        self.from <= date && self.until.is_none_or(|until| date <= until)
    }
}

/// Whether a student waits to be recorded at all.
fn waits(student: &Outline) -> bool {
    student.recorded == Recorded::No && student.closed_reason.is_none() && student.merged_into.is_none()
}

impl Season {
    /// Puts what the office knows into the planner's terms.
    #[must_use]
    pub fn new(knowledge: &Knowledge<'_>) -> Self {
        let Knowledge { openness, places, students, settled, proposed, orders, outsiders, from, to } = *knowledge;
        let office = openness.office;
        let dates: Vec<NaiveDate> = from.iter_days().take_while(|date| *date <= to).collect();
        let days = Day::try_from(dates.len()).unwrap_or(Day::MAX);
        let located: Vec<(&Place, Point)> = places.iter().filter_map(|place| Some((place, point_of(place)?))).collect();
        let sites = located.iter().map(|(place, at)| Site {
            at: *at,
            open: dates.iter().map(|date| openness.obstacle(place, *date).is_none()).collect(),
        });
        let crews = office.teams.iter().map(|team| Crew {
            base: base_of(team),
            devices: dates.iter().map(|date| team.devices_on(*date)).collect(),
        });
        let mut season = Self {
            problem: Problem {
                start: from,
                days,
                rolling: Some(Rolling {
                    due_days: days.max(YEAR),
                    margin: Day::from(office.policies().usual_waiting_days),
                }),
                params: params(&office.declaration.planning),
                day_minutes: dates.iter().map(|date| office.declaration.planning.minutes_on(*date).into()).collect(),
                sites: sites.collect(),
                crews: crews.collect(),
                fixed: Vec::new(),
                pupils: Vec::new(),
                proposed: Vec::new(),
            },
            sites: located.iter().map(|(place, _)| place.id).collect(),
            crews: office.teams.iter().map(|team| team.id).collect(),
            pupils: Vec::new(),
            apart: Vec::new(),
            unknown: 0,
            before: BTreeMap::new(),
            starts: dates.iter().map(|date| day_begins(office, *date)).collect(),
        };
        let mut holders = season.settle(office, settled);
        // Whoever stands on a list as somebody since merged is held there all the same.
        for student in students {
            if let (Some(kept), Some(held)) = (student.merged_into, holders.get(&student.id).cloned()) {
                holders.entry(kept).or_default().extend(held);
            }
        }
        let by_id: HashMap<PlaceId, &Place> = places.iter().map(|place| (place.id, place)).collect();
        let site_of: HashMap<PlaceId, usize> = (0..).zip(&season.sites).map(|(at, id)| (*id, at)).collect();
        for student in students {
            let open_case = student.closed_reason.is_none() && student.merged_into.is_none();
            season.unknown += usize::from(open_case && student.recorded == Recorded::Unknown);
            if waits(student) && outsiders.contains(&student.id) {
                season.apart.push((student.id, Reason::OutsideTheRegion));
            } else if waits(student) {
                let home = orders.iter().find(|order| order.student_id == Some(student.id));
                season.add(office, student, home, &by_id, &site_of, &holders);
            }
        }
        for order in orders.iter().filter(|order| order.student_id.is_none()) {
            if let Some(site) = site_of.get(&order.place_id) {
                season.expect(order, *site);
            }
        }
        let numbers = (0..).zip(&season.pupils).filter_map(|(at, id)| Some(((*id)?, at)));
        let numbers: HashMap<StudentId, usize> = numbers.collect();
        season.problem.proposed = proposed.iter().filter_map(|entry| season.stop(entry, &numbers)).collect();
        season
    }

    /// A proposed visit in the planner's terms, if team, place and day are still there.
    fn stop(&self, Entry { visit, students }: &Entry, numbers: &HashMap<StudentId, usize>) -> Option<Stop> {
        let day = self.problem.day(visit.visit_on);
        let crew = self.crews.iter().position(|team| *team == visit.team_id)?;
        let site = self.sites.iter().position(|place| *place == visit.place_id)?;
        let order = usize::try_from(visit.day_order).unwrap_or_default();
        let pupils = students.iter().filter_map(|student| numbers.get(student).copied());
        let pupils = pupils.filter(|pupil| self.problem.pupils[*pupil].site == site);
        // Whoever an order expects stands on no list.
        let expected = (0..)
            .zip(&self.problem.pupils)
            .zip(&self.pupils)
            .filter(|((_, pupil), student)| student.is_none() && pupil.site == site && pupil.can(day));
        let pupils = pupils.chain(expected.map(|((at, _), _)| at)).collect();
        (0..self.problem.days).contains(&day).then_some(Stop { day, crew, order, site, pupils })
    }

    /// Takes the settled visits; gives whom they hold.
    fn settle(&mut self, office: &Office, settled: &[Entry]) -> Holders {
        let mut holders: Holders = HashMap::new();
        for entry in settled {
            let visit = &entry.visit;
            let day = self.problem.day(visit.visit_on);
            let crew = self.crews.iter().position(|team| *team == visit.team_id);
            let site = self.sites.iter().position(|place| *place == visit.place_id);
            let fixed = match (crew, site) {
                (Some(crew), Some(site)) if (0..self.problem.days).contains(&day) => {
                    let ends = minutes_into(office, visit.visit_on, visit.ends_at);
                    self.problem.fixed.push(Fixed { crew, day, site, pupils: Vec::new(), ends });
                    *self.before.entry((crew, day)).or_default() += 1;
                    Some(self.problem.fixed.len() - 1)
                }
                _ => None,
            };
            for student in &entry.students {
                holders.entry(*student).or_default().push((visit.visit_on, fixed));
            }
        }
        holders
    }

    fn add(
        &mut self,
        office: &Office,
        student: &Outline,
        home: Option<&Order>,
        places: &HashMap<PlaceId, &Place>,
        site_of: &HashMap<PlaceId, usize>,
        holders: &Holders,
    ) {
        let place = home.map(|order| order.place_id).or(student.place_id);
        let Some(place) = place.and_then(|id| places.get(&id)) else {
            return self.apart.push((student.id, Reason::NoPlace));
        };
        let span = span(office, student, place);
        // A visit that was moved to a day on which the student is out of reach no longer holds the student.
        let held = holders.get(&student.id).and_then(|list| list.iter().find(|(date, _)| span.contains(*date)));
        if let Some((_, None)) = held {
            return;
        }
        if held.is_none() && student.left_school && place.kind == PlaceKind::School {
            return self.apart.push((student.id, Reason::LeftSchool));
        }
        let Some(site) = site_of.get(&place.id) else {
            return self.apart.push((student.id, Reason::NoCoordinates));
        };
        if self.crews.is_empty() {
            return self.apart.push((student.id, Reason::NoTeams));
        }
        if let Some((_, Some(fixed))) = held {
            self.problem.fixed[*fixed].pupils.push(self.pupils.len());
        }
        self.pupils.push(Some(student.id));
        let from = self.problem.day(span.from);
        let until = span.until.map_or(Day::MAX, |until| self.problem.day(until));
        let birthday = self.problem.day(span.late_from);
        // Whoever is visited at home is met on a wished day.
        let wish =
            home.map_or((Day::MIN, Day::MAX), |order| (self.problem.day(order.from_on), self.problem.day(order.to_on)));
        self.problem.pupils.push(Pupil { site: *site, from: from.max(wish.0), until: until.min(wish.1), birthday });
    }

    /// Whom an order expects besides those who are known: at least one, so that somebody comes on a wished day; they count like
    /// students who turn 17 when the wished days are over.
    fn expect(&mut self, order: &Order, site: usize) {
        let (from, until) = (self.problem.day(order.from_on), self.problem.day(order.to_on));
        let meets = |pupil: &&Pupil| pupil.site == site && pupil.from <= until && from <= pupil.until;
        let known = self.problem.pupils.iter().filter(meets).count();
        let expected = usize::try_from(order.expected).unwrap_or_default();
        for _ in 0..expected.saturating_sub(known).max(1) {
            self.pupils.push(None);
            self.problem.pupils.push(Pupil { site, from, until, birthday: until.saturating_add(1) });
        }
    }

    /// The student behind a number; `None` for somebody whom an order expects.
    #[must_use]
    pub fn student(&self, pupil: usize) -> Option<StudentId> {
        self.pupils[pupil]
    }

    /// The team behind a number.
    #[must_use]
    pub fn team(&self, crew: usize) -> TeamId {
        self.crews[crew]
    }

    /// The plan in dates and hours: a stop begins when the team has driven there and set up.
    #[must_use]
    pub fn timetable(&self, plan: &Plan) -> Vec<Slot> {
        let problem = &self.problem;
        let params = &problem.params;
        let mut slots: Vec<Slot> = Vec::with_capacity(plan.stops.len());
        let mut at: Option<((usize, Day), Point, f64)> = None;
        for stop in &plan.stops {
            let key = (stop.crew, stop.day);
            let (from, minutes) = match at {
                Some((known, from, minutes)) if known == key => (from, minutes),
                _ => self.after_settled(stop.crew, stop.day),
            };
            let here = problem.sites[stop.site].at;
            let begins = minutes + f64::from(leg(params, from, here)) + params.setup_minutes;
            let devices = f64::from(problem.devices(stop.crew, stop.day).max(1));
            let ends = begins + stop.pupils.len() as f64 * params.minutes_per_student / devices;
            at = Some((key, here, ends));
            let start =
                usize::try_from(stop.day).ok().and_then(|day| self.starts.get(day)).copied().unwrap_or_default();
            let before = self.before.get(&key).copied().unwrap_or(0);
            slots.push(Slot {
                team_id: self.crews[stop.crew],
                place_id: self.sites[stop.site],
                visit_on: problem.date(stop.day),
                day_order: i32::try_from(before + stop.order).unwrap_or(i32::MAX),
                starts_at: start + minutes_long(begins),
                ends_at: start + minutes_long(ends),
                students: stop.pupils.iter().filter_map(|pupil| self.pupils[*pupil]).collect(),
            });
        }
        slots
    }

    /// Where a crew is, and how many minutes into its day, once its settled visits are over.
    fn after_settled(&self, crew: usize, day: Day) -> (Point, f64) {
        let settled = self.problem.fixed.iter().filter(|visit| (visit.crew, visit.day) == (crew, day));
        match settled.max_by(|a, b| a.ends.total_cmp(&b.ends)) {
            Some(visit) => (self.problem.sites[visit.site].at, visit.ends),
            None => (self.problem.crews[crew].base, 0.0),
        }
    }

    /// Whether both pose the same problem about the same students.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.problem == other.problem
            && (&self.sites, &self.crews, &self.pupils) == (&other.sites, &other.crews, &other.pupils)
            && self.starts == other.starts
    }
}

/// Whom an order's visit can meet on `date`: the one at home, or everybody who waits at the place and is on no settled list.
#[must_use]
pub fn whom_to_meet(
    office: &Office,
    place: &Place,
    students: &[Outline],
    settled: &[Entry],
    order: &Order,
    date: NaiveDate,
) -> Vec<StudentId> {
    let meant = |student: &&Outline| match order.student_id {
        Some(home) => student.id == home,
        None => student.place_id == Some(place.id) && span(office, student, place).contains(date),
    };
    let held = |student: &Outline| settled.iter().any(|entry| entry.students.contains(&student.id));
    let students = students.iter().filter(|student| waits(student)).filter(meant);
    students.filter(|student| !held(student)).map(|student| student.id).collect()
}

/// Whole minutes, rounded up.
fn minutes_long(minutes: f64) -> TimeDelta {
    // A day's minutes fit any integer; the cast saturates.
    TimeDelta::minutes((minutes - 1e-9).ceil() as i64)
}

/// What a team has promised for `date`, `except` for one visit: how many visits, and until when and where the last of them
/// keeps it, in minutes of its day.
#[must_use]
pub fn promised(
    office: &Office,
    places: &[Place],
    settled: &[Entry],
    team: &Team,
    date: NaiveDate,
    except: Option<VisitId>,
) -> (usize, Option<(f64, Point)>) {
    let visits = settled.iter().map(|entry| &entry.visit);
    let theirs = visits.filter(|visit| visit.team_id == team.id && visit.visit_on == date && Some(visit.id) != except);
    let theirs: Vec<_> = theirs.collect();
    let busy = theirs.iter().max_by_key(|visit| visit.ends_at).map(|last| {
        let known = places.iter().find(|place| place.id == last.place_id);
        let at = known.and_then(point_of).unwrap_or_else(|| base_of(team));
        (minutes_into(office, date, last.ends_at), at)
    });
    (theirs.len(), busy)
}

/// When a visit would be if a team went there after what it has to do that day; `None` when the day is too short.
#[must_use]
pub fn slot_after(
    planning: &Planning,
    team: &Team,
    date: NaiveDate,
    busy: Option<(f64, Point)>,
    place: Point,
    students: usize,
) -> Option<(TimeDelta, TimeDelta)> {
    let params = params(planning);
    let (minutes, from) = busy.unwrap_or((0.0, base_of(team)));
    let begins = minutes + f64::from(leg(&params, from, place)) + params.setup_minutes;
    let ends = begins + students as f64 * params.minutes_per_student / f64::from(team.devices_on(date).max(1));
    let home = ends + f64::from(leg(&params, place, base_of(team)));
    let day = f64::from(planning.minutes_on(date));
    (home <= day + super::plan::problem::TOLERANCE).then(|| (minutes_long(begins), minutes_long(ends)))
}
