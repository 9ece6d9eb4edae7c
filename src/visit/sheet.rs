//! The offline list of a visit: a spreadsheet that goes along and comes back, whatever was sorted meanwhile.
//!
//! Every row carries the visit's and the student's ID in hidden columns. What people typed is only ever written as text, so
//! that no name can act as a formula.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashSet};

use rust_xlsxwriter::{DataValidation, Format, FormatBorder, Workbook, XlsxError};
use serde::Serialize;

use super::{DayResult, Ikd, VisitId};
use crate::cells::{self, Cell, CellsError, letters};
use crate::nik::{Nik, NikError};
use crate::student::StudentId;

/// Titles of the hidden columns; the same in every language, for they are read back.
const VISIT_TITLE: &str = "siap17_visit";
const STUDENT_TITLE: &str = "siap17_student";
/// What stands in the student's hidden column of a row for somebody who is not on the list.
const WALK_IN: &str = "walk_in";
/// Rows for such people.
const WALK_IN_ROWS: u32 = 10;
/// A box to tick by hand on the printed list.
const BOX: &str = "\u{2610}";
/// Rows among which the titles are looked for.
const HEADER_ROWS: usize = 40;
/// Longest note that is kept, in characters.
const LONGEST_NOTE: usize = 300;

/// The words of the sheet in the office's language.
#[derive(Debug, Clone)]
pub struct Words {
    pub sheet_name: String,
    /// Lines above the table: office, place, date, team, how to fill it in.
    pub head: Vec<String>,
    pub number: String,
    pub name: String,
    pub class: String,
    pub sex: String,
    pub birthday_17: String,
    pub nisn: String,
    pub result: String,
    pub nik: String,
    pub ikd: String,
    pub note: String,
    /// What the rows for people who are not on the list are called.
    pub walk_in: String,
    /// What stands in the NIK column where ours is known.
    pub nik_known: String,
    /// What to choose for each result.
    pub results: Vec<(DayResult, String)>,
    /// The same for the digital ID.
    pub ikds: Vec<(Ikd, String)>,
}

/// What the words are read back by: titles and results in every language.
#[derive(Debug, Clone, Default)]
pub struct Vocabulary {
    pub result: Vec<String>,
    pub nik: Vec<String>,
    pub nisn: Vec<String>,
    pub name: Vec<String>,
    pub ikd: Vec<String>,
    pub note: Vec<String>,
    pub nik_known: Vec<String>,
    pub walk_in: Vec<String>,
    pub results: Vec<(String, DayResult)>,
    pub ikds: Vec<(String, Ikd)>,
}

/// A student's row as it is written.
#[derive(Debug, Clone)]
pub struct Row {
    pub student: StudentId,
    pub name: String,
    pub class: String,
    pub sex: String,
    pub birthday_17: String,
    pub nisn: String,
    pub result: Option<DayResult>,
    pub nik: NikCell,
    pub ikd: Option<Ikd>,
    pub note: String,
}

/// What the NIK column says.
#[derive(Debug, Clone)]
pub enum NikCell {
    /// Ours is missing: to be read from the family card.
    Missing,
    Known,
    Shown(String),
}

/// Whom a row is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whom {
    OnList(StudentId),
    /// Somebody who came without standing on the list, by what the recorder wrote; the NIK is the row's.
    WalkIn {
        nisn: Option<String>,
    },
}

/// A student's row as it came back.
#[derive(Debug)]
pub struct Filled {
    /// The row as the spreadsheet numbers it.
    pub row: u32,
    pub whom: Whom,
    pub result: Option<DayResult>,
    pub nik: Option<Nik>,
    pub ikd: Option<Ikd>,
    pub note: Option<String>,
    /// Whom the row shows, by which it is noticed that its hidden ID is another row's.
    pub shown: Shown,
    /// The columns by their letters, for messages.
    pub columns: Columns,
}

/// A row's visible name and NISN.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shown {
    pub name: Option<String>,
    pub nisn: Option<String>,
}

/// Letters of the columns that people fill in, and of those that say whom a row is about; the latter are empty where a list has
/// none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    pub name: String,
    pub nisn: String,
    pub result: String,
    pub nik: String,
    pub ikd: String,
    pub note: String,
}

