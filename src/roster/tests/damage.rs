//! One bad byte, cell or line costs itself, and no more.

use super::*;
use crate::roster::sheet::bounds::MAX_CELL_BYTES;
use crate::roster::sheet::cell::Unread;

const HEADER: &[&str] = &["Nama", "JK", "NISN", "NIK", "Tanggal Lahir", "Alamat", "Kelas"];
const SITI: &[&str] = &["Siti Contoh", "P", "0091234567", "5271014101099801", "2009-01-01", "Jl. Rekaan 1", "X-1"];
const BUDI: &[&str] = &["Budi Rekaan", "L", "0091234568", "5271010302099802", "2009-02-03", "Jl. Rekaan 2", "X-1"];

fn roster() -> Grid {
    grid(&[HEADER, SITI, BUDI])
}

/// Both students, with all that was read of them, and nothing found wrong.
fn assert_whole(bytes: &[u8], what: &str) {
    let reading = read(bytes, "roster", &rules()).unwrap_or_else(|error| panic!("{what}: {error}"));
    let expected = read_ok(&xlsx(&[("X", &roster())]));
    let people = |reading: &Reading| {
        reading.rows.iter().map(|row| (row.student.clone(), row.problems.clone())).collect::<Vec<_>>()
    };
    assert_eq!(people(&reading), people(&expected), "{what}");
}

fn told(reading: &Reading) -> Vec<(u32, Code, String)> {
    let problems = reading.rows.iter().flat_map(|row| &row.problems);
    problems.map(|problem| (problem.row, problem.code, problem.message.clone())).collect()
}

/// The roster as a text whose rows are put together by `row`.
fn text(row: impl Fn(&[String]) -> String) -> String {
    roster().iter().map(|cells| row(cells) + "\r\n").collect()
}

#[test]
fn separators_and_quotes_of_every_kind() {
    let each =
        |cells: &[String], wrap: &dyn Fn(&str) -> String| cells.iter().map(|cell| wrap(cell)).collect::<Vec<_>>();
    for (text, what) in [
        (text(|cells| cells.join("|")), "bars"),
        (text(|cells| each(cells, &|cell| format!("\"{cell}\"")).join(", ")), "blanks before quotes"),
        (text(|cells| each(cells, &|cell| format!("\u{201c}{cell}\u{201d}")).join(";")), "curly quotes"),
        (text(|cells| each(cells, &|cell| format!("=\"{cell}\"")).join(";")), "formulas for texts"),
        (text(|cells| each(cells, &|cell| format!("\"=\"\"{cell}\"\"\"")).join(",")), "formulas for texts in quotes"),
        (text(|cells| format!("\"{}\"", cells.join(","))), "lines in quotes"),
        (
            text(|cells| format!("\"{}\"", each(cells, &|cell| format!("\"\"{cell}\"\"")).join(","))),
            "lines in quotes, fields too",
        ),
        (text(|cells| each(cells, &|cell| format!("\u{1f}{cell}")).join(";")), "unit separators"),
        (text(|cells| cells.join(";").replace("Contoh", "\0Contoh")), "a zero byte"),
        (text(|cells| cells.join(";")) + "\u{1a}", "the sign of an old text's end"),
    ] {
        assert_whole(text.as_bytes(), what);
    }
    let mut mixed = text(|cells| cells.join(","));
    mixed = mixed.replace("Budi", "\"Budi").replace("2,X-1", "2,X-1\"");
    assert_whole(mixed.as_bytes(), "one line in quotes");
}

#[test]
fn a_lost_character_in_a_word_is_shown_as_lost() {
    let text = text(|cells| cells.join(";")).replace("Siti", "Si\u{1}ti");
    let reading = read_ok(text.as_bytes());
    assert_ne!(reading.rows[0].student.as_ref().map(|student| student.name.as_str()), Some("Si ti Contoh"));
}

