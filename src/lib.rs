//! siap17 – "ready at 17": from a school's roster to a card in the hand.
//!
//! The map of the house is in `ARCHITECTURE.md`. Arrows run down only: ground ← db ← audit ← office ← staff ← place ←
//! student ← link ← rooms (roster, visit, card) ← notice ← privacy ← report ← desk ← faces.

// Ground: pure, no database.
pub mod age;
pub mod clock;
pub mod ids;
pub mod nik;
pub mod vault;

// Rooms.
pub mod roster;
