//! What happens to an import afterwards: decision (what a person lets pass) and undo put facts back or on; history tells what
//! imports did.

pub mod decision;
pub mod history;
pub mod undo;
