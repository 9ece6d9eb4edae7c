//! A student whom no file names.

use chrono::NaiveDate;

use crate::db::Tx;
use crate::desk::context::{Desk, Done};
use crate::desk::refusal::StudentRefusal;
use crate::nik::Sex;
use crate::staff::Right;
use crate::student::{self, Particulars, Student, StudentId};
use crate::written::tidy;

/// What a person knows about a student whom no file names.
#[derive(Debug, Clone, Default)]
pub struct NewStudent {
    pub name: String,
    pub birth_date: Option<NaiveDate>,
    pub nik: Option<String>,
    pub nisn: Option<String>,
    pub sex: Option<Sex>,
    pub place: Option<String>,
    pub class: Option<String>,
    pub phone: Option<String>,
    pub ever_married: bool,
    /// Whoever adds them has seen that somebody like them is known, and means another person.
    pub although_known: bool,
}

impl Desk {
    /// Adds a student whom no file names.
    pub async fn add_student(&self, new: NewStudent) -> Done<StudentId> {
        self.require(Right::Students)?;
        let birth_date = new.birth_date.ok_or(StudentRefusal::BirthDateMissing)?;
        if birth_date > self.today() {
            return Err(StudentRefusal::BirthDateToCome(birth_date).into());
        }
        let mut tx = self.db.write().await?;
        let mut particulars = Particulars {
            place_id: None,
            nisn: None,
            nik: None,
            name: String::new(),
            sex: new.sex,
            birth_date,
            birth_place: None,
            class_name: None,
            grade: None,
            rt: None,
            rw: None,
            kelurahan: None,
            kecamatan: None,
            phone: None,
        };
        if tidy(&new.name).is_empty() {
            return Err(StudentRefusal::NameMissing.into());
        }
        if !new.although_known {
            self.is_not_known(&mut tx, &new, birth_date).await?;
        }
        let given = [
            ("name", Some(&new.name)),
            ("nisn", new.nisn.as_ref()),
            ("nik", new.nik.as_ref()),
            ("place", new.place.as_ref()),
            ("class", new.class.as_ref()),
            ("phone", new.phone.as_ref()),
        ];
        for (field, value) in given {
            if let Some(value) = value {
                self.change(&mut tx, &mut particulars, field, value).await?;
            }
        }
        let recorded = student::first_recorded_state(birth_date, self.today(), self.office.policies().leap_day);
        let added = student::insert(&mut tx, &self.clock, &self.vault, self.office.id, &particulars, recorded).await?;
        let id = added.id;
        if new.ever_married {
            student::set_ever_married(&mut tx, &self.clock, &added, true).await?;
        }
        self.audit(&mut tx, "student.add", &format!("student:{id}"), "").await?;
        self.settle(&mut tx, id).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Refuses to add somebody who seems to be here: nobody is to be told twice.
    async fn is_not_known(&self, tx: &mut Tx, new: &NewStudent, birth_date: NaiveDate) -> Done<()> {
        let key = student::name_key(&tidy(&new.name));
        let mut alike: Vec<Student> = student::named_and_born(tx, self.office.id, &[key], &[birth_date]).await?;
        if let Some(nisn) = &new.nisn {
            alike.extend(student::by_nisn(tx, self.office.id, nisn).await?);
        }
        let Some(known) = alike.into_iter().find(|known| known.merged_into.is_none()) else { return Ok(()) };
        Err(StudentRefusal::PossibleDuplicate { name: known.name, id: known.id }.into())
    }
}