/// A row, or a cell of it, that could not be used. It never repeats a NIK.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    pub row: u32,
    /// Such as `G12`; null when the whole row is meant.
    pub cell: Option<String>,
    pub code: &'static str,
    pub message: String,
}

/// A sheet, read.
#[derive(Debug, Default)]
pub struct Returned {
    pub rows: Vec<Filled>,
    pub problems: Vec<Problem>,
}

/// Why a sheet is not taken at all.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    #[error(transparent)]
    Cells(#[from] CellsError),
    #[error(
        "this is not the list of a visit: no row has the titles {VISIT_TITLE} and {STUDENT_TITLE} (they are hidden; do not delete them)"
    )]
    NotASheet,
    #[error("the column '{0}' is missing")]
    Column(String),
    #[error("this is the list of another visit ({0}); record it under that ID")]
    OtherVisit(VisitId),
}

/// Writes the list of a visit.
pub fn write(words: &Words, visit: VisitId, rows: &[Row]) -> Result<Vec<u8>, XlsxError> {
    let bold = Format::new().set_bold();
    let title = Format::new().set_bold().set_border(FormatBorder::Thin).set_text_wrap();
    let cell = Format::new().set_border(FormatBorder::Thin);
    // As text, so that 16 digits stay 16 digits and leading zeros stay.
    let text = Format::new().set_border(FormatBorder::Thin).set_num_format("@");
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.set_name(&words.sheet_name)?;
    sheet.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0);
    let mut at = 0;
    for line in &words.head {
        sheet.write_string_with_format(at, 0, line, &bold)?;
        at += 1;
    }
    at += 1;
    let header = at;
    let titles: [&str; 13] = [
        &words.number,
        BOX,
        &words.name,
        &words.class,
        &words.sex,
        &words.birthday_17,
        &words.nisn,
        &words.result,
        &words.nik,
        &words.ikd,
        &words.note,
        VISIT_TITLE,
        STUDENT_TITLE,
    ];
    for (column, word) in (0..).zip(titles) {
        sheet.write_string_with_format(header, column, word, &title)?;
    }
    for (column, width) in (0..).zip([5.0, 4.0, 32.0, 14.0, 5.0, 14.0, 13.0, 22.0, 20.0, 14.0, 30.0]) {
        sheet.set_column_width(column, width)?;
    }
    sheet.set_column_hidden(11)?.set_column_hidden(12)?;
    sheet.set_repeat_rows(header, header)?;
    sheet.set_freeze_panes(header + 1, 3)?;
    let label = |result: DayResult| {
        words.results.iter().find(|(known, _)| *known == result).map_or(result.word(), |(_, label)| label.as_str())
    };
    let visit = visit.to_string();
    for (number, row) in (1_u32..).zip(rows) {
        at = header + number;
        sheet.write_number_with_format(at, 0, number, &cell)?;
        sheet.write_string_with_format(at, 1, BOX, &cell)?;
        sheet.write_string_with_format(at, 2, &row.name, &cell)?;
        sheet.write_string_with_format(at, 3, &row.class, &cell)?;
        sheet.write_string_with_format(at, 4, &row.sex, &cell)?;
        sheet.write_string_with_format(at, 5, &row.birthday_17, &cell)?;
        sheet.write_string_with_format(at, 6, &row.nisn, &text)?;
        sheet.write_string_with_format(at, 7, row.result.map_or("", label), &cell)?;
        let nik = match &row.nik {
            NikCell::Missing => "",
            NikCell::Known => &words.nik_known,
            NikCell::Shown(nik) => nik,
        };
        sheet.write_string_with_format(at, 8, nik, &text)?;
        let ikd = row.ikd.and_then(|ikd| words.ikds.iter().find(|(known, _)| *known == ikd));
        sheet.write_string_with_format(at, 9, ikd.map_or("", |(_, label)| label), &cell)?;
        sheet.write_string_with_format(at, 10, &row.note, &text)?;
        sheet.write_string(at, 11, &visit)?;
        sheet.write_string(at, 12, row.student.to_string())?;
    }
    if at > header {
        // Over the hidden columns, too: whoever sorts by a name must take the IDs along.
        sheet.autofilter(header, 0, at, 12)?;
    }
    // Below the filter, so that sorting the list leaves these rows where they are.
    for _ in 0..WALK_IN_ROWS {
        at += 1;
        for column in [0, 3, 4, 5, 7, 9] {
            sheet.write_blank(at, column, &cell)?;
        }
        for column in [6, 8, 10] {
            sheet.write_blank(at, column, &text)?;
        }
        sheet.write_string_with_format(at, 1, BOX, &cell)?;
        sheet.write_string_with_format(at, 2, &words.walk_in, &cell)?;
        sheet.write_string(at, 11, &visit)?;
        sheet.write_string(at, 12, WALK_IN)?;
    }
    let labels: Vec<&str> = words.results.iter().map(|(_, label)| label.as_str()).collect();
    let choice = DataValidation::new().allow_list_strings(&labels)?;
    sheet.add_data_validation(header + 1, 7, at, 7, &choice)?;
    let labels: Vec<&str> = words.ikds.iter().map(|(_, label)| label.as_str()).collect();
    let choice = DataValidation::new().allow_list_strings(&labels)?;
    sheet.add_data_validation(header + 1, 9, at, 9, &choice)?;
    book.save_to_buffer()
}

