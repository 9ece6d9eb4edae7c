//! Values that several commands take: pages of lists, days, reasons.

use std::str::FromStr;

use chrono::{Datelike, NaiveDate, NaiveTime};
use clap::Args;

use super::answer::Failure;
use crate::written::tidy;

/// Years that a day may be in: before, nobody alive was born; after, dates no longer sort as text.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=9999;
/// Longest reason or name, in characters.
const LONGEST: usize = 500;

// Which part of a list is wanted. No doc comment: clap would show it as what every command with a list does.
#[derive(Debug, Clone, Args)]
pub struct Page {
    /// At most so many.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(i64).range(1..))]
    pub limit: i64,
    /// Those after this ID.
    #[arg(long, value_name = "ID")]
    after: Option<String>,
}

impl Page {
    /// The ID after which the page begins.
    pub fn after<I: FromStr>(&self) -> Result<Option<I>, Failure> {
        let wrong = |_| Failure::new("after", "--after takes the ID that the last list gave as next");
        self.after.as_deref().map(str::parse).transpose().map_err(wrong)
    }

    /// The ID to go on after, if this page is full.
    pub fn next<T, I>(&self, listed: &[T], id: impl Fn(&T) -> I) -> Option<I> {
        let full = i64::try_from(listed.len()).is_ok_and(|count| count >= self.limit);
        listed.last().filter(|_| full).map(id)
    }
}

/// A time of day, as a clock shows it.
pub fn time(text: &str) -> Result<NaiveTime, String> {
    NaiveTime::parse_from_str(text, "%H:%M").map_err(|_| "a time is written HH:MM, such as 16:30".into())
}

/// A day as people mean it.
pub fn day(text: &str) -> Result<NaiveDate, String> {
    let day = text.parse::<NaiveDate>().map_err(|error| format!("{error}; a day is written YYYY-MM-DD"))?;
    if YEARS.contains(&day.year()) {
        Ok(day)
    } else {
        Err(format!("a day is written YYYY-MM-DD, its year from {} to {}", YEARS.start(), YEARS.end()))
    }
}

/// A point on earth, as maps give it.
pub fn degrees(text: &str) -> Result<(f64, f64), String> {
    let wrong = || "a point is written as degrees, such as -8.5833,116.1167".to_owned();
    let (latitude, longitude) = text.split_once(',').ok_or_else(wrong)?;
    let number = |part: &str, most: f64| part.trim().parse::<f64>().ok().filter(|number| number.abs() <= most);
    Ok((number(latitude, 90.0).ok_or_else(wrong)?, number(longitude, 180.0).ok_or_else(wrong)?))
}

/// A reason or a name that says something, on one line: it will stand in the audit and in lists.
pub fn words(text: &str) -> Result<String, String> {
    let line = tidy(text);
    match line.chars().count() {
        0 => Err("it says nothing".into()),
        1..=LONGEST => Ok(line),
        _ => Err(format!("at most {LONGEST} characters are kept")),
    }
}
