//! What people do to a sheet before they send it.

use super::*;

/// The sample's students, whatever was done to the sheet around them.
fn assert_same_students(grid: &Grid, what: &str) {
    let names = |reading: &Reading| -> Vec<_> {
        let row = |row: &Checked| row.student.clone().map(|student| RosterRow { row: Line::new(0, 1), ..student });
        reading.rows.iter().map(row).collect()
    };
    let reading = read_ok(&xlsx(&[("Sheet1", grid)]));
    assert_eq!(names(&reading), names(&read_ok(SAMPLE)), "{what}");
}

#[test]
fn the_header_may_stand_in_row_1() {
    let mut grid = sample();
    grid.drain(..4);
    assert_same_students(&grid, "preamble deleted");
    assert_eq!(read_ok(&xlsx(&[("Sheet1", &grid)])).layouts.first().kind, LayoutKind::Dapodik);
}

#[test]
fn columns_may_be_shifted_moved_or_misspelt() {
    let mut shifted = sample();
    shifted.iter_mut().for_each(|row| row.insert(0, String::new()));
    assert_same_students(&shifted, "one column shifted");

    let mut moved = sample();
    for row in moved.iter_mut().filter(|row| row.len() > 42) {
        let class = row.remove(42);
        row.insert(1, class);
    }
    assert_same_students(&moved, "Rombel Saat Ini elsewhere");

    let mut misspelt = sample();
    misspelt[4][13] = "Keluarahan".into();
    misspelt[4][6] = " TANGGAL\u{a0}LAHIR ".into();
    assert_same_students(&misspelt, "Keluarahan");
}

#[test]
fn a_parents_name_and_nik_are_never_taken() {
    let mut flattened = sample();
    for column in 24..42 {
        let whose = ["Ayah", "Ibu", "Wali"][(column - 24) / 6];
        flattened[4][column] = format!("{} {whose}", flattened[5][column]);
    }
    flattened.remove(5);
    assert_same_students(&flattened, "header flattened");

    let mut by_letter = sample();
    for column in 24..42 {
        // As one school wrote it: the block's name in full where it begins, a letter, or nothing behind it.
        let whose = [["Ayah", "Ibu", "Wali"], ["A", "I", "W"], ["", "", ""]];
        let style = match column % 6 {
            0 => 0,
            1 | 2 => 1,
            _ => 2,
        };
        by_letter[4][column] = format!("{} {}", by_letter[5][column], whose[style][(column - 24) / 6]);
    }
    by_letter.remove(5);
    assert_same_students(&by_letter, "header flattened by hand");
    for row in by_letter.iter_mut().skip(4) {
        row[7].clear();
    }
    let reading = read_ok(&xlsx(&[("Sheet1", &by_letter)]));
    assert!(reading.rows.iter().all(|row| row.student.as_ref().is_some_and(|student| student.nik.is_none())));

    let mut without_blocks = sample();
    let parents = without_blocks[5][24..42].to_vec();
    without_blocks[4].splice(24..42, parents);
    without_blocks.remove(5);
    assert_same_students(&without_blocks, "blocks' row overwritten");

    let mut below = sample();
    for column in (0..24).chain(42..66) {
        let title = std::mem::take(&mut below[4][column]);
        below[5].resize(66, String::new());
        below[5][column] = title;
    }
    assert_same_students(&below, "names in the second row");

    let mut orphaned = sample();
    for row in orphaned.iter_mut().skip(4) {
        row[7].clear();
    }
    let reading = read_ok(&xlsx(&[("Sheet1", &orphaned)]));
    assert!(reading.rows.iter().all(|row| row.student.as_ref().is_some_and(|student| student.nik.is_none())));
    assert_eq!(reading.problems[0].code, Code::NikMissing, "told once, at the header");
    assert_eq!((reading.problems[0].row, reading.problems[0].cell.as_deref()), (5, None));
    assert!(reading.rows.iter().all(|row| !codes(row).contains(&Code::NikMissing)));
}

