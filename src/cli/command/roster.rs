//! Rosters on the command line.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use clap::Subcommand;
use serde_json::json;

use crate::cli::answer::{Answer, Failure, Outcome, say};
use crate::cli::files::{bytes, write};
use crate::cli::progress::{LOOK, importing};
use crate::cli::show;
use crate::cli::values::Page;
use crate::desk::{Desk, Progress, RosterOptions};
use crate::roster::ids::{ImportId, State};
use crate::roster::{Field, Headings};

/// `COLUMN=HEADER`, as in `nama=Nama Siswa`.
fn heading(text: &str) -> Result<(Field, String), String> {
    let (field, title) = text.split_once('=').ok_or("write COLUMN=HEADER, such as nama=Siswa")?;
    Ok((field.trim().parse()?, title.trim().to_owned()))
}

/// What can be done with rosters.
#[derive(Debug, Subcommand)]
pub enum RosterCommand {
    /// Import Dapodik, EMIS or CSV files; each is its own import.
    Import {
        /// Files, or folders whose files are all meant.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// The place's code, where the file does not say it.
        #[arg(long, value_name = "CODE")]
        place: Option<String>,
        /// What an odd header means, such as `nama=Siswa`; remembered for the place.
        #[arg(long = "map", value_name = "COLUMN=HEADER", value_parser = heading, requires = "place")]
        headings: Vec<(Field, String)>,
        /// Show what would happen, and keep nothing.
        #[arg(long)]
        dry_run: bool,
        /// All rows or none.
        #[arg(long)]
        strict: bool,
    },
    /// Show what an import left open, and settle it: a file that waits, other NIKs, names and birth dates, missing students.
    Review {
        import: ImportId,
        /// The items to let pass, as shown (`7`, `X-2:7`, `m1`); all that are open if none is named.
        #[arg(long, value_name = "ROW", num_args = 0.., conflicts_with = "reject")]
        accept: Option<Vec<String>>,
        /// The items to turn down, as shown; all that are open if none is named.
        #[arg(long, value_name = "ROW", num_args = 0..)]
        reject: Option<Vec<String>>,
        /// Show NIKs whole, to compare them with a document; that look is written down.
        #[arg(long, conflicts_with_all = ["accept", "reject"])]
        with_nik: bool,
    },
    /// Show what each row of an import did, and by what its student was found.
    Changes {
        import: ImportId,
        /// Most rows to show.
        #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(i64).range(1..))]
        limit: i64,
        /// Rows after this one: what `next` gave.
        #[arg(long, value_name = "ROW", default_value_t = 0)]
        after: i32,
    },
    /// Write the sender's own sheet with the wrong cells marked and a column of reasons, to be mended and sent again.
    Answer {
        import: ImportId,
        /// The workbook to write.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Leave the NIKs readable; that look is written down.
        #[arg(long)]
        with_nik: bool,
    },
    /// Open a roster that was refused in the inbox and lies there sealed; the look is written down.
    Unseal {
        /// The file, whose name ends in .sealed.
        file: PathBuf,
        /// Where the roster goes.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Put an import back: everyone's facts are as before it. Refuses, with the list, if something stands on it.
    Undo { import: ImportId },
    /// Past imports, newest first, and what of them waits for a person.
    List(Page),
}

/// Runs one roster command.
pub async fn run(desk: &Desk, command: &RosterCommand, answer: Answer) -> Outcome {
    match command {
        RosterCommand::Import { files, place, headings, dry_run, strict } => {
            let mut explained = Headings::default();
            for (field, title) in headings {
                explained.add(title, *field);
            }
            let options = RosterOptions {
                place: place.clone(),
                dry_run: *dry_run,
                strict: *strict,
                headings: explained,
                ..RosterOptions::default()
            };
            import(desk, files, &options, answer).await
        }
        RosterCommand::Review { import, accept, reject, with_nik } => {
            let (review, report) = match (accept, reject) {
                (Some(items), _) => desk.decide_roster(*import, true, items).await?,
                (None, Some(items)) => desk.decide_roster(*import, false, items).await?,
                (None, None) => (desk.review(*import, *with_nik).await?, None),
            };
            let mut value = serde_json::to_value(&review).unwrap_or_default();
            value["report"] = json!(report);
            let done = answer.give(&value, |_| show::roster::reviewed(&review, report.as_ref()))?;
            let is_taken = report.is_none_or(|report| report.state == State::Applied);
            Ok(if is_taken { done } else { ExitCode::FAILURE })
        }
        RosterCommand::Changes { import, limit, after } => {
            let rows = desk.roster_changes(*import, *after, *limit).await?;
            let is_full = i64::try_from(rows.len()).is_ok_and(|count| count == *limit);
            let next = rows.last().filter(|_| is_full).map(|row| row.number);
            answer.give(&json!({"changes": rows, "next": next}), |_| show::roster::changes(&rows))
        }
        RosterCommand::Answer { import, out, with_nik } => {
            let (_, bytes) = desk.roster_answer_file(*import, *with_nik).await?;
            write(desk.own_files(), out, &bytes)?;
            answer.give(&json!({"done": true, "file": out}), |_| format!("{} is written", out.display()))
        }
        RosterCommand::Unseal { file, out } => {
            write(desk.own_files(), out, &desk.open_sealed_roster(file).await?)?;
            answer.give(&json!({"done": true, "file": out}), |_| format!("{} is written", out.display()))
        }
        RosterCommand::Undo { import } => {
            let undone = desk.undo_roster(*import).await?;
            if undone.undone {
                return answer.give(&undone, show::roster::undone);
            }
            let mut failure = Failure::new("standing", show::roster::not_undone(&undone));
            failure.details = json!({"standing": undone.standing});
            Err(failure)
        }
        RosterCommand::List(page) => {
            let rosters = desk.rosters(page.after()?, page.limit).await?;
            let next = page.next(&rosters, |import| import.id);
            answer.give(&json!({"imports": rosters, "next": next}), |_| show::roster::imports(&rosters))
        }
    }
}

async fn import(desk: &Desk, named: &[PathBuf], options: &RosterOptions, answer: Answer) -> Outcome {
    let files = files(named)?;
    let (mut reports, mut unread) = (Vec::new(), Vec::new());
    for file in &files {
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let imported = match bytes(file) {
            Ok(bytes) => {
                let work = async |options: RosterOptions| desk.import_roster(&name, bytes, &options).await;
                with_progress(&name, options, work).await.map_err(Failure::from)
            }
            Err(failure) => Err(failure),
        };
        match imported {
            Ok(report) => reports.push(report),
            Err(error) if files.len() == 1 => return Err(error),
            Err(error) => {
                say(&error.message);
                unread.push(json!({"file": name, "code": error.code, "message": error.message}));
            }
        }
    }
    let worst = reports.iter().map(|report| report.state).max();
    let worst = if unread.is_empty() { worst } else { Some(State::Refused) };
    let only = if files.len() == 1 { reports.first().and_then(|report| report.import) } else { None };
    let value = json!({"import": only, "state": worst, "files": reports, "unread": unread});
    answer.give(&value, |_| show::roster::rosters(&reports))?;
    let open = reports.iter().filter(|report| matches!(report.state, State::Parked | State::Refused));
    let open: Vec<&str> = open.map(|report| report.file.as_str()).collect();
    if !open.is_empty() {
        say(format_args!("not taken: {}; the answer says why for each row", open.join(", ")));
    }
    Ok(if open.is_empty() && unread.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The files that are meant: of a folder those in it, in the order of their names.
fn files(named: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in named {
        if path.is_dir() {
            files.extend(files_in(path)?);
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}

fn files_in(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let wrong = |error: std::io::Error| Failure::new("file", format!("{} cannot be read: {error}", folder.display()));
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(wrong)? {
        let path = entry.map_err(wrong)?.path();
        // What spreadsheet programs leave beside an open file is no roster.
        let is_hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(['.', '~']));
        if path.is_file() && !is_hidden {
            files.push(path);
        }
    }
    if files.is_empty() {
        return Err(Failure::new("file", format!("the folder {} holds no file", folder.display())));
    }
    files.sort();
    Ok(files)
}

/// Shows how far `work` is, where somebody looks; a pipe or a log gets nothing.
async fn with_progress<T>(name: &str, options: &RosterOptions, work: impl AsyncFnOnce(RosterOptions) -> T) -> T {
    let progress = Arc::new(Progress::default());
    let options = RosterOptions { progress: Arc::clone(&progress), ..options.clone() };
    let bar = importing(name);
    let work = work(options);
    tokio::pin!(work);
    let mut ticks = tokio::time::interval(LOOK);
    loop {
        tokio::select! {
            done = &mut work => {
                bar.finish_and_clear();
                return done;
            }
            _ = ticks.tick() => {
                let rows = progress.rows.load(Ordering::Relaxed);
                if rows > 0 {
                    bar.set_length(rows as u64);
                    bar.set_position(progress.done.load(Ordering::Relaxed) as u64);
                    bar.set_prefix(progress.rejected.load(Ordering::Relaxed).to_string());
                }
            }
        }
    }
}
