//! Answers in words, for people at a terminal.

pub mod calls;
pub mod card;
pub mod daily;
pub mod list;
pub mod notice;
pub mod office;
pub mod plan;
pub mod roster;
pub mod student;
pub mod visit;
pub mod word;
