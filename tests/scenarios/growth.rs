//! An office ten times as large: whatever shows one page or one student takes about as long, and a report of the whole office
//! about ten times as long. Rooms' own tests look at how each statement is run; this looks at whole answers.

use std::time::{Duration, Instant};

use serde_json::Value;
use sqlx::Connection;

use crate::support::{Engine, Office, RUNTIME};

const SMALL: u32 = 2_000;
const LARGE: u32 = 20_000;
/// How often an answer is asked for; the quickest counts.
const RUNS: usize = 3;
/// What two answers may differ by whatever they are about: a machine that does something else meanwhile.
const NOISE: Duration = Duration::from_millis(250);

/// One text for both engines, but for IDs, counted names and days, which each makes in its own way. `{from}` and `{to}` are the
/// numbers of the students to be added.
const PEOPLE: &str = "
INSERT INTO place (id, office_id, code, kind, name, working_days)
    WITH RECURSIVE n (i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n WHERE i < {to})
    SELECT {place i}, o.id, {text 60000000 + i}, 'school', 'SMA Contoh', '1-5' FROM n, office o WHERE i % 200 = 1;
INSERT INTO student (id, office_id, place_id, nisn, name, name_key, birth_date, ever_married, recorded, left_school, created_at)
    WITH RECURSIVE n (i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n WHERE i < {to})
    SELECT {student i}, o.id, {place i - (i - 1) % 200}, {text 1000000000 + i}, 'Murid Contoh', 'murid ' || {text 1000000 + i},
        {day i % 700}, FALSE, 'yes', FALSE, {now} FROM n, office o;
INSERT INTO national_record (student_id, status, as_of, print_ready_on)
    WITH RECURSIVE n (i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n WHERE i < {to})
    SELECT {student i}, 'PRINT_READY_RECORD', {day 0}, {day 0} FROM n;
INSERT INTO card (id, student_id, printed_on, ready_on, point_id, collected_on, collected_at)
    WITH RECURSIVE n (i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n WHERE i < {to})
    SELECT {card i}, {student i}, {day 700}, {day 701}, p.id, {day 702}, {now} FROM n, pickup_point p
    WHERE i % 2 = 0 AND p.name = (SELECT MIN(name) FROM pickup_point);
INSERT INTO visit (id, office_id, team_id, place_id, visit_on, day_order, starts_at, ends_at, state, revision, created_at, updated_at)
    WITH RECURSIVE n (i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n WHERE i < {to})
    SELECT {visit i}, o.id, t.id, {place i - (i - 1) % 200}, {day i % 700}, 1, {now}, {now}, 'done', 1, {now}, {now}
    FROM n, office o, team t WHERE i % 40 = 1 AND t.name = (SELECT MIN(name) FROM team);
INSERT INTO visit_student (visit_id, student_id, result)
    WITH RECURSIVE n (i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n WHERE i < {to})
    SELECT {visit i - (i - 1) % 40}, {student i}, 'recorded' FROM n;
INSERT INTO roster_import (id, office_id, place_id, file_name, file_hash, state, report, actor, created_at)
    WITH RECURSIVE n (i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n WHERE i < {to})
    SELECT {import i}, o.id, {place i}, 'daftar.csv', {bytes i}, 'applied', '{}', 'os:tester', {now}
    FROM n, office o WHERE i % 200 = 1;
INSERT INTO notice (id, office_id, recipient_kind, recipient_id, kind, occasion, state, due_at, refusals, ever_lost, facts, sent_at,
        created_at, changed_at)
    WITH RECURSIVE n (i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n WHERE i < {to}),
        k (j, kind) AS (SELECT 1, 'turned_17' UNION ALL SELECT 2, 'card_ready' UNION ALL SELECT 3, 'collected')
    SELECT {notice i * 4 + j}, o.id, 'student', {student i}, kind, '-', CASE WHEN i % 50 = 0 THEN 'failed' ELSE 'sent' END, {now}, 0,
        i % 70 = 0, '{}', {now}, {now}, {now} FROM n, k, office o;
INSERT INTO attempt (id, notice_id, chat_index, lease_token, started_at, outcome)
    WITH RECURSIVE n (i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n WHERE i < {to})
    SELECT {notice i * 4 + 1}, {notice i * 4 + 1}, {bytes i}, 1, {now}, 'accepted' FROM n;
";

/// Kinds of IDs, so that a student's is no card's.
const KINDS: [&str; 7] = ["place", "student", "card", "visit", "import", "notice", "bytes"];

/// The text for an engine: `{student i}` becomes an ID, `{text i}` a number in words, `{day i}` a day.
fn written_for(engine: Engine, from: u32, to: u32) -> String {
    let mut text = PEOPLE.replace("{from}", &from.to_string()).replace("{to}", &to.to_string()).replace("'{}'", "'[]'");
    while let Some(start) = text.find('{') {
        let end = start + text[start..].find('}').unwrap();
        let (what, number) = text[start + 1..end].split_once(' ').unwrap_or((&text[start + 1..end], ""));
        let kind = KINDS.iter().position(|kind| *kind == what);
        let made = match (engine, what, kind) {
            (Engine::Sqlite, "now", _) => "'2026-11-01T00:00:00+00:00'".to_owned(),
            (Engine::Postgres, "now", _) => "CAST('2026-11-01T00:00:00+00:00' AS TIMESTAMPTZ)".to_owned(),
            (Engine::Sqlite, "day", _) => format!("date('2008-06-01', '+' || ({number}) || ' days')"),
            (Engine::Postgres, "day", _) => format!("(DATE '2008-06-01' + ({number}))"),
            (_, "text", _) => format!("CAST({number} AS TEXT)"),
            (Engine::Sqlite, _, Some(kind)) => format!("unhex(printf('0190{kind:08x}7000%016x', {number}))"),
            (Engine::Postgres, "bytes", _) => format!("decode(lpad(to_hex({number}), 16, '0'), 'hex')"),
            (Engine::Postgres, _, Some(kind)) => {
                format!("CAST('0190{kind:08x}7000' || lpad(to_hex({number}), 16, '0') AS UUID)")
            }
            _ => panic!("{what} is nothing that is made"),
        };
        text.replace_range(start..=end, &made);
    }
    text.replace("'[]'", "'{}'")
}

