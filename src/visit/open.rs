//! Whether a visit to a place can be on a day, and what stands against it.

use chrono::NaiveDate;

use crate::calendar::Holidays;
use crate::coded;
use crate::office::{Office, Pause, PauseKind, Team};
use crate::place::{Place, PlaceKind};

coded! {
    /// What stands against a visit on a day.
    #[derive(Clone, PartialEq, Eq)]
    pub enum Obstacle {
        "holidays_unknown" => #[error("the holidays of the year of {0} are not known")]
            HolidaysUnknown(NaiveDate),
        "holiday" => #[error("{on} is a holiday: {name}")]
            Holiday { on: NaiveDate, name: String },
        "closure" => #[error("{place} is closed on {on}: {reason}")]
            Closure { place: String, on: NaiveDate, reason: String },
        "pause" => #[error("recording is paused on {on}: {reason}")]
            Pause { on: NaiveDate, reason: String },
        "place_closed" => #[error("{place} does not work on {}", .on.format("%A, %Y-%m-%d"))]
            PlaceClosed { place: String, on: NaiveDate },
        "team_off" => #[error("{team} does not go out on {on}")]
            TeamOff { team: String, on: NaiveDate },
        "team_unknown" => #[error("the office no longer declares the visit's team")]
            TeamUnknown,
    }
}

/// The office's side of the question.
#[derive(Debug, Clone, Copy)]
pub struct Openness<'a> {
    pub office: &'a Office,
    pub holidays: &'a Holidays,
    pub pauses: &'a [Pause],
}

impl Openness<'_> {
    /// What stands against any visit to `place` on `date`, whoever goes; `None` on an open day.
    #[must_use]
    pub fn obstacle(&self, place: &Place, date: NaiveDate) -> Option<Obstacle> {
        if !self.holidays.knows(date) {
            return Some(Obstacle::HolidaysUnknown(date));
        }
        if let Some(name) = self.holidays.name(date) {
            return Some(Obstacle::Holiday { on: date, name: name.to_owned() });
        }
        let closes = |closure: &&crate::calendar::Closure| {
            closure.covers(date)
                && closure.closes_place(place.kind == PlaceKind::School, &place.code, place.kecamatan.as_deref())
        };
        if let Some(closure) = self.office.declaration.closures.iter().find(closes) {
            let (place, reason) = (place.name.clone(), closure.reason.clone());
            return Some(Obstacle::Closure { place, on: date, reason });
        }
        let paused = |pause: &&Pause| pause.kind == PauseKind::Recording && pause.holds_on(date);
        if let Some(pause) = self.pauses.iter().find(paused) {
            return Some(Obstacle::Pause { on: date, reason: pause.reason.clone() });
        }
        let works = place.working_days.0.contains(date);
        (!works).then(|| Obstacle::PlaceClosed { place: place.name.clone(), on: date })
    }

    /// The `count`-th day after `after` on which the place works and is open, whatever the office itself does then; `None`
    /// beyond the known years.
    #[must_use]
    pub fn school_day_after(&self, place: &Place, after: NaiveDate, count: usize) -> Option<NaiveDate> {
        let unpaused = Self { pauses: &[], ..*self };
        let days = after.iter_days().skip(1).take_while(|date| self.holidays.knows(*date));
        days.filter(|date| unpaused.obstacle(place, *date).is_none()).nth(count.checked_sub(1)?)
    }

    /// What keeps a team at home on `date`.
    #[must_use]
    pub fn team_obstacle(&self, team: Option<&Team>, date: NaiveDate) -> Option<Obstacle> {
        match team {
            None => Some(Obstacle::TeamUnknown),
            Some(team) if team.devices_on(date) == 0 => {
                Some(Obstacle::TeamOff { team: team.declared.name.clone(), on: date })
            }
            Some(_) => None,
        }
    }
}
