//! A rehearsal: a stand-in for Telegram on loopback ([`bot_api`]) with people who write, tap and block ([`people`]), and the
//! whole job played through on a sample office ([`demo`]). The demonstration and the tests use the same stand-in, so what
//! either sees is what the real client does.

pub mod bot_api;
mod bounds;
pub mod demo;
mod files;
pub mod people;

pub use bot_api::{BotApi, Fault, TOKEN};
pub use people::{Author, Line, Tapped};
