//! Doors: connections that say nothing, files that have no end, disks that fail.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::support::chats::{count, guardian, link};
use crate::support::{Engine, Office, eventually};

/// This process holds one end of many connections.
fn hold_many_files() {
    let limits = getrlimit(Resource::Nofile);
    let most = limits.maximum.map_or(8192, |most| most.min(8192));
    setrlimit(Resource::Nofile, Rlimit { current: Some(most), maximum: limits.maximum }).unwrap();
}

#[test]
fn a_thousand_connections_that_say_nothing_stop_neither_notices_nor_health() {
    hold_many_files();
    let office = Office::new(Engine::Sqlite);
    let api = office.bot_api();
    office.run(&["notice", "resume"]).ok();
    let daemon = office.serve_under("ulimit -n 1024");
    let nisn = |number: i64| format!("{:010}", 91_000_000 + number);
    let rows: Vec<String> =
        (1..=5).map(|number| format!("{},,Siswa{number} Contoh,P,2009-12-01,XII IPS 1", nisn(number))).collect();
    office.import_rows(&rows.iter().map(String::as_str).collect::<Vec<_>>());
    link(&office, &api, &(1..=5).map(|number| guardian(number, &nisn(number))).collect::<Vec<_>>());
    let address = daemon.address().unwrap().parse().unwrap();
    let mut held = Vec::new();
    for number in 0..1100 {
        // Whoever does not get through at once is not waited for.
        let Ok(mut stream) = TcpStream::connect_timeout(&address, Duration::from_secs(5)) else { continue };
        if number % 2 == 0 {
            let _ = stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: ");
        }
        held.push(stream);
    }
    assert!(held.len() > 1000, "{} connections were made", held.len());
    office.set_clock("2026-12-01T08:00:05+08:00");
    for chat in 1..=5 {
        eventually("the notice arrives all the same", || count(&api, chat, "selamat ulang tahun ke-17") == 1);
    }
    let began = Instant::now();
    assert_eq!(daemon.get("/healthz").0, 200, "{}", daemon.get("/healthz").1);
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    assert!(!daemon.log().contains("Too many open files"), "{}", daemon.log());
    // Whoever says nothing is not kept.
    let mut last = held.pop().unwrap();
    last.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let mut rest = Vec::new();
    assert!(last.read_to_end(&mut rest).is_ok() || rest.is_empty());
    let (code, took) = daemon.stop();
    assert_eq!(code, 0);
    assert!(took < Duration::from_secs(10), "stopping took {took:?}");
}
