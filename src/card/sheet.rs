//! Sheets that offices exchange about cards: a NIK with its national status, or just whose cards were printed.
//! CSV or XLSX; the header is found by its words within the first rows. No problem ever repeats a NIK.

use chrono::NaiveDate;
use serde::Serialize;

use super::NationalStatus;
use crate::cells::{self, Cell, CellsError, Row};
use crate::nik::{Nik, NikError, looks_like_nik};
use crate::student::StudentId;

/// Rows among which the header is looked for.
const HEADER_ROWS: usize = 40;

/// Why a sheet cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    #[error(transparent)]
    Cells(#[from] CellsError),
    #[error("no header was found in the first {HEADER_ROWS} rows; one row must name the columns {0}")]
    Header(&'static str),
}

/// One row that could not be used, or not wholly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The row as the spreadsheet numbers it.
    pub row: u32,
    pub code: &'static str,
    pub message: String,
}

/// One usable row of a status sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusRow {
    pub row: u32,
    pub nik: Nik,
    pub status: NationalStatus,
    /// The day the status is from, if the sheet has such a column.
    pub as_of: Option<NaiveDate>,
}

/// A status sheet, read.
#[derive(Debug, Default)]
pub struct StatusSheet {
    pub rows: Vec<StatusRow>,
    pub problems: Vec<Problem>,
}

/// What a row of a list of students names its student by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference {
    Id(StudentId),
    Nik(Nik),
    Nisn(String),
}

/// A row of a list of students.
pub type ReferenceRow = (u32, Result<Reference, Problem>);

/// Reads a sheet of NIK and national status.
pub fn read_status(bytes: &[u8]) -> Result<StatusSheet, SheetError> {
    let rows = cells::read(bytes)?;
    let is_nik = |title: &str| title == "nik";
    let is_status = |title: &str| title.starts_with("status");
    let (at, header) = header(&rows, |titles| titles.iter().any(|t| is_nik(t)) && titles.iter().any(|t| is_status(t)))
        .ok_or(SheetError::Header("NIK and STATUS"))?;
    let column = |wanted: &dyn Fn(&str) -> bool| header.iter().find(|(_, title)| wanted(title)).map(|(at, _)| *at);
    let nik_column = column(&is_nik);
    let status_column = column(&is_status);
    let date_column = column(&|title| matches!(title, "tanggal" | "tgl" | "date" | "as of" | "per tanggal"));
    let mut sheet = StatusSheet::default();
    for (row, cells) in &rows[at + 1..] {
        let cell = |column: Option<u32>| column.and_then(|column| cells.get(&column));
        match status_row(*row, cell(nik_column), cell(status_column), cell(date_column)) {
            Ok(read) => sheet.rows.push(read),
            Err(problem) => sheet.problems.push(problem),
        }
    }
    Ok(sheet)
}

fn status_row(row: u32, nik: Option<&Cell>, status: Option<&Cell>, date: Option<&Cell>) -> Result<StatusRow, Problem> {
    let problem = |code, message: String| Problem { row, code, message };
    let nik = read_nik(row, nik)?;
    let status = match status {
        Some(Cell::Text(text)) => text.parse().map_err(|()| {
            let shown = if looks_like_nik(text) { "the text".to_owned() } else { format!("'{text}'") };
            problem("status_unknown", format!("{shown} is no national status such as PRINT_READY_RECORD"))
        })?,
        _ => return Err(problem("status_missing", "the status is missing".into())),
    };
    let as_of = match date {
        None => None,
        Some(Cell::Date(date)) => Some(*date),
        Some(Cell::Text(text)) => Some(
            read_date(text)
                .ok_or_else(|| problem("date_unreadable", "the date is neither YYYY-MM-DD nor DD/MM/YYYY".into()))?,
        ),
        Some(Cell::Rounded) => return Err(problem("date_unreadable", "the date is a number".into())),
    };
    Ok(StatusRow { row, nik, status, as_of })
}

/// Reads a list of students: a column `id`, `nik` or `nisn`, the first of them that a row fills.
pub fn read_references(bytes: &[u8]) -> Result<Vec<ReferenceRow>, SheetError> {
    let rows = cells::read(bytes)?;
    let known = ["id", "nik", "nisn"];
    let (at, header) = header(&rows, |titles| titles.iter().any(|title| known.contains(&title.as_str())))
        .ok_or(SheetError::Header("ID, NIK or NISN"))?;
    let column = |name: &str| header.iter().find(|(_, title)| title == name).map(|(at, _)| *at);
    let columns = known.map(column);
    let references = rows[at + 1..].iter().map(|(row, cells)| {
        let [id, nik, nisn] = columns.map(|column| column.and_then(|column| cells.get(&column)));
        let reference = match (id, nik, nisn) {
            (Some(Cell::Text(text)), _, _) => text.parse().map(Reference::Id).map_err(|_| Problem {
                row: *row,
                code: "id_unreadable",
                message: "the ID is not one that siap17 gives".into(),
            }),
            (_, Some(nik), _) => read_nik(*row, Some(nik)).map(Reference::Nik),
            (_, _, Some(Cell::Text(text))) => Ok(Reference::Nisn(format!("{text:0>10}"))),
            _ => Err(Problem { row: *row, code: "student_missing", message: "the row names no student".into() }),
        };
        (*row, reference)
    });
    Ok(references.collect())
}

