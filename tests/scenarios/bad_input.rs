//! Bad input gets one clear sentence and changes nothing.

use crate::support::{Engine, Office, SCHOOL};

on_both! {
    fn a_file_that_is_no_roster_changes_nothing(office) {
        let before = office.json(&["audit", "verify"])["entries"].clone();
        office.write("letter.docx", "PK\u{3}\u{4} not really");
        office.write("empty.csv", "");
        office.write("wrong.csv", "produk,harga\nkopi,5000\n");
        for (file, words) in [("letter.docx", "damaged"), ("empty.csv", "empty"), ("wrong.csv", "header"), ("none.xlsx", "cannot be read")] {
            let refusal = office.run(&["roster", "import", file, "--place", SCHOOL]).refused();
            assert!(refusal.contains(file) && refusal.contains(words), "{file}: {refusal}");
        }
        let json = office.run(&["--json", "roster", "import", "wrong.csv", "--place", SCHOOL]);
        assert_eq!(json.code, 1);
        assert!(json.json()["error"]["message"].as_str().unwrap().contains("wrong.csv"));
        assert_eq!(office.json(&["roster", "list"])["imports"].as_array().unwrap().len(), 0);
        assert_eq!(office.json(&["audit", "verify"])["entries"], before);
    }
}

on_both! {
    fn a_place_nobody_knows_is_named(office) {
        let path = Office::sample();
        let refusal = office.run(&["roster", "import", path.to_str().unwrap(), "--place", "99999999"]).refused();
        assert!(refusal.contains("99999999"), "{refusal}");
    }
}

#[test]
fn a_typing_mistake_in_the_configuration_is_answered_with_the_nearest_key() {
    let office = Office::new(Engine::Sqlite);
    office.write("config/siap17.toml", "[telegram]\ntoken_fiel = \"x\"\n");
    let refusal = office.run(&["place", "list"]).refused();
    assert!(refusal.contains("config/siap17.toml") && refusal.contains("did you mean 'token_file'?"), "{refusal}");
    office.write(
        "office.toml",
        &std::fs::read_to_string(office.path("config/office.sample.toml")).unwrap().replace("zone =", "zoen ="),
    );
    office.write("config/siap17.toml", "");
    let refusal = office.run(&["office", "apply", "office.toml"]).refused();
    assert!(refusal.contains("did you mean 'zone'?"), "{refusal}");
    assert!(office.run(&["--config", "none.toml", "place", "list"]).refused().contains("none.toml"));
}

#[test]
fn a_database_in_use_by_another_daemon_and_a_port_in_use_are_told() {
    let office = Office::new(Engine::Sqlite);
    let api = office.bot_api();
    let daemon = office.serve();
    let refusal = office.run_with(&[("SIAP17_TELEGRAM_TOKEN", siap17::rehearsal::TOKEN)], &["serve"]);
    assert_eq!(refusal.code, 1);
    assert!(refusal.err.contains("in use by another siap17 serve"), "{}", refusal.err);
    let other = Office::new(Engine::Sqlite);
    other.write("config/siap17.toml", &format!("[http]\nlisten = \"{}\"\n", daemon.address().unwrap()));
    let refusal = other.run(&["serve"]);
    assert_eq!(refusal.code, 1);
    assert!(refusal.err.contains("cannot be listened on"), "{}", refusal.err);
    drop(api);
}

on_both! {
    fn a_newer_database_is_refused(office) {
        let insert = "INSERT INTO _sqlx_migrations (version, description, installed_on, success, checksum, execution_time)
            VALUES (9999, 'from the future', CURRENT_TIMESTAMP, TRUE, ";
        crate::support::RUNTIME.block_on(async {
            use sqlx::Connection;
            match office.database_url() {
                Some(url) => {
                    let mut connection = sqlx::PgConnection::connect(&url).await.unwrap();
                    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("{insert} '\\x00', 0)"))).execute(&mut connection).await.unwrap();
                }
                None => {
                    let url = format!("sqlite://{}", office.path("var/siap17.db").display());
                    let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
                    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("{insert} x'00', 0)"))).execute(&mut connection).await.unwrap();
                }
            }
        });
        let refusal = office.run(&["place", "list"]).refused();
        assert!(refusal.contains("newer siap17"), "{refusal}");
    }
}

#[test]
fn an_address_of_another_kind_of_database_is_refused_without_being_shown() {
    let office = Office::new(Engine::Sqlite);
    let url = "mysql://root:secret@127.0.0.1/x";
    let refusal = office.run_with(&[("SIAP17_DATABASE_URL", url)], &["place", "list"]).refused();
    assert!(refusal.contains("sqlite://") && !refusal.contains("secret"), "{refusal}");
    let url = "postgres://siap17:secret@127.0.0.1:1/x";
    let refusal = office.run_with(&[("SIAP17_DATABASE_URL", url)], &["place", "list"]).refused();
    assert!(refusal.contains("PostgreSQL") && !refusal.contains("secret"), "{refusal}");
}

#[test]
fn a_rehearsal_never_speaks_with_the_real_bot_api() {
    let office = Office::new(Engine::Sqlite);
    let refusal = office.run_with(&[("SIAP17_TELEGRAM_TOKEN", siap17::rehearsal::TOKEN)], &["serve"]);
    assert_eq!(refusal.code, 1);
    assert!(refusal.err.contains("must be on loopback"), "{}", refusal.err);
}

#[test]
fn wrong_usage_exits_2() {
    let office = Office::new(Engine::Sqlite);
    assert_eq!(office.run(&["visits"]).code, 2);
    assert_eq!(office.run(&["student", "close", "x"]).code, 2);
}
