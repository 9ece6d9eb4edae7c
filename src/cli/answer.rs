//! How a command answers: on the two streams, in JSON or in words, done or failed.
//!
//! Whoever reads the streams may be gone (`| head`) or the disk behind them full: that is never a reason to panic, least of all
//! after the command has changed something.

use std::fmt::Display;
use std::io::{ErrorKind, Write};
use std::process::ExitCode;

use serde::Serialize;
use serde_json::json;

use crate::db::{DbError, is_conflict};
use crate::desk::{DeskError, OpenError};

/// What a command gives back.
pub type Outcome = Result<ExitCode, Failure>;

/// How a command answers: one JSON document, or words.
#[derive(Debug, Clone, Copy)]
pub struct Answer {
    pub json: bool,
}

impl Answer {
    /// Prints `value` as JSON, or what `words` makes of it.
    pub fn give<T: Serialize>(self, value: &T, words: impl FnOnce(&T) -> String) -> Outcome {
        if self.json {
            let text = serde_json::to_string(value).map_err(|error| Failure::new("internal", error.to_string()))?;
            print(&text)?;
        } else {
            let text = words(value);
            if !text.is_empty() {
                print(text.trim_end())?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Says that something was done.
    pub fn done(self, words: impl Into<String>) -> Outcome {
        self.give(&json!({"done": true}), |_| words.into())
    }
}

/// A failure as the person at the keyboard reads it.
#[derive(Debug)]
pub struct Failure {
    pub code: &'static str,
    pub message: String,
    /// What programs may want to know besides; an object, or nothing.
    pub details: serde_json::Value,
    /// Another change was in the way of this one, which is run again where nothing of it was committed.
    pub is_conflict: bool,
}

impl Failure {
    /// The message becomes one line: what a person or a file said may hold line ends, or codes that a terminal obeys.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        let message: String = message.into();
        let lines = message.split(char::is_control).map(str::trim).filter(|line| !line.is_empty());
        Self {
            code,
            message: lines.collect::<Vec<_>>().join(" "),
            details: serde_json::Value::Null,
            is_conflict: false,
        }
    }

    /// The failure that an error of the database or of the desk comes to.
    fn of(code: &'static str, error: &(dyn std::error::Error + 'static)) -> Self {
        Self { is_conflict: is_conflict(error), ..Self::new(code, chain(error)) }
    }
}

impl From<DeskError> for Failure {
    fn from(error: DeskError) -> Self {
        Self::of(error.code(), &error)
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        let code = match &error {
            OpenError::WrongKey { .. }
            | OpenError::KeyIsThere { .. }
            | OpenError::KeyIsGone { .. }
            | OpenError::Vault(_) => "key",
            OpenError::Db(_) => "database",
            OpenError::UnknownStaff(_) => "staff_unknown",
            OpenError::Office(_) => "office",
            OpenError::Holidays { .. } | OpenError::Messages(_) => "configuration",
            OpenError::Rehearsal => "clock",
        };
        Self::of(code, &error)
    }
}

impl From<DbError> for Failure {
    fn from(error: DbError) -> Self {
        Self::of("database", &error)
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

/// Prints an answer. A reader that has seen enough is no failure.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::new("output", format!("the answer cannot be written ({error}); what the command did stands")))
        }
        _ => Ok(()),
    }
}

/// Says one sentence on stderr.
pub fn say(sentence: impl Display) {
    say_bare(format_args!("siap17: {sentence}"));
}

/// Says one line on stderr, without our name before it.
pub fn say_bare(line: impl Display) {
    // There is nobody left to tell when stderr is gone too.
    let _ = writeln!(std::io::stderr(), "{line}");
}
