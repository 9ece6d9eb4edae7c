//! The inside of `siap17 import-worker`: a process of its own that reads one `.xls` or `.ods` file under limits, so that a
//! file which claims gigabytes, or which finds a fault in the reader, costs that process and not the daemon.
//!
//! It speaks by its input and output alone ([`super::protocol`]). It has no environment, opens no file and writes none.

use std::io::{self, BufRead, Read, Write};
use std::ops::ControlFlow;
use std::process::ExitCode;

use rustix::process::{Resource, Rlimit, setrlimit};

use super::protocol::{Answer, Opening, Request, RowsOf, UNLIMITED};
use super::workbook::LegacyWorkbook;
use crate::roster::sheet::bounds::{MAX_COLUMNS, MAX_MEMORY_MIB, MAX_SECONDS, MAX_XLS_BYTES};
use crate::roster::sheet::cell::{Cell, RawRow, SheetError};

/// How many rows are sent before the reader is asked whether it wants more.
const ROWS_AT_ONCE: usize = 500;

/// Reads one file for the process that started this one.
#[must_use]
pub fn run() -> ExitCode {
    if limit().is_err() {
        return ExitCode::from(UNLIMITED);
    }
    // A panic is answered; its words could quote a cell.
    std::panic::set_hook(Box::new(|_| {}));
    match serve(io::stdin().lock(), io::BufWriter::new(io::stdout().lock())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Memory and processor time end this process; a core dump would hold children's data, and there is no file to write.
fn limit() -> rustix::io::Result<()> {
    let to = |limit| Rlimit { current: Some(limit), maximum: Some(limit) };
    setrlimit(Resource::Core, to(0))?;
    setrlimit(Resource::Fsize, to(0))?;
    setrlimit(Resource::Cpu, to(MAX_SECONDS))?;
    setrlimit(Resource::As, to(MAX_MEMORY_MIB << 20))
}

fn serve(mut input: impl BufRead, mut output: impl Write) -> io::Result<()> {
    let mut line = String::new();
    input.by_ref().take(1 << 10).read_line(&mut line)?;
    let opening: Opening = serde_json::from_str(&line)?;
    if opening.bytes > MAX_XLS_BYTES {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let mut bytes = vec![0; opening.bytes];
    input.read_exact(&mut bytes)?;
    let mut workbook = match LegacyWorkbook::open(opening.kind, &bytes) {
        Ok(workbook) => workbook,
        Err(error) => return say(&mut output, &refusal(&error)),
    };
    say(&mut output, &Answer::Sheets(workbook.sheets(), workbook.hidden()))?;
    loop {
        line.clear();
        if input.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let answer = match serde_json::from_str(&line)? {
            Request::Rows(wanted) => send_rows(&mut workbook, &wanted, &mut output)?,
            Request::Merges(sheet) => workbook.merges(&sheet).map_or_else(|error| refusal(&error), Answer::Merges),
        };
        say(&mut output, &answer)?;
    }
}

fn send_rows(workbook: &mut LegacyWorkbook<'_>, request: &RowsOf, output: &mut impl Write) -> io::Result<Answer> {
    let mut sent = 0;
    let mut failed = None;
    let read = workbook.rows(&request.sheet, request.after, |(number, cells): RawRow| {
        if sent == ROWS_AT_ONCE {
            sent += 1;
            return Ok(ControlFlow::Break(()));
        }
        sent += 1;
        let is_sent = |(column, _): &(usize, Cell)| {
            request.columns.binary_search(column).is_ok() || *column >= MAX_COLUMNS as usize
        };
        let cells = cells.into_iter().filter(is_sent).map(|(column, cell)| (column, cell.into())).collect();
        failed = write_line(output, &Answer::Row(number, cells)).err();
        Ok(if failed.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    });
    match (failed, read) {
        (Some(error), _) => Err(error),
        (None, Err(error)) => Ok(refusal(&error)),
        (None, Ok(())) => Ok(Answer::Done { more: sent > ROWS_AT_ONCE }),
    }
}

fn refusal(error: &SheetError) -> Answer {
    match error {
        SheetError::Password => Answer::Password,
        SheetError::TooLarge => Answer::TooLarge,
        _ => Answer::Damaged,
    }
}

fn write_line(output: &mut impl Write, answer: &Answer) -> io::Result<()> {
    serde_json::to_writer(&mut *output, answer)?;
    output.write_all(b"\n")
}

fn say(output: &mut impl Write, answer: &Answer) -> io::Result<()> {
    write_line(output, answer)?;
    output.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_answered_batch_by_batch() {
        let file = include_bytes!("../../../../tests/data/rosters/dapodik.xls");
        let mut input = format!("{{\"kind\":\"xls\",\"bytes\":{}}}\n", file.len()).into_bytes();
        input.extend(file);
        input.extend(b"{\"rows\":{\"sheet\":\"Daftar Peserta Didik\",\"after\":6,\"columns\":[0,1,6]}}\n");
        let mut output = Vec::new();
        serve(input.as_slice(), &mut output).unwrap();
        let output = String::from_utf8(output).unwrap();
        let lines: Vec<&str> = output.lines().collect();
        assert_eq!(lines[0], "{\"sheets\":[[\"Daftar Peserta Didik\"],[]]}");
        assert!(lines[1].starts_with("{\"row\":[7,[[0,"), "{}", lines[1]);
        assert_eq!(lines.last(), Some(&"{\"done\":{\"more\":false}}"));
    }

    #[test]
    fn what_is_no_workbook_is_damaged() {
        let mut output = Vec::new();
        serve(&b"{\"kind\":\"ods\",\"bytes\":4}\nPK\x03\x04"[..], &mut output).unwrap();
        assert_eq!(output, b"\"damaged\"\n");
        assert!(serve(&b"{\"kind\":\"ods\",\"bytes\":99999999999}\n"[..], &mut output).is_err());
        assert!(serve(&b"hello"[..], &mut output).is_err());
    }
}