/// Adds students with all that belongs to them, as far as the number `to`.
fn grow(office: &Office, from: u32, to: u32) {
    let text = sqlx::AssertSqlSafe(written_for(office.engine, from, to));
    RUNTIME.block_on(async {
        match office.database_url() {
            Some(url) => {
                let mut connection = sqlx::PgConnection::connect(&url).await.unwrap();
                sqlx::raw_sql(text).execute(&mut connection).await.unwrap();
                sqlx::raw_sql("ANALYZE").execute(&mut connection).await.unwrap();
            }
            None => {
                let url = format!("sqlite://{}", office.path("var/siap17.db").display());
                let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
                sqlx::raw_sql(text).execute(&mut connection).await.unwrap();
            }
        }
    });
}

/// How long an answer takes at least.
fn least(office: &Office, arguments: &[&str]) -> Duration {
    let once = || {
        let begun = Instant::now();
        office.run(arguments).ok();
        begun.elapsed()
    };
    (0..RUNS).map(|_| once()).min().unwrap()
}

/// What is asked all day: a page, or one student.
fn pages(office: &Office) -> Vec<Vec<String>> {
    let student = office.json(&["student", "find", "1000001000"])["students"][0]["id"].as_str().unwrap().to_owned();
    let queue = office.json(&["card", "queue", "--limit", "50"]);
    let next = queue["next"].as_str().unwrap().to_owned();
    let notices = office.json(&["notice", "list", "--limit", "500"]);
    let after = notices["next"].as_str().unwrap().to_owned();
    let fixed = [
        "notice list --limit 50",
        "notice list --limit 50 --state failed",
        "notice list --limit 50 --lost",
        "visit list --limit 20",
        "visit list --limit 20 --state done",
        "roster list --limit 50",
        "place list --limit 50",
        "card queue --limit 50",
        "student find murid --limit 50",
        "student find 1000000500",
    ];
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let own = [
        format!("student show {student}"),
        format!("student why {student}"),
        format!("card queue --limit 50 --after {next}"),
        format!("notice list --limit 50 --after {after}"),
    ];
    fixed.into_iter().map(words).chain(own.iter().map(|text| words(text))).collect()
}

fn measure(office: &Office) -> (Vec<(Vec<String>, Duration)>, Duration) {
    let timed = |words: Vec<String>| {
        let arguments: Vec<&str> = words.iter().map(String::as_str).collect();
        let took = least(office, &arguments);
        (words, took)
    };
    (pages(office).into_iter().map(timed).collect(), least(office, &["report", "daily"]))
}

on_both! {
    fn an_answer_grows_with_what_it_shows(office) {
        grow(office, 1, SMALL);
        let (small, small_report) = measure(office);
        grow(office, SMALL + 1, LARGE);
        let (large, large_report) = measure(office);
        let daily = office.json(&["report", "daily"]);
        assert_eq!((&daily["funnel"]["eligible"], &daily["funnel"]["collected"]), (&Value::from(LARGE), &Value::from(LARGE / 2)));
        let grown: Vec<String> = small
            .iter()
            .zip(&large)
            .filter(|((_, before), (_, after))| *after > *before * 3 + NOISE)
            .map(|((words, before), (_, after))| format!("{}: {before:?}, then {after:?}", words.join(" ")))
            .collect();
        assert!(grown.is_empty(), "ten times the office, and longer:\n{}", grown.join("\n"));
        assert!(large_report < small_report * 15 + NOISE, "report daily: {small_report:?}, then {large_report:?}");
    }
}

/// How many rows PostgreSQL has read for this office so far. A process that has ended has counted all of its own.
fn rows_read(office: &Office) -> i64 {
    let url = office.database_url().unwrap();
    RUNTIME.block_on(async {
        let mut connection = sqlx::PgConnection::connect(&url).await.unwrap();
        // What a process read is counted when its connection ends, which the server sees a little later.
        let others = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
             AND backend_type = 'client backend'";
        while sqlx::query_scalar::<_, i64>(others).fetch_one(&mut connection).await.unwrap() > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let counted = "SELECT CAST(SUM(COALESCE(seq_tup_read, 0) + COALESCE(idx_tup_fetch, 0)) AS BIGINT) FROM pg_stat_user_tables";
        sqlx::query_scalar(counted).fetch_one(&mut connection).await.unwrap()
    })
}

#[test]
fn a_page_reads_no_more_rows_of_a_larger_office() {
    let office = &Office::new(Engine::Postgres);
    grow(office, 1, SMALL);
    let count = |words: &[String]| {
        let arguments: Vec<&str> = words.iter().map(String::as_str).collect();
        let before = rows_read(office);
        office.run(&arguments).ok();
        rows_read(office) - before
    };
    let small: Vec<i64> = pages(office).iter().map(|words| count(words)).collect();
    grow(office, SMALL + 1, LARGE);
    for (words, before) in pages(office).iter().zip(small) {
        let after = count(words);
        // A few rows more: a tree of an index that is one level higher, a place that is read a second time.
        assert!(after <= before * 3 + 200, "{}: {before} rows, then {after}", words.join(" "));
    }
}
