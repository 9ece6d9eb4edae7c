//! The file by which an office declares itself (`siap17 office apply`); every key but the first few has a default.

use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::age::LeapDayRule;
use crate::calendar::{Closure, Hours, Week, Weekdays};
use crate::config::toml_error;
use crate::written::seen;

/// One office, as its file says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// Short name used with `--office`.
    pub code: String,
    pub name: String,
    /// Region code of the ministry of home affairs, `PP.KK`.
    pub region: String,
    pub zone: Tz,
    pub address: String,
    #[serde(default)]
    pub phone: Option<String>,
    /// Where the privacy notice can be read.
    #[serde(default)]
    pub privacy_url: Option<String>,
    pub opening_hours: Week,
    #[serde(default = "delivery_hours")]
    pub delivery_hours: Hours,
    #[serde(default)]
    pub policies: Policies,
    #[serde(default)]
    pub planning: Planning,
    /// How formal letters look.
    #[serde(default)]
    pub letter: LetterStyle,
    #[serde(default, rename = "team")]
    pub teams: Vec<Team>,
    #[serde(default, rename = "pickup_point")]
    pub pickup_points: Vec<PickupPoint>,
    #[serde(default, rename = "closure")]
    pub closures: Vec<Closure>,
}

fn delivery_hours() -> Hours {
    let time = |hour| chrono::NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or_default();
    Hours { from: time(8), until: time(20) }
}

/// What the office decides for itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policies {
    /// Whose agreement the optional Telegram notices rest on.
    pub consent: ConsentPolicy,
    pub print: PrintPolicy,
    /// Age in whole years from which recording is allowed.
    pub recording_age: u8,
    /// 0: printed from the birthday on; 1: from the day after.
    pub print_from_days_after_17: u8,
    pub leap_day: LeapDayRule,
    /// Days after which `turned_17` is no longer worded as a birthday and expires.
    pub horizon_days: u16,
    /// Days after the invitation on which an uncollected card is mentioned again.
    pub reminder_days: Vec<u16>,
    /// What to do with a notice whose answer was lost: kinds named here deviate from the default
    /// (`turned_17` and `card_ready` are sent again and say so, the rest asks).
    pub uncertain: std::collections::BTreeMap<String, UncertainPolicy>,
    /// Usual waiting time in days from recording to a printable record, told to students.
    pub usual_waiting_days: u16,
    /// Whether a school's or a village's account may send its place's roster through its chat with the bot.
    pub roster_by_bot: bool,
}

impl Default for Policies {
    fn default() -> Self {
        Self {
            consent: ConsentPolicy::Guardian,
            print: PrintPolicy::Ahead,
            recording_age: 16,
            print_from_days_after_17: 0,
            leap_day: LeapDayRule::March1,
            horizon_days: 90,
            reminder_days: vec![7, 30, 60],
            uncertain: std::collections::BTreeMap::new(),
            usual_waiting_days: 30,
            // Children's data would lie on Telegram's servers abroad; whoever wants that says so.
            roster_by_bot: false,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentPolicy {
    Guardian,
    Student,
}

/// Whether cards wait at the counter, or are printed when the person stands there (where blanks are scarce).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrintPolicy {
    Ahead,
    OnArrival,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UncertainPolicy {
    Ask,
    Resend,
}

/// What formal letters say besides their own matter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LetterStyle {
    /// Above the office's name in the letterhead: `PEMERINTAH KOTA MATARAM`.
    pub authority: Option<String>,
    /// The office's name in the letterhead; the office's own name unless said.
    pub agency: Option<String>,
    pub email: Option<String>,
    pub website: Option<String>,
    /// Where letters are dated.
    pub city: Option<String>,
    /// How numbers are written, with `{n}` (counts from 1 each year), `{month}` (Roman) and `{year}`; unless said, there is
    /// room to write one by hand.
    pub number: Option<String>,
    /// The law that the visit rests on, as a sentence; a usual one unless said.
    pub basis: Option<String>,
    pub signatory_title: String,
    pub signatory_name: Option<String>,
    pub signatory_rank: Option<String>,
    /// The civil servant's number (NIP), written below the name.
    pub signatory_id: Option<String>,
    /// Who gets a copy (*tembusan*).
    pub copies: Vec<String>,
}

impl Default for LetterStyle {
    fn default() -> Self {
        Self {
            authority: None,
            agency: None,
            email: None,
            website: None,
            city: None,
            number: None,
            basis: None,
            signatory_title: "Kepala Dinas".to_owned(),
            signatory_name: None,
            signatory_rank: None,
            signatory_id: None,
            copies: Vec::new(),
        }
    }
}

/// What the planner reckons with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Planning {
    /// Minutes of a team's day from leaving to being back.
    pub day_minutes: u32,
    pub setup_minutes: u32,
    /// Minutes one device needs for one student.
    pub minutes_per_student: f64,
    pub speed_kmh: f64,
    /// Road kilometres for each kilometre as the crow flies.
    pub detour: f64,
    /// When a team's day begins.
    pub day_starts: chrono::NaiveTime,
    /// How far ahead a plan reaches unless told otherwise, in days.
    pub horizon_days: u16,
    /// Days that are shorter: Fridays, the fasting month.
    #[serde(rename = "short_day")]
    pub short_days: Vec<ShortDay>,
}

/// Days on which teams have fewer minutes than usual.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShortDay {
    /// Minutes from leaving to being back on such a day.
    pub minutes: u32,
    pub reason: String,
    /// The days of the week that are meant; all of them unless said.
    #[serde(default)]
    pub weekdays: Option<Weekdays>,
    /// First and last day of the time that is meant; without them it has no beginning or no end.
    #[serde(default)]
    pub from: Option<NaiveDate>,
    #[serde(default)]
    pub to: Option<NaiveDate>,
}

