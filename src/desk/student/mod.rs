//! Students at the desk: found, shown, explained, and corrected for what no file says.

mod add;
mod look;
mod merge;
mod set;
mod shown;
#[cfg(test)]
mod tests;

pub use add::NewStudent;
pub use look::Why;
pub use merge::{Merged, Merging, Unmerged};
pub use shown::Shown;
