//! Both engines have one schema, read from live databases: what a migration says in words is not what it comes to.

use std::collections::BTreeSet;

use sqlx::{AssertSqlSafe, Row};

use super::*;

/// What PostgreSQL alone does otherwise, or SQLite alone, and why.
const OTHERWISE: [&str; 1] = [
    // PostgreSQL looks at a student's place once a statement, by a trigger (postgres/0002).
    "student(place_id, office_id) → place",
];

/// A type by the name that both are given.
fn kind(name: &str) -> String {
    let name = name.to_uppercase();
    match name.as_str() {
        "UUID" | "BYTEA" => "BLOB".to_owned(),
        "TIMESTAMP WITH TIME ZONE" => "DATETIME".to_owned(),
        "BIGINT" => "INTEGER".to_owned(),
        _ => name,
    }
}

/// An expression without what an engine adds to it: casts, brackets, case.
fn plain(expression: &str) -> String {
    let text = expression.to_lowercase().replace("::text", "").replace("= any", "in").replace("array[", "");
    let text = text.replace(['(', ')', '"', ']'], " ");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn index(table: &str, name: &str, columns: &[String], unique: bool, only: Option<&str>) -> String {
    let unique = if unique { "unique " } else { "" };
    let only = only.map(|only| format!(" where {}", plain(only))).unwrap_or_default();
    format!("{unique}index {name} on {table}({}){only}", columns.join(", "))
}

async fn of_sqlite(pool: &SqlitePool) -> BTreeSet<String> {
    let mut schema = BTreeSet::new();
    let rows = |sql: String| async move { sqlx::query(AssertSqlSafe(sql)).fetch_all(pool).await.unwrap() };
    let named =
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_sqlx%'";
    for table in rows(named.to_owned()).await {
        let table: String = table.get(0);
        let mut primary: Vec<(i64, String)> = Vec::new();
        for column in rows(format!("PRAGMA table_info({table})")).await {
            primary.push((column.get("pk"), column.get("name")));
            let (name, of_kind): (String, String) = (column.get("name"), column.get("type"));
            let null = if column.get::<bool, _>("notnull") { " not null" } else { "" };
            let default: Option<String> = column.get("dflt_value");
            let default = default.map(|default| format!(" default {}", plain(&default))).unwrap_or_default();
            schema.insert(format!("{table}.{name} {}{null}{default}", kind(&of_kind)));
        }
        for known in rows(format!("PRAGMA index_list({table})")).await {
            let (name, origin): (String, String) = (known.get("name"), known.get("origin"));
            let columns = rows(format!("PRAGMA index_xinfo({name})")).await;
            let keys = columns.iter().filter(|column| column.get::<bool, _>("key"));
            let columns: Vec<String> = keys
                .map(|column| {
                    let name = column.get::<Option<String>, _>("name").unwrap_or_else(|| "?".to_owned());
                    if column.get::<bool, _>("desc") { name + " desc" } else { name }
                })
                .collect();
            let shown = match origin.as_str() {
                "pk" => "primary key",
                "u" => "",
                _ => &name,
            };
            let sql = rows(format!("SELECT sql FROM sqlite_master WHERE name = '{name}'")).await;
            let sql: Option<String> = sql.first().and_then(|row| row.get(0));
            let only = sql.as_deref().and_then(|sql| sql.split_once(" WHERE ")).map(|(_, only)| only);
            schema.insert(index(&table, shown, &columns, known.get("unique"), only));
        }
        // A whole number that is the key has no index of its own: the table is ordered by it.
        primary.retain(|(place, _)| *place > 0);
        primary.sort();
        let primary: Vec<String> = primary.into_iter().map(|(_, name)| name).collect();
        schema.insert(index(&table, "primary key", &primary, true, None));
        let mut references: Vec<(i64, String, Vec<String>)> = Vec::new();
        for column in rows(format!("PRAGMA foreign_key_list({table})")).await {
            let (id, from): (i64, String) = (column.get("id"), column.get("from"));
            match references.iter_mut().find(|(known, ..)| *known == id) {
                Some((.., columns)) => columns.push(from),
                None => references.push((id, column.get("table"), vec![from])),
            }
        }
        schema.extend(references.iter().map(|(_, to, from)| format!("{table}({}) → {to}", from.join(", "))));
    }
    schema
}

const COLUMNS: &str =
    "SELECT table_name::TEXT, column_name::TEXT, data_type::TEXT, is_nullable = 'NO', column_default::TEXT
    FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
    WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name NOT LIKE '\\_sqlx%'";
const INDEXES: &str = "SELECT t.relname::TEXT, i.relname::TEXT, x.indisunique, x.indisprimary,
        EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = x.indexrelid AND c.contype IN ('u', 'p')),
        pg_get_expr(x.indpred, x.indrelid),
        ARRAY(SELECT CASE WHEN x.indkey[k - 1] = 0 THEN '?' ELSE pg_get_indexdef(x.indexrelid, k, TRUE) END
              || CASE WHEN x.indoption[k - 1] & 1 = 1 THEN ' desc' ELSE '' END
              FROM generate_series(1, x.indnkeyatts) k ORDER BY k)
    FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
    JOIN pg_namespace n ON n.oid = t.relnamespace WHERE n.nspname = 'public' AND t.relname NOT LIKE '\\_sqlx%'";
