//! One fact corrected, a case closed.

use chrono::{Datelike, NaiveDate};

use crate::db::{DbError, Tx};
use crate::desk::context::{Desk, Done, plain_words};
use crate::desk::refusal::StudentRefusal;
use crate::nik::{Nik, NikError, Sex};
use crate::place;
use crate::staff::Right;
use crate::student::{self, ClosedReason, GivenBy, LockedStudent, Particulars, Recorded, Student};
use crate::words::quoted;
use crate::written::tidy;

/// The fields that `student set` knows.
pub const FIELDS: &str = "name, nisn, nik, sex, birth_date, birth_place, class, grade, rt, rw, kelurahan, kecamatan, phone, \
    place, ever_married, recorded, left_school, closed, consent";

/// Longest value of one field, in characters.
const LONGEST_VALUE: usize = 200;
/// Whoever was born before this year has nothing to do here; it is a slip of the keyboard.
const EARLIEST_BIRTH: i32 = 1900;

impl Desk {
    /// The student whom an ID, NISN, NIK or name means, locked, as they are then.
    pub(in crate::desk) async fn locked_student(&self, tx: &mut Tx, text: &str) -> Done<LockedStudent> {
        let found = student::resolve(tx, &self.vault, self.office.id, text).await?;
        // Nobody is ever deleted.
        Ok(student::lock_one(tx, found.id).await?.ok_or(DbError::Interrupted)?)
    }

    /// Changes one fact. An empty value takes it away, where it can be missing.
    pub async fn set_student(&self, text: &str, field: &str, value: &str, reason: &str) -> Done<Student> {
        let reason = &tidy(reason);
        self.require(Right::Students)?;
        plain_words("the reason", reason)?;
        let mut tx = self.db.write().await?;
        let student = self.locked_student(&mut tx, text).await?;
        is_own(&student)?;
        let wrong = |expected: &str| {
            let shown = if crate::nik::looks_like_nik(value) { "the value".to_owned() } else { quoted(value) };
            StudentRefusal::Value(format!("{field}: '{shown}' is not {expected}"))
        };
        let yes_or_no = || match value {
            "yes" | "true" => Ok(true),
            "no" | "false" => Ok(false),
            _ => Err(wrong("yes or no")),
        };
        match field {
            "ever_married" => student::set_ever_married(&mut tx, &self.clock, &student, yes_or_no()?).await?,
            "left_school" => student::set_left_school(&mut tx, &self.clock, &student, yes_or_no()?).await?,
            "closed" => match value {
                "no" | "" if student.closed_reason.is_none() => {
                    return Err(StudentRefusal::NotClosed { name: student.name.clone() }.into());
                }
                "no" | "" => student::reopen(&mut tx, &self.clock, &student).await?,
                _ => return Err(wrong("no; to close a case, use `siap17 student close`").into()),
            },
            "recorded" => {
                let (state, on) = match (value, value.parse::<NaiveDate>()) {
                    ("no", _) => (Recorded::No, None),
                    ("unknown", _) => (Recorded::Unknown, None),
                    (_, Ok(date)) if (student.birth_date..=self.today()).contains(&date) => (Recorded::Yes, Some(date)),
                    _ => return Err(wrong("a past date of this life (YYYY-MM-DD), no, or unknown").into()),
                };
                let recording = on.map(|_| self.clock.new_uuid());
                student::set_recorded(&mut tx, &self.clock, &student, state, on, recording).await?;
            }
            "consent" => match value {
                "signed_stub" => {
                    student::give_consent(&mut tx, &self.clock, student.id, GivenBy::SignedStub, reason).await?;
                }
                "withdrawn" | "no" | "" => {
                    student::withdraw_consent(&mut tx, &self.clock, student.id).await?;
                }
                _ => return Err(wrong("signed_stub or withdrawn").into()),
            },
            _ => {
                let mut particulars = student::particulars(&self.vault, &student)?;
                self.change(&mut tx, &mut particulars, field, value).await?;
                student::write_particulars(&mut tx, &self.clock, &self.vault, &student, &particulars).await?;
                student::set_by_staff(&mut tx, &student, field).await?;
            }
        }
        // Neither the old nor the new value of a personal fact belongs in the audit; who, when, which and why do.
        self.audit(&mut tx, "student.set", &format!("student:{}", student.id), &format!("{field}: {reason}")).await?;
        self.settle(&mut tx, student.id).await?;
        tx.commit().await?;
        Ok(student.into())
    }

