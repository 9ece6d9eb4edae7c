//! Builds the office: declared by the program itself, filled by SQL, and looked through once by the product's own ledger, which
//! should find next to nothing to do. What was built is kept under `target/` (on PostgreSQL in a database) for the next run.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use siap17::db::Db;
use siap17::fetch_one;
use siap17::jobs::{self, Job};

use super::Outcome;
use super::facts::Builder;
use super::measure;
use super::population::{KECAMATAN, SCHOOLS};
use super::stage::{Engine, Stage, now, sibling};

/// The file that says how many students there are to be.
const STUDENTS_FILE: &str = "students";
/// An office that was built, from which stages are copied.
pub struct Built<'a> {
    engine: &'a Engine,
    folder: PathBuf,
    database: String,
}

/// The office with so many students, from an earlier run if neither the schema nor this builder changed since.
pub fn built(engine: &Engine, students: u64) -> Outcome<Built<'_>> {
    let name = format!("office_bench_{}_{students}", fingerprint()?);
    let kind = engine.name().to_lowercase();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}_{kind}"));
    let built = Built { engine, database: name, folder };
    let is_there = built.folder.join("built").exists() && (built.is_file() || engine.has(&built.database));
    if is_there {
        return Ok(built);
    }
    if built.folder.exists() {
        std::fs::remove_dir_all(&built.folder)?;
    }
    engine.tell_server(&format!("DROP DATABASE IF EXISTS {}", built.database))?;
    engine.tell_server(&format!("CREATE DATABASE {}", built.database))?;
    std::fs::create_dir_all(built.folder.join("config"))?;
    std::fs::write(built.folder.join(STUDENTS_FILE), students.to_string())?;
    let stage = Stage::at(&built.folder.to_string_lossy(), &built.url(&built.folder, &built.database));
    let began = std::time::Instant::now();
    stage.run_inside("build")?;
    println!("{students} students on {} built in {}", engine.name(), measure::words(began.elapsed()));
    std::fs::write(built.folder.join("built"), "")?;
    Ok(built)
}

impl Built<'_> {
    fn is_file(&self) -> bool {
        matches!(self.engine, Engine::Sqlite)
    }

    fn url(&self, folder: &Path, database: &str) -> String {
        match self.engine {
            Engine::Sqlite => format!("sqlite://{}", folder.join("var/siap17.db").display()),
            Engine::Postgres { server } => sibling(server, database),
        }
    }

    /// A copy that may be changed.
    pub fn copy(&self) -> Outcome<Stage> {
        let folder = tempfile::Builder::new().prefix("office").tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        for part in ["config", "var"] {
            std::fs::create_dir_all(folder.path().join(part))?;
            for entry in std::fs::read_dir(self.folder.join(part))? {
                let entry = entry?;
                if entry.file_type()?.is_file() {
                    std::fs::copy(entry.path(), folder.path().join(part).join(entry.file_name()))?;
                }
            }
        }
        let database = format!("{}_{}", self.database, std::process::id());
        let Engine::Postgres { server } = self.engine else {
            return Ok(Stage::own(folder, |folder| self.url(folder, ""), Box::new(|| Ok(()))));
        };
        self.engine
            .tell_server(&format!("CREATE DATABASE {database} TEMPLATE {} STRATEGY FILE_COPY", self.database))?;
        let (server, copy) = (server.clone(), database.clone());
        let gone = move || Engine::Postgres { server }.tell_server(&format!("DROP DATABASE {copy} WITH (FORCE)"));
        Ok(Stage::own(folder, |folder| self.url(folder, &database), Box::new(gone)))
    }
}

/// Changes whenever the schema or this builder does.
fn fingerprint() -> Outcome<String> {
    let mut text = String::from(include_str!("facts.rs")) + include_str!("population.rs");
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/sqlite");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(migrations)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    files.sort();
    for file in files {
        text += &std::fs::read_to_string(file)?;
    }
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    Ok(format!("{:08x}", hash >> 32))
}

/// Builds the office in `stage`.
pub async fn build(stage: &Stage) -> Outcome<()> {
    let students: u64 = std::fs::read_to_string(stage.path(STUDENTS_FILE))?.parse()?;
    declare(stage)?;
    let (desks, _) = stage.desks().await?;
    let desk = desks.desk(None, None).await?;
    Builder::new(&desks, desk.office().clone()).await?.fill(students).await?;
    // Notices may leave: with that everybody is to be looked at, which the first look at the ledger does.
    stage.siap17(&["notice", "resume"])?;
    // The daemon lets PostgreSQL's own housekeeping do this within minutes; a database that stands has seen it.
    if let Db::Postgres(pool) = desks.db() {
        sqlx::raw_sql("VACUUM ANALYZE").execute(pool).await?;
    }
    let mended =
        jobs::run::run(Job::Reconcile, &desks, &desk, now()?, None).await.map_err(|error| error.to_string())?;
    println!("the ledger's own look at it: {mended}");
    let mut tx = desks.db().read().await?;
    let counts =
        fetch_one!(&mut tx, (i64, i64), "SELECT (SELECT COUNT(*) FROM notice), (SELECT COUNT(*) FROM attempt)")?;
    println!("{} notices, {} attempts", counts.0, counts.1);
    drop(tx);
    desks.db().close().await;
    Ok(())
}

/// What a person would do by hand: the key, the office, its schools and blank cards.
fn declare(stage: &Stage) -> Outcome<()> {
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    for file in ["office.sample.toml", "holidays.csv"] {
        std::fs::copy(config.join(file), stage.path("config").join(file))?;
    }
    let mut places = "code,kind,name,level,kecamatan,latitude,longitude\n".to_owned();
    for school in 0..SCHOOLS {
        let (latitude, longitude) = (8.3 + school as f64 / 600.0, 116.0 + (school % 40) as f64 / 60.0);
        let kecamatan = school % KECAMATAN;
        writeln!(
            places,
            "{},school,SMA CONTOH {school},SMA,Kecamatan {kecamatan},-{latitude:.4},{longitude:.4}",
            code(school)
        )?;
    }
    std::fs::write(stage.path("places.csv"), places)?;
    for arguments in [
        &["key", "new"][..],
        &["office", "apply", "config/office.sample.toml"],
        &["place", "import", "places.csv"],
        &["card", "stock", "receive", "20000", "--at", "Loket Dinas"],
    ] {
        stage.siap17(arguments)?;
    }
    Ok(())
}

/// A school's code.
fn code(school: u64) -> u64 {
    50_200_001 + school
}
