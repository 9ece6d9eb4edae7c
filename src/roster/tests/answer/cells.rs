//! Marked cells: colours, notes, lists, and the way from the guide to them.

use super::*;

#[test]
fn a_wrong_cell_is_coloured_and_explained() {
    let file = sample_with(&[("B8", ""), ("H9", "52710101010998"), ("D9", "?"), ("G10", "kapan"), ("E10", "")]);
    let answer = answer(&file, Masking::None);
    let notes = notes(&answer);
    for (cell, fill, reason) in [
        ("B8", "FFC7CE", "Nama kosong, jadi siswa belum diterima. Isi nama lengkap."),
        ("H9", "FFEB9C", "NIK tidak 16 angka. Salin dari kartu keluarga (KK)."),
        ("D9", "FFEB9C", "Jenis kelamin tidak terbaca. Pilih L atau P."),
        ("E10", "FFEB9C", "NISN kosong atau tidak 10 angka. Cari di Dapodik atau EMIS."),
    ] {
        assert_eq!((colour(&answer, cell).as_str(), notes[cell].as_str()), (fill, reason), "{cell}");
    }
    let new = notes.keys().map(String::as_str).filter(|cell| !FLAGGED.contains(cell));
    assert_eq!(new.collect::<Vec<_>>(), ["B8", "D9", "E10", "G10", "H9"]);
    assert_eq!((colour(&answer, "G9"), colour(&answer, "H10")), (String::new(), String::new()));
    assert_eq!(
        reasons_in(&answer, 9),
        "Jenis kelamin tidak terbaca. Pilih L atau P. NIK tidak 16 angka. Salin dari kartu keluarga (KK)."
    );
    assert_eq!(reasons_in(&answer, 11), "");
}

#[test]
fn a_cell_with_an_error_is_red_whatever_else_is_wrong_with_it() {
    let file = sample_with(&[]);
    let problem = |code: Code| Problem {
        sheet: None,
        row: 8,
        cell: Some("G8".into()),
        column: None,
        level: code.level(),
        code,
        message: String::new(),
    };
    for order in [[Code::BirthDateMissing, Code::IdentityConflict], [Code::IdentityConflict, Code::BirthDateMissing]] {
        let answer = answer_to(&file, &order.map(problem), Masking::None);
        assert_eq!(colour(&answer, "G8"), "FFC7CE");
        let note = &notes(&answer)["G8"];
        assert!(note.contains("Tanggal lahir kosong") && note.contains("Tanggal lahir berbeda"), "{note}");
    }
}

#[test]
fn a_problem_without_a_cell_marks_the_first_filled_one() {
    let rows = grid(&[
        &["", "Nama", "Tanggal Lahir", "NISN"],
        &["", "Budi Contoh", "2009-01-01", "0091234567"],
        &["", "Siti Contoh", "2009-01-02", "0091234568"],
    ]);
    let file = xlsx(&[("Siswa", &rows)]);
    let reading = read_ok(&file);
    let mut problems = told(&reading);
    assert_eq!(problems.len(), 2, "there is no NIK or JK column");
    problems.push(Problem {
        sheet: None,
        row: 3,
        cell: None,
        column: None,
        level: Level::Flag,
        code: Code::PossibleDuplicate,
        message: String::new(),
    });
    let answer = answer_to(&file, &problems, Masking::None);
    let notes = notes(&answer);
    assert_eq!(notes.keys().map(String::as_str).collect::<Vec<_>>(), ["B1", "B3"]);
    assert!(notes["B1"].contains("Tidak ada kolom NIK."), "{}", notes["B1"]);
    assert!(notes["B1"].contains("Tidak ada kolom jenis kelamin."), "{}", notes["B1"]);
    assert_eq!((colour(&answer, "B1").as_str(), colour(&answer, "B3").as_str()), ("FFEB9C", "FFEB9C"));
    assert_eq!(read_ok(&answer).layouts.first(), reading.layouts.first());
}

#[test]
fn no_reason_stands_above_the_students_where_it_would_be_taken_for_the_school() {
    let file = sample_with(&[]);
    let whole = |row| Problem {
        sheet: None,
        row,
        cell: None,
        column: None,
        level: Level::Flag,
        code: Code::WrongFile,
        message: String::new(),
    };
    let answer = answer_to(&file, &[whole(1), whole(5)], Masking::None);
    assert_eq!((colour(&answer, "A1").as_str(), colour(&answer, "A5").as_str()), ("FFEB9C", "FFEB9C"));
    assert_eq!(notes(&answer).into_keys().collect::<Vec<_>>(), ["A1", "A5"]);
    assert_eq!((reasons_in(&answer, 1), reasons_in(&answer, 5)), (String::new(), REASONS.to_owned()));
    assert_eq!(read_ok(&answer).layouts.first(), read_ok(&file).layouts.first());
}

#[test]
fn rows_that_share_a_number_name_each_other() {
    let mut replaced = vec![("H8", "5271010101099801"), ("H12", "52.7101.010109.9801"), ("E9", "0099000001")];
    replaced.extend(["H20", "H21", "H22", "H23", "H24"].map(|cell| (cell, "5271010101099801")));
    let answer = answer(&sample_with(&replaced), Masking::None);
    assert!(reasons_in(&answer, 8).contains("baris 7, 12, 20, 21, 22, …"), "{}", reasons_in(&answer, 8));
    assert!(reasons_in(&answer, 12).contains("baris 7, 8, 20"), "{}", reasons_in(&answer, 12));
    assert!(reasons_in(&answer, 9).contains("NISN yang sama juga ada di baris 7."), "{}", reasons_in(&answer, 9));
}

