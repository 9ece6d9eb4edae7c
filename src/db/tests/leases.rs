//! Who holds a lease, and what becomes of a holder that stops.

use super::*;

const NAME: &str = "telegram";

#[tokio::test]
async fn a_node_that_stops_in_the_middle_of_a_transaction_is_taken_over_from() {
    let scratch = postgres().await;
    let token = take_lease(&scratch.db, NAME, "one", true).await.unwrap().unwrap();
    let mut tx = scratch.db.write().await.unwrap();
    execute!(&mut tx, "UPDATE lease SET expires_ms = 0").unwrap();
    tx.commit().await.unwrap();
    // This node proves that it holds the lease, and then nothing is heard of it.
    let mut stopped = scratch.db.write().await.unwrap();
    assert!(holds_lease(&mut stopped, NAME, token).await.unwrap());
    execute!(&mut stopped, "INSERT INTO meta (name, value) VALUES ('of the stopped', 'bulk')").unwrap();
    let taken_over = async {
        loop {
            match take_lease(&scratch.db, NAME, "other", true).await {
                Ok(Some(token)) => return token,
                Ok(None) => {}
                Err(error) => assert!(error.is_busy(), "{error:?}"),
            }
        }
    };
    let new = tokio::time::timeout(LEASE * 2, taken_over).await.expect("another node takes over within 30 s");
    assert!(new > token);
    // It wakes, and what it was about to write is not written.
    let woken = execute!(&mut stopped, "UPDATE meta SET value = value").map(drop);
    let error = match woken {
        Ok(()) => stopped.commit().await.unwrap_err(),
        Err(error) => error,
    };
    assert!(is_passing(&error), "{error:?}");
    assert_eq!(names(&scratch.db).await, [""; 0]);
    let mut tx = scratch.db.write().await.unwrap();
    assert!(!holds_lease(&mut tx, NAME, token).await.unwrap(), "its token is an old one");
}

async fn a_lease_has_one_holder(scratch: Scratch) {
    let one = take_lease(&scratch.db, NAME, "one", true).await.unwrap().unwrap();
    assert_eq!(take_lease(&scratch.db, NAME, "other", true).await.unwrap(), None);
    assert_eq!(take_lease(&scratch.db, NAME, "one", false).await.unwrap(), Some(one), "renewed");
    drop_lease(&scratch.db, NAME, "one").await.unwrap();
    assert_eq!(take_lease(&scratch.db, NAME, "other", true).await.unwrap(), Some(one + 1));
    // Written by a clock that was a day ahead, and is right again: its holder may be gone, and nobody waits a day for it.
    let mut tx = scratch.db.write().await.unwrap();
    execute!(&mut tx, "UPDATE lease SET expires_ms = expires_ms + 86400000").unwrap();
    tx.commit().await.unwrap();
    assert_eq!(take_lease(&scratch.db, NAME, "one", true).await.unwrap(), Some(one + 2));
    assert_eq!(take_lease(&scratch.db, NAME, "other", true).await.unwrap(), None, "and holds as any other");
}

#[tokio::test]
async fn a_lease_on_sqlite() {
    a_lease_has_one_holder(sqlite().await).await;
}

#[tokio::test]
async fn a_lease_on_postgres() {
    a_lease_has_one_holder(postgres().await).await;
}
