//! Open days: weekends, national holidays, closures and opening hours.
//!
//! A year without a holiday decree is *unknown*, never "no holidays": whoever asks beyond the known years is told so.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Days, NaiveDate, NaiveTime, Weekday};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::words;

/// From–until on one day; `until` is exclusive. Written `"08:00-15:30"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hours {
    pub from: NaiveTime,
    pub until: NaiveTime,
}

impl Hours {
    #[must_use]
    pub fn contains(&self, time: NaiveTime) -> bool {
        self.from <= time && time < self.until
    }
}

impl std::fmt::Display for Hours {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.from.format("%H:%M"), self.until.format("%H:%M"))
    }
}

impl std::str::FromStr for Hours {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let time = |part: &str| NaiveTime::parse_from_str(part.trim(), "%H:%M").ok();
        let hours =
            text.split_once('-').and_then(|(from, until)| Some(Self { from: time(from)?, until: time(until)? }));
        hours
            .filter(|hours| hours.from < hours.until)
            .ok_or_else(|| format!("'{}' is not a span of hours of one day such as 08:00-15:30", words::quoted(text)))
    }
}

impl Serialize for Hours {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hours {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// Opening hours by weekday; a day that is not named is closed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Week {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monday: Option<Hours>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tuesday: Option<Hours>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wednesday: Option<Hours>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thursday: Option<Hours>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub friday: Option<Hours>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saturday: Option<Hours>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sunday: Option<Hours>,
}

impl Week {
    #[must_use]
    pub fn hours(&self, day: Weekday) -> Option<Hours> {
        match day {
            Weekday::Mon => self.monday,
            Weekday::Tue => self.tuesday,
            Weekday::Wed => self.wednesday,
            Weekday::Thu => self.thursday,
            Weekday::Fri => self.friday,
            Weekday::Sat => self.saturday,
            Weekday::Sun => self.sunday,
        }
    }
}

/// ISO weekdays, 1 = Monday: `"1-5"`, `"1,2,4"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weekdays(BTreeSet<u8>);

impl Weekdays {
    #[must_use]
    pub fn contains(&self, date: NaiveDate) -> bool {
        self.0.contains(&u8::try_from(date.weekday().number_from_monday()).unwrap_or_default())
    }

    /// The numbers, 1 = Monday.
    pub fn iter(&self) -> impl Iterator<Item = u8> {
        self.0.iter().copied()
    }
}

impl Default for Weekdays {
    /// Monday to Friday.
    fn default() -> Self {
        Self((1..=5).collect())
    }
}

impl std::fmt::Display for Weekdays {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let days: Vec<_> = self.0.iter().map(u8::to_string).collect();
        f.write_str(&days.join(","))
    }
}

impl std::str::FromStr for Weekdays {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            let day = text.split([',', '-']).map(str::trim).find_map(named_day);
            let meant = day.map_or_else(String::new, |(name, number)| format!("; {name} is {number}"));
            let shown = words::quoted(text);
            format!("'{shown}' is not a list of ISO weekdays such as 1-5 or 1,2,4 (1 = Monday, 7 = Sunday){meant}")
        };
        let mut days = BTreeSet::new();
        for part in text.split(',') {
            let (from, to) = part.split_once('-').unwrap_or((part, part));
            let day = |text: &str| text.trim().parse::<u8>().ok().filter(|day| (1..=7).contains(day));
            let span = day(from).ok_or_else(wrong)?..=day(to).ok_or_else(wrong)?;
            if span.is_empty() {
                return Err(wrong());
            }
            days.extend(span);
        }
        Ok(Self(days))
    }
}

/// The names by which people call the days of the week, and their numbers.
const DAY_NAMES: [(&str, u8); 14] = [
    ("Monday", 1),
    ("Senin", 1),
    ("Tuesday", 2),
    ("Selasa", 2),
    ("Wednesday", 3),
    ("Rabu", 3),
    ("Thursday", 4),
    ("Kamis", 4),
    ("Friday", 5),
    ("Jumat", 5),
    ("Saturday", 6),
    ("Sabtu", 6),
    ("Sunday", 7),
    ("Minggu", 7),
];

/// The day that a word names, or nearly names.
fn named_day(word: &str) -> Option<(&'static str, u8)> {
    let near = words::nearest(word, DAY_NAMES.map(|(name, _)| name)).filter(|name| words::are_alike(name, word))?;
    DAY_NAMES.into_iter().find(|(name, _)| *name == near)
}

impl Serialize for Weekdays {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Weekdays {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// The national holidays and joint leave days of the years for which a decree is known.
#[derive(Debug, Clone, Default)]
pub struct Holidays {
    days: BTreeMap<NaiveDate, String>,
    years: BTreeSet<i32>,
}

impl Holidays {
    /// Reads `date,name,kind` with one header line; a year counts as known once it has a row.
    pub fn from_csv(text: &str) -> Result<Self, String> {
        let mut holidays = Self::default();
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
        for (index, record) in reader.records().enumerate() {
            let line = index + 2;
            let record = record.map_err(|error| format!("line {line}: {error}"))?;
            let field = |at: usize| record.get(at).unwrap_or_default();
            let date: NaiveDate =
                field(0).parse().map_err(|_| format!("line {line}: '{}' is not a date (YYYY-MM-DD)", field(0)))?;
            holidays.years.insert(date.year());
            holidays.days.insert(date, field(1).to_owned());
        }
        Ok(holidays)
    }

