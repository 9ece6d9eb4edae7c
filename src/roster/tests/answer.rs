//! The answer to a roster: what stands in it, what it shows, and that it is a roster again.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::sync::LazyLock;

use super::*;
use crate::messages::Messages;
use crate::nik::{is_masked, looks_like_nik};
use crate::roster::answer::{AnswerError, Choices, Masking, Original, write};
use crate::roster::sheet::cell::{Row, address};

mod cells;
mod codes;
mod masking;
mod shape;

const REASONS: &str = "Yang perlu diperbaiki";
const GUIDE: &str = "Petunjuk";

fn messages() -> Messages {
    Messages::load(None).unwrap()
}

fn choices(places: &[(&str, &str)]) -> Choices {
    let places = places.iter().map(|(code, name)| ((*code).to_owned(), (*name).to_owned()));
    Choices { today: rules().today, places: places.collect() }
}

/// All problems of a reading, as an import tells them.
fn told(reading: &Reading) -> Vec<Problem> {
    let rows = reading.rows.iter().flat_map(|row| row.problems.clone());
    reading.problems.iter().cloned().chain(rows).collect()
}

/// The answer to a file with the problems that its reading has.
fn answer(file: &[u8], masking: Masking) -> Vec<u8> {
    answer_to(file, &told(&read_ok(file)), masking)
}

fn answer_to(file: &[u8], problems: &[Problem], masking: Masking) -> Vec<u8> {
    write(original(file), problems, masking, &choices(&[]), &messages()).unwrap()
}

fn original(bytes: &[u8]) -> Original<'_> {
    static UNEXPLAINED: LazyLock<Headings> = LazyLock::new(Headings::default);
    Original { bytes, name: "roster", headings: &UNEXPLAINED, copies: &[] }
}

/// The part of a workbook with this name.
fn part(workbook: &[u8], name: &str) -> String {
    let mut zip = zip::ZipArchive::new(Cursor::new(workbook)).unwrap();
    let mut text = String::new();
    zip.by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

fn parts(workbook: &[u8]) -> Vec<String> {
    let zip = zip::ZipArchive::new(Cursor::new(workbook)).unwrap();
    zip.file_names().map(|name| name.unwrap().into_owned()).collect()
}

/// The rows of a sheet, by number.
fn rows_of(file: &[u8], sheet: &str) -> BTreeMap<u32, Row> {
    let mut rows = BTreeMap::new();
    let mut book = Book::open(file).unwrap();
    let visit = |row: Row| {
        rows.insert(row.number, row);
        ControlFlow::Continue(())
    };
    book.rows(sheet, |_| true, visit).unwrap();
    rows
}

/// The roster's rows of an answer; its sheet is the first.
fn roster_rows(answer: &[u8]) -> BTreeMap<u32, Row> {
    let sheet = Book::open(answer).unwrap().sheets().remove(0);
    rows_of(answer, &sheet)
}

/// The filled cells of a roster's sheet by address, but for the column of reasons.
fn cells_of(file: &[u8]) -> BTreeMap<String, Cell> {
    let layout = Layouts::find(&mut Book::open(file).unwrap(), "roster", &Headings::default()).unwrap().first().clone();
    let rows = rows_of(file, &layout.sheet);
    let reasons = reasons_column(&rows[&layout.header_row]);
    let cells = rows.values().flat_map(|row| {
        let columns = (0..row.width()).filter(|column| Some(*column) != reasons || row.number < layout.header_row);
        columns.map(|column| (address(column, row.number), row.cell(column).clone()))
    });
    cells.filter(|(_, cell)| *cell != Cell::Empty).collect()
}

fn reasons_column(header: &Row) -> Option<usize> {
    (0..header.width()).find(|column| header.text(*column) == REASONS)
}

/// What stands in the column of reasons in a row.
fn reasons_in(answer: &[u8], row: u32) -> String {
    let layout =
        Layouts::find(&mut Book::open(answer).unwrap(), "roster", &Headings::default()).unwrap().first().clone();
    let rows = rows_of(answer, &layout.sheet);
    let column = reasons_column(&rows[&layout.header_row]).unwrap();
    rows[&row].text(column).to_owned()
}

/// The texts between `start` and `end`, each time.
fn between<'a>(text: &'a str, start: &str, end: &str) -> Vec<&'a str> {
    text.split(start).skip(1).map(|rest| rest.split(end).next().unwrap()).collect()
}

