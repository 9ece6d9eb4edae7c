//! How long a roster takes from file to database, beside what the databases' own loaders need for the same file in the same
//! run: `cargo bench --bench roster -- [csv|large|xlsx|postgres]…` (all but `large` without an argument). It needs `sqlite3`;
//! `postgres` needs `psql` and the server that `SIAP17_TEST_POSTGRES` names. Names are as a country has them: among 500,000
//! students 57,000 different ones, the commonest some 44 times. The numbers are for people; nothing fails.

use std::fmt::Write as _;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

const KNOWN: u64 = 500_000;
/// Schools of a list of many.
const SCHOOLS: u64 = 278;
/// Indexes as the table of students has them.
const INDEXES: &str = "CREATE UNIQUE INDEX plain_nik ON plain (nik); CREATE INDEX plain_nisn ON plain (nisn);
    CREATE INDEX plain_place ON plain (npsn, tanggal_lahir); CREATE INDEX plain_name ON plain (nama, tanggal_lahir);";
/// How far down in the file of the schools those of a new list stand: nobody knows their students, so that the list passes.
const NEW_SCHOOLS: u64 = 1_000;
const COLUMNS: &str = "npsn,nisn,nik,nama,jk,tempat_lahir,tanggal_lahir,rombel,kelurahan,kecamatan,hp";

fn main() -> Outcome<()> {
    let named: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let wanted = |name: &str| if named.is_empty() { name != "large" } else { named.iter().any(|one| one == name) };
    let folder = tempfile::tempdir()?;
    let bench = Bench { folder: folder.path().to_owned() };
    bench.set_up()?;
    if wanted("csv") || wanted("large") {
        bench.known_students()?;
    }
    for (name, rows) in [("csv", 100_000), ("large", 1_000_000)] {
        if wanted(name) {
            bench.csv(rows, &List { schools: SCHOOLS, ..List::NEW })?;
            bench.csv(rows, &List { schools: 1, ..List::NEW })?;
            bench.csv(rows, &List { region: 5272, ..List::NEW })?;
        }
    }
    if wanted("xlsx") {
        bench.xlsx(100_000)?;
    }
    if wanted("postgres") {
        bench.postgres(100_000)?;
    }
    Ok(())
}

struct Bench {
    folder: PathBuf,
}

/// What a command took.
struct Taken {
    time: Duration,
    peak_mib: u64,
}

impl Bench {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn set_up(&self) -> Outcome<()> {
        let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
        std::fs::create_dir_all(self.path("config"))?;
        for file in ["office.sample.toml", "holidays.csv"] {
            std::fs::copy(config.join(file), self.path("config").join(file))?;
        }
        let mut places = "code,kind,name\n".to_owned();
        for number in 0..4_000 {
            writeln!(places, "{},school,SMAN {number}", 50_200_001 + number)?;
        }
        std::fs::write(self.path("places.csv"), places)?;
        self.siap17(&["key", "new"], None)?;
        Ok(())
    }

    fn declare(&self, database: Option<&str>) -> Outcome<()> {
        // Databases that were left behind are not missed.
        let _ = std::fs::remove_file(self.path("var/siap17.key.mark"));
        self.siap17(&["office", "apply", "config/office.sample.toml"], database)?;
        self.siap17(&["place", "import", "places.csv"], database)?;
        Ok(())
    }

    /// A database with half a million students, and a plain table with the same.
    fn known_students(&self) -> Outcome<()> {
        let known = roster(0, KNOWN, &List { first_school: 0, ..List::NEW });
        std::fs::write(self.path("known.csv"), known)?;
        self.declare(None)?;
        let taken = self.siap17(&["roster", "import", "known.csv"], None)?;
        println!("{KNOWN} students into an empty database: {:.2} s, {} MiB", taken.time.as_secs_f64(), taken.peak_mib);
        std::fs::rename(self.path("var/siap17.db"), self.path("known.db"))?;
        let table = format!("CREATE TABLE plain ({COLUMNS}); {INDEXES}");
        self.sqlite3("plain.db", &[&table, ".mode csv", ".import --skip 1 known.csv plain"])?;
        Ok(())
    }

    fn csv(&self, rows: u64, list: &List) -> Outcome<()> {
        std::fs::write(self.path("new.csv"), roster(KNOWN + 100_000, rows, list))?;
        for _ in 0..3 {
            std::fs::copy(self.path("known.db"), self.path("var/siap17.db"))?;
            for rest in ["var/siap17.db-wal", "var/siap17.db-shm"] {
                let _ = std::fs::remove_file(self.path(rest));
            }
            std::fs::copy(self.path("plain.db"), self.path("compared.db"))?;
            let plain = self.sqlite3("compared.db", &[".mode csv", ".import --skip 1 new.csv plain"])?;
            let ours = self.siap17(&["roster", "import", "new.csv"], None)?;
            let flags = if list.region == List::NEW.region { "" } else { ", a flag on each" };
            let what = format!("{rows} rows of CSV, schools: {}{flags}, to {KNOWN} students", list.schools);
            tell(&format!("{what}, sqlite3 .import"), &ours, plain, 2.0);
        }
        Ok(())
    }

