//! Cards at the desk: the print queue, blanks, and a card handed over. Lists of many are in `card_list`.

use std::fmt;

use chrono::NaiveDate;
use serde::Serialize;

use super::context::{Desk, Done, plain_words};
use super::link::is_persons;
use super::refusal::CardRefusal;
use crate::age;
use crate::card::{self, Card, CardError, Collected, Collection, MovementKind, QueueCursor};
use crate::db::Tx;
use crate::link::{self, ChatLink, LinkRole, Standing};
use crate::notice::case::{self, Scope};
use crate::office::{PointId, PrintPolicy};
use crate::staff::Right;
use crate::student::{self, Student, StudentId};
use crate::vault::Purpose;
use crate::written::tidy;

/// One line of the print queue.
#[derive(Debug, Clone, Serialize)]
pub struct Queued {
    pub student: StudentId,
    pub name: String,
    pub nisn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nik: Option<String>,
    pub birthday_17: NaiveDate,
    pub print_ready_on: Option<NaiveDate>,
    /// First day on which the national system prints it.
    pub print_from: NaiveDate,
}

/// What the ledger says of a holder who came in person, instead of a relation.
const HOLDER: &str = "self";
/// Fewest letters of a name or a relation that says anything.
const FEWEST_LETTERS: usize = 2;

/// Who takes a card for its holder.
#[derive(Debug, Clone)]
pub struct Taker {
    pub name: String,
    /// What this person is to the holder.
    pub relation: String,
    /// The document by which the name was checked.
    pub document: Option<String>,
}

impl Taker {
    /// Refuses one of whom nobody could be asked later.
    fn checked(mut self) -> Done<Self> {
        self.name = tidy(&self.name);
        self.relation = tidy(&self.relation);
        self.document = self.document.as_deref().map(tidy);
        plain_words("the name of whoever came", &self.name)?;
        plain_words("the relation", &self.relation)?;
        plain_words("the document", self.document.as_deref().unwrap_or_default())?;
        let says = |text: &str| text.chars().filter(|c| c.is_alphabetic()).count() >= FEWEST_LETTERS;
        if !says(&self.name) {
            return Err(CardRefusal::TakerUnnamed.into());
        }
        if !says(&self.relation) || self.relation == HOLDER {
            return Err(CardRefusal::NoRelation.into());
        }
        if self.document.as_deref().is_some_and(|document| !says(document)) {
            return Err(CardRefusal::NoDocument.into());
        }
        Ok(self)
    }
}

/// A chat of the student, for whoever hands the card out.
#[derive(Debug, Clone, Serialize)]
pub struct CodeReader {
    pub role: LinkRole,
    /// The office's local date on which it was linked.
    pub linked_on: NaiveDate,
    /// `known` to be the family's, so that the code shows there; `asked`, not yet; or `disputed`.
    pub standing: &'static str,
}

/// What changes the number of blanks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StockEntry {
    Receive(u32),
    Spoil(u32),
    /// So many were counted by hand.
    Count(u32),
}

impl fmt::Display for StockEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Receive(count) => write!(f, "receive {count}"),
            Self::Spoil(count) => write!(f, "spoil {count}"),
            Self::Count(count) => write!(f, "count {count}"),
        }
    }
}

impl Desk {
    /// Whose card can be printed and is not, by the first day on which it can; with NIK only for who prints, and written down.
    pub async fn print_queue(&self, with_nik: bool) -> Done<Vec<Queued>> {
        self.print_queue_page(with_nik, None, i64::MAX).await
    }

