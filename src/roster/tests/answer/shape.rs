//! The answer is the roster that came: same layout, same rows, whatever the file was.

use super::*;
use crate::roster::sheet::bounds::MAX_WORKBOOK_ROWS;

macro_rules! files {
    ($($name:literal),*) => {
        [$(($name, include_bytes!(concat!("../../../../tests/data/rosters/", $name)).as_slice())),*]
    };
}

/// The students without what masking hides.
fn students(reading: &Reading, with_nik: bool) -> Vec<(u32, Option<RosterRow>)> {
    let shown = |student: &RosterRow| RosterRow {
        nik: student.nik.clone().filter(|_| with_nik),
        nik_is_masked: student.nik_is_masked && with_nik,
        ..student.clone()
    };
    reading.rows.iter().map(|row| (row.row.row(), row.student.as_ref().map(shown))).collect()
}

fn every_file() -> Vec<(&'static str, &'static [u8])> {
    let mut files = files![
        "contract_cp1252.csv",
        "contract_open_quote.csv",
        "contract_utf16.txt",
        "contract_utf8_bom.csv",
        "dapodik.ods",
        "dapodik.xls",
        "dapodik_resaved.csv",
        "dapodik_two_sheets.xls",
        "dapodik_xml.xls",
        "dapodik_xml_cp1252.xls",
        "dapodik_xml_utf16.xls"
    ]
    .to_vec();
    files.push((SAMPLE_NAME, SAMPLE));
    files
}

#[test]
fn every_kind_of_file_comes_back_as_the_same_roster() {
    for (name, file) in every_file() {
        let before = read(file, name, &rules()).unwrap();
        let problems = told(&before);
        for masking in [Masking::None, Masking::All] {
            let answer =
                write(Original { name, ..original(file) }, &problems, masking, &choices(&[]), &messages()).unwrap();
            let again = read(&answer, name, &rules()).unwrap();
            let mut expected = before.layouts.first().clone();
            if expected.sheet.is_empty() {
                expected.sheet = "Daftar siswa".into();
            }
            assert_eq!(*again.layouts.first(), expected, "{name}");
            assert_eq!(
                students(&again, masking == Masking::None),
                students(&before, masking == Masking::None),
                "{name}"
            );
            if masking == Masking::None {
                assert_eq!(told(&again), problems, "{name}");
                assert_eq!(cells_of(&answer), cells_of(file), "{name}");
            }
        }
    }
}

#[test]
fn the_two_header_rows_are_joined_as_in_the_export() {
    let answer = answer(SAMPLE, Masking::Kept);
    let merges = |file: &[u8]| {
        let sheet = part(file, "xl/worksheets/sheet1.xml");
        let mut merges: Vec<String> =
            between(&sheet, "<mergeCell ref=\"", "\"").into_iter().map(str::to_owned).collect();
        merges.sort();
        merges
    };
    let mut expected = merges(SAMPLE);
    assert!(expected.contains(&"Y5:AD5".to_owned()) && expected.contains(&"H5:H6".to_owned()));
    expected.push("BO5:BO6".into());
    expected.sort();
    assert_eq!(merges(&answer), expected);
    let sheet = part(&answer, "xl/worksheets/sheet1.xml");
    assert!(sheet.contains("ySplit=\"6\"") && sheet.contains("xSplit=\"2\"") && sheet.contains("state=\"frozen\""));
}

