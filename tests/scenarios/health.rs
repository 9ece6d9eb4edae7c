//! `/healthz` says `ok` only while a notice could go out, be written down, and be found again after a fire.

use std::os::unix::fs::FileExt;
use std::process::Command;

use crate::support::chats::{count, tap};
use crate::support::{Daemon, Engine, Office, eventually};

/// The head's chat.
const HEAD: i64 = 99;

/// An office whose head reads alarms.
fn headed(office: &Office, api: &siap17::rehearsal::BotApi, daemon: Daemon) -> Daemon {
    office.run(&["staff", "add", "kepala", "--role", "head"]).ok();
    office.run(&["notice", "resume"]).ok();
    let code = office.json(&["staff", "link", "kepala"])["code"].as_str().unwrap().to_owned();
    api.write(HEAD, &code);
    tap(api, HEAD, "Setuju");
    eventually("the head is linked", || count(api, HEAD, "Berhasil") == 1);
    eventually("all is well", || daemon.get("/healthz") == (200, "ok\n".to_owned()));
    daemon
}

fn number_of(daemon: &Daemon, part: &str) -> Option<String> {
    let metrics = daemon.get("/metrics").1;
    let wanted = format!("siap17_health{{part=\"{part}\"}} ");
    metrics.lines().find_map(|line| line.strip_prefix(&wanted)).map(str::to_owned)
}

fn fails_with(daemon: &Daemon, part: &str, words: &str) {
    eventually(&format!("{part} fails with '{words}': {:?}", daemon.get("/healthz")), || {
        let (status, text) = daemon.get("/healthz");
        status == 503
            && text.starts_with("failing\n")
            && text.lines().any(|line| line.starts_with(part) && line.contains(words))
    });
    assert_eq!(number_of(daemon, part).as_deref(), Some("0"));
}

#[test]
fn a_disk_that_takes_nothing_is_failing_and_the_head_is_told_by_what_is_in_memory() {
    let office = Office::new(Engine::Sqlite);
    let office = &office;
    let api = office.bot_api();
    let daemon = headed(office, &api, office.serve_under("trap '' XFSZ"));
    // No file may grow any more: as on a full disk.
    let limit = |bytes: &str| {
        let pid = daemon.id().to_string();
        let set = Command::new("prlimit").args(["--pid", &pid, &format!("--fsize={bytes}:unlimited")]).status();
        assert!(set.unwrap().success());
    };
    limit("4096");
    fails_with(&daemon, "database", "disk is not full");
    eventually("the head is told", || count(&api, HEAD, "tidak dapat lagi menulis basis datanya") == 1);
    limit("unlimited");
    eventually("it is well again", || daemon.get("/healthz").0 == 200);
    assert_eq!(number_of(&daemon, "database").as_deref(), Some("1"));
    assert_eq!(count(&api, HEAD, "tidak dapat lagi menulis basis datanya"), 1, "once is enough");
    assert!(daemon.log().contains("well again"));
}

#[test]
fn a_database_file_that_is_gone_replaced_or_damaged_is_failing() {
    let office = Office::new(Engine::Sqlite);
    let office = &office;
    let api = office.bot_api();
    let daemon = headed(office, &api, office.serve());
    let (path, aside) = (office.path("var/siap17.db"), office.path("var/aside.db"));
    std::fs::rename(&path, &aside).unwrap();
    fails_with(&daemon, "file", "is gone");
    std::fs::copy(&aside, &path).unwrap();
    fails_with(&daemon, "file", "another file");
    std::fs::rename(&aside, &path).unwrap();
    eventually("it is well again", || daemon.get("/healthz").0 == 200);
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    let length = file.metadata().unwrap().len();
    file.write_all_at(&vec![0xa5; usize::try_from(length / 2).unwrap()], length / 2).unwrap();
    fails_with(&daemon, "file", "damaged");
    let said = office.run(&["check"]);
    assert!(said.code == 1 && said.out.contains("damaged"), "{} {}", said.out, said.err);
    eventually("the head is told", || count(&api, HEAD, "tidak dapat lagi menulis basis datanya") >= 1);
}

#[test]
fn nights_without_a_backup_are_failing_and_the_head_is_told() {
    let office = Office::new(Engine::Sqlite);
    let office = &office;
    let api = office.bot_api();
    let daemon = headed(office, &api, office.serve());
    eventually("there is a backup", || office.path("var/backup/siap17-2026-11-23.db").exists());
    std::fs::rename(office.path("var/backup"), office.path("var/kept")).unwrap();
    std::fs::create_dir(office.path("var/backup")).unwrap();
    std::fs::rename(office.path("var/kept/siap17-2026-11-23.db"), office.path("var/backup/siap17-2026-11-23.db"))
        .unwrap();
    // The copy can never be made: a link that leads nowhere has its name, and is not followed.
    for day in 24..=29 {
        let name = office.path(&format!("var/backup/siap17-2026-11-{day}.db"));
        std::os::unix::fs::symlink("tiada", name).unwrap();
    }
    office.set_clock("2026-11-29T09:00:00+08:00");
    fails_with(&daemon, "backup", "2026-11-23");
    fails_with(&daemon, "jobs", "the job backup");
    eventually("the head is told", || count(&api, HEAD, "tidak ada cadangan") == 1);
    let said = office.run(&["check"]);
    assert!(said.code == 1 && said.err.contains("backup"), "{} {}", said.out, said.err);
}

