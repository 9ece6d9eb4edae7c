//! The one place where what was rolled back for another's sake is run again.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// How long it rests before each further try; the last error stands.
const RESTS: [Duration; 5] = [
    Duration::from_millis(20),
    Duration::from_millis(60),
    Duration::from_millis(180),
    Duration::from_millis(500),
    Duration::from_millis(1500),
];

/// Whoever has waited this long is told so instead of waiting again.
const LONGEST: Duration = Duration::from_secs(60);

tokio::task_local! {
    /// Whether the work under way has committed anything.
    static COMMITTED: Cell<bool>;
}

/// Notes that a transaction that wrote was committed.
pub(super) fn committed() {
    let _ = COMMITTED.try_with(|committed| committed.set(true));
}

/// Runs `work`, and again where it was rolled back for another's sake (see [`super::is_conflict`]), as `is_conflict` says of its
/// error. What has committed a transaction is not run again: that part of it would be done twice.
pub async fn retried<T, E, F>(is_conflict: impl Fn(&E) -> bool, work: impl Fn() -> F) -> Result<T, E>
where
    F: Future<Output = Result<T, E>>,
{
    let began = Instant::now();
    let mut rests = RESTS.into_iter().take_while(|_| began.elapsed() < LONGEST);
    loop {
        let tried = async { (work().await, COMMITTED.with(Cell::get)) };
        let (done, committed) = COMMITTED.scope(Cell::new(false), tried).await;
        match (done, rests.next()) {
            (Err(error), Some(rest)) if !committed && is_conflict(&error) => {
                tracing::debug!("a change met another one and is tried again");
                tokio::time::sleep(rest).await;
            }
            (done, _) => return done,
        }
    }
}
