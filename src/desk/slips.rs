//! Printed codes: slips for students and guardians, an invitation for a place's contact, and the way back.

use chrono::{Days, NaiveDate};
use serde::Serialize;
use uuid::Uuid;

use super::context::{Desk, DeskError, Done};
use super::office::Invitation;
use crate::link::{self, LinkRole};
use crate::place::Place;
use crate::staff::Right;
use crate::student::{self, StudentId};

/// How long after the 17th birthday a slip's codes are good (issue 2).
const DAYS_AFTER_17: u64 = 90;
/// How long a contact's code is good.
const CONTACT_DAYS: u64 = 90;

/// One code on a slip.
#[derive(Debug, Clone, Serialize)]
pub struct Slip {
    pub student: StudentId,
    pub role: LinkRole,
    pub code: String,
    /// Null until the bot's name is known.
    pub url: Option<String>,
    pub expires_at: NaiveDate,
    #[serde(skip)]
    pub name: String,
    #[serde(skip)]
    pub class: Option<String>,
}

/// A place's slips: two for each student, the student's own first.
#[derive(Debug, Clone)]
pub struct Slips {
    pub place: Place,
    pub bot: Option<String>,
    pub slips: Vec<Slip>,
}

impl Desk {
    /// Makes new codes for a place's students (or those named); the earlier ones are void from then on.
    pub async fn slips(&self, code: &str, only: &[String]) -> Done<Slips> {
        self.require(Right::Students)?;
        let place = self.place(code).await?;
        let today = self.today();
        let mut tx = self.db.write().await?;
        let mut students = student::at_place(&mut tx, self.office.id, place.id).await?;
        if !only.is_empty() {
            let mut named = Vec::new();
            for text in only {
                named.push(student::resolve(&mut tx, &self.vault, self.office.id, text).await?.id);
            }
            students.retain(|student| named.contains(&student.id));
        }
        students.retain(|student| student.closed_reason.is_none());
        if students.is_empty() {
            return Err(DeskError::refused("nobody", format!("{} has no such students", place.name)));
        }
        students.sort_by(|a, b| (&a.class_name, &a.name).cmp(&(&b.class_name, &b.name)));
        let bot = link::bot_name(&mut tx).await?;
        let mut slips = Vec::with_capacity(students.len() * 2);
        for student in &students {
            let birthday = student.birthday_17(self.office.policies().leap_day);
            let expires = birthday.max(today) + Days::new(DAYS_AFTER_17);
            for role in [LinkRole::Student, LinkRole::Guardian] {
                let Invitation { code, url, expires_at } = self.invite(&mut tx, role, student.id.0, expires).await?;
                let (name, class) = (student.name.clone(), student.class_name.clone());
                slips.push(Slip { student: student.id, role, code, url, expires_at, name, class });
            }
        }
        let detail = format!("{} students", students.len());
        self.audit(&mut tx, "link.slips", &format!("place:{}", place.id), &detail).await?;
        tx.commit().await?;
        Ok(Slips { place, bot, slips })
    }

    /// A code by which a place's contact links a chat.
    pub async fn invite_contact(&self, code: &str) -> Done<Invitation> {
        self.require(Right::Visits)?;
        let place = self.place(code).await?;
        let mut tx = self.db.write().await?;
        let expires = self.today() + Days::new(CONTACT_DAYS);
        let invitation = self.invite(&mut tx, LinkRole::Contact, place.id.0, expires).await?;
        self.audit(&mut tx, "link.contact", &format!("place:{}", place.id), "a new code was made").await?;
        tx.commit().await?;
        Ok(invitation)
    }

    /// Ends every chat of a student, because a slip fell into wrong hands; gives how many there were.
    pub async fn reset_links(&self, text: &str) -> Done<u64> {
        self.require(Right::Students)?;
        let mut tx = self.db.write().await?;
        let student = student::resolve(&mut tx, &self.vault, self.office.id, text).await?;
        let subject: Uuid = student.id.0;
        let ended = link::unlink(&mut tx, &self.clock, subject).await?;
        link::void_codes(&mut tx, &self.clock, subject).await?;
        student::withdraw_taps(&mut tx, &self.clock, student.id).await?;
        self.audit(&mut tx, "link.reset", &format!("student:{subject}"), &format!("{ended} chats")).await?;
        self.settle(&mut tx, student.id).await?;
        tx.commit().await?;
        Ok(ended)
    }
}
