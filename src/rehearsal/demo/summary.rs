//! What the demonstration comes to.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use crate::report::Funnel;

/// What went wrong on stage; the demonstration has nobody who could act on it.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What the year came to.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    pub from: NaiveDate,
    pub to: NaiveDate,
    pub students: usize,
    /// Everyone whose 17th birthday came by the end, and how many of them have exactly one verdict.
    pub turned_17: usize,
    pub with_one_verdict: usize,
    pub visits: usize,
    pub pickups: usize,
    /// The ledger: kind → state → rows.
    pub ledger: BTreeMap<&'static str, BTreeMap<&'static str, i64>>,
    pub funnel: Funnel,
    /// Each time Telegram's bounds were broken.
    pub broken_bounds: Vec<String>,
    pub audit_entries: i64,
    pub audit_unbroken: bool,
}
