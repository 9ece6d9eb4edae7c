//! Lists that go along and come back.

use std::io::Cursor;

use calamine::{Reader, Xlsx};

use super::*;
use crate::clock::Clock;

fn words() -> Words {
    let text = |text: &str| text.to_owned();
    Words {
        sheet_name: text("Daftar"),
        head: vec![text("Kantor"), text("SMA Contoh")],
        number: text("No"),
        name: text("Nama"),
        class: text("Kelas"),
        sex: text("L/P"),
        birthday_17: text("17 tahun pada"),
        nisn: text("NISN"),
        result: text("Hasil"),
        nik: text("NIK dari KK"),
        ikd: text("IKD"),
        note: text("Catatan"),
        walk_in: text("(tamu)"),
        nik_known: text("sudah ada"),
        results: vec![(DayResult::Recorded, text("Direkam")), (DayResult::Absent, text("Tidak hadir"))],
        ikds: vec![(Ikd::Offered, text("Ditawarkan")), (Ikd::Active, text("Aktif"))],
    }
}

fn vocabulary() -> Vocabulary {
    let words = words();
    Vocabulary {
        result: vec![words.result],
        nik: vec![words.nik],
        nisn: vec![words.nisn],
        name: vec![words.name],
        ikd: vec![words.ikd],
        note: vec![words.note],
        nik_known: vec![words.nik_known],
        walk_in: vec![words.walk_in],
        results: words.results.into_iter().map(|(result, label)| (label, result)).collect(),
        ikds: words.ikds.into_iter().map(|(ikd, label)| (label, ikd)).collect(),
    }
}

fn row(clock: &Clock, name: &str, nik: NikCell) -> Row {
    Row {
        student: StudentId::new(clock),
        name: name.into(),
        class: "XI".into(),
        sex: "L".into(),
        birthday_17: "2027-01-01".into(),
        nisn: "0091234567".into(),
        result: None,
        nik,
        ikd: None,
        note: String::new(),
    }
}

#[test]
fn a_sheet_reads_back_and_a_name_is_never_a_formula() {
    let clock = Clock::system();
    let visit = VisitId::new(&clock);
    let mut rows = vec![
        row(&clock, "=HYPERLINK(\"http://x\")", NikCell::Missing),
        row(&clock, "Budi", NikCell::Known),
        row(&clock, "Citra", NikCell::Shown("5271010101099801".into())),
    ];
    rows[1].result = Some(DayResult::Absent);
    rows[1].note = "sakit".into();
    rows[1].ikd = Some(Ikd::Offered);
    let bytes = write(&words(), visit, &rows).unwrap();
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(&bytes[..])).unwrap();
    assert!(book.worksheet_formula("Daftar").unwrap().used_cells().next().is_none());
    let read = read(&bytes, visit, &vocabulary()).unwrap();
    assert!(read.problems.is_empty(), "{:?}", read.problems);
    let filled: Vec<_> =
        read.rows.iter().map(|one| (one.row, one.whom.clone(), one.result, one.ikd, one.note.clone())).collect();
    assert_eq!(filled[0], (5, Whom::OnList(rows[0].student), None, None, None));
    assert_eq!(
        filled[1],
        (6, Whom::OnList(rows[1].student), Some(DayResult::Absent), Some(Ikd::Offered), Some("sakit".into()))
    );
    assert!(read.rows[2].nik.is_some());
    assert_eq!(read.rows.len(), 3, "empty rows for people who are not on the list are nobody's");
}

#[test]
fn a_sheet_of_another_visit_is_refused() {
    let clock = Clock::system();
    let (visit, other) = (VisitId::new(&clock), VisitId::new(&clock));
    let bytes = write(&words(), other, &[row(&clock, "Budi", NikCell::Missing)]).unwrap();
    assert!(matches!(read(&bytes, visit, &vocabulary()), Err(SheetError::OtherVisit(id)) if id == other));
    let mut book = Workbook::new();
    book.add_worksheet().write(0, 0, "Nama").unwrap();
    let bytes = book.save_to_buffer().unwrap();
    assert!(matches!(read(&bytes, visit, &vocabulary()), Err(SheetError::NotASheet)));
    assert!(matches!(read(b"no", visit, &vocabulary()), Err(SheetError::NotASheet)));
}

#[test]
fn bad_cells_are_named_and_stop_nobody_else() {
    let clock = Clock::system();
    let (visit, student) = (VisitId::new(&clock), StudentId::new(&clock));
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    // Columns in another order, as people leave them.
    for (column, title) in (0..).zip([STUDENT_TITLE, "Hasil", "Catatan", "NIK dari KK", VISIT_TITLE]) {
        sheet.write(2, column, title).unwrap();
    }
    let mut line = |row: u32, cells: [&str; 5]| {
        for (column, text) in (0..).zip(cells).filter(|(_, text)| !text.is_empty()) {
            sheet.write_string(row, column, text).unwrap();
        }
    };
    let (v, s) = (visit.to_string(), student.to_string());
    let others: Vec<String> = (0..3).map(|_| StudentId::new(&clock).to_string()).collect();
    line(3, [&s, "direkam ", "NIK 5271010101099801", "", &v]);
    line(4, [&others[0], "Datang", "", "52710101010998", &v]);
    line(5, [&s, "Direkam", "", "", &v]);
    line(6, ["x", "Direkam", "", "", &v]);
    line(7, [&others[1], "", "", "", ""]);
    line(8, ["", "", "", "", ""]);
    sheet.write_number(9, 3, 5_271_010_101_099_801.0).unwrap();
    sheet.write_string(9, 0, &others[2]).unwrap();
    sheet.write_string(9, 4, &v).unwrap();
    let read = read(&book.save_to_buffer().unwrap(), visit, &vocabulary()).unwrap();
    assert_eq!(read.rows.iter().map(|one| one.row).collect::<Vec<_>>(), [4, 5, 10]);
    assert_eq!(read.rows[0].result, Some(DayResult::Recorded));
    let problems: Vec<_> = read.problems.iter().map(|p| (p.cell.as_deref().unwrap_or("-"), p.code)).collect();
    let expected = [
        ("C4", "note_holds_nik"),
        ("B5", "result_unknown"),
        ("D5", "nik_not_16_digits"),
        ("-", "twice"),
        ("A7", "student_id"),
        ("E8", "visit_id"),
        ("D10", "nik_unreadable"),
    ];
    assert_eq!(problems, expected);
    assert!(!read.problems.iter().any(|problem| crate::nik::looks_like_nik(&problem.message)));
}
