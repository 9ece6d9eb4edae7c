//! Makes the ledger agree with the rules: inserts what is missing, moves what no longer holds. Level-triggered: it asks only
//! what should be true now, so a missed run, a long outage, a late roster or a corrected date all heal in the same code.
//!
//! Who changes a fact settles in the same transaction whom it concerns ([`reconcile_some`]); where that is everybody, asks for
//! it ([`request_everybody`]). Each look writes down when time alone may change the verdict, and the heartbeat ([`beat`]) looks
//! at those whose moment has come. A sweep ([`sweep`]) proves that this misses nobody.

mod beat;
mod by_hand;
mod merge;
mod moment;
mod rows;
mod settle;
mod steps;
mod sweep;
#[cfg(test)]
mod tests;

pub use beat::{beat, catch_up};
pub use by_hand::{office_of, place_of, raise_alarm, retry, student_of, tell_staff, told, was_alarmed};
pub use merge::{TakenOver, Theirs, give_back, take_over};
pub use moment::{
    Reading, accept_clock, look_soon, look_soon_in_chat, read_clock, request_everybody, request_range, waits_for_clock,
};
pub(super) use settle::agree_again;
pub use settle::{Summary, foresee, foresee_contacts, look, reconcile_contacts, reconcile_people, reconcile_some};
pub use steps::{Look, first_moment, uncertain_policy};
pub use sweep::{Swept, mended, sweep};
