//! The command line: parses, asks the desk, shows the answer. No rule lives here.

mod card;
mod check;
mod command;
mod complaint;
mod feed;
mod keep;
mod letter;
mod order;
mod out;
mod roster;
mod run;
mod serve;
mod session;
mod show;
mod slips;
mod student;
mod values;
mod visit;
mod visit_command;
mod visit_talk;

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use serde_json::json;

pub use command::{Cli, Command, LinkCommand};

use crate::desk::{DeskError, OpenError};

/// A failure as the person at the keyboard reads it.
#[derive(Debug)]
pub struct Failure {
    pub code: &'static str,
    pub message: String,
    /// What programs may want to know besides; an object, or nothing.
    pub details: serde_json::Value,
}

impl Failure {
    /// The message becomes one line: what a person or a file said may hold line ends, or codes that a terminal obeys.
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        let message: String = message.into();
        let lines = message.split(char::is_control).map(str::trim).filter(|line| !line.is_empty());
        Self { code, message: lines.collect::<Vec<_>>().join(" "), details: serde_json::Value::Null }
    }
}

impl From<DeskError> for Failure {
    fn from(error: DeskError) -> Self {
        Self::new(error.code(), chain(&error))
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        let code = match &error {
            OpenError::WrongKey { .. } | OpenError::Vault(_) => "key",
            OpenError::Db(_) => "database",
            OpenError::UnknownStaff(_) => "staff_unknown",
            OpenError::Office(_) => "office",
            OpenError::Holidays { .. } | OpenError::Messages(_) => "configuration",
        };
        Self::new(code, chain(&error))
    }
}

impl From<crate::db::DbError> for Failure {
    fn from(error: crate::db::DbError) -> Self {
        Self::new("database", chain(&error))
    }
}

/// An error with the causes that add something, as one sentence.
#[must_use]
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let next = cause.to_string();
        if !text.contains(&next) {
            text.push_str(": ");
            text.push_str(&next);
        }
        source = cause.source();
    }
    text
}

/// Runs the command line's command: 0 done, 1 refused or failed, 2 wrong usage.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return wrong_usage(&error),
    };
    // clap does not see a global flag that stands before the command, so it cannot be told this rule.
    if let Command::Link(LinkCommand::Slips { out: None, .. }) = &cli.command
        && !cli.json
    {
        Cli::command().error(ErrorKind::MissingRequiredArgument, "name the page to print with --out F.html").exit();
    }
    if matches!(cli.command, Command::ImportWorker) {
        // Before there are threads: its memory is limited, and it needs none.
        return crate::roster::sheet::legacy::child::run();
    }
    let json = cli.json;
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            out::say(format_args!("the operating system gives no threads: {error}"));
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run::run(cli)) {
        Ok(code) => code,
        Err(failure) => {
            // What people typed stands in messages, and it may be a NIK (invariant 8).
            let message = crate::nik::without_niks(&failure.message);
            // Where the answer itself cannot be written, an error in its place cannot either.
            if json && failure.code != "output" {
                let mut document = json!({"error": {"code": failure.code, "message": message}});
                if let (Some(document), serde_json::Value::Object(details)) =
                    (document.as_object_mut(), failure.details)
                {
                    document.extend(details);
                }
                let _ = out::print(&document.to_string());
            }
            out::say(&message);
            ExitCode::FAILURE
        }
    }
}

/// Help, the version, or what is wrong with the command line; what was typed may be a NIK.
fn wrong_usage(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        error.exit();
    }
    let text = error.render();
    if std::env::args_os().any(|argument| argument == "--json") {
        let message = crate::nik::without_niks(&text.to_string());
        let message = message.lines().next().unwrap_or_default().trim_start_matches("error: ");
        let _ = out::print(&json!({"error": {"code": "usage", "message": message}}).to_string());
    }
    let coloured = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let text = if coloured { text.ansi().to_string() } else { text.to_string() };
    out::say_bare(crate::nik::without_niks(text.trim_end()));
    ExitCode::from(2)
}
