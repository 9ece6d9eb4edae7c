//! Cards at the desk: the print queue, blanks, and a card handed over. Lists of many are in `card_list`.

use std::fmt;

use chrono::NaiveDate;
use serde::Serialize;

use super::context::{Desk, Done, words};
use super::refusal::CardRefusal;
use crate::age;
use crate::card::{self, Card, CardError, Collected, Collection, MovementKind, QueueCursor};
use crate::db::Tx;
use crate::link::{self, LinkRole};
use crate::office::{PointId, PrintPolicy};
use crate::staff::Right;
use crate::student::{self, Student, StudentId};
use crate::vault::Purpose;

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
            self.audit_look("nik.seen", "print queue", &format!("{} students", queue.len())).await?;
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

    /// Hands a card out, exactly once, to the holder or to `by`, who is `relation` to the holder.
    pub async fn collect(
        &self,
        code_or_student: &str,
        by: Option<String>,
        relation: &str,
    ) -> Done<(Student, Collected)> {
        let mut tx = self.db.write().await?;
        let student = self.find_by_code(&mut tx, code_or_student).await?;
        let collected = self.collect_in(&mut tx, student.id, by, relation).await?;
        tx.commit().await?;
        Ok((student, collected))
    }

    /// [`Desk::collect`] inside a transaction that does more.
    pub async fn collect_in(
        &self,
        tx: &mut Tx,
        student: StudentId,
        by: Option<String>,
        relation: &str,
    ) -> Done<Collected> {
        self.require(Right::HandOut)?;
        let by = by.as_deref().map(|by| words("the name of whoever came", by)).transpose()?;
        let relation = &words("the relation", relation)?;
        let locked = student::lock_one(tx, student).await?.ok_or(CardError::NotPrinted)?;
        if self.office.policies().print == PrintPolicy::OnArrival
            && let Some(card) = card::facts(tx, student).await?.card
            && card.ready_on.is_none()
        {
            // Printed while the person waits: it never lay anywhere.
            card::put_out(tx, &[&locked], self.point(None)?, self.today()).await?;
        }
        let handed_by = self.actor.to_string();
        let collection = Collection { by, relation: relation.to_owned(), handed_by, on: self.today() };
        let collected = card::collect(tx, &self.clock, &locked, &collection).await?;
        self.audit(tx, "card.collect", &format!("student:{student}"), relation).await?;
        self.settle(tx, student).await?;
        Ok(collected)
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
        self.require(Right::HandOut)?;
        let reason = &words("the reason", reason)?;
        let mut tx = self.db.write().await?;
        let student = self.locked_student(&mut tx, text).await?;
        card::undo_collection(&mut tx, &student).await?;
        self.audit(&mut tx, "card.collect_undo", &format!("student:{}", student.id), reason).await?;
        self.settle(&mut tx, student.id).await?;
        tx.commit().await?;
        Ok(student.into())
    }

    /// The student that a pickup code finds, or whom an ID, NISN or name means.
    pub async fn find_by_code(&self, tx: &mut Tx, text: &str) -> Done<Student> {
        if let Some(code) = link::find_code(tx, &self.vault, text, self.today()).await?
            && code.role == LinkRole::Pickup
            && code.office_id == self.office.id
            && let Some(student) = student::kept(tx, StudentId(code.subject_id)).await?
        {
            return Ok(student);
        }
        Ok(student::resolve(tx, &self.vault, self.office.id, text).await?)
    }

    pub(super) fn point(&self, name: Option<&str>) -> Done<PointId> {
        match name {
            Some(name) => Ok(self.office.point_named(name)?.id),
            None => self.office.points.first().map(|point| point.id).ok_or_else(|| CardRefusal::NoPoint.into()),
        }
    }
}
