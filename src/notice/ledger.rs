//! Makes the ledger agree with the rules: inserts what is missing, moves what no longer holds. Level-triggered: it asks only
//! what should be true now, so a missed run, a long outage, a late roster or a corrected date all heal in the same code.

mod by_hand;
mod rows;
mod steps;

use chrono::{DateTime, Utc};
use serde::Serialize;

pub use by_hand::{office_of, place_of, raise_alarm, retry, student_of, take_over, tell_staff, told};
pub use steps::{Look, first_moment, uncertain_policy};

use self::steps::{Reached, Recipient, agree};
use super::case::{self, Person, Scope};
use super::contacts::{self, Contact};
use super::silence;
use crate::calendar::Holidays;
use crate::clock::Clock;
use crate::db::{Db, DbError, Tx};
use crate::office::{self, Office, OfficeError, OfficeId};
use crate::place::PlaceId;
use crate::student::{self, StudentId};

/// People who are looked at together.
const PAGE: i64 = 500;
/// People whose rows are changed in one transaction.
const FEW: usize = 250;

/// What a run changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    pub created: usize,
    pub changed: usize,
}

impl std::ops::AddAssign for Summary {
    fn add_assign(&mut self, other: Self) {
        self.created += other.created;
        self.changed += other.changed;
    }
}

/// Reads what everybody's verdict is judged by.
pub async fn look<'a>(tx: &mut Tx, clock: &'a Clock, office: &'a Office) -> Result<Look<'a>, DbError> {
    let setting = case::setting(tx, office, clock.now()).await?;
    let silenced = silence::silenced_kinds(tx, office.id).await?;
    Ok(Look { clock, setting, silenced })
}

/// Brings the notices of any number of people up to date, a page at a time.
pub async fn reconcile_some(
    tx: &mut Tx,
    clock: &Clock,
    office: OfficeId,
    ids: &[StudentId],
) -> Result<Summary, OfficeError> {
    let office = office::load(tx, office).await?;
    let look = look(tx, clock, &office).await?;
    let mut summary = Summary::default();
    for page in ids.chunks(FEW) {
        summary += reconcile_people(tx, &look, page).await?.0;
    }
    Ok(summary)
}

/// Brings the notices of a page of people up to date; gives them as they are then, so that nobody need read them again.
pub async fn reconcile_people(
    tx: &mut Tx,
    look: &Look<'_>,
    ids: &[StudentId],
) -> Result<(Summary, Vec<Person>), DbError> {
    let mut people = case::people(tx, Scope::Some(ids)).await?;
    let summary = write(tx, look, &mut people).await?;
    Ok((summary, people))
}

/// People with their notices as they would be if the ledger were brought up to date. Nothing is kept of the look.
pub async fn foresee(tx: &mut Tx, look: &Look<'_>, ids: &[StudentId]) -> Result<Vec<Person>, DbError> {
    let mut people = case::people(tx, Scope::Some(ids)).await?;
    for person in &mut people {
        agree(look, person);
    }
    Ok(people)
}

/// The same of an office's contacts.
pub async fn foresee_contacts(tx: &mut Tx, look: &Look<'_>, holidays: &Holidays) -> Result<Vec<Contact>, DbError> {
    let contacts = contacts::read(tx, &look.setting, None).await?;
    let foreseen = contacts.into_iter().map(|contact| {
        let mut reached = Reached { contact, holidays };
        agree(look, &mut reached);
        reached.contact
    });
    Ok(foreseen.collect())
}

/// The same for the contacts of places.
pub async fn reconcile_contacts(
    tx: &mut Tx,
    clock: &Clock,
    office: &Office,
    holidays: &Holidays,
    only: Option<PlaceId>,
) -> Result<Summary, DbError> {
    let look = look(tx, clock, office).await?;
    let contacts = contacts::read(tx, &look.setting, only).await?;
    let mut reached: Vec<Reached<'_>> = contacts.into_iter().map(|contact| Reached { contact, holidays }).collect();
    write(tx, &look, &mut reached).await
}

/// Makes the changes that recipients need.
async fn write<R: Recipient>(tx: &mut Tx, look: &Look<'_>, recipients: &mut [R]) -> Result<Summary, DbError> {
    let mut changed = Vec::new();
    for recipient in recipients {
        changed.extend(agree(look, recipient).changed);
    }
    rows::write(tx, look.setting.office.id, R::KIND, &changed).await?;
    let created = changed.iter().filter(|one| one.was.is_none()).count();
    Ok(Summary { created, changed: changed.len() - created })
}

/// The same beside everybody else's work: takes the write lock only where something must change.
pub async fn reconcile_all_contacts(
    db: &Db,
    clock: &Clock,
    office: &Office,
    holidays: &Holidays,
) -> Result<Summary, DbError> {
    let mut tx = db.read().await?;
    let look = look(&mut tx, clock, office).await?;
    let all = contacts::read(&mut tx, &look.setting, None).await?;
    drop(tx);
    let mut summary = Summary::default();
    for contact in all {
        let mut reached = Reached { contact, holidays };
        if agree(&look, &mut reached).changed.is_empty() {
            continue;
        }
        let mut tx = db.write().await?;
        summary += reconcile_contacts(&mut tx, clock, office, holidays, Some(reached.contact.place.id)).await?;
        tx.commit().await?;
    }
    Ok(summary)
}

/// The same for a whole office of any size: looks page by page beside everybody else's work, and takes the write lock only
/// for those whose rows must change, a few at a time.
pub async fn reconcile_office(db: &Db, clock: &Clock, office: &Office) -> Result<Summary, OfficeError> {
    let mut summary = Summary::default();
    let mut after = None;
    loop {
        let mut tx = db.read().await?;
        let look = look(&mut tx, clock, office).await?;
        let page = student::page(&mut tx, office.id, after, None, PAGE).await?;
        let Some(last) = page.last().copied() else { return Ok(summary) };
        let people = case::people(&mut tx, Scope::Some(&page)).await?;
        drop(tx);
        let stale: Vec<StudentId> = people
            .into_iter()
            .filter_map(|mut person| (!agree(&look, &mut person).changed.is_empty()).then_some(person.student.id))
            .collect();
        for few in stale.chunks(FEW) {
            let mut tx = db.write().await?;
            summary += reconcile_some(&mut tx, clock, office.id, few).await?;
            tx.commit().await?;
        }
        after = Some(last);
    }
}

/// Brings a whole office up to date in one transaction, page by page.
pub async fn reconcile_all(tx: &mut Tx, clock: &Clock, office: &Office) -> Result<Summary, DbError> {
    let look = look(tx, clock, office).await?;
    let mut summary = Summary::default();
    let mut after = None;
    loop {
        let page = student::page(tx, office.id, after, None, PAGE).await?;
        let Some(last) = page.last().copied() else { return Ok(summary) };
        summary += reconcile_people(tx, &look, &page).await?.0;
        after = Some(last);
    }
}
