//! Whom a batch's rows may mean, looked up with a few statements.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;

use super::changes;
use super::gate::Share;
use super::incoming::{Placed, Rejected, Target};
use super::matching::{Known, may_be_one};
use crate::db::{DbError, Tx};
use crate::nik::Nik;
use crate::office::OfficeId;
use crate::place::PlaceId;
use crate::roster::ids::ImportId;
use crate::student::{self, Namesake, Student, StudentId, name_key};

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
    // A tenth of a regency is called by a few thousand names: a name alone would read everyone who has it.
    let named: BTreeSet<(String, NaiveDate)> =
        open.iter().map(|one| (name_key(&one.row.name), one.row.birth_date)).collect();
    let (keys, days): (Vec<String>, Vec<NaiveDate>) = named.into_iter().unzip();
    found.extend(student::named_and_born(tx, office, &keys, &days).await?);
    let alike = alike(tx, office, shares, &open).await?;
    found.extend(student::with_ids(tx, &alike).await?);
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

/// Whoever has a birth date and place as a row has them, and a name that may be meant by the row's.
async fn alike(
    tx: &mut Tx,
    office: OfficeId,
    shares: &HashMap<PlaceId, Share>,
    rows: &[&Placed],
) -> Result<Vec<StudentId>, DbError> {
    let mut names: BTreeMap<(PlaceId, NaiveDate), Vec<&str>> = BTreeMap::new();
    // Where a place never had students, there is nobody to compare with.
    for one in rows.iter().filter(|one| shares.get(&one.place).is_none_or(|share| share.has_students)) {
        names.entry((one.place, one.row.birth_date)).or_default().push(&one.row.name);
    }
    let (places, days): (Vec<PlaceId>, Vec<NaiveDate>) = names.keys().copied().unzip();
    let mut listed = student::born_at(tx, office, &places, &days).await?;
    listed.sort_unstable_by_key(|one| one.id);
    let is_meant = |one: &Namesake| {
        let names = names.get(&(one.place_id, one.birth_date)).into_iter().flatten();
        names.into_iter().any(|name| may_be_one(&one.name, name))
    };
    Ok(listed.iter().filter(|one| is_meant(one)).map(|one| one.id).collect())
}

/// Of the places' known students those whom rejected rows name by NIK, NISN or name: such a row cannot be read as a student, and
/// yet it says that they are on the list.
pub(super) async fn named_by_rejected(
    tx: &mut Tx,
    to: Target<'_>,
    rejected: &[Rejected],
) -> Result<Vec<StudentId>, DbError> {
    if rejected.is_empty() {
        return Ok(Vec::new());
    }
    let index = |one: &Rejected| Some(student::nik_index(to.vault, to.office, one.nik.as_ref()?));
    let niks: Vec<Vec<u8>> = rejected.iter().filter_map(index).collect();
    let niks: Vec<&[u8]> = niks.iter().map(Vec::as_slice).collect();
    let nisns: Vec<&str> = rejected.iter().filter_map(|one| one.nisn.as_deref()).collect();
    let keys: Vec<String> = rejected.iter().filter_map(|one| Some(name_key(one.name.as_deref()?))).collect();
    let mut seen: Vec<StudentId> = student::with_niks(tx, &niks).await?.iter().map(|one| one.id).collect();
    seen.extend(student::with_nisns(tx, to.office, &nisns).await?.iter().map(|one| one.id));
    seen.extend(student::with_names(tx, to.office, &keys).await?);
    Ok(seen)
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
