//! What a notice costs on its way out, with no limits and no latency: `cargo bench --bench sending [-- MESSAGES]`. The Bot API's
//! stand-in is another process, so that what is counted is the sender's alone; nothing is compared, the numbers are for people.
//! Half of the people are told to collect their card, with its code, the others that nothing is known of theirs. For each
//! database that is there (`SIAP17_TEST_POSTGRES` names a server): SQLite's outcomes are synchronous=FULL.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::header;
use axum::routing::{any, post};
use chrono::{Datelike, NaiveDate};
use siap17::calendar::Holidays;
use siap17::card;
use siap17::clock::Clock;
use siap17::config::Telegram;
use siap17::db::{self, Db};
use siap17::link::{self, LinkRole};
use siap17::messages::Messages;
use siap17::messenger::Messenger;
use siap17::notice::ledger;
use siap17::notice::send::{LEASE, Sender};
use siap17::office::{self, Declaration};
use siap17::student::{self, GivenBy, Particulars};
use siap17::telegram::Wire;
use siap17::vault::Vault;
use sqlx::Connection;
use teloxide::Bot;
use teloxide::prelude::Requester;
use teloxide::requests::Request;
use teloxide::types::ChatId;
use tokio::task::JoinSet;

type Failure = Box<dyn std::error::Error>;

/// As in the program itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The argument with which this program is the stand-in.
const STAND_IN: &str = "stand-in";
const MESSAGES: i64 = 10_000;
const NO_LIMIT: u32 = 1_000_000;
/// Bare calls under way at once, and what they say.
const AT_ONCE: usize = 100;
const TEXT: &str = "Halo! KTP-el Anda sudah dapat diambil di Kantor Dukcapil, Jalan Contoh 1, pada hari kerja pukul 08.00 sampai 15.00.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let Ok(runtime) = tokio::runtime::Runtime::new() else { return ExitCode::FAILURE };
    let done = runtime.block_on(async {
        if arguments.first().is_some_and(|first| first == STAND_IN) {
            return stand_in().await;
        }
        measure(arguments.first().and_then(|first| first.parse().ok()).unwrap_or(MESSAGES)).await
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Says yes to every message at once.
async fn stand_in() -> Result<(), Failure> {
    const SENT: &str = r#"{"ok":true,"result":{"message_id":1,"date":1,"chat":{"id":7,"type":"private","first_name":"S"},"text":"x"}}"#;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    let sent = || async { ([(header::CONTENT_TYPE, "application/json")], SENT) };
    let routes = Router::new().route("/{bot}/SendMessage", post(sent)).fallback(any(sent));
    Ok(axum::serve(listener, routes).await?)
}

struct StandIn(Child);

impl Drop for StandIn {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn measure(messages: i64) -> Result<(), Failure> {
    let mut child = Command::new(std::env::current_exe()?).arg(STAND_IN).stdout(Stdio::piped()).spawn()?;
    let out = child.stdout.take().ok_or("the stand-in says nothing")?;
    let _stand_in = StandIn(child);
    let mut url = String::new();
    BufReader::new(out).read_line(&mut url)?;
    let url = url.trim();
    bare(messages, url).await?;
    let folder = tempfile::tempdir()?;
    let file = format!("sqlite://{}", folder.path().join("bench.db").display());
    run("SQLite", &Db::open(&file).await?, messages, url).await?;
    if let Ok(server) = std::env::var("SIAP17_TEST_POSTGRES") {
        let name = format!("sending_{}", std::process::id());
        let mut connection = sqlx::PgConnection::connect(&server).await?;
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut connection).await?;
        let mut address = url::Url::parse(&server)?;
        address.set_path(&name);
        let db = Db::open(address.as_str()).await?;
        let done = run("PostgreSQL", &db, messages, url).await;
        db.close().await;
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!("DROP DATABASE {name}"))).execute(&mut connection).await?;
        done?;
    }
    Ok(())
}

