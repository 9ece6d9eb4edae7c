//! What stands above a roster's header, and in its file's name.

use chrono::NaiveDateTime;

use super::field::normalised;
use super::school;
use super::values::{grade, without_prefix};
use crate::nik::without_niks;
use crate::roster::sheet::cell::Row;

/// What the names of schools begin with whose students turn 17, normalised.
const SCHOOL_TYPES: [&str; 17] = [
    "sma", "sman", "smas", "smk", "smkn", "smks", "ma", "man", "mas", "mak", "slb", "slbn", "smalb", "pkbm", "skb",
    "madrasah", "sekolah",
];
/// What a class is called above a list.
const CLASS_TITLES: [&str; 4] = ["kelas", "rombel", "rombongan belajar", "kelas rombel"];

/// What the rows above the header (or the file's name) say about the whole.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Preamble {
    pub school: Option<String>,
    /// The school's number (`NPSN : 50200001`).
    pub npsn: Option<String>,
    pub kecamatan: Option<String>,
    /// Regency or city, the latter with its `Kota`.
    pub kabupaten: Option<String>,
    /// The class that the sheet lists (`Kelas : XI IPA 2`).
    pub class_name: Option<String>,
    /// When the roster left the school's system, in the school's local time.
    pub downloaded_at: Option<NaiveDateTime>,
}

impl Preamble {
    pub(super) fn read(above: &[Row], file_name: &str) -> Self {
        let mut preamble = Self::from_file_name(file_name);
        let mut after_title = false;
        let mut written = None;
        let mut in_title = None;
        for row in above {
            preamble.npsn = school::npsn_of(row).or(preamble.npsn);
            preamble.class_name = class_of(row).or(preamble.class_name);
            for text in (0..row.width()).map(|column| row.text(column)).filter(|text| !text.is_empty()) {
                if std::mem::take(&mut after_title) {
                    preamble.school = Some(text.into());
                } else if normalised(text).starts_with("daftar peserta didik") {
                    after_title = true;
                } else if let Some(at) = text.strip_prefix("Tanggal Unduh") {
                    preamble.downloaded_at =
                        moment(at.trim_start_matches([':', ' ']), "%H:%M:%S").or(preamble.downloaded_at);
                } else if text.starts_with("Kec") {
                    preamble.read_area(text);
                } else if written.is_none() && is_school(text) {
                    written = Some(text.to_owned());
                } else if in_title.is_none() {
                    in_title = school::named_in_title(text).map(str::to_owned);
                }
            }
        }
        preamble.school = preamble.school.or(written).or(in_title);
        preamble
    }

    /// `Kecamatan Kec. X, Kabupaten Kab. Y, Provinsi Prov. Z`.
    fn read_area(&mut self, text: &str) {
        for part in text.split(',').map(str::trim) {
            let name = |prefixes: &[&str]| {
                let name = without_prefix(part, prefixes);
                (name != part).then(|| name.to_owned())
            };
            self.kecamatan = name(&["kecamatan", "kec"]).or(self.kecamatan.take());
            self.kabupaten = name(&["kabupaten", "kab"]).or(self.kabupaten.take());
        }
    }

    /// `daftar_pd-{SCHOOL}-{YYYY-MM-DD HH_MM_SS}.xlsx`, perhaps with ` (1)` from a browser.
    fn from_file_name(file_name: &str) -> Self {
        let parts = || {
            let rest = file_name.strip_prefix("daftar_pd-")?;
            let at = rest.char_indices().filter(|(_, c)| *c == '-').find_map(|(at, _)| {
                moment(&rest[at + 1..], "%H_%M_%S").map(|moment| (rest[..at].trim().to_owned(), moment))
            })?;
            Some(at)
        };
        match parts() {
            Some((school, at)) => Self {
                school: Some(school).filter(|school| !school.is_empty()),
                downloaded_at: Some(at),
                ..Self::default()
            },
            None => Self::default(),
        }
    }
}

/// The moment at the head of a text, as `YYYY-MM-DD` and a time.
fn moment(text: &str, time: &str) -> Option<NaiveDateTime> {
    NaiveDateTime::parse_from_str(text.get(..19)?, &format!("%Y-%m-%d {time}")).ok()
}

/// Whether a text by itself names a school, as above lists that people write themselves: `SMAN 1 Mataram`, and not
/// `SMA Tahun Pelajaran 2026/2027`.
fn is_school(text: &str) -> bool {
    let name = normalised(text);
    let words: Vec<&str> = name.split(' ').collect();
    let is_year = |word: &&str| word.len() == 4 && word.bytes().all(|byte| byte.is_ascii_digit());
    let has_year = words.iter().any(is_year);
    words.len() > 1 && words.first().is_some_and(|word| SCHOOL_TYPES.contains(word)) && !has_year
}

/// The class that a row above the header names: `Kelas : XI IPA 2`, in one cell or in two.
fn class_of(row: &Row) -> Option<String> {
    let mut texts = (0..row.width()).map(|column| row.text(column)).filter(|text| !text.is_empty());
    while let Some(text) = texts.next() {
        let (title, behind) = text.split_once(':').unwrap_or((text, ""));
        if CLASS_TITLES.contains(&normalised(title).as_str()) {
            let named = if behind.trim().is_empty() { texts.next()? } else { behind };
            let named = named.trim_start_matches([':', ' ']).trim_end();
            return grade(named).map(|_| without_niks(named));
        }
    }
    None
}