/// The colour that fills a cell of the roster's sheet, as its style says; empty if none does.
fn colour(workbook: &[u8], cell: &str) -> String {
    let sheet = part(workbook, "xl/worksheets/sheet1.xml");
    let found = between(&sheet, &format!("<c r=\"{cell}\""), ">");
    let style = between(found[0], "s=\"", "\"").first().map_or(0, |style| style.parse::<usize>().unwrap());
    let styles = part(workbook, "xl/styles.xml");
    let formats = between(&styles, "<cellXfs", "</cellXfs>")[0];
    let fill: usize = between(formats, "fillId=\"", "\"")[style].parse().unwrap();
    let fill = between(between(&styles, "<fills", "</fills>")[0], "<fill>", "</fill>")[fill];
    between(fill, "<fgColor rgb=\"FF", "\"").first().map_or(String::new(), |colour| (*colour).to_owned())
}

/// The notes of the roster's sheet, by cell.
fn notes(workbook: &[u8]) -> BTreeMap<String, String> {
    let comments = part(workbook, "xl/comments1.xml");
    let note = |comment: &str| {
        let texts: String = between(comment, "<t>", "</t>").concat();
        (comment.split('"').next().unwrap().to_owned(), texts)
    };
    between(&comments, "<comment ref=\"", "</comment>").into_iter().map(note).collect()
}

/// The lists to choose from, by cell.
fn lists(workbook: &[u8]) -> BTreeMap<String, String> {
    let sheet = part(workbook, "xl/worksheets/sheet1.xml");
    let rules = between(&sheet, "<dataValidation ", "</dataValidation>");
    let rule =
        |rule: &str| (between(rule, "sqref=\"", "\"")[0].to_owned(), between(rule, "<formula1>", "<")[0].to_owned());
    rules.into_iter().map(rule).collect()
}

/// The file as a grid, and what that gives as a workbook of plain cells: somebody mended the answer and saved it.
fn saved_again(answer: &[u8], mended: &[(&str, &str)]) -> Vec<u8> {
    let mut book = Book::open(answer).unwrap();
    let sheets = book.sheets();
    let mut workbook = rust_xlsxwriter::Workbook::new();
    for (number, name) in sheets.iter().enumerate() {
        let sheet = workbook.add_worksheet().set_name(name).unwrap();
        let visit = |row: Row| {
            for column in 0..row.width() {
                let at = (row.number - 1, column as u16);
                match row.cell(column) {
                    Cell::Text(text) => sheet.write_string(at.0, at.1, text).map(drop).unwrap(),
                    Cell::Number(number) => sheet.write_number(at.0, at.1, *number).map(drop).unwrap(),
                    _ => {}
                }
            }
            ControlFlow::Continue(())
        };
        book.rows(name, |_| true, visit).unwrap();
        for (cell, text) in mended.iter().filter(|_| number == 0) {
            let (row, column) = place(cell);
            sheet.write_string(row, column, *text).unwrap();
        }
    }
    workbook.save_to_buffer().unwrap()
}

/// Row and column, from 0, of an address.
fn place(cell: &str) -> (u32, u16) {
    let column =
        (0..512).find(|column| address(*column, 1).trim_end_matches('1') == cell.trim_end_matches(char::is_numeric));
    (cell.trim_start_matches(char::is_alphabetic).parse::<u32>().unwrap() - 1, column.unwrap() as u16)
}

/// Cells of the sample that have a flag by themselves; two others have a NIK of another region, which asks for nothing.
const FLAGGED: [&str; 4] = ["H34", "H35", "H36", "H37"];

/// The sample with some cells replaced.
fn sample_with(replaced: &[(&str, &str)]) -> Vec<u8> {
    let mut grid = sample();
    for (cell, text) in replaced {
        let (row, column) = place(cell);
        let cells = &mut grid[row as usize];
        cells.resize(cells.len().max(usize::from(column) + 1), String::new());
        cells[usize::from(column)] = (*text).to_owned();
    }
    xlsx(&[("Daftar Peserta Didik", &grid)])
}
