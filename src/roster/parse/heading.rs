//! What a column's header says, word by word: what stands there (name, NIK, birth …), whose it is (the student's, a parent's), and
//! ornaments that say nothing. Headers are composed by whoever makes a list, so that no list of whole headers is ever complete.

use super::field::{Field, normalised};
use super::lexicon::{Word, exact, glued, word};

/// Nobody heads a column with a longer text, in bytes; a template's instructions may be long.
const LONGEST_TITLE: usize = 300;
/// Nobody heads a column with more words than this; what has more is a sentence.
const MOST_WORDS: usize = 16;

/// What stands in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Field(Field),
    /// Birth place and date in one cell.
    PlaceAndDate,
    FirstName,
    LastName,
    /// Parts of something that the header above names.
    Day,
    Month,
    Year,
    PartDate,
    Place,
    Male,
    Female,
    /// The running number of the row.
    Number,
    /// Only lists of teachers and staff have it.
    Staff,
    /// Only lists of those who left have it.
    Graduation,
    Other,
    /// Words that nobody knows beside one that matters: it must be asked about.
    Unclear(Field),
}

/// A header as it is understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Heading {
    pub what: What,
    /// It says that it is a parent's.
    pub is_parents: bool,
    /// How exactly it says so: of two columns the smaller holds.
    pub rank: u8,
    /// It says only one thing, and says it about the student or about nobody.
    pub is_bare: bool,
}

impl Heading {
    const NOTHING: Self = Self { what: What::Other, is_parents: false, rank: u8::MAX, is_bare: true };

    /// Reads a header.
    pub fn read(title: &str) -> Self {
        if title.is_empty() || title.len() > LONGEST_TITLE {
            return Self::NOTHING;
        }
        let words = words_of(title);
        if words.is_empty() || words.len() > MOST_WORDS {
            return Self::NOTHING;
        }
        let mut known = Vec::with_capacity(words.len());
        let mut unknown = 0;
        for text in &words {
            match word(text).map(|one| vec![one]).or_else(|| glued(text)) {
                Some(parts) if parts.contains(&Word::Instruction) => break,
                Some(parts) => known.extend(parts.into_iter().filter(|part| *part != Word::Ornament)),
                None => unknown += 1,
            }
        }
        Said { words: known, unknown }.heading()
    }
}

/// The words of a header.
struct Said {
    words: Vec<Word>,
    unknown: usize,
}

impl Said {
    fn has(&self, word: Word) -> bool {
        self.words.contains(&word)
    }

    fn any(&self, words: &[Word]) -> bool {
        words.iter().any(|word| self.has(*word))
    }

    fn only(&self, words: &[Word]) -> bool {
        !self.words.is_empty() && self.words.iter().all(|word| words.contains(word))
    }

    fn heading(&self) -> Heading {
        let is_parents = self.has(Word::Parent) && !self.any(&[Word::Class, Word::Rombel]);
        let is_bare = !self.any(&[Word::Student, Word::Citizen, Word::Child]);
        let (what, rank) = self.what();
        let what = match what {
            _ if is_parents => What::Other,
            What::Field(field) if self.unknown > 0 && is_asked_about(field) => What::Unclear(field),
            What::PlaceAndDate if self.unknown > 0 => What::Unclear(Field::BirthDate),
            _ if self.unknown > 0 => What::Other,
            what => what,
        };
        Heading { what, is_parents, rank, is_bare }
    }

    fn what(&self) -> (What, u8) {
        // In this order: what comes first says more surely what the column is.
        let found = self.somebody_elses().or_else(|| self.number()).or_else(|| self.event());
        let found = found.or_else(|| self.sex()).or_else(|| self.class()).or_else(|| self.school());
        let found = found.or_else(|| self.address()).or_else(|| self.name()).or_else(|| self.part());
        found.unwrap_or((What::Other, 0))
    }

    /// What is known to be no field of a student.
    fn somebody_elses(&self) -> Option<(What, u8)> {
        let is_other = self.any(&[Word::Other, Word::Nickname]) && !self.has(Word::Nisn);
        let is_code = self.has(Word::Code) && !self.has(Word::School);
        if is_other || is_code {
            return Some((What::Other, 0));
        }
        if self.has(Word::Teacher) {
            return Some((What::Staff, 0));
        }
        // `Wali Kelas` is a teacher.
        (self.any(&[Word::Rombel, Word::Class]) && self.has(Word::Parent)).then_some((What::Other, 0))
    }

