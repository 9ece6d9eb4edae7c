//! Workbooks with a roster on each of several sheets.

use super::*;
use crate::roster::parse::file;

/// A class as its teacher keeps it: no column for the class, and the columns elsewhere in each.
fn class(first: u32, students: u32) -> Grid {
    let mut rows = grid(&[&["NISN", "Nama", "L/P", "Tgl Lahir", "NIK"]]);
    rows.extend((first..first + students).map(|number| {
        vec![
            format!("00900{number:05}"),
            format!("Siswa Rekaan {number}"),
            "L".into(),
            "2009-01-01".into(),
            format!("527101010109{number:04}"),
        ]
    }));
    rows
}

fn moved(mut rows: Grid) -> Grid {
    for row in &mut rows {
        row.rotate_left(1);
        row.insert(0, String::new());
    }
    rows
}

fn told(reading: &Reading) -> Vec<String> {
    reading.rows.iter().flat_map(|row| &row.problems).map(|problem| problem.message.clone()).collect()
}

#[test]
fn every_sheet_is_read_by_its_own_header() {
    let reading =
        read_ok(&xlsx(&[("X-1", &class(1, 3)), ("Catatan", &grid(&[&["x"]])), ("XI IPA 2", &moved(class(11, 2)))]));
    let students: Vec<_> = reading.rows.iter().filter_map(|row| row.student.as_ref()).collect();
    let classes: Vec<_> =
        students.iter().map(|student| (student.class_name.as_deref().unwrap(), student.grade)).collect();
    assert_eq!(
        classes,
        [("X-1", Some(10)), ("X-1", Some(10)), ("X-1", Some(10)), ("XI IPA 2", Some(11)), ("XI IPA 2", Some(11))]
    );
    let rows: Vec<_> = students.iter().map(|student| (student.row.sheet(), student.row.row())).collect();
    assert_eq!(rows, [(0, 2), (0, 3), (0, 4), (1, 2), (1, 3)]);
    assert_eq!(students[3].nisn.as_deref(), Some("0090000011"));
}

#[test]
fn what_is_wrong_names_its_sheet_and_a_number_on_two_sheets_is_found() {
    let mut second = moved(class(11, 2));
    second[1][5] = "0090000001".into();
    second[2][2].clear();
    let reading = read_ok(&xlsx(&[("X-1", &class(1, 2)), ("X-2", &second)]));
    let of_second: Vec<_> = reading.rows[2..].iter().flat_map(|row| &row.problems).collect();
    assert!(of_second.iter().all(|problem| problem.sheet.as_deref() == Some("X-2")), "{of_second:?}");
    let told = told(&reading);
    for part in [
        "sheet X-1, A2: the same NISN also stands in row 2 of sheet X-2;",
        "sheet X-2, F2: the same NISN also stands in row 2 of sheet X-1;",
    ] {
        assert!(told.iter().any(|message| message.starts_with(part)), "{part}: {told:#?}");
    }
}

#[test]
fn one_sheet_for_all_makes_those_of_its_classes_superfluous() {
    let mut all = class(1, 4);
    all.extend(class(11, 3).split_off(1));
    let bytes = xlsx(&[("X-1", &class(1, 4)), ("Semua", &all), ("X-2", &moved(class(11, 3)))]);
    let file = RosterFile::open(None, &bytes, "", &rules(), &Headings::default()).unwrap();
    assert_eq!((file.copies(), file.totals().rows), (["X-1".to_owned(), "X-2".into()].as_slice(), 7));
    let reading = read_ok(&bytes);
    assert_eq!(reading.layouts.first().label(), None, "one is left");
    assert!(told(&reading).iter().all(|message| !message.contains("same NI")), "nobody stands on it twice");
}

#[test]
fn two_years_of_one_class_are_for_a_person_to_choose_from() {
    let bytes = xlsx(&[("2025", &class(1, 6)), ("2026", &class(3, 6))]);
    let error = read(&bytes, "", &rules()).unwrap_err();
    let expected = LayoutError::SameStudents { one: "2025".into(), other: "2026".into(), students: 4 };
    assert_eq!(error, expected.into());
}

