//! Single rows: every code, what it does to the row, and what it never says.

use proptest::prelude::*;

use super::*;
use crate::nik::looks_like_nik;
use crate::roster::parse::check::check;
use crate::roster::parse::header::{Column, Made};
use crate::roster::sheet::cell::Row;

#[test]
fn a_good_row_has_no_problem() {
    let checked = one(&[]);
    assert_eq!(checked.problems, []);
    let student = checked.student.unwrap();
    assert_eq!((student.npsn.as_deref(), student.kelurahan.as_deref()), (Some("50200001"), Some("Ampenan Tengah")));
}

#[test]
fn each_problem_has_its_code_cell_and_level() {
    for (column, value, code, cell) in [
        ("nik", "527101010109980", Code::NikNot16Digits, "C2"),
        ("nik", "2C21JD0123-X", Code::NikNot16Digits, "C2"),
        ("nik", "5,27101E+15", Code::NikUnreadable, "C2"),
        ("nik", "5271010101099801.0", Code::NikUnreadable, "C2"),
        ("nik", "5271010101099800,00", Code::NikUnreadable, "C2"),
        ("nisn", "91234567.0", Code::NisnPadded, "B2"),
        ("nik", "5271011301099801", Code::NikDateDiffers, "C2"),
        ("nik", "5271013202099801", Code::NikImpossibleDate, "C2"),
        ("nik", "", Code::NikMissing, "C2"),
        ("nik", "0", Code::NikMissing, "C2"),
        ("nik", "0000000000000000", Code::NikMissing, "C2"),
        ("nik", "5271014101099801", Code::NikSexDiffers, "C2"),
        ("nik", "3201010101099801", Code::NikOtherRegion, "C2"),
        ("nisn", "91234567", Code::NisnPadded, "B2"),
        ("nisn", "-", Code::NisnMissing, "B2"),
        ("nisn", "12345678901", Code::NisnMissing, "B2"),
        ("jk", "?", Code::SexUnreadable, "E2"),
        ("tanggal_lahir", "", Code::BirthDateMissing, "G2"),
        ("tanggal_lahir", "2009-02-30", Code::BirthDateUnreadable, "G2"),
        ("nama", "", Code::NameMissing, "D2"),
        ("nama", "5271010101099801", Code::NameMissing, "D2"),
    ] {
        let checked = one(&[(column, value)]);
        assert_eq!(codes(&checked), [code], "{column}={value}");
        let problem = &checked.problems[0];
        assert_eq!((problem.cell.as_deref(), problem.column.as_deref(), problem.row), (Some(cell), Some(column), 2));
        assert!(problem.message.starts_with(cell));
        let rejects = matches!(code, Code::BirthDateMissing | Code::BirthDateUnreadable | Code::NameMissing);
        assert_eq!((problem.level == Level::Error, checked.student.is_none()), (rejects, rejects), "{code:?}");
    }
}

#[test]
fn codes_are_written_as_the_contract_has_them() {
    let written = |code: Code| serde_json::to_value(code).unwrap().as_str().unwrap().to_owned();
    assert_eq!(written(Code::NikNot16Digits), "nik_not_16_digits");
    assert_eq!(written(Code::BirthDateAmbiguous), "birth_date_ambiguous");
    assert_eq!(Code::PlaceUnknown.level(), Level::Error);
    assert_eq!(serde_json::to_value(Level::Flag).unwrap(), "flag");
}

#[test]
fn a_doubtful_birth_date_is_kept_and_flagged() {
    let checked = one(&[("tanggal_lahir", "03/04/2009"), ("nik", "")]);
    assert_eq!(codes(&checked), [Code::NikMissing, Code::BirthDateAmbiguous]);
    assert_eq!(checked.student.unwrap().birth_date, day("2009-04-03"));
    for date in ["2024-01-01", "1926-01-01", "2027-01-01", "0009-01-01"] {
        let checked = one(&[("tanggal_lahir", date), ("nik", "-")]);
        assert_eq!(codes(&checked), [Code::NikMissing, Code::BirthDateImplausible]);
        assert!(checked.student.is_some());
    }
}

#[test]
fn decoration_is_removed_and_not_complained_about() {
    let checked = one(&[
        ("nik", "'52.7101.010109.9801"),
        ("nisn", "\u{200b}'0091234567"),
        ("nama", "  Siti\u{a0}\u{200b} Nur'aini \u{feff}"),
        ("hp", "+62 812-0000-0000"),
    ]);
    assert_eq!(checked.problems, []);
    let student = checked.student.unwrap();
    assert_eq!(student.nik.unwrap().digits(), "5271010101099801");
    assert_eq!(student.name, "Siti Nur'aini");
    assert_eq!(student.phone.as_deref(), Some("081200000000"));
}

#[test]
fn a_nisn_with_decimals_is_the_number_before_them() {
    assert_eq!(one(&[("nisn", "91234567.0")]).student.unwrap().nisn.as_deref(), Some("0091234567"));
    assert_eq!(one(&[("nisn", "0091234567,00")]).student.unwrap().nisn.as_deref(), Some("0091234567"));
}

