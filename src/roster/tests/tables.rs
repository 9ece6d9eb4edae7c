//! Sheets as people lay them out: several lists on one, headers of several rows, and rows that are about nobody. All people are
//! invented.

use super::*;

const HEADER: [&str; 6] = ["No", "Nama", "JK", "NISN", "NIK", "Tanggal Lahir"];
const PEOPLE: [[&str; 5]; 4] = [
    ["Ayu Khayalan", "P", "0091110001", "5271014101099801", "2009-01-01"],
    ["Bima Khayalan", "L", "0091110002", "5271011702099802", "2009-02-17"],
    ["Cahya Rekayasa", "P", "0091110003", "5271014903099803", "2009-03-09"],
    ["Danu Rekayasa", "L", "0091110004", "5271012804099804", "2009-04-28"],
];

fn row(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}

/// The people from `first` on, numbered from 1.
fn people(first: usize, count: usize) -> Grid {
    let one = |(at, person): (usize, &[&str; 5])| {
        std::iter::once((at + 1).to_string()).chain(person.iter().map(|cell| (*cell).to_owned())).collect()
    };
    PEOPLE[first..first + count].iter().enumerate().map(one).collect()
}

fn of(parts: Vec<Grid>) -> Reading {
    read_ok(&xlsx(&[("Sheet1", &parts.concat())]))
}

/// Name and class of each student.
fn classes(reading: &Reading) -> Vec<(String, Option<String>)> {
    let students = reading.rows.iter().map(|row| row.student.as_ref().expect("nobody is rejected"));
    students.map(|student| (student.name.clone(), student.class_name.clone())).collect()
}

fn expected(classes: [&str; 4]) -> Vec<(String, Option<String>)> {
    let class = |class: &str| Some(class.to_owned()).filter(|class| !class.is_empty());
    PEOPLE.iter().zip(classes).map(|(person, name)| (person[0].to_owned(), class(name))).collect()
}

#[test]
fn each_block_has_the_class_that_stands_above_it() {
    for heading in
        [vec!["Kelas : X-1", "Kelas : XI IPA 2"], vec!["DAFTAR SISWA KELAS X-1", "DAFTAR SISWA KELAS XI IPA 2"]]
    {
        let reading = of(vec![
            vec![row(&heading[..1]), row(&HEADER)],
            people(0, 2),
            vec![row(&[]), row(&heading[1..]), row(&HEADER)],
            people(2, 2),
        ]);
        assert_eq!(classes(&reading), expected(["X-1", "X-1", "XI IPA 2", "XI IPA 2"]), "{heading:?}");
    }
    let three = [vec![row(&["Kelas", ":", "X-1"]), row(&HEADER)], people(0, 4)];
    assert_eq!(classes(&of(three.to_vec())), expected(["X-1"; 4]));
}

#[test]
fn a_divider_holds_for_the_rows_below_it_and_a_subtotal_for_none() {
    let reading = of(vec![
        vec![row(&HEADER), row(&["", "X-1"])],
        people(0, 2),
        vec![row(&["", "X-1 Count"]), row(&["", "XI IPA 2"])],
        people(2, 2),
        vec![row(&["", "Grand Count"])],
    ]);
    assert_eq!(classes(&reading), expected(["X-1", "X-1", "XI IPA 2", "XI IPA 2"]));
}

#[test]
fn another_block_may_have_its_columns_in_another_order() {
    let other = [2, 0, 1, 3, 4].map(|column| HEADER[column + 1]);
    let turned = PEOPLE[2..].iter().map(|person| row(&[2, 0, 1, 3, 4].map(|column| person[column]))).collect();
    let reading = of(vec![vec![row(&HEADER)], people(0, 2), vec![row(&[]), row(&other)], turned]);
    assert_eq!(classes(&reading), expected([""; 4]));
    assert_eq!(reading.rows[3].student.as_ref().unwrap().nisn.as_deref(), Some("0091110004"));
}

#[test]
fn lists_side_by_side_are_two_lists() {
    let beside = |left: Vec<String>, right: Vec<String>| [left, vec![String::new()], right].concat();
    let mut grid =
        vec![row(&["Kelas : XI A", "", "", "", "", "", "", "Kelas : XI B"]), beside(row(&HEADER), row(&HEADER))];
    grid.extend(people(0, 2).into_iter().zip(people(2, 2)).map(|(left, right)| beside(left, right)));
    let mut found = classes(&of(vec![grid]));
    found.sort();
    assert_eq!(found, expected(["XI A", "XI A", "XI B", "XI B"]));
}

