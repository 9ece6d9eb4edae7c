//! What the answer shows of numbers by which people are known.

use super::*;

/// Columns of the sample that hold a NIK or a family card's number: the student's, the parents', the card.
const NIK_COLUMNS: [&str; 5] = ["H", "AD", "AJ", "AP", "BI"];

/// Every text that the workbook shows anywhere, notes and names of sheets too.
fn everything(workbook: &[u8]) -> Vec<String> {
    let mut texts: Vec<String> = notes(workbook).into_values().collect();
    let sheets = Book::open(workbook).unwrap().sheets();
    for sheet in sheets {
        let rows = rows_of(workbook, &sheet);
        let cells = rows.values().flat_map(|row| (0..row.width()).map(|column| row.cell(column).clone()));
        texts.extend(cells.filter_map(|cell| match cell {
            Cell::Text(text) => Some(text),
            Cell::Number(number) => Some(format!("{number:.0}")),
            _ => None,
        }));
        texts.push(sheet);
    }
    texts
}

fn text(cells: &BTreeMap<String, Cell>, cell: &str) -> String {
    match &cells[cell] {
        Cell::Text(text) => text.clone(),
        other => panic!("{cell} holds {other:?}"),
    }
}

/// The sample where each row from 8 to 12 loses its NIK in another way, and row 13 is rejected for its name.
fn broken() -> Vec<u8> {
    sample_with(&[
        ("H8", "527101010109980"),
        ("H9", "5,27101E+15"),
        ("H10", "5271013202099801"),
        ("H11", "5271010101099801"),
        ("B13", ""),
    ])
}

#[test]
fn kept_masks_what_we_hold_and_leaves_what_only_the_school_has() {
    let file = broken();
    let (before, after) = (cells_of(&file), cells_of(&answer(&file, Masking::Kept)));
    // Row 7 and 11 share a NIK; 13 has no name.
    for row in [7, 8, 9, 10, 11, 13] {
        assert_eq!(after[&format!("H{row}")], before[&format!("H{row}")], "H{row}");
    }
    assert_eq!(text(&before, "H12").len(), 16);
    assert_eq!(text(&after, "H12"), crate::nik::Nik::parse(&text(&before, "H12")).unwrap().masked());
    let masked =
        |row: u32| after.get(&format!("H{row}")).is_none_or(|cell| matches!(cell, Cell::Text(text) if is_masked(text)));
    assert!((14..=43).filter(|row| masked(*row)).count() >= 28, "rows with flags about their NIK are taken too");
    assert_eq!(before.len(), after.len());
}

#[test]
fn kept_leaves_a_nik_that_the_import_did_not_take() {
    let file = sample_with(&[("E9", "5271010101099801")]);
    let problem = |row: u32, code: Code| Problem {
        sheet: None,
        row,
        cell: Some(format!("B{row}")),
        column: None,
        level: code.level(),
        code,
        message: String::new(),
    };
    let problems = [
        problem(7, Code::IdentityConflict),
        problem(8, Code::PossibleDuplicate),
        problem(9, Code::PlaceUnknown),
        problem(10, Code::NikDateDiffers),
        problem(11, Code::NisnMissing),
    ];
    let (before, after) = (cells_of(&file), cells_of(&answer_to(&file, &problems, Masking::Kept)));
    for cell in ["H7", "H8", "H9", "E9"] {
        assert_eq!(after[cell], before[cell], "{cell}");
    }
    for cell in ["H10", "H11", "H12"] {
        assert!(is_masked(&text(&after, cell)), "{cell}");
    }
}

#[test]
fn numbers_of_parents_and_family_cards_are_masked_in_every_row() {
    let file = sample_with(&[
        ("B8", ""),
        ("AD8", "527101010179980"),
        ("BI9", "5271 0101 0110 9801"),
        ("J10", "Jl. X, NIK 5271010101099801"),
    ]);
    for masking in [Masking::Kept, Masking::All] {
        let (before, after) = (cells_of(&file), cells_of(&answer(&file, masking)));
        let mut count = 0;
        for column in &NIK_COLUMNS[1..] {
            for row in 7..=43 {
                let cell = format!("{column}{row}");
                if before.contains_key(&cell) {
                    assert!(is_masked(&text(&after, &cell)), "{cell}");
                    count += 1;
                }
            }
        }
        assert!(count >= 100, "{count}");
        assert_eq!(text(&after, "AD8"), "52************80");
        assert_eq!(text(&after, "J10"), "Jl. X, NIK 52************01");
        for cell in ["AD6", "BI5", "H5", "T7", "E7", "BG7", "C7"] {
            assert_eq!(after[cell], before[cell], "{cell}");
        }
    }
}

