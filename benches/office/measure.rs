//! Times, processor time and memory, and how they are told.

use std::process::Command;
use std::time::{Duration, Instant};

use super::Outcome;

/// The most memory that any process may need, in MiB.
pub const MOST_MEMORY: u64 = 150;

/// What a command took.
pub struct Taken {
    pub time: Duration,
    pub peak_mib: u64,
}

/// Runs a command to its end, looking at its memory meanwhile.
pub fn run(mut command: Command) -> Outcome<Taken> {
    let began = Instant::now();
    let mut child = command.spawn()?;
    let mut peak_mib = 0;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        peak_mib = peak_mib.max(memory_mib(child.id(), "VmHWM:"));
        std::thread::sleep(Duration::from_millis(5));
    };
    let time = began.elapsed();
    if status.success() { Ok(Taken { time, peak_mib }) } else { Err(format!("{command:?}: {status}").into()) }
}

/// A process's memory in MiB, as Linux counts it: `VmHWM:` the most it ever had, `VmRSS:` what it has.
pub fn memory_mib(process: u32, field: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(field));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or_default() / 1024
}

/// The processor time of a process so far, in Linux's ticks of 10 ms.
pub fn processor_time(process: u32) -> Duration {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name stands in brackets and may hold anything; the user's and the kernel's share are the 12th and 13th field after.
    let fields = text.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let ticks = fields.split(' ').skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum::<u64>();
    Duration::from_millis(ticks * 10)
}

/// Does `work` so many times and tells the median time of one and the processor time of one on average.
pub async fn median<T>(
    what: &str,
    at_most: Duration,
    times: u32,
    mut work: impl AsyncFnMut() -> Outcome<T>,
) -> Outcome<T> {
    let me = std::process::id();
    let before = processor_time(me);
    let mut took = Vec::new();
    let mut last = None;
    for _ in 0..times {
        let began = Instant::now();
        last = Some(work().await?);
        took.push(began.elapsed());
    }
    let processor = (processor_time(me) - before) / times.max(1);
    took.sort_unstable();
    let more = format!(
        "slowest of {times} {}, processor {}, most memory {} MiB",
        words(took[took.len() - 1]),
        words(processor),
        memory_mib(me, "VmHWM:")
    );
    tell(what, took[took.len() / 2], at_most, &more);
    last.ok_or_else(|| "nothing was measured".into())
}

/// Tells a time beside what it may be.
pub fn tell(what: &str, took: Duration, at_most: Duration, more: &str) {
    let missed = if took > at_most { "  MISSED" } else { "" };
    println!("{what:<46} {:>9} (at most {}){missed} – {more}", words(took), words(at_most));
}

/// Tells memory beside what it may be.
pub fn tell_memory(what: &str, mib: u64, at_most: u64) {
    let missed = if mib > at_most { "  MISSED" } else { "" };
    println!("{what:<46} {mib:>5} MiB (at most {at_most} MiB){missed}");
}

/// A time as people read it.
pub fn words(time: Duration) -> String {
    match time.as_secs_f64() {
        seconds if seconds < 1.0 => format!("{:.1} ms", seconds * 1000.0),
        seconds => format!("{seconds:.2} s"),
    }
}
