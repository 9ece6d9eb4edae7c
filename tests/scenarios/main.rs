//! siap17 as its users meet it: the real program, on SQLite and on PostgreSQL, with a stand-in for Telegram on loopback.
//! Run it with `tests/run`, which starts the PostgreSQL server that these tests need.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[macro_use]
mod support;

mod answers;
mod bad_input;
mod cards;
mod chain;
mod contract;
mod copies;
mod day;
mod declaring;
mod demo;
mod doors;
mod family;
mod formats;
mod growth;
mod health;
mod house;
mod killed;
mod letters;
mod looks;
mod on_disk;
mod orders;
mod roster_bot;
mod rosters;
mod sending;
mod serve;
mod sessions;
mod setup;
mod slips;
mod students;
mod told;
mod undo;
mod visit_talk;
mod visits;
