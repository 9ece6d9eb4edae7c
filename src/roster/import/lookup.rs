//! Whom a batch's rows may mean, looked up with a few statements.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDate;

use super::changes;
use super::gate::Share;
use super::incoming::{Placed, Target};
use super::matching::Known;
use crate::db::{DbError, Tx};
use crate::nik::Nik;
use crate::office::OfficeId;
use crate::place::PlaceId;
use crate::roster::ids::ImportId;
use crate::student::{self, Student, StudentId, name_key};

/// So many times over somebody may have been merged and is still found.
const MOST_MERGES: usize = 5;

/// Counts the open students of places that the file names for the first time.
pub(super) async fn count_known(
    tx: &mut Tx,
    shares: &mut HashMap<PlaceId, Share>,
    rows: &[Placed],
) -> Result<(), DbError> {
    for one in rows {
        if let std::collections::hash_map::Entry::Vacant(entry) = shares.entry(one.place) {
            let (known, ever) = student::count_at(tx, one.place).await?;
            entry.insert(Share { known, has_students: ever > 0, ..Share::default() });
        }
    }
    Ok(())
}

/// Everyone whom the rows may mean, looked up from the surest name to the least sure one.
pub(super) async fn candidates(
    tx: &mut Tx,
    office: OfficeId,
    shares: &HashMap<PlaceId, Share>,
    rows: &[Placed],
) -> Result<Known, DbError> {
    let mut known = Known::default();
    let niks: Vec<&[u8]> = rows.iter().filter_map(|one| one.sealed.nik_index.as_deref()).collect();
    for student in student::with_niks(tx, &niks).await? {
        known.add(student);
    }
    // Most rows of a list that comes again are settled by their NIK. The other names are less sure and dearer to look up, so
    // that only the rest is looked for by them, instead of all rows by everything at once.
    let open: Vec<&Placed> = rows
        .iter()
        .filter(|one| !one.sealed.nik_index.as_ref().is_some_and(|index| known.is_settled_by_nik(&one.row, index)))
        .collect();
    let nisns: Vec<&str> = open.iter().filter_map(|one| one.row.nisn.as_deref()).collect();
    let mut found = student::with_nisns(tx, office, &nisns).await?;
    for (place, days) in birth_dates(shares, &open) {
        found.extend(student::born_at(tx, place, &days).await?);
    }
    let keys: Vec<String> = open.iter().map(|one| name_key(&one.row.name)).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    found.extend(student::with_names(tx, office, &keys).await?);
    for student in found {
        known.add(student);
    }
    // Whoever was kept of two may have been merged later, too: each round follows one step.
    for _ in 0..MOST_MERGES {
        let kept = known.kept_elsewhere();
        if kept.is_empty() {
            break;
        }
        for student in student::with_ids(tx, &kept).await? {
            known.add(student);
        }
    }
    Ok(known)
}

/// The rows' birth dates by place, where a place ever had students to compare them with.
fn birth_dates(shares: &HashMap<PlaceId, Share>, rows: &[&Placed]) -> BTreeMap<PlaceId, Vec<NaiveDate>> {
    let mut days: BTreeMap<PlaceId, Vec<NaiveDate>> = BTreeMap::new();
    for one in rows.iter().filter(|one| shares.get(&one.place).is_none_or(|share| share.has_students)) {
        days.entry(one.place).or_default().push(one.row.birth_date);
    }
    for days in days.values_mut() {
        days.sort_unstable();
        days.dedup();
    }
    days
}

/// Rows whose person came with an import that was undone, by the row's stored number: they get their ID back.
pub(super) async fn revivable(
    tx: &mut Tx,
    to: Target<'_>,
    rows: &[Placed],
) -> Result<HashMap<i32, StudentId>, DbError> {
    let keys = |Placed { place, row, .. }: &Placed| {
        let person = student::TombstoneKey {
            nik: row.nik.as_ref().map(Nik::digits),
            nisn: row.nisn.as_deref(),
            name: &row.name,
            born: row.birth_date,
            place: Some(*place),
        };
        (row.row.number(), person.keys(to.vault, to.office))
    };
    let named: Vec<(i32, Vec<Vec<u8>>)> = rows.iter().map(keys).collect();
    student::revivable(tx, &named).await
}

/// Which candidates another place than theirs has listed: a list that names them again says nothing new about where they are.
pub(super) async fn listed_before(
    tx: &mut Tx,
    import: ImportId,
    shares: &HashMap<PlaceId, Share>,
    known: &Known,
) -> Result<HashSet<(PlaceId, StudentId)>, DbError> {
    // Of a file of one place, whoever is there already cannot be claimed by two.
    let is_there = |one: &Student| shares.len() == 1 && one.place_id.is_some_and(|place| shares.contains_key(&place));
    let ids: Vec<StudentId> = known.all().filter(|one| !is_there(one)).map(|one| one.id).collect();
    changes::listed(tx, import, &ids).await
}
