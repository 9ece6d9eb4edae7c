//! Printed codes: slips for students and guardians, an invitation for a place's contact, and the way back.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use serde::Serialize;
use uuid::Uuid;

use super::context::{Desk, Done};
use super::office::Invitation;
use super::refusal::LinkRefusal;
use crate::db::Tx;
use crate::link::{self, LinkRole, WantedCode};
use crate::place::Place;
use crate::staff::Right;
use crate::student::{self, Student, StudentId};

/// How long after the 17th birthday a slip's codes are good (issue 2).
const DAYS_AFTER_17: u64 = 90;
/// How long a contact's code is good.
const CONTACT_DAYS: u64 = 90;

/// Whom a slip has a code for.
const ROLES: [LinkRole; 2] = [LinkRole::Student, LinkRole::Guardian];

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
        let mut tx = self.db.read().await?;
        let students = self.wanting_slips(&mut tx, &place, only).await?;
        let bot = link::bot_name(&mut tx).await?;
        drop(tx);
        // Codes are made before anything is locked: each is sealed and hashed.
        let today = self.today();
        let (mut codes, mut slips) = (Vec::new(), Vec::new());
        for student in &students {
            let birthday = student.birthday_17(self.office.policies().leap_day);
            let expires_on = birthday.max(today) + Days::new(DAYS_AFTER_17);
            for role in ROLES {
                let new = link::new_code(&self.vault, WantedCode { role, subject: student.id.0, expires_on })?;
                slips.push(Slip {
                    student: student.id,
                    role,
                    code: link::readable_code(&new.code),
                    url: bot.as_ref().map(|bot| link::chat_url(bot, &new.code)),
                    expires_at: expires_on,
                    name: student.name.clone(),
                    class: student.class_name.clone(),
                });
                codes.push(new);
            }
        }
        let mut tx = self.db.write().await?;
        for role in ROLES {
            link::keep_codes(&mut tx, &self.clock, self.office.id, role, &codes).await?;
        }
        let detail = format!("{} students", students.len());
        self.audit(&mut tx, "link.slips", &format!("place:{}", place.id), &detail).await?;
        tx.commit().await?;
        Ok(Slips { place, bot, slips })
    }

    /// The open students of a place, or those named of them, by class and name.
    async fn wanting_slips(&self, tx: &mut Tx, place: &Place, only: &[String]) -> Done<Vec<Student>> {
        let mut students = if only.is_empty() {
            student::at_place(tx, self.office.id, place.id).await?
        } else {
            let mut named: BTreeMap<StudentId, Student> = BTreeMap::new();
            for text in only {
                let student = student::resolve(tx, &self.vault, self.office.id, text).await?;
                named.insert(student.id, student);
            }
            named.into_values().filter(|student| student.place_id == Some(place.id)).collect()
        };
        students.retain(|student| student.closed_reason.is_none());
        if students.is_empty() {
            return Err(LinkRefusal::Nobody { place: place.name.clone() }.into());
        }
        students.sort_by(|a, b| (&a.class_name, &a.name).cmp(&(&b.class_name, &b.name)));
        Ok(students)
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
