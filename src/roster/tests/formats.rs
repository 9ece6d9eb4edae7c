//! One roster in every form in which it arrives. The files are made by `tests/data/rosters/make.py`.

use super::*;
use crate::roster::sheet::cell::Row;

macro_rules! file {
    ($name:literal) => {
        include_bytes!(concat!("../../../tests/data/rosters/", $name)).as_slice()
    };
}

/// The students that the sample and a file have in common, row by row.
fn assert_like_sample(name: &str, file: &[u8], kept: impl Fn(&mut RosterRow)) {
    let sample = read_ok(SAMPLE);
    let reading = read(file, name, &rules()).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!((reading.layouts.first().kind, reading.layouts.first().header_row), (LayoutKind::Dapodik, 5), "{name}");
    assert_eq!(reading.layouts.first().preamble.school, sample.layouts.first().preamble.school, "{name}");
    assert!(reading.problems.is_empty(), "{name}");
    assert!(reading.rows.len() >= 6, "{name}: {} rows", reading.rows.len());
    for (found, expected) in reading.rows.iter().zip(&sample.rows) {
        let mut expected = expected.clone();
        expected.student.iter_mut().for_each(&kept);
        // A number made of the name is another where the file's encoding has another name.
        expected.numbers.person = found.numbers.person;
        assert_eq!(*found, expected, "{name}");
    }
}

#[test]
fn old_excel_and_open_document_say_the_same_as_the_sample() {
    for (name, file, students) in [
        ("dapodik.xls", file!("dapodik.xls"), 37),
        ("dapodik_two_sheets.xls", file!("dapodik_two_sheets.xls"), 37),
        ("dapodik.ods", file!("dapodik.ods"), 37),
    ] {
        assert_like_sample(name, file, |_| {});
        assert_eq!(read_ok(file).rows.len(), students, "{name}");
    }
    assert_eq!(read_ok(file!("dapodik_two_sheets.xls")).layouts.first().sheet, "Kelas X-XII");
    assert_eq!(read_ok(file!("dapodik.ods")).layouts.first().sheet, "Daftar Peserta Didik");
}

#[test]
fn xml_named_xls_with_raw_signs_in_its_texts_says_the_same_as_the_sample() {
    let file = file!("dapodik_xml.xls");
    assert_like_sample("dapodik_xml.xls", file, |student| {
        if student.row.row() == 7 {
            student.kelurahan = Some("Dayan Peken & Sekitar".into());
        }
    });
    assert_eq!(read_ok(file).rows.len(), 37);
}

#[test]
fn xml_named_xls_comes_in_every_encoding() {
    assert_like_sample("dapodik_xml_utf16.xls", file!("dapodik_xml_utf16.xls"), |_| {});
    assert_like_sample("dapodik_xml_cp1252.xls", file!("dapodik_xml_cp1252.xls"), |student| {
        if student.row.row() == 7 {
            student.name = "Zoë Sintetis".into();
        }
    });
    // The same bytes under a declaration that is wrong.
    let lying = String::from_utf8_lossy(&file!("dapodik_xml_cp1252.xls")[..60]).replace("windows-1252", "UTF-8");
    let lying = [lying.as_bytes(), &file!("dapodik_xml_cp1252.xls")[60..]].concat();
    assert_eq!(read_ok(&lying).rows[0].student.as_ref().unwrap().name, "Zoë Sintetis");
}

#[test]
fn the_contracts_csv_comes_with_every_delimiter_and_encoding() {
    for (name, file) in [
        ("contract_cp1252.csv", file!("contract_cp1252.csv")),
        ("contract_utf8_bom.csv", file!("contract_utf8_bom.csv")),
        ("contract_utf16.txt", file!("contract_utf16.txt")),
    ] {
        let reading = read_ok(file);
        let names: Vec<_> = reading.rows.iter().map(|row| row.student.as_ref().unwrap().name.as_str()).collect();
        assert_eq!(names, ["Zoë Contoh", "Siti Contoh", "Budi Contoh"], "{name}");
        assert_eq!(reading.rows[1].student.as_ref().unwrap().birth_place.as_deref(), Some("Mataram, NTB"));
        assert!(reading.rows.iter().all(|row| row.problems.is_empty()), "{name}");
    }
}

#[test]
fn a_quote_that_is_never_closed_loses_no_student() {
    let reading = read_ok(file!("contract_open_quote.csv"));
    let names: Vec<_> = reading.rows.iter().map(|row| row.student.as_ref().unwrap().name.as_str()).collect();
    assert_eq!(names, ["Zoë Contoh", "Siti Contoh", "Budi Contoh"]);
}

#[test]
fn a_sheet_saved_again_as_csv_keeps_every_student_and_guesses_nothing() {
    let reading = read_ok(file!("dapodik_resaved.csv"));
    let sample = read_ok(SAMPLE);
    assert_eq!(reading.rows.len(), 37);
    for (number, (row, expected)) in reading.rows.iter().zip(&sample.rows).enumerate() {
        let (student, expected) = (row.student.as_ref().unwrap(), expected.student.as_ref().unwrap());
        assert_eq!((&student.nisn, &student.phone, &student.name), (&expected.nisn, &expected.phone, &expected.name));
        assert!(codes(row).contains(&Code::NisnPadded));
        let lost = number % 5 == 0;
        assert_eq!(student.nik.is_none(), lost || expected.nik.is_none(), "row {}", row.row.row());
        assert_eq!(codes(row).contains(&Code::NikUnreadable), lost, "row {}", row.row.row());
        assert!(student.birth_date == expected.birth_date || codes(row).contains(&Code::BirthDateAmbiguous));
    }
}

