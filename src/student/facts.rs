//! A student's facts as a whole: kept for putting them back, or only named.

use chrono::{Datelike, NaiveDate};
use sha2::{Digest, Sha256};

use super::Student;

/// A student's stored facts as text, sealed values still sealed, for putting them back later.
#[must_use]
pub fn snapshot(student: &Student) -> String {
    serde_json::to_string(student).unwrap_or_default()
}

/// Names the state of a student's facts without keeping it: equal facts, and only those, give equal bytes.
#[must_use]
pub fn fingerprint(student: &Student) -> Vec<u8> {
    let Student { id, office_id, place_id, nisn, nik_sealed, nik_index, name, sex, birth_date, .. } = student;
    let Student { birth_place, class_name, grade, rt, rw, kelurahan, kecamatan, phone_sealed, .. } = student;
    let Student { ever_married, recorded, recorded_on, recording_id, left_school, closed_reason, closed_on, .. } =
        student;
    let Student { merged_into, import_id, import_row, sources, created_at, .. } = student;
    let mut facts = Sha256::new();
    let mut put = |fact: Option<&[u8]>| match fact {
        Some(bytes) => {
            facts.update(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes());
            facts.update(bytes);
        }
        None => facts.update([0xff; 4]),
    };
    for uuid in
        [Some(id.0), Some(office_id.0), place_id.map(|id| id.0), *recording_id, merged_into.map(|id| id.0), *import_id]
    {
        put(uuid.as_ref().map(|uuid| uuid.as_bytes().as_slice()));
    }
    for text in [nisn, birth_place, class_name, rt, rw, kelurahan, kecamatan, sources] {
        put(text.as_deref().map(str::as_bytes));
    }
    put(Some(name.as_bytes()));
    for sealed in [nik_sealed, nik_index, phone_sealed] {
        put(sealed.as_deref());
    }
    let number = |date: &NaiveDate| date.num_days_from_ce();
    let numbers = [
        Some(number(birth_date)),
        recorded_on.as_ref().map(number),
        closed_on.as_ref().map(number),
        *grade,
        *import_row,
        sex.map(|sex| sex as i32),
        Some(*recorded as i32),
        closed_reason.map(|reason| reason as i32),
        Some(i32::from(*ever_married) + 2 * i32::from(*left_school)),
    ];
    for number in numbers {
        put(number.map(i32::to_le_bytes).as_ref().map(<[u8; 4]>::as_slice));
    }
    put(Some(&created_at.timestamp_micros().to_le_bytes()));
    facts.finalize()[..16].to_vec()
}
