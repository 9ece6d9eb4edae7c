//! A clean list in whatever a school may dress it in: header words and their ornaments, titles, class headings, footers, blocks, ways
//! to write dates, sexes and numbers. What comes out is what went in, or is flagged in its row. All people are invented.

use chrono::{Datelike, Days};
use proptest::prelude::*;

use super::*;
use crate::nik::Sex;

/// A student as they are.
#[derive(Debug, Clone)]
struct Person {
    name: String,
    sex: Sex,
    nisn: String,
    nik: String,
    birth: NaiveDate,
    class: usize,
}

const CLASSES: [&str; 3] = ["X-1", "XI IPA 2", "XII TKJ 1"];
const MONTHS: [&str; 12] = [
    "Januari",
    "Februari",
    "Maret",
    "April",
    "Mei",
    "Juni",
    "Juli",
    "Agustus",
    "September",
    "Oktober",
    "November",
    "Desember",
];

/// How a list is dressed.
#[derive(Debug, Clone)]
struct Wear {
    words: [usize; 6],
    ornament: usize,
    titles: usize,
    /// Whether the class stands in a column, in headings of blocks, or in dividers.
    class: usize,
    dates: usize,
    sexes: usize,
    wrap: usize,
    order: usize,
    numbered: bool,
    repeated: bool,
    footer: usize,
    workbook: bool,
    gaps: bool,
}

const NAMES: [&str; 8] =
    ["Nama", "NAMA SISWA", "Nama Lengkap", "N A M A", "namaLengkap", "Nama Murid", "Nama Santri", "Peserta Didik"];
const SEXES: [&str; 6] = ["JK", "L/P", "Jenis Kelamin", "J.K.", "Gender", "Jns. Kel"];
const NISNS: [&str; 5] = ["NISN", "No. NISN", "N I S N", "NIS/NISN", "No Induk Siswa Nasional"];
const NIKS: [&str; 5] = ["NIK", "No. KTP/NIK", "N.I.K", "NIK Siswa", "Nomor Induk Kependudukan"];
const BIRTHS: [&str; 6] =
    ["Tanggal Lahir", "TGL LAHIR", "Tgl Lhr", "tanggallahir", "Tgl/Bln/Thn Lahir", "Date of Birth"];
const ROOMS: [&str; 5] = ["Kelas", "Rombel", "Kls.", "Rombel Saat Ini", "Kelas / Jurusan"];

impl Wear {
    fn title(&self, words: &[&str], at: usize) -> String {
        let word = words[self.words[at] % words.len()];
        match self.ornament % 5 {
            0 => word.to_owned(),
            1 => format!("{word} *"),
            2 => format!("{word} (wajib diisi)"),
            3 => format!(" {word} "),
            _ => word.to_uppercase(),
        }
    }

    fn date(&self, date: NaiveDate) -> String {
        let month = MONTHS[date.month0() as usize];
        match self.dates % 7 {
            0 => date.to_string(),
            1 => date.format("%d/%m/%Y").to_string(),
            2 => format!("{} {month} {}", date.day(), date.year()),
            3 => format!("{:02}-{}-{}", date.day(), &month[..3], date.year()),
            4 => date.format("%d.%m.%Y").to_string(),
            5 => date.format("%Y-%m-%d 00:00:00").to_string(),
            _ => date.format("%m/%d/%Y").to_string(),
        }
    }

    fn sex(&self, sex: Sex) -> &'static str {
        match (self.sexes % 4, sex) {
            (0, Sex::Male) => "L",
            (0, Sex::Female) => "P",
            (1, Sex::Male) => "Laki-laki",
            (1, Sex::Female) => "Perempuan",
            (2, Sex::Male) => "1",
            (2, Sex::Female) => "2",
            (_, Sex::Male) => "Pria",
            (_, Sex::Female) => "Wanita",
        }
    }

    fn number(&self, digits: &str) -> String {
        match self.wrap % 6 {
            0 | 1 => digits.to_owned(),
            2 => format!("'{digits}"),
            3 => format!("=\"{digits}\""),
            4 => format!("{digits};"),
            _ => format!("\u{a0}{digits} "),
        }
    }

    fn has_class_column(&self) -> bool {
        self.class.is_multiple_of(3)
    }

    fn header(&self) -> Vec<String> {
        let mut cells = vec![
            self.title(&NAMES, 0),
            self.title(&SEXES, 1),
            self.title(&NISNS, 2),
            self.title(&NIKS, 3),
            self.title(&BIRTHS, 4),
        ];
        if self.has_class_column() {
            cells.push(self.title(&ROOMS, 5));
        }
        self.placed("No", cells)
    }

    fn row(&self, number: usize, person: &Person) -> Vec<String> {
        let mut cells = vec![
            person.name.clone(),
            self.sex(person.sex).to_owned(),
            self.number(&person.nisn),
            self.number(&person.nik),
            self.date(person.birth),
        ];
        if self.has_class_column() {
            cells.push(CLASSES[person.class].to_owned());
        }
        self.placed(&number.to_string(), cells)
    }

    /// The cells in this list's order, behind the running number.
    fn placed(&self, number: &str, mut cells: Vec<String>) -> Vec<String> {
        let shift = self.order % cells.len();
        cells.rotate_left(shift);
        cells.insert(0, number.to_owned());
        cells
    }

    fn list(&self, people: &[Person]) -> Grid {
        let mut grid = Grid::new();
        let titles = ["DAFTAR NAMA SISWA", "SMA KHAYALAN", "TAHUN PELAJARAN 2026/2027"];
        grid.extend(titles[..self.titles % 4].iter().map(|title| vec![(*title).to_owned()]));
        if !grid.is_empty() && self.gaps {
            grid.push(Vec::new());
        }
        if self.class % 3 != 1 {
            grid.push(self.header());
            self.number_columns(&mut grid);
        }
        for (class, named) in CLASSES.iter().enumerate() {
            match self.class % 3 {
                0 => {}
                1 => {
                    grid.push(Vec::new());
                    grid.push(vec![format!("Kelas : {named}")]);
                    grid.push(self.header());
                    self.number_columns(&mut grid);
                }
                _ => grid.push(vec![String::new(), (*named).to_owned()]),
            }
            let in_class = people.iter().filter(|person| person.class == class).enumerate();
            for (at, person) in in_class {
                if self.repeated && at == 2 {
                    grid.push(self.header());
                }
                grid.push(self.row(at + 1, person));
            }
        }
        self.close(&mut grid);
        grid
    }

    fn number_columns(&self, grid: &mut Grid) {
        if self.numbered {
            let width = self.header().len();
            grid.push((1..=width).map(|number| number.to_string()).collect());
        }
    }

    fn close(&self, grid: &mut Grid) {
        match self.footer % 4 {
            0 => {}
            1 => grid.push(vec!["Jumlah".to_owned(), "12".to_owned()]),
            2 => grid.extend([
                Vec::new(),
                vec![
                    String::new(),
                    "Mengetahui,".to_owned(),
                    String::new(),
                    String::new(),
                    "Mataram, 1 Desember 2026".to_owned(),
                ],
                vec![String::new(), "Kepala Sekolah,".to_owned()],
                vec![String::new(), "Drs. KHAYALAN, M.Pd".to_owned()],
                vec![String::new(), "NIP. 19680817 199303 1 005".to_owned()],
            ]),
            _ => grid.push(vec!["Halaman 1 dari 1".to_owned()]),
        }
    }
}

