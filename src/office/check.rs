//! What an office's file must say to be taken: numbers that can be, times that end after they begin, texts that fit where they
//! will stand. What was taken once is read back as it was.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::ops::RangeInclusive;

use chrono::{Datelike, NaiveDate, Timelike};

use super::declaration::{Declaration, LetterStyle, Planning, Policies, Team};
use crate::config::toml_error;
use crate::words::{self, TextFault, quoted};

/// Where Indonesia lies, in degrees, with its waters.
pub const LATITUDES: RangeInclusive<f64> = -11.5..=6.5;
pub const LONGITUDES: RangeInclusive<f64> = 94.5..=141.5;

/// Years that a declared day may be in.
const YEARS: RangeInclusive<i32> = 2000..=2200;
/// Entries of one list: teams, counters, closures, days.
const MOST_ENTRIES: usize = 1000;
const MINUTES_OF_A_DAY: u32 = 24 * 60;

/// Longest code, name or short word, in characters.
const SHORT: usize = 60;
/// Longest name that stands in messages.
const NAME: usize = 120;
/// Longest line of an address, a reason, a letter.
const LINE: usize = 250;
/// Longest sentence of a letter, and longest address of a page.
const LONG: usize = 1000;
/// Digits of a civil servant's number (NIP), which are more than a NIK has.
const NIP: usize = 18;

/// Why an office's file is refused.
#[derive(Debug, thiserror::Error)]
pub enum DeclarationError {
    #[error("{0}")]
    Toml(String),
    #[error("{0}")]
    Meaning(String),
}

impl Declaration {
    /// Reads and checks an office's file.
    ///
    /// # Errors
    /// The file is no TOML, has a key that nobody knows, or says something that cannot be.
    pub fn parse(text: &str) -> Result<Self, DeclarationError> {
        let declaration: Self = toml::from_str(text).map_err(|error| DeclarationError::Toml(toml_error(&error)))?;
        declaration.check().map_err(DeclarationError::Meaning)?;
        Ok(declaration)
    }

    /// Refuses what cannot be, in words that name the key.
    pub(super) fn check(&self) -> Result<(), String> {
        let digits = |part: Option<&str>| part.is_some_and(|p| p.len() == 2 && p.bytes().all(|b| b.is_ascii_digit()));
        let mut region = self.region.split('.');
        if !(digits(region.next()) && digits(region.next()) && region.next().is_none()) {
            return Err(format!("region = \"{}\" is not a regency's code such as \"52.71\"", quoted(&self.region)));
        }
        let is_code = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if self.code.is_empty() || self.code.len() > SHORT || !self.code.chars().all(is_code) {
            let shown = quoted(&self.code);
            return Err(format!("code = \"{shown}\" may hold only up to {SHORT} letters, digits, '-' and '_'"));
        }
        text("code", words::something(&self.code, SHORT))?;
        text("name", words::something(&self.name, NAME))?;
        text("address", words::something(&self.address, LINE))?;
        optional("phone", self.phone.as_deref(), SHORT)?;
        optional("privacy_url", self.privacy_url.as_deref(), LONG)?;
        self.policies.check().map_err(|error| format!("in [policies], {error}"))?;
        self.planning.check().map_err(|error| format!("in [planning], {error}"))?;
        self.letter.check().map_err(|error| format!("in [letter], {error}"))?;
        self.check_teams()?;
        self.check_points()?;
        self.check_closures()
    }

    fn check_teams(&self) -> Result<(), String> {
        entries("[[team]]", self.teams.len())?;
        unique("team", self.teams.iter().map(|team| team.name.as_str()))?;
        for team in &self.teams {
            text("a [[team]]'s name", words::something(&team.name, NAME))?;
            team.check().map_err(|error| format!("in the [[team]] \"{}\", {error}", team.name))?;
        }
        Ok(())
    }

    fn check_points(&self) -> Result<(), String> {
        if self.pickup_points.is_empty() {
            return Err("there is no [[pickup_point]]; a card must be collected somewhere".into());
        }
        entries("[[pickup_point]]", self.pickup_points.len())?;
        unique("pickup_point", self.pickup_points.iter().map(|point| point.name.as_str()))?;
        for point in &self.pickup_points {
            text("a [[pickup_point]]'s name", words::something(&point.name, NAME))?;
            text("address", words::something(&point.address, LINE))
                .map_err(|error| format!("in the [[pickup_point]] \"{}\", {error}", point.name))?;
        }
        Ok(())
    }

    fn check_closures(&self) -> Result<(), String> {
        entries("[[closure]]", self.closures.len())?;
        for closure in &self.closures {
            text("a [[closure]]'s reason", words::something(&closure.reason, LINE))?;
            let what = format!("the closure \"{}\"", closure.reason);
            span(&what, closure.from, closure.to)?;
            text(&format!("scope of {what}"), words::something(&closure.scope, NAME))?;
        }
        Ok(())
    }
}