#[test]
fn the_files_name_says_nothing_about_what_it_is() {
    for name in ["roster.csv", "roster.xlsx", "roster.ods", "roster", "roster.pdf", ""] {
        assert_eq!(read(file!("dapodik.xls"), name, &rules()).unwrap().rows.len(), 37, "{name}");
        assert_eq!(read(file!("contract_utf16.txt"), name, &rules()).unwrap().rows.len(), 3, "{name}");
        assert_eq!(read(SAMPLE, name, &rules()).unwrap().rows.len(), 37, "{name}");
    }
}

#[test]
fn a_workbook_with_a_password_says_so() {
    let error = read(file!("password.xls"), "", &rules()).unwrap_err();
    assert_eq!(error, SheetError::Password.into());
}

/// The rows of the first sheet of an XML workbook whose table is `table`, each with its number and filled cells.
fn xml_rows(table: &str) -> Result<Vec<(u32, Vec<String>)>, SheetError> {
    let file = format!(
        "<?xml version=\"1.0\"?><Workbook xmlns:ss=\"urn:schemas-microsoft-com:office:spreadsheet\">\
         <Worksheet ss:Name=\"A &amp; B\"><Table>{table}</Table></Worksheet></Workbook>"
    );
    let mut book = Book::open(file.as_bytes())?;
    let mut rows = Vec::new();
    let show = |row: Row| {
        let cells = (0..row.width()).map(|column| match row.cell(column) {
            Cell::Empty => ".".to_owned(),
            Cell::Text(text) => text.clone(),
            other => format!("{other:?}"),
        });
        rows.push((row.number, cells.collect()));
        ControlFlow::Continue(())
    };
    book.rows("A & B", |_| true, show)?;
    Ok(rows)
}

#[test]
fn xml_cells_stand_where_index_and_merges_put_them() {
    let data = |text: &str| format!("<Data ss:Type=\"String\">{text}</Data>");
    let cell = |attributes: &str, text: &str| format!("<Cell{attributes}>{}</Cell>", data(text));
    let rows = xml_rows(&format!(
        "<Row>{}{}{}</Row><Row ss:Index=\"4\" ss:Span=\"2\">{}{}</Row><Row>{}{}<Cell/>{}</Row>",
        cell(" ss:MergeDown=\"3\"", "a"),
        cell(" ss:MergeAcross=\"1\"", "b"),
        cell("", "c"),
        cell("", "d"),
        cell(" ss:Index=\"5\"", "e"),
        cell("", "f"),
        cell("", "g"),
        cell("", "h"),
    ))
    .unwrap();
    let expected: [(u32, &[&str]); 3] =
        [(1, &["a", "b", ".", "c"]), (4, &[".", "d", ".", ".", "e"]), (7, &["f", "g", ".", "h"])];
    let rows: Vec<(u32, Vec<&str>)> =
        rows.iter().map(|(number, cells)| (*number, cells.iter().map(String::as_str).collect())).collect();
    assert_eq!(rows, expected.map(|(number, cells)| (number, cells.to_vec())));
}

#[test]
fn xml_texts_may_hold_anything() {
    for (data, expected) in [
        ("<Data ss:Type=\"String\">A & B <5 </x> &lt;c&gt; &#65;</Data>", "A & B <5 </x> <c> A"),
        ("<ss:Data ss:Type=\"String\"><![CDATA[<Row>&amp;]]></ss:Data>", "<Row>&amp;"),
        (
            "<ss:Data ss:Type=\"String\" xmlns=\"http://www.w3.org/TR/REC-html40\"><B>Budi</B> <Font html:Color=\"#FF0000\">C</Font></ss:Data>",
            "Budi C",
        ),
        ("<Data ss:Type=\"String\">no end", "no end"),
        ("<Comment><ss:Data>seen by nobody</ss:Data></Comment><Data>value</Data>", "value"),
        ("<Data>value</Data><Comment ss:Author=\"x\"><ss:Data>seen by nobody</ss:Data></Comment>", "value"),
        ("<Data ss:Type=\"DateTime\">2009-02-01T00:00:00.000</Data>", "Date(2009-02-01)"),
        ("<Data ss:Type=\"Number\">7,5</Data>", "Number(7.5)"),
        ("<Data ss:Type=\"Boolean\">1</Data>", "Bool(true)"),
        ("<Data ss:Type=\"Number\">-</Data>", "-"),
    ] {
        let rows = xml_rows(&format!("<Row><Cell ss:StyleID=\"s1\">{data}</Cell></Row>")).unwrap();
        assert_eq!(rows, [(1, vec![expected.to_owned()])], "{data}");
    }
}

#[test]
fn hidden_xml_sheets_are_passed_over() {
    let sheet = |name: &str, hidden: &str| {
        format!(
            "<Worksheet ss:Name=\"{name}\"><Table><Row><Cell><Data>Nama</Data></Cell><Cell><Data>Tanggal Lahir</Data></Cell>\
             </Row><Row><Cell><Data>Budi</Data></Cell><Cell><Data>2009-01-01</Data></Cell></Row></Table>\
             <WorksheetOptions>{hidden}</WorksheetOptions></Worksheet>"
        )
    };
    let file = format!(
        "<Workbook>{}{}</Workbook>",
        sheet("Lama", "<Visible>SheetHidden</Visible>"),
        sheet("Baru", "<Selected/>")
    );
    assert_eq!(read_ok(file.as_bytes()).layouts.first().sheet, "Baru");
}