fn wear() -> impl Strategy<Value = Wear> {
    let habits = (any::<[usize; 6]>(), 0..5_usize, 0..4_usize, 0..3_usize, 0..7_usize, 0..4_usize);
    let rest = (0..6_usize, 0..6_usize, any::<[bool; 4]>(), 0..4_usize);
    (habits, rest).prop_map(|((words, ornament, titles, class, dates, sexes), (wrap, order, flags, footer))| {
        let [numbered, repeated, workbook, gaps] = flags;
        let words = words.map(|word| word % 64);
        Wear { words, ornament, titles, class, dates, sexes, wrap, order, numbered, repeated, footer, workbook, gaps }
    })
}

fn people() -> impl Strategy<Value = Vec<Person>> {
    let one = (any::<bool>(), 0..1000_u64, 0..CLASSES.len());
    prop::collection::vec(one, 3..14).prop_map(|people| {
        let person = |(at, (is_male, days, class)): (usize, (bool, u64, usize))| {
            let birth = day("2008-01-01") + Days::new(days);
            let sex = if is_male { Sex::Male } else { Sex::Female };
            let day_part = birth.day() + if is_male { 0 } else { 40 };
            // Names whose letters are nobody's class, and numbers that no spreadsheet rounded.
            let name = format!(
                "Murid {}{}",
                ["Ba", "Ce", "Da", "Fo", "Gu"][at % 5],
                ["rani", "yono", "tika", "wati"][at / 5 % 4]
            );
            Person {
                name,
                sex,
                nisn: format!("009111{:04}", at * 7 + 1),
                nik: format!("527101{day_part:02}{:02}{:02}98{:02}", birth.month(), birth.year() % 100, at * 2 + 1),
                birth,
                class,
            }
        };
        people.into_iter().enumerate().map(person).collect()
    })
}

proptest! {
    #[test]
    fn whatever_a_list_wears_nobody_comes_out_otherwise_in_silence(people in people(), wear in wear()) {
        let grid = wear.list(&people);
        let bytes = if wear.workbook { xlsx(&[("Sheet1", &grid)]) } else { csv(&grid, b';').into_bytes() };
        let reading = read(&bytes, "daftar", &rules());
        let reading = reading.map_err(|error| TestCaseError::fail(format!("{error}\n{grid:#?}")))?;
        prop_assert_eq!(reading.rows.len(), people.len(), "{:#?}", grid);
        for person in &people {
            let row = reading.rows.iter().find(|row| row.student.as_ref().is_some_and(|one| one.name == person.name));
            let Some(row) = row else {
                // Rejected with a word is not lost in silence.
                prop_assert!(reading.rows.iter().any(|row| row.student.is_none() && !row.problems.is_empty()), "{} {:#?}", person.name, grid);
                continue;
            };
            let student = row.student.as_ref().expect("it was found by it");
            let flags = |codes: &[Code]| row.problems.iter().chain(&reading.problems).any(|one| codes.contains(&one.code));
            let is_born = student.birth_date == person.birth || flags(&[Code::BirthDateAmbiguous]);
            prop_assert!(is_born, "birth date: {:?} {:#?}", student, grid);
            prop_assert!(student.sex == Some(person.sex) || flags(&[Code::SexUnreadable]), "sex: {:?} {:#?}", student, grid);
            let has_nisn = student.nisn.as_deref() == Some(person.nisn.as_str());
            prop_assert!(has_nisn || flags(&[Code::NisnMissing]), "NISN: {:?} {:#?}", student, grid);
            let has_nik = student.nik.as_ref().is_some_and(|nik| nik.digits() == person.nik);
            let is_nik_flagged = flags(&[Code::NikUnreadable, Code::NikNot16Digits, Code::NikMissing]);
            prop_assert!(has_nik || is_nik_flagged, "NIK: {:?} {:#?}", student, grid);
            prop_assert_eq!(student.class_name.as_deref(), Some(CLASSES[person.class]), "class: {:#?}", grid);
        }
    }
}
