//! Watches whether the database is still the one that is served, and counts the serving.

use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::part::{chain, complain, rest};
use crate::db::DbError;
use crate::desk::{Desks, OpenError};

/// How often it is looked whether the file is still there.
const LOOK: Duration = Duration::from_millis(250);
/// A file that was moved by mistake may be put back for so long. Meanwhile nothing is read or written, and whoever asks how siap17
/// is, and the head, are told.
const PUT_BACK: Duration = Duration::from_secs(30);
/// How often the database is compared with what is remembered of it.
const COMPARE: Duration = Duration::from_secs(5);
/// How often the serving is counted when nothing is sent.
const COUNT: Duration = Duration::from_secs(60);

/// Watches until `stop` whether the database is still the one whose identity is `served`; stops everything, and gives the reason,
/// once it is gone for good.
pub async fn watch(desks: Desks, served: String, stop: CancellationToken) -> Option<DbError> {
    let (mut compared, mut counted) = (Instant::now(), None::<Instant>);
    let mut missed: Option<Instant> = None;
    while !stop.is_cancelled() {
        if let Err(gone) = desks.db().still_there() {
            if missed.get_or_insert_with(Instant::now).elapsed() >= PUT_BACK {
                stop.cancel();
                return Some(gone);
            }
            rest(&stop, LOOK).await;
            continue;
        }
        missed = None;
        if compared.elapsed() >= COMPARE {
            compared = Instant::now();
            // A server may have got another database under the same name; the next start looks at it.
            if desks.db().identity().await.is_ok_and(|called| called != served) {
                stop.cancel();
                return Some(DbError::Gone("PostgreSQL".into()));
            }
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
        complain("comparing the database with what was last served", &error, chain(&error));
    }
}
