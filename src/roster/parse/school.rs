//! Which school a text names, and whether two spellings are one school: `SMA Negeri 1 Mataram`, `SMAN 1 Mataram` and
//! `SMA N 1 MATARAM` are.

use super::field::normalised;
use super::values;
use crate::roster::sheet::cell::Row;

/// What kinds of schools are called, in short.
const KINDS: [&str; 12] = ["sma", "smk", "ma", "mak", "slb", "smalb", "smplb", "sdlb", "smp", "mts", "pkbm", "skb"];
/// The same written as one word with *negeri* or *swasta*, or in full.
const SHORT: [(&str, &[&str]); 12] = [
    ("sman", &["sma", "n"]),
    ("smas", &["sma"]),
    ("smkn", &["smk", "n"]),
    ("smks", &["smk"]),
    ("man", &["ma", "n"]),
    ("mas", &["ma"]),
    ("slbn", &["slb", "n"]),
    ("slbs", &["slb"]),
    ("smpn", &["smp", "n"]),
    ("mtsn", &["mts", "n"]),
    ("negeri", &["n"]),
    ("no", &[]),
];
const IN_FULL: [(&[&str], &str); 5] = [
    (&["sekolah", "menengah", "atas"], "sma"),
    (&["sekolah", "menengah", "kejuruan"], "smk"),
    (&["sekolah", "luar", "biasa"], "slb"),
    (&["madrasah", "aliyah"], "ma"),
    (&["pusat", "kegiatan", "belajar", "masyarakat"], "pkbm"),
];
/// Words that tell no school from another.
const IDLE: [&str; 12] =
    ["upt", "uptd", "swasta", "kota", "kab", "kabupaten", "kec", "kecamatan", "di", "dan", "sekolah", "the"];
/// Words behind which a title no longer names the school.
const BEHIND: [&str; 27] = [
    "tahun",
    "th",
    "thn",
    "ta",
    "tp",
    "semester",
    "kelas",
    "kls",
    "rombel",
    "jurusan",
    "program",
    "alamat",
    "npsn",
    "nss",
    "nsm",
    "jl",
    "jalan",
    "jln",
    "tanggal",
    "tgl",
    "per",
    "periode",
    "angkatan",
    "dan",
    "se",
    "sekota",
    "sederajat",
];
/// Words before a school's name that say that the list is not of this school, or that a person is meant.
const OF_OTHERS: [&str; 12] =
    ["kepala", "asal", "wali", "ketua", "guru", "alumni", "dari", "menuju", "ke", "calon", "pengawas", "bendahara"];
/// A shorter name must be written exactly.
const FORGIVING_LENGTH: usize = 12;

/// A school's name as it is compared: its kind, and the words that tell it from others.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::roster) struct SchoolName {
    kind: Option<&'static str>,
    words: Vec<String>,
}

impl SchoolName {
    pub(in crate::roster) fn new(name: &str) -> Self {
        let text = normalised(name);
        let mut words: Vec<String> = Vec::new();
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            // `SMAN1`
            let digits = word.find(|c: char| c.is_ascii_digit()).unwrap_or(word.len());
            let (letters, number) = word.split_at(digits);
            match SHORT.iter().find(|(short, _)| *short == letters) {
                Some((_, whole)) => words.extend(whole.iter().map(|word| (*word).to_owned())),
                None if !letters.is_empty() => words.push(letters.to_owned()),
                None => {}
            }
            if !number.is_empty() {
                words.push(number.trim_start_matches('0').to_owned());
            }
        }
        for (whole, short) in IN_FULL {
            if let Some(at) = words.windows(whole.len()).position(|part| part == whole) {
                words.splice(at..at + whole.len(), [short.to_owned()]);
            }
        }
        words.retain(|word| !IDLE.contains(&word.as_str()));
        let kind = KINDS.into_iter().find(|kind| words.first().is_some_and(|first| first == kind));
        // `SMA S Contoh`
        if kind.is_some() && words.get(1).is_some_and(|word| word == "s") {
            words.remove(1);
        }
        Self { kind, words }
    }

    /// Whether there is anything by which the school is told from others of its kind.
    fn is_one(&self) -> bool {
        self.words.iter().any(|word| word != "n" && Some(word.as_str()) != self.kind)
    }

    /// Whether the two may be one school: one leaves words out, or there is a slip of the pen in it; never two kinds, or two
    /// numbers.
    pub(in crate::roster) fn may_be(&self, other: &Self) -> bool {
        if self.kind != other.kind || self.numbers() != other.numbers() {
            return false;
        }
        let (less, more) = if self.words.len() <= other.words.len() { (self, other) } else { (other, self) };
        let leaves_out = less.is_one() && less.words.iter().all(|word| more.words.contains(word));
        let (left, right) = (self.words.join(" "), other.words.join(" "));
        leaves_out || (left.len().min(right.len()) >= FORGIVING_LENGTH && strsim::osa_distance(&left, &right) <= 1)
    }

    fn numbers(&self) -> Vec<&str> {
        let is_number = |word: &&str| word.starts_with(|c: char| c.is_ascii_digit());
        self.words.iter().map(String::as_str).filter(is_number).collect()
    }
}

