//! The command line: parses, asks the desk, shows the answer. No rule lives here.

mod answer;
mod bot;
mod caller;
mod command;
mod files;
mod guard;
mod progress;
mod run;
mod show;
mod values;

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use serde_json::json;

use command::link::LinkCommand;
use command::{Cli, Command};

use crate::nik::without_niks;

/// Runs the command line's command: 0 done, 1 refused or failed, 2 wrong usage.
#[must_use]
pub fn main() -> ExitCode {
    guard::close();
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
            answer::say(format_args!("the operating system gives no threads: {error}"));
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run::run(cli)) {
        Ok(code) => code,
        Err(failure) => {
            // What people typed stands in messages, and it may be a NIK (invariant 8).
            let message = without_niks(&failure.message);
            // Where the answer itself cannot be written, an error in its place cannot either.
            if json && failure.code != "output" {
                let mut document = json!({"error": {"code": failure.code, "message": message}});
                if let (Some(document), serde_json::Value::Object(details)) =
                    (document.as_object_mut(), failure.details)
                {
                    document.extend(details);
                }
                let _ = answer::print(&document.to_string());
            }
            answer::say(&message);
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
        let message = without_niks(&text.to_string());
        let message = message.lines().next().unwrap_or_default().trim_start_matches("error: ");
        let _ = answer::print(&json!({"error": {"code": "usage", "message": message}}).to_string());
    }
    let coloured = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let text = if coloured { text.ansi().to_string() } else { text.to_string() };
    answer::say_bare(without_niks(text.trim_end()));
    ExitCode::from(2)
}
