//! What is read of a student, and by which names school systems and schools call it.

use std::collections::BTreeMap;

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
    /// The grade, where it stands beside the class.
    Grade,
    /// The school's name, where each row names its school.
    SchoolName,
    Rt,
    Rw,
    Kelurahan,
    Kecamatan,
    Phone,
    Status,
    /// What the school notes of a student (`Keterangan`).
    Remark,
    LeftReason,
    LeftOn,
}

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
    /// Every field, in the order in which people are told of them.
    pub(super) const ALL: [Self; 19] = [
        Self::Npsn,
        Self::Nisn,
        Self::Nik,
        Self::Name,
        Self::Sex,
        Self::BirthPlace,
        Self::BirthDate,
        Self::ClassName,
        Self::Grade,
        Self::SchoolName,
        Self::Rt,
        Self::Rw,
        Self::Kelurahan,
        Self::Kecamatan,
        Self::Phone,
        Self::Status,
        Self::Remark,
        Self::LeftReason,
        Self::LeftOn,
    ];

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
            Self::Grade => "tingkat",
            Self::SchoolName => "nama_sekolah",
            Self::Rt => "rt",
            Self::Rw => "rw",
            Self::Kelurahan => "kelurahan",
            Self::Kecamatan => "kecamatan",
            Self::Phone => "hp",
            Self::Status => "status",
            Self::Remark => "keterangan",
            Self::LeftReason => "keluar_karena",
            Self::LeftOn => "tanggal_keluar",
        }
    }
}

impl std::str::FromStr for Field {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = || Self::ALL.into_iter();
        known().find(|field| field.name() == text).ok_or_else(|| {
            let names: Vec<&str> = known().map(Self::name).collect();
            format!("'{text}' is none of our columns: {}", names.join(", "))
        })
    }
}

/// A header's text as compared: lower case, words of letters and digits with one space between.
pub(in crate::roster) fn normalised(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    spaced.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}