#[test]
fn what_stands_far_away_or_is_far_too_long_where_nobody_needs_it_does_not_matter() {
    let long = "x".repeat(MAX_CELL_BYTES + 1);
    let mut wide = roster();
    wide[1].resize(702, String::new());
    wide[1].push(".".into());
    wide[0].push("Catatan".into());
    wide[2].push(long.clone());
    assert_whole(&xlsx(&[("X", &wide)]), "xlsx");
    assert_whole(csv(&wide, b';').as_bytes(), "csv");
    let mut page = wide.clone();
    page[1].truncate(HEADER.len());
    let row = |cells: &Vec<String>| {
        format!("<tr>{}<td colspan=700><td>.</tr>", cells.iter().map(|cell| format!("<td>{cell}")).collect::<String>())
    };
    assert_whole(format!("<table>{}", page.iter().map(row).collect::<String>()).as_bytes(), "page");
}

#[test]
fn a_text_far_too_long_costs_what_it_stands_for() {
    for (column, code) in
        [(0, Code::NameMissing), (3, Code::NikNot16Digits), (4, Code::BirthDateUnreadable), (6, Code::CellUnread)]
    {
        let mut rows = roster();
        rows[1][column] = "5271014101099801 ".repeat(300);
        for bytes in [xlsx(&[("X", &rows)]), csv(&rows, b';').into_bytes()] {
            let reading = read_ok(&bytes);
            let told = told(&reading);
            let [(2, found, message)] = told.as_slice() else { panic!("{told:?}") };
            assert_eq!(*found, code);
            assert!(message.contains("far too long") && !crate::nik::looks_like_nik(message), "{message}");
            assert_eq!(reading.rows[0].student.is_none(), code.level() == Level::Error);
            assert!(reading.rows[1].student.is_some());
        }
    }
}

#[test]
fn a_row_with_a_field_too_many_or_too_few_is_told_as_one() {
    let whole = text(|cells| cells.join(";"));
    for (text, expected) in [
        (whole.replace("Rekaan 2", "Rekaan 2; Gg. 3"), "row 3 has one field more than the header"),
        (whole.replace("Rekaan 2", "Rekaan; 2; RT 3"), "row 3 has 2 fields more than the header"),
        (whole.replace("Jl. Rekaan 2;", ""), "row 3 has one field fewer than the header"),
        (format!("sep=;\r\nSMA Contoh\r\n{}", whole.replace("Rekaan 2", "Rekaan 2;")), "row 5 has one field more"),
    ] {
        let reading = read_ok(text.as_bytes());
        let told = told(&reading);
        let [(_, Code::RowShifted, message)] = told.as_slice() else { panic!("{expected}: {told:?}") };
        assert!(message.starts_with(expected), "{message}");
        assert!(reading.rows.iter().all(|row| row.student.is_some()));
    }
    // A comma in a name: the date is where no date can be.
    let reading = read_ok(text(|cells| cells.join(",")).replace("Budi Rekaan", "Budi Rekaan, A.Md").as_bytes());
    let codes: Vec<Code> = told(&reading).into_iter().map(|(_, code, _)| code).collect();
    assert_eq!(codes, [Code::BirthDateUnreadable, Code::RowShifted]);
}

#[test]
fn what_only_looks_like_a_field_too_many_is_none() {
    let whole = text(|cells| cells.join(";"));
    for text in [
        whole.replace("\r\n", ";;;\r\n"),
        whole.replace("Kelas\r\n", "Kelas;\r\n"),
        whole.replace("2;X-1", "2;X-1;;"),
        whole.replace("Kelas\r\n", "Kelas;\r\n").replace("2;X-1", "2;X-1;pindahan"),
        format!("Daftar Siswa;Kelas X;Tahun Ini\r\n\r\n{whole}"),
    ] {
        assert!(told(&read_ok(text.as_bytes())).is_empty(), "{text}");
    }
    // Whose last fields are often left away.
    let text = "nama;tanggal lahir;jk;catatan\r\nSiti;2009-01-01;P\r\nBudi;2009-01-02;L\r\nAli;2009-01-03;L;x\r\n";
    let shifted = told(&read_ok(text.as_bytes())).iter().filter(|(_, code, _)| *code == Code::RowShifted).count();
    assert_eq!(shifted, 0);
}

