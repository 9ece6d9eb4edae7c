//! Which place each row belongs to: the one that was said, the one that the row names, or the one that the file names.

use std::collections::HashMap;

use crate::place::{Place, PlaceId, PlaceKind};
use crate::roster::parse::check::RosterRow;
use crate::roster::parse::field::Field;
use crate::roster::parse::layout::{Layout, Layouts};
use crate::roster::parse::preamble::Preamble;
use crate::student::name_key;

const NOT_SAID: &str = "the file does not say which school it is from; import it with --place CODE";

/// The register of places as a file is held against it.
pub(super) struct Places {
    all: Vec<Place>,
    at: HashMap<PlaceId, usize>,
    by_code: HashMap<String, usize>,
    /// Villages by name; two of one name are in neither.
    villages: HashMap<String, Option<usize>>,
    fixed: Option<usize>,
    /// What each sheet says.
    sheets: Vec<SheetPlace>,
}

/// What a sheet says of its school.
struct SheetPlace {
    /// What the rows above the header say, or why they say nothing.
    named: Result<usize, String>,
    names_school: bool,
    /// Whether there is a column for it.
    rows_name_schools: bool,
}

impl Places {
    pub(super) fn new(all: Vec<Place>, fixed: Option<&Place>, layouts: &Layouts) -> Self {
        let sheet = |layout: &Layout| SheetPlace {
            named: named_by_the_file(&all, &layout.preamble),
            names_school: layout.preamble.school.is_some(),
            rows_name_schools: layout.columns.contains_key(&Field::Npsn),
        };
        let at: HashMap<PlaceId, usize> = all.iter().enumerate().map(|(at, place)| (place.id, at)).collect();
        let mut villages = HashMap::new();
        for (at, place) in all.iter().enumerate().filter(|(_, place)| place.kind == PlaceKind::Village) {
            villages.entry(name_key(&place.name)).and_modify(|one| *one = None).or_insert(Some(at));
        }
        Self {
            by_code: all.iter().enumerate().map(|(at, place)| (place.code.clone(), at)).collect(),
            fixed: fixed.and_then(|place| at.get(&place.id).copied()),
            sheets: layouts.iter().map(sheet).collect(),
            villages,
            at,
            all,
        }
    }

    pub(super) fn get(&self, id: PlaceId) -> Option<&Place> {
        self.at.get(&id).map(|at| &self.all[*at])
    }

    pub(super) fn is_school(&self, id: PlaceId) -> bool {
        self.get(id).is_some_and(|place| place.kind == PlaceKind::School)
    }

    /// The schools that the rows above a header name, as far as they are in the register.
    pub(super) fn named(&self) -> impl Iterator<Item = PlaceId> {
        self.sheets.iter().filter_map(|sheet| sheet.named.as_ref().ok()).map(|at| self.all[*at].id)
    }

    /// The other place that a row names than the one that was said.
    pub(super) fn other_than_said(&self, row: &RosterRow) -> Option<PlaceId> {
        let at = *self.by_code.get(row.npsn.as_ref()?)?;
        self.fixed.filter(|said| *said != at).map(|_| self.all[at].id)
    }

    /// Whether the row's sheet has a column that names each row's school.
    pub(super) fn rows_name_schools(&self, row: &RosterRow) -> bool {
        self.sheet(row).is_some_and(|sheet| sheet.rows_name_schools)
    }

    fn sheet(&self, row: &RosterRow) -> Option<&SheetPlace> {
        self.sheets.get(row.row.sheet())
    }

    /// The row's place, or what to do about it.
    pub(super) fn of(&self, row: &RosterRow) -> Result<PlaceId, String> {
        let named = |sheet: &SheetPlace| sheet.named.clone();
        let named = self.sheet(row).map_or_else(|| Err(NOT_SAID.to_owned()), named);
        let at = match (self.fixed, &row.npsn) {
            (Some(at), _) => at,
            (None, Some(code)) => *self.by_code.get(code).ok_or_else(|| {
                format!("no place has the code {code}; add it with `siap17 place import`, or import with --place")
            })?,
            // Where rows name their schools, one that names none is of none.
            (None, None) if self.rows_name_schools(row) && named.is_err() && self.village(row).is_none() => {
                return Err(
                    "the row does not say which school it is of; write the school's NPSN, or import with --place"
                        .into(),
                );
            }
            (None, None) => match self.village(row) {
                Some(at) => at,
                None => named?,
            },
        };
        Ok(self.all[at].id)
    }

    /// Where no school is named, a row of youths out of school belongs to the village that it names.
    fn village(&self, row: &RosterRow) -> Option<usize> {
        let name = row.kelurahan.as_ref().filter(|_| self.sheet(row).is_none_or(|sheet| !sheet.names_school))?;
        self.villages.get(&name_key(name)).copied().flatten()
    }
}

/// The school that the rows above the header name, if exactly one in the register fits.
fn named_by_the_file(all: &[Place], preamble: &Preamble) -> Result<usize, String> {
    let Some(school) = &preamble.school else {
        return Err(NOT_SAID.into());
    };
    let near = |a: &str, b: &str| name_key(a) == name_key(b);
    let fits = |place: &Place| {
        let kecamatan = match (&place.kecamatan, &preamble.kecamatan) {
            (Some(ours), Some(theirs)) => near(ours, theirs),
            _ => true,
        };
        near(&place.name, school) && kecamatan
    };
    let mut found = all.iter().enumerate().filter(|(_, place)| fits(place));
    match (found.next(), found.next()) {
        (Some((at, _)), None) => Ok(at),
        (Some(_), Some(_)) => Err(format!("several places are named \"{school}\"; import the file with --place CODE")),
        (None, _) => Err(format!(
            "no place is named \"{school}\"; import the file with --place CODE, or add the school with `siap17 place import`"
        )),
    }
}
