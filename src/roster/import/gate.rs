//! Whether a file looks like the roster of the place it is to be imported for. Pure. What does not is kept aside for a person:
//! a wrong `--place`, a sheet with one column sorted, an export of another school.

use std::collections::{BTreeMap, HashMap};

use crate::place::PlaceId;
use crate::roster::parse::census::Totals;

/// A school with so many open students is known well enough to compare a list with.
const KNOWN: usize = 10;
/// A list shorter than this is a supplement, not a roster.
const SHORTEST_LIST: usize = 10;
/// From so many open students on, a supplement is so small a part of the school that it may be a list cut off.
const LARGE_SCHOOL: usize = 100;
/// Fewer newcomers than this come in the middle of a year without anything being said of it.
const FEW_NEWCOMERS: usize = 5;
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
    pub with_nik: usize,
    /// NIKs whose date is not the row's birth date.
    pub nik_dates_differ: usize,
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

/// What becomes of a file.
pub(super) enum Verdict {
    Applied,
    /// It waits or is refused as a whole, as its report says.
    Whole,
    /// These places' rows wait, and why.
    Doubtful(BTreeMap<PlaceId, String>),
}

fn is_share(part: usize, whole: usize, percent: usize) -> bool {
    part * 100 >= whole * percent
}

/// Whether so many rows that name another school make a list that school's.
#[must_use]
pub fn is_anothers(rows: usize, of: usize) -> bool {
    rows > 0 && is_share(rows, of, OTHERS)
}

/// What speaks against a place's part of a file; `is_school` since lists of villages come in parts, `names_it` if the file says
/// itself that it is from there.
#[must_use]
pub fn suspicion(share: &Share, is_school: bool, names_it: bool) -> Option<Suspicion> {
    let Share { known, rows, here, elsewhere, contradicting, with_nik, nik_dates_differ, .. } = share;
    if let Some(shuffled) = dates_differ(*with_nik, *nik_dates_differ) {
        return Some(shuffled);
    }
    if *contradicting >= CONTRADICTIONS && is_share(*contradicting, *rows, CONTRADICTING) {
        return Some(Suspicion::Shuffled { rows: *contradicting, of: *rows });
    }
    if !is_school {
        return None;
    }
    let most = elsewhere.iter().max_by_key(|(place, count)| (**count, **place));
    if let Some((place, count)) = most
        && *count >= CONTRADICTIONS
        && is_share(*count, *rows, OTHERS)
    {
        return Some(Suspicion::OtherPlace { place: *place, rows: *count, of: *rows });
    }
    // An export that names this school may well be a new cohort's alone.
    let is_known = *known >= KNOWN && *rows >= SHORTEST_LIST && !names_it;
    (is_known && !is_share(*here, *rows, LEAST_KNOWN)).then_some(Suspicion::FewKnown {
        here: *here,
        rows: *rows,
        known: *known,
    })
}

/// What of a list that passes is still worth a look: it can hardly be the list of the whole school.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// A few rows for a school of hundreds.
    Tiny { rows: usize, known: usize },
    /// Nobody of it is known, though the school is.
    Strangers { rows: usize, known: usize },
}

/// What is said of a list that passes. A few newcomers of a school are a list, too, so that it is only said.
#[must_use]
pub fn doubt(share: &Share, is_school: bool) -> Option<Doubt> {
    let Share { known, rows, here, elsewhere, .. } = share;
    if !is_school || *known < KNOWN {
        None
    } else if *rows < SHORTEST_LIST && *known >= LARGE_SCHOOL {
        Some(Doubt::Tiny { rows: *rows, known: *known })
    } else if *rows >= FEW_NEWCOMERS && *here == 0 && elsewhere.is_empty() {
        Some(Doubt::Strangers { rows: *rows, known: *known })
    } else {
        None
    }
}

fn dates_differ(with_nik: usize, differ: usize) -> Option<Suspicion> {
    let shuffled = with_nik >= SHORTEST_LIST && is_share(differ, with_nik, DATES_DIFFER);
    shuffled.then_some(Suspicion::Shuffled { rows: differ, of: with_nik })
}

