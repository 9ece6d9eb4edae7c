//! What an import is given: for whom, which file, and its rows with their numbers sealed.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use sha2::{Digest, Sha256};

use crate::age::LeapDayRule;
use crate::clock::Clock;
use crate::nik::Nik;
use crate::office::OfficeId;
use crate::place::{Place, PlaceId};
use crate::roster::ids::ImportId;
use crate::roster::parse::census::Totals;
use crate::roster::parse::check::{Checked, Numbers, RosterRow};
use crate::roster::parse::layout::Layouts;
use crate::vault::Vault;

/// The office's side of an import.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    pub clock: &'a Clock,
    pub vault: &'a Vault,
    pub office: OfficeId,
    pub today: NaiveDate,
    pub leap_day: LeapDayRule,
    pub actor: &'a str,
}

/// A file and where its students are, as far as the sender said.
#[derive(Debug, Clone)]
pub struct Incoming<'a> {
    pub name: &'a str,
    /// SHA-256 of its bytes: the very same file brings nothing new.
    pub hash: &'a [u8],
    pub layouts: &'a Layouts,
    /// Sheets that were left out.
    pub copies: &'a [String],
    pub totals: Totals,
    /// From `--place`, the inbox folder or the sender's account.
    pub place: Option<&'a Place>,
    /// All rows or none.
    pub strict: bool,
    /// The parked import that a person has let pass.
    pub accepted: Option<ImportId>,
    /// Of what that one is a part; nothing else is taken of the file then.
    pub part: Option<PartOf>,
    /// Whose rows turned out not to look right when the file was gone through before, and why.
    pub doubted: &'a BTreeMap<PlaceId, String>,
    /// Whether rows that name another school than `place` go there all the same, as a person has decided.
    pub place_holds: bool,
}

/// One place's rows of a file whose others were taken before.
#[derive(Debug, Clone, Copy)]
pub struct PartOf {
    /// The import that took the others.
    pub whole: ImportId,
    pub place: PlaceId,
}

/// A checked row with its numbers as they are stored.
#[derive(Debug)]
pub struct Prepared {
    pub checked: Checked,
    pub sealed: Sealed,
}

/// What of a row is kept sealed, and by what its NIK is found. Sealing takes longer than reading, so it is done beside.
#[derive(Debug, Default)]
pub struct Sealed {
    pub nik_index: Option<Vec<u8>>,
    pub nik: Option<Vec<u8>>,
    pub phone: Option<Vec<u8>>,
}

/// By what a row that was not read as a student may still name somebody.
pub(super) struct Rejected {
    pub nik: Option<Nik>,
    pub nisn: Option<String>,
    pub name: Option<String>,
}

impl Rejected {
    pub(super) fn new(numbers: Numbers, name: Option<String>) -> Self {
        let nik = numbers.nik.and_then(|number| Nik::parse(&format!("{number:016}")).ok());
        Self { nik, nisn: numbers.nisn.map(|number| format!("{number:010}")), name }
    }
}

/// Names a file by its content.
#[must_use]
pub fn hash_of(bytes: &[u8]) -> Vec<u8> {
    Sha256::digest(bytes).to_vec()
}

/// An accepted row with its place.
pub(super) struct Placed {
    pub place: PlaceId,
    pub row: RosterRow,
    pub sealed: Sealed,
    pub numbers: Numbers,
    pub is_repeated: bool,
    /// Whether the date in the NIK is not the birth date.
    pub dates_differ: bool,
}
