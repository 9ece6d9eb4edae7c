//! siap17 – "ready at 17": from a school's roster to a card in the hand.
//!
//! The map of the house is in `ARCHITECTURE.md`. Arrows run down only: ground ← db ← audit ← office ← staff ← place ←
//! student ← link ← rooms (roster, visit, card) ← notice ← complaint ← mailbox ← report ← desk ← faces.

// Ground: pure, no database.
pub mod age;
pub mod calendar;
pub mod cells;
pub mod clock;
pub mod coded;
pub mod config;
pub mod ids;
pub mod intake;
pub mod kept_file;
pub mod messages;
pub mod messenger;
pub mod nik;
pub mod vault;
pub mod words;
pub mod written;

// Everybody's base.
pub mod audit;
pub mod db;
pub mod link;
pub mod office;
pub mod place;
pub mod staff;
pub mod student;

// The rooms.
pub mod card;
pub mod complaint;
pub mod mailbox;
pub mod notice;
pub mod report;
pub mod roster;
pub mod visit;

// The desk, and the faces that ask it.
pub mod cli;
pub mod daemon;
pub mod desk;
pub mod jobs;
pub mod rehearsal;
pub mod telegram;
pub mod web;

#[cfg(test)]
mod testing;
