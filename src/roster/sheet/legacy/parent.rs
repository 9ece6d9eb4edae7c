//! The outside of the import worker: starts it, feeds it, watches its time, and turns whatever becomes of it into cells or
//! one clear refusal. Nothing that it says is trusted beyond being rows: they are held against the bounds like any others.

use std::io::{BufRead, BufReader, Read, Write};
use std::ops::ControlFlow;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::Duration;

use serde::Serialize;

use super::protocol::{Answer, COMMAND, Format, Opening, Request, RowsOf, UNLIMITED};
use crate::roster::sheet::bounds::{MAX_CELL_BYTES, MAX_COLUMNS, MAX_SECONDS, MAX_WORKERS, SAVE_ANEW};
use crate::roster::sheet::cell::{Cell, RawRow, SheetError, Wanted};
use crate::roster::sheet::merges::{Merge, Merges};

/// Longest line of a worker: a widest row of longest texts, each character written as an escape of six.
const MAX_LINE: u64 = (MAX_COLUMNS as u64 + 1) * (MAX_CELL_BYTES as u64 + 8) * 6;
/// Signals by which a process ends that runs out of memory or stack, in Linux's numbers: ABRT, BUS, KILL, SEGV.
const OUT_OF_MEMORY: [i32; 4] = [6, 7, 9, 11];
/// The signal of a process that has used up its processor time: XCPU.
const OUT_OF_TIME: i32 = 24;

/// Where files are read that calamine can only hold as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Isolation {
    /// In a child process of this program under limits.
    Child(PathBuf),
    /// In this process, without any limit on memory: for tests, and for fuzzers that bring their own.
    Here,
}

impl Isolation {
    /// A child of the running program; unit tests, whose program is not siap17, read in their own process.
    pub(in crate::roster::sheet) fn usual() -> Result<Self, SheetError> {
        if cfg!(test) {
            return Ok(Self::Here);
        }
        std::env::current_exe().map(Self::Child).map_err(|_| SheetError::NoWorker)
    }
}

/// A worker with an open file. Dropped, it is ended.
pub(in crate::roster::sheet) struct Worker {
    child: Arc<Mutex<Child>>,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    sheets: Vec<String>,
    hidden: Vec<String>,
    is_late: Arc<AtomicBool>,
    /// The alarm clock rings when this is gone, or when time is over.
    _alarm: mpsc::Sender<()>,
    _turn: Turn,
}

/// How many more workers may run.
static TURNS: (Mutex<usize>, Condvar) = (Mutex::new(MAX_WORKERS), Condvar::new());

/// The right to one worker, given back when dropped.
struct Turn;

impl Turn {
    /// Waits until fewer than [`MAX_WORKERS`] run; each ends when its own time is over.
    fn wait() -> Self {
        let (left, changed) = &TURNS;
        let left = lock(left);
        let mut left = changed.wait_while(left, |left| *left == 0).unwrap_or_else(PoisonError::into_inner);
        *left -= 1;
        Self
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let (left, changed) = &TURNS;
        *lock(left) += 1;
        changed.notify_one();
    }
}