    fn xlsx(&self, rows: u64) -> Outcome<()> {
        let bytes = workbook(rows)?;
        std::fs::write(self.path("daftar.xlsx"), &bytes)?;
        let _ = std::fs::remove_file(self.path("var/siap17.db"));
        self.declare(None)?;
        let began = Instant::now();
        let mut book: calamine::Xlsx<_> = calamine::Reader::new(Cursor::new(&bytes))?;
        let mut cells = book.worksheet_cells_reader("Daftar Peserta Didik")?;
        let mut count = 0_u64;
        while cells.next_cell()?.is_some() {
            count += 1;
        }
        let plain = began.elapsed();
        println!("{rows} rows of .xlsx, {:.1} MB, {count} cells", bytes.len() as f64 / 1e6);
        let ours = self.siap17(&["roster", "import", "daftar.xlsx", "--place", "50200001"], None)?;
        tell(&format!("{rows} rows of .xlsx, calamine's reading"), &ours, plain, 1.0);
        Ok(())
    }

    fn postgres(&self, rows: u64) -> Outcome<()> {
        let Ok(server) = std::env::var("SIAP17_TEST_POSTGRES") else {
            println!("SIAP17_TEST_POSTGRES is not set: nothing is measured on PostgreSQL");
            return Ok(());
        };
        let name = format!("b_{}", std::process::id());
        psql(&server, &format!("CREATE DATABASE {name}"))?;
        let url = server.rsplit_once('/').map_or_else(String::new, |(head, _)| format!("{head}/{name}"));
        self.declare(Some(&url))?;
        std::fs::write(self.path("first.csv"), roster(0, 100_000, &List { first_school: 0, ..List::NEW }))?;
        let columns = COLUMNS.replace(',', " text, ");
        psql(&url, &format!("CREATE TABLE plain ({columns} text); {INDEXES}"))?;
        let copy = |file: &str| {
            let file = self.path(file);
            psql(&url, &format!("\\copy plain FROM '{}' WITH (FORMAT csv, HEADER)", file.display()))
        };
        copy("first.csv")?;
        self.siap17(&["roster", "import", "first.csv"], Some(&url))?;
        for round in 0..3 {
            let list = List { first_school: NEW_SCHOOLS * (round + 1), ..List::NEW };
            std::fs::write(self.path("new.csv"), roster(200_000 + round * rows, rows, &list))?;
            let plain = copy("new.csv")?;
            let ours = self.siap17(&["roster", "import", "new.csv"], Some(&url))?;
            tell(&format!("{rows} rows of CSV on PostgreSQL, COPY"), &ours, plain, 3.0);
        }
        psql(&server, &format!("DROP DATABASE {name} WITH (FORCE)"))?;
        Ok(())
    }

    fn siap17(&self, arguments: &[&str], database: Option<&str>) -> Outcome<Taken> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_siap17"));
        command.args(arguments).current_dir(&self.folder).stdout(Stdio::null());
        if let Some(url) = database {
            command.env("SIAP17_DATABASE_URL", url);
        }
        run(command)
    }

    fn sqlite3(&self, database: &str, statements: &[&str]) -> Outcome<Duration> {
        let mut command = Command::new("sqlite3");
        command.arg(database).args(statements).current_dir(&self.folder);
        Ok(run(command)?.time)
    }
}

fn tell(what: &str, ours: &Taken, plain: Duration, at_most: f64) {
    let (ours_s, plain_s) = (ours.time.as_secs_f64(), plain.as_secs_f64());
    println!(
        "{what} {plain_s:.2} s, ours {ours_s:.2} s: {:.2} times (meant: at most {at_most}), {} MiB",
        ours_s / plain_s,
        ours.peak_mib
    );
}

fn psql(url: &str, statement: &str) -> Outcome<Duration> {
    let mut command = Command::new("psql");
    command.args(["--quiet", "--no-psqlrc", url, "--command", statement]);
    Ok(run(command)?.time)
}

/// Runs a command to its end, looking at its memory meanwhile.
fn run(mut command: Command) -> Outcome<Taken> {
    let began = Instant::now();
    let mut child = command.spawn()?;
    let status_file = format!("/proc/{}/status", child.id());
    let mut peak_mib = 0;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        let text = std::fs::read_to_string(&status_file).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
        peak_mib = peak_mib.max(kib.unwrap_or_default() / 1024);
        std::thread::sleep(Duration::from_millis(5));
    };
    let time = began.elapsed();
    if status.success() { Ok(Taken { time, peak_mib }) } else { Err(format!("{command:?}: {status}").into()) }
}

/// What a list is like.
struct List {
    /// From how many schools, one after the other down the file of schools.
    schools: u64,
    first_school: u64,
    /// The region in the NIKs; another than the office's is flagged on each row.
    region: u64,
}

