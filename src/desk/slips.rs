//! Printed codes: slips for students and guardians, an invitation for a place's contact, and the way back.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{Days, NaiveDate};
use serde::Serialize;
use uuid::Uuid;

use super::context::{Desk, Done};
use super::office::Invitation;
use super::refusal::LinkRefusal;
use crate::db::Tx;
use crate::link::{self, LinkRole, LivingCode, NewCode, WantedCode};
use crate::place::Place;
use crate::staff::Right;
use crate::student::{self, Student, StudentId};

/// How long after the 17th birthday a slip's codes are good.
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
    /// How many of the codes are new ones; the others are those of earlier slips.
    pub made: usize,
}

/// Whose slips are wanted.
#[derive(Debug, Clone, Default)]
pub struct WantedSlips {
    /// Students by ID, NISN or name; everybody of the place if nobody is named.
    pub only: Vec<String>,
    /// Those of one class, as the roster writes it.
    pub class: Option<String>,
    /// Only who could not link now: neither the chat is there nor a code that is good.
    pub new: bool,
    /// New codes for everybody; the earlier slips are void from then on. Otherwise a code that is good is given out again.
    pub replace: bool,
}

/// What is known of a place's codes before any is made.
struct Known {
    students: Vec<Student>,
    codes: HashMap<(LinkRole, Uuid), LivingCode>,
}

/// A code as it stands on paper.
fn slip(student: &Student, role: LinkRole, bot: Option<&str>, code: &str, expires_at: NaiveDate) -> Slip {
    Slip {
        student: student.id,
        role,
        code: link::readable_code(code),
        url: bot.map(|bot| link::chat_url(bot, code)),
        expires_at,
        name: student.name.clone(),
        class: student.class_name.clone(),
    }
}

impl Desk {
    /// The slips of a place's students. A code that is good stands on the new paper, too, so that the slips which families have
    /// go on being good; where there is none, or with [`WantedSlips::replace`], one is made.
    pub async fn slips(&self, code: &str, wanted: &WantedSlips) -> Done<Slips> {
        self.require(Right::Students)?;
        let place = self.place(code).await?;
        let mut tx = self.db.read().await?;
        let known = self.known_slips(&mut tx, &place, wanted).await?;
        let bot = link::bot_name(&mut tx).await?;
        drop(tx);
        // Codes are made before anything is locked: each is sealed and hashed.
        let mut new = HashMap::new();
        for student in &known.students {
            for role in ROLES.into_iter().filter(|role| !known.codes.contains_key(&(*role, student.id.0))) {
                new.insert((role, student.id.0), self.new_slip_code(student, role)?);
            }
        }
        let mut tx = self.db.write().await?;
        let ids: Vec<StudentId> = known.students.iter().map(|student| student.id).collect();
        student::lock(&mut tx, &ids).await?;
        // Who printed, or linked, meanwhile is done with: from here on nobody makes or uses a code of these.
        let mut standing = if wanted.replace { HashMap::new() } else { self.living(&mut tx, &known.students).await? };
        let mut made = Vec::new();
        for student in &known.students {
            for role in ROLES.into_iter().filter(|role| !standing.contains_key(&(*role, student.id.0))) {
                made.push(match new.remove(&(role, student.id.0)) {
                    Some(new) => new,
                    None => self.new_slip_code(student, role)?,
                });
            }
        }
        self.prolong(&mut tx, &known.students, &mut standing).await?;
        for role in ROLES {
            link::keep_codes(&mut tx, &self.clock, self.office.id, role, &made).await?;
        }
        let how = if wanted.replace { "; earlier slips are void" } else { "" };
        let detail = format!("{} students, {} new codes{how}", known.students.len(), made.len());
        self.audit(&mut tx, "link.slips", &format!("place:{}", place.id), &detail).await?;
        tx.commit().await?;
        let count = made.len();
        let made: HashMap<(LinkRole, Uuid), NewCode> = made.into_iter().map(|new| (new.whose(), new)).collect();
        let mut slips = Vec::new();
        for student in &known.students {
            for role in ROLES {
                let whose = (role, student.id.0);
                match (made.get(&whose), standing.get(&whose)) {
                    (Some(new), _) => slips.push(slip(student, role, bot.as_deref(), &new.code, new.expires_on())),
                    (None, Some(old)) => {
                        slips.push(slip(student, role, bot.as_deref(), &old.open(&self.vault)?, old.expires_on));
                    }
                    (None, None) => {}
                }
            }
        }
        Ok(Slips { place, bot, slips, made: count })
    }