const REFERENCES: &str = "SELECT t.relname::TEXT, f.relname::TEXT,
        ARRAY(SELECT a.attname::TEXT FROM unnest(c.conkey) WITH ORDINALITY k (number, at)
              JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number ORDER BY k.at)
    FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid JOIN pg_class f ON f.oid = c.confrelid
    WHERE c.contype = 'f'";

async fn of_postgres(pool: &PgPool) -> BTreeSet<String> {
    let mut schema = BTreeSet::new();
    type Column = (String, String, String, bool, Option<String>);
    for (table, name, of_kind, needed, default) in sqlx::query_as::<_, Column>(COLUMNS).fetch_all(pool).await.unwrap() {
        let null = if needed { " not null" } else { "" };
        let default = default.map(|default| format!(" default {}", plain(&default))).unwrap_or_default();
        schema.insert(format!("{table}.{name} {}{null}{default}", kind(&of_kind)));
    }
    type Index = (String, String, bool, bool, bool, Option<String>, Vec<String>);
    for (table, name, unique, primary, of_constraint, only, columns) in
        sqlx::query_as::<_, Index>(INDEXES).fetch_all(pool).await.unwrap()
    {
        let shown = match (primary, of_constraint) {
            (true, _) => "primary key",
            (false, true) => "",
            (false, false) => &name,
        };
        schema.insert(index(&table, shown, &columns, unique, only.as_deref()));
    }
    for (table, to, from) in
        sqlx::query_as::<_, (String, String, Vec<String>)>(REFERENCES).fetch_all(pool).await.unwrap()
    {
        schema.insert(format!("{table}({}) → {to}", from.join(", ")));
    }
    schema
}

/// What only one of the two has.
async fn differences(sqlite: &Db, postgres: &Db) -> Vec<String> {
    let (Db::Sqlite { write, .. }, Db::Postgres(pool)) = (sqlite, postgres) else { panic!("one of each") };
    let (one, other) = (of_sqlite(write).await, of_postgres(pool).await);
    assert!(one.len() > 300, "the schema is read");
    let differ = one.symmetric_difference(&other).filter(|difference| !OTHERWISE.contains(&difference.as_str()));
    differ.cloned().collect()
}

#[tokio::test]
async fn both_engines_have_the_same_schema() {
    let (sqlite, postgres) = (sqlite().await, postgres().await);
    assert_eq!(differences(&sqlite.db, &postgres.db).await, [""; 0]);
}

#[tokio::test]
async fn a_difference_between_the_engines_is_seen() {
    let (sqlite, postgres) = (sqlite().await, postgres().await);
    let mut tx = sqlite.db.write().await.unwrap();
    for statement in [
        "ALTER TABLE place RENAME COLUMN kecamatan TO district",
        "DROP INDEX roster_import_office",
        "CREATE INDEX roster_import_office ON roster_import (office_id, created_at) WHERE state = 'parked'",
    ] {
        execute!(&mut tx, statement).unwrap();
    }
    tx.commit().await.unwrap();
    let mut tx = postgres.db.write().await.unwrap();
    for statement in [
        "ALTER TABLE meta ALTER COLUMN value DROP NOT NULL",
        "ALTER TABLE visit_student ALTER COLUMN presumed SET DEFAULT TRUE",
        "ALTER TABLE consent DROP CONSTRAINT consent_student_id_fkey",
        "ALTER TABLE notice ALTER COLUMN refusals TYPE TEXT",
    ] {
        execute!(&mut tx, statement).unwrap();
    }
    tx.commit().await.unwrap();
    let seen = differences(&sqlite.db, &postgres.db).await;
    assert_eq!(
        seen,
        [
            "consent(student_id) → student",
            "index roster_import_office on roster_import(office_id, created_at)",
            "index roster_import_office on roster_import(office_id, created_at) where state = 'parked'",
            "meta.value TEXT",
            "meta.value TEXT not null",
            "notice.refusals INTEGER not null",
            "notice.refusals TEXT not null",
            "place.district TEXT",
            "place.kecamatan TEXT",
            "visit_student.presumed BOOLEAN not null default false",
            "visit_student.presumed BOOLEAN not null default true",
        ]
    );
}