    pub(super) async fn change(&self, tx: &mut Tx, p: &mut Particulars, field: &str, value: &str) -> Done<()> {
        let wrong = StudentRefusal::Value;
        // One line: it will stand in lists, sheets and messages.
        let is_obeyed = value.chars().any(|c| c.is_control() && !c.is_whitespace());
        let value = tidy(value);
        if is_obeyed || value.chars().count() > LONGEST_VALUE {
            let message = format!("{field}: at most {LONGEST_VALUE} characters that can be seen are kept");
            return Err(wrong(message).into());
        }
        let value = value.as_str();
        if !matches!(field, "nik" | "nisn" | "phone") {
            plain_words(field, value)?;
        }
        let text = || (!value.is_empty()).then(|| value.to_owned());
        match field {
            "name" => p.name = text().ok_or_else(|| wrong("a name cannot be empty".into()))?,
            "nisn" => match value {
                "" => p.nisn = None,
                _ if value.len() == 10 && value.bytes().all(|b| b.is_ascii_digit()) => p.nisn = text(),
                _ => return Err(wrong("a NISN has 10 digits".into()).into()),
            },
            "nik" => {
                p.nik =
                    if value.is_empty() { None } else { Some(Nik::parse(value).map_err(|e| wrong(nik_message(&e)))?) }
            }
            "sex" => {
                p.sex = match value.to_uppercase().as_str() {
                    "" => None,
                    "L" | "MALE" => Some(Sex::Male),
                    "P" | "FEMALE" => Some(Sex::Female),
                    _ => return Err(wrong(format!("sex: '{value}' is neither L nor P")).into()),
                }
            }
            "birth_date" => {
                let alive = |date: &NaiveDate| date.year() >= EARLIEST_BIRTH && *date <= self.today();
                let date = value.parse::<NaiveDate>().ok().filter(alive);
                p.birth_date = date.ok_or_else(|| {
                    wrong(format!("birth_date: '{value}' is no past date since {EARLIEST_BIRTH} (YYYY-MM-DD)"))
                })?;
            }
            "birth_place" => p.birth_place = text(),
            "class" => p.class_name = text(),
            "grade" => {
                let grade = value.parse::<i32>().ok().filter(|grade| (1..=13).contains(grade));
                p.grade = if value.is_empty() {
                    None
                } else {
                    Some(grade.ok_or_else(|| wrong("a grade is 1 to 13".into()))?)
                };
            }
            "rt" => p.rt = text(),
            "rw" => p.rw = text(),
            "kelurahan" => p.kelurahan = text(),
            "kecamatan" => p.kecamatan = text(),
            "phone" => p.phone = text(),
            "place" => {
                p.place_id = if value.is_empty() {
                    None
                } else {
                    let place = place::find(tx, self.office.id, value).await?;
                    let unknown = || wrong(format!("there is no place '{value}'; `siap17 place list` shows them"));
                    Some(place.ok_or_else(unknown)?.id)
                }
            }
            _ => {
                let near = FIELDS
                    .split(", ")
                    .max_by(|a, b| strsim::jaro_winkler(a, field).total_cmp(&strsim::jaro_winkler(b, field)))
                    .unwrap_or_default();
                return Err(StudentRefusal::FieldUnknown { field: field.to_owned(), near, fields: FIELDS }.into());
            }
        }
        Ok(())
    }

    /// Closes a student's case.
    pub async fn close_student(&self, text: &str, closing: ClosedReason, reason: &str) -> Done<Student> {
        let reason = &tidy(reason);
        self.require(Right::Students)?;
        plain_words("the reason", reason)?;
        let mut tx = self.db.write().await?;
        let student = self.locked_student(&mut tx, text).await?;
        is_own(&student)?;
        if student.closed_reason.is_some() {
            return Err(StudentRefusal::Closed { name: student.name.clone() }.into());
        }
        student::close(&mut tx, &self.clock, &student, closing, self.today()).await?;
        self.audit(&mut tx, "student.close", &format!("student:{}", student.id), reason).await?;
        self.settle(&mut tx, student.id).await?;
        tx.commit().await?;
        Ok(student.into())
    }
}

/// Refuses to change somebody who is somebody else now, or of whom nothing but the ID is left.
fn is_own(student: &Student) -> Done<()> {
    if student.merged_into.is_some() {
        return Err(StudentRefusal::Merged { name: student.name.clone(), id: student.id }.into());
    }
    if student.closed_reason == Some(ClosedReason::ImportUndone) {
        return Err(StudentRefusal::ImportUndone.into());
    }
    Ok(())
}

fn nik_message(error: &NikError) -> String {
    format!("the NIK is not taken: {error}")
}
