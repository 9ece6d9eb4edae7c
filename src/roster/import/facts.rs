//! A student's facts after a row that means them.

use chrono::NaiveDate;

use super::incoming::Sealed;
use super::matching::{Matched, closing_reason};
use crate::place::PlaceId;
use crate::roster::parse::check::RosterRow;
use crate::student::Student;
use crate::vault::{Purpose, Vault, VaultError};

/// Fills in what the row says, over what is known. An empty cell erases nothing, and the birth date and NIK of a known student
/// stay until a person settles them.
///
/// Returns the names of the fields that changed.
pub(super) fn fill(
    vault: &Vault,
    student: &mut Student,
    place: PlaceId,
    row: &RosterRow,
    sealed: Sealed,
    matched: &Matched,
) -> Result<Vec<&'static str>, VaultError> {
    let mut changed = Vec::new();
    let padded = |value: Option<u16>| value.map(|value| format!("{value:03}"));
    put(&mut student.place_id, Some(place), "place", &mut changed);
    put(&mut student.nisn, row.nisn.clone(), "nisn", &mut changed);
    if student.name != row.name && !matched.keeps_name {
        student.name.clone_from(&row.name);
        changed.push("name");
    }
    put(&mut student.sex, row.sex, "sex", &mut changed);
    put(&mut student.birth_place, row.birth_place.clone(), "birth_place", &mut changed);
    put(&mut student.class_name, row.class_name.clone(), "class_name", &mut changed);
    put(&mut student.grade, row.grade.map(i32::from), "grade", &mut changed);
    put(&mut student.rt, padded(row.rt), "rt", &mut changed);
    put(&mut student.rw, padded(row.rw), "rw", &mut changed);
    put(&mut student.kelurahan, row.kelurahan.clone(), "kelurahan", &mut changed);
    put(&mut student.kecamatan, row.kecamatan.clone(), "kecamatan", &mut changed);
    if student.nik_sealed.is_none() && sealed.nik.is_some() && !matched.without_nik {
        student.nik_sealed = sealed.nik;
        student.nik_index = sealed.nik_index;
        changed.push("nik");
    }
    if let Some(phone) = &row.phone {
        // Sealing the same number twice gives different bytes, so that what was sealed is compared and not how.
        let known = student.phone_sealed.as_deref().map(|sealed| vault.open_text(Purpose::Phone, sealed));
        if known.transpose()?.is_none_or(|known| *known != *phone) {
            student.phone_sealed = sealed.phone;
            changed.push("phone");
        }
    }
    Ok(changed)
}

fn put<T: PartialEq>(old: &mut Option<T>, new: Option<T>, name: &'static str, changed: &mut Vec<&'static str>) {
    if new.is_some() && *old != new {
        *old = new;
        changed.push(name);
    }
}

/// Lets a student go whom the row says to have left: over to the village list, and the case is closed where the reason closes
/// it.
///
/// Returns whether anything changed.
pub(super) fn leave(student: &mut Student, row: &RosterRow, today: NaiveDate) -> bool {
    let Some(left) = &row.left else { return false };
    let mut changed = !student.left_school;
    student.left_school = true;
    if student.closed_reason.is_none()
        && let Some(reason) = closing_reason(left.reason.as_deref())
    {
        student.closed_reason = Some(reason);
        student.closed_on = Some(left.on.unwrap_or(today));
        changed = true;
    }
    changed
}
