//! Brings recipients up to date in the transaction that changed their facts.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde::Serialize;
use uuid::Uuid;

use super::moment::{self, Moment};
use super::rows;
use super::steps::{Look, Reached, Recipient, agree};
use crate::calendar::Holidays;
use crate::clock::Clock;
use crate::db::{DbError, Tx};
use crate::fetch_among;
use crate::notice::case::{self, Person, Scope};
use crate::notice::contacts::{self, Contact};
use crate::notice::silence;
use crate::office::{self, Office, OfficeError, OfficeId};
use crate::place::PlaceId;
use crate::student::StudentId;

/// People who are looked at together, and whose rows are changed in one transaction.
pub(super) const PAGE: usize = 500;
/// The same as SQL counts.
pub(super) const PAGE_ROWS: i64 = 500;

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

/// Brings the notices of any number of people up to date, and of those whom they were merged into.
pub async fn reconcile_some(
    tx: &mut Tx,
    clock: &Clock,
    office: OfficeId,
    ids: &[StudentId],
) -> Result<Summary, OfficeError> {
    let mut summary = Summary::default();
    if ids.is_empty() {
        return Ok(summary);
    }
    moment::settle_beside_others(tx, office).await?;
    moment::note_settling(tx, clock, office).await?;
    let office = office::load(tx, office).await?;
    let look = look(tx, clock, &office).await?;
    let head = "SELECT merged_into FROM student WHERE merged_into IS NOT NULL AND id";
    let kept = fetch_among!(&mut *tx, (StudentId,), head, [], ids, "")?;
    // Pages, too, are asked for in one order by everybody.
    let all: BTreeSet<StudentId> = ids.iter().copied().chain(kept.into_iter().map(|row| row.0)).collect();
    let all: Vec<StudentId> = all.into_iter().collect();
    for page in all.chunks(PAGE) {
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
    let bare: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let known = moment::lock(tx, look.setting.office.id, Person::KIND, &bare).await?;
    let mut people = case::people(tx, Scope::Some(ids)).await?;
    let summary = write(tx, look, &mut people, &known).await?;
    Ok((summary, people))
}

/// The same for people whom this transaction has brought up to date, and whose notices the caller has changed since.
pub(in crate::notice) async fn agree_again(
    tx: &mut Tx,
    look: &Look<'_>,
    people: &mut [Person],
) -> Result<Summary, DbError> {
    let ids: Vec<Uuid> = people.iter().map(|person| person.student.id.0).collect();
    let known = moment::known(tx, Person::KIND, &ids).await?;
    write(tx, look, people, &known).await
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

/// Brings the notices of a place's contact up to date, or of all contacts of an office.
pub async fn reconcile_contacts(
    tx: &mut Tx,
    clock: &Clock,
    office: &Office,
    holidays: &Holidays,
    only: Option<PlaceId>,
) -> Result<Summary, DbError> {
    moment::settle_beside_others(tx, office.id).await?;
    moment::note_settling(tx, clock, office.id).await?;
    let look = look(tx, clock, office).await?;
    if let Some(place) = only {
        moment::lock(tx, office.id, contacts::RECIPIENT, &[place.0]).await?;
    }
    let contacts = contacts::read(tx, &look.setting, only).await?;
    reconcile_read(tx, &look, holidays, contacts, only.as_slice()).await
}

/// The same of those contacts who were read; `asked` of them, who may have nothing to be told of any more.
pub(super) async fn reconcile_read(
    tx: &mut Tx,
    look: &Look<'_>,
    holidays: &Holidays,
    contacts: Vec<Contact>,
    asked: &[PlaceId],
) -> Result<Summary, DbError> {
    let found: HashSet<Uuid> = contacts.iter().map(|contact| contact.place.id.0).collect();
    let ids: Vec<Uuid> = found.iter().copied().chain(asked.iter().map(|place| place.0)).collect();
    let known = moment::known(tx, contacts::RECIPIENT, &ids).await?;
    let mut reached: Vec<Reached<'_>> = contacts.into_iter().map(|contact| Reached { contact, holidays }).collect();
    write(tx, look, &mut reached, &known).await
}

/// Makes the changes that recipients need, and writes down when they are to be looked at again. Of whoever is in `known` and
/// not among the recipients, nothing is left to be told.
async fn write<R: Recipient>(
    tx: &mut Tx,
    look: &Look<'_>,
    recipients: &mut [R],
    known: &HashMap<Uuid, Moment>,
) -> Result<Summary, DbError> {
    let (mut changed, mut moments) = (Vec::new(), Vec::new());
    let mut gone = known.clone();
    for recipient in recipients {
        let agreed = agree(look, recipient);
        changed.extend(agreed.changed);
        gone.remove(&recipient.id());
        // Who has a row of none is written, too, where another engine has made one to lock it.
        if known.get(&recipient.id()) != Some(&agreed.moment) {
            moments.push((recipient.id(), agreed.moment));
        }
    }
    moments.extend(gone.into_iter().filter(|(_, at)| at.is_some()).map(|(id, _)| (id, None)));
    let office = look.setting.office.id;
    rows::write(tx, office, R::KIND, &changed).await?;
    moment::write(tx, office, R::KIND, &moments).await?;
    let created = changed.iter().filter(|one| one.was.is_none()).count();
    Ok(Summary { created, changed: changed.len() - created })
}
