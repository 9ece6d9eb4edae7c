//! Watches whether the database is still the one that is served, and counts the serving.

use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::part::{chain, rest};
use crate::db::DbError;
use crate::desk::{Desks, OpenError};

/// How often it is looked whether the file is still there: nothing is written into another one meanwhile, but it is told soon.
const LOOK: Duration = Duration::from_millis(250);
/// How often the database is compared with what is remembered of it.
const COMPARE: Duration = Duration::from_secs(5);
/// How often the serving is counted when nothing is sent.
const COUNT: Duration = Duration::from_secs(60);

/// Watches until `stop`; stops everything, and gives the reason, once the database is gone.
pub async fn watch(desks: Desks, stop: CancellationToken) -> Option<DbError> {
    let (mut compared, mut counted) = (Instant::now(), None::<Instant>);
    let mut served = desks.db().identity().await.ok();
    while !stop.is_cancelled() {
        if let Err(gone) = desks.db().still_there() {
            stop.cancel();
            return Some(gone);
        }
        if compared.elapsed() >= COMPARE {
            compared = Instant::now();
            // A server may have got another database under the same name; the next start looks at it.
            let called = desks.db().identity().await.ok();
            if served.is_some() && called.is_some() && called != served {
                stop.cancel();
                return Some(DbError::Gone("PostgreSQL".into()));
            }
            served = served.or(called);
            told(desks.recognise().await.map(drop));
        }
        if counted.is_none_or(|at| at.elapsed() >= COUNT) {
            counted = Some(Instant::now());
            told(desks.count_serving().await.map_err(OpenError::from));
        }
        rest(&stop, LOOK).await;
    }
    // A copy that was made while this served is older from now on.
    told(desks.count_serving().await.map_err(OpenError::from));
    None
}

fn told(done: Result<(), OpenError>) {
    if let Err(error) = done {
        tracing::error!(error = %chain(&error), "the database cannot be compared with what was last served");
    }
}
