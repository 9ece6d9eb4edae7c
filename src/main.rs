//! The program: reads the command line and runs one command.

use std::process::ExitCode;

fn main() -> ExitCode {
    siap17::cli::main()
}