#[test]
fn a_students_columns_beside_a_parents_stay_theirs() {
    let text = "Nama;NIK;Nama Ayah;Tahun Lahir A;NIK A;Tanggal Lahir\n\
                Budi;5271010101099801;Ayah Fiktif;1979;5271010101799801;2009-01-01\n";
    let reading = read_ok(text.as_bytes());
    let student = reading.rows[0].student.as_ref().unwrap();
    assert_eq!((student.name.as_str(), student.nik.as_ref().unwrap().digits()), ("Budi", "5271010101099801"));
    let text = "Nama;Nama Ibu Kandung;NIK;Tanggal Lahir\nBudi;Ibu Fiktif;5271010101099801;2009-01-01\n";
    assert!(read_ok(text.as_bytes()).rows[0].student.as_ref().unwrap().nik.is_some());
}

#[test]
fn nis_is_no_nik() {
    let text = "Nama,NIS Siswa,Tanggal Lahir\nBudi,5271010101099801,2009-01-01\n";
    assert_eq!(read_ok(text.as_bytes()).rows[0].student.as_ref().unwrap().nik, None);
}

#[test]
fn repeated_headers_and_empty_rows_are_passed_over() {
    let mut grid = sample();
    let header = grid[4].clone();
    let below = grid[5].clone();
    grid.insert(20, header);
    grid.insert(21, below);
    grid.push(Vec::new());
    grid.push(vec!["38".into()]);
    grid.push(vec!["39".into(), "\u{a0}".into(), String::new(), String::new(), "-".into()]);
    assert_same_students(&grid, "glued sheets");
}

#[test]
fn the_roster_may_be_on_any_sheet() {
    let notes = grid(&[&["Catatan"], &["Nama file", "Tanggal"]]);
    let template = sample()[..6].to_vec();
    let reading = read_ok(&xlsx(&[("Catatan", &notes), ("Format", &template), ("Data", &sample())]));
    assert_eq!(reading.layouts.first().sheet, "Data");
    assert_eq!(reading.rows.len(), 37);
}

#[test]
fn the_files_name_helps_where_the_preamble_is_gone() {
    let mut grid = sample();
    grid.drain(..4);
    let name = "daftar_pd-SMAN 1 CONTOH-BARU-2026-06-02 16_45_42 (1).xlsx";
    let preamble = read(&xlsx(&[("Sheet1", &grid)]), name, &rules()).unwrap().layouts.first().preamble.clone();
    assert_eq!(preamble.school.as_deref(), Some("SMAN 1 CONTOH-BARU"));
    assert_eq!(preamble.downloaded_at, "2026-06-02T16:45:42".parse().ok());
}

#[test]
fn a_wrong_sheet_says_what_was_looked_for_and_seen() {
    let wrong = grid(&[&["Kode Barang", "NISN", "Jumlah", "081234567890"], &["A1", "Meja", "4"]]);
    let error = read(&xlsx(&[("Inventaris", &wrong)]), "", &rules()).unwrap_err().to_string();
    for part in ["Tanggal Lahir", "Kode Barang", "Jumlah"] {
        assert!(error.contains(part), "{error}");
    }
    assert!(!error.contains("0812"), "{error}");
    // A row in which no column is known may be somebody's data.
    let data = grid(&[&["Siti Contoh", "Meja", "4"]]);
    let error = read(&xlsx(&[("Data", &data)]), "", &rules()).unwrap_err().to_string();
    assert!(error.contains("Tanggal Lahir") && !error.contains("Siti"), "{error}");

    let empty = read(&xlsx(&[("Kosong", &sample()[..6].to_vec())]), "", &rules()).unwrap_err();
    assert_eq!(empty, RosterError::NoStudents { header_row: 5 });
}

#[test]
fn the_header_begins_within_40_rows() {
    let under = |rows: usize| {
        let mut grid: Grid = vec![vec!["Daftar siswa".into()]; rows];
        grid.extend(sample().into_iter().skip(4));
        read(&xlsx(&[("Sheet1", &grid)]), "", &rules())
    };
    assert_eq!(under(39).unwrap().rows.len(), 37);
    assert!(matches!(under(40).unwrap_err(), RosterError::Layout(LayoutError::NoHeader { .. })));
}
