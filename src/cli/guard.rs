//! What the operating system may show of this process and of what it writes: nothing to others.

use rustix::fs::Mode;
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit, umask};

use super::answer::say;

/// Keeps core dumps from being written, since the memory of a process holds the key and open NIK, and takes from others what they
/// might do with the files that it makes. Where the system refuses, the work is done all the same, and it is said.
pub fn close() {
    umask(Mode::RWXG | Mode::RWXO);
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    // The limit alone does not count where dumps go to a program.
    let closed = setrlimit(Resource::Core, none).and_then(|()| set_dumpable_behavior(DumpableBehavior::NotDumpable));
    if let Err(error) = closed {
        say(format_args!("core dumps cannot be turned off: {error}; a dump would hold the key"));
    }
}