#[test]
fn a_server_that_is_a_standby_is_failing_and_says_so() {
    let office = Office::new(Engine::Postgres);
    let office = &office;
    let api = office.bot_api();
    let daemon = headed(office, &api, office.serve());
    office.administer("ALTER DATABASE {} SET default_transaction_read_only = on");
    office.administer("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'");
    fails_with(&daemon, "database", "may only be read");
    eventually("the head is told", || count(&api, HEAD, "tidak dapat lagi menulis basis datanya") == 1);
    let refusal = office.run(&["student", "find", "Siti"]);
    assert!(refusal.code == 1 && refusal.err.contains("may only be read"), "{}", refusal.err);
    office.administer("ALTER DATABASE {} RESET default_transaction_read_only");
    office.administer("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'");
    eventually("it is well again", || daemon.get("/healthz").0 == 200);
}

#[test]
fn nobody_who_sends_is_failing_and_a_hold_is_not() {
    let office = Office::new(Engine::Sqlite);
    let _api = office.bot_api();
    let daemon = office.serve();
    eventually("all is well but for the hold", || {
        let (status, text) = daemon.get("/healthz");
        status == 200 && text.starts_with("ok\n") && text.contains("hold: mataram holds every notice back")
    });
    drop(daemon);
    let daemon = office.serve_without_token();
    fails_with(&daemon, "sender", "no Telegram token");
}

/// Lets connections through to the database's server until it is told not to.
struct Passage {
    port: u16,
    is_open: std::sync::Arc<std::sync::atomic::AtomicBool>,
}

impl Passage {
    fn to(server: std::net::SocketAddr) -> Self {
        use std::sync::atomic::{AtomicBool, Ordering};
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let is_open = std::sync::Arc::new(AtomicBool::new(true));
        let open = std::sync::Arc::clone(&is_open);
        std::thread::spawn(move || {
            let mut streams: Vec<std::net::TcpStream> = Vec::new();
            while open.load(Ordering::Relaxed) {
                let Ok((near, _)) = listener.accept() else {
                    std::thread::sleep(std::time::Duration::from_millis(5));
                    continue;
                };
                near.set_nonblocking(false).unwrap();
                let far = std::net::TcpStream::connect(server).unwrap();
                for (mut from, mut to) in [
                    (near.try_clone().unwrap(), far.try_clone().unwrap()),
                    (far.try_clone().unwrap(), near.try_clone().unwrap()),
                ] {
                    std::thread::spawn(move || {
                        let _ = std::io::copy(&mut from, &mut to);
                        let _ = to.shutdown(std::net::Shutdown::Both);
                    });
                }
                streams.extend([near, far]);
            }
            // The server is away: nothing answers at its address any more.
            drop(listener);
            for stream in streams {
                let _ = stream.shutdown(std::net::Shutdown::Both);
            }
        });
        Self { port, is_open }
    }

    fn close(&self) {
        self.is_open.store(false, std::sync::atomic::Ordering::Relaxed);
    }
}

#[test]
fn while_the_server_is_away_the_log_says_so_once_a_minute_and_why() {
    let office = Office::new(Engine::Postgres);
    let _api = office.bot_api();
    let mut url = url::Url::parse(&office.database_url().unwrap()).unwrap();
    let server = url.socket_addrs(|| Some(5432)).unwrap()[0];
    let passage = Passage::to(server);
    url.set_port(Some(passage.port)).unwrap();
    let daemon = office.serve_with("siap17", &[("SIAP17_DATABASE_URL", url.as_str())]);
    eventually("all is well", || daemon.get("/healthz").0 == 200);
    let complaints = || {
        let log = daemon.log();
        let loud = log.lines().filter(|line| line.contains(" ERROR ") || line.contains(" WARN "));
        loud.map(str::to_owned).collect::<Vec<_>>()
    };
    let before = complaints().len();
    passage.close();
    fails_with(&daemon, "database", "refuses connections");
    std::thread::sleep(std::time::Duration::from_secs(45));
    let said = complaints().split_off(before);
    assert!(said.len() <= 6, "{} lines:\n{}", said.len(), said.join("\n"));
    assert!(said.iter().any(|line| line.contains("the database cannot be used")), "{said:#?}");
    assert_eq!(daemon.get("/metrics").0, 200, "what needs no database is told");
}
