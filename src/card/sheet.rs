//! Sheets that offices exchange about cards: a NIK with its national status, or just whose cards were printed.
//! CSV or XLSX; the header is found by its words within the first rows. No problem ever repeats a NIK.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use super::NationalStatus;
use crate::cells::{self, Cell, CellsError, Row, letters};
use crate::nik::{Nik, NikError, looks_like_nik};
use crate::student::StudentId;

/// Rows among which the header is looked for.
const HEADER_ROWS: usize = 40;
/// So much of an unknown word is repeated, in characters.
const LONGEST_WORD: usize = 60;

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
    /// Such as `C12`; nothing where the whole row is meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cell: Option<String>,
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
    pub name: Option<Name>,
    /// The status's cell.
    pub cell: String,
}

/// A status sheet, read.
#[derive(Debug, Default)]
pub struct StatusSheet {
    pub rows: Vec<StatusRow>,
    pub problems: Vec<Problem>,
    /// The rows of each word that is no status, as the sheet has it.
    pub unknown_words: BTreeMap<String, Vec<u32>>,
}

/// What a row of a list of students names its student by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference {
    Id(StudentId),
    Nik(Nik),
    Nisn(String),
}

/// A row of a list of students.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceRow {
    pub row: u32,
    /// By what the row names a student, the surest first, each with its cell; never none.
    pub by: Result<Vec<(Reference, String)>, Problem>,
    pub name: Option<Name>,
}

/// A name that stands beside a number, by which it is noticed that only one of the two was sorted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    pub cell: String,
    pub text: String,
}

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
    let names = name_column(&header);
    let mut sheet = StatusSheet::default();
    for (row, cells) in &rows[at + 1..] {
        let at = |column: Option<u32>| At { column, row: *row, cell: column.and_then(|column| cells.get(&column)) };
        match status_row(at(nik_column), at(status_column), at(date_column)) {
            Ok(read) => sheet.rows.push(StatusRow { name: name_beside(*row, cells, names), ..read }),
            Err(problem) => {
                if problem.code == "status_unknown"
                    && let Some(Cell::Text(word)) = at(status_column).cell
                {
                    sheet.unknown_words.entry(shown(word)).or_default().push(*row);
                }
                sheet.problems.push(problem);
            }
        }
    }
    Ok(sheet)
}

/// A cell and where it is.
#[derive(Clone, Copy)]
struct At<'a> {
    column: Option<u32>,
    row: u32,
    cell: Option<&'a Cell>,
}

impl At<'_> {
    fn name(self) -> String {
        format!("{}{}", self.column.map(letters).unwrap_or_default(), self.row)
    }

    /// What is wrong with the cell.
    fn problem(self, code: &'static str, what: &str) -> Problem {
        let name = self.name();
        Problem { row: self.row, message: format!("{name}: {what}"), cell: Some(name), code }
    }
}

/// A word as a message may repeat it: a NIK is none.
fn shown(word: &str) -> String {
    if looks_like_nik(word) { "(NIK)".to_owned() } else { word.chars().take(LONGEST_WORD).collect() }
}

fn status_row(nik: At<'_>, status: At<'_>, date: At<'_>) -> Result<StatusRow, Problem> {
    let name = status.name();
    let nik = read_nik(nik.row, nik.cell, &nik.name())?;
    let read = match status.cell {
        Some(Cell::Text(text)) => text.parse().map_err(|()| {
            let near = NationalStatus::nearest(text);
            let what = format!("'{}' is no national status that is known; did you mean {near}?", shown(text));
            status.problem("status_unknown", &what)
        })?,
        _ => return Err(status.problem("status_missing", "the status is missing")),
    };
    let as_of = match date.cell {
        None => None,
        Some(Cell::Date(date)) => Some(*date),
        Some(Cell::Text(text)) => Some(
            read_date(text)
                .ok_or_else(|| date.problem("date_unreadable", "the date is neither YYYY-MM-DD nor DD/MM/YYYY"))?,
        ),
        Some(Cell::Rounded) => return Err(date.problem("date_unreadable", "the date is a number")),
    };
    Ok(StatusRow { row: status.row, nik, status: read, as_of, name: None, cell: name })
}

