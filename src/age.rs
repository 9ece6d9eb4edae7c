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

/// The latest birth date of whoever is at least `age` years old on `on`: everybody born on it or before is.
#[must_use]
pub fn latest_birth(on: NaiveDate, age: i32, rule: LeapDayRule) -> NaiveDate {
    let year = on.year() - age;
    // A day that the year of birth lacks is 29 February; whoever was born on the day before is old enough, too.
    let mut birth = on.with_year(year).or_else(|| NaiveDate::from_ymd_opt(year, 2, 28)).unwrap_or(NaiveDate::MIN);
    // Around 29 February two days of birth have one birthday.
    while let Some(next) = birth.succ_opt().filter(|next| birthday(*next, age, rule) <= on) {
        birth = next;
    }
    birth
}

/// The latest birth date for which a card may be printed on `on`, by age alone; see [`print_from`].
#[must_use]
pub fn latest_printable_birth(on: NaiveDate, days_after_17: u8, rule: LeapDayRule) -> NaiveDate {
    let birthday = on.checked_sub_days(Days::new(days_after_17.into())).unwrap_or(NaiveDate::MIN);
    latest_birth(birthday, CARD_AGE, rule)
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

        #[test]
        fn whoever_was_born_on_the_latest_day_or_before_is_old_enough_and_nobody_else(
            days in 0u32..40_000, age in 0i32..100, later in proptest::bool::ANY, after in 0u8..2,
        ) {
            let on = date("1950-01-01") + Days::new(days.into());
            let rule = if later { LeapDayRule::March1 } else { LeapDayRule::February28 };
            let latest = latest_birth(on, age, rule);
            prop_assert!(age_on(latest, on, rule) >= age);
            prop_assert!(age_on(latest.succ_opt().unwrap(), on, rule) < age);
            let latest = latest_printable_birth(on, after, rule);
            prop_assert!(print_from(latest, after, rule) <= on);
            prop_assert!(print_from(latest.succ_opt().unwrap(), after, rule) > on);
        }
    }

    #[test]
    fn both_days_that_share_a_birthday_in_a_common_year_are_old_enough_on_it() {
        let latest = |on: &str, rule| latest_birth(date(on), 17, rule);
        assert_eq!(latest("2029-02-28", LeapDayRule::February28), date("2012-02-29"));
        assert_eq!(latest("2029-02-28", LeapDayRule::March1), date("2012-02-28"));
        assert_eq!(latest("2029-03-01", LeapDayRule::March1), date("2012-03-01"));
        assert_eq!(latest("2028-02-29", LeapDayRule::March1), date("2011-02-28"));
    }
}