impl Worker {
    /// Starts a worker for a file, once it is this file's turn.
    pub(in crate::roster::sheet) fn open(program: &PathBuf, format: Format, bytes: &[u8]) -> Result<Self, SheetError> {
        let turn = Turn::wait();
        // Without an environment: it holds the bot's token and the database's address.
        let mut child = Command::new(program)
            .arg(COMMAND)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|_| SheetError::NoWorker)?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(SheetError::NoWorker);
        };
        let child = Arc::new(Mutex::new(child));
        let is_late = Arc::new(AtomicBool::new(false));
        let alarm = set_alarm(Arc::clone(&child), Arc::clone(&is_late))?;
        let output = BufReader::new(output);
        let mut worker =
            Self { child, input, output, sheets: Vec::new(), hidden: Vec::new(), is_late, _alarm: alarm, _turn: turn };
        worker.tell(&Opening { kind: format, bytes: bytes.len() })?;
        worker.input.write_all(bytes).and_then(|()| worker.input.flush()).map_err(|_| worker.exit_error())?;
        match worker.answer()? {
            Answer::Sheets(sheets, hidden) => (worker.sheets, worker.hidden) = (sheets, hidden),
            other => return Err(refusal(&other)),
        }
        Ok(worker)
    }

    pub(in crate::roster::sheet) fn sheets(&self) -> Vec<String> {
        self.sheets.clone()
    }

    pub(in crate::roster::sheet) fn hidden(&self) -> Vec<String> {
        self.hidden.clone()
    }

    /// The merged cells of `sheet`.
    pub(in crate::roster::sheet) fn merges(&mut self, sheet: &str) -> Result<Vec<Merge>, SheetError> {
        self.tell(&Request::Merges(sheet.to_owned()))?;
        let Answer::Merges(told) = self.answer()? else { return Err(SheetError::Damaged) };
        let mut merges = Merges::default();
        for Merge { rows, columns } in told {
            merges.take((*rows.start(), *columns.start()), (*rows.end(), *columns.end()));
        }
        Ok(merges.into_all())
    }

    /// Shows the filled rows of `sheet` to `visit`, from the top, with what is `wanted` of each, until it breaks.
    pub(in crate::roster::sheet) fn rows(
        &mut self,
        sheet: &str,
        wanted: &Wanted,
        mut visit: impl FnMut(RawRow) -> Result<ControlFlow<()>, SheetError>,
    ) -> Result<(), SheetError> {
        let mut after = 0;
        let mut wants_more = true;
        loop {
            self.tell(&Request::Rows(RowsOf { sheet: sheet.to_owned(), after, columns: wanted.columns() }))?;
            loop {
                match self.answer()? {
                    Answer::Row(number, cells) if number > after => {
                        after = number;
                        let cells = cells.into_iter().map(|(column, value)| (column, Cell::from(value))).collect();
                        // What was asked for is read to its end, so that the next answer is the next request's.
                        wants_more = wants_more && visit((number, cells))?.is_continue();
                    }
                    Answer::Done { more } if more && wants_more => break,
                    Answer::Done { .. } => return Ok(()),
                    other => return Err(refusal(&other)),
                }
            }
        }
    }

    fn tell(&mut self, line: &impl Serialize) -> Result<(), SheetError> {
        let mut line = serde_json::to_vec(line).map_err(|_| SheetError::Damaged)?;
        line.push(b'\n');
        self.input.write_all(&line).and_then(|()| self.input.flush()).map_err(|_| self.exit_error())
    }

    fn answer(&mut self) -> Result<Answer, SheetError> {
        let mut line = Vec::new();
        match self.output.by_ref().take(MAX_LINE).read_until(b'\n', &mut line) {
            Ok(length) if length > 0 && line.ends_with(b"\n") => {
                serde_json::from_slice(&line).map_err(|_| SheetError::Damaged)
            }
            _ => Err(self.exit_error()),
        }
    }

    /// Why the worker is gone.
    fn exit_error(&self) -> SheetError {
        let mut child = lock(&self.child);
        // It has closed its end, so that it has ended already or is up to no good.
        let _ = child.kill();
        match child.wait() {
            _ if self.is_late.load(Ordering::SeqCst) => SheetError::TooSlow { advice: SAVE_ANEW },
            Ok(status) => cause(status),
            Err(_) => SheetError::NoWorker,
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let mut child = lock(&self.child);
        let _ = child.kill();
        let _ = child.wait();
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends the child when the time for a file is over.
fn set_alarm(child: Arc<Mutex<Child>>, is_late: Arc<AtomicBool>) -> Result<mpsc::Sender<()>, SheetError> {
    let (sender, receiver) = mpsc::channel::<()>();
    let wait = move || {
        if receiver.recv_timeout(Duration::from_secs(MAX_SECONDS)) == Err(mpsc::RecvTimeoutError::Timeout) {
            is_late.store(true, Ordering::SeqCst);
            let _ = lock(&child).kill();
        }
    };
    std::thread::Builder::new().name(COMMAND.into()).spawn(wait).map_err(|_| SheetError::NoWorker)?;
    Ok(sender)
}

fn refusal(answer: &Answer) -> SheetError {
    match answer {
        Answer::Password => SheetError::Password,
        Answer::TooLarge => SheetError::TooLarge,
        _ => SheetError::Damaged,
    }
}

/// What a worker's end says about the file.
fn cause(status: ExitStatus) -> SheetError {
    match (status.signal(), status.code()) {
        (Some(OUT_OF_TIME), _) => SheetError::TooSlow { advice: SAVE_ANEW },
        (Some(signal), _) if OUT_OF_MEMORY.contains(&signal) => SheetError::TooLarge,
        (Some(_), _) => SheetError::Interrupted,
        (None, Some(code)) if code == i32::from(UNLIMITED) => SheetError::NoWorker,
        (None, _) => SheetError::Damaged,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(script: &str) -> Result<Worker, SheetError> {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("worker");
        std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).unwrap();
        Worker::open(&program, Format::Xls, &vec![0; 1 << 20])
    }

    #[test]
    fn every_end_of_a_worker_is_a_refusal_of_its_own() {
        for (script, expected) in [
            ("kill -ABRT $$", SheetError::TooLarge),
            ("kill -XCPU $$", SheetError::TooSlow { advice: SAVE_ANEW }),
            ("kill -TERM $$", SheetError::Interrupted),
            ("exit 3", SheetError::NoWorker),
            ("exit 101", SheetError::Damaged),
            ("head -c 1000 >/dev/null; echo nonsense; cat >/dev/null", SheetError::Damaged),
            ("head -c 1000 >/dev/null; echo '\"password\"'; cat >/dev/null", SheetError::Password),
            ("head -c 1000 >/dev/null; echo '{\"sheets\":[]'", SheetError::Damaged),
        ] {
            // Whoever else runs tests may hold the program open for writing for a moment (ETXTBSY).
            let error = (0..5).find_map(|_| {
                opened(script).err().filter(|error| *error != SheetError::NoWorker || expected == *error)
            });
            assert_eq!(error, Some(expected), "{script}");
        }
        assert_eq!(Worker::open(&"/nowhere/siap17".into(), Format::Ods, b"x").err(), Some(SheetError::NoWorker));
    }

    #[test]
    fn of_many_workers_only_few_run_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        // Each says when it came and when it goes; whoever waits for its turn has not come yet.
        let script = format!("echo + >>{0}; sleep 0.2; echo - >>{0}; exit 101", log.display());
        std::thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| opened(&script).err());
            }
        });
        let (mut running, mut most) = (0_usize, 0);
        for line in std::fs::read_to_string(&log).unwrap().lines() {
            running = if line == "+" { running + 1 } else { running - 1 };
            most = most.max(running);
        }
        assert!((1..=MAX_WORKERS).contains(&most), "{most} at once");
    }
}
