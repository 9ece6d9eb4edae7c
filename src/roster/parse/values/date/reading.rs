//! What a birth date may be read as, and what decides it.

use chrono::NaiveDate;

use crate::age::{LeapDayRule, age_on};

/// Ages that a list's people may have; outside them a birth date is doubted, not refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ages {
    pub youngest: i32,
    pub oldest: i32,
}

impl Default for Ages {
    /// Those of villages, communities and schools of every kind.
    fn default() -> Self {
        Self { youngest: 5, oldest: 80 }
    }
}

impl Ages {
    /// Those of a school by its level: where pupils turn 17 they are much of an age. Whoever makes up for school later, or
    /// goes to a special school, may be older.
    #[must_use]
    pub fn at_level(level: &str) -> Self {
        const UPPER_SECONDARY: [&str; 12] =
            ["SMA", "SMAN", "SMAS", "SMK", "SMKN", "SMKS", "MA", "MAN", "MAS", "MAK", "SMAK", "SMTK"];
        let level = level.to_uppercase();
        let mut words = level.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        let is_upper = words.next().is_some_and(|first| UPPER_SECONDARY.contains(&first));
        let is_open = words.any(|word| matches!(word, "TERBUKA" | "LB" | "LUAR"));
        if is_upper && !is_open { Self { youngest: 13, oldest: 25 } } else { Self::default() }
    }

    #[must_use]
    pub fn hold(self, birth: NaiveDate, today: NaiveDate) -> bool {
        (self.youngest..=self.oldest).contains(&age_on(birth, today, LeapDayRule::default()))
    }
}

/// The order of day and month in figures, as far as a whole column proves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DateOrder {
    #[default]
    Unproved,
    DayFirst,
    MonthFirst,
}

/// What decides how a date is read, besides its text.
#[derive(Debug, Clone, Copy)]
pub struct DateRules {
    pub today: NaiveDate,
    pub ages: Ages,
    pub order: DateOrder,
    /// The column's date cells may have day and month exchanged.
    pub cells_swapped: bool,
}

impl DateRules {
    /// Rules for a date that stands alone.
    #[must_use]
    pub fn alone(today: NaiveDate) -> Self {
        Self { today, ages: Ages::default(), order: DateOrder::default(), cells_swapped: false }
    }
}

/// A birth date as read from a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateReading {
    Missing,
    Unreadable,
    Read(NaiveDate),
    Doubtful(Doubt),
}

/// A date that may be another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Doubt {
    pub taken: NaiveDate,
    pub other: Option<NaiveDate>,
    pub why: Why,
}

/// Why a date may be another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Day and month could be exchanged, and the column does not say: day first, the Indonesian order, was taken.
    Order,
    /// A spreadsheet may have exchanged day and month when it turned the text into a date.
    Swapped,
    /// A time beside it says that the day before was made of it.
    Moment,
    /// The century is a guess.
    Century,
}

impl Doubt {
    /// The dates that may be meant, the one that was taken first.
    pub fn readings(self) -> impl Iterator<Item = NaiveDate> {
        std::iter::once(self.taken).chain(self.other)
    }
}

/// What a date shows of its column's habits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateSign {
    Nothing,
    /// Figures that are a date only with the day first, only with the month first, or either way.
    DayFirst,
    MonthFirst,
    Either,
    /// A date cell whose day could be a month, or could not.
    LowCell,
    HighCell,
}

/// `YYYYMMDD`; eight figures in another order never look like it.
pub(super) fn compact(digits: &str) -> Option<NaiveDate> {
    if digits.len() != 8 || !digits.starts_with(['1', '2']) || !matches!(&digits[..2], "19" | "20") {
        return None;
    }
    NaiveDate::from_ymd_opt(digits[..4].parse().ok()?, digits[4..6].parse().ok()?, digits[6..].parse().ok()?)
}