/// The school that a title names: `DAFTAR SISWA SMAN 1 MATARAM TAHUN PELAJARAN 2026/2027` → `SMAN 1 MATARAM`.
pub(super) fn named_in_title(text: &str) -> Option<&str> {
    let mut begins = None;
    let mut end = text.len();
    let mut at = 0;
    for piece in text.split_inclusive(char::is_whitespace) {
        let (start, word) = (at, piece.trim_end());
        at += piece.len();
        let key = normalised(word);
        if begins.is_some() {
            let is_year = key.len() >= 4 && key.bytes().take(4).all(|byte| byte.is_ascii_digit());
            if is_year || word.contains(['/', '(', ':']) || BEHIND.contains(&key.as_str()) {
                end = start;
                break;
            }
            if word.ends_with([',', ';']) {
                end = start + word.len();
                break;
            }
        } else if OF_OTHERS.contains(&key.as_str()) {
            return None;
        } else if is_kind(word, &key) {
            begins = Some(start);
        }
    }
    let name = text.get(begins?..end)?.trim_matches(|c: char| !c.is_alphanumeric());
    SchoolName::new(name).is_one().then_some(name)
}

/// Whether a word begins a school's name. `Ma` and `Man` are people, too.
fn is_kind(word: &str, key: &str) -> bool {
    let letters = key.trim_end_matches(|c: char| c.is_ascii_digit());
    let is_short = KINDS.contains(&letters) || SHORT[..10].iter().any(|(short, _)| *short == letters);
    is_short && word.chars().filter(|c| c.is_alphabetic()).all(char::is_uppercase) || matches!(letters, "sman" | "smkn")
}

/// The school's number that a row above the header says: `NPSN : 50200001`, in one cell or in several.
pub(super) fn npsn_of(row: &Row) -> Option<String> {
    let texts: Vec<String> = (0..row.width()).filter_map(|column| values::text(row.cell(column))).collect();
    let at = texts.iter().position(|text| normalised(text).split(' ').any(|word| word == "npsn"))?;
    let upper = texts[at].to_uppercase();
    let behind = upper.split_once("NPSN").map_or("", |(_, behind)| behind).to_owned();
    let mut texts = std::iter::once(behind).chain(texts[at + 1..].iter().map(|text| text.to_uppercase()));
    texts.find_map(|text| {
        let word = text.split(|c: char| !c.is_ascii_alphanumeric()).find(|word| !word.is_empty())?;
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        (word.len() == 8 && digits >= 7).then(|| word.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_school_are_one() {
        let key = SchoolName::new;
        for name in
            ["SMA Negeri 1 Mataram", "SMA N 1 MATARAM", "SMAN1 Mataram", "Sekolah Menengah Atas Negeri 01 Kota Mataram"]
        {
            assert_eq!(key(name), key("SMAN 1 Mataram"), "{name}");
        }
        assert_eq!(key("SMKS Contoh & Rekaan"), key("SMK Contoh dan Rekaan"));
        assert_eq!(key("Madrasah Aliyah Negeri 2"), key("MAN 2"));
        assert!(key("SMAN 1").may_be(&key("SMAN 1 Mataram")));
        assert!(key("SMA Contoh Rekan Bangsa").may_be(&key("SMA Contoh Rekaan Bangsa")));
    }

    #[test]
    fn another_number_kind_or_name_is_another_school() {
        let key = SchoolName::new;
        for (one, other) in [
            ("SMAN 1 Mataram", "SMAN 2 Mataram"),
            ("SMAN 1 Mataram", "SMAN 11 Mataram"),
            ("SMK Contoh Rekaan", "SMA Contoh Rekaan"),
            ("SMA Negeri", "SMAN 1 Mataram"),
            ("SMK Harapan Rekaan", "SMK Contoh Fiktif"),
            ("SMA", "SMA Contoh"),
        ] {
            assert!(!key(one).may_be(&key(other)), "{one} and {other}");
        }
    }

    #[test]
    fn titles_name_schools_with_words_around_them() {
        for (title, school) in [
            ("DAFTAR SISWA SMAN 1 MATARAM TAHUN PELAJARAN 2026/2027", Some("SMAN 1 MATARAM")),
            ("Data Peserta Didik SMA Contoh Rekaan, Kota Mataram", Some("SMA Contoh Rekaan")),
            ("SMKN 3 Rekaan", Some("SMKN 3 Rekaan")),
            ("DAFTAR SISWA SMA TAHUN 2026", None),
            ("DATA SISWA SMA/SMK/MA SE-KOTA", None),
            ("Kepala SMA Contoh", None),
            ("Alumni SMA Contoh", None),
            ("Nama Man Contoh", None),
            ("", None),
        ] {
            assert_eq!(named_in_title(title), school, "{title}");
        }
    }

    proptest::proptest! {
        #[test]
        fn whatever_stands_above_a_list_is_read_without_harm(text in "\\PC{0,60}") {
            if let Some(name) = named_in_title(&text) {
                proptest::prop_assert!(text.contains(name));
            }
            let name = SchoolName::new(&text);
            proptest::prop_assert!(!name.is_one() || name.may_be(&name));
        }
    }
}