impl ShortDay {
    #[must_use]
    pub fn covers(&self, date: NaiveDate) -> bool {
        self.weekdays.as_ref().is_none_or(|days| days.contains(date))
            && self.from.is_none_or(|from| from <= date)
            && self.to.is_none_or(|to| date <= to)
    }
}

impl Planning {
    /// Minutes of a team's day on `date`: of all short days that are meant, the shortest counts.
    #[must_use]
    pub fn minutes_on(&self, date: NaiveDate) -> u32 {
        let short = self.short_days.iter().filter(|short| short.covers(date)).map(|short| short.minutes);
        short.chain([self.day_minutes]).min().unwrap_or(self.day_minutes)
    }
}

impl Default for Planning {
    fn default() -> Self {
        Self {
            day_minutes: 360,
            setup_minutes: 45,
            minutes_per_student: 5.0,
            speed_kmh: 30.0,
            detour: 1.3,
            day_starts: chrono::NaiveTime::from_hms_opt(8, 0, 0).unwrap_or_default(),
            horizon_days: 365,
            short_days: Vec::new(),
        }
    }
}

/// From–until, both days included, a team has another number of recording sets: one is broken, lent or new.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceChange {
    pub from: NaiveDate,
    pub to: NaiveDate,
    /// 0 keeps the team at home.
    pub devices: u32,
    pub reason: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Team {
    pub name: String,
    /// Recording sets that work.
    pub devices: u32,
    /// Where the team starts and ends its day.
    pub latitude: f64,
    pub longitude: f64,
    #[serde(default)]
    pub working_days: Weekdays,
    #[serde(default)]
    pub days_off: Vec<NaiveDate>,
    /// Times with another number of devices; the first one that covers a day counts.
    #[serde(default, rename = "device_change")]
    pub device_changes: Vec<DeviceChange>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PickupPoint {
    pub name: String,
    pub address: String,
}

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
    pub fn parse(text: &str) -> Result<Self, DeclarationError> {
        let declaration: Self =
            toml::from_str(&seen(text)).map_err(|error| DeclarationError::Toml(toml_error(&error)))?;
        declaration.check().map_err(DeclarationError::Meaning)?;
        Ok(declaration)
    }

    fn check(&self) -> Result<(), String> {
        let digits = |part: Option<&str>| part.is_some_and(|p| p.len() == 2 && p.bytes().all(|b| b.is_ascii_digit()));
        let mut region = self.region.split('.');
        if !(digits(region.next()) && digits(region.next()) && region.next().is_none()) {
            return Err(format!("region = \"{}\" is not a regency's code such as \"52.71\"", self.region));
        }
        if self.code.is_empty() || !self.code.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') {
            return Err(format!("code = \"{}\" may hold only letters, digits, '-' and '_'", self.code));
        }
        if self.pickup_points.is_empty() {
            return Err("there is no [[pickup_point]]; a card must be collected somewhere".into());
        }
        for (what, names) in [
            ("team", self.teams.iter().map(|team| &team.name).collect::<Vec<_>>()),
            ("pickup_point", self.pickup_points.iter().map(|point| &point.name).collect()),
        ] {
            let mut seen = std::collections::BTreeSet::new();
            if let Some(name) = names.into_iter().find(|name| !seen.insert(*name)) {
                return Err(format!("two [[{what}]] are named \"{name}\""));
            }
        }
        for closure in &self.closures {
            if closure.from > closure.to {
                return Err(format!("the closure \"{}\" ends before it begins", closure.reason));
            }
        }
        if self.policies.print_from_days_after_17 > 1 {
            return Err("print_from_days_after_17 is 0 or 1".into());
        }
        if !(10..=17).contains(&self.policies.recording_age) {
            return Err("recording_age lies between 10 and 17 years".into());
        }
        if let Some(pattern) = &self.letter.number {
            let rest = ["{n}", "{month}", "{year}"].iter().fold(pattern.clone(), |text, known| text.replace(known, ""));
            if rest.contains(['{', '}']) {
                return Err(format!(
                    "in [letter], number = \"{pattern}\" may hold only {{n}}, {{month}} and {{year}} in braces"
                ));
            }
        }
        let positive = [self.planning.minutes_per_student, self.planning.speed_kmh, self.planning.detour];
        if positive.iter().any(|value| *value <= 0.0) {
            return Err("in [planning], minutes_per_student, speed_kmh and detour are greater than 0".into());
        }
        Ok(())
    }
}