/// What speaks against a file as a whole, before it is held against anybody; `is_new` if none of its places is known.
#[must_use]
pub fn suspicion_of_file(totals: Totals, is_new: bool) -> Option<Suspicion> {
    let Totals { rows, rejected, .. } = totals;
    let is_no_roster = is_new && rows >= SHORTEST_LIST && is_share(rejected, rows, REJECTED);
    is_no_roster.then_some(Suspicion::Rejected { rejected, rows })
}

/// What speaks against the rows of several places together, each of which has too few to say anything.
#[must_use]
pub fn suspicion_of_rest<'a>(shares: impl Iterator<Item = &'a Share>) -> Option<Suspicion> {
    let add = |sum: (usize, usize), one: &Share| (sum.0 + one.with_nik, sum.1 + one.nik_dates_differ);
    let (with_nik, differ) = shares.fold((0, 0), add);
    dates_differ(with_nik, differ)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(known: usize, rows: usize, here: usize) -> Share {
        Share { known, rows, here, ..Share::default() }
    }

    #[test]
    fn a_known_schools_list_must_name_its_students() {
        assert_eq!(suspicion(&share(300, 300, 200), true, false), None, "a new school year");
        assert!(matches!(suspicion(&share(300, 300, 0), true, false), Some(Suspicion::FewKnown { .. })));
        assert_eq!(suspicion(&share(300, 300, 0), true, true), None, "a new cohort's own export");
        assert_eq!(suspicion(&share(300, 3, 0), true, false), None, "a supplement");
        assert_eq!(suspicion(&share(0, 300, 0), true, false), None, "a new school");
        assert_eq!(suspicion(&share(300, 300, 0), false, false), None, "a village's list comes in parts");
    }

    #[test]
    fn another_schools_students_and_shuffled_columns_are_told() {
        let other = PlaceId(uuid::Uuid::from_u128(7));
        let mut list = share(0, 10, 0);
        list.elsewhere.insert(other, 8);
        assert_eq!(suspicion(&list, true, false), Some(Suspicion::OtherPlace { place: other, rows: 8, of: 10 }));
        let mut list = share(20, 20, 20);
        list.contradicting = 4;
        assert_eq!(suspicion(&list, true, false), None);
        list.contradicting = 19;
        assert_eq!(suspicion(&list, true, false), Some(Suspicion::Shuffled { rows: 19, of: 20 }));
    }

    #[test]
    fn a_new_places_file_must_be_readable_and_its_niks_must_fit() {
        let totals = |rows, rejected, with_nik, nik_dates_differ| Totals { rows, rejected, with_nik, nik_dates_differ };
        assert!(matches!(suspicion_of_file(totals(40, 30, 0, 0), true), Some(Suspicion::Rejected { .. })));
        assert_eq!(suspicion_of_file(totals(40, 30, 0, 0), false), None);
        let niks = |with_nik, nik_dates_differ| Share { with_nik, nik_dates_differ, ..Share::default() };
        assert_eq!(suspicion(&niks(800, 75), true, false), None, "as measured in a real school");
        assert!(matches!(suspicion(&niks(40, 38), true, true), Some(Suspicion::Shuffled { .. })));
        assert_eq!(suspicion(&niks(4, 4), true, true), None);
        assert!(
            suspicion_of_rest([niks(4, 4), niks(5, 4), niks(6, 6)].iter()).is_some(),
            "too few of each, together enough"
        );
    }

    #[test]
    fn a_few_rows_for_a_large_school_and_nobody_known_are_said_and_pass() {
        assert_eq!(doubt(&share(412, 3, 3), true), Some(Doubt::Tiny { rows: 3, known: 412 }));
        assert_eq!(doubt(&share(30, 6, 0), true), Some(Doubt::Strangers { rows: 6, known: 30 }));
        assert_eq!(
            doubt(&share(300, 120, 0), true),
            Some(Doubt::Strangers { rows: 120, known: 300 }),
            "if it names the school"
        );
        for (known, rows, here) in [(30, 3, 0), (30, 9, 1), (412, 300, 200), (0, 300, 0), (9, 9, 0)] {
            assert_eq!(doubt(&share(known, rows, here), true), None, "{known} {rows} {here}");
        }
        assert_eq!(doubt(&share(412, 3, 0), false), None, "a village's list comes in parts");
    }
}