#[test]
fn headers_of_several_rows_are_joined() {
    let date = [
        row(&["No", "Nama", "Jenis Kelamin", "", "Nomor", "", "Tanggal Lahir"]),
        row(&["", "", "L", "P", "Induk", "NISN", "Tgl", "Bln", "Thn"]),
        row(&["1", "Ayu Khayalan", "", "v", "77", "0091110001", "1", "12", "2009"]),
        row(&["2", "Bima Khayalan", "v", "", "78", "0091110002", "17", "2", "2009"]),
    ];
    let reading = of(vec![date.to_vec()]);
    let seen: Vec<_> = reading.rows.iter().map(|row| row.student.as_ref().unwrap()).collect();
    assert_eq!(seen.len(), 2);
    assert_eq!((seen[0].birth_date, seen[1].birth_date), (day("2009-12-01"), day("2009-02-17")));
    assert_eq!((seen[0].sex, seen[1].sex), (Some(crate::nik::Sex::Female), Some(crate::nik::Sex::Male)));
    assert_eq!(seen[1].nisn.as_deref(), Some("0091110002"));
    assert!(reading.rows.iter().all(|row| row.problems.is_empty()), "three columns are no doubtful date");
    let names = [
        row(&["Nama", "", "Tempat dan Tanggal Lahir"]),
        row(&["Depan", "Belakang", "Tempat", "Tgl/Bln/Th"]),
        row(&["Ayu", "Khayalan", "Mataram", "17-02-2009"]),
    ];
    let student = of(vec![names.to_vec()]).rows.remove(0).student.unwrap();
    assert_eq!((student.name.as_str(), student.birth_place.as_deref()), ("Ayu Khayalan", Some("Mataram")));
}

#[test]
fn rows_about_nobody_are_neither_students_nor_mistakes() {
    let nobody: [&[&str]; 13] = [
        &["1", "2", "3", "4", "5", "6"],
        &["(1)", "(2)", "(3)", "(4)", "(5)", "(6)"],
        &["A", "B", "C", "D", "E", "F"],
        &["No", "Name", "Sex", "NISN", "NIK", "Date of Birth"],
        &["", "Contoh: tulis nama lengkap", "L/P", "", "", "dd-mm-yyyy"],
        &["", "Jumlah", "", "", "", ""],
        &["", "Mengetahui,", "", "", "", "Mataram, 1 Desember 2026"],
        &["", "Kepala Sekolah", "", "", "", "2026-11-23"],
        &["", "Drs. KHAYALAN", "", "", "", ""],
        &["", "NIP. 196801011993031005", "", "", "", ""],
        &["Halaman 1 dari 2"],
        &["", "", "", "", "", "Jl. Contoh 1"],
        &["No", "NAMA SISWA", "L/P", "NISN", "NIK", "TGL LAHIR"],
    ];
    for cells in nobody {
        let reading = of(vec![vec![row(&HEADER)], people(0, 2), vec![row(cells)], people(2, 2)]);
        assert_eq!(classes(&reading), expected([""; 4]), "{cells:?}");
        assert!(reading.rows.iter().all(|row| row.problems.is_empty()), "{cells:?}");
    }
    // Whoever lacks something is somebody all the same.
    for cells in [["5", "Eka Khayalan", "", "", "", ""], ["5", "", "L", "0091110005", "", "2009-05-05"]] {
        let reading = of(vec![vec![row(&HEADER)], people(0, 4), vec![row(&cells)]]);
        assert_eq!(reading.rows.len(), 5, "{cells:?}");
        assert!(reading.rows[4].student.is_none());
    }
}

#[test]
fn grade_and_class_in_two_columns_are_one_class() {
    for (left, right, cells, class, grade) in [
        ("Kelas", "Rombel", ["XI", "2"], "XI 2", 11),
        ("Tingkat", "Kelas", ["11", "IPA 1"], "11 IPA 1", 11),
        ("Tingkat", "Rombel", ["XII", "XII TKJ"], "XII TKJ", 12),
        ("Tingkat", "Rombel", ["XI", "XII TKJ"], "XII TKJ", 12),
    ] {
        let text = format!("Nama;Tanggal Lahir;{left};{right}\nAyu Khayalan;2009-01-01;{};{}\n", cells[0], cells[1]);
        let student = read_ok(text.as_bytes()).rows.remove(0).student.unwrap();
        assert_eq!((student.class_name.as_deref(), student.grade), (Some(class), Some(grade)), "{left} {right}");
    }
}

#[test]
fn whose_a_bare_nik_behind_a_parents_name_is_the_birth_dates_show() {
    let text = |nik: &str| format!("Nama;Tanggal Lahir;Nama Ibu;NIK\nAyu Khayalan;2009-01-01;Ibu Khayalan;{nik}\n");
    let nik = |text: &str| read_ok(text.as_bytes()).rows.remove(0).student.unwrap().nik;
    assert!(nik(&text("5271014101099801")).is_some(), "it has the child's birth date");
    assert!(nik(&text("5271014101759801")).is_none(), "it has another's");
}

