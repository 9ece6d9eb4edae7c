//! Visits: who is met where and when.

pub mod upcoming;

pub use upcoming::{Upcoming, upcoming};
