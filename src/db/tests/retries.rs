//! What is tried again, what is not, and what is said of it.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Barrier;

use super::*;

fn is_conflict_of(error: &DbError) -> bool {
    is_conflict(error)
}

async fn two_rows(db: &Db) {
    let mut tx = db.write().await.unwrap();
    write(&mut tx, &["a", "b"]).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn of_two_that_wait_for_each_other_both_come_to_their_end() {
    let scratch = postgres().await;
    two_rows(&scratch.db).await;
    let meeting = Barrier::new(2);
    let runs = AtomicUsize::new(0);
    let both = async |first: &'static str, second: &'static str| {
        retried(is_conflict_of, || async {
            let mut tx = scratch.db.write().await?;
            execute!(&mut tx, "UPDATE meta SET value = value || 'x' WHERE name = $1", first)?;
            if runs.fetch_add(1, Ordering::SeqCst) < 2 {
                meeting.wait().await;
            }
            execute!(&mut tx, "UPDATE meta SET value = value || 'x' WHERE name = $1", second)?;
            tx.commit().await
        })
        .await
    };
    let (one, other) = tokio::join!(both("a", "b"), both("b", "a"));
    one.unwrap();
    other.unwrap();
    assert_eq!(runs.load(Ordering::SeqCst), 3, "one of them was run again");
    let mut tx = scratch.db.read().await.unwrap();
    let values = fetch_all!(&mut tx, (String,), "SELECT value FROM meta WHERE name IN ('a', 'b')").unwrap();
    assert_eq!(values, [("bulkxx".to_owned(),), ("bulkxx".to_owned(),)]);
}

#[tokio::test]
async fn what_has_committed_something_is_not_run_again() {
    let scratch = postgres().await;
    let runs = AtomicUsize::new(0);
    let done: Result<(), DbError> = retried(is_conflict_of, || async {
        runs.fetch_add(1, Ordering::SeqCst);
        two_rows(&scratch.db).await;
        let mut tx = scratch.db.write().await?;
        execute!(&mut tx, "DO $$ BEGIN RAISE serialization_failure; END $$").map(drop)
    })
    .await;
    assert!(matches!(done, Err(DbError::Trouble(Trouble::Conflict, _))), "{done:?}");
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_statement_that_can_never_succeed_is_not_one_that_may_later() {
    let scratch = postgres().await;
    let raised = async |state: &'static str| {
        let mut tx = scratch.db.write().await.unwrap();
        let statement = format!("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{state}'; END $$");
        execute!(&mut tx, sqlx::AssertSqlSafe(statement.as_str())).unwrap_err()
    };
    for state in ["08006", "40001", "40P01", "53100", "53300", "55P03", "57P01", "57P02", "57P03", "58030"] {
        assert!(is_passing(&raised(state).await), "{state}");
    }
    // Division by zero, a constraint, a wrong type, a missing table, a trigger's own word, a bug of the server.
    for state in ["22012", "23505", "23514", "40002", "42804", "42P01", "57014", "P0001", "XX000"] {
        assert!(!is_passing(&raised(state).await), "{state}");
    }
    let scratch = sqlite().await;
    let mut tx = scratch.db.write().await.unwrap();
    execute!(&mut tx, "CREATE TRIGGER never BEFORE INSERT ON meta BEGIN SELECT RAISE(ABORT, 'never'); END").unwrap();
    let error = write(&mut tx, &["a"]).await.unwrap_err();
    assert!(!is_passing(&error), "{error:?}");
    drop(tx);
    let Db::Sqlite { read, .. } = &scratch.db else { panic!("SQLite") };
    let error = sqlx::query("DELETE FROM meta").execute(read).await.unwrap_err();
    assert!(is_passing(&DbError::from(error)), "a database that cannot be written just now");
}

#[tokio::test]
async fn what_stands_in_the_way_is_said_as_itself() {
    let scratch = postgres().await;
    let mut tx = scratch.db.write().await.unwrap();
    let crowded = "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '53300'; END $$";
    let error = execute!(&mut tx, crowded).unwrap_err();
    assert!(error.to_string().contains("too many clients"), "{error}");
    // Nobody listens at the first port.
    let error = Db::connect("postgres://siap17@127.0.0.1:1/postgres").await.unwrap_err();
    assert!(error.to_string().contains("refuses connections"), "{error}");
    let no_route = std::io::Error::from(std::io::ErrorKind::HostUnreachable);
    let error = DbError::from(sqlx::Error::Io(no_route));
    assert!(error.to_string().contains("no route"), "{error}");
}

async fn a_slow_transaction_is_counted(scratch: Scratch) {
    let before = slow_transactions();
    let tx = scratch.db.write().await.unwrap();
    tokio::time::sleep(Duration::from_millis(1_050)).await;
    tx.commit().await.unwrap();
    assert!(slow_transactions() > before);
}

#[tokio::test]
async fn a_slow_transaction_on_sqlite() {
    a_slow_transaction_is_counted(sqlite().await).await;
}

#[tokio::test]
async fn a_slow_transaction_on_postgres() {
    a_slow_transaction_is_counted(postgres().await).await;
}
