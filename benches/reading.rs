//! How long files take to be read, and what it costs in memory; nothing is compared, the numbers are for people:
//! `cargo bench --bench reading -- FILE…`. For an `.xlsx`, what calamine needs to walk the same cells stands beside it.
//! `tests/data/rosters/large.py` makes large files.

use std::collections::BTreeSet;
use std::io::Cursor;
use std::ops::ControlFlow;
use std::process::ExitCode;
use std::time::Instant;

use siap17::roster::sheet::book::Book;
use siap17::roster::sheet::cell::Cell;
use siap17::roster::sheet::legacy::{child, protocol};
use siap17::roster::{self, Ages, Headings, Layouts, Rules};

fn main() -> ExitCode {
    // The program that is running is what an `.xls` or `.ods` is read by.
    if std::env::args().nth(1).as_deref() == Some(protocol::COMMAND) {
        return child::run();
    }
    for path in std::env::args().skip(1).filter(|argument| !argument.starts_with('-')) {
        if let Err(error) = measure(&path) {
            println!("{path}: {error}");
        }
    }
    ExitCode::SUCCESS
}

fn measure(path: &str) -> Result<(), Box<dyn std::error::Error>> {
    let bytes = std::fs::read(path)?;
    println!("{path}: {:.1} MB, resident {} MiB", bytes.len() as f64 / 1e6, peak_mib());
    let began = Instant::now();
    let mut book = Book::open(&bytes)?;
    println!("  open            {:7.3} s", began.elapsed().as_secs_f64());
    let began = Instant::now();
    let layout = Layouts::find(&mut book, path, &Headings::default())?.first().clone();
    println!("  find the layout {:7.3} s", began.elapsed().as_secs_f64());
    let wanted: BTreeSet<usize> = layout.columns.values().map(|column| column.index).collect();
    for _ in 0..2 {
        let (began, mut rows, mut cells) = (Instant::now(), 0, 0);
        book.rows(
            &layout.sheet,
            |column| wanted.contains(&column),
            |row| {
                rows += 1;
                cells += (0..row.width()).filter(|column| *row.cell(*column) != Cell::Empty).count();
                ControlFlow::Continue(())
            },
        )?;
        let took = began.elapsed().as_secs_f64();
        println!("  rows            {took:7.3} s: {rows} rows, {cells} cells of {} columns", wanted.len());
    }
    drop(book);
    println!("  peak {} MiB resident, the file's {} MiB included", peak_mib(), bytes.len() >> 20);
    let began = Instant::now();
    let reading = roster::read(
        &bytes,
        path,
        &Rules { region: "52.71".into(), today: "2026-11-23".parse()?, ages: Ages::default() },
    )?;
    println!("  read and check  {:7.3} s: {} students", began.elapsed().as_secs_f64(), reading.rows.len());
    println!("  peak {} MiB resident, with the students", peak_mib());
    drop(reading);
    if bytes.starts_with(b"PK")
        && let Err(error) = by_calamine(&bytes, &layout.sheet)
    {
        println!("  calamine: {error}");
    }
    Ok(())
}

fn by_calamine(bytes: &[u8], sheet: &str) -> Result<(), calamine::XlsxError> {
    use calamine::{DataRef, Reader, Xlsx};
    let began = Instant::now();
    let mut workbook = Xlsx::new(Cursor::new(bytes))?;
    println!("  calamine opens  {:7.3} s", began.elapsed().as_secs_f64());
    let (began, mut cells) = (Instant::now(), 0);
    let mut reader = workbook.worksheet_cells_reader(sheet)?;
    while let Some(cell) = reader.next_cell()? {
        cells += usize::from(*cell.get_value() != DataRef::Empty);
    }
    println!("  calamine walks  {:7.3} s: {cells} cells", began.elapsed().as_secs_f64());
    drop(reader);
    println!("  peak {} MiB resident", peak_mib());
    Ok(())
}

/// The most memory that this process had so far, in MiB.
fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1024
}
