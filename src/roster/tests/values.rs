//! What stands in a cell, and a column judged as a column: lists as people type them, with invented people.

use super::*;
use crate::nik::Sex;

/// A list with a column for each title, one row per entry; what a row leaves out is usual.
struct List {
    titles: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

const LETTERS: &[u8; 26] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// An invented name, different for each number.
fn name(number: usize) -> String {
    let letter = |at: usize| char::from(LETTERS[at % 26]).to_ascii_lowercase();
    format!("Murid C{}{}", letter(number / 26), letter(number))
}

impl List {
    /// A list of invented people with `values` in the column `title`, and birth dates that are nobody's series.
    fn of(title: &'static str, values: &[&str]) -> Self {
        let titles = vec!["Nama", "Tanggal Lahir", title];
        let row = |(at, value): (usize, &&str)| {
            vec![name(at), format!("2009-{:02}-{:02}", at * 5 % 12 + 1, at * 11 % 28 + 1), (*value).to_owned()]
        };
        Self { titles, rows: values.iter().enumerate().map(row).collect() }
    }

    /// A list with these birth dates.
    fn born(dates: &[&str]) -> Self {
        let rows = dates.iter().enumerate().map(|(at, date)| vec![name(at), (*date).to_owned()]).collect();
        Self { titles: vec!["Nama", "Tanggal Lahir"], rows }
    }

