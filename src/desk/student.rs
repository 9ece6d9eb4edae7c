//! Students at the desk: found, shown, explained, and corrected for what no file says.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate};
use serde::Serialize;
use uuid::Uuid;

use super::context::{Desk, Done, words};
use super::refusal::StudentRefusal;
use crate::card::{self, CardFacts};
use crate::db::{DbError, Tx};
use crate::link;
use crate::nik::{Nik, NikError, Sex};
use crate::notice::Kind;
use crate::notice::ledger;
use crate::notice::list::{self, Filter, Listed};
use crate::place::{self, PlaceId};
use crate::roster::ids::ImportId;
use crate::roster::review::history;
use crate::staff::Right;
use crate::student::{
    self, ClosedReason, Consent, GivenBy, LockedStudent, Particulars, Recorded, Sources, Student, StudentError,
    StudentId,
};
use crate::vault::Purpose;
use crate::written::tidy;

/// The fields that `student set` knows.
pub const FIELDS: &str = "name, nisn, nik, sex, birth_date, birth_place, class, grade, rt, rw, kelurahan, kecamatan, phone, \
    place, ever_married, recorded, left_school, closed, consent";

/// Most notices that are shown with one student.
const MOST_NOTICES: i64 = 1000;

/// Longest value of one field, in characters.
const LONGEST_VALUE: usize = 200;
/// Whoever was born before this year has nothing to do here; it is a slip of the keyboard.
const EARLIEST_BIRTH: i32 = 1900;

/// A student as people see it. The NIK and the phone are there only if they were asked for.
#[derive(Debug, Clone, Serialize)]
pub struct Shown {
    pub id: StudentId,
    pub name: String,
    pub nisn: Option<String>,
    /// Whether a NIK is known.
    pub has_nik: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nik: Option<String>,
    pub sex: Option<Sex>,
    pub birth_date: NaiveDate,
    pub birth_place: Option<String>,
    pub birthday_17: NaiveDate,
    /// The place's code.
    pub place: Option<String>,
    pub class: Option<String>,
    pub grade: Option<i32>,
    pub rt: Option<String>,
    pub rw: Option<String>,
    pub kelurahan: Option<String>,
    pub kecamatan: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    pub ever_married: bool,
    pub recorded: Recorded,
    pub recorded_on: Option<NaiveDate>,
    pub left_school: bool,
    pub closed: Option<ClosedReason>,
    pub closed_on: Option<NaiveDate>,
    pub merged_into: Option<StudentId>,
    /// The import and the row of its sheet that the student came with.
    pub import: Option<Uuid>,
    pub import_row: Option<i32>,
    /// The sheet, where the file has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub import_sheet: Option<String>,
    /// Where single fields came from since.
    pub sources: Sources,
    pub cards: CardFacts,
    pub consents: Vec<Consent>,
    /// How many chats are linked.
    pub chats: usize,
}

/// Everything that led to each notice, or to none.
#[derive(Debug, Clone, Serialize)]
pub struct Why {
    pub student: Shown,
    pub notices: Vec<Listed>,
    /// What is still to come, if nothing happens meanwhile; none once the birthday has its verdict.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<Expected>,
}

