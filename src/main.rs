//! The program: reads the command line and runs one command.

use std::process::ExitCode;

/// A roster's rows are made on one thread and dropped on another, which the system's allocator is slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    siap17::cli::main()
}
