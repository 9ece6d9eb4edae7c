//! What an office's plan is made from, as one moment knows it.

use std::collections::{HashMap, HashSet};

use chrono::Days;

use crate::db::Tx;
use crate::desk::context::{Desk, Done};
use crate::office::{self, Office, Pause};
use crate::place::{self, Place};
use crate::student::{self, Outline, StudentId};
use crate::visit::VisitId;
use crate::visit::order::{self, Order, OrderId};
use crate::visit::record;
use crate::visit::schedule::{self, Entry};

/// So many days after its day a visit still holds its students, while its sheet is under way.
const SHEET_DAYS: u64 = 3;

/// Everything a plan is made from, as one moment knows it.
pub(super) struct Facts {
    pub office: Office,
    pub pauses: Vec<Pause>,
    pub places: Vec<Place>,
    pub students: Vec<Outline>,
    pub proposed: Vec<Entry>,
    pub settled: Vec<Entry>,
    pub orders: Vec<Order>,
    /// The orders that were accepted, by the visit that meets them.
    pub accepted: HashMap<VisitId, OrderId>,
    pub outsiders: HashSet<StudentId>,
}

impl Desk {
    /// Everything that a plan is made from, read in `tx`.
    pub(super) async fn facts(&self, tx: &mut Tx) -> Done<Facts> {
        // Team outages and closures may have come since this desk was opened.
        let office = office::load(tx, self.office.id).await?;
        let today = self.today();
        let since = today.checked_sub_days(Days::new(SHEET_DAYS)).unwrap_or(today);
        let active = schedule::active(tx, office.id, since).await?;
        let (settled, proposed): (Vec<Entry>, Vec<Entry>) =
            active.into_iter().partition(|entry| entry.visit.state.is_settled());
        let mut students = student::outlines_to_plan(tx, office.id).await?;
        let planned: HashSet<StudentId> = students.iter().map(|one| one.id).collect();
        // Whoever was recorded since stands on a list, too.
        let listed = settled.iter().flat_map(|entry| &entry.students).filter(|id| !planned.contains(id));
        students.extend(student::outlines(tx, &listed.copied().collect::<Vec<_>>()).await?);
        Ok(Facts {
            pauses: office::pauses(tx, office.id).await?,
            places: place::all(tx, office.id).await?,
            students,
            proposed: proposed.into_iter().filter(|entry| entry.visit.visit_on >= today).collect(),
            settled,
            orders: order::open(tx, office.id).await?,
            accepted: order::met_by(tx, office.id).await?.into_iter().collect(),
            outsiders: record::outsiders(tx, office.id).await?.into_iter().collect(),
            office,
        })
    }
}