/// A notice for which there is no row yet: rows appear on the day.
#[derive(Debug, Clone, Serialize)]
pub struct Expected {
    pub kind: &'static str,
    pub on: NaiveDate,
}

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
    /// Students by ID, NISN, NIK, or the beginning of a name (any part of it, where no name begins so); of a name one page: up
    /// to `limit` students after the student `after`.
    pub async fn find_students(&self, text: &str, after: Option<StudentId>, limit: i64) -> Done<Vec<Shown>> {
        self.require(Right::Students)?;
        let mut tx = self.db.read().await?;
        let found = student::find(&mut tx, &self.vault, self.office.id, text, after, limit).await?;
        let shown = self.shown_all(&mut tx, &found, false).await?;
        drop(tx);
        // What was typed may be a NIK, so it is not repeated here.
        self.audit_look("student.find", "students", &format!("{} found", found.len())).await?;
        Ok(shown)
    }

    /// One student with all facts; with `with_nik` the look at the NIK is written down.
    pub async fn show_student(&self, text: &str, with_nik: bool) -> Done<Shown> {
        self.require(Right::Students)?;
        let mut tx = self.db.read().await?;
        let student = student::resolve(&mut tx, &self.vault, self.office.id, text).await?;
        let shown = self.shown(&mut tx, &student, with_nik).await?;
        drop(tx);
        let action = if with_nik { "nik.seen" } else { "student.seen" };
        self.audit_look(action, &format!("student:{}", student.id), "").await?;
        Ok(shown)
    }

    /// Why each notice did or did not go out.
    pub async fn why(&self, text: &str) -> Done<Why> {
        self.require(Right::Students)?;
        let mut tx = self.db.write().await?;
        let student = student::resolve(&mut tx, &self.vault, self.office.id, text).await?;
        // What should be true now, not what was true at the last run.
        self.settle(&mut tx, student.id).await?;
        let filter = Filter { student: Some(student.id), limit: MOST_NOTICES, ..Filter::default() };
        let notices = list::list(&mut tx, &self.vault, self.office.id, &filter).await?;
        let shown = self.shown(&mut tx, &student, false).await?;
        self.audit(&mut tx, "student.why", &format!("student:{}", student.id), "").await?;
        tx.commit().await?;
        let birthday = student.birthday_17(self.office.policies().leap_day);
        let is_told = notices.iter().any(|one| one.notice.kind == Kind::Turned17);
        let next = (!is_told && student.closed_reason.is_none() && self.today() < birthday)
            .then_some(Expected { kind: Kind::Turned17.name(), on: birthday });
        Ok(Why { student: shown, notices, next })
    }

    /// Everything that is kept of one student, for that student.
    pub async fn export_student(&self, text: &str) -> Done<Why> {
        self.require(Right::Students)?;
        let mut tx = self.db.write().await?;
        let student = student::resolve(&mut tx, &self.vault, self.office.id, text).await?;
        let filter = Filter { student: Some(student.id), limit: MOST_NOTICES, ..Filter::default() };
        let notices = list::list(&mut tx, &self.vault, self.office.id, &filter).await?;
        let shown = self.shown(&mut tx, &student, true).await?;
        self.audit(&mut tx, "student.export", &format!("student:{}", student.id), "with NIK").await?;
        tx.commit().await?;
        Ok(Why { student: shown, notices, next: None })
    }

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
        let key = student::name_key(&new.name);
        let namesakes = student::with_names(tx, self.office.id, &[key.as_str()]).await?;
        let mut alike: Vec<Student> = namesakes.into_iter().filter(|known| known.birth_date == birth_date).collect();
        if let Some(nisn) = &new.nisn {
            alike.extend(student::by_nisn(tx, self.office.id, nisn).await?);
        }
        let Some(known) = alike.into_iter().find(|known| known.merged_into.is_none()) else { return Ok(()) };
        Err(StudentRefusal::PossibleDuplicate { name: known.name, id: known.id }.into())
    }

    /// The student whom an ID, NISN, NIK or name means, locked, as they are then.
    pub(super) async fn locked_student(&self, tx: &mut Tx, text: &str) -> Done<LockedStudent> {
        let found = student::resolve(tx, &self.vault, self.office.id, text).await?;
        // Nobody is ever deleted.
        Ok(student::lock_one(tx, found.id).await?.ok_or(DbError::Interrupted)?)
    }

    /// Changes one fact. An empty value takes it away, where it can be missing.
    pub async fn set_student(&self, text: &str, field: &str, value: &str, reason: &str) -> Done<Student> {
        self.require(Right::Students)?;
        let reason = &words("the reason", reason)?;
        let mut tx = self.db.write().await?;
        let student = self.locked_student(&mut tx, text).await?;
        let wrong = |expected: &str| {
            let shown = if crate::nik::looks_like_nik(value) { "the value" } else { value };
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

    async fn change(&self, tx: &mut Tx, p: &mut Particulars, field: &str, value: &str) -> Done<()> {
        let wrong = StudentRefusal::Value;
        // One line: it will stand in lists, sheets and messages.
        let value = if matches!(field, "nik" | "nisn" | "phone") { tidy(value) } else { words(field, value)? };
        if value.chars().count() > LONGEST_VALUE {
            let message = format!("{field}: at most {LONGEST_VALUE} characters that can be seen are kept");
            return Err(wrong(message).into());
        }
        let value = value.as_str();
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
        self.require(Right::Students)?;
        let reason = &words("the reason", reason)?;
        let mut tx = self.db.write().await?;
        let student = self.locked_student(&mut tx, text).await?;
        if student.closed_reason.is_some() {
            return Err(StudentRefusal::Closed { name: student.name.clone() }.into());
        }
        student::close(&mut tx, &self.clock, &student, closing, self.today()).await?;
        self.audit(&mut tx, "student.close", &format!("student:{}", student.id), reason).await?;
        self.settle(&mut tx, student.id).await?;
        tx.commit().await?;
        Ok(student.into())
    }

    /// Makes `duplicate` the same person as `kept`, who keeps the own facts and gets what only the duplicate had.
    pub async fn merge_students(&self, kept: &str, duplicate: &str) -> Done<(Student, Student)> {
        self.require(Right::Students)?;
        let mut tx = self.db.write().await?;
        let kept = student::resolve(&mut tx, &self.vault, self.office.id, kept).await?.id;
        let duplicate = student::resolve(&mut tx, &self.vault, self.office.id, duplicate).await?.id;
        if kept == duplicate {
            return Err(StudentRefusal::Same.into());
        }
        let mut both = student::lock(&mut tx, &[kept, duplicate]).await?.into_iter();
        let (Some(one), Some(other)) = (both.next(), both.next()) else { return Err(DbError::Interrupted.into()) };
        let (kept, duplicate) = if one.id == kept { (one, other) } else { (other, one) };
        if let Some(merged) = [&kept, &duplicate].into_iter().find(|one| one.merged_into.is_some()) {
            return Err(StudentRefusal::Merged { name: merged.name.clone() }.into());
        }
        let both_carded = card::facts(&mut tx, kept.id).await?.card.is_some()
            && card::facts(&mut tx, duplicate.id).await?.card.is_some();
        if both_carded {
            return Err(StudentRefusal::TwoCards.into());
        }
        let mut particulars = student::particulars(&self.vault, &kept)?;
        let other = student::particulars(&self.vault, &duplicate)?;
        fill(&mut particulars, other);
        student::merge(&mut tx, &self.clock, &kept, &duplicate, self.today()).await?;
        student::write_particulars(&mut tx, &self.clock, &self.vault, &kept, &particulars).await?;
        if kept.recorded != Recorded::Yes && duplicate.recorded == Recorded::Yes {
            let (on, recording) = (duplicate.recorded_on, duplicate.recording_id);
            student::set_recorded(&mut tx, &self.clock, &kept, Recorded::Yes, on, recording).await?;
        }
        card::move_to(&mut tx, &kept, &duplicate).await?;
        link::move_chats(&mut tx, &self.clock, kept.id.0, duplicate.id.0).await?;
        ledger::take_over(&mut tx, kept.id, duplicate.id).await?;
        for consent in student::consents(&mut tx, duplicate.id).await? {
            if consent.withdrawn_at.is_none() {
                student::give_consent(&mut tx, &self.clock, kept.id, consent.given_by, &consent.evidence).await?;
            }
        }
        self.audit(
            &mut tx,
            "student.merge",
            &format!("student:{}", kept.id),
            &format!("with student:{}", duplicate.id),
        )
        .await?;
        self.settle_all(&mut tx, &[duplicate.id, kept.id]).await?;
        tx.commit().await?;
        Ok((kept.into(), duplicate.into()))
    }

    async fn shown(&self, tx: &mut Tx, student: &Student, with_nik: bool) -> Done<Shown> {
        let shown = self.shown_all(tx, std::slice::from_ref(student), with_nik).await?;
        shown.into_iter().next().ok_or_else(|| StudentError::Unknown(student.id.to_string()).into())
    }

    /// Students as people see them, in the same order: a few statements, however many they are.
    async fn shown_all(&self, tx: &mut Tx, students: &[Student], with_nik: bool) -> Done<Vec<Shown>> {
        let ids: Vec<StudentId> = students.iter().map(|student| student.id).collect();
        let imports: BTreeSet<ImportId> = students.iter().filter_map(|one| one.import_id).map(ImportId).collect();
        let places: BTreeSet<PlaceId> = students.iter().filter_map(|one| one.place_id).collect();
        let subjects: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        let sheets = history::sheets_of(tx, &Vec::from_iter(imports)).await?;
        let codes = place::codes(tx, &Vec::from_iter(places)).await?;
        let mut cards = card::facts_of(tx, &ids).await?;
        let mut consents = student::consents_of(tx, &ids).await?;
        let chats = link::count_chats(tx, &subjects).await?;
        let show = |student: &Student| -> Done<Shown> {
            let open = |purpose, sealed: &Option<Vec<u8>>| match sealed {
                Some(sealed) if with_nik => self.vault.open_text(purpose, sealed).map(|text| Some(text.to_string())),
                _ => Ok(None),
            };
            let origin = match (student.import_id, student.import_row) {
                (Some(import), Some(row)) => sheets.get(&ImportId(import)).map(|sheets| sheets.spot(row)),
                _ => None,
            };
            Ok(Shown {
                id: student.id,
                name: student.name.clone(),
                nisn: student.nisn.clone(),
                has_nik: student.nik_sealed.is_some(),
                nik: open(Purpose::Nik, &student.nik_sealed)?,
                sex: student.sex,
                birth_date: student.birth_date,
                birth_place: student.birth_place.clone(),
                birthday_17: student.birthday_17(self.office.policies().leap_day),
                place: student.place_id.and_then(|place| codes.get(&place).cloned()),
                class: student.class_name.clone(),
                grade: student.grade,
                rt: student.rt.clone(),
                rw: student.rw.clone(),
                kelurahan: student.kelurahan.clone(),
                kecamatan: student.kecamatan.clone(),
                phone: open(Purpose::Phone, &student.phone_sealed)?,
                ever_married: student.ever_married,
                recorded: student.recorded,
                recorded_on: student.recorded_on,
                left_school: student.left_school,
                closed: student.closed_reason,
                closed_on: student.closed_on,
                merged_into: student.merged_into,
                import: student.import_id,
                import_row: origin.as_ref().map(|origin| origin.row),
                import_sheet: origin.and_then(|origin| origin.sheet),
                sources: Sources::of(student),
                cards: cards.remove(&student.id).unwrap_or_default(),
                consents: consents.remove(&student.id).unwrap_or_default(),
                chats: chats.get(&student.id.0).copied().unwrap_or_default(),
            })
        };
        students.iter().map(show).collect()
    }
}

/// Puts what only the duplicate had into the kept one's particulars.
fn fill(kept: &mut Particulars, other: Particulars) {
    kept.place_id = kept.place_id.or(other.place_id);
    kept.nisn = kept.nisn.take().or(other.nisn);
    kept.nik = kept.nik.take().or(other.nik);
    kept.sex = kept.sex.or(other.sex);
    kept.birth_place = kept.birth_place.take().or(other.birth_place);
    kept.class_name = kept.class_name.take().or(other.class_name);
    kept.grade = kept.grade.or(other.grade);
    kept.rt = kept.rt.take().or(other.rt);
    kept.rw = kept.rw.take().or(other.rw);
    kept.kelurahan = kept.kelurahan.take().or(other.kelurahan);
    kept.kecamatan = kept.kecamatan.take().or(other.kecamatan);
    kept.phone = kept.phone.take().or(other.phone);
}

fn nik_message(error: &NikError) -> String {
    format!("the NIK is not taken: {error}")
}
