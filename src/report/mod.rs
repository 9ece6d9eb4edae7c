//! The daily report: today's work and the funnel from "eligible" to "card in the hand", per place and for the office.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use sqlx::FromRow;

use crate::age::{self, CARD_AGE};
use crate::db::{DbError, Tx};
use crate::fetch_all;
use crate::fetch_one;
use crate::notice::contacts::calls::Call;
use crate::office::Office;
use crate::student::{ClosedReason, Recorded, StudentId};
use crate::visit;

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
}

#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Today {
    pub recorded: usize,
    pub printed: usize,
    pub collected: usize,
}

/// Each number counts students who got at least this far.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Funnel {
    /// Old enough to be recorded, or married, and not gone.
    pub eligible: usize,
    pub recorded: usize,
    pub print_ready: usize,
    pub printed: usize,
    pub ready: usize,
    /// Told by message or in person that the card can be collected, or that they turned 17.
    pub notified: usize,
    pub collected: usize,
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

#[derive(FromRow)]
struct Row {
    birth_date: NaiveDate,
    ever_married: bool,
    recorded: Recorded,
    recorded_on: Option<NaiveDate>,
    closed_reason: Option<ClosedReason>,
    place_code: Option<String>,
    place_name: Option<String>,
    place_kecamatan: Option<String>,
    print_ready_on: Option<NaiveDate>,
    printed_on: Option<NaiveDate>,
    ready_on: Option<NaiveDate>,
    collected_on: Option<NaiveDate>,
    first_told: Option<DateTime<Utc>>,
}

/// The report of one day, from what the database holds now.
pub async fn daily(tx: &mut Tx, office: &Office, date: NaiveDate) -> Result<Daily, DbError> {
    let rows = fetch_all!(
        tx,
        Row,
        "SELECT s.birth_date, s.ever_married, s.recorded, s.recorded_on, s.closed_reason, p.code AS place_code,
             p.name AS place_name, p.kecamatan AS place_kecamatan, r.print_ready_on, c.printed_on, c.ready_on, c.collected_on,
             (SELECT MIN(n.sent_at) FROM notice n WHERE n.recipient_id = s.id AND n.kind IN ('turned_17', 'card_ready')
                  AND n.state IN ('sent', 'told')) AS first_told
         FROM student s LEFT JOIN place p ON p.id = s.place_id LEFT JOIN national_record r ON r.student_id = s.id
             LEFT JOIN card c ON c.student_id = s.id AND c.spoiled_on IS NULL
         WHERE s.office_id = $1 AND s.merged_into IS NULL",
        office.id,
    )?;
    let stock = fetch_all!(
        tx,
        (String, i64),
        "SELECT p.name, CAST(COALESCE(SUM(b.amount), 0) AS BIGINT) FROM pickup_point p
         LEFT JOIN blank_movement b ON b.point_id = p.id WHERE p.office_id = $1 GROUP BY p.name",
        office.id,
    )?;
    let complaints = fetch_one!(
        tx,
        (i64, i64),
        "SELECT COUNT(*) - COUNT(answered_at), COUNT(answered_at) FROM complaint WHERE office_id = $1",
        office.id,
    )?;
    let ikd = ikd(tx, office, date).await?;
    Ok(Daily { ikd, ..summarise(office, date, &rows, stock.into_iter().collect(), complaints) })
}

