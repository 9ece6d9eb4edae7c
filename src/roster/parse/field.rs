//! What is read of a student, and by which names school systems and schools call it.

use std::collections::BTreeMap;

/// A name shorter than this must be written exactly; a longer one may have one slip (`Keluarahan`), but never that of a
/// number by which people are known: `NIS siswa` is no `NIK siswa`.
const FORGIVING_LENGTH: usize = 8;

/// What is read of a student, and nothing else: never religion, parents, bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    Npsn,
    Nisn,
    Nik,
    Name,
    Sex,
    BirthPlace,
    BirthDate,
    ClassName,
    /// The school's name, where each row names its school.
    SchoolName,
    Rt,
    Rw,
    Kelurahan,
    Kecamatan,
    Phone,
    Status,
    LeftReason,
    LeftOn,
}

/// One column for birth place and date, as in lists that people write themselves.
const BOTH: [&str; 5] =
    ["tempat tanggal lahir", "tempat tgl lahir", "tempat dan tanggal lahir", "tmp tgl lahir", "ttl"];
/// Each field's names, normalised, the best first.
pub(super) const NAMES: [(Field, &[&str]); 17] = [
    (Field::Npsn, &["npsn", "npsn sekolah", "kode sekolah"]),
    (Field::Nisn, &["nisn", "no nisn", "nomor induk siswa nasional"]),
    (
        Field::Nik,
        &[
            "nik",
            "nik siswa",
            "nik peserta didik",
            "no nik",
            "nomor nik",
            "nomor induk kependudukan",
            "no ktp",
            "no ktp nik",
            "no nik ktp",
            "nik ktp",
        ],
    ),
    (Field::Name, &["nama", "nama lengkap", "nama siswa", "nama peserta didik", "nama lengkap siswa", "nama pd"]),
    (Field::Sex, &["jk", "l p", "jenis kelamin", "kelamin", "gender"]),
    (Field::BirthPlace, &["tempat lahir", "tmp lahir", "tmpt lahir", BOTH[0], BOTH[1], BOTH[2], BOTH[3], BOTH[4]]),
    (Field::BirthDate, &["tanggal lahir", "tgl lahir", "tgllahir", BOTH[0], BOTH[1], BOTH[2], BOTH[3], BOTH[4]]),
    (
        Field::ClassName,
        &["rombel saat ini", "rombel", "tingkat rombel", "rombongan belajar", "nama rombel", "kelas rombel", "kelas"],
    ),
    (Field::SchoolName, &["nama sekolah", "sekolah", "nama satuan pendidikan", "satuan pendidikan"]),
    (Field::Rt, &["rt"]),
    (Field::Rw, &["rw"]),
    (Field::Kelurahan, &["kelurahan", "desa kelurahan", "kelurahan desa", "kel desa", "desa kel", "desa"]),
    (Field::Kecamatan, &["kecamatan", "kec"]),
    (Field::Phone, &["hp", "no hp", "nomor hp", "no telepon", "nomor telepon", "telepon", "no telp", "no wa"]),
    (Field::Status, &["status", "status siswa", "status peserta didik"]),
    (Field::LeftReason, &["keluar karena", "alasan keluar"]),
    (Field::LeftOn, &["tanggal keluar", "tgl keluar"]),
];

/// Odd headers that somebody explained once: which of our columns a header means.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Headings(BTreeMap<String, Field>);

impl Headings {
    /// Remembers that `title` means `field`.
    pub fn add(&mut self, title: &str, field: Field) {
        self.0.insert(normalised(title), field);
    }

    /// Each header as it is compared, and what it means.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Field)> {
        self.0.iter().map(|(title, field)| (title.as_str(), *field))
    }

    /// What a header means, if somebody said.
    pub(super) fn meaning(&self, name: &str) -> Option<Field> {
        self.0.get(name).copied()
    }
}

impl Field {
    /// The column's name in our own CSV (`docs`), and in everything that names a column to us.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Npsn => "npsn",
            Self::Nisn => "nisn",
            Self::Nik => "nik",
            Self::Name => "nama",
            Self::Sex => "jk",
            Self::BirthPlace => "tempat_lahir",
            Self::BirthDate => "tanggal_lahir",
            Self::ClassName => "rombel",
            Self::SchoolName => "nama_sekolah",
            Self::Rt => "rt",
            Self::Rw => "rw",
            Self::Kelurahan => "kelurahan",
            Self::Kecamatan => "kecamatan",
            Self::Phone => "hp",
            Self::Status => "status",
            Self::LeftReason => "keluar_karena",
            Self::LeftOn => "tanggal_keluar",
        }
    }
}

impl std::str::FromStr for Field {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = || NAMES.iter().map(|(field, _)| *field);
        known().find(|field| field.name() == text).ok_or_else(|| {
            let names: Vec<&str> = known().map(Self::name).collect();
            format!("'{text}' is none of our columns: {}", names.join(", "))
        })
    }
}

/// How well a column's name fits: its place in the list of names, slips last.
pub(super) fn rank(field: Field, name: &str, names: &[&str]) -> Option<usize> {
    names.iter().position(|known| *known == name).or_else(|| {
        let forgiving = !matches!(field, Field::Npsn | Field::Nisn | Field::Nik);
        let slip =
            |known: &&str| forgiving && known.len() >= FORGIVING_LENGTH && strsim::osa_distance(known, name) == 1;
        names.iter().position(slip).map(|place| names.len() + place)
    })
}

/// A header's text as compared: lower case, words of letters and digits with one space between.
pub(in crate::roster) fn normalised(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    spaced.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}
