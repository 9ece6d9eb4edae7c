//! Whether a file looks like the roster of the place it is to be imported for. Pure. What does not is kept aside for a person:
//! a wrong `--place`, a sheet with one column sorted, an export of another school.

use std::collections::HashMap;

use crate::place::PlaceId;
use crate::roster::parse::census::Totals;

/// A school with so many open students is known well enough to compare a list with.
const KNOWN: usize = 10;
/// A list shorter than this is a supplement, not a roster.
const SHORTEST_LIST: usize = 10;
/// Of a known school's list, at least this share must be its students, in percent; two new cohorts at once are more.
const LEAST_KNOWN: usize = 20;
/// From this share of students who are listed by one other school, a list is the other school's, in percent.
const OTHERS: usize = 60;
/// From so many rows, and this share in percent, that contradict our records, columns were shuffled.
const CONTRADICTIONS: usize = 5;
const CONTRADICTING: usize = 20;
/// From this share of rejected rows, in percent, a new place's file is no roster.
const REJECTED: usize = 50;
/// From this share of NIKs with another birth date than the row's, in percent, columns were shuffled; a real school had 9.4.
const DATES_DIFFER: usize = 50;

/// What a place's rows came to.
#[derive(Debug, Clone, Default)]
pub struct Share {
    /// Open students of the place before the import.
    pub known: usize,
    /// Whether the place ever had students: then names are looked for among them.
    pub has_students: bool,
    pub rows: usize,
    /// Rows about students of this place.
    pub here: usize,
    /// Rows about students of other places who did not move up a grade since.
    pub elsewhere: HashMap<PlaceId, usize>,
    /// Rows whose NIK or NISN is somebody's whose name or birth date is another.
    pub contradicting: usize,
}

/// Why a file does not look right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Suspicion {
    FewKnown {
        here: usize,
        rows: usize,
        known: usize,
    },
    /// The file itself names another school of the register.
    NamesOther(PlaceId),
    OtherPlace {
        place: PlaceId,
        rows: usize,
        of: usize,
    },
    Shuffled {
        rows: usize,
        of: usize,
    },
    Rejected {
        rejected: usize,
        rows: usize,
    },
}

fn is_share(part: usize, whole: usize, percent: usize) -> bool {
    part * 100 >= whole * percent
}

/// Whether so many rows that name another school make a list that school's.
#[must_use]
pub fn is_anothers(rows: usize, of: usize) -> bool {
    rows > 0 && is_share(rows, of, OTHERS)
}

/// What the file itself says of where it is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    Nothing,
    ThisPlace,
    Other(PlaceId),
}

/// What speaks against a place's part of a file; `is_school` since lists of villages come in parts.
#[must_use]
pub fn suspicion(share: &Share, is_school: bool, named: Named) -> Option<Suspicion> {
    let Share { known, rows, here, elsewhere, contradicting, .. } = share;
    if *contradicting >= CONTRADICTIONS && is_share(*contradicting, *rows, CONTRADICTING) {
        return Some(Suspicion::Shuffled { rows: *contradicting, of: *rows });
    }
    if !is_school {
        return None;
    }
    if let Named::Other(place) = named {
        return Some(Suspicion::NamesOther(place));
    }
    let most = elsewhere.iter().max_by_key(|(place, count)| (**count, **place));
    if let Some((place, count)) = most
        && *count >= CONTRADICTIONS
        && is_share(*count, *rows, OTHERS)
    {
        return Some(Suspicion::OtherPlace { place: *place, rows: *count, of: *rows });
    }
    // An export that names this school may well be a new cohort's alone.
    let is_known = *known >= KNOWN && *rows >= SHORTEST_LIST && named != Named::ThisPlace;
    (is_known && !is_share(*here, *rows, LEAST_KNOWN)).then_some(Suspicion::FewKnown {
        here: *here,
        rows: *rows,
        known: *known,
    })
}

/// What speaks against a file as a whole, before it is held against anybody; `is_new` if none of its places is known.
#[must_use]
pub fn suspicion_of_file(totals: Totals, is_new: bool) -> Option<Suspicion> {
    let Totals { rows, rejected, with_nik, nik_dates_differ } = totals;
    if is_new && rows >= SHORTEST_LIST && is_share(rejected, rows, REJECTED) {
        return Some(Suspicion::Rejected { rejected, rows });
    }
    let shuffled = with_nik >= SHORTEST_LIST && is_share(nik_dates_differ, with_nik, DATES_DIFFER);
    shuffled.then_some(Suspicion::Shuffled { rows: nik_dates_differ, of: with_nik })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(known: usize, rows: usize, here: usize) -> Share {
        Share { known, rows, here, ..Share::default() }
    }

    #[test]
    fn a_known_schools_list_must_name_its_students() {
        assert_eq!(suspicion(&share(300, 300, 200), true, Named::Nothing), None, "a new school year");
        assert!(matches!(suspicion(&share(300, 300, 0), true, Named::Nothing), Some(Suspicion::FewKnown { .. })));
        assert_eq!(suspicion(&share(300, 300, 0), true, Named::ThisPlace), None, "a new cohort's own export");
        let other = PlaceId(uuid::Uuid::from_u128(7));
        assert_eq!(suspicion(&share(0, 5, 0), true, Named::Other(other)), Some(Suspicion::NamesOther(other)));
        assert_eq!(suspicion(&share(300, 3, 0), true, Named::Nothing), None, "a supplement");
        assert_eq!(suspicion(&share(0, 300, 0), true, Named::Nothing), None, "a new school");
        assert_eq!(suspicion(&share(300, 300, 0), false, Named::Nothing), None, "a village's list comes in parts");
    }

    #[test]
    fn another_schools_students_and_shuffled_columns_are_told() {
        let other = PlaceId(uuid::Uuid::from_u128(7));
        let mut list = share(0, 10, 0);
        list.elsewhere.insert(other, 8);
        assert_eq!(
            suspicion(&list, true, Named::Nothing),
            Some(Suspicion::OtherPlace { place: other, rows: 8, of: 10 })
        );
        let mut list = share(20, 20, 20);
        list.contradicting = 4;
        assert_eq!(suspicion(&list, true, Named::Nothing), None);
        list.contradicting = 19;
        assert_eq!(suspicion(&list, true, Named::Nothing), Some(Suspicion::Shuffled { rows: 19, of: 20 }));
    }

    #[test]
    fn a_new_places_file_must_be_readable_and_its_niks_must_fit() {
        let totals = |rows, rejected, with_nik, nik_dates_differ| Totals { rows, rejected, with_nik, nik_dates_differ };
        assert!(matches!(suspicion_of_file(totals(40, 30, 0, 0), true), Some(Suspicion::Rejected { .. })));
        assert_eq!(suspicion_of_file(totals(40, 30, 0, 0), false), None);
        assert_eq!(suspicion_of_file(totals(817, 0, 800, 75), true), None, "as measured in a real school");
        assert!(matches!(suspicion_of_file(totals(40, 0, 40, 38), false), Some(Suspicion::Shuffled { .. })));
    }
}