#[test]
fn who_is_no_pupil_here_is_told_from_title_columns_and_remarks() {
    let list = |title: &str, column: &str, value: &str| {
        let mut grid = vec![row(&[title]), row(&[])];
        grid.push([row(&HEADER), row(&[column])].concat());
        grid.extend(people(0, 1).into_iter().map(|one| [one, row(&[value])].concat()));
        read_ok(&xlsx(&[("Sheet1", &grid)])).rows.remove(0).student.unwrap().left.is_some()
    };
    assert!(list("DAFTAR SISWA", "Status", "Pindah"));
    for status in ["Yatim (ayah meninggal)", "Orang tua pindah kerja", "Lulus SMP", "Aktif"] {
        assert!(!list("DAFTAR SISWA", "Status", status), "{status}");
    }
    assert!(!list("HASIL SELEKSI PPDB 2026", "Status", "LULUS"), "admitted");
    assert!(list("DATA ALUMNI TAHUN 2025", "Nomor Ijazah", "1"));
    let staff = [
        row(&["DAFTAR GURU"]),
        row(&["No", "Nama", "Tanggal Lahir", "NIP", "Jabatan"]),
        row(&["1", "Guru Khayalan", "1980-01-01", "-", "Guru"]),
    ];
    let error = read(&xlsx(&[("Sheet1", &staff.to_vec())]), "", &rules()).unwrap_err().to_string();
    assert!(error.contains("teachers and staff"), "{error}");
}

#[test]
fn a_remark_behind_a_name_is_left_out_and_told() {
    for (name, is_told) in [
        ("Ayu Khayalan (pindah)", true),
        ("Ayu Khayalan (Alm.)", true),
        ("Ayu Khayalan *", true),
        ("Ayu Khayalan", false),
    ] {
        let one = one(&[("nama", name)]);
        assert_eq!(one.student.unwrap().name, "Ayu Khayalan");
        assert_eq!(one.problems.iter().any(|problem| problem.code == Code::NameRemark), is_told, "{name}");
    }
}

#[test]
fn a_remark_in_its_own_column_is_asked_about() {
    let text =
        |remark: &str| format!("Nama;Tanggal Lahir;NISN;Keterangan\nAyu Khayalan;2009-01-01;0091110001;{remark}\n");
    for (remark, is_told) in
        [("Pindah ke Bima", true), ("Meninggal", true), ("Ayah meninggal", false), ("Beasiswa", false)]
    {
        let row = read_ok(text(remark).as_bytes()).rows.remove(0);
        assert!(row.student.unwrap().left.is_none(), "nobody leaves by a remark");
        let cells: Vec<_> = row.problems.iter().map(|problem| problem.cell.as_deref()).collect();
        assert_eq!(cells, if is_told { vec![Some("D2")] } else { vec![] }, "{remark}");
    }
}

#[test]
fn what_stands_below_a_lists_title_is_a_school_only_if_it_may_be_one() {
    let rows = [
        vec![row(&["DAFTAR PESERTA DIDIK KELAS X-1"]), row(&["Wali Kelas : Bu Khayalan"]), row(&HEADER)],
        people(0, 4),
    ];
    let reading = of(rows.to_vec());
    assert_eq!((classes(&reading), reading.layouts.first().preamble.school.as_deref()), (expected(["X-1"; 4]), None));
    let divided = [vec![row(&["Kelas X A"]), row(&HEADER)], people(0, 2), vec![row(&["Kelas X B"])], people(2, 2)];
    assert_eq!(classes(&of(divided.to_vec())), expected(["X A", "X A", "X B", "X B"]));
}

#[test]
fn sheets_that_give_nobody_are_named_and_one_without_a_header_goes_on() {
    let first = [vec![row(&HEADER)], people(0, 2)].concat();
    let unread = vec![row(&["Siswa", "Lahirnya kapan"]), row(&["Eka", "2009-05-05", "0091110005"])];
    let notes = vec![row(&["Petunjuk"]), row(&["1. Isi nama"])];
    let file = xlsx(&[("X A", &first), ("X B", &people(2, 2)), ("Lain", &unread), ("Petunjuk", &notes)]);
    let reading = read_ok(&file);
    assert_eq!(classes(&reading).len(), 4);
    let told: Vec<_> = reading.problems.iter().filter(|problem| problem.code == Code::SheetUnread).collect();
    assert_eq!(told.iter().map(|problem| problem.sheet.as_deref()).collect::<Vec<_>>(), [Some("Lain")]);
    assert!(told[0].message.contains("2 rows"), "{}", told[0].message);
}

#[test]
fn a_header_that_holds_nik_and_is_not_understood_is_asked_about() {
    let reading = read_ok(b"Nama;Tanggal Lahir;NIK entah;NISN\nAyu Khayalan;2009-01-01;5271014101099801;0091110001\n");
    let told: Vec<_> = reading.problems.iter().map(|problem| (problem.code, problem.cell.as_deref())).collect();
    assert!(told.contains(&(Code::HeaderUnknown, Some("C1"))), "{told:?}");
    assert!(!told.iter().any(|(code, _)| *code == Code::NikMissing), "the column is there");
}

#[test]
fn a_class_column_with_gaps_is_told_once() {
    let text = "Nama;Tanggal Lahir;Rombel\nAyu Khayalan;2009-01-01;X-1\nBima Khayalan;2009-02-17;\nCahya Rekayasa;2009-03-09;\n";
    let reading = read_ok(text.as_bytes());
    let told: Vec<_> = reading.problems.iter().filter(|problem| problem.code == Code::ClassMissing).collect();
    assert_eq!(told.len(), 1);
    assert!(told[0].message.contains("2 rows"), "{}", told[0].message);
}
