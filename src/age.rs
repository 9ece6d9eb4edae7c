//! Ages and birthdays: when someone may be recorded and when the card is due.

use chrono::{Datelike, Days, NaiveDate};
use serde::{Deserialize, Serialize};

/// The age at which the card becomes compulsory (UU 24/2013 art. 63).
pub const CARD_AGE: i32 = 17;

/// On which day someone born on 29 February has a birthday in a year without one. No rule was found in the law;
/// 1 March is the safe choice, because nobody is then called before the national system can print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeapDayRule {
    #[default]
    March1,
    February28,
}

/// The `age`-th birthday of someone born on `birth`.
#[must_use]
pub fn birthday(birth: NaiveDate, age: i32, rule: LeapDayRule) -> NaiveDate {
    let year = birth.year() + age;
    birth.with_year(year).unwrap_or_else(|| {
        let day = match rule {
            LeapDayRule::March1 => NaiveDate::from_ymd_opt(year, 3, 1),
            LeapDayRule::February28 => NaiveDate::from_ymd_opt(year, 2, 28),
        };
        // Only years outside chrono's range (±262,000) have neither day.
        day.unwrap_or(NaiveDate::MAX)
    })
}

/// Whole years of age on `on`; negative before birth.
#[must_use]
pub fn age_on(birth: NaiveDate, on: NaiveDate, rule: LeapDayRule) -> i32 {
    let years = on.year() - birth.year();
    if birthday(birth, years, rule) <= on { years } else { years - 1 }
}

/// The first day on which a card may be printed: the 17th birthday, or some days after (office setting, domain: 0 or 1).
#[must_use]
pub fn print_from(birth: NaiveDate, days_after_17: u8, rule: LeapDayRule) -> NaiveDate {
    birthday(birth, CARD_AGE, rule).checked_add_days(Days::new(days_after_17.into())).unwrap_or(NaiveDate::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_leap_day_birthday_falls_on_1_march_unless_the_office_says_otherwise() {
        assert_eq!(birthday(date("2008-02-29"), 17, LeapDayRule::March1), date("2025-03-01"));
        assert_eq!(birthday(date("2008-02-29"), 17, LeapDayRule::February28), date("2025-02-28"));
        assert_eq!(birthday(date("2008-02-29"), 16, LeapDayRule::March1), date("2024-02-29"));
    }

    proptest! {
        #[test]
        fn age_changes_exactly_on_the_birthday(days in 0u32..40_000, age in 0i32..100) {
            let birth = date("1950-01-01") + Days::new(days.into());
            let day = birthday(birth, age, LeapDayRule::March1);
            prop_assert_eq!(age_on(birth, day, LeapDayRule::March1), age);
            prop_assert_eq!(age_on(birth, day.pred_opt().unwrap(), LeapDayRule::March1), age - 1);
        }
    }
}