    /// The numbers of schools and people.
    fn number(&self) -> Option<(What, u8)> {
        if self.has(Word::Npsn) || (self.has(Word::Code) && self.has(Word::School)) {
            return Some((What::Field(Field::Npsn), 0));
        }
        if self.has(Word::Nisn) || (self.has(Word::Enrolment) && self.has(Word::National)) {
            return Some((What::Field(Field::Nisn), if self.any(&[Word::Nis, Word::Enrolment]) { 2 } else { 0 }));
        }
        let is_another = self.any(&[Word::Nis, Word::Enrolment, Word::FamilyCard]);
        self.card().or(is_another.then_some((What::Other, 0)))
    }

    /// Birth, leaving, graduation.
    fn event(&self) -> Option<(What, u8)> {
        if self.any(&[Word::Born, Word::BornWhen, Word::BornWhereAndWhen]) {
            return Some(self.birth());
        }
        if self.has(Word::Leaving) {
            let field = self.has(Word::Date).then_some(Field::LeftOn);
            let field = field.or(self.has(Word::Reason).then_some(Field::LeftReason));
            return Some((field.map_or(What::Other, What::Field), 0));
        }
        let when = if self.has(Word::Year) { What::Graduation } else { What::Other };
        self.has(Word::Graduation).then_some((when, 0))
    }

    fn school(&self) -> Option<(What, u8)> {
        if self.has(Word::Former) {
            return Some((What::Other, 0));
        }
        self.has(Word::School).then_some((What::Field(Field::SchoolName), 0))
    }

    /// The number on the KTP.
    fn card(&self) -> Option<(What, u8)> {
        let nik = (What::Field(Field::Nik), 0);
        if self.has(Word::Nik) {
            let is_mixed = self.has(Word::FamilyCard);
            return Some(if is_mixed { (What::Unclear(Field::Nik), 0) } else { nik });
        }
        if self.has(Word::Enrolment) && self.has(Word::Population) {
            return Some(nik);
        }
        (self.has(Word::IdCard) && !self.has(Word::Name)).then_some((What::Field(Field::Nik), 3))
    }

    fn birth(&self) -> (What, u8) {
        let has_date = self.any(&[Word::Date, Word::BornWhen]);
        let has_place = self.any(&[Word::Place, Word::Area, Word::Kelurahan, Word::Kecamatan]);
        if self.has(Word::BornWhereAndWhen) || (has_date && has_place) {
            return (What::PlaceAndDate, 4);
        }
        if has_date {
            return (What::Field(Field::BirthDate), 0);
        }
        if has_place {
            return (What::Field(Field::BirthPlace), 0);
        }
        match (self.has(Word::Day), self.has(Word::Month), self.has(Word::Year)) {
            (false, false, false) => (What::PlaceAndDate, 6),
            (true, true, true) => (What::Field(Field::BirthDate), 0),
            (true, false, false) => (What::Day, 0),
            (false, true, false) => (What::Month, 0),
            (false, false, true) => (What::Year, 0),
            _ => (What::Other, 0),
        }
    }

    fn sex(&self) -> Option<(What, u8)> {
        let is_kind = self.has(Word::Kind) && self.has(Word::Kel);
        let is_both = self.has(Word::Male) && self.has(Word::Female);
        let is_sex = self.has(Word::Sex) || is_kind || is_both;
        if is_sex {
            return Some((What::Field(Field::Sex), 0));
        }
        if self.only(&[Word::Male]) {
            return Some((What::Male, 0));
        }
        self.only(&[Word::Female]).then_some((What::Female, 0))
    }

    fn class(&self) -> Option<(What, u8)> {
        let rank = match () {
            () if self.has(Word::Rombel) => 0,
            () if self.has(Word::Class) && self.has(Word::Final) => 3,
            () if self.has(Word::Class) => 2,
            // A grade alone, for which a class may do.
            () if self.has(Word::Grade) => 5,
            () => return None,
        };
        Some((What::Field(Field::ClassName), rank))
    }

    fn address(&self) -> Option<(What, u8)> {
        let only = |word: Word| self.has(word) && self.only(&[word, Word::Student, Word::Number]);
        let found = match () {
            () if only(Word::Rt) => Field::Rt,
            () if only(Word::Rw) => Field::Rw,
            () if self.has(Word::Kelurahan) => Field::Kelurahan,
            () if self.has(Word::Kecamatan) => Field::Kecamatan,
            () if self.has(Word::Mobile) => Field::Phone,
            () if self.has(Word::Phone) => return Some((What::Field(Field::Phone), 1)),
            () if only(Word::Status) => Field::Status,
            () if only(Word::Remark) => Field::Remark,
            () => return None,
        };
        Some((What::Field(found), 0))
    }

