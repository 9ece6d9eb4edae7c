//! The two streams. Whoever reads them may be gone (`| head`) or the disk behind them full: that is never a reason to panic,
//! least of all after the command has changed something.

use std::fmt::Display;
use std::io::{ErrorKind, Write};

use super::Failure;

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
