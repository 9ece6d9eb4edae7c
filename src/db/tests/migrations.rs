//! Each migration meets data: before it runs, `tests/data/migrations/<engine>/NNNN.sql` is loaded, or `common/NNNN.sql` where both
//! engines take the same. A file is written in SQLite's words; of those, PostgreSQL has `X'…'` as a UUID if it has 16 bytes, else as
//! bytes.

use std::collections::BTreeMap;
use std::path::Path;

use sqlx::AssertSqlSafe;

use super::*;
use crate::clock::Clock;
use crate::testing::empty_postgres;
use crate::{office, place, student};

/// `X'…'` as PostgreSQL writes it.
fn for_postgres(text: &str) -> String {
    let mut parts = text.split("X'");
    let mut translated = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (digits, rest) = part.split_once('\'').expect("an X'…' ends");
        let is_uuid = digits.len() == 32;
        translated += &if is_uuid { format!("'{digits}'::uuid") } else { format!("'\\x{digits}'::bytea") };
        translated += rest;
    }
    translated
}

async fn load(db: &Db, version: i64) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/migrations");
    let engine = if db.is_served_alone() { "sqlite" } else { "postgres" };
    let files = [engine, "common"].map(|kind| folder.join(kind).join(format!("{version:04}.sql")));
    let text = files.iter().find_map(|file| std::fs::read_to_string(file).ok());
    let text = text.unwrap_or_else(|| {
        panic!("migration {version:04} of {engine} meets no data: write tests/data/migrations/common/{version:04}.sql")
    });
    match db {
        Db::Sqlite { write, .. } => sqlx::raw_sql(AssertSqlSafe(text)).execute(write).await.map(drop),
        Db::Postgres(pool) => sqlx::raw_sql(AssertSqlSafe(for_postgres(&text))).execute(pool).await.map(drop),
    }
    .unwrap_or_else(|error| panic!("the data for migration {version:04} of {engine}: {error}"));
}

/// How many rows each table has.
async fn counts(db: &Db) -> BTreeMap<String, i64> {
    let mut tx = db.read().await.unwrap();
    let tables = match &tx {
        Tx::Sqlite(_) => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_sqlx%' ESCAPE '\\'",
        Tx::Postgres(_) => {
            "SELECT table_name::TEXT FROM information_schema.tables
             WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name NOT LIKE '\\_sqlx%'"
        }
    };
    let mut counts = BTreeMap::new();
    for (table,) in fetch_all!(&mut tx, (String,), tables).unwrap() {
        let sql = format!("SELECT COUNT(*) FROM {table}");
        let (count,) = fetch_one!(&mut tx, (i64,), AssertSqlSafe(sql.as_str())).unwrap();
        counts.insert(table, count);
    }
    counts
}

async fn every_migration_keeps_what_was_there(db: Db) {
    let versions: Vec<i64> = db.migrations().iter().map(|migration| migration.version).collect();
    for version in versions {
        if version > 1 {
            load(&db, version).await;
        }
        let before = if version > 1 { counts(&db).await } else { BTreeMap::new() };
        db.migrate(version).await.unwrap();
        let after = counts(&db).await;
        for (table, count) in before {
            assert_eq!(after.get(&table), Some(&count), "migration {version:04} loses rows of {table}");
        }
    }
    let mut tx = db.write().await.unwrap();
    if matches!(tx, Tx::Sqlite(_)) {
        let broken = fetch_all!(&mut tx, (String,), "SELECT \"table\" FROM pragma_foreign_key_check").unwrap();
        assert_eq!(broken, []);
    }
    // What is there is read as what was written today is.
    let office = office::find(&mut tx, Some("contoh")).await.unwrap();
    assert_eq!(place::all(&mut tx, office.id).await.unwrap().len(), 1);
    let students = student::all(&mut tx, office.id).await.unwrap();
    assert_eq!(students.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["Siti Contoh", "Budi Contoh"]);
    assert!(student::lock_one(&mut tx, students[0].id).await.unwrap().is_some());
    let imports = "SELECT file_name, sequence FROM roster_import ORDER BY created_at";
    let imports = fetch_all!(&mut tx, (String, Option<i64>), imports).unwrap();
    let named = [("a.csv", Some(1)), ("c.csv", None), ("b.csv", Some(2)), ("d.csv", None)];
    assert_eq!(imports, named.map(|(name, sequence)| (name.to_owned(), sequence)));
    let replies = fetch_all!(&mut tx, (i64,), "SELECT sequence FROM telegram_reply ORDER BY created_at").unwrap();
    assert_eq!(replies, [(1,), (2,), (3,)]);
    let ended = "SELECT wrong_tries, void_reason FROM link_code WHERE voided_at IS NOT NULL ORDER BY wrong_tries";
    let ended = fetch_all!(&mut tx, (i32, Option<String>), ended).unwrap();
    assert_eq!(
        ended,
        [(0, None), (4, Some("replaced".to_owned()))],
        "what became of a code is told as far as it is known"
    );
    let unknown =
        "SELECT id FROM chat_link WHERE vouched_at IS NULL OR vouched_at <> linked_at OR disputed_at IS NOT NULL";
    assert_eq!(fetch_all!(&mut tx, (uuid::Uuid,), unknown).unwrap(), [], "whoever is linked goes on as they were");
    let agreed = "SELECT given_by, chat_index FROM consent ORDER BY given_at";
    let agreed = fetch_all!(&mut tx, (String, Option<Vec<u8>>), agreed).unwrap();
    let of = |by: &str, chat: Option<&[u8]>| (by.to_owned(), chat.map(<[u8]>::to_vec));
    assert_eq!(agreed, [of("student", Some(&[0x16, 0x54])), of("guardian", None)], "an agreement is its chat's");
    let unmarked = "SELECT COUNT(*) FROM audit_entry WHERE mark IS NULL";
    assert_eq!(fetch_one!(&mut tx, (i64,), unmarked).unwrap(), (3,), "what was written before had no marks");
    let vault = crate::vault::Vault::from_secret(&[7; 32]);
    let deed = crate::audit::Deed { office: None, actor: "siap17", action: "test", subject: "test", detail: "" };
    crate::audit::record(&mut tx, &vault, &Clock::system(), &deed).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn every_migration_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("test.db").display());
    every_migration_keeps_what_was_there(Db::connect(&url).await.unwrap()).await;
}

#[tokio::test]
async fn every_migration_on_postgres() {
    every_migration_keeps_what_was_there(Db::connect(&empty_postgres().await).await.unwrap()).await;
}
