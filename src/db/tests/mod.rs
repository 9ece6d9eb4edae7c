//! The database by itself, on both engines.

mod leases;
mod migrations;
mod retries;
mod schemas;
mod troubles;

use super::*;
use crate::testing::{Scratch, postgres, sqlite};
use crate::{execute, fetch_all, fetch_one, insert_many};

async fn names(db: &Db) -> Vec<String> {
    let mut tx = db.read().await.unwrap();
    let rows = fetch_all!(&mut tx, (String,), "SELECT name FROM meta WHERE value = 'bulk' ORDER BY name").unwrap();
    rows.into_iter().map(|row| row.0).collect()
}

async fn write(tx: &mut Tx, rows: &[&str]) -> Result<(), DbError> {
    let statements = insert_many!(tx.engine(), "INSERT INTO meta (name, value) ", rows, |one| [*one, "bulk"], "");
    run_all(tx, statements).await
}

async fn a_failed_bulk_is_given_up_and_the_next_writer_works(scratch: Scratch) {
    let many: Vec<String> = (0..FEWEST_COPIED + 1).map(|number| format!("n{number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let mut tx = scratch.db.write().await.unwrap();
    write(&mut tx, &["a", "b"]).await.unwrap();
    assert!(write(&mut tx, &["c", "a"]).await.unwrap_err().is_duplicate());
    drop(tx);
    let mut tx = scratch.db.write().await.unwrap();
    write(&mut tx, &many).await.unwrap();
    assert!(write(&mut tx, &many).await.unwrap_err().is_duplicate());
    drop(tx);
    assert_eq!(names(&scratch.db).await, [""; 0], "nothing of it is kept");
    let mut tx = scratch.db.write().await.unwrap();
    write(&mut tx, &["d"]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(names(&scratch.db).await, ["d"]);
    let mut tx = scratch.db.write().await.unwrap();
    write(&mut tx, &many).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(names(&scratch.db).await.len(), many.len() + 1);
}

#[tokio::test]
async fn a_failed_bulk_on_sqlite() {
    a_failed_bulk_is_given_up_and_the_next_writer_works(sqlite().await).await;
}

#[tokio::test]
async fn a_failed_bulk_on_postgres() {
    a_failed_bulk_is_given_up_and_the_next_writer_works(postgres().await).await;
}

#[tokio::test]
async fn what_sqlite_rolls_back_by_itself_stops_no_later_writer() {
    let scratch = sqlite().await;
    let mut tx = scratch.db.write().await.unwrap();
    let twice = "INSERT OR ROLLBACK INTO meta (name, value) VALUES ('a', 'bulk'), ('a', 'bulk')";
    execute!(&mut tx, twice).unwrap_err();
    drop(tx);
    let mut tx = scratch.db.write().await.unwrap();
    write(&mut tx, &["b"]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(names(&scratch.db).await, ["b"]);
}
