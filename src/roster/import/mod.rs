//! A student's facts → tables: one transaction, batch by batch, each change with what was there before, so that it can be put
//! back. A dry run is the same work, not committed.
//!
//! incoming (what is given) ← stream (a file's rows, sealed, in batches) · report ← places (whose rows), gate (is it the place's
//! roster), matching (who is meant, purely) · record, changes, proposal, upload (the tables) ← lookup (whom rows may mean) · facts
//! (a student after a row) ← apply (a batch) · writer (beside) · aside (whose rows are not taken)
//! ← session (the whole) · judge (what it shows).

mod apply;
mod aside;
pub(super) mod changes;
mod facts;
mod gate;
pub mod incoming;
mod judge;
mod lookup;
pub mod matching;
mod places;
pub mod proposal;
pub mod record;
pub mod report;
pub mod session;
pub mod stream;
pub mod upload;
mod writer;