    #[must_use]
    pub fn name(&self, date: NaiveDate) -> Option<&str> {
        self.days.get(&date).map(String::as_str)
    }

    pub fn dates(&self) -> impl Iterator<Item = (NaiveDate, &str)> {
        self.days.iter().map(|(date, name)| (*date, name.as_str()))
    }

    #[must_use]
    pub fn knows(&self, date: NaiveDate) -> bool {
        self.years.contains(&date.year())
    }

    /// The last day up to which every year from `from`'s on is known; `None` if not even that year is.
    #[must_use]
    pub fn known_until(&self, from: NaiveDate) -> Option<NaiveDate> {
        let last = (from.year()..).take_while(|year| self.years.contains(year)).last()?;
        NaiveDate::from_ymd_opt(last, 12, 31)
    }
}

/// Days, both ends included, on which something is closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Closure {
    pub from: NaiveDate,
    pub to: NaiveDate,
    pub reason: String,
    /// `office` (the default), `all` (no visit anywhere), `schools` (no visit to any school), a kecamatan's name, or a place's
    /// code.
    #[serde(default = "office_scope")]
    pub scope: String,
}

fn office_scope() -> String {
    "office".to_owned()
}

impl Closure {
    #[must_use]
    pub fn covers(&self, date: NaiveDate) -> bool {
        self.from <= date && date <= self.to
    }

    #[must_use]
    pub fn closes_office(&self) -> bool {
        self.scope == "office"
    }

    /// Whether visits to the place are off; a closed office sends no team.
    #[must_use]
    pub fn closes_place(&self, is_school: bool, code: &str, kecamatan: Option<&str>) -> bool {
        let is_kecamatan = kecamatan.is_some_and(|name| name.eq_ignore_ascii_case(&self.scope));
        self.closes_office()
            || self.scope == "all"
            || (is_school && self.scope == "schools")
            || self.scope == code
            || is_kecamatan
    }
}

/// When one office's counters are open.
#[derive(Debug, Clone)]
pub struct Calendar<'a> {
    pub holidays: &'a Holidays,
    pub week: &'a Week,
    pub closures: Vec<&'a Closure>,
}

impl Calendar<'_> {
    /// The hours on `date`; `None` when closed or when the year's holidays are unknown.
    #[must_use]
    pub fn hours(&self, date: NaiveDate) -> Option<Hours> {
        let closed = !self.holidays.knows(date)
            || self.holidays.name(date).is_some()
            || self.closures.iter().any(|closure| closure.covers(date));
        if closed { None } else { self.week.hours(date.weekday()) }
    }

    /// The first open day from `from` on; `None` beyond the known years ("ask the office").
    #[must_use]
    pub fn next_open_day(&self, from: NaiveDate) -> Option<NaiveDate> {
        let mut day = from;
        while self.holidays.knows(day) {
            if self.hours(day).is_some() {
                return Some(day);
            }
            day = day.checked_add_days(Days::new(1))?;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn beyond_the_known_years_nothing_is_open_and_nothing_is_a_holiday() {
        let holidays = Holidays::from_csv("date,name,kind\n2026-12-25,Natal,libur_nasional\n").unwrap();
        let week = Week { friday: "08:00-11:00".parse().ok(), ..Week::default() };
        let calendar = Calendar { holidays: &holidays, week: &week, closures: vec![] };
        assert_eq!(calendar.next_open_day(date("2026-12-12")), Some(date("2026-12-18")));
        assert_eq!(calendar.next_open_day(date("2026-12-19")), None, "25 December is a holiday, 2027 is unknown");
        assert_eq!(holidays.known_until(date("2026-05-01")), Some(date("2026-12-31")));
        assert_eq!(holidays.known_until(date("2027-05-01")), None);
    }

    #[test]
    fn weekdays_and_hours_read_back_as_written() {
        assert_eq!("1-4,6".parse::<Weekdays>().unwrap().to_string(), "1,2,3,4,6");
        assert_eq!("1-7".parse::<Weekdays>().unwrap().to_string(), "1,2,3,4,5,6,7");
        for wrong in ["0-9", "0", "6-1", "1,6-1", ""] {
            assert!(wrong.parse::<Weekdays>().is_err(), "{wrong}");
        }
        let error = "senin-jumat".parse::<Weekdays>().unwrap_err();
        assert!(error.ends_with("; Senin is 1"), "{error}");
        let error = "1-5,Saturdy".parse::<Weekdays>().unwrap_err();
        assert!(error.ends_with("; Saturday is 6"), "{error}");
        assert_eq!("08:00-15:30".parse::<Hours>().unwrap().to_string(), "08:00-15:30");
        for wrong in ["08:00-24:00", "20:00-04:00", "08:00-08:00", "8-15", ""] {
            assert!(wrong.parse::<Hours>().is_err(), "{wrong}");
        }
        assert!("15:00-08:00".parse::<Hours>().is_err());
    }
}
