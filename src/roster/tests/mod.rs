//! The room as a whole: files as schools send them, and files that nobody should send.

mod answer;
mod attacks;
mod damage;
mod files;
mod formats;
mod layouts;
mod merges;
mod mutations;
mod pages;
mod reference;
mod refusals;
mod rows;
mod sheets;
mod tables;
mod values;
mod wears;

use std::ops::ControlFlow;

use chrono::NaiveDate;

use super::sheet::book::Book;
use super::sheet::cell::Cell;
use super::*;

const SAMPLE: &[u8] = include_bytes!("../../../config/sample/daftar_pd-SMA CONTOH SINTETIS-2026-11-02 08_15_30.xlsx");
const SAMPLE_NAME: &str = "daftar_pd-SMA CONTOH SINTETIS-2026-11-02 08_15_30.xlsx";
const CONTRACT: &str = "npsn,nisn,nik,nama,jk,tempat_lahir,tanggal_lahir,rombel,kelurahan,kecamatan,hp";

type Grid = Vec<Vec<String>>;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn rules() -> Rules {
    Rules { region: "52.71".into(), today: day("2026-11-23"), ages: Ages::default() }
}

fn read_ok(bytes: &[u8]) -> Reading {
    read(bytes, "roster", &rules()).unwrap()
}

/// The sample's cells as text.
fn sample() -> Grid {
    let mut grid = Grid::new();
    let mut book = Book::open(SAMPLE).unwrap();
    book.rows(
        "Daftar Peserta Didik",
        |_| true,
        |row| {
            grid.resize(row.number as usize, Vec::new());
            let cells = (0..row.width()).map(|column| match row.cell(column) {
                Cell::Number(number) => number.to_string(),
                _ => row.text(column).to_owned(),
            });
            grid[row.number as usize - 1] = cells.collect();
            ControlFlow::Continue(())
        },
    )
    .unwrap();
    grid
}

fn grid(rows: &[&[&str]]) -> Grid {
    rows.iter().map(|row| row.iter().map(|text| (*text).to_owned()).collect()).collect()
}

fn xlsx(sheets: &[(&str, &Grid)]) -> Vec<u8> {
    let mut workbook = rust_xlsxwriter::Workbook::new();
    for (name, grid) in sheets {
        let sheet = workbook.add_worksheet().set_name(*name).unwrap();
        for (row, cells) in grid.iter().enumerate() {
            for (column, text) in cells.iter().enumerate().filter(|(_, text)| !text.is_empty()) {
                sheet.write_string(row as u32, column as u16, text).unwrap();
            }
        }
    }
    workbook.save_to_buffer().unwrap()
}

fn csv(grid: &Grid, delimiter: u8) -> String {
    let mut writer = ::csv::WriterBuilder::new().flexible(true).delimiter(delimiter).from_writer(Vec::new());
    for row in grid {
        writer.write_record(row).unwrap();
    }
    String::from_utf8(writer.into_inner().unwrap()).unwrap()
}

/// A contract CSV of one student, with some fields replaced.
fn one(replaced: &[(&str, &str)]) -> Checked {
    let values = [
        ("npsn", "50200001"),
        ("nisn", "0091234567"),
        ("nik", "5271010101099801"),
        ("nama", "Intan Sintetis"),
        ("jk", "L"),
        ("tempat_lahir", "Mataram"),
        ("tanggal_lahir", "2009-01-01"),
        ("rombel", "XI IPS 1"),
        ("kelurahan", "Kel. Ampenan Tengah"),
        ("kecamatan", "Kec. Ampenan"),
        ("hp", "081200000000"),
    ];
    let value = |name: &str, value: &str| {
        replaced.iter().find(|(replaced, _)| *replaced == name).map_or(value, |(_, value)| *value).to_owned()
    };
    let rows = vec![
        values.iter().map(|(name, _)| (*name).to_owned()).collect(),
        values.iter().map(|(name, usual)| value(name, usual)).collect(),
    ];
    read_ok(csv(&rows, b';').as_bytes()).rows.remove(0)
}

fn codes(checked: &Checked) -> Vec<Code> {
    checked.problems.iter().map(|problem| problem.code).collect()
}
