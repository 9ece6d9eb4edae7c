//! No statement of a page or of one student's answer reads a whole table, on either engine.

use sqlx::Row;

use super::{Scratch, postgres, sqlite};
use crate::db::Tx;
use crate::{card, link, notice, place, roster, student, visit};

/// The statements of what is asked all day. What ends before a list of IDs is completed with one.
fn statements() -> Vec<(&'static str, String)> {
    let whole = [
        ("notice list", notice::list::PAGE),
        ("notice list --state", notice::list::PAGE_OF_STATE),
        ("notice list --lost", notice::list::PAGE_OF_LOST),
        ("student why", notice::list::PAGE_OF_STUDENT),
        ("student find, beginning of a name", student::FIND_BY_BEGINNING),
        ("student find, NISN", student::BY_NISN),
        ("student find, NIK", student::BY_NIK),
        ("student show", student::BY_ID),
        ("chats of a student", link::OF_SUBJECT),
        ("card queue", card::QUEUE_PAGE),
        ("card of a student", card::CARD),
        ("visit list", visit::schedule::PAGE),
        ("visit list --state", visit::schedule::PAGE_OF_STATE),
        ("visit list --place", visit::schedule::PAGE_OF_PLACE),
        ("visit order list", visit::order::PAGE),
        ("visit session list", visit::session::LIST),
        ("place list", place::PAGE),
        ("roster list", roster::review::history::PAGE),
        ("roster list of a place", roster::review::history::PAGE_OF_PLACE),
    ];
    let begun = [
        ("attempts of a page", notice::list::ATTEMPTS),
        ("cards of a list", card::CARDS),
        ("records of a list", card::RECORDS),
        ("students on a visit's list", visit::schedule::LISTS),
    ];
    let completed = begun.map(|(name, head)| (name, format!("{head} IN ($1)")));
    whole.map(|(name, sql)| (name, sql.to_owned())).into_iter().chain(completed).collect()
}

/// What is asked about one subject: an index leads to its rows, however well another one would serve the order. Each with the
/// column whose value it must be led by.
const OF_ONE: [(&str, &str, &str); 5] = [
    ("student why", notice::list::PAGE_OF_STUDENT, "recipient_id"),
    ("student find, NISN", student::BY_NISN, "nisn"),
    ("chats of a student", link::OF_SUBJECT, "subject_id"),
    ("card of a student", card::CARD, "student_id"),
    ("visit list --place", visit::schedule::PAGE_OF_PLACE, "place_id"),
];

/// The highest number of a placeholder.
fn placeholders(sql: &str) -> usize {
    (1..=20).rev().find(|number| sql.contains(&format!("${number}"))).unwrap_or(0)
}

/// How the engine means to run a statement, one step a line.
async fn plan(tx: &mut Tx, sql: &str) -> Vec<String> {
    match tx {
        Tx::Sqlite(tx) => {
            let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
            let steps = sqlx::query(explain).fetch_all(&mut **tx).await.unwrap();
            steps.iter().map(|step| step.get::<String, _>("detail")).collect()
        }
        Tx::Postgres(tx) => {
            let nulls = vec!["NULL"; placeholders(sql)].join(", ");
            // What is only looked at for being there says nothing of its type, which the program sends along; it is a state.
            let sql = (1..=placeholders(sql)).fold(sql.to_owned(), |sql, number| {
                sql.replace(&format!("${number} IS NULL"), &format!("CAST(${number} AS TEXT) IS NULL"))
            });
            let text = format!(
                "SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL enable_seqscan = off; DEALLOCATE ALL; PREPARE asked AS {sql}"
            );
            sqlx::raw_sql(sqlx::AssertSqlSafe(text)).execute(&mut **tx).await.unwrap();
            let explain = sqlx::AssertSqlSafe(format!("EXPLAIN EXECUTE asked({nulls})"));
            let steps = sqlx::raw_sql(explain).fetch_all(&mut **tx).await.unwrap();
            steps.iter().map(|step| step.get::<String, _>(0)).collect()
        }
    }
}

/// Whether a step reads a table or an index from its beginning to its end: `SCAN` says so in SQLite; PostgreSQL, which may not
/// read tables here where it can do without, then says so, or names an index without a condition on it.
fn reads_everything(steps: &[String]) -> Option<&String> {
    let is_unconditional = |at: usize| {
        let step = &steps[at];
        let is_index = step.contains("Index Scan") || step.contains("Index Only Scan");
        is_index && !steps[at + 1..].iter().take(3).any(|below| below.contains("Index Cond"))
    };
    let reads_all =
        |at: &usize| steps[*at].starts_with("SCAN") || steps[*at].contains("Seq Scan") || is_unconditional(*at);
    (0..steps.len()).find(reads_all).map(|at| &steps[at])
}

async fn every_page_walks_an_index(scratch: Scratch) {
    let mut tx = scratch.db.write().await.unwrap();
    let mut wrong = Vec::new();
    for (name, sql) in statements() {
        let steps = plan(&mut tx, &sql).await;
        if let Some(step) = reads_everything(&steps) {
            wrong.push(format!("{name}: {step}\n{}", steps.join("\n")));
        }
        let sorts = steps.iter().any(|step| step.contains("TEMP B-TREE FOR ORDER BY"));
        let is_of_one = OF_ONE.iter().any(|(_, one, _)| *one == sql);
        if sorts && sql.contains("LIMIT") && !is_of_one {
            wrong.push(format!("{name}: everything is read and sorted for one page\n{}", steps.join("\n")));
        }
    }
    for (name, sql, column) in OF_ONE {
        let steps = plan(&mut tx, sql).await;
        if !steps.iter().any(|step| is_led_by(step, column)) {
            wrong.push(format!("{name}: {column} leads nowhere\n{}", steps.join("\n")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Whether a step finds its rows by the value of a column.
fn is_led_by(step: &str, column: &str) -> bool {
    let sqlite = step.starts_with("SEARCH") && step.contains(&format!("{column}=?"));
    sqlite || (step.contains("Index Cond") && step.contains(&format!("{column} = ")))
}

#[tokio::test]
async fn pages_on_sqlite() {
    every_page_walks_an_index(sqlite().await).await;
}

#[tokio::test]
async fn pages_on_postgres() {
    every_page_walks_an_index(postgres().await).await;
}

#[tokio::test]
async fn a_statement_without_an_index_is_seen() {
    let without = "SELECT name FROM student WHERE kelurahan = $1";
    for scratch in [sqlite().await, postgres().await] {
        let mut tx = scratch.db.write().await.unwrap();
        assert!(reads_everything(&plan(&mut tx, without).await).is_some());
    }
}
