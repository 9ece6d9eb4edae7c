//! What is read of a workbook, beside what another reader says of it; and every form of a file read twice.

use std::io::Cursor;
use std::sync::LazyLock;

use calamine::{DataRef, Reader, Xlsx};
use proptest::prelude::*;

use super::refusals::with_part;
use super::*;
use crate::roster::sheet::cell::SheetError;

/// Every filled cell: its row from 1, its column from 0, and what is in it.
type Cells = Vec<(u32, usize, Cell)>;

fn cells(book: &mut Book<'_>, sheet: &str) -> Result<Cells, SheetError> {
    let mut cells = Vec::new();
    book.rows(
        sheet,
        |_| true,
        |row| {
            let filled = (0..row.width()).map(|column| (row.number, column, row.cell(column).clone()));
            // A formula without its value is nothing to calamine.
            cells.extend(filled.filter(|(_, _, cell)| !matches!(cell, Cell::Empty | Cell::Unread(_))));
            ControlFlow::Continue(())
        },
    )?;
    Ok(cells)
}

fn ours(bytes: &[u8]) -> Result<Vec<(String, Cells)>, SheetError> {
    let mut book = Book::open(bytes)?;
    book.sheets().into_iter().map(|sheet| Ok((sheet.clone(), cells(&mut book, &sheet)?))).collect()
}

fn calamines(bytes: &[u8]) -> Result<Vec<(String, Cells)>, calamine::XlsxError> {
    let mut workbook = Xlsx::new(Cursor::new(bytes))?;
    let mut sheets = Vec::new();
    for sheet in workbook.sheets_metadata().to_vec() {
        if sheet.visible != calamine::SheetVisible::Visible || sheet.typ != calamine::SheetType::WorkSheet {
            continue;
        }
        let mut reader = workbook.worksheet_cells_reader(&sheet.name)?;
        let mut cells = Vec::new();
        while let Some(cell) = reader.next_cell()? {
            let (row, column) = cell.get_position();
            let found = match cell.get_value() {
                DataRef::Empty => Cell::Empty,
                DataRef::SharedString(text) => Cell::Text((*text).to_owned()),
                DataRef::String(text) | DataRef::DurationIso(text) => Cell::Text(text.clone()),
                DataRef::Bool(value) => Cell::Bool(*value),
                DataRef::Int(number) => Cell::Number(*number as f64),
                DataRef::Float(number) => Cell::Number(*number),
                DataRef::Error(error) => Cell::Text(error.to_string()),
                DataRef::DateTimeIso(text) => match text.get(..10).and_then(|day| day.parse().ok()) {
                    Some(day) => Cell::Date(day),
                    None => Cell::Text(text.clone()),
                },
                DataRef::DateTime(date) if date.is_datetime() && (1.0..2_958_466.0).contains(&date.as_f64()) => {
                    date.as_datetime().map_or(Cell::Empty, |moment| Cell::Date(moment.date()))
                }
                DataRef::DateTime(date) => Cell::Number(date.as_f64()),
            };
            let found = found.tidied();
            if found != Cell::Empty {
                cells.push((row + 1, column as usize, found));
            }
        }
        sheets.push((sheet.name, cells));
    }
    Ok(sheets)
}

fn assert_same(bytes: &[u8]) {
    assert_eq!(ours(bytes).unwrap(), calamines(bytes).unwrap());
}

/// A workbook with every kind of cell that a program writes.
fn every_kind() -> Vec<u8> {
    use rust_xlsxwriter::{Format, Formula, Workbook};
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet().set_name("A & <B> \u{e9}").unwrap();
    let formats = ["dd/mm/yyyy", "[h]:mm", "0000000000", "@", "d mmmm yyyy", "General", "hh:mm", "[$-421]dd mmm yy;@"];
    for (row, format) in formats.iter().enumerate() {
        let format = Format::new().set_num_format(*format);
        for (column, number) in
            [0.0, 1.0, 59.0, 60.0, 61.0, 39_865.0, 39_865.75, -1.0, 1e15, 0.1, 2_958_466.0].iter().enumerate()
        {
            sheet.write_number_with_format(row as u32, column as u16, *number, &format).unwrap();
        }
    }
    for (row, text) in
        ["", " ", "a  b", " 'x ", "A & B", "<b>", "_x000D_", "_x005F_", "_xD83D__xDE00_", "\u{200b}", "\u{a0}N\u{a0}"]
            .iter()
            .enumerate()
    {
        sheet.write_string(20 + row as u32, 3, *text).unwrap();
    }
    sheet.write_boolean(40, 0, true).unwrap();
    sheet.write_blank(40, 1, &Format::new().set_bold()).unwrap();
    sheet.write_formula(40, 2, Formula::new("=1+1").set_result("2")).unwrap();
    sheet.write_formula(40, 3, Formula::new("=\"a\"").set_result("a & b")).unwrap();
    sheet.write_formula(40, 4, Formula::new("=1/0").set_result("#DIV/0!")).unwrap();
    let bold = Format::new().set_bold();
    sheet.write_rich_string(41, 0, &[(&Format::new(), "Budi "), (&bold, "Contoh"), (&Format::new(), " X")]).unwrap();
    workbook.add_worksheet().set_name("Tersembunyi").unwrap().set_hidden(true);
    let mut chart = rust_xlsxwriter::Chart::new(rust_xlsxwriter::ChartType::Column);
    chart.add_series().set_values(("A & <B> \u{e9}", 0, 0, 5, 0));
    workbook.add_chartsheet().insert_chart(0, 0, &chart).unwrap();
    workbook.add_worksheet().set_name("Kosong").unwrap();
    workbook.save_to_buffer().unwrap()
}

