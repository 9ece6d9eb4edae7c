//! The funnel, place by place: counted by the database in a few passes, each of which reads one kind of fact and whom it is about.
//!
//! One statement that joins everything to each student would be shorter and several times slower: it looks each student up in
//! every table, and sorts rows as wide as all of them together. The passes walk narrow indexes in the order of the students.

use std::collections::HashMap;

use chrono::NaiveDate;
use serde::Serialize;
use sqlx::FromRow;

use crate::age;
use crate::db::{DbError, Tx};
use crate::fetch_all;
use crate::office::Office;
use crate::place::PlaceId;

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

impl Funnel {
    pub(super) fn add(&mut self, other: &Self) {
        self.eligible += other.eligible;
        self.recorded += other.recorded;
        self.print_ready += other.print_ready;
        self.printed += other.printed;
        self.ready += other.ready;
        self.notified += other.notified;
        self.collected += other.collected;
    }
}

/// One pass: `$columns` counted by place, of the students that `$from` leads to. The place is an expression, so that SQLite does
/// not read the students in the order of their places, all over the file; of whoever has none it is the office. `CROSS JOIN`
/// keeps SQLite from turning a join around; PostgreSQL joins as it likes.
macro_rules! pass {
    ([$($columns:expr),+], $from:literal) => {
        concat!(
            "SELECT COALESCE(s.place_id, s.office_id) AS place, ",
            $($columns,)+
            " FROM ",
            $from,
            " s.office_id = $1 AND s.merged_into IS NULL GROUP BY COALESCE(s.place_id, s.office_id)"
        )
    };
}

/// Counts whoever is in the funnel and meets a condition.
macro_rules! count {
    ($name:literal, $condition:literal) => {
        concat!(
            "COUNT(CASE WHEN (s.closed_reason IS NULL OR s.closed_reason = 'has_card') AND (s.birth_date <= $2 OR s.ever_married)
                 AND ",
            $condition,
            " THEN 1 END) AS ",
            $name
        )
    };
}

const STUDENTS: &str = pass!(
    [
        count!("eligible", "TRUE"),
        ", ",
        count!("said_recorded", "s.recorded = 'yes'"),
        ", COUNT(CASE WHEN s.recorded_on = $3 THEN 1 END) AS recorded_today"
    ],
    "student s WHERE"
);
/// Whoever has a card went all the way before it, whatever the record says: those come with the cards.
const READY_FOR_PRINTING: &str = pass!(
    [count!("print_ready", "TRUE"), ", ", count!("said_unrecorded", "s.recorded <> 'yes'")],
    "national_record r CROSS JOIN student s WHERE r.print_ready_on IS NOT NULL AND s.id = r.student_id
         AND NOT EXISTS (SELECT 1 FROM card c WHERE c.student_id = r.student_id AND c.spoiled_on IS NULL) AND"
);
const CARDS: &str = pass!(
    [
        count!("printed", "TRUE"),
        ", ",
        count!("said_unrecorded", "s.recorded <> 'yes'"),
        ", ",
        count!("ready", "(c.ready_on IS NOT NULL OR c.collected_on IS NOT NULL)"),
        ", ",
        count!("collected", "c.collected_on IS NOT NULL"),
        ", COUNT(CASE WHEN c.printed_on = $3 THEN 1 END) AS printed_today,
             COUNT(CASE WHEN c.collected_on = $3 THEN 1 END) AS collected_today"
    ],
    "card c CROSS JOIN student s WHERE c.spoiled_on IS NULL AND s.id = c.student_id AND"
);
const TOLD: &str = pass!(
    [count!("notified", "TRUE")],
    "(SELECT DISTINCT n.recipient_id FROM notice n WHERE n.office_id = $1 AND n.kind IN ('turned_17', 'card_ready')
             AND n.state IN ('sent', 'told')) t CROSS JOIN student s WHERE s.id = t.recipient_id AND"
);

#[derive(FromRow)]
struct Students {
    place: PlaceId,
    eligible: i64,
    said_recorded: i64,
    recorded_today: i64,
}

#[derive(FromRow)]
struct Ready {
    place: PlaceId,
    print_ready: i64,
    said_unrecorded: i64,
}

#[derive(FromRow)]
struct Cards {
    place: PlaceId,
    printed: i64,
    said_unrecorded: i64,
    ready: i64,
    collected: i64,
    printed_today: i64,
    collected_today: i64,
}

/// The funnel of each place, whoever has no place under the office's own ID, and what was done on `date`.
pub(super) async fn read(
    tx: &mut Tx,
    office: &Office,
    date: NaiveDate,
) -> Result<(HashMap<PlaceId, Funnel>, Today), DbError> {
    let policies = office.policies();
    let eldest = age::latest_birth(date, policies.recording_age.into(), policies.leap_day);
    let count = |number: i64| usize::try_from(number).unwrap_or_default();
    let mut today = Today::default();
    let mut places: HashMap<PlaceId, Funnel> = HashMap::new();
    for row in fetch_all!(&mut *tx, Students, STUDENTS, office.id, eldest, date)? {
        let funnel = places.entry(row.place).or_default();
        funnel.eligible += count(row.eligible);
        funnel.recorded += count(row.said_recorded);
        today.recorded += count(row.recorded_today);
    }
    for row in fetch_all!(&mut *tx, Ready, READY_FOR_PRINTING, office.id, eldest)? {
        let funnel = places.entry(row.place).or_default();
        funnel.recorded += count(row.said_unrecorded);
        funnel.print_ready += count(row.print_ready);
    }
    for row in fetch_all!(&mut *tx, Cards, CARDS, office.id, eldest, date)? {
        let funnel = places.entry(row.place).or_default();
        funnel.recorded += count(row.said_unrecorded);
        funnel.print_ready += count(row.printed);
        funnel.printed += count(row.printed);
        funnel.ready += count(row.ready);
        funnel.collected += count(row.collected);
        today.printed += count(row.printed_today);
        today.collected += count(row.collected_today);
    }
    for (place, notified) in fetch_all!(tx, (PlaceId, i64), TOLD, office.id, eldest)? {
        places.entry(place).or_default().notified += count(notified);
    }
    Ok((places, today))
}
