//! The daily report: today's work and the funnel from "eligible" to "card in the hand", per place and for the office.

mod funnel;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use serde::Serialize;

pub use funnel::{Funnel, Today};

use crate::age::{self, CARD_AGE};
use crate::db::{DbError, Tx};
use crate::notice::contacts::calls::Call;
use crate::office::Office;
use crate::place::{self, Place, PlaceId};
use crate::visit;
use crate::{fetch_all, fetch_one};

/// What `report daily --json` prints.
#[derive(Debug, Clone, Serialize)]
pub struct Daily {
    pub date: NaiveDate,
    pub office: String,
    pub today: Today,
    pub funnel: Funnel,
    /// Printed cards that wait at a counter, by days since they were ready.
    pub uncollected_by_age: Vec<Waiting>,
    /// Blank cards by pickup point.
    pub stock: BTreeMap<String, i64>,
    pub devices: Devices,
    pub complaints: Complaints,
    /// Orders of visits that wait for an answer.
    pub orders: Orders,
    pub ikd: Ikd,
    pub places: Vec<PlaceLine>,
    /// Days from the 17th birthday to the pickup, of everyone who was handed a card.
    pub birthday_to_pickup_days: Percentiles,
    /// Announced visits that nobody has answered and somebody has to do something about, as things stand now; the desk knows.
    pub calls: Vec<Call>,
    /// Whether the clock was wrong, or compared with nothing, at some time of the day; the desk knows.
    pub clock_in_doubt: bool,
}

#[derive(Debug, Clone, Serialize)]
pub struct Waiting {
    pub days: &'static str,
    pub cards: usize,
}

#[derive(Debug, Clone, Default, Serialize)]
pub struct Devices {
    pub declared: u32,
    /// Recording sets of teams that can go out today.
    pub working: u32,
    /// Teams that are out of service on that day.
    pub broken: Vec<Broken>,
}

/// A team that is out of service, and for how long already.
#[derive(Debug, Clone, Serialize)]
pub struct Broken {
    pub team: String,
    /// The first day without the team.
    pub since: NaiveDate,
    /// The last one, as far as is known.
    pub until: NaiveDate,
    /// Days from the first one to the report's.
    pub days: i64,
}

#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Complaints {
    pub open: i64,
    pub answered: i64,
}

/// Orders that nobody has answered yet, and those of them whose answer is late.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Orders {
    pub open: usize,
    pub overdue: usize,
}

/// Students by what they last said to the digital ID that is offered at recordings.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Ikd {
    /// Offered, and neither active nor refused.
    pub offered: usize,
    pub active: usize,
    pub refused: usize,
}

#[derive(Debug, Clone, Serialize)]
pub struct PlaceLine {
    pub code: String,
    pub name: String,
    pub kecamatan: Option<String>,
    pub funnel: Funnel,
}

#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Percentiles {
    pub p50: Option<i64>,
    pub p90: Option<i64>,
}

/// The report of one day, from what the database holds now.
pub async fn daily(tx: &mut Tx, office: &Office, date: NaiveDate) -> Result<Daily, DbError> {
    let (funnels, today) = funnel::read(&mut *tx, office, date).await?;
    let places = place_lines(place::all(&mut *tx, office.id).await?, funnels);
    let mut funnel = Funnel::default();
    for line in &places {
        funnel.add(&line.funnel);
    }
    let (open, answered) = fetch_one!(
        &mut *tx,
        (i64, i64),
        "SELECT COUNT(*) - COUNT(answered_at), COUNT(answered_at) FROM complaint WHERE office_id = $1",
        office.id,
    )?;
    let stock = fetch_all!(&mut *tx, (String, i64), STOCK, office.id)?;
    Ok(Daily {
        date,
        office: office.declaration.code.clone(),
        today,
        funnel,
        uncollected_by_age: uncollected_by_age(&mut *tx, office, date).await?,
        stock: stock.into_iter().collect(),
        devices: Devices {
            declared: office.teams.iter().map(|team| team.declared.devices).sum(),
            working: office.teams.iter().map(|team| team.devices_on(date)).sum(),
            broken: broken(office, date),
        },
        complaints: Complaints { open, answered },
        ikd: ikd(&mut *tx, office, date).await?,
        places,
        birthday_to_pickup_days: percentiles(days_to_pickup(tx, office).await?),
        calls: Vec::new(),
        clock_in_doubt: false,
        orders: Orders::default(),
    })
}

/// A line for each place with somebody in the funnel, by code; whoever has no place comes first, without one.
fn place_lines(places: Vec<Place>, mut funnels: HashMap<PlaceId, Funnel>) -> Vec<PlaceLine> {
    let mut lines: BTreeMap<String, PlaceLine> = BTreeMap::new();
    for place in places {
        let Some(funnel) = funnels.remove(&place.id) else { continue };
        let line = PlaceLine { code: place.code.clone(), name: place.name, kecamatan: place.kecamatan, funnel };
        lines.insert(place.code, line);
    }
    if let Some(funnel) = funnels.into_values().next() {
        let line = PlaceLine { code: String::new(), name: String::new(), kecamatan: None, funnel };
        lines.insert(String::new(), line);
    }
    lines.into_values().filter(|line| line.funnel.eligible > 0).collect()
}