#[test]
fn a_mended_answer_has_no_problem_where_it_was_mended() {
    let file =
        sample_with(&[("B8", ""), ("H9", "52710101010998"), ("D9", "?"), ("G10", "03/04/2009"), ("G11", "kapan")]);
    let before = read_ok(&file);
    assert_eq!(
        before.rows.iter().filter(|row| row.student.is_none()).map(|row| row.row.row()).collect::<Vec<_>>(),
        [8, 11]
    );
    let answer = answer(&file, Masking::Kept);
    assert_eq!(lists(&answer)["G10"], "\"2009-04-03,2009-03-04\"");
    let untouched = read_ok(&saved_again(&answer, &[]));
    assert_eq!(untouched.rows.iter().filter(|row| row.student.is_none()).count(), 2, "saving alone mends nothing");
    let mended = saved_again(
        &answer,
        &[("B8", "Budi Contoh"), ("H9", "5271010101099803"), ("D9", "L"), ("G10", "2009-04-03"), ("G11", "2009-01-05")],
    );
    let again = read_ok(&mended);
    assert!(again.rows.iter().all(|row| row.student.is_some()));
    for (row, cell) in [(8, "B8"), (9, "H9"), (9, "D9"), (10, "G10"), (11, "G11")] {
        let problems = &again.rows.iter().find(|checked| checked.row.row() == row).unwrap().problems;
        let wrong = |problem: &&Problem| problem.cell.as_deref() == Some(cell) && !problem.message.contains("NIK");
        assert_eq!(problems.iter().find(wrong), None, "{cell}");
    }
    assert_eq!(again.rows[2].student.as_ref().unwrap().nik.as_ref().unwrap().digits(), "5271010101099803");
}

#[test]
fn an_answer_to_an_answer_has_one_column_of_reasons() {
    let file = sample_with(&[("B8", ""), ("D9", "?")]);
    let first = answer(&file, Masking::None);
    let mended = saved_again(&first, &[("B8", "Budi Contoh")]);
    let second = answer(&mended, Masking::None);
    let header = &roster_rows(&second)[&5];
    let titled: Vec<usize> = (0..header.width()).filter(|column| header.text(*column) == REASONS).collect();
    assert_eq!(titled, [66]);
    assert_eq!((reasons_in(&second, 8).as_str(), header.width()), ("", 67), "what was mended is no longer told");
    assert!(reasons_in(&second, 9).contains("Pilih L atau P"));
    assert_eq!(Book::open(&second[..]).unwrap().sheets(), ["Daftar Peserta Didik", GUIDE]);
    let by_itself = answer(&first, Masking::None);
    assert_eq!(cells_of(&by_itself), cells_of(&file));
    assert_eq!(notes(&by_itself), notes(&first));
}

#[test]
fn leavers_stay_leavers_and_other_kinds_stay_what_they_are() {
    let rows = grid(&[
        &["Daftar Peserta Didik Keluar"],
        &["SMA CONTOH"],
        &["No", "Nama", "JK", "NISN", "Tanggal Lahir", "NIK", "Keluar karena", "Tanggal keluar"],
        &["1", "Budi Contoh", "?", "0091234567", "2009-01-01", "5271010101099801", "Mutasi", "2026-08-01"],
        &["", "", "", "", "", "", "", ""],
        &["Jumlah", "", "", "", "", "", "", ""],
    ]);
    let file = xlsx(&[("Petunjuk", &rows)]);
    let before = read_ok(&file);
    let answer = answer(&file, Masking::None);
    let again = read_ok(&answer);
    assert_eq!((&again.layouts.first(), &again.rows), (&before.layouts.first(), &before.rows));
    assert!(again.layouts.first().leavers);
    assert_eq!(Book::open(&answer[..]).unwrap().sheets(), ["Petunjuk", "Petunjuk 2"]);
    assert_eq!(cells_of(&answer), cells_of(&file), "the footer stays too");

    let emis = grid(&[
        &["No", "Nama Lengkap", "NISN", "NIK", "Tanggal Lahir", "Tingkat - Rombel", "Status", "Jenis Kelamin"],
        &["1", "Siti Contoh", "0091234567", "5271014102099802", "2009-02-01", "Kelas 10 - X", "Aktif", "Perempuan"],
    ]);
    let file = xlsx(&[("Catatan", &grid(&[&["Nama file"], &["x"]])), ("Data ", &emis)]);
    let again = read_ok(&super::answer(&file, Masking::None));
    assert_eq!(
        (again.layouts.first().kind, &again.layouts.first()),
        (LayoutKind::Emis, &read_ok(&file).layouts.first())
    );
}