    fn name(&self) -> Option<(What, u8)> {
        let is_student = self.any(&[Word::Student, Word::Citizen]);
        if self.has(Word::Name) && !self.any(&[Word::Place, Word::Area]) {
            return Some(match () {
                () if self.has(Word::First) => (What::FirstName, 0),
                () if self.has(Word::Last) => (What::LastName, 0),
                () if is_student || self.has(Word::Child) => (What::Field(Field::Name), 0),
                () => (What::Field(Field::Name), 2),
            });
        }
        (self.only(&[Word::Student]) && self.unknown == 0).then_some((What::Field(Field::Name), 5))
    }

    /// What only says something together with the header above.
    fn part(&self) -> Option<(What, u8)> {
        let (day, month, year) = (self.any(&[Word::Date, Word::Day]), self.has(Word::Month), self.has(Word::Year));
        let what = match (day, month, year) {
            (true, true, true) => What::PartDate,
            (true, false, false) => What::Day,
            (false, true, false) => What::Month,
            (false, false, true) => What::Year,
            _ if self.only(&[Word::Place, Word::Area]) => What::Place,
            _ if self.only(&[Word::First]) => What::FirstName,
            _ if self.only(&[Word::Last]) => What::LastName,
            _ if self.only(&[Word::Number, Word::Order]) => What::Number,
            _ => return None,
        };
        Some((what, 0))
    }
}

/// Whether a column must be asked about if its header has unknown words: dropped in silence, it would be missed.
fn is_asked_about(field: Field) -> bool {
    matches!(field, Field::Nik | Field::Nisn | Field::BirthDate | Field::BirthPlace | Field::Sex | Field::ClassName)
}

/// The words of a header, in lower case: without what stands in brackets, with letter-spaced words put together, and with the
/// words of `namaLengkap` apart.
fn words_of(title: &str) -> Vec<String> {
    let bare = without_brackets(title);
    let bare = if bare.trim().is_empty() { title.to_owned() } else { bare };
    let mut spaced = String::with_capacity(bare.len() + 8);
    let mut last_is_lower = false;
    for letter in bare.chars() {
        if last_is_lower && letter.is_uppercase() {
            spaced.push(' ');
        }
        last_is_lower = letter.is_lowercase();
        spaced.push(letter);
    }
    let words: Vec<String> =
        normalised(&spaced).split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect();
    let is_letter = |word: &String| word.chars().count() == 1 && word.chars().all(char::is_alphabetic);
    // `N I K` is a word, and so are `L / P` and `J.K.`
    if words.len() > 1 && words.iter().all(is_letter) {
        let word = words.concat();
        if words.len() > 2 || exact(&word).is_some() {
            return vec![word];
        }
    }
    words
}

/// A text without what stands in brackets.
pub(super) fn without_brackets(title: &str) -> String {
    let mut depth = 0_u32;
    let mut bare = String::with_capacity(title.len());
    for letter in title.chars() {
        match letter {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => {
                depth = depth.saturating_sub(1);
                bare.push(' ');
            }
            _ if depth == 0 => bare.push(letter),
            _ => {}
        }
    }
    bare
}

#[cfg(test)]
mod tests {
    use super::*;

    fn what(title: &str) -> What {
        Heading::read(title).what
    }