/// The roster as a workbook in which some columns are formulas, without what they come to if `values` are not there.
fn with_formulas(columns: &[usize], values: bool) -> Vec<u8> {
    let cell = |row: usize, column: usize, text: &str| {
        let address = crate::roster::sheet::cell::address(column, row as u32 + 1);
        match (row > 0 && columns.contains(&column), values) {
            (false, _) => format!("<c r=\"{address}\" t=\"inlineStr\"><is><t>{text}</t></is></c>"),
            (true, true) => format!("<c r=\"{address}\" t=\"str\"><f>A1</f><v>{text}</v></c>"),
            (true, false) => format!("<c r=\"{address}\"><f>A1</f>{}</c>", if row == 1 { "<v></v>" } else { "" }),
        }
    };
    let row = |(row, cells): (usize, &Vec<String>)| {
        let cells: String = cells.iter().enumerate().map(|(column, text)| cell(row, column, text)).collect();
        format!("<row r=\"{}\">{cells}</row>", row + 1)
    };
    let rows: String = roster().iter().enumerate().map(row).collect();
    let sheet = format!("<worksheet><sheetData>{rows}</sheetData></worksheet>");
    super::refusals::with_part(&xlsx(&[("X", &roster())]), "xl/worksheets/sheet1.xml", sheet.as_bytes())
}

#[test]
fn a_formula_without_its_value_is_no_empty_cell() {
    assert_whole(&with_formulas(&[0, 1, 2, 3, 4, 5, 6], true), "with values");
    for columns in [&[0, 1, 2, 3, 4][..], &[0], &[4]] {
        let error = read(&with_formulas(columns, false), "", &rules()).unwrap_err().to_string();
        assert!(error.contains("are formulas") && error.contains("save it once"), "{error}");
    }
    for (column, code) in
        [(3, Code::NikMissing), (2, Code::NisnMissing), (1, Code::SexUnreadable), (6, Code::CellUnread)]
    {
        let reading = read_ok(&with_formulas(&[column], false));
        let told = told(&reading);
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told.iter().all(|(_, found, message)| *found == code && message.contains("a formula")), "{told:?}");
        assert!(reading.rows.iter().all(|row| row.student.is_some()));
    }
}

#[test]
fn a_prepared_line_of_formulas_is_nobody() {
    let layouts = read_ok(&xlsx(&[("X", &roster())])).layouts;
    let mut row = crate::roster::sheet::cell::Row::new(9);
    for column in [1, 2, 3, 6] {
        row.put(column, Cell::Unread(Unread::Formula));
    }
    assert!(crate::roster::parse::check::check(layouts.first(), &rules(), &row).is_none());
}

#[test]
fn an_xml_formula_without_its_value_is_no_empty_cell() {
    let file = "<Workbook><Worksheet ss:Name=\"X\"><Table><Row><Cell ss:Formula=\"=A2\"/><Cell><Data>a</Data></Cell>\
                <Cell ss:Formula=\"=1\"><Data ss:Type=\"Number\">1</Data></Cell><Cell ss:Formula=\"=B2\"></Cell></Row></Table>\
                </Worksheet></Workbook>";
    let mut book = Book::open(file.as_bytes()).unwrap();
    let mut cells = Vec::new();
    book.rows(
        "X",
        |_| true,
        |row| {
            cells.extend((0..row.width()).map(|column| row.cell(column).clone()));
            ControlFlow::Continue(())
        },
    )
    .unwrap();
    let formula = Cell::Unread(Unread::Formula);
    assert_eq!(cells, [formula.clone(), Cell::Text("a".into()), Cell::Number(1.0), formula]);
}