const STOCK: &str = "SELECT p.name, COALESCE(b.blanks, 0) FROM pickup_point p
     LEFT JOIN blank_stock b ON b.point_id = p.id WHERE p.office_id = $1";
const WAITING: &str = "SELECT c.ready_on, COUNT(*) FROM card c CROSS JOIN student s
     WHERE c.ready_on IS NOT NULL AND c.collected_at IS NULL AND c.spoiled_on IS NULL AND s.id = c.student_id
         AND s.office_id = $1 AND s.merged_into IS NULL
     GROUP BY c.ready_on";
/// Two narrow columns of each card that was handed out: what lies between them is counted in days, which each engine says in
/// its own way, from a birthday that the office's rule for 29 February decides.
const PICKUPS: &str = "SELECT s.birth_date, c.collected_on FROM card c CROSS JOIN student s
     WHERE c.collected_on IS NOT NULL AND c.spoiled_on IS NULL AND s.id = c.student_id AND s.office_id = $1
         AND s.merged_into IS NULL";
/// What everybody last said to the digital ID; whoever stands on a list as somebody since merged is the one who is kept. Most
/// have said something once: only the answers of the others are put in order, for sorting all of them costs the most.
const IKD: &str = "WITH several AS (
         SELECT student_id FROM visit_student WHERE ikd IS NOT NULL GROUP BY student_id HAVING COUNT(*) > 1
         UNION SELECT id FROM student WHERE merged_into IS NOT NULL
         UNION SELECT merged_into FROM student WHERE merged_into IS NOT NULL
     )
     SELECT l.ikd, COUNT(*) FROM visit_student l CROSS JOIN visit v
     WHERE l.ikd IS NOT NULL AND v.id = l.visit_id AND v.office_id = $1 AND v.visit_on <= $2
         AND l.student_id NOT IN (SELECT student_id FROM several)
     GROUP BY l.ikd
     UNION ALL
     SELECT o.ikd, COUNT(*) FROM (
         SELECT l.ikd, ROW_NUMBER() OVER (PARTITION BY COALESCE(s.merged_into, s.id)
             ORDER BY v.visit_on DESC, v.starts_at DESC, v.id DESC, l.student_id DESC) AS back
         FROM several t CROSS JOIN visit_student l CROSS JOIN visit v CROSS JOIN student s
         WHERE l.student_id = t.student_id AND l.ikd IS NOT NULL AND v.id = l.visit_id AND s.id = l.student_id
             AND v.office_id = $1 AND v.visit_on <= $2
     ) o WHERE o.back = 1 GROUP BY o.ikd";

/// Printed cards that wait at a counter, by how long.
async fn uncollected_by_age(tx: &mut Tx, office: &Office, date: NaiveDate) -> Result<Vec<Waiting>, DbError> {
    let mut waiting = [("0-7", 0), ("8-30", 0), ("31-90", 0), (">90", 0)];
    for (ready, cards) in fetch_all!(tx, (NaiveDate, i64), WAITING, office.id)? {
        let at = match (date - ready).num_days() {
            ..=7 => 0,
            8..=30 => 1,
            31..=90 => 2,
            _ => 3,
        };
        waiting[at].1 += usize::try_from(cards).unwrap_or_default();
    }
    Ok(waiting.into_iter().map(|(days, cards)| Waiting { days, cards }).collect())
}

/// Days from the 17th birthday to the pickup, of everyone who was handed a card.
async fn days_to_pickup(tx: &mut Tx, office: &Office) -> Result<Vec<i64>, DbError> {
    let rule = office.policies().leap_day;
    let pickups = fetch_all!(tx, (NaiveDate, NaiveDate), PICKUPS, office.id)?;
    let days = |(born, collected): (NaiveDate, NaiveDate)| (collected - age::birthday(born, CARD_AGE, rule)).num_days();
    Ok(pickups.into_iter().map(days).collect())
}

/// What students last said to the digital ID until `date`.
async fn ikd(tx: &mut Tx, office: &Office, date: NaiveDate) -> Result<Ikd, DbError> {
    let mut counts = Ikd::default();
    for (last, students) in fetch_all!(tx, (visit::Ikd, i64), IKD, office.id, date)? {
        let students = usize::try_from(students).unwrap_or_default();
        match last {
            visit::Ikd::Offered => counts.offered += students,
            visit::Ikd::Active => counts.active += students,
            visit::Ikd::Refused => counts.refused += students,
        }
    }
    Ok(counts)
}

/// The teams that are out of service on `date`.
fn broken(office: &Office, date: NaiveDate) -> Vec<Broken> {
    let of = |team: &crate::office::Team| {
        let (since, until) = team.out_of_service(date)?;
        Some(Broken { team: team.declared.name.clone(), since, until, days: (date - since).num_days() })
    };
    office.teams.iter().filter_map(of).collect()
}

fn percentiles(mut days: Vec<i64>) -> Percentiles {
    days.sort_unstable();
    // The nearest rank: the smallest value that at least this share does not exceed.
    let at = |percent: usize| days.get((days.len() * percent).div_ceil(100).saturating_sub(1)).copied();
    Percentiles { p50: at(50), p90: at(90) }
}
