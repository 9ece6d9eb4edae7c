//! Whether a visit to a place can be on a day, and what stands against it.

use chrono::NaiveDate;

use crate::calendar::Holidays;
use crate::office::{Office, Pause, PauseKind, Team};
use crate::place::{Place, PlaceKind};

/// What stands against a visit on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    /// For programs: `holidays_unknown`, `holiday`, `closure`, `pause`, `place_closed`, `team_off`, `team_unknown`.
    pub code: &'static str,
    pub message: String,
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
        let obstacle = |code, message| Some(Obstacle { code, message });
        if !self.holidays.knows(date) {
            return obstacle("holidays_unknown", format!("the holidays of the year of {date} are not known"));
        }
        if let Some(name) = self.holidays.name(date) {
            return obstacle("holiday", format!("{date} is a holiday: {name}"));
        }
        let closes = |closure: &&crate::calendar::Closure| {
            closure.covers(date)
                && closure.closes_place(place.kind == PlaceKind::School, &place.code, place.kecamatan.as_deref())
        };
        if let Some(closure) = self.office.declaration.closures.iter().find(closes) {
            return obstacle("closure", format!("{} is closed on {date}: {}", place.name, closure.reason));
        }
        let paused = |pause: &&Pause| pause.kind == PauseKind::Recording && pause.holds_on(date);
        if let Some(pause) = self.pauses.iter().find(paused) {
            return obstacle("pause", format!("recording is paused on {date}: {}", pause.reason));
        }
        if !place.working_days.0.contains(date) {
            return obstacle(
                "place_closed",
                format!("{} does not work on {}", place.name, date.format("%A, %Y-%m-%d")),
            );
        }
        None
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
            None => Some(Obstacle {
                code: "team_unknown",
                message: "the office no longer declares the visit's team".into(),
            }),
            Some(team) if team.devices_on(date) == 0 => Some(Obstacle {
                code: "team_off",
                message: format!("{} does not go out on {date}", team.declared.name),
            }),
            Some(_) => None,
        }
    }
}