impl Policies {
    fn check(&self) -> Result<(), String> {
        within("print_from_days_after_17", self.print_from_days_after_17, 0..=1)?;
        within("recording_age", self.recording_age, 10..=17)?;
        within("horizon_days", self.horizon_days, 1..=3650)?;
        within("usual_waiting_days", self.usual_waiting_days, 0..=1000)?;
        within("the number of reminder_days", self.reminder_days.len(), 0..=20)?;
        self.reminder_days.iter().try_for_each(|days| within("a day of reminder_days", *days, 1..=3650))?;
        within("the number of keys of uncertain", self.uncertain.len(), 0..=100)
    }
}

impl Planning {
    fn check(&self) -> Result<(), String> {
        within("day_minutes", self.day_minutes, 1..=MINUTES_OF_A_DAY)?;
        within("setup_minutes", self.setup_minutes, 0..=self.day_minutes)?;
        within("minutes_per_student", self.minutes_per_student, 0.1..=240.0)?;
        within("speed_kmh", self.speed_kmh, 1.0..=200.0)?;
        within("detour", self.detour, 1.0..=10.0)?;
        within("horizon_days", self.horizon_days, 1..=1100)?;
        let starts = self.day_starts.hour() * 60 + self.day_starts.minute();
        if starts + self.day_minutes >= MINUTES_OF_A_DAY {
            return Err(format!(
                "a team's day that begins at {} and has {} minutes does not end before midnight",
                self.day_starts.format("%H:%M"),
                self.day_minutes
            ));
        }
        entries("[[planning.short_day]]", self.short_days.len())?;
        for short in &self.short_days {
            text("a short_day's reason", words::something(&short.reason, LINE))?;
            let what = format!("the short_day \"{}\"", short.reason);
            within(&format!("minutes of {what}"), short.minutes, 0..=self.day_minutes)?;
            [short.from, short.to].into_iter().flatten().try_for_each(|date| day(&what, date))?;
            if let (Some(from), Some(to)) = (short.from, short.to) {
                span(&what, from, to)?;
            }
        }
        Ok(())
    }
}

impl Team {
    fn check(&self) -> Result<(), String> {
        within("devices", self.devices, 0..=100)?;
        within("latitude", self.latitude, LATITUDES)?;
        within("longitude", self.longitude, LONGITUDES)?;
        entries("days_off", self.days_off.len())?;
        self.days_off.iter().try_for_each(|date| day("days_off", *date))?;
        entries("[[team.device_change]]", self.device_changes.len())?;
        for change in &self.device_changes {
            text("a device_change's reason", words::something(&change.reason, LINE))?;
            let what = format!("the device_change \"{}\"", change.reason);
            span(&what, change.from, change.to)?;
            within(&format!("devices of {what}"), change.devices, 0..=100)?;
        }
        Ok(())
    }
}

impl LetterStyle {
    fn check(&self) -> Result<(), String> {
        if let Some(pattern) = &self.number {
            let rest = ["{n}", "{month}", "{year}"].iter().fold(pattern.clone(), |text, known| text.replace(known, ""));
            if rest.contains(['{', '}']) {
                let pattern = quoted(pattern);
                return Err(format!("number = \"{pattern}\" may hold only {{n}}, {{month}} and {{year}} in braces"));
            }
        }
        for (key, value, longest) in [
            ("authority", &self.authority, LINE),
            ("agency", &self.agency, LINE),
            ("email", &self.email, LINE),
            ("website", &self.website, LINE),
            ("city", &self.city, NAME),
            ("number", &self.number, NAME),
            ("basis", &self.basis, LONG),
            ("signatory_name", &self.signatory_name, NAME),
            ("signatory_rank", &self.signatory_rank, NAME),
        ] {
            optional(key, value.as_deref(), longest)?;
        }
        text("signatory_title", words::something(&self.signatory_title, NAME))?;
        if let Some(number) = &self.signatory_id {
            let fault = words::one_line(number, SHORT);
            let is_nip = number.bytes().filter(u8::is_ascii_digit).count() == NIP;
            text("signatory_id", if is_nip && fault == Err(TextFault::HoldsNik) { Ok(()) } else { fault })?;
        }
        entries("copies", self.copies.len())?;
        self.copies.iter().try_for_each(|copy| text("a line of copies", words::something(copy, LINE)))
    }
}

fn text(what: &str, looked_at: Result<(), TextFault>) -> Result<(), String> {
    looked_at.map_err(|fault| format!("{what} {fault}"))
}

fn optional(what: &str, value: Option<&str>, longest: usize) -> Result<(), String> {
    text(what, words::one_line(value.unwrap_or_default(), longest))
}

/// What is no number (`nan`) lies within nothing.
fn within<T: PartialOrd + Display>(what: &str, value: T, range: RangeInclusive<T>) -> Result<(), String> {
    if range.contains(&value) {
        return Ok(());
    }
    Err(format!("{what} is {value}, and lies between {} and {}", range.start(), range.end()))
}

fn entries(what: &str, count: usize) -> Result<(), String> {
    if count <= MOST_ENTRIES { Ok(()) } else { Err(format!("there are {count} {what}, and at most {MOST_ENTRIES}")) }
}

fn day(what: &str, date: NaiveDate) -> Result<(), String> {
    if YEARS.contains(&date.year()) {
        return Ok(());
    }
    Err(format!("{what} names {date}; its year lies between {} and {}", YEARS.start(), YEARS.end()))
}

