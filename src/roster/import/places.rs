//! Which place each row belongs to: the one that was said, the one that the row names, or the one that the file names.

use std::collections::HashMap;

use crate::place::{Place, PlaceId, PlaceKind};
use crate::roster::parse::check::RosterRow;
use crate::roster::parse::field::Field;
use crate::roster::parse::layout::{Layout, Layouts};
use crate::roster::parse::preamble::Preamble;
use crate::roster::parse::school::SchoolName;
use crate::student::name_key;

const NOT_SAID: &str = "the file does not say which school it is from; import it with --place CODE";

/// So many schools' names are looked up for one file; there are not as many schools in a country's province.
const MOST_NAMES: usize = 5_000;

/// The register of places as a file is held against it.
pub(super) struct Places {
    all: Vec<Place>,
    at: HashMap<PlaceId, usize>,
    by_code: HashMap<String, usize>,
    /// Each place's name as it is compared, and a school's as schools' are.
    names: Vec<(String, Option<SchoolName>)>,
    /// Villages by name; two of one name are in neither.
    villages: HashMap<String, Option<usize>>,
    fixed: Option<usize>,
    /// What each sheet says.
    sheets: Vec<SheetPlace>,
    /// What school names in rows were found to mean.
    meant: HashMap<String, Meant>,
}

/// What a sheet says of its school.
struct SheetPlace {
    /// What the rows above the header say, or why they say nothing.
    named: Result<usize, String>,
    /// A school that they name and that is neither the said place nor anywhere in the register.
    stranger: Option<String>,
    names_school: bool,
    /// Whether there is a column for it.
    rows_name_schools: bool,
}

/// What a school's name means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meant {
    Place(usize),
    Several,
    Nobody,
}

/// Where a row belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// To the place that was said, or to the one that it or its file names.
    Here(PlaceId),
    /// It names another school of the register than the one that was said.
    Others(PlaceId),
}

impl Places {
    pub(super) fn new(all: Vec<Place>, fixed: Option<&Place>, layouts: &Layouts) -> Self {
        let at: HashMap<PlaceId, usize> = all.iter().enumerate().map(|(at, place)| (place.id, at)).collect();
        let mut villages = HashMap::new();
        for (at, place) in all.iter().enumerate().filter(|(_, place)| place.kind == PlaceKind::Village) {
            villages.entry(name_key(&place.name)).and_modify(|one| *one = None).or_insert(Some(at));
        }
        let school = |place: &Place| (place.kind == PlaceKind::School).then(|| SchoolName::new(&place.name));
        let mut places = Self {
            by_code: all.iter().enumerate().map(|(at, place)| (place.code.clone(), at)).collect(),
            names: all.iter().map(|place| (name_key(&place.name), school(place))).collect(),
            fixed: fixed.and_then(|place| at.get(&place.id).copied()),
            sheets: Vec::new(),
            meant: HashMap::new(),
            villages,
            at,
            all,
        };
        places.sheets = layouts.iter().map(|layout| places.said_by(layout)).collect();
        places
    }

    fn said_by(&self, layout: &Layout) -> SheetPlace {
        let named = self.named_by_the_file(&layout.preamble);
        let Preamble { npsn, school, .. } = &layout.preamble;
        let is_here = self.fixed.is_some_and(|fixed| named.as_ref() == Ok(&fixed));
        // Of several of one name, the one that was said may well be meant.
        let is_said = |school: &String| match self.meant_by(school) {
            Meant::Several => true,
            Meant::Place(at) => Some(at) == self.fixed,
            Meant::Nobody => false,
        };
        let stranger = school.clone().filter(|school| named.is_err() && !is_said(school));
        let stranger = npsn.as_ref().filter(|code| !self.by_code.contains_key(*code) && !is_here).cloned().or(stranger);
        SheetPlace {
            named,
            stranger,
            names_school: school.is_some() || npsn.is_some(),
            rows_name_schools: [Field::Npsn, Field::SchoolName].iter().any(|field| layout.columns.contains_key(field)),
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

    /// Each sheet (from 0) whose rows above the header name a school that nobody knows, while another place was said: the
    /// school.
    pub(super) fn strangers(&self) -> impl Iterator<Item = (usize, &str)> {
        let is_school = self.fixed.is_some_and(|fixed| self.all[fixed].kind == PlaceKind::School);
        let sheets = self.sheets.iter().enumerate().filter(move |_| is_school);
        sheets.filter_map(|(at, sheet)| Some((at, sheet.stranger.as_deref()?)))
    }

    /// Whether the row's sheet has a column that names each row's school.
    pub(super) fn rows_name_schools(&self, row: &RosterRow) -> bool {
        self.sheet(row).is_some_and(|sheet| sheet.rows_name_schools)
    }

    /// Whether the row itself names the place that was said.
    pub(super) fn names_what_was_said(&mut self, row: &RosterRow) -> bool {
        self.fixed.is_some_and(|fixed| self.named_by_row(row) == Some(Meant::Place(fixed)))
    }

    /// The name of the row's school, if nobody knows it while a place was said.
    pub(super) fn unknown_school<'r>(&mut self, row: &'r RosterRow) -> Option<&'r str> {
        self.fixed?;
        let is_unknown = self.named_by_row(row) == Some(Meant::Nobody);
        row.npsn.as_deref().or(row.school_name.as_deref()).filter(|_| is_unknown)
    }