impl List {
    const NEW: Self = Self { schools: SCHOOLS, first_school: NEW_SCHOOLS, region: 5271 };
}

/// A number from 0 to 1 that follows from two others.
fn share(number: u64, salt: u64) -> f64 {
    let mut hash = (number.wrapping_mul(2).wrapping_add(1)).wrapping_mul(0x9e37_79b9_7f4a_7c15 ^ salt);
    hash = (hash ^ (hash >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    hash ^= hash >> 32;
    (hash >> 11) as f64 / (1_u64 << 53) as f64
}

/// A made-up name; among half a million students the commonest of 57,000 is some 44 people's.
fn name(number: u64) -> String {
    const SYLLABLES: [&str; 16] =
        ["an", "bu", "ci", "de", "eka", "far", "gi", "har", "in", "jo", "kar", "les", "mar", "nur", "pu", "ra"];
    const STEEPNESS: f64 = 1.95;
    let at = ((STEEPNESS * share(number, 1)).exp() - 1.0) / (STEEPNESS.exp() - 1.0);
    let at = (at * 57_000.0) as usize;
    let word = |at: usize, end: &str| format!("{}{}{end}", SYLLABLES[at % 16], SYLLABLES[at / 16 % 16]);
    format!("{} {}", word(at % 239, "ti"), word(at / 239, "wan"))
}

/// The values of a student, in the order of [`COLUMNS`].
fn student(number: u64, list: &List) -> [String; 11] {
    let (day, month, year, serial) = (number % 28 + 1, number / 28 % 12 + 1, 8 + number / 336 % 4, number / 1344);
    let nik =
        format!("{}{:02}{day:02}{month:02}{year:02}{:04}", list.region, serial / 9999 % 90 + 1, serial % 9999 + 1);
    let school = (share(number, 2) * list.schools as f64) as u64;
    [
        (50_200_001 + list.first_school + school).to_string(),
        format!("{:010}", 100_000_000 + number),
        nik,
        name(number),
        "L".into(),
        "Mataram".into(),
        format!("20{year:02}-{month:02}-{day:02}"),
        format!("XI IPS {}", number % 9 + 1),
        format!("Kelurahan {}", number % 50),
        "Ampenan".into(),
        format!("08{number:010}"),
    ]
}

fn roster(first: u64, rows: u64, list: &List) -> String {
    let mut text = format!("{COLUMNS}\n");
    for number in first..first + rows {
        text += &student(number, list).join(",");
        text.push('\n');
    }
    text
}

/// A Dapodik export of one school: 66 columns, most of them nothing to us, texts shared as that system shares them.
fn workbook(rows: u64) -> Outcome<Vec<u8>> {
    let heads = [
        "No",
        "Nama",
        "NIPD",
        "JK",
        "NISN",
        "Tempat Lahir",
        "Tanggal Lahir",
        "NIK",
        "Agama",
        "Alamat",
        "RT",
        "RW",
        "Dusun",
        "Kelurahan",
        "Kecamatan",
        "Kode Pos",
        "Jenis Tinggal",
        "Alat Transportasi",
        "Telepon",
        "HP",
    ];
    let mut workbook = rust_xlsxwriter::Workbook::new();
    let sheet = workbook.add_worksheet().set_name("Daftar Peserta Didik")?;
    sheet.write_string(0, 0, "Daftar Peserta Didik")?;
    sheet.write_string(1, 0, "SMAN 0")?;
    for column in 0..66_u16 {
        let extra = format!("Kolom {column}");
        let head = match column {
            42 => "Rombel Saat Ini",
            _ => heads.get(usize::from(column)).copied().unwrap_or(&extra),
        };
        sheet.write_string(4, column, head)?;
    }
    for number in 0..rows {
        let row = u32::try_from(number)? + 5;
        let [_, nisn, nik, name, sex, birth_place, birth_date, class, kelurahan, kecamatan, phone] =
            student(number, &List::NEW);
        for column in 0..66_u16 {
            match column {
                0 => sheet.write_number(row, column, number as f64)?,
                1 => sheet.write_string(row, column, &name)?,
                3 => sheet.write_string(row, column, &sex)?,
                4 => sheet.write_string(row, column, &nisn)?,
                5 => sheet.write_string(row, column, &birth_place)?,
                6 => sheet.write_string(row, column, &birth_date)?,
                7 => sheet.write_string(row, column, &nik)?,
                10 | 11 => sheet.write_number(row, column, (number % 9) as f64)?,
                13 => sheet.write_string(row, column, &kelurahan)?,
                14 => sheet.write_string(row, column, &kecamatan)?,
                19 => sheet.write_string(row, column, &phone)?,
                42 => sheet.write_string(row, column, &class)?,
                // Parents' names and numbers differ from row to row, most other columns hold one of a few words.
                24 | 30 | 36 => sheet.write_string(row, column, format!("Wali {column} dari {number}"))?,
                _ => sheet.write_string(row, column, format!("Isi {column} {}", number % 7))?,
            };
        }
    }
    Ok(workbook.save_to_buffer()?)
}