#[test]
fn what_looks_like_a_formula_stays_a_text() {
    let texts = ["=1+1", "+62 812", "-5", "@SUM(A1)", "=cmd|' /C calc'!A0", "_x0041_", "<b>&amp;</b>", "\u{ffff}x"];
    let mut rows = grid(&[&["Nama", "Tanggal Lahir", "Catatan", "JK"]]);
    rows.extend(
        texts.map(|text| vec![format!("{text} Budi"), "2009-01-01".to_owned(), text.to_owned(), "=L".to_owned()]),
    );
    let answer = answer(&xlsx(&[("Siswa", &rows)]), Masking::All);
    let sheet = part(&answer, "xl/worksheets/sheet1.xml");
    assert!(!sheet.contains("<f>") && !sheet.contains("<f "));
    let written = roster_rows(&answer);
    for (row, text) in (2..).zip(texts) {
        assert_eq!(written[&row].text(2), text.trim_start_matches('\u{ffff}'));
    }
    let guide = part(&answer, "xl/worksheets/sheet2.xml");
    assert!(!guide.contains("<f>"));
}

#[test]
fn dates_and_numbers_mean_what_they_meant() {
    let mut workbook = rust_xlsxwriter::Workbook::new();
    let sheet = workbook.add_worksheet();
    let look = rust_xlsxwriter::Format::new().set_num_format("dd/mm/yyyy");
    sheet.write_string(0, 0, "Daftar Peserta Didik").unwrap();
    sheet.write_datetime_with_format(0, 1, day("2026-11-02"), &look).unwrap();
    sheet.write_string(1, 0, "SMA CONTOH").unwrap();
    let titles = ["Nama", "Tanggal Lahir", "NISN", "NIK", "HP", "JK", "Kelas", "RT", "Dicatat", "Lulus"];
    for (column, title) in titles.into_iter().enumerate() {
        sheet.write_string(2, column as u16, title).unwrap();
    }
    sheet.write_string(3, 0, "Budi Contoh").unwrap();
    for column in [1, 2, 3, 6, 8] {
        sheet.write_datetime_with_format(3, column, day("2009-10-01"), &look).unwrap();
    }
    sheet.write_number(3, 4, 81_200_000_000.0).unwrap().write_number(3, 7, 1.5).unwrap();
    sheet.write_string(3, 5, "L").unwrap().write_boolean(3, 9, true).unwrap();
    let file = workbook.save_to_buffer().unwrap();
    let before = read_ok(&file);
    assert_eq!(before.rows[0].student.as_ref().unwrap().class_name, None);
    let answer = answer(&file, Masking::None);
    let again = read_ok(&answer);
    let meaning = |reading: &Reading| -> Vec<_> {
        reading.rows.iter().map(|row| (row.student.clone(), row.problems.clone())).collect()
    };
    assert_eq!((again.layouts.first(), meaning(&again)), (before.layouts.first(), meaning(&before)));
    let (shown, was) = (cells_of(&answer), cells_of(&file));
    for cell in ["B4", "I4"] {
        assert_eq!(shown[cell], Cell::Text("2009-10-01".into()), "{cell}");
    }
    for cell in ["B1", "C4", "D4", "G4", "E4", "H4", "J4"] {
        assert_eq!(shown[cell], was[cell], "{cell}");
    }
}

#[test]
fn numbers_by_which_people_are_known_have_the_format_of_a_text() {
    let answer = answer(SAMPLE, Masking::None);
    let sheet = part(&answer, "xl/worksheets/sheet1.xml");
    let styles = part(&answer, "xl/styles.xml");
    let formats = between(between(&styles, "<cellXfs", "</cellXfs>")[0], "numFmtId=\"", "\"");
    for cell in ["E7", "H7", "T7", "G7"] {
        let found = between(&sheet, &format!("<c r=\"{cell}\""), ">")[0];
        let style: usize = between(found, "s=\"", "\"")[0].parse().unwrap();
        assert_eq!(formats[style], "49", "{cell}");
        assert!(found.contains("t=\"inlineStr\""), "{cell}");
    }
    // Cells that are still empty too.
    let columns = between(&sheet, "<cols>", "</cols>")[0];
    let nik = between(columns, "<col min=\"8\"", "/>")[0];
    let style: usize = between(nik, "style=\"", "\"")[0].parse().unwrap();
    assert_eq!(formats[style], "49");
}

