//! A counter that hands cards out while a large roster is read.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use siap17::fetch_all;
use uuid::Uuid;

use super::Outcome;
use super::measure::{MOST_MEMORY, memory_mib, tell, tell_memory, words};
use super::stage::Stage;

const ROWS: u64 = 100_000;
/// Schools that are not known by their students yet.
const SCHOOLS: u64 = 100;
/// A writer that waits so long gives up.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two people at the counter.
const PAUSE: Duration = Duration::from_millis(20);

/// Hands out cards for as long as the roster is read.
pub async fn collect(stage: &Stage) -> Outcome<()> {
    let (desks, _) = stage.desks().await?;
    let desk = desks.desk(None, None).await?;
    desk.import_places(places().as_bytes()).await?;
    std::fs::write(stage.path("new.csv"), roster())?;
    let mut tx = desks.db().read().await?;
    let waiting = fetch_all!(
        &mut tx,
        (Uuid,),
        "SELECT c.student_id FROM card c JOIN student s ON s.id = c.student_id
         WHERE c.collected_on IS NULL AND c.ready_on IS NOT NULL AND s.birth_date <= $1 ORDER BY c.id LIMIT 5000",
        super::population::day(-17 * 366),
    )?;
    drop(tx);
    let mut import = stage.command(&["roster", "import", "new.csv"]).spawn()?;
    let began = Instant::now();
    let (mut handed, mut longest, mut peak_mib) = (0, Duration::ZERO, 0);
    let mut waiting = waiting.into_iter();
    let status = loop {
        if let Some(status) = import.try_wait()? {
            break status;
        }
        peak_mib = peak_mib.max(memory_mib(import.id(), "VmHWM:"));
        if let Some((student,)) = waiting.next() {
            let asked = Instant::now();
            desk.collect(&student.to_string(), None).await?;
            longest = longest.max(asked.elapsed());
            handed += 1;
        }
        tokio::time::sleep(PAUSE).await;
    };
    if !status.success() {
        return Err(format!("the roster was not imported: {status}").into());
    }
    let more = format!("{handed} handed out while {ROWS} rows were imported in {}", words(began.elapsed()));
    tell("card collect, the longest wait", longest, PATIENCE, &more);
    tell_memory("    the import's memory", peak_mib, MOST_MEMORY);
    Ok(())
}

fn places() -> String {
    let mut places = "code,kind,name\n".to_owned();
    for school in 0..SCHOOLS {
        let _ = writeln!(places, "{},school,SMK BARU {school}", 60_200_001 + school);
    }
    places
}

fn roster() -> String {
    let mut text = "npsn,nisn,nik,nama,jk,tempat_lahir,tanggal_lahir,rombel,kelurahan,kecamatan,hp\n".to_owned();
    for number in 0..ROWS {
        let (day, month, year, serial) = (number % 28 + 1, number / 28 % 12 + 1, 9 + number / 336 % 3, number / 1008);
        let letters: String = number.to_string().bytes().map(|digit| char::from(b'a' + digit - b'0')).collect();
        let _ = writeln!(
            text,
            "{},{:010},527108{day:02}{month:02}{year:02}{:04},Warga Baru {letters},L,Praya,20{year:02}-{month:02}-{day:02},\
             XI IPS {},Kelurahan {},Praya,08{number:010}",
            60_200_001 + number * SCHOOLS / ROWS,
            700_000_000 + number,
            serial + 1,
            number % 9 + 1,
            number % 50,
        );
    }
    text
}