    /// One page of the print queue: up to `limit` entries after the cursor `after`.
    pub async fn print_queue_page(&self, with_nik: bool, after: Option<QueueCursor>, limit: i64) -> Done<Vec<Queued>> {
        self.require(Right::Cards)?;
        let policies = self.office.policies();
        let mut tx = self.db.read().await?;
        let entries = card::print_queue(&mut tx, self.office.id, policies, after, limit).await?;
        drop(tx);
        let mut queue = Vec::with_capacity(entries.len());
        for entry in entries {
            let nik = match (&entry.nik_sealed, with_nik) {
                (Some(sealed), true) => Some(self.vault.open_text(Purpose::Nik, sealed)?.to_string()),
                _ => None,
            };
            queue.push(Queued {
                student: entry.student,
                name: entry.name,
                nisn: entry.nisn,
                nik,
                birthday_17: age::birthday(entry.birth_date, age::CARD_AGE, policies.leap_day),
                print_ready_on: entry.print_ready_on,
                print_from: entry.print_from,
            });
        }
        if with_nik {
            let shown = queue.iter().filter(|entry| entry.nik.is_some()).map(|entry| entry.student);
            let shown: Vec<StudentId> = shown.collect();
            let mut tx = self.db.write().await?;
            self.audit_niks(&mut tx, "print queue", &shown, &format!("a page with {} students", queue.len())).await?;
            tx.commit().await?;
        }
        Ok(queue)
    }

    /// Writes down blanks; gives the number at the point afterwards.
    pub async fn change_stock(&self, entry: StockEntry, at: &str) -> Done<i64> {
        self.require(Right::Cards)?;
        let point = self.point(Some(at))?;
        let mut tx = self.db.write().await?;
        card::lock_stock(&mut tx, point).await?;
        let known = card::stock(&mut tx, self.office.id).await?.at(point);
        let (kind, amount) = match entry {
            StockEntry::Receive(count) => (MovementKind::Received, i64::from(count)),
            StockEntry::Spoil(count) => (MovementKind::Spoiled, -i64::from(count)),
            StockEntry::Count(count) => (MovementKind::Counted, i64::from(count) - known),
        };
        if known + amount < 0 {
            return Err(CardRefusal::TooFewBlanks { known, point: at.to_owned() }.into());
        }
        let today = self.today();
        card::move_blanks(&mut tx, &self.clock, self.office.id, point, kind, amount, today, &self.actor).await?;
        self.audit(&mut tx, "card.stock", &format!("point:{point}"), &entry.to_string()).await?;
        // Where cards are printed on arrival, the first blank opens the counter for everybody.
        if self.office.policies().print == PrintPolicy::OnArrival {
            self.settle_office(&mut tx).await?;
        }
        tx.commit().await?;
        self.catch_up().await;
        Ok(known + amount)
    }

    /// Hands a card out, exactly once, to the holder or to whoever came instead; returns with it in which chats its code shows.
    pub async fn collect(
        &self,
        code_or_student: &str,
        taker: Option<Taker>,
    ) -> Done<(Student, Collected, Vec<CodeReader>)> {
        self.require(Right::HandOut)?;
        let mut tx = self.db.write().await?;
        let student = self.find_by_code(&mut tx, code_or_student).await?;
        let readers = self.code_readers_in(&mut tx, student.id).await?;
        let collected = self.collect_in(&mut tx, student.id, taker).await?;
        tx.commit().await?;
        Ok((student, collected, readers))
    }

    /// [`Desk::collect`] inside a transaction that does more.
    pub async fn collect_in(&self, tx: &mut Tx, student: StudentId, taker: Option<Taker>) -> Done<Collected> {
        self.require(Right::HandOut)?;
        let taker = taker.map(Taker::checked).transpose()?;
        let locked = student::lock_one(tx, student).await?.ok_or(CardError::NotPrinted)?;
        if self.office.policies().print == PrintPolicy::OnArrival
            && let Some(card) = card::facts(tx, student).await?.card
            && card.ready_on.is_none()
        {
            // Printed while the person waits: it never lay anywhere.
            let point = match self.collect_at(tx, student).await? {
                Some(point) => point,
                None => self.point(None)?,
            };
            card::put_out(tx, &[&locked], point, self.today()).await?;
        }
        let relation = taker.as_ref().map_or_else(|| HOLDER.to_owned(), |taker| taker.relation.clone());
        let (by, document) = taker.map_or((None, None), |taker| (Some(taker.name), taker.document));
        let handed_by = self.actor.to_string();
        let detail = relation.clone();
        let collection = Collection { by, relation, document, handed_by, on: self.today() };
        let collected = card::collect(tx, &self.clock, &locked, &collection).await?;
        self.audit(tx, "card.collect", &format!("student:{student}"), &detail).await?;
        self.settle(tx, student).await?;
        Ok(collected)
    }