#[test]
fn a_sheet_as_wide_as_can_be_has_no_column_of_reasons() {
    let mut rows = grid(&[&["Nama", "Tanggal Lahir", "JK"], &["Budi Contoh", "2009-01-01", "?"]]);
    for (width, has_column) in [(511, true), (512, false)] {
        rows[1].resize(width, String::new());
        rows[1][width - 1] = "x".into();
        let answer = answer(&xlsx(&[("Siswa", &rows)]), Masking::None);
        assert_eq!(read_ok(&answer).rows.len(), 1);
        assert_eq!(reasons_column(&roster_rows(&answer)[&1]), has_column.then_some(511));
        assert!(notes(&answer).contains_key("C2"));
    }
}

#[test]
fn a_deep_header_is_not_frozen() {
    let mut rows = vec![Vec::new(); 20];
    rows.extend(grid(&[&["Nama", "Tanggal Lahir", "JK"], &["Budi Contoh", "2009-01-01", "?"]]));
    let answer = answer(&xlsx(&[("Siswa", &rows)]), Masking::None);
    assert!(!part(&answer, "xl/worksheets/sheet1.xml").contains("<pane"));
    assert_eq!(read_ok(&answer).layouts.first().header_row, 21);
}

#[test]
fn names_of_sheets_that_a_workbook_may_not_have_are_made_fit() {
    let xml = |name: &str| {
        format!(
            "<?xml version=\"1.0\"?><Workbook xmlns:ss=\"urn:schemas-microsoft-com:office:spreadsheet\">\
             <Worksheet ss:Name=\"{name}\"><Table><Row><Cell><Data>Nama</Data></Cell><Cell><Data>Tanggal Lahir</Data></Cell>\
             </Row><Row><Cell><Data>Budi</Data></Cell><Cell><Data>2009-01-01</Data></Cell></Row></Table></Worksheet></Workbook>"
        )
    };
    for (name, expected) in [
        ("Kelas [X]: 1/2", "Kelas X 12"),
        ("'Siswa'", "Siswa"),
        ("Daftar peserta didik kelas sepuluh A", "Daftar peserta didik kelas sepu"),
        ("???", "Daftar siswa"),
        ("Ja'far", "Ja'far"),
    ] {
        let answer = answer(xml(name).as_bytes(), Masking::None);
        let reading = read_ok(&answer);
        assert_eq!(reading.layouts.first().sheet, expected);
        let links = part(&answer, "xl/worksheets/sheet2.xml");
        let expected = format!("location=\"'{}'!A1\"", expected.replace('\'', "''"));
        assert!(links.contains(&expected) || links.contains(&expected.replace('\'', "&apos;")), "{expected}: {links}");
    }
}

#[test]
fn a_hundred_thousand_rows_go_through_row_by_row() {
    let mut text = String::from("nama;tanggal_lahir;jk\n");
    for number in 0..100_000 {
        let sex = if number % 10_000 == 5 { "?" } else { "L" };
        text += &format!("Budi {number};2009-01-01;{sex}\n");
    }
    let problems: Vec<Problem> = told(&read_ok(text.as_bytes()));
    let sexes: Vec<Problem> = problems.into_iter().filter(|problem| problem.code == Code::SexUnreadable).collect();
    let answer = answer_to(text.as_bytes(), &sexes, Masking::Kept);
    // No cell is held: texts stand in the rows, not in a table of their own that must be kept until the end.
    let sheet = part(&answer, "xl/worksheets/sheet1.xml");
    assert!(
        sheet.contains("<c r=\"A100001\" t=\"inlineStr\"><is><t>Budi 99999</t></is></c>"),
        "{}",
        &sheet[sheet.len() - 900..]
    );
    assert_eq!(sheet.matches("<row ").count(), 100_001);
    assert_eq!(colour(&answer, "C90007"), "FFEB9C");
    assert_eq!(lists(&answer).len(), 10);
    assert_eq!(read_ok(&answer).rows.len(), 100_000);
}