#[test]
fn a_choice_is_offered_where_one_mends() {
    let file = sample_with(&[
        ("D8", "?"),
        ("G9", "03/04/2009"),
        ("H9", ""),
        ("G10", "3 April 30"),
        ("G11", "05/05/2009"),
        ("D12", ""),
    ]);
    let answer = answer(&file, Masking::None);
    let expected =
        [("D12", "\"L,P\""), ("D8", "\"L,P\""), ("G10", "\"1930-04-03\""), ("G9", "\"2009-04-03,2009-03-04\"")];
    assert_eq!(lists(&answer), expected.map(|(cell, list)| (cell.to_owned(), list.to_owned())).into());
    let sheet = part(&answer, "xl/worksheets/sheet1.xml");
    assert!(!sheet.contains("showErrorMessage=\"1\""), "the lists lock nobody out");
}

fn unknown_place(row: u32, cell: Option<String>) -> Problem {
    Problem {
        sheet: None,
        row,
        cell,
        column: None,
        level: Level::Error,
        code: Code::PlaceUnknown,
        message: String::new(),
    }
}

#[test]
fn an_unknown_place_is_chosen_from_those_known() {
    let text = format!("{CONTRACT}\n1,0091234567,5271010101099801,Budi Contoh,L,Mataram,2009-01-01,XI,,,\n");
    let problems = [unknown_place(2, Some("A2".into()))];
    let few = [("50200001", "SMA Contoh"), ("50200002", "SMK Contoh")];
    let answer = write(original(text.as_bytes()), &problems, Masking::None, &choices(&few), &messages()).unwrap();
    assert_eq!(lists(&answer)["A2"], "\"50200001,50200002\"");

    let many: Vec<(String, String)> =
        (0..60).map(|number| (format!("502000{number:02}"), format!("SMA Contoh {number}"))).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(code, name)| (code.as_str(), name.as_str())).collect();
    let answer = write(original(text.as_bytes()), &problems, Masking::None, &choices(&many), &messages()).unwrap();
    let list = &lists(&answer)["A2"];
    let (first, last) = list.strip_prefix("'Petunjuk'!$F$").unwrap().split_once(":$F$").unwrap();
    let guide = rows_of(&answer, GUIDE);
    let chosen = |row: &str| guide[&row.parse().unwrap()].text(5).to_owned();
    assert_eq!((chosen(first), chosen(last)), ("50200000".to_owned(), "50200059".to_owned()));
    assert_eq!(guide[&last.parse().unwrap()].text(6), "SMA Contoh 59");

    for (problem, places) in [(unknown_place(2, Some("A2".into())), &[][..]), (unknown_place(1, None), &few[..])] {
        let answer =
            write(original(text.as_bytes()), &[problem], Masking::None, &choices(places), &messages()).unwrap();
        assert!(lists(&answer).is_empty());
    }
}

#[test]
fn the_guide_says_what_to_do_and_leads_to_each_cell() {
    let file = sample_with(&[("B8", ""), ("H9", "52710101010998"), ("D9", "?"), ("D12", "?")]);
    let answer = answer(&file, Masking::Kept);
    assert_eq!(Book::open(&answer[..]).unwrap().sheets(), ["Daftar Peserta Didik", GUIDE]);
    let guide = rows_of(&answer, GUIDE);
    let lines: Vec<&str> = guide.values().map(|row| row.text(0)).collect();
    assert!(lines[1].contains("\"Daftar Peserta Didik\""), "{}", lines[1]);
    assert!(lines.contains(&"Baris merah: 1. Baris kuning: 6."), "{lines:?}");
    let head = *guide.iter().find(|(_, row)| row.text(0) == "Baris").unwrap().0;
    let listed = guide.range(head + 1..head + 5).map(|(_, row)| (row.cell(0).clone(), row.text(1), row.text(2)));
    assert_eq!(
        listed.collect::<Vec<_>>(),
        [
            (Cell::Number(8.0), "B8", "Nama"),
            (Cell::Number(9.0), "D9", "JK"),
            (Cell::Number(9.0), "H9", "NIK"),
            (Cell::Number(12.0), "D12", "JK")
        ],
        "first what keeps a student out, then by row"
    );
    assert_eq!(guide[&(head + 1)].text(3), notes(&answer)["B8"]);
    let links = part(&answer, "xl/worksheets/sheet2.xml");
    let links: Vec<&str> = between(&links, "location=\"", "\"");
    let expected = ["B8", "D9", "H9", "D12"].iter().chain(&FLAGGED);
    assert_eq!(links, expected.map(|cell| format!("'Daftar Peserta Didik'!{cell}")).collect::<Vec<_>>());
}

#[test]
fn a_guide_to_very_many_cells_says_how_many_more() {
    let mut rows = grid(&[&["Nama", "Tanggal Lahir", "JK", "NISN", "NIK"]]);
    for number in 0..6_000 {
        let birth_date = format!("2009-{:02}-{:02}", number % 12 + 1, number % 28 + 1);
        // One NIK that is none: a column without any is told as a whole.
        let nik = if number == 0 { "1" } else { "" };
        rows.push(vec![format!("Budi {number}"), birth_date, "L".into(), "?".into(), nik.into()]);
    }
    let answer = answer(csv(&rows, b';').as_bytes(), Masking::Kept);
    let guide = rows_of(&answer, GUIDE);
    let (last, before) = (guide.last_key_value().unwrap().1, guide.values().rev().nth(1).unwrap());
    assert!(last.text(0).starts_with("Masih ada 10000 lagi"), "{}", last.text(0));
    assert_eq!(before.text(1), "E1001");
    assert_eq!(notes(&answer).len(), 5_000);
    assert_eq!(colour(&answer, "E6001"), "FFEB9C", "what has no note is coloured and has its reason all the same");
    assert!(reasons_in(&answer, 6_001).contains("NIK kosong"));
}
