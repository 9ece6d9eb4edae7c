//! What unit tests share: databases of both engines, the sample office, numbers that look random and are the same each time.

mod plans;

use sqlx::Connection;

use crate::clock::Clock;
use crate::db::Db;
use crate::office::{self, Declaration, Office};

/// A database that is gone when this is dropped.
pub struct Scratch {
    pub db: Db,
    _folder: Option<tempfile::TempDir>,
}

/// A fresh SQLite database.
pub async fn sqlite() -> Scratch {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("test.db").display());
    Scratch { db: Db::open(&url).await.unwrap(), _folder: Some(folder) }
}

/// A fresh database on the server that `tests/run` starts; it goes away with the server.
pub async fn postgres() -> Scratch {
    Scratch { db: Db::open(&empty_postgres().await).await.unwrap(), _folder: None }
}

/// The address of such a database that has no schema yet.
pub async fn empty_postgres() -> String {
    let server = std::env::var("SIAP17_TEST_POSTGRES")
        .expect("SIAP17_TEST_POSTGRES is not set: run tests/run, which starts a PostgreSQL server for the tests");
    let name = format!("u_{}", uuid::Uuid::now_v7().simple());
    let mut connection = sqlx::PgConnection::connect(&server).await.unwrap();
    let statement = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
    sqlx::raw_sql(statement).execute(&mut connection).await.unwrap();
    let mut url = url::Url::parse(&server).unwrap();
    url.set_path(&name);
    url.into()
}

/// The sample office, declared and out of hold.
pub async fn sample_office(db: &Db, clock: &Clock) -> Office {
    let declaration = Declaration::parse(include_str!("../config/office.sample.toml")).unwrap();
    let mut tx = db.write().await.unwrap();
    let (id, _) = office::apply(&mut tx, clock, &declaration).await.unwrap();
    office::set_hold(&mut tx, id, None).await.unwrap();
    let office = office::load(&mut tx, id).await.unwrap();
    tx.commit().await.unwrap();
    office
}

/// Numbers that look random and are the same for the same seed (xorshift64*).
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// A number from 0 to `below` − 1.
    pub fn below(&mut self, below: u64) -> u64 {
        (self.next() >> 11) % below
    }

    /// True `percent` times in a hundred.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}