fn span(what: &str, from: NaiveDate, to: NaiveDate) -> Result<(), String> {
    day(what, from)?;
    day(what, to)?;
    if from > to { Err(format!("{what} ends before it begins")) } else { Ok(()) }
}

fn unique<'a>(what: &str, names: impl Iterator<Item = &'a str>) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    let twice = names.into_iter().find(|name| !seen.insert(name.trim().to_lowercase()));
    twice.map_or(Ok(()), |name| Err(format!("two [[{what}]] are named \"{}\"", quoted(name))))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = include_str!("../../config/office.sample.toml");

    fn error(find: &str, put: &str) -> String {
        assert!(SAMPLE.contains(find), "{find}");
        let text = SAMPLE.replacen(find, put, 1);
        Declaration::parse(&text).err().unwrap_or_else(|| panic!("'{put}' is taken")).to_string()
    }

    #[test]
    fn what_is_no_number_or_too_large_is_refused_by_its_key() {
        for value in ["nan", "-nan", "inf", "-inf", "1e300", "0.0", "-1.0"] {
            for (key, find) in [
                ("minutes_per_student", "minutes_per_student = 5.0"),
                ("speed_kmh", "speed_kmh = 30.0"),
                ("detour", "detour = 1.3"),
            ] {
                let error = error(find, &format!("{key} = {value}"));
                assert!(error.contains(key), "{key} = {value}: {error}");
            }
        }
        for value in ["nan", "inf", "116.1167", "-91.0"] {
            let error = error("latitude = -8.5833", &format!("latitude = {value}"));
            assert!(error.contains("\"Tim A\"") && error.contains("latitude"), "{error}");
        }
        for value in ["nan", "inf", "-8.5833", "0"] {
            assert!(error("longitude = 116.1167", &format!("longitude = {value}")).contains("longitude"));
        }
        for (find, put) in [
            ("devices = 2", "devices = 4000000000"),
            ("devices = 2", "devices = -1"),
            ("day_minutes = 360", "day_minutes = 0"),
            ("day_minutes = 360", "day_minutes = 4000000000"),
            ("setup_minutes = 45", "setup_minutes = 361"),
            ("day_starts = \"08:00:00\"", "day_starts = \"19:00:00\""),
            ("recording_age = 16", "recording_age = 200"),
            ("reminder_days = [7, 30, 60]", "reminder_days = [0]"),
            ("reminder_days = [7, 30, 60]", "reminder_days = [65535]"),
            ("usual_waiting_days = 30", "usual_waiting_days = 65535"),
        ] {
            let key = find.split(' ').next().unwrap();
            let told = error(find, put);
            assert!(told.contains(key) || told.contains("midnight") || told.contains("line"), "{put}: {told}");
        }
    }

    #[test]
    fn hours_begin_before_they_end_and_end_the_same_day() {
        for hours in ["20:00-08:00", "08:00-08:00", "08:00-24:00", "22:00-02:00"] {
            let told = error("delivery_hours = \"08:00-20:00\"", &format!("delivery_hours = \"{hours}\""));
            assert!(told.contains("span of hours"), "{hours}: {told}");
        }
        assert!(error("from = \"2026-12-22\"", "from = \"2028-12-22\"").contains("ends before it begins"));
        assert!(error("from = \"2026-12-22\"", "from = \"0001-12-22\"").contains("year"));
    }

    #[test]
    fn texts_are_short_lines_without_a_nik() {
        let long = "a".repeat(200_000);
        for (find, key) in [
            ("name = \"Dinas Dukcapil Kota Mataram (contoh)\"", "name"),
            ("address = \"Jl. Contoh No. 1, Mataram\"", "address"),
            ("phone = \"(0370) 000000\"", "phone"),
            ("city = \"Mataram\"", "city"),
            ("signatory_title = \"Kepala Dinas\"", "signatory_title"),
            ("name = \"Tim A\"", "name"),
            ("name = \"Loket Dinas\"", "name"),
            ("reason = \"Libur semester\"", "reason"),
            ("scope = \"schools\"", "scope"),
        ] {
            for wrong in [long.as_str(), "a\\u0000b", "a\\u001b[2Jb", "a\\nb", "a\\u202eb", "5271011508090001"] {
                let told = error(find, &format!("{key} = \"{wrong}\""));
                assert!(told.contains(key), "{find}: {told}");
                assert!(told.len() < 400 && !told.contains("5271011508090001"), "{told}");
            }
        }
        let with_nip = SAMPLE.replace("# signatory_id = \"…\"", "signatory_id = \"19700101 199003 1 001\"");
        assert!(with_nip != SAMPLE && Declaration::parse(&with_nip).is_ok(), "a NIP has more digits than a NIK");
    }

    #[test]
    fn the_sample_reads_back_as_it_was_stored() {
        let declaration = Declaration::parse(SAMPLE).unwrap();
        let text = serde_json::to_string(&declaration).unwrap();
        assert_eq!(serde_json::from_str::<Declaration>(&text).unwrap(), declaration);
    }
}