/// Reads the list of `visit` back.
pub fn read(bytes: &[u8], visit: VisitId, words: &Vocabulary) -> Result<Returned, SheetError> {
    let rows = cells::read(bytes)?;
    let is = |cell: &Cell, title: &str| matches!(cell, Cell::Text(text) if key(text) == key(title));
    let column = |cells: &BTreeMap<u32, Cell>, titles: &[String]| {
        cells.iter().find(|(_, cell)| titles.iter().any(|title| is(cell, title))).map(|(at, _)| *at)
    };
    let hidden = [[VISIT_TITLE.to_owned()], [STUDENT_TITLE.to_owned()]];
    let header = rows
        .iter()
        .take(HEADER_ROWS)
        .enumerate()
        .find_map(|(at, (_, cells))| Some((at, column(cells, &hidden[0])?, column(cells, &hidden[1])?)));
    let (header, visit_column, student_column) = header.ok_or(SheetError::NotASheet)?;
    let titles = &rows[header].1;
    let need = |names: &[String]| {
        column(titles, names).ok_or_else(|| SheetError::Column(names.first().cloned().unwrap_or_default()))
    };
    let (result_column, nik_column, note_column) = (need(&words.result)?, need(&words.nik)?, need(&words.note)?);
    // A list from before these columns is read all the same.
    let (nisn_column, ikd_column) = (column(titles, &words.nisn), column(titles, &words.ikd));
    let name_column = column(titles, &words.name);
    let columns = Columns {
        name: name_column.map(letters).unwrap_or_default(),
        nisn: nisn_column.map(letters).unwrap_or_default(),
        result: letters(result_column),
        nik: letters(nik_column),
        ikd: ikd_column.map(letters).unwrap_or_default(),
        note: letters(note_column),
    };
    let mut returned = Returned::default();
    let mut seen = HashSet::new();
    for (row, cells) in &rows[header + 1..] {
        let row = *row;
        let id = |column: u32| match cells.get(&column) {
            Some(Cell::Text(text)) => Some(text.trim()),
            _ => None,
        };
        let ids = (id(visit_column), id(student_column));
        let problem = |column: Option<&str>, code, message: String| Problem {
            row,
            cell: column.map(|column| format!("{column}{row}")),
            code,
            message,
        };
        let mut filled = [Some(result_column), Some(nik_column), Some(note_column), ikd_column].into_iter().flatten();
        let fills = filled.any(|column| cells.contains_key(&column));
        if ids == (None, None) && !fills {
            // Not a student's row: somebody's own remarks below the table.
            continue;
        }
        let walks_in = ids.1 == Some(WALK_IN);
        let nisn = nisn_column.and_then(|column| cells.get(&column)).filter(|_| walks_in);
        if walks_in && !fills && nisn.is_none() {
            continue;
        }
        match ids.0.map(str::parse::<VisitId>) {
            Some(Ok(other)) if other != visit => return Err(SheetError::OtherVisit(other)),
            Some(Ok(_)) => {}
            _ => {
                let message = format!("row {row}: the hidden visit ID is missing or damaged; the row is not taken");
                returned.problems.push(problem(Some(&letters(visit_column)), "visit_id", message));
                continue;
            }
        }
        let whom = match ids.1.map(str::parse::<StudentId>) {
            _ if walks_in => Some(Whom::WalkIn { nisn: nisn.and_then(plain) }),
            Some(Ok(student)) => Some(Whom::OnList(student)),
            _ => None,
        };
        let Some(whom) = whom else {
            let message = format!("row {row}: the hidden student ID is missing or damaged; the row is not taken");
            returned.problems.push(problem(Some(&letters(student_column)), "student_id", message));
            continue;
        };
        if let Whom::OnList(student) = whom
            && !seen.insert(student)
        {
            let message = format!("row {row}: this student stands on an earlier row too; only that one is taken");
            returned.problems.push(problem(None, "twice", message));
            continue;
        }
        let result = match cells.get(&result_column) {
            None => None,
            Some(Cell::Text(text)) => {
                let known = words.results.iter().find(|(label, _)| key(label) == key(text)).map(|(_, result)| *result);
                if known.is_none() {
                    let message = format!(
                        "{}{row}: this is none of the results to choose from; choose one of {}",
                        columns.result,
                        words
                            .results
                            .iter()
                            .take(DayResult::ALL.len())
                            .map(|(label, _)| label.as_str())
                            .collect::<Vec<_>>()
                            .join(", ")
                    );
                    returned.problems.push(problem(Some(&columns.result), "result_unknown", message));
                }
                known
            }
            Some(Cell::Rounded | Cell::Date(_)) => {
                let message = format!("{}{row}: a number is no result", columns.result);
                returned.problems.push(problem(Some(&columns.result), "result_unknown", message));
                None
            }
        };
        let nik = match cells.get(&nik_column) {
            None => None,
            Some(Cell::Text(text)) if words.nik_known.iter().any(|known| key(known) == key(text)) => None,
            Some(cell) => {
                let parsed = match cell {
                    Cell::Text(text) => Nik::parse(text),
                    Cell::Rounded | Cell::Date(_) => Err(NikError::Unreadable),
                };
                parsed.map(Some).unwrap_or_else(|error| {
                    let code = match error {
                        NikError::NotSixteenDigits => "nik_not_16_digits",
                        NikError::Unreadable => "nik_unreadable",
                        NikError::ImpossibleDate => "nik_impossible_date",
                    };
                    let message = format!("{}{row}: the NIK is not taken: {error}", columns.nik);
                    returned.problems.push(problem(Some(&columns.nik), code, message));
                    None
                })
            }
        };
        let ikd = match ikd_column.and_then(|column| cells.get(&column)) {
            None => None,
            Some(cell) => {
                let known = words.ikds.iter().find(|(label, _)| is(cell, label)).map(|(_, ikd)| *ikd);
                if known.is_none() {
                    let labels: Vec<&str> =
                        words.ikds.iter().take(Ikd::ALL.len()).map(|(label, _)| label.as_str()).collect();
                    let message = format!("{}{row}: choose one of {}", columns.ikd, labels.join(", "));
                    returned.problems.push(problem(Some(&columns.ikd), "ikd_unknown", message));
                }
                known
            }
        };
        let note = match cells.get(&note_column) {
            Some(Cell::Text(text)) if crate::nik::looks_like_nik(text) => {
                let message = format!("{}{row}: the note holds something like a NIK and is not kept", columns.note);
                returned.problems.push(problem(Some(&columns.note), "note_holds_nik", message));
                None
            }
            Some(Cell::Text(text)) => Some(text.chars().take(LONGEST_NOTE).collect()),
            _ => None,
        };
        let text = |column: Option<u32>| column.and_then(|column| cells.get(&column)).and_then(plain);
        // What such a row is called is nobody's name.
        let name =
            text(name_column).filter(|name| !walks_in || words.walk_in.iter().all(|label| key(label) != key(name)));
        let shown = Shown { name, nisn: text(nisn_column) };
        returned.rows.push(Filled { row, whom, result, nik, ikd, note, shown, columns: columns.clone() });
    }
    Ok(returned)
}

/// The text of a cell; a number that lost digits is none.
fn plain(cell: &Cell) -> Option<String> {
    match cell {
        Cell::Text(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Cell::Rounded | Cell::Date(_) => None,
    }
}

/// Words are compared without case and surrounding space.
fn key(text: &str) -> String {
    text.trim().to_lowercase()
}
