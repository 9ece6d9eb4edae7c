//! One office in a folder of its own, on either engine, with a clock that the test moves.

pub mod chats;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use serde_json::Value;
use siap17::clock::Clock;
use siap17::rehearsal::{BotApi, TOKEN};
use tempfile::TempDir;

/// Where the stand-in and the administration of PostgreSQL run.
pub static RUNTIME: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
});

/// The morning on which most scenarios begin; the sample roster was exported three weeks before.
pub const MORNING: &str = "2026-11-23T08:30:00+08:00";
/// The sample school's code.
pub const SCHOOL: &str = "50200001";

/// Runs a scenario on both engines, as two tests.
#[macro_export]
macro_rules! on_both {
    ($(#[$meta:meta])* fn $name:ident($office:ident) $body:block) => {
        mod $name {
            #[allow(unused_imports, reason = "a scenario need not use everything its file brings in")]
            use super::*;

            $(#[$meta])*
            fn scenario($office: &$crate::support::Office) $body

            #[test]
            fn sqlite() {
                scenario(&$crate::support::Office::new($crate::support::Engine::Sqlite));
            }

            #[test]
            fn postgres() {
                scenario(&$crate::support::Office::new($crate::support::Engine::Postgres));
            }
        }
    };
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// An office's folder: configuration, key, database, clock.
pub struct Office {
    pub folder: TempDir,
    pub engine: Engine,
    /// On PostgreSQL, the database's name.
    database: Option<String>,
}

/// What a command answered.
#[derive(Debug)]
pub struct Answer {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Answer {
    /// The one JSON document that `--json` prints.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out)
            .unwrap_or_else(|error| panic!("{error}: stdout is not one JSON document: {}\n{}", self.out, self.err))
    }

    /// The answer of a command that must have done what it was asked.
    pub fn ok(self) -> Self {
        assert_eq!(self.code, 0, "{}\n{}", self.out, self.err);
        self
    }

    /// The one sentence of a command that must have refused.
    pub fn refused(self) -> String {
        assert_eq!(self.code, 1, "{}\n{}", self.out, self.err);
        let lines: Vec<&str> = self.err.lines().collect();
        assert_eq!(lines.len(), 1, "a refusal is one sentence: {}", self.err);
        lines[0].to_owned()
    }
}

fn server() -> String {
    std::env::var("SIAP17_TEST_POSTGRES")
        .expect("SIAP17_TEST_POSTGRES is not set: run tests/run, which starts a PostgreSQL server for the tests")
}

fn administer(statement: String) {
    RUNTIME.block_on(async {
        use sqlx::Connection;
        let mut connection = sqlx::PgConnection::connect(&server()).await.expect("the PostgreSQL server of tests/run");
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
            .execute(&mut connection)
            .await
            .expect("an administrator's statement");
    });
}

impl Drop for Office {
    fn drop(&mut self) {
        if let Some(name) = &self.database {
            administer(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

impl Office {
    /// An empty folder with the sample configuration, a key, and nothing declared yet.
    pub fn bare(engine: Engine) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let database = (engine == Engine::Postgres).then(|| {
            let name = format!("t_{}", uuid::Uuid::now_v7().simple());
            administer(format!("CREATE DATABASE {name}"));
            name
        });
        let office = Self { folder, engine, database };
        let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
        std::fs::create_dir_all(office.path("config/sample")).unwrap();
        for file in ["office.sample.toml", "holidays.csv", "sample/places.csv"] {
            std::fs::copy(config.join(file), office.path("config").join(file)).unwrap();
        }
        office.write("config/siap17.toml", "[http]\nlisten = \"127.0.0.1:0\"\n[log]\nfilter = \"siap17=debug,info\"\n");
        office.set_clock(MORNING);
        office.run(&["key", "new"]).ok();
        office
    }

    /// The sample office, declared, with its school; still in hold.
    pub fn new(engine: Engine) -> Self {
        let office = Self::bare(engine);
        office.run(&["office", "apply", "config/office.sample.toml"]).ok();
        office.run(&["place", "import", "config/sample/places.csv"]).ok();
        office
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The synthetic Dapodik export that comes with siap17.
    pub fn sample() -> PathBuf {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/sample");
        let mut files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        files.find(|path| path.extension().is_some_and(|end| end == "xlsx")).expect("the sample roster")
    }

    /// Puts every process of this office on another moment.
    pub fn set_clock(&self, at: &str) {
        let next = self.path("clock.next");
        std::fs::write(&next, at).unwrap();
        std::fs::rename(next, self.path("clock")).unwrap();
    }

    /// The clock that the office's processes follow.
    pub fn clock(&self) -> Clock {
        Clock::from_setting(Some(&format!("@{}", self.path("clock").display()))).unwrap()
    }

    pub fn database_url(&self) -> Option<String> {
        let name = self.database.as_ref()?;
        let mut url = url::Url::parse(&server()).unwrap();
        url.set_path(name);
        Some(url.into())
    }

    /// Changes the database behind siap17's back.
    pub fn sql(&self, statements: &str) {
        use sqlx::Connection;
        let statements = sqlx::AssertSqlSafe(statements.to_owned());
        RUNTIME.block_on(async {
            match self.database_url() {
                Some(url) => {
                    let mut connection = sqlx::PgConnection::connect(&url).await.unwrap();
                    sqlx::raw_sql(statements).execute(&mut connection).await.unwrap();
                }
                None => {
                    let url = format!("sqlite://{}", self.path("var/siap17.db").display());
                    let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
                    sqlx::raw_sql(statements).execute(&mut connection).await.unwrap();
                }
            }
        });
    }

    /// What the record says of an action: the actor, the subject and the detail of each entry, in the order in which commands were
    /// run, each of which seals what it wrote.
    pub fn recorded(&self, action: &str) -> Vec<(String, String, String)> {
        use sqlx::Connection;
        let sql = "SELECT actor, subject, detail FROM audit_entry WHERE action = $1 ORDER BY sequence";
        RUNTIME.block_on(async {
            match self.database_url() {
                Some(url) => {
                    let mut connection = sqlx::PgConnection::connect(&url).await.unwrap();
                    sqlx::query_as(sql).bind(action.to_owned()).fetch_all(&mut connection).await.unwrap()
                }
                None => {
                    let url = format!("sqlite://{}", self.path("var/siap17.db").display());
                    let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
                    sqlx::query_as(sql).bind(action.to_owned()).fetch_all(&mut connection).await.unwrap()
                }
            }
        })
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_siap17"));
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        for name in ["SIAP17_TELEGRAM_TOKEN", "SIAP17_KEY_FILE", "SIAP17_DATABASE_URL", "SIAP17_NODE"] {
            command.env_remove(name);
        }
        command
            .env("SIAP17_NOW", format!("@{}", self.path("clock").display()))
            .env("USER", "tester")
            .env_remove("SUDO_USER");
        if let Some(url) = self.database_url() {
            command.env("SIAP17_DATABASE_URL", url);
        }
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Answer {
        answer(self.command(arguments).output().expect("siap17 starts"))
    }

    /// Starts a command that somebody else ends.
    pub fn spawn(&self, arguments: &[&str]) -> Child {
        self.command(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("siap17 starts")
    }

    /// The same with changes to the environment.
    pub fn run_with(&self, environment: &[(&str, &str)], arguments: &[&str]) -> Answer {
        answer(self.command(arguments).envs(environment.iter().copied()).output().expect("siap17 starts"))
    }

    /// The same with its answer going elsewhere.
    pub fn run_into(&self, out: impl Into<Stdio>, arguments: &[&str]) -> Answer {
        answer(self.command(arguments).stdout(out).output().expect("siap17 starts"))
    }

    /// Runs a command with `--json` that must succeed, and reads what it printed.
    pub fn json(&self, arguments: &[&str]) -> Value {
        let all: Vec<&str> = std::iter::once("--json").chain(arguments.iter().copied()).collect();
        self.run(&all).ok().json()
    }

    /// Runs a command on the machine's own clock.
    pub fn run_now(&self, environment: &[(&str, &str)], arguments: &[&str]) -> Answer {
        let mut command = self.command(arguments);
        command.env_remove("SIAP17_NOW").envs(environment.iter().copied());
        answer(command.output().expect("siap17 starts"))
    }

    /// Imports the sample roster; gives the report of its one file.
    pub fn import_sample(&self) -> Value {
        let path = Self::sample();
        self.json(&["roster", "import", path.to_str().unwrap()])["files"][0].clone()
    }

    /// A CSV roster of the sample school; each row is `nisn,nik,nama,jk,tanggal_lahir,rombel`.
    pub fn import_rows(&self, rows: &[&str]) -> Value {
        let text = format!("nisn,nik,nama,jk,tanggal_lahir,rombel\n{}\n", rows.join("\n"));
        let path = self.write(&format!("roster-{}.csv", uuid::Uuid::now_v7()), &text);
        self.json(&["roster", "import", path.to_str().unwrap(), "--place", SCHOOL])["files"][0].clone()
    }

    /// The ID of the one student that `text` finds.
    pub fn student_id(&self, text: &str) -> Value {
        let found = self.json(&["student", "find", text]);
        assert_eq!(found["students"].as_array().map(Vec::len), Some(1), "{text}: {found}");
        found["students"][0]["id"].clone()
    }

    /// Makes two one, with a second person where something says that they are two.
    pub fn merge(&self, kept: &str, merged: &str) {
        let first = self.run(&["student", "merge", kept, merged, "--reason", "satu orang"]);
        if first.code != 0 {
            assert!(first.refused().contains("second person"));
            self.run(&["staff", "add", "Bu Dua", "--role", "admin"]);
            self.run(&["--as", "Bu Dua", "student", "merge", kept, merged]).ok();
        }
    }

    /// The ledger.
    pub fn notices(&self) -> Vec<Value> {
        self.json(&["notice", "list", "--limit", "100000"])["notices"].as_array().unwrap().clone()
    }

    /// A stand-in for Telegram on the office's clock, and the configuration that points at it.
    pub fn bot_api(&self) -> BotApi {
        let api = RUNTIME.block_on(BotApi::start(self.clock())).expect("the stand-in starts");
        self.point_at(&api.url());
        api
    }

    pub fn point_at(&self, url: &str) {
        let text = format!(
            "[http]\nlisten = \"127.0.0.1:0\"\n[log]\nfilter = \"siap17=debug,info\"\n[telegram]\napi_url = \"{url}\"\n"
        );
        self.write("config/siap17.toml", &text);
    }

    /// Starts the daemon and waits until it serves.
    pub fn serve(&self) -> Daemon {
        self.serve_as("siap17")
    }

    /// The same on the machine's own clock.
    pub fn serve_now(&self) -> Daemon {
        let mut command = self.command(&["serve"]);
        command.env_remove("SIAP17_NOW");
        self.started("siap17", command)
    }

    /// The same under a node name of its own.
    pub fn serve_as(&self, node: &str) -> Daemon {
        self.started(node, self.command(&["serve"]))
    }

    /// The same after a shell has set limits, such as `ulimit -n 1024`.
    pub fn serve_under(&self, limits: &str) -> Daemon {
        let plain = self.command(&["serve"]);
        let mut command = Command::new("sh");
        let script = format!("{limits}; exec \"$0\" \"$@\"");
        command.arg("-c").arg(script).arg(plain.get_program()).args(plain.get_args());
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        for (name, value) in plain.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        self.started("siap17", command)
    }

    /// The same with changes to the environment.
    pub fn serve_with(&self, node: &str, environment: &[(&str, &str)]) -> Daemon {
        let mut command = self.command(&["serve"]);
        command.envs(environment.iter().copied());
        self.started(node, command)
    }

    /// The same without a bot.
    pub fn serve_without_token(&self) -> Daemon {
        let mut command = self.command(&["serve"]);
        command.env("SIAP17_TELEGRAM_TOKEN", "");
        self.begun("siap17", command)
    }

    /// Runs an administrator's statement; `{}` is the name of the office's database.
    pub fn administer(&self, statement: &str) {
        administer(statement.replace("{}", self.database.as_deref().expect("a database of a server")));
    }

    fn started(&self, node: &str, mut command: Command) -> Daemon {
        command.env("SIAP17_TELEGRAM_TOKEN", TOKEN);
        self.begun(node, command)
    }

    fn begun(&self, node: &str, mut command: Command) -> Daemon {
        let log = self.path(&format!("{node}-{}.log", uuid::Uuid::now_v7()));
        let file = std::fs::File::create(&log).unwrap();
        let child =
            command.env("SIAP17_NODE", node).stdout(Stdio::null()).stderr(file).spawn().expect("siap17 serve starts");
        let mut daemon = Daemon { child, log };
        eventually("siap17 serves", || {
            assert!(daemon.child.try_wait().unwrap().is_none(), "the daemon ended: {}", daemon.log());
            daemon.address().is_some()
        });
        daemon
    }
}

fn answer(output: Output) -> Answer {
    Answer {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).expect("UTF-8 on stdout"),
        err: String::from_utf8(output.stderr).expect("UTF-8 on stderr"),
    }
}

/// A running daemon; dropped, it is killed.
pub struct Daemon {
    child: Child,
    log: PathBuf,
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Daemon {
    /// The process's number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Where it answers HTTP, once it says so.
    pub fn address(&self) -> Option<String> {
        let log = self.log();
        let line = log.lines().find(|line| line.contains("siap17 serves"))?;
        Some(line.split("address=").nth(1)?.split_whitespace().next()?.to_owned())
    }

    /// What a page says, with its status.
    pub fn get(&self, page: &str) -> (u16, String) {
        let url = format!("http://{}{page}", self.address().expect("it serves"));
        RUNTIME.block_on(async {
            let answer = reqwest::get(url).await.expect("the daemon answers");
            (answer.status().as_u16(), answer.text().await.expect("a text"))
        })
    }

    /// Sends the process a signal, such as `STOP` or `CONT`.
    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &pid]).status().unwrap().success());
    }

    /// A file of what the operating system tells of the process, such as `limits`.
    pub fn told_by_system(&self, name: &str) -> String {
        std::fs::read_to_string(format!("/proc/{}/{name}", self.child.id())).unwrap()
    }

    /// How often its sender has looked for what is due.
    pub fn sender_rounds(&self) -> u64 {
        let metrics = self.get("/metrics").1;
        let line = metrics.lines().find_map(|line| line.strip_prefix("siap17_sender_rounds_total "));
        line.and_then(|count| count.trim().parse().ok()).unwrap_or_default()
    }

    /// The exit code, once the process has ended.
    pub fn exit_code(&mut self) -> Option<i32> {
        self.child.try_wait().unwrap().map(|status| status.code().unwrap_or(-1))
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// SIGTERM; gives the exit code and how long stopping took.
    pub fn stop(mut self) -> (i32, Duration) {
        let began = Instant::now();
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let status = self.child.wait().unwrap();
        (status.code().unwrap_or(-1), began.elapsed())
    }
}

/// Waits until something is true; two minutes without it are a failure.
pub fn eventually(what: &str, mut is_true: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(120);
    while !is_true() {
        assert!(Instant::now() < until, "this never became true: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