#[test]
fn all_leaves_no_number_that_could_be_a_nik() {
    let file = sample_with(&[
        ("H8", "527101010109980"),
        ("H9", "5,27101E+15"),
        ("H10", "52710132020998012"),
        ("H11", "5271010101099801"),
        ("B13", ""),
        ("E14", "5271010101099801"),
        ("AQ15", "5271010101099801"),
        ("C2", "NIK operator: 5271 0101 0109 9801"),
    ]);
    let answer = answer(&file, Masking::All);
    assert!(everything(&file_with_notes(&file)).iter().any(|text| looks_like_nik(text)), "the test can fail");
    for text in everything(&answer) {
        assert!(!looks_like_nik(&text), "{text}");
    }
    let (before, after) = (cells_of(&file), cells_of(&answer));
    for row in 7..=43 {
        let Some(Cell::Text(shown)) = after.get(&format!("H{row}")) else { continue };
        assert!(shown.chars().filter(char::is_ascii_digit).count() < 5, "H{row}: {shown}");
        // A star says that we hold it; another letter that it must come again.
        let is_held = ![7, 8, 9, 10, 11, 13, 37].contains(&row);
        assert_eq!(is_masked(shown), is_held, "H{row}: {shown}");
    }
    assert_eq!(before.len(), after.len());
    assert!(reasons_in(&answer, 13).contains("Ketik lagi 16 angkanya"), "{}", reasons_in(&answer, 13));
    assert!(notes(&answer)["H13"].contains("Ketik lagi 16 angkanya"));
    assert!(!reasons_in(&answer, 8).contains("disembunyikan"), "the reason to type it again stands there already");
    assert!(reasons_in(&answer, 11).contains("disembunyikan"));
}

/// A workbook with a note, so that it can be looked through like an answer.
fn file_with_notes(file: &[u8]) -> Vec<u8> {
    answer(file, Masking::None)
}

#[test]
fn a_nik_crossed_out_comes_back_as_none_and_a_masked_one_as_masked() {
    let answer = answer(&broken(), Masking::All);
    let again = read_ok(&answer);
    for row in &again.rows {
        let nik_codes: Vec<Code> = codes(row).into_iter().filter(|code| *code == Code::NikNot16Digits).collect();
        assert!(row.student.as_ref().is_none_or(|student| student.nik.is_none()), "row {}", row.row.row());
        assert!(nik_codes.len() <= 1);
    }
    assert!(codes(&again.rows[1]).contains(&Code::NikNot16Digits), "row 8 is as wrong as it was");
}

#[test]
fn none_masks_nothing() {
    let file = broken();
    assert_eq!(cells_of(&answer(&file, Masking::None)), cells_of(&file));
}

#[test]
fn nothing_is_held_of_a_file_whose_school_is_unknown() {
    let file = sample_with(&[]);
    let problem = Problem {
        sheet: None,
        row: 5,
        cell: None,
        column: None,
        level: Level::Error,
        code: Code::PlaceUnknown,
        message: String::new(),
    };
    let before = cells_of(&file);
    let kept = cells_of(&answer_to(&file, std::slice::from_ref(&problem), Masking::Kept));
    assert_eq!((&kept["H7"], &kept["H20"]), (&before["H7"], &before["H20"]));
    assert!(is_masked(&text(&kept, "AD7")));
    let all = cells_of(&answer_to(&file, &[problem], Masking::All));
    assert_eq!(text(&all, "H7"), "52xxxxxxxxxxxx01");
}

#[test]
fn numbers_stored_as_numbers_are_masked_too() {
    let mut workbook = rust_xlsxwriter::Workbook::new();
    let sheet = workbook.add_worksheet();
    for (column, title) in ["Nama", "Tanggal Lahir", "NIK", "NIK Ayah", "Catatan", "NISN"].into_iter().enumerate() {
        sheet.write_string(0, column as u16, title).unwrap();
    }
    sheet.write_string(1, 0, "Budi Contoh").unwrap().write_string(1, 1, "2009-01-01").unwrap();
    // Papua's NIKs begin with 9, beyond what is exact as a number.
    for column in 2..5 {
        sheet.write_number(1, column, 9_171_010_101_099_802.0).unwrap();
    }
    sheet.write_number(1, 5, 91_234_567.0).unwrap();
    let file = workbook.save_to_buffer().unwrap();
    let kept = cells_of(&answer(&file, Masking::Kept));
    assert_eq!(kept["C2"], Cell::Number(9_171_010_101_099_802.0), "lost digits must not become a NIK");
    assert_eq!((text(&kept, "D2"), text(&kept, "E2")), ("91************02".to_owned(), "91************02".to_owned()));
    assert_eq!(kept["F2"], Cell::Number(91_234_567.0));
    let all = cells_of(&answer(&file, Masking::All));
    assert_eq!(text(&all, "C2"), "91xxxxxxxxxxxx02");
}