    #[test]
    fn a_header_is_read_word_by_word() {
        let fields: [(Field, &[&str]); 7] = [
            (
                Field::Name,
                &[
                    "Nama",
                    "NAMA SISWA*",
                    "namaLengkap",
                    "nama_lengkap",
                    "NAMA MURID",
                    "Nama Warga Belajar",
                    "Nama Santri/Santriwati",
                    "Peserta Didik",
                    "Nama (sesuai akta)",
                    "NAMA LENGKAP SESUAI KK",
                    "N A M A",
                    "Nama Wajib KTP",
                    "Full Name",
                    "Nama Lengkap (HURUF KAPITAL)",
                    "Nama Pemohon",
                    "Student's name",
                    "Nama Calon Siswa",
                ],
            ),
            (
                Field::BirthDate,
                &[
                    "Tanggal Lahir",
                    "TGL.LAHIR",
                    "tgllahir",
                    "Tgl/Bln/Thn Lahir",
                    "Tanggal Lahir (YYYY-MM-DD)",
                    "Lahir Tanggal",
                    "DOB",
                    "TANGGAL LAHIR FORMAT\n(DD-MM-YYY) CONTOH (05-06-1990)",
                    "Tgl Lahir Siswa",
                    "Date of Birth",
                    "birthDate",
                    "Tangal Lahir",
                ],
            ),
            (
                Field::Sex,
                &[
                    "JK",
                    "L/P",
                    "P/L",
                    "Jenis Kelamin (L/P)",
                    "Jns. Kel",
                    "J.K.",
                    "Laki-laki/Perempuan",
                    "sex",
                    "jeniskelamin",
                ],
            ),
            (
                Field::Nisn,
                &["NISN", "N I S N", "No Induk Siswa Nasional", "NIS/NISN", "No. Induk / NISN", "NISN (10 digit)"],
            ),
            (
                Field::Nik,
                &[
                    "NIK",
                    "N.I.K",
                    "NIK/KITAS",
                    "No. KTP",
                    "NIK Anak",
                    "Nomor Induk Kependudukan",
                    "NIK (lihat di Kartu Keluarga)",
                ],
            ),
            (
                Field::ClassName,
                &[
                    "Kls.",
                    "Kelas / Jurusan",
                    "Rombongan Belajar",
                    "Nama Kelas",
                    "KELAS AWAL *\n(gunakan nomor\n1-12)",
                    "Grade",
                ],
            ),
            (
                Field::BirthPlace,
                &["Tempat Lhr", "Kab. Lahir", "Tempat Lahir (Kab/Kota)", "Place of Birth", "tempatlahir", "TMPT LHR"],
            ),
        ];
        for (field, titles) in fields {
            for title in titles {
                assert_eq!(what(title), What::Field(field), "{title}");
            }
        }
        for title in
            ["TTL", "Tempat, Tanggal Lahir", "Tmp/Tgl Lahir", "Tempat, Tgl/Bln/Thn Lahir", "TTL Siswa", "Kelahiran"]
        {
            assert_eq!(what(title), What::PlaceAndDate, "{title}");
        }
    }

    #[test]
    fn what_is_somebody_elses_or_something_else_is_no_field() {
        for title in ["Nama Ayah", "NIK Ibu", "Tanggal Lahir Wali", "Nama Orang Tua", "HP Ortu", "Mother's name"] {
            assert!(Heading::read(title).is_parents, "{title}");
            assert_eq!(what(title), What::Other, "{title}");
        }
        for title in [
            "Wali Kelas",
            "Nama Wali Kelas",
            "Sekolah Asal",
            "Nama Panggilan",
            "No Registrasi Akta Lahir",
            "Nomor KK",
            "Anak keberapa",
            "Nomor Induk",
            "Status dalam keluarga",
            "Golongan Darah",
            "Tanggal",
            "Jumlah Siswa",
            "Diterima di kelas",
            "Hobi",
        ] {
            assert!(
                !matches!(what(title), What::Field(_) | What::PlaceAndDate | What::Unclear(_)),
                "{title}: {:?}",
                what(title)
            );
        }
    }

    #[test]
    fn an_unknown_word_beside_one_that_matters_is_asked_about() {
        assert_eq!(what("NIK kucing"), What::Unclear(Field::Nik));
        assert_eq!(what("Tanggal lahir entah"), What::Unclear(Field::BirthDate));
        assert_eq!(what("No. KK / NIK"), What::Unclear(Field::Nik));
        assert_eq!(what("Kucing"), What::Other);
    }

    #[test]
    fn the_more_specific_column_wins() {
        let rank = |title: &str| Heading::read(title).rank;
        assert!(rank("Nama Siswa") < rank("Nama"));
        assert!(rank("Rombel") < rank("Kelas"));
        assert!(rank("Kelas") < rank("Tingkat"));
        assert!(rank("Tanggal Lahir") < rank("Tempat, Tanggal Lahir"));
        assert!(rank("NISN") < rank("NIS/NISN"));
    }

    proptest::proptest! {
        #[test]
        fn ornaments_change_nothing(
            before in proptest::sample::select(vec!["", "* ", "No. ", " "]),
            behind in proptest::sample::select(vec!["", " *", " (wajib)", "\n(diisi sesuai KK)", " :", " saat ini", "(16)", " FORMAT TEKS"]),
            title in proptest::sample::select(vec!["NIK", "NISN", "Nama Siswa", "Tanggal Lahir", "Jenis Kelamin", "Kelas", "Tempat Lahir"]),
        ) {
            proptest::prop_assert_eq!(what(&format!("{before}{title}{behind}")), what(title));
        }

        #[test]
        fn any_text_is_read(title in "\\PC{0,60}") {
            let _ = Heading::read(&title);
        }
    }
}
