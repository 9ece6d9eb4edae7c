//! Whole files of the three kinds.

use super::*;
use crate::nik::Sex;

#[test]
fn the_dapodik_sample_is_read_in_full() {
    let reading = read(SAMPLE, SAMPLE_NAME, &rules()).unwrap();
    let layout = &reading.layouts.first();
    assert_eq!((layout.kind, layout.header_row, layout.first_data_row), (LayoutKind::Dapodik, 5, 7));
    assert!(!layout.leavers);
    assert_eq!(layout.preamble.school.as_deref(), Some("SMA CONTOH SINTETIS"));
    assert_eq!(layout.preamble.kecamatan.as_deref(), Some("Ampenan"));
    assert_eq!(layout.preamble.kabupaten.as_deref(), Some("Kota Mataram"));
    assert_eq!(layout.preamble.downloaded_at, "2026-11-02T08:15:30".parse().ok());
    assert!(reading.problems.is_empty());

    assert_eq!(reading.rows.len(), 37);
    assert_eq!(reading.rows.iter().map(|row| row.row.row()).collect::<Vec<_>>(), (7..=43).collect::<Vec<_>>());
    let first = reading.rows[0].student.as_ref().unwrap();
    assert_eq!(first.name, "Intan Sintetis");
    assert_eq!(first.nik.as_ref().unwrap().digits(), "5271010101099801");
    assert_eq!(first.nisn.as_deref(), Some("0099000001"));
    assert_eq!((first.sex, first.birth_date), (Some(Sex::Male), day("2009-01-01")));
    assert_eq!((first.class_name.as_deref(), first.grade), (Some("X Merdeka 1"), Some(10)));
    assert_eq!((first.rt, first.rw, first.kecamatan.as_deref()), (Some(1), Some(2), Some("Ampenan")));
    assert_eq!(first.phone.as_deref(), Some("081200000000"));
    assert_eq!(layout.address(Field::Nik, 7).as_deref(), Some("H7"));
    assert_eq!(layout.address(Field::ClassName, 7).as_deref(), Some("AQ7"));
}

#[test]
fn dapodik_saved_as_csv_says_the_same() {
    let direct = read(SAMPLE, SAMPLE_NAME, &rules()).unwrap();
    for delimiter in [b',', b';', b'\t'] {
        let reading = read_ok(csv(&sample(), delimiter).as_bytes());
        assert_eq!(reading.layouts.first().kind, LayoutKind::Dapodik);
        assert_eq!(reading.rows, direct.rows);
    }
}

#[test]
fn emis_is_read_by_its_own_names() {
    let rows = grid(&[
        &[
            "No",
            "Nama Lengkap",
            "NISN",
            "NIK",
            "Tempat Lahir",
            "Tanggal Lahir",
            "Tingkat - Rombel",
            "Umur",
            "Status",
            "Jenis Kelamin",
            "Alamat",
            "No Telepon",
            "Kebutuhan Khusus",
            "Disabilitas",
            "Nomor KIP/PIP",
            "Nama Ayah Kandung",
            "Nama Ibu Kandung",
            "Nama Wali",
        ],
        &[
            "1",
            "Siti Contoh",
            "0091234567",
            "5271014102099802",
            "Mataram",
            "2009-02-01",
            "Kelas 10 - KELAS X MIA",
            "17",
            "Aktif",
            "Perempuan",
            "Jl. Contoh",
            "0812 0000 0001",
            "",
            "",
            "",
            "Ayah Fiktif",
            "Ibu Fiktif",
            "",
        ],
    ]);
    let reading = read_ok(&xlsx(&[("Data Siswa", &rows)]));
    assert_eq!((reading.layouts.first().kind, reading.layouts.first().header_row), (LayoutKind::Emis, 1));
    let student = reading.rows[0].student.as_ref().unwrap();
    assert_eq!(student.name, "Siti Contoh");
    assert_eq!((student.sex, student.grade, student.left.is_some()), (Some(Sex::Female), Some(10), false));
    assert_eq!(student.phone.as_deref(), Some("081200000001"));
    assert!(reading.rows[0].problems.is_empty());
}

#[test]
fn the_contracts_csv_is_read_in_any_order_and_encoding() {
    let text = "hp;nama;tanggal_lahir;nik;jk;nisn;rombel;npsn;kecamatan;kelurahan;tempat_lahir\r\n\
                0812;Zoë Contoh;2009-01-01;5271010101099801;L;0091234567;XII-2;50200001;Ampenan;Dayan Peken;Mataram, NTB\r\n";
    let utf16 = |big: bool| -> Vec<u8> {
        text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    };
    let files = [
        text.as_bytes().to_vec(),
        [b"\xef\xbb\xbf", text.as_bytes()].concat(),
        [b"\xff\xfe".to_vec(), utf16(false)].concat(),
        [b"\xfe\xff".to_vec(), utf16(true)].concat(),
        utf16(false),
        text.replace('ë', "\u{1}").bytes().map(|byte| if byte == 1 { 0xeb } else { byte }).collect(),
        [b"sep=;\r\n", text.as_bytes()].concat(),
    ];
    for (index, file) in files.iter().enumerate() {
        let reading = read_ok(file);
        assert_eq!(reading.layouts.first().kind, LayoutKind::Csv, "file {index}");
        let student = reading.rows[0].student.as_ref().unwrap();
        assert_eq!(student.name, "Zoë Contoh", "file {index}");
        assert_eq!(student.birth_place.as_deref(), Some("Mataram, NTB"));
        assert_eq!((student.npsn.as_deref(), student.grade), (Some("50200001"), Some(12)));
        assert_eq!(student.phone, None, "a number too short to dial is not kept");
    }
}

