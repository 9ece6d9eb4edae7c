//! The minute's look: at those whose moment has come, and at those who are to be looked at because something changed that
//! concerns many. It costs what is due, not what there is.

use std::collections::HashSet;

use uuid::Uuid;

use super::moment::{self, Reading, Request};
use super::settle::{PAGE, PAGE_ROWS, Summary, look, reconcile_read, reconcile_some};
use super::steps::{Recipient, agree};
use crate::calendar::Holidays;
use crate::clock::Clock;
use crate::db::{Db, Tx};
use crate::messenger::Messenger;
use crate::notice::case::{self, Person, Scope};
use crate::notice::contacts;
use crate::office::{self, OfficeError, OfficeId};
use crate::place::{self, PlaceId};
use crate::student::{self, StudentId};

/// Looks at the clock, and unless that is to be compared first brings everybody up to date whose moment has come or who was asked
/// for, some hundreds in a transaction. `far` has a clock to compare ours with.
pub async fn beat(
    db: &Db,
    clock: &Clock,
    office: OfficeId,
    holidays: &Holidays,
    far: Option<&dyn Messenger>,
) -> Result<(Summary, Reading), OfficeError> {
    let reading = moment::read_clock(db, clock, office, far).await?;
    let mut summary = Summary::default();
    if reading == Reading::NotCompared {
        return Ok((summary, reading));
    }
    loop {
        summary += of_moments(db, clock, office).await?;
        summary += of_contacts(db, clock, office, holidays).await?;
        // Between two pages of a long list, whoever has become due does not wait.
        match of_request(db, clock, office, holidays).await? {
            Some(done) => summary += done,
            None => return Ok((summary, reading)),
        }
        tokio::task::yield_now().await;
    }
}

/// Does some pages of what was asked for, for a person who waits to see it; the next [`beat`] does the rest.
pub async fn catch_up(
    db: &Db,
    clock: &Clock,
    office: OfficeId,
    holidays: &Holidays,
    pages: usize,
) -> Result<Summary, OfficeError> {
    let mut summary = Summary::default();
    for _ in 0..pages {
        match of_request(db, clock, office, holidays).await? {
            Some(done) => summary += done,
            None => break,
        }
    }
    Ok(summary)
}

async fn of_moments(db: &Db, clock: &Clock, office: OfficeId) -> Result<Summary, OfficeError> {
    let mut summary = Summary::default();
    // What becomes due meanwhile is the next look's.
    let now = clock.now();
    loop {
        let mut tx = db.read().await?;
        let due = moment::due(&mut tx, office, Person::KIND, now, PAGE_ROWS).await?;
        drop(tx);
        if due.is_empty() {
            return Ok(summary);
        }
        let ids: Vec<StudentId> = due.into_iter().map(StudentId).collect();
        let mut tx = db.write().await?;
        summary += reconcile_some(&mut tx, clock, office, &ids).await?;
        tx.commit().await?;
        tokio::task::yield_now().await;
    }
}

async fn of_contacts(db: &Db, clock: &Clock, office: OfficeId, holidays: &Holidays) -> Result<Summary, OfficeError> {
    let mut summary = Summary::default();
    let now = clock.now();
    loop {
        let mut tx = db.read().await?;
        let due = moment::due(&mut tx, office, contacts::RECIPIENT, now, PAGE_ROWS).await?;
        drop(tx);
        let (Some(first), Some(last)) = (due.iter().min(), due.iter().max()) else { return Ok(summary) };
        let before = Uuid::from_u128(first.as_u128().saturating_sub(1));
        let asked: Vec<PlaceId> = due.iter().copied().map(PlaceId).collect();
        let mut tx = db.write().await?;
        summary += places(&mut tx, clock, office, holidays, (PlaceId(before), PlaceId(*last)), Some(&asked)).await?;
        tx.commit().await?;
        tokio::task::yield_now().await;
    }
}

/// Brings the contacts of a range of places up to date, or only those of them whose places are in `asked`.
async fn places(
    tx: &mut Tx,
    clock: &Clock,
    office: OfficeId,
    holidays: &Holidays,
    (after, upto): (PlaceId, PlaceId),
    asked: Option<&[PlaceId]>,
) -> Result<Summary, OfficeError> {
    moment::settle_beside_others(tx, office).await?;
    let office = office::load(tx, office).await?;
    let look = look(tx, clock, &office).await?;
    let mut contacts = contacts::read_range(tx, &look.setting, after, upto).await?;
    if let Some(asked) = asked {
        let asked: HashSet<PlaceId> = asked.iter().copied().collect();
        contacts.retain(|contact| asked.contains(&contact.place.id));
    }
    Ok(reconcile_read(tx, &look, holidays, contacts, asked.unwrap_or_default()).await?)
}

/// Does the next page of the oldest request; `None` when there is none.
async fn of_request(
    db: &Db,
    clock: &Clock,
    office: OfficeId,
    holidays: &Holidays,
) -> Result<Option<Summary>, OfficeError> {
    let mut tx = db.read().await?;
    let Some(request) = moment::open_request(&mut tx, office).await? else { return Ok(None) };
    let ids = student::page(&mut tx, office, request.after_id, request.upto_id, PAGE_ROWS).await?;
    let stale = stale(&mut tx, clock, office, &ids).await?;
    drop(tx);
    let mut summary = Summary::default();
    if request.after_id.is_none() && request.upto_id.is_none() {
        summary += all_contacts(db, clock, office, holidays).await?;
    }
    let mut tx = db.write().await?;
    summary += reconcile_some(&mut tx, clock, office, &stale).await?;
    let Request { id, .. } = request;
    moment::advance(&mut tx, id, if ids.len() < PAGE { None } else { ids.last().copied() }).await?;
    tx.commit().await?;
    Ok(Some(summary))
}

/// Those of `ids` of whom the ledger, or the moment that is written, would change.
async fn stale(tx: &mut Tx, clock: &Clock, office: OfficeId, ids: &[StudentId]) -> Result<Vec<StudentId>, OfficeError> {
    let office = office::load(tx, office).await?;
    let look = look(tx, clock, &office).await?;
    let bare: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let known = moment::known(tx, Person::KIND, &bare).await?;
    let people = case::people(tx, Scope::Some(ids)).await?;
    let stale = people.into_iter().filter_map(|mut person| {
        let agreed = agree(&look, &mut person);
        let same = agreed.changed.is_empty() && known.get(&person.id()) == Some(&agreed.moment);
        (!same).then_some(person.student.id)
    });
    Ok(stale.collect())
}

/// Every contact of an office, some hundred places in a transaction.
async fn all_contacts(db: &Db, clock: &Clock, office: OfficeId, holidays: &Holidays) -> Result<Summary, OfficeError> {
    let mut summary = Summary::default();
    let mut after = PlaceId(Uuid::nil());
    loop {
        let mut tx = db.write().await?;
        let page = place::ids(&mut tx, office, after, PAGE_ROWS).await?;
        let Some(last) = page.last().copied() else { return Ok(summary) };
        summary += places(&mut tx, clock, office, holidays, (after, last), None).await?;
        tx.commit().await?;
        after = last;
    }
}