#[test]
fn a_nik_in_the_wrong_column_is_not_kept_in_clear() {
    let nik = "5271010101099801";
    let checked =
        one(&[("npsn", nik), ("tempat_lahir", nik), ("rombel", nik), ("kelurahan", nik), ("hp", nik), ("nisn", nik)]);
    let student = checked.student.unwrap();
    let kept = [student.npsn, student.birth_place, student.class_name, student.kelurahan, student.phone, student.nisn];
    assert!(kept.iter().all(Option::is_none));
}

#[test]
fn a_number_on_two_rows_is_told_on_both_and_the_nik_kept_on_neither() {
    let text = "nisn,nik,nama,jk,tanggal_lahir\n\
                0091234567,5271010101099801,Satu,L,2009-01-01\n\
                0091234568,52.7101.0101099801,,L,2009-01-01\n\
                0091234567,5271010101099802,Tiga,L,2009-01-01\n\
                0091234569,0,Empat,L,2009-01-01\n\
                0091234570,0,Lima,L,2009-01-01\n\
                0091234571,-,Enam,L,2009-01-01\n";
    let rows = read_ok(text.as_bytes()).rows;
    assert_eq!(codes(&rows[0]), [Code::NikDuplicate, Code::NisnDuplicate]);
    assert_eq!(codes(&rows[1]), [Code::NameMissing, Code::NikDuplicate]);
    assert_eq!(codes(&rows[2]), [Code::NisnDuplicate]);
    assert!(rows[3..].iter().all(|row| codes(row) == [Code::NikMissing]));
    let first = rows[0].student.as_ref().unwrap();
    assert_eq!((first.nik.is_none(), first.nisn.as_deref()), (true, Some("0091234567")));
    assert!(rows[2].student.as_ref().unwrap().nik.is_some());
    assert_eq!(rows[0].problems[0].message, "B2: the same NIK also stands in row 3; correct it where it is wrong");
}

fn any_cell() -> impl Strategy<Value = Cell> {
    prop_oneof![
        Just(Cell::Empty),
        "\\PC{0,24}".prop_map(Cell::Text),
        "[0-9]{1,2}[-/. ][0-9]{1,2}[-/. ][0-9]{2,4}( [0-9:]{5})?".prop_map(Cell::Text),
        "(52|32)71(0|4)[0-9]{4}09[0-9]{4}".prop_map(Cell::Text),
        "52\\.7101\\.[0-9]{6}\\.[0-9]{4}".prop_map(Cell::Text),
        any::<f64>().prop_map(Cell::Number),
        (0i64..6_000_000_000_000_000).prop_map(|number| Cell::Number(number as f64)),
        (-700_000i32..2_000_000)
            .prop_map(|day| NaiveDate::from_num_days_from_ce_opt(day).map_or(Cell::Empty, Cell::Date)),
        any::<bool>().prop_map(Cell::Bool),
    ]
}

proptest! {
    #[test]
    fn no_cells_panic_and_no_nik_is_told(rows in prop::collection::vec(prop::collection::vec(any_cell(), 16), 1..6)) {
        use Field::*;
        let fields = [
            Npsn, Nisn, Nik, Name, Sex, BirthPlace, BirthDate, ClassName, Rt, Rw, Kelurahan, Kecamatan, Phone, Status,
            LeftReason, LeftOn,
        ];
        let columns = fields.into_iter().enumerate().map(|(index, field)| (field, Column { index, title: format!("{field:?}"), made: Made::Cell }));
        let layout = Layout {
            number: 0,
            is_one_of_several: false,
            kind: LayoutKind::Csv,
            sheet: String::new(),
            header_row: 1,
            first_data_row: 2,
            last_row: u32::MAX,
            columns: columns.collect(),
            number_column: None,
            preamble: Preamble::default(),
            parts: Vec::new(),
            class_merges: Vec::new(),
            people: 0,
            without_class: 0,
            unclear: Vec::new(),
            leavers: true,
            applicants: false,
        };
        let rules = rules();
        let mut all = Vec::new();
        for (number, cells) in rows.into_iter().enumerate() {
            let mut row = Row::new(number as u32 + 2);
            for (column, cell) in cells.into_iter().enumerate() {
                row.put(column, cell);
            }
            all.extend(check(&layout, &rules, &row));
        }
        for checked in all {
            for problem in &checked.problems {
                prop_assert!(!looks_like_nik(&problem.message), "{}", problem.message);
            }
            // One value at a time, for two numbers side by side are no NIK.
            let clear = checked.student.into_iter().flat_map(|student| {
                let reason = student.left.and_then(|left| left.reason);
                let others = [student.npsn, student.birth_place, student.class_name, student.kelurahan, reason];
                others.into_iter().flatten().chain([student.name])
            });
            for text in clear {
                prop_assert!(!looks_like_nik(&text), "{}", text);
            }
        }
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&bytes, "x", &rules());
    }

    #[test]
    fn no_text_panics(text in "([\\PC]|[,;\t\r\n\"']){0,200}", name in "\\PC{0,40}") {
        let _ = read(format!("{CONTRACT}\n{text}").as_bytes(), &format!("daftar_pd-{name}"), &rules());
    }

    #[test]
    fn no_damage_to_a_workbook_panics(at in 0..SAMPLE.len(), byte in any::<u8>(), cut in any::<bool>()) {
        let mut bytes = SAMPLE.to_vec();
        bytes[at] = byte;
        if cut {
            bytes.truncate(at);
        }
        let _ = read(&bytes, "x", &rules());
    }
}