    /// Whose card a code finds, with the card, and in which chats the code shows; the look is written down.
    pub async fn look_at_card(&self, code_or_student: &str) -> Done<(Student, Option<Card>, Vec<CodeReader>)> {
        self.require(Right::HandOut)?;
        let mut tx = self.db.write().await?;
        let student = self.find_by_code(&mut tx, code_or_student).await?;
        let card = self.look_at_card_in(&mut tx, student.id).await?;
        let readers = self.code_readers_in(&mut tx, student.id).await?;
        tx.commit().await?;
        Ok((student, card, readers))
    }

    /// The student's chats as whoever hands the card out judges them: which half of the slip linked each, and since when.
    pub(crate) async fn code_readers_in(&self, tx: &mut Tx, student: StudentId) -> Done<Vec<CodeReader>> {
        let now = self.clock.now();
        let chats = link::chats_of(tx, student.0).await?;
        let reader = |chat: &ChatLink| CodeReader {
            role: chat.role,
            linked_on: chat.linked_at.with_timezone(&self.office.zone()).date_naive(),
            standing: link::standing(&chats, &chat.chat_index, now).map_or("known", Standing::word),
        };
        Ok(chats.iter().filter(|chat| is_persons(chat.role)).map(reader).collect())
    }

    /// The point to which a student is sent for the card; `None` where it is not known yet.
    pub(crate) async fn collect_at(&self, tx: &mut Tx, student: StudentId) -> Done<Option<PointId>> {
        let setting = case::setting(tx, &self.office, self.clock.now()).await?;
        let person = case::people(tx, Scope::Student(student)).await?.pop();
        Ok(person.and_then(|person| person.case(&setting).collect_at()).map(PointId))
    }

    /// The student's live card, for whoever stands at the counter; the look is written down.
    pub(crate) async fn look_at_card_in(&self, tx: &mut Tx, student: StudentId) -> Done<Option<Card>> {
        self.require(Right::HandOut)?;
        let card = card::facts(tx, student).await?.card;
        self.audit(tx, "card.seen", &format!("student:{student}"), "at the counter").await?;
        Ok(card)
    }

    /// Takes a handing-out back.
    pub async fn undo_collect(&self, text: &str, reason: &str) -> Done<Student> {
        let reason = &tidy(reason);
        self.require(Right::HandOut)?;
        plain_words("the reason", reason)?;
        let mut tx = self.db.write().await?;
        let student = self.locked_student(&mut tx, text).await?;
        card::undo_collection(&mut tx, &student).await?;
        self.audit(&mut tx, "card.collect_undo", &format!("student:{}", student.id), reason).await?;
        self.settle(&mut tx, student.id).await?;
        tx.commit().await?;
        Ok(student.into())
    }

    /// The student that a pickup code finds, or whom an ID, NISN or name means. A code that finds no card says why.
    pub async fn find_by_code(&self, tx: &mut Tx, text: &str) -> Done<Student> {
        let found = link::look_up(tx, &self.vault, text, self.today()).await?;
        match found.filter(|(code, _)| code.office_id == self.office.id) {
            Some((code, None)) if code.role == LinkRole::Pickup => {
                let student = student::kept(tx, StudentId(code.subject_id)).await?;
                student.ok_or_else(|| CardRefusal::NoPickupCode.into())
            }
            Some((code, Some(dead))) if code.role == LinkRole::Pickup => Err(CardRefusal::CodeEnded(dead).into()),
            Some(_) => Err(CardRefusal::NoPickupCode.into()),
            None => Ok(student::resolve(tx, &self.vault, self.office.id, text).await?),
        }
    }

    pub(super) fn point(&self, name: Option<&str>) -> Done<PointId> {
        match name {
            Some(name) => Ok(self.office.point_named(name)?.id),
            None => self.office.points.first().map(|point| point.id).ok_or_else(|| CardRefusal::NoPoint.into()),
        }
    }
}