fn read_nik(row: u32, cell: Option<&Cell>) -> Result<Nik, Problem> {
    let problem = |code, message: String| Problem { row, code, message };
    let error = match cell {
        Some(Cell::Text(text)) => match Nik::parse(text) {
            Ok(nik) => return Ok(nik),
            Err(error) => error,
        },
        Some(Cell::Rounded | Cell::Date(_)) => NikError::Unreadable,
        None => return Err(problem("nik_missing", "the NIK is missing".into())),
    };
    let code = match error {
        NikError::NotSixteenDigits => "nik_not_16_digits",
        NikError::Unreadable => "nik_unreadable",
        NikError::ImpossibleDate => "nik_impossible_date",
    };
    Err(problem(code, error.to_string()))
}

fn read_date(text: &str) -> Option<NaiveDate> {
    ["%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y"].iter().find_map(|format| NaiveDate::parse_from_str(text, format).ok())
}

/// The header row's place among `rows`, and its titles by column.
fn header(rows: &[Row], fits: impl Fn(&[String]) -> bool) -> Option<(usize, Vec<(u32, String)>)> {
    rows.iter().take(HEADER_ROWS).enumerate().find_map(|(at, (_, cells))| {
        let titles: Vec<(u32, String)> = cells
            .iter()
            .filter_map(|(column, cell)| match cell {
                Cell::Text(text) => Some((*column, crate::student::name_key(text))),
                _ => None,
            })
            .collect();
        let words: Vec<String> = titles.iter().map(|(_, title)| title.clone()).collect();
        fits(&words).then_some((at, titles))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_sheet_is_read_by_its_header_and_no_problem_repeats_a_nik() {
        let text = "Rekap Status;;\n\nNo;NIK;Status Perekaman;Tanggal\n1;5271010101099801;prr;23/11/2026\n\
                    2;'5271010101099802;SENT FOR ENROLLMENT;\n3;527101010109980;PRR;\n4;5271010101099803;5271010101099803;\n\
                    5;5,27101E+15;PRR;\n;;;\n6;;PRR;\n7;5271010101099804;PRR;kemarin\n";
        let sheet = read_status(text.as_bytes()).unwrap();
        let read: Vec<_> = sheet.rows.iter().map(|row| (row.row, row.status, row.as_of)).collect();
        let day = NaiveDate::from_ymd_opt(2026, 11, 23);
        assert_eq!(read, [(4, NationalStatus::PrintReadyRecord, day), (5, NationalStatus::SentForEnrollment, None)]);
        let codes: Vec<_> = sheet.problems.iter().map(|problem| (problem.row, problem.code)).collect();
        assert_eq!(
            codes,
            [
                (6, "nik_not_16_digits"),
                (7, "status_unknown"),
                (8, "nik_unreadable"),
                (10, "nik_missing"),
                (11, "date_unreadable")
            ]
        );
        assert!(!sheet.problems.iter().any(|problem| looks_like_nik(&problem.message)));
    }

    #[test]
    fn a_workbook_is_read_and_a_number_is_never_taken_for_a_nik() {
        let mut book = rust_xlsxwriter::Workbook::new();
        let sheet = book.add_worksheet();
        sheet.write(2, 0, "NIK").unwrap().write(2, 1, "STATUS").unwrap();
        sheet.write(3, 0, "5271010101099801").unwrap().write(3, 1, "PRR").unwrap();
        sheet.write(4, 0, 5_271_010_101_099_801.0).unwrap().write(4, 1, "PRR").unwrap();
        let read = read_status(&book.save_to_buffer().unwrap()).unwrap();
        assert_eq!(read.rows.iter().map(|row| row.row).collect::<Vec<_>>(), [4]);
        assert_eq!(read.problems.iter().map(|p| (p.row, p.code)).collect::<Vec<_>>(), [(5, "nik_unreadable")]);
    }

    #[test]
    fn a_list_of_students_is_read_by_whichever_column_it_has() {
        let rows = read_references(b"nama,nisn\nA,0091234567\nB,91234567\nC,\n").unwrap();
        let read: Vec<_> = rows.into_iter().map(|(_, reference)| reference.map_err(|problem| problem.code)).collect();
        let nisn = |text: &str| Ok(Reference::Nisn(text.into()));
        assert_eq!(read, [nisn("0091234567"), nisn("0091234567"), Err("student_missing")]);
        assert!(matches!(read_references(b"x,y\n1,2\n"), Err(SheetError::Header(_))));
    }
}
