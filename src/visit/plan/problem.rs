//! What a planner is given and what it gives back: pure data, the same for an office and for a file.
//!
//! Days are counted from the plan's first day, which is 0; a day before it is negative. Sites, crews and pupils are named by
//! their index.

use chrono::{Days, NaiveDate};

/// Mean radius of the earth in km (WGS 84 ellipsoid, `(2a + b) / 3`).
const EARTH_RADIUS_KM: f64 = 6371.0088;
/// Slack in minutes for sums of fractions.
pub const TOLERANCE: f64 = 1e-6;

/// A day, counted from the plan's first.
pub type Day = i32;

/// What the office reckons with (office file, `[planning]`).
#[derive(Debug, Clone, PartialEq)]
pub struct Params {
    /// Minutes at every stop before the first pupil.
    pub setup_minutes: f64,
    /// Minutes one device needs for one pupil.
    pub minutes_per_student: f64,
    pub speed_kmh: f64,
    /// Road kilometres for each kilometre as the crow flies.
    pub detour: f64,
}

/// A point on earth, in degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    pub latitude: f64,
    pub longitude: f64,
}

/// Where pupils are met.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    pub at: Point,
    /// For each day of the plan, whether a visit is possible as far as site and office go.
    pub open: Vec<bool>,
}

/// A team that drives out.
#[derive(Debug, Clone, PartialEq)]
pub struct Crew {
    pub base: Point,
    /// For each day of the plan, the devices it takes along; 0 when it stays at home.
    pub devices: Vec<u32>,
}

/// A visit that is settled already. Nothing is added to it or taken from it, but the rest of its crew's day can be used.
#[derive(Debug, Clone, PartialEq)]
pub struct Fixed {
    pub crew: usize,
    pub day: Day,
    pub site: usize,
    pub pupils: Vec<usize>,
    /// Minutes after the start of the crew's day at which it is over.
    pub ends: f64,
}

/// Somebody to be recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pupil {
    pub site: usize,
    /// First day on which the law allows it.
    pub from: Day,
    /// Last day on which the pupil is still met at the site; [`Day::MAX`] when there is none.
    pub until: Day,
    /// The 17th birthday.
    pub birthday: Day,
}

/// How much a pupil needs this plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// The last day in time lies in the plan, or soon enough after it.
    Due,
    /// Was 17 before the plan begins.
    Overdue,
    /// Can wait for a later plan.
    Other,
}

/// How a plan differs that is made again every night, with ever new pupils, from one that is made once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rolling {
    /// Whoever turns 17 within so many days is due, though the plan may end before.
    pub due_days: Day,
    /// Where it can be, pupils are met so many days before the last day in time: the card takes its time, and a visit may fail.
    pub margin: Day,
}

/// The whole question.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    pub start: NaiveDate,
    /// How many days the plan covers.
    pub days: Day,
    /// What is to be made of a plan that is made again every night.
    pub rolling: Option<Rolling>,
    pub params: Params,
    /// Minutes of a crew's day from leaving the base to being back, for each day of the plan.
    pub day_minutes: Vec<f64>,
    pub sites: Vec<Site>,
    pub crews: Vec<Crew>,
    pub fixed: Vec<Fixed>,
    pub pupils: Vec<Pupil>,
    /// Stops of the plan before this one; where nothing better is found they stay.
    pub proposed: Vec<Stop>,
}

/// A planned stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    pub day: Day,
    pub crew: usize,
    /// Place in the crew's day among the planned stops, from 1; fixed visits come before all of them.
    pub order: usize,
    pub site: usize,
    pub pupils: Vec<usize>,
}

/// The answer: stops in order of day, crew and order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    pub stops: Vec<Stop>,
}

/// How good a plan is; the smaller in the order of the fields, the better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Score {
    /// Due pupils who are not recorded in time.
    pub missed: usize,
    /// Due or overdue pupils who are not recorded at all.
    pub never: usize,
    pub team_days: usize,
    pub stops: usize,
    /// Minutes on the road.
    pub travel: u64,
    /// Other pupils recorded, counted down from zero.
    pub ahead: i64,
    /// Days between recording and 17th birthday, summed over the due pupils in time and counted down from zero.
    pub slack: i64,
}

impl Score {
    /// What no driving makes up for: who is missed, and who is left out.
    #[must_use]
    pub fn needs(&self) -> (usize, usize) {
        (self.missed, self.never)
    }
}