#[test]
fn every_kind_of_cell_is_read_as_calamine_reads_it() {
    assert_same(SAMPLE);
    assert_same(&xlsx(&[("Sheet1", &sample()), ("Sheet2", &sample())]));
    let bytes = every_kind();
    assert_same(&bytes);
    assert!(ours(&bytes).unwrap()[0].1.len() > 80);
}

#[test]
fn cells_without_an_address_and_other_ways_of_writing_are_read_as_calamine_reads_them() {
    let bytes = every_kind();
    for data in [
        "<row><c><v>1</v></c><c t=\"str\"><v>a&amp;b</v></c></row><row/><row><c/><c><v>2</v></c></row>",
        "<row r=\"3\"><c r=\"C3\"><v>1</v></c><c><v>2</v></c></row><row><c><v>3</v></c></row>",
        "<x:row r='3' xmlns:x='y'><x:c r='b3' t='inlineStr'><x:is><x:t> A <!-- x --> B</x:t></x:is></x:c></x:row>",
        "<row><c t=\"inlineStr\"><v>7</v><is><r><t xml:space=\"preserve\">A </t></r><rPh><t>x</t></rPh><r><t>B</t></r></is></c></row>",
        "<row><c t=\"d\"><v>2009-02-01T00:00:00</v></c><c t=\"b\"><v>true</v></c><c t=\"e\"><v>#N/A</v></c></row>",
        "<row><c t=\"s\"><f>A1</f><v>1</v></c><c s=\"1\"><f/><v>39865</v></c><c s=\"99\"><v>39865</v></c></row>",
        "<row><c t=\"str\"><v>_x000d_a_x0041_</v></c><c t=\"str\"><v><![CDATA[]]>x</v></c><c><v>1E+3</v></c></row>",
        "",
    ] {
        let sheet = format!(
            "<?xml version=\"1.0\"?>\n<worksheet><dimension ref=\"A1\"/><cols/><sheetData>{data}</sheetData></worksheet>"
        );
        assert_same(&with_part(&bytes, "xl/worksheets/sheet1.xml", sheet.as_bytes()));
    }
    assert_same(&with_part(&bytes, "xl/worksheets/sheet1.xml", b"<worksheet><sheetData/></worksheet>"));
}

static EVERY_KIND: LazyLock<Vec<u8>> = LazyLock::new(every_kind);

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    /// Where both readers can read a sheet at all, they read the same.
    #[test]
    fn sheets_of_any_kind_are_read_as_calamine_reads_them(
        data in "(<row( r=\"[5-9]\")?>(<c( r=\"[A-C][1-9]\")?( t=\"(s|str|n|b|d|inlineStr)\")?( s=\"[0-9]\")?>(<f/>)?(<v>[0-9]{0,2}</v>|<v>[0-9a-c]{0,3}</v>|<is><t>[a-c ]{0,3}</t></is>|<v/>)?</c>|<c/>){0,4}</row>|<row/>){0,4}"
    ) {
        let sheet = format!("<worksheet><sheetData>{data}</sheetData></worksheet>");
        let bytes = with_part(&EVERY_KIND, "xl/worksheets/sheet1.xml", sheet.as_bytes());
        let theirs = std::panic::catch_unwind(|| calamines(&bytes));
        if let (Ok(ours), Ok(Ok(theirs))) = (ours(&bytes), theirs) {
            // Of a cell said twice the last counts here; calamine gives both.
            let twice = theirs[0].1.windows(2).any(|pair| (pair[0].0, pair[0].1) >= (pair[1].0, pair[1].1));
            prop_assert!(twice || ours == theirs, "{ours:?}\n{theirs:?}");
        }
    }
}

#[test]
fn every_form_of_a_file_is_read_twice_alike() {
    macro_rules! files {
        ($($name:literal),*) => { [$(($name, include_bytes!(concat!("../../../tests/data/rosters/", $name)).as_slice())),*] };
    }
    let files = files!(
        "dapodik.xls",
        "dapodik.ods",
        "dapodik_xml.xls",
        "dapodik_xml_utf16.xls",
        "contract_cp1252.csv",
        "contract_utf16.txt",
        "dapodik_resaved.csv"
    );
    for (name, bytes) in files.into_iter().chain([("sample", SAMPLE)]) {
        let mut book = Book::open(bytes).unwrap();
        for sheet in book.sheets() {
            // The top alone, as the header is looked for.
            book.rows(&sheet, |_| true, |_| ControlFlow::Break(())).unwrap();
            let first = cells(&mut book, &sheet).unwrap();
            assert!(!first.is_empty(), "{name}");
            assert_eq!(cells(&mut book, &sheet).unwrap(), first, "{name}");
        }
    }
}