    fn sheet(&self, row: &RosterRow) -> Option<&SheetPlace> {
        self.sheets.get(row.row.sheet())
    }

    /// What the row's own columns say: the number goes before the name.
    fn named_by_row(&mut self, row: &RosterRow) -> Option<Meant> {
        if let Some(code) = &row.npsn {
            return Some(self.by_code.get(code).map_or(Meant::Nobody, |at| Meant::Place(*at)));
        }
        let name = row.school_name.as_ref()?;
        if let Some(meant) = self.meant.get(name) {
            return Some(*meant);
        }
        if self.meant.len() >= MOST_NAMES {
            return Some(Meant::Nobody);
        }
        let meant = self.meant_by(name);
        self.meant.insert(name.clone(), meant);
        Some(meant)
    }

    /// The row's place, or what to do about it.
    pub(super) fn of(&mut self, row: &RosterRow) -> Result<Whose, String> {
        let own = self.named_by_row(row);
        let named = self.sheet(row).map_or_else(|| Err(NOT_SAID.to_owned()), |sheet| sheet.named.clone());
        if let Some(said) = self.fixed {
            let is_school = self.all[said].kind == PlaceKind::School;
            let other = match own {
                Some(Meant::Place(at)) => Some(at),
                // What stands above a list of a village's youths is whoever made it.
                None => named.ok().filter(|_| is_school),
                Some(Meant::Several | Meant::Nobody) => None,
            };
            return Ok(match other.filter(|at| *at != said) {
                Some(at) => Whose::Others(self.all[at].id),
                None => Whose::Here(self.all[said].id),
            });
        }
        let at = match (own, &row.npsn, &row.school_name) {
            (Some(Meant::Place(at)), ..) => at,
            (Some(_), Some(code), _) => {
                return Err(format!(
                    "no place has the code {code}; add it with `siap17 place import`, or import with --place"
                ));
            }
            (Some(meant), None, Some(name)) => return Err(why_not(name, meant)),
            // Where rows name their schools, one that names none is of none.
            _ if self.rows_name_schools(row) && named.is_err() && self.village(row).is_none() => {
                return Err(
                    "the row does not say which school it is of; write the school's NPSN, or import with --place"
                        .into(),
                );
            }
            _ => match self.village(row) {
                Some(at) => at,
                None => named?,
            },
        };
        Ok(Whose::Here(self.all[at].id))
    }

    /// Where no school is named, a row of youths out of school belongs to the village that it names.
    fn village(&self, row: &RosterRow) -> Option<usize> {
        let name = row.kelurahan.as_ref().filter(|_| self.sheet(row).is_none_or(|sheet| !sheet.names_school))?;
        self.villages.get(&name_key(name)).copied().flatten()
    }

    /// The place that a name means: the one of just this name, else the one that was said if its name may be meant, else the only
    /// one whose name may be.
    fn meant_by(&self, name: &str) -> Meant {
        self.meant_among(name, |_| true)
    }

    fn meant_among(&self, name: &str, is_near: impl Fn(&Place) -> bool) -> Meant {
        let only = |mut found: Box<dyn Iterator<Item = usize> + '_>| match (found.next(), found.next()) {
            (Some(at), None) => Meant::Place(at),
            (Some(_), Some(_)) => Meant::Several,
            (None, _) => Meant::Nobody,
        };
        let (plain, school) = (name_key(name), SchoolName::new(name));
        let near = |at: &usize| is_near(&self.all[*at]);
        let all = || (0..self.all.len()).filter(near);
        let schools = || all().filter_map(|at| Some((at, self.names[at].1.as_ref()?)));
        let named = only(Box::new(all().filter(|at| self.names[*at].0 == plain)));
        if named != Meant::Nobody {
            return named;
        }
        let same = only(Box::new(schools().filter(|(_, other)| **other == school).map(|(at, _)| at)));
        if same != Meant::Nobody {
            return same;
        }
        let may_be = |at: usize| self.names[at].1.as_ref().is_some_and(|name| name.may_be(&school));
        match self.fixed.filter(|fixed| may_be(*fixed)) {
            Some(fixed) => Meant::Place(fixed),
            None => only(Box::new(schools().filter(|(_, other)| other.may_be(&school)).map(|(at, _)| at))),
        }
    }

    /// The school that the rows above the header name, if exactly one in the register fits.
    fn named_by_the_file(&self, preamble: &Preamble) -> Result<usize, String> {
        if let Some(at) = preamble.npsn.as_ref().and_then(|code| self.by_code.get(code)) {
            return Ok(*at);
        }
        let Some(school) = &preamble.school else {
            return Err(NOT_SAID.into());
        };
        let is_near = |place: &Place| match (&place.kecamatan, &preamble.kecamatan) {
            (Some(ours), Some(theirs)) => name_key(ours) == name_key(theirs),
            _ => true,
        };
        match self.meant_among(school, is_near) {
            Meant::Place(at) => Ok(at),
            meant => Err(why_not(school, meant)),
        }
    }
}

/// Why a school's name leads to no place.
fn why_not(school: &str, meant: Meant) -> String {
    match meant {
        Meant::Several => format!("several places are named \"{school}\"; import the file with --place CODE"),
        Meant::Place(_) | Meant::Nobody => format!(
            "no place is named \"{school}\"; import the file with --place CODE, or add the school with `siap17 place import`"
        ),
    }
}
