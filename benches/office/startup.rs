//! The daemon's start, and what it needs in its first minutes and when nothing happens.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use siap17::fetch_all;

use super::Outcome;
use super::measure::{MOST_MEMORY, memory_mib, processor_time, tell, tell_memory, words};
use super::stage::Stage;

const READY: Duration = Duration::from_secs(2);
/// The most memory of a daemon to which nothing happens, in MiB.
const IDLE_MEMORY: u64 = 40;
/// How long the daemon is watched at most, and for how long after its first jobs.
const WATCHED: Duration = Duration::from_secs(600);
const IDLE: Duration = Duration::from_secs(20);
/// A daemon that does not answer by then never will.
const GIVEN_UP: Duration = Duration::from_secs(120);

/// Starts the daemon and watches it.
pub async fn startup(stage: &Stage) -> Outcome<()> {
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    std::fs::write(
        stage.path("config/siap17.toml"),
        format!("[http]\nlisten = \"{address}\"\n[log]\nfilter = \"error\"\n"),
    )?;
    let mut command = stage.command(&["serve"]);
    let mut daemon = command.stderr(Stdio::inherit()).spawn()?;
    let process = daemon.id();
    let began = Instant::now();
    while !is_healthy(address) {
        if began.elapsed() > GIVEN_UP || daemon.try_wait()?.is_some() {
            return Err("the daemon did not become healthy".into());
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    tell("siap17 serve until /healthz answers", began.elapsed(), READY, "");
    let (desks, _) = stage.desks().await?;
    let jobs = loop {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let mut tx = desks.db().read().await?;
        let sql = "SELECT job, outcome, started_at, finished_at FROM job_run ORDER BY started_at, job";
        type Run = (String, Option<String>, chrono::DateTime<chrono::Utc>, Option<chrono::DateTime<chrono::Utc>>);
        let runs = fetch_all!(&mut tx, Run, sql)?;
        if (!runs.is_empty() && runs.iter().all(|run| run.3.is_some())) || began.elapsed() > WATCHED {
            break runs;
        }
    };
    for (job, outcome, since, until) in jobs {
        let took =
            until.map_or_else(|| "runs on".to_owned(), |until| words((until - since).to_std().unwrap_or_default()));
        println!("    at start: {job} {took}, {}", outcome.unwrap_or_default());
    }
    tell_memory("    most memory until then", memory_mib(process, "VmHWM:"), MOST_MEMORY);
    let before = processor_time(process);
    tokio::time::sleep(IDLE).await;
    tell_memory("    memory when idle", memory_mib(process, "VmRSS:"), IDLE_MEMORY);
    println!("    processor in {} of idling: {}", words(IDLE), words(processor_time(process) - before));
    if let Some(pid) = i32::try_from(process).ok().and_then(Pid::from_raw) {
        kill_process(pid, Signal::TERM)?;
    }
    daemon.wait()?;
    Ok(())
}

/// Whether the daemon says so.
fn is_healthy(address: SocketAddr) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = [0; 12];
        stream.read_exact(&mut answer)?;
        Ok(answer.ends_with(b"200"))
    };
    ask().unwrap_or(false)
}