#[test]
fn what_one_sheet_says_of_the_school_holds_for_those_beside_it() {
    let with_title = |school: &str, class_line: &[&str], rows: Grid| {
        let mut titled = grid(&[&["Daftar Peserta Didik"], &[school], class_line]);
        titled.extend(rows);
        titled
    };
    let first = with_title("SMAN 1 CONTOH", &["Kelas : X IPA 1"], class(1, 2));
    let reading = read_ok(&xlsx(&[("Sheet1", &first), ("Sheet2", &class(11, 2))]));
    let said: Vec<_> = reading.layouts.iter().map(|layout| layout.preamble.school.as_deref()).collect();
    assert_eq!(said, [Some("SMAN 1 CONTOH"); 2]);
    let classes: Vec<_> = reading.layouts.iter().map(|layout| layout.class_at(layout.first_data_row)).collect();
    assert_eq!(classes, [Some("X IPA 1"), None], "the class is one sheet's own");

    let other = with_title("SMAN 2 CONTOH", &["Kelas", ": XI-2"], class(11, 2));
    let reading = read_ok(&xlsx(&[("a", &first), ("b", &other), ("c", &class(21, 2))]));
    let said: Vec<_> = reading.layouts.iter().map(|layout| layout.preamble.school.as_deref()).collect();
    assert_eq!(said, [Some("SMAN 1 CONTOH"), Some("SMAN 2 CONTOH"), None], "where they contradict, nothing is guessed");
    assert_eq!(reading.rows[2].student.as_ref().unwrap().class_name.as_deref(), Some("XI-2"));
}

#[test]
fn a_school_is_known_by_what_schools_are_called() {
    for (above, school) in [
        ("SMAN 1 Mataram", Some("SMAN 1 Mataram")),
        ("Madrasah Aliyah Contoh", Some("Madrasah Aliyah Contoh")),
        ("SMA TAHUN PELAJARAN 2026/2027", None),
        ("SMK", None),
        ("Masukkan data siswa", None),
    ] {
        let mut rows = grid(&[&["DAFTAR SISWA"], &["Wali Kelas: Bu Contoh"], &[above]]);
        rows.extend(class(1, 1));
        assert_eq!(read_ok(&xlsx(&[("Sheet1", &rows)])).layouts.first().preamble.school.as_deref(), school, "{above}");
    }
}

#[test]
fn teachers_are_no_students() {
    let staff = grid(&[
        &["No", "Nama", "NUPTK", "JK", "Tanggal Lahir", "NIK"],
        &["1", "Guru Contoh", "1", "L", "1980-01-01", ""],
    ]);
    let reading = read_ok(&xlsx(&[("Guru", &staff), ("X-1", &class(1, 2))]));
    assert_eq!((reading.rows.len(), reading.layouts.first().sheet.as_str()), (2, "X-1"));
    let error = read(&xlsx(&[("Guru", &staff)]), "", &rules()).unwrap_err().to_string();
    assert!(error.contains("the sheet Guru lists teachers and staff (column NUPTK)"), "{error}");
}

#[test]
fn all_sheets_together_are_bounded() {
    let bytes = xlsx(&[("X-1", &class(1, 2)), ("X-2", &class(11, 2))]);
    let look = |most: usize| {
        let mut book = Book::open(&bytes).unwrap();
        let layouts = Layouts::find(&mut book, "", &Headings::default()).unwrap();
        file::look(&mut book, &layouts, &rules(), most).err()
    };
    assert_eq!((look(4), look(3)), (None, Some(SheetError::TooMuch { what: "rows", limit: 3 }.into())));
}

#[test]
fn a_workbook_may_have_many_classes() {
    let sheets: Vec<(String, Grid)> = (0..150).map(|number| (format!("X-{number}"), class(number * 10, 3))).collect();
    let named: Vec<(&str, &Grid)> = sheets.iter().map(|(name, rows)| (name.as_str(), rows)).collect();
    let reading = read_ok(&xlsx(&named));
    assert_eq!((reading.rows.len(), reading.layouts.iter().count()), (450, 150));
}

#[test]
fn a_nik_in_a_sheets_name_is_told_nowhere() {
    let (named, nik) = ("X 5271010101090001", "5271010101090001");
    let mut second = class(11, 2);
    second[1][0] = "0090000001".into();
    let reading = read_ok(&xlsx(&[(named, &class(1, 2)), ("X-2", &second)]));
    assert_eq!(reading.rows.len(), 4);
    let kept = format!("{:?} {:?}", told(&reading), reading.layouts.iter().map(Layout::label).collect::<Vec<_>>());
    assert!(kept.contains("X ****") && !kept.contains(nik), "{kept}");
    assert!(
        reading
            .rows
            .iter()
            .filter_map(|row| row.student.as_ref())
            .all(|student| !format!("{:?}", student.class_name).contains(nik))
    );
    let error = read(&xlsx(&[(named, &class(1, 4)), ("X-2", &class(3, 4))]), "", &rules()).unwrap_err().to_string();
    assert!(error.contains("both list 2 students") && !error.contains(nik), "{error}");
}