/// Reads a list of students: a column `id`, `nik` or `nisn`, the first of them that a row fills.
pub fn read_references(bytes: &[u8]) -> Result<Vec<ReferenceRow>, SheetError> {
    let rows = cells::read(bytes)?;
    let known = ["id", "nik", "nisn"];
    let (at, header) = header(&rows, |titles| titles.iter().any(|title| known.contains(&title.as_str())))
        .ok_or(SheetError::Header("ID, NIK or NISN"))?;
    let column = |name: &str| header.iter().find(|(_, title)| title == name).map(|(at, _)| *at);
    let columns = known.map(column);
    let names = name_column(&header);
    let references = rows[at + 1..].iter().map(|(row, cells)| {
        let of = |column: Option<u32>| {
            column.and_then(|column| Some((cells.get(&column)?, format!("{}{row}", letters(column)))))
        };
        let [id, nik, nisn] = columns.map(of);
        ReferenceRow { row: *row, by: references_of(*row, id, nik, nisn), name: name_beside(*row, cells, names) }
    });
    Ok(references.collect())
}

/// By what a row names its student. The first number that it fills must be readable; what stands beside it only has to agree.
fn references_of(
    row: u32,
    id: Option<(&Cell, String)>,
    nik: Option<(&Cell, String)>,
    nisn: Option<(&Cell, String)>,
) -> Result<Vec<(Reference, String)>, Problem> {
    let id = id.and_then(|(cell, at)| match cell {
        Cell::Text(text) => {
            let message = format!("{at}: the ID is not one that siap17 gives");
            let problem = Problem { row, cell: Some(at.clone()), code: "id_unreadable", message };
            Some(text.parse().map(|id| (Reference::Id(id), at)).map_err(|_| problem))
        }
        _ => None,
    });
    let nik = nik.map(|(cell, at)| read_nik(row, Some(cell), &at).map(|nik| (Reference::Nik(nik), at)));
    let nisn = nisn.and_then(|(cell, at)| match cell {
        Cell::Text(text) => Some(Ok((Reference::Nisn(format!("{text:0>10}")), at))),
        _ => None,
    });
    let mut given = [id, nik, nisn].into_iter().flatten();
    let missing =
        || Problem { row, cell: None, code: "student_missing", message: format!("row {row}: it names no student") };
    let mut by = vec![given.next().ok_or_else(missing)??];
    by.extend(given.flatten());
    Ok(by)
}

/// The column of names, if the sheet has one.
fn name_column(header: &[(u32, String)]) -> Option<u32> {
    let is_name = |title: &str| matches!(title, "nama" | "nama lengkap" | "nama siswa" | "name");
    header.iter().find(|(_, title)| is_name(title)).map(|(at, _)| *at)
}

fn name_beside(row: u32, cells: &BTreeMap<u32, Cell>, column: Option<u32>) -> Option<Name> {
    let column = column?;
    match cells.get(&column)? {
        Cell::Text(text) => Some(Name { cell: format!("{}{row}", letters(column)), text: text.clone() }),
        _ => None,
    }
}

fn read_nik(row: u32, cell: Option<&Cell>, at: &str) -> Result<Nik, Problem> {
    let problem =
        |code, what: String| Problem { row, cell: Some(at.to_owned()), code, message: format!("{at}: {what}") };
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
        let read: Vec<_> = rows.into_iter().map(|row| row.by.map_err(|problem| problem.code)).collect();
        let nisn = |text: &str, cell: &str| Ok(vec![(Reference::Nisn(text.into()), cell.to_owned())]);
        assert_eq!(read, [nisn("0091234567", "B2"), nisn("0091234567", "B3"), Err("student_missing")]);
        assert!(matches!(read_references(b"x,y\n1,2\n"), Err(SheetError::Header(_))));
    }
}