#[test]
fn what_would_not_be_read_back_is_not_written() {
    let text = format!("nama;tanggal_lahir\n{}", "Budi;2009-01-01\n".repeat(MAX_WORKBOOK_ROWS as usize + 1));
    let error = write(original(text.as_bytes()), &[], Masking::None, &choices(&[]), &messages()).map(drop).unwrap_err();
    assert!(matches!(error, AnswerError::TooManyRows), "{error}");
    let far = format!("nama;tanggal_lahir\n{}Budi;2009-01-01\n", "\n".repeat(1_048_575));
    let error = write(original(far.as_bytes()), &[], Masking::None, &choices(&[]), &messages()).map(drop).unwrap_err();
    assert!(matches!(error, AnswerError::TooManyRows), "{error}");
    let error = write(original(b"a;b\n1;2\n"), &[], Masking::None, &choices(&[]), &messages()).map(drop).unwrap_err();
    assert!(matches!(error, AnswerError::Layout(LayoutError::NoHeader { .. })), "{error}");
}

#[test]
fn an_answer_has_every_sheet_and_leads_to_the_right_one() {
    let titles: &[&str] = &["Nama", "Tgl Lahir", "NIK", "NISN"];
    let first = grid(&[titles, &["Siti Contoh", "2009-01-01", "5271014101090001", "0090000001"]]);
    let second = grid(&[
        titles,
        &["Budi Contoh", "kapan", "", "0090000002"],
        &["Siti Contoh", "2009-02-02", "5271014202090003", "0090000001"],
    ]);
    let file = xlsx(&[("X-1", &first), ("X-2", &second), (GUIDE, &grid(&[&["Catatan sekolah"]]))]);
    let before = read_ok(&file);
    let answer = answer(&file, Masking::Kept);
    assert_eq!(Book::open(&answer).unwrap().sheets(), ["X-1", "X-2", GUIDE]);
    let (one, two) = (rows_of(&answer, "X-1"), rows_of(&answer, "X-2"));
    assert_eq!(one[&1].text(4), REASONS);
    assert!(one[&2].text(4).contains("baris 3 (X-2)"), "{}", one[&2].text(4));
    assert!(two[&3].text(4).contains("baris 2 (X-1)"), "{}", two[&3].text(4));
    assert!(two[&2].text(4).contains("Tanggal lahir"), "{}", two[&2].text(4));
    // A NIK that we hold is masked on whichever sheet it stands.
    assert_eq!((one[&2].text(2), two[&3].text(2)), ("52************01", "52************03"));
    let guide: Vec<String> = rows_of(&answer, GUIDE).values().map(|row| row.text(1).to_owned()).collect();
    assert!(guide.contains(&"X-2!B2".to_owned()), "{guide:?}");
    let again = read_ok(&answer);
    assert_eq!((&again.layouts, again.rows.len()), (&before.layouts, before.rows.len()));
    // Of a file whose sheets say the same, the copies are not sent back.
    let mut all = first.clone();
    all.extend(second[1..].iter().cloned());
    let file = xlsx(&[("Semua", &all), ("X-1", &first)]);
    let copies = ["X-1".to_owned()];
    let original = Original { copies: &copies, ..original(&file) };
    let answer = write(original, &told(&read_ok(&file)), Masking::None, &choices(&[]), &messages()).unwrap();
    assert_eq!(Book::open(&answer).unwrap().sheets(), ["Semua", GUIDE]);
}

#[test]
fn several_lists_on_one_sheet_come_back_on_one_sheet() {
    let rows = grid(&[
        &["Nama", "Tanggal Lahir", "JK", "NISN", "NIK"],
        &["Budi Contoh", "2009-01-01", "L", "0091234561", ""],
        &[],
        &["NISN", "Nama", "Tanggal Lahir", "JK", "NIK"],
        &["0091234562", "Siti Contoh", "2009-02-30", "P", "5271014202099802"],
    ]);
    let file = xlsx(&[("Siswa", &rows)]);
    let before = read_ok(&file);
    assert_eq!(before.layouts.iter().count(), 2);
    let answer = answer(&file, Masking::None);
    assert_eq!(Book::open(&answer[..]).unwrap().sheets(), ["Siswa", GUIDE]);
    assert_eq!((colour(&answer, "E2").as_str(), colour(&answer, "C5").as_str()), ("FFEB9C", "FFC7CE"));
    assert_eq!(read_ok(&answer).rows.len(), before.rows.len());
}