    /// Up to when a slip's code is good.
    fn slip_expires_on(&self, student: &Student) -> NaiveDate {
        student.birthday_17(self.office.policies().leap_day).max(self.today()) + Days::new(DAYS_AFTER_17)
    }

    fn new_slip_code(&self, student: &Student, role: LinkRole) -> Done<NewCode> {
        let expires_on = self.slip_expires_on(student);
        Ok(link::new_code(&self.vault, WantedCode { role, subject: student.id.0, expires_on })?)
    }

    /// The codes of these students' slips that are good.
    async fn living(&self, tx: &mut Tx, students: &[Student]) -> Done<HashMap<(LinkRole, Uuid), LivingCode>> {
        let subjects: Vec<Uuid> = students.iter().map(|student| student.id.0).collect();
        let mut codes = link::living_codes(tx, &subjects, self.today()).await?;
        codes.retain(|(role, _), _| ROLES.contains(role));
        Ok(codes)
    }

    /// What is on new paper is good as long as what is made today.
    async fn prolong(
        &self,
        tx: &mut Tx,
        students: &[Student],
        codes: &mut HashMap<(LinkRole, Uuid), LivingCode>,
    ) -> Done<()> {
        let until: HashMap<Uuid, NaiveDate> =
            students.iter().map(|student| (student.id.0, self.slip_expires_on(student))).collect();
        let mut by_day: BTreeMap<NaiveDate, Vec<&mut LivingCode>> = BTreeMap::new();
        for code in codes.values_mut() {
            if let Some(day) = until.get(&code.subject_id).filter(|day| **day > code.expires_on) {
                by_day.entry(*day).or_default().push(code);
            }
        }
        for (day, mut codes) in by_day {
            link::prolong(tx, &mut codes, day).await?;
        }
        Ok(())
    }

    /// Whose slips are wanted, by class and name, with their codes that are good.
    async fn known_slips(&self, tx: &mut Tx, place: &Place, wanted: &WantedSlips) -> Done<Known> {
        let mut students = self.named_at(tx, place, &wanted.only).await?;
        if let Some(class) = &wanted.class {
            let classes: BTreeSet<String> = students.iter().filter_map(|student| student.class_name.clone()).collect();
            let is_meant = |name: &str| name.trim().to_lowercase() == class.trim().to_lowercase();
            students.retain(|student| student.class_name.as_deref().is_some_and(is_meant));
            if students.is_empty() {
                let known = classes.into_iter().collect::<Vec<_>>().join(", ");
                return Err(LinkRefusal::NoClass { place: place.name.clone(), class: class.clone(), known }.into());
            }
        }
        let codes = self.living(tx, &students).await?;
        if wanted.new {
            let ids: Vec<Uuid> = students.iter().map(|student| student.id.0).collect();
            let linked = link::roles_linked(tx, &ids).await?;
            let could_not =
                |whose: (LinkRole, Uuid)| !codes.contains_key(&whose) && !linked.contains(&(whose.1, whose.0));
            students.retain(|student| ROLES.into_iter().any(|role| could_not((role, student.id.0))));
        }
        students.sort_by(|a, b| (&a.class_name, &a.name).cmp(&(&b.class_name, &b.name)));
        Ok(Known { students, codes: if wanted.replace { HashMap::new() } else { codes } })
    }

    /// The open students of a place, or those named of them.
    async fn named_at(&self, tx: &mut Tx, place: &Place, only: &[String]) -> Done<Vec<Student>> {
        let mut students = student::at_place(tx, self.office.id, place.id).await?;
        students.retain(|student| student.closed_reason.is_none());
        if !only.is_empty() {
            let mut named = BTreeSet::new();
            for text in only {
                let student = student::resolve(tx, &self.vault, self.office.id, text).await?;
                if students.iter().all(|one| one.id != student.id) {
                    let place = place.name.clone();
                    return Err(LinkRefusal::NotHere { student: student.name, place }.into());
                }
                named.insert(student.id);
            }
            students.retain(|student| named.contains(&student.id));
        }
        if students.is_empty() {
            return Err(LinkRefusal::Nobody { place: place.name.clone() }.into());
        }
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
        link::call_back(&mut tx, &self.clock, subject).await?;
        student::withdraw_taps(&mut tx, &self.clock, student.id).await?;
        self.audit(&mut tx, "link.reset", &format!("student:{subject}"), &format!("{ended} chats")).await?;
        self.settle(&mut tx, student.id).await?;
        tx.commit().await?;
        Ok(ended)
    }
}
