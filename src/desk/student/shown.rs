//! A student as people see it.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::Serialize;
use uuid::Uuid;

use crate::card::{self, CardFacts};
use crate::db::Tx;
use crate::desk::context::{Desk, Done};
use crate::link;
use crate::nik::Sex;
use crate::place::{self, PlaceId};
use crate::roster::ids::ImportId;
use crate::roster::review::history;
use crate::student::{self, ClosedReason, Consent, Recorded, Sources, Student, StudentError, StudentId};
use crate::vault::Purpose;

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

impl Desk {
    pub(super) async fn shown(&self, tx: &mut Tx, student: &Student, with_nik: bool) -> Done<Shown> {
        let shown = self.shown_all(tx, std::slice::from_ref(student), with_nik).await?;
        shown.into_iter().next().ok_or_else(|| StudentError::Unknown(student.id.to_string()).into())
    }

    /// Students as people see them, in the same order: a few statements, however many they are.
    pub(super) async fn shown_all(&self, tx: &mut Tx, students: &[Student], with_nik: bool) -> Done<Vec<Shown>> {
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