#[test]
fn csv_rows_have_the_numbers_that_a_spreadsheet_shows() {
    for newline in ["\n", "\r\n", "\r"] {
        let lines = [
            "Daftar siswa",
            "",
            "",
            CONTRACT,
            "",
            "1,,,\"Dua",
            "Baris\",L,,2009-01-01,,,,",
            ",,,Terakhir,L,,2009-01-01,,,,",
            "",
            "",
        ];
        let reading = read_ok(lines.join(newline).as_bytes());
        assert_eq!(reading.layouts.first().header_row, 4);
        let seen: Vec<_> =
            reading.rows.iter().map(|row| (row.row.row(), row.student.as_ref().unwrap().name.as_str())).collect();
        assert_eq!(seen, [(6, "Dua Baris"), (7, "Terakhir")], "{newline:?}");
    }
}

#[test]
fn leavers_have_a_reason_and_a_day() {
    let rows = grid(&[
        &["Daftar Peserta Didik Keluar"],
        &["SMA CONTOH"],
        &["No", "Nama", "JK", "NISN", "Tanggal Lahir", "NIK", "Keluar karena", "Tanggal keluar"],
        &["1", "Budi Contoh", "L", "0091234567", "2009-01-01", "5271010101099801", "Mutasi", "2026-08-01"],
    ]);
    let reading = read_ok(&xlsx(&[("Daftar Peserta Didik Keluar", &rows)]));
    assert!(reading.layouts.first().leavers);
    assert_eq!(reading.layouts.first().preamble.school.as_deref(), Some("SMA CONTOH"));
    let left = reading.rows[0].student.as_ref().unwrap().left.clone().unwrap();
    assert_eq!(left, Left { reason: Some("Mutasi".into()), on: Some(day("2026-08-01")) });
}

#[test]
fn a_far_away_cell_costs_nothing() {
    let mut workbook = rust_xlsxwriter::Workbook::new();
    let sheet = workbook.add_worksheet();
    for (column, (title, value)) in
        [("Nama", "Budi Contoh"), ("Tanggal Lahir", "2009-01-01"), ("NISN", "0091234567")].into_iter().enumerate()
    {
        sheet.write_string(0, column as u16, title).unwrap();
        sheet.write_string(1, column as u16, value).unwrap();
    }
    sheet.write_string(1_048_575, 400, "x").unwrap();
    sheet.write_blank(1_048_575, 16_383, &rust_xlsxwriter::Format::new().set_bold()).unwrap();
    let reading = read_ok(&workbook.save_to_buffer().unwrap());
    assert_eq!(reading.rows.len(), 1);
}

#[test]
fn date_and_number_cells_are_read_as_what_they_are() {
    let mut workbook = rust_xlsxwriter::Workbook::new();
    let sheet = workbook.add_worksheet();
    let date = rust_xlsxwriter::Format::new().set_num_format("dd/mm/yyyy");
    for (column, title) in ["Nama", "Tanggal Lahir", "NISN", "NIK", "HP", "JK"].into_iter().enumerate() {
        sheet.write_string(0, column as u16, title).unwrap();
    }
    for row in 1..=2 {
        sheet.write_string(row, 0, "Budi Contoh").unwrap();
        sheet.write_datetime_with_format(row, 1, day("2009-04-03"), &date).unwrap();
        sheet.write_number(row, 2, 91_234_560.0 + f64::from(row)).unwrap();
        sheet.write_number(row, 3, 5_271_010_101_099_801.0).unwrap();
        sheet.write_number(row, 4, 81_200_000_000.0).unwrap();
        sheet.write_string(row, 5, "L").unwrap();
    }
    sheet.write_number(2, 3, 0.0).unwrap();
    let reading = read_ok(&workbook.save_to_buffer().unwrap());
    let student = reading.rows[0].student.as_ref().unwrap();
    assert_eq!(student.birth_date, day("2009-04-03"));
    assert_eq!(student.nisn.as_deref(), Some("0091234561"));
    assert_eq!(student.phone.as_deref(), Some("081200000000"));
    assert_eq!(student.nik, None);
    assert_eq!(codes(&reading.rows[0]), [Code::NikUnreadable, Code::NisnPadded]);
    assert_eq!(codes(&reading.rows[1]), [Code::NikMissing, Code::NisnPadded]);
}
