//! What is said of a server that cannot be reached or does not let us in.

use super::*;

/// The address of the tests' server with another part.
fn server(change: impl FnOnce(&mut url::Url)) -> String {
    let mut url = url::Url::parse(&std::env::var("SIAP17_TEST_POSTGRES").unwrap()).unwrap();
    change(&mut url);
    url.into()
}

async fn words(url: &str) -> String {
    Db::open(url).await.unwrap_err().to_string()
}

#[tokio::test]
async fn what_stands_between_us_and_the_server_is_said_with_what_to_do() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let said = words(&server(|url| url.set_port(Some(closed)).unwrap())).await;
    assert!(said.contains("refuses connections") && said.contains("make sure"), "{said}");
    let said = words(&server(|url| url.set_path("no_such_database"))).await;
    assert!(said.contains("no database of that name") && said.contains("createdb"), "{said}");
    let said = words(&server(|url| url.set_username("nobody_here").unwrap())).await;
    assert!(said.contains("refuses the user or the password"), "{said}");
    let said = words(&server(|url| url.set_host(Some("nowhere.invalid")).unwrap())).await;
    assert!(said.contains("is not known"), "{said}");
}

#[tokio::test]
async fn a_lost_sessions_name_is_claimed_anew_unless_another_has_it() {
    let scratch = postgres().await;
    let (db, Db::Postgres(pool)) = (&scratch.db, &scratch.db) else { panic!("PostgreSQL") };
    let mut claim = db.claim_for_serving("satu").await.unwrap();
    assert!(!claim.confirm(db).await.unwrap(), "it stands");
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    sqlx::query(end).execute(pool).await.unwrap();
    assert!(claim.confirm(db).await.unwrap(), "it is claimed anew");
    assert!(matches!(db.claim_for_serving("satu").await, Err(DbError::NodeTaken(_))), "and is ours");
    sqlx::query(end).execute(pool).await.unwrap();
    let other = db.claim_for_serving("satu").await.unwrap();
    assert!(matches!(claim.confirm(db).await, Err(DbError::NodeTaken(_))), "another was quicker");
    drop(other);
}
