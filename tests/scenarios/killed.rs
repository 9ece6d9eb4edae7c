//! Imports that are killed at any moment: all of a file is there, or nothing.

use std::time::{Duration, Instant};

use crate::support::{Engine, Office, RUNTIME};

/// Kills on each engine; together the two hundred that the promise was made for.
const KILLS: u32 = 100;
const ROWS: i64 = 200;
/// Lists of a village come in parts, so that no list need name those of the one before.
const VILLAGE: &str = "V-AMP";

fn roster(office: &Office, number: u32) -> String {
    let mut text = "nisn,nik,nama,jk,tanggal_lahir,rombel\n".to_owned();
    for row in 0..ROWS {
        let serial = i64::from(number) * ROWS + row;
        let (day, month) = (serial % 28 + 1, serial / 28 % 12 + 1);
        let name: String = format!("{serial:06}").bytes().map(|digit| char::from(b'a' + digit - b'0')).collect();
        text += &format!("{:010},,Siswa {name} Contoh,L,2010-{month:02}-{day:02},X IPS 1\n", 100_000_000 + serial);
    }
    office.write(&format!("roster-{number}.csv"), &text).to_str().unwrap().to_owned()
}

/// Students, those whom an import added, and imports with their audit entries.
fn counts(office: &Office) -> (i64, i64, i64, i64) {
    const COUNTS: &str =
        "SELECT (SELECT COUNT(*) FROM student), (SELECT COUNT(*) FROM student s JOIN roster_import i ON i.id = s.import_id
          WHERE s.id BETWEEN i.first_student AND i.last_student AND s.import_row IS NOT NULL),
         (SELECT COUNT(*) FROM roster_import), (SELECT COUNT(*) FROM audit_entry WHERE action = 'roster.import')";
    RUNTIME.block_on(async {
        use sqlx::Connection;
        match office.database_url() {
            Some(url) => {
                let mut connection = sqlx::PgConnection::connect(&url).await.unwrap();
                sqlx::query_as(COUNTS).fetch_one(&mut connection).await.unwrap()
            }
            None => {
                let url = format!("sqlite://{}", office.path("var/siap17.db").display());
                let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
                sqlx::query_as(COUNTS).fetch_one(&mut connection).await.unwrap()
            }
        }
    })
}

/// A killed client of a server is still at its statement for a moment.
fn settled(office: &Office) -> (i64, i64, i64, i64) {
    if office.engine == Engine::Postgres {
        std::thread::sleep(Duration::from_millis(20));
    }
    counts(office)
}

on_both! {
    fn an_import_killed_at_any_moment_is_all_there_or_not_at_all(office) {
        office.write("places.csv", &format!("code,kind,name\n{VILLAGE},village,Ampenan Tengah\n"));
        office.run(&["place", "import", "places.csv"]).ok();
        let begun = Instant::now();
        let first = roster(office, 0);
        office.run(&["roster", "import", &first, "--place", VILLAGE]).ok();
        let whole = begun.elapsed();
        let mut known = ROWS;
        let (mut all, mut nothing) = (0, 0);
        for number in 1..=KILLS {
            let file = roster(office, number);
            let mut child = office.spawn(&["roster", "import", &file, "--place", VILLAGE]);
            // From the first moment to a little beyond the last, spread evenly.
            let spread = f64::from(number * 61 % KILLS) / f64::from(KILLS);
            std::thread::sleep(whole.mul_f64(0.1 + 1.3 * spread));
            child.kill().unwrap();
            child.wait().unwrap();
            let (students, changes, imports, entries) = settled(office);
            assert!(students == known || students == known + ROWS, "kill {number}: {students} students after {known}");
            assert_eq!((changes, imports * ROWS, entries), (students, students, imports), "kill {number}");
            if students == known { nothing += 1 } else { all += 1 }
            known = students;
        }
        assert!(all > 0 && nothing > 0, "{all} were done and {nothing} were not: the kills came at the wrong moments");
        assert!(office.json(&["audit", "verify"])["broken"].is_null());
    }
}