/// What the same calls cost without a ledger, a gate and a text: what a machine is quick at another day says nothing of ours.
async fn bare(messages: i64, url: &str) -> Result<(), Failure> {
    let bot = Bot::new("1:AAAAAAAAAAAAAAAA").set_api_url(url.parse()?);
    let (began, before) = (Instant::now(), cpu_ms()?);
    let mut calls = JoinSet::new();
    for chat in 1..=messages {
        if calls.len() >= AT_ONCE {
            calls.join_next().await;
        }
        let call = bot.send_message(ChatId(chat), TEXT).send();
        calls.spawn(async move { call.await.is_ok() });
    }
    let mut sent = 0.0;
    while let Some(is_sent) = calls.join_next().await {
        sent += f64::from(u8::from(is_sent?));
    }
    let (took, spent) = (began.elapsed().as_secs_f64(), cpu_ms()? - before);
    let count = messages as f64;
    println!(
        "bare calls {messages} in {took:.1} s, {:.0} a second; CPU {:.1} ms a thousand ({sent} of the last)",
        count / took,
        spent / count * 1e3
    );
    Ok(())
}

async fn run(engine: &str, db: &Db, messages: i64, url: &str) -> Result<(), Failure> {
    let (clock, vault) = (Clock::system(), Vault::from_secret(&[17; 32]));
    people(db, &clock, &vault, messages).await?;
    let config = Telegram { api_url: url.to_owned(), messages_per_second: NO_LIMIT, ..Telegram::default() };
    let wire = Arc::new(Wire::connect(&config, "1:AAAAAAAAAAAAAAAA".to_owned().into(), clock.clone())?);
    let token = db::take_lease(db, LEASE, "bench", true).await?.ok_or("the lease is taken")?;
    let holidays = Arc::new(Holidays::from_csv(include_str!("../config/holidays.csv"))?);
    let messenger: Arc<dyn Messenger> = wire;
    let mut sender = Sender::new(db.clone(), vault, clock, holidays, Messages::load(None)?, messenger, token);
    sender.recover().await?;
    // The gate opens a second after its making.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let (began, before) = (Instant::now(), cpu_ms()?);
    // As in the daemon, the sender is a task of its own: it shares its thread with the calls' answers.
    let task = tokio::spawn(async move { sender.run_until_idle().await });
    let sent = task.await??;
    let (took, spent) = (began.elapsed().as_secs_f64(), cpu_ms()? - before);
    let count = sent as f64;
    println!(
        "{engine:10} {sent} messages in {took:.1} s, {:.0} a second; CPU {:.1} ms a thousand",
        count / took,
        spent / count * 1e3
    );
    Ok(())
}

/// An office that delivers at any hour, and people who turn 17 today.
async fn people(db: &Db, clock: &Clock, vault: &Vault, count: i64) -> Result<(), Failure> {
    let text = include_str!("../config/office.sample.toml").replace("\"08:00-20:00\"", "\"00:00-23:59\"");
    let mut tx = db.write().await?;
    let (id, _) = office::apply(&mut tx, clock, &Declaration::parse(&text)?).await?;
    office::set_hold(&mut tx, id, None).await?;
    let office = office::load(&mut tx, id).await?;
    let today = clock.today(office.zone());
    let birth = NaiveDate::from_ymd_opt(today.year() - 17, today.month(), today.day().min(28)).ok_or("a date")?;
    let point = office.points.first().ok_or("a point")?.id;
    let mut ids = Vec::new();
    for number in 1..=count {
        let particulars = Particulars {
            place_id: None,
            nisn: Some(format!("{number:010}")),
            nik: None,
            name: format!("Siswa{number} Contoh"),
            sex: None,
            birth_date: birth,
            birth_place: None,
            class_name: None,
            grade: None,
            rt: None,
            rw: None,
            kelurahan: None,
            kecamatan: None,
            phone: None,
        };
        let student = student::insert(&mut tx, clock, vault, id, &particulars, student::Recorded::Unknown).await?;
        link::chat(&mut tx, clock, vault, number).await?;
        link::link_chat(&mut tx, clock, vault, id, LinkRole::Guardian, student.id.0, number).await?;
        student::give_consent(&mut tx, clock, student.id, GivenBy::Guardian, "bench").await?;
        if number % 2 == 0 {
            card::print(&mut tx, clock, &[&student], today).await?;
            card::put_out(&mut tx, &[&student], point, today).await?;
        }
        ids.push(student.id);
    }
    ledger::reconcile_some(&mut tx, clock, id, &ids).await?;
    Ok(tx.commit().await?)
}

/// CPU time of this process so far, in milliseconds.
fn cpu_ms() -> Result<f64, Failure> {
    // In hundredths of a second, behind the name, which may hold anything.
    let text = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).ok_or("no such field");
    Ok((ticks(11)? + ticks(12)?) * 10.0)
}
