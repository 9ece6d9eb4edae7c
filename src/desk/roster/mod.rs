//! Rosters at the desk: they come as files, are looked at by a second person, answered, and put back.

mod answer;
mod by_bot;
mod drop_folder;
mod import;
mod review;
mod sealed_file;
#[cfg(test)]
mod tests;
mod undo;

pub use drop_folder::DropFolderError;
pub use import::{LARGEST_FILE, Options, Progress};
pub use review::Review;
pub use undo::{Sent, Undone};
