//! What stands above a roster's header, and in its file's name.

use std::ops::Range;

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
            for text in (0..row.width()).map(|column| row.text(column)).filter(|text| !text.is_empty()) {
                if std::mem::take(&mut after_title) && !text.contains(':') {
                    preamble.school = Some(text.into());
                } else if matches!(normalised(text).as_str(), "daftar peserta didik" | "daftar peserta didik keluar") {
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

/// The class that a row names within the columns `range`: `Kelas : XI IPA 2`, in one cell or in three.
pub(super) fn class_of(row: &Row, range: &Range<usize>) -> Option<String> {
    let end = range.end.min(row.width());
    let mut texts = (range.start..end).map(|column| row.text(column)).filter(|text| !text.is_empty());
    while let Some(text) = texts.next() {
        let (title, behind) = text.split_once(':').unwrap_or((text, ""));
        if CLASS_TITLES.contains(&normalised(title).as_str()) {
            let bare = |text: &'_ str| text.trim_matches([':', ' ']).to_owned();
            let named = Some(bare(behind)).filter(|named| !named.is_empty());
            let named = named.or_else(|| texts.map(bare).find(|named| !named.is_empty()))?;
            return grade(&named).map(|_| without_niks(&named));
        }
    }
    None
}

/// The class that a title names: `DAFTAR SISWA KELAS XI IPA 2 TAHUN PELAJARAN 2026/2027`.
pub(super) fn class_in_title(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let bare = |word: &str| normalised(word);
    let at = words.iter().position(|word| matches!(bare(word).as_str(), "kelas" | "kls" | "rombel"))?;
    let is_end = |word: &&&str| {
        let word = bare(word);
        let is_year = word.split(' ').any(|part| part.len() == 4 && part.bytes().all(|byte| byte.is_ascii_digit()));
        is_year
            || matches!(
                word.as_str(),
                "tahun"
                    | "th"
                    | "thn"
                    | "semester"
                    | "tp"
                    | "t p"
                    | "ta"
                    | "sma"
                    | "smk"
                    | "ma"
                    | "sman"
                    | "smkn"
                    | "man"
                    | "di"
            )
    };
    let named: Vec<&str> = words[at + 1..].iter().take_while(|word| !is_end(word)).copied().collect();
    let named = named.join(" ");
    let named = named.trim_matches([':', ' ', '-', ',']);
    (is_class(named)).then(|| without_niks(named))
}

/// The class that a text by itself names: `XI IPA 2`, `Kelas XI IPA 2`.
pub(super) fn class_named(text: &str) -> Option<String> {
    class_in_title(text).or_else(|| is_class(text).then(|| without_niks(text.trim())))
}

/// Whether a short text is nothing but a class: `XI IPA 2`, and not `XI IPA 2 Count` or `Kelas XI s.d. XII`.
fn is_class(text: &str) -> bool {
    const MORE_THAN_ONE: [&str; 14] = [
        "count",
        "total",
        "jumlah",
        "sd",
        "s",
        "dan",
        "sampai",
        "semua",
        "siswa",
        "orang",
        "rekap",
        "laki",
        "perempuan",
        "hadir",
    ];
    let words = normalised(text);
    let is_short = !text.is_empty() && text.chars().count() <= 30 && words.split(' ').count() <= 6;
    is_short && grade(text).is_some() && !words.split(' ').any(|word| MORE_THAN_ONE.contains(&word))
}
