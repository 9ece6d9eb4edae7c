//! Where an office stands: a folder with settings and key, and a database beside or on a server.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use chrono::{DateTime, Utc};
use siap17::clock::Clock;
use siap17::config::Config;
use siap17::desk::{Desk, Desks};

use super::measure::{self, Taken};
use super::{INSIDE, Outcome};

/// The moment at which everything is measured: a Monday, 10:00 in the office's zone.
pub const NOW: &str = "2026-11-23T02:00:00Z";

/// An engine, with the server where it is one.
pub enum Engine {
    Sqlite,
    Postgres { server: String },
}

impl Engine {
    pub const NAMES: [&str; 2] = ["sqlite", "postgres"];

    /// The engine of this name; `None` if its server is not known.
    pub fn of(name: &str) -> Option<Self> {
        match name {
            "sqlite" => Some(Self::Sqlite),
            _ => std::env::var("SIAP17_TEST_POSTGRES").ok().map(|server| Self::Postgres { server }),
        }
    }

    pub fn name(&self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres { .. } => "PostgreSQL",
        }
    }

    /// Runs one statement on the server.
    pub fn tell_server(&self, statement: &str) -> Outcome<()> {
        let Self::Postgres { server } = self else { return Ok(()) };
        let mut command = Command::new("psql");
        command.args(["--quiet", "--no-psqlrc", server, "--command", statement]).stdout(Stdio::null());
        measure::run(command).map(drop)
    }

    /// Whether the server has this database.
    pub fn has(&self, database: &str) -> bool {
        let Self::Postgres { server } = self else { return false };
        let url = sibling(server, database);
        let mut command = Command::new("psql");
        command.args(["--no-psqlrc", &url, "--command", "SELECT 1"]).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    }
}

/// The address of another database of the same server.
pub fn sibling(server: &str, database: &str) -> String {
    server.rsplit_once('/').map_or_else(String::new, |(head, _)| format!("{head}/{database}"))
}

/// What takes a copy away again.
type Ending = Box<dyn FnOnce() -> Outcome<()>>;

/// A folder and a database.
pub struct Stage {
    pub folder: PathBuf,
    pub url: String,
    /// The folder goes with it.
    owned: Option<(tempfile::TempDir, Ending)>,
}

impl Stage {
    /// One that somebody else has set up.
    pub fn at(folder: &str, url: &str) -> Self {
        Self { folder: folder.into(), url: url.into(), owned: None }
    }

    /// One in a folder of its own; `gone` does what is to be done when it is taken down.
    pub fn own(
        folder: tempfile::TempDir,
        url: impl FnOnce(&Path) -> String,
        gone: Box<dyn FnOnce() -> Outcome<()>>,
    ) -> Self {
        Self { folder: folder.path().to_owned(), url: url(folder.path()), owned: Some((folder, gone)) }
    }

    pub fn take_down(self) -> Outcome<()> {
        match self.owned {
            Some((folder, gone)) => {
                gone()?;
                Ok(folder.close()?)
            }
            None => Ok(()),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The program with these arguments, on this office and at the bench's moment.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_siap17"));
        command.args(arguments).current_dir(&self.folder).stdout(Stdio::null());
        command.env("SIAP17_DATABASE_URL", &self.url).env("SIAP17_NOW", NOW);
        command
    }

    /// Runs the program.
    pub fn siap17(&self, arguments: &[&str]) -> Outcome<Taken> {
        measure::run(self.command(arguments))
    }

    /// Runs a part of the bench in a process of its own; gives its most memory in MiB.
    pub fn run_inside(&self, section: &str) -> Outcome<u64> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(INSIDE).arg(section).arg(&self.folder).arg(&self.url);
        Ok(measure::run(command)?.peak_mib)
    }

    /// Everything that desks share, on a clock that starts at [`NOW`].
    pub async fn desks(&self) -> Outcome<(Desks, Clock)> {
        let clock = Clock::starting_at(now()?);
        Ok((Desks::begin(self.config(), clock.clone()).await?, clock))
    }

    /// The office's desk.
    pub async fn desk(&self) -> Outcome<Desk> {
        Ok(self.desks().await?.0.desk(None, None).await?)
    }

    pub fn config(&self) -> Config {
        let mut config = Config::default();
        config.database.url.clone_from(&self.url);
        for path in [
            &mut config.key_file,
            &mut config.holidays_file,
            &mut config.messages_dir,
            &mut config.inbox_dir,
            &mut config.backup_dir,
        ] {
            *path = self.folder.join(&*path);
        }
        config
    }
}

/// [`NOW`] as an instant.
pub fn now() -> Outcome<DateTime<Utc>> {
    Ok(NOW.parse()?)
}