/// What students last said to the digital ID until `date`.
async fn ikd(tx: &mut Tx, office: &Office, date: NaiveDate) -> Result<Ikd, DbError> {
    let rows = fetch_all!(
        tx,
        (StudentId, visit::Ikd),
        "SELECT COALESCE(s.merged_into, s.id), l.ikd FROM visit_student l JOIN visit v ON v.id = l.visit_id
             JOIN student s ON s.id = l.student_id
         WHERE v.office_id = $1 AND v.visit_on <= $2 AND l.ikd IS NOT NULL ORDER BY v.visit_on, v.starts_at, v.id",
        office.id,
        date,
    )?;
    let mut counts = Ikd::default();
    for last in rows.into_iter().collect::<BTreeMap<_, _>>().into_values() {
        match last {
            visit::Ikd::Offered => counts.offered += 1,
            visit::Ikd::Active => counts.active += 1,
            visit::Ikd::Refused => counts.refused += 1,
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

fn summarise(
    office: &Office,
    date: NaiveDate,
    rows: &[Row],
    stock: BTreeMap<String, i64>,
    complaints: (i64, i64),
) -> Daily {
    let policies = office.policies();
    let mut today = Today::default();
    let mut funnel = Funnel::default();
    let mut places: BTreeMap<String, PlaceLine> = BTreeMap::new();
    let mut waiting = [("0-7", 0), ("8-30", 0), ("31-90", 0), (">90", 0)];
    let mut to_pickup = Vec::new();
    for row in rows {
        let on = |day: Option<NaiveDate>| usize::from(day == Some(date));
        today.recorded += on(row.recorded_on);
        today.printed += on(row.printed_on);
        today.collected += on(row.collected_on);
        if let Some(collected) = row.collected_on {
            let birthday = age::birthday(row.birth_date, CARD_AGE, policies.leap_day);
            to_pickup.push((collected - birthday).num_days());
        } else if let Some(ready) = row.ready_on {
            let at = match (date - ready).num_days() {
                ..=7 => 0,
                8..=30 => 1,
                31..=90 => 2,
                _ => 3,
            };
            waiting[at].1 += 1;
        }
        let gone = row.closed_reason.is_some_and(|reason| reason != ClosedReason::HasCard);
        let old_enough = age::age_on(row.birth_date, date, policies.leap_day) >= i32::from(policies.recording_age)
            || row.ever_married;
        if gone || !old_enough {
            continue;
        }
        count(&mut funnel, row);
        let code = row.place_code.clone().unwrap_or_default();
        let line = places.entry(code.clone()).or_insert_with(|| PlaceLine {
            code,
            name: row.place_name.clone().unwrap_or_default(),
            kecamatan: row.place_kecamatan.clone(),
            funnel: Funnel::default(),
        });
        count(&mut line.funnel, row);
    }
    let devices = Devices {
        declared: office.teams.iter().map(|team| team.declared.devices).sum(),
        working: office.teams.iter().map(|team| team.devices_on(date)).sum(),
        broken: broken(office, date),
    };
    Daily {
        date,
        office: office.declaration.code.clone(),
        today,
        funnel,
        uncollected_by_age: waiting.into_iter().map(|(days, cards)| Waiting { days, cards }).collect(),
        stock,
        devices,
        complaints: Complaints { open: complaints.0, answered: complaints.1 },
        ikd: Ikd::default(),
        places: places.into_values().collect(),
        birthday_to_pickup_days: percentiles(to_pickup),
        calls: Vec::new(),
        orders: Orders::default(),
    }
}

fn count(funnel: &mut Funnel, row: &Row) {
    let collected = row.collected_on.is_some();
    let printed = collected || row.printed_on.is_some();
    let print_ready = printed || row.print_ready_on.is_some();
    funnel.eligible += 1;
    funnel.recorded += usize::from(print_ready || row.recorded == Recorded::Yes);
    funnel.print_ready += usize::from(print_ready);
    funnel.printed += usize::from(printed);
    funnel.ready += usize::from(collected || row.ready_on.is_some());
    funnel.notified += usize::from(row.first_told.is_some());
    funnel.collected += usize::from(collected);
}

fn percentiles(mut days: Vec<i64>) -> Percentiles {
    days.sort_unstable();
    // The nearest rank: the smallest value that at least this share does not exceed.
    let at = |percent: usize| days.get((days.len() * percent).div_ceil(100).saturating_sub(1)).copied();
    Percentiles { p50: at(50), p90: at(90) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_occurred() {
        let p = percentiles(vec![5, 1, 9, 3]);
        assert_eq!((p.p50, p.p90), (Some(3), Some(9)));
        assert_eq!(percentiles(vec![]).p50, None);
    }
}