/// What the answer amounts to, fixed visits included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    pub due: usize,
    /// Due pupils recorded before they turn 17.
    pub on_time: usize,
    /// Pupils recorded at 17 or later.
    pub late: usize,
    pub team_days: usize,
    pub stops: usize,
    pub travel: u64,
}

impl Pupil {
    /// The last day in time.
    #[must_use]
    pub fn last(&self) -> Day {
        (self.birthday - 1).min(self.until)
    }

    /// Whether recording is possible on `day`.
    #[must_use]
    pub fn can(&self, day: Day) -> bool {
        self.from <= day && day <= self.until
    }
}

impl Problem {
    #[must_use]
    pub fn need(&self, pupil: usize) -> Need {
        let pupil = &self.pupils[pupil];
        let soon = self.rolling.map_or(self.days, |rolling| rolling.due_days);
        if pupil.birthday <= 0 {
            Need::Overdue
        } else if (0..self.days).contains(&pupil.last())
            || (pupil.from < self.days && (self.days..soon).contains(&pupil.last()))
        {
            Need::Due
        } else {
            Need::Other
        }
    }

    /// The date of a day; the last one that there is for days beyond any calendar.
    #[must_use]
    pub fn date(&self, day: Day) -> NaiveDate {
        let shift = Days::new(u64::from(day.unsigned_abs()));
        let date = if day < 0 { self.start.checked_sub_days(shift) } else { self.start.checked_add_days(shift) };
        date.unwrap_or(NaiveDate::MAX)
    }

    /// The day of a date.
    #[must_use]
    pub fn day(&self, date: NaiveDate) -> Day {
        Day::try_from((date - self.start).num_days()).unwrap_or(Day::MAX)
    }

    /// The devices of a crew on a day; 0 outside the plan.
    #[must_use]
    pub fn devices(&self, crew: usize, day: Day) -> u32 {
        usize::try_from(day).ok().and_then(|day| self.crews[crew].devices.get(day)).copied().unwrap_or(0)
    }

    /// Minutes of a crew's day; 0 outside the plan.
    #[must_use]
    pub fn minutes(&self, day: Day) -> f64 {
        usize::try_from(day).ok().and_then(|day| self.day_minutes.get(day)).copied().unwrap_or(0.0)
    }

    #[must_use]
    pub fn open(&self, site: usize, day: Day) -> bool {
        usize::try_from(day).ok().and_then(|day| self.sites[site].open.get(day)).copied().unwrap_or(false)
    }
}

/// Driving minutes from one point to another: whole minutes, rounded up.
#[must_use]
pub fn leg(params: &Params, a: Point, b: Point) -> u32 {
    let (p, q) = (a.latitude.to_radians(), b.latitude.to_radians());
    let half = |angle: f64| (angle / 2.0).sin().powi(2);
    let h = half(q - p) + p.cos() * q.cos() * half((b.longitude - a.longitude).to_radians());
    let km = 2.0 * EARTH_RADIUS_KM * h.sqrt().min(1.0).asin();
    // Half the earth at walking pace is far below u32::MAX minutes; the cast saturates.
    (km * params.detour / params.speed_kmh * 60.0 - 1e-9).ceil() as u32
}

/// Driving minutes between all `points`, row by row; longer drives than a `u16` can count do not fit into any day.
#[must_use]
pub fn legs(params: &Params, points: &[Point]) -> Vec<u16> {
    let nodes = points.len();
    let mut minutes = vec![0; nodes * nodes];
    for a in 0..nodes {
        for b in 0..a {
            let one = u16::try_from(leg(params, points[a], points[b])).unwrap_or(u16::MAX);
            minutes[a * nodes + b] = one;
            minutes[b * nodes + a] = one;
        }
    }
    minutes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leg_is_whole_minutes_rounded_up() {
        let params = Params { setup_minutes: 45.0, minutes_per_student: 5.0, speed_kmh: 30.0, detour: 1.3 };
        let here = Point { latitude: -8.5833, longitude: 116.1167 };
        assert_eq!(leg(&params, here, here), 0);
        // 0.1 degree of latitude is 11.12 km: 14.46 km of road, 28.9 minutes.
        assert_eq!(leg(&params, here, Point { latitude: -8.6833, ..here }), 29);
    }
}