    fn read(&self) -> Reading {
        let mut rows = vec![self.titles.iter().map(|title| (*title).to_owned()).collect()];
        rows.extend(self.rows.clone());
        read_ok(csv(&rows, b';').as_bytes())
    }
}

fn births(reading: &Reading) -> Vec<String> {
    reading.rows.iter().filter_map(|row| Some(row.student.as_ref()?.birth_date.to_string())).collect()
}

fn rows_with(reading: &Reading, code: Code) -> Vec<u32> {
    let has = |row: &&Checked| codes(row).contains(&code);
    reading.rows.iter().filter(has).map(|row| row.row.row()).collect()
}

#[test]
fn a_whole_column_proves_the_order_of_day_and_month() {
    let day_first = List::born(&["21/03/2009", "03/04/2009", "05/06/2009"]).read();
    assert_eq!(births(&day_first), ["2009-03-21", "2009-04-03", "2009-06-05"]);
    assert!(rows_with(&day_first, Code::BirthDateAmbiguous).is_empty());
    let month_first = List::born(&["03/21/2009", "03/04/2009", "05/06/2009"]).read();
    assert_eq!(births(&month_first), ["2009-03-21", "2009-03-04", "2009-05-06"]);
    assert!(rows_with(&month_first, Code::BirthDateAmbiguous).is_empty());
    for unproved in [["03/04/2009", "05/06/2009", "2009-01-21"], ["21/03/2009", "03/21/2009", "03/04/2009"]] {
        let reading = List::born(&unproved).read();
        let doubtful = unproved.iter().zip(2..).filter(|(date, _)| date.starts_with('0') && date[3..].starts_with('0'));
        let doubtful: Vec<u32> = doubtful.map(|(_, row)| row).collect();
        assert_eq!(rows_with(&reading, Code::BirthDateAmbiguous), doubtful);
    }
}

#[test]
fn date_cells_that_a_spreadsheet_swapped_are_doubted() {
    let file = |cells: &[&str]| {
        let mut workbook = rust_xlsxwriter::Workbook::new();
        let sheet = workbook.add_worksheet();
        let look = rust_xlsxwriter::Format::new().set_num_format("dd/mm/yyyy");
        sheet.write_string(0, 0, "Nama").unwrap().write_string(0, 1, "Tanggal Lahir").unwrap();
        for (row, cell) in (1..).zip(cells) {
            sheet.write_string(row, 0, name(row as usize)).unwrap();
            match cell.parse::<NaiveDate>() {
                Ok(date) => sheet.write_datetime_with_format(row, 1, date, &look).unwrap(),
                Err(_) => sheet.write_string(row, 1, *cell).unwrap(),
            };
        }
        read_ok(&workbook.save_to_buffer().unwrap())
    };
    let swapped = file(&["13/01/2009", "2009-05-04", "28/03/2009", "2009-12-12", "19/02/2009"]);
    assert_eq!(rows_with(&swapped, Code::BirthDateAmbiguous), [3]);
    let true_dates = file(&["13/01/2009", "2009-05-04", "28/03/2009", "2009-12-21", "19/02/2009"]);
    assert!(rows_with(&true_dates, Code::BirthDateAmbiguous).is_empty());
    let all_cells = file(&["2009-05-04", "2009-06-07", "2009-07-08"]);
    assert!(rows_with(&all_cells, Code::BirthDateAmbiguous).is_empty());
}

#[test]
fn a_moment_in_a_date_cell_is_no_day() {
    let mut workbook = rust_xlsxwriter::Workbook::new();
    let sheet = workbook.add_worksheet();
    let look = rust_xlsxwriter::Format::new().set_num_format("dd/mm/yyyy");
    sheet.write_string(0, 0, "Nama").unwrap().write_string(0, 1, "Tanggal Lahir").unwrap();
    for (row, serial) in [(1, 39_953.0), (2, 39_953.0 + 17.0 / 24.0), (3, 39_953.999_861), (4, 39_953.000_139)] {
        sheet.write_string(row, 0, name(row as usize)).unwrap();
        sheet.write_number_with_format(row, 1, serial, &look).unwrap();
    }
    let reading = read_ok(&workbook.save_to_buffer().unwrap());
    assert_eq!(births(&reading), ["2009-05-20"; 4]);
    assert_eq!(rows_with(&reading, Code::BirthDateAmbiguous), [3, 4]);
}

#[test]
fn what_no_list_of_people_has_is_told_once() {
    let told = |reading: &Reading| -> Vec<(Option<String>, Code)> {
        let odd = reading.problems.iter().filter(|problem| problem.code == Code::ColumnImplausible);
        odd.map(|problem| (problem.cell.clone(), problem.code)).collect()
    };
    let once = [(Some("B1".to_owned()), Code::ColumnImplausible)];
    let same = List::born(&["2009-01-01"; 10]).read();
    assert_eq!(told(&same), once);
    assert!(rows_with(&same, Code::ColumnImplausible).is_empty());
    let series: Vec<String> = (1..=12).map(|day| format!("2009-01-{day:02}")).collect();
    let series: Vec<&str> = series.iter().map(String::as_str).collect();
    assert_eq!(told(&List::born(&series).read()), once);
    let mut named = List::of("JK", &["L"; 10]);
    assert!(told(&named.read()).is_empty());
    named.rows.iter_mut().for_each(|row| row[0] = "Murid Contoh".to_owned());
    assert_eq!(told(&named.read()), [(Some("A1".to_owned()), Code::ColumnImplausible)]);
    assert!(told(&List::born(&["2009-01-01"; 4]).read()).is_empty(), "a few may be twins");
}

#[test]
fn niks_that_a_spreadsheet_rounded_are_kept_on_nobody() {
    let niks = |last: &[u8]| -> Vec<String> {
        let nik = |(at, last): (usize, &u8)| format!("52710101010998{at}{last}");
        last.iter().enumerate().map(nik).collect()
    };
    let unreadable = |niks: Vec<String>| {
        let niks: Vec<&str> = niks.iter().map(String::as_str).collect();
        let reading = List::of("NIK", &niks).read();
        let kept = reading.rows.iter().filter(|row| row.student.as_ref().is_some_and(|one| one.nik.is_some())).count();
        (rows_with(&reading, Code::NikUnreadable).len(), kept)
    };
    assert_eq!(unreadable(niks(&[0, 0, 0, 0, 0, 0])), (6, 0));
    assert_eq!(unreadable(niks(&[1, 0, 3, 4, 5, 0])), (0, 6), "one ends in 0 by chance");
    assert_eq!(unreadable(niks(&[0, 0])), (0, 2));
    let grouped = vec!["5.271.010.101.099.800".to_owned(), "5271 0101 0109 9801".to_owned()];
    assert_eq!(unreadable(grouped), (1, 1));
}

#[test]
fn letters_of_sex_mean_what_their_column_means() {
    let sexes = |title, values: &[&str]| -> Vec<Option<Sex>> {
        let reading = List::of(title, values).read();
        reading.rows.iter().map(|row| row.student.as_ref().unwrap().sex).collect()
    };
    let (male, female) = (Some(Sex::Male), Some(Sex::Female));
    assert_eq!(sexes("JK", &["L", "P", "Wanita"]), [male, female, female]);
    assert_eq!(sexes("JK", &["P", "W", "P"]), [None; 3]);
    assert_eq!(sexes("JK", &["L", "W"]), [male, female]);
    assert_eq!(sexes("JK", &["1", "2"]), [male, female]);
    assert_eq!(sexes("JK", &["1", "P"]), [None, female]);
    assert_eq!(sexes("JK", &["0", "1"]), [None; 2]);
    assert_eq!(sexes("Jenis Kelamin", &["Male", "F"]), [male, female]);
}

#[test]
fn wraps_come_off_before_any_field_looks() {
    let row = one(&[
        ("nama", "1. “Intan Sintetis”"),
        ("nik", "NIK: 5271010101099801;"),
        ("nisn", "=\"0091234567\""),
        ("jk", "(L)"),
        ("tempat_lahir", "Mataram, 1 Januari 2009"),
    ]);
    assert_eq!(codes(&row), []);
    assert_eq!(row, one(&[]));
}

#[test]
fn a_name_with_a_damaged_letter_is_kept_and_told() {
    for written in ["Nur\u{fffd}aini", "NurÕaini", "Nurâ€™aini"] {
        let row = one(&[("nama", written)]);
        assert_eq!(codes(&row), [Code::NameDamaged], "{written}");
        assert!(row.student.is_some());
    }
    assert_eq!(codes(&one(&[("nama", "#REF!")])), [Code::NameMissing]);
}

#[test]
fn a_school_number_is_no_nisn_that_lost_zeros() {
    assert_eq!(codes(&one(&[("nisn", "202201")])), [Code::NisnMissing]);
    assert_eq!(codes(&one(&[("nisn", "9123456")])), [Code::NisnPadded]);
    assert_eq!(codes(&one(&[("nisn", "2201 / 0091234567")])), []);
}

#[test]
fn pupils_are_of_an_age() {
    let text = "nama,tanggal_lahir\nMurid Ca,2019-05-21\nMurid Cb,2009-05-21\nMurid Cc,1990-05-21\n";
    let at = |level| Rules { ages: Ages::at_level(level), ..rules() };
    let implausible =
        |rules: &Rules| rows_with(&read(text.as_bytes(), "daftar.csv", rules).unwrap(), Code::BirthDateImplausible);
    assert_eq!(implausible(&at("SMA")), [2, 4]);
    assert!(implausible(&at("PKBM")).is_empty());
}
